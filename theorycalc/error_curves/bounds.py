"""Rung 5: the paper's bounds, each with the regime where it is a theorem (theory section 7)."""

from typing import Any

import numpy as np

from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array, Field, is_ball, is_multiprecision, require_field
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.model import Setup
from theorycalc.results import NOT_A_BOUND, Metric


def one_step_bound(setup: Setup, *, tightened: bool = False, field: Field = F64) -> Any:
    """Return the bound of Theorem 3.3 on E_1: (d/n²)(1 + Hard)² + (d/m)(1 + Hard).

    ``tightened`` replaces the first term by d ((1 + Hard)/(n + 1 + Hard))², which is never larger.

    Parameters
    ----------
    setup : matched (Σ = Λ), w* ~ N(0, I), w₀ = 0, no label noise; any n and m

    Raises
    ------
    OutsideRegime
        for other setups.

    Assumes: the paper's setting.  Claims: BND-01.  Source: Theorem 3.3 of arXiv:2510.03605; theory section 7.

    Examples
    --------
    Λ = I_2, n = m = 3: Hard = 2, (2/9)·9 + (2/3)·3 = 4; tightened (2)(3/6)² + 2 = 5/2.

    >>> from theorycalc.fields import EXACT
    >>> setup = Setup([1, 1], n=3, m=3)
    >>> print(one_step_bound(setup, field=EXACT), one_step_bound(setup, tightened=True, field=EXACT))
    4 5/2
    """
    field = require_field(field)
    _require_paper_setting(setup)
    with field.working():
        hard, n, d = _one_plus_hardness(setup, field), field.number(setup.n), field.number(setup.d)
        first = d * (hard / (n + hard)) ** 2 if tightened else d * hard * hard / (n * n)
        return field.public(first if setup.m is None else first + d * hard / field.number(setup.m))


def long_chain_bound(setup: Setup, steps: int, *, field: Field = F64) -> Array:
    """Return the law of Corollary 3.5, d (1 + n/(1 + Hard))^{−2k} for k = 0 … steps.

    It bounds the population error (m = ∞) for every n, k and Λ, with no o(1); at finite m it does not bound E_k.

    Claims: BND-02, BND-03, BND-04, BND-05, BND-07.  Source: Corollary 3.5 of arXiv:2510.03605; theory section 7.

    Examples
    --------
    >>> print(long_chain_bound(Setup([1, 1], n=3), 2))  # Hard = 2: 2 · (1/2)^{2k}
    [2.    0.5   0.125]
    """
    field, steps = require_field(field), checked_steps(steps, maximum=20_000)
    _require_paper_setting(setup)
    with field.working():
        values = _law(setup, steps, field)
        result = np.empty(values.shape, dtype=field.dtype)
        result[:] = [field.public(value) for value in values]
        return result


def bound_values(setup: Setup, steps: int, metric: Metric, field: Field) -> tuple[Array, tuple[str, ...]]:
    """Return the rung "bound": at m = ∞ Corollary 3.5; at finite m the prior risk, Theorem 3.3 and the law."""
    _require_paper_setting(setup)
    if metric is not Metric.ESTIMATION:
        raise OutsideRegime('rung "bound": the paper bounds the estimation error; use metric="estimation"')
    values = _law(setup, steps, field)
    if setup.m is None:
        return values, tuple(["Corollary 3.5: a theorem at m = ∞"] * (steps + 1))
    regimes = ["prior risk: equality", "Theorem 3.3: a theorem at every m"]
    regimes += [f"Corollary 3.5: a theorem at m = ∞ only, {NOT_A_BOUND}"] * max(0, steps - 1)
    if steps >= 1:
        hard, n, d = _one_plus_hardness(setup, field), field.number(setup.n), field.number(setup.d)
        values[1] = d * hard * hard / (n * n) + d * hard / field.number(setup.m)
    return values, tuple(regimes[: steps + 1])


def _law(setup: Setup, steps: int, field: Field) -> Array:
    d, factor = field.number(setup.d), field.number(1) + field.number(setup.n) / _one_plus_hardness(setup, field)
    values, term = [], d
    for _ in range(steps + 1):
        values.append(term)
        term = term / (factor * factor)
    return np.array(values, dtype=field.dtype)


def _one_plus_hardness(setup: Setup, field: Field) -> Any:
    """1 + tr Λ/λ_min over the field; a full matrix needs its spectrum, which only F64 computes."""
    if setup.Lambda.is_diagonal:
        spectrum = setup.Lambda.array(field)
        smallest = field.number(min(setup.Lambda.entries.tolist()))
        return field.number(1) + spectrum.sum() / smallest
    if field is not F64:
        raise OutsideRegime(
            f'rung "bound" of a full matrix in {field.name} needs λ_min; pass the spectrum, or use field=F64'
        )
    trace, smallest, _ = _spectrum_ends(setup)
    return 1 + trace / smallest


def _spectrum_ends(setup: Setup) -> tuple[float, float, float]:
    """(tr Λ, a lower bound of λ_min, relative uncertainty of λ_min) of a full float64 matrix."""
    matrix = np.asarray(setup.Lambda)
    spectrum = np.linalg.eigvalsh(matrix)
    error = 4 * setup.d * 2.0**-53 * float(spectrum[-1])  # eigvalsh is backward stable
    smallest = float(spectrum[0]) - error
    if smallest <= 0:
        raise OutsideRegime('rung "bound": λ_min of Λ is below float64 rounding; pass the spectrum')
    return float(np.trace(matrix)), smallest, 2 * error / smallest


def _require_paper_setting(setup: Setup) -> None:
    if is_mixed(setup):
        raise OutsideRegime(
            'rung "bound": Theorem 3.3 and Corollary 3.5 are about one task, or "pooled" ones; use rung="exact"'
        )
    if not setup.matched:
        raise OutsideRegime('rung "bound": Theorem 3.3 and Corollary 3.5 need Σ = Λ; use rung="exact"')
    if not setup.standard_prior:
        raise OutsideRegime('rung "bound": the paper assumes w* ~ N(0, I), w₀ = 0 and no label noise; use rung="exact"')


def bound_curve(setup: Setup, steps: int, metric: Metric, field: Field) -> tuple[Values, tuple[str, ...]]:
    """Return the rung "bound" with its rounding errors, and the regime of each value."""
    with field.working():
        values, regimes = bound_values(setup, steps, metric, field)
    if is_multiprecision(field):
        return certified_digits(field, steps, lambda other: bound_values(setup, steps, metric, other)[0]), regimes
    if field is not F64:
        kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
        return Values(values, None, kind), regimes
    hardness_error = setup.d * 2.0**-52 if setup.Lambda.is_diagonal else _spectrum_ends(setup)[2]
    k = np.arange(steps + 1)
    relative = (12 * k + 20) * 2.0**-53 + 2 * np.maximum(k, 1) * hardness_error

    def compute(other: Field) -> Array:
        return bound_values(setup, steps, metric, other)[0]

    return certified_float64(values, relative, "bounded float64 rounding, relative {worst} at most", compute), regimes
