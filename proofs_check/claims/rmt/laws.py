"""Population spectra with multiplicities, and the moments of the limiting law (theory section 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from theorycalc.fields import EXACT, is_definite
from theorycalc.model import Setup

Result = TypeVar("Result")


def moments(c: Sequence[Fraction], weight: Sequence[Fraction], order: int) -> list[Fraction]:
    """Return lim tr(Nʲ)/m for j = 0 … order, by Lagrange's inversion of x = w/(1 + Σ_p κ_p wᵖ), κ_p = lim tr(Cᵖ)/m.

    The 0th is the mass away from 0: min(φ, 1).
    """
    kappa = [Fraction(1)] + [
        sum((w * x**p for x, w in zip(c, weight, strict=True)), Fraction(0)) for p in range(1, order + 1)
    ]
    base = EXACT.array(kappa)
    power, result = base, [min(Fraction(1), sum(weight, Fraction(0)))]
    for j in range(1, order + 1):
        power = np.convolve(power, base)[: order + 1]
        result.append(EXACT.public(power[j]) / (j + 1))
    return result


def once(function: Callable[[Setup], Result]) -> Callable[[Setup], Result]:
    """Return the function with a memory of problems, by what they state: every control draws them anew."""
    known: dict[str, Result] = {}

    def remembered(setup: Setup) -> Result:
        key = str(setup.to_dict())
        if key not in known:
            known[key] = function(setup)
        return known[key]

    return remembered


@dataclass(frozen=True)
class PopulationLaw:
    """A population spectrum with multiplicities, and m."""

    c: tuple[Fraction, ...]
    multiplicity: tuple[int, ...]
    m: int

    @property
    def d(self) -> int:
        """Number of eigenvalues."""
        return sum(self.multiplicity)

    @property
    def weight(self) -> list[Fraction]:
        """multiplicity/m."""
        return [Fraction(j, self.m) for j in self.multiplicity]


@st.composite
def laws(draw: DrawFn, *, max_count: int = 12, max_q: int = 3) -> PopulationLaw:
    """Draw up to three eigenvalues in [1/4, 3], their multiplicities, and m; d < m, d = m and d > m are all likely."""
    c = draw(st.lists(st.fractions("1/4", 3, max_denominator=6), min_size=1, max_size=max_q, unique=True))
    multiplicity = tuple(draw(st.integers(1, max_count)) for _ in c)
    d = sum(multiplicity)
    m = draw(st.one_of(st.integers(1, d), st.integers(d, 4 * d), st.just(d)))
    return PopulationLaw(tuple(c), multiplicity, m)


@st.composite
def large_laws(draw: DrawFn) -> PopulationLaw:
    """Draw eigenvalues in [10⁻⁵, 10⁵], multiplicities up to 10¹², and m often beside d or a multiplicity."""
    c = draw(
        st.lists(
            st.builds(
                lambda x, power: x * Fraction(10) ** power,
                st.fractions("1/99", 99, max_denominator=99),
                st.integers(-3, 3),
            ),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    multiplicity = tuple(draw(st.sampled_from([1, 10**3, 10**6, 10**9, 10**12])) for _ in c)
    near = draw(st.sampled_from([1, 10, 10**6, sum(multiplicity), *multiplicity]))
    return PopulationLaw(tuple(c), multiplicity, max(1, near + draw(st.integers(-1, 1))))


def traces(law: PopulationLaw, order: int, weights: Callable[[PopulationLaw], list[Fraction]]) -> list[Fraction]:
    """Return tr(r_s)/m by the moments: r_s is the limit of (I − N)ˢ."""
    values = [Fraction(law.d, law.m), *moments(law.c, weights(law), order)[1:]]
    result = values[:1]
    for _ in range(order):
        values = [first - second for first, second in pairwise(values)]
        result.append(values[0])
    return result


def hankel(values: list[Fraction], at: Fraction, sign: int) -> bool:
    """Whether moments 0 … 2q allow ∫ sign (at − x) p(x)² ≥ 0 for every polynomial of degree < q, exactly."""
    rows = range(len(values) // 2)
    matrix = np.array([[sign * (at * values[i + j] - values[i + j + 1]) for j in rows] for i in rows], dtype=object)
    return bool(is_definite(matrix, semidefinite=True))
