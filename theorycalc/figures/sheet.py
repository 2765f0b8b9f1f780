"""The sheet that figures are drawn on: panels, lines, points, ticks, and the bytes of a picture."""

import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.fields import Array
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.table import Table
from theorycalc.plotting.style import INK, LOOKS, MEDIAN, RULE, Look, paper
from theorycalc.results import ErrorCurve, Estimate, Rung

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: File types of a figure.
FORMATS = ("png", "svg", "pdf")
#: Dots per inch of a PNG: print quality.
DPI = 300
CITED = "data: Javanmard et al. (2025), not ours"

_KINDS = {
    Rung.EXACT: "exact",
    Rung.POPULATION: "limit",
    Rung.PROPORTIONAL: "limit",
    Rung.EXPANSION: "series",
    Rung.BOUND: "bound",
    Rung.SIMULATION: "simulated",
}


@contextmanager
def drawn(recipe: Recipe, table: Table) -> Iterator["Figure"]:
    """Give the figure of some data, inside the style of the paper, in which it must be saved too."""
    from matplotlib.figure import Figure

    with paper():
        figure = Figure(figsize=recipe.size, layout="constrained")
        recipe.draw(figure, table)
        yield figure


def encoded(figure: "Figure", form: str, recipe: Recipe, table: Table) -> bytes:
    """Return the bytes of a figure: the same ones every time, as they hold no date and no version.

    They hold the title, the caption, and the SHA-256 of the CSV of the data that it was drawn from.
    """
    title, text = f"{recipe.name}: {recipe.title}", " ".join(filter(None, (recipe.caption, recipe.source)))
    data = "sha256:" + hashlib.sha256(table.to_csv().encode()).hexdigest()
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Software": None, "Title": title, "Description": text, "Source": data},
        "svg": {"Date": None, "Creator": None, "Title": title, "Description": text, "Source": data},
        "pdf": {
            "CreationDate": None,
            "Producer": None,
            "Creator": None,
            "Title": title,
            "Subject": text,
            "Keywords": data,
        },
    }
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata[form])
    return buffer.getvalue()


def curve_rows(curve: ErrorCurve, *, bands: bool = False, **where: Any) -> list[dict[str, Any]]:
    """Return the rows of an error curve; with ``bands`` those of a simulation's median and most prompts too."""
    found = []
    for k, (value, low, high) in enumerate(zip(curve.values, curve.lower, curve.upper, strict=True)):
        row = {**where, "series": str(curve.rung), "kind": _KINDS[curve.rung], "k": k}
        found.append({**row, "value": float(value), "lower": float(low), "upper": float(high)})
    if isinstance(curve, Estimate):
        for row, heavy in zip(found, curve.heavy_tail, strict=True):
            row["heavy_tail"] = int(heavy)
        if not bands:
            return found
        low, high = min(curve.quantiles), max(curve.quantiles)
        rows = zip(curve.median, curve.quantiles[low], curve.quantiles[high], strict=True)
        for k, (value, bottom, top) in enumerate(rows):
            row = {**where, "series": "median", "kind": "simulated", "k": k}
            found.append({**row, "value": value, "lower": bottom, "upper": top})
    return found


def panels(figure: "Figure", titles: Sequence[str], **options: Any) -> list["Axes"]:
    """Return axes side by side, lettered (a), (b), …, each with its title."""
    axes = list(np.atleast_1d(figure.subplots(1, len(titles), **options)))
    for i, (part, title) in enumerate(zip(axes, titles, strict=True)):
        lettered(part, "abcdef"[i] if len(titles) > 1 else "", title)
    return axes


def lettered(axes: "Axes", letter: str, title: str) -> None:
    """Write the letter of a panel and its title above it, and draw a faint grid."""
    text = f"$\\mathbf{{({letter})}}$  {title}" if letter else title
    axes.set_title(text, loc="left", color=INK)
    axes.grid(which="major", color=RULE, lw=0.5)


def line(axes: "Axes", look: Look | Rung, x: Any, y: Any, **more: Any) -> Any:
    """Draw a line in the look of a rung; return it, for the legend."""
    if isinstance(look, Rung):
        look = LOOKS[look]
    style = {"color": look.color, "ls": look.line, "lw": min(look.width, 1.6) * 0.8, "zorder": look.order}
    (entry,) = axes.plot(x, y, **style | {"label": look.label} | more)
    return entry


