"""Think longer: train and test on the same skills with n = 10, 20, 30 examples per prompt, and m = n at test time.

The law for m → ∞ promises that thinking always helps, the more so the larger n.  The exact mean at m = n falls too, but
then it turns: rare prompts take over, and k* is the last step that helps on average.

    python examples/02_think_longer.py [PICTURE]
"""

import sys
from typing import Any

import theorycalc as tc

STEPS = 12


def main(picture: str | None = None) -> dict[int, dict[str, Any]]:
    """Return for each n the exact mean, the population law, and k*; draw them if a file is named."""
    curves = []
    found: dict[int, dict[str, Any]] = {}
    for n in (10, 20, 30):
        setup = tc.Setup(tc.power_law(20, 1), n=n, m=n)
        exact = tc.expected_error(setup, STEPS)
        population = tc.expected_error(setup, STEPS, rung="population")
        curves += [exact, population]
        found[n] = {"k_star": exact.argmin(), "exact": exact.values, "population": population.values}
    if picture:
        from theorycalc.plotting import plot_curves

        plot_curves(curves, path=picture, title="Thinking longer, with longer prompts")
    return found


if __name__ == "__main__":
    for n, answer in main(sys.argv[1] if len(sys.argv) > 1 else None).items():
        best = answer["k_star"]
        print(
            f"n = m = {n}: exact mean {answer['exact'][0]:.4g} at k = 0, {answer['exact'][best]:.4g} at k* = {best}, "
            f"{answer['exact'][STEPS]:.4g} at k = {STEPS} (population law there: {answer['population'][STEPS]:.4g})"
        )
