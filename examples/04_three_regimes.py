"""Three regimes in one picture: m → ∞ (population), d and m → ∞ together (proportional), and the m at hand (exact).

Beside them a simulation of the attention layer.  Its median follows the proportional curve; its mean follows the exact
one until prompts rarer than the sample carry the mean, and there it is flagged as heavy-tailed.

    python examples/04_three_regimes.py [PICTURE]
"""

import sys
from typing import Any

import theorycalc as tc

STEPS, PROMPTS = 12, 4000


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the errors after STEPS steps and k* of the exact mean; draw the curves if a file is named."""
    setup = tc.Setup(tc.power_law(20, 1), n=40, m=40)
    curves = {rung: tc.expected_error(setup, STEPS, rung=rung) for rung in ("population", "exact", "proportional")}
    simulated = tc.montecarlo.expected_error(setup, STEPS, prompts=PROMPTS, seed=0)
    if picture:
        from theorycalc.plotting import plot_curves

        plot_curves([*curves.values(), simulated], path=picture, title="Three regimes, and a simulation")
    return {
        **{rung: float(curve.values[STEPS]) for rung, curve in curves.items()},
        "k_star": curves["exact"].argmin(),
        "exact_curve": curves["exact"].values,
        "simulated_mean": float(simulated.values[STEPS]),
        "stderr": float(simulated.stderr[STEPS]),
        "median": float(simulated.median[STEPS]),
        "heavy_tail": [k for k in range(STEPS + 1) if simulated.heavy_tail[k]],
    }


if __name__ == "__main__":
    for name, value in main(sys.argv[1] if len(sys.argv) > 1 else None).items():
        print(f"{name:>15}: {value}")
