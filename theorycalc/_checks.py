"""Argument checks: every refusal names the argument, the value and the remedy, in one line."""

import math
from collections.abc import Sequence
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any

import numpy as np

from theorycalc.exceptions import InvalidSetup

#: Largest value accepted for d in a spectrum, d in a full matrix, n, m, and the number of CoT steps.
MAX_SPECTRUM = 1_000_000
MAX_MATRIX = 5_000
MAX_COUNT = 10**15
MAX_STEPS = 1_000_000


def shown(value: object, limit: int = 60) -> str:
    """Return a one-line rendering of ``value`` that is short enough for an error message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def refuse(name: str, value: object, problem: str, remedy: str) -> InvalidSetup:
    """Build the exception ``name = value: problem; remedy``."""
    return InvalidSetup(f"{name} = {shown(value)}: {problem}; {remedy}")


def integer(name: str, value: Any, *, minimum: int, maximum: int, remedy: str) -> int:
    """Return ``value`` as an int in [minimum, maximum]; booleans and non-integral numbers are refused."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise refuse(name, value, "not an integer", remedy)
    if not isinstance(value, Integral) and not (math.isfinite(value) and float(value).is_integer()):
        raise refuse(name, value, "not an integer", remedy)
    result = int(float(value)) if not isinstance(value, Integral) else int(value)
    if result < minimum:
        raise refuse(name, value, f"smaller than {minimum}", remedy)
    if result > maximum:
        raise refuse(name, value, f"larger than {maximum:,}, the most accepted here", remedy)
    return result


def steps(value: Any, *, maximum: int = MAX_STEPS) -> int:
    """Return the number of CoT steps k >= 0."""
    return integer("steps", value, minimum=0, maximum=maximum, remedy="pass the number of CoT steps k, an integer >= 0")


def choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """Return ``value`` if it is one of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise refuse(name, value, "unknown", "choose one of " + ", ".join(allowed))
    return value


def number(name: str, value: Any) -> Fraction | float:
    """Return ``value`` exactly where it is exact (int, Fraction, "p/q" or decimal string), else as a float."""
    remedy = 'pass a finite number: int, float, Fraction or a string such as "1/3"'
    if isinstance(value, bool | np.bool_):
        raise refuse(name, value, "not a number", remedy)
    if isinstance(value, Integral | Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, str):
        try:
            return Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise refuse(name, value, "not a number", remedy) from None
    if getattr(value, "is_Rational", False):  # SymPy Rational
        return Fraction(int(value.p), int(value.q))
    if getattr(value, "free_symbols", None):
        raise refuse(name, value, "symbolic", "substitute numbers for its symbols first")
    if isinstance(value, complex | np.complexfloating):
        raise refuse(name, value, "complex", remedy)
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise refuse(name, value, "not a number", remedy) from None
    if not math.isfinite(result):
        raise refuse(name, value, "not finite", remedy)
    return result
