"""Words in A and Aᵀ: Gaussian means by listing, the states of a symmetric A, hand values, and sizes."""

from fractions import Fraction

import numpy as np
import pytest

from tests.tolerances import LONG_RECURSION
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP
from theorycalc.moments import mixed_chains
from theorycalc.moments.mixed_chains import MixedChains, cycle_normal_form, mixed_plan, reversed_word
from theorycalc.moments.pairings import expected_word
from theorycalc.moments.wishart import WishartChains
from theorycalc.moments.words import letter

A = [["1/2", "1/3"], ["-1", "2/5"]]  # far from symmetric
SIGMA, Q, P = [[2, 1], [1, 1]], [[1, "1/2"], ["1/2", 3]], [[1, -1], [-1, 2]]
M = 3


def chains(field, *, steps=2, A=A, noisy=False):
    left, Sigma, prior = (field.array(np.array(rows, dtype=object)) for rows in (A, SIGMA, Q))
    epsilon = field.number(1) / field.number(M)
    return MixedChains(left, Sigma, prior, steps=steps, epsilon=epsilon, field=field, noisy=noisy)


SHORT = [(1, 0), (1, 1), (2, 0), (2, 1), (0, 2)]


@pytest.mark.parametrize(
    ("a", "b", "middle"),
    [(a, b, middle) for a, b in SHORT for middle in ("Q", "ASA'")] + [(2, 2, "Q"), (3, 1, "Q"), (3, 2, "Q")],
)
def test_chains_are_sums_over_pairings(a, b, middle):
    """(AS)^a Q (SAᵀ)^b, and (AS)^a A S Aᵀ (SAᵀ)^b, by listing all pairings of the entries of S."""
    S, B, prior = letter("S", symmetric=True), letter("A"), letter("Q", symmetric=True)
    word = prior if middle == "Q" else B * S * B.T
    for _ in range(a):
        word = B * S * word
    for _ in range(b):
        word = word * (S * B.T)
    mean = expected_word(word, sample="S", covariance="Sigma", count="m")
    matrices = {
        name: EXACT.array(np.array(rows, dtype=object)) for name, rows in (("A", A), ("Q", Q), ("Sigma", SIGMA))
    }
    listed = mean.evaluate(matrices, {"m": EXACT.number(M)})
    found = chains(EXACT, steps=4 if middle != "Q" else 3, noisy=middle != "Q")
    assert ((found.sandwich if middle == "Q" else found.spread)[a, b] == listed).all()
    assert a == 0 or not (listed == listed.T).all() or a == b


def test_symmetric_A_gives_the_states_of_section_5():
    symmetric = [["1/2", "1/3"], ["1/3", "2/5"]]
    found = chains(EXACT, steps=4, A=symmetric)
    left, Sigma, prior = (EXACT.array(np.array(rows, dtype=object)) for rows in (symmetric, SIGMA, Q))
    other = WishartChains(left, Sigma, prior, EXACT.number(1) / EXACT.number(M), EXACT)
    weight = EXACT.array(np.array(P, dtype=object))
    assert list(found.errors(weight)) == [other.error(weight, k) for k in range(5)]


def test_fields_agree():
    weight = np.array(P, dtype=object)
    exact = chains(EXACT, steps=4, noisy=True).errors(EXACT.array(weight), EXACT.number("1/7"))
    double = chains(F64, steps=4, noisy=True).errors(F64.array(weight), 1 / 7)
    assert np.max(np.abs(double / np.array([float(Fraction(EXACT.public(x))) for x in exact]) - 1)) < LONG_RECURSION
    for field in (BALL(128), MP(30)):
        with field.working():
            values = chains(field, steps=4, noisy=True).errors(field.array(weight), field.number("1/7"))
            for value, truth in zip(values, exact, strict=True):
                public = field.public(value)
                if hasattr(public, "rad"):
                    assert EXACT.public(truth) in public
                    assert public.rad < Fraction(1, 10**25)
                else:
                    assert abs(float(public) - float(EXACT.public(truth))) <= LONG_RECURSION * abs(float(public))


def test_words():
    a, t, q = mixed_chains.A, mixed_chains.A_T, mixed_chains.Q
    assert reversed_word((a, t, q)) == (q, a, t)
    assert cycle_normal_form((t, t, a)) == cycle_normal_form((a, a, t)) == (a, a, t)
    assert cycle_normal_form((q, a)) == cycle_normal_form((q, t))


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_predicted_sizes_are_those_of_the_plan(steps):
    plan = mixed_plan(steps, False)
    widest = max((len(layer.lead) for layer in plan.layers), default=1)
    assert widest == mixed_chains._WIDEST[steps]
    terms = sum(len(layer.lead) + sum(map(len, layer.noise)) for layer in plan.layers)
    assert abs(terms - mixed_chains._TERMS[steps]) <= 0.35 * terms + 2


def test_too_many_steps():
    with pytest.raises(OutsideRegime, match="at most 8"):
        mixed_plan(9, False)
