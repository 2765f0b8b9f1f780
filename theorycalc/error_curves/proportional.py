"""Rung 4: the proportional limit, what a typical prompt sees at large d (commuting Λ and Σ)."""

from dataclasses import replace

import numpy as np

from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.error_curves.exact import JITTER, jittered, rounding_estimate
from theorycalc.error_curves.exact_fields import denominator_bits
from theorycalc.error_curves.population import population_curve, population_values, vector_values
from theorycalc.error_curves.whitening import Whitened, whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, is_ball, is_multiprecision
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.rmt.recursion import LimitChains, limit_chains

_SAMPLES = 4
_MEMORY_LIMIT = 4 * 2**30
_OBJECT_LIMIT = 4e8
_SECONDS_LIMIT = 900.0
_EXACT_BIT = 2.7e-9  # measured seconds per bit of a rational operation


def proportional_curve(setup: Setup, steps: int, metric: Metric, field: Field) -> Values:
    """Return E_0 … E_k of the limit over ``field``, float64 and MP certified where rounding would show.

    Raises
    ------
    OutsideRegime
        when Λ and Σ do not commute, when full matrices are asked for in a field other than F64, or when the
        recursion would be too large.
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
        values = _values(setup, steps, field, problem)
        if field is not F64:
            kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
            return Values(values, None, kind)
        nearby = [_values(setup, steps, field, problem, JITTER, seed) for seed in range(1, _SAMPLES + 1)]
        with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
            relative = rounding_estimate(values, np.max(np.abs(np.array(nearby) - values), axis=0))
            if not problem.commuting:  # what taking Λ and Σ as commuting does to the population error
                change = vector_values(problem, steps, F64)[0] - population_values(setup, steps, metric, F64)[0]
                relative = relative + 10 * np.abs(change) / np.abs(values)
        with np.errstate(all="ignore"):
            relative = relative + problem.lost(values)
    text = "estimated float64 rounding, relative {worst} at most (response to random rounding)"
    return certified_float64(values, relative, text, compute)


def _problem(setup: Setup, steps: int, metric: Metric, field: Field) -> Whitened:
    problem = whitened_setup(setup, metric, field)
    if problem is None:
        raise OutsideRegime(f'rung "proportional" needs spectra in {field.name}: diagonalise Λ and Σ, or use field=F64')
    if not problem.is_vector:
        raise OutsideRegime(
            'rung "proportional" holds for commuting Λ and Σ, and these do not commute; use rung="exact"'
        )
    _require_affordable(setup, problem, steps, field)
    return problem


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
        raise OutsideRegime(f"steps = {steps}: the recursion needs over 4 GiB at d = {problem.d}; use fewer steps")
    if field.dtype != np.float64 and float(steps) ** 3 * width > _OBJECT_LIMIT:
        raise OutsideRegime(f"steps = {steps}: too slow in {field.name} at d = {problem.d}; use field=F64")
    bits = 2.0 * steps * denominator_bits(setup) if field is EXACT else 0.0
    if float(steps) ** 3 * width * _EXACT_BIT * bits > _SECONDS_LIMIT:
        raise OutsideRegime(f"steps = {steps}: EXACT rationals grow too long at d = {problem.d}; use field=BALL(bits)")
