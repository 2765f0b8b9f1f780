"""Training prompts of mixtures: their means, the prompts as drawn, where descent ends, and the layer that it leaves."""

from typing import Any

import numpy as np
import pytest

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION, Z_LIMIT
from theorycalc import montecarlo
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture
from theorycalc.montecarlo import train_layer
from theorycalc.montecarlo.layer_gradient import population_gradient, sampled_gradient
from theorycalc.montecarlo.training_tasks import (
    TrainingFeatures,
    moments_of,
    symmetric_inverse,
    trained_inverse,
    training_moments,
)

FIRST, SECOND = [[2, "1/3"], ["1/3", "1/2"]], [[1, "-1/2"], ["-1/2", 3]]
MIXED = ("per_prompt", "per_example")
FAMILIES = {"matrices": [FIRST, SECOND], "spectra": [[2, 1], ["1/2", 3]]}


def problem(family, sampling, **changes):
    arguments: dict[str, Any] = {"n": 4, "m": 12, **changes}
    return Setup(TaskMixture(FAMILIES[family], ["1/3", "2/3"], sampling), **arguments)


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_where_training_ends_is_the_optimum_of_the_theory(family, sampling):
    setup = problem(family, sampling)
    A = trained_inverse(setup)
    assert A.ndim == (2 if family == "matrices" else 1)
    assert np.allclose(A if A.ndim == 2 else np.diag(A), tc.optimal_map(setup), rtol=FEW_OPERATIONS)
    first, second = tc.mixture_moments(setup)
    moments = moments_of(setup)
    assert np.allclose(moments.Lambda, first, rtol=FEW_OPERATIONS)
    assert np.allclose(moments.square, second, rtol=FEW_OPERATIONS)


@pytest.mark.parametrize("sampling", MIXED)
@pytest.mark.parametrize("family", FAMILIES)
def test_moments_are_means_over_the_prompts_as_drawn(family, sampling):
    setup, prompts = problem(family, sampling), 40_000
    X = TrainingFeatures(setup).draw(np.random.default_rng(5), np.empty((prompts, setup.d, setup.n)))
    S = X @ X.swapaxes(1, 2) / setup.n
    moments, B = moments_of(setup), np.array([[1.0, 2.0], [-1.0, 0.5]])
    trace, squared = np.trace(S, axis1=1, axis2=2), S @ S
    for drawn, mean in (
        (S, moments.Lambda),
        (squared, moments.square),
        (S @ B @ S, moments.sandwich(B)),
        (S * trace[:, None, None], moments.traced),
        (trace**2 + 2 * np.trace(squared, axis1=1, axis2=2), moments.quartic),
    ):
        error = drawn.std(axis=0) / prompts**0.5
        assert np.all(np.abs(drawn.mean(axis=0) - mean) <= Z_LIMIT * error)
        assert np.all(error <= 0.05 * np.max(np.abs(mean)))  # the power to see a wrong one


@pytest.mark.parametrize("tasks", [[FIRST, [[20, 5], [5, 30]]], [[1, 1], [20, 30]]])
def test_the_two_models_of_sampling_are_told_apart(tasks):
    """The sizes of two features of one prompt are correlated if they share a task, and only then."""
    means = []
    for sampling in MIXED:
        setup = Setup(TaskMixture(tasks, ["1/3", "2/3"], sampling), n=4)
        X = TrainingFeatures(setup).draw(np.random.default_rng(5), np.empty((40_000, setup.d, setup.n)))
        sizes = np.sum(X**2, axis=1)
        means.append(np.corrcoef(sizes[:, 0], sizes[:, 1])[0, 1])
    assert means[0] > 6 / 40_000**0.5 > abs(means[1])


def test_one_task_is_drawn_as_before():
    setup = Setup(TaskMixture([FIRST, SECOND], [1, 0], "per_prompt"), n=3)
    drawn = [
        TrainingFeatures(each).draw(np.random.default_rng(2), np.empty((5, 2, 3)))
        for each in (setup, Setup(FIRST, n=3))
    ]
    assert np.array_equal(drawn[0], drawn[1])
    one, other = moments_of(setup), training_moments(np.array([[2.0, 1 / 3], [1 / 3, 0.5]]), 3)
    assert np.array_equal(one.square, other.square)


