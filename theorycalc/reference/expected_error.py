"""The expected test error from its definition: expand the error in the entries of X, then take moments."""

import math
from fractions import Fraction

from theorycalc import _checks
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import as_fraction
from theorycalc.model import Setup
from theorycalc.reference import polynomials as poly
from theorycalc.reference._rational import (
    Matrix,
    add,
    identity,
    matrix_of,
    multiply,
    object_array,
    trace,
    transpose,
)
from theorycalc.reference.gamma import refuse_large_dimension, training_optimum
from theorycalc.reference.pairings import ColumnMoments
from theorycalc.reference.polynomials import Polynomial
from theorycalc.results import ErrorCurve, Metric, Rung

#: Most products of two terms (2 to 4 million a second) and most monomials held at once (400 to 800 bytes each).
MAX_PRODUCTS = 100_000_000
MAX_MONOMIALS = 500_000
MAX_STEPS = poly.MAX_DEGREE // 4  # the squared error has degree 4k in X


def expected_error(setup: Setup, steps: int, *, metric: str = "estimation") -> ErrorCurve:
    """Return E_k = E (w_k − w*)ᵀ P (w_k − w*), k = 0 … steps, exactly and from the definition.

    The error e_i = w_i − w* obeys e_{i+1} = e_i − A (1/m) Σ_j x_j (⟨e_i, x_j⟩ − σ ξ_j).  It is linear in the
    sources e_0 (second moment Q = Ω + w₀w₀ᵀ) and ξ (identity), and polynomial in the entries of X; its square
    is written out and its expectation is taken monomial by monomial from Gaussian pairings.

    Parameters
    ----------
    setup : any problem, Λ and Σ commuting or not; small d, m.  m = ∞ means S = Σ, the law of large numbers
    steps : number of CoT steps k >= 0
    metric : "estimation" (P = I) or "prediction" (P = Σ)

    Returns
    -------
    ErrorCurve
        rung EXACT; ``.values`` = ``.lower`` = ``.upper``, (steps + 1,) Fractions.

    Raises
    ------
    InvalidSetup
        for invalid steps or metric.
    OutsideRegime
        when d > 64, k > 63, or the expansion would take more than about a minute or 400 MB; raised before
        any work.

    Cost: about d² N² products, N the number of monomials of degree <= 2k in d·m variables.
    Source: theory sections 2, 4 and 12.

    Examples
    --------
    d = 1, Λ = Σ = 1, n = 2: A = 1/2.  With m = 1, E_1 = E (1 − x²/2)² = 1 − 1 + 3/4.

    >>> [str(value) for value in expected_error(Setup([1], n=2, m=1), 1).values]
    ['1', '3/4']
    """
    k = _checks.steps(steps)
    kind = Metric(_checks.choice("metric", metric, tuple(Metric)))
    refuse_large_dimension(setup)
    if setup.m is not None:
        _refuse_large_expansion(setup.d, setup.m, k, noisy=setup.noise_var != 0)
    Sigma = matrix_of(setup.Sigma)
    A, P = training_optimum(setup), (Sigma if kind is Metric.PREDICTION else identity(setup.d))
    notes: tuple[str, ...] = ()
    if setup.m is None:
        values = _population(setup, A, P, Sigma, k)
        notes = ("m = ∞: S = Σ",)
    elif k == 0:
        values = [trace(multiply(P, _second_moment(setup)))]
    else:
        values = _finite(setup, A, P, ColumnMoments(Sigma), k)
    array = object_array(values)
    return ErrorCurve(
        setup=setup,
        rung=Rung.EXACT,
        metric=kind,
        values=array,
        lower=array,
        upper=array,
        field_name="EXACT",
        uncertainty="exact",
        notes=notes,
    )


def monomial_count(d: int, m: int, half_degree: int) -> int:
    """Return the number of monomials of X, (d, m), of even degree in each column and degree <= 2·half_degree.

    These are the monomials of an entry of S^half_degree.  C(d + 2e − 1, 2e) have degree 2e in one column.

    >>> monomial_count(1, 1, 3), monomial_count(2, 1, 1), monomial_count(1, 2, 1)
    (4, 4, 3)
    """

    def truncated(f: list[int], g: list[int]) -> list[int]:
        return [sum(f[i] * g[h - i] for i in range(h + 1)) for h in range(half_degree + 1)]

    square = [math.comb(d + 2 * e - 1, 2 * e) for e in range(half_degree + 1)]
    result, columns = [1] + [0] * half_degree, m
    while columns:
        if columns & 1:
            result = truncated(result, square)
        square, columns = truncated(square, square), columns >> 1
    return sum(result)


