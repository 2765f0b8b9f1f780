"""What the site is made of: subjects, claims, notation and docstrings; ``python -m docs.build`` itself runs in CI."""

import importlib
import inspect
import json
import re

import pytest

import theorycalc

pytest.importorskip("sphinx", reason="the site needs the extra docs")

from docs.site import docstrings, links, uses
from docs.site.api import subjects

LEDGER = {record["id"] for record in json.loads((uses.ROOT / "ledger.json").read_text(encoding="utf-8"))["claims"]}
PAGES = [
    path
    for path in sorted([*uses.ROOT.glob("*.md"), *(uses.ROOT / "docs").rglob("*.md"), uses.ROOT / "examples/README.md"])
    if path.name != "LEDGER.md" and "node_modules" not in path.parts and "claims" not in path.parts
]
#: Claims that neither a docstring nor a page names: witnesses and lemmas that only other claims rest on.
NAMED_NOWHERE: set[str] = set()


def in_pages():
    return {claim for path in PAGES for claim in uses.named(path.read_text(encoding="utf-8"))}


def test_every_claim_that_a_docstring_names_exists():
    found = uses.docstring_uses()
    assert len(found) > 100
    assert [f"{use.path}: {use.claim}" for use in found if use.claim not in LEDGER] == []


def test_every_claim_that_a_page_names_exists():
    assert in_pages() - LEDGER <= {"OWN-01"}


def test_every_claim_is_named_by_a_function_or_a_page():
    assert LEDGER - in_pages() - {use.claim for use in uses.docstring_uses()} == NAMED_NOWHERE


def test_every_use_is_something_that_can_be_imported():
    for use in uses.docstring_uses():
        thing = importlib.import_module(use.module)
        for part in use.name.split(".") if use.name else ():
            thing = getattr(thing, part)


def test_every_public_name_has_a_subject_and_every_subject_a_page():
    found = subjects()
    names = [name for group in found.values() for name in group]
    assert names == theorycalc.__all__
    text = "\n".join(path.read_text(encoding="utf-8") for path in (uses.ROOT / "docs/api").glob("*.md"))
    wanted = re.findall(r"^\.\. api-names:: (.+)$", text, re.MULTILINE)
    for subject, group in found.items():
        if all(name in ("montecarlo", "reference") for name in group):
            continue  # modules have pages of their own
        assert sum(subject.startswith(beginning) for beginning in wanted) == 1, subject


def test_every_folder_has_a_page():
    pages = {path.stem.removeprefix("folder_") for path in (uses.ROOT / "docs/api").glob("folder_*.md")}
    folders = {path.parent.name for path in (uses.ROOT / "theorycalc").glob("*/__init__.py")}
    assert folders - {"cli", "explorer", "figures"} <= pages


def test_every_area_of_the_ledger_has_a_page():
    text = "\n".join(path.read_text(encoding="utf-8") for path in (uses.ROOT / "docs/claims").glob("*.md"))
    assert sorted(re.findall(r"^```\{claims\} (\w+)$", text, re.MULTILINE)) == sorted({name[:3] for name in LEDGER})


def test_facts_of_a_docstring_are_kept_in_order():
    text = docstrings.restructured(inspect.getdoc(theorycalc.overthinking_cure) or "")
    fields = [line for line in text if re.match(r":\w+:", line)]
    assert [line.split(":")[1] for line in fields] == [
        "Parameters",
        "Returns",
        "Raises",
        "Assumes",
        "Cost",
        "Claims",
        "Source",
    ]
    assert ":Claims: OVT-03, OVT-08." in fields
    assert ".. rubric:: Examples" in text[text.index(":Claims: OVT-03, OVT-08.") :]


def test_formulas_become_blocks_and_their_signs_text():
    text = docstrings.restructured("Return x.\n\n    a* = |b|\n\nLater |c| of **d.")
    assert "       a* = |b|" in text
    assert "Later \\|c\\| of \\*\\*d." in text


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match="'Remarks': use one of Parameters"):
        docstrings.restructured("Return x.\n\nRemarks\n-------\nNone.")


def test_links_into_the_ledger_lead_to_the_claim_itself():
    text = links.as_shown("docs/theory", "see [A](../LEDGER.md#mom-01) and [B](LEDGER.md)")
    assert text == "see [A](#mom-01) and [B](LEDGER.md)"


def test_the_ledger_is_shown_without_its_claims():
    text = "| id | title | kind | origin | grade | scope | n | s |\n\n## MOM-01\n\nmore"
    assert links.as_shown("LEDGER", text) == "| id | title | grade | scope |\n"
