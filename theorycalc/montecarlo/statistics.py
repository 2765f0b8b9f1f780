"""What a sample says about a mean, and when it says nothing: the heavy-tail flag."""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array

LEVELS = (0.05, 0.25, 0.75, 0.95)
#: The standard error must rest on at least this many effective draws, or on a tenth of a sample below 300.
EFFECTIVE_DRAWS = 30
#: Below this tail index the fourth moment, hence the error of the standard error, does not settle.
TAIL_INDEX = 4.0
#: Share of a standard error that prompts rarer than the sample may be expected to add to the mean.
UNSEEN_SHARE = 0.3
_FEWEST_FOR_TAIL_INDEX = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """Per step: mean, its standard error, median, quantiles, share of the largest sample, heavy-tail flag."""

    mean: Array
    stderr: Array
    median: Array
    quantiles: dict[float, Array]
    largest_share: Array
    heavy_tail: Array


def summarise(samples: Array, unseen: Array) -> Summary:
    """Return the statistics of every row of ``samples`` (steps + 1, prompts), finite and >= 0.

    ``heavy_tail`` is set, and the standard error is not to be trusted, where any of these holds:

    * *few draws decide*: with dᵢ the deviations from the mean, (Σdᵢ²)²/Σdᵢ⁴ (prompts/3 for a normal law, 1 when one
      sample is all the variance) is below ``EFFECTIVE_DRAWS``;
    * *slow tail*: Hill's estimate of the tail index from the √prompts largest samples is below ``TAIL_INDEX``;
    * *unseen tail*: prompts too rare to be in the sample are expected to move the mean by more than
      ``UNSEEN_SHARE`` standard errors (:func:`theorycalc.montecarlo.tails.unseen_mean`, given as ``unseen``).

    An unset flag is no proof of a light tail: no sample can give one.

    Cost: O(prompts) per step.

    Examples
    --------
    >>> row = np.array([1.0, 2.0, 3.0, 4.0])
    >>> summary = summarise(row[np.newaxis], np.zeros(1))
    >>> float(summary.mean[0]), float(summary.stderr[0]) ** 2 * 12, float(summary.largest_share[0])
    (2.5, 5.0, 0.4)
    """
    steps, count = samples.shape
    mean, stderr, share = np.empty(steps), np.empty(steps), np.empty(steps)
    heavy = np.zeros(steps, dtype=bool)
    quantiles = np.empty((len(LEVELS) + 1, steps))
    for k, row in enumerate(samples):
        largest = float(row.max())
        scaled = row / largest if largest > 0 else row  # squares of large errors would overflow
        average = float(scaled.mean())
        deviations = np.square(scaled - average)
        spread = float(deviations.sum())
        unit = largest if largest > 0 else 1.0
        mean[k] = unit * average
        stderr[k] = unit * (spread / (count - 1) / count) ** 0.5
        share[k] = 1 / (count * average) if largest > 0 else 0.0
        quantiles[:, k] = np.quantile(row, [0.5, *LEVELS])
        heavy[k] = spread > 0 and (
            spread**2 / float(np.square(deviations).sum()) < min(EFFECTIVE_DRAWS, count / 10)
            or tail_index(scaled) < TAIL_INDEX
            or unseen[k] > UNSEEN_SHARE * stderr[k]
        )
    return Summary(
        mean=mean,
        stderr=stderr,
        median=quantiles[0],
        quantiles=dict(zip(LEVELS, quantiles[1:], strict=True)),
        largest_share=share,
        heavy_tail=heavy,
    )


def tail_index(row: Array) -> float:
    """Return Hill's estimate of the tail index from the √n largest of n samples; inf for fewer than 100.

    >>> grid = np.arange(1, 10001) / 10001
    >>> round(tail_index(grid ** (-1 / 2)), 1)  # P(x > t) = t⁻²
    2.0
    """
    count = row.size
    if count < _FEWEST_FOR_TAIL_INDEX:
        return np.inf
    top = int(count**0.5)
    largest = np.partition(row, count - top - 1)[count - top - 1 :]
    threshold = largest[0]
    if threshold <= 0:
        return 0.0 if largest.max() > 0 else np.inf
    excess = float(np.mean(np.log(largest[1:] / threshold)))
    return 1 / excess if excess > 0 else np.inf
