"""What training leaves in the weights: Γ derived, for every d and n, and then reached by gradient descent.

Train the layer to answer after one pass, on prompts of n examples with feature covariance Λ. The population loss is
quadratic in the trained block V, because the second moment of the sample covariance is E S² = ΛΓ with Γ = (1 + 1/n)Λ
+ (tr Λ/n) I. Its only minimum is V* = −Γ⁻¹/c. So the layer does not apply Λ⁻¹, the inverse of what it was shown, but
Γ⁻¹: a ridge tr Λ/n holds back the weak skills, the more so the shorter the training prompts were. The derivation is
carried out in symbols, checked in rationals, and run as gradient descent.

    python examples/02_derive_gamma.py [PICTURE]
"""

from fractions import Fraction
from typing import Any

import numpy as np
from course import Exercise, Lesson, Slip

import theorycalc as tc

LAMBDA = [1, "1/2", "1/3"]
EPOCHS = 200


def solution() -> Fraction:
    """Ask for the error after one step on an endless prompt, d = 1, n = 3."""
    return Fraction(tc.expected_error(tc.Setup([1], n=3), 1, rung="population", field=tc.EXACT).values[1])


LESSON = Lesson(
    number=2,
    title="What training leaves: Γ",
    goal="Derive Γ from the training loss, and say what it does to weak skills.",
    minutes=25,
    before=(1,),
    claims=("MOM-01", "GAM-01", "GAM-02", "GAM-04", "GAM-05"),
    exercise=Exercise(
        question="One skill, d = 1, Λ = λ, training prompts of n = 3 examples. The test prompt is endless, so that S "
        "= λ, and w* has variance 1. Which squared error is left after one pass from w = 0?",
        solution=solution,
        because="γ = (1 + 1/3)λ + λ/3 = (5/3)λ, the pass learns λ/γ = 3/5 of w*, and (2/5)² = 4/25 is left, whatever "
        "λ.",
        hint="d = 1: tr Λ = λ. What is λ/γ? The error is (1 − λ/γ)².",
        slips=(
            Slip("2/5", "That is the part of w* that is left. The error is its square."),
            Slip("1/16", "You took γ = (1 + 1/n)λ. The ridge tr Λ/n = λ/3 is missing."),
            Slip(0, "That would be so for γ = λ, which needs endless training prompts."),
            Slip("9/25", "That is the square of what was learned, (λ/γ)². What is left is 1 − λ/γ."),
        ),
    ),
)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the steps of the derivation, Γ as an expression and in rationals, and how far descent gets."""
    derivation = tc.derive_gamma()
    setup = tc.Setup(LAMBDA, n=10)
    result = tc.gamma_matrix(setup, field=tc.EXACT)
    trained = tc.attention_weights(setup, field=tc.EXACT)
    V, step = np.zeros((3, 3)), float(tc.largest_step(setup)) / 2  # any step below the largest converges
    for _ in range(EPOCHS):
        V = V - step * tc.loss_gradient(setup, V)
    if picture:
        draw(picture)
    return {
        "steps": [f"{step.title}: {step.equation.lhs} = {step.equation.rhs}" for step in derivation.steps],
        "Gamma": str(derivation.Gamma),
        "diagonal": list(result.Gamma.diagonal()),
        "by_hand": [(1 + Fraction(1, 10)) * Fraction(str(lam)) + Fraction(11, 60) for lam in LAMBDA],
        "residual": result.residual(),
        "loss": tc.population_loss(setup, trained.V_31, field=tc.EXACT),
        "minimal_loss": tc.minimal_loss(setup, field=tc.EXACT),
        "descent_gap": float(np.abs(V - np.asarray(trained.V_31, dtype=float)).max()),
    }


def draw(path: str) -> None:
    from theorycalc.plotting.canvas import canvas, heading
    from theorycalc.plotting.style import CYCLE

    with canvas(path, log=False) as (figure, axes):
        for n, color, marker in zip((2, 10, 50, 250), CYCLE, "osD^", strict=False):
            gamma = np.diag(tc.gamma_matrix(tc.Setup(tc.power_law(12, 1), n=n)).Gamma)
            learned = 1 / np.arange(1, 13) / gamma
            axes.plot(range(1, 13), learned, marker + "-", color=color, ms=4.5, label=f"n = {n}")
        axes.axhline(1, color="#999999", lw=1, ls=(0, (4, 3)), label="Λ⁻¹ would learn all")
        axes.set_ylim(0, 1.06)
        axes.set_xticks(range(1, 13))
        axes.set_xlabel("skill $i$, of variance $\\lambda_i = 1/i$")
        axes.set_ylabel("learned in one pass, $\\lambda_i/\\gamma_i$")
        figure.legend(loc="outside right upper")
        heading(axes, "The ridge tr Λ/n holds back weak skills", "d = 12, matched skills, endless test prompt")


def show(numbers: dict[str, Any]) -> str:
    lines = [f"{i:2}. {step}" for i, step in enumerate(numbers["steps"], 1)]
    lines += ["", f"Γ = {numbers['Gamma']}"]
    lines.append(f"Λ = diag(1, 1/2, 1/3), n = 10: Γ = diag({', '.join(map(str, numbers['diagonal']))})")
    lines.append(f"The trained layer's loss {numbers['loss']} is the minimum {numbers['minimal_loss']}.")
    return "\n".join([*lines, f"Gradient descent is {numbers['descent_gap']:.1e} from V* after {EPOCHS} steps."])


if __name__ == "__main__":
    LESSON.run(main, show)
