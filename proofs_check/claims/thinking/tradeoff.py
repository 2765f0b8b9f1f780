"""Longer thinking against longer training prompts (theory section 8)."""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.error_curves.bounds import hardness_of, is_isotropic
from proofs_check.claims.lemmas import (
    contraction,
    curves_are_convex,
    gamma,
    powers_keep_order,
    powers_lie_above_tangents,
)
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import non_commuting_pairs, positives, setups, spectra
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup

_STEPS = 4
_LONGEST = 12
Curve = Callable[[Setup, int], list[Any]]
_MATCHED = ("Σ = Λ", "w* ~ N(0, I), w₀ = 0, no label noise")


def _population(setup: Setup, k: int) -> list[Any]:
    return list(curves.expected_error(setup, k, rung="population", field=EXACT).values)


def _exact(setup: Setup, k: int) -> list[Any]:
    return list(curves.expected_error(setup, k, rung="exact", field=EXACT).values)


# ------------------------------------------------------------------------------------------------ TRD-01

Factor = Callable[[Any, Any, Any], Any]  # (λ, tr Λ, n) -> what a step leaves of the error


def _factor_gaps(factor: Factor) -> dict[str, Expression]:
    def at(e: Any, v: Any, n: Any) -> Any:
        return factor(e, e + v, n)

    return {
        "above 0": lambda e, s, v, w: at(e, v, 1 + w),
        "below 1": lambda e, s, v, w: 1 - at(e, v, 1 + w),
        "smaller for n + s": lambda e, s, v, w: at(e, v, 1 + w) - at(e, v, 1 + w + s),
    }


@dataclass(frozen=True)
class Target:
    """A matched spectrum and a target error."""

    spectrum: list[Fraction]
    error: Fraction

    def shortest(self, curve: Curve, k: int) -> float:
        """Return the smallest n <= 12 with E_k <= error, by trying all; ∞ if there is none."""
        tried = (n for n in range(1, _LONGEST + 1) if curve(Setup(self.spectrum, n=n, m=1), k)[k] <= self.error)
        return next(tried, math.inf)


def _falls(curve: Curve, target: Target) -> bool:
    """Whether E_k falls strictly in k and in n, and n(k, ε) never grows with k."""
    table = [curve(Setup(target.spectrum, n=n, m=1), _STEPS) for n in (1, 2, 5, 1000)]
    in_steps = all(later < now for errors in table for now, later in itertools.pairwise(errors))
    in_n = all(later[k] < now[k] for now, later in itertools.pairwise(table) for k in range(1, _STEPS + 1))
    lengths = [target.shortest(curve, k) for k in range(1, _STEPS + 1)]
    return in_steps and in_n and lengths == sorted(lengths, reverse=True)


def _sufficient(hard: Any, ratio: Any) -> Any:
    """(1 + Hard)(r − 1), r = (d/ε)^{1/(2k)}."""
    return (1 + hard) * (ratio - 1)


_LENGTHS_WRONG: Mapping[str, Callable[[Any, Any], Any]] = {
    "Hard (r − 1)": lambda hard, ratio: hard * (ratio - 1),
    "(1 + Hard) r": lambda hard, ratio: (1 + hard) * ratio,
    "(1 + Hard)(1 − 1/r)": lambda hard, ratio: (1 + hard) * (1 - 1 / ratio),
    "half": lambda hard, ratio: (1 + hard) * (ratio - 1) / 2,
}


def _suffices(formula: Callable[[Any, Any], Any], instance: tuple[list[Fraction], Fraction, int]) -> bool:
    """Whether E_k <= d r^{−2k} at the least integer n >= formula, and for Λ = λ I at no smaller n."""
    spectrum, ratio, k = instance
    error = len(spectrum) / ratio ** (2 * k)
    n = max(1, math.ceil(formula(hardness_of(Setup(spectrum, n=1)), ratio)))

    def reached(length: int) -> bool:
        return bool(_population(Setup(spectrum, n=length), k)[k] <= error)

    sharp = n == 1 or not is_isotropic(Setup(spectrum, n=1)) or not reached(n - 1)
    return reached(n) and sharp


