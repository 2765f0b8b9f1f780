"""Selected tasks make thinking pay: the attention layer, simulated, on what three mixtures of tasks leave in it.

Six skills and four tasks.  The test needs skills 1 to 3 strongly; the tasks train them, or others.  Training on all
tasks alike leaves the tested skills so weak that thinking makes long prompts worse; the selected mixture does not, nor
does the one that minimises the error on long prompts.  A second target, out of the tasks' reach, shows what the
surrogate may cost.

    python examples/08_select_then_think.py [PICTURE]
"""

import sys
from dataclasses import replace
from typing import Any

import numpy as np

import theorycalc as tc

STEPS, PROMPTS, N, M = 4, 4000, 100, 150
TASKS = [
    [5, 1, 1, "1/4", "1/4", "1/4"],
    [1, 5, 5, "1/4", "1/4", "1/4"],
    ["1/4"] * 3 + [4, 4, 1],
    ["1/4"] * 3 + [1, 1, 4],
]
TARGET = [4, 3, 3, "1/4", "1/4", "1/4"]
OUT_OF_REACH = [4, 4, 4, 1, 1, 1]


def main(picture: str | None = None) -> dict[str, Any]:
    """Return E_STEPS of each mixture, exact and simulated, and the regret for both targets; draw the curves."""
    alike = [0.25] * 4
    regret = tc.surrogate_regret(tc.Setup(tc.TaskMixture(TASKS, alike), n=N, Sigma=TARGET), STEPS)
    far = tc.surrogate_regret(tc.Setup(tc.TaskMixture(TASKS, alike), n=N, Sigma=OUT_OF_REACH), STEPS)
    found: dict[str, Any] = {}
    curves = []
    for name in ("uniform", "selected", "optimal"):
        weights = next(mixed.weights for mixed in regret.mixtures if mixed.name == name)
        pooled = replace(tc.TaskMixture(TASKS, weights.tolist()).Lambda_bar, label=f"{name} mixture")
        setup = tc.Setup(pooled, n=N, Sigma=TARGET, m=M)
        exact = tc.expected_error(setup, STEPS)
        simulated = tc.montecarlo.expected_error(setup, STEPS, prompts=PROMPTS, seed=1)
        curves += [exact, simulated]
        found[name] = {
            "weights": np.round(weights, 3).tolist(),
            "exact": float(exact.values[STEPS]),
            "simulated": float(simulated.values[STEPS]),
            "stderr": float(simulated.stderr[STEPS]),
            "heavy_tail": bool(simulated.heavy_tail[STEPS]),
        }
    if picture:
        from theorycalc.plotting import plot_curves

        plot_curves(curves, path=picture, title="Thinking on three mixtures of tasks")
    return {**found, "regret": regret.regret, "gain": regret.gain, "regret_out_of_reach": far.regret}


if __name__ == "__main__":
    for name, value in main(sys.argv[1] if len(sys.argv) > 1 else None).items():
        print(f"{name:>19}: {value}")
