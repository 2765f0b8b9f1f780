"""Shards: a fixed number of prompts with random streams of their own, run in this process or in others."""

import contextlib
import signal
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from theorycalc.exceptions import NotConverged
from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.montecarlo.layer_check import CHECKED_PROMPTS, LayerCheck, check_layer
from theorycalc.montecarlo.problem import Problem
from theorycalc.montecarlo.prompts import Streams, draw_features, draw_tasks, streams
from theorycalc.montecarlo.recursion import ErrorMap
from theorycalc.montecarlo.tails import measured_prompts, top_eigenvalues

#: Working arrays of a batch, in bytes: they stay in the last-level cache (64 prompts at d = 50, m = 100).
BATCH_BYTES = 6 * 2**20
#: A shard takes about this long on one core, and never holds more than so many prompts.
SHARD_SECONDS = 0.5
SHARD_PROMPTS = 2**16
#: The number of BLAS threads is state of the process: two threads that both save, set and restore it would leave it at
#: 1, or lift the limit under each other.  So shards of one process run one at a time.
_BLAS_LOCK = threading.Lock()
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, eq=False)
class Shard:
    """The errors of one shard's prompts, (count, steps + 1).

    Shard 0 also carries the layer check and the top eigenvalues measured on its first prompts, (b, 2).
    """

    values: Array
    check: LayerCheck | None
    measured: Array


def batch_size(problem: Problem) -> int:
    """Return how many prompts are propagated at once."""
    return max(1, min(4096, BATCH_BYTES // (8 * problem.floats)))


def shard_sizes(problem: Problem, prompts: int) -> list[int]:
    """Cut ``prompts`` into shards whose size depends on the problem alone, the last one shorter.

    So a run of fewer prompts draws the first prompts of a longer one.
    """
    batch = batch_size(problem)
    full = max(1, round(min(SHARD_SECONDS / problem.seconds, SHARD_PROMPTS) / batch)) * batch
    count, rest = divmod(prompts, full)
    return [full] * count + ([rest] if rest else [])


def run_shard(setup: Setup, problem: Problem, seed: int, index: int, count: int) -> Shard:
    """Draw ``count`` prompts and return the error of each after 0 … steps steps.

    BLAS runs on one thread: products then have the same bits wherever the shard runs.  Threads of one
    process take turns, as that is a setting of the process.
    """
    values, check, measured = np.empty((count, problem.steps + 1)), None, [np.empty((0, 2))]
    to_measure = min(count, measured_prompts(problem)) if index == 0 else 0
    source, batch = streams(seed, index), min(count, batch_size(problem))
    X, R = np.empty((batch, problem.d, problem.m)), ErrorMap(problem, batch)
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        for begin in range(0, count, batch):
            part = values[begin : begin + batch]
            prompts = draw_features(source.features, problem.features, X[: len(part)])
            if index == 0 and begin == 0:
                check = check_layer(setup, problem, prompts[:CHECKED_PROMPTS].copy(), seed=seed)
            R.load(prompts)
            fill_errors(R, source, part)
            if begin < to_measure:
                measured.append(top_eigenvalues(R))
    return Shard(values=values, check=check, measured=np.concatenate(measured))


@contextlib.contextmanager
def one_blas_thread() -> Generator[None, None, None]:
    """Run BLAS on one thread, under the lock, and restore what was."""
    with _BLAS_LOCK, threadpool_limits(limits=1, user_api="blas"):
        yield


def fill_errors(R: ErrorMap, source: Streams, values: Array) -> None:
    """Write the errors of the loaded prompts into ``values`` (b, steps + 1)."""
    problem, b = R.problem, values.shape[0]
    if problem.average_tasks:
        for k, (D, N) in enumerate(R.averaged()):
            values[:, k] = R.squares(D)
            if N is not None:
                values[:, k] += R.noise_squares(N)
        return
    w_star = draw_tasks(source.tasks, problem.tasks, b)
    noise = source.noise.standard_normal((b, problem.m)) * problem.sigma if problem.sigma else None
    e_0 = -w_star if problem.w_0 is None else problem.w_0 - w_star
    for k, e in enumerate(R.sampled(e_0[..., np.newaxis], noise)):
        values[:, k] = R.squares(e)


def run_shards(
    setup: Setup, problem: Problem, seed: int, sizes: list[int], workers: int
) -> Generator[Shard, None, None]:
    """Yield the shards in order, whatever the number of workers.

    Raises
    ------
    NotConverged
        when a worker process dies.
    """
    yield from in_order(run_shard, (setup, problem, seed), sizes, workers)


def in_order(
    task: Callable[..., Result], arguments: tuple[Any, ...], sizes: list[int], workers: int
) -> Generator[Result, None, None]:
    """Yield ``task(*arguments, index, count)`` for every shard, in order, whatever the number of workers.

    Raises
    ------
    NotConverged
        when a worker process dies.
    """
    if workers == 1:
        for index, count in enumerate(sizes):
            yield task(*arguments, index, count)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_parent)
    pending: list[Future[Result]] = []
    try:
        for index, count in enumerate(sizes):
            pending.append(pool.submit(task, *arguments, index, count))
        for position in range(len(pending)):
            yield pending[position].result()
            pending[position] = Future()  # let the shard go
    except BrokenProcessPool:
        raise NotConverged(
            "a worker process died (out of memory, killed, or a script without "
            'if __name__ == "__main__":): use workers=1 to see why'
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches the whole process group; only the parent acts on it."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
