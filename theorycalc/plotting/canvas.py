"""The sheet that pictures are drawn on: matplotlib in this package's style, scales, ticks, and files."""

import contextlib
import importlib
import io
import math
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.fields import Array, as_fraction
from theorycalc.plotting.style import GREY, INK, RULE, screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: File types that a picture may have, chosen by suffix.
SUFFIXES = (".png", ".svg", ".pdf")
MOST_MARKERS = 41  # a curve of more steps is a line without markers
_SIZE = (8.2, 4.6)  # inches, a third of it for the legend
_DPI = 200
_MOST_LETTERS = 88  # of one line of the statement above the axes
_FEW_DECADES = 1.5  # an axis of fewer has plain numbers at its ticks
_PLAIN = (1e-4, 1e6)  # numbers written without a power of ten
_SAME = 1e-6  # values that differ by less, relatively, are one line with room on both sides
_MARKS = ((1, 2, 3, 5), (1, 1.5, 2, 3, 4, 5, 6, 8))  # of a decade; the first that gives enough ticks
_FEWEST_TICKS = 4


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
def canvas(path: Any, *, log: bool = True) -> Iterator[tuple["Figure", "Axes"]]:
    """Give an empty figure inside this package's style and no one else's; write it to ``path`` at the end.

    ``log`` is for values that are positive somewhere: with none to show, a logarithmic axis would be arbitrary.
    """
    target = None if path is None else checked_path(path)
    require_matplotlib()
    from matplotlib.figure import Figure

    with screen():
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.add_subplot(yscale="log" if log else "linear")
        yield figure, axes
        if target is not None:
            _save(figure, target)


def floats(values: Any) -> Array:
    """Return numbers of any field as float64; one beyond its range as NaN, which is not drawn."""

    def convert(value: Any) -> float:
        try:
            return float(as_fraction(value))
        except (OverflowError, ValueError):
            return float("nan")

    array = np.asarray(values)
    return array if array.dtype == np.float64 else np.array([convert(value) for value in array])


def any_positive(*sequences: Any) -> bool:
    """Whether a logarithmic axis has anything to show of these numbers."""
    return any(bool(np.any(np.isfinite(array) & (array > 0))) for array in map(floats, sequences))


def drawable(axes: "Axes", values: Any) -> Array:
    """Return numbers as float64, with NaN for those that this axis cannot show."""
    array = floats(values)
    shown = np.isfinite(array) & (array > 0) if axes.get_yscale() == "log" else np.isfinite(array)
    return np.where(shown, array, np.nan)


def frame(axes: "Axes", xlabel: str, ylabel: str, title: str | None, statement: str, *, first: int, last: int) -> None:
    """Label the axes and set their limits and ticks; write the statement of the problem above, below the title.

    ``first`` and ``last`` are the ends of the x axis.
    """
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(axis="y", which="major", color=RULE, lw=0.7)
    _whole_numbers(axes, first, last)
    _limits_and_ticks(axes)
    heading(axes, title, statement)


def heading(axes: "Axes", title: str | None, statement: str) -> None:
    """Write the statement of the problem above the axes, and the title above it."""
    text = textwrap.fill(statement, _MOST_LETTERS)
    if not title:
        axes.set_title(text, loc="left", fontsize=9, color=GREY, pad=8)
        return
    room = 10 + 13 * (text.count("\n") + 1)
    axes.set_title(title, loc="left", fontsize=12.5, fontweight="bold", color=INK, pad=room)
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
    axes.annotate(text, (0, 1), xytext=(0, 8), fontsize=9, color=GREY, **place)


def _whole_numbers(axes: "Axes", first: int, last: int) -> None:
    """Put x ticks at integers only, none of them outside first … last."""
    from matplotlib.ticker import MaxNLocator

    room = min(0.025 * (last - first), 0.9) if last > first else 0.5
    axes.set_xlim(first - room, last + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True, min_n_ticks=1))


def _limits_and_ticks(axes: "Axes") -> None:
    """Give equal values room on both sides, and an axis of few decades plain numbers at its ticks."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    if axes.get_yscale() != "log":  # zeros only
        axes.set_ylim(-1, 1)
        axes.yaxis.set_major_locator(FixedLocator([0]))
        axes.yaxis.set_major_formatter(FixedFormatter(["0"]))
        if math.isfinite(axes.dataLim.y0):
            axes.text(0.5, 0.55, "every value is 0", transform=axes.transAxes, ha="center", color=GREY)
        return
    low, high = axes.dataLim.intervaly
    if not 0 < low <= high < math.inf:
        return
    if high <= low * (1 + _SAME):
        axes.set_ylim(low / 2, high * 2)
    else:
        room = (high / low) ** 0.07
        axes.set_ylim(low / room, high * room)
    if high > low * 10**_FEW_DECADES:
        return
    bottom, top = axes.get_ylim()
    ticks = _ticks(bottom, top)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FixedFormatter([_written(tick) for tick in ticks]))
    axes.yaxis.set_minor_locator(NullLocator())


def _ticks(bottom: float, top: float) -> list[float]:
    """Return four ticks or more: round parts of a decade, or equal steps where the axis is too short for these.

    >>> _ticks(0.18, 3.7), _ticks(1.95, 2.05)
    ([0.2, 0.3, 0.5, 1.0, 2.0, 3.0], [1.96, 1.98, 2.0, 2.02, 2.04])
    """
    from matplotlib.ticker import MaxNLocator

    decades = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    for marks in _MARKS:
        ticks = [float(f"{mark}e{decade}") for decade in decades for mark in marks]
        inside = [tick for tick in ticks if bottom <= tick <= top]
        if len(inside) >= _FEWEST_TICKS:
            return inside
    steps = MaxNLocator(nbins=6).tick_values(bottom, top)
    return [float(f"{tick:.12g}") for tick in steps if bottom <= tick <= top]


def _written(tick: float) -> str:
    if _PLAIN[0] <= tick < _PLAIN[1]:
        return f"{tick:.10g}"
    mantissa, exponent = f"{tick:.9e}".split("e")
    return rf"${float(mantissa):.10g}\times10^{{{int(exponent)}}}$"
