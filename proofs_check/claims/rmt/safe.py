"""The safe-thinking bound: prompts as long as those of training keep the chain stable (theory section 6)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import spectra
from theorycalc import hardness
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.model import Setup
from theorycalc.rmt import edges

_OURS = Source("this project", note="theory section 6, where the bound is stated from numerical evidence")
_LIMIT = (
    "Σ = Λ",
    "λ₊ is an edge of the limit d, m → ∞: a prompt's λ_max exceeds λ₊ + ε with probability → 0, ε > 0 fixed",
    "λ₊ itself it exceeds with a probability that stays (Tracy–Widom: about 0.17 in the limit)",
    "at criticality, d = n = m, about one prompt in ten has λ_max > 2; and at finite d the mean E_k diverges",
)
Bound = Callable[[Any, Any], Any]  # (n, m)


def _m(setup: Setup) -> int:
    assert setup.m is not None
    return setup.m


def _spectrum(setup: Setup) -> list[Fraction]:
    """The eigenvalues of Γ⁻¹Λ."""
    return [1 - Fraction(x) for x in hardness.contraction_factors(setup, field=EXACT).factors]


def _upper_edge(setup: Setup) -> Ball:
    found: Ball = edges.spectral_edges(_spectrum(setup), _m(setup), field=BALL(80)).upper
    return found


def _isotropic_edge(d: int, n: int, m: int) -> Ball:
    """λ₊ for Λ = λ I, where Γ⁻¹Λ = n/(n + 1 + d) I."""
    found: Ball = edges.spectral_edges([Fraction(n, n + 1 + d)], m, multiplicity=[d], field=BALL(80)).upper
    return found


# ------------------------------------------------------------------------------------------------ SAF-01


def _safe(n: Any, m: Any) -> Any:
    return 1 + n / m


_WRONG_BOUNDS: dict[str, Bound] = {
    "n/m": lambda n, m: n / m,
    "1 + n/(m + 1)": lambda n, m: 1 + n / (m + 1),
    "1 + (n − 1)/m": lambda n, m: 1 + (n - 1) / m,
    "1 + n/(2m)": lambda n, m: 1 + n / (2 * m),
    "1 + m/n": lambda n, m: 1 + m / n,
}


def _eigenvalue(e: Any, t: Any, n: Any) -> Any:
    return e / ((1 + 1 / n) * e + t / n)


def _at_one(bound: Bound) -> dict[str, tuple[Expression, Expression]]:
    """ψ(1) = 1 + Σ (1/m) nλᵢ/(λᵢ + t), here for two eigenvalues e, f; t = e + f + v is the trace."""

    def left(e: Any, f: Any, v: Any, w: Any, m: Any) -> Any:
        t, n = e + f + v, 1 + w
        c = np.array([_eigenvalue(e, t, n), _eigenvalue(f, t, n)], dtype=object)
        return edges._psi(1, c, np.array([1 / m, 1 / m], dtype=object))

    def right(e: Any, f: Any, v: Any, w: Any, m: Any) -> Any:
        t, n = e + f + v, 1 + w
        return 1 + n / m * (e / (e + t) + f / (f + t))

    return {"psi": (left, right)}


def _shares(bound: Bound) -> dict[str, Expression]:
    """1 − c > 0, and an eigenvalue's share of the bound, (bound − 1) λ/t, exceeds its term of ψ(1) − 1."""

    def below_one(e: Any, f: Any, v: Any, w: Any, **_: Any) -> Any:
        return 1 - _eigenvalue(e, e + f + v, 1 + w)

    def share(e: Any, f: Any, v: Any, w: Any, m: Any) -> Any:
        t, n = e + f + v, 1 + w
        return (bound(n, m) - 1) * (e / t) - n / m * (e / (e + t))

    return {"c < 1": below_one, "share": share}


