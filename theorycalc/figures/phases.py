"""Phase diagrams of a typical prompt, and the spectrum that decides the phase."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.fields import F64
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import below, log_limits, panels
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import BLUE, DOUBLE, GREY, INK, PHASE_COLORS
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

D, CELLS, SEED = 50, 61, 3
ASPECT = (0.1, 3.0)  # d/m of the first panel, logarithmic
CONTEXT = (0.1, 10.0)  # n/m of both, logarithmic
SHIFT_M = 200  # m of the second panel
D_C, PROMPTS, BINS = 300, 12, 30
POINTS_C = ((150, 600, "safe"), (2400, 600, "overthinking"))  # n, m of the spectra


def data(cells: int = CELLS, d: int = D_C, prompts: int = PROMPTS) -> Table:
    """Return two maps of phases, and two spectra with simulated eigenvalues."""
    from theorycalc import montecarlo
    from theorycalc.rmt.density import spectral_density
    from theorycalc.thinking.phase_diagram import phase_diagram

    setup = Setup(power_law(D, "1/2"), n=SHIFT_M, m=SHIFT_M)
    aspect, context = np.geomspace(*ASPECT, cells), np.geomspace(*CONTEXT, cells)
    maps = {
        "a": phase_diagram(setup, x="d/m", y="n/m", x_values=aspect, y_values=context),
        "b": phase_diagram(setup, x="n/m", y="shift", x_values=context, y_values=np.linspace(0, 1, cells)),
    }
    rows: list[dict[str, Any]] = []
    for panel, found in maps.items():
        for j, y in enumerate(found.y):
            for i, x in enumerate(found.x):
                row = {"panel": panel, "series": found.phase(i, j), "kind": "limit", "x": x, "y": y}
                rows.append({**row, "upper_edge": found.upper[j, i]})
    for n, m, name in POINTS_C:
        problem = Setup(power_law(d, "1/2"), n=n * d // D_C, m=m * d // D_C)
        lam = np.asarray(problem.Lambda.array(F64), dtype=float)
        c = lam / ((1 + 1 / problem.n) * lam + lam.sum() / problem.n)
        law = spectral_density(c, m * d // D_C, points=160)
        for x, y in zip(law.x, law.density, strict=True):
            rows.append({"panel": "c", "series": name, "kind": "limit", "x": x, "y": y})
        seen = montecarlo.prompt_spectra(problem, prompts=prompts, seed=SEED)
        edges = np.linspace(0, 1.05 * float(np.max(seen)), BINS + 1)
        width = edges[1] - edges[0]
        shares = np.array([np.histogram(one, bins=edges)[0] for one in seen]) / seen.shape[1] / width
        error = shares.std(axis=0, ddof=1) / np.sqrt(len(seen))
        for x, y, e in zip((edges[:-1] + edges[1:]) / 2, shares.mean(axis=0), error, strict=True):
            row = {"panel": "c", "series": name, "kind": "simulated", "x": x, "y": y}
            rows.append({**row, "lower": y - e, "upper": y + e})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw the maps, and the spectra."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    first, second, third = panels(figure, ["matched skills", "shifted skills", "the spectrum decides"])
    for axes, panel in ((first, "a"), (second, "b")):
        _map(axes, table.where(panel=panel))
    first.set_xlabel("$d/m$")
    log_limits(first, "x", *ASPECT)
    second.set_xlabel("$n/m$")
    log_limits(second, "x", *CONTEXT)
    log_limits(first, "y", *CONTEXT)
    first.set_ylabel("$n/m$")
    first.axhline(1, color=BLUE, lw=1.4, ls=(0, (5, 2)), zorder=4)
    first.axvline(1, color=PHASE_COLORS["polynomial"], lw=1.4, ls=(0, (1, 1.2)), zorder=2)
    second.set_ylabel("shift $s$ of the test skills")
    _spectra(third, table.where(panel="c"))
    names = [name for name in PHASE_COLORS if name in table.words("series")]
    handles: list[Any] = [Patch(fc=PHASE_COLORS[name], ec=GREY, lw=0.4, label=name) for name in names]
    handles.append(Line2D([], [], color=INK, lw=1.3, label=r"$\lambda_+$ = 2"))
    handles.append(Line2D([], [], color=BLUE, lw=1.4, ls=(0, (5, 2)), label="$n$ = $m$: no overthinking below"))
    polynomial: dict[str, Any] = {"color": PHASE_COLORS["polynomial"], "ls": (0, (1, 1.2))}
    handles.append(Line2D([], [], lw=1.4, label="$d$ = $m$: polynomial", **polynomial))
    below(figure, handles, 3)


def _map(axes: "Axes", table: Table) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    x, y = np.unique(table["x"]), np.unique(table["y"])
    codes = {name: i for i, name in enumerate(PHASE_COLORS)}
    i = table.columns.index("series")
    code = np.array([codes[str(row[i])] for row in table.rows]).reshape(len(y), len(x))
    edge = table["upper_edge"].reshape(len(y), len(x))
    norm = BoundaryNorm(np.arange(-0.5, len(codes)), len(codes))
    cmap = ListedColormap(list(PHASE_COLORS.values()))
    axes.pcolormesh(x, y, code, cmap=cmap, norm=norm, shading="nearest", rasterized=True, zorder=0)
    axes.contour(x, y, edge, levels=[2.0], colors=[INK], linewidths=1.3, zorder=3)
    axes.grid(False)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])


def _spectra(axes: "Axes", table: Table) -> None:
    for name, color in (("safe", BLUE), ("overthinking", "#B3541E")):
        law, seen = table.where(series=name, kind="limit"), table.where(series=name, kind="simulated")
        axes.plot(law["x"], law["y"], color=color, lw=1.2, zorder=4)
        axes.fill_between(law["x"], 0, law["y"], color=color, alpha=0.12, lw=0, zorder=1)
        bars = np.stack([seen["y"] - seen["lower"], seen["upper"] - seen["y"]])
        shown = seen["y"] > 0
        style: dict[str, Any] = {"fmt": ".", "ms": 2.5, "color": color, "elinewidth": 0.7, "capsize": 0, "zorder": 5}
        axes.errorbar(seen["x"][shown], seen["y"][shown], yerr=bars[:, shown], **style)
    axes.axvline(2, color=INK, lw=1.3, zorder=2)
    axes.set_xlim(0, None)
    axes.set_ylim(0, None)
    axes.set_xlabel(r"eigenvalue of $\Gamma^{\mathrm{-1/2}} S\,\Gamma^{\mathrm{-1/2}}$")
    axes.set_ylabel("density")


FIGURE = Recipe(
    name="phases",
    title="Phases of a typical prompt",
    caption=(
        f"Limit d, m → ∞ at λ_i = i^(−1/2), i ≤ {D}. (a) Matched skills, over dimension and training length per test "
        f"example. (b) m = {SHIFT_M}, Σ = (1 − s)Λ + s(tr Λ/d)I, over training length per test example and shift s. "
        "Black: the upper edge of the spectrum is λ₊ = 2. Dashed: n = m, below which no spectrum overthinks (SAF-01). "
        f"(c) Limiting density for two matched problems with λ_i = i^(−1/2), d = {D_C}: "
        + ", ".join(f"n = {n}, m = {m} ({name})" for n, m, name in POINTS_C)
        + f"; dots: mean over {PROMPTS} simulated prompts ± 1 standard error in {BINS} bins."
    ),
    claims=("RMT-02", "RMT-03", "RMT-07", "SAF-01", "SAF-04"),
    columns={
        "panel": "letter of the panel",
        "series": "phase (a, b), or problem (c)",
        "kind": "how the number was earned",
        "x": "d/m (a), n/m (b), or eigenvalue (c)",
        "y": "n/m (a), shift s (b), or density (c)",
        "upper_edge": "λ₊",
        "lower": "mean − 1 standard error",
        "upper": "mean + 1 standard error",
    },
    size=(DOUBLE, 2.7),
    data=data,
    draw=draw,
)
