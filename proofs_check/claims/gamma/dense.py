"""What training all of V and W can reach: the readout of the paper at best (theory section 3)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check import layer
from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma.descent import training_moments
from proofs_check.claims.moments.second_order import LAMBDA, S
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import rationals
from theorycalc import reference
from theorycalc.fields import F64, Array
from theorycalc.model import Setup
from theorycalc.moments.words import Letter, Monomial, WordSum, letter, scalar
from theorycalc.montecarlo import layer_gradient
from theorycalc.montecarlo.attention import AttentionWeights

_ONE, _HALF, _B = scalar("c", 0), Fraction(1, 2), scalar("b")
_V, _v, _a, _tau, _w = (letter(name) for name in ("V", "v", "a", "tau", "w"))
_GAMMA, _GAMMA_INV = letter("Gamma", symmetric=True), letter("Gamma_inv", symmetric=True)


def readout(task: WordSum) -> WordSum:
    """w₁ with a = W₁₄, b = W₂₄, v = V₃₂, τ = V₃₄ W₄₄/n; numbers such as aᵀ S w* are written as traces."""
    inner = (_a.T * S * task).trace() + _B * (task.T * S * task).trace()
    return _V * S * (_a + _B * task) + _v * inner + _tau


def product() -> WordSum:
    """M = W₂₄ V₃₁ + V₃₂ W₁₄ᵀ."""
    return _B * _V + _v * _a.T


def even(square: WordSum) -> WordSum:
    """The part of w₁ that is even in w*; ``square`` is w* w*ᵀ."""
    return _V * S * _a + _v * (_B * (S * square).trace()) + _tau


def square(residual: WordSum, middle: WordSum = _ONE) -> WordSum:
    """½ tr(r m rᵀ)."""
    return _HALF * (residual * middle * residual.T).trace()


def _split() -> WordSum:
    """½ ‖(MS − I) w*‖² + ½ ‖even‖²."""
    return square((product() * S - _ONE) * _w) + square(even(_w * _w.T))


def _mean_over_sign() -> WordSum:
    """The mean over w* and −w* of ½ ‖w₁ − w*‖², as a polynomial in traces of 1 × 1 and d × d words."""
    return scalars_apart(_HALF * (square(readout(_w) - _w) + square(readout(-_w) + _w)))


def _split_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    return [(_mean_over_sign(), scalars_apart(claimed))]


def scalars_apart(expression: WordSum) -> WordSum:
    """Cut traces that run through several 1 × 1 products, as tr(v aᵀS w wᵀ …) does: words between vectors are numbers.

    Any order of these numbers is one product of traces.
    """
    thin = {"v", "a", "tau", "w"}
    parts: list[tuple[Monomial, Fraction]] = []
    for key, value in expression.terms.items():
        term = WordSum({Monomial(key.scalars, (), key.word): value})
        for trace in key.traces:
            term = term * _cut(trace, thin)
        parts.extend(term.terms.items())
    return WordSum.collect(parts)


def _cut(trace: tuple[Letter, ...], thin: set[str]) -> WordSum:
    """The trace as a product of numbers xᵀ … y, cut between a vector and the transposed vector behind it."""
    ends = [i for i, item in enumerate(trace) if item.name in thin and not item.transposed]
    if not ends:
        return _word(trace).trace()
    turned = trace[ends[0] + 1 :] + trace[: ends[0] + 1]  # begins behind a column, so with a row
    numbers, run = _ONE, []
    for item in turned:
        run.append(item)
        if item.name in thin and not item.transposed:
            numbers, run = numbers * _word(tuple(run)).trace(), []
    return numbers


def _word(items: tuple[Letter, ...]) -> WordSum:
    product = _ONE
    for item in items:
        one = letter(item.name, symmetric=item.symmetric)
        product = product * (one.T if item.transposed else one)
    return product


def _value() -> WordSum:
    """½ tr(I − Γ⁻¹Λ) + ½ tr[(M − Γ⁻¹) ΛΓ (M − Γ⁻¹)ᵀ]."""
    gap = letter("M") - _GAMMA_INV
    return _HALF * (_ONE - _GAMMA_INV * LAMBDA).trace() + _HALF * (gap * LAMBDA * _GAMMA * gap.T).trace()


def _value_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    """½ E‖M S − I‖² with E S = Λ and E S² = ΛΓ; Λ, Γ and Γ⁻¹ commute."""
    residual = letter("M") * S - _ONE
    mean = _HALF * (residual * residual.T).trace()
    copy = Letter("S_n", symmetric=True)
    mean = mean.replace_product((copy, copy), LAMBDA * _GAMMA).substitute("S_n", LAMBDA)
    family, inverses = ("Gamma", "Gamma_inv", "Lambda"), ("Gamma", "Gamma_inv")
    return [(mean.commute(family, inverses), claimed.commute(family, inverses))]


class _Dense(NamedTuple):
    """One prompt, and all that is read of a dense layer."""

    X: Any  # (d, n)
    w_star: Any
    V: Array  # (2d + 2, 2d + 2)
    W: Array


@st.composite
def _layers(draw: DrawFn) -> _Dense:
    d, n = draw(st.integers(1, 2)), draw(st.integers(1, 3))

    def numbers(*shape: int) -> Array:
        size = int(np.prod(shape))
        drawn = draw(st.lists(rationals(2, denominator=1), min_size=size, max_size=size))
        return np.array(drawn, dtype=object).reshape(shape)

    rows = 2 * d + 2
    V, W = numbers(rows, rows), numbers(rows, rows)
    return _Dense(numbers(d, n), numbers(d), V, W)


def _two_squares(V: Array, S: Array, w: Array, blocks: Mapping[str, Any]) -> Fraction:
    """½ ‖(M S − I) w*‖² + ½ ‖even‖²."""
    v, a, b, tau = blocks["v"], blocks["a"], blocks["b"], blocks["tau"]
    odd = (b * V + np.outer(v, a)) @ S @ w - w
    even = V @ S @ a + b * v * (w @ S @ w) + tau
    return Fraction((odd @ odd + even @ even) / 2)


def _literal(formula: Callable[..., Fraction], drawn: _Dense) -> bool:
    """Compare with the literal layer on the prompt, for w* and −w*."""
    d, n = drawn.X.shape
    total = Fraction(0)
    for sign in (1, -1):
        w = sign * drawn.w_star
        found = layer.chain(drawn.X, w @ drawn.X, [Fraction(0)] * d, drawn.V, drawn.W, 1)[1]
        total += ((found - w) @ (found - w)) / 4
    read = slice(d + 1, 2 * d + 1)
    blocks = {
        "v": drawn.V[read, d],
        "a": drawn.W[:d, -1],
        "b": drawn.W[d, -1],
        "tau": drawn.V[read, -1] * drawn.W[-1, -1] / Fraction(n),
    }
    return bool(formula(drawn.V[read, :d], drawn.X @ drawn.X.T / Fraction(n), drawn.w_star, blocks) == total)


def _with(**changes: Callable[[Mapping[str, Any]], Any]) -> Callable[..., Fraction]:
    return lambda V, S, w, blocks: _two_squares(
        V, S, w, {**blocks, **{name: change(blocks) for name, change in changes.items()}}
    )


@st.composite
def _weights(draw: DrawFn) -> tuple[Setup, AttentionWeights]:
    """Draw small integers and n = 1, 2, 4, for which float64 does not round."""
    d = draw(st.integers(1, 2))
    lam = draw(st.lists(st.sampled_from([1, 2, 3]), min_size=d, max_size=d))
    rows = 2 * d + 2
    drawn = draw(st.lists(st.integers(-2, 2), min_size=2 * rows * rows, max_size=2 * rows * rows))
    V, W = np.array(drawn, dtype=float).reshape(2, rows, rows)
    return Setup(lam, n=draw(st.sampled_from([1, 2, 4]))), AttentionWeights(V=V, W=W)


def _population(setup: Setup, weights: AttentionWeights) -> Fraction:
    moments = layer_gradient.training_moments(np.asarray(setup.Lambda.array(F64)), setup.n)
    return Fraction(layer_gradient.population_gradient(moments, weights).loss)


def _in_two_squares(formula: Callable[..., Fraction], drawn: tuple[Setup, AttentionWeights]) -> bool:
    """Compare with ½ E‖(M S − I) w*‖² + ½ E‖even‖², E S_ij S_kl by listed pairings."""
    setup, weights = drawn
    d, n = setup.d, setup.n
    read = slice(d + 1, 2 * d + 1)
    exact = np.vectorize(Fraction, otypes=[object])
    V, v, a = exact(weights.V[read, :d]), exact(weights.V[read, d]), exact(weights.W[:d, -1])
    b, tau = Fraction(weights.W[d, -1]), exact(weights.V[read, -1]) * Fraction(weights.W[-1, -1]) / n
    first, second = training_moments(setup)
    rows = first.tolist()

    def pair(i: int, j: int, k: int, l: int) -> Fraction:
        middle = [[Fraction(int((p, q) == (j, k))) for q in range(d)] for p in range(d)]
        return Fraction(reference.second_moment(middle, rows, n)[i][l])

    indices = range(d)
    M = b * V + np.outer(v, a)
    odd = (M @ second * M).sum() - 2 * (M * first).sum() + d
    sandwich = np.array(
        [[sum(pair(i, j, k, l) * a[j] * a[k] for j in indices for k in indices) for l in indices] for i in indices]
    )
    traced = np.array([[sum(pair(i, j, k, k) for k in indices) for j in indices] for i in indices])
    quartic = sum(pair(i, i, k, k) + 2 * pair(i, k, k, i) for i in indices for k in indices)
    mean = V @ first @ a + b * first.trace() * v
    even = (V @ sandwich * V).sum() + 2 * b * (v @ V @ traced @ a) + b * b * (v @ v) * quartic + tau @ (2 * mean + tau)
    return bool(formula(setup, weights) == Fraction(odd + even) / 2)


def _moved(change: Callable[[Array, Array, int], None]) -> Callable[..., Fraction]:
    def formula(setup: Setup, weights: AttentionWeights) -> Fraction:
        V, W = weights.V.copy(), weights.W.copy()
        change(V, W, setup.d)
        return _population(setup, AttentionWeights(V=V, W=W))

    return formula


def _no_labels(V: Array, W: Array, d: int) -> None:
    V[d + 1 : 2 * d + 1, d] = 0


def _no_constant(V: Array, W: Array, d: int) -> None:
    W[-1, -1] = 0


def _other_sign(V: Array, W: Array, d: int) -> None:
    W[d, -1] *= -1


_SPLIT = Claim(
    id="GAM-12",
    kind=Kind.TIGHT,
    title="No dense layer does better, and with two skills or more only the paper's form does as well",
    statement=r"\hat w_0 = 0, \text{ all of } V, W:\quad L = \tfrac12\operatorname{tr}(I - \Gamma^{-1}\Lambda) +"
    r" \tfrac12\operatorname{tr}\big[(M - \Gamma^{-1})\Lambda\Gamma(M - \Gamma^{-1})^{\mathsf T}\big] +"
    r" \tfrac12\mathbb{E}\lVert V_{31}SW_{14} + W_{24}V_{32}\,w_*^{\mathsf T}Sw_* + \tfrac1n V_{34}W_{44}\rVert^2,\ "
    r" M = W_{24}V_{31} + V_{32}W_{14}^{\mathsf T};\quad d \ge 2:\ L = L_* \iff W_{24}V_{31} = \Gamma^{-1},\ V_{32} ="
    r" W_{14} = V_{34}W_{44} = 0; \quad d = 1:\ \text{also } V_{32}W_{14} = \gamma^{-1},\ V_{31} = W_{24} ="
    r" V_{34}W_{44} = 0",
    source=Source(
        "arXiv:2510.03605", "Theorem 3.1", Known.SECONDARY, note="there for its start (3.6); any weights: found here"
    ),
    origin=Origin.OURS,
    assumes=(
        "as GAM-06, which names the blocks that are read",
        "the last term is 0 only if its polynomial in S and w* is: V₃₄W₄₄ = 0, W₂₄V₃₂ = 0, and V₃₁ = 0 or W₁₄ = 0",
        "M = Γ⁻¹ has rank d: for d ≥ 2 W₂₄ ≠ 0, hence V₃₂ = 0, V₃₁ = Γ⁻¹/W₂₄ ≠ 0 and W₁₄ = 0",
    ),
    uses=("GAM-01", "GAM-06"),
    checks=(
        by_words(
            "the mean over w* and −w* on one prompt",
            part="two squares",
            formula=_split,
            controls={
                "M without V₃₂W₁₄ᵀ": lambda: square((_B * _V * S - _ONE) * _w) + square(even(_w * _w.T)),
                "M = W₂₄V₃₁ − V₃₂W₁₄ᵀ": lambda: (
                    square(((_B * _V - _v * _a.T) * S - _ONE) * _w) + square(even(_w * _w.T))
                ),
                "the odd part alone": lambda: square((product() * S - _ONE) * _w),
                "the even part twice": lambda: _split() + square(even(_w * _w.T)),
            },
            sides=_split_sides,
            scope="every d, n, prompt, w* (averaged with −w*), V and W",
        ),
        by_words(
            "the mean of the first square",
            part="value",
            formula=_value,
            controls={
                "without L*": lambda: _value() - _HALF * (_ONE - _GAMMA_INV * LAMBDA).trace(),
                "Λ² for ΛΓ": lambda: (
                    _HALF * (_ONE - _GAMMA_INV * LAMBDA).trace() + square(letter("M") - _GAMMA_INV, LAMBDA * LAMBDA)
                ),
                "M + Γ⁻¹": lambda: (
                    _HALF * (_ONE - _GAMMA_INV * LAMBDA).trace() + square(letter("M") + _GAMMA_INV, LAMBDA * _GAMMA)
                ),
            },
            sides=_value_sides,
            scope="every d, n, M and Λ ≻ 0",
        ),
        by_samples(
            "the literal layer for w* and −w*",
            part="two squares",
            formula=_two_squares,
            controls={
                "V₃₂ = 0": _with(v=lambda blocks: 0 * blocks["v"]),
                "W₁₄ = 0": _with(a=lambda blocks: 0 * blocks["a"]),
                "V₃₄ = 0": _with(tau=lambda blocks: 0 * blocks["tau"]),
                "sign of W₂₄": _with(b=lambda blocks: -blocks["b"]),
                "ρ = 1": _with(tau=lambda blocks: 2 * blocks["tau"]),
            },
            over=_layers(),
            holds=_literal,
            scope="d ≤ 2, n ≤ 3, any prompt, any V and W, every entry",
            instances=10,
        ),
        by_samples(
            "the population loss of the simulated layer",
            part="value",
            formula=_population,
            controls={
                "V₃₂ = 0": _moved(_no_labels),
                "W₄₄ = 0": _moved(_no_constant),
                "sign of W₂₄": _moved(_other_sign),
                "n doubled": lambda setup, weights: _population(setup.replace(n=2 * setup.n), weights),
            },
            over=_weights(),
            holds=_in_two_squares,
            scope="spectra of 1, 2, 3 with d ≤ 2, n = 1, 2, 4, any V and W of small integers",
            instances=12,
        ),
    ),
)

CLAIMS = (_SPLIT,)
