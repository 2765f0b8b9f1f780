"""Where the limiting spectrum lies (theory section 6)."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.rmt.laws import PopulationLaw, hankel, large_laws, laws, moments, traces
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.rmt import edges, recursion

_BALLS = BALL(80)
_NARROW = Fraction(1, 2**60)
Psi = Callable[[Any, Sequence[Any], Sequence[Any]], Any]  # (α, eigenvalues, multiplicities/m)


def _psi(alpha: Any, c: Sequence[Any], weight: Sequence[Any]) -> Any:
    """The ψ of theorycalc, over whatever numbers it is given."""
    return edges._psi(alpha, np.array(c, dtype=object), np.array(weight, dtype=object))


def _psi_with(term: Callable[[Any, Any], Any]) -> Psi:
    return lambda alpha, c, weight: alpha + sum(w * term(alpha, x) for x, w in zip(c, weight, strict=True))


_WRONG_PSI: dict[str, Psi] = {
    "sign of the sum": _psi_with(lambda alpha, c: alpha * c / (c - alpha)),
    "c² for α c": _psi_with(lambda alpha, c: c * c / (alpha - c)),
    "the weights forgotten": lambda alpha, c, weight: _psi(alpha, c, [1 for _ in weight]),
    "1 for α": lambda alpha, c, weight: 1 + _psi(alpha, c, weight) - alpha,
}

# ------------------------------------------------------------------------------------------------ the law


def _series(psi: Psi) -> dict[str, tuple[Expression, Expression]]:
    """The recursion's generating functions, two eigenvalues of weights f, g; y, D and w are free.

    ρ(y) = Σ r_j yʲ solves ρ = 1 + y ρ − C (y ρ − y² D ρ), D = Σ (t_s − t_{s+1}) yˢ.  With x = −y/(1 − y), which turns
    Σ Rʲ yʲ into Σ Nʲ xʲ/(1 − y), and w = x (1 − y D), it is 1/((1 − y)(1 − C w)); and D = −T/y, 1 + T = w/x.
    """

    def chain(y: Any, D: Any, c: Any) -> Any:
        return 1 / (1 - y + c * y * (1 - y * D))

    def w_of(y: Any, D: Any) -> Any:
        return -1 * y / (1 - y) * (1 - y * D)

    def excess(w: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        return f * c * w / (1 - c * w) + g * e * w / (1 - e * w)  # T

    return {
        "the recursion": (
            lambda y, D, c, **_: chain(y, D, c),
            lambda y, D, c, **_: 1 + y * chain(y, D, c) - c * (y - y * y * D) * chain(y, D, c),
        ),
        "its solution": (
            lambda y, D, c, **_: chain(y, D, c) * (1 - y),
            lambda y, D, c, **_: 1 / (1 - c * w_of(y, D)),
        ),
        "its trace": (  # y D = t_0 − (1 − y) Σ t_s yˢ
            lambda y, D, c, e, f, g, **_: f + g - (1 - y) * (f * chain(y, D, c) + g * chain(y, D, e)),
            lambda y, D, c, e, f, g, **_: -excess(w_of(y, D), c, e, f, g),
        ),
        "ψ(1/w) = 1/x": (
            lambda w, c, e, f, g, **_: psi(1 / w, (c, e), (f, g)),
            lambda w, c, e, f, g, **_: (1 + excess(w, c, e, f, g)) / w,
        ),
    }


Edges = Callable[[PopulationLaw], tuple[Ball, Ball]]


def _code(law: PopulationLaw) -> tuple[Ball, Ball]:
    found = edges.spectral_edges(law.c, law.m, multiplicity=law.multiplicity, field=_BALLS)
    return found.lower, found.upper


def _changed(change: Callable[[PopulationLaw], PopulationLaw]) -> Edges:
    return lambda law: _code(change(law))


def _mean(law: PopulationLaw) -> PopulationLaw:
    total = sum((x * j for x, j in zip(law.c, law.multiplicity, strict=True)), Fraction(0))
    return PopulationLaw((total / law.d,), (law.d,), law.m)


def _first_order(law: PopulationLaw) -> tuple[Ball, Ball]:
    """c_min (1 − √φ)² and c_max (1 + √φ)²: Bai and Yin's bounds, not the edges."""
    low, high = (_code(PopulationLaw((x,), (law.d,), law.m)) for x in (min(law.c), max(law.c)))
    return low[0], high[1]


