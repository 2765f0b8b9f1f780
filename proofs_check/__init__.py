"""proofs_check: the ledger of what this theory claims, each with evidence and with false neighbours it refutes.

A claim (:mod:`proofs_check.claim`) carries checks; a check is a predicate over a candidate formula.  The runner
(:mod:`proofs_check.runner`) applies it to the formula that ``theorycalc`` uses, which must be CONFIRMED, and to
controls, plausible wrong formulas, each of which must be REFUTED.  ``python -m proofs_check`` settles the ledger.
"""
