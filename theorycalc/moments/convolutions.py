"""Sums over stacks of states that the 1/m series runs on: convolutions, and sums along antidiagonals."""

import numpy as np

from theorycalc.fields import Array

_SMALL_GEMM = 64  # convolutions below this length are not worth a matrix


def fitted(X: Array, W: Array) -> Array:
    """Return the part of X that W covers."""
    return X[tuple(slice(0, length) for length in W.shape)]


def antidiagonal_sums(X: Array) -> Array:
    """Return U[b, a] = Σ_{j<=b} X[j, a + b − j]; entries that leave the array are not meaningful."""
    U = X.copy()
    for b in range(1, X.shape[0]):
        U[b, :-1] += U[b - 1, 1:]
    return U


def add_convolved(W: Array, factors: Array, X: Array) -> None:
    """Add W[a] += Σ_{j=0}^{a−2} factors[j] X[a−2−j]."""
    n = W.shape[0] - 2
    if n < 1:
        return
    flat, factors = X[:n].reshape(n, -1), factors[:n]
    if W.dtype == np.float64 and n >= _SMALL_GEMM:
        index = np.subtract.outer(np.arange(n), np.arange(n))
        toeplitz = np.where(index >= 0, factors[np.abs(index)], 0.0)
        W[2:] += (toeplitz @ flat).reshape(W[2:].shape)
        return
    for a in range(n):
        W[a + 2] += (factors[a::-1] @ flat[: a + 1]).reshape(W[a + 2].shape)
