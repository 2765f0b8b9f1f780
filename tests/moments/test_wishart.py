"""Wishart chains (N-form) and trace moments, against brute-force vectors, hand values and another algorithm."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.moments.isotropic import isotropic_trace_moment
from theorycalc.moments.wishart import WishartChains, _moments_of, wishart_trace_moments

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "wishart_moments.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES)
def test_brute_force_moments(case):
    expected = tuple(Fraction(value) for value in case["moments"])
    assert wishart_trace_moments(case["Sigma"], case["m"], len(expected)) == expected


@pytest.mark.parametrize("case", CASES[:4])
def test_fields_agree(case):
    order = len(case["moments"])
    exact = wishart_trace_moments(case["Sigma"], case["m"], order)
    for value, reference in zip(wishart_trace_moments(case["Sigma"], case["m"], order, field=F64), exact, strict=True):
        assert value == pytest.approx(float(reference), rel=FEW_OPERATIONS)
    for ball, reference in zip(
        wishart_trace_moments(case["Sigma"], case["m"], order, field=BALL(100)), exact, strict=True
    ):
        assert reference in ball
        assert ball.rad <= reference / 10**20
    for value, reference in zip(
        wishart_trace_moments(case["Sigma"], case["m"], order, field=MP(40)), exact, strict=True
    ):
        assert abs(as_fraction(value) - reference) <= reference / 10**37


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 9))
def test_isotropic_closed_form_equals_recursion_and_is_symmetric(d, m, r):
    one = np.array([Fraction(1)])
    recursion = _moments_of(one, lambda x: x, lambda x: x.sum() * d, m, r)
    assert isotropic_trace_moment(d, m, r) == recursion[-1]
    assert isotropic_trace_moment(d, m, r) == isotropic_trace_moment(m, d, r)


def test_isotropic_closed_form_at_high_order():
    one = np.array([Fraction(1)])
    recursion = _moments_of(one, lambda x: x, lambda x: x.sum() * 3, 4, 18)
    assert [isotropic_trace_moment(3, 4, r) for r in range(1, 19)] == list(recursion)


def test_full_matrix_equals_its_spectrum():
    # [[2, 1], [1, 2]] has eigenvalues 3 and 1
    assert wishart_trace_moments([[2, 1], [1, 2]], 5, 12) == wishart_trace_moments([3, 1], 5, 12)


def test_repeated_eigenvalues_equal_distinct_ones_in_the_limit():
    exact = wishart_trace_moments([2, 2, 1], 3, 6)
    nearby = wishart_trace_moments([2, "2000000001/1000000000", 1], 3, 6)
    for value, close in zip(exact, nearby, strict=True):
        assert value != close
        assert abs(value - close) <= value * Fraction(6, 10**9)


def test_chi_square_moments_by_hand():
    # d = 1: W = χ²_m, E W^r = m (m + 2) … (m + 2r − 2)
    assert wishart_trace_moments([1], 4, 5) == (4, 24, 192, 1920, 23040)


def test_overflow_is_said():
    with pytest.raises(NotConverged, match="overflows float64"):
        wishart_trace_moments([1e100, 2e100], 10, 5, field=F64)


@pytest.mark.parametrize("arguments", [([1, 2], 0, 3), ([1, 2], 3, 0), ([1, 2], 3, 61), ([1, -2], 3, 2), ([1], 1.5, 2)])
def test_bad_input(arguments):
    with pytest.raises(InvalidSetup):
        wishart_trace_moments(*arguments)


def _chains(A, Sigma, Q, m):
    return WishartChains(EXACT.array(A), EXACT.array(Sigma), EXACT.array(Q), EXACT.number(Fraction(1, m)), EXACT)


def test_first_states_are_the_known_moments():
    """E S = Σ and E S B S = ΣBΣ + (1/m)(ΣBΣ + tr(ΣB)Σ), read off M(∅; 1, 1) with A = I."""
    Sigma, Q, m = [[4, 2], [2, 2]], [[1, "1/3"], ["1/3", 5]], 3
    chains = _chains([[1, 0], [0, 1]], Sigma, Q, m)
    S, B = EXACT.array(Sigma), EXACT.array(Q)
    assert np.all(chains.B((), 1) == S)
    SBS = S @ B @ S
    assert np.all(chains.M((), 1, 1) == SBS + (SBS + S * np.trace(S @ B)) / m)
    assert np.all(chains.L((), 1, 0) == EXACT.array([[1, 0], [0, 1]]) * np.trace(B @ S))


def test_transpose_symmetry():
    chains = _chains([["1/2", "1/5"], ["1/5", 1]], [[4, 2], [2, 2]], [[1, 0], [0, 3]], 2)
    for kappa in ((), (1,), (2, 1)):
        left = chains.M(kappa, 1, 3)
        assert np.all(left == chains.M(kappa, 3, 1).T)
        assert not np.all(left == left.T)
