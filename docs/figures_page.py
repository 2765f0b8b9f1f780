"""Write ``docs/figures.md``, the list of all figures with their captions: ``python docs/figures_page.py``."""

from pathlib import Path

from theorycalc.figures import NOT_DRAWN, Recipe, catalogue

PAGE = Path(__file__).parent / "figures.md"
#: The figure that is kept in the repository, beside its data; the others are made when they are wanted.
KEPT = "mean-typical"

_INTRODUCTION = """# Figures

```sh
theorycalc figures --out figures            # all of them, about a minute on a quiet core
theorycalc figures ladder phases --formats pdf
theorycalc figures --list
```

Each is made for a paper of two columns (3.3 or 6.9 inches wide, letters of 7 to 8 points) as PNG (300 dpi), SVG and
PDF (TrueType letters), with all that is drawn beside it as `NAME.csv`, and a note `NAME.json` that says what each
column means, how each number was earned, which versions made it, and the digest of every file. `index.json` lists all
captions. The same version of the code and of the libraries gives the same bytes on the same machine; a figure that is
up to date is not made again, and an interrupted run goes on where it was. In Python:

```python
from theorycalc import figures

figures.write(["ladder", "phases"], folder="figures", formats=("svg", "png"))
```

A picture is drawn from its CSV and from nothing else, and holds the SHA-256 of it
([why](adr/0018-figures-are-drawn-from-their-csv.md)). Colours are told apart when
colour-blind, and a rung has one colour and one line everywhere. Error bars are one standard error over prompts unless
a caption says otherwise; means that are open circles or diamonds are heavy-tailed, and neither they nor their bars are
to be trusted. What is not simulated is exact up to rounding, a limit, or a bound, as its `kind` in the CSV says.
"""


def page() -> str:
    """Return the text of the page."""
    missing = "\n".join(f"Not drawn: {reason}" for reason in NOT_DRAWN)
    return "\n".join(
        [_INTRODUCTION, *(_entry(recipe) for recipe in catalogue()), "## What is missing", "", missing, ""]
    )


def _entry(recipe: Recipe) -> str:
    claims = ", ".join(f"[{claim}](../LEDGER.md#{claim.lower()})" for claim in recipe.claims) or "none"
    lines = [f"## {recipe.title}", "", f"`{recipe.name}`, {recipe.size[0]} by {recipe.size[1]} inches."]
    if recipe.name == KEPT:
        lines += ["", f"![{recipe.title}](images/{KEPT}.svg)"]
    lines += ["", recipe.caption, "", f"Claims: {claims}."]
    if recipe.source:
        lines += ["", f"Source: {recipe.source}"]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
