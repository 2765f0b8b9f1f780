"""The training curve: hand values, laws in training and thinking time, and its shape as an answer."""

import csv
import io
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS, Z_LIMIT
from theorycalc import montecarlo
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.gamma.descent import descent_weights, largest_step
from theorycalc.gamma.loss import minimal_loss, population_loss
from theorycalc.model import Setup, TaskMixture
from theorycalc.thinking.training import training_curve

SETUP = Setup([1, "1/2", "1/4"], n=10, m=30)
MATRIX = Setup([["2", "1/3"], ["1/3", "1/2"]], n=3)


def test_by_hand():
    """d = 1, Λ = 2, n = 2: γ = 4, λγ = 8; η = 1/16 gives A_t = (1 − 2⁻ᵗ)/4, R = 1 − 2 A_t = (1 + 2⁻ᵗ)/2."""
    curve = training_curve(Setup([2], n=2), 4, "1/16", steps=3, field=EXACT)
    for t in range(5):
        half = Fraction(1, 2**t)
        assert curve.A[t, 0] == (1 - half) / 4
        assert curve.distance[t] == float(half)
        assert curve.excess[t] == half**2 / 4  # ½ 8 (half/4)²
        assert curve.error[t].tolist() == [((1 + half) / 2) ** (2 * k) for k in range(4)]


@pytest.mark.parametrize("setup", [SETUP, MATRIX])
@pytest.mark.parametrize("field", [EXACT, BALL(200), MP(30)])
def test_loss_and_weights_are_those_of_gamma(setup, field):
    curve = training_curve(setup, 4, "1/9", c=2, steps=1, field=field)
    for i, t in enumerate(curve.epochs.tolist()):
        V = descent_weights(setup, t, "1/9", c=2, field=EXACT)
        A, loss = -2 * V, population_loss(setup, V, c=2, field=EXACT)
        own = np.diag(A) if curve.A[i].ndim == 1 else A
        values = [*zip(own.flat, curve.A[i].flat, strict=True), (loss, curve.loss[i])]
        values += [(loss - minimal_loss(setup, field=EXACT), curve.excess[i])]
        for exact, found in values:
            if field is EXACT:
                assert found == exact
            elif hasattr(found, "rad"):
                assert exact in found
                assert found.rad < Fraction(1, 10**40)
            else:
                assert abs(as_fraction(found) - exact) < Fraction(1, 10**25)


def test_extremes_of_time():
    curve = training_curve(SETUP, [0, 10**12], 0.5, steps=4)
    assert (curve.error[0] == 3).all()  # an untrained layer does not move
    assert curve.distance[0] == 1
    assert curve.distance[1] == curve.excess[1] == 0
    assert curve.loss[1] == pytest.approx(minimal_loss(SETUP), rel=FEW_OPERATIONS)
    assert curve.loss[0] == pytest.approx(1.5, rel=FEW_OPERATIONS)


