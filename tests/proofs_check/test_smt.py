"""The engine of two solvers: what it proves, what it refutes by exact points, and what it must not decide."""

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from proofs_check import ledger, obligations
from proofs_check.__main__ import main
from proofs_check.checks import by_samples, by_smt
from proofs_check.engines import smt
from proofs_check.engines.certificate import Domain
from proofs_check.engines.smt import Answer
from proofs_check.engines.smtlib import Region, questions, region_of
from proofs_check.evidence import Grade, Verdict
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.runner import run_check, run_claim
from proofs_check.strategies import rationals

SHARES = Domain(positive=("e",), nonnegative=("u", "v"))
SPECTRUM = Domain(positive=("e",), nonnegative=("u", "v", "w"))
PLANE = Region(free=("x", "y"))
HALF_LINE = Region(nonnegative=("x",))
TRIANGLE = Region(nonnegative=("x", "y"), at_least_zero=(lambda x, y: 1 - x - y,))
HALF = Fraction(1, 2)


def share(e, u, v, scale=1):
    """λ/(λ + t) − e/(e + t) with λ = e + u, t = λ + v."""
    lam = e + u
    t = lam + v
    return lam / (lam + t) - scale * e / (e + t)


def _one_eigenvalue(e, u, v, w):
    lam, n = e + u, 1 + w
    t = lam + v
    return lam, t, n, (1 + 1 / n) * lam + t / n, t / e


def bias(one=1):
    """The bound (one + H)/n minus 1 − λ/γ."""

    def gap(e, u, v, w):
        lam, _, n, gamma, H = _one_eigenvalue(e, u, v, w)
        return (one + H) / n - (1 - lam / gamma)

    return gap


def variance(one=1, power=2):
    """The bound one + H minus λ(λ + t)/γ²."""

    def gap(e, u, v, w):
        lam, t, _, gamma, H = _one_eigenvalue(e, u, v, w)
        return one + H - lam * (lam + t) / gamma**power

    return gap


def found(gap, domain, **named):
    return smt.nonnegative(gap, domain, scope="all", **named)


TRUE = {
    "share of the smallest": (share, SHARES, False),
    "bias of Theorem 3.3": (bias(), SPECTRUM, False),
    "variance of Theorem 3.3": (variance(), SPECTRUM, False),
    "variance, strictly": (variance(), SPECTRUM, True),
    "means of two": (lambda x, y: (x + y) ** 2 - 4 * x * y, PLANE, False),
    "means of two apart": (
        lambda x, y: (x + y) ** 2 - 4 * x * y,
        Region(free=("x", "y"), above_zero=(lambda x, y: (x - y) ** 2,)),
        True,
    ),
    "Motzkin": (
        lambda x, y, z: x**4 * y**2 + x**2 * y**4 + z**6 - 3 * (x * y * z) ** 2,
        Region(free=("x", "y", "z")),
        False,
    ),
    "product in the triangle": (lambda x, y: HALF * (x + y) - 2 * x * y, TRIANGLE, False),
    "quotient with a divisor < 0": (lambda x: x / (x * x + 1) - x / (-1 - x) ** 3, HALF_LINE, False),
    "quotient with a divisor of both signs": (
        lambda x: (x**3 - x / 2) / x,
        Region(free=("x",), above_zero=(lambda x: x * x - 1,)),
        True,
    ),
    "zero": (lambda x: x - x, HALF_LINE, False),
}

