"""The judge is judged first: pairings against known moments, and the remembering variant against pairings."""

import math
from fractions import Fraction
from itertools import product

import pytest

from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.reference import gaussian_moment, pairings, second_moment, wishart_trace_moments
from theorycalc.reference._rational import add, inverse, multiply, rational_matrix, trace, transpose
from theorycalc.reference.pairings import ColumnMoments

SIGMA = rational_matrix([["2", "1/3"], ["1/3", "1/2"]])
SIGMA_3 = rational_matrix([["3", "1", "0"], ["1", "2", "1/2"], ["0", "1/2", "1"]])


def double_factorial(p):
    return math.prod(range(1, 2 * p, 2))  # (2p − 1)!!


@pytest.mark.parametrize("p", range(6))
def test_there_are_double_factorial_many_pairings_all_different_and_perfect(p):
    listed = list(pairings(range(2 * p)))
    assert len(listed) == double_factorial(p)
    assert len({frozenset(map(frozenset, pairing)) for pairing in listed}) == len(listed)
    assert all(sorted(item for pair in pairing for item in pair) == list(range(2 * p)) for pairing in listed)


def test_an_odd_number_has_no_pairing():
    assert list(pairings([1, 2, 3])) == []
    assert gaussian_moment([(0, 0)] * 3, SIGMA) == 0


@pytest.mark.parametrize("p", range(7))
def test_one_dimension(p):
    """E x^{2p} = (2p − 1)!! σ^{2p}."""
    assert gaussian_moment([(0, 0)] * (2 * p), [["3/2"]]) == double_factorial(p) * Fraction(3, 2) ** p


def test_isserlis_with_correlated_entries_by_hand():
    a, b, c = SIGMA[0][0], SIGMA[0][1], SIGMA[1][1]
    x, y, other = (0, 0), (1, 0), (1, 1)
    assert gaussian_moment([x, y], SIGMA) == b
    assert gaussian_moment([x, x, y, y], SIGMA) == a * c + 2 * b**2
    assert gaussian_moment([x, x, x, y], SIGMA) == 3 * a * b
    assert gaussian_moment([x] * 4 + [y] * 2, SIGMA) == 3 * a**2 * c + 12 * a * b**2
    assert gaussian_moment([x] * 3 + [y] * 3, SIGMA) == 9 * a * b * c + 6 * b**3
    assert gaussian_moment([x, x, other, other], SIGMA) == a * c  # independent columns
    assert gaussian_moment([x, other], SIGMA) == 0


def test_three_different_entries_by_hand():
    """E x₁² x₂ x₃ = Σ₁₁ Σ₂₃ + 2 Σ₁₂ Σ₁₃."""
    s = SIGMA_3
    assert gaussian_moment([(0, 5), (0, 5), (1, 5), (2, 5)], s) == s[0][0] * s[1][2] + 2 * s[0][1] * s[0][2]


@pytest.mark.parametrize("exponents", [e for e in product(range(5), repeat=3) if sum(e) <= 8])
def test_remembered_moments_equal_listed_ones(exponents):
    entries = [(i, 0) for i, exponent in enumerate(exponents) for _ in range(exponent)]
    assert ColumnMoments(SIGMA_3)(exponents) == gaussian_moment(entries, SIGMA_3)


def test_too_many_factors_are_refused():
    with pytest.raises(OutsideRegime, match="at most 14"):
        gaussian_moment([(0, 0)] * 16, [[1]])
    with pytest.raises(OutsideRegime, match="order 7"):
        wishart_trace_moments([1], 3, 8)
    with pytest.raises(InvalidSetup, match="one per feature"):
        ColumnMoments([[1]])((1, 1))


@pytest.mark.parametrize("B", [[["1", "0"], ["0", "1"]], [["1/2", "-1"], ["-1", "3"]], [["1", "2"], ["0", "-1/5"]]])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_second_moment_is_the_formula(B, n):
    """E[SBS] = ΣBΣ + (1/n)(ΣBᵀΣ + tr(ΣB)Σ); theory section 3 has it for symmetric B."""
    B = rational_matrix(B)
    correction = add(multiply(SIGMA, transpose(B), SIGMA), SIGMA, trace(multiply(SIGMA, B)))
    assert second_moment(B, SIGMA, n) == add(multiply(SIGMA, B, SIGMA), correction, Fraction(1, n))


def test_second_moment_by_a_loop_over_all_samples():
    """Counting coinciding samples is the sum over all pairs of samples, written out."""
    n, B = 3, rational_matrix([["1/2", "-1"], ["2", "3"]])
    expected = [[Fraction(0)] * 2 for _ in range(2)]
    for a, b, c, e in product(range(2), repeat=4):
        for j, other in product(range(n), repeat=2):
            moment = gaussian_moment([(a, j), (b, j), (c, other), (e, other)], SIGMA)
            expected[a][e] += B[b][c] * moment / n**2
    assert second_moment(B, SIGMA, n) == expected


def test_wishart_trace_moments_known_values():
    assert list(wishart_trace_moments([1, 2, 3], 7, 4)) == [42, 1036, 34272, 1366848]
    chi_square = [math.prod(5 + 2 * i for i in range(j)) for j in range(1, 6)]
    assert list(wishart_trace_moments([1], 5, 5)) == chi_square


def test_wishart_trace_moments_against_formulas_for_the_first_two():
    """E tr W = m tr Σ, E tr W² = m(m + 1) tr Σ² + m (tr Σ)²."""
    m, square = 4, trace(multiply(SIGMA_3, SIGMA_3))
    first, second = wishart_trace_moments(SIGMA_3, m, 2)
    assert first == m * trace(SIGMA_3)
    assert second == m * (m + 1) * square + m * trace(SIGMA_3) ** 2


def test_rational_inverse_needs_no_luck_with_pivots():
    M = rational_matrix([["0", "2"], ["1/3", "5"]])
    assert multiply(inverse(M), M) == rational_matrix([[1, 0], [0, 1]])
    with pytest.raises(InvalidSetup, match="singular"):
        inverse(rational_matrix([[1, 2], [2, 4]]))
