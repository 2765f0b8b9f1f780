"""Pictures of error curves over CoT steps."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.exceptions import InvalidSetup, NotCertified
from theorycalc.model import Setup
from theorycalc.plotting.canvas import MOST_MARKERS, any_positive, canvas, drawable, floats, frame
from theorycalc.plotting.statements import common, differences, problems, same
from theorycalc.plotting.style import CYCLE, INK, LOOKS
from theorycalc.results import ErrorCurve, Estimate, Metric, Rung

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_K_STAR = "$k^{*}$"
_COINCIDE = 1e-9  # relative: rungs that differ by rounding are one line
_ERROR_LABEL = {
    Metric.ESTIMATION: r"test error  $\mathrm{E}\,\Vert w_k - w^{*}\Vert^2$",
    Metric.PREDICTION: r"test error  $\mathrm{E}\,\Vert\Sigma^{1/2}(w_k - w^{*})\Vert^2$",
}


def plot_curves(curves: Sequence[ErrorCurve], path: Any = None, title: str | None = None) -> "Figure":
    """Draw error curves over CoT steps on a logarithmic axis; return the figure, and write it to ``path`` if given.

    Curves of one problem are told apart by rung.  Curves of several problems are told apart by colour, and their rungs
    by line style.  A simulation shows its mean with standard errors (hollow where heavy-tailed: not to be trusted), its
    median, and a light band that holds most prompts.  A bound is thin and dashed, hollow where it is not a theorem.
    The minimum k* of an exact curve is marked, or the legend says that the curve is smallest at its last step.  Rungs
    of one problem that coincide at m = ∞ are one line with one label.  Where every value is 0 the axis is linear.

    Parameters
    ----------
    curves : one or more curves of one metric, on any rung and over any field
    path : .png, .svg or .pdf; replaced atomically
    title : heading; a line below it states what the problems have in common

    Raises
    ------
    InvalidSetup, ImportError, OSError
        for no curve, several metrics or an unknown file type; without matplotlib; if ``path`` cannot be written.
    """
    drawn = list(curves)
    if not drawn:
        raise InvalidSetup("curves = []: nothing to draw; pass at least one ErrorCurve")
    if len({curve.metric for curve in drawn}) > 1:
        raise InvalidSetup("curves: their metrics differ; draw one picture for each metric")
    with canvas(path, log=any_positive(*(curve.values for curve in drawn))) as (figure, axes):
        stated = problems(drawn)
        apart = differences(stated)
        merged, name = _merged(drawn) if len(stated) == 1 else ((), "")
        drawn = [curve for curve in drawn if curve not in merged[1:]]
        legend: list[Any] = []
        for rung, position in itertools.product(LOOKS, range(len(stated))):
            color = CYCLE[position % len(CYCLE)] if len(stated) > 1 else None
            for curve in drawn:
                if curve.rung is rung and same(curve.setup, stated[position]):
                    label = name if curve in merged else LOOKS[rung].label
                    legend += _draw(axes, curve, color, label)
        if len(stated) > 1:
            legend = _grouped_legend(drawn, stated, apart)
        last = max(len(curve.values) for curve in drawn) - 1
        frame(axes, "CoT steps $k$", _ERROR_LABEL[drawn[0].metric], title, common(stated), first=0, last=last)
        figure.legend(handles=legend, loc="outside right upper")
    return figure


def _merged(curves: Sequence[ErrorCurve]) -> tuple[Sequence[ErrorCurve], str]:
    """Return the curves of one problem that coincide at m = ∞, the one to be drawn first, and their common name."""
    found: list[ErrorCurve] = []
    for rung in (Rung.EXACT, Rung.PROPORTIONAL, Rung.POPULATION):
        for curve in curves:
            if curve.rung is rung and curve.setup.m is None and len(curve.values) == len((found or [curve])[0].values):
                first = floats((found or [curve])[0].values)
                if np.allclose(floats(curve.values), first, rtol=_COINCIDE, atol=0, equal_nan=True):
                    found.append(curve)
    names = list(dict.fromkeys(str(curve.rung) for curve in reversed(found)))
    if len(names) < 2:
        return (), ""
    order = [str(rung) for rung in (Rung.POPULATION, Rung.EXACT, Rung.PROPORTIONAL) if str(rung) in names]
    return found, " = ".join(order[:2]) + "".join(f"\n= {other}" for other in order[2:]) + " ($m$ = ∞)"


def _draw(axes: "Axes", curve: ErrorCurve, color: str | None, label: str) -> list[Any]:
    """Draw one curve; return its legend entries."""
    look = LOOKS[curve.rung]
    paint = color or look.color
    if isinstance(curve, Estimate):
        return _draw_simulation(axes, curve, paint)
    if curve.rung is Rung.BOUND:
        return _draw_bound(axes, curve, paint)
    steps, values = curve.steps, drawable(axes, curve.values)
    if curve.rung is Rung.EXPANSION:
        settled = floats(curve.upper) <= 2 * floats(curve.values)
        label += "" if np.all(settled) else ",\nwhere it has settled to a factor 2"
        values = np.where(settled, values, np.nan)
    style: dict[str, Any] = {"ms": 7 if curve.rung is Rung.EXACT else 4, "mec": "white", "mew": 0.7}
    style |= {"ls": look.line, "lw": look.width, "color": paint, "zorder": look.order, "gid": str(curve.rung)}
    marker = look.marker if len(steps) <= MOST_MARKERS else ""
    if np.any(np.isnan(values) & (floats(curve.values) == 0)):
        label += ",\nwhose zeros are not drawn"
    entries = axes.plot(steps, values, label=label, marker=marker, **style)
    best, last = _minimum(curve), len(steps) - 1
    if best is None or last == 0 or not np.isfinite(values[best]) or not any_positive(curve.values):
        return entries
    if best == last:
        entries[0].set_label(f"{label}, smallest\nat the last step, $k$ = {best}")
    else:
        axes.axvline(best, color=paint, lw=0.9, ls=":", alpha=0.7, zorder=2)
        star: dict[str, Any] = {"marker": "*", "ms": 16, "color": paint, "mec": "white", "mew": 1, "ls": "none"}
        text = f"its minimum, {_K_STAR} = {best}\n(of $k$ ≤ {last})"
        entries += axes.plot([best], [values[best]], **star, zorder=10, gid="k_star", label=text)
    return entries


def _draw_bound(axes: "Axes", curve: ErrorCurve, color: str) -> list[Any]:
    """Draw each regime of the bound as a line of its own, hollow where it is not a theorem."""
    look, entries = LOOKS[Rung.BOUND], []
    steps, values = curve.steps, drawable(axes, curve.values)
    for regime in dict.fromkeys(curve.regimes):
        rows = [k for k, text in enumerate(curve.regimes) if text == regime]
        name, theorem = regime.split(":")[0], curve.is_theorem(rows[0])
        label = name if theorem else f"{name},\nno theorem at this $m$"
        style: dict[str, Any] = {"mfc": color if theorem else "white", "ms": 4.5, "zorder": look.order}
        style |= {"ls": look.line if len(rows) > 1 else "none", "lw": look.width, "color": color, "gid": "bound"}
        marker = look.marker if len(steps) <= MOST_MARKERS else ""
        line = axes.plot(steps[rows], values[rows], marker=marker, label=label, **style)
        entries += [] if rows == [0] else line  # at k = 0 it is the prior risk, where every curve starts
    return entries


def _draw_simulation(axes: "Axes", curve: Estimate, color: str) -> list[Any]:
    steps, entries, order = curve.steps, list[Any](), LOOKS[Rung.SIMULATION].order
    values, stderr, median = (drawable(axes, array) for array in (curve.values, curve.stderr, curve.median))
    stderr = np.nan_to_num(stderr)
    below = np.minimum(stderr, values * (1 - 1e-9))  # a bar that would reach 0 has no lower end on this axis
    heavy = np.asarray(curve.heavy_tail, dtype=bool)
    style: dict[str, Any] = {"fmt": "D", "ms": 3, "color": color, "elinewidth": 1.1, "capsize": 2.5, "zorder": order}
    for mask, face in ((~heavy, color), (heavy, "white")):
        if np.any(mask):
            style["label"] = (
                "the same, heavy-tailed:\nnot to be trusted" if face == "white" else LOOKS[curve.rung].label
            )
            bars = np.stack([below[mask], stderr[mask]])
            points = axes.errorbar(steps[mask], values[mask], yerr=bars, mfc=face, **style)
            points[0].set_gid("simulation")
            entries.append(points)
    style = {"ls": (0, (1, 1.2)), "lw": 1.5, "color": color, "zorder": order - 1}
    entries += axes.plot(steps, median, label="simulated median", gid="median", **style)
    if len(curve.quantiles) > 1:
        low, high = min(curve.quantiles), max(curve.quantiles)
        bottom, top = (drawable(axes, curve.quantiles[level]) for level in (low, high))
        style = {"color": color, "alpha": 0.13, "lw": 0, "zorder": 1}
        entries.append(axes.fill_between(steps, bottom, top, label=f"{100 * (high - low):.3g} % of prompts", **style))
    return entries


def _grouped_legend(curves: Sequence[ErrorCurve], stated: Sequence[Setup], apart: Sequence[str]) -> list[Any]:
    """Return legend entries for several problems: a colour for each of them, then a line style for each rung."""
    from matplotlib.lines import Line2D

    entries = []
    for position, setup in enumerate(stated):
        color, label = CYCLE[position % len(CYCLE)], apart[position]
        for curve in curves:
            best = _minimum(curve)
            if best is not None and best < len(curve.steps) - 1 and same(curve.setup, setup):
                label += f":  {_K_STAR} = {best} ★"
        entries.append(Line2D([], [], color=color, lw=4, label=label))
    for look in [look for rung, look in LOOKS.items() if any(curve.rung is rung for curve in curves)]:
        style: dict[str, Any] = {"ls": look.line, "lw": min(look.width, 2), "marker": look.marker, "ms": 4}
        entries.append(Line2D([], [], color=INK, label=look.label, **style))
    return entries


def _minimum(curve: ErrorCurve) -> int | None:
    """Return k* of an exact curve; None for others, and where its uncertainty does not single it out."""
    try:
        return curve.argmin() if curve.rung is Rung.EXACT else None
    except NotCertified:
        return None
