"""The exact rung against its peers: the dictionary recursion, and Monte Carlo to a given accuracy.

    python -m benchmarks.exact_rung [--quick]

Every line is a ratio of two times measured in this one run; the fastest of several repetitions counts.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.dictionary_recursion import exact_error
from theorycalc.error_curves import expected_error
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments.plan import compile_plan
from theorycalc.moments.wishart import wishart_trace_moments
from theorycalc.spectra import Covariance, isotropic, power_law

D, N, M = 50, 100, 100
TARGET = 1e-3  # relative standard error asked of Monte Carlo at every k


def best_of(repetitions: int, action: Callable[[], Any]) -> float:
    """Return the shortest of several timings, in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def dictionary(steps: int, repetitions: int) -> dict[str, float]:
    """Seconds of the dictionary recursion and of the compiled plan, with and without compiling it."""
    setup = Setup(power_law(D, 0.5), n=N, m=M)
    lam = np.arange(1, D + 1) ** -0.5
    gamma = (1 + 1 / N) * lam + lam.sum() / N
    found: list[float] = []
    slow = best_of(1, lambda: found.append(exact_error(lam / gamma, 1 / gamma, gamma, 1 / M, steps)))
    compile_plan.cache_clear()
    cold = best_of(1, lambda: expected_error(setup, steps))
    warm = best_of(repetitions, lambda: expected_error(setup, steps))
    value = expected_error(setup, steps).values[steps]
    if abs(float(np.ravel(found[0])[-1]) - value) > 1e-9 * value:
        raise RuntimeError(f"the two recursions disagree: {found[0]} and {value}")
    return {"dictionary": slow, "cold": cold, "warm": warm, "ratio": slow / warm, "ratio_cold": slow / cold}


def plain_monte_carlo(covariance: Covariance, prompts: int, steps: int) -> tuple[float, np.ndarray[Any, Any]]:
    """Seconds per prompt, and the relative standard deviation of ‖Rᵏ‖_F² at each k, by batched NumPy."""
    lam = np.diag(np.asarray(covariance))
    A = 1 / ((1 + 1 / N) * lam + lam.sum() / N)
    rng = np.random.default_rng(0)
    errors = np.empty((prompts, steps))
    batch = 200
    start = time.perf_counter()
    for first in range(0, prompts, batch):
        X = np.sqrt(lam)[:, None] * rng.standard_normal((batch, D, M))
        R = np.eye(D) - A[:, None] * (X @ X.transpose(0, 2, 1) / M)
        power = R
        for k in range(steps):
            errors[first : first + batch, k] = np.einsum("bij,bij->b", power, power)
            if k + 1 < steps:
                power = power @ R
    seconds = (time.perf_counter() - start) / prompts
    return seconds, errors.std(axis=0) / errors.mean(axis=0)


def against_simulation(name: str, covariance: Covariance, prompts: int, repetitions: int) -> dict[str, float]:
    """Ratio of the time Monte Carlo needs for a relative standard error of 1e−3 at every k <= 10 to the exact curve."""
    setup = Setup(covariance, n=N, m=M)
    expected_error(setup, 10)
    exact = best_of(repetitions, lambda: expected_error(setup, 10))
    per_prompt, spread = plain_monte_carlo(covariance, prompts, 10)
    needed = float(np.max(spread) / TARGET) ** 2
    print(
        f"  {name}: exact {exact * 1e3:.1f} ms; Monte Carlo {per_prompt * 1e6:.0f} µs per prompt, needs {needed:.2g} "
        f"prompts = {per_prompt * needed:.3g} s for {TARGET:g} at every k: ratio {per_prompt * needed / exact:.0f}"
    )
    return {"exact": exact, "simulation": per_prompt * needed, "ratio": per_prompt * needed / exact}


def _long_chain(steps: int, queue: Any) -> None:
    with threadpool_limits(limits=1):
        start = time.perf_counter()
        expected_error(Setup(power_law(D, 0.5), n=N, m=M), steps)
        seconds = time.perf_counter() - start
    queue.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


def long_chain(steps: int) -> dict[str, float]:
    """Seconds and peak GiB of the exact curve to ``steps``, in a fresh process on one core, compiling included."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    child = context.Process(target=_long_chain, args=(steps, queue))
    child.start()
    seconds, gibibytes = queue.get()
    child.join()
    return {"seconds": seconds, "GiB": gibibytes}


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Run all comparisons; ``quick`` uses shorter chains and fewer prompts."""
    repetitions = 3 if quick else 9
    results: dict[str, dict[str, float]] = {}
    with threadpool_limits(limits=1):
        for steps in (8,) if quick else (10, 14):
            row = results[f"dictionary k={steps}"] = dictionary(steps, repetitions)
            print(
                f"exact curve 0…{steps}, d = {D}: dictionary {row['dictionary']:.2f} s, compiled {row['warm']:.3f} s "
                f"({row['cold']:.3f} s with compiling): ratio {row['ratio']:.1f} ({row['ratio_cold']:.1f})"
            )
        print(f"exact curve 0…10 against Monte Carlo, d = {D}, n = {N}, m = {M}:")
        prompts = 400 if quick else 20_000
        for name, covariance in (("isotropic", isotropic(D)), ("λ_i = 1/i", power_law(D, 1))):
            results[name] = against_simulation(name, covariance, prompts, repetitions)
        small = best_of(repetitions, lambda: wishart_trace_moments([1, 2, 3], 7, 20, field=EXACT))
        large = best_of(repetitions, lambda: wishart_trace_moments(isotropic(50), 60, 40, field=EXACT))
        results["moments"] = {"diag(1,2,3), order 20": small, "isotropic d = 50, order 40": large}
        print(
            f"wishart_trace_moments EXACT: diag(1,2,3) order 20 {small:.3f} s; isotropic d = 50 order 40 {large:.3f} s"
        )
        limit = Setup(power_law(1000, 0.5), n=1000, m=2000)
        results["proportional"] = {
            "seconds": best_of(1 if quick else 3, lambda: expected_error(limit, 100, rung="proportional"))
        }
        print(f"proportional rung, d = 1000, k = 100: {results['proportional']['seconds']:.2f} s")
    steps = 12 if quick else 20
    chain = results[f"long chain k={steps}"] = long_chain(steps)
    print(f"exact curve 0…{steps}, d = {D}, fresh process, one core: {chain['seconds']:.1f} s, {chain['GiB']:.2f} GiB")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter chains, fewer prompts: seconds")
    main(parser.parse_args().quick)
