"""All optimal mixtures in float64: a polytope {π >= 0, Σ π_ℓ r_ℓ = r̄, Σ π_ℓ = 1}, its shortest point, its dimension."""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array
from theorycalc.selection.nearest_point import UNIT, Point

_TIE = 1e-11  # angles of a row to the optimal face, and distances of x from 0, that count as 0
_RANK = 1e-12  # singular values this small, relative to the largest, count as 0
_OPEN = 1e-9  # a probability that some optimal mixture gives to a task, for the task not to be always idle
_MOST_NEWTON, _MOST_HALVINGS = 100, 40


@dataclass(frozen=True)
class Face:
    """The tasks that optimal mixtures may use, the shortest of these mixtures, and the dimension of their set."""

    tasks: Array  # (F,) indices
    weights: Array | None  # (F,) of the shortest; None if float64 finds none that is as good
    dimension: int


def optimal_face(R: Array, one: Array, point: Point) -> Face:
    """Return the face of a point that is optimal up to rounding.

    Cost: O(F q²) for F tasks on the face of rank q <= D + 1, and a linear program if some of them may be always idle.
    """
    tasks = _tied(R, one, point)
    if tasks.size == 1:
        return Face(tasks=tasks, weights=None, dimension=0)
    weights = point.weights[tasks]
    rows = _independent_rows(R[tasks])  # (q, F) orthonormal
    if len(rows) == tasks.size:
        return Face(tasks=tasks, weights=None, dimension=0)
    shortest = _shortest(rows, rows @ weights)
    dimension = _dimension(rows, weights if shortest is None else shortest)
    return Face(tasks=tasks, weights=shortest, dimension=dimension)


def _tied(R: Array, one: Array, point: Point) -> Array:
    used = np.flatnonzero(point.weights)
    lengths = np.linalg.norm(one - R[used], axis=1)
    length = float(np.linalg.norm(point.x))
    cancelled = float(point.weights[used] @ lengths)
    rounding = (used.size + 4) * UNIT * float(np.linalg.norm(np.abs(one) + point.weights[used] @ np.abs(R[used])))
    if length <= rounding or (used.size > 1 and length <= _TIE * cancelled):
        return np.arange(len(R))
    mean = point.weights[used] @ R[used]
    distance = np.empty(len(R))
    for first in range(0, len(R), 64):
        distance[first : first + 64] = np.linalg.norm(R[first : first + 64] - mean, axis=1)
    return np.flatnonzero((point.slack <= _TIE * distance * length + point.error) | (point.weights > 0))


def _independent_rows(R: Array) -> Array:
    """Orthonormal rows (q, F) that span those of (R − mean, 1)ᵀ."""
    centre = R.mean(axis=0)
    moved = R - centre
    if moved.shape[1] > 2 * len(moved):
        moved = np.asarray(np.linalg.qr(moved.T, mode="r")).T
    F = len(R)
    ones = np.full((1, F), 1 / np.sqrt(F))
    _, values, right = np.linalg.svd(moved.T, full_matrices=False)
    floor = max(_RANK * float(values[0]), 8 * UNIT * np.sqrt(R.size) * float(np.max(np.abs(R))))
    kept = right[values > floor]
    return np.vstack([kept, ones])


def _shortest(rows: Array, wanted: Array) -> Array | None:
    """The shortest π >= 0 with rows · π = wanted, for orthonormal rows; None if float64 does not find it.

    π = max(0, rowsᵀλ) where λ maximises the concave wantedᵀλ − ½‖max(0, rowsᵀλ)‖²: Newton's method on its
    piecewise linear gradient, with halved steps.
    """
    lam = wanted.copy()
    scale = float(np.linalg.norm(wanted))
    pi = np.maximum(rows.T @ lam, 0.0)
    value = wanted @ lam - pi @ pi / 2
    for _ in range(_MOST_NEWTON):
        slope = wanted - rows @ pi
        if np.linalg.norm(slope) <= 1e-14 * scale * np.sqrt(len(wanted)):
            break
        active = rows[:, pi > 0]
        hessian = active @ active.T
        step = np.linalg.solve(hessian + 1e-13 * np.eye(len(lam)), slope)
        share = 1.0
        for _ in range(_MOST_HALVINGS):
            moved = lam + share * step
            found = np.maximum(rows.T @ moved, 0.0)
            reached = wanted @ moved - found @ found / 2
            if reached >= value + 1e-4 * share * (slope @ step) or np.linalg.norm(
                wanted - rows @ found
            ) < 0.5 * np.linalg.norm(slope):
                break
            share /= 2
        else:
            break
        lam, pi, value = moved, found, reached
    if np.linalg.norm(wanted - rows @ pi) > 1e-12 * scale:
        return None
    return np.asarray(pi / pi.sum())


def _dimension(rows: Array, weights: Array) -> int:
    """Dimension of {π >= 0: rows · π = rows · weights}.

    It is the number of columns less the rank, over the tasks that some mixture of the set uses.
    """
    idle = np.flatnonzero(weights <= _OPEN * np.max(weights))
    if idle.size:
        idle = idle[~_open(rows, weights, idle)]
    if not idle.size:
        return int(rows.shape[1] - len(rows))
    used = np.delete(rows, idle, axis=1)
    return int(used.shape[1] - np.linalg.matrix_rank(used, tol=1e-9))


def _open(rows: Array, weights: Array, idle: Array) -> Array:
    """Say for each idle task whether some mixture of the set uses it.

    The most tasks at once: directions z with rows · z = 0, z >= t on the idle tasks, 0 <= t <= 1, largest Σ t.
    """
    wanted = np.zeros(rows.shape[1])
    wanted[idle] = 1.0
    if (wanted[idle] - rows[:, idle].T @ (rows @ wanted) > _OPEN).all():  # the direction nearest to 1 uses all of them
        return np.ones(idle.size, dtype=bool)
    from scipy.optimize import linprog

    F = rows.shape[1]
    busy = np.delete(np.arange(F), idle)
    columns = np.hstack([rows[:, busy], rows[:, idle], rows[:, idle]])  # free, t, z − t
    cost = np.concatenate([np.zeros(busy.size), -np.ones(idle.size), np.zeros(idle.size)])
    bounds = np.concatenate(
        [
            np.tile([-np.inf, np.inf], (busy.size, 1)),
            np.tile([0, 1], (idle.size, 1)),
            np.tile([0, np.inf], (idle.size, 1)),
        ]
    )
    found = linprog(cost, A_eq=columns, b_eq=np.zeros(len(rows)), bounds=bounds.tolist(), method="highs")
    if found.status != 0 or found.x is None:
        return np.zeros(idle.size, dtype=bool)
    return np.asarray(found.x[busy.size : busy.size + idle.size] > 0.5)
