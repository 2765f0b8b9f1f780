"""The gaps of the generalised Marchenko–Pastur law: where ψ′ is positive between two eigenvalues of C.

ψ′ is concave between two neighbouring eigenvalues c_j < c_{j+1} (ψ‴ = −6 Σ ωᵢ cᵢ²/(α − cᵢ)⁴) and −∞ at both, so it
has two zeros a < b there or none: two give the gap (ψ(a), ψ(b)).  None is proved by two tangents that meet below 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from theorycalc._checks import shown
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, F64, Array, Field, as_fraction
from theorycalc.rmt.critical import (
    GUARD_BITS,
    LOSS,
    CriticalPoint,
    Law,
    ball_bits,
    enclosed_extreme,
    law_of,
)
from theorycalc.rmt.edges import in_range

_CELLS = 2**22  # numbers in a block of (intervals, eigenvalues)
_NEIGHBOURS = 24  # on each side, whose terms of ψ′ are looked at first
_HALVINGS = 250
_NEWTON = 60
_CLOSE = 1e-5  # relative distance of neighbours above which float64 holds their difference to 1e-10
_WIDEST_FLOAT = 10**60  # c_max/c_min up to which (α − c)⁻⁴ stays in the float64 range
_BITS = (64, 512, 2_048)  # in turn, as far as they are needed
_MARGIN = 1.001  # by which a float64 bound must exclude a gap to stand beside enclosures


@dataclass(frozen=True)
class Gap:
    """A gap, between the eigenvalue with index ``below`` and the next: its lower and its upper end."""

    below: int
    start: CriticalPoint
    end: CriticalPoint


# ------------------------------------------------------------------------------------------------ float64


def float_gaps(values: list[Any], counts: list[int], m: int) -> list[Gap]:
    """Return the gaps between eigenvalues that float64 can tell apart."""
    if max(values) > _WIDEST_FLOAT * min(values):
        return _wide_gaps(values, counts, m)
    law = law_of(values, counts, m, F64, at_top=True)
    c, first = np.unique(1 / law.r, return_index=True)  # neighbours may round to one number
    if len(c) < 2:
        return []
    weight = np.add.reduceat(np.asarray(law.weight, dtype=np.float64), first)
    last = [*(int(i) - 1 for i in first[1:]), len(values) - 1]
    found = []
    for j, a, b in critical_pairs(c, weight):
        start, end = (
            _float_end(law, x, values, counts, m, last[j], minimum=minimum) for x, minimum in ((a, True), (b, False))
        )
        if start.value < end.value:
            found.append(Gap(last[j], start, end))
    return found


def _wide_gaps(values: list[Any], counts: list[int], m: int) -> list[Gap]:
    for bits in _BITS[:-1]:
        try:
            return [_as_floats(gap) for gap in certified_gaps(values, counts, m, BALL(bits))]
        except NotCertified:
            continue
    return [_as_floats(gap) for gap in certified_gaps(values, counts, m, BALL(_BITS[-1]))]


def _as_floats(gap: Gap) -> Gap:
    start, end = (CriticalPoint(float(x.alpha.mid), in_range(x.value.mid)) for x in (gap.start, gap.end))
    return Gap(gap.below, start, end)


def _float_end(
    law: Law, alpha: float, values: list[Any], counts: list[int], m: int, j: int, *, minimum: bool
) -> CriticalPoint:
    unit = float(law.unit)
    with np.errstate(all="ignore"):
        here = CriticalPoint(unit * alpha, unit * float(law.value(alpha)))
        if law.loss(alpha) <= LOSS:
            return here
    try:
        gap = _certified_gap(values, counts, m, BALL(64), j)
    except NotCertified:
        gap = None
    if gap is None:  # closed, but for rounding
        return here
    point = gap.start if minimum else gap.end
    return CriticalPoint(float(point.alpha.mid), in_range(point.value.mid))


def critical_pairs(c: Array, weight: Array) -> list[tuple[int, float, float]]:
    """Return (j, a, b): ψ′ is positive on (a, b) alone between c[j] and c[j + 1], for ascending c, in float64."""
    size = weight * c**2
    candidates = np.flatnonzero(_least(c, size) < 1)
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


def _least(c: Array, size: Array) -> Array:
    """Return for each interval a lower bound of 1 − ψ′ on it, by the terms of the nearest eigenvalues.

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
    return np.asarray(least)


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


