"""The whole support of the limiting spectrum: gaps, the mass of every interval, and outliers (theory section 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.rmt.edges import _solutions
from proofs_check.claims.rmt.laws import PopulationLaw
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.rmt import edges, outliers, support

_BALLS = BALL(80)


def _psi(alpha: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
    return edges._psi(alpha, np.array([c, e], dtype=object), np.array([f, g], dtype=object))


# ------------------------------------------------------------------------------------------------ RMT-07: gaps

Power = Callable[[Any], Any]  # (α − c) -> what a term of ψ′ falls with


def _concave(power: Power) -> dict[str, Expression]:
    """−c²/(α − c)² is concave on either side of c: 1/x² at x + h and x − h against x, 0 < h < x."""
    return {"concave": lambda x, h, **_: power(x + 2 * h) + power(x) - 2 * power(x + h)}


def _nearest(power: Power) -> dict[str, tuple[Expression, Expression]]:
    """A³/x² + B³/y² − (A + B)³/(x + y)² is (Ay − Bx)² times a positive factor: what float_gaps excludes gaps with."""

    def gap(x: Any, h: Any, A: Any, B: Any) -> Any:
        return A**3 * power(x) + B**3 * power(h) - (A + B) ** 3 * power(x + h)

    def square(x: Any, h: Any, A: Any, B: Any) -> Any:
        factor = A * h**2 + 2 * (A + B) * x * h + B * x**2
        return (A * h - B * x) ** 2 * factor / (x * h * (x + h)) ** 2

    return {"nearest": (gap, square)}


Resolvent = Callable[[Any, Any, Any, Any], Any]  # (α, ψ(α), d, m) -> tr (z − N)⁻¹ at z = ψ(α)


def _resolvent(alpha: Any, z: Any, d: Any, m: Any) -> Any:
    return (d - m) / z + m / alpha


_WRONG_RESOLVENTS: dict[str, Resolvent] = {
    "d/α": lambda alpha, z, d, m: d / alpha,
    "d and m exchanged": lambda alpha, z, d, m: (m - d) / z + d / alpha,
    "m/ψ": lambda alpha, z, d, m: (d - m) / alpha + m / z,
}


def _masses(resolvent: Resolvent) -> dict[str, tuple[Expression, Expression]]:
    """tr (z − N)⁻¹ = (1/z) Σ nᵢ α/(α − cᵢ), nᵢ = mωᵢ; the residue of m ψ′/α at a pole cᵢ is nᵢ: partial fractions."""

    def trace(a: Any, c: Any, e: Any, f: Any, g: Any, m: Any) -> Any:
        return (m * f * a / (a - c) + m * g * a / (a - e)) / _psi(a, c, e, f, g)

    def claimed(a: Any, c: Any, e: Any, f: Any, g: Any, m: Any) -> Any:
        return resolvent(a, _psi(a, c, e, f, g), m * (f + g), m)

    def term(a: Any, c: Any, f: Any, m: Any, **_: Any) -> Any:
        return -1 * m * f * c**2 / ((a - c) ** 2 * a)

    def fractions(a: Any, c: Any, f: Any, m: Any, **_: Any) -> Any:
        return m * f * (1 / (a - c) - 1 / a - c / (a - c) ** 2)

    return {"trace": (trace, claimed), "residue": (term, fractions)}


@st.composite
def _laws(draw: DrawFn) -> PopulationLaw:
    """Draw two or three eigenvalues that are often far apart, and m from few to many."""
    base = draw(st.fractions("1/4", 2, max_denominator=4))
    ratios = draw(
        st.lists(st.sampled_from([Fraction(x) for x in ("3/2", "2", "4", "9", "40")]), min_size=1, max_size=2)
    )
    c = [base]
    for ratio in ratios:
        c.append(c[-1] * ratio)
    counts = tuple(draw(st.integers(1, 9)) for _ in c)
    d = sum(counts)
    m = draw(st.one_of(st.integers(1, d), st.integers(d, 8 * d), st.integers(8 * d, 60 * d)))
    return PopulationLaw(tuple(c), counts, m)


@dataclass(frozen=True)
class _Support:
    """The intervals away from 0 with the number of eigenvalues that each holds."""

    intervals: list[tuple[Fraction, Fraction]]
    counts: list[int]


Supports = Callable[[PopulationLaw], _Support]


def _code(law: PopulationLaw) -> _Support:
    found = support.spectral_support(law.c, law.m, multiplicity=law.multiplicity, field=_BALLS)
    pairs = [(low.mid, high.mid) for low, high in found.intervals]
    return _Support(pairs, [int(x) for x in found.count])


def _merged(law: PopulationLaw) -> _Support:
    """Gaps forgotten."""
    found = _code(law)
    return _Support([(found.intervals[0][0], found.intervals[-1][1])], [sum(found.counts)])


def _always(law: PopulationLaw) -> _Support:
    """A gap between any two eigenvalues of C, about where they are."""
    c, counts = sorted(law.c), [n for _, n in sorted(zip(law.c, law.multiplicity, strict=True))]
    return _Support([(x * Fraction(9, 10), x * Fraction(11, 10)) for x in c], counts)


def _reversed(law: PopulationLaw) -> _Support:
    found = _code(law)
    return _Support(found.intervals, found.counts[::-1])


def _nudged(share: Fraction) -> Supports:
    def changed(law: PopulationLaw) -> _Support:
        found = _code(law)
        return _Support([(low * (1 + share), high * (1 - share)) for low, high in found.intervals], found.counts)

    return changed


_WRONG_SUPPORTS: dict[str, Supports] = {
    "gaps forgotten": _merged,
    "a gap between any two": _always,
    "counts in the wrong order": _reversed,
    "intervals 1 % short": _nudged(Fraction(1, 100)),
    "intervals 1 % long": _nudged(Fraction(-1, 100)),
    "m + 1 for m": lambda law: _code(PopulationLaw(law.c, law.multiplicity, law.m + 1)),
}


def _is_support(formula: Supports, law: PopulationLaw) -> bool:
    """Whether ψ = λ has q + 1 real solutions outside every edge, q − 1 inside, and the counts are those of C above.

    A λ in a gap has its solution with ψ′ > 0 between two eigenvalues of C; those above it are counted.
    """
    found, q = formula(law), len(law.c)
    off = Fraction(1, 2**40)
    if not all(low < high for low, high in found.intervals) or sum(found.counts) != min(law.d, law.m):
        return False
    for i, (low, high) in enumerate(found.intervals):
        hard = i == 0 and law.d == law.m
        for edge, outwards in ((low, -1), (high, 1)):
            if hard and outwards < 0:
                continue
            outside, inside = edge * (1 + outwards * off), edge * (1 - outwards * off)
            if _solutions(law, outside, None, None) != q + 1 or _solutions(law, inside, None, None) != q - 1:
                return False
    gaps = [(low[1] + high[0]) / 2 for low, high in pairwise(found.intervals)]
    counted = all(sum(found.counts[i + 1 :]) == _above(law, value) for i, value in enumerate(gaps))
    return counted and _critical_points(law) == 2 * len(found.intervals)


def _critical_points(law: PopulationLaw) -> int:
    """How many real zeros ψ′ has, 0 included, by Sturm's theorem: one for every edge."""
    import sympy as sp

    x = sp.Symbol("x")
    factors = [(x - sp.Rational(c.numerator, c.denominator)) ** 2 for c in law.c]
    total = sp.prod(factors)
    for i, (c, w) in enumerate(zip(law.c, law.weight, strict=True)):
        share = w * c * c
        total -= sp.Rational(share.numerator, share.denominator) * sp.prod(factors[:i] + factors[i + 1 :])
    return int(sp.Poly(total, x).count_roots())


