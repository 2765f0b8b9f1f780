"""The map of phases and the selection of tasks, in a real browser: numbers against Python, snippets that run."""

import json
import re

import pytest

import theorycalc as tc
from tests.explorer.page_help import downloaded, ran, settled
from tests.tolerances import LONG_RECURSION

PHASES = "view=phases&train=power:20:0.5&n=40&m=60"
TASKS = "view=selection&train=power:20:0.5&n=50&m=inf&k=6"
D, N, K = 20, 50, 6
TARGET = tc.power_law(D, 0.5)
FIRST = [tc.isotropic(D), tc.power_law(D, 0.4), tc.power_law(D, 0.8), tc.power_law(D, 1.2, 3)]


def test_the_map_has_pythons_edges_and_its_sentence_the_phase(opened) -> None:
    page = opened(PHASES)
    expected = tc.phase(tc.Setup(TARGET, n=40, m=60))
    sentence = page.inner_text("#sentence")
    assert "keeps improving" in sentence
    assert f"λ₊ = {float(f'{expected.edges.upper:.3g}')}" in sentence
    safe = tc.safe_context(tc.Setup(TARGET, n=40)).m
    assert f"below m = {safe}" in sentence
    current, *cells = downloaded(page)
    assert (current["n"], current["m"], current["phase"]) == ("40", "60", expected.phase)
    assert float(current["upper_edge"]) == pytest.approx(expected.edges.upper, rel=LONG_RECURSION)
    assert len(cells) > 1000
    whole = [row for row in cells if float(row["n"]) in {1, 10, 100} and float(row["m"]) in {1, 10, 100}]
    assert len(whole) == 9
    for row in whole:
        found = tc.phase(tc.Setup(TARGET, n=int(float(row["n"])), m=int(float(row["m"]))))
        assert float(row["upper_edge"]) == pytest.approx(found.edges.upper, rel=1e-6)  # what the map promises
        assert row["phase"] == found.phase
    printed, python = ran(page)
    assert json.loads(printed)["phase"] == expected.phase
    assert python.strip() == repr(expected)


def test_the_map_stays_while_its_point_moves(opened) -> None:
    page = opened(PHASES)
    before = page.evaluate("document.querySelector('#picture').data[0].z[3][4]")
    page.fill("#m", "2")
    settled(page)
    assert "overthinks" in page.inner_text("#sentence")
    data = "document.querySelector('#picture').data"
    assert page.evaluate(f"{data}[0].z[3][4]") == before
    point = page.evaluate(f"{data}[{data}.length - 1].name")
    assert point == "n = 40, m = 2"


def test_dragging_a_weight_by_keyboard_then_setting_both_optima(opened) -> None:
    page = opened(TASKS)
    page.focus("#task-1-weight")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    settled(page)
    shares = page.eval_on_selector_all(".task output", "all => all.map(one => parseFloat(one.textContent))")
    assert shares == [20, 26.7, 26.7, 26.7]
    own = [0.2, 0.8 / 3, 0.8 / 3, 0.8 / 3]
    program, best = tc.selection_program(TARGET, FIRST), tc.solve_selection(TARGET, FIRST)
    corrected = tc.corrected_selection(tc.Setup(tc.TaskMixture(FIRST, own), n=N, Sigma=TARGET))

    def error(weights) -> float:
        setup = tc.Setup(tc.TaskMixture(FIRST, list(weights)), n=N, Sigma=TARGET)
        return float(tc.expected_error(setup, K, rung="population").values[-1])

    rows = {row["quantity"]: row for row in downloaded(page)}
    assert float(rows["objective"]["yours"]) == pytest.approx(program.value(own), rel=LONG_RECURSION)
    assert float(rows["objective"]["best"]) == pytest.approx(best.value, rel=LONG_RECURSION)
    last = rows[f"error after {K} steps"]
    # errors of 1e-12 magnify what is left of rounding in the weights
    for name, weights in [("yours", own), ("best", best.weights), ("corrected", corrected.weights)]:
        assert float(last[name]) == pytest.approx(error(weights), rel=1e-7)
    printed, python = ran(page)
    assert json.loads(printed)["own"]["value"] == pytest.approx(program.value(own), rel=LONG_RECURSION)
    assert float(python.split()[-1]) == pytest.approx(error(own), rel=LONG_RECURSION)

    page.focus("#task-1-weight")
    page.keyboard.press("End")  # to 100 % and back: the others keep their ratios
    page.keyboard.press("Home")
    settled(page)
    shares = page.eval_on_selector_all(".task output", "all => all.map(one => parseFloat(one.textContent))")
    assert shares == [0, 33.3, 33.3, 33.3]

    page.click("text=Set the optimum")
    settled(page)
    assert page.inner_text("#sentence").startswith("This mixture, ")
    page.click("text=Set the corrected one")
    settled(page)
    assert "corrected for the length of training, has an objective" in page.inner_text("#sentence")
    written = [row["yours"] for row in downloaded(page) if row["quantity"].startswith("weight")]
    weights = [float(text) for text in written]
    assert weights == pytest.approx(list(map(float, corrected.weights)), abs=1e-9)
    page.wait_for_url(lambda url: ",".join(written) in url)  # written after a pause
    again = opened(page.url.split("#v=1&")[1])
    assert again.inner_text("#sentence") == page.inner_text("#sentence")


def test_tasks_are_added_changed_refused_and_removed(opened) -> None:
    page = opened(TASKS)
    page.click("text=Add a task")
    settled(page)
    assert page.locator(".task").count() == 5
    page.fill("#task-5", "spiked:9,9:0.5")
    settled(page)
    assert "weight of task 5 (spiked:9,9:0.5)" in {row["quantity"] for row in downloaded(page)}
    page.fill("#task-5", "1, 2, 3")
    settled(page)
    assert "Task 5 is “1, 2, 3”: it has 3 eigenvalues, and there are 20 skills" in page.inner_text("#sentence")
    page.fill("#task-5", "")
    settled(page)
    assert page.locator(".task").count() == 5
    page.click("text=Remove the last")
    settled(page)
    assert page.locator(".task").count() == 4
    assert re.match("Your mixture has an objective of", page.inner_text("#sentence"))
