"""The result of a run as Markdown: shares by area, operator and stage, and every survivor."""

import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.mutation.sample import LEFT_OUT, Mutant

SURVIVORS = Path(__file__).with_name("survivors.toml")
Row = Mapping[str, Any]


def equivalents(path: Path = SURVIVORS) -> dict[tuple[str, str, str], str]:
    """Return the argument for each survivor that is no other formula: (file, line before, line after) -> why."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    return {(entry["file"], entry["before"], entry["after"]): entry["why"] for entry in entries}


def markdown(mutants: Sequence[Mutant], rows: Mapping[str, Row], alone: Mapping[str, Row], title: str) -> str:
    """Return the page of a run: ``rows`` by the name of the mutant, ``alone`` those of the ledger by itself.

    Mutants without a result, or with the quick stages behind them only, count as not tried.
    """
    why = equivalents()
    argued = [mutant for mutant in mutants if (mutant.file, mutant.before, mutant.after) in why]
    tried = [
        mutant
        for mutant in mutants
        if mutant.name in rows and (rows[mutant.name]["status"] != "open" or mutant in argued)
    ]

    def verdict(mutant: Mutant) -> str:
        row = rows[mutant.name]
        if row["status"] not in ("survived", "open"):
            return "killed"
        return "equivalent" if mutant in argued else "survived"

    total = Counter(verdict(mutant) for mutant in tried)
    stages = Counter(rows[mutant.name]["stage"] for mutant in tried if verdict(mutant) == "killed")
    late = sum(rows[mutant.name]["status"] == "timeout" for mutant in tried)
    lines = [
        "# Mutation run",
        "",
        "Every formula can be broken on purpose; this page says how often the tests and the ledger notice.",
        "Made by `python -m tests.mutation`; do not edit.",
        "Survivors of one sample get tests or controls of their own, so only a",
        "sample with another seed says how likely the next wrong formula is to be noticed.",
        "",
        (
            f"Tree {title}. {len(tried)} of {len(mutants)} mutants tried: {total['killed']} killed,"
            f" {total['equivalent']} argued equivalent, {total['survived']} survived."
            f" **{_share(total)} of the non-equivalent mutants are killed.**"
        ),
        "",
        (
            f"Killed first by the mirrored tests {stages['mirrored tests']}, by the ledger {stages['ledger']},"
            f" by the other tests {stages['other tests']} (each stage sees what the one before let pass);"
            f" {late} of them by running too long."
        ),
        "",
    ]
    if alone:
        noticed = sum(row["status"] != "survived" for row in alone.values())
        lines += [f"The fast ledger by itself, on a subsample: {noticed} of {len(alone)} killed.", ""]
    lines += _table("Area", tried, verdict, lambda mutant: mutant.area)
    lines += _table("Operator", tried, verdict, lambda mutant: mutant.mutation.operator)
    lines += ["## Survivors", ""]
    lines += _listed(tried, verdict, "survived", lambda mutant: "") or ["None.", ""]
    lines += ["## Argued equivalent", ""]
    lines += _listed(tried, verdict, "equivalent", lambda mutant: why[mutant.file, mutant.before, mutant.after]) or [
        "None.",
        "",
    ]
    lines += ["## Left out", "", "Code that holds no formula of the theory is not mutated.", ""]
    lines += ["| File | Function | What it is |", "|---|---|---|"]
    lines += [f"| `{file}` | `{function}` | {what} |" for file, function, what in LEFT_OUT]
    return "\n".join(lines) + "\n"


def _share(counts: Counter[str]) -> str:
    judged = counts["killed"] + counts["survived"]
    return f"{100 * counts['killed'] / judged:.1f} %" if judged else "—"


def _table(
    head: str, tried: Sequence[Mutant], verdict: Callable[[Mutant], str], key: Callable[[Mutant], str]
) -> list[str]:
    lines = [f"| {head} | mutants | killed | equivalent | survived | share |", "|---|--:|--:|--:|--:|--:|"]
    for name in sorted({key(mutant) for mutant in tried}):
        counts = Counter(verdict(mutant) for mutant in tried if key(mutant) == name)
        numbers = f"{counts.total()} | {counts['killed']} | {counts['equivalent']} | {counts['survived']}"
        lines.append(f"| {name} | {numbers} | {_share(counts)} |")
    return [*lines, ""]


def _listed(
    tried: Sequence[Mutant], verdict: Callable[[Mutant], str], wanted: str, remark: Callable[[Mutant], str]
) -> list[str]:
    lines = []
    for mutant in tried:
        if verdict(mutant) == wanted:
            lines += [f"- `{mutant.name}`", "", "  ```text", f"  {mutant.before}", f"  {mutant.after}", "  ```", ""]
            if text := remark(mutant):
                lines += [f"  {text}", ""]
    return lines
