"""The test error after training on a mixture drawn per prompt or per example: A* in place of Γ⁻¹ (theory section 10).

Where A* is symmetric, some single task leaves the same A*, and every rung but the bound is that of it.  Otherwise the
population rung takes powers of R = I − A*Σ, and the exact rung lists words in A* and its transpose.
"""

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

_TASK_BITS = 512  # of an equivalent task that only float64 will read, with room for all that can cancel
_SAMPLES = 4
_MEMORY_LIMIT = 4 * 2**30
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
        on other rungs than population and exact, for more than 8 exact steps, or what would take too long.

    Cost: population O(k d³); exact grows fourfold with every step.  Claims: MIX-06.
    """
    if setup.m is None and rung in (Rung.EXACT, Rung.PROPORTIONAL):
        rung = Rung.POPULATION
    if rung is Rung.POPULATION:
        return trained_values(
            setup, steps, rung=rung, metric=metric, field=field, pose=lambda other: _pose(setup, other)
        )
    if rung is not Rung.EXACT:
        raise OutsideRegime(f'rung "{rung}" needs one task: {why_no_task(setup)}, rung="exact" or "population"')
    require_listed(steps)

    def compute(other: Field, limit: float = _FALLBACK_SECONDS) -> Array:
        _require_affordable(setup, steps, other, limit)
        return _exact(setup, steps, metric, other)

    if is_multiprecision(field):
        return certified_digits(field, steps, lambda other: compute(other, _SECONDS_LIMIT))
    with field.working():
        if field is not F64:
            kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
            return Values(compute(field, _SECONDS_LIMIT), None, kind)
        if mixed_bytes(steps, setup.d) > _MEMORY_LIMIT:
            raise OutsideRegime(f"steps = {steps}: the exact rung needs over 4 GiB at d = {setup.d}; use fewer steps")
        with np.errstate(all="ignore"):
            values = _exact(setup, steps, metric, F64)
            shifts = [_exact(setup, steps, metric, F64, JITTER, seed) - values for seed in range(1, _SAMPLES + 1)]
            relative = rounding_estimate(values, np.max(np.abs(shifts), axis=0))
    text = "estimated rounding error, relative {worst} at most (response to random rounding)"
    return certified_float64(values, relative, text, compute)


def _pose(setup: Setup, field: Field) -> Dense:
    """A* as the problem of :mod:`theorycalc.error_curves.trained`."""
    A, relative = map_scalars(setup, field)
    error = relative * float(np.linalg.norm(A)) if field is F64 else None
    return Dense(A=A, error=error, symmetric=False)


def _exact(setup: Setup, steps: int, metric: Metric, field: Field, jitter: float = 0.0, seed: int = 0) -> Array:
    A, relative = map_scalars(setup, field)
    one, Sigma = field.array(np.eye(setup.d, dtype=int)), setup.Sigma.dense(field)
    Q = setup.prior_second_moment(field)
    Q = one * Q if Q.ndim == 1 else Q
    if jitter:  # A may be off by ``relative`` of its size in any direction
        rng = np.random.default_rng([seed, 7])
        A = A + jitter * relative / UNIT * np.linalg.norm(A) / setup.d * rng.uniform(-1, 1, A.shape)
    epsilon = field.number(1) / field.number(setup.m)
    chains = MixedChains(
        A,
        Sigma,
        Q,
        steps=steps,
        epsilon=epsilon,
        field=field,
        noisy=setup.noise_var != 0,
        jitter=jitter,
        seed=seed,
    )
    noise = field.number(setup.noise_var) * epsilon if setup.noise_var else None
    return chains.errors(Sigma if metric is Metric.PREDICTION else one, noise)


def _require_affordable(setup: Setup, steps: int, field: Field, limit: float) -> None:
    operations = mixed_operations(steps, setup.d)
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
