"""A lower bound on E_k over all mixtures: convex envelopes of what every direction contributes.

Spectra, "pooled" sampling, population rung: E_k(π) = Σ_i w_i (1 − σ_i/γ_i)^{2k} with γ(π) affine.  As a function of γ
a term is convex up to γ = (k + ½) σ and concave from there.  After one step at finite m, c_i/γ_i² is added,
and convexity ends at γ = (3/2)(w σ² + c)/(w σ).

Where no mixture of value at most E leaves the convex parts, a stationary mixture of value E is a global minimum.
Elsewhere each term is replaced by its convex envelope on the range of γ_i: a tangent that touches the graph and passes
below its last point.  A convex function that lies below E is minimised instead; its duality gap is subtracted.
"""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array
from theorycalc.selection.descent import Stationary, minimised
from theorycalc.selection.objective import TrueObjective

_BISECTIONS = 80
_ROUNDING = 1e-12  # relative, of sums of a few dozen positive terms


@dataclass(frozen=True)
class Terms:
    """E(π) = Σ_i [w_i (1 − σ_i/γ_i)^{2k} + c_i/γ_i²], γ = Gᵀπ, in d directions."""

    w: Array  # (d,)
    sigma: Array  # (d,)
    c: Array  # (d,)
    G: Array  # (T, d)
    k: int

    def value(self, gamma: Array) -> Array:
        """Return the terms."""
        return np.asarray(self.w * (1 - self.sigma / gamma) ** (2 * self.k) + self.c / gamma**2)

    def slope(self, gamma: Array) -> Array:
        """Return their derivatives by γ."""
        r = 1 - self.sigma / gamma
        return np.asarray(2 * self.k * self.w * r ** (2 * self.k - 1) * self.sigma / gamma**2 - 2 * self.c / gamma**3)

    @property
    def convex_until(self) -> Array:
        """Return the γ at which each term turns from convex to concave."""
        if not self.c.any():
            return np.asarray((self.k + 0.5) * self.sigma)
        with np.errstate(divide="ignore"):  # a term without w is convex everywhere
            return np.asarray(1.5 * (self.w * self.sigma**2 + self.c) / (self.w * self.sigma))

    def within(self, level: float) -> tuple[Array, Array]:
        """Return the γ at which a term alone is at most ``level``, an interval, of the part with w."""
        with np.errstate(divide="ignore"):
            root = (level * (1 + _ROUNDING) / self.w) ** (1 / (2 * self.k))
        return self.sigma / (1 + root), np.where(root < 1, self.sigma / np.maximum(1 - root, 1e-300), np.inf)


def separable_terms(objective: TrueObjective) -> Terms | None:
    """Return the terms of the objective; None if it is no sum over directions of functions of an affine γ."""
    k = objective.steps
    if not (objective.is_diagonal and objective.is_closed_form and objective.mixture.sampling == "pooled" and k >= 1):
        return None
    p, q, s = objective.P, objective.Q, objective.Sigma
    w = p * q
    spread = objective._spread(k)
    c = spread * p * (s * s * q + s * (float(q @ s) + float(objective.setup.noise_var))) * np.ones(len(s))
    kept = (w > 0) | (c > 0)  # a direction without a prior adds nothing
    return Terms(w=w[kept], sigma=s[kept], c=c[kept], G=objective.parts[:, kept], k=k)


def lower_bound(terms: Terms, best: Stationary) -> tuple[float, bool]:
    """Return a number that no mixture betters, and whether E is convex on all mixtures that might better ``best``."""
    low, high = terms.G.min(axis=0), terms.G.max(axis=0)
    near, far = terms.within(best.value)
    low, high = np.maximum(low, near), np.minimum(high, far)
    if (high <= terms.convex_until).all():
        return max(0.0, (best.value - best.gap) * (1 - _ROUNDING)), True
    envelope = _Envelope(terms, np.minimum(low, high), high)
    # slopes at the best mixture first, then the minimum of the envelope
    bounds = [0.0]
    for found in (
        envelope.at(best.weights),
        minimised(envelope.value_and_slopes, best.weights, tolerance=1e-9),
    ):
        bounds.append((found.value - found.gap) * (1 - _ROUNDING))
    return max(bounds), False


class _Envelope:
    """Σ_i of convex functions below the terms on [low, high]: the term up to a point, its tangent there from then on.

    Left of ``low`` a term goes on as its tangent too, so that the function stays convex where γ leaves the range.
    """

    def __init__(self, terms: Terms, low: Array, high: Array) -> None:
        self.terms, self.low, self.high = terms, low, high
        turn = np.minimum(terms.convex_until, high)
        last = terms.value(high)
        left, right = low.copy(), np.maximum(turn, low)
        for _ in range(_BISECTIONS):  # the largest point whose tangent passes below the last
            middle = (left + right) / 2
            fits = terms.value(middle) + terms.slope(middle) * (high - middle) <= last
            left, right = np.where(fits, middle, left), np.where(fits, right, middle)
        whole = terms.convex_until >= high  # convex on all of the range
        fits = terms.value(left) + terms.slope(left) * (high - left) <= last
        self.touch = np.where(whole, high, left)
        self.chord = ~whole & (~fits | (low >= terms.convex_until))
        width = np.where(high > low, high - low, 1.0)
        self.chord_slope = np.where(high > low, (last - terms.value(low)) / width, 0.0)

    def value_and_slopes(self, pi: Array) -> tuple[float, Array]:
        """Return the sum and its slopes in π."""
        gamma = pi @ self.terms.G
        inner = np.clip(gamma, self.low, self.touch)
        value = self.terms.value(inner) + self.terms.slope(inner) * (gamma - inner)
        slope = self.terms.slope(inner)
        line = self.terms.value(self.low) + self.chord_slope * (gamma - self.low)
        value, slope = np.where(self.chord, line, value), np.where(self.chord, self.chord_slope, slope)
        return float(value.sum()), np.asarray(self.terms.G @ slope)

    def at(self, pi: Array) -> Stationary:
        """Return the value at a mixture, and its gap."""
        value, slopes = self.value_and_slopes(pi)
        return Stationary(weights=pi, value=value, gap=float(max(0.0, pi @ slopes - slopes.min())))
