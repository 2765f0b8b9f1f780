"""The largest eigenvalue of a real Wishart matrix W ~ W_d(m, I) at finite size: its distribution, exactly.

With p = min(d, m), q = max(d, m), aᵢ = (q − p − 1)/2 + i and X = x/2, integrating the joint density of the eigenvalues
over 0 < λ₁ < … < λ_p < x gives a Pfaffian (de Bruijn),

    P(λ_max ≤ x) = π^{p/2} Πᵢ Γ(aᵢ)/(Γ((q − i + 1)/2) Γ((p − i + 1)/2)) · Pf(A),

    A_ij = 2 I_ij − P(aᵢ, X) P(aⱼ, X) for i > j,      I_jj = P(aⱼ, X)²/2,
    I_{i+1,j} = I_ij − Γ(aᵢ + aⱼ)/(2^{aᵢ+aⱼ} Γ(aᵢ + 1) Γ(aⱼ)) · P(aᵢ + aⱼ, 2X),

with P(a, ·) the regularised lower incomplete Γ; for odd p a last column Aᵢ,p₊₁ = P(aᵢ, X) is added.  As the value is
positive it is the root of the determinant.  Everything runs in balls, whose radius shows the cancellation; bits are
added until it is small.
"""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number
from theorycalc.exceptions import NotCertified, NotConverged, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Ball,
    Field,
    as_fraction,
    ball_determinant,
    ball_erfc,
    ball_exp,
    ball_gamma,
    is_ball,
    is_multiprecision,
    require_field,
)
from theorycalc.results import Frozen

_MOST_ROWS = 250  # min(d, m): elimination costs its cube
_MOST_EXAMPLES = 10**6
_MOST_BITS = 60_000
_FLOOR_BITS = 1_100  # probabilities are resolved to 2^−1100 at least, below what float64 holds
_LEAST_BITS = 10**6  # a bound below 2^−1000000 is rounded up to it: its exact exponent could fill the memory
_REMEDY = "pass an integer >= 1"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LargestEigenvalue(Frozen):
    """P(λ_max(W) ≤ x) and P(λ_max(W) > x) for W = X Xᵀ with d × m independent standard normals."""

    d: int
    m: int
    x: Fraction
    at_most: Any
    beyond: Any
    beyond_ball: Ball
    field_name: str
    uncertainty: str


def largest_eigenvalue(x: Any, *, d: int, m: int, field: Field = F64) -> LargestEigenvalue:
    """Return the probabilities that the largest eigenvalue of W ~ W_d(m, I) is at most x, and beyond it.

    Parameters
    ----------
    x : a number; W is the sum of m outer products, so its eigenvalues are of order m
    d, m : dimension and degrees of freedom, >= 1; d > m is answered by exchanging the two
    field : F64 (default) and MP(dps) round a proved enclosure, BALL(bits) returns it

    Returns
    -------
    LargestEigenvalue
        ``.at_most`` and ``.beyond``, each with its own relative accuracy down to 2^−1100 (in BALL and MP further, by
        four times their bits); what is smaller is enclosed by [0, 2^−1100].

    Raises
    ------
    InvalidSetup
        for x that is no number, or d or m below 1.
    OutsideRegime
        with field=EXACT (the probability is transcendental), for min(d, m) > 250 or max(d, m) > 10⁶.
    NotCertified
        if 60,000 bits do not suffice.

    Cost: O(p³) ball operations with p = min(d, m): 0.05 s for d = m = 50, 0.4 s for 100, 5 s for 200.
    Claims: OVT-07.
    Source: Chiani, J. Multivariate Anal. 129 (2014), Theorem 1; de Bruijn, J. Indian Math. Soc. 19 (1955).

    Examples
    --------
    d = 1: chi-square; with m = 2 degrees of freedom P(χ² > x) = e^{−x/2}.

    >>> bool(abs(largest_eigenvalue(3, d=1, m=2).beyond - math.exp(-1.5)) < 1e-16)
    True
    """
    chosen = require_field(field)
    dimension, degrees = (
        integer(name, value, minimum=1, maximum=MAX_COUNT, remedy=_REMEDY) for name, value in (("d", d), ("m", m))
    )
    at = as_fraction(number("x", x))
    if chosen is EXACT:
        raise OutsideRegime("the distribution of λ_max is transcendental: use field=BALL(bits) for a proved enclosure")
    if min(dimension, degrees) > _MOST_ROWS or max(dimension, degrees) > _MOST_EXAMPLES:
        size = f"min(d, m) <= {_MOST_ROWS} and max(d, m) <= {_MOST_EXAMPLES:,}"
        raise OutsideRegime(f"d = {dimension:,}, m = {degrees:,}: the exact distribution needs {size}; simulate")
    at_most, beyond = _enclosed(at, dimension, degrees, chosen)
    return LargestEigenvalue(
        d=dimension,
        m=degrees,
        x=at,
        at_most=rounded_probability(at_most, chosen),
        beyond=rounded_probability(beyond, chosen),
        beyond_ball=beyond,
        field_name=chosen.name,
        uncertainty="rigorous enclosure" if is_ball(chosen) else "rounded midpoint of a rigorous enclosure",
    )


