"""Training time against thinking time: brute force, closed forms, targets out of reach, and prices."""

import csv
import io
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.gamma.descent import largest_step
from theorycalc.model import Setup
from theorycalc.plotting import plot_training_frontier
from theorycalc.thinking.training import training_curve
from theorycalc.thinking.training_frontier import TrainingFrontier, training_frontier

positive = st.fractions(min_value="1/10", max_value=3, max_denominator=10)


@settings(max_examples=25)
@given(st.data())
def test_against_every_time_one_by_one(data):
    """Any Σ, so that the error may fall and rise with t, any V_0, and steps that overshoot: exact rationals decide."""
    d = data.draw(st.integers(1, 3))
    lam, sigma = (data.draw(st.lists(positive, min_size=d, max_size=d)) for _ in range(2))
    setup = Setup(lam, n=data.draw(st.integers(1, 10)), Sigma=sigma)
    step = Fraction(data.draw(st.sampled_from(["1/20", "1/3", "19/20"]))) * largest_step(setup, field=EXACT)
    start = data.draw(st.none() | st.lists(st.fractions(-1, 1, max_denominator=3), min_size=d, max_size=d))
    metric = data.draw(st.sampled_from(["estimation", "prediction"]))
    curve = training_curve(setup, list(range(25)), step, V0=start, steps=3, metric=metric, field=EXACT)
    values = sorted({value for value in curve.error[:, 1:].flat if value > 0})  # 0 is reached by Newton steps
    target = data.draw(st.sampled_from(values)) * Fraction(data.draw(st.sampled_from(["1", "101/100"])))
    found = training_frontier(setup, target, steps=3, step_size=step, V0=start, metric=metric)
    for k, t in zip(found.steps.tolist(), found.epochs.tolist(), strict=True):
        met = [s for s in range(25) if curve.error[s, k] <= target]
        if met:
            assert t == met[0]
        else:
            assert t < 0 or t >= 25


@pytest.mark.parametrize(("lam", "sigma", "start"), [("3/10", "9/10", None), ("1/3", "1", ["-1/2"])])
def test_a_skill_that_one_step_learns_for_good(lam, sigma, start):
    """Λ = λ, n = 1: γ = 3λ = σ, so that the error of the trained layer is exactly 0, a ball around 0."""
    setup = Setup([lam], n=1, Sigma=[sigma])
    step = Fraction(1, 20) * largest_step(setup, field=EXACT)
    curve = training_curve(setup, list(range(25)), step, V0=start, steps=3, field=EXACT)
    for t in (1, 10, 24):
        for k in (1, 2, 3):
            found = training_frontier(setup, curve.error[t, k], steps=[k], step_size=step, V0=start)
            assert found.epochs[0] == t


@pytest.mark.parametrize("k", [1, 3, 8])
def test_closed_form_of_an_isotropic_problem(k):
    lam, sigma, d, n = Fraction(2), Fraction(1), 5, 4
    setup = Setup([lam] * d, n=n, Sigma=[sigma] * d)
    step = largest_step(setup, field=EXACT) / 50
    gamma = lam * (1 + Fraction(1 + d, n))
    f = float(1 - step * lam * gamma)
    error = 0.9 * d * float((1 - sigma / gamma) ** (2 * k)) + 0.1 * d
    t = training_frontier(setup, error, steps=[k], step_size=step).epochs[0]
    exact = math.log(1 - float(gamma / sigma) * (1 - (error / d) ** (1 / (2 * k)))) / math.log(f)
    assert t == math.ceil(exact)


def test_thinking_buys_training_back():
    """Matched skills: the product t·k of the smallest times does not grow with k, but for rounding up (GAM-10)."""
    setup = Setup(["1", "1/2", "1/3", "1/4"], n=10)
    found = training_frontier(setup, "1/10", steps=24, step_size=largest_step(setup, field=EXACT) / 20)
    reached = dict(zip(found.steps.tolist(), found.epochs.tolist(), strict=True))
    for k, t in reached.items():
        for j in (2, 3, 4):
            if t >= 0 and j * k in reached:
                assert reached[j * k] <= math.ceil(t / j)


def test_early_stopping_reaches_what_full_training_cannot():
    """A weak skill in training, strong at test: σ > 2γ, so thinking with the fully trained layer diverges."""
    setup = Setup([1, "1/10"], n=100, Sigma=[1, 1])
    step = largest_step(setup, field=EXACT) / 4
    found = training_frontier(setup, "1/1000", steps=[0, 40], step_size=step)
    assert found.reachable.tolist() == [False, True]
    assert 0 < found.epochs[1] < 100
    assert found.limit[1] > 1e3


