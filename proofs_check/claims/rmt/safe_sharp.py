"""The safe-thinking bound made sharp: the exact bound, when it is attained, and the smallest safe prompt."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, isqrt
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import spectra
from theorycalc import hardness
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.rmt import edges, threshold
from theorycalc.thinking import safe

_OURS = Source("this project", note="the converse and the sharpness of SAF-01, which theory section 6 asks for")
_LIMIT = ("Σ = Λ", "λ₊ is the edge of the limit d, m → ∞ at the spectrum of C = Γ⁻¹Λ")
Bound = Callable[[Any, Any], Any]  # (n, m) -> bound of λ₊


def _spectrum(setup: Setup) -> list[Fraction]:
    """The eigenvalues of Γ⁻¹Λ."""
    return [1 - Fraction(x) for x in hardness.contraction_factors(setup, field=EXACT).factors]


def _side(setup: Setup, bound: Fraction) -> int | None:
    """The sign of λ₊ − bound, proved."""
    assert setup.m is not None
    values = _spectrum(setup)
    return threshold.upper_edge_side(values, [1] * len(values), setup.m, bound=Fraction(bound)).sign


def _eigenvalue(x: Any, n: Any) -> Any:
    """C's eigenvalue for the share x = λ/tr Λ."""
    return n * x / ((n + 1) * x + 1)


# ------------------------------------------------------------------------------------------------ SAF-04


def _bound(n: Any, m: Any) -> Any:
    return n / (n + 1) + n / m


_WRONG_BOUNDS: dict[str, Bound] = {
    "1 + n/m: SAF-01": lambda n, m: 1 + n / m,
    "n/(n + 1) + n/(m + 1)": lambda n, m: n / (n + 1) + n / (m + 1),
    "n/(n + 2) + n/m": lambda n, m: n / (n + 2) + n / m,
    "(n − 1)/n + n/m": lambda n, m: (n - 1) / n + n / m,
    "n/(n + 1) + (n − 1)/m": lambda n, m: n / (n + 1) + (n - 1) / m,
}


def _at_the_point(bound: Bound) -> dict[str, tuple[Expression, Expression]]:
    """ψ at α = n/(n + 1), for the shares x, y of two eigenvalues; the others hold the rest of the trace."""

    def left(n: Any, m: Any, x: Any, y: Any) -> Any:
        c = np.array([_eigenvalue(x, n), _eigenvalue(y, n)], dtype=object)
        return edges._psi(n / (n + 1), c, np.array([1 / m, 1 / m], dtype=object))

    def right(n: Any, m: Any, x: Any, y: Any) -> Any:
        total = bound(n, m) - n / (n + 1)  # of the trace
        return n / (n + 1) + total * (x + y)

    def slope(n: Any, m: Any, x: Any, **_: Any) -> Any:
        alpha, c = n / (n + 1), _eigenvalue(x, n)
        return c**2 / (alpha - c) ** 2

    return {"psi": (left, right), "slope": (slope, lambda n, m, x, **_: ((n + 1) * x) ** 2)}


def _above_c(bound: Bound) -> dict[str, Expression]:
    return {"c < n/(n + 1)": lambda n, m, x, y: n / (n + 1) - _eigenvalue(x, n)}


@st.composite
def _attaining(draw: DrawFn) -> tuple[Setup, bool]:
    """Draw integers λ and n + 1 = j tr Λ; m = j² tr Λ² attains the bound, m − 1 and m + 1 do not."""
    lam = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    j = draw(st.integers(2, 4) if sum(lam) == 1 else st.integers(1, 4))
    off = draw(st.sampled_from([0, 0, -1, 1]))
    m = j * j * sum(x * x for x in lam) + off
    return Setup(lam, n=j * sum(lam) - 1, m=max(1, m)), off == 0 or m < 1


def _is_bound(bound: Bound, instance: tuple[Setup, bool]) -> bool:
    setup, attained = instance
    if setup.m is None or setup.n < 1:
        return False
    side = _side(setup, bound(Fraction(setup.n), Fraction(setup.m)))
    return side == 0 if attained else side == -1


