"""The optimal mixture in rationals: an active-set method whose end is the certificate."""

import numpy as np

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, Array, BeyondFloat64, rational_product, reduced_rows
from theorycalc.gamma.closed_form import public_array
from theorycalc.selection.float_optimum import rows, support
from theorycalc.selection.nnls import solve_rational
from theorycalc.selection.optimum import Optimum
from theorycalc.selection.program import SelectionProgram

_MOST_TASKS = 400


def rational_optimum(program: SelectionProgram) -> Optimum:
    """Return the optimum over EXACT; of several optimal mixtures the shortest."""
    T = len(program.covariances)
    if T > _MOST_TASKS:
        raise OutsideRegime(f"{T} tasks: EXACT takes at most {_MOST_TASKS}; use field=F64, or BALL(bits)")
    gram, one = _gram(program), EXACT.number(1)
    x, passive = solve_rational(gram + one, np.array([one] * T, dtype=object), start=_guess(program))
    weights = x / x[passive].sum()
    square = weights @ gram @ weights
    face = [ell for ell, product in enumerate(gram @ weights) if product == square]
    null, dimension = _null_space(gram[np.ix_(face, face)] + one), 0
    if len(null):
        shortest = _shortest(null, weights[face])
        dimension = _dimension(null, shortest)
        weights = np.array([EXACT.number(0)] * T, dtype=object)
        weights[face] = shortest
    costs = (gram @ weights - square) * 2
    traces = EXACT.number(program.d) - weights @ EXACT.array(program.b)
    words = "the shortest of several optimal mixtures" if dimension else "the only optimal mixture"
    return Optimum(
        weights=public_array(weights, EXACT),
        value=EXACT.public(square),
        multiplier=EXACT.public((square - traces) * 2),
        reduced_costs=public_array(costs, EXACT),
        gap=EXACT.public(max(-costs)),
        face=tuple(face),
        dimension=dimension,
        uncertainty=f"exact rational numbers: {words}, decided exactly",
    )


def _gram(program: SelectionProgram) -> Array:
    """⟨u_ℓ, u_ℓ'⟩ = d − b_ℓ − b_ℓ' + H_ℓℓ' over EXACT."""
    b, H = EXACT.array(program.b), EXACT.array(program.H)
    return np.asarray(EXACT.number(program.d) - b[:, None] - b[None, :] + H)


def _guess(program: SelectionProgram) -> list[int] | None:
    """The tasks that float64 finds in use; None where the numbers leave its range."""
    try:
        return support(*rows(program))
    except BeyondFloat64:
        return None


def _null_space(G: Array) -> Array:
    """A basis of {z: G z = 0} as rows of rationals (r, T)."""
    echelon, pivots = reduced_rows(G)
    size, basis = len(G), []
    for column in (j for j in range(size) if j not in pivots):
        vector = [EXACT.number(int(j == column)) for j in range(size)]
        for i, pivot in enumerate(pivots):
            vector[pivot] = -echelon[i, column]
        basis.append(vector)
    return np.array(basis, dtype=object).reshape(len(basis), size)


def _pivots(G: Array) -> list[int]:
    """Rows of a symmetric matrix that are a basis of its row space."""
    return reduced_rows(G)[1]


def _shortest(null: Array, start: Array) -> Array:
    """The shortest π >= 0 in start + span(rows of null); as in float_optimum, over rationals."""
    projector = _projector(null)
    base = start - projector @ start
    if min(base) >= 0:
        return np.asarray(base)
    u, _ = solve_rational(projector + np.outer(base, base), -base)
    return np.asarray(base + projector @ u / (EXACT.number(1) + base @ u))


def _dimension(null: Array, shortest: Array) -> int:
    """Dimension of the polytope of optimal mixtures, all shortest + z >= 0 with z in the span of the rows of null.

    Tasks that no optimal mixture uses are found first: of the directions z that are >= 0 on the idle tasks take the
    one nearest to 1 there, p = P(1 + λ) for the projector P on these directions and the least λ >= 0 that makes it
    >= 0.  Where p > 0 the task may be used; the others are tried again, free of those; p = 0 says that none is.
    """
    idle = [j for j, value in enumerate(shortest) if value == 0]
    while idle:
        off = null[:, idle]  # (r, idle)
        independent = off[_pivots(rational_product(off, off.T))]
        if not len(independent):
            break
        P = _projector(independent)
        ones = np.array([EXACT.number(1)] * len(idle), dtype=object)
        x, _ = solve_rational(P, -(P @ ones))
        nearest = P @ (ones + x)
        if all(value == 0 for value in nearest):
            break
        idle = [j for j, value in zip(idle, nearest, strict=True) if value == 0]
    return len(null) - (len(_pivots(rational_product(null[:, idle], null[:, idle].T))) if idle else 0)


def _projector(rows: Array) -> Array:
    """The orthogonal projector on the span of independent rows."""
    inverse = EXACT.inverse(rational_product(rows, rows.T))
    return rational_product(rational_product(rows.T, inverse), rows)
