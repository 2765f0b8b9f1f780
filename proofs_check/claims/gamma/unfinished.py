"""The test error of a layer whose training is not finished (theory section 3)."""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma.attention import readout
from proofs_check.claims.gamma.descent import GAMMA_INV, P, training_moments, training_steps
from proofs_check.engines.quadrature import expectation, rule
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives, rationals, squares
from theorycalc.fields import EXACT, Array
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar
from theorycalc.thinking import training

C, _ONE = scalar("c"), scalar("c", 0)
_V, _S, _W, _W_STAR = letter("V"), letter("S", symmetric=True), letter("w"), letter("w_star")


def _claimed_step() -> WordSum:
    """w + c V S (w − w*)."""
    return _W + C * _V * _S * (_W - _W_STAR)


def _step_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    """The layer with any V₃₁ = V, multiplied out in blocks."""
    found = readout(({(2, 0): _V}, {(0, 2): C, (1, 3): -C}), _S * _W_STAR, _W_STAR.T * _S * _W_STAR)
    return [(found, claimed)]


def _claimed_applied() -> WordSum:
    """Γ⁻¹ (I − P) with P = (I − η c² ΛΓ)ᵗ."""
    return GAMMA_INV * (_ONE - P)


def _applied_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    """−c V_t from V_0 = 0: V_t = V* (I − P), V* = −Γ⁻¹/c (GAM-04)."""
    V_star = -scalar("c", -1) * GAMMA_INV
    return [(-C * (V_star - V_star * P), claimed)]


class _Question(NamedTuple):
    """A training run of t steps and a test after k steps of thought."""

    setup: Setup
    t: int
    eta: Fraction
    V_0: Any
    c: Fraction
    k: int
    rung: str


@st.composite
def _questions(draw: DrawFn) -> _Question:
    """Draw problems small enough for the expectation over prompts to be a sum; η may overshoot or diverge."""
    d, m = draw(st.sampled_from([(1, 1), (1, 2), (2, 1)]))
    lam, sigma = (draw(st.lists(positives(high=3, denominator=3), min_size=d, max_size=d)) for _ in range(2))
    rung = draw(st.sampled_from(["population", "exact"]))
    start: Any = st.lists(rationals(denominator=2), min_size=d, max_size=d)
    V_0 = draw(st.one_of(st.none(), start, squares(d)) if rung == "population" else st.one_of(st.none(), start))
    setup = Setup(lam, n=draw(counts(10)), Sigma=sigma, m=m)
    eta, c = draw(positives(high=1, denominator=6)), draw(rationals().filter(bool))
    return _Question(setup, draw(st.integers(0, 3)), eta, V_0, c, draw(st.integers(1, 2)), rung)


def _computed(question: _Question) -> Fraction:
    curve = training.training_curve(
        question.setup,
        [question.t],
        question.eta,
        V0=question.V_0,
        steps=question.k,
        rung=question.rung,
        c=question.c,
        field=EXACT,
    )
    found: Fraction = curve.error[0, question.k]
    return found


def _by_definition(question: _Question) -> Fraction:
    """Take the steps one by one, then E‖(I − A_t S)ᵏ‖_F² as a sum over the nodes of a quadrature."""
    setup, d = question.setup, question.setup.d
    start = np.zeros((d, d), dtype=int) if question.V_0 is None else np.array(question.V_0, dtype=object)
    V = training_steps(
        np.diag(start) if start.ndim == 1 else start, question.eta, question.c, training_moments(setup), question.t
    )
    A = -question.c * V
    if question.rung == "population":
        R = np.eye(d, dtype=int) - A @ np.diag(np.array(setup.Sigma.entries, dtype=object))
        return _square(R, question.k)
    m = int(setup.m or 0)

    def error(points: Array) -> list[Fraction]:
        values = []
        for point in points:
            X = point.reshape(d, m)
            values.append(_square(np.eye(d, dtype=int) - A @ (X @ X.T) / Fraction(m), question.k))
        return values

    rules = [rule(4 * question.k, Fraction(sigma)) for sigma in setup.Sigma.entries for _ in range(m)]
    return Fraction(expectation(error, rules))


