"""Phases and safe thinking: what becomes of a typical prompt when thinking goes on and on.

In the proportional limit the eigenvalues of N = Γ^{-1/2} S Γ^{-1/2} lie in an interval [λ₋, λ₊], and at 0 if d > m.
Its edges decide: the error falls exponentially if they lie strictly between 0 and 2, polynomially if one is exactly
there, stays above a floor if d > m, and grows if λ₊ > 2. With matched skills m ≥ n is safe for every spectrum; one
spectrum alone needs less.

    marimo edit examples/08_phases.py
    python examples/08_phases.py [PICTURE]
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="8. Phases and safe thinking")

with app.setup:
    from typing import Any

    import marimo as mo
    import numpy as np
    from course import Exercise, Lesson, Slip

    import theorycalc as tc

    D, PROMPTS = 20, 200

    def solution() -> int:
        """Ask for the shortest safe prompt."""
        shortest = tc.safe_context(tc.Setup(tc.isotropic(4), n=5)).m
        assert shortest is not None
        return shortest

    TEXT = r"""
    A step of thought multiplies the error in an eigendirection of $N$ by $1 - \nu$, so a typical error behaves like
    $\rho^{2k}$ with $\rho = \max(|1 - \lambda_-|, |1 - \lambda_+|)$.

    What to try:

    1. Shorten the prompt at $n = 40$ until $\lambda_+$ passes 2. Which $m$ is it, and what does the sentence below
       call safe?
    2. Set $n = 10$ and $m = 15 < d$. Directions that the prompt never shows stay unknown: the error has a floor.
    3. Set $m \ge n$ and try every spectrum: it never overthinks (SAF-01).
    4. Set $\alpha = 0$ and $d = n = m = 20$: exactly critical, and the phase is polynomial.
    """

    LESSON = Lesson(
        number=8,
        title="Phases and safe thinking",
        goal="Predict from two edges of a spectrum whether a typical prompt improves, saturates or overthinks.",
        minutes=25,
        before=(3, 5),
        claims=("RMT-02", "RMT-03", "RMT-07", "RMT-08", "SAF-01", "SAF-03", "SAF-06"),
        exercise=Exercise(
            question="Four equal skills, Λ = Σ = I, n = 5. Then N has the population eigenvalue c = n/(n + 1 + d) = "
            "1/2 and the edges c(1 ± √(d/m))². Which is the shortest test prompt with which a typical prompt does not "
            "overthink?",
            solution=solution,
            because="(1/2)(1 + √(4/m))² ≤ 2 iff √(4/m) ≤ 1, m ≥ 4: fewer than the n = 5 that are safe for every "
            "spectrum.",
            hint="Solve c(1 + √(d/m))² = 2 for m.",
            slips=(
                Slip(5, "m ≥ n is safe for every spectrum; this one is content with less."),
                Slip(1, "At m = 1 the upper edge is (1/2)(1 + 2)² = 9/2."),
                Slip(3, "At m = 3 the upper edge is (1/2)(1 + √(4/3))² = 2.32."),
            ),
        ),
    )


@app.function
def study(alpha: float, n: int, m: int) -> dict[str, Any]:
    """Return the phase of matched skills λ_i = i^(−alpha), the shortest safe prompt, and simulated eigenvalues."""
    setup = tc.Setup(tc.power_law(D, alpha), n=n, m=m)
    phase, safe = tc.phase(setup), tc.safe_context(setup)
    sample = np.ravel(tc.montecarlo.prompt_spectra(setup, prompts=PROMPTS, seed=0))
    lower, upper = float(phase.edges.lower), float(phase.edges.upper)
    share = tc.montecarlo.overthinking_probability(setup, prompts=PROMPTS, seed=0).value
    said = (
        f"Edges {lower:.3g} and {upper:.3g}. The phase is {phase.words}. Prompts of m ≥ {safe.m} examples are safe for "
    )
    said += f"this spectrum. {100 * share:.3g} % of {PROMPTS} simulated prompts overthink."
    names = {"setup": setup, "phase": phase, "lower": lower, "upper": upper, "safe": safe.m, "share": share}
    return {**names, "sample": sample, "said": said}


@app.function
def draw(found: dict[str, Any], picture: str | None = None) -> Any:
    """Draw the limiting spectrum over a histogram of simulated eigenvalues."""
    from theorycalc.plotting import plot_phase

    return plot_phase(found["phase"], sample=found["sample"], path=picture)


@app.function
def chart(found: dict[str, Any]) -> Any:
    """Draw the map of phases of this spectrum, with the problem at hand as a point."""
    from theorycalc.plotting import plot_phase_diagram

    n, m = found["setup"].n, found["setup"].m
    x, y = np.linspace(0.02, max(2, 1.1 * D / m), 60), np.linspace(0.02, max(3, 1.1 * n / m), 60)
    figure = plot_phase_diagram(tc.phase_diagram(found["setup"], x_values=x, y_values=y))
    figure.axes[0].plot(D / m, n / m, "o", ms=11, mfc="white", mec="black", mew=2, zorder=5)
    return figure


@app.function
def main(picture: str | None = None) -> dict[str, Any]:
    """Return what the sliders show at first; draw it if a file is named."""
    found = study(1, 40, 25)
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
    alpha_slider = mo.ui.slider(0, 2, step=0.25, value=1, label="α, decay of the skills", show_value=True)
    n_slider = mo.ui.slider(5, 100, step=5, value=40, label="n, examples in a training prompt", show_value=True)
    m_slider = mo.ui.slider(5, 100, value=25, label="m, examples in the test prompt", show_value=True)
    mo.vstack([alpha_slider, n_slider, m_slider])
    return alpha_slider, m_slider, n_slider


@app.cell
def _(alpha_slider, m_slider, n_slider):
    found = study(alpha_slider.value, n_slider.value, m_slider.value)
    mo.vstack([draw(found), mo.md(found["said"]), chart(found)])
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
