"""Hypothesis strategies for exact problems, public: spectra, matrices, pairs, mixtures, setups and prompts.

Everything is drawn in small rationals, so that predicates can be exact; a matrix with a chosen spectrum is rotated by
a rational rotation (Cayley's).  Shrinking leads to small dimensions, small numerators and the identity rotation.

>>> from hypothesis import find
>>> find(with_spectrum([1, 2]), lambda matrix: True)
[[Fraction(1, 1), Fraction(0, 1)], [Fraction(0, 1), Fraction(2, 1)]]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from theorycalc.fields import EXACT, Array
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture

Matrix = list[list[Fraction]]


def rationals(low: int = -3, high: int = 3, *, denominator: int = 4) -> SearchStrategy[Fraction]:
    """Draw a rational in [low, high] with a small denominator."""
    return st.fractions(min_value=low, max_value=high, max_denominator=denominator)


def positives(*, high: int = 9, denominator: int = 9) -> SearchStrategy[Fraction]:
    """Draw a rational in [1/denominator, high]."""
    return st.builds(Fraction, st.integers(1, high), st.integers(1, denominator))


def counts(high: int = 10**6) -> SearchStrategy[int]:
    """Draw an integer in [1, high], every order of magnitude about equally often."""
    tens = [10**i for i in range(len(str(high))) if 10**i <= high]
    return st.sampled_from(tens).flatmap(lambda low: st.integers(low, min(10 * low, high)))


@st.composite
def spectra(draw: DrawFn, max_d: int = 4) -> list[Fraction]:
    """Draw d <= max_d eigenvalues; isotropic ones one time in four."""
    d = draw(st.integers(1, max_d))
    if draw(st.integers(0, 3)) == 3:
        return [draw(positives())] * d
    return draw(st.lists(positives(), min_size=d, max_size=d))


@st.composite
def covariances(draw: DrawFn, d: int) -> Matrix:
    """Draw a positive definite (d, d) matrix B Bᵀ + δ I of rationals, diagonal only by chance."""
    B = [[draw(rationals(-2, 2, denominator=2)) for _ in range(d)] for _ in range(d)]
    shift = draw(positives(high=2, denominator=3))
    return [
        [sum((x * y for x, y in zip(B[i], B[j], strict=True)), shift * (i == j)) for j in range(d)] for i in range(d)
    ]


def squares(d: int) -> SearchStrategy[Matrix]:
    """Draw any (d, d) matrix of small rationals."""
    return st.lists(st.lists(rationals(), min_size=d, max_size=d), min_size=d, max_size=d)


@st.composite
def rotations(draw: DrawFn, d: int) -> Matrix:
    """Draw a rational rotation U = (I − K)(I + K)⁻¹, K antisymmetric: U Uᵀ = I exactly."""
    K = np.full((d, d), Fraction(0), dtype=object)
    for i in range(d):
        for j in range(i):
            K[i, j] = draw(rationals(-2, 2, denominator=2))
            K[j, i] = -K[i, j]
    one = EXACT.array(np.eye(d, dtype=int))
    skew = EXACT.array(K)
    return _fractions((one - skew) @ EXACT.inverse(one + skew))


@st.composite
def with_spectrum(draw: DrawFn, spectrum: Sequence[Any]) -> Matrix:
    """Draw a symmetric matrix U diag(spectrum) Uᵀ that has this spectrum exactly."""
    U = np.array(draw(rotations(len(spectrum))), dtype=object)
    return _fractions((U * np.array([Fraction(x) for x in spectrum], dtype=object)) @ U.T)


@st.composite
def commuting_pairs(draw: DrawFn, d: int) -> tuple[Matrix, Matrix]:
    """Draw two positive definite (d, d) matrices with one set of eigenvectors, seldom diagonal."""
    U = np.array(draw(rotations(d)), dtype=object)
    first, second = (np.array(draw(st.lists(positives(), min_size=d, max_size=d)), dtype=object) for _ in range(2))
    return _fractions((U * first) @ U.T), _fractions((U * second) @ U.T)


def non_commuting_pairs(d: int) -> SearchStrategy[tuple[Matrix, Matrix]]:
    """Draw two positive definite (d, d) matrices, d >= 2, that do not commute."""
    if d < 2:
        raise ValueError(f"d = {d}: matrices of one row commute; use d >= 2")
    return st.tuples(covariances(d), covariances(d)).filter(lambda pair: not _commute(*pair))


@st.composite
def mixtures(
    draw: DrawFn, *, max_d: int = 3, max_tasks: int = 3, sampling: str | None = None, spectra_only: bool = False
) -> TaskMixture:
    """Draw a mixture of tasks, weights summing to 1 exactly, under the given or any sampling model."""
    d, tasks = draw(st.integers(1, max_d)), draw(st.integers(1, max_tasks))
    spectrum: SearchStrategy[Any] = st.lists(positives(), min_size=d, max_size=d)
    kind: SearchStrategy[Any] = spectrum if spectra_only else st.one_of(spectrum, covariances(d))
    parts = [draw(st.integers(1, 6)) for _ in range(tasks)]
    model = draw(st.sampled_from(SAMPLING_MODELS)) if sampling is None else sampling
    return TaskMixture([draw(kind) for _ in parts], [Fraction(part, sum(parts)) for part in parts], model)


def _fractions(matrix: Array) -> Matrix:
    return [[Fraction(EXACT.public(EXACT.number(x))) for x in row] for row in matrix.tolist()]


def _commute(first: Matrix, second: Matrix) -> bool:
    A, B = (np.array(matrix, dtype=object) for matrix in (first, second))
    return bool((A @ B == B @ A).all())


@st.composite
def training_setups(draw: DrawFn, max_d: int = 4, max_n: int = 10**4) -> Setup:
    """Draw Λ (a spectrum or a full matrix) and n."""
    d = draw(st.integers(1, max_d))
    Lambda: Any = draw(st.one_of(st.lists(positives(), min_size=d, max_size=d), covariances(d)))
    return Setup(Lambda, n=draw(counts(max_n)))


@st.composite
def setups(
    draw: DrawFn, *, max_d: int, max_m: int, max_n: int = 100, spectra_only: bool = False, paper: bool = False
) -> Setup:
    """Draw a whole problem: Λ, n, Σ (matched, commuting or not), m, and unless ``paper`` Ω, w₀ and σ² too."""
    d = draw(st.integers(1, max_d))
    spectrum: SearchStrategy[Any] = st.lists(positives(), min_size=d, max_size=d)
    kind: SearchStrategy[Any] = spectrum if spectra_only else st.one_of(spectrum, covariances(d))
    general: dict[str, Any] = {}
    if not paper:
        general = {
            "Omega": draw(st.one_of(st.none(), kind)),
            "w_0": draw(st.one_of(st.none(), st.lists(rationals(), min_size=d, max_size=d))),
            "noise_var": draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(3)])),
        }
    return Setup(
        draw(kind),
        n=draw(counts(max_n)),
        Sigma=draw(st.one_of(st.none(), kind)),
        m=draw(st.integers(1, max_m)),
        **general,
    )


@dataclass(frozen=True)
class Prompt:
    """One test prompt: X (d, m), task weights, and the setup that fixes Γ and the start."""

    setup: Setup
    X: Matrix
    w_star: list[Fraction]

    @property
    def y(self) -> list[Fraction]:
        """The labels Xᵀ w*, (m,)."""
        return [
            sum((w * row[j] for w, row in zip(self.w_star, self.X, strict=True)), Fraction(0)) for j in range(self.m)
        ]

    @property
    def m(self) -> int:
        """Number of examples."""
        return len(self.X[0])


@st.composite
def prompts(draw: DrawFn, *, max_d: int = 3, max_m: int = 4) -> Prompt:
    """Draw a prompt without label noise, its weights and a start."""
    trained = draw(training_setups(max_d, 100))
    d, m = trained.d, draw(st.integers(1, max_m))
    vector = st.lists(rationals(), min_size=d, max_size=d)
    X = draw(st.lists(st.lists(rationals(), min_size=m, max_size=m), min_size=d, max_size=d))
    return Prompt(trained.replace(w_0=draw(vector)), X, draw(vector))
