"""Enclosures of E_k over intervals of n: Chebyshev interpolation with a proved remainder.

In u = log(1 + 1/(nτ)), τ = min_i λ_i/(λ_i + tr Λ), the eigenvalues of Γ⁻¹ are analytic in the strip |Im u| < π, and so
is E_k, a polynomial in them.  There |s_i(u)| <= s_i(Re u)/cos(Im u/2), which bounds |E_k| by the method ``modulus`` of
:class:`RungAtLength`.  If |E_k| <= B on the ellipse around a panel whose semi-axes add up to ρ half-widths, then the
polynomial through N Chebyshev points is off by at most 4 B ρ^{1−N}/(ρ − 1); a polynomial of degree below N is bounded
on an interval by its values at M Chebyshev points of that interval, times 1/cos(πN/2M) (Ehlich and Zeller 1964).
"""

import math
from dataclasses import dataclass, field

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import Array
from theorycalc.thinking.rung_at_length import RungAtLength

_HALF_WIDTH = 0.9  # of a panel, in u
_HEIGHTS = (0.9, 1.7)  # imaginary half-axes tried
_MOST_NODES, _FEWEST_NODES = 56, 6
_OVERSAMPLING = 5
_PRECISION = 1e-6  # wanted remainder, relative to the smallest error of the panel
_NARROWEST = 1e-3
_PERTURBED = 1 + 1e-6  # nodes are Chebyshev points to a few roundings
_FUZZ = 4e-15
_UNIT, _TINY = 2.0**-53, 1e-280
_MOST_RUNS = 4_000


@dataclass(frozen=True)
class _Panel:
    """The interpolant on u in [left, right]; nodes in [−1, 1]."""

    left: float
    right: float
    nodes: Array  # (N,)
    weights: Array  # (N,) barycentric
    values: Array  # (N, steps + 1)
    error: Array  # (steps + 1,) of interpolation, rounding and evaluation

    def at(self, u: Array) -> Array:
        """Return the interpolant at u, (M, steps + 1)."""
        x = (2 * u - self.left - self.right) / (self.right - self.left)
        gaps = x[:, None] - self.nodes
        hit = gaps == 0
        gaps[hit] = 1.0
        terms = self.weights / gaps
        rows = hit.any(axis=1)
        terms[rows] = hit[rows]
        return np.asarray((terms @ self.values) / terms.sum(axis=1)[:, None])

    def lower(self, left: float, right: float) -> Array:
        """Return bounds of E_k from below on the part of [left, right] inside the panel, (steps + 1,)."""
        left, right = max(left, self.left), min(right, self.right)
        count = self.nodes.size
        samples = _OVERSAMPLING * count
        angles = (2 * np.arange(samples) + 1) * (math.pi / (2 * samples))
        found = self.at((left + right) / 2 + (right - left) / 2 * np.cos(angles))
        top, bottom = found.max(axis=0), found.min(axis=0)
        half = (top - bottom) / 2 / math.cos(math.pi * count / (2 * samples))
        return np.asarray((top + bottom) / 2 - half - self.error)


