"""Pictures of training: loss and distance above, test error after some steps of thought below, over training time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array
from theorycalc.plotting.canvas import MOST_MARKERS, canvas, floats, heading
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import BLUE, CYCLE, GREY, VERMILLION
from theorycalc.results import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (8.2, 6.6)
_MOST_SHOWN = 6  # thinking times
_ERROR = {
    Metric.ESTIMATION: r"$\mathrm{E}\,\Vert w_k - w^{*}\Vert^2$",
    Metric.PREDICTION: r"$\mathrm{E}\,\Vert\Sigma^{1/2}(w_k - w^{*})\Vert^2$",
}
_MARKERS = "os^DvP"
_SMALLEST = 1e-15  # share of the largest distance or loss below which nothing is drawn


def plot_training(
    curve: Any = None,
    *,
    run: Any = None,
    errors: Any = None,
    steps: Sequence[int] | None = None,
    path: Any = None,
    title: str | None = None,
) -> "Figure":
    """Draw training on logarithmic axes; return the figure, and write it to ``path`` if given.

    Lines are theory (a TrainingCurve), markers a trained layer: its loss and distance (a TrainingRun), and its
    simulated test error (LearnedErrors) with standard errors, hollow where they are not to be trusted.  Time 0 has no
    place on a logarithmic axis and is left out, and so is what is below 10⁻¹⁵ of the largest distance or loss.

    Parameters
    ----------
    curve, run, errors : what to draw; at least a curve or a run
    steps : thinking times k to show, at most six; default 0, 1, 2, 4, … of the curve
    path : .png, .svg or .pdf; replaced atomically
    title : heading; a line below it states the problem

    Raises
    ------
    InvalidSetup, ImportError, OSError
        for nothing to draw, other steps, or an unknown file type; without matplotlib; if ``path`` cannot be written.
    """
    if curve is None and run is None:
        raise InvalidSetup("curve = None, run = None: nothing to draw; pass a TrainingCurve or a TrainingRun")
    source = run if curve is None else curve
    lower = curve is not None or errors is not None
    with canvas(path) as (figure, first):
        figure.set_size_inches(*(_SIZE if lower else (_SIZE[0], 4.6)))
        panels = [first]
        if lower:
            figure.delaxes(first)
            panels = list(figure.subplots(2, 1, sharex=True, height_ratios=(2, 3)))
        _losses(panels[0], curve, run)
        if lower:
            _errors(panels[1], curve, errors, steps)
        for axes in panels:
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.grid(which="major", color="#E6E6E6", lw=0.7)
            axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        panels[-1].set_xlabel("steps of training $t$")
        heading(panels[0], title or "Training, and thinking after it", _statement(source))
    return figure


def _statement(source: Any) -> str:
    how = getattr(source, "how", None)
    eta = float(how.step_size if how is not None else source.step_size)
    return f"{describe(source.setup)},  $\\eta$ = {eta:.4g}"


def _positive(times: Array, values: Any) -> tuple[Array, Array]:
    numbers = floats(values)
    shown = (times > 0) & np.isfinite(numbers) & (numbers > 0)
    return times[shown], numbers[shown]


def _losses(axes: "Axes", curve: Any, run: Any) -> None:
    axes.set_ylabel("distance,  loss")
    looks: tuple[tuple[str, str, str, Any, str], ...] = (
        ("distance", r"distance $\Vert V_t - V^{*}\Vert/\Vert V^{*}\Vert$", BLUE, "-", "o"),
        ("excess", "loss above its minimum", VERMILLION, (0, (5, 2)), "s"),
    )
    for name, label, color, line, marker in looks:
        if curve is not None:
            axes.plot(*_positive(curve.epochs, getattr(curve, name)), color=color, ls=line, lw=1.8, label=label)
        if run is not None:
            text = f"{label},\ntrained layer" if curve is None else "the same, trained layer"
            style: dict[str, Any] = {"ls": "none", "marker": marker, "ms": 4, "mfc": "white", "mec": color}
            axes.plot(*_positive(run.epochs, getattr(run, name)), label=text, **style)
    low, high = axes.dataLim.intervaly
    if 0 < low < high * _SMALLEST:
        axes.set_ylim(high * _SMALLEST, 3 * high)


def _errors(axes: "Axes", curve: Any, errors: Any, steps: Sequence[int] | None) -> None:
    from matplotlib import colormaps

    source = curve if curve is not None else errors
    last = source.error.shape[1] - 1
    shown = _shown(last) if steps is None else [int(k) for k in steps]
    if not shown or len(shown) > _MOST_SHOWN or min(shown) < 0 or max(shown) > last:
        raise refuse("steps", list(steps or []), f"not among 0 … {last}, or too many", f"pick at most {_MOST_SHOWN}")
    colors = colormaps["viridis"](np.linspace(0.0, 0.85, len(shown)))
    for k, color, marker in zip(shown, colors, _MARKERS, strict=False):
        label = f"$k$ = {k}"
        if curve is not None:
            axes.plot(*_positive(curve.epochs, curve.error[:, k]), color=color, lw=1.8, label=label)
            label = ""
        if errors is not None:
            _points(axes, errors, k, color, marker, label)
    if errors is not None:
        looks = [(GREY, "trained layer,\nsimulated")]
        looks += [("white", "the same, heavy-tailed:\nnot to be trusted")] if errors.heavy_tail[:, shown].any() else []
        for face, label in looks:
            axes.errorbar([], [], yerr=[], ls="none", marker="o", ms=4.5, color=GREY, mfc=face, label=label)
    rung = f", {curve.rung}" if curve is not None else ""
    axes.set_ylabel(f"test error  {_ERROR[Metric(source.metric)]}{rung}")


def _points(axes: "Axes", errors: Any, k: int, color: Any, marker: str, label: str) -> None:
    for heavy, face in ((False, color), (True, "white")):
        mask = (errors.heavy_tail[:, k] == heavy) & (errors.epochs > 0) & (errors.error[:, k] > 0)
        if not np.any(mask):
            continue
        values, spread = errors.error[mask, k], errors.stderr[mask, k]
        bars = np.stack([np.minimum(spread, 0.9 * values), spread])
        style: dict[str, Any] = {"ls": "none", "marker": marker, "ms": 4.5, "color": color, "mfc": face, "capsize": 2}
        axes.errorbar(errors.epochs[mask], values, yerr=bars, label=label, **style)
        label = ""


def _shown(last: int) -> list[int]:
    """Return thinking times 0, 1, 2, 4, … and the last, at most six.

    >>> _shown(10), _shown(2), _shown(100)
    ([0, 1, 2, 4, 8, 10], [0, 1, 2], [0, 1, 4, 16, 64, 100])
    """
    if last < _MOST_SHOWN:
        return list(range(last + 1))
    ratio = 2
    while ratio ** (_MOST_SHOWN - 2) < last:
        ratio *= 2
    return [0, *(ratio**i for i in range(_MOST_SHOWN - 2) if ratio**i < last), last]


def plot_training_frontier(frontiers: Sequence[Any], *, path: Any = None, title: str | None = None) -> "Figure":
    """Draw the fewest steps of training over the steps of thought, one line for each target; logarithmic axes.

    Dotted lines are those of equal product t·k.  Steps with which no training time meets the target are left out.

    Parameters
    ----------
    frontiers : TrainingFrontiers of one problem and step size
    path, title : as for :func:`plot_training`
    """
    drawn = list(frontiers)
    if not drawn or not any(frontier.reachable.any() for frontier in drawn):
        raise InvalidSetup("frontiers: nothing to draw, as no target is reached; ask for larger errors")
    with canvas(path) as (figure, axes):
        for i, frontier in enumerate(drawn):
            shown = frontier.reachable & (frontier.epochs > 0)
            k, t, color = frontier.steps[shown], frontier.epochs[shown], CYCLE[i % len(CYCLE)]
            label = f"test error $\\leq$ {float(frontier.target):.4g}"
            marker = _MARKERS[i % len(_MARKERS)] if k.size <= 2 * MOST_MARKERS else ""
            axes.plot(k, t, color=color, marker=marker, ms=3.5, lw=1.6, label=label)
            if k.size > 1:
                axes.plot(k, t[0] * k[0] / k, color=color, ls=(0, (1, 2)), lw=1.0, zorder=1.5)
        axes.plot([], [], color=GREY, ls=(0, (1, 2)), lw=1.0, label="equal product $t\\,k$")
        axes.set_xscale("log")
        axes.grid(which="major", color="#E6E6E6", lw=0.7)
        axes.set_xlabel("steps of thought $k$")
        axes.set_ylabel("fewest steps of training $t$")
        _plain_ticks(axes)
        said = f"{_statement(drawn[0])},  {drawn[0].rung}, {drawn[0].metric}"
        heading(axes, title or "Training that a target error needs", said)
        figure.legend(loc="outside right upper")
    return figure


def _plain_ticks(axes: "Axes") -> None:
    """Put whole numbers at the ticks of both logarithmic axes."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_data_interval()
        subs = (1.0, 2.0, 5.0) if low > 0 and high < 1000 * low else (1.0,)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
