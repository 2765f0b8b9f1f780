"""The expected test error at finite m: one step in closed form, and any k by recursion (theory sections 4, 5, 12)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_witness, by_words
from proofs_check.claims.error_curves import stein, witnesses
from proofs_check.model import Claim, Kind, Known, Origin, Source, Tier
from proofs_check.strategies import Matrix, counts, covariances, setups, squares
from theorycalc import reference
from theorycalc.error_curves import curves, one_step
from theorycalc.fields import EXACT, Array
from theorycalc.model import Setup
from theorycalc.moments import pairings, wishart
from theorycalc.moments.words import WordSum, letter, scalar

METRICS = st.sampled_from(["estimation", "prediction"])
Curve = Callable[..., list[Fraction]]  # (setup, metric, k) -> E_0 … E_k

# ------------------------------------------------------------------------------------------------ ERR-01

P, Q, A = (letter(name, symmetric=True) for name in ("P", "Q", "A"))
SIGMA, S = letter("Sigma", symmetric=True), letter("S", symmetric=True)
PER_M, NOISE, _ONE = scalar("m", -1), scalar("noise_var"), scalar("c", 0)


def _definition() -> WordSum:
    """E tr[P (I − AS) Q (I − SA)] + (σ²/m) E tr(P A S A): the mean over labels' noise is (σ²/m) S."""
    R = _ONE - A * S
    error = (P * R * Q * R.T).trace() + NOISE * PER_M * (P * A * S * A).trace()
    return pairings.expected_word(error, sample="S", covariance="Sigma", count="m")


def _population_term() -> WordSum:
    R = _ONE - A * SIGMA
    return (P * R * Q * R.T).trace()


def _one_step_words(*, both: int = 1, trace: int = 1, noise: int = 1) -> WordSum:
    spread = (P * A * SIGMA * A).trace()
    first = both * (P * A * SIGMA * Q * SIGMA * A).trace()
    return _population_term() + PER_M * (first + trace * spread * (Q * SIGMA).trace() + noise * NOISE * spread)


def _one_step_code(setup: Setup, metric: str) -> Fraction:
    return Fraction(one_step.one_step_error(setup, metric=metric, field=EXACT))


def _equals_first_step(formula: Callable[[Setup, str], Fraction], instance: tuple[Setup, str]) -> bool:
    setup, metric = instance
    return formula(setup, metric) == _reference(setup, metric, 1)[1]


def _reference(setup: Setup, metric: str, k: int) -> list[Fraction]:
    return list(reference.expected_error(setup, k, metric=metric).values)


