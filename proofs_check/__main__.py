"""Command line: ``python -m proofs_check [IDS…] [--tier fast|full] [--json FILE] [--check] [--workers N] [--list]``.

A run of the whole ledger in a clone writes LEDGER.md, ledger.json and the kept questions to solvers
(:mod:`proofs_check.obligations`), or with ``--check`` compares them.  Exit status 0 if every claim is settled
(conjectures print as OPEN) and the files are current, 1 if not, 2 for a question that makes no sense, 130 when
interrupted, 141 when nobody reads the output.  Results go to standard output, progress to standard error.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from proofs_check import ledger
from proofs_check.model import Claim, Tier
from proofs_check.report import print_table, to_json, to_markdown
from proofs_check.results import ClaimResult
from proofs_check.runner import run
from theorycalc import __version__

ROOT = Path(__file__).resolve().parent.parent
LEDGER, RECORD, OBLIGATIONS = "LEDGER.md", "ledger.json", "proofs_check/obligations/"
_WIDTH = 160  # of the table where standard output is no terminal


_EPILOG = """\
examples:
  python -m proofs_check BND-01 GAM
  python -m proofs_check --list
  python -m proofs_check GAM-01 --json -
  python -m proofs_check --tier full --check

exit status: 0 every claim is settled and the files are current; 1 not so; 2 bad input (one line on standard
error); 130 interrupted; 141 nobody reads the output. Progress goes to standard error. NO_COLOR is respected.
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"proofs_check: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m proofs_check",
        description="Settle the ledger of claims; in a clone a run of all also writes LEDGER.md and ledger.json.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"proofs_check of theorycalc {__version__}")
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="claims, such as GAM-01, or areas, such as GAM; default all"
    )
    parser.add_argument("--list", action="store_true", help="print ids and titles and stop")
    parser.add_argument("--tier", choices=("fast", "full"), default="fast", help="full also runs the heavy checks")
    parser.add_argument("--json", metavar="FILE", help="write the results to FILE; - for standard output, no table")
    parser.add_argument("--check", action="store_true", help="compare LEDGER.md and ledger.json instead of writing")
    parser.add_argument("--workers", type=_positive, default=min(2, os.cpu_count() or 1), help="processes; default 2")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: use an integer >= 1")
    return int(text)


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command line and return the exit status; ``root`` is where LEDGER.md lies."""
    options = _parser().parse_args(arguments)
    try:
        claims = ledger.all_claims()
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        return _refuse("needs Hypothesis: pip install 'theorycalc[proofs]'")
    if options.list:
        print("\n".join(f"{claim.id} {claim.title}" for claim in claims))
        return 0
    wanted = [name.upper() for name in options.ids]
    if unknown := [name for name in wanted if not any(_meant(name, claim) for claim in claims)]:
        areas = sorted({claim.id.split("-")[0] for claim in claims})
        return _refuse(f"no claim {', '.join(unknown)}: use an id or an area, {', '.join(areas)}; --list shows all")
    if options.check and options.ids:
        return _refuse("--check needs the whole ledger: leave out the ids")
    if options.check and not _is_clone(root):
        return _refuse(f"--check needs a clone: there is no {LEDGER} here")
    if (problem := _unwritable(options.json)) is not None:
        return _refuse(f"--json {problem}")
    chosen = [claim for claim in claims if not wanted or any(_meant(name, claim) for name in wanted)]
    done: list[ClaimResult] = []
    try:
        results = _run(chosen, Tier(options.tier), options.workers, done)
    except KeyboardInterrupt:
        print_table(done, _console())
        print(f"proofs_check: stopped after {len(done)} of {len(chosen)} claims; nothing written", file=sys.stderr)
        return 130
    if options.json == "-":
        sys.stdout.reconfigure(encoding="utf-8") if hasattr(sys.stdout, "reconfigure") else None
        print(to_json(results), end="")
    else:
        print_table(results, _console())
        if options.json is not None:
            try:
                _write(Path(options.json), to_json(results))
            except OSError as error:
                return _refuse(f"--json {options.json}: {error.strerror}")
    status = 0 if all(result.acceptable for result in results) else 1
    if options.ids:
        return status
    return max(status, _files_status(results, root, check=options.check))


def _meant(name: str, claim: Claim) -> bool:
    """Whether a word names a claim: by its id, or by its area."""
    return name in (claim.id, claim.id.split("-")[0])


def _refuse(message: str) -> int:
    print(f"proofs_check: {message}", file=sys.stderr)
    return 2


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDTH)


def _run(claims: Sequence[Claim], tier: Tier, workers: int, done: list[ClaimResult]) -> tuple[ClaimResult, ...]:
    """Run the claims, with a bar where standard error is a terminal and one line per claim elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("claims", total=len(claims))

        def progress(result: ClaimResult) -> None:
            done.append(result)
            bars.update(task, advance=1, description=result.claim.id)
            if not console.is_terminal:
                line = f"[{len(done)}/{len(claims)}] {result.claim.id} {result.status} ({result.seconds:.1f} s)"
                print(line, file=sys.stderr, flush=True)

        return run(claims, tier=tier, workers=workers, progress=progress)


def _files_status(results: Sequence[ClaimResult], root: Path, *, check: bool) -> int:
    """Write the ledger's files, or with ``check`` return 1 if they are not what this run says."""
    from proofs_check import obligations

    if not _is_clone(root):
        print(f"not in a clone: {LEDGER} is not written", file=sys.stderr)
        return 0
    status = 0
    files = {LEDGER: to_markdown(results), RECORD: to_json(results, times=False)}
    files |= {OBLIGATIONS + name: text for name, text in obligations.texts(item.claim for item in results).items()}
    left_over = [path for path in (root / OBLIGATIONS).glob("*.smt2") if OBLIGATIONS + path.name not in files]
    for path in left_over:
        if check:
            print(f"{OBLIGATIONS}{path.name} belongs to no claim: run python -m proofs_check", file=sys.stderr)
            status = 1
        else:
            path.unlink()
            print(f"removed {path}", file=sys.stderr)
    for name, text in files.items():
        file = root / name
        if file.exists() and file.read_bytes() == text.encode():
            continue
        if check:
            print(f"{name} is stale: run python -m proofs_check and commit it", file=sys.stderr)
            status = 1
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, text)
            print(f"wrote {file}", file=sys.stderr)
    return status


def _is_clone(root: Path) -> bool:
    return (root / LEDGER).exists() or (root / "pyproject.toml").exists()


def _unwritable(name: str | None) -> str | None:
    """Say why a file cannot be written, before the long run rather than after it."""
    if name is None or name == "-":
        return None
    if not name or Path(name).is_dir():
        return f"{name!r}: name a file"
    if not Path(name).parent.is_dir():
        return f"{name}: there is no such folder"
    return None


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all; through a link, and straight into what is no regular file."""
    file = file.resolve()
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(text.encode())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def program() -> int:
    """Run the command line as a program: a closed pipe and an interrupt, whenever they come, are exit statuses."""
    try:
        status = main()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("proofs_check: interrupted before there was anything to show", file=sys.stderr)
        return 130
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # keep the interpreter from flushing into the pipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(program())
