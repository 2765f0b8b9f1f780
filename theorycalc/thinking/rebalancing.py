"""Whether the training variance only needs to be spread otherwise: another Λ′ of the same trace (theory section 9).

Λ′ of trace T does not overthink iff Λ′ ⪰ L = (nΣ/2 − T I)/(n + 1), and Λ′ ⪰ 0 of trace T above L exists iff tr L₊ ≤ T.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction, require_field
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, plain, short
from theorycalc.thinking.cure import identity, refuse_exact, rounded, water_level
from theorycalc.thinking.directions import Spectra, exact_matrices, natural_field, require_pooled
from theorycalc.thinking.pencil import enclosed_eigenvalues, inertia


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rebalancing(Frozen):
    """Whether some Λ′ with the same trace does not overthink, and the least variance that must change its direction.

    ``possible`` is exact.  ``moved`` = tr (Λ′ − Λ)₊ is least possible for spectra; for matrices it is that of the
    ``Lambda`` given, and ``least`` bounds it.  ``smallest_trace`` is the least tr Λ′ with which any Λ′ works.
    """

    setup: Setup
    possible: bool
    moved: Any  # None where it is not possible
    least: Any
    Lambda: Array | None
    smallest_trace: Any
    field_name: str
    uncertainty: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        numbers = {name: getattr(self, name) for name in ("moved", "least", "smallest_trace")}
        shown = {name: None if value is None else plain(value) for name, value in numbers.items()}
        return {"possible": self.possible, **shown, "field": self.field_name, "uncertainty": self.uncertainty}

    def __repr__(self) -> str:
        if not self.possible:
            return f"Rebalancing(impossible, smallest trace {short(self.smallest_trace)})"
        return f"Rebalancing(moved={short(self.moved)})"


def rebalancing(setup: Setup, *, field: Field | None = None) -> Rebalancing:
    """Return whether another Λ′ of the same trace does not overthink, and the least that must be moved.

    Λ′ works iff Λ′ ⪰ L = (nΣ/2 − tr Λ · I)/(n + 1), so one exists iff tr L₊ ≤ tr Λ.  For spectra every skill below
    max(0, ℓᵢ) is raised to it: moved = Σ (ℓᵢ − λᵢ)₊, which no Λ′ can undercut; what it needs is taken from the others
    in proportion to what they can spare.

    Parameters
    ----------
    setup : Λ, n and Σ matter
    field : default EXACT for exact spectra and F64 otherwise; EXACT does not apply to matrices

    Returns
    -------
    Rebalancing
        ``.possible``, ``.moved``, ``.Lambda`` (None if impossible), ``.smallest_trace``.

    Raises
    ------
    OutsideRegime, NotCertified
        as for :func:`overthinking_cure`.

    Cost: O(d log d) for spectra, O(d³) for matrices.  Claims: OVT-08.  Source: this project.

    Examples
    --------
    Λ = (1, 1/10), n = 4, Σ = I: ℓ = (2 − 11/10)/5 = 9/50 for both, 2/25 more than λ₂ has.

    >>> found = rebalancing(Setup([1, "1/10"], n=4, Sigma=[1, 1]))
    >>> print(found.possible, found.moved, *found.Lambda)
    True 2/25 23/25 9/50
    """
    require_pooled(as_setup(setup))
    chosen = natural_field(setup) if field is None else require_field(field)
    return _spectra_rebalanced(setup, chosen) if setup.is_diagonal else _matrices_rebalanced(setup, chosen)


def _spectra_rebalanced(setup: Setup, field: Field) -> Rebalancing:
    spectra, n = Spectra(setup), setup.n
    trace = spectra.trace
    floor = [max(Fraction(0), (Fraction(n) * s / 2 - trace) / (n + 1)) for s in spectra.sigma]
    total = sum(floor, Fraction(0))
    possible = total < trace or (total == trace and min(floor) > 0)
    moved = sum((max(Fraction(0), low - x) for low, x in zip(floor, spectra.lam, strict=True)), Fraction(0))
    Lambda = None
    if possible:
        spare = sum((max(Fraction(0), x - low) for low, x in zip(floor, spectra.lam, strict=True)), Fraction(0))
        part = moved / spare if spare else Fraction(0)
        values = [low if x < low else x - part * (x - low) for low, x in zip(floor, spectra.lam, strict=True)]
        Lambda = np.array([rounded(x, field) for x in values], dtype=field.dtype)
    smallest = water_level([Fraction(n) * s / 2 for s in spectra.sigma], n)
    return Rebalancing(
        setup=setup,
        possible=possible,
        moved=rounded(moved, field) if possible else None,
        least=rounded(moved, field),
        Lambda=Lambda,
        smallest_trace=rounded(smallest, field),
        field_name=field.name,
        uncertainty="exact" if field is EXACT else f"exact, rounded to {field.name}",
    )


def _matrices_rebalanced(setup: Setup, field: Field) -> Rebalancing:
    refuse_exact(field)
    Lambda, Sigma, Gamma = exact_matrices(setup)
    n, d = setup.n, setup.d
    trace = Fraction(np.trace(Lambda))
    L = (Sigma * Fraction(n, 2) - trace * identity(d)) / (n + 1)
    balls, X = enclosed_eigenvalues(L, identity(d))
    low, high = (
        sum((max(Fraction(0), x) for x in ends), Fraction(0))
        for ends in ([b.lower for b in balls], [b.upper for b in balls])
    )
    fits = inertia(2 * Gamma - Sigma).negative == 0
    if not fits and low <= trace < high:
        raise NotCertified("whether the trace suffices cannot be told: tr L₊ and tr Λ agree too closely")
    possible = fits or high <= trace
    found: Array | None = None
    if fits:
        found = F64.array(Lambda)
    elif possible:
        kept = X * np.sqrt([max(0.0, float(ball.upper)) for ball in balls])
        found = kept @ kept.T
        found = found + F64.array(Lambda) * ((float(trace) - np.trace(found)) / float(trace))
    change = enclosed_eigenvalues(L - Lambda, identity(d))[0]
    least = sum((max(Fraction(0), ball.lower) for ball in change), Fraction(0))
    moved = None
    if found is not None:
        gaps = np.linalg.eigvalsh(found - F64.array(Lambda))
        moved = rounded(as_fraction(float(gaps[gaps > 0].sum()) if not fits else 0.0), field)
    halves = enclosed_eigenvalues(Sigma * Fraction(n, 2), identity(d))[0]
    smallest = water_level([ball.upper for ball in halves], n)
    return Rebalancing(
        setup=setup,
        possible=possible,
        moved=moved,
        least=rounded(least, field),
        Lambda=found,
        smallest_trace=rounded(smallest, field),
        field_name=field.name,
        uncertainty="possible or not is proved; numbers rounded from enclosures of about 1e-13; moved is not the least",
    )
