"""The minimum of dense training that knows one skill only (theory section 3)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.gamma.dense import even, product, scalars_apart, square
from proofs_check.claims.gamma.descent import training_moments
from proofs_check.claims.gamma.joint_descent import coefficient
from proofs_check.claims.moments.second_order import LAMBDA, S
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.engines.quadrature import expectation, rule
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives, rationals
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import dense
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import WordSum, letter, scalar

_ONE, _HALF, _STEP = scalar("c", 0), Fraction(1, 2), scalar("s")
_U, _v, _a = (letter(name) for name in ("U", "v", "a"))
_T = letter("T", symmetric=True)  # w* w*ᵀ

_TAU = letter("tau")


def _near() -> WordSum:
    """L at V₃₁ = sU, W₂₄ = sβ, V₃₄W₄₄/n = sτ and any V₃₂ = v, W₁₄ = a; T is w* w*ᵀ."""
    loss = square(product() * S - _ONE, _T) + square(even(_T))
    return loss.substitute("V", _STEP * _U).substitute("tau", _STEP * _TAU)


def _second_order() -> WordSum:
    """The coefficient of s²: β [tr(v aᵀ ΛΓ Uᵀ) − tr(ΛUᵀ)] + ½ E‖U S a + β v w*ᵀS w* + τ‖²."""
    per_n, trace = scalar("n", -1), LAMBDA.trace()
    beta, square = scalar("beta"), LAMBDA * LAMBDA
    second = square + per_n * (square + trace * LAMBDA)  # ΛΓ
    spread = LAMBDA * _a * _a.T * LAMBDA
    spread = spread + per_n * (spread + (_a.T * LAMBDA * _a).trace() * LAMBDA)  # E S a aᵀ S
    traced = trace * LAMBDA + 2 * per_n * square  # E S tr S
    quartic = trace * trace + 2 * per_n * square.trace() + 2 * second.trace()  # E (w*ᵀ S w*)²
    even = (
        (_U * spread * _U.T).trace()
        + 2 * beta * (_v.T * _U * traced * _a).trace()
        + beta * beta * (_v.T * _v).trace() * quartic
        + 2 * (_TAU.T * _U * LAMBDA * _a).trace()
        + 2 * beta * trace * (_TAU.T * _v).trace()
        + (_TAU.T * _TAU).trace()
    )
    return beta * ((_v * _a.T * second * _U.T).trace() - (LAMBDA * _U.T).trace()) + _HALF * even


def _mean_second_order() -> WordSum:
    """The s² coefficient of the loss with b = sβ, its mean over w* (T is a sample of one, Λ = I) and over S."""
    loss = _near()
    moved = WordSum.collect(
        item
        for power in (0, 1, 2)
        for item in (coefficient(loss, "b", power) * scalar("beta", power) * scalar("s", power)).terms.items()
    )
    mean = pairings.expected_word(coefficient(moved, "s", 2), sample="T", covariance="One", count="one")
    mean = mean.substitute("One", _ONE)
    mean = WordSum.collect(item for power in range(-3, 1) for item in coefficient(mean, "one", power).terms.items())
    return scalars_apart(pairings.expected_word(mean))


def _second_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    return [(_mean_second_order(), scalars_apart(claimed))]


_Margin = Callable[..., Any]


def _margin(lam: Any, gamma: Any, n: Any, product: Any, square: Any, rest: Any) -> Any:
    """λ q − n γ² (tr Λ − λ), q = 2 tr(ΛΓ) + (2/n)(tr Λ² − λ²)."""
    return lam * (2 * product + 2 * (square - lam**2) / n) - n * gamma**2 * rest


def _completed(margin: _Margin) -> Mapping[str, tuple[Expression, Expression]]:
    """What is left of the second order when every direction's square is completed, ν = ‖V₃₂‖ = 1/(γα), α = ‖W₁₄‖."""

    def left(lam: Any, gamma: Any, n: Any, product: Any, square: Any, rest: Any, alpha: Any, beta: Any) -> Any:
        q = 2 * product + 2 * square / n - 2 * lam**2 / n
        return beta**2 * q / (gamma * alpha) ** 2 / 2 - beta**2 * n * rest / (alpha**2 * lam) / 2

    def right(lam: Any, gamma: Any, n: Any, product: Any, square: Any, rest: Any, alpha: Any, beta: Any) -> Any:
        scale = beta**2 / (alpha**2 * gamma**2 * lam) / 2
        return scale * margin(lam, gamma, n, product, square, rest)

    return {"rest": (left, right)}


