"""Test errors after training on mixtures: every rung, sampling model and field against the slow definition."""

from fractions import Fraction

import numpy as np
import pytest

import theorycalc as tc
from tests.tolerances import LONG_RECURSION
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture

FIRST, SECOND = [["2", "1/3"], ["1/3", "1/2"]], [["1", "-1/2"], ["-1/2", "3"]]
MIXED = ("per_prompt", "per_example")
FAMILIES = {
    "apart": [FIRST, SECOND],
    "spectra": [["2", "1/3"], ["1", "5"]],
    "commuting": [FIRST, [["4", "2/3"], ["2/3", "1"]]],
}


def problem(family, sampling, **changes):
    arguments = {"n": 4, "m": 2, "Sigma": [[4, 2], [2, 2]], "noise_var": "1/3", "w_0": [1, 2], **changes}
    return Setup(TaskMixture(FAMILIES[family], ["1/3", "2/3"], sampling), **arguments)


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_exact_and_population_are_the_definition(family, sampling, metric):
    setup = problem(family, sampling)
    slow = tc.reference.expected_error(setup, 2, metric=metric).values
    exact = tc.expected_error(setup, 2, metric=metric, field=EXACT)
    assert list(exact.values) == list(slow)
    assert tc.one_step_error(setup, metric=metric, field=EXACT) == slow[1]
    assert exact.setup is setup
    double = tc.expected_error(setup, 2, metric=metric)
    assert all(low <= value <= high for low, value, high in zip(double.lower, slow, double.upper, strict=True))
    assert np.max(np.abs(double.values / slow.astype(float) - 1)) < LONG_RECURSION
    long = setup.replace(m=None)
    limit = tc.reference.expected_error(long, 3, metric=metric).values
    assert list(tc.expected_error(setup, 3, rung="population", metric=metric, field=EXACT).values) == list(limit)
    assert list(tc.expected_error(long, 3, metric=metric, field=EXACT).values) == list(limit)


@pytest.mark.parametrize("sampling", MIXED)
def test_long_chains_in_all_fields(sampling):
    setup = problem("apart", sampling, m=30, Sigma=None, noise_var="1/3")
    exact = tc.expected_error(setup, 5, field=EXACT).values
    double = tc.expected_error(setup, 5)
    assert all(low <= value <= high for low, value, high in zip(double.lower, exact, double.upper, strict=True))
    assert np.max(np.abs(double.values / exact.astype(float) - 1)) < LONG_RECURSION
    for ball, value in zip(tc.expected_error(setup, 5, field=BALL(200)).values, exact, strict=True):
        assert value in ball
        assert ball.rad < Fraction(1, 10**30)
    for digits, value in zip(tc.expected_error(setup, 5, field=MP(25)).values, exact, strict=True):
        assert abs(as_fraction(digits) - value) <= abs(value) / 10**24


@pytest.mark.parametrize("sampling", MIXED)
def test_one_task_twice_is_one_task(sampling):
    twice = Setup(TaskMixture([FIRST, FIRST], ["1/3", "2/3"], sampling), n=4, m=5)
    for rung in ("population", "exact", "expansion", "proportional"):
        mixed, one = (tc.expected_error(each, 4, rung=rung) for each in (twice, Setup(FIRST, n=4, m=5)))
        assert mixed.values.tolist() == one.values.tolist()


@pytest.mark.parametrize("sampling", MIXED)
def test_rotated_tasks_give_the_same_errors(sampling):
    turn = np.array([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]])
    tasks = [np.array([[Fraction(x) for x in row] for row in rows]) for rows in (FIRST, SECOND)]
    plain = Setup(TaskMixture(tasks, ["1/3", "2/3"], sampling), n=4, m=3, Sigma=tasks[0])
    turned = [turn @ task @ turn.T for task in tasks]
    other = Setup(TaskMixture(turned, ["1/3", "2/3"], sampling), n=4, m=3, Sigma=turned[0])
    values = [tc.expected_error(setup, 3, field=EXACT).values.tolist() for setup in (plain, other)]
    assert values[0] == values[1]


@pytest.mark.parametrize("sampling", MIXED)
def test_long_prompts_halve_the_gap_to_the_population(sampling):
    gaps = []
    for m in (10_000, 20_000, 40_000):
        setup = problem("apart", sampling, m=m, noise_var=0)
        exact, limit = (
            tc.expected_error(setup, 3, rung=rung, field=EXACT).values[3] for rung in ("exact", "population")
        )
        gaps.append(float(exact - limit))
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.02)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.01)


def test_spectra_take_any_number_of_steps_on_every_rung():
    setup = Setup(TaskMixture([[2, 1, "1/2"], [1, 1, 3]], ["1/4", "3/4"], "per_prompt"), n=9, m=40)
    assert tc.expected_error(setup, 12).values.size == 13
    typical = tc.expected_error(setup, 20, rung="proportional")
    assert typical.setup is setup
    assert np.all(np.diff(typical.values[:5]) < 0)
    assert tc.expected_error(setup, 3, rung="expansion", order=9).values[3] == pytest.approx(
        tc.expected_error(setup, 3).values[3], rel=LONG_RECURSION
    )


@pytest.mark.parametrize("sampling", MIXED)
@pytest.mark.parametrize("family", FAMILIES)
def test_rung_auto_is_the_exact_one_on_short_chains(family, sampling):
    setup = problem(family, sampling, m=400)
    found = tc.expected_error(setup, 3, rung="auto")
    assert found.setup is setup
    assert found.rung == "exact"
    assert np.allclose(found.values, tc.expected_error(setup, 3).values, rtol=LONG_RECURSION)


@pytest.mark.parametrize(
    ("rung", "steps", "word"),
    [("bound", 2, "one task"), ("expansion", 2, "optimal_map"), ("exact", 9, "at most 8")],
)
def test_refusals(rung, steps, word):
    for sampling in MIXED:
        with pytest.raises(OutsideRegime, match=word):
            tc.expected_error(problem("apart", sampling), steps, rung=rung)


@pytest.mark.parametrize("function", [tc.one_step_bound, lambda setup: tc.long_chain_bound(setup, 2)])
def test_bounds_of_one_task_are_not_given_for_mixtures(function):
    setup = Setup(TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"], "per_prompt"), n=3, m=4)
    with pytest.raises(OutsideRegime, match="pooled"):
        function(setup)
    function(setup.replace(Lambda=TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"])))
