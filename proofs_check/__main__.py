"""Command line: ``python -m proofs_check [IDS…] [--tier fast|full] [--json FILE] [--write]``.

Exit status 0 if every claim is settled and LEDGER.md is current, 1 if not, 2 for a question that makes no sense.
Results go to standard output, progress to standard error.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from proofs_check import ledger
from proofs_check.model import Claim, Tier
from proofs_check.report import print_table, to_json, to_markdown
from proofs_check.runner import ClaimResult, run

ROOT = Path(__file__).resolve().parent.parent
LEDGER = "LEDGER.md"
_WIDTH = 160  # of the table where standard output is no terminal


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"proofs_check: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m proofs_check", description="Settle the ledger of claims.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="claims to run, such as GAM-01; default all")
    parser.add_argument("--tier", choices=("fast", "full"), default="fast", help="full also runs the heavy checks")
    parser.add_argument("--json", metavar="FILE", help="write the results to FILE; - for standard output, no table")
    parser.add_argument("--write", action="store_true", help="write LEDGER.md instead of comparing with it")
    return parser


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line and return the exit status; ``root`` is where LEDGER.md lies."""
    options = _parser().parse_args(arguments)
    try:
        claims = ledger.all_claims()
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        return _refuse("needs Hypothesis: pip install 'theorycalc[proofs]'")
    known = {claim.id for claim in claims}
    unknown = sorted(set(options.ids) - known)
    if unknown:
        return _refuse(f"no claim {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    if options.write and options.ids:
        return _refuse("--write needs the whole ledger: leave out the ids")
    chosen = [claim for claim in claims if not options.ids or claim.id in options.ids]
    results = _run(chosen, Tier(options.tier))
    if options.json == "-":
        print(to_json(results), end="")
    else:
        print_table(results, Console(width=None if sys.stdout.isatty() else _WIDTH))
        if options.json is not None:
            try:
                Path(options.json).write_text(to_json(results), encoding="utf-8")
            except OSError as error:
                return _refuse(f"--json {options.json}: {error.strerror}")
    status = 0 if all(result.settled for result in results) else 1
    if options.ids:
        return status
    return max(status, _ledger_status(to_markdown(results), root / LEDGER, write=options.write))


def _refuse(message: str) -> int:
    print(f"proofs_check: {message}", file=sys.stderr)
    return 2


def _run(claims: Sequence[Claim], tier: Tier) -> tuple[ClaimResult, ...]:
    done: list[str] = []

    def progress(result: ClaimResult) -> None:
        done.append(result.claim.id)
        line = f"[{len(done)}/{len(claims)}] {result.claim.id} {result.status} ({result.seconds:.1f} s)"
        print(line, file=sys.stderr, flush=True)

    return run(claims, tier=tier, progress=progress)


def _ledger_status(text: str, file: Path, *, write: bool) -> int:
    """Write LEDGER.md, or return 1 if it is not what this run says."""
    if write:
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file}", file=sys.stderr)
        return 0
    if not file.exists() and not (file.parent / "pyproject.toml").exists():
        print(f"not in a clone: no {LEDGER} to compare with", file=sys.stderr)
        return 0
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        print(f"{LEDGER} is stale: run python -m proofs_check --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