_CLOSED = Claim(
    id="ERR-01",
    kind=Kind.IDENTITY,
    title="The error after one step, in closed form",
    statement=r"E_1(P) = \operatorname{tr}[P\bar R Q\bar R^{\mathsf T}] + \tfrac1m\left[\operatorname{tr}(PA\Sigma"
    r" Q\Sigma A) + \operatorname{tr}(PA\Sigma A)\left(\operatorname{tr}(Q\Sigma) + \sigma^2\right)\right],"
    r" \quad \bar R = I - A\Sigma,\ A = \Gamma^{-1}",
    source=Source("theory", "sections 4 and 12", note="for P = Q = I: arXiv:2603.01293, Lemma A.1 (secondary)"),
    origin=Origin.DERIVED,
    assumes=("X has independent columns N(0, Σ)", "Q = E (w₀ − w*)(w₀ − w*)ᵀ", "label noise of variance σ²"),
    uses=("GAM-01",),
    checks=(
        by_words(
            "the mean over prompts by word algebra",
            formula=_one_step_words,
            controls={
                "factor 2 on the trace term (stray in a printed proof)": lambda: _one_step_words(trace=2),
                "trace term forgotten": lambda: _one_step_words(trace=0),
                "first 1/m term forgotten": lambda: _one_step_words(both=0),
                "noise counted twice": lambda: _one_step_words(noise=2),
                "tr Σ for tr QΣ": lambda: (
                    _one_step_words(trace=0) + PER_M * (P * A * SIGMA * A).trace() * SIGMA.trace()
                ),
                "population value": _population_term,
            },
            sides=lambda claimed: [(_definition(), claimed)],
            scope="every d, m, symmetric A, Σ, P, Q and every σ²",
        ),
        by_samples(
            "one_step_error against the reference",
            formula=_one_step_code,
            controls={
                "m + 1 for m": lambda setup, metric: _one_step_code(setup.replace(m=_m(setup) + 1), metric),
                "n + 1 for n": lambda setup, metric: _one_step_code(setup.replace(n=setup.n + 1), metric),
                "start ignored": lambda setup, metric: _one_step_code(setup.replace(w_0=None), metric),
                "prior ignored": lambda setup, metric: _one_step_code(setup.replace(Omega=None), metric),
                "noise ignored": lambda setup, metric: _one_step_code(setup.replace(noise_var=0), metric),
                "always P = I": lambda setup, metric: _one_step_code(setup, "estimation"),
                "factor 2 on the 1/m terms": lambda setup, metric: (
                    2 * _one_step_code(setup, metric) - _one_step_code(setup.replace(m=None), metric)
                ),
            },
            over=st.tuples(setups(max_d=3, max_m=4), METRICS),
            holds=_equals_first_step,
            scope="d ≤ 3, m ≤ 4, n ≤ 100, commuting or not, both metrics, any Ω, w₀, σ²",
            instances=50,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ ERR-02


def _m(setup: Setup) -> int:
    assert setup.m is not None
    return setup.m


def _exact_curve(setup: Setup, metric: str, k: int) -> list[Fraction]:
    return list(curves.expected_error(setup, k, rung="exact", metric=metric, field=EXACT).values)


def problem(setup: Setup, metric: str) -> tuple[Array, Array, Array, Array]:
    """Return A, Σ, Q and P as (d, d) arrays of Fractions."""
    one = np.eye(setup.d, dtype=int)
    Q = setup.prior_second_moment(EXACT)
    Sigma, prior = (
        np.vectorize(EXACT.public, otypes=[object])(matrix)
        for matrix in (setup.Sigma.dense(EXACT), EXACT.array(one) * Q if Q.ndim == 1 else Q)
    )
    Gamma_inv = reference.gamma_matrix(setup).Gamma_inv
    return Gamma_inv, Sigma, prior, Sigma if metric == "prediction" else one * Fraction(1)


def _fresh_prompts(setup: Setup, metric: str, k: int) -> list[Fraction]:
    """The error if every step saw a new prompt: the second moment of the error is then mapped step by step."""
    A, Sigma, state, P = problem(setup, metric)
    R, m = np.eye(setup.d, dtype=int) - A @ Sigma, _m(setup)
    values = [Fraction(np.trace(P @ state))]
    for _ in range(k):
        spread = A @ Sigma @ state @ Sigma @ A + np.trace(Sigma @ state) * (A @ Sigma @ A)
        noise = Fraction(setup.noise_var) * (A @ Sigma @ A)
        state = R @ state @ R.T + (spread + noise) / m
        values.append(Fraction(np.trace(P @ state)))
    return values


def _whitened_as_if_commuting(setup: Setup, metric: str, k: int) -> list[Fraction]:
    """The error with only the diagonals of Λ and Σ."""
    Lambda, Sigma = ([EXACT.public(x) for x in np.diagonal(item.dense(EXACT))] for item in (setup.Lambda, setup.Sigma))
    return _exact_curve(setup.replace(Lambda=Lambda, Sigma=Sigma), metric, k)


_WRONG_CURVES: dict[str, Curve] = {
    "a fresh prompt at every step": _fresh_prompts,
    "population value": lambda setup, metric, k: _exact_curve(setup.replace(m=None), metric, k),
    "m + 1 for m": lambda setup, metric, k: _exact_curve(setup.replace(m=_m(setup) + 1), metric, k),
    "n + 1 for n": lambda setup, metric, k: _exact_curve(setup.replace(n=setup.n + 1), metric, k),
    "always P = I": lambda setup, metric, k: _exact_curve(setup, "estimation", k),
    "1/m corrections summed step by step": lambda setup, metric, k: [
        value + j * (_exact_curve(setup, metric, 1)[1] - _exact_curve(setup.replace(m=None), metric, 1)[1])
        for j, value in enumerate(_exact_curve(setup.replace(m=None), metric, k))
    ],
}


def _equals_reference(steps: int) -> Callable[[Curve, Any], bool]:
    def holds(formula: Curve, instance: tuple[Setup, str]) -> bool:
        setup, metric = instance
        return formula(setup, metric, steps) == _reference(setup, metric, steps)

    return holds


def _centred_and_matrix_form(formula: Curve, instance: tuple[Setup, str]) -> bool:
    """Whether the curve of spectra (centred recursion) is that of the N-form on matrices."""
    setup, metric = instance
    A, Sigma, Q, P = (EXACT.array(matrix) for matrix in problem(setup, metric))
    epsilon = EXACT.number(Fraction(1, _m(setup)))
    chains = wishart.WishartChains(A, Sigma, Q, epsilon, EXACT)
    return formula(setup, metric, 4) == [EXACT.public(chains.error(P, k)) for k in range(5)]


_RECURSION = Claim(
    id="ERR-02",
    kind=Kind.IDENTITY,
    title="The exact rung is the Gaussian mean of the error",
    statement=r"E_k(P) = \mathbb{E}\operatorname{tr}[P R^k Q (R^k)^{\mathsf T}] + \tfrac{\sigma^2}{m}\,\mathbb{E}"
    r"\operatorname{tr}\Big[P \big(\textstyle\sum_{i<k} R^i\big) A S A \big(\sum_{j<k} R^j\big)^{\mathsf T}\Big]"
    r" \text{ by integration by parts, N-form and centred form, equals its expansion in Gaussian moments}",
    source=Source("theory", "sections 5 and 12"),
    origin=Origin.DERIVED,
    assumes=(
        "X has independent columns N(0, Σ), the same S in every step",
        "Stein's lemma E[x g(x)] = Σ E[∇g(x)] for polynomials g, with the product rule over all copies of S",
        "the binomial theorem for (I − AS)ᵏ",
        "the summands of the recursion are these meetings: a − 1 copies in the chain, b across Q or in the trace of L",
        "and i in each tr Yⁱ; their numbers and the base cases are read off the states, and checked up to some degree",
    ),
    uses=("COT-02", "COT-03"),
    checks=(
        *stein.DEFINITION,
        stein.NOISE,
        *stein.TWO_FORMS,
        witnesses.QUADRATURE_WITNESS,
        witnesses.PRINTED_VALUES,
        by_samples(
            "expected_error(rung exact) against the reference",
            part="definition",
            formula=_exact_curve,
            controls=_WRONG_CURVES
            | {
                "only the diagonals of Λ and Σ": _whitened_as_if_commuting,
                "noise ignored": lambda setup, metric, k: _exact_curve(setup.replace(noise_var=0), metric, k),
            },
            over=st.tuples(setups(max_d=2, max_m=3), METRICS),
            holds=_equals_reference(2),
            scope="d ≤ 2, m ≤ 3, n ≤ 100, k ≤ 2, commuting or not, both metrics, any Ω, w₀, σ²",
            instances=40,
        ),
        by_samples(
            "expected_error(rung exact) against the reference, k = 3 or d = 3",
            part="definition",
            tier=Tier.FULL,
            formula=_exact_curve,
            controls=_WRONG_CURVES,
            over=st.one_of(
                st.tuples(setups(max_d=2, max_m=2, paper=True), METRICS, st.just(3)),
                st.tuples(setups(max_d=3, max_m=2, paper=True), METRICS, st.just(2)),
            ),
            holds=lambda formula, instance: formula(*instance) == _reference(*instance),
            scope="d ≤ 2, m ≤ 2, k = 3, or d ≤ 3, m ≤ 2, k = 2; commuting or not, both metrics",
            instances=200,
        ),
        by_samples(
            "centred form against N-form",
            part="two forms",
            formula=_exact_curve,
            controls=_WRONG_CURVES,
            over=st.tuples(setups(max_d=3, max_m=50, spectra_only=True, paper=True), METRICS),
            holds=_centred_and_matrix_form,
            scope="spectra with d ≤ 3, m ≤ 50, n ≤ 100, k ≤ 4, both metrics",
            instances=30,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ ERR-03

_ANY = letter("A")  # not symmetric


class Lemma(NamedTuple):
    """A d × d matrix A, a covariance Σ, and m."""

    A: Matrix
    Sigma: Matrix
    m: int


def _lemma(*, first: int = 1, trace: int = 1, turned: bool = False) -> WordSum:
    """‖I − AΣ‖_F² + (1/m) [tr(AΣ²Aᵀ) + tr(AΣAᵀ) tr Σ]."""
    left, R = (_ANY.T, _ONE - _ANY * SIGMA) if turned else (_ANY, _ONE - _ANY * SIGMA)
    spread = (left * SIGMA * left.T).trace() * SIGMA.trace()
    return (R * R.T).trace() + PER_M * (first * (left * SIGMA * SIGMA * left.T).trace() + trace * spread)


def _lemma_definition() -> WordSum:
    R = _ONE - _ANY * S
    return pairings.expected_word((R * R.T).trace(), sample="S", covariance="Sigma", count="m")


def _printed_last_line() -> WordSum:
    return _lemma(trace=2)


def _lemma_value(formula: WordSum, at: Lemma) -> Fraction:
    values = {"A": EXACT.array(np.array(at.A)), "Sigma": EXACT.array(np.array(at.Sigma))}
    scalar_matrix = formula.evaluate(values, {"m": at.m})
    return Fraction(EXACT.public(scalar_matrix[0, 0]))


def _listed_lemma(at: Lemma) -> Fraction:
    """d − 2 tr(AΣ) + tr(A E[S²] Aᵀ) by pairings listed entry by entry."""
    A, Sigma, d = np.array(at.A, dtype=object), np.array(at.Sigma, dtype=object), len(at.A)
    one = [[Fraction(int(i == j)) for j in range(d)] for i in range(d)]
    square = np.array(reference.second_moment(one, at.Sigma, at.m), dtype=object)
    return Fraction(d - 2 * np.trace(A @ Sigma) + np.trace(A @ square @ A.T))


@st.composite
def _lemmas(draw: DrawFn) -> Lemma:
    d = draw(st.integers(1, 3))
    return Lemma(draw(squares(d)), draw(covariances(d)), draw(counts(1000)))


_WRONG_LEMMAS: dict[str, Callable[[], WordSum]] = {
    "the last line of the printed proof: factor 2 on tr(AΣAᵀ) tr Σ": _printed_last_line,
    "factor 2 on tr(AΣ²Aᵀ)": lambda: _lemma(first=2),
    "trace term forgotten": lambda: _lemma(trace=0),
    "first 1/m term forgotten": lambda: _lemma(first=0),
    "AᵀΣA for AΣAᵀ": lambda: _lemma(turned=True),
}

_POST_TRAINING = Claim(
    id="ERR-03",
    kind=Kind.IDENTITY,
    title="Lemma A.1 of the follow-up paper holds as stated; the last line of its proof does not",
    statement=r"\mathbb{E}\lVert I - AS\rVert_F^2 = \lVert I - A\Sigma\rVert_F^2 + \tfrac1m\left[\operatorname{tr}(A"
    r"\Sigma^2 A^{\mathsf T}) + \operatorname{tr}(A\Sigma A^{\mathsf T})\operatorname{tr}\Sigma\right]"
    r" \text{ for every square } A; \text{ false with } 2\operatorname{tr}(A\Sigma A^{\mathsf T})"
    r"\operatorname{tr}\Sigma",
    source=Source("arXiv:2603.01293", "Lemma A.1", Known.SECONDARY, note="the stray factor 2: last line of its proof"),
    origin=Origin.CORRECTED,
    assumes=("S = (1/m) Σ xⱼxⱼᵀ with m independent xⱼ ~ N(0, Σ)",),
    uses=("MOM-01",),
    checks=(
        by_words(
            "the mean over prompts by word algebra, A not symmetric",
            part="lemma",
            formula=_lemma,
            controls=_WRONG_LEMMAS,
            sides=lambda claimed: [(_lemma_definition(), claimed)],
            scope="every d, m, symmetric Σ and every square A",
        ),
        by_samples(
            "the lemma against pairings listed entry by entry",
            part="lemma",
            formula=_lemma,
            controls=_WRONG_LEMMAS,
            over=_lemmas(),
            holds=lambda formula, at: _lemma_value(formula(), at) == _listed_lemma(at),
            scope="d ≤ 3, m ≤ 1000, any A, full Σ",
            instances=30,
        ),
        by_witness(
            "A = Σ = 1, m = 1: the mean of (1 − χ²)² is 2, the printed line gives 3",
            part="printed last line",
            formula=Lemma([[Fraction(1)]], [[Fraction(1)]], 1),
            controls={
                "A = 0": Lemma([[Fraction(0)]], [[Fraction(1)]], 1),
                "Σ = 0": Lemma([[Fraction(1)]], [[Fraction(0)]], 1),
            },
            satisfies=lambda at: (
                _lemma_value(_printed_last_line(), at) != _listed_lemma(at) == _lemma_value(_lemma(), at)
            ),
            scope="d = 1",
        ),
    ),
)

CLAIMS = (_CLOSED, _RECURSION, _POST_TRAINING)
