"""The ledger itself: settled, current, deterministic, and complete for the docstrings that refer to it."""

import json
import re
from pathlib import Path

import pytest

import theorycalc
from proofs_check import ledger
from proofs_check.__main__ import LEDGER, ROOT, main
from proofs_check.model import Tier
from proofs_check.report import to_json, to_markdown
from proofs_check.runner import run

#: Macros that GitHub renders; a word run together with a macro is in no such list.
LATEX = re.compile(
    r"Big|big|Gamma|Lambda|Longrightarrow|Sigma|bar|begin|dots|exists|frac|gamma|ge|in|infty|kappa|lVert|lambda|le|left"
    r"|lim|mathbb|mathrm|mathsf|min|nabla|operatorname|prod|q?quad|rVert|right|sigma|sum|text|textstyle|tfrac|to"
)


@pytest.fixture(scope="module")
def results():
    return run(ledger.all_claims())


@pytest.fixture
def one_claim(monkeypatch):
    claims = tuple(claim for claim in ledger.all_claims() if claim.id == "BND-03")
    monkeypatch.setattr(ledger, "all_claims", lambda: claims)


def test_every_claim_is_settled(results):
    assert [reason for result in results for reason in result.reasons] == []
    assert all(result.settled for result in results)


def test_ledger_is_current(results):
    assert (ROOT / LEDGER).read_text(encoding="utf-8") == to_markdown(results), "python -m proofs_check --write"


def test_reports_are_deterministic(results):
    again = run([claim for claim in ledger.all_claims() if claim.id in ("MOM-01", "COT-02", "HRD-01")])
    before = [result for result in results if result.claim.id in ("MOM-01", "COT-02", "HRD-01")]
    assert to_markdown(again) == to_markdown(before)
    timeless = [re.sub(r'"seconds": [\d.]+', "", to_json(items)) for items in (again, before)]
    assert timeless[0] == timeless[1]


def test_full_tier_writes_the_same_ledger(results):
    claims = [claim for claim in ledger.all_claims() if claim.id == "ERR-02"]
    full = run(claims, tier=Tier.FULL)
    assert full[0].settled
    assert len(full[0].checks) == 3
    assert to_markdown(full) == to_markdown([result for result in results if result.claim.id == "ERR-02"])


def test_every_claim_that_a_docstring_names_exists():
    ids = {claim.id for claim in ledger.all_claims()}
    named: dict[str, str] = {}
    for file in sorted(Path(theorycalc.__file__).parent.rglob("*.py")):
        for line in re.findall(r"Claims?: ([A-Z]{3}-\d{2}(?:, [A-Z]{3}-\d{2})*)", file.read_text(encoding="utf-8")):
            named |= dict.fromkeys(line.split(", "), file.name)
    assert named
    assert {name: file for name, file in named.items() if name not in ids} == {}


def test_statements_use_known_latex():
    for claim in ledger.all_claims():
        unknown = [name for name in re.findall(r"\\([A-Za-z]+)", claim.statement) if not LATEX.fullmatch(name)]
        assert unknown == [], claim.id
        assert claim.statement.count("{") == claim.statement.count("}"), claim.id


# ------------------------------------------------------------------ the command line


@pytest.mark.usefixtures("one_claim")
def test_write_then_compare(tmp_path, capsys):
    assert main(["--write"], root=tmp_path) == 0
    assert main([], root=tmp_path) == 0
    (tmp_path / LEDGER).write_text("old", encoding="utf-8")
    capsys.readouterr()
    assert main([], root=tmp_path) == 1
    assert "LEDGER.md is stale" in capsys.readouterr().err
    assert main(["BND-03"], root=tmp_path) == 0  # part of a ledger says nothing about the file


@pytest.mark.usefixtures("one_claim")
def test_a_missing_ledger_is_stale_in_a_clone_only(tmp_path):
    assert main([], root=tmp_path) == 0
    (tmp_path / "pyproject.toml").touch()
    assert main([], root=tmp_path) == 1


@pytest.mark.usefixtures("one_claim")
def test_json(tmp_path, capsys):
    assert main(["BND-03", "--json", str(tmp_path / "ledger.json")]) == 0
    record = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert record["settled"] is True
    assert record["claims"][0]["grade"] == "PROVED"
    capsys.readouterr()
    assert main(["BND-03", "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["claims"][0]["id"] == "BND-03"
    assert "[1/1] BND-03 settled" in captured.err


@pytest.mark.usefixtures("one_claim")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["XYZ-99"], "no claim XYZ-99; there are BND-03"),
        (["BND-03", "--write"], "--write needs the whole ledger"),
        (["BND-03", "--json", "/nowhere/at/all.json"], "--json /nowhere/at/all.json"),
    ],
)
def test_bad_questions_are_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("proofs_check: ")
    assert message in last


def test_bad_options_are_one_line(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--tier", "slow"])
    assert caught.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
