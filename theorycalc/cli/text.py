"""Numbers and step lists as text for people; JSON and CSV keep every digit instead."""

import decimal
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

_LONGEST_FRACTION = 24
_LONGEST_NUMBER = 90


def number(value: Any) -> str:
    """Return a number with 6 significant digits; short fractions exactly, balls and multiprecision in their digits.

    >>> number(2.00785548), number(1e-9), number(Fraction(2, 3)), number(0.0)
    ('2.00786', '1.00000e-09', '2/3', '0')
    """
    from theorycalc.fields import Ball

    if isinstance(value, Ball):
        text = str(value)
        return text if len(text) <= _LONGEST_NUMBER else f"{_short(value.mid)} ± {_short(value.rad)}"
    if isinstance(value, Fraction):
        if value.denominator.bit_length() + value.numerator.bit_length() < 4 * _LONGEST_FRACTION:
            text = str(value)
            if len(text) <= _LONGEST_FRACTION:
                return text
        return "≈ " + _short(value)
    if hasattr(value, "_mpf_"):
        from theorycalc.results import plain

        return str(plain(value))[:_LONGEST_NUMBER]
    return _short(float(value))


def _short(value: Fraction | float) -> str:
    if value == 0:
        return "0"
    if isinstance(value, float):
        return f"{value:#.6g}".rstrip(".") if math.isfinite(value) else str(value)
    context = decimal.Context(prec=12, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
    quotient = context.divide(decimal.Decimal(value.numerator), decimal.Decimal(value.denominator))
    return _short(float(quotient)) if 1e-300 < abs(quotient) < 1e300 else f"{quotient:.5e}".lower()


def times(factor: float, side: str) -> str:
    """Return how much ``side`` (smaller, larger) something is by a factor >= 1.

    >>> times(1137.64, "smaller"), times(2.5, "larger"), times(1.12, "larger"), times(1.25, "smaller")
    ('1138 times smaller', '2.5 times larger', '12 % larger', '20 % smaller')
    """
    if factor >= 2:
        return f"{factor:.4g} times {side}" if factor >= 100 else f"{factor:.3g} times {side}"
    share = factor - 1 if side == "larger" else 1 - 1 / factor
    return f"{100 * share:.3g} % {side}"


def spans(steps: Iterable[Any]) -> str:
    """Return ascending steps as text, runs joined.

    >>> spans([2, 4, 5, 6, 8, 9])
    '2, 4–6, 8, 9'
    """
    runs: list[list[int]] = []
    for k in (int(step) for step in steps):
        if runs and k == runs[-1][-1] + 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
