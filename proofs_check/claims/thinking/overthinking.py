"""When thinking longer makes the error grow on long prompts: skills that were trained too little (theory section 9)."""

import itertools
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.lemmas import gamma, powers_keep_order
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import counts, positives, spectra
from theorycalc import hardness
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup

COMMUTING = ("Λ and Σ are spectra in one basis", "w* ~ N(0, I), w₀ = 0", "m → ∞ at fixed d and k")
Formula = Callable[..., Any]


def population(setup: Setup, k: int) -> list[Any]:
    """E_0 … E_k of the population rung."""
    return list(curves.expected_error(setup, k, rung="population", field=EXACT).values)


def directions(setup: Setup) -> list[tuple[Fraction, Fraction, Fraction]]:
    """(σ, λ, 1 − σ/γ) of every direction, the last as computed."""
    factors = hardness.contraction_factors(setup, field=EXACT).factors.tolist()
    return list(zip(setup.Sigma.entries.tolist(), setup.Lambda.entries.tolist(), factors, strict=True))


def trace_of(setup: Setup) -> Fraction:
    """Return tr Λ."""
    return Fraction(sum(setup.Lambda.entries.tolist()))


# ------------------------------------------------------------------------------------------------ OVT-01

#: λ, the rest of tr Λ, n − 1; and r, s > 0 that place σ below or above the critical value.
_PLACED = Domain(positive=("e", "r", "s"), nonnegative=("v", "w"))


def _critical(lam: Any, trace: Any, n: Any) -> Any:
    """2γ: the σ beyond which a direction grows."""
    return 2 * gamma(lam, trace, n)


_CRITICAL_WRONG: Mapping[str, Formula] = {
    "2λ": lambda lam, trace, n: 2 * lam,
    "γ": gamma,
    "2γ at n + 1": lambda lam, trace, n: 2 * gamma(lam, trace, n + 1),
    "λ + γ": lambda lam, trace, n: lam + gamma(lam, trace, n),
}


def _square(sigma: Any, e: Any, v: Any, w: Any) -> Any:
    return (1 - sigma / gamma(e, e + v, 1 + w)) ** 2


def _critical_gaps(critical: Formula) -> dict[str, Expression]:
    def above(e: Any, r: Any, s: Any, v: Any, w: Any) -> Any:
        return _square(critical(e, e + v, 1 + w) + s, e, v, w) - 1

    def below(e: Any, r: Any, s: Any, v: Any, w: Any) -> Any:
        return 1 - _square(critical(e, e + v, 1 + w) * s / (r + s), e, v, w)

    return {"grows above": above, "decays below": below}


def _critical_sides(critical: Formula) -> dict[str, tuple[Expression, Expression]]:
    return {
        "constant at": (
            lambda e, r, s, v, w: _square(critical(e, e + v, 1 + w), e, v, w),
            lambda e, r, s, v, w: e / e,
        )
    }


@st.composite
def skills(draw: DrawFn) -> Setup:
    """Draw spectra; in most directions σ is 2γ, or a little below or above it."""
    lam, n = draw(spectra(4)), draw(counts(100))
    near = st.sampled_from([Fraction(x) for x in ("1", "9/10", "19/20", "21/20", "11/10", "5/4", "2")])
    ends = [2 * gamma(x, sum(lam), Fraction(n)) for x in lam]
    return Setup(lam, n=n, Sigma=[draw(near) * end if draw(st.booleans()) else draw(positives()) for end in ends])


def _separates(critical: Formula, setup: Setup) -> bool:
    """Whether |1 − σ/γ| is above, at or below 1 as σ is above, at or below the critical value."""

    def sign(x: Fraction) -> int:
        return (x > 0) - (x < 0)

    return all(
        sign(abs(factor) - 1) == sign(sigma - critical(lam, trace_of(setup), Fraction(setup.n)))
        for sigma, lam, factor in directions(setup)
    )


Verdict = tuple[bool, bool]  # falls at the first step, grows in the end


def _verdict(setup: Setup) -> Verdict:
    """Return (Σ (σ/γ)(σ/γ − 2) < 0, some σ > 2γ)."""
    ratios = [1 - factor for _, _, factor in directions(setup)]
    return sum(ratio * (ratio - 2) for ratio in ratios) < 0, max(ratios) > 2


def _any_falls(setup: Setup) -> Verdict:
    return any(1 - factor < 2 for _, _, factor in directions(setup)), _verdict(setup)[1]


