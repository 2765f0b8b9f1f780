"""Training time and thinking time: loss, distance and test error after t steps of gradient descent and k of thought."""

import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, choice, integer, refuse
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.enclosing import Values, widened
from theorycalc.error_curves.trained import trained_values
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Array, Field, as_fraction, is_ball, require_field
from theorycalc.gamma.loss import minimal_loss
from theorycalc.model import Setup, as_setup
from theorycalc.results import ErrorCurve, Frozen, Metric, Rung, plain
from theorycalc.thinking.descent_problem import DescentProblem

RUNGS = ("population", "exact", "proportional")
_ALL_TIMES, _MANY_TIMES = 60, 60  # training times that are all computed; how many of more are
_MOST_TIMES, _MOST_STEPS, _MOST_NUMBERS = 10_000, 20_000, 5e7


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TrainingCurve(Frozen):
    """What training for t steps leaves, and the test error after k = 0 … steps of thought with it.

    ``error[i, k]`` is E_k with A_t = −c V_t in place of Γ⁻¹ at t = ``epochs[i]``, and lies in [``lower``, ``upper``];
    ``uncertainty`` says with what right.  ``excess`` is L(V_t) − L(V*), ``distance`` ‖V_t − V*‖_F/‖V*‖_F.
    """

    setup: Setup
    rung: Rung
    metric: Metric
    step_size: Any
    c: Any
    epochs: Array  # (T,) training times, ascending
    A: Array  # (T, d) diagonals, or (T, d, d)
    loss: Array  # (T,)
    excess: Array  # (T,)
    distance: Array  # (T,)
    minimal_loss: Any
    error: Array  # (T, steps + 1)
    lower: Array
    upper: Array
    field_name: str
    uncertainty: str
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> Array:
        """0 … k."""
        return np.arange(self.error.shape[1])

    @property
    def best_steps(self) -> Array:
        """(T,) the fewest steps of thought whose error cannot be told from the smallest at that training time."""
        return np.array([_fewest(lower, upper) for lower, upper in zip(self.lower, self.upper, strict=True)])

    @property
    def best_epochs(self) -> Array:
        """(steps + 1,) the earliest of the training times whose error cannot be told from the smallest, for each k."""
        pairs = zip(self.lower.T, self.upper.T, strict=True)
        return np.array([self.epochs[_fewest(lower, upper)] for lower, upper in pairs])

    def curve(self, epoch: int) -> ErrorCurve:
        """Return the test error over thinking steps at one of the training times.

        Raises
        ------
        InvalidSetup
            if ``epoch`` is not one of ``epochs``.
        """
        place = np.flatnonzero(self.epochs == epoch)
        if place.size == 0:
            raise refuse("epoch", epoch, "not one of the training times", "pick one of curve.epochs")
        i = int(place[0])
        return ErrorCurve(
            setup=self.setup,
            rung=self.rung,
            metric=self.metric,
            values=self.error[i],
            lower=self.lower[i],
            upper=self.upper[i],
            field_name=self.field_name,
            uncertainty=self.uncertainty,
            notes=(f"after {epoch:,} steps of gradient descent, A_t in place of Γ⁻¹", *self.notes),
        )

    def __repr__(self) -> str:
        last = float(as_fraction(self.error[-1, -1])) if self.error.size else float("nan")
        times = f"{len(self.epochs)} times 0…{self.epochs[-1]:,}" if len(self.epochs) else "no times"
        return (
            f"TrainingCurve({times}, steps=0…{len(self.steps) - 1}, last error {last:.6g}, rung={self.rung}, "
            f"metric={self.metric}, field={self.field_name}, {self.setup!r})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; EXACT numbers as "p/q" strings, balls as {mid, rad, enclosure}."""
        return {
            "epochs": self.epochs.tolist(),
            "steps": self.steps.tolist(),
            "loss": self._plain(self.loss),
            "excess": self._plain(self.excess),
            "distance": self._plain(self.distance),
            "minimal_loss": self._plain([self.minimal_loss])[0],
            "error": [self._plain(row) for row in self.error],
            "lower": [self._plain(row) for row in self.lower],
            "upper": [self._plain(row) for row in self.upper],
            "best_steps": self.best_steps.tolist(),
            "step_size": plain(self.step_size),
            "c": plain(self.c),
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }

    def _plain(self, numbers: Any) -> list[Any]:
        dps = int(self.field_name[3:-1]) if self.field_name.startswith("MP(") else 15
        return [plain(number, dps=dps) for number in numbers]

    def _table(self) -> dict[str, Any]:
        """E_0 … E_k behind loss and distance."""
        table: dict[str, Any] = {name: getattr(self, name) for name in ("epochs", "loss", "excess", "distance")}
        return table | {f"error_{k}": self.error[:, k] for k in self.steps}

    def plot(self, path: Any = None) -> Any:
        """Draw loss, distance and test error over training time (needs the ``plot`` extra)."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_training(self, path=path)


def _fewest(lower: Array, upper: Array) -> int:
    least = min(as_fraction(value) for value in upper)
    return next(i for i, value in enumerate(lower) if as_fraction(value) <= least)


def training_curve(
    setup: Setup,
    epochs: int | Sequence[int] | Array,
    step_size: Any,
    *,
    V0: Any = None,
    steps: int = 10,
    metric: str = "estimation",
    rung: str = "population",
    c: Any = 1,
    field: Field = F64,
) -> TrainingCurve:
    """Return loss, distance to V* and test error along V_{t+1} = V_t − η ∇L(V_t), A_t = −c V_t in place of Γ⁻¹.

    In Λ's eigenbasis A_t has the entries (1 − (1 − η c² λγ)ᵗ)/γ if V_0 = 0, so on the population rung, for spectra,
    E_k(t) = Σᵢ pᵢ qᵢ (1 − σᵢ (1 − (1 − η c² λᵢγᵢ)ᵗ)/γᵢ)^{2k}.

    Parameters
    ----------
    setup : training distribution and test question
    epochs : largest training time t >= 0, of which up to 60 are picked, dense at first, then log-spaced; or the times
        themselves, ascending
    step_size : η > 0, also above :func:`theorycalc.largest_step`, where training diverges
    V0 : start of the block V₃₁, (d, d), or (d,) for a diagonal one; default 0
    steps : largest number of thinking steps k >= 0
    metric : "estimation" (P = I) or "prediction" (P = Σ)
    rung : "population" (any V0), "exact" or "proportional"; the last two need A_t symmetric: V0 that commutes with Λ
    c : scale of W₁₃ = c I and W₂₄ = −c, not 0
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    TrainingCurve
        ``.error`` (T, steps + 1) with ``.lower`` and ``.upper``, ``.loss``, ``.excess``, ``.distance`` (T,).

    Raises
    ------
    InvalidSetup
        for an argument not of the kind above.
    OutsideRegime
        where the rung does not hold or cannot be computed; for mixtures sampled per prompt or per example.
    NotConverged
        when V_t or an error leaves the float64 range, as it does beyond the largest step size.

    Assumes: ŵ₀ = 0 in training, W frozen.
    Cost: T times that of :func:`theorycalc.expected_error` on the rung, and O(d³) per time for a full Λ.
    Claims: GAM-04, GAM-08, GAM-09.  Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: γ = 4, ΛΓ = 8; with η = 1/16 A_t = (1 − 2⁻ᵗ)/4 and E_1 = (1 − 2 A_t)².

    >>> from theorycalc.fields import EXACT
    >>> curve = training_curve(Setup([2], n=2), 3, "1/16", steps=1, field=EXACT)
    >>> print(*curve.error[:, 1])
    1 9/16 25/64 81/256
    """
    as_setup(setup)
    times, count = _times(epochs), checked_steps(steps, maximum=_MOST_STEPS)
    kind, measure = Rung(choice("rung", rung, RUNGS)), Metric(choice("metric", metric, list(Metric)))
    number_field = require_field(field)
    if float(len(times)) * (count + 1) > _MOST_NUMBERS:
        raise OutsideRegime(f"{len(times):,} times × {count + 1:,} steps: over {_MOST_NUMBERS:,.0f} numbers; use fewer")
    descent = DescentProblem(setup, step_size, V_0=V0, c=c)
    rows, A, measures = [], [], []
    for t in times:
        descent.require_affordable(t, count, kind, number_field)
        pose = functools.partial(descent.at, t)
        try:
            found = trained_values(setup, count, rung=kind, metric=measure, field=number_field, pose=pose)
        except NotConverged as refusal:
            text = str(refusal)
            raise NotConverged(text if text.startswith("epochs") else f"epochs = {t}: {text}") from None
        rows.append(public_row(found, number_field, t))
        measures.append(descent.measures(t, number_field))
        A.append(measures[-1].A)
    notes = dict.fromkeys(note for row in rows for note in row.notes)
    return TrainingCurve(
        setup=setup,
        rung=kind,
        metric=measure,
        step_size=descent.step_size,
        c=descent.c,
        epochs=np.array(times),
        A=np.array(A),
        loss=_stack([item.loss for item in measures]),
        excess=_stack([item.excess for item in measures]),
        distance=_stack([item.distance for item in measures]),
        minimal_loss=minimal_loss(setup, field=number_field),
        error=np.array([row.values for row in rows]),
        lower=np.array([row.lower for row in rows]),
        upper=np.array([row.upper for row in rows]),
        field_name=number_field.name,
        uncertainty=_said([row.uncertainty for row in rows]),
        notes=(*_remarks(setup, kind), *notes),
    )


def _times(epochs: Any) -> list[int]:
    """Return the training times: those given, or some up to the largest, dense at first and then log-spaced."""
    most: dict[str, Any] = {"minimum": 0, "maximum": MAX_COUNT, "remedy": "pass the number of steps, an integer >= 0"}
    if isinstance(epochs, Sequence | np.ndarray) and not isinstance(epochs, str | bytes) and np.ndim(epochs) == 1:
        times = [integer(f"epochs[{i}]", value, **most) for i, value in enumerate(epochs)]
        if not times or len(times) > _MOST_TIMES or any(a >= b for a, b in itertools.pairwise(times)):
            remedy = f"pass ascending training times, at most {_MOST_TIMES:,}, or the largest of them"
            raise refuse("epochs", epochs, "empty, not ascending, or too many", remedy)
        return times
    last = integer("epochs", epochs, **most)
    if last <= _ALL_TIMES:
        return list(range(last + 1))
    spaced = np.exp(np.linspace(0, math.log(last), _MANY_TIMES))
    return sorted({0, *(round(float(t)) for t in spaced[:-1]), last})


@dataclass(frozen=True)
class Row:
    """The errors at one training time as public numbers."""

    values: Array
    lower: Array
    upper: Array
    uncertainty: str
    notes: tuple[str, ...]


def public_row(found: Values, field: Field, t: int) -> Row:
    """Return the errors at training time t as public numbers with their ends."""
    if field is F64:
        values = np.asarray(found.values, dtype=float)
        errors = np.zeros(values.shape) if found.errors is None else np.asarray(found.errors, dtype=float)
        lower, upper = widened(values, errors)
        if not (np.all(np.isfinite(values)) and np.all(np.isfinite(upper))):
            step = int(np.argmin(np.isfinite(values) & np.isfinite(upper)))
            raise NotConverged(f"epochs = {t}: E_{step} exceeds the float64 range; use fewer steps, or field=MP(dps)")
        return Row(values, lower, upper, found.uncertainty, found.notes)
    values = _stack([field.public(value) for value in found.values])
    if is_ball(field):
        lower, upper = _stack([ball.lower for ball in values]), _stack([ball.upper for ball in values])
    elif found.errors is None:
        lower, upper = values.copy(), values.copy()
    else:
        pairs = [(as_fraction(value), as_fraction(error)) for value, error in zip(values, found.errors, strict=True)]
        lower = _stack([field.public(value - error) for value, error in pairs])
        upper = _stack([field.public(value + error) for value, error in pairs])
    return Row(values, lower, upper, found.uncertainty, found.notes)


def _stack(items: list[Any]) -> Array:
    """Return public numbers as an array: float64 for floats, else of objects."""
    if all(isinstance(item, float) for item in items):
        return np.array(items)
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result


def _said(statements: list[str]) -> str:
    """Return the statements of uncertainty in one: each once, with how often it holds if there are several."""
    pattern = r"relative (\S+) at most"
    found = [float(size) for text in statements for size in re.findall(pattern, text)]
    worst = f"relative {max(found, default=0.0):.0e} at most"
    counts = Counter(re.sub(pattern, worst, text) for text in statements)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{text} (at {count} times)" for text, count in counts.most_common())


def _remarks(setup: Setup, rung: Rung) -> tuple[str, ...]:
    if rung is Rung.POPULATION and setup.m is not None:
        return (f"m = {setup.m:,} is ignored: this is the limit m → ∞ at fixed d and k",)
    if rung is not Rung.POPULATION and setup.m is None:
        return ("m = ∞: population",)
    if rung is Rung.PROPORTIONAL:
        return ("value of the limit d, m → ∞; its distance from the mean at this d is not bounded here",)
    return ()
