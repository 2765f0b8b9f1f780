"""Whether the upper edge lies below, at or above a bound: decided by enclosures, and where they touch it in rationals.

λ₊ is the minimum of ψ on (c_max, ∞).  Equality with the bound b means that ψ − b and ψ′ have a common zero there.
Over a common denominator both are polynomials with rational coefficients; ψ′ has exactly one zero on (c_max, ∞), and
it is simple, so their greatest common divisor g has one zero there or none: one iff g changes sign between c_max and ∞.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.fields import BALL, EXACT, Ball, as_fraction, polynomial_gcd
from theorycalc.rmt.critical import enclosed_point
from theorycalc.rmt.support import merged

_BITS = (64, 256)
_FINE_BITS = 1024
_MOST_EXACT = 80  # different eigenvalues for which the polynomials are formed
_MOST_DIGITS = 4e6  # bits of their coefficients in all


@dataclass(frozen=True)
class EdgeSide:
    """Where λ₊ lies: ``sign`` −1, 0 or 1 is that of λ₊ − bound, proved; None if not even the last enclosure tells."""

    sign: int | None
    edge: Ball


def upper_edge_side(values: list[Any], counts: list[int], m: int, *, bound: Fraction) -> EdgeSide:
    """Return on which side of ``bound`` the upper edge of the limiting spectrum lies.

    Parameters
    ----------
    values : (q,) positive eigenvalues of C, taken exactly; counts : (q,) how often each occurs

    Cost: an enclosure; only where 256 bits do not tell, a gcd of polynomials of degree q.
    Claims: RMT-02, RMT-09.

    Examples
    --------
    C = cI, d/m = 1/4: λ₊ = 9c/4, which is 2 at c = 8/9.

    >>> [upper_edge_side([Fraction(c)], [1], 4, bound=Fraction(2)).sign for c in ("7/8", "8/9", "9/10")]
    [-1, 0, 1]
    """
    values, counts = merged([as_fraction(value) for value in values], counts)
    for bits in _BITS:
        edge = enclosed_point(values, counts, m, BALL(bits), at_top=True).value
        if edge.upper < bound or edge.lower > bound:
            return EdgeSide(-1 if edge.upper < bound else 1, edge)
    size = sum(value.numerator.bit_length() + value.denominator.bit_length() for value in values)
    if len(values) <= _MOST_EXACT and size * len(values) <= _MOST_DIGITS and _touches(values, counts, m, bound):
        return EdgeSide(0, Ball(bound, Fraction(0)))
    edge = enclosed_point(values, counts, m, BALL(_FINE_BITS), at_top=True).value
    if edge.upper < bound or edge.lower > bound:
        return EdgeSide(-1 if edge.upper < bound else 1, edge)
    return EdgeSide(None, edge)


def _touches(values: list[Fraction], counts: list[int], m: int, bound: Fraction) -> bool:
    """Whether the minimum of ψ on (c_max, ∞) is ``bound``, exactly."""
    c = EXACT.array(values)
    weight = EXACT.array(counts) / EXACT.number(m)
    one, b = EXACT.number(1), EXACT.number(bound)
    # products of (α − c_j) over the others, by those before and after; coefficients from degree 0 up
    before, after = [np.array([one])], [np.array([one])]
    for j in range(len(c)):
        before.append(np.convolve(before[-1], np.array([-c[j], one])))
        after.append(np.convolve(after[-1], np.array([-c[len(c) - 1 - j], one])))
    whole = before[-1]
    level = np.convolve(whole, np.array([-b, one]))  # (ψ − b) Π(α − c)
    slope = np.convolve(whole, whole)  # ψ′ Π(α − c)²
    for j in range(len(c)):
        others = np.convolve(before[j], after[len(c) - 1 - j])
        share = weight[j] * c[j]
        level[1 : 1 + len(others)] += share * others
        slope[: 2 * len(others) - 1] -= share * c[j] * np.convolve(others, others)
    common = polynomial_gcd(list(level), list(slope))
    top = max(values)
    at_top = sum((coefficient * top**j for j, coefficient in enumerate(common)), Fraction(0))
    return len(common) > 1 and at_top < 0  # monic: positive at ∞
