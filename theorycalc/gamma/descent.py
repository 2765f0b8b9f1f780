"""Gradient descent on the population loss: V_t at every training time, and the largest step that converges.

With ∇L(V) = c (I + c V Γ) Λ the steps are linear: V_t − V* = (V_0 − V*)(I − η c² ΛΓ)ᵗ, V* = −Γ⁻¹/c.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number, refuse
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import EXACT, F64, MP, Array, Field, as_fraction, is_ball, is_multiprecision, require_field
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, public_matrix, refuse_large
from theorycalc.model import Setup, as_setup
from theorycalc.spectra import read_numbers

_MOST_ROUNDING = 1e-6  # relative error at which a float64 answer is refused
_MOST_EXPONENT = 10**6  # of 2, of a number over MP or BALL
_CONVERGE = "use a step_size below largest_step(setup)"
_GUARD = 20  # digits added in MP: t has at most 16


class Descended(NamedTuple):
    """V_t and V_t − V* as scalars of a field, (d,) if Λ and V_0 are diagonal, else (d, d).

    ``error`` bounds the float64 rounding of V_t: entry by entry (d,) for spectra, else the Frobenius norm, estimated;
    None over other fields.
    """

    V: Array
    gap: Array
    error: Any


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
        when a divergent V_t, or a step, leaves the float64 range (over MP and BALL: V_t exceeds 2^(10^6)), or F64 has
        too few digits.

    Assumes: ŵ₀ = 0, w* ~ N(0, I), W frozen, all other blocks zero.  In F64 the error does not grow with t
    while η c² λγ < 1: it is a few 2⁻⁵³ of the largest of V_0, V* and V_t, and for V_0 = 0 of V_t; for a matrix Λ times
    λ_max(Λ)/λ_min(Γ) at most, and along the way λ_max(Λ)/λ_min(Λ).  Otherwise it grows like t |1 − η c² λγ|ᵗ.  Where
    the estimate of the error exceeds 1e-6 there is no answer.  MP computes with 20 digits more.
    Cost: O(d² + d log t) for a spectrum, O(d³) for a matrix in F64 and O(d³ log t) over other fields.
    Claims: GAM-04.  Source: theory section 3.

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
        return public_matrix(descended(setup, epochs, step_size, V_0=V_0, c=c, field=field).V, field)


def descended(setup: Setup, epochs: int, step_size: Any, *, V_0: Any, c: Any, field: Field) -> Descended:
    """Return V_t and V_t − V* as scalars of ``field``: (d,) if Λ and V_0 are diagonal, else (d, d).

    Must run inside ``field.working()``; parameters and exceptions are those of :func:`descent_weights`.
    """
    t = integer("epochs", epochs, minimum=0, maximum=MAX_COUNT, remedy="pass the number of steps, an integer >= 0")
    eta, scale, start = checked_step(step_size), checked_scale(c), _start(V_0, as_setup(setup).d)
    if field is F64:
        return _in_float64(setup, t, _not_zero("step_size", eta), _not_zero("c", scale), start)
    wide = field
    if is_multiprecision(field):  # a power loses the digits of t
        wide = MP(min(int(getattr(field, "dps")) + _GUARD, 100_000))  # noqa: B009
    Gamma, Gamma_inv = gamma_pair(setup, wide)
    Lambda, factor = setup.Lambda.array(wide), wide.number(scale)
    V_star, rate = -Gamma_inv / factor, wide.number(eta) * factor * factor
    if Lambda.ndim == 1:
        B = wide.number(1) - Lambda * Gamma * rate
        _refuse_slow(B, t, field)
        powers = _power(B, t, wide.array(np.ones(setup.d, dtype=int)), np.multiply)
        gap = -V_star if start is None else wide.array(start)
        if start is not None and start.ndim == 1:
            gap = gap - V_star
        elif start is not None:
            gap[np.diag_indices(setup.d)] = gap[np.diag_indices(setup.d)] - V_star
        gap = gap * powers  # of a matrix: column j by the power of eigenvalue j
        V_t, at = gap.copy(), np.diag_indices(setup.d) if gap.ndim == 2 else slice(None)
        V_t[at] = V_t[at] + V_star
        V_t = _printable(V_t, t, field)
        return Descended(V_t if t else _started(wide, start, setup.d, V_t.ndim), gap, None)
    one = wide.array(np.eye(setup.d, dtype=int))
    B = one - Lambda @ Gamma * rate
    _refuse_slow(B, t, field)
    gap = -V_star
    if start is not None:
        gap = gap + (wide.array(start) if start.ndim == 2 else one * wide.array(start))
    gap = gap @ _power(B, t, one, np.matmul)
    V_t = _printable(V_star + gap, t, field)
    return Descended(V_t if t else _started(wide, start, setup.d, 2), gap, None)


def _started(field: Field, start: Array | None, d: int, ndim: int) -> Array:
    """Return V_0 itself: V* + (V_0 − V*) would be a ball around it."""
    zero = field.array(np.zeros((d,) * ndim, dtype=int))
    if start is None:
        return zero
    return zero + field.array(start) if start.ndim == ndim else field.array(np.eye(d, dtype=int)) * field.array(start)


def _printable(V_t: Array, t: int, field: Field) -> Array:
    """Refuse entries beyond 2^(10^6) over MP and BALL; those below its inverse become 0, or a ball around 0."""
    if field is EXACT:
        return V_t
    tiny = field.number(Fraction(1, 2)) ** _MOST_EXPONENT
    around = tiny.union(-tiny) if is_ball(field) else field.number(0)
    for at in np.ndindex(*V_t.shape):
        value = V_t[at]
        if -tiny < value < tiny:
            V_t[at] = around
        elif not -1 < value * tiny < 1:
            raise NotConverged(f"epochs = {t}: V_t exceeds 2^{_MOST_EXPONENT:,}, or its ball does; {_CONVERGE}")
    return V_t


def _in_float64(setup: Setup, t: int, eta: float, c: float, start: Array | None) -> Descended:
    """Return V_t by powers of numbers, in the eigenbasis of Λ, with the start or V* as origin, whichever is closer."""
    Gamma, _ = gamma_pair(setup, F64)
    Lambda, U = setup.Lambda.array(F64), None
    if Lambda.ndim == 2:
        Lambda, U = np.linalg.eigh(Lambda)
        if not Lambda[0] > 0:
            raise _too_few_digits(t)
        Gamma, _ = gamma_pair(Setup(Lambda, n=setup.n), F64)
    with np.errstate(all="ignore"):
        V_star, share = -1 / Gamma / c, (eta * c * Lambda) * (c * Gamma)
        if not (np.isfinite(V_star).all() and np.isfinite(share).all() and np.min(share) >= np.finfo(float).tiny):
            raise NotConverged("a step leaves the float64 range: rescale Lambda, c or step_size, or use field=MP(dps)")
        (powers, moved, slopes), B = _powers(share, t), 1 - share
        begin, end = np.zeros(setup.d) if start is None else F64.array(start), V_star
        if U is not None:
            begin, end = (np.diag(begin) if begin.ndim == 1 else begin) @ U, U * V_star
        elif begin.ndim == 2:
            end = np.diag(end)
        V_t = np.where(powers > 0.5, begin + (begin - end) * moved, end + (begin - end) * powers)
        gap = (begin - end) * powers
        if U is not None:
            V_t, gap = V_t @ U.T, gap @ U.T
            if start is not None and np.min(powers) > 0.5:
                V_t = (np.diag(start) if start.ndim == 1 else start).astype(float) + ((begin - end) * moved) @ U.T
        # a matrix gives λ up to rounding errors of λ_max
        errors = 8 * 2.0**-53 * (slopes * (1 if U is None else Lambda[-1] / Lambda))
        if U is not None:
            errors = errors + 8 * 2.0**-53 * np.abs(moved) / np.maximum(1, np.abs(powers)) * (Lambda[-1] / Gamma)
        if V_t.ndim == 1:
            steep = t * share * np.where(B == 0, float(t == 1), np.abs(powers) / np.abs(B))  # |share ∂Bᵗ/∂share|
            least = np.minimum(np.abs(moved), np.abs(powers))
            own: Any = np.abs(V_t) + np.abs(V_star * moved) + np.abs(begin - end) * (steep + least)
            own = 8 * 2.0**-53 * np.where((V_t == 0) & (V_star * moved == 0), 0, own)
        else:
            own = np.max(errors) * sum(float(np.linalg.norm(item)) for item in (V_star, begin, V_t))
    if not np.isfinite(V_t).all():
        raise NotConverged(f"epochs = {t}: V_t leaves the float64 range; {_CONVERGE}, or field=MP(dps)")
    if not np.max(errors) <= _MOST_ROUNDING:
        raise _too_few_digits(t)
    return Descended(np.asarray(V_t), np.asarray(gap), own)


def _powers(share: Array, t: int) -> tuple[Array, Array, Array]:
    """Return Bᵗ, Bᵗ − 1 for B = 1 − share without loss for small shares, and |share ∂Bᵗ/∂share|/max(1, |Bᵗ|)."""
    near, B = share < 0.5, 1 - share
    logs = t * np.log1p(-np.where(near, share, 0))
    powers = np.where(near, np.exp(logs), _power(B, t, np.ones(B.shape), np.multiply))
    moved = np.where(near, np.expm1(logs), powers - 1)
    slopes = t * share * np.where(B == 0, float(t == 1), np.minimum(1, np.abs(powers)) / np.abs(B))
    return powers, moved, slopes


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
    scale = checked_scale(c)
    if field is F64:
        _not_zero("c", scale)
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


def checked_step(value: Any) -> Any:
    """Return the step size η > 0 as a number."""
    eta = number("step_size", value)
    if eta <= 0:
        raise refuse("step_size", value, "not positive", "pass η > 0, below largest_step(setup) to converge")
    return eta


def checked_scale(value: Any) -> Any:
    """Return c ≠ 0 as a number."""
    scale = number("c", value)
    if scale == 0:
        raise refuse("c", value, "zero", "pass any other finite number")
    return scale


def _not_zero(name: str, value: Any) -> float:
    """Return a number as a float; refuse one that rounds to 0."""
    rounded = F64.number(value)
    if rounded == 0:
        raise NotConverged(f"{name} leaves the float64 range: it rounds to 0; rescale, or use field=MP(dps) or EXACT")
    return float(rounded)


def _too_few_digits(t: int) -> NotConverged:
    return NotConverged(f"epochs = {t}: V_t has too few digits in float64; use field=MP(dps) or BALL(bits)")


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
