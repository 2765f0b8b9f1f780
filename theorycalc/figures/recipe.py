"""What a figure is: its data, how they are drawn, and what is said below it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theorycalc.figures.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: How every point of a figure was earned.
KINDS = {
    "exact": "the exact mean, with a bound of its rounding",
    "limit": "a limit in closed form: m → ∞, or d, m → ∞",
    "bound": "an upper or a lower bound",
    "series": "a series in 1/m, cut off",
    "simulated": "sampled prompts through the attention layer, with standard errors",
    "trained": "a layer trained by gradient descent, and sampled prompts",
    "optimum": "the answer of an optimisation, with its certificate",
    "line": "a line to guide the eye",
    "cited": "published by others, not computed here",
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A figure: ``data`` computes all that is drawn, ``draw`` draws it and computes nothing.

    Two columns are in every table: ``panel``, and ``kind``, one of KINDS.
    """

    name: str
    title: str
    caption: str  # parameters, and what is exact, limiting or simulated
    claims: tuple[str, ...]  # of the ledger, which the figure shows
    columns: Mapping[str, str]  # what each column of the data means
    size: tuple[float, float]  # inches, at print size
    data: Callable[[], Table]
    draw: Callable[["Figure", Table], None]
    source: str = ""  # of numbers that others published