_EQUALITY = Claim(
    id="SAF-04",
    kind=Kind.TIGHT,
    title="The sharp safe-thinking bound, and when it is attained",
    statement=r"\Sigma = \Lambda \Longrightarrow \lambda_+ \le \frac{n}{n+1} + \frac nm, \quad \text{with"
    r" equality iff } \frac{(\operatorname{tr}\Lambda)^2}{\operatorname{tr}\Lambda^2} = \frac{(n+1)^2}{m};"
    r" \quad \text{so } \lambda_+ \le 2 \text{ for every spectrum iff } m \ge \frac{n(n+1)}{n+2}, \text{ which for"
    r" integers is } m \ge n",
    source=_OURS,
    origin=Origin.OURS,
    assumes=(
        *_LIMIT,
        "ψ is strictly convex on (c_max, ∞) (RMT-02), so its minimum there is ψ(α) iff ψ′(α) = 0",
        "ψ(n/(n + 1)) is the bound: the shares λᵢ/tr Λ sum to 1; ψ′ there is 1 − ((n + 1)²/m) Σ (λᵢ/tr Λ)²",
        "at real m < n(n + 1)/(n + 2) a spectrum with (tr Λ)²/tr Λ² = (n + 1)²/m exists for d large, and overthinks",
    ),
    uses=("RMT-02", "SAF-01"),
    checks=(
        by_certificate(
            "ψ and ψ′ at n/(n + 1)",
            formula=_bound,
            controls=_WRONG_BOUNDS,
            gaps=_above_c,
            strict=("c < n/(n + 1)",),
            equal=_at_the_point,
            domain=Domain(("n", "m", "x", "y")),
            scope="every n, m > 0 and spectrum, term by term in the shares λᵢ/tr Λ",
        ),
        by_samples(
            "the side of the bound that upper_edge_side finds, equality included",
            formula=_bound,
            controls=_WRONG_BOUNDS,
            over=_attaining().filter(lambda drawn: drawn[0].n >= 1),
            holds=_is_bound,
            scope="integer spectra with d, λ ≤ 5, n + 1 = j tr Λ, j ≤ 4, at m = j² tr Λ² and beside it",
            instances=25,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SAF-05

Worst = Callable[[int, int], "tuple[Fraction, Fraction]"]  # (d, n) -> an enclosure of the worst m*


def _root(value: Fraction, *, up: bool) -> Fraction:
    """A rational below or above √value, within 10⁻²⁰."""
    scale = 10**20
    found = isqrt(value.numerator * value.denominator * scale**2)
    return Fraction(found + up, value.denominator * scale)


def _worst(d: int, n: int) -> tuple[Fraction, Fraction]:
    if d * n >= (n + 1) * (n + 2):
        value = Fraction(n * (n + 1), n + 2)
        return value, value
    inside = Fraction(2 * (n + 1 + d), n)
    return d / (_root(inside, up=True) - 1) ** 2, d / (_root(inside, up=False) - 1) ** 2


def _scaled(change: Callable[[int, int], Fraction]) -> Worst:
    return lambda d, n: (_worst(d, n)[0] * change(d, n), _worst(d, n)[1] * change(d, n))


_WRONG_WORST: dict[str, Worst] = {
    "n for all d": lambda d, n: (Fraction(n), Fraction(n)),
    "nine tenths of it": _scaled(lambda d, n: Fraction(9, 10)),
    "the isotropic value for every d": lambda d, n: (
        d / (_root(Fraction(2 * (n + 1 + d), n), up=True) - 1) ** 2,
        d / (_root(Fraction(2 * (n + 1 + d), n), up=False) - 1) ** 2,
    ),
    "n (n + 1)/(n + 2) for every d": lambda d, n: (Fraction(n * (n + 1), n + 2),) * 2,
    "d for n": lambda d, n: (Fraction(d * (d + 1), d + 2),) * 2,
}


def _concavity(point: Callable[[Any], Any]) -> dict[str, Expression]:
    """αc/(α − c) as a function of the share x is concave for α ≥ n/(n + 1) = ``point``(n): its second difference."""

    def term(n: Any, x: Any, v: Any) -> Any:
        alpha, c = point(n) + v, _eigenvalue(x, n)
        return alpha * c / (alpha - c)

    return {"concave": lambda n, x, h, v, **_: 2 * term(n, x + h, v) - term(n, x, v) - term(n, x + 2 * h, v)}


def _isotropic(point: Callable[[Any], Any]) -> dict[str, tuple[Expression, Expression]]:
    """At λ₊ = 2, c = 2/s² and √(d/m) = s − 1, the minimiser is α = c(1 + √(d/m)) = 2/s; it is ``point``(n) iff …"""

    def alpha(s: Any, **_: Any) -> Any:
        return 2 / s**2 * (1 + (s - 1))

    def at_the_corner(n: Any, **_: Any) -> Any:
        """2 (n + 1 + d)/n = s² at d = (n + 1)(n + 2)/n, where 2/s = point(n)."""
        return 2 * (n + 1 + (n + 1) * (n + 2) / n) / n

    return {
        "minimiser": (alpha, lambda s, **_: 2 / s),
        "corner": (at_the_corner, lambda n, **_: (2 / point(n)) ** 2),
    }


@st.composite
def _matched(draw: DrawFn) -> Setup:
    return Setup(draw(spectra(6)), n=draw(st.integers(1, 8)))


_NEAR = Fraction(1, 10**7)


def _is_worst(worst: Worst, setup: Setup) -> bool:
    """Whether this spectrum is safe just above the claimed m, and the hardest one there too, but not just below."""
    low, high = worst(setup.d, setup.n)
    above, below = ((1 + sign * _NEAR) * end for sign, end in ((1, high), (-1, low)))
    ratio = Fraction((setup.n + 1) * (setup.n + 2), setup.n)
    hardest = _with_ratio(setup.d, ratio) if ratio < setup.d else [Fraction(1)] * setup.d
    spectra_of = [_spectrum(each) for each in (setup, Setup(hardest, n=setup.n))]
    return [_at_real_m(*pair) for pair in zip([*spectra_of, spectra_of[1]], [above, above, below], strict=True)] == [
        -1,
        -1,
        1,
    ]


def _at_real_m(values: list[Fraction], m: Fraction) -> int | None:
    """The sign of λ₊ − 2 at a rational m: multiplicities and m in the same proportion."""
    size = m.limit_denominator(10**12)
    counts = [size.denominator] * len(values)
    return threshold.upper_edge_side(values, counts, size.numerator, bound=Fraction(2)).sign


def _with_ratio(d: int, ratio: Fraction) -> list[Fraction]:
    """One eigenvalue a and d − 1 of 1 with (tr Λ)²/tr Λ² within 10⁻¹¹ of ``ratio`` < d: by bisection in a ≥ 1."""
    low, high = Fraction(1), Fraction(10**6)
    for _ in range(60):
        a = (low + high) / 2
        low, high = (a, high) if (a + d - 1) ** 2 > ratio * (a * a + d - 1) else (low, a)
    return [low, *[Fraction(1)] * (d - 1)]


_WORST = Claim(
    id="SAF-05",
    kind=Kind.TIGHT,
    title="The longest prompt that some spectrum of dimension d needs",
    statement=r"\max_{\Lambda = \Sigma,\ \dim = d} m^\ast = \frac{n(n+1)}{n+2} \text{ if } d \ge n + 3 + \frac 2n,"
    r" \quad \text{else } \frac{d}{\big(\sqrt{2(n+1+d)/n} - 1\big)^2}, \text{ attained by } \Lambda = \lambda I; \quad"
    r" m^\ast \text{ is the least real } m \text{ with } \lambda_+ \le 2",
    source=_OURS,
    origin=Origin.OURS,
    assumes=(
        *_LIMIT,
        "d ≥ n + 3 + 2/n: the ratio (tr Λ)²/tr Λ² takes every value in [1, d], (n + 1)(n + 2)/n included: SAF-04",
        (
            "else: with α that of Λ = λI at λ₊ = 2, Jensen gives ψ(α) ≤ 2 for every spectrum: for α ≥ n/(n + 1) the"
            " terms are concave in the shares, and α = 2/s with s² = 2 (n + 1 + d)/n falls with d to n/(n + 1) at the"
            " corner"
        ),
    ),
    uses=("RMT-02", "SAF-04"),
    checks=(
        by_certificate(
            "concave terms, and where the isotropic minimiser meets n/(n + 1)",
            formula=lambda n: n / (n + 1),
            controls={
                "n/(n + 2)": lambda n: n / (n + 2),
                "(n − 1)/n": lambda n: (n - 1) / n,
                "n/(2n + 1)": lambda n: n / (2 * n + 1),
            },
            gaps=_concavity,
            equal=_isotropic,
            domain=Domain(("n", "x", "h", "s"), ("v",)),
            scope="every n, share x, α = n/(n + 1) + v: by midpoints",
        ),
        by_samples(
            "upper_edge_side for drawn spectra at the worst m, and for the worst spectrum just below",
            formula=_worst,
            controls=_WRONG_WORST,
            over=st.builds(lambda lam, n: Setup(lam, n=n), spectra(12), st.integers(1, 6)),
            holds=_is_worst,
            scope="d ≤ 12, n ≤ 6, real m within 10⁻⁷ of the claimed one",
            instances=25,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SAF-06

Function = Callable[[Any, Any, Any], Any]  # (α, c, multiplicity) -> a summand of F


def _summand(alpha: Any, c: Any, count: Any) -> Any:
    return count * alpha * c / ((alpha - c) * (2 - alpha))


_WRONG_SUMMANDS: dict[str, Function] = {
    "α for 2 − α": lambda alpha, c, count: count * c / (alpha - c),
    "1 − α for 2 − α": lambda alpha, c, count: count * alpha * c / ((alpha - c) * (1 - alpha)),
    "c² for αc": lambda alpha, c, count: count * c * c / ((alpha - c) * (2 - alpha)),
    "multiplicity forgotten": lambda alpha, c, count: alpha * c / ((alpha - c) * (2 - alpha)),
}


def _equivalence(summand: Function) -> dict[str, tuple[Expression, Expression]]:
    """m (2 − ψ(α)) = (2 − α)(m − F(α)), two eigenvalues; and F < the sum for c = 1, (3 + 2r) d at α = r, r² = 2."""

    def left(alpha: Any, c: Any, e: Any, f: Any, g: Any, m: Any) -> Any:
        values, weight = np.array([c, e], dtype=object), np.array([f / m, g / m], dtype=object)
        return m * (2 - edges._psi(alpha, values, weight))

    def right(alpha: Any, c: Any, e: Any, f: Any, g: Any, m: Any) -> Any:
        return (2 - alpha) * (m - summand(alpha, c, f) - summand(alpha, e, g))

    def at_root(alpha: Any, f: Any, **_: Any) -> Any:
        """The summand for c = 1 at α = r with 2 written r²."""
        return f * alpha / ((alpha - 1) * (alpha * alpha - alpha))

    return {"m*": (left, right), "√2": (at_root, lambda alpha, f, **_: f / (alpha - 1) ** 2)}


def _below(summand: Function) -> dict[str, Expression]:
    """For c < 1 < α = 1 + v/(v + u) < 2 a summand is below that of c = 1, c = 1/(1 + w)."""

    def gap(u: Any, v: Any, w: Any, f: Any) -> Any:
        alpha = 1 + v / (v + u)
        return f * alpha / ((alpha - 1) * (2 - alpha)) - summand(alpha, 1 / (1 + w), f)

    return {"c < 1": gap}


Least = Callable[[Setup], int]


def _least(setup: Setup) -> int:
    found = safe.safe_context(setup).m
    assert found is not None
    return found


def _is_least(least: Least, setup: Setup) -> bool:
    """Whether λ₊ ≤ 2 at the claimed m, > 2 at m − 1, and m ≤ ⌈(3 + 2√2) d⌉."""
    m = least(setup)
    if m < 1 or _side(setup.replace(m=m), Fraction(2)) == 1:
        return False
    if m > 1 and _side(setup.replace(m=m - 1), Fraction(2)) != 1:
        return False
    return m <= ceil(setup.d * (3 + 2 * _root(Fraction(2), up=True)))


_SMALLEST = Claim(
    id="SAF-06",
    kind=Kind.IDENTITY,
    title="The smallest safe prompt for a spectrum; for matched skills at most (3 + 2√2) d, however long the training",
    statement=r"\lambda_+ \le 2 \iff m \ge m^\ast = \min_{c_{\max} < \alpha < 2} \frac{1}{2 - \alpha} \sum_i"
    r" \frac{\alpha c_i}{\alpha - c_i} \text{ (and } c_{\max} < 2\text{)}; \quad \Sigma = \Lambda \Longrightarrow"
    r" m^\ast < (3 + 2\sqrt2)\, d, \text{ the limit as } n \to \infty",
    source=_OURS,
    origin=Origin.OURS,
    assumes=(
        "λ₊ = min ψ over (c_max, ∞), attained; ψ(α) > α, so only α < 2 can have ψ(α) ≤ 2",
        "Σ = Λ has c < 1 (SAF-01); as n → ∞ every cᵢ → 1, and then m* → min over (1, 2) of d α/((α − 1)(2 − α))",
        "1/(√2 − 1)² = 3 + 2√2, and no other α in (1, 2) has less: the difference is (α − √2)² times a positive factor",
    ),
    uses=("RMT-02", "SAF-01"),
    checks=(
        by_certificate(
            "m (2 − ψ) = (2 − α)(m − F)",
            part="smallest",
            formula=_summand,
            controls=_WRONG_SUMMANDS,
            gaps=lambda summand: {},
            equal=_equivalence,
            domain=Domain(("alpha", "c", "e", "f", "g", "m")),
            scope="every spectrum, term by term (two eigenvalues are written out)",
        ),
        by_certificate(
            "c < 1 needs less than c = 1",
            part="bound",
            formula=_summand,
            controls={
                "c + 1 for c": lambda alpha, c, count: _summand(alpha, c, count) * (1 + c) ** 2 * alpha,
                "twice": lambda alpha, c, count: 2 * _summand(alpha, c, count),
                "(α − c)² ": lambda alpha, c, count: count * alpha * c / ((alpha - c) ** 2 * (2 - alpha)),
            },
            gaps=_below,
            strict=("c < 1",),
            domain=Domain(("u", "v", "w", "f")),
            scope="every 1 < α < 2, c = 1/(1 + w) < 1",
        ),
        by_samples(
            "safe_context: λ₊ ≤ 2 at its m and λ₊ > 2 below",
            part="smallest",
            formula=_least,
            controls={
                "one less": lambda setup: _least(setup) - 1,
                "one more": lambda setup: _least(setup) + 1,
                "n: SAF-01": lambda setup: setup.n,
                "d": lambda setup: setup.d,
            },
            over=_matched(),
            holds=_is_least,
            scope="matched spectra with d ≤ 6, n ≤ 8",
            instances=15,
        ),
        by_samples(
            "safe_context for long training",
            part="bound",
            formula=_least,
            controls={
                "2 d": lambda setup: 2 * setup.d,
                "six for each dimension": lambda setup: 6 * setup.d,
                "n: SAF-01": lambda setup: setup.n,
            },
            over=st.builds(lambda lam, power: Setup(lam, n=10**power), spectra(6), st.integers(2, 9)),
            holds=_is_least,
            scope="matched spectra with d ≤ 6, n = 100 … 10⁹",
            instances=12,
        ),
    ),
)

CLAIMS = (_EQUALITY, _WORST, _SMALLEST)
