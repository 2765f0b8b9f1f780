"""Wishart moments by integration by parts (theory section 5, N-form): matrix chains, and traces of powers.

Nothing here assumes that Λ and Σ commute, and no square root is taken, so rationals stay rationals.
"""

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np

from theorycalc._checks import integer
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import EXACT, Array, Field, as_fraction, require_field
from theorycalc.moments.isotropic import isotropic_trace_moment
from theorycalc.moments.plan import partition_counts
from theorycalc.spectra import Covariance, as_covariance

Partition = tuple[int, ...]  # a multiset of trace powers, descending
_MAX_ORDER = 60
_SECONDS_PER_STATE, _SECONDS_LIMIT = 2e-5, 300.0


def _with(kappa: Partition, j: int) -> Partition:
    return tuple(sorted((*kappa, j), reverse=True))


def _without(kappa: Partition, i: int) -> Partition:
    position = kappa.index(i)
    return kappa[:position] + kappa[position + 1 :]


def _parts(kappa: Partition) -> list[tuple[int, int]]:
    """The distinct parts i of κ with their multiplicities."""
    return [(i, kappa.count(i)) for i in sorted(set(kappa))]


class WishartChains:
    """Memoised states B(κ; r), M(κ; a, b), L(κ; q, r)·A of theory section 5 over any field.

    Parameters
    ----------
    A, Sigma, Q : (d, d) symmetric arrays of field scalars; A may be singular or indefinite
    epsilon : 1/m

    The states are expectations of T_κ (AS)^r, T_κ (AS)^a Q (SA)^b and, for q >= 1, T_κ tr(Q S (AS)^(q−1)) (AS)^r A,
    where T_κ is the product of tr (AS)^i over i ∈ κ and S is Wishart: m S ~ W_m(Σ).  Claims: ERR-02.
    """

    def __init__(self, A: Array, Sigma: Array, Q: Array, epsilon: Any, field: Field) -> None:
        self.A, self.Q, self.epsilon = A, Q, epsilon
        self.Sigma, self.K = Sigma, A @ Sigma
        self.one = field.array(np.eye(A.shape[0], dtype=int))
        self._s: dict[tuple[Partition, int], Array] = {}
        self._b: dict[tuple[Partition, int], Array] = {}
        self._m: dict[tuple[Partition, int, int], Array] = {}
        self._l: dict[tuple[Partition, int, int], Array] = {}

    def trace(self, kappa: Partition) -> Any:
        """E T_κ."""
        return self.one[0, 0] if not kappa else np.trace(self.B(kappa[1:], kappa[0]))

    def B(self, kappa: Partition, r: int) -> Array:
        """E T_κ (AS)^r, (d, d)."""
        if r == 0:
            return np.asarray(self.one * self.trace(kappa))
        found = self._b.get((kappa, r))
        if found is None:
            found = self._b[kappa, r] = self.A @ self.S(kappa, r)
        return found

    def S(self, kappa: Partition, r: int) -> Array:
        """E T_κ S (AS)^(r−1) for r >= 1, (d, d): what A⁻¹ B(κ; r) is where A has an inverse."""
        found = self._s.get((kappa, r))
        if found is None:
            noise = self.B(kappa, r - 1) * (r - 1)
            for j in range(r - 1):
                noise = noise + self.B(_with(kappa, j + 1), r - 2 - j)
            for i, multiplicity in _parts(kappa):
                noise = noise + self.B(_without(kappa, i), i + r - 1) * (2 * i * multiplicity)
            found = self._s[kappa, r] = self.Sigma @ (self.B(kappa, r - 1) + noise * self.epsilon)
        return found

    def M(self, kappa: Partition, a: int, b: int) -> Array:
        """E T_κ (AS)^a Q (SA)^b, (d, d)."""
        if a == 0:
            return np.asarray(self.Q * self.trace(kappa)) if b == 0 else self.M(kappa, b, 0).T
        found = self._m.get((kappa, a, b))
        if found is None:
            noise = self.M(kappa, a - 1, b) * (a - 1)
            for j in range(a - 1):
                noise = noise + self.M(_with(kappa, j + 1), a - 2 - j, b)
            for j in range(b):
                noise = noise + self.M(kappa, j, a + b - 1 - j) + self.L(kappa, a + j, b - 1 - j)
            for i, multiplicity in _parts(kappa):
                noise = noise + self.M(_without(kappa, i), i + a - 1, b) * (2 * i * multiplicity)
            found = self._m[kappa, a, b] = self.K @ (self.M(kappa, a - 1, b) + noise * self.epsilon)
        return found

    def L(self, kappa: Partition, q: int, r: int) -> Array:
        """E T_κ tr(Q S (AS)^(q−1)) (AS)^r A for q >= 1, (d, d)."""
        known = self._l.get((kappa, q, r))
        if known is not None:
            return known
        found: Array
        if r == 0:
            found = self.A * (self.Q * self.S(kappa, q)).sum()  # tr(Q X), Q symmetric
        else:
            noise = self.L(kappa, q, r - 1) * (r - 1)
            for j in range(r - 1):
                noise = noise + self.L(_with(kappa, j + 1), q, r - 2 - j)
            for j in range(q):
                noise = noise + self.M(kappa, q - 1 - j, j + r) * 2
            for i, multiplicity in _parts(kappa):
                noise = noise + self.L(_without(kappa, i), q, i + r - 1) * (2 * i * multiplicity)
            found = self.K @ (self.L(kappa, q, r - 1) + noise * self.epsilon)
        self._l[kappa, q, r] = found
        return found

    def error(self, P: Array, k: int) -> Any:
        """E tr[P Rᵏ Q (Rᵏ)ᵀ] with R = I − AS: the alternating binomial sum over M(∅; i, j)."""
        total = np.trace(P @ self.M((), 0, 0))
        for i in range(k + 1):
            for j in range(k + 1):
                if i or j:
                    weight = (-1) ** (i + j) * comb(k, i) * comb(k, j)
                    total = total + np.trace(P @ self.M((), i, j)) * weight
        return total

    def mean_power(self, r: int) -> Array:
        """E Rʳ with R = I − AS, (d, d)."""
        total = self.one
        for i in range(1, r + 1):
            total = total + self.B((), i) * ((-1) ** i * comb(r, i))
        return total


