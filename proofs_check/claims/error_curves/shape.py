"""The shape of the exact mean curve over the steps: it need not be a U, and where it is (theory section 5)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_witness, by_words
from proofs_check.claims.error_curves.divergence import ONE, powers_are_similar
from proofs_check.engines.symbolic import Instance, generic_instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, covariances, positives, rationals
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
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
    title="Measured by Γ, or after isotropic training, the exact mean curve is convex: it has one minimum",
    statement=r"E_{k-1}(\Gamma) - 2 E_k(\Gamma) + E_{k+1}(\Gamma) = \mathbb{E}\lVert (I - H^2) H^{k-1} \Gamma^{1/2}"
    r" Q^{1/2} \rVert_F^2 \ge 0, \ H = I - \Gamma^{-1/2} S \Gamma^{-1/2}; \text{ if } \Lambda = \lambda I, \text{ then}"
    r" \ \Gamma = \gamma I \text{ and } E_k(I) \text{ is convex too}",
    source=Source("this project", note="what remains of the U shape of theory section 5"),
    origin=Origin.OURS,
    assumes=("labels without noise; any Σ, Ω and w₀",),
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


@st.composite
def _matched(draw: DrawFn) -> tuple[list[Fraction], int, int]:
    """Draw Λ with weak skills, n, and an excess of examples."""
    weak = st.integers(0, 4).map(lambda power: Fraction(1, 10**power))
    return draw(st.lists(weak, min_size=1, max_size=3)), draw(counts(1000)), draw(st.sampled_from([0, 0, 1, 5, 50]))


def _is_u(values: list[Fraction]) -> bool:
    """Whether no value that follows a rise is smaller than the one before it."""
    rises = [y > x for x, y in pairwise(values)]
    return rises == sorted(rises)


Length = Callable[[int], int]  # n -> the least m

_GUESS = Claim(
    id="ERR-09",
    kind=Kind.IDENTITY,
    title="Matched skills and test prompts as long as the training prompts: the exact mean curve has one minimum",
    statement=r"\Sigma = \Lambda, \ m \ge n, \ \sigma = 0, \ \Omega = I, \ w_0 = 0: \ E_j > E_{j-1} \Longrightarrow"
    r" E_k \ge E_{k-1} \text{ for all } k > j",
    source=Source("this project", note="what may remain of the U shape of theory section 5"),
    origin=Origin.CONJECTURE,
    uses=("ERR-05", "ERR-07", "ERR-08"),
    checks=(
        by_samples(
            "expected_error(rung exact) with m ≥ n",
            formula=lambda n: n,
            controls={
                "m ≥ n/100": lambda n: max(n // 100, 1),
                "m ≥ n/20": lambda n: max(n // 20, 1),
                "any m": lambda n: 1,
            },
            over=_matched(),
            holds=lambda length, at: _is_u(_curve(Setup(at[0], n=at[1], m=length(at[1]) + at[2]), 6)),
            scope="d ≤ 3, λ = 1 … 10⁻⁴, n ≤ 1000, k ≤ 6",
            instances=50,
        ),
    ),
)

CLAIMS = (_ZIGZAG, _RISES, _CONVEX, _GUESS)
