from dataclasses import replace

import numpy as np
import pytest

from tests.tolerances import LONG_RECURSION
from theorycalc.model import Setup
from theorycalc.montecarlo import attention_weights, chain_of_thought
from theorycalc.montecarlo.problem import as_problem
from theorycalc.montecarlo.prompts import draw_features, feature_factor, streams, task_factor
from theorycalc.montecarlo.recursion import ErrorMap
from theorycalc.montecarlo.shards import fill_errors
from theorycalc.results import Metric

FULL = [[4, 2, 0], [2, 2, 0], [0, 0, 1]]
OTHER = [[2, 0, 1], [0, 1, 0], [1, 0, 3]]
SINGULAR = [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
SETUPS = {
    "paper": Setup([3, 2, 1], n=4, m=5),
    "few examples": Setup([3, 2, 1, 1, 1, 1, 1], n=4, m=2),
    "start": Setup([3, 2, 1], n=4, m=5, w_0=[1, -2, 3]),
    "diagonal prior": Setup([3, 2, 1], n=4, Sigma=[1, 1, 5], m=4, Omega=[0, 1, 9]),
    "noise": Setup([3, 2, 1], n=4, m=5, noise_var=2),
    "noise, few examples": Setup([3, 2, 1, 1, 1, 1, 1], n=4, m=2, noise_var=2, w_0=[1] * 7),
    "full": Setup(FULL, n=4, Sigma=OTHER, m=5, Omega=SINGULAR, w_0=[1, 0, 0], noise_var="1/2"),
    "full, one example": Setup(FULL, n=4, Sigma=OTHER, m=1, noise_var="1/2"),
    "full test, diagonal training": Setup([3, 2, 1], n=4, Sigma=OTHER, m=3, noise_var=1),
}


def drawn_batch(setup, count=3):
    out = np.empty((count, setup.d, setup.m))
    return draw_features(np.random.default_rng(5), feature_factor(setup), out)


def layer_errors(setup, X, w_star, noise, steps):
    """w_k − w* by the attention layer: (steps + 1, d)."""
    w_0 = np.zeros(setup.d) if setup.w_0 is None else np.array(setup.w_0, dtype=float)
    y = X.T @ w_star + noise
    return chain_of_thought(X, y, attention_weights(setup), w_0=w_0, steps=steps) - w_star


def averaged_by_layer(setup, X, P, steps):
    """E over w* and ξ of the layer's error on the prompt X, exactly: w_k − w* is affine in (w*, ξ)."""
    root = task_factor(setup)
    root = np.diag(root) if root.ndim == 1 else root
    silent = np.zeros(setup.m)
    centre = layer_errors(setup, X, np.zeros(setup.d), silent, steps)
    deviations = [layer_errors(setup, X, column, silent, steps) - centre for column in root.T]
    sigma = float(setup.noise_var) ** 0.5
    deviations += [layer_errors(setup, X, np.zeros(setup.d), sigma * unit, steps) - centre for unit in np.eye(setup.m)]
    return sum(np.einsum("ki,ij,kj->k", e, P, e) for e in [centre, *deviations])


@pytest.mark.parametrize("name", SETUPS)
@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("way", ["formed", "factored"])
def test_closed_form_over_tasks_is_what_the_layer_averages_to(name, metric, way):
    setup, steps = SETUPS[name], 4
    problem = as_problem(setup, steps=steps, metric=metric, average_tasks=True)
    problem = replace(problem, formed=way == "formed")
    X = drawn_batch(setup)
    R, values = ErrorMap(problem, 4), np.empty((3, steps + 1))
    R.load(X)
    fill_errors(R, streams(0, 0), values)
    P = np.eye(setup.d) if metric == Metric.ESTIMATION else np.asarray(setup.Sigma)
    for one, row in zip(X, values, strict=True):
        assert np.allclose(row, averaged_by_layer(setup, one, P, steps), rtol=LONG_RECURSION)


@pytest.mark.parametrize("name", SETUPS)
@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("way", ["formed", "factored"])
def test_drawn_tasks_follow_the_layer(name, metric, way):
    setup, steps = SETUPS[name], 4
    problem = replace(as_problem(setup, steps=steps, metric=metric, average_tasks=False), formed=way == "formed")
    X = drawn_batch(setup)
    R, values = ErrorMap(problem, 3), np.empty((3, steps + 1))
    R.load(X)
    fill_errors(R, streams(7, 0), values)
    again, root = streams(7, 0), task_factor(setup)
    g = again.tasks.standard_normal((3, root.shape[-1]))
    w_star = g * root if root.ndim == 1 else g @ root.T
    m = X.shape[2]
    noise = np.zeros((3, m))
    if setup.noise_var:
        noise = again.noise.standard_normal((3, m)) * float(setup.noise_var) ** 0.5
    P = np.eye(setup.d) if metric == Metric.ESTIMATION else np.asarray(setup.Sigma)
    for i in range(3):
        e = layer_errors(setup, X[i], w_star[i], noise[i], steps)
        assert np.allclose(values[i], np.einsum("ki,ij,kj->k", e, P, e), rtol=LONG_RECURSION)


def test_the_cheaper_way_is_taken():
    def formed(d, m, *, average_tasks):
        setup = Setup(np.ones(d), n=5, m=m)
        return as_problem(setup, steps=10, metric=Metric.ESTIMATION, average_tasks=average_tasks).formed

    assert formed(50, 100, average_tasks=True)
    assert not formed(50, 5, average_tasks=True)
    assert not formed(50, 100, average_tasks=False)
    assert formed(5, 500, average_tasks=False)


def test_a_partial_batch_does_not_see_the_last_one():
    setup = SETUPS["noise"]
    problem = as_problem(setup, steps=3, metric=Metric.ESTIMATION, average_tasks=True)
    X, R, whole = drawn_batch(setup), ErrorMap(problem, 3), np.empty((3, 4))
    R.load(X)
    fill_errors(R, streams(0, 0), whole)
    part = np.empty((1, 4))
    R.load(X[1:2])
    fill_errors(R, streams(0, 0), part)
    assert np.allclose(part[0], whole[1], rtol=1e-14)