class _Squares(NamedTuple):
    """Completed squares of another direction (l, entry x of U) and of the strongest one (λ, entry x)."""

    other: Callable[..., Any]
    own: Callable[..., Any]


def _other(x: Any, l: Any, lam: Any, n: Any, alpha: Any, beta: Any) -> Any:
    return l * (alpha**2 * lam * x - n * beta) ** 2 / (2 * n * alpha**2 * lam)


def _own(x: Any, lam: Any, n: Any, alpha: Any, y: Any, trace: Any, tau: Any) -> Any:
    """y = βν."""
    return (lam**2 / n) * (x * alpha + y) ** 2 + (x * alpha * lam + y * trace + tau) ** 2 / 2


def _completing(claimed: _Squares) -> Mapping[str, tuple[Expression, Expression]]:
    def other(x: Any, l: Any, lam: Any, n: Any, alpha: Any, beta: Any, **_: Any) -> Any:
        form = x**2 * alpha**2 * l * lam / n / 2 - beta * x * l  # ½ x² E (S_ij α)² − β x l
        return form + beta**2 * n * l / (alpha**2 * lam) / 2

    def own(x: Any, lam: Any, n: Any, alpha: Any, y: Any, trace: Any, tau: Any, q: Any, **_: Any) -> Any:
        """½ E(xα S_jj + y w*ᵀSw* + τ)² − ½ y² q, q = Var w*ᵀSw* − 2λ²/n; Cov(S_jj, w*ᵀSw*) = Var S_jj = 2λ²/n."""
        variance = q + 2 * lam**2 / n
        second = (
            (x * alpha) ** 2 * lam**2 * (1 + 2 / n)
            + 2 * x * alpha * y * (lam * trace + 2 * lam**2 / n)
            + y**2 * (variance + trace**2)
        )
        return (second + 2 * tau * (x * alpha * lam + y * trace) + tau**2) / 2 - y**2 * q / 2

    def without(formula: Callable[..., Any], *names: str) -> Expression:
        return lambda **values: formula(**{name: values[name] for name in names})

    return {
        "another direction": (other, without(claimed.other, "x", "l", "lam", "n", "alpha", "beta")),
        "the strongest": (own, without(claimed.own, "x", "lam", "n", "alpha", "y", "trace", "tau")),
    }


class _Direction(NamedTuple):
    """A direction at a point with V₃₁ = 0, W₂₄ = 0."""

    lam: list[Fraction]
    U: Array
    beta: Fraction
    tau: Array
    v: Array
    a: Array


@st.composite
def _directions(draw: DrawFn) -> _Direction:
    def numbers(*shape: int) -> Array:
        size = int(np.prod(shape))
        drawn = draw(st.lists(rationals(2, denominator=1), min_size=size, max_size=size))
        return np.array(drawn, dtype=object).reshape(shape)

    lam = draw(st.lists(st.sampled_from([Fraction(1), Fraction(2), Fraction(3)]), min_size=2, max_size=2))
    return _Direction(lam, numbers(2, 2), draw(rationals(denominator=1)), numbers(2), numbers(2), numbers(2))


def _form_value(expression: WordSum, direction: _Direction, n: int) -> Fraction:
    """A scalar expression at numbers: vectors are first columns."""

    def column(values: Array) -> Array:
        return np.column_stack([values, *[np.zeros(len(values), dtype=int)] * (len(values) - 1)])

    matrices = {
        "Lambda": np.diag(np.array(direction.lam, dtype=object)),
        "U": direction.U,
        "v": column(direction.v),
        "a": column(direction.a),
        "tau": column(direction.tau),
    }
    exact = {name: EXACT.array(value) for name, value in matrices.items()}
    value = expression.evaluate(exact, {"n": n, "beta": EXACT.number(direction.beta)})
    found: Fraction = EXACT.public(value[0, 0])
    return found


def _by_quadrature(direction: _Direction) -> Fraction:
    """The s² coefficient of the literal layer's loss, n = 1, from its values at s = 0, 1, 2: it is c₀ + c₂s² + c₄s⁴."""
    d, rows = 2, 6
    read = slice(d + 1, 2 * d + 1)

    def losses(points: Array) -> Array:
        found = np.empty((len(points), 3), dtype=object)
        E = np.zeros((len(points), rows, 2), dtype=object)
        X, w = points[:, :d], points[:, d:]
        E[:, :d, 0], E[:, d, 0], E[:, rows - 1, 1] = X, (X * w).sum(axis=1), 1
        G = np.matmul(E, E.swapaxes(1, 2))
        for s in range(3):
            V, W = (np.zeros((rows, rows), dtype=object) for _ in range(2))
            V[read, :d], V[read, d], V[read, -1] = s * direction.U, direction.v, s * direction.tau
            W[:d, -1], W[d, -1], W[-1, -1] = direction.a, s * direction.beta, 1
            mixed = np.matmul(G, W[:, -1])
            gap = mixed @ V[read].T - w
            found[:, s] = (gap * gap).sum(axis=1)
        return found

    zero, one, two = expectation(losses, [*(rule(4, x) for x in direction.lam), *[rule(4)] * d])
    return Fraction(16 * (one - zero) - (two - zero)) / 24


