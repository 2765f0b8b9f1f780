"""The paper's bounds, and where the second of them is none (theory section 7)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_witness
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import counts, spectra
from theorycalc import reference
from theorycalc.error_curves import bounds, curves, one_step
from theorycalc.fields import EXACT
from theorycalc.model import Setup

Bound = Callable[[Setup], Any]


@st.composite
def _matched(draw: DrawFn, max_d: int = 6) -> Setup:
    return Setup(draw(spectra(max_d)), n=draw(counts()), m=draw(st.one_of(st.none(), counts())))


def _hard(setup: Setup) -> Fraction:
    values = setup.Lambda.entries.tolist()
    return Fraction(sum(values) / min(values))


def _isotropic(setup: Setup) -> bool:
    return len(set(setup.Lambda.entries.tolist())) == 1


def _per_m(setup: Setup) -> Fraction:
    return Fraction(0) if setup.m is None else Fraction(1, setup.m)


def _bounds_one_step(formula: Bound, setup: Setup) -> bool:
    return bool(formula(setup) >= one_step.one_step_error(setup, field=EXACT))


def _tight_first_term(formula: Bound, setup: Setup) -> bool:
    """Whether it bounds E_1, is never above Theorem 3.3, and at m = ∞ is attained exactly for Λ = λ I."""
    error, limit = (one_step.one_step_error(item, field=EXACT) for item in (setup, setup.replace(m=None)))
    attained = formula(setup.replace(m=None)) == limit
    return bool(error <= formula(setup) <= bounds.one_step_bound(setup, field=EXACT) and attained == _isotropic(setup))


_ONE_STEP = Claim(
    id="BND-01",
    kind=Kind.UPPER,
    title="Theorem 3.3: a bound on the error after one step",
    statement=r"E_1 \le d\Big(\frac{1+H}{n+1+H}\Big)^2 + \frac dm(1+H) \le \frac{d}{n^2}(1+H)^2 + \frac dm(1+H),"
    r" \qquad H = \mathrm{Hard}(\Lambda)",
    source=Source(
        "arXiv:2510.03605", "Theorem 3.3", Known.SECONDARY, note="theory section 7; the tighter first term is ours"
    ),
    origin=Origin.CITED,
    assumes=("Σ = Λ", "w* ~ N(0, I), w₀ = 0, no label noise"),
    uses=("ERR-01",),
    checks=(
        by_samples(
            "Theorem 3.3 as stated",
            part="as stated",
            formula=lambda setup: bounds.one_step_bound(setup, field=EXACT),
            controls={
                "(1 + Hard)/n²": lambda setup: setup.d * (1 + _hard(setup)) * (Fraction(1, setup.n**2) + _per_m(setup)),
                "Hard for 1 + Hard": lambda setup: setup.d * _hard(setup) * (_hard(setup) / setup.n**2 + _per_m(setup)),
                "no 1/m term": lambda setup: setup.d * (1 + _hard(setup)) ** 2 / setup.n**2,
                "1 + d for 1 + Hard": lambda setup: (
                    setup.d * (1 + setup.d) * (Fraction(1 + setup.d, setup.n**2) + _per_m(setup))
                ),
                "without the factor d": lambda setup: (
                    (1 + _hard(setup)) * ((1 + _hard(setup)) / setup.n**2 + _per_m(setup))
                ),
            },
            over=_matched(),
            holds=_bounds_one_step,
            scope="spectra with d ≤ 6, n ≤ 10⁶, m ≤ 10⁶ or ∞",
            instances=200,
        ),
        by_samples(
            "the tighter first term, attained at m = ∞ exactly for Λ = λ I",
            part="tightened",
            formula=lambda setup: bounds.one_step_bound(setup, tightened=True, field=EXACT),
            controls={
                "n + 2 + Hard": lambda setup: (
                    setup.d * ((1 + _hard(setup)) / (setup.n + 2 + _hard(setup))) ** 2
                    + setup.d * _per_m(setup) * (1 + _hard(setup))
                ),
                "Theorem 3.3 itself, which is not attained": lambda setup: bounds.one_step_bound(setup, field=EXACT),
                "square forgotten": lambda setup: (
                    setup.d * (1 + _hard(setup)) / (setup.n + 1 + _hard(setup))
                    + setup.d * _per_m(setup) * (1 + _hard(setup))
                ),
            },
            over=_matched(),
            holds=_tight_first_term,
            scope="spectra with d ≤ 6, n ≤ 10⁶, m ≤ 10⁶ or ∞",
            instances=200,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-02

_STEPS = 5
Law = Callable[[Setup, int], list[Any]]


def _law(setup: Setup, k: int) -> list[Any]:
    return list(bounds.long_chain_bound(setup, k, field=EXACT))


def _law_with(factor: Callable[[Setup], Fraction], power: int = 2) -> Law:
    return lambda setup, k: [setup.d / factor(setup) ** (power * i) for i in range(k + 1)]


def _bounds_population(formula: Law, setup: Setup) -> bool:
    """Whether d (…)^{−2k} ≥ the population error, with equality exactly for k = 0 or Λ = λ I."""
    limit = reference.expected_error(setup.replace(m=None), _STEPS).values
    law, isotropic = formula(setup, _STEPS), _isotropic(setup)
    return all(
        bound >= error and (bound == error) == (k == 0 or isotropic)
        for k, (bound, error) in enumerate(zip(law, limit, strict=True))
    )


_POPULATION = Claim(
    id="BND-02",
    kind=Kind.TIGHT,
    title="Corollary 3.5 on the population rung",
    statement=r"\lim_{m\to\infty} E_k \le d\left(1 + \frac{n}{1 + \mathrm{Hard}(\Lambda)}\right)^{-2k}"
    r" \text{ for every } n, k \text{ (no } o(1)\text{)}, \text{ with equality iff } k = 0 \text{ or } \Lambda ="
    r" \lambda I",
    source=Source("arXiv:2510.03605", "Corollary 3.5", Known.SECONDARY, note="stated up to 1 + o(1); theory section 7"),
    origin=Origin.CITED,
    assumes=("Σ = Λ", "w* ~ N(0, I), w₀ = 0", "m → ∞ at fixed d and k"),
    checks=(
        by_samples(
            "long_chain_bound against the reference at m = ∞",
            formula=_law,
            controls={
                "n/Hard": _law_with(lambda setup: 1 + setup.n / _hard(setup)),
                "n/(1 + d)": _law_with(lambda setup: 1 + Fraction(setup.n, 1 + setup.d)),
                "(n + 1)/(1 + Hard)": _law_with(lambda setup: 1 + (setup.n + 1) / (1 + _hard(setup))),
                "exponent −k": _law_with(lambda setup: 1 + setup.n / (1 + _hard(setup)), power=1),
                "n/(2 + Hard), which is not attained": _law_with(lambda setup: 1 + setup.n / (2 + _hard(setup))),
            },
            over=_matched(4),
            holds=_bounds_population,
            scope=f"spectra with d ≤ 4, n ≤ 10⁶, k ≤ {_STEPS}",
            instances=100,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-03


@dataclass(frozen=True)
class Violation:
    """A matched problem and a number of steps at which E_k is claimed to exceed the law by a factor."""

    spectrum: tuple[Fraction | int, ...]
    n: int
    m: int
    k: int
    factor: int = 1

    @property
    def setup(self) -> Setup:
        """The problem."""
        return Setup(list(self.spectrum), n=self.n, m=self.m)


def _violates(witness: Violation) -> bool:
    """Whether E_k > factor · law, with E_k by the reference and by the exact rung, which must agree."""
    setup, k = witness.setup, witness.k
    defined = reference.expected_error(setup, k).values[k]
    computed = curves.expected_error(setup, k, rung="exact", field=EXACT).values[k]
    return bool(defined == computed and computed > witness.factor * _law(setup, k)[k])


def _exceeds_when_isotropic(formula: Law, setup: Setup) -> bool:
    """Whether E_1 is above the law at every finite m, by exactly (d/m)(d + 1)(1 + (1 + d)/n)^{−2}."""
    gap = one_step.one_step_error(setup, field=EXACT) - formula(setup, 1)[1]
    d = setup.d
    return bool(gap == d * (d + 1) * _per_m(setup) / (1 + Fraction(1 + d, setup.n)) ** 2 and gap > 0)


@st.composite
def _isotropic_finite(draw: DrawFn) -> Setup:
    d, scale = draw(st.integers(1, 6)), draw(st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(1, 7)]))
    return Setup(np.array([scale] * d, dtype=object), n=draw(counts()), m=draw(counts()))


_FAILURE = Claim(
    id="BND-03",
    kind=Kind.EXISTENCE,
    title="Corollary 3.5 is not a bound at finite m",
    statement=r"\exists\,\Lambda, n, m, k:\quad E_k > d\left(1 + \frac{n}{1 + \mathrm{Hard}(\Lambda)}\right)^{-2k}."
    r"\ \text{For } d = n = m = 1,\ \Lambda = 1,\ k = 2:\ E_2 = \tfrac{20}{27} > \tfrac{16}{81};"
    r"\ \text{for } \Lambda = \operatorname{diag}(1, \tfrac12),\ n = 10,\ m = 3,\ k = 2 \text{ by a factor above } 200",
    source=Source("theory", "sections 4 and 7", note="instances found here"),
    origin=Origin.OURS,
    assumes=("Σ = Λ", "w* ~ N(0, I), w₀ = 0"),
    checks=(
        by_witness(
            "Λ = 1, n = m = 1, k = 2",
            part="existence",
            formula=Violation((1,), 1, 1, 2),
            controls={
                "k = 0, where the law is the prior risk": Violation((1,), 1, 1, 0),
                "the factor 4, which E_2 does not reach": Violation((1,), 1, 1, 2, factor=4),
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

_ISOTROPIC = Claim(
    id="BND-04",
    kind=Kind.LOWER,
    title="An isotropic task exceeds Corollary 3.5 at every finite m",
    statement=r"\Lambda = \lambda I:\quad E_1 = d\left(1 + \frac{n}{1 + d}\right)^{-2} + \frac{d(d+1)}{m}"
    r"\left(1 + \frac{1 + d}{n}\right)^{-2} > d\left(1 + \frac{n}{1 + \mathrm{Hard}(\Lambda)}\right)^{-2}",
    source=Source("theory", "sections 4 and 7", note="found here"),
    origin=Origin.OURS,
    assumes=("Σ = Λ", "w* ~ N(0, I), w₀ = 0"),
    uses=("ERR-01", "HRD-01"),
    checks=(
        by_samples(
            "one_step_error minus long_chain_bound is (d/m)(d + 1)(1 + (1 + d)/n)⁻² > 0",
            formula=_law,
            controls={
                "n/Hard, a smaller law": _law_with(lambda setup: 1 + setup.n / _hard(setup)),
                "exponent −k, a larger law": _law_with(lambda setup: 1 + setup.n / (1 + _hard(setup)), power=1),
            },
            over=_isotropic_finite(),
            holds=_exceeds_when_isotropic,
            scope="d ≤ 6, n ≤ 10⁶, m ≤ 10⁶, k = 1",
        ),
    ),
)

CLAIMS = (_ONE_STEP, _POPULATION, _FAILURE, _ISOTROPIC)
