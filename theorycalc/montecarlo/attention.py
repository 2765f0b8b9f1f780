"""The real layer: learned blocks, prompt embedding, linear self-attention, and a chain of thought that appends.

Nothing here knows that the layer amounts to a Newton-like recursion; that it does is what the simulator checks.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc import _checks
from theorycalc._checks import number, refuse, shown
from theorycalc.exceptions import InvalidSetup, NotConverged, TheoryError
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, as_setup
from theorycalc.montecarlo.prompts import MAX_BYTES
from theorycalc.montecarlo.training_tasks import trained_inverse
from theorycalc.results import Frozen, Trajectory


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AttentionWeights(Frozen):
    """The matrices V and W of the trained layer, (2d+2, 2d+2) each; unpacks as ``V, W = attention_weights(…)``."""

    V: Array
    W: Array

    def __post_init__(self) -> None:
        """Leave the blocks writable, as one may want to change some and see what the layer does."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __iter__(self) -> Any:
        return iter((self.V, self.W))


def attention_weights(setup: Setup, c: float = 1.0) -> AttentionWeights:
    """Return V and W: zero but for V₃₁ = −A/c, W₁₃ = c I, W₂₄ = −c, in block rows of sizes d, 1, d, 1.

    Parameters
    ----------
    setup : the training distribution; only Λ (or the mixture) and n matter.  A = E[S] (E[S²])⁻¹, Γ⁻¹ for one task
    c : any non-zero number; the readout does not depend on it

    Returns
    -------
    AttentionWeights
        ``V, W = attention_weights(setup)``, each (2d+2, 2d+2).

    Raises
    ------
    InvalidSetup
        for c = 0 or beyond float64, and for matrices of more than 4 GiB.

    Assumes: trained to the global optimum of section 3.  Cost: O(d²) memory.
    Source: arXiv:2510.03605, Theorem 3.1; theory section 2.

    Examples
    --------
    d = 1, Λ = 1, n = 1: Γ = 2 + 1 = 3.

    >>> V, W = attention_weights(Setup([1], n=1), c=2)
    >>> float(V[2, 0]), float(W[0, 2]), float(W[1, 3])
    (-0.16666666666666666, 2.0, -2.0)
    """
    d = as_setup(setup).d
    try:
        scale = float(number("c", c))
    except OverflowError:
        raise refuse("c", c, "beyond the float64 range", "pass a number of size near 1: it cancels") from None
    if scale == 0 or not math.isfinite(1 / scale):
        raise refuse("c", c, "zero, or too small to divide by", "pass a non-zero number")
    size = 2 * d + 2
    if 16 * size**2 > MAX_BYTES:
        raise InvalidSetup(f"d = {d:,}: V and W would take {16 * size**2 / 2**30:.0f} GiB; use a smaller d")
    A = trained_inverse(setup)
    V, W = np.zeros((size, size)), np.zeros((size, size))
    V[d + 1 : 2 * d + 1, :d] = -(np.diag(A) if A.ndim == 1 else A) / scale  # V₃₁
    W[:d, d + 1 : 2 * d + 1] = scale * np.eye(d)  # W₁₃
    W[d, 2 * d + 1] = -scale  # W₂₄
    return AttentionWeights(V=V, W=W)


def embed(X: Array, y: Array, w_0: Array | None = None) -> Array:
    """Return the prompt as a matrix: columns (x_j, y_j, 0, 0) and one last column (0, 0, w_0, 1).

    Parameters
    ----------
    X : (…, d, m);  y : (…, m);  w_0 : (d,) or (…, d), default 0

    Returns
    -------
    (…, 2d+2, m+1) array

    Cost: O(dm) memory per prompt.  Source: theory section 2.

    Examples
    --------
    >>> embed(np.array([[5.0, 6.0]]), np.array([7.0, 8.0]), np.array([9.0]))
    array([[5., 6., 0.],
           [7., 8., 0.],
           [0., 0., 9.],
           [0., 0., 1.]])
    """
    d, m = X.shape[-2:]
    E = np.zeros((*X.shape[:-2], 2 * d + 2, m + 1))
    E[..., :d, :m] = X
    E[..., d, :m] = y
    if w_0 is not None:
        E[..., d + 1 : 2 * d + 1, m] = w_0
    E[..., 2 * d + 1, m] = 1.0
    return E


def lsa(E: Array, V: Array, W: Array, rho: float) -> Array:
    """Return f(E; V, W) = E + V E (Eᵀ W E) / ρ, linear self-attention without softmax.

    Parameters
    ----------
    E : (…, D, T) prompts;  V, W : (D, D);  rho : ρ > 0, m at test time

    Returns
    -------
    (…, D, T) array

    Cost: 2D²T + 2 min(D²T, DT²) multiplications per prompt; the product is associated the cheaper way.
    Source: theory section 2.

    Examples
    --------
    D = T = 1: 2 + 3·2·(2·5·2)/4 = 32.

    >>> lsa(np.array([[2.0]]), np.array([[3.0]]), np.array([[5.0]]), 4.0)
    array([[32.]])
    """
    D, T = E.shape[-2:]
    values, transposed = np.matmul(V, E), np.swapaxes(E, -1, -2)
    if T <= D:
        update = np.matmul(values, np.matmul(transposed, np.matmul(W, E)))
    else:
        update = np.matmul(np.matmul(values, transposed), np.matmul(W, E))
    return np.asarray(E + update / rho)


