"""The answers: frozen, each with the problem it answers, its rung, and what is known of its error."""

import csv
import io
import math
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified
from theorycalc.fields import Array, Ball, as_fraction, digits
from theorycalc.model import Setup


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


def plain(value: Any, *, dps: int = 15) -> Any:
    """Return a JSON-ready form of a public number: exact ones as "p/q", mpf as digits, balls as mid, rad, enclosure.

    An mpf does not know the precision ``dps`` it was computed with, of which its text must hold all digits.
    Of a ball, "enclosure" is narrow; the float64 interval mid ∓ rad holds it too (both None beyond the float64 range).
    """
    if isinstance(value, Ball):
        mid, rad = _float_interval(value)
        return {"mid": mid, "rad": rad, "enclosure": str(value)}
    if isinstance(value, Fraction):
        return digits(value)
    if hasattr(value, "_mpf_"):
        import mpmath

        return mpmath.libmp.to_str(value._mpf_, max(dps + 3, int(value._mpf_[3] * 0.30103) + 2))
    return float(value)


def short(value: Any) -> str:
    """Return a number with six digits, or its size where it leaves the float64 range."""
    size = Fraction(1) if isinstance(value, float) else as_fraction(value)
    try:
        return f"{float(value if isinstance(value, float) else size):.6g}"
    except OverflowError:
        return f"about 2^{size.numerator.bit_length() - size.denominator.bit_length()}"


def _float_interval(ball: Ball) -> tuple[float | None, float | None]:
    try:
        mid = float(ball.mid)
        rad = float(ball.rad + abs(Fraction(mid) - ball.mid))
    except OverflowError:
        return None, None
    return mid, math.nextafter(rad, math.inf) if rad or ball.rad or Fraction(mid) != ball.mid else 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Frozen:
    """Results own their arrays and never change them."""

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


@dataclass(frozen=True, kw_only=True, eq=False)
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


@dataclass(frozen=True, kw_only=True, eq=False)
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
        dps = int(self.field_name[3:-1]) if self.field_name.startswith("MP(") else 15
        return [plain(number, dps=dps) for number in numbers]

    def columns(self) -> dict[str, list[Any]]:
        """Return the table that :meth:`to_csv` writes, column by column."""
        table: dict[str, list[Any]] = {"steps": self.steps.tolist()}
        for name in ("values", "lower", "upper"):
            cells = self._plain(getattr(self, name))
            table[name] = [cell["enclosure"] if isinstance(cell, dict) else cell for cell in cells]
        if self.regimes:
            table["regime"] = list(self.regimes)
        return table

    def to_csv(self) -> str:
        """Return the curve as CSV text with a header line."""
        table = self.columns()
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
        return stream.getvalue()

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

    def columns(self) -> dict[str, list[Any]]:
        """Return the table that :meth:`to_csv` writes, column by column."""
        extra = {f"q{level}": values.tolist() for level, values in self.quantiles.items()}
        return super().columns() | {
            "stderr": self.stderr.tolist(),
            "median": self.median.tolist(),
            **extra,
            "largest_share": self.largest_share.tolist(),
            "heavy_tail": self.heavy_tail.tolist(),
        }
