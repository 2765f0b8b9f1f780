"""Numbers of answers as words for people, and as JSON."""

import math
from typing import Any

from theorycalc._checks import six_digits
from theorycalc.results import plain


def short(value: Any) -> str:
    """Return a number in six digits, a short fraction exactly.

    >>> from fractions import Fraction
    >>> short(Fraction(2, 3)), short(0.1)
    ('2/3', '0.1')
    """
    return six_digits(value)


def step_word(k: int) -> str:
    """Return "1 step", "2 steps" …

    >>> step_word(1), step_word(2000)
    ('1 step', '2,000 steps')
    """
    return "1 step" if k == 1 else f"{k:,} steps"


def finite(value: float | None) -> float | None:
    """Return a float that JSON can hold: None for NaN and ∞."""
    return None if value is None or not math.isfinite(value) else float(value)


def optional(value: Any) -> Any:
    """Return the plain form of a public number, None as it is."""
    return None if value is None else plain(value)
