"""The least training data that cure overthinking, and the longest training that needs none (theory section 9)."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.lemmas import gamma
from proofs_check.claims.thinking.overthinking import skills, trace_of
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, covariances, rotations
from theorycalc.fields import BALL, Ball, as_fraction
from theorycalc.model import Setup
from theorycalc.thinking import cure, training_length

_OURS = Source("this project", note="the criterion of theory section 9, all skills at once")
_LONG = ("m → ∞ at fixed d and k", "Γ = (1 + 1/n) Λ + (tr Λ/n) I")

# ------------------------------------------------------------------------------------------------ OVT-08

Level = Callable[[Any, Any, Any], Any]  # (n (g₁ + … + g_j), j, n) -> trace


def _level(total: Any, j: Any, n: Any) -> Any:
    return total / (n + 1 + j)


_WRONG_LEVELS: Mapping[str, Level] = {
    "the trace held fixed: n + 1": lambda total, j, n: total / (n + 1),
    "one skill at a time: n + 2": lambda total, j, n: total / (n + 2),
    "n + j": lambda total, j, n: total / (n + j),
    "n + 1 + 2j": lambda total, j, n: total / (n + 1 + 2 * j),
    "n for n g": lambda total, j, n: total / (n * (n + 1 + j)),
}


def _bound_gaps(level: Level) -> dict[str, Expression]:
    """With s = tr ΠM, r = tr M − s >= 0 and S >= 0 what Π(2Γ(Λ + M) − Σ)Π has to spare: n tr ΠG = (n+1)s + ja − S."""

    def room(s: Any, r: Any, S: Any, v: Any, w: Any, **_: Any) -> Any:
        j, n, a = 1 + v, 1 + w, s + r
        return a - level((n + 1) * s + j * a - S, j, n)

    return {"no cure is smaller": room}


def _reached(level: Level) -> dict[str, tuple[Expression, Expression]]:
    """M = (nG − aI)₊/(n + 1) has trace (n(g₁ + … + g_j) − ja)/(n + 1), and that is a at the level."""

    def trace(S: Any, v: Any, w: Any, **_: Any) -> Any:
        j, n = 1 + v, 1 + w
        return (S - j * level(S, j, n)) / (n + 1)

    def step(S: Any, v: Any, w: Any, x: Any, **_: Any) -> Any:
        """a_{j+1} − a_j = (x − a_j)/(n + 2 + j), x = n g_{j+1}: the largest a_j is where the next x falls below it."""
        j, n = 1 + v, 1 + w
        return level(S + x, j + 1, n) - level(S, j, n)

    return {
        "the trace of the cure": (
            lambda S, v, w, **_: trace(S, v, w),
            lambda S, v, w, **_: level(S, 1 + v, 1 + w),
        ),
        "where the maximum is": (
            step,
            lambda S, v, w, x, **_: (x - S / (3 + v + w)) / (4 + v + w),
        ),
    }


def _is_least(level: Level, setup: Setup) -> bool:
    """Whether the cure's trace is max_j level, it makes the worst direction critical, and no other skill needs it."""
    found = cure.overthinking_cure(setup)
    n, trace = setup.n, trace_of(setup)
    pairs = zip(setup.Sigma.entries.tolist(), setup.Lambda.entries.tolist(), strict=True)
    excess = sorted((n * (s / 2 - gamma(x, trace, Fraction(n))) for s, x in pairs), reverse=True)
    levels = [level(sum(excess[:j]), j, n) for j in range(1, len(excess) + 1)]
    if found.total != max(Fraction(0), *levels):
        return False
    after = found.cured()
    slack = [
        2 * gamma(x, trace_of(after), Fraction(n)) - s
        for s, x in zip(setup.Sigma.entries, after.Lambda.entries, strict=True)
    ]
    return bool(min(slack) >= 0 and (not found.needed or min(slack) == 0))


@st.composite
def _turned(draw: DrawFn) -> tuple[Setup, Setup]:
    """Draw spectra, and the same problem turned by a rational rotation."""
    setup = draw(skills())
    U = np.array(draw(rotations(setup.d)), dtype=object)
    turned = {
        name: ((U * np.array(values.entries, dtype=object)) @ U.T).tolist()
        for name, values in (("Lambda", setup.Lambda), ("Sigma", setup.Sigma))
    }
    return setup, Setup(turned["Lambda"], n=setup.n, Sigma=turned["Sigma"])