def rounded_probability(ball: Ball, field: Field) -> Any:
    """Return the public number of ``field`` for an enclosed probability."""
    if is_ball(field):
        return ball
    with field.working():
        return field.public(field.number(ball.mid))


def _enclosed(x: Fraction, d: int, m: int, field: Field) -> tuple[Ball, Ball]:
    """Return enclosures of both probabilities, of the relative or absolute width that the field asks for."""
    zero, one = Ball(Fraction(0), Fraction(0)), Ball(Fraction(1), Fraction(0))
    if x <= 0:
        return zero, one
    bits = int(getattr(field, "dps") * 3.33) + 16 if is_multiprecision(field) else getattr(field, "bits", 64)  # noqa: B009
    goal, floor = Fraction(1, 2**bits), Fraction(1, 2 ** max(_FLOOR_BITS, 4 * bits))
    if _trace_bound(x, min(d, m), max(d, m)) < floor:
        tiny = Ball(floor / 2, floor / 2)
        return tiny, _clipped(1 - tiny.upper, 1 - tiny.lower)
    working = bits + 3 * min(d, m) + 64
    while working <= _MOST_BITS:
        ball = _attempt(x, min(d, m), max(d, m), BALL(working), floor)
        if ball is not None:
            below, above = _clipped(ball.lower, ball.upper), _clipped(1 - ball.upper, 1 - ball.lower)
            if all(side.rad <= max(goal * side.mid, floor) for side in (below, above)):
                return below, above
        working *= 2
    raise NotCertified(f"d = {d}, m = {m}, x = {float(x):.6g}: {_MOST_BITS:,} bits do not enclose the probability")


def _trace_bound(x: Fraction, p: int, q: int) -> Fraction:
    """Return a bound of P(λ_max ≤ x) <= P(tr W ≤ px), tr W ~ χ² with pq degrees of freedom: no digits are lost."""
    a, X = Fraction(p * q, 2), p * x / 2
    if a <= 2 * X:
        return Fraction(1)
    field = BALL(64)
    with field.working():
        # P(a, X) = Xᵃe^{−X}/Γ(a + 1) Σ_k Xᵏ/((a + 1) … (a + k)) <= 2 Xᵃe^{−X}/Γ(a + 1)
        bound = 2 * _density(a + 1, field.number(X), field)
        least = field.number(Fraction(1, 2**_LEAST_BITS))
        return Fraction(1, 2**_LEAST_BITS) if bound < least else Fraction(field.public(bound).upper)


def _clipped(low: Fraction, high: Fraction) -> Ball:
    low, high = max(low, Fraction(0)), min(high, Fraction(1))
    return Ball((low + high) / 2, (high - low) / 2)


def _attempt(x: Fraction, p: int, q: int, field: Field, floor: Fraction) -> Ball | None:
    """Return the probability with the precision of ``field``; None where it is not certainly positive."""
    with field.working():
        try:
            value = _pfaffian_probability(x / 2, p, q, field)
            if -field.number(floor) < value < field.number(floor):  # its exact exponent could fill the memory
                return Ball(floor / 2, floor / 2)
            return _clip_to_unit(field.public(value))
        except (NotConverged, ZeroDivisionError):
            return None


def _clip_to_unit(ball: Ball) -> Ball | None:
    """Return the ball if it meets [0, 1] and is no wider than that; else too few bits were used."""
    return ball if ball.upper >= 0 and ball.lower <= 1 and ball.rad <= 1 else None


