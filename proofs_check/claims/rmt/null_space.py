"""The floor of short prompts, for every problem: the null space by two-point equivalents (theory section 6)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.rmt.laws import once
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from theorycalc.error_curves import curves
from theorycalc.fields import BALL, Ball
from theorycalc.model import Setup
from theorycalc.rmt import edges
from theorycalc.thinking import phases

_BALLS = BALL(128)

# ------------------------------------------------------------------------------------------------ two points

Pair = Callable[[Any, Any, Any, Any, Any], Any]  # (Q̃ᵢ, cᵢ, ρᵢ(y), ρᵢ(z), κ) -> Σ M_ab yᵃ zᵇ


def _pair(Q: Any, c: Any, first: Any, second: Any, kappa: Any) -> Any:
    return first * second * (Q + kappa * c)


_WRONG_PAIRS: dict[str, Pair] = {
    "no correction": lambda Q, c, first, second, kappa: first * second * Q,
    "κ for κ c": lambda Q, c, first, second, kappa: first * second * (Q + kappa),
    "κ c Q̃ for κ c": lambda Q, c, first, second, kappa: first * second * Q * (1 + kappa * c),
    "−κ c": lambda Q, c, first, second, kappa: first * second * (Q - kappa * c),
}


def _solution(pair: Pair) -> dict[str, tuple[Expression, Expression]]:
    """The recursion of RMT-01 for Σ M_ab yᵃ zᵇ; D, F = Σ (t_s − t_{s+1}) yˢ and V, W = Σ (u_s − u_{s+1}) yˢ in y and z.

    ρ(y) = 1/(1 − y + c y (1 − y D)) by RMT-02, and Σ_{a ≥ 1} yᵃ zᵇ Σ_s (u_{a+s−1} − u_{a+s}) r_{b−1−s}
    = y z ρ(z) (y V − z W)/(y − z).
    """

    def rho(y: Any, D: Any, c: Any) -> Any:
        return 1 / (1 - y + c * y * (1 - y * D))

    def kappa(y: Any, z: Any, V: Any, W: Any) -> Any:
        return y * z * (y * V - z * W) / (y - z)

    def claimed(y: Any, z: Any, D: Any, F: Any, V: Any, W: Any, c: Any, Q: Any) -> Any:
        return pair(Q, c, rho(y, D, c), rho(z, F, c), kappa(y, z, V, W))

    def stepped(y: Any, z: Any, D: Any, F: Any, V: Any, W: Any, c: Any, Q: Any) -> Any:
        M = claimed(y, z, D, F, V, W, c, Q)
        crossing = rho(z, F, c) * kappa(y, z, V, W)
        return Q * rho(z, F, c) + y * M - c * (y * M - y * y * D * M - crossing)

    return {"M": (claimed, stepped)}


Kappa = Callable[[Any, Any, Any, Any], Any]  # (α, α′, ψ(α) − ψ(α′), Σ ω Q̃c/((α − c)(α′ − c))) -> κ


def _kappa(alpha: Any, other: Any, difference: Any, total: Any) -> Any:
    return (alpha - other) / difference * total


_WRONG_KAPPAS: dict[str, Kappa] = {
    "its inverse": lambda alpha, other, difference, total: difference / (alpha - other) * total,
    "αα′ beside it": lambda alpha, other, difference, total: _kappa(alpha, other, difference, total) * alpha * other,
    "without the quotient": lambda alpha, other, difference, total: total,
}


def _correction(kappa: Kappa) -> dict[str, tuple[Expression, Expression]]:
    """κ by α = 1/w(y) and α′ = 1/w(z), two eigenvalues c, e of weights f, g with Q̃ values Q, R.

    y = 1/(1 − ψ(α)); y V = u_0 − (1 − y) Σ u_s yˢ, and (1 − y) ρ = α/(α − c).
    """

    def psi(alpha: Any, c: Any, e: Any, f: Any, g: Any) -> Any:
        return edges._psi(alpha, np.array([c, e], dtype=object), np.array([f, g], dtype=object))

    def by_series(a: Any, b: Any, c: Any, e: Any, f: Any, g: Any, Q: Any, R: Any, u: Any) -> Any:
        y, z = 1 / (1 - psi(a, c, e, f, g)), 1 / (1 - psi(b, c, e, f, g))
        first, second = (u - f * Q * x / (x - c) - g * R * x / (x - e) for x in (a, b))
        return y * z * (first - second) / (y - z)

    def by_resolvents(a: Any, b: Any, c: Any, e: Any, f: Any, g: Any, Q: Any, R: Any, **_: Any) -> Any:
        difference = psi(a, c, e, f, g) - psi(b, c, e, f, g)
        total = f * Q * c / ((a - c) * (b - c)) + g * R * e / ((a - e) * (b - e))
        return kappa(a, b, difference, total)

    return {"κ": (by_series, by_resolvents)}


# ------------------------------------------------------------------------------------------------ the floor

Shares = Callable[[Any, Any], Any]  # (Σ ω c/(u + c)², u) -> ψ′(−u)


def _at_the_pole(shares: Shares) -> dict[str, tuple[Expression, Expression]]:
    """ψ(−u) = 0 makes ψ′(−u) = u Σ ω c/(u + c)²: the weight g of e is what ψ(−u) = 0 leaves to it.

    So κ at α = α′ = −u, where it is 1/ψ′(−u) Σ ω Q̃c/(u + c)², is Σ ω Q̃c/(u + c)²/(u Σ ω c/(u + c)²).
    """

    def weight(u: Any, c: Any, e: Any, f: Any) -> Any:
        return (1 - f * c / (u + c)) * (u + e) / e

    def slope(u: Any, c: Any, e: Any, f: Any) -> Any:
        return 1 - f * c**2 / (u + c) ** 2 - weight(u, c, e, f) * e**2 / (u + e) ** 2

    def claimed(u: Any, c: Any, e: Any, f: Any) -> Any:
        return shares(f * c / (u + c) ** 2 + weight(u, c, e, f) * e / (u + e) ** 2, u)

    def zero(u: Any, c: Any, e: Any, f: Any) -> Any:
        values, weights = np.array([c, e], dtype=object), np.array([f, weight(u, c, e, f)], dtype=object)
        return edges._psi(-1 * u, values, weights)

    return {"slope": (slope, claimed), "zero": (zero, lambda u, **_: 0 * u)}


Floor = Callable[[Setup], Ball]


def _floor(setup: Setup) -> Ball:
    found: Ball = phases.phase(setup, field=_BALLS).floor
    return found


def _parts(setup: Setup) -> tuple[Fraction, Fraction, Fraction]:
    """Σ P̃Q̃π², the correction, and u, in rationals near enough: u by Newton's method."""
    C, P, Q = _whitened(setup)
    assert setup.m is not None
    u: Fraction = sum(C, Fraction(0)) / len(C)
    for _ in range(60):
        f = sum((c / (u + c) for c in C), Fraction(0)) - setup.m
        slope = sum((c / (u + c) ** 2 for c in C), Fraction(0))
        u = (u + f / slope).limit_denominator(10**24)
    share = [u / (u + c) for c in C]
    straight = sum((p * q * s * s for p, q, s in zip(P, Q, share, strict=True)), Fraction(0))
    on_p, on_q, base = (
        sum((x * c * s * s for x, c, s in zip(values, C, share, strict=True)), Fraction(0))
        for values in (P, Q, [Fraction(1)] * len(C))
    )
    return straight, on_p * on_q / base / u, u


