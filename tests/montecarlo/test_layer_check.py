from dataclasses import replace

import numpy as np
import pytest

from theorycalc.exceptions import NotCertified
from theorycalc.model import Setup
from theorycalc.montecarlo import draw_prompts
from theorycalc.montecarlo.layer_check import ROUNDOFFS, check_layer, checked_steps
from theorycalc.montecarlo.problem import as_problem
from theorycalc.montecarlo.recursion import ErrorMap
from theorycalc.results import Metric

SETUPS = [
    Setup([3, 2, 1], n=4, m=5),
    Setup([3, 2, 1, 1, 1, 1, 1], n=4, m=2, noise_var=2),
    Setup([[4, 2], [2, 2]], n=4, Sigma=[[2, 1], [1, 3]], m=5, w_0=[1, 0], noise_var="1/2"),
    Setup(np.arange(1, 21) ** -1.0, n=1000, Sigma=np.ones(20), m=40),  # diverges
]


def problem_of(setup, steps=6, *, average_tasks=True):
    return as_problem(setup, steps=steps, metric=Metric.ESTIMATION, average_tasks=average_tasks)


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("average_tasks", [True, False])
def test_true_recursions_pass_with_room_and_wrong_ones_fail(setup, average_tasks):
    problem = problem_of(setup, average_tasks=average_tasks)
    X = draw_prompts(setup, 2, seed=1).X
    check = check_layer(setup, problem, X, seed=1)
    assert (check.prompts, check.steps) == (2, 6)
    assert check.roundoffs < ROUNDOFFS / 4
    assert check.residual < 1e-11
    with pytest.raises(NotCertified, match="the attention layer and the weight recursion differ"):
        check_layer(setup, replace(problem, A=problem.A * (1 + 1e-9)), X, seed=1)


@pytest.mark.parametrize(
    ("average_tasks", "name"), [(True, "noise_response"), (True, "_drive"), (False, "noise_step"), (False, "apply")]
)
def test_every_ingredient_is_checked(monkeypatch, average_tasks, name):
    """A relative error of 1e-9 in one operation of the fast path is found."""
    setup = SETUPS[2]
    problem, X = problem_of(setup, average_tasks=average_tasks), draw_prompts(setup, 2, seed=1).X
    true = getattr(ErrorMap, name)

    def wrong(self, first, *rest):
        result = true(self, first, *rest)
        (first if result is None else result)[...] *= 1 + 1e-9
        return result

    monkeypatch.setattr(ErrorMap, name, wrong)
    with pytest.raises(NotCertified):
        check_layer(setup, problem, X, seed=1)


def test_long_chains_are_checked_within_a_budget():
    assert checked_steps(problem_of(Setup(np.ones(50), n=5, m=100), steps=100_000)) < 1000
    assert checked_steps(problem_of(Setup(np.ones(1000), n=5, m=1000), steps=5)) == 1
    assert checked_steps(problem_of(SETUPS[0], steps=0)) == 0


def test_overflow_ends_the_comparison_quietly():
    setup = Setup([1], n=10**6, Sigma=[10**6], m=3)
    check = check_layer(setup, problem_of(setup, steps=80), draw_prompts(setup, 2, seed=0).X, seed=0)
    assert np.isfinite(check.residual)
    assert check.residual < 1e-12
