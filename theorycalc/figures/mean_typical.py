"""Mean and typical prompt: the mean turns up, the median does not, and how many prompts are to blame."""

from typing import TYPE_CHECKING, Any

from theorycalc.error_curves.curves import expected_error
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import DASHES, curve_rows, line, log_limits, median, panels, points, shade, steps_axis
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import DOUBLE, LOOKS, Look
from theorycalc.results import Rung
from theorycalc.spectra import isotropic, power_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

D, N, STEPS, SEED = 20, 25, 14, 1
M, PROMPTS = 25, 4000
D_B, LENGTHS = 8, (4, 6, 8, 10, 12, 16, 20, 24, 30, 36, 44, 52, 60)
TRAINED = (8, 32)  # training lengths of the second panel
DRAWS = 4000


def data(prompts: int = PROMPTS, draws: int = DRAWS) -> Table:
    """Return the curves of one problem, and the probability that a prompt overthinks over its length."""
    from theorycalc import montecarlo
    from theorycalc.thinking.probability import overthinking_probability

    setup = Setup(power_law(D, "1/2"), n=N, m=M)
    rungs = (Rung.EXACT, Rung.PROPORTIONAL, Rung.POPULATION)
    curves = [expected_error(setup, STEPS, rung=rung) for rung in rungs]
    curves.append(montecarlo.expected_error(setup, STEPS, prompts=prompts, seed=SEED))
    rows: list[dict[str, Any]] = [row for curve in curves for row in curve_rows(curve, bands=True, panel="a")]
    for n in TRAINED:
        for m in LENGTHS:
            short = Setup(isotropic(D_B), n=n, m=m)
            row = {"panel": "b", "n": n, "m": m}
            exact = overthinking_probability(short)
            ends = {"value": float(exact.value), "lower": float(exact.lower), "upper": float(exact.upper)}
            rows.append({**row, "series": "exact", "kind": "exact", **ends})
            drawn = montecarlo.overthinking_probability(short, prompts=draws, seed=SEED)
            if drawn.value > 0:  # a share of 0 has no place on the axis
                ends = {"lower": drawn.lower, "upper": drawn.upper}
                rows.append({**row, "series": "simulation", "kind": "simulated", "value": drawn.value, **ends})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw the curves on the left, and probabilities on the right."""
    left, right = panels(figure, ["one problem, $m$ = $n$", "how many prompts overthink"])
    curves = table.where(panel="a")
    for rung in (Rung.EXACT, Rung.PROPORTIONAL, Rung.POPULATION):
        rows = curves.where(series=str(rung))
        line(left, rung, rows["k"], rows["value"])
    exact = curves.where(series="exact")
    best = int(exact["value"].argmin())
    star: dict[str, Any] = {"ls": "none", "marker": "*", "ms": 8, "mec": "white", "mew": 0.6, "zorder": 10}
    left.plot(best, exact["value"][best], color=LOOKS[Rung.EXACT].color, label=f"its minimum, $k^*$ = {best}", **star)
    points(left, curves.where(series="simulation"))
    median(left, curves.where(series="median"))
    steps_axis(left, int(exact["k"].max()))
    log_limits(left, "y", 1e-3, 1e7)
    left.set_ylabel(r"test error  $\mathrm{E}\,\Vert w_k-w^{*}\Vert^2$")
    left.legend(loc="upper left", ncols=2, handlelength=1.8, columnspacing=0.6)
    shares = table.where(panel="b")
    for i, n in enumerate(TRAINED):
        mine = shares.where(n=n)
        rows, drawn = mine.where(series="exact"), mine.where(series="simulation")
        named = Look(
            f"$n$ = {n}: exact, and simulated", shade(len(TRAINED) - 1 - i, len(TRAINED)), DASHES[i], "", 1.5, 6
        )
        line(right, named, rows["m"], rows["value"])
        points(right, drawn, x="m", color=named.color, label=None)
    right.set_xlabel("examples $m$ of the test prompt")
    right.set_xlim(0, LENGTHS[-1] + 2)
    log_limits(right, "y", 1e-4, 1.5)
    right.set_ylabel(r"P($\lambda_{\max}$ > 2)")
    right.legend(loc="upper right")


FIGURE = Recipe(
    name="mean-typical",
    title="The mean is not the typical prompt",
    caption=(
        f"(a) A matched task with λ_i = i^(−1/2), d = {D}, n = m = {N}: exact mean with its minimum k*, proportional "
        "limit (what a typical prompt sees at this d/m), population law (m → ∞), and a simulation of "
        f"{PROMPTS:,} prompts: mean ± 1 standard error (open where heavy-tailed, not to be trusted), median, and the "
        "band from the 5 % to the 95 % quantile. The mean turns up because of rare prompts whose largest "
        "eigenvalue of Γ^(−1/2) S Γ^(−1/2) exceeds 2. (b) The probability of such a prompt, Λ = Σ = I, "
        f"d = {D_B}, for two training lengths n: the exact law of the largest eigenvalue (line) and the share among "
        f"{DRAWS:,} simulated prompts with its 99 % interval (shares of 0 are not drawn)."
    ),
    claims=("ERR-02", "ERR-05", "RMT-01", "SIM-01", "SIM-02", "OVT-06", "OVT-07"),
    columns={
        "panel": "letter of the panel",
        "series": "rung, simulation, or median over simulated prompts",
        "kind": "how the number was earned",
        "k": "steps of thought (panel a)",
        "value": "test error (a), or probability (b)",
        "lower": "rounding; mean − 1 standard error; 5 % quantile beside a median; end of the interval of a share",
        "upper": "the same above; 95 % quantile beside a median",
        "heavy_tail": "1 where the standard error is not to be trusted",
        "n": "examples per training prompt (panel b)",
        "m": "examples of the test prompt (panel b)",
    },
    size=(DOUBLE, 2.7),
    data=data,
    draw=draw,
)
