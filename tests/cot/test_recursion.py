"""The recursion against the literal attention layer, hand values, and its own exact form."""

import itertools
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.cot.recursion import iterate_cot
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.gamma.attention import attention_weights
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import power_law

LAMBDA = [["2", "1/3"], ["1/3", "1/2"]]
X = [["1", "-1/2", "2"], ["0", "3", "1/3"]]
Y = ["1", "2", "-1/2"]

rationals = st.fractions(min_value=-4, max_value=4, max_denominator=9)


@st.composite
def prompts(draw):
    """A setup with its exact prompt: matched or not, spectrum or matrix, with or without a start."""
    m = draw(st.integers(min_value=1, max_value=4))
    features = np.array(draw(st.lists(rationals, min_size=2 * m, max_size=2 * m)), dtype=object).reshape(2, m)
    labels = draw(st.lists(rationals, min_size=m, max_size=m))
    start = draw(st.one_of(st.none(), st.lists(rationals, min_size=2, max_size=2)))
    Lambda = draw(st.sampled_from([LAMBDA, [1, "1/2"], [[1, 0.5], [0.5, 2.0]]]))
    setup = Setup(Lambda, n=draw(st.integers(min_value=1, max_value=30)), w_0=start)
    return features, labels, setup


def literal_layer(features, labels, setup, k, c):
    """f(E) = E + V E (Eᵀ W E)/m on the full (2d + 2)-row prompt; every readout is appended as a new column."""
    d, m = len(features), len(features[0])
    weights = attention_weights(setup, c=c, field=EXACT)
    V, W, zero = weights.V, weights.W, Fraction(0)
    start = [zero] * d if setup.w_0 is None else list(setup.w_0)
    E = np.full((2 * d + 2, m), zero, dtype=object)
    E[:d] = features
    E[d] = labels
    chain = [start]
    for _ in range(k):
        column = np.array([zero] * (d + 1) + list(chain[-1]) + [zero + 1], dtype=object)
        E = np.concatenate([E, column[:, None]], axis=1)
        out = E + V @ E @ (E.T @ W @ E) / m
        chain.append(list(out[d + 1 : 2 * d + 1, -1]))
    return np.array(chain, dtype=object)


@settings(max_examples=30)
@given(prompts(), st.integers(min_value=0, max_value=4), st.sampled_from([1, "-2/3"]))
def test_literal_attention_layer(prompt, k, c):
    features, labels, setup = prompt
    layer = literal_layer(features, labels, setup, k, c)
    assert (iterate_cot(features, labels, setup, k, field=EXACT).w == layer).all()


def test_control_the_layer_test_sees_a_wrong_gamma():
    setup = Setup(LAMBDA, n=5)
    features = np.vectorize(Fraction, otypes=[object])(np.array(X))
    layer = literal_layer(features, [Fraction(y) for y in Y], setup, 2, 1)
    assert not (iterate_cot(X, Y, Setup(LAMBDA, n=6), 2, field=EXACT).w == layer).all()


def test_one_dimension():
    """Λ = 1, n = 2: Γ = 2; X = (1, 1): S = 1; labels 3, 5: w_k = 4 (1 − 2^−k)."""
    path = iterate_cot([[1, 1]], [3, 5], Setup([1], n=2), 5, field=EXACT)
    assert path.w[:, 0].tolist() == [4 * (1 - Fraction(1, 2**k)) for k in range(6)]
    assert path.uncertainty == "exact"
    assert path.steps.tolist() == list(range(6))


def stated_error(trajectory):
    found = re.search(r"at most (\S+)", trajectory.uncertainty)
    assert found is not None
    return Fraction(found[1])


@settings(max_examples=40)
@given(prompts(), st.integers(min_value=0, max_value=12))
def test_fields_agree_within_what_they_state(prompt, k):
    features, labels, setup = prompt
    truth = iterate_cot(features, labels, setup, k, field=EXACT).w
    rounded = iterate_cot(features, labels, setup, k)
    assert rounded.w.dtype == np.float64
    gap = max(abs(as_fraction(a) - b) for a, b in zip(rounded.w.flat, truth.flat, strict=True))
    assert gap <= stated_error(rounded)
    digits = iterate_cot(features, labels, setup, k, field=MP(40))
    gap = max(abs(as_fraction(a) - b) for a, b in zip(digits.w.flat, truth.flat, strict=True))
    assert gap <= stated_error(digits) <= stated_error(rounded) / 10**20
    balls = iterate_cot(features, labels, setup, k, field=BALL(300))
    assert all(value in ball for ball, value in zip(balls.w.flat, truth.flat, strict=True))
    assert balls.uncertainty.startswith("enclosed")


def test_stated_error_is_useful():
    """A realistic prompt: the estimate covers the error and exceeds it by less than a factor 1e5."""
    rng = np.random.default_rng(5)
    d, m, k = 20, 60, 30
    for Lambda in (power_law(d, 1), np.diag(1.0 / np.arange(1, d + 1)) + 0.01):
        setup = Setup(Lambda, n=40, m=m)
        features = np.linalg.cholesky(np.asarray(setup.Lambda)) @ rng.standard_normal((d, m))
        labels = features.T @ rng.standard_normal(d)
        rounded = iterate_cot(features, labels, setup, k)
        truth = iterate_cot(features, labels, setup, k, field=MP(60)).w.astype(float)
        gap = np.abs(rounded.w - truth).max()
        assert gap <= stated_error(rounded) <= max(gap, 1e-16) * 1e5


