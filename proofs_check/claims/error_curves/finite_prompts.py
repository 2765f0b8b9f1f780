"""What a finite prompt costs at least, at every number of steps, and what this asks of m (theory sections 4 and 7)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.error_curves.bounds import Curve, hardness_of, law, law_of, per_example
from proofs_check.claims.lemmas import contraction, gamma, powers_keep_order, powers_lie_above_tangents
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, setups, spectra
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import Letter, WordSum, letter, scalar

_PAPER = ("w* ~ N(0, I), w₀ = 0, no label noise",)
_STEPS = 4
Formula = Callable[..., Any]


def _exact(setup: Setup, k: int) -> list[Any]:
    return list(curves.expected_error(setup, k, rung="exact", field=EXACT).values)


# ------------------------------------------------------------------------------------------------ BND-06

_C, _N, _H = (letter(name, symmetric=True) for name in ("C", "N", "H"))
_G, _GI, _S, _POWER = (letter(name, symmetric=True) for name in ("G", "G_inv", "S", "P"))
_ANY = letter("M")
_PER_M = scalar("m", -1)


def _cancelled(expression: WordSum) -> WordSum:
    """Use G G⁻¹ = G⁻¹ G = I."""
    pair = Letter("G", symmetric=True), Letter("G_inv", symmetric=True)
    one = scalar("m", 0)
    return expression.replace_product(pair, one).replace_product(pair[::-1], one)


def _second_moment(C: Any, trace: Any, per_m: Any) -> Any:
    """(I − C)² + (1/m)(C² + tr(C) C): E H²."""
    return (1 - C) * (1 - C) + per_m * (C * C + trace * C)


_MOMENTS_WRONG: Mapping[str, Formula] = {
    "trace term twice": lambda C, t, p: (1 - C) * (1 - C) + p * (C * C + 2 * t * C),
    "C² twice": lambda C, t, p: (1 - C) * (1 - C) + p * (2 * C * C + t * C),
    "trace times I": lambda C, t, p: (1 - C) * (1 - C) + p * (C * C + t),
    "trace times C²": lambda C, t, p: (1 - C) * (1 - C) + p * (C * C + t * C * C),
}


def _later(formula: Formula) -> Callable[[], Formula]:
    return lambda: formula


def _moment_sides(formula: Formula) -> list[tuple[WordSum, WordSum]]:
    mean = pairings.expected_word((1 - _N) * (1 - _N), sample="N", covariance="C", count="m")
    return [(mean, formula(_C, _C.trace(), _PER_M))]


def _similar_sides(middle: WordSum) -> list[tuple[WordSum, WordSum]]:
    """R = G (I − G S G) G⁻¹, G² = Γ⁻¹; and R · G P G⁻¹ = G (H P) G⁻¹, so Rᵏ = G Hᵏ G⁻¹ and tr R^{2k} = tr H^{2k}."""
    step = _G * _H * _GI * _G * _POWER * _GI
    return [(1 - _G * _G * _S, _cancelled(_G * middle * _GI)), (_cancelled(step), _G * _H * _POWER * _GI)]


def _lower_curve(formula: Formula) -> Curve:
    """tr Mᵏ with M of the candidate at C = Γ⁻¹Σ, which has the eigenvalues of Γ^{−1/2} Σ Γ^{−1/2}."""

    def values(setup: Setup, k: int) -> list[Any]:
        C = np.asarray(
            reference.gamma_matrix(setup).Gamma_inv
            @ np.vectorize(EXACT.public, otypes=[object])(setup.Sigma.dense(EXACT))
        )
        one, p = np.eye(setup.d, dtype=int), per_example(setup)
        M = formula(_Matrix(C), _Matrix(one * np.trace(C)), _Matrix(one * p)).entries
        powers = [one]
        for _ in range(k):
            powers.append(powers[-1] @ M)
        return [Fraction(np.trace(power)) for power in powers]

    return values


class _Matrix:
    """A matrix whose * is the product, and to which numbers are multiples of I: so formulas of words apply."""

    def __init__(self, entries: Any) -> None:
        self.entries = entries

    def _lift(self, other: Any) -> Any:
        return other.entries if isinstance(other, _Matrix) else other * np.eye(len(self.entries), dtype=int)

    def __add__(self, other: Any) -> "_Matrix":
        return _Matrix(self.entries + self._lift(other))

    def __rsub__(self, other: Any) -> "_Matrix":
        return _Matrix(self._lift(other) - self.entries)

    def __mul__(self, other: Any) -> "_Matrix":
        return _Matrix(self.entries @ self._lift(other))

    def __rmul__(self, other: Any) -> "_Matrix":
        return _Matrix(self._lift(other) @ self.entries)


def _is_below(formula: Curve, setup: Setup) -> bool:
    """Whether E_k is at least the candidate for k <= 3."""
    return all(x >= y for x, y in zip(_exact(setup, 3), formula(setup, 3), strict=True))


_LOWER = Claim(
    id="BND-06",
    kind=Kind.LOWER,
    title="A finite prompt costs at least its first step's variance, at every step",
    statement=r"E_k \ge \operatorname{tr}\Big[\Big((I - C)^2 + \tfrac1m\big(C^2 + \operatorname{tr}(C)\,C\big)\Big)^k"
    r"\Big] \ge \operatorname{tr}(I - C)^{2k}, \qquad C = \Gamma^{-1/2}\Sigma\,\Gamma^{-1/2}; \quad \text{so where }"
    r" \Gamma\Sigma = \Sigma\,\Gamma \text{ the mean at finite } m \text{ is never below its limit } m \to \infty",
    source=Source("this project", note="Jensen's inequality on the spectrum of H = I − Γ^{−1/2} S Γ^{−1/2}"),
    origin=Origin.OURS,
    assumes=(
        *_PAPER,
        "‖Rᵏ‖_F² ≥ tr R^{2k}, the difference being half the square of an antisymmetric part",
        "spectral theorem: the tangent inequality at z = (E H²)ᵢᵢ, for ((H²)ᵏ)ᵢᵢ in the eigenbasis of C",
        "the mean over prompts of the tangent at z is zᵏ",
    ),
    uses=("MOM-01", "ERR-02"),
    checks=(
        by_words(
            "E H² of one prompt",
            formula=lambda: _second_moment,
            controls={name: _later(wrong) for name, wrong in _MOMENTS_WRONG.items()},
            sides=_moment_sides,
            scope="every d, m, n, Λ and Σ, N = Γ^{−1/2} S Γ^{−1/2} ~ Wishart(C, m)/m; every k by tangents",
        ),
        by_words(
            "‖M‖_F² − tr M² = ½ ‖M − Mᵀ‖_F²",
            formula=lambda: _ANY - _ANY.T,
            controls={
                "M + Mᵀ": lambda: _ANY + _ANY.T,
                "M": lambda: _ANY,
                "twice": lambda: 2 * _ANY - 2 * _ANY.T,
            },
            sides=lambda part: [
                ((_ANY * _ANY.T).trace() - (_ANY * _ANY).trace(), Fraction(1, 2) * (part * part.T).trace())
            ],
            scope="every d and M",
        ),
        by_words(
            "R is similar to H = I − G S G, G = Γ^{−1/2}: base and step for every power",
            formula=lambda: 1 - _G * _S * _G,
            controls={
                "I − S": lambda: 1 - _S,
                "I − G G S": lambda: 1 - _G * _G * _S,
                "I + G S G": lambda: 1 + _G * _S * _G,
            },
            sides=_similar_sides,
            scope="every d, S and symmetric G with inverse",
        ),
        powers_lie_above_tangents(),
        powers_keep_order(),
        by_samples(
            "the exact rung is above",
            formula=_lower_curve(_second_moment),
            controls={name: _lower_curve(wrong) for name, wrong in _MOMENTS_WRONG.items()},
            over=setups(max_d=2, max_m=20, max_n=30, paper=True),
            holds=_is_below,
            scope="d ≤ 2, m ≤ 20, n ≤ 30, k ≤ 3, commuting or not",
            instances=60,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-07


def _growth(d: Any, hard: Any, n: Any, per_m: Any) -> Any:
    """1 + ((d + 1)/m)(n/(1 + Hard))²."""
    return 1 + (d + 1) * per_m * (n / (1 + hard)) ** 2


_GROWTHS_WRONG: Mapping[str, Formula] = {
    "n/Hard": lambda d, hard, n, p: 1 + (d + 1) * p * (n / hard) ** 2,
    "n + 1 for n": lambda d, hard, n, p: 1 + (d + 1) * p * ((n + 1) / (1 + hard)) ** 2,
    "n²/(1 + Hard)": lambda d, hard, n, p: 1 + (d + 1) * p * n**2 / (1 + hard),
    "d + 2 for d + 1": lambda d, hard, n, p: 1 + (d + 2) * p * (n / (1 + hard)) ** 2,
    "1/m forgotten": lambda d, hard, n, p: 1 + (d + 1) * (n / (1 + hard)) ** 2,
}


def _growth_gaps(formula: Formula) -> dict[str, Expression]:
    """Other directions have c >= c_min; with tr C = d c_min + h the share of λ_min is law/d times the growth."""

    def others(e: Any, u: Any, v: Any, w: Any, x: Any, p: Any, h: Any) -> Any:
        t, n = (1 + x) * e + u + v, 1 + w
        return contraction(e, t, n) - contraction(e + u, t, n)

    def share(e: Any, u: Any, v: Any, w: Any, x: Any, p: Any, h: Any) -> Any:
        d, n = 1 + x, 1 + w
        t = d * e + v
        c = e / gamma(e, t, n)
        return _second_moment(c, d * c + h, p) / law(1, t / e, n, 1) - formula(d, t / e, n, p)

    return {"c ≥ c_min": others, "share of λ_min": share}


def _law_grows(formula: Formula, setup: Setup) -> bool:
    """Whether d E_k >= law_k growthᵏ for k <= 4."""
    growth = formula(setup.d, hardness_of(setup), Fraction(setup.n), per_example(setup))
    pairs = zip(_exact(setup, _STEPS), law_of(setup, _STEPS), strict=True)
    return all(setup.d * error >= value * growth**k for k, (error, value) in enumerate(pairs))


@st.composite
def _finite(draw: DrawFn) -> Setup:
    return Setup(draw(spectra(3)), n=draw(counts(10**4)), m=draw(counts(10**4)))


_NECESSARY = Claim(
    id="BND-07",
    kind=Kind.LOWER,
    title="For Corollary 3.5 to hold, m must grow in proportion to k",
    statement=r"E_k \ge \Big(1 + \frac{n}{1+H}\Big)^{-2k}\Big(1 + \frac{d+1}{m}\Big(\frac{n}{1+H}\Big)^2\Big)^k,"
    r" \quad H = \mathrm{Hard}(\Lambda): \text{ if } \Big(1 + \frac{d+1}{m}\Big(\frac{n}{1+H}\Big)^2\Big)^k > f d"
    r" \text{ then } E_k > f\, d\Big(1 + \frac{n}{1+H}\Big)^{-2k}; \text{ in particular if } m(fd - 1) < k(d+1)"
    r"\Big(\frac{n}{1+H}\Big)^2",
    source=Source(
        "this project", note="BND-06 in the direction of λ_min; the last condition by Bernoulli's inequality"
    ),
    origin=Origin.OURS,
    assumes=("Σ = Λ", *_PAPER, "f ≥ 1"),
    uses=("BND-06", "HRD-01"),
    checks=(
        by_certificate(
            "the share of λ_min in the lower bound",
            formula=_growth,
            controls=_GROWTHS_WRONG,
            gaps=_growth_gaps,
            domain=Domain(positive=("e",), nonnegative=("u", "v", "w", "x", "p", "h")),
            scope="every λ_min > 0, λ ≥ λ_min, d ≥ 1, n ≥ 1, 1/m ≥ 0, tr Λ ≥ λ + (d − 1) λ_min; k ≥ 1 by powers",
        ),
        powers_keep_order(),
        by_certificate(
            "gᵏ ≥ 1 + k (g − 1) > f d: the step of Bernoulli's inequality, and the last condition",
            formula=lambda d, f, k, r: k * (d + 1) * r**2 / (f * d - 1),
            controls={
                "d for d + 1, over f − 1": lambda d, f, k, r: k * d * r**2 / (f - 1),
                "f − 1 for f d − 1": lambda d, f, k, r: k * (d + 1) * r**2 / (f - 1),
                "k + 1 for k": lambda d, f, k, r: (k + 1) * (d + 1) * r**2 / (f * d - 1),
                "r for r²": lambda d, f, k, r: k * (d + 1) * r / (f * d - 1),
            },
            gaps=lambda least: {
                "step": lambda g, h, j, r, s, x: (1 + g) * (1 + (1 + j) * g + h) - (1 + (2 + j) * g),
                "condition": lambda g, h, j, r, s, x: (
                    (1 + j) * (2 + x) * r**2 * (1 / least(1 + x, 1 + g, 1 + j, r) + s) - ((1 + g) * (1 + x) - 1)
                ),
            },
            strict=("condition",),
            domain=Domain(positive=("r", "s"), nonnegative=("g", "h", "j", "x")),
            scope="every g ≥ 0, k ≥ 1, d ≥ 1, f ≥ 1, n/(1 + H) = r > 0 and m below the stated bound",
        ),
        by_samples(
            "the exact rung against the law times the growth",
            formula=_growth,
            controls=_GROWTHS_WRONG,
            over=_finite(),
            holds=_law_grows,
            scope=f"spectra with d ≤ 3, n ≤ 10⁴, m ≤ 10⁴, k ≤ {_STEPS}",
        ),
    ),
)

CLAIMS = (_LOWER, _NECESSARY)
