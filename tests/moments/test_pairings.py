"""Words, their algebra, and moments by pairings, against entry-by-entry Gaussian moments and hand values."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theorycalc import notation
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.moments.pairings import (
    contractions,
    expected_word,
    free_samples,
    isserlis_weight,
    pairings,
)
from theorycalc.moments.words import Letter, WordSum, letter, scalar

S = letter("S_n", symmetric=True)
LAMBDA = letter("Lambda", symmetric=True)
B, C = letter("B"), letter("C")
PER_N = scalar("n", -1)
VALUES = {
    "Lambda": [["2", "1/3"], ["1/3", "1/2"]],
    "B": [["1", "-2"], ["1/5", "3"]],
    "C": [["0", "1"], ["7/2", "-1"]],
}


def exact(rows):
    return EXACT.array(np.array(rows, dtype=object))


def isserlis(slots, covariance):
    """E Π z_slot for jointly Gaussian z: recursion on the first slot."""
    if not slots:
        return Fraction(1)
    first, rest = slots[0], slots[1:]
    return sum(
        (covariance(first, rest[i]) * isserlis(rest[:i] + rest[i + 1 :], covariance) for i in range(len(rest))),
        Fraction(0),
    )


def brute_mean(factors, n, Lambda):
    """E of a product of constant (2, 2) matrices and S (None), entry by entry, by the definition of S."""
    d, p = 2, sum(item is None for item in factors)

    def covariance(a, b):
        return Lambda[a[1]][b[1]] if a[0] == b[0] else Fraction(0)

    result = np.full((d, d), Fraction(0), dtype=object)
    for indices in itertools.product(range(d), repeat=len(factors) + 1):
        constant = Fraction(1)
        pairs = []
        for (a, b), item in zip(itertools.pairwise(indices), factors, strict=True):
            if item is None:
                pairs.append((a, b))
            else:
                constant *= item[a][b]
        if constant == 0:
            continue
        for samples in itertools.product(range(n), repeat=p):
            slots = [(i, a) for i, pair in zip(samples, pairs, strict=True) for a in pair]
            result[indices[0], indices[-1]] += constant * isserlis(slots, covariance) / Fraction(n) ** p
    return result


def as_fractions(name, transpose=False):
    rows = [[Fraction(x) for x in row] for row in VALUES[name]]
    return [list(column) for column in zip(*rows, strict=True)] if transpose else rows


def word_value(expression, n):
    matrices = {name: exact(rows) for name, rows in VALUES.items()}
    return expression.evaluate(matrices, {"n": n})


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    ("expression", "factors"),
    [
        (S, [None]),
        (S * S, [None, None]),
        (S * B * S, [None, "B", None]),
        (B * S * C * S * B.T, ["B", None, "C", None, "B'"]),
        (S * S * S, [None, None, None]),
        (S * B * S * C * S, [None, "B", None, "C", None]),
    ],
    ids=str,
)
def test_entry_by_entry_isserlis(expression, factors, n):
    plain = [None if item is None else as_fractions(item[0], item.endswith("'")) for item in factors]
    brute = brute_mean(plain, n, as_fractions("Lambda"))
    assert (word_value(expected_word(expression), n) == exact(brute)).all()


def test_traces_and_open_words_share_samples():
    n, Lambda, b = 2, as_fractions("Lambda"), as_fractions("B")
    unit = lambda i, j: [[Fraction(int((a, c) == (i, j))) for c in range(2)] for a in range(2)]  # noqa: E731
    total = np.full((2, 2), Fraction(0), dtype=object)
    for i, j, k, ell in itertools.product(range(2), repeat=4):
        # E[S_ij S_kl] is the (i, l) entry of E[S e_j e_kᵀ S]
        total[k, ell] += b[j][i] * brute_mean([None, unit(j, k), None], n, Lambda)[i, ell]
    assert (word_value(expected_word((S * B).trace() * S), n) == exact(total)).all()


def test_published_moments():
    assert expected_word(S) == LAMBDA
    assert expected_word(S * B * S) == LAMBDA * B * LAMBDA + PER_N * (
        LAMBDA * B.T * LAMBDA + (LAMBDA * B).trace() * LAMBDA
    )
    gamma = LAMBDA + PER_N * (LAMBDA + LAMBDA.trace())
    assert expected_word(S * S) == LAMBDA * gamma == gamma * LAMBDA
    # E S³, collected by hand from the 15 pairings
    t1, t2 = LAMBDA.trace(), (LAMBDA * LAMBDA).trace()
    third = (
        (1 + 3 * PER_N + 4 * PER_N * PER_N) * LAMBDA * LAMBDA * LAMBDA
        + 2 * (PER_N + PER_N * PER_N) * t1 * LAMBDA * LAMBDA
        + (PER_N + PER_N * PER_N) * t2 * LAMBDA
        + PER_N * PER_N * t1 * t1 * LAMBDA
    )
    assert expected_word(S * S * S) == third


@pytest.mark.parametrize("p", [1, 2, 3, 4])
def test_one_dimension_is_chi_square(p):
    """At d = 1, S = λ χ²_n/n, so E Sᵖ = λᵖ Π_{j<p} (n + 2j)/nᵖ."""
    word = S
    for _ in range(p - 1):
        word = word * S
    value = expected_word(word).evaluate({"Lambda": exact([["3/2"]])}, {"n": 5})[0, 0]
    expected = Fraction(3, 2) ** p
    for j in range(p):
        expected *= Fraction(5 + 2 * j, 5)
    assert value == EXACT.number(expected)


def test_fourth_moment_of_trace():
    """E tr(S)² = (tr Λ)² + (2/n) tr Λ²."""
    mean = expected_word(S.trace() * S.trace())
    assert mean == LAMBDA.trace() * LAMBDA.trace() + 2 * PER_N * (LAMBDA * LAMBDA).trace()


def test_pairings_are_counted():
    assert [len(list(pairings(2 * p))) for p in range(6)] == [1, 1, 3, 15, 105, 945]
    assert sorted(free_samples(pairing) for pairing in pairings(4)) == [1, 1, 2]
    assert len(contractions(S * B * S)) == 3


def test_too_many_copies_are_refused():
    word = S
    for _ in range(6):
        word = word * S
    with pytest.raises(OutsideRegime, match="7 copies"):
        expected_word(word)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda pairing: (Fraction(1 + (free_samples(pairing) < len(pairing))), isserlis_weight(pairing)[1]),
        lambda pairing: (Fraction(1), 0),
        lambda pairing: (Fraction(int(free_samples(pairing) == len(pairing))), 0),
    ],
    ids=["2/n", "no 1/n", "no crossing"],
)
def test_control_wrong_rules_give_other_moments(wrong):
    brute = brute_mean([None, as_fractions("B"), None], 2, as_fractions("Lambda"))
    assert not (word_value(expected_word(S * B * S, weight=wrong), 2) == exact(brute)).all()


# ------------------------------------------------------------------ the algebra

words = st.lists(st.sampled_from([B, C, B.T, C.T, LAMBDA]), min_size=0, max_size=4).map(
    lambda items: WordSum({}) + 1 if not items else _multiply(items)
)


def _multiply(items):
    result = items[0]
    for item in items[1:]:
        result = result * item
    return result


@given(words, words, words)
def test_ring_laws(x, y, z):
    assert (x + y) * z == x * z + y * z
    assert (x * y) * z == x * (y * z)
    assert (x * y).T == y.T * x.T
    assert (x * y).trace() == (y * x).trace() == (y.T * x.T).trace()
    assert not x - x


@given(words, words)
def test_evaluation_is_a_homomorphism(x, y):
    assert (word_value(x * y, 3) == word_value(x, 3) @ word_value(y, 3)).all()
    assert (word_value((x * y).trace() * x, 3) == np.trace(word_value(x * y, 3)) * word_value(x, 3)).all()
    matrices = {name: exact(rows) for name, rows in VALUES.items()}
    squared = matrices | {"C": matrices["B"] @ matrices["B"]}
    assert (word_value(x.substitute("C", B * B), 3) == x.evaluate(squared, {"n": 3})).all()


def test_scalars_are_multiples_of_the_identity():
    two = WordSum({}) + 2
    assert two.trace() == 2 * scalar("d")
    assert (word_value(two, 1) == 2 * np.eye(2, dtype=int)).all()
    assert hash(two) == hash(WordSum({}) + 2)
    assert repr(two) == "WordSum(2)"


def test_gradient_of_trace_words():
    assert (B * C).trace().gradient("B") == C.T
    assert (B.T * C).trace().gradient("B") == C
    assert (B * C * B.T).trace().gradient("B") == B * C + B * C.T
    assert ((B * C).trace() * B.trace()).gradient("B") == B.trace() * C.T + (B * C).trace()
    with pytest.raises(OutsideRegime, match="take the trace"):
        B.gradient("B")
    with pytest.raises(OutsideRegime, match="symmetric"):
        LAMBDA.trace().gradient("Lambda")


def test_gradient_is_the_difference_quotient():
    """f(B + tE) − f(B) = t tr(∇fᵀ E) + O(t²), so for a quadratic the central difference is exact."""
    f = (B * C * B.T * LAMBDA).trace() + 3 * (B * C).trace()
    E = letter("E")
    difference = f.substitute("B", B + E) - f.substitute("B", B - E)
    assert difference == 2 * (f.gradient("B").T * E).trace()


def test_quotients_and_commuting_runs():
    assert (LAMBDA * B + 2 * LAMBDA).quotient("Lambda", side="left") == B + 2
    assert (B * LAMBDA).quotient("Lambda", side="right") == B
    with pytest.raises(OutsideRegime, match="left multiple"):
        (B * LAMBDA).quotient("Lambda", side="left")
    G, G_inv = letter("Gamma", symmetric=True), letter("Gamma_inv", symmetric=True)
    family, inverses = ("Lambda", "Gamma", "Gamma_inv"), ("Gamma", "Gamma_inv")
    assert (B * G_inv * LAMBDA * G * B.T).commute(family, inverses) == B * LAMBDA * B.T
    assert (G * LAMBDA * G_inv * G_inv).trace().commute(family, inverses) == (G_inv * LAMBDA).trace()
    assert (G * B * G_inv).trace().commute(family, inverses) == B.trace()
    assert (B * G * C * G_inv).commute(family, inverses) == B * G * C * G_inv  # C does not commute


def test_products_are_replaced_across_the_cut_of_a_trace():
    w = Letter("w_star")
    state = letter("w_star")
    assert (state.T * B * state).trace().replace_product((w, w.T), scalar("c", 0)) == B.trace()
    assert (S * S * B).replace_product((Letter("S_n", symmetric=True),) * 2, C) == C * B


# ------------------------------------------------------------------ SymPy


def test_sympy_forms_keep_d_symbolic():
    expression = expected_word(S * B * S).to_sympy()
    d, n = notation.symbol("d"), notation.symbol("n")
    Lambda, b = notation.symbol("Lambda"), notation.symbol("B")
    assert expression.shape == (d, d)
    size = 3
    numbers = {
        Lambda: sp.ImmutableMatrix([[2, 1, 0], [1, 3, 0], [0, 0, 1]]),
        b: sp.ImmutableMatrix(3, 3, range(9)),
    }
    lam, dense = numbers[Lambda], numbers[b]
    value = sp.ImmutableMatrix(
        expression.subs({n: 7, d: size})
        .subs({sp.MatrixSymbol(key.name, size, size): item for key, item in numbers.items()})
        .doit()
    )
    by_hand = lam * dense * lam + (lam * dense.T * lam + (lam * dense).trace() * lam) / 7
    assert value == by_hand
    assert sp.sympify(expected_word((S * B).trace()).to_sympy()) == sp.Trace(b * Lambda)
    with pytest.raises(OutsideRegime, match="not a scalar"):
        B.to_sympy_scalar()
    assert (B - B).to_sympy_matrix() == sp.ZeroMatrix(d, d)