def _pfaffian_probability(X: Fraction, p: int, q: int, field: Field) -> Any:
    half = field.number(Fraction(1, 2))
    a_1 = Fraction(q - p + 1, 2)
    P = _incomplete(a_1, X, p, field)
    first = q - p + 1  # aᵢ + aⱼ = q − p − 1 + i + j, from i = j = 1
    sums = _incomplete(Fraction(first), 2 * X, 2 * p - 1, field)
    Gamma = _gammas(field.number(a_1), p)
    whole = _gammas(field.number(first), 2 * p - 1)
    weights = [g * half ** (first + s) * value for s, (g, value) in enumerate(zip(whole, sums, strict=True))]
    A = np.full((p + p % 2,) * 2, field.number(0), dtype=object)
    for j in range(p):
        integral = P[j] * P[j] * half
        for i in range(j + 1, p):
            integral = integral - weights[i - 1 + j] / (Gamma[j] * Gamma[i])  # Γ(a_{i−1} + 1) = Γ(aᵢ)
            A[i, j] = 2 * integral - P[i] * P[j]
            A[j, i] = -A[i, j]
        if p % 2:
            A[j, p], A[p, j] = P[j], -P[j]
    return _constant(Gamma, p, q, field) * field.sqrt(field.array([ball_determinant(A)]))[0]  # Pf² = det, Pf > 0


def _constant(Gamma: list[Any], p: int, q: int, field: Field) -> Any:
    """π^{p/2} Π Γ(aᵢ)/(Γ((q − i + 1)/2) Γ((p − i + 1)/2)), with π^{1/2} = Γ(1/2)."""
    halves = {i: ball_gamma(field.number(Fraction(i, 2))) for i in {*range(1, p + 1), *range(q - p + 1, q + 1)}}
    result = field.number(1)
    for i in range(1, p + 1):
        result = result * halves[1] * Gamma[i - 1] / (halves[q - i + 1] * halves[p - i + 1])
    return result


def _incomplete(a: Fraction, x: Fraction, count: int, field: Field) -> list[Any]:
    """Return P(a, x), P(a + 1, x), …: P(a + 1, x) = P(a, x) − xᵃ e^{−x}/Γ(a + 1)."""
    point = field.number(x)
    value, term = regularised_gamma(a, x, field), _density(a + 1, point, field)
    values = [value]
    for j in range(1, count):
        values.append(values[-1] - term)
        term = term * point / field.number(a + j)
    return values


def regularised_gamma(a: Fraction, x: Fraction, field: Field) -> Any:
    """Return P(a, x) for 2a a positive integer and x > 0, over balls inside ``field.working()``.

    By sums of positive terms that shrink, whose rest is below a geometric series (flint's own function does not get
    better with more bits for a in the thousands):  P = xᵃe^{−x} Σ_k xᵏ/Γ(a + k + 1) for x ≤ a, and for x > a
    1 − P = e^{−x} Σ x^{a−1−k}/Γ(a − k), k ≤ a − 1, to which half-integers add erfc √x.

    >>> with BALL(80).working():
    ...     value = BALL(80).public(regularised_gamma(Fraction(2), Fraction(3), BALL(80)))  # 1 − 4e^{−3}
    >>> abs(float(value.mid) - (1 - 4 * math.exp(-3))) < 1e-15, value.rad < Fraction(1, 2**70)
    (True, True)
    """
    one, tiny = field.number(1), field.number(Fraction(1, 2 ** int(getattr(field, "bits"))))  # noqa: B009
    point, zero = field.number(x), field.number(0)
    term = total = one
    if x <= a:
        for k in itertools.count(1):
            term = term * point / field.number(a + k)
            ratio = x / (a + k + 1)
            if not term > tiny * field.number(1 - ratio):
                break
            total = total + term
        rest = term / field.number(1 - ratio)
        return _density(a + 1, point, field) * (total + rest.union(zero))
    for k in range(1, math.floor(a)):
        term = term * field.number(a - k) / point
        ratio = (a - k) / x
        if not term > tiny * field.number(1 - ratio):
            rest = term / field.number(1 - ratio)
            return one - _density(a, point, field) * (total + rest.union(zero))
        total = total + term
    above = _density(a, point, field) * total if a >= 1 else zero
    if a.denominator == 2:  # 1 − P(1/2, x)
        above = above + ball_erfc(field.sqrt(field.array([x]))[0])
    return one - above


def _density(a: Any, x: Any, field: Field) -> Any:
    """x^{a−1} e^{−x}/Γ(a)."""
    at = field.number(a)
    return x ** (at - 1) * ball_exp(-x) / ball_gamma(at)


def _gammas(a: Any, count: int) -> list[Any]:
    """Return Γ(a), Γ(a + 1), …."""
    values = [ball_gamma(a)]
    for j in range(count - 1):
        values.append(values[-1] * (a + j))
    return values
