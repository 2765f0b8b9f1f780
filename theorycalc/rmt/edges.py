"""Spectral edges of N = Wishart_m(C)/m in the limit d, m → ∞ with d/m → φ (theory section 6).

With the weight ωᵢ = (multiplicity of cᵢ)/m, so that Σ ωᵢ = φ, the generalised Marchenko–Pastur law is governed by

    ψ(α) = α + Σᵢ ωᵢ α cᵢ/(α − cᵢ),   ψ′(α) = 1 − Σᵢ ωᵢ cᵢ²/(α − cᵢ)²,   ψ″(α) = 2 Σᵢ ωᵢ cᵢ²/(α − cᵢ)³

ψ is convex for α > c_max and concave for α < c_min, so ψ′ has at most one zero on each of the intervals that bound the
support.  In float64 it is sought as the zero of H − 1 with H = (Σ ωᵢ pᵢ⁻²)^{−1/2}, pᵢ = |α − cᵢ|/cᵢ: a power mean of
order −2 of linear functions > 0, hence concave, so that Newton's method and the chord hold the zero between them.  In
balls a factor of 2 is found by bisection of exponents; from there Newton's method for ψ′, which is concave on each of
the three intervals, approaches from the side where ψ′ < 0 without ever passing the zero.
"""

import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number, refuse
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Array,
    Ball,
    BeyondFloat64,
    Field,
    as_fraction,
    is_ball,
    is_multiprecision,
    require_field,
)

_GUARD_BITS = 48
_WIDE = 10**12  # c_max/c_min beyond which an edge is rounded from an enclosure
_WIDEST = 10**150
_LOSS = 3e-14  # estimated relative error of a float64 edge beyond which it is rounded from an enclosure
_ROUNDING = 2.0**-53
_MOST_STEPS = 200
_MORE_STEPS = 10  # of Newton's method, until it doubles digits
_COUNT_REMEDY = "pass the number of examples in the test prompt, an integer >= 1"
_SPECTRUM_REMEDY = "pass the eigenvalues of C as a sequence of positive numbers"


@dataclass(frozen=True, kw_only=True, eq=False)
class SpectralEdges:
    """Where the spectrum of N lies: [lower, upper], and for d > m an atom at 0 beside it.

    For d > m ``lower`` is where the part away from 0 begins; for d = m it is 0.  The interval may hold gaps.
    """

    d: int
    m: int | None  # None: m = ∞, where the law is that of C itself
    lower: Any
    upper: Any
    atom_at_zero: Fraction  # mass at 0: max(0, 1 − m/d)
    field_name: str
    uncertainty: str


@dataclass(frozen=True)
class _Law:
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
        return -2 * (self.weight * self.r / (1 - alpha * self.r) ** 3).sum()

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


def psi(alpha: Any, spectrum: Any, *, m: int, multiplicity: Any = None, field: Field = F64) -> Any:
    """Return ψ(α) = α + (1/m) Σᵢ α cᵢ/(α − cᵢ), whose extreme values are the spectral edges.

    Parameters
    ----------
    alpha : a number that is no eigenvalue of C
    spectrum : (q,) positive eigenvalues of C
    m : number of examples in the test prompt
    multiplicity : (q,) how often each occurs; default once
    field : F64 (default), MP(dps), BALL(bits) or EXACT

    Raises
    ------
    InvalidSetup
        if ``alpha`` is an eigenvalue, or the spectrum is not one of positive numbers.

    Cost: O(q).  Claims: RMT-02, SAF-01.
    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995); theory section 6.

    Examples
    --------
    C = I, d/m = 1/4 at α = 3/2: 3/2 + (1/4)(3/2)/(1/2) = 9/4.

    >>> print(psi("3/2", [1], m=4, field=EXACT))
    9/4
    """
    chosen = require_field(field)
    values, counts = _spectrum(spectrum, multiplicity)
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=_COUNT_REMEDY)
    at = number("alpha", alpha)
    if any(at == value for value in values):
        raise refuse("alpha", at, "an eigenvalue of C, where ψ has a pole", "pass another number")
    with chosen.working():
        c, point = chosen.array(values), chosen.number(at)
        if chosen is F64 and np.any(c == point):
            raise refuse("alpha", at, "an eigenvalue of C to float64 rounding", "use field=BALL(bits) or EXACT")
        return chosen.public(_psi(point, c, chosen.array(counts) / chosen.number(size)))


