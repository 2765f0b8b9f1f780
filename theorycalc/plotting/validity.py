"""Pictures of how long a prompt must be for a simple law of the error to hold."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.exceptions import InvalidSetup
from theorycalc.plotting.canvas import MOST_MARKERS, canvas, heading
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import BLUE, FAINT, GREY, VERMILLION
from theorycalc.thinking.answer_text import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from theorycalc.thinking.validity import ValidityTable

_NAMES = {"population": "the population law", "corollary": "Corollary 3.5"}
_FEW_STEPS = 16


def plot_validity(found: "ValidityTable", path: Any = None, title: str | None = None) -> "Figure":
    """Draw the smallest m over k, both logarithmic; return the figure, and write it to ``path`` if given.

    Full markers hold at every larger m by proof, hollow ones at m by the exact rung, triangles are estimates; dashes
    are the proved lower bound, and a dotted line has slope 2.

    Raises
    ------
    InvalidSetup, ImportError, OSError
        for an unknown file type; without matplotlib; if ``path`` cannot be written.
    """
    if not found.rows:
        raise InvalidSetup("steps: no row to draw")
    with canvas(path) as (figure, axes):
        axes.set_xscale("log")
        steps, m = found.steps.astype(float), found.m.astype(float)
        axes.plot(steps, m, color=BLUE, lw=1.6, zorder=4, gid="validity")
        _markers(axes, found, steps, m)
        least = np.array([np.nan if row.necessary is None else row.necessary for row in found.rows])
        if np.any(least > 1):
            dashes: dict[str, Any] = {"color": VERMILLION, "lw": 1.4, "ls": (0, (4, 2)), "zorder": 3}
            axes.plot(steps, least, label="no smaller $m$ does:\nproved lower bound", gid="necessary", **dashes)
        if len(steps) > 1:
            guide = m[-1] * (steps / steps[-1]) ** 2
            axes.plot(steps, guide, color=FAINT, lw=1.1, ls=(0, (1, 1.5)), zorder=2, label="slope 2:  $m\\propto k^2$")
        _axes(axes, steps, np.concatenate([m, least[np.isfinite(least)]]))
        kind = "holds within" if found.law == "population" else "bounds the mean up to"
        heading(axes, title or f"Where {_NAMES[found.law]} {kind} a factor {short(found.factor)}", _statement(found))
        figure.legend(loc="outside right upper")
    return figure


def _markers(axes: "Axes", found: "ValidityTable", steps: Any, m: Any) -> None:
    kinds = np.array([0 if row.is_certified else 1 if row.method == "exact" else 2 for row in found.rows])
    looks = [
        ("o", BLUE, "least $m$, and every\nlarger one proved"),
        ("o", "white", "least $m$, next to one\nthat does not do"),
        ("^", "white", "estimate from the\nseries in $1/m$"),
    ]
    for kind, (marker, face, label) in enumerate(looks):
        chosen = kinds == kind
        if not np.any(chosen):
            continue
        style: dict[str, Any] = {"ls": "none", "marker": marker, "mfc": face, "mec": BLUE, "mew": 1.3, "zorder": 6}
        every = slice(None) if len(steps) <= MOST_MARKERS else slice(None, None, len(steps) // MOST_MARKERS + 1)
        axes.plot(steps[chosen][every], m[chosen][every], ms=5.5, label=label, gid=f"rows-{kind}", **style)


def _axes(axes: "Axes", steps: Any, lengths: Any) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    first, last = float(steps[0]), float(steps[-1])
    marks = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16] if last <= _FEW_STEPS else [1, 2, 5, 10, 20, 50, 100, 200, 500]
    axes.set_xlim(first / 1.12, last * 1.12)
    axes.xaxis.set_major_locator(FixedLocator([x for x in marks if first <= x <= last] or [first]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = max(float(np.min(lengths)), 0.5), float(np.max(lengths))
    axes.set_ylim(low / 1.4, high * 1.6)
    axes.yaxis.set_major_locator(LogLocator(10, subs=(1.0,) if high > 300 * low else (1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(_count))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", which="major", color="#E6E6E6", lw=0.7)
    axes.axhline(1.0, color=GREY, lw=0.8, ls=(0, (1, 2)), zorder=1)
    axes.set_xlabel("CoT steps $k$")
    axes.set_ylabel("examples $m$ of the test prompt")


def _count(value: float, _position: int) -> str:
    return (
        f"{value:,.0f}" if 1 <= value < 1e6 else f"{value:.3g}" if value < 1e6 else f"{value:.0e}".replace("e+0", "e")
    )


def _statement(found: "ValidityTable") -> str:
    return ",  ".join(part for part in describe(found.setup).split(",  ") if not part.startswith("m = "))
