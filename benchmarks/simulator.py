"""The simulator against its bare BLAS calls, and against the literal attention layer; microseconds per prompt.

Run ``python benchmarks/simulator.py [--quick]``.  One core: BLAS is held to one thread, no worker processes.

* *bare*: the matrix products that the fast path needs and nothing else (`np.matmul` into ready buffers);
* *propagation*: what the simulator does with prompts already drawn: load them, propagate, record every error;
* *end to end*: `expected_error` itself: drawing d·m normals per prompt, the layer check, statistics.

Drawing is the rest of the price: NumPy's ziggurat takes 7.5 ns per normal and has no faster sibling (float32 is no
faster; Box–Muller by np.tan of the half angle takes 4.5 ns where NumPy has AVX-512 kernels and 13 ns elsewhere).

Cost grows as d²m + kd³ (averaged over tasks) or kdm (drawn tasks), plus 8 ns for each of the dm normals.
"""

import argparse
import time
from collections.abc import Callable, Mapping

import numpy as np
from threadpoolctl import threadpool_limits

from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.montecarlo import attention_weights, chain_of_thought, draw_prompts, expected_error
from theorycalc.montecarlo.problem import Problem, as_problem
from theorycalc.montecarlo.prompts import draw_features, streams
from theorycalc.montecarlo.recursion import ErrorMap
from theorycalc.montecarlo.shards import batch_size, fill_errors
from theorycalc.results import Metric

ROUNDS = 8


def fastest(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the best processor time of each call in seconds; the calls take turns on the same machine."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - started)
    return best


def bare_products(problem: Problem, X: Array) -> Callable[[], None]:
    """Return a call that makes the matrix products of the fast path on garbage, into ready buffers."""
    b, d, m = X.shape
    width = problem.width
    states = [np.full((b, d, width), 0.5), np.empty((b, d, width))]
    gram, R = np.empty((b, d, d)), np.full((b, d, d), 1.0 / d)
    projection = np.empty((b, m, width))
    # A diagonal start needs no product for the first step.
    products = problem.steps - (problem.formed and problem.average_tasks and problem.start.ndim == 1)

    def formed() -> None:
        np.matmul(X, X.swapaxes(1, 2), out=gram)
        for k in range(products):
            np.matmul(R, states[k % 2], out=states[1 - k % 2])

    def factored() -> None:
        for k in range(products):
            np.matmul(X.swapaxes(1, 2), states[k % 2], out=projection)
            np.matmul(X, projection, out=states[1 - k % 2])
            states[1 - k % 2].fill(0.5)  # the products alone would leave the float range

    return formed if problem.formed else factored


def measure(setup: Setup, steps: int, *, average_tasks: bool, prompts: int, rounds: int) -> dict[str, float]:
    """Return microseconds per prompt of each way, and the ratios to the bare products."""
    problem = as_problem(setup, steps=steps, metric=Metric.ESTIMATION, average_tasks=average_tasks)
    batch = batch_size(problem)
    repeats = max(1, min(prompts // 4, 1000) // batch)
    source, X = streams(0, 0), np.empty((batch, problem.d, problem.m))
    draw_features(source.features, problem.features, X)
    R, values, bare = ErrorMap(problem, batch), np.empty((batch, steps + 1)), bare_products(problem, X)

    def repeated(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(repeats):
                call()

        return run

    def propagate() -> None:
        R.load(X)
        fill_errors(R, source, values)

    buffer = np.empty_like(X)
    with threadpool_limits(limits=1, user_api="blas"):
        calls = {
            "bare": repeated(bare),
            "propagation": repeated(propagate),
            "drawing": repeated(lambda: draw_features(source.features, problem.features, buffer)),
        }
        result = {name: 1e6 * s / batch / repeats for name, s in fastest(calls, rounds).items()}
        whole = {
            "end to end": lambda: expected_error(setup, steps, prompts=prompts, seed=0, average_tasks=average_tasks)
        }
        result["end to end"] = 1e6 * fastest(whole, rounds)["end to end"] / prompts
    result["propagation / bare"] = result["propagation"] / result["bare"]
    result["end to end / bare"] = result["end to end"] / result["bare"]
    result["end to end / (bare + drawing)"] = result["end to end"] / (result["bare"] + result["drawing"])
    return result


def literal_layer(setup: Setup, steps: int, prompts: int) -> float:
    """Return microseconds per prompt of the attention layer itself."""
    drawn, weights = draw_prompts(setup, prompts, seed=0), attention_weights(setup)
    with threadpool_limits(limits=1, user_api="blas"):
        seconds = fastest({"layer": lambda: chain_of_thought(drawn.X, drawn.y, weights, steps=steps)}, 3)["layer"]
    return 1e6 * seconds / prompts


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Print and return the table for λ_i = i^(−1/2), d = n = 50, m = 100, k = 10, and how cost grows."""
    lam = np.arange(1.0, 51.0) ** -0.5
    setup, prompts, rounds = Setup(lam, n=50, m=100), 4_000 if quick else 20_000, 4 if quick else ROUNDS
    results = {
        "averaged over tasks": measure(setup, 10, average_tasks=True, prompts=prompts, rounds=rounds),
        "drawn tasks": measure(setup, 10, average_tasks=False, prompts=prompts, rounds=rounds),
    }
    if not quick:
        for label, other, steps in (
            ("averaged, k = 20", setup, 20),
            ("averaged, m = 200", setup.replace(m=200), 10),
            ("averaged, d = 100", Setup(np.arange(1.0, 101.0) ** -0.5, n=50, m=100), 10),
        ):
            results[label] = measure(other, steps, average_tasks=True, prompts=prompts // 4, rounds=rounds)
    for label, row in results.items():
        print(f"{label}:")
        for name, value in row.items():
            print(f"  {name:32s}{value:9.2f}{'' if '/' in name else ' µs/prompt'}")
    layer = literal_layer(setup, 10, 8 if quick else 64)
    results["literal layer"] = {"layer": layer, "layer / end to end": layer / results["drawn tasks"]["end to end"]}
    print(f"literal layer: {layer:.0f} µs/prompt")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="about three seconds, coarser")
    main(quick=parser.parse_args().quick)
