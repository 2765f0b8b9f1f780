"""The error curve and its rungs: how wrong is the answer after k steps, on average over prompts, and who says so?

Three formulas give E‖w_k − w*‖². The population law lets the test prompt be endless. The proportional limit lets d
and m grow together: what a typical large prompt sees. The exact rung is the mean at the d, m and k at hand, a
polynomial in 1/m. They agree for small k and long prompts, and part by orders of magnitude elsewhere: the sliders
show where.

    marimo edit examples/04_error_and_its_rungs.py
    python examples/04_error_and_its_rungs.py [PICTURE]
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="4. The error curve and its rungs")

with app.setup:
    from fractions import Fraction
    from typing import Any

    import marimo as mo
    from course import Exercise, Lesson, Slip

    import theorycalc as tc

    D, RUNGS = 20, ("population", "exact", "proportional")

    def solution() -> Fraction:
        """Ask the calculator for the exact error of the exercise."""
        return Fraction(tc.expected_error(tc.Setup([1], n=2, m=4), 1, field=tc.EXACT).values[1])

    TEXT = r"""
    The error after $k$ steps, with $w_0 = 0$ and $w^\ast \sim N(0, I)$, is
    $E_k = \mathbb E\,\lVert w_k - w^\ast\rVert^2 = \mathbb E\operatorname{tr} R^k (R^k)^{\mathsf T}$ with
    $R = I - \Gamma^{-1}S$. A *rung* is one way to compute it:

    | rung | replaces $S$ by | is |
    |:---|:---|:---|
    | population | $\Sigma$ | $\sum_i (1 + n\lambda_i/(\lambda_i + \operatorname{tr}\Lambda))^{-2k}$, matched |
    | proportional | its limit as $d, m \to \infty$, $d/m$ fixed | what a typical large prompt sees |
    | exact | nothing | the mean over prompts, a polynomial of degree $2k - 1$ in $1/m$ |

    What to try:

    1. Move $m$ from 20 to 1000 and watch where the population law is lost. To keep it within a factor of 2, $m$ must
       grow like $k^2$ (BND-09).
    2. Move $n$ up: the law promises more, and the exact mean keeps less of it.
    3. Compare equal skills, $\alpha = 0$, with steep ones, $\alpha = 3/2$.
    """

    LESSON = Lesson(
        number=4,
        title="The error curve and its rungs",
        goal="Choose the formula that answers your question about the test error, and say when the others mislead.",
        minutes=30,
        before=(2, 3),
        claims=("HRD-02", "ERR-01", "ERR-02", "ERR-04", "RMT-01", "BND-09"),
        exercise=Exercise(
            question="One skill, Λ = Σ = 1, n = 2, so that γ = 2, and a test prompt of m = 4 examples. What is the "
            "exact mean error after one step? (S is the mean of four squares of standard Gaussians; its variance is "
            "2/4.)",
            solution=solution,
            because="E(1 − S/2)² = (1 − 1/2)² + Var(S)/4 = 1/4 + 1/8 = 3/8. The population law sees the 1/4 only.",
            hint="E(1 − S/γ)² = (1 − E S/γ)² + Var(S)/γ².",
            slips=(
                Slip("1/4", "That is the population law, m → ∞. A prompt of four examples adds the variance of S."),
                Slip("5/16", "You took Var(S) = 1/m. The square of a standard Gaussian has variance 2, not 1."),
                Slip("3/4", "You added the variance of S, 1/2, without dividing it by γ² = 4."),
            ),
        ),
    )


@app.function
def study(alpha: float, n: int, m: int, steps: int = 12) -> dict[str, Any]:
    """Return the curve of every rung for matched skills λ_i = i^(−alpha), d = 20, and a sentence about them."""
    setup = tc.Setup(tc.power_law(D, alpha), n=n, m=m)
    curves = {rung: tc.expected_error(setup, steps, rung=rung) for rung in RUNGS}
    last = {rung: float(curve.values[steps]) for rung, curve in curves.items()}
    best, pairs = curves["exact"].argmin(), zip(curves["exact"].values, curves["population"].values, strict=True)
    lost = next((k for k, (exact, law) in enumerate(pairs) if exact > 2 * law), None)
    said = [
        f"After {steps} steps the error is {last['population']:.3g} for an endless prompt,",
        f"{last['proportional']:.3g} in the proportional limit and {last['exact']:.3g} exactly.",
        f"The exact mean is smallest at k* = {best}." if best < steps else "The exact mean falls as far as shown.",
        "The population law is never" if lost is None else f"From k = {lost} on the population law is",
        "more than a factor of 2 too small.",
    ]
    return {"curves": curves, "last": last, "k_star": best, "lost": lost, "said": " ".join(said)}


@app.function
def draw(found: dict[str, Any], picture: str | None = None) -> Any:
    """Draw the three curves."""
    from theorycalc.plotting import plot_curves

    return plot_curves(list(found["curves"].values()), path=picture, title="One error, three rungs")


@app.function
def main(picture: str | None = None) -> dict[str, Any]:
    """Return what the sliders show at first; draw it if a file is named."""
    found = study(1, 40, 40)
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
    alpha_slider = mo.ui.slider(0, 1.5, step=0.25, value=1, label="α, decay of the skills", show_value=True)
    n_slider = mo.ui.slider(5, 200, step=5, value=40, label="n, examples in a training prompt", show_value=True)
    m_slider = mo.ui.slider(20, 1000, step=20, value=40, label="m, examples in the test prompt", show_value=True)
    mo.vstack([alpha_slider, n_slider, m_slider])
    return alpha_slider, m_slider, n_slider


@app.cell
def _(alpha_slider, m_slider, n_slider):
    found = study(alpha_slider.value, n_slider.value, m_slider.value)
    mo.vstack([draw(found), mo.md(found["said"])])
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
