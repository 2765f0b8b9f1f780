"""How long exact rationals take, predicted before they do: their digits multiply, unlike those of a float."""

import math

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import Array, as_fraction

#: Longest computation over EXACT that is begun, in predicted seconds.
LIMIT = 120.0
#: Measured: a multiplication and addition of reduced fractions of b bits takes about 1e-6 + 2e-10 b^1.5 seconds, within
#: a factor of 3 for b = 10 … 120,000; most of it are greatest common divisors.
_SMALL, _GROWTH, _POWER = 1e-6, 2e-10, 1.5
#: Measured: the inverse of a (d, d) matrix whose minors have b bits takes 4.5 to 6.1 · 1e-10 d² b^1.5 seconds,
#: d = 60 … 180, b = 600 … 8,000.
_INVERSE = 6e-10


def bits(values: Array) -> int:
    """Return the length of the longest numerator or denominator among rationals.

    >>> import numpy as np
    >>> bits(np.array(["1/8", "3"], dtype=object))
    4
    """
    parts = (as_fraction(value) for value in values.reshape(-1))
    return max((max(part.numerator.bit_length(), part.denominator.bit_length()) for part in parts), default=0)


def operations(count: float, length: float) -> float:
    """Return about how many seconds ``count`` operations on rationals of ``length`` bits take."""
    return count * (_SMALL + _GROWTH * math.pow(length, _POWER))


def growing(count: float, first: float, growth: float, steps: int) -> float:
    """Return about how many seconds ``steps`` rounds of ``count`` operations take on ``first + growth · i`` bits."""
    last = first + growth * steps
    if growth <= 0:
        return steps * operations(count, first)
    area = (math.pow(last, _POWER + 1) - math.pow(first, _POWER + 1)) / ((_POWER + 1) * growth)
    return count * (_SMALL * steps + _GROWTH * area)


def inverse(matrix: Array) -> float:
    """Return about how many seconds the inverse of a (d, d) matrix of rationals takes.

    Its numbers are minors, of up to b bits by Hadamard's inequality, the sum over rows of the bits of the row's norm
    over a common denominator.
    """
    d, length, seconds = len(matrix), 0.0, 0.0
    for row in matrix:
        entries = [as_fraction(value) for value in row]
        common = 1
        for entry in entries:
            common = math.lcm(common, entry.denominator)
            if common.bit_length() > 10**7:
                return math.inf
        largest = max(abs(entry) for entry in entries)
        numerator = common * largest.numerator // largest.denominator
        length += max(common.bit_length(), numerator.bit_length()) + math.log2(d) / 2
        seconds = _INVERSE * d**2 * math.pow(length, _POWER)
        if seconds > LIMIT:
            break
    return seconds


def refuse_slow(seconds: float, problem: str, remedy: str) -> None:
    """Raise OutsideRegime, in one line, where ``seconds`` exceeds the limit."""
    if seconds > LIMIT:
        long = f"about {seconds:.1g} s" if math.isfinite(seconds) else "far"
        raise OutsideRegime(f"{problem}: {long} of exact arithmetic, over the limit of {LIMIT:.0f} s; {remedy}")
