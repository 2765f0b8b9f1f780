"""The command lines that the documents show, run in order; what a page prints must be what the program prints.

A ``console`` block holds lines ``$ theorycalc …``, each followed by its output, with ``...`` for what is left out.
A block that follows ``<!-- file: NAME -->`` is first written to NAME in the folder where the page's commands run.
"""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from theorycalc.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:^<!-- file: (\S+) -->\n+)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [
    path
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if "node_modules" not in path.parts and "```console" in path.read_text(encoding="utf-8")
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
CHECKER = doctest.OutputChecker()


def commands(block):
    """Yield the command lines of a console block, each with the output that the page shows."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield line, output


def differences(page, folder):
    """Run the commands of ``page`` in ``folder``; yield those that print something else."""
    for name, language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if name:
            (folder / name).write_text(text, encoding="utf-8")
        if language != "console":
            continue
        for line, wanted in commands(text):
            program, *words = shlex.split(line)
            assert program == "theorycalc", f"{page.name}: a console block may run theorycalc only: {line}"
            result = CliRunner().invoke(app, words, prog_name="theorycalc")
            said = result.output
            if not CHECKER.check_output(wanted, said, FLAGS):
                yield f"$ {line}\n{CHECKER.output_difference(doctest.Example(line, wanted), said, FLAGS)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_print_what_the_page_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if found := list(differences(page, tmp_path)):
        pytest.fail("\n".join(found))


def test_a_page_that_shows_something_else_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ theorycalc hardness --train iso:2\nHard 3\n```\n", encoding="utf-8")
    (found,) = differences(page, tmp_path)
    assert "Hard 3" in found


def test_claims_that_the_pages_name_are_in_the_ledger():
    known = set(re.findall(r"^## ([A-Z]{3}-\d\d)$", (ROOT / "LEDGER.md").read_text(encoding="utf-8"), re.MULTILINE))
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if "node_modules" in page.parts:
            continue
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        unknown = set(re.findall(r"\b[A-Z]{3}-\d\d\b", text)) - known
        assert not unknown, f"{page.name}: {sorted(unknown)}"


def test_grades_that_the_theory_pages_print_are_those_of_the_ledger():
    row = re.compile(
        r"^\| \[([A-Z]{3}-\d\d)\]\([^)]*\) \| .*?\| (PROVED\w*|ENCLOSED|SAMPLED|STATISTICAL) \|", re.MULTILINE
    )
    grades = dict(row.findall((ROOT / "LEDGER.md").read_text(encoding="utf-8")))
    printed = [
        (page.name, *found)
        for page in sorted((ROOT / "docs" / "theory").glob("*.md"))
        for found in row.findall(page.read_text(encoding="utf-8"))
    ]
    assert len(grades) > 100
    assert len(printed) > 100
    assert [entry for entry in printed if grades.get(entry[1]) != entry[2]] == []
