"""Every figure of the project, in order, and what could not be drawn."""

import difflib
import importlib
from collections.abc import Iterable

from theorycalc._checks import refuse
from theorycalc.figures.recipe import Recipe

#: The modules of the figures, in the order of the gallery; each has a FIGURE.
MODULES = (
    "ladder",
    "finite_prompts",
    "mean_typical",
    "phases",
    "safe_bound",
    "overthinking",
    "frontiers",
    "training",
    "selection_types",
    "regret",
    "poster_lsa",
    "poster_qwen",
)

#: What others have published as a picture only, of which no numbers are on record here.
NOT_DRAWN = (
    (
        "The poster's panels (c) and (d), GPT-2 with matched skills and with insufficient coverage, are not drawn: "
        "their values are not published as numbers, none were read off, and this project does not compute them."
    ),
)


def catalogue() -> tuple[Recipe, ...]:
    """Return every figure, in the order of the gallery."""
    return tuple(importlib.import_module(f"theorycalc.figures.{module}").FIGURE for module in MODULES)


def chosen(names: Iterable[str] | None) -> tuple[Recipe, ...]:
    """Return the figures of these names, in the order of the gallery; all for None.

    Raises
    ------
    InvalidSetup
        for a name that no figure has.
    """
    every = catalogue()
    if names is None:
        return every
    wanted = list(names)
    known = [recipe.name for recipe in every]
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            remedy = f"did you mean {near[0]}? " if near else ""
            raise refuse("names", name, "no figure has this name", f"{remedy}the figures are {', '.join(known)}")
    return tuple(recipe for recipe in every if recipe.name in wanted)
