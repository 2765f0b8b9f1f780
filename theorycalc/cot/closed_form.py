"""The estimate after k steps without taking them: w_k = Rᵏ w_0 + (Σ_{i<k} Rⁱ) A X y / m, with R = I − A S."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc import _checks
from theorycalc._checks import refuse
from theorycalc.cot.prompt import Conditioning, Prompt, apply, conditioning, read_prompt, start
from theorycalc.cot.recursion import enclosure_sentence, published, refuse_slow_steps, rounding_sentence
from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT, F64, Array, Field, is_ball, is_multiprecision, require_field
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, refuse_large
from theorycalc.model import Setup
from theorycalc.results import Frozen
from theorycalc.spectra import read_numbers


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CotEstimate(Frozen):
    """The estimate w_k (d,) after ``k`` steps of thinking on one prompt."""

    setup: Setup
    k: int
    w: Array  # (d,)
    field_name: str
    uncertainty: str

    def _table(self) -> dict[str, Any]:
        return {"direction": range(len(self.w)), "w": self.w}


def cot_closed_form(X: Any, y: Any, setup: Setup, steps: int, *, w_star: Any = None, field: Field = F64) -> CotEstimate:
    """Return w_k = Rᵏ w_0 + (Σ_{i<k} Rⁱ) A X y / m, or w* + Rᵏ (w_0 − w*) for known w*, without iterating w.

    F64 diagonalises: N = Γ^(−1/2) S Γ^(−1/2) is symmetric and similar to A S, and its eigenvectors come from
    the singular value decomposition of Γ^(−1/2) X/√m; MP, BALL and EXACT square the affine map w ↦ R w + A X
    y/m.

    Parameters
    ----------
    X : (d, m), one column per example; int, Fraction, "p/q" strings or floats
    y : (m,) labels, or None if ``w_star`` is given
    setup : Λ and n give Γ; ``setup.w_0`` is the start (default 0); a finite ``setup.m`` must equal m
    steps : k >= 0
    w_star : (d,) task weights; the labels are then y = Xᵀ w* without noise
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    CotEstimate
        ``.w`` (d,), equal to ``iterate_cot(X, y, setup, k).w[k]``; ``.uncertainty`` as there.

    Raises
    ------
    InvalidSetup
        as :func:`iterate_cot`, or unless exactly one of y and w_star is given.
    NotConverged
        when w_k leaves the float64 range, or its ball becomes infinite.
    OutsideRegime
        for mixtures sampled per prompt or per example, and for EXACT work of more than about 2 minutes, told from
        the length of the numbers in each squaring.

    Cost: F64 O(d m min(d, m) + d³), the same for every k; other fields O(d² m + d³ log k) operations.
    Claims: COT-02, COT-03.  Source: theory section 2.

    Examples
    --------
    d = m = 1, x = 1, y = 3, Λ = 1, n = 2: Γ = 2, R = 1/2, so w_k = 3 (1 − 2^−k).

    >>> from theorycalc.fields import EXACT
    >>> setup = Setup([1], n=2)
    >>> print(cot_closed_form([[1]], [3], setup, 2, field=EXACT).w[0])
    9/4
    >>> print(cot_closed_form([[1]], None, setup, 2, w_star=[3], field=EXACT).w[0])
    9/4
    """
    field = require_field(field)
    k = _checks.steps(steps)
    if (y is None) == (w_star is None):
        given = "neither" if y is None else "both"
        raise refuse("y, w_star", given, "exactly one of them states the task", "pass labels y, or w_star and y=None")
    prompt = read_prompt(X, y, setup)
    target = None
    if w_star is not None:
        target = read_numbers("w_star", w_star)
        if target.shape != (setup.d,):
            raise refuse("w_star", target.shape, f"not a vector for d = {setup.d}", f"pass shape ({setup.d},)")
    is_float = field.dtype is np.float64
    with field.working():
        if is_float:
            w = _by_eigenvectors(prompt, target, setup, k)
        else:
            refuse_large(setup.d, field)
            w = _by_squaring(prompt, target, setup, k, field)
        values = published(w, k, field)
    return CotEstimate(
        setup=setup,
        k=k,
        w=values,
        field_name=field.name,
        uncertainty=_uncertainty(prompt, target, setup, k, values, field),
    )


def _by_squaring(prompt: Prompt, target: Array | None, setup: Setup, k: int, field: Field) -> Array:
    """Apply the k-th power of w ↦ P w + q, whose square is w ↦ P² w + P q + q."""
    if field is EXACT:
        refuse_slow_steps(k, setup.d**2 * prompt.m + setup.d**3 * k.bit_length())
    X, count = field.array(prompt.X), field.number(prompt.m)
    A = gamma_pair(setup, field)[1]
    S = X @ X.T / count  # (d, d)
    P = -(A[:, None] * S) if A.ndim == 1 else -(A @ S)
    diagonal = np.diag_indices(setup.d)
    P[diagonal] = P[diagonal] + field.number(1)
    w = start(setup, field)
    if target is not None:
        w_star = field.array(target)
        w, q = w - w_star, w_star - w_star
    else:
        q = apply(A, X @ field.array(prompt.y)) / count
    exponent = k
    while exponent:
        if exponent & 1:
            w = P @ w + q
        exponent >>= 1
        if exponent:
            if field is EXACT:
                _refuse_slow_squarings(P, q, k, exponent.bit_length())
            P, q = P @ P, P @ q + q
    return np.asarray(w if target is None else w + w_star)


def _refuse_slow_squarings(P: Array, q: Array, k: int, left: int) -> None:
    """Refuse ``left`` more squarings of rationals, whose bits double in each, if they would take too long."""
    length = max(rational_cost.bits(P), rational_cost.bits(q))
    d = len(q)
    seconds = sum(rational_cost.operations(d**3 + 2 * d * d, length * 2.0**j) for j in range(left))
    problem = f"steps = {k}, field = EXACT: fractions of about {length * 2.0**left:.1g} bits"
    rational_cost.refuse_slow(seconds, problem, "use fewer steps, field=BALL(bits) or F64")


def _by_eigenvectors(prompt: Prompt, target: Array | None, setup: Setup, k: int) -> Array:
    """Return w_k in float64 from Y = Γ^(−1/2) X/√m = U diag(s) Vᵀ, without forming S."""
    root = math.sqrt(prompt.m)
    X = F64.array(prompt.X) / root
    Gamma = gamma_pair(setup, F64)[0]
    w_0 = start(setup, F64)
    if Gamma.ndim == 1:
        scale = np.sqrt(Gamma)
        Y: Array = X / scale[:, None]
    else:
        L = np.linalg.cholesky(Gamma)  # Γ = L Lᵀ; L⁻¹ S L⁻ᵀ is as good as Γ^(−1/2) S Γ^(−1/2)
        Y = np.linalg.solve(L, X)
    U, s, Vt = np.linalg.svd(Y, full_matrices=False)
    change, geometric = _powers(s, k)
    offset = w_0 if target is None else w_0 - F64.array(target)
    z = scale * offset if Gamma.ndim == 1 else L.T @ offset
    with np.errstate(over="ignore", invalid="ignore"):
        step = change * (U.T @ z)
        if target is None:
            step = step + geometric * (Vt @ F64.array(prompt.y)) / root
        moved = U @ step
        w = w_0 + (moved / scale if Gamma.ndim == 1 else np.linalg.solve(L.T, moved))
    if not np.isfinite(w).all():
        raise NotConverged(
            f"step {k}: w leaves the float64 range; the chain diverges on this prompt, use fewer steps, or "
            "field=MP(dps) or EXACT"
        )
    return np.asarray(w)


def _powers(s: Array, k: int) -> tuple[Array, Array]:
    """Return (1 − s²)ᵏ − 1 and (1 − (1 − s²)ᵏ)/s, both to nearly full relative accuracy (0 at s = 0)."""
    lam = s * s
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        slow = np.expm1(k * np.log1p(-np.minimum(lam, 0.5)))
        change = np.where(lam <= 0.5, slow, np.power(1 - lam, float(k)) - 1)
        geometric = np.where(s > 0, -change / np.where(s > 0, s, 1), 0)
    return change, geometric


def _uncertainty(prompt: Prompt, target: Array | None, setup: Setup, k: int, w: Array, field: Field) -> str:
    if is_ball(field):
        return enclosure_sentence(w)
    if not is_multiprecision(field) and field.dtype is not np.float64:
        return "exact"
    sizes = conditioning(prompt, setup)
    try:
        norms = [0.0 if v is None else float(np.linalg.norm(v.astype(np.float64))) for v in (setup.w_0, target, w)]
    except OverflowError:
        sizes = None
    units = math.inf if sizes is None else _error_units(sizes, k, *norms)
    return rounding_sentence(units, field)


def _error_units(sizes: Conditioning, k: int, begin: float, target: float, end: float) -> float:
    """Estimate |w_k − computed w_k| in units of the roundoff, from how w_k depends on N and on the labels."""
    rho = sizes.growth
    try:
        power = rho ** max(k - 1, 0) if rho > 1 else 1.0
    except OverflowError:
        return math.inf
    steps = k if rho > 1 or not sizes.lam_min else min(k, 2 / sizes.lam_min)
    sensitivity = 1 + steps * power * max(sizes.lam_max, 1)
    condition = math.sqrt(sizes.gamma_max / sizes.gamma_min)
    drive = sizes.labels * math.sqrt(sizes.lam_max) / math.sqrt(sizes.gamma_min)
    noise = sizes.sums + sizes.inverse_error
    return end + noise * condition * sensitivity * (begin + target + drive)