def _all_grow(setup: Setup) -> Verdict:
    return _verdict(setup)[0], all(1 - factor > 2 for _, _, factor in directions(setup))


def _beyond_gamma(setup: Setup) -> Verdict:
    return _verdict(setup)[0], any(factor < 0 for _, _, factor in directions(setup))


def _beyond_lambda(setup: Setup) -> Verdict:
    return _verdict(setup)[0], any(sigma > 2 * lam for sigma, lam, _ in directions(setup))


_LAST = 8  # with factors in [−1, 1] or beyond 3/2 the growth has won by then


def _is_shape(verdict: Callable[[Setup], Verdict], setup: Setup) -> bool:
    """Whether the curve is convex in k, falls at first and grows in the end as said."""
    steps = [later - now for now, later in itertools.pairwise(population(setup, _LAST))]
    convex = all(later >= now for now, later in itertools.pairwise(steps))
    return convex and verdict(setup) == (steps[0] < 0, steps[-1] > 0)


def _clear_cut(setup: Setup) -> bool:
    return not any(1 < abs(factor) < Fraction(3, 2) for _, _, factor in directions(setup))


_CRITERION = Claim(
    id="OVT-01",
    kind=Kind.TIGHT,
    title="Thinking longer hurts on long prompts iff some skill is met with more than 2γ",
    statement=r"|1 - \sigma_i/\gamma_i| > 1,\ = 1,\ < 1 \text{ as } \sigma_i > 2\gamma_i,\ = 2\gamma_i,\ < 2\gamma_i;"
    r" \quad \lim_{m\to\infty} E_k = \sum_i (1 - \sigma_i/\gamma_i)^{2k} \text{ is convex in } k, \text{ so it first}"
    r" \text{ falls and then rises iff } \sum_i \tfrac{\sigma_i}{\gamma_i}\big(\tfrac{\sigma_i}{\gamma_i} - 2\big) < 0"
    r" \text{ and some } \sigma_i > 2\gamma_i",
    source=Source("arXiv:2510.03605", "on the skill gap", Known.SECONDARY, note="theory section 9"),
    origin=Origin.DERIVED,
    assumes=COMMUTING,
    uses=("HRD-02",),
    checks=(
        by_certificate(
            "one direction grows, stays or decays",
            part="direction",
            formula=_critical,
            controls=_CRITICAL_WRONG,
            gaps=_critical_gaps,
            strict=("grows above", "decays below"),
            equal=_critical_sides,
            domain=_PLACED,
            scope="every λ > 0, tr Λ ≥ λ, n ≥ 1 and σ > 0",
        ),
        powers_keep_order("direction"),
        by_samples(
            "contraction_factors on both sides of 2γ",
            part="direction",
            formula=_critical,
            controls=_CRITICAL_WRONG,
            over=skills(),
            holds=_separates,
            scope="spectra with d ≤ 4, n ≤ 100",
        ),
        by_certificate(
            "E_{k+1} − 2 E_k + E_{k−1} is a sum of Y(1 − y)² ≥ 0; E_1 − E_0 is a sum of c(c − 2)",
            part="shape",
            formula=lambda c: c * (c - 2),
            controls={
                "c − 2": lambda c: c - 2,
                "c(2 − c)": lambda c: c * (2 - c),
                "c(c − 1)": lambda c: c * (c - 1),
            },
            gaps=lambda step: {},
            equal=lambda step: {
                "first step": (lambda c, Y: (1 - c) ** 2 - 1, lambda c, Y: step(c)),
                "second difference": (
                    lambda c, Y: Y * ((1 - c) ** 4 - 2 * (1 - c) ** 2 + 1),
                    lambda c, Y: Y * step(c) ** 2,
                ),
            },
            domain=Domain(nonnegative=("c", "Y")),
            scope="every c = σ/γ, y = (1 − c)² and Y = y^{k−1} ≥ 0; a direction with c > 2 grows without limit",
        ),
        by_samples(
            "the population rung is convex, falls and rises as said",
            part="shape",
            formula=_verdict,
            controls={
                "falls if some direction falls": _any_falls,
                "all directions beyond 2γ": _all_grow,
                "some σ > γ": _beyond_gamma,
                "some σ > 2λ": _beyond_lambda,
            },
            over=skills().filter(_clear_cut),
            holds=_is_shape,
            scope=f"spectra with d ≤ 4, n ≤ 100, k ≤ {_LAST}, no factor strictly between 1 and 3/2 in size",
        ),
    ),
)

CLAIMS = (_CRITERION,)
