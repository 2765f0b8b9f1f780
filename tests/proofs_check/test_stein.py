"""Integration by parts on words against the sum over all pairings, and the recursions of the theory on words."""

from fractions import Fraction

import numpy as np
import pytest

from proofs_check.claims.error_curves import governed, shape, word_recursions
from proofs_check.claims.error_curves.divergence import line
from proofs_check.claims.error_curves.word_recursions import State
from proofs_check.engines.stein import contracted, mean
from theorycalc.fields import EXACT
from theorycalc.moments.pairings import expected_word
from theorycalc.moments.words import letter, scalar
from theorycalc.reference import gamma_matrix

S, A, Q = (letter(name, symmetric=True) for name in ("S", "A", "Q"))
B, V = letter("B"), letter("V")
SIGMA, PER_M = letter("Sigma", symmetric=True), scalar("m", -1)

EXPRESSIONS = {
    "chain": S * B * S * B * S,
    "traces and a chain": (S * B).trace() * (S * A * S).trace() * (B * S * B),
    "no open word": (A * S * B * S).trace() * (S * B).trace(),
    "vectors": letter("u").T * S * A * S * letter("u"),
    "no sample": B * B.T + 2,
    "scalars": scalar("c", 2) * S * S + scalar("m", 2) * S,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_mean_is_the_sum_over_pairings(name):
    expected = expected_word(EXPRESSIONS[name], sample="S", covariance="Sigma", count="m")
    assert mean(EXPRESSIONS[name]) == expected


def test_one_contraction_by_hand():
    assert contracted(B * S * V) == B * SIGMA * V
    across = PER_M * (SIGMA * B.T * S * V + (B * S).trace() * SIGMA * V)
    assert contracted(S * B * S * V) == SIGMA * B * S * V + across
    with_trace = PER_M * (SIGMA * B.T * S * V + SIGMA * B * S * V)
    assert contracted((S * B).trace() * S * V) == (S * B).trace() * SIGMA * V + with_trace


def test_other_names():
    N, C = letter("N", symmetric=True), letter("C", symmetric=True)
    assert mean(N * N, sample="N", covariance="C", count="p") == C * C + scalar("p", -1) * (C * C + C.trace() * C)


def test_states_are_listed_once_and_by_degree():
    listed = list(word_recursions.states(3, lowest=1))
    assert len(set(listed)) == len(listed) == 48
    assert State("M", (1,), 1, 1) in listed
    assert State("L", (2,), 1, 0) not in listed


def test_the_recursion_gives_one_step_by_hand():
    at = word_recursions.solved(word_recursions.n_form)
    K = A * SIGMA
    assert at(State("B", (), 2)) == K * K + PER_M * (K * K + K.trace() * K)


def test_the_two_forms_agree_on_vectors():
    """At d = 1, C = Q = 1 the centred form gives E(1 − χ²/m)^{2k}, which the line gives too."""
    at = word_recursions.solved(word_recursions.centred)
    for k in (1, 2, 3):
        words = at(State("M", (), k, k))
        one = EXACT.array(np.eye(1, dtype=int))
        for m in (1, 2, 5):
            value = words.evaluate({"C": one, "Q": one}, {"m": m})[0, 0]
            assert EXACT.public(value) == line(Fraction(1), m, k)


def test_a_problem_with_a_given_root_of_gamma():
    zero, one = Fraction(0), Fraction(1)
    at = governed.Whitened([[one, zero], [zero, one / 2]], [[one, zero], [zero, one]], 7)
    Gamma = gamma_matrix(governed.trained(at)).Gamma
    assert Gamma.tolist() == [[1, 0], [0, Fraction(1, 4)]]


def test_local_minima():
    assert shape.local_minima([Fraction(x) for x in (3, 1, 2, 0, 0, 1)]) == (1,)
    assert shape.local_minima([Fraction(1)]) == ()
