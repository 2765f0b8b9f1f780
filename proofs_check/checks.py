"""Checks of each kind: an engine bound to what the candidate is compared with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis.strategies import SearchStrategy

from proofs_check.engines import certificate, sampled, symbolic, witness
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.evidence import Evidence, Grade, all_of
from proofs_check.model import Check, Tier
from theorycalc.moments.words import WordSum

#: A candidate of a symbolic check: called when it is needed, so that nothing is derived at import.
Derived = Callable[[], Any]


def by_words(
    name: str,
    *,
    formula: Derived,
    controls: Mapping[str, Derived],
    sides: Callable[[Any], list[tuple[WordSum, WordSum]]],
    scope: str,
    grade: Grade = Grade.PROVED,
    instance: Callable[[], symbolic.Instance] | None = None,
    part: str = "",
    tier: Tier = Tier.FAST,
) -> Check:
    """Return a check that holds when every pair of ``sides(candidate())`` is one expression.

    All pairs are compared; the worst verdict counts.
    """

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        at = instance() if instance is not None else None
        return all_of(
            [
                symbolic.identity(left, right, scope=scope, grade=grade, instance=at)
                for left, right in sides(candidate())
            ]
        )

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)


def by_certificate(
    name: str,
    *,
    formula: Any,
    controls: Mapping[str, Any],
    gaps: Callable[[Any], Mapping[str, Expression]],
    domain: Domain,
    scope: str,
    strict: Sequence[str] = (),
    equal: Callable[[Any], Mapping[str, tuple[Expression, Expression]]] | None = None,
    grade: Grade = Grade.PROVED,
    part: str = "",
    tier: Tier = Tier.FAST,
) -> Check:
    """Return a check that holds when every gap is >= 0 on the whole domain and every pair of sides is one.

    Parameters
    ----------
    gaps : candidate -> name -> expression that must be >= 0, or > 0 if its name is in ``strict``
    equal : candidate -> name -> (left, right), rational functions that must be identical
    domain : the variables, by name, that expressions take
    """

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        pairs = equal(candidate) if equal is not None else {}
        return all_of(
            [certificate.identical(*sides, domain, scope=scope, grade=grade) for sides in pairs.values()]
            + [
                certificate.nonnegative(gap, domain, scope=scope, grade=grade, strict=name in strict)
                for name, gap in gaps(candidate).items()
            ]
        )

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)


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
