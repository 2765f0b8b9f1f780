"""The collection of all claims, and what is known not to be in it yet."""

from collections.abc import Iterable, Mapping, Sequence

from proofs_check.model import Claim, InvalidClaim, Origin

#: Statements of the theory (sections of its specification) that no claim covers so far.
NOT_COVERED: tuple[str, ...] = (
    "Power-law prefactors of the phases, gaps inside the spectrum (section 6).",
    "The published thresholds of the paper's Proposition 4.3, which are not known to us: SEL-03 is ours (section 10).",
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
    guesses = {claim.id for claim in claims if claim.origin is Origin.CONJECTURE}
    for claim in claims:
        if claim.id not in guesses and (open_ones := sorted(guesses.intersection(claim.uses))):
            raise InvalidClaim(f"{claim.id} rests on {open_ones[0]}, which is a conjecture")
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
