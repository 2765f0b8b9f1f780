"""The real layer trained by gradient descent: on the population loss, or on sampled prompts (SGD, Adam).

Nothing here knows where training ends: the layer is embedded, differentiated and moved; that it goes to V* = −Γ⁻¹/c,
or does not, is what a run shows.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence

from theorycalc._checks import choice, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, as_setup
from theorycalc.montecarlo.attention import AttentionWeights, checked_weights, embed
from theorycalc.montecarlo.layer_gradient import (
    LayerGradient,
    TrainingMoments,
    population_gradient,
    sampled_gradient,
)
from theorycalc.montecarlo.prompts import MAX_BYTES, as_seed, labels
from theorycalc.montecarlo.shards import one_blas_thread
from theorycalc.montecarlo.training_run import Position, Recorder, Training, TrainingRun
from theorycalc.montecarlo.training_tasks import TrainingFeatures, moments_of, trained_inverse

OPTIMIZERS = ("gd", "sgd", "adam")
TRAINED = ("V31", "V31+W24", "all")
STARTS = ("paper", "random")
MAX_EPOCHS = 10**8
_ADAM_DECAYS, _ADAM_FLOOR = (0.9, 0.999), 1e-8  # β₁, β₂ and ε of Kingma and Ba, arXiv:1412.6980
_LARGEST = 1e100  # a weight beyond it is on its way out of float64


def train_layer(
    setup: Setup,
    *,
    epochs: int,
    step_size: Any,
    optimizer: str = "gd",
    trained: str = "V31",
    start: str = "paper",
    weights: AttentionWeights | None = None,
    batch: int = 256,
    seed: int = 0,
    c: Any = 1,
    scale: Any = "1/10",
    decay: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> TrainingRun:
    """Return the course of training the layer on ½ E‖w₁ − w*‖²: one pass, ŵ₀ = 0, ρ = n, labels without noise.

    Parameters
    ----------
    setup : the training distribution, Λ or a mixture, whose sampling model the prompts follow, and n; the rest is
        kept for :func:`learned_error`
    epochs : number of steps of the optimizer
    step_size : η > 0
    optimizer : "gd" follows the exact gradient of the mean over prompts; "sgd" and "adam" follow the mean over
        ``batch`` fresh prompts
    trained : "V31" (W frozen), "V31+W24", or "all" (every entry of V and W)
    start : "paper": V = 0, W₁₃ = c I, W₂₄ = −c, all else 0; "random": the same with every trained entry drawn from
        N(0, scale²)
    weights : V and W to start from instead, (2d + 2, 2d + 2) each
    batch : prompts per step of "sgd" and "adam"
    seed : integer >= 0, of the start and of the prompts; the same seed gives the same run
    c, scale : numbers; c not 0, scale > 0
    decay : τ >= 1 shrinks the step to η/(1 + t/τ) at epoch t, so that sampled gradients converge; None keeps it
    progress : called as ``progress(done, epochs)`` about a hundred times

    Returns
    -------
    TrainingRun
        the loss, the distance of what the layer computes from A* (Γ⁻¹ for one task) and the blocks at recorded epochs,
        and the final weights.  Ctrl-C returns what there is; :func:`continue_training` goes on from it, to the same
        numbers.

    Raises
    ------
    InvalidSetup
        for an argument not of the kind above, or a layer of more than 4 GiB.
    NotConverged
        when the weights leave the float64 range; the message names the epoch.

    Cost: O(d³) per step of "gd", O(batch d n) of the others.  Claims: GAM-06, GAM-07, GAM-11, GAM-12 say what to
    expect.  Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: Γ⁻¹ = 1/4 and λγ = 8, so η = 1/16 halves the distance in every step.

    >>> run = train_layer(Setup([2], n=2), epochs=3, step_size="1/16")
    >>> run.distance.tolist()
    [1.0, 0.5, 0.25, 0.125]
    """
    how = _checked(
        as_setup(setup),
        Training(
            optimizer=choice("optimizer", optimizer, OPTIMIZERS),
            trained=choice("trained", trained, TRAINED),
            start=_start(start, weights),
            step_size=_positive("step_size", step_size, "pass η > 0"),
            batch=integer(
                "batch", batch, minimum=1, maximum=10**7, remedy="pass the prompts per step, an integer >= 1"
            ),
            seed=as_seed(seed),
            c=_scale(c),
            scale=_positive("scale", scale, "pass the standard deviation of a random start"),
            decay=None if decay is None else _epochs("decay", decay, minimum=1),
        ),
    )
    total = _epochs("epochs", epochs, minimum=0)
    begin = _starting_weights(setup, how) if weights is None else checked_weights(weights, setup.d)
    state = np.zeros((4 if how.optimizer == "adam" else 0, *begin.V.shape))
    return _run(setup, how, Position(weights=begin, state=state, done=0), Recorder(), total, progress)


def continue_training(
    run: TrainingRun, epochs: int, *, progress: Callable[[int, int], object] | None = None
) -> TrainingRun:
    """Return the run prolonged to ``epochs`` steps in all, with the weights that an unbroken run would have.

    Parameters
    ----------
    run : from :func:`train_layer`, finished or interrupted
    epochs : total number of steps, at least those already done

    Raises: as :func:`train_layer`.

    Examples
    --------
    >>> run = train_layer(Setup([2], n=2), epochs=1, step_size="1/16")
    >>> continue_training(run, 3).distance.tolist()
    [1.0, 0.5, 0.25, 0.125]
    """
    if not isinstance(run, TrainingRun):
        raise InvalidSetup(f"run = {shown(run)}: not a TrainingRun; pass what train_layer returned")
    total = _epochs("epochs", epochs, minimum=run.done)
    return _run(run.setup, run.how, run.position, Recorder.of(run), total, progress)


def _run(
    setup: Setup,
    how: Training,
    position: Position,
    recorder: Recorder,
    epochs: int,
    progress: Callable[[int, int], object] | None,
) -> TrainingRun:
    if progress is not None and not callable(progress):
        raise InvalidSetup(f"progress = {shown(progress)}: not callable; pass a function of (done, epochs), or None")
    features, masks = TrainingFeatures(setup), trained_entries(setup.d, how.trained)
    moments = moments_of(setup)
    often = max(1, epochs // 100)
    try:
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            recorder.keep(position)
            while position.done < epochs:
                gradient = _gradient(setup, how, moments, features, position)
                position = _moved(position, gradient, how, masks)  # one assignment: an interrupt leaves no half-step
                recorder.keep(position)
                if progress is not None and (position.done % often == 0 or position.done == epochs):
                    progress(position.done, epochs)
    except KeyboardInterrupt:
        pass
    return recorder.finished(setup, how, position, moments=moments, target=trained_inverse(setup), asked=epochs)


def _gradient(
    setup: Setup, how: Training, moments: TrainingMoments, features: TrainingFeatures, position: Position
) -> LayerGradient:
    if how.optimizer == "gd":
        return population_gradient(moments, position.weights)
    generator = Generator(SFC64(SeedSequence(how.seed, spawn_key=(position.done, 1))))
    X = features.draw(generator, np.empty((how.batch, setup.d, setup.n)))
    w_star = generator.standard_normal((how.batch, setup.d))
    return sampled_gradient(embed(X, labels(X, w_star, np.zeros((how.batch, setup.n)))), w_star, position.weights)


def _moved(position: Position, gradient: LayerGradient, how: Training, masks: tuple[Array, Array]) -> Position:
    """Return the position after one step of the optimizer, in the entries that are trained."""
    t = position.done
    step = how.step_size if how.decay is None else how.step_size / (1 + t / how.decay)
    state, moved = position.state.copy(), []
    for i, (block, slope, mask) in enumerate(zip(position.weights, (gradient.V, gradient.W), masks, strict=True)):
        direction = slope
        if how.optimizer == "adam":
            first, second = _ADAM_DECAYS
            state[2 * i] = mean = first * state[2 * i] + (1 - first) * slope
            state[2 * i + 1] = square = second * state[2 * i + 1] + (1 - second) * slope * slope
            direction = mean / (1 - first ** (t + 1)) / (np.sqrt(square / (1 - second ** (t + 1))) + _ADAM_FLOOR)
        moved.append(block - step * np.where(mask, direction, 0.0))
    if not all(np.max(np.abs(block)) < _LARGEST for block in moved):
        raise NotConverged(f"training leaves the float64 range at epoch {t + 1:,}: use a smaller step_size")
    return Position(weights=AttentionWeights(V=moved[0], W=moved[1]), state=state, done=t + 1)


def trained_entries(d: int, trained: str) -> tuple[Array, Array]:
    """Return which entries of V and of W are trained, (2d + 2, 2d + 2) booleans each.

    >>> [int(mask.sum()) for mask in trained_entries(3, "V31+W24")]
    [9, 1]
    """
    size = 2 * d + 2
    value, score = np.full((size, size), trained == "all"), np.full((size, size), trained == "all")
    value[d + 1 : 2 * d + 1, :d] = True
    score[d, -1] = trained != "V31"
    return value, score


def _start(start: str, weights: object) -> str:
    if weights is None:
        return choice("start", start, STARTS)
    if start != "paper":
        raise refuse("start", start, "two starts: weights are given too", "pass one of them")
    return "given"


def _starting_weights(setup: Setup, how: Training) -> AttentionWeights:
    d = setup.d
    V, W = np.zeros((2 * d + 2, 2 * d + 2)), np.zeros((2 * d + 2, 2 * d + 2))
    W[:d, d + 1 : 2 * d + 1] = how.c * np.eye(d)  # W₁₃
    W[d, -1] = -how.c  # W₂₄
    if how.start == "random":
        generator = Generator(SFC64(SeedSequence(how.seed, spawn_key=(0, 0))))
        drawn = generator.standard_normal((2, *V.shape)) * how.scale
        masks = trained_entries(d, how.trained)
        V, W = (np.where(mask, new, old) for mask, new, old in zip(masks, drawn, (V, W), strict=True))
    return AttentionWeights(V=V, W=W)


def _checked(setup: Setup, how: Training) -> Training:
    rows = 2 * setup.d + 2
    size = 8 * (12 * rows**2 + (4 * how.batch * rows * (setup.n + 1) if how.optimizer != "gd" else 0))
    if size > MAX_BYTES:
        remedy = "use smaller d, n or batch"
        raise InvalidSetup(f"d = {setup.d:,}, n = {setup.n:,}: training would take {size / 2**30:.0f} GiB; {remedy}")
    return how


def _epochs(name: str, value: Any, *, minimum: int) -> int:
    remedy = f"pass the number of steps, an integer >= {minimum}"
    return integer(name, value, minimum=minimum, maximum=MAX_EPOCHS, remedy=remedy)


def _positive(name: str, value: Any, remedy: str) -> float:
    """Return a positive number as a float."""
    found = _float(name, value)
    if not found > 0:
        raise refuse(name, value, "not positive in float64", remedy)
    return found


def _scale(value: Any) -> float:
    found = _float("c", value)
    if found == 0:
        raise refuse("c", value, "zero", "pass any other finite number")
    return found


def _float(name: str, value: Any) -> float:
    try:
        found = float(F64.number(number(name, value)))
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise refuse(name, value, "beyond the float64 range", "pass a number of size near 1")
    return found


__all__ = ["OPTIMIZERS", "STARTS", "TRAINED", "continue_training", "train_layer", "trained_entries"]
