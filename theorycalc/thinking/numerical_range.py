"""The numerical radius w(R) = max |x*Rx| over unit vectors: no power grows beyond ‖Rᵏ‖ ≤ 2 w(R)ᵏ (Berger).

In direction u = c + is the numerical range reaches h(u) = λ_max(cS + isK), S and K the symmetric and skew parts of R.
It lies inside the polygon of these tangents, whose corners bound w from above; the arc with the farthest corner is cut
until the bounds meet.
"""

import math
from fractions import Fraction

import numpy as np

from theorycalc.exceptions import NotCertified
from theorycalc.fields import Array, Ball
from theorycalc.thinking.pencil import proved_below

_FIRST_CUTS, _MOST_CUTS = 4, 60
_CLOSE = Fraction(1, 10**7)  # relative distance of the two bounds at which to stop
_LARGE = 1e100  # entries beyond which the matrix is scaled first
_SLACKS = (1e-10, 1e-8, 1e-6)  # of a float64 eigenvalue, relative to the matrix, tried until one is proved


def numerical_radius(R: Array, missed: float = 0.0) -> Ball:
    """Return an enclosure of w(R) for a real (d, d) float64 matrix that is within ``missed`` of R in norm.

    Its radius is about 1e-7 relative, and up to 3e-4 where the numerical range is nearly a disc.

    Raises
    ------
    NotCertified
        if no float64 eigenvalue can be bounded.

    Cost: some tens of eigendecompositions of size 2d.  Source: Horn and Johnson, Topics in Matrix Analysis, chapter 1.

    >>> found = numerical_radius(np.array([[0.0, 2.0], [0.0, 0.0]]))  # a disc of radius 1
    >>> 1 in found, float(found.rad) < 1e-3
    (True, True)
    """
    largest = float(np.max(np.abs(R)))
    if not math.isfinite(largest):
        raise NotCertified("the numerical range leaves the float64 range: rescale the problem")
    unit = 2.0 ** math.frexp(largest)[1] if largest > _LARGE else 1.0
    R = R / unit
    tangents = [_Tangent(R, math.pi * j / _FIRST_CUTS) for j in range(_FIRST_CUTS + 1)]
    corners = [_corner(tangents[j], tangents[j + 1]) for j in range(_FIRST_CUTS)]
    for _ in range(_MOST_CUTS):
        low, high = max(tangent.reach for tangent in tangents), max(corners)
        if high <= low * (1 + _CLOSE):
            break
        j = corners.index(high)
        middle = _Tangent(R, (tangents[j].angle + tangents[j + 1].angle) / 2)
        corners[j : j + 1] = [_corner(tangents[j], middle), _corner(middle, tangents[j + 1])]
        tangents.insert(j + 1, middle)
    low, high = (side * Fraction(unit) for side in (low, high))
    low, high = max(Fraction(0), low - Fraction(missed)), high + Fraction(missed)
    return Ball((low + high) / 2, (high - low) / 2)


class _Tangent:
    """{z : c Re z − s Im z ≤ h} with c, s near cos and sin of the angle, exact, and h between bounds."""

    def __init__(self, R: Array, angle: float) -> None:
        c, s = math.cos(angle), math.sin(angle)
        symmetric, skew = (R + R.T) * (c / 2), (R - R.T) * (s / 2)
        H = np.block([[symmetric, -skew], [skew, symmetric]])  # the Hermitian cS + isK, every eigenvalue twice
        top, size = float(np.linalg.eigvalsh(H)[-1]), float(np.linalg.norm(H)) or 1.0
        for slack in _SLACKS:
            if proved_below(H, top + slack * size, terms=2):
                break
        else:
            raise NotCertified("no bound of the numerical range could be proved in float64: rescale the problem")
        self.angle, self.c, self.s = angle, Fraction(c), Fraction(s)
        self.low, self.high = Fraction(top) - Fraction(slack * size), Fraction(top) + Fraction(slack * size)

    @property
    def reach(self) -> Fraction:
        """How far from 0 the numerical range reaches in this direction, from below."""
        return max(Fraction(0), self.low) / _root_above(self.c**2 + self.s**2)


def _corner(first: _Tangent, second: _Tangent) -> Fraction:
    """Return how far from 0 the tangents meet, from above."""
    determinant = second.c * first.s - first.c * second.s
    reach = Fraction(0)
    for h in (first.low, first.high):
        for g in (second.low, second.high):
            x, y = (first.s * g - second.s * h) / determinant, (first.c * g - second.c * h) / determinant
            reach = max(reach, _root_above(x * x + y * y))
    return reach


def _root_above(value: Fraction) -> Fraction:
    """Return a rational at or just above the square root."""
    scale = 2**200
    return Fraction(math.isqrt(value.numerator * scale * scale // value.denominator + 1) + 1, scale)
