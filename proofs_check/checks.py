"""Checks of each kind: an engine bound to what the candidate is compared with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from proofs_check.engines import ball, certificate, sampled, smt, symbolic, witness
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.engines.smtlib import Region, questions
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
        named = _named(gaps(candidate), strict, or_pairs=bool(pairs))
        return all_of(
            [certificate.identical(*sides, domain, scope=scope, grade=grade) for sides in pairs.values()]
            + [
                certificate.nonnegative(gap, domain, scope=scope, grade=grade, strict=name in strict)
                for name, gap in named.items()
            ]
        )

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)


def _named(
    gaps: Mapping[str, Expression], strict: Sequence[str], *, or_pairs: bool = False
) -> Mapping[str, Expression]:
    """Return the gaps; a name in ``strict`` that is none of theirs would silently ask for less."""
    if isinstance(strict, str) or set(strict) - set(gaps) or not (gaps or or_pairs):
        raise ValueError(f"strict = {strict!r}: name gaps of {list(gaps)}, in a tuple")
    return gaps


def by_boxes(
    name: str,
    *,
    formula: Any,
    controls: Mapping[str, Any],
    gaps: Callable[[Any], Mapping[str, Expression]],
    boxes: Mapping[str, tuple[Any, Any]],
    scope: str,
    strict: Sequence[str] = (),
    contacts: Callable[[Any], Mapping[str, ball.Contact]] | None = None,
    most: int = ball.MOST_BOXES,
    part: str = "",
    tier: Tier = Tier.FAST,
) -> Check:
    """Return a check that holds when exact intervals show that every gap is >= 0 on a box; its grade is ENCLOSED.

    Parameters
    ----------
    gaps : candidate -> name -> expression that must be >= 0, or > 0 if its name is in ``strict``
    boxes : variable -> (low, high), exact numbers
    contacts : candidate -> name -> the factor with the zeros of that gap, and the rest
    most : pieces into which the box may be cut
    """

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        touching = contacts(candidate) if contacts is not None else {}
        named = _named(gaps(candidate), (*strict, *touching))
        return all_of(
            [
                ball.positive_on_boxes(
                    gap, boxes, scope=scope, strict=key in strict, contact=touching.get(key), most=most
                )
                for key, gap in named.items()
            ]
        )

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)


def by_smt(
    name: str,
    *,
    formula: Any,
    controls: Mapping[str, Any],
    gaps: Callable[[Any], Mapping[str, Expression]],
    domain: Domain | Region,
    scope: str,
    strict: Sequence[str] = (),
    grade: Grade = Grade.PROVED,
    timeout: float = 20.0,
    part: str = "",
    tier: Tier = Tier.FAST,
) -> Check:
    """Return a check that holds when two SMT solvers agree that every gap is >= 0 on the whole domain.

    The claim then needs the packages ``("z3", "cvc5")``, and what the solvers are asked of its formula is kept in
    :mod:`proofs_check.obligations`.

    Parameters
    ----------
    gaps : candidate -> name -> expression that must be >= 0, or > 0 if its name is in ``strict``
    domain : the variables, by name, that expressions take; a :class:`.smtlib.Region` can have conditions
    timeout : seconds for all questions about one candidate
    """
    predicate = SolverPredicate(
        gaps=gaps, domain=domain, scope=scope, strict=tuple(strict), grade=grade, timeout=timeout
    )
    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)


@dataclass(frozen=True, kw_only=True)
class SolverPredicate:
    """The predicate of :func:`by_smt`, which can also show its questions."""

    gaps: Callable[[Any], Mapping[str, Expression]]
    domain: Domain | Region
    scope: str
    strict: tuple[str, ...]
    grade: Grade
    timeout: float

    def __call__(self, candidate: Any, minimal: bool) -> Evidence:
        return smt.all_nonnegative(
            self.gaps(candidate),
            self.domain,
            scope=self.scope,
            strict=self.strict,
            grade=self.grade,
            timeout=self.timeout,
        )

    def text(self, candidate: Any) -> str:
        """Return what the solvers are asked about a candidate, in SMT-LIB."""
        return smt.text(questions(self.gaps(candidate), self.domain, strict=self.strict))


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


def by_simulation(
    name: str,
    *,
    formula: Any,
    controls: Mapping[str, Any],
    decide: Callable[[Any], Evidence],
    part: str = "",
    tier: Tier = Tier.FAST,
) -> Check:
    """Return a check that holds when ``decide``, a test of :mod:`proofs_check.engines.statistical`, is consistent.

    Being consistent with simulation is no proof: beside it the part needs a check that proves it.
    """

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        return decide(candidate)

    return Check(name=name, formula=formula, controls=controls, predicate=predicate, part=part, tier=tier)
