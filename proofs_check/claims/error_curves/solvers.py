"""The inequalities behind Theorem 3.3 and Corollary 3.5, one eigenvalue at a time, by two solvers (theory section 7).

A second way beside the certificates of :mod:`.bounds`, which shares nothing with them but the statement.
"""

from collections.abc import Callable
from typing import Any

from proofs_check.checks import by_smt
from proofs_check.claims.lemmas import contraction, gamma
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Check

_DOMAIN = Domain(positive=("e",), nonnegative=("u", "v", "w"))  # λ_min = e, λ = e + u, tr Λ = λ + v, n = 1 + w
_SCOPE = "every λ ≥ λ_min > 0, tr Λ ≥ λ, n ≥ 1"

Bounds = Callable[[Any, Any], tuple[Any, Any]]  # (Hard, n) -> bounds of 1 − λ/γ and of λ(λ + tr Λ)/γ²


def _one_step_gaps(bounds: Bounds) -> dict[str, Expression]:
    def sides(e: Any, u: Any, v: Any, w: Any) -> tuple[Any, Any, Any, Any]:
        lam, trace, n = e + u, e + u + v, 1 + w
        bias, variance = bounds(trace / e, n)
        return bias, contraction(lam, trace, n), variance, lam * (lam + trace) / gamma(lam, trace, n) ** 2

    def bias_gap(**at: Any) -> Any:
        bound, value, *_ = sides(**at)
        return bound - value

    def variance_gap(**at: Any) -> Any:
        *_, bound, value = sides(**at)
        return bound - value

    return {"bias": bias_gap, "variance": variance_gap}


def one_step_terms(part: str) -> Check:
    """Return the check of 1 − λ/γ <= (1 + Hard)/n and λ(λ + tr Λ)/γ² <= 1 + Hard."""
    return by_smt(
        "both terms of one eigenvalue, by two solvers",
        part=part,
        formula=lambda hard, n: ((1 + hard) / n, 1 + hard),
        controls={
            "Hard for 1 + Hard": lambda hard, n: (hard / n, hard),
            "(1 + Hard)/(n + 3) in the bias": lambda hard, n: ((1 + hard) / (n + 3), 1 + hard),
            "1/2 + Hard in the variance": lambda hard, n: ((1 + hard) / n, (1 + 2 * hard) / 2),
        },
        gaps=_one_step_gaps,
        domain=_DOMAIN,
        scope=_SCOPE,
    )


def _contraction_gaps(bound: Callable[[Any, Any], Any]) -> dict[str, Expression]:
    def gap(e: Any, u: Any, v: Any, w: Any) -> Any:
        lam, trace, n = e + u, e + u + v, 1 + w
        return bound(trace / e, n) - contraction(lam, trace, n)

    return {"factor": gap}


def contraction_bound(part: str = "") -> Check:
    """Return the check of 1 − λ/γ <= (1 + n/(1 + Hard))⁻¹, whose powers are Corollary 3.5."""
    return by_smt(
        "the factor of one eigenvalue, by two solvers",
        part=part,
        formula=lambda hard, n: 1 / (1 + n / (1 + hard)),
        controls={
            "n/Hard": lambda hard, n: 1 / (1 + n / hard),
            "(n + 1)/(1 + Hard)": lambda hard, n: 1 / (1 + (n + 1) / (1 + hard)),
            "its square": lambda hard, n: 1 / (1 + n / (1 + hard)) ** 2,
        },
        gaps=_contraction_gaps,
        domain=_DOMAIN,
        scope=_SCOPE + "; every k as powers of this factor",
    )
