"""How uncertain selected probabilities are when covariances are estimated from samples: the bootstrap."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import choice, integer, number, refuse
from theorycalc.exceptions import NotConverged
from theorycalc.fields import F64, Array
from theorycalc.results import Frozen
from theorycalc.selection.answer import Selection
from theorycalc.selection.float_optimum import shortest_weights
from theorycalc.selection.solve import solve_selection
from theorycalc.spectra import Covariance
from theorycalc.spectra.samples import METHODS, Moments, Progress, Samples, gathered, group_count

_MOST_REPLICATES = 100_000
_MOST_GROUPS = 256  # to which samples are dealt; fewer samples are drawn one by one


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SelectionIntervals(Frozen):
    """Probabilities selected from samples, and how they spread when the samples are drawn anew from themselves.

    ``lower`` and ``upper`` are the quantiles (1 ∓ level)/2 of the replicates, ``frequency`` the share of replicates
    that use a task at all.
    """

    selection: Selection
    lower: Array  # (T,)
    upper: Array  # (T,)
    mean: Array  # (T,)
    frequency: Array  # (T,)
    value_lower: float
    value_upper: float
    level: float
    replicates: int
    seed: int
    uncertainty: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: those of the selection, with the intervals."""
        return self.selection.to_dict() | {
            "lower": self.lower.tolist(),
            "upper": self.upper.tolist(),
            "mean": self.mean.tolist(),
            "frequency": self.frequency.tolist(),
            "value_interval": [self.value_lower, self.value_upper],
            "level": self.level,
            "replicates": self.replicates,
            "seed": self.seed,
            "intervals": self.uncertainty,
            "notes": [*self.selection.notes, *self.notes],
        }

    def _table(self) -> dict[str, Any]:
        return self.selection._table() | {name: getattr(self, name) for name in ("lower", "upper", "mean", "frequency")}

    def plot(self, path: Any = None, title: str | None = None) -> Any:
        """Draw the probabilities with their intervals (needs the ``plot`` extra); return the figure."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_selection(
            self.selection, intervals=self, path=path, title=title
        )

    def __repr__(self) -> str:
        more = f"level={self.level:g}, replicates={self.replicates}, seed={self.seed}"
        return f"SelectionIntervals({self.selection!r}, {more})"


def bootstrap_selection(
    target: Any,
    tasks: Any,
    *,
    replicates: int = 200,
    seed: int = 0,
    level: float = 0.9,
    method: str = "empirical",
    assume_centered: bool = False,
    progress: Progress | None = None,
) -> SelectionIntervals:
    """Return the optimal mixture of tasks given by samples, with bootstrap intervals of its probabilities.

    In each replicate the samples of every task, and of the target, are drawn anew with replacement, all covariances are
    estimated and the mixture is selected again.

    Parameters
    ----------
    target : (N, d) samples, one in each row: an array or the path of a .npy or .csv file; or a Covariance known exactly
    tasks : name -> samples or Covariance
    replicates : number of replicates, >= 2
    seed : the same seed gives the same numbers
    level : of the intervals, in (0, 1)
    method, assume_centered : how covariances are estimated, see :func:`theorycalc.covariance_from_samples`
    progress : called with (work done, all work)

    Returns
    -------
    SelectionIntervals
        ``.selection`` from all samples, ``.lower``, ``.upper``, ``.mean`` and ``.frequency`` (T,)

    Raises
    ------
    InvalidSetup
        as for covariance_from_samples and solve_selection, or for a mapping that is none.
    NotConverged
        when the target's covariance is singular in some replicate.

    Target and tasks are drawn independently: give the target other samples than the tasks.
    More than 256 samples are dealt to 256 groups in turn, and whole groups are drawn: this needs one pass, and one
    moment matrix for each group.  Intervals are of percentiles: where the optimum lies on the border of the simplex, as
    it does for unused tasks, they are no confidence intervals in the strict sense.
    Cost: O(N d²) for each task, and one optimum with O(T d³) for each replicate.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    count = integer("replicates", replicates, minimum=2, maximum=_MOST_REPLICATES, remedy="pass an integer >= 2")
    root = integer("seed", seed, minimum=0, maximum=2**63, remedy="pass an integer >= 0")
    share = float(number("level", level))
    if not 0 < share < 1:
        raise refuse("level", level, "not in (0, 1)", "pass the level of the intervals, such as 0.9")
    kind = choice("method", method, METHODS)
    if not isinstance(tasks, Mapping) or not len(tasks):
        raise refuse("tasks", tasks, "not a dict with a task", "pass name -> samples")
    read = {name: _opened(source, name) for name, source in {"target": target, **_renamed(tasks)}.items()}
    dimensions = {name: item.d for name, item in read.items()}
    if len(set(dimensions.values())) > 1:
        raise refuse(
            "tasks", list(dimensions.values())[1:], f"target has d = {dimensions['target']}", "use one dimension"
        )
    rows = sum(item.count * (2 if kind == "ledoit-wolf" else 1) for item in read.values() if isinstance(item, Samples))
    total = rows + count * _weight(rows, count)
    done = 0

    def advance(here: int, _total: int) -> None:
        if progress is not None:
            progress(done + here, total)

    moments: dict[str, Moments | Covariance] = {}
    for name, item in read.items():
        if isinstance(item, Covariance):
            moments[name] = item
            continue
        groups = group_count(item, most=_MOST_GROUPS, name=_shown(name))
        moments[name] = gathered(
            item, assume_centered=assume_centered, fourth=kind == "ledoit-wolf", groups=groups, progress=advance
        )
        done += item.count * (2 if kind == "ledoit-wolf" else 1)
    covariances = {name: _estimated(part, kind, _shown(name)) for name, part in moments.items()}
    chosen = solve_selection(covariances.pop("target"), {_shown(name): c for name, c in covariances.items()})
    weights, values = np.empty((count, len(covariances))), np.empty(count)
    rng = np.random.default_rng(np.random.SeedSequence(root))
    for b in range(count):
        matrices = {name: _replicate(part, kind, rng) for name, part in moments.items()}
        weights[b], values[b] = _selected(matrices.pop("target"), list(matrices.values()))
        done += _weight(rows, count)
        advance(0, total)
    ends = [(1 - share) / 2, (1 + share) / 2]
    lower, upper = np.quantile(weights, ends, axis=0)
    value_lower, value_upper = (float(end) for end in np.quantile(values, ends))
    dealt = any(isinstance(item, Samples) and item.count > _MOST_GROUPS for item in read.values())
    return SelectionIntervals(
        selection=chosen,
        lower=lower,
        upper=upper,
        mean=weights.mean(axis=0),
        frequency=(weights > 0).mean(axis=0),
        value_lower=value_lower,
        value_upper=value_upper,
        level=share,
        replicates=count,
        seed=root,
        uncertainty=f"percentiles of {count} bootstrap replicates (seed {root})"
        + (f", samples drawn in {_MOST_GROUPS} groups" if dealt else ""),
    )


