"""Rates of gradient descent: by hand, the best step, and certified times."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, Ball
from theorycalc.gamma.descent import descent_weights, largest_step
from theorycalc.gamma.rates import descent_rates, optimal_step, training_times
from theorycalc.model import Setup

MATRIX = [["2", "1/3"], ["1/3", "1/2"]]
spectra = st.lists(st.fractions(min_value="1/10", max_value=3, max_denominator=10), min_size=1, max_size=4)


def test_by_hand():
    """Λ = diag(1, 2), n = 1: γ = 2 + 3, 4 + 3, so λγ = 5 and 14, here times c² = 4."""
    rates = descent_rates(Setup([1, 2], n=1), "1/80", c=-2, field=EXACT)
    assert rates.eigenvalues.tolist() == [2, 1]
    assert rates.factors.tolist() == [1 - Fraction(56, 80), 1 - Fraction(20, 80)]
    assert rates.rate == Fraction(3, 4)
    assert rates.slowest == 1
    assert rates.converges
    assert rates.to_dict()["factors"] == ["3/10", "3/4"]
    assert not descent_rates(Setup([1, 2], n=1), 1).converges


@settings(max_examples=30)
@given(spectra, st.integers(1, 20), st.fractions(min_value="1/50", max_value="49/50", max_denominator=50))
def test_a_step_multiplies_the_distance(lam, n, share):
    setup = Setup(lam, n=n)
    eta = share * largest_step(setup, field=EXACT)
    rates = descent_rates(setup, eta, field=EXACT)
    order = sorted(range(setup.d), key=lambda i: lam[i], reverse=True)
    optimum = descent_weights(setup, 0, eta, field=EXACT)
    start, after = (np.diagonal(descent_weights(setup, t, eta, V_0=[1] * setup.d, field=EXACT)) for t in (0, 1))
    assert not optimum.any()
    ends = -1 / np.array([(1 + Fraction(1, n)) * x + sum(lam) / n for x in lam], dtype=object)
    assert ((after - ends)[order] == (start - ends)[order] * rates.factors).all()
    assert rates.converges


def test_the_best_step_balances_the_extremes():
    setup = Setup([3, 1, "1/4"], n=5)
    eta = optimal_step(setup, c=2, field=EXACT)
    factors = descent_rates(setup, eta, c=2, field=EXACT).factors
    assert factors[0] == -factors[-1] < 0
    best = descent_rates(setup, eta, c=2, field=EXACT).rate
    for other in (Fraction(9, 10), Fraction(11, 10)):
        assert descent_rates(setup, other * eta, c=2, field=EXACT).rate > best
    assert float(eta) == pytest.approx(optimal_step(setup, c=2), rel=FEW_OPERATIONS)
    assert eta in optimal_step(setup, c=2, field=BALL(80))
    assert float(optimal_step(setup, c=2, field=MP(30))) == pytest.approx(float(eta), rel=FEW_OPERATIONS)


def test_weak_skills_last_below_the_crossing_and_not_above():
    """Of two directions the weaker is slower iff η < 2/(p_i + p_j): here p = 5 and 14."""
    setup = Setup([1, 2], n=1)
    assert descent_rates(setup, Fraction(2, 19) * Fraction(99, 100), field=EXACT).slowest == 1
    assert descent_rates(setup, Fraction(2, 19) * Fraction(101, 100), field=EXACT).slowest == 0


@settings(max_examples=30)
@given(spectra, st.integers(1, 20), st.fractions(min_value="1/50", max_value="49/50", max_denominator=50))
def test_times_are_the_smallest(lam, n, share):
    setup = Setup(lam, n=n)
    eta, goal = share * largest_step(setup, field=EXACT), Fraction(1, 1000)
    factors = descent_rates(setup, eta, field=EXACT).factors
    for factor, t in zip(factors, training_times(setup, eta, tolerance=goal).tolist(), strict=True):
        assert abs(factor) ** t <= goal
        assert t == 1 or abs(factor) ** (t - 1) > goal


def test_times_at_ties_and_extremes():
    setup = Setup([2], n=2)  # λγ = 8
    assert training_times(setup, "1/16", tolerance="1/8").tolist() == [3]  # (1/2)³ exactly
    assert training_times(setup, "1/16", tolerance=0.1249999).tolist() == [4]
    assert training_times(setup, "1/8", tolerance="1/8").tolist() == [1]  # Newton: there at once
    slow = training_times(setup, "1e-12", tolerance="1/2").tolist()[0]
    assert slow == pytest.approx(math.log(2) / 8e-12, rel=1e-9)
    matrix = training_times(Setup(MATRIX, n=3), "1/9", tolerance="1/100")
    lam = np.linalg.eigvalsh(np.array(Setup(MATRIX, n=3).Lambda, dtype=float))[::-1]
    assert matrix.tolist() == training_times(Setup(lam, n=3), "1/9", tolerance="1/100").tolist()


def test_refusals():
    setup = Setup([1, 2], n=1)
    with pytest.raises(InvalidSetup, match="step_size = 0: not positive"):
        descent_rates(setup, 0)
    with pytest.raises(InvalidSetup, match="c = 0: zero"):
        optimal_step(setup, c=0)
    with pytest.raises(InvalidSetup, match="tolerance = 1: not between 0 and 1"):
        training_times(setup, "1/20", tolerance=1)
    with pytest.raises(OutsideRegime, match=r"never converges.*largest_step"):
        training_times(setup, 1, tolerance="1/2")
    with pytest.raises(OutsideRegime, match="never converges"):
        training_times(Setup(MATRIX, n=3), 5, tolerance="1/2")
    with pytest.raises(OutsideRegime, match="takes about"):
        training_times(setup, "1e-20", tolerance="1/2")
    with pytest.raises(OutsideRegime, match="not rational"):
        descent_rates(Setup(MATRIX, n=3), "1/9", field=EXACT)
    # λ = 3, γ = 6 + 4: the factor is 1/2, and (1/2)³ = 1/8 exactly, which float64 eigenvalues cannot decide
    with pytest.raises(NotCertified, match="3 to 4 steps"):
        training_times(Setup([[2, 1], [1, 2]], n=1), "1/60", tolerance="1/8")


def test_rates_over_balls_enclose_those_over_rationals():
    setup = Setup([1, "1/2"], n=4)
    for step in ("1/8", "1/2", 3):
        balls, exact = (descent_rates(setup, step, field=field) for field in (BALL(80), EXACT))
        assert exact.rate in balls.rate
        assert balls.rate.rad < Fraction(1, 10**20)
        assert balls.converges == exact.converges
        assert exact.rate in Ball(Fraction(balls.to_dict()["rate"]["mid"]), Fraction(1, 10**15))
    with pytest.raises(NotCertified, match="cannot be told from 1"):
        _ = descent_rates(setup, largest_step(setup, field=EXACT), field=BALL(80)).converges
