"""The answer to the question how the typical error behaves as the chain of thought grows."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from theorycalc._checks import steps as checked_steps
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import Array, Field, as_fraction
from theorycalc.model import Setup
from theorycalc.results import Frozen, Metric, Rung, plain
from theorycalc.rmt.edges import SpectralEdges
from theorycalc.rmt.support import SpectralSupport, spectral_support

#: In the order of the codes of a phase diagram.
PHASES = ("exponential", "polynomial", "saturating", "overthinking")


@dataclass(frozen=True, kw_only=True, repr=False)
class EdgeTerm(Frozen):
    """One term coefficient · baseᵏ · k^{−exponent} of E_k − floor, and what of the spectrum leaves it.

    ``error`` bounds (BALL: is 0, as the ball says it) or estimates the error of the coefficient.
    """

    source: str  # "lower edge", "upper edge", "hard edge at 0" or "largest |1 − c|"
    coefficient: Any
    base: Any
    exponent: Fraction
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "source": self.source,
            "coefficient": plain(self.coefficient),
            "base": plain(self.base),
            "exponent": str(self.exponent),
            "error": self.error,
        }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Phase(Frozen):
    """How the typical error E_k behaves for large k: E_k = floor + Σ coefficient · baseᵏ · k^{−exponent} (1 + o(1)).

    ``rate`` is max(|1 − λ₋|, |1 − λ₊|)² over the edges of the spectrum away from 0: what a step multiplies the part of
    the error by that can be learned.  ``excess_rate`` is what a step multiplies |E_k − floor| by: the same, or its root
    where a floor and an edge mix.
    """

    setup: Setup
    metric: Metric
    rung: Rung
    phase: str
    edges: SpectralEdges
    rate: Any
    floor: Any  # lim E_k; None if there is none
    floor_error: float
    terms: tuple[EdgeTerm, ...]  # the slowest first
    critical: tuple[str, ...]  # which edges are exactly at 0 or 2
    directions: tuple[int, ...]  # m = ∞, spectra: the directions that set the rate
    spectrum: Array = field(repr=False)  # (q,) eigenvalues of C, ascending
    multiplicity: Array = field(repr=False)  # (q,)
    words: str
    field_name: str
    uncertainty: str
    notes: tuple[str, ...] = ()
    number_field: Field = field(repr=False)

    @cached_property
    def support(self) -> SpectralSupport | None:
        """The intervals of the spectrum with their gaps and masses; None for m = ∞, where it is that of C."""
        if self.setup.m is None:
            return None
        counts = [int(x) for x in self.multiplicity]
        return spectral_support(list(self.spectrum), self.setup.m, multiplicity=counts, field=self.number_field)

    @property
    def excess_rate(self) -> Any:
        """What a step multiplies |E_k − floor| by in the end."""
        base = self.terms[0].base
        return (
            base if as_fraction(base) >= 0 else -base if not hasattr(base, "mid") else type(base)(-base.mid, base.rad)
        )

    @property
    def prefactor_exponent(self) -> Fraction:
        """The p of |E_k − floor| ~ constant · excess_rateᵏ · k^{−p}."""
        return self.terms[0].exponent

    @property
    def prefactor(self) -> Any:
        """The constant of the leading term; where both edges lead, that of the first in ``terms``."""
        return self.terms[0].coefficient

    def asymptotic_error(self, steps: int) -> float:
        """Return floor + Σ coefficient · baseᵏ · k^{−exponent} at k = ``steps`` >= 1, in float64.

        Its relative distance from E_k − floor is O(1/k), at a hard edge O(k^{−1/2}).
        """
        k = checked_steps(steps)
        if k < 1:
            raise OutsideRegime("steps = 0: the asymptotic form needs at least one step")
        total = 0.0 if self.floor is None else float(self.floor)
        for term in self.terms:
            base, coefficient = float(term.base), float(term.coefficient)
            if not (base and coefficient):
                continue
            size = math.log(abs(coefficient)) + k * math.log(abs(base)) - float(term.exponent) * math.log(k)
            if size > math.log(1e308):
                raise OutsideRegime(f"steps = {k}: the error exceeds the float64 range")
            sign = -1.0 if (coefficient < 0) != (base < 0 and k % 2 == 1) else 1.0
            total += sign * math.exp(size)
        return total

    def __repr__(self) -> str:
        return f"Phase({self.phase!r}, {self.words})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        dps = int(self.field_name[3:-1]) if self.field_name.startswith("MP(") else 15

        def shown(value: Any) -> Any:
            return None if value is None else plain(value, dps=dps)

        return {
            "phase": self.phase,
            "words": self.words,
            "rung": str(self.rung),
            "metric": str(self.metric),
            "edges": [shown(self.edges.lower), shown(self.edges.upper)],
            "atom_at_zero": plain(self.edges.atom_at_zero),
            "rate": shown(self.rate),
            "floor": shown(self.floor),
            "floor_error": self.floor_error,
            "excess_rate": shown(self.excess_rate),
            "prefactor_exponent": str(self.prefactor_exponent),
            "terms": [term.to_dict() for term in self.terms],
            "critical": list(self.critical),
            "directions": list(self.directions),
            "support": None if self.support is None else self.support.to_dict(),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        row = {"phase": self.phase, "lower_edge": self.edges.lower, "upper_edge": self.edges.upper}
        row |= {"atom_at_zero": self.edges.atom_at_zero}
        row |= {name: getattr(self, name) for name in ("rate", "floor", "excess_rate", "prefactor_exponent")}
        return {name: [value] for name, value in row.items()}

    def plot(self, path: Any = None) -> Any:
        """Draw the spectrum with its edges and the lines 0 and 2 (needs the ``plot`` extra)."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_phase(self, path=path)
