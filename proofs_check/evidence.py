"""What a check found: a verdict, how strong the method is, and over what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a predicate says of one candidate formula; UNDECIDED and ERROR settle nothing."""

    CONFIRMED = "CONFIRMED"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"
    ERROR = "ERROR"


class Grade(StrEnum):
    """How strong a confirmation is, strongest first."""

    PROVED = "PROVED"  # every parameter quantified
    PROVED_SLICE = "PROVED_SLICE"  # proved with some parameters fixed; the scope says which
    ENCLOSED = "ENCLOSED"  # ball arithmetic over boxes
    SAMPLED = "SAMPLED"  # exact rationals on drawn instances: not a proof
    STATISTICAL = "STATISTICAL"  # consistent with simulation: not a proof

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(Grade).index(self)


def strongest(grades: "list[Grade]") -> Grade:
    """Return the strongest of some grades.

    >>> strongest([Grade.SAMPLED, Grade.PROVED_SLICE]).value
    'PROVED_SLICE'
    """
    return min(grades, key=lambda grade: grade.rank)


def weakest(grades: "list[Grade]") -> Grade:
    """Return the weakest of some grades."""
    return max(grades, key=lambda grade: grade.rank)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The finding of one engine on one candidate.

    ``grade`` is what a CONFIRMED verdict is worth, ``scope`` what was quantified over, and ``detail`` what was
    seen: the counterexample of a REFUTED verdict, the reason of an UNDECIDED one, the exception of an ERROR.
    """

    verdict: Verdict
    grade: Grade
    scope: str
    detail: str = field(default="", compare=False)


def all_of(findings: Sequence[Evidence]) -> Evidence:
    """Return the finding that decides when all must hold: an error, a refutation, a doubt, else the weakest grade."""
    for verdict in (Verdict.ERROR, Verdict.REFUTED, Verdict.UNDECIDED):
        for item in findings:
            if item.verdict is verdict:
                return item
    return max(findings, key=lambda item: item.grade.rank)
