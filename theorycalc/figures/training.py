"""Training time against thinking: the test error along training, and the training that a target needs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import DASHES, line, log_limits, panels, shade
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import DOUBLE, GREY, LOOKS, Look
from theorycalc.results import Rung
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

D, N, M, STEP_SIZE = 8, 40, 200, "2/5"
SHOWN = (1, 2, 4, 8)  # steps of thought
EPOCHS, TIMES, PROMPTS, SEED = 1000, 9, 1000, 2
TARGETS = ("2", "1/2", "1/10")
LAST = 64  # steps of the second panel


def setup() -> Setup:
    """Return the problem of both panels."""
    return Setup(power_law(D, 1), n=N, m=M)


def data(prompts: int = PROMPTS, epochs: int = EPOCHS) -> Table:
    """Return the error along training, in theory and of a trained layer, and the least training for each target."""
    from theorycalc import montecarlo
    from theorycalc.thinking.training import training_curve
    from theorycalc.thinking.training_frontier import training_frontier

    times = np.unique(np.geomspace(1, epochs, 25).round().astype(int))
    curve = training_curve(setup(), times, STEP_SIZE, steps=max(SHOWN), rung="exact")
    rows: list[dict[str, Any]] = []
    for k in SHOWN:
        for i, t in enumerate(curve.epochs):
            row = {"panel": "a", "series": "exact", "kind": "exact", "k": k, "t": int(t)}
            ends = {"lower": curve.lower[i, k], "upper": curve.upper[i, k]}
            rows.append({**row, "value": curve.error[i, k], **ends})
    run = montecarlo.train_layer(setup(), epochs=epochs, step_size=STEP_SIZE)
    wanted = np.unique(np.geomspace(1, epochs, TIMES).round().astype(int))
    recorded = run.epochs[np.unique([int(np.argmin(np.abs(np.log(run.epochs[1:] / t)))) + 1 for t in wanted])]
    for t in recorded.tolist():
        weights = run.weights_at(t)
        seen = montecarlo.learned_error(setup(), max(SHOWN), weights=weights, prompts=prompts, seed=SEED)
        for k in SHOWN:
            row = {"panel": "a", "series": "layer", "kind": "trained", "k": k, "t": t, "value": seen.values[k]}
            ends = {"lower": seen.lower[k], "upper": seen.upper[k]}
            rows.append({**row, **ends, "heavy_tail": int(seen.heavy_tail[k])})
    for target in TARGETS:
        found = training_frontier(setup().replace(m=None), target, steps=LAST, step_size=STEP_SIZE)
        for k, t in zip(found.steps, found.epochs, strict=True):
            if k > 0:
                row = {"panel": "b", "series": "frontier", "kind": "limit", "k": int(k), "target": float(found.target)}
                rows.append({**row, "t": None if t < 0 else int(t)})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw curves along training, and frontiers of training against thinking."""
    titles = ["the error along training", "training that a target needs, $m$ → ∞"]
    left, right = panels(figure, titles)
    curves = table.where(panel="a")
    marks = "os^D"
    for i, k in enumerate(curves.numbers("k")):
        exact, seen = curves.where(k=k, series="exact"), curves.where(k=k, series="layer")
        paint = shade(i, len(SHOWN))
        line(left, Look("", paint, "-", "", 1.5, 4), exact["t"], exact["value"], label=None)
        for mask, face in ((seen["heavy_tail"] == 0, paint), (seen["heavy_tail"] == 1, "white")):
            if not np.any(mask):
                continue
            bars = np.stack([seen["value"] - seen["lower"], seen["upper"] - seen["value"]])[:, mask]
            style: dict[str, Any] = {"ls": "none", "marker": marks[i], "ms": 3, "color": paint, "mfc": face}
            style |= {"elinewidth": 0.8, "capsize": 1.5, "zorder": 6, "label": f"$k$ = {k}" if face == paint else None}
            left.errorbar(seen["t"][mask], seen["value"][mask], yerr=bars, **style)
    log_limits(left, "x", 0.9, 1.15 * curves["t"].max())
    log_limits(left, "y", curves["value"].min() / 1.8, 1.4 * curves["value"].max())
    left.set_xlabel("steps of training $t$")
    left.set_ylabel(r"test error  $\mathrm{E}\,\Vert w_k-w^{*}\Vert^2$")
    left.legend(loc="lower left", title="lines: exact mean\npoints: trained layer", title_fontsize=7, alignment="left")
    frontier = table.where(panel="b")
    color = LOOKS[Rung.POPULATION].color
    for i, target in enumerate(frontier.numbers("target")):
        rows = frontier.where(target=target)
        look = Look(f"error {target:g}", color, DASHES[i], "", 1.5, 5)
        line(right, look, rows["k"], rows["t"])
        shown = ~np.isnan(rows["t"])
        first = int(np.argmax(shown))
        guide = rows["t"][first] * rows["k"][first] / rows["k"][shown]
        label = "equal product $t\\,k$" if i == len(TARGETS) - 1 else None
        right.plot(rows["k"][shown], guide, color=GREY, lw=0.8, ls=(0, (1, 1.5)), zorder=2, label=label)
    log_limits(right, "x", 0.9, 1.1 * LAST)
    marks_x = [1, 2, 4, 8, 16, 32, 64]
    right.set_xticks(marks_x, [str(x) for x in marks_x])
    log_limits(right, "y", 0.8, 1.6 * np.nanmax(frontier["t"]))
    right.minorticks_off()
    right.set_xlabel("CoT steps $k$")
    right.set_ylabel("least steps of training $t$")
    right.legend(loc="upper right")


FIGURE = Recipe(
    name="training",
    title="Training time against thinking",
    caption=(
        f"A matched task with λ_i = 1/i, i ≤ {D}, n = {N}, gradient descent from V = 0 with step size {STEP_SIZE}. "
        f"(a) Test error on prompts of m = {M} examples after t steps of training and k of thought: the exact mean "
        f"(lines), and the layer trained by gradient descent on the exact gradient and tested on {PROMPTS:,} "
        "simulated prompts (mean ± 1 standard error; open where heavy-tailed). (b) The fewest steps of training with "
        "which k steps of thought reach an error on long prompts (population law), and dotted lines of equal product "
        "t k: more thinking replaces at least as much training (GAM-10)."
    ),
    claims=("GAM-04", "GAM-05", "GAM-08", "GAM-09", "GAM-10"),
    columns={
        "panel": "letter of the panel",
        "series": "exact mean, trained layer, or frontier",
        "kind": "how the number was earned",
        "k": "steps of thought",
        "t": "steps of training; empty where none reaches the target",
        "value": "test error (a)",
        "lower": "lower end: rounding, or mean − 1 standard error",
        "upper": "upper end",
        "heavy_tail": "1 where the standard error is not to be trusted",
        "target": "test error to be reached (b)",
    },
    size=(DOUBLE, 2.6),
    data=data,
    draw=draw,
)
