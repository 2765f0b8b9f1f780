"""Spectral edges against a dense simulated spectrum and against generic minimisation; phases and phase diagrams.

Run ``python -m benchmarks.edges [--quick]``.  One core.  λᵢ = i^(−1/2), matched, n = m.

* *edges*: `spectral_edges`, both edges to 13 digits;
* *dense*: drawing one prompt and the eigenvalues of Γ^(−1/2) S Γ^(−1/2), which gives the edges to d^(−2/3);
* *generic*: scipy's bounded scalar minimisation of ψ and of −ψ, to the 8 digits that it has of a minimum;
* *support*, *phase*, *diagram*: all gaps; floor, rate and terms; 100 × 100 cells at d = 50.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from threadpoolctl import threadpool_limits

import theorycalc as tc
from theorycalc.fields import Array
from theorycalc.montecarlo import prompt_spectra
from theorycalc.rmt.edges import spectral_edges
from theorycalc.rmt.support import spectral_support


def seconds(call: Callable[[], object], rounds: int) -> float:
    """Return the best processor time of a call."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        call()
        best = min(best, time.process_time() - started)
    return best


def problem(d: int, m: int) -> tuple[tc.Setup, Array]:
    """Return the problem and the spectrum of C."""
    lam = np.arange(1.0, d + 1) ** -0.5
    Gamma = (1 + 1 / m) * lam + lam.sum() / m
    return tc.Setup(lam, n=m, m=m), lam / Gamma


def generic_edges(c: Array, m: int) -> tuple[float, float]:
    """Return both edges for d < m by minimisation of ψ beyond c_max and of −ψ below c_min."""

    def psi(alpha: float) -> float:
        return float(alpha + (alpha * c / (alpha - c)).sum() / m)

    low, high, reach = float(c.min()), float(c.max()), 1 + np.sqrt(c.size / m)
    options: Any = {"xatol": 1e-12, "maxiter": 500}
    top = minimize_scalar(psi, bounds=(high * (1 + 1e-9), high * reach), method="bounded", options=options)
    bottom = minimize_scalar(lambda x: -psi(x), bounds=(0.0, low * (1 - 1e-9)), method="bounded", options=options)
    return -float(bottom.fun), float(top.fun)


def measure(d: int, m: int, rounds: int, *, dense: bool) -> dict[str, float]:
    """Return seconds of each way, and ratios to ``edges``."""
    setup, c = problem(d, m)
    result = {
        "edges": seconds(lambda: spectral_edges(c, m), rounds),
        "support": seconds(lambda: spectral_support(c, m), rounds),
        "phase": seconds(lambda: tc.phase(setup), rounds),
        "generic": seconds(lambda: generic_edges(c, m), rounds),
    }
    found, (low, high) = spectral_edges(c, m), generic_edges(c, m)
    result["generic: error of λ₊"] = abs(high / found.upper - 1)
    result["generic: error of λ₋"] = abs(low / found.lower - 1)
    result["generic / edges"] = result["generic"] / result["edges"]
    if dense:
        with threadpool_limits(limits=1, user_api="blas"):
            started = time.process_time()
            values = prompt_spectra(setup, 1, seed=0)
            result["dense"] = time.process_time() - started
        result["dense: error of λ₊"] = abs(float(values.max()) / found.upper - 1)
        result["dense / edges"] = result["dense"] / result["edges"]
    return result


def main(quick: bool = False) -> dict[str, dict[str, float]]:
    """Print and return the table."""
    rounds = 2 if quick else 5
    results = {
        "d = 10⁴, m = 2·10⁴": measure(10_000, 20_000, rounds, dense=False),
        "d = 10⁴, m = d + 1": measure(10_000, 10_001, rounds, dense=False),
        "d = 500, m = 1000" if quick else "d = 2000, m = 4000": measure(
            500 if quick else 2_000, 1_000 if quick else 4_000, rounds, dense=True
        ),
    }
    setup = tc.Setup(tc.power_law(50, 0.5), n=50)
    results["100 × 100 cells, d = 50"] = {"diagram": seconds(lambda: tc.phase_diagram(setup), rounds)}
    for label, row in results.items():
        print(f"{label}:")
        for name, value in row.items():
            unit = "" if "/" in name else " s" if "error" not in name else " relative"
            print(f"  {name:24s}{value:12.4g}{unit}")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="about ten seconds, coarser")
    main(quick=parser.parse_args().quick)
