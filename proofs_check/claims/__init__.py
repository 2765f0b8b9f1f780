"""The claims, in files that mirror the folders of ``theorycalc``."""

from proofs_check.claim import Claim
from proofs_check.claims import attention, bounds, cot, errors, gamma, hardness, moments

#: In the order of the theory.
GROUPS: tuple[tuple[Claim, ...], ...] = (
    moments.CLAIMS,
    gamma.CLAIMS,
    attention.CLAIMS,
    cot.CLAIMS,
    hardness.CLAIMS,
    errors.CLAIMS,
    bounds.CLAIMS,
)
