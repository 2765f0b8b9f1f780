"""What no training length and no number of steps can do, and the bound behind certified searches (theory section 8)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.lemmas import curves_are_convex
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives, setups, spectra
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.results import Metric, Rung
from theorycalc.thinking import convex_floor as floors
from theorycalc.thinking.family import family_of
from theorycalc.thinking.rung_at_length import RungAtLength

Formula = Callable[..., Any]


def _exact(setup: Setup, k: int, metric: str = "estimation") -> list[Fraction]:
    return [Fraction(x) for x in curves.expected_error(setup, k, rung="exact", metric=metric, field=EXACT).values]


# ------------------------------------------------------------------------------------------------ TRD-07


def _shortest(c: Any, k: Any) -> Any:
    """2c²(2k − 1)/(4 − c²): up to here m is too short for k steps."""
    return 2 * c * c * (2 * k - 1) / (4 - c * c)


_PARTIAL = "2 − c²"  # no rational function on the whole domain
_SHORTEST_WRONG: Mapping[str, Formula] = {
    "twice": lambda c, k: 4 * c * c * (2 * k - 1) / (4 - c * c),
    "2k + 5": lambda c, k: 2 * c * c * (2 * k + 5) / (4 - c * c),
    "ten times": lambda c, k: 20 * c * c * (2 * k - 1) / (4 - c * c),
    _PARTIAL: lambda c, k: 2 * c * c * (2 * k - 1) / (2 - c * c) if c * c < 2 else Fraction(10**9),
    "c for c²": lambda c, k: 4 * c * (2 * k - 1) / (4 - c * c),
}


def _pair_gaps(shortest: Formula) -> dict[str, Expression]:
    """c = 2/(1 + x); factors j <= i of t_k, i + j = 2k − 1, at m = the candidate or less."""

    def gap(x: Any, j: Any, u: Any, s: Any) -> Any:
        c, i = 2 / (1 + x), j + u
        m = shortest(c, (i + j + 1) / 2) / (1 + s)
        return (c / 2 + c * j / m) * (c / 2 + c * i / m) - 1

    return {"product ≥ 1": gap}


def _is_too_short(shortest: Formula, problem: tuple[Setup, int]) -> bool:
    """Whether E_k >= 1 wherever m is at most the candidate for some eigenvalue c of Γ⁻¹Σ."""
    setup, k = problem
    A = gamma_pair(setup, EXACT)[1]
    ratios = [Fraction(EXACT.public(c)) for c in A * setup.Sigma.array(EXACT)]
    limit = max((shortest(c, k) for c in ratios if c < 2), default=Fraction(0))
    m = math.floor(limit)
    return m < 1 or m > 40 or _exact(setup.replace(m=m), k)[k] >= 1


@st.composite
def _long_chains(draw: DrawFn) -> tuple[Setup, int]:
    """Draw spectra and k; d = 1 often, where the bound is least loose."""
    lam = draw(spectra(2))
    sigma = draw(st.one_of(st.none(), st.lists(positives(), min_size=len(lam), max_size=len(lam))))
    return Setup(lam, n=draw(counts(1000)), Sigma=sigma, m=1), draw(st.integers(1, 5))


_VALLEY = Claim(
    id="TRD-07",
    kind=Kind.LOWER,
    title="Every step more needs longer test prompts; if training prompts are as long, thinking longer costs context",
    statement=r"\text{for every eigenvalue } c < 2 \text{ of } \Gamma^{-1}\Sigma: \quad m \le"
    r" \frac{2c^2(2k-1)}{4 - c^2} \ \Rightarrow\ E_k \ge 1; \quad \Sigma = \Lambda,\ m = n: \text{ to reach }"
    r" \varepsilon < 1 \text{ takes } n > \frac{2c^2(2k-1)}{4-c^2} \text{ with } c = \frac{n}{n + 1 +"
    r" \operatorname{tr}\Lambda/\lambda_{\max}} \ge \frac{1}{2 + d}, \text{ so } n(k, \varepsilon) \to \infty \text{"
    r" at least in proportion to } k",
    source=Source("theory", "section 8", note="lower bound: found here, from ERR-05"),
    origin=Origin.OURS,
    assumes=(
        "w* ~ N(0, I), w₀ = 0",
        "E_k ≥ 2 t_k − 1, t_k = Π_{j<2k} (c/2 + cj/m) (ERR-05), and t_k ≥ 1 pair by pair, j with 2k − 1 − j",
        "c ≥ 2: every factor of t_k is at least 1",
    ),
    uses=("ERR-05",),
    checks=(
        by_certificate(
            "a pair of factors is at least 1",
            formula=_shortest,
            controls={name: wrong for name, wrong in _SHORTEST_WRONG.items() if name != _PARTIAL},
            gaps=_pair_gaps,
            domain=Domain(positive=("x", "u"), nonnegative=("j", "s")),
            scope="every 0 < c < 2, real j ≤ i and k with i + j = 2k − 1",
        ),
        by_samples(
            "the exact rung at the longest m that is too short",
            formula=_shortest,
            controls={name: wrong for name, wrong in _SHORTEST_WRONG.items() if name != "twice"},
            over=_long_chains(),
            holds=_is_too_short,
            scope="spectra with d ≤ 2, matched or not, n ≤ 1000, k ≤ 5, m ≤ 40",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ TRD-08


def _floor(setup: Setup, metric: str, steps: int) -> list[Fraction]:
    """The lower ends of what convex_floor returns, which are floats: exact rationals."""
    found = floors.convex_floor(setup, Metric(metric), Rung.EXACT, steps)
    return [Fraction(float(x)) for x in found.lower]


def _scaled(factor: Fraction) -> Callable[[Setup, str, int], list[Fraction]]:
    return lambda setup, metric, steps: [factor * x for x in _floor(setup, metric, steps)]


def _one_late(setup: Setup, metric: str, steps: int) -> list[Fraction]:
    values = _floor(setup, metric, steps)
    return [values[0], *values[:-1]]


def _is_floor(floor: Callable[[Setup, str, int], list[Fraction]], problem: tuple[Setup, str]) -> bool:
    """Whether it is below E_k for k <= 3, convex up to rounding, and touches E_k for Λ = λ I, P = Q = I."""
    setup, metric = problem
    low, errors = floor(setup, metric, 3), _exact(setup, 3, metric)
    slack = Fraction(1, 10**9)
    below = all(x <= error for x, error in zip(low, errors, strict=True))
    convex = all(low[k - 1] - 2 * low[k] + low[k + 1] >= -slack * low[k] for k in (1, 2))
    alike = setup.standard_prior and setup.matched and len(set(setup.Lambda.entries.tolist())) == 1
    tight = not alike or metric == "prediction" or all(x >= e * (1 - slack) for x, e in zip(low, errors, strict=True))
    return below and convex and tight


def _weights_gaps(bound: Formula) -> dict[str, Expression]:
    """P̃_i = z P̃_j; w_i = P̃_i Q̃_i = w + u and w_j = w + v; z on either side of 1."""

    def gap(z: Any, w: Any, u: Any, v: Any) -> Any:
        return (z * (w + v) + (w + u) / z) / 2 - bound(w, u, v)

    return {
        "P̃_i ≥ P̃_j": lambda s, w, u, v: gap(1 + s, w, u, v),
        "P̃_i ≤ P̃_j": lambda s, w, u, v: gap(1 / (1 + s), w, u, v),
    }


_FLOOR = Claim(
    id="TRD-08",
    kind=Kind.LOWER,
    title="A convex floor of the mean error: once it rises above a target, no more steps reach it",
    statement=r"\Gamma\Sigma = \Sigma\,\Gamma: \quad E_k \ge w\,T_k, \quad T_k = \mathbb{E} \operatorname{tr} H^{2k},"
    r"\ H = I - \Gamma^{-1/2} S\, \Gamma^{-1/2},\ w = \min_i P_{ii} Q_{ii}; \quad T_{k-1} - 2 T_k + T_{k+1} \ge 0,"
    r" \text{ so } T_{K-1} \le T_K \text{ and } w\,T_K > \varepsilon \text{ exclude every } k \ge K; \quad T_k \ge d"
    r" - m",
    source=Source("this project", note="what ends the search of smallest_steps"),
    origin=Origin.OURS,
    assumes=(
        "labels may be noisy: noise only adds",
        "in the eigenbasis E tr P̃ Hᵏ Q̃ Hᵏ = Σ P̃_i Q̃_j E (Hᵏ)_ij², symmetric in i and j",
        "convexity as for BND-06: the mean of Y(1 − y)² over the eigenvalues y of H²",
        "for m < d the kernel of S has dimension d − m, and H is the identity there",
    ),
    uses=("BND-06", "ERR-08"),
    checks=(
        by_certificate(
            "(P̃_i Q̃_j + P̃_j Q̃_i)/2 ≥ min(w_i, w_j)",
            formula=lambda w, u, v: w,
            controls={
                "the mean of w_i and w_j": lambda w, u, v: w + (u + v) / 2,
                "the larger one": lambda w, u, v: w + u + v,
                "twice": lambda w, u, v: 2 * w,
            },
            gaps=_weights_gaps,
            domain=Domain(nonnegative=("s", "u", "v"), positive=("w",)),
            scope="all P̃_i, P̃_j > 0 and w_i, w_j > 0",
        ),
        curves_are_convex(),
        by_samples(
            "convex_floor against the exact rung",
            formula=_floor,
            controls={
                "a tenth too much": _scaled(Fraction(11, 10)),
                "a tenth too little where it is tight": _scaled(Fraction(9, 10)),
                "one step late": _one_late,
            },
            over=st.tuples(setups(max_d=3, max_m=6, spectra_only=True), st.sampled_from(["estimation", "prediction"])),
            holds=_is_floor,
            scope="spectra with d ≤ 3, m ≤ 6, n ≤ 100, k ≤ 3, any Ω, w₀, σ², both metrics",
            instances=40,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ TRD-09


@dataclass(frozen=True)
class Signed:
    """A problem with spectra, steps, and signs for the eigenvalues of Γ⁻¹."""

    setup: Setup
    signs: tuple[int, ...]


@st.composite
def _signed(draw: DrawFn) -> Signed:
    setup = draw(setups(max_d=3, max_m=6, spectra_only=True))
    return Signed(setup, tuple(draw(st.lists(st.sampled_from([-1, 1]), min_size=setup.d, max_size=setup.d))))


def _polynomial(setup: Setup, signs: Any, *, flipped: bool = False) -> list[Fraction]:
    """E_0 … E_3 with the signs at the eigenvalues of Γ⁻¹; ``flipped``: I + N for I − N."""
    family = family_of(setup, Metric.ESTIMATION, EXACT)
    t = EXACT.number(1) / EXACT.number(setup.n)
    s = (EXACT.number(1) / family.gamma(t)) * EXACT.array(np.array(signs[: family.lam.size]))
    rung = RungAtLength(family, Rung.EXACT, 3)
    values, _ = rung._parts(family.at(s, sign=-1 if flipped else 1), rung.epsilon(t), EXACT)
    return [Fraction(EXACT.public(x)) for x in values]


def _all_plus(setup: Setup) -> list[Fraction]:
    return _polynomial(setup, [1] * setup.d, flipped=True)


def _bounds_all_signs(bound: Callable[[Setup], list[Fraction]], instance: Signed) -> bool:
    """Whether it bounds |E_k| at every choice of signs drawn, and is reached where all are −1."""
    bare = instance.setup.replace(noise_var=0)
    values = _polynomial(bare, instance.signs)
    reached = _polynomial(bare, [-1] * bare.d)
    limit = bound(bare)
    return all(abs(x) <= b for x, b in zip(values, limit, strict=True)) and [abs(x) for x in reached] == limit


def _modulus_sides(factor: Formula) -> dict[str, tuple[Expression, Expression]]:
    """|r e^{iφ} + δ|² − (r + δ)² cos²(φ/2) with C = cos φ, cos²(φ/2) = (1 + C)/2."""
    return {
        "the difference is a square": (
            lambda r, e, C: r * r + e * e + 2 * r * e * C - (r + e) * (r + e) * (1 + C) / 2,
            factor,
        )
    }


_MODULUS = Claim(
    id="TRD-09",
    kind=Kind.UPPER,
    title="A bound of the error at complex training lengths, which makes interpolation in n rigorous",
    statement=r"\text{With } t + \tau_i = r e^{i\varphi} + \delta_i,\ \delta_i \ge 0: \quad |t + \tau_i| \ge (r +"
    r" \delta_i)\cos\tfrac\varphi2, \quad \text{and for } \Gamma\Sigma = \Sigma\,\Gamma:\ |E_k(s_1, \dots, s_d)| \le"
    r" \mathbb{E} \operatorname{tr}\big[P (I + AS)^k Q (I + SA)^k\big] \text{ at } |s_1|, \dots, |s_d|, \text{ the"
    r" eigenvalues of } A = \Gamma^{-1} = \tfrac{1}{\lambda_i + t(\lambda_i + \operatorname{tr}\Lambda)} \text{"
    r" complex}",
    source=Source("this project", note="Wick's theorem; what bounds the remainder of the Chebyshev panels"),
    origin=Origin.OURS,
    assumes=(
        "in the shared eigenbasis the mean of every word of S is a sum over pairings of nonnegative products",
        "so E_k is a polynomial in s whose coefficients have the sign (−1)^degree",
    ),
    uses=("ERR-02",),
    checks=(
        by_certificate(
            "|r e^{iφ} + δ|² − (r + δ)² cos²(φ/2) = ½ (1 − cos φ)(r − δ)²",
            formula=lambda r, e, C: (1 - C) * (r - e) * (r - e) / 2,
            controls={
                "1 + cos φ": lambda r, e, C: (1 + C) * (r - e) * (r - e) / 2,
                "(r + δ)²": lambda r, e, C: (1 - C) * (r + e) * (r + e) / 2,
                "without ½": lambda r, e, C: (1 - C) * (r - e) * (r - e),
            },
            gaps=lambda factor: {},
            equal=_modulus_sides,
            domain=Domain(positive=("r",), nonnegative=("e", "C")),
            scope="every r, δ and cos φ: an identity of polynomials; the words by Wick's theorem",
        ),
        by_samples(
            "the recursion at eigenvalues of Γ⁻¹ of any sign",
            formula=_all_plus,
            controls={
                "E_k itself": lambda setup: _polynomial(setup, [1] * setup.d),
                "the words of degree 0 alone": lambda setup: [_all_plus(setup)[0]] * 4,
                "half": lambda setup: [x / 2 for x in _all_plus(setup)],
            },
            over=_signed(),
            holds=_bounds_all_signs,
            scope="spectra with d ≤ 3, m ≤ 6, n ≤ 100, k ≤ 3, any Ω and w₀; signs in place of phases",
            instances=40,
        ),
    ),
)

CLAIMS = (_VALLEY, _FLOOR, _MODULUS)
