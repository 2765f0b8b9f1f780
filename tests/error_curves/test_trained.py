"""The test error with A_t in place of Γ⁻¹: definitions, the reference, fields, and matrices that overshoot."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import EXACT_RUNG, FEW_OPERATIONS
from theorycalc import reference
from theorycalc.error_curves.curves import expected_error
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import BALL, EXACT, MP
from theorycalc.gamma.descent import descent_weights, largest_step
from theorycalc.model import Setup
from theorycalc.thinking.training import training_curve

SETUP = Setup([1, "1/2", "1/4"], n=10, m=6)
GAP = Setup([1, "1/2"], n=10, m=6, Sigma=["1/2", 2], Omega=[1, 3], w_0=[1, 0], noise_var="1/10")
MATRIX = Setup([["2", "1/3"], ["1/3", "1/2"]], n=3, m=5)
SHIFTED = MATRIX.replace(Sigma=[[1, 0], [0, 2]], w_0=["1/2", 1], noise_var="1/5")


def second_moments(setup, A, P):
    """E tr[P R Q Rᵀ] + noise at k = 1 by listed pairings: E S = Σ and E S B S."""
    d = setup.d
    Sigma = np.array([[Fraction(x) for x in row] for row in dense(setup.Sigma, d)], dtype=object)
    Q = prior(setup)

    def sandwich(B):
        return np.array(reference.second_moment(B.tolist(), Sigma.tolist(), setup.m), dtype=object)

    value = (P * (Q - A @ Sigma @ Q - Q @ Sigma @ A.T + A @ sandwich(Q) @ A.T)).sum()
    return value + Fraction(setup.noise_var) * (P * (A @ Sigma @ A.T)).sum() / setup.m


def dense(covariance, d):
    entries = covariance.entries
    return np.diag(entries) if entries.ndim == 1 else entries


def prior(setup):
    Omega = np.eye(setup.d, dtype=int) if setup.Omega is None else dense(setup.Omega, setup.d)
    w_0 = np.zeros(setup.d, dtype=int) if setup.w_0 is None else np.array(setup.w_0, dtype=object)
    return np.vectorize(Fraction)(Omega + np.outer(w_0, w_0))


@pytest.mark.parametrize("setup", [SETUP, GAP, MATRIX, SHIFTED])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_one_step_by_pairings(setup, metric):
    """Any training time, also beyond the largest step, where A_t is indefinite."""
    for eta in ("1/9", "3/2"):
        curve = training_curve(setup, [0, 1, 3], eta, steps=1, rung="exact", metric=metric, c=2, field=EXACT)
        for i, t in enumerate(curve.epochs.tolist()):
            A = -2 * descent_weights(setup, t, eta, c=2, field=EXACT)
            P = dense(setup.Sigma, setup.d) if metric == "prediction" else np.eye(setup.d, dtype=int)
            assert curve.error[i, 1] == second_moments(setup, A, np.vectorize(Fraction)(P))


@settings(max_examples=20)
@given(st.sampled_from([SETUP, GAP, MATRIX, SHIFTED]), st.integers(0, 6), st.data())
def test_population_is_the_iteration_itself(setup, t, data):
    """R = I − A_t Σ applied k times, for starts that are not symmetric."""
    d = setup.d
    entries = st.fractions(min_value=-2, max_value=2, max_denominator=3)
    start = np.array(data.draw(st.lists(entries, min_size=d * d, max_size=d * d)), dtype=object).reshape(d, d)
    curve = training_curve(setup, [t], "1/7", V0=start, steps=3, field=EXACT)
    A = -descent_weights(setup, t, "1/7", V_0=start, field=EXACT)
    R = np.eye(d, dtype=int) - A @ np.vectorize(Fraction)(dense(setup.Sigma, d))
    state = prior(setup)
    for k in range(4):
        assert curve.error[0, k] == np.trace(state)
        state = R @ state @ R.T
    rounded = training_curve(setup, [t], "1/7", V0=start, steps=3)
    for value, low, high in zip(curve.error[0], rounded.lower[0], rounded.upper[0], strict=True):
        assert Fraction(low) <= value <= Fraction(high)


@pytest.mark.parametrize("setup", [SETUP, GAP, MATRIX, SHIFTED])
@pytest.mark.parametrize("rung", ["population", "exact"])
def test_long_training_ends_at_the_theory_of_the_trained_layer(setup, rung):
    eta = 0.9 * largest_step(setup)
    curve = training_curve(setup, [10**9], eta, steps=5, rung=rung)
    assert curve.error[0] == pytest.approx(expected_error(setup, 5, rung=rung).values, rel=EXACT_RUNG)


@pytest.mark.parametrize("eta", ["1/3", "29/20", "2"])
@pytest.mark.parametrize("V0", [None, [1, 0, "-1/2"]])
def test_fields_agree_also_where_a_direction_overshoots(eta, V0):
    """Largest step 1.57: V_t swings about V* and, beyond, diverges; V_0 makes A_0 singular and indefinite."""
    times = [0, 1, 2, 5]
    truth = training_curve(SETUP, times, eta, steps=3, rung="exact", V0=V0, field=EXACT)
    found = training_curve(SETUP, times, eta, steps=3, rung="exact", V0=V0)
    assert np.allclose(found.error, truth.error.astype(float), rtol=EXACT_RUNG, atol=0)
    balls = training_curve(SETUP, times, eta, steps=3, rung="exact", V0=V0, field=BALL(128))
    digits = training_curve(SETUP, times, eta, steps=3, rung="exact", V0=V0, field=MP(25))
    for value, ball, digit in zip(truth.error.flat, balls.error.flat, digits.error.flat, strict=True):
        assert value in ball
        assert ball.rad <= abs(value) / 10**20
        assert float(digit) == pytest.approx(float(value), rel=FEW_OPERATIONS)
    for value, low, high in zip(truth.error.flat, found.lower.flat, found.upper.flat, strict=True):
        assert Fraction(low) <= value <= Fraction(high)


@pytest.mark.parametrize("setup", [MATRIX, SHIFTED])
def test_full_matrices_in_every_field(setup):
    times = [0, 1, 4]
    truth = training_curve(setup, times, "1/9", steps=3, rung="exact", field=EXACT)
    found = training_curve(setup, times, "1/9", steps=3, rung="exact")
    assert np.allclose(found.error, truth.error.astype(float), rtol=EXACT_RUNG, atol=0)
    balls = training_curve(setup, times, "1/9", steps=3, rung="exact", field=BALL(160))
    assert all(value in ball for value, ball in zip(truth.error.flat, balls.error.flat, strict=True))
    commuting = training_curve(setup, times, "1/9", steps=3, rung="exact", V0=[[-1, 0], [0, -1]], field=EXACT)
    rounded = training_curve(setup, times, "1/9", steps=3, rung="exact", V0=[[-1, 0], [0, -1]])
    assert np.allclose(rounded.error, commuting.error.astype(float), rtol=EXACT_RUNG, atol=0)


def test_a_rotated_problem_is_the_same_problem():
    U = np.vectorize(Fraction)(np.array([["3/5", "-4/5"], ["4/5", "3/5"]]))
    turned = Setup(U @ np.diag(np.array([Fraction(2), Fraction(1, 3)])) @ U.T, n=4, m=5)
    straight = Setup([2, "1/3"], n=4, m=5)
    for rung in ("population", "exact"):
        both = [training_curve(setup, 6, "1/9", steps=3, rung=rung, field=EXACT) for setup in (turned, straight)]
        assert (both[0].error == both[1].error).all()
        assert (both[0].loss == both[1].loss).all()
    for rung in ("exact", "proportional"):
        both = [training_curve(setup, 6, "1/9", steps=3, rung=rung) for setup in (turned, straight)]
        assert np.allclose(both[0].error, both[1].error, rtol=EXACT_RUNG, atol=0)


def test_float64_bounds_hold_near_and_far_from_the_start():
    """Tiny and large η, long and short: the rounding bound of A_t contains the truth, and is narrow."""
    setup = Setup([2, "1/3", "1/100"], n=7, Sigma=[1, 2, "1/5"])
    limit = largest_step(setup, field=EXACT)
    for share in (Fraction(1, 10**9), Fraction(1, 3), Fraction(99, 100)):
        for V0 in (None, [1, "-1/3", "1/7"]):
            found = training_curve(setup, [0, 1, 17, 10**6], share * limit, steps=6, V0=V0)
            balls = training_curve(setup, [0, 1, 17, 10**6], share * limit, steps=6, V0=V0, field=BALL(400))
            for ball, low, high in zip(balls.error.flat, found.lower.flat, found.upper.flat, strict=True):
                assert Fraction(low) <= ball.lower
                assert ball.upper <= Fraction(high)
                assert high - low <= 1e-8 * high


def test_refusals():
    start = [[1, 2], [0, 1]]
    with pytest.raises(OutsideRegime, match="does not commute"):
        training_curve(MATRIX, 3, "1/9", V0=start, rung="exact")
    with pytest.raises(OutsideRegime, match="does not commute"):
        training_curve(MATRIX, 3, "1/9", V0=start, rung="exact", field=EXACT)
    with pytest.raises(OutsideRegime, match="proportional"):
        training_curve(SHIFTED, 3, "1/9", rung="proportional")
    with pytest.raises(OutsideRegime, match="0 in some directions"):
        training_curve(SETUP, [0], "1/9", V0=[1, 0, 1], rung="proportional")
    with pytest.raises(OutsideRegime, match="over EXACT"):
        training_curve(SETUP, [20_000], "1/9", steps=40, field=EXACT)
