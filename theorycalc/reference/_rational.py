"""Matrices of Fractions as nested lists, by the loops of the definitions: not meant to be fast."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array, as_fraction
from theorycalc.spectra import Covariance

Matrix = list[list[Fraction]]


def matrix_of(covariance: Covariance) -> Matrix:
    """Return the (d, d) entries exactly; a float entry is the dyadic rational that it is.

    >>> from theorycalc.spectra import as_covariance
    >>> matrix_of(as_covariance([2, "1/3"]))
    [[Fraction(2, 1), Fraction(0, 1)], [Fraction(0, 1), Fraction(1, 3)]]
    """
    d, entries = covariance.d, covariance.entries
    if covariance.is_diagonal:
        return [[as_fraction(entries[i]) if i == j else Fraction(0) for j in range(d)] for i in range(d)]
    return [[as_fraction(entries[i, j]) for j in range(d)] for i in range(d)]


def rational_matrix(rows: Sequence[Sequence[Any]]) -> Matrix:
    """Return nested sequences of int, Fraction, "p/q" strings or floats as a matrix of Fractions."""
    return [[Fraction(value) if isinstance(value, str) else as_fraction(value) for value in row] for row in rows]


def identity(d: int) -> Matrix:
    """Return I, (d, d)."""
    return [[Fraction(int(i == j)) for j in range(d)] for i in range(d)]


def transpose(M: Matrix) -> Matrix:
    """Return Mᵀ."""
    return [list(column) for column in zip(*M, strict=True)]


def add(M: Matrix, N: Matrix, factor: Fraction | int = 1) -> Matrix:
    """Return M + factor · N."""
    return [[a + factor * b for a, b in zip(row, other, strict=True)] for row, other in zip(M, N, strict=True)]


def multiply(*factors: Matrix) -> Matrix:
    """Return the product of the factors, (MN)_{ij} = Σ_l M_{il} N_{lj}.

    >>> multiply([[1, 2], [3, 4]], [[1, 1], [0, 1]])
    [[Fraction(1, 1), Fraction(3, 1)], [Fraction(3, 1), Fraction(7, 1)]]
    """
    result = factors[0]
    for factor in factors[1:]:
        columns = transpose(factor)
        result = [
            [sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in columns]
            for row in result
        ]
    return result


def trace(M: Matrix) -> Fraction:
    """Return Σ_i M_{ii}."""
    return sum((M[i][i] for i in range(len(M))), Fraction(0))


def inverse(M: Matrix) -> Matrix:
    """Return M⁻¹ by Gauss–Jordan elimination.

    >>> inverse([[Fraction(2), Fraction(1)], [Fraction(1), Fraction(1)]])
    [[Fraction(1, 1), Fraction(-1, 1)], [Fraction(-1, 1), Fraction(2, 1)]]
    """
    d = len(M)
    work = [[*row, *unit] for row, unit in zip(M, identity(d), strict=True)]  # (d, 2d)
    for k in range(d):
        pivot_row = next((i for i in range(k, d) if work[i][k] != 0), None)
        if pivot_row is None:
            raise InvalidSetup("a matrix to be inverted is singular: use positive definite covariances")
        work[k], work[pivot_row] = work[pivot_row], work[k]
        pivot = work[k][k]
        work[k] = [value / pivot for value in work[k]]
        for i in range(d):
            if i != k and work[i][k] != 0:
                factor = work[i][k]
                work[i] = [a - factor * b for a, b in zip(work[i], work[k], strict=True)]
    return [row[d:] for row in work]


def object_array(rows: Sequence[Any]) -> Array:
    """Return a list, or a list of lists, of Fractions as an object array of shape (len,) or (len, len)."""
    shape = (len(rows), len(rows[0])) if rows and isinstance(rows[0], list) else (len(rows),)
    result = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        result[index] = rows[index[0]] if len(shape) == 1 else rows[index[0]][index[1]]
    return result
