"""Spectral edges of many problems at once, in float64: what phase diagrams are made of.

The zeros of ψ′ are those of H − 1, H = (Σ ωᵢ pᵢ⁻²)^{−1/2} with pᵢ = |α − cᵢ|/cᵢ, a concave function of α on each of the
intervals that bound the support: Newton's method from a point with H < 1 approaches without ever passing the zero.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import Array
from theorycalc.results import Frozen

_CELLS = 2**21  # numbers in a block of (problems, eigenvalues)
_STEPS = 200
_SETTLED = 1e-10  # relative step of α, of second order in the edge


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EdgeGrid(Frozen):
    """λ₋ (for d > m where the part away from 0 begins) and λ₊ of every problem."""

    lower: Array  # (g,)
    upper: Array  # (g,)

    def _table(self) -> dict[str, Any]:
        return {"lower": self.lower, "upper": self.upper}


def edge_grid(c: Array, m: Array) -> EdgeGrid:
    """Return the edges of the limiting spectrum for every row of ``c``, with real m.

    Parameters
    ----------
    c : (g, d) positive eigenvalues of C, float64
    m : (g,) positive numbers; d = m exactly gives a lower edge of 0

    Returns
    -------
    EdgeGrid
        with a relative error of about 1e-12 in λ₊; in λ₋ of about 1e-14 λ₊ absolutely.

    Raises
    ------
    NotConverged
        if an edge leaves the float64 range.

    Cost: O(g d) per Newton step, some ten steps.  Claims: RMT-02.
    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995).

    Examples
    --------
    >>> found = edge_grid(np.array([[1.0], [0.5]]), np.array([4.0, 0.25]))
    >>> found.lower, found.upper
    (array([0.25, 0.5 ]), array([2.25, 4.5 ]))
    """
    lower, upper = np.empty(len(c)), np.empty(len(c))
    block = max(1, _CELLS // max(1, c.shape[1]))
    for start in range(0, len(c), block):
        rows = slice(start, start + block)
        lower[rows], upper[rows] = _edges(c[rows], m[rows])
    if not (np.all(np.isfinite(upper)) and np.all(np.isfinite(lower))):
        raise NotConverged("an edge leaves the float64 range: rescale the covariances")
    return EdgeGrid(lower=lower, upper=upper)


def _edges(c: Array, m: Array) -> tuple[Array, Array]:
    unit = c.max(axis=1)
    c = c / unit[:, None]
    weight = 1 / m
    top, bottom = (c == 1).sum(axis=1) * weight, c.min(axis=1)
    least = (c == bottom[:, None]).sum(axis=1) * weight
    d = c.shape[1]
    with np.errstate(all="ignore"):
        upper = _value(_zero(1 + np.sqrt(top), c, weight), c, weight)
        start = np.where(d < m, bottom * (1 - np.sqrt(least)), 0.0)
        lower = _value(_zero(start, c, weight), c, weight)
        return unit * np.where(d == m, 0.0, np.maximum(lower, 0.0)), unit * upper


def _zero(start: Array, c: Array, weight: Array) -> Array:
    """Return the zero of H − 1 for each row, from where H ≤ 1."""
    alpha = start.copy()
    moving = np.arange(len(c))
    for _ in range(_STEPS):
        part = c[moving]
        p = (alpha[moving, None] - part) / part
        square = p**-2
        total = weight[moving] * square.sum(axis=1)
        slope = weight[moving] * (square / (p * part)).sum(axis=1)  # −(total)′/2
        step = (1 - total**-0.5) / (total**-1.5 * slope)
        alpha[moving] += step
        moving = moving[np.abs(step) > _SETTLED * np.abs(alpha[moving])]
        if not moving.size:
            return alpha
    return alpha


def _value(alpha: Array, c: Array, weight: Array) -> Array:
    """ψ(α) = α (1 − φ) + α² Σ ω/(α − c), which keeps its digits for α near 0."""
    a = alpha[:, None]
    near = alpha * (1 - weight * c.shape[1]) + alpha**2 * weight * (1 / (a - c)).sum(axis=1)
    far = alpha * (1 + weight * (c / (a - c)).sum(axis=1))
    return np.asarray(np.where(alpha > 1, far, near))
