"""The optimal mixture in float64: the nearest point, then the shortest mixture of the optimal face."""

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import F64, Array
from theorycalc.selection.nearest_point import Point, measured, nearest_point
from theorycalc.selection.optimal_face import Face, optimal_face
from theorycalc.selection.optimum import Optimum
from theorycalc.selection.program import SelectionProgram

_POLISHED = 1e-10  # of max(1, value): a gap that is not worth a note


def float_optimum(program: SelectionProgram) -> Optimum:
    """Return the optimum in float64; of several optimal mixtures the shortest."""
    R, one = rows(program)
    point, face = _optimal(R, one)
    value = float(point.x @ point.x)
    notes: tuple[str, ...] = ()
    if point.gap > _POLISHED * max(1.0, value):
        notes = (
            f"rounding leaves a gap of {point.gap:.1e} at this range of scales; field=EXACT or BALL(bits) has none",
        )
    return Optimum(
        weights=point.weights,
        value=value,
        multiplier=float(2 * (value - one @ point.x)),  # one @ x = tr x
        reduced_costs=2 * point.slack,
        gap=point.gap,
        face=tuple(int(ell) for ell in face.tasks),
        dimension=face.dimension,
        uncertainty="float64: sub-optimal by duality_gap() at most, which counts rounding; ties judged to rounding",
        notes=notes,
    )


def shortest_weights(R: Array, one: Array) -> tuple[Array, float]:
    """Return the shortest optimal mixture of rows Σ⁻¹Λ_ℓ, and the value."""
    point, _ = _optimal(R, one)
    return point.weights, float(point.x @ point.x)


def _optimal(R: Array, one: Array) -> tuple[Point, Face]:
    point = nearest_point(R, one)
    face = optimal_face(R, one, point)
    if face.weights is not None:
        weights = np.zeros(len(R))
        weights[face.tasks] = face.weights
        shorter = measured(R, one, weights)
        if shorter.gap <= max(4 * point.gap, _POLISHED * max(1.0, float(point.x @ point.x)) / 2):
            point = shorter
    return point, face


def rows(program: SelectionProgram) -> tuple[Array, Array]:
    """Return the numbers of Σ⁻¹Λ_ℓ as rows (T, D), and those of I (D,)."""
    ratios = program.ratios
    one = np.ones(program.d) if ratios.ndim == 2 else np.eye(program.d).reshape(-1)
    if ratios.dtype == object:
        ratios = F64.array(np.vectorize(program.field.public, otypes=[object])(ratios))
    return ratios.reshape(len(ratios), -1), one


def support(R: Array, one: Array) -> list[int] | None:
    """Return the tasks that float64 finds in use; None where it has no answer."""
    try:
        return [int(ell) for ell in np.flatnonzero(nearest_point(R, one).weights)]
    except NotConverged:
        return None


def value_without(program: SelectionProgram, tasks: tuple[int, ...]) -> dict[int, float]:
    """Return for each of ``tasks`` the optimal value if it is left out; infinite where it is the only task."""
    R, one = rows(program)
    if R.shape[1] > 2 * len(R):  # the same products in fewer coordinates
        both = np.asarray(np.linalg.qr(np.vstack([R, one]).T, mode="r")).T
        R, one = both[:-1], both[-1]
    found = {}
    for ell in tasks:
        if len(R) == 1:
            found[ell] = np.inf
            continue
        others = np.delete(np.arange(len(R)), ell)
        x = nearest_point(R[others], one).x
        found[ell] = float(x @ x)
    return found
