"""Which training length and how much of a skill decide overthinking on long prompts (theory section 9)."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.lemmas import gamma
from proofs_check.claims.thinking.overthinking import COMMUTING, directions, population, skills, trace_of
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives, spectra
from theorycalc.model import Setup

Formula = Callable[..., Any]

# ------------------------------------------------------------------------------------------------ OVT-02


def _longest(sigma: Any, lam: Any, trace: Any) -> Any:
    """2(λ + tr Λ)/(σ − 2λ): the n up to which a direction with σ > 2λ converges."""
    return 2 * (lam + trace) / (sigma - 2 * lam)


_LONGEST_WRONG: Mapping[str, Formula] = {
    "2 tr Λ/(σ − 2λ)": lambda sigma, lam, trace: 2 * trace / (sigma - 2 * lam),
    "(λ + tr Λ)/(σ − 2λ)": lambda sigma, lam, trace: (lam + trace) / (sigma - 2 * lam),
    "2(λ + tr Λ)/(σ − λ)": lambda sigma, lam, trace: 2 * (lam + trace) / (sigma - lam),
    "one more": lambda sigma, lam, trace: 1 + 2 * (lam + trace) / (sigma - 2 * lam),
}


def _longest_gaps(longest: Formula) -> dict[str, Expression]:
    """σ = 2λ + g with g > 0; n above the threshold, or a part of it."""

    def factor(n: Any, e: Any, g: Any, v: Any) -> Any:
        return 1 - (2 * e + g) / gamma(e, e + v, n)

    return {
        "overthinks above": lambda e, g, r, s, v: -1 - factor(longest(2 * e + g, e, e + v) + s, e, g, v),
        "converges below": lambda e, g, r, s, v: 1 + factor(longest(2 * e + g, e, e + v) * s / (r + s), e, g, v),
        "γ falls with n": lambda e, g, r, s, v: gamma(e, e + v, r) - gamma(e, e + v, r + s),
        "σ ≤ 2λ never overthinks": lambda e, g, r, s, v: 1 + factor(r, e, -2 * e * s / (1 + s), v),
    }


def _is_longest(longest: Formula, setup: Setup) -> bool:
    """Whether a direction overthinks exactly if σ > 2λ and n is above the threshold."""
    return all(
        (factor < -1) == (sigma > 2 * lam and setup.n > longest(sigma, lam, trace_of(setup)))
        for sigma, lam, factor in directions(setup)
        if sigma != lam
    )


@st.composite
def _near_threshold(draw: DrawFn) -> Setup:
    """Draw spectra, and n beside the threshold of one direction if it has one."""
    lam = draw(spectra(4))
    sigma = draw(st.lists(positives(), min_size=len(lam), max_size=len(lam)))
    ends = [_longest(s, x, sum(lam)) for s, x in zip(sigma, lam, strict=True) if s > 2 * x]
    near = [n for end in ends for n in (int(end), int(end) + 1) if n >= 1]
    return Setup(lam, n=draw(st.one_of(counts(1000), st.sampled_from(near or [1]))), Sigma=sigma)


@dataclass(frozen=True)
class Worse:
    """Spectra and two training lengths; the longer one is claimed to turn convergence into overthinking."""

    Lambda: tuple[Fraction | int, ...]
    Sigma: tuple[Fraction | int, ...]
    short: int
    long: int


def _gets_worse(found: Worse) -> bool:
    """Whether E_k falls in every step after short training, and after long training rises in every step."""
    short, long = (
        population(Setup(list(found.Lambda), n=n, Sigma=list(found.Sigma)), 6) for n in (found.short, found.long)
    )
    falls = all(later < now for now, later in itertools.pairwise(short))
    rises = all(later > now for now, later in itertools.pairwise(long))
    return falls and rises and found.short < found.long


_TENTH = Fraction(1, 10)

_LONGER_TRAINING = Claim(
    id="OVT-02",
    kind=Kind.TIGHT,
    title="Longer training prompts can make overthinking worse",
    statement=r"\gamma_i = \lambda_i + \frac{\lambda_i + \operatorname{tr}\Lambda}{n} \text{ falls as } n \text{ grows;"
    r" a direction with } \sigma_i \le 2\lambda_i \text{ never overthinks, one with } \sigma_i > 2\lambda_i"
    r" \text{ exactly for } n > \frac{2(\lambda_i + \operatorname{tr}\Lambda)}{\sigma_i - 2\lambda_i}; \quad \Lambda ="
    r" \operatorname{diag}(1, \tfrac1{10}), \ \Sigma = I:\ E_k \text{ falls in } k \text{ at } n = 2, \text{ and}"
    r" \text{ rises at } n = 4 \ (k \le 6)",
    source=Source(
        "this project", note="theory section 9 says that longer training can hurt; threshold and instance are ours"
    ),
    origin=Origin.OURS,
    assumes=COMMUTING,
    uses=("OVT-01", "HRD-02"),
    checks=(
        by_certificate(
            "a direction on both sides of the threshold",
            part="threshold",
            formula=_longest,
            controls=_LONGEST_WRONG,
            gaps=_longest_gaps,
            strict=("overthinks above", "converges below", "γ falls with n", "σ ≤ 2λ never overthinks"),
            domain=Domain(positive=("e", "g", "r", "s"), nonnegative=("v",)),
            scope="every λ > 0, tr Λ ≥ λ, σ > 0 and real n > 0",
        ),
        by_samples(
            "contraction_factors at integers beside the threshold",
            part="threshold",
            formula=_longest,
            controls=_LONGEST_WRONG,
            over=_near_threshold(),
            holds=_is_longest,
            scope="spectra with d ≤ 4, n ≤ 1000 or beside a threshold",
            instances=100,
        ),
        by_witness(
            "Λ = diag(1, 1/10), Σ = I, n = 2 and 4",
            part="existence",
            formula=Worse((1, _TENTH), (1, 1), 2, 4),
            controls={
                "matched": Worse((1, _TENTH), (1, _TENTH), 2, 4),
                "at the threshold, where one direction stays": Worse((1, _TENTH), (1, 1), 2, 3),
                "σ = 2λ": Worse((1, _TENTH), (1, 2 * _TENTH), 2, 1000),
                "the other way round": Worse((1, _TENTH), (1, 1), 4, 2),
            },
            satisfies=_gets_worse,
            scope="one exact instance, k ≤ 6",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ OVT-03


def _cured(sigma: Any, others: Any, n: Any) -> Any:
    """(nσ/2 − t₋)/(n + 2), t₋ = Σ_{j ≠ i} λ_j: the least λ with which a direction does not overthink."""
    return (n * sigma / 2 - others) / (n + 2)


_CURES_WRONG: Mapping[str, Formula] = {
    "σ/2": lambda sigma, others, n: sigma / 2,
    "the trace held fixed: (n + 1) for (n + 2)": lambda sigma, others, n: (n * sigma / 2 - others) / (n + 1),
    "nσ for nσ/2": lambda sigma, others, n: (n * sigma - others) / (n + 2),
    "the others added": lambda sigma, others, n: (n * sigma / 2 + others) / (n + 2),
    "the others forgotten": lambda sigma, others, n: n * sigma / 2 / (n + 2),
}


def _cure_gaps(cured: Formula) -> dict[str, Expression]:
    def margin(lam: Any, f: Any, v: Any, w: Any) -> Any:
        return 2 * gamma(lam, lam + v, 1 + w) - f

    return {
        "more is enough": lambda f, s, v, w: margin(cured(f, v, 1 + w) + s, f, v, w),
        "less is not": lambda f, s, v, w: -margin(cured(f, v, 1 + w) - s, f, v, w),
        "no other γ falls": lambda f, s, v, w: gamma(f, f + v + s, 1 + w) - gamma(f, f + v, 1 + w),
    }


def _cures(cured: Formula, instance: tuple[Setup, int]) -> bool:
    """Whether the factor is exactly −1 at the cure, above −1 beyond it, and no other ratio σ/γ grows."""
    setup, i = instance
    lam, sigma, n = setup.Lambda.entries.tolist(), setup.Sigma.entries.tolist(), Fraction(setup.n)
    least = cured(sigma[i], sum(lam) - lam[i], n)
    if least <= 0:  # no skill is needed: the ridge of the others is enough
        return directions(setup)[i][2] > -1
    at, beyond = (directions(setup.replace(Lambda=_with(lam, i, value), Sigma=sigma)) for value in (least, least + 1))
    others = all(after[2] >= now[2] for j, (now, after) in enumerate(zip(at, beyond, strict=True)) if j != i)
    return at[i][2] == -1 and beyond[i][2] > -1 and others


def _with(lam: list[Fraction], i: int, value: Fraction) -> list[Fraction]:
    return [*lam[:i], value, *lam[i + 1 :]]


_CURE = Claim(
    id="OVT-03",
    kind=Kind.TIGHT,
    title="How much of a skill cures its overthinking",
    statement=r"\text{With the other skills fixed, direction } i \text{ does not overthink iff } \lambda_i \ge"
    r" \frac{n\sigma_i/2 - t_-}{n + 2}, \quad t_- = \sum_{j \ne i}\lambda_j, \text{ and raising } \lambda_i"
    r" \text{ raises no other } \sigma_j/\gamma_j",
    source=Source("this project", note="what the criterion of theory section 9 asks of one skill"),
    origin=Origin.OURS,
    assumes=COMMUTING,
    uses=("OVT-01",),
    checks=(
        by_certificate(
            "2γ = σ at the cure, on the right side beside it",
            formula=_cured,
            controls=_CURES_WRONG,
            gaps=_cure_gaps,
            strict=("more is enough", "less is not", "no other γ falls"),
            equal=lambda cured: {
                "at the cure": (
                    lambda f, s, v, w: 2 * gamma(cured(f, v, 1 + w), cured(f, v, 1 + w) + v, 1 + w),
                    lambda f, s, v, w: f,
                )
            },
            domain=Domain(positive=("f", "s"), nonnegative=("v", "w")),
            scope="every σ > 0, t₋ ≥ 0, n ≥ 1",
        ),
        by_samples(
            "contraction_factors at the cure and beyond it",
            formula=_cured,
            controls=_CURES_WRONG,
            over=skills().flatmap(lambda setup: st.tuples(st.just(setup), st.integers(0, setup.d - 1))),
            holds=_cures,
            scope="spectra with d ≤ 4, n ≤ 100",
        ),
    ),
)

CLAIMS = (_LONGER_TRAINING, _CURE)
