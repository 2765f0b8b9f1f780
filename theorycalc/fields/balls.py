"""BALL(bits): rigorous enclosures by python-flint, and the functions of them that formulas need."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from theorycalc._checks import integer, shown
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields.numbers import MAX_BITS, Array, Ball, dyadic, fmpq, object_array
from theorycalc.fields.protocol import Field, ShownByName

_BALL_LOCK = threading.RLock()


@dataclass(frozen=True, repr=False)
class Balls(ShownByName):
    """The field of :func:`BALL`."""

    bits: int
    dtype: Any = object

    @property
    def name(self) -> str:
        return f"BALL({self.bits})"

    def number(self, value: Any) -> flint.arb:
        if isinstance(value, flint.arb):
            return value
        if isinstance(value, Ball):
            raise InvalidSetup(
                f"value = {shown(value)}: a Ball is no input; state the problem in exact numbers or floats"
            )
        with self.working():
            return flint.arb(fmpq(value))

    def array(self, values: Any) -> Array:
        with self.working():
            return object_array(values, self.number)

    def sqrt(self, values: Array) -> Array:
        with self.working():
            return object_array(values, lambda item: item.sqrt())

    def inverse(self, matrix: Array) -> Array:
        with self.working():
            try:
                return np.array(flint.arb_mat(matrix.tolist()).inv().tolist(), dtype=object)
            except ZeroDivisionError:
                raise NotConverged(
                    f"{self.name} cannot tell a matrix from a singular one: use BALL with more bits"
                ) from None

    def public(self, value: Any) -> Ball:
        with self.working():
            ball = flint.arb(value)
            if not ball.is_finite():
                raise NotConverged(f"{self.name}: the enclosure became infinite; use BALL with more bits")
            mid, rad = (dyadic(part.man_exp()) for part in (ball.mid(), ball.rad()))
            return Ball(mid, rad)

    @contextmanager
    def working(self) -> Iterator[None]:
        with _BALL_LOCK, flint.ctx.workprec(self.bits):
            yield


def BALL(bits: int) -> Field:
    """Return the field of real balls with ``bits`` bits of midpoint (python-flint's arb).

    >>> str(BALL(64).public(BALL(64).number("1/3")))[:13]
    '[0.3333333333'
    """
    return Balls(integer("bits", bits, minimum=24, maximum=MAX_BITS, remedy="pass bits between 24 and 1,000,000"))


def ball_product(left: Array, right: Array) -> Array:
    """Return the product of two matrices of balls, as ``left @ right`` but faster; inside the working context.

    >>> with BALL(64).working():
    ...     print(float(ball_product(BALL(64).array([[1, 2]]), BALL(64).array([[3], [4]]))[0, 0]))
    11.0
    """
    return np.array((flint.arb_mat(left.tolist()) * flint.arb_mat(right.tolist())).tolist(), dtype=object)


def ball_determinant(matrix: Array) -> Any:
    """Return the determinant of a (d, d) matrix of balls, inside the working context.

    >>> with BALL(64).working():
    ...     print(float(ball_determinant(BALL(64).array([[1, 2], [3, 5]]))))
    -1.0
    """
    return flint.arb_mat(matrix.tolist()).det()


def integer_power(x: Any, exponent: int) -> Any:
    """Return xⁿ, n >= 0, by repeated squaring, for a scalar of any field.

    python-flint's ** has no answer (NaN) for a ball whose midpoint is exactly 0.

    >>> with BALL(64).working():
    ...     about_zero = BALL(64).number("1/10").union(BALL(64).number("-1/10"))
    ...     print(BALL(64).public(integer_power(about_zero, 2)).upper < Fraction(11, 1000))
    True
    """
    result = x * 0 + 1
    while exponent:
        if exponent & 1:
            result = result * x
        exponent >>= 1
        if exponent:
            x = x * x
    return result


def ball_exp(x: Any) -> Any:
    """Return eˣ for a scalar of BALL, inside its working context."""
    return x.exp()


def ball_erfc(x: Any) -> Any:
    """Return the complementary error function for a scalar of BALL, inside its working context."""
    return x.erfc()


def ball_gamma(a: Any, x: Any = None) -> Any:
    """Return Γ(a), or given x the regularised lower incomplete P(a, x), for scalars of BALL in its working context.

    >>> with BALL(64).working():
    ...     print(float(ball_gamma(BALL(64).number(5))), float(ball_gamma(BALL(64).number(1), BALL(64).number(0))))
    24.0 0.0
    """
    return a.gamma() if x is None else x.gamma_lower(a, regularized=1)


def ball_scalar(ball: Ball) -> Any:
    """Return the scalar of BALL that holds a public enclosure, inside its working context.

    >>> with BALL(64).working():
    ...     print(BALL(64).public(ball_scalar(Ball(Fraction(1), Fraction(1, 4)))).upper >= Fraction(5, 4))
    True
    """
    return flint.arb(fmpq(ball.mid), flint.arb(fmpq(ball.rad)).upper())


def exact_ball(ball: Ball) -> flint.arb:
    """The arb with this midpoint and radius; python-flint rounds radii of 30 bits up, unless half a unit is missing."""
    mid, rad = (_mantissa_exponent(part) for part in (ball.mid, ball.rad))
    shift = 30 - rad[0].bit_length()
    radius = (2 * (rad[0] << shift) - 1, rad[1] - shift - 1) if rad[0] and shift >= 0 else rad
    found = flint.arb(mid, radius)
    if dyadic(found.rad().man_exp()) != ball.rad or dyadic(found.mid().man_exp()) != ball.mid:
        raise InvalidSetup(f"ball = {shown(str(ball))}: no ball of python-flint: its radius has more than 30 bits")
    return found


def _mantissa_exponent(value: Fraction) -> tuple[int, int]:
    if value.denominator & (value.denominator - 1):
        raise InvalidSetup(f"ball = {shown(value)}: no dyadic number; pass midpoint and radius with denominator 2^k")
    zeros = (value.numerator & -value.numerator).bit_length() - 1 if value else 0
    return value.numerator >> zeros, zeros - value.denominator.bit_length() + 1