FALSE = {
    "share of the largest": (lambda **at: -share(**at), SHARES, False),
    "share, scaled": (lambda **at: share(**at, scale=Fraction(101, 100)), SHARES, False),
    "share, strictly": (share, SHARES, True),
    "bias without 1": (bias(0), SPECTRUM, False),
    "bias with 1/2": (bias(HALF), SPECTRUM, False),
    "variance without 1": (variance(0), SPECTRUM, False),
    "variance with γ for γ²": (variance(power=1), SPECTRUM, False),
    "means of two with 5": (lambda x, y: (x + y) ** 2 - 5 * x * y, PLANE, False),
    "means of two, strictly": (lambda x, y: (x + y) ** 2 - 4 * x * y, PLANE, True),
    "Motzkin with 4": (
        lambda x, y, z: x**4 * y**2 + x**2 * y**4 + z**6 - 4 * (x * y * z) ** 2,
        Region(free=("x", "y", "z")),
        False,
    ),
    "product in the triangle with 3": (lambda x, y: HALF * (x + y) - 3 * x * y, TRIANGLE, False),
    "near 1000": (lambda x: (x - 1000) ** 2 - Fraction(1, 10**6), HALF_LINE, False),
    "quotient with a divisor of both signs": (
        lambda x: 1 / x + HALF,
        Region(free=("x",), above_zero=(lambda x: x * x - 1,)),
        False,
    ),
    "zero, strictly": (lambda x: x - x, HALF_LINE, True),
}


@pytest.mark.parametrize(("gap", "domain", "strict"), TRUE.values(), ids=TRUE)
def test_true_statements_are_proved(gap, domain, strict):
    evidence = found(gap, domain, strict=strict, grade=Grade.PROVED_SLICE)
    assert (evidence.verdict, evidence.grade, evidence.scope) == (Verdict.CONFIRMED, Grade.PROVED_SLICE, "all")


@pytest.mark.parametrize(("gap", "domain", "strict"), FALSE.values(), ids=FALSE)
def test_false_neighbours_are_refuted_at_an_exact_point(gap, domain, strict):
    evidence = found(gap, domain, strict=strict)
    assert evidence.verdict is Verdict.REFUTED
    at, value = evidence.detail.removeprefix("at ").split(" gap is ")
    point = {name: Fraction(x) for name, x in (item.split(" = ") for item in at.split(", "))}
    assert region_of(domain).contains(point)
    assert gap(**point) == Fraction(value)
    assert Fraction(value) < 0 or (strict and Fraction(value) == 0)


@pytest.mark.parametrize("at", [Fraction(-3), -HALF, Fraction(0), Fraction(1), Fraction(2)], ids=str)
def test_one_point_is_decided_as_exact_arithmetic_does(at):
    """Signs of odd and even factors, above and below the line, at a region of one point."""
    point = Region(free=("x",), at_least_zero=(lambda x: x - at, lambda x: at - x), inside={"x": at})
    for gap in (
        lambda x: (x - 1) ** 2 * (x - 2) / (x + 1),
        lambda x: -((x - 1) ** 3) / (x + 1) ** 2 / (1 - 3 * x) ** 3,
        lambda x: HALF - x**-2,
    ):
        for strict in (False, True):
            try:
                holds = gap(at) > 0 or (gap(at) == 0 and not strict)
            except ZeroDivisionError:
                continue
            verdict = found(gap, point, strict=strict).verdict
            assert verdict is (Verdict.CONFIRMED if holds else Verdict.REFUTED)


# ------------------------------------------------------------------ what decides nothing


def test_division_by_zero_is_no_value():
    """x/0 is free in SMT: 1/x > 0 on x >= 0 has no counterexample, and is still not proved; nor is x²/x >= 0."""
    for gap in (lambda x: 1 / x, lambda x: x * x / x, lambda x: x**-2 * x * x * x):
        evidence = found(gap, HALF_LINE)
        assert (evidence.verdict, evidence.detail) == (Verdict.UNDECIDED, "at x = 0 gap divides by 0")
        assert found(gap, Region(positive=("x",))).verdict is Verdict.CONFIRMED
    free = "(set-logic QF_NRA)\n(declare-const x Real)\n(assert (and (= x 0.0) (< (/ 1.0 x) 0.0)))\n(check-sat)\n"
    assert {answers[0].says for answers in smt.ask(free, 20.0).values()} == {"sat"}  # the trap is real
    assert all("/" not in question.script for question in questions({"gap": lambda x: 1 / x}, HALF_LINE))