def test_stated_error_grows_with_a_diverging_chain():
    """The exact chain rests at w*; rounding leaves it and grows 3.5-fold per step, far beyond eps · |w|."""
    w_star = ["1/10", "7/10"]
    setup = Setup([1, 1], n=2, w_0=w_star)  # Γ = 5/2 I
    features = [["3", "0"], ["1/7", "1/3"]]
    labels = [3 * Fraction(1, 10) + Fraction(1, 7) * Fraction(7, 10), Fraction(7, 30)]
    scaled = [[2 * Fraction(x) for x in row] for row in features]
    path = iterate_cot(scaled, [2 * y for y in labels], setup, 25)
    truth = np.array([0.1, 0.7])
    gap = np.abs(path.w[25] - truth).max()
    assert gap > 1e-6
    assert gap <= stated_error(path)


def test_both_orders_of_work_agree():
    """Few steps multiply by X twice, many form S once: the common steps must be equal in EXACT."""
    setup = Setup(LAMBDA, n=3)
    few, many = (iterate_cot(X, Y, setup, k, field=EXACT).w for k in (1, 20))
    assert (few == many[:2]).all()


def test_noise_free_error_is_contracted_by_R():
    setup, w_star = Setup(LAMBDA, n=4), np.array([Fraction(1), Fraction(-2)])
    features = np.vectorize(Fraction, otypes=[object])(np.array(X))
    path = iterate_cot(features, features.T @ w_star, setup, 6, field=EXACT).w
    A = gamma_inverse_by_cramer(setup)
    R = np.eye(2, dtype=int) - A @ (features @ features.T) / Fraction(3)
    for before, after in itertools.pairwise(path):
        assert (after - w_star == R @ (before - w_star)).all()


def gamma_inverse_by_cramer(setup):
    """Γ⁻¹ of a 2 × 2 problem by Cramer's rule."""
    lam = [[Fraction(x) for x in row] for row in LAMBDA]
    trace = lam[0][0] + lam[1][1]
    a, b, c, d = (
        lam[i][j] * (1 + Fraction(1, setup.n)) + (trace / setup.n if i == j else 0) for i in (0, 1) for j in (0, 1)
    )
    return np.array([[d, -b], [-c, a]]) / (a * d - b * c)


def test_divergence_is_said():
    setup = Setup([1.0], n=10)
    with pytest.raises(NotConverged, match=r"step \d+: w leaves the float64 range"):
        iterate_cot([[1e4]], [1.0], setup, 1000)
    assert iterate_cot([[1e4]], [1.0], setup, 100, field=MP(20)).w[100, 0] != 0
    wide = iterate_cot([[10**9]], [1], setup, 100, field=BALL(24))
    assert "largest radius is 2^" in wide.uncertainty
    with pytest.raises(NotConverged, match=r"step \d+: BALL\(24\) .*more bits"):
        iterate_cot([[10**300_000]], [1], setup, 12, field=BALL(24))


@pytest.mark.parametrize(
    ("features", "labels", "problem"),
    [
        ([1, 2], [1, 2], r"not a \(d, m\) matrix"),
        ([[1], [2], [3]], [1], "the setup has d = 2"),
        ([[1, 2], [2, 3], [3, 4]], [1, 2], "transpose X"),
        ([[1, 2], [3, 4]], [1], "pass shape"),
        ([[1, 2], [3, 4]], [[1], [2]], "pass shape"),
        ([[1, 2], [3, 4]], None, "no labels"),
        ([[1, np.nan], [3, 4]], [1, 2], "not finite"),
        (np.array([[1, np.inf], [3, 4]]), [1, 2], "not finite"),
        ([[1, 2], [3, 4]], [1, "two"], "not a number"),
        ([[1, 2], [3]], [1, 2], "ragged"),
        (np.zeros((2, 0)), [], r"not a \(d, m\) matrix"),
        ([[1, 2, 3], [3, 4, 5]], [1, 2, 3], r"setup has m = 2; use setup.replace\(m=3\)"),
    ],
)
def test_bad_prompts(features, labels, problem):
    with pytest.raises(InvalidSetup, match=problem) as caught:
        iterate_cot(features, labels, Setup([1, 2], n=3, m=2), 1)
    assert "\n" not in str(caught.value)


def test_bad_calls():
    setup = Setup([1, 2], n=3)
    prompt = [[1, 2], [3, 4]], [1, 2]
    for steps in (-1, 1.5, "3", None, True):
        with pytest.raises(InvalidSetup, match="steps"):
            iterate_cot(*prompt, setup, steps)  # type: ignore[arg-type]
    with pytest.raises(InvalidSetup, match="cot_closed_form"):
        iterate_cot(np.ones((400, 1)), [1.0], Setup(power_law(400, 1), n=3), 10**6)
    with pytest.raises(OutsideRegime, match="pooled"):
        iterate_cot(*prompt, Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=3), 1)
    with pytest.raises(InvalidSetup, match="not a number field"):
        iterate_cot(*prompt, setup, 1, field=float)  # type: ignore[arg-type]
