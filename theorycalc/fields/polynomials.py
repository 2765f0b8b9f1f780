"""Polynomials over BALL and EXACT, by python-flint."""

from fractions import Fraction
from typing import Any

import flint
import numpy as np

from theorycalc.fields.exact import EXACT
from theorycalc.fields.numbers import Array, as_fraction, fmpq
from theorycalc.fields.protocol import Field


def polynomial_gcd(first: list[Any], second: list[Any]) -> list[Fraction]:
    """Return the monic greatest common divisor of two polynomials, given by rational coefficients from degree 0 up.

    >>> print(*polynomial_gcd([-1, 0, 1], [1, 2, 1]))  # x² − 1 and (x + 1)²
    1 1
    """
    left, right = (flint.fmpq_poly([fmpq(x) for x in coefficients]) for coefficients in (first, second))
    return [as_fraction(x) for x in left.gcd(right).coeffs()]


def polynomial_variable(field: Field) -> Array:
    """Return x of the polynomials over BALL or EXACT as an array without axes, a scalar that recursions can run on.

    >>> x = polynomial_variable(EXACT)
    >>> print(x * x + x * 3)
    x^2 + 3*x
    """
    result = np.empty((), dtype=object)
    result[()] = flint.fmpq_poly([0, 1]) if field is EXACT else flint.arb_poly([0, 1])
    return result


def polynomial_coefficients(value: Any, count: int) -> list[Any]:
    """Return the coefficients of x⁰ … x^(count−1) of a polynomial or a scalar of BALL or EXACT."""
    found = list(value.coeffs()) if hasattr(value, "coeffs") else [value]
    zero = flint.arb(0) if any(isinstance(x, flint.arb) for x in found) else flint.fmpq(0)
    return found + [zero] * (count - len(found))
