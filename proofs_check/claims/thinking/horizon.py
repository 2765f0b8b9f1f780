"""How far one must look to know the best number of steps, and how far errors can grow before they decay."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.lemmas import curves_are_convex, gamma
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, covariances, positives, with_spectrum
from theorycalc.error_curves import curves
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, EXACT, F64, Ball
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.thinking import mean, minimum, transient
from theorycalc.thinking.directions import directions_of

_OURS = Source("this project", note="theory sections 5 and 9")

# ------------------------------------------------------------------------------------------------ OVT-10

#: What a later step is sure to cost at least: (share p, G_k) -> lower bound of E_k.
Bound = Callable[[Any, Any], Any]


def _bound(p: Any, G: Any) -> Any:
    return p * G


_WRONG_BOUNDS: Mapping[str, Bound] = {
    "G itself": lambda p, G: G + 0 * p,
    "2pG": lambda p, G: 2 * p * G,
    "G/p": lambda p, G: G / p,
}


def _bound_gaps(bound: Bound) -> dict[str, Expression]:
    """Where P̃ = Γ^{-1/2}PΓ^{-1/2} is diagonal: Σ (p + uᵢ) sᵢ against the bound with G = Σ sᵢ, term by term."""
    return {"one direction": lambda p, u, s: (p + u) * s - bound(p, s)}


def _later_steps_are_worse(bound: Bound, setup: Setup) -> bool:
    """Whether E_k exceeds the bound at every k <= 8, with p and G_k from theorycalc."""
    errors = curves.expected_error(setup, 8, rung="population", field=EXACT).values
    share = minimum.smallest_weight(setup, Metric.ESTIMATION)
    field = BALL(200)
    with field.working():
        chain = minimum.Chain(setup, Metric.ESTIMATION, field)
        weighted: list[Ball] = []
        for error in errors:
            enclosed, G = chain.errors()
            if error not in enclosed or bound(share, G.lower) > error:
                return False
            weighted.append(G)
            chain.step()
    steps = [later.upper - now.lower for now, later in itertools.pairwise(weighted)]
    return all(later - now >= -Fraction(1, 2**100) for now, later in itertools.pairwise(steps))


def _mean_is_above(bound: Bound, setup: Setup) -> bool:
    """Whether the exact mean exceeds the bound at every k <= 3, G by the code that certifies mean_k_star."""
    errors = curves.expected_error(setup, 3, rung="exact", field=EXACT).values
    weighted = mean._weighted_curve(setup, 3, Metric.ESTIMATION, EXACT)
    share = mean._share(setup, Metric.ESTIMATION)
    numbers = [EXACT.public(G) for G in weighted]
    rises = [later - now for now, later in itertools.pairwise(numbers)]
    convex = all(later >= now for now, later in itertools.pairwise(rises))
    return convex and all(bound(share, G) <= error for G, error in zip(numbers, errors, strict=True))


@st.composite
def _short(draw: DrawFn) -> Setup:
    d = draw(st.integers(1, 2))
    spectrum: Any = st.lists(positives(), min_size=d, max_size=d)
    kind = st.one_of(spectrum, covariances(d))
    return Setup(draw(kind), n=draw(counts(100)), Sigma=draw(kind), m=draw(st.integers(1, 4)))


@st.composite
def _problems(draw: DrawFn) -> Setup:
    d = draw(st.integers(2, 3))
    return Setup(draw(covariances(d)), n=draw(counts(100)), Sigma=draw(covariances(d)))


Rule = Callable[[Sequence[Fraction], Fraction, Sequence[Fraction]], int]  # (E, p, G) -> k*


def _rule(errors: Sequence[Fraction], share: Fraction, weighted: Sequence[Fraction]) -> int:
    """k* as the search finds it: the smallest error once G rises and pG exceeds it."""
    for k in range(1, len(errors)):
        best = min(errors[: k + 1])
        if weighted[k] >= weighted[k - 1] and share * weighted[k] > best:
            return list(errors).index(best)
    return len(errors)


def _first_rise(errors: Sequence[Fraction], share: Fraction, weighted: Sequence[Fraction]) -> int:
    return next((k for k, (now, later) in enumerate(itertools.pairwise(errors)) if later >= now), len(errors))


def _weighted_minimum(errors: Sequence[Fraction], share: Fraction, weighted: Sequence[Fraction]) -> int:
    return list(weighted).index(min(weighted))


_HORIZON = 60


def _agrees(rule: Rule, setup: Setup) -> bool:
    """Whether the rule gives the k* of the whole exact curve to k = 60, and so does best_steps."""
    errors = list(curves.expected_error(setup, _HORIZON, rung="population", field=EXACT).values)
    directions, _ = directions_of(setup, Metric.ESTIMATION, F64)
    found = minimum.best_steps(setup, directions, Metric.ESTIMATION)
    share = minimum.smallest_weight(setup, Metric.ESTIMATION)
    field = BALL(400)
    with field.working():
        chain = minimum.Chain(setup, Metric.ESTIMATION, field)
        weighted = []
        for _ in errors:
            weighted.append(chain.errors()[1].mid)
            chain.step()
    best = errors.index(min(errors))
    return found.is_certain and found.lower == best == rule(errors, share, weighted)


@st.composite
def _transients(draw: DrawFn) -> Setup:
    """Draw problems that overthink soon and do not commute; some first rise, then fall below the start."""
    n = draw(st.sampled_from([20, 30, 32]))
    top, low = (Fraction(x) for x in draw(st.sampled_from([("31", "1"), ("2", "1/10"), ("9", "1/2")])))
    share = Fraction(draw(st.sampled_from(["1/10", "1/4", "1/2", "4/5"])))
    ends = [gamma(x, top + low, Fraction(n)) for x in (top, low)]
    first = ends[0] * draw(st.fractions(Fraction(1, 2), 2, max_denominator=4))
    second = ends[1] * Fraction(draw(st.sampled_from(["2", "21/10", "9/4"])))
    corner = share * second * max(1, math.isqrt(int(first / second)))
    return Setup([top, low], n=n, Sigma=[[first, corner], [corner, second]])


def _overthinks(setup: Setup) -> bool:
    directions, threshold = directions_of(setup, Metric.ESTIMATION, F64)
    return bool((directions.code == 2).any()) and float(threshold) > 2.02


_LOOK_AHEAD = Claim(
    id="OVT-10",
    kind=Kind.LOWER,
    title="When no later step can be the best: a convex curve below the error, commuting or not, on every rung",
    statement=r"P \succeq p\,\Gamma \Longrightarrow E_k \ge p\,G_k, \quad G_k = \mathbb E\operatorname{tr}\Gamma"
    r" R^kQ(R^k)^{\mathsf T} = \mathbb E\sum_i \tilde q_{ii}(1 - \mu_i)^{2k} \text{ convex in } k, \text{ at finite }"
    r" m \text{ and for } m \to \infty: \text{ once } G_K \ge G_{K-1} \text{ and } p\,G_K > E_j \text{ for a } j \le K,"
    r" \text{ the best } k \text{ is below } K",
    source=_OURS,
    origin=Origin.OURS,
    assumes=("no label noise", "μᵢ the eigenvalues of Γ^{-1/2}SΓ^{-1/2} of a prompt, which is symmetric"),
    uses=("BND-06",),
    checks=(
        by_certificate(
            "E ≥ pG, direction by direction of Γ^{-1/2}PΓ^{-1/2}",
            part="bound",
            formula=_bound,
            controls=_WRONG_BOUNDS,
            gaps=_bound_gaps,
            domain=Domain(positive=("p",), nonnegative=("u", "s")),
            scope="every P̃ ⪰ pI and every positive semidefinite state with diagonal s",
        ),
        by_samples(
            "the population rung above p G, and G convex",
            part="bound",
            formula=_bound,
            controls=_WRONG_BOUNDS,
            over=_problems(),
            holds=_later_steps_are_worse,
            scope="full matrices with d ≤ 3, k ≤ 8",
            instances=15,
        ),
        by_samples(
            "the exact mean above p G, and G convex",
            part="bound",
            formula=_bound,
            controls=_WRONG_BOUNDS,
            over=_short(),
            holds=_mean_is_above,
            scope="spectra and full matrices with d ≤ 2, m ≤ 4, k ≤ 3",
            instances=25,
        ),
        curves_are_convex("convex"),
        by_samples(
            "best_steps against the whole curve",
            part="bound",
            formula=_rule,
            controls={"where E first rises": _first_rise, "where G is least": _weighted_minimum},
            over=_transients().filter(_overthinks),
            holds=_agrees,
            scope=f"d = 2, not commuting, k ≤ {_HORIZON}",
            instances=25,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ OVT-11

Limit = Callable[[Any], Any]  # n -> κ


def _limit(n: Any) -> Any:
    return n + 2


_WRONG_LIMITS: Mapping[str, Limit] = {
    "n + 1": lambda n: n + 1,
    "n": lambda n: n,
    "(n + 2)/2": lambda n: (n + 2) / 2,
    "2 + 1/n": lambda n: 2 + 1 / n,
}


def _ratio_gaps(limit: Limit) -> dict[str, Expression]:
    """γ_max/γ_min with λ_min = e, λ_max = e + u, tr Λ = 2e + u + v."""
    return {"κ": lambda e, u, v, w: limit(1 + w) * gamma(e, 2 * e + u + v, 1 + w) - gamma(e + u, 2 * e + u + v, 1 + w)}


def _approached(limit: Limit) -> dict[str, tuple[Expression, Expression]]:
    """As λ_min = e falls to 0 in d = 2 the ratio rises to n + 2: their gap is e·(…)."""
    return {
        "in the limit e → 0": (
            lambda w, **_: gamma(1, 1, 1 + w) / gamma(0, 1, 1 + w),
            lambda w, **_: limit(1 + w),
        )
    }


@st.composite
def _converging(draw: DrawFn) -> Setup:
    """Draw rotated Λ with a wide spectrum, and Σ below 2Γ."""
    d = draw(st.integers(2, 3))
    lam = [draw(positives()) * Fraction(10) ** -draw(st.integers(0, 4)) for _ in range(d)]
    Lambda, n = draw(with_spectrum(lam)), draw(counts(1000))
    Sigma = np.array(draw(covariances(d)), dtype=object)
    least = min(gamma(x, sum(lam), Fraction(n)) for x in lam)
    return Setup(Lambda, n=n, Sigma=(Sigma * (least * Fraction(3, 2) / np.trace(Sigma))).tolist())


def _is_bounded(limit: Limit, setup: Setup) -> bool:
    """Whether κ and both peaks stay within what n allows, and the peaks are those of the exact curve to k = 12."""
    try:
        found = transient.transient_growth(setup, field=BALL(64))
    except NotCertified:
        return True
    kappa = Fraction(limit(Fraction(setup.n)))
    if found.condition.lower > kappa or found.peak.lower > (kappa + 1 / kappa) / 2 or found.norm_peak.lower**2 > kappa:
        return False
    errors = [x / setup.d for x in curves.expected_error(setup, 12, rung="population", field=EXACT).values]
    return all(x <= found.peak.upper for x in errors) and errors[int(found.peak_step)] in found.peak


def _wide(n: int) -> Setup:
    return Setup([1, Fraction(1, 10**9)], n=n, Sigma=[["1/1000", "1/100000"], ["1/100000", "1/1000"]])


_GROWTH = Claim(
    id="OVT-11",
    kind=Kind.TIGHT,
    title="Before it decays the long-prompt error grows at most (n + 2 + 1/(n + 2))/2-fold",
    statement=r"\kappa = \gamma_{\max}/\gamma_{\min} < n + 2, \text{ and } n + 2 \text{ is approached}; \quad \Sigma"
    r" \preceq 2\Gamma \Longrightarrow \lim_{m\to\infty} E_k \le \tfrac12\big(n + 2 + \tfrac1{n+2}\big) E_0,"
    r" \ \|R^k\|^2 \le n + 2, \ w^\ast \sim N(0, I)",
    source=_OURS,
    origin=Origin.OURS,
    assumes=("m → ∞ at fixed d and k", "x + 1/x rises for x ≥ 1; tr (I − C)^{2k} ≤ d where 0 ⪯ C ⪯ 2I"),
    uses=("OVT-04",),
    checks=(
        by_certificate(
            "κ below n + 2, and up to it",
            formula=_limit,
            controls=_WRONG_LIMITS,
            gaps=_ratio_gaps,
            strict=("κ",),
            equal=_approached,
            domain=Domain(positive=("e",), nonnegative=("u", "v", "w")),
            scope="every d ≥ 2, Λ and n ≥ 1",
        ),
        by_samples(
            "transient_growth within the bound, and equal to the exact curve",
            formula=_limit,
            controls=_WRONG_LIMITS,
            over=st.one_of(_converging(), st.integers(1, 50).map(_wide)),
            holds=_is_bounded,
            scope="d ≤ 3, n ≤ 1000, spectra up to 1 : 10⁹",
            instances=25,
        ),
    ),
)

CLAIMS = (_LOOK_AHEAD, _GROWTH)
