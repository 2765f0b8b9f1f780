"""Remark 4.1: which error is tr((I − Γ^{-1/2} Σ Γ^{-1/2})^{2k}), and which it bounds (theory section 7)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_witness, by_words
from proofs_check.claims.error_curves.divergence import (
    H_INV,
    ONE,
    H,
    T,
    cancelled,
    inverse_pair,
    powers_are_similar,
    square_is_below_norm,
)
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Matrix, counts, covariances, positives
from theorycalc.error_curves import curves
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import closed_form
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter

_REMARK = Source("arXiv:2510.03605", "Remark 4.1", Known.SECONDARY, note="theory section 7")

# ------------------------------------------------------------------------------------------------ exact problems


class Whitened(NamedTuple):
    """G = Γ^{1/2} and Σ, both rational, and an n for which Γ is trained."""

    G: Matrix
    Sigma: Matrix
    n: int


def trained(at: Whitened) -> Setup:
    """Return the problem with Γ = G²: Λ = n/(n + 1) (Γ − (tr Λ/n) I), tr Λ = n tr Γ/(n + 1 + d)."""
    Gamma = np.array(at.G, dtype=object) @ np.array(at.G, dtype=object)
    d = len(Gamma)
    trace = Fraction(at.n) * np.trace(Gamma) / (at.n + 1 + d)
    Lambda = Fraction(at.n, at.n + 1) * (Gamma - trace / at.n * np.eye(d, dtype=int))
    return Setup(Lambda.tolist(), n=at.n, Sigma=at.Sigma)


def _inverse(matrix: Array) -> Array:
    return np.asarray(np.vectorize(EXACT.public, otypes=[object])(EXACT.inverse(EXACT.array(matrix))))


def _contraction(at: Whitened) -> Array:
    """H = I − Γ^{-1/2} Σ Γ^{-1/2}."""
    root = _inverse(np.array(at.G, dtype=object))
    return np.asarray(np.eye(len(root), dtype=int) - root @ np.array(at.Sigma, dtype=object) @ root)


def governing(at: Whitened, k: int) -> Fraction:
    """tr(H^{2k}), the published quantity."""
    return Fraction(np.trace(np.linalg.matrix_power(_contraction(at), 2 * k)))


def estimation_error(at: Whitened, k: int) -> Fraction:
    """E_k on the population rung."""
    return Fraction(curves.expected_error(trained(at), k, rung="population", field=EXACT).values[k])


def weighted_error(at: Whitened, k: int) -> Fraction:
    """E(w_k − w*)ᵀ Γ (w_k − w*) for w* ~ N(0, Γ⁻¹), m = ∞: tr[Γ Rᵏ Γ⁻¹ Rᵏᵀ], Γ of the setup."""
    Gamma = np.array(closed_form.gamma_matrix(trained(at), field=EXACT).Gamma, dtype=object)
    Gamma_inv = _inverse(Gamma)
    R = np.eye(len(Gamma), dtype=int) - Gamma_inv @ np.array(at.Sigma, dtype=object)
    power = np.linalg.matrix_power(R, k)
    return Fraction(np.trace(Gamma @ power @ Gamma_inv @ power.T))


def _is_trained(at: Whitened) -> bool:
    try:
        trained(at)
    except InvalidSetup:
        return False
    return True


def _diagonal(values: list[Fraction]) -> Matrix:
    return [[x if i == j else Fraction(0) for j in range(len(values))] for i, x in enumerate(values)]


@st.composite
def _problems(draw: DrawFn, *, diagonal: bool = False) -> tuple[Whitened, int]:
    d, n = draw(st.integers(1, 3)), draw(counts(10**4))
    if diagonal:
        G, Sigma = (_diagonal(draw(st.lists(positives(), min_size=d, max_size=d))) for _ in range(2))
    else:
        G, Sigma = draw(covariances(d)), draw(covariances(d))
    return Whitened(G, Sigma, n), draw(st.integers(0, 4))


def _drawn(*, diagonal: bool = False) -> st.SearchStrategy[tuple[Whitened, int]]:
    return _problems(diagonal=diagonal).filter(lambda drawn: _is_trained(drawn[0]))


_WRONG_QUANTITIES: dict[str, Callable[[Whitened, int], Fraction]] = {
    "power k": lambda at, k: Fraction(np.trace(np.linalg.matrix_power(_contraction(at), k))),
    "one step fewer": lambda at, k: governing(at, max(k - 1, 0)),
    "squared trace": lambda at, k: Fraction(np.trace(np.linalg.matrix_power(_contraction(at), k))) ** 2,
    "Γ^{-1/2} on one side": lambda at, k: governing(at._replace(Sigma=_right(at)), k),
}


def _right(at: Whitened) -> Any:
    """ΣΓ^{1/2}, made symmetric."""
    product = np.array(at.Sigma, dtype=object) @ np.array(at.G, dtype=object)
    return ((product + product.T) / 2).tolist()


# ------------------------------------------------------------------------------------------------ GOV-01

_WEIGHT, _PRIOR = H_INV * H_INV, H * H  # Γ and Γ⁻¹, H = Γ^{-1/2}


def _weighted_sides(chosen: tuple[WordSum, WordSum]) -> list[tuple[WordSum, WordSum]]:
    weight, prior = chosen
    chain = H * T * H_INV
    return [(cancelled((weight * chain * prior * chain.T).trace()), (T * T).trace())]


_IDENTITY = Claim(
    id="GOV-01",
    kind=Kind.IDENTITY,
    title="What the quantity of Remark 4.1 is: a Γ-weighted error",
    statement=r"\operatorname{tr}\big((I - \Gamma^{-1/2}\Sigma\Gamma^{-1/2})^{2k}\big) = \mathbb{E}\,(w_k -"
    r" w_*)^{\mathsf T} \Gamma (w_k - w_*) \text{ for } w_* \sim N(0, \Gamma^{-1}),\ w_0 = 0,\ m = \infty",
    source=_REMARK,
    origin=Origin.CORRECTED,
    assumes=("m = ∞",),
    uses=("COT-02",),
    checks=(
        powers_are_similar(""),
        by_words(
            "the weighted error by word algebra",
            formula=lambda: (_WEIGHT, _PRIOR),
            controls={
                "P = Q = I": lambda: (ONE, ONE),
                "Q = I": lambda: (_WEIGHT, ONE),
                "P = Γ⁻¹, Q = Γ": lambda: (_PRIOR, _WEIGHT),
                "Q = Γ": lambda: (_WEIGHT, _WEIGHT),
            },
            sides=_weighted_sides,
            scope="every d, k, n and symmetric Γ, Σ, commuting or not; T = (I − Γ^{-1/2}ΣΓ^{-1/2})ᵏ",
            instance=inverse_pair,
        ),
        by_samples(
            "the published quantity against the weighted error",
            formula=governing,
            controls=_WRONG_QUANTITIES | {"unweighted error": estimation_error},
            over=_drawn(),
            holds=lambda formula, drawn: formula(*drawn) == weighted_error(*drawn),
            scope="d ≤ 3, n ≤ 10⁴, k ≤ 4, full rational Γ^{1/2} and Σ",
            instances=30,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ GOV-02

_BOUND = Claim(
    id="GOV-02",
    kind=Kind.LOWER,
    title="The quantity of Remark 4.1 is a lower bound of the population error",
    statement=r"\operatorname{tr}\big((I - \Gamma^{-1/2}\Sigma\Gamma^{-1/2})^{2k}\big) \le \lVert (I -"
    r" \Gamma^{-1}\Sigma)^k \rVert_F^2, \text{ the difference being } \tfrac12 \lVert R^k -"
    r" (R^k)^{\mathsf T} \rVert_F^2",
    source=Source("this project", note="the inequality between the two sides of Remark 4.1; theory section 7"),
    origin=Origin.OURS,
    assumes=("m = ∞, P = Q = I",),
    uses=("GOV-01",),
    checks=(
        square_is_below_norm(""),
        powers_are_similar(""),
        by_samples(
            "the published quantity against expected_error(rung population)",
            formula=governing,
            controls={
                "one step fewer": _WRONG_QUANTITIES["one step fewer"],
                "times d": lambda at, k: len(at.G) * governing(at, k),
                "squared trace": _WRONG_QUANTITIES["squared trace"],
                "times λ_max(Γ)/λ_min(Γ), or more": lambda at, k: governing(at, k) * _condition(at),
            },
            over=_drawn(),
            holds=lambda formula, drawn: formula(*drawn) <= estimation_error(*drawn),
            scope="d ≤ 3, n ≤ 10⁴, k ≤ 4, full rational Γ^{1/2} and Σ",
            instances=40,
        ),
    ),
)


def _condition(at: Whitened) -> Fraction:
    """tr Γ tr Γ⁻¹ >= λ_max(Γ)/λ_min(Γ)."""
    Gamma = np.array(at.G, dtype=object) @ np.array(at.G, dtype=object)
    return Fraction(np.trace(Gamma) * np.trace(_inverse(Gamma)))


# ------------------------------------------------------------------------------------------------ GOV-03

A, SIGMA, _P = letter("A", symmetric=True), letter("Sigma", symmetric=True), letter("P", symmetric=True)


def _commuting_sides(step: WordSum) -> list[tuple[WordSum, WordSum]]:
    """With A, Σ and the symmetric Rᵏ = P commuting, Rᵏ⁺¹ is symmetric and commutes with both."""
    family = ("A", "Sigma", "P")
    pairs = [(step.T, step), (step * A, A * step), (step * SIGMA, SIGMA * step)]
    return [((ONE - A * SIGMA) * _P, step), *((left.commute(family), right.commute(family)) for left, right in pairs)]


def _first_sides(excess: WordSum) -> list[tuple[WordSum, WordSum]]:
    R = ONE - A * SIGMA
    return [((R * R.T).trace() - (R * R).trace(), excess)]


def _commutator(*, half: int = 2, sign: int = -1) -> WordSum:
    skew = A * SIGMA + sign * SIGMA * A
    return (skew * skew.T).trace() * Fraction(1, half)


def _symmetry_sides(pair: tuple[WordSum, WordSum]) -> list[tuple[WordSum, WordSum]]:
    """Rᵏ − (Rᵏ)ᵀ, with Γ^{-1/2} on both sides, is the commutator."""
    chain = H * T * H_INV
    return [(cancelled(H * (chain - chain.T) * H), pair[0] - pair[1])]


_EQUAL = Claim(
    id="GOV-03",
    kind=Kind.IDENTITY,
    title="Remark 4.1 holds with equality at odd k iff Γ and Σ commute",
    statement=r"\lVert R^k \rVert_F^2 = \operatorname{tr}(H^{2k}) \text{ iff } H^k\Gamma = \Gamma H^k, \ H = I -"
    r" \Gamma^{-1/2}\Sigma\Gamma^{-1/2}; \text{ for all } k \text{ if } \Gamma\Sigma = \Sigma\Gamma, \text{ and for}"
    r" \text{ one odd } k \text{ only then}",
    source=_REMARK,
    origin=Origin.CORRECTED,
    assumes=(
        "m = ∞, P = Q = I",
        "for odd k ≥ 3: x ↦ xᵏ is injective, so H is a polynomial in Hᵏ and commutes with Γ if Hᵏ does",
    ),
    uses=("GOV-02",),
    checks=(
        by_words(
            "commuting Γ and Σ: Rᵏ is symmetric, by induction over k",
            part="if they commute",
            formula=lambda: _P - A * SIGMA * _P,
            controls={
                "not contracted": lambda: _P,
                "wrong sign": lambda: _P + A * SIGMA * _P,
                "Σ left out": lambda: _P - A * _P,
            },
            sides=_commuting_sides,
            scope="every d, k and commuting symmetric A, Σ",
        ),
        by_samples(
            "diagonal Γ and Σ by expected_error(rung population)",
            part="if they commute",
            formula=governing,
            controls=_WRONG_QUANTITIES,
            over=_drawn(diagonal=True),
            holds=lambda formula, drawn: formula(*drawn) == estimation_error(*drawn),
            scope="d ≤ 3, n ≤ 10⁴, k ≤ 4",
            instances=40,
        ),
        by_words(
            "the difference at k = 1 is half the squared norm of the commutator",
            part="only if, at odd k",
            formula=_commutator,
            controls={
                "without ½": lambda: _commutator(half=1),
                "anticommutator": lambda: _commutator(sign=1),
                "commutator squared, trace not norm": lambda: (
                    ((A * SIGMA - SIGMA * A) * (A * SIGMA - SIGMA * A)).trace() * Fraction(1, 2)
                ),
            },
            sides=_first_sides,
            scope="every d and symmetric A, Σ; k = 1",
        ),
        by_words(
            "Rᵏ is symmetric iff Hᵏ commutes with Γ",
            part="only if, at odd k",
            formula=lambda: (_PRIOR * T, T * _PRIOR),
            controls={
                "Γ^{1/2} for Γ": lambda: (H * T, T * H),
                "anticommute": lambda: (_PRIOR * T, -1 * T * _PRIOR),
                "symmetric always": lambda: (T, T),
            },
            sides=_symmetry_sides,
            scope="every d, k and symmetric Γ, Σ; T = Hᵏ",
            instance=inverse_pair,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ GOV-04, GOV-05


def _exact(rows: list[list[Any]]) -> Matrix:
    return [[Fraction(x) for x in row] for row in rows]


_GAP = Whitened(_exact([[1, 0], [0, "1/2"]]), _exact([["1/2", "1/4"], ["1/4", "1/4"]]), 7)


def reflected(h: Fraction, G: Matrix, n: int) -> Whitened:
    """Return Σ = G (I − H) G with H = h [[3/5, 4/5], [4/5, −3/5]], so that H² = h² I."""
    root, H_matrix = np.array(G, dtype=object), h * np.array(_exact([["3/5", "4/5"], ["4/5", "-3/5"]]), dtype=object)
    return Whitened(G, (root @ (np.eye(2, dtype=int) - H_matrix) @ root).tolist(), n)


_EVEN = reflected(Fraction(1, 2), _GAP.G, 7)


def _commute(at: Whitened) -> bool:
    Gamma, Sigma = np.array(at.G, dtype=object) @ np.array(at.G, dtype=object), np.array(at.Sigma, dtype=object)
    return bool((Gamma @ Sigma == Sigma @ Gamma).all())


def _differs(at: Whitened) -> bool:
    """Whether the error is larger at k = 1 … 4, at k = 1 by ½‖AΣ − ΣA‖_F²."""
    G, Sigma = np.array(at.G, dtype=object), np.array(at.Sigma, dtype=object)
    step = _inverse(G @ G) @ Sigma
    gap = Fraction(((step - step.T) ** 2).sum()) / 2
    return estimation_error(at, 1) - governing(at, 1) == gap and all(
        governing(at, k) < estimation_error(at, k) for k in range(1, 5)
    )


def _alternates(at: Whitened) -> bool:
    """Whether both agree exactly at even k, k <= 6, while Γ and Σ do not commute."""
    return not _commute(at) and all((governing(at, k) == estimation_error(at, k)) == (k % 2 == 0) for k in range(1, 7))


_COUNTEREXAMPLE = Claim(
    id="GOV-04",
    kind=Kind.EXISTENCE,
    title="Remark 4.1 is no identity: the error is larger when Γ and Σ do not commute",
    statement=r"\exists\, \Lambda, \Sigma, n: \ \operatorname{tr}(H^{2k}) < \lVert (I - \Gamma^{-1}\Sigma)^k \rVert_F^2"
    r" \text{ for } k = 1, 2, 3, 4",
    source=_REMARK,
    origin=Origin.CORRECTED,
    assumes=("m = ∞, P = Q = I",),
    uses=("GOV-02",),
    checks=(
        by_witness(
            "Γ = diag(1, 1/4), Σ = [[1/2, 1/4], [1/4, 1/4]], n = 7",
            formula=_GAP,
            controls={
                "commuting Σ": _GAP._replace(Sigma=_exact([["1/2", 0], [0, "1/4"]])),
                "Γ ∝ I": _GAP._replace(G=_exact([[1, 0], [0, 1]])),
                "a reflection": _EVEN,
            },
            satisfies=_differs,
            scope="one rational problem, d = 2",
        ),
    ),
)

_EVEN_STEPS = Claim(
    id="GOV-05",
    kind=Kind.EXISTENCE,
    title="At even k equality does not need Γ and Σ to commute",
    statement=r"\exists\, \Lambda, \Sigma, n: \ \Gamma\Sigma \ne \Sigma\Gamma, \ \operatorname{tr}(H^{2k}) = \lVert"
    r" (I - \Gamma^{-1}\Sigma)^k \rVert_F^2 \text{ at } k = 2, 4, 6 \text{ and not at } k = 1, 3, 5",
    source=Source("theory", "section 7", note="which has: equal only if they commute"),
    origin=Origin.CORRECTED,
    assumes=("m = ∞, P = Q = I",),
    uses=("GOV-03",),
    checks=(
        by_witness(
            "Γ = diag(1, 1/4), n = 7, H half a reflection, so H² = I/4",
            formula=_EVEN,
            controls={
                "commuting Σ": _GAP._replace(Sigma=_exact([["1/2", 0], [0, "1/4"]])),
                "a Σ with distinct |1 − eigenvalues|": _GAP,
                "Γ ∝ I": reflected(Fraction(1, 2), _exact([[1, 0], [0, 1]]), 7),
            },
            satisfies=_alternates,
            scope="one rational problem, d = 2",
        ),
    ),
)

CLAIMS = (_IDENTITY, _BOUND, _EQUAL, _COUNTEREXAMPLE, _EVEN_STEPS)
