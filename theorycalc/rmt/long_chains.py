"""Chains of any length in the proportional limit: a double contour integral of the two-point equivalent (section 6).

The limits M_{a,b} of E tr[P̃ Rᵃ Q̃ Rᵇ], R = I − N, are the coefficients of T(z₁, z₂), the limit of
E tr[P̃ G(z₁) Q̃ G(z₂)], so that by Cauchy's formula

    E_k = (1/2πi)² ∮∮ (1 − z₁)ᵏ (1 − z₂)ᵏ T(z₁, z₂) dz₁ dz₂ + (σ²/m) (1/2πi) ∮ (1 − (1 − z)ᵏ)²/z · Σᵢ P̃ᵢᵢ gᵢ(z) dz

around the spectrum.  For d > m the atom at 0 is a pole of G with residues pᵢ = α₀/(α₀ − cᵢ), ψ(α₀) = 0, α₀ < 0: one
more point of the quadrature, with (1 − 0)ᵏ = 1.  What it contributes alone is the floor; the rest decays.

Powers are kept as mantissa · exp(scale), so that neither 10^−100000 nor 10^+9000 leaves the range of float64.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Array, BeyondFloat64
from theorycalc.rmt.contours import RULES, Rule, contour
from theorycalc.rmt.equivalents import Law, Points, companion_points, law_of, one_point, two_points
from theorycalc.rmt.null_space import inverse_trace, null_point

UNIT = 2.0**-53
_NEGLIGIBLE = 60.0  # exponent below which a node does not count beside the largest
_BLOCK = 512  # powers at a time
_SAFETY = 4.0  # of the difference of two quadratures
_ROUNDINGS = 16.0  # of a term of the double sum, in units of UNIT
_EDGE = 1e-13  # relative error of the edges: an upper edge that may be 2 is taken to be 2
_SECONDS_LIMIT = 900.0
_LARGEST = 1e306  # of what noise adds, so that a sum of a few such terms is a float64
_CELL = 3e-6  # measured seconds to bring a node to its place, per eigenvalue


@dataclass(frozen=True)
class Problem:
    """What the limit depends on: C, P̃, Q̃ in the eigenbasis of C, m, and the label noise."""

    C: Array  # (q,)
    P: Array  # (q,) or (d, d)
    Q: Array  # like P
    multiplicity: Array  # (q,)
    m: int
    noise_var: float
    input_error: Array  # (q,) relative error of C in units of UNIT


@dataclass(frozen=True)
class Scaled:
    """Numbers mantissa · exp(scale) of any size, with relative errors."""

    mantissa: Array  # (n,)
    scale: Array  # (n,)
    relative_error: Array  # (n,)

    @property
    def log(self) -> Array:
        """Natural logarithms of the absolute values; −∞ for 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.abs(self.mantissa)) + self.scale)

    @property
    def sign(self) -> Array:
        """−1, 0 or 1."""
        return np.sign(self.mantissa).astype(int)


@dataclass(frozen=True)
class LongChains:
    """E_k for chosen k; where they settle, the floor and how far above (below) it each of them is."""

    error: Scaled
    floor: float | None  # None: the error does not settle
    excess: Scaled | None
    nodes: int  # of the quadrature, on the upper half of the contour


@dataclass(frozen=True)
class _Term:
    """Numbers value · exp(scale), and what rounding may have added to value."""

    value: Array  # (n,)
    rounding: Array
    scale: Array

    @staticmethod
    def total(*terms: "_Term") -> "_Term":
        """The sum, at the largest scale."""
        scale = np.max([term.scale for term in terms], axis=0)
        lifts = [np.exp(term.scale - scale) for term in terms]
        value, rounding = (
            np.asarray(sum(getattr(term, name) * lift for term, lift in zip(terms, lifts, strict=True)))
            for name in ("value", "rounding")
        )
        return _Term(value, rounding, scale)


@dataclass(frozen=True)
class _Quadrature:
    error: _Term
    excess: _Term
    floor: float
    nodes: int


