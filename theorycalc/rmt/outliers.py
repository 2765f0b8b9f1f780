"""Where single eigenvalues of N go when C is a bulk with a few spikes, of fixed multiplicity as d, m → ∞.

The limiting law is then that of the bulk alone, and with its ψ

    ψ′(α) > 0:  a spike α of C sends its multiplicity of eigenvalues of N to ψ(α), outside the bulk;
    ψ′(α) ≤ 0:  it is lost in the bulk.

Both are rational for rational spectra, so EXACT decides them without error.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number, refuse
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, EXACT, F64, Array, Field, as_fraction, is_multiprecision, require_field
from theorycalc.results import Frozen, plain
from theorycalc.rmt.edges import COUNT_REMEDY, balls_for, checked_spectrum
from theorycalc.rmt.support import merged

_SPIKE_REMEDY = "pass the eigenvalues of C that stand outside its bulk, positive numbers"
_MOST_EXACT = 400  # different eigenvalues whose sum over ψ′ is formed in rationals
_BITS = (128, 512)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpectralOutliers(Frozen):
    """For each spike: whether its eigenvalues leave the bulk, and where they settle if they do."""

    m: int
    spikes: Array  # (s,) as given
    detached: Array  # (s,) bool
    position: Array  # (s,) object: ψ(α), None for a spike that stays in the bulk
    field_name: str
    uncertainty: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        dps = int(self.field_name[3:-1]) if self.field_name.startswith("MP(") else 15
        return {
            "m": self.m,
            "spikes": [plain(spike) for spike in self.spikes],
            "detached": [bool(x) for x in self.detached],
            "position": [None if x is None else plain(x, dps=dps) for x in self.position],
            "field": self.field_name,
            "uncertainty": self.uncertainty,
        }

    def _table(self) -> dict[str, Any]:
        return {"spike": self.spikes, "detached": self.detached, "position": self.position}


def spectral_outliers(
    spectrum: Any, spikes: Any, *, m: int, multiplicity: Any = None, field: Field = F64
) -> SpectralOutliers:
    """Return where the eigenvalues of N that belong to the spikes of C go as d, m → ∞.

        detached iff ψ′(α) > 0, and then at ψ(α), with ψ of the bulk

    Parameters
    ----------
    spectrum : (q,) positive eigenvalues of the bulk of C, without the spikes
    spikes : (s,) positive eigenvalues of C beside them, each of some fixed multiplicity
    m : number of examples in the test prompt
    multiplicity : (q,) how often each eigenvalue of the bulk occurs; default once
    field : F64 (default), MP(dps), BALL(bits) or EXACT

    Returns
    -------
    SpectralOutliers
        ``.detached`` (s,) is proved in every field; ``.position`` (s,) are numbers of the field.

    Raises
    ------
    InvalidSetup
        if a spectrum is not one of positive numbers.
    NotCertified
        if ψ′(α) is 0 to 512 bits and the spectrum too long for rational arithmetic.

    Assumes: d, m → ∞ at the ratio and the bulk given, with the multiplicities of the spikes fixed.  At finite m such
    an eigenvalue scatters by O(m^{−1/2}).
    Cost: O(q s).  Claims: RMT-06.
    Source: Baik and Silverstein, J. Multivariate Anal. 97 (2006); Bai and Yao, J. Multivariate Anal. 106 (2012).

    Examples
    --------
    Bulk C = I with d/m = 1/4: spikes above 1 + √φ = 3/2 leave it, and α = 2 settles at 2 + (1/4)·2/1 = 5/2.

    >>> found = spectral_outliers([1], [2, "3/2"], m=4, field=EXACT)
    >>> found.detached, found.position
    (array([ True, False]), array([Fraction(5, 2), None], dtype=object))
    """
    chosen = require_field(field)
    values, counts = merged(*checked_spectrum(spectrum, multiplicity))
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=COUNT_REMEDY)
    if len(np.shape(spikes)) != 1 or not np.shape(spikes)[0]:
        raise refuse("spikes", spikes, "not a sequence of eigenvalues", _SPIKE_REMEDY)
    points = [number("spikes", spike) for spike in spikes]
    for point in points:
        if point <= 0:
            raise refuse("spikes", point, "an eigenvalue that is not positive", _SPIKE_REMEDY)
    bulk = _Bulk([as_fraction(value) for value in values], counts, size)
    detached = np.array([bulk.rises(as_fraction(point)) for point in points])
    position = np.empty(len(points), dtype=object)
    for i, point in enumerate(points):
        position[i] = bulk.image(as_fraction(point), chosen) if detached[i] else None
    kind = {F64: "float64, correctly rounded from enclosures", EXACT: "exact rational numbers"}
    words = f"rounded midpoints of enclosures ({balls_for(chosen).name})" if is_multiprecision(chosen) else ""
    stored = np.empty(len(points), dtype=object)
    stored[:] = points
    return SpectralOutliers(
        m=size,
        spikes=stored,
        detached=detached,
        position=position,
        field_name=chosen.name,
        uncertainty=kind.get(chosen, words or f"rigorous enclosures ({chosen.name})"),
    )


@dataclass(frozen=True)
class _Bulk:
    values: list[Fraction]
    counts: list[int]
    m: int

    def rises(self, alpha: Fraction) -> bool:
        """Whether ψ′(α) > 0, proved."""
        if alpha in self.values:
            return False
        for bits in _BITS:
            with BALL(bits).working():
                slope = self._slope(alpha, BALL(bits))
                if slope > 0 or slope < 0:
                    return bool(slope > 0)
        if len(self.values) > _MOST_EXACT:
            raise NotCertified(
                f"ψ′ at the spike {float(alpha):.17g} is 0 to {_BITS[-1]} bits: it is at the threshold of detaching"
            )
        return bool(self._slope(alpha, EXACT) > 0)

    def _slope(self, alpha: Fraction, field: Field) -> Any:
        c, point = field.array(self.values), field.number(alpha)
        return 1 - (field.array(self.counts) * (c / (point - c)) ** 2).sum() / field.number(self.m)

    def image(self, alpha: Fraction, field: Field) -> Any:
        """ψ(α) as a public number."""
        balls = BALL(128) if field is F64 else balls_for(field)
        with balls.working():
            c, point = balls.array(self.values), balls.number(alpha)
            terms = balls.array(self.counts) * (c / (point - c))
            value = balls.public(point + point * terms.sum() / balls.number(self.m))
        return value if field is balls or field is EXACT else field.public(value.mid)
