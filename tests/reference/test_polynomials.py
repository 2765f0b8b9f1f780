"""Dictionary polynomials against SymPy's."""

import random
from fractions import Fraction

import sympy as sp

from theorycalc.reference import polynomials as poly
from theorycalc.reference.pairings import ColumnMoments, gaussian_moment


def test_ring_operations_are_those_of_sympy():
    """Random polynomials in the entries of a (2, 2) matrix: sum, product, scaling, cancellation."""
    generator = random.Random(7)
    symbols = sp.symbols("x:4")

    def as_sympy(f):
        terms = []
        for monomial, coefficient in f.items():
            exponents = [(monomial >> (8 * position)) & 255 for position in range(4)]
            terms.append(
                sp.Rational(coefficient.numerator, coefficient.denominator)
                * sp.prod(s**e for s, e in zip(symbols, exponents, strict=True))
            )
        return sp.Add(*terms)

    def drawn():
        f = poly.constant(Fraction(generator.randint(-3, 3), 5))
        for _ in range(5):
            i, j, other = generator.randrange(2), generator.randrange(2), generator.randrange(2)
            term = poly.multiply(poly.entry(i, j, 2), poly.entry(other, j, 2))
            f = poly.add(f, term, Fraction(generator.randint(-4, 4), generator.randint(1, 6)))
        return f

    for _ in range(20):
        f, g = drawn(), drawn()
        assert sp.expand(as_sympy(poly.multiply(f, g)) - as_sympy(f) * as_sympy(g)) == 0
        assert sp.expand(as_sympy(poly.add(f, g, Fraction(-2, 3))) - as_sympy(f) + sp.Rational(2, 3) * as_sympy(g)) == 0
        assert poly.total([f, g, poly.scale(f, -1)]) == g
        assert poly.add(f, f, -1) == {}
        assert poly.sum_of_products([(f, g), (g, poly.scale(f, -1))]) == {}


def test_expectation_is_the_listed_moment_of_each_monomial():
    Sigma = [[2, 1], [1, 3]]
    entries = [(0, 0), (0, 0), (1, 0), (1, 0), (0, 1), (1, 1)]
    f = poly.constant(1)
    for i, j in entries:
        f = poly.multiply(f, poly.entry(i, j, 2))
    g = poly.add(poly.scale(f, Fraction(5, 7)), poly.constant(4))
    assert poly.expectation(g, ColumnMoments(Sigma)) == Fraction(5, 7) * gaussian_moment(entries, Sigma) + 4
    assert poly.expectation({}, ColumnMoments(Sigma)) == 0
