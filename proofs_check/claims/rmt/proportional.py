"""The proportional limit d, m → ∞ with d/m fixed: the recursion, and how fast the exact mean nears it (section 6)."""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.engines.symbolic import Instance
from proofs_check.evidence import Grade
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import positives
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import Monomial, WordSum, letter, scalar

STEPS = 3
_C, _P, _Q, _N = (letter(name, symmetric=True) for name in ("C", "P", "Q", "N"))
_PER_M, _ONE = scalar("m", -1), scalar("c", 0)


@dataclass(frozen=True, kw_only=True)
class Slips:
    """What a wrong recursion does: all of them off in the real one."""

    trace: int = 1  # how often the terms in t count
    start: int = 1  # how often the terms in u count
    shift: int = 0  # added to the index of t
    kept: bool = False  # the term (j − 1)/m of the exact recursion
    squared: bool = True  # both factors of t_s − t_{s+1}, not t_s alone


REAL = Slips()


def chains(C: Any, P: Any, Q: Any, one: Any, per_m: Any, trace: Callable[[Any], Any], k: int, slips: Slips) -> Any:
    """Return tr(P̃ M_{k,k}) by the recursion of section 6, over words or over arrays of rationals alike."""
    r, t = [one], [trace(one) * per_m]
    for j in range(1, 2 * k + 1):
        inner = r[j - 1]
        for s in range(j - 1):
            at = s + slips.shift * (s + 2 < len(t))
            change = t[at] - t[at + 1] if slips.squared else t[at]
            inner = inner - r[j - 2 - s] * change * slips.trace
        if slips.kept and j >= 2:
            inner = inner - (r[j - 2] - r[j - 1]) * (j - 1) * per_m
        r.append(r[j - 1] - C * inner)
        t.append(trace(r[j]) * per_m)
    u = [trace(Q * power) * per_m for power in r]
    M = {(0, b): Q * r[b] for b in range(k + 1)}
    for a in range(1, k + 1):
        for b in range(a, k + 1):
            inner = M[a - 1, b]
            for s in range(a - 1):
                inner = inner - M[a - 2 - s, b] * (t[s] - t[s + 1]) * slips.trace
            for s in range(b):
                inner = inner - r[b - 1 - s] * (u[a + s - 1] - u[a + s]) * slips.start
            M[a, b] = M[a - 1, b] - C * inner
    return trace(P * M[k, k])


WRONG = {
    "terms in u dropped": Slips(start=0),
    "trace terms dropped": Slips(trace=0),
    "trace terms twice, as in the exact 2i T_{κ∖i}": Slips(trace=2),
    "t_s for t_s − t_{s+1}: uncentred": Slips(squared=False),
    "the index of t off by one": Slips(shift=1),
    "(j − 1)/m kept in r": Slips(kept=True),
}

# ------------------------------------------------------------------------------------------------ by words


def mean_words(k: int) -> WordSum:
    """E tr[P̃ (I − N)ᵏ Q̃ (I − N)ᵏ] over N = Wishart_m(C)/m: all pairings."""
    chain = functools.reduce(lambda word, _: word * (_ONE - _N), range(k), _ONE)
    return pairings.expected_word((_P * chain * _Q * chain).trace(), sample="N", covariance="C", count="m")


@functools.cache
def _mean(k: int) -> WordSum:
    """The same for commuting C, P̃, Q̃."""
    return mean_words(k).commute(("C", "P", "Q"))


def _order(key: Monomial) -> int:
    """The power of m that a term grows with: a trace, or d, is O(m)."""
    powers = dict(key.scalars)
    return len(key.traces) + powers.get("d", 0) + powers.get("m", 0)


def split(expression: WordSum) -> tuple[WordSum, WordSum, WordSum]:
    """Return the terms that grow like m, those that grow faster, and those of order 1 at most."""
    parts: tuple[dict[Any, Any], ...] = ({}, {}, {})
    for key, value in expression.terms.items():
        order = _order(key)
        parts[0 if order == 1 else 1 if order > 1 else 2][key] = value
    first, faster, rest = (WordSum(part) for part in parts)
    return first, faster, rest


Words = Callable[[int], WordSum]


def _by_words(slips: Slips) -> Words:
    def limit(k: int) -> WordSum:
        found: WordSum = chains(_C, _P, _Q, _ONE, _PER_M, WordSum.trace, k, slips)
        return found.commute(("C", "P", "Q"))

    return limit


def _leading_sides(limit: Words) -> list[tuple[WordSum, WordSum]]:
    """The claimed limit is what grows like m in the mean; nothing grows faster."""
    pairs = []
    for k in range(1, STEPS + 1):
        first, faster, _ = split(_mean(k))
        pairs += [(first, limit(k)), (faster, WordSum({}))]
    return pairs


