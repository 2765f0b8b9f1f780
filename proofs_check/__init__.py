"""proofs_check: the ledger of what this theory claims, each with evidence and with false neighbours it refutes.

A claim (:mod:`proofs_check.model`) carries checks; a check is a predicate over a candidate formula.  The runner
(:mod:`proofs_check.runner`) applies it to the formula that ``theorycalc`` uses, which must be CONFIRMED, and to
controls, plausible wrong formulas, each of which must be REFUTED.  ``python -m proofs_check`` settles the ledger;
:mod:`proofs_check.authoring` lets you state and check theorems of your own.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs_check import strategies
    from proofs_check.authoring import ClaimFailed, check, check_claim, claim
    from proofs_check.engines.certificate import Domain
    from proofs_check.evidence import Evidence, Grade, Verdict
    from proofs_check.model import InvalidClaim, Kind, Known, Origin, Source, Tier

__all__ = [
    "claim",
    "check",
    "check_claim",
    "ClaimFailed",
    "InvalidClaim",
    "Source",
    "Known",
    "Kind",
    "Origin",
    "Tier",
    "Evidence",
    "Grade",
    "Verdict",
    "Domain",
    "strategies",
]

_HOMES = {
    "claim": "authoring",
    "check": "authoring",
    "check_claim": "authoring",
    "ClaimFailed": "authoring",
    "InvalidClaim": "model",
    "Source": "model",
    "Known": "model",
    "Kind": "model",
    "Origin": "model",
    "Tier": "model",
    "Evidence": "evidence",
    "Grade": "evidence",
    "Verdict": "evidence",
    "Domain": "engines.certificate",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "strategies":
        return import_module("proofs_check.strategies")
    if name not in _HOMES:
        raise AttributeError(f"module 'proofs_check' has no attribute {name!r}")
    return getattr(import_module(f"proofs_check.{_HOMES[name]}"), name)
