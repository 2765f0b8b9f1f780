"""Mutation run: wrong formulas are put into theorycalc one by one, and the tests and the ledger must notice.

    python -m tests.mutation --sample 200 --workers 2 --out DIR

Each mutant (one wrong sign, factor, index, transpose, bound … in one file) lives in a copy of the tree and meets the
tests that mirror its folder, then the fast ledger, then all other tests, up to the first that fails.  Results are
appended to DIR/results.jsonl, so a run that was stopped goes on where it was; DIR/report.md is the page of the run.
A survivor is killed by a new test or control, or argued equivalent in survivors.toml.

This is code of our own because cosmic-ray 8.7 and mutmut 3.8 know neither transposes, matrix products, min and max,
index shifts nor forgotten terms, and run one command per mutant, where here the tests nearest to a formula go first
and the ledger is a stage of its own; with those written as plug-ins, little of either would be left in use.
"""

import argparse
import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from tests.mutation.execute import Bench, Stopped, Unchanged, export, try_out
from tests.mutation.report import markdown
from tests.mutation.sample import Mutant, all_mutants, sample

ROOT = Path(__file__).resolve().parents[2]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sample", type=int, default=200, metavar="N", help="number of mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="mutants at a time; default 2")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="results, kept between runs")
    parser.add_argument("--revision", default="HEAD", help="commit to test; default HEAD")
    parser.add_argument("--tree", type=Path, metavar="DIR", help="test what lies in DIR instead of a commit")
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants whose name contains TEXT")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N of them")
    parser.add_argument("--quick", action="store_true", help="only mirrored tests and ledger; the rest is left open")
    parser.add_argument("--again", action="store_true", help="try survivors of earlier runs again")
    parser.add_argument("--ledger-alone", type=int, default=0, metavar="N", help="also N mutants with the ledger alone")
    parser.add_argument("--factor", type=float, default=10.0, help="time limit, in clean times; default 10")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write the page of the run to FILE")
    parser.add_argument("--list", action="store_true", help="print the sample and stop")
    return parser


class Results:
    """Rows of a JSON lines file, found by mutant, file digest and kind; a row is appended in one write."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, dict[tuple[str, str, str], dict[str, Any]]()
        self._lock = threading.Lock()
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue  # a line cut by a crash
            self.rows[row["mutant"], row["digest"], row["kind"]] = row

    def add(self, row: dict[str, Any]) -> None:
        """Append a row."""
        with self._lock:
            self.rows[row["mutant"], row["digest"], row["kind"]] = row
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(handle, (json.dumps(row, ensure_ascii=False) + "\n").encode())
                os.fsync(handle)
            finally:
                os.close(handle)

    def of(self, mutants: list[Mutant], kind: str) -> dict[str, dict[str, Any]]:
        """Return the rows of these mutants by name."""
        keys = {mutant.name: (mutant.name, mutant.digest, kind) for mutant in mutants}
        return {name: self.rows[key] for name, key in keys.items() if key in self.rows}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 if every tried mutant was killed or argued equivalent, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="mutation-"))
    try:
        title = export(options.tree or ROOT, scratch / "tree", revision=None if options.tree else options.revision)
        everything = all_mutants(scratch / "tree")
        mutants = sample(everything, options.sample or len(everything), options.seed)
        mutants = [mutant for mutant in mutants if options.only in mutant.name][: options.limit]
        if options.list:
            for mutant in mutants:
                print(f"{mutant.name}\n    {mutant.before}\n    {mutant.after}")
            print(f"{len(mutants)} of {len(everything)} mutants", file=sys.stderr)
            return 0
        results = Results(options.out / "results.jsonl")
        alone = sample(mutants, options.ledger_alone, options.seed) if options.ledger_alone else []
        jobs = [(mutant, _part(mutant, results, quick=options.quick, again=options.again)) for mutant in mutants]
        known = results.of(alone, "ledger")
        jobs += [(mutant, "ledger") for mutant in alone if mutant.name not in known]
        jobs = [job for job in jobs if job[1]]
        print(f"{title}: {len(mutants)} of {len(everything)} mutants, {len(jobs)} runs to do", file=sys.stderr)
        whole = _run(jobs, results, scratch, options, title) if jobs else True
        page = markdown(
            mutants, results.of(mutants, "all"), results.of(alone, "ledger"), f"{title}, seed {options.seed}"
        )
        for file in filter(None, (options.out / "report.md", options.report if whole else None)):
            part = file.with_name(f"{file.name}.part")
            part.write_text(page, encoding="utf-8")
            part.replace(file)
        print(f"wrote {options.out / 'report.md'}", file=sys.stderr)
        return 130 if not whole else int("## Survivors\n\nNone." not in page)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _part(mutant: Mutant, results: Results, *, quick: bool, again: bool) -> str:
    """Return which stages a mutant still has to meet; "" for none."""
    row = results.rows.get((mutant.name, mutant.digest, "all"))
    if row is None or (again and row["status"] in ("open", "survived")):
        return "quick" if quick else "all"
    return "rest" if row["status"] == "open" and not quick else ""


def _run(
    jobs: list[tuple[Mutant, str]], results: Results, scratch: Path, options: argparse.Namespace, title: str
) -> bool:
    """Do the jobs, one copy of the tree per worker; return whether all were done."""
    stop = threading.Event()
    benches = []
    for i in range(min(options.workers, len(jobs))):
        shutil.copytree(scratch / "tree", scratch / f"tree-{i}")
        benches.append(Bench(scratch / f"tree-{i}", scratch / f"scratch-{i}", stop))
    unchanged = Unchanged(Bench(scratch / "tree", scratch / "scratch", stop), options.out / "clean.json", title)
    free: queue.Queue[Bench] = queue.Queue()
    for bench in benches:
        free.put(bench)
    started, done = time.monotonic(), 0

    def one(job: tuple[Mutant, str]) -> None:
        nonlocal done
        mutant, part = job
        bench = free.get()
        try:
            outcome = try_out(mutant, bench, unchanged, factor=options.factor, part=part)
        finally:
            free.put(bench)
        kind = "ledger" if part == "ledger" else "all"
        where = {"file": mutant.file, "before": mutant.before, "after": mutant.after}
        results.add({"mutant": mutant.name, "digest": mutant.digest, "kind": kind, **asdict(outcome), **where})
        done += 1
        by = f"{outcome.stage}: {outcome.by}" if outcome.stage else f"{mutant.before}  →  {mutant.after}"
        clock = time.monotonic() - started
        print(f"[{done}/{len(jobs)} {clock:.0f} s] {outcome.status} {mutant.name} {by}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(len(benches)) as pool:
        try:
            for future in [pool.submit(one, job) for job in jobs]:
                future.result()
        except (KeyboardInterrupt, Stopped):
            stop.set()
            pool.shutdown(cancel_futures=True)
            print(f"stopped after {done} of {len(jobs)}; run it again to go on", file=sys.stderr)
            return False
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    print(unchanged.summary(), file=sys.stderr)
    return True


if __name__ == "__main__":
    for name in (signal.SIGINT, signal.SIGTERM):  # also where a shell started this with interrupts ignored
        signal.signal(name, _interrupt)
    sys.exit(main())
