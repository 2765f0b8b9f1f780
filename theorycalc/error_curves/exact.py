"""Rung 3: the exact expectation at any k and any m (theory section 5).

Commuting problems, and every problem in F64, run the compiled centred recursion on vectors of a field.  Full
matrices in EXACT, BALL and MP run the N-form on matrices: no square root, no commutation.
"""

import math
from dataclasses import dataclass

import numpy as np

from theorycalc.error_curves.exact_fields import chain_curve, digit_values, field_values, require_affordable
from theorycalc.error_curves.population import UNIT, population_values
from theorycalc.error_curves.whitening import Whitened, whitened_setup
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import BALL, F64, Array, Ball, Field, as_fraction, is_ball, is_multiprecision
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space, full_space, predicted_bytes
from theorycalc.moments.plan import widest_layer
from theorycalc.results import Metric

#: F64 results whose estimated relative error exceeds this are recomputed in balls.
FALLBACK_RELATIVE_ERROR = 1e-9
_FALLBACK_RADIUS = 1e-13  # relative radius at which the recomputation stops adding bits
JITTER = 2.0**-30
_SAFETY = 32.0  # random responses may be small by luck; tests compare with BALL over many setups
_SAMPLES, _SAMPLES_OF_SMALL, _SMALL = 2, 8, 1e6  # jitter runs; more of them where they cost nothing (states × width)
_MEMORY_LIMIT = 6 * 2**30
_FALLBACK_SECONDS = 120.0  # predicted time above which float64 is kept, with a note


@dataclass(frozen=True)
class ExactValues:
    """values and, except in EXACT and BALL, absolute error bounds; ``uncertainty`` and ``notes`` say of what kind."""

    values: Array
    errors: Array | None
    uncertainty: str
    field_name: str
    notes: tuple[str, ...] = ()


def exact_values(setup: Setup, steps: int, metric: Metric, field: Field) -> ExactValues:
    """Return E_0 … E_k at finite m, over ``field``; see :func:`theorycalc.expected_error`."""
    if setup.m is None:
        return _at_infinity(setup, steps, metric, field)
    if field is F64:
        return _float64(setup, steps, metric)
    if is_multiprecision(field):
        values, errors, dps = digit_values(setup, steps, metric, field)
        return ExactValues(values, errors, f"{dps} digits, certified by ball arithmetic", field.name)
    with field.working():
        values = field_values(setup, steps, metric, field)
    kind = "exact rational numbers" if not is_ball(field) else f"rigorous enclosures ({field.name})"
    return ExactValues(values, None, kind, field.name)


def _at_infinity(setup: Setup, steps: int, metric: Metric, field: Field) -> ExactValues:
    with field.working(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
        values, errors = population_values(setup, steps, metric, field)
    return ExactValues(
        values, errors, "at m = ∞ the exact error is the population error", field.name, ("m = ∞: population",)
    )


def _float64(setup: Setup, steps: int, metric: Metric) -> ExactValues:
    problem = whitened_setup(setup, metric, F64)
    assert problem is not None
    width = problem.C.size if problem.is_vector else setup.d**2
    if steps > 60 or predicted_bytes(steps, width) > _MEMORY_LIMIT:
        size = "far more memory" if steps > 60 else f"about {predicted_bytes(steps, width) / 2**30:.0f} GiB"
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
    worst = float(np.max(relative))
    if worst <= FALLBACK_RELATIVE_ERROR:
        return ExactValues(
            values,
            relative * np.abs(values),
            f"estimated rounding error, relative {worst:.0e} at most (response to random rounding)",
            F64.name,
        )
    return _fallback(setup, steps, metric, values, relative)


def rounding_estimate(values: Array, shifts: Array) -> Array:
    """Relative float64 errors, non-decreasing in k, from the shifts that relative jitter of every state causes.

    A shift is linear in the jitter, as the error is in the rounding of every state, so the two are proportional up to
    luck and to the number of roundings per state: hence the safety factor.  Infinite where a value overflows.
    """
    scale = np.where(values != 0, np.abs(values), 1.0)
    response = np.where(np.isfinite(values) & np.isfinite(shifts), shifts / scale / JITTER, np.inf)
    return np.asarray(UNIT * np.maximum.accumulate(_SAFETY * response + 4 * np.arange(values.size) + 8))


def _float64_run(setup: Setup, steps: int, problem: Whitened, jitter: float, seed: int = 0) -> Array:
    C, Q, m = problem.C, problem.Q, setup.m
    assert m is not None
    if jitter:
        rng = np.random.default_rng([seed, 1])
        C = C * (1 + jitter * problem.input_error * rng.uniform(-1, 1, C.shape))
        Q = Q * (1 + 4 * jitter * rng.uniform(-1, 1, Q.shape))
        Q = (Q + Q.T) / 2
    space = diagonal_space(C, Q, problem.multiplicity, F64) if problem.is_vector else full_space(C, Q, F64)
    moments = chain_moments(space, steps, 1.0 / m, setup.d, jitter=jitter, seed=seed)
    return chain_curve(moments, problem, setup, 1.0 / m, F64)


def _fallback(setup: Setup, steps: int, metric: Metric, values: Array, relative: Array) -> ExactValues:
    """Recompute in balls; where balls cannot be afforded, keep float64 and say what is lost."""
    lost = f"float64 would lose up to {float(np.max(relative)):.0e} relative"
    bits = 128
    try:
        while True:
            field = BALL(bits)
            require_affordable(setup, steps, field, _FALLBACK_SECONDS)
            with field.working():
                balls = [field.public(ball) for ball in field_values(setup, steps, metric, field)]
            if all(ball.rad <= abs(ball.mid) * as_fraction(_FALLBACK_RADIUS) for ball in balls):
                break
            bits *= 2
            if bits > 8192:
                raise NotConverged(f"BALL({bits // 2}) still leaves a relative radius above {_FALLBACK_RADIUS}")
    except OutsideRegime as refusal:
        if not np.all(np.isfinite(values)):
            step = int(np.argmin(np.isfinite(values)))
            raise NotConverged(f"E_{step} overflows float64, and {refusal}") from None
        return ExactValues(
            values,
            np.abs(values) * relative,
            f"estimated rounding error; {lost}",
            F64.name,
            (f"{lost}, and recomputing in balls is too expensive here: trust only the digits inside lower … upper",),
        )
    return ExactValues(
        _rounded(balls),
        np.array([_outward(ball) for ball in balls]),
        f"rounded to float64 from rigorous enclosures ({field.name})",
        F64.name,
        (f"{lost}: recomputed in {field.name}",),
    )


def _rounded(balls: list[Ball]) -> Array:
    try:
        return np.array([float(ball.mid) for ball in balls])
    except OverflowError:
        raise NotConverged("the error exceeds the float64 range; use field=BALL(bits), MP(dps) or EXACT") from None


def _outward(ball: Ball) -> float:
    """A float64 bound of |true value − float(ball.mid)|."""
    gap = ball.rad + abs(as_fraction(float(ball.mid)) - ball.mid)
    return math.nextafter(float(gap), math.inf)
