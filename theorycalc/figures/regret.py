"""What the published surrogate of task selection costs, for a target that the tasks reach and for one they do not."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import below, log_limits, panels, steps_axis
from theorycalc.figures.table import Table
from theorycalc.model import Setup, TaskMixture
from theorycalc.plotting.style import BLUE, DOUBLE, FAINT, INK, ORANGE, PURPLE, VERMILLION, Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T, D, N, SEED = 4, 6, 20, 11
STEPS = 20
M, STEPS_M = 30, 3  # finite prompts of the third panel
_LOOKS = {
    "selected": Look("selected by the surrogate", VERMILLION, "-", "", 1.8, 6),
    "corrected": Look("corrected for finite $n$", ORANGE, (0, (5, 1.5)), "", 1.5, 5),
    "optimal": Look("optimal for this $k$", BLUE, "-", "", 1.8, 7),
    "uniform": Look("uniform", FAINT, (0, (1, 1.2)), "", 1.4, 3),
    "single": Look("best single task", PURPLE, (0, (3, 1.4, 1, 1.4)), "", 1.4, 4),
}
_TARGETS = {"reached": BLUE, "out of reach": VERMILLION}


def problems() -> dict[str, Setup]:
    """Return the two problems by name: four tasks with lognormal spectra, and a target that they reach or do not."""
    rng = np.random.default_rng(SEED)
    tasks = np.exp(rng.standard_normal((T, D)))
    reached = rng.dirichlet(np.ones(T)) @ tasks
    far = np.exp(rng.standard_normal(D))
    mixture = TaskMixture(list(tasks), [1 / T] * T)
    return {"reached": Setup(mixture, n=N, Sigma=reached), "out of reach": Setup(mixture, n=N, Sigma=far)}


def data(steps: int = STEPS, finite_steps: int = STEPS_M) -> Table:
    """Return the error of each mixture and the regret, over steps of thought."""
    from theorycalc.selection.regret import surrogate_regret

    rows: list[dict[str, Any]] = []
    for panel, (name, setup) in zip("ab", problems().items(), strict=True):
        for k in range(1, steps + 1):
            found = surrogate_regret(setup, k)
            for mixture in _LOOKS:
                kind = "optimum" if mixture == "optimal" else "limit"
                row = {"panel": panel, "target": name, "series": mixture, "kind": kind, "k": k}
                bound = found.optimum.lower_bound if mixture == "optimal" else None
                rows.append({**row, "value": found.error(mixture), "lower": bound})
            row = {"panel": "c", "target": name, "series": "population", "kind": "optimum", "k": k}
            rows.append({**row, "value": found.regret})
        for k in range(1, finite_steps + 1):
            found = surrogate_regret(setup.replace(m=M), k, rung="exact", starts=3)
            row = {"panel": "c", "target": name, "series": "exact", "kind": "optimum", "k": k}
            rows.append({**row, "value": found.regret})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw errors for both targets, and the regret."""
    first, second, third = panels(figure, ["target within reach", "target out of reach", "regret"])
    handles: list[Any] = []
    last = int(table.where(panel="a")["k"].max())
    for axes, panel in ((first, "a"), (second, "b")):
        mine = table.where(panel=panel)
        handles = []
        for name, look in _LOOKS.items():
            rows = mine.where(series=name)
            style: dict[str, Any] = {"color": look.color, "ls": look.line, "lw": 0.8 * look.width, "zorder": look.order}
            handles += axes.plot(rows["k"], rows["value"], label=look.label, **style)
        best = mine.where(series="optimal")
        bound: dict[str, Any] = {"ls": "none", "marker": "_", "ms": 4, "mew": 0.9, "color": INK, "zorder": 8}
        handles += axes.plot(best["k"], best["lower"], label="proved lower bound", **bound)
        steps_axis(axes, last, first=1)
        log_limits(axes, "y", mine["value"].min() / 5, 5 * mine["value"].max())
    first.set_ylabel(r"test error  $\mathrm{E}\,\Vert w_k-w^{*}\Vert^2$, $m$ → ∞")
    for name, color in _TARGETS.items():
        for rung, dashes, mark in (("population", "-", ""), ("exact", (0, (1, 1.2)), "o")):
            rows = table.where(panel="c", target=name, series=rung)
            label = f"{name}, " + ("$m$ → ∞" if rung == "population" else f"$m$ = {M}")
            third.plot(rows["k"], rows["value"], color=color, ls=dashes, marker=mark, ms=3, lw=1.2, label=label)
    steps_axis(third, last, first=1)
    log_limits(third, "y", 0.5, 1e17)
    third.set_ylabel("error of selected / optimal")
    third.legend(loc="upper left")
    below(figure, handles, 3)


FIGURE = Recipe(
    name="regret",
    title="What the surrogate of task selection costs",
    caption=(
        f"{T} tasks with lognormal spectra, d = {D}, n = {N}, pooled sampling. (a, b) Test error on long prompts "
        "(population law) of the mixture that minimises the published surrogate ‖I − Σ⁻¹Λ̄‖², of the surrogate "
        "corrected for finite n, of the mixture that is optimal for this k with a proved lower bound of every "
        "mixture, of the uniform mixture and of the best single task; for a target that is a mixture of the tasks "
        "(a), and for one that is not (b). (c) The regret: the error of the selected mixture over that of the "
        f"optimal one, for m → ∞ and, on the exact mean, for prompts of m = {M} examples, where the optimum was "
        "searched for from 3 starts and not proved (k > 1). Nothing is simulated."
    ),
    claims=("SEL-01", "SEL-02", "SEL-05", "SEL-07", "SEL-08", "SEL-09"),
    columns={
        "panel": "letter of the panel",
        "target": "reached, or out of reach",
        "series": "mixture (a, b), or rung (c)",
        "kind": "how the number was earned",
        "k": "steps of thought",
        "value": "test error (a, b), or regret (c)",
        "lower": "proved lower bound of the error of every mixture",
    },
    size=(DOUBLE, 2.75),
    data=data,
    draw=draw,
)
