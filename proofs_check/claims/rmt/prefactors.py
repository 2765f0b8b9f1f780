"""The powers of k beside the rate, and their constants: what the edges of the spectrum leave (theory section 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.rmt.laws import once
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from theorycalc.error_curves import curves
from theorycalc.fields import BALL, as_fraction
from theorycalc.model import Setup
from theorycalc.rmt import edges
from theorycalc.thinking import phases

# ------------------------------------------------------------------------------------------------ the density

Jump = Callable[
    [Any, Any, Any, Any], Any
]  # (D(P̃), D(Q̃), D(I), λ) in units of m -> density of equal eigenvalues / (b/π)


def _jump(on_p: Any, on_q: Any, total: Any, edge: Any) -> Any:
    return on_p * on_q / (total * edge)


_WRONG_JUMPS: dict[str, Jump] = {
    "λ forgotten": lambda on_p, on_q, total, edge: on_p * on_q / total,
    "λ² for λ": lambda on_p, on_q, total, edge: on_p * on_q / (total * edge**2),
    "D(I) forgotten": lambda on_p, on_q, total, edge: on_p * on_q / edge,
    "D(P̃) alone": lambda on_p, on_q, total, edge: on_p / edge,
}


def _on_the_curve(jump: Jump) -> dict[str, tuple[Expression, Expression]]:
    """At α = a + ib, B = b², Im ψ = 0, two eigenvalues: the pole of the two-point function of RMT-08 at z = z′.

    It is |α|²/λ² D(P̃) D(Q̃)/m times 2ib/(z − z′); the weight g of e is what Im ψ = 0 leaves to it.
    """

    def parts(a: Any, B: Any, c: Any, e: Any, f: Any) -> tuple[Any, Any, Any, Any]:
        first, second = (a - c) ** 2 + B, (a - e) ** 2 + B
        g = (1 - f * c**2 / first) * second / e**2
        edge = a + f * (c + c**2 * (a - c) / first) + g * (e + e**2 * (a - e) / second)
        return first, second, g, edge

    def pole(a: Any, B: Any, c: Any, e: Any, f: Any, p: Any, q: Any) -> Any:
        first, second, g, edge = parts(a, B, c, e, f)
        on_p, on_q = f * c / first + p * g * e / second, f * c / first + q * g * e / second
        return (a**2 + B) / edge**2 * on_p * on_q

    def claimed(a: Any, B: Any, c: Any, e: Any, f: Any, p: Any, q: Any) -> Any:
        first, second, g, edge = parts(a, B, c, e, f)
        total = f * c / first + g * e / second
        on_p, on_q = f * c / first + p * g * e / second, f * c / first + q * g * e / second
        return jump(on_p, on_q, total, edge)

    return {"density": (pole, claimed)}


# ------------------------------------------------------------------------------------------------ the edges

Local = Callable[[Any, Any, Any, Any], Any]  # (ω, c, α − c, h²) -> a term of (ψ(α + h) + ψ(α − h) − 2ψ(α))/(2h²)


def _local(weight: Any, c: Any, x: Any, square: Any) -> Any:
    return weight * c**2 / (x * (x**2 - square))


_WRONG_LOCALS: dict[str, Local] = {
    "twice": lambda weight, c, x, square: 2 * _local(weight, c, x, square),
    "c for c²": lambda weight, c, x, square: _local(weight, c, x, square) / c,
    "(α − c)² for (α − c)³": lambda weight, c, x, square: _local(weight, c, x, square) * x,
    "sign": lambda weight, c, x, square: -1 * _local(weight, c, x, square),
}


def _near_an_edge(local: Local) -> dict[str, tuple[Expression, Expression]]:
    """ψ(α ± h) beside a soft edge: h² ψ″/2 + O(h⁴) with ψ″ = 2 Σ ωc²/(α − c)³; at a hard one −α² Σ ω/c + O(α³)."""

    def psi(alpha: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        return edges._psi(alpha, np.array([c, e], dtype=object), np.array([f, g], dtype=object))

    def second(a: Any, h: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        return (psi(a + h, c, e, f, g) + psi(a - h, c, e, f, g) - 2 * psi(a, c, e, f, g)) / (2 * h**2)

    def claimed(a: Any, h: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        return local(f, c, a - c, h**2) + local(g, e, a - e, h**2)

    def hard(a: Any, h: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        """(ψ(h) + ψ(−h))/(2h²), where the linear term (1 − φ) h falls out; its limit is −Σ ω/c."""
        return (psi(h, c, e, f, g) + psi(-1 * h, c, e, f, g)) / (2 * h**2)

    def at_zero(a: Any, h: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        return local(f, c, -1 * c, h**2) + local(g, e, -1 * e, h**2)

    return {"soft": (second, claimed), "hard": (hard, at_zero)}


# ------------------------------------------------------------------------------------------------ the null space

Mixed = Callable[[Any, Any], Any]  # (α₀, Σ nᵢQ̃ᵢ/(α₀ − cᵢ)) -> λ H for P̃ = I


def _alone(mixed: Mixed) -> dict[str, tuple[Expression, Expression]]:
    """For P̃ = I the two-point function at (λ, null space) does not depend on α: no term in ρᵏ.

    H = (αα₀/λ)[Σ nQ̃/((α − c)(α₀ − c)) + ((α − α₀)/λ) (1/m) Σ nc/(…) Σ nQ̃c/(…)], times λ; α₀ = −u has ψ(α₀) = 0, which
    gives the weight g of e.  Here n = mω, and m = 1 as λH/m is homogeneous.
    """

    def weight(u: Any, c: Any, e: Any, f: Any) -> Any:
        return (1 - f * c / (u + c)) * (u + e) / e

    def left(a: Any, u: Any, c: Any, e: Any, f: Any, Q: Any) -> Any:
        g, origin = weight(u, c, e, f), -1 * u
        edge = edges._psi(a, np.array([c, e], dtype=object), np.array([f, g], dtype=object))
        first, second = (a - c) * (origin - c), (a - e) * (origin - e)
        total = f * c / first + g * e / second
        cross = f * Q * c / first + g * e / second
        return a * origin * (f * Q / first + g / second + (a - origin) / edge * total * cross)

    def right(a: Any, u: Any, c: Any, e: Any, f: Any, Q: Any) -> Any:
        origin = -1 * u
        return mixed(origin, f * Q / (origin - c) + weight(u, c, e, f) / (origin - e))

    return {"mixed": (left, right)}


# ------------------------------------------------------------------------------------------------ samples

_STEPS = 32
_NEAR = Fraction(1, 10)


@dataclass(frozen=True)
class Piece:
    """coefficient · baseᵏ · k^{−exponent}, with twice the exponent an odd integer; which terms of the code it holds."""

    coefficient: Fraction
    base: Fraction
    exponent: Fraction

    def at(self, k: int) -> Fraction:
        """Its value, the root of k to 10⁻²⁰."""
        root = Fraction(isqrt(k * 10**40), 10**20)
        return self.coefficient * self.base**k / root ** int(2 * self.exponent)


Pieces = Callable[[Setup], list[Piece]]


@once
def _code(setup: Setup) -> tuple[list[Piece], Fraction]:
    found = phases.phase(setup, field=BALL(96))
    pieces = [Piece(as_fraction(t.coefficient), as_fraction(t.base), t.exponent) for t in found.terms]
    return pieces, Fraction(0) if found.floor is None else as_fraction(found.floor)


@once
def _curve(setup: Setup) -> list[Fraction]:
    values = curves.expected_error(setup, _STEPS, rung="proportional", field=BALL(192)).values
    return [as_fraction(value) for value in values]


def _pieces(setup: Setup) -> list[Piece]:
    return _code(setup)[0]


def _changed(change: Callable[[Piece], Piece]) -> Pieces:
    return lambda setup: [change(piece) for piece in _pieces(setup)]


_WRONG_PIECES: dict[str, Pieces] = {
    "a power of k more": _changed(lambda p: Piece(p.coefficient, p.base, p.exponent + 1)),
    "a power of k less": _changed(lambda p: Piece(p.coefficient, p.base, p.exponent - 1)),
    "an eighth more": _changed(lambda p: Piece(p.coefficient * 9 / 8, p.base, p.exponent)),
    "an eighth less": _changed(lambda p: Piece(p.coefficient * 7 / 8, p.base, p.exponent)),
    "the null space does not mix": lambda setup: [p for p in _pieces(setup) if p.base > 0],
    "one edge alone": lambda setup: _pieces(setup)[:1],
}


@st.composite
def _problems(draw: DrawFn) -> Setup:
    """Draw long, square and short prompts, with both edges at about the same distance from 1."""
    kind = draw(st.sampled_from(["long", "square", "short"]))
    block = draw(st.integers(3, 4)) if kind == "short" else draw(st.integers(1, 3))
    values = st.lists(st.fractions("1/2", 3, max_denominator=4), min_size=2, max_size=2)
    lam, omega = draw(values) * block, draw(values) * block
    d, n = len(lam), draw(st.integers(4, 40))
    m = {"long": d * draw(st.sampled_from([4, 9, 16])), "square": d, "short": 1}[kind]
    ratio = Fraction(d, m)
    shape = draw(st.lists(st.fractions("3/4", "5/4", max_denominator=4), min_size=2, max_size=2)) * block
    scale = (1 if kind != "square" else Fraction(9, 10)) * d / (sum(shape, Fraction(0)) * (1 + ratio))
    trace = sum(lam, Fraction(0))
    Gamma = [x * (1 + Fraction(1, n)) + trace / n for x in lam]
    Sigma = [scale * x * g for x, g in zip(shape, Gamma, strict=True)]
    return Setup(lam, n=n, m=m, Sigma=Sigma, Omega=omega)


def _has_this_form(pieces: Pieces, setup: Setup) -> bool:
    """Whether (E_k − floor)/Σ pieces at k = 8, 16, 32, extrapolated in 1/k (hard edge: 1/√k) twice, is 1 to 1/10."""
    given, (_, floor) = pieces(setup), _code(setup)
    values = _curve(setup)
    ratios = []
    for k in (_STEPS // 4, _STEPS // 2, _STEPS):
        size = sum((piece.at(k) for piece in given), Fraction(0))
        if not size:
            return False
        ratios.append((values[k] - floor) / size)
    root = Fraction(isqrt(2 * 10**40), 10**20)
    first, then = (root, Fraction(2)) if setup.m == setup.d else (Fraction(2), Fraction(4))
    low, high = ((first * b - a) / (first - 1) for a, b in pairwise(ratios))
    return abs((then * high - low) / (then - 1) - 1) <= _NEAR


_TERMS = Claim(
    id="RMT-09",
    kind=Kind.LIMIT,
    title="The power of k beside the rate: 3/2 at soft edges, 1/2 at a hard one, and its constant",
    statement=r"E_k - \text{floor} = \sum_{\pm} K_\pm\, \rho_\pm^{2k} k^{-3/2}\,(1 + O(1/k)), \ \rho_\pm = |1 -"
    r" \lambda_\pm|, \ K = \frac{D(\tilde P) D(\tilde Q)}{D(I)\,\lambda\,\pi} \sqrt{\frac{2}{|\psi''(\alpha)|}}\,"
    r" \Gamma(\tfrac32)\, \big(\tfrac{\rho}{2}\big)^{3/2}, \ D(X) = \sum_i \frac{X_i"
    r" c_i}{(\alpha - c_i)^2}; \quad d = m: \ E_k = \frac{\sum \tilde P_i/c_i \sum \tilde Q_i/c_i}{\sum 1/c_i}"
    r" \frac{k^{-1/2}}{\sqrt{2\pi s}}\,(1 + O(k^{-1/2})), \ s = \frac1m \sum_i \frac1{c_i}; \quad d > m: \text{"
    r" also } 2 J_\pm (1 - \lambda_\pm)^k k^{-3/2}, \ J = 0 \text{ if } \tilde P \text{ or } \tilde Q \text{ is a"
    r" multiple of } I",
    source=Source(
        "this project", known=Known.RECONSTRUCTED, note="theory section 6: power-law prefactors from the edges"
    ),
    origin=Origin.OURS,
    assumes=(
        "the two-point function of RMT-08, continued to the spectrum; its pole at z = z′: pairs of equal eigenvalues",
        (
            "different ones: the part of α − α′ times a symmetric function that is odd in both roots of the distances"
            " from the edge is divisible by z − z′, so they are O(k^{−3}), at a hard edge O(k^{−1})"
        ),
        "Watson's lemma: ∫ √u (ρ − u)^{2k} du ~ Γ(3/2)(ρ/2k)^{3/2} ρ^{2k}, ∫ u^{−1/2}(1 − u)^{2k} du ~ √(π/2k)",
        "Im α = √(2|λ − λ±|/|ψ″|) beside a soft edge, √(λ/s) beside a hard one",
        "an edge at exactly 1 leaves nothing; J by the derivative in α of the two-point function at the null space",
    ),
    uses=("RMT-01", "RMT-02", "RMT-08"),
    checks=(
        by_certificate(
            "the density of equal eigenvalues",
            formula=_jump,
            controls=_WRONG_JUMPS,
            gaps=lambda jump: {},
            equal=_on_the_curve,
            domain=Domain(("a", "B", "c", "e", "f", "p", "q")),
            scope="every spectrum, term by term (two eigenvalues, one weight by Im ψ = 0); P̃ = (1, p), Q̃ = (1, q)",
        ),
        by_certificate(
            "ψ beside soft and hard edges",
            formula=_local,
            controls=_WRONG_LOCALS,
            gaps=lambda local: {},
            equal=_near_an_edge,
            domain=Domain(("a", "h", "c", "e", "f", "g")),
            scope="every spectrum, term by term; h² = −b² on the curve",
        ),
        by_certificate(
            "the null space and an edge do not mix for P̃ = I",
            formula=lambda origin, total: total * origin,
            controls={
                "without α₀": lambda origin, total: total,
                "twice": lambda origin, total: 2 * total * origin,
                "0": lambda origin, total: 0 * total,
            },
            gaps=lambda mixed: {},
            equal=_alone,
            domain=Domain(("a", "u", "c", "e", "f", "Q")),
            scope="every spectrum, term by term (two eigenvalues, one weight by ψ(−u) = 0)",
        ),
        by_samples(
            "the terms of phase against expected_error(rung proportional), extrapolated",
            formula=_pieces,
            controls=_WRONG_PIECES,
            over=_problems(),
            holds=_has_this_form,
            scope="long, square and short prompts, any Λ, Σ, Ω in two values, k = 8, 16, 32, to 1/10",
            instances=7,
        ),
    ),
)

CLAIMS = (_TERMS,)