def _psi(alpha: Any, c: Array, weight: Array) -> Any:
    """ψ over numbers of any kind; arrays stand on the left, so that their entries decide what + and · mean."""
    return alpha - (weight * (c * alpha) / (c - alpha)).sum()


def spectral_edges(spectrum: Any, m: int, *, multiplicity: Any = None, field: Field = F64) -> SpectralEdges:
    """Return the edges of the limiting spectrum of N = Wishart_m(C)/m.

        upper = min_{α > c_max} ψ(α)
        lower = max_{0 < α < c_min} ψ(α) for d < m,   0 for d = m,   max_{α < 0} ψ(α) for d > m

    Parameters
    ----------
    spectrum : (q,) positive eigenvalues of C; for a setup σᵢ/γᵢ
    m : number of examples in the test prompt
    multiplicity : (q,) how often each occurs, d in all; default once
    field : F64 (default), BALL(bits) for a proved enclosure, MP(dps) for its rounded midpoint

    Returns
    -------
    SpectralEdges
        F64 has a relative error of about 1e-13 at most, also for a lower edge near 0.

    Raises
    ------
    InvalidSetup
        if the spectrum is not one of positive numbers, or ``multiplicity`` does not fit it.
    OutsideRegime
        with field=EXACT, as edges are algebraic numbers, or if c_max/c_min exceeds 1e150.
    BeyondFloat64
        with field=F64, if an edge is too large or too small for it.
    NotCertified
        if BALL has too few bits for the spectrum.

    Assumes: the limit d, m → ∞; at finite d extreme eigenvalues scatter around the edges by O(d^{−2/3}).
    Cost: O(q) per Newton step, some ten steps.  Claims: RMT-02, RMT-03, RMT-04, SAF-01, SAF-02, SAF-03.
    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995); theory section 6.

    Examples
    --------
    C = I, d/m = 1/4: (1 ∓ 1/2)².

    >>> edges = spectral_edges([1], 4)
    >>> edges.lower, edges.upper, edges.atom_at_zero
    (0.25, 2.25, Fraction(0, 1))
    """
    chosen = require_field(field)
    values, counts = _spectrum(spectrum, multiplicity)
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=_COUNT_REMEDY)
    if chosen is EXACT:
        raise OutsideRegime("spectral edges are algebraic numbers: use field=BALL(bits) for a proved enclosure")
    d = sum(counts)
    lower, upper, words = _pair(values, counts, size, chosen)
    return SpectralEdges(
        d=d,
        m=size,
        lower=lower,
        upper=upper,
        atom_at_zero=max(Fraction(0), 1 - Fraction(size, d)),
        field_name=chosen.name,
        uncertainty=words,
    )


def _pair(values: list[Any], counts: list[int], m: int, field: Field) -> tuple[Any, Any, str]:
    """Return the lower and the upper edge as public numbers, and what is known of their errors."""
    if field is F64:
        low, high = (_rounded(values, counts, m, at_top=top) for top in (False, True))
        return low, high, "float64 rounding, about 1e-13 relative"
    balls = BALL(int(getattr(field, "dps") * 3.33) + 16) if is_multiprecision(field) else field  # noqa: B009
    lower, upper = (_enclosed(values, counts, m, balls, at_top=top) for top in (False, True))
    words = f"rigorous enclosures ({balls.name})"
    if is_ball(field):
        return lower, upper, words
    return field.public(lower.mid), field.public(upper.mid), f"rounded midpoints of {words}"


def _spectrum(spectrum: Any, multiplicity: Any) -> tuple[list[Any], list[int]]:
    """Return the eigenvalues as checked numbers, and how often each occurs."""
    shape = np.shape(spectrum)
    if len(shape) != 1 or not shape[0]:
        raise refuse("spectrum", spectrum, "not a sequence of eigenvalues", _SPECTRUM_REMEDY)
    values = [number("spectrum", value) for value in spectrum]
    for value in values:
        if value <= 0:
            raise refuse("spectrum", value, "an eigenvalue that is not positive", _SPECTRUM_REMEDY)
    if multiplicity is None:
        return values, [1] * len(values)
    if np.shape(multiplicity) != shape:
        raise refuse("multiplicity", multiplicity, "not one count per eigenvalue", f"pass {len(values)} integers >= 1")
    remedy = "pass how often each eigenvalue occurs, integers >= 1"
    return values, [integer("multiplicity", x, minimum=1, maximum=MAX_COUNT, remedy=remedy) for x in multiplicity]