def _diagonal_instance() -> Instance:
    values = {"C": ("1/2", "1/3", "3/4"), "P": (1, 2, "1/5"), "Q": (3, "1/2", 2)}
    return Instance({name: EXACT.array(np.diag(np.array(x, dtype=object))) for name, x in values.items()}, {"m": 5})


# ------------------------------------------------------------------------------------------------ by samples

Curve = Callable[[Setup, int], list[Fraction]]


def _code(setup: Setup, k: int) -> list[Fraction]:
    return list(curves.expected_error(setup, k, rung="proportional", field=EXACT).values)


def _exact(setup: Setup, k: int) -> Fraction:
    return Fraction(curves.expected_error(setup, k, rung="exact", field=EXACT).values[k])


def _slow(slips: Slips, *, count: Callable[[Setup], int] = lambda setup: setup.m or 0) -> Curve:
    """Return the recursion on the spectra of a problem, with Γ written out."""

    def curve(setup: Setup, steps: int) -> list[Fraction]:
        lam, sigma = (np.array([Fraction(x) for x in item.entries]) for item in (setup.Lambda, setup.Sigma))
        omega = [1] * setup.d if setup.Omega is None else setup.Omega.entries
        Gamma = lam * (1 + Fraction(1, setup.n)) + lam.sum() / setup.n
        Q = Gamma * np.array([Fraction(x) for x in omega])
        one, per_m = np.array([Fraction(1)] * setup.d), Fraction(1, count(setup))
        return [chains(sigma / Gamma, 1 / Gamma, Q, one, per_m, np.sum, k, slips) for k in range(steps + 1)]

    return curve


_WRONG_CURVES: dict[str, Curve] = {name: _slow(slips) for name, slips in WRONG.items()} | {
    "population value": lambda setup, k: _code(setup.replace(m=None), k),
    "d for m": lambda setup, k: _code(setup.replace(m=setup.d), k),
    "n for m": lambda setup, k: _code(setup.replace(m=setup.n), k),
}


@dataclass(frozen=True)
class _Family:
    """One problem at every size: C, Γ and Ω have fixed values, in blocks that grow with the size, as do m and n."""

    blocks: tuple[int, ...]
    C: tuple[Fraction, ...]
    Gamma: tuple[Fraction, ...]
    Omega: tuple[Fraction, ...]
    m: int
    n: int
    steps: int

    def at(self, size: int) -> Setup:
        """Return the setup with d, m, n times ``size`` whose Γ has the given values: Λ solves a linear equation."""
        count = [size * block for block in self.blocks]
        n, d = size * self.n, sum(count)
        total = sum(g * j for g, j in zip(self.Gamma, count, strict=True)) / (1 + Fraction(1 + d, n))
        lam = [(g - total / n) / (1 + Fraction(1, n)) for g in self.Gamma]
        sigma = [g * c for g, c in zip(self.Gamma, self.C, strict=True)]

        def spread(values: Any) -> list[Fraction]:
            return [value for value, j in zip(values, count, strict=True) for _ in range(j)]

        return Setup(spread(lam), n=n, m=size * self.m, Sigma=spread(sigma), Omega=spread(self.Omega))


@st.composite
def _families(draw: DrawFn, max_steps: int) -> _Family:
    """Draw blocks with n ≥ d and Γ within a factor 2, so that Λ is positive."""
    q = draw(st.integers(1, 2))
    blocks = tuple(draw(st.integers(1, 2)) for _ in range(q))
    values = st.lists(st.fractions("1/4", "3/2", max_denominator=4), min_size=q, max_size=q).map(tuple)
    Gamma = draw(st.lists(st.fractions(1, 2, max_denominator=3), min_size=q, max_size=q).map(tuple))
    steps, m = draw(st.integers(1, max_steps)), draw(st.integers(1, 5))
    n = sum(blocks) + draw(st.integers(1, 4))
    return _Family(blocks, draw(values), Gamma, draw(values), m, n, steps)


def _extrapolated(limit: Curve, family: _Family) -> bool:
    """Whether E_k/size, a polynomial of degree 2k − 1 in 1/size, is limit/size at 1/size = 0."""
    k, sizes = family.steps, range(1, 2 * family.steps + 1)
    constant = Fraction(0)
    for j in sizes:
        weight = Fraction(1)
        for i in sizes:
            if i != j:
                weight *= Fraction(j, j - i)
        constant += weight * _exact(family.at(j), k) / j
    return limit(family.at(1), k)[k] == constant


@st.composite
def _spectral_setups(draw: DrawFn) -> tuple[Setup, int]:
    d = draw(st.integers(1, 4))
    lam, sigma, omega = (draw(st.lists(positives(), min_size=d, max_size=d)) for _ in range(3))
    setup = Setup(lam, n=draw(st.integers(1, 20)), m=draw(st.integers(1, 20)), Sigma=sigma, Omega=omega)
    return setup, draw(st.integers(1, 4))


