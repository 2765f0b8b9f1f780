"""The parts of a compiled recursion: sparse integer rows, and the layer of all states of one degree."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.fields import Array


@dataclass(frozen=True)
class SparseRows:
    """An integer matrix in compressed rows: row i sums ``data`` × rows ``indices`` over its slice of ``indptr``."""

    indptr: Array
    indices: Array
    data: Array
    columns: int

    @functools.cached_property
    def _float64(self) -> Any:
        return _csr(self.data, self.indices, self.indptr, self.columns)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.indptr.size - 1)

    def times(self, values: Array, start: int, stop: int) -> Array:
        """Return rows start … stop − 1 of this matrix times ``values`` (columns, width), float64 or objects."""
        if values.dtype == np.float64 and stop - start == self.rows:
            return np.asarray(self._float64 @ values)
        first, last = self.indptr[start], self.indptr[stop]
        indices, weights, indptr = (
            self.indices[first:last],
            self.data[first:last],
            self.indptr[start : stop + 1] - first,
        )
        if values.dtype == np.float64:
            return np.asarray(_csr(weights, indices, indptr, self.columns) @ values)
        result = np.repeat(values[:1], stop - start, axis=0)  # row 0 is zero
        filled = np.flatnonzero(np.diff(indptr))
        if filled.size:
            terms = values[indices]
            scaled = np.flatnonzero(weights != 1)
            factors = np.array([int(w) for w in weights[scaled]], dtype=object)[:, None]
            terms[scaled] = terms[scaled] * factors
            result[filled] = np.add.reduceat(terms, indptr[filled], axis=0)
        return result


def _csr(data: Array, indices: Array, indptr: Array, columns: int) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((data.astype(np.float64), indices, indptr), shape=(indptr.size - 1, columns))


@dataclass(frozen=True)
class Layer:
    """Index arrays that compute all states of one degree from the two degrees below.  Row 0 is always zero."""

    rows: int
    updated: Array  # rows given by the recursion X = P − C∘(P − ε·(one·Y₁ + two·Y₂ + d·Y₂[split]))
    previous: Array  # P, rows of degree D − 1
    split: Array  # rows of degree D − 2 that carry tr R⁰ = d; 0 for none
    one: SparseRows
    two: SparseRows
    b_from: Array  # B(κ; 0) = tr B(κ∖j; j): source rows
    b_into: Array
    m_into: Array  # M(κ; 0, 0) = Q̃ B(κ; 0), in the order of b_into
    l_from: Array  # L(κ; q, 0) = tr(Q̃ B(κ; q))
    l_into: Array
    mirror_from: Array  # M(κ; b, a) = M(κ; a, b)ᵀ
    mirror_into: Array
    sums: SparseRows  # the auxiliary rows CM, CP, V as combinations of the rows of this layer before them
    first_sum: int
    b_row: int  # row of B(∅; D)
    m_row: int  # row of M(∅; D/2, D/2); 0 for odd D


@dataclass(frozen=True)
class Plan:
    """Layers of degree 0 … 2k."""

    steps: int
    layers: tuple[Layer, ...]

    @property
    def rows(self) -> int:
        """Total number of states."""
        return sum(layer.rows for layer in self.layers)

    @property
    def terms(self) -> int:
        """Total number of terms of all recursions."""
        return sum(layer.one.indices.size + layer.two.indices.size + layer.sums.indices.size for layer in self.layers)
