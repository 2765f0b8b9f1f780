"""Traces of powers of a Wishart matrix with Σ = I, in closed form at quadratic cost."""

from fractions import Fraction


def isotropic_trace_moment(d: int, m: int, r: int) -> Fraction:
    """Return E tr W^r for W = X Xᵀ, X (d, m) with i.i.d. standard normal entries (an integer).

    p_r = Σ_λ (2r θ_λ / j_λ) J_λ in Jack polynomials J_λ of parameter 2 (zonal polynomials), where the coefficient
    θ_λ = Π_{s ≠ (1,1)} (2a' − l') vanishes unless λ = (a, b, 1^c), and E J_λ(W) = Π_s (m + 2a' − l')(d + 2a' − l').
    (a', l' count the boxes to the left of and above the box s; j_λ = Π_s (2a + l + 1)(2a + l + 2).)

    Cost: O(r²) partitions of r boxes.  Source: Hanlon, Stanley, Stembridge 1992; Stanley 1989, theorem 5.8.

    >>> isotropic_trace_moment(1, 3, 2)  # chi-square: 3 · 5
    Fraction(15, 1)
    """
    total = _term([r], d, m, r)
    for b in range(1, r // 2 + 1):
        for c in range(r - 2 * b + 1):
            total += _term([r - b - c, b, *[1] * c], d, m, r)
    return total


def _term(shape: list[int], d: int, m: int, r: int) -> Fraction:
    columns = [sum(part > j for part in shape) for j in range(shape[0])]
    numerator, denominator = 2 * r, 1
    for i, part in enumerate(shape):
        for j in range(part):
            content = 2 * j - i
            if i or j:
                numerator *= content
            numerator *= (m + content) * (d + content)
            arm, leg = part - j - 1, columns[j] - i - 1
            denominator *= (2 * arm + leg + 1) * (2 * arm + leg + 2)
    return Fraction(numerator, denominator)
