"""Ways in which a false statement once passed, a run ended well without having run, or results were lost."""

import dataclasses
import io
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from rich.console import Console

from proofs_check import ClaimFailed, Domain, InvalidClaim, Source, check, check_claim, claim, ledger, report
from proofs_check.__main__ import main
from proofs_check.checks import by_certificate, by_witness
from proofs_check.engines import ball, certificate, quadrature, sampled, smt, statistical, symbolic
from proofs_check.engines.smtlib import Region
from proofs_check.evidence import Grade, Verdict
from proofs_check.model import Claim, Kind, Origin
from proofs_check.runner import run, run_check, run_claim
from theorycalc.moments.words import letter

X = Domain(("x",))


@pytest.mark.parametrize(
    "decide",
    [
        lambda: certificate.nonnegative(lambda x: -1 if x == 2 else 1, X, scope=""),
        lambda: certificate.nonnegative(lambda x: x if x - 1 else -1, X, scope=""),
        lambda: certificate.identical(lambda x: 5 if x != 1 else x, lambda x: x, X, scope=""),
        lambda: smt.nonnegative(lambda x: -1 if x == 2 else 1, Region(positive=("x",)), scope=""),
        lambda: ball.positive_on_boxes(lambda x: -1 if x == Fraction(1, 3) else 1, {"x": (0, 1)}, scope=""),
    ],
)
def test_a_formula_may_not_branch_on_its_variables(decide):
    with pytest.raises(TypeError, match="may not branch on its variables"):
        decide()


@pytest.mark.parametrize(
    "compute",
    [
        lambda: certificate.nonnegative(lambda x: x * 0.1 * 3 - x * 0.3, X, scope="", strict=True),
        lambda: certificate.identical(lambda x: x * (1 / 3), lambda x: x / 3, X, scope=""),
        lambda: smt.nonnegative(lambda x: x * 0.1, Region(positive=("x",)), scope=""),
        lambda: ball.Interval(Fraction(0), 0.5),  # type: ignore[arg-type]
        lambda: letter("A") * 0.1,  # type: ignore[operator]
        lambda: quadrature.rule(4, 0.1),
    ],
)
def test_exact_engines_refuse_floats(compute):
    with pytest.raises(TypeError, match="is a float"):
        compute()


def test_intervals_have_integer_powers_only():
    with pytest.raises(TypeError, match="integer powers only"):
        ball.Interval(Fraction(2), Fraction(2)) ** Fraction(1, 2)  # type: ignore[operator]


def test_a_contact_factor_is_not_zero_everywhere():
    nothing = ball.Contact(lambda x: 0 * x, lambda x: 1 + x)
    found = ball.positive_on_boxes(lambda x: 0 * x, {"x": (0, 1)}, scope="", strict=True, contact=nothing)
    assert (found.verdict, found.detail) == (Verdict.UNDECIDED, "the factor is zero everywhere")


@pytest.mark.parametrize("strict", [("gpa",), "gap is strict"])
def test_a_misspelt_strict_name_is_an_error(strict):
    loose = by_certificate(
        "u > 0",
        formula=1,
        controls={"−1": -1},
        gaps=lambda sign: {"gap": lambda u: sign * u},
        domain=Domain(nonnegative=("u",)),
        strict=strict,
        scope="",
    )
    found = run_check(loose)
    assert found.evidence.verdict is Verdict.ERROR
    assert "name gaps of ['gap']" in found.evidence.detail


def test_a_letter_is_of_one_kind():
    with pytest.raises(ValueError, match="the letter A is symmetric in one place and plain in another"):
        symbolic.identity(letter("A").T, letter("A", symmetric=True), scope="")


def test_statistics_of_nothing_are_not_consistent():
    noise = np.random.default_rng(1)

    def half(batch):
        return np.where(noise.random(100) < 0.5, np.nan, -1.0)

    with pytest.raises(ValueError, match="a draw is NaN"):
        statistical.quantile(half, 0.0, level=0.5, effect=0.1, scope="")
    with pytest.raises(ValueError, match="claimed = nan"):
        statistical.mean(lambda batch: noise.random(10), float("nan"), variance=1, effect=0.1, scope="")
    with pytest.raises(ValueError, match="nothing would be excluded"):
        statistical.bounded_mean(lambda batch: noise.random(10), 0.5, low=0, high=1, effect=0.6, scope="")


