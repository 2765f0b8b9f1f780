"""Moments of sample covariances (theory sections 3 and 5)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.evidence import Grade
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import Matrix, counts, covariances, spectra, squares
from theorycalc import reference
from theorycalc.fields import EXACT
from theorycalc.moments import pairings, wishart
from theorycalc.moments.words import WordSum, letter, scalar

S = letter("S_n", symmetric=True)
LAMBDA = letter("Lambda", symmetric=True)
B = letter("B")
PER_N = scalar("n", -1)
_FREE = "every d, n, symmetric Λ and every B"


def sandwich() -> WordSum:
    """Return the claimed E[S B S]."""
    return LAMBDA * B * LAMBDA + PER_N * (LAMBDA * B.T * LAMBDA + (LAMBDA * B).trace() * LAMBDA)


_WRONG_SANDWICH: dict[str, Callable[[], WordSum]] = {
    "factor 2 on the trace term": lambda: sandwich() + PER_N * (LAMBDA * B).trace() * LAMBDA,
    "1/n forgotten": lambda: LAMBDA * B * LAMBDA + LAMBDA * B.T * LAMBDA + (LAMBDA * B).trace() * LAMBDA,
    "B in place of its transpose": lambda: (
        LAMBDA * B * LAMBDA + PER_N * (LAMBDA * B * LAMBDA + (LAMBDA * B).trace() * LAMBDA)
    ),
    "trace of Λ times ΛB": lambda: LAMBDA * B * LAMBDA + PER_N * (LAMBDA * B.T * LAMBDA + LAMBDA.trace() * LAMBDA * B),
    "complex Gaussians: no transposed pairing": lambda: LAMBDA * B * LAMBDA + PER_N * (LAMBDA * B).trace() * LAMBDA,
}


@st.composite
def _sandwiches(draw: DrawFn) -> tuple[Matrix, Matrix, int]:
    d = draw(st.integers(1, 3))
    return draw(squares(d)), draw(covariances(d)), draw(counts(10**4))


def _equals_listing(formula: Callable[[], WordSum], instance: tuple[Matrix, Matrix, int]) -> bool:
    middle, Lambda, n = instance
    values = {"B": EXACT.array(np.array(middle)), "Lambda": EXACT.array(np.array(Lambda))}
    expected = EXACT.array(np.array(reference.second_moment(middle, Lambda, n)))
    return bool((formula().evaluate(values, {"n": n}) == expected).all())


def gamma_polynomial() -> WordSum:
    """Return Γ as a polynomial in Λ."""
    return (1 + PER_N) * LAMBDA + PER_N * LAMBDA.trace()


#: Plausible wrong Γ, as polynomials in Λ.
WRONG_GAMMA: dict[str, Callable[[], WordSum]] = {
    "factor 2 on tr Λ": lambda: gamma_polynomial() + PER_N * LAMBDA.trace(),
    "Λ/n forgotten": lambda: LAMBDA + PER_N * LAMBDA.trace(),
    "tr Λ not divided by n": lambda: (1 + PER_N) * LAMBDA + LAMBDA.trace(),
    "1 − 1/n": lambda: gamma_polynomial() - 2 * PER_N * LAMBDA,
    "tr Λ/(n d)": lambda: (1 + PER_N) * LAMBDA + PER_N * scalar("d", -1) * LAMBDA.trace(),
}

_SECOND = Claim(
    id="MOM-01",
    kind=Kind.IDENTITY,
    title="Second moments of the sample covariance",
    statement=r"\mathbb{E}[S B S] = \Lambda B \Lambda + \tfrac1n\left(\Lambda B^{\mathsf T} \Lambda"
    r" + \operatorname{tr}(\Lambda B)\,\Lambda\right), \qquad \mathbb{E}[S^2] = \Lambda\Gamma = \Gamma\Lambda",
    source=Source("theory", "section 3", note="pairings: Isserlis 1918"),
    origin=Origin.DERIVED,
    assumes=("S = (1/n) Σ xᵢxᵢᵀ with n independent xᵢ ~ N(0, Λ)", "B does not depend on S"),
    checks=(
        by_words(
            "pairings of E[SBS] by word algebra",
            part="E[SBS]",
            formula=sandwich,
            controls=_WRONG_SANDWICH,
            sides=lambda claimed: [(pairings.expected_word(S * B * S), claimed)],
            scope=_FREE,
        ),
        by_samples(
            "E[SBS] against pairings listed entry by entry",
            part="E[SBS]",
            formula=sandwich,
            controls=_WRONG_SANDWICH,
            over=_sandwiches(),
            holds=_equals_listing,
            scope="d ≤ 3, n ≤ 10⁴, full Λ, any B",
            instances=25,
        ),
        by_words(
            "E[S²] = ΛΓ = ΓΛ by word algebra",
            part="E[S²]",
            formula=gamma_polynomial,
            controls=WRONG_GAMMA,
            sides=lambda Gamma: [
                (pairings.expected_word(S * S), LAMBDA * Gamma),
                (LAMBDA * Gamma, Gamma * LAMBDA),
            ],
            scope="every d, n and symmetric Λ",
        ),
    ),
)


@st.composite
def _trace_problems(draw: DrawFn) -> tuple[Any, int, int]:
    d = draw(st.integers(1, 3))
    return draw(st.one_of(spectra(4), covariances(d))), draw(counts(100)), draw(st.integers(1, 5))


def _trace_moments(Sigma: Any, m: int, order: int) -> list[Fraction]:
    return list(wishart.wishart_trace_moments(Sigma, m, order, field=EXACT))


_ORDERS = 5  # of the proof: 945 pairings at j = 5
_M, _SIGMA = scalar("m"), letter("Sigma", symmetric=True)


def _trace_words(m: WordSum = _M) -> list[WordSum]:
    """Run the recursion of the code on words: E tr W, …, E tr W⁵ in traces of Σ and the scalar m."""
    m_of_words: Any = m
    return wishart._moments_of(_SIGMA, lambda x: _SIGMA * x, lambda x: x.trace(), m_of_words, _ORDERS)


def _second_changed(change: WordSum) -> list[WordSum]:
    first, second, *higher = _trace_words()
    return [first, second + change, *higher]


def _listed_traces() -> list[WordSum]:
    """E tr W^j = m^j E tr S^j by pairings."""
    data, found, power = letter("S", symmetric=True), [], scalar("m", 0)
    for j in range(1, _ORDERS + 1):
        power = power * data
        listed = pairings.expected_word(power.trace(), sample="S", covariance="Sigma", count="m")
        found.append(scalar("m", j) * listed)
    return found


def _without_transposed_pairings(Sigma: Any, m: int, order: int) -> list[Fraction]:
    """Drop m tr Σ² from E tr W², as complex Gaussians would."""
    moments = _trace_moments(Sigma, m, order)
    if order >= 2:
        rows = np.array(Sigma, dtype=object)
        moments[1] -= m * (rows * rows).sum()
    return moments


_TRACES = Claim(
    id="MOM-02",
    kind=Kind.IDENTITY,
    title="Trace moments of a Wishart matrix by recursion",
    statement=r"\mathbb{E}\operatorname{tr} W^j \text{ by the recursion of } F(\kappa; r) = \mathbb{E}\,"
    r"\textstyle\prod_{i\in\kappa}\operatorname{tr}(W^i)\, W^r \text{ equals the sum over all } (2j-1)!!"
    r" \text{ pairings}, \quad W = X X^{\mathsf T}",
    source=Source("theory", "section 5", note="Hanlon, Stanley, Stembridge 1992 for Σ ∝ I"),
    origin=Origin.DERIVED,
    assumes=("X is (d, m) with independent columns N(0, Σ)",),
    checks=(
        by_words(
            "the recursion run on words against pairings",
            formula=_trace_words,
            controls={
                "complex Gaussians: no transposed pairing": lambda: _second_changed(-_M * (_SIGMA * _SIGMA).trace()),
                "product of traces forgotten": lambda: _second_changed(-_M * _SIGMA.trace() * _SIGMA.trace()),
                "m + 1 samples": lambda: _trace_words(_M + 1),
                "mean instead of sum": lambda: [
                    scalar("m", -j) * moment for j, moment in enumerate(_trace_words(), start=1)
                ],
                "d tr Σ² for (tr Σ)²": lambda: _second_changed(
                    _M * (scalar("d") * (_SIGMA * _SIGMA).trace() - _SIGMA.trace() * _SIGMA.trace())
                ),
            },
            sides=lambda moments: list(zip(_listed_traces(), moments, strict=True)),
            scope=f"j ≤ {_ORDERS}; every d, m and Σ",
            grade=Grade.PROVED_SLICE,
        ),
        by_samples(
            "wishart_trace_moments against listed pairings",
            formula=_trace_moments,
            controls={
                "complex Gaussians: no transposed pairing": _without_transposed_pairings,
                "m + 1 samples": lambda Sigma, m, order: _trace_moments(Sigma, m + 1, order),
                "mean instead of sum": lambda Sigma, m, order: [
                    value / m**j for j, value in enumerate(_trace_moments(Sigma, m, order), 1)
                ],
                "highest moment of the mean matrix": lambda Sigma, m, order: [
                    *_trace_moments(Sigma, m, order)[:-1],
                    m ** (order - 1) * _trace_moments(Sigma, m, 1)[0],
                ],
            },
            over=_trace_problems(),
            holds=lambda formula, problem: formula(*problem) == list(reference.wishart_trace_moments(*problem)),
            scope="d ≤ 4 (spectra) or d ≤ 3 (full Σ), m ≤ 100, j ≤ 5",
            instances=40,
        ),
    ),
)

CLAIMS = (_SECOND, _TRACES)
