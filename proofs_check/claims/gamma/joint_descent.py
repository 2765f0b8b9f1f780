"""Gradient descent in V₃₁ and W₂₄ together, from the paper's start: it converges, and where (theory section 3)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.gamma.descent import training_moments
from proofs_check.claims.lemmas import gamma
from proofs_check.claims.moments.second_order import LAMBDA, S, gamma_polynomial
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import counts, positives, rationals
from theorycalc import reference
from theorycalc.fields import BALL, Array
from theorycalc.gamma import joint
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import Monomial, WordSum, letter, scalar

_ONE, _B, _ETA, _BETA, _STEP = scalar("c", 0), scalar("b"), scalar("eta"), scalar("beta"), scalar("s")
_V, _U, _G = letter("V"), letter("U"), letter("G")


def _slope() -> WordSum:
    """∂L/∂b = tr(VᵀG), G = (I + bVΓ)Λ."""
    return (_V.T * _G).trace()


def _drift() -> WordSum:
    """What one step adds to b² − ‖V‖²."""
    return _ETA * _ETA * (_slope() * _slope() - _B * _B * (_G * _G.T).trace())


def _balance_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    V, b = _V - _ETA * _B * _G, _B - _ETA * _slope()
    return [(b * b - (V * V.T).trace() - _B * _B + (_V * _V.T).trace(), claimed)]


def _second() -> WordSum:
    """d²L/ds² along (U, β): tr((bU + βV) ΛΓ (bU + βV)ᵀ) + 2β tr(Uᵀ (I + bVΓ)Λ)."""
    Gamma, moved = gamma_polynomial(), _B * _U + _BETA * _V
    return (moved * LAMBDA * Gamma * moved.T).trace() + 2 * _BETA * (_U.T * (_ONE + _B * _V * Gamma) * LAMBDA).trace()


def coefficient(expression: WordSum, name: str, power: int) -> WordSum:
    """Return the coefficient of a power of a scalar."""
    kept = {}
    for key, value in expression.terms.items():
        powers = dict(key.scalars)
        if powers.pop(name, 0) == power:
            kept[Monomial(tuple(sorted(powers.items())), key.traces, key.word)] = value
    return WordSum(kept)


def _curvature_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    R = _ONE + (_B + _STEP * _BETA) * (_V + _STEP * _U) * S
    loss = Fraction(1, 2) * (R * R.T).trace()
    return [(2 * pairings.expected_word(coefficient(loss, "s", 2)), claimed)]


_Bound = Callable[..., Any]


def _curved(bound: _Bound) -> Mapping[str, tuple[Expression, Expression]]:
    """Cauchy: what (b² + v²)(u² + w²) exceeds (bu + wv)² by, v = ‖V‖, u = ‖U‖, w = |β|."""
    return {"square": (lambda b, v, u, w: (b * b + v * v) * (u * u + w * w) - (b * u + w * v) ** 2, bound)}


def _dominated(factor: _Bound) -> Mapping[str, Expression]:
    """‖G‖² − factor(p_min, p_max)·e for G = DΓΛ in two directions, e = ½ Σ ‖D_i‖² p_i."""

    def gap(x: Any, y: Any, p: Any, u: Any) -> Any:
        return x * p**2 + y * (p + u) ** 2 - factor(p, p + u) * (x * p + y * (p + u)) / 2

    return {"‖G‖² ≥ 2 p_min e": gap}


def _limits(limit: _Bound) -> Mapping[str, tuple[Expression, Expression]]:
    """b² − ‖Γ⁻¹‖²/b² − c² times b² is the claimed polynomial in x = b²; a = ‖Γ⁻¹‖²."""
    return {"b² − ‖V‖² = c²": (lambda x, c, a: (x - a / x - c * c) * x, limit)}


class _Start(NamedTuple):
    setup: Setup
    c: Fraction


@st.composite
def _starts(draw: DrawFn) -> _Start:
    lam = draw(st.lists(positives(high=3, denominator=3), min_size=1, max_size=2))
    return _Start(Setup(lam, n=draw(counts(10))), draw(rationals(denominator=2).filter(bool)))


class _Promise(NamedTuple):
    """A step size, the factor by which L − L* falls at least, and how far b² − ‖V‖² may be from c²."""

    eta: Fraction
    rate: Fraction
    drift: Fraction


def _speeds(setup: Setup) -> list[Fraction]:
    trace = sum(Fraction(x) for x in setup.Lambda.entries)
    return sorted(Fraction(x) * gamma(Fraction(x), trace, Fraction(setup.n)) for x in setup.Lambda.entries)


def _excess(setup: Setup) -> Fraction:
    """e₀ = ½ tr(Γ⁻¹Λ)."""
    A = reference.gamma_matrix(setup).Gamma_inv.diagonal()
    return sum((a * Fraction(x) for a, x in zip(A, setup.Lambda.entries, strict=True)), Fraction(0)) / 2


def _promise(
    start: _Start, *, times: int = 1, slowest: int = 0, drift: int = 2, share: Fraction = Fraction(3, 4)
) -> _Promise:
    """The theorem's promise, with η the largest power of two up to joint_step."""
    eta = Fraction(1, 2**60)
    while 2 * eta <= Fraction(joint.joint_step(start.setup, c=start.c)):
        eta *= 2
    eta *= times
    p = _speeds(start.setup)[slowest]
    return _Promise(eta, 1 - share * eta * start.c**2 * p, drift * eta * _excess(start.setup))


