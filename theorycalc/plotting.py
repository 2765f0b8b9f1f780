"""Pictures of error curves and spectra: the only module that imports matplotlib (extra ``plot``).

Figures are built through matplotlib's object interface and no global state is left changed, so nothing here needs a
display or interferes with a user's own plots.  The same curves give the same bytes.
"""

import contextlib
import importlib
import io
import itertools
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.exceptions import InvalidSetup, NotCertified
from theorycalc.fields import Array, as_fraction
from theorycalc.model import Setup
from theorycalc.results import ErrorCurve, Estimate, Metric, Rung
from theorycalc.spectra import Covariance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: File types that a picture may have, chosen by suffix.
SUFFIXES = (".png", ".svg", ".pdf")

_SIZE = (8.2, 4.6)  # inches, a third of it for the legend
_DPI = 200
_MOST_MARKERS = 41  # a curve of more steps is a line without markers
_MOST_LETTERS = 88  # of one line of the statement above the axes
#: Okabe and Ito's colours (purple: Tol's), told apart when colour-blind, and in grey by the line styles beside them.
_BLUE, _VERMILLION, _GREEN, _PURPLE, _ORANGE, _SKY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9"
_CYCLE = (_BLUE, _VERMILLION, _GREEN, _PURPLE, _ORANGE, _SKY)
_INK, _FAINT = "#222222", "#8C8C8C"

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, and has Greek
    "font.size": 9.5,
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 3.2,
    "legend.labelspacing": 0.75,
    "svg.hashsalt": "theorycalc",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class _Look:
    """How a rung is drawn."""

    label: str
    color: str
    line: Any
    marker: str
    width: float
    order: int


_LOOKS = {
    Rung.EXACT: _Look("exact mean", _BLUE, "-", "o", 2.6, 6),
    Rung.SIMULATION: _Look("simulated mean ± s.e.", _PURPLE, "none", "D", 1.1, 9),
    Rung.PROPORTIONAL: _Look("proportional limit", _GREEN, (0, (4, 2)), "s", 1.5, 7),
    Rung.POPULATION: _Look("population law, m → ∞", _VERMILLION, (0, (3, 1.4, 1, 1.4)), "^", 1.5, 5),
    Rung.BOUND: _Look("bound", _FAINT, (0, (4, 3)), "v", 0.9, 3),
}
_K_STAR = "$k^{*}$"
_ERROR_LABEL = {
    Metric.ESTIMATION: r"test error  $\mathrm{E}\,\Vert w_k - w^{*}\Vert^2$",
    Metric.PREDICTION: r"test error  $\mathrm{E}\,\Vert\Sigma^{1/2}(w_k - w^{*})\Vert^2$",
}


