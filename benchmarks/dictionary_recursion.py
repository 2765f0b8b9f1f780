"""The unoptimised baseline of the exact rung: the centred recursion of theory section 5 in a dictionary.

A plain transcription: one memoised vector over the eigenbasis per state, computed when first asked for.
It runs on float64 vectors and on object arrays of Fractions.

    python -m benchmarks.dictionary_recursion [k …]     E_k and its seconds, d = n = 50, m = 100

The number of states, and with it the time, grows like the number of partitions of integers up to 2k; a state
costs O(k d).  The number of examples m does not matter.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from theorycalc.fields import Array

Kappa = tuple[int, ...]  # a multiset of traces: positive integers in ascending order

#: Theory section 4: (m, k) -> E_k for λ_i = i^(−1/2), d = n = 50, P = Q = I, to the digits printed there.
TABLE = {(100, 2): 12.9631, (100, 10): 2.00786, (500, 10): 0.0422664, (5000, 10): 0.00298356}


class CentredRecursion:
    """States of theory section 5: powers of R = I − N, N = A^{1/2} S A^{1/2} ~ Wishart_m(C)/m, all diagonal.

    B(κ; r) = E[T_κ R^r],  M(κ; a, b) = E[T_κ R^a Q̃ R^b],  L(κ; q, r) = E[T_κ tr(Q̃ R^q) R^r],
    T_κ = Π tr(R^i).

    Parameters
    ----------
    c : (d,) eigenvalues of C = A^{1/2} Σ A^{1/2}, float64 or Fractions in an object array
    Q : (d,) diagonal of Q̃ = A^{−1/2} Q A^{−1/2}
    eps : 1/m
    """

    def __init__(self, c: Array, Q: Array, eps: Any) -> None:
        self.c, self.Q, self.eps = c, Q, eps
        self.one = c * 0 + 1
        self.states: dict[tuple[Any, ...], Array] = {}

    def B(self, kappa: Kappa, r: int) -> Array:
        """E[T_κ R^r], (d,)."""
        key = ("B", kappa, r)
        if key not in self.states:
            self.states[key] = self._B(kappa, r)
        return self.states[key]

    def M(self, kappa: Kappa, a: int, b: int) -> Array:
        """E[T_κ R^a Q̃ R^b], (d,); symmetric in a and b."""
        if a < b:
            a, b = b, a
        key = ("M", kappa, a, b)
        if key not in self.states:
            self.states[key] = self._M(kappa, a, b)
        return self.states[key]

    def L(self, kappa: Kappa, q: int, r: int) -> Array:
        """E[T_κ tr(Q̃ R^q) R^r], (d,)."""
        key = ("L", kappa, q, r)
        if key not in self.states:
            self.states[key] = self._L(kappa, q, r)
        return self.states[key]

    def _B(self, kappa: Kappa, r: int) -> Array:
        B = self.B
        if r == 0:
            return np.asarray(self.one if not kappa else self.one * B(kappa[:-1], kappa[-1]).sum())
        before, jumps = B(kappa, r - 1), 0 * self.c
        if r > 1:
            jumps += (r - 1) * (B(kappa, r - 2) - before)
            for j in range(r - 1):
                jumps += self._B_joined(kappa, j, r - 2 - j)
                jumps -= self._B_joined(kappa, j + 1, r - 2 - j)
        for i, rest in _removed(kappa):
            jumps += 2 * i * (B(rest, i + r - 2) - B(rest, i + r - 1))
        return self._next(before, jumps)

    def _M(self, kappa: Kappa, a: int, b: int) -> Array:
        M, L = self.M, self.L
        if a == 0:  # hence b = 0
            return np.asarray(self.Q * self.B(kappa, 0))
        before, jumps = M(kappa, a - 1, b), 0 * self.c
        if a > 1:
            jumps += (a - 1) * (M(kappa, a - 2, b) - before)
            for j in range(a - 1):
                jumps += self._M_joined(kappa, j, a - 2 - j, b)
                jumps -= self._M_joined(kappa, j + 1, a - 2 - j, b)
        for j in range(b):
            jumps += M(kappa, j, a + b - 2 - j)
            jumps -= M(kappa, j, a + b - 1 - j)
            jumps += L(kappa, a - 1 + j, b - 1 - j)
            jumps -= L(kappa, a + j, b - 1 - j)
        for i, rest in _removed(kappa):
            jumps += 2 * i * (M(rest, i + a - 2, b) - M(rest, i + a - 1, b))
        return self._next(before, jumps)

    def _L(self, kappa: Kappa, q: int, r: int) -> Array:
        L, M = self.L, self.M
        if r == 0:
            return np.asarray(self.one * (self.Q * self.B(kappa, q)).sum())
        before, jumps = L(kappa, q, r - 1), 0 * self.c
        if r > 1:
            jumps += (r - 1) * (L(kappa, q, r - 2) - before)
            for j in range(r - 1):
                jumps += self._L_joined(kappa, j, q, r - 2 - j)
                jumps -= self._L_joined(kappa, j + 1, q, r - 2 - j)
        for i, rest in _removed(kappa):
            jumps += 2 * i * (L(rest, q, i + r - 2) - L(rest, q, i + r - 1))
        for j in range(q):
            jumps += 2 * (M(kappa, q - 1 - j, j + r - 1) - M(kappa, q - 1 - j, j + r))
        return self._next(before, jumps)

    def _next(self, before: Array, jumps: Array) -> Array:
        return np.asarray(before - self.c * (before - self.eps * jumps))

    # A trace tr R⁰ = d is a number, not a member of κ.
    def _B_joined(self, kappa: Kappa, j: int, r: int) -> Array:
        return self.B(_joined(kappa, j), r) if j else len(self.c) * self.B(kappa, r)

    def _M_joined(self, kappa: Kappa, j: int, a: int, b: int) -> Array:
        return self.M(_joined(kappa, j), a, b) if j else len(self.c) * self.M(kappa, a, b)

    def _L_joined(self, kappa: Kappa, j: int, q: int, r: int) -> Array:
        return self.L(_joined(kappa, j), q, r) if j else len(self.c) * self.L(kappa, q, r)


def _joined(kappa: Kappa, j: int) -> Kappa:
    return tuple(sorted((*kappa, j)))


def _removed(kappa: Kappa) -> Iterator[tuple[int, Kappa]]:
    """Give every member of κ, repetitions included, with the multiset without it."""
    for position, i in enumerate(kappa):
        yield i, kappa[:position] + kappa[position + 1 :]


def exact_error(c: Array, P: Array, Q: Array, eps: Any, k: int) -> Any:
    """Return E_k = tr[P̃ M(∅; k, k)] for commuting Λ and Σ.

    Parameters
    ----------
    c : (d,) eigenvalues of C = A^{1/2} Σ A^{1/2}
    P, Q : (d,) diagonals of P̃ = A^{1/2} P A^{1/2} and Q̃ = A^{−1/2} Q A^{−1/2}
    eps : 1/m, of the same kind of number
    k : number of CoT steps

    Returns
    -------
    the sum, a float or a Fraction

    Examples
    --------
    d = 1 and N = χ²_1 / 2 (c = 1/2, m = 1): E (1 − N)² = 1 − 1 + 3/4.

    >>> one = np.ones(1)
    >>> float(exact_error(one / 2, one, one, 1.0, 1))
    0.75
    """
    return (P * CentredRecursion(c, Q, eps).M((), k, k)).sum()


def matched(lam: Array, n: Any, m: Any) -> tuple[Array, Array, Array, Any]:
    """Return (c, P̃, Q̃, ε) for Σ = Λ = diag(lam) and P = Q = I; n and m are of lam's number type."""
    Gamma = lam * (1 + 1 / n) + lam.sum() / n
    return lam / Gamma, 1 / Gamma, Gamma, 1 / m


def main(ks: tuple[int, ...] = (10, 14)) -> dict[int, float]:
    """Print E_k and its time for λ_i = i^(−1/2), d = n = 50, m = 100; return the seconds by k."""
    lam = np.arange(1, 51) ** -0.5
    seconds = {}
    for k in ks:
        problem = matched(lam, 50.0, 100.0)
        started = time.perf_counter()
        value = exact_error(*problem, k)
        seconds[k] = time.perf_counter() - started
        print(f"k = {k}: E_k = {value:.6g} in {seconds[k]:.3f} s")
    return seconds


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or (10, 14))
