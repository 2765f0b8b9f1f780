"""Chains of any length: the recursion where it runs, a density integrated directly where it does not, contours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import LONG_RECURSION
from theorycalc.fields import F64
from theorycalc.rmt.contours import RULES, contour, largest_factor
from theorycalc.rmt.equivalents import law_of
from theorycalc.rmt.long_chains import Problem, limit_errors, population_errors
from theorycalc.rmt.recursion import limit_chains


def problem(*parts, counts=None, noise_var=0.0):
    """The problem of C, P̃, Q̃ and m."""
    C, P, Q = (np.array(x, dtype=float) for x in parts[:3])
    count = np.ones(C.size, dtype=int) if counts is None else np.array(counts)
    return Problem(C=C, P=P, Q=Q, multiplicity=count, m=parts[3], noise_var=noise_var, input_error=np.full(C.size, 1.0))


def by_recursion(given, steps):
    """E_0 … E_steps by the recursion in float64, label noise included."""
    limit = limit_chains(given.C, given.P, given.Q, given.multiplicity, float(given.m), steps, F64)
    power = limit.power_trace
    noise = [given.noise_var / given.m * (power[:k] - power[k : 2 * k]).sum() for k in range(steps + 1)]
    return limit.error + np.array(noise)


@st.composite
def problems(draw):
    q = draw(st.integers(1, 4))
    spread = draw(st.sampled_from([1.0, 4.0, 40.0]))
    values = st.floats(1 / spread, 1)
    C = [draw(st.floats(0.3, 1.4)) * draw(values) for _ in range(q)]
    full = draw(st.booleans())
    counts = [1] * q if full else [draw(st.integers(1, 9)) for _ in range(q)]
    d = sum(counts)
    m = draw(st.sampled_from([1, d, d + 1, max(1, d - 1), 3 * d, 10**9]))
    weights = []
    for _ in range(2):
        root = np.array([[draw(st.floats(-1, 1)) for _ in range(q)] for _ in range(q)])
        weights.append(root @ root.T + 0.1 * np.eye(q) if full else np.abs(root[0]) + 0.1)
    noise = draw(st.sampled_from([0.0, 0.7]))
    return problem(C, *weights, m, counts=counts, noise_var=noise)


@settings(max_examples=25)
@given(problems(), st.sampled_from([3, 60]), st.sampled_from([None, 1000, 10**6]))
def test_agrees_with_the_recursion(given, steps, longest):
    """One contour for all powers: short ones keep their digits beside a chain of a million."""
    expected = by_recursion(given, steps)
    every = np.arange(steps + 1) if longest is None else np.append(np.arange(steps + 1), longest)
    found = limit_errors(given, every)
    values = np.exp(found.error.log[: steps + 1])
    slack = found.error.relative_error[: steps + 1]
    assert np.all(found.error.sign == 1)
    whole = expected > 1e-250  # below, states of the recursion underflow
    assert np.all(np.abs(values - expected)[whole] <= ((slack + LONG_RECURSION) * expected)[whole])
    assert np.max(slack) <= 1e-8
    if found.floor is not None and found.excess is not None:
        excess = found.excess.sign * np.exp(found.excess.log)
        assert found.floor + excess[: steps + 1] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("d", "m"), [(40, 100), (50, 50), (60, 40)])
@pytest.mark.parametrize("k", [30, 3_000, 1_000_000])
@pytest.mark.parametrize("c", [0.35, 0.9])
def test_isotropic_chains_against_the_density(d, m, k, c):
    """C = cI, P̃ = Q̃ = 1: E_k = d ∫ (1 − x)²ᵏ dμ, μ Marchenko and Pastur's law, by the trapezoidal rule in an angle."""
    root = np.sqrt(d / m)
    low, high = c * (1 - root) ** 2, c * (1 + root) ** 2
    theta = (np.arange(400_000) + 0.5) * np.pi / 400_000
    x = low + (high - low) * np.sin(theta / 2) ** 2
    if d == m:
        x = high * np.sin(theta / 2) ** 2
    # m/(2πcx) √((x − low)(high − x)) dx, with dx = half·sin θ dθ, the mass away from 0 being min(d, m)
    density = m / (2 * np.pi * c * x) * ((high - low) / 2 * np.sin(theta)) ** 2 * np.pi / theta.size
    logs = 2 * k * np.log1p(-x) if high < 1 else 2 * k * np.log(np.abs(1 - x))
    top = logs.max()
    moving = np.log((density * np.exp(logs - top)).sum()) + top
    found = limit_errors(problem([c], [1.0], [1.0], m, counts=[d]), np.array([k]))
    if d > m and high < 2:
        assert found.floor == pytest.approx(d - m, rel=1e-12)
        assert found.excess is not None
        assert found.excess.sign[0] == 1
        assert found.excess.log[0] == pytest.approx(moving, abs=1e-8, rel=1e-13)
        return
    total = np.logaddexp(moving, np.log(d - m)) if d > m else moving
    assert found.error.log[0] == pytest.approx(total, abs=1e-8, rel=1e-13)
    assert abs(found.error.log[0] - total) <= found.error.relative_error[0] + 1e-9


