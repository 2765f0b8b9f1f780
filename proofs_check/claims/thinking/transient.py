"""Thinking on long prompts when Γ and Σ do not commute: criterion, constants, transient growth (theory section 9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness, by_words
from proofs_check.claims.lemmas import gamma
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import counts, covariances, positives, with_spectrum
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter

Formula = Callable[..., Any]


def _population(setup: Setup, k: int) -> list[Any]:
    return list(curves.expected_error(setup, k, rung="population", field=EXACT).values)


def _norm_gaps(factors: Formula) -> dict[str, Expression]:
    """Entries (i, j) and (j, i) of G Hᵏ G⁻¹ together: ρ + 1/ρ times their share, ρ = γ_j/γ_i = 1 + a <= κ = ρ + b."""
    return {
        "lower": lambda a, b: (1 + a) + 1 / (1 + a) - 2 * factors(1 + a + b)[0],
        "upper": lambda a, b: 2 * factors(1 + a + b)[1] - ((1 + a) + 1 / (1 + a)),
    }


_NORMS_WRONG: Mapping[str, Formula] = {
    "as if commuting": lambda kappa: (1, 1),
    "lower κ": lambda kappa: (kappa, (kappa + 1 / kappa) / 2),
    "a quarter": lambda kappa: (1, (kappa + 1 / kappa) / 4),
    "lower bound 2": lambda kappa: (2, (kappa + 1 / kappa) / 2),
}


@dataclass(frozen=True)
class Rotated:
    """A problem whose Λ, and so Γ, has a known spectrum."""

    setup: Setup
    spectrum: list[Fraction]

    @property
    def kappa(self) -> Fraction:
        """γ_max/γ_min."""
        values = [gamma(lam, sum(self.spectrum), Fraction(self.setup.n)) for lam in self.spectrum]
        return Fraction(max(values) / min(values))


@st.composite
def _rotated(draw: DrawFn) -> Rotated:
    d = draw(st.integers(2, 3))
    spectrum = draw(st.lists(positives(), min_size=d, max_size=d))
    return Rotated(
        Setup(draw(with_spectrum(spectrum)), n=draw(counts(1000)), Sigma=draw(covariances(d))),
        spectrum,
    )


def _is_between(factors: Formula, problem: Rotated) -> bool:
    """Whether low · tr(I − C)^{2k} <= E_k <= high · tr(I − C)^{2k} for k <= 4; C is similar to Γ⁻¹Σ."""
    setup, (low, high) = problem.setup, factors(problem.kappa)
    Sigma = np.vectorize(EXACT.public, otypes=[object])(setup.Sigma.dense(EXACT))
    R = np.eye(setup.d, dtype=int) - reference.gamma_matrix(setup).Gamma_inv @ Sigma
    power = np.eye(setup.d, dtype=int)
    for k, error in enumerate(_population(setup, 4)):
        power = power @ R @ R if k else power
        if not low * np.trace(power) <= error <= high * np.trace(power):
            return False
    return True


@dataclass(frozen=True)
class Transient:
    """A problem in two dimensions that is claimed to converge although its first step increases the error."""

    Lambda: tuple[int, int]
    Sigma: tuple[tuple[int, int], tuple[int, int]]
    n: int


def _grows_then_decays(found: Transient) -> bool:
    """Whether 2Γ − Σ ≻ 0 by its minors, so that every step contracts in the Γ-norm, and yet E_1 > E_0."""
    setup = Setup(list(found.Lambda), n=found.n, Sigma=[list(row) for row in found.Sigma])
    a, c = (2 * gamma(Fraction(lam), sum(found.Lambda), Fraction(found.n)) for lam in found.Lambda)
    (s, off), (_, t) = found.Sigma
    errors = _population(setup, 1)
    return bool(a > s and (a - s) * (c - t) > off**2 and s * t > off**2 and errors[1] > errors[0])


_M = letter("M")


def _norm_sides(part: WordSum) -> list[tuple[WordSum, WordSum]]:
    return [((_M * _M.T).trace() - (_M * _M).trace(), Fraction(1, 2) * (part * part.T).trace())]


_MATRICES = Claim(
    id="OVT-04",
    kind=Kind.TIGHT,
    title="The same criterion without commutation, with its constant; transient growth is possible",
    statement=r"\operatorname{tr}\big[(I - C)^{2k}\big] \le \lim_{m\to\infty} E_k \le \tfrac12(\kappa + \kappa^{-1})"
    r" \operatorname{tr}\big[(I - C)^{2k}\big], \quad C = \Gamma^{-1/2}\Sigma\,\Gamma^{-1/2}, \ \kappa ="
    r" \gamma_{\max}/\gamma_{\min}: \text{ it diverges as } k \to \infty \text{ iff } \lambda_{\max}(C) > 2; \quad"
    r" \exists\,\Lambda, \Sigma, n: \lambda_{\max}(C) < 2 \text{ and } \lim_{m\to\infty} E_1 > E_0",
    source=Source(
        "arXiv:2510.03605", "on the skill gap", Known.SECONDARY, note="theory section 9; constant found here"
    ),
    origin=Origin.OURS,
    assumes=(
        "w* ~ N(0, I), w₀ = 0",
        "m → ∞ at fixed d and k",
        "Rᵏ = Γ^{−1/2}(I − C)ᵏ Γ^{1/2} (BND-06), and ‖·‖_F² is summed in the eigenbasis of Γ over pairs of entries",
    ),
    uses=("BND-06", "OVT-01"),
    checks=(
        by_certificate(
            "both bounds, pair of entries by pair of entries: 2 ≤ ρ + 1/ρ ≤ κ + 1/κ",
            part="bounds",
            formula=lambda kappa: (1, (kappa + 1 / kappa) / 2),
            controls=_NORMS_WRONG,
            gaps=_norm_gaps,
            domain=Domain(nonnegative=("a", "b")),
            scope="every d, k, n, Λ and Σ: all ratios ρ of eigenvalues of Γ, 1 ≤ ρ ≤ κ",
        ),
        by_words(
            "the lower bound: ‖M‖_F² − tr M² = ½ ‖M − Mᵀ‖_F² for M = Rᵏ",
            part="bounds",
            formula=lambda: _M - _M.T,
            controls={"M + Mᵀ": lambda: _M + _M.T, "M": lambda: _M, "M − M Mᵀ": lambda: _M - _M * _M.T},
            sides=_norm_sides,
            scope="every d and M",
        ),
        by_samples(
            "the population rung between the bounds",
            part="bounds",
            formula=lambda kappa: (1, (kappa + 1 / kappa) / 2),
            controls=_NORMS_WRONG,
            over=_rotated(),
            holds=_is_between,
            scope="d = 2 and 3, rotated Λ, any Σ, n ≤ 1000, k ≤ 4",
        ),
        by_witness(
            "transient growth: λ_max(C) < 2 and yet E_1 > E_0",
            part="transient",
            formula=Transient((31, 1), ((33, 4), (4, 2)), 32),
            controls={
                "commuting": Transient((31, 1), ((33, 0), (0, 2)), 32),
                "too little off the diagonal": Transient((31, 1), ((33, 1), (1, 2)), 32),
                "beyond 2γ": Transient((31, 1), ((33, 4), (4, 5)), 32),
                "short training, a large ridge": Transient((31, 1), ((33, 4), (4, 2)), 2),
            },
            satisfies=_grows_then_decays,
            scope="one exact instance",
        ),
    ),
)

CLAIMS = (_MATRICES,)
