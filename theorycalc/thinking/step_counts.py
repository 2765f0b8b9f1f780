"""The number of steps on long prompts, in logarithmic time: Σ_i w_i f_i^{2k} is convex in k (OVT-01)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.error_curves.exact_fields import denominator_bits
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, EXACT, as_fraction
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.thinking.family import Family, family_of
from theorycalc.thinking.long_prompts import LongPrompts, decider, population_error

#: Steps beyond which no answer is looked for.
MOST_STEPS = 10**15
_BALL_BITS = (192, 768, 3072)
_EXACT_BITS = 1e8
_NEAR_ONE = 1e-9


@dataclass(frozen=True, kw_only=True)
class StepsFound:
    """The smallest k, or the minimum of the error over k (``k_star`` None: approached as k → ∞)."""

    k: int | None
    floor: float | None
    k_star: int | None


def steps_on_long_prompts(setup: Setup, metric: Metric, error: Fraction) -> StepsFound:
    """Return the smallest k with Σ_i w_i f_i^{2k} <= error at the setup's n, for commuting Λ and Σ."""
    family = family_of(setup, metric)
    quick = LongPrompts(family)
    t = 1.0 / setup.n

    def meets(k: int) -> bool:
        return decider(quick, k, error)(setup.n)

    def middle(k: float) -> float:
        return sum(quick.interval(t, k)) / 2

    if meets(0):
        return StepsFound(k=0, floor=None, k_star=None)
    grows, stays = _sides(setup, family, quick, t)
    if not grows.any():
        limit = float(np.sum(family.weights[stays]))
        if stays.any() and as_fraction(limit) >= error:
            return StepsFound(k=None, floor=limit, k_star=None)
        high = _doubling(meets, MOST_STEPS)
        if high is None:
            return StepsFound(k=None, floor=middle(MOST_STEPS), k_star=None)
    else:
        high = _first(lambda k: _rises(setup, metric, family, k), MOST_STEPS)
        if not meets(high):
            return StepsFound(k=None, floor=middle(high), k_star=high)
    return StepsFound(k=_first(meets, high), floor=None, k_star=None)


def _doubling(test: Callable[[int], bool], most: int) -> int | None:
    k = 1
    while not test(k):
        if k == most:
            return None
        k = min(2 * k, most)
    return k


def _first(test: Callable[[int], bool], high: int) -> int:
    """The smallest k <= high with ``test(k)``, which stays true once it is, and holds at ``high``."""
    step, low = 1, -1  # test(low) is false
    while low + step < high and not test(low + step):
        low += step
        step *= 2
    high = min(high, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if test(middle) else (middle, high)
    return high


def _sides(setup: Setup, family: Family, quick: LongPrompts, t: float) -> tuple[Any, Any]:
    """Which directions of positive weight have |f| > 1, and which |f| = 1: σ = 2γ, decided exactly for spectra."""
    f, error = quick.factors(t)
    present = family.weights > 0
    grows, stays = present & (f + error < -1), np.zeros(f.size, dtype=bool)
    for i in np.flatnonzero(present & ~grows & (f - error <= -1 + _NEAR_ONE)):
        gap = _gap(setup, metric=family.metric, i=int(i))
        if gap is None:
            if f[i] - error[i] < -1 < f[i] + error[i]:
                raise NotCertified("a direction cannot be told from σ = 2γ in float64; pass spectra")
            continue
        grows[i], stays[i] = gap > 0, gap == 0
    return grows, stays


def _gap(setup: Setup, *, metric: Metric, i: int) -> Fraction | None:
    """σ_i − 2γ_i exactly; None for matrices."""
    if not setup.is_diagonal:
        return None
    exact = family_of(setup, metric, EXACT)
    t = EXACT.number(1) / EXACT.number(setup.n)
    return as_fraction(exact.Sigma[i]) - 2 * as_fraction(exact.lam[i] + exact.mu[i] * t)


def _rises(setup: Setup, metric: Metric, family: Family, k: int) -> bool:
    """Whether E_{k+1} >= E_k, certified."""
    f, error = LongPrompts(family).factors(1.0 / setup.n)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        size = family.weights * np.abs(f) ** (2.0 * k)
        change = size * (f * f - 1)
        slack = size * (2 * k * np.where(f == 0, 0.0, error / np.abs(np.where(f == 0, 1.0, f))) + 2 * error + 2.0**-48)
        slack = slack * (np.abs(f * f - 1) + 1)
    if np.any(np.isposinf(change)):
        return True
    total, uncertain = float(np.sum(change)), float(np.sum(slack)) + 1e-280
    if math.isfinite(total) and abs(total) > uncertain and 2 * k * float(np.max(error)) < 1e-3:
        return total > 0
    if not setup.is_diagonal:
        raise NotCertified(f"E_{k} and E_{k + 1} cannot be told apart: spectra of matrices are known to float64 only")
    for bits in _BALL_BITS:
        field = BALL(bits)
        with field.working():
            exact = family_of(setup, metric, field)
            gap = field.public(population_error(exact, setup.n, k + 1) - population_error(exact, setup.n, k))
        if gap.lower > 0 or gap.upper < 0:
            return bool(gap.lower > 0)
    if 2.0 * k * denominator_bits(setup) * family.lam.size > _EXACT_BITS:
        raise NotCertified(f"E_{k} and E_{k + 1} cannot be told apart; change n slightly")
    exact = family_of(setup, metric, EXACT)
    return bool(population_error(exact, setup.n, k + 1) >= population_error(exact, setup.n, k))


__all__ = ["MOST_STEPS", "StepsFound", "steps_on_long_prompts"]
