"""The population rung at any n and any number of steps: Σ_i w_i f_i^{2k}, f_i = 1 − σ_i/γ_i, for commuting Λ, Σ.

Each f_i rises with t = 1/n from 1 − σ_i/λ_i, so over an interval of n the smallest |f_i| is at an end, or 0: bounds of
the error on intervals need no derivative, and hold for every Σ.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.error_curves.exact_fields import denominator_bits
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, EXACT, Array, Field, as_fraction, integer_power
from theorycalc.thinking.family import Family, family_of

_UNIT = 2.0**-53
_BALL_BITS = (192, 768, 3072)
_EXACT_BITS = 1e8  # of all terms of one sum of rationals: a few seconds
_SMALLEST = 1e-290


@dataclass(frozen=True)
class LongPrompts:
    """E_k(n) at m = ∞ in float64, enclosed; t = 1/n."""

    family: Family

    def factors(self, t: float) -> tuple[Array, Array]:
        """Return f_i at t, and bounds of their rounding errors, (q,) each."""
        family = self.family
        gamma = family.gamma(t)
        rounding = _UNIT * (family.input_error + 8)
        if family.setup.matched:
            f = family.mu * t / gamma
            return f, rounding * f
        rest = family.lam - family.Sigma + family.mu * t
        return rest / gamma, rounding * (family.lam + family.Sigma + family.mu * t) / gamma

    def interval(self, t: float, k: float) -> tuple[float, float]:
        """Return bounds of E_k at t from below and above."""
        f, error = self.factors(t)
        size = np.abs(f)
        return self._sum(np.maximum(size - error, 0.0), k, -1), self._sum(size + error, k, 1)

    def lower(self, short: float, long: float, k: float) -> float:
        """Return a bound of E_k from below for all t between ``long`` = 1/b and ``short`` = 1/a, a <= b."""
        (low, low_error), (high, high_error) = self.factors(long), self.factors(short)
        low, high = low - low_error, high + high_error
        return self._sum(np.maximum(np.maximum(low, -high), 0.0), k, -1)

    def slope(self, n: float, k: float) -> float:
        """Return dn/dk along E_k(n) = const at real n and k: −(∂E/∂k)/(∂E/∂n)."""
        family, t = self.family, 1.0 / n
        f = np.abs(self.factors(t)[0])
        with np.errstate(under="ignore", divide="ignore", invalid="ignore"):
            share = family.weights * (f / np.max(f)) ** (2.0 * k)
            steps = float(np.sum(np.where(share > 0, share * np.log(f), 0.0)))
            change = -np.sign(self.factors(t)[0]) * family.Sigma * family.mu * (t / family.gamma(t)) ** 2  # ∂|f|/∂n
            length = float(k * np.sum(np.where(share > 0, share * change / f, 0.0)))
        return -steps / length if length else math.nan

    def _sum(self, size: Array, k: float, side: int) -> float:
        with np.errstate(over="ignore", under="ignore"):
            weights = self.family.weights
            total = float(weights @ size ** (2.0 * k)) * (1 + side * (size.size + 16) * _UNIT)
        return total + (self.family.setup.d * float(np.max(weights)) * _SMALLEST if side > 0 else 0.0)


def population_error(family: Family, n: int | None, k: int) -> Any:
    """Return Σ_i w_i f_i^{2k} as a scalar of the family's field, inside its working context; n = None is n → ∞."""
    field = family.field
    t = field.number(0) if n is None else field.number(1) / field.number(n)
    gamma = family.gamma(t)
    rest = family.mu * t if family.setup.matched else family.lam - family.Sigma + family.mu * t
    return sum(
        (w * integer_power(f, 2 * k) for w, f in zip(family.weights, rest / gamma, strict=True)), field.number(0)
    )


def decider(quick: LongPrompts, k: int, error: Fraction) -> Callable[[int], bool]:
    """Return the certified test E_k(n) <= error on the population rung, for commuting Λ and Σ.

    Float64 with error bounds decides, then balls, then rational numbers where they are affordable.
    """
    setup, metric = quick.family.setup, quick.family.metric
    families: dict[Field, Family] = {}

    def meets(n: int) -> bool:
        low, high = quick.interval(1.0 / n, k)
        if as_fraction(high) <= error:
            return True
        if as_fraction(low) > error:
            return False
        if not setup.is_diagonal:
            raise NotCertified(_undecided(n, k, "the spectra of matrices are known to float64 only; pass spectra"))
        for bits in _BALL_BITS:
            field = BALL(bits)
            with field.working():
                if field not in families:
                    families[field] = family_of(setup, metric, field)
                ball = field.public(population_error(families[field], n, k))
            if ball.upper <= error:
                return True
            if ball.lower > error:
                return False
        if 2.0 * k * denominator_bits(setup.replace(n=n)) * quick.family.lam.size > _EXACT_BITS:
            raise NotCertified(_undecided(n, k, "its rational value is too long to compare"))
        return bool(as_fraction(population_error(family_of(setup, metric, EXACT), n, k)) <= error)

    return meets


def _undecided(n: int, k: int, why: str) -> str:
    return f"E_{k} at n = {n:,} cannot be told from the target error: {why}; change the target slightly"


__all__ = ["LongPrompts", "decider", "population_error"]
