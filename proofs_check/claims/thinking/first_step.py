"""Whether the mean error falls at all: the first step on a short prompt, skills matched (theory section 5)."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.error_curves.bounds import one_step_term
from proofs_check.claims.lemmas import curves_are_convex, gamma
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup

_STEPS = 4
Formula = Callable[[Any, Any], Any]  # (d, m) with m < d + 1


def _exact(setup: Setup) -> list[Any]:
    return list(curves.expected_error(setup, _STEPS, rung="exact", field=EXACT).values)


def _longest(d: Any, m: Any) -> Any:
    """2m(d + 1)/(d + 1 − m): up to this n one step helps when m < d + 1."""
    return 2 * m * (d + 1) / (d + 1 - m)


_WRONG: Mapping[str, Formula] = {
    "m(d + 1)/(d + 1 − m)": lambda d, m: m * (d + 1) / (d + 1 - m),
    "2md/(d + 1 − m)": lambda d, m: 2 * m * d / (d + 1 - m),
    "2(d + 1)/(d + 1 − m)": lambda d, m: 2 * (d + 1) / (d + 1 - m),
    "2m(d + 1)/(d + 2 − m)": lambda d, m: 2 * m * (d + 1) / (d + 2 - m),
    "2m": lambda d, m: 2 * m,
}


def _excess(d: Any, n: Any, m: Any) -> Any:
    """E_1/E_0 − 1 for Λ = Σ = I."""
    one = d / d
    return one_step_term(one, 1 / gamma(one, d, n), d, 1 / m) - 1


def _gaps(longest: Formula) -> dict[str, Expression]:
    """m = 1 + y, d = m − 1 + g with g > 0; or m = d + 1 + y, d = r."""
    return {
        "hurts beyond": lambda g, r, s, y: _excess(y + g, longest(y + g, 1 + y) + s, 1 + y),
        "helps before": lambda g, r, s, y: -_excess(y + g, longest(y + g, 1 + y) * s / (r + s), 1 + y),
        "helps for every n if m ≥ d + 1": lambda g, r, s, y: -_excess(r, s, r + 1 + y),
    }


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _decides(longest: Formula, setup: Setup) -> bool:
    """Whether E_1 − E_0 has the sign of n − threshold (negative if m >= d + 1), and E_k is convex in k."""
    assert setup.m is not None
    d, m = Fraction(setup.d), Fraction(setup.m)
    expected = -1 if m >= d + 1 else _sign(setup.n - longest(d, m))
    errors = _exact(setup)
    steps = [later - now for now, later in itertools.pairwise(errors)]
    return _sign(steps[0]) == expected and steps == sorted(steps)


@st.composite
def _short_prompts(draw: DrawFn) -> Setup:
    """Draw λI and m, and n beside the threshold in most cases with m < d + 1."""
    d, m = draw(st.integers(1, 5)), draw(st.integers(1, 7))
    near = [1]
    if m < d + 1:
        end = int(_longest(Fraction(d), m))
        near = [max(1, end - 1), end, end + 1]
    return Setup([draw(positives())] * d, n=draw(st.one_of(st.sampled_from(near), counts(1000))), m=m)


@dataclass(frozen=True)
class Rising:
    """A matched spectrum, n and m for which the exact mean is claimed to rise at every step, to E_1 = first."""

    spectrum: tuple[Fraction | int, ...]
    n: int
    m: int
    first: Fraction


def _rises(found: Rising) -> bool:
    errors = _exact(Setup(list(found.spectrum), n=found.n, m=found.m))
    rises = all(later > now for now, later in itertools.pairwise(errors))
    return bool(rises and errors[0] == len(found.spectrum) and errors[1] == found.first)


_FIRST_STEP = Claim(
    id="OVT-05",
    kind=Kind.TIGHT,
    title="Matched skills, short prompt: after long training the very first step hurts",
    statement=r"\Sigma = \Lambda = \lambda I:\ E_k \text{ is convex in } k, \text{ and } E_1 < E_0 \text{ iff } m \ge"
    r" d + 1 \text{ or } n < \frac{2m(d+1)}{d + 1 - m}; \text{ otherwise } E_k \text{ never falls: for } d = m = 1,"
    r" \ n = 10:\ E_1 = \tfrac{17}{12} > E_0 = 1, \text{ so the exact mean is not always U-shaped}",
    source=Source("theory", "section 5", note="which called the mean U-shaped for every finite m"),
    origin=Origin.CORRECTED,
    assumes=("w* ~ N(0, I), w₀ = 0, no label noise", "R = I − S/γ is symmetric, as Γ = γ I"),
    uses=("BND-01", "ERR-02"),
    checks=(
        by_certificate(
            "E_1 − E_0 on both sides of the threshold",
            part="first step",
            formula=_longest,
            controls=_WRONG,
            gaps=_gaps,
            strict=("hurts beyond", "helps before", "helps for every n if m ≥ d + 1"),
            equal=lambda longest: {
                "at the threshold": (
                    lambda g, r, s, y: _excess(y + g, longest(y + g, 1 + y), 1 + y),
                    lambda g, r, s, y: g - g,
                )
            },
            domain=Domain(positive=("g", "r", "s"), nonnegative=("y",)),
            scope="every d ≥ 1, n ≥ 1, m ≥ 1, λ > 0 (real ones too)",
        ),
        curves_are_convex("first step"),
        by_samples(
            "the exact rung beside the threshold",
            part="first step",
            formula=_longest,
            controls=_WRONG,
            over=_short_prompts(),
            holds=_decides,
            scope=f"Λ = λ I, d ≤ 5, m ≤ 7, n ≤ 1000 or beside the threshold, convex for k ≤ {_STEPS}",
        ),
        by_witness(
            "d = m = 1, n = 10",
            part="existence",
            formula=Rising((1,), 10, 1, Fraction(17, 12)),
            controls={
                "n = 4, where the first step changes nothing": Rising((1,), 4, 1, Fraction(1)),
                "n = 1": Rising((1,), 1, 1, Fraction(2, 3)),
                "m = 2": Rising((1,), 10, 2, Fraction(13, 18)),
                "E_1 at n = 11": Rising((1,), 10, 1, Fraction(246, 169)),
                "the limit m → ∞": Rising((1,), 10, 1, Fraction(1, 36)),
            },
            satisfies=_rises,
            scope=f"one exact instance, k ≤ {_STEPS}",
        ),
    ),
)

CLAIMS = (_FIRST_STEP,)