_WRONG_EDGES: dict[str, Edges] = {
    "d for m": _changed(lambda law: PopulationLaw(law.c, law.multiplicity, law.d)),
    "m + 1 for m": _changed(lambda law: PopulationLaw(law.c, law.multiplicity, law.m + 1)),
    "multiplicities forgotten": _changed(lambda law: PopulationLaw(law.c, (1,) * len(law.c), law.m)),
    "the mean eigenvalue for all": _changed(_mean),
    "extreme eigenvalues alone": _first_order,
    "edges swapped": lambda law: (_code(law)[1], _code(law)[0]),
}
_ORDER = 12


def _holds_the_law(formula: Edges, law: PopulationLaw) -> bool:
    """Whether the moments allow a law on [lower, upper], and none on an interval shorter by a tenth at either end."""
    lower, upper = formula(law)
    values = moments(law.c, law.weight, 2 * _ORDER)
    short = (upper.mid - lower.mid) / 10
    inside = hankel(values, upper.upper, 1) and hankel(values, lower.lower, -1)
    return inside and not (hankel(values, upper.mid - short, 1) or hankel(values, lower.mid + short, -1))


# ------------------------------------------------------------------------------------------------ the critical points


def _solutions(law: PopulationLaw, value: Fraction, low: Fraction | None, high: Fraction | None) -> int:
    """Count the real α with low < α < high (None: no limit) at which ψ(α) = value, by Sturm's theorem."""
    import sympy as sp

    x = sp.Symbol("x")
    factors = [sp.Poly(x - sp.Rational(c.numerator, c.denominator), x) for c in law.c]
    one = sp.Poly(1, x, domain="QQ")
    total = sp.Poly(x - sp.Rational(value.numerator, value.denominator), x) * prod(factors, start=one)
    for i, (c, w) in enumerate(zip(law.c, law.weight, strict=True)):
        share = w * c
        others = prod(factors[:i] + factors[i + 1 :], start=one)
        total += sp.Poly(sp.Rational(share.numerator, share.denominator) * x, x) * others
    ends = [None if end is None else sp.Rational(end.numerator, end.denominator) for end in (low, high)]
    return int(total.count_roots(*ends))


def _are_critical(formula: Edges, law: PopulationLaw) -> bool:
    """Whether ψ = λ has two solutions beyond each edge and none within, 2⁻⁶⁰ away from it."""
    (lower, upper), least, most = formula(law), min(law.c), max(law.c)
    off = _NARROW * upper.mid
    if upper.rad > off or lower.rad > off:
        return False
    top = (_solutions(law, upper.mid - off, most, None), _solutions(law, upper.mid + off, most, None))
    if law.d == law.m:
        return top == (0, 2) and lower.mid == 0 == lower.rad
    ends = (Fraction(0), least) if law.d < law.m else (None, Fraction(0))
    off = _NARROW * lower.mid
    low = (_solutions(law, lower.mid - off, *ends), _solutions(law, lower.mid + off, *ends))
    return lower.rad <= off and top == (0, 2) and low == (2, 0)


Floats = Callable[[PopulationLaw], list[Fraction]]


def _floats(law: PopulationLaw) -> list[Fraction]:
    """The edges in float64."""
    found = edges.spectral_edges(law.c, law.m, multiplicity=law.multiplicity)
    return [Fraction(found.lower), Fraction(found.upper)]


_WRONG_FLOATS: dict[str, Floats] = {
    "1 % off": lambda law: [x * Fraction(101, 100) for x in _floats(law)],
    "twelve digits kept": lambda law: [Fraction(f"{float(x):.11e}") for x in _floats(law)],
    "the lower edge in single precision": lambda law: [Fraction(float(np.float32(_floats(law)[0]))), _floats(law)[1]],
    "m + 1 for m": lambda law: _floats(PopulationLaw(law.c, law.multiplicity, law.m + 1)),
    "d for m": lambda law: _floats(PopulationLaw(law.c, law.multiplicity, law.d)),
}


def _keeps_digits(formula: Floats, law: PopulationLaw) -> bool:
    """Whether both edges are within 10⁻¹³ of their balls, relatively."""
    return all(
        abs(value - ball.mid) <= abs(ball.mid) / 10**13 for value, ball in zip(formula(law), _code(law), strict=True)
    )


def _at_zero(psi: Psi) -> dict[str, tuple[Expression, Expression]]:
    """ψ(h) = (1 − φ) h + h² Σ ω/(h − c): so ψ(0) = 0 and ψ′(0) = 1 − φ = 1 − d/m."""
    return {
        "ψ′(0)": (
            lambda c, e, f, g, h, u: psi(h, (c, c + e), (f, g)),
            lambda c, e, f, g, h, u: (1 - f - g) * h + h * h * (f / (h - c) + g / (h - c - e)),
        )
    }