@st.composite
def _matched(draw: DrawFn) -> Setup:
    """Draw Λ, n, m: general spectra, and isotropic ones with d near n²/m, where the bound is nearly attained."""
    n = draw(st.integers(1, 12))
    if draw(st.booleans()):
        return Setup(draw(spectra(6)), n=n, m=draw(st.integers(1, 24)))
    m = draw(st.integers(1, n + 3))
    d = max(1, n * n // m + draw(st.integers(0, 1)))
    return Setup([1] * d, n=n, m=m)


def _holds(bound: Bound, setup: Setup) -> bool:
    """Whether λ₊ ≤ ψ(1) < the bound, and λ₊ < the bound by its enclosure alone."""
    limit, edge = bound(Fraction(setup.n), Fraction(_m(setup))), _upper_edge(setup)
    at_one = edges.psi(1, _spectrum(setup), m=_m(setup), field=EXACT)
    return bool(edge.lower <= at_one < limit and edge.upper < limit)


_SAFE = Claim(
    id="SAF-01",
    kind=Kind.UPPER,
    title="The safe-thinking bound",
    statement=r"\Sigma = \Lambda \Longrightarrow \lambda_+ \le \psi(1) = 1 + \frac1m \sum_i \frac{n\lambda_i}{\lambda_i"
    r" + \operatorname{tr}\Lambda} < 1 + \frac nm: \text{ with } m \ge n: \ \lambda_+ < 2, \text{ no"
    r" overthinking in the proportional limit, whatever the spectrum}",
    source=_OURS,
    origin=Origin.OURS,
    assumes=_LIMIT,
    uses=("RMT-02", "RMT-03"),
    checks=(
        by_certificate(
            "ψ(1) and its terms",
            formula=_safe,
            controls=_WRONG_BOUNDS,
            gaps=_shares,
            strict=("c < 1", "share"),
            equal=_at_one,
            domain=Domain(("e", "f", "m"), ("v", "w")),
            scope="every d, spectrum, n ≥ 1, m: term by term in λᵢ, as Σ λᵢ/tr Λ = 1; and 1 > c_max gives λ₊ ≤ ψ(1)",
        ),
        by_samples(
            "spectral_edges ≤ psi at 1 < the bound",
            formula=_safe,
            controls=_WRONG_BOUNDS | {"2": lambda n, m: 2},
            over=_matched(),
            holds=_holds,
            scope="spectra with d ≤ 6, n ≤ 12, m ≤ 24, and isotropic ones with d near n²/m",
            instances=80,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SAF-02

Gap = Callable[[Any, Any, Any], Any]  # (n, m, √(md)) -> 1 + n/m − λ₊


def _gap(n: Any, m: Any, s: Any) -> Any:
    return (m + n + (s - n) ** 2) / (m * (n + 1 + s * s / m))


_WRONG_GAPS: dict[str, Gap] = {
    "m + n left out": lambda n, m, s: (s - n) ** 2 / (m * (n + 1 + s * s / m)),
    "n + d for n + 1 + d": lambda n, m, s: (m + n + (s - n) ** 2) / (m * (n + s * s / m)),
    "(√(md) − m)²": lambda n, m, s: (m + n + (s - m) ** 2) / (m * (n + 1 + s * s / m)),
    "1/m left out": lambda n, m, s: (m + n + (s - n) ** 2) / (n + 1 + s * s / m),
    "m + n + 1": lambda n, m, s: (m + n + 1 + (s - n) ** 2) / (m * (n + 1 + s * s / m)),
}


def _gap_by_edge(gap: Gap) -> dict[str, tuple[Expression, Expression]]:
    def direct(n: Any, m: Any, s: Any) -> Any:
        c = n / (n + 1 + s * s / m)
        return 1 + n / m - c * (1 + s / m) ** 2

    return {"gap": (direct, gap)}


@st.composite
def _squares(draw: DrawFn) -> tuple[int, int, int, int]:
    """Draw n, m, d and √(md), an integer, so that λ₊ is rational."""
    a, b, j = (draw(st.integers(1, 6)) for _ in range(3))
    return draw(st.integers(1, 30)), a * a * j, b * b * j, a * b * j


def _is_gap(gap: Gap, instance: tuple[int, int, int, int]) -> bool:
    n, m, d, root = instance
    ball = _isotropic_edge(d, n, m)
    return 1 + Fraction(n, m) - gap(Fraction(n), Fraction(m), Fraction(root)) in ball and ball.rad < Fraction(1, 2**60)


Rate = Callable[[Any, Any, Any], Any]  # (j, n, m) -> bound of the gap at sizes j m, j n, d = j n²/m


def _rate(j: Any, n: Any, m: Any) -> Any:
    return 1 / (j * n)


_WRONG_RATES: dict[str, Rate] = {
    "1/(jn)²": lambda j, n, m: 1 / (j * n) ** 2,
    "1/(j(m + n))": lambda j, n, m: 1 / (j * (m + n)),
    "1/(1 + jn)": lambda j, n, m: 1 / (1 + j * n),
    "1/(j n²)": lambda j, n, m: 1 / (j * n * n),
}


def _critical_gaps(rate: Rate) -> dict[str, Expression]:
    return {"rate": lambda j, n, m: rate(j, n, m) - _gap(j * n, j * m, j * n)}


def _is_rate(rate: Rate, instance: tuple[int, int, int]) -> bool:
    """At sizes m² j, m n j, d = n² j, the ratio n/m."""
    j, n, m = instance
    gap = 1 + Fraction(n, m) - _isotropic_edge(n * n * j, m * n * j, m * m * j).lower
    return bool(0 < gap <= rate(Fraction(m * j), Fraction(n), Fraction(m)))


_SHARP = Claim(
    id="SAF-02",
    kind=Kind.TIGHT,
    title="The safe-thinking bound is sharp, and never attained by Λ = λ I",
    statement=r"\Sigma = \Lambda = \lambda I \Longrightarrow 1 + \frac nm - \lambda_+ = \frac{m + n + (\sqrt{md} -"
    r" n)^2}{m\,(n + 1 + d)} > 0; \quad \text{at sizes } jm, jn, d = jn^2/m \text{ the gap is below } \frac{1}{jn}"
    r" \to 0",
    source=_OURS,
    origin=Origin.OURS,
    assumes=_LIMIT,
    uses=("RMT-02", "SAF-01"),
    checks=(
        by_certificate(
            "the gap as an identity in √(md)",
            part="gap",
            formula=_gap,
            controls=_WRONG_GAPS,
            gaps=lambda gap: {},
            equal=_gap_by_edge,
            domain=Domain(("n", "m", "s")),
            scope="every n, m, d = s²/m > 0; a sum of m + n and a square, so > 0",
        ),
        by_samples(
            "spectral_edges at the gap",
            part="gap",
            formula=_gap,
            controls=_WRONG_GAPS,
            over=_squares(),
            holds=_is_gap,
            scope="n ≤ 30, m d a square, d, m ≤ 216",
            instances=50,
        ),
        by_certificate(
            "the gap where √(md) = n",
            part="approach",
            formula=_rate,
            controls=_WRONG_RATES,
            gaps=_critical_gaps,
            strict=("rate",),
            domain=Domain(("j", "n", "m")),
            scope="every n, m, j > 0",
        ),
        by_samples(
            "spectral_edges where √(md) = n",
            part="approach",
            formula=_rate,
            controls=_WRONG_RATES,
            over=st.tuples(st.integers(1, 50), st.integers(1, 12), st.integers(1, 12)),
            holds=_is_rate,
            scope="ratios n/m with n, m ≤ 12, sizes up to 7200",
            instances=50,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SAF-03

Dimension = Callable[[Any, Any], Any]  # (n, m) -> d


def _dimension(n: Any, m: Any) -> Any:
    return n


_WRONG_DIMENSIONS: dict[str, Dimension] = {
    "d = m": lambda n, m: m,
    "d = 1": lambda n, m: n / n,
    "d = 2n": lambda n, m: 2 * n,
    "d = n²": lambda n, m: n * n,
    "d = mn": lambda n, m: m * n,
}


def _exceeds(dimension: Dimension) -> dict[str, Expression]:
    """λ₊ > 2 iff n (m + 2√(md) + d) > 2 m (n + 1 + d); √(md) is at least the harmonic mean of m and d."""

    def harmonic(d: Any, m: Any) -> Any:
        return 2 * m * d / (m + d)

    def mean(m: Any, v: Any) -> Any:
        d = dimension(m + 1 + v, m)
        return m * d - harmonic(d, m) ** 2

    def over(m: Any, v: Any) -> Any:
        n = m + 1 + v
        d = dimension(n, m)
        return n * (m + 2 * harmonic(d, m) + d) - 2 * m * (n + 1 + d)

    return {"harmonic": mean, "over": over}


def _overthinks(dimension: Dimension, instance: tuple[int, int]) -> bool:
    n, m = instance
    return _isotropic_edge(int(dimension(n, m)), n, m).lower > 2


Critical = Callable[[Any], Any]


def _critical(m: Any) -> Any:
    return 2 / (2 * m + 1)


_WRONG_CRITICAL: dict[str, Critical] = {
    "1/(2m + 1)": lambda m: 1 / (2 * m + 1),
    "1/m": lambda m: 1 / m,
    "2/(2m − 1)": lambda m: 2 / (2 * m - 1),
    "0": lambda m: 0 * m,
}


_NECESSARY = Claim(
    id="SAF-03",
    kind=Kind.LOWER,
    title="Without m ≥ n no guarantee for all spectra; d = n = m is critical",
    statement=r"\Sigma = \Lambda = \lambda I, \ d = n: \quad \lambda_+ > 2 \text{ for all integers } n > m \ge 1, \quad"
    r" \lambda_+ = 2 - \frac{2}{2m+1} \text{ for } n = m",
    source=_OURS,
    origin=Origin.OURS,
    assumes=_LIMIT,
    uses=("RMT-02", "SAF-02"),
    checks=(
        by_certificate(
            "λ₊ > 2 at d = n > m",
            part="necessary",
            formula=_dimension,
            controls=_WRONG_DIMENSIONS,
            gaps=_exceeds,
            strict=("over",),
            domain=Domain(("m",), ("v",)),
            scope="every m > 0 and n = m + 1 + v, v ≥ 0",
        ),
        by_samples(
            "spectral_edges above 2",
            part="necessary",
            formula=_dimension,
            controls=_WRONG_DIMENSIONS,
            over=st.integers(1, 60).flatmap(lambda m: st.tuples(st.integers(m + 1, m + 60), st.just(m))),
            holds=_overthinks,
            scope="1 ≤ m ≤ 60, m < n ≤ m + 60",
            instances=60,
        ),
        by_certificate(
            "2 − λ₊ at d = n = m",
            part="critical",
            formula=_critical,
            controls=_WRONG_CRITICAL,
            gaps=lambda gap: {},
            equal=lambda gap: {"gap": (lambda m: 2 - m / (2 * m + 1) * 4, gap)},
            domain=Domain(("m",)),
            scope="every m > 0: c (1 + 1)² with c = m/(2m + 1)",
        ),
        by_samples(
            "spectral_edges at d = n = m",
            part="critical",
            formula=_critical,
            controls=_WRONG_CRITICAL,
            over=st.integers(1, 10**6).map(Fraction),
            holds=lambda gap, m: 2 - gap(m) in _isotropic_edge(int(m), int(m), int(m)),
            scope="m ≤ 10⁶",
            instances=30,
        ),
    ),
)

CLAIMS = (_SAFE, _SHARP, _NECESSARY)
