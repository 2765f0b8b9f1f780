"""Bootstrap intervals of selected probabilities: reproducible, right on average, honest about what is known."""

import json

import numpy as np
import pytest

import theorycalc as tc
from theorycalc.exceptions import InvalidSetup, NotConverged


def drawn(spectrum, N, seed):
    return np.random.default_rng(seed).standard_normal((N, len(spectrum))) * np.sqrt(spectrum)


A, B, C = [1.0, 4.0, 2.0], [4.0, 1.0, 2.0], [9.0, 9.0, 1.0]
MIXED = 0.7 * np.array(A) + 0.3 * np.array(B)


def test_the_same_seed_gives_the_same_numbers():
    tasks = {"a": drawn(A, 80, 1), "b": drawn(B, 80, 2), "target": tc.Covariance(np.array(C), definite=None)}
    first, again, other = (
        tc.bootstrap_selection(drawn(MIXED, 90, 3), tasks, replicates=10, seed=seed) for seed in (4, 4, 5)
    )
    assert first.to_dict() == again.to_dict()
    assert first.lower.tolist() != other.lower.tolist()
    assert first.selection.names == ("a", "b", "target")
    json.dumps(first.to_dict(), allow_nan=False)
    header, *lines = first.to_csv().splitlines()
    assert header == "task,name,weights,reduced_costs,lower,upper,mean,frequency"
    assert len(lines) == 3
    assert "SelectionIntervals(Selection(a:" in repr(first)


def test_the_selection_is_that_of_all_samples():
    X, Y, Z = drawn(A, 300, 1), drawn(B, 120, 2), drawn(MIXED, 500, 3)
    for method in ("empirical", "ledoit-wolf", "oas"):
        found = tc.bootstrap_selection(Z, {"a": X, "b": Y}, replicates=4, method=method)
        expected = tc.solve_selection(
            tc.covariance_from_samples(Z, method=method),
            [tc.covariance_from_samples(x, method=method) for x in (X, Y)],
        )
        np.testing.assert_allclose(found.selection.weights, expected.weights, atol=1e-9)


def test_known_covariances_leave_nothing_uncertain():
    found = tc.bootstrap_selection(
        tc.isotropic(3), {"a": tc.isotropic(3, "1/2"), "b": tc.isotropic(3, 2)}, replicates=3
    )
    np.testing.assert_allclose(found.upper - found.lower, 0, atol=1e-12)
    np.testing.assert_allclose(found.lower, [2 / 3, 1 / 3])


def test_intervals_shrink_like_the_root_of_the_samples():
    widths = []
    for N in (250, 4000):
        tasks = {"a": drawn(A, N, 1), "b": drawn(B, N, 2)}
        found = tc.bootstrap_selection(drawn(MIXED, N, 3), tasks, replicates=120, seed=1)
        widths.append(float(found.upper[0] - found.lower[0]))
        assert found.lower[0] <= found.selection.weights[0] <= found.upper[0]
    assert 3 < widths[0] / widths[1] < 5.5  # √16 = 4


@pytest.mark.full
def test_intervals_cover():
    """An interior optimum: 90 % intervals hold the truth in 90 % of 200 data sets, within 4.9 binomial errors."""
    hits = 0
    for trial in range(200):
        seeds = np.random.SeedSequence(trial).generate_state(3)
        tasks = {"a": drawn(A, 400, int(seeds[0])), "b": drawn(B, 400, int(seeds[1]))}
        found = tc.bootstrap_selection(drawn(MIXED, 400, int(seeds[2])), tasks, replicates=100, seed=trial)
        hits += bool(found.lower[0] <= 0.7 <= found.upper[0])
    assert abs(hits - 180) <= 4.9 * (200 * 0.9 * 0.1) ** 0.5


def test_progress_ends_at_its_total():
    seen: list[tuple[int, int]] = []
    tc.bootstrap_selection(
        drawn(MIXED, 90, 3),
        {"a": drawn(A, 80, 1), "b": drawn(B, 70, 1)},
        replicates=7,
        method="ledoit-wolf",
        progress=lambda *now: seen.append(now),
    )
    assert seen[-1][0] == seen[-1][1]
    assert [now for now, _ in seen] == sorted(now for now, _ in seen)


def test_refusals():
    X = drawn(A, 30, 0)
    with pytest.raises(InvalidSetup, match="tasks = \\[\\]: not a dict with a task"):
        tc.bootstrap_selection(X, [])
    with pytest.raises(InvalidSetup, match="target has d = 3; use one dimension"):
        tc.bootstrap_selection(X, {"a": X[:, :2]})
    with pytest.raises(InvalidSetup, match=r"level = 1: not in \(0, 1\)"):
        tc.bootstrap_selection(X, {"a": X}, level=1)
    with pytest.raises(InvalidSetup, match="replicates = 1"):
        tc.bootstrap_selection(X, {"a": X}, replicates=1)
    with pytest.raises(InvalidSetup, match=r"easy = \(2, 3\): its covariance is singular"):
        tc.bootstrap_selection(X, {"easy": X[:2]})
    with pytest.raises(NotConverged, match="singular in a bootstrap replicate"):
        tc.bootstrap_selection(X[:5], {"a": X}, replicates=50)
