"""The exact error as a polynomial in ε = 1/m, with all its coefficients, and proofs of its sign on an interval."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np

from theorycalc.error_curves.exact_fields import chain_curve, require_affordable
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import Array, Field, polynomial_coefficients, polynomial_variable
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space
from theorycalc.results import Metric

_COST = 8.0  # measured: the plan on polynomials against the plan on numbers
_MOST_PIECES = 400


def error_polynomials(setup: Setup, steps: int, metric: Metric, field: Field, *, limit: float) -> Array:
    """Return the coefficients of E_0 … E_k in 1/m, (steps + 1, 2·steps) scalars of BALL or EXACT; m is not used.

    Call inside ``field.working()``.  One run of the recursion with polynomials for numbers.

    Raises
    ------
    OutsideRegime
        for full matrices, and where it would take longer than ``limit`` seconds.

    Claims: ERR-04.  Source: theory section 5.
    """
    require_affordable(setup, steps, field, limit / _COST)
    problem = whitened_setup(setup, metric, field)
    if problem is None or not problem.is_vector:
        raise OutsideRegime("the polynomial in 1/m is computed for spectra only")
    epsilon = polynomial_variable(field)
    space = diagonal_space(problem.C, problem.Q, problem.multiplicity, field)
    moments = chain_moments(space, steps, epsilon, setup.d)
    curve = chain_curve(moments, problem, setup, epsilon, field)
    count = max(2 * steps, 1)
    result = np.empty((steps + 1, count), dtype=object)
    for k, value in enumerate(curve):
        result[k] = polynomial_coefficients(value, count)
    return result


def is_positive_up_to(coefficients: Sequence[Any], top: Fraction, field: Field) -> bool:
    """Whether Σ a_j x^j > 0 for all 0 <= x <= ``top`` is proved; a_j scalars of BALL or EXACT, inside its context.

    By Bernstein coefficients, which enclose the values, on the interval and on halves of it.  False where a sign is
    not certain, or 400 pieces are not enough.
    """
    n = len(coefficients) - 1
    scale = field.number(top)
    powers = [field.number(1)]
    for _ in range(n):
        powers.append(powers[-1] * scale)
    scaled = [a * p for a, p in zip(coefficients, powers, strict=True)]
    zero = scaled[0] - scaled[0]
    start = [
        sum((scaled[j] * comb(i, j) / comb(n, j) for j in range(i + 1)), zero) for i in range(n + 1)
    ]  # Bernstein form on [0, 1]
    stack = [start]
    for _ in range(_MOST_PIECES):
        if not stack:
            return True
        piece = stack.pop()
        if all(b > 0 for b in piece):
            continue
        if not (piece[0] > 0 and piece[-1] > 0):
            return False
        left, right = [piece[0]], [piece[-1]]
        while len(piece) > 1:  # de Casteljau at 1/2
            piece = [(a + b) / 2 for a, b in itertools.pairwise(piece)]
            left.append(piece[0])
            right.append(piece[-1])
        stack += [left, right[::-1]]
    return False
