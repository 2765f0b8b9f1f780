"""The 1/m series of the centred recursion of theory section 5, order by order, at polynomial cost in k.

States are joint cumulants instead of moments: ⟨S; X⟩ is the cumulant of tr R^i, i ∈ S, with the entries of X, where X
is a chain R^r (written B), a sandwich R^a Q̃ R^b (M), or, with tr Q̃R^q joined to S, a chain R^r (L).  A cumulant of
s + 1 variables is O(ε^s), ε = 1/m, and a trace is split off at the price of one ε.  So at order ε^p only sets S of at
most p/2 traces occur, and those of p/2 at their leading order: O(k^{2 + p/2}) states instead of all partitions.

The recursion of moments becomes one of cumulants by tilting the law with exp(Σ s_i tr R^i), which integration by
parts turns into the merging terms, and differentiating at s = 0: a product tr R^j · X becomes
Σ_{α ⊔ β = S} ⟨α; tr R^j⟩⟨β; X⟩ + ⟨S ∪ {j}; X⟩.  Every term but one carries ε, so order o follows from order o − 1:

    X_a = X_{a−1} − K (X_{a−1} − W_a),   W of order o − 1,   K = C (whitened) or AΣ.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from theorycalc.fields import Array
from theorycalc.moments.convolutions import add_convolved, antidiagonal_sums, fitted

Traces = tuple[int, ...]  # a multiset of trace powers, ascending


@dataclass(frozen=True)
class SeriesSpace:
    """How states are stored: (q,) diagonals in the eigenbasis of C, or (d, d) matrices, and what acts on them.

    With (d, d) states and ``multiplier`` (d, d) nothing is whitened: R = I − AS, K = AΣ, M(a, b) = E Rᵃ Q (Rᵀ)ᵇ and
    L carries a factor A on its right, which is ``unit``; so rationals stay rationals.
    """

    multiplier: Array  # (q,) C; (d,) C for full states in its eigenbasis; (d, d) K
    one: Array  # the identity
    unit: Array  # what L of the empty set and q = 0 is proportional to: I, or A
    Q: Array
    trace_weight: Array  # tr X = Σ X ∘ weight
    trace_Q_weight: Array  # tr(Q̃ X), or tr(Q Γ X)
    trace_unit_weight: Array  # tr of an L without its factor ``unit``

    def left(self, X: Array) -> Array:
        """Return K X for a stack of states."""
        K = self.multiplier
        if K.ndim == 2:
            return np.asarray(np.matmul(K, X))
        return np.asarray(X * (K if self.one.ndim == 1 else K[:, None]))

    def transpose(self, X: Array) -> Array:
        """Return Xᵀ for a stack of states."""
        return X if self.one.ndim == 1 else np.swapaxes(X, -1, -2)

    def functional(self, X: Array, weight: Array) -> Array:
        """Return Σ X ∘ weight over the state axes of a stack."""
        stack = X.shape[: X.ndim - weight.ndim]
        return np.asarray(X.reshape(*stack, -1) @ weight.reshape(-1))


def diagonal_series(C: Array, Q: Array, multiplicity: Array) -> SeriesSpace:
    """States diagonal in the eigenbasis of C: (q,) distinct directions with multiplicities (field scalars)."""
    one = C * 0 + 1
    return SeriesSpace(
        multiplier=C,
        one=one,
        unit=one,
        Q=Q,
        trace_weight=multiplicity,
        trace_Q_weight=multiplicity * Q,
        trace_unit_weight=multiplicity,
    )


def full_series(C: Array, Q: Array) -> SeriesSpace:
    """Full (d, d) states in the eigenbasis of C, C (d,), Q̃ (d, d)."""
    one = np.eye(C.size)
    return SeriesSpace(
        multiplier=C, one=one, unit=one, Q=Q, trace_weight=one, trace_Q_weight=Q.T, trace_unit_weight=one
    )


def matrix_series(A: Array, Gamma: Array, Sigma: Array, Q: Array, one: Array) -> SeriesSpace:
    """Full (d, d) states of R = I − AS over any field, nothing whitened."""
    return SeriesSpace(
        multiplier=A @ Sigma,
        one=one,
        unit=A,
        Q=Q,
        trace_weight=one,
        trace_Q_weight=(Q @ Gamma).T,
        trace_unit_weight=Gamma.T,
    )


@dataclass(frozen=True)
class ChainSeries:
    """Coefficients of ε^0 … ε^order: sandwich[o][k] of E Rᵏ Q̃ Rᵏ, k = 0 … steps; power[o][r] of E Rʳ, r = 0 … 2·steps.

    ``power`` stops one order earlier, as label noise brings a factor ε of its own.
    """

    sandwich: list[Array]
    power: list[Array]


def chain_series(space: SeriesSpace, steps: int, order: int, *, jitter: float = 0.0, seed: int = 0) -> ChainSeries:
    """Return the series of E Rᵏ Q̃ Rᵏ, k = 0 … steps, to ``order``.

    Parameters
    ----------
    space : the storage of states; tr R⁰ is its tr I
    jitter : float64 only; multiply every state by 1 + jitter·u, u uniform in [−1, 1], to measure how the result
        responds to rounding

    Cost: with n = 2·steps and states of w numbers, O(n³ w) for order <= 2, O(n⁴ w) for order 3, O(n^{3 + ⌊order/2⌋} w)
    from order 4; memory about 10 n² w numbers.  Source: theory section 5.
    """
    series = _Series(space, 2 * steps, jitter=jitter, seed=seed)
    sandwich = [series.diagonal(o, steps) for o in range(order, -1, -1)]
    return ChainSeries(sandwich=sandwich[::-1], power=[series.B((), o) for o in range(order)])


class _Series:
    """Arrays of cumulants by set S and order o; None where they vanish.  Axis 0 is the recursion's own index.

    B(S, o)[r], M(S, o)[a, b], L(S, o)[r, q]; indices run to n = top − ΣS, and a + b, r + q <= n are meaningful.
    """

    def __init__(self, space: SeriesSpace, top: int, *, jitter: float, seed: int) -> None:
        self.space, self.top = space, top
        self._jitter, self._rng = jitter, np.random.default_rng(seed)
        self._kept: dict[tuple[str, Traces, int], Array | None] = {}

    # ------------------------------------------------------------------------------------------- results

    def diagonal(self, order: int, steps: int) -> Array:
        """M(∅; k, k), k = 0 … steps, of one order; what no other order needed is computed for a, b <= steps only."""
        M = self._kept.get(("M", (), order))
        if M is None:
            M = self._sandwiches((), order, steps)
        k = np.arange(steps + 1)
        return np.array(M[k, k])

    # -------------------------------------------------------------------------------------------- states

    def B(self, S: Traces, order: int) -> Any:
        """⟨S; Rʳ⟩ of one order, (n + 1, state); None if it vanishes."""
        return self._remembered("B", S, order, order >= len(S), lambda: self._chains(S, order))

    def M(self, S: Traces, order: int) -> Any:
        """⟨S; Rᵃ Q̃ Rᵇ⟩ of one order, (n + 1, n + 1, state); None if it vanishes."""
        n = self.top - sum(S)
        return self._remembered("M", S, order, order >= len(S), lambda: self._sandwiches(S, order, n))

    def L(self, S: Traces, order: int) -> Any:
        """⟨S, tr Q̃R^q; Rʳ⟩ of one order, indexed [r, q]; None if it vanishes."""
        return self._remembered("L", S, order, order >= len(S) + 1, lambda: self._with_Q(S, order))

    def _remembered(self, kind: str, S: Traces, order: int, nonzero: bool, make: Callable[[], Array | None]) -> Any:
        if not nonzero or sum(S) > self.top:
            return None
        key = (kind, S, order)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def _forget(self, S: Traces) -> None:
        """Drop what is known of the sets that hold S."""
        for key in [key for key in self._kept if _contains(key[1], S)]:
            del self._kept[key]

    def _chains(self, S: Traces, order: int) -> Array:
        n, space = self.top - sum(S), self.space
        X = self._blank(n + 1)
        if not S and order == 0:
            X[0] = space.one
        W = self._blank(n + 1)
        if order:
            self._add_own(W, self.B(S, order - 1))
            for alpha, beta in _splittings(S):
                self._add_products(W, alpha, partial(self.B, beta), order - 1)
            self._add_split(W, self._split_chains(S, order - 1))
            self._add_merged(W, S, lambda rest: self.B(rest, order - 1))
        self._scan(X, W)
        return X

    def _sandwiches(self, S: Traces, order: int, size: int) -> Array:
        """a, b <= size only."""
        space = self.space
        X, W = self._blank(size + 1, size + 1), self._blank(size + 1, size + 1)
        if not S and order == 0:
            X[0, 0] = space.Q
        if order:
            self._add_own(W, self.M(S, order - 1))
            for alpha, beta in _splittings(S):
                self._add_products(W, alpha, partial(self.M, beta), order - 1)
            self._add_split(W, self._split_sandwiches(S, order - 1))
            self._add_crossings(W, S, order - 1)
            self._add_merged(W, S, lambda rest: self.M(rest, order - 1))
        self._scan(X[:, 0], W[:, 0])
        X[0, 1:] = space.transpose(X[1:, 0])
        self._scan(X[:, 1:], W[:, 1:])
        return X

    def _with_Q(self, S: Traces, order: int) -> Array:
        n = self.top - sum(S)
        X, W = self._blank(n + 1, n + 1), self._blank(n + 1, n + 1)
        below = self.L(S, order - 1)
        self._add_own(W, below)
        for alpha, beta in _splittings(S):
            self._add_products(W, alpha, partial(self.L, beta), order - 1)
            self._add_Q_traces(W, alpha, beta, order - 1)
        self._add_split(W, self._split_with_Q(S, order - 1))
        whole = self.M(S, order - 1)
        if whole is not None:  # 2 Σ_{j<q} [M(q−1−j, j+r−1) − M(q−1−j, j+r)]
            sums = antidiagonal_sums(whole)  # [q − 1, r − 1]
            W[1:, 1:] += 2 * (np.swapaxes(sums[:-1, :-1], 0, 1) - np.swapaxes(sums[:-1, 1:], 0, 1))
        self._add_merged(W, S, lambda rest: self.L(rest, order - 1))
        self._scan(X, W)
        return X

    # --------------------------------------------------------------------------------------------- terms

    def _add_own(self, W: Array, X: Array | None) -> None:
        """(a − 1)(X[a−2] − X[a−1])."""
        if X is None or W.shape[0] < 3:
            return
        X = fitted(X, W)
        factor = np.arange(1, W.shape[0] - 1).reshape(-1, *[1] * (W.ndim - 1))
        W[2:] += (X[:-2] - X[1:-1]) * factor

    def _add_products(self, W: Array, alpha: Traces, X: Callable[[int], Array | None], order: int) -> None:
        """Σ_j [⟨α; tr R^j⟩ − ⟨α; tr R^{j+1}⟩] X[a−2−j], over the ways to share the order."""
        for o in range(order + 1):
            chain, factor = X(order - o), self.B(alpha, o)
            if chain is None or factor is None:
                continue
            traces = self.space.functional(factor, self.space.trace_weight)
            add_convolved(W, traces[:-1] - traces[1:], fitted(chain, W))

    def _add_Q_traces(self, W: Array, alpha: Traces, beta: Traces, order: int) -> None:
        """Σ_j [⟨α, tr Q̃R^q; tr R^j⟩ − ⟨…; tr R^{j+1}⟩] B(β)[r−2−j]."""
        for o in range(order + 1):
            chain, factor = self.B(beta, order - o), self.L(alpha, o)
            if chain is None or factor is None:
                continue
            traces = self.space.functional(factor, self.space.trace_unit_weight)  # [j, q]
            steps, chain = traces[:-1] - traces[1:], self._times_unit(chain)
            for r in range(2, W.shape[0]):
                width = min(W.shape[1], steps.shape[1])
                terms = steps[: r - 1, :width].T @ chain[r - 2 :: -1][: r - 1].reshape(r - 1, -1)
                W[r, :width] += terms.reshape(width, *W.shape[2:])

    def _times_unit(self, X: Array) -> Array:
        space = self.space
        return X if space.unit is space.one else np.asarray(np.matmul(X, space.unit))

    def _add_split(self, W: Array, sums: Array | None) -> None:
        """V[a−2] − V[a−1] with V[n] = Σ_{j=1}^n ⟨S ∪ {j}; X[n−j]⟩."""
        if sums is not None and W.shape[0] > 2:
            sums = fitted(sums, W)
            W[2:] += sums[:-2] - sums[1:-1]

    def _add_crossings(self, W: Array, S: Traces, order: int) -> None:
        """Σ_{j<b} of [M(j, t−2−j) − M(j, t−1−j)] and of [L(t−2−j', j') − L(t−1−j', j')], t = a + b, j' = b−1−j."""
        size = W.shape[0]
        pieces = [self.M(S, order), *self._full_L(S, order)]
        for piece in pieces:
            if piece is not None:
                sums = antidiagonal_sums(piece)[: size - 1, :size]  # [b − 1, a − 1]
                W[1:, 1:] += np.swapaxes(sums[:, : size - 1] - sums[:, 1:size], 0, 1)

    def _full_L(self, S: Traces, order: int) -> Iterator[Array | None]:
        """⟨S; tr Q̃R^q · Rʳ⟩ as [r, q]: the cumulant with all of S and the products over its splittings."""
        yield self.L(S, order)
        for alpha, beta in _splittings(S):
            for o in range(order + 1):
                factor, chain = self.B(alpha, o), self.B(beta, order - o)
                if factor is None or chain is None:
                    continue
                n = self.top - sum(S)
                traces = self.space.functional(factor[: n + 1], self.space.trace_Q_weight)
                chain = self._times_unit(chain[: n + 1])
                yield chain[:, None] * traces.reshape(1, -1, *[1] * (chain.ndim - 1))

    def _add_merged(self, W: Array, S: Traces, X: Callable[[Traces], Array | None]) -> None:
        """Σ_{i∈S} 2i (X_{S∖i}[i+a−2] − X_{S∖i}[i+a−1])."""
        for i in S:
            chain = X(_without(S, i))
            if chain is not None:
                part = chain[i - 1 : i - 1 + W.shape[0]]
                if W.ndim > 1 + self.space.one.ndim:
                    part = part[:, : W.shape[1]]
                W[1:] += (part[:-1] - part[1:]) * (2 * i)

    # ----------------------------------------------------------------------------- one trace split off

    def _split_chains(self, S: Traces, order: int) -> Array | None:
        if order <= len(S):
            return None
        if not S and order == 1:
            return self._leading_split_chains()
        return self._split_sum(S, lambda bigger: self.B(bigger, order), self._blank(self.top - sum(S) + 1))

    def _split_sandwiches(self, S: Traces, order: int) -> Array | None:
        if order <= len(S):
            return None
        if not S and order == 1:
            return self._leading_split_sandwiches()
        n = self.top - sum(S)
        return self._split_sum(S, lambda bigger: self.M(bigger, order), self._blank(n + 1, n + 1))

    def _split_with_Q(self, S: Traces, order: int) -> Array | None:
        if order <= len(S) + 1:
            return None
        n = self.top - sum(S)
        return self._split_sum(S, lambda bigger: self.L(bigger, order), self._blank(n + 1, n + 1))

    def _split_sum(self, S: Traces, X: Callable[[Traces], Array | None], total: Array) -> Array:
        for j in range(1, total.shape[0]):
            bigger = tuple(sorted((*S, j)))
            chain = X(bigger)
            if chain is None:
                continue
            if chain.ndim == 1 + self.space.one.ndim:
                total[j:] += chain
            else:
                total[j:, : chain.shape[1]] += chain
                if not S:  # (n + 1)² states for each of n sets would not fit
                    self._forget(bigger)
        return total

    def _leading_split_chains(self) -> Array:
        """V at order ε for S = ∅: ⟨tr R^j; R^r⟩ = 2ε j r K² R̄^{j+r−2}, and Σ_j 2j(n − j) = (n³ − n)/3."""
        chain = self.B((), 0)
        V = self._blank(self.top + 1)
        squared = self.space.left(self.space.left(chain))
        for n in range(2, self.top + 1):
            V[n] = squared[n - 2] * ((n**3 - n) // 3)
        return V

    def _leading_split_sandwiches(self) -> Array:
        """V at order ε for S = ∅, from ⟨tr R^j; Rᵃ Q̃ Rᵇ⟩ = 2εj [a K²R̄^{j+a−2} Q̃ R̄ᵇ + b R̄ᵃ Q̃ R̄^{j+b−2}K²].

        With Sₙ = Σ_{j=1}^n j R̄^{n−j} Q̃ R̄^{j−1} the second part of V[n, b] is 2b Sₙ R̄^{b−1} K².
        """
        space, top, M = self.space, self.top, self.M((), 0)
        V = self._blank(top + 1, top + 1)
        for n in range(2, top + 1):
            V[n] = space.left(space.left(M[n - 2])) * ((n**3 - n) // 3)
        right = self._blank(top + 1)
        for n in range(1, top + 1):
            right[n] = right[n - 1] - space.left(right[n - 1]) + M[0, n - 1] * n
        right = space.transpose(right)
        for b in range(1, top + 1):
            V[:, b] += space.transpose(space.left(space.left(right))) * (2 * b)
            right = right - space.left(right)
        return V

    # ------------------------------------------------------------------------------------------ plumbing

    def _blank(self, *stack: int) -> Array:
        one = self.space.one
        X = np.empty((*stack, *one.shape), dtype=one.dtype)
        X[...] = one - one
        return X

    def _scan(self, X: Array, W: Array) -> None:
        """X_a = X_{a−1} − K (X_{a−1} − W_a)."""
        for a in range(1, X.shape[0]):
            X[a] = X[a - 1] - self.space.left(X[a - 1] - W[a])
            if self._jitter:
                stack = X[a].shape[: X.ndim - 1 - self.space.one.ndim]
                noise = self._rng.uniform(-1, 1, size=(*stack, *[1] * self.space.one.ndim))
                X[a] *= 1 + self._jitter * noise


def _contains(S: Traces, part: Traces) -> bool:
    return all(S.count(i) >= part.count(i) for i in part)


def _without(S: Traces, i: int) -> Traces:
    position = S.index(i)
    return S[:position] + S[position + 1 :]


def _splittings(S: Traces) -> Iterator[tuple[Traces, Traces]]:
    """The 2^|S| ordered ways to share the labelled members of S."""
    for mask in range(1 << len(S)):
        yield (
            tuple(i for p, i in enumerate(S) if mask >> p & 1),
            tuple(i for p, i in enumerate(S) if not mask >> p & 1),
        )
