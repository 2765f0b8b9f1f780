"""The simulated error curve: real prompts, the real layer on some of them, the weight recursion on all."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from theorycalc import _checks
from theorycalc._checks import MAX_COUNT, choice, integer, refuse, shown
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, as_setup
from theorycalc.montecarlo.attention import layer_bytes
from theorycalc.montecarlo.layer_check import LayerCheck, checked_steps
from theorycalc.montecarlo.problem import Problem, as_problem
from theorycalc.montecarlo.prompts import MAX_BYTES, as_seed
from theorycalc.montecarlo.shards import run_shards, shard_sizes
from theorycalc.montecarlo.statistics import summarise
from theorycalc.montecarlo.tails import unseen_mean
from theorycalc.results import Estimate, Metric, Rung

#: Most errors kept at once, prompts × (steps + 1): 1 GiB.
MAX_SAMPLES = 2**27
MAX_WORKERS = 1024


def expected_error(
    setup: Setup,
    steps: int,
    *,
    prompts: int,
    seed: int,
    metric: str = "estimation",
    workers: int = 1,
    average_tasks: bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> Estimate:
    """Return the simulated test error E‖P^{1/2}(w_k − w*)‖² after k = 0 … steps steps, with standard errors.

    Every prompt is drawn: x_j ~ N(0, Σ), and R = I − Γ⁻¹S acts on it.  By default w* ~ N(0, Ω) and the label noise are
    averaged in closed form given the prompt, tr[P Rᵏ Q (Rᵏ)ᵀ] + (σ²/m) tr[P G A S A Gᵀ] with G = Σ_{i<k} Rⁱ, which has
    the same mean and a smaller variance.  The first two prompts of every run also go through the attention layer, with
    appended chain-of-thought columns, drawn tasks and noise, and must agree with the recursion to rounding.

    Parameters
    ----------
    setup : the problem, with finite m
    steps : k >= 0
    prompts : number of prompts, >= 2
    seed : integer >= 0; the result is a function of the seed and the arguments above, to the bit, for any ``workers``
    metric : "estimation" (P = I) or "prediction" (P = Σ)
    workers : processes; more than one needs a script to start under ``if __name__ == "__main__":``
    average_tasks : False draws w* and the noise of every prompt and follows one vector, faster and noisier
    progress : called as ``progress(done, total)`` with counts of prompts, after every shard

    Returns
    -------
    Estimate
        ``values`` are means, ``lower``/``upper`` ∓ one standard error; ``stderr``, ``median``, ``quantiles`` (levels
        0.05, 0.25, 0.75, 0.95), ``largest_share``, ``heavy_tail`` (criterion in
        :func:`theorycalc.montecarlo.statistics.summarise`), ``layer_residual``.  After Ctrl-C the finished shards
        are returned with ``interrupted=True``: the very result that asking for that many prompts gives.

    Raises
    ------
    InvalidSetup
        for bad arguments, and for sizes beyond memory, before anything is allocated.
    OutsideRegime
        for m = ∞.
    NotConverged
        when an error overflows float64 (the message names the step), or a worker process dies.
    NotCertified
        when the attention layer and the recursion disagree.

    Assumes: nothing about Λ and Σ commuting.
    Cost: per prompt O(d²m + kd³), or O(kd²m) when m < d/2; with ``average_tasks=False`` O(kdm) or O(d²m + kd²),
    whichever is less; plus about 8 ns for each of the dm normals.  Working arrays stay below 64 MB unless a single
    prompt is larger.
    Source: theory sections 4, 11, 12.

    Examples
    --------
    k = 0 is the prior risk, without error; k = 1 at d = n = m = 1: Γ = 3, E(1 − x²/3)² = 1 − 2/3 + 3/9 = 2/3.

    >>> estimate = expected_error(Setup([1], n=1, m=1), 1, prompts=20_000, seed=0)
    >>> float(estimate.values[0]), bool(abs(estimate.values[1] - 2 / 3) < 5 * estimate.stderr[1])
    (1.0, True)
    """
    count = _checks.steps(steps)
    total = integer("prompts", prompts, minimum=2, maximum=MAX_COUNT, remedy="pass at least 2, for a standard error")
    root = as_seed(seed)
    kind = Metric(choice("metric", metric, [str(item) for item in Metric]))
    processes = integer("workers", workers, minimum=1, maximum=MAX_WORKERS, remedy="pass the number of processes")
    if not isinstance(average_tasks, bool | np.bool_):
        raise refuse("average_tasks", average_tasks, "not a truth value", "pass True or False")
    if progress is not None and not callable(progress):
        raise InvalidSetup(f"progress = {shown(progress)}: not callable; pass a function of (done, total), or None")
    if total * (count + 1) > MAX_SAMPLES:
        size = f"{total:,} prompts × {count + 1:,} errors exceed {MAX_SAMPLES:,}"
        raise refuse("prompts", prompts, size, "use fewer prompts or fewer steps")
    _require_memory(as_setup(setup), average_tasks=bool(average_tasks))
    problem = as_problem(setup, steps=count, metric=kind, average_tasks=bool(average_tasks))
    _require_layer(problem)
    return _run(setup, problem, kind, total=total, seed=root, workers=processes, progress=progress)


def _require_memory(setup: Setup, *, average_tasks: bool) -> None:
    """Refuse a single prompt that does not fit memory."""
    d, m = setup.d, setup.m or 0
    size = 8 * (2 * d * m + (6 * d * d if average_tasks else 0))
    if size > MAX_BYTES:
        remedy = "use smaller d or m"
        raise InvalidSetup(f"d = {d:,}, m = {m:,}: one prompt would take {size / 2**30:.1f} GiB; {remedy}")


def _require_layer(problem: Problem) -> None:
    """Refuse a problem whose attention layer, through which every run sends prompts, does not fit memory."""
    size = layer_bytes(problem.d, problem.m, checked_steps(problem))
    if size > MAX_BYTES:
        raise InvalidSetup(
            f"d = {problem.d:,}, m = {problem.m:,}: the attention layer, which every run checks itself against, "
            f"would take {size / 2**30:.1f} GiB; use smaller d or m"
        )


def _run(
    setup: Setup,
    problem: Problem,
    metric: Metric,
    *,
    total: int,
    seed: int,
    workers: int,
    progress: Callable[[int, int], object] | None,
) -> Estimate:
    sizes = shard_sizes(problem, total)
    samples = np.empty((problem.steps + 1, total))  # one row per step
    check, measured, done, interrupted = (
        LayerCheck(residual=0.0, roundoffs=0.0, prompts=0, steps=0),
        np.empty((0, 2)),
        0,
        False,
    )
    try:
        with contextlib.closing(run_shards(setup, problem, seed, sizes, min(workers, len(sizes)))) as shards:
            for shard in shards:
                _require_finite(shard.values)
                samples[:, done : done + len(shard.values)] = shard.values.T
                check, measured = shard.check or check, shard.measured if done == 0 else measured
                done += len(shard.values)
                if progress is not None:
                    progress(done, total)
    except KeyboardInterrupt:
        if done < 2:
            raise
        interrupted = done < total
    summary = summarise(samples[:, :done], unseen_mean(measured, done, problem.steps))
    return Estimate(
        setup=setup,
        rung=Rung.SIMULATION,
        metric=metric,
        values=summary.mean,
        lower=summary.mean - summary.stderr,
        upper=summary.mean + summary.stderr,
        field_name=F64.name,
        uncertainty=f"standard error of {done:,} prompts",
        notes=_notes(summary.heavy_tail, check, problem.steps, f"{done:,} of {total:,}" if interrupted else ""),
        stderr=summary.stderr,
        median=summary.median,
        quantiles=summary.quantiles,
        largest_share=summary.largest_share,
        heavy_tail=summary.heavy_tail,
        prompts=done,
        seed=seed,
        interrupted=interrupted,
        layer_residual=check.residual,
    )


def _require_finite(values: Array) -> None:
    """Refuse errors that left float64: an expectation with a step missing in the middle would mislead."""
    finite = np.all(np.isfinite(values), axis=0)
    if not np.all(finite):
        step = int(np.argmin(finite))
        raise NotConverged(f"the error of a sampled prompt overflows float64 at step {step}: pass steps <= {step - 1}")


def _notes(heavy: Array, check: LayerCheck, steps: int, interrupted: str) -> tuple[str, ...]:
    notes: list[Any] = []
    if interrupted:
        notes.append(f"interrupted after {interrupted} prompts")
    if np.any(heavy):
        notes.append(
            f"heavy tail at {_ranges(np.flatnonzero(heavy).tolist())}: rare prompts carry the mean, "
            "so neither it nor its standard error is to be trusted there; read the median"
        )
    reach = "" if check.steps == steps else f" up to step {check.steps}"
    notes.append(f"attention layer and recursion agree{reach} on {check.prompts} prompts to {check.residual:.1e}")
    return tuple(notes)


def _ranges(steps: list[int]) -> str:
    """Return "step 4" or "steps 2, 4–6".

    >>> _ranges([2, 4, 5, 6])
    'steps 2, 4–6'
    """
    runs: list[list[int]] = []
    for k in steps:
        if runs and k == runs[-1][-1] + 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    text = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"step {text}" if len(steps) == 1 else f"steps {text}"
