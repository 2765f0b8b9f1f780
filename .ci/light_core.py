"""Check an installation without extras: the calculator imports lightly, computes, and names what it lacks.

Run by the interpreter of an environment that holds the wheel alone, from outside the repository.
"""

import importlib.util
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import theorycalc

EXTRAS = ("matplotlib", "hypothesis", "pytest")
HEAVY = (*EXTRAS, "sympy", "scipy", "typer", "rich", "theorycalc.plotting", "theorycalc.cli")
CURVE = ("curve", "--train", "power:5:0.5", "-n", "5", "-m", "10", "-k", "3")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command without input and return what it said."""
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def faults() -> list[str]:
    """Return one line for everything that is not as it should be."""
    found = []
    script = str(Path(sys.executable).parent / "theorycalc")
    package = Path(theorycalc.__file__).parent

    if not package.is_relative_to(sys.prefix):
        found.append(f"theorycalc was imported from {package}, not from the installed wheel")
    if not (package / "py.typed").is_file():
        found.append("the wheel has no theorycalc/py.typed")
    if importlib.util.find_spec("proofs_check") is None:
        found.append("the wheel has no proofs_check")
    if theorycalc.__version__ != version("theorycalc"):
        found.append(f"__version__ is {theorycalc.__version__}, the wheel's is {version('theorycalc')}")
    found += [f"{name} was installed without an extra" for name in EXTRAS if importlib.util.find_spec(name)]

    probe = f"import sys, theorycalc; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    answer = run(sys.executable, "-W", "error", "-c", probe)
    if answer.returncode or answer.stdout.strip():
        found.append(f"import theorycalc also imports: {answer.stdout.strip()} {answer.stderr.strip()}")

    answer = run(script, "--version")
    if answer.returncode or version("theorycalc") not in answer.stdout:
        found.append(f"theorycalc --version: {answer.returncode} {answer.stdout} {answer.stderr}")

    answer = run(script, *CURVE, "--json")
    if answer.returncode:
        found.append(f"theorycalc {' '.join(CURVE)}: {answer.returncode} {answer.stderr}")
    elif json.loads(answer.stdout)["steps"] != [0, 1, 2, 3]:
        found.append(f"theorycalc {' '.join(CURVE)} --json: {answer.stdout}")

    answer = run(script, *CURVE, "--plot", "curve.png")
    if answer.returncode != 2 or "theorycalc[plot]" not in answer.stderr or "Traceback" in answer.stderr:
        found.append(f"--plot without matplotlib must exit 2 and name theorycalc[plot]: {answer.stderr}")
    return found


if __name__ == "__main__":
    lines = faults()
    print("\n".join(lines) if lines else "the wheel works without extras")
    sys.exit(1 if lines else 0)
