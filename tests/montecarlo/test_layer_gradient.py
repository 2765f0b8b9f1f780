"""Gradients of the real layer: against differences of the layer itself, and the mean against samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import CENTRAL_DIFFERENCE, FEW_OPERATIONS, Z_LIMIT
from theorycalc.gamma.loss import loss_gradient, population_loss
from theorycalc.model import Setup
from theorycalc.montecarlo.attention import AttentionWeights, embed, lsa
from theorycalc.montecarlo.layer_gradient import (
    population_gradient,
    read_blocks,
    sampled_gradient,
    training_moments,
)

LAMBDA = np.array([[1.5, 0.3, 0.1], [0.3, 0.8, -0.2], [0.1, -0.2, 0.5]])
_STEP = 1e-6


def drawn(d, seed, scale=0.4):
    rng = np.random.default_rng(seed)
    V, W = scale * rng.standard_normal((2, 2 * d + 2, 2 * d + 2))
    return AttentionWeights(V=V, W=W), rng


def differences(loss, weights):
    """Central differences of the loss in every entry of V and W."""
    found = []
    for which in range(2):
        slopes = np.zeros_like(weights.V)
        for index in np.ndindex(*slopes.shape):
            ends = []
            for sign in (1, -1):
                blocks = [weights.V.copy(), weights.W.copy()]
                blocks[which][index] += sign * _STEP
                ends.append(loss(AttentionWeights(V=blocks[0], W=blocks[1])))
            slopes[index] = (ends[0] - ends[1]) / (2 * _STEP)
        found.append(slopes)
    return found


@pytest.mark.parametrize("start", [False, True])
def test_sampled_gradient_is_that_of_the_layer(start):
    """Every entry of V and W, for prompts with any first token."""
    weights, rng = drawn(2, seed=0)
    X, w_star = rng.standard_normal((5, 2, 4)), rng.standard_normal((5, 2))
    y = np.einsum("bd,bdn->bn", w_star, X)
    E = embed(X, y, rng.standard_normal((5, 2)) if start else None)

    def loss(at):
        gap = lsa(E, at.V, at.W, 4)[:, 3:5, -1] - w_star
        return 0.5 * float(np.mean(np.sum(gap**2, axis=1)))

    found = sampled_gradient(E, w_star, weights)
    assert found.loss == pytest.approx(loss(weights), rel=FEW_OPERATIONS)
    for exact, slopes in zip((found.V, found.W), differences(loss, weights), strict=True):
        assert np.max(np.abs(exact - slopes)) < CENTRAL_DIFFERENCE


def test_population_gradient_is_that_of_its_loss():
    weights, _ = drawn(3, seed=1)
    moments = training_moments(LAMBDA, 6)
    found = population_gradient(moments, weights)
    slopes = differences(lambda at: population_gradient(moments, at).loss, weights)
    assert np.max(np.abs(found.V - slopes[0])) < CENTRAL_DIFFERENCE
    assert np.max(np.abs(found.W - slopes[1])) < CENTRAL_DIFFERENCE


def test_population_gradient_is_the_mean_of_sampled_ones():
    weights, rng = drawn(2, seed=2)
    Lambda, n, batches = LAMBDA[:2, :2], 5, 400
    root = np.linalg.cholesky(Lambda)
    losses, slopes = [], []
    for _ in range(batches):
        X, w_star = root @ rng.standard_normal((200, 2, n)), rng.standard_normal((200, 2))
        found = sampled_gradient(embed(X, np.einsum("bd,bdn->bn", w_star, X)), w_star, weights)
        losses.append(found.loss)
        slopes.append(np.concatenate([found.V.ravel(), found.W.ravel()]))
    mean = population_gradient(training_moments(Lambda, n), weights)
    expected = np.concatenate([[mean.loss], mean.V.ravel(), mean.W.ravel()])
    samples = np.column_stack([losses, slopes])
    spread = samples.std(axis=0, ddof=1) / batches**0.5
    idle = spread == 0
    assert (samples[:, idle] == expected[idle]).all()
    z = (samples.mean(axis=0) - expected)[~idle] / spread[~idle]
    assert np.max(np.abs(z)) < Z_LIMIT
    assert np.median(spread[~idle]) < 0.05


@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(1, 30), st.integers(0, 10**6))
def test_in_V31_it_is_the_gradient_of_the_formula(d, n, seed):
    """Another leg, another derivation: W as in the paper and any V₃₁."""
    rng = np.random.default_rng(seed)
    root, V_31, c = rng.standard_normal((d, d)), rng.standard_normal((d, d)), 1.7
    setup = Setup(root @ root.T + np.eye(d), n=n)
    V, W = np.zeros((2, 2 * d + 2, 2 * d + 2))
    V[d + 1 : 2 * d + 1, :d], W[:d, d + 1 : 2 * d + 1], W[d, -1] = V_31, c * np.eye(d), -c
    found = population_gradient(training_moments(np.asarray(setup.Lambda), n), AttentionWeights(V=V, W=W))
    expected = loss_gradient(setup, V_31, c=c)
    size = np.max(np.abs(expected))
    assert found.loss == pytest.approx(population_loss(setup, V_31, c=c), rel=FEW_OPERATIONS)
    assert np.max(np.abs(found.V[d + 1 : 2 * d + 1, :d] - expected)) < FEW_OPERATIONS * size
    others = found.V.copy()
    others[d + 1 : 2 * d + 1, :d] = 0
    assert not others.any()
    assert found.W[d, -1] == pytest.approx(-np.vdot(V_31, expected) / c, rel=1e-9, abs=1e-9)


def test_blocks_by_hand():
    weights, _ = drawn(2, seed=3)
    at = read_blocks(weights)
    assert (weights.V[3:5, :2] == at.V31).all()
    assert (weights.W[:2, 5] == at.W14).all()
    assert at.product == pytest.approx(weights.W[2, 5] * at.V31 + np.outer(weights.V[3:5, 2], weights.W[:2, 5]))
