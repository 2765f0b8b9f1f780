"""Floors: closed forms for C = cI, the recursion, enclosures, samples with full matrices, extreme ratios d/m."""

from fractions import Fraction

import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION, Z_LIMIT
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, F64, Array
from theorycalc.rmt.edges import spectral_edges
from theorycalc.rmt.null_space import inverse_trace, null_overlap, null_point
from theorycalc.rmt.recursion import limit_chains


def floor(c, p, q, counts, m):
    C, P, Q, count = np.array(c, float), np.array(p, float), np.array(q, float), np.array(counts)
    return float(null_overlap(C, P, Q, count, u=null_point(C, count, m, F64), field=F64))


def test_one_eigenvalue():
    """C = cI: u = c (φ − 1), d (p² + κ p (1 − p)) with p = 1 − m/d (RMT-05)."""
    count = np.array([1, 2, 1])
    u = null_point(np.array([3.0] * 3), count, 1, F64)
    assert u == pytest.approx(9.0, rel=FEW_OPERATIONS)
    P, Q = np.array([1.0, 2.0, 5.0]), np.array([7.0, 1.0, 0.5])
    p = 3 / 4
    straight, cross = count @ (P * Q), (count @ P) * (count @ Q) / 4
    assert floor([3] * 3, P, Q, count, 1) == pytest.approx(p * p * straight + p * (1 - p) * cross, rel=FEW_OPERATIONS)


def test_the_projection_is_one():
    """P̃ = Q̃ = I: tr Π = d − m; P̃ = I: tr[ΠQ̃] = Σ Q̃ᵢπᵢ, as Π² = Π."""
    C, count = np.array([0.01, 0.4, 3.0, 70.0]), np.array([5, 1, 4, 2])
    one, Q = np.ones(4), np.array([2.0, 0.1, 9.0, 1.0])
    for m in (1, 5, 11):
        u = null_point(C, count, m, F64)
        assert floor(C, one, one, count, m) == pytest.approx(12 - m, rel=FEW_OPERATIONS)
        assert floor(C, one, Q, count, m) == pytest.approx(count @ (Q * u / (u + C)), rel=FEW_OPERATIONS)


@pytest.mark.parametrize("m", [3, 4, 5, 6])
def test_the_recursion_ends_there(m):
    """The distance from the floor falls like ρᵏ, ρ = |1 − λ₋|, to the rounding of the recursion."""
    c, count = np.array([0.05, 0.1, 0.2]), np.array([10, 8, 7])
    P, Q = np.array([1.0, 3.0, 0.2]), np.array([2.0, 0.5, 4.0])
    values = limit_chains(c, P, Q, count, float(m), 250, F64).error
    edges = spectral_edges(c, m, multiplicity=count)
    rho = max(abs(1 - edges.lower), abs(1 - edges.upper))
    gaps = np.abs(values / floor(c, P, Q, count, m) - 1)
    assert rho < 0.96
    assert np.all(gaps <= 10 * rho ** np.arange(251) + LONG_RECURSION)


@pytest.mark.parametrize(
    ("c", "counts", "m"),
    [
        ([1], [2], 1),
        ([1, 3], [10**9, 10**9 + 1], 2 * 10**9),
        ([1, 10**6], [10**12, 1], 1),
        ([Fraction(1, 10**9), 1], [3, 5], 4),
        ([Fraction(1, 10**9), 1], [3, 5], 5),
        ([1, 2, 3], [1, 1, 1], 1),
        ([Fraction(1, 10**90), 1, 10**40], [2, 3, 5], 7),
        ([Fraction(1, 10**90), 1, 10**40], [2, 3, 5], 1),
    ],
)
def test_enclosures(c, counts, m):
    count = np.array(counts)
    rough = null_point(np.array([float(x) for x in c]), count, m, F64)
    fine = BALL(500)
    with fine.working():
        C = fine.array(c)
        u = null_point(C, count, m, fine)
        excess = (fine.array(counts) * u / (C + u)).sum() / m - fine.number(Fraction(sum(counts) - m, m))
        ball, zero = fine.public(u), fine.public(excess)
    assert 0 in zero
    assert ball.rad < ball.mid / 2**90
    assert abs(Fraction(float(rough)) - ball.mid) <= ball.mid * Fraction(1, 10**12)


def test_too_few_bits():
    coarse = BALL(30)
    with coarse.working(), pytest.raises(NotCertified, match="use more bits"):
        null_point(coarse.array([1, 3]), np.array([10**12, 1]), 10**12, coarse)


def sampled(c: Array, m: int, prompts: int, seed: int) -> list[tuple[Array, Array]]:
    """Return (Π, N⁺) of some prompts."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(prompts):
        X = rng.standard_normal((len(c), m)) * np.sqrt(c)[:, None]
        values, vectors = np.linalg.eigh(X @ X.T / m)
        kept = vectors[:, max(0, len(c) - m) :]
        found.append((np.eye(len(c)) - kept @ kept.T, kept / values[max(0, len(c) - m) :] @ kept.T))
    return found


@pytest.mark.parametrize("full", [False, True])
def test_samples(full):
    """One prompt at d = 120 already shows the limit up to O(1/d); full P̃ and Q̃ in any basis."""
    d, m = 120, 50
    c = np.linspace(0.1, 2.0, d)
    rng = np.random.default_rng(11)
    factors = rng.standard_normal((2, d, d)) / np.sqrt(d)
    P, Q = (factor @ factor.T + np.diag(c**power) for factor, power in zip(factors, (1, -1), strict=True))
    if not full:
        P, Q = np.diag(np.diagonal(P)), np.diag(np.diagonal(Q))
    count = np.ones(d, dtype=int)
    u = null_point(c, count, m, F64)
    drawn = sampled(c, m, 30, 12)
    for values, limit in (
        ([np.trace(P @ Pi @ Q @ Pi) for Pi, _ in drawn], null_overlap(c, P, Q, count, u=u, field=F64)),
        ([np.trace(P @ inverse) for _, inverse in drawn], inverse_trace(c, P, count, m, u=u, field=F64)),
    ):
        spread = np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(np.mean(values) - limit) <= Z_LIMIT * spread + 3 / d * limit
        assert spread < 0.02 * limit


def test_inverse_of_a_long_prompt():
    """E N⁻¹ = C⁻¹ m/(m − d − 1) exactly; the limit has m/(m − d)."""
    C, P = np.array([1.0, 4.0]), np.array([3.0, 8.0])
    assert inverse_trace(C, P, np.array([2, 1]), 30, u=None, field=F64) == pytest.approx(8 * 30 / 27, rel=1e-15)
