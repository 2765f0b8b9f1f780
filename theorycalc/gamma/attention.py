"""The attention weights that training leaves: V and W of size (2d + 2)², for any scale c ≠ 0."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theorycalc._checks import number, refuse
from theorycalc.fields import F64, Array, Field, require_field
from theorycalc.gamma.closed_form import gamma_pair, public_matrix, public_zeros, refuse_large
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.gamma.mixture import map_scalars
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AttentionWeights(Frozen):
    """V and W of f(E) = E + V E (Eᵀ W E)/ρ, block rows and columns of sizes d, 1, d, 1."""

    setup: Setup
    c: Any
    V: Array = field(repr=False)  # (2d + 2, 2d + 2)
    W: Array = field(repr=False)  # (2d + 2, 2d + 2)
    field_name: str

    @property
    def V_31(self) -> Array:
        """−Γ⁻¹/c, the (d, d) block that is learned."""
        return self.V[self.setup.d + 1 : 2 * self.setup.d + 1, : self.setup.d]


def attention_weights(setup: Setup, *, c: Any = 1, field: Field = F64) -> AttentionWeights:
    """Return the trained layer: V₃₁ = −A/c, W₁₃ = c I, W₂₄ = −c, all other blocks zero.

    A is Γ⁻¹, or A* = E[S] (E[S²])⁻¹ of a mixture drawn per prompt or per example.

    Parameters
    ----------
    setup : the training distribution; only Λ (or the mixture) and n matter
    c : any finite number but 0; the function that the layer computes does not depend on it
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    AttentionWeights
        ``.V`` and ``.W`` (2d + 2, 2d + 2) arrays of numbers of the field.

    Raises
    ------
    InvalidSetup
        if c is zero or not a finite number, or d is too large for matrices of 2d + 2 rows.
    OutsideRegime, NotConverged
        where :func:`theorycalc.optimal_map` has no answer.

    Cost: O(d³) for a matrix Λ, O(d²) for a spectrum.  Claims: GAM-03, GAM-06, GAM-07.
    Source: Javanmard et al., arXiv:2510.03605, Theorem 3.1; theory sections 2 and 3.

    Examples
    --------
    d = 1, Λ = 2, n = 2: Γ = 4.

    >>> weights = attention_weights(Setup([2], n=2), c=2)
    >>> float(weights.V_31[0, 0]), float(weights.W[0, 2]), float(weights.W[1, 3])
    (-0.125, 2.0, -2.0)
    """
    field = require_field(field)
    refuse_large(2 * as_setup(setup).d + 2, field)
    scale = number("c", c)
    if scale == 0:
        raise refuse("c", c, "zero", "pass any other finite number: the layer's function does not depend on it")
    d = setup.d
    with field.working():
        factor = field.number(scale)
        A = map_scalars(setup, field)[0] if is_mixed(setup) else gamma_pair(setup, field)[1]
        V, W = (public_zeros((2 * d + 2, 2 * d + 2), field) for _ in range(2))
        V[d + 1 : 2 * d + 1, :d] = public_matrix(-A / factor, field)
        W[np.arange(d), np.arange(d + 1, 2 * d + 1)] = field.public(factor)
        W[d, 2 * d + 1] = field.public(-factor)
    return AttentionWeights(setup=setup, c=scale, V=V, W=W, field_name=field.name)
