"""On which side of a bound the upper edge lies, where it touches the bound exactly included."""

from fractions import Fraction

import pytest

from theorycalc.fields import EXACT, polynomial_gcd
from theorycalc.rmt.edges import psi
from theorycalc.rmt.threshold import upper_edge_side


def touching(alpha, shares, counts, m):
    """Return (c, λ₊) with ψ′(α) = 0: c = α t/(1 + t) makes c/(α − c) = t, and Σ ω t² must be 1."""
    assert sum(Fraction(n, m) * t * t for n, t in zip(counts, shares, strict=True)) == 1
    c = [alpha * t / (1 + t) for t in shares]
    return c, psi(alpha, c, m=m, multiplicity=counts, field=EXACT)


CASES = [
    (Fraction(7, 5), [Fraction(1), Fraction(2)], [1, 2], 9),
    (Fraction(1, 3), [Fraction(1, 2), Fraction(1)], [4, 3], 4),
    (Fraction(9), [Fraction(1, 2), Fraction(1), Fraction(3)], [8, 5, 2], 25),
    (Fraction(2), [Fraction(1, 3)], [9], 1),
]


@pytest.mark.parametrize("case", CASES)
def test_equality_is_found_and_nothing_near_it(case):
    alpha, shares, counts, m = case
    c, edge = touching(alpha, shares, counts, m)
    assert upper_edge_side(c, counts, m, bound=edge).sign == 0
    for exponent in (1, 20, 75, 150, 250):
        off = Fraction(1, 10**exponent)
        assert upper_edge_side(c, counts, m, bound=edge + off).sign == -1
        assert upper_edge_side(c, counts, m, bound=edge - off).sign == 1
    assert upper_edge_side(c, counts, m, bound=edge + Fraction(1, 10**400)).sign is None


def test_a_double_zero_elsewhere_is_none():
    """ψ − b may have a double zero at a gap or at the lower edge: C = I, φ = 1/4 has λ₋ = 1/4 < λ₊."""
    assert upper_edge_side([Fraction(1)], [1], 4, bound=Fraction(1, 4)).sign == 1
    assert upper_edge_side([Fraction(1)], [1], 4, bound=Fraction(9, 4)).sign == 0


def test_repeated_eigenvalues_are_merged():
    assert upper_edge_side([1, 1, 1], [1, 1, 1], 12, bound=Fraction(9, 4)).sign == 0


def test_polynomial_gcd():
    assert polynomial_gcd([6, -5, 1], [-8, 0, 2]) == [-2, 1]  # (x − 2)(x − 3) and 2 (x − 2)(x + 2)
    assert polynomial_gcd([1, 1], [2, 1]) == [1]
