"""The test error after training on a mixture drawn per prompt or per example: A* in place of Γ⁻¹ (theory section 10).

Where A* is symmetric, some single task leaves the same A*, and every rung but the bound is that of it.  Otherwise the
population rung takes powers of R = I − A*Σ, the exact rung lists words in A* and its transpose, and the proportional
one runs the recursion of the limit on full matrices.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.error_curves.exact import JITTER, rounding_estimate
from theorycalc.error_curves.population import UNIT
from theorycalc.error_curves.trained import Dense, trained_values
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction, is_ball, is_multiprecision
from theorycalc.gamma import rational_cost
from theorycalc.gamma.equivalent import one_task, why_no_task
from theorycalc.gamma.mixture import map_scalars
from theorycalc.model import Setup
from theorycalc.moments.mixed_chains import MixedChains, mixed_bytes, mixed_operations, require_listed
from theorycalc.results import Metric, Rung
from theorycalc.rmt.map_recursion import limit_map_errors

_TASK_BITS = 512  # of an equivalent task that only float64 will read, with room for all that can cancel
_SAMPLES = 4
_MEMORY_LIMIT = 4 * 2**30
_MOST_FLOAT_OPERATIONS = 1e11
_SECONDS_LIMIT, _FALLBACK_SECONDS = 900.0, 120.0
_BALL_OPERATION, _MP_OPERATION = 6e-7, 3e-6  # measured seconds


def stand_in(setup: Setup, field: Field) -> Setup | None:
    """Return a problem of one task with the same A*, hence the same errors, or None where A* is not symmetric."""
    return one_task(setup, bits=_TASK_BITS if field is F64 else None)


def mixture_values(setup: Setup, steps: int, rung: Rung, metric: Metric, field: Field) -> Values:
    """Return E_0 … E_k for a mixture whose A* is not symmetric.

    Raises
    ------
    OutsideRegime
        on the rungs expansion and bound, for more than 8 exact steps, or what would take too long.

    Cost: population O(k d³); proportional O(k³ d² + k² d³); exact grows fourfold with every step.  Claims: MIX-06.
    """
    if setup.m is None and rung in (Rung.EXACT, Rung.PROPORTIONAL):
        rung = Rung.POPULATION
    if rung is Rung.POPULATION:
        return trained_values(
            setup, steps, rung=rung, metric=metric, field=field, pose=lambda other: _pose(setup, other)
        )
    if rung not in (Rung.EXACT, Rung.PROPORTIONAL):
        raise OutsideRegime(f'rung "{rung}" needs one task: {why_no_task(setup)}, or rung="exact"')
    is_exact = rung is Rung.EXACT
    if is_exact:
        require_listed(steps)
    run = _exact if is_exact else _proportional
    operations = mixed_operations(steps, setup.d) if is_exact else _limit_operations(steps, setup.d)

    def compute(other: Field, limit: float = _FALLBACK_SECONDS) -> Array:
        _require_affordable(setup, steps, other, limit, operations)
        return run(setup, steps, metric, other)

    if is_multiprecision(field):
        return certified_digits(field, steps, lambda other: compute(other, _SECONDS_LIMIT))
    with field.working():
        if field is not F64:
            kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
            return Values(compute(field, _SECONDS_LIMIT), None, kind)
        size = mixed_bytes(steps, setup.d) if is_exact else 16.0 * (steps + 1) ** 2 * setup.d**2
        if size > _MEMORY_LIMIT or operations > _MOST_FLOAT_OPERATIONS:
            raise OutsideRegime(f'steps = {steps}: rung "{rung}" takes too much at d = {setup.d}; use fewer steps')
        with np.errstate(all="ignore"):
            values = run(setup, steps, metric, F64)
            shifts = [run(setup, steps, metric, F64, JITTER, seed) - values for seed in range(1, _SAMPLES + 1)]
            relative = rounding_estimate(values, np.max(np.abs(shifts), axis=0))
    text = "estimated rounding error, relative {worst} at most (response to random rounding)"
    return certified_float64(values, relative, text, compute)


def _pose(setup: Setup, field: Field) -> Dense:
    """A* as the problem of :mod:`theorycalc.error_curves.trained`."""
    A, relative = map_scalars(setup, field)
    error = relative * float(np.linalg.norm(A)) if field is F64 else None
    return Dense(A=A, error=error, symmetric=False)


@dataclass(frozen=True)
class _Matrices:
    """A*, Σ, Q and P as (d, d) scalars of a field."""

    A: Array
    Sigma: Array
    Q: Array
    P: Array


def _matrices(setup: Setup, metric: Metric, field: Field, jitter: float, seed: int) -> _Matrices:
    A, relative = map_scalars(setup, field)
    one, Sigma = field.array(np.eye(setup.d, dtype=int)), setup.Sigma.dense(field)
    Q = setup.prior_second_moment(field)
    if jitter:  # A may be off by ``relative`` of its size in any direction
        rng = np.random.default_rng([seed, 7])
        A = A + jitter * relative / UNIT * np.linalg.norm(A) / setup.d * rng.uniform(-1, 1, A.shape)
    P = Sigma if metric is Metric.PREDICTION else one
    return _Matrices(A=A, Sigma=Sigma, Q=np.asarray(one * Q if Q.ndim == 1 else Q), P=P)


def _noise(setup: Setup, field: Field) -> Any:
    """Return σ²/m, or None without label noise."""
    return field.number(setup.noise_var) / field.number(setup.m) if setup.noise_var else None


def _proportional(setup: Setup, steps: int, metric: Metric, field: Field, jitter: float = 0.0, seed: int = 0) -> Array:
    at = _matrices(setup, metric, field, jitter, seed)
    return limit_map_errors(
        *(at.A, at.Sigma, at.Q, at.P),
        m=field.number(setup.m),
        steps=steps,
        field=field,
        noise=_noise(setup, field),
        jitter=jitter,
        seed=seed,
    )


def _limit_operations(steps: int, d: int) -> float:
    return float(steps + 1) ** 3 * d**2 + 3.0 * (steps + 1) ** 2 * d**3


def _exact(setup: Setup, steps: int, metric: Metric, field: Field, jitter: float = 0.0, seed: int = 0) -> Array:
    at = _matrices(setup, metric, field, jitter, seed)
    chains = MixedChains(
        *(at.A, at.Sigma, at.Q),
        steps=steps,
        epsilon=field.number(1) / field.number(setup.m),
        field=field,
        noisy=setup.noise_var != 0,
        jitter=jitter,
        seed=seed,
    )
    return chains.errors(at.P, _noise(setup, field))


def _require_affordable(setup: Setup, steps: int, field: Field, limit: float, operations: float) -> None:
    if field is EXACT:
        A = map_scalars(setup, EXACT)[0]
        length = max(rational_cost.bits(A), 1) * 2 * steps + max(_bits(setup), 1) * 2 * steps
        seconds = rational_cost.operations(operations, length)
    else:
        seconds = operations * (_BALL_OPERATION if is_ball(field) else _MP_OPERATION)
    if seconds > limit:
        raise OutsideRegime(
            f"steps = {steps}: about {seconds / 60:.0f} minutes of {field.name} arithmetic at d = {setup.d}, over the "
            f"limit of {limit / 60:.0f}; use fewer steps, field=BALL(bits), or field=F64"
        )


def _bits(setup: Setup) -> int:
    return max(as_fraction(value).denominator.bit_length() for value in setup.Sigma.entries.reshape(-1))


__all__ = ["mixture_values", "stand_in"]