def test_a_slow_question_is_undecided_and_its_solvers_are_dead(monkeypatch):
    children = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    six = "abcdef"
    evidence = found(
        lambda **at: sum(x**6 for x in at.values()) - 6 * at["a"] * at["b"] * at["c"] * at["d"] * at["e"] * at["f"],
        Region(positive=tuple(six)),
        timeout=0.5,
    )
    assert evidence.verdict is Verdict.UNDECIDED
    assert "z3 says timeout, cvc5 says timeout" in evidence.detail
    assert len(children) == 2
    assert all(child.returncode is not None and child.returncode != 0 for child in children)


def test_one_question_is_asked_once(monkeypatch):
    found(lambda x: x + 17, HALF_LINE)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert found(lambda x: 17 + x, HALF_LINE).verdict is Verdict.CONFIRMED


UNSAT, TIMEOUT, UNKNOWN = Answer("unsat"), Answer("timeout"), Answer("unknown", reason="incomplete")


@pytest.mark.parametrize(
    ("z3", "cvc5", "said"),
    [
        (UNSAT, Answer("sat", {"x": (Fraction(3),)}), "z3 says unsat, cvc5 says sat"),
        (UNSAT, Answer("sat", {"x": (Fraction(-1),)}), "cvc5 says sat"),  # not in the region
        (UNSAT, TIMEOUT, "cvc5 says timeout"),
        (UNKNOWN, UNSAT, "z3 says unknown (incomplete)"),
        (Answer("error", reason="exit status 3"), UNSAT, "z3 says error (exit status 3)"),
        (Answer("sat"), Answer("sat"), "z3 says sat, cvc5 says sat"),  # models without values
    ],
)
def test_solvers_that_do_not_agree_decide_nothing(z3, cvc5, said, monkeypatch):
    monkeypatch.setattr(smt, "ask", lambda scripts, timeout: {"z3": (z3,), "cvc5": (cvc5,)})
    evidence = found(lambda x: x + 1, HALF_LINE)
    assert evidence.verdict is Verdict.UNDECIDED
    assert said in evidence.detail


def test_an_exact_point_refutes_whatever_the_other_solver_says(monkeypatch):
    near = Answer("sat", {"x": (Fraction(7, 5), Fraction(3, 2))})
    monkeypatch.setattr(smt, "ask", lambda scripts, timeout: {"z3": (UNSAT,), "cvc5": (near,)})
    evidence = found(lambda x: 2 - x * x, HALF_LINE)
    assert (evidence.verdict, evidence.detail) == (Verdict.REFUTED, "at x = 3/2 gap is -1/4")


def test_a_zero_at_an_irrational_point_is_undecided():
    assert found(lambda x: (x * x - 2) ** 2, HALF_LINE, strict=True).verdict is Verdict.UNDECIDED


def test_a_red_canary_takes_back_every_proof(monkeypatch):
    monkeypatch.setattr(smt, "red_canaries", lambda: ("√2 is real: z3 says unsat",))
    evidence = found(lambda x: x + 1, HALF_LINE)
    assert evidence.verdict is Verdict.UNDECIDED
    assert evidence.detail.endswith("√2 is real: z3 says unsat")
    assert found(lambda x: x - 1, HALF_LINE).verdict is Verdict.REFUTED  # a point needs no solver's word


def test_canaries_are_green_and_would_be_red():
    assert smt.red_canaries() == ()
    known = smt.canaries()
    right = tuple(Answer(canary.says, {"x": (HALF,)}) for canary in known)
    assert {canary.says for canary in known} == {"sat", "unsat"}
    with pytest.MonkeyPatch.context() as patch:
        for wrong, names in (
            ([Answer("unsat")] * len(known), {canary.name for canary in known if canary.says == "sat"}),
            ([Answer("sat")] * len(known), {canary.name for canary in known if canary.says == "unsat"}),
            ([TIMEOUT] * len(known), {canary.name for canary in known}),
            (right, {"√2 is real", "1/x divides by 0 at x = 0"}),  # right answers, wrong model
        ):
            patch.setattr(smt, "ask", lambda scripts, timeout, wrong=wrong: {"z3": wrong, "cvc5": wrong})
            red = smt.red_canaries.__wrapped__()
            assert names <= {line.split(":")[0] for line in red}


