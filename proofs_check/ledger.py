"""The collection of all claims, and what is known not to be in it yet."""

from collections.abc import Iterable, Mapping, Sequence

from proofs_check.model import Claim, InvalidClaim

#: Statements of the theory (sections of its specification) that no claim covers so far.
NOT_COVERED: tuple[str, ...] = (
    "Gradient descent's linear dynamics and its sharp step-size bound; the gradient of every other block (section 3).",
    "The closed form of the recursion for every k at once: COT-02 stops at k = 6 (section 2).",
    "The degree in 1/m of the exact error, and the divergence of its mean as k grows (section 5).",
    "The exact recursion against Gaussian moments for every d and m: ERR-02 samples it for small ones (section 5).",
    "The proportional limit by its rate, spectral edges, phases and the bound on the upper edge (section 6).",
    "Theorem 3.3 and Corollary 3.5 for all spectra at once: BND-01 and BND-02 sample them (section 7).",
    "The regime of m in which Corollary 3.5 holds; Remark 4.1 (section 7).",
    "Trade-off, overthinking, mixtures of tasks and their selection (sections 8 to 10).",
    "The simulation: no claim rests on random prompts; the tests compare it with the exact rung (section 11).",
)


def collect(groups: Iterable[Sequence[Claim]]) -> tuple[Claim, ...]:
    """Return the claims of all groups, ordered as given.

    Raises
    ------
    InvalidClaim
        when two claims have one id, or a claim uses one that does not exist, or rests on itself.
    """
    claims = tuple(claim for group in groups for claim in group)
    ids = [claim.id for claim in claims]
    if repeated := sorted({name for name in ids if ids.count(name) > 1}):
        raise InvalidClaim(f"two claims have the id {repeated[0]}")
    for claim in claims:
        if unknown := sorted(set(claim.uses) - set(ids)):
            raise InvalidClaim(f"{claim.id} uses {unknown[0]}, which does not exist")
    uses = {claim.id: claim.uses for claim in claims}
    for name in ids:
        if name in _reached(name, uses):
            raise InvalidClaim(f"{name} rests on itself, through {', '.join(uses[name])}")
    return claims


def _reached(name: str, uses: Mapping[str, Sequence[str]]) -> set[str]:
    """Return every claim that the claim rests on, directly or through others."""
    found: set[str] = set()
    waiting = list(uses[name])
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += uses[current]
    return found


def all_claims() -> tuple[Claim, ...]:
    """Return every claim of the ledger."""
    from proofs_check.claims import GROUPS

    return collect(GROUPS)
