"""Training W₂₄ along with V₃₁ from the paper's start V₃₁ = 0, W₂₄ = −c: where it ends, and a step size that gets there.

Write V₃₁ = V, W₂₄ = −b: L = ½ E‖I + b V S_n‖_F², with gradients b (I + b V Γ) Λ and tr(Vᵀ (I + b V Γ) Λ).
"""

import math
from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, require_field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.gamma.descent import checked_scale
from theorycalc.model import Setup, as_setup


def joint_limit(setup: Setup, *, c: Any = 1, field: Field = F64) -> Any:
    """Return b with b⁴ − c² b² = ‖Γ⁻¹‖_F²: gradient flow in V₃₁ and W₂₄ ends at V₃₁ = −Γ⁻¹/b, W₂₄ = −b.

    b² = (c² + √(c⁴ + 4‖Γ⁻¹‖_F²))/2, with the sign of c; |b| > |c|.  So one pass is as good as after training V₃₁ alone,
    but W₁₃ = c I stays, and thought converges to (b/c) w* instead of w*: the error after k → ∞ steps is
    (b/c − 1)² tr(PΩ) where it converges.  Gradient descent with step η ends within O(η) of it.

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    c : scale of W₁₃ = c I and of the start W₂₄ = −c, not 0
    field : F64, MP(dps) or BALL(bits); b is not rational

    Returns
    -------
    number of the field

    Raises
    ------
    InvalidSetup
        if c is zero or not a finite number.
    OutsideRegime
        for EXACT, and for mixtures sampled per prompt or per example.
    NotConverged
        when the value leaves the float64 range.

    Cost: O(d), O(d³) for a matrix.  Claims: GAM-07, GAM-11.  Source: theory section 3.

    Examples
    --------
    d = 1, λ = 1/4, n = 2: Γ⁻¹ = 2, so b⁴ − b² = 4 and b² = (1 + √17)/2.

    >>> round(joint_limit(Setup(["1/4"], n=2)), 6)
    1.600485
    """
    field, scale = require_field(field), checked_scale(c)
    if field is EXACT:
        raise OutsideRegime("EXACT: the limit has square roots: use field=BALL(bits)")
    with field.working(), np.errstate(over="ignore", invalid="ignore"):
        A, start = gamma_pair(as_setup(setup), field)[1], field.number(scale)
        square = start * start
        inner = _root(square * square + (A * A).sum() * 4, field)
        b = _root((square + inner) / field.number(2), field)
        if field is F64 and not 0 < b < math.inf:
            raise NotConverged("the limit leaves the float64 range: rescale Lambda or c, or use field=MP(dps)")
        return field.public(b if scale > 0 else -b)


def joint_step(setup: Setup, *, c: Any = 1) -> float:
    """Return a step size η₀ with which gradient descent in V₃₁ and W₂₄ is proved to converge, as is every smaller one.

    With 2 e₀ = tr(Γ⁻¹Λ), p the eigenvalues of ΛΓ, μ = ‖Γ⁻¹‖_F + √(2 e₀/p_min) and N = √(9c⁴/4 + 4μ²),

        η₀ = min{ c²/(8 e₀), 1/(p_max N + √(2 e₀ p_max)) },   L_{t+1} − L* <= (1 − ¾ η c² p_min)(L_t − L*)  for η <= η₀.

    The proof is in theory section 3; the bound is safe, not sharp: several times larger steps converge too.

    Parameters and exceptions are those of :func:`joint_limit`.

    Returns
    -------
    float64, a few roundings below η₀

    Cost: O(d), O(d³) for a matrix.  Claims: GAM-11.  Source: theory section 3.

    Examples
    --------
    d = 1, λ = 1, n = 1: γ = 3, 2 e₀ = 1/3, μ = 2/3, N = √(9/4 + 16/9) = 2.007, η₀ = 1/(3 N + 1).

    >>> round(joint_step(Setup([1], n=1)), 6)
    0.142434
    """
    scale = float(F64.number(checked_scale(c)))
    Lambda = as_setup(setup).Lambda.array(F64)
    lam = Lambda if Lambda.ndim == 1 else np.linalg.eigvalsh(Lambda)
    if not np.min(lam) > 0:
        raise NotConverged("Lambda is singular to float64 precision: use a spectrum, or regularise it")
    gamma_pair(setup, F64)  # refuses what has no Γ
    gamma = (1 + 1 / setup.n) * lam + lam.sum() / setup.n
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        products, twice = lam * gamma, float(np.sum(lam / gamma))  # 2 e₀
        mu = float(np.linalg.norm(1 / gamma)) + math.sqrt(twice / float(np.min(products)))
        size = math.hypot(1.5 * scale * scale, 2 * mu)
        largest = float(np.max(products))
        step = min(scale * scale / (4 * twice), 1 / (largest * size + math.sqrt(twice * largest)))
    if not 0 < step < math.inf:
        raise NotConverged("the step size leaves the float64 range: rescale Lambda or c")
    return step * (1 - 1e-9)


def _root(value: Any, field: Field) -> Any:
    values: Array = field.sqrt(np.array([value], dtype=field.dtype))
    return values[0]
