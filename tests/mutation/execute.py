"""Copies of the tree, and the stages a mutant must survive in it: mirrored tests, ledger, the other tests."""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.sample import Mutant

_LEDGER = Path(__file__).with_name("claims_first.py")
_PLUGIN = Path(__file__).with_name("without_shrinking.py")
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", _PLUGIN.stem, "--hypothesis-profile=mutation")
_MEMORY = 12 * 2**30  # bytes of address space; beyond, a mutant dies of MemoryError
_CLEAN_SECONDS = 3600.0
_LEAST_SECONDS = 30.0  # no time limit is below this
#: Where a wrong formula shows first, after its own folder.
_NEAREST = ("error_curves", "cot", "hardness", "gamma", "moments", "rmt", "selection", "thinking", "reference")
_LATER = ("", "montecarlo", "cli", "proofs_check")  # "": all others together


@dataclass(frozen=True)
class Outcome:
    """How a mutant ended: at which stage, and what noticed it."""

    status: str  # killed, timeout, survived; open: passed the quick stages
    stage: str  # mirrored tests, ledger, other tests; "" if it survived
    by: str
    seconds: float


class Stopped(Exception):
    """The run was interrupted."""


def export(root: Path, destination: Path, *, revision: str | None) -> str:
    """Copy a commit of the clone ``root``, or with None what lies in the folder now; return what it is called."""
    destination.mkdir(parents=True)
    if revision is not None:
        archive = subprocess.run(["git", "archive", revision], cwd=root, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", str(destination)], input=archive.stdout, check=True)
        short = ["git", "rev-parse", "--short", revision]
        title = subprocess.run(short, cwd=root, check=True, capture_output=True, text=True).stdout.strip()
    else:
        for name in _listed(root):
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, destination / name)
        title = f"{root.name}, {_digest(destination)}"
    shutil.rmtree(destination / "tests" / "mutation", ignore_errors=True)
    # Compiled files that are valid by content: a changed file of the same size and second must not run as the old one.
    compiled = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "theorycalc", "proofs_check"]
    subprocess.run([sys.executable, *compiled], cwd=destination, check=True)
    return title


def _listed(root: Path) -> list[str]:
    """Return the files of a folder, in a clone those that git knows or would add."""
    if not (root / ".git").exists():
        return [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (root / name).is_file()]


