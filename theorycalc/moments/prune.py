"""Removes from a plan the states that its results do not depend on."""

from dataclasses import replace

import numpy as np

from theorycalc.fields import Array
from theorycalc.moments.layers import Layer, SparseRows


def pruned(layers: list[Layer]) -> tuple[Layer, ...]:
    """Return the layers with only the rows that M(∅; k, k) and B(∅; r) depend on, renumbered."""
    needed = [np.zeros(layer.rows, dtype=bool) for layer in layers]
    for degree in range(len(layers) - 1, -1, -1):
        _mark(layers, needed, degree)
    maps = [np.cumsum(mask) - 1 for mask in needed]
    return tuple(_renumbered(layers, needed, maps, degree) for degree in range(len(layers)))


def _used(matrix: SparseRows, rows: Array) -> Array:
    """Columns that the masked rows refer to."""
    return np.asarray(matrix.indices[np.repeat(rows, np.diff(matrix.indptr))])


def _mark(layers: list[Layer], needed: list[Array], degree: int) -> None:
    """Mark the rows of this degree that its own marked rows depend on, then those of the two degrees below."""
    layer, mask = layers[degree], needed[degree]
    mask[[0, layer.b_row, layer.m_row]] = True
    mask[_used(layer.sums, mask[layer.first_sum :])] = True
    mask[layer.mirror_from[mask[layer.mirror_into]]] = True
    mask[layer.l_from[mask[layer.l_into]]] = True
    scalars = mask[layer.b_into] | mask[layer.m_into]
    mask[layer.b_into[scalars]] = True
    mask[layer.m_into[scalars]] = True
    if layer.b_from.size:
        mask[layer.b_from[scalars]] = True
    live = mask[layer.updated]
    if degree >= 1:
        needed[degree - 1][layer.previous[live]] = True
        needed[degree - 1][_used(layer.one, live)] = True
    if degree >= 2:
        needed[degree - 2][layer.split[live]] = True
        needed[degree - 2][_used(layer.two, live)] = True


def _renumbered(layers: list[Layer], needed: list[Array], maps: list[Array], degree: int) -> Layer:
    layer, mask, here = layers[degree], needed[degree], maps[degree]
    below = maps[degree - 1] if degree >= 1 else np.zeros(1, dtype=int)
    lower = maps[degree - 2] if degree >= 2 else np.zeros(1, dtype=int)
    live = mask[layer.updated]
    scalars, traces, mirrored = mask[layer.b_into], mask[layer.l_into], mask[layer.mirror_into]
    return replace(
        layer,
        rows=int(mask.sum()),
        updated=here[layer.updated[live]],
        previous=below[layer.previous[live]],
        split=lower[layer.split[live]],
        one=_selected(layer.one, live, below),
        two=_selected(layer.two, live, lower),
        sums=_selected(layer.sums, mask[layer.first_sum :], here),
        first_sum=int(mask[: layer.first_sum].sum()),
        b_from=here[layer.b_from[scalars]] if layer.b_from.size else layer.b_from,
        b_into=here[layer.b_into[scalars]],
        m_into=here[layer.m_into[scalars]],
        l_from=here[layer.l_from[traces]],
        l_into=here[layer.l_into[traces]],
        mirror_from=here[layer.mirror_from[mirrored]],
        mirror_into=here[layer.mirror_into[mirrored]],
        b_row=int(here[layer.b_row]),
        m_row=int(here[layer.m_row]),
    )


def _selected(matrix: SparseRows, rows: Array, columns: Array) -> SparseRows:
    """The masked rows, with columns renumbered."""
    lengths = np.diff(matrix.indptr)
    kept = np.repeat(rows, lengths)
    indptr = np.concatenate([[0], np.cumsum(lengths[rows])]).astype(matrix.indptr.dtype)
    indices = columns[matrix.indices[kept]].astype(matrix.indices.dtype)
    return SparseRows(indptr, indices, matrix.data[kept], int(columns[-1]) + 1)
