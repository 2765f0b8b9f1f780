"""Checks of each kind: an engine bound to what the candidate is compared with."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis.strategies import SearchStrategy

from proofs_check.claim import Check, Tier
from proofs_check.engines import sampled, symbolic, witness
from proofs_check.evidence import Evidence, Grade, Verdict
from theorycalc.moments.words import WordSum

#: A candidate of a symbolic check: called when it is needed, so that nothing is derived at import.
Expression = Callable[[], Any]


def by_words(
    name: str,
    *,
    formula: Expression,
    controls: Mapping[str, Expression],
    sides: Callable[[Any], list[tuple[WordSum, WordSum]]],
    scope: str,
    grade: Grade = Grade.PROVED,
    instance: Callable[[], symbolic.Instance] | None = None,
    part: str = "",
) -> Check:
    """Return a check that holds when every pair of ``sides(candidate())`` is one expression.

    All pairs are compared; the worst verdict counts, with REFUTED the worst.
    """

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        at = instance() if instance is not None else None
        found = [
            symbolic.identity(left, right, scope=scope, grade=grade, instance=at) for left, right in sides(candidate())
        ]
        for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
            for item in found:
                if item.verdict is verdict:
                    return item
        return found[0]

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part)


def by_samples(
    name: str,
    *,
    formula: Callable[..., Any],
    controls: Mapping[str, Callable[..., Any]],
    over: SearchStrategy[Any],
    holds: Callable[[Any, Any], bool],
    scope: str,
    instances: int = 60,
    part: str = "",
    tier: Tier = Tier.FAST,
) -> Check:
    """Return a check that holds when ``holds(candidate, instance)`` on every drawn instance."""

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        return sampled.for_all(
            over, lambda instance: holds(candidate, instance), scope=scope, instances=instances, minimal=minimal
        )

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)


def by_witness(
    name: str,
    *,
    formula: Any,
    controls: Mapping[str, Any],
    satisfies: Callable[[Any], bool],
    scope: str,
    part: str = "",
) -> Check:
    """Return a check that holds when the candidate, a witness, ``satisfies`` an exact predicate."""

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        return witness.exists(candidate, satisfies, scope=scope)

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part)
