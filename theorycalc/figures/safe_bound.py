"""The safe-thinking bound: the upper edge of many spectra against 1 + n/m and against the sharp bound."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.fields import Array
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import below, log_limits, panels
from theorycalc.figures.table import Table
from theorycalc.plotting.style import BLUE, DOUBLE, GREEN, INK, ORANGE, PHASE_COLORS, PURPLE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPECTRA, SEED = 150, 7  # spectra of each family
FAMILIES = ("isotropic", "power law", "spiked", "lognormal")
_MARKS = dict(zip(FAMILIES, (("o", BLUE), ("s", GREEN), ("^", ORANGE), ("D", PURPLE)), strict=True))


def spectrum(rng: np.random.Generator, family: str, d: int) -> Array:
    """Draw a spectrum of a family, (d,)."""
    if family == "isotropic":
        return np.ones(d)
    if family == "power law":
        return np.asarray(np.arange(1, d + 1.0) ** -rng.uniform(0.1, 2.5))
    if family == "spiked":
        lam = np.ones(d)
        lam[: rng.integers(1, max(2, d // 4))] = 10 ** rng.uniform(0.3, 2)
        return lam
    return np.asarray(np.exp(rng.uniform(0.3, 2.5) * rng.standard_normal(d)))


def data(count: int = SPECTRA) -> Table:
    """Return the upper edge of matched problems with drawn spectra, n and m."""
    from theorycalc.rmt.edges import spectral_edges

    rng = np.random.default_rng(SEED)
    rows: list[dict[str, Any]] = []
    for family in FAMILIES:
        for _ in range(count):
            d, n = (round(10 ** rng.uniform(*ends)) for ends in ((0, 2.6), (0, 2.5)))
            m = max(1, round(n / 10 ** rng.uniform(-1, 0.9)))
            lam = spectrum(rng, family, d)
            c = lam / ((1 + 1 / n) * lam + lam.sum() / n)
            edge = float(spectral_edges(np.sort(c)[::-1], m).upper)
            rank = float(lam.sum() ** 2 / (lam**2).sum())
            row = {"panel": "ab", "series": family, "kind": "limit", "d": d, "n": n, "m": m, "rank": rank}
            rows.append({**row, "upper_edge": edge, "sharp": n / (n + 1) + n / m, "simple": 1 + n / m})
    return Table.of(rows)


def draw(figure: "Figure", table: Table) -> None:
    """Draw edges over n/m, and their share of the sharp bound over where it is attained."""
    left, right = panels(figure, ["the bound", "how sharp it is"])
    handles: list[Any] = []
    ratio = table["n"] / table["m"]
    low, high = 0.08, 12.0
    x = np.geomspace(low, high, 200)
    for family, (marker, color) in _MARKS.items():
        mine = table.where(series=family)
        style: dict[str, Any] = {"ls": "none", "marker": marker, "ms": 2.4, "color": color, "mew": 0, "alpha": 0.75}
        handles += left.plot(mine["n"] / mine["m"], mine["upper_edge"], label=f"{family} spectra", zorder=3, **style)
        place = mine["rank"] * mine["m"] / (mine["n"] + 1) ** 2
        right.plot(place, mine["upper_edge"] / mine["sharp"], zorder=3, **style)
    rule: dict[str, Any] = {"color": INK, "lw": 1.1, "zorder": 4}
    handles += left.plot(x, 1 + x, ls="-", label="1 + $n/m$", **rule)
    handles.append(left.axhline(2, color=VERMILLION, lw=1.0, ls=(0, (4, 2)), label=r"$\lambda_+$ = 2"))
    left.axhspan(2, 20, color=PHASE_COLORS["overthinking"], alpha=0.25, lw=0, zorder=0)
    left.axvline(1, color=INK, lw=0.8, ls=(0, (1, 1.5)))
    log_limits(left, "x", low, high)
    log_limits(left, "y", 0.05, 16)
    left.set_xlabel("$n/m$: training length per test length")
    left.set_ylabel(r"upper edge $\lambda_+$")
    assert ratio.max() < high
    right.axhline(1, **rule)
    right.axvline(1, color=INK, lw=0.8, ls=(0, (1, 1.5)))
    log_limits(right, "x", 1e-3, 1e4)
    right.set_ylim(0, 1.06)
    right.set_xlabel(r"$r\,m/(n+1)^{\mathrm{2}}$,  $r$ = (tr $\Lambda$)² / tr $\Lambda$²")
    right.set_ylabel(r"$\lambda_+\,/\,(\frac{n}{n+1}+\frac{n}{m})$")
    below(figure, handles, 6)


FIGURE = Recipe(
    name="safe-bound",
    title="The safe-thinking bound",
    caption=(
        f"The upper edge λ₊ of the limiting spectrum of Γ^(−1/2) S Γ^(−1/2) for {len(FAMILIES) * SPECTRA} matched "
        "problems: spectra of four families, d from 1 to 400, n from 1 to 320, m from n/8 to 10 n, drawn at random. "
        "(a) Against 1 + n/m: for m ≥ n (left of the dotted line) no typical prompt overthinks (λ₊ ≤ 2). (b) As a "
        "share of the sharp bound n/(n + 1) + n/m, which is attained exactly where the effective rank r = (tr Λ)²/tr "
        "Λ² is (n + 1)²/m (dotted line). Edges are limits d, m → ∞ at each spectrum, in float64; nothing is simulated."
    ),
    claims=("RMT-02", "SAF-01", "SAF-02", "SAF-03", "SAF-04"),
    columns={
        "panel": "letters of the panels",
        "series": "family of the spectrum",
        "kind": "how the number was earned",
        "d": "dimension",
        "n": "examples per training prompt",
        "m": "examples of the test prompt",
        "rank": "(tr Λ)²/tr Λ²",
        "upper_edge": "λ₊",
        "sharp": "n/(n + 1) + n/m",
        "simple": "1 + n/m",
    },
    size=(DOUBLE, 2.7),
    data=data,
    draw=draw,
)