def _kept(promise: Callable[[_Start], _Promise], start: _Start) -> bool:
    """Take three steps in rationals, with E S and E S² by listed pairings."""
    setup, c = start
    stated, (first, second) = promise(start), training_moments(setup)
    V: Array = np.zeros((setup.d, setup.d), dtype=int) * Fraction(1)
    b, excess = c, _excess(setup)

    def loss() -> Fraction:
        return Fraction(b * np.trace(V @ first) + b * b * np.trace(V @ second @ V.T) / 2) + _excess(setup)

    for _ in range(3):
        G = first + b * (V @ second)
        V, b = V - stated.eta * b * G, b - stated.eta * (V * G).sum()
        after, balance = loss(), b * b - (V * V).sum()
        if after > stated.rate * excess or abs(balance - c * c) > stated.drift or 4 * b * b < 3 * c * c:
            return False
        excess = after
    return True


def _is_limit(polynomial: Callable[[Fraction, Fraction], Fraction], start: _Start) -> bool:
    """Whether joint_limit encloses the root b of polynomial(b², c²) = ‖Γ⁻¹‖², and has the sign of c."""
    b = joint.joint_limit(start.setup, c=start.c, field=BALL(120))
    square = (reference.gamma_matrix(start.setup).Gamma_inv ** 2).sum()
    ends = sorted((abs(b.lower), abs(b.upper)))
    low, high = (polynomial(end * end, start.c**2) for end in ends)
    return bool(low <= square <= high and (b.mid > 0) == (start.c > 0))


