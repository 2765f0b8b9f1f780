"""Rung 2: one step of thinking at any m, in closed form."""

from typing import Any

import numpy as np

from theorycalc._checks import choice
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array, Field, require_field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.gamma.mixture import map_scalars
from theorycalc.model import Setup, as_setup
from theorycalc.results import Metric

_MOST_DIMENSIONS = 2_000


def one_step_error(setup: Setup, *, metric: str = "estimation", field: Field = F64) -> Any:
    """Return E_1(P) = tr[P R̄ Q R̄ᵀ] + (1/m) [tr(P A Σ Q Σ Aᵀ) + tr(P A Σ Aᵀ) tr(Q Σ) + σ² tr(P A Σ Aᵀ)].

    R̄ = I − AΣ, A = Γ⁻¹ or the A* of a mixture, Q = Ω + w₀w₀ᵀ; the 1/m terms vanish for m = ∞.
    For one task with P = Q = I and σ² = 0 this is ‖I − AΣ‖_F² + (1/m) [tr(AΣ²A) + tr(AΣA) tr Σ].

    Parameters
    ----------
    setup : the problem; Λ and Σ need not commute
    metric : "estimation" (P = I) or "prediction" (P = Σ)
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    a public number of the field; F64 rounds to a few units in the last place times the condition number of Γ

    Raises
    ------
    OutsideRegime
        for d > 2000.

    Cost: O(d³).  Claims: ERR-01.  Source: theory section 4, rung 2.

    Examples
    --------
    d = 1, Λ = 1, n = 1: Γ = 3, A = 1/3, E_1 = 4/9 + (1/m)(1/9 + 1/9) = 2/3 at m = 1.

    >>> from theorycalc.fields import EXACT
    >>> one_step_error(Setup([1], n=1, m=1), field=EXACT)
    Fraction(2, 3)
    """
    if as_setup(setup).d > _MOST_DIMENSIONS:
        raise OutsideRegime(f"d = {setup.d}: one_step_error takes d <= {_MOST_DIMENSIONS}; use expected_error")
    field, kind = require_field(field), Metric(choice("metric", metric, list(Metric)))
    with field.working():
        mixed = is_mixed(setup)
        A = _matrix(map_scalars(setup, field)[0] if mixed else gamma_pair(setup, field)[1], field)
        Sigma, Q = setup.Sigma.dense(field), _matrix(setup.prior_second_moment(field), field)
        one = field.array(np.eye(setup.d, dtype=int))
        P = Sigma if kind is Metric.PREDICTION else one
        R = one - A @ Sigma if mixed else A @ _gap(setup, Sigma, field)
        value = np.trace(P @ R @ Q @ R.T)
        if setup.m is not None:
            spread = np.trace(P @ A @ Sigma @ A.T)
            noise = spread * (np.trace(Q @ Sigma) + field.number(setup.noise_var))
            value = value + (np.trace(P @ A @ Sigma @ Q @ Sigma @ A.T) + noise) / field.number(setup.m)
        return field.public(value)


def _gap(setup: Setup, Sigma: Array, field: Field) -> Array:
    """Γ − Σ; for Σ = Λ it is (Λ + tr Λ I)/n, with nothing to cancel at large n."""
    if not setup.matched:
        return np.asarray(_matrix(gamma_pair(setup, field)[0], field) - Sigma)
    gap, diagonal = Sigma.copy(), np.diag_indices(setup.d)
    gap[diagonal] = gap[diagonal] + np.trace(Sigma)
    return np.asarray(gap / field.number(setup.n))


def _matrix(values: Array, field: Field) -> Array:
    if values.ndim == 2:
        return values
    matrix = field.array(np.zeros((values.size, values.size), dtype=int))
    np.fill_diagonal(matrix, values)
    return matrix
