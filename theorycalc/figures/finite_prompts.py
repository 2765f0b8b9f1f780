"""The law that fails at finite m: how far the mean is from it, and how long a prompt makes it hold."""

from typing import TYPE_CHECKING, Any

from theorycalc.error_curves.curves import expected_error
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import DASHES, line, log_limits, panels, shade, steps_axis
from theorycalc.figures.table import Table
from theorycalc.model import Setup
from theorycalc.plotting.style import BLUE, DOUBLE, FAINT, GREY, VERMILLION, Look
from theorycalc.spectra import power_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

D, N, STEPS, FACTOR = 50, 50, 12, 2
LENGTHS = (100, 500, 5_000, 50_000)
LAST = 7  # step of the second panel


def setup(m: int | None = None) -> Setup:
    """Return the problem of both panels."""
    return Setup(power_law(D, "1/2"), n=N, m=m)


def data(steps: int = STEPS, last: int = LAST) -> Table:
    """Return the ratio of the exact mean to the population law, and the least m for which it is within a factor."""
    from theorycalc.thinking.validity import validity_table

    law = expected_error(setup(), steps, rung="population").values
    rows: list[dict[str, Any]] = []
    for m in LENGTHS:
        exact = expected_error(setup(m), steps)
        for k in range(steps + 1):
            row = {"panel": "a", "series": "ratio", "kind": "exact", "m": m, "k": k}
            ends = {"lower": exact.lower[k] / law[k], "upper": exact.upper[k] / law[k]}
            rows.append({**row, "value": exact.values[k] / law[k], **ends})
    for name in ("population", "corollary"):
        for found in validity_table(setup(), last, FACTOR if name == "population" else 1, law=name).rows:
            row = {"panel": "b", "series": name, "k": found.steps, "value": found.m}
            kind = "exact" if found.method == "exact" else "series"
            rows.append({**row, "kind": kind, "proved": int(found.is_certified)})
            if name == "population" and found.necessary is not None:
                rows.append({**row, "series": "necessary", "kind": "bound", "value": found.necessary, "proved": 1})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw ratios on the left and lengths on the right."""
    titles = ["exact mean / population law", "shortest prompt on which a law holds"]
    left, right = panels(figure, titles)
    ratios = table.where(panel="a")
    for i, m in enumerate(ratios.numbers("m")):
        rows = ratios.where(m=m)
        paint: dict[str, Any] = {"color": shade(i, len(LENGTHS)), "ls": DASHES[i]}
        left.plot(rows["k"], rows["value"], **paint, marker="o", ms=2.4, label=f"$m$ = {m:,}")
    left.axhline(FACTOR, color=GREY, lw=0.8, ls=(0, (1, 1.5)), zorder=1, label=f"factor {FACTOR}")
    steps_axis(left, int(ratios["k"].max()))
    log_limits(left, "y", 0.7, 2 * ratios["value"].max())
    left.set_ylabel("ratio")
    left.legend(loc="upper left")
    looks = {
        "population": Look(f"population law, factor {FACTOR}", BLUE, "-", "o", 1.5, 6),
        "corollary": Look("Corollary 3.5, as a bound", FAINT, (0, (4, 3)), "v", 1.4, 4),
        "necessary": Look("population law: no shorter\nprompt will do (proved)", VERMILLION, (0, (1, 1.2)), "", 1.5, 5),
    }
    lengths = table.where(panel="b")
    for name, look in looks.items():
        rows = lengths.where(series=name)
        more: dict[str, Any] = {"marker": look.marker, "ms": 3.2}
        shown = rows["value"] >= 1
        line(right, look, rows["k"][shown], rows["value"][shown], **more)
        open_ = rows["proved"] == 0
        style: dict[str, Any] = {"ls": "none", "ms": 3.2, "mec": look.color, "mfc": "white", "zorder": 7}
        right.plot(rows["k"][open_], rows["value"][open_], marker=look.marker, **style)
    rows = lengths.where(series="population")
    k, m = rows["k"], rows["value"]
    right.plot(
        k, m[-1] * (k / k[-1]) ** 2, color=GREY, lw=0.8, ls=(0, (4, 1, 1, 1)), label="slope 2:  $m \\propto k^2$"
    )
    log_limits(right, "x", 0.93, 1.07 * k[-1])
    right.set_xticks(k, [f"{x:.0f}" for x in k])
    right.minorticks_off()
    right.set_xlabel("CoT steps $k$")
    log_limits(right, "y", 0.7, 1e4)
    right.set_ylabel("examples $m$ of the test prompt")
    right.legend(loc="lower right")


FIGURE = Recipe(
    name="finite-prompts",
    title="The law that fails at finite m",
    caption=(
        f"A matched task with λ_i = i^(−1/2), d = {D}, n = {N}. (a) The exact mean error divided by the population law "
        "(m → ∞), for four lengths m of the test prompt: at every m the law is left behind as the chain gets longer. "
        f"(b) The least m for which the exact mean is within a factor {FACTOR} of the population law (circles, decided "
        "on the exact mean at m and m − 1; filled: proved for every longer prompt too, open: at m), and for which "
        "Corollary 3.5 bounds it (triangles); a proved lower bound of the former; and a line of slope 2. Nothing is "
        "simulated."
    ),
    claims=("ERR-02", "ERR-04", "BND-02", "BND-03", "BND-05", "BND-06", "BND-07", "BND-09"),
    columns={
        "panel": "letter of the panel",
        "series": "ratio; or the law: population, corollary; or necessary, the lower bound",
        "kind": "how the number was earned",
        "m": "examples of the test prompt (panel a)",
        "k": "steps of thought",
        "value": "ratio (a), or number of examples (b)",
        "lower": "lower end, by the bound of the rounding",
        "upper": "upper end",
        "proved": "1 where every longer prompt is proved to do as well",
    },
    size=(DOUBLE, 2.5),
    data=data,
    draw=draw,
)
