"""Pictures of the iso-error frontier: training length against steps of thinking."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.plotting.canvas import MOST_MARKERS, canvas, heading
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import CYCLE, GREY, INK
from theorycalc.results import Rung
from theorycalc.thinking.answer_text import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from theorycalc.thinking.frontier import Frontier

_MOST_NAMED = 6  # lines with a legend entry of their own
_RUNGS = {
    Rung.POPULATION: "population law",
    Rung.EXACT: "exact mean",
    Rung.PROPORTIONAL: "proportional limit",
    Rung.EXPANSION: "series in $1/m$",
    Rung.BOUND: "the paper's bounds",
}
_BAND, _CROSS = 0.24, 0.045  # of the height of the axes: the most for the unreachable, and for one row of crosses
_FEW_STEPS, _POWERS_OF_TWO = 16, 4096
_FEW_DECADES = 1.5


def plot_frontier(found: "Frontier", *, path: Any = None, title: str | None = None) -> "Figure":
    """Draw the smallest n against k on logarithmic axes, one line for each target error.

    Markers are integers n, thin lines the real crossing, dashes Corollary 3.5 where it is about the problem.  Crosses
    in the band at the top mark numbers of steps with which no training length reaches the target.

    Parameters
    ----------
    found : what :func:`theorycalc.frontier` returned
    path : .png, .svg or .pdf; replaced atomically
    title : heading; a line below it states the problem
    """
    from matplotlib.lines import Line2D

    with canvas(path, log=True) as (figure, axes):
        axes.set_xscale("log")
        lengths = np.array([[math.nan if n is None else float(n) for n in row] for row in found.n])
        count = len(found.errors)
        colors = _colors(count)
        named = np.linspace(0, count - 1, min(_MOST_NAMED, count)).round().astype(int).tolist()
        legend: list[Any] = []
        for row, error in enumerate(found.errors):
            entry = _draw_row(axes, found, lengths[row], row, colors[row], with_law=row in named)
            if row in named:
                entry.set_label(f"error {short(error)}")
                legend.append(entry)
        lost = np.isnan(lengths) & np.isinf(found.n_real)
        rows = int(np.sum(lost.any(axis=1)))
        band = min(_BAND, _CROSS * (rows + 1)) if rows else 0.0
        _axes(axes, found, lengths, band)
        _crosses(axes, found, lost, colors, band)
        if np.any(np.isfinite(found.closed_form)):
            law = "Corollary 3.5:\n$n=(1+\\mathrm{Hard})\\,((d/\\varepsilon)^{1/2k}-1)$"
            legend.append(Line2D([], [], color=INK, lw=1.1, ls=(0, (4, 2.5)), label=law))
        if np.any(lost):
            legend.append(Line2D([], [], color=INK, ls="none", marker="x", ms=6, mew=1.6, label="no $n$ reaches it"))
        heading(axes, title or "Context that a target error needs", statement(found))
        figure.legend(handles=legend, loc="outside right upper")
    return figure


def _draw_row(axes: "Axes", found: "Frontier", lengths: Any, row: int, color: str, *, with_law: bool) -> Any:
    """Draw one target; return its legend entry."""
    from matplotlib.lines import Line2D

    law = found.closed_form[row]
    shown = np.isfinite(law) & (law > 0)
    if with_law and shown.any():
        axes.plot(found.steps[shown], law[shown], color=color, lw=1.1, ls=(0, (4, 2.5)), alpha=0.8, zorder=3, gid="law")
    real = np.where(np.isfinite(found.n_real[row]), found.n_real[row], lengths)
    axes.plot(found.steps, real, color=color, lw=1.4, zorder=5, gid="frontier")
    few = len(found.steps) <= MOST_MARKERS
    marker: dict[str, Any] = (
        {"ls": "none", "marker": "o", "ms": 4.5, "mec": "white", "mew": 0.6} if few else {"lw": 1.4}
    )
    axes.plot(found.steps, lengths, color=color, zorder=6, gid="integers", **marker)
    return Line2D([], [], color=color, lw=1.4, marker="o" if few else "", ms=4.5, mec="white", mew=0.6)


def _crosses(axes: "Axes", found: "Frontier", lost: Any, colors: list[str], band: float) -> None:
    """Mark unreachable pairs in a band at the top, one row of crosses for each target."""
    from matplotlib.patches import Rectangle

    rows = np.flatnonzero(lost.any(axis=1))
    if not rows.size:
        return
    shade = Rectangle((0, 1 - band), 1, band, transform=axes.transAxes, color="#F0F0F0", lw=0, zorder=2)
    axes.add_patch(shade)
    for level, row in enumerate(rows):
        at = found.steps[lost[row]]
        height = np.full(at.size, 1 - band * (level + 1) / (rows.size + 1))
        style: dict[str, Any] = {"ls": "none", "marker": "x", "ms": 5, "mew": 1.4, "zorder": 7, "gid": "unreachable"}
        axes.plot(at, height, color=colors[row], transform=axes.get_xaxis_transform(), **style)


def _axes(axes: "Axes", found: "Frontier", lengths: Any, band: float) -> None:
    """Set limits with room for the band, and ticks: steps at powers of two, lengths at powers of ten."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    first, last = float(found.steps[0]), float(found.steps[-1])
    axes.set_xlim(first / 1.12, last * 1.12)
    axes.xaxis.set_major_locator(FixedLocator(_step_ticks(first, last)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    laws = found.closed_form[np.isfinite(found.closed_form) & (found.closed_form > 0)]
    high = float(np.max(np.concatenate([lengths[np.isfinite(lengths)], laws, [2.0]])))
    decades = math.log10(high)
    below, above = 0.06 * max(decades, 1), 0.05 * max(decades, 1)
    total = (decades + below + above) / (1 - band)
    axes.set_ylim(10**-below, 10 ** (total - below))
    marks = [1.0, 2, 3, 5, 10, 20, 30] if decades < _FEW_DECADES else [10.0**i for i in range(16)]
    thin = 1 if decades < 8 else 2
    axes.yaxis.set_major_locator(FixedLocator([mark for mark in marks if mark <= high * 1.3][::thin]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_count))
    axes.grid(axis="y", which="major", color="#E6E6E6", lw=0.7)
    axes.axhline(1.0, color=GREY, lw=0.8, ls=(0, (1, 2)), zorder=1)
    axes.set_xlabel("CoT steps $k$")
    axes.set_ylabel("examples $n$ per training prompt")


def _step_ticks(first: float, last: float) -> list[float]:
    """Return ticks between two numbers of steps.

    >>> _step_ticks(1, 10), _step_ticks(1, 64)
    ([1, 2, 3, 4, 5, 6, 8, 10], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    """
    if last <= _FEW_STEPS:
        marks: list[float] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16]
    else:
        marks = [2.0**i for i in range(21)] if last <= _POWERS_OF_TWO else [10.0**i for i in range(16)]
    return [mark for mark in marks if first <= mark <= last] or [first]


def _count(value: float, _position: int) -> str:
    return f"{value:,.0f}" if value < 1e6 else f"$10^{{{round(math.log10(value))}}}$"


def _colors(count: int) -> list[str]:
    """Few targets get colours that are told apart, many a scale from dark to light."""
    if count <= len(CYCLE):
        return list(CYCLE[:count])
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["cividis"](0.9 * i / (count - 1))) for i in range(count)]


def statement(found: "Frontier") -> str:
    """Return the problem without its n, and the rung, in one line."""
    parts = [part for part in describe(found.setup).split(",  ") if not part.startswith("n = ")]
    if found.tied or found.rung is Rung.POPULATION:
        length = "m = n" if found.tied else "m = ∞"
        parts = [length if part.startswith("m = ") else part for part in parts]
    return ",  ".join([*parts, _RUNGS[found.rung]])
