"""Training time against thinking time: the fewest steps of gradient descent that reach an error with k of thought."""

import functools
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import choice, integer, number, refuse
from theorycalc.error_curves.curves import expected_error
from theorycalc.error_curves.trained import trained_values
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import F64, Array, as_fraction
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric, Rung, plain
from theorycalc.thinking.descent_problem import DescentProblem
from theorycalc.thinking.training import public_row
from theorycalc.thinking.training_search import TimeSearch

_MOST_STEPS, _MOST_EPOCHS = 10_000, 100_000


@dataclass(frozen=True, kw_only=True, repr=False)
class TrainingChoice(Frozen):
    """One point of a frontier with its cost."""

    steps: int
    epochs: int
    cost: Any


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TrainingFrontier(Frozen):
    """For each number of thinking steps the smallest training time t with E_k(t) <= ``target``.

    ``epochs[i]`` belongs to ``steps[i]`` thinking steps; it is −1 where no training time meets the target (on the exact
    rung: none up to ``searched``).  ``limit[i]`` is the error of the fully trained layer after as many steps.
    """

    setup: Setup
    rung: Rung
    metric: Metric
    target: Any
    step_size: Any
    c: Any
    steps: Array  # (K,)
    epochs: Array  # (K,) integers, −1 where there is none
    limit: Array  # (K,) float64
    searched: int | None  # largest training time that was looked at; None: all
    uncertainty: str

    @property
    def reachable(self) -> Array:
        """(K,) whether some training time meets the target."""
        return np.asarray(self.epochs >= 0)

    def cheapest(self, *, epoch_price: Any = 1, step_price: Any = 1) -> TrainingChoice:
        """Return the point with the smallest cost epoch_price · t + step_price · k; the fewest steps among equals.

        ``step_price`` is the price of one step of thought on all the prompts that will be asked, in the units of
        ``epoch_price``.

        Raises
        ------
        InvalidSetup
            for a negative price.
        OutsideRegime
            when the target is out of reach for every k.
        """
        prices = [number("epoch_price", epoch_price), number("step_price", step_price)]
        for name, price in zip(("epoch_price", "step_price"), prices, strict=True):
            if price < 0:
                raise refuse(name, price, "negative", "pass a price >= 0")
        pairs = [(int(k), int(t)) for k, t in zip(self.steps, self.epochs, strict=True) if t >= 0]
        if not pairs:
            raise OutsideRegime("no training time meets the target for any of these steps: ask for a larger error")
        costs = [Fraction(prices[0]) * t + Fraction(prices[1]) * k for k, t in pairs]
        best = min(range(len(pairs)), key=lambda i: (costs[i], pairs[i]))
        exact = all(isinstance(price, Fraction) for price in prices)
        cost = costs[best] if exact else float(costs[best])
        return TrainingChoice(steps=pairs[best][0], epochs=pairs[best][1], cost=cost)

    def __repr__(self) -> str:
        shown = [f"k={k}: {f't={t:,}' if t >= 0 else 'none'}" for k, t in zip(self.steps, self.epochs, strict=True)][:5]
        more = ", …" if len(self.steps) > 5 else ""
        rest = f"target={float(self.target):.6g}, rung={self.rung}, {self.setup!r}"
        return f"TrainingFrontier({', '.join(shown)}{more}, {rest})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; epochs that do not exist are None."""
        return {
            "steps": self.steps.tolist(),
            "epochs": [t if t >= 0 else None for t in self.epochs.tolist()],
            "limit": self.limit.tolist(),
            "target": plain(self.target),
            "step_size": plain(self.step_size),
            "c": plain(self.c),
            "rung": str(self.rung),
            "metric": str(self.metric),
            "searched": self.searched,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def plot(self, path: Any = None) -> Any:
        """Draw training time over thinking time (needs the ``plot`` extra)."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_training_frontier([self], path=path)

    def _table(self) -> dict[str, Any]:
        """Epochs that do not exist are None."""
        epochs = [t if t >= 0 else None for t in self.epochs.tolist()]
        return {"steps": self.steps, "epochs": epochs, "limit": self.limit}


def training_frontier(
    setup: Setup,
    error: Any,
    *,
    steps: int | Sequence[int],
    step_size: Any,
    V0: Any = None,
    metric: str = "estimation",
    rung: str = "population",
    max_epochs: int = 200,
    c: Any = 1,
) -> TrainingFrontier:
    """Return for each k the smallest t with E_k <= error after t steps of gradient descent and k of thought.

    For Λ = λI, Σ = σI, V_0 = 0 and 0 < 1 − η c² λγ =: f this is
    t = ⌈ln(1 − (γ/σ)(1 − (error/d)^{1/2k})) / ln f⌉.  For matched skills and η <= 1/(c² λ_max(ΛΓ)) a unit of thinking
    is worth at least as much as a unit of training: E(t, jk) <= E(jt, k), so that t·k does not grow from k to jk but
    for rounding up.  Neither is assumed by the search, which also covers errors that rise again.

    Parameters
    ----------
    setup : training distribution and test question; spectra on the population rung
    error : target > 0
    steps : largest number of thinking steps, k = 1 … steps, or the numbers themselves, ascending
    step_size : η > 0, below :func:`theorycalc.largest_step`
    V0, metric, c : as for :func:`theorycalc.training_curve`; V0 a diagonal
    rung : "population": every t, by branch and bound; "exact": t = 0, 1, … max_epochs, one after the other, as the
        mean at finite m may fall and rise
    max_epochs : where the search on the exact rung ends

    Returns
    -------
    TrainingFrontier
        On the population rung certified: t meets the target and no smaller time does; −1 is a proof that none does.

    Raises
    ------
    InvalidSetup
        for an argument not of the kind above.
    OutsideRegime
        for full matrices or a step size that diverges on the population rung; where the exact rung does not apply.
    NotCertified
        when an error is the target to within what can be told apart.

    Cost: population: O(d log t) per k where the error falls with t, more where it does not; exact: that of max_epochs
    error curves.  Claims: GAM-10.  Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2, η = 1/16: E_k(t) = ((1 + 2⁻ᵗ)/2)^{2k}; 1/2 needs k = 1: 2⁻ᵗ <= √2 − 1, t = 2; k = 2: t = 1.

    >>> training_frontier(Setup([2], n=2), "1/2", steps=3, step_size="1/16").epochs.tolist()
    [2, 1, 1]
    """
    as_setup(setup)
    target = number("error", error)
    if target <= 0:
        raise refuse("error", error, "not positive", "pass the error to reach, a number > 0")
    if target > sys.float_info.max:
        raise refuse("error", error, "beyond the float64 range", "pass a target error below 10^308")
    counts = _counts(steps)
    measure, kind = Metric(choice("metric", metric, list(Metric))), Rung(choice("rung", rung, ("population", "exact")))
    descent = DescentProblem(setup, step_size, V_0=V0, c=c)
    if kind is Rung.POPULATION or setup.m is None:
        epochs, limit = _population(descent, counts, Fraction(target), measure)
        searched, said = None, "certified: in balls, and in rationals where these tie"
    else:
        searched = integer(
            "max_epochs", max_epochs, minimum=0, maximum=_MOST_EPOCHS, remedy="pass where the search ends"
        )
        epochs, limit = _exact(descent, counts, Fraction(target), measure, searched)
        said = f"every t up to {searched:,} was computed in float64 with estimated rounding"
    return TrainingFrontier(
        setup=setup,
        rung=kind if setup.m is not None else Rung.POPULATION,
        metric=measure,
        target=target,
        step_size=descent.step_size,
        c=descent.c,
        steps=np.array(counts),
        epochs=np.array(epochs),
        limit=np.array(limit),
        searched=searched,
        uncertainty=said,
    )


def _counts(steps: Any) -> list[int]:
    most: dict[str, Any] = {"minimum": 0, "maximum": _MOST_STEPS, "remedy": "pass the number of steps, an integer >= 0"}
    if isinstance(steps, Sequence | np.ndarray) and not isinstance(steps, str | bytes) and np.ndim(steps) == 1:
        counts = [integer(f"steps[{i}]", value, **most) for i, value in enumerate(steps)]
        if not counts or any(a >= b for a, b in itertools.pairwise(counts)):
            raise refuse("steps", steps, "empty or not ascending", "pass ascending numbers of steps, or the largest")
        return counts
    return list(range(1, integer("steps", steps, **(most | {"minimum": 1})) + 1))


def _population(
    descent: DescentProblem, counts: list[int], target: Fraction, metric: Metric
) -> tuple[list[int], list[float]]:
    setup = descent.setup
    if not setup.is_diagonal or (descent.V_0 is not None and descent.V_0.ndim == 2):
        raise OutsideRegime("the frontier needs spectra: diagonalise Λ, Σ and V_0 in one basis, or scan training_curve")
    search = TimeSearch(descent, prediction=metric is Metric.PREDICTION)
    if search.slowest >= 1:
        raise OutsideRegime(
            f"step_size = {float(as_fraction(descent.step_size)):.6g}: a direction has |1 − η c² λγ| = "
            f"{float(search.slowest):.6g} and never converges; use a step_size below largest_step(setup)"
        )
    found = [search.smallest(k, target) for k in counts]
    return [-1 if t is None else t for t in found], [float(search.limit(k)) for k in counts]


def _exact(
    descent: DescentProblem, counts: list[int], target: Fraction, metric: Metric, last: int
) -> tuple[list[int], list[float]]:
    """Scan t = 0, 1, …: every error is computed, none is inferred."""
    setup, top = descent.setup, max(counts)
    found = dict.fromkeys(counts, -1)
    for t in range(last + 1):
        pose = functools.partial(descent.at, t)
        values = trained_values(setup, top, rung=Rung.EXACT, metric=metric, field=F64, pose=pose)
        row = public_row(values, F64, t)
        for k in (k for k, time in found.items() if time < 0):
            if Fraction(float(row.upper[k])) <= target:
                found[k] = t
            elif Fraction(float(row.lower[k])) <= target:
                raise NotCertified(f"t = {t}, k = {k}: the error is the target to within rounding; use another error")
        if all(time >= 0 for time in found.values()):
            break
    limit = expected_error(setup, top, metric=str(metric)).values
    return [found[k] for k in counts], [float(limit[k]) for k in counts]
