"""The whole support of the generalised Marchenko–Pastur law: every interval, its mass, and the gaps between.

A real α that is no eigenvalue of C is the image of a point outside the support iff ψ′(α) > 0 (Silverstein and Choi).
ψ′ is concave between two neighbouring eigenvalues c_j < c_{j+1} (ψ‴ = −6 Σ ωᵢ cᵢ²/(α − cᵢ)⁴) and −∞ at both, so it
has two zeros a < b there or none: two give the gap (ψ(a), ψ(b)).  Above it lie exactly as many sample eigenvalues as
C has above α (exact separation, Bai and Silverstein 1999), which makes all masses rational.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, shown
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Array,
    Ball,
    Field,
    as_fraction,
    is_ball,
    is_multiprecision,
    require_field,
)
from theorycalc.results import Frozen, plain
from theorycalc.rmt.edges import (
    _COUNT_REMEDY,
    _GUARD_BITS,
    _LOSS,
    _extreme,
    _in_range,
    _Law,
    _law,
    _pair,
    _spectrum,
)

_CELLS = 2**22  # numbers in a block of (intervals, eigenvalues)
_NEIGHBOURS = 24  # on each side, whose terms of ψ′ are looked at first
_HALVINGS = 60
_NEWTON = 60


@dataclass(frozen=True, kw_only=True, eq=False)
class SpectralSupport(Frozen):
    """The intervals that carry the spectrum of N, from the lowest up, and the atom at 0.

    Interval i is [lower[i], upper[i]] and holds ``count[i]`` of the d eigenvalues, the mass count[i]/d; ``count`` sums
    to min(d, m).
    """

    d: int
    m: int
    lower: Array  # (p,)
    upper: Array  # (p,)
    count: Array  # (p,) integers
    atom_at_zero: Fraction  # mass at 0: max(0, 1 − m/d)
    field_name: str
    uncertainty: str

    @property
    def intervals(self) -> list[tuple[Any, Any]]:
        """The intervals as pairs of edges."""
        return list(zip(self.lower, self.upper, strict=True))

    @property
    def gaps(self) -> list[tuple[Any, Any]]:
        """The gaps between neighbouring intervals."""
        return list(zip(self.upper[:-1], self.lower[1:], strict=True))

    @property
    def mass(self) -> list[Fraction]:
        """Share of the d eigenvalues in each interval, exactly."""
        return [Fraction(int(count), self.d) for count in self.count]

    def columns(self) -> dict[str, list[Any]]:
        """Return the table of intervals, column by column."""
        cells = {name: [plain(edge) for edge in getattr(self, name)] for name in ("lower", "upper")}
        for name, column in cells.items():
            cells[name] = [x["enclosure"] if isinstance(x, dict) else x for x in column]
        return cells | {"count": [int(x) for x in self.count], "mass": [plain(mass) for mass in self.mass]}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        edges = {name: [plain(edge) for edge in getattr(self, name)] for name in ("lower", "upper")}
        return {
            "d": self.d,
            "m": self.m,
            **edges,
            "count": [int(x) for x in self.count],
            "mass": [plain(mass) for mass in self.mass],
            "atom_at_zero": plain(self.atom_at_zero),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
        }

    def __repr__(self) -> str:
        parts = [f"[{float(a):.6g}, {float(b):.6g}]" for a, b in self.intervals[:4]] + ["…"] * (len(self.lower) > 4)
        atom = f", atom {self.atom_at_zero} at 0" if self.atom_at_zero else ""
        return f"SpectralSupport({' ∪ '.join(parts)}{atom}, d={self.d}, m={self.m}, field={self.field_name})"


def spectral_support(spectrum: Any, m: int, *, multiplicity: Any = None, field: Field = F64) -> SpectralSupport:
    """Return every interval of the limiting spectrum of N = Wishart_m(C)/m, with its mass.

        x outside the support, x ≠ 0   iff   x = ψ(α) with α real, no eigenvalue of C, α ≠ 0, and ψ′(α) > 0

    This is the law at the weights multiplicity/m as they stand: a single large eigenvalue of C is a short interval of
    its own, of mass 1/d.  :func:`spectral_outliers` answers the other question, where single eigenvalues go as d → ∞.

    Parameters
    ----------
    spectrum : (q,) positive eigenvalues of C; for a setup σᵢ/γᵢ
    m : number of examples in the test prompt
    multiplicity : (q,) how often each occurs, d in all; default once
    field : F64 (default), BALL(bits) for proved enclosures and proved absence of other gaps, MP(dps)

    Returns
    -------
    SpectralSupport
        ``.lower`` ``.upper`` ``.count`` ``.mass`` ``.gaps`` ``.atom_at_zero``.

    Raises
    ------
    InvalidSetup, OutsideRegime, BeyondFloat64
        as :func:`spectral_edges`.
    NotCertified
        with BALL or MP, if a gap is so nearly closed that the bits do not tell whether it is there.

    Assumes: the limit d, m → ∞.  In F64 a gap narrower than rounding may be missed.
    Cost: O(q) per interval between eigenvalues that may hold a gap; most are excluded by their neighbours.
    Claims: RMT-02, RMT-07.
    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995); Bai and Silverstein, Ann. Probab. 27 (1999).

    Examples
    --------
    C = diag(1, 1, 10, 10) with m = 100: two intervals of mass 1/2.

    >>> found = spectral_support([1, 10], 100, multiplicity=[2, 2])
    >>> len(found.gaps), [str(mass) for mass in found.mass]
    (1, ['1/2', '1/2'])
    """
    chosen = require_field(field)
    values, counts = _merged(*_spectrum(spectrum, multiplicity))
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=_COUNT_REMEDY)
    if chosen is EXACT:
        raise OutsideRegime("spectral edges are algebraic numbers: use field=BALL(bits) for a proved enclosure")
    first, last, words = _pair(values, counts, size, chosen)
    inner: list[tuple[int, Any, Any]]
    if chosen is F64:
        inner = _float_gaps(values, counts, size)
    else:
        balls = chosen if is_ball(chosen) else BALL(int(getattr(chosen, "dps") * 3.33) + 16)  # noqa: B009
        inner = [*_certified_gaps(values, counts, size, balls)]
        words += ", other gaps excluded"
    d, above = sum(counts), [sum(counts[j + 1 :]) for j, *_ in inner]
    total = [min(d, size), *above, 0]
    edges = [first, *(x for _, low, high in inner for x in (low, high)), last]
    if is_multiprecision(chosen):
        edges = [chosen.public(edge.mid) if isinstance(edge, Ball) else edge for edge in edges]
    dtype = np.float64 if chosen is F64 else object
    return SpectralSupport(
        d=d,
        m=size,
        lower=np.array(edges[::2], dtype=dtype),
        upper=np.array(edges[1::2], dtype=dtype),
        count=np.array([high - low for high, low in pairwise(total)], dtype=object if d > 2**62 else np.int64),
        atom_at_zero=max(Fraction(0), 1 - Fraction(size, d)),
        field_name=chosen.name,
        uncertainty=words,
    )


def _merged(values: list[Any], counts: list[int]) -> tuple[list[Any], list[int]]:
    """Return different eigenvalues, ascending, with the sums of their counts."""
    found: dict[Any, int] = {}
    for value, count in sorted(zip(values, counts, strict=True), key=lambda pair: pair[0]):
        found[value] = found.get(value, 0) + count
    return list(found), list(found.values())


# ------------------------------------------------------------------------------------------------ float64


def _float_gaps(values: list[Any], counts: list[int], m: int) -> list[tuple[int, float, float]]:
    """Return (j, ψ(a), ψ(b)) for each gap between the j-th and the next eigenvalue."""
    if len(values) < 2:
        return []
    law = _law(values, counts, m, F64, at_top=True)
    c, weight = 1 / law.r, np.asarray(law.weight, dtype=np.float64)
    found = []
    for j, a, b in critical_pairs(c, weight):
        low, high = (_float_edge(law, x, values, counts, m, j, minimum=x == a) for x in (a, b))
        if low < high:
            found.append((j, low, high))
    return found


def _float_edge(
    law: _Law, alpha: float, values: list[Any], counts: list[int], m: int, j: int, *, minimum: bool
) -> float:
    with np.errstate(all="ignore"):
        if law.loss(alpha) <= _LOSS:
            return _in_range(float(law.unit) * float(law.value(alpha)))
    pair = _certified_gap(values, counts, m, BALL(64), j)
    if pair is None:  # closed, but for rounding
        return _in_range(float(law.unit) * float(law.value(alpha)))
    return _in_range(pair[0 if minimum else 1].mid)


def critical_pairs(c: Array, weight: Array) -> list[tuple[int, float, float]]:
    """Return (j, a, b): ψ′ is positive on (a, b) alone between c[j] and c[j + 1], for ascending c, in float64."""
    size = weight * c**2
    candidates = _possible(c, size)
    found: list[tuple[int, float, float]] = []
    block = max(1, _CELLS // len(c))
    for start in range(0, len(candidates), block):
        rows = candidates[start : start + block]
        inside, at = _summits(c, size, rows)
        rows, at = rows[inside], at[inside]
        if rows.size:
            root = np.sqrt(size)
            a = _newton(c, size, c[rows] + root[rows], at)
            b = _newton(c, size, c[rows + 1] - root[rows + 1], at)
            found += [(int(j), float(x), float(y)) for j, x, y in zip(rows, a, b, strict=True) if x < y]
    return found


def _possible(c: Array, size: Array) -> Array:
    """Return j where the terms of the nearest eigenvalues leave room for ψ′ > 0.

    A/x² + B/(Δ − x)² ≥ (A^{1/3} + B^{1/3})³/Δ² on (0, Δ); a term i < j is at least its value at c_{j+1}.
    """
    width = np.diff(c)
    least = (np.cbrt(size[:-1]) + np.cbrt(size[1:])) ** 3 / width**2
    for reach in range(1, _NEIGHBOURS + 1):
        if reach < len(width):
            below = size[: -reach - 1] / (c[reach + 1 :] - c[: -reach - 1]) ** 2  # i = j − reach, at c_{j+1}
            least[reach:] += below[: len(width) - reach]
            above = size[reach + 1 :] / (c[reach + 1 :] - c[: -reach - 1]) ** 2  # i = j + 1 + reach, at c_j
            least[: len(width) - reach] += above[: len(width) - reach]
    return np.flatnonzero(least < 1)


def _slopes(c: Array, size: Array, at: Array) -> tuple[Array, Array]:
    """ψ′ and ψ″ at each of some points, (g,)."""
    inverse = 1 / (at[:, None] - c)
    square = inverse**2
    return 1 - square @ size, 2 * (square * inverse) @ size


def _summits(c: Array, size: Array, rows: Array) -> tuple[Array, Array]:
    """Return where ψ′ becomes positive between c[j] and c[j + 1], and a point at which it is."""
    low, high = c[rows].copy(), c[rows + 1].copy()
    at, positive, open_ = (low + high) / 2, np.zeros(rows.size, dtype=bool), np.ones(rows.size, dtype=bool)
    line = {side: (np.full(rows.size, np.nan), np.full(rows.size, np.nan)) for side in (-1, 1)}  # tangents
    for _ in range(_HALVINGS):
        now = np.flatnonzero(open_)
        if not now.size:
            break
        height, slope = _slopes(c, size, at[now])
        positive[now] = height > 0
        right = slope < 0
        for side, chosen in ((-1, now[~right]), (1, now[right])):
            line[side][0][chosen], line[side][1][chosen] = height[right == (side > 0)], slope[right == (side > 0)]
            (high if side > 0 else low)[chosen] = at[chosen]
        # both tangents lie above ψ′: where they meet below 0 it has no zero
        (left, rise), (right_height, fall) = ((pair[0][now], pair[1][now]) for pair in (line[-1], line[1]))
        with np.errstate(invalid="ignore"):
            meet = (left * -fall + right_height * rise + rise * -fall * (high[now] - low[now])) / (rise - fall)
        middle = (low[now] + high[now]) / 2
        open_[now] = (height <= 0) & ~(meet < 0) & (low[now] < middle) & (middle < high[now])
        at[now] = np.where(open_[now], middle, at[now])
    return positive, at


def _newton(c: Array, size: Array, start: Array, summit: Array) -> Array:
    """Return the zero of ψ′ between ``start``, where ψ′ ≤ 0, and ``summit``: monotone, as ψ′ is concave."""
    at, moving = start.copy(), np.ones(start.size, dtype=bool)
    for _ in range(_NEWTON):
        now = np.flatnonzero(moving)
        if not now.size:
            break
        height, slope = _slopes(c, size, at[now])
        step = -height / slope
        following = at[now] + step
        inside = np.sign(summit[now] - at[now]) * step > 0
        following = np.where(inside, following, at[now])
        moving[now] = inside & (np.abs(step) > 1e-15 * np.abs(following))
        at[now] = following
    return at


# ------------------------------------------------------------------------------------------------ enclosures


def _certified_gaps(values: list[Any], counts: list[int], m: int, field: Field) -> list[tuple[int, Ball, Ball]]:
    found = []
    for j in range(len(values) - 1):
        pair = _certified_gap(values, counts, m, field, j)
        if pair is not None:
            found.append((j, *pair))
    return found


def _certified_gap(values: list[Any], counts: list[int], m: int, field: Field, j: int) -> tuple[Ball, Ball] | None:
    """Return enclosures of the ends of the gap between the j-th eigenvalue and the next; None if proved to be none."""
    exact = [as_fraction(value) for value in values[j : j + 2]]
    unit = as_fraction(max(values))
    left, right = (x / unit for x in exact)
    bits = int(getattr(field, "bits"))  # noqa: B009
    sizes = [m.bit_length(), sum(counts).bit_length(), int(1 / (right - left)).bit_length()]
    fine = BALL(bits + _GUARD_BITS + 2 * sum(sizes))
    with fine.working():
        law = _law([as_fraction(value) for value in values], counts, m, fine, at_top=True)
        summit = _certified_summit(law, left, right, fine)
        if summit is None:
            return None
        ends = []
        for pole, count, sign in ((left, counts[j], 1), (right, counts[j + 1], -1)):
            step = sign * pole * _root_below(Fraction(count, m))
            if (summit - pole) * sign < step * sign:  # ψ′ < 0 as far as the own term says: no room for a zero before
                raise _unclear(field, exact)
            end = _extreme(law, pole + step, (0, left, right), bits, fine, minimum=sign > 0)
            if end is None:
                raise _unclear(field, exact)
            ends.append(end)
    if not ends[0].upper < ends[1].lower:
        raise _unclear(field, exact)
    return ends[0], ends[1]


def _root_below(value: Fraction) -> Fraction:
    """A rational just below the square root."""
    from math import isqrt

    scale = 2**80
    return Fraction(isqrt(value.numerator * value.denominator * scale**2), value.denominator * scale)


def _certified_summit(law: _Law, left: Fraction, right: Fraction, fine: Field) -> Fraction | None:
    """Return a point between the poles where ψ′ > 0 is proved; None if the tangents prove that there is none."""
    low, high, tangents = left, right, {}
    for _ in range(int(getattr(fine, "bits"))):  # noqa: B009
        at = (low + high) / 2
        point = fine.number(at)
        height, slope = law.slope(point), law.curvature(point)
        if height > 0:
            return at
        if slope > 0:
            low, tangents[-1] = at, (height, slope)
        elif slope < 0:
            high, tangents[1] = at, (height, slope)
        else:
            break
        if len(tangents) == 2:
            (first, rise), (second, fall) = tangents[-1], tangents[1]
            if first * -fall + second * rise + rise * -fall * fine.number(high - low) < 0:
                return None
    raise _unclear(fine, [left, right])


def _unclear(field: Field, pair: list[Fraction]) -> NotCertified:
    between = " and ".join(shown(float(x)) for x in pair)
    return NotCertified(f"{field.name} cannot tell whether there is a gap between {between} of C: use more bits")
