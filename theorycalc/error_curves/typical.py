"""The typical error after any number of steps up to 10⁶: selected k, with logarithms that no range limits."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import MAX_STEPS, choice, refuse
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.enclosing import FALLBACK_RELATIVE_ERROR, widened
from theorycalc.error_curves.mixtures import stand_in
from theorycalc.error_curves.proportional import float_problem, long_problem, require_range
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import F64, Array
from theorycalc.gamma.equivalent import is_mixed, why_no_task
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric, Rung
from theorycalc.rmt.long_chains import Scaled, limit_errors, population_errors

_MOST = 100_000  # selected steps in one call
_LN10 = math.log(10.0)
_SMALLEST, _LARGEST = math.log(np.finfo(float).tiny), math.log(np.finfo(float).max)
_METRICS = ("estimation", "prediction")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TypicalError(Frozen):
    """E_k of the proportional limit for selected k; ``log10`` holds it where float64 does not.

    ``values``, ``lower`` and ``upper`` are NaN where the error is no normal float64 number; ``sign`` is 1, or 0 where
    it is exactly 0.  Where the error settles as k → ∞, ``floor`` is its limit and E_k = floor + excess_sign ·
    10^excess_log10, with digits of its own for the difference; else ``floor`` is None.
    """

    setup: Setup
    rung: Rung = Rung.PROPORTIONAL
    metric: Metric
    steps: Array  # (n,) the selected k
    values: Array  # (n,)
    lower: Array
    upper: Array
    log10: Array  # (n,)
    sign: Array  # (n,) 0 or 1
    relative_error: Array  # (n,) estimated
    floor: float | None
    excess_log10: Array | None  # (n,) of |E_k − floor|
    excess_sign: Array | None  # (n,) −1, 0, 1
    excess_relative_error: Array | None
    nodes: int  # of the quadrature; 0 for m = ∞
    uncertainty: str
    notes: tuple[str, ...] = ()
    field_name: str = "F64"

    @property
    def log(self) -> Array:
        """Natural logarithms."""
        return np.asarray(self.log10 * _LN10)

    @property
    def decimals(self) -> list[str]:
        """The values as decimal numbers of any exponent, with the digits that are right."""
        return _decimals(self.sign, self.log10, self.relative_error, self.values)

    @property
    def excess_decimals(self) -> list[str] | None:
        """E_k − floor as decimal numbers of any exponent; None without a floor."""
        if self.excess_log10 is None or self.excess_sign is None or self.excess_relative_error is None:
            return None
        return _decimals(self.excess_sign, self.excess_log10, self.excess_relative_error)

    def __repr__(self) -> str:
        pairs = [f"{k}: {text}" for k, text in zip(self.steps[:4].tolist(), self.decimals[:4], strict=True)]
        shown = ", ".join(pairs + ["…"] * (len(self.steps) > 4))
        return f"TypicalError({{{shown}}}, metric={self.metric}, {self.setup!r})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; None where a number is no float64, and its decimal text beside it."""
        result: dict[str, Any] = {"steps": self.steps.tolist(), "values": _listed(self.values)}
        result |= {name: _listed(getattr(self, name)) for name in ("lower", "upper", "log10")}
        result |= {
            "sign": self.sign.tolist(),
            "decimals": self.decimals,
            "relative_error": _listed(self.relative_error),
        }
        result |= {"floor": self.floor, "excess_decimals": self.excess_decimals}
        if self.excess_log10 is not None and self.excess_sign is not None:
            result |= {"excess_log10": _listed(self.excess_log10), "excess_sign": self.excess_sign.tolist()}
        return result | {
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        names = ("values", "lower", "upper", "log10", "relative_error")
        table: dict[str, Any] = {"steps": self.steps, "decimals": self.decimals}
        table |= {name: _listed(getattr(self, name)) for name in names}
        excess = self.excess_decimals
        if excess is not None:
            table |= {"floor": [self.floor] * len(excess), "excess_decimals": excess}
        return table

    def plot(self, path: Any = None) -> Any:
        """Draw E_k over k, both logarithmic (needs the ``plot`` extra); return the figure, or write it to ``path``."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_typical_error(self, path=path)


def typical_error(setup: Setup, steps: Any, *, metric: str = "estimation") -> TypicalError:
    """Return the error after k steps in the limit d, m → ∞ with d/m fixed, for any selected k up to 10⁶.

        E_k = (1/2πi)² ∮∮ (1 − z₁)ᵏ (1 − z₂)ᵏ T(z₁, z₂) dz₁ dz₂,   T the limit of E tr[P̃ (z₁ − N)⁻¹ Q̃ (z₂ − N)⁻¹]

    plus the contribution of label noise: what ``expected_error(rung="proportional")`` computes by a recursion in
    O(k³), here at a cost that hardly depends on k.

    Parameters
    ----------
    setup : the problem; Λ and Σ need not commute; m = ∞ gives the population error
    steps : one number of CoT steps, or a sequence of them (at most 100,000), each between 0 and 10⁶
    metric : "estimation" (P = I, the paper's) or "prediction" (P = Σ)

    Returns
    -------
    TypicalError
        ``.steps`` as given, ``.values`` ``.lower`` ``.upper`` ``.log10`` ``.relative_error`` ``.floor``.

    Raises
    ------
    InvalidSetup
        for invalid steps or an unknown metric.
    OutsideRegime, BeyondFloat64
        when there are too many different directions, a mixture has no equivalent single task, or numbers leave the
        float64 range.
    NotConverged
        when the integral has no digits.

    Assumes: the limit d, m → ∞ at the given spectra, evaluated with the actual d and m.  A mean over prompts is
    larger, and infinite as k → ∞ at every finite m (claim TRD-03); this is the error of a typical large prompt.
    Cost: about a second for d = 50 and every k; O(q log k) per Newton step, O(q log² k) for the two-point sums.
    Claims: RMT-10, RMT-11, RMT-12, RMT-13.  Source: theory section 6.

    Examples
    --------
    d = m = 1, Λ = 1, n = 1: Γ = 3, C = 1/3, E_1 = (1 − 1/3)² + 1/9 = 5/9.

    >>> print(*(9 * typical_error(Setup([1], n=1, m=1), [0, 1]).values).round(9))
    9.0 5.0
    """
    as_setup(setup)
    wanted = _selected(steps)
    kind = Metric(choice("metric", metric, _METRICS))
    task = stand_in(setup, F64) if is_mixed(setup) else setup
    if task is None:
        raise OutsideRegime(f"typical_error needs one task: {why_no_task(setup)}, expected_error on another rung")
    problem = float_problem(task, kind)
    require_range(problem)
    every, place = np.unique(wanted, return_inverse=True)
    notes = []
    if setup.m is None:
        found = population_errors(problem.C, problem.P, problem.Q, problem.multiplicity, problem.input_error, every)
        notes.append("m = ∞: population")
    else:
        found = limit_errors(long_problem(task, problem), every)
        notes.append("value of the limit d, m → ∞; its distance from the mean at this d is not bounded")
    error = _placed(found.error, place)
    log, fits = error.log, _fits(error.log)
    values = np.where(error.sign == 0, 0.0, np.where(fits, np.exp(np.where(fits, log, 0.0)), np.nan))
    slack = values * error.relative_error
    lower, upper = widened(np.nan_to_num(values), np.nan_to_num(slack))
    missing = np.isnan(values)
    worst = float(np.max(error.relative_error))
    if np.any(missing):
        notes.append("values beyond the float64 range are NaN: read log10 or decimals")
    if worst > FALLBACK_RELATIVE_ERROR:
        notes.append(f"up to {worst:.0e} of an error is rounding: k steps multiply the rounding of Γ⁻¹Σ by k")
    excess = None if found.excess is None else _placed(found.excess, place)
    way = "two contour integrals, and rounding" if setup.m is not None else "a count of roundings"
    return TypicalError(
        setup=setup,
        metric=kind,
        steps=wanted,
        values=values,
        lower=np.where(missing, np.nan, lower),
        upper=np.where(missing, np.nan, upper),
        log10=log / _LN10,
        sign=error.sign,
        relative_error=error.relative_error,
        floor=found.floor,
        excess_log10=None if excess is None else excess.log / _LN10,
        excess_sign=None if excess is None else excess.sign,
        excess_relative_error=None if excess is None else excess.relative_error,
        nodes=found.nodes,
        uncertainty=f"estimated relative error {worst:.0e} at most ({way})",
        notes=tuple(notes),
    )


def _selected(steps: Any) -> Array:
    """Return the selected k in the given order."""
    try:
        dimensions = -1 if isinstance(steps, str | bytes | set | dict) else np.ndim(steps)
    except ValueError:  # ragged
        dimensions = -1
    if dimensions == 0:
        return np.array([checked_steps(steps, maximum=MAX_STEPS)])
    if dimensions != 1 or not len(steps):
        raise refuse("steps", steps, "neither a number of steps nor a sequence of them", "pass one such as [10, 1000]")
    if len(steps) > _MOST:
        raise InvalidSetup(f"steps: {len(steps):,} of them, more than {_MOST:,}; select fewer")
    return np.array([checked_steps(k, maximum=MAX_STEPS) for k in steps])


def _fits(log: Array) -> Array:
    return np.asarray((log >= _SMALLEST) & (log <= _LARGEST))


def _placed(numbers: Scaled, place: Array) -> Scaled:
    """Return numbers in the order of the caller's steps."""
    return Scaled(numbers.mantissa[place], numbers.scale[place], numbers.relative_error[place])


def _listed(values: Array) -> list[float | None]:
    return [float(x) if math.isfinite(x) else None for x in values]


def _decimals(sign: Array, log10: Array, relative: Array, values: Array | None = None) -> list[str]:
    """Return decimal numbers with the digits that the relative error leaves, at least one."""
    texts = []
    for i, logarithm in enumerate(log10):
        if sign[i] == 0:
            texts.append("0")
            continue
        digits = int(np.clip(-math.log10(max(float(relative[i]), 1e-15)), 1, 15)) if relative[i] < 1 else 1
        if values is not None and math.isfinite(values[i]):
            texts.append(f"{values[i]:.{digits - 1}e}")
            continue
        exponent = math.floor(logarithm)
        mantissa = f"{10.0 ** (logarithm - exponent):.{digits - 1}f}"
        if mantissa.startswith("10"):
            mantissa, exponent = f"{1:.{digits - 1}f}", exponent + 1
        texts.append(f"{'-' if sign[i] < 0 else ''}{mantissa}e{exponent:+03d}")
    return texts
