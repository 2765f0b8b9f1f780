"""Γ in closed form, over any number field."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_MATRIX, refuse
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction, require_field
from theorycalc.gamma import rational_cost
from theorycalc.model import Setup, as_setup
from theorycalc.results import GammaResult

_MAX_OBJECT_MATRIX = 2_000  # rows, when every entry is a Python object of about 100 bytes


def gamma_pair(setup: Setup, field: Field) -> tuple[Array, Array]:
    """Return (Γ, A) with A = Γ⁻¹ as scalars of ``field``: (d,) spectra if Λ is one, else (d, d) matrices.

    Must run inside ``field.working()``; for formulas that go on computing with the scalars.

    Raises
    ------
    OutsideRegime
        for a mixture that is not sampled "pooled": its optimum A is not of this form; for an EXACT inverse of more
        than about 2 minutes.
    NotConverged
        when an entry of Γ or Γ⁻¹ leaves the float64 range.
    """
    as_setup(setup)
    if setup.mixture is not None and setup.mixture.sampling != "pooled":
        raise OutsideRegime(
            f'sampling = "{setup.mixture.sampling}": Γ = (1 + 1/n) Λ̄ + (tr Λ̄/n) I holds only for "pooled" mixtures; '
            "use optimal_map, or equivalent_task where A* is symmetric"
        )
    Lambda, n = setup.Lambda.array(field), field.number(setup.n)
    one = field.number(1)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        Gamma = Lambda * (one + one / n)
        if Lambda.ndim == 1:
            Gamma = Gamma + Lambda.sum() / n
            Gamma_inv = one / Gamma
        else:
            diagonal = np.diag_indices(setup.d)
            Gamma[diagonal] = Gamma[diagonal] + np.trace(Lambda) / n
            if field is EXACT:
                rational_cost.refuse_slow(
                    rational_cost.inverse(Gamma),
                    f"field = EXACT: the inverse of the {setup.d} × {setup.d} matrix Γ",
                    "use a smaller d, entries of fewer digits, a spectrum, or field=BALL(bits)",
                )
            Gamma_inv = field.inverse(Gamma)
    if field.dtype is np.float64 and not (np.isfinite(Gamma).all() and np.isfinite(Gamma_inv).all()):
        raise NotConverged("Γ or Γ⁻¹ leaves the float64 range: rescale Lambda, or use field=MP(dps) or EXACT")
    return Gamma, Gamma_inv


def gamma_matrix(setup: Setup, field: Field = F64) -> GammaResult:
    """Return Γ = (1 + 1/n) Λ + (tr Λ / n) I and Γ⁻¹; for tasks drawn per prompt or per example A*⁻¹ and A*.

    Parameters
    ----------
    setup : the training distribution; only Λ (or the mixture) and n matter
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    GammaResult
        ``.Gamma`` and ``.Gamma_inv`` (d, d), ``.residual()`` = max |Γ Γ⁻¹ − I|, ``.steps`` the derivation (for one
        task and "pooled" ones).

    Raises
    ------
    OutsideRegime
        for mixtures whose A* is not symmetric (:func:`theorycalc.optimal_map` gives it), and for an EXACT inverse of
        more than about 2 minutes.
    InvalidSetup
        when a spectrum is too long for a (d, d) answer.

    Cost: O(d²) for a spectrum, O(d³) for a matrix.  Claims: GAM-01.
    Source: Javanmard et al., arXiv:2510.03605, section 3; theory section 3.

    Examples
    --------
    Λ = diag(1, 2), n = 3: Γ = 4/3 Λ + 3/3 I = diag(7/3, 11/3).

    >>> from theorycalc.fields import EXACT
    >>> print(gamma_matrix(Setup([1, 2], n=3), field=EXACT).Gamma.diagonal())
    [Fraction(7, 3) Fraction(11, 3)]
    """
    from theorycalc.gamma.derive import derive_gamma
    from theorycalc.gamma.equivalent import equivalent_task, is_mixed

    field = require_field(field)
    refuse_large(as_setup(setup).d, field)
    if is_mixed(setup):
        return replace(gamma_matrix(equivalent_task(setup), field), setup=setup, derivation=None)
    with field.working():
        Gamma, Gamma_inv = gamma_pair(setup, field)
        if Gamma.ndim == 1:
            gaps = Gamma * Gamma_inv - field.number(1)
        elif field is EXACT:
            gaps = _exact_gaps(Gamma, Gamma_inv)
        else:
            gaps = (Gamma @ Gamma_inv).reshape(-1)
            gaps[:: setup.d + 1] = gaps[:: setup.d + 1] - field.number(1)
        residual = max((_magnitude(field.public(gap)) for gap in gaps), default=0)
        return GammaResult(
            setup=setup,
            Gamma=public_matrix(Gamma, field),
            Gamma_inv=public_matrix(Gamma_inv, field),
            field_name=field.name,
            residual_norm=residual,
            derivation=derive_gamma,
        )


def _exact_gaps(Gamma: Array, Gamma_inv: Array) -> Array:
    """Return the largest entry of |Γ Γ⁻¹ − I|, (1,), over common denominators: no d³ gcds."""
    (left, over), (right, under) = _integers(Gamma), _integers(Gamma_inv)
    product = (left @ right).reshape(-1)
    product[:: len(Gamma) + 1] -= over * under
    return np.array([EXACT.number(Fraction(max(map(abs, product)), over * under))], dtype=object)


def _integers(values: Array) -> tuple[Array, int]:
    """Return integers N and D > 0 with values = N/D."""
    entries = [as_fraction(value) for value in values.reshape(-1)]
    common = math.lcm(*(entry.denominator for entry in entries))
    numerators = np.empty(values.shape, dtype=object)
    numerators.reshape(-1)[:] = [entry.numerator * (common // entry.denominator) for entry in entries]
    return numerators, common


def _magnitude(value: Any) -> Any:
    """Return |value|; for a ball, the largest absolute value it holds."""
    return max(abs(value.lower), abs(value.upper)) if hasattr(value, "rad") else abs(value)


def refuse_large(rows: int, field: Field) -> None:
    """Refuse a (rows, rows) matrix that would not fit into memory."""
    limit = MAX_MATRIX if field.dtype is np.float64 else _MAX_OBJECT_MATRIX
    if rows > limit:
        raise refuse("d", rows, f"a matrix of more than {limit:,} rows over {field.name}", "use a smaller d")


def public_zeros(shape: tuple[int, int], field: Field) -> Array:
    """Return a matrix of public zeros."""
    return np.full(shape, field.public(field.number(0)), dtype=field.dtype)


def public_matrix(values: Array, field: Field) -> Array:
    """Return the (d, d) matrix of public numbers of a (d,) spectrum or a matrix."""
    entries = public_array(values, field)
    if values.ndim == 2:
        return entries
    matrix = public_zeros((values.size, values.size), field)
    matrix[np.diag_indices(values.size)] = entries
    return matrix


def public_array(values: Array, field: Field) -> Array:
    """Return an array of public numbers of the same shape."""
    if values.dtype == np.float64:
        return values.copy()
    result = np.empty(values.shape, dtype=object)
    result.reshape(-1)[:] = [field.public(value) for value in values.reshape(-1)]
    return result