def test_a_target_equal_to_the_end_of_training_is_refused():
    setup = Setup([1], n=2)  # γ = 2, E_1 → (1 − 1/2)²
    with pytest.raises(NotCertified, match=r"fully trained layer, 0.25, is the target"):
        training_frontier(setup, "1/4", steps=1, step_size="1/4")
    assert training_frontier(setup, "249/1000", steps=1, step_size="1/4").epochs.tolist() == [-1]
    # γλ = 2 and η = 1/2: there after one step, exactly
    assert training_frontier(setup, "1/4", steps=1, step_size="1/2").epochs.tolist() == [1]


def test_long_times():
    """Up to 10¹² steps of training: the search does not walk."""
    setup = Setup([1, "1/100"], n=10)
    step = Fraction(1, 10**10)
    t = int(training_frontier(setup, "1/2", steps=[4], step_size=step).epochs[0])
    around = training_curve(setup, [t - 1, t], step, steps=4)
    assert around.lower[0, 4] > 0.5 > around.upper[1, 4] or around.error[0, 4] == pytest.approx(0.5, rel=1e-9)
    assert t > 10**11


def test_the_exact_rung_is_scanned():
    setup = Setup([1, 1], n=20, m=4)
    step = largest_step(setup, field=EXACT) / 10
    found = training_frontier(setup, "3/4", steps=6, step_size=step, rung="exact", max_epochs=12)
    curve = training_curve(setup, 12, step, steps=6, rung="exact")
    for k, t in zip(found.steps.tolist(), found.epochs.tolist(), strict=True):
        met = np.flatnonzero(curve.error[:, k] <= 0.75)
        assert t == (met[0] if met.size else -1)
    assert found.searched == 12
    assert "every t up to 12" in found.uncertainty
    endless = training_frontier(setup.replace(m=None), "3/4", steps=2, step_size=step, rung="exact")
    assert endless.rung == "population"


def test_prices():
    found = training_frontier(Setup([2], n=2), "1/2", steps=3, step_size="1/16")
    assert found.epochs.tolist() == [2, 1, 1]
    cheap = found.cheapest(epoch_price=3, step_price="1/2")
    assert (cheap.steps, cheap.epochs, cheap.cost) == (2, 1, 4)
    assert found.cheapest(epoch_price=1, step_price=5).steps == 1
    assert found.cheapest(epoch_price=0.5, step_price=0).cost == 0.5
    with pytest.raises(InvalidSetup, match="step_price = Fraction"):
        found.cheapest(step_price=-1)
    out = training_frontier(Setup([2], n=2), "1/100", steps=1, step_size="1/16")
    with pytest.raises(OutsideRegime, match="larger error"):
        out.cheapest()


def test_as_text_and_numbers(tmp_path):
    found = training_frontier(Setup([2], n=2), "1/5", steps=[1, 2, 3], step_size="1/16")
    assert repr(found).startswith("TrainingFrontier(k=1: none, k=2: t=")
    data = json.loads(json.dumps(found.to_dict()))
    assert data["epochs"][0] is None
    assert data["target"] == "1/5"
    rows = list(csv.reader(io.StringIO(found.to_csv())))
    assert rows[0] == ["steps", "epochs", "limit"]
    assert rows[1][:2] == ["1", ""]
    figure = found.plot(tmp_path / "frontier.png")
    assert (tmp_path / "frontier.png").stat().st_size > 5_000
    line = next(item for item in figure.axes[0].get_lines() if "0.2" in str(item.get_label()))
    assert line.get_xdata().tolist() == [2, 3]
    with pytest.raises(InvalidSetup, match="nothing to draw"):
        plot_training_frontier([])
    assert isinstance(found, TrainingFrontier)


def test_refusals():
    setup = Setup([1, 2], n=3)
    for named, message in (
        ({"steps": 0}, "steps = 0: smaller than 1"),
        ({"steps": []}, r"steps = \[\]: empty"),
        ({"steps": [2, 1]}, "not ascending"),
        ({"steps": 1, "rung": "bound"}, "rung = 'bound': unknown"),
        ({"steps": 1, "step_size": 0}, "step_size = 0: not positive"),
    ):
        with pytest.raises(InvalidSetup, match=message):
            training_frontier(setup, 1, **({"step_size": 0.01} | named))
    with pytest.raises(InvalidSetup, match="error = 0: not positive"):
        training_frontier(setup, 0, steps=1, step_size=0.01)
    with pytest.raises(InvalidSetup, match="beyond the float64 range"):
        training_frontier(setup, 10**400, steps=1, step_size=0.01)
    with pytest.raises(OutsideRegime, match=r"never converges; use a step_size below largest_step"):
        training_frontier(setup, 1, steps=1, step_size=10)
    with pytest.raises(OutsideRegime, match="needs spectra"):
        training_frontier(Setup([[2, 1], [1, 2]], n=3), 1, steps=1, step_size=0.01)
    with pytest.raises(InvalidSetup, match="max_epochs = -1"):
        training_frontier(setup.replace(m=3), 1, steps=1, step_size=0.01, rung="exact", max_epochs=-1)
