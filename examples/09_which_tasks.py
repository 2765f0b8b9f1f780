"""Which tasks to train on: handwritten digits, hardness, and a mixture chosen for a target.

Scikit-learn's digits are 1,797 images of 8 × 8 pixels; features are their ten leading principal components. Every
digit of the even-numbered images is a task to train on; the target is a few digits of the odd-numbered ones. The
mixture nearest to it solves a quadratic program, a surrogate of the error, which the sliders hold against all digits
alike and against a mixture of yours. Needs the extra ``data``.

    marimo edit examples/09_which_tasks.py
    python examples/09_which_tasks.py [PICTURE]
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="9. Which tasks to train on")

with app.setup:
    from fractions import Fraction
    from functools import cache
    from typing import Any

    import marimo as mo
    import numpy as np
    from course import Exercise, Lesson, Slip

    import theorycalc as tc

    COMPONENTS, N, M = 10, 200, 200  # principal components; examples in training and test prompts

    def solution() -> Fraction:
        """Solve the selection program of the exercise in rationals."""
        return Fraction(tc.solve_selection([1, 1], [["1/5", 1], [3, 5]], field=tc.EXACT).weights[1])

    TEXT = r"""
    Pooled training on tasks $\Lambda_\ell$ with probabilities $\pi_\ell$ is training on
    $\bar\Lambda = \sum_\ell \pi_\ell\Lambda_\ell$ (MIX-01). The selection minimises
    $\lVert I - \Sigma^{-1}\bar\Lambda\rVert_F^2$, a convex surrogate of the error, whose price has no bound (SEL-05).
    Bars show its probabilities, whiskers 90 % intervals over 200 bootstrap replicates, colours
    $\mathrm{Hard}(\Lambda_\ell) = \operatorname{tr}\Lambda_\ell/\lambda_{\min}(\Lambda_\ell)$.

    What to try:

    1. Move your mixture from all alike (0) to the selected one (1), and watch the error.
    2. Take all digits as the target: then all alike is nearly right.
    3. Think longer: a mixture that trains a needed skill too little is punished with every step (lesson 7).
    4. Does the hardest digit get most? A large $\lambda_{\min}$ provably limits what a task gets (SEL-03); hardness
       alone decides nothing (SEL-04).
    """

    LESSON = Lesson(
        number=9,
        title="Which tasks to train on",
        goal="Choose training tasks for a target, read the certificate, and know when the surrogate misleads.",
        minutes=35,
        before=(2, 7),
        claims=("SEL-01", "SEL-02", "SEL-03", "SEL-04", "SEL-05", "SEL-07", "MIX-01"),
        exercise=Exercise(
            question="Target Σ = I in two skills; tasks Λ₁ = diag(1/5, 1) and Λ₂ = diag(3, 5). Which probability of "
            "the second task minimises ‖I − Σ⁻¹Λ̄‖² with Λ̄ = (1 − p)Λ₁ + p·Λ₂?",
            solution=solution,
            because="(4/5 − 14p/5)² + (4p)² is smallest at p = 14/149 ≈ 0.094. But then λ̄₁ ≈ 0.463 < 1/2, so that "
            "for long training prompts σ₁ > 2γ₁: the selected mixture overthinks, and p = 1/5 does not (SEL-07).",
            hint="Λ̄ = diag(1/5 + 14p/5, 1 + 4p). Set the derivative of (4/5 − 14p/5)² + (4p)² to zero.",
            slips=(
                Slip("2/7", "That meets the first skill exactly and ignores that the second becomes too strong."),
                Slip(0, "That meets the second skill exactly; but the first is five times too weak."),
            ),
        ),
    )


@app.function
@cache
def features() -> tuple[Any, Any]:
    """Return ten principal components of every image, (N, 10), and its digit."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    centred = images - images[::2].mean(axis=0)
    return centred @ np.linalg.svd(centred[::2], full_matrices=False)[2][:COMPONENTS].T, labels


