import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS
from theorycalc.montecarlo.statistics import LEVELS, summarise, tail_index

NOTHING_UNSEEN = np.zeros(1)


def heavy(row, unseen=NOTHING_UNSEEN):
    return bool(summarise(row[np.newaxis], unseen).heavy_tail[0])


def test_moments_and_quantiles_are_those_of_numpy():
    rows = np.random.default_rng(0).gamma(3.0, size=(2, 1001))
    summary = summarise(rows, np.zeros(2))
    assert np.allclose(summary.mean, rows.mean(axis=1), rtol=FEW_OPERATIONS)
    assert np.allclose(summary.stderr, rows.std(axis=1, ddof=1) / 1001**0.5, rtol=FEW_OPERATIONS)
    assert np.array_equal(summary.median, np.median(rows, axis=1))
    assert tuple(summary.quantiles) == LEVELS == (0.05, 0.25, 0.75, 0.95)
    assert np.array_equal(summary.quantiles[0.95], np.quantile(rows, 0.95, axis=1))
    assert np.allclose(summary.largest_share, rows.max(axis=1) / rows.sum(axis=1), rtol=FEW_OPERATIONS)


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_no_overflow_and_no_underflow(scale):
    row = np.array([1.0, 2.0, 3.0, 4.0])
    summary = summarise(scale * row[np.newaxis], NOTHING_UNSEEN)
    assert np.allclose(summary.stderr / scale, row.std(ddof=1) / 2, rtol=FEW_OPERATIONS)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_constant_samples(value):
    summary = summarise(np.full((1, 10), value), NOTHING_UNSEEN)
    assert (summary.mean[0], summary.stderr[0], summary.heavy_tail[0]) == (value, 0.0, False)
    assert np.isclose(summary.largest_share[0], 0.1 if value else 0.0)


@pytest.mark.parametrize("count", [100, 1000, 100_000])
def test_light_tails_are_not_flagged(count):
    rng = np.random.default_rng(count)
    assert not heavy(rng.random(count))
    assert not heavy(10 + rng.standard_normal(count))


@pytest.mark.parametrize("count", [1000, 100_000])
def test_heavy_tails_are_flagged(count):
    rng = np.random.default_rng(count)
    assert heavy(rng.pareto(1.5, size=count))
    assert heavy(np.exp(2.5 * rng.standard_normal(count)))
    spiked = rng.random(count)
    spiked[0] = count
    assert heavy(spiked)


def test_expected_unseen_prompts_are_flagged():
    row = np.random.default_rng(0).random(10_000)  # standard error 0.0029
    assert heavy(row, np.array([0.002]))
    assert not heavy(row, np.array([0.0002]))


def test_tail_index_of_power_laws():
    grid = np.arange(1, 100_001) / 100_001
    for index in (1.0, 3.0):
        assert abs(tail_index(grid ** (-1 / index)) / index - 1) < 0.05
    assert tail_index(np.ones(99)) == np.inf
    assert tail_index(np.ones(1000)) == np.inf
    assert tail_index(np.r_[np.zeros(999), 1.0]) == 0.0
