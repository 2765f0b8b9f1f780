"""Corollary 3.5 solved for the training length and for the number of steps (theory section 8)."""

import functools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theorycalc.fields import BALL, EXACT, Ball, Field, as_fraction
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.hardness import task_hardness
from theorycalc.model import Setup
from theorycalc.results import Metric

_HARDNESS_BITS = 192
_BALL_BITS = (192, 1536)
_LONGEST_POWER = 20_000  # steps up to which a tie is decided in rational numbers


def applies(setup: Setup, metric: Metric) -> bool:
    """Whether the paper's law is about this problem: matched, w* ~ N(0, I), w₀ = 0, no noise, estimation error."""
    one_task = not is_mixed(setup)
    return one_task and setup.matched and setup.standard_prior and metric is Metric.ESTIMATION


@dataclass(frozen=True)
class Law:
    """The law d (1 + n/h)^{−2k} of Corollary 3.5, h = 1 + Hard(Λ), as a function of n and k.

    >>> law = Law(Setup([1, 1], n=1))  # h = 3
    >>> half = Fraction(1, 2)
    >>> round(law.length(1, half), 12), law.least_length(1, half), law.least_length(2, half)
    (3.0, 3, 2)
    >>> law.least_steps(3, Fraction(1, 1000))  # 2/4^k
    6
    """

    setup: Setup

    @functools.cached_property
    def _hardness(self) -> tuple[Fraction, Fraction]:
        """Hard(Λ) enclosed; both ends are exact for a spectrum."""
        Lambda = self.setup.Lambda
        found = task_hardness(Lambda, field=EXACT if Lambda.is_diagonal else BALL(_HARDNESS_BITS))
        return (found.lower, found.upper) if isinstance(found, Ball) else (found, found)

    @functools.cached_property
    def scale(self) -> float:
        """1 + Hard(Λ)."""
        return 1 + float(self._hardness[1])

    def length(self, k: int, error: Fraction) -> float:
        """Return (1 + Hard)((d/ε)^{1/(2k)} − 1), the real n at which the law is ε; negative for ε > d."""
        return self.scale * math.expm1(self._log_ratio(error) / (2 * k))

    def steps(self, n: int, error: Fraction) -> float:
        """Return log(d/ε)/(2 log(1 + n/(1 + Hard))), the real k at which the law is ε."""
        return self._log_ratio(error) / (2 * math.log1p(n / self.scale))

    def least_length(self, k: int, error: Fraction) -> int | None:
        """Return the least integer n >= 1 at which the law is <= ε; None where rounding leaves it open."""
        guess = max(1, math.ceil(self.length(k, error)))
        return self._first([(n, k) for n in range(max(1, guess - 1), guess + 2)], error, 0)

    def least_steps(self, n: int, error: Fraction) -> int | None:
        """Return the least k >= 0 at which the law is <= ε; None where rounding leaves it open."""
        guess = max(0, math.ceil(self.steps(n, error)))
        return self._first([(n, k) for k in range(max(0, guess - 1), guess + 2)], error, 1)

    def _first(self, tried: list[tuple[int, int]], error: Fraction, part: int) -> int | None:
        for n, k in tried:
            reached = self._reaches(k, n, error)
            if reached is None:
                return None
            if reached:
                return (n, k)[part]
        return None

    def _reaches(self, k: int, n: int, error: Fraction) -> bool | None:
        """Whether d (h/(n + h))^{2k} <= ε; None if that is open."""
        low, high = self._hardness
        fields: list[Field] = [BALL(bits) for bits in _BALL_BITS]
        if k <= _LONGEST_POWER:
            fields.append(EXACT)
        for field in fields:
            with field.working():
                most, least = (field.public(self._value(k, n, h, field)) for h in (high, low))  # it rises with Hard
            if (most.upper if isinstance(most, Ball) else most) <= error:
                return True
            if (least.lower if isinstance(least, Ball) else least) > error:
                return False
        return None

    def _value(self, k: int, n: int, hardness: Fraction, field: Field) -> Any:
        share = (1 + hardness) / (1 + hardness + n)
        return field.number(self.setup.d) * field.number(share) ** (2 * k)

    def bound(self, k: int, n: float, m: float) -> float:
        """Return rung "bound" at real n and m (∞ allowed): Theorem 3.3 at k = 1 and finite m, else the law."""
        d = float(self.setup.d)
        if k == 1 and math.isfinite(m):
            return d * (self.scale / n) ** 2 + d * self.scale / m
        return float(d * (1 + n / self.scale) ** (-2.0 * k))

    def _log_ratio(self, error: Fraction) -> float:
        """log(d/ε), also where ε or its inverse is no float64."""
        ratio = self.setup.d / as_fraction(error)
        shift = ratio.numerator.bit_length() - ratio.denominator.bit_length()
        scaled = ratio / Fraction(2) ** shift
        if shift == 0 and abs(scaled - 1) < Fraction(1, 4):
            return math.log1p(float(scaled - 1))
        return math.log(float(scaled)) + shift * math.log(2)
