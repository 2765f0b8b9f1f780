"""Argument checks: every refusal names the argument, the value and the remedy, in one line."""

import math
import re
from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any, cast

import numpy as np

from theorycalc.exceptions import InvalidSetup

#: Largest value accepted for d in a spectrum, d in a full matrix, n, m, and the number of CoT steps.
MAX_SPECTRUM = 1_000_000
MAX_MATRIX = 5_000
MAX_COUNT = 10**15
MAX_STEPS = 1_000_000
_MAX_EXPONENT = 5_000  # decimal exponent of an exact number: 10^(10^9) would fill the memory
_NUMBER = 'pass a finite number: int, float, Fraction or a string such as "1/3"'


def shown(value: object, limit: int = 60) -> str:
    """Return a one-line rendering of ``value`` that is short enough for an error message."""
    try:
        text = " ".join(repr(value.item() if isinstance(value, np.generic) else value).split())
    except ValueError:  # Python prints integers of up to 4,300 digits
        text = f"{type(value).__name__} of thousands of digits"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def six_digits(value: Any, longest: int = 12) -> str:
    """Return a number in six significant digits, a short fraction exactly; of any size, unlike a float.

    >>> six_digits(Fraction(2, 3)), six_digits(0.1), six_digits(Fraction(10) ** 400), six_digits(Fraction(10) ** -400)
    ('2/3', '0.1', '1e+400', '1e-400')
    """
    if isinstance(value, Fraction):
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        if bits <= 4 * longest and len(str(value)) <= longest:
            return str(value)
        exponents = value.numerator.bit_length() - value.denominator.bit_length()
        if abs(exponents) > 1000:
            context = Context(prec=6, Emax=MAX_EMAX, Emin=MIN_EMIN)
            quotient = context.divide(Decimal(value.numerator), Decimal(value.denominator))
            return str(context.normalize(quotient)).lower()
    return f"{float(value):.6g}"


def refuse(name: str, value: object, problem: str, remedy: str) -> InvalidSetup:
    """Build the exception ``name = value: problem; remedy``."""
    return InvalidSetup(f"{' '.join(name.split())} = {shown(value)}: {problem}; {remedy}")


def integer(name: str, value: Any, *, minimum: int, maximum: int, remedy: str) -> int:
    """Return ``value`` as an int in [minimum, maximum]; booleans and non-integral numbers are refused."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise refuse(name, value, "not an integer", remedy)
    try:
        result = int(cast(Any, value))
    except (TypeError, ValueError, OverflowError):  # NaN, inf
        raise refuse(name, value, "not an integer", remedy) from None
    if value != result and bool(value - result):  # SymPy holds 3.0 and 3 for different
        raise refuse(name, value, "not an integer", remedy)
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
    """Return ``value`` exactly where it is exact, else as a float.

    Exact are int, Fraction, Decimal, "p/q" and decimal strings, SymPy rationals, and mpmath or SymPy floats of any
    precision; Python and NumPy floats stay floats.  Enclosures are no numbers.
    """
    if isinstance(value, bool | np.bool_ | bytes | np.ndarray):
        raise refuse(name, value, "not a number", _NUMBER)
    if hasattr(value, "mid") and hasattr(value, "rad"):
        raise refuse(name, value, "an enclosure, not a number", "pass an exact number or a float, such as its midpoint")
    if isinstance(value, Integral | Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, str):
        return _of_text(name, value)
    if isinstance(value, Decimal):
        return _of_text(name, str(value))
    if getattr(value, "_mpf_", None) is not None:  # mpmath, SymPy Float
        return _of_binary(name, value)
    if hasattr(value, "p") and hasattr(value, "q"):  # SymPy Rational, python-flint fmpq
        return Fraction(int(value.p), int(value.q))
    if getattr(value, "free_symbols", None):
        raise refuse(name, value, "symbolic", "substitute numbers for its symbols first")
    if isinstance(value, complex | np.complexfloating):
        raise refuse(name, value, "complex", _NUMBER)
    if isinstance(value, np.floating) and value.dtype.itemsize > 8:
        raise refuse(name, value, "wider than float64", "round it to float64 or pass a string")
    if hasattr(value, "__index__"):  # integers of other libraries
        return Fraction(int(value))
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise refuse(name, value, "not a number", _NUMBER) from None
    if not math.isfinite(result):
        raise refuse(name, value, "not finite", _NUMBER)
    return result


def _of_text(name: str, text: str) -> Fraction:
    bare = re.sub(r"\s*/\s*", "/", text.strip())
    mantissa, _, exponent = bare.lower().replace("_", "").partition("e")
    try:
        if exponent and abs(int(exponent)) > _MAX_EXPONENT:
            raise refuse(name, text, f"exponent beyond ±{_MAX_EXPONENT:,}", "rescale the problem")
        if len(mantissa) > _MAX_EXPONENT:
            raise refuse(name, text, f"more than {_MAX_EXPONENT:,} characters", "round it")
        return Fraction(bare)
    except InvalidSetup:
        raise
    except (ValueError, ZeroDivisionError):
        problem = "not finite" if mantissa.lstrip("+-") in ("nan", "inf", "infinity") else "not a number"
        raise refuse(name, text, problem, _NUMBER) from None


def _of_binary(name: str, value: Any) -> Fraction:
    sign, mantissa, exponent, bits = (int(part) for part in value._mpf_)
    if mantissa == 0 and exponent != 0:  # mpmath's inf and NaN
        raise refuse(name, value, "not finite", _NUMBER)
    if abs(exponent + bits) > 4 * _MAX_EXPONENT:
        raise refuse(name, value, f"exponent beyond ±{4 * _MAX_EXPONENT:,} bits", "rescale the problem")
    return Fraction(-mantissa if sign else mantissa) * Fraction(2) ** exponent
