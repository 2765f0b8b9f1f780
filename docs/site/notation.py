"""The table of all notation, from :mod:`theorycalc.notation`: directive ``notation-table``."""

from collections.abc import Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs.site.tables import table
from theorycalc.notation import TABLE


class NotationTable(SphinxDirective):
    """Every symbol: typeset, as the code calls it, its shape and its meaning."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows: list[list[Sequence[nodes.Node]]] = [
            [
                [nodes.math(line.latex, line.latex)],
                [nodes.literal(line.code, line.code)],
                self.parse_inline(line.meaning)[0],
                [nodes.Text(line.shape)],
                [nodes.Text(line.symbol)],
            ]
            for line in TABLE
        ]
        return [table(["symbol", "in code", "meaning", "shape", "in text"], rows, widths=[12, 14, 46, 18, 10])]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("notation-table", NotationTable)
