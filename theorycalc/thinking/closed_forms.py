"""Corollary 3.5 solved for the training length and for the number of steps (theory section 8)."""

import math
from fractions import Fraction
from typing import Any

from theorycalc.fields import BALL, EXACT, F64, Ball, Field, as_fraction
from theorycalc.hardness import task_hardness
from theorycalc.model import Setup
from theorycalc.results import Metric

_BALL_BITS = (192, 1536)
_HARDNESS_BITS = 192
_LONGEST_POWER = 20_000  # steps up to which a tie is decided in rational numbers


def applies(setup: Setup, metric: Metric) -> bool:
    """Whether the paper's law is about this problem: matched, w* ~ N(0, I), w₀ = 0, no noise, estimation error."""
    return setup.matched and setup.standard_prior and metric is Metric.ESTIMATION


def law_length(setup: Setup, k: int, error: Fraction) -> float:
    """Return (1 + Hard)((d/ε)^{1/(2k)} − 1), the real n at which d (1 + n/(1 + Hard))^{−2k} = ε; negative for ε > d."""
    hard = 1 + float(task_hardness(setup.Lambda, field=F64))
    return hard * math.expm1(_log_ratio(setup, error) / (2 * k))


def bound_at(setup: Setup, k: int, n: float, m: float) -> float:
    """Return the value of rung "bound" at real n and m (∞ allowed): Theorem 3.3 at k = 1 and finite m, else the law."""
    hard, d = 1 + float(task_hardness(setup.Lambda, field=F64)), float(setup.d)
    if k == 1 and math.isfinite(m):
        return d * (hard / n) ** 2 + d * hard / m
    return float(d * (1 + n / hard) ** (-2.0 * k))


def law_slope(setup: Setup, k: int, error: Fraction) -> float:
    """Return the derivative of :func:`law_length` in k: −(1 + Hard) (d/ε)^{1/(2k)} log(d/ε)/(2k²)."""
    hard, ratio = 1 + float(task_hardness(setup.Lambda, field=F64)), _log_ratio(setup, error)
    return -hard * math.exp(ratio / (2 * k)) * ratio / (2 * k * k)


def law_steps(setup: Setup, error: Fraction) -> float:
    """Return log(d/ε)/(2 log(1 + n/(1 + Hard))), the real k at which the law equals ε."""
    hard = 1 + float(task_hardness(setup.Lambda, field=F64))
    return _log_ratio(setup, error) / (2 * math.log1p(setup.n / hard))


def law_least_length(setup: Setup, k: int, error: Fraction) -> int | None:
    """Return the least integer n >= 1 with law_k(n) <= ε; None where rounding leaves it open."""
    guess = max(1, math.ceil(law_length(setup, k, error)))
    for n in range(max(1, guess - 1), guess + 2):
        reached = _law_reaches(setup, k, n, error)
        if reached is None:
            return None
        if reached:
            return n
    return None


def law_least_steps(setup: Setup, error: Fraction) -> int | None:
    """Return the least k >= 0 with law_k(n) <= ε; None where rounding leaves it open."""
    guess = max(0, math.ceil(law_steps(setup, error)))
    for k in range(max(0, guess - 1), guess + 2):
        reached = _law_reaches(setup, k, setup.n, error)
        if reached is None:
            return None
        if reached:
            return k
    return None


def _law_reaches(setup: Setup, k: int, n: int, error: Fraction) -> bool | None:
    """Whether d (h/(n + h))^{2k} <= ε, h = 1 + Hard; None if that is open."""
    hardness = task_hardness(setup.Lambda, field=EXACT if setup.Lambda.is_diagonal else BALL(_HARDNESS_BITS))
    low, high = (hardness.lower, hardness.upper) if isinstance(hardness, Ball) else (hardness, hardness)
    fields: list[Field] = [BALL(bits) for bits in _BALL_BITS]
    if k <= _LONGEST_POWER:
        fields.append(EXACT)
    for field in fields:
        with field.working():
            most, least = (field.public(_law(setup.d, k, n, h, field)) for h in (high, low))  # the law rises with Hard
        if (most.upper if isinstance(most, Ball) else most) <= error:
            return True
        if (least.lower if isinstance(least, Ball) else least) > error:
            return False
    return None


def _law(d: int, k: int, n: int, hardness: Fraction, field: Field) -> Any:
    share = (1 + hardness) / (1 + hardness + n)
    return field.number(d) * field.number(share) ** (2 * k)


def _log_ratio(setup: Setup, error: Fraction) -> float:
    """log(d/ε), also where ε or its inverse is no float64."""
    ratio = setup.d / as_fraction(error)
    shift = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    scaled = ratio / Fraction(2) ** shift
    if shift == 0 and abs(scaled - 1) < Fraction(1, 4):
        return math.log1p(float(scaled - 1))
    return math.log(float(scaled)) + shift * math.log(2)
