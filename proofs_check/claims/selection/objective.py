"""The true objective of selection: where it is convex, and a program whose value bounds it (theory section 10)."""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness, by_words
from proofs_check.engines.certificate import Domain
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, covariances, positives
from theorycalc import reference
from theorycalc.fields import EXACT
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments.words import Letter, WordSum, letter
from theorycalc.results import Metric, Rung
from theorycalc.selection import convexity, corrected
from theorycalc.selection.descent import Stationary
from theorycalc.selection.objective import TrueObjective

# ------------------------------------------------------------------------------------------------ SEL-08


def _bend(k: Any, sigma: Any, gamma: Any) -> Any:
    """(2k − 1) r'² + r r'', which is (r^{2k})''/(2k r^{2k−2}), for r = 1 − σ/γ, r' = σ/γ², r'' = −2σ/γ³."""
    first, second = sigma / gamma**2, -2 * sigma / gamma**3
    return (2 * k - 1) * first**2 + (1 - sigma / gamma) * second


def _turning(turn: Any) -> dict[str, Any]:
    """The bend before and after ``turn(k, σ)``, k = ½ + κ."""
    return {
        "bend before": lambda sigma, kappa, y: _bend(kappa + 1, sigma, turn(kappa + 1, sigma) / (1 + y)),
        "minus the bend after": lambda sigma, kappa, y: -_bend(kappa + 1, sigma, turn(kappa + 1, sigma) * (1 + y)),
    }


def _root_at(level: Any) -> dict[str, Any]:
    """r at and beyond γ = (k + ½) σ against ``level(k)``, k = 1 + κ."""
    return {
        "r − level beyond": lambda sigma, kappa, y: (
            1 - sigma / ((kappa + Fraction(3, 2)) * sigma * (1 + y)) - level(kappa + 1)
        ),
        "level": lambda sigma, kappa, y: level(kappa + 1) + 0 * (sigma + y),
    }


class _Mixed(NamedTuple):
    """A target and tasks that are spectra, n, k, a mixture that is judged and others that might be better."""

    Sigma: list[Fraction]
    tasks: list[list[Fraction]]
    n: int
    k: int
    pi: list[Fraction]
    others: list[list[Fraction]]


@st.composite
def _mixed(draw: DrawFn) -> _Mixed:
    corners = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    if draw(st.integers(0, 3)) == 0:  # two local minima
        read = [[Fraction(x) for x in text.split()] for text in ("1/4 1/4", "8 1", "1 3")]
        return _Mixed(read[0], read[1:], draw(st.integers(50, 200)), draw(st.integers(1, 4)), corners[0], corners)
    d, T = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    spectrum = st.lists(positives(high=4, denominator=4), min_size=d, max_size=d)
    shares = st.lists(st.integers(0, 4), min_size=T, max_size=T).filter(any)
    mixtures = [
        [Fraction(share, sum(parts)) for share in parts] for parts in draw(st.lists(shares, min_size=4, max_size=4))
    ]
    corners = [[Fraction(int(i == j)) for j in range(T)] for i in range(T)]
    tasks = [draw(spectrum) for _ in range(T)]
    n, k = draw(counts(100)), draw(st.integers(1, 4))
    return _Mixed(draw(spectrum), tasks, n, k, mixtures[0], [*mixtures[1:], *corners])


_LowerBound = Any  # (terms, stationary) -> number


def _is_below(bound: _LowerBound, case: _Mixed) -> bool:
    """Whether the bound taken from one mixture holds at others, by the reference in rationals."""

    def error(pi: list[Fraction]) -> Fraction:
        setup = Setup(TaskMixture(case.tasks, pi), n=case.n, Sigma=case.Sigma)
        return reference.expected_error(setup, case.k).values[case.k]  # type: ignore[no-any-return]

    setup = Setup(TaskMixture(case.tasks, case.pi), n=case.n, Sigma=case.Sigma)
    objective = TrueObjective(setup=setup, steps=case.k, rung=Rung.POPULATION, metric=Metric.ESTIMATION)
    terms = convexity.separable_terms(objective)
    pi = np.array([float(p) for p in case.pi])
    value, slopes = objective.value_and_slopes(pi)
    if terms is None or not math.isclose(value, float(error(case.pi)), rel_tol=1e-9, abs_tol=1e-30):
        return False
    gap = max(0.0, float(pi @ slopes - slopes.min()))
    found = bound(terms, Stationary(weights=pi, value=value, gap=gap))
    return all(found <= float(error(other)) * (1 + 1e-9) + 1e-30 for other in case.others)


