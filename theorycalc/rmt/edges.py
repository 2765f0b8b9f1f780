"""Spectral edges of N = Wishart_m(C)/m in the limit d, m → ∞ with d/m → φ (theory section 6).

With the weight ωᵢ = (multiplicity of cᵢ)/m, so that Σ ωᵢ = φ, the generalised Marchenko–Pastur law is governed by

    ψ(α) = α + Σᵢ ωᵢ α cᵢ/(α − cᵢ),   ψ′(α) = 1 − Σᵢ ωᵢ cᵢ²/(α − cᵢ)²,   ψ″(α) = 2 Σᵢ ωᵢ cᵢ²/(α − cᵢ)³

Its extreme values, computed in :mod:`theorycalc.rmt.critical`, are the edges.
"""

import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number, refuse
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Array,
    BeyondFloat64,
    Field,
    is_ball,
    is_multiprecision,
    require_field,
)
from theorycalc.results import Frozen
from theorycalc.rmt.critical import enclosed_point, rounded_point

COUNT_REMEDY = "pass the number of examples in the test prompt, an integer >= 1"
_SPECTRUM_REMEDY = "pass the eigenvalues of C as a sequence of positive numbers"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpectralEdges(Frozen):
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
    values, counts = checked_spectrum(spectrum, multiplicity)
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=COUNT_REMEDY)
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
    values, counts = checked_spectrum(spectrum, multiplicity)
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=COUNT_REMEDY)
    if chosen is EXACT:
        raise OutsideRegime("spectral edges are algebraic numbers: use field=BALL(bits) for a proved enclosure")
    d = sum(counts)
    lower, upper, words = edge_pair(values, counts, size, chosen)
    return SpectralEdges(
        d=d,
        m=size,
        lower=lower,
        upper=upper,
        atom_at_zero=max(Fraction(0), 1 - Fraction(size, d)),
        field_name=chosen.name,
        uncertainty=words,
    )


def balls_for(field: Field) -> Field:
    """Return the field of balls that MP(dps) is rounded from; a field of balls itself."""
    return BALL(int(getattr(field, "dps") * 3.33) + 16) if is_multiprecision(field) else field  # noqa: B009


def edge_pair(values: list[Any], counts: list[int], m: int, field: Field) -> tuple[Any, Any, str]:
    """Return the lower and the upper edge as public numbers, and what is known of their errors."""
    if field is F64:
        low, high = (_rounded(values, counts, m, at_top=top) for top in (False, True))
        return low, high, "float64 rounding, about 1e-13 relative"
    balls = balls_for(field)
    lower, upper = (enclosed_point(values, counts, m, balls, at_top=top).value for top in (False, True))
    words = f"rigorous enclosures ({balls.name})"
    if is_ball(field):
        return lower, upper, words
    return field.public(lower.mid), field.public(upper.mid), f"rounded midpoints of {words}"


def checked_spectrum(spectrum: Any, multiplicity: Any) -> tuple[list[Any], list[int]]:
    """Return the eigenvalues as checked numbers, and how often each occurs."""
    shape = np.shape(spectrum)
    if len(shape) != 1 or not shape[0]:
        raise refuse("spectrum", spectrum, "not a sequence of eigenvalues", _SPECTRUM_REMEDY)
    if isinstance(spectrum, np.ndarray) and spectrum.dtype == np.float64 and np.all(np.isfinite(spectrum)):
        values: list[Any] = spectrum.tolist()
    else:
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


def _rounded(values: list[Any], counts: list[int], m: int, *, at_top: bool) -> float:
    """Return an edge in float64."""
    if sum(counts) == m and not at_top:
        return 0.0
    return in_range(rounded_point(values, counts, m, at_top=at_top).value)


def in_range(edge: Any) -> float:
    """Return an edge as a float; refuse what float64 cannot hold."""
    if not sys.float_info.min <= edge <= sys.float_info.max:
        raise BeyondFloat64("an edge leaves the float64 range: rescale the spectrum, or use field=BALL(bits)")
    return float(edge)
