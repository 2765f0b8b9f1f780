"""A docutils table from cells."""

from collections.abc import Sequence

from docutils import nodes

Cell = Sequence[nodes.Node]


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], *, widths: Sequence[int]) -> nodes.table:
    """Return a table with a head line; a cell is a list of inline nodes, the widths are relative."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(widths))
    group += nodes.thead("", _row([[nodes.Text(name)] for name in head]))
    group += nodes.tbody("", *(_row(cells) for cells in rows))
    return nodes.table("", group, classes=["colwidths-auto"])


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
