"""Pictures of the typical error over very many steps, on axes that no range of float64 limits."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.exceptions import InvalidSetup
from theorycalc.plotting.canvas import MOST_MARKERS, canvas, heading
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import FAINT, GREEN, VERMILLION
from theorycalc.results import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from theorycalc.error_curves.typical import TypicalError

_BELOW_FLOOR = 18.0  # decades below the floor that are shown of the difference from it
_FEW = 1.5  # decades; below, ticks are plain numbers
_LABEL = {
    Metric.ESTIMATION: r"typical error  $\Vert w_k - w^{*}\Vert^2$",
    Metric.PREDICTION: r"typical error  $\Vert\Sigma^{1/2}(w_k - w^{*})\Vert^2$",
}


def plot_typical_error(found: "TypicalError", path: Any = None, title: str | None = None) -> "Figure":
    """Draw E_k over selected k, both logarithmic; return the figure, and write it to ``path`` if given.

    Where the error settles above 0, its floor is a line, and the difference from it is drawn too (hollow where the
    error is below its floor), down to 18 decades below.  k = 0 has no place on the axis and is left out.

    Raises
    ------
    InvalidSetup, ImportError, OSError
        if no step is positive or every error is 0; for an unknown file type; without matplotlib; if ``path`` cannot be
        written.
    """
    shown = np.flatnonzero((found.steps > 0) & (found.sign != 0))
    if not shown.size:
        raise InvalidSetup("steps: no positive error after a positive number of steps to draw; select others")
    shown = shown[np.argsort(found.steps[shown], kind="stable")]
    steps, heights = found.steps[shown], found.log10[shown]
    with canvas(path, log=False) as (figure, axes):
        axes.set_xscale("log")
        style: dict[str, Any] = {"lw": 1.8, "ms": 4.5, "mec": "white", "mew": 0.7}
        marker = "s" if shown.size <= MOST_MARKERS else ""
        axes.plot(
            steps, heights, color=GREEN, marker=marker, zorder=6, gid="typical", label="proportional limit", **style
        )
        if found.floor:
            _floor(axes, found, shown, math.log10(found.floor))
        low, high = axes.dataLim.intervaly
        room = max(0.06 * (high - low), 0.05)
        axes.set_ylim(low - room, high + room)
        _decades(axes)
        axes.set_xlabel("CoT steps $k$")
        axes.set_ylabel(_LABEL[found.metric])
        axes.grid(axis="y", which="major", color="#E6E6E6", lw=0.7)
        if steps[0] == steps[-1]:
            axes.set_xlim(steps[0] / 2, steps[0] * 2)
        heading(axes, title or "Typical error of long chains of thought", describe(found.setup))
        figure.legend(loc="outside right upper")
    return figure


def _floor(axes: "Axes", found: "TypicalError", shown: Any, height: float) -> None:
    assert found.excess_log10 is not None
    assert found.excess_sign is not None
    axes.axhline(
        height, color=FAINT, lw=1.2, ls=(0, (5, 2)), zorder=2, gid="floor", label=f"its floor, {found.floor:.5g}"
    )
    steps, excess, sign = found.steps[shown], found.excess_log10[shown], found.excess_sign[shown]
    inside = (sign != 0) & (excess > height - _BELOW_FLOOR)
    if not np.any(inside):
        return
    line: dict[str, Any] = {"color": VERMILLION, "lw": 1.2, "ls": (0, (1, 1.2)), "zorder": 4}
    axes.plot(steps[inside], excess[inside], label="distance from the floor", gid="excess", **line)
    if shown.size > 2 * MOST_MARKERS:
        return
    for chosen, face, label in ((sign > 0, VERMILLION, None), (sign < 0, "white", "the same, below the floor")):
        if np.any(inside & chosen):
            look: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 4, "mec": VERMILLION, "mfc": face, "zorder": 5}
            axes.plot(steps[inside & chosen], excess[inside & chosen], label=label, **look)


def _decades(axes: "Axes") -> None:
    """Label the logarithms as powers of ten, or as plain numbers where the axis spans few decades."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    low, high = axes.get_ylim()
    if high - low > _FEW:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: rf"$10^{{{y:.0f}}}$"))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{10**y:.4g}"))
