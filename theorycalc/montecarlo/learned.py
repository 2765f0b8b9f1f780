"""The test error of a layer with any weights, such as learned ones: every prompt goes through the layer itself."""

from collections.abc import Callable

import numpy as np

from theorycalc import _checks
from theorycalc._checks import MAX_COUNT, choice, integer, refuse, shown
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, as_setup
from theorycalc.montecarlo.attention import AttentionWeights, chain_of_thought, checked_weights, layer_bytes
from theorycalc.montecarlo.estimate import MAX_SAMPLES
from theorycalc.montecarlo.prompts import (
    MAX_BYTES,
    as_seed,
    draw_features,
    draw_tasks,
    feature_factor,
    finite_m,
    labels,
    noise_scale,
    rounded,
    streams,
    task_factor,
)
from theorycalc.montecarlo.shards import one_blas_thread
from theorycalc.montecarlo.statistics import summarise
from theorycalc.results import Estimate, Metric, Rung

_BATCH_BYTES = 16 * 2**20


def learned_error(
    setup: Setup,
    steps: int,
    *,
    weights: AttentionWeights,
    prompts: int,
    seed: int,
    metric: str = "estimation",
    progress: Callable[[int, int], object] | None = None,
) -> Estimate:
    """Return the simulated test error E‖P^{1/2}(w_k − w*)‖² of a layer with the given weights, k = 0 … steps.

    Unlike :func:`theorycalc.montecarlo.expected_error` it assumes nothing about V and W: prompts, tasks and label
    noise are drawn, and the chain of thought appends columns to the prompt and applies the layer to all of it.

    Parameters
    ----------
    setup : the test question: Σ, m (finite), Ω, w_0 and noise_var
    steps : k >= 0
    weights : V and W, (2d + 2, 2d + 2) each, such as ``TrainingRun.weights``
    prompts : number of prompts, >= 2
    seed : integer >= 0; the prompts do not depend on the weights, so that two layers can be compared on the same ones
    metric : "estimation" (P = I) or "prediction" (P = Σ)
    progress : called as ``progress(done, prompts)``

    Returns
    -------
    Estimate
        with standard errors, medians and the heavy-tail flag of its own samples.

    Raises
    ------
    InvalidSetup
        for bad arguments, and for prompts that need more than 4 GiB.
    OutsideRegime
        for m = ∞.
    NotConverged
        when the chain of thought of a prompt overflows float64; the message names the step.

    Cost: O(k d² (m + k)) per prompt.  Source: theory section 2.

    Examples
    --------
    A layer of zeros never moves: the error stays that of w_0 = 0.

    >>> idle = AttentionWeights(V=np.zeros((4, 4)), W=np.zeros((4, 4)))
    >>> estimate = learned_error(Setup([1], n=1, m=1), 2, weights=idle, prompts=10, seed=0)
    >>> bool(estimate.values[0] == estimate.values[2])
    True
    """
    m, d = finite_m(as_setup(setup)), setup.d
    count, root = _checks.steps(steps, maximum=MAX_SAMPLES), as_seed(seed)
    kind = Metric(choice("metric", metric, list(Metric)))
    total = integer("prompts", prompts, minimum=2, maximum=MAX_COUNT, remedy="pass the prompts to draw, >= 2")
    if progress is not None and not callable(progress):
        raise InvalidSetup(f"progress = {shown(progress)}: not callable; pass a function of (done, prompts), or None")
    if total * (count + 1) > MAX_SAMPLES:
        size = f"{total:,} prompts × {count + 1:,} errors exceed {MAX_SAMPLES:,}"
        raise refuse("prompts", prompts, size, "use fewer prompts or fewer steps")
    if layer_bytes(d, m, count) > MAX_BYTES:
        raise InvalidSetup(
            f"d = {d:,}, m = {m:,}, steps = {count:,}: the layer would take over 4 GiB; use less of each"
        )
    layer = checked_weights(weights, d)
    samples, done = np.empty((count + 1, total)), 0
    batch = max(1, min(4096, _BATCH_BYTES // layer_bytes(d, m, count)))
    try:
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            for shard, begin in enumerate(range(0, total, batch)):
                part = _errors(setup, layer, kind, seed=root, shard=shard, size=(min(batch, total - begin), m, count))
                _require_finite(part)
                samples[:, begin : begin + part.shape[1]] = part
                done = begin + part.shape[1]
                if progress is not None:
                    progress(done, total)
    except KeyboardInterrupt:
        if done < 2:
            raise
    summary = summarise(samples[:, :done], np.zeros(count + 1))
    return Estimate(
        setup=setup,
        rung=Rung.SIMULATION,
        metric=kind,
        values=summary.mean,
        lower=summary.mean - summary.stderr,
        upper=summary.mean + summary.stderr,
        field_name=F64.name,
        uncertainty=f"standard error of {done:,} prompts",
        notes=(f"layer with weights as given: all {done:,} prompts went through it",),
        stderr=summary.stderr,
        median=summary.median,
        quantiles=summary.quantiles,
        largest_share=summary.largest_share,
        heavy_tail=summary.heavy_tail,
        prompts=done,
        seed=root,
        interrupted=done < total,
        layer_residual=0.0,
    )


def _errors(
    setup: Setup, weights: AttentionWeights, metric: Metric, *, seed: int, shard: int, size: tuple[int, int, int]
) -> Array:
    """Draw a batch of prompts and return the error of each after every step, (steps + 1, batch)."""
    count, m, steps = size
    source = streams(seed, shard)
    X = draw_features(source.features, feature_factor(setup), np.empty((count, setup.d, m)))
    w_star = draw_tasks(source.tasks, task_factor(setup), count)
    noise = source.noise.standard_normal((count, m)) * noise_scale(setup)
    w_0 = None if setup.w_0 is None else F64.array(setup.w_0)
    w = chain_of_thought(X, labels(X, w_star, noise), weights, w_0=w_0, steps=steps)
    gap = w - w_star[:, np.newaxis, :]  # (batch, steps + 1, d)
    if metric is Metric.ESTIMATION:
        return np.asarray(np.vecdot(gap, gap).T)
    Sigma = rounded(setup.Sigma, "Sigma")
    return np.asarray(np.vecdot(gap, gap * Sigma if Sigma.ndim == 1 else gap @ Sigma).T)


def _require_finite(errors: Array) -> None:
    finite = np.all(np.isfinite(errors), axis=1)
    if not np.all(finite):
        step = int(np.argmin(finite))
        raise NotConverged(
            f"the chain of thought of a prompt overflows float64 at step {step}: pass steps <= {step - 1}"
        )


__all__ = ["learned_error"]
