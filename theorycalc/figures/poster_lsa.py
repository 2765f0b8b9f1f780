"""The poster's two panels for the linear self-attention layer, one column for each n: what was published, and ours."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.figures.cited import cited_rows
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import CITED, below, curve_rows, lettered, line, log_limits, points
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import DOUBLE, INK, MEDIAN, ORANGE
from theorycalc.results import Rung
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

D, LENGTHS, PROMPTS, SEED = 7, (10, 20, 30), 40_000, 0
STEPS = {"matched": (1, 2, 4, 8, 16, 32), "mismatched": (1, 2, 4, 8, 16)}
LAST_EXACT = 12  # step of the exact mean
_RUNGS = (Rung.EXACT, Rung.POPULATION)


def setups(n: int) -> dict[str, Setup]:
    """Return the matched problem Λ = Σ = I, and the one trained on λ_i ∝ 1/i with tr Λ = d and tested on Σ = I."""
    skewed = power_law(D, 1, D / sum(1 / i for i in range(1, D + 1)))
    return {"matched": Setup([1] * D, n=n, m=n), "mismatched": Setup(skewed, n=n, m=n, Sigma=[1] * D)}


def data(prompts: int = PROMPTS) -> Table:
    """Return all curves, over the error at k = 0."""
    from theorycalc import montecarlo

    rows: list[dict[str, Any]] = []
    for n in LENGTHS:
        for row in cited_rows("poster_panel_a.csv"):
            if int(row["n"]) == n:
                value, share = float(row["error"]), float(row["relative_uncertainty"])
                where = {"panel": "matched", "n": n, "series": "published", "kind": "cited", "k": int(row["k"])}
                rows.append({**where, "value": value, "lower": value * (1 - share), "upper": value * (1 + share)})
        for panel, setup in setups(n).items():
            last = STEPS[panel][-1]
            for rung in _RUNGS:
                curve = expected_error(setup, LAST_EXACT if rung is Rung.EXACT else last, rung=rung)
                rows += [_scaled(row) for row in curve_rows(curve, panel=panel, n=n) if row["k"] > 0]
            seen = montecarlo.expected_error(setup, last, prompts=prompts // 10, seed=SEED)
            medians = curve_rows(seen, bands=True, panel=panel, n=n)
            rows += [_scaled(row) for row in medians if row["series"] == "median" and row["k"] > 0]
        nu = montecarlo.prompt_spectra(setups(n)["matched"], prompts, seed=SEED)  # (prompts, d), Λ = I
        calm = nu[nu[:, -1] < 2]
        for k in STEPS["matched"]:
            error = np.mean((1 - calm) ** (2 * k), axis=1)
            mean, spread = float(error.mean()), float(error.std(ddof=1) / np.sqrt(len(error)))
            where = {"panel": "matched", "n": n, "series": "converging", "kind": "simulated", "k": k}
            rows.append({**where, "value": mean, "lower": mean - spread, "upper": mean + spread})
    return Table.of(rows)


def _scaled(row: dict[str, Any]) -> dict[str, Any]:
    """Divide by the error at k = 0, which is d."""
    return row | {name: float(row[name]) / D for name in ("value", "lower", "upper")}


def draw(figure: "Figure", table: Table) -> None:
    """Draw a row for each panel of the poster, and a column for each n."""
    grid = figure.subplots(2, len(LENGTHS), sharey="row")
    handles: dict[str, Any] = {}
    limits = {"matched": (1e-6, 30.0), "mismatched": (2e-3, 3e3)}
    for row, (panel, (low, high)) in enumerate(limits.items()):
        for column, n in enumerate(LENGTHS):
            axes = grid[row, column]
            title = f"{'(a) matched' if panel == 'matched' else '(b) mismatched'}, $m$ = $n$ = {n}"
            lettered(axes, "abcdef"[3 * row + column], title.split(" ", 1)[1])
            handles |= _panel(axes, table.where(panel=panel, n=n))
            axes.set_xscale("log")
            marks = STEPS[panel]
            axes.set_xlim(0.88, marks[-1] * 1.14)
            axes.set_xticks(marks, [str(k) for k in marks])
            axes.minorticks_off()
            axes.set_xlabel("CoT steps $k$")
        log_limits(grid[row, 0], "y", low, high)
        grid[row, 0].set_ylabel("error / error at $k$ = 0")
    below(figure, list(handles.values()), 3)


def _panel(axes: "Axes", table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rung in _RUNGS:
        rows = table.where(series=str(rung))
        found[str(rung)] = line(axes, rung, rows["k"], rows["value"])
    rows = table.where(series="median")
    style: dict[str, Any] = {"color": MEDIAN.color, "alpha": 0.14, "lw": 0, "zorder": 1}
    found["median"] = line(axes, MEDIAN, rows["k"], rows["value"])
    found["band"] = axes.fill_between(rows["k"], rows["lower"], rows["upper"], label="90 % of prompts", **style)
    rows = table.where(series="converging")
    if len(rows):
        label = "simulated mean of converging prompts"
        found["converging"] = points(axes, rows, color=ORANGE, label=label)[0]
    rows = table.where(series="published")
    if len(rows):
        bars = np.stack([rows["value"] - rows["lower"], rows["upper"] - rows["value"]])
        square: dict[str, Any] = {"fmt": "s", "ms": 3.4, "mfc": "white", "color": INK, "mew": 0.9, "elinewidth": 0.8}
        found["published"] = axes.errorbar(rows["k"], rows["value"], yerr=bars, zorder=10, label=CITED, **square)
    return found


FIGURE = Recipe(
    name="poster-lsa",
    title="The poster's panels for the linear self-attention layer",
    caption=(
        f"Test error over its value at k = 0, d = {D}, m = n. Top: matched skills, Λ = Σ = I. Squares: published "
        "values, read off the poster's panel (a) within 5 % (none were read off for n = 20; data: Javanmard et al. "
        "(2025), not ours; their d and spectrum are not stated). Bottom: trained on λ_i ∝ 1/i with tr Λ = d, tested "
        "on Σ = I, the setting of the poster's panel (b), of which no values are on record. Lines: the exact mean "
        f"(to k = 12), the population law (m → ∞), and the median and 5 % to 95 % band of {PROMPTS // 10:,} "
        f"simulated prompts. Diamonds: mean ± 1 standard error over those of {PROMPTS:,} simulated prompts whose "
        "chain of thought converges (λ_max < 2), which is what comes near the published values; the mean over all "
        "prompts turns up."
    ),
    claims=("ERR-02", "ERR-05", "OVT-01", "SAF-01", "SIM-02"),
    columns={
        "panel": "matched or mismatched",
        "n": "examples of training and test prompts",
        "series": "rung, median over simulated prompts, converging (their mean), or published",
        "kind": "how the number was earned",
        "k": "steps of thought",
        "value": "test error over its value at k = 0",
        "lower": "rounding; mean − 1 standard error; 5 % quantile beside a median; − 5 % of a value read off",
        "upper": "the same above",
    },
    size=(DOUBLE, 4.5),
    data=data,
    draw=draw,
    source="Squares: Javanmard, Mirzasoleiman, Mirrokni, arXiv:2510.03605 (poster, ICLR 2026), read off by eye.",
)