def _renamed(tasks: Mapping[str, Any]) -> dict[str, Any]:
    """A task may be called target too."""
    return {f"task {name}": source for name, source in tasks.items()}


def _shown(name: str) -> str:
    return name.removeprefix("task ")


def _weight(rows: int, count: int) -> int:
    """Progress that one replicate counts for: all of them half of the work."""
    return max(1, rows // count)


def _opened(source: Any, name: str) -> Samples | Covariance:
    return source if isinstance(source, Covariance) else Samples.of(source, name=_shown(name))


def _estimated(part: Moments | Covariance, method: str, name: str) -> Covariance:
    if isinstance(part, Covariance):
        return part
    return part.resampled(np.ones(len(part.count))).covariance(method, name=name)


def _replicate(part: Moments | Covariance, method: str, rng: np.random.Generator) -> Array:
    if isinstance(part, Covariance):
        return part.dense(F64)
    groups = len(part.count)
    return part.resampled(rng.multinomial(groups, np.full(groups, 1 / groups)).astype(float)).matrix(method)


def _selected(Sigma: Array, tasks: list[Array]) -> tuple[Array, float]:
    spectrum = np.linalg.eigvalsh(Sigma)
    if not spectrum[0] > 1e-10 * spectrum[-1]:
        raise NotConverged(
            'target: its covariance is singular in a bootstrap replicate; use method="ledoit-wolf" or more samples'
        )
    return shortest_weights(
        np.linalg.solve(Sigma, np.array(tasks)).reshape(len(tasks), -1), np.eye(len(Sigma)).reshape(-1)
    )