def _bounded(terms: Any, best: Stationary) -> float:
    return convexity.lower_bound(terms, best)[0]


def _without_gap(terms: Any, best: Stationary) -> float:
    return best.value


def _as_if_convex(terms: Any, best: Stationary) -> float:
    return best.value - best.gap


class _Bent(NamedTuple):
    """A target, two tasks, n, and k."""

    Sigma: list[Fraction]
    first: list[Fraction]
    second: list[Fraction]
    n: int = 100
    k: int = 2


def _bent(target: str, first: str = "1,8", second: str = "8,1") -> _Bent:
    Sigma, one, other = ([Fraction(x) for x in text.split(",")] for text in (target, first, second))
    return _Bent(Sigma, one, other)


def _is_not_convex(case: _Bent) -> bool:
    """Whether E_k is larger at the middle than at both ends."""
    half = Fraction(1, 2)
    values = [
        reference.expected_error(
            Setup(TaskMixture([case.first, case.second], pi), n=case.n, Sigma=case.Sigma), case.k
        ).values[case.k]
        for pi in ([1, 0], [half, half], [0, 1])
    ]
    return bool(values[1] > max(values[0], values[2]))


_CONVEX = Claim(
    id="SEL-08",
    kind=Kind.TIGHT,
    title="Where the error is convex in the mixture, and small errors that are global minima",
    statement=r"\gamma\mapsto (1 - \sigma/\gamma)^{2k} \text{ is convex on } 0 < \gamma \le (k + \tfrac12)\sigma,"
    r" \text{ and concave beyond. Hence, for spectra } \Lambda_\ell, \Sigma \text{ and } E_k(\pi) = \sum_i w_i (1 -"
    r" \sigma_i/\gamma_i(\pi))^{2k}, \text{ a mixture that is stationary on the simplex with } E_k \le \min_i w_i"
    r" \Big(\frac{2k - 1}{2k + 1}\Big)^{2k} \text{ is a global minimum. In general } E_k \text{ is not convex, and has}"
    r" \text{ several local minima.}",
    source=Source("this project", note="theory section 10"),
    origin=Origin.OURS,
    assumes=(
        "pooled sampling, m = ∞: γ(π) is affine, as Σ π_ℓ = 1",
        "d²/dγ² r^{2k} = 2k r^{2k−2} [(2k − 1) r'² + r r''], and r^{2k−2} ≥ 0",
        "where E_k is at most the level every term is, and r grows with γ: so every γ_i ≤ (k + ½) σ_i, a polytope",
        "on that polytope E_k is convex: E_k(ρ) ≥ E_k(π) + gᵀ(ρ − π) ≥ E_k(π) for each ρ in it",
    ),
    uses=("HRD-02", "MIX-01", "SEL-02"),
    checks=(
        by_certificate(
            "the sign of the second derivative, by certificate",
            part="convex",
            formula=lambda k, sigma: (k + Fraction(1, 2)) * sigma,
            controls={
                "k σ": lambda k, sigma: k * sigma,
                "(k + 1) σ": lambda k, sigma: (k + 1) * sigma,
                "2k σ": lambda k, sigma: 2 * k * sigma,
                "σ": lambda k, sigma: 1 * sigma,
            },
            gaps=_turning,
            domain=Domain(positive=("sigma",), nonnegative=("kappa", "y")),
            scope="every σ > 0, real k ≥ 1 and γ > 0, on both sides of (k + ½) σ",
        ),
        by_certificate(
            "the level of a term at γ = (k + ½) σ, by certificate",
            part="level",
            formula=lambda k: (2 * k - 1) / (2 * k + 1),
            controls={
                "2k/(2k + 1)": lambda k: 2 * k / (2 * k + 1),
                "(2k − 1)/(2k)": lambda k: (2 * k - 1) / (2 * k),
                "(2k − 2)/(2k + 1)": lambda k: (2 * k - 2) / (2 * k + 1),
            },
            gaps=_root_at,
            equal=lambda level: {
                "at the turn": (
                    lambda sigma, kappa, y: 1 - sigma / ((kappa + Fraction(3, 2)) * sigma) + 0 * y,
                    lambda sigma, kappa, y: level(kappa + 1) + 0 * (sigma + y),
                )
            },
            domain=Domain(positive=("sigma",), nonnegative=("kappa", "y")),
            scope="every σ > 0 and real k ≥ 1: r = (2k − 1)/(2k + 1) at the turn, and more beyond",
        ),
        by_samples(
            "lower_bound from one mixture, against the reference at others",
            part="convex",
            formula=_bounded,
            controls={
                "the gap forgotten": _without_gap,
                "as if E were convex everywhere": _as_if_convex,
                "twice the bound": lambda terms, best: 2 * _bounded(terms, best) + 1e-3,
            },
            over=_mixed(),
            holds=_is_below,
            scope="spectra, d ≤ 3, two or three tasks, n ≤ 100, k ≤ 4: the best mixture is one of those compared",
            instances=30,
        ),
        by_witness(
            "two tasks that are better alone than mixed, in exact rationals",
            part="not convex",
            formula=_bent("1/4,1/4"),
            controls={
                "Σ = 4I": _bent("4,4"),
                "Σ = 2I": _bent("2,2"),
                "two tasks that are nearly one": _bent("1/4,1/4", "1,8", "1,7"),
            },
            satisfies=_is_not_convex,
            scope="Σ = I/4, Λ₁ = diag(1, 8), Λ₂ = diag(8, 1), n = 100, k = 2",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SEL-09

SIGMA, SIGMA_INV, GAMMA, GAMMA_INV = (
    letter(name, symmetric=True) for name in ("Sigma", "Sigma_inv", "Gamma", "Gamma_inv")
)
I = letter("One", symmetric=True)
_RATIO = SIGMA_INV * GAMMA * I
_UNIT = SIGMA_INV * I * SIGMA


def _step_sides(right: WordSum) -> list[tuple[WordSum, WordSum]]:
    """(I − E) R = Σ⁻¹Γ (I − Γ⁻¹Σ), where ΓΓ⁻¹ = I."""
    product = _RATIO - SIGMA_INV * GAMMA * GAMMA_INV * SIGMA
    return [(product.replace_product((Letter("Gamma", symmetric=True), Letter("Gamma_inv", symmetric=True)), I), right)]


def _instance() -> Instance:
    """Return values at which the letters are inverse."""
    array = {
        name: EXACT.array(np.array(rows))
        for name, rows in {
            "Sigma": [["2", "1/2"], ["1/2", "1"]],
            "Gamma": [["3", "1/3"], ["1/3", "1"]],
            "One": [["1", "0"], ["0", "1"]],
        }.items()
    }
    array |= {f"{name}_inv": EXACT.inverse(array[name]) for name in ("Sigma", "Gamma")}
    return Instance(array, {})


def _norms(bound: Any) -> dict[str, Any]:
    """bound(e) − ρ for ρ = ‖R‖ with ρ <= e + eρ, that is ρ = e/(1 − e) less a slack; e = x/(1 + x)."""
    return {"bound − norm": lambda x, s: bound(x / (1 + x)) - x / (1 + s)}


class _Selected(NamedTuple):
    """A target, tasks, n and k."""

    Sigma: Any
    tasks: list[Any]
    n: int
    k: int


@st.composite
def _near(draw: DrawFn) -> _Selected:
    """Draw tasks around a target, so that e < 1 often."""
    d = draw(st.integers(1, 2))
    Sigma = np.array(draw(covariances(d)), dtype=object)
    scales = [draw(st.sampled_from([Fraction(x) for x in ("1/3", "1/2", "2/3", "4/5", "1")])) for _ in range(2)]
    change = [
        np.array(draw(covariances(d)), dtype=object) * draw(st.sampled_from([0, Fraction(1, 20)])) for _ in scales
    ]
    tasks = [(scale * Sigma + extra).tolist() for scale, extra in zip(scales, change, strict=True)]
    return _Selected(Sigma.tolist(), tasks, draw(counts(200)), draw(st.integers(1, 3)))


def _root(value: Fraction) -> Fraction:
    """√value, at most 1e-20 more."""
    scale = 10**40
    return Fraction(math.isqrt(value.numerator * scale // value.denominator) + 1, 10**20)


def _obeys(bound: Any, case: _Selected) -> bool:
    """Whether E_k at the corrected mixture is within the bound for its e, by the reference."""
    setup = Setup(TaskMixture(case.tasks, [1, 0]), n=case.n, Sigma=case.Sigma)
    chosen = corrected.corrected_selection(setup, field=EXACT)
    at = Setup(TaskMixture(case.tasks, list(chosen.weights)), n=case.n, Sigma=case.Sigma)
    value = reference.expected_error(at, case.k).values[case.k]
    e = _root(chosen.value)
    return bool(e >= 1 or value <= bound(e, case.k))


_CORRECTED = Claim(
    id="SEL-09",
    kind=Kind.TIGHT,
    title="Selection on what training leaves bounds the error of every step",
    statement=r"e = \lVert I - \Sigma^{-1}\Gamma\rVert_F < 1 \ \Longrightarrow\ \lim_{m\to\infty} E_k \le"
    r" \Big(\frac{e}{1 - e}\Big)^{2k} \text{ for every } k, \quad e^2 \text{ the objective of selection on }"
    r" \Gamma_\ell = (1 + \tfrac1n)\Lambda_\ell + \tfrac{\operatorname{tr}\Lambda_\ell}{n} I, \ \Gamma ="
    r" \sum_\ell \pi_\ell\Gamma_\ell; \text{ with equality at } d = 1,\ \Gamma < \Sigma",
    source=Source("this project", note="theory section 10"),
    origin=Origin.OURS,
    assumes=(
        "pooled sampling, w* ~ N(0, I), w₀ = 0; E_k = ‖Rᵏ‖_F², R = I − Γ⁻¹Σ",
        "(I − E) R = −E for E = I − Σ⁻¹Γ, hence ‖R‖ ≤ ‖E‖ + ‖E‖ ‖R‖, and ‖Rᵏ‖_F ≤ ‖R‖_F^k",
    ),
    uses=("SEL-01", "MIX-01"),
    checks=(
        by_words(
            "(I − E) R = −E, by word algebra",
            part="step",
            formula=lambda: _RATIO - _UNIT,
            controls={
                "E": lambda: _UNIT - _RATIO,
                "Σ⁻¹Γ": lambda: 1 * _RATIO,
                "−E with Γ⁻¹": lambda: SIGMA_INV * GAMMA_INV * I - _UNIT,
            },
            sides=_step_sides,
            scope="every d, Σ ≻ 0 and Γ ≻ 0; −E = Σ⁻¹Γ − Σ⁻¹IΣ",
            instance=_instance,
        ),
        by_certificate(
            "from ρ ≤ e + eρ to ρ ≤ e/(1 − e), by certificate",
            part="norm",
            formula=lambda e: e / (1 - e),
            controls={
                "e": lambda e: e,
                "e/(1 + e)": lambda e: e / (1 + e),
                "e (1 + e)": lambda e: e * (1 + e),
            },
            gaps=_norms,
            domain=Domain(nonnegative=("x", "s")),
            scope="every 0 ≤ e < 1 and every norm with ρ ≤ e + eρ",
        ),
        by_certificate(
            "equality at d = 1, by certificate",
            part="sharp",
            formula=lambda e: e / (1 - e),
            controls={
                "e": lambda e: e,
                "2e/(1 − e)": lambda e: 2 * e / (1 - e),
                "e/(1 − e)²": lambda e: e / (1 - e) ** 2,
            },
            gaps=lambda bound: {},
            equal=lambda bound: {
                "−R": (
                    lambda sigma, x: sigma / (sigma * (1 - x / (1 + x))) - 1,
                    lambda sigma, x: bound(x / (1 + x)) + 0 * sigma,
                )
            },
            domain=Domain(positive=("sigma",), nonnegative=("x",)),
            scope="every σ > 0 and e < 1, Γ = (1 − e) σ: |R| is the bound, so E_k is its power 2k for every k",
        ),
        by_samples(
            "corrected_selection over rationals, judged by the reference",
            part="norm",
            formula=lambda e, k: (e / (1 - e)) ** (2 * k),
            controls={
                "e^{2k}": lambda e, k: e ** (2 * k),
                "(e/(1 − e))^{4k}": lambda e, k: (e / (1 - e)) ** (4 * k),
                "half of it": lambda e, k: (e / (1 - e)) ** (2 * k) / 2,
            },
            over=_near(),
            holds=_obeys,
            scope="d ≤ 2, two tasks near multiples of Σ, n ≤ 200, k ≤ 3, full matrices",
            instances=25,
        ),
    ),
)


CLAIMS = (_CONVEX, _CORRECTED)