def _same_recursion(curve: Curve, instance: tuple[Setup, int]) -> bool:
    return curve(*instance) == _slow(REAL)(*instance)


@dataclass(frozen=True)
class _Growing:
    """Matched problems with eigenvalues 1 and ``second``, half of each, and m, n in proportion to d."""

    second: Fraction
    m_per_d: Fraction
    n_per_d: Fraction
    steps: int

    def at(self, d: int) -> Setup:
        half = d // 2
        return Setup([1] * half + [self.second] * half, n=int(self.n_per_d * d), m=int(self.m_per_d * d))


_RATIOS = st.sampled_from([Fraction(x) for x in ("1/2", "1", "3/2", "2", "4")])
_GROWING = st.builds(_Growing, st.sampled_from([Fraction(1), Fraction(1, 2)]), _RATIOS, _RATIOS, st.integers(1, 3))
_SIZES = (16, 32, 64, 128)


def _halves(limit: Curve, family: _Growing) -> bool:
    """Whether the relative gap between exact mean and limit halves as d doubles, ever more exactly."""
    gaps = []
    for d in _SIZES:
        setup, k = family.at(d), family.steps
        value = limit(setup, k)[k]
        gaps.append((_exact(setup, k) - value) / value)
    off = [abs(second / first - Fraction(1, 2)) for first, second in itertools.pairwise(gaps) if first]
    return len(off) == len(gaps) - 1 and off[-1] <= Fraction(1, 10) and off[-1] <= off[0]


_LIMIT = Claim(
    id="RMT-01",
    kind=Kind.LIMIT,
    title="The proportional limit of the error, with rate 1/d",
    statement=r"E_k = \operatorname{tr}[\tilde P M_{k,k}]\,(1 + O(1/d)) \text{ as } d, m \to \infty \text{ with } d/m"
    r" \to \varphi, \text{ where } r_j = r_{j-1} - C\Big(r_{j-1} - \sum_{s=0}^{j-2} (t_s - t_{s+1})\, r_{j-2-s}\Big),"
    r" \ M_{a,b} = M_{a-1,b} - C\Big(M_{a-1,b} - \sum_{s=0}^{a-2} (t_s - t_{s+1}) M_{a-2-s,b} - \sum_{s=0}^{b-1}"
    r" (u_{a+s-1} - u_{a+s})\, r_{b-1-s}\Big), \ t_s = \tfrac1m \operatorname{tr} r_s, \ u_s = \tfrac1m"
    r" \operatorname{tr} \tilde Q r_s",
    source=Source("theory", "section 6"),
    origin=Origin.DERIVED,
    assumes=(
        "Λ and Σ commute, P̃ and Q̃ are diagonal with C",
        "C, P̃, Q̃ stay bounded and the limit is not 0: a trace is then O(m), a term with one trace less O(1/d) of all",
        "fixed k",
    ),
    uses=("ERR-02", "GAM-01"),
    checks=(
        by_words(
            "what grows like m in the mean over all pairings",
            formula=lambda: _by_words(REAL),
            controls={name: lambda slips=slips: _by_words(slips) for name, slips in WRONG.items()}
            | {
                "population value": lambda: (
                    lambda k: chains(_C, _P, _Q, _ONE, _PER_M * 0, WordSum.trace, k, REAL).commute(("C", "P", "Q"))
                )
            },
            sides=_leading_sides,
            scope=f"1 ≤ k ≤ {STEPS}; every d, m and commuting C, P̃, Q̃",
            grade=Grade.PROVED_SLICE,
            instance=_diagonal_instance,
        ),
        by_samples(
            "expected_error(rung proportional) is this recursion",
            formula=_code,
            controls=_WRONG_CURVES,
            over=_spectral_setups(),
            holds=_same_recursion,
            scope="d ≤ 4, m, n ≤ 20, k ≤ 4, any spectra Λ, Σ, Ω",
            instances=40,
        ),
        by_samples(
            "the exact mean extrapolated to 1/m = 0, without error",
            formula=_code,
            controls=_WRONG_CURVES,
            over=_families(STEPS),
            holds=_extrapolated,
            scope=f"one or two blocks, d/m ≤ 4, k ≤ {STEPS}; E_k/d is a polynomial in 1/m there",
            instances=25,
        ),
        by_samples(
            "the gap to the exact mean halves as d doubles",
            formula=_code,
            controls={name: curve for name, curve in _WRONG_CURVES.items() if "kept" not in name},
            over=_GROWING,
            holds=_halves,
            scope=f"d = {', '.join(map(str, _SIZES))}; matched, one or two eigenvalues, m/d and n/d in 1/2 … 4, k ≤ 3",
            instances=8,
        ),
    ),
)

CLAIMS = (_LIMIT,)
