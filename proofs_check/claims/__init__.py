"""The claims, in folders that mirror those of ``theorycalc``."""

from proofs_check.claims import hardness
from proofs_check.claims.cot import recursion
from proofs_check.claims.error_curves import bounds, exact
from proofs_check.claims.gamma import attention, minimiser
from proofs_check.claims.moments import second_order
from proofs_check.model import Claim

#: In the order of the theory.
GROUPS: tuple[tuple[Claim, ...], ...] = (
    second_order.CLAIMS,
    minimiser.CLAIMS,
    attention.CLAIMS,
    recursion.CLAIMS,
    hardness.CLAIMS,
    exact.CLAIMS,
    bounds.CLAIMS,
)
