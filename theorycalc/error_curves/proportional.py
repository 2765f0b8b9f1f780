"""Rung 4: the proportional limit, what a typical prompt sees at large d.

Short chains run the recursion of theory section 6, over any field for spectra and in F64 for all matrices.  Long ones
in F64 are contour integrals (:mod:`theorycalc.rmt.long_chains`), whose cost hardly grows with k.
"""

from dataclasses import replace

import numpy as np

from theorycalc.error_curves.enclosing import FALLBACK_RELATIVE_ERROR, Values, certified_digits, certified_float64
from theorycalc.error_curves.exact import JITTER, jittered, rounding_estimate
from theorycalc.error_curves.exact_fields import denominator_bits
from theorycalc.error_curves.population import population_curve
from theorycalc.error_curves.whitening import Whitened, whitened_setup
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import EXACT, F64, Array, BeyondFloat64, Field, is_ball, is_multiprecision
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.rmt.long_chains import Problem, limit_errors
from theorycalc.rmt.recursion import LimitChains, limit_chains

_SAMPLES = 4
_LONG = 2e9  # steps³ · directions, above which chains are contour integrals
_LARGEST = 709.0  # exponent of the largest float64
_MEMORY_LIMIT = 4 * 2**30
_OBJECT_LIMIT = 4e8
_SECONDS_LIMIT = 900.0
_EXACT_BIT = 2.7e-9  # measured seconds per bit of a rational operation


def proportional_curve(setup: Setup, steps: int, metric: Metric, field: Field) -> Values:
    """Return E_0 … E_k of the limit over ``field``, float64 and MP certified where rounding would show.

    Raises
    ------
    OutsideRegime
        when full matrices are asked for in a field other than F64, or when the recursion would be too large for it.
    NotConverged
        when a long chain leaves the float64 range.
    """
    if setup.m is None:
        found = population_curve(setup, steps, metric, field)
        return replace(found, notes=(*found.notes, "m = ∞: population"))

    def compute(other: Field) -> Array:
        return _values(setup, steps, other, _problem(setup, steps, metric, other))

    if is_multiprecision(field):
        return certified_digits(field, steps, compute)
    with field.working():
        problem = _problem(setup, steps, metric, field)
        if field is F64 and is_long(problem, steps):
            return _long_values(setup, problem, steps)
        values = _values(setup, steps, field, problem)
        if field is not F64:
            kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
            return Values(values, None, kind)
        nearby = [_values(setup, steps, field, problem, JITTER, seed) for seed in range(1, _SAMPLES + 1)]
        with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
            relative = rounding_estimate(values, np.max(np.abs(np.array(nearby) - values), axis=0))
        with np.errstate(all="ignore"):
            relative = relative + problem.lost(values)
    text = "estimated float64 rounding, relative {worst} at most (response to random rounding)"
    return certified_float64(values, relative, text, compute)


def _problem(setup: Setup, steps: int, metric: Metric, field: Field) -> Whitened:
    problem = float_problem(setup, metric) if field is F64 else whitened_setup(setup, metric, field)
    if problem is None:
        raise OutsideRegime(f'rung "proportional" needs spectra in {field.name}: diagonalise Λ and Σ, or use field=F64')
    if field is not F64 or not is_long(problem, steps):
        _require_affordable(setup, problem, steps, field)
    return problem


def float_problem(setup: Setup, metric: Metric) -> Whitened:
    """Return the whitened problem in F64: vectors where Λ and Σ commute exactly and Q is diagonal with them."""
    problem = whitened_setup(setup, metric, F64)
    if problem is None or not problem.is_vector or not problem.commuting:
        problem = whitened_setup(setup, metric, F64, commuting=False)
    assert problem is not None  # F64 can change every basis
    return problem


def is_long(problem: Whitened, steps: int) -> bool:
    """Whether the recursion would take more than some seconds."""
    return float(steps) ** 3 * problem.C.size > _LONG


def require_range(problem: Whitened) -> None:
    """Refuse a problem whose numbers leave no room for products in float64."""
    if np.any(np.isinf(problem.lost(np.ones(1)))):
        raise BeyondFloat64("Γ, Σ or the prior is too large or too small for products in float64: rescale the problem")


def long_problem(setup: Setup, problem: Whitened) -> Problem:
    """Return what the limit depends on."""
    require_range(problem)
    assert setup.m is not None
    return Problem(
        C=problem.C,
        P=problem.P,
        Q=problem.Q,
        multiplicity=problem.multiplicity,
        m=setup.m,
        noise_var=float(setup.noise_var),
        input_error=problem.input_error,
    )


def _long_values(setup: Setup, problem: Whitened, steps: int) -> Values:
    found = limit_errors(long_problem(setup, problem), np.arange(steps + 1)).error
    log, relative = found.log, found.relative_error
    if np.max(log) > _LARGEST:
        raise NotConverged(
            f"E_{int(np.argmax(log > _LARGEST))} on rung proportional exceeds the float64 range; use fewer steps, or "
            "typical_error for its logarithm"
        )
    values = np.exp(log)
    errors = np.where(values >= np.finfo(float).tiny, relative * values, np.where(found.sign == 0, 0.0, values))
    errors = np.where((values == 0) & (found.sign != 0), np.nextafter(0.0, 1.0), errors)
    worst, notes = float(np.max(relative)), []
    if np.any((values < np.finfo(float).tiny) & (found.sign != 0)):
        first = int(np.argmax((values < np.finfo(float).tiny) & (found.sign != 0)))
        notes.append(f"E_{first} is below the float64 range: typical_error gives logarithms")
    if worst > FALLBACK_RELATIVE_ERROR:
        notes.append(f"float64 loses up to {worst:.0e} relative: trust only the digits inside lower … upper")
    text = f"estimated, relative {worst:.0e} at most (two contour integrals, and rounding)"
    return Values(values, errors, text, tuple(notes))


def _values(setup: Setup, steps: int, field: Field, problem: Whitened, jitter: float = 0.0, seed: int = 0) -> Array:
    if jitter:
        problem = jittered(problem, jitter, np.random.default_rng([seed, 3]))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        limit = limit_chains(
            problem.C,
            problem.P,
            problem.Q,
            problem.multiplicity,
            field.number(setup.m),
            steps,
            field,
            jitter=jitter,
            seed=seed,
        )
        return _with_noise(limit, setup, field)


def _with_noise(limit: LimitChains, setup: Setup, field: Field) -> Array:
    values = limit.error
    if setup.noise_var:
        variance, power = field.number(setup.noise_var) / field.number(setup.m), limit.power_trace
        for k in range(1, len(values)):
            values[k] = values[k] + variance * (power[:k] - power[k : 2 * k]).sum()
    return values


def _require_affordable(setup: Setup, problem: Whitened, steps: int, field: Field) -> None:
    width = problem.C.size
    if 8.0 * (steps + 1) ** 2 * width > _MEMORY_LIMIT:
        raise OutsideRegime(f"steps = {steps}: the recursion needs over 4 GiB at d = {problem.d}; use field=F64")
    if field.dtype != np.float64 and float(steps) ** 3 * width > _OBJECT_LIMIT:
        raise OutsideRegime(f"steps = {steps}: too slow in {field.name} at d = {problem.d}; use field=F64")
    bits = 2.0 * steps * denominator_bits(setup) if field is EXACT else 0.0
    if float(steps) ** 3 * width * _EXACT_BIT * bits > _SECONDS_LIMIT:
        raise OutsideRegime(f"steps = {steps}: EXACT rationals grow too long at d = {problem.d}; use field=BALL(bits)")
