"""The population loss of training without chain of thought, its gradient and its minimum, over any number
field.

L(V) = ½ E‖I + c V S_n‖_F² is computed as L* + ½ tr(D ΛΓ Dᵀ) with D = c V + Γ⁻¹, a sum of terms that are not
negative: near the optimum, where ½ d + c tr(VΛ) + ½ c² tr(V ΛΓ Vᵀ) cancels, this form keeps its digits.
"""

from typing import Any

import numpy as np

from theorycalc._checks import number, refuse
from theorycalc.exceptions import NotConverged
from theorycalc.fields import F64, Array, Field, require_field
from theorycalc.gamma.closed_form import gamma_pair, public_array, refuse_large
from theorycalc.model import Setup, as_setup
from theorycalc.spectra import read_numbers


def population_loss(setup: Setup, V: Any, *, c: Any = 1, field: Field = F64) -> Any:
    """Return L(V) = ½ E‖I + c V S_n‖_F² = ½ d + c tr(VΛ) + ½ c² tr(V ΛΓ Vᵀ).

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    V : (d, d), the block V₃₁ of the value matrix; numbers of any exact or float kind
    c : scale of W₁₃ = c I and W₂₄ = −c
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    number of the field

    Raises
    ------
    InvalidSetup
        if V is not a (d, d) matrix of finite numbers, or c is not a finite number.
    OutsideRegime
        for mixtures sampled per prompt or per example.
    NotConverged
        when the value leaves the float64 range.

    Assumes: ŵ₀ = 0, w* ~ N(0, I), all other blocks zero.  Cost: O(d³).  Claims: GAM-02.
    Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: L(V) = ½ E(1 + V S)² = ½ (1 + 4 V + 8 V²), as E S = 2 and E S² = 2 Γ = 8.

    >>> from theorycalc.fields import EXACT
    >>> print(population_loss(Setup([2], n=2), [[1]], field=EXACT))
    13/2
    """
    field = require_field(field)
    with field.working(), np.errstate(over="ignore", invalid="ignore"):
        Lambda, Gamma, Gamma_inv, scale, weights = _problem(setup, V, c, field)
        D = weights * scale
        if Gamma.ndim == 1:
            D[np.diag_indices(setup.d)] = D[np.diag_indices(setup.d)] + Gamma_inv
            excess = (D * D * (Lambda * Gamma)).sum()
        else:
            D = D + Gamma_inv
            excess = (D * (D @ (Lambda @ Gamma))).sum()
        loss = _minimum(setup, Lambda, Gamma_inv, field) + excess / field.number(2)
        return field.public(_finite(loss, field))


def loss_gradient(setup: Setup, V: Any, *, c: Any = 1, field: Field = F64) -> Array:
    """Return ∂L/∂V = c (I + c V Γ) Λ, computed as c (c V + Γ⁻¹) ΓΛ.

    Parameters and exceptions are those of :func:`population_loss`.

    Returns
    -------
    (d, d) array of numbers of the field, zero exactly at V* = −Γ⁻¹/c.

    Cost: O(d³).  Claims: GAM-02.  Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: L′(V) = 2 + 8 V.

    >>> from theorycalc.fields import EXACT
    >>> loss_gradient(Setup([2], n=2), [["-1/4"]], field=EXACT)
    array([[Fraction(0, 1)]], dtype=object)
    """
    field = require_field(field)
    with field.working(), np.errstate(over="ignore", invalid="ignore"):
        Lambda, Gamma, Gamma_inv, scale, weights = _problem(setup, V, c, field)
        D = weights * scale
        if Gamma.ndim == 1:
            D[np.diag_indices(setup.d)] = D[np.diag_indices(setup.d)] + Gamma_inv
            gradient = D * (Gamma * Lambda) * scale
        else:
            gradient = (D + Gamma_inv) @ Gamma @ Lambda * scale
        return public_array(_finite(gradient, field), field)


def minimal_loss(setup: Setup, *, field: Field = F64) -> Any:
    """Return min L = ½ tr(I − Γ⁻¹Λ) = (1/2n) tr(Γ⁻¹(Λ + tr Λ · I)), the same for every c ≠ 0.

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    number of the field, in (0, d/2)

    Raises
    ------
    OutsideRegime
        for mixtures sampled per prompt or per example.

    Cost: O(d) for a spectrum, O(d³) for a matrix.  Claims: GAM-02.  Source: theory section 3.

    Examples
    --------
    d = 1: Γ = (1 + 2/n) λ, so the minimum is ½ (1 − n/(n + 2)) = 1/(n + 2).

    >>> from theorycalc.fields import EXACT
    >>> print(minimal_loss(Setup([7], n=3), field=EXACT))
    1/5
    """
    field = require_field(field)
    with field.working():
        return field.public(minimum_scalar(setup, field))


def minimum_scalar(setup: Setup, field: Field) -> Any:
    """Return min L as a scalar of the field, inside its working context."""
    return _minimum(setup, as_setup(setup).Lambda.array(field), gamma_pair(setup, field)[1], field)


def _minimum(setup: Setup, Lambda: Array, Gamma_inv: Array, field: Field) -> Any:
    if Lambda.ndim == 1:
        total = (Gamma_inv * (Lambda + Lambda.sum())).sum()
    else:
        total = (Gamma_inv * Lambda).sum() + np.trace(Gamma_inv) * np.trace(Lambda)
    return total / field.number(2 * setup.n)


def _finite(values: Any, field: Field) -> Any:
    if field.dtype is np.float64 and not np.isfinite(values).all():
        raise NotConverged("the loss leaves the float64 range at this V and c: use field=MP(dps) or EXACT")
    return values


def _problem(setup: Setup, V: Any, c: Any, field: Field) -> tuple[Array, Array, Array, Any, Array]:
    """Return Λ, Γ, Γ⁻¹, c and V as scalars of the field."""
    refuse_large(as_setup(setup).d, field)
    entries = read_numbers("V", V)
    if entries.shape != (setup.d, setup.d):
        raise refuse("V", entries.shape, f"not a matrix for d = {setup.d}", f"pass shape ({setup.d}, {setup.d})")
    Gamma, Gamma_inv = gamma_pair(setup, field)
    return setup.Lambda.array(field), Gamma, Gamma_inv, field.number(number("c", c)), field.array(entries)
