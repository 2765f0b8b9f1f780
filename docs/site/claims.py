"""The claims of the ledger as pages, and links between a claim and what names it.

``ledger.json`` is the source.  The directive ``claims`` writes the claims of one area; wherever a claim's id stands in
text, also in a docstring, it becomes a link to the claim; and the claim lists the functions and pages that name it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from docs.site.uses import AREAS, CLAIM, ROOT, docstring_uses
from proofs_check.model import Known, Source

_LOGGER = logging.getLogger(__name__)
_RECORD = ROOT / "ledger.json"
_SILENT = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.title, nodes.raw)
_LINKED = (nodes.reference, addnodes.pending_xref, addnodes.download_reference)
#: Pages that list or generate claims; that they name one says nothing.
_LISTS = ("LEDGER", "docs/claims/", "docs/api/")


def records() -> list[dict[str, Any]]:
    """Return every claim of ledger.json, in its order."""
    found: list[dict[str, Any]] = json.loads(_RECORD.read_text(encoding="utf-8"))["claims"]
    return found


class Ledger(Domain):
    """Claims as things that can be linked and searched; role ``ledger:claim``."""

    name = "ledger"
    label = "Ledger of claims"
    object_types: ClassVar[Any] = {"claim": ObjType("claim", "claim")}
    roles: ClassVar[Any] = {"claim": XRefRole()}
    #: id → docname, id → title, docname → ids, docname → Python files it links to
    initial_data: ClassVar[Any] = {"homes": {}, "titles": {}, "mentions": {}, "sources": {}}

    def clear_doc(self, docname: str) -> None:
        """Forget what a page held."""
        self.data["homes"] = {claim: home for claim, home in self.data["homes"].items() if home != docname}
        self.data["mentions"].pop(docname, None)
        self.data["sources"].pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Add what another process read."""
        for key in self.initial_data:
            self.data[key].update(otherdata[key])

    def resolve_xref(
        self, env: BuildEnvironment, fromdocname: str, builder: Any, typ: str, target: str, node: Any, contnode: Any
    ) -> nodes.reference | None:
        """Link a claim."""
        home = self.data["homes"].get(target)
        if home is None:
            return None
        return make_refnode(builder, fromdocname, home, target.lower(), contnode, self.data["titles"][target])

    def resolve_any_xref(self, *arguments: Any) -> list[tuple[str, nodes.reference]]:
        """Claims are not found by the role ``any``."""
        return []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield the claims for the search."""
        for claim, home in self.data["homes"].items():
            yield claim, f"{claim} {self.data['titles'][claim]}", "claim", home, claim.lower(), 1

    def check_consistency(self) -> None:
        """Warn of claims that no page shows, and of names that are no claims."""
        known = {record["id"] for record in records()}
        for claim in sorted(known.difference(self.data["homes"])):
            _LOGGER.warning("%s is on no page: add a page with a `claims` directive for its area", claim)
        for docname, ids in sorted(self.data["mentions"].items()):
            for claim in sorted(set(ids) - known):
                _LOGGER.warning("no claim is called %s", claim, location=docname)


class Claims(SphinxDirective):
    """All claims of one area, such as ``GAM``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a section for every claim."""
        area = self.arguments[0]
        self.env.note_dependency(str(_RECORD))
        every = records()
        chosen = [record for record in every if record["id"].startswith(f"{area}-")]
        if area not in AREAS or not chosen:
            raise self.error(f"no claim of ledger.json is of the area {area}")
        ledger = self.env.get_domain("ledger")
        for record in chosen:
            claim, title = record["id"], record["title"]
            ledger.data["homes"][claim] = self.env.docname
            ledger.data["titles"][claim] = title
            place = (self.env.docname, claim.lower())
            self.env.domains.standard_domain.anonlabels[claim.lower()] = place
            self.env.domains.standard_domain.labels[claim.lower()] = (*place, f"{claim} {title}")
        return [_section(record, every) for record in chosen]


class UsedBy(nodes.General, nodes.Element):
    """Stands in a claim for the functions and pages that name it, until all are read."""


def _section(record: dict[str, Any], every: list[dict[str, Any]]) -> nodes.section:
    claim = record["id"]
    section = nodes.section("", ids=[claim.lower()], names=[claim.lower()], classes=["claim"])
    section += nodes.title("", f"{claim} {record['title']}")
    marks = nodes.paragraph("", "", classes=["marks"])
    for text, kind in (
        (record["grade"] or record["status"], f"grade-{(record['grade'] or 'none').lower()}"),
        (record["status"], f"status-{record['status'].lower()}"),
        (record["origin"], "origin"),
        (record["kind"], "kind"),
    ):
        marks += [nodes.inline("", text, classes=["mark", kind]), nodes.Text(" ")]
    section += marks
    section += nodes.math_block(record["statement"], record["statement"], number=None, label=None, docname=None)
    fields = nodes.field_list("")
    fields += _field("Holds for", inline(record["scope"]))
    fields += _field("Source", inline(_source(record["source"])))
    if record["assumes"]:
        fields += _field("Assumes", inline("; ".join(record["assumes"])))
    if record["uses"]:
        fields += _field("Rests on", inline(", ".join(record["uses"])))
    above = [other["id"] for other in every if claim in other["uses"]]
    if above:
        fields += _field("Carries", inline(", ".join(above)))
    section += fields
    section += UsedBy("", claim=claim)
    section += nodes.rubric("", f"Checks, and the {record['controls_refuted']} wrong formulas they refute")
    section += nodes.definition_list("", *(_check(check) for check in record["checks"]), classes=["checks"])
    return section


def _field(name: str, body: list[nodes.Node]) -> nodes.field:
    return nodes.field("", nodes.field_name("", name), nodes.field_body("", nodes.paragraph("", "", *body)))


def _check(check: dict[str, Any]) -> nodes.definition_list_item:
    grade = check["grade"] or check["verdict"]
    term = nodes.term("", "", *inline(check["name"]), nodes.Text(" "))
    term += nodes.inline("", grade, classes=["mark", f"grade-{grade.lower()}"])
    part = f"of the part “{check['part']}”: " if check["part"] else ""
    body = nodes.definition("", nodes.paragraph("", "", *inline(f"{part}{check['scope']}")))
    words = [name if found == "REFUTED" else f"{name}: {found}" for name, found in check["controls"].items()]
    if words:
        controls = nodes.paragraph("", "", nodes.emphasis("", "refutes"), nodes.Text(" "), classes=["controls"])
        controls += inline("; ".join(words))
        body += controls
    return nodes.definition_list_item("", term, body)


def _source(source: dict[str, str]) -> str:
    return str(Source(source["reference"], source["place"], known=Known(source["known"]), note=source["note"]))


def inline(text: str) -> list[nodes.Node]:
    """Return text as nodes, with what stands between backticks as code."""
    parts = re.split(r"`+([^`]+)`+", text)
    return [nodes.literal(part, part) if i % 2 else nodes.Text(part) for i, part in enumerate(parts) if part]


class LinkClaims(SphinxTransform):
    """Make a link of every claim that text names, and note which page names which claim."""

    default_priority = 850

    def apply(self, **_: Any) -> None:
        """Replace the texts of one page."""
        mentions: set[str] = set()
        for text in list(self.document.findall(nodes.Text)):
            found_here = CLAIM.findall(text.astext())
            if not found_here or _within(text, _SILENT):
                continue
            mentions.update(found_here)
            if _within(text, _LINKED):
                continue
            parts: list[nodes.Node] = []
            last = 0
            for found in CLAIM.finditer(text.astext()):
                parts.append(nodes.Text(text.astext()[last : found.start()]))
                parts.append(self._link(found[0]))
                last = found.end()
            parts.append(nodes.Text(text.astext()[last:]))
            assert text.parent is not None
            text.parent.replace(text, [part for part in parts if part.astext()])
        if mentions:
            self.env.get_domain("ledger").data["mentions"][self.env.docname] = sorted(mentions)

    def _link(self, claim: str) -> nodes.Node:
        link = addnodes.pending_xref(
            "", refdomain="ledger", reftype="claim", reftarget=claim, refdoc=self.env.docname, refwarn=True
        )
        link += nodes.inline("", claim, classes=["claim-id"])
        return link


def _within(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, kinds):
            return True
        parent = parent.parent
    return False


class ShowUses(SphinxPostTransform):
    """Put the functions and pages that name a claim in its place."""

    default_priority = 5  # before references are resolved

    def run(self, **_: Any) -> None:
        """Replace the placeholders of one page."""
        places = list(self.document.findall(UsedBy))
        if not places:
            return
        objects = self.env.get_domain("py").data["objects"]
        homes = {entry.node_id: name for name, entry in objects.items()}
        mentions = self.env.get_domain("ledger").data["mentions"]
        uses = docstring_uses()
        for place in places:
            claim = place["claim"]
            fields = nodes.field_list("")
            functions = [self._function(use.path, objects, homes) for use in uses if use.claim == claim]
            if functions:
                fields += _field("Used by", _joined(functions))
            pages = [
                self._page(docname)
                for docname, ids in sorted(mentions.items())
                if claim in ids and not docname.startswith(_LISTS)
            ]
            if pages:
                fields += _field("Named in", _joined(pages))
            if not functions and not pages:
                fields += _field("Used by", [nodes.Text("no function and no page by name")])
            place.replace_self(fields)

    def _function(self, path: str, objects: Any, homes: Any) -> nodes.Node:
        short = f"theorycalc.{path.rpartition('.')[2]}"
        target = path if path in objects else short if short in objects else path
        link = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=target, refdoc=self.env.current_document.docname, refwarn=False
        )
        label = path.removeprefix("theorycalc.") if target == path else target.removeprefix("theorycalc.")
        link += nodes.literal(label, label)
        return link

    def _page(self, docname: str) -> nodes.Node:
        builder = self.app.builder
        uri = builder.get_relative_uri(self.env.current_document.docname, docname)
        title = self.env.titles[docname].astext() if docname in self.env.titles else docname
        return nodes.reference("", title, refuri=uri, internal=True)


def _joined(parts: list[nodes.Node]) -> list[nodes.Node]:
    out: list[nodes.Node] = []
    for part in parts:
        out += [nodes.Text(", "), part] if out else [part]
    return out


def setup(app: Sphinx) -> None:
    """Register the domain, the directive and the two passes."""
    app.add_domain(Ledger)
    app.add_node(UsedBy)
    app.add_directive("claims", Claims)
    app.add_transform(LinkClaims)
    app.add_post_transform(ShowUses)
