"""The optimal mixture in rationals: an active-set method whose end is the certificate."""

import numpy as np

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, BeyondFloat64, as_fraction
from theorycalc.gamma.closed_form import public_array
from theorycalc.selection.float_optimum import support
from theorycalc.selection.nnls import solve_rational
from theorycalc.selection.optimum import Optimum, deviations
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
        return support(F64.array(np.vectorize(as_fraction, otypes=[object])(deviations(program, EXACT))))
    except BeyondFloat64:
        return None


def _null_space(G: Array) -> Array:
    """A basis of {z: G z = 0} as rows of rationals (r, T), by Gauss–Jordan elimination."""
    rows, size = [list(row) for row in G], len(G)
    pivots: list[int] = []
    for column in range(size):
        place = next((i for i in range(len(pivots), size) if rows[i][column] != 0), None)
        if place is None:
            continue
        top = len(pivots)
        rows[top], rows[place] = rows[place], rows[top]
        head = rows[top][column]
        rows[top] = [value / head for value in rows[top]]
        for i in range(size):
            if i != top and rows[i][column] != 0:
                factor = rows[i][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[top], strict=True)]
        pivots.append(column)
    basis = []
    for column in (j for j in range(size) if j not in pivots):
        vector = [EXACT.number(int(j == column)) for j in range(size)]
        for i, pivot in enumerate(pivots):
            vector[pivot] = -rows[i][column]
        basis.append(vector)
    return np.array(basis, dtype=object).reshape(len(basis), size)


def _shortest(null: Array, start: Array) -> Array:
    """The shortest π >= 0 in start + span(rows of null); as in float_optimum, over rationals."""
    projector = null.T @ EXACT.inverse(null @ null.T) @ null
    base = start - projector @ start
    if min(base) >= 0:
        return np.asarray(base)
    u, _ = solve_rational(projector + np.outer(base, base), -base)
    return np.asarray(base + projector @ u / (EXACT.number(1) + base @ u))


def _dimension(null: Array, shortest: Array) -> int:
    """Dimension of {z in span(null): shortest + εz >= 0}, 0 iff the optimum is unique.

    Directions in use stay inside.  Else look for z = nullᵀy with z >= 0 on the tasks not in use and Σ z = 1 there: the
    nearest point to 1 of a cone, which is reached iff there is one.
    """
    idle = [j for j, value in enumerate(shortest) if value == 0]
    if not idle:
        return len(null)
    off = null[:, idle]  # (r, idle)
    inside = _null_space(off @ off.T)
    if len(inside):
        return len(null)
    # by Farkas: no such z iff some λ > 0 on the idle tasks has off λ = 0; scale λ >= 1, λ = 1 + x
    G, r = off.T @ off, -(off.T @ off) @ np.array([EXACT.number(1)] * len(idle), dtype=object)
    x, _ = solve_rational(G, r)
    balanced = off @ (x + EXACT.number(1))
    return 0 if all(value == 0 for value in balanced) else len(null)
