"""The mixture that minimises E_k: hand values, grids, proved bounds, and what the surrogate costs."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from theorycalc.exceptions import InvalidSetup
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture
from theorycalc.results import Metric, Rung
from theorycalc.selection.convexity import lower_bound, separable_terms
from theorycalc.selection.descent import Stationary, projected
from theorycalc.selection.objective import TrueObjective
from theorycalc.selection.subdivision import subdivided_bound


def drawn(seed, T, d, *, sampling="pooled", n=20, m=None):
    rng = np.random.default_rng(seed)
    tasks = np.exp(rng.standard_normal((T, d)))
    return Setup(TaskMixture(list(tasks), [1 / T] * T, sampling), n=n, m=m, Sigma=np.exp(rng.standard_normal(d)))


def goal_of(setup, k, rung="population"):
    return TrueObjective(setup=setup, steps=k, rung=Rung(rung), metric=Metric.ESTIMATION)


def grid(T, count):
    """All mixtures with probabilities that are multiples of 1/count."""
    if T == 1:
        return np.full((1, 1), 1.0)
    parts = [np.linspace(0, 1, count + 1)] * (T - 1)
    first = np.stack([axis.ravel() for axis in np.meshgrid(*parts, indexing="ij")], axis=1)
    first = first[first.sum(axis=1) <= 1 + 1e-12]
    return np.hstack([first, np.maximum(0, 1 - first.sum(axis=1, keepdims=True))])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 3), st.integers(1, 4), st.integers(1, 8), st.sampled_from(SAMPLING_MODELS))
def test_no_mixture_of_a_grid_is_better_and_none_is_below_the_bound(seed, T, d, k, sampling):
    setup = drawn(seed, T, d, sampling=sampling)
    found = tc.optimal_mixture(setup, k)
    values = [goal_of(setup, k).value(pi) for pi in grid(T, 40)]
    assert found.value <= min(values) * (1 + 1e-9)
    assert found.lower_bound is not None
    assert found.lower_bound <= found.value
    assert found.value - found.lower_bound <= 2e-3 * found.value + 1e-25
    assert found.stationarity < 1e-6 or found.value < 1e-20


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(1, 5), st.integers(1, 12), st.booleans())
def test_the_bound_by_convexity_holds_everywhere(seed, T, d, k, one_step):
    """Bounds from an arbitrary mixture, however poor, hold at drawn mixtures and at the best one."""
    setup = drawn(seed, T, d, m=9 if one_step else None)
    goal = goal_of(setup, 1 if one_step else k, "exact" if one_step else "population")
    terms = separable_terms(goal)
    assert terms is not None
    rng = np.random.default_rng(seed)
    start = rng.dirichlet(np.ones(T))
    value, slopes = goal.value_and_slopes(start)
    assert terms.value(start @ terms.G).sum() == pytest.approx(value, rel=1e-12)
    gap = float(start @ slopes - slopes.min())
    bound, _ = lower_bound(terms, Stationary(weights=start, value=value, gap=gap))
    best = min(goal.value(pi) for pi in [*rng.dirichlet(np.full(T, 0.3), 60), *np.eye(T), start])
    assert bound <= best * (1 + 1e-12)
    other, _ = subdivided_bound(goal, value, tolerance=0.1) if T <= 3 else (0.0, None)
    assert other <= best * (1 + 1e-12)


def test_directions_without_a_prior_add_nothing():
    rng = np.random.default_rng(2)
    tasks = np.exp(rng.standard_normal((5, 3)))
    for m, k, rung in ((None, 4, "population"), (9, 1, "exact")):
        setup = Setup(TaskMixture(list(tasks), [0.2] * 5), n=20, m=m, Sigma=[1, 2, 1], Omega=[1, 0, 2])
        found = tc.optimal_mixture(setup, k, rung=rung)
        assert found.lower_bound is not None
        values = [goal_of(setup, k, rung).value(pi) for pi in rng.dirichlet(np.full(5, 0.5), 200)]
        assert found.lower_bound <= found.value <= min(values)


def test_single_tasks_are_the_corners():
    for sampling in SAMPLING_MODELS:
        goal = goal_of(drawn(4, 3, 2, sampling=sampling), 3)
        corners = [goal.value(pi) for pi in np.eye(3)]
        np.testing.assert_allclose([goal.value_of_task(ell) for ell in range(3)], corners, rtol=1e-12)


def test_terms_turn_from_convex_to_concave_where_it_is_said():
    """Second differences of each term: not negative before ``convex_until``, not positive after."""
    for setup, k, rung in ((drawn(2, 3, 4), 3, "population"), (drawn(2, 3, 4, m=5), 1, "exact")):
        terms = separable_terms(goal_of(setup, k, rung))
        assert terms is not None
        turn = terms.convex_until
        for share, sign in ((0.6, 1), (0.98, 1), (1.02, -1), (3.0, -1)):
            gamma, h = share * turn, 1e-3 * turn
            bend = terms.value(gamma + h) - 2 * terms.value(gamma) + terms.value(gamma - h)
            assert (sign * bend > 0).all()


def test_a_global_minimum_is_proved_at_small_errors():
    found = tc.optimal_mixture(drawn(3, 10, 3), 10)
    assert found.is_global
    assert found.excess() < 1 + 1e-6
    assert "convexity" in found.bound_note
    assert found.value <= ((2 * 10 - 1) / (2 * 10 + 1)) ** 20


def test_two_minima_are_told_apart():
    """Σ = I/4, tasks diag(8, 1) and diag(1, 3): both single tasks are local minima; the second is the lower one."""
    setup = Setup(TaskMixture([[8, 1], [1, 3]], [0.5, 0.5]), n=10**6, Sigma=["1/4", "1/4"])
    found = tc.optimal_mixture(setup, 2)
    assert len(found.minima) == 2
    np.testing.assert_allclose(found.weights, [0, 1], atol=1e-12)
    at = [goal_of(setup, 2).value(np.eye(2)[ell]) for ell in range(2)]
    assert found.minima == pytest.approx(sorted(at), rel=1e-9)
    assert found.excess() < 1.002


def test_exact_rung():
    setup = drawn(5, 2, 2, m=12)
    found = tc.optimal_mixture(setup, 2, rung="exact")
    assert found.lower_bound is None
    assert found.excess() == np.inf
    assert not found.is_global
    assert "no bound" in found.bound_note
    assert "no bound" in repr(found)
    values = [goal_of(setup, 2, "exact").value(pi) for pi in grid(2, 20)]
    assert found.value <= min(values) * (1 + 1e-6)
    assert found.value == pytest.approx(found.curve().values[2], rel=1e-9)
    longer = tc.optimal_mixture(setup.replace(m=10**9, Sigma=setup.Sigma), 2, rung="exact")
    assert longer.value == pytest.approx(
        tc.optimal_mixture(setup.replace(m=None, Sigma=setup.Sigma), 2).value, rel=1e-6
    )


def test_every_sampling_model_on_the_exact_rung():
    setup = drawn(6, 2, 2, m=15)
    for sampling in ("per_prompt", "per_example"):
        tasks = TaskMixture(setup.mixture.covariances, [0.5, 0.5], sampling)
        here = setup.replace(Lambda=tasks, Sigma=setup.Sigma)
        found = tc.optimal_mixture(here, 2, rung="exact")
        at = found.setup
        assert at.mixture is not None
        assert at.mixture.sampling == sampling
        assert found.value == pytest.approx(tc.expected_error(at, 2).values[2], rel=1e-9)
        values = [goal_of(here, 2, "exact").value(pi) for pi in grid(2, 10)]
        assert found.value <= min(values) * (1 + 1e-6)


def test_full_matrices():
    rng = np.random.default_rng(0)
    B = rng.standard_normal((4, 3, 6))
    *tasks, Sigma = B @ B.transpose(0, 2, 1) / 6
    for sampling in SAMPLING_MODELS:
        setup = Setup(TaskMixture(tasks, [1 / 3] * 3, sampling), n=9, Sigma=Sigma)
        found = tc.optimal_mixture(setup, 3)
        assert found.lower_bound is None
        assert found.value <= min(goal_of(setup, 3).value(pi) for pi in grid(3, 25)) * (1 + 1e-9)


def test_what_can_be_reached_is_reached():
    """Γ_1/2 + Γ_2/2 = Σ: E_k = 0 for every k at the mixture that the corrected program selects."""
    setup = Setup(TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"]), n=4, Sigma=["7/2", "7/2"])
    chosen = tc.corrected_selection(setup, field=tc.EXACT)
    assert chosen.value == 0
    assert [str(w) for w in chosen.weights] == ["1/2", "1/2"]
    for k in (1, 5, 50):
        found = tc.optimal_mixture(setup, k)
        assert found.value < 1e-25
        assert found.is_global


def test_the_corrected_program_bounds_every_step():
    """E_k <= (e/(1 − e))^{2k} at the mixture it selects, where e < 1 (SEL-09)."""
    seen = 0
    for seed in range(60):
        setup = drawn(seed, 3, 2, n=50)
        chosen = tc.corrected_selection(setup)
        e = float(np.sqrt(chosen.value))
        if not 1e-6 < e < 1:  # below, rounding; above, the bound says nothing
            continue
        seen += 1
        for k in (1, 3, 9):
            assert goal_of(setup, k).value(chosen.weights) <= (e / (1 - e)) ** (2 * k) * (1 + 1e-9)
    assert seen > 5
    tasks = TaskMixture([[[2, 1], [1, 1]], [[1, 0], [0, 3]]], ["1/2", "1/2"])
    matrices = Setup(tasks, n=3, Sigma=[[2, 0], [0, 2]])
    from theorycalc.gamma.closed_form import gamma_matrix

    chosen = tc.corrected_selection(matrices, field=tc.EXACT)
    at = Setup(TaskMixture(tasks.covariances, list(chosen.weights)), n=3)
    residual = np.eye(2, dtype=int) - gamma_matrix(at, field=tc.EXACT).Gamma / 2
    assert (residual**2).sum() == chosen.value


def test_regret():
    setup = drawn(3, 4, 3)
    found = tc.surrogate_regret(setup, 5)
    assert found.regret == found.error("selected") / found.error("optimal") >= 1
    assert found.gain == found.error("uniform") / found.error("selected")
    assert found.error("optimal") <= min(mixed.error for mixed in found.mixtures)
    chosen = tc.solve_selection(setup.Sigma, setup.mixture.covariances)
    np.testing.assert_array_equal(found.mixtures[0].weights, chosen.weights)
    for mixed in found.mixtures:
        assert mixed.weights.sum() == pytest.approx(1)
        assert mixed.error == pytest.approx(goal_of(setup, 5).value(mixed.weights), rel=1e-9)
    similar = next(mixed.weights for mixed in found.mixtures if mixed.name == "similar")
    tasks = np.array([np.diag(task) for task in setup.mixture.covariances])
    cosines = tasks @ np.diag(setup.Sigma) / np.linalg.norm(tasks, axis=1)
    np.testing.assert_allclose(similar, cosines / cosines.sum())
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.to_csv().splitlines()[0] == "mixture,error,relative"
    assert "regret=" in repr(found)


def test_where_the_surrogate_is_good_and_where_it_is_not():
    """Out of reach, the surrogate leaves a weak skill below σ/2 rather than train a strong one too much.

    Σ = I, tasks diag(1, 1/4) and diag(4, 1): the surrogate prefers the first (0.5625 against 9), thinking the second.
    """
    setup = Setup(TaskMixture([["1", "1/4"], ["4", "1"]], ["1/2", "1/2"]), n=10**6, Sigma=[1, 1])
    poor = [tc.surrogate_regret(setup, k).regret for k in (1, 5, 20)]
    assert poor[0] > 5
    assert poor == sorted(poor)
    assert poor[-1] > 1e10
    reached = setup.replace(Sigma=["5/2", "5/8"])
    assert tc.surrogate_regret(reached, 5).error("selected") < 1e-40


def test_table():
    table = tc.regret_table(drawn(3, 2, 2), steps=[1, 3], n=[5, 50], m=[None, 30], sampling=["pooled"], rung="exact")
    columns = table.columns()
    assert columns["steps"] == [1, 3] * 4
    assert columns["n"] == [5] * 4 + [50] * 4
    assert columns["m"] == ["inf", "inf", 30, 30] * 2
    assert columns["rung"] == ["population", "population", "exact", "exact"] * 2
    assert min(columns["regret"]) >= 1 - 1e-9
    assert len(table.to_csv().splitlines()) == 9
    assert "8 regimes" in repr(table)
    json.dumps(table.to_dict(), allow_nan=False)


def test_projection_is_the_nearest_mixture():
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.standard_normal(5)
        found = projected(values)
        others = rng.dirichlet(np.ones(5), 200)
        assert (others - found) @ (values - found) == pytest.approx(
            np.minimum((others - found) @ (values - found), 1e-12)
        )


def test_refusals():
    plain = Setup([1, 2], n=3)
    for call in (tc.optimal_mixture, tc.surrogate_regret):
        with pytest.raises(InvalidSetup, match="no TaskMixture"):
            call(plain, 3)
        with pytest.raises(InvalidSetup, match="pass k >= 1"):
            call(drawn(0, 2, 2), 0)
        with pytest.raises(InvalidSetup, match="rung = 'bound': unknown"):
            call(drawn(0, 2, 2), 1, rung="bound")
    with pytest.raises(InvalidSetup, match="starts = 1"):
        tc.optimal_mixture(drawn(0, 2, 2), 1, starts=1)
    with pytest.raises(InvalidSetup, match="no TaskMixture"):
        tc.corrected_selection(plain)
    with pytest.raises(InvalidSetup, match="no TaskMixture"):
        tc.regret_table(plain)
    with pytest.raises(InvalidSetup, match="steps = 3: not a sequence"):
        tc.regret_table(drawn(0, 2, 2), steps=3)  # type: ignore[arg-type]
    one = Setup(TaskMixture([[1, 2]], [1]), n=3, Sigma=[1, 1])
    assert tc.optimal_mixture(one, 2).weights.tolist() == [1]
