"""When thinking hurts: skills that the test needs more than the training gave, and the least that cures it.

Train on skills of variance λ_i = i^(−α), test on equally strong ones, Σ = I. A direction with σ_i > 2γ_i diverges:
every step multiplies its error by |1 − σ_i/γ_i| > 1, however long the test prompt is, while well-trained directions
converge. Longer training prompts make it worse, because Γ loses the ridge tr Λ/n that protects weak skills. The cure
is more training variance where it is missing, and the least amount is known.

    marimo edit examples/07_when_thinking_hurts.py
    python examples/07_when_thinking_hurts.py [PICTURE]
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="7. When thinking hurts")

with app.setup:
    from fractions import Fraction
    from typing import Any

    import marimo as mo
    from course import Exercise, Lesson, Slip

    import theorycalc as tc

    D, M, STEPS, PROMPTS = 10, 200, 10, 500

    def solution() -> int:
        """Ask for the longest training prompts that are safe."""
        longest = tc.longest_safe_training(tc.Setup([1, "1/10"], n=1, Sigma=[1, 1])).longest
        assert longest is not None
        return longest

    TEXT = r"""
    On long prompts direction $i$ is multiplied by $1 - \sigma_i/\gamma_i$ in every step. It converges if
    $\sigma_i < 2\gamma_i$, and overthinks if $\sigma_i > 2\gamma_i$. A prompt of $m = 200$ examples is worse off: the
    eigenvalues of $\Gamma^{-1}S$ scatter about those of $\Gamma^{-1}\Sigma$, and the largest passes 2 first.

    What to try:

    1. Move $n$ from 3 to 60. No direction diverges at first, most of them do in the end. Where
       $\sigma_i \le 2\lambda_i$ no training is too long.
    2. Flatten the training spectrum, $\alpha = 1/4$: the gap closes.
    3. Give the cure. Below dose 1 it diverges, at 1 the worst skill is critical, above it converges. What is added
       helps all skills through the ridge.
    """

    LESSON = Lesson(
        number=7,
        title="When thinking hurts",
        goal="Name the skills that overthink, say why longer training makes it worse, and compute the least cure.",
        minutes=30,
        before=(2, 4, 5),
        claims=("OVT-01", "OVT-02", "OVT-08"),
        exercise=Exercise(
            question="Two skills, Λ = diag(1, 1/10), tested on Σ = I with endless prompts. Which is the largest n, "
            "examples per training prompt, for which thinking does not diverge? (At σ = 2γ the error stays as it is.)",
            solution=solution,
            because="γ₂ = (1 + 1/n)/10 + (11/10)/n = 1/10 + (12/10)/n, and σ₂ = 1 ≤ 2γ₂ up to n = 3. At n = 3 the "
            "skill is critical, beyond it diverges: the ridge is gone.",
            hint="The weak skill decides. Solve 1 = 2γ₂ with γ₂ = (1 + 1/n)/10 + (11/10)/n.",
            slips=(
                Slip(2, "You took γ₂ = λ₂ + tr Λ/n. The first term of Γ is (1 + 1/n)Λ."),
                Slip(4, "At n = 4, γ₂ = 2/5 and σ₂/γ₂ = 5/2 > 2."),
                Slip(0, "Short training prompts do no harm here: the ridge tr Λ/n grows as n falls."),
            ),
        ),
    )


@app.function
def study(alpha: float, n: int, dose: float = 0) -> dict[str, Any]:
    """Return who diverges, the exact curve and a simulation, after adding ``dose`` times the least cure to Λ."""
    bare = tc.Setup(tc.power_law(D, alpha), n=n, Sigma=tc.isotropic(D), m=M)
    cure = tc.overthinking_cure(bare)
    pairs = zip(bare.Lambda.array(tc.EXACT), cure.added, strict=True)
    more = [Fraction(str(lam)) + Fraction(dose) * added for lam, added in pairs]
    setup = bare.replace(Lambda=more) if dose else bare
    verdict = tc.overthinking(setup, steps=STEPS)
    exact = tc.expected_error(setup, STEPS)
    simulated = tc.montecarlo.expected_error(setup, STEPS, prompts=PROMPTS, seed=0)
    share = tc.montecarlo.overthinking_probability(setup, prompts=PROMPTS, seed=0).value
    found: dict[str, Any] = {
        "verdict": verdict,
        "simulated": simulated,
        "diverging": len(verdict.responsible),
        "threshold": float(verdict.threshold),
        "cure": float(cure.relative),
        "longest": tc.longest_safe_training(setup).longest,
        "k_star": exact.argmin(),
        "exact": exact.values,
    }
    most = "any length" if found["longest"] is None else f"up to n = {found['longest']} examples"
    needed = (
        f"The least cure is {100 * found['cure']:.2g} % more training variance." if cure.total else "No cure is due."
    )
    found["said"] = (
        f"On endless prompts {found['diverging']} of {D} directions diverge, the largest σ/γ being "
        f"{found['threshold']:.3g} (limit 2), and training prompts of {most} are safe. On prompts of m = {M} the "
        f"exact mean is smallest at k* = {found['k_star']}, the median at k = {int(simulated.median.argmin())}, and "
        f"{100 * share:.3g} % of the prompts overthink. {needed}"
    )
    return found


@app.function
def draw(found: dict[str, Any], picture: str | None = None) -> Any:
    """Draw the curves, and σ/γ of every skill."""
    from theorycalc.plotting import plot_overthinking

    return plot_overthinking(found["verdict"], estimate=found["simulated"], path=picture)


@app.function
def main(picture: str | None = None) -> dict[str, Any]:
    """Return what the sliders show at first; draw it if a file is named."""
    found = study(1, 8)
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
    alpha_slider = mo.ui.slider(0.25, 1.5, step=0.25, value=1, label="α, decay of training", show_value=True)
    n_slider = mo.ui.slider(3, 60, value=8, label="n, examples in a training prompt", show_value=True)
    dose_slider = mo.ui.slider(0, 3, step=0.25, value=0, label="dose of the least cure", show_value=True)
    mo.vstack([alpha_slider, n_slider, dose_slider])
    return alpha_slider, dose_slider, n_slider


@app.cell
def _(alpha_slider, dose_slider, n_slider):
    found = study(alpha_slider.value, n_slider.value, dose_slider.value)
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