def plot_curves(curves: Sequence[ErrorCurve], path: Any = None, title: str | None = None) -> "Figure":
    """Draw error curves over CoT steps on a logarithmic axis; return the figure, and write it to ``path`` if given.

    Curves of one problem are told apart by rung.  Curves of several problems are told apart by colour, and their rungs
    by line style.  A simulation shows its mean with standard errors (hollow where heavy-tailed: not to be trusted), its
    median, and a light band that holds most prompts.  A bound is thin and dashed, hollow where it is not a theorem.
    The minimum k* of an exact curve is marked, or the legend says that the curve still falls at its last step.

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
    with _canvas(path) as (figure, axes):
        problems = _problems(drawn)
        apart = _differences(problems)
        legend: list[Any] = []
        for rung, position in itertools.product(_LOOKS, range(len(problems))):
            color = _CYCLE[position % len(_CYCLE)] if len(problems) > 1 else None
            for curve in drawn:
                if curve.rung is rung and _same(curve.setup, problems[position]):
                    legend += _draw(axes, curve, color)
        if len(problems) > 1:
            legend = _grouped_legend(drawn, problems, apart)
        _frame(axes, "CoT steps $k$", _ERROR_LABEL[drawn[0].metric], title, _common(problems))
        figure.legend(handles=legend, loc="outside right upper")
    return figure


def plot_spectrum(
    columns: Mapping[str, Any], statement: str, *, ylabel: str, path: Any = None, title: str | None = None
) -> "Figure":
    """Draw sequences over the direction i = 1 … d on a logarithmic axis; like :func:`plot_curves` in the rest.

    Parameters
    ----------
    columns : legend label -> (d,) numbers; only positive ones are drawn
    statement : the problem in one line, such as ``describe(setup)``
    """
    with _canvas(path) as (figure, axes):
        for i, (label, values) in enumerate(columns.items()):
            numbers = _positive(_floats(values))
            size = np.arange(1, len(numbers) + 1)
            marker = "os^Dv"[i % 5] if len(numbers) <= 2 * _MOST_MARKERS else ""
            axes.plot(size, numbers, color=_CYCLE[i % len(_CYCLE)], marker=marker, ms=3.5, lw=1.6, label=label)
        _frame(axes, "direction $i$", ylabel, title, statement)
        figure.legend(loc="outside right upper")
    return figure


def checked_path(path: Any) -> Path:
    """Return ``path`` if its suffix names a picture type and matplotlib is there to make it."""
    require_matplotlib()
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise refuse("plot", target.name, "unknown picture type", "use one of " + ", ".join(SUFFIXES))
    return target


def require_matplotlib() -> None:
    """Raise ImportError, naming the extra, unless matplotlib can be imported."""
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        raise ImportError("pictures need matplotlib: install it with pip install 'theorycalc[plot]'") from error


def _save(figure: "Figure", path: Path) -> None:
    """Write the figure in the format of the suffix, atomically and without a date."""
    form = path.suffix.lower().removeprefix(".")
    dateless: dict[str, Any] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=_DPI, metadata=dateless[form])
    write_atomically(path, buffer.getvalue())


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` in one step: a reader sees the old file or the new one, never a part."""
    target = path.resolve()
    if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced; a folder refuses
        path.write_bytes(data)
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the name the caller knows
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _canvas(path: Any) -> Iterator[tuple["Figure", "Axes"]]:
    """Give an empty figure inside this module's style and no one else's; write it to ``path`` at the end."""
    target = None if path is None else checked_path(path)
    require_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.add_subplot(yscale="log")
        yield figure, axes
        if target is not None:
            _save(figure, target)


def _draw(axes: "Axes", curve: ErrorCurve, color: str | None) -> list[Any]:
    """Draw one curve; return its legend entries."""
    look = _LOOKS[curve.rung]
    paint = color or look.color
    if isinstance(curve, Estimate):
        return _draw_simulation(axes, curve, paint)
    if curve.rung is Rung.BOUND:
        return _draw_bound(axes, curve, paint)
    steps, values = curve.steps, _positive(_floats(curve.values))
    style: dict[str, Any] = {"ms": 7 if curve.rung is Rung.EXACT else 4, "mec": "white", "mew": 0.7}
    style |= {"ls": look.line, "lw": look.width, "color": paint, "zorder": look.order, "gid": str(curve.rung)}
    marker = look.marker if len(steps) <= _MOST_MARKERS else ""
    entries = axes.plot(steps, values, label=look.label, marker=marker, **style)
    best = _minimum(curve)
    if best == len(steps) - 1 and best > 0:
        entries[0].set_label(f"{look.label},\nstill falling at $k$ = {best}")
    elif best is not None and best < len(steps) - 1:
        axes.axvline(best, color=paint, lw=0.9, ls=":", alpha=0.7, zorder=2)
        star: dict[str, Any] = {"marker": "*", "ms": 16, "color": paint, "mec": "white", "mew": 1, "ls": "none"}
        entries += axes.plot(
            [best], [values[best]], **star, zorder=10, gid="k_star", label=f"its minimum, {_K_STAR} = {best}"
        )
    return entries


