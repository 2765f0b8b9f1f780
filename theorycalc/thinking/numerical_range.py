"""The numerical radius w(R) = max |x*Rx| over unit vectors: no power grows beyond ‖Rᵏ‖ ≤ 2 w(R)ᵏ (Berger).

In direction u = c + is the numerical range reaches h(u) = λ_max(cS + isK), S and K the symmetric and skew parts of R.
It lies inside the polygon of these tangents, whose corners bound w from above; the arc with the farthest corner is cut
until the bounds meet.
"""

import math
from fractions import Fraction

import numpy as np

from theorycalc.fields import Array, Ball, Field
from theorycalc.thinking.pencil import enclosed_symmetric

_FIRST_CUTS = 4
_MOST_CUTS = 60
_CLOSE = Fraction(1, 10**7)  # relative distance of the two bounds at which to stop


def numerical_radius(R: Array, field: Field) -> Ball:
    """Return an enclosure of w(R) for a real (d, d) matrix of balls, inside ``field.working()``.

    The radius is about 1e-7, and up to 3e-4 relative where the numerical range is nearly a disc.

    Cost: some tens of eigendecompositions of size 2d.  Source: Horn and Johnson, Topics in Matrix Analysis, chapter 1.

    >>> from theorycalc.fields import BALL
    >>> with BALL(96).working():
    ...     found = numerical_radius(BALL(96).array([[0, 2], [0, 0]]), BALL(96))  # a disc of radius 1
    >>> 1 in found, float(found.rad) < 1e-3
    (True, True)
    """
    tangents = [_tangent(R, math.pi * j / _FIRST_CUTS, field) for j in range(_FIRST_CUTS + 1)]
    corners = [_corner(tangents[j], tangents[j + 1]) for j in range(_FIRST_CUTS)]
    for _ in range(_MOST_CUTS):
        low, high = max(tangent.reach for tangent in tangents), max(corners)
        if high <= low * (1 + _CLOSE):
            break
        j = corners.index(high)
        middle = _tangent(R, (tangents[j].angle + tangents[j + 1].angle) / 2, field)
        corners[j : j + 1] = [_corner(tangents[j], middle), _corner(middle, tangents[j + 1])]
        tangents.insert(j + 1, middle)
    return Ball((low + high) / 2, (high - low) / 2)


class _Tangent:
    """{z : c Re z − s Im z ≤ h} with c, s near cos and sin of the angle, exact, and h enclosed."""

    def __init__(self, angle: float, c: Fraction, s: Fraction, height: Ball) -> None:
        self.angle, self.c, self.s, self.height = angle, c, s, height

    @property
    def reach(self) -> Fraction:
        """How far from 0 the numerical range reaches in this direction, from below."""
        return max(Fraction(0), self.height.lower) / _root_above(self.c**2 + self.s**2)


def _tangent(R: Array, angle: float, field: Field) -> _Tangent:
    c, s = Fraction(math.cos(angle)), Fraction(math.sin(angle))
    symmetric, skew = (R + R.T) * field.number(c / 2), (R - R.T) * field.number(s / 2)
    embedded = np.block([[symmetric, -skew], [skew, symmetric]])  # the Hermitian cS + isK, every eigenvalue twice
    return _Tangent(angle, c, s, enclosed_symmetric(embedded, field)[-1])


def _corner(first: _Tangent, second: _Tangent) -> Fraction:
    """Return how far from 0 the tangents meet, from above."""
    determinant = second.c * first.s - first.c * second.s
    reach = Fraction(0)
    for h in (first.height.lower, first.height.upper):
        for g in (second.height.lower, second.height.upper):
            x, y = (first.s * g - second.s * h) / determinant, (first.c * g - second.c * h) / determinant
            reach = max(reach, _root_above(x * x + y * y))
    return reach


def _root_above(value: Fraction) -> Fraction:
    """Return a rational at or just above the square root."""
    scale = 2**200
    return Fraction(math.isqrt(value.numerator * scale * scale // value.denominator + 1) + 1, scale)
