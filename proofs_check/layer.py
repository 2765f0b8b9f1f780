"""The literal attention layer over exact numbers: embed, attend, read out, append, repeat (theory section 2)."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.fields import Array


def attend(E: Array, V: Array, W: Array, rho: int) -> Array:
    """Return E + V E (Eᵀ W E)/ρ.

    >>> attend(np.array([[2]]), np.array([[3]]), np.array([[5]]), 4).tolist()
    [[32.0]]
    """
    return np.asarray(E + V @ E @ (E.T @ W @ E) / rho)


def chain(X: Any, y: Sequence[Any], w_0: Any, V: Array, W: Array, steps: int) -> Array:
    """Return w_0 … w_k, (steps + 1, d): rows d + 2 … 2d + 1 of the last column, appended as (0, 0, w_i, 1).

    Parameters
    ----------
    X : (d, m) Fractions;  y : (m,);  w_0 : (d,)
    V, W : (2d + 2, 2d + 2)
    """
    rows = np.array(X, dtype=object)
    d, m = rows.shape
    E = np.full((2 * d + 2, m), Fraction(0), dtype=object)
    E[:d], E[d] = rows, list(y)
    thoughts = [np.array(w_0, dtype=object)]
    for _ in range(steps):
        column = np.full((2 * d + 2, 1), Fraction(0), dtype=object)
        column[d + 1 : 2 * d + 1, 0], column[2 * d + 1, 0] = thoughts[-1], Fraction(1)
        E = np.concatenate([E, column], axis=1)
        thoughts.append(attend(E, V, W, m)[d + 1 : 2 * d + 1, -1])
    return np.array(thoughts, dtype=object)
