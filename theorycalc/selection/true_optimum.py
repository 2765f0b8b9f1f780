"""The mixture that minimises the error of thinking itself, not the surrogate: ``optimal_mixture``."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theorycalc._checks import choice, integer, refuse
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.curves import expected_error
from theorycalc.error_curves.population import ignored_m
from theorycalc.exceptions import TheoryError
from theorycalc.fields import Array
from theorycalc.model import Setup, as_setup
from theorycalc.results import ErrorCurve, Frozen, Metric, Rung
from theorycalc.selection.convexity import lower_bound, separable_terms
from theorycalc.selection.corrected import corrected_selection
from theorycalc.selection.descent import Stationary, minimised, minimised_by_differences
from theorycalc.selection.objective import TrueObjective, require_rung
from theorycalc.selection.solve import solve_selection
from theorycalc.selection.subdivision import applies_to, subdivided_bound

RUNGS = ("population", "exact", "proportional")
_CLOSED, _DIFFERENCES = 1e-11, 1e-9  # of gaps relative to the value, and of changes of it, at which descent ends
_ZERO = 4e-16  # relative: factors 1 − aσ below this are rounding
_SAME = 1e-6  # relative: local minima of values closer than this count as one
_SUBDIVISION = 1e-3  # relative distance from the best value that is good enough for a bound
_MOST_STARTS = 1_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OptimalMixture(Frozen):
    """Probabilities that minimise E_k, as well as could be found, and how much may be missing.

    ``value`` is E_k there.  ``stationarity`` is πᵀg − min g relative to the value, for the slopes g of E_k: 0 at a
    local minimum.  No mixture has an E_k below ``lower_bound``, where that can be proved; else it is None, and
    ``bound_note`` says why.  ``minima`` lists the values at which descent ended, smallest first.
    """

    setup: Setup  # at the mixture found
    steps: int
    rung: Rung
    metric: Metric
    weights: Array  # (T,)
    value: float
    stationarity: float
    lower_bound: float | None
    bound_note: str
    minima: tuple[float, ...]
    starts: int
    uncertainty: str
    notes: tuple[str, ...] = ()

    @property
    def is_global(self) -> bool:
        """Whether no mixture is better by more than one part in a million: proved, in float64."""
        return self.lower_bound is not None and self.value - self.lower_bound <= 1e-6 * self.value

    def excess(self) -> float:
        """Return the largest factor by which E_k may exceed its minimum; inf where no bound is proved."""
        bound = self.lower_bound or 0.0
        if self.lower_bound is not None and self.value <= bound:
            return 1.0
        return self.value / bound if bound > 0 else float("inf")

    def curve(self) -> ErrorCurve:
        """Return the error curve of this mixture, on the same rung."""
        return expected_error(self.setup, self.steps, rung=str(self.rung), metric=str(self.metric))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "weights": self.weights.tolist(),
            "value": self.value,
            "steps": self.steps,
            "rung": str(self.rung),
            "metric": str(self.metric),
            "stationarity": self.stationarity,
            "lower_bound": self.lower_bound,
            "bound_note": self.bound_note,
            "is_global": self.is_global,
            "minima": list(self.minima),
            "starts": self.starts,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }

    def __repr__(self) -> str:
        order = np.argsort(-self.weights, kind="stable")
        shown = ", ".join(f"task {ell}: {self.weights[ell]:.4g}" for ell in order[:4] if self.weights[ell] > 0)
        more = ", …" if np.count_nonzero(self.weights) > 4 else ""
        bound = "no bound" if self.lower_bound is None else f"lower_bound={self.lower_bound:.6g}"
        return f"OptimalMixture({shown}{more}; E_{self.steps}={self.value:.6g}, {bound}, rung={self.rung})"

    def _table(self) -> dict[str, Any]:
        return {"task": range(len(self.weights)), "weight": self.weights}


def optimal_mixture(
    setup: Setup,
    steps: int,
    *,
    rung: str = "population",
    metric: str = "estimation",
    starts: int = 8,
    seed: int = 0,
) -> OptimalMixture:
    """Return the probabilities π that minimise E_k itself: the test error after k steps of thinking.

    Descent starts from what :func:`theorycalc.solve_selection` and :func:`theorycalc.corrected_selection` select, from
    the uniform mixture, from the best single tasks, and from drawn ones.  E_k need not be convex in π, so that the best
    found may be a local minimum:

    - spectra, "pooled", rung "population" or one step: ``.lower_bound`` is proved by convexity, see SEL-08.  If
      E_k <= ((2k − 1)/(2k + 1))^{2k} at a stationary mixture and w_i = 1, that mixture is a global minimum;
    - spectra of two or three tasks, any sampling model, rung "population" or one step: by subdivision, to 0.1 %;
    - else no bound is known, and none is stated.

    Parameters
    ----------
    setup : its Lambda is a TaskMixture: the tasks and the sampling model (weights play no role); its Sigma is the
        target; n, m, Omega, w_0 and noise_var as they are
    steps : k >= 1
    rung : "population", "exact" or "proportional"
    metric : "estimation" or "prediction"
    starts : number of starting mixtures, >= 3; fewer are used where values take an expensive rung
    seed : of the drawn starts

    Returns
    -------
    OptimalMixture
        ``.weights`` (T,), ``.value``, ``.stationarity``, ``.lower_bound``, ``.minima``

    Raises
    ------
    InvalidSetup
        for a setup without a mixture, or steps < 1.
    OutsideRegime
        where E_k has no value on this rung.

    Slopes are closed forms on rung "population" and for one step on rung "exact"; elsewhere they are differences of
    second order, 2 T + 1 values of E_k each.
    Cost: closed forms O(k d + T d) for spectra, O(k d³ + T d²) for matrices, some hundred times.
    Claims: SEL-05, SEL-08.  Source: theory section 10.

    Examples
    --------
    Tasks 1 and 4 for the target 2, n = 4, m = ∞: γ = 3/2 Λ̄, so E_k vanishes at Λ̄ = 4/3, π = (8/9, 1/9), while the
    surrogate wants Λ̄ = 2.

    >>> from theorycalc.model import TaskMixture
    >>> found = optimal_mixture(Setup(TaskMixture([[1], [4]], ["1/2", "1/2"]), n=4, Sigma=[2]), 3)
    >>> found.weights.round(6).tolist(), found.value < 1e-20
    ([0.888889, 0.111111], True)
    """
    objective = true_objective(setup, steps, rung=rung, metric=metric)
    count = integer("starts", starts, minimum=3, maximum=_MOST_STARTS, remedy="pass an integer >= 3")
    root = integer("seed", seed, minimum=0, maximum=2**63, remedy="pass an integer >= 0")
    points = _starts(objective, count, root)
    found = [_descended(objective, start) for start in points]
    best = min(found, key=lambda point: point.value)
    bound, note, best = _bound(objective, best)
    return OptimalMixture(
        setup=objective.at(best.weights),
        steps=objective.steps,
        rung=objective.rung,
        metric=objective.metric,
        weights=best.weights,
        value=best.value,
        stationarity=best.relative,
        lower_bound=bound,
        bound_note=note,
        minima=_distinct([*(point.value for point in found), best.value]),
        starts=len(points),
        notes=ignored_m(setup, objective.rung),
        uncertainty="float64: the best of several descents"
        + (", not below lower_bound" if bound is not None else ", perhaps a local minimum"),
    )


def true_objective(setup: Setup, steps: int, *, rung: str, metric: str) -> TrueObjective:
    """Return the objective that these arguments state, or refuse them."""
    if as_setup(setup).mixture is None:
        raise refuse("setup", setup, "its Lambda is no TaskMixture", "pass Setup(TaskMixture(tasks, weights), …)")
    objective = TrueObjective(
        setup=setup,
        steps=checked_steps(steps),
        rung=Rung(choice("rung", rung, RUNGS)),
        metric=Metric(choice("metric", metric, list(Metric))),
    )
    if objective.steps < 1:
        raise refuse("steps", steps, "E_0 does not depend on the mixture", "pass k >= 1")
    require_rung(objective)
    return objective


def _starts(objective: TrueObjective, count: int, seed: int) -> list[Array]:
    T = objective.count
    if T == 1:
        return [np.ones(1)]
    try:
        first = [solve_selection(objective.setup.Sigma, objective.mixture.covariances).weights]
    except TheoryError:  # a target that is too nearly singular for the surrogate
        first = []
    singles = sorted(range(T), key=objective.value_of_task)
    if first:
        first.append(corrected_selection(objective.setup).weights)
    points = [*first, np.full(T, 1 / T)]
    points += [_near_task(T, ell) for ell in singles[: max(1, (count - len(points)) // 2)]]
    if not objective.is_closed_form:  # few, and one from the closed form nearest to it
        near = replace(objective, rung=Rung.POPULATION)
        points = [_descended(near, points[0]).weights, *points[:2]]
        count = 3
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    points += [rng.dirichlet(np.full(T, 0.5)) for _ in range(count - len(points))]
    return [np.asarray(point, dtype=float) for point in points[:count]]


def _near_task(T: int, ell: int) -> Array:
    pi = np.full(T, 0.02 / T)
    pi[ell] += 0.98
    return pi


def _descended(objective: TrueObjective, start: Array) -> Stationary:
    k = objective.steps
    if not objective.is_closed_form:
        return minimised_by_differences(objective.value_and_slopes, start, tolerance=_DIFFERENCES, root=k)
    rounding = objective.scale * _ZERO ** (2 * k)
    return minimised(objective.value_and_slopes, start, tolerance=_CLOSED, root=k, floor=rounding)


def _bound(objective: TrueObjective, best: Stationary) -> tuple[float | None, str, Stationary]:
    """Return the lower bound or None, what it rests on, and the best mixture."""
    if best.value == 0 or objective.count == 1:
        return best.value, "E_k = 0 cannot be bettered" if objective.count > 1 else "one task", best
    terms = separable_terms(objective)
    note, bound = "", None
    if terms is not None:
        bound, convex = lower_bound(terms, best)
        note = "convexity: E_k is convex on all mixtures that might be better" if convex else "convex envelopes"
    if applies_to(objective) and (bound is None or bound < best.value * (1 - _SUBDIVISION)):
        other, better = subdivided_bound(objective, best.value, tolerance=_SUBDIVISION)
        if better is not None:
            best = min(best, _descended(objective, better), key=lambda point: point.value)
        if bound is None or other > bound:
            bound, note = other, "subdivision of the simplex"
    if bound is not None:
        return min(bound, best.value), note, best
    if not objective.is_closed_form:
        return None, f'rung "{objective.rung}" with k > 1 at finite m: no bound over all mixtures is known', best
    if not objective.is_diagonal:
        return None, "full matrices: no bound over all mixtures is known", best
    return None, f'"{objective.mixture.sampling}" with more than 3 tasks: no bound over all mixtures is known', best


def _distinct(values: list[float]) -> tuple[float, ...]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value > found[-1] * (1 + _SAME) + 1e-300:
            found.append(value)
    return tuple(found)
