"""Where Corollary 3.5 holds at finite m, and where it cannot (theory sections 4 and 7)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.error_curves.bounds import (
    LAWS_WRONG,
    Curve,
    Law,
    is_isotropic,
    law,
    law_curves,
    law_of,
    one_step_is_a_sum,
    one_step_term,
)
from proofs_check.claims.lemmas import gamma, powers_keep_order
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, spectra
from theorycalc import reference
from theorycalc.error_curves import curves, one_step
from theorycalc.fields import EXACT
from theorycalc.model import Setup

_MATCHED = ("Σ = Λ", "w* ~ N(0, I), w₀ = 0, no label noise")
Formula = Callable[..., Any]


def _exact(setup: Setup, k: int) -> list[Any]:
    return list(curves.expected_error(setup, k, rung="exact", field=EXACT).values)


# ------------------------------------------------------------------------------------------------ BND-03


@dataclass(frozen=True)
class Violation:
    """A matched problem and a number of steps at which E_k is claimed to exceed the law by a factor; both values."""

    spectrum: tuple[Fraction | int, ...]
    n: int
    m: int
    k: int
    factor: int = 1
    error: Fraction | None = None
    law: Fraction | None = None

    @property
    def setup(self) -> Setup:
        """The problem."""
        return Setup(list(self.spectrum), n=self.n, m=self.m)


def _violates(witness: Violation) -> bool:
    """Whether E_k > factor · law, both as stated, with E_k by the reference and by the exact rung, which must agree."""
    setup, k = witness.setup, witness.k
    defined, computed, bound = reference.expected_error(setup, k).values[k], _exact(setup, k)[k], law_of(setup, k)[k]
    stated = witness.error in (None, computed) and witness.law in (None, bound)
    return bool(stated and defined == computed and computed > witness.factor * bound)


def _smallest(error: str, law: str, *, k: int = 2, factor: int = 1) -> Violation:
    return Violation((1,), 1, 1, k, factor, Fraction(error), Fraction(law))


_FAILURE = Claim(
    id="BND-03",
    kind=Kind.EXISTENCE,
    title="Corollary 3.5 is not a bound at finite m",
    statement=r"\exists\,\Lambda, n, m, k:\quad E_k > d\left(1 + \frac{n}{1 + \mathrm{Hard}(\Lambda)}\right)^{-2k}."
    r"\ \text{For } d = n = m = 1,\ \Lambda = 1,\ k = 2:\ E_2 = \tfrac{20}{27} > \tfrac{16}{81};"
    r"\ \text{for } \Lambda = \operatorname{diag}(1, \tfrac12),\ n = 10,\ m = 3,\ k = 2 \text{ by a factor above } 200",
    source=Source("theory", "sections 4 and 7", note="the failure is stated there; instances found here"),
    origin=Origin.OURS,
    assumes=_MATCHED,
    checks=(
        by_witness(
            "Λ = 1, n = m = 1, k = 2",
            part="existence",
            formula=_smallest("20/27", "16/81"),
            controls={
                "k = 0, where the law is the prior risk": Violation((1,), 1, 1, 0),
                "the factor 4, which E_2 does not reach": _smallest("20/27", "16/81", factor=4),
                "E_2 by fresh prompts, (2/3)²": _smallest("4/9", "16/81"),
                "the law of one step": _smallest("20/27", "4/9"),
                "the values of one step": _smallest("2/3", "4/9"),
            },
            satisfies=_violates,
            scope="one exact instance, E_2 from two legs",
        ),
        by_witness(
            "Λ = diag(1, 1/2), n = 10, m = 3, k = 2: by a factor above 200",
            part="size",
            formula=Violation((1, Fraction(1, 2)), 10, 3, 2, factor=200),
            controls={
                "after one step": Violation((1, Fraction(1, 2)), 10, 3, 1, factor=200),
                "a spread spectrum at n = 1, where the law is not exceeded": Violation((1, Fraction(1, 50)), 1, 3, 1),
            },
            satisfies=_violates,
            scope="one exact instance, E_2 from two legs",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-04

_STEPS = 4
#: λ = e, d = 1 + x, tr Λ = d e, n = 1 + w, m = 1 + y.
_ISOTROPIC_DOMAIN = Domain(positive=("e",), nonnegative=("w", "x", "y"))
_ISOTROPIC_WRONG = {
    name: LAWS_WRONG[name] for name in ("n/Hard", "(n + 1)/(1 + Hard)", "exponent −k", "one step too many")
}


def _growth_if_isotropic(d: Any, n: Any, m: Any) -> Any:
    """1 + n²/(m (d + 1)) = E_1/law_1."""
    return 1 + n * n / (m * (d + 1))


def _isotropic_sides(formula: Law) -> dict[str, tuple[Expression, Expression]]:
    def error(e: Any, w: Any, x: Any, y: Any) -> Any:
        d, n = 1 + x, 1 + w
        return d * one_step_term(e, 1 / gamma(e, d * e, n), d * e, 1 / (1 + y))

    def claimed(e: Any, w: Any, x: Any, y: Any) -> Any:
        d, n = 1 + x, 1 + w
        return formula(d, d, n, 1) * _growth_if_isotropic(d, n, 1 + y)

    return {"E_1": (error, claimed)}


@st.composite
def _isotropic(draw: DrawFn) -> Setup:
    d, scale = draw(st.integers(1, 4)), draw(st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(1, 7)]))
    return Setup(np.array([scale] * d, dtype=object), n=draw(counts()), m=draw(counts()))


def _exceeds_when_isotropic(formula: Curve, setup: Setup) -> bool:
    """Whether E_k >= law_k (1 + n²/(m(d + 1)))ᵏ > law_k for k >= 1, with equality at k = 1."""
    growth = _growth_if_isotropic(setup.d, Fraction(setup.n), setup.m)
    lower = [value * growth**k for k, value in enumerate(formula(setup, _STEPS))]
    errors = _exact(setup, _STEPS)
    one = one_step.one_step_error(setup, field=EXACT)
    return bool(one == errors[1] == lower[1] and all(x >= y for x, y in zip(errors, lower, strict=True)))


_ABOVE = Claim(
    id="BND-04",
    kind=Kind.LOWER,
    title="An isotropic task exceeds Corollary 3.5 at every finite m and every k",
    statement=r"\Lambda = \lambda I:\quad E_k \ge d\left(\frac{E_1}{d}\right)^k = d\left(1 + \frac{n}{1 + d}"
    r"\right)^{-2k}\left(1 + \frac{n^2}{m(d+1)}\right)^k > d\left(1 + \frac{n}{1 + \mathrm{Hard}(\Lambda)}"
    r"\right)^{-2k} \quad (k \ge 1), \text{ with equality on the left at } k = 1",
    source=Source("this project", note="where Corollary 3.5 fails at finite m"),
    origin=Origin.OURS,
    assumes=_MATCHED,
    uses=("ERR-01", "HRD-01", "BND-01", "BND-06"),
    checks=(
        by_certificate(
            "E_1 = law_1 (1 + n²/(m(d + 1)))",
            formula=law,
            controls=_ISOTROPIC_WRONG,
            gaps=lambda formula: {
                "above the law": lambda e, w, x, y: _growth_if_isotropic(1 + x, 1 + w, 1 + y) - 1,
            },
            strict=("above the law",),
            equal=_isotropic_sides,
            domain=_ISOTROPIC_DOMAIN,
            scope="every λ > 0, d ≥ 1, n ≥ 1, m ≥ 1; k ≥ 1 by BND-06, where E H² = (E_1/d) I",
        ),
        powers_keep_order(),
        by_samples(
            "the exact rung against long_chain_bound",
            formula=law_of,
            controls=law_curves(tuple(_ISOTROPIC_WRONG)),
            over=_isotropic(),
            holds=_exceeds_when_isotropic,
            scope=f"d ≤ 4, n ≤ 10⁶, m ≤ 10⁶, k ≤ {_STEPS}",
            instances=40,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-05


def _threshold(limit: Any, per_m: Any, bound: Any) -> Any:
    """Return the m from which on limit + per_m/m <= bound."""
    return per_m / (bound - limit)


_THRESHOLDS_WRONG: Mapping[str, Formula] = {
    "limit forgotten": lambda limit, per_m, bound: per_m / bound,
    "b/(law + a)": lambda limit, per_m, bound: per_m / (bound + limit),
    "upside down": lambda limit, per_m, bound: (bound - limit) / per_m,
    "twice": lambda limit, per_m, bound: 2 * per_m / (bound - limit),
}


def _threshold_gaps(formula: Formula) -> dict[str, Expression]:
    """With law = a + g, g > 0: E_1 <= law at m = threshold + s, and E_1 > law at 1/m = 1/threshold + s, s > 0."""

    def holds_from(a: Any, b: Any, g: Any, s: Any) -> Any:
        return g - b / (formula(a, b, a + g) + s)

    def fails_below(a: Any, b: Any, g: Any, s: Any) -> Any:
        return b * (1 / formula(a, b, a + g) + s) - g

    return {"holds from there on": holds_from, "fails below": fails_below}


def _one_step_parts(setup: Setup) -> tuple[Fraction, Fraction]:
    """Return (a, b) of E_1 = a + b/m."""
    limit = Fraction(one_step.one_step_error(setup.replace(m=None), field=EXACT))
    return limit, Fraction(one_step.one_step_error(setup.replace(m=1), field=EXACT)) - limit


def _no_trace(setup: Setup) -> tuple[Fraction, Fraction]:
    limit, per_m = _one_step_parts(setup)
    trace = Fraction(sum(setup.Lambda.entries.tolist()))
    return limit, per_m - sum(
        (trace * lam / gamma(lam, trace, Fraction(setup.n)) ** 2 for lam in setup.Lambda.entries.tolist()), Fraction(0)
    )


def _is_least_m(formula: Callable[[Setup], Fraction], setup: Setup) -> bool:
    """Whether the law holds after one step at ⌈threshold⌉ and fails at any smaller m."""
    least = max(1, math.ceil(formula(setup)))

    def holds(m: int) -> bool:
        return bool(_exact(setup.replace(m=m), 1)[1] <= law_of(setup, 1)[1])

    return holds(least) and (least == 1 or not holds(least - 1))


def _least_m(formula: Formula, parts: Callable[[Setup], tuple[Fraction, Fraction]] = _one_step_parts) -> Any:
    return lambda setup: formula(*parts(setup), Fraction(law_of(setup, 1)[1]))


def _coefficients(setup: Setup, k: int) -> list[Fraction]:
    """Return the coefficients of E_k in powers of 1/m, of degree at most 2k − 1, by interpolation."""
    counted = range(1, 2 * k + 1)
    powers = EXACT.array(np.array([[Fraction(1, m**j) for j in range(2 * k)] for m in counted], dtype=object))
    values = EXACT.array(np.array([_exact(setup.replace(m=m), k)[k] for m in counted], dtype=object))
    return [Fraction(EXACT.public(x)) for x in EXACT.inverse(powers) @ values]


def _holds_from(formula: Formula, instance: tuple[Setup, int]) -> bool:
    """Whether the law at k steps holds at ⌈threshold⌉, and at multiples, where b is the sum of positive terms."""
    setup, k = instance
    limit, *others = _coefficients(setup, k)
    value = law_of(setup, k)[k]
    least = max(1, math.ceil(formula(limit, sum(max(x, Fraction(0)) for x in others), value)))
    population = curves.expected_error(setup, k, rung="population", field=EXACT).values[k]
    holds = all(_exact(setup.replace(m=least * times), k)[k] <= value for times in (1, 2, 7))
    return bool(limit == population and holds)


@dataclass(frozen=True)
class Entry:
    """A matched problem for which the law at k steps is claimed to hold at m, and not at m − 1."""

    spectrum: tuple[Fraction | int, ...]
    n: int
    k: int
    m: int


def _is_table(entries: tuple[Entry, ...]) -> bool:
    def holds(entry: Entry, m: int) -> bool:
        setup = Setup(list(entry.spectrum), n=entry.n, m=m)
        return bool(_exact(setup, entry.k)[entry.k] <= law_of(setup, entry.k)[entry.k])

    return all(holds(entry, entry.m) and not holds(entry, entry.m - 1) for entry in entries)


def _table(*least: int, n: int = 10) -> tuple[Entry, ...]:
    return tuple(Entry((1, Fraction(1, 2)), n, k, m) for k, m in enumerate(least, 1))


_REGIME = Claim(
    id="BND-05",
    kind=Kind.TIGHT,
    title="From which m on Corollary 3.5 holds",
    statement=r"E_1 = a + \frac bm \le \mathrm{law}_1 \text{ exactly for } m \ge \frac{b}{\mathrm{law}_1 - a}"
    r" \ (\Lambda \ne \lambda I),\quad"
    r" a = \sum_i\Big(1 - \frac{\lambda_i}{\gamma_i}\Big)^2,\ b = \sum_i\frac{\lambda_i^2 + \lambda_i\operatorname{tr}"
    r"\Lambda}{\gamma_i^2}; \quad \text{for every } k \ge 1 \text{ the law holds from some } m_k \text{ on if }"
    r" \Lambda \ne \lambda I, \text{ and for no } m \text{ if } \Lambda = \lambda I; \quad \text{for } \Lambda ="
    r" \operatorname{diag}(1, \tfrac12),\ n = 10,\ k = 1, 2, 3, 4, 6, 8 \text{ it fails at } m = 87, 252, 465, 733,"
    r" 1467, 2491 \text{ and holds at } m + 1",
    source=Source("this project", note="the regime of Corollary 3.5, which theory section 7 asks for"),
    origin=Origin.OURS,
    assumes=(*_MATCHED, "E_k is a polynomial in 1/m, so E_k ≤ a_k + b_k/m, b_k the sum of its positive terms"),
    uses=("ERR-01", "ERR-02", "BND-02", "BND-04"),
    checks=(
        by_certificate(
            "the threshold: law − a = g > 0 unless Λ = λ I (BND-02)",
            formula=_threshold,
            controls=_THRESHOLDS_WRONG,
            gaps=_threshold_gaps,
            strict=("fails below",),
            domain=Domain(positive=("a", "b", "g", "s")),
            scope="every a, b > 0 and law > a: every d, n, Λ not λ I, k ≥ 1 (sharp for k = 1)",
        ),
        one_step_is_a_sum("E_1 = a + b/m, by word algebra", ""),
        by_samples(
            "one step of the exact rung at the threshold and just below it",
            formula=_least_m(_threshold),
            controls={name: _least_m(wrong) for name, wrong in _THRESHOLDS_WRONG.items()}
            | {"λ tr Λ forgotten": _least_m(_threshold, _no_trace)},
            over=st.builds(lambda lam, n: Setup(lam, n=n), spectra(5), counts(10**4)).filter(
                lambda setup: not is_isotropic(setup)
            ),
            holds=_is_least_m,
            scope="spectra with d ≤ 5 that are not λ I, n ≤ 10⁴",
            instances=60,
        ),
        by_samples(
            "two and three steps of the exact rung beyond the threshold",
            formula=_threshold,
            controls={name: wrong for name, wrong in _THRESHOLDS_WRONG.items() if name != "twice"},
            over=st.tuples(
                st.builds(lambda lam, n: Setup(lam, n=n, m=1), spectra(3), counts(100)).filter(
                    lambda setup: not is_isotropic(setup)
                ),
                st.integers(2, 3),
            ),
            holds=_holds_from,
            scope="spectra with d ≤ 3 that are not λ I, n ≤ 100, k = 2 and 3",
            instances=30,
        ),
        by_witness(
            "the exact rung at m and m − 1",
            part="table",
            formula=(
                *_table(88, 253, 466, 734),
                Entry((1, Fraction(1, 2)), 10, 6, 1468),
                Entry((1, Fraction(1, 2)), 10, 8, 2492),
            ),
            controls={
                "the m of one step for two": _table(88, 88),
                "in proportion to k": _table(88, 176),
                "n = 11": _table(88, 253, n=11),
            },
            satisfies=_is_table,
            scope="Λ = diag(1, 1/2), n = 10, k = 1, 2, 3, 4, 6, 8",
        ),
    ),
)

CLAIMS = (_FAILURE, _ABOVE, _REGIME)
