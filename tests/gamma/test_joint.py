"""Training W₂₄ along with V₃₁: the limit, and the step that is proved to get there."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.joint import joint_limit, joint_step
from theorycalc.gamma.loss import minimal_loss
from theorycalc.model import Setup, TaskMixture
from theorycalc.montecarlo import learned_error, train_layer

MATRIX = [["2", "1/3"], ["1/3", "1/2"]]


def test_by_hand():
    """d = 1, λ = 1/4, n = 2: γ = 1/4 + 1/8 + 1/8, Γ⁻¹ = 2, b² = (1 + √17)/2."""
    setup = Setup(["1/4"], n=2)
    exact = ((1 + 17**0.5) / 2) ** 0.5
    assert joint_limit(setup) == pytest.approx(exact, rel=FEW_OPERATIONS)
    assert joint_limit(setup, c=-1) == pytest.approx(-exact, rel=FEW_OPERATIONS)
    assert joint_limit(Setup([1], n=10**12), c=1000) == pytest.approx(1000, rel=1e-5)  # nothing to move


@pytest.mark.parametrize("setup", [Setup([1, "1/2"], n=5), Setup(MATRIX, n=3)])
def test_the_limit_solves_its_equation_in_every_field(setup):
    square = np.sum(gamma_matrix(setup, field=EXACT).Gamma_inv ** 2)
    ball = joint_limit(setup, c="3/2", field=BALL(120))
    low, high = (x**4 - Fraction(9, 4) * x**2 for x in (ball.lower, ball.upper))
    assert low <= square <= high
    assert ball.rad < Fraction(1, 10**30)
    for found in (joint_limit(setup, c="3/2"), float(joint_limit(setup, c="3/2", field=MP(30)))):
        assert found == pytest.approx(float(ball.mid), rel=FEW_OPERATIONS)


@settings(max_examples=10)
@given(
    st.lists(st.fractions(min_value="1/5", max_value=3, max_denominator=5), min_size=1, max_size=3),
    st.integers(1, 30),
    st.sampled_from([0.5, -1.0, 2.0]),
)
def test_the_step_keeps_its_promise(lam, n, c):
    """Every step lowers the excess loss by 1 − ¾ η c² p_min at least, and b² − ‖V‖² stays near c²."""
    setup = Setup(lam, n=n)
    eta = joint_step(setup, c=c)
    run = train_layer(setup, epochs=10, step_size=eta, trained="V31+W24", c=c)
    values = [float(x) for x in lam]
    slowest = min(x * ((1 + 1 / n) * x + sum(values) / n) for x in values)
    factors = run.excess[1:] / run.excess[:-1]
    assert np.all(factors <= 1 - 0.75 * eta * c * c * slowest + 1e-12)
    norms = dict(zip(run.block_names, run.norms.T, strict=True))
    balance = norms["W24"] ** 2 - norms["V31"] ** 2
    assert np.all(np.abs(balance - c * c) <= 2 * eta * run.excess[0] + 1e-12)


def test_thought_ends_at_a_multiple_of_the_task():
    """E_k → (b/c − 1)² d: what training W₂₄ along costs, though the training loss is as small."""
    setup = Setup([1, "1/2"], n=10, m=1000)
    run = train_layer(setup, epochs=1000, step_size=joint_step(setup), trained="V31+W24")
    b = -float(run.weights.W[2, -1])
    assert b == pytest.approx(joint_limit(setup), rel=0.01)
    assert run.excess[-1] < 1e-12 < minimal_loss(setup)
    estimate = learned_error(setup, 25, weights=run.weights, prompts=40, seed=0)
    assert estimate.values[25] == pytest.approx((b - 1) ** 2 * estimate.values[0], rel=0.02)


def test_refusals():
    with pytest.raises(OutsideRegime, match=r"square roots: use field=BALL"):
        joint_limit(Setup([1], n=2), field=EXACT)
    for formula in (joint_limit, joint_step):
        with pytest.raises(InvalidSetup, match="c = 0: zero"):
            formula(Setup([1], n=2), c=0)
        with pytest.raises(OutsideRegime, match="per_prompt"):
            formula(Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=3))
        with pytest.raises(InvalidSetup, match="not a Setup"):
            formula([1])  # type: ignore[arg-type]
