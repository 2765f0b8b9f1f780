"""The poster's table on a large language model, as cited data: accuracy by length of the chain of thought."""

from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.figures.cited import cited_rows
from theorycalc.figures.recipe import Recipe
from theorycalc.figures.sheet import CITED, lettered
from theorycalc.figures.table import Table
from theorycalc.plotting.style import BLUE, FAINT, GREY, SINGLE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOOKS = {"Qwen-Base": (FAINT, ""), "Qwen-GCD": (BLUE, "///"), "Qwen-Poly": (VERMILLION, "...")}


def data() -> Table:
    """Return the published table."""
    return Table.of(
        {
            "panel": "a",
            "series": row["model"],
            "kind": "cited",
            "chain": row["chain_of_thought"],
            "accuracy": float(row["accuracy_percent"]),
            "share": float(row["share_percent"]),
        }
        for row in cited_rows("qwen_omega.csv")
    )


def draw(figure: "Figure", table: Table) -> None:
    """Draw bars of accuracy in groups of one length of the chain, each with the share of the test data."""
    axes = figure.subplots()
    lettered(axes, "", CITED)
    axes.grid(axis="x", visible=False)
    chains = table.words("chain")
    width = 0.27
    for i, (model, (color, hatch)) in enumerate(_LOOKS.items()):
        mine = table.where(series=model)
        at = np.arange(len(chains)) + (i - 1) * width
        style: dict[str, Any] = {"color": "white", "edgecolor": color, "hatch": hatch, "lw": 1.0}
        style |= {"color": color, "hatch": ""} if not hatch else {}
        axes.bar(at, mine["accuracy"], width * 0.92, label=model, zorder=3, **style)
        for x, value, share in zip(at, mine["accuracy"], mine["share"], strict=True):
            text = f"{value:g}\n({share:g} %)"
            axes.text(x, value + 1.5, text, ha="center", va="bottom", fontsize=7, color=GREY, linespacing=1.1)
    axes.set_xticks(np.arange(len(chains)), chains)
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel("length of the chain of thought")
    axes.set_ylim(0, 98)
    axes.set_ylabel("accuracy, %   (share of test data)")
    axes.legend(loc="upper right")


FIGURE = Recipe(
    name="poster-qwen",
    title="Accuracy of a fine-tuned language model, as published",
    caption=(
        "Data: Javanmard et al. (2025), not ours. Accuracy of Qwen2.5-7B Instruct, as it is (Base) and fine-tuned on "
        "the GCD and the Poly subsets of OMEGA, by the length of the chain of thought at test time; in brackets the "
        "share of the test data with that length. No error bars are stated, and this project computes none of it."
    ),
    claims=(),
    columns={
        "panel": "letter of the panel",
        "series": "model",
        "kind": "how the number was earned",
        "chain": "length of the chain of thought",
        "accuracy": "per cent",
        "share": "per cent of the test data",
    },
    size=(SINGLE, 2.3),
    data=data,
    draw=draw,
    source="Javanmard, Mirzasoleiman, Mirrokni, arXiv:2510.03605, poster, table on OMEGA (Sun et al. 2025).",
)
