"""Training on several tasks: the optimum, and its limit for long prompts (theory section 10)."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma.mixture import (
    BAR,
    EVERY_T,
    SQUARES,
    TASK,
    code,
    mixed,
    parts,
    square_of,
    task_mean,
    two_tasks,
    weighted_sum,
)
from proofs_check.claims.moments.second_order import S
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Check, Claim, Kind, Origin, Source
from proofs_check.strategies import rationals
from theorycalc import reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import mixture
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments.words import Letter, WordSum, letter, scalar

_ONE = scalar("n", 0)

# ------------------------------------------------------------------------------------------------ MIX-04


def _limits() -> dict[str, WordSum]:
    """Return the limits of E[S²], which is A*⁻¹ Λ̄ as n → ∞."""
    return {"pooled": BAR * BAR, "per_prompt": SQUARES, "per_example": BAR * BAR}


def _rate_sides(limits: dict[str, WordSum]) -> list[tuple[WordSum, WordSum]]:
    """Neither the limit nor n (E[S²] − limit) depends on n: their terms with a power of n are none."""
    return [
        (_with_n(expression), WordSum({}))
        for sampling, limit in limits.items()
        for expression in (limit, scalar("n") * (square_of(sampling) - limit))
    ]


def _with_n(expression: WordSum) -> WordSum:
    """Return the terms with a power of n."""
    return WordSum({key: value for key, value in expression.terms.items() if dict(key.scalars).get("n")})


def _variance() -> WordSum:
    return SQUARES - BAR * BAR


def _inverse(matrix: Array) -> Array:
    return np.asarray(np.vectorize(EXACT.public, otypes=[object])(EXACT.inverse(EXACT.array(matrix))))


def _rate_holds(formula: Callable[[Setup], Array], setup: Setup) -> bool:
    """Whether A_n⁻¹ − A⁻¹ halves exactly as n doubles, and A = Λ̄⁻¹ except for unequal tasks drawn per prompt."""
    limit, tasks = formula(setup), setup.mixture
    assert tasks is not None
    inverse = _inverse(limit)
    at_n, at_2n = (reference.gamma_matrix(setup.replace(n=n)).Gamma - inverse for n in (setup.n, 2 * setup.n))
    matrices = parts(setup)[1]
    alike = all((task == matrices[0]).all() for task in matrices)
    plain = bool((limit == _inverse(weighted_sum(*parts(setup)))).all())
    return bool((at_n == 2 * at_2n).all()) and plain == (alike or tasks.sampling != "per_prompt")


def _limit_of(sampling: str) -> Callable[[Setup], Array]:
    def formula(setup: Setup) -> Array:
        tasks = setup.mixture
        assert tasks is not None
        same = TaskMixture(tasks.covariances, tasks.weights, sampling)
        return mixture.optimal_map_limit(setup.replace(Lambda=same), field=EXACT)

    return formula


_LIMIT = Claim(
    id="MIX-04",
    kind=Kind.LIMIT,
    title="Long training prompts on several tasks",
    statement=r"\lim_{n\to\infty} A_* = \bar\Lambda^{-1} \text{ (pooled, per example)}, \qquad"
    r" \lim_{n\to\infty} A_* = \bar\Lambda\Big(\sum_\ell \pi_\ell\Lambda_\ell^2\Big)^{-1} \text{ (per prompt)},"
    r" \qquad A_*^{-1} - \lim A_*^{-1} = \tfrac1n C; \text{ the two limits agree iff all } \Lambda_\ell"
    r" \text{ with } \pi_\ell > 0 \text{ are equal}",
    source=Source("theory", "section 10"),
    origin=Origin.DERIVED,
    assumes=(
        "A* = E[S] (E[S²])⁻¹ (MIX-05), E[S] = Λ̄ for every n",
        "the inverse is continuous at lim E[S²] ≻ 0; C is n (E[S²] − lim E[S²]) Λ̄⁻¹, which is free of n",
        "Σ π_ℓ (Λ_ℓ − Λ̄)² is a sum of positive semidefinite terms: it is 0 iff each is, that is Λ_ℓ = Λ̄ or π_ℓ = 0",
    ),
    uses=("MIX-01", "MIX-02", "MIX-03", "MIX-05"),
    checks=(
        by_words(
            "the limit and n (E[S²] − limit) are free of n, by word algebra",
            part="limits",
            formula=_limits,
            controls={
                "Λ̄² per prompt": lambda: {**_limits(), "per_prompt": BAR * BAR},
                "mean square per example": lambda: {**_limits(), "per_example": SQUARES},
                "E[S²] itself": lambda: {name: square_of(name) for name in _limits()},
                "E[S²] itself per example": lambda: {**_limits(), "per_example": square_of("per_example")},
                "mean square when pooled": lambda: {**_limits(), "pooled": SQUARES},
                "2 Λ̄² − mean square per prompt": lambda: {**_limits(), "per_prompt": 2 * BAR * BAR - SQUARES},
            },
            sides=_rate_sides,
            scope=EVERY_T,
            instance=two_tasks,
        ),
        by_words(
            "Σ π_ℓ Λ_ℓ² − Λ̄² is the variance of the task, by word algebra",
            part="equality",
            formula=_variance,
            controls={
                "Λ̄² − mean square": lambda: -_variance(),
                "mean square + Λ̄²": lambda: SQUARES + BAR * BAR,
                "mean square − 2 Λ̄²": lambda: _variance() - BAR * BAR,
            },
            sides=lambda claimed: [(task_mean((TASK - BAR) * (TASK - BAR)), claimed)],
            scope="every number of tasks, π of sum 1, d and symmetric Λ_ℓ",
            instance=two_tasks,
        ),
        by_samples(
            "optimal_map_limit against the reference at n and 2n",
            part="limits",
            formula=lambda setup: mixture.optimal_map_limit(setup, field=EXACT),
            controls={
                "Λ̄⁻¹ always": _limit_of("pooled"),
                "that of per prompt always": _limit_of("per_prompt"),
                "A* at this n": lambda setup: mixture.optimal_map(setup, field=EXACT),
                "factors in the other order": lambda setup: mixture.optimal_map_limit(setup, field=EXACT).T,
            },
            over=mixed(),
            holds=_rate_holds,
            scope="d ≤ 3, at most 3 tasks, n ≤ 100, every sampling model",
            instances=25,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ MIX-05

V, H, C = letter("V"), letter("H"), scalar("c")
M1, M2, M2_INV = (letter(name, symmetric=True) for name in ("M1", "M2", "M2_inv"))
_SAMPLE = Letter("S_n", symmetric=True)
_Optimum = Callable[[], WordSum]


def _expected(expression: WordSum) -> WordSum:
    """Take the mean over any law of S with moments E[S] = M1 and E[S²] = M2, of degree at most 2."""
    return expression.replace_product((_SAMPLE, _SAMPLE), M2).replace_product((_SAMPLE,), M1)


def prompt_loss(weights: WordSum) -> WordSum:
    """Return ½ E‖I + cVS‖² for any law of S."""
    residual = _ONE + C * weights * S
    return Fraction(1, 2) * _expected((residual * residual.T).trace())


def without_inverses(expression: WordSum) -> WordSum:
    """Cancel E[S²] against its inverse."""
    m2, inverse = Letter("M2", symmetric=True), Letter("M2_inv", symmetric=True)
    return expression.replace_product((inverse, m2), _ONE).replace_product((m2, inverse), _ONE)


def _optimum() -> WordSum:
    return M1 * M2_INV


def _optimum_sides(A: WordSum) -> list[tuple[WordSum, WordSum]]:
    """∇L = 0 at V = −A/c; L(V + H) − L(V) − tr(∇Lᵀ H) = ½c² tr(H M2 Hᵀ); E[S²] − (E S)² = E (S − E S)²."""
    stationary = without_inverses(prompt_loss(V).gradient("V").substitute("V", -scalar("c", -1) * A))
    excess = prompt_loss(V + H) - prompt_loss(V) - (prompt_loss(V).gradient("V").T * H).trace()
    return [
        (stationary, WordSum({})),
        (excess, Fraction(1, 2) * scalar("c", 2) * (H * M2 * H.T).trace()),
        (_expected((S - M1) * (S - M1)), M2 - M1 * M1),
    ]


def moments_of_prompts() -> Instance:
    """Return moments of S per prompt over two tasks that do not commute, n = 5, and any V and H."""
    means = two_tasks().matrices
    second = means["mean_square"] * EXACT.number("6/5") + means["mean_traced"] / EXACT.number(5)
    free = EXACT.array(np.array([["1", "2"], ["-1/3", "1/2"]]))
    matrices = {"M1": means["Lambda_bar"], "M2": second, "M2_inv": EXACT.inverse(second), "V": free, "H": free.T}
    return Instance(matrices, {"c": EXACT.number(3)})


class _Trial(NamedTuple):
    """A training setup and a direction in which to leave the optimum."""

    setup: Setup
    direction: list[Fraction]


@st.composite
def _trials(draw: DrawFn) -> _Trial:
    setup = draw(mixed())
    return _Trial(setup, draw(st.lists(rationals(), min_size=setup.d**2, max_size=setup.d**2)))


def _is_optimum(formula: Callable[[Setup], Array], trial: _Trial) -> bool:
    """Whether the map is that of the reference: Γ⁻¹ for one task, and least in ½ E‖I − AS‖² along a direction."""
    setup, A = trial.setup, formula(trial.setup)
    first, second = code(setup)

    def loss(B: Array) -> Fraction:
        return Fraction(setup.d - 2 * np.trace(B @ first) + np.trace(B @ second @ B.T)) / 2

    H = np.array(trial.direction, dtype=object).reshape(setup.d, setup.d)
    least = all(loss(A + sign * H) >= loss(A) for sign in (1, -1, Fraction(1, 100)))
    return least and bool((reference.gamma_matrix(setup).Gamma_inv == A).all())


_MINIMUM: Check = by_words(
    "stationarity, convexity and definiteness by word algebra",
    formula=_optimum,
    controls={
        "factors in the other order": lambda: M2_INV * M1,
        "(E S)⁻¹-like: without E[S]": lambda: M2_INV,
        "sign": lambda: -_optimum(),
        "½ of it": lambda: Fraction(1, 2) * _optimum(),
    },
    sides=_optimum_sides,
    scope="every law of S with E[S²] ≻ 0, every d and c ≠ 0",
    instance=moments_of_prompts,
)

_MINIMISER = Claim(
    id="MIX-05",
    kind=Kind.IDENTITY,
    title="The optimum of training on any distribution of prompts",
    statement=r"\tfrac12\,\mathbb{E}\lVert I + cVS\rVert_F^2 \text{ has the unique minimiser } V_* = -A_*/c,"
    r" \quad A_* = \mathbb{E}[S]\,(\mathbb{E}[S^2])^{-1}, \quad \mathbb{E}[S^2] \ge (\mathbb{E}[S])^2",
    source=Source("theory", "section 10"),
    origin=Origin.DERIVED,
    assumes=(
        "ŵ₀ = 0, w* ~ N(0, I), W frozen as in GAM-01, c ≠ 0",
        "E‖S‖_F² is finite; ≥ between matrices is the Loewner order",
        "E[S] ≻ 0: then E[S²] ≻ 0, and tr(H E[S²] Hᵀ) > 0 for H ≠ 0",
    ),
    checks=(
        _MINIMUM,
        by_samples(
            "optimal_map against the reference for the three sampling models",
            formula=lambda setup: mixture.optimal_map(setup, field=EXACT),
            controls={
                "factors in the other order": lambda setup: mixture.optimal_map(setup, field=EXACT).T,
                "Γ⁻¹ of Λ̄": lambda setup: mixture.optimal_map(Setup(setup.Lambda, n=setup.n), field=EXACT),
                "its limit": lambda setup: mixture.optimal_map_limit(setup, field=EXACT),
                "symmetrised": lambda setup: (
                    (mixture.optimal_map(setup, field=EXACT) + mixture.optimal_map(setup, field=EXACT).T) / 2
                ),
                "n + 1 for n": lambda setup: mixture.optimal_map(setup.replace(n=setup.n + 1), field=EXACT),
            },
            over=_trials(),
            holds=_is_optimum,
            scope="d ≤ 3, at most 3 tasks, n ≤ 100, spectra and full matrices",
            instances=25,
        ),
    ),
)

CLAIMS = (_MINIMISER, _LIMIT)
