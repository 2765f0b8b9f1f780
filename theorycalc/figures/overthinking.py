"""Overthinking under a skill gap: which directions are to blame, what the least cure does, and training length."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import curve_rows, line, log_limits, panels, steps_axis
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import BLUE, DOUBLE, GREEN, INK, LOOKS, VERMILLION, Look
from theorycalc.results import Rung
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

D, N, TARGET, STEPS = 12, 20, "3/5", 12
M, PROMPTS, SEED = 10_000, 300, 5
LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50, 80, 120, 200, 400, 1000)


def setup(n: int = N) -> Setup:
    """Return the problem: trained on λ_i = 1/i, tested on Σ = 3/5 I."""
    return Setup(power_law(D, 1), n=n, Sigma=[TARGET] * D)


def data(prompts: int = PROMPTS) -> Table:
    """Return σ/γ of every direction, the error before and after the least cure, and both over training lengths."""
    from theorycalc import montecarlo
    from theorycalc.thinking.overthinking import overthinking

    verdict = overthinking(setup())
    cured = overthinking(verdict.cure.cured())
    rows: list[dict[str, Any]] = []
    for name, found in (("before", verdict), ("after", cured)):
        for i, ratio in enumerate(found.directions.ratio, 1):
            row = {"panel": "a", "series": name, "kind": "exact", "x": i, "value": float(ratio)}
            rows.append({**row, "added": float(verdict.cure.added[i - 1]) if name == "after" else None})
    for name, problem in (("before", setup()), ("after", verdict.cure.cured())):
        law = expected_error(problem, STEPS, rung="population")
        rows += [row | {"series": name} for row in curve_rows(law, panel="b")]
        drawn = montecarlo.expected_error(problem.replace(m=M), STEPS, prompts=prompts, seed=SEED)
        medians = [row for row in curve_rows(drawn, bands=True, panel="b") if row["series"] == "median"]
        rows += [row | {"series": f"{name}, median"} for row in medians]
    for n in LENGTHS:
        found = overthinking(setup(n))
        row = {"panel": "c", "series": "largest", "kind": "exact", "x": n}
        rows.append({**row, "value": float(max(found.directions.ratio))})
        rows.append({**row, "series": "cure", "kind": "optimum", "value": 100 * float(found.cure.relative)})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw directions, curves, and training lengths."""
    titles = ["which skills are to blame", "the error, and the cure", "longer training is worse"]
    first, second, third = panels(figure, titles)
    before, after = (table.where(panel="a", series=name) for name in ("before", "after"))
    bad = before["value"] > 2
    first.axhline(2, color=INK, lw=1.1, ls=(0, (5, 2)), zorder=1.5)
    first.annotate(r"$\sigma$ = 2$\gamma$", (1, 2), xytext=(0, 2.5), textcoords="offset points", fontsize=7)
    style: dict[str, Any] = {"ls": "none", "ms": 3.6, "zorder": 4}
    first.plot(before["x"][~bad], before["value"][~bad], "o", color=BLUE, label="converges", **style)
    first.plot(before["x"][bad], before["value"][bad], "^", color=VERMILLION, label="overthinks", **style)
    first.plot(after["x"], after["value"], "_", color=GREEN, mew=1.5, label="after the cure", **style | {"ms": 6})
    steps_axis(first, len(before), first=1, label="direction $i$")
    first.set_ylim(0, 1.45 * before["value"].max())
    first.set_ylabel(r"$\sigma_i/\gamma_i$")
    first.legend(loc="upper left", ncols=1)
    for name, color, dashes in (("before", VERMILLION, LOOKS[Rung.POPULATION].line), ("after", GREEN, "-")):
        rows = table.where(panel="b", series=name)
        look = Look(f"{name} the cure, $m$ → ∞", color, dashes, "", 1.5, 6)
        line(second, look, rows["k"], rows["value"])
        seen = table.where(panel="b", series=f"{name}, median")
        bars = np.stack([seen["value"] - seen["lower"], seen["upper"] - seen["value"]])
        label = f"simulated, $m$ = {M:,}" if name == "after" else None
        points: dict[str, Any] = {"fmt": "D", "ms": 2.2, "elinewidth": 0.8, "capsize": 1.5, "zorder": 8}
        second.errorbar(seen["k"], seen["value"], yerr=bars, color=color, label=label, **points)
        if name == "before":
            best = int(np.argmin(rows["value"]))
            star: dict[str, Any] = {"ls": "none", "marker": "*", "ms": 8, "mec": "white", "mew": 0.5, "zorder": 10}
            second.plot(best, rows["value"][best], color=color, label=f"its minimum, $k^*$ = {best}", **star)
    steps_axis(second, STEPS)
    values = table.where(panel="b")["value"]
    log_limits(second, "y", values.min() / 2, values.max() * 150)
    second.set_ylabel(r"test error  $\Vert w_k-w^{*}\Vert^2$")
    second.legend(loc="upper left")
    largest, cure = (table.where(panel="c", series=name) for name in ("largest", "cure"))
    (one,) = third.plot(largest["x"], largest["value"], color=VERMILLION, marker="^", ms=2.6, lw=1.2)
    third.axhline(2, color=INK, lw=1.1, ls=(0, (5, 2)), zorder=1.5)
    log_limits(third, "x", 1.8, 1200)
    third.set_ylim(0, 1.2 * largest["value"].max())
    third.set_xlabel("examples $n$ per training prompt")
    third.set_ylabel(r"largest $\sigma_i/\gamma_i$")
    twin = third.twinx()
    twin.spines["right"].set_visible(True)
    (two,) = twin.plot(cure["x"], cure["value"], color=GREEN, ls=(0, (4, 1.5)), marker="_", ms=4, lw=1.2)
    twin.set_ylim(0, 1.2 * cure["value"].max())
    twin.set_ylabel("least cure, % of tr $\\Lambda$")
    third.legend([one, two], [r"largest $\sigma_i/\gamma_i$", "least cure"], loc="upper left")


FIGURE = Recipe(
    name="overthinking",
    title="Overthinking under a skill gap",
    caption=(
        f"Trained on λ_i = 1/i, i ≤ {D}, tested on Σ = {TARGET} I. (a) σ_i/γ_i at n = {N}: above 2 thinking longer "
        "hurts; bars: after the addition of least trace to Λ that cures all of them. (b) The population law (m → ∞) "
        f"before and after the cure, with k*; diamonds: median over {PROMPTS:,} simulated prompts of m = {M:,} "
        "examples, with bars from the 5 % to the 95 % quantile. "
        "(c) The largest σ_i/γ_i and the least cure, in per cent of tr Λ, over the training length. (a) and (c) are "
        "exact."
    ),
    claims=("OVT-01", "OVT-02", "OVT-03", "OVT-08", "COT-01"),
    columns={
        "panel": "letter of the panel",
        "series": "before or after the cure, median over simulated prompts; largest ratio, or cure (c)",
        "kind": "how the number was earned",
        "x": "direction (a), or n (c)",
        "k": "steps of thought (b)",
        "value": "σ/γ (a, c), test error (b), or per cent of tr Λ (cure)",
        "added": "training variance that the cure adds to the direction",
        "lower": "lower end: rounding, or the 5 % quantile",
        "upper": "upper end: rounding, or the 95 % quantile",
    },
    size=(DOUBLE, 2.5),
    data=data,
    draw=draw,
)
