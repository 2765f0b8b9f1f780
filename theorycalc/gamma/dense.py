"""Training every entry of V and W from a dense start: the minimum that knows one skill only.

With ŵ₀ = 0 one pass reads w₁ = V₃₁ S z + V₃₂ w*ᵀ S z + V₃₄ W₄₄/n, z = W₁₄ + W₂₄ w*.  No weights do better than the
paper's, and for d >= 2 only V₃₂ = W₁₄ = V₃₄ W₄₄ = 0, W₂₄ V₃₁ = Γ⁻¹ do as well.  But V₃₁ = W₂₄ = 0, V₃₂ W₁₄ᵀ = uuᵀ/γ
with u the direction of the largest λ is stationary too: x and y have changed places, and no other skill is learned.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Field, as_fraction, require_field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OneSkillPoint(Frozen):
    """The stationary point of dense training that has learned the strongest skill alone.

    ``excess`` is its loss above the least; ``margin`` = λ q − n γ² (tr Λ − λ) with q = 2 tr(ΛΓ) + (2/n)(tr Λ² − λ²).
    """

    setup: Setup
    eigenvalue: Any  # λ, the largest
    excess: Any  # ½ Σ λᵢ/γᵢ over the other directions
    margin: Any
    field_name: str

    @property
    def is_minimum(self) -> bool:
        """Whether it is a local minimum, in which training from some open set of starts ends.

        Raises
        ------
        NotConverged
            in float64, when the margin is 0 to within rounding.
        """
        if self.field_name == "F64" and abs(self.margin) < 1e-12 * abs(float(self.eigenvalue)) ** 3:
            raise NotConverged("the margin is 0 to within rounding: use field=EXACT")
        return bool(as_fraction(self.margin) > 0)


def one_skill_point(setup: Setup, *, field: Field = F64) -> OneSkillPoint:
    """Return the stationary point that has learned the strongest skill alone, and whether training can end there.

    Where λ q > n γ² (tr Λ − λ), q = 2 tr(ΛΓ) + (2/n)(tr Λ² − λ²), it is a local minimum; where λ q < n γ² (tr Λ − λ)
    and W₄₄ ≠ 0 it is a saddle.  Strongly uneven skills, and short prompts, make it a minimum; n → ∞ a saddle.

    Parameters
    ----------
    setup : the training distribution, a spectrum with d >= 2 and one largest eigenvalue
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    OneSkillPoint

    Raises
    ------
    OutsideRegime
        for d = 1, where it is a global minimum; for a largest eigenvalue that is not simple; for full matrices; for
        mixtures sampled per prompt or per example.

    Assumes: ŵ₀ = 0 in training, w* ~ N(0, I), all entries of V and W trained.
    Cost: O(d).  Claims: GAM-12, GAM-13.  Source: theory section 3.

    Examples
    --------
    Λ = diag(2, 1), n = 1: γ = 7 and 5, tr ΛΓ = 19, q = 2 · 19 + 2 (5 − 4) = 40, margin 2 · 40 − 49 · 1.

    >>> from theorycalc.fields import EXACT
    >>> point = one_skill_point(Setup([2, 1], n=1), field=EXACT)
    >>> print(point.margin, point.excess, point.is_minimum)
    31 1/10 True
    >>> one_skill_point(Setup([1, "1/20"], n=10)).is_minimum, one_skill_point(Setup([1, "1/20"], n=100)).is_minimum
    (True, False)
    """
    field, Lambda = require_field(field), as_setup(setup).Lambda
    if setup.d == 1:
        raise OutsideRegime("d = 1: with a single skill this point is a global minimum, as good as V₃₁ = −Γ⁻¹/c")
    if not Lambda.is_diagonal:
        raise OutsideRegime("Lambda is a matrix: pass its spectrum")
    entries = [as_fraction(x) for x in Lambda.entries]
    place = max(range(setup.d), key=entries.__getitem__)
    if entries.count(entries[place]) > 1:
        raise OutsideRegime("the largest eigenvalue of Lambda is not simple: no skill is the strongest")
    with field.working(), np.errstate(over="ignore", invalid="ignore"):
        lam, (Gamma, A) = Lambda.array(field), gamma_pair(setup, field)
        top, gamma, n, two = lam[place], Gamma[place], field.number(setup.n), field.number(2)
        rest = np.delete(lam, place)
        q = two * (lam * Gamma).sum() + two / n * (rest * rest).sum()
        margin = top * q - n * gamma * gamma * rest.sum()
        excess = np.delete(lam * A, place).sum() / two
        if field is F64 and not np.all(np.isfinite([margin, excess])):
            raise NotConverged("the margin leaves the float64 range: rescale Lambda, or use field=MP(dps)")
        values = [field.public(value) for value in (top, excess, margin)]
    return OneSkillPoint(setup=setup, eigenvalue=values[0], excess=values[1], margin=values[2], field_name=field.name)
