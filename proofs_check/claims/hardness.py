"""How hard a task is (theory sections 1, 4 and 9)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Matrix, rationals, setups, spectra
from theorycalc import hardness, reference
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.model import Setup

_BITS = 80


def _is_hardness(formula: Callable[[list[Fraction]], Any], spectrum: list[Fraction]) -> bool:
    """Whether the value is tr Λ/λ_min, at least d, and d exactly for equal eigenvalues."""
    value, d = formula(spectrum), len(spectrum)
    ratio = sum((lam / min(spectrum) for lam in spectrum), Fraction(0))
    return bool(value == ratio and value >= d and (value == d) == (len(set(spectrum)) == 1))


def _is_least(formula: Callable[[list[Fraction]], Any], spectrum: list[Fraction]) -> bool:
    """Whether Hard(Λ) is at least the claimed lower bound, with equality exactly for equal eigenvalues."""
    hard, bound = hardness.task_hardness(spectrum), formula(spectrum)
    return bool(hard >= bound and (hard == bound) == (len(set(spectrum)) == 1))


@st.composite
def _rotated(draw: DrawFn) -> tuple[list[Fraction], Matrix]:
    """Draw a spectrum (d = 2 or 3) and a matrix with these eigenvalues: a rational reflection of the diagonal one."""
    spectrum = draw(spectra(3).filter(lambda values: len(values) > 1))
    axis = np.array([Fraction(1), *draw(st.lists(rationals(), min_size=len(spectrum) - 1, max_size=len(spectrum) - 1))])
    mirror = np.eye(len(spectrum), dtype=int) - 2 * np.outer(axis, axis) / (axis @ axis)
    return spectrum, (mirror @ np.diag(np.array(spectrum, dtype=object)) @ mirror.T).tolist()


def _encloses(formula: Callable[[Matrix], Any], instance: tuple[list[Fraction], Matrix]) -> bool:
    """Whether the ball of the matrix holds the value of its spectrum, and is narrow."""
    spectrum, matrix = instance
    ball = formula(matrix)
    truth = sum(spectrum) / min(spectrum)
    if not isinstance(ball, Ball):
        return bool(ball == truth)
    return truth in ball and ball.rad <= truth / 2 ** (_BITS - 16)


_HARDNESS = Claim(
    id="HRD-01",
    kind=Kind.LOWER,
    title="Hardness is at least the dimension",
    statement=r"\mathrm{Hard}(\Lambda) = \frac{\operatorname{tr}\Lambda}{\lambda_{\min}(\Lambda)} \ge d,"
    r" \quad\text{with equality iff } \Lambda = \lambda I",
    source=Source("arXiv:2510.03605", "section 3, definition", Known.SECONDARY, note="theory section 1"),
    origin=Origin.DERIVED,
    assumes=("Λ ≻ 0",),
    checks=(
        by_samples(
            "the bound d and its cases of equality",
            part="bound",
            formula=lambda spectrum: Fraction(len(spectrum)),
            controls={
                "d + 1": lambda spectrum: Fraction(len(spectrum) + 1),
                "condition number times d": lambda spectrum: len(spectrum) * max(spectrum) / min(spectrum),
                "1, which is no equality": lambda spectrum: Fraction(1),
            },
            over=spectra(8),
            holds=_is_least,
            scope="spectra with d ≤ 8",
        ),
        by_samples(
            "task_hardness of spectra by definition",
            part="value",
            formula=lambda spectrum: hardness.task_hardness(spectrum, field=EXACT),
            controls={
                "λ_max for λ_min": lambda spectrum: sum(spectrum) / max(spectrum),
                "condition number": lambda spectrum: max(spectrum) / min(spectrum),
                "last eigenvalue for the smallest": lambda spectrum: sum(spectrum) / spectrum[-1],
                "trace without the smallest": lambda spectrum: (sum(spectrum) - min(spectrum)) / min(spectrum),
            },
            over=spectra(8),
            holds=_is_hardness,
            scope="spectra with d ≤ 8",
        ),
        by_samples(
            "task_hardness of matrices in balls against their known spectrum",
            part="value",
            formula=lambda matrix: hardness.task_hardness(matrix, field=BALL(_BITS)),
            controls={
                "smallest diagonal entry for λ_min": lambda matrix: (
                    sum(row[i] for i, row in enumerate(matrix)) / min(row[i] for i, row in enumerate(matrix))
                ),
                "condition number": lambda matrix: hardness.condition_number(matrix, field=BALL(_BITS)),
                "of the inverse": lambda matrix: hardness.task_hardness(
                    np.vectorize(EXACT.public, otypes=[object])(EXACT.inverse(EXACT.array(np.array(matrix)))),
                    field=BALL(_BITS),
                ),
            },
            over=_rotated(),
            holds=_encloses,
            scope=f"d = 2 and 3, full matrices with rational spectrum, relative radius below 2^−{_BITS - 16}",
            instances=25,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ HRD-02

_STEPS = 3


def _sums_to_error(formula: Callable[[Setup], Any], setup: Setup) -> bool:
    """Whether the factors are below 1 and their even powers sum to the population error."""
    factors = formula(setup)
    limit = reference.expected_error(setup.replace(m=None), _STEPS).values
    powers = [sum((factor ** (2 * k) for factor in factors), Fraction(0)) for k in range(_STEPS + 1)]
    return bool(max(factors) < 1 and powers == limit.tolist())


def _ratios(change: Callable[[Setup, int], Fraction]) -> Callable[[Setup], list[Fraction]]:
    return lambda setup: [1 - change(setup, i) for i in range(setup.d)]


def _gamma(setup: Setup, i: int) -> Fraction:
    trace = sum(setup.Lambda.entries.tolist(), Fraction(0))
    return Fraction((1 + Fraction(1, setup.n)) * setup.Lambda.entries[i] + trace / setup.n)


_CONTRACTION = Claim(
    id="HRD-02",
    kind=Kind.IDENTITY,
    title="Contraction factors and the population error",
    statement=r"\lim_{m\to\infty} E_k = \sum_i \left(1 - \frac{\sigma_i}{\gamma_i}\right)^{2k}, \qquad"
    r" 1 - \frac{\sigma_i}{\gamma_i} < 1",
    source=Source("theory", "sections 4 and 9"),
    origin=Origin.DERIVED,
    assumes=("Λ and Σ are spectra in one basis", "w* ~ N(0, I), w₀ = 0, P = I"),
    checks=(
        by_samples(
            "contraction_factors against the reference at m = ∞",
            formula=lambda setup: hardness.contraction_factors(setup, field=EXACT).factors,
            controls={
                "σ/λ for σ/γ": _ratios(lambda setup, i: setup.Sigma.entries[i] / setup.Lambda.entries[i]),
                "γ/σ": _ratios(lambda setup, i: _gamma(setup, i) / setup.Sigma.entries[i]),
                "λ/γ": _ratios(lambda setup, i: setup.Lambda.entries[i] / _gamma(setup, i)),
                "n + 1 for n": lambda setup: hardness.contraction_factors(setup.replace(n=setup.n + 1)).factors,
            },
            over=setups(max_d=4, max_m=1, max_n=10**4, spectra_only=True, paper=True),
            holds=_sums_to_error,
            scope=f"spectra with d ≤ 4, n ≤ 10⁴, k ≤ {_STEPS}",
        ),
    ),
)

CLAIMS = (_HARDNESS, _CONTRACTION)