def test_a_solver_that_cannot_run_is_an_error(tmp_path, monkeypatch):
    broken = tmp_path / "broken.py"
    broken.write_text("import sys\nprint('not json')\nsys.exit(3)\n")
    monkeypatch.setattr(smt, "_SOLVE", broken)
    answers = smt.ask.__wrapped__("(check-sat)\n(reset)\n(check-sat)\n", 20.0)["z3"]
    assert [answer.says for answer in answers] == ["error", "error"]
    assert "unreadable" in str(answers[0])
    assert str(answers[1]) == "error (exit status 3)"


def test_what_solvers_cannot_read_is_an_error():
    nonsense = "(set-logic QF_NRA)\n(assert (= y 0.0))\n(check-sat)\n"
    assert {answers[0].says for answers in smt.ask(nonsense, 20.0).values()} == {"error"}


@pytest.mark.parametrize("text", ["(+ 1 2)", "(root-obj (+ (^ x 2) (- 2)) 2)", "", "x"])
def test_constants_that_are_none(text):
    with pytest.raises((ValueError, IndexError)):
        smt.number(text)


def test_statements_about_nothing_are_refused():
    empty = Region(free=("x",), above_zero=(lambda x: x, lambda x: -x))
    with pytest.raises(ValueError, match="no point of the region"):
        found(lambda x: x, empty)
    with pytest.raises(ValueError, match="nothing to ask"):
        smt.all_nonnegative({}, HALF_LINE, scope="")
    with pytest.raises(ValueError, match="multiply it out"):
        found(lambda x: x, Region(positive=("x",), at_least_zero=(lambda x: 1 / x,)))


# ------------------------------------------------------------------ in a claim


CHECK = by_smt(
    "per eigenvalue, by two solvers",
    formula=1,
    controls={"H for 1 + H": 0, "1/2 + H": HALF},
    gaps=lambda one: {"bias": bias(one), "variance": variance(one)},
    domain=SPECTRUM,
    scope="every λ, λ_min, tr Λ and n >= 1",
    part="bound",
)
CLAIM = Claim(
    id="TOY-01",
    kind=Kind.UPPER,
    title="Theorem 3.3 per eigenvalue",
    statement="s",
    source=Source("here"),
    origin=Origin.CITED,
    needs=("z3", "cvc5"),
    checks=(
        CHECK,
        by_samples(
            "sampled",
            formula=lambda x: x * x,
            controls={"x": lambda x: -x * x},
            over=rationals(),
            holds=lambda square, x: square(x) >= 0,
            scope="",
            part="bound",
        ),
    ),
)


def test_a_check_by_solvers_settles_a_claim():
    result = run_check(CHECK)
    assert result.settled
    assert result.evidence.grade is Grade.PROVED
    assert result.controls["H for 1 + H"].detail.startswith("at e = ")
    assert run_claim(CLAIM).settled


def test_what_is_asked_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(ledger, "all_claims", lambda: (CLAIM,))
    (tmp_path / "pyproject.toml").touch()
    file = tmp_path / "proofs_check" / "obligations" / "TOY-01.smt2"
    assert main(["--workers", "1"], root=tmp_path) == 0
    kept = file.read_text(encoding="utf-8")
    assert obligations.texts([CLAIM]) == {"TOY-01.smt2": kept}
    assert kept.startswith("; TOY-01: Theorem 3.3 per eigenvalue\n")
    assert kept.count("(check-sat)\n") == 4
    assert [str(x) for answers in smt.ask(kept, 20.0).values() for x in answers] == ["unsat"] * 8
    assert main(["--workers", "1", "--check"], root=tmp_path) == 0
    file.write_text(kept.replace("2.0", "3.0"), encoding="utf-8")
    capsys.readouterr()
    assert main(["--workers", "1", "--check"], root=tmp_path) == 1
    assert "obligations/TOY-01.smt2 is stale" in capsys.readouterr().err


def test_kept_questions_are_current():
    files = Path(obligations.__file__).parent.glob("*.smt2")
    kept = {file.name: file.read_text(encoding="utf-8") for file in files}
    assert kept == obligations.texts(ledger.all_claims()), "python -m proofs_check"
