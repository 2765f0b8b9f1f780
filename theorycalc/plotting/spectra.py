"""Pictures of numbers over directions: spectra, and what one step does in each direction."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.plotting.canvas import MOST_MARKERS, any_positive, canvas, drawable, frame
from theorycalc.plotting.style import CYCLE, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_spectrum(
    columns: Mapping[str, Any],
    statement: str,
    *,
    ylabel: str,
    path: Any = None,
    title: str | None = None,
    threshold: tuple[float, str] | None = None,
) -> "Figure":
    """Draw sequences over the direction i = 1 … d on a logarithmic axis; like :func:`plot_curves` in the rest.

    Parameters
    ----------
    columns : legend label -> (d,) numbers; only positive ones are drawn
    statement : the problem in one line, such as ``describe(setup)``
    threshold : height and legend label of a line across the picture
    """
    with canvas(path, log=threshold is not None or any_positive(*columns.values())) as (figure, axes):
        for i, (label, values) in enumerate(columns.items()):
            numbers = drawable(axes, values)
            size = np.arange(1, len(numbers) + 1)
            marker = "os^Dv"[i % 5] if len(numbers) <= 2 * MOST_MARKERS else ""
            axes.plot(size, numbers, color=CYCLE[i % len(CYCLE)], marker=marker, ms=3.5, lw=1.6, label=label)
        if threshold is not None:
            height, label = threshold
            axes.axhline(height, color=INK, lw=1.8, ls=(0, (5, 2)), zorder=1.5, gid="threshold", label=label)
        frame(axes, "direction $i$", ylabel, title, statement, first=1, last=max(map(len, columns.values())))
        figure.legend(loc="outside right upper")
    return figure
