"""Pictures of error curves and spectra: the only package that imports matplotlib (extra ``plot``).

Figures are built through matplotlib's object interface and no global state is left changed, so nothing here needs a
display or interferes with a user's own plots.  The same curves give the same bytes.

A picture's module is imported when it is first asked for: a table needs no picture.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

if not TYPE_CHECKING:  # so that a type checker refuses names that do not exist
    _NAMES_OF = {
        "canvas": ("SUFFIXES", "checked_path", "require_matplotlib", "write_atomically"),
        "curves": ("plot_curves",),
        "frontier": ("plot_frontier",),
        "long_chains": ("plot_typical_error",),
        "overthinking": ("plot_overthinking",),
        "phases": ("map_statement", "plot_phase", "plot_phase_diagram"),
        "rung_map": ("plot_rung_map",),
        "selection": ("plot_selection", "plot_task_groups"),
        "spectra": ("plot_spectrum",),
        "statements": ("describe",),
        "training": ("plot_training", "plot_training_frontier"),
        "validity": ("plot_validity",),
    }
    _HOME = {name: module for module, names in _NAMES_OF.items() for name in names}

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for, and keep it."""
        import importlib

        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
