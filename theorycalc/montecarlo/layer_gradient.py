"""The training loss of the real layer and its gradient in every entry of V and W: on prompts, and in the mean.

The loss is ½ E‖w₁ − w*‖² of one pass with ρ = n, w₁ being the readout of E + V E (Eᵀ W E)/n for labels without noise
and w* ~ N(0, I).  On prompts the layer is differentiated as it is; the mean is worked out here from Gaussian moments,
for first tokens ŵ₀ = 0, where it depends on six blocks only (:class:`ReadBlocks`).
"""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array
from theorycalc.montecarlo.attention import AttentionWeights
from theorycalc.montecarlo.training_tasks import TrainingMoments, training_moments
from theorycalc.results import Frozen


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LayerGradient(Frozen):
    """The loss at some V and W, and its derivatives, (2d + 2, 2d + 2) each."""

    loss: float
    V: Array
    W: Array


def sampled_gradient(E: Array, w_star: Array, weights: AttentionWeights) -> LayerGradient:
    """Return the mean over prompts of ½‖w₁ − w*‖² and its gradient, for prompts of any last column.

    With e the last column, u = W e, q = E (Eᵀ u)/n and r = e_read + V_read q − w*:
    ∂/∂V_read = r qᵀ and ∂/∂W = E (Eᵀ V_readᵀ r)/n · eᵀ; the other rows of V are not read.

    Parameters
    ----------
    E : (batch, 2d + 2, n + 1) prompts, from :func:`theorycalc.montecarlo.embed`
    w_star : (batch, d)
    weights : V and W

    Returns
    -------
    LayerGradient

    Cost: O(batch d n).  Source: theory section 2.

    Examples
    --------
    d = n = 1, x = 1, w* = 3, V₃₁ = 0: w₁ = 0, the loss is 9/2 and ∂/∂V₃₁ = −3 · x (x·0 − c y)·… = −3 · (−3).

    >>> from theorycalc.montecarlo.attention import embed
    >>> weights = AttentionWeights(V=np.zeros((4, 4)), W=np.diag([1.0, -1.0], 2))
    >>> found = sampled_gradient(embed(np.ones((1, 1, 1)), np.array([[3.0]])), np.array([[3.0]]), weights)
    >>> found.loss, float(found.V[2, 0])
    (4.5, 9.0)
    """
    batch, rows, columns = E.shape
    read, n = slice(rows // 2, rows - 1), columns - 1
    V, W = weights
    last, transposed = E[:, :, -1], E.swapaxes(1, 2)

    def mixed(vectors: Array) -> Array:
        """E Eᵀ/n applied to (batch, 2d + 2)."""
        return np.asarray(np.matmul(E, np.matmul(transposed, vectors[:, :, np.newaxis]))[:, :, 0] / n)

    q = mixed(last @ W.T)
    residual = last[:, read] + q @ V[read].T - w_star
    value, score = np.zeros_like(V), np.zeros_like(W)
    value[read] = residual.T @ q / batch
    score[:] = mixed(residual @ V[read]).T @ last / batch
    return LayerGradient(loss=float(np.vdot(residual, residual)) / (2 * batch), V=value, W=score)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadBlocks:
    """The blocks that the prediction depends on when ŵ₀ = 0 (block rows and columns of sizes d, 1, d, 1)."""

    V31: Array  # (d, d)
    V32: Array  # (d,)
    V34: Array  # (d,)
    W14: Array  # (d,)
    W24: float
    W44: float

    @property
    def product(self) -> Array:
        """M = W₂₄ V₃₁ + V₃₂ W₁₄ᵀ, (d, d): the part of w₁ that is odd in w* is M S w*; training aims at M = Γ⁻¹."""
        return np.asarray(self.W24 * self.V31 + np.outer(self.V32, self.W14))


#: Names of the blocks, in the order of :class:`ReadBlocks`.
BLOCKS = ("V31", "V32", "V34", "W14", "W24", "W44")


def read_blocks(weights: AttentionWeights) -> ReadBlocks:
    """Return the blocks that are read when ŵ₀ = 0.

    >>> from theorycalc.model import Setup
    >>> from theorycalc.montecarlo.attention import attention_weights
    >>> read_blocks(attention_weights(Setup([1], n=1), c=2)).product  # Γ⁻¹ = 1/3
    array([[0.33333333]])
    """
    V, W = weights
    d = V.shape[0] // 2 - 1
    read = slice(d + 1, 2 * d + 1)
    return ReadBlocks(
        V31=V[read, :d], V32=V[read, d], V34=V[read, -1], W14=W[:d, -1], W24=float(W[d, -1]), W44=float(W[-1, -1])
    )


def population_gradient(moments: TrainingMoments, weights: AttentionWeights) -> LayerGradient:
    """Return ½ E‖w₁ − w*‖² over prompts with ŵ₀ = 0, and its gradient, zero outside the six blocks that are read.

    w₁ = V₃₁ S z + V₃₂ w*ᵀ S z + τ with z = W₁₄ + W₂₄ w* and τ = V₃₄ W₄₄/n: a polynomial in Gaussian variables.

    Parameters
    ----------
    moments : from :func:`training_moments`
    weights : any V and W

    Cost: O(d³).  Source: theory section 3; Isserlis' theorem.

    Examples
    --------
    d = 1, λ = 2, n = 2, V₃₁ = 1, W₂₄ = −1: L = ½ E(1 + S)² = ½ (1 + 4 + 8), ∂L/∂V₃₁ = E S (1 + S) = 10.

    >>> weights = AttentionWeights(V=np.zeros((4, 4)), W=np.diag([1.0, -1.0], 2))
    >>> weights.V[2, 0] = 1.0
    >>> found = population_gradient(training_moments(np.array([2.0]), 2), weights)
    >>> found.loss, float(found.V[2, 0])
    (6.5, 10.0)
    """
    at, n = read_blocks(weights), moments.n
    L, d = moments.Lambda, moments.Lambda.shape[0]
    V, v, a, b, tau = at.V31, at.V32, at.W14, at.W24, at.V34 * at.W44 / n
    trace, mean = float(np.trace(L)), L @ a  # E tr S, E S W₁₄
    mixed = moments.traced + moments.square  # E (tr S · S + S²)
    start = moments.sandwich(np.outer(a, a) + b * b * np.eye(d))  # E S z zᵀ S
    gram = moments.sandwich(V.T @ V)  # E S V₃₁ᵀ V₃₁ S
    spread = float(a @ moments.square @ a) + b * b * moments.quartic  # E (w*ᵀ S z)²
    constant = V @ mean + (b * trace) * v + tau  # E w₁
    cross = b * (V @ (mixed @ a))
    loss = (
        float(np.vdot(V, V @ start))
        + float(v @ v) * spread
        + 2 * float(v @ cross)
        - 2 * (b * float(np.vdot(V, L)) + float(v @ mean))
        + float(tau @ (2 * constant - tau))
        + d
    ) / 2
    value, score = np.zeros_like(weights.V), np.zeros_like(weights.W)
    read = slice(d + 1, 2 * d + 1)
    value[read, :d] = V @ start + b * np.outer(v, mixed @ a) - b * L + np.outer(tau, mean)
    value[read, d] = spread * v + cross - mean + (b * trace) * tau
    value[read, -1] = constant * (at.W44 / n)
    score[:d, -1] = gram @ a + float(v @ v) * (moments.square @ a) + b * (mixed @ (V.T @ v)) + L @ (V.T @ tau - v)
    score[d, -1] = (
        b * float(np.trace(gram))
        + b * float(v @ v) * moments.quartic
        + float(v @ (V @ (mixed @ a)))
        - float(np.vdot(V, L))
        + trace * float(tau @ v)
    )
    score[-1, -1] = float(constant @ at.V34) / n
    return LayerGradient(loss=loss, V=value, W=score)


__all__ = [
    "BLOCKS",
    "LayerGradient",
    "ReadBlocks",
    "TrainingMoments",
    "population_gradient",
    "read_blocks",
    "sampled_gradient",
    "training_moments",
]
