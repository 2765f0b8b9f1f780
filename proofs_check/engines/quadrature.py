"""Exact expectations of polynomials of Gaussian variables, by signed rational quadrature.

A rule has the nodes 0, ±1 … ±J and weights, solved in rationals, for which all moments of N(0, v) up to degree
2J + 1 are right.  Negative weights do no harm: nothing is sampled.  The weights are rational for every rational v, so
that N(0, Σ) is reached through Σ = L D Lᵀ without a square root: x = L z with z_i ~ N(0, D_i).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from theorycalc.fields import Array

#: Most points of a product of rules; at each the polynomial is evaluated in exact numbers.
MOST_POINTS = 250_000


class TooManyPoints(ValueError):
    """A product of rules that would take too long to evaluate."""


@dataclass(frozen=True)
class Rule:
    """Σ_i weights[i] f(nodes[i]) = E f(z), z ~ N(0, variance), for polynomials f of degree <= ``degree``."""

    degree: int
    variance: Fraction
    nodes: tuple[int, ...]
    weights: tuple[Fraction, ...]


@lru_cache(maxsize=512)
def rule(degree: int, variance: Fraction | int = 1) -> Rule:
    """Return the rule of N(0, variance) that is exact up to a degree.

    The weight of ±j is E ℓ_j(z²), with ℓ_j Lagrange's basis polynomials at the squares 0, 1, 4 … J², J = ⌊degree/2⌋.

    >>> [str(weight) for weight in rule(5).weights]
    ['1/12', '1/6', '1/2', '1/6', '1/12']
    """
    if isinstance(variance, float):
        raise TypeError(f"variance = {variance} is a float: write an exact number")
    if degree < 0 or variance < 0:
        raise ValueError(f"degree = {degree}, variance = {variance}: both must be >= 0")
    scale, largest = Fraction(variance), degree // 2
    moments = [Fraction(1)]  # E z^(2p) = v^p (2p − 1)!!
    for p in range(1, largest + 1):
        moments.append(moments[-1] * scale * (2 * p - 1))
    halves = []
    for j in range(largest + 1):
        basis = [Fraction(1)]  # ascending coefficients of ℓ_j
        for i in range(largest + 1):
            if i != j:
                shifted, kept = [Fraction(0), *basis], [*basis, Fraction(0)]
                basis = [(x - i * i * y) / (j * j - i * i) for x, y in zip(shifted, kept, strict=True)]
        total = sum((x * y for x, y in zip(basis, moments, strict=True)), Fraction(0))
        halves.append(total / 2 if j else total)
    nodes = tuple(range(-largest, largest + 1))
    return Rule(2 * largest + 1, scale, nodes, tuple(halves[abs(node)] for node in nodes))


def expectation(f: Callable[[Array], Any], rules: Sequence[Rule], *, most: int = MOST_POINTS) -> Any:
    """Return E f(z) for independent z_i of the rules, exactly.

    Parameters
    ----------
    f : polynomial of degree <= rules[i].degree in z_i; takes the points, (N, len(rules)) Python ints, and returns
        N values, or N arrays of one shape, of ints or Fractions
    rules : one per variable
    most : refuse a product of more points

    Returns
    -------
    Fraction, or array of Fractions
        of the shape of one value.

    Raises
    ------
    TooManyPoints
        before any work.
    TypeError
        if f returns floats.

    Examples
    --------
    E x² y⁴ = 3 for standard normal x, y.

    >>> expectation(lambda points: points[:, 0] ** 2 * points[:, 1] ** 4, [rule(2), rule(4)])
    Fraction(3, 1)
    """
    sizes = [len(item.nodes) for item in rules]
    total = math.prod(sizes)
    if total > most:
        raise TooManyPoints(
            f"{len(rules)} variables of degrees {', '.join(str(item.degree) for item in rules)} need {total:,} points, "
            f"the limit is {most:,}: use fewer variables or a smaller degree"
        )
    axes = [np.array(item.nodes, dtype=object) for item in rules]
    grid = np.meshgrid(*axes, indexing="ij")
    points = np.stack([axis.reshape(-1) for axis in grid], axis=1)  # (N, variables)
    values = np.asarray(f(points))
    shape = values.shape[1:]
    values = values.astype(object).reshape(*sizes, -1)
    denominator = 1
    for item in rules:
        common = math.lcm(*(weight.denominator for weight in item.weights))
        weights = np.array([int(weight * common) for weight in item.weights], dtype=object)
        values, denominator = np.tensordot(weights, values, axes=1), denominator * common
    if any(isinstance(x, float) for x in values.reshape(-1)):
        raise TypeError("the values are floats: return ints or Fractions")
    result = np.array([Fraction(x) / denominator for x in values.reshape(-1)], dtype=object).reshape(shape)
    return result if shape else result.item()


def factored(covariance: Any) -> tuple[Array, list[Fraction]]:
    """Return L, unit lower triangular, and D >= 0 with L diag(D) Lᵀ = covariance, all rational.

    >>> L, D = factored([[4, 2], [2, 2]])
    >>> str(L[1, 0]), [str(x) for x in D]
    ('1/2', ['4', '1'])
    """
    rest = np.array([[Fraction(x) for x in row] for row in covariance], dtype=object)
    d = len(rest)
    L, D = np.array([[Fraction(int(i == j)) for j in range(d)] for i in range(d)], dtype=object), []
    for i in range(d):
        pivot = rest[i, i]
        if pivot < 0 or (pivot == 0 and any(rest[i:, i])) or (rest != rest.T).any():
            raise ValueError("a covariance must be symmetric and positive semidefinite")
        D.append(pivot)
        if pivot:
            L[i:, i] = rest[i:, i] / pivot
            rest = rest - pivot * np.outer(L[:, i], L[:, i])
    return L, D
