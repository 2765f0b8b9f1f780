"""Gradient descent: explicit steps, its limits in time and step size, fields and refusals."""

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.descent import descent_weights, largest_step
from theorycalc.gamma.loss import loss_gradient, population_loss
from theorycalc.model import Setup, TaskMixture

MATRIX = [["2", "1/3"], ["1/3", "1/2"]]
START = [["1", "2"], ["-1/3", "1/2"]]

rationals = st.fractions(min_value=-3, max_value=3, max_denominator=5)
scales = rationals.filter(bool)
problems = st.sampled_from([Setup(MATRIX, n=3), Setup([2, "1/3"], n=4), Setup(["1/2"], n=1)])


def exact(*arguments, **named):
    return descent_weights(*arguments, **named, field=EXACT)


@settings(max_examples=30)
@given(problems, scales, st.integers(0, 4), st.data())
def test_every_step_follows_the_gradient(setup, c, t, data):
    d = setup.d
    start = np.array(data.draw(st.lists(rationals, min_size=d * d, max_size=d * d)), dtype=object).reshape(d, d)
    V = start
    for _ in range(t):
        V = V - Fraction(1, 7) * loss_gradient(setup, V, c=c, field=EXACT)
    assert (exact(setup, t, "1/7", V_0=start, c=c) == V).all()


@pytest.mark.parametrize("setup", [Setup(MATRIX, n=3), Setup([2, "1/3"], n=4)])
def test_starts_may_be_given_in_short(setup):
    zero, diagonal = np.zeros((2, 2), dtype=int), np.array([Fraction(1, 3), Fraction(-2)], dtype=object)
    assert (exact(setup, 5, "1/9") == exact(setup, 5, "1/9", V_0=zero)).all()
    assert (exact(setup, 5, "1/9", V_0=diagonal) == exact(setup, 5, "1/9", V_0=np.diag(diagonal))).all()
    assert (exact(setup, 0, "1/9", V_0=START) == np.vectorize(Fraction)(np.array(START))).all()


def test_time_adds_up():
    """t + s steps are s steps from where t steps ended."""
    setup = Setup(MATRIX, n=3)
    half = exact(setup, 6, "1/9", V_0=START)
    assert (exact(setup, 11, "1/9", V_0=START) == exact(setup, 5, "1/9", V_0=half)).all()


def test_spectrum_equals_rotated_matrix():
    U = np.vectorize(Fraction)(np.array([["3/5", "-4/5"], ["4/5", "3/5"]]))
    diagonal = np.diag(np.array([Fraction(2), Fraction(1, 3)]))
    start = np.vectorize(Fraction)(np.array(START))
    rotated = exact(Setup(U @ diagonal @ U.T, n=4), 3, "1/9", V_0=U @ start @ U.T)
    assert (rotated == U @ exact(Setup([2, "1/3"], n=4), 3, "1/9", V_0=start) @ U.T).all()
    assert largest_step(Setup(U @ diagonal @ U.T, n=4)) == pytest.approx(
        float(largest_step(Setup([2, "1/3"], n=4), field=EXACT)), rel=FEW_OPERATIONS
    )


@pytest.mark.parametrize("setup", [Setup(MATRIX, n=3), Setup([2, "1/3"], n=4)])
@pytest.mark.parametrize("V_0", [None, START])
def test_fields_agree(setup, V_0):
    truth = exact(setup, 9, "1/9", V_0=V_0, c=2)
    assert np.allclose(descent_weights(setup, 9, "1/9", V_0=V_0, c=2), truth.astype(float), rtol=1e-9, atol=1e-12)
    digits = descent_weights(setup, 9, "1/9", V_0=V_0, c=2, field=MP(40))
    balls = descent_weights(setup, 9, "1/9", V_0=V_0, c=2, field=BALL(160))
    for value, digit, ball in zip(truth.flat, digits.flat, balls.flat, strict=True):
        assert value in ball
        assert ball.rad < Fraction(1, 10**30)
        assert float(abs(digit - float(value))) <= 1e-12 * max(1, abs(float(value)))


