"""The ledger itself: settled, current, deterministic, and complete for the docstrings that refer to it."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

import theorycalc
from proofs_check import __main__ as command
from proofs_check import ledger
from proofs_check.__main__ import LEDGER, RECORD, ROOT, main
from proofs_check.checks import by_witness
from proofs_check.model import Claim, Kind, Origin, Source, Tier
from proofs_check.report import _AREAS, to_json, to_markdown
from proofs_check.runner import run

#: Macros that GitHub renders; a word run together with a macro is in no such list.
LATEX = re.compile(
    r"alpha|ast|bar|begin|beta|big|Big|cdots|chi|cos|delta|dim|dots|ell|eta|exists|frac|Gamma|gamma|ge|hat|iff"
    r"|implies|in|infty|kappa|Lambda|lambda|langle|le|left|lim|Longrightarrow|lVert|mapsto|mathbb|mathrm|mathsf"
    r"|max|min|mu|nabla|ne|oint|Omega|operatorname|Pi|pi|pm|preceq|prod|q?quad|propto|psi|rangle|rho|right"
    r"|Rightarrow|rVert|setminus|Sigma|sigma|sim|sqrt|succ|succeq|sum|tau|tbinom|text|textstyle|tfrac|theta|tilde"
    r"|times|to|varepsilon|varphi|xi"
)


@pytest.fixture(scope="module")
def results():
    return run(ledger.all_claims(), workers=2)


TOY = Claim(
    id="TOY-01",
    kind=Kind.EXISTENCE,
    title="Some number is even",
    statement=r"\exists\, x",
    source=Source("this test"),
    origin=Origin.OURS,
    checks=(by_witness("2", formula=2, controls={"3": 3}, satisfies=lambda x: x % 2 == 0, scope="integers"),),
)


@pytest.fixture
def one_claim(monkeypatch):
    monkeypatch.setattr(ledger, "all_claims", lambda: (TOY,))


def test_every_claim_is_settled(results):
    assert [reason for result in results if not result.acceptable for reason in result.reasons] == []
    assert all(result.acceptable for result in results)
    assert all(result.settled or result.claim.origin is Origin.CONJECTURE for result in results)


def test_ledger_is_current(results):
    assert (ROOT / LEDGER).read_text(encoding="utf-8") == to_markdown(results), "run python -m proofs_check"
    assert (ROOT / RECORD).read_text(encoding="utf-8") == to_json(results, times=False), "run python -m proofs_check"


def test_reports_are_deterministic(results):
    """Here in one process, there in two."""
    some = ("MOM-01", "COT-02", "HRD-01")
    again = run([claim for claim in ledger.all_claims() if claim.id in some])
    before = [result for result in results if result.claim.id in some]
    assert to_markdown(again) == to_markdown(before)
    assert to_json(again, times=False) == to_json(before, times=False)


def test_full_tier_writes_the_same_ledger(results):
    claims = [claim for claim in ledger.all_claims() if claim.id == "ERR-04"]
    full = run(claims, tier=Tier.FULL)
    assert full[0].settled
    assert len(full[0].checks) == 6
    assert to_markdown(full) == to_markdown([result for result in results if result.claim.id == "ERR-04"])


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
    (tmp_path / "pyproject.toml").touch()
    assert main(["--check"], root=tmp_path) == 1  # a clone without the files
    assert main([], root=tmp_path) == 0
    assert main(["--check"], root=tmp_path) == 0
    for name in (LEDGER, RECORD):
        current = (tmp_path / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text("old", encoding="utf-8")
        capsys.readouterr()
        assert main(["--check"], root=tmp_path) == 1
        assert f"{name} is stale" in capsys.readouterr().err
        assert main(["TOY-01"], root=tmp_path) == 0  # part of a ledger says nothing about the files
        assert main([], root=tmp_path) == 0
        assert (tmp_path / name).read_text(encoding="utf-8") == current


@pytest.mark.usefixtures("one_claim")
def test_outside_a_clone_nothing_is_written(tmp_path, capsys):
    assert main([], root=tmp_path) == 0
    assert "not in a clone" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_shows_what_it_has(tmp_path, capsys, monkeypatch):
    def stop(claims, *, progress, **_):
        progress(run(claims[:1])[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", stop)
    assert main([], root=tmp_path) == 130
    said = capsys.readouterr()
    assert "MOM-01" in said.out
    assert "stopped after 1 of" in said.err


def test_an_open_conjecture_does_not_fail_a_run(monkeypatch, tmp_path, capsys):
    guess = dataclasses.replace(TOY, origin=Origin.CONJECTURE)
    monkeypatch.setattr(ledger, "all_claims", lambda: (guess,))
    assert main([], root=tmp_path) == 0
    assert "0 of 1 claims settled, 1 open conjecture" in capsys.readouterr().out


@pytest.mark.usefixtures("one_claim")
def test_json(tmp_path, capsys):
    assert main(["TOY-01", "--json", str(tmp_path / "ledger.json")]) == 0
    record = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert record["settled"] is True
    assert record["claims"][0]["grade"] == "PROVED"
    capsys.readouterr()
    assert main(["TOY-01", "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["claims"][0]["id"] == "TOY-01"
    assert "[1/1] TOY-01 settled" in captured.err


@pytest.mark.usefixtures("one_claim")
def test_claims_are_found_by_id_and_area(capsys):
    assert main(["--list"]) == 0
    assert capsys.readouterr().out == "TOY-01 Some number is even\n"
    for words in (["toy-01"], ["TOY"], ["toy", "TOY-01"]):
        assert main([*words, "--json", "-"]) == 0
        assert len(json.loads(capsys.readouterr().out)["claims"]) == 1


@pytest.mark.usefixtures("one_claim")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["XYZ-99"], "no claim XYZ-99: use an id or an area, TOY; --list shows all"),
        (["TOY-01", "--check"], "--check needs the whole ledger"),
        (["TOY-01", "--json", "/nowhere/at/all.json"], "--json /nowhere/at/all.json"),
    ],
)
def test_bad_questions_are_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("proofs_check: ")
    assert message in last


@pytest.mark.parametrize("options", [["--tier", "slow"], ["--workers", "0"], ["--workers", "many"]])
def test_bad_options_are_one_line(options, capsys):
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_area_has_a_name():
    assert {claim.id.split("-")[0] for claim in ledger.all_claims()} == set(_AREAS)
