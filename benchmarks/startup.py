"""How long the command line takes to start, against a bare interpreter and against importing typer.

Run ``python -m benchmarks.startup [--quick]``.  Fresh processes, one after the other in turn, so that a load on the
machine meets all alike; the median of the rounds.
"""

import argparse
import statistics
import subprocess
import sys
import time

BARE, TYPER = "python -c pass", "python -c 'import typer'"
COMMANDS: dict[str, tuple[str, ...]] = {
    BARE: ("-c", "pass"),
    TYPER: ("-c", "import typer"),
    "python -c 'import theorycalc'": ("-c", "import theorycalc"),
    "theorycalc --version": ("-m", "theorycalc", "--version"),
    "theorycalc --help": ("-m", "theorycalc", "--help"),
    "theorycalc curve --help": ("-m", "theorycalc", "curve", "--help"),
    "theorycalc hardness --train power:50:0.5": ("-m", "theorycalc", "hardness", "--train", "power:50:0.5"),
}


def seconds(words: tuple[str, ...]) -> float:
    """Return how long a fresh interpreter takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="3 rounds instead of 15")
    rounds = 3 if parser.parse_args().quick else 15
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, words in COMMANDS.items():
            times[name].append(seconds(words))
    median = {name: statistics.median(found) for name, found in times.items()}
    print(f"{'':42} {'seconds':>8} {'/ bare':>8} {'/ typer':>8}")
    for name, found in median.items():
        print(f"{name:42} {found:8.3f} {found / median[BARE]:8.1f} {found / median[TYPER]:8.2f}")


if __name__ == "__main__":
    main()
