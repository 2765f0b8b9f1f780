"""The stored rationals: what they cover, and that a few of them come out equal when made again."""

import json
from fractions import Fraction

import pytest

from tests.vectors import make_exact_errors, make_wishart_moments
from theorycalc.model import Setup, TaskMixture
from theorycalc.reference import expected_error, wishart_trace_moments

ERRORS = json.loads(make_exact_errors.FILE.read_text(encoding="utf-8"))["problems"]
MOMENTS = json.loads(make_wishart_moments.FILE.read_text(encoding="utf-8"))["cases"]
WITNESSED_AGAIN = [
    "d=1 mismatched, start, noise",
    "non-commuting (theory section 5)",
    "non-commuting, everything",
]


def test_the_file_holds_the_problems_of_the_script():
    assert len(ERRORS) >= 12
    assert [problem["name"] for problem in ERRORS] == [name for name, *_ in make_exact_errors.PROBLEMS]
    for problem, (_, arguments, metric, steps) in zip(ERRORS, make_exact_errors.PROBLEMS, strict=True):
        assert problem["setup"] == Setup(**arguments).to_dict()
        assert (problem["metric"], len(problem["values"])) == (metric, steps + 1)
        assert problem["witnessed"] == (arguments["m"] is not None)


@pytest.mark.parametrize("problem", ERRORS, ids=lambda problem: problem["name"])
def test_the_reference_leg_still_gives_the_stored_values(problem):
    assert make_exact_errors.solve(problem) == problem["values"]


@pytest.mark.parametrize("name", WITNESSED_AGAIN)
def test_the_heat_equation_gives_them_too(name):
    problem = next(problem for problem in ERRORS if problem["name"] == name)
    setup = Setup(**problem["setup"])
    assert setup.m is not None
    for k in range(problem["steps"] + 1):
        witness = make_exact_errors.heat_witness(setup, k, problem["metric"])
        assert witness == Fraction(problem["values"][k])
    assert make_exact_errors.heat_witness(setup.replace(m=setup.m + 1), 1, problem["metric"]) != Fraction(
        problem["values"][1]
    )


def test_the_heat_equation_agrees_where_a_is_not_symmetric():
    tasks = TaskMixture([[["1", "1/3"], ["1/3", "1/2"]], ["1", "4"]], ["1/3", "2/3"], "per_prompt")
    setup = Setup(tasks, Sigma=[[4, 2], [2, 2]], n=5, m=2, Omega=[[2, "1/2"], ["1/2", 1]], noise_var="1/3")
    curve = expected_error(setup, 2, metric="prediction")
    assert curve.values[2] == make_exact_errors.heat_witness(setup, 2, "prediction")


@pytest.mark.parametrize("case", MOMENTS, ids=lambda case: f"m={case['m']}, {case['Sigma']}")
def test_wishart_moments_are_made_again(case):
    order = min(5, len(case["moments"]))
    made = wishart_trace_moments(case["Sigma"], case["m"], order)
    assert [str(value) for value in made] == case["moments"][:order]
    assert make_wishart_moments.by_entries(case["Sigma"], case["m"], 2) == made[1]


def test_the_wishart_check_values_are_among_them():
    case = next(case for case in MOMENTS if case["m"] == 7 and len(case["Sigma"]) == 3)
    assert case["moments"][:4] == ["42", "1036", "34272", "1366848"]
    assert case["by_entries"] >= 4
