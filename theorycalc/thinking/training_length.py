"""From which training length on thinking longer hurts: longer prompts take away the ridge (theory section 9).

2Γ(n) − Σ = (2Λ − Σ) + (2/n)(Λ + tr Λ · I) shrinks as n grows, so what overthinks at n does so at every larger n.  The
least 1/n that does not is the largest eigenvalue of the pencil (Σ − 2Λ, 2(Λ + tr Λ · I)), if that is positive.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.fields import EXACT, F64, Array, Ball, Field, is_ball, require_field
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, plain
from theorycalc.thinking.cure import bits_of, refuse_exact, rounded
from theorycalc.thinking.directions import Spectra, exact_gamma, exact_matrices, natural_field, require_pooled
from theorycalc.thinking.pencil import inertia, largest_eigenvalue_of


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TrainingLength(Frozen):
    """The training length beyond which some direction has σ > 2γ.

    ``critical`` is the real n at which the first direction becomes critical, None if no n does harm; ``longest`` the
    largest integer n without overthinking (0 if there is none), None for any n.  ``by_direction`` holds the critical n
    of each axis of spectra (infinity where σᵢ ≤ 2λᵢ), None for matrices.
    """

    setup: Setup
    critical: Any
    longest: int | None
    by_direction: Array | None
    field_name: str
    uncertainty: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; an infinite critical n as None."""
        critical = None if self.critical is None else plain(self.critical)
        return {
            "critical": critical,
            "longest": self.longest,
            "by_direction": None
            if self.by_direction is None
            else [None if x is math.inf or x == math.inf else plain(x) for x in self.by_direction],
            "field": self.field_name,
            "uncertainty": self.uncertainty,
        }

    def __repr__(self) -> str:
        return f"TrainingLength(longest={'any n' if self.longest is None else self.longest})"

    def _table(self) -> dict[str, Any]:
        """The critical n of every direction, where they are known one by one."""
        if self.by_direction is None:
            return super()._table()
        return {"direction": range(1, len(self.by_direction) + 1), "critical": self.by_direction}


def longest_safe_training(setup: Setup, *, field: Field | None = None) -> TrainingLength:
    """Return the largest n with which thinking longer never hurts on long prompts; longer training prompts do harm.

        spectra: n_i = 2(λᵢ + tr Λ)/(σᵢ − 2λᵢ) where σᵢ > 2λᵢ, and the least of them decides

    Parameters
    ----------
    setup : Λ and Σ matter; its n is ignored
    field : default EXACT for exact spectra and F64 otherwise; EXACT does not apply to matrices

    Returns
    -------
    TrainingLength
        ``.longest`` is exact: the setup does not overthink at it, and does at the next integer.

    Raises
    ------
    OutsideRegime
        for EXACT on matrices, for more than 400 rows, and for mixtures that are not pooled.

    Assumes: long prompts.  Cost: O(d) for spectra, O(d³) for matrices.  Claims: OVT-02, OVT-09.
    Source: theory section 9; this project.

    Examples
    --------
    Λ = (1, 1/10), Σ = I: the second skill has n₂ = 2(1/10 + 11/10)/(1 − 2/10) = 3.

    >>> found = longest_safe_training(Setup([1, "1/10"], n=1, Sigma=[1, 1]))
    >>> print(found.longest, found.critical, found.by_direction)
    3 3 [inf Fraction(3, 1)]
    """
    require_pooled(as_setup(setup))
    chosen = natural_field(setup) if field is None else require_field(field)
    return _of_spectra(setup, chosen) if setup.is_diagonal else _of_matrices(setup, chosen)


def _of_spectra(setup: Setup, field: Field) -> TrainingLength:
    spectra = Spectra(setup)
    by_direction = np.full(setup.d, math.inf, dtype=object)
    exact: dict[tuple[Fraction, Fraction], Fraction] = {}
    for i, (sigma, lam) in enumerate(zip(spectra.sigma, spectra.lam, strict=True)):
        if sigma > 2 * lam:
            key = (sigma, lam)
            if key not in exact:
                exact[key] = 2 * (lam + spectra.trace) / (sigma - 2 * lam)
            by_direction[i] = exact[key]
    critical = min(exact.values(), default=None)
    shown = np.array([x if x == math.inf else rounded(x, field) for x in by_direction], dtype=object)
    return TrainingLength(
        setup=setup,
        critical=None if critical is None else rounded(critical, field),
        longest=None if critical is None else math.floor(critical),
        by_direction=shown if field is not F64 else shown.astype(float),
        field_name=field.name,
        uncertainty="exact" if field is EXACT else f"longest exact, the rest rounded to {field.name}",
    )


def _of_matrices(setup: Setup, field: Field) -> TrainingLength:
    refuse_exact(field)
    Lambda, Sigma, _ = exact_matrices(setup)
    words = "longest proved by exact counts; critical " + ("enclosed" if is_ball(field) else f"rounded to {field.name}")
    named: dict[str, Any] = {"setup": setup, "by_direction": None, "field_name": field.name, "uncertainty": words}
    excess = Sigma - 2 * Lambda
    if inertia(-excess).negative == 0:  # Σ ⪯ 2Λ
        return TrainingLength(critical=None, longest=None, **named)
    gain = 2 * Lambda.copy()
    diagonal = np.diag_indices(setup.d)
    gain[diagonal] = gain[diagonal] + 2 * Fraction(np.trace(Lambda))
    share = largest_eigenvalue_of(excess, gain, bits=bits_of(field))  # 1/n
    low, high = 1 / share.upper, 1 / share.lower
    critical: Any = Ball((low + high) / 2, (high - low) / 2)

    def overthinks(n: int) -> bool:
        return inertia(2 * exact_gamma(Lambda, n) - Sigma).negative > 0

    longest = math.floor(high)
    while longest >= 1 and overthinks(longest):
        longest = min(longest - 1, math.floor(low)) if longest > math.floor(low) else longest - 1
    if not is_ball(field):
        critical = rounded(critical.mid, field)
    return TrainingLength(critical=critical, longest=longest, **named)
