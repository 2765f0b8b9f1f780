"""The point of conv{1 − r_ℓ} nearest to 0 in float64, for many rows r_ℓ in many coordinates, down to rounding.

Three stages.  Columns are generated: nonnegative least squares runs on few rows, those that would lower the norm are
added.  It sees the rows at the size they have, so that rows of very different length do not hide each other.  Then
steps of an active-set method remove what is left above rounding; they use differences of rows, which do not cancel.
"""

from dataclasses import dataclass

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import Array
from theorycalc.selection.nnls import solve_float

UNIT = 2.0**-53
_FEW = 128  # rows that are all taken at once
_MOST_ROUNDS = 200
_MOST_MOVES = 60  # of the active-set method, beyond one for each row in use
_MOST_STALE = 4  # moves that better nothing
_TINY = float(np.finfo(float).tiny)
_BLOCK = 64  # products summed in a row, before sums are added in pairs
_ROUNDING = _BLOCK + 48.0  # roundings in a product of many coordinates so summed


@dataclass(frozen=True)
class Point:
    """x = 1 − Σ π_ℓ r_ℓ with the slacks ⟨u_ℓ, x⟩ − ‖x‖² = ⟨Σ π r − r_ℓ, x⟩ of all rows, u_ℓ = 1 − r_ℓ."""

    weights: Array  # (T,)
    x: Array  # (D,)
    slack: Array  # (T,); all >= 0 at the optimum
    error: Array  # (T,) bounds of the rounding of the slacks

    @property
    def gap(self) -> float:
        """An upper bound of ‖x‖² − min: 2 max(−slack), with its rounding."""
        return float(max(0.0, np.max(2 * (self.error - self.slack))))


