"""Pictures of selected tasks: probabilities, sorted, coloured by hardness, with intervals if there are any."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.fields import F64
from theorycalc.hardness import task_hardness
from theorycalc.plotting.canvas import canvas, floats, heading
from theorycalc.plotting.style import CYCLE, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from theorycalc.selection.answer import Selection
    from theorycalc.selection.bootstrap import SelectionIntervals

_MOST_BARS = 30
_LONGEST_NAME = 24
_COLOURS = "cividis"  # read alike by the colour-blind, and monotone in grey
_SAME = 1.001  # hardness that differs by less has one colour
_HEIGHT = 0.28  # inches of a bar


def plot_selection(
    selection: "Selection", *, intervals: "SelectionIntervals | None" = None, path: Any = None, title: str | None = None
) -> "Figure":
    """Draw the probabilities of tasks as bars, largest first, coloured by Hard(Λ) = tr Λ/λ_min.

    At most 30 tasks are shown, those of largest probability; the last line says what the others have together.

    Parameters
    ----------
    selection : the optimal mixture
    intervals : drawn as whiskers, with the mean of the replicates as a dot
    path : .png, .svg or .pdf; replaced atomically
    title : heading; a line below it states the problem

    Raises
    ------
    InvalidSetup, ImportError, OSError
        for an unknown file type; without matplotlib; if ``path`` cannot be written.
    """
    weights = floats(selection.weights)
    order = np.lexsort((np.arange(len(weights)), -weights))
    shown, rest = order[:_MOST_BARS], order[_MOST_BARS:]
    hardness = np.array([float(task_hardness(selection.program.covariances[ell], field=F64)) for ell in shown])
    with canvas(path, log=False) as (figure, axes):
        figure.set_size_inches(8.2, max(2.6, 1.5 + _HEIGHT * (len(shown) + bool(rest.size))))
        places = np.arange(len(shown))
        colours, mappable = _colours(hardness)
        axes.barh(places, weights[shown], color=colours, height=0.72, zorder=2)
        if intervals is not None:
            low, high = intervals.lower[shown], intervals.upper[shown]
            axes.hlines(places, low, high, color=INK, lw=1.3, zorder=4)
            axes.plot(np.concatenate([low, high]), np.tile(places, 2), "|", color=INK, ms=6, zorder=4)
            axes.plot(intervals.mean[shown], places, "o", color="white", mec=INK, ms=4.2, mew=1.1, zorder=5)
        names = [_short(selection.names[ell]) for ell in shown]
        if rest.size:
            names.append(f"{rest.size:,} others")
            places = np.arange(len(names))
            axes.barh(places[-1], weights[rest].sum(), color="#D0D0D0", height=0.72, zorder=2)
        axes.set_yticks(places, names)
        axes.set_ylim(len(places) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#E6E6E6", lw=0.7)
        _limits(axes, weights, shown, rest, intervals)
        label = "selection probability"
        if intervals is not None:
            label += f"   (line: {100 * intervals.level:g} % of bootstrap replicates, dot: their mean)"
        axes.set_xlabel(label)
        if mappable is not None:
            bar = figure.colorbar(mappable, ax=axes, pad=0.02, aspect=24, fraction=0.05)
            bar.set_label(r"hardness  tr $\Lambda_\ell$ / $\lambda_{\min}$")
            bar.outline.set_visible(False)
        heading(
            axes, title or "The mixture nearest to the target", _statement(selection, hardness, mappable is not None)
        )
    return figure


def plot_task_groups(
    selection: "Selection", groups: Sequence[str], *, path: Any = None, title: str | None = None
) -> "Figure":
    """Draw (a) the probability of every task by group, with a line at each group's mean, and (b) against hardness.

    Parameters
    ----------
    selection : the optimal mixture
    groups : the group of each task, (T,); at most six
    path, title : as for :func:`plot_selection`

    Raises
    ------
    InvalidSetup, ImportError, OSError
        for a wrong number of groups, or an unknown file type; without matplotlib; if ``path`` cannot be written.
    """
    names = list(dict.fromkeys(groups))
    weights = floats(selection.weights)
    if len(groups) != len(weights) or len(names) > len(CYCLE):
        problem = f"{len(groups)} entries, {len(names)} groups, for {len(weights)} tasks"
        raise refuse("groups", names, problem, f"pass one for each task, at most {len(CYCLE)} different")
    hardness = np.array([float(task_hardness(task, field=F64)) for task in selection.program.covariances])
    with canvas(path, log=False) as (figure, axes):
        axes.remove()
        figure.set_size_inches(9.6, 4.3)
        left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.15, 1]})
        start = 0
        for i, name in enumerate(names):
            mine = np.flatnonzero(np.array([group == name for group in groups]))
            places = start + np.arange(len(mine))
            look: dict[str, Any] = {"color": CYCLE[i], "marker": "os^Dv*"[i], "ls": "none", "ms": 4.2, "alpha": 0.75}
            left.plot(places, weights[mine], **look, label=name, zorder=3)
            left.hlines(weights[mine].mean(), start - 0.5, start + len(mine) - 0.5, color=CYCLE[i], lw=2.2, zorder=4)
            right.plot(hardness[mine], weights[mine], **look, zorder=3)
            start += len(mine)
        left.set_xlabel("task, by type   (line: mean of the type)")
        left.set_ylabel("selection probability")
        left.set_xlim(-0.02 * start, 1.02 * start)
        left.set_ylim(bottom=-0.02 * float(weights.max()))
        right.set_xlabel(r"hardness  tr $\Lambda_\ell$ / $\lambda_{\min}$")
        right.set_xscale("log" if hardness.max() > 5 * hardness.min() else "linear")
        for part, letter in ((left, "a"), (right, "b")):
            part.grid(axis="y", color="#E6E6E6", lw=0.7)
            part.text(0.98, 0.98, f"({letter})", transform=part.transAxes, ha="right", va="top", color=INK)
        heading(left, title or "Selected tasks by type, and by hardness", _statement(selection, hardness, True))
        figure.legend(loc="outside lower center", ncols=min(4, len(names)))
    return figure


def _limits(axes: "Axes", weights: Any, shown: Any, rest: Any, intervals: Any) -> None:
    ends = [float(weights[shown].max()), float(weights[rest].sum()) if rest.size else 0.0]
    if intervals is not None:
        ends.append(float(intervals.upper[shown].max()))
    axes.set_xlim(0, min(1.0, 1.06 * max(ends)) if max(ends) < 1 else 1.0)


def _colours(hardness: Any) -> tuple[Any, Any]:
    """Return a colour for each bar, and what a colour bar is made from; None where hardness is the same."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize

    low, high = float(hardness.min()), float(hardness.max())
    if high <= low * _SAME or not np.isfinite(high):
        return [colormaps[_COLOURS](0.35)] * len(hardness), None
    scale = (LogNorm if high > 10 * low else Normalize)(vmin=low, vmax=high)
    darkening = LinearSegmentedColormap.from_list("hardness", colormaps[_COLOURS](np.linspace(0.86, 0.0, 64)))
    mappable = ScalarMappable(norm=scale, cmap=darkening)
    return mappable.to_rgba(hardness), mappable


def _statement(selection: "Selection", hardness: Any, coloured: bool) -> str:
    value = float(floats([selection.value])[0])
    parts = [
        f"T = {len(selection.weights):,} tasks,  d = {selection.program.d}",
        rf"$\Vert I - \Sigma^{{-1}}\bar\Lambda\Vert_F^2$ = {value:.4g}",
    ]
    if not coloured:
        parts.append(f"all of hardness {hardness[0]:.4g}")
    if not selection.is_unique:
        parts.append("one of several optimal mixtures")
    return ",  ".join(parts)


def _short(name: str) -> str:
    text = name.replace("$", r"\$")
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
