import os

import numpy as np
import pytest

from theorycalc.exceptions import NotConverged
from theorycalc.model import Setup
from theorycalc.montecarlo import shards as module
from theorycalc.montecarlo.problem import as_problem
from theorycalc.montecarlo.shards import BATCH_BYTES, batch_size, run_shard, run_shards, shard_sizes
from theorycalc.results import Metric

SETUP = Setup([3, 2, 1], n=4, m=5, noise_var=1)


def problem_of(setup=SETUP, *, steps=3, average_tasks=True):
    return as_problem(setup, steps=steps, metric=Metric.ESTIMATION, average_tasks=average_tasks)


def test_shards_depend_on_the_problem_alone():
    problem = problem_of()
    long = shard_sizes(problem, 1_000_000)
    short = shard_sizes(problem, 300_000)
    assert sum(long) == 1_000_000
    assert sum(short) == 300_000
    assert short[:-1] == long[: len(short) - 1]
    assert long[0] % batch_size(problem) == 0
    assert shard_sizes(problem, 1) == [1]


@pytest.mark.parametrize(("d", "m"), [(2, 2), (50, 100), (300, 1000)])
def test_batches_fit_the_cache(d, m):
    problem = problem_of(Setup(np.ones(d), n=5, m=m))
    batch = batch_size(problem)
    assert batch >= 1
    assert batch == 1 or 8 * batch * problem.floats <= BATCH_BYTES < 64 * 2**20


@pytest.mark.parametrize("average_tasks", [True, False])
def test_a_shorter_shard_is_the_beginning_of_a_longer_one(average_tasks):
    problem = problem_of(average_tasks=average_tasks)
    count = batch_size(problem) + 10
    long, short = (run_shard(SETUP, problem, 3, 0, n).values for n in (count, count - 7))
    assert np.array_equal(long[: len(short)], short)


def test_shards_differ_and_only_the_first_is_checked():
    first, second = (run_shard(SETUP, problem_of(), 3, index, 100) for index in (0, 1))
    assert first.check is not None
    assert second.check is None
    assert (len(first.measured), len(second.measured)) == (100, 0)
    assert not np.any(first.values[:, 1:] == second.values[:, 1:])


def _die(*_arguments):
    os._exit(1)


def test_a_dead_worker_is_reported(monkeypatch):
    monkeypatch.setattr(module, "run_shard", _die)
    with pytest.raises(NotConverged, match="a worker process died"):
        list(run_shards(SETUP, problem_of(), 0, [10, 10], 2))
