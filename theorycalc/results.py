"""The answers: frozen, each with the problem it answers, its rung, and what is known of its error."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified
from theorycalc.fields import Array, as_fraction
from theorycalc.forms.encode import to_json
from theorycalc.forms.files import save
from theorycalc.forms.numbers import plain, precision, short
from theorycalc.forms.pages import line, page
from theorycalc.forms.tables import cells, csv_text, data_frame, displayed, one_row
from theorycalc.model import Setup
from theorycalc.spectra.covariance import freeze

__all__ = [
    "NOT_A_BOUND",
    "ErrorCurve",
    "Estimate",
    "Frozen",
    "GammaResult",
    "Metric",
    "Rung",
    "Trajectory",
    "plain",
    "short",
]


class Rung(StrEnum):
    """The ladder of fidelity of a test-error curve (theory section 4)."""

    POPULATION = "population"
    EXACT = "exact"
    PROPORTIONAL = "proportional"
    EXPANSION = "expansion"
    BOUND = "bound"
    SIMULATION = "simulation"


class Metric(StrEnum):
    """P = I: E‖w_k − w*‖² (the paper's); P = Σ: error of the prediction on a fresh query."""

    ESTIMATION = "estimation"
    PREDICTION = "prediction"


#: How the regime of a bound that is no theorem at the setup's m ends.
NOT_A_BOUND = "not a bound at this m"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Frozen:
    """Results own their arrays and never change them; all can be shown, tabulated, pickled and stored.

    A subclass names its table in ``_table``, if it has one; else its single numbers and words make one row.
    """

    def __post_init__(self) -> None:
        freeze(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled or copied result, its arrays read-only again."""
        vars(self).update(state)
        freeze(vars(self))

    def __repr__(self) -> str:
        return line(self)

    def _repr_html_(self) -> str:
        return page(self)

    def same_as(self, other: object) -> bool:
        """Whether ``other`` is of the same type and holds the same numbers, all to the last bit (NaN is NaN)."""
        return self is other or (type(self) is type(other) and to_json(self) == to_json(other))

    def to_json(self) -> str:
        """Return the result as text that :func:`theorycalc.from_json` reads back unchanged, to the last bit."""
        return to_json(self)

    def save(self, path: str | Path) -> None:
        """Write what :meth:`to_json` returns to a file, for :func:`theorycalc.load`."""
        save(self, path)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values for reading: exact numbers as text, parts as dicts, inf and NaN None.

        Numbers are rounded where float64 cannot hold them; :meth:`to_json` keeps every bit.
        """
        return displayed(self)

    def _table(self) -> dict[str, Any]:
        """Columns of public numbers, words and None."""
        return one_row(self)

    def columns(self) -> dict[str, list[Any]]:
        """Return the table that :meth:`to_csv` writes, column by column; exact numbers and enclosures as text."""
        return cells(self._table(), field_name=getattr(self, "field_name", "F64"))

    def to_csv(self) -> str:
        """Return the table as CSV text with a header line; cells without a number are empty."""
        return csv_text(self.columns())

    def to_dataframe(self, library: str | None = None, *, floats: bool = False) -> Any:
        """Return the table of :meth:`to_csv` as a data frame.

        Parameters
        ----------
        library : "pandas" or "polars"; default: pandas if it is installed, else polars
        floats : round exact numbers, mpf and balls (to their midpoint) to float64

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            floats as float64, integers as Int64.  Without ``floats`` a column of EXACT, MP or BALL numbers holds
            Fractions, mpf and Balls in pandas, and text in polars, as in the CSV.

        Raises
        ------
        ImportError
            when the library is not installed; the message says what to install.
        """
        return data_frame(self._table(), library, floats=floats, field_name=getattr(self, "field_name", "F64"))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GammaResult(Frozen):
    """Γ = (1 + 1/n) Λ + (tr Λ / n) I and its inverse, over the field they were asked for.

    ``Gamma`` and ``Gamma_inv`` are (d, d) arrays of public numbers (float64 for F64, object otherwise).
    """

    setup: Setup
    Gamma: Array  # (d, d)
    Gamma_inv: Array  # (d, d)
    field_name: str
    residual_norm: Any
    derivation: Any = field(default=None, repr=False)

    @property
    def steps(self) -> tuple[Any, ...]:
        """The symbolic derivation of the formula, step by step (derived on first use)."""
        return tuple(self.derivation().steps) if callable(self.derivation) else ()

    def residual(self) -> Any:
        """Return max |Γ Γ⁻¹ − I| over entries: 0 in EXACT, rounding in F64 and MP, an upper bound in BALL."""
        return self.residual_norm

    def _table(self) -> dict[str, Any]:
        """Every entry (i, j) of Γ and Γ⁻¹."""
        row, column = np.indices(self.Gamma.shape).reshape(2, -1)
        return {"i": row, "j": column, "Gamma": self.Gamma.ravel(), "Gamma_inv": self.Gamma_inv.ravel()}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trajectory(Frozen):
    """A chain of thought on one prompt: w[0] is the start and w[k] the estimate after k steps.

    (Summaries of the paper write w_{k+1} for the estimate after k steps.)
    """

    setup: Setup
    w: Array  # (steps + 1, d)
    field_name: str
    uncertainty: str

    @property
    def steps(self) -> Array:
        """0 … k."""
        return np.arange(self.w.shape[0])

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"steps": self.steps}
        return table | {f"w_{i}": self.w[:, i] for i in range(self.w.shape[1])}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ErrorCurve(Frozen):
    """Test error after 0 … k steps of thinking on one rung, with the uncertainty of every value.

    ``values[k]`` lies in [``lower[k]``, ``upper[k]``]; ``uncertainty`` says with what right: exact, enclosed,
    estimated rounding, or standard error.  For F64 the arrays are float64, else object arrays of public numbers.
    """

    setup: Setup
    rung: Rung
    metric: Metric
    values: Array  # (steps + 1,)
    lower: Array
    upper: Array
    field_name: str
    uncertainty: str
    notes: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()  # rung "bound": for each step, where the value is a theorem

    @property
    def steps(self) -> Array:
        """0 … k."""
        return np.arange(len(self.values))

    def __repr__(self) -> str:
        shown = [short(value) for value in self.values[:6]] + ["…"] * (len(self.values) > 6)
        parts = f"rung={self.rung}, metric={self.metric}, steps=0…{len(self.values) - 1}, field={self.field_name}"
        return f"{type(self).__name__}([{', '.join(shown)}], {parts}, {self.setup!r})"

    def is_theorem(self, k: int) -> bool:
        """Whether ``values[k]`` bounds the error of this setup: False beyond the regime of rung "bound"."""
        return not self.regimes or NOT_A_BOUND not in self.regimes[k]

    def argmin(self) -> int:
        """Return k*, the number of steps with the smallest error.

        Raises
        ------
        NotCertified
            when another step's uncertainty interval reaches below this one's upper end (ties in exact fields
            return the smallest k).
        """
        exact = [as_fraction(value) for value in self.values]
        best = min(range(len(exact)), key=exact.__getitem__)
        rivals = [
            k for k in range(len(exact)) if k != best and as_fraction(self.lower[k]) < as_fraction(self.upper[best])
        ]
        if rivals:
            raise NotCertified(f"steps {sorted([best, *rivals])} cannot be told apart within the curve's uncertainty")
        return best

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; EXACT numbers as "p/q" strings, balls as {mid, rad, enclosure}."""
        result: dict[str, Any] = {
            "steps": self.steps.tolist(),
            "values": self._plain(self.values),
            "lower": self._plain(self.lower),
            "upper": self._plain(self.upper),
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }
        if self.regimes:
            result["regimes"] = list(self.regimes)
        return result

    def _plain(self, numbers: Array) -> list[Any]:
        return [plain(number, dps=precision(self.field_name)) for number in numbers]

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {name: getattr(self, name) for name in ("steps", "values", "lower", "upper")}
        return table | ({"regime": self.regimes} if self.regimes else {})

    def plot(self, path: Any = None) -> Any:
        """Draw the curve (needs the ``plot`` extra); return the matplotlib figure, or write it to ``path``."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_curves([self], path=path)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Estimate(ErrorCurve):
    """A simulated curve: ``values`` are sample means, ``lower``/``upper`` the mean ∓ 1 standard error."""

    stderr: Array  # (steps + 1,) standard error of the mean
    median: Array  # (steps + 1,)
    quantiles: dict[float, Array] = field(default_factory=dict)  # level -> (steps + 1,)
    largest_share: Array  # (steps + 1,) share of the largest sample in the sum
    heavy_tail: Array  # (steps + 1,) bool: the standard error is not to be trusted
    prompts: int
    seed: int
    interrupted: bool = False
    layer_residual: float  # largest relative gap between the attention layer and the fast path, on checked prompts

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, with the standard error, median, quantiles and tail flags."""
        return super().to_dict() | {
            "stderr": self.stderr.tolist(),
            "median": self.median.tolist(),
            "quantiles": {str(level): values.tolist() for level, values in self.quantiles.items()},
            "largest_share": self.largest_share.tolist(),
            "heavy_tail": self.heavy_tail.tolist(),
            "prompts": self.prompts,
            "seed": self.seed,
            "interrupted": self.interrupted,
            "layer_residual": self.layer_residual,
        }

    def _table(self) -> dict[str, Any]:
        table = super()._table() | {"stderr": self.stderr, "median": self.median}
        table |= {f"q{level}": values for level, values in self.quantiles.items()}
        return table | {"largest_share": self.largest_share, "heavy_tail": self.heavy_tail}
