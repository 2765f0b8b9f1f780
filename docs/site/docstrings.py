"""Docstrings, as they are written here, as reStructuredText.

They have the sections of numpydoc, use plain Unicode for mathematics, indent displayed formulas, describe a parameter
on the line that names it, and state ``Assumes: … Cost: … Claims: … Source: …`` in running text.  Therefore

- displayed formulas become literal blocks;
- characters that mean something to reStructuredText are escaped outside code;
- parameters, results and exceptions become fields, each name with its words below it;
- so do the four facts, before the examples.
"""

import re
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

_LOGGER = logging.getLogger(__name__)

FACTS = ("Assumes", "Cost", "Claims", "Source")
_FACT = re.compile(rf"(?:^|(?<=\.)\s+|(?<=\.\))\s+)({'|'.join(FACTS)}): ")
_RULE = re.compile(r"^-{3,}$")
#: Code, roles, a bullet, emphasised words.
_KEPT = re.compile(r"(``.+?``|:[a-z:]+:`[^`]+`|`[^`]+`|^\s*\* |(?<![\w*])\*\w(?:[^*]*\w)?\*(?![\w*]))")
_NAME = re.compile(r"[*\w, ]+$")
_FIELDS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
_TEXTS = ("", "Notes", "Examples")


def split_facts(text: str) -> tuple[str, dict[str, str]]:
    """Return a docstring without its facts, and the facts by name.

    >>> split_facts("Return ψ.\\n\\nCost: O(q).  Claims: RMT-02,\\nSAF-01.\\n\\nExamples\\n--------\\n1")
    ('Return ψ.\\n\\nExamples\\n--------\\n1', {'Cost': 'O(q).', 'Claims': 'RMT-02, SAF-01.'})
    """
    kept: list[str] = []
    facts: dict[str, str] = {}
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n")):
        rest, found = _of_paragraph(paragraph)
        for name, words in found.items():
            facts[name] = f"{facts[name]} {words}" if name in facts else words
        if rest:
            kept.append(rest)
    return "\n\n".join(kept), facts


def _of_paragraph(paragraph: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first fact of a paragraph, and the facts; indented text states none."""
    lines = paragraph.split("\n")
    if any(line.startswith(">>>") for line in lines) or not any(_FACT.search(line) for line in lines):
        return paragraph, {}
    first = next(i for i, line in enumerate(lines) if _FACT.search(line))
    if lines[first][:1].isspace():
        return paragraph, {}
    start = _FACT.search(lines[first])
    assert start is not None
    before = "\n".join([*lines[:first], lines[first][: start.start()]]).rstrip()
    words = " ".join(line.strip() for line in [lines[first][start.start() :], *lines[first + 1 :]])
    pieces = _FACT.split(words)
    return before, {name: text.strip() for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def restructured(docstring: str) -> list[str]:
    """Return a docstring as lines of reStructuredText."""
    text, facts = split_facts(docstring)
    sections = dict(_sections(text.split("\n")))
    if unknown := [name for name in sections if name not in _FIELDS + _TEXTS]:
        raise ValueError(f"a section {unknown[0]!r}: use one of {', '.join(_FIELDS + _TEXTS[1:])}")
    out = [*_prose(sections[""]), ""]
    for name in _FIELDS:
        if name in sections:
            out += [f":{name}:", *("    " + line for line in _entries(sections[name])), ""]
    out += [f":{name}: {escaped(facts[name])}" for name in FACTS if name in facts]
    out.append("")
    for name in _TEXTS[1:]:
        if name in sections:
            out += [f".. rubric:: {name}", "", *_prose(sections[name]), ""]
    return out


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each numpydoc section with its lines; the text before the first has no name."""
    name, body = "", list[str]()
    i = 0
    while i < len(lines):
        if i + 1 < len(lines) and _RULE.match(lines[i + 1].strip()) and lines[i].strip() and not lines[i][:1].isspace():
            yield name, body
            name, body = lines[i].strip(), []
            i += 2
            continue
        body.append(lines[i])
        i += 1
    yield name, body


def _prose(body: list[str]) -> list[str]:
    """Text: escape it, and make every indented block that is no list and no example a literal block."""
    out: list[str] = []
    i, after_blank, in_example = 0, True, False
    while i < len(body):
        line = body[i]
        if not line.strip():
            out.append("")
            after_blank, in_example = True, False
        elif line.lstrip().startswith(">>>") or in_example:
            out.append(line)
            after_blank, in_example = False, True
        elif line.startswith("    ") and after_blank:
            block: list[str] = []
            while i < len(body) and (body[i].startswith("  ") or not body[i].strip()):
                block.append(body[i])
                i += 1
            while block and not block[-1].strip():
                block.pop()
            out += [".. code-block:: none", "   :class: formula", "", *("   " + line for line in block), ""]
            continue
        else:
            out.append(escaped(line))
            after_blank = False
        i += 1
    return out


def _entries(body: list[str]) -> list[str]:
    """``name : words`` or ``name`` becomes the name, in bold, with all the words indented below it."""
    out: list[str] = []
    for line in body:
        if line.strip() and not line[:1].isspace():
            name, colon, words = line.partition(" : ")
            out += ["", f"**{escaped(name)}**" if _NAME.match(name) else escaped(name)]
            out += [f"    {escaped(words)}"] * bool(colon)
        elif line.strip():
            out.append("    " + escaped(line.strip()))
    return out


def escaped(text: str) -> str:
    """Return text in which only code, bullets and emphasised words mean something to reStructuredText.

    >>> print(escaped("|z| of w* and **k of ``a*b``, *never* x_"))
    \\|z\\| of w\\* and \\*\\*k of ``a*b``, *never* x\\_
    """
    parts = _KEPT.split(text)
    parts[::2] = [re.sub(r"([*|])", r"\\\1", re.sub(r"(?<=\w)_(?!\w)", r"\\_", part)) for part in parts[::2]]
    return "".join(parts)


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    try:
        lines[:] = restructured("\n".join(lines))
    except ValueError as error:
        _LOGGER.warning("docstring of %s has %s", name, error)


def setup(app: Sphinx) -> None:
    """Process every docstring."""
    app.connect("autodoc-process-docstring", _process)
