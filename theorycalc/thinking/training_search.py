"""The smallest training time whose population error meets a target: branch and bound in ball arithmetic.

For spectra the factor of direction i is rᵢ(t) = (1 − σᵢ/γᵢ) + σᵢ (c v₀ᵢ + 1/γᵢ) fᵢᵗ with fᵢ = 1 − η c² λᵢγᵢ, and
E_k(t) = Σ wᵢ rᵢ^{2k}.  Where no fᵢ is negative every rᵢ is monotone in t; otherwise it is so on even and on odd t.
Over an interval of such times the error lies between Σ wᵢ minᵢ and Σ wᵢ maxᵢ of rᵢ^{2k} at the ends, the least being 0
where rᵢ may change sign.  Nothing is assumed of the shape of E_k.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from theorycalc._checks import MAX_COUNT
from theorycalc.error_curves.trained import Diagonal
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, EXACT, Array, Ball, Field, as_fraction, integer_power
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.thinking.descent_problem import DescentProblem

_MOST_INTERVALS = 100_000
_BITS = (96, 384, 1536)
_FLAT = Fraction(1, 2**48)  # an interval whose error varies by less, relatively, is looked at with more bits
_MOST_EXACT_BITS = 2 * 10**5  # of the terms of E_k(t), when a tie is decided in rationals
_KEPT = 4096  # factors rᵢ(t) that are remembered


class _Terms(NamedTuple):
    """wᵢ, 1 − σᵢ/γᵢ, σᵢ (c v₀ᵢ + 1/γᵢ) and fᵢ over one field, distinct directions only."""

    weight: Array
    rest: Array
    start: Array
    factor: Array


class TimeSearch:
    """The error of a diagonal problem as a function of training time, and the smallest time that meets a target.

    Parameters
    ----------
    descent : a problem with spectra
    prediction : P = Σ instead of I
    """

    def __init__(self, descent: DescentProblem, *, prediction: bool) -> None:
        problem = descent.at(0, EXACT)
        assert isinstance(problem, Diagonal)
        self.descent, self.groups = descent, problem.groups
        weights = problem.Q * problem.Sigma if prediction else problem.Q
        self.weights = np.array([as_fraction(x) for x in weights], dtype=object)
        self.rational = self._terms(EXACT)
        factors = [as_fraction(f) for f in self.rational.factor]
        self.slowest = max(abs(f) for f in factors)  # max |fᵢ|
        self.stride = 1 if min(factors) >= 0 else 2
        self._over: dict[int, _Terms] = {}
        self._kept: dict[tuple[float, int], Array] = {}
        self._left = _MOST_INTERVALS

    def _terms(self, field: Field) -> _Terms:
        """Must run inside the field's working context, except over EXACT, which has none."""
        setup, c = self.descent.setup, field.number(self.descent.c)
        Gamma, A = gamma_pair(setup, field)
        lam, sigma, eta = setup.Lambda.array(field), setup.Sigma.array(field), field.number(self.descent.step_size)
        V_0 = field.array(np.zeros(setup.d, dtype=int) if self.descent.V_0 is None else self.descent.V_0)
        one, first = field.number(1), [members[0] for members in self.groups]
        counts = field.array(np.array([len(members) for members in self.groups]))
        weight, rest, start, factor = (
            part[first]
            for part in (
                field.array(self.weights),
                one - sigma * A,
                sigma * (V_0 * c + A),
                one - lam * Gamma * (eta * c * c),
            )
        )
        return _Terms(weight * counts, rest, start, factor)

    def limit(self, k: int) -> Fraction:
        """E_k of the fully trained layer."""
        return as_fraction((self.rational.weight * self.rational.rest ** (2 * k)).sum())

    # ------------------------------------------------------------------------------------------- bounds

    def _factors(self, t: float, bits: int) -> Array:
        """rᵢ(t), or their limits for t = ∞, in balls."""
        if (t, bits) not in self._kept:
            if bits not in self._over:
                self._over[bits] = self._terms(BALL(bits))
            if len(self._kept) > _KEPT:
                self._kept.clear()
            at = self._over[bits]
            self._kept[t, bits] = at.rest if math.isinf(t) else at.rest + at.start * integer_power(at.factor, int(t))
        return self._kept[t, bits]

    def enclosed(self, low: float, high: float, k: int, bits: int) -> Ball:
        """Return an enclosure of E_k(t) over the times low, low + stride, … high."""
        field = BALL(bits)
        with field.working():
            weight, total = None, field.number(0)
            first, last = self._factors(low, bits), self._factors(high, bits)
            weight = self._over[bits].weight
            for w, a, b in zip(weight, first, last, strict=True):
                ends = integer_power(a, 2 * k)
                if low != high:
                    ends = ends.union(integer_power(b, 2 * k))
                if k and low != high and not ((a > 0 and b > 0) or (a < 0 and b < 0)):
                    ends = ends.union(field.number(0))
                total = total + w * ends
            found: Ball = field.public(total)
        return found

    def _compared(self, low: float, high: float, k: int, target: Fraction) -> int:
        """1 if E_k > target all over the times, −1 if E_k <= target all over them, else 0."""
        for bits in _BITS:
            found = self.enclosed(low, high, k, bits)
            if found.lower > target:
                return 1
            if found.upper <= target:
                return -1
            if found.rad > _FLAT * abs(found.mid) and low != high:
                return 0  # it varies: cut the interval
        return 0

    def _meets(self, t: int, k: int, target: Fraction) -> bool:
        """Whether E_k(t) <= target.

        Raises
        ------
        NotCertified
            when neither balls nor rationals of a reasonable length can tell.
        """
        verdict = self._compared(t, t, k, target)
        if verdict:
            return verdict < 0
        parts = [as_fraction(x) for part in self.rational[1:] for x in part]
        longest = max(max(x.numerator.bit_length(), x.denominator.bit_length()) for x in parts)
        if longest * (t + 2) * (2 * k + 1) <= _MOST_EXACT_BITS:
            at = self.rational
            exact = (at.weight * (at.rest + at.start * at.factor**t) ** (2 * k)).sum()
            if as_fraction(exact) <= target or self.limit(k) != target:
                return as_fraction(exact) <= target
        if self.limit(k) == target:
            raise NotCertified(
                f"k = {k}: the error of the fully trained layer, {float(target):.6g}, is the target, and no training "
                "time met it until it was near; ask for a slightly larger error"
            )
        raise NotCertified(f"t = {t:,}, k = {k}: the error and the target agree to {_BITS[-1]} bits; use another error")

    # ------------------------------------------------------------------------------------------- search

    def smallest(self, k: int, target: Fraction) -> int | None:
        """Return the smallest t with E_k(t) <= target; None if there is none.

        Raises
        ------
        NotCertified
            when E_k(t) tends to the target itself, or the search takes too long.
        """
        self._left, found = _MOST_INTERVALS, None
        for parity in range(self.stride):
            t = self._on(parity, k, target, found)
            found = t if t is not None else found
        return found

    def _on(self, parity: int, k: int, target: Fraction, best: int | None) -> int | None:
        """Return the first of the times parity, parity + stride, … that meets the target and is below ``best``."""
        low, width = 0, 1
        while True:
            start = parity + self.stride * low
            if (best is not None and start >= best) or self._compared(start, math.inf, k, target) > 0:
                return None
            if start > MAX_COUNT:
                raise NotCertified(
                    f"k = {k}: no end is in sight after {MAX_COUNT:,} steps of training; use another error"
                )
            found = self._within(low, low + width - 1, parity, k, target)
            if found is not None:
                return found if best is None or found < best else None
            low, width = low + width, 2 * width

    def _within(self, low: int, high: int, parity: int, k: int, target: Fraction) -> int | None:
        """Depth first, from the left: the first time in the interval that meets the target."""
        stack = [(low, high)]
        while stack:
            a, b = stack.pop()
            self._left -= 1
            if self._left < 0:
                raise NotCertified(f"k = {k}: the search takes over {_MOST_INTERVALS:,} intervals; use another error")
            first = parity + self.stride * a
            if a == b:
                if self._meets(first, k, target):
                    return first
                continue
            verdict = self._compared(first, parity + self.stride * b, k, target)
            if verdict < 0:
                return first
            if verdict == 0:
                middle = (a + b) // 2
                stack += [(middle + 1, b), (a, middle)]
        return None


__all__ = ["TimeSearch"]
