"""The chain of thought, step by step, from a real prompt and over any number field."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc import _checks
from theorycalc._checks import refuse
from theorycalc.cot.prompt import Conditioning, Prompt, apply, conditioning, read_prompt, start
from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT, F64, Array, Field, is_ball, is_multiprecision, require_field
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, public_array
from theorycalc.model import Setup
from theorycalc.results import Trajectory

_MAX_NUMBERS = {True: 250_000_000, False: 20_000_000}  # entries of w kept: float64, or Python objects
_MAX_GRAM = 5_000  # rows of S, when it is formed
_UNIT_ROUNDOFF = 2.0**-53
_FIRST_LOOK = 4  # the step at which the growth of exact numbers is first measured
_SHORTER = "use fewer steps, field=BALL(bits) or F64"


def iterate_cot(X: Any, y: Any, setup: Setup, steps: int, *, field: Field = F64) -> Trajectory:
    """Return w_0 … w_k of w_{i+1} = w_i − Γ⁻¹ (1/m) X (Xᵀ w_i − y).

    This is what the trained attention layer computes when it appends its own readout to the prompt k times.

    Parameters
    ----------
    X : (d, m), one column per example; int, Fraction, "p/q" strings or floats
    y : (m,) labels
    setup : Λ and n give Γ; ``setup.w_0`` is the start (default 0); a finite ``setup.m`` must equal m
    steps : k >= 0
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    Trajectory
        ``.w`` (k + 1, d): ``w[0]`` is the start and ``w[k]`` the estimate after k steps.  ``.uncertainty``:
        F64 and MP an estimate of the accumulated rounding from norms, the growth per step and a square-root
        law for sums (no proof; on random prompts 10 to 10⁵ times too large); BALL encloses; EXACT is exact.

    Raises
    ------
    InvalidSetup
        wrong shapes, NaN or inf, negative k, m different from a finite ``setup.m``, more numbers than memory
        holds.
    NotConverged
        naming the first step whose w leaves the float64 range, or whose ball becomes infinite.
    OutsideRegime
        for mixtures sampled per prompt or per example, and for EXACT work of more than about 2 minutes, told from
        the growth of the numbers in the first steps.

    Assumes: the weights of ``attention_weights(setup)``, for any c ≠ 0.
    Cost: O(k d m), or O(d² m + k d²) where that is less; EXACT numbers grow by a fixed number of digits per
    step.
    Claims: COT-01.  Source: theory section 2; Javanmard et al., arXiv:2510.03605, section 3.

    Examples
    --------
    d = m = 1, x = 2, y = 2 (w* = 1), Λ = 2, n = 2: Γ = 4 and S = 4, so one step reaches w*.

    >>> from theorycalc.fields import EXACT
    >>> iterate_cot([[2]], [2], Setup([2], n=2), 2, field=EXACT).w[:, 0].tolist()
    [Fraction(0, 1), Fraction(1, 1), Fraction(1, 1)]
    """
    field = require_field(field)
    k = _checks.steps(steps)
    prompt = read_prompt(X, y, setup)
    if prompt.y is None:
        raise refuse("y", y, "no labels", f"pass shape ({prompt.m},)")
    is_float = field.dtype is np.float64
    if (k + 1) * setup.d > _MAX_NUMBERS[is_float]:
        limit = f"more than {_MAX_NUMBERS[is_float]:,} numbers over {field.name}"
        raise refuse("steps", steps, f"(steps + 1) · d is {limit}", "use cot_closed_form for one late step")
    with field.working():
        w = _iterate(prompt, setup, k, field)
        values = np.empty(w.shape, dtype=w.dtype)
        for i in range(k + 1):
            values[i] = published(w[i], i, field)
    return Trajectory(
        setup=setup, w=values, field_name=field.name, uncertainty=_uncertainty(prompt, setup, values, field)
    )


def published(row: Array, i: int, field: Field) -> Array:
    """Return w_i as public numbers; a ball beyond 2^±10,000,000 says nothing and is refused."""
    if is_ball(field):
        huge = field.number(2) ** 10_000_000
        if not all(-huge < entry < huge for entry in row):
            raise NotConverged(f"step {i}: {field.name} encloses w no longer; use BALL with more bits")
    try:
        return public_array(row, field)
    except NotConverged as error:
        raise NotConverged(f"step {i}: {error}") from None


def _iterate(prompt: Prompt, setup: Setup, k: int, field: Field) -> Array:
    """Return (k + 1, d) scalars of the field."""
    d, m = prompt.X.shape
    X, y = field.array(prompt.X), field.array(prompt.y)
    A = gamma_pair(setup, field)[1]
    count = field.number(m)
    w = np.empty((k + 1, d), dtype=field.dtype)
    w[0] = start(setup, field)
    is_float = field.dtype is np.float64
    with np.errstate(over="ignore", invalid="ignore"):
        formed = k * (2 * m - d) > d * m and d <= _MAX_GRAM  # cheaper with S formed once
        count_per_step = d * d + 2 * d if formed else 2 * d * m + 2 * d
        if field is EXACT:
            refuse_slow_steps(k, count_per_step * k + (d * d * m if formed else 0))
        if formed:
            S, b = X @ X.T / count, X @ y / count  # (d, d), (d,)
        else:
            S = b = None
        for i in range(k):
            if field is EXACT and i >= _FIRST_LOOK and i & (i - 1) == 0:  # at 4, 8, 16, …
                refuse_slow_chain(k, i, count_per_step, rational_cost.bits(w[i // 2]), rational_cost.bits(w[i]))
            residual = X @ (X.T @ w[i] - y) / count if S is None else S @ w[i] - b
            w[i + 1] = w[i] - apply(A, residual)
            if is_float and not np.isfinite(w[i + 1]).all():
                raise NotConverged(
                    f"step {i + 1}: w leaves the float64 range; the chain diverges on this prompt, "
                    "use fewer steps, or field=MP(dps) or EXACT"
                )
    return w


def refuse_slow_steps(k: int, count: int) -> None:
    """Refuse ``count`` operations on rationals if even short ones would take too long."""
    problem = f"steps = {k}, field = EXACT: {count:,} operations on fractions"
    rational_cost.refuse_slow(rational_cost.operations(count, 0), problem, _SHORTER)


def refuse_slow_chain(k: int, i: int, count: int, before: int, now: int) -> None:
    """Refuse the steps i … k of ``count`` operations each, if w_{i/2} has ``before`` bits and w_i has ``now``."""
    growth = (now - before) / (i // 2)
    problem = f"steps = {k}, field = EXACT: the fractions grow by {growth:.0f} bits per step"
    rational_cost.refuse_slow(rational_cost.growing(count, now, growth, k - i), problem, _SHORTER)


def _uncertainty(prompt: Prompt, setup: Setup, w: Array, field: Field) -> str:
    if is_ball(field):
        return enclosure_sentence(w)
    if not is_multiprecision(field) and field.dtype is not np.float64:
        return "exact"
    sizes = conditioning(prompt, setup)
    units = math.inf if sizes is None else _error_units(sizes, w)
    return rounding_sentence(units, field)


def _error_units(sizes: Conditioning, w: Array) -> float:
    """Bound max |w_i − computed w_i| over all steps, in units of the roundoff.

    In the norm ‖Γ^(1/2) ·‖ the map R contracts by its spectral radius; each step adds the rounding of A, of
    the two products with X, and of the subtraction.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = w.astype(np.float64)
            norms = np.sqrt((rounded**2).sum(axis=1))
            moves = np.sqrt((np.diff(rounded, axis=0) ** 2).sum(axis=1))
    except OverflowError:
        return math.inf
    tilt = sizes.inverse_error * math.sqrt(sizes.gamma_max) / sizes.gamma_min
    error = worst = float(norms[0]) * math.sqrt(sizes.gamma_max)  # an exact start is rounded once
    for i in range(len(norms) - 1):
        size = sizes.frobenius * norms[i] + sizes.labels  # of the terms in (Xᵀ w_i − y)/√m
        inverse = tilt * min(sizes.frobenius * size, sizes.gamma_max * moves[i])  # ‖Γ^(1/2) δA g‖, two bounds of g
        products = sizes.whitened * sizes.sums * size
        local = math.sqrt(sizes.gamma_max) * (norms[i] + norms[i + 1]) + products + inverse
        error = sizes.growth * error + float(local)
        worst = max(worst, error)
    return worst / math.sqrt(sizes.gamma_min)


def enclosure_sentence(balls: Array) -> str:
    """Return the statement of uncertainty for an array of balls."""
    widest = max((ball.rad for ball in balls.reshape(-1)), default=Fraction(0))
    try:
        shown = f"{float(widest):.1e}"
    except OverflowError:
        shown = f"2^{widest.numerator.bit_length() - widest.denominator.bit_length()}"
    return f"enclosed: every number lies in its ball; the largest radius is {shown}"


def rounding_sentence(units: float, field: Field) -> str:
    """Return the statement of uncertainty for an error of ``units`` roundoffs."""
    if not math.isfinite(units):
        return "rounding error not estimated: its bound leaves the float64 range"
    if is_multiprecision(field):
        exponent = math.floor(math.log10(units)) if units else 0  # 10^(1 − dps) may be below every float
        shown = f"{units / 10.0**exponent:.1f}e{exponent + 1 - getattr(field, 'dps', 0):+d}"
        return f"estimated rounding error of every number: at most {shown}"
    return f"estimated rounding error of every number: at most {units * _UNIT_ROUNDOFF:.1e}"