def _law(values: list[Any], counts: list[int], m: int, field: Field, *, at_top: bool) -> _Law:
    unit = max(values) if at_top else min(values)
    scale = field.number(unit)
    return _Law(
        unit=scale,
        r=scale / field.array(values),
        weight=field.array(counts) / field.number(m),
        missing=field.number(Fraction(m - sum(counts), m)),
    )


def _rounded(values: list[Any], counts: list[int], m: int, *, at_top: bool) -> float:
    """Return an edge in float64: computed there where that keeps its digits, else rounded from an enclosure."""
    if sum(counts) == m and not at_top:
        return 0.0
    if max(values) <= _WIDE * min(values):
        law = _law(values, counts, m, F64, at_top=at_top)
        with np.errstate(all="ignore"):  # what is not finite is lost
            alpha = _critical(law, at_top=at_top)
            lost = not law.loss(alpha) <= _LOSS
        if not lost:
            return _in_range(float(law.unit) * float(law.value(alpha)))
    return _in_range(_enclosed(values, counts, m, BALL(64), at_top=at_top).mid)


def _in_range(edge: Any) -> float:
    if not sys.float_info.min <= edge <= sys.float_info.max:
        raise BeyondFloat64("an edge leaves the float64 range: rescale the spectrum, or use field=BALL(bits)")
    return float(edge)


def _critical(law: _Law, *, at_top: bool) -> float:
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
        total = float((law.weight / p**2).sum())
        return total**-0.5, -(total**-1.5) * float((law.weight * law.r / p**3).sum())

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


def _enclosed(values: list[Any], counts: list[int], m: int, field: Field, *, at_top: bool) -> Ball:
    """Return a proved enclosure of an edge.

    ψ′ changes sign between a and b, and ψ is convex (concave), so the extreme value differs from ψ(a) by at most
    |ψ′(a)(b − a)|, which is of second order in b − a.
    """
    if sum(counts) == m and not at_top:
        return Ball(Fraction(0), Fraction(0))
    exact = [as_fraction(value) for value in values]
    ratio = max(exact) / min(exact)
    if ratio > _WIDEST:
        raise OutsideRegime(f"c_max/c_min > {_WIDEST:.0e}: too wide a spectrum for its edges; drop what is negligible")
    bits = int(getattr(field, "bits"))  # noqa: B009
    sizes = [count.bit_length() for count in (m, sum(counts), int(ratio))]
    working = bits + _GUARD_BITS + sum(sizes)
    fine = BALL(working)
    with fine.working():
        law = _law(exact, counts, m, fine, at_top=at_top)
        alpha = _before(law, sizes, fine, at_top=at_top)
        found = _extreme(law, alpha, (0, 1), bits, fine, minimum=at_top)
    if found is None:
        raise NotCertified(f"{field.name} cannot certify an edge of this spectrum: use more bits, or drop tiny ones")
    return found


def _extreme(law: _Law, alpha: Fraction, poles: Any, bits: int, fine: Field, *, minimum: bool) -> Ball | None:
    """Return an enclosure of the minimum (maximum) of ψ next to ``alpha``, where ψ′ < 0; None for lack of bits.

    ``poles`` are the points that the bracket must keep away from, 0 among them; inside ``fine.working()``.
    """
    working = int(getattr(fine, "bits"))  # noqa: B009
    for _ in range(working.bit_length() + _MORE_STEPS):
        point = fine.number(alpha)
        alpha = fine.public(point - law.slope(point) / law.curvature(point)).mid
    for shrunk in range(working // 2, bits // 2, -8):
        half = min(abs(alpha - pole) for pole in poles) / 2**shrunk
        a, b = fine.number(alpha - half), fine.number(alpha + half)
        slopes = law.slope(a), law.slope(b)
        if (slopes[0] < 0 < slopes[1]) if minimum else (slopes[1] < 0 < slopes[0]):
            value = fine.public(law.unit * law.value(a))
            change = fine.public(law.unit * slopes[0] * (b - a))
            slack = max(abs(change.lower), abs(change.upper))
            low, high = (value.lower - slack, value.upper) if minimum else (value.lower, value.upper + slack)
            return Ball((low + high) / 2, (high - low) / 2)
    return None


def _before(law: _Law, sizes: list[int], field: Field, *, at_top: bool) -> Fraction:
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
