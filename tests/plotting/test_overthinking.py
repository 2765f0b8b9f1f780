"""The picture of a verdict: what is drawn, and where."""

from typing import Any

import numpy as np
import pytest

import theorycalc as tc
from theorycalc import plotting

plot_overthinking: Any = plotting.plot_overthinking
ask: Any = tc.overthinking


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_long_prompts():
    verdict = ask(tc.Setup([1, "1/10"], n=4, Sigma=[1, 1]))
    figure = plot_overthinking(verdict)
    left, right = figure.axes
    assert labels(left) == ["population, $m$ → ∞", "its minimum, $k^{*}$ = 0"]
    (star,) = [line for line in left.lines if line.get_marker() == "*"]
    assert star.get_xydata().tolist() == [[0, 2]]
    assert labels(right)[:3] == ["threshold, σ = 2γ", "converging, σ < 2γ", "overthinking, σ > 2γ"]
    marked = next(line for line in right.lines if line.get_label().startswith("overthinking"))
    assert marked.get_ydata().tolist() == [2.5]
    after = next(line for line in right.lines if line.get_label().startswith("after"))
    assert after.get_ydata()[1] == pytest.approx(2)
    assert left.get_title(loc="left") == "Thinking longer hurts: 1 of 2 skills has σ > 2γ"


def test_every_curve_and_its_minimum(tmp_path):
    setup = tc.Setup(tc.power_law(10, 1), n=10, Sigma=["1/2"] * 8 + ["4/5", "17/20"], m=600)
    verdict = ask(setup, steps=6)
    estimate = tc.montecarlo.expected_error(setup, 6, prompts=50, seed=0)
    figure = plot_overthinking(verdict, estimate=estimate, path=tmp_path / "verdict.svg", title="A title")
    left, right = figure.axes
    assert labels(left)[:2] == ["population, $m$ → ∞", "its minimum, $k^{*}$ = 2"]
    assert {"exact mean", "proportional limit", "simulated median", "90 % of prompts"} <= set(labels(left))
    assert left.get_title(loc="left") == "A title"
    low, high = left.get_ylim()
    assert low < float(verdict.mean.curve.values.min())
    assert high > 10
    assert (tmp_path / "verdict.svg").stat().st_size > 1000
    assert right.get_ylim()[0] == 0


def test_explosions_and_wide_ratios_stay_readable():
    setup = tc.Setup(tc.power_law(10, 1), n=6, Sigma=[1] * 10, m=10)
    left, _ = plot_overthinking(ask(setup)).axes
    low, high = left.get_ylim()
    assert high < 1e7
    assert low > 1e-9
    wide = ask(tc.Setup([1, 1], n=5, Sigma=[1, "1/1000"]))
    assert plot_overthinking(wide).axes[1].get_yscale() == "log"
    many = ask(tc.Setup(1 / np.arange(1, 200), n=50, Sigma=np.full(199, 0.5)), steps=0)
    assert plot_overthinking(many).axes[1].get_xlabel() == "direction $i$"


def test_matrices_and_finished_errors():
    verdict = ask(tc.Setup([31, 1], n=32, Sigma=[[33, 4], [4, 2]]))
    assert "eigen-direction" in plot_overthinking(verdict).axes[1].get_xlabel()
    solved = ask(tc.Setup([1, 1], n=2, Sigma=["5/2", "5/2"]))
    assert plot_overthinking(solved).axes[0].get_xlabel() == "CoT steps $k$"
    nothing = ask(tc.Setup([1, 1], n=2, Omega=[0, 0]))
    plot_overthinking(nothing)
