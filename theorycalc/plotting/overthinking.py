"""The picture of a verdict: the curves, population, mean, typical and simulated; and every skill's σ/γ against 2."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.exceptions import TheoryError
from theorycalc.fields import Array, as_fraction
from theorycalc.plotting.canvas import MOST_MARKERS, canvas, floats, frame, heading
from theorycalc.plotting.curves import _ERROR_LABEL, _draw
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILLION
from theorycalc.results import ErrorCurve, Estimate, Rung

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from theorycalc.thinking.overthinking import Overthinking

_SIZE = (12.2, 6.2)  # inches
_DECADES_UP, _DECADES_DOWN = 4, 8  # of the error, seen from its start
_MOST_STEPS, _FEWEST_STEPS = 200, 12
_FATES = (
    ("converging, σ < 2γ", BLUE, "o"),
    ("critical, σ = 2γ", ORANGE, "D"),
    ("overthinking, σ > 2γ", VERMILLION, "^"),
)


def plot_overthinking(
    verdict: "Overthinking", *, estimate: Estimate | None = None, path: Any = None, title: str | None = None
) -> "Figure":
    """Draw a verdict: on the left the error over CoT steps, on the right σ/γ of every skill against 2.

    Parameters
    ----------
    verdict : what :func:`theorycalc.overthinking` returned
    estimate : a simulation of the same problem, for the median and the band that holds most prompts
    path : .png, .svg or .pdf; replaced atomically
    title : heading; a line below it states the problem
    """
    with canvas(path) as (figure, first):
        figure.set_size_inches(*_SIZE)
        first.remove()
        grid = figure.add_gridspec(1, 2, width_ratios=[1.2, 1])
        left, right = figure.add_subplot(grid[0], yscale="log"), figure.add_subplot(grid[1])
        handles = _curves(left, verdict, estimate)
        heading(left, title or _title(verdict), describe(verdict.setup))
        below: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (-0.02, -0.12), "borderaxespad": 0}
        left.legend(handles=handles, ncols=3, columnspacing=1.6, **below)
        right.legend(handles=_skills(right, verdict), ncols=2, columnspacing=1.6, **below)
    return figure


def _title(verdict: "Overthinking") -> str:
    if verdict.overthinks:
        count = len(verdict.responsible)
        verb = "has" if count == 1 else "have"
        return f"Thinking longer hurts: {count} of {len(verdict.directions)} skills {verb} σ > 2γ"
    if verdict.typical is not None and verdict.typical.overthinks:
        return "Thinking longer hurts on prompts as short as these"
    return "Thinking longer does not hurt on long prompts"


def _curves(axes: "Axes", verdict: "Overthinking", estimate: Estimate | None) -> list[Any]:
    curves = _drawn(verdict, estimate)
    last = max(len(curve.values) for curve in curves) - 1
    handles: list[Any] = []
    for curve in curves:
        if isinstance(curve, Estimate):
            handles += _draw_typical(axes, curve)
            continue
        name = {Rung.EXACT: "exact mean", Rung.PROPORTIONAL: "proportional limit"}.get(
            curve.rung, "population, $m$ → ∞"
        )
        handles += _draw(axes, curve, None, name)
    low, high = verdict.k_star_range
    population = floats(curves[0].values)
    if low == high and low < len(population) and population[int(low)] > 0:
        style: dict[str, Any] = {"marker": "*", "ms": 14, "color": VERMILLION, "mec": "white", "mew": 1, "ls": "none"}
        star = axes.plot([low], [population[int(low)]], zorder=10, label=f"its minimum, $k^{{*}}$ = {low}", **style)
        handles[1:1] = star
    start = float(population[0])
    if start > 0:
        seen = np.concatenate([floats(curve.values) for curve in curves])
        seen = seen[np.isfinite(seen) & (seen > 0)]
        top, bottom = start * 10**_DECADES_UP, start * 10.0**-_DECADES_DOWN
        inside = seen[(seen <= top) & (seen >= bottom)]
        axes.dataLim.intervaly = np.array([inside.min(), inside.max()])
    frame(axes, "CoT steps $k$", _ERROR_LABEL[verdict.metric], None, "", first=0, last=last)
    return handles


def _draw_typical(axes: "Axes", estimate: Estimate) -> list[Any]:
    """Draw the simulated median and the band that holds most prompts; the mean is the exact curve."""
    low, high = min(estimate.quantiles), max(estimate.quantiles)
    style: dict[str, Any] = {"color": PURPLE, "ls": (0, (1, 1.2)), "lw": 1.8, "zorder": 8, "gid": "median"}
    handles = axes.plot(estimate.steps, estimate.median, label="simulated median", **style)
    band = axes.fill_between(
        estimate.steps,
        estimate.quantiles[low],
        estimate.quantiles[high],
        color=PURPLE,
        alpha=0.13,
        lw=0,
        zorder=1,
        label=f"{100 * (high - low):.3g} % of prompts",
    )
    return [*handles, band]


def _drawn(verdict: "Overthinking", estimate: Estimate | None) -> list[ErrorCurve]:
    """Return the curves to draw, the population law first."""
    low, _ = verdict.k_star_range
    last = _FEWEST_STEPS if math.isinf(low) else min(_MOST_STEPS, max(_FEWEST_STEPS, 2 * int(low)))
    others = [part.curve for part in (verdict.mean, verdict.typical) if part is not None and part.curve is not None]
    others += [] if estimate is None else [estimate]
    if others:
        last = max(len(curve.values) for curve in others) - 1
    while True:
        try:
            first = expected_error(verdict.setup, last, rung="population", metric=str(verdict.metric))
        except TheoryError:
            if last <= 1:
                raise
            last //= 2
            continue
        return [first, *others]


def _skills(axes: "Axes", verdict: "Overthinking") -> list[Any]:
    directions = verdict.directions
    ratio = floats(directions.ratio)
    at = np.arange(1, len(ratio) + 1)
    small = len(ratio) > 2 * MOST_MARKERS
    handles: list[Any] = [axes.axhline(2, color=INK, lw=1.8, ls=(0, (5, 2)), zorder=1.5, label="threshold, σ = 2γ")]
    for code, (label, color, marker) in enumerate(_FATES):
        rows = directions.code == code
        if np.any(rows):
            style: dict[str, Any] = {"ls": "none", "marker": marker, "ms": 3 if small else 6, "color": color}
            handles += axes.plot(at[rows], ratio[rows], label=label, zorder=3, **style)
    after = _after_cure(verdict)
    if after is not None:
        style = {"color": GREEN, "lw": 1.4, "zorder": 2, "marker": "" if small else "_", "ms": 9, "mew": 1.8}
        label = f"after the least cure:\n{100 * verdict.cure.relative:.3g} % more training variance"
        handles += axes.plot(at, after, label=label, ls=(0, (2, 1.5)), **style)
    what = "direction $i$" if verdict.setup.is_diagonal else "eigen-direction of $\\Gamma^{-1}\\Sigma$"
    values = np.concatenate([ratio, [2.0], after if after is not None else []])
    spread = values.max() / values.min()
    axes.set_yscale("log" if spread > 30 else "linear")
    frame_of_skills(axes, what, len(ratio), values, log=spread > 30)
    return handles


def frame_of_skills(axes: "Axes", what: str, d: int, values: Array, *, log: bool) -> None:
    """Label the right-hand axes."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(what)
    axes.set_ylabel(r"$\sigma_i/\gamma_i$: test variance per unit of $\Gamma$")
    axes.grid(axis="y", which="major", color="#E6E6E6", lw=0.7)
    room = max(0.4, 0.03 * d)
    axes.set_xlim(1 - room, d + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    if log:
        axes.set_ylim(values.min() / 1.5, values.max() * 1.5)
        axes.tick_params(axis="y", which="minor", color=GREY, length=2)
    else:
        axes.set_ylim(0, 1.12 * values.max())


def _after_cure(verdict: "Overthinking") -> Array | None:
    """Return σ/γ of every axis after the least cure; None where there is nothing to cure, and for matrices."""
    if not verdict.setup.is_diagonal or not verdict.cure.needed:
        return None
    n, cure = verdict.setup.n, verdict.cure
    added = np.array([float(as_fraction(x)) for x in cure.added])
    gamma = floats(verdict.directions.gamma) + (1 + 1 / n) * added + float(as_fraction(cure.total)) / n
    return np.asarray(floats(verdict.directions.sigma) / gamma)
