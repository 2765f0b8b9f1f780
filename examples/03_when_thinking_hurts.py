"""When thinking hurts: train on skills of variance λ_i ∝ 1/i, test on equally strong skills, Σ = I.

A direction with σ_i > 2γ_i diverges: its error is multiplied by |1 − σ_i/γ_i| > 1 in every step, however long the test
prompt is, while directions that were trained well converge.  Longer training prompts make it worse: as n grows, Γ → Λ
loses the ridge tr Λ/n that protects the weak directions.  The cure is more training variance where it is missing: the
least that is needed, proved.  The exact mean is not what a prompt sees: the simulated median and the share of prompts
that overthink are beside it.

    python examples/03_when_thinking_hurts.py [PICTURE]
"""

import sys
from typing import Any

import theorycalc as tc

D, M, STEPS, PROMPTS = 10, 200, 10, 500


def main(picture: str | None = None) -> dict[int, dict[str, Any]]:
    """Return for each n which directions diverge, and the error curves; draw them if a file is named."""
    curves = []
    found: dict[int, dict[str, Any]] = {}
    for n in (5, 8, 40):
        setup = tc.Setup(tc.power_law(D, 1), n=n, Sigma=tc.isotropic(D), m=M)
        verdict = tc.overthinking(setup, steps=STEPS)
        exact = tc.expected_error(setup, STEPS)
        population = tc.expected_error(setup, STEPS, rung="population")
        simulated = tc.montecarlo.expected_error(setup, STEPS, prompts=PROMPTS, seed=0)
        share = tc.montecarlo.overthinking_probability(setup, prompts=PROMPTS, seed=0)
        curves += [exact, population]
        found[n] = {
            "diverging": [int(i) + 1 for i in verdict.responsible],
            "threshold": float(verdict.threshold),
            "cure": verdict.cure.relative,
            "longest": verdict.training.longest,
            "k_star": exact.argmin(),
            "median_k_star": int(simulated.median.argmin()),
            "share": share.value,
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
            f"n = {n}: {len(answer['diverging'])} of {D} directions diverge (largest σ/γ {answer['threshold']:.3g}), "
            f"cured by {100 * answer['cure']:.3g} % more training variance; safe up to n = {answer['longest']}\n"
            f"    exact mean {exact[0]:.4g} at k = 0, {exact[best]:.4g} at k* = {best}, {exact[STEPS]:.4g} at k = "
            f"{STEPS}; the median prompt is best at k = {answer['median_k_star']}; "
            f"{100 * answer['share']:.3g} % of prompts overthink"
        )
