"""Maps of phases: over d/m and n/m, over the decay of the training spectrum, over the shift of the test spectrum."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import choice, integer, number, refuse
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric
from theorycalc.rmt.edge_grid import edge_grid
from theorycalc.thinking.phase_result import PHASES

#: What an axis may be, and its default range.
AXES = {"d/m": (0.02, 3.0), "n/m": (0.02, 3.0), "decay": (0.0, 2.0), "shift": (0.0, 1.0)}
_CRITICAL = 1e-11  # |λ₊ − 2| below which a cell counts as critical
_MOST_NUMBERS = 10**9
_MOST_CELLS = 4_000_000
_RATIOS = 1e-12, 1e12  # of d/m and n/m


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PhaseDiagram(Frozen):
    """The phase of every cell of a grid: ``code[j, i]`` is that at x[i], y[j], an index into ``PHASES``."""

    setup: Setup
    x_name: str
    y_name: str
    x: Array  # (p,)
    y: Array  # (q,)
    code: Array  # (q, p) 0 … 3
    rate: Array  # (q, p) max(|1 − λ₋|, |1 − λ₊|)²
    lower: Array  # (q, p) λ₋
    upper: Array  # (q, p) λ₊
    matched: bool  # whether Σ = Λ in every cell, so that m ≥ n never overthinks
    uncertainty: str

    def phase(self, i: int, j: int) -> str:
        """Return the phase at x[i], y[j]."""
        return PHASES[int(self.code[j, i])]

    def share(self, phase: str) -> float:
        """Return the share of the cells in a phase."""
        return float(np.mean(self.code == PHASES.index(choice("phase", phase, PHASES))))

    def __repr__(self) -> str:
        parts = [f"{name} {100 * self.share(name):.3g} %" for name in PHASES if name in self.phases]
        size = f"{len(self.x)} × {len(self.y)} over {self.x_name}, {self.y_name}"
        return f"PhaseDiagram({', '.join(parts)}, {size})"

    @property
    def phases(self) -> list[str]:
        """The phases that occur, in the order of ``PHASES``."""
        return [name for i, name in enumerate(PHASES) if np.any(self.code == i)]

    def _table(self) -> dict[str, Any]:
        """One row for each cell."""
        x, y = np.meshgrid(self.x, self.y)
        return {
            self.x_name: x.ravel(),
            self.y_name: y.ravel(),
            "phase": [PHASES[i] for i in self.code.ravel()],
            **{name: getattr(self, name).ravel() for name in ("rate", "lower", "upper")},
        }

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; matrices are lists of rows, one for each y."""
        return {
            "x_name": self.x_name,
            "y_name": self.y_name,
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "phase": [[PHASES[i] for i in row] for row in self.code],
            **{name: getattr(self, name).tolist() for name in ("rate", "lower", "upper")},
            "matched": self.matched,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def plot(self, path: Any = None) -> Any:
        """Draw the map with the line λ₊ = 2 and, for matched skills, m = n (needs the ``plot`` extra)."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_phase_diagram(self, path=path)


def phase_diagram(
    setup: Setup, *, x: str = "d/m", y: str = "n/m", x_values: Any = None, y_values: Any = None, cells: int = 100
) -> PhaseDiagram:
    """Return the phase of every cell of a grid of problems that differ from ``setup`` in two respects.

    =========  ==============================================================================================
    axis       what it changes
    =========  ==============================================================================================
    "d/m"      m = d/x, a real number
    "n/m"      n = y m, a real number, in Γ = (1 + 1/n) Λ + (tr Λ/n) I
    "decay"    Λ = diag(i^{−decay}), of the dimension of the setup
    "shift"    Σ = (1 − s) Λ + s Σ′: Σ′ is that of the setup; if it is matched, isotropic with the trace of Λ
    =========  ==============================================================================================

    Parameters
    ----------
    setup : the problem that holds for the rest; spectra; m = ∞ only if "d/m" is an axis
    x, y : two different axes of the four
    x_values, y_values : ascending numbers; default ``cells`` of them, evenly spaced over a range that shows the phases

    Returns
    -------
    PhaseDiagram
        ``.code`` ``.rate`` ``.lower`` ``.upper`` (len(y), len(x)), ``.phases``, ``.share(phase)``.

    Raises
    ------
    InvalidSetup
        for an unknown axis, two equal ones, or values that an axis cannot have.
    OutsideRegime
        for full matrices, or a grid that would not fit into memory.

    Assumes: the limit d, m → ∞ at the spectrum of each cell; n and m need not be integers.
    Cost: O(d) per cell and Newton step; 100 × 100 cells at d = 50 take about a second.
    Claims: RMT-02, RMT-03, SAF-01, SAF-04.  Source: theory section 6.

    Examples
    --------
    Λ = I: C = cI, c = n/(n + 1 + d); d/m = 4, m = 1 and n = 5 gives λ₊ = (1/2)·9, and n = 1, c = 1/6, gives 3/2.

    >>> found = phase_diagram(Setup([1] * 4, n=1), x_values=[4], y_values=[1, 5])
    >>> found.phase(0, 0), found.phase(0, 1), round(found.upper[1, 0], 12)
    ('saturating', 'overthinking', np.float64(4.5))
    """
    as_setup(setup)
    names = choice("x", x, tuple(AXES)), choice("y", y, tuple(AXES))
    if x == y:
        raise refuse("y", y, "the same as x", "choose two different axes of " + ", ".join(AXES))
    if not setup.is_diagonal:
        raise OutsideRegime("a phase diagram needs spectra: diagonalise Λ and Σ")
    whitened_setup(setup, Metric.ESTIMATION, F64)  # refuses mixtures of other sampling and numbers beyond float64
    count = integer("cells", cells, minimum=2, maximum=2_000, remedy="pass the number of cells along an axis")
    grids = [_values("x_values", names[0], x_values, count), _values("y_values", names[1], y_values, count)]
    size = len(grids[0]) * len(grids[1])
    if size > _MOST_CELLS or size * setup.d > _MOST_NUMBERS:
        raise OutsideRegime(f"{size:,} cells at d = {setup.d:,}: use fewer cells, or a smaller d")
    if setup.m is None and "d/m" not in names:
        raise refuse("setup.m", "∞", "not the m of a phase diagram", 'state m, or take "d/m" as an axis')
    across, down = (part.ravel() for part in np.meshgrid(*grids))
    axes = {names[0]: across, names[1]: down}
    m = setup.d / axes["d/m"] if "d/m" in axes else np.full(size, float(setup.m or 0))
    n = axes["n/m"] * m if "n/m" in axes else np.full(size, float(setup.n))
    C = _spectra(setup, axes, n)
    found = edge_grid(C, m)
    shape = (len(grids[1]), len(grids[0]))
    rate = np.maximum(np.abs(1 - found.lower), np.abs(1 - found.upper)) ** 2
    at_zero = axes["d/m"] == 1 if "d/m" in axes else np.full(size, setup.m == setup.d)
    code = _codes(found.upper, short=m < setup.d, at_zero=at_zero, noisy=setup.noise_var > 0)
    return PhaseDiagram(
        setup=setup,
        x_name=names[0],
        y_name=names[1],
        x=grids[0],
        y=grids[1],
        code=code.reshape(shape),
        rate=rate.reshape(shape),
        lower=found.lower.reshape(shape),
        upper=found.upper.reshape(shape),
        matched=setup.matched and "shift" not in axes,
        uncertainty=f"float64; cells with |λ₊ − 2| ≤ {_CRITICAL:.0e} count as critical",
    )


def _spectra(setup: Setup, axes: dict[str, Array], n: Array) -> Array:
    """C of every cell, (g, d)."""
    d = setup.d
    rank = np.arange(1.0, d + 1)
    Lambda = rank ** -axes["decay"][:, None] if "decay" in axes else setup.Lambda.array(F64)[None, :]
    trace = Lambda.sum(axis=1, keepdims=True)
    Gamma = (1 + 1 / n)[:, None] * Lambda + trace / n[:, None]
    target = trace / d * np.ones((1, d)) if setup.matched else setup.Sigma.array(F64)[None, :]
    if "shift" in axes:
        share = axes["shift"][:, None]
        Sigma = (1 - share) * Lambda + share * target
    else:
        Sigma = Lambda if setup.matched else target
    return np.asarray(Sigma / Gamma)


def _codes(upper: Array, *, short: Array, at_zero: Array, noisy: bool) -> Array:
    """Return indices into PHASES."""
    critical = np.abs(upper - 2) <= _CRITICAL
    code = np.where(critical | at_zero, 1, 0)
    code = np.where(short | noisy, 2, code)
    return np.where((upper > 2) & ~critical | (at_zero & noisy), 3, code).astype(np.int8)


def _values(argument: str, name: str, given: Any, cells: int) -> Array:
    if given is None:
        low, high = AXES[name]
        values = np.linspace(low, high, cells)
        values.setflags(write=False)
        return values
    remedy = f"pass ascending numbers for {name}"
    if not isinstance(given, Sequence | np.ndarray) or isinstance(given, str):
        raise refuse(argument, given, "not a sequence of numbers", remedy)
    if isinstance(given, np.ndarray) and given.ndim != 1:
        raise refuse(argument, given, f"of shape {given.shape}, not a sequence of numbers", remedy)
    exact = [number(f"{argument}[{i}]", value) for i, value in enumerate(given)]
    if not exact or any(later <= value for value, later in itertools.pairwise(exact)):
        raise refuse(argument, given, "not ascending", remedy)
    if name in ("d/m", "n/m") and exact[0] <= 0:
        raise refuse(argument, exact[0], "not positive", "pass ratios > 0")
    if name in ("d/m", "n/m") and (exact[0] < _RATIOS[0] or exact[-1] > _RATIOS[1]):
        far = exact[0] if exact[0] < _RATIOS[0] else exact[-1]
        raise refuse(argument, far, f"outside [{_RATIOS[0]:.0e}, {_RATIOS[1]:.0e}]", f"pass ratios {name} in it")
    if name == "shift" and (exact[0] < 0 or exact[-1] > 1):
        raise refuse(argument, given, "outside [0, 1]", "pass shares between 0 and 1")
    if name == "decay" and max(-exact[0], exact[-1]) > 20:
        raise refuse(argument, given, "beyond ±20", "pass exponents of a power law")
    values = np.array([float(value) for value in exact])
    if np.any(np.diff(values) <= 0):
        raise refuse(argument, given, "not ascending in float64", remedy)
    return values
