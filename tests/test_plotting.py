"""Pictures: what is drawn equals the curve, the same curves give the same bytes, nothing global changes."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

import theorycalc as tc
from theorycalc.plotting import SUFFIXES, describe, plot_curves, plot_spectrum, write_atomically

SIGNATURES = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}
SETUP = tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=7)


def lines(figure, gid):
    return [line for line in figure.axes[0].get_lines() if line.get_gid() == gid]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("rung", ["exact", "population", "proportional"])
def test_the_line_is_the_curve(rung):
    curve = tc.expected_error(SETUP, 6, rung=rung)
    (line,) = lines(plot_curves([curve]), rung)
    np.testing.assert_array_equal(line.get_xdata(), np.arange(7))
    np.testing.assert_array_equal(line.get_ydata(), curve.values)


def test_exact_and_ball_numbers_are_drawn():
    curve = tc.expected_error(SETUP, 3, field=tc.EXACT)
    (line,) = lines(plot_curves([curve]), "exact")
    np.testing.assert_array_equal(line.get_ydata(), [float(value) for value in curve.values])


def test_the_axes_and_the_statement():
    figure = plot_curves([tc.expected_error(SETUP, 2)], title="A title")
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "CoT steps $k$"
    assert axes.get_ylabel().startswith("test error")
    assert axes.get_title(loc="left") == "A title"
    assert axes.texts[0].get_text() == "Λ: diag(1, 2, 3),  d = 3,  n = 10,  Σ: diag(1, 1, 2),  m = 7"
    prediction = plot_curves([tc.expected_error(SETUP, 2, metric="prediction")])
    assert "Sigma" in prediction.axes[0].get_ylabel()


def test_k_star_is_marked_inside_and_not_at_the_end():
    inside = plot_curves([tc.expected_error(SETUP, 6)])
    (star,) = lines(inside, "k_star")
    assert list(star.get_xdata()) == [4]
    assert "its minimum, $k^{*}$ = 4\n(of $k$ ≤ 6)" in legend(inside)
    falling = plot_curves([tc.expected_error(SETUP, 3)])
    assert not lines(falling, "k_star")
    assert "exact mean, smallest\nat the last step, $k$ = 3" in legend(falling)


def test_a_bound_is_hollow_where_it_is_no_theorem():
    curve = tc.expected_error(tc.Setup([1, 2], n=5, m=8), 4, rung="bound")
    prior, theorem, law = lines(plot_curves([curve]), "bound")
    assert prior.get_ydata()[0] == curve.values[0]
    assert list(theorem.get_xdata()) == [1]
    assert theorem.get_markerfacecolor() != "white"
    assert list(law.get_xdata()) == [2, 3, 4]
    assert law.get_markerfacecolor() == "white"


def test_a_simulation_shows_mean_median_and_most_prompts():
    estimate = tc.montecarlo.expected_error(SETUP, 4, prompts=400, seed=0)
    figure = plot_curves([estimate])
    points = np.concatenate([line.get_xydata() for line in lines(figure, "simulation")])
    points = points[np.argsort(points[:, 0])]
    np.testing.assert_allclose(points[:, 1], estimate.values)
    np.testing.assert_array_equal(lines(figure, "median")[0].get_ydata(), estimate.median)
    assert "90 % of prompts" in legend(figure)
    assert any("heavy-tailed" in text for text in legend(figure)) == bool(estimate.heavy_tail.any())


def test_several_problems_are_told_apart_by_what_differs():
    curves = [tc.expected_error(tc.Setup([1, 2], n=n, m=n), 3, rung=r) for n in (5, 9) for r in ("exact", "population")]
    figure = plot_curves(curves)
    names = legend(figure)
    assert names[0].startswith("n = 5, m = 5")
    assert names[2:] == ["exact mean", "population law, $m$ → ∞"]
    assert "n =" not in figure.axes[0].get_title(loc="left")
    first, second = lines(figure, "exact")
    assert first.get_color() != second.get_color()


def test_equal_problems_stated_twice_are_one_problem():
    curves = [tc.expected_error(tc.Setup([1, 2], n=5, m=9), 2, rung=rung) for rung in ("exact", "population")]
    assert legend(plot_curves(curves))[-1] == "population law, $m$ → ∞"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_have_their_type_and_the_same_bytes_every_time(tmp_path, suffix):
    curves = [tc.expected_error(SETUP, 6), tc.montecarlo.expected_error(SETUP, 6, prompts=100, seed=0)]
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix.upper()}"
    plot_curves(curves, path=first, title="T")
    plot_curves(curves, path=second, title="T")
    assert first.read_bytes().startswith(SIGNATURES[suffix])
    assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, second.name]


def test_curves_draw_themselves(tmp_path):
    target = tmp_path / "curve.svg"
    curve = tc.expected_error(SETUP, 2)
    assert curve.plot().axes
    curve.plot(str(target))
    assert "Λ: diag(1, 2, 3)" in target.read_text()


def test_global_state_is_left_alone():
    before = dict(mpl.rcParams)
    plot_curves([tc.expected_error(SETUP, 2)])
    assert dict(mpl.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_numbers_that_a_log_axis_cannot_show_are_left_out(tmp_path):
    zero = tc.expected_error(tc.Setup([1], n=1, Sigma=[3]), 2, rung="population")
    assert zero.values[1] == 0
    figure = plot_curves([zero], path=tmp_path / "zero.png")
    assert np.isnan(lines(figure, "population")[0].get_ydata()[1])


def test_long_curves_and_a_single_point(tmp_path):
    long = plot_curves([tc.expected_error(SETUP, 100, rung="population")])
    assert lines(long, "population")[0].get_marker() in ("", "None")
    plot_curves([tc.expected_error(SETUP, 0)], path=tmp_path / "point.png")


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()], [float(place) for place in axis.get_ticklocs()]


def in_view(figure):
    """Return the x and y tick labels of a figure, by place, that lie on its axes."""
    figure.draw_without_rendering()
    axes, found = figure.axes[0], []
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        names, places = ticks(axis)
        found.append({place: name for place, name in zip(places, names, strict=True) if low <= place <= high})
    return found


def test_a_single_point_has_room_integer_ticks_and_a_title_above():
    figure = plot_curves([tc.expected_error(SETUP, 0, rung=rung) for rung in ("exact", "population")])
    across, up = in_view(figure)
    axes = figure.axes[0]
    assert list(across) == [0]
    assert {2.0: "2", 3.0: "3", 4.0: "4"}.items() <= up.items()
    assert axes.get_ylim() == pytest.approx((1.5, 6))
    box = axes.get_window_extent()
    assert box.height > 0.7 * figure.bbox.height
    (title,) = [text for text in axes.get_children() if getattr(text, "get_text", str)() == describe(SETUP)]
    assert title.get_window_extent().y0 > box.y1
    label = axes.yaxis.label.get_window_extent()
    assert figure.bbox.y0 <= label.y0 < label.y1 <= figure.bbox.y1


def test_values_that_are_all_zero_are_drawn_on_a_linear_axis(tmp_path):
    setup = tc.Setup([1, 2], n=5, m=4, Omega=[0, 0])
    curves = [tc.expected_error(setup, 3, rung=rung) for rung in ("exact", "population")]
    curves.append(tc.montecarlo.expected_error(setup, 3, prompts=100, seed=0))
    figure = plot_curves(curves, path=tmp_path / "zero.png")
    assert figure.axes[0].get_yscale() == "linear"
    np.testing.assert_array_equal(lines(figure, "exact")[0].get_ydata(), 0)
    assert in_view(figure)[1] == {0.0: "0"}
    assert [text.get_text() for text in figure.axes[0].texts] == ["every value is 0"]
    assert not lines(figure, "k_star")


def test_some_zeros_keep_the_axis_of_steps_and_are_named():
    figure = plot_curves([tc.expected_error(tc.Setup([1], n=1, Sigma=[3]), 4, rung="population")])
    assert list(in_view(figure)[0]) == [0, 1, 2, 3, 4]
    assert "whose zeros are not drawn" in legend(figure)[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.215, 3.06], ["0.2", "0.3", "0.5", "1", "2", "3"]),
        ([2.97, 3.02], ["2.97", "2.98", "2.99", "3", "3.01", "3.02"]),
        ([2e-9, 7e-9], [r"$2\times10^{-9}$", r"$3\times10^{-9}$", r"$5\times10^{-9}$"]),
    ],
)
def test_few_decades_have_plain_numbers(values, expected):
    up = in_view(plot_spectrum({"a": values}, "s", ylabel="y"))[1]
    assert set(expected) <= set(up.values())
    assert all(float(name) == place for place, name in up.items() if "$" not in name)
    short = plot_curves([tc.expected_error(tc.Setup([1, 1, 1], n=100, m=50), 1)])
    assert {"0.5", "1", "2"} <= set(in_view(short)[1].values())


def test_many_decades_keep_powers_of_ten():
    assert 1e-3 in in_view(plot_spectrum({"a": [1, 1e-3, 1e-6]}, "s", ylabel="y"))[1]


def test_rungs_that_coincide_at_infinite_m_are_one_line():
    setup = tc.Setup([1, 2, 3], n=10)
    curves = [tc.expected_error(setup, 4, rung=rung) for rung in ("population", "exact", "proportional", "bound")]
    figure = plot_curves(curves)
    name = legend(figure)[0].replace("\n", " ")
    assert name.startswith("population = exact = proportional ($m$ = ∞)")
    assert len(lines(figure, "exact")) == 1
    assert not lines(figure, "population")
    assert not lines(figure, "proportional")
    assert lines(figure, "bound")
    pair = legend(plot_curves(curves[1:3]))[0]
    assert pair.startswith("exact = proportional ($m$ = ∞)")
    finite = [tc.expected_error(SETUP, 4, rung=rung) for rung in ("population", "exact", "proportional")]
    assert len(legend(plot_curves(finite))) == 3


def test_a_threshold_is_drawn_even_beyond_the_numbers():
    figure = plot_spectrum({"a": [0.2, 0.4]}, "s", ylabel="y", threshold=(1, "divergence threshold"))
    (line,) = lines(figure, "threshold")
    assert list(line.get_ydata()) == [1, 1]
    assert "divergence threshold" in legend(figure)
    assert figure.axes[0].get_ylim()[1] > 1
    assert plot_spectrum({"a": [0, 0]}, "s", ylabel="y", threshold=(1, "t")).axes[0].get_yscale() == "log"


def test_refusals(tmp_path, monkeypatch):
    curve = tc.expected_error(SETUP, 1)
    with pytest.raises(tc.InvalidSetup, match=r"\.gif"):
        plot_curves([curve], path=tmp_path / "a.gif")
    with pytest.raises(tc.InvalidSetup, match="nothing to draw"):
        plot_curves([])
    with pytest.raises(tc.InvalidSetup, match="metric"):
        plot_curves([curve, tc.expected_error(SETUP, 1, metric="prediction")])
    with pytest.raises(OSError, match="missing"):
        plot_curves([curve], path=tmp_path / "missing" / "a.png")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"theorycalc\[plot\]"):
        plot_curves([curve])


def test_spectrum(tmp_path):
    figure = plot_spectrum({"a": [3, 2, 1]}, "statement", ylabel="eigenvalue", path=tmp_path / "s.png")
    np.testing.assert_array_equal(figure.axes[0].get_lines()[0].get_ydata(), [3, 2, 1])
    assert figure.axes[0].get_title(loc="left") == "statement"


def test_describe_states_what_differs_from_the_default():
    setup = tc.Setup(tc.power_law(9, 1), n=1000, m=None, Omega=[1] * 9, w_0=[0] * 9, noise_var="1/3")
    assert describe(setup) == "Λ: power:9:1,  d = 9,  n = 1,000,  Σ = Λ,  m = ∞,  Ω: spectrum,  w₀ given,  σ² = 1/3"


def test_write_atomically_follows_links_and_writes_devices(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    with open("/dev/null", "rb") as null:
        write_atomically(type(real)("/dev/null"), b"gone")
        assert null.read() == b""


def test_selection_bars_are_the_probabilities(tmp_path):
    from theorycalc.plotting import plot_selection

    found = tc.solve_selection([2, 3], {"far": [1, 9], "b": [4, 1], "a": [1, 4]})
    figure = plot_selection(found, path=tmp_path / "bars.svg", title="Tasks")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "far"]
    ends = [float(bar.get_path().get_extents(bar.get_transform() - axes.transData).x1) for bar in axes.patches]
    np.testing.assert_allclose(ends, sorted(found.weights, reverse=True), atol=1e-12)
    assert figure.axes[1].get_ylabel().startswith("hardness")
    assert axes.get_xlabel() == "selection probability"
    assert plot_selection(found).axes[0].get_title(loc="left") == "The mixture nearest to the target"
    many = tc.solve_selection([1.0], [[1 + i / 100] for i in range(40)])
    crowded = plot_selection(many).axes
    assert crowded[0].get_yticklabels()[-1].get_text() == "10 others"
    assert len(crowded) == 1  # one hardness, no colour bar


def test_task_groups_show_every_task_in_both_panels():
    from theorycalc.plotting import plot_task_groups

    rng = np.random.default_rng(0)
    found = tc.solve_selection([1, 1, 1], list(np.exp(rng.standard_normal((8, 3)))))
    left, right = plot_task_groups(found, ["a"] * 5 + ["b"] * 3).axes
    for part in (left, right):
        drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in part.get_lines()])
        np.testing.assert_array_equal(drawn, found.weights)
    hardness = np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in right.get_lines()])
    np.testing.assert_allclose(hardness, [tc.task_hardness(task) for task in found.program.covariances])
    means = [segment[0][1] for part in left.collections for segment in part.get_segments()]  # type: ignore[attr-defined]
    np.testing.assert_allclose(means, [found.weights[:5].mean(), found.weights[5:].mean()])
    with pytest.raises(tc.InvalidSetup, match="3 entries, 1 groups, for 8 tasks"):
        plot_task_groups(found, ["a"] * 3)


def test_selection_intervals_are_whiskers():
    rng = np.random.default_rng(0)
    tasks = {name: rng.standard_normal((50, 2)) * scale for name, scale in (("a", 1), ("b", 2))}
    found = tc.bootstrap_selection(rng.standard_normal((50, 2)) * 1.5, tasks, replicates=10)
    figure = found.plot()
    (whiskers,) = figure.axes[0].collections
    ends = np.array([segment[:, 0] for segment in whiskers.get_segments()])
    order = np.argsort(-found.selection.weights)
    np.testing.assert_allclose(ends, np.column_stack([found.lower, found.upper])[order])
    assert "90 % of bootstrap replicates" in figure.axes[0].get_xlabel()