def _whitened(setup: Setup) -> tuple[list[Fraction], list[Fraction], list[Fraction]]:
    """C, P̃ and Q̃ of a problem of spectra, Γ written out."""
    lam = [Fraction(x) for x in setup.Lambda.entries]
    Gamma = [x * (1 + Fraction(1, setup.n)) + sum(lam, Fraction(0)) / setup.n for x in lam]
    omega = [Fraction(1)] * setup.d if setup.Omega is None else [Fraction(x) for x in setup.Omega.entries]
    C = [Fraction(x) / g for x, g in zip(setup.Sigma.entries, Gamma, strict=True)]
    return C, [1 / g for g in Gamma], [g * x for g, x in zip(Gamma, omega, strict=True)]


def _exactly(value: Callable[[Setup], Fraction]) -> Floor:
    return lambda setup: Ball(value(setup), Fraction(0))


_WRONG_FLOORS: dict[str, Floor] = {
    "d − m": _exactly(lambda setup: Fraction(setup.d - (setup.m or 0))),
    "no correction": _exactly(lambda setup: _parts(setup)[0]),
    "twice the correction": _exactly(lambda setup: _parts(setup)[0] + 2 * _parts(setup)[1]),
    "u² times the correction": _exactly(lambda setup: _parts(setup)[0] + _parts(setup)[2] ** 2 * _parts(setup)[1]),
    "m + 1 for m": lambda setup: _floor(setup.replace(m=(setup.m or 0) + 1)),
}
_STEPS = 24


@once
def _curve(setup: Setup) -> list[Ball]:
    return list(curves.expected_error(setup, _STEPS, rung="proportional", field=_BALLS).values)


@st.composite
def _short_prompts(draw: DrawFn, *, noise: bool = False) -> Setup:
    """Draw blocks of up to three directions, d ≥ 4 m, with C small enough for |1 − λ₊| ≤ |1 − λ₋| or nearly."""
    q, block = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    values = st.lists(st.fractions("1/2", 3, max_denominator=4), min_size=q, max_size=q)
    lam, omega = draw(values) * block, draw(values) * block
    n, m = draw(st.integers(4, 40)), 1
    trace = sum(lam, Fraction(0))
    Gamma = [x * (1 + Fraction(1, n)) + trace / n for x in lam]
    scale = draw(values)[:2] * block * 2
    C = [x / (4 * sum(scale[: len(lam)], Fraction(0)) / m) * 3 for x in scale[: len(lam)]]
    setup = Setup(lam, n=n, m=m, Sigma=[c * g for c, g in zip(C, Gamma, strict=True)], Omega=omega)
    return setup.replace(noise_var=1) if noise else setup


