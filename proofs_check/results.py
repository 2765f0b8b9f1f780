"""What checks found, and what that makes of a claim.

A claim is settled when every check confirms the formula and refutes every control, every part of its statement has
a proof (grade PROVED or PROVED_SLICE), and something was computed in exact arithmetic on drawn instances, so that the
proof is tied to what runs.  For an existence claim the exact witness is both.  A conjecture is never settled: OPEN.
"""

from dataclasses import dataclass, field

from proofs_check.evidence import Evidence, Grade, Verdict, strongest, weakest
from proofs_check.model import Claim, Kind, Origin, Tier

PROOFS = (Grade.PROVED, Grade.PROVED_SLICE)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What a check found on the real formula and on each control; plain data, so that processes can hand it over."""

    name: str
    part: str
    tier: Tier
    evidence: Evidence
    controls: dict[str, Evidence]
    seconds: float = field(compare=False)

    @property
    def survivors(self) -> tuple[str, ...]:
        """The controls that were not refuted."""
        return tuple(name for name, found in self.controls.items() if found.verdict is not Verdict.REFUTED)

    @property
    def settled(self) -> bool:
        """Whether the formula is confirmed and every control refuted."""
        return self.evidence.verdict is Verdict.CONFIRMED and bool(self.controls) and not self.survivors


@dataclass(frozen=True, kw_only=True, repr=False)
class ClaimResult:
    """The results of one claim's checks."""

    claim: Claim
    checks: tuple[CheckResult, ...]

    def __repr__(self) -> str:
        refuted, total = self.controls
        grade = self.grade.value if self.grade else "no grade"
        return f"<{self.claim.id} {self.claim.title}: {self.status}, {grade}, {refuted}/{total} controls refuted>"

    @property
    def passed(self) -> bool:
        """Whether every check confirms the formula and refutes its controls."""
        return bool(self.checks) and all(result.settled for result in self.checks)

    @property
    def unproved(self) -> tuple[str, ...]:
        """The parts of the statement that no check proves."""
        proved = {item.part for item in self.checks if item.settled and item.evidence.grade in PROOFS}
        return tuple(dict.fromkeys(item.part for item in self.checks if item.part not in proved))

    @property
    def sampled(self) -> bool:
        """Whether something was computed in exact arithmetic on drawn instances, or a witness exhibited."""
        return self.claim.kind is Kind.EXISTENCE or any(
            item.settled and item.evidence.grade is Grade.SAMPLED for item in self.checks
        )

    @property
    def settled(self) -> bool:
        """Whether the claim is settled, by the rule of this module; a conjecture never is."""
        return self.claim.origin is not Origin.CONJECTURE and self.passed and not self.unproved and self.sampled

    @property
    def acceptable(self) -> bool:
        """Whether a run may end well with it: settled, or a conjecture that nothing refutes."""
        return self.settled or self.status == "OPEN"

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on the real formula: ERROR, REFUTED, UNDECIDED, CONFIRMED."""
        found = {result.evidence.verdict for result in self.checks}
        order = (Verdict.ERROR, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.CONFIRMED)
        return next((verdict for verdict in order if verdict in found), Verdict.UNDECIDED)

    @property
    def grade(self) -> Grade | None:
        """The grade of the weakest part of the statement, a part's being its strongest check; None while one fails."""
        if not self.passed:
            return None
        parts: dict[str, list[Grade]] = {}
        for result in self.checks:
            parts.setdefault(result.part, []).append(result.evidence.grade)
        return weakest([strongest(grades) for grades in parts.values()])

    @property
    def scope(self) -> str:
        """The scope of what decides the grade."""
        grade = self.grade
        deciding = [result.evidence.scope for result in self.checks if result.evidence.grade is grade]
        return deciding[0] if deciding else "—"

    @property
    def status(self) -> str:
        """For tables: settled, OPEN (a conjecture), a verdict, CONTROL SURVIVED, NOT PROVED or NOT SAMPLED."""
        if self.settled:
            return "settled"
        if self.verdict is not Verdict.CONFIRMED:
            return self.verdict.value
        if not self.passed:
            broken = any(
                item.controls[name].verdict is Verdict.ERROR for item in self.checks for name in item.survivors
            )
            return "CONTROL ERROR" if broken else "CONTROL SURVIVED"
        if self.claim.origin is Origin.CONJECTURE:
            return "OPEN"
        return "NOT PROVED" if self.unproved else "NOT SAMPLED"

    @property
    def controls(self) -> tuple[int, int]:
        """How many controls were refuted, and how many there are."""
        total = sum(len(result.controls) for result in self.checks)
        return total - sum(len(result.survivors) for result in self.checks), total

    @property
    def seconds(self) -> float:
        """Wall-clock time."""
        return sum(result.seconds for result in self.checks)

    @property
    def fast_part(self) -> "ClaimResult":
        """The result without its full-tier checks: what the written ledger records, whatever tier ran."""
        return ClaimResult(claim=self.claim, checks=tuple(item for item in self.checks if item.tier is Tier.FAST))

    @property
    def reasons(self) -> list[str]:
        """One line per thing that keeps the claim from being settled."""
        lines = ["conjecture: open"] if self.claim.origin is Origin.CONJECTURE else []
        for result in self.checks:
            found = result.evidence
            if found.verdict is not Verdict.CONFIRMED:
                lines.append(f"{result.name}: {found.verdict.value}: {found.detail or found.scope}")
            for name in result.survivors:
                control = result.controls[name]
                found_out = f" ({control.detail})" if control.detail else ""
                if control.verdict is Verdict.CONFIRMED:
                    found_out = " (it is true, or this check cannot tell it apart)"
                lines.append(f"{result.name}: control {name!r} was {control.verdict.value}{found_out}, must be REFUTED")
        if self.passed and self.claim.origin is not Origin.CONJECTURE:
            lines += [f"no proof of {part or 'the statement'}: samples alone do not settle" for part in self.unproved]
            if not self.sampled:
                lines.append("no exact samples tie the proof to the code")
        return lines