def test_training_ends_at_the_optimum_below_the_largest_step_only():
    setup = Setup(MATRIX, n=3)
    optimum = -gamma_matrix(setup).Gamma_inv / 2
    limit = largest_step(setup, c=2)
    assert np.allclose(descent_weights(setup, 10**9, 0.999 * limit, V_0=START, c=2), optimum, rtol=1e-13)
    assert population_loss(setup, descent_weights(setup, 40, 1.01 * limit, c=2), c=2) > population_loss(
        setup, descent_weights(setup, 20, 1.01 * limit, c=2), c=2
    )
    with pytest.raises(NotConverged, match=r"epochs = 1000000: .*largest_step"):
        descent_weights(setup, 10**6, 1.01 * limit, c=2)


def test_largest_step():
    """Λ = diag(1, 2), n = 2: γ = 3/2 + 3/2, 3 + 3/2; the larger λγ is 9."""
    setup = Setup([1, 2], n=2)
    assert largest_step(setup, field=EXACT) == Fraction(2, 9)
    assert largest_step(setup, c=-3, field=EXACT) == Fraction(2, 81)
    assert Fraction(2, 9) in largest_step(setup, field=BALL(80))
    assert float(largest_step(setup, field=MP(30))) == largest_step(setup) == pytest.approx(2 / 9, rel=FEW_OPERATIONS)


def test_refusals():
    setup = Setup([1, 2], n=3)
    with pytest.raises(InvalidSetup, match=r"epochs = -1: smaller than 0"):
        descent_weights(setup, -1, 1)
    with pytest.raises(InvalidSetup, match=r"step_size = 0: not positive"):
        descent_weights(setup, 1, 0)
    with pytest.raises(InvalidSetup, match=r"c = 0: zero"):
        descent_weights(setup, 1, 1, c=0)
    with pytest.raises(InvalidSetup, match=r"c = 0: zero"):
        largest_step(setup, c=0)
    with pytest.raises(InvalidSetup, match=r"V_0 = \(3,\): .*pass shape \(2, 2\), or \(2,\)"):
        descent_weights(setup, 1, 1, V_0=[1, 2, 3])
    with pytest.raises(InvalidSetup, match="not a Setup"):
        descent_weights([1, 2], 1, 1)  # type: ignore[arg-type]
    with pytest.raises(OutsideRegime, match="not rational"):
        largest_step(Setup(MATRIX, n=3), field=BALL(80))
    with pytest.raises(NotConverged, match="float64 range"):
        largest_step(Setup([1e-200], n=3))
    per_prompt = Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=3)
    for question in (lambda: descent_weights(per_prompt, 1, 1), lambda: largest_step(per_prompt)):
        with pytest.raises(OutsideRegime, match="pooled"):
            question()


def test_long_exact_training_is_refused_at_once():
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match=r"epochs = 1000000000: V_t over EXACT at d = 2: .*BALL"):
        exact(Setup(MATRIX, n=3), 10**9, "1/9")
    assert time.perf_counter() - begin < 5
    assert exact(Setup([1, 2], n=3), 1000, "1/9").shape == (2, 2)


@pytest.mark.parametrize("share", [1e-6, 1e-10, 1e-14, 2e-16, 3e-17])
@pytest.mark.parametrize("Lambda", [[1], [1, 0.25], np.array([[1, 0.5], [0.5, 1]])])
@pytest.mark.parametrize("V_0", [None, 2.0])
def test_long_training_keeps_its_digits(share, Lambda, V_0):
    """η c² λγ t of order one, however large t is."""
    setup = Setup(Lambda, n=1)
    start = None if V_0 is None else np.full(setup.d, V_0)
    t = round(min(1 / share, 1e15))
    truth = descent_weights(setup, t, share / 3, V_0=start, field=MP(60))
    values = descent_weights(setup, t, share / 3, V_0=start)
    wanted = np.vectorize(float)(truth)
    assert (np.abs(values - wanted) <= 1e-13 * np.abs(wanted).max()).all()
    digits = descent_weights(setup, t, share / 3, V_0=start, field=MP(20))
    errors = [abs(as_fraction(x) - as_fraction(y)) for x, y in zip(truth.flat, digits.flat, strict=True)]
    assert max(errors) <= Fraction(1, 10**19) * max(abs(as_fraction(x)) for x in truth.flat)


