"""The proportional limit for any map A, symmetric or not, and any Σ: section 6 of the theory on full matrices.

Of the moments of :mod:`theorycalc.moments.mixed_chains` only terms that split off a trace survive, traces being O(m),
and expectations factorise; so no chain mixes A and Aᵀ but by having passed Q.  With R = I − AS, t_j = tr(r_j)/m and
the limits r_j of Rʲ, M_{a,b} of Rᵃ Q (Rᵀ)ᵇ and X_{a,b} of S Rᵃ Q (Rᵀ)ᵇ,

    r_j = r_{j−1} − A Σ { r_{j−1} − Σ_{i=0}^{j−2} (t_i − t_{i+1}) r_{j−2−i} }
    X_{a,b} = Σ { M_{a,b} − Σ_{i=0}^{a−1} (t_i − t_{i+1}) M_{a−1−i,b} − Σ_{i=0}^{b−1} (tr(X_{a,i})/m) Aᵀ r_{b−1−i}ᵀ }
    M_{0,b} = Q r_bᵀ,   M_{a+1,b} = M_{a,b} − A X_{a,b}.
"""

from typing import Any

import numpy as np

from theorycalc.fields import Array, Field


def limit_map_errors(
    A: Array,
    Sigma: Array,
    Q: Array,
    P: Array,
    *,
    m: Any,
    steps: int,
    field: Field,
    noise: Any = None,
    jitter: float = 0.0,
    seed: int = 0,
) -> Array:
    """Return the limits of E tr[P Rᵏ Q (Rᵏ)ᵀ], k = 0 … steps, as d, m → ∞ at fixed d/m, in scalars of ``field``.

    Parameters
    ----------
    A, Sigma, Q, P : (d, d) scalars; all but A symmetric
    m : test examples, a scalar
    noise : σ²/m; None without label noise, whose drive is Σ_{j<k} tr[P (N_{0,j} − N_{k,j})] with Aᵀ in place of Q
    jitter, seed : float64 only: relative random changes of every state, for estimates of rounding

    Cost: O(k³ d² + k² d³).  Source: theory section 6.

    Examples
    --------
    d = m = 1, A = 1/3, σ = 1 (of no meaning at d = 1, but a check): E_1 = (1 − 1/3)² + (1/3)²/m.

    >>> from theorycalc.fields import EXACT
    >>> one, third = EXACT.array([[1]]), EXACT.array([["1/3"]])
    >>> print(*limit_map_errors(third, one, one, one, m=EXACT.number(1), steps=1, field=EXACT))
    1 5/9
    """
    rng = np.random.default_rng([seed, 8]) if jitter else None
    one = field.array(np.eye(len(A), dtype=int))
    powers: list[Array] = [one]
    gaps: list[Any] = []  # t_i − t_{i+1}

    def shaken(values: Array) -> Array:
        return values if rng is None else values * (1 + jitter * rng.uniform(-1, 1, values.shape))

    for _ in range(steps):
        state = powers[-1]
        for gap, power in zip(gaps, reversed(powers[:-1]), strict=True):
            state = state - power * gap
        powers.append(shaken(powers[-1] - A @ (Sigma @ state)))
        gaps.append((np.trace(powers[-2]) - np.trace(powers[-1])) / m)
    right = [A.T @ power.T for power in powers]  # Aᵀ r_jᵀ

    def chains(prior: Array) -> list[list[Array]]:
        rows = [[prior @ power.T for power in powers]]
        for a in range(steps):
            row: list[Array] = []
            shares: list[Any] = []  # tr(X_{a,i})/m
            for b in range(steps + 1):
                state = rows[a][b]
                for i in range(a):
                    state = state - rows[a - 1 - i][b] * gaps[i]
                for i in range(b):
                    state = state - right[b - 1 - i] * shares[i]
                X = shaken(Sigma @ state)
                shares.append(np.trace(X) / m)
                row.append(rows[a][b] - A @ X)
            rows.append(row)
        return rows

    sandwich = chains(Q)
    values = [(P * sandwich[k][k]).sum() for k in range(steps + 1)]
    if noise is not None:
        drive = chains(A.T)
        weighed = [[(P * state).sum() for state in row] for row in drive]
        for k in range(1, steps + 1):
            for j in range(k):
                values[k] = values[k] + (weighed[0][j] - weighed[k][j]) * noise
    return np.array(values, dtype=field.dtype)


__all__ = ["limit_map_errors"]
