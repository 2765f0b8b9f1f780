"""Selection against cvxpy's default path: the time of each, and the duality gap each reaches.

    pip install cvxpy          (a peer of this benchmark only; no part of theorycalc uses it)
    python -m benchmarks.selection [--quick]

Tasks are spectra of d = 50 with lognormal entries.  The target is out of their reach, or a mixture of all of them: then
many mixtures are optimal.  cvxpy minimises ‖1 − Rᵀπ‖² over the simplex with the solver it picks, as a user would write
it; its time is that of ``Problem.solve`` on a fresh problem, ours that of ``solve_selection`` with everything: checks
of the input, and the shortest of several optima.  Both gaps are judged by the same code, after cvxpy's weights are
put on the simplex.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from theorycalc.selection.nearest_point import measured
from theorycalc.selection.solve import solve_selection

D = 50
SIZES = (50, 500, 5000)


def instance(T: int, *, reached: bool) -> tuple[Any, Any]:
    """Return a target (d,) and tasks (T, d)."""
    rng = np.random.default_rng([T, reached])
    tasks = np.exp(rng.standard_normal((T, D)))
    return (rng.dirichlet(np.ones(T)) @ tasks if reached else 3 * np.exp(rng.standard_normal(D))), tasks


def by_cvxpy(Sigma: Any, tasks: Any) -> Any:
    """Return the weights of cvxpy's default path."""
    import cvxpy

    R = tasks / Sigma
    pi = cvxpy.Variable(len(tasks), nonneg=True)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(1 - R.T @ pi)), [cvxpy.sum(pi) == 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem.solve()
    return np.asarray(pi.value), str(problem.solver_stats.solver_name)


def gap_of(Sigma: Any, tasks: Any, weights: Any) -> float:
    """Return the duality gap of weights put on the simplex."""
    weights = np.maximum(weights, 0)
    return measured(tasks / Sigma, np.ones(D), weights / weights.sum()).gap


def timed(repetitions: int, action: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest of several timings in seconds, and what came out."""
    best, found = float("inf"), None
    for _ in range(repetitions):
        start = time.perf_counter()
        found = action()
        best = min(best, time.perf_counter() - start)
    return best, found


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Compare on each size; ``quick`` leaves out the largest and repeats less."""
    try:
        import cvxpy
    except ImportError:
        raise SystemExit("benchmarks.selection: needs the peer cvxpy: pip install cvxpy") from None
    results: dict[str, dict[str, float]] = {}
    print(f"cvxpy {cvxpy.__version__}; d = {D}, one core")
    with threadpool_limits(limits=1):
        for reached in (False, True):
            for T in SIZES[:2] if quick else SIZES:
                Sigma, tasks = instance(T, reached=reached)
                repetitions = 2 if quick else 5
                ours, found = timed(repetitions, partial(solve_selection, Sigma, list(tasks)))
                theirs, (weights, solver) = timed(repetitions, partial(by_cvxpy, Sigma, tasks))
                row = {
                    "ours": ours,
                    "cvxpy": theirs,
                    "ratio": theirs / ours,
                    "gap": found.duality_gap(),
                    "gap_cvxpy": gap_of(Sigma, tasks, weights),
                }
                name = f"T={T}, target {'reached' if reached else 'out of reach'}"
                results[name] = row
                print(
                    f"{name}: ours {ours * 1e3:.1f} ms, gap {row['gap']:.0e}; cvxpy ({solver}) {theirs * 1e3:.1f} ms, "
                    f"gap {row['gap_cvxpy']:.0e}: ratio {row['ratio']:.1f}"
                )
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out T = 5000: seconds")
    main(parser.parse_args().quick)