@settings(max_examples=25)
@given(
    st.lists(st.fractions(min_value="1/10", max_value=3, max_denominator=10), min_size=1, max_size=3),
    st.integers(1, 20),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_thinking_is_worth_at_least_as_much_as_training(lam, n, t, j, k):
    """E(t, jk) <= E(jt, k) for matched skills and η <= 1/λ_max(ΛΓ), on the population rung (GAM-10)."""
    setup = Setup(lam, n=n)
    eta = largest_step(setup, field=EXACT) / 2
    curve = training_curve(setup, sorted({t, j * t}), eta, steps=j * k, field=EXACT)
    assert curve.curve(t).values[j * k] <= curve.curve(j * t).values[k]


def test_early_stopping_tames_the_mean_at_finite_m():
    """On the exact rung long thought with a fully trained layer explodes; stopping early does not."""
    setup = Setup([1, 1], n=20, m=4)
    eta = largest_step(setup, field=EXACT) / 10
    curve = training_curve(setup, [1, 2, 3, 5, 10, 40, 400], eta, steps=9, rung="exact")
    assert curve.best_steps.tolist() == [9, 6, 4, 2, 1, 1, 1]
    assert curve.best_epochs.tolist() == [1, 5, 3, 3, 2, 2, 2, 2, 1, 1]
    # one step of training and nine of thought beat any thinking with the fully trained layer
    assert curve.curve(1).values[9] < 0.4 * min(curve.curve(400).values)
    population = training_curve(setup, 400, eta, steps=9)
    assert population.best_steps[-1] == 9


def test_the_curve_at_one_time():
    curve = training_curve(SETUP, 5, "1/5", steps=3, rung="exact")
    at = curve.curve(4)
    assert (at.values == curve.error[4]).all()
    assert at.argmin() == curve.best_steps[4] == 3
    assert "after 4 steps" in at.notes[0]
    with pytest.raises(InvalidSetup, match="epoch = 9: not one of the training times"):
        curve.curve(9)


def test_against_the_layer_trained_and_simulated():
    """Population gradient on the real layer, simulated test error: the exact rung along training time."""
    eta = largest_step(SETUP) / 4
    run = montecarlo.train_layer(SETUP, epochs=40, step_size=eta)
    found = montecarlo.learned_errors(run, 2, prompts=3000, seed=5, times=5)
    curve = training_curve(SETUP, found.epochs.tolist(), eta, steps=2, rung="exact")
    tame = ~found.heavy_tail & (found.stderr > 0)
    z = (found.error - curve.error)[tame] / found.stderr[tame]
    assert tame.sum() >= 10
    assert np.max(np.abs(z)) < Z_LIMIT
    assert np.max((found.stderr / curve.error)[tame]) < 0.06


def test_times():
    assert training_curve(SETUP, 3, 0.1, steps=0).epochs.tolist() == [0, 1, 2, 3]
    many = training_curve(SETUP, 10**6, 0.1, steps=0).epochs.tolist()
    assert many[:4] == [0, 1, 2, 3]
    assert many[-1] == 10**6
    assert len(many) <= 61
    assert many == sorted(set(many))
    assert training_curve(SETUP, np.array([2, 7]), 0.1, steps=0).epochs.tolist() == [2, 7]


def test_as_text_and_numbers():
    curve = training_curve(SETUP, 3, "1/10", steps=2, field=EXACT)
    data = json.loads(json.dumps(curve.to_dict()))
    assert data["error"][3][2] == str(curve.error[3, 2])
    assert data["rung"] == "population"
    rows = list(csv.reader(io.StringIO(curve.to_csv())))
    assert rows[0] == ["epochs", "loss", "excess", "distance", "error_0", "error_1", "error_2"]
    assert rows[4][6] == str(curve.error[3, 2])
    assert repr(curve).startswith("TrainingCurve(4 times 0…3, steps=0…2, last error ")
    balls = training_curve(SETUP, 3, "1/10", steps=2, field=BALL(100))
    assert set(balls.to_dict()["error"][1][1]) == {"mid", "rad", "enclosure"}
    assert "±" in balls.to_csv() or "+/-" in balls.to_csv() or "[" in balls.to_csv()
    assert not curve.error.flags.writeable
    for rung, note in (("population", "m = 30 is ignored"), ("proportional", "limit d, m → ∞")):
        assert any(note in text for text in training_curve(SETUP, 1, 0.1, steps=1, rung=rung).notes)
    endless = training_curve(SETUP.replace(m=None), 1, 0.1, steps=1, rung="exact")
    assert endless.notes == ("m = ∞: population",)
    exact = training_curve(SETUP, 30, 0.1, steps=2, rung="exact")
    assert "relative" in exact.uncertainty
    assert (exact.lower <= exact.error).all()
    assert (exact.error <= exact.upper).all()


def test_only_training_matters_of_the_mixture():
    mixture = TaskMixture([[1, 2], [3, 1]], ["1/4", "3/4"])
    pooled = training_curve(Setup(mixture, n=4), 3, "1/50", steps=1, field=EXACT)
    same = training_curve(Setup(["5/2", "5/4"], n=4), 3, "1/50", steps=1, field=EXACT)
    assert (pooled.error == same.error).all()
    with pytest.raises(OutsideRegime, match="per_prompt"):
        training_curve(Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=4), 3, "1/50")


def test_refusals():
    for arguments, message in (
        ((-1, 1), "epochs = -1: smaller than 0"),
        (([], 1), "epochs = .*empty"),
        (([2, 1], 1), "epochs = .*ascending"),
        (([1, -2], 1), r"epochs\[1\] = -2"),
        ((1, 0), "step_size = 0: not positive"),
        ((1, "x"), "step_size = 'x': not a number"),
    ):
        with pytest.raises(InvalidSetup, match=message):
            training_curve(SETUP, *arguments)
    for named, message in (
        ({"rung": "bound"}, "rung = 'bound': unknown"),
        ({"metric": "x"}, "metric = 'x': unknown"),
        ({"steps": -1}, "steps = -1"),
        ({"c": 0}, "c = 0: zero"),
        ({"V0": [1, 2]}, r"V0 = \(2,\): not a matrix for d = 3"),
        ({"field": 3}, "field = 3"),
    ):
        with pytest.raises(InvalidSetup, match=message):
            training_curve(SETUP, 1, 0.1, **named)
    with pytest.raises(NotConverged, match="float64 range"):
        training_curve(SETUP, [10**6], 10)
    with pytest.raises(OutsideRegime, match=r"over .* numbers"):
        training_curve(SETUP, list(range(9000)), 0.1, steps=19_000)
