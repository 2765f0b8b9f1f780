"""Training on several tasks: the three sampling models, their optimum and its limit (theory section 10).

The mean over tasks, Σ_ℓ π_ℓ f(Λ_ℓ), is linear in f.  A proof for every number of tasks therefore writes f in words of
one letter Λ_ℓ and gives each mean that occurs a letter of its own: Λ̄, the mean square, and the mean of tr(Λ_ℓ) Λ_ℓ.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from proofs_check.checks import by_samples, by_words
from proofs_check.claims.moments.second_order import PER_N, S
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, mixtures
from theorycalc import reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import mixture
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments import pairings
from theorycalc.moments.words import Letter, WordSum, letter, scalar

TASK, BAR = letter("Lambda_ell", symmetric=True), letter("Lambda_bar", symmetric=True)
SQUARES, TRACED = letter("mean_square", symmetric=True), letter("mean_traced", symmetric=True)
_ELL, _BAR = Letter("Lambda_ell", symmetric=True), Letter("Lambda_bar", symmetric=True)
EVERY_T = "every number of tasks, π, d, n and symmetric Λ_ℓ, by total expectation over the tasks"


def task_mean(expression: WordSum) -> WordSum:
    """Return Σ_ℓ π_ℓ f(Λ_ℓ) for f of degree at most 2 in Λ_ℓ; Λ̄ and scalars are constants."""
    total = WordSum({})
    for key, value in expression.terms.items():
        term = WordSum({key: value})
        degree = sum(item == _ELL for word in (key.word, *key.traces) for item in word)
        if degree == 2 and key.word == (_ELL,) and (_ELL,) in key.traces:
            mean = value * TRACED
            for name, power in key.scalars:
                mean = mean * scalar(name, power)
            if len(key.traces) > 1:
                raise ValueError(f"no letter for the mean of {term}")
        elif degree == 2:
            mean = term.replace_product((_ELL, _ELL), SQUARES)
        else:
            mean = term.substitute("Lambda_ell", BAR)
        if any(item == _ELL for rest in mean.terms for word in (rest.word, *rest.traces) for item in word):
            raise ValueError(f"no letter for the mean of {term}")
        total = total + mean
    return total


def two_tasks() -> Instance:
    """Return the means over two non-commuting tasks."""
    tasks = [EXACT.array(np.array(rows)) for rows in ([["2", "1/3"], ["1/3", "1/2"]], [["1", "-1/2"], ["-1/2", "3"]])]
    weights = [EXACT.number("1/3"), EXACT.number("2/3")]

    def mean(function: Callable[[Array], Array]) -> Array:
        return np.asarray(sum(weight * function(task) for weight, task in zip(weights, tasks, strict=True)))

    matrices = {
        "Lambda_bar": mean(lambda task: task),
        "mean_square": mean(lambda task: task @ task),
        "mean_traced": mean(lambda task: task * np.trace(task)),
    }
    return Instance(matrices, {"n": EXACT.number(5)})


# ------------------------------------------------------------------------------------- MIX-01, MIX-02, MIX-03


def _gamma_like(square: WordSum, traced: WordSum) -> WordSum:
    return (1 + PER_N) * square + PER_N * traced


def _pooled() -> WordSum:
    """Return the claimed E[S²] of pooled tasks."""
    return _gamma_like(BAR * BAR, BAR.trace() * BAR)


def _per_prompt() -> WordSum:
    return _gamma_like(task_mean(TASK * TASK), task_mean(TASK.trace() * TASK))


def _per_example() -> WordSum:
    return (1 - PER_N) * BAR * BAR + PER_N * (2 * task_mean(TASK * TASK) + task_mean(TASK.trace() * TASK))


def square_of(sampling: str) -> WordSum:
    """Return E[S²] from Gaussian pairings and the definition of the sampling model."""
    if sampling == "pooled":
        return pairings.expected_word(S * S, covariance="Lambda_bar")
    if sampling == "per_prompt":  # given the task, all samples have covariance Λ_ℓ
        return task_mean(pairings.expected_word(S * S, covariance="Lambda_ell"))
    # S² = n⁻² Σ xᵢxᵢᵀxⱼxⱼᵀ: n pairs i = j share one sample (n = 1 below), in n(n − 1) others the tasks are independent
    one_sample = pairings.expected_word(S * S, covariance="Lambda_ell", weight=lambda pairing: (Fraction(1), 0))
    return PER_N * task_mean(one_sample) + (1 - PER_N) * task_mean(TASK) * task_mean(TASK)


class _Moments(NamedTuple):
    """E[S] and E[S²] as object arrays."""

    first: Array
    second: Array


def code(setup: Setup) -> _Moments:
    """Return what theorycalc computes."""
    return _Moments(*mixture.mixture_moments(setup, field=EXACT))


def _are_moments(formula: Callable[[Setup], _Moments], setup: Setup) -> bool:
    """Whether E[S] = Σ π_ℓ Λ_ℓ, and A* E[S²] = E[S] for the optimum of the reference, which is invertible."""
    first, second = formula(setup)
    weights, tasks = parts(setup)
    return bool(
        (first == weighted_sum(weights, tasks)).all()
        and (reference.gamma_matrix(setup).Gamma_inv @ second == first).all()
    )


def parts(setup: Setup) -> tuple[list[Fraction], list[Array]]:
    """Return π_ℓ and Λ_ℓ, (d, d)."""
    tasks = setup.mixture or TaskMixture([setup.Lambda], [1])
    rows = [np.vectorize(EXACT.public, otypes=[object])(task.dense(EXACT)) for task in tasks.covariances]
    return [Fraction(weight) for weight in tasks.weights], rows


def mixed(sampling: str | None = None) -> SearchStrategy[Setup]:
    """Draw training setups of up to three tasks, d ≤ 3, commuting or not."""
    return st.builds(lambda tasks, n: Setup(tasks, n=n), mixtures(sampling=sampling), counts(100))


def _other(change: Callable[[Array, list[Fraction], list[Array], Fraction], Array]) -> Callable[[Setup], _Moments]:
    """Return wrong moments: the second is ``change(Λ̄, π, tasks, 1/n)``."""

    def formula(setup: Setup) -> _Moments:
        first = code(setup).first
        return _Moments(first, change(first, *parts(setup), Fraction(1, setup.n)))

    return formula


def weighted_sum(weights: list[Fraction], terms: list[Array]) -> Array:
    """Return Σ_ℓ π_ℓ M_ℓ."""
    return np.asarray(sum(weight * term for weight, term in zip(weights, terms, strict=True)))


def _resampled(sampling: str) -> Callable[[Setup], _Moments]:
    """Return the moments of another sampling model."""

    def formula(setup: Setup) -> _Moments:
        tasks = setup.mixture
        assert tasks is not None
        return code(setup.replace(Lambda=TaskMixture(tasks.covariances, tasks.weights, sampling)))

    return formula


def _model(
    id: str,
    sampling: str,
    title: str,
    statement: str,
    claimed: Callable[[], WordSum],
    wrong_words: dict[str, Callable[[], WordSum]],
    wrong_code: dict[str, Callable[[Setup], _Moments]],
    assumes: str,
) -> Claim:
    return Claim(
        id=id,
        kind=Kind.IDENTITY,
        title=title,
        statement=statement,
        source=Source("theory", "section 10"),
        origin=Origin.DERIVED,
        assumes=("S = (1/n) Σ xᵢxᵢᵀ, xᵢ Gaussian with mean 0", assumes),
        uses=("MOM-01",),
        checks=(
            by_words(
                "E[S²] from pairings by word algebra",
                formula=claimed,
                controls=wrong_words,
                sides=lambda formula: [(square_of(sampling), formula)],
                scope=EVERY_T,
                instance=two_tasks,
            ),
            by_samples(
                "mixture_moments against the optimum from listed moments",
                formula=code,
                controls=wrong_code,
                over=mixed(sampling),
                holds=_are_moments,
                scope="d ≤ 3, at most 3 tasks, n ≤ 100, spectra and full matrices",
                instances=25,
            ),
        ),
    )


_POOLED = _model(
    "MIX-01",
    "pooled",
    "Pooled tasks are one task",
    r"x_i \sim N(0, \bar\Lambda) \ \Longrightarrow\ \mathbb{E}[S] = \bar\Lambda, \quad \mathbb{E}[S^2]"
    r" = \left(1 + \tfrac1n\right)\bar\Lambda^2 + \tfrac{\operatorname{tr}\bar\Lambda}{n}\bar\Lambda,"
    r" \quad \bar\Lambda = \sum_\ell \pi_\ell \Lambda_\ell",
    _pooled,
    {
        "mean square for the square of the mean": lambda: _gamma_like(SQUARES, BAR.trace() * BAR),
        "mean of tr(Λ_ℓ) Λ_ℓ": lambda: _gamma_like(BAR * BAR, TRACED),
        "1/n forgotten": lambda: BAR * BAR + PER_N * BAR.trace() * BAR,
        "1 − 1/n": lambda: _pooled() - 2 * PER_N * BAR * BAR,
    },
    {
        "per prompt": _resampled("per_prompt"),
        "per example": _resampled("per_example"),
        "n + 1 for n": lambda setup: code(setup.replace(n=setup.n + 1)),
    },
    "all samples from the mean covariance",
)

_PER_PROMPT = _model(
    "MIX-02",
    "per_prompt",
    "A task drawn once per prompt",
    r"\mathbb{E}[S] = \bar\Lambda, \qquad \mathbb{E}[S^2] = \sum_\ell \pi_\ell\left[\left(1 + \tfrac1n\right)"
    r"\Lambda_\ell^2 + \tfrac{\operatorname{tr}\Lambda_\ell}{n}\Lambda_\ell\right]",
    _per_prompt,
    {
        "Λ̄² for the mean square": lambda: _gamma_like(BAR * BAR, TRACED),
        "tr(Λ̄) Λ̄ for the mean of tr(Λ_ℓ) Λ_ℓ": lambda: _gamma_like(SQUARES, BAR.trace() * BAR),
        "1/n forgotten": lambda: SQUARES + PER_N * TRACED,
        "factor 2 on the trace": lambda: _per_prompt() + PER_N * TRACED,
        "that of per example": _per_example,
    },
    {
        "pooled": _resampled("pooled"),
        "per example": _resampled("per_example"),
        "Λ̄² for the mean square": _other(
            lambda bar, pi, tasks, per_n: (
                (1 + per_n) * bar @ bar + per_n * weighted_sum(pi, [x * np.trace(x) for x in tasks])
            )
        ),
        "tr(Λ̄) Λ̄ for the mean of tr(Λ_ℓ) Λ_ℓ": _other(
            lambda bar, pi, tasks, per_n: (
                (1 + per_n) * weighted_sum(pi, [x @ x for x in tasks]) + per_n * bar * np.trace(bar)
            )
        ),
        "π² for π": _other(
            lambda bar, pi, tasks, per_n: weighted_sum(
                [p * p for p in pi], [(1 + per_n) * x @ x + per_n * x * np.trace(x) for x in tasks]
            )
        ),
    },
    "given the task, all n samples of a prompt are independent N(0, Λ_ℓ)",
)

_PER_EXAMPLE = _model(
    "MIX-03",
    "per_example",
    "A task drawn anew for every example",
    r"\mathbb{E}[S] = \bar\Lambda, \qquad \mathbb{E}[S^2] = \left(1 - \tfrac1n\right)\bar\Lambda^2 + \tfrac1n"
    r"\sum_\ell \pi_\ell\left(2\Lambda_\ell^2 + \operatorname{tr}(\Lambda_\ell)\,\Lambda_\ell\right)",
    _per_example,
    {
        "1 + 1/n": lambda: _per_example() + 2 * PER_N * BAR * BAR,
        "Λ̄² without −1/n": lambda: _per_example() + PER_N * BAR * BAR,
        "Λ_ℓ² for 2Λ_ℓ²": lambda: _per_example() - PER_N * SQUARES,
        "tr(Λ̄) Λ̄ for the mean of tr(Λ_ℓ) Λ_ℓ": lambda: _per_example() + PER_N * (BAR.trace() * BAR - TRACED),
        "Λ̄² for the mean square": lambda: _per_example() + 2 * PER_N * (BAR * BAR - SQUARES),
        "1/n forgotten": lambda: (1 - PER_N) * BAR * BAR + 2 * SQUARES + TRACED,
    },
    {
        "pooled": _resampled("pooled"),
        "per prompt": _resampled("per_prompt"),
        "n + 1 for n": lambda setup: code(setup.replace(n=setup.n + 1)),
        "Λ_ℓ² for 2Λ_ℓ²": _other(
            lambda bar, pi, tasks, per_n: (
                (1 - per_n) * bar @ bar + per_n * weighted_sum(pi, [x @ x + x * np.trace(x) for x in tasks])
            )
        ),
        "tr(Λ̄) Λ̄ for the mean of tr(Λ_ℓ) Λ_ℓ": _other(
            lambda bar, pi, tasks, per_n: (
                (1 - per_n) * bar @ bar + per_n * (2 * weighted_sum(pi, [x @ x for x in tasks]) + bar * np.trace(bar))
            )
        ),
    },
    "the n samples are independent, each of a task of its own: E xxᵀ = Λ̄",
)

CLAIMS = (_POOLED, _PER_PROMPT, _PER_EXAMPLE)
