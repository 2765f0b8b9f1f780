"""Every figure of the project, from one command: its data, its drawing, its caption, and the claims it shows.

``write`` makes the files; ``catalogue`` lists the figures.  Each module has one FIGURE: ``data`` computes a table, and
``draw`` draws that table and computes nothing, so that the CSV beside a picture is all that is in it.
"""

from theorycalc.figures.catalogue import NOT_DRAWN, catalogue, chosen
from theorycalc.figures.recipe import KINDS, Recipe
from theorycalc.figures.sheet import FORMATS, drawn, encoded
from theorycalc.figures.table import Table
from theorycalc.figures.writing import Written, write

__all__ = [
    "FORMATS",
    "KINDS",
    "NOT_DRAWN",
    "Recipe",
    "Table",
    "Written",
    "catalogue",
    "chosen",
    "drawn",
    "encoded",
    "write",
]
