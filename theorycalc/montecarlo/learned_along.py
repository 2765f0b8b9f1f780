"""The simulated test error of a layer while it is being trained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import integer, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.montecarlo.learned import learned_error
from theorycalc.montecarlo.training_run import TrainingRun
from theorycalc.results import Frozen, Metric


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LearnedErrors(Frozen):
    """``error[i, k]``: mean of ‖P^{1/2}(w_k − w*)‖² over prompts with the weights of training time ``epochs[i]``.

    The same prompts at every time, so that rows may be compared; ``heavy_tail`` marks untrustworthy standard errors.
    """

    setup: Setup
    metric: Metric
    epochs: Array  # (T,)
    error: Array  # (T, steps + 1)
    stderr: Array
    median: Array
    heavy_tail: Array  # bool
    prompts: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        names = ("epochs", "error", "stderr", "median", "heavy_tail")
        return {name: getattr(self, name).tolist() for name in names} | {
            "metric": str(self.metric),
            "prompts": self.prompts,
            "seed": self.seed,
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        """One row for each training time and number of steps."""
        times, steps = np.indices(self.error.shape).reshape(2, -1)
        table: dict[str, Any] = {"epochs": self.epochs[times], "steps": steps}
        return table | {name: getattr(self, name).ravel() for name in ("error", "stderr", "median", "heavy_tail")}


def learned_errors(
    run: TrainingRun,
    steps: int,
    *,
    prompts: int,
    seed: int,
    metric: str = "estimation",
    times: int = 10,
    progress: Callable[[int, int], object] | None = None,
) -> LearnedErrors:
    """Return the simulated test error of the trained layer at some of the recorded epochs, the last one included.

    Parameters
    ----------
    run : a training run whose setup has a finite m
    steps : k >= 0
    prompts, seed, metric : as for :func:`theorycalc.montecarlo.learned_error`
    times : how many of the recorded epochs, spread evenly over the record
    progress : called as ``progress(done, times)``

    Returns
    -------
    LearnedErrors

    Raises: as :func:`theorycalc.montecarlo.learned_error`.

    Examples
    --------
    >>> from theorycalc.montecarlo.training import train_layer
    >>> run = train_layer(Setup([2], n=2, m=5), epochs=3, step_size="1/16")
    >>> learned_errors(run, 1, prompts=10, seed=0, times=2).error.shape
    (2, 2)
    """
    if not isinstance(run, TrainingRun):
        raise InvalidSetup(f"run = {shown(run)}: not a TrainingRun; pass what train_layer returned")
    count = integer("times", times, minimum=1, maximum=10_000, remedy="pass how many training times, an integer >= 1")
    picked = np.unique(np.linspace(0, len(run.epochs) - 1, min(count, len(run.epochs))).round().astype(int))
    if count == 1:
        picked = np.array([len(run.epochs) - 1])
    found = []
    for done, epoch in enumerate(run.epochs[picked].tolist(), start=1):
        weights = run.weights_at(epoch)
        found.append(learned_error(run.setup, steps, weights=weights, prompts=prompts, seed=seed, metric=metric))
        if progress is not None:
            progress(done, len(picked))
        if found[-1].interrupted:
            break
    return LearnedErrors(
        setup=run.setup,
        metric=found[0].metric,
        epochs=run.epochs[picked][: len(found)],
        error=np.array([item.values for item in found]),
        stderr=np.array([item.stderr for item in found]),
        median=np.array([item.median for item in found]),
        heavy_tail=np.array([item.heavy_tail for item in found]),
        prompts=found[0].prompts,
        seed=found[0].seed,
    )
