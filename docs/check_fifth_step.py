"""E_5 of Λ = diag(1, 2, 3), Σ = diag(1, 1, 2), n = 10, m = 7 by a route that shares nothing with `theorycalc`.

Bartlett's decomposition: m Σ^{-1/2} S Σ^{-1/2} = T Tᵀ with T lower triangular and independent entries,
T_ii² chi-square with m − i degrees of freedom (i = 0, 1, 2), T_ij standard normal for i > j.  The squared
error tr[R⁵ (R⁵)ᵀ], R = I − Γ⁻¹S, is a polynomial of degree 20 in the six entries of T; its mean replaces
every power by its moment.  No integration by parts, no recursion in traces.

Run ``python docs/check_fifth_step.py``: about 3 s, exact rational arithmetic.
"""

from fractions import Fraction
from math import prod

from sympy import QQ
from sympy.polys.rings import ring

CLAIMED = Fraction(
    2760588117642677393618731487311667432173,
    4199729169925051528965503073359103311616,
)
LAMBDA, SIGMA, N, M = (1, 2, 3), (1, 1, 2), 10, 7


def moment(i: int, j: int, power: int) -> int:
    """E T_ij^power; the diagonal enters with even powers only."""
    if power % 2:
        return 0
    freedom = M - i if i == j else 1  # a squared normal is chi-square with one degree of freedom
    return prod(freedom + 2 * p for p in range(power // 2))


def mean_error(steps: int) -> Fraction:
    """Return E tr[R^k (R^k)ᵀ]."""
    places = [(i, j) for i in range(3) for j in range(i + 1)]
    polynomials, *entries = ring([f"t{i}{j}" for i, j in places], QQ)
    T = dict(zip(places, entries, strict=True))
    W = [[sum(T[i, p] * T[j, p] for p in range(min(i, j) + 1)) for j in range(3)] for i in range(3)]  # T Tᵀ

    # R = I − A Σ^{1/2} W Σ^{1/2}/m is conjugate to a rational matrix: F = Σ^{1/2} R Σ^{-1/2} = I − A Σ W/m
    A = [1 / (Fraction(N + 1, N) * x + Fraction(sum(LAMBDA), N)) for x in LAMBDA]
    C = [QQ(x.numerator, x.denominator) for x in (a * s / M for a, s in zip(A, SIGMA, strict=True))]
    F = [[polynomials(int(i == j)) - C[i] * W[i][j] for j in range(3)] for i in range(3)]
    power = [[polynomials(int(i == j)) for j in range(3)] for i in range(3)]
    for _ in range(steps):
        power = [[sum(power[i][p] * F[p][j] for p in range(3)) for j in range(3)] for i in range(3)]

    total = Fraction(0)
    for i in range(3):
        for j in range(3):
            weight = Fraction(SIGMA[j], SIGMA[i])  # (R^k)_ij² = (F^k)_ij² Σ_jj / Σ_ii
            for exponents, value in (power[i][j] ** 2).terms():
                average = prod(moment(*place, e) for place, e in zip(places, exponents, strict=True))
                total += weight * average * Fraction(int(value.numerator), int(value.denominator))
    return total


if __name__ == "__main__":
    for steps in range(6):
        print(f"E_{steps} = {float(mean_error(steps)):.16g}")
    found = mean_error(5)
    print(found)
    print("equal to the claimed value" if found == CLAIMED else "NOT the claimed value")
    raise SystemExit(found != CLAIMED)
