"""Tests of simulated means and quantiles that may be stopped at any time, and that never trust a heavy tail.

A gambler stakes a share of his capital on every draw, at odds that are fair or unfavourable if the hypothesis holds:
his capital is then a non-negative supermartingale, and by Ville's inequality the chance that it *ever* reaches 1/α is
at most α, whenever one looks and stops.  The average over a fixed grid of stakes is such a capital too.

* a value in [low, high]: the capital is multiplied by 1 + λ (x − μ);
* variance at most v: by exp φ(λ (x − μ)) / (1 + λ² v / 2), with Catoni's φ(u) = sign(u) log(1 + |u| + u²/2), whose
  mean is at most 1 because exp φ(u) <= 1 + u + u²/2.

Both grow with x − μ, so that capital won against "mean <= μ" is won against every smaller mean.  Three verdicts:

* REFUTED: the capital against "mean = claimed" reached 1/α; happens with chance <= α if the claim is true;
* CONFIRMED, which only means *consistent*: the capitals against "mean <= claimed − effect" and against
  "mean >= claimed + effect" both did; happens with chance <= α if the claim is off by the effect or more;
* UNDECIDED: neither within the budget (too little power), or a heavy tail.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from proofs_check.evidence import Evidence, Grade, Verdict

Values = NDArray[np.float64]
#: Index of a batch -> its draws, a (size,) array; independent between batches, the same in every run.
Sampler = Callable[[int], Values]
#: (sign · (draws − hypothesised mean), stake) -> log of the factors of the capital.
Payoff = Callable[[Values, float], Values]

#: Budget of false alarms per test, and of false consent.
ALPHA = 1e-6
#: Most draws.
BUDGET = 200_000
#: Above this sample kurtosis (3 for a normal law) a mean is not judged, whatever variance was promised.
KURTOSIS_LIMIT = 1000.0


def bounded_mean(
    sampler: Sampler,
    claimed: float,
    *,
    low: float,
    high: float,
    effect: float,
    scope: str,
    alpha: float = ALPHA,
    budget: int = BUDGET,
) -> Evidence:
    """Decide whether a statistic with values in [low, high] has the claimed mean.

    Parameters
    ----------
    sampler : batches of draws
    claimed : the mean under test
    low, high : bounds of the statistic; a draw outside them raises ValueError
    effect : the offset that must be excluded before the verdict may be CONFIRMED, in the units of the statistic
    scope : of what is simulated; effect, draws and α are added
    alpha, budget : false alarms; draws

    Examples
    --------
    >>> coin = lambda batch: np.random.default_rng(batch).integers(0, 2, 1000).astype(float)
    >>> bounded_mean(coin, 0.5, low=0, high=1, effect=0.05, scope="a coin").verdict.value
    'CONFIRMED'
    >>> bounded_mean(coin, 0.6, low=0, high=1, effect=0.05, scope="a coin").verdict.value
    'REFUTED'
    """
    width = high - low
    if not (width > 0 and effect > 0):
        raise ValueError(f"low = {low}, high = {high}, effect = {effect}: use low < high and effect > 0")
    if not low <= claimed <= high:
        return _found(Verdict.REFUTED, scope, f"claimed {claimed:.2g}, but values lie in [{low:.2g}, {high:.2g}]")

    def drawn(batch: int) -> Values:
        values = sampler(batch)
        if values.size and (values.min() < low or values.max() > high):
            raise ValueError(f"a draw lies outside [{low}, {high}]: this is no bounded statistic")
        return values

    stakes = _doubled(2 * effect / width**2, at_most=0.5 / width)
    return _judge(
        drawn,
        claimed,
        payoff=lambda gains, stake: np.log1p(stake * gains),
        stakes=stakes,
        effect=effect,
        possible=(low, high),
        scope=scope,
        alpha=alpha,
        budget=budget,
    )


def mean(
    sampler: Sampler,
    claimed: float,
    *,
    variance: float | None,
    effect: float,
    scope: str,
    alpha: float = ALPHA,
    budget: int = BUDGET,
    kurtosis_limit: float = KURTOSIS_LIMIT,
) -> Evidence:
    """Decide whether an unbounded statistic of known variance, or one with a known bound on it, has the claimed mean.

    Parameters
    ----------
    variance : an upper bound that is *known*, never an estimate; None if there is none: then UNDECIDED
    kurtosis_limit : above this sample kurtosis the verdict is UNDECIDED, as a check on the promise
    sampler, claimed, effect, scope, alpha, budget : as in :func:`bounded_mean`

    Examples
    --------
    >>> normal = lambda batch: np.random.default_rng(batch).standard_normal(1000)
    >>> mean(normal, 0.0, variance=1.0, effect=0.1, scope="a normal law").verdict.value
    'CONFIRMED'
    >>> mean(normal, 0.0, variance=None, effect=0.1, scope="a normal law").detail
    'heavy tail: no bound on the variance is known; test a median, or a bounded or conditional statistic'
    """
    if variance is None:
        return _found(
            Verdict.UNDECIDED,
            scope,
            "heavy tail: no bound on the variance is known; test a median, or a bounded or conditional statistic",
        )
    if not (0 < variance < math.inf and effect > 0):
        raise ValueError(f"variance = {variance}, effect = {effect}: use positive finite numbers")
    bound = variance
    return _judge(
        sampler,
        claimed,
        payoff=lambda gains, stake: _catoni(stake * gains) - math.log1p(stake**2 * bound / 2),
        stakes=_doubled(effect / (2 * bound), at_most=8 * effect / bound),
        effect=effect,
        possible=(-math.inf, math.inf),
        scope=f"{scope}, variance known ({_two_digits(variance)})",
        alpha=alpha,
        budget=budget,
        kurtosis_limit=kurtosis_limit,
    )


def quantile(
    sampler: Sampler,
    claimed: float,
    *,
    level: float,
    effect: float,
    scope: str,
    alpha: float = ALPHA,
    budget: int = BUDGET,
) -> Evidence:
    """Decide whether P(x <= claimed) = level, for a statistic with a continuous law and any tail.

    ``effect`` is the offset in probability that must be excluded; the rest as in :func:`bounded_mean`.

    Examples
    --------
    >>> cauchy = lambda batch: np.random.default_rng(batch).standard_cauchy(1000)
    >>> quantile(cauchy, 0.0, level=0.5, effect=0.05, scope="Cauchy").verdict.value
    'CONFIRMED'
    """
    if math.isnan(claimed):
        raise ValueError("claimed is NaN: pass the quantile")

    def at_most(batch: int) -> Values:
        values = sampler(batch)
        if np.isnan(values).any():
            raise ValueError(f"batch {batch}: a draw is NaN")
        return (values <= claimed).astype(float)

    return bounded_mean(
        at_most,
        level,
        low=0.0,
        high=1.0,
        effect=effect,
        scope=f"{scope}, P(x ≤ claimed)",
        alpha=alpha,
        budget=budget,
    )


@dataclass
class _Capital:
    """The capital, averaged over stakes, of a gambler against "mean <= at" (sign 1) or "mean >= at" (sign −1)."""

    at: float
    sign: int
    payoff: Payoff
    stakes: tuple[float, ...]
    logs: Values = field(init=False)

    def __post_init__(self) -> None:
        self.logs = np.zeros(len(self.stakes))

    def play(self, values: Values) -> None:
        """Bet on every draw."""
        gains = self.sign * (values - self.at)
        self.logs += [float(np.sum(self.payoff(gains, stake))) for stake in self.stakes]

    @property
    def log(self) -> float:
        """The logarithm of the capital, 0 at the start."""
        return float(np.logaddexp.reduce(self.logs)) - math.log(len(self.stakes))


def _judge(
    sampler: Sampler,
    claimed: float,
    *,
    payoff: Payoff,
    stakes: tuple[float, ...],
    effect: float,
    possible: tuple[float, float],
    scope: str,
    alpha: float,
    budget: int,
    kurtosis_limit: float = math.inf,
) -> Evidence:
    """Draw until a verdict is reached or the budget is spent; means outside ``possible`` need no exclusion."""
    if not math.isfinite(claimed):
        raise ValueError(f"claimed = {claimed}: pass a finite number")
    wanted = -math.log(alpha)
    above, below = (_Capital(claimed, sign, payoff, stakes) for sign in (1, -1))
    ends = [
        _Capital(claimed - sign * effect, sign, payoff, stakes)
        for sign in (1, -1)
        if possible[0] <= claimed - sign * effect <= possible[1]
    ]
    if not ends:
        raise ValueError(f"effect = {effect}: no possible mean is that far away; nothing would be excluded")
    seen: list[Values] = []
    drawn = 0
    for batch in itertools.count():
        values = np.asarray(sampler(batch), dtype=float)[: budget - drawn]
        if values.ndim != 1 or not values.size or not np.all(np.isfinite(values)):
            raise ValueError(f"batch {batch}: a batch is a non-empty vector of finite numbers")
        seen.append(values)
        drawn += values.size
        for capital in (above, below, *ends):
            capital.play(values)
        refuted = float(np.logaddexp(above.log, below.log)) - math.log(2) >= wanted
        consistent = all(capital.log >= wanted for capital in ends)
        if not (refuted or consistent or drawn >= budget):
            continue
        sample = np.concatenate(seen)
        count = _two_digits(drawn)
        if (found := kurtosis(sample)) > kurtosis_limit:
            detail = f"heavy tail: sample kurtosis {_two_digits(found)} in {count} draws"
            return _found(Verdict.UNDECIDED, scope, detail)
        if refuted:
            average = _two_digits(float(sample.mean()))
            detail = f"claimed {claimed:.4g}, {count} draws average {average}: e-value above {1 / alpha:.0e}"
            return _found(Verdict.REFUTED, scope, detail)
        offset = _two_digits(effect) + (f" ({_two_digits(100 * effect / abs(claimed))} %)" if claimed else "")
        if consistent:
            words = f"{scope}; consistent: an offset of {offset} is excluded by {count} draws, α = {alpha:.0e}"
            return _found(Verdict.CONFIRMED, words)
        return _found(Verdict.UNDECIDED, scope, f"too little power: {count} draws do not exclude an offset of {offset}")
    raise AssertionError("unreachable")


def kurtosis(sample: Values) -> float:
    """Return the fourth central moment over the squared variance; 1 at least, the size of the sample at most.

    >>> kurtosis(np.array([0.0, 1.0]))
    1.0
    """
    deviations = sample - sample.mean()
    largest = float(np.max(np.abs(deviations)))
    if largest == 0:
        return 1.0
    squares = np.square(deviations / largest)
    return float(np.mean(np.square(squares)) / np.mean(squares) ** 2)


def _catoni(u: Values) -> Values:
    """sign(u) log(1 + |u| + u²/2)."""
    size = np.abs(u)
    return np.asarray(np.copysign(np.log1p(size + size**2 / 2), u))


def _doubled(least: float, *, at_most: float) -> tuple[float, ...]:
    """Return stakes least, 2·least, 4·least, … below ``at_most``, and ``at_most`` itself."""
    stakes: list[float] = []
    stake = least
    while stake < at_most * 0.99:
        stakes.append(stake)
        stake *= 2
    return (*stakes, at_most)


def _two_digits(value: float) -> str:
    """Round to two significant digits: what a report may show of floats.

    >>> _two_digits(12345), _two_digits(0.0567), _two_digits(3.2e11)
    ('12,000', '0.057', '3.2e+11')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.1e}")
    return f"{rounded:,.0f}" if 100 <= abs(rounded) < 1e9 else f"{rounded:.2g}"


def _found(verdict: Verdict, scope: str, detail: str = "") -> Evidence:
    return Evidence(verdict=verdict, grade=Grade.STATISTICAL, scope=scope, detail=detail)
