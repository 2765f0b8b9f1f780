"""Links that mean a file of the clone: to source code, to the ledger, and from the site's top to its front page."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from docs.site.uses import ROOT

_INTO_LEDGER = re.compile(r"\]\([./]*LEDGER\.md#")
_FRONT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>theorycalc</title>
<meta http-equiv="refresh" content="0; url={page}">
<link rel="canonical" href="{page}">
<p><a href="{page}">theorycalc: the documents</a></p>
</html>
"""


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    """LEDGER.md without its claims, which have pages of their own; links into it lead there."""
    source[0] = as_shown(docname, source[0])


def as_shown(docname: str, text: str) -> str:
    """Return a document's text as the site shows it."""
    text = _INTO_LEDGER.sub("](#", text)
    if docname == "LEDGER":
        text = re.sub(r"(?m)^\| .* \|$", _shorter, text.partition("\n## MOM-01\n")[0])
    return text


def _shorter(row: re.Match[str]) -> str:
    """Return a row of the summary without kind, origin, controls and status, which the claim's page shows."""
    cells = re.split(r"(?<!\\)\|", row[0])[1:-1]
    return f"|{'|'.join(cells[i] for i in (0, 1, 4, 5))}|" if len(cells) == 8 else row[0]


class SourceLink(nodes.General, nodes.Inline, nodes.TextElement):
    """A link to a Python file, until it is known on which page its source stands."""


class FindSources(SphinxTransform):
    """Take links to Python files out of those that would be offered as downloads."""

    default_priority = 840

    def apply(self, **_: Any) -> None:
        """Replace the links of one page, and note the files."""
        for node in list(self.document.findall(addnodes.download_reference)):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(self.env.docname), node["reftarget"]))
            if path.endswith(".py") and (ROOT / path).is_file():
                node.replace_self(SourceLink("", "", *node.children, path=path))
                self.env.get_domain("ledger").data["sources"].setdefault(self.env.docname, []).append(path)


class LinkSources(SphinxPostTransform):
    """Link a Python file to the page with its source."""

    default_priority = 6

    def run(self, **_: Any) -> None:
        """Replace the links of one page."""
        for node in list(self.document.findall(SourceLink)):
            page = _page_of(self.env, node["path"])
            uri = self.app.builder.get_relative_uri(self.env.current_document.docname, page)
            node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))


def _page_of(env: Any, path: str) -> str:
    """Return the page of a file: viewcode's for a documented module, else ours."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if getattr(env, "_viewcode_modules", {}).get(module):
        return "_modules/" + module.replace(".", "/")
    return f"source/{path.removesuffix('.py')}"


def _collect(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for every linked file that viewcode does not show."""
    noted = app.env.get_domain("ledger").data["sources"].values()
    paths = {path for found in noted for path in found}
    highlighter = getattr(app.builder, "highlighter")  # noqa: B009
    for path in sorted(paths):
        page = _page_of(app.env, path)
        if page.startswith("source/"):
            code = highlighter.highlight_block((ROOT / path).read_text(encoding="utf-8"), "python", linenos=False)
            yield page, {"title": path, "body": f"<h1>{path}</h1>\n{code}"}, "page.html"


def _without_builtins(app: Sphinx, env: Any) -> list[str]:
    """Keep out of the list of sources what viewcode found there and has no source of."""
    found = getattr(env, "_viewcode_modules", {})
    for module in [name for name, source in found.items() if not source]:
        del found[module]
    return []


def _front(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        page = app.builder.get_target_uri(app.config.root_doc)
        (Path(app.outdir) / "index.html").write_text(_FRONT.format(page=page), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the passes."""
    app.add_node(SourceLink)
    app.add_transform(FindSources)
    app.add_post_transform(LinkSources)
    app.connect("source-read", _read)
    app.connect("env-updated", _without_builtins)
    app.connect("html-collect-pages", _collect)
    app.connect("build-finished", _front)
