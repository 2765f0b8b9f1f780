"""Pictures of phases: a map of them, and the spectrum of one problem with the lines 0 and 2."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.fields import Array, as_fraction
from theorycalc.plotting.canvas import canvas, floats, heading
from theorycalc.plotting.statements import describe
from theorycalc.plotting.style import BLUE, FAINT, GREY, INK, ORANGE, PHASE_COLORS, VERMILLION
from theorycalc.rmt.density import spectral_density

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from theorycalc.thinking.phase_diagram import PhaseDiagram
    from theorycalc.thinking.phase_result import Phase

_MEANING = {
    "exponential": "exponential: the error falls\ngeometrically to 0",
    "polynomial": "polynomial: it falls to 0\nlike a power of $k$",
    "saturating": "saturating: it stops\nat a floor > 0",
    "overthinking": "overthinking: it grows",
}
_LABELS = {
    "d/m": "$d/m$: dimension per example of the test prompt",
    "n/m": "$n/m$: training length per test length",
    "decay": "decay $a$ of the training spectrum, $\\lambda_i = i^{-a}$",
    "shift": "shift $s$ of the test spectrum, $\\Sigma = (1-s)\\,\\Lambda + s\\,\\Sigma^\\prime$",
}
_FEW = 0.04  # mass below which an interval is marked as a few eigenvalues that stand apart
_POINTS = 600
_MOST_INTERVALS = 400
_BINS = 60


def plot_phase_diagram(diagram: "PhaseDiagram", *, path: Any = None, title: str | None = None) -> "Figure":
    """Draw the map of phases with the line λ₊ = 2, contours of the rate, d = m, and m = n for matched skills."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from theorycalc.thinking.phase_result import PHASES

    with canvas(path, log=False) as (figure, axes):
        colors = ListedColormap([PHASE_COLORS[name] for name in PHASES])
        norm = BoundaryNorm(np.arange(-0.5, len(PHASES)), len(PHASES))
        mesh: dict[str, Any] = {"cmap": colors, "norm": norm, "shading": "nearest", "rasterized": True, "zorder": 0}
        x, y = _two(diagram.x), _two(diagram.y)
        code, rate, upper = (_grown(part, len(y), len(x)) for part in (diagram.code, diagram.rate, diagram.upper))
        axes.pcolormesh(x, y, code, **mesh)
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(y[0], y[-1])
        handles: list[Any] = [
            Patch(fc=PHASE_COLORS[name], ec=GREY, lw=0.5, label=_MEANING[name]) for name in diagram.phases
        ]
        if np.min(upper) < 2 < np.max(upper):
            axes.contour(x, y, upper, levels=[2.0], colors=[INK], linewidths=1.8)
            handles.append(Line2D([], [], color=INK, lw=1.8, label="$\\lambda_+ = 2$"))
        learning = np.where(code == 3, np.nan, rate)
        levels = [level for level in (0.3, 0.6, 0.9) if np.nanmin(learning) < level < np.nanmax(learning)]
        if levels and np.any(code != 3):
            lines = axes.contour(x, y, np.ma.masked_invalid(learning), levels=levels, colors=[GREY], linewidths=0.7)
            axes.clabel(lines, fmt="%g", fontsize=7.5)
            handles.append(Line2D([], [], color=GREY, lw=0.7, label="rate of what can be\nlearned, per step"))
        if "d/m" in (diagram.x_name, diagram.y_name):
            handles += _rule(axes, diagram.x_name == "d/m", 1.0, FAINT, (0, (1, 1.5)), "$d = m$: polynomial")
        if diagram.matched and "n/m" in (diagram.x_name, diagram.y_name):
            side = "left of" if diagram.x_name == "n/m" else "below"
            label = f"$n = m$: {side} this line\nno spectrum overthinks"
            handles += _rule(axes, diagram.x_name == "n/m", 1.0, BLUE, (0, (6, 2.5)), label)
        axes.set_xlabel(_LABELS[diagram.x_name])
        axes.set_ylabel(_LABELS[diagram.y_name])
        heading(axes, title or "Phases of a typical prompt", map_statement(diagram))
        figure.legend(handles=handles, loc="outside right upper")
    return figure


def _rule(axes: "Axes", upright: bool, at: float, color: str, dashes: Any, label: str) -> list[Any]:
    """Draw a line across if it lies inside; return its legend entry."""
    low, high = axes.get_xlim() if upright else axes.get_ylim()
    if not low < at < high:
        return []
    style: dict[str, Any] = {"color": color, "ls": dashes, "lw": 2.0, "zorder": 3, "label": label}
    return [axes.axvline(at, **style) if upright else axes.axhline(at, **style)]


def map_statement(diagram: "PhaseDiagram") -> str:
    """Return the parts of the problem that the axes of a map do not change, in one line."""
    names, setup = (diagram.x_name, diagram.y_name), diagram.setup
    parts = dict(zip(("Λ", "d", "n", "Σ", "m"), describe(setup).split(",  ")[:5], strict=True))
    if "decay" in names:
        parts.pop("Λ")
    if "shift" in names:
        parts["Σ"] = "Σ′ isotropic" if setup.matched else parts["Σ"].replace("Σ", "Σ′", 1)
    if "n/m" in names:
        parts.pop("n")
    if "d/m" in names:
        parts.pop("m")
    return ",  ".join(parts.values())


def _two(values: Array) -> Array:
    """At least two positions, so that a single one has an extent."""
    return values if len(values) > 1 else np.array([values[0] * 0.95 - 1e-9, values[0] * 1.05 + 1e-9])


