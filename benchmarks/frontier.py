"""The iso-error frontier against the obvious way: a root finder that asks for one error curve after the other.

    python -m benchmarks.frontier [--quick]

Both find the smallest training length for every target and every number of steps, on the exact rung.  The root finder
doubles and halves n as if the error fell in n, so it proves nothing; it is timed on every fifth target, and scaled.
"""

import argparse
import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from theorycalc.error_curves import expected_error
from theorycalc.model import Setup
from theorycalc.moments.plan import compile_plan
from theorycalc.spectra import power_law
from theorycalc.thinking.frontier import Frontier, frontier

D, M = 50, 500
EVERY = 5  # the root finder is timed on every fifth target


def by_root_finding(setup: Setup, k: int, target: float, longest: int = 10**6) -> int | None:
    """Return an n that reaches the target, unlike n − 1, found by doubling and halving; None beyond ``longest``."""

    def reached(n: int) -> bool:
        return bool(expected_error(setup.replace(n=n), k).values[k] <= target)

    high = 1
    while not reached(high):
        high *= 2
        if high > longest:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def compare(targets: int, steps: int) -> dict[str, float]:
    """Seconds of both ways for a number of targets and k = 1 … steps, and how often they agree."""
    setup = Setup(power_law(D, 0.5), n=1, m=M)
    errors = np.geomspace(20, 0.05, targets)
    compile_plan(steps)
    expected_error(setup, steps)  # what both ways need once
    start = time.perf_counter()
    found = frontier(setup, errors, steps, rung="exact")
    fast = time.perf_counter() - start
    timed = range(0, targets, EVERY)
    start = time.perf_counter()
    lengths: dict[tuple[int, int], Any] = {}
    lengths |= {(row, k): by_root_finding(setup, k, float(errors[row])) for row in timed for k in range(1, steps + 1)}
    slow = (time.perf_counter() - start) * targets / len(timed)
    return {"frontier": fast, "root finding": slow, "ratio": slow / fast, "agree": _agreement(found, lengths)}


def _agreement(found: Frontier, lengths: dict[tuple[int, int], Any]) -> float:
    """The share of pairs on which both ways agree; the root finder steps over what lies between powers of two."""
    same = [found.n[row, k - 1] == n for (row, k), n in lengths.items()]
    return float(sum(same) / len(same))


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Run the comparison; ``quick`` takes fewer targets and shorter chains."""
    results: dict[str, dict[str, float]] = {}
    with threadpool_limits(limits=1):
        for targets, steps in ((10, 4),) if quick else ((50, 8), (50, 10)):
            row = results[f"{targets} targets, k <= {steps}"] = compare(targets, steps)
            print(
                f"frontier, d = {D}, m = {M}, {targets} targets, k = 1 … {steps}, every n certified: "
                f"{row['frontier']:.2f} s; root finding {row['root finding']:.0f} s (scaled): ratio {row['ratio']:.0f};"
                f" they agree on {100 * row['agree']:.0f} % of the pairs"
            )
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer targets, shorter chains: seconds")
    main(parser.parse_args().quick)