@dataclass
class Enclosure:
    """Enclosures of E_k over n, for the steps ``asked``; panels are computed when they are first needed.

    ``scale`` is the smallest target: below it no digits are needed.
    """

    rung: RungAtLength
    asked: Array  # steps k
    scale: float
    runs: int = 0
    _panels: dict[tuple[int, int], _Panel | None] = field(default_factory=dict)
    _bounds: dict[tuple[int, int | None], Array] = field(default_factory=dict)
    _points: dict[float | None, tuple[Array, Array]] = field(default_factory=dict)
    _cached: dict[float, tuple[Array, Array]] = field(default_factory=dict)
    _roundings: dict[float, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        family = self.rung.family
        with family.field.working():
            lam, mu = (np.array([float(x) for x in part]) for part in (family.lam, family.mu))
        tau = lam / mu
        self._mu, self._tau = mu, float(np.min(tau))
        self._delta = tau - self._tau
        self._end = math.log1p(1 / self._tau)
        self._count = max(1, math.ceil(self._end / (2 * _HALF_WIDTH)))

    def lower(self, a: int, b: int | None) -> Array:
        """Return bounds of E_k from below for all a <= n <= b (None: ∞), one for each k of 0 … steps."""
        key = (a, b)
        if key not in self._bounds:
            left, right = self._coordinate(b) * (1 - _FUZZ), self._coordinate(a) * (1 + _FUZZ)
            found = [panel.lower(left, right) for panel in self._overlapping(left, right)]
            self._bounds[key] = np.maximum(np.min(found, axis=0), 0.0)
        return self._bounds[key]

    def interval(self, n: float | None) -> tuple[Array, Array]:
        """Return bounds of E_k at n from below and above, (steps + 1,) each."""
        if n not in self._points:
            u = self._coordinate(n)
            panel = self._overlapping(u, u)[0]
            value = panel.at(np.array([min(max(u, panel.left), panel.right)]))[0]
            self._points[n] = value - panel.error, value + panel.error
        return self._points[n]

    def knows(self, a: int, b: int | None) -> bool:
        """Whether :meth:`lower` costs nothing there."""
        return (a, b) in self._bounds

    def _coordinate(self, n: float | None) -> float:
        return 0.0 if n is None else math.log1p(1.0 / (n * self._tau))

    def _t(self, u: float) -> float:
        return self._tau * math.expm1(u)

    def _overlapping(self, left: float, right: float) -> list[_Panel]:
        stack = [(0, index) for index in range(self._count)]
        found = []
        while stack:
            level, index = stack.pop()
            ends = self._ends(level, index)
            first, last = index == 0, index == (self._count << level) - 1
            if (ends[1] < left and not last) or (ends[0] > right and not first):
                continue
            if (level, index) not in self._panels:
                self._panels[level, index] = self._build(*ends)
            panel = self._panels[level, index]
            if panel is None:
                stack += [(level + 1, 2 * index), (level + 1, 2 * index + 1)]
            else:
                found.append(panel)
        return found

    def _ends(self, level: int, index: int) -> tuple[float, float]:
        count = self._count << level
        return self._end * index / count, self._end * (index + 1) / count

    def _values(self, u: float) -> tuple[Array, Array]:
        if u not in self._cached:
            self.runs += 1
            self._cached[u] = self.rung.values(self._t(u))
        return self._cached[u]

    def _rounding(self, u: float) -> Array:
        """Estimates of the absolute float64 errors at u."""
        if u not in self._roundings:
            self.runs += 3
            value, relative = self._values(u)[0], self.rung.rounding(self._t(u))
            with np.errstate(invalid="ignore"):
                self._roundings[u] = np.where(value == 0, 0.0, relative * np.abs(value))
        return self._roundings[u]

    def _build(self, left: float, right: float) -> _Panel | None:
        """Return the interpolant on a panel, or None if the panel must be cut in two."""
        if self.runs > _MOST_RUNS:
            raise NotConverged("the error has too many scales in n to be enclosed everywhere; use everywhere=False")
        middle, half = (left + right) / 2, (right - left) / 2
        narrow = half < _NARROWEST
        samples = [self._values(u)[0] for u in (left, middle, right)]
        least = np.minimum.reduce(samples)
        wanted = _PRECISION * np.maximum(least, max(self.scale, _TINY))
        best: tuple[int, Array] | None = None
        for height in _HEIGHTS:
            count, remainder = self._nodes_for(middle, half, height, wanted)
            if best is None or count < best[0]:
                best = count, remainder
        assert best is not None
        count, remainder = best
        if count > _MOST_NODES and not narrow:
            return None
        if not np.all(np.isfinite(remainder[self.asked])):
            raise NotConverged("the error at some training length exceeds the float64 range; use fewer steps")
        angles = (2 * np.arange(count) + 1) * (math.pi / (2 * count))
        at = [middle + half * float(x) for x in np.cos(angles)]
        pairs = [self._values(u) for u in at]
        values, errors = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
        nodes = (2 * np.array(at) - left - right) / (right - left)
        gaps = 2 * (nodes[:, None] - nodes)
        np.fill_diagonal(gaps, 1.0)
        rounding = 2 * np.max([self._rounding(u) for u in (left, middle, right)], axis=0) + np.max(errors, axis=0)
        rounding = rounding + 8 * count * _UNIT * np.max(np.abs(values), axis=0)
        lebesgue = 2 / math.pi * math.log(count) + 2
        error = remainder * _PERTURBED + lebesgue * rounding
        if (
            not narrow
            and np.any(error[self.asked] > 10 * wanted[self.asked])
            and np.any(lebesgue * rounding[self.asked] > wanted[self.asked])
        ):
            spread = np.max(np.abs(values), axis=0) / np.maximum(least, max(self.scale, _TINY))
            if np.any(spread[self.asked] > 10):  # a narrower panel has less between its largest and smallest value
                return None
        return _Panel(
            left=left, right=right, nodes=nodes, weights=1 / np.prod(gaps, axis=1), values=values, error=error
        )

    def _nodes_for(self, middle: float, half: float, height: float, wanted: Array) -> tuple[int, Array]:
        """Return the number of nodes that leaves a remainder below ``wanted``, and the remainder for all k."""
        b = height / half
        a = math.sqrt(1 + b * b)
        rho = a + b
        nearest, farthest = (self._tau * math.exp(middle + side * half * a) for side in (-1, 1))  # of t + τ
        largest = 1 / (self._mu * (nearest + self._delta) * math.cos(height / 2))
        smallest = 1 / (self._mu * (farthest + self._delta))
        m = self.rung.family.setup.m
        epsilon = farthest + self._tau if self.rung.tied else 0.0 if m is None else 1.0 / m
        self.runs += 1
        modulus = self.rung.modulus(largest, smallest, epsilon)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            digits = np.log(4 * modulus * rho / (rho - 1) / wanted)[self.asked]
        most = float(np.max(digits))
        count = _MOST_NODES + 1 if not math.isfinite(most) else max(_FEWEST_NODES, math.ceil(most / math.log(rho)))
        kept = min(count, _MOST_NODES)
        return count, 4 * modulus * rho ** (1.0 - kept) / (rho - 1)
