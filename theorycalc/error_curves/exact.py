"""Rung 3: the exact expectation at any k and any m (theory section 5).

Commuting problems, and every problem in F64, run the compiled centred recursion on vectors of a field.  Full matrices
in EXACT, BALL and MP run the N-form on matrices: no square root, no commutation.  Without a preferred direction a
recurrence in the power replaces both at long chains.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.error_curves.exact_fields import MOST_STEPS, chain_curve, field_values, require_affordable
from theorycalc.error_curves.isotropic import MOST_PLANNED_STEPS, isotropic_curve, isotropic_problem
from theorycalc.error_curves.population import UNIT, population_curve
from theorycalc.error_curves.whitening import Whitened, distinct_directions, whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array, Field, is_ball, is_multiprecision
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space, full_space, predicted_bytes
from theorycalc.moments.plan import widest_layer
from theorycalc.results import Metric

JITTER = 2.0**-30
_SAFETY = 32.0  # random responses may be small by luck; tests compare with BALL over many setups
_SAMPLES, _SAMPLES_OF_SMALL, _SMALL = 2, 8, 1e6  # jitter runs; more of them where they cost nothing (states × width)
_MEMORY_LIMIT = 6 * 2**30
_FLOAT_OPERATION = 5e-9  # measured seconds per state, direction and term, jitter runs included
_FALLBACK_SECONDS = 120.0  # predicted time above which float64 is kept, with a note


def exact_values(setup: Setup, steps: int, metric: Metric, field: Field) -> Values:
    """Return E_0 … E_k at finite m, over ``field``; see :func:`theorycalc.expected_error`."""
    if setup.m is None:
        found = population_curve(setup, steps, metric, field)
        return replace(found, notes=(*found.notes, "m = ∞: population"))
    if steps > MOST_PLANNED_STEPS:
        isotropic = isotropic_problem(setup, metric)
        if isotropic is not None:
            return isotropic_curve(setup, isotropic, steps, field)
    if field is F64:
        return _float64(setup, steps, metric)
    if is_multiprecision(field):
        return certified_digits(field, steps, lambda other: field_values(setup, steps, metric, other))
    with field.working():
        values = field_values(setup, steps, metric, field)
    kind = "exact rational numbers" if not is_ball(field) else f"rigorous enclosures ({field.name})"
    return Values(values, None, kind)


def _float64(setup: Setup, steps: int, metric: Metric) -> Values:
    problem = whitened_setup(setup, metric, F64)
    assert problem is not None
    if not problem.is_vector or not problem.commuting:
        problem = whitened_setup(setup, metric, F64, commuting=False) or problem

    def compute(field: Field) -> Array:
        require_affordable(setup, steps, field, _FALLBACK_SECONDS)
        return field_values(setup, steps, metric, field)

    return float64_values(setup, steps, problem, compute)


def float64_values(setup: Setup, steps: int, problem: Whitened, compute: Callable[[Field], Array]) -> Values:
    """Return the curve of a whitened problem in float64, recomputed in balls by ``compute`` where that loses digits."""
    width = problem.C.size if problem.is_vector else setup.d**2
    if steps > MOST_STEPS or predicted_bytes(steps, width) > _MEMORY_LIMIT:
        size = "far more memory" if steps > MOST_STEPS else f"about {predicted_bytes(steps, width) / 2**30:.0f} GiB"
        raise OutsideRegime(
            f"steps = {steps}: the exact rung would need {size}, over its limit of {_MEMORY_LIMIT // 2**30} GiB at d = "
            f'{setup.d}; use fewer steps or rung="proportional"'
        )
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        values = _float64_run(setup, steps, problem, 0.0)
        small = widest_layer(steps) * width * (2 * steps + 1) < _SMALL
        samples = range(1, 1 + (_SAMPLES_OF_SMALL if small else _SAMPLES))
        shifts = np.array([_float64_run(setup, steps, problem, JITTER, seed) - values for seed in samples])
        relative = rounding_estimate(values, np.max(np.abs(shifts), axis=0))
        relative = relative + problem.lost(values)
    return certified_float64(
        values,
        relative,
        "estimated rounding error, relative {worst} at most (response to random rounding)",
        compute,
    )


def rounding_estimate(values: Array, shifts: Array) -> Array:
    """Relative float64 errors, non-decreasing in k, from the shifts that relative jitter of every state causes.

    A shift is linear in the jitter, as the error is in the rounding of every state, so the two are proportional up to
    luck and to the number of roundings per state: hence the safety factor.  Infinite where a value overflows.
    """
    scale = np.where(values != 0, np.abs(values), 1.0)
    response = np.where(np.isfinite(values) & np.isfinite(shifts), shifts / scale / JITTER, np.inf)
    return np.asarray(UNIT * np.maximum.accumulate(_SAFETY * response + 4 * np.arange(values.size) + 8))


def float64_seconds(setup: Setup, steps: int) -> float:
    """Predict the time of the exact rung in float64, by a measured rule of thumb; infinite beyond its limits."""
    width = len(distinct_directions(setup)) if setup.is_diagonal else setup.d**2
    if steps > MOST_STEPS or predicted_bytes(steps, width) > _MEMORY_LIMIT:
        return float("inf")
    return 60.0 * widest_layer(steps) * max(width, 20) * _FLOAT_OPERATION


def _float64_run(setup: Setup, steps: int, problem: Whitened, jitter: float, seed: int = 0) -> Array:
    m = setup.m
    assert m is not None
    if jitter:
        rng = np.random.default_rng([seed, 1])
        problem = jittered(problem, jitter, rng)
    C, Q = problem.C, problem.Q
    space = diagonal_space(C, Q, problem.multiplicity, F64) if problem.is_vector else full_space(C, Q, F64)
    moments = chain_moments(space, steps, 1.0 / m, setup.d, jitter=jitter, seed=seed)
    return chain_curve(moments, problem, setup, 1.0 / m, F64)


def jittered(problem: Whitened, jitter: float, rng: np.random.Generator) -> Whitened:
    """Return the problem with C, P̃ and Q̃ moved by ``jitter`` times the errors that a change of basis makes."""

    def moved(values: Array) -> Array:
        error = problem.input_error
        error = error if values.ndim == 1 else np.maximum.outer(error, error)
        shaken = values * (1 + jitter * error * rng.uniform(-1, 1, values.shape))
        return np.asarray((shaken + shaken.T) / 2)

    return replace(problem, C=moved(problem.C), P=moved(problem.P), Q=moved(problem.Q))
