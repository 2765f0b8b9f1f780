"""The critical points of ψ, whose values are the spectral edges: in float64 and proved in balls.

ψ is convex for α > c_max and concave for α < c_min, so ψ′ has at most one zero on each of the intervals that bound the
support.  In float64 it is sought as the zero of H − 1 with H = (Σ ωᵢ pᵢ⁻²)^{−1/2}, pᵢ = |α − cᵢ|/cᵢ: a power mean of
order −2 of linear functions > 0, hence concave, so that Newton's method and the chord hold the zero between them.  In
balls a factor of 2 is found by bisection of exponents; from there Newton's method for ψ′, which is concave on each of
the three intervals, approaches from the side where ψ′ < 0 without ever passing the zero.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import BALL, F64, Array, Ball, Field, as_fraction

GUARD_BITS = 48
#: Estimated relative error of a float64 edge beyond which it is rounded from an enclosure.
LOSS = 3e-14
_WIDE = 10**12  # c_max/c_min beyond which an edge is rounded from an enclosure
_WIDEST = 10**150
_ROUNDING = 2.0**-53
_MOST_STEPS = 200
_SPARE_BITS = 24  # that the last step of Newton's method may leave uncertain


@dataclass(frozen=True)
class Law:
    """A population spectrum over a field, in units of its largest or smallest eigenvalue: r = unit/c."""

    unit: Any
    r: Array  # (q,)
    weight: Array  # (q,), multiplicity/m
    missing: Any  # 1 − φ = (m − d)/m

    def _parts(self, alpha: Any) -> tuple[Any, Array, Array]:
        """Return (b, v, s) with ψ/α = b − Σ v and ψ′ = b − Σ s, in the form that cancels less.

        With x = αr: b = 1, v = ω/(1 − x), s = ω/(1 − x)²; where φ is near 1, b = 1 − φ and x v, x (2 − x) s.
        """
        x = alpha * self.r
        v = self.weight / (1 - x)
        s = v / (1 - x)
        if alpha > 1 or abs(self.missing) >= 1:
            return 1, v, s
        return self.missing, x * v, x * (2 - x) * s

    def value(self, alpha: Any) -> Any:
        """ψ/unit."""
        b, v, _ = self._parts(alpha)
        return alpha * (b - v.sum())

    def slope(self, alpha: Any) -> Any:
        """ψ′."""
        b, _, s = self._parts(alpha)
        return b - s.sum()

    def curvature(self, alpha: Any) -> Any:
        """ψ″ · unit."""
        distance = 1 - alpha * self.r
        return -2 * (self.weight * self.r / (distance * distance * distance)).sum()

    def loss(self, alpha: float) -> float:
        """Return an estimate of the relative error of ψ at the zero of ψ′, in float64.

        That of its sum, and ψ″δ²/ψ with δ = |ψ′|/|ψ″| the distance that may be left: the second order of ψ.
        """
        b, v, s = self._parts(alpha)
        left = abs(b - s.sum()) + _ROUNDING * (abs(b) + np.abs(s).sum())
        total = b - v.sum()
        if not total:
            return np.inf
        own = _ROUNDING * (abs(b) + np.abs(v).sum()) / abs(total)
        return float(own + left**2 / abs(self.curvature(alpha) * alpha * total))


@dataclass(frozen=True)
class CriticalPoint:
    """A zero α of ψ′ and the edge ψ(α) that it gives: floats, or balls that hold them."""

    alpha: Any
    value: Any


def law_of(values: list[Any], counts: list[int], m: int, field: Field, *, at_top: bool) -> Law:
    """Return the spectrum in units of its largest (smallest) eigenvalue."""
    unit = max(values) if at_top else min(values)
    scale = field.number(unit)
    return Law(
        unit=scale,
        r=scale / field.array(values),
        weight=field.array(counts) / field.number(m),
        missing=field.number(Fraction(m - sum(counts), m)),
    )


def rounded_point(values: list[Any], counts: list[int], m: int, *, at_top: bool) -> CriticalPoint:
    """Return α and ψ(α) in float64: computed there where that keeps their digits, else rounded from an enclosure.

    Numbers beyond the float64 range come out as such, 0 or inf.
    """
    if sum(counts) == m and not at_top:
        return CriticalPoint(0.0, 0.0)
    if max(values) <= _WIDE * min(values):
        law = law_of(values, counts, m, F64, at_top=at_top)
        with np.errstate(all="ignore"):  # what is not finite is lost
            alpha = float_zero(law, at_top=at_top)
            lost = not law.loss(alpha) <= LOSS
            if not lost:
                return CriticalPoint(float(law.unit) * alpha, float(law.unit) * float(law.value(alpha)))
    found = enclosed_point(values, counts, m, BALL(64), at_top=at_top)
    return CriticalPoint(_as_float(found.alpha.mid), _as_float(found.value.mid))


def _as_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def float_zero(law: Law, *, at_top: bool) -> float:
    """Return the zero of ψ′, in units of the extreme eigenvalue, in float64."""
    ratio = float(max(np.max(law.r), 1 / np.min(law.r)))
    root = float(np.sqrt(law.weight.sum()))
    top = float(np.sqrt(law.weight[law.r == 1].sum()))
    if at_top:
        near, far = 1 + top, 1 + root
    elif law.missing > 0:
        near, far = 1 - top, 1 - root
    else:
        near, far = 1 - root, (1 - root) * ratio

    def height(alpha: float) -> tuple[float, float]:
        """H and H′."""
        p = 1 - alpha * law.r
        share = law.weight / (p * p)
        total = float(share.sum())
        return total**-0.5, -(total**-1.5) * float((share * law.r / p).sum())

    for _ in range(_MOST_STEPS):
        width = abs(far - near)
        if width <= 1e-12 * min(abs(far), abs(1 - far)):
            break
        (low, slope), (high, _) = height(near), height(far)
        if not low < 1 < high:  # one of them is the zero, to rounding
            near = far = near if low >= 1 else far
            break
        chord = near + (far - near) * ((1 - low) / (high - low))
        newton = near + (1 - low) / slope
        near, far = (newton, chord) if abs(newton - near) <= width else (near, chord)
        if abs(far - near) > width / 2:
            middle = (near + far) / 2
            near, far = (middle, far) if height(middle)[0] < 1 else (near, middle)
    alpha = far
    for _ in range(2):  # in α itself, which may be small
        step = float(law.slope(alpha) / law.curvature(alpha))
        alpha -= step if abs(step) < min(abs(alpha), abs(1 - alpha)) / 2 else 0.0
    return alpha


def enclosed_point(values: list[Any], counts: list[int], m: int, field: Field, *, at_top: bool) -> CriticalPoint:
    """Return proved enclosures of α and ψ(α) at the upper or lower edge, for a field of balls."""
    if sum(counts) == m and not at_top:
        zero = Ball(Fraction(0), Fraction(0))
        return CriticalPoint(zero, zero)
    exact = [as_fraction(value) for value in values]
    ratio = max(exact) / min(exact)
    if ratio > _WIDEST:
        raise OutsideRegime(f"c_max/c_min > {_WIDEST:.0e}: too wide a spectrum for its edges; drop what is negligible")
    bits = ball_bits(field)
    sizes = [count.bit_length() for count in (m, sum(counts), int(ratio))]
    fine = BALL(bits + GUARD_BITS + sum(sizes))
    with fine.working():
        law = law_of(exact, counts, m, fine, at_top=at_top)
        alpha = _before(law, sizes, fine, at_top=at_top)
        found = enclosed_extreme(law, alpha, (0, 1), bits, fine, minimum=at_top)
    if found is None:
        raise NotCertified(f"{field.name} cannot certify an edge of this spectrum: use more bits, or drop tiny ones")
    return found


def ball_bits(field: Field) -> int:
    """Bits of a field of balls."""
    return int(getattr(field, "bits"))  # noqa: B009


def enclosed_extreme(
    law: Law, alpha: Fraction, poles: Any, bits: int, fine: Field, *, minimum: bool
) -> CriticalPoint | None:
    """Return enclosures of the minimum (maximum) of ψ next to ``alpha``, where ψ′ < 0; None for lack of bits.

    ψ′ changes sign between a and b, and ψ is convex (concave), so the extreme value differs from ψ(a) by at most
    |ψ′(a)(b − a)|, which is of second order in b − a.  ``poles`` are the points that the bracket must keep away from,
    0 among them; inside ``fine.working()``.
    """
    working = ball_bits(fine)
    for _ in range(working):  # steps halve the distance until they double digits, which is late for two near zeros
        point = fine.number(alpha)
        step = fine.public(law.slope(point) / law.curvature(point)).mid
        alpha -= step
        if abs(step) < abs(alpha) / 2 ** (working - _SPARE_BITS):
            break
    for shrunk in range(working // 2, bits // 2, -8):
        half = min(abs(alpha - pole) for pole in poles) / 2**shrunk
        a, b = fine.number(alpha - half), fine.number(alpha + half)
        slopes = law.slope(a), law.slope(b)
        if (slopes[0] < 0 < slopes[1]) if minimum else (slopes[1] < 0 < slopes[0]):
            value = fine.public(law.unit * law.value(a))
            change = fine.public(law.unit * slopes[0] * (b - a))
            slack = max(abs(change.lower), abs(change.upper))
            low, high = (value.lower - slack, value.upper) if minimum else (value.lower, value.upper + slack)
            scale = fine.public(law.unit)
            ends = [x * y for x in (alpha - half, alpha + half) for y in (scale.lower, scale.upper)]
            return CriticalPoint(_hull(min(ends), max(ends)), _hull(low, high))
    return None


def _hull(low: Fraction, high: Fraction) -> Ball:
    return Ball((low + high) / 2, (high - low) / 2)


def _before(law: Law, sizes: list[int], field: Field, *, at_top: bool) -> Fraction:
    """Return an α with ψ′(α) < 0 whose distance from 1 (from 0 for α < 0) is that of the zero to a factor of 2.

    The zero lies between 1 + √ω_max and 1 + √φ above, 1 − √φ and 1 − √ω_min between, 1 − √φ times 1 and c_max/c_min
    below; ψ′ < 0 on the side that is nearer to 1 (or 0).
    """
    origin, sign = (1, 1) if at_top else (1, -1) if law.missing > 0 else (0, -1)
    low, high = -sizes[0] - 2, 0 if origin + sign == 0 else sum(sizes) + 2
    while high - low > 1:
        middle = (low + high) // 2
        near = bool(law.slope(field.number(origin + sign * Fraction(2) ** middle)) < 0)
        low, high = (middle, high) if near else (low, middle)
    return origin + sign * Fraction(2) ** low
