"""What the solvers are asked about each claim that rests on them: one file in SMT-LIB, ID.smt2, for each claim.

Any solver can answer the files: to every ``(check-sat)`` in them, ``unsat`` is what the claim needs.  A run
of the whole ledger writes them with LEDGER.md, or with ``--check`` compares them.
"""

from collections.abc import Iterable

from proofs_check.checks import SolverPredicate
from proofs_check.engines.smt import RESET
from proofs_check.model import Check, Claim


def texts(claims: Iterable[Claim]) -> dict[str, str]:
    """Return file name -> text for the claims with checks by solvers."""
    found = {}
    for claim in claims:
        asked = [text for check in claim.checks if (text := _asked(check))]
        if asked:
            header = f"; {claim.id}: {claim.title}\n; The claim needs the answer unsat to every (check-sat).\n"
            found[f"{claim.id}.smt2"] = header + RESET.join(asked)
    return found


def _asked(check: Check) -> str:
    """Return what solvers are asked of a check's formula; nothing where that cannot be said, which its run reports."""
    if not isinstance(check.predicate, SolverPredicate):
        return ""
    try:
        return f"; {check.name}\n{check.predicate.text(check.formula)}"
    except Exception:
        return ""