def test_samples_count_what_was_judged_and_want_bools():
    def rarely(x):
        assume(x == 0)
        return True

    found = sampled.for_all(st.integers(0, 3), rarely, scope="", instances=20)
    assert found.scope == "; 1 exact instances"
    with pytest.raises(TypeError, match="the predicate returned NoneType, not a bool"):
        sampled.for_all(st.just(1), lambda x: None, scope="", instances=1)  # type: ignore[arg-type,return-value]


# ------------------------------------------------------------------ runs


def toy(satisfies, **changes):
    stated = by_witness("c", formula=2, controls={"3": 3}, satisfies=satisfies, scope="")
    given = {"id": "TOY-01", "kind": Kind.EXISTENCE, "title": "t", "statement": "s", "source": Source("here")}
    return Claim(**given | {"origin": Origin.OURS, "checks": (stated,)} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("leave", [sys.exit, pytest.skip])
def test_an_exit_or_a_skip_is_an_error_of_its_check(leave):
    assert run_claim(toy(lambda x: leave("not today"))).status == "ERROR"


def test_a_missing_subpackage_is_said():
    assert "needs nope.sub" in run_claim(toy(lambda x: x == 2, needs=("nope.sub",))).reasons[0]


def test_one_instance_proves_existence_only():
    @claim("OWN-01", kind="identity", title="n² + n + 41 is prime", statement="s", source=Source("here"))
    def values(n):
        return n * n + n + 41

    @check(values, controls={"+42": lambda n: n * n + n + 42})
    def at_zero(formula):
        return all(formula(0) % p for p in range(2, 8))

    found = check_claim(values)
    assert found.checks[0].evidence.grade is Grade.SAMPLED
    with pytest.raises(ClaimFailed, match="NOT PROVED"):
        check_claim(values, settled=True)


def test_what_is_not_a_claim_is_refused():
    with pytest.raises(InvalidClaim, match="'test_what_is_not_a_claim_is_refused' is no claim"):
        check_claim(test_what_is_not_a_claim_is_refused)  # type: ignore[arg-type]


def test_no_claim_rests_on_a_conjecture():
    guess = toy(lambda x: x == 2, id="TOY-02", origin=Origin.CONJECTURE)
    with pytest.raises(InvalidClaim, match="TOY-01 rests on TOY-02, which is a conjecture"):
        ledger.collect([[guess, toy(lambda x: x == 2, uses=("TOY-02",))]])
    assert ledger.collect([[guess]])


def test_titles_are_text_and_not_markup():
    with pytest.raises(InvalidClaim, match="a title of one line"):
        toy(lambda x: x == 2, title="two\nlines")
    found = run([toy(lambda x: x == 2, title="[/n] and [a, b] | :x:")])
    console = Console(record=True, width=160, file=io.StringIO())
    report.print_table(found, console)
    assert "[/n] and [a, b] | :x:" in console.export_text()
    assert "[/n] and [a, b] \\| :x:" in report.to_markdown(found)


def test_controls_are_the_checks_own():
    controls = {"3": 3}
    stated = by_witness("c", formula=2, controls=controls, satisfies=lambda x: x == 2, scope="")
    controls.clear()
    assert stated.controls == {"3": 3}


@pytest.mark.parametrize("name", ["", ".", "nowhere/at/all.json"])
def test_an_unwritable_file_is_noticed_before_the_run(name, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["BND-03", "--json", name]) == 2
    assert "[1/1]" not in capsys.readouterr().err


def test_check_outside_a_clone_is_refused(tmp_path, capsys):
    assert main(["--check"], root=tmp_path) == 2
    assert "--check needs a clone" in capsys.readouterr().err


def test_files_are_written_through_links_and_in_one_piece(tmp_path, monkeypatch):
    one = toy(lambda x: x == 2)
    monkeypatch.setattr(ledger, "all_claims", lambda: (one,))
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    assert main(["TOY-01", "--json", str(link)]) == 0
    assert link.is_symlink()
    assert "TOY-01" in target.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "target.json"]


def test_questions_that_belong_to_no_claim_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "all_claims", lambda: (toy(lambda x: x == 2),))
    (tmp_path / "pyproject.toml").touch()
    orphan = tmp_path / "proofs_check" / "obligations" / "ZZZ-99.smt2"
    orphan.parent.mkdir(parents=True)
    orphan.touch()
    assert main([], root=tmp_path) == 0
    assert not orphan.exists()


