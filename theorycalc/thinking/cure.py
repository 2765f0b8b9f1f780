"""The least addition to the training covariance after which nothing overthinks (theory section 9).

Wanted: M ⪰ 0 of least trace with Σ ⪯ 2Γ(Λ + M).  With G = Σ/2 − Γ(Λ) and a = tr M that reads

    (n + 1) M ⪰ nG − aI,   so that   a = tr M ≥ tr(nG − aI)₊/(n + 1),

and the least a is where the two sides meet: a* = max_j n(g₁ + … + g_j)/(n + 1 + j), gᵢ the eigenvalues of G in
descending order, reached by M* = (nG − a*I)₊/(n + 1).  No commutation is needed.  (Lower bound: for a projector Π of
rank j, a ≥ tr ΠM and (n + 1) tr ΠM ≥ n tr ΠG − ja.)  Along a given direction M the least s with Σ ⪯ 2Γ(Λ + sM) is the
largest eigenvalue of a pencil.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Ball, Field, as_fraction, is_ball, is_multiprecision, require_field
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, plain, short
from theorycalc.spectra import as_covariance
from theorycalc.thinking.directions import (
    Spectra,
    exact_gamma,
    exact_matrices,
    natural_field,
    objects,
    require_pooled,
)
from theorycalc.thinking.pencil import enclosed_eigenvalues, inertia, largest_eigenvalue_of, rationals

_LIFT = Fraction(1, 2**40)  # of the addition found in float64, until it is proved to cure
_SPREAD = Fraction(1, 2**52)  # of the same, in every direction, where Λ does not make up for its rounding
_MOST_LIFTS = 24


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cure(Frozen):
    """The least addition to Λ after which no direction has σ > 2γ.

    ``added`` is diagonal (d,) for spectra, else (d, d); ``total`` its trace.  Nothing smaller cures: ``least`` bounds
    the trace of every cure from below (equal to ``total`` for spectra).  At the cure the worst directions
    are critical; any more makes them converge.
    """

    setup: Setup
    needed: bool
    total: Any
    least: Any
    added: Array
    field_name: str
    uncertainty: str

    @property
    def relative(self) -> float:
        """tr M/tr Λ: how much more training variance that is."""
        return _in_range(as_fraction(self.total) / _trace(self.setup))

    def cured(self) -> Setup:
        """Return the problem with the addition made to Λ, in exact numbers: rounding could undo the cure."""
        if not self.needed:
            return self.setup
        if self.setup.is_diagonal:
            exact = _of_spectra(self.setup, EXACT)
            return self.setup.replace(Lambda=rationals(self.setup.Lambda.entries) + exact.added)
        Lambda, _, _ = exact_matrices(self.setup)
        return self.setup.replace(Lambda=Lambda + rationals(self.added))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        cells = [plain(x) for x in self.added.reshape(-1)]
        d = self.added.shape[-1]
        rows: list[Any] = cells if self.added.ndim == 1 else [cells[i * d : (i + 1) * d] for i in range(d)]
        return {
            "needed": self.needed,
            "total": plain(self.total),
            "least": plain(self.least),
            "relative": self.relative if math.isfinite(self.relative) else None,
            "added": rows,
            "field": self.field_name,
            "uncertainty": self.uncertainty,
        }

    def __repr__(self) -> str:
        if not self.needed:
            return "Cure(not needed)"
        return f"Cure(total={short(self.total)}, {100 * self.relative:.4g} % of tr Λ)"

    def _table(self) -> dict[str, Any]:
        """What is added to every direction of spectra; one row for matrices."""
        if self.added.ndim != 1:
            return super()._table()
        return {"direction": range(1, len(self.added) + 1), "added": self.added}


def overthinking_cure(setup: Setup, *, field: Field | None = None) -> Cure:
    """Return the addition of least trace to Λ after which thinking longer never hurts on long prompts.

        a* = max_j n (g₁ + … + g_j)/(n + 1 + j),   M* = (nG − a*I)₊/(n + 1),   G = Σ/2 − Γ

    Parameters
    ----------
    setup : Λ, n and Σ matter
    field : default EXACT for exact spectra and F64 otherwise; EXACT does not apply to matrices

    Returns
    -------
    Cure
        ``.total`` = a*, ``.added`` = M*, ``.cured()`` the problem with it.  For spectra exact; for matrices M* is
        rounded up to float64 and proved to cure by an exact count, while ``.least`` is a proved bound of every cure.

    Raises
    ------
    OutsideRegime
        for EXACT on matrices, for more than 400 rows of a matrix, and for mixtures that are not pooled.
    NotCertified
        where float64 is too coarse for the proof.

    Assumes: long prompts (m → ∞ at fixed d, k).  Cost: O(d log d) for spectra, O(d³) for matrices.
    Claims: OVT-03, OVT-08.  Source: this project; theory section 9.

    Examples
    --------
    Λ = (1, 1/10), n = 4, Σ = I: γ₂ = 1/8 + 11/40 = 2/5 < 1/2, so g₂ = 1/10 and a* = 4 · (1/10)/(4 + 1 + 1).

    >>> cure = overthinking_cure(Setup([1, "1/10"], n=4, Sigma=[1, 1]))
    >>> print(cure.total, cure.added[1])
    1/15 1/15
    """
    require_pooled(as_setup(setup))
    chosen = natural_field(setup) if field is None else require_field(field)
    return _of_spectra(setup, chosen) if setup.is_diagonal else _of_matrices(setup, chosen)


def water_level(excess: list[Fraction], n: int) -> Fraction:
    """Return a* = max(0, max_j (x₁ + … + x_j)/(n + 1 + j)) for x = nG in descending order.

    It is where Σ (xᵢ − a)₊ = (n + 1) a.

    >>> water_level([Fraction(4), Fraction(-1)], 2)
    Fraction(1, 1)
    """
    best, total = Fraction(0), Fraction(0)
    for j, x in enumerate(sorted(excess, reverse=True), 1):
        total += x
        if total <= best * (n + 1 + j):  # the maximum is passed: x_j is below the level
            break
        best = total / (n + 1 + j)
    return best


def _of_spectra(setup: Setup, field: Field) -> Cure:
    spectra = Spectra(setup)
    worst = [i for i in range(setup.d) if spectra.excess_sign(i) > 0]
    total, added = Fraction(0), [Fraction(0)] * setup.d
    if worst:
        excess = {i: spectra.demand[i] - spectra.trace for i in worst}  # n gᵢ
        total = water_level(list(excess.values()), setup.n)
        for i, x in excess.items():
            added[i] = max(Fraction(0), x - total) / (setup.n + 1)
    with field.working():
        public = [field.public(field.number(x)) for x in (total, *added)]
    values = np.array(public[1:], dtype=field.dtype)
    words = "exact" if field is EXACT else f"exact, rounded to {field.name}"
    return Cure(
        setup=setup,
        needed=bool(worst),
        total=public[0],
        least=public[0],
        added=values,
        field_name=field.name,
        uncertainty=words,
    )


def _of_matrices(setup: Setup, field: Field) -> Cure:
    refuse_exact(field)
    Lambda, Sigma, Gamma = exact_matrices(setup)
    n, d = setup.n, setup.d
    needed = inertia(2 * Gamma - Sigma).negative > 0
    M, least = zeros(d), Fraction(0)
    if needed:
        G = Sigma / 2 - Gamma
        balls, X = enclosed_eigenvalues(G, identity(d))
        least = water_level([n * ball.lower for ball in balls], n)
        M = _lifted(Lambda, Sigma, n, balls, X)
    total = Fraction(np.trace(M))
    gap = (total - least) / least if needed else Fraction(0)
    return Cure(
        setup=setup,
        needed=needed,
        total=rounded(total, field),
        least=rounded(least, field),
        added=F64.array(M) if field is F64 else objects([rounded(x, field) for x in M.reshape(-1)]).reshape(d, d),
        field_name=field.name,
        uncertainty=f"proved to cure by an exact count; at most {float(gap):.0e} more than the least, also proved",
    )


def _lifted(Lambda: Array, Sigma: Array, n: int, balls: list[Ball], X: Array) -> Array:
    """Return (nG − a*I)₊/(n + 1) in float64 numbers, lifted by a little more each time until it is proved to cure.

    Where Λ is far below the addition, the rounding of its null directions may leave Λ + M indefinite: then a little of
    the identity is added too.
    """
    level = water_level([n * ball.upper for ball in balls], n)
    parts = [max(Fraction(0), n * ball.upper - level) / (n + 1) for ball in balls]
    kept = [i for i, part in enumerate(parts) if part > 0]
    root = X[:, kept] * np.sqrt([float(parts[i]) for i in kept])
    base = rationals((root @ root.T + (root @ root.T).T) / 2)
    shape = rationals((X[:, kept] @ X[:, kept].T + (X[:, kept] @ X[:, kept].T).T) / 2)
    size, one = max(parts), identity(len(base))
    lift, spread = _LIFT, Fraction(0)
    for _ in range(_MOST_LIFTS):
        M = base + shape * (lift * size) + one * (spread * size)
        M = rationals(F64.array(M))
        if _is_nearly_positive(M):
            raised = Lambda + M
            if inertia(2 * exact_gamma(raised, n) - Sigma).negative == 0:
                if _is_covariance(raised):
                    return M
                spread = 4 * spread or _SPREAD
                continue
        lift *= 4
    raise NotCertified("no cure in float64 numbers could be proved: rescale the problem, or pass spectra")


def _is_covariance(M: Array) -> bool:
    """Whether a setup takes M for its Λ."""
    try:
        as_covariance(M)
    except InvalidSetup:
        return False
    return True


def _is_nearly_positive(M: Array) -> bool:
    """Whether M ⪰ 0 but for the rounding of its entries: of the rank-deficient M some eigenvalues are 0."""
    return bool(np.min(np.linalg.eigvalsh(F64.array(M))) > -1e-13 * float(np.trace(M)))


def cure_along(setup: Setup, direction: Any, *, field: Field = F64) -> Any:
    """Return the least s >= 0 with Σ ⪯ 2Γ(Λ + sM): how much of the skill M must be added alone.

    Γ(Λ + sM) = Γ(Λ) + s[(1 + 1/n)M + (tr M/n)I], so s is the largest eigenvalue of a pencil, enclosed and proved.

    Parameters
    ----------
    setup : Λ, n and Σ matter
    direction : M ⪰ 0, not 0: a (d,) spectrum or a (d, d) matrix; a unit vector v is passed as vvᵀ
    field : F64 (default), MP(dps) or BALL(bits); EXACT for spectra

    Returns
    -------
    number of the field; in F64 rounded up

    Raises
    ------
    InvalidSetup
        for an M that is not positive semidefinite, or 0.
    OutsideRegime
        for EXACT on matrices, and beyond 400 rows.

    Cost: O(d) for spectra, O(d³) for matrices.  Claims: OVT-03, OVT-08.  Source: this project.

    Examples
    --------
    One skill alone is OVT-03: λ₂ ≥ (nσ₂/2 − λ₁)/(n + 2) = (2 − 1)/6 = 1/6, that is 1/15 more than 1/10.

    >>> print(cure_along(Setup([1, "1/10"], n=4, Sigma=[1, 1]), [0, 1], field=EXACT))
    1/15
    """
    require_pooled(as_setup(setup))
    chosen = require_field(field)
    M = as_covariance(direction, name="direction", semidefinite=True)
    if M.d != setup.d:
        raise refuse("direction", f"d = {M.d}", f"setup has d = {setup.d}", "use one dimension for both")
    trace = sum(
        (as_fraction(x) for x in (M.entries if M.is_diagonal else np.diagonal(M.entries)).tolist()), Fraction(0)
    )
    if trace == 0:
        raise refuse("direction", direction, "zero", "pass a direction M ⪰ 0 with a positive trace")
    n = setup.n
    if setup.is_diagonal and M.is_diagonal:
        spectra = Spectra(setup)
        gains = [(n + 1) * as_fraction(x) + trace for x in M.entries.tolist()]
        worst = [i for i in range(setup.d) if spectra.excess_sign(i) > 0]
        value = max(((spectra.demand[i] - spectra.trace) / gains[i] for i in worst), default=Fraction(0))
        return rounded(value, chosen)
    refuse_exact(chosen)
    _, Sigma, Gamma = exact_matrices(setup)
    if inertia(2 * Gamma - Sigma).negative == 0:
        return rounded(Fraction(0), chosen)
    gain = exact_gamma(rationals(M.entries) if not M.is_diagonal else diagonal(rationals(M.entries)), n)
    ball = largest_eigenvalue_of(Sigma - 2 * Gamma, 2 * gain, bits=bits_of(chosen))
    if is_ball(chosen):
        return ball
    if chosen is F64:
        return math.nextafter(float(ball.upper), math.inf)
    return rounded(ball.mid, chosen)


def refuse_exact(field: Field) -> None:
    """Refuse EXACT for what is algebraic."""
    if field is EXACT:
        raise OutsideRegime("EXACT: a cure of matrices is an algebraic number: use field=F64 or BALL(bits)")


def bits_of(field: Field) -> int:
    """Return the bits that a field asks for."""
    if is_multiprecision(field):
        return int(getattr(field, "dps") * 3.33) + 8  # noqa: B009
    return int(getattr(field, "bits", 53))


def rounded(value: Fraction, field: Field) -> Any:
    """Return the public number of ``field``."""
    with field.working():
        return field.public(field.number(value))


def identity(d: int) -> Array:
    """Return I, (d, d) Fractions."""
    return diagonal(np.array([Fraction(1)] * d, dtype=object))


def zeros(d: int) -> Array:
    """Return 0, (d, d) Fractions."""
    return np.full((d, d), Fraction(0), dtype=object)


def diagonal(values: Array) -> Array:
    """Return a diagonal (d, d) matrix."""
    matrix = zeros(len(values))
    matrix[np.diag_indices(len(values))] = values
    return matrix


def _in_range(value: Fraction) -> float:
    """Return a number >= 0 in float64, infinity above its range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _trace(setup: Setup) -> Fraction:
    entries = setup.Lambda.entries if setup.Lambda.is_diagonal else np.diagonal(setup.Lambda.entries)
    return sum((as_fraction(x) for x in entries.tolist()), Fraction(0))
