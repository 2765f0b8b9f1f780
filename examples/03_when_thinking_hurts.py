"""When thinking hurts: train on skills of variance λ_i ∝ 1/i, test on equally strong skills, Σ = I.

A direction with σ_i > 2γ_i diverges: its error is multiplied by |1 − σ_i/γ_i| > 1 in every step, however long the test
prompt is, while directions that were trained well converge.  Longer training prompts make it worse: as n grows, Γ → Λ
loses the ridge tr Λ/n that protects the weak directions.

    python examples/03_when_thinking_hurts.py [PICTURE]
"""

import sys
from typing import Any

import theorycalc as tc

D, M, STEPS = 10, 200, 10


def main(picture: str | None = None) -> dict[int, dict[str, Any]]:
    """Return for each n which directions diverge, and the error curves; draw them if a file is named."""
    curves = []
    found: dict[int, dict[str, Any]] = {}
    for n in (5, 8, 40):
        setup = tc.Setup(tc.power_law(D, 1), n=n, Sigma=tc.isotropic(D), m=M)
        factors = tc.contraction_factors(setup)
        exact = tc.expected_error(setup, STEPS)
        population = tc.expected_error(setup, STEPS, rung="population")
        curves += [exact, population]
        found[n] = {
            "diverging": [i for i, factor in enumerate(factors.factors, 1) if factor < -1],
            "spectral_radius": float(factors.spectral_radius),
            "k_star": exact.argmin(),
            "exact": exact.values,
            "population": population.values,
        }
    if picture:
        from theorycalc.plotting import plot_curves

        plot_curves(curves, path=picture, title="When thinking hurts")
    return found


if __name__ == "__main__":
    for n, answer in main(sys.argv[1] if len(sys.argv) > 1 else None).items():
        best, exact = answer["k_star"], answer["exact"]
        print(
            f"n = {n}: {len(answer['diverging'])} of {D} directions diverge (largest factor "
            f"{answer['spectral_radius']:.3g}); exact mean {exact[0]:.4g} at k = 0, {exact[best]:.4g} at k* = {best}, "
            f"{exact[STEPS]:.4g} at k = {STEPS}"
        )
