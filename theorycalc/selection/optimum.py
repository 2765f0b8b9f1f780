"""What every way to the optimal mixture returns, and the deviations u_ℓ = I − Σ⁻¹Λ_ℓ they all work on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.fields import Array, Field
from theorycalc.selection.program import SelectionProgram


@dataclass(frozen=True)
class Optimum:
    """Public numbers of one field: the mixture, x = Σ π_ℓ u_ℓ through its products, and the set it was chosen from."""

    weights: Array  # (T,)
    value: Any  # ‖x‖²
    multiplier: Any  # ν = πᵀg = 2‖x‖² − 2 tr x
    reduced_costs: Array  # (T,) g_ℓ − ν = 2⟨u_ℓ, x⟩ − 2‖x‖²
    gap: Any  # πᵀg − min g = −min (g − ν)
    face: tuple[int, ...]  # tasks that an optimal mixture uses or may use: those of least slope
    dimension: int  # of the set of optimal mixtures
    uncertainty: str
    notes: tuple[str, ...] = ()


def deviations(program: SelectionProgram, field: Field) -> Array:
    """Return u_ℓ = I − Σ⁻¹Λ_ℓ as rows of scalars, (T, d) or (T, d²)."""
    one = np.ones(program.d, dtype=int) if program.ratios.ndim == 2 else np.eye(program.d, dtype=int)
    return np.asarray((field.array(one) - program.ratios).reshape(len(program.ratios), -1))
