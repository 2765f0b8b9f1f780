"""Rung "auto": the rung that can be trusted for a problem and a number of steps, and why (theory section 4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from theorycalc.error_curves.exact import float64_seconds
from theorycalc.error_curves.exact_fields import require_affordable
from theorycalc.error_curves.isotropic import isotropic_problem
from theorycalc.error_curves.rare_prompts import rare_prompts_bound
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Array, Field, as_fraction
from theorycalc.model import Setup
from theorycalc.results import ErrorCurve, Metric

AUTO = "auto"
#: Share of the value that an approximate rung may be wrong by, by its own estimate, to be chosen.
TOLERANCE = 0.1
_CHECK_SECONDS = 1.0  # predicted time of the exact rung that "proportional" is held against
_SECONDS = 10.0  # predicted time of the exact rung up to which it is chosen
_ORDERS = (1, 2)  # order 3 costs O(k⁴)
_HOPELESS = 1.0  # share left out beyond which a higher order is not tried: the series has not begun to settle

#: expected_error of one setup on a rung: (rung, steps, order) → curve.
Compute = Callable[[str, int, int | None], ErrorCurve]


@dataclass(frozen=True)
class Trial:
    """A rung that was tried, its curve if it can be trusted, and a reason either way."""

    rung: str
    curve: ErrorCurve | None
    reason: str


def auto_curve(setup: Setup, steps: int, metric: Metric, field: Field, compute: Compute) -> ErrorCurve:
    """Return the mean error on the first rung that can be trusted, with the reason as its first note.

    1. m = ∞: "population", which is then exact.
    2. "exact", where it is predicted to take 10 s at most.
    3. "expansion" to order 1 or 2, where its own estimate of what it leaves out is at most a tenth at every step.
    4. "proportional", where (a) it is within a tenth of the exact rung at the steps that this affords, also when the
       gap is taken to grow like k² from there on, and (b) rare prompts are proved to carry at most a tenth.  Its limits
       are then widened by that gap.  F64 only.

    Raises
    ------
    OutsideRegime
        where none can be trusted; the message gives the reason of each.
    """
    if setup.m is None:
        return _explained(compute("population", steps, None), "m = ∞, where the population law is exact")
    trials = []
    for attempt in (_exact, _expansion, _proportional):
        trial = attempt(setup, steps, metric, field, compute)
        trials.append(trial)
        if trial.curve is not None:
            others = "".join(f"; {other.rung}: {other.reason}" for other in trials[:-1])
            return _explained(trial.curve, trial.reason + others)
    reasons = "; ".join(f"{trial.rung}: {trial.reason}" for trial in trials)
    raise OutsideRegime(
        f"no rung gives the mean of {steps} steps at m = {setup.m:,} within a tenth: {reasons}; "
        'ask rung="proportional" for a typical prompt'
    )


def affordable_steps(setup: Setup, steps: int, metric: Metric, field: Field = F64, *, seconds: float) -> int:
    """Return the most steps <= ``steps`` that the exact rung is predicted to do in ``seconds``."""
    if setup.m is None or isotropic_problem(setup, metric) is not None:
        return steps
    low, high = 0, steps
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _is_affordable(setup, middle, field, seconds) else (low, middle - 1)
    return low


def _is_affordable(setup: Setup, steps: int, field: Field, seconds: float) -> bool:
    if field is F64:
        return float64_seconds(setup, steps) <= seconds
    try:
        require_affordable(setup, steps, field, seconds)
    except OutsideRegime:
        return False
    return True


def _explained(curve: ErrorCurve, reason: str) -> ErrorCurve:
    return replace(curve, notes=(f'rung "auto" chose {curve.rung}: {reason}', *curve.notes))


def _exact(setup: Setup, steps: int, metric: Metric, field: Field, compute: Compute) -> Trial:
    most = affordable_steps(setup, steps, metric, field, seconds=_SECONDS)
    if most < steps:
        return Trial("exact", None, f"more than {_SECONDS:.0f} s beyond {most} steps at this d in {field.name}")
    try:
        return Trial("exact", compute("exact", steps, None), "it is the mean itself, and takes seconds")
    except (OutsideRegime, NotConverged) as error:
        return Trial("exact", None, str(error))


def _expansion(setup: Setup, steps: int, metric: Metric, field: Field, compute: Compute) -> Trial:
    reason = ""
    for order in _ORDERS:
        try:
            curve = compute("expansion", steps, order)
        except (OutsideRegime, NotConverged) as error:
            return Trial("expansion", None, reason or str(error))
        share = float(np.max(relative_width(curve)))
        reason = f"to order {order} it leaves out {share:.2g} of the value by its own estimate"
        if share <= TOLERANCE:
            return Trial("expansion", curve, reason)
        if share > _HOPELESS:
            break
    return Trial("expansion", None, reason)


def relative_width(curve: ErrorCurve) -> Array:
    """How far the upper and lower limits lie from each value, relative to it; infinite where the value is not > 0."""
    shares = []
    for value, low, high in zip(curve.values, curve.lower, curve.upper, strict=True):
        middle = as_fraction(value)
        gap = max(as_fraction(high) - middle, middle - as_fraction(low))
        shares.append(float(min(gap / middle, Fraction(10) ** 30)) if middle > 0 else (0.0 if not gap else np.inf))
    return np.array(shares)


def _proportional(setup: Setup, steps: int, metric: Metric, field: Field, compute: Compute) -> Trial:
    if field is not F64:
        return Trial("proportional", None, "its distance from the mean is estimated in F64 only")
    known = affordable_steps(setup, steps, metric, field, seconds=_CHECK_SECONDS)
    try:
        curve = compute("proportional", steps, None)
        late = _rare_from(setup, metric, curve)
        if late is not None:
            return Trial("proportional", None, f"from k = {late} on the mean may belong to rare prompts, λ_max(N) > 2")
        exact = compute("exact", known, None)
    except (OutsideRegime, NotConverged) as error:
        return Trial("proportional", None, str(error))
    values, measured = (_floats(found.values[: known + 1]) for found in (curve, exact))
    with np.errstate(all="ignore"):
        gap = float(np.max(np.where(values == measured, 0.0, np.abs(values / measured - 1))))
    beyond = gap * (steps / known) ** 2 if known else np.inf
    text = f"within {gap:.2g} of the exact rung up to k = {known}, {beyond:.2g} at k = {steps} if that grows like k²"
    if beyond > TOLERANCE:
        return Trial("proportional", None, text)
    width = curve.values * gap / (1 - gap) * np.maximum(1.0, np.arange(steps + 1) / known) ** 2
    words = f"estimated distance from the mean, as measured up to k = {known}; {curve.uncertainty}"
    widened = replace(curve, lower=curve.lower - width, upper=curve.upper + width, uncertainty=words)
    return Trial("proportional", widened, text)


def _rare_from(setup: Setup, metric: Metric, curve: ErrorCurve) -> int | None:
    """Return the first k >= 1 at which rare prompts are not proved to carry a tenth of the value at most."""
    problem = whitened_setup(setup, metric, F64)
    assert problem is not None
    with np.errstate(all="ignore"):
        share = rare_prompts_bound(setup, problem, len(curve.values) - 1) / _floats(curve.values)
    late = np.flatnonzero(~(share[1:] <= TOLERANCE))
    return int(late[0]) + 1 if late.size else None


def _floats(values: Array) -> Array:
    return np.array([float(as_fraction(value)) for value in values])
