"""How chains decay or grow: the terms coefficient · baseᵏ · k^{−exponent} that the edges of the spectrum leave.

The eigenvectors u of N with eigenvalues near λ = ψ(α), α = a + ib, share (uᵀP̃u)(uᵀQ̃u) of the error between them, so

    tr[P̃ (I − N)ᵏ Q̃ (I − N)ᵏ] = ∫ (1 − λ)^{2k} g(λ) dλ + …,
    g = (Im α/πλ) D(P̃) D(Q̃)/D(I),   D(X) = Σᵢ Xᵢᵢ cᵢ/|α − cᵢ|²

where … are the pairs of different eigenvalues: smaller by k^{−3/2} at a soft edge, by k^{−1/2} at a hard one.
At a soft edge Im α = √(2|λ − ψ|/|ψ″|) and the integral is of order k^{−3/2}; at a hard edge, 0 for d = m, α = i√(λ/s)
with s = Σ ωᵢ/cᵢ, and it is of order k^{−1/2}.  For d > m the null space and the edge make a pair too: its part is of
order (1 − λ)ᵏ k^{−3/2}, which decays more slowly, unless P̃ or Q̃ is a multiple of I: then it is 0, as Π and I − N − Π
have product 0.  Label noise adds (σ²/m) ∫ (1 − (1 − λ)ᵏ)² h(λ)/λ dλ with h = (Im α/πλ) D(P̃).
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.fields import F64, Array, Field, ball_gamma
from theorycalc.rmt.null_space import diagonal

SOFT, HARD = Fraction(3, 2), Fraction(1, 2)


@dataclass(frozen=True)
class Chain:
    """The trace tr[P̃ (I − N)ᵏ Q̃ (I − N)ᵏ], with label noise, in scalars of F64 or BALL and in the eigenbasis of C."""

    C: Array  # (q,)
    P: Array  # (q,) or (d, d)
    Q: Array  # (q,) or (d, d)
    multiplicity: Array  # (q,) integers
    m: int
    noise: Any  # σ²/m
    null: Any  # u of the null space, None for d <= m
    crossing: bool  # whether neither P̃ nor Q̃ is a multiple of I
    field: Field


@dataclass(frozen=True)
class Term:
    """coefficient · baseᵏ · k^{−exponent} as scalars, and the size of the sum that made the coefficient."""

    coefficient: Any
    base: Any
    exponent: Fraction
    size: Any


def soft_terms(chain: Chain, alpha: Any) -> list[Term]:
    """Return the terms that a soft edge ψ(α) leaves, the largest first; none for an edge at 1, which dies at once.

    Parameters
    ----------
    alpha : the zero of ψ′ that belongs to the edge

    Cost: O(q).  Claims: RMT-09.  Source: Watson's lemma; Ledoit and Péché, Probab. Theory Relat. Fields 151 (2011).

    Examples
    --------
    C = I/2, d/m = 1/4: λ₊ = 9/8 at α = 3/4, |ψ″| = 2·(1/4)(1/4)/(1/64) = 8, D(I) = 8 d, so that
    the coefficient is 8d/(2·(9/8)√π) · √(2/8) · (1/16)^{3/2} = d/(36√π).

    >>> half, one = np.array([0.5]), np.array([1.0])
    >>> chain = Chain(half, one, one, np.array([1]), 4, 0.0, None, False, F64)
    >>> [(round(float(t.coefficient) * 36 * math.sqrt(math.pi), 12), float(t.base)) for t in soft_terms(chain, 0.75)]
    [(1.0, 0.015625)]
    """
    field, C, count = chain.field, chain.C, chain.field.array(chain.multiplicity)
    distance = C - alpha
    weight = count / field.number(chain.m)
    edge = alpha * (1 - (weight * C / distance).sum())
    curvature = abs(2 * (weight * C**2 / distance**3).sum())
    shape = _sqrt(2 / curvature, field) / (2 * _sqrt(_pi(field), field) * edge)  # Γ(3/2)/π · √(2/|ψ″|)/λ
    reach = count * C / distance**2
    base = 1 - edge
    if not (base > 0 or base < 0):
        return []
    rho = abs(base)
    half = field.number(Fraction(1, 2))
    total, on_p, on_q = reach.sum(), (reach * diagonal(chain.P)).sum(), (reach * diagonal(chain.Q)).sum()
    pair = on_p * on_q / total + chain.noise * on_p / edge
    square = shape * pair * rho * half * _sqrt(rho * half, field)
    terms = [Term(square, base**2, SOFT, square)]
    parts = _with_the_null_space(chain, alpha, edge) if chain.null is not None and chain.crossing else []
    noisy = bool(chain.noise > 0)
    if parts or noisy:
        lone = shape * rho * _sqrt(rho, field)
        parts = [-2 * edge * lone * part for part in parts]  # ``shape`` holds the 1/λ of g
        if noisy:
            parts.append(-2 * lone * chain.noise * on_p / edge)
        terms.insert(0, Term(sum(parts[1:], parts[0]), base, SOFT, sum(map(abs, parts[1:]), abs(parts[0]))))
    return terms


def _with_the_null_space(chain: Chain, alpha: Any, edge: Any) -> list[Any]:
    """Return the summands of H′(α), H(α)/(z − λ)… the two-point function at z = λ and at the pole of the null space.

    H = (α α₀/λ)[Σ P̃ᵢⱼQ̃ᵢⱼ/((α − cᵢ)(α₀ − cⱼ)) + ((α − α₀)/λ) (1/m) p q], p = Σ P̃ᵢᵢ cᵢ/((α − cᵢ)(α₀ − cᵢ)), α₀ = −u;
    λ is stationary in α, so only the other α count.
    """
    C, P, Q, count, u = chain.C, chain.P, chain.Q, chain.field.array(chain.multiplicity), chain.null
    origin = -u
    near, far = 1 / (C - alpha), 1 / (C + u)  # −1/(α − c), −1/(α₀ − c)
    straight = (
        (count * P * Q * C * near**2 * far).sum() if P.ndim == 1 else (C * near**2) @ (P * Q) @ far
    )  # Σ P̃Q̃ c/((α − c)²(c − α₀))
    reach = count * C * near * far
    p, q = (reach * diagonal(P)).sum(), (reach * diagonal(Q)).sum()
    slope_p, slope_q = (reach * near * diagonal(P)).sum(), (reach * near * diagonal(Q)).sum()
    scale = origin / (edge**2 * chain.field.number(chain.m))
    return [
        origin / edge * straight,
        scale * (2 * alpha - origin) * p * q,
        scale * alpha * (alpha - origin) * slope_p * q,
        scale * alpha * (alpha - origin) * p * slope_q,
    ]


def hard_terms(chain: Chain) -> list[Term]:
    """Return the terms that the hard edge at 0 leaves for d = m: of order k^{−1/2}, with label noise also k^{1/2}.

    Cost: O(q).  Claims: RMT-09.
    """
    field, count = chain.field, chain.field.array(chain.multiplicity)
    inverse = count / chain.C
    total = inverse.sum()
    on_p, on_q = (inverse * diagonal(chain.P)).sum(), (inverse * diagonal(chain.Q)).sum()
    steep = total / field.number(chain.m)  # s
    one = field.number(1)
    fading = on_p * on_q / total / _sqrt(2 * _pi(field) * steep, field)
    terms = [Term(fading, one, HARD, fading)]
    if chain.noise > 0:
        growing = 4 * chain.noise * on_p * (1 - _sqrt(one / 2, field)) / _sqrt(_pi(field) * steep, field)
        terms.insert(0, Term(growing, one, -HARD, growing))
    return terms


def _sqrt(value: Any, field: Field) -> Any:
    return field.sqrt(np.array([value], dtype=field.dtype))[0]


def _pi(field: Field) -> Any:
    return math.pi if field is F64 else ball_gamma(field.number(Fraction(1, 2))) ** 2