_SHORTER = Claim(
    id="TRD-01",
    kind=Kind.UPPER,
    title="On long test prompts, more thinking lets training prompts be shorter",
    statement=r"\lim_{m\to\infty} E_k \text{ falls strictly in } k \text{ and, for } k \ge 1, \text{ in } n; \text{ so"
    r" } n(k, \varepsilon) = \min\{n : E_k \le \varepsilon\} \text{ satisfies } n(k+1, \varepsilon) \le n(k,"
    r" \varepsilon) \text{ for every } \Lambda, k \ge 1, \varepsilon > 0, \text{ and } n \ge (1 +"
    r" \mathrm{Hard}(\Lambda))\big((d/\varepsilon)^{1/(2k)} - 1\big) \text{ suffices: for } \Lambda = \lambda I"
    r" \text{ it is the least that does}",
    source=Source(
        "arXiv:2510.03605",
        "trade-off between training prompts and thinking",
        Known.SECONDARY,
        note="theory section 8",
    ),
    origin=Origin.DERIVED,
    assumes=(*_MATCHED, "m → ∞ at fixed d and k", "E_{k+1} ≤ E_k ≤ ε at n = n(k, ε), so n(k + 1, ε) ≤ n(k, ε)"),
    uses=("HRD-02", "BND-02"),
    checks=(
        by_certificate(
            "0 < 1 − λ/γ < 1, and smaller for larger n",
            part="monotone",
            formula=contraction,
            controls={
                "λ/γ": lambda lam, trace, n: lam / gamma(lam, trace, n),
                "twice the skill at test: 1 − 2λ/γ": lambda lam, trace, n: 1 - 2 * lam / gamma(lam, trace, n),
                "n for 1/n in γ": lambda lam, trace, n: contraction(lam, trace, 1 / n),
                "the limit n → ∞": lambda lam, trace, n: 0 * lam,
            },
            gaps=_factor_gaps,
            strict=("above 0", "below 1", "smaller for n + s"),
            domain=Domain(positive=("e", "s"), nonnegative=("v", "w")),
            scope="every λ > 0, tr Λ ≥ λ, n ≥ 1; E_k is the sum of the 2k-th powers, every k by powers",
        ),
        powers_keep_order("monotone"),
        by_samples(
            "the population rung, and n(k, ε) by trying every n",
            part="monotone",
            formula=_population,
            controls={
                "the exact rung at m = 1": _exact,
                "three times the skill at test": lambda setup, k: _population(
                    setup.replace(Sigma=[3 * lam for lam in setup.Lambda.entries.tolist()]), k
                ),
                "the exact rung at m = n": lambda setup, k: _exact(setup.replace(m=setup.n), k),
            },
            over=st.builds(Target, spectra(3), positives(high=2)),
            holds=_falls,
            scope=f"spectra with d ≤ 3, k ≤ {_STEPS}, n(k, ε) up to {_LONGEST}, strict at n = 1, 2, 5, 1000",
            instances=40,
        ),
        by_certificate(
            "1 + n/(1 + Hard) = r, where law_k = d r^{−2k} = ε",
            part="closed form",
            formula=_sufficient,
            controls=_LENGTHS_WRONG,
            gaps=lambda length: {"enough": lambda h, s: 1 + length(1 + h, 1 + s) / (2 + h) - (1 + s)},
            equal=lambda length: {
                "no more than the law needs": (
                    lambda h, s: 1 + length(1 + h, 1 + s) / (2 + h),
                    lambda h, s: 1 + s,
                )
            },
            domain=Domain(nonnegative=("h", "s")),
            scope="every Hard ≥ 1 and (d/ε)^{1/(2k)} ≥ 1; E_k ≤ law_k by BND-02, equality for Λ = λ I",
        ),
        by_samples(
            "the population rung at the closed form, and one below it for Λ = λ I",
            part="closed form",
            formula=_sufficient,
            controls=_LENGTHS_WRONG,
            over=st.tuples(spectra(4), st.builds(lambda x: 1 + x, positives()), st.integers(1, 4)),
            holds=_suffices,
            scope="spectra with d ≤ 4, (d/ε)^{1/(2k)} in [10/9, 10], k ≤ 4",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ TRD-02

Moment = Callable[[Any, int], Any]  # (c, k) -> E_k at d = m = 1


def _double_factorial(j: int) -> int:
    """(2j − 1)!! = E x^{2j}."""
    return math.prod(range(1, 2 * j, 2))


def _one_example(c: Any, k: int) -> Any:
    """Σ_j C(2k, j) (−c)ʲ (2j − 1)!! = E (1 − c x²)^{2k}, x ~ N(0, 1)."""
    return sum((math.comb(2 * k, j) * (-c) ** j * _double_factorial(j) for j in range(1, 2 * k + 1)), 0 * c + 1)


_MOMENTS_WRONG: Mapping[str, Moment] = {
    "a fresh prompt at every step": lambda c, k: _one_example(c, 1) ** k,
    "the limit m → ∞": lambda c, k: (1 - c) ** (2 * k),
    "the square forgotten": lambda c, k: sum(
        (math.comb(k, j) * (-c) ** j * _double_factorial(j) for j in range(1, k + 1)), 0 * c + 1
    ),
    "m = 2": lambda c, k: sum(
        (math.comb(2 * k, j) * (-c) ** j * math.factorial(j) for j in range(1, 2 * k + 1)), 0 * c + 1
    ),
}


def _nowhere_gaps(moment: Moment) -> dict[str, Expression]:
    """At every n = 1 + w >= 1: c = n/(n + 2), E_1 >= 2/3 and E_2 > E_1."""

    def c(w: Any) -> Any:
        return (1 + w) / (3 + w)

    return {
        "E_1 ≥ 2/3": lambda w: moment(c(w), 1) - Fraction(2, 3),
        "E_2 > E_1": lambda w: moment(c(w), 2) - moment(c(w), 1),
    }


def _is_curve(moment: Moment, n: int) -> bool:
    """Whether it is the exact rung for d = m = 1, which then never comes back to 2/3."""
    errors = _exact(Setup([1], n=n, m=1), _STEPS)
    same = all(moment(Fraction(n, n + 2), k) == error for k, error in enumerate(errors))
    return same and min(errors[2:]) > Fraction(2, 3)


@dataclass(frozen=True)
class Reached:
    """A target error at d = m = 1 with a number of steps and a training length that are claimed to reach it."""

    error: Fraction
    k: int
    n: int


_FAILS = Claim(
    id="TRD-02",
    kind=Kind.EXISTENCE,
    title="On short test prompts, more thinking can make a target unreachable for every training length",
    statement=r"d = m = 1,\ \Lambda = 1:\quad E_1 = \tfrac23 \text{ at } n = 1, \text{ but } E_k > \tfrac23 \text{ for"
    r" every } k \ge 2 \text{ and every } n: \quad n(1, \tfrac23) = 1,\ n(k, \tfrac23) = \infty",
    source=Source("theory", "section 8", note="instance found here"),
    origin=Origin.OURS,
    assumes=(
        *_MATCHED,
        "the mean over prompts of Y(1 − y)² ≥ 0, with y = R² and Y = y^{k−1}, is E_{k+1} − 2 E_k + E_{k−1}",
        "so E_{k+1} − E_k ≥ E_2 − E_1 for every k ≥ 1",
    ),
    uses=("ERR-02",),
    checks=(
        by_certificate(
            "E_2 > E_1 ≥ 2/3 for every n",
            part="no length",
            formula=_one_example,
            controls=_MOMENTS_WRONG,
            gaps=_nowhere_gaps,
            strict=("E_2 > E_1",),
            domain=Domain(nonnegative=("w",)),
            scope="every real n ≥ 1; k ≥ 3 by convexity in k",
        ),
        curves_are_convex("no length"),
        by_samples(
            "the exact rung for d = m = 1",
            part="no length",
            formula=_one_example,
            controls=_MOMENTS_WRONG,
            over=st.integers(1, 10**6),
            holds=_is_curve,
            scope=f"n ≤ 10⁶, k ≤ {_STEPS}",
        ),
        by_witness(
            "one step reaches 2/3 at n = 1",
            part="reached",
            formula=Reached(Fraction(2, 3), 1, 1),
            controls={
                "after two steps": Reached(Fraction(2, 3), 2, 1),
                "a longer training prompt": Reached(Fraction(2, 3), 1, 2),
                "a smaller target": Reached(Fraction(65, 100), 1, 1),
            },
            satisfies=lambda found: bool(_exact(Setup([1], n=found.n, m=1), found.k)[found.k] <= found.error),
            scope="one exact instance",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ TRD-03

ChiSquare = Callable[[int, int], Fraction]  # (m, j) -> E X^j, X ~ χ²_m/m


def _chi_square(m: int, j: int) -> Fraction:
    """m (m + 2) ⋯ (m + 2j − 2)/mʲ."""
    return Fraction(math.prod(m + 2 * i for i in range(j)), m**j)


_CHI_SQUARES_WRONG: Mapping[str, ChiSquare] = {
    "m (m + 1) ⋯ (m + j − 1)/mʲ": lambda m, j: Fraction(math.prod(m + i for i in range(j)), m**j),
    "m − 1 for m": lambda m, j: Fraction(math.prod(m - 1 + 2 * i for i in range(j)), m**j),
    "one factor too many": lambda m, j: _chi_square(m, j) * Fraction(m + 2 * j, m),
    "no fluctuation": lambda m, j: Fraction(1),
}


def _is_below(moment: ChiSquare, setup: Setup) -> bool:
    """Whether E_k >= Σ_i E (1 − c_i X)^{2k}, with equality at d = 1, for k <= 4; Σ_i c_iʲ = tr (Γ⁻¹Σ)ʲ.

    For matrices k <= 3.
    """
    assert setup.m is not None
    steps = _STEPS if setup.Sigma.is_diagonal and setup.Lambda.is_diagonal else 3
    ratio = reference.gamma_matrix(setup).Gamma_inv @ np.vectorize(EXACT.public)(setup.Sigma.dense(EXACT))
    power, terms = np.eye(setup.d, dtype=int) * Fraction(1), []
    for j in range(2 * steps + 1):
        terms.append((-1) ** j * moment(setup.m, j) * np.trace(power))
        power = power @ ratio
    for k, error in enumerate(_exact(setup, steps)):
        bound = sum(math.comb(2 * k, j) * terms[j] for j in range(2 * k + 1))
        if error < bound or (setup.d == 1 and error != bound):
            return False
    return True


@st.composite
def _apart(draw: DrawFn) -> Setup:
    """Draw Λ and Σ that do not commute."""
    Lambda, Sigma = draw(non_commuting_pairs(2))
    return Setup(Lambda, n=draw(st.integers(1, 30)), Sigma=Sigma, m=draw(st.integers(1, 20)))


def _floor_gaps(floor: Callable[[Any], Any]) -> dict[str, Expression]:
    """λ = e + u, tr Λ = e + u + v, n = 1 + w; X at least 3/floor, by s."""

    def ratio(e: Any, u: Any, v: Any, w: Any) -> Any:
        return 1 - contraction(e + u, e + u + v, 1 + w)

    return {
        "λ/γ ≥ floor": lambda e, s, u, v, w: ratio(e, u, v, w) - floor((e + u + v) / e),
        "(1 − λX/γ)² ≥ 4": lambda e, s, u, v, w: (1 - ratio(e, u, v, w) * (3 / floor((e + u + v) / e) + s)) ** 2 - 4,
    }


_UNREACHABLE = Claim(
    id="TRD-03",
    kind=Kind.LOWER,
    title="At finite m the mean error diverges in k, and no training length can prevent it",
    statement=r"E_k \ge \sum_i \mathbb{E}\Big(1 - c_i\frac{\chi^2_m}{m}\Big)^{2k}, \text{ equality at } d = 1, \quad"
    r" c_i \text{ the eigenvalues of } \Gamma^{-1}\Sigma; \quad \Sigma = \Lambda:\ c_i \ge \frac{1}{2 +"
    r" \mathrm{Hard}(\Lambda)} \text{ for every } n, \text{ so } \min_n E_k \ge 4^k d\,\mathbb{P}\big(\chi^2_m \ge"
    r" 3m(2 + \mathrm{Hard}(\Lambda))\big) \to \infty \text{ as } k \to \infty",
    source=Source("theory", "sections 5 and 8", note="uniform in n, with constants: found here"),
    origin=Origin.OURS,
    assumes=(
        "w* ~ N(0, I), w₀ = 0",
        "‖Rᵏ‖_F² ≥ tr H^{2k} with H = I − Γ^{−1/2} S Γ^{−1/2} (BND-06)",
        "through H²: vᵀ (H²)ᵏ v ≥ (vᵀ H² v)ᵏ ≥ (vᵀ H v)^{2k}: tangents on the spectrum of H², then Cauchy and Schwarz",
        "vᵀ Γ^{−1/2} S Γ^{−1/2} v ~ c χ²_m/m for a unit eigenvector v of Γ^{−1/2} Σ Γ^{−1/2} of eigenvalue c",
    ),
    uses=("BND-06", "ERR-02"),
    checks=(
        by_certificate(
            "λ/γ ≥ 1/(2 + Hard) for every n, and what prompts with χ²_m ≥ 3m(2 + Hard) cost",
            formula=lambda hard: 1 / (2 + hard),
            controls={
                "1/(1 + Hard)": lambda hard: 1 / (1 + hard),
                "1/Hard": lambda hard: 1 / hard,
                "1/2 + 1/Hard": lambda hard: Fraction(1, 2) + 1 / hard,
                "1/3, as for d = 1": lambda hard: Fraction(1, 3) + 0 * hard,
            },
            gaps=_floor_gaps,
            domain=Domain(positive=("e",), nonnegative=("s", "u", "v", "w")),
            scope="every λ ≥ λ_min > 0, tr Λ ≥ λ, n ≥ 1; every d, m and k: R^{2k} has a share of at least 4ᵏ there",
        ),
        powers_lie_above_tangents(),
        by_samples(
            "the exact rung against the moments of χ²",
            formula=_chi_square,
            controls=_CHI_SQUARES_WRONG,
            over=st.one_of(setups(max_d=3, max_m=20, spectra_only=True, paper=True), _apart()),
            holds=_is_below,
            scope=f"spectra with d ≤ 3, m ≤ 20, n ≤ 100, k ≤ {_STEPS}; Λ and Σ that do not commute, d = 2, k ≤ 3",
        ),
    ),
)

CLAIMS = (_SHORTER, _FAILS, _UNREACHABLE)
