"""Long chains of isotropic problems in exact arithmetic: the recurrence against the plan and against zonal polynomials.

    python -m benchmarks.isotropic [--quick]

Every line is a ratio of two times measured in this one run; the values are compared, and must be equal.
"""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Any

from threadpoolctl import threadpool_limits

from theorycalc.error_curves import expected_error
from theorycalc.error_curves.exact_fields import field_values
from theorycalc.fields import BALL, EXACT
from theorycalc.model import Setup
from theorycalc.moments.isotropic import isotropic_trace_moment
from theorycalc.moments.plan import compile_plan
from theorycalc.results import Metric
from theorycalc.spectra import isotropic

D = N = M = 50


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return (seconds, result)."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def by_plan(setup: Setup, steps: int) -> Any:
    """The curve by the compiled recursion, compiling included."""
    compile_plan.cache_clear()
    return [EXACT.public(value) for value in field_values(setup, steps, Metric.ESTIMATION, EXACT)]


def by_zonal_polynomials(setup: Setup, steps: int) -> list[Fraction]:
    """The curve by E tr W^r = sums over O(r²) shapes, and the binomial sum of E tr (I − aW)^{2k}."""
    assert setup.m is not None
    gamma = 1 + Fraction(1 + setup.d, setup.n)
    a = 1 / (gamma * setup.m)
    moments = [Fraction(setup.d)] + [isotropic_trace_moment(setup.d, setup.m, r) for r in range(1, 2 * steps + 1)]
    zero = Fraction(0)
    return [sum((comb(2 * k, r) * (-a) ** r * moments[r] for r in range(2 * k + 1)), zero) for k in range(steps + 1)]


def compared(name: str, steps: int, slow: Callable[[Setup, int], Any]) -> dict[str, float]:
    """Print and return the seconds of both ways, and their ratio."""
    setup = Setup(isotropic(D), n=N, m=M)
    fast_time, fast = timed(lambda: expected_error(setup, steps, field=EXACT).values)
    slow_time, values = timed(lambda: slow(setup, steps))
    if list(fast) != list(values):
        raise RuntimeError(f"the recurrence and the {name} disagree")
    print(
        f"EXACT curve 0…{steps}, Λ = Σ = I, d = n = m = {D}: {name} {slow_time:.2f} s, recurrence {fast_time:.4f} s: "
        f"ratio {slow_time / fast_time:.0f}"
    )
    return {"recurrence": fast_time, "peer": slow_time, "ratio": slow_time / fast_time}


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Run all comparisons; ``quick`` uses shorter chains."""
    results: dict[str, dict[str, float]] = {}
    with threadpool_limits(limits=1):
        for steps in (13,) if quick else (14, 16):
            results[f"plan k={steps}"] = compared("compiled plan", steps, by_plan)
        for steps in (15,) if quick else (20, 40, 60):
            results[f"zonal k={steps}"] = compared("zonal polynomials", steps, by_zonal_polynomials)
        setup = Setup(isotropic(D), n=N, m=M)
        for steps in (200,) if quick else (1000, 2000):
            for field in (EXACT, BALL(200)):
                seconds, curve = timed(lambda k=steps, f=field: expected_error(setup, k, field=f))  # type: ignore[misc]
                results[f"{field.name} k={steps}"] = {"seconds": seconds}
                digits = float(curve.values[steps].numerator.bit_length()) if field is EXACT else 0
                size = f", numerator of {digits:,.0f} bits" if digits else ""
                print(f"{field.name} curve 0…{steps}: {seconds:.2f} s{size}")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a run of seconds")
    main(parser.parse_args().quick)
