"""The population loss: hand values, simulation-free brute force, convexity around its minimum."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.loss import loss_gradient, minimal_loss, population_loss
from theorycalc.model import Setup, TaskMixture

FLOAT = 1e-13  # relative: products of 3 × 3 matrices of condition number below 100
LAMBDA = [["2", "1/3"], ["1/3", "1/2"]]

rationals = st.fractions(min_value=-5, max_value=5, max_denominator=20)
matrices = st.lists(rationals, min_size=4, max_size=4).map(lambda x: [x[:2], x[2:]])
scales = rationals.filter(lambda c: c != 0)
counts = st.integers(min_value=1, max_value=100)


@given(rationals, scales, counts)
def test_one_dimension(v, c, n):
    """½ E(1 + cvS)² with S = λ χ²_n/n: E S = λ, E S² = λ²(1 + 2/n)."""
    lam = Fraction(3, 2)
    expected = (1 + 2 * c * v * lam + c * c * v * v * lam * lam * (1 + Fraction(2, n))) / 2
    assert population_loss(Setup([lam], n=n), [[v]], c=c, field=EXACT) == expected


@given(matrices, scales, counts)
def test_minimum_and_gradient(V, c, n):
    setup = Setup(LAMBDA, n=n)
    minimum = minimal_loss(setup, field=EXACT)
    Gamma_inv = gamma_matrix(setup, field=EXACT).Gamma_inv
    Lambda = np.vectorize(Fraction, otypes=[object])(np.array(LAMBDA))
    assert minimum == (2 - np.trace(Gamma_inv @ Lambda)) / 2
    assert population_loss(setup, -Gamma_inv / c, c=c, field=EXACT) == minimum
    assert population_loss(setup, V, c=c, field=EXACT) >= minimum
    # the loss is quadratic, so a central difference is its derivative
    gradient, H = loss_gradient(setup, V, c=c, field=EXACT), np.array([[1, 0], [2, -1]])
    up, down = (population_loss(setup, np.array(V, dtype=object) + s * H, c=c, field=EXACT) for s in (1, -1))
    assert up - down == 2 * (gradient * H).sum()


@given(matrices, scales, counts)
def test_fields_agree(V, c, n):
    setup = Setup(LAMBDA, n=n)
    truth = population_loss(setup, V, c=c, field=EXACT)
    assert population_loss(setup, V, c=c) == pytest.approx(float(truth), rel=FLOAT)
    assert truth in population_loss(setup, V, c=c, field=BALL(100))
    assert float(population_loss(setup, V, c=c, field=MP(30))) == pytest.approx(float(truth), rel=FLOAT)
    exact_gradient = loss_gradient(setup, V, c=c, field=EXACT).astype(float)
    scale = max(1.0, float(np.abs(exact_gradient).max()), float(abs(c)) * 10)
    assert np.allclose(loss_gradient(setup, V, c=c), exact_gradient, rtol=0, atol=100 * FLOAT * scale)


def test_spectrum_equals_matrix():
    V = [["1", "2"], ["-1/3", "1/2"]]
    rotation = np.array([["3/5", "-4/5"], ["4/5", "3/5"]])
    U = np.vectorize(Fraction, otypes=[object])(rotation)
    Lambda = U @ np.diag(np.array([Fraction(2), Fraction(1, 3)])) @ U.T
    rotated = U @ np.vectorize(Fraction, otypes=[object])(np.array(V)) @ U.T
    diagonal = population_loss(Setup([2, "1/3"], n=4), V, field=EXACT)
    assert population_loss(Setup(Lambda, n=4), rotated, field=EXACT) == diagonal
    gradient = loss_gradient(Setup([2, "1/3"], n=4), V, field=EXACT)
    assert (loss_gradient(Setup(Lambda, n=4), rotated, field=EXACT) == U @ gradient @ U.T).all()
    assert minimal_loss(Setup(Lambda, n=4), field=EXACT) == minimal_loss(Setup([2, "1/3"], n=4), field=EXACT)


def test_digits_survive_at_the_minimum_for_long_prompts():
    setup = Setup([1, "1/2", "1/3"], n=10**12)
    truth = minimal_loss(setup, field=EXACT)
    assert minimal_loss(setup) == pytest.approx(float(truth), rel=1e-15)
    V_star = -gamma_matrix(setup).Gamma_inv
    assert population_loss(setup, V_star) == pytest.approx(float(truth), rel=1e-12)


def test_refusals():
    setup = Setup([1, 2], n=3)
    with pytest.raises(InvalidSetup, match="pass shape"):
        population_loss(setup, [[1]])
    with pytest.raises(InvalidSetup, match="not finite"):
        population_loss(setup, [[1.0, np.nan], [0, 1]])
    with pytest.raises(InvalidSetup, match="c ="):
        loss_gradient(setup, [[1, 0], [0, 1]], c="one")
    with pytest.raises(NotConverged, match="float64 range"):
        population_loss(setup, [[1e200, 0], [0, 1]])
    with pytest.raises(NotConverged, match="float64 range"):
        loss_gradient(setup, [[1e300, 0], [0, 1]], c=1e300)
    with pytest.raises(OutsideRegime, match="pooled"):
        minimal_loss(Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=3))
