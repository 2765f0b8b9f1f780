"""k* on long prompts: hand values, the curve itself as judge, very large k*, matrices against spectra."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import NotCertified
from theorycalc.fields import EXACT
from theorycalc.results import Metric
from theorycalc.thinking.directions import directions_of
from theorycalc.thinking.minimum import best_steps

positive = st.fractions(Fraction(1, 20), 20, max_denominator=30)


def with_factors(*factors, n=4, weights=None):
    """A setup whose directions have the given 1 − σ/γ: Λ = I, Σ = γ(1 − factor)."""
    d = len(factors)
    gamma = 1 + Fraction(1, n) + Fraction(d, n)
    Sigma = [gamma * (1 - Fraction(factor)) for factor in factors]
    return tc.Setup([1] * d, n=n, Sigma=Sigma, Omega=weights)


def k_star(setup, metric="estimation"):
    return tc.overthinking(setup, steps=0, metric=metric).k_star


def test_hand_values():
    # E_k = (1/2)^{2k} + (−3/2)^{2k}: 2, 5/2
    assert k_star(with_factors("1/2", "-3/2")) == 0
    # E_k = 9·2^{−2k} + (9/8)^{2k}: 10, 3.52, 2.16, 2.17
    assert k_star(with_factors("1/2", "-9/8", weights=[9, 1])) == 2
    assert k_star(with_factors("1/2", "-1/2")) == math.inf
    assert k_star(with_factors(0, "-1")) == 1
    assert k_star(with_factors("-1", "-1")) == 0
    assert k_star(with_factors(0, 0)) == 1
    assert k_star(with_factors("1/2", -1)) == math.inf


def test_a_tie_goes_to_the_smaller_step():
    # E_0 = E_1 for weights w(1 − 1/4) = 9/4 − 1 (w = 5/3): E_1 − E_0 = 0, and then it rises
    tie = with_factors("1/2", "-3/2", weights=["5/3", 1])
    values = tc.expected_error(tie, 2, rung="population", field=EXACT).values
    assert values[0] == values[1] < values[2]
    assert k_star(tie) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(positive, positive, st.fractions(0, 9, max_denominator=9)), min_size=1, max_size=4), st.data()
)
def test_the_exact_curve_agrees(parts, data):
    lam, sigma, omega = zip(*parts, strict=True)
    metric = data.draw(st.sampled_from(["estimation", "prediction"]))
    setup = tc.Setup(list(lam), n=data.draw(st.integers(1, 60)), Sigma=list(sigma), Omega=list(omega))
    best = k_star(setup, metric)
    values = list(tc.expected_error(setup, 40, rung="population", metric=metric, field=EXACT).values)
    smallest = min(values)
    if best > 40:
        assert all(later < now for now, later in itertools.pairwise(values))
    else:
        assert values[best] == smallest
        assert all(value > smallest for value in values[:best])


def test_very_large_k_star():
    """r₁ = (1 − 2δ)², r₂ = (1 + δ)²: falling and rising parts meet at k ≈ log(w₁(1 − r₁)/(w₂(r₂ − 1)))/log(r₂/r₁)."""
    delta = Fraction(1, 10**9)
    setup = with_factors(1 - 2 * delta, -1 - delta)
    found = k_star(setup)
    assert isinstance(found, int)
    r_1, r_2 = (1 - 2 * delta) ** 2, (1 + delta) ** 2
    expected = math.log(float((1 - r_1) / (r_2 - 1))) / (2 * float(3 * delta))
    assert found == pytest.approx(expected, rel=1e-6)
    assert found > 10**8


def test_k_star_beyond_the_count_limit_is_an_interval():
    delta = Fraction(1, 10**18)
    verdict = tc.overthinking(with_factors(1 - 2 * delta, -1 - delta), steps=0)
    assert verdict.k_star_range[1] == math.inf
    assert verdict.k_star_range[0] > 10**14
    with pytest.raises(NotCertified, match="k\\* is in"):
        _ = verdict.k_star


def rotation():
    return np.array([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]], dtype=object)


@pytest.mark.parametrize("factors", [("1/2", "-9/8"), ("7/8", "-17/16"), ("1/2", "1/3"), (0, 0), ("15/16", "-33/32")])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_turned_spectra_have_the_same_k_star(factors, metric):
    plain = with_factors(*factors)
    U = rotation()
    turned = plain.replace(
        Sigma=U @ np.diag(plain.Sigma.entries) @ U.T, Omega=U @ np.diag([Fraction(9), Fraction(1)]) @ U.T
    )
    plain = plain.replace(Omega=[9, 1])
    assert k_star(turned, metric) == k_star(plain, metric)


def test_matrices_that_do_not_commute():
    setup = tc.Setup([[2, "1/5"], ["1/5", "1/10"]], n=30, Sigma=[["3/2", "1/20"], ["1/20", "3/10"]])
    found = tc.overthinking(setup, steps=0)
    best = int(found.k_star)
    assert best == 2
    values = tc.expected_error(setup, 60, rung="population", field=EXACT).values
    assert found.overthinks
    assert values[best] == min(values)


def test_a_singular_prior_on_matrices():
    """Ω = vvᵀ along an eigenvector of Γ⁻¹Σ: only its fate matters, though the other one overthinks."""
    plain = with_factors("1/2", "-3/2")
    U = rotation()
    turned = plain.replace(Sigma=U @ np.diag(plain.Sigma.entries) @ U.T)
    for column, grows in ((0, False), (1, True)):
        v = U[:, column]
        found = tc.overthinking(turned.replace(Omega=np.outer(v, v)), steps=0)
        assert found.overthinks is grows
        assert found.threshold == pytest.approx(2.5, rel=FEW_OPERATIONS)
        assert found.k_star == (0 if grows else math.inf)
    solved = turned.replace(Sigma=turned.Sigma.entries * 0 + np.diag([Fraction(7, 4)] * 2), Omega=[[1, 1], [1, 1]])
    assert k_star(solved) == 1


def test_critical_matrices_are_left_open():
    plain = with_factors("1/2", "-1")
    U = rotation()
    setup = plain.replace(Sigma=U @ np.diag(plain.Sigma.entries) @ U.T, Lambda=[["3/2", "1/10"], ["1/10", 1]])
    directions, _ = directions_of(setup, Metric.ESTIMATION, tc.F64)
    assert best_steps(setup, directions, Metric.ESTIMATION).lower in (0, math.inf)
    commuting = plain.replace(Sigma=U @ np.diag(plain.Sigma.entries) @ U.T)
    verdict = tc.overthinking(commuting, steps=0)
    assert not verdict.overthinks
    assert verdict.k_star_range == (0, math.inf)
    assert "critical" in verdict.shape
