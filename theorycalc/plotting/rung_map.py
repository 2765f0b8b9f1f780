"""The map of rungs: which of them can be trusted at k steps on prompts of m examples."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.plotting.canvas import canvas, heading
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import GREY, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from theorycalc.thinking.rung_map import RungMap

#: Light to dark in the order of cost; told apart when colour-blind, and in grey by their lightness.
_COLORS = {
    "population": "#DCEEF9",
    "expansion": "#A6CFE8",
    "proportional": "#F6DFA6",
    "exact": "#E9A27C",
    "unknown": "#F2F2F2",
}
_MOST_LABELS = 16
_MEANING = {
    "population": "population law\n(cheapest)",
    "expansion": "1/m series, order 2",
    "proportional": "proportional limit",
    "exact": "only the exact rung",
    "unknown": "not known: the mean is out\nof reach of these rungs",
}


def plot_rung_map(found: "RungMap", *, path: Any = None, title: str | None = None) -> "Figure":
    """Draw the cheapest rung within the tolerance of the mean, over k and m; the line is where "exact" ends.

    Every m that was asked about has one row, whatever its distance to the next: nothing is said of those between.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from theorycalc.thinking.rung_map import CODES

    with canvas(path, log=False) as (figure, axes):
        colors = ListedColormap([_COLORS[name] for name in CODES])
        norm = BoundaryNorm(np.arange(-0.5, len(CODES)), len(CODES))
        k = np.arange(found.code.shape[1])
        rows = np.arange(len(found.m_values) + 1) - 0.5  # one row of cells for each m that was asked about, none wider
        axes.pcolormesh(np.append(k - 0.5, k[-1] + 0.5), rows, found.code, cmap=colors, norm=norm)
        axes.grid(False)
        every = -(-len(found.m_values) // _MOST_LABELS)
        axes.set_yticks(np.arange(0, len(found.m_values), every), [f"{m:,}" for m in found.m_values[::every]])
        axes.tick_params(axis="y", length=0)
        used = [name for i, name in enumerate(CODES) if np.any(found.code == i)]
        handles: list[Any] = [Patch(fc=_COLORS[name], ec=GREY, lw=0.5, label=_MEANING[name]) for name in used]
        if not found.is_exact.all():
            last = found.is_exact.sum(axis=1) - 0.5
            axes.stairs(last, rows, orientation="horizontal", color=INK, lw=1.2, baseline=None)
            handles.append(Line2D([], [], color=INK, lw=1.2, label="right of it the mean is\nthat of the series"))
        axes.set_xlabel("CoT steps $k$")
        axes.set_ylabel("examples $m$ of the test prompt")
        statement = describe(found.setup.replace(m=None)).split(",  m =")[0]
        heading(axes, title or f"Cheapest rung within {100 * found.tolerance:g} % of the mean", statement)
        figure.legend(handles=handles, loc="outside right upper")
    return figure