@pytest.mark.parametrize("Lambda", [[2, "1/3"], [["2", "1/3"], ["1/3", "1/2"]]])
@pytest.mark.parametrize("start", [None, START])
def test_tiny_movements_have_all_their_digits(Lambda, start):
    setup = Setup(Lambda, n=3)
    begin = np.zeros((2, 2)) if start is None else np.vectorize(Fraction)(np.array(start))
    moved = descent_weights(setup, 7, "1e-40", V_0=start, field=EXACT) - begin
    if start is None:
        values = descent_weights(setup, 7, "1e-40")
        assert np.abs(values - moved.astype(float)).max() <= 1e-14 * np.abs(moved.astype(float)).max()
    else:
        assert (descent_weights(setup, 7, "1e-40", V_0=start) == begin.astype(float)).all()


@pytest.mark.parametrize("kappa", [1e4, 1e8])
@pytest.mark.parametrize("t", [10, 10**4, 10**8, 10**12])
def test_nearly_singular_training(kappa, t):
    """The error is that of the inverse at the end of training, whatever t is."""
    U, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    Lambda = U @ np.diag([1, 0.5, 0.1, 1 / kappa]) @ U.T
    setup = Setup((Lambda + Lambda.T) / 2, n=10**6)
    step = 0.9 * largest_step(setup)
    truth = np.vectorize(float)(descent_weights(setup, t, step, field=MP(60)))
    assert np.abs(descent_weights(setup, t, step) - truth).max() <= 4e-16 * kappa * np.abs(truth).max() + 1e-13


def test_too_few_digits_are_refused():
    edge = largest_step(Setup([1], n=1))
    with pytest.raises(NotConverged, match=r"epochs = 1000000000000000: .*digits.*field=MP\(dps\)"):
        descent_weights(Setup([1], n=1), 10**15, edge, V_0=[1])
    assert descent_weights(Setup([1], n=1), 10**15, 0.5 * edge) == -1 / 3
    Lambda = np.array([[1, 1 - 1e-12], [1 - 1e-12, 1]])
    with pytest.raises(NotConverged, match=r"digits.*field=MP\(dps\)"):
        descent_weights(Setup(Lambda, n=10), 10**13, 0.1)


def test_numbers_that_round_to_zero_are_refused():
    setup = Setup([1], n=1)
    for question in (
        lambda: largest_step(setup, c="1e-400"),
        lambda: descent_weights(setup, 3, "1/4", c="1e-400"),
        lambda: descent_weights(setup, 3, "1e-400"),
        lambda: descent_weights(setup, 3, "1/4", c="1e-200"),
    ):
        with pytest.raises(NotConverged, match="float64 range"):
            question()
    assert largest_step(setup, c="1e-400", field=EXACT) == Fraction(2, 3) * 10**800


@pytest.mark.parametrize("field", [MP(20), BALL(80)])
@pytest.mark.parametrize("Lambda", [[1, 2], [[1, 0], [0, 2]], MATRIX])
def test_powers_beyond_all_range_end_at_once(field, Lambda):
    setup = Setup(Lambda, n=1)
    settled = descent_weights(setup, 10**12, "1/16", V_0=[[1, 1], [1, 1]], field=field)
    optimum = gamma_matrix(setup, field=EXACT).Gamma_inv
    for value, wanted in zip(settled.flat, optimum.flat, strict=True):
        assert float(value) == pytest.approx(-float(wanted), rel=FEW_OPERATIONS, abs=1e-15)
    with pytest.raises(NotConverged, match=r"epochs = 1000000000000: .*largest_step"):
        descent_weights(setup, 10**12, 3, V_0=[[1, 1], [1, 1]], field=field)
