"""Float64 and MP values certified by balls: what every rung does where rounding would cost too much."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import BALL, MP, Array, Ball, Field, as_fraction

#: F64 results whose estimated relative error exceeds this are recomputed in balls.
FALLBACK_RELATIVE_ERROR = 1e-9
_FALLBACK_RADIUS = as_fraction("1e-13")  # relative radius at which the recomputation stops adding bits
_BELOW_FLOAT64 = as_fraction("1e-330")
_TINY, _HUGE = 1e-250, 1e250  # outside, an intermediate number may have underflown or overflown unnoticed
_MAX_BITS = 8192
_KNOWN = 1e-3  # relative error up to which a float64 value tells the size of an enclosure
_UNCERTAIN_BITS = 16
_MAX_GUARD = 20_000

Compute = Callable[[Field], Array]


@dataclass(frozen=True)
class Values:
    """Values with absolute error bounds (None: the field's own numbers say it), and how they were obtained."""

    values: Array
    errors: Array | None
    uncertainty: str
    notes: tuple[str, ...] = ()


def certified_float64(values: Array, relative: Array, uncertainty: str, compute: Compute) -> Values:
    """Return float64 ``values`` if their relative error estimates are small, else recompute them by ``compute``.

    ``compute`` gets a ball field and returns the same values in it; it raises OutsideRegime where that is too
    expensive, and then float64 is kept with a note, unless it has no digits at all.
    """
    size = np.abs(values)
    safe = np.isfinite(values) & (size < _HUGE) & ((size > _TINY) | ~np.any(size > 0))
    relative = np.where(safe & ~np.isnan(relative), relative, np.inf)
    worst = float(np.max(relative))
    if worst <= FALLBACK_RELATIVE_ERROR:
        return Values(values, relative * size, uncertainty.format(worst=f"{worst:.0e}"))
    lost = f"float64 would lose up to {worst:.0e} relative" if math.isfinite(worst) else "float64 would lose all digits"
    try:
        known = np.where(relative < _KNOWN, size * (1 + _KNOWN), 0.0)
        balls, field = _narrow_balls(compute, known)
    except OutsideRegime as refusal:
        if not math.isfinite(worst):
            step = int(np.argmax(~np.isfinite(relative)))
            raise NotConverged(f"E_{step} has no digits in float64 (its range is exceeded), and {refusal}") from None
        note = f"{lost}, and recomputing in balls is too expensive here: trust only the digits inside lower … upper"
        return Values(values, size * relative, f"estimated rounding error; {lost}", (note,))
    try:
        rounded = np.array([float(ball.mid) for ball in balls])
    except OverflowError:
        raise NotConverged("the error exceeds the float64 range; use field=BALL(bits), MP(dps) or EXACT") from None
    errors = np.array([_outward(ball) for ball in balls])
    return Values(
        rounded, errors, f"rounded to float64 from rigorous enclosures ({field})", (f"{lost}: recomputed in {field}",)
    )


def _narrow_balls(compute: Compute, known: Array) -> tuple[list[Ball], str]:
    """Return narrow enclosures; ``known`` bounds the sizes of the values from above, 0 where nothing is known."""
    bits = 128
    while True:
        field = BALL(bits)
        with field.working():
            balls = [field.public(ball) for ball in compute(field)]
        if all(ball.rad <= max(abs(ball.mid) * _FALLBACK_RADIUS, _BELOW_FLOAT64) for ball in balls):
            return balls, field.name
        if bits == _MAX_BITS:
            raise NotConverged(f"BALL({bits}) still leaves a relative radius above 1e-13")
        least = bits + _missing_bits(balls, known)
        bits *= 2
        while bits < min(least, _MAX_BITS):  # this many would fail too
            bits *= 2


def _missing_bits(balls: list[Ball], known: Array) -> int:
    """Return how many more bits are needed for certain: a radius shrinks like 2^−bits, but for a few of them."""
    missing = 0
    for ball, size in zip(balls, known, strict=True):
        largest = min(abs(ball.mid) + ball.rad, as_fraction(float(size))) if size else abs(ball.mid) + ball.rad
        ratio = ball.rad / max(largest * _FALLBACK_RADIUS, _BELOW_FLOAT64)
        missing = max(missing, ratio.numerator.bit_length() - ratio.denominator.bit_length() - _UNCERTAIN_BITS)
    return missing


def _outward(ball: Ball) -> float:
    """A float64 bound of |true value − float(ball.mid)|; 0 only if they are equal."""
    gap = ball.rad + abs(as_fraction(float(ball.mid)) - ball.mid)
    return math.nextafter(float(gap), math.inf) if gap else 0.0


def certified_digits(field: Field, steps: int, compute: Compute) -> Values:
    """Return values in MP(dps), run in mpmath and certified against balls of like precision.

    Both run with guard digits, doubled until every ball is narrow and the value near it to ``dps`` digits.
    """
    dps = int(getattr(field, "dps"))  # noqa: B009
    goal, guard = as_fraction(f"1e-{dps}"), 10 + min(steps, 1000)
    while True:
        digits = compute(MP(dps + guard))
        balls = BALL(int((dps + guard) * 3.33) + 32)
        with balls.working():
            enclosures = [balls.public(ball) for ball in compute(balls)]
        gaps = [abs(as_fraction(value) - ball.mid) + ball.rad for value, ball in zip(digits, enclosures, strict=True)]
        patient = guard >= 4 * dps + 200  # by now a ball around 0 means an error that is 0, or as good as 0
        if all(
            gap <= goal * abs(ball.mid) / 4 or (patient and 0 in ball)
            for gap, ball in zip(gaps, enclosures, strict=True)
        ):
            errors = np.array(
                [max(goal * abs(ball.mid), 2 * gap) for gap, ball in zip(gaps, enclosures, strict=True)], dtype=object
            )
            return Values(field.array(digits), errors, f"{dps} digits, certified by ball arithmetic")
        guard *= 2
        if guard > _MAX_GUARD:
            raise NotConverged(f"{field.name}: still not certain of {dps} digits with {guard // 2} guard digits")


def widened(values: Array, errors: Array) -> tuple[Array, Array]:
    """Return float64 (lower, upper) that hold values ∓ errors for certain: one ulp outward unless the error is 0."""
    lower = np.where(errors > 0, np.nextafter(values - errors, -np.inf), values)
    upper = np.where(errors > 0, np.nextafter(values + errors, np.inf), values)
    return np.maximum(lower, 0.0), upper


__all__ = ["Values", "certified_digits", "certified_float64", "widened"]
