"""Think longer: how much training context does a step of thought save, and when does it save nothing?

On endless test prompts thinking always helps, and the training length n(k) that a target error needs falls with every
step: k steps need less than 1/k of the context that one step needs. On test prompts as long as the training prompts,
m = n, the frontier is a valley: the exact mean of a long chain belongs to rare prompts, and only longer prompts make
those rarer. On test prompts of fixed length m a target can be lost for every n. So "more thinking for less context"
is a statement about long test prompts.

    python examples/06_think_longer.py [PICTURE]
"""

from fractions import Fraction
from typing import Any

from course import Exercise, Lesson, Slip

import theorycalc as tc

STEPS = (1, 2, 4, 8, 16, 32)


def solution() -> int:
    """Search for the smallest n."""
    found = tc.smallest_context(tc.Setup([1, 1], n=1), 2, Fraction(2, 625)).n
    assert found is not None
    return found


LESSON = Lesson(
    number=6,
    title="Think longer",
    goal="Trade training context against thinking for a given error, and know where the trade breaks down.",
    minutes=25,
    before=(4, 5),
    claims=("TRD-01", "TRD-02", "TRD-04", "TRD-07", "HRD-01"),
    exercise=Exercise(
        question="Two equal skills, Λ = Σ = I, endless test prompts. After k steps the error is 2 (h/(n + h))^(2k) "
        "with h = 1 + Hard(Λ). Which is the smallest n with which two steps reach an error of 2/625?",
        solution=solution,
        because="Hard(I) = tr I/1 = 2, h = 3, and (3/(n + 3))⁴ = 1/625 at n + 3 = 15. One step would need n = 72.",
        hint="Hard(Λ) = tr Λ/λ_min. Solve (h/(n + h))⁴ = 1/625 = (1/5)⁴.",
        slips=(
            Slip(8, "You took h = Hard(Λ) = 2. It is 1 + Hard(Λ)."),
            Slip(72, "That is what one step needs: the error holds the 2k-th power, here the fourth."),
            Slip(15, "That is n + h."),
        ),
    ),
)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return n(k) on endless prompts and with m = n, and a target that is lost for every n; draw the valley."""
    long = tc.frontier(tc.Setup(tc.power_law(20, 1), n=1), [1, "1/10"], STEPS)
    tied = tc.frontier(tc.Setup(tc.power_law(4, "1/2"), n=1), "4/5", 8, rung="exact", tie_m=True, everywhere=False)
    lost = tc.smallest_context(tc.Setup([1], n=1, m=1), 3, "4/5", rung="exact")
    if picture:
        from theorycalc.plotting import plot_frontier

        plot_frontier(tied, path=picture, title="With m = n the frontier is a valley")
    return {"long": long.lengths(1), "tied": tied.lengths("4/5"), "lost": lost}


def show(numbers: dict[str, Any]) -> str:
    lines = ["Training examples that k steps of thought need."]
    for name, steps, key in (
        ("λ_i = 1/i, d = 20, m = ∞, error 1", STEPS, "long"),
        ("λ_i = i^(−1/2), d = 4, m = n, error 4/5", range(1, 9), "tied"),
    ):
        lines.append(f"  {name}: " + ", ".join(f"{n} (k = {k})" for k, n in zip(steps, numbers[key], strict=True)))
    lines.append(f"One skill, m = 1, error 4/5, three steps: {numbers['lost'].verdict}")
    return "\n".join(lines)


if __name__ == "__main__":
    LESSON.run(main, show)