def limit_errors(problem: Problem, steps: Array) -> LongChains:
    """Return E_k in the proportional limit for every k of ``steps``, ascending.

    Raises
    ------
    OutsideRegime
        when there are too many different eigenvalues.
    NotConverged
        when two quadratures have no digit in common.

    Assumes: what the recursion of section 6 assumes.
    Cost: O(log k) nodes; nodes² q for the two-point sums, nodes² for each k.  Claims: RMT-10, RMT-12, RMT-13.
    Source: theory section 6.
    """
    law = law_of(problem.C, problem.multiplicity, problem.m)
    _require_affordable(law)
    first, second = (_quadrature(problem, law, steps, rule) for rule in RULES)
    error = _judged(first.error, second.error)
    lost = (error.relative_error >= 1) & (error.mantissa != 0)
    if np.any(lost):
        raise NotConverged(
            f"E_{int(steps[np.argmax(lost)])}: the terms of the contour integral cancel to the last digit; "
            'use fewer steps and expected_error(rung="proportional")'
        )
    settles = law.upper <= 2 * (1 + _EDGE) and not (law.missing == 0 and problem.noise_var)
    return LongChains(
        error=error,
        floor=first.floor if settles else None,
        excess=_judged(first.excess, second.excess) if settles else None,
        nodes=first.nodes,
    )


def _require_affordable(law: Law) -> None:
    nodes = 2 * RULES[0].order * 24
    seconds = nodes * law.c.size * _CELL
    if seconds > _SECONDS_LIMIT:
        raise OutsideRegime(
            f"d = {int(law.multiplicity.sum()):,}: {law.c.size:,} different directions would take about "
            f"{seconds / 60:.0f} minutes, over the limit of {_SECONDS_LIMIT / 60:.0f}; merge those that hardly differ"
        )


def _judged(first: _Term, second: _Term) -> Scaled:
    """Return the first with relative errors from rounding and from its difference to the second."""
    with np.errstate(all="ignore"):
        size = np.abs(first.value)
        moved = second.value * np.exp(second.scale - first.scale)
        relative = (_SAFETY * np.abs(moved - first.value) + first.rounding) / size + 2 * UNIT * np.abs(first.scale)
        relative = np.where(size > 0, relative, np.where(first.rounding > 0, np.inf, 0.0))
    return Scaled(first.value, first.scale, np.where(np.isnan(relative), np.inf, relative))


# ------------------------------------------------------------------------------------------------ one quadrature


class _Sums:
    """The quadrature of one contour: everything that does not depend on k."""

    def __init__(self, problem: Problem, law: Law, power: int, rule: Rule) -> None:
        drawn = contour(law, power, rule)
        self.z, self.weight = drawn.z, drawn.weight
        self.separate = drawn.excludes_zero
        alpha, _ = companion_points(law, drawn.z)
        theta, slope, _ = law.theta(alpha)
        points = Points(alpha, 1 / theta)
        # relative error of 1/(α − c) in units of UNIT
        self.blur = (np.abs(alpha) + np.abs(self.z / slope)) / distance(law, alpha)
        P, Q = problem.P, problem.Q
        self.above = two_points(law, points, points, P=P, Q=Q)
        self.below = two_points(law, points, points.conjugate(), P=P, Q=Q)
        self.size = np.abs(self.above) + np.abs(self.below)
        x, y = self.z.real, self.z.imag
        near = x * x + y * y < 0.25  # where 1 − z would lose digits of z
        with np.errstate(divide="ignore"):
            size = np.where(near, np.log1p(np.where(near, x * (x - 2) + y * y, 0.0)) / 2, np.log(np.hypot(1 - x, y)))
        self.log = np.maximum(size, -1000.0) + 1j * np.arctan2(-y, 1 - x)
        self.top = float(np.max(self.log.real))
        # d log(1 − z) by a relative change of C, and by one of the size of the largest eigenvalue
        self.stretch = self.z / np.where(self.z == 1, 1e-300, 1 - self.z)
        self.move = law.upper * self.stretch / self.z
        worst, least = (float(f(problem.input_error)) for f in (np.max, np.min))
        self.relative, self.absolute = least + 2, worst - least
        self.noise_var = problem.noise_var
        self.per_m = problem.noise_var / problem.m
        self.per_m_mantissa, self.per_m_exponent = math.frexp(self.per_m)
        self.single = one_point(law, points, P=P) if self.per_m else np.zeros(self.z.shape)
        self.atom_row, self.floor = np.zeros(self.z.shape), 0.0
        u = None
        if law.missing < 0:
            u = null_point(problem.C, problem.multiplicity, problem.m, F64)
            alpha_0 = np.array([-u], dtype=complex)
            origin = Points(alpha_0, alpha_0)  # the residue of gᵢ at 0 is α₀/(α₀ − cᵢ)
            self.floor = float(two_points(law, origin, origin, P=P, Q=Q)[0, 0].real)
            if not (_is_scalar(P) or _is_scalar(Q)):  # else tr[P̃ Π G(z)] = tr[P̃ Π]/z on the null space: no decay
                self.atom_row = two_points(law, origin, points, P=P, Q=Q)[0]
        self.atom = self.floor
        if self.per_m and law.missing:
            self.floor += self.per_m * float(
                inverse_trace(problem.C, P, problem.multiplicity, problem.m, u=u, field=F64)
            )
            if not self.floor < _LARGEST:
                raise _too_noisy(problem.noise_var)


