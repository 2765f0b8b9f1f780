"""A contour around the support, as close to its ends as the powers (1 − z)ᵏ ask for, and a quadrature on it.

With z = middle + half·cosh w the complement of the support's hull is the half-plane Re w > 0.  The contour is

    w = u(θ) + iθ,   sinh² u = sinh² η cos² θ + (κ sin θ)²,   κ < 1,

which passes the ends at the distance half·(cosh η − 1), about ρ/k with ρ = max |1 − x| over the hull, and opens like
a wedge from there (η may differ between the ends).  On it |1 − z| exceeds ρ by a factor 1 + O(1/k) only, since for
sinh u <= |sin θ|

    |a − half·cosh w|² = a² − 2 a half cosh u cos θ + half² (cosh² u − sin² θ) <= (|a| + half)²,   a = 1 − middle.

So the integrand is of one order of magnitude along the contour for every power up to k at once.  Panels that double
in length from both ends, with Gauss and Legendre's rule on each, see singularities at a fixed distance in units of
their own length: the number of nodes grows with log k.
"""

import math
from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array
from theorycalc.rmt.equivalents import Law

_CLOSEST = 1e-12  # of an edge: what float64 still tells apart from it
_THINNEST = 1e-13  # of half: an end that is closer to 0 than that is not told apart from it


@dataclass(frozen=True)
class Rule:
    """How a contour is drawn: two different ones give two independent quadratures."""

    order: int  # nodes in a panel
    opening: float  # κ
    reach: float  # distance from the ends in units of ρ/k


#: The rule that values are taken from, and the one they are compared with.
RULES = (Rule(order=24, opening=0.5, reach=1.0), Rule(order=20, opening=0.6, reach=1.5))


@dataclass(frozen=True)
class Contour:
    """Nodes of the upper half of a contour, and their weights: ∮ f dz/(2πi) = 2 Re Σ weight·f(z) for real f."""

    z: Array  # (n,)
    weight: Array  # (n,), dz/(2πi)
    excludes_zero: bool


def largest_factor(law: Law) -> float:
    """ρ = max |1 − x| over the hull of the support away from 0."""
    return max(abs(1 - law.lower), abs(1 - law.upper))


def contour(law: Law, power: int, rule: Rule) -> Contour:
    """Return a contour for all (1 − z)ᵏ with k <= power; it goes between 0 and the support unless they meet."""
    reach = max(rule.reach * largest_factor(law) / max(power, 1), _CLOSEST * law.upper)
    separate = law.lower > _THINNEST * law.half
    left = min(reach, law.lower / (1 + rule.reach)) if separate else reach
    offsets = [math.sqrt(x / law.half + (x / law.half) ** 2 / 4) for x in (reach, left)]  # sinh η at both ends
    top = max(rule.opening, min(offsets))  # sinh u at θ = π/2; a wide contour around a narrow support is an ellipse
    quarters = (_quarter(min(x, top), top, rule.order, law.half) for x in offsets)
    (right_shift, right_step), (left_shift, left_step) = quarters
    return Contour(
        z=np.concatenate([law.upper + right_shift, law.lower - np.conj(left_shift)[::-1]]),
        weight=np.concatenate([right_step, -np.conj(left_step)[::-1]]),
        excludes_zero=separate,
    )


def _quarter(offset: float, top: float, order: int, half: float) -> tuple[Array, Array]:
    """Return z − upper and dz/(2πi) on 0 <= θ <= π/2, where sinh u goes from ``offset`` to ``top``."""
    theta, weight = _panels(min(2 * offset, math.pi / 2), order)
    opening = math.sqrt(top**2 - offset**2)
    sine, cosine = opening * np.sin(theta), opening * np.cos(theta)
    rise = np.hypot(offset, sine)
    depth = np.arcsinh(rise)
    slope = sine * cosine / (rise * np.cosh(depth))  # du/dθ
    w = depth + 1j * theta
    return 2 * half * np.sinh(w / 2) ** 2, half * np.sinh(w) * (slope + 1j) * weight / (2j * np.pi)


def _panels(first: float, order: int) -> tuple[Array, Array]:
    """Return nodes and weights on [0, π/2] in panels [0, first], [first, 2·first], …"""
    ends = [0.0, first]
    while ends[-1] < math.pi / 2:
        ends.append(min(2 * ends[-1], math.pi / 2))
    low, high = np.array(ends[:-1])[:, None], np.array(ends[1:])[:, None]
    node, weight = np.polynomial.legendre.leggauss(order)
    theta = (low + high) / 2 + (high - low) / 2 * node
    return theta.ravel(), ((high - low) / 2 * weight).ravel()
