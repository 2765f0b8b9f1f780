"""The iso-error frontier: the same numbers as one question at a time, its shape, its slope and its words."""

import csv
import io
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import LONG_RECURSION
from theorycalc.exceptions import InvalidSetup
from theorycalc.model import Setup
from theorycalc.spectra import power_law
from theorycalc.thinking.context import smallest_context
from theorycalc.thinking.frontier import frontier

VALUES = st.builds(Fraction, st.integers(1, 9), st.integers(1, 9))
POISED = Setup(power_law(8, 0.5), n=1, m=40)
one_question: Any = smallest_context
QUESTIONS: dict[str, tuple[Setup, dict[str, Any]]] = {
    "population": (POISED, {}),
    "exact": (POISED, {"rung": "exact"}),
    "exact, m = n": (POISED, {"rung": "exact", "tie_m": True}),
    "exact, prediction": (POISED, {"rung": "exact", "metric": "prediction"}),
    "proportional": (POISED, {"rung": "proportional"}),
    "bound": (POISED, {"rung": "bound"}),
    "expansion": (POISED.replace(m=900), {"rung": "expansion", "order": 2}),
    "skill gap": (Setup([1, "1/10"], n=1, Sigma=[1, 1]), {}),
    "not commuting": (Setup([[1, "1/3"], ["1/3", "1/2"]], n=1, Sigma=[[1, 0], [0, 2]], m=60), {"rung": "exact"}),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_pair_is_the_answer_to_one_question(name):
    setup, options = QUESTIONS[name]
    found = frontier(setup, ["1/2", "1/20"], [1, 2, 4], **options)
    for row, error in enumerate(("1/2", "1/20")):
        for column, k in enumerate((1, 2, 4)):
            alone = one_question(setup, k, error, **options)
            assert found.n[row, column] == alone.n
            if found.n[row, column] is None:
                assert math.isinf(found.n_real[row, column])
            elif not math.isnan(alone.n_real):
                assert found.n_real[row, column] == pytest.approx(alone.n_real, rel=1e-6)
            if alone.closed_form is not None:
                assert found.closed_form[row, column] == alone.closed_form
                assert found.closed_form_n[row, column] == alone.closed_form_n


@settings(max_examples=10, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4), VALUES)
def test_on_long_prompts_the_frontier_falls_is_convex_and_k_n_falls_too(spectrum, share):
    setup, error = Setup(spectrum, n=1), len(spectrum) * share / 100
    found = frontier(setup, error, 12)
    real = found.n_real[0]
    assert found.falls(error)
    inside = real > 1
    assert np.all(np.diff(real[inside], 2) > -1e-9 * real[inside][1:-1])
    product = (found.steps * real)[inside]
    assert np.all(np.diff(product) <= 1e-9 * product[1:])
    assert np.all(real <= np.maximum(1, found.closed_form[0]) * (1 + LONG_RECURSION))


def test_the_slope_is_the_derivative_of_the_level_set():
    setup = Setup(power_law(20, 1), n=1)
    found = frontier(setup, "1/100", [1, 2, 4, 8])
    lam = np.asarray(setup.Lambda).diagonal()
    x = 1 + lam.sum() / lam

    def length(k):  # the level set at real k, by bisection
        low, high = 0.0, 1e9
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if np.sum((x / (x + middle)) ** (2 * k)) > 0.01 else (low, middle)
        return high

    for column, k in enumerate((1, 2, 4, 8)):
        assert found.n_real[0, column] == pytest.approx(length(k), rel=1e-9)
        slope = (length(k * (1 + 1e-5)) - length(k * (1 - 1e-5))) / (2e-5 * k)
        assert found.slope[0, column] == pytest.approx(slope, rel=1e-6)


def test_slopes_elsewhere_are_differences():
    found = frontier(POISED, 4, 5, rung="exact")
    real = found.n_real[0]
    assert np.all(np.isfinite(real[:4]))
    assert found.slope[0, 1] == pytest.approx((real[2] - real[0]) / 2)
    assert np.isnan(found.slope[0][real == 1]).all()


def test_at_finite_m_more_thinking_loses_the_target_in_the_end():
    found = frontier(Setup([1], n=1, m=4), "1/5", 9, rung="exact")
    assert found.lengths("1/5") == [None, None, 2, 1, 1, 1, 1, None, None]
    assert not found.falls("1/5")
    assert found.best_steps("1/5") == 4
    assert found.floor[6] <= 0.2 < found.floor[7]
    assert "with 1 or 2 steps no training length reaches it; 4 steps instead of 3 save 50 %" in found.verdicts[0]
    assert found.verdicts[0].endswith("from k = 8 on no training length reaches it.")


def test_with_test_prompts_as_long_the_frontier_is_a_valley():
    # m = n: in the end every step more needs about three examples more, to keep rare prompts rare
    found = frontier(Setup([1], n=1), "2/5", 8, rung="exact", tie_m=True)
    assert found.lengths("2/5") == [3, 3, 5, 8, 12, 15, 18, 21]
    assert not found.falls("2/5")
    assert "beyond k = 1 more thinking needs longer training prompts (up to 21)" in found.verdicts[0]


def test_sentences():
    saved = frontier(Setup([1, 1], n=1), "1/2", 4).verdicts[0]
    assert saved == "Error 1/2: 3 steps instead of 1 save 67 % of the training context (n = 1 instead of 3)."
    hopeless = frontier(Setup([1], n=1, m=1), "1/10", 3, rung="exact").verdicts[0]
    assert hopeless.startswith("Error 1/10: no training length reaches it with 1 to 3 steps; the least error over all")
    later = frontier(Setup([1], n=1, m=1), "2/3", 3, rung="exact")
    assert later.lengths("2/3") == [1, None, None]
    assert later.verdicts[0] == "Error 2/3: 1 step needs n = 1; from k = 2 on no training length reaches it."
    assert later.best_steps("2/3") == 1


def test_tables():
    found = frontier(POISED, ["1/2", 0.25], [4, 1, 2], rung="exact")
    assert found.steps.tolist() == [1, 2, 4]
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["steps"] for row in rows] == ["1", "2", "4"] * 2
    assert [row["error"] for row in rows[::3]] == ["1/2", "0.25"]
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["n"] == found.n.tolist()
    assert data["verdicts"] == list(found.verdicts)
    assert "Frontier(errors=[1/2, 0.25], steps=1…4" in repr(found)
    with pytest.raises(ValueError, match="read-only"):
        found.n[0, 0] = 3


@pytest.mark.parametrize(
    ("error", "steps"), [([], 3), (0, 3), (1, 0), (1, []), (1, [2, 2]), (1, "3"), ([1] * 1000, 1000)]
)
def test_refusals(error, steps):
    with pytest.raises(InvalidSetup, match=r"error|steps"):
        frontier(POISED, error, steps)
    with pytest.raises(InvalidSetup, match="not a target"):
        frontier(POISED, 1, 1).lengths(2)
