"""The first coefficient of the 1/m series in closed form, from the perturbation R = R̄ − D, R̄ = I − C, D = N − C.

E D X D = ε (C Xᵀ C + tr(CX) C) is all that order ε needs.  In the eigenbasis of C, with r = 1 − c and the divided
differences of t ↦ tᵏ

    f_k(x, y) = Σ_{i+j=k−1} r_xⁱ r_yʲ = tᵏ[r_x, r_y],      g_k(x, y) = Σ_{i+j+l=k−2} r_xⁱ r_xʲ r_yˡ = tᵏ[r_x, r_x, r_y],

two D on one side of Q̃ give E Rᵏ to this order and one on each side gives the rest:

    β_k(x)  = ½ k(k−1) c_x² r_x^{k−2} + c_x Σ_y c_y g_k(x, y)                                        (E Rᵏ, diagonal)
    E_k⁽¹⁾ = Σ_{xy} P̃_xy Q̃_xy [β_k(x) r_yᵏ + r_xᵏ β_k(y) + c_x c_y f_k(x, y)²] + Σ_{xy} P̃_xx Q̃_yy c_x c_y f_k(x, y)².
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.fields import Array


@dataclass(frozen=True)
class FirstOrder:
    """Coefficients of ε⁰ and ε¹ for k = 0 … steps."""

    population: Array  # (steps + 1,) tr[P̃ R̄ᵏ Q̃ R̄ᵏ]
    coefficient: Array  # (steps + 1,) E_k⁽¹⁾, without label noise
    noise: Array  # (steps + 1,) Σ_{j<k} tr[P̃ (R̄ʲ − R̄^{j+k})]: what σ² adds to it


def first_order(
    C: Array, P: Array, Q: Array, multiplicity: Array, steps: int, *, jitter: float = 0.0, seed: int = 0
) -> FirstOrder:
    """Return the population error and the coefficient of 1/m for k = 0 … steps.

    Parameters
    ----------
    C : (q,) eigenvalues of C, field scalars
    P, Q : (q,) diagonals, or (d, d) in the eigenbasis of C, of P̃ and Q̃
    multiplicity : (q,) field scalars; all 1 for (d, d)
    jitter : float64 only; relative random perturbation of every state, to measure the response to rounding

    Cost: O(q²) for every step, at any k.  Claims: ERR-11.  Source: theory section 5.

    Examples
    --------
    d = 1, c = 1/2: r = 1/2 and E_2 = E (1 − χ²/(2m))⁴ has the coefficient 6 c² r² · 2 = 3/4.

    >>> one = np.ones(1)
    >>> print(first_order(one / 2, one, one, one, 2).coefficient)
    [0.   0.5  0.75]
    """
    rng = np.random.default_rng(seed) if jitter else None

    def shaken(X: Array) -> Array:
        return X if rng is None else X * (1 + jitter * rng.uniform(-1, 1, X.shape))

    r = 1 - C
    # (q, q): what meets r_xᵏ r_yᵏ, what meets f², and the diagonals of P̃ and Q̃ with their multiplicities
    p, q = (P, Q) if P.ndim == 1 else (np.diagonal(P), np.diagonal(Q))
    p, q = p * multiplicity, q * multiplicity
    outer = np.multiply.outer
    crossing = outer(p * C, q * C)
    if P.ndim == 2:
        crossing = crossing + P * Q.T * outer(C, C)
    weight, spread = C * multiplicity, C * C
    zero = C[0] - C[0]
    one = r * 0 + 1
    power, two_less = one, one  # rᵏ, and r^{k−2} from k = 2 on
    f, g = outer(r, r) * 0, outer(r, r) * 0
    geometric = r * 0  # Σ_{j<k} rʲ
    found: list[tuple[Any, Any, Any]] = []
    for k in range(steps + 1):
        beta = two_less * spread * (k * (k - 1) // 2) + C * (g @ weight)
        if P.ndim == 1:
            own = p * Q
            population = (own * power * power).sum()
            chain = (own * power * beta).sum() * 2
            turned = (own * spread * np.diagonal(f) ** 2).sum() if k else zero
        else:
            own = P * Q.T
            population = power @ own @ power
            chain = beta @ own @ power + power @ own @ beta
            turned = zero  # in ``crossing``
        cross = (crossing * f * f).sum() + turned
        noise = (p * geometric * (1 - power)).sum()
        found.append((population, chain + cross, noise))
        two_less = two_less * r if k >= 2 else one
        geometric = geometric + power
        g = shaken(g * r[:, None] + f)
        f = shaken(f * r[:, None] + power)
        power = shaken(power * r)
    columns = [np.array(column, dtype=C.dtype) for column in zip(*found, strict=True)]
    return FirstOrder(population=columns[0], coefficient=columns[1], noise=columns[2])
