"""Nonnegative least squares: minimise ½ xᵀGx − rᵀx over x >= 0, in rationals and in float64.

Both problems of this folder are of that form: the best mixture of tasks, and the shortest of several best mixtures.
"""

from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT, Array, rational_solution

_MOST_CHANGES = 30  # of the passive set, for each unknown


def solve_rational(G: Array, r: Array, *, start: list[int] | None = None) -> tuple[Array, list[int]]:
    """Return (x, passive) over EXACT scalars, where x solves the problem and is positive on ``passive`` alone.

    Lawson and Hanson's active-set method: G restricted to ``passive`` stays invertible, and the objective falls with
    every change, so the method ends; what it returns satisfies x >= 0, Gx − r >= 0, xᵀ(Gx − r) = 0 exactly.

    Parameters
    ----------
    G : (T, T) Gram matrix EᵀE of rationals; r : (T,), in the range of Eᵀ
    start : a guess of the unknowns that are positive; used if it is the answer or leads to it

    Cost: O(p³) rational operations for each change of p positive unknowns.
    Source: Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.

    Examples
    --------
    Nearest point to 1 on the half-lines of 1 and 2: x = (0, 1/2) or (1, 0), whichever is met first.

    >>> one, two, four = (EXACT.number(value) for value in (1, 2, 4))
    >>> x, passive = solve_rational(np.array([[one, two], [two, four]]), np.array([one, two]))
    >>> print(x, passive)
    [0 1/2] [1]
    """
    zero = EXACT.number(0)
    x = np.array([zero] * len(r), dtype=object)
    passive: list[int] = []
    if start:
        guess = _restricted(G, r, start)
        if guess is not None and min(guess) > 0:
            passive, x[start] = list(start), guess
    for _ in range(_MOST_CHANGES * (len(r) + 1)):
        slopes = r - (G[:, passive] @ x[passive] if passive else 0 * r)
        free = [j for j in range(len(r)) if j not in passive and slopes[j] > 0]
        if not free:
            return x, sorted(passive)
        passive.append(max(free, key=lambda j: slopes[j]))
        while True:
            goal = _restricted(G, r, passive)
            if goal is None:
                raise NotConverged("a passive set became dependent: the right-hand side is not in the range")
            if min(goal) > 0:
                x[passive] = goal
                break
            here = x[passive]
            share = min(h / (h - g) for h, g in zip(here, goal, strict=True) if g <= 0)
            moved = here + (goal - here) * share
            x[passive] = moved
            passive = [j for j, value in zip(passive, moved, strict=True) if value > 0]
    raise NotConverged("nonnegative least squares did not end")  # pragma: no cover - the method is finite


def _restricted(G: Array, r: Array, passive: list[int]) -> Array | None:
    """Solve G x = r on the passive unknowns; None if G is singular there."""
    try:
        return rational_solution(G[np.ix_(passive, passive)], r[passive])
    except ZeroDivisionError:
        return None


def solve_float(E: Array, f: Array) -> Array:
    """Return x >= 0 that minimises ‖E x − f‖ in float64, by scipy's Lawson–Hanson method.

    Raises
    ------
    NotConverged
        if scipy gives up.
    """
    from scipy.optimize import nnls

    try:
        found: Any = nnls(E, f, maxiter=_MOST_CHANGES * (E.shape[1] + 1))
    except RuntimeError:
        raise NotConverged("nonnegative least squares did not converge in float64: use field=EXACT") from None
    return np.asarray(found[0])
