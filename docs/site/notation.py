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
                [nodes.Text(line.symbol)],
                [nodes.Text(line.shape)],
                self.parse_inline(line.meaning)[0],
            ]
            for line in TABLE
        ]
        return [table(["symbol", "in code", "in text", "shape", "meaning"], rows, widths=[12, 14, 10, 18, 46])]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("notation-table", NotationTable)