def _is_scalar(weights: Array) -> bool:
    """Whether a diagonal or a matrix is a multiple of the identity, exactly."""
    diagonal = np.diagonal(weights) if weights.ndim == 2 else weights
    flat = bool(np.all(diagonal == diagonal[0]))
    return flat and (weights.ndim == 1 or np.count_nonzero(weights) == np.count_nonzero(diagonal))


def distance(law: Law, alpha: Array) -> Array:
    """The distance of each α from the nearest eigenvalue of C."""
    c = np.sort(law.c)
    after = np.clip(np.searchsorted(c, alpha.real), 1, c.size - 1) if c.size > 1 else np.zeros(alpha.size, dtype=int)
    return np.asarray(np.minimum(np.abs(alpha - c[after]), np.abs(alpha - c[np.maximum(after - 1, 0)])))


def _quadrature(problem: Problem, law: Law, steps: Array, rule: Rule) -> _Quadrature:
    sums = _Sums(problem, law, int(steps[-1]), rule)
    pairs = [_powers(sums, block) for block in _blocks(steps)]
    error, excess = (
        _Term(*(np.concatenate([getattr(pair[i], name) for pair in pairs]) for name in ("value", "rounding", "scale")))
        for i in (0, 1)
    )
    return _Quadrature(error=error, excess=excess, floor=sums.floor, nodes=sums.z.size)


def _blocks(steps: Array) -> Iterator[Array]:
    """Give ascending steps in blocks, the larger ones so that the largest is at most twice the smallest."""
    start = 0
    while start < steps.size:
        stop = min(start + _BLOCK, steps.size)
        if steps[start] >= _BLOCK:
            stop = min(stop, int(np.searchsorted(steps, 2 * steps[start], side="right")))
        yield steps[start:stop]
        start = stop


def _powers(sums: _Sums, k: Array) -> tuple[_Term, _Term]:
    """Return E_k and its excess over the floor."""
    kept = np.flatnonzero(float(k[0]) * (sums.top - sums.log.real) < _NEGLIGIBLE)
    rates = (sums.log[kept] - sums.top)[:, None] * k
    w = sums.weight[kept, None] * np.exp(rates)  # (n, powers), in units of exp(k·top)
    nothing, once, twice = np.zeros(k.size), k * sums.top, 2 * k * sums.top

    def single(row: Array, powers: Array, scale: Array, degree: int) -> _Term:
        """Return the sum of row · powers over the whole contour."""
        terms = row[:, None] * powers
        flat = 2 * np.abs(terms).sum(axis=0)
        return _Term(
            2 * terms.sum(axis=0).real, flat * _ROUNDINGS * UNIT + _shaken(sums, kept, degree * terms, k), scale
        )

    def constant(value: float) -> _Term:
        return _Term(nothing + value, nothing + _ROUNDINGS * UNIT * abs(value), nothing)

    above, below, size = (x[np.ix_(kept, kept)] for x in (sums.above, sums.below, sums.size))
    terms, absolute = w * (above @ w) + w * (below @ np.conj(w)), np.abs(w)
    flat = 2 * (absolute * (size @ absolute)).sum(axis=0)
    pair = _Term(2 * terms.sum(axis=0).real, flat * _ROUNDINGS * UNIT + _shaken(sums, kept, 2 * terms, k), twice)
    decay = [pair]
    if sums.separate and np.any(sums.atom_row):
        decay.append(single(2 * sums.atom_row[kept], w, once, 1))
    error = [*decay, constant(sums.atom)] if sums.separate and sums.atom else [*decay]
    if sums.per_m:
        error.append(_noise(sums, k))
    total = _Term.total(*error)
    if not sums.separate:
        return total, _Term.total(total, constant(-sums.floor)) if sums.floor else total
    if sums.per_m:  # (1 − 2(1 − z)ᵏ + (1 − z)²ᵏ)/z without the 1, which belongs to the floor
        row = sums.per_m_mantissa * sums.single[kept] / sums.z[kept]
        noise = [single(-2 * row, w, once, 1), single(row, w * np.exp(rates), twice, 2)]
        decay += [_lifted(term, sums) for term in noise]
    return total, _Term.total(*decay)


