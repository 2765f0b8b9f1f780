"""Public numbers as text: in full for JSON and CSV, with six digits for people."""

import math
from fractions import Fraction
from typing import Any

from theorycalc.fields import Ball, as_fraction, digits


def plain(value: Any, *, dps: int = 15) -> Any:
    """Return a JSON-ready form of a public number: exact ones as "p/q", mpf as digits, balls as mid, rad, enclosure.

    An mpf does not know the precision ``dps`` it was computed with, of which its text must hold all digits.
    Of a ball, "enclosure" is narrow; the float64 interval mid ∓ rad holds it too (both None beyond the float64 range).
    """
    if isinstance(value, Ball):
        mid, rad = _float_interval(value)
        return {"mid": mid, "rad": rad, "enclosure": str(value)}
    if isinstance(value, Fraction):
        return digits(value)
    if hasattr(value, "_mpf_"):
        import mpmath

        return mpmath.libmp.to_str(value._mpf_, max(dps + 3, int(value._mpf_[3] * 0.30103) + 2))
    return float(value)


def short(value: Any) -> str:
    """Return a number with six digits, or its size where it leaves the float64 range."""
    size = Fraction(1) if isinstance(value, float) else as_fraction(value)
    try:
        return f"{float(value if isinstance(value, float) else size):.6g}"
    except OverflowError:
        return f"about 2^{size.numerator.bit_length() - size.denominator.bit_length()}"


def precision(field_name: str) -> int:
    """Return the decimal digits of the field of this name: those of MP(dps), and 15 for the others."""
    return int(field_name[3:-1]) if field_name.startswith("MP(") else 15


def _float_interval(ball: Ball) -> tuple[float | None, float | None]:
    try:
        mid = float(ball.mid)
        rad = float(ball.rad + abs(Fraction(mid) - ball.mid))
    except OverflowError:
        return None, None
    return mid, math.nextafter(rad, math.inf) if rad or ball.rad or Fraction(mid) != ball.mid else 0.0
