"""EXACT: rationals of python-flint, and exact linear algebra on matrices of them."""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import flint
import numpy as np

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields.numbers import Array, as_fraction, fmpq, object_array
from theorycalc.fields.protocol import Field, ShownByName, nothing


@dataclass(frozen=True, repr=False)
class Exact(ShownByName):
    """The field ``EXACT``."""

    name: str = "EXACT"
    dtype: Any = object

    def __reduce__(self) -> str:
        return "EXACT"  # one object per process: code asks ``field is EXACT``

    def number(self, value: Any) -> flint.fmpq:
        return fmpq(value)

    def array(self, values: Any) -> Array:
        return object_array(values, self.number)

    def sqrt(self, values: Array) -> Array:
        raise OutsideRegime("a square root leaves the rationals: use field=BALL(bits) for a rigorous enclosure")

    def inverse(self, matrix: Array) -> Array:
        return np.array(flint.fmpq_mat(matrix.tolist()).inv().table(), dtype=object)

    def public(self, value: Any) -> Fraction:
        return as_fraction(value)

    def working(self) -> Any:
        return nothing()


EXACT: Final[Field] = Exact()


def is_definite(matrix: Array, *, semidefinite: bool) -> bool:
    """Whether a symmetric (d, d) matrix of rationals is positive (semi)definite, exactly.

    All roots of its characteristic polynomial are real, so they are positive iff its coefficients alternate in sign.
    """
    coefficients = flint.fmpq_mat([[fmpq(x) for x in row] for row in matrix]).charpoly().coeffs()
    signs = [c if (len(coefficients) - 1 - j) % 2 == 0 else -c for j, c in enumerate(coefficients)]
    return all(s >= 0 for s in signs) if semidefinite else all(s > 0 for s in signs)


def reduced_rows(matrix: Array) -> tuple[Array, list[int]]:
    """Return the nonzero rows of the reduced row echelon form of a matrix of EXACT scalars, and their pivot columns.

    >>> echelon, pivots = reduced_rows(EXACT.array([[1, 2, 3], [2, 4, 7]]))
    >>> print(*echelon[0], pivots)
    1 2 0 [0, 2]
    """
    form, rank = flint.fmpq_mat(np.asarray(matrix).tolist()).rref()
    table = np.array(form.table(), dtype=object).reshape(np.shape(matrix))[: int(rank)]
    return table, [next(j for j, value in enumerate(row) if value != 0) for row in table]


def rational_product(left: Array, right: Array) -> Array:
    """Return the product of two matrices of EXACT scalars: over common denominators, not entry by entry.

    >>> print(*rational_product(EXACT.array([["1/2", 1]]), EXACT.array([[2], ["1/3"]]))[0])
    4/3
    """
    product = flint.fmpq_mat(left.tolist()) * flint.fmpq_mat(right.tolist())
    return np.array(product.table(), dtype=object).reshape(left.shape[0], right.shape[1])


def rational_solution(matrix: Array, right: Array) -> Array:
    """Return x with matrix · x = right over EXACT scalars; ZeroDivisionError if the matrix is singular.

    >>> print(*rational_solution(EXACT.array([[2, 1], [1, 1]]), EXACT.array([1, "1/2"])))
    1/2 0
    """
    column = flint.fmpq_mat([[value] for value in right])
    found = flint.fmpq_mat(matrix.tolist()).solve(column)
    return np.array(found.table(), dtype=object).reshape(len(right))


def negative_eigenvalues(matrix: Array) -> tuple[int, int]:
    """Return how many eigenvalues of a symmetric (d, d) matrix of rationals are negative, and how many are 0, exactly.

    All roots of its characteristic polynomial are real, so Descartes' rule of signs counts them without error.

    >>> negative_eigenvalues(np.array([[0, 2], [2, 3]])), negative_eigenvalues(np.array([[1, 1], [1, 1]]))
    ((1, 0), (0, 1))
    """
    coefficients = flint.fmpq_mat([[fmpq(x) for x in row] for row in matrix]).charpoly().coeffs()
    zeros = next(j for j, c in enumerate(coefficients) if c != 0)
    signs = [(c > 0) == (j % 2 == 0) for j, c in enumerate(coefficients) if c != 0]
    return sum(now != later for now, later in itertools.pairwise(signs)), zeros


def independent_rows(matrix: Array) -> Array:
    """Return rows of rationals that span the rows of a matrix of rationals and are independent: its echelon form.

    >>> independent_rows(np.array([[2, 4], [1, 2]])).tolist()
    [[Fraction(1, 1), Fraction(2, 1)]]
    """
    reduced, rank = flint.fmpq_mat([[fmpq(x) for x in row] for row in matrix]).rref()
    rows = [[as_fraction(x) for x in row] for row in reduced.table()[:rank]]
    return object_array(rows, as_fraction).reshape(rank, matrix.shape[1])