def _shaken(sums: _Sums, kept: Array, terms: Array, k: Array) -> Array:
    """Return what errors of C and the rounding of every node do to a sum of k-th powers, given its terms.

    An error of C moves all nodes alike, so that terms add up with their phases; rounding moves each on its own.
    """
    stretch, move, blur = (x[kept, None] for x in (sums.stretch, sums.move, sums.blur))
    alike = sums.relative * np.abs((terms * stretch).sum(axis=0).real)
    alike += sums.absolute * np.abs((terms * move).sum(axis=0).real)
    apart = np.sqrt(((np.abs(terms) * (np.abs(stretch) * k + blur)) ** 2).sum(axis=0))
    return np.asarray(2 * UNIT * (k * alike + _SAFETY * apart))


def _noise(sums: _Sums, k: Array) -> _Term:
    """Return (σ²/m) Σ P̃ᵢᵢ ∮ (1 − (1 − z)ᵏ)²/z gᵢ dz/(2πi), for which all nodes count."""
    scale = np.maximum(2 * k * sums.top, 0.0)
    exponent = sums.log[:, None] * k
    power = np.exp(exponent - scale / 2)
    rest = -np.expm1(exponent) if sums.top <= 0 else np.exp(-scale / 2) - power
    row = sums.per_m_mantissa * (sums.weight * sums.single / sums.z)[:, None]
    terms = row * rest**2
    rounding = 2 * _ROUNDINGS * UNIT * np.abs(terms).sum(axis=0)
    rounding += _shaken(sums, np.arange(sums.z.size), -2 * row * rest * power, k)
    return _lifted(_Term(2 * terms.sum(axis=0).real, rounding, scale), sums)


def _lifted(noise: _Term, sums: _Sums) -> _Term:
    """Return a term in units of σ²/m, exactly: its squares in between could leave the float64 range, it does not."""
    with np.errstate(over="ignore"):
        value, rounding = (np.ldexp(part, sums.per_m_exponent) for part in (noise.value, noise.rounding))
    if not (np.all(np.abs(value) < _LARGEST) and np.all(rounding < _LARGEST)):
        raise _too_noisy(sums.noise_var)
    return _Term(value, rounding, noise.scale)


def _too_noisy(noise_var: float) -> BeyondFloat64:
    return BeyondFloat64(f"noise_var = {noise_var:.6g}: the error exceeds the float64 range; rescale the problem")


# ------------------------------------------------------------------------------------------------ m = ∞


def population_errors(C: Array, P: Array, Q: Array, multiplicity: Array, input_error: Array, steps: Any) -> LongChains:
    """Return Σᵢⱼ P̃ᵢⱼ Q̃ᵢⱼ (1 − cᵢ)ᵏ (1 − cⱼ)ᵏ, the error at m = ∞, for every k of ``steps``."""
    k = np.asarray(steps)
    factor = 1 - C
    with np.errstate(divide="ignore"):
        size = np.maximum(np.where(C < 0.5, np.log1p(-np.minimum(C, 0.5)), np.log(np.abs(factor))), -1000.0)
    top = float(np.max(size))
    signs = np.where((factor < 0)[:, None] & (k % 2 == 1), -1.0, 1.0)
    powers = signs * np.exp((size - top)[:, None] * k)  # (q, powers)
    powers = np.where((factor == 0)[:, None] & (k > 0), 0.0, powers)
    absolute = np.abs(powers)
    with np.errstate(divide="ignore"):
        shift = np.where(factor == 0, 0.0, (input_error + 1) * C / np.abs(factor))
    roundings = _ROUNDINGS + shift[:, None] * k
    if P.ndim == 2:
        total = (powers * ((P * Q) @ powers)).sum(axis=0)
        rounding = 2 * UNIT * (roundings * absolute * (np.abs(P * Q) @ absolute)).sum(axis=0)
    else:
        weight = (multiplicity * P * Q)[:, None]
        total = (weight * powers**2).sum(axis=0)
        rounding = 2 * UNIT * (roundings * np.abs(weight) * powers**2).sum(axis=0)
    term = _Term(total, rounding, 2 * k * top)
    error = _judged(term, term)
    return LongChains(error=error, floor=0.0 if top < 0 else None, excess=error if top < 0 else None, nodes=0)


__all__ = ["LongChains", "Problem", "Scaled", "limit_errors", "population_errors"]
