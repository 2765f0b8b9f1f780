"""Simulation: the layer on drawn prompts, its mean error where a mean can be judged, and the median where it cannot."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check import bartlett
from proofs_check.checks import by_samples, by_simulation, by_words
from proofs_check.claims.gamma.attention import C, _blocks, _readout_sides
from proofs_check.engines import statistical
from proofs_check.evidence import Evidence, Grade
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import Prompt, positives, setups
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT, Array
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import WordSum, letter, scalar
from theorycalc.montecarlo import attention as layer
from theorycalc.montecarlo.prompts import draw_prompts

_BATCH = 5000


def _final_errors(setup: Setup, k: int, seed: int) -> statistical.Sampler:
    """Batches of ‖w_k − w*‖² from the literal layer, w* drawn with the prompt."""

    def batch(index: int) -> statistical.Values:
        drawn = draw_prompts(setup, _BATCH, seed=seed + index)
        w = layer.chain_of_thought(drawn.X, drawn.y, layer.attention_weights(setup), steps=k)
        return np.asarray(np.sum(np.square(w[:, k] - drawn.w_star), axis=1))

    return batch


def _exact_error(setup: Setup, k: int) -> Fraction:
    return Fraction(curves.expected_error(setup, k, rung="exact", field=EXACT).values[k])


# ------------------------------------------------------------------------------------------------ SIM-01


@st.composite
def _dyadic_prompts(draw: DrawFn) -> tuple[Prompt, Fraction, int]:
    """Draw prompts, c and k for which float64 does not round: 1/γ, 1/m and c are powers of two.

    Every number is then a multiple of 2⁻²⁸ below 2²⁰.
    """
    shapes = [((1,), 2), ((1, 1), 1), ((5, 1), 1), ((1, 5), 1), ((1, 1, 1), 4)]  # Γ = 2, 4, (16, 8), (8, 16), 2
    spectrum, n = draw(st.sampled_from(shapes))
    scale = Fraction(draw(st.sampled_from([1, 2, 4])), 2)
    halves = st.integers(-6, 6).map(lambda x: Fraction(x, 2))
    d, m = len(spectrum), draw(st.sampled_from([1, 2, 4]))
    vector = st.lists(halves, min_size=d, max_size=d)
    X = draw(st.lists(st.lists(halves, min_size=m, max_size=m), min_size=d, max_size=d))
    setup = Setup([scale * x for x in spectrum], n=n, w_0=draw(vector))
    c = draw(st.sampled_from([Fraction(-2), Fraction(1, 2), Fraction(4)]))
    return Prompt(setup, X, draw(vector)), c, draw(st.integers(1, 3))


def _floats(values: Any) -> Array:
    return np.array(values, dtype=float)


def _layer_is_recursion(weights: Callable[..., Any], instance: tuple[Prompt, Fraction, int]) -> bool:
    """Whether the float64 layer gives w_{i+1} = w_i − A S (w_i − w*) without any rounding."""
    prompt, c, k = instance
    X, y, start = _floats(prompt.X), _floats(prompt.y), _floats(prompt.setup.w_0)
    found = layer.chain_of_thought(X, y, weights(prompt.setup, float(c)), w_0=start, steps=k)
    A, rows = reference.gamma_matrix(prompt.setup).Gamma_inv, np.array(prompt.X, dtype=object)
    w, task = np.array(prompt.setup.w_0, dtype=object), np.array(prompt.w_star, dtype=object)
    for i in range(k):
        w = w - A @ (rows @ (rows.T @ (w - task))) / prompt.m
        if [Fraction(x) for x in found[i + 1]] != list(w):
            return False
    return True


def _weights(setup: Setup, c: float) -> layer.AttentionWeights:
    return layer.attention_weights(setup, c)


def _altered(change: Callable[[Array, Array, int, float], tuple[Array, Array]]) -> Callable[..., Any]:
    def weights(setup: Setup, c: float) -> layer.AttentionWeights:
        trained = _weights(setup, c)
        V, W = change(trained.V, trained.W, setup.d, c)
        return layer.AttentionWeights(V=V, W=W)

    return weights


def _no_bias(V: Array, W: Array, d: int, c: float) -> tuple[Array, Array]:
    """Without W₂₄ the labels are not read."""
    W[d, 2 * d + 1] = 0.0
    return V, W


_P, _Q, _A = (letter(name, symmetric=True) for name in ("P", "Q", "A"))
_SIGMA, _S = letter("Sigma", symmetric=True), letter("S", symmetric=True)
_ONE, _PER_M = scalar("m", 0), scalar("m", -1)


def _power(k: int) -> WordSum:
    result = _ONE
    for _ in range(k):
        result = result * (_ONE - _A * _S)
    return result


def _gaussian_mean(expression: WordSum) -> WordSum:
    return pairings.expected_word(expression, sample="S", covariance="Sigma", count="m")


class _ByParts:
    """E T_κ (AS)^r, E T_κ (AS)^a Q (SA)^b and E T_κ tr(QS(AS)^{q−1}) (AS)^r A by integration by parts, in words.

    The options are the terms that are easily lost or miscounted.
    """

    def __init__(self, *, loop: int = 2, own: int = 1, crossing: int = 1, shared: int = 1) -> None:
        self.loop, self.own, self.crossing, self.shared = loop, own, crossing, shared

    def trace(self, kappa: tuple[int, ...]) -> WordSum:
        """E T_κ."""
        return self.open(kappa[1:], kappa[0]).trace() if kappa else _ONE

    def _noise(self, kappa: tuple[int, ...], r: int, chain: Callable[[tuple[int, ...], int], WordSum]) -> WordSum:
        """What the r − 1 other factors of the chain and the traces contribute."""
        total = self.own * (r - 1) * chain(kappa, r - 1)
        for j in range(r - 1):
            total = total + chain((*kappa, j + 1), r - 2 - j)
        for at, i in enumerate(kappa):
            total = total + self.loop * i * chain(kappa[:at] + kappa[at + 1 :], i + r - 1)
        return total

    def open(self, kappa: tuple[int, ...], r: int) -> WordSum:
        """B(κ; r)."""
        if r == 0:
            return self.trace(kappa)
        return _A * _SIGMA * (self.open(kappa, r - 1) + _PER_M * self._noise(kappa, r, self.open))

    def both(self, kappa: tuple[int, ...], a: int, b: int) -> WordSum:
        """M(κ; a, b)."""
        if a == 0:
            return self.both(kappa, b, 0).T if b else _Q * self.trace(kappa)
        noise = self._noise(kappa, a, lambda traces, r: self.both(traces, r, b))
        for j in range(b):
            noise = noise + self.shared * self.both(kappa, j, a + b - 1 - j)
            noise = noise + self.crossing * self.closed(kappa, a + j, b - 1 - j)
        return _A * _SIGMA * (self.both(kappa, a - 1, b) + _PER_M * noise)

    def closed(self, kappa: tuple[int, ...], q: int, r: int) -> WordSum:
        """L(κ; q, r) A, q >= 1."""
        if r == 0:  # A⁻¹ B(κ; q) is B with its first letter, A, taken off
            inner = _SIGMA * (self.open(kappa, q - 1) + _PER_M * self._noise(kappa, q, self.open))
            return (_Q * inner).trace() * _A
        noise = self._noise(kappa, r, lambda traces, s: self.closed(traces, q, s))
        for j in range(q):
            noise = noise + 2 * self.both(kappa, q - 1 - j, j + r)
        return _A * _SIGMA * (self.closed(kappa, q, r - 1) + _PER_M * noise)

    def error(self, k: int) -> WordSum:
        """E tr[P Rᵏ Q (Rᵏ)ᵀ]."""
        return sum(
            (
                (-1) ** (i + j) * math.comb(k, i) * math.comb(k, j) * (_P * self.both((), i, j)).trace()
                for i in range(k + 1)
                for j in range(k + 1)
            ),
            WordSum({}),
        )


def _mean_sides(states: _ByParts) -> list[tuple[WordSum, WordSum]]:
    return [(_gaussian_mean((_P * _power(k) * _Q * _power(k).T).trace()), states.error(k)) for k in (1, 2)]


@st.composite
def _planar(draw: DrawFn) -> tuple[Setup, int]:
    pair = st.lists(positives(), min_size=2, max_size=2)
    setup = Setup(draw(pair), n=draw(st.integers(1, 50)), Sigma=draw(pair), m=draw(st.integers(1, 20)))
    return setup, draw(st.integers(1, 2))


def _m(setup: Setup) -> int:
    assert setup.m is not None
    return setup.m


def _gain_and_covariance(setup: Setup) -> tuple[Array, Array]:
    """Return Γ⁻¹ and Σ, (d, d) Fractions."""
    Sigma = np.vectorize(EXACT.public, otypes=[object])(setup.Sigma.dense(EXACT))
    return reference.gamma_matrix(setup).Gamma_inv, np.asarray(Sigma)


def _double_trace_term(setup: Setup, k: int) -> Fraction:
    """E_1 with 2 tr(AΣA) tr Σ, the slip of a printed proof, beside E_k − E_1 as it is."""
    A, Sigma = _gain_and_covariance(setup)
    return _exact_error(setup, k) + Fraction(np.trace(A @ Sigma @ A) * np.trace(Sigma)) / _m(setup)


def _fresh_prompts(setup: Setup, k: int) -> Fraction:
    """The error if every step saw a new prompt."""
    A, Sigma = _gain_and_covariance(setup)
    state = np.eye(setup.d, dtype=int) * Fraction(1)
    R = state - A @ Sigma
    for _ in range(k):
        spread = A @ Sigma @ state @ Sigma @ A + np.trace(Sigma @ state) * (A @ Sigma @ A)
        state = R @ state @ R.T + spread / _m(setup)
    return Fraction(np.trace(state))


_WRONG_MEANS: dict[str, Callable[[Setup, int], Fraction]] = {
    "population value": lambda setup, k: _exact_error(setup.replace(m=None), k),
    "m + 1 for m": lambda setup, k: _exact_error(setup.replace(m=_m(setup) + 1), k),
    "n + 1 for n": lambda setup, k: _exact_error(setup.replace(n=setup.n + 1), k),
    "factor 2 on the trace term": _double_trace_term,
}

Metrics = Callable[[Setup, str], list[Fraction]]  # (problem, metric) -> E_0 … E_2


def _exact_curve(setup: Setup, metric: str) -> list[Fraction]:
    return list(curves.expected_error(setup, 2, rung="exact", metric=metric, field=EXACT).values)


_WRONG_CURVES: dict[str, Metrics] = {
    "Ω forgotten": lambda setup, metric: _exact_curve(setup.replace(Omega=None), metric),
    "w₀ forgotten": lambda setup, metric: _exact_curve(setup.replace(w_0=None), metric),
    "P = I": lambda setup, metric: _exact_curve(setup, "estimation"),
    "P = Σ": lambda setup, metric: _exact_curve(setup, "prediction"),
    "n for m": lambda setup, metric: _exact_curve(setup.replace(m=setup.n), metric),
}


@st.composite
def _general(draw: DrawFn) -> tuple[Setup, str]:
    """Draw problems with Ω, a start w₀ and either metric, without label noise."""
    setup = draw(setups(max_d=2, max_m=2, max_n=20)).replace(noise_var=0)
    return setup, draw(st.sampled_from(["estimation", "prediction"]))


_SKEW = Setup(
    [[1, Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 2)]],
    n=1,
    Sigma=[[1, Fraction(-1, 4)], [Fraction(-1, 4), 1]],
    m=2,
)
_WEAK = Setup([1, Fraction(1, 4)], n=2, m=6)  # at m = 4 the tail is heavy after two steps already


def _one_step_variance(setup: Setup) -> Fraction:
    """Var ‖R w*‖² = E[(tr RᵀR)² + 2 tr (RᵀR)²] − (E tr RᵀR)², by pairings, for any Λ and Σ."""
    gram = _power(1).T * _power(1)
    A, Sigma = _gain_and_covariance(setup)
    values = {"A": EXACT.array(A), "Sigma": EXACT.array(Sigma)}
    fourth, mean = (
        Fraction(EXACT.public(_gaussian_mean(word).evaluate(values, {"m": EXACT.number(_m(setup))})[0, 0]))
        for word in (gram.trace() * gram.trace() + 2 * (gram * gram).trace(), gram.trace())
    )
    return fourth - mean**2


Mean = Callable[[Setup, int], Fraction]


def _mean_test(
    setup: Setup, k: int, *, variance: Callable[[], Fraction], effect: float, scope: str, seed: int
) -> Callable[[Mean], Evidence]:
    def decide(formula: Mean) -> Evidence:
        return statistical.mean(
            _final_errors(setup, k, seed),
            float(formula(setup, k)),
            variance=float(variance()),
            effect=effect,
            scope=scope,
        )

    return decide


_SIMULATED = Claim(
    id="SIM-01",
    kind=Kind.IDENTITY,
    title="The simulated layer follows the recursion and has the exact mean error",
    statement=r"\text{on drawn prompts the simulated layer gives } w_{i+1} - w_* = R\,(w_i - w_*), \text{ and }"
    r" E_k(P) = \mathbb{E}\operatorname{tr}[P R^k Q (R^k)^{\mathsf T}] \text{ is the exact rung for } k = 1, 2",
    source=Source("theory", "sections 2, 5 and 11"),
    origin=Origin.DERIVED,
    assumes=("X has independent columns N(0, Σ), the same S in every step", "labels without noise"),
    uses=("GAM-01", "GAM-03"),
    checks=(
        by_words(
            "the layer multiplied out in blocks",
            part="layer",
            formula=_blocks,
            controls={
                "sign of W₂₄": lambda: (_blocks()[0], {(0, 2): C, (1, 3): C}),
                "transposed W": lambda: (_blocks()[0], {(2, 0): C, (3, 1): -C}),
                "no W₂₄": lambda: (_blocks()[0], {(0, 2): C}),
            },
            sides=_readout_sides,
            scope="one step, hence every step; every d, m, c ≠ 0, symmetric A, w, w* and number of CoT columns",
        ),
        by_samples(
            "montecarlo's layer where float64 does not round",
            part="layer",
            formula=_weights,
            controls={
                "sign of V₃₁": _altered(lambda V, W, d, c: (-V, W)),
                "not divided by c": _altered(lambda V, W, d, c: (V * c, W)),
                "transposed W": _altered(lambda V, W, d, c: (V, W.T)),
                "no W₂₄": _altered(_no_bias),
                "2n for n": lambda setup, c: _weights(setup.replace(n=2 * setup.n), c),
            },
            over=_dyadic_prompts(),
            holds=_layer_is_recursion,
            scope="float64 prompts with dyadic entries, dyadic Γ⁻¹, d ≤ 3, m ∈ {1, 2, 4}, k ≤ 3, any start",
            instances=50,
        ),
        by_words(
            "integration by parts against Gaussian pairings",
            part="mean",
            formula=_ByParts,
            controls={
                "i for 2i": lambda: _ByParts(loop=1),
                "no (r − 1)ε": lambda: _ByParts(own=0),
                "no L terms": lambda: _ByParts(crossing=0),
                "M terms across Q twice": lambda: _ByParts(shared=2),
            },
            sides=_mean_sides,
            scope="k ≤ 2; every d, m, symmetric A, Σ, P and Q",
            grade=Grade.PROVED_SLICE,
        ),
        by_samples(
            "expected_error(rung exact) against Bartlett's moments",
            part="mean",
            formula=_exact_error,
            controls=_WRONG_MEANS,
            over=_planar(),
            holds=lambda formula, instance: formula(*instance) == bartlett.error_moments(*instance)[0],
            scope="spectra with d = 2, m ≤ 20, n ≤ 50, k ≤ 2, P = Q = I",
            instances=40,
        ),
        by_samples(
            "expected_error(rung exact) with Ω, w₀ and either metric, against the definition",
            part="mean",
            formula=_exact_curve,
            controls=_WRONG_CURVES,
            over=_general(),
            holds=lambda formula, instance: bool(
                formula(*instance) == reference.expected_error(instance[0], 2, metric=instance[1]).values.tolist()
            ),
            scope="d ≤ 2, m ≤ 2, n ≤ 20, k ≤ 2, Λ and Σ commuting or not, Q = Ω + w₀w₀ᵀ, P = I and Σ",
            instances=25,
        ),
        by_simulation(
            "simulated layer, one step",
            part="mean",
            formula=_exact_error,
            controls=_WRONG_MEANS,
            decide=_mean_test(
                _SKEW,
                1,
                variance=lambda: _one_step_variance(_SKEW),
                effect=0.04,
                scope="‖w_1 − w*‖² at d = 2, non-commuting, n = 1, m = 2",
                seed=10_000,
            ),
        ),
        by_simulation(
            "simulated layer, two steps",
            part="mean",
            formula=_exact_error,
            controls=_WRONG_MEANS | {"a fresh prompt at every step": _fresh_prompts},
            decide=_mean_test(
                _WEAK,
                2,
                variance=lambda: bartlett.error_moments(_WEAK, 2)[1],
                effect=0.02,
                scope="‖w_2 − w*‖² at Λ = Σ = diag(1, 1/4), n = 2, m = 6",
                seed=20_000,
            ),
        ),
    ),
)

CLAIMS = (_SIMULATED,)