def _refuse_large_expansion(d: int, m: int, k: int, *, noisy: bool) -> None:
    if k > MAX_STEPS:
        raise OutsideRegime(f"steps = {k}: the reference leg takes at most {MAX_STEPS} steps at finite m")
    held = monomial_count(d, m, 2 * k)
    products = 0
    for step in range(1, k + 1):
        before = monomial_count(d, m, step - 1)
        products += d**2 * monomial_count(d, m, step) ** 2  # squaring
        products += 100 * (d + m * noisy) * d * m * before  # a step of each source, in slower rationals
        if noisy:  # each ξ_j multiplies x_j times terms of S^(step − 1)
            products += d * m * (d * before) ** 2
    for what, size, limit in (
        ("products of terms", products, MAX_PRODUCTS),
        ("monomials", held, MAX_MONOMIALS),
    ):
        if size > limit:
            raise OutsideRegime(
                f"d = {d}, m = {m}, steps = {k}: the expansion needs up to {size:,} {what}, the limit is "
                f"{limit:,}; use fewer steps, a smaller d·m, or theorycalc.expected_error"
            )


def _second_moment(setup: Setup) -> Matrix:
    """Return E e₀e₀ᵀ = Ω + w₀w₀ᵀ, (d, d)."""
    Q = identity(setup.d) if setup.Omega is None else matrix_of(setup.Omega)
    if setup.w_0 is None:
        return Q
    start = [as_fraction(value) for value in setup.w_0]
    return add(Q, [[a * b for b in start] for a in start])


def _population(setup: Setup, A: Matrix, P: Matrix, Sigma: Matrix, k: int) -> list[Fraction]:
    """E_k for S = Σ, where the label noise averages out."""
    R = add(identity(setup.d), multiply(A, Sigma), -1)
    values, second = [], _second_moment(setup)
    for _ in range(k + 1):
        values.append(trace(multiply(P, second)))
        second = multiply(R, second, transpose(R))
    return values


def _finite(setup: Setup, A: Matrix, P: Matrix, moments: ColumnMoments, k: int) -> list[Fraction]:
    """E_k for m examples: the error's response to each source, step by step, squared and averaged."""
    d, m = setup.d, setup.m
    assert m is not None
    X = [[poly.entry(i, j, d) for j in range(m)] for i in range(d)]  # (d, m)
    Q, noise = _second_moment(setup), as_fraction(setup.noise_var)
    noisy_examples = range(m) if noise else range(0)
    # starts[s][a], noises[j][a]: the coefficients in error component a of the sources e_0[s] and σξ_j
    starts = [[poly.constant(int(a == s)) for a in range(d)] for s in range(d)]
    noises: list[list[Polynomial]] = [[{} for _ in range(d)] for _ in noisy_examples]
    values = []
    for step in range(k + 1):
        if step:
            starts = [_think(e, X, A, {}) for e in starts]
            noises = [_think(e, X, A, {j: -1}) for j, e in zip(noisy_examples, noises, strict=True)]
        squared = poly.sum_of_products(
            [
                *_square(starts, P, Q),
                *_square(noises, P, [[noise * v for v in row] for row in identity(len(noises))]),
            ]
        )
        values.append(poly.expectation(squared, moments))
    return values


def _think(e: list[Polynomial], X: list[list[Polynomial]], A: Matrix, noise: dict[int, int]) -> list[Polynomial]:
    """Return e − A (1/m) Σ_j x_j (⟨e, x_j⟩ + noise_j), (d,) polynomials."""
    d, m = len(X), len(X[0])
    residuals = [
        poly.add(poly.sum_of_products([(X[i][j], e[i]) for i in range(d)]), poly.constant(noise.get(j, 0)))
        for j in range(m)
    ]
    gradient = [poly.sum_of_products([(X[i][j], residuals[j]) for j in range(m)]) for i in range(d)]
    return [poly.total([e[a], *(poly.scale(gradient[b], -A[a][b] / m) for b in range(d))]) for a in range(d)]


def _square(response: list[list[Polynomial]], P: Matrix, Q: Matrix) -> list[tuple[Polynomial, Polynomial]]:
    """Return the pairs whose products sum to Σ_{s,t} Q_st Σ_{a,b} P_ab response[s][a] response[t][b]."""
    sources, components = range(len(Q)), range(len(P))
    return [
        (
            response[s][a],
            poly.total(poly.scale(response[t][b], Q[s][t] * P[a][b]) for t in sources for b in components),
        )
        for s in sources
        for a in components
    ]