@app.function
def study(target: tuple[int, ...], share: float, steps: int) -> dict[str, Any]:
    """Return the selected mixture with intervals, and errors of it, of all alike, and of a mixture in between."""
    scores, labels = features()
    train = np.arange(len(labels)) % 2 == 0
    tasks = {f"digit {digit}": scores[train & (labels == digit)] for digit in range(10)}
    wanted = scores[~train & np.isin(labels, target)]
    found = tc.bootstrap_selection(wanted, tasks, replicates=200, seed=0, method="ledoit-wolf", assume_centered=True)
    program, weights = found.selection.program, found.selection.weights
    setup = tc.Setup(tc.TaskMixture(program.covariances, [1 / 10] * 10), n=N, Sigma=program.Sigma)
    regret = tc.surrogate_regret(setup, steps, starts=4)
    yours = share * weights + (1 - share) / 10
    mixed = setup.replace(Lambda=tc.TaskMixture(program.covariances, (yours / yours.sum()).tolist()))
    error = {name: regret.error(name) for name in ("uniform", "selected", "optimal")}
    error["yours"] = float(tc.expected_error(mixed, steps, rung="population").values[steps])
    simulated = tc.montecarlo.expected_error(mixed.replace(m=M), steps, prompts=300, seed=0).median[steps]
    named = ", ".join(f"{100 * weights[ell]:.0f} % {program.names[ell]}" for ell in np.argsort(-weights)[:3])
    said = f"For {' and '.join(map(str, target))} train on {named}: after {steps} steps of thought the error is "
    said += f"{error['selected']:.2g}, against {error['uniform']:.2g} for all digits alike and {error['optimal']:.2g} "
    said += (
        f"for the best mixture found.\n\nThe duality gap {found.selection.duality_gap():.0e} certifies the selection. "
    )
    said += f"Yours has {error['yours']:.3g}; the layer itself, on prompts of m = {M}, has the median {simulated:.3g}."
    return {"found": found, "error": error, "simulated": float(simulated), "said": said}


@app.function
def draw(answer: dict[str, Any], picture: str | None = None) -> Any:
    """Draw the selected probabilities with their intervals, coloured by hardness."""
    return answer["found"].plot(picture, title="Digits to train on")


@app.function
def main(picture: str | None = None) -> dict[str, Any]:
    """Return what the controls show at first; draw it if a file is named."""
    answer = study((1, 7), 0.5, 5)
    if picture:
        draw(answer, picture)
    return answer


@app.cell(hide_code=True)
def _():
    if LESSON.is_run():
        LESSON.run(main, lambda numbers: numbers["said"])
    mo.vstack([mo.md(LESSON.card()), mo.md(TEXT)])
    return


@app.cell
def _():
    target_choice = mo.ui.multiselect([*"0123456789"], value=["1", "7"], label="digits of the target")
    share_slider = mo.ui.slider(0, 1, step=0.05, value=0.5, label="your mixture: share of selected", show_value=True)
    steps_slider = mo.ui.slider(1, 20, value=5, label="k, steps of thought", show_value=True)
    mo.vstack([target_choice, share_slider, steps_slider])
    return share_slider, steps_slider, target_choice


@app.cell
def _(share_slider, steps_slider, target_choice):
    target = tuple(int(digit) for digit in target_choice.value) or (1, 7)
    answer = study(target, share_slider.value, steps_slider.value)
    mo.vstack([draw(answer), mo.md(answer["said"])])
    return


@app.cell(hide_code=True)
def _():
    guess = mo.ui.text(label="Your answer", placeholder="a number such as 2/3")
    mo.vstack([mo.md(f"## Exercise\n\n{LESSON.exercise.question}"), guess])
    return (guess,)


@app.cell(hide_code=True)
def _(guess):
    LESSON.respond(guess.value)
    return


if __name__ == "__main__":
    app.run()
