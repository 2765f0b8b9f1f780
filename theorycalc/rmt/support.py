"""The whole support of the generalised Marchenko–Pastur law: every interval, its mass, and the gaps between.

A real α that is no eigenvalue of C belongs to a point ψ(α) outside the support iff ψ′(α) > 0 (Silverstein and Choi).
Between two neighbouring eigenvalues of C that is an interval (a, b) or nothing (:mod:`theorycalc.rmt.gaps`), and gives
the gap (ψ(a), ψ(b)).  Above it lie exactly as many sample eigenvalues as C has above α (exact separation, Bai and
Silverstein 1999), which makes all masses rational.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, is_ball, is_multiprecision, require_field
from theorycalc.results import Frozen, plain
from theorycalc.rmt.critical import enclosed_point, rounded_point
from theorycalc.rmt.edges import COUNT_REMEDY, balls_for, checked_spectrum, in_range
from theorycalc.rmt.gaps import certified_gaps, float_gaps


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
    lower_alpha: Array  # (p,) the zeros α of ψ′ (0 for a hard edge at 0) with ψ(α) = lower
    upper_alpha: Array  # (p,)
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

    def _table(self) -> dict[str, Any]:
        return {"lower": self.lower, "upper": self.upper, "count": self.count, "mass": self.mass}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        edges = {name: self._plain(name) for name in ("lower", "upper")}
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

    def _plain(self, name: str) -> list[Any]:
        dps = int(self.field_name[3:-1]) if self.field_name.startswith("MP(") else 15
        return [plain(edge, dps=dps) for edge in getattr(self, name)]

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
    values, counts = merged(*checked_spectrum(spectrum, multiplicity))
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=COUNT_REMEDY)
    if chosen is EXACT:
        raise OutsideRegime("spectral edges are algebraic numbers: use field=BALL(bits) for a proved enclosure")
    if chosen is F64:
        first, last = (rounded_point(values, counts, size, at_top=top) for top in (False, True))
        inner = float_gaps(values, counts, size)
        words = "float64 rounding, about 1e-13 relative"
    else:
        balls = balls_for(chosen)
        first, last = (enclosed_point(values, counts, size, balls, at_top=top) for top in (False, True))
        inner = certified_gaps(values, counts, size, balls)
        kind = "rigorous enclosures" if is_ball(chosen) else "rounded midpoints of rigorous enclosures"
        words = f"{kind} ({balls.name}), other gaps excluded"
    d, above = sum(counts), [sum(counts[gap.below + 1 :]) for gap in inner]
    total = [min(d, size), *above, 0]
    points = [first, *(point for gap in inner for point in (gap.start, gap.end)), last]
    edges = _public([point.value for point in points], chosen)
    alphas = _public([point.alpha for point in points], chosen)
    if chosen is F64:
        first_soft = int(d == size)
        edges[first_soft:] = [in_range(edge) for edge in edges[first_soft:]]
    return SpectralSupport(
        d=d,
        m=size,
        lower=edges[::2].copy(),
        upper=edges[1::2].copy(),
        count=np.array([high - low for high, low in pairwise(total)], dtype=object if d > 2**62 else np.int64),
        lower_alpha=alphas[::2].copy(),
        upper_alpha=alphas[1::2].copy(),
        atom_at_zero=max(Fraction(0), 1 - Fraction(size, d)),
        field_name=chosen.name,
        uncertainty=words,
    )


def _public(numbers: list[Any], field: Field) -> Array:
    if field is F64:
        return np.array(numbers, dtype=np.float64)
    result = np.empty(len(numbers), dtype=object)
    result[:] = [field.public(x.mid) if is_multiprecision(field) else x for x in numbers]
    return result


def merged(values: list[Any], counts: list[int]) -> tuple[list[Any], list[int]]:
    """Return different eigenvalues, ascending, with the sums of their counts."""
    found: dict[Any, int] = {}
    for value, count in sorted(zip(values, counts, strict=True), key=lambda pair: pair[0]):
        found[value] = found.get(value, 0) + count
    return list(found), list(found.values())
