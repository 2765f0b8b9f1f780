"""How hard a task is (theory sections 1, 4 and 9)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.lemmas import contraction, gamma
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Matrix, positives, rationals, setups, spectra
from theorycalc import hardness, reference
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar

_BITS = 80


def _hard(spectrum: list[Fraction]) -> Fraction:
    return Fraction(hardness.task_hardness(spectrum, field=EXACT))


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
        by_certificate(
            "each eigenvalue counts at least 1, and exactly 1 only if it is λ_min",
            formula=Fraction(1),
            controls={
                "d + 1 in all, at d = 2": Fraction(3, 2),
                "1/d, which is no equality": Fraction(1, 2),
                "no share": Fraction(0),
            },
            gaps=lambda least: {
                "share": lambda e, u: (e + u) / e - least,
                "strict": lambda e, u: ((e + u) / e - least) / u,
            },
            strict=("strict",),
            equal=lambda least: {"λ = λ_min": (lambda e, u: e / e, lambda e, u: least)},
            domain=Domain(positive=("e",), nonnegative=("u",)),
            scope="every λ ≥ λ_min > 0; Hard − d is a sum of d such terms",
        ),
        by_samples(
            "the bound d and its cases of equality",
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
            formula=_hard,
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
Factor = Callable[[Any, Any, Any, Any], Any]  # (σ, λ, tr Λ, n)
_DIRECTION = Domain(positive=("e", "f"), nonnegative=("v", "w"))  # λ, σ, the rest of tr Λ, n − 1


def _factor(sigma: Any, lam: Any, trace: Any, n: Any) -> Any:
    """(γ − σ)/γ with γ − σ = (λ − σ) + (λ + tr Λ)/n, as it is computed."""
    return ((lam - sigma) + (lam + trace) / n) / gamma(lam, trace, n)


_FACTORS_WRONG: Mapping[str, Factor] = {
    "σ/λ for σ/γ": lambda sigma, lam, t, n: 1 - sigma / lam,
    "γ/σ": lambda sigma, lam, t, n: 1 - gamma(lam, t, n) / sigma,
    "λ/γ": lambda sigma, lam, t, n: contraction(lam, t, n),
    "n + 1 for n": lambda sigma, lam, t, n: _factor(sigma, lam, t, n + 1),
    "γ without the trace": lambda sigma, lam, t, n: 1 - sigma / ((1 + 1 / n) * lam),
}


def _factor_sides(formula: Factor) -> dict[str, tuple[Expression, Expression]]:
    return {
        "1 − σ/γ": (
            lambda e, f, v, w: formula(f, e, e + v, 1 + w),
            lambda e, f, v, w: 1 - f / ((1 + 1 / (1 + w)) * e + (e + v) / (1 + w)),
        ),
        "matched": (
            lambda e, f, v, w: formula(e, e, e + v, 1 + w),
            lambda e, f, v, w: 1 / (1 + (1 + w) * e / (2 * e + v)),
        ),
    }


def _squared_sides(step: Callable[[WordSum], WordSum]) -> list[tuple[WordSum, WordSum]]:
    """Base Rᵏ(Rᵏ)ᵀ = I at k = 0, and from F at k to R F Rᵀ at k + 1: all letters commute, as Γ and Σ do."""
    A, Sigma, F = (letter(name, symmetric=True) for name in ("A", "Sigma", "F"))
    R, one = 1 - A * Sigma, scalar("n", 0)
    return [
        ((R * power * R.T).commute(("A", "Sigma", "F")), (power * step(A * Sigma)).commute(("A", "Sigma", "F")))
        for power in (one, F)
    ]


def _sums_to_error(formula: Callable[[Setup], Any], setup: Setup) -> bool:
    """Whether the factors are below 1 and their even powers sum to the population error."""
    factors = formula(setup)
    limit = reference.expected_error(setup.replace(m=None), _STEPS).values
    powers = [sum((factor ** (2 * k) for factor in factors), Fraction(0)) for k in range(_STEPS + 1)]
    return bool(max(factors) < 1 and powers == limit.tolist())


def _of_setup(formula: Factor) -> Callable[[Setup], list[Fraction]]:
    def factors(setup: Setup) -> list[Fraction]:
        lam, sigma = setup.Lambda.entries.tolist(), setup.Sigma.entries.tolist()
        return [formula(s, x, sum(lam), Fraction(setup.n)) for s, x in zip(sigma, lam, strict=True)]

    return factors


_CONTRACTION = Claim(
    id="HRD-02",
    kind=Kind.IDENTITY,
    title="Contraction factors and the population error",
    statement=r"\lim_{m\to\infty} E_k = \sum_i \left(1 - \frac{\sigma_i}{\gamma_i}\right)^{2k}, \qquad"
    r" 1 - \frac{\sigma_i}{\gamma_i} < 1, \qquad 1 - \frac{\lambda_i}{\gamma_i} = \Big(1 + \frac{n\lambda_i}{\lambda_i"
    r" + \operatorname{tr}\Lambda}\Big)^{-1}",
    source=Source("theory", "sections 4 and 9"),
    origin=Origin.DERIVED,
    assumes=(
        "Λ and Σ are spectra in one basis",
        "w* ~ N(0, I), w₀ = 0, P = I",
        "S → Σ as m → ∞ at fixed d and k",
    ),
    checks=(
        by_words(
            "Rᵏ(Rᵏ)ᵀ = (I − AΣ)^{2k} by induction over k",
            formula=lambda: lambda ratio: (1 - ratio) * (1 - ratio),
            controls={
                "not squared": lambda: lambda ratio: 1 - ratio,
                "1 − (AΣ)²": lambda: lambda ratio: 1 - ratio * ratio,
                "(I + AΣ)²": lambda: lambda ratio: (1 + ratio) * (1 + ratio),
            },
            sides=_squared_sides,
            scope="every d, every k, commuting Γ and Σ; the trace is the sum over the shared eigenbasis",
        ),
        by_certificate(
            "the factor of one direction, and its matched form",
            formula=_factor,
            controls=_FACTORS_WRONG,
            gaps=lambda formula: {"below 1": lambda e, f, v, w: 1 - formula(f, e, e + v, 1 + w)},
            strict=("below 1",),
            equal=_factor_sides,
            domain=_DIRECTION,
            scope="every λ, σ > 0, tr Λ ≥ λ, n ≥ 1",
        ),
        by_samples(
            "contraction_factors against the reference at m = ∞",
            formula=lambda setup: hardness.contraction_factors(setup, field=EXACT).factors,
            controls={name: _of_setup(wrong) for name, wrong in _FACTORS_WRONG.items()},
            over=setups(max_d=4, max_m=1, max_n=10**4, spectra_only=True, paper=True),
            holds=_sums_to_error,
            scope=f"spectra with d ≤ 4, n ≤ 10⁴, k ≤ {_STEPS}",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ HRD-03

Added = Callable[[Any, Any, Any, bool], Any]  # (Hard, λ_min, δ, whether δ <= λ_min) -> Hard with the new skill


def _added(hard: Any, least: Any, delta: Any, weakest: bool) -> Any:
    return 1 + hard * least / delta if weakest else hard + delta / least


_ADDED_WRONG: Mapping[str, Added] = {
    "δ/λ_min even below λ_min": lambda hard, least, delta, weakest: hard + delta / least,
    "own share forgotten": lambda hard, least, delta, weakest: (
        hard * least / delta if weakest else hard + delta / least
    ),
    "Hard + 1 below λ_min": lambda hard, least, delta, weakest: hard + (1 if weakest else delta / least),
    "λ_min/δ above λ_min": lambda hard, least, delta, weakest: (
        1 + hard * least / delta if weakest else hard + least / delta
    ),
}


def _added_sides(formula: Added) -> dict[str, tuple[Expression, Expression]]:
    """Trace t = λ_min + v; the new skill is f above λ_min = e, or e while λ_min = e + f."""
    return {
        "weakest": (
            lambda e, f, v, s: (e + f + v + e) / e,
            lambda e, f, v, s: formula((e + f + v) / (e + f), e + f, e, True),
        ),
        "between": (
            lambda e, f, v, s: (e + v + (e + f)) / e,
            lambda e, f, v, s: formula((e + v) / e, e, e + f, False),
        ),
    }


def _added_gaps(formula: Added) -> dict[str, Expression]:
    def rise(e: Any, f: Any, v: Any, s: Any) -> Any:
        return formula((e + f + v) / (e + f), e + f, e, True) - (e + f + v) / (e + f) - 1

    return {
        "weakest": rise,
        "weakest, δ < λ_min": lambda e, f, v, s: rise(e, f, v, s) / f,
        "between": lambda e, f, v, s: formula((e + v) / e, e, e + f, False) - (e + v) / e - 1,
        "between, δ > λ_min": lambda e, f, v, s: (formula((e + v) / e, e, e + f, False) - (e + v) / e - 1) / f,
        "any size: δ ≤ λ_min/(s + 1) gives 1 + d (s + 1)": lambda e, f, v, s: (
            formula((e + f + v) / (e + f), e + f, (e + f) / (s + 1), True) - (1 + (s + 1) * (e + f + v) / (e + f))
        ),
    }


def _is_hardness_added(formula: Added, instance: tuple[list[Fraction], Fraction]) -> bool:
    spectrum, delta = instance
    old, new, least = _hard(spectrum), _hard([*spectrum, delta]), min(spectrum)
    rises = new >= old + 1 and (new == old + 1) == (delta == least)
    return bool(rises and new == formula(old, least, delta, delta <= least))


_CHANGED = Claim(
    id="HRD-03",
    kind=Kind.IDENTITY,
    title="Hardness has no scale; a new skill adds at least 1 to it, a weak one as much as one likes",
    statement=r"\mathrm{Hard}(c\Lambda) = \mathrm{Hard}(\Lambda) \ (c > 0); \quad \Lambda' = \Lambda \text{ with one"
    r" more eigenvalue } \delta:\ \mathrm{Hard}(\Lambda') = 1 + \frac{\operatorname{tr}\Lambda}{\delta} \text{ if }"
    r" \delta \le \lambda_{\min}, \ \mathrm{Hard}(\Lambda) + \frac{\delta}{\lambda_{\min}} \text{ otherwise; so }"
    r" \mathrm{Hard}(\Lambda') \ge \mathrm{Hard}(\Lambda) + 1 \text{ with equality iff } \delta = \lambda_{\min},"
    r" \text{ and } \mathrm{Hard}(\Lambda') \to \infty \text{ as } \delta \to 0",
    source=Source("theory", "section 1"),
    origin=Origin.OURS,
    assumes=("Λ ≻ 0, δ > 0",),
    uses=("HRD-01",),
    checks=(
        by_certificate(
            "Hard(cΛ) = c⁰ Hard(Λ)",
            part="scale",
            formula=0,
            controls={"c Hard(Λ)": 1, "Hard(Λ)/c": -1, "c² Hard(Λ)": 2},
            gaps=lambda power: {},
            equal=lambda power: {
                "scaled": (
                    lambda e, f, v, s: (s * e + s * v) / (s * e),
                    lambda e, f, v, s: s**power * ((e + v) / e),
                )
            },
            domain=Domain(positive=("e", "s"), nonnegative=("f", "v")),
            scope="every λ_min > 0, tr Λ ≥ λ_min, c > 0",
        ),
        by_samples(
            "task_hardness of c Λ",
            part="scale",
            formula=lambda spectrum, c: _hard(spectrum),
            controls={
                "c Hard(Λ)": lambda spectrum, c: c * _hard(spectrum),
                "Hard(Λ)/c": lambda spectrum, c: _hard(spectrum) / c,
            },
            over=st.tuples(spectra(6), positives()),
            holds=lambda formula, instance: bool(
                formula(*instance) == _hard([instance[1] * lam for lam in instance[0]])
            ),
            scope="spectra with d ≤ 6, c in [1/9, 9]",
        ),
        by_certificate(
            "one more eigenvalue, below or above λ_min",
            part="new skill",
            formula=_added,
            controls=_ADDED_WRONG,
            gaps=_added_gaps,
            strict=("weakest, δ < λ_min", "between, δ > λ_min"),
            equal=_added_sides,
            domain=Domain(positive=("e", "s"), nonnegative=("f", "v")),
            scope="every λ_min, δ > 0 in either order, tr Λ ≥ λ_min",
        ),
        by_samples(
            "task_hardness with one more eigenvalue",
            part="new skill",
            formula=_added,
            controls=_ADDED_WRONG,
            over=st.tuples(spectra(6), positives()),
            holds=_is_hardness_added,
            scope="spectra with d ≤ 6, δ in [1/9, 9]",
        ),
    ),
)

CLAIMS = (_HARDNESS, _CONTRACTION, _CHANGED)