def wishart_trace_moments(Sigma: Any, m: int, order: int, *, field: Field = EXACT) -> tuple[Any, ...]:
    """Return (E tr W, E tr W², …, E tr W^order) for W = X Xᵀ, X (d, m) with columns N(0, Σ).

    W is the sum over the m samples, not the mean.  The recursion has positive terms only, so float64 loses nothing.

    Parameters
    ----------
    Sigma : (d, d) or (d,) covariance, anything :func:`theorycalc.spectra.as_covariance` accepts
    m : number of samples >= 1
    order : highest power j, 1 … 60
    field : EXACT (default), F64, MP(dps) or BALL(bits)

    Returns
    -------
    tuple of ``order`` public numbers of the field

    Raises
    ------
    InvalidSetup
        for an invalid covariance, m or order.
    NotConverged
        when a moment overflows float64.
    OutsideRegime
        when the order is too high for this many eigenvalues.

    Cost: O(order²) per moment if Σ ∝ I, else the number of partitions up to ``order`` times the number of distinct
    eigenvalues.  Claims: MOM-02.  Source: theory section 5; Hanlon, Stanley, Stembridge 1992 for Σ ∝ I.

    Examples
    --------
    E tr W = m tr Σ = 7 · 6.

    >>> print(*wishart_trace_moments([1, 2, 3], 7, 4))
    42 1036 34272 1366848
    """
    field = require_field(field)
    covariance = as_covariance(Sigma, name="Sigma")
    samples = integer("m", m, minimum=1, maximum=10**15, remedy="pass the number of samples, an integer >= 1")
    top = integer("order", order, minimum=1, maximum=_MAX_ORDER, remedy=f"pass an order from 1 to {_MAX_ORDER}")
    _require_affordable(covariance, top)
    with field.working(), np.errstate(over="ignore", invalid="ignore"):
        moments = _trace_moments(covariance, samples, top, field)
        results = []
        for j, moment in enumerate(moments, start=1):
            if field.dtype == np.float64 and not np.isfinite(moment):
                raise NotConverged(f"E tr W^{j} overflows float64; use field=EXACT, MP(dps) or BALL(bits)")
            results.append(field.public(moment))
    return tuple(results)