def _curvatures(psi: Psi) -> dict[str, Expression]:
    """ψ(α − h) + ψ(α + h) − 2 ψ(α) over the three intervals, eigenvalues c < c + e, with its sign; h, u > 0."""

    def second(alpha: Any, c: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
        at = [psi(alpha + shift * h, (c, c + e), (f, g)) for shift in (-1, 0, 1)]
        return at[0] + at[2] - 2 * at[1]

    return {
        "convex above": lambda c, e, f, g, h, u: second(c + e + u + h, c, e, f, g, h),
        # here c is α − h, and the eigenvalues begin at α + h + u
        "concave between": lambda c, e, f, g, h, u: -1 * second(c + h, c + 2 * h + u, e, f, g, h),
        "concave below": lambda c, e, f, g, h, u: -1 * second(-1 * (u + h), c, e, f, g, h),
    }


# ------------------------------------------------------------------------------------------------ one eigenvalue

Closed = Callable[[Any, Any], tuple[Any, Any]]  # (c, √φ) -> (lower, upper)


def _closed(c: Any, s: Any) -> tuple[Any, Any]:
    return c * (1 - s) ** 2, c * (1 + s) ** 2


_WRONG_CLOSED: dict[str, Closed] = {
    "not squared": lambda c, s: (c * (1 - s), c * (1 + s)),
    "φ for √φ": lambda c, s: (c * (1 - s * s) ** 2, c * (1 + s * s) ** 2),
    "1 ∓ φ": lambda c, s: (c * (1 - s * s), c * (1 + s * s)),
    "√c for c": lambda c, s: (1 * (1 - s * c) ** 2, 1 * (1 + s * c) ** 2),
    "√(m/d) for √(d/m)": lambda c, s: (c * (1 - 1 / s) ** 2, c * (1 + 1 / s) ** 2),
    "signs exchanged": lambda c, s: (c * (1 + s) ** 2, c * (1 - s) ** 2),
}


def _squares(closed: Closed) -> dict[str, tuple[Expression, Expression]]:
    """ψ(α) − upper = (α − c(1 + s))²/(α − c) and lower − ψ(α) = (α − c(1 − s))²/(c − α), α ≠ c."""
    return {
        "upper": (
            lambda alpha, c, s: (_psi(alpha, (c,), (s * s,)) - closed(c, s)[1]) * (alpha - c),
            lambda alpha, c, s: (alpha - c * (1 + s)) ** 2,
        ),
        "lower": (
            lambda alpha, c, s: (closed(c, s)[0] - _psi(alpha, (c,), (s * s,))) * (c - alpha),
            lambda alpha, c, s: (alpha - c * (1 - s)) ** 2,
        ),
    }


@st.composite
def _square_ratios(draw: DrawFn) -> tuple[PopulationLaw, Fraction]:
    """Draw one eigenvalue with d/m the square of a rational s; return the law and s."""
    a, b, j = (draw(st.integers(1, 5)) for _ in range(3))
    c = draw(st.fractions("1/9", 9, max_denominator=9))
    return PopulationLaw((c,), (b * b * j,), a * a * j), Fraction(b, a)


def _encloses(closed: Closed, instance: tuple[PopulationLaw, Fraction]) -> bool:
    law, s = instance
    return all(
        value in ball and ball.rad <= _NARROW * abs(ball.mid)
        for value, ball in zip(closed(law.c[0], s), _code(law), strict=True)
    )


_SAMPLED_SCOPE = "up to three eigenvalues in [1/4, 3], d ≤ 36, m ≤ 4d: d < m, d = m and d > m"


def _are_traces(formula: Callable[[PopulationLaw], list[Fraction]], law: PopulationLaw) -> bool:
    one = EXACT.array([1] * len(law.c))
    counts = np.array(law.multiplicity)
    chains = recursion.limit_chains(EXACT.array(law.c), one, one, counts, EXACT.number(law.m), 4, EXACT)
    return [EXACT.public(x) / law.m for x in chains.power_trace] == formula(law)


_EDGES = Claim(
    id="RMT-02",
    kind=Kind.IDENTITY,
    title="The spectral edges of the proportional limit",
    statement=r"\lambda_+ = \min_{\alpha > c_{\max}} \psi(\alpha), \ \lambda_- = \max_{0 < \alpha < c_{\min}}"
    r" \psi(\alpha) \ (d < m), \ 0 \ (d = m), \ \max_{\alpha < 0} \psi(\alpha) \ (d > m), \quad \psi(\alpha) = \alpha +"
    r" \frac1m \sum_i \frac{\alpha c_i}{\alpha - c_i}; \quad C = cI: \ \lambda_\pm = c\,(1 \pm \sqrt{d/m})^2",
    source=Source(
        "Silverstein and Choi, J. Multivariate Anal. 54 (1995)", known=Known.SECONDARY, note="theory section 6"
    ),
    origin=Origin.CITED,
    assumes=(
        "the law is that of the recursion RMT-01; at finite d extreme eigenvalues scatter around the edges",
        "Pringsheim: w(x) = x + x Σ_j xʲ lim tr(Nʲ)/m inverts x = 1/ψ(1/w) up to the first zero of ψ′, so this is 1/λ₊",
        "Silverstein and Choi: −1/w, continued through x = ∞, is analytic up to λ₋ and no further",
    ),
    uses=("RMT-01",),
    checks=(
        by_certificate(
            "the generating function of the recursion solves ψ(1/w) = 1/x",
            part="law",
            formula=_psi,
            controls=_WRONG_PSI,
            gaps=lambda psi: {},
            equal=_series,
            domain=Domain(("y", "D", "w", "c", "e", "f", "g")),
            scope="to every order, term by term in the eigenvalues (two are written out)",
        ),
        by_certificate(
            "one critical point on each side",
            part="extrema",
            formula=_psi,
            controls={
                "sign of the sum": _WRONG_PSI["sign of the sum"],
                "α² for α c": _psi_with(lambda alpha, c: alpha * alpha / (c - alpha)),
                "(α − c)² in the denominator": _psi_with(lambda alpha, c: alpha * c / (alpha - c) ** 2),
            },
            gaps=_curvatures,
            strict=("convex above", "concave between", "concave below"),
            equal=_at_zero,
            domain=Domain(("c", "e", "f", "g", "h", "u")),
            scope="every spectrum, term by term (two eigenvalues are written out): by midpoints; ψ′(0) = 1 − d/m",
        ),
        by_certificate(
            "c (1 ± √φ)² by squares",
            part="one eigenvalue",
            formula=_closed,
            controls=_WRONG_CLOSED,
            gaps=lambda closed: {},
            equal=_squares,
            domain=Domain(("alpha", "c", "s")),
            scope="every c > 0, φ = s² > 0 and α; the squares are ≥ 0, and 0 at α = c (1 ± s)",
        ),
        by_samples(
            "the traces of limit_chains are the moments of the law of ψ",
            part="law",
            formula=lambda law: traces(law, 8, lambda law: law.weight),
            controls={
                "m + 1 for m": lambda law: traces(
                    law, 8, lambda law: [Fraction(j, law.m + 1) for j in law.multiplicity]
                ),
                "multiplicities forgotten": lambda law: traces(law, 8, lambda law: [Fraction(1, law.m) for _ in law.c]),
                "moments of C": lambda law: [
                    sum((w * (1 - c) ** s for c, w in zip(law.c, law.weight, strict=True)), Fraction(0))
                    for s in range(9)
                ],
            },
            over=laws(),
            holds=_are_traces,
            scope=f"{_SAMPLED_SCOPE}; order ≤ 8",
            instances=40,
        ),
        by_samples(
            "spectral_edges against the moments of the law: localising Hankel matrices",
            part="law",
            formula=_code,
            controls=_WRONG_EDGES,
            over=laws(max_count=4),
            holds=_holds_the_law,
            scope=f"{_SAMPLED_SCOPE}; polynomials of degree < {_ORDER}; each edge to a tenth of the interval",
            instances=20,
        ),
        by_samples(
            "spectral_edges against Sturm counts of ψ = λ",
            part="extrema",
            formula=_code,
            controls=_WRONG_EDGES,
            over=laws(),
            holds=_are_critical,
            scope=f"{_SAMPLED_SCOPE}; each edge to 2⁻⁶⁰",
            instances=20,
        ),
        by_samples(
            "spectral_edges in float64 against its enclosures",
            part="extrema",
            formula=_floats,
            controls=_WRONG_FLOATS,
            over=large_laws(),
            holds=_keeps_digits,
            scope="up to three eigenvalues in [10⁻⁵, 10⁵], multiplicities up to 10¹²; each edge to 10⁻¹³ of itself",
            instances=40,
        ),
        by_samples(
            "spectral_edges encloses c (1 ± √φ)²",
            part="one eigenvalue",
            formula=_closed,
            controls=_WRONG_CLOSED,
            over=_square_ratios(),
            holds=_encloses,
            scope="c in [1/9, 9], √φ = b/a with a, b ≤ 5, BALL(80)",
            instances=40,
        ),
    ),
)

CLAIMS = (_EDGES,)
