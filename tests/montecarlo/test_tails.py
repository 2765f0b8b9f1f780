import numpy as np

from tests.tolerances import FEW_OPERATIONS
from theorycalc.model import Setup
from theorycalc.montecarlo import draw_prompts
from theorycalc.montecarlo.problem import as_problem
from theorycalc.montecarlo.recursion import ErrorMap
from theorycalc.montecarlo.tails import measured_prompts, top_eigenvalues, unseen_mean
from theorycalc.results import Metric


def loaded(setup, X):
    problem = as_problem(setup, steps=5, metric=Metric.ESTIMATION, average_tasks=True)
    R = ErrorMap(problem, len(X))
    R.load(X)
    return R


def test_top_eigenvalues_are_those_of_the_matrix():
    for setup in (Setup([3, 2, 1], n=4, m=6), Setup([[4, 2], [2, 2]], n=4, Sigma=[[2, 1], [1, 3]], m=6)):
        X = draw_prompts(setup, 40, seed=0).X
        Lambda = np.asarray(setup.Lambda)
        Gamma = 1.25 * Lambda + np.trace(Lambda) / 4 * np.eye(setup.d)
        exact = np.array([np.linalg.eigvals(np.linalg.solve(Gamma, x @ x.T / 6)).real.max() for x in X])
        measured = top_eigenvalues(loaded(setup, X))[:, 0]
        assert np.all(measured <= exact * (1 + FEW_OPERATIONS))
        assert np.median(1 - measured / exact) < 1e-6
        assert np.max(1 - measured / exact) < 0.05


def test_weight_of_a_commuting_prompt_is_one():
    """For Γ ∝ I the eigenvectors are orthogonal: w = |x|²|x|²/|x|⁴ = 1."""
    setup = Setup([1, 1], n=4, m=6)
    assert np.allclose(top_eigenvalues(loaded(setup, draw_prompts(setup, 5, seed=0).X))[:, 1], 1.0)


def chi_square(count, seed=0):
    """μ of d = 1: Γ⁻¹ times χ²_m/m; here scaled so that growth needs a rare prompt."""
    return np.column_stack([np.random.default_rng(seed).chisquare(20, count) / 30, np.ones(count)])


def test_unseen_mean_of_a_known_law():
    """μ = χ²₂₀/30: compare with the integral of (μ − 1)^{2k} over the part beyond the 1/prompts quantile."""
    steps, prompts = 12, 10_000
    x = np.linspace(1e-3, 400.0, 400_000)
    density = x**9 * np.exp(-x / 2)
    density /= density.sum()
    beyond = np.cumsum(density[::-1])[::-1] < 1 / prompts
    growing = beyond & (x / 30 > 2)
    exact = np.array([np.sum(density[growing] * (x[growing] / 30 - 1) ** (2 * k)) for k in range(1, steps + 1)])
    estimates = np.array([unseen_mean(chi_square(2048, seed), prompts, steps)[1:] for seed in range(20)])
    ratio = np.median(estimates, axis=0) / exact
    assert np.all((ratio > 0.5) & (ratio < 2.0))


def test_nothing_is_unseen_where_nothing_grows():
    assert unseen_mean(chi_square(2048) * [0.1, 1.0], 100, 5).max() < 1e-9
    assert not unseen_mean(chi_square(20), 100, 5).any()
    assert not unseen_mean(np.ones((2048, 2)), 100, 5).any()
    assert unseen_mean(chi_square(2048), 10_000, 0).tolist() == [0.0]


def test_measuring_costs_a_bounded_time():
    def count(d, m, steps=5):
        return measured_prompts(
            as_problem(Setup(np.ones(d), n=5, m=m), steps=steps, metric=Metric.ESTIMATION, average_tasks=False)
        )

    assert count(50, 100) == 2048
    assert count(2000, 2000) < 50
    assert count(50, 100, steps=0) == 0


def test_nothing_is_unseen_where_no_prompt_has_weight():
    """A prior of zeros: every weight is 0, and so is every error (once the logarithm of 0)."""
    assert not unseen_mean(chi_square(2048) * [1.0, 0.0], 100, 5).any()
    tiny = unseen_mean(chi_square(2048) * [1.0, 5e-324], 100, 5)
    assert np.all(np.isfinite(tiny))
    setup = Setup([1, 1, 1], n=10, m=5, Omega=[0, 0, 0])
    assert not top_eigenvalues(loaded(setup, draw_prompts(setup, 5, seed=0).X))[:, 1].any()