def _is_least_turned(level: Level, pair: tuple[Setup, Setup]) -> bool:
    """Whether the proved lower bound and the trace of the cure hold the level, for matrices."""
    plain, turned = pair
    found = cure.overthinking_cure(turned)
    n, trace = plain.n, trace_of(plain)
    parts = zip(plain.Sigma.entries.tolist(), plain.Lambda.entries.tolist(), strict=True)
    excess = sorted((n * (s / 2 - gamma(x, trace, Fraction(n))) for s, x in parts), reverse=True)
    value = max(Fraction(0), *(level(sum(excess[:j]), j, n) for j in range(1, len(excess) + 1)))
    least, total = as_fraction(found.least), as_fraction(found.total)
    rounding = Fraction(1, 10**10) * (1 + value)
    return bool(least - rounding <= value <= total + rounding and total - least <= rounding)


def _definite(matrix: Sequence[Sequence[Fraction]]) -> bool:
    """Whether a symmetric matrix of rationals is positive definite: elimination with exact pivots."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        if rows[k][k] <= 0:
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return True


_LEAST = Claim(
    id="OVT-08",
    kind=Kind.TIGHT,
    title="The least training variance that cures all overthinking skills at once, commuting or not",
    statement=r"\min\{\operatorname{tr}M : M \succeq 0,\ \Sigma \preceq 2\Gamma(\Lambda + M)\} = \max\Big(0, \max_j"
    r" \frac{n(g_1 + \dots + g_j)}{n + 1 + j}\Big) =: a, \quad g_1 \ge g_2 \ge \dots \text{ the eigenvalues of } G ="
    r" \tfrac12\Sigma - \Gamma(\Lambda), \text{ reached by } M = \frac{(nG - aI)_+}{n + 1}",
    source=_OURS,
    origin=Origin.OURS,
    assumes=(
        *_LONG,
        "for a projector Π of rank j: 0 ≤ tr ΠM ≤ tr M, and tr ΠG is at most g₁ + … + g_j, with equality for some Π",
    ),
    uses=("OVT-01", "OVT-04"),
    checks=(
        by_certificate(
            "no cure is smaller, the given one is that small, and j is where it says",
            formula=_level,
            controls=_WRONG_LEVELS,
            gaps=_bound_gaps,
            equal=_reached,
            domain=Domain(nonnegative=("s", "r", "S", "v", "w", "x")),
            scope="every d, n ≥ 1, Λ, Σ, any projector and any M ⪰ 0 that cures: s = tr ΠM, r = tr M − s, S the slack",
        ),
        by_samples(
            "overthinking_cure of spectra: the level, and critical at the cure",
            formula=_level,
            controls=_WRONG_LEVELS,
            over=skills(),
            holds=_is_least,
            scope="spectra with d ≤ 4, n ≤ 100, exact",
            instances=80,
        ),
        by_samples(
            "overthinking_cure of matrices: proved bounds on both sides of the level",
            formula=_level,
            controls=_WRONG_LEVELS,
            over=_turned(),
            holds=_is_least_turned,
            scope="rotated spectra with d ≤ 4, n ≤ 100, to 1e-10",
            instances=15,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ OVT-09

Longest = Callable[[Any, Any, Any], Any]  # (vᵀΣv, vᵀΛv, tr Λ) -> n


def _longest(s: Any, lam: Any, trace: Any) -> Any:
    return 2 * (lam + trace) / (s - 2 * lam)


_WRONG_LONGEST: Mapping[str, Longest] = {
    "2 tr Λ/(s − 2l)": lambda s, lam, trace: 2 * trace / (s - 2 * lam),
    "(l + tr Λ)/(s − 2l)": lambda s, lam, trace: (lam + trace) / (s - 2 * lam),
    "2(l + tr Λ)/(s − l)": lambda s, lam, trace: 2 * (lam + trace) / (s - lam),
    "one more": lambda s, lam, trace: 1 + 2 * (lam + trace) / (s - 2 * lam),
}


def _along_gaps(longest: Longest) -> dict[str, Expression]:
    """vᵀ(2Γ(n) − Σ)v for a unit vector v with vᵀΛv = e, vᵀΣv = 2e + g: below and above the threshold."""

    def margin(n: Any, e: Any, g: Any, v: Any) -> Any:
        return 2 * gamma(e, e + v, n) - 2 * e - g

    return {
        "negative above": lambda e, g, v, r, s: -margin(longest(2 * e + g, e, e + v) + s, e, g, v),
        "positive below": lambda e, g, v, r, s: margin(longest(2 * e + g, e, e + v) * s / (r + s), e, g, v),
        "falls with n": lambda e, g, v, r, s: margin(r, e, g, v) - margin(r + s, e, g, v),
    }


@st.composite
def _pairs(draw: DrawFn) -> Setup:
    d = draw(st.integers(2, 3))
    return Setup(draw(covariances(d)), n=draw(counts(1000)), Sigma=draw(covariances(d)))


def _is_longest(longest: Longest, setup: Setup) -> bool:
    """Whether 2Γ(n) − Σ is definite just below the critical n and not above; the least over v is not beaten by axes.

    The critical n is held against the candidate along the axes: none of them is critical before.
    """
    found = training_length.longest_safe_training(setup, field=BALL(80))
    Lambda, Sigma = (np.array(part.entries.tolist(), dtype=object) for part in (setup.Lambda, setup.Sigma))
    if Lambda.ndim == 1:
        Lambda = np.diag(Lambda)
    if Sigma.ndim == 1:
        Sigma = np.diag(Sigma)
    trace = Fraction(np.trace(Lambda))

    def margin(n: Fraction) -> list[list[Fraction]]:
        one = np.array([[Fraction(int(i == j)) for j in range(setup.d)] for i in range(setup.d)], dtype=object)
        return (2 * Lambda - Sigma + (Lambda + trace * one) * 2 / n).tolist()  # type: ignore[no-any-return]

    along = [longest(Sigma[i, i], Lambda[i, i], trace) for i in range(setup.d) if Sigma[i, i] > 2 * Lambda[i, i]]
    if found.critical is None:
        return not along and _definite(margin(Fraction(10**9)))
    assert isinstance(found.critical, Ball)
    low, high = found.critical.lower, found.critical.upper
    sharp = _definite(margin(low * (1 - Fraction(1, 10**9)))) and not _definite(margin(high * (1 + Fraction(1, 10**9))))
    return sharp and all(low <= n for n in along) and found.longest == int(high)


def _is_longest_isotropic(longest: Longest, setup: Setup) -> bool:
    """With Λ = λI every direction has vᵀΛv = λ, so the critical n belongs to the largest vᵀΣv."""
    lam, d = Fraction(setup.Lambda.entries[0]), setup.d
    found = training_length.longest_safe_training(setup)
    top = max(setup.Sigma.entries.tolist())
    if top <= 2 * lam:
        return found.critical is None
    return bool(found.critical == longest(top, lam, d * lam))


@st.composite
def _isotropic(draw: DrawFn) -> Setup:
    d = draw(st.integers(1, 4))
    lam = draw(st.fractions(Fraction(1, 5), 5, max_denominator=5))
    sigma = draw(st.lists(st.fractions(Fraction(1, 5), 30, max_denominator=5), min_size=d, max_size=d))
    return Setup([lam] * d, n=1, Sigma=sigma)


_TRAINING = Claim(
    id="OVT-09",
    kind=Kind.TIGHT,
    title="The critical training length without commutation",
    statement=r"2\Gamma(n) - \Sigma = (2\Lambda - \Sigma) + \tfrac2n(\Lambda + \operatorname{tr}\Lambda\, I)"
    r" \text{ falls as } n \text{ grows; along } v, |v| = 1: \text{ it is} \ge 0 \text{ iff } s \le 2l \text{ or }"
    r" n \le \frac{2(l + \operatorname{tr}\Lambda)}{s - 2l}, \ s = v^{\mathsf T}\Sigma v,\ l = v^{\mathsf T}\Lambda v;"
    r" \text{ the least of these over } v \text{ is the critical } n,\ 1/n = \lambda_{\max}\text{ of the pencil }"
    r" (\Sigma - 2\Lambda, 2(\Lambda + \operatorname{tr}\Lambda\, I))",
    source=Source("this project", note="OVT-02 for matrices"),
    origin=Origin.OURS,
    assumes=_LONG,
    uses=("OVT-02", "OVT-04"),
    checks=(
        by_certificate(
            "the margin along a direction, below and above the threshold",
            formula=_longest,
            controls=_WRONG_LONGEST,
            gaps=_along_gaps,
            strict=("negative above", "positive below", "falls with n"),
            domain=Domain(positive=("e", "g", "r", "s"), nonnegative=("v",)),
            scope="every d, Λ, Σ and unit vector v with s > 2l",
        ),
        by_samples(
            "longest_safe_training of spectra with Λ = λI",
            formula=_longest,
            controls=_WRONG_LONGEST,
            over=_isotropic(),
            holds=_is_longest_isotropic,
            scope="d ≤ 4, exact",
        ),
        by_samples(
            "longest_safe_training of matrices: definite below, not above, no axis before",
            formula=_longest,
            controls={
                "half of it": lambda s, lam, trace: (lam + trace) / (s - 2 * lam) / 2,
                "s for s − 2l": lambda s, lam, trace: Fraction(1, 10**6) * (lam + trace) / s,
            },
            over=_pairs(),
            holds=_is_longest,
            scope="full matrices with d ≤ 3",
            instances=20,
        ),
    ),
)

CLAIMS = (_LEAST, _TRAINING)
