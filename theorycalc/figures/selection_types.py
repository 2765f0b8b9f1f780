"""The poster's panels on task selection: by type and against hardness, and over many random designs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import below, log_limits, panels
from theorycalc.figures.table import Table
from theorycalc.figures.task_designs import TARGETS, TYPES, D, design
from theorycalc.plotting.style import CYCLE, DOUBLE, FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DESIGNS = 240
SHOWN = 10  # seed of a design in which the poster's order holds
_NAMES = [f"α = {alpha}, B = {B}" for alpha, B in TYPES]
_KINDS = {"all": "all", **{target: f"{target} skills" for target in TARGETS}, "mixed": "mixed"}
_MARKS = dict(zip(_KINDS.values(), "D<>^s", strict=True))
STATEMENTS = {
    "diverse": "B = 100 gets more",
    "steep": "α = 0.8 gets more",
    "harder": "more with Hard",
    "order": "most to (0.8, 100)",
}


def data(designs: int = DESIGNS) -> Table:
    """Return the probabilities of one design, and in how many designs four statements hold."""
    one = design(SHOWN)
    weights = np.asarray(one.selection.weights, dtype=float)
    rows: list[dict[str, Any]] = []
    for i, (weight, hardness) in enumerate(zip(weights, one.hardness, strict=True)):
        row = {"panel": "ab", "series": _NAMES[i // one.count], "kind": "optimum", "task": i + 1}
        rows.append({**row, "hardness": float(hardness), "value": float(weight)})
    found = [design(seed).row() for seed in range(designs)]
    share = f"share {TYPES[-1][0]}, {TYPES[-1][1]}"
    most = [f"share {alpha}, {B}" for alpha, B in TYPES]
    holds = {
        "diverse": [row["diverse"] > 0.5 for row in found],
        "steep": [row["steep"] > 0.5 for row in found],
        "harder": [row["rank correlation"] > 0 for row in found],
        "order": [row[share] == max(row[name] for name in most) for row in found],
    }
    for key, verdicts in holds.items():
        for target, name in _KINDS.items():
            chosen = [v for v, row in zip(verdicts, found, strict=True) if target in ("all", row["target"])]
            if chosen:
                value = float(np.mean(chosen))
                spread = float(np.sqrt(value * (1 - value) / len(chosen)))
                row = {"panel": "c", "series": key, "kind": "optimum", "target": name, "designs": len(chosen)}
                rows.append({**row, "value": value, "lower": value - spread, "upper": value + spread})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw probabilities by type and over hardness, and the statements."""
    titles = ["one design, by type", "against hardness", "over many designs"]
    first, second, third = panels(figure, titles, width_ratios=(1.1, 1, 1.35))
    tasks = table.where(panel="ab")
    handles: list[Any] = []
    for i, name in enumerate(_NAMES):
        mine = tasks.where(series=name)
        style: dict[str, Any] = {"ls": "none", "marker": "os^D"[i], "ms": 2.6, "color": CYCLE[i], "mew": 0}
        handles += first.plot(mine["task"], mine["value"], label=name, zorder=3, **style)
        ends = mine["task"].min() - 0.5, mine["task"].max() + 0.5
        first.hlines(mine["value"].mean(), *ends, color=CYCLE[i], lw=1.5, zorder=4)
        second.plot(mine["hardness"], mine["value"], zorder=3, **style)
    first.set_xlabel("task   (line: mean of its type)")
    first.set_ylabel("selection probability")
    low, high = tasks["hardness"].min(), tasks["hardness"].max()
    log_limits(second, "x", low / 1.1, high * 1.1)
    second.set_xlabel(r"Hard($\Lambda_\ell$) = tr $\Lambda_\ell\,/\,\lambda_{\min}$")
    for axes in (first, second):
        axes.set_ylim(-0.03 * tasks["value"].max(), 1.08 * tasks["value"].max())
    _statements(third, table.where(panel="c"))
    below(figure, handles, 4)


def _statements(axes: "Axes", table: Table) -> None:
    for i, key in enumerate(STATEMENTS):
        for target, marker in _MARKS.items():
            rows = table.where(series=key, target=target)
            if not len(rows):
                continue
            whole = marker == "D"
            bars = 100 * np.stack([rows["value"] - rows["lower"], rows["upper"] - rows["value"]])
            style: dict[str, Any] = {
                "ms": 4 if whole else 3,
                "color": INK if whole else FAINT,
                "zorder": 5 if whole else 3,
            }
            style |= {"elinewidth": 0.8, "capsize": 1.5 if whole else 0, "mew": 0.8, "mfc": INK if whole else "white"}
            offset = 0.0 if whole else 0.3 * ("<>^s".index(marker) - 1.5) / 1.5
            label = target if i == 0 else None
            axes.errorbar(100 * rows["value"], [i + offset], xerr=bars, fmt=marker, label=label, **style)
    axes.set_yticks(range(len(STATEMENTS)), list(STATEMENTS.values()))
    axes.set_ylim(len(STATEMENTS) + 1.9, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(-3, 108)
    axes.set_xlabel("% of designs")
    axes.legend(loc="lower center", ncols=2, columnspacing=1.2, title="target", title_fontsize=7)


FIGURE = Recipe(
    name="selection-types",
    title="Selected tasks by type and by hardness",
    caption=(
        f"Tasks of four types (α, B), α the decay of the spectrum and B the number of active skills of {D}, as in the "
        "poster, whose recipe is not published; the designs are ours. (a) Probabilities that minimise ‖I − Σ⁻¹Λ̄‖² in "
        "one random design in which the poster's order holds, 25 tasks a type, a mixture of others as target. (b) The "
        f"same against hardness. (c) The share of {DESIGNS} random designs in which types of B = 100, or of α = 0.8, "
        "get more than half of the probability, in which it increases with Hard (rank correlation), and in which "
        "(0.8, 100) gets most; ± 1 standard error over designs. Every optimum has a certificate: its duality gap."
    ),
    claims=("SEL-01", "SEL-02", "SEL-03", "SEL-04"),
    columns={
        "panel": "letters of the panels",
        "series": "type of the task (a, b), or statement (c)",
        "kind": "how the number was earned",
        "task": "number of the task",
        "hardness": "tr Λ/λ_min",
        "value": "probability (a, b), or share of designs (c)",
        "target": "which designs (c)",
        "designs": "how many they are",
        "lower": "share − 1 standard error",
        "upper": "share + 1 standard error",
    },
    size=(DOUBLE, 2.7),
    data=data,
    draw=draw,
)