_JOINT_DESCENT = Claim(
    id="GAM-11",
    kind=Kind.LIMIT,
    title="Training V₃₁ and W₂₄ together converges from the paper's start, to another scale",
    statement=r"V_{31} = 0,\ W_{24} = -c:\ 0 < \eta \le \eta_0 \Longrightarrow L_{t+1} - L_* \le \big(1 - \tfrac34 \eta"
    r" c^2 p_{\min}\big)(L_t - L_*),\ \big|W_{24}^2 - \lVert V_{31}\rVert_F^2 - c^2\big| \le 2\eta (L_0 - L_*);\quad"
    r" \eta \to 0:\ V_{31} \to -\Gamma^{-1}/b,\ W_{24} \to -b,\ b^4 - c^2 b^2 = \lVert\Gamma^{-1}\rVert_F^2",
    source=Source(
        "arXiv:2510.03605",
        "Theorem 3.1",
        Known.SECONDARY,
        note="whether W₂₄ is trained is not stated; with W₂₄ trained: shown here; W frozen: GAM-04, GAM-05",
    ),
    origin=Origin.OURS,
    assumes=(
        "as GAM-06; p are the eigenvalues of ΛΓ, η₀ is joint_step",
        "with ‖D‖² p_min ≤ 2e, D = bV + Γ⁻¹: ‖bV‖ ≤ μ, so that b² + ‖V‖² ≤ N where |b² − ‖V‖² − c²| ≤ c²/2",
        "the second derivative is at most p_max N + √(2 e₀ p_max) there: steps up to its inverse lower L by η‖∇L‖²/2",
        "so Σ η ‖∇L‖² ≤ 2 e₀, b² − ‖V‖² moves by 2 η e₀ ≤ c²/4 at most, the path stays, and b² ≥ 3c²/4",
        "‖∇L‖² ≥ b² ‖G‖² ≥ (3c²/4) 2 p_min (L − L*)",
    ),
    uses=("GAM-02", "GAM-06", "GAM-07", "MOM-01"),
    checks=(
        by_words(
            "what a step adds to b² − ‖V‖²",
            part="balance",
            formula=_drift,
            controls={
                "nothing": lambda: WordSum({}),
                "with the other sign": lambda: -_drift(),
                "η for η²": lambda: _ETA * (_slope() * _slope() - _B * _B * (_G * _G.T).trace()),
                "without b²": lambda: _ETA * _ETA * (_slope() * _slope() - (_G * _G.T).trace()),
            },
            sides=_balance_sides,
            scope="every d, V, G, b and η",
        ),
        by_words(
            "the second derivative of the loss along any line",
            part="curvature",
            formula=_second,
            controls={
                "without the gradient's term": lambda: (
                    _second() - 2 * _BETA * (_U.T * (_ONE + _B * _V * gamma_polynomial()) * LAMBDA).trace()
                ),
                "once the gradient's term": lambda: (
                    _second() - _BETA * (_U.T * (_ONE + _B * _V * gamma_polynomial()) * LAMBDA).trace()
                ),
                "Λ² for ΛΓ": lambda: (
                    ((_B * _U + _BETA * _V) * LAMBDA * LAMBDA * (_B * _U + _BETA * _V).T).trace()
                    + 2 * _BETA * (_U.T * (_ONE + _B * _V * gamma_polynomial()) * LAMBDA).trace()
                ),
            },
            sides=_curvature_sides,
            scope="every d, n, V, U, b, β and symmetric Λ",
        ),
        by_certificate(
            "Cauchy's square",
            part="curvature",
            formula=lambda b, v, u, w: (b * w - u * v) ** 2,
            controls={
                "(bw + uv)²": lambda b, v, u, w: (b * w + u * v) ** 2,
                "(bv − uw)²": lambda b, v, u, w: (b * v - u * w) ** 2,
                "0": lambda b, v, u, w: 0 * b,
            },
            gaps=lambda bound: {},
            equal=_curved,
            domain=Domain(positive=("b", "v", "u", "w")),
            scope="all norms",
        ),
        by_certificate(
            "the gradient dominates the excess loss",
            part="dominance",
            formula=lambda low, high: 2 * low,
            controls={
                "2 p_max": lambda low, high: 2 * high,
                "3 p_min": lambda low, high: 3 * low,
                "p_min + p_max": lambda low, high: low + high,
            },
            gaps=_dominated,
            domain=Domain(positive=("p",), nonnegative=("x", "y", "u")),
            scope="any two directions with speeds p_min ≤ p, hence all; x, y are their squared distances",
        ),
        by_certificate(
            "the limit of b² from the conserved quantity",
            part="limit",
            formula=lambda x, c, a: x * x - c * c * x - a,
            controls={
                "c⁴": lambda x, c, a: x * x - c**4 - a,
                "plus": lambda x, c, a: x * x + c * c * x - a,
                "‖Γ⁻¹‖": lambda x, c, a: x * x - c * c * x - a * a,
            },
            gaps=lambda limit: {},
            equal=_limits,
            domain=Domain(positive=("x", "c", "a")),
            scope="every c ≠ 0 and ‖Γ⁻¹‖_F",
        ),
        by_samples(
            "three steps of size joint_step in rationals",
            part="balance",
            formula=_promise,
            controls={
                "64 times the step": lambda start: _promise(start, times=64),
                "at the fastest rate": lambda start: _promise(start, slowest=-1, share=Fraction(3)),
                "twelve times the rate": lambda start: _promise(start, share=Fraction(9)),
                "conserved exactly": lambda start: _promise(start, drift=0),
            },
            over=_starts(),
            holds=_kept,
            scope="spectra with d ≤ 2, n ≤ 10, c ≠ 0",
            instances=20,
        ),
        by_samples(
            "joint_limit in balls",
            part="limit",
            formula=lambda x, square: x * x - square * x,
            controls={
                "c⁴": lambda x, square: x * x - square * square,
                "plus": lambda x, square: x * x + square * x,
                "b²": lambda x, square: x - square,
            },
            over=_starts(),
            holds=_is_limit,
            scope="spectra with d ≤ 2, n ≤ 10, c ≠ 0",
            instances=20,
        ),
    ),
)

CLAIMS = (_JOINT_DESCENT,)
