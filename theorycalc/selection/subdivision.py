"""A lower bound on E_k over the mixtures of two or three tasks, for spectra and any sampling model: subdivision.

Over a part of the simplex with known corners, a_i of the trained map has a range that its corners give:

- "pooled": 1/a_i is affine in π;
- "per_prompt": a_i is a quotient of affine functions, which is monotone on every line: its extremes are at corners;
- "per_example": 1/a_i = (1 − 1/n) λ̄_i + (affine)/λ̄_i, whose two terms have their extremes at corners.

E_k is a sum over directions of w_i (1 − a_i σ_i)^{2k}, and of c_i a_i² after one step at finite m: its least value over
the ranges bounds it.  Parts that cannot better the best mixture are dropped, the others are cut in half.
"""

import numpy as np

from theorycalc.fields import Array
from theorycalc.selection.objective import TrueObjective

_MOST_TASKS = 3
_MOST_PARTS = 60_000
_BATCH = 4_096
_ROUNDING = 1e-12


def applies_to(objective: TrueObjective) -> bool:
    """Whether there is such a bound."""
    few = objective.count <= _MOST_TASKS
    return few and objective.is_diagonal and objective.is_closed_form and objective.steps >= 1


def subdivided_bound(objective: TrueObjective, value: float, *, tolerance: float) -> tuple[float, Array | None]:
    """Return a number that no mixture betters, and a better mixture if one was met.

    Parameters
    ----------
    value : of the best mixture known
    tolerance : relative distance from ``value`` at which the bound is good enough
    """
    parts = np.eye(objective.count)[None]  # (parts, corners, T)
    best, better, seen, floor = value, None, 0, np.inf
    while len(parts) and seen < _MOST_PARTS:
        now, later = parts[:_BATCH], parts[_BATCH:]
        bounds = _least(objective, now)
        seen += len(now)
        centres = now.mean(axis=1)
        found = np.array([objective.value(centre) for centre in centres[np.argsort(bounds)[:4]]])
        if found.min() < best:
            best, better = float(found.min()), centres[np.argsort(bounds)[:4]][int(np.argmin(found))]
        open_ = bounds < best * (1 - tolerance)
        floor = min(floor, float(bounds[~open_].min(initial=np.inf)))
        now, bounds = now[open_], bounds[open_]
        parts = np.concatenate([later, _halves(now)]) if len(now) else later
    if len(parts):
        rest = np.concatenate([_least(objective, parts[i : i + _BATCH]) for i in range(0, len(parts), _BATCH)])
        floor = min(floor, float(rest.min()))
    return max(0.0, min(floor, best) * (1 - _ROUNDING)), better


def _halves(parts: Array) -> Array:
    """Cut every part at the middle of its longest edge."""
    T = parts.shape[1]
    pairs = [(i, j) for i in range(T) for j in range(i + 1, T)]
    lengths = np.stack([np.linalg.norm(parts[:, i] - parts[:, j], axis=1) for i, j in pairs], axis=1)
    longest = np.array(pairs)[np.argmax(lengths, axis=1)]
    rows = np.arange(len(parts))
    first, second = parts.copy(), parts.copy()
    middle = (parts[rows, longest[:, 0]] + parts[rows, longest[:, 1]]) / 2
    first[rows, longest[:, 0]] = middle
    second[rows, longest[:, 1]] = middle
    return np.concatenate([first, second])


def _least(objective: TrueObjective, parts: Array) -> Array:
    """Lower bounds of E_k over parts, (parts,)."""
    low, high = _ranges(objective, parts)
    s, k = objective.Sigma, objective.steps
    w = objective.P * objective.Q
    u_low, u_high = low * s, high * s
    distance = np.maximum(0.0, np.maximum(u_low - 1, 1 - u_high))  # of 1 from the range of u = aσ
    bound = (w * distance ** (2 * k)).sum(axis=1)
    spread = objective._spread(k)
    if spread:
        c = s * s * objective.Q + s * (float(objective.Q @ s) + float(objective.setup.noise_var))
        bound = bound + spread * (objective.P * low * low * c).sum(axis=1)
    return np.asarray(bound * (1 - _ROUNDING))


def _ranges(objective: TrueObjective, parts: Array) -> tuple[Array, Array]:
    """Least and largest a_i over each part, (parts, d)."""
    linear = parts @ objective.parts  # (parts, corners, d)
    if objective.mixture.sampling == "pooled":
        return 1 / linear.max(axis=1), 1 / linear.min(axis=1)
    mean = parts @ objective.tasks
    if objective.mixture.sampling == "per_prompt":
        quotient = mean / linear
        return quotient.min(axis=1), quotient.max(axis=1)
    share = 1 - 1 / objective.setup.n
    quotient = linear / mean
    return (
        1 / (share * mean.max(axis=1) + quotient.max(axis=1)),
        1 / (share * mean.min(axis=1) + quotient.min(axis=1)),
    )