@st.composite
def _uneven(draw: DrawFn) -> Setup:
    """Draw spectra with one largest eigenvalue, near the margin often enough."""
    rest = draw(st.lists(positives(high=1, denominator=6), min_size=1, max_size=3))
    return Setup([max(rest) + draw(positives(high=3, denominator=6)), *rest], n=draw(counts(100)))


def _least(setup: Setup) -> Fraction:
    """The least second order over U, τ and β = ±1 at α = 1: a rational, found by solving for the stationary point."""
    first, second = training_moments(setup)
    lam, product = first.diagonal(), second.diagonal()  # λ, λγ
    n, gamma = setup.n, product[0] / lam[0]
    v, trace = 1 / gamma, sum(lam)
    x = np.array([n / lam[0]] * setup.d, dtype=object) * Fraction(1)
    x[0] = -v
    tau = np.zeros(setup.d, dtype=int) * Fraction(1)
    tau[0] = -(x[0] * lam[0] + v * trace)
    e = np.zeros(setup.d, dtype=int) * Fraction(1)
    e[0] = Fraction(1)
    direction = _Direction(list(lam), np.diag(x), Fraction(1), tau, v * e, e)
    return _form_value(_second_order(), direction, n)


def _decides(formula: Callable[[Setup], Any], setup: Setup) -> bool:
    """Whether the margin has the sign of the least second order, and the excess is that of the literal products."""
    margin, excess = formula(setup)
    least = _least(setup)
    first, second = training_moments(setup)
    ratio = first.diagonal() ** 2 / second.diagonal()  # λ/γ
    return bool((margin > 0) == (least > 0) and (margin < 0) == (least < 0) and excess == sum(ratio[1:]) / 2)


def _point(setup: Setup) -> tuple[Any, Any]:
    found = dense.one_skill_point(setup, field=EXACT)
    return found.margin, found.excess


def _own_margin(margin: _Margin) -> Callable[[Setup], tuple[Any, Any]]:
    def formula(setup: Setup) -> tuple[Any, Any]:
        lam = [Fraction(x) for x in setup.Lambda.entries]
        n, trace = Fraction(setup.n), sum(lam)
        gammas = [(1 + 1 / n) * x + trace / n for x in lam]
        product = sum(x * y for x, y in zip(lam, gammas, strict=True))
        values = lam[0], gammas[0], n, product, sum(x * x for x in lam), trace - lam[0]
        return margin(*values), sum(x / y for x, y in zip(lam[1:], gammas[1:], strict=True)) / 2

    return formula


_WRONG_MARGINS: Mapping[str, _Margin] = {
    "γ for γ²": lambda lam, gamma, n, product, square, rest: (
        lam * (2 * product + 2 * (square - lam**2) / n) - n * gamma * rest
    ),
    "without n": lambda lam, gamma, n, product, square, rest: (
        lam * (2 * product + 2 * (square - lam**2) / n) - gamma**2 * rest
    ),
    "tr(ΛΓ) once": lambda lam, gamma, n, product, square, rest: (
        lam * (product + 2 * (square - lam**2) / n) - n * gamma**2 * rest
    ),
    "λ² for λ": lambda lam, gamma, n, product, square, rest: (
        lam**2 * (2 * product + 2 * (square - lam**2) / n) - n * gamma**2 * rest
    ),
}

