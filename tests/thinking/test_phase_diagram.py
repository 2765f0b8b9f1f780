"""Maps: each cell against ``phase`` of its own problem, closed forms, the safe line, forms, refusals."""

import csv
import io
import json
from fractions import Fraction

import numpy as np
import pytest

import theorycalc as tc
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.rmt.edge_grid import edge_grid
from theorycalc.rmt.edges import spectral_edges
from theorycalc.thinking.phase_result import PHASES


def test_every_cell_is_the_phase_of_its_problem():
    """d/m = 8/m, n/m = n/m at integers: phase() on the same problem."""
    setup = tc.Setup(tc.power_law(8, 1), n=1, Sigma=tc.power_law(8, "1/2"))
    ms, ns = [4, 8, 16, 40], [1, 3, 9, 27, 120]
    for m in ms:
        found = tc.phase_diagram(setup, x_values=[8 / m], y_values=[n / m for n in ns])
        for j, n in enumerate(ns):
            one = tc.phase(setup.replace(n=n, m=m))
            assert found.phase(0, j) == one.phase
            assert found.upper[j, 0] == pytest.approx(one.edges.upper, rel=1e-12)
            assert found.lower[j, 0] == pytest.approx(one.edges.lower, rel=1e-10, abs=1e-14)
            assert found.rate[j, 0] == pytest.approx(one.rate, rel=1e-10)


def test_decay_and_shift():
    setup = tc.Setup(tc.power_law(5, 1), n=7, m=9, Sigma=[1, 2, 3, 2, 1])
    found = tc.phase_diagram(setup, x="decay", y="shift", x_values=[0, 1, 2], y_values=[0, 0.25, 1])
    for i, decay in enumerate((0, 1, 2)):
        for j, share in enumerate((Fraction(0), Fraction(1, 4), Fraction(1))):
            lam = [Fraction(1, k**decay) for k in range(1, 6)]
            sigma = [(1 - share) * a + share * b for a, b in zip(lam, [1, 2, 3, 2, 1], strict=True)]
            one = tc.phase(tc.Setup(lam, n=7, m=9, Sigma=sigma))
            assert found.upper[j, i] == pytest.approx(one.edges.upper, rel=1e-12)
            assert found.phase(i, j) == one.phase
    matched = tc.phase_diagram(setup.replace(Sigma=None), x="shift", y="d/m", x_values=[1], y_values=[0.5, 2])
    mean = Fraction(137, 60) / 5
    one = tc.phase(tc.Setup(tc.power_law(5, 1), n=7, m=10, Sigma=[mean] * 5))
    assert matched.upper[0, 0] == pytest.approx(one.edges.upper, rel=1e-12)
    assert not matched.matched


def test_matched_prompts_as_long_as_training_are_safe():
    """SAF-01: no cell with n ≤ m overthinks, for any decay; and just above the line some do (SAF-04)."""
    found = tc.phase_diagram(tc.Setup(tc.power_law(30, 0), n=1, m=29), x="decay", y="n/m", cells=40)
    assert found.matched
    safe = found.y <= 1
    assert not np.any(found.code[safe] == PHASES.index("overthinking"))
    assert np.all(found.upper[safe] < 1 + found.y[safe][:, None])
    above = tc.phase_diagram(tc.Setup([1] * 31, n=1), x_values=[31 / 29], y_values=[1.0, 1.04])
    assert above.phase(0, 0) == "saturating"
    assert above.phase(0, 1) == "overthinking"


def test_critical_cells():
    """C = cI, c = n/(n + 1 + d): d = 2, n = 3, m = 2 has λ₊ = 2 and λ₋ = 0; noise makes d = m overthink."""
    setup = tc.Setup([1, 1], n=3)
    found = tc.phase_diagram(setup, x_values=[1], y_values=[1, 1.5, 1.6])
    assert [found.phase(0, j) for j in range(3)] == ["polynomial", "polynomial", "overthinking"]
    noisy = tc.phase_diagram(setup.replace(noise_var=1), x_values=[0.5, 1, 2], y_values=[0.5])
    assert [noisy.phase(i, 0) for i in range(3)] == ["saturating", "overthinking", "saturating"]


