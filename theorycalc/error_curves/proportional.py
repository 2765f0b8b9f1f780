"""Rung 4: the proportional limit, what a typical prompt sees at large d (commuting Λ and Σ)."""

import numpy as np

from theorycalc.error_curves.exact import JITTER, rounding_estimate
from theorycalc.error_curves.population import population_values
from theorycalc.error_curves.whitening import Whitened, whitened_setup
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Array, Field
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.rmt.recursion import LimitChains, limit_chains

_SAMPLES = 4
_MEMORY_LIMIT = 4 * 2**30
_OBJECT_LIMIT = 4e8


def proportional_values(setup: Setup, steps: int, metric: Metric, field: Field) -> tuple[Array, Array | None]:
    """Return (E_0 … E_k, rounding error estimates) of the limit; estimates for F64 only.

    Raises
    ------
    OutsideRegime
        when Λ and Σ do not commute, when full matrices are asked for in a field other than F64, or when the
        recursion would be too large.
    """
    if setup.m is None:
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            return population_values(setup, steps, metric, field)
    problem = whitened_setup(setup, metric, field)
    if problem is None:
        raise OutsideRegime(f'rung "proportional" needs spectra in {field.name}: diagonalise Λ and Σ, or use field=F64')
    if not problem.is_vector:
        raise OutsideRegime(
            'rung "proportional" holds for commuting Λ and Σ, and these do not commute; use rung="exact"'
        )
    _require_affordable(problem, steps, field)
    values = _with_noise(_limit(setup, problem, steps, field), setup, field)
    if field is not F64:
        return values, None
    if not np.all(np.isfinite(values)):
        step = int(np.argmin(np.isfinite(values)))
        raise NotConverged(f"step {step}: the proportional limit overflows float64; use fewer steps or field=MP(dps)")
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        samples = range(1, _SAMPLES + 1)
        nearby = [_with_noise(_limit(setup, problem, steps, field, JITTER, seed), setup, field) for seed in samples]
        shifts = np.max(np.abs(np.array(nearby) - values), axis=0)
        return values, rounding_estimate(values, shifts) * np.abs(values)


def _limit(
    setup: Setup, problem: Whitened, steps: int, field: Field, jitter: float = 0.0, seed: int = 0
) -> LimitChains:
    C = problem.C
    if jitter:
        C = C * (1 + jitter * problem.input_error * np.random.default_rng([seed, 3]).uniform(-1, 1, C.shape))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return limit_chains(
            C,
            problem.P,
            problem.Q,
            problem.multiplicity,
            field.number(setup.m),
            steps,
            field,
            jitter=jitter,
            seed=seed,
        )


def _with_noise(limit: LimitChains, setup: Setup, field: Field) -> Array:
    values = limit.error
    if setup.noise_var:
        variance, power = field.number(setup.noise_var) / field.number(setup.m), limit.power_trace
        for k in range(1, len(values)):
            values[k] = values[k] + variance * (power[:k] - power[k : 2 * k]).sum()
    return values


def _require_affordable(problem: Whitened, steps: int, field: Field) -> None:
    width = problem.C.size
    if 8.0 * (steps + 1) ** 2 * width > _MEMORY_LIMIT:
        raise OutsideRegime(f"steps = {steps}: the recursion needs over 4 GiB at d = {problem.d}; use fewer steps")
    if field.dtype != np.float64 and float(steps) ** 3 * width > _OBJECT_LIMIT:
        raise OutsideRegime(f"steps = {steps}: too slow in {field.name} at d = {problem.d}; use field=F64")