def _is_floor(floor: Floor, setup: Setup) -> bool:
    """Whether |E_K − floor| ≤ 2 √(floor p q m) ρᴷ + p q m ρ^2K at K = 24, with ρ = max |1 − λ±| < 1, λ₊ < 2."""
    C, P, Q = _whitened(setup)
    assert setup.m is not None
    found = edges.spectral_edges(C, setup.m, field=BALL(80))
    rho = max(abs(1 - found.lower.lower), abs(1 - found.upper.upper))
    claimed, value = floor(setup), _curve(setup)[_STEPS]
    size = max(P) * max(Q) * setup.m
    far = 2 * _above_root(claimed.upper * size) * rho**_STEPS
    allowed = far + size * rho ** (2 * _STEPS) + claimed.rad + value.rad
    return bool(found.upper.upper < 2 and abs(value.mid - claimed.mid) <= allowed < claimed.mid / 50)


def _above_root(value: Fraction) -> Fraction:
    """A rational above the square root, within 1 %."""
    guess = Fraction(float(value) ** 0.5) * Fraction(101, 100)
    return guess if guess * guess > value else 1 + value


_NULL = Claim(
    id="RMT-08",
    kind=Kind.IDENTITY,
    title="The floor of a typical error for d > m, for every Λ, Σ and prior",
    statement=r"d > m, \ \lambda_+ < 2: \quad E_k \to \sum_i \tilde P_i \tilde Q_i \pi_i^2 + \frac{\sum_i \tilde"
    r" P_i c_i \pi_i^2 \ \sum_i \tilde Q_i c_i \pi_i^2}{u \sum_i c_i \pi_i^2}, \quad \pi_i = \frac{u}{u + c_i},"
    r" \quad \frac1m \sum_i \frac{c_i}{u + c_i} = 1; \text{ the limit of } \operatorname{tr}[\tilde P \Pi \tilde Q"
    r" \Pi], \ \Pi \text{ the projection on the null space of } N; \text{ if } \Lambda \text{ and } \Sigma \text{ do"
    r" not commute, the first sum is } \textstyle\sum_{ij} \tilde P_{ij} \tilde Q_{ij} \pi_i \pi_j \text{ in the"
    r" eigenbasis of } C",
    source=Source(
        "this project",
        known=Known.RECONSTRUCTED,
        note="two-point deterministic equivalents as in Ledoit and Péché, Probab. Theory Relat. Fields 151 (2011)",
    ),
    origin=Origin.OURS,
    assumes=(
        "the limit of RMT-01; a power series in y and z is determined by the linear equation that its recursion gives",
        "w(y) inverts x = 1/ψ(1/w) (RMT-02); the two-point function is analytic off the spectrum in both variables",
        "E_k is the double contour integral of (1 − z)ᵏ(1 − z′)ᵏ; away from the pole at z = z′ = 0 it has |1 − z| < 1",
        "Cauchy and Schwarz per prompt: |E_k − floor| ≤ 2 √(floor p q m) ρᵏ + p q m ρ^2k, p, q the largest P̃ᵢ, Q̃ᵢ",
        "non-commuting: the recursion holds entry by entry, M_ab with Q̃ᵢⱼ, and its traces see the diagonal alone",
    ),
    uses=("RMT-01", "RMT-02", "RMT-05"),
    checks=(
        by_certificate(
            "the two-point function solves the recursion",
            formula=_pair,
            controls=_WRONG_PAIRS,
            gaps=lambda pair: {},
            equal=_solution,
            domain=Domain(("y", "z", "D", "F", "V", "W", "c", "Q")),
            scope="every a, b ≥ 0 and so every k; every C, d/m, Q̃, direction by direction",
        ),
        by_certificate(
            "its correction by resolvents",
            formula=_kappa,
            controls=_WRONG_KAPPAS,
            gaps=lambda kappa: {},
            equal=_correction,
            domain=Domain(("a", "b", "c", "e", "f", "g", "Q", "R", "u")),
            scope="every spectrum, term by term (two eigenvalues are written out)",
        ),
        by_certificate(
            "the value at the null space",
            formula=lambda total, u: u * total,
            controls={
                "1/u for u": lambda total, u: total / u,
                "without u": lambda total, u: total,
                "u²": lambda total, u: u * u * total,
            },
            gaps=lambda shares: {},
            equal=_at_the_pole,
            domain=Domain(("u", "c", "e", "f")),
            scope="every spectrum, term by term (two eigenvalues are written out, one weight by ψ(−u) = 0)",
        ),
        by_samples(
            "the floor of phase against expected_error(rung proportional) at k = 24",
            formula=_floor,
            controls=_WRONG_FLOORS,
            over=_short_prompts(),
            holds=_is_floor,
            scope="4 ≤ d/m ≤ 9, n ≤ 40, any Λ, Σ, Ω in two or three values, BALL(128)",
            instances=6,
        ),
    ),
)

CLAIMS = (_NULL,)
