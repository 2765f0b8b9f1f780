"""The optimal mixture in float64: nonnegative least squares, then the shortest mixture of the optimal face."""

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import F64, Array
from theorycalc.selection.nnls import solve_float
from theorycalc.selection.optimum import Optimum, deviations
from theorycalc.selection.program import SelectionProgram

_TIE = 1e-9  # slopes this close to the least, relative to the largest ‖u_ℓ‖², count as equal
_RANK = 1e-9  # singular values this small, relative to the largest, count as zero
_TINY = float(np.finfo(float).tiny)


def float_optimum(program: SelectionProgram) -> Optimum:
    """Return the optimum in float64; of several optimal mixtures the shortest."""
    U = _coordinates(deviations(program, F64))
    size = np.linalg.norm(U, axis=1)
    scale = max(float(np.max(size)) ** 2, _TINY)
    weights = _nearest(U, size)
    x = weights @ U
    face = np.flatnonzero((U @ x - x @ x <= _TIE * scale) | (weights > 0))
    dimension = 0
    rows = np.column_stack([U[face] / np.sqrt(scale), np.ones(len(face))])
    _, values, right = np.linalg.svd(rows.T, full_matrices=True)
    rank = int(np.sum(values > _RANK * values[0]))
    if rank < len(face):
        Z = right[rank:].T
        shorter = _shortest(Z, weights[face])
        if shorter is None:
            dimension = len(face) - rank
        else:
            y = shorter @ U[face]
            if y @ y <= x @ x + 1e-13 * scale:
                weights = np.zeros(len(weights))
                weights[face] = shorter
                x = weights @ U
            dimension = _open_directions(Z, weights[face])
    slack = U @ x - x @ x
    traces = program.d * weights.sum() - weights @ program.b
    return Optimum(
        weights=weights,
        value=float(x @ x),
        multiplier=float(2 * (x @ x - traces)),
        reduced_costs=2 * slack,
        gap=max(0.0, float(-2 * np.min(slack))),
        face=tuple(int(ell) for ell in face),
        dimension=dimension,
        uncertainty="float64: sub-optimal by duality_gap() at most; ties and uniqueness judged at a relative 1e-9",
    )


def support(U: Array) -> list[int] | None:
    """Return the tasks that float64 finds in use for the rows ``U``; None where it has no answer."""
    if not np.isfinite((U * U).sum()):
        return None
    try:
        return [int(ell) for ell in np.flatnonzero(_nearest(U, np.linalg.norm(U, axis=1)))]
    except NotConverged:
        return None


def value_without(program: SelectionProgram, tasks: tuple[int, ...]) -> dict[int, float]:
    """Return for each of ``tasks`` the optimal value if it is left out; infinite where it is the only task."""
    U = _coordinates(F64.array(np.vectorize(program.field.public, otypes=[object])(deviations(program, program.field))))
    found = {}
    for ell in tasks:
        rest = np.delete(U, ell, axis=0)
        x = _nearest(rest, np.linalg.norm(rest, axis=1)) @ rest if len(rest) else np.array([np.inf])
        found[ell] = float(x @ x)
    return found


def _coordinates(U: Array) -> Array:
    """The same rows in at most T coordinates, with the same products."""
    if not np.isfinite((U * U).sum()):
        raise NotConverged("the program leaves the float64 range: rescale it, or use field=MP(dps) or EXACT")
    if U.shape[1] <= 2 * len(U):
        return U
    return np.asarray(np.linalg.qr(U.T, mode="r")).T


def _nearest(U: Array, size: Array) -> Array:
    """Probabilities of the point of conv{u_ℓ} nearest to 0."""
    s = float(np.sqrt(np.mean(size**2)))
    if s == 0:
        return np.full(len(U), 1 / len(U))
    x = solve_float(np.vstack([U.T / s, np.ones(len(U))]), np.append(np.zeros(U.shape[1]), 1.0))
    total = x.sum()
    if not total > 0:
        raise NotConverged("the program is too ill-conditioned for float64: use field=EXACT")
    return np.asarray(x / total)


def _shortest(Z: Array, start: Array) -> Array | None:
    """The shortest π >= 0 in start + span Z, Z with orthonormal columns; None if float64 does not find it.

    With π_⊥ = start − ZZᵀstart: min ‖z‖ subject to Zz >= −π_⊥, which is the residual of nonnegative least squares
    (Lawson and Hanson 1974, chapter 23: least distance programming).
    """
    base = start - Z @ (Z.T @ start)
    if base.min() >= 0:
        return np.asarray(base / base.sum())
    u = solve_float(np.vstack([Z.T, -base]), np.append(np.zeros(Z.shape[1]), 1.0))
    rest = 1 + base @ u
    if not rest > 1e-12:
        return None
    found = np.where(u > 0, 0.0, base + Z @ (Z.T @ u) / rest)
    if found.min() < -_RANK:
        return None
    found = np.maximum(found, 0.0)
    return np.asarray(found / found.sum())


def _open_directions(Z: Array, weights: Array) -> int:
    """Return the dimension of the optimal set: 0 if every direction of Z leaves π >= 0."""
    idle = weights <= 0
    if idle.any() and np.linalg.matrix_rank(Z[idle], tol=_RANK) == Z.shape[1]:
        # a direction that keeps π >= 0 is positive on some idle task
        from scipy.optimize import linprog

        bounds = np.zeros(int(idle.sum()))
        found = linprog(-Z[idle].sum(axis=0), A_ub=-Z[idle], b_ub=bounds, bounds=(-1, 1))
        if found.status == 0 and found.fun is not None and -found.fun <= _RANK:
            return 0
    return int(Z.shape[1])
