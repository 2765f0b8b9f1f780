"""Pictures of error curves and spectra: the only package that imports matplotlib (extra ``plot``).

Figures are built through matplotlib's object interface and no global state is left changed, so nothing here needs a
display or interferes with a user's own plots.  The same curves give the same bytes.
"""

from theorycalc.plotting.canvas import SUFFIXES, checked_path, require_matplotlib, write_atomically
from theorycalc.plotting.curves import plot_curves
from theorycalc.plotting.frontier import plot_frontier
from theorycalc.plotting.long_chains import plot_typical_error
from theorycalc.plotting.overthinking import plot_overthinking
from theorycalc.plotting.phases import map_statement, plot_phase, plot_phase_diagram
from theorycalc.plotting.rung_map import plot_rung_map
from theorycalc.plotting.selection import plot_selection, plot_task_groups
from theorycalc.plotting.spectra import plot_spectrum
from theorycalc.plotting.statements import describe
from theorycalc.plotting.training import plot_training, plot_training_frontier
from theorycalc.plotting.validity import plot_validity

__all__ = [
    "SUFFIXES",
    "checked_path",
    "describe",
    "map_statement",
    "plot_curves",
    "plot_overthinking",
    "plot_frontier",
    "plot_phase",
    "plot_phase_diagram",
    "plot_rung_map",
    "plot_selection",
    "plot_spectrum",
    "plot_task_groups",
    "plot_training",
    "plot_training_frontier",
    "plot_typical_error",
    "plot_validity",
    "require_matplotlib",
    "write_atomically",
]
