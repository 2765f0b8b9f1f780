"""What is in-context regression?  A prompt, its least-squares solution, and the attention layer literally applied.

A prompt shows m examples (x_j, y_j) with y_j = ⟨w*, x_j⟩ and asks for the answer to new x. Nothing in the network
changes between prompts: whatever it learns of w* it must read out of the prompt. Least squares does that in one go. A
trained layer of linear attention does less: one pass moves its guess w by −Γ⁻¹ (1/m) X (Xᵀw − y), a step down the
squared error, preconditioned by what training left in the weights. Here the prompt is written out as the matrix that
the layer reads, the layer is applied as a product of matrices, and the new guess is read off its last column.

    python examples/01_one_prompt.py [PICTURE]
"""

from fractions import Fraction
from typing import Any

import numpy as np
from course import Exercise, Lesson, Slip

import theorycalc as tc
from theorycalc import montecarlo

STEPS = (1, 2, 4, 8)


def solution() -> Fraction:
    """Take one step on the prompt of the exercise, in rationals."""
    one = tc.iterate_cot([[1, 2]], [2, 4], tc.Setup([1], n=2), 1, field=tc.EXACT)
    return Fraction(one.w[1, 0])


LESSON = Lesson(
    number=1,
    title="One prompt",
    goal="Read a prompt as a regression problem, and see the attention layer take one step towards its solution.",
    minutes=15,
    claims=("GAM-03", "COT-01"),
    exercise=Exercise(
        question="One skill, d = 1, trained with Λ = 1 and n = 2, so that Γ = (1 + 1/2)·1 + 1/2 = 2. The prompt shows "
        "x = 1, 2 with y = 2, 4. The guess starts at w = 0. Where is it after one pass?",
        solution=solution,
        because="S = (1 + 4)/2 = 5/2 and w* = 2, so w = Γ⁻¹ S w* = (1/2)(5/2)(2) = 5/2. One pass is a step, not a "
        "solution: here it goes beyond w* = 2.",
        hint="w moves by −Γ⁻¹ (1/m) Σ x_j (x_j w − y_j), with m = 2 examples.",
        slips=(
            Slip(2, "That is w*, which least squares finds. The layer takes one step towards it."),
            Slip(5, "That is (1/m) Σ x_j y_j, a plain gradient step. The layer multiplies it by Γ⁻¹ = 1/2."),
            Slip("5/4", "That is Γ⁻¹ S. It still multiplies w* − w = 2."),
        ),
    ),
)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the layer's guess after one pass, the formula's, and the errors of thought; draw answers to new x."""
    setup = tc.Setup([1, "1/2", "1/4"], n=20, m=12)
    prompt = montecarlo.draw_prompts(setup, 1, seed=0)
    X, w_star = prompt.X[0], prompt.w_star[0]  # (d, m), (d,)
    y = X.T @ w_star
    E = montecarlo.embed(X, y)  # (2d+2, m+1): columns (x_j, y_j, 0, 0), then (0, 0, w, 1)
    V, W = montecarlo.attention_weights(setup)
    after = montecarlo.lsa(E, V, W, 12)  # E + V E (Eᵀ W E)/m
    thought = tc.iterate_cot(X, y, setup, STEPS[-1]).w  # (steps + 1, d), the formula
    if picture:
        draw(thought, w_star, picture)
    return {
        "shape": E.shape,
        "w_star": w_star,
        "least_squares": np.linalg.lstsq(X.T, y, rcond=None)[0],
        "layer": after[4:7, -1],
        "formula": thought[1],
        "error": {k: float(np.sum((thought[k] - w_star) ** 2)) for k in (0, *STEPS)},
    }


def draw(thought: Any, w_star: Any, path: str) -> None:
    from theorycalc.plotting.canvas import canvas, heading
    from theorycalc.plotting.style import CYCLE

    fresh = np.random.default_rng(7).normal(size=(40, 3)) * np.sqrt([1, 1 / 2, 1 / 4])
    with canvas(path, log=False) as (_, axes):
        axes.axline((0, 0), slope=1, color="#999999", lw=1, label="right answers")
        for k, color, marker in zip(STEPS, CYCLE, "osD^", strict=False):
            label = f"after {k} pass{'es' if k > 1 else ''}"
            axes.plot(fresh @ w_star, fresh @ thought[k], marker, color=color, ms=4.5, label=label)
        axes.set_xlabel("right answer  $\\langle w^{*}, x\\rangle$")
        axes.set_ylabel("answer of the layer  $\\langle w_k, x\\rangle$")
        axes.legend(frameon=False)
        heading(axes, "What the layer answers to new questions", "Λ = diag(1, 1/2, 1/4), n = 20, one prompt of m = 12")


def show(numbers: dict[str, Any]) -> str:
    rows, columns = numbers["shape"]
    lines = [f"The prompt is a matrix of {rows} rows and {columns} columns."]
    for name in ("w_star", "least_squares", "layer", "formula"):
        lines.append(f"{name.replace('_', ' '):>14}: {np.array2string(numbers[name], precision=4)}")
    errors = ", ".join(f"{error:.3g} (k = {k})" for k, error in numbers["error"].items())
    return "\n".join([*lines, f"Squared error of the guess after k passes: {errors}"])


if __name__ == "__main__":
    LESSON.run(main, show)