def test_gaps_and_outliers():
    """Two clusters with a gap, and one direction far out: the recursion agrees, the outlier decides long chains."""
    given = problem([0.2, 0.25, 1.5], [1.0, 2.0, 1.0], [1.0, 1.0, 0.5], 400, counts=[20, 20, 1])
    expected = by_recursion(given, 150)
    found = limit_errors(given, np.append(np.arange(151), 10**5))
    assert np.exp(found.error.log[:151]) == pytest.approx(expected, rel=1e-11)
    hull = law_of(given.C, given.multiplicity, given.m)
    assert found.error.log[-1] / (2 * 10**5) == pytest.approx(np.log(largest_factor(hull)), rel=1e-3)


def test_the_error_may_come_from_below_its_floor():
    """The problem of claim RMT-04: Λ = diag(1/10, 1, 1/10, 1), n = 50, m = 2, Σ = Γ/4; floor 521369/155344."""
    gamma = [1.02 * x + 2.2 / 50 for x in (0.1, 1.0)]
    given = problem([0.25, 0.25], [1 / x for x in gamma], gamma, 2, counts=[2, 2])
    found = limit_errors(given, np.array([0, 4, 10_000, 20_000]))
    assert found.floor == pytest.approx(521369 / 155344, rel=1e-13)
    assert found.excess is not None
    assert found.excess.sign.tolist() == [1, -1, -1, -1]
    assert np.exp(found.error.log[1]) == pytest.approx(by_recursion(given, 4)[4], rel=1e-12)
    # of first order in (1 − λ₋)ᵏ, with the prefactor k^{−3/2} of a square-root edge
    ratio = (found.excess.log[3] - found.excess.log[2] + 1.5 * np.log(2)) / 10_000
    assert ratio == pytest.approx(np.log(1 - 0.25 * (np.sqrt(2) - 1) ** 2), rel=1e-5)


@pytest.mark.parametrize("m", [30, 70, 71])
def test_noise_settles_or_grows(m):
    """d < m: σ²/m · E tr(P̃ N⁻¹) = σ² tr(P̃ C⁻¹)/(m − d); d = m: like √k."""
    given = problem([0.1, 0.2], [1.0, 2.0], [0.0, 0.0], m, counts=[35, 35], noise_var=0.5)
    found = limit_errors(given, np.array([10**5, 4 * 10**5]))
    values = np.exp(found.error.log)
    if m == 71:
        assert found.floor == pytest.approx(0.5 * 35 * (1 / 0.1 + 2 / 0.2) / (71 - 70), rel=1e-12)
        assert values[1] == pytest.approx(found.floor, rel=0.05)
    if m == 70:
        assert found.floor is None
        assert values[1] / values[0] == pytest.approx(2, rel=0.01)
    if m == 30:
        assert found.floor is not None
        assert values[1] == pytest.approx(found.floor, rel=1e-12)
    assert np.exp(limit_errors(given, np.arange(41)).error.log[1:]) == pytest.approx(
        by_recursion(given, 40)[1:], rel=1e-11
    )


def test_short_prompts_next_to_square_ones():
    """d = m ∓ 1 with m = 10⁶: the lower edge is 1e-13 of the upper, and the contour goes between it and 0."""
    for m in (10**6 - 1, 10**6 + 1):
        given = problem([0.3], [1.0], [1.0], m, counts=[10**6], noise_var=0.1)
        found = limit_errors(given, np.append(np.arange(31), 10**6))
        assert np.exp(found.error.log[:31]) == pytest.approx(by_recursion(given, 30), rel=1e-9)
        assert found.error.relative_error[-1] < 1e-7


@settings(max_examples=30)
@given(problems(), st.integers(1, 10**6))
def test_contours_go_round_the_support_without_growth(given, power):
    law = law_of(given.C, given.multiplicity, given.m)
    for rule in RULES:
        drawn = contour(law, power, rule)
        around = 2 * (drawn.weight / (drawn.z - law.middle)).sum().real
        assert around == pytest.approx(1, rel=1e-11)
        assert np.all(drawn.z.imag > 0)
        assert np.max(np.abs(1 - drawn.z)) <= largest_factor(law) * (1 + 3 * rule.reach / power)
        outside = 2 * (drawn.weight / drawn.z).sum().real
        assert outside == pytest.approx(0 if drawn.excludes_zero else 1, abs=1e-9)


def test_long_prompts_are_the_population():
    """m = 10¹⁵ against m = ∞, full matrices and a direction that vanishes at once."""
    C, rng = np.array([0.2, 0.7, 1.3]), np.random.default_rng(0)
    root = rng.normal(size=(2, 3, 3))
    P, Q = (x @ x.T for x in root)
    count, k = np.ones(3, dtype=int), np.array([0, 1, 7, 1000])
    limit = population_errors(C, P, Q, count, count * 1.0, k)
    direct = [float(np.sum(P * Q * np.outer((1 - C) ** x, (1 - C) ** x))) for x in k]
    assert np.exp(limit.error.log) == pytest.approx(direct, rel=1e-12)
    near = limit_errors(problem(C, P, Q, 10**15), k)
    assert near.error.log[:3] == pytest.approx(limit.error.log[:3], abs=1e-9)
    alone = population_errors(np.array([1.0]), np.array([2.0]), np.array([3.0]), count[:1], count[:1] * 1.0, k)
    assert alone.error.sign.tolist() == [1, 0, 0, 0]
    assert alone.error.log[0] == pytest.approx(np.log(6))
