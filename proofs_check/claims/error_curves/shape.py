"""The shape of the exact mean curve over the steps: it need not be a U, and where it is (theory section 5)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_witness, by_words
from proofs_check.claims.error_curves.divergence import H_INV, ONE, H, T, cancelled, inverse_pair, powers_are_similar
from proofs_check.claims.error_curves.exact import problem
from proofs_check.engines.symbolic import Instance, generic_instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, covariances, positives, rationals, setups
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import wishart
from theorycalc.moments.words import WordSum, letter


def _curve(setup: Setup, k: int) -> list[Fraction]:
    return [Fraction(x) for x in curves.expected_error(setup, k, field=EXACT).values]


# ------------------------------------------------------------------------------------------------ ERR-06


class Line(NamedTuple):
    """A problem with d = 1, and whose local minima are claimed."""

    Lambda: Fraction
    Sigma: Fraction
    n: int
    m: int
    Omega: Fraction
    noise_var: Fraction
    minima: tuple[int, ...]

    @property
    def setup(self) -> Setup:
        """The problem for the code."""
        return Setup(
            [self.Lambda], n=self.n, Sigma=[self.Sigma], m=self.m, Omega=[self.Omega], noise_var=self.noise_var
        )


def on_a_line(at: Line, k: int) -> Fraction:
    """Return E_k at d = 1 from polynomials in X = χ²_m.

    Ω E R^{2k} + (σ²/m²) a² Σ E[(Σ_{i<k} R^i)² X] with R = 1 − a Σ X/m.
    """
    a = 1 / ((1 + Fraction(2, at.n)) * at.Lambda)  # γ = (1 + 1/n) λ + λ/n
    base = [Fraction(1), -a * at.Sigma / at.m]
    total, power = [Fraction(0)], [Fraction(1)]
    for _ in range(k):
        total = [x + y for x, y in zip([*total, Fraction(0)], [*power, Fraction(0)], strict=False)]
        power = _times(power, base)
    pushed = [Fraction(0), *_times(total, total)]  # G² X
    return at.Omega * _mean(_times(power, power), at.m) + at.noise_var * a**2 * at.Sigma * _mean(pushed, at.m) / at.m**2


def _times(f: list[Fraction], g: list[Fraction]) -> list[Fraction]:
    result = [Fraction(0)] * (len(f) + len(g) - 1)
    for i, x in enumerate(f):
        for j, y in enumerate(g):
            result[i + j] += x * y
    return result


def _mean(polynomial: list[Fraction], m: int) -> Fraction:
    """Return E f(χ²_m)."""
    total, moment = Fraction(0), Fraction(1)
    for j, value in enumerate(polynomial):
        total += value * moment
        moment *= m + 2 * j
    return total


def local_minima(values: list[Fraction]) -> tuple[int, ...]:
    """Return the steps whose value is below both neighbours."""
    return tuple(i for i in range(1, len(values) - 1) if values[i - 1] > values[i] < values[i + 1])


_NOISY = Line(Fraction(1), Fraction(3, 2), 1000, 100, Fraction(1, 100), Fraction(1), (2, 4, 6, 8))


def _zigzags(at: Line) -> bool:
    values = _curve(at.setup, 10)
    return values == [on_a_line(at, k) for k in range(11)] and len(at.minima) > 1 and local_minima(values) == at.minima


_ZIGZAG = Claim(
    id="ERR-06",
    kind=Kind.EXISTENCE,
    title="With label noise the exact mean curve can have several minima",
    statement=r"d = 1,\ \Lambda = 1,\ \Sigma = \tfrac32,\ n = 1000,\ m = 100,\ \sigma^2 = 1,\ \Omega = \tfrac1{100}:"
    r" \ E_k \text{ has local minima at } k = 2, 4, 6, 8",
    source=Source("theory", "section 5", note="which has: U-shaped for every finite m"),
    origin=Origin.CORRECTED,
    uses=("ERR-02",),
    checks=(
        by_witness(
            "expected_error(rung exact) and a formula for d = 1",
            formula=_NOISY,
            controls={
                "without noise": _NOISY._replace(noise_var=Fraction(0)),
                "Ω = 1": _NOISY._replace(Omega=Fraction(1)),
                "m = 10": _NOISY._replace(m=10),
                "minima at odd steps": _NOISY._replace(minima=(1, 3, 5, 7)),
                "one minimum": _NOISY._replace(minima=(2,)),
            },
            satisfies=_zigzags,
            scope="one rational problem, k ≤ 10",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ ERR-07

_MATCHED = Setup([1, "1/100"], n=1000, m=10)


def _rises_and_falls(setup: Setup) -> bool:
    """Whether E_1 > E_0, E_1 > E_2 and E_3 > E_2, with E_1 and E_2 from the definition too."""
    values = _curve(setup, 3)
    if not values[0] < values[1] > values[2] < values[3]:
        return False
    return [Fraction(x) for x in reference.expected_error(setup, 2).values] == values[:3]


_RISES = Claim(
    id="ERR-07",
    kind=Kind.EXISTENCE,
    title="Without noise, and with matched skills, the exact mean curve need not be U-shaped",
    statement=r"\Sigma = \Lambda = \mathrm{diag}(1, \tfrac1{100}),\ n = 1000,\ m = 10,\ \sigma = 0,\ \Omega = I,"
    r" \ w_0 = 0: \ E_0 < E_1 > E_2 < E_3",
    source=Source("theory", "section 5", note="which has: U-shaped for every finite m"),
    origin=Origin.CORRECTED,
    uses=("ERR-02",),
    checks=(
        by_witness(
            "expected_error(rung exact) and the reference",
            formula=_MATCHED,
            controls={
                "isotropic": Setup([1, 1], n=1000, m=10),
                "ten times the examples": _MATCHED.replace(m=100),
                "short training prompts": _MATCHED.replace(n=10),
                "the weak skill alone": Setup(["1/100"], n=1000, m=10),
            },
            satisfies=_rises_and_falls,
            scope="one rational problem, d = 2",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ ERR-08

_T, _L = letter("T", symmetric=True), letter("L")
_R = letter("R", symmetric=True)


def _square(*, factor: WordSum = ONE - _R * _R) -> WordSum:
    """‖(I − H²) Hᵏ⁻¹ L‖_F², with R for H and T for Hᵏ⁻¹."""
    chain = factor * _T * _L
    return (chain * chain.T).trace()


def _convex_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    """The second difference of ‖Hᵏ L‖_F², H symmetric; T commutes with H."""
    chains = [_T * _L, _R * _T * _L, _R * _R * _T * _L]
    before, now, after = ((chain * chain.T).trace() for chain in chains)
    return [((before - 2 * now + after).commute(("T", "R")), claimed.commute(("T", "R")))]


def _commuting_pair() -> Instance:
    """Return exact values with T = R²."""
    values = generic_instance(_R, _L)
    return Instance({**values.matrices, "T": values.matrices["R"] @ values.matrices["R"]}, values.scalars)


def _weighted_sides(weight: WordSum) -> list[tuple[WordSum, WordSum]]:
    """tr[Γ Rᵏ Q Rᵏᵀ] = tr[T (Γ^{1/2} Q Γ^{1/2}) T]."""
    chain, prior = H * T * H_INV, letter("Q", symmetric=True)
    left = cancelled((weight * chain * prior * chain.T).trace())
    return [(left, (T * H_INV * prior * H_INV * T).trace())]


def _with_prior() -> Instance:
    """Return exact values with a symmetric Q."""
    values = inverse_pair()
    return Instance({**values.matrices, "Q": values.matrices["T"] + values.matrices["H"]}, values.scalars)


def _is_convex(weight: Callable[[Setup], Any], setup: Setup) -> bool:
    """Whether E_k(P) has no negative second difference for k <= 3, by the N-form on matrices."""
    assert setup.m is not None
    A, Sigma, Q, _ = (EXACT.array(matrix) for matrix in problem(setup, "estimation"))
    chains = wishart.WishartChains(A, Sigma, Q, EXACT.number(Fraction(1, setup.m)), EXACT)
    P = EXACT.array(np.array(weight(setup), dtype=object))
    return min(_second_differences([Fraction(EXACT.public(chains.error(P, k))) for k in range(4)])) >= 0


Gaps = Callable[[list[Fraction]], list[Fraction]]


def _second_differences(values: list[Fraction]) -> list[Fraction]:
    return [x - 2 * y + z for x, y, z in zip(values, values[1:], values[2:], strict=False)]


@st.composite
def _isotropic_training(draw: DrawFn) -> Setup:
    """Draw a problem with Λ ∝ I, any Σ, Ω and start, without noise."""
    d = draw(st.integers(1, 3))
    return Setup(
        [draw(positives())] * d,
        n=draw(counts(100)),
        Sigma=draw(covariances(d)),
        m=draw(st.integers(1, 6)),
        Omega=draw(st.one_of(st.none(), covariances(d))),
        w_0=draw(st.one_of(st.none(), st.lists(rationals(), min_size=d, max_size=d))),
    )


_CONVEX = Claim(
    id="ERR-08",
    kind=Kind.LOWER,
    title="Measured by Γ, or after isotropic training, the exact mean curve is convex",
    statement=r"E_{k-1}(\Gamma) - 2 E_k(\Gamma) + E_{k+1}(\Gamma) = \mathbb{E}\lVert (I - H^2) H^{k-1} \Gamma^{1/2}"
    r" Q^{1/2} \rVert_F^2 \ge 0, \ H = I - \Gamma^{-1/2} S \Gamma^{-1/2}; \text{ if } \Lambda = \lambda I, \text{ then}"
    r" \ \Gamma = \gamma I \text{ and } E_k(I) \text{ is convex too: one local minimum, at one step or two neighbours}",
    source=Source("this project", note="what remains of the U shape of theory section 5"),
    origin=Origin.OURS,
    assumes=("labels without noise; any Σ, Ω and w₀", "convex and unbounded (ERR-05), so the minimum exists"),
    uses=("ERR-02", "ERR-05"),
    checks=(
        powers_are_similar(""),
        by_words(
            "the second difference is a squared norm",
            formula=_square,
            controls={
                "I − H": lambda: _square(factor=ONE - _R),
                "I + H²": lambda: _square(factor=ONE + _R * _R),
                "H − H³": lambda: _square(factor=_R - _R * _R * _R),
            },
            sides=_convex_sides,
            scope="every d, m, k, symmetric H and any L; T = Hᵏ⁻¹ commutes with H",
            instance=_commuting_pair,
        ),
        by_words(
            "what H measures in the norm of Γ, by word algebra",
            formula=lambda: H_INV * H_INV,
            controls={
                "P = I": lambda: ONE,
                "P = Γ^{1/2}": lambda: H_INV,
                "P = Γ²": lambda: H_INV * H_INV * H_INV * H_INV,
            },
            sides=_weighted_sides,
            scope="every d and Q; Rᵏ = Γ^{−1/2} T Γ^{1/2}, T = Hᵏ",
            instance=_with_prior,
        ),
        by_samples(
            "the N-form of the exact error, weighted",
            formula=lambda setup: reference.gamma_matrix(setup).Gamma,
            controls={
                "P = I": lambda setup: np.eye(setup.d, dtype=int),
                "P = Γ⁻¹": lambda setup: reference.gamma_matrix(setup).Gamma_inv,
            },
            over=st.one_of(st.just(_MATCHED), setups(max_d=2, max_m=3, paper=True)),
            holds=_is_convex,
            scope="d ≤ 2, m ≤ 3, n ≤ 100, k ≤ 3, commuting or not, and one matched problem",
            instances=25,
        ),
        by_samples(
            "expected_error(rung exact) after isotropic training",
            formula=_second_differences,
            controls={
                "falling": lambda values: [x - y for x, y in pairwise(values)],
                "rising": lambda values: [y - x for x, y in pairwise(values)],
                "concave": lambda values: [-x for x in _second_differences(values)],
                "third differences ≤ 0": lambda values: [x - y for x, y in pairwise(_second_differences(values))],
            },
            over=_isotropic_training(),
            holds=lambda gaps, setup: min(gaps(_curve(setup, 4))) >= 0,
            scope="Λ ∝ I, d ≤ 3, m ≤ 6, n ≤ 100, k ≤ 4, any Σ, Ω, w₀",
            instances=25,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ ERR-09

_MANY_WEAK = Setup([1] + [Fraction(1, 25)] * 45, n=10, m=10)
_LONGER = Setup([1] + [Fraction(1, 20)] * 80, n=10, m=10)


def _has_two_minima(setup: Setup) -> bool:
    """Whether m >= n, and E_3 lies above both E_2 and E_4, after a fall."""
    values = _curve(setup, 4)
    falls = values[0] > values[1] > values[2]
    return setup.m is not None and setup.m >= setup.n and falls and values[2] < values[3] > values[4]


_WAVES = Claim(
    id="ERR-09",
    kind=Kind.EXISTENCE,
    title="Even with matched skills and m = n the exact mean curve can have two minima",
    statement=r"\Sigma = \Lambda = \mathrm{diag}(1, \tfrac1{25}, \dots, \tfrac1{25}),\ d = 46,\ n = m = 10,"
    r"\ \sigma = 0,\ \Omega = I,\ w_0 = 0: \ E_0 > E_1 > E_2 < E_3 > E_4",
    source=Source("this project", note="one strong skill and many weak ones; so m ≥ n does not save the U shape"),
    origin=Origin.OURS,
    uses=("ERR-02",),
    checks=(
        by_witness(
            "expected_error(rung exact)",
            formula=_MANY_WEAK,
            controls={
                "m = 20": _MANY_WEAK.replace(m=20),
                "n = m = 100": _MANY_WEAK.replace(n=100, m=100),
                "isotropic": Setup([1] * 46, n=10, m=10),
                "five weak skills": Setup([1] + [Fraction(1, 25)] * 5, n=10, m=10),
                "m < n": _MANY_WEAK.replace(n=11),
            },
            satisfies=_has_two_minima,
            scope="one rational problem with two distinct eigenvalues",
        ),
        by_witness(
            "expected_error(rung exact), eighty weak skills",
            formula=_LONGER,
            controls={"m = 20": _LONGER.replace(m=20), "the weak skills alone": Setup(["1/20"] * 80, n=10, m=10)},
            satisfies=_has_two_minima,
            scope="another rational problem",
        ),
    ),
)

CLAIMS = (_ZIGZAG, _RISES, _CONVEX, _WAVES)