def chain_of_thought(X: Array, y: Array, weights: AttentionWeights, *, w_0: Array | None = None, steps: int) -> Array:
    """Return w_0 … w_k of the layer: read w_i from the last column, append (0, 0, w_i, 1), apply the layer again.

    Parameters
    ----------
    X : (…, d, m);  y : (…, m);  w_0 : (d,) or (…, d), default 0
    weights : V and W from :func:`attention_weights`
    steps : k >= 0

    Returns
    -------
    (…, steps + 1, d) array; entry 0 is the start.

    Cost: O(k d² (m + k)) per prompt, O((m + k) d) memory: the appended columns stay in the prompt.
    Source: theory section 2.

    Examples
    --------
    d = m = n = 1, Λ = 1, x = 1, y = 3: w₁ = 0 + (1/3)(3 − 0) = 1, w₂ = 1 + (1/3)(3 − 1) = 5/3.

    >>> weights = attention_weights(Setup([1], n=1))
    >>> chain_of_thought(np.ones((1, 1)), np.array([3.0]), weights, steps=2).ravel().round(12).tolist()
    [0.0, 1.0, 1.666666666667]
    """
    d, m = X.shape[-2:]
    V, W = weights
    prompt = np.zeros((*X.shape[:-2], 2 * d + 2, m + 1 + steps))
    prompt[..., : m + 1] = embed(X, y, w_0)
    read = slice(d + 1, 2 * d + 1)
    w = np.empty((*X.shape[:-2], steps + 1, d))
    w[..., 0, :] = prompt[..., read, m]
    for i in range(steps):
        last = m + i
        w[..., i + 1, :] = lsa(prompt[..., : last + 1], V, W, m)[..., read, -1]
        prompt[..., read, last + 1] = w[..., i + 1, :]
        prompt[..., 2 * d + 1, last + 1] = 1.0
    return w


def checked_weights(weights: Any, d: int) -> AttentionWeights:
    """Return V and W as finite float64 matrices for dimension d, or raise InvalidSetup."""
    try:
        V, W = (np.asarray(block, dtype=float) for block in weights)
    except (TypeError, ValueError):
        raise InvalidSetup(f"weights = {shown(weights)}: not V and W; pass AttentionWeights") from None
    for name, block in (("V", V), ("W", W)):
        if block.shape != (2 * d + 2, 2 * d + 2) or not np.all(np.isfinite(block)):
            shape = f"({2 * d + 2}, {2 * d + 2})"
            raise refuse(f"weights.{name}", block.shape, f"no finite matrix for d = {d}", f"pass shape {shape}")
    return AttentionWeights(V=V, W=W)


def layer_bytes(d: int, m: int, steps: int) -> int:
    """Return the memory of one prompt's trip through the layer: V, W, E, VE, WE, the update and f(E)."""
    D, T = 2 * d + 2, m + 1 + steps
    return 8 * (2 * D * D + 6 * D * T + min(D, T) ** 2)


def iterate_cot(X: Any, y: Any, setup: Setup, steps: int) -> Trajectory:
    """Return the chain of thought on one prompt, computed by the attention layer itself.

    Parameters
    ----------
    X : (d, m) examples as columns
    y : (m,) labels
    setup : Λ and n fix Γ, ``w_0`` is the start (default 0); a finite ``setup.m`` must equal m
    steps : k >= 0

    Returns
    -------
    Trajectory
        ``.w`` (steps + 1, d): w[0] is the start.

    Raises
    ------
    InvalidSetup
        for shapes that do not fit, m unlike a finite ``setup.m``, NaN or inf, and prompts that need more than 4 GiB.
    NotConverged
        when the chain overflows float64; the message names the step.

    Cost: O(k d² (m + k)).  Source: theory section 2.

    Examples
    --------
    d = m = n = 1, Λ = 1, x = 1, y = 3: w₁ = 0 + (1/3)(3 − 0) = 1.

    >>> iterate_cot([[1]], [3], Setup([1], n=1), 1).w.round(12).tolist()
    [[0.0], [1.0]]
    """
    count = _checks.steps(steps)
    d = as_setup(setup).d
    features, targets = _numbers("X", X), _numbers("y", y)
    if features.ndim != 2 or features.shape[0] != d or features.shape[1] < 1:
        raise refuse("X", features.shape, f"not a (d, m) matrix with d = {d}", "pass the examples as columns")
    m = features.shape[1]
    if setup.m not in (None, m):
        raise refuse("X", features.shape, f"m = {m} examples, setup.m = {setup.m}", f"use setup.replace(m={m})")
    if targets.shape != (m,):
        raise refuse("y", targets.shape, f"not a vector of m = {m} labels", "pass one label per column of X")
    if layer_bytes(d, m, count) > MAX_BYTES:
        raise InvalidSetup(
            f"d = {d:,}, m = {m:,}, steps = {count:,}: the layer would take "
            f"{layer_bytes(d, m, count) / 2**30:.0f} GiB; use a smaller problem"
        )
    w_0 = None if setup.w_0 is None else F64.array(setup.w_0)
    with np.errstate(over="ignore", invalid="ignore"):
        w = chain_of_thought(features, targets, attention_weights(setup), w_0=w_0, steps=count)
    finite = np.all(np.isfinite(w), axis=1)
    if not np.all(finite):
        step = int(np.argmin(finite))
        raise NotConverged(f"the chain of thought overflows float64 at step {step}: pass steps <= {step - 1}")
    return Trajectory(setup=setup, w=w, field_name=F64.name, uncertainty="float64 rounding, not estimated")


def _numbers(name: str, value: Any) -> Array:
    """Return ``value`` as finite float64 numbers."""
    try:
        source = np.asarray(value)
        if source.dtype.kind == "c":  # NumPy would drop the imaginary parts
            raise refuse(name, value, "complex", "pass real numbers")
        array = F64.array(source)
    except TheoryError:
        raise
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise refuse(name, value, "not an array of real numbers", "pass finite numbers in equal rows") from None
    if not np.all(np.isfinite(array)):
        raise refuse(name, "array", "holds NaN or inf", "pass finite numbers")
    return array
