"""The optimal mixture of training tasks: min ‖I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ‖_F² over probabilities π, with a certificate.

With u_ℓ = I − Σ⁻¹Λ_ℓ and Σ π_ℓ = 1 the residual is x = Σ_ℓ π_ℓ u_ℓ, so this is the point of conv{u_ℓ} nearest to 0.
Nonnegative least squares finds it without a constraint: for any s > 0, if y >= 0 minimises ‖Σ y_ℓ u_ℓ‖² + s² (Σ y_ℓ −
1)² then π = y/Σ y_ℓ is optimal, as for a given sum t = Σ y_ℓ the least first term is t² times the optimum.

Where several mixtures are optimal they form a polytope, {π >= 0 on the tasks of least slope, with the same x}; its
point of least ‖π‖ is returned, which is another such problem.
"""

from typing import Any

from theorycalc.fields import EXACT, F64, Field, require_field
from theorycalc.selection.answer import Selection
from theorycalc.selection.enclosed_optimum import enclosed_optimum
from theorycalc.selection.float_optimum import float_optimum
from theorycalc.selection.program import selection_program
from theorycalc.selection.rational_optimum import rational_optimum


def solve_selection(Sigma: Any, covariances: Any, *, field: Field = F64) -> Selection:
    """Return the probabilities π that minimise ‖I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ‖_F², with their certificate.

    π is optimal iff g_ℓ >= ν for all ℓ, with equality where π_ℓ > 0, for the slopes g = 2 (Hπ − b) and ν = πᵀg; the gap
    ν − min g bounds what is missing.

    Parameters
    ----------
    Sigma : target covariance, positive definite (d, d) or (d,)
    covariances : Λ_1 … Λ_T, each positive definite (d, d) or (d,); they need not commute.  A dict gives the tasks
        names; else they are "task 0", "task 1", …
    field : F64 (default); EXACT for the rational optimum; BALL(bits) for a proved enclosure; MP(dps) for its midpoint

    Returns
    -------
    Selection
        ``.weights`` (T,), ``.value``, ``.multiplier`` ν, ``.reduced_costs`` g − ν, ``.duality_gap()``, ``.is_unique``,
        ``.face``, ``.residual()``, ``.explain()``.  Where several mixtures are optimal, that of least ‖π‖.

    Raises
    ------
    InvalidSetup
        if a covariance is not positive definite, there is none, or dimensions differ.
    OutsideRegime
        over EXACT for more than 400 tasks, or more than about 2 minutes of arithmetic.
    NotCertified
        over BALL and MP, when the optimum is not unique, or too nearly so for these bits.
    NotConverged
        when numbers leave the float64 range, or Σ is too ill-conditioned for float64.

    In F64 the gap counts the rounding of its own terms, about 1e-14 ‖I − Σ⁻¹Λ_ℓ‖_F ‖I − Σ⁻¹Λ̄‖_F of the largest task:
    for tasks of the size of the target it is below 1e-10; more than 1e-10 max(1, value) is said in ``.notes``.  Ties
    are judged to rounding; weights of nearly equal tasks are as uncertain as these are alike.  EXACT decides all of it.
    Cost: F64 O(T D p) for p tasks in use, D = d for spectra, d² for matrices; EXACT O(T² D + p⁴) rational operations.
    Claims: SEL-01, SEL-02, SEL-03.
    Source: Javanmard et al., arXiv:2510.03605, section 4; theory section 10.

    Examples
    --------
    Σ = 2, tasks 1 and 4: the residual 1 − π₁/2 − 2π₂ vanishes at π = (2/3, 1/3).

    >>> found = solve_selection([2], [[1], [4]], field=EXACT)
    >>> print(*found.weights, found.value, found.duality_gap(), found.is_unique)
    2/3 1/3 0 0 True
    """
    chosen = require_field(field)
    program = selection_program(Sigma, covariances, field=chosen)
    if chosen is F64:
        found = float_optimum(program)
    else:
        found = rational_optimum(program) if chosen is EXACT else enclosed_optimum(program)
    return Selection(
        program=program,
        weights=found.weights,
        value=found.value,
        multiplier=found.multiplier,
        reduced_costs=found.reduced_costs,
        gap=found.gap,
        face=found.face,
        face_dimension=found.dimension,
        field_name=chosen.name,
        uncertainty=found.uncertainty,
        notes=found.notes,
    )
