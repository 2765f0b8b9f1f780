"""Rung 1: m → ∞ at fixed d and k.  S → Σ, and the error is that of a deterministic iteration."""

from typing import Any

import numpy as np

from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.error_curves.exact_fields import denominator_bits
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, is_ball, is_multiprecision
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.results import Metric, Rung

UNIT = 2.0**-53


_SECONDS_LIMIT = 300.0
_MOST_BALL_OPERATIONS = 2e7  # above, float64 keeps its own error bound
_EXACT_OPERATION, _EXACT_BIT = 1e-6, 2.7e-9  # measured seconds per rational operation, and per bit


def population_curve(setup: Setup, steps: int, metric: Metric, field: Field) -> Values:
    """Return E_0 … E_k of the population rung over ``field``, float64 and MP certified where rounding would show."""

    def compute(other: Field) -> Array:
        size = setup.d if setup.is_diagonal else setup.d**3
        if field is F64 and float(size) * steps > _MOST_BALL_OPERATIONS:
            raise OutsideRegime(f"steps = {steps}: too long for balls at d = {setup.d}")
        return population_values(setup, steps, metric, other)[0]

    if is_multiprecision(field):
        return certified_digits(field, steps, compute)
    _require_affordable(setup, steps, field)
    with field.working(), np.errstate(all="ignore"):
        values, errors = population_values(setup, steps, metric, field)
        if errors is None:
            kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
            return Values(values, None, kind)
        relative = np.where(values != 0, errors / np.abs(values), np.where(errors > 0, np.inf, 0.0))
        problem = whitened_setup(setup, metric, F64)
        if problem is not None:
            relative = relative + problem.lost(values)
    return certified_float64(values, relative, "bounded float64 rounding, relative {worst} at most", compute)


def _require_affordable(setup: Setup, steps: int, field: Field) -> None:
    if field is not EXACT:
        return
    bits = 2.0 * steps * denominator_bits(setup)
    size = setup.d if setup.is_diagonal else setup.d**3
    seconds = size * steps * (_EXACT_OPERATION + _EXACT_BIT * bits)
    if seconds > _SECONDS_LIMIT:
        raise OutsideRegime(
            f"steps = {steps}: about {seconds / 60:.0f} minutes of EXACT arithmetic at d = {setup.d}, over the "
            f"limit of {_SECONDS_LIMIT / 60:.0f}; use fewer steps, or field=BALL(bits)"
        )


def population_values(setup: Setup, steps: int, metric: Metric, field: Field) -> tuple[Array, Array | None]:
    """Return (E_0 … E_k, rounding error bounds) of tr[P Rᵏ Q (Rᵏ)ᵀ], R = I − Γ⁻¹Σ; bounds for F64 only.

    Commuting Γ and Σ: Σᵢ pᵢ qᵢ (1 − σᵢ/γᵢ)^{2k}.  Otherwise powers of the matrix.  Label noise vanishes as m → ∞.
    """
    problem = whitened_setup(setup, metric, field, commuting=False)
    if problem is not None and problem.is_vector:
        return vector_values(problem, steps, field)
    return _matrix_values(setup, steps, metric, field)


def vector_values(problem: Any, steps: int, field: Field) -> tuple[Array, Array | None]:
    """Return (E_0 … E_k, rounding error bounds) of a problem whose P̃ and Q̃ are vectors."""
    factor = field.number(1) - problem.C
    weight = problem.P * problem.Q * field.array(problem.multiplicity)
    values, term = [], weight
    for _ in range(steps + 1):
        values.append(term.sum())
        term = term * factor * factor
    if field is not F64:
        return np.array(values, dtype=object), None
    # |δ f| <= UNIT·(input + 1)(1 + |c|) in each factor, 2k factors, and a few roundings per step
    shift = UNIT * (problem.input_error + 1) * (1 + np.abs(problem.C))
    k = np.arange(steps + 1)[:, None]
    size = np.abs(factor) + shift
    spread = 2 * k * shift * size ** np.maximum(2 * k - 1, 0) + (3 * k + problem.d + 20) * UNIT * size ** (2 * k)
    return np.array(values), spread @ np.abs(weight)


def _matrix_values(setup: Setup, steps: int, metric: Metric, field: Field) -> tuple[Array, Array | None]:
    A = gamma_pair(setup, field)[1]
    Sigma, one = setup.Sigma.dense(field), field.array(np.eye(setup.d, dtype=int))
    A = one * A if A.ndim == 1 else A
    R = one - A @ Sigma
    Q = setup.prior_second_moment(field)
    state = one * Q if Q.ndim == 1 else Q
    P = Sigma if metric is Metric.PREDICTION else one
    values, growth = [], [1.0]
    for _ in range(steps + 1):
        values.append((P * state).sum())  # tr(P·state), both symmetric
        state = R @ state @ R.T
    if field is not F64:
        return np.array(values, dtype=object), None
    # each step multiplies by R twice; a relative error e in A and R adds 2·e·‖|R|‖‖R‖ to the relative size of the state
    condition = float(np.linalg.cond(A))
    norm = float(np.linalg.norm(R, 2)) + 8 * setup.d * UNIT * condition * float(np.linalg.norm(A @ Sigma, 2))
    for _ in range(steps):
        growth.append(growth[-1] * norm * norm)
    start = float(np.linalg.norm(P) * np.linalg.norm(one * Q if Q.ndim == 1 else Q))
    k = np.arange(steps + 1)
    slack = 8 * setup.d * UNIT * (condition * float(np.linalg.norm(A @ Sigma, 2)) / max(norm, UNIT) + 4)
    return np.array(values), (2 * k * slack + setup.d * UNIT) * start * np.array(growth)


def ignored_m(setup: Setup, rung: Rung) -> tuple[str, ...]:
    """Return the note that a finite m plays no part on the population rung; nothing elsewhere.

    >>> ignored_m(Setup([1], n=1, m=40), Rung.POPULATION)
    ('m = 40 is ignored: this is the limit m → ∞ at fixed d and k',)
    """
    if rung is not Rung.POPULATION or setup.m is None:
        return ()
    return (f"m = {setup.m:,} is ignored: this is the limit m → ∞ at fixed d and k",)