def _grown(part: Array, rows: int, columns: int) -> Array:
    return np.repeat(np.repeat(part, rows // len(part), axis=0), columns // part.shape[1], axis=1)


def plot_phase(found: "Phase", *, sample: Any = None, path: Any = None, title: str | None = None) -> "Figure":
    """Draw the limiting spectrum of N with its edges and gaps, the atom at 0, and the lines 0 and 2.

    Parameters
    ----------
    found : what :func:`theorycalc.phase` returned; for m = ∞ its eigenvalues are drawn
    sample : (s,) eigenvalues of N on simulated prompts, zeros of short ones included, for a histogram beside the limit
    """
    with canvas(path, log=False) as (figure, axes):
        low, high = float(as_fraction(found.edges.lower)), float(as_fraction(found.edges.upper))
        right = max(2.25, 1.06 * high)
        left = -0.06 * right
        axes.axvspan(2, right, color=PHASE_COLORS["overthinking"], alpha=0.35, lw=0, zorder=0)
        top = _eigenvalues(axes, found) if found.setup.m is None else _density(axes, found, sample, right)
        for at, label in ((0.0, "0: nothing is learned\n2: overthinking beyond"), (2.0, None)):
            axes.axvline(at, color=INK, lw=1.6, ls=(0, (5, 2)), zorder=2, label=label)
        axes.axvline(1.0, color=FAINT, lw=0.9, ls=(0, (1, 2)), zorder=1, label="1: learned in one step")
        axes.set_xlim(left, right)
        axes.set_ylim(0, top)
        mean = "eigenvalue of $\\Gamma^{-1/2}\\hat\\Sigma\\,\\Gamma^{-1/2}$, what one step learns of a direction"
        axes.set_xlabel(mean if found.setup.m is not None else mean.replace("\\hat\\Sigma", "\\Sigma"))
        axes.set_ylabel("density" if found.setup.m is not None else "share of the directions")
        heading(axes, title or "Spectrum of a typical prompt", describe(found.setup))
        kind = found.phase + (",  " + ", ".join(found.critical) if found.critical else "")
        edges = f"[{low:.4g}, {high:.4g}]" + (" and 0" if found.edges.atom_at_zero else "")
        figure.legend(loc="outside right upper", title=f"{kind}\nspectrum {edges}", alignment="left", title_fontsize=9)
    return figure


def _eigenvalues(axes: "Axes", found: "Phase") -> float:
    at, share = floats(found.spectrum), np.asarray(found.multiplicity, dtype=float) / found.setup.d
    axes.vlines(at, 0, share, color=BLUE, lw=2.2, label="eigenvalues of $\\Gamma^{-1}\\Sigma$  ($m = \\infty$)")
    axes.plot(at, share, "o", color=BLUE, ms=3.5)
    return float(1.25 * np.max(share))


def _density(axes: "Axes", found: "Phase", sample: Any, right: float) -> float:
    support = found.support
    assert support is not None
    intervals = len(support.lower)
    points = _POINTS if intervals <= 4 else max(16, _POINTS * 4 // intervals)
    if intervals > _MOST_INTERVALS:
        points = 8
    counts = [int(x) for x in found.multiplicity]
    law = spectral_density(list(found.spectrum), support.m, multiplicity=counts, points=points)
    order = np.argsort(law.density)
    mass = np.cumsum(law.weight[order]) / law.weight.sum()
    share = 0.85 if law.support.lower[0] == 0 else 0.97  # a hard edge has no largest density
    top = 1.15 * float(law.density[order][np.searchsorted(mass, share)])
    label: str | None = "limiting density"
    for i in range(intervals):
        inside = law.interval == i
        ends = [law.support.lower[i]], [law.support.upper[i]]
        x = np.concatenate([ends[0], law.x[inside], ends[1]])
        first = 0.0 if law.support.lower[i] > 0 else law.density[inside][0]
        height = np.concatenate([[first], law.density[inside], [0.0]])
        axes.fill_between(x, height, color=BLUE, alpha=0.18, lw=0, zorder=1)
        axes.plot(x, height, color=BLUE, lw=1.8, zorder=3, label=label)
        label = None
    if sample is not None:
        values = floats(np.asarray(sample).ravel())
        kept = values[values > 1e-9 * max(1.0, right)]
        each = np.full(kept.size, 1 / values.size)
        bins = np.linspace(0, max(right, float(np.max(kept)) if kept.size else 0), _BINS + 1)
        heights, _ = np.histogram(kept, bins=bins, weights=each / (bins[1] - bins[0]))
        axes.stairs(heights, bins, color=GREY, lw=1.2, zorder=2.5, label="simulated eigenvalues")
        top = max(top, min(1.1 * float(np.max(heights)), 2 * top))
    atom = float(support.atom_at_zero)
    if atom:
        axes.plot([0, 0], [0, 0.9 * top], color=ORANGE, lw=5, solid_capstyle="butt", zorder=4)
        axes.plot([], [], color=ORANGE, lw=5, label=f"atom at 0: {100 * atom:.3g} % of the\ndirections are not seen")
    few = [i for i in range(intervals) if float(support.mass[i]) < _FEW and intervals > 1]
    if few:
        middle = [(law.support.lower[i] + law.support.upper[i]) / 2 for i in few]
        axes.plot(
            middle,
            np.full(len(few), 0.06 * top),
            "v",
            color=VERMILLION,
            ms=6,
            zorder=5,
            clip_on=False,
            label=_apart(support, few),
        )
    return top


def _apart(support: Any, few: list[int]) -> str:
    if len(few) == 1:
        count = int(support.count[few[0]])
        return f"{count} eigenvalue{'s' * (count > 1)} apart"
    return f"{len(few)} groups of eigenvalues apart"