def points(axes: "Axes", table: Table, x: str = "k", **more: Any) -> list[Any]:
    """Draw simulated means with their standard errors, hollow where heavy-tailed; return the legend's entries."""
    look, entries = LOOKS[Rung.SIMULATION], []
    heavy = table["heavy_tail"] == 1 if "heavy_tail" in table.columns else np.zeros(len(table), dtype=bool)
    style: dict[str, Any] = {"fmt": look.marker, "ms": 2.6, "color": look.color, "elinewidth": 0.8, "capsize": 1.5}
    style |= {"zorder": look.order, "mew": 0.7} | more
    label = style.pop("label", look.label)
    for mask, face, words in ((~heavy, style["color"], label), (heavy, "white", "the same, heavy-tailed")):
        if np.any(mask):
            values = table["value"][mask]
            below = np.minimum(values - table["lower"][mask], values * (1 - 1e-9))
            bars = np.stack([below, table["upper"][mask] - values])
            entries.append(axes.errorbar(table[x][mask], values, yerr=bars, mfc=face, label=words, **style))
    return entries


def median(axes: "Axes", table: Table, share: str = "90 % of prompts") -> list[Any]:
    """Draw the median over prompts and the band that holds most of them; return the legend's entries."""
    band = axes.fill_between(
        table["k"], table["lower"], table["upper"], color=MEDIAN.color, alpha=0.14, lw=0, zorder=1, label=share
    )
    return [line(axes, MEDIAN, table["k"], table["value"]), band]


def log_axis(axis: Any, *, low: float, high: float, most: int = 7) -> None:
    """Put ticks at powers of ten, few enough to read; at 1, 2, 5 of a decade where there are few decades.

    An axis whose numbers are between 0.001 and 10,000 has plain numbers, any other powers of ten.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = math.log10(high / low)
    marks = (1, 2, 5) if decades < 2.2 else (1, 3) if decades < 3.2 else (1,)
    every = max(1, -(-(last - first + 1) // most)) if marks == (1,) else 1
    ticks = [mark * 10.0**e for e in range(first, last + 1) if e % every == 0 for mark in marks]
    axis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    minor = [m * 10.0**e for e in range(first, last + 1) for m in range(1, 10)] if decades < 8 else []
    minor = minor or [10.0**e for e in range(first, last + 1)]
    axis.set_minor_locator(FixedLocator([tick for tick in minor if low <= tick <= high]))
    axis.set_minor_formatter(NullFormatter())
    plain = low >= 5e-4 and high <= 2e5 if marks != (1,) else low >= 5e-3 and high <= 2e4

    def written(value: float, _position: Any) -> str:
        if plain:
            return f"{value:,.10g}"
        exponent = math.floor(math.log10(value) + 1e-9)
        mantissa = round(value / 10.0**exponent)
        front = "" if mantissa == 1 else f"{mantissa}{{\\times}}"
        return f"$\\mathdefault{{{front}10^{{{exponent}}}}}$"

    axis.set_major_formatter(FuncFormatter(written))


def log_limits(axes: "Axes", which: str, low: float, high: float, **more: Any) -> None:
    """Make an axis logarithmic between two ends, with readable ticks."""
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    log_axis(getattr(axes, f"{which}axis"), low=low, high=high, **more)


def steps_axis(axes: "Axes", last: int, *, first: int = 0, label: str = "CoT steps $k$") -> None:
    """Put whole numbers at the ticks of an axis of steps."""
    from matplotlib.ticker import MaxNLocator

    room = 0.03 * (last - first)
    axes.set_xlim(first - room, last + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axes.set_xlabel(label)


def below(figure: "Figure", handles: Sequence[Any], columns: int) -> None:
    """Write the legend below the panels, off the data."""
    figure.legend(handles=list(handles), loc="outside lower center", ncols=columns)


def shade(i: int, count: int) -> str:
    """Return the i-th of some blues from dark to light, for the values of a parameter on one rung."""
    from matplotlib.colors import to_hex

    dark, light = np.array([0.0, 0.27, 0.43]), np.array([0.38, 0.72, 0.90])
    return to_hex(dark + (light - dark) * i / max(count - 1, 1))


#: Line styles that go with the shades.
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (3, 1.4, 1, 1.4)), (0, (1, 1.2)))


def finite(values: Any) -> Array:
    """Return the finite numbers of an array."""
    array = np.asarray(values, dtype=float)
    return np.asarray(array[np.isfinite(array)])
