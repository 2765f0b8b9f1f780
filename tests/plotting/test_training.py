"""Pictures of training: what is drawn, from numbers known beforehand."""

import numpy as np
import pytest

from theorycalc import montecarlo
from theorycalc.exceptions import InvalidSetup
from theorycalc.model import Setup
from theorycalc.plotting import plot_training
from theorycalc.thinking.training import training_curve

SETUP = Setup([1, "1/2"], n=10, m=20)


@pytest.fixture(scope="module")
def curve():
    return training_curve(SETUP, 20, 0.2, steps=10)


@pytest.fixture(scope="module")
def run():
    return montecarlo.train_layer(SETUP, epochs=20, step_size=0.2)


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_theory_and_layer_side_by_side(curve, run, tmp_path):
    errors = montecarlo.learned_errors(run, 10, prompts=50, seed=0, times=4)
    figure = plot_training(curve, run=run, errors=errors, path=tmp_path / "training.png", title="Training")
    top, bottom = figure.axes
    drawn = lines(top)["loss above its minimum"]
    assert (drawn.get_xdata() == curve.epochs[1:]).all()
    assert (drawn.get_ydata() == curve.excess[1:]).all()
    assert (lines(bottom)["$k$ = 4"].get_ydata() == curve.error[1:, 4]).all()
    legend = bottom.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels[:6] == [f"$k$ = {k}" for k in (0, 1, 2, 4, 8, 10)]
    assert "trained layer,\nsimulated" in labels
    assert top.get_xscale() == bottom.get_yscale() == "log"
    assert "$\\eta$ = 0.2" in top.texts[0].get_text()
    assert (tmp_path / "training.png").stat().st_size > 10_000


def test_a_run_alone_has_one_panel(run):
    figure = run.plot()
    assert len(figure.axes) == 1
    assert figure.axes[0].get_title(loc="left") == "Training, and thinking after it"
    drawn = next(line for line in figure.axes[0].get_lines() if line.get_label().startswith("distance"))
    assert np.allclose(drawn.get_ydata(), run.distance[1:])


def test_tiny_numbers_do_not_flatten_the_picture():
    curve = training_curve(SETUP, 10**4, 0.9, steps=1)
    low, high = curve.plot().axes[0].get_ylim()
    assert high / low < 1e17


def test_refusals(curve):
    with pytest.raises(InvalidSetup, match="nothing to draw"):
        plot_training()
    for steps in ([11], [], [-1], range(7)):
        with pytest.raises(InvalidSetup, match="pick at most 6"):
            plot_training(curve, steps=steps)
