"""Minimise a smooth function over the probability simplex: projected steps, then Newton's on the face in use.

A value E that ranges over many decades is minimised through φ = E^{1/root}: for errors after k steps of thinking
root = k makes φ quadratic where it vanishes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import Array

ValueAndSlopes = Callable[[Array], tuple[float, Array]]

_MOST_STEPS = 400
_MEMORY = 8  # values a step is compared with (Grippo, Lampariello and Lucidi)
_ARMIJO = 1e-4
_LENGTHS = (1e-12, 1e12)
_MOST_HALVINGS = 40
_NEWTON, _NEWTON_TASKS, _DIFFERENCE = 20, 60, 1e-6
_SHARES = (1.0, 0.5, 0.25, 0.1, 0.03)


@dataclass(frozen=True)
class Stationary:
    """Probabilities at which descent ended, their value, and πᵀg − min g >= 0 for its slopes g."""

    weights: Array
    value: float
    gap: float

    @property
    def relative(self) -> float:
        """The gap relative to the value: to first order no mixture betters it by a larger share."""
        return self.gap / self.value if self.value > 0 else 0.0


@dataclass(frozen=True)
class _Point:
    """φ and its slopes less their mean under π."""

    pi: Array
    value: float
    phi: float
    slopes: Array

    @property
    def gap(self) -> float:
        return float(max(0.0, -np.min(self.slopes)))


class _Function:
    """φ = E^{1/root} of a function E >= 0; E itself, which may be negative, for root = 1."""

    def __init__(self, function: ValueAndSlopes, root: int) -> None:
        self.function, self.root = function, root

    def at(self, pi: Array) -> _Point:
        value, slopes = self.function(pi)
        slopes = slopes - slopes @ pi
        if self.root == 1:
            return _Point(pi, value, value, slopes)
        if value <= 0:
            return _Point(pi, value, 0.0, np.zeros_like(slopes))
        phi = float(value ** (1 / self.root))
        return _Point(pi, value, phi, slopes * (phi / value / self.root))

    def tried(self, pi: Array) -> _Point | None:
        try:
            return self.at(pi)
        except NotConverged:
            return None


def minimised(
    function: ValueAndSlopes, start: Array, *, tolerance: float, root: int = 1, floor: float = 0.0, newton: bool = True
) -> Stationary:
    """Return where descent from ``start`` ends.

    Spectral projected gradients (Birgin, Martínez and Raydan 2000) and, with ``newton``, Newton's steps on the tasks in
    use with second derivatives from differences of slopes.  Descent ends where the gap relative to the value is at most
    ``tolerance``, or the value at most ``floor``, which rounding does not tell from 0.
    """
    phi = _Function(function, root)
    best = _projected_steps(phi, phi.at(start), tolerance, floor)
    if newton:
        best = _newton_steps(phi, best, tolerance, floor)
    return _stationary(best, root)


def minimised_by_differences(function: ValueAndSlopes, start: Array, *, tolerance: float, root: int) -> Stationary:
    """Return where sequential quadratic programming ends, for functions whose slopes cost many values."""
    from scipy.optimize import minimize as untyped

    minimize: Any = untyped
    phi, T = _Function(function, root), len(start)
    best = phi.at(start)

    def evaluated(pi: Array) -> tuple[float, Array]:
        nonlocal best
        pi = np.maximum(pi, 0.0)
        found = phi.tried(pi / pi.sum())
        if found is None:
            return 1e3 * abs(best.phi), np.zeros(T)
        best = found if found.phi < best.phi else best
        return found.phi, found.slopes

    minimize(
        evaluated,
        start,
        jac=True,
        bounds=[(0.0, 1.0)] * T,
        constraints=[{"type": "eq", "fun": lambda pi: pi.sum() - 1, "jac": lambda pi: np.ones(T)}],
        method="SLSQP",
        options={"ftol": tolerance * abs(best.phi), "maxiter": 100},
    )
    return _stationary(best, root)


def projected(values: Array) -> Array:
    """Return the probabilities nearest to ``values``.

    >>> projected(np.array([0.5, 0.75, -1.0])).tolist()
    [0.375, 0.625, 0.0]
    """
    falling = np.sort(values)[::-1]
    excess = (np.cumsum(falling) - 1) / np.arange(1, len(values) + 1)
    last = int(np.flatnonzero(falling > excess)[-1])
    found = np.maximum(values - excess[last], 0.0)
    return np.asarray(found / found.sum())


def _stationary(point: _Point, root: int) -> Stationary:
    scale = root * point.value / point.phi if root > 1 and point.phi > 0 else 1.0
    return Stationary(weights=point.pi, value=point.value, gap=point.gap * scale)


def _is_done(point: _Point, tolerance: float, floor: float) -> bool:
    return point.value <= floor or point.gap <= tolerance * abs(point.phi)


def _projected_steps(phi: _Function, point: _Point, tolerance: float, floor: float) -> _Point:
    best, memory = point, [point.phi]
    length = 1.0 / max(float(np.max(np.abs(point.slopes))), 1e-300)
    for _ in range(_MOST_STEPS):
        if _is_done(point, tolerance, floor):
            break
        direction = projected(point.pi - length * point.slopes) - point.pi
        descent = float(point.slopes @ direction)
        if not descent < 0:
            break
        moved, share = None, 1.0
        for _ in range(_MOST_HALVINGS):
            found = phi.tried(projected(point.pi + share * direction))
            if found is not None and found.phi <= max(memory) + _ARMIJO * share * descent:
                moved = found
                break
            share /= 2
        if moved is None:
            break
        change, turn = moved.pi - point.pi, moved.slopes - point.slopes
        curvature = float(change @ turn)
        longer = float(change @ change) / curvature if curvature > 0 else 10 * length
        length = float(np.clip(longer, *_LENGTHS))
        if np.max(np.abs(change)) <= 1e-17:
            break
        point = moved
        memory = [*memory[-_MEMORY + 1 :], point.phi]
        best = point if point.phi < best.phi else best
    return best


def _newton_steps(phi: _Function, point: _Point, tolerance: float, floor: float) -> _Point:
    for _ in range(_NEWTON):
        if _is_done(point, tolerance, floor):
            break
        face = np.flatnonzero((point.pi > 0) | (point.slopes <= -0.9 * point.gap))
        if not 1 < len(face) <= _NEWTON_TASKS:
            break
        moved = _accepted(phi, point, _newton_step(phi, point, face))
        if moved is None:
            break
        point = moved
    return point


def _accepted(phi: _Function, point: _Point, step: Array) -> _Point | None:
    """Go along ``step`` as far as π >= 0 and the value falls, or the gap halves at the same value."""
    falling = step < 0
    most = float(np.min(-point.pi[falling] / step[falling], initial=1.0))
    for share in _SHARES:
        trial = point.pi + min(share, most) * step
        if most <= share:
            trial[falling & (trial <= 1e-15)] = 0.0
        trial = np.maximum(trial, 0.0)
        found = phi.tried(trial / trial.sum())
        if found is None:
            continue
        level = found.phi <= point.phi + 1e-13 * abs(point.phi)
        if found.phi < point.phi or (level and found.gap < 0.5 * point.gap):
            return found
    return None


def _newton_step(phi: _Function, point: _Point, face: Array) -> Array:
    """Solve for the step on the face; curvatures are taken positive, so that it descends."""
    base = int(face[np.argmax(point.pi[face])])
    others = face[face != base]
    columns = np.empty((len(others), len(others)))
    h = _DIFFERENCE * float(point.pi[base])
    for j, ell in enumerate(others):
        moved = point.pi.copy()
        moved[ell] += h
        moved[base] -= h
        found = phi.tried(moved)
        change = np.zeros_like(moved) if found is None else (found.slopes - point.slopes) / h
        columns[:, j] = change[others] - change[base]
    gradient = point.slopes[others] - point.slopes[base]
    values, vectors = np.linalg.eigh((columns + columns.T) / 2)
    floor = 1e-10 * max(float(np.max(np.abs(values))), 1e-300)
    change = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), floor))
    step = np.zeros_like(point.pi)
    step[others] = change
    step[base] = -change.sum()
    return step
