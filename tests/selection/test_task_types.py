"""The study of diverse, relevant and hard tasks: its designs are what it says, and the page holds its numbers."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import task_types
from theorycalc.selection.program import selection_program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "selection.md"


def test_a_task_has_its_type():
    rng = np.random.default_rng(0)
    for alpha, B in task_types.TYPES:
        for scale in task_types.SCALES:
            values = np.sort(task_types.spectrum(rng, alpha, B, 0.001, scale))[::-1]
            np.testing.assert_allclose(values[:B] / values[0], np.arange(1, B + 1.0) ** -alpha)
            np.testing.assert_allclose(values[B:], 0.001 * values[0])
            assert (values[0] == 1) if scale == "peak" else (values.sum() == pytest.approx(100))


def test_a_few_designs(tmp_path):
    said: list[str] = []
    rows = task_types.main(
        6, table=str(tmp_path / "rows.csv"), plot=str(tmp_path / "types.png"), say=lambda x: said.append(str(x))
    )
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 7
    assert (tmp_path / "types.png").stat().st_size > 10_000
    for row in rows:
        assert row["gap"] <= 1e-10 * max(1, row["value"])
        assert sum(row[f"share {alpha}, {B}"] for alpha, B in task_types.TYPES) == pytest.approx(1)
        assert row["diverse"] == pytest.approx(row["share 0.2, 100"] + row["share 0.8, 100"])
        assert 0 < row["mass over bound"] <= 1
    assert task_types.design(3).row() == rows[3]
    assert any("Designs in which neither" in line for line in said)


def test_a_design_against_the_poster():
    """Seed 7: neither diverse nor steep tasks get more, and the optimum is certified by another path."""
    found = task_types.design(7)
    row = found.row()
    assert row["diverse"] < 0.5
    assert row["steep"] < 0.5
    program = selection_program(found.selection.program.Sigma, list(found.spectra))
    assert program.duality_gap(found.selection.weights) <= 1e-10 * max(1, row["value"])


@pytest.mark.full
def test_the_page_holds_the_numbers_of_the_study():
    said: list[str] = []
    task_types.main(say=lambda x: said.append(str(x)))
    text = PAGE.read_text(encoding="utf-8")
    for line in (line for part in said for line in part.splitlines() if line.startswith("|")):
        assert line in text
