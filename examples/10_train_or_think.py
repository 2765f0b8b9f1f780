"""Train or think: what stopping early leaves, and how thinking makes up for it.

Gradient descent on the population loss is linear, so the layer is known after every step t of training: it thinks
with A_t = Γ⁻¹(I − (I − ηΛΓ)ᵗ) in place of Γ⁻¹. Strong skills are learned first. For weak ones stopping early acts
like an extra ridge of size 1/(ηλt). On endless prompts and matched skills j·k steps of thought after t of training
are at least as good as k steps of thought after j·t of training. Under a skill gap, early stopping can even cure
overthinking.

    python examples/10_train_or_think.py [PICTURE]
"""

from fractions import Fraction
from typing import Any

from course import Exercise, Lesson, Slip

import theorycalc as tc

STEPS = (1, 2, 4, 5, 6, 8, 16, 32)


def solution() -> Fraction:
    """Ask for the error after one step of training and two of thought."""
    curve = tc.training_curve(tc.Setup([2], n=2), 1, "1/16", steps=2, field=tc.EXACT)
    return Fraction(curve.error[1, 2])


LESSON = Lesson(
    number=10,
    title="Train or think",
    goal="Trade steps of training against steps of thought, and say why stopping early can be better.",
    minutes=25,
    before=(2, 6, 7),
    claims=("GAM-04", "GAM-05", "GAM-08", "GAM-09", "GAM-10"),
    exercise=Exercise(
        question="One skill, Λ = Σ = 2, n = 2, so that γ = 4 and ΛΓ = 8; step size η = 1/16, V₀ = 0, endless test "
        "prompt. What is the error after one step of training and two of thought?",
        solution=solution,
        because="A₁ = (1 − 1/2)/4 = 1/8, a step of thought leaves 1 − 2/8 = 3/4, and (3/4)⁴ = 81/256. Two steps of "
        "training and one of thought leave 25/64 = 100/256: here the second unit was better spent on thinking "
        "(GAM-10).",
        hint="A_t = (1 − (1 − 8η)ᵗ)/γ. A step of thought multiplies the weight that is left by 1 − 2A_t.",
        slips=(
            Slip("25/64", "That is two steps of training and one of thought. It is the other way round."),
            Slip("9/16", "That is after one step of thought, or you did not square the weight that is left."),
            Slip("1/16", "That is for the fully trained layer, A = 1/4: (1 − 1/2)⁴."),
        ),
    ),
)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return t(k) for an error of 1, and errors along training under a skill gap; draw the frontier."""
    matched = tc.Setup(tc.power_law(50, "1/2"), n=50)
    half = tc.largest_step(matched) / 2
    frontiers = [
        tc.training_frontier(matched, error, steps=list(range(1, 33)), step_size=half) for error in (1, "1/10")
    ]
    gap = tc.Setup(tc.power_law(50, 1), n=20, Sigma=tc.isotropic(50))
    along = tc.training_curve(gap, list(range(101)), tc.largest_step(gap) / 2, steps=8)
    if picture:
        from theorycalc.plotting import plot_training_frontier

        plot_training_frontier(frontiers, path=picture, title="Training against thinking")
    return {
        "epochs": {k: int(frontiers[0].epochs[k - 1]) for k in STEPS},
        "best_epoch": int(along.best_epochs[8]),
        "best": float(along.error[:, 8].min()),
        "end": float(tc.expected_error(gap, 8, rung="population").values[8]),
    }


def show(numbers: dict[str, Any]) -> str:
    pairs = ", ".join(f"{'never' if t < 0 else t} (k = {k})" for k, t in numbers["epochs"].items())
    return (
        f"λ_i = i^(−1/2), d = n = 50, half the largest step size. Steps of training for an error of 1: {pairs}.\n"
        f"λ_i = 1/i, tested on Σ = I, d = 50, n = 20, eight steps of thought: {numbers['best']:.3g} after "
        f"{numbers['best_epoch']} steps of training, {numbers['end']:.2g} at the end of training."
    )


if __name__ == "__main__":
    LESSON.run(main, show)
