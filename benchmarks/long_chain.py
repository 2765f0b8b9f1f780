"""Long chains in the proportional limit: contour integrals against the recursion of theory section 6.

    python -m benchmarks.long_chain [--quick]

Every ratio is one of two times measured in this one run; the fastest of several repetitions counts for the contour.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from theorycalc.error_curves import expected_error, typical_error
from theorycalc.error_curves.proportional import float_problem
from theorycalc.fields import F64
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.rmt.recursion import limit_chains
from theorycalc.spectra import power_law

D = 50
LONGEST = 10**6
SETUPS = {
    "d < m": Setup(power_law(D, 0.5), n=D, m=2 * D),
    "d = m": Setup(power_law(D, 0.5), n=D, m=D),
    "d > m": Setup(power_law(D, 1), n=10, m=20),
    "overthinking": Setup(power_law(D, 0.5), n=D, m=20),
    "noise": Setup(power_law(D, 0.5), n=D, m=2 * D, noise_var=0.1),
}


def best_of(repetitions: int, action: Callable[[], Any]) -> float:
    """Return the shortest of several timings, in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def turned(d: int) -> Setup:
    """A problem whose Λ and Σ do not commute."""
    rng = np.random.default_rng(0)
    matrices = []
    for _ in range(2):
        U, _ = np.linalg.qr(rng.normal(size=(d, d)))
        matrices.append((U * np.arange(1, d + 1) ** -0.5) @ U.T)
    return Setup(matrices[0], Sigma=matrices[1], n=d, m=2 * d)


def by_recursion(setup: Setup, steps: int) -> tuple[float, float]:
    """Seconds of one run of the plain recursion, without an error estimate, and its last value."""
    problem = float_problem(setup, Metric.ESTIMATION)
    assert setup.m is not None
    start = time.perf_counter()
    found = limit_chains(problem.C, problem.P, problem.Q, problem.multiplicity, float(setup.m), steps, F64)
    return time.perf_counter() - start, float(found.error[-1])


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Run all comparisons; ``quick`` compares at a shorter chain."""
    repetitions = 2 if quick else 5
    results: dict[str, dict[str, float]] = {}
    with threadpool_limits(limits=1):
        for name, setup in SETUPS.items():
            seconds = best_of(repetitions, partial(typical_error, setup, LONGEST))
            found = typical_error(setup, LONGEST)
            results[name] = {"seconds": seconds, "relative error": float(found.relative_error[0])}
            print(
                f"typical error at k = {LONGEST:,}, d = {D}, {name}: {seconds:.2f} s, {found.nodes} nodes, "
                f"{found.decimals[0]} ± {found.relative_error[0]:.0e} relative"
            )
        for d in (50,) if quick else (50, 300):
            setup = turned(d)
            seconds = best_of(repetitions, partial(typical_error, setup, LONGEST))
            results[f"not commuting, d={d}"] = {"seconds": seconds}
            print(f"the same for Λ and Σ that do not commute, d = {d}: {seconds:.2f} s")
        for steps in (200,) if quick else (200, 400, 800):
            setup = SETUPS["d < m"]
            slow, value = by_recursion(setup, steps)
            fast = best_of(repetitions, partial(typical_error, setup, steps))
            gap = abs(typical_error(setup, steps).values[0] / value - 1)
            if gap > 1e-9:
                raise RuntimeError(f"recursion and contour disagree at k = {steps}: relative gap {gap:.1e}")
            results[f"recursion k={steps}"] = {"recursion": slow, "contour": fast, "ratio": slow / fast}
            print(
                f"k = {steps}, d = {D}: recursion {slow:.2f} s, contour with its error estimate {fast:.3f} s: ratio "
                f"{slow / fast:.0f}, relative gap {gap:.0e}"
            )
        steps = 2_000 if quick else 20_000
        curve = best_of(1, lambda: expected_error(SETUPS["d = m"], steps, rung="proportional"))
        results["curve"] = {"steps": steps, "seconds": curve}
        print(f"whole curve 0 … {steps:,}, d = m = {D}: {curve:.2f} s")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter chains for the recursion: seconds")
    main(parser.parse_args().quick)
