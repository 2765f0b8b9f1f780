"""Gradient descent on the population loss: V_t at every training time, and the largest step that converges.

With ∇L(V) = c (I + c V Γ) Λ the steps are linear: V_t − V* = (V_0 − V*)(I − η c² ΛΓ)ᵗ, V* = −Γ⁻¹/c.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number, refuse
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction, require_field
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, public_matrix, refuse_large
from theorycalc.model import Setup, as_setup
from theorycalc.spectra import read_numbers


def descent_weights(
    setup: Setup, epochs: int, step_size: Any, *, V_0: Any = None, c: Any = 1, field: Field = F64
) -> Array:
    """Return V_t = V* + (V_0 − V*)(I − η c² ΛΓ)ᵗ, the block V₃₁ after t steps V ← V − η ∇L(V).

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    epochs : t >= 0, steps of gradient descent; the cost grows like log t
    step_size : η > 0, also above :func:`largest_step`, where V_t diverges
    V_0 : start, (d, d), or (d,) for a diagonal one; default 0
    c : scale of W₁₃ = c I and W₂₄ = −c, not 0
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    (d, d) array of numbers of the field; A_t = −c V_t is what the layer applies in place of Γ⁻¹

    Raises
    ------
    InvalidSetup
        if an argument is not of the kind above.
    OutsideRegime
        for mixtures sampled per prompt or per example, and for more than about 2 minutes of EXACT arithmetic: the
        digits of V_t grow like t.
    NotConverged
        when a divergent V_t leaves the float64 range.

    Assumes: ŵ₀ = 0, w* ~ N(0, I), W frozen, all other blocks zero.  In F64 the error is relative to V*, so that
    V_t − V_0 has few digits while η c² λ γ t ≪ 1.
    Cost: O(d² + d log t) for a spectrum, O(d³ log t) for a matrix.  Claims: GAM-04.  Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: ΛΓ = 8 and V* = −1/4; with η = 1/16 the distance to V* is halved in every step.

    >>> from theorycalc.fields import EXACT
    >>> print(*(descent_weights(Setup([2], n=2), t, "1/16", field=EXACT)[0, 0] for t in range(4)))
    0 -1/8 -3/16 -7/32
    """
    field = require_field(field)
    refuse_large(as_setup(setup).d, field)
    with field.working():
        return public_matrix(descent_scalars(setup, epochs, step_size, V_0=V_0, c=c, field=field), field)


def descent_scalars(setup: Setup, epochs: int, step_size: Any, *, V_0: Any, c: Any, field: Field) -> Array:
    """Return V_t as scalars of ``field``: (d,) if Λ and V_0 are diagonal, else (d, d).

    Must run inside ``field.working()``; parameters and exceptions are those of :func:`descent_weights`.
    """
    t = integer("epochs", epochs, minimum=0, maximum=MAX_COUNT, remedy="pass the number of steps, an integer >= 0")
    eta, scale, start = _step_size(step_size), _scale(c), _start(V_0, as_setup(setup).d)
    Gamma, Gamma_inv = gamma_pair(setup, field)
    Lambda, factor = setup.Lambda.array(field), field.number(scale)
    with np.errstate(over="ignore", invalid="ignore"):
        V_star = -Gamma_inv / factor
        rate = field.number(eta) * factor * factor
        if Lambda.ndim == 1:
            B = field.number(1) - Lambda * Gamma * rate
            _refuse_slow(B, t, field)
            powers = _power(B, t, field.array(np.ones(setup.d, dtype=int)), np.multiply)
            gap = -V_star if start is None else field.array(start)
            if start is not None and start.ndim == 1:
                gap = gap - V_star
            elif start is not None:
                gap[np.diag_indices(setup.d)] = gap[np.diag_indices(setup.d)] - V_star
            V_t = gap * powers  # of a matrix: column j by the power of eigenvalue j
            at = np.diag_indices(setup.d) if V_t.ndim == 2 else slice(None)
            V_t[at] = V_t[at] + V_star
        else:
            one = field.array(np.eye(setup.d, dtype=int))
            B = one - Lambda @ Gamma * rate
            _refuse_slow(B, t, field)
            gap = -V_star
            if start is not None:
                gap = gap + (field.array(start) if start.ndim == 2 else one * field.array(start))
            V_t = V_star + gap @ _power(B, t, one, np.matmul)
    if field.dtype is np.float64 and not np.isfinite(V_t).all():
        raise NotConverged(
            f"epochs = {t}: V_t leaves the float64 range; use a step_size below largest_step(setup), or field=MP(dps)"
        )
    return np.asarray(V_t)


def largest_step(setup: Setup, *, c: Any = 1, field: Field = F64) -> Any:
    """Return 2/(c² λ_max(ΛΓ)): descent converges from every start iff 0 < η < this.

    λ_max(ΛΓ) = λ γ at the largest eigenvalue λ of Λ, γ = (1 + 1/n) λ + tr Λ/n, since λ γ increases in λ.

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    c : scale of W₁₃ = c I and W₂₄ = −c, not 0
    field : F64, MP(dps), BALL(bits) or EXACT for a spectrum; F64 for a matrix, whose eigenvalues are not rational

    Returns
    -------
    number of the field

    Raises
    ------
    InvalidSetup
        if c is zero or not a finite number.
    OutsideRegime
        for a matrix with another field than F64, and for mixtures sampled per prompt or per example.
    NotConverged
        when the value leaves the float64 range.

    Cost: O(d) for a spectrum, O(d³) for a matrix.  Claims: GAM-05.  Source: theory section 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: ΛΓ = 8.

    >>> from theorycalc.fields import EXACT
    >>> print(largest_step(Setup([2], n=2), field=EXACT))
    1/4
    """
    field = require_field(field)
    scale = _scale(c)
    if not as_setup(setup).Lambda.is_diagonal and field is not F64:
        raise OutsideRegime(f"{field.name}: eigenvalues of a matrix Λ are not rational: use field=F64, or its spectrum")
    with field.working(), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        Lambda, (Gamma, _), factor = setup.Lambda.array(field), gamma_pair(setup, field), field.number(scale)
        if Lambda.ndim == 1:
            place = int(np.argmax(setup.Lambda.entries))
            largest, gamma = Lambda[place], Gamma[place]
        else:
            largest, gamma = np.linalg.eigvalsh(Lambda)[-1], np.linalg.eigvalsh(Gamma)[-1]
        step = field.number(2) / factor / factor / largest / gamma
        if field is F64 and not 0 < step < math.inf:
            raise NotConverged("the step size leaves the float64 range: rescale Lambda or c, or use field=MP(dps)")
        return field.public(step)


def _step_size(value: Any) -> Any:
    eta = number("step_size", value)
    if eta <= 0:
        raise refuse("step_size", value, "not positive", "pass η > 0, below largest_step(setup) to converge")
    return eta


def _scale(value: Any) -> Any:
    scale = number("c", value)
    if scale == 0:
        raise refuse("c", value, "zero", "pass any other finite number")
    return scale


def _start(value: Any, d: int) -> Array | None:
    """Return V_0 as (d,) or (d, d) numbers; None for 0."""
    if value is None:
        return None
    entries = read_numbers("V_0", value)
    if entries.shape not in ((d, d), (d,)):
        remedy = f"pass shape ({d}, {d}), or ({d},) for a diagonal matrix"
        raise refuse("V_0", entries.shape, f"not a matrix for d = {d}", remedy)
    return entries


def _power(base: Array, exponent: int, one: Array, product: Callable[[Array, Array], Array]) -> Array:
    """Return base^exponent by repeated squaring."""
    result = one
    while exponent:
        if exponent & 1:
            result = product(result, base)
        exponent >>= 1
        if exponent:
            base = product(base, base)
    return result


def _refuse_slow(B: Array, exponent: int, field: Field) -> None:
    """Refuse an EXACT power of more than about 2 minutes: its entries have ``exponent`` times the digits of B."""
    if field is not EXACT or exponent < 2:
        return
    length, products = rational_cost.bits(B), B.size
    if B.ndim == 2:
        common = math.lcm(*(as_fraction(value).denominator for value in B.reshape(-1)))
        length, products = length + common.bit_length(), B.shape[0] ** 3
    rational_cost.refuse_slow(
        rational_cost.operations(2.0 * products, float(exponent) * length),
        f"epochs = {exponent}: V_t over EXACT at d = {len(B)}",
        "use fewer epochs, or field=BALL(bits)",
    )
