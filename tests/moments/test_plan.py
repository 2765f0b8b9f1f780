"""The compiled centred recursion against the N-form, in exact rationals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.fields import EXACT, F64
from theorycalc.moments.centred import chain_moments, diagonal_space, full_space, predicted_bytes
from theorycalc.moments.plan import compile_plan, widest_layer
from theorycalc.moments.wishart import WishartChains

FRACTIONS = st.fractions(min_value=Fraction(1, 9), max_value=3, max_denominator=9)


def _chains(C, Q, m):
    """N-form of the whitened problem: A = I, Σ = C."""
    one = EXACT.array(np.eye(len(C), dtype=int))
    return WishartChains(one, one * EXACT.array(C), EXACT.array(Q), EXACT.number(Fraction(1, m)), EXACT)


@settings(max_examples=15)
@given(st.lists(st.tuples(FRACTIONS, FRACTIONS), min_size=1, max_size=3), st.integers(1, 6))
def test_diagonal_states_equal_the_n_form(directions, m):
    C, Q = [c for c, _ in directions], [q for _, q in directions]
    steps, d = 4, len(C)
    space = diagonal_space(EXACT.array(C), EXACT.array(Q), np.ones(d, dtype=int), EXACT)
    moments = chain_moments(space, steps, EXACT.number(Fraction(1, m)), d)
    chains = _chains(C, np.diag(np.array(Q, dtype=object)), m)
    for i in range(d):
        P = EXACT.array(np.diag([int(i == j) for j in range(d)]))
        for k in range(steps + 1):
            assert moments.sandwich[k][i] == chains.error(P, k)
        for r in range(2 * steps + 1):
            assert moments.power[r][i] == chains.mean_power(r)[i, i]


def test_full_states_equal_the_n_form():
    C, Q, m, steps = [Fraction(1, 2), Fraction(4, 3)], [[2, Fraction(1, 3)], [Fraction(1, 3), 1]], 3, 4
    space = full_space(EXACT.array(C), EXACT.array(Q), EXACT)
    moments = chain_moments(space, steps, EXACT.number(Fraction(1, m)), 2)
    chains = _chains(C, Q, m)
    for i in range(2):
        for j in range(2):
            P = EXACT.array(np.zeros((2, 2), dtype=int))
            P[j, i] = EXACT.number(1)
            for k in range(steps + 1):
                assert moments.sandwich[k][2 * i + j] == chains.error(P, k)


def test_multiplicity_is_repetition():
    m = EXACT.number(Fraction(1, 5))
    repeated = diagonal_space(EXACT.array([1, 1, 2]), EXACT.array([3, 3, 1]), np.ones(3, dtype=int), EXACT)
    grouped = diagonal_space(EXACT.array([1, 2]), EXACT.array([3, 1]), np.array([2, 1]), EXACT)
    long, short = (chain_moments(space, 5, m, 3) for space in (repeated, grouped))
    assert np.all(long.sandwich[:, [0, 2]] == short.sandwich)
    assert np.all(long.sandwich[:, 0] == long.sandwich[:, 1])


def test_float64_run_does_not_depend_on_chunks(monkeypatch):
    space = diagonal_space(np.array([0.4, 0.9]), np.array([2.0, 1.0]), np.array([3, 2]), F64)
    whole = chain_moments(space, 6, 0.1, 5)
    monkeypatch.setattr("theorycalc.moments.centred._CHUNK", 7)
    assert np.array_equal(whole.sandwich, chain_moments(space, 6, 0.1, 5).sandwich)


def test_jitter_moves_the_result_in_proportion():
    space = diagonal_space(np.array([0.4, 0.9]), np.array([2.0, 1.0]), np.array([3, 2]), F64)
    base = chain_moments(space, 6, 0.1, 5).sandwich
    small, large = (chain_moments(space, 6, 0.1, 5, jitter=j).sandwich - base for j in (1e-9, 1e-7))
    assert np.all(small[1:] != 0)
    assert large[1:] == pytest.approx(100 * small[1:], rel=1e-3)  # linear response


@pytest.mark.parametrize("steps", [0, 1, 3, 7, 12])
def test_predicted_size_covers_the_size(steps):
    widest = max(layer.rows for layer in compile_plan(steps).layers)
    assert widest <= widest_layer(steps) <= 3 * widest + 20


def test_memory_prediction_grows_with_width():
    assert predicted_bytes(20, 50) < 4 * 2**30 < predicted_bytes(20, 500)
