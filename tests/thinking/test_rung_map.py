"""The map of rungs against the rungs themselves."""

import numpy as np
import pytest

from theorycalc.error_curves import expected_error
from theorycalc.exceptions import InvalidSetup
from theorycalc.model import Setup
from theorycalc.thinking.rung_map import CODES, rung_map

SETUP = Setup([1, "1/2", "1/4"], n=6)
LENGTHS = [5, 100, 10_000]


def test_cells_follow_their_definition():
    found = rung_map(SETUP, 4, m_values=LENGTHS)
    for j, m in enumerate(LENGTHS):
        exact = expected_error(SETUP.replace(m=m), 4).values
        population = expected_error(SETUP, 4, rung="population").values
        np.testing.assert_array_equal(found.mean[j], exact)
        np.testing.assert_allclose(found.population[j], np.abs(population / exact - 1), atol=1e-14)
        for k in range(5):
            cheaper = CODES[: int(found.code[j, k])]
            assert all(getattr(found, name)[j, k] > found.tolerance for name in cheaper if name != "exact")
            if found.rung(m, k) in ("population", "expansion", "proportional"):
                assert getattr(found, found.rung(m, k))[j, k] <= found.tolerance
    assert found.rung(10_000, 1) == "population"
    assert found.rung(5, 4) == "exact"
    assert found.is_exact.all()


def test_longer_prompts_need_no_dearer_rung_here():
    """A matched problem: the population law's share of the mean grows with m."""
    found = rung_map(SETUP, 4, m_values=LENGTHS)
    assert np.all(np.diff(found.population[:, 1:], axis=0) < 0)


def test_what_no_rung_reaches_is_unknown():
    found = rung_map(Setup([1, 2], n=4), 40, m_values=[5])
    assert found.rung(5, 40) == "unknown"
    assert np.isnan(found.mean[0, 40])
    assert found.to_dict()["cells"]["mean"][40] is None
    assert not found.is_exact[0, 40]


def test_tables_and_words():
    found = rung_map(SETUP, 2, m_values=LENGTHS)
    assert found.to_csv().splitlines()[0] == "m,k,rung,mean,population,expansion,proportional,mean_is_exact"
    assert len(found.to_csv().splitlines()) == 1 + 9
    assert "RungMap(" in repr(found)


def test_picture(tmp_path):
    figure = rung_map(SETUP, 3, m_values=LENGTHS).plot(tmp_path / "map.png")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["5", "100", "10,000"]
    assert axes.get_ylim() == (-0.5, 2.5)  # rows of one height, however far apart their m
    assert (tmp_path / "map.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"m_values": []}, "m_values = \\[\\]: not a sequence of lengths"),
        ({"m_values": [3, 2]}, "not ascending"),
        ({"m_values": [0]}, "smaller than 1"),
        ({"m_values": [3], "tolerance": 1}, r"tolerance = 1: not in \(0, 1\)"),
    ],
)
def test_refusals(change, message):
    with pytest.raises(InvalidSetup, match=message):
        rung_map(SETUP, 2, **change)
    with pytest.raises(InvalidSetup, match="not on the map"):
        rung_map(SETUP, 1, m_values=[3]).rung(4, 1)
