"""The mean error is not the typical one: at d = 1 both are explicit, and the simulated layer has the typical one."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from proofs_check.checks import by_simulation, by_witness
from proofs_check.engines import statistical
from proofs_check.evidence import Evidence
from proofs_check.model import Claim, Kind, Origin, Source
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT, Array
from theorycalc.model import Setup
from theorycalc.montecarlo import attention as layer
from theorycalc.montecarlo.prompts import draw_prompts

_BATCH = 5000

_TERMS = 120


def _exact_error(setup: Setup, k: int) -> Fraction:
    return Fraction(curves.expected_error(setup, k, rung="exact", field=EXACT).values[k])


def _exp_bounds(x: Fraction) -> tuple[Fraction, Fraction]:
    """Rationals around eˣ, |x| <= 30: the series for |x|, its tail below twice the next term."""
    total, term = Fraction(1), Fraction(1)
    for i in range(1, _TERMS):
        term = term * abs(x) / i
        total += term
    low, high = total, total + 2 * term * abs(x) / _TERMS
    return (low, high) if x >= 0 else (1 / high, 1 / low)


@dataclass(frozen=True)
class _Scalar:
    """A problem with d = 1 and Λ = Σ = 1: c = 1/γ and m/2 · S ~ Gamma(m/2), m even; with brackets to be tested."""

    n: int = 2
    m: int = 2
    k: int = 10
    median: tuple[Fraction, Fraction] = (Fraction("0.686583"), Fraction("0.686584"))  # of |R|
    rare: Fraction = Fraction("0.0184")  # above P(cS > 2)
    others: Fraction = Fraction(9, 100)  # above E[R²ᵏ; cS <= 2]

    @property
    def c(self) -> Fraction:
        """1/Γ, Γ = 1 + 2/n."""
        return 1 / (1 + Fraction(2, self.n))

    @property
    def setup(self) -> Setup:
        """The problem."""
        return Setup([1], n=self.n, m=self.m)

    def beyond(self, t: Fraction) -> tuple[Fraction, Fraction]:
        """Bounds of P(S > t) = e^{−x} Σ_{i < m/2} xⁱ/i!, x = mt/2."""
        x = Fraction(self.m, 2) * max(t, Fraction(0))
        series = sum((x**i / math.factorial(i) for i in range(self.m // 2)), Fraction(0))
        low, high = _exp_bounds(-x)
        return low * series, high * series

    def within(self, q: Fraction) -> tuple[Fraction, Fraction]:
        """Bounds of P(|1 − cS| <= q)."""
        near, far = self.beyond((1 - q) / self.c), self.beyond((1 + q) / self.c)
        return near[0] - far[1], near[1] - far[0]

    def tame_mean(self) -> tuple[Fraction, Fraction]:
        """Bounds of E[R²ᵏ; cS <= 2] for m = 2.

        I_p = ∫₀^{2/c} (1 − ct)^p e^{−t} dt = 1 − (−1)^p e^{−2/c} − c p I_{p−1}, I_0 = 1 − e^{−2/c}.
        """
        assert self.m == 2
        constant, factor = Fraction(1), Fraction(-1)  # I_0, as constant + factor · e^{−2/c}
        for p in range(1, 2 * self.k + 1):
            constant, factor = 1 - self.c * p * constant, -Fraction((-1) ** p) - self.c * p * factor
        ends = sorted(constant + factor * value for value in _exp_bounds(-2 / self.c))
        return ends[0], ends[1]

    def mean(self) -> Fraction:
        """E R²ᵏ = Σ C(2k, j) (−c)ʲ E Sʲ, E Sʲ = Π (m + 2i)/mʲ."""
        return sum(
            (
                math.comb(2 * self.k, j) * (-self.c / self.m) ** j * math.prod(self.m + 2 * i for i in range(j))
                for j in range(2 * self.k + 1)
            ),
            Fraction(0),
        )


_FACTOR = 10**14


def _mean_is_not_median(at: _Scalar) -> bool:
    """Whether the exact rung is E R²ᵏ, the median of |R| lies in the bracket, and the mean is that much above it."""
    low, high = at.median
    mean = _exact_error(at.setup, at.k)
    bracketed = at.within(low)[1] < Fraction(1, 2) < at.within(high)[0] and high - low <= Fraction(1, 10**6)
    return mean == at.mean() and bracketed and mean > _FACTOR * high ** (2 * at.k)


def _rare_prompts_carry_the_mean(at: _Scalar) -> bool:
    mean = _exact_error(at.setup, at.k)
    low, high = at.tame_mean()
    return mean == at.mean() and at.beyond(2 / at.c)[1] < at.rare and 0 < low <= high < at.others < mean / 10**12


def _bracket(value: str) -> tuple[Fraction, Fraction]:
    return Fraction(value), Fraction(value) + Fraction(1, 10**6)


_HERE = _Scalar()


def _median(n: int, k: int) -> float:
    """(c asinh(e^{1/c}/4))²ᵏ: P(|1 − cS| <= q) = 2 e^{−1/c} sinh(q/c) for q <= 1."""
    c = n / (n + 2)
    return float((c * math.asinh(math.exp(1 / c) / 4)) ** (2 * k))


def _tame(n: int, k: int) -> float:
    return float(sum(replace(_HERE, n=n, k=k).tame_mean()) / 2)


def _gains(k: int, seed: int, statistic: Callable[[Array], Array]) -> statistical.Sampler:
    """Batches of a statistic of w_0 … w_k, (size, k + 1), of the literal layer at d = 1 with the task w* = 1."""

    def batch(index: int) -> statistical.Values:
        X = draw_prompts(_HERE.setup, _BATCH, seed=seed + index).X
        weights = layer.attention_weights(_HERE.setup)
        return np.asarray(statistic(layer.chain_of_thought(X, X[:, 0, :], weights, steps=k)[:, :, 0]))

    return batch


def _median_test(formula: Callable[[int, int], float]) -> Evidence:
    return statistical.quantile(
        _gains(10, 30_000, lambda w: np.square(w[:, 10] - 1)),
        formula(2, 10),
        level=0.5,
        effect=0.02,
        scope="‖R¹⁰‖² at d = 1, n = m = 2",
    )


def _share_test(formula: Callable[[int], float]) -> Evidence:
    return statistical.bounded_mean(
        _gains(1, 40_000, lambda w: (w[:, 1] > 2).astype(float)),
        formula(2),
        low=0.0,
        high=1.0,
        effect=0.005,
        scope="share of prompts with λ_max > 2 at d = 1, n = m = 2",
    )


def _tame_test(formula: Callable[[int, int], float]) -> Evidence:
    return statistical.bounded_mean(
        _gains(10, 50_000, lambda w: np.where(w[:, 1] <= 2, np.minimum(np.square(w[:, 10] - 1), 1.0), 0.0)),
        formula(2, 10),
        low=0.0,
        high=1.0,
        effect=0.01,
        scope="‖R¹⁰‖² where λ_max ≤ 2, else 0, at d = 1, n = m = 2",
    )


_TYPICAL = Claim(
    id="SIM-02",
    kind=Kind.EXISTENCE,
    title="The mean error can be 10¹⁴ times the median, carried by fewer than one prompt in 54",
    statement=r"d = 1,\ n = m = 2,\ k = 10,\ R = 1 - \Gamma^{-1} S: \quad E_k > 10^{14}\,\mathrm{median}\,\lVert R"
    r"\rVert^{2k}, \quad 0.686583 < \mathrm{median}\,\lVert R\rVert < 0.686584, \quad \mathbb{P}(\Gamma^{-1} S > 2) <"
    r" 0.0184, \quad \mathbb{E}\big[R^{2k};\ \Gamma^{-1} S \le 2\big] < 0.09",
    source=Source("theory", "sections 5 and 11"),
    origin=Origin.OURS,
    assumes=("Λ = Σ = 1", "S is then exponential with mean 1"),
    uses=("ERR-02",),
    checks=(
        by_witness(
            "exact mean and bracketed median",
            part="median",
            formula=_HERE,
            controls={
                "error of the median prompt": replace(_HERE, median=_bracket("0.653426")),
                "error of the mean prompt": replace(_HERE, median=_bracket("0.5")),
                "only prompts with cS <= 1": replace(_HERE, median=_bracket("0.693147")),
                "m = 4": replace(_HERE, m=4),
                "n = 3": replace(_HERE, n=3),
                "k = 4": replace(_HERE, k=4),
            },
            satisfies=_mean_is_not_median,
            scope="one exact problem: rational mean, median of |R| within 10⁻⁶ by rational bounds of exp",
        ),
        by_simulation(
            "simulated median after ten steps",
            part="median",
            formula=_median,
            controls={
                "error of the median prompt": lambda n, k: (1 - n / (n + 2) * math.log(2)) ** (2 * k),
                "population value": lambda n, k: (1 - n / (n + 2)) ** (2 * k),
                "exact mean": lambda n, k: float(_exact_error(Setup([1], n=n, m=2), k)),
                "n + 1 for n": lambda n, k: _median(n + 1, k),
                "k + 1 for k": lambda n, k: _median(n, k + 1),
            },
            decide=_median_test,
        ),
        by_witness(
            "rare prompts carry the mean",
            part="rare prompts",
            formula=_HERE,
            controls={
                "n = 3": replace(_HERE, n=3),
                "share at n = 1": replace(_HERE, rare=Fraction("0.0025")),
                "R uniform on [−1, 1]": replace(_HERE, others=Fraction(1, 21)),
                "k = 5": replace(_HERE, k=5),
            },
            satisfies=_rare_prompts_carry_the_mean,
            scope="one exact problem, by rational bounds of exp",
        ),
        by_simulation(
            "simulated share of rare prompts",
            part="rare prompts",
            formula=lambda n: math.exp(-2 * (1 + 2 / n)),
            controls={
                "1 + 1/n for 1 + 2/n": lambda n: math.exp(-2 * (1 + 1 / n)),
                "n + 1 for n": lambda n: math.exp(-2 * (1 + 2 / (n + 1))),
                "one degree of freedom": lambda n: math.erfc(math.sqrt(1 + 2 / n)),
                "none, as for m → ∞": lambda n: 0.0,
            },
            decide=_share_test,
        ),
        by_simulation(
            "simulated mean over the other prompts",
            part="rare prompts",
            formula=_tame,
            controls={
                "k for 2k": lambda n, k: _tame(n, k // 2),
                "n + 1 for n": lambda n, k: _tame(n + 1, k),
                "given that λ_max ≤ 2, squared chance": lambda n, k: _tame(n, k) ** 2,
                "over all prompts": lambda n, k: float(_exact_error(Setup([1], n=n, m=2), k)),
            },
            decide=_tame_test,
        ),
    ),
)

CLAIMS = (_TYPICAL,)
