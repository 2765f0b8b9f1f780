"""Mean against typical: who carries the mean error, and what an honest simulation may say about it.

At every finite m a few prompts have a direction with ν > 2, and there the error grows like (ν − 1)^2k: however rare,
they own the mean in the end, so the exact mean diverges while almost every prompt converges. A simulation that
happens to draw none of them reports a mean that is too small, with a standard error that is too small as well. So
look at the median, which follows the proportional limit, and trust a simulated mean only where its tail is not
flagged as heavy.

    python examples/05_mean_and_typical.py [PICTURE]
"""

from fractions import Fraction
from typing import Any

from course import Exercise, Lesson, Slip

import theorycalc as tc

STEPS, PROMPTS = 12, 4000


def solution() -> Fraction:
    """Ask for the exact error after two steps, d = m = 1, n = 2."""
    return Fraction(tc.expected_error(tc.Setup([1], n=2, m=1), 2, field=tc.EXACT).values[2])


LESSON = Lesson(
    number=5,
    title="Mean against typical",
    goal="Tell the mean error from that of a typical prompt, and recognise a simulation that cannot be trusted.",
    minutes=25,
    before=(3, 4),
    claims=("ERR-05", "TRD-03", "SIM-01", "SIM-02"),
    exercise=Exercise(
        question="One skill, Λ = Σ = 1, n = 2, so that γ = 2, and a single test example, m = 1: S = z² with a "
        "standard Gaussian z. What is the exact mean error after two steps, E(1 − z²/2)⁴? (E z², z⁴, z⁶, z⁸ = 1, 3, "
        "15, 105.)",
        solution=solution,
        because="1 − 2·1 + (6/4)·3 − (4/8)·15 + 105/16 = 41/16: two steps make the mean 2.56 times that of not "
        "thinking, although a prompt with the median S, 0.455, is left with 0.356.",
        hint="Expand (1 − s/2)⁴ = 1 − 2s + (3/2)s² − (1/2)s³ + s⁴/16 and insert the moments of s = z².",
        slips=(
            Slip("1/16", "You put the mean of S into the power. The mean of a power is larger: large z² decide it."),
            Slip("3/4", "That is the error after one step, E(1 − z²/2)²."),
            Slip("9/16", "You squared the error after one step; but the same prompt is used in both steps."),
        ),
    ),
)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the errors after STEPS steps on all rungs and simulated; draw the curves if a file is named."""
    setup = tc.Setup(tc.power_law(20, 1), n=40, m=40)
    curves = {rung: tc.expected_error(setup, STEPS, rung=rung) for rung in ("population", "exact", "proportional")}
    simulated = tc.montecarlo.expected_error(setup, STEPS, prompts=PROMPTS, seed=0)
    share = tc.montecarlo.overthinking_probability(setup, prompts=PROMPTS, seed=0)
    if picture:
        from theorycalc.plotting import plot_curves

        plot_curves([*curves.values(), simulated], path=picture, title="Three rungs, and a simulation")
    return {
        **{rung: float(curve.values[STEPS]) for rung, curve in curves.items()},
        "median": float(simulated.median[STEPS]),
        "simulated_mean": float(simulated.values[STEPS]),
        "stderr": float(simulated.stderr[STEPS]),
        "heavy_tail": [k for k in range(STEPS + 1) if simulated.heavy_tail[k]],
        "share": float(share.value),
        "k_star": curves["exact"].argmin(),
    }


def show(numbers: dict[str, Any]) -> str:
    return (
        f"Matched skills λ_i = 1/i, d = 20, n = m = 40; the error after {STEPS} steps:\n"
        f"  law for m → ∞       {numbers['population']:.3g}\n"
        f"  proportional limit  {numbers['proportional']:.3g}\n"
        f"  exact mean          {numbers['exact']:.3g}, after its minimum at k* = {numbers['k_star']}\n"
        f"  simulated median    {numbers['median']:.3g}\n"
        f"  simulated mean      {numbers['simulated_mean']:.3g} ± {numbers['stderr']:.2g}, flagged as heavy-tailed "
        f"from k = {numbers['heavy_tail'][0]} on\n"
        f"{100 * numbers['share']:.2g} % of the prompts overthink; in the long run the mean is theirs."
    )


if __name__ == "__main__":
    LESSON.run(main, show)