def test_edge_grid_keeps_its_digits():
    rng = np.random.default_rng(0)
    c = rng.uniform(0.01, 1, (150, 20)) ** rng.uniform(0.2, 6, (150, 1))
    c[::3, 5:] = c[::3, 5:6]  # repeated eigenvalues
    m = rng.integers(1, 80, 150).astype(float)
    found = edge_grid(c, m)
    for row, size, low, high in zip(c, m, found.lower, found.upper, strict=True):
        edges = spectral_edges(row, int(size))
        assert high == pytest.approx(edges.upper, rel=1e-12)
        assert low == pytest.approx(edges.lower, rel=1e-7, abs=1e-14 * edges.upper)
    with pytest.raises(NotConverged, match="float64 range"):
        edge_grid(np.array([[1e308]]), np.array([0.25]))


def test_forms():
    found = tc.phase_diagram(tc.Setup(tc.power_law(4, 1), n=4), cells=6)
    assert sum(found.share(name) for name in PHASES) == pytest.approx(1)
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert len(rows) == 36
    assert set(rows[0]) == {"d/m", "n/m", "phase", "rate", "lower", "upper"}
    assert rows[7]["phase"] == found.phase(1, 1)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["phase"][1][1] == found.phase(1, 1)
    assert repr(found).startswith("PhaseDiagram(")
    assert not found.code.flags.writeable


@pytest.mark.parametrize(
    ("setup", "words", "message"),
    [
        (tc.Setup([1], n=1), {"x": "d"}, "x = 'd': unknown; choose one of d/m, n/m, decay, shift"),
        (tc.Setup([1], n=1), {"x": "n/m"}, "the same as x"),
        (tc.Setup([1], n=1), {"x": "decay"}, "state m, or take"),
        (tc.Setup([1], n=1), {"x_values": [2, 1]}, "not ascending"),
        (tc.Setup([1], n=1), {"x_values": []}, "not ascending"),
        (tc.Setup([1], n=1), {"x_values": 3}, "not a sequence"),
        (tc.Setup([1], n=1), {"x_values": [0, 1]}, "not positive"),
        (tc.Setup([1], n=1), {"x_values": [1, [2, 3]]}, "x_values[1] = [2, 3]: not a number"),
        (tc.Setup([1], n=1), {"y_values": [[1, 2], [3]]}, "y_values[0] = [1, 2]: not a number"),
        (tc.Setup([1], n=1), {"x_values": np.ones((2, 2))}, "of shape (2, 2), not a sequence"),
        (tc.Setup([1], n=1), {"x_values": [1, "1e400"]}, "outside [1e-12, 1e+12]"),
        (tc.Setup([1], n=1), {"x_values": [1e-300, 1]}, "outside [1e-12, 1e+12]"),
        (tc.Setup([1], n=1), {"x_values": ["1", "1.00000000000000000001"]}, "not ascending in float64"),
        (tc.Setup([1], n=1), {"x": "shift", "x_values": [0, 2]}, "outside"),
        (tc.Setup([1], n=1), {"x": "decay", "y": "d/m", "x_values": [50]}, "beyond"),
        (tc.Setup([1], n=1), {"cells": 1}, "cells = 1: smaller than 2"),
    ],
)
def test_refusals(setup, words, message):
    with pytest.raises(InvalidSetup) as caught:
        tc.phase_diagram(setup, **words)
    assert message in str(caught.value)


def test_the_widest_ratios_give_finite_numbers():
    ratios = [1e-12, 1e-3, 1, 1e3, 1e12]
    for setup in (tc.Setup([1, 2], n=3, m=4), tc.Setup([1e-12, 1e12], n=10**15, m=10**15, Sigma=[1e12, 1e-12])):
        found = tc.phase_diagram(setup, x_values=ratios, y_values=ratios)
        assert np.isfinite([found.lower, found.upper, found.rate]).all()


def test_too_large_and_full_matrices():
    with pytest.raises(OutsideRegime, match="use fewer cells"):
        tc.phase_diagram(tc.Setup([1] * 2000, n=1), cells=2000)
    with pytest.raises(OutsideRegime, match="diagonalise"):
        tc.phase_diagram(tc.Setup([[2, 1], [1, 2]], n=1))
