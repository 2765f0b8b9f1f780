"""The recursion of theory section 6: what survives of section 5 when d, m → ∞ with d/m → φ."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.fields import Array, Field


@dataclass(frozen=True)
class LimitChains:
    """error[k] and power_trace[r] = Σᵢ P̃ᵢᵢ (r_r)ᵢ, the limits of tr[P̃ Rᵏ Q̃ Rᵏ] and tr[P̃ Rʳ]."""

    error: Array  # (steps + 1,)
    power_trace: Array  # (2·steps + 1,)


def limit_chains(
    C: Array,
    P: Array,
    Q: Array,
    multiplicity: Array,
    m: Any,
    steps: int,
    field: Field,
    *,
    jitter: float = 0.0,
    seed: int = 0,
) -> LimitChains:
    """Return the limiting chains for Wishart_m(C)/m, C diagonal.

    With t_s = tr(r_s)/m, u_s = tr(Q̃ r_s)/m, and for the diagonals of M_{a,b}, the limit of Rᵃ Q̃ Rᵇ:

        r_0 = 1,   r_j = r_{j−1} − C ( r_{j−1} − Σ_{s=0}^{j−2} (t_s − t_{s+1}) r_{j−2−s} )
        M_{0,b} = Q̃ r_b
        M_{a,b} = M_{a−1,b} − C ( M_{a−1,b} − Σ_{s=0}^{a−2} (t_s − t_{s+1}) M_{a−2−s,b}
                                            − Σ_{s=0}^{b−1} (u_{a+s−1} − u_{a+s}) r_{b−1−s} )
        E_k = Σᵢ P̃ᵢᵢ (M_{k,k})ᵢ + Σ_{i≠j} P̃ᵢⱼ Q̃ᵢⱼ (r_k)ᵢ (r_k)ⱼ

    Off the diagonal (M_{a,b})ᵢⱼ = (r_a)ᵢ Q̃ᵢⱼ (r_b)ⱼ: the last sum of the recursion is diagonal, as sign flips of the
    axes do not change the law of N, and without it M factorises.

    Parameters
    ----------
    C : (q,) scalars of ``field``; multiplicity : (q,) integers
    P, Q : (q,) diagonals, or symmetric (d, d) where every direction is listed once
    m : the number of samples as a scalar of ``field``
    steps : largest k
    jitter : float64 only; relative size of random perturbations of every state, to measure rounding

    Cost: O(k³ q), and O(k d²) for full matrices.  Claims: RMT-01, RMT-03, RMT-10, RMT-11.  Source: theory section 6.
    """
    rng = np.random.default_rng([seed, 2]) if jitter else None

    def shaken(values: Array) -> Array:
        return values if rng is None else values * (1.0 + jitter * rng.uniform(-1.0, 1.0, values.shape))

    crossed = None
    if P.ndim == 2:
        crossed = P * Q
        np.fill_diagonal(crossed, field.number(0))
        P, Q = np.diagonal(P), np.diagonal(Q)
    weight = field.array(multiplicity) / m
    r = np.empty((2 * steps + 1, C.size), dtype=field.dtype)
    r[0] = field.array(np.ones(C.size, dtype=int))
    t, dt = [(r[0] * weight).sum()], np.empty(2 * steps, dtype=field.dtype)  # dt[s] = t_s − t_{s+1}
    for j in range(1, 2 * steps + 1):
        inner = r[j - 1]
        if j >= 2:
            inner = inner - dt[: j - 1] @ r[j - 2 :: -1]
        r[j] = shaken(r[j - 1] - C * inner)
        t.append((r[j] * weight).sum())
        dt[j - 1] = t[j - 1] - t[j]
    u = r @ (weight * Q)
    du = u[:-1] - u[1:]  # du[s] = u_s − u_{s+1}

    # M[a] holds M_{a, b} for b = a … steps (row b − a is not needed below the diagonal: M_{k,k} uses b = k)
    M = np.empty((steps + 1, steps + 1, C.size), dtype=field.dtype)
    M[0] = Q * r[: steps + 1]
    for a in range(1, steps + 1):
        previous = M[a - 1, a:]
        inner = previous
        if a >= 2:
            inner = inner - np.tensordot(dt[: a - 1][::-1], M[: a - 1, a:], axes=1)
        inner = inner - _toeplitz(du, a, steps, field) @ r[:steps]
        M[a, a:] = shaken(previous - C * inner)
    diagonal = M[np.arange(steps + 1), np.arange(steps + 1)]
    P_weight = P * field.array(multiplicity)
    error = diagonal @ P_weight
    if crossed is not None:
        error = error + ((r[: steps + 1] @ crossed) * r[: steps + 1]).sum(axis=1)
    return LimitChains(error=error, power_trace=r @ P_weight)


def _toeplitz(du: Array, a: int, steps: int, field: Field) -> Array:
    """Row b = a … steps, column j: du_{a+b−2−j} for j < b, else 0; (row b) · r = Σ_s du_{a+s−1} r_{b−1−s}."""
    b, j = np.arange(a, steps + 1)[:, None], np.arange(steps)[None, :]
    inside = j < b
    matrix = field.array(np.zeros(inside.shape, dtype=int))
    matrix[inside] = du[(a + b - 2 - j)[inside]]
    return np.asarray(matrix)
