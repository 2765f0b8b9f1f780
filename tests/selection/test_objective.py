"""E_k as a function of the mixture: values of every sampling model, and slopes against differences and rationals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS
from theorycalc import reference
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture
from theorycalc.results import Metric, Rung
from theorycalc.selection.objective import TrueObjective, require_rung

SLOPES = 2e-7  # central differences of step 1e-5, relative to the largest slope


def matrix(rng, d):
    B = rng.standard_normal((d, 2 * d))
    return B @ B.T / (2 * d)


def drawn(seed, *, full, sampling, m, T=4, d=3, **more):
    rng = np.random.default_rng(seed)
    one = (lambda: matrix(rng, d)) if full else (lambda: np.exp(rng.standard_normal(d)))
    weights = rng.dirichlet(np.ones(T))
    tasks = TaskMixture([one() for _ in range(T)], weights.tolist(), sampling)
    return Setup(tasks, n=6, Sigma=one(), m=m, Omega=one(), **more), weights


def objective(setup, steps, rung="population", metric="estimation"):
    return TrueObjective(setup=setup, steps=steps, rung=Rung(rung), metric=Metric(metric))


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("steps", "m", "rung"), [(1, None, "population"), (4, None, "population"), (1, 7, "exact")])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_slopes_are_derivatives(sampling, full, steps, m, rung, metric):
    setup, pi = drawn(steps, full=full, sampling=sampling, m=m, noise_var=0.3, w_0=[1.0, 0.0, 2.0] if full else None)
    goal = objective(setup, steps, rung, metric)
    _, slopes = goal.value_and_slopes(pi)
    h = 1e-5
    found = [(goal.value(pi + h * (e - pi)) - goal.value(pi - h * (e - pi))) / (2 * h) for e in np.eye(len(pi))]
    np.testing.assert_allclose(slopes - slopes @ pi, found, atol=SLOPES * np.abs(found).max())


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("steps", "m", "rung"), [(3, None, "population"), (1, 7, "exact"), (0, 7, "exact")])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_values_are_the_rungs(sampling, full, steps, m, rung, metric):
    setup, pi = drawn(9, full=full, sampling=sampling, m=m, noise_var=0.3)
    curve = tc.expected_error(setup, steps, rung=rung, metric=metric)
    assert objective(setup, steps, rung, metric).value(pi) == pytest.approx(curve.values[steps], rel=1e-11)


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_values_follow_the_definition_in_rationals(sampling, full, metric):
    one = [["2", "1/3"], ["1/3", "1"]] if full else ["2", "1"]
    other = [["1", "-1/4"], ["-1/4", "3"]] if full else ["1", "3"]
    Sigma = [["1", "1/5"], ["1/5", "2"]] if full else ["1", "2"]
    more = {"w_0": [1, 2], "Omega": [1, "1/2"]}
    for m, steps, rung in ((None, 3, "population"), (3, 1, "exact")):
        setup = Setup(
            TaskMixture([one, other], ["1/3", "2/3"], sampling), n=5, m=m, Sigma=Sigma, noise_var="1/3", **more
        )
        truth = float(reference.expected_error(setup, steps, metric=metric).values[steps])
        found = objective(setup, steps, rung, metric).value(np.array([1 / 3, 2 / 3]))
        assert found == pytest.approx(truth, rel=FEW_OPERATIONS)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(SAMPLING_MODELS), st.integers(1, 6))
def test_spectra_are_diagonal_matrices(seed, sampling, k):
    setup, pi = drawn(seed, full=False, sampling=sampling, m=None)
    U, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))

    def turned(covariance):
        M = U @ np.asarray(covariance) @ U.T
        return (M + M.T) / 2

    tasks = TaskMixture([turned(task) for task in setup.mixture.covariances], pi.tolist(), sampling)
    other = Setup(tasks, n=6, Sigma=turned(setup.Sigma), Omega=turned(setup.Omega))
    value, slopes = objective(setup, k).value_and_slopes(pi)
    again, more = objective(other, k).value_and_slopes(pi)
    assert again == pytest.approx(value, rel=1e-9)
    np.testing.assert_allclose(more - more @ pi, slopes - slopes @ pi, atol=1e-8 * np.abs(slopes).max())


def test_one_task_is_one_task():
    for sampling in SAMPLING_MODELS:
        setup = Setup(TaskMixture([[1, 2]], [1], sampling), n=4, Sigma=[2, 1])
        curve = tc.expected_error(Setup([1, 2], n=4, Sigma=[2, 1]), 5, rung="population")
        assert objective(setup, 5).value(np.ones(1)) == pytest.approx(curve.values[5], rel=1e-12)


def test_finite_prompts_take_the_rung_and_its_differences():
    setup, pi = drawn(3, full=False, sampling="pooled", m=9, T=2, d=2)
    for rung in ("exact", "proportional"):
        goal = objective(setup, 2, rung)
        assert not goal.is_closed_form
        value, slopes = goal.value_and_slopes(pi)
        assert value == pytest.approx(tc.expected_error(goal.at(pi), 2, rung=rung).values[2], rel=1e-12)
        h = 1e-4
        found = [(goal.value(pi + h * (e - pi)) - goal.value(pi - h * (e - pi))) / (2 * h) for e in np.eye(2)]
        np.testing.assert_allclose(slopes, found, rtol=1e-5)


def test_a_target_equal_to_the_mixture_stays_the_target():
    setup = Setup(TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"]), n=4, Sigma=[2, 2])
    assert setup.matched
    moved = objective(setup, 2).at(np.array([1.0, 0.0]))
    assert moved.Sigma.to_list() == ["2", "2"]
    assert moved.Lambda.to_list() == [1.0, 3.0]


def test_what_leaves_the_range_is_refused():
    setup = Setup(TaskMixture([[1, 1e-3], [2, 1e-3]], [0.5, 0.5]), n=10**9, Sigma=[1, 1])
    goal = objective(setup, 200)
    with pytest.raises(NotConverged, match="E_200"):
        goal.value(np.array([0.5, 0.5]))
    assert goal.value_or_infinity([0.5, 0.5]) == np.inf
    setup, _ = drawn(1, full=False, sampling="pooled", m=9)
    with pytest.raises(OutsideRegime, match=r'steps = 90: .* minimise on rung="population"'):
        require_rung(objective(setup, 90, "exact"))
