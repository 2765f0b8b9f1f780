"""Trade-off frontiers: the shortest training prompts for a target error, over steps of thought, rung by rung."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import below, line, log_limits, panels
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import DOUBLE, INK, LOOKS
from theorycalc.results import Rung
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

D, M, STEPS = 20, 60, 12
TARGETS = ("1", "1/10")
_TOP, _BAND = 3e4, 1.4e3  # of the axis of n, and where the band of what no n reaches begins


def data(steps: int = STEPS) -> Table:
    """Return the least n for each target and number of steps: m = ∞, m fixed, and m = n."""
    from theorycalc.thinking.frontier import frontier

    asked: tuple[tuple[str, Rung, dict[str, Any]], ...] = (
        ("a", Rung.POPULATION, {}),
        ("b", Rung.EXACT, {}),
        ("b", Rung.PROPORTIONAL, {}),
        ("c", Rung.EXACT, {"tie_m": True}),
        ("c", Rung.PROPORTIONAL, {"tie_m": True}),
    )
    setup = Setup(power_law(D, "1/2"), n=1, m=M)
    rows: list[dict[str, Any]] = []
    for panel, rung, how in asked:
        problem = setup.replace(m=None) if rung is Rung.POPULATION else setup
        found = frontier(problem, list(TARGETS), range(1, steps + 1), rung=str(rung), **how)
        kind = "exact" if rung is Rung.EXACT else "limit"
        for i, error in enumerate(found.errors):
            for j, k in enumerate(found.steps):
                row = {"panel": panel, "target": float(error), "k": int(k)}
                rows.append({**row, "series": str(rung), "kind": kind, "n": found.n[i, j]})
                if panel == "a":
                    law = {"series": "corollary", "kind": "bound", "n": found.closed_form[i, j]}
                    rows.append({**row, **law})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw a panel for each kind of test prompt; a band at the top of the second holds what no n reaches."""
    titles = ["long test prompts, $m$ = ∞", f"$m$ = {M}", "$m$ = $n$"]
    axes = panels(figure, titles, sharey=True)
    handles: dict[str, Any] = {}
    axes[1].axhspan(_BAND, _TOP, color="#F3F3F3", lw=0, zorder=0)
    for part, panel in zip(axes, "abc", strict=True):
        mine = table.where(panel=panel)
        for i, target in enumerate(table.numbers("target")):
            for name in mine.words("series"):
                rows = mine.where(series=name, target=target)
                handles |= _series(part, rows, name, full=i == 0)
            _name(part, mine.where(target=target), target, full=i == 0)
        last = int(table["k"].max())
        log_limits(part, "x", 0.93, 1.07 * last)
        marks = [k for k in (1, 2, 3, 4, 6, 8, 12) if k <= last]
        part.set_xticks(marks, [str(k) for k in marks])
        part.minorticks_off()
        part.set_xlabel("CoT steps $k$")
    log_limits(axes[0], "y", 1, _TOP)
    axes[0].set_ylabel("examples $n$ per training prompt")
    below(figure, list(handles.values()), 3)


def _series(axes: "Axes", rows: Table, name: str, *, full: bool) -> dict[str, Any]:
    """Draw one frontier: its line, where it turns up, and crosses where nothing reaches the target."""
    look = LOOKS[Rung.BOUND] if name == "corollary" else LOOKS[Rung(name)]
    label = "Corollary 3.5, solved for $n$" if name == "corollary" else look.label
    entry = line(axes, look, rows["k"], rows["n"], label=label)
    found = {name: entry}
    if name == "corollary":
        return found
    fill: dict[str, Any] = {"ls": "none", "marker": look.marker, "ms": 3.0, "color": look.color, "zorder": look.order}
    axes.plot(rows["k"], rows["n"], **fill, mfc=look.color if full else "white", mew=0.8)
    lost = np.isnan(rows["n"])
    if np.any(lost):
        height = {Rung.EXACT: (0.965, 0.88), Rung.PROPORTIONAL: (0.925, 0.84)}[Rung(name)][0 if full else 1]
        cross: dict[str, Any] = {"ls": "none", "marker": "x", "ms": 3, "mew": 0.9, "color": look.color}
        where = axes.get_xaxis_transform()
        axes.plot(rows["k"][lost], np.full(int(lost.sum()), height), transform=where, **cross)
        (dark,) = axes.plot([], [], ls="none", marker="x", ms=3.5, mew=1, color=INK, label="no $n$ reaches the target")
        found["lost"] = dark
    if np.all(lost):
        return found
    best = int(np.nanargmin(rows["n"]))
    if best < len(rows) - 1 and rows["n"][-1] > rows["n"][best]:
        star: dict[str, Any] = {"ls": "none", "marker": "*", "ms": 8, "mec": "white", "mew": 0.5, "zorder": 11}
        axes.plot(rows["k"][best], rows["n"][best], color=look.color, **star)
        (dark,) = axes.plot([], [], **star | {"mec": "none"}, color=INK, label="turns up beyond")
        found["turn"] = dark
    return found


def _name(axes: "Axes", rows: Table, target: float, *, full: bool) -> None:
    """Write the target at the left end of its frontier, and beside its crosses."""
    text: dict[str, Any] = {"textcoords": "offset points", "fontsize": 7, "color": INK}
    shown = rows["n"] > 0
    if np.any(shown):
        first = rows["k"][shown].min()
        ends = rows["n"][shown & (rows["k"] == first)]
        height, shift = (ends.min(), (-2, -20)) if full else (ends.max(), (6, 3))
        axes.annotate(f"error {target:g}", (first, height), xytext=shift, **text)
    lost = rows["k"][~shown]
    if lost.size:
        where = axes.get_xaxis_transform()
        at, height = (lost.max(), 0.945) if full else (lost.min(), 0.86)
        place = (7, -2.5) if full else (-3, -11)
        axes.annotate(f"error {target:g}", (at, height), xycoords=where, xytext=place, **text)


FIGURE = Recipe(
    name="frontiers",
    title="Context against thinking",
    caption=(
        f"The least number n of examples per training prompt for a mean test error of 1 and of 1/10 (prior error {D}), "
        f"matched task, λ_i = i^(−1/2), d = {D}. (a) m = ∞: the population law, and Corollary 3.5 solved for n; more "
        f"thinking always saves context (TRD-01). (b) Test prompts of m = {M} examples: the exact mean and the "
        "proportional limit; crosses mark steps with which no training length reaches the target. (c) Test prompts as "
        "long as training prompts: on the exact mean the frontier turns up beyond the star, in the proportional limit "
        "it does not. Open markers: error 1/10. Nothing is simulated."
    ),
    claims=("TRD-01", "TRD-02", "TRD-03", "TRD-04", "TRD-07", "BND-02"),
    columns={
        "panel": "letter of the panel",
        "target": "test error to be reached",
        "k": "steps of thought",
        "series": "rung, or corollary",
        "kind": "how the number was earned",
        "n": "least number of examples; empty where no number reaches the target",
    },
    size=(DOUBLE, 2.75),
    data=data,
    draw=draw,
)