def _above(law: PopulationLaw, value: Fraction) -> int:
    """How many eigenvalues of C lie above the α with ψ(α) = value and ψ′(α) > 0: three solutions lie there."""
    c = sorted(law.c)
    for j in range(len(c) - 1):
        if _solutions(law, value, c[j], c[j + 1]) >= 3:
            return sum(n for x, n in zip(law.c, law.multiplicity, strict=True) if x > c[j])
    return -1


_SUPPORT = Claim(
    id="RMT-07",
    kind=Kind.IDENTITY,
    title="The support with its gaps, and the mass of every interval",
    statement=r"\psi' \text{ is concave between neighbouring } c_j < c_{j+1} \text{ and has two zeros } a < b \text{"
    r" there or none; two give the gap } (\psi(a), \psi(b)), \text{ and every gap arises so; above it lie as many"
    r" eigenvalues of the limiting law as of } C \text{ above } c_j:\ \sum_{i > j} n_i",
    source=Source(
        "Silverstein and Choi, J. Multivariate Anal. 54 (1995)",
        known=Known.SECONDARY,
        note="the counts: exact separation, Bai and Silverstein, Ann. Probab. 27 (1999), here for the limiting law",
    ),
    origin=Origin.CITED,
    assumes=(
        "Silverstein and Choi: λ ≠ 0 is outside the support iff λ = ψ(α) with α real, α ≠ 0, cᵢ, and ψ′(α) > 0",
        "a mass is a contour integral of tr (z − N)⁻¹; by z = ψ(α) it goes around the cᵢ above, ψ not around 0",
        "that a sample has exactly so many eigenvalues there for d large is Bai and Silverstein's theorem",
    ),
    uses=("RMT-02",),
    checks=(
        by_certificate(
            "ψ′ is concave between poles, and at most what its nearest terms allow",
            part="gaps",
            formula=lambda x: 1 / x**2,
            controls={
                "1/x": lambda x: 1 / x,
                "−1/x²": lambda x: -1 / x**2,
                "x²": lambda x: x**2,
            },
            gaps=_concave,
            strict=("concave",),
            equal=_nearest,
            domain=Domain(("x", "h", "A", "B")),
            scope="every spectrum, term by term; the two nearest terms",
        ),
        by_certificate(
            "the mass of an interval by residues",
            part="mass",
            formula=_resolvent,
            controls=_WRONG_RESOLVENTS,
            gaps=lambda resolvent: {},
            equal=_masses,
            domain=Domain(("a", "c", "e", "f", "g", "m")),
            scope="every spectrum, term by term (two eigenvalues are written out), every d/m",
        ),
        by_samples(
            "spectral_support against Sturm counts of ψ = λ on both sides of every edge, and in every gap",
            part="gaps",
            formula=_code,
            controls=_WRONG_SUPPORTS,
            over=_laws(),
            holds=_is_support,
            scope="two or three eigenvalues up to 1600 apart, d ≤ 27, m ≤ 60 d; each edge to 2⁻⁴⁰",
            instances=8,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ RMT-06: outliers

Change = Callable[[Any, Any, Any], Any]  # (s, α − s, α + h − s) -> slope that a spike of weight 1 takes away


def _change(spike: Any, near: Any, far: Any) -> Any:
    return spike**2 / (near * far)


_WRONG_CHANGES: dict[str, Change] = {
    "s for s²": lambda spike, near, far: spike / (near * far),
    "sign": lambda spike, near, far: -1 * _change(spike, near, far),
    "distance for its square": lambda spike, near, far: spike**2 / near,
}


def _with_a_spike(change: Change) -> dict[str, tuple[Expression, Expression]]:
    """The slope of the chord of ψ with a spike s of weight w beside the bulk, less that of the bulk: −w s²/(…)."""

    def difference(a: Any, h: Any, s: Any, w: Any, c: Any, f: Any, **_: Any) -> Any:
        with_spike = (_psi(a + h, c, s, f, w) - _psi(a, c, s, f, w)) / h
        alone = (_psi(a + h, c, s, f, 0 * w) - _psi(a, c, s, f, 0 * w)) / h
        return with_spike - alone

    return {"slope": (difference, lambda a, h, s, w, **_: -1 * w * change(s, a - s, a + h - s))}


def _open(change: Change) -> dict[str, Expression]:
    """Where the bulk's ψ′ is at least η = w (s/δ)² + u, that with the spike is > 0 at distance δ from it and beyond."""

    def slope(s: Any, w: Any, delta: Any, u: Any, v: Any) -> Any:
        eta, x = w * (s / delta) ** 2 + u, delta + v
        return eta - w * change(s, x, x)

    return {"gap beside it": lambda s, w, delta, u, v, **_: slope(s, w, delta, u, v)}


@dataclass(frozen=True)
class _Spiked:
    """A bulk, its size as a multiple, and a spike."""

    law: PopulationLaw
    spike: Fraction
    size: int

    @property
    def slope(self) -> Fraction:
        """The bulk's ψ′ at the spike."""
        terms = zip(self.law.c, self.law.weight, strict=True)
        return 1 - sum((w * c * c / (self.spike - c) ** 2 for c, w in terms), Fraction(0))


Places = Callable[[_Spiked], "Fraction | None"]  # where the outlier goes; None: nowhere


def _place(given: _Spiked) -> Fraction | None:
    found = outliers.spectral_outliers(
        given.law.c, [given.spike], m=given.law.m, multiplicity=given.law.multiplicity, field=EXACT
    )
    place: Fraction | None = found.position[0]
    return place


def _image(given: _Spiked, m: int) -> Fraction:
    """ψ of the bulk at the spike."""
    law = given.law
    value: Fraction = edges.psi(given.spike, law.c, m=m, multiplicity=law.multiplicity, field=EXACT)
    return value


_WRONG_PLACES: dict[str, Places] = {
    "its own value": lambda given: given.spike if given.slope > 0 else None,
    "always": lambda given: _image(given, given.law.m),
    "never": lambda given: None,
    "ψ at m + 1": lambda given: _image(given, given.law.m + 1) if given.slope > 0 else None,
    "the wrong way round": lambda given: None if given.slope > 0 else _image(given, given.law.m),
}


@st.composite
def _spiked(draw: DrawFn) -> _Spiked:
    """Draw a bulk of one or two eigenvalues, repeated 10⁸ times, and a spike away from the threshold."""
    c = draw(st.lists(st.fractions("1/2", 3, max_denominator=4), min_size=1, max_size=2, unique=True))
    counts = tuple(draw(st.integers(1, 5)) for _ in c)
    law = PopulationLaw(tuple(c), counts, draw(st.integers(1, 5 * sum(counts))))
    spike = draw(st.fractions("1/8", 12, max_denominator=8).filter(lambda x: x not in c))
    given = _Spiked(law, spike, 10**8)
    return given if abs(given.slope) > Fraction(1, 20) else _Spiked(law, 40 * max(c), 10**8)


def _is_place(place: Places, given: _Spiked) -> bool:
    """Whether the law with the spike at weight 10⁻⁸/m has an interval of one eigenvalue there, or no such interval."""
    law, size = given.law, given.size
    counts = [n * size for n in law.multiplicity]
    found = support.spectral_support([*law.c, given.spike], law.m * size, multiplicity=[*counts, 1], field=_BALLS)
    single = [(low, high) for low, high, n in zip(found.lower, found.upper, found.count, strict=True) if n == 1]
    at = place(given)
    if at is None:
        return not single
    near = at / 1000
    return any(_within(low, at, near) and _within(high, at, near) for low, high in single)


def _within(edge: Ball, at: Fraction, near: Fraction) -> bool:
    return abs(edge.mid - at) <= near


_OUTLIERS = Claim(
    id="RMT-06",
    kind=Kind.LIMIT,
    title="Spikes of C detach iff ψ′ of the bulk is positive there, and settle at ψ",
    statement=r"\text{A spike } s \text{ of fixed multiplicity } r \text{ beside a bulk with } d/m \to \varphi: \text{"
    r" if } \psi'(s) > 0, \ r \text{ eigenvalues of the law tend to } \psi(s), \text{ outside the bulk; if }"
    r" \psi'(s) < 0 \text{ none leaves it}",
    source=Source(
        "Baik and Silverstein, J. Multivariate Anal. 97 (2006)",
        known=Known.SECONDARY,
        note="generalised by Bai and Yao, J. Multivariate Anal. 106 (2012); here for the law at weight r/m → 0",
    ),
    origin=Origin.CITED,
    assumes=(
        "the law with the spike at weight r/m: its interval shrinks like m^{−1/2}; samples follow by exact separation",
        "ψ′(s) > 0: ψ′ ≥ η near s, so with the spike ψ′ > 0 from distance s √(r/mη) on, on both sides (RMT-07)",
        "ψ′(s) < 0: the spike only lowers ψ′, so no gap opens near s",
    ),
    uses=("RMT-02", "RMT-07"),
    checks=(
        by_certificate(
            "what a spike does to ψ′",
            formula=_change,
            controls=_WRONG_CHANGES,
            gaps=_open,
            equal=_with_a_spike,
            domain=Domain(("a", "h", "s", "w", "c", "f", "delta"), ("u", "v")),
            scope="every bulk, term by term, every spike and weight",
        ),
        by_samples(
            "spectral_outliers against spectral_support with one spike among 10⁸ eigenvalues",
            formula=_place,
            controls=_WRONG_PLACES,
            over=_spiked(),
            holds=_is_place,
            scope="bulks of one or two eigenvalues, d/m from 1/5, spikes up to 40 c_max, |ψ′| > 1/20",
            instances=14,
        ),
    ),
)

CLAIMS = (_OUTLIERS, _SUPPORT)
