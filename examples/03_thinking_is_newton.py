"""Thinking is a pseudo-Newton iteration: the chain of thought on one prompt, step by step, with sliders.

Every step of thought is w ← w − Γ⁻¹S(w − w*). Newton's method would use S⁻¹ and be done at once; a plain gradient
step uses I. The layer uses what it learned, Γ⁻¹. Whether the chain converges is decided by the eigenvalues ν of Γ⁻¹S:
the error in such a direction is multiplied by 1 − ν in every step, so it shrinks if 0 < ν < 2 and grows beyond.

    marimo edit examples/03_thinking_is_newton.py
    python examples/03_thinking_is_newton.py [PICTURE]
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="medium",
    app_title="3. Thinking is a pseudo-Newton iteration",
)

with app.setup:
    from fractions import Fraction
    from typing import Any

    import marimo as mo
    import numpy as np
    from course import Exercise, Lesson, Slip

    import theorycalc as tc

    RULES = {"Γ⁻¹, the trained layer": "gamma", "S⁻¹, Newton": "newton", "I, plain gradient": "gradient"}

    def solution() -> int:
        """Return the best of the first ten numbers of steps."""
        shrinks, grows = (1 - Fraction(1, 2)) ** 2, (1 - Fraction(5, 2)) ** 2
        return min(range(10), key=lambda k: shrinks**k + grows**k / 100)

    TEXT = r"""
    Every step of thought is $w \leftarrow w - A\,S\,(w - w^\ast)$, where $S = \frac1m XX^{\mathsf T}$ belongs to the
    prompt and $A$ is how it is read. The error $w_k - w^\ast$ is $(I - AS)^k (w_0 - w^\ast)$, so in the long run the
    eigenvalues $\nu$ of $AS$ decide.

    What to try:

    1. Short prompts, $m = 2$ or 3, with several seeds: when does the chain diverge?
    2. Newton's $S^{-1}$. It needs one step, but no fixed layer can apply it: $S$ is different in every prompt.
    3. The plain gradient, which is slow in the weak skill.
    4. Long training, $n = 60$, on short prompts: $\Gamma$ loses its ridge, and steps become bolder.
    """

    LESSON = Lesson(
        number=3,
        title="Thinking is a pseudo-Newton iteration",
        goal="Predict from two eigenvalues whether thinking on a given prompt converges, and when to stop if not.",
        minutes=20,
        before=(1, 2),
        claims=("GAM-03", "COT-01", "COT-02"),
        exercise=Exercise(
            question="On some prompt Γ⁻¹S has the eigenvalues 1/2 and 5/2. At k = 0 the squared error is 1 in the "
            "first direction and only 1/100 in the second (in the norm of Γ, where the two add up). When should one "
            "stop: at which k is it smallest?",
            solution=solution,
            because="The error is (1/4)^k + (9/4)^k/100: 1.01, 0.27, 0.113, 0.130, … The second direction diverges, "
            "but it starts so small that two steps pay.",
            hint="A step multiplies the squared errors by (1 − ν)², here 1/4 and 9/4. Write the first four.",
            slips=(
                Slip(0, "The second direction does diverge, but it is tiny at first. Follow the sum."),
                Slip(6, "That is where the error exceeds that of not thinking. When was it smallest?"),
            ),
        ),
    )


@app.function
def study(n: int, m: int, seed: int, rule: str = "gamma", steps: int = 12) -> dict[str, Any]:
    """Think on one prompt of two skills, λ = 1 and 1/4; return the path and the eigenvalues that decide."""
    setup = tc.Setup([1, "1/4"], n=n, m=m)
    prompt = tc.montecarlo.draw_prompts(setup, 1, seed=seed)
    S, w_star = prompt.X[0] @ prompt.X[0].T / m, prompt.w_star[0]
    A = {"gamma": tc.gamma_matrix(setup).Gamma_inv, "newton": np.linalg.pinv(S), "gradient": np.eye(2)}[rule]
    w = [np.zeros(2)]
    for _ in range(steps):
        w.append(w[-1] - A @ S @ (w[-1] - w_star))
    error = np.sum((np.array(w) - w_star) ** 2, axis=1)
    nu = np.sort(np.linalg.eigvals(A @ S).real)
    fate = "converges" if nu[-1] < 2 else f"diverges, and was best at k = {int(error.argmin())}"
    said = f"The eigenvalues {nu[0]:.3g} and {nu[1]:.3g} multiply errors by {1 - nu[0]:.3g} and {1 - nu[1]:.3g}. The "
    said += f"chain {fate}. Squared error: {error[0]:.3g}, {error[1]:.3g} after 1 step, {error[-1]:.3g} after {steps}."
    return {"w": np.array(w), "w_star": w_star, "S": S, "nu": nu, "error": error, "said": said}


@app.function
def draw(found: dict[str, Any], picture: str | None = None) -> Any:
    """Draw the squared error on the prompt as a landscape, with the path of the guess."""
    from theorycalc.plotting.canvas import canvas, heading
    from theorycalc.plotting.style import BLUE, VERMILLION

    w, w_star = found["w"], found["w_star"]
    reach = 1.3 * float(np.abs(w_star).max()) + 0.3
    x, y = np.meshgrid(np.linspace(-reach, reach, 121) + w_star[0] / 2, np.linspace(-reach, reach, 121) + w_star[1] / 2)
    gap = np.stack([x - w_star[0], y - w_star[1]])
    with canvas(picture, log=False) as (figure, axes):
        height = np.sqrt(np.einsum("iab,ij,jab->ab", gap, found["S"], gap))
        axes.contourf(x, y, height, levels=14, cmap="Greys", alpha=0.6)
        axes.plot(*w.T, "o-", color=BLUE, ms=5, lw=1.4, label="guesses $w_0, w_1, \\dots$")
        axes.plot(*w_star, "*", color=VERMILLION, ms=15, label="task $w^{*}$")
        axes.set(xlim=(x.min(), x.max()), ylim=(y.min(), y.max()), xlabel="skill 1, λ = 1", ylabel="skill 2, λ = 1/4")
        figure.legend(loc="outside right upper", title="grey: squared error\non the prompt", alignment="left")
        small, large = found["nu"]
        heading(axes, "One chain of thought", f"eigenvalues of AS: {small:.3g} and {large:.3g}; beyond 2 it diverges")
    return figure


@app.function
def main(picture: str | None = None) -> dict[str, Any]:
    """Return what the sliders show at first; draw it if a file is named."""
    found = study(10, 8, 0)
    if picture:
        draw(found, picture)
    return found


@app.cell(hide_code=True)
def _():
    if LESSON.is_run():
        LESSON.run(main, lambda numbers: numbers["said"])
    mo.vstack([mo.md(LESSON.card()), mo.md(TEXT)])
    return


@app.cell
def _():
    n_slider = mo.ui.slider(1, 60, value=10, label="n, examples in a training prompt", show_value=True)
    m_slider = mo.ui.slider(2, 60, value=8, label="m, examples in this prompt", show_value=True)
    seed_slider = mo.ui.slider(0, 30, value=0, label="seed of the prompt", show_value=True)
    rule_choice = mo.ui.radio(RULES, value=next(iter(RULES)), label="A, how the prompt is read", inline=True)
    mo.vstack([n_slider, m_slider, seed_slider, rule_choice])
    return m_slider, n_slider, rule_choice, seed_slider


@app.cell
def _(m_slider, n_slider, rule_choice, seed_slider):
    found = study(n_slider.value, m_slider.value, seed_slider.value, rule_choice.value)
    mo.vstack([draw(found), mo.md(found["said"])])
    return


@app.cell(hide_code=True)
def _():
    guess = mo.ui.text(label="Your answer", placeholder="a number")
    mo.vstack([mo.md(f"## Exercise\n\n{LESSON.exercise.question}"), guess])
    return (guess,)


@app.cell(hide_code=True)
def _(guess):
    LESSON.respond(guess.value)
    return


if __name__ == "__main__":
    app.run()
