"""Exact means over a planar Gaussian sample by Bartlett's decomposition, independent of pairings and recursions.

For Σ = diag(σ₁, σ₂) and independent u ~ χ²_m, v ~ χ²_{m−1}, z ~ N(0, 1),

    m S₁₁ = σ₁ u,   m S₁₂ = (σ₁ σ₂ u)^{1/2} z,   m S₂₂ = σ₂ (z² + v).
"""

import math
from fractions import Fraction

from theorycalc import reference
from theorycalc.fields import EXACT
from theorycalc.model import Setup

Polynomial = dict[tuple[int, int, int], Fraction]  # in S₁₁, S₁₂, S₂₂


def _times(f: Polynomial, g: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for x, a in f.items():
        for y, b in g.items():
            key = (x[0] + y[0], x[1] + y[1], x[2] + y[2])
            product[key] = product.get(key, Fraction(0)) + a * b
    return product


def _plus(*terms: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for f in terms:
        for key, value in f.items():
            total[key] = total.get(key, Fraction(0)) + value
    return total


def chi_squared(freedom: int, power: int) -> int:
    """Return E (χ²)^power.

    >>> chi_squared(1, 2)
    3
    """
    return math.prod(freedom + 2 * i for i in range(power))


def mean(f: Polynomial, sigma: list[Fraction], m: int) -> Fraction:
    """Return E f(S) for Σ = diag(σ₁, σ₂).

    >>> str(mean({(0, 2, 0): Fraction(1)}, [Fraction(2), Fraction(3)], 5))  # E S₁₂² = σ₁σ₂/m
    '6/5'
    """
    total = Fraction(0)
    for (i, j, ell), value in f.items():
        if j % 2 == 0:
            h = j // 2
            lower = sum(math.comb(ell, t) * chi_squared(1, h + t) * chi_squared(m - 1, ell - t) for t in range(ell + 1))
            size = sigma[0] ** (i + h) * sigma[1] ** (ell + h) / Fraction(m) ** (i + j + ell)
            total += value * size * chi_squared(m, i + h) * lower
    return total


def error_moments(setup: Setup, k: int) -> tuple[Fraction, Fraction]:
    """Return mean and variance of ‖Rᵏw*‖² for d = 2 spectra: with M = (Rᵏ)ᵀRᵏ, E tr M and E[(tr M)² + 2 tr M²] − …²."""
    assert setup.m is not None
    A = [Fraction(reference.gamma_matrix(setup).Gamma_inv[i, i]) for i in range(2)]
    sigma = [Fraction(EXACT.public(x)) for x in setup.Sigma.array(EXACT)]
    entries: list[list[Polynomial]] = [
        [{(0, 0, 0): Fraction(1), (1, 0, 0): -A[0]}, {(0, 1, 0): -A[0]}],
        [{(0, 1, 0): -A[1]}, {(0, 0, 0): Fraction(1), (0, 0, 1): -A[1]}],
    ]
    power: list[list[Polynomial]] = [[{(0, 0, 0): Fraction(i == j)} for j in range(2)] for i in range(2)]
    for _ in range(k):
        power = [[_plus(*(_times(power[i][s], entries[s][j]) for s in range(2))) for j in range(2)] for i in range(2)]
    gram = [[_plus(*(_times(power[s][i], power[s][j]) for s in range(2))) for j in range(2)] for i in range(2)]
    trace = _plus(gram[0][0], gram[1][1])
    squares = _plus(*(_times(gram[i][j], gram[i][j]) for i in range(2) for j in range(2)))
    first = mean(trace, sigma, setup.m)
    fourth = mean(_plus(_times(trace, trace), squares, squares), sigma, setup.m)
    return first, fourth - first**2