def _draw_bound(axes: "Axes", curve: ErrorCurve, color: str) -> list[Any]:
    """Draw each regime of the bound as a line of its own, hollow where it is not a theorem."""
    look, entries = _LOOKS[Rung.BOUND], []
    steps, values = curve.steps, _positive(_floats(curve.values))
    for regime in dict.fromkeys(curve.regimes):
        rows = [k for k, text in enumerate(curve.regimes) if text == regime]
        name, theorem = regime.split(":")[0], curve.is_theorem(rows[0])
        label = name if theorem else f"{name},\nno theorem at this $m$"
        style: dict[str, Any] = {"mfc": color if theorem else "white", "ms": 4.5, "zorder": look.order}
        style |= {"ls": look.line if len(rows) > 1 else "none", "lw": look.width, "color": color, "gid": "bound"}
        marker = look.marker if len(steps) <= _MOST_MARKERS else ""
        line = axes.plot(steps[rows], values[rows], marker=marker, label=label, **style)
        entries += [] if rows == [0] else line  # at k = 0 it is the prior risk, where every curve starts
    return entries


def _draw_simulation(axes: "Axes", curve: Estimate, color: str) -> list[Any]:
    steps, entries, order = curve.steps, list[Any](), _LOOKS[Rung.SIMULATION].order
    values, stderr, median = (_positive(_floats(array)) for array in (curve.values, curve.stderr, curve.median))
    stderr = np.nan_to_num(stderr)
    below = np.minimum(stderr, values * (1 - 1e-9))  # a bar that would reach 0 has no lower end on this axis
    heavy = np.asarray(curve.heavy_tail, dtype=bool)
    style: dict[str, Any] = {"fmt": "D", "ms": 3, "color": color, "elinewidth": 1.1, "capsize": 2.5, "zorder": order}
    for mask, face in ((~heavy, color), (heavy, "white")):
        if np.any(mask):
            style["label"] = (
                "the same, heavy-tailed:\nnot to be trusted" if face == "white" else _LOOKS[curve.rung].label
            )
            bars = np.stack([below[mask], stderr[mask]])
            points = axes.errorbar(steps[mask], values[mask], yerr=bars, mfc=face, **style)
            points[0].set_gid("simulation")
            entries.append(points)
    style = {"ls": (0, (1, 1.2)), "lw": 1.5, "color": color, "zorder": order - 1}
    entries += axes.plot(steps, median, label="simulated median", gid="median", **style)
    if len(curve.quantiles) > 1:
        low, high = min(curve.quantiles), max(curve.quantiles)
        bottom, top = (_positive(_floats(curve.quantiles[level])) for level in (low, high))
        style = {"color": color, "alpha": 0.13, "lw": 0, "zorder": 1}
        entries.append(axes.fill_between(steps, bottom, top, label=f"{100 * (high - low):.3g} % of prompts", **style))
    return entries


def _grouped_legend(curves: Sequence[ErrorCurve], problems: Sequence[Setup], apart: Sequence[str]) -> list[Any]:
    """Return legend entries for several problems: a colour for each of them, then a line style for each rung."""
    from matplotlib.lines import Line2D

    entries = []
    for position, setup in enumerate(problems):
        color, label = _CYCLE[position % len(_CYCLE)], apart[position]
        for curve in curves:
            best = _minimum(curve)
            if best is not None and best < len(curve.steps) - 1 and _same(curve.setup, setup):
                label += f":  {_K_STAR} = {best} ★"
        entries.append(Line2D([], [], color=color, lw=4, label=label))
    for look in [look for rung, look in _LOOKS.items() if any(curve.rung is rung for curve in curves)]:
        style: dict[str, Any] = {"ls": look.line, "lw": min(look.width, 2), "marker": look.marker, "ms": 4}
        entries.append(Line2D([], [], color=_INK, label=look.label, **style))
    return entries


