"""The quadratic program of task selection: its objective, convexity and certificate (theory section 10)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.engines.certificate import Domain
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import covariances, positives, rationals
from theorycalc.fields import EXACT, Array
from theorycalc.moments.words import WordSum, letter, scalar
from theorycalc.selection import program
from theorycalc.selection.program import SelectionProgram

W = letter("Sigma_inv", symmetric=True)
M, N = letter("M", symmetric=True), letter("N", symmetric=True)
_ONE = scalar("n", 0)
_EVERY_T = "every number of tasks, d, Σ and symmetric Λ_ℓ: M = Σ π_ℓ Λ_ℓ, N = Σ θ_ℓ Λ_ℓ"


class Selection(NamedTuple):
    """A target, tasks, and weights: probabilities π, and any real numbers θ."""

    Sigma: Any
    tasks: list[Any]
    pi: list[Fraction]
    theta: list[Fraction]

    @property
    def d(self) -> int:
        """Feature dimension d."""
        return len(self.Sigma)


def _dense(covariance: Any) -> Array:
    rows = np.array(covariance, dtype=object)
    return np.diag(rows) if rows.ndim == 1 else rows


def ratios(selection: Selection) -> list[Array]:
    """Return Σ⁻¹Λ_ℓ by definition, (d, d) each."""
    inverse = np.vectorize(EXACT.public, otypes=[object])(EXACT.inverse(EXACT.array(_dense(selection.Sigma))))
    return [inverse @ _dense(task) for task in selection.tasks]


def residual(selection: Selection, weights: list[Fraction]) -> Array:
    """Return I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ by definition, (d, d)."""
    mean = sum(weight * ratio for weight, ratio in zip(weights, ratios(selection), strict=True))
    return np.asarray(np.eye(selection.d, dtype=int) - mean)


def _objective(selection: Selection, weights: list[Fraction]) -> Fraction:
    entries = residual(selection, weights)
    return Fraction((entries * entries).sum())


@st.composite
def selections(draw: DrawFn, max_tasks: int = 4) -> Selection:
    """Draw a target and at most four tasks with d ≤ 3, spectra and full matrices; equal tasks one time in six."""
    d, tasks = draw(st.integers(1, 3)), draw(st.integers(1, max_tasks))
    kind: Any = st.one_of(st.lists(positives(high=4, denominator=4), min_size=d, max_size=d), covariances(d))
    drawn = [draw(kind) for _ in range(tasks)]
    if draw(st.integers(0, 5)) == 5:
        drawn = [drawn[0]] * tasks
    parts = draw(st.lists(st.integers(0, 4), min_size=tasks, max_size=tasks).filter(any))
    theta = draw(st.lists(rationals(), min_size=tasks, max_size=tasks))
    return Selection(draw(kind), drawn, [Fraction(part, sum(parts)) for part in parts], theta)


def _code(selection: Selection) -> SelectionProgram:
    return program.selection_program(selection.Sigma, selection.tasks, field=EXACT)


# ------------------------------------------------------------------------------------------------ SEL-01


def _value(mean: WordSum) -> WordSum:
    """Return ‖I − Σ⁻¹M‖_F² by definition."""
    gap = _ONE - W * mean
    return (gap * gap.T).trace()


class _Form(NamedTuple):
    """d − 2 bᵀπ + πᵀHπ by its linear and its bilinear part."""

    b: Callable[[WordSum], WordSum]
    H: Callable[[WordSum, WordSum], WordSum]


def _form(
    b: Callable[[WordSum], WordSum] = lambda task: (W * task).trace(),
    H: Callable[[WordSum, WordSum], WordSum] = lambda one, other: (one * W * W * other).trace(),
) -> _Form:
    return _Form(b, H)


def _form_sides(form: _Form) -> list[tuple[WordSum, WordSum]]:
    """One mean matrix, and two tasks with weights, whose cross terms are 2 π₁π₂ H₁₂."""
    p, q = scalar("p"), scalar("q")
    two = scalar("d") - 2 * (p * form.b(M) + q * form.b(N))
    two = two + p * p * form.H(M, M) + 2 * p * q * form.H(M, N) + q * q * form.H(N, N)
    return [
        (_value(M), scalar("d") - 2 * form.b(M) + form.H(M, M)),
        (_value(p * M + q * N), two),
        (form.H(M, N), form.H(N, M)),
    ]


class _Numbers(NamedTuple):
    """H, b, the value at any θ and the gradient there."""

    H: Array
    b: Array
    value: Any
    gradient: Array


def _numbers(selection: Selection) -> _Numbers:
    found = _code(selection)
    return _Numbers(found.H, found.b, found.value(selection.theta), found.gradient(selection.theta))


def _form_holds(formula: Callable[[Selection], _Numbers], selection: Selection) -> bool:
    """Compare with the squared norm by definition, at θ, at unit vectors and at their sums."""
    H, b, value, gradient = formula(selection)
    T, theta = len(selection.tasks), np.array(selection.theta, dtype=object)
    unit = np.eye(T, dtype=int)

    def f(weights: Array) -> Fraction:
        return _objective(selection, [Fraction(x) for x in weights])

    slopes = [(f(theta + unit[j]) - f(theta - unit[j])) / 2 for j in range(T)]
    mixed = all(
        H[i, j] == (f(unit[i] + unit[j]) - f(unit[i]) - f(unit[j]) + selection.d) / 2
        for i in range(T)
        for j in range(T)
    )
    linear = all(-2 * b[j] == f(unit[j]) - selection.d - H[j, j] for j in range(T))
    return bool(mixed and linear and value == f(theta) and gradient.tolist() == slopes)


def _changed(change: Callable[[Selection, _Numbers], _Numbers]) -> Callable[[Selection], _Numbers]:
    return lambda selection: change(selection, _numbers(selection))


def _gram(product: Callable[[Array, Array, Array], Array]) -> Callable[[Selection], _Numbers]:
    """Return a wrong H, of the traces of ``product(Λ_ℓ, Σ⁻¹, Λ_ℓ')``."""

    def formula(selection: Selection) -> _Numbers:
        (inverse,) = ratios(selection._replace(tasks=[[1] * selection.d]))
        tasks = [_dense(task) for task in selection.tasks]
        entries = [[np.trace(product(one, inverse, other)) for other in tasks] for one in tasks]
        return _numbers(selection)._replace(H=np.array(entries, dtype=object))

    return formula


_OBJECTIVE = Claim(
    id="SEL-01",
    kind=Kind.IDENTITY,
    title="The selection objective is a convex quadratic form",
    statement=r"\Big\lVert I - \Sigma^{-1}\sum_\ell \pi_\ell\Lambda_\ell \Big\rVert_F^2 = d - 2 b^{\mathsf T}\pi"
    r" + \pi^{\mathsf T} H \pi, \quad b_\ell = \operatorname{tr}(\Sigma^{-1}\Lambda_\ell), \quad"
    r" H_{\ell\ell'} = \operatorname{tr}(\Lambda_\ell\Sigma^{-2}\Lambda_{\ell'}), \quad \theta^{\mathsf T} H\theta"
    r" = \Big\lVert \Sigma^{-1}\sum_\ell\theta_\ell\Lambda_\ell\Big\rVert_F^2 \ge 0",
    source=Source("arXiv:2510.03605", "section 4", Known.SECONDARY, note="theory section 10"),
    origin=Origin.DERIVED,
    assumes=("a form that is linear, or bilinear, in Σ π_ℓ Λ_ℓ has the coefficients b_ℓ, or H_{ℓℓ'}, in π",),
    checks=(
        by_words(
            "the squared norm multiplied out, by word algebra",
            part="form",
            formula=_form,
            controls={
                "Σ⁻¹ for Σ⁻² in H": lambda: _form(H=lambda one, other: (one * W * other).trace()),
                "Σ⁻¹Λ_ℓΣ⁻¹Λ_ℓ' in H": lambda: _form(H=lambda one, other: (W * one * W * other).trace()),
                "product of traces in H": lambda: _form(H=lambda one, other: (W * one).trace() * (W * other).trace()),
                "Σ⁻² in b": lambda: _form(b=lambda task: (W * W * task).trace()),
                "½ b": lambda: _form(b=lambda task: Fraction(1, 2) * (W * task).trace()),
                "Λ_ℓ² for Λ_ℓ Λ_ℓ'": lambda: _form(H=lambda one, other: (one * W * W * one).trace()),
            },
            sides=_form_sides,
            scope=_EVERY_T,
        ),
        by_words(
            "second difference as a squared norm, by word algebra",
            part="convex",
            formula=lambda: 2 * (W * N * (W * N).T).trace(),
            controls={
                "2 tr(Σ⁻¹NΣ⁻¹N)": lambda: 2 * (W * N * W * N).trace(),
                "half of it": lambda: Fraction(1) * (W * N * (W * N).T).trace(),
                "at the wrong point": lambda: 2 * (W * M * (W * M).T).trace(),
            },
            sides=lambda claimed: [(_value(M + N) + _value(M - N) - 2 * _value(M), claimed)],
            scope=_EVERY_T,
        ),
        by_samples(
            "selection_program against the squared norm by definition",
            part="form",
            formula=_numbers,
            controls={
                "Σ⁻¹ for Σ⁻² in H": _gram(lambda one, inverse, other: one @ inverse @ other),
                "Σ⁻¹Λ_ℓΣ⁻¹Λ_ℓ' in H": _gram(lambda one, inverse, other: inverse @ one @ inverse @ other),
                "½ b": _changed(lambda selection, found: found._replace(b=found.b / 2)),
                "factor 2 of the gradient": _changed(
                    lambda selection, found: found._replace(gradient=found.gradient / 2)
                ),
                "gradient with + b": _changed(
                    lambda selection, found: found._replace(gradient=found.gradient + 4 * found.b)
                ),
                "square of it": _changed(lambda selection, found: found._replace(value=found.value**2)),
                "value without d": _changed(lambda selection, found: found._replace(value=found.value - selection.d)),
            },
            over=selections(),
            holds=_form_holds,
            scope="d ≤ 3, at most 4 tasks, spectra and full matrices, any real weights",
            instances=30,
        ),
    ),
)


# ------------------------------------------------------------------------------------------------ SEL-02


def _slope(mean: WordSum, direction: WordSum) -> WordSum:
    """Return gᵀθ, g = 2 (Hπ − b): linear in θ."""
    return 2 * (mean * W * W * direction).trace() - 2 * (W * direction).trace()


def _expansion(slope: Callable[[WordSum, WordSum], WordSum]) -> list[tuple[WordSum, WordSum]]:
    """f(ρ) − f(π) = gᵀ(ρ − π) + ‖Σ⁻¹ Σ (ρ − π)_ℓ Λ_ℓ‖²."""
    return [(_value(M + N) - _value(M), slope(M, N) + (W * N * (W * N).T).trace())]


def _gap_terms(term: Callable[[Any, Any, Any], Any]) -> dict[str, Callable[..., Any]]:
    """What task ℓ adds to gᵀ(ρ − π) + gap, with slope g_ℓ = min g + s = max g − r and gap the sum of ``term``.

    As Σ ρ = Σ π, slopes count from min g.
    """
    return {"(ρ − π)(g − min g) + term": lambda pi, rho, s, r: (rho - pi) * s + term(pi, s, r)}


def _descent(share: Callable[[Any, Any], Any]) -> dict[str, Callable[..., Any]]:
    """A step of length t towards the task of least slope changes f by −t gap + t² q: t in (0, 1], and f decreases."""
    return {
        "decrease": lambda gap, q: share(gap, q) * gap - share(gap, q) ** 2 * q,
        "t > 0": share,
        "t ≤ 1": lambda gap, q: 1 - share(gap, q) + gap * 0,
    }


def _least(selection: Selection) -> Fraction:
    """Return the minimum of f over the simplex: every active set, its stationary point in exact rationals."""
    T, tasks = len(selection.tasks), ratios(selection)
    values = []
    for size in range(1, T + 1):
        for support in combinations(range(T), size):
            system = np.full((size + 1, size + 1), Fraction(1), dtype=object)
            system[size, size] = Fraction(0)
            for i, one in enumerate(support):
                for j, other in enumerate(support):
                    system[i, j] = Fraction((tasks[one] * tasks[other]).sum())
            right = np.array([Fraction(np.trace(tasks[ell])) for ell in support] + [Fraction(1)], dtype=object)
            try:
                solution = EXACT.inverse(EXACT.array(system)) @ EXACT.array(right)
            except ZeroDivisionError:  # an optimum with a smaller support exists
                continue
            weights = [Fraction(0)] * T
            for ell, value in zip(support, solution[:size], strict=True):
                weights[ell] = Fraction(EXACT.public(value))
            if min(weights) >= 0:
                values.append(_objective(selection, weights))
    return min(values)


_Gap = Callable[[SelectionProgram, list[Fraction]], Fraction]


def _gap_holds(formula: _Gap, selection: Selection) -> bool:
    """Whether the gap bounds what π loses to the optimum by active sets, and is 0 exactly at an optimum."""
    found = _code(selection)
    loss = _objective(selection, selection.pi) - _least(selection)
    gap = formula(found, selection.pi)
    return 0 <= loss <= gap and (gap == 0) == (loss == 0) and gap == _slope_spread(found, selection.pi)


def _slope_spread(found: SelectionProgram, pi: list[Fraction]) -> Fraction:
    """Return the largest decrease per unit step towards a vertex: max over ℓ of −gᵀ(e_ℓ − π)."""
    H, b = found.H, found.b
    g = [2 * (sum(H[i, j] * pi[j] for j in range(len(pi))) - b[i]) for i in range(len(pi))]
    return max(sum((p * (mine - other) for p, mine in zip(pi, g, strict=True)), Fraction(0)) for other in g)


def _of_gradient(change: Callable[[Any, list[Fraction]], Any]) -> _Gap:
    return lambda found, pi: Fraction(change(found.gradient(pi), pi))


_CERTIFICATE = Claim(
    id="SEL-02",
    kind=Kind.TIGHT,
    title="The duality gap certifies an optimal selection",
    statement=r"f(\rho) - f(\pi) = g^{\mathsf T}(\rho - \pi) + \Big\lVert \Sigma^{-1}\sum_\ell (\rho - \pi)_\ell"
    r"\Lambda_\ell\Big\rVert_F^2, \quad g = 2(H\pi - b), \quad\text{hence}\quad f(\pi) - \min f \le"
    r" \pi^{\mathsf T} g - \min_\ell g_\ell, \quad\text{and } \pi \text{ is optimal iff the right side is } 0",
    source=Source("theory", "section 10"),
    origin=Origin.DERIVED,
    assumes=(
        "π and ρ are probabilities",
        "the gap is a sum over tasks, Σ π_ℓ (g_ℓ − min g)",
        "πᵀg = min g is KKT: slopes equal ν = min g on the support of π, and at least ν off it",
    ),
    uses=("SEL-01",),
    checks=(
        by_words(
            "f(ρ) − f(π) expanded at π, by word algebra",
            part="expansion",
            formula=lambda: _slope,
            controls={
                "factor 2 of g": lambda: lambda mean, direction: Fraction(1, 2) * _slope(mean, direction),
                "g at ρ": lambda: lambda mean, direction: _slope(mean + direction, direction),
                "g = 2Hπ − b": lambda: lambda mean, direction: _slope(mean, direction) + (W * direction).trace(),
                "Σ⁻¹ for Σ⁻²": lambda: (
                    lambda mean, direction: 2 * (mean * W * direction).trace() - 2 * (W * direction).trace()
                ),
            },
            sides=_expansion,
            scope=_EVERY_T + ", θ = ρ − π",
        ),
        by_certificate(
            "gᵀ(ρ − π) ≥ −gap task by task, by certificate",
            part="gap",
            formula=lambda pi, s, r: pi * s,
            controls={
                "max for min": lambda pi, s, r: pi * r,
                "half the gap": lambda pi, s, r: pi * s / 2,
                "½ (g − min g), without π": lambda pi, s, r: s / 2,
                "squared weights": lambda pi, s, r: pi * pi * s,
            },
            gaps=_gap_terms,
            domain=Domain(nonnegative=("pi", "rho", "s", "r")),
            scope="every π_ℓ, ρ_ℓ, g_ℓ − min g and max g − g_ℓ ≥ 0; the sum over any number of tasks",
        ),
        by_certificate(
            "a positive gap is no optimum, by certificate",
            part="sharp",
            formula=lambda gap, q: gap / (gap + q),
            controls={
                "t = 1": lambda gap, q: gap / gap,
                "t = gap/q": lambda gap, q: gap / q,
                "t = 2 gap/(gap + q)": lambda gap, q: 2 * gap / (gap + q),
            },
            gaps=_descent,
            strict=("decrease", "t > 0"),
            domain=Domain(positive=("gap", "q")),
            scope="every gap > 0 and q = ‖·‖² > 0; at q = 0 the step t = 1 decreases f by the gap",
        ),
        by_samples(
            "duality_gap against the optimum by all active sets",
            part="gap",
            formula=lambda found, pi: found.duality_gap(pi),
            controls={
                "max for min": _of_gradient(lambda g, pi: max(g) - sum(p * x for p, x in zip(pi, g, strict=True))),
                "least slope on the support": _of_gradient(
                    lambda g, pi: (
                        sum(p * x for p, x in zip(pi, g, strict=True))
                        - min(x for p, x in zip(pi, g, strict=True) if p > 0)
                    )
                ),
                "half the gap": lambda found, pi: found.duality_gap(pi) / 2,
                "spread of the slopes": _of_gradient(lambda g, pi: max(g) - min(g)),
                "gap at equal weights": lambda found, pi: found.duality_gap([Fraction(1, len(pi))] * len(pi)),
            },
            over=selections(),
            holds=_gap_holds,
            scope="d ≤ 3, at most 4 tasks, equal ones included, spectra and full matrices",
            instances=40,
        ),
    ),
)

CLAIMS = (_OBJECTIVE, _CERTIFICATE)