def _square(R: Array, k: int) -> Fraction:
    """‖Rᵏ‖_F²."""
    power = np.eye(len(R), dtype=int)
    for _ in range(k):
        power = power @ R
    return Fraction((power * power).sum())


_UNFINISHED = Claim(
    id="GAM-08",
    kind=Kind.IDENTITY,
    title="The test error at every training time",
    statement=r"\text{With } V_{31} = V_t \text{ of any kind, } W_{13} = cI,\ W_{24} = -c:\quad w_k - w_* ="
    r" (I - A_t S)^k (w_0 - w_*),\ A_t = -cV_t; \qquad V_0 = 0 \Longrightarrow A_t = \Gamma^{-1}"
    r"\big(I - (I - \eta c^2\Lambda\Gamma)^t\big); \qquad \mathbb{E}\lVert (I - A_t S)^k \rVert_F^2 \text{ by the"
    r" recursions of } \Gamma^{-1}, \text{ also where } A_t \text{ is not definite}",
    source=Source("theory", "section 3"),
    origin=Origin.DERIVED,
    assumes=("as GAM-04: W frozen, all other blocks zero", "labels without noise", "on the exact rung A_t symmetric"),
    uses=("GAM-03", "GAM-04", "ERR-02"),
    checks=(
        by_words(
            "the layer with any V₃₁, multiplied out in blocks",
            part="step",
            formula=_claimed_step,
            controls={
                "sign": lambda: _W - C * _V * _S * (_W - _W_STAR),
                "V transposed": lambda: _W + C * _V.T * _S * (_W - _W_STAR),
                "not times c": lambda: _W + _V * _S * (_W - _W_STAR),
                "S left of V": lambda: _W + C * _S * _V * (_W - _W_STAR),
            },
            sides=_step_sides,
            scope="every d, m, c ≠ 0, V, symmetric S, w, w* and number of CoT columns",
        ),
        by_words(
            "what is applied after t steps from 0",
            part="path",
            formula=_claimed_applied,
            controls={
                "I + P": lambda: GAMMA_INV * (_ONE + P),
                "P on the left": lambda: (_ONE - P) * GAMMA_INV,
                "P alone": lambda: GAMMA_INV * P,
                "times c": lambda: C * GAMMA_INV * (_ONE - P),
            },
            sides=_applied_sides,
            scope="every d, n, t, η, c ≠ 0 and Λ ≻ 0; P is the t-th power",
        ),
        by_samples(
            "training_curve against single steps of training, and prompts summed over a quadrature",
            part="path",
            formula=_computed,
            controls={
                "fully trained": lambda q: _computed(q._replace(t=q.t + 1000)) if q.t else _computed(q._replace(t=1)),
                "one step more of training": lambda q: _computed(q._replace(t=q.t + 1)),
                "one step more of thought": lambda q: _computed(q._replace(k=q.k + 1)),
                "c for c²": lambda q: _computed(q._replace(eta=abs(q.eta / q.c))),
                "n + 1 for n": lambda q: _computed(q._replace(setup=q.setup.replace(n=q.setup.n + 1))),
                "from 0 whatever V_0 is": lambda q: _computed(q._replace(V_0=None)),
                "the population at every m": lambda q: _computed(q._replace(rung="population")),
            },
            over=_questions(),
            holds=lambda formula, question: bool(formula(question) == _by_definition(question)),
            scope="(d, m) = (1, 1), (1, 2), (2, 1), t ≤ 3, k ≤ 2, any V_0 (diagonal on the exact rung), η ≤ 1, c ≠ 0",
            instances=20,
        ),
    ),
)

CLAIMS = (_UNFINISHED,)
