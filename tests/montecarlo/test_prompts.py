import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS, Z_LIMIT
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.model import Setup
from theorycalc.montecarlo import draw_prompts
from theorycalc.montecarlo.prompts import feature_factor, streams, task_factor

FULL = [[4, 2], [2, 2]]


def z_scores(samples, expected):
    """(draws, …) against their expectation, in standard errors."""
    return (samples.mean(axis=0) - expected) / (samples.std(axis=0) / len(samples) ** 0.5)


@pytest.mark.parametrize("Sigma", [[1, 3], FULL])
def test_features_have_covariance_sigma(Sigma):
    X = draw_prompts(Setup([1, 1], n=3, Sigma=Sigma, m=5), 20_000, seed=1).X
    columns = X.transpose(0, 2, 1).reshape(-1, 2)
    products = columns[:, :, None] * columns[:, None, :]
    matrix = np.diag(Sigma) if np.ndim(Sigma) == 1 else np.array(Sigma)
    assert np.all(np.abs(z_scores(products, matrix)) <= Z_LIMIT)
    assert np.all(products.std(axis=0) / len(products) ** 0.5 < 0.03 * matrix.max())


def test_columns_and_prompts_are_independent():
    X = draw_prompts(Setup([1], n=1, m=3), 40_000, seed=2).X[:, 0, :]
    assert abs(z_scores(X[:, 0] * X[:, 1], 0.0)) <= Z_LIMIT
    assert abs(z_scores(X[:-1, 0] * X[1:, 0], 0.0)) <= Z_LIMIT
    assert abs(z_scores(X[:, 0] ** 4, 3.0)) <= Z_LIMIT


def test_singular_prior_stays_in_its_range():
    setup = Setup([1, 1, 1], n=3, m=2, Omega=[[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    assert task_factor(setup).shape == (3, 1)
    w_star = draw_prompts(setup, 5_000, seed=3).w_star
    assert np.allclose(w_star[:, 0], w_star[:, 1], rtol=FEW_OPERATIONS)
    assert np.all(np.abs(w_star[:, 2]) < FEW_OPERATIONS)
    assert abs(z_scores(w_star[:, 0] ** 2, 1.0)) <= Z_LIMIT


def test_roots_multiply_back():
    setup = Setup(FULL, n=3, m=2, Omega=FULL)
    for root in (feature_factor(setup), task_factor(setup)):
        assert np.allclose(root @ root.T, FULL, rtol=FEW_OPERATIONS)
    assert np.array_equal(task_factor(Setup([1, 1], n=1, m=1, Omega=[0, 4])), [0.0, 2.0])


def test_labels_carry_noise_of_the_right_size():
    drawn = draw_prompts(Setup([1, 2], n=3, m=4, noise_var="9/4"), 20_000, seed=4)
    residual = drawn.y - np.einsum("bd,bdm->bm", drawn.w_star, drawn.X)
    assert np.allclose(residual, drawn.noise, atol=1e-12)
    assert np.all(np.abs(z_scores(residual**2, 2.25)) <= Z_LIMIT)
    assert np.count_nonzero(draw_prompts(Setup([1, 2], n=3, m=4), 5, seed=4).noise) == 0


def test_seeds_and_shards_give_different_draws():
    setup = Setup([1, 2], n=3, m=4)
    first = draw_prompts(setup, 3, seed=0).X
    assert np.array_equal(first, draw_prompts(setup, 3, seed=0).X)
    assert not np.any(first == draw_prompts(setup, 3, seed=1).X)
    draws = [streams(0, i) for i in range(3)]
    numbers = [g.standard_normal() for s in draws for g in (s.features, s.tasks, s.noise)]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompts": 0}, "prompts = 0"),
        ({"prompts": 2.5}, "not an integer"),
        ({"prompts": 10**12}, "GiB"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": "x"}, "seed"),
        ({"setup": 3}, "not a Setup"),
    ],
)
def test_bad_input_is_named(arguments, message):
    given = {"setup": Setup([1, 2], n=3, m=4), "prompts": 2, "seed": 0} | arguments
    with pytest.raises(InvalidSetup, match=message) as caught:
        draw_prompts(given["setup"], given["prompts"], seed=given["seed"])
    assert "\n" not in str(caught.value)


def test_infinite_prompts_cannot_be_drawn():
    with pytest.raises(OutsideRegime, match="m = ∞"):
        draw_prompts(Setup([1, 2], n=3), 2, seed=0)


def test_numbers_beyond_float64_are_refused():
    with pytest.raises(InvalidSetup, match="float64"):
        draw_prompts(Setup([1, 1], n=3, Sigma=[10**400, 1], m=2), 2, seed=0)
