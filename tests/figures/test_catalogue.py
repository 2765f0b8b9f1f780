"""Every figure: what is said of it, that all of its data are drawn and nothing else, and that it can be read."""

import importlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.figures.conftest import SMALL
from theorycalc import figures
from theorycalc.figures import KINDS, Table, catalogue, drawn, encoded
from theorycalc.figures.catalogue import MODULES
from theorycalc.figures.sheet import CITED
from theorycalc.plotting.style import DOUBLE, SINGLE

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = {claim["id"] for claim in json.loads((ROOT / "ledger.json").read_text())["claims"]}

#: Columns whose every number is in the picture as it stands, by figure; what is drawn otherwise is said here.
AS_THEY_ARE = {
    "ladder": "value",
    "finite_prompts": "value",
    "mean_typical": "value",
    "phases": None,  # maps, below; the density and its dots are in "y"
    "safe_bound": "upper_edge",
    "overthinking": "value",
    "frontiers": "n",
    "training": "value",
    "selection_types": None,  # in per cent
    "regret": "value",
    "poster_lsa": "value",
    "poster_qwen": "accuracy",
}


def recipe_of(module):
    return importlib.import_module(f"theorycalc.figures.{module}").FIGURE


def numbers(figure):
    """Return every ordinate that a figure holds."""
    found = [np.zeros(0)]
    for axes in figure.axes:
        found += [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
        found += [np.array([patch.get_height()]) for patch in axes.patches if hasattr(patch, "get_height")]
    return np.concatenate(found)


def test_every_module_of_a_figure_is_listed():
    folder = Path(figures.__file__).parent
    with_figure = {path.stem for path in folder.glob("*.py") if "\nFIGURE = Recipe(" in path.read_text()}
    assert with_figure == set(MODULES) == set(SMALL) == set(AS_THEY_ARE)


@pytest.mark.parametrize("module", MODULES)
def test_what_is_said_of_a_figure(module, small):
    recipe, table = recipe_of(module), small(module)
    assert recipe.name == module.replace("_", "-")
    assert set(recipe.claims) <= CLAIMS
    assert set(table.columns) == set(recipe.columns)
    assert {"panel", "kind"} <= set(table.columns)
    assert set(table.words("kind")) <= set(KINDS)
    assert recipe.size[0] in (SINGLE, DOUBLE)
    assert recipe.caption.endswith(".")
    kinds = set(table.words("kind"))
    assert ("simulated" in recipe.caption) or not kinds & {"simulated", "trained"}
    assert ("cited" in kinds) == bool(recipe.source) == ("not ours" in recipe.caption)
    if not kinds & {"simulated", "trained", "cited"} and module != "selection_types":
        assert "Nothing is simulated" in recipe.caption or "nothing is simulated" in recipe.caption


@pytest.mark.parametrize("module", MODULES)
def test_the_csv_is_what_is_drawn_and_can_be_read(module, small):
    """The picture is made from the CSV read back; every number of the table is in it, and no two labels overlap."""
    recipe, table = recipe_of(module), small(module)
    again = Table.from_csv(table.to_csv())
    assert again == table
    with drawn(recipe, again) as figure:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        column = AS_THEY_ARE[module]
        if column is not None:
            held = numbers(figure)
            wanted = table[column]
            wanted = wanted[np.isfinite(wanted)]
            if module == "finite_prompts":
                wanted = wanted[wanted >= 1]  # a lower bound of less than one example says nothing
            nearest = np.sort(held[np.isfinite(held)])
            place = np.clip(np.searchsorted(nearest, wanted), 1, len(nearest) - 1)
            gap = np.minimum(np.abs(nearest[place] - wanted), np.abs(nearest[place - 1] - wanted))
            assert np.all(gap <= 1e-12 * np.abs(wanted)), wanted[gap > 1e-12 * np.abs(wanted)]
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                labels = [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
                shown = [label for label in labels if label.get_text() and label.get_visible()]
                boxes = [label.get_window_extent(renderer) for label in shown]
                assert not any(a.overlaps(b) for a, b in pairwise(boxes)), [label.get_text() for label in shown]
        for box in (legend.get_window_extent(renderer) for legend in figure.legends):
            assert figure.bbox.x0 <= box.x0
            assert box.x1 <= figure.bbox.x1 + 1
        texts = [text for axes in figure.axes for text in axes.texts]
        legends = [legend for axes in figure.axes if (legend := axes.get_legend()) is not None]
        texts += [text for legend in (*figure.legends, *legends) for text in legend.get_texts()]
        assert all(float(text.get_fontsize()) >= 7 for text in texts)


def test_the_maps_are_the_table(small):
    table = small("phases")
    with drawn(recipe_of("phases"), table) as figure:
        first = figure.axes[0].collections[0]
        codes = np.asarray(first.get_array()).ravel()
    names = [str(row[table.columns.index("series")]) for row in table.where(panel="a").rows]
    order = ["exponential", "polynomial", "saturating", "overthinking"]
    assert [order[int(code)] for code in codes] == names


def test_shares_of_designs_are_in_per_cent(small):
    table = small("selection_types")
    with drawn(recipe_of("selection_types"), table) as figure:
        held = np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in figure.axes[2].get_lines()])
        tasks = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in figure.axes[0].get_lines()])
    assert np.isin(np.round(100 * table.where(panel="c")["value"], 9), np.round(held, 9)).all()
    np.testing.assert_array_equal(tasks, table.where(panel="ab")["value"])


@pytest.mark.parametrize("module", ["poster_lsa", "poster_qwen"])
def test_what_others_published_is_marked_in_the_picture(module, small):
    with drawn(recipe_of(module), small(module)) as figure:
        said = [axes.get_title(loc="left") for axes in figure.axes]
        said += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert CITED in said


@pytest.mark.parametrize(("module", "form"), [("phases", "svg"), ("poster_qwen", "pdf"), ("poster_qwen", "png")])
def test_the_bytes_are_the_same_every_time(module, form, small):
    recipe, found = recipe_of(module), []
    for _ in range(2):
        with drawn(recipe, small(module)) as figure:
            found.append(encoded(figure, form, recipe, small(module)))
    assert found[0] == found[1]


def test_the_rung_has_one_look_everywhere(small):
    from theorycalc.plotting.style import LOOKS
    from theorycalc.results import Rung

    for module in ("ladder", "mean_typical", "frontiers"):
        with drawn(recipe_of(module), small(module)) as figure:
            for axes in figure.axes:
                for line in axes.get_lines():
                    if line.get_label() == LOOKS[Rung.POPULATION].label:
                        assert line.get_color() == LOOKS[Rung.POPULATION].color


@pytest.mark.full
def test_all_figures_twice_in_other_processes(tmp_path):
    """Every figure at full size, from the command line, with other hash seeds: the same bytes, in under two minutes."""
    import os
    import subprocess
    import sys

    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        command = [sys.executable, "-m", "theorycalc", "figures", "--out", str(tmp_path / seed)]
        subprocess.run(command, check=True, env=environment, capture_output=True)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / seed).iterdir()} for seed in ("1", "2"))
    assert first == second
    assert len(first) == 5 * len(catalogue()) + 1
