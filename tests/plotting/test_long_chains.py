"""Pictures of the typical error: what is drawn is the answer's logarithm, the floor, and the distance from it."""

import numpy as np
import pytest

import theorycalc as tc
from theorycalc.exceptions import InvalidSetup
from theorycalc.plotting import plot_typical_error


def lines(figure, gid):
    return [line for line in figure.axes[0].get_lines() if line.get_gid() == gid]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_line_is_the_logarithm_in_the_order_of_steps():
    found = tc.typical_error(tc.Setup(tc.isotropic(3), n=5, m=9), [10**6, 0, 1, 500])
    figure = plot_typical_error(found, title="A title")
    (line,) = lines(figure, "typical")
    np.testing.assert_array_equal(line.get_xdata(), [1, 500, 10**6])
    np.testing.assert_array_equal(line.get_ydata(), found.log10[[2, 3, 0]])
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_title(loc="left") == "A title"
    assert "d = 3" in axes.texts[0].get_text()
    figure.canvas.draw()
    assert any(label.get_text().startswith("$10^{-") for label in axes.get_yticklabels())
    assert not lines(figure, "floor")


def test_the_floor_and_the_distance_from_it():
    """The problem of claim RMT-04 falls below its floor and rises to it: hollow points, down to 18 decades below."""
    gamma = [1.02 * x + 2.2 / 50 for x in (0.1, 1.0)] * 2
    setup = tc.Setup([0.1, 1.0] * 2, n=50, m=2, Sigma=[x / 4 for x in gamma])
    found = tc.typical_error(setup, [1, 5, 50, 10_000])
    figure = found.plot()
    assert figure.axes[0].get_title(loc="left") == "Typical error of long chains of thought"
    (floor,), (excess,) = lines(figure, "floor"), lines(figure, "excess")
    assert found.floor is not None
    assert floor.get_ydata()[0] == pytest.approx(np.log10(found.floor))
    np.testing.assert_array_equal(excess.get_xdata(), [1, 5, 50])
    assert "the same, below the floor" in legend(figure)
    many = tc.typical_error(setup, range(1, 200)).plot()
    assert "the same, below the floor" not in legend(many)


def test_few_decades_have_plain_numbers_and_one_step_has_room():
    figure = tc.typical_error(tc.Setup(tc.isotropic(3), n=5, m=9), 2, metric="prediction").plot()
    axes = figure.axes[0]
    figure.canvas.draw()
    assert axes.get_xlim() == (1, 4)
    assert all("$" not in label.get_text() for label in axes.get_yticklabels())
    assert "Sigma" in axes.get_ylabel()


def test_nothing_to_draw_is_said(tmp_path):
    with pytest.raises(InvalidSetup, match="no positive error"):
        tc.typical_error(tc.Setup([1], n=5, m=9), 0).plot()
    with pytest.raises(InvalidSetup, match="no positive error"):
        tc.typical_error(tc.Setup([1], n=5, m=9, Omega=[0]), 3).plot()
    path = tmp_path / "long.png"
    tc.typical_error(tc.Setup([1], n=5, m=9), [1, 100]).plot(path)
    assert path.read_bytes().startswith(b"\x89PNG")
