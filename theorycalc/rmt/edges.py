"""Spectral edges of N = Wishart_m(C)/m in the limit d, m → ∞ with d/m → φ (theory section 6).

With the weight ωᵢ = (multiplicity of cᵢ)/m, so that Σ ωᵢ = φ, the generalised Marchenko–Pastur law is governed by

    ψ(α) = α + Σᵢ ωᵢ α cᵢ/(α − cᵢ),   ψ′(α) = 1 − Σᵢ ωᵢ cᵢ²/(α − cᵢ)²,   ψ″(α) = 2 Σᵢ ωᵢ cᵢ²/(α − cᵢ)³

ψ is convex for α > c_max and concave for α < c_min, so ψ′ has at most one zero on each of the intervals that bound the
support.  It is the zero of H − 1 with H = (Σ ωᵢ pᵢ⁻²)^{−1/2}, pᵢ = |α − cᵢ|/cᵢ: a power mean of order −2 of linear
functions > 0, hence concave, so that Newton's method and the chord hold the zero between them.
"""

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
    Field,
    as_fraction,
    is_ball,
    is_multiprecision,
    require_field,
)

_GUARD_BITS = 48
_WIDE = 10**12  # c_max/c_min beyond which float64 would lose digits of a lower edge
_WIDEST = 1e150  # c_max/c_min up to which squares stay in the float64 range
_MOST_STEPS = 200
_COUNT_REMEDY = "pass the number of examples in the test prompt, an integer >= 1"
_SPECTRUM_REMEDY = "pass the eigenvalues of C as a sequence of positive numbers"


@dataclass(frozen=True, kw_only=True, eq=False)
class SpectralEdges:
    """Where the spectrum of N lies: [lower, upper], and for d > m an atom at 0 beside it.

    For d > m ``lower`` is where the part away from 0 begins; for d = m it is 0.  The interval may hold gaps.
    """

    d: int
    m: int
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

    def value(self, alpha: Any) -> Any:
        """ψ/unit, by the form that does not cancel: for α > c_max all terms are positive."""
        if alpha > 1:
            return alpha * (1 + (self.weight / (alpha * self.r - 1)).sum())
        return alpha * (self.missing - (self.weight * (alpha * self.r) / (1 - alpha * self.r)).sum())

    def slope(self, alpha: Any) -> Any:
        """ψ′ = (1 − φ) − Σ ω ((1 − αr)⁻² − 1)."""
        x = alpha * self.r
        return self.missing - (self.weight * x * (2 - x) / (1 - x) ** 2).sum()

    def curvature(self, alpha: Any) -> Any:
        """ψ″ · unit."""
        return -2 * (self.weight * self.r / (1 - alpha * self.r) ** 3).sum()


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
        F64 keeps about 13 digits, also of a lower edge near 0.

    Raises
    ------
    InvalidSetup
        if the spectrum is not one of positive numbers, or ``multiplicity`` does not fit it.
    OutsideRegime
        with field=EXACT, as edges are algebraic numbers, or if c_max/c_min exceeds 1e150.
    NotCertified
        if BALL has too few bits for the spectrum.

    Assumes: the limit d, m → ∞; at finite d extreme eigenvalues scatter around the edges by O(d^{−2/3}).
    Cost: O(q) per Newton step, some ten steps.  Claims: RMT-02, RMT-03, SAF-01, SAF-02, SAF-03.
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
    """Return an edge in float64."""
    if sum(counts) == m and not at_top:
        return 0.0
    if max(values) > _WIDE * min(values):
        return float(_enclosed(values, counts, m, BALL(64), at_top=at_top).mid)
    law = _law(values, counts, m, F64, at_top=at_top)
    return float(law.unit * law.value(_critical(law, at_top=at_top)))


def _critical(law: _Law, *, at_top: bool) -> float:
    """Return the zero of ψ′, in units of the extreme eigenvalue, in float64."""
    ratio = float(max(np.max(law.r), 1 / np.min(law.r)))
    if not ratio <= _WIDEST:
        raise OutsideRegime(f"c_max/c_min = {ratio:.0e}: too wide a spectrum for its edges; drop what is negligible")
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
    unit = max(exact) if at_top else min(exact)
    nearby = _law([value / unit for value in exact], counts, m, F64, at_top=at_top)
    bits = int(getattr(field, "bits"))  # noqa: B009
    working = bits + _GUARD_BITS + int(max(exact) / min(exact)).bit_length()
    fine = BALL(working)
    with fine.working():
        law = _law(exact, counts, m, fine, at_top=at_top)
        alpha = Fraction(_critical(nearby, at_top=at_top))
        for _ in range(working.bit_length()):
            point = fine.number(alpha)
            alpha = fine.public(point - law.slope(point) / law.curvature(point)).mid
        for shrunk in range(working // 2, bits // 2, -8):
            half = min(abs(alpha), abs(1 - alpha)) / 2**shrunk
            a, b = fine.number(alpha - half), fine.number(alpha + half)
            slopes = law.slope(a), law.slope(b)
            if (slopes[0] < 0 < slopes[1]) if at_top else (slopes[1] < 0 < slopes[0]):
                value = fine.public(law.unit * law.value(a))
                change = fine.public(law.unit * slopes[0] * (b - a))
                slack = max(abs(change.lower), abs(change.upper))
                low, high = (value.lower - slack, value.upper) if at_top else (value.lower, value.upper + slack)
                return Ball((low + high) / 2, (high - low) / 2)
    raise NotCertified(f"{field.name} cannot certify an edge of this spectrum: use more bits, or drop tiny ones")
