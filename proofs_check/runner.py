"""Run checks on the real formula and on its controls, and say what is settled."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from proofs_check.claim import Check, Claim, Origin, Tier
from proofs_check.evidence import Evidence, Grade, Verdict, strongest, weakest


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What a check found on the real formula and on each control."""

    check: Check
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


@dataclass(frozen=True, kw_only=True)
class ClaimResult:
    """The results of one claim's checks."""

    claim: Claim
    checks: tuple[CheckResult, ...]

    @property
    def settled(self) -> bool:
        """Whether every check is settled; a conjecture never is."""
        return (
            self.claim.origin is not Origin.CONJECTURE
            and bool(self.checks)
            and all(result.settled for result in self.checks)
        )

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on the real formula: ERROR, REFUTED, UNDECIDED, CONFIRMED."""
        found = {result.evidence.verdict for result in self.checks}
        order = (Verdict.ERROR, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.CONFIRMED)
        return next((verdict for verdict in order if verdict in found), Verdict.UNDECIDED)

    @property
    def grade(self) -> Grade | None:
        """The grade of the weakest part of the statement, a part's being its strongest check; None while one fails."""
        if not self.checks or not all(result.settled for result in self.checks):
            return None
        parts: dict[str, list[Grade]] = {}
        for result in self.checks:
            parts.setdefault(result.check.part, []).append(result.evidence.grade)
        return weakest([strongest(grades) for grades in parts.values()])

    @property
    def scope(self) -> str:
        """The scope of what decides the grade."""
        grade = self.grade
        deciding = [result.evidence.scope for result in self.checks if result.evidence.grade is grade]
        return deciding[0] if deciding else "—"

    @property
    def status(self) -> str:
        """One word for tables: settled, OPEN (a conjecture), a verdict, or CONTROL SURVIVED."""
        if self.settled:
            return "settled"
        if self.claim.origin is Origin.CONJECTURE and self.verdict is Verdict.CONFIRMED:
            return "OPEN"
        return self.verdict.value if self.verdict is not Verdict.CONFIRMED else "CONTROL SURVIVED"

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
    def reasons(self) -> list[str]:
        """One line per thing that keeps the claim from being settled."""
        lines = ["conjecture: open"] if self.claim.origin is Origin.CONJECTURE else []
        for result in self.checks:
            found = result.evidence
            if found.verdict is not Verdict.CONFIRMED:
                lines.append(f"{result.check.name}: {found.verdict.value}: {found.detail or found.scope}")
            for name in result.survivors:
                control = result.controls[name]
                lines.append(f"{result.check.name}: control {name!r} was {control.verdict.value}, must be REFUTED")
        return lines


def run_check(check: Check) -> CheckResult:
    """Apply a check to its formula, with the smallest counterexample wanted, and to its controls."""
    started = time.perf_counter()
    evidence = _decided(check, check.formula, minimal=True)
    controls = {name: _decided(check, formula, minimal=False) for name, formula in check.controls.items()}
    return CheckResult(check=check, evidence=evidence, controls=controls, seconds=time.perf_counter() - started)


def _decided(check: Check, candidate: object, *, minimal: bool) -> Evidence:
    try:
        return check.predicate(candidate, minimal)
    except Exception as error:  # a check that breaks settles nothing, and must not stop the others
        detail = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Evidence(verdict=Verdict.ERROR, grade=Grade.STATISTICAL, scope="—", detail=detail)


def run_claim(claim: Claim, *, tier: Tier = Tier.FAST) -> ClaimResult:
    """Run the checks of a claim: the fast ones, and in the full tier all."""
    chosen = [check for check in claim.checks if tier is Tier.FULL or check.tier is Tier.FAST]
    return ClaimResult(claim=claim, checks=tuple(run_check(check) for check in chosen))


def run(
    claims: Sequence[Claim], *, tier: Tier = Tier.FAST, progress: Callable[[ClaimResult], None] | None = None
) -> tuple[ClaimResult, ...]:
    """Run claims in order; ``progress`` is called after each."""
    results = []
    for claim in claims:
        results.append(run_claim(claim, tier=tier))
        if progress is not None:
            progress(results[-1])
    return tuple(results)


def fast_part(result: ClaimResult) -> ClaimResult:
    """Return the result without its full-tier checks: what LEDGER.md records, whatever tier ran."""
    kept = tuple(item for item in result.checks if item.check.tier is Tier.FAST)
    return ClaimResult(claim=result.claim, checks=kept)
