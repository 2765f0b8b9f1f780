"""Numbers beyond float64, complex prompts, mixtures that are no lists, and threads that share BLAS."""

import contextlib
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from theorycalc.exceptions import InvalidSetup
from theorycalc.model import Setup, TaskMixture
from theorycalc.montecarlo import attention_weights, draw_prompts, expected_error, iterate_cot
from theorycalc.montecarlo import shards as module

SETUP = Setup([1, 2], n=3, m=2)


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_threads_leave_blas_as_it_was(monkeypatch):
    """Two runs overlap in the worst order unless they take turns: the second starts inside the first, ends after it."""
    inside, active, most = threading.Barrier(2), [], []
    fill = module.fill_errors

    def slow(*arguments):
        active.append(1)
        most.append(len(active))
        with contextlib.suppress(threading.BrokenBarrierError):
            inside.wait(0.3)  # passes only if both are here at once
        fill(*arguments)
        active.pop()

    monkeypatch.setattr(module, "fill_errors", slow)
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        runs = [
            threading.Thread(target=expected_error, args=(SETUP, 1), kwargs={"prompts": 10, "seed": seed})
            for seed in range(5)
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert blas_threads() == before
    assert len(most) == 5
    assert max(most) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda setup: expected_error(setup, 1, prompts=10, seed=0),
        lambda setup: draw_prompts(setup, 10, seed=0),
    ],
)
def test_a_variance_beyond_float64(call):
    with pytest.raises(InvalidSetup, match=r"noise_var.*rescale") as caught:
        call(SETUP.replace(noise_var=10**400))
    assert "\n" not in str(caught.value)


def test_a_scale_beyond_float64():
    with pytest.raises(InvalidSetup, match=r"^c = .*beyond the float64 range; pass"):
        attention_weights(SETUP, c=10**400)


@pytest.mark.parametrize(
    ("name", "features", "labels"),
    [
        ("X", [[1j, 1], [1, 1]], [1, 2]),
        ("X", np.ones((2, 2), dtype=complex), [1, 2]),
        ("y", [[1, 2], [3, 4]], np.array([1, 2 + 1j])),
        ("y", [[1, 2], [3, 4]], [np.complex64(1), 2]),
        ("y", [[1, 2], [3, 4]], np.array([1j, 2], dtype=object)),
    ],
)
def test_complex_prompts(name, features, labels):
    with pytest.raises(InvalidSetup, match=f"^{name} = .*real numbers"):
        iterate_cot(features, labels, SETUP, 1)


@pytest.mark.parametrize(
    ("name", "covariances", "weights"),
    [
        ("covariances", np.array(5.0), [1]),
        ("weights", [[1, 2]], np.array(1.0)),
        ("weights", [[1, 2]], 1),
        ("covariances", "1", [1]),
    ],
)
def test_mixtures_that_are_no_lists(name, covariances, weights):
    with pytest.raises(InvalidSetup, match=f"^{name} = .*not a sequence; pass a list"):
        TaskMixture(covariances, weights)


def test_a_prior_of_zero_is_a_problem_like_any_other():
    estimate = expected_error(Setup([1, 1, 1], n=10, m=5, Omega=[0, 0, 0]), 4, prompts=100, seed=0)
    assert not estimate.values.any()
