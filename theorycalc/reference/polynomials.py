"""Polynomials in the entries of X with rational coefficients, as dictionaries {monomial: coefficient}.

A monomial Π X_{ij}^{e_ij} is the integer with base-256 digits e_ij, digit number i + d·j: to multiply
monomials is to add their integers.  Exponents stay below 256 because a caller keeps degrees below 256.
"""

import math
from collections.abc import Iterable
from fractions import Fraction

from theorycalc.reference.pairings import ColumnMoments

Polynomial = dict[int, Fraction]
_BITS = 8
MAX_DEGREE = 2**_BITS - 1


def constant(value: Fraction | int) -> Polynomial:
    """Return the constant polynomial."""
    return {0: Fraction(value)} if value else {}


def entry(i: int, j: int, d: int) -> Polynomial:
    """Return X_{ij} for X with d rows.

    >>> entry(1, 0, 2), entry(0, 1, 2)
    ({256: Fraction(1, 1)}, {65536: Fraction(1, 1)})
    """
    return {1 << (_BITS * (i + d * j)): Fraction(1)}


def add(f: Polynomial, g: Polynomial, factor: Fraction | int = 1) -> Polynomial:
    """Return f + factor · g."""
    result = dict(f)
    for monomial, coefficient in g.items():
        result[monomial] = result.get(monomial, Fraction(0)) + factor * coefficient
    return {monomial: coefficient for monomial, coefficient in result.items() if coefficient}


def total(polynomials: Iterable[Polynomial]) -> Polynomial:
    """Return the sum."""
    result: Polynomial = {}
    for f in polynomials:
        for monomial, coefficient in f.items():
            result[monomial] = result.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in result.items() if coefficient}


def scale(f: Polynomial, factor: Fraction | int) -> Polynomial:
    """Return factor · f."""
    return {monomial: factor * coefficient for monomial, coefficient in f.items()} if factor else {}


def multiply(f: Polynomial, g: Polynomial) -> Polynomial:
    """Return f · g.

    >>> x = entry(0, 0, 1)
    >>> multiply(add(x, constant(1)), add(x, constant(-1))) == {0: -1, 2: 1}
    True
    """
    return sum_of_products([(f, g)])


def sum_of_products(pairs: Iterable[tuple[Polynomial, Polynomial]]) -> Polynomial:
    """Return Σ f · g over the pairs; denominators are cleared first, so that the long loop adds integers."""
    factors = list(pairs)
    left = _common_denominator(f for f, _ in factors)
    right = _common_denominator(g for _, g in factors)
    result: dict[int, int] = {}
    for f, g in factors:
        whole = [(monomial, _cleared(coefficient, right)) for monomial, coefficient in g.items()]
        for first, coefficient in f.items():
            a = _cleared(coefficient, left)
            for second, b in whole:
                monomial = first + second
                result[monomial] = result.get(monomial, 0) + a * b
    return {monomial: Fraction(value, left * right) for monomial, value in result.items() if value}


def _common_denominator(polynomials: Iterable[Polynomial]) -> int:
    return math.lcm(1, *(coefficient.denominator for f in polynomials for coefficient in f.values()))


def _cleared(value: Fraction, denominator: int) -> int:
    return value.numerator * (denominator // value.denominator)


def expectation(f: Polynomial, moments: ColumnMoments) -> Fraction:
    """Return E f(X) for independent columns N(0, Σ): per monomial, the product over columns of its moment.

    >>> x = entry(0, 0, 1)
    >>> expectation(multiply(x, x), ColumnMoments([[5]]))
    Fraction(5, 1)
    """
    d = len(moments.Sigma)
    width = _BITS * d  # of one column
    result = Fraction(0)
    for monomial, coefficient in f.items():
        term = coefficient
        while monomial and term:
            lowest = (monomial & -monomial).bit_length() - 1
            monomial >>= lowest - lowest % width  # columns of exponent 0 have moment 1
            column = tuple((monomial >> (_BITS * i)) & MAX_DEGREE for i in range(d))
            term *= moments(column)
            monomial >>= width
        result += term
    return result
