"""Traces of powers of a Wishart matrix with Σ = I: in closed form at quadratic cost, and by recurrence in the power."""

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


def isotropic_trace_moments(d: int, m: int, order: int) -> list[int]:
    """Return [E tr W⁰, …, E tr W^order] for W = X Xᵀ, X (d, m) standard normal, by a recurrence in the power.

    With s = d + m, α = m − d and a_r the same moments of complex (d − 1, m − 1) matrices (Haagerup, Thorbjørnsen):

        (r + 3) a_{r+2} = (2r + 3)(s − 2) a_{r+1} + r ((r + 1)² − α²) a_r
        b_{r+2} = 2(s − 1) b_{r+1} + ((2r + 1)² − α²) b_r + a_{r+2} − (2s − 1) a_{r+1} + (α² − (r + 1)²) a_r

    Cost: O(order) products of a long integer with a short one.  Claims: ERR-10.
    Source: theory section 5; recurrences of this kind: Ledoux 2009; Cunden, Mezzadri, Simm, Vivo 2016.

    >>> isotropic_trace_moments(1, 3, 3)  # chi-square: 3 · 5 · 7
    [1, 3, 15, 105]
    """
    s, square = d + m, (m - d) ** 2
    a, b = [d - 1, (d - 1) * (m - 1)], [d, d * m]
    for r in range(order - 1):
        a.append(((2 * r + 3) * (s - 2) * a[r + 1] + r * ((r + 1) ** 2 - square) * a[r]) // (r + 3))
        known = 2 * (s - 1) * b[r + 1] + ((2 * r + 1) ** 2 - square) * b[r]
        b.append(known + a[r + 2] - (2 * s - 1) * a[r + 1] + (square - (r + 1) ** 2) * a[r])
    return b[: order + 1]


def isotropic_power_traces(d: int, m: int, scale: Fraction, order: int) -> list[int]:
    """Return integers t_j with E tr (I − aW)^j = t_j/q^j, j = 0 … order, for a = p/q = ``scale`` in lowest terms.

    The recurrence of :func:`isotropic_trace_moments` says that the mean of tr over W of a differential operator in x
    applied to x^r vanishes.  So it vanishes for every polynomial, and for y^j with y = 1 − ax, where x = (1 − y)/a and
    x d/dx y^j = j y^j − j y^{j−1}, it is a recurrence for E tr y^j itself: no binomial sum, nothing to cancel.

    Parameters
    ----------
    d, m : shape of X, both >= 1
    scale : a, any rational
    order : highest power

    Cost: O(order) products of a long integer (of j log₂ q bits and more) with short ones.  Claims: ERR-10.

    >>> isotropic_power_traces(1, 3, Fraction(1, 2), 2)  # 1 − 3/2, 1 − 3 + 15/4
    [1, -1, 7]
    """
    p, q = scale.numerator, scale.denominator
    s, square = d + m, (m - d) ** 2
    u, t = [d - 1, (d - 1) * (q - p * (m - 1))], [d, d * (q - p * m)]
    pp, pq, qq = p * p, p * q, q * q
    for j in range(order - 1):
        u0, u1, t0, t1 = u[j], u[j + 1], t[j], t[j + 1]
        # q^i times the terms of j − i; where j < i they are multiplied by 0
        u_1, u_2, u_3 = (u[j - i] * q**i if j >= i else 0 for i in (1, 2, 3))
        t_1, t_2 = (t[j - i] * q**i if j >= i else 0 for i in (1, 2))
        c0, c1, c2 = (j + 1) ** 2 - square, -j * (2 * j + 1), j * (j - 1)
        # (θ + 1)x² − (s − 2)(2θ + 1)x − θ((θ + 1)² − α²)
        complex_ = 3 * (j + 2) * q * u1 - 3 * (j + 1) * qq * u0 + j * qq * u_1
        complex_ += (s - 2) * ((4 * j + 3) * pq * u0 - (2 * j + 3) * p * u1 - 2 * j * pq * u_1)
        complex_ += pp * (j * c0 * u0 + ((j - 1) * c1 - j * c0) * u_1 + ((j - 2) * c2 - (j - 1) * c1) * u_2)
        u2 = (complex_ - pp * (j - 2) * c2 * u_3) // (j + 3)
        # x² − 2(s − 1)x + α² − (2θ + 1)² of the real moments is x² − (2s − 1)x + α² − (θ + 1)² of the complex ones
        left = 2 * q * t1 - qq * t0 + 2 * (s - 1) * (pq * t0 - p * t1)
        left += pp * (((2 * j + 1) ** 2 - square) * t0 - 8 * j * j * t_1 + 4 * j * (j - 1) * t_2)
        right = u2 - 2 * q * u1 + qq * u0 - (2 * s - 1) * (pq * u0 - p * u1)
        right += pp * ((square - (j + 1) ** 2) * u0 + j * (2 * j + 1) * u_1 - j * (j - 1) * u_2)
        u.append(u2)
        t.append(left + right)
        if j >= 3:
            u[j - 3] = 0  # no longer needed, and long
    return t[: order + 1]
