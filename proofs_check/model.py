"""The model of a claim: a statement with its source, and the checks that settle it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from proofs_check.evidence import Evidence

#: (candidate formula, whether to look for the smallest counterexample) -> what was found.
Predicate = Callable[[Any, bool], Evidence]
_ID = re.compile(r"[A-Z]{3}-\d{2}")


class InvalidClaim(ValueError):
    """A claim or check that could not settle anything, refused when it is stated."""


def require_id(name: str) -> None:
    """Refuse what is no id of a claim."""
    if not _ID.fullmatch(name):
        raise InvalidClaim(f"id {name!r}: write three capitals, a hyphen and two digits, such as OWN-01")


class Kind(StrEnum):
    """What is asserted."""

    IDENTITY = "identity"
    UPPER = "upper"
    LOWER = "lower"
    TIGHT = "tight"
    LIMIT = "limit"
    EXISTENCE = "existence"


class Known(StrEnum):
    """How we know what the source says."""

    VERBATIM = "verbatim"  # read in the source itself
    SECONDARY = "secondary"  # as summaries of the source state it
    RECONSTRUCTED = "reconstructed"  # derived anew; the source says where the question comes from


@dataclass(frozen=True)
class Source:
    """Where a statement stands: the reference, the place in it, and how we know it.

    >>> print(Source("arXiv:2510.03605", "Theorem 3.3", Known.SECONDARY, note="theory section 7"))
    arXiv:2510.03605, Theorem 3.3 (secondary); theory section 7
    """

    reference: str
    place: str = ""
    known: Known = Known.RECONSTRUCTED
    note: str = ""

    def __post_init__(self) -> None:
        if not self.reference.strip():
            raise InvalidClaim("a source needs a reference: name the paper, or where the statement was found")

    def __str__(self) -> str:
        where = f"{self.reference}, {self.place}" if self.place else self.reference
        return f"{where} ({self.known.value})" + (f"; {self.note}" if self.note else "")


class Origin(StrEnum):
    """How the statement came here."""

    CITED = "cited"
    DERIVED = "derived"
    OURS = "ours"
    CORRECTED = "corrected"
    CONJECTURE = "conjecture"


class Tier(StrEnum):
    """When a check runs: "full" ones only on request, "fast" ones always."""

    FAST = "fast"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One way to decide whether a candidate formula satisfies a part of a claim.

    Parameters
    ----------
    name : unique within its claim
    formula : the real candidate; for a statement about code, a call into ``theorycalc``
    controls : name -> plausible wrong formula, which the predicate must refute; at least one
    predicate : (candidate, minimal) -> Evidence
    part : the part of the statement that is decided; checks of one part support each other
    tier : when it runs

    Raises
    ------
    InvalidClaim
        without a control: what cannot say no says nothing.
    """

    name: str
    formula: Any
    controls: Mapping[str, Any]
    predicate: Predicate
    part: str = ""
    tier: Tier = Tier.FAST

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InvalidClaim("a check needs a name")
        if not isinstance(self.controls, Mapping):
            raise InvalidClaim(
                f"check {self.name!r}: controls = {self.controls!r}: pass a dict of name -> wrong formula"
            )
        object.__setattr__(self, "controls", dict(self.controls))  # what the caller does to his own later is his
        if not self.controls:
            raise InvalidClaim(f"check {self.name!r} has no control: add a wrong formula that it must refute")
        if any(control is self.formula for control in self.controls.values()):
            raise InvalidClaim(f"check {self.name!r}: a control is the real formula itself")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of the theory.

    Parameters
    ----------
    id : "AREA-NN", three capitals and two digits; never reused
    kind, title : what is asserted, and in a few words
    statement : LaTeX
    source : reference, theorem or section number, and how we know it
    origin : cited, derived, ours, corrected or conjecture
    assumes : what must hold for the statement
    uses : ids of claims that its checks rely on
    needs : packages, by import name, without which its checks cannot run
    checks : at least one; :mod:`proofs_check.results` says when they settle the claim

    Raises
    ------
    InvalidClaim
        for a malformed id, no checks, two checks of one name, or a part with full-tier checks only.
    """

    id: str
    kind: Kind
    title: str
    statement: str
    source: Source
    origin: Origin
    checks: tuple[Check, ...]
    assumes: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_id(self.id)
        if "\n" in self.title:
            raise InvalidClaim(f"{self.id}: give a title of one line")
        if not isinstance(self.source, Source):
            raise InvalidClaim(f"{self.id}: source = {self.source!r}: write Source({str(self.source)!r})")
        for field in ("assumes", "uses", "needs"):
            if not isinstance(getattr(self, field), tuple):
                raise InvalidClaim(f"{self.id}: {field} = {getattr(self, field)!r}: pass a tuple of texts")
        names = [check.name for check in self.checks]
        if not names:
            raise InvalidClaim(f"{self.id} has no check")
        if len(set(names)) < len(names):
            raise InvalidClaim(f"{self.id} has two checks of one name")
        fast = {check.part for check in self.checks if check.tier is Tier.FAST}
        if slow := sorted({check.part for check in self.checks} - fast):
            raise InvalidClaim(f"{self.id}: part {slow[0]!r} has no check in the fast tier")
