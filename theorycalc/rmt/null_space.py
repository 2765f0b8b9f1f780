"""What thinking never learns: the limits of tr[P̃ΠQ̃Π] and tr[P̃N⁺], Π the projection on the null space of N for d > m.

The resolvent of N has the deterministic equivalent (I − xN)⁻¹ ≈ (I − wC)⁻¹ with 1/x = ψ(1/w).  As x → −∞ it tends to
Π, and w to −t, the solution of Σ ωᵢ cᵢt/(1 + cᵢt) = 1.  With πᵢ = 1/(1 + cᵢt), which say how much of direction i a
prompt does not see, and any P̃ and Q̃ in the eigenbasis of C,

    Π           ≈ diag(πᵢ),   Σ πᵢ = d − m
    tr[P̃ΠQ̃Π]  → Σᵢⱼ P̃ᵢⱼ Q̃ᵢⱼ πᵢ πⱼ + t (Σᵢ P̃ᵢᵢ cᵢπᵢ²)(Σᵢ Q̃ᵢᵢ cᵢπᵢ²)/Σᵢ cᵢπᵢ²
    tr[P̃N⁺]     → m t Σᵢ P̃ᵢᵢ cᵢπᵢ²/Σᵢ cᵢπᵢ²,   and for d < m  Σᵢ P̃ᵢᵢ/cᵢ · m/(m − d)

The second term of tr[P̃ΠQ̃Π] is what two projections share beyond their means; for P̃ = I it makes Π² = Π.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified
from theorycalc.fields import F64, Array, Ball, Field, as_fraction, ball_scalar

_STEPS = 200
_MOST_STEPS = 2_000
_GUARD = 16


def null_point(C: Array, multiplicity: Array, m: int, field: Field) -> Any:
    """Return u = 1/t > 0, the solution of Σ ωᵢ cᵢ/(u + cᵢ) = 1, as a scalar of F64 or BALL; −u is ψ's zero below 0.

    Parameters
    ----------
    C : (q,) positive scalars of ``field``; multiplicity : (q,) integers that sum to d > m

    Raises
    ------
    NotCertified
        if a field of balls has too few bits.

    Cost: O(q) per Newton step, at most some ten.  Claims: RMT-08.
    """
    d = int(sum(int(x) for x in multiplicity))
    weight = field.array(multiplicity) / field.number(m)
    excess = field.number(Fraction(d - m, m))
    if field is F64:
        return _newton(np.asarray(C, dtype=float), np.asarray(weight, dtype=float), float(excess))
    exact = [as_fraction(field.public(c)) for c in C]
    start = Fraction(d - m, m) * min(exact)  # below the solution, as c/(u + c) grows with c
    return _enclosed(C, weight, excess, start, field)


def _newton(C: Array, weight: Array, excess: float) -> float:
    """Solve Σ ω u/(u + c) = φ − 1 where that is small, else 1/Σ ω c/(u + c) = 1: concave, approached from below."""
    u = excess / float((weight / C).sum()) if excess < 1 else float(C.min()) * excess
    for _ in range(_STEPS):
        share = weight / (u + C)
        if excess < 1:
            step = (excess - u * float(share.sum())) / float((share * C / (u + C)).sum())
        else:
            f, slope = float((share * C).sum()), -float((share * C / (u + C)).sum())
            step = (1 - 1 / f) / (-slope / f**2)
        u += step
        if not abs(step) > 1e-15 * u:
            break
    return u


def _enclosed(C: Array, weight: Array, excess: Any, start: Fraction, field: Field) -> Any:
    """Return a ball whose ends have Σ ω u/(u + c) on both sides of φ − 1, or Σ ω c/(u + c) on both sides of 1."""

    def above(u: Any) -> Any:
        return (weight * u / (C + u)).sum() - excess if excess < 1 else 1 - (weight * C / (C + u)).sum()

    def step(u: Any) -> Any:
        """Newton's for the concave functions that float64 solves."""
        slope = (weight * C / (C + u) ** 2).sum()
        if excess < 1:
            return -above(u) / slope
        total = (weight * C / (C + u)).sum()
        return (total - 1) * total / slope

    bits = int(getattr(field, "bits"))  # noqa: B009
    at = start
    for _ in range(_MOST_STEPS):
        change = field.public(step(field.number(at))).mid
        at = field.public(field.number(at + change)).mid if change > -at else at / 2
        if abs(change) < at / 2 ** (bits - _GUARD):
            break
    for shrunk in range(bits - _GUARD, _GUARD, -4):
        low, high = at * (1 - Fraction(1, 2**shrunk)), at * (1 + Fraction(1, 2**shrunk))
        if above(field.number(low)) < 0 < above(field.number(high)):
            return ball_scalar(Ball((low + high) / 2, (high - low) / 2))
    raise NotCertified(f"{field.name} cannot certify the null space of this spectrum: use more bits")


def null_overlap(C: Array, P: Array, Q: Array, multiplicity: Array, *, u: Any, field: Field) -> Any:
    """Return the limit of tr[P̃ Π Q̃ Π] for d > m.

    Parameters
    ----------
    C : (q,) scalars; multiplicity : (q,) integers; P, Q : (q,) diagonals, or (d, d) in the eigenbasis of C
    u : what :func:`null_point` returns

    Cost: O(q), or O(d²).  Claims: RMT-08.

    Examples
    --------
    C = I with d = 2, m = 1: u = 1, π = 1/2 and, with P̃ = diag(1, 3), Q̃ = P̃⁻¹, 1/2 + (4·(4/3)/16)/(1/2) = 7/6.

    >>> one, P = np.ones(2), np.array([1.0, 3.0])
    >>> u = null_point(one, np.array([1, 1]), 1, F64)
    >>> print(round(null_overlap(one, P, 1 / P, np.array([1, 1]), u=u, field=F64), 12))
    1.166666666667
    """
    count, share = field.array(multiplicity), u / (C + u)
    reach = count * C * share**2
    first = (count * P * Q * share**2).sum() if P.ndim == 1 else share @ (P * Q) @ share
    return first + (reach * diagonal(P)).sum() * (reach * diagonal(Q)).sum() / (reach.sum() * u)


def inverse_trace(C: Array, P: Array, multiplicity: Array, m: int, *, u: Any, field: Field) -> Any:
    """Return the limit of tr[P̃ N⁺], d ≠ m; ``u`` is None for d < m.

    Cost: O(q).  Claims: RMT-08.
    """
    count = field.array(multiplicity)
    if u is None:
        d = int(sum(int(x) for x in multiplicity))
        return (count * diagonal(P) / C).sum() * field.number(Fraction(m, m - d))
    reach = count * C * (u / (C + u)) ** 2
    return field.number(m) * (reach * diagonal(P)).sum() / (reach.sum() * u)


def diagonal(matrix: Array) -> Array:
    """Return the diagonal of a matrix, given as such or in full."""
    return matrix if matrix.ndim == 1 else np.diagonal(matrix)
