"""The centred Wishart recursion of theory section 5, compiled to index arrays that depend on k alone.

States of degree D (total power of R = I − N) are expectations B(κ; r), M(κ; a, b), L(κ; q, r) with
|κ| + r, |κ| + a + b, |κ| + q + r = D, κ a partition (a multiset of traces tr Rʲ).  Every state of degree D is one
affine combination of states of degrees D − 1 and D − 2, so a degree is one *layer*: rows of an array, updated at
once by two sparse integer matrices.  Three kinds of auxiliary rows make the sums of section 5 short:

    CM(κ; b) = Σ_{j<b} M(κ; j, t−j)      CP(κ; b) = CM(κ; b) + Σ_{j<b} L(κ; t−j, j)      (t = D − |κ|)
    V·(κ; n) = Σ_{j=1}^{n} ·(κ ∪ {j}; n−j)                                               (one trace split off)

Within a layer the rows are grouped by |κ| = s; the partitions of s are ordered by their number of parts, because
a state of degree D can reach degree 2k only if κ has at most 2k − D parts: the candidates are a prefix.  States
that the results do not depend on are removed at the end.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from theorycalc.fields import Array
from theorycalc.moments.layers import Layer, Plan, SparseRows
from theorycalc.moments.prune import pruned

_INDEX = np.int64  # while building
_ROWS_PER_CANDIDATE = 2.0  # rows left in the widest layer, auxiliary ones included, per state before pruning
_STORED = np.int32  # what SciPy multiplies fastest with; a plan with more terms than this would not fit in memory


def widest_layer(steps: int) -> int:
    """Return an upper estimate of the rows of the largest layer of the plan for ``steps``, without building it."""
    top = 2 * steps
    counts = partition_counts(top)
    sizes = []
    for degree in range(top + 1):
        parts = top - degree
        sizes.append(sum(counts[s][parts] * (1 + 2 * (degree - s + 1)) for s in range(degree + 1)))
    return int(_ROWS_PER_CANDIDATE * max(sizes)) + 1


def partition_counts(size: int) -> list[list[int]]:
    """counts[s][p] = number of partitions of s with at most p parts."""
    counts = [[1] * (size + 1)] + [[0] * (size + 1) for _ in range(size)]
    for s in range(1, size + 1):
        for p in range(1, size + 1):
            counts[s][p] = counts[s][p - 1] + (counts[s - p][p] if s >= p else 0)
    return counts


class _Partitions:
    """Partitions of 0 … degree, each group ordered by number of parts, with the maps κ → κ ∪ {j} and κ → κ∖{i}."""

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.items: list[list[tuple[int, ...]]] = []
        self.index: list[dict[tuple[int, ...], int]] = []
        self.prefix: list[Array] = []  # prefix[s][p] = number of partitions of s with at most p parts
        for s in range(degree + 1):
            group = sorted(_partitions(s, s, degree - s), key=len)
            lengths = np.array([len(kappa) for kappa in group], dtype=_INDEX)
            self.items.append(group)
            self.index.append({kappa: position for position, kappa in enumerate(group)})
            self.prefix.append(np.searchsorted(lengths, np.arange(degree + 2), side="right"))
        self._removed = [self._removals(s) for s in range(degree + 1)]
        self._joined = [np.full((len(group), degree - s + 1), -1) for s, group in enumerate(self.items)]
        for s in range(degree + 1):
            part, position, _, rest = self._removed[s]
            for i in np.unique(part):
                chosen = part == i
                self._joined[s - i][rest[chosen], i] = position[chosen]

    def count(self, s: int, parts: int) -> int:
        """Number of partitions of s with at most ``parts`` parts."""
        return int(self.prefix[s][parts]) if parts >= 0 else 0

    def joined(self, s: int, count: int, largest: int) -> Array:
        """(count, largest + 1): position of κ ∪ {j} among the partitions of s + j, for the first κ of s."""
        return self._joined[s][:count, : largest + 1]

    def removed(self, s: int, count: int) -> tuple[Array, Array, Array, Array]:
        """(i, position of κ, multiplicity of i in κ, position of κ∖{i}) for the first ``count`` κ of s and i ∈ κ."""
        part, position, multiplicity, rest = self._removed[s]
        inside = slice(0, int(np.searchsorted(position, count)))
        return part[inside], position[inside], multiplicity[inside], rest[inside]

    def _removals(self, s: int) -> tuple[Array, Array, Array, Array]:
        found = []
        for position, kappa in enumerate(self.items[s]):
            start = 0
            while start < len(kappa):
                i, multiplicity = kappa[start], kappa.count(kappa[start])
                rest = kappa[:start] + kappa[start + 1 :]
                found.append((i, position, multiplicity, self.index[s - i][rest]))
                start += multiplicity
        columns = np.array(found, dtype=_INDEX).reshape(-1, 4)
        return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]


def _partitions(total: int, largest: int, parts: int) -> Iterator[tuple[int, ...]]:
    if total == 0:
        yield ()
    elif parts > 0:
        for first in range(min(total, largest), 0, -1):
            for rest in _partitions(total - first, first, parts - 1):
                yield (first, *rest)


_STRIDE = {"B": 0, "VB": 0, "M": 1, "L": 1, "VM": 1, "VL": 1, "CM": 2, "CP": 2}  # rows per κ: 1, or t + this


class _Layout:
    """Row numbers of the states of one degree D."""

    def __init__(self, degree: int, top: int, partitions: _Partitions) -> None:
        self.degree, self.parts = degree, top - degree
        self.count = [partitions.count(s, self.parts) for s in range(degree + 1)]
        self.inner = [partitions.count(s, self.parts - 1) for s in range(degree + 1)]
        row = 1
        self.starts: dict[str, Array] = {}
        self.strides: dict[str, Array] = {}
        sizes = np.arange(degree + 1)
        for name in ("B", "M", "L", "CM", "CP", "VB", "VM", "VL"):
            if name == "CM":
                self.first_sum = row
            extra = _STRIDE[name]
            stride = np.ones_like(sizes) if extra == 0 else degree - sizes + extra
            lengths = np.array(self.inner if name.startswith("V") else self.count) * stride
            self.strides[name] = stride
            self.starts[name] = row + np.concatenate([[0], np.cumsum(lengths)[:-1]])
            row += int(lengths.sum())
        self.rows = row

    def at(self, name: str, s: Array | int, kappa: Array, index: Array | int = 0) -> Array:
        """Rows of state ``name`` for partitions ``kappa`` of s; ``index`` is a (M, VM), r (L), b (CM, CP), q (VL)."""
        return np.asarray(self.starts[name][s] + kappa * self.strides[name][s] + index)


class _Terms:
    """Collects (row, column, coefficient) triples and compresses them."""

    def __init__(self) -> None:
        self.blocks: list[tuple[Array, Array, Array]] = []

    def add(self, rows: Array, columns: Array, coefficients: Array | int) -> None:
        """Add coefficient × ``columns`` to ``rows``; all broadcast to the shape of ``columns``."""
        zero = np.zeros(columns.shape, dtype=_INDEX)  # adding it broadcasts, several times faster than broadcast_to
        self.blocks.append(((rows + zero).reshape(-1), columns.reshape(-1), (coefficients + zero).reshape(-1)))

    def compressed(self, order: Array, rows: int, columns: int) -> SparseRows:
        """Return the matrix whose row i holds the terms of row ``order[i]``."""
        place = np.full(rows, -1, dtype=_INDEX)
        place[order] = np.arange(order.size)
        if not self.blocks:
            empty = np.zeros(0, dtype=_STORED)
            return SparseRows(np.zeros(order.size + 1, dtype=_STORED), empty, empty, columns)
        row, column, value = (np.concatenate(parts) for parts in zip(*self.blocks, strict=True))
        row = place[row].astype(_STORED)
        by_row = np.argsort(row, kind="stable")
        indptr = np.zeros(order.size + 1, dtype=_STORED)
        np.cumsum(np.bincount(row, minlength=order.size), out=indptr[1:])
        return SparseRows(indptr, column[by_row].astype(_STORED), value[by_row].astype(_STORED), columns)


@functools.lru_cache(maxsize=8)
def compile_plan(steps: int) -> Plan:
    """Return the plan that computes M(∅; k, k), k = 0 … steps, and B(∅; r), r = 0 … 2·steps (cached)."""
    top = 2 * steps
    partitions = _Partitions(top)
    layouts = [_Layout(degree, top, partitions) for degree in range(top + 1)]
    return Plan(steps, pruned([_layer(degree, layouts, partitions) for degree in range(top + 1)]))


def _layer(degree: int, layouts: list[_Layout], partitions: _Partitions) -> Layer:
    here = layouts[degree]
    below = layouts[degree - 1] if degree >= 1 else None
    lower = layouts[degree - 2] if degree >= 2 else None
    one, two, updates = _Terms(), _Terms(), list[tuple[Array, Array, Array]]()
    for s in range(degree + 1):
        kappa = np.arange(here.count[s])[:, None]
        if here.count[s] == 0 or below is None or s == degree:
            continue
        builder = _GroupTerms(here, below, lower, one, two, partitions.removed(s, here.count[s]), s, kappa)
        updates += [builder.chains_b(), builder.chains_m(), builder.chains_l()]
    updated, previous, split = (
        (np.concatenate([u[i] for u in updates]) for i in range(3)) if updates else [np.zeros(0, dtype=_INDEX)] * 3
    )
    sums, sum_rows = _Terms(), np.arange(here.first_sum, here.rows)
    _running_sums(here, sums)
    _split_sums(here, partitions, sums)
    mirror_from, mirror_into = _mirrors(here)
    return Layer(
        rows=here.rows,
        updated=updated.astype(_STORED),
        previous=previous.astype(_STORED),
        split=split.astype(_STORED),
        one=one.compressed(updated, here.rows, below.rows if below else 1),
        two=two.compressed(updated, here.rows, lower.rows if lower else 1),
        sums=sums.compressed(sum_rows, here.rows, here.rows),
        first_sum=here.first_sum,
        mirror_from=mirror_from.astype(_STORED),
        mirror_into=mirror_into.astype(_STORED),
        b_row=int(here.at("B", 0, np.array(0))) if here.count[0] else 0,
        m_row=int(here.at("M", 0, np.array(0), degree // 2)) if degree % 2 == 0 else 0,
        **_bases(here, partitions),
    )


class _GroupTerms:
    """The recursions of section 5 for the partitions of one size s: each method returns (rows, P, rows with d)."""

    def __init__(
        self,
        here: _Layout,
        below: _Layout,
        lower: _Layout | None,
        one: _Terms,
        two: _Terms,
        removed: tuple[Array, Array, Array, Array],
        s: int,
        kappa: Array,
    ) -> None:
        self.here, self.below, self.lower, self.one, self.two = here, below, lower, one, two
        self.removed, self.s, self.kappa, self.t = removed, s, kappa, here.degree - s

    def _difference(self, rows: Array, name: str, s: Any, kappa: Array, index: Any, shift: int, weight: Any) -> None:
        """Add weight·[X(index) in degree D−2  −  X(index + shift) in degree D−1]."""
        if self.lower is not None:
            self.two.add(rows, self.lower.at(name, s, kappa, index), weight)
        self.one.add(rows, self.below.at(name, s, kappa, index + shift), -weight)

    def _merge(self, name: str, row_index: Array, index: Array, shift: int) -> None:
        """Add Σ_{i∈κ} 2i [X(κ∖i; i + …, D − 2) − X(κ∖i; i + … + 1, D − 1)]; ``index`` is the position at i = 0."""
        part, kappa, multiplicity, rest = (column[:, None] for column in self.removed)
        if part.size:
            rows = self.here.at(name, self.s, kappa, row_index)
            self._difference(rows, name, self.s - part, rest, index + part * shift, shift, 2 * part * multiplicity)

    def chains_b(self) -> tuple[Array, Array, Array]:
        """B(κ; r), r = t >= 1."""
        here, below, lower, s, kappa, r = self.here, self.below, self.lower, self.s, self.kappa, self.t
        rows, zero = here.at("B", s, kappa), np.zeros(1, dtype=_INDEX)
        split = np.zeros_like(rows)
        if r >= 2 and lower is not None:
            self._difference(rows, "B", s, kappa, zero, 0, r - 1)
            split = lower.at("B", s, kappa)
            self._difference(rows, "VB", s, kappa, zero, 0, 1)
        self._merge("B", zero, zero, 0)
        return rows.reshape(-1), below.at("B", s, kappa).reshape(-1), split.reshape(-1)

    def chains_m(self) -> tuple[Array, Array, Array]:
        """M(κ; a, b) with 1 <= a <= b, or b = 0; the others are mirrored."""
        here, below, lower, s, kappa, t = self.here, self.below, self.lower, self.s, self.kappa, self.t
        a = np.array([*range(1, t // 2 + 1), t] if t >= 2 else [t])
        b = t - a
        rows = here.at("M", s, kappa, a)
        split = np.zeros_like(rows)
        long = a >= 2
        if lower is not None and long.any():
            al, rl = a[long], rows[:, long]
            self._difference(rl, "M", s, kappa, al - 2, 1, al - 1)
            split[:, long] = lower.at("M", s, kappa, al - 2)
            self._difference(rl, "VM", s, kappa, al - 2, 1, 1)
        paired = b >= 1
        if paired.any():
            self._difference(rows[:, paired], "CP", s, kappa, b[paired], 0, 1)
        self._merge("M", a, a - 2, 1)
        return rows.reshape(-1), below.at("M", s, kappa, a - 1).reshape(-1), split.reshape(-1)

    def chains_l(self) -> tuple[Array, Array, Array]:
        """L(κ; q, r), r >= 1, q = t − r."""
        here, below, lower, s, kappa, t = self.here, self.below, self.lower, self.s, self.kappa, self.t
        r = np.arange(1, t + 1)
        q = t - r
        rows = here.at("L", s, kappa, r)
        split = np.zeros_like(rows)
        long = r >= 2
        if lower is not None and long.any():
            rl, rows_l = r[long], rows[:, long]
            self._difference(rows_l, "L", s, kappa, rl - 2, 1, rl - 1)
            split[:, long] = lower.at("L", s, kappa, rl - 2)
            # VL is indexed by q, which the recursion keeps
            self._difference(rows_l, "VL", s, kappa, q[long], 0, 1)
        inner = q >= 1
        if inner.any():
            self._difference(rows[:, inner], "CM", s, kappa, q[inner], 0, 2)
        self._merge("L", r, r - 2, 1)
        return rows.reshape(-1), below.at("L", s, kappa, r - 1).reshape(-1), split.reshape(-1)


def _running_sums(here: _Layout, terms: _Terms) -> None:
    """CM(κ; b) = Σ_{j<b} M(κ; j, t−j) and CP(κ; b) = CM(κ; b) + Σ_{j<b} L(κ; t−j, j), b = 1 … t + 1."""
    for s in range(here.degree + 1):
        t, kappa = here.degree - s, np.arange(here.count[s])[:, None]
        if not here.count[s]:
            continue
        j, last = np.triu_indices(t + 1)  # j <= last = b − 1
        for name, source in (("CM", "M"), ("CP", "M"), ("CP", "L")):
            terms.add(here.at(name, s, kappa, last + 1), here.at(source, s, kappa, j), 1)


def _split_sums(here: _Layout, partitions: _Partitions, terms: _Terms) -> None:
    """V·(κ; n) = Σ_{j=1}^{n} ·(κ ∪ {j}; n − j)."""
    for s in range(here.degree):
        t, count = here.degree - s, here.inner[s]
        if not count:
            continue
        kappa = np.arange(count)[:, None]
        joined = partitions.joined(s, count, t)
        j = np.arange(1, t + 1)
        terms.add(here.at("VB", s, kappa), here.at("B", s + j, joined[:, j]), 1)
        j, n = (pairs + 1 for pairs in np.triu_indices(t))
        terms.add(here.at("VL", s, kappa, t - n), here.at("L", s + j, joined[:, j], n - j), 1)
        used = (2 * n < t) | (n == t)  # M is reduced on its shorter side, or on a when b = 0
        j, n = j[used], n[used]
        terms.add(here.at("VM", s, kappa, n), here.at("M", s + j, joined[:, j], n - j), 1)


def _mirrors(here: _Layout) -> tuple[Array, Array]:
    sources, targets = [np.zeros(0, dtype=_INDEX)], [np.zeros(0, dtype=_INDEX)]
    for s in range(here.degree + 1):
        t, kappa = here.degree - s, np.arange(here.count[s])[:, None]
        into = np.array([a for a in range(t) if a == 0 or a > t - a], dtype=_INDEX)
        sources.append(here.at("M", s, kappa, t - into).reshape(-1))
        targets.append(here.at("M", s, kappa, into).reshape(-1))
    return np.concatenate(sources), np.concatenate(targets)


def _bases(here: _Layout, partitions: _Partitions) -> dict[str, Array]:
    degree, none = here.degree, np.zeros(0, dtype=_INDEX)
    kappa = np.arange(here.count[degree])
    b_from = none
    if degree:
        firsts = [partitions.items[degree][position] for position in kappa]
        b_from = np.array(
            [here.at("B", degree - p[0], np.array(partitions.index[degree - p[0]][p[1:]])) for p in firsts],
            dtype=_INDEX,
        )
    l_from, l_into = [none], [none]
    for s in range(degree + 1):
        members = np.arange(here.count[s])
        l_from.append(here.at("B", s, members))
        l_into.append(here.at("L", s, members, 0))
    return {
        "b_from": b_from,
        "b_into": here.at("B", degree, kappa),
        "m_into": here.at("M", degree, kappa, 0),
        "l_from": np.concatenate(l_from),
        "l_into": np.concatenate(l_into),
    }
