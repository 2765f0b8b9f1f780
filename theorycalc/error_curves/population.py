"""Rung 1: m → ∞ at fixed d and k.  S → Σ, and the error is that of a deterministic iteration."""

from typing import Any

import numpy as np

from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.fields import F64, Array, Field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.results import Metric

UNIT = 2.0**-53


def population_values(setup: Setup, steps: int, metric: Metric, field: Field) -> tuple[Array, Array | None]:
    """Return (E_0 … E_k, rounding error bounds) of tr[P Rᵏ Q (Rᵏ)ᵀ], R = I − Γ⁻¹Σ; bounds for F64 only.

    Commuting Γ and Σ: Σᵢ pᵢ qᵢ (1 − σᵢ/γᵢ)^{2k}.  Otherwise powers of the matrix.  Label noise vanishes as m → ∞.
    """
    problem = whitened_setup(setup, metric, field)
    if problem is not None and problem.is_vector:
        return _vector_values(problem, steps, field)
    return _matrix_values(setup, steps, metric, field)


def _vector_values(problem: Any, steps: int, field: Field) -> tuple[Array, Array | None]:
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
    values, sizes, growth = [], [], [1.0]
    for _ in range(steps + 1):
        values.append((P * state).sum())  # tr(P·state), both symmetric
        if field is F64:
            sizes.append(float(np.linalg.norm(P) * np.linalg.norm(state)))
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
