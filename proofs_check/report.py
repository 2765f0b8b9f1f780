"""The ledger as a table, as JSON and as LEDGER.md; committed files hold no times and change only with the ledger."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs_check.evidence import Grade, Verdict
from proofs_check.ledger import NOT_COVERED
from proofs_check.model import Tier
from proofs_check.results import CheckResult, ClaimResult

_AREAS = {
    "MOM": "moments",
    "GAM": "training",
    "COT": "the chain of thought",
    "HRD": "hardness",
    "ERR": "the exact error",
    "BND": "bounds",
    "GOV": "Remark 4.1",
    "RMT": "the proportional limit",
    "SAF": "safe thinking",
    "TRD": "trade-off",
    "OVT": "overthinking",
    "MIX": "mixtures",
    "SEL": "selection",
    "SIM": "simulation",
}
_GRADES = {
    Grade.PROVED: "proved, with every parameter that the scope names quantified",
    Grade.PROVED_SLICE: "proved with some parameters fixed; the scope says which",
    Grade.ENCLOSED: "proved on boxes by interval or ball arithmetic",
    Grade.SAMPLED: "true in exact arithmetic on every instance that was drawn; **not a proof**",
    Grade.STATISTICAL: "consistent with simulation; **not a proof**",
}


def table(results: Sequence[ClaimResult]) -> Table:
    """Return the rich table of a run."""
    grid = Table(title="Ledger of claims", title_justify="left")
    for name in ("id", "title", "kind", "grade", "scope"):
        grid.add_column(name, no_wrap=name == "id", overflow="fold")
    grid.add_column("controls refuted", justify="right")
    grid.add_column("seconds", justify="right")
    grid.add_column("status")
    for result in results:
        refuted, total = result.controls
        colour = "green" if result.settled else "yellow" if result.acceptable else "bold red"
        grid.add_row(
            result.claim.id,
            Text(result.claim.title),
            result.claim.kind.value,
            result.grade.value if result.grade else "—",
            Text(result.scope),
            f"{refuted}/{total}",
            f"{result.seconds:.1f}",
            f"[{colour}]{result.status}",
        )
    return grid


def print_table(results: Sequence[ClaimResult], console: Console) -> None:
    """Print the table, and below it what keeps claims from being settled."""
    console.print(table(results))
    for result in results:
        for reason in result.reasons:
            style = "yellow" if result.acceptable else "red"
            console.print(f"{result.claim.id}: {reason}", style=style, markup=False, highlight=False)
    console.print(summary_line(results), highlight=False)


def summary_line(results: Sequence[ClaimResult]) -> str:
    """Return how many claims are settled, and how many are open conjectures."""
    settled, opened = sum(item.settled for item in results), sum(item.status == "OPEN" for item in results)
    text = f"{settled} of {len(results)} claims settled"
    return text + (f", {opened} open conjecture{'s' * (opened > 1)}" if opened else "")


# -------------------------------------------------------------------------------------------------- JSON


def to_json(results: Sequence[ClaimResult], *, times: bool = True) -> str:
    """Return the record of a run as JSON text; without times it is that of the fast tier, equal in every run."""
    chosen = results if times else [result.fast_part for result in results]
    record = {
        "settled": all(result.acceptable for result in chosen),
        "claims": [_claim_record(result, times) for result in chosen],
        "not_covered": list(NOT_COVERED),
    }
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _claim_record(result: ClaimResult, times: bool) -> dict[str, Any]:
    claim, (refuted, total) = result.claim, result.controls
    record = {
        "id": claim.id,
        "title": claim.title,
        "kind": claim.kind.value,
        "origin": claim.origin.value,
        "statement": claim.statement,
        "source": {
            "reference": claim.source.reference,
            "place": claim.source.place,
            "known": claim.source.known.value,
            "note": claim.source.note,
        },
        "assumes": list(claim.assumes),
        "uses": list(claim.uses),
        "status": result.status,
        "grade": result.grade.value if result.grade else None,
        "scope": result.scope,
        "controls_refuted": refuted,
        "controls": total,
        "checks": [_check_record(item, times) for item in result.checks],
    }
    return record | ({"seconds": round(result.seconds, 3)} if times else {})


def _check_record(result: CheckResult, times: bool) -> dict[str, Any]:
    found = result.evidence
    record = {
        "name": result.name,
        "part": result.part,
        "tier": result.tier.value,
        "verdict": found.verdict.value,
        "grade": found.grade.value if found.verdict is Verdict.CONFIRMED else None,
        "scope": found.scope,
        "controls": {name: item.verdict.value for name, item in result.controls.items()},
    }
    return record | ({"detail": found.detail, "seconds": round(result.seconds, 3)} if times else {})


# ---------------------------------------------------------------------------------------------- Markdown


def to_markdown(results: Sequence[ClaimResult]) -> str:
    """Return LEDGER.md: the fast tier of all claims, without times or drawn instances."""
    fast = [result.fast_part for result in results]
    blocks = [_introduction(), _summary(fast), _open(fast), _tree(fast)]
    blocks += [_section(result) for result in fast]
    return "\n\n".join(blocks) + "\n"


def _introduction() -> str:
    lines = [
        "# Ledger of claims",
        "",
        "Generated by `python -m proofs_check`; do not edit. Each claim is settled by checks. A check is a predicate",
        "over a candidate formula: the formula that `theorycalc` uses must be CONFIRMED, and each control, a plausible",
        "wrong formula, must be REFUTED. A claim is *settled* when besides every part of its statement has a proof and",
        "exact samples tie it to what runs (an existence claim: when its exact witness is found); a conjecture that",
        "nothing refutes is OPEN. The grade of a claim is that of the weakest part of its statement, and a part's that",
        "of its strongest check. A grade is about a claim's own checks; claims they rely on are named under *uses*.",
        "",
        "| grade | what it is worth |",
        "|---|---|",
    ]
    lines += [f"| {grade.value} | {meaning} |" for grade, meaning in _GRADES.items()]
    lines += [
        "",
        "The origin of a claim: *cited* from a source, *derived* anew, *ours*, *corrected* (a source has it",
        "otherwise), or a *conjecture*. A source is known to us *verbatim*, *secondary* (as summaries state it; so",
        "the paper, arXiv:2510.03605, but for its poster), or *reconstructed*. What *assumes* names is not checked by",
        "machine: conditions, and textbook steps of a proof (Jensen, a sum of d like terms). A *part* is a part of the",
        "statement. [What the paper states](docs/paper.md) is an index from its statements to these claims.",
        "",
        "Areas: " + ", ".join(f"{name} {meaning}" for name, meaning in _AREAS.items()) + ".",
    ]
    return "\n".join(lines)


def _summary(results: Sequence[ClaimResult]) -> str:
    lines = [
        "## Summary",
        "",
        f"{summary_line(results)}; {sum(result.controls[0] for result in results)} controls refuted.",
        "",
        "| id | title | kind | origin | grade | scope | controls refuted | status |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        refuted, total = result.controls
        cells = [
            f"[{result.claim.id}](#{result.claim.id.lower()})",
            result.claim.title,
            result.claim.kind.value,
            result.claim.origin.value,
            result.grade.value if result.grade else "—",
            result.scope,
            f"{refuted}/{total}",
            result.status if result.settled else f"**{result.status}**",
        ]
        lines.append(_row(cells))
    return "\n".join(lines)


def _open(results: Sequence[ClaimResult]) -> str:
    lines = ["## What is not settled, not proved in full, or not covered", ""]
    unsettled = [result for result in results if not result.settled]
    if unsettled:
        lines += [
            f"- **Not settled:** {result.claim.id} ({result.status}): {result.claim.title}." for result in unsettled
        ]
    else:
        lines.append("- **Not settled:** none of the claims below.")
    slices = [result.claim.id for result in results if result.settled and result.grade is Grade.PROVED_SLICE]
    if slices:
        lines.append(f"- **Proved for some values of a parameter only:** {', '.join(slices)}; see their scope.")
    lines.append("- **Whether the code computes what is proved** is itself only sampled, wherever a claim says PROVED:")
    lines.append("  the proof is of the formula, and exact samples tie the function to it.")
    if NOT_COVERED:
        lines.append("- **Not covered by any claim so far:**")
        lines += [f"  - {item}" for item in NOT_COVERED]
    return "\n".join(lines)


def _tree(results: Sequence[ClaimResult]) -> str:
    """What rests on what: every claim that no other uses, with what it uses below it; a subtree is shown once."""
    by_id = {result.claim.id: result.claim for result in results}
    status = {result.claim.id: "" if result.settled else f" [{result.status}]" for result in results}
    used = {name for claim in by_id.values() for name in claim.uses}
    lines, shown = ["## What rests on what", "", "```text"], set()

    def grow(name: str, stem: str, branch: str, below: str) -> None:
        claim = by_id.get(name)
        again = name in shown and claim is not None and claim.uses
        title = f" {claim.title}" if claim else ""
        lines.append(f"{stem}{branch}{name}{title}{status.get(name, '')}{' (see above)' if again else ''}")
        if claim is None or again:
            return
        shown.add(name)
        for i, child in enumerate(claim.uses):
            last = i == len(claim.uses) - 1
            grow(child, stem + below, "└─ " if last else "├─ ", "   " if last else "│  ")

    for name, claim in by_id.items():
        if name not in used and claim.uses:
            grow(name, "", "", "")
    alone = [name for name, claim in by_id.items() if name not in used and not claim.uses]
    lines += ["```", "", f"By themselves stand {', '.join(alone)}."] if alone else ["```"]
    return "\n".join(lines)


def _section(result: ClaimResult) -> str:
    claim = result.claim
    lines = [
        f"## {claim.id}",
        "",
        f"**{claim.title}** ({claim.kind.value}, {claim.origin.value}; {result.status}).",
        "",
        f"$${claim.statement}$$",
        "",
        f"- source: {claim.source}",
    ]
    lines += [f"- assumes: {'; '.join(claim.assumes)}"] * bool(claim.assumes)
    lines += [f"- uses: {', '.join(claim.uses)}"] * bool(claim.uses)
    lines += ["", "| check | part | verdict | grade | scope | controls |", "|---|---|---|---|---|---|"]
    for item in result.checks:
        controls = "; ".join(
            name if found.verdict is Verdict.REFUTED else f"**{name}: {found.verdict.value}**"
            for name, found in item.controls.items()
        )
        part, found = item.part or "all", item.evidence
        grade = found.grade.value if found.verdict is Verdict.CONFIRMED else "—"
        lines.append(_row([item.name, part, found.verdict.value, grade, found.scope, controls]))
    later = [check.name for check in claim.checks if check.tier is Tier.FULL]
    lines += ["", f"In the full tier only: {'; '.join(later)}."] if later else []
    reasons = [f"- {_escaped(reason)}" for reason in result.reasons]
    lines += ["", "Not settled because:", "", *reasons] if reasons else []
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