def _require_affordable(covariance: Covariance, order: int) -> None:
    """Raise OutsideRegime when the partitions up to ``order`` would take more than minutes (measured rule of thumb)."""
    width = len(set(covariance.entries)) if covariance.is_diagonal else order
    if width == 1:
        return
    counts = partition_counts(order)
    states = sum(counts[s][order - degree] for degree in range(1, order + 1) for s in range(degree))
    seconds = states * _SECONDS_PER_STATE * (1 + width / 5)
    if seconds > _SECONDS_LIMIT:
        raise OutsideRegime(
            f"order = {order}: about {seconds / 60:.0f} minutes for {width} distinct eigenvalues; use a lower order"
        )


def _trace_moments(covariance: Covariance, m: int, order: int, field: Field) -> list[Any]:
    if covariance.is_diagonal:
        values, counts = np.unique([as_fraction(x) for x in covariance.entries], return_counts=True)
        if len(values) == 1:
            scale = field.number(values[0])
            return [field.number(isotropic_trace_moment(covariance.d, m, j)) * scale**j for j in range(1, order + 1)]
        weights = field.array(counts)
        spectrum = field.array(values)
        return _moments_of(spectrum * 1, lambda x: spectrum * x, lambda x: (weights * x).sum(), m, order)
    if field.dtype == np.float64:
        spectrum = np.linalg.eigvalsh(np.asarray(covariance))
        return _moments_of(spectrum * 1, lambda x: spectrum * x, lambda x: x.sum(), m, order)
    # E T_κ W^r is a polynomial in Σ: store its coefficients, so that only tr Σ^p, p <= order, sees the matrix.
    matrix = covariance.dense(field)
    power, traces = matrix, [field.number(covariance.d), np.trace(matrix)]
    for _ in range(2, order + 1):
        power = power @ matrix
        traces.append(np.trace(power))
    power_sums, zero = np.array(traces, dtype=object), field.array([0])
    first = field.array([0, 1] + [0] * (order - 1))
    return _moments_of(first, lambda x: np.concatenate([zero, x[:-1]]), lambda x: (x * power_sums).sum(), m, order)


def _moments_of(
    Sigma: Any, times_Sigma: Callable[[Any], Any], trace: Callable[[Any], Any], m: int, order: int
) -> list[Any]:
    """E tr W^j from F(κ; r) = E T_κ W^r = Σ {(m + r − 1) F(κ; r−1) + Σ_j F(κ ∪ {j+1}; r−2−j) + Σ_i 2i F(κ∖i; i+r−1)}.

    Bottom up over degrees |κ| + r, so that only what a degree needs from the one below is kept.  F(κ; 0) is the
    scalar E T_κ times the identity, hence F(κ; 1) = m E T_κ Σ + Σ_i 2i Σ F(κ∖i; i).
    """
    groups = [_ordered_partitions(s, order - s) for s in range(order + 1)]
    below: dict[tuple[Partition, int], Any] = {}
    scalars: dict[Partition, Any] = {}
    moments = []
    for degree in range(1, order + 1):
        states: dict[tuple[Partition, int], Any] = {}
        for s in range(degree):
            r = degree - s
            for kappa in groups[s]:
                if len(kappa) > order - degree:
                    break
                inner = Sigma * (m * (scalars[kappa] if kappa else 1) if r == 1 else scalars[_with(kappa, r - 1)])
                chain = [below[kappa, r - 1] * (m + r - 1)] if r > 1 else []
                chain += [below[_with(kappa, j), r - 1 - j] for j in range(1, r - 1)]
                chain += [below[_without(kappa, i), i + r - 1] * (2 * i * count) for i, count in _parts(kappa)]
                states[kappa, r] = times_Sigma(sum(chain[1:], chain[0])) + inner if chain else inner
        for kappa in groups[degree]:
            if len(kappa) <= order - degree:
                scalars[kappa] = trace(states[kappa[1:], kappa[0]])
        moments.append(trace(states[(), degree]))
        below = states
    return moments


def _ordered_partitions(total: int, parts: int) -> list[Partition]:
    """Partitions of ``total`` into at most ``parts`` parts, fewest parts first."""

    def listed(rest: int, largest: int, left: int) -> list[Partition]:
        if rest == 0:
            return [()]
        if left == 0:
            return []
        return [
            (first, *tail)
            for first in range(min(rest, largest), 0, -1)
            for tail in listed(rest - first, first, left - 1)
        ]

    return sorted(listed(total, total, parts), key=len)
