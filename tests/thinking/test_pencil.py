"""Symmetric pencils: counts against constructed spectra, enclosures that hold and are narrow, refusals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.thinking.pencil import (
    Inertia,
    above,
    enclosed_eigenvalues,
    inertia,
    largest_eigenvalue_of,
    proved_below,
    rationals,
)

#: enclosures from float64 eigenvectors, relative to the largest eigenvalue.
NARROW = Fraction(1, 10**12)


def turned(values, seed):
    """A symmetric rational matrix with these eigenvalues: conjugated by reflections of small integers."""
    rng = np.random.default_rng(seed)
    matrix = rationals(np.diag(np.array(values, dtype=object)))
    for _ in range(3):
        v = rationals(rng.integers(-3, 4, len(values)))
        v[0] += 5
        H = rationals(np.eye(len(values), dtype=int)) - np.outer(v, v) * Fraction(2) / (v @ v)
        matrix = H @ matrix @ H
    return matrix


numbers = st.fractions(-4, 4, max_denominator=9)


@settings(max_examples=40, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=6), st.integers(0, 99))
def test_inertia_counts_the_given_eigenvalues(values, seed):
    found = inertia(turned(values, seed))
    assert found == Inertia(sum(x < 0 for x in values), sum(x == 0 for x in values), sum(x > 0 for x in values))


def test_inertia_of_large_matrices_by_elimination():
    rng = np.random.default_rng(0)
    B = rng.standard_normal((160, 160))
    matrix = rationals(B + B.T)
    assert inertia(matrix).negative == int(np.sum(np.linalg.eigvalsh(B + B.T) < 0))
    singular = rationals(np.zeros((160, 160)))
    with pytest.raises(NotCertified, match="sign of a pivot"):
        inertia(singular)
    with pytest.raises(OutsideRegime, match="stop at d = 400"):
        inertia(np.zeros((401, 401), dtype=object))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(numbers, min_size=2, max_size=5),
    st.lists(st.fractions(Fraction(1, 9), 9, max_denominator=9), min_size=5, max_size=5),
    st.integers(0, 99),
)
def test_enclosures_hold_and_are_narrow(values, scales, seed):
    """With F = G^{1/2} turned(values) G^{1/2}, G = D², the pencil (F, G) has the given eigenvalues."""
    D = rationals(np.diag(np.array(scales[: len(values)], dtype=object)))
    F, G = D @ turned(values, seed) @ D, D @ D
    balls, X = enclosed_eigenvalues(F, G)
    size = max(1, *map(abs, values))
    for ball, value in zip(balls, sorted(values), strict=True):
        assert value in ball
        assert ball.rad <= NARROW * size * 81**2
    assert np.allclose(X.T @ G.astype(float) @ X, np.eye(len(values)), atol=1e-10)
    top = largest_eigenvalue_of(F, G, bits=120)
    assert max(values) in top
    assert top.rad <= Fraction(size, 2**100) * 81**2


def test_repeated_and_irrational_eigenvalues():
    F, G = turned([2, 2, 2, -1], 3), rationals(np.eye(4, dtype=int))
    assert [2 in ball for ball in enclosed_eigenvalues(F, G)[0]] == [False, True, True, True]
    golden = largest_eigenvalue_of(rationals([[1, 1], [1, 0]]), rationals([[1, 0], [0, 1]]), bits=300)
    assert (golden.lower**2 - golden.lower - 1) < 0 < (golden.upper**2 - golden.upper - 1)
    assert golden.rad < Fraction(1, 2**298)
    assert above(F, G, Fraction(2)) == 0
    assert above(F, G, Fraction(2) - Fraction(1, 10**30)) == 3
    assert largest_eigenvalue_of(rationals(np.zeros((2, 2), dtype=int)), rationals(np.eye(2, dtype=int))).mid == 0


def test_a_semidefinite_second_matrix_is_refused():
    with pytest.raises(NotCertified, match="singular to float64"):
        enclosed_eigenvalues(rationals([[1, 0], [0, 1]]), rationals([[1, 0], [0, 0]]))


@pytest.mark.parametrize("seed", range(5))
def test_a_float_bound_is_proved_only_above(seed):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((6, 6))
    H = B + B.T
    top = float(np.linalg.eigvalsh(H)[-1])
    assert proved_below(H, top * (1 + 1e-9))
    assert not proved_below(H, top * (1 - 1e-9))
    assert not proved_below(H, top * (1 - 1e-15))