@pytest.mark.parametrize("sampling", MIXED)
def test_population_gradient_is_the_mean_of_sampled_ones(sampling):
    setup, prompts = problem("matrices", sampling), 40_000
    weights = train_layer(setup, epochs=0, step_size=1, start="random", trained="all", scale="1/2", seed=4).weights
    generator = np.random.default_rng(8)
    X = TrainingFeatures(setup).draw(generator, np.empty((prompts, 2, 4)))
    w_star = generator.standard_normal((prompts, 2))
    y = np.matmul(w_star[:, None, :], X)[:, 0]
    mean = population_gradient(moments_of(setup), weights)
    parts = [
        sampled_gradient(montecarlo.embed(X[i::20], y[i::20]), w_star[i::20], weights) for i in range(20)
    ]  # 20 means of 2,000 prompts
    for name in ("V", "W"):
        drawn = np.array([getattr(part, name) for part in parts])
        error = drawn.std(axis=0, ddof=1) / 20**0.5
        gap = np.abs(drawn.mean(axis=0) - getattr(mean, name))
        assert np.all(gap <= 2 * Z_LIMIT * error + 1e-12)  # Student's t with 19 degrees of freedom


@pytest.mark.parametrize("sampling", MIXED)
@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_descent_of_the_layer_reaches_the_optimum(family, sampling):
    setup = problem(family, sampling)
    run = train_layer(setup, epochs=3000, step_size="1/20")
    optimum = tc.optimal_map(setup)
    assert np.allclose(run.A, optimum, rtol=0, atol=LONG_RECURSION)
    assert run.loss[-1] == pytest.approx(run.minimal_loss, rel=LONG_RECURSION)
    assert run.distance[-1] < LONG_RECURSION < run.distance[0]
    pooled = tc.optimal_map(Setup(TaskMixture(FAMILIES[family], ["1/3", "2/3"]), n=4))
    assert np.linalg.norm(run.A - pooled) > 0.02 * np.linalg.norm(pooled)  # and not Γ⁻¹ of Λ̄


@pytest.mark.parametrize("sampling", MIXED)
def test_descent_on_sampled_prompts_nears_it(sampling):
    setup = problem("matrices", sampling)
    arguments: dict[str, Any] = {"step_size": "1/20", "optimizer": "sgd", "batch": 64, "decay": 100}
    run = train_layer(setup, epochs=800, seed=1, **arguments)
    assert run.distance[-1] < 0.05
    other = "per_prompt" if sampling == "per_example" else "per_example"
    wrong = tc.optimal_map(problem("matrices", other))
    right = tc.optimal_map(setup)
    assert np.linalg.norm(run.A - right) < np.linalg.norm(run.A - wrong)


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
@pytest.mark.parametrize("sampling", MIXED)
@pytest.mark.parametrize("family", FAMILIES)
def test_simulated_errors_are_those_of_the_theory(family, sampling, metric):
    setup = problem(family, sampling, m=40, noise_var="1/4", w_0=[1, 2])
    found = montecarlo.expected_error(setup, 3, prompts=20_000, seed=3, metric=metric)
    exact = tc.expected_error(setup, 3, metric=metric).values
    assert not any(found.heavy_tail)
    assert np.all(np.abs(found.values - exact)[1:] <= Z_LIMIT * found.stderr[1:])
    assert np.all(found.stderr[1:] <= 0.03 * exact[1:])
    assert found.layer_residual < FEW_OPERATIONS


def test_the_trained_layer_has_the_error_of_the_theory():
    setup = problem("matrices", "per_prompt", m=40)
    run = train_layer(setup, epochs=3000, step_size="1/20")
    found = montecarlo.learned_error(setup, 3, weights=run.weights, prompts=10_000, seed=7)
    exact = tc.expected_error(setup, 3).values
    assert np.all(np.abs(found.values - exact) <= Z_LIMIT * found.stderr)


def test_spectra_of_prompts_need_a_symmetric_map():
    for sampling in MIXED:
        assert montecarlo.prompt_spectra(problem("spectra", sampling), 3, seed=0).shape == (3, 2)
        with pytest.raises(OutsideRegime, match="do not commute"):
            symmetric_inverse(problem("matrices", sampling))
        with pytest.raises(OutsideRegime, match="do not commute"):
            montecarlo.overthinking_probability(problem("matrices", sampling), prompts=10, seed=0)


def test_singular_tasks_are_refused_in_one_line():
    near = [[1, "1000000000000000000/1000000000000000001"], ["1000000000000000000/1000000000000000001", 1]]
    with pytest.raises(NotConverged, match="regularise"):
        TrainingFeatures(Setup(TaskMixture([near, FIRST], ["1/2", "1/2"], "per_example"), n=2))
