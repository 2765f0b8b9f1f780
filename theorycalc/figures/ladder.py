"""The ladder of rungs: one problem at three lengths of the test prompt, on every rung and simulated."""

from typing import TYPE_CHECKING, Any

from theorycalc.error_curves.curves import expected_error
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import below, curve_rows, line, log_limits, panels, points, steps_axis
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import DOUBLE
from theorycalc.results import Rung
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

D, N, STEPS, SEED = 50, 50, 12, 0
PROMPTS = {100: 2000, 500: 1000, 5000: 300}  # of each length m
RUNGS = (Rung.EXACT, Rung.PROPORTIONAL, Rung.EXPANSION, Rung.POPULATION, Rung.BOUND)


def data(prompts: dict[int, int] | None = None) -> Table:
    """Return the test error on every rung for three lengths of the test prompt."""
    from theorycalc import montecarlo

    rows = []
    for panel, (m, count) in zip("abc", (prompts or PROMPTS).items(), strict=False):
        setup = Setup(power_law(D, "1/2"), n=N, m=m)
        curves = [expected_error(setup, STEPS, rung=rung) for rung in RUNGS]
        curves.append(montecarlo.expected_error(setup, STEPS, prompts=count, seed=SEED))
        rows += [row for curve in curves for row in curve_rows(curve, panel=panel, m=m)]
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw one panel for each m."""
    lengths = table.numbers("m")
    axes = panels(figure, [f"$m$ = {m:,}" for m in lengths], sharey=True)
    legend: list[Any] = []
    for part, m in zip(axes, lengths, strict=True):
        mine = table.where(m=m)
        legend = []
        for rung in RUNGS:
            rows = mine.where(series=str(rung))
            if rung is Rung.BOUND:
                legend.append(line(part, rung, rows["k"][2:], rows["value"][2:], label="Corollary 3.5"))
                alone = {"ls": "none", "marker": "v", "ms": 3.5}
                legend.append(line(part, rung, rows["k"][1], rows["value"][1], label="Theorem 3.3", **alone))
                continue
            legend.append(line(part, rung, rows["k"], rows["value"]))
        legend += points(part, mine.where(series="simulation"))
        steps_axis(part, STEPS)
    log_limits(axes[0], "y", 1e-4, 4e2)
    axes[0].set_ylabel(r"test error  $\mathrm{E}\,\Vert w_k-w^{*}\Vert^2$")
    below(figure, legend, 4)


FIGURE = Recipe(
    name="ladder",
    title="The ladder of rungs",
    caption=(
        f"Test error after k steps of thought for a matched task with λ_i = i^(−1/2), d = {D}, n = {N}, at three "
        "lengths m of the test prompt. Lines: the exact mean; the proportional limit (d, m → ∞ at this d/m); the "
        "series in 1/m to second order; the population law (m → ∞); Corollary 3.5, which bounds that law and not the "
        "mean. Triangle: the bound of Theorem 3.3. Diamonds: simulated mean ± 1 standard error over "
        + ", ".join(f"{count:,}" for count in PROMPTS.values())
        + " prompts in (a), (b), (c)."
    ),
    claims=("ERR-02", "ERR-11", "RMT-01", "BND-01", "BND-02", "BND-03", "SIM-01"),
    columns={
        "panel": "letter of the panel",
        "m": "examples of the test prompt",
        "series": "rung, or simulation",
        "kind": "how the number was earned",
        "k": "steps of thought",
        "value": "test error E‖w_k − w*‖²",
        "lower": "lower end: bound of the rounding, or mean − 1 standard error",
        "upper": "upper end",
        "heavy_tail": "1 where the standard error is not to be trusted",
    },
    size=(DOUBLE, 2.6),
    data=data,
    draw=draw,
)