def _minimum(curve: ErrorCurve) -> int | None:
    """Return k* of an exact curve; None for others, and where its uncertainty does not single it out."""
    try:
        return curve.argmin() if curve.rung is Rung.EXACT else None
    except NotCertified:
        return None


def _frame(axes: "Axes", xlabel: str, ylabel: str, title: str | None, statement: str) -> None:
    """Label the axes; write the statement of the problem above them, below the title."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    axes.grid(axis="y", which="major", color="#E6E6E6", lw=0.7)
    axes.margins(x=0.025, y=0.07)
    text = textwrap.fill(statement, _MOST_LETTERS)
    if not title:
        axes.set_title(text, loc="left", fontsize=9, color="#555555", pad=8)
        return
    room = 10 + 13 * (text.count("\n") + 1)
    axes.set_title(title, loc="left", fontsize=12.5, fontweight="bold", color=_INK, pad=room)
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
    axes.annotate(text, (0, 1), xytext=(0, 8), fontsize=9, color="#555555", **place)


def describe(setup: Setup) -> str:
    """Return one line that states a problem, such as ``Λ: power:50:0.5,  d = 50,  n = 50,  Σ = Λ,  m = 100``."""
    return ",  ".join(_parts(setup).values())


def _parts(setup: Setup) -> dict[str, str]:
    parts = {
        "Lambda": f"Λ: {_named(setup.Lambda)}",
        "d": f"d = {setup.d}",
        "n": f"n = {setup.n:,}",
        "Sigma": "Σ = Λ" if setup.matched else f"Σ: {_named(setup.Sigma)}",
        "m": "m = ∞" if setup.m is None else f"m = {setup.m:,}",
    }
    if setup.Omega is not None:
        parts["Omega"] = f"Ω: {_named(setup.Omega)}"
    if setup.w_0 is not None:
        parts["w_0"] = "w₀ given"
    if setup.noise_var:
        text = str(setup.noise_var)
        parts["noise_var"] = f"σ² = {text if len(text) < 12 else format(float(setup.noise_var), '.6g')}"
    return parts


def _named(covariance: Covariance) -> str:
    if covariance.label and len(covariance.label) <= 40:
        return covariance.label
    if covariance.is_diagonal and covariance.d <= 4:
        text = f"diag({', '.join(str(entry) for entry in covariance.entries)})"
        if len(text) <= 40:
            return text
    return "spectrum" if covariance.is_diagonal else "matrix"


def _same(setup: Setup, other: Setup) -> bool:
    return setup is other or setup.to_dict() == other.to_dict()


def _problems(curves: Sequence[ErrorCurve]) -> list[Setup]:
    found: list[Setup] = []
    for curve in curves:
        if not any(_same(curve.setup, setup) for setup in found):
            found.append(curve.setup)
    return found


def _common(problems: Sequence[Setup]) -> str:
    """Return the parts of the statement that all problems share."""
    first, *others = [_parts(setup) for setup in problems]
    return ",  ".join(text for key, text in first.items() if all(other.get(key) == text for other in others))


def _differences(problems: Sequence[Setup]) -> list[str]:
    """Return for each problem what sets it apart from the others."""
    statements = [_parts(setup) for setup in problems]
    keys = list(dict.fromkeys(key for parts in statements for key in parts))
    apart = [key for key in keys if len({parts.get(key) for parts in statements}) > 1]
    named = [", ".join(parts[key] for key in apart if key in parts) for parts in statements]
    return [f"{i}: {name}" if named.count(name) > 1 else name for i, name in enumerate(named, 1)]


def _floats(values: Any) -> Array:
    """Return numbers of any field as float64; one beyond its range as NaN, which is not drawn."""

    def convert(value: Any) -> float:
        try:
            return float(as_fraction(value))
        except (OverflowError, ValueError):
            return float("nan")

    array = np.asarray(values)
    return array if array.dtype == np.float64 else np.array([convert(value) for value in array])


def _positive(values: Array) -> Array:
    """Replace what a logarithmic axis cannot show by NaN."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)