def children(parent):
    """The live processes whose parent is the given one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_no_process(sent):
    command = [sys.executable, "-m", "proofs_check", "--workers", "2", "--json", "-"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        running.stderr.readline()  # the first claim is done
        workers = children(running.pid)
        assert workers
        running.send_signal(sent)
        running.stderr.read()
        status = running.wait(timeout=30)
    assert status == (130 if sent == signal.SIGINT else -signal.SIGTERM)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in live(workers)):
        time.sleep(0.1)
    assert live(workers) == []


def live(pids):
    """Those that still run; a zombie does not."""
    found = []
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                found.append(pid)
        except OSError:
            continue
    return found


def test_a_killed_worker_loses_its_claims_only(monkeypatch):
    """The pool breaks; what was found before stays, the rest are errors, and nothing raises."""
    real = [item for item in ledger.all_claims() if item.id in ("BND-03", "GAM-03")]
    unknown = dataclasses.replace(real[0], id="ZZZ-99")  # no process finds it in the ledger
    found = run([*real, unknown], workers=2)
    assert [item.status for item in found[:2]] == ["settled", "settled"]
    assert found[2].status == "ERROR"


# ------------------------------------------------------------------ mistakes that newcomers make


@pytest.mark.parametrize(
    "formula",
    [
        lambda x: x if x > 1 else 1,
        lambda x: max(x, 1),
        lambda x: 1 + abs(x),
        lambda x: x**0.5,
        lambda x: x ** Fraction(1, 2),
        lambda x: 1 + float(x),
    ],
)
def test_what_a_formula_may_use_is_said(formula):
    with pytest.raises(TypeError, match="a formula may"):
        certificate.nonnegative(formula, X, scope="")


def stated(**changes):
    given = {"kind": "identity", "title": "t", "statement": "s", "source": Source("here")}
    return claim(changes.pop("id", "OWN-01"), **given | changes)(lambda n: n)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: stated(id="AREA-01"), "id 'AREA-01': write three capitals"),
        (lambda: check(lambda n: n, controls={"0": 0}), "is no claim: decorate the formula with claim"),  # type: ignore[arg-type]
        (lambda: check(stated(), controls={"0": 0}, over=st.integers), "pass a Hypothesis strategy"),  # type: ignore[arg-type]
        (lambda: check(stated(), controls={"0": 0}, over=st.integers(), instances=0), "draw at least 1"),
        (lambda: check(stated(), controls=[0])(lambda f: True), "pass a dict of name -> wrong formula"),  # type: ignore[arg-type]
        (lambda: toy(lambda x: True, uses="BND-01"), "uses = 'BND-01': pass a tuple"),
        (lambda: toy(lambda x: True, source="my notes"), r"write Source\('my notes'\)"),
    ],
)
def test_mistakes_in_stating(mistake, said):
    with pytest.raises(InvalidClaim, match=said):
        mistake()


def test_a_formula_that_returns_a_float_is_refused():
    floats = claim("OWN-02", kind="identity", title="t", statement="s", source=Source("here"))(lambda n: 2 / (n + 2))
    check(floats, over=st.integers(0, 9), controls={"1": lambda n: 1})(lambda f, n: f(n) * (n + 2) == 2)
    with pytest.raises(ClaimFailed, match=r"the formula returned the float 1\.0: return an exact number"):
        check_claim(floats)


def test_a_crash_names_its_line_and_instance():
    own = stated()
    check(own, over=st.integers(5, 9), controls={"0": lambda n: 0})(lambda f, n: f(n).value)
    with pytest.raises(
        ClaimFailed, match=r"AttributeError: 'int' object has no attribute 'value' at 5 \(test_holes.py:\d+\)"
    ):
        check_claim(own)


def test_a_notebook_cell_can_be_run_again():
    own = stated()
    for _ in range(2):
        check(own, over=st.integers(), controls={"n + 1": lambda n: n + 1}, name="same")(lambda f, n: f(n) == n)
    found = check_claim(own)
    assert len(found.checks) == 1
    assert repr(found) == "<OWN-01 t: NOT PROVED, SAMPLED, 1/1 controls refuted>"
    assert repr(own) == "<claim OWN-01 t: 1 checks>"


def test_a_control_that_breaks_or_is_true_is_told_apart():
    assert run_claim(toy(lambda x: 1 // (x - 3) is not None)).status == "CONTROL ERROR"
    assert "it is true, or this check cannot tell it apart" in run_claim(toy(lambda x: True)).reasons[0]