_TRAP = Claim(
    id="GAM-13",
    kind=Kind.TIGHT,
    title="Dense training has a minimum that knows one skill when skills are uneven and prompts short",
    statement=r"d \ge 2,\ \lambda = \lambda_{\max}(\Lambda) \text{ simple, direction } u:\ V_{31} = W_{24} ="
    r" V_{34}W_{44} = 0,\ V_{32}W_{14}^{\mathsf T} = \gamma^{-1} u u^{\mathsf T} \text{ is stationary, } L - L_* ="
    r" \tfrac12 \sum_{\lambda_i \ne \lambda} \lambda_i/\gamma_i > 0; \text{ it is a local minimum if } \lambda q >"
    r" n\gamma^2(\operatorname{tr}\Lambda - \lambda) \text{ and a strict saddle if } <,\ W_{44} \ne 0;\quad q ="
    r" 2\operatorname{tr}\Lambda\Gamma + \tfrac2n(\operatorname{tr}\Lambda^2 - \lambda^2)",
    source=Source(
        "theory", "section 3", note="found here by training from random starts: GAM-12's minimum is not always met"
    ),
    origin=Origin.OURS,
    assumes=(
        "as GAM-12; in V₃₂, W₁₄ the first square is least at the best matrix of rank one (Eckart and Young; λ/γ grows)",
        "it is constant along V₃₂ → sV₃₂, W₁₄ → W₁₄/s; second derivatives mixed with V₃₁, W₂₄, V₃₄W₄₄ are odd in w*",
        "the second order is at least the sum of its completed squares: other entries of U only add E(U S a)_i²",
        "so the second derivative in V₃₁, V₃₂, V₃₄W₄₄, W₁₄, W₂₄ is positive but along that scaling: a minimum there",
    ),
    uses=("GAM-12", "MOM-01"),
    checks=(
        by_words(
            "the second order at V₃₁ = W₂₄ = 0",
            part="second order",
            formula=_second_order,
            controls={
                "Λ² for ΛΓ": lambda: (
                    _second_order() - scalar("beta") * scalar("n", -1) * (_v * _a.T * LAMBDA * LAMBDA * _U.T).trace()
                ),
                "β tr(ΛUᵀ)/2": lambda: _second_order() + _HALF * scalar("beta") * (LAMBDA * _U.T).trace(),
                "E (w*ᵀSw*)² = (E w*ᵀSw*)²": lambda: (
                    _second_order()
                    - scalar("beta", 2) * (_v.T * _v).trace() * scalar("n", -1) * (LAMBDA * LAMBDA).trace()
                ),
                "no τ": lambda: _second_order() - _HALF * (_TAU.T * _TAU).trace(),
            },
            sides=_second_sides,
            scope="every d, n, Λ, V₃₂, W₁₄ and direction",
        ),
        by_certificate(
            "the squares of the directions",
            part="second order",
            formula=_Squares(_other, _own),
            controls={
                "other: n for 1": _Squares(lambda **v: _other(**v) * v["n"], _own),
                "other: sign": _Squares(
                    lambda x, l, lam, n, alpha, beta: (
                        l * (alpha**2 * lam * x + n * beta) ** 2 / (2 * n * alpha**2 * lam)
                    ),
                    _own,
                ),
                "own: 2λ²/n": _Squares(_other, lambda **v: _own(**v) + (v["lam"] ** 2 / v["n"]) * v["y"] ** 2),
            },
            gaps=lambda claimed: {},
            equal=_completing,
            domain=Domain(positive=("x", "l", "lam", "n", "alpha", "beta", "y", "trace", "tau", "q")),
            scope="every λ, n, tr Λ, ‖W₁₄‖ and direction, identically",
        ),
        by_certificate(
            "what is left is the margin",
            part="margin",
            formula=_margin,
            controls=_WRONG_MARGINS,
            gaps=lambda margin: {},
            equal=_completed,
            domain=Domain(positive=("lam", "gamma", "n", "product", "square", "rest", "alpha", "beta")),
            scope="every λ, γ, n, tr ΛΓ, tr Λ² and tr Λ − λ",
        ),
        by_samples(
            "the literal layer's loss by quadrature, d = 2, n = 1",
            part="second order",
            formula=_second_order,
            controls={
                "β tr(ΛUᵀ)/2": lambda: _second_order() + _HALF * scalar("beta") * (LAMBDA * _U.T).trace(),
                "no τ": lambda: _second_order() - _HALF * (_TAU.T * _TAU).trace(),
                "E S a aᵀ S = Λ a aᵀ Λ": lambda: (
                    _second_order()
                    - _HALF * scalar("n", -1) * (_U * LAMBDA * _U.T).trace() * (_a.T * LAMBDA * _a).trace()
                ),
            },
            over=_directions(),
            holds=lambda formula, direction: _form_value(formula(), direction, 1) == _by_quadrature(direction),
            scope="d = 2, n = 1, Λ of 1, 2, 3, any V₃₂, W₁₄ and direction",
            instances=3,
        ),
        by_samples(
            "one_skill_point against the least second order",
            part="margin",
            formula=_point,
            controls={name: _own_margin(margin) for name, margin in _WRONG_MARGINS.items()},
            over=_uneven(),
            holds=_decides,
            scope="spectra with 2 ≤ d ≤ 4 and one largest eigenvalue, n ≤ 100",
            instances=25,
        ),
    ),
)

CLAIMS = (_TRAP,)
