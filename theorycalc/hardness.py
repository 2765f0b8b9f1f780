"""How hard a task is: Hard(Λ) = tr Λ/λ_min, and its companions."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Array,
    Ball,
    Field,
    as_fraction,
    is_ball,
    is_multiprecision,
    require_field,
)
from theorycalc.gamma.closed_form import gamma_pair, public_array
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen
from theorycalc.spectra import Covariance, as_covariance


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EffectiveRanks(Frozen):
    """How many directions matter: both numbers lie in [1, d] and equal d only for Λ = λ I."""

    Lambda: Covariance
    intrinsic: Any  # tr Λ / λ_max
    participation: Any  # (tr Λ)² / tr Λ²
    field_name: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ContractionFactors(Frozen):
    """What one step of thinking does to the error on a long prompt: the eigenvalues of I − Γ⁻¹Σ.

    For spectra, ``factors[i]`` = 1 − σᵢ/γᵢ in the given order; for matrices, ascending.
    """

    setup: Setup
    factors: Array  # (d,)
    field_name: str

    @property
    def spectral_radius(self) -> Any:
        """max |factor|: long prompts converge for every start iff it is below 1."""
        return max(abs(value.mid) + value.rad if isinstance(value, Ball) else abs(value) for value in self.factors)

    def _table(self) -> dict[str, Any]:
        return {"direction": range(len(self.factors)), "factor": self.factors}


def task_hardness(Lambda: Any, *, field: Field | None = None) -> Any:
    """Return Hard(Λ) = tr Λ/λ_min(Λ) >= d, with equality iff Λ = λ I.

    Parameters
    ----------
    Lambda : (d,) spectrum, (d, d) matrix, or Covariance; positive definite
    field : default EXACT for an exact spectrum and F64 otherwise.  For matrices BALL(bits) gives an enclosure
        and MP(dps) its rounded midpoint; EXACT applies to spectra only, as λ_min is algebraic

    Returns
    -------
    Fraction, float, mpf or Ball
        For a float matrix the relative error is about d · eps · λ_max/λ_min: for more, ask for BALL.

    Raises
    ------
    InvalidSetup
        if Lambda is not a positive definite covariance.
    OutsideRegime
        for a matrix with field=EXACT.
    NotCertified
        if BALL has too few bits to enclose λ_min.

    Cost: O(d) for a spectrum; O(d³) for a matrix, O(bits · d³) in BALL and MP.  Claims: HRD-01, HRD-03.
    Source: Javanmard et al., arXiv:2510.03605, definition of task hardness (section 3).

    Examples
    --------
    >>> task_hardness([1, "1/2", "1/3"])
    Fraction(11, 2)
    """
    covariance, chosen = _question(Lambda, field)
    hardness = _ratio(_trace(covariance), _extreme(covariance, chosen, smallest=True), chosen)
    return max(hardness, float(covariance.d)) if isinstance(hardness, float) else hardness  # rounding below d


def condition_number(Lambda: Any, *, field: Field | None = None) -> Any:
    """Return λ_max(Λ)/λ_min(Λ) >= 1.

    Parameters, returns, exceptions and cost are those of :func:`task_hardness`.

    Examples
    --------
    >>> condition_number([1, "1/2", "1/3"])
    Fraction(3, 1)
    """
    covariance, chosen = _question(Lambda, field)
    largest, smallest = (_extreme(covariance, chosen, smallest=flag) for flag in (False, True))
    ratio = _ratio(largest, smallest, chosen)
    return max(ratio, 1.0) if isinstance(ratio, float) else ratio


def effective_ranks(Lambda: Any, *, field: Field | None = None) -> EffectiveRanks:
    """Return tr Λ/λ_max and (tr Λ)²/tr Λ², two soft counts of the directions that carry variance.

    Parameters, exceptions and cost are those of :func:`task_hardness`.

    Examples
    --------
    >>> ranks = effective_ranks([2, 1, 1])
    >>> print(ranks.intrinsic, ranks.participation)
    2 8/3
    """
    covariance, chosen = _question(Lambda, field)
    trace = _trace(covariance)
    squares = _exact_sum(entry * entry for entry in _fractions(covariance.entries))
    return EffectiveRanks(
        Lambda=covariance,
        intrinsic=_ratio(trace, _extreme(covariance, chosen, smallest=False), chosen),
        participation=_ratio(trace * trace, squares, chosen),
        field_name=chosen.name,
    )


def contraction_factors(setup: Setup, *, field: Field | None = None) -> ContractionFactors:
    """Return the eigenvalues of I − Γ⁻¹Σ: 1 − σᵢ/γᵢ per direction when Λ and Σ are spectra.

    They are computed as (Γ − Σ)/Γ with Γ − Σ = (Λ − Σ) + (Λ + tr Λ · I)/n, which does not cancel for Σ = Λ.

    Parameters
    ----------
    setup : Λ, n and Σ matter
    field : default EXACT for exact spectra and F64 otherwise; for matrices only F64

    Returns
    -------
    ContractionFactors
        ``.factors`` (d,), all below 1, and ``.spectral_radius``; a factor below −1 is a direction that
        diverges.

    Raises
    ------
    OutsideRegime
        for matrices with another field than F64, and mixtures sampled per prompt or per example.

    Cost: O(d) for spectra, O(d³) for matrices.  Claims: HRD-02, OVT-01, OVT-02, OVT-03.
    Source: theory sections 4 and 9.

    Examples
    --------
    d = 1, matched: Γ = (1 + 2/n) λ, so the factor is 2/(n + 2).

    >>> contraction_factors(Setup([5], n=8)).factors
    array([Fraction(1, 5)], dtype=object)
    """
    diagonal = as_setup(setup).is_diagonal
    exact = diagonal and setup.Lambda.is_exact and setup.Sigma.is_exact
    chosen = (EXACT if exact else F64) if field is None else require_field(field)
    if not diagonal and chosen is not F64:
        raise OutsideRegime(f"{chosen.name}: eigenvalues of a matrix Γ⁻¹Σ are given in field=F64 only")
    with chosen.working():
        Gamma, _ = gamma_pair(setup, chosen)
        Lambda, Sigma = (
            covariance.array(chosen) if diagonal else covariance.dense(chosen)
            for covariance in (setup.Lambda, setup.Sigma)
        )
        excess = Lambda / chosen.number(setup.n)
        if not setup.matched:
            excess = excess + (Lambda - Sigma)
        if diagonal:
            factors = (excess + Lambda.sum() / chosen.number(setup.n)) / Gamma
        else:
            L = np.linalg.cholesky(Gamma if Gamma.ndim == 2 else np.diag(Gamma))
            excess = excess + np.eye(setup.d) * (np.trace(Lambda) / setup.n)
            factors = np.linalg.eigvalsh(np.linalg.solve(L, np.linalg.solve(L, excess).T))
        return ContractionFactors(setup=setup, factors=public_array(factors, chosen), field_name=chosen.name)


def _question(Lambda: Any, field: Field | None) -> tuple[Covariance, Field]:
    covariance = as_covariance(Lambda, name="Lambda")
    natural = EXACT if covariance.is_exact and covariance.is_diagonal else F64
    chosen = natural if field is None else require_field(field)
    if chosen is EXACT and not covariance.is_diagonal:
        raise OutsideRegime("eigenvalues of a matrix are not rational: use field=BALL(bits), or F64")
    return covariance, chosen


def _fractions(entries: Array) -> list[Fraction]:
    return [as_fraction(value) for value in entries.reshape(-1).tolist()]


def _exact_sum(values: Any) -> Fraction:
    return sum(values, Fraction(0))


def _trace(covariance: Covariance) -> Fraction:
    """Return tr Λ exactly; a float is the dyadic rational that it is."""
    return _exact_sum(_fractions(covariance.entries if covariance.is_diagonal else np.diagonal(covariance.entries)))


def _ratio(numerator: Fraction | Ball, denominator: Fraction | Ball, field: Field) -> Any:
    """Return numerator/denominator > 0 as a public number of the field; Balls by interval division."""
    low = _end(numerator, lower=True) / _end(denominator, lower=False)
    high = _end(numerator, lower=False) / _end(denominator, lower=True)
    if is_ball(field) and low != high:
        return Ball((low + high) / 2, (high - low) / 2)
    with field.working():
        try:
            return field.public(field.number((low + high) / 2))
        except OverflowError:
            raise OutsideRegime("the ratio leaves the float64 range: use field=MP(dps)") from None


def _end(value: Fraction | Ball, *, lower: bool) -> Fraction:
    if isinstance(value, Ball):
        return value.lower if lower else value.upper
    return value


def _extreme(covariance: Covariance, field: Field, *, smallest: bool) -> Fraction | Ball:
    """Return λ_min or λ_max: exactly for a spectrum, rounded in F64, enclosed for BALL and MP."""
    if covariance.is_diagonal:
        values = _fractions(covariance.entries)
        return min(values) if smallest else max(values)
    if field is F64:
        spectrum = np.linalg.eigvalsh(covariance.dense(F64))
        return as_fraction(spectrum[0 if smallest else -1])
    digits = getattr(field, "dps", None)
    bits = math.ceil(digits * 3.33) + 8 if is_multiprecision(field) and digits else getattr(field, "bits", 53)
    return _enclosed_extreme(covariance, int(bits), smallest=smallest)


def _enclosed_extreme(covariance: Covariance, bits: int, *, smallest: bool) -> Ball:
    """Enclose λ_min or λ_max to about 2^−bits relative, by bisection with certified signs of pivots."""
    matrix = np.vectorize(as_fraction, otypes=[object])(covariance.entries)
    spectrum = np.linalg.eigvalsh(covariance.dense(F64))
    guess = as_fraction(spectrum[0 if smallest else -1])
    reach = as_fraction(float(spectrum[-1])) * covariance.d / 2**50
    work = BALL(2 * bits + 64)
    low = high = guess
    for _ in range(40):  # bracket: the wanted eigenvalue is certainly above low and below high
        low, high = max(low - reach, Fraction(0)), high + reach
        if _is_above(matrix, low, work, smallest) is True and _is_above(matrix, high, work, smallest) is False:
            break
        reach *= 16
    else:
        raise NotCertified(f"no enclosure of an eigenvalue with {bits} bits: use BALL with more bits")
    while (high - low) * 2**bits > high:
        for sixteenths in (8, 7, 9):  # a point may be the eigenvalue itself, whose sign no ball can tell
            point = low + (high - low) * sixteenths / 16
            verdict = _is_above(matrix, point, work, smallest)
            if verdict is not None:
                break
        else:
            break
        low, high = (point, high) if verdict else (low, point)
    if low <= 0:
        raise NotCertified(f"{bits} bits do not tell an eigenvalue from 0: use BALL with more bits")
    return Ball((low + high) / 2, (high - low) / 2)


def _is_above(matrix: Array, shift: Fraction, field: Field, smallest: bool) -> bool | None:
    """Decide rigorously whether λ_min (or λ_max) > shift; None where the balls cannot tell."""
    shifted = matrix.copy()
    diagonal = np.diag_indices(len(matrix))
    shifted[diagonal] = shifted[diagonal] - shift
    definite = _is_definite(shifted if smallest else -shifted, field)
    return definite if smallest or definite is None else not definite


def _is_definite(matrix: Array, field: Field) -> bool | None:
    """Sylvester's criterion by elimination in balls: True, False, or None if a pivot's sign is uncertain."""
    with field.working():
        work = field.array(matrix)
        zero = field.number(0)
        for k in range(len(work)):
            pivot, column = work[k, k], work[k + 1 :, k]
            if pivot < zero:
                return False
            if not pivot > zero:
                return None
            work[k + 1 :, k + 1 :] = work[k + 1 :, k + 1 :] - np.outer(column, column) / pivot
    return True
