"""Pictures of the frontier: what is drawn is what was found."""

import numpy as np
import pytest

from theorycalc.model import Setup
from theorycalc.plotting import plot_frontier
from theorycalc.spectra import power_law
from theorycalc.thinking.frontier import frontier


def drawn(axes, gid):
    return [line for line in axes.get_lines() if line.get_gid() == gid]


def test_integers_crossings_and_the_law(tmp_path):
    found = frontier(Setup(power_law(8, 1), n=1), [1, "1/10"], 16)
    figure = found.plot(tmp_path / "frontier.svg")
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    for row, (integers, real, law) in enumerate(
        zip(drawn(axes, "integers"), drawn(axes, "frontier"), drawn(axes, "law"), strict=True)
    ):
        assert list(integers.get_ydata()) == list(found.n[row])
        assert np.array_equal(real.get_ydata(), found.n_real[row])
        assert np.allclose(law.get_ydata(), found.closed_form[row])
        assert integers.get_color() == law.get_color()
    assert not drawn(axes, "unreachable")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["error 1", "error 1/10"]
    assert "Corollary 3.5" in labels[2]
    text = (tmp_path / "frontier.svg").read_text(encoding="utf-8")
    assert "population law" in text
    assert "n = 1" not in text


def test_unreachable_pairs_are_crosses_in_a_band(tmp_path):
    found = frontier(Setup([1], n=1, m=1), ["2/3", "1/10"], 3, rung="exact")
    figure = plot_frontier(found, path=tmp_path / "frontier.png", title="Out of reach")
    crosses = drawn(figure.axes[0], "unreachable")
    assert [list(line.get_xdata()) for line in crosses] == [[2, 3], [1, 2, 3]]
    assert all(0.7 < height < 1 for line in crosses for height in line.get_ydata())
    assert len(figure.axes[0].patches) == 1
    assert figure.legends[0].get_texts()[-1].get_text() == "no $n$ reaches it"


@pytest.mark.parametrize("count", [1, 7, 30])
def test_any_number_of_targets(count):
    found = frontier(Setup([1, 1], n=1), np.geomspace(1.9, 1e-6, count), [1, 2, 40])
    figure = found.plot()
    assert len(drawn(figure.axes[0], "integers")) == count
    assert len(figure.legends[0].get_texts()) == min(count, 6) + 1


def test_many_steps_and_skill_gaps():
    found = frontier(Setup([1, "1/10"], n=1, Sigma=[1, 1]), "1/100", range(1, 60))
    axes = found.plot().axes[0]
    assert not drawn(axes, "law")
    assert drawn(axes, "integers")[0].get_marker() in ("", "None", None)
