"""Public numbers of the four fields: enclosures, exact values of whatever a field gives, and digits of any length."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from theorycalc.exceptions import NotConverged

Array = NDArray[Any]
#: Most bits of a ball.
MAX_BITS = 1_000_000


class BeyondFloat64(NotConverged, OverflowError):
    """A number of the problem does not fit F64."""


@dataclass(frozen=True, repr=False)
class Ball:
    """A rigorous enclosure: the true value lies in [mid − rad, mid + rad].

    >>> from theorycalc.fields import BALL
    >>> third = BALL(64).public(BALL(64).number("1/3"))
    >>> Fraction(1, 3) in third, third.rad < Fraction(1, 10**18)
    (True, True)
    """

    mid: Fraction
    rad: Fraction

    @property
    def lower(self) -> Fraction:
        """mid − rad, exactly."""
        return self.mid - self.rad

    @property
    def upper(self) -> Fraction:
        """mid + rad, exactly."""
        return self.mid + self.rad

    def __contains__(self, value: Fraction | int | float) -> bool:
        return self.lower <= as_fraction(value) <= self.upper

    def __float__(self) -> float:
        return float(self.mid)

    def __repr__(self) -> str:
        return f"Ball({self})"

    def __str__(self) -> str:
        from theorycalc.fields.balls import BALL

        bits = 64
        if self.rad and self.mid:
            ratio = abs(self.mid) / self.rad
            bits += ratio.numerator.bit_length() - ratio.denominator.bit_length()
        with BALL(min(max(64, bits), MAX_BITS)).working():
            ball = flint.arb(fmpq(self.mid), flint.arb(fmpq(self.rad)).upper())
            return str(ball.str(max(3, int(bits * math.log10(2)) - 15)))


def as_fraction(value: Any) -> Fraction:
    """Return any finite real number of the four fields exactly (the midpoint, for a ball)."""
    if isinstance(value, Ball):
        return value.mid
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, flint.fmpq):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, flint.fmpz):
        return Fraction(int(value))
    mpf = getattr(value, "_mpf_", None)
    if mpf is not None:
        sign, man, exp, _ = mpf
        if not man and exp:
            raise NotConverged("a multiprecision number is not finite")
        magnitude = Fraction(int(man)) * Fraction(2) ** int(exp)
        return -magnitude if sign else magnitude
    return Fraction(value)


def digits(value: Fraction) -> str:
    """Return "p/q" or "p", also where Python refuses to print so many digits."""
    return str(fmpq(value))


def read_digits(text: str) -> Fraction:
    """Return the number that :func:`digits` wrote, also where Python refuses to read so many digits.

    >>> read_digits("-1/3")
    Fraction(-1, 3)
    """
    top, _, bottom = text.partition("/")
    return Fraction(int(flint.fmpz(top)), int(flint.fmpz(bottom or "1")))


def fmpq(value: Any) -> flint.fmpq:
    """Return a number of the four fields as a rational of python-flint, exactly."""
    fraction = as_fraction(value)
    return flint.fmpq(fraction.numerator, fraction.denominator)


def dyadic(mantissa_exponent: Any) -> Fraction:
    """Return mantissa · 2^exponent."""
    mantissa, exponent = (int(part) for part in mantissa_exponent)
    return mantissa * Fraction(2) ** exponent


def object_array(values: Any, convert: Any) -> Array:
    """Return the array of converted items, of the same shape."""
    source = np.asarray(values, dtype=object)
    result = np.empty(source.shape, dtype=object)
    result.reshape(-1)[:] = [convert(item) for item in source.reshape(-1)]
    return result
