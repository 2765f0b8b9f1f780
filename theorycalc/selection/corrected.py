"""The surrogate for prompts of finite length: the same program on Γ_ℓ instead of Λ_ℓ, with a bound for every k."""

from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.fields import F64, Array, Field
from theorycalc.model import Setup, as_setup
from theorycalc.selection.answer import Selection
from theorycalc.selection.solve import solve_selection
from theorycalc.spectra import Covariance, as_covariance


def corrected_selection(setup: Setup, *, field: Field = F64) -> Selection:
    """Return the probabilities π that minimise e² = ‖I − Σ⁻¹Γ‖_F², Γ = Σ_ℓ π_ℓ Γ_ℓ, Γ_ℓ = (1 + 1/n) Λ_ℓ + (tr Λ_ℓ/n) I.

    The published surrogate has Λ_ℓ for Γ_ℓ, which is the limit n → ∞.  "Pooled" training leaves Γ⁻¹ in the weights, so
    this program asks for what a step of thinking needs: e = 0 iff long prompts are solved in one step, and

        E_k <= (e/(1 − e))^{2k}   for e < 1, every k, w* ~ N(0, I), w₀ = 0, m = ∞,

    which falls with k wherever e < 1/2.

    Parameters
    ----------
    setup : its Lambda is a TaskMixture (weights play no role), its Sigma the target; n
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    Selection
        of the covariances Γ_ℓ; ``.value`` is e².

    Raises
    ------
    InvalidSetup
        for a setup without a mixture; and as :func:`theorycalc.solve_selection`.

    Cost: that of solve_selection.  Claims: SEL-01, SEL-02, SEL-09.  Source: theory section 10.

    Examples
    --------
    Tasks 1 and 4 for the target 2, n = 4: Γ_ℓ = 3/2 and 6, so Γ = 2 at π = (8/9, 1/9).

    >>> from theorycalc.fields import EXACT
    >>> from theorycalc.model import TaskMixture
    >>> setup = Setup(TaskMixture([[1], [4]], ["1/2", "1/2"]), n=4, Sigma=[2])
    >>> print(*corrected_selection(setup, field=EXACT).weights)
    8/9 1/9
    """
    mixture = as_setup(setup).mixture
    if mixture is None:
        raise refuse("setup", setup, "its Lambda is no TaskMixture", "pass Setup(TaskMixture(tasks, weights), …)")
    tasks = [trained_covariance(task, setup.n) for task in mixture.covariances]
    return solve_selection(setup.Sigma, tasks, field=field)


def trained_covariance(Lambda: Covariance, n: int) -> Covariance:
    """Return Γ_ℓ, exact where Λ_ℓ is."""
    entries: Array = Lambda.entries
    one: Any = Fraction(1) if Lambda.is_exact else 1.0
    trace = entries.sum() if Lambda.is_diagonal else np.trace(entries)
    Gamma = entries * (one + one / n)
    if Lambda.is_diagonal:
        return as_covariance(Gamma + trace / n, label=Lambda.label)
    place = np.diag_indices(Lambda.d)
    Gamma[place] = Gamma[place] + trace / n
    return as_covariance(Gamma, label=Lambda.label)