def nearest_point(R: Array, one: Array) -> Point:
    """Return the probabilities π that minimise ‖1 − Σ π_ℓ r_ℓ‖ for the rows of ``R`` (T, D) and ``one`` (D,).

    Raises
    ------
    NotConverged
        when squares leave the float64 range, or no stage ends.

    Cost: O(T D p) for p rows in use, and O(D p²) for each round.
    """
    size = _lengths(R, one)
    if not np.isfinite(size @ size):
        raise NotConverged("the program leaves the float64 range: rescale it, or use field=MP(dps) or EXACT")
    chosen = _first(size)
    weights = np.zeros(len(R))
    for _ in range(_MOST_ROUNDS):
        weights = np.zeros(len(R))
        weights[chosen] = _least_squares(R[chosen], one, size[chosen])
        point = measured(R, one, weights)
        missing = np.flatnonzero(point.slack < -2 * point.error)
        missing = missing[~np.isin(missing, chosen)]
        if not missing.size:
            break
        kept = chosen if len(chosen) <= _FEW else np.flatnonzero(weights)
        order = np.argsort(point.slack[missing] / np.maximum(size[missing], _TINY), kind="stable")
        chosen = np.union1d(kept, missing[order[: max(_FEW // 4, R.shape[1] // 8)]])
    return _refined(R, one, weights)


def measured(R: Array, one: Array, weights: Array) -> Point:
    """Return the point of a mixture, its slacks over all rows, and how far rounding may have moved these."""
    used = np.flatnonzero(weights)
    mean = R[used[0]] if used.size == 1 else _products(R[used].T, weights[used])
    x = one - mean
    slack = _products(mean, x) - _products(R, x)
    moved = min(used.size + 4, _ROUNDING) * UNIT * float(np.linalg.norm(mean))  # the mean
    turned = moved + UNIT * float(np.linalg.norm(x))  # and x
    error = _ROUNDING * UNIT * (_magnitudes(R, x) + float(np.abs(mean) @ np.abs(x)))
    error = error + moved * float(np.linalg.norm(x)) + turned * (_lengths(R) + float(np.linalg.norm(mean)))
    if used.size == 1:
        slack[used], error[used] = 0.0, 0.0
    return Point(weights=weights, x=x, slack=slack, error=error)


def _lengths(R: Array, one: Array | None = None) -> Array:
    """‖u_ℓ‖, or ‖r_ℓ‖, without a copy of all rows."""
    squares = np.empty(len(R))
    with np.errstate(over="ignore"):
        for first in range(0, len(R), 64):
            rows = R[first : first + 64] if one is None else one - R[first : first + 64]
            squares[first : first + 64] = np.einsum("td,td->t", rows, rows)
    return np.asarray(np.sqrt(squares))


def _products(R: Array, x: Array) -> Array:
    """⟨r_ℓ, x⟩ in blocks, whose sums are added in pairs: less rounding than one long sum."""
    D = R.shape[-1]
    whole = D - D % _BLOCK
    if not whole:
        return np.asarray(R @ x)
    blocks = np.einsum(
        "...bk,bk->...b", R[..., :whole].reshape(*R.shape[:-1], -1, _BLOCK), x[:whole].reshape(-1, _BLOCK)
    )
    return np.asarray(blocks.sum(axis=-1) + R[..., whole:] @ x[whole:])


def _magnitudes(R: Array, x: Array) -> Array:
    """Σ |r_ℓi x_i|, of positive terms: rounding does not matter."""
    found = np.empty(len(R))
    for first in range(0, len(R), 64):
        found[first : first + 64] = np.abs(R[first : first + 64]) @ np.abs(x)
    return found * (1 + 1e-6)


def _first(size: Array) -> Array:
    if len(size) <= _FEW:
        return np.arange(len(size))
    return np.sort(np.argsort(size, kind="stable")[: _FEW // 2])


def _least_squares(R: Array, one: Array, size: Array) -> Array:
    """Probabilities on few rows: nonnegative least squares with columns of length 1."""
    if not (size > 0).all():  # a row is the target itself, as exactly as float64 can tell
        return np.asarray((size == 0) / np.count_nonzero(size == 0))
    U = one - R
    if U.shape[1] > 2 * len(U):
        U = np.asarray(np.linalg.qr(U.T, mode="r")).T
    s = float(size.min())
    columns = np.vstack([(U / size[:, None]).T, s / size])
    lengths = np.linalg.norm(columns, axis=0)
    try:
        y = solve_float(columns / lengths, np.append(np.zeros(U.shape[1]), 1.0)) / (lengths * size)
    except NotConverged:
        y = np.zeros(len(R))
    total = y.sum()
    if not (np.isfinite(total) and total > 0):
        y = (size == s).astype(float)
        total = y.sum()
    return np.asarray(y / total)


def _refined(R: Array, one: Array, weights: Array) -> Point:
    """Remove slacks below rounding by steps of the active-set method; return the point of least gap."""
    best = point = measured(R, one, weights)
    extra: list[int] = []
    stale = 0
    for _ in range(_MOST_MOVES + np.count_nonzero(weights)):
        moved, whole = _step(R, point, extra)
        extra = []
        if moved is None:
            break
        last, point = point, measured(R, one, moved)
        stale = 0 if point.gap < best.gap or point.x @ point.x < last.x @ last.x else stale + 1
        if point.gap <= best.gap:
            best = point
        if stale > _MOST_STALE:
            break
        if not whole:
            continue
        doubtful = point.slack < -2 * point.error
        if not doubtful.any():
            break
        worst = int(np.argmin(np.where(doubtful, point.slack / np.maximum(_lengths(R, one), _TINY), 0.0)))
        extra = [] if point.weights[worst] > 0 else [worst]
    return best


def _step(R: Array, point: Point, extra: list[int]) -> tuple[Array | None, bool]:
    """Go towards the nearest point of the affine hull of the rows in use, as far as π >= 0; say if all the way."""
    used = np.concatenate([np.flatnonzero(point.weights), np.array(extra, dtype=int)])
    base = int(np.argmax(point.weights))
    others = used[used != base]
    if not others.size:
        return point.weights, True
    D = R[base] - R[others]  # (p − 1, D): u_j − u_base
    lengths = np.linalg.norm(D, axis=1)
    if not (lengths > 0).all():
        others, D, lengths = others[lengths > 0], D[lengths > 0], lengths[lengths > 0]
        if not others.size:
            return point.weights, True
    change = _solved((D / lengths[:, None]).T, -point.x) / lengths
    direction = np.zeros(len(R))
    direction[others] = change
    direction[base] = -change.sum()
    if extra and not direction[extra[0]] > 0:
        return None, False
    falling = np.flatnonzero(direction < 0)
    shares = point.weights[falling] / -direction[falling]
    share = min(1.0, float(shares.min(initial=1.0)))
    weights = point.weights + share * direction
    if share < 1:
        weights[falling[shares <= share]] = 0.0
    weights = np.maximum(weights, 0.0)
    total = weights.sum()
    if not (np.isfinite(total) and total > 0):
        return None, False
    return weights / total, share == 1.0


def _solved(columns: Array, wanted: Array) -> Array:
    if columns.shape[0] > 2 * columns.shape[1]:
        Q, triangle = np.linalg.qr(columns)
        columns, wanted = triangle, Q.T @ wanted
    return np.asarray(np.linalg.lstsq(columns, wanted, rcond=1e-13)[0])
