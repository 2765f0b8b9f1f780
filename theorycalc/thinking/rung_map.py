"""Which rung can be trusted where: a map over the number of steps k and the length m of the test prompt (section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, choice, integer, number, refuse
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.auto import TOLERANCE, affordable_steps, relative_width
from theorycalc.error_curves.curves import METRICS, expected_error
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import Array
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric

#: What a cell may hold: the cheapest rung within the tolerance of the mean, "exact" if only that is, or "unknown".
CODES = ("population", "expansion", "proportional", "exact", "unknown")
_COUNT = "pass a sequence of integers >= 1"
_MOST_CELLS = 200_000
_ORDER = 2
_SECONDS = 1.0  # of the exact rung, for each m


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RungMap(Frozen):
    """The cheapest rung that is within ``tolerance`` of the mean error, for every m and k.

    ``code[j, k]`` is an index into ``CODES`` for m_values[j] and k steps: "population" is cheaper than "expansion"
    (order 2), that than "proportional", that than "exact".  ``mean`` is the exact rung where it takes seconds, beyond
    it the expansion where this settles by its own estimate, else NaN ("unknown").  The other arrays are relative
    deviations from it, NaN where unknown.
    """

    setup: Setup
    metric: Metric
    tolerance: float
    m_values: Array  # (p,) integers
    code: Array  # (p, steps + 1)
    mean: Array  # (p, steps + 1)
    is_exact: Array  # (p, steps + 1) bool: whether ``mean`` is that of the exact rung
    population: Array  # (p, steps + 1) |population/mean − 1|
    expansion: Array  # (p, steps + 1)
    proportional: Array  # (p, steps + 1)
    uncertainty: str
    notes: tuple[str, ...] = ()

    def rung(self, m: int, k: int) -> str:
        """Return the code of one cell in words."""
        place = np.flatnonzero(self.m_values == m)
        if not place.size:
            raise refuse("m", m, "not on the map", "choose one of its m_values")
        return CODES[int(self.code[place[0], k])]

    def _table(self) -> dict[str, Any]:
        """One row for each cell; unknown numbers are None."""
        k, m = np.meshgrid(np.arange(self.code.shape[1]), self.m_values)
        names = ("mean", "population", "expansion", "proportional")
        return {
            "m": m.ravel(),
            "k": k.ravel(),
            "rung": [CODES[i] for i in self.code.ravel()],
            **{name: [_plain(x) for x in getattr(self, name).ravel()] for name in names},
            "mean_is_exact": self.is_exact.ravel(),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: the table of cells, with what it rests on."""
        return {
            "cells": self.columns(),
            "tolerance": self.tolerance,
            "metric": str(self.metric),
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }

    def plot(self, path: Any = None) -> Any:
        """Draw the map (needs the ``plot`` extra); return the matplotlib figure, or write it to ``path``."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_rung_map(self, path=path)

    def __repr__(self) -> str:
        shares = [(name, float(np.mean(self.code == i))) for i, name in enumerate(CODES)]
        parts = [f"{name} {100 * share:.3g} %" for name, share in shares if share]
        size = f"m = {self.m_values[0]}…{self.m_values[-1]}, k = 0…{self.code.shape[1] - 1}"
        return f"RungMap({', '.join(parts)}, {size}, tolerance={self.tolerance:g})"


def rung_map(
    setup: Setup,
    steps: int,
    *,
    m_values: Sequence[int],
    tolerance: Any = TOLERANCE,
    metric: str = "estimation",
) -> RungMap:
    """Return which rung can be trusted where: the cheapest one within ``tolerance`` of the mean, over k and m.

    Parameters
    ----------
    setup : the problem; its own m is ignored
    steps : largest number of CoT steps
    m_values : lengths of the test prompt, ascending integers >= 1
    tolerance : largest relative deviation from the mean, in (0, 1); default 1/10
    metric : "estimation" or "prediction"

    Returns
    -------
    RungMap
        ``.code`` ``.mean`` ``.is_exact`` ``.population`` ``.expansion`` ``.proportional``, (len(m_values), steps + 1).

    Raises
    ------
    InvalidSetup
        if an argument is not of the kind above.

    Beyond the steps that the exact rung does in a second the map rests on the estimate of rung "expansion", and where
    that does not settle it says "unknown": there ``expected_error(rung="proportional")`` describes a typical prompt,
    but nothing here bounds its distance from the mean.
    Cost: one curve of each rung for every m.  Claims: ERR-02, RMT-01.  Source: theory section 4.

    Examples
    --------
    One direction, Λ = 1, n = 1, k = 1: γ = 3, E_1 = (2/3)² + (2/9)/m, 1 + 1/(2m) times the population law.

    >>> found = rung_map(Setup([1], n=1), 1, m_values=[1, 10])
    >>> [found.rung(m, 1) for m in (1, 10)], round(float(found.population[1, 1]), 4)
    (['expansion', 'population'], 0.0476)
    """
    as_setup(setup)
    count = checked_steps(steps, maximum=20_000)
    measure = Metric(choice("metric", metric, METRICS))
    lengths = _lengths(m_values)
    if len(lengths) * (count + 1) > _MOST_CELLS:
        raise refuse("m_values", len(lengths), f"more than {_MOST_CELLS:,} cells", "use fewer lengths or fewer steps")
    allowed = number("tolerance", tolerance)
    if not 0 < allowed < 1:
        raise refuse("tolerance", tolerance, "not in (0, 1)", "pass a relative deviation such as 1/10")
    rows = [_row(setup.replace(m=m), count, measure, float(allowed)) for m in lengths]
    return RungMap(
        setup=setup,
        metric=measure,
        tolerance=float(allowed),
        m_values=np.array(lengths),
        code=np.array([row.code for row in rows]),
        mean=np.array([row.mean for row in rows]),
        is_exact=np.array([row.is_exact for row in rows]),
        population=np.array([row.population for row in rows]),
        expansion=np.array([row.expansion for row in rows]),
        proportional=np.array([row.proportional for row in rows]),
        uncertainty="deviations from the exact rung in float64; where it takes too long, from rung expansion, "
        "if what that leaves out is within the tolerance by its own estimate",
        notes=tuple(dict.fromkeys(note for row in rows for note in row.notes)),
    )


@dataclass(frozen=True)
class _Row:
    code: Array
    mean: Array
    is_exact: Array
    population: Array
    expansion: Array
    proportional: Array
    notes: list[str]


def _row(setup: Setup, steps: int, metric: Metric, tolerance: float) -> _Row:
    notes: list[str] = []
    exact, _ = _values(
        setup, affordable_steps(setup, steps, metric, seconds=_SECONDS), "exact", metric, notes, length=steps
    )
    series, share = _values(setup, steps, "expansion", metric, notes, length=steps)
    mean = np.where(np.isnan(exact) & (share <= tolerance), series, exact)
    gaps = {}
    for name in ("population", "expansion", "proportional"):
        values = series if name == "expansion" else _values(setup, steps, name, metric, notes, length=steps)[0]
        with np.errstate(all="ignore"):
            gaps[name] = np.where(values == mean, 0.0, np.abs(values / mean - 1))
    code = np.where(np.isnan(mean), CODES.index("unknown"), CODES.index("exact"))
    for name in ("proportional", "expansion", "population"):
        code = np.where(gaps[name] <= tolerance, CODES.index(name), code)
    return _Row(code=code, mean=mean, is_exact=~np.isnan(exact), notes=notes, **gaps)


def _values(
    setup: Setup, steps: int, rung: str, metric: Metric, notes: list[str], *, length: int
) -> tuple[Array, Array]:
    """Return values and relative widths of a rung, NaN beyond its steps or where it does not apply."""
    values, widths = np.full(length + 1, np.nan), np.full(length + 1, np.nan)
    order = _ORDER if rung == "expansion" else None
    try:
        curve = expected_error(setup, steps, rung=rung, metric=str(metric), order=order)
    except (OutsideRegime, NotConverged) as error:
        notes.append(f"{rung}: {error}")
        return values, widths
    values[: steps + 1], widths[: steps + 1] = curve.values, relative_width(curve)
    return values, widths


def _lengths(values: Any) -> list[int]:
    if isinstance(values, str) or not hasattr(values, "__len__") or not len(values):
        raise refuse("m_values", values, "not a sequence of lengths", _COUNT)
    found = [integer("m_values", value, minimum=1, maximum=MAX_COUNT, remedy=_COUNT) for value in values]
    if any(b <= a for a, b in pairwise(found)):
        raise refuse("m_values", values, "not ascending", "sort it, without repetitions")
    return found


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