def certified_gaps(values: list[Any], counts: list[int], m: int, field: Field) -> list[Gap]:
    """Return the gaps with proved ends; all others are proved to be closed."""
    gaps = (_certified_gap(values, counts, m, field, j) for j in _not_excluded(values, counts, m))
    return [gap for gap in gaps if gap is not None]


def _not_excluded(values: list[Any], counts: list[int], m: int) -> list[int]:
    """Return the intervals that the nearest eigenvalues do not exclude with a margin far above rounding."""
    everything = list(range(len(values) - 1))
    if len(values) < 2 or max(values) > 10**12 * min(values):
        return everything
    law = law_of(values, counts, m, F64, at_top=True)
    c = 1 / law.r
    with np.errstate(all="ignore"):
        least = _least(c, law.weight * c**2)
        close = ~(np.diff(c) > _CLOSE * c[1:])
    return [j for j in everything if close[j] or not least[j] > _MARGIN]


def _certified_gap(values: list[Any], counts: list[int], m: int, field: Field, j: int) -> Gap | None:
    """Return enclosures of the ends of the gap between the j-th eigenvalue and the next; None if proved to be none."""
    exact = [as_fraction(value) for value in values]
    unit = max(exact)
    left, right = (x / unit for x in exact[j : j + 2])
    bits = ball_bits(field)
    sizes = [m.bit_length(), sum(counts).bit_length(), int(1 / (right - left)).bit_length()]
    fine = BALL(bits + GUARD_BITS + 2 * sum(sizes))
    with fine.working():
        law = law_of(exact, counts, m, fine, at_top=True)
        closed, summit = _certified_summit(law, left, right, fine)
        if closed:
            return None
        if summit is None:
            raise _unclear(field, exact[j : j + 2])
        ends = []
        for pole, count, sign in ((left, counts[j], 1), (right, counts[j + 1], -1)):
            step = sign * pole * _root_below(Fraction(count, m))
            if (summit - pole) * sign < step * sign:  # the own term alone makes ψ′ < 0 there
                raise _unclear(field, exact[j : j + 2])
            end = enclosed_extreme(law, pole + step, (0, left, right), bits, fine, minimum=sign > 0)
            if end is None:
                raise _unclear(field, exact[j : j + 2])
            ends.append(end)
    if not ends[0].value.upper < ends[1].value.lower:
        raise _unclear(field, exact[j : j + 2])
    return Gap(j, *ends)


def _root_below(value: Fraction) -> Fraction:
    """A rational just below the square root."""
    scale = 2**80
    return Fraction(isqrt(value.numerator * value.denominator * scale**2), value.denominator * scale)


def _certified_summit(law: Law, left: Fraction, right: Fraction, fine: Field) -> tuple[bool, Fraction | None]:
    """Return whether ψ′ < 0 is proved between the poles, or else a point where ψ′ > 0 is; neither for lack of bits.

    ψ′ < 0 is proved by two tangents, which lie above ψ′ as it is concave, that meet below 0.
    """
    bracket, tangents = [left, right], {}
    for at in _narrowing(bracket, ball_bits(fine)):
        point = fine.number(at)
        height, slope = law.slope(point), law.curvature(point)
        if height > 0:
            return False, at
        if slope > 0:
            bracket[0], tangents[-1] = at, (height, slope)
        elif slope < 0:
            bracket[1], tangents[1] = at, (height, slope)
        else:
            break
        if len(tangents) == 2:
            (first, rise), (second, fall) = tangents[-1], tangents[1]
            if first * -fall + second * rise + rise * -fall * fine.number(bracket[1] - bracket[0]) < 0:
                return True, None
    return False, None


def _narrowing(bracket: list[Fraction], count: int) -> Iterator[Fraction]:
    """Give points inside a bracket that the caller narrows, by halving the ratio of distances, then the length."""
    left, right = bracket
    near, far = -count, count
    while far - near > 1:
        middle = (near + far) // 2
        share = Fraction(2) ** middle
        at = left + (right - left) * share / (1 + share)
        yield at
        near, far = (middle, far) if bracket[0] >= at else (near, middle)
    for _ in range(count):
        yield (bracket[0] + bracket[1]) / 2


def _unclear(field: Field, pair: list[Fraction]) -> NotCertified:
    between = " and ".join(shown(float(x)) for x in pair)
    return NotCertified(f"{field.name} cannot tell whether there is a gap between {between} of C: use more bits")
