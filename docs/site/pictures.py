"""The figures below their headings in figures.md, and the explorer: directive ``explorer``.

Figures are drawn into ``out/figures``, where ``theorycalc figures --out out/figures`` draws them too, and only those
that are not up to date.  A quick build (``-D draw_figures=0``) draws none, and shows those that are there.
"""

import posixpath
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from docs.site.uses import ROOT

FOLDER = ROOT / "out" / "figures"
EXPLORER = "_static/explorer.html"
_GALLERY = "docs/figures"


class ShowFigures(SphinxTransform):
    """Put a figure, and the file with its data, where the gallery gives its name and size."""

    default_priority = 200  # before images are collected

    def apply(self, **_: Any) -> None:
        """Change the gallery only."""
        if self.env.docname != _GALLERY:
            return
        from theorycalc.figures import catalogue

        titles = {recipe.name: recipe.title for recipe in catalogue()}
        shown = {Path(node["uri"]).stem for node in self.document.findall(nodes.image)}
        for line in list(self.document.findall(nodes.paragraph)):
            name = line[0].astext() if isinstance(line[0], nodes.literal) else ""
            if name not in titles or not line.astext().endswith("inches."):
                continue
            if (FOLDER / f"{name}.csv").exists():
                data = addnodes.download_reference("", "", nodes.Text("data"), reftarget=self._path(f"{name}.csv"))
                line += [nodes.Text(" Drawn from these "), data, nodes.Text(".")]
            if name not in shown and (FOLDER / f"{name}.svg").exists():
                picture = nodes.image("", uri=self._path(f"{name}.svg"), alt=titles[name], classes=["picture"])
                assert line.parent is not None
                line.parent.insert(line.parent.index(line) + 1, picture)

    def _path(self, file: str) -> str:
        return posixpath.relpath(f"out/figures/{file}", posixpath.dirname(self.env.docname))


class Explorer(SphinxDirective):
    """The explorer in a frame, and a link to it alone."""

    def run(self) -> list[nodes.Node]:
        """Return both as HTML."""
        up = posixpath.relpath(EXPLORER, posixpath.dirname(self.env.docname))
        html = (
            f'<p><a href="{up}">Open the explorer in a page of its own</a></p>\n'
            f'<iframe class="explorer" src="{up}" title="The explorer" loading="lazy"></iframe>\n'
        )
        return [nodes.raw("", html, format="html")]


def _draw(app: Sphinx) -> None:
    if app.config.draw_figures and app.builder.format == "html":
        from theorycalc.figures import write

        write(folder=FOLDER, formats=("svg", "png"))


def _outdated(app: Sphinx, *_: Any) -> list[str]:
    """Pictures may have been drawn since the gallery was read."""
    return [_GALLERY] if _GALLERY in app.env.found_docs else []


def _write_explorer(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        from theorycalc.explorer import write_explorer

        write_explorer(Path(app.outdir) / EXPLORER)


def setup(app: Sphinx) -> None:
    """Register the pass, the directive, and what draws."""
    app.add_config_value("draw_figures", True, "", bool)
    app.add_transform(ShowFigures)
    app.add_directive("explorer", Explorer)
    app.connect("builder-inited", _draw)
    app.connect("env-get-outdated", _outdated)
    app.connect("build-finished", _write_explorer)