def _digest(tree: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(tree.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


class Bench:
    """One copy of the tree, in which one program at a time runs."""

    def __init__(self, tree: Path, scratch: Path, stop: threading.Event) -> None:
        self.tree, self.scratch, self.stop = tree, scratch, stop
        (scratch / "plugin").mkdir(parents=True, exist_ok=True)
        shutil.copy2(_PLUGIN, scratch / "plugin")

    def run(self, command: Sequence[str], limit: float) -> tuple[int | None, str]:
        """Return (exit status, output); None for one that exceeded the limit."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(self.tree), str(self.scratch / "plugin"))),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.scratch / "hypothesis"),
            "CI": "true",  # draws that do not change from run to run
            "THEORYCALC_FORBID_SKIPS": "0",
            "MPLBACKEND": "Agg",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        shutil.rmtree(self.scratch / "hypothesis", ignore_errors=True)
        log = self.scratch / "log"
        with log.open("w") as sink:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            started = time.monotonic()
            while process.poll() is None:
                if self.stop.is_set() or time.monotonic() - started > limit:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    if self.stop.is_set():
                        raise Stopped
                    return None, log.read_text(errors="replace")
                time.sleep(0.05)
        return process.returncode, log.read_text(errors="replace")

    def groups(self, file: str) -> list[list[str]]:
        """Return the test files in runs: those that mirror the file (its own first), then folder by folder."""
        tests = [path.relative_to(self.tree).as_posix() for path in sorted((self.tree / "tests").rglob("test_*.py"))]
        tests = [name for name in tests if name != "tests/proofs_check/test_ledger.py"]  # the ledger is a stage
        doctests = [
            path.relative_to(self.tree).as_posix()
            for package in ("theorycalc", "proofs_check")
            for path in sorted((self.tree / package).rglob("*.py"))
            if ">>> " in path.read_text(encoding="utf-8")
        ]
        stem, area = Path(file).stem, file.split("/")[1].removesuffix(".py")
        runs: dict[str, list[str]] = {}
        for name in [*tests, *doctests, "README.md"]:
            where = _area(name)
            runs.setdefault(where if where in (*_NEAREST, *_LATER) else "", []).append(name)
        nearest = runs.pop(area, [])
        nearest.sort(key=lambda name: (Path(name).stem not in (stem, f"test_{stem}"), name != file))
        return [nearest, *(runs[name] for name in (*_NEAREST, *_LATER) if name in runs)]


class Unchanged:
    """What the unchanged tree does, asked for as needed and kept in a file: no mutant is blamed for it."""

    def __init__(self, bench: Bench, path: Path, title: str) -> None:
        self.bench, self.path, self._lock = bench, path, threading.Lock()
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self._known: dict[str, Any] = (
            known if known.get("title") == title else {"title": title, "seconds": {}, "failing": []}
        )

    def _keep(self) -> None:
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self._known, indent=1))
        part.replace(self.path)

    def tests(self, files: Sequence[str]) -> tuple[float, list[str]]:
        """Return the seconds that these test files take, and the tests in them that fail."""
        with self._lock:
            if not set(files) <= set(self._known["seconds"]):
                report = self.bench.scratch / "clean.xml"
                options = [f"--junitxml={report}", "-o", "junit_family=xunit1"]
                status, output = self.bench.run([*_PYTEST, *options, *files], _CLEAN_SECONDS)
                if status not in (0, 1, 5):  # 1: some fail, 5: there is none
                    raise RuntimeError(f"the unchanged tests do not run:\n{output[-3000:]}")
                self._known["seconds"] |= dict.fromkeys(files, 0.0)
                for case in ET.parse(report).iter("testcase"):
                    file = case.get("file", "")
                    self._known["seconds"][file] = self._known["seconds"].get(file, 0.0) + float(case.get("time", 0))
                self._known["failing"] = sorted({*self._known["failing"], *_failed(output)})
                self._keep()
            failing = [name for name in self._known["failing"] if name.split("::")[0] in files]
            return sum(self._known["seconds"][name] for name in files), failing

    def claims(self) -> dict[str, float]:
        """Return the claims whose checks pass, with their seconds."""
        with self._lock:
            if "claims" not in self._known:
                status, output = self.bench.run(["-P", str(_LEDGER), "", "-"], _CLEAN_SECONDS)
                if status != 0:
                    raise RuntimeError(f"the unchanged ledger does not run:\n{output[-3000:]}")
                self._known["claims"] = json.loads(output.splitlines()[-1])
                self._keep()
            return dict(self._known["claims"])

    def summary(self) -> str:
        """Return what was measured so far."""
        seconds, claims = sum(self._known["seconds"].values()), self._known.get("claims", {})
        failing = ", ".join(self._known["failing"]) or "none"
        return (
            f"unchanged: tests {seconds:.0f} s, {len(claims)} claims {sum(claims.values()):.0f} s; failing: {failing}"
        )


def try_out(mutant: Mutant, bench: Bench, unchanged: Unchanged, *, factor: float, part: str) -> Outcome:
    """Write the mutant into the copy, run the stages up to the first that notices it, and restore the file.

    ``part`` of the stages: "all"; "quick" without the other tests; "rest", which goes on after quick; "ledger".
    """
    near, *others = bench.groups(mutant.file)
    stages: list[tuple[str, list[str] | None]] = [("mirrored tests", near)] if part in ("all", "quick") else []
    stages += [("ledger", None)] if part != "rest" else []
    stages += [("other tests", group) for group in others] if part in ("all", "rest") else []
    path = bench.tree / mutant.file
    source = path.read_text(encoding="utf-8")
    started = time.monotonic()
    try:
        path.write_text(mutant.mutation.apply(source), encoding="utf-8")
        for stage, files in stages:
            if files is None:
                found = _ledger(mutant.area, bench, unchanged, factor)
            else:
                found = _tests(files, bench, unchanged, factor)
            if found is not None:
                return Outcome(found[0], stage, found[1], round(time.monotonic() - started, 1))
        return Outcome("open" if part == "quick" else "survived", "", "", round(time.monotonic() - started, 1))
    finally:
        path.write_text(source, encoding="utf-8")


def _tests(files: Sequence[str], bench: Bench, unchanged: Unchanged, factor: float) -> tuple[str, str] | None:
    seconds, failing = unchanged.tests(files)
    skipped = [f"--deselect={name}" for name in failing]
    command = [*_PYTEST, "-x", "--tb=no", *skipped, *files]
    status, output = bench.run(command, max(_LEAST_SECONDS, factor * seconds))
    if status is None:
        return "timeout", files[0]
    if status in (0, 5):  # 5: no test in these files
        return None
    return "killed", next(iter(_failed(output)), f"pytest exit {status}")


def _ledger(area: str, bench: Bench, unchanged: Unchanged, factor: float) -> tuple[str, str] | None:
    claims = unchanged.claims()
    expected = bench.scratch / "claims.json"
    expected.write_text(json.dumps(claims))
    limit = max(_LEAST_SECONDS, factor * sum(claims.values()))
    status, output = bench.run(["-P", str(_LEDGER), area, str(expected)], limit)
    if status is None:
        return "timeout", "ledger"
    if status == 0:
        return None
    fell = re.search(r"^FELL (\S+)", output, re.MULTILINE)
    return "killed", fell[1] if fell else (output.strip().splitlines() or ["no output"])[-1][:200]


def _area(file: str) -> str:
    """Return the folder that a test file or a module with doctests belongs to; root modules by their own name."""
    parts = file.split("/")
    if parts[0] == "proofs_check":
        return "proofs_check"
    name = parts[-1].removesuffix(".py").removesuffix("_mutants").removeprefix("test_")
    return parts[1] if len(parts) > 2 else name


def _failed(output: str) -> list[str]:
    """Return the node ids of a pytest summary."""
    return re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
