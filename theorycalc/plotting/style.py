"""The one style of every picture: colours, what a rung and a phase look like, fonts and sizes on screen and on paper.

``canvas`` draws the pictures of results for the screen; ``theorycalc.figures`` draws the project's figures for a paper
of two columns.  Both take their looks from here, so a rung has the same colour and line everywhere.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from theorycalc.results import Rung

#: Okabe and Ito's colours (purple: Tol's), told apart when colour-blind, and in grey by the line styles beside them.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9"
CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
INK, FAINT, GREY, RULE = "#222222", "#8C8C8C", "#555555", "#E6E6E6"

#: The colour of each phase; told apart when colour-blind, and in grey by their lightness.
PHASE_COLORS = {"exponential": "#CFE6F5", "polynomial": GREEN, "saturating": "#F6DFA6", "overthinking": "#E9A27C"}

#: Widths of one column and of two, in inches.
SINGLE, DOUBLE = 3.3, 6.9


@dataclass(frozen=True)
class Look:
    """How a rung is drawn."""

    label: str
    color: str
    line: Any
    marker: str
    width: float
    order: int


LOOKS = {
    Rung.EXACT: Look("exact mean", BLUE, "-", "o", 2.6, 6),
    Rung.SIMULATION: Look("simulated mean ± s.e.", PURPLE, "none", "D", 1.1, 9),
    Rung.PROPORTIONAL: Look("proportional limit", GREEN, (0, (4, 2)), "s", 1.5, 7),
    Rung.POPULATION: Look("population law, $m$ → ∞", VERMILLION, (0, (3, 1.4, 1, 1.4)), "^", 1.5, 5),
    Rung.EXPANSION: Look("series in 1/$m$", SKY, (0, (1, 1.1)), "P", 1.9, 8),
    Rung.BOUND: Look("bound", FAINT, (0, (4, 3)), "v", 0.9, 3),
}
#: The median over prompts, in the colour of the simulation that it comes from.
MEDIAN = Look("simulated median", PURPLE, (0, (1, 1.2)), "", 1.5, 8)

_COMMON: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, and has Greek
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "theorycalc",
    "pdf.fonttype": 42,  # TrueType, embedded
}
_SCREEN: dict[Any, Any] = _COMMON | {
    "font.size": 9.5,
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "legend.fontsize": 9,
    "legend.handlelength": 3.2,
    "legend.labelspacing": 0.75,
    "svg.fonttype": "none",
}
_PAPER: dict[Any, Any] = _COMMON | {
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.linewidth": 0.6,
    "axes.labelpad": 2.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.major.pad": 2.5,
    "ytick.major.pad": 2.5,
    "legend.fontsize": 7,
    "legend.handlelength": 2.6,
    "legend.labelspacing": 0.4,
    "legend.columnspacing": 1.4,
    "legend.handletextpad": 0.6,
    "legend.borderaxespad": 0.3,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.2,
    "errorbar.capsize": 1.5,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "mathtext.default": "it",
    "svg.fonttype": "path",  # the letters look the same where the font is missing
}


@contextlib.contextmanager
def screen() -> Iterator[None]:
    """Draw in the style of the screen and no one else's; leave matplotlib's settings as they were."""
    with _style(_SCREEN):
        yield


@contextlib.contextmanager
def paper() -> Iterator[None]:
    """Draw in the style of a paper of two columns: 7 to 8 points at print size."""
    with _style(_PAPER):
        yield


@contextlib.contextmanager
def _style(settings: dict[Any, Any]) -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield
