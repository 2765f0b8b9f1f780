"""Inequalities of rational functions decided by two SMT solvers over the reals, z3 and cvc5.

They are asked for a point of the region at which the gap is negative, or a divisor vanishes (:mod:`.smtlib`).  The
inequality is proved when both answer unsat to every question, and both have answered formulas rightly whose answer
is known (:func:`red_canaries`).  A model refutes only if the gap itself, evaluated there in exact rationals, is
negative.  Whatever else the solvers say, or do not say in time, decides nothing.
"""

import functools
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from proofs_check.engines.certificate import Domain, Expression, exact
from proofs_check.engines.smtlib import Point, Question, Region, questions, region_of
from proofs_check.evidence import Evidence, Grade, Verdict

SOLVERS = ("z3", "cvc5")
RESET = "(reset)\n"  # a line between scripts

_SOLVE = Path(__file__).with_name("_solve.py")  # by path: the child imports nothing of the package
_GRACE = 2.0  # seconds that one solver has left once the other has ended with a model
_MOST_POINTS = 200  # rational points near one irrational model
_CANARY_SECONDS = 30.0


def nonnegative(
    gap: Expression,
    domain: Domain | Region,
    *,
    scope: str,
    strict: bool = False,
    grade: Grade = Grade.PROVED,
    timeout: float = 20.0,
) -> Evidence:
    """Decide whether ``gap`` >= 0 (> 0 if ``strict``) on the whole domain: :func:`all_nonnegative` for one gap.

    Examples
    --------
    >>> nonnegative(lambda x, y: (x + y) ** 2 - 4 * x * y, Region(free=("x", "y")), scope="").verdict.value
    'CONFIRMED'
    >>> nonnegative(lambda x, y: (x + y) ** 2 - 5 * x * y, Region(free=("x", "y")), scope="").verdict.value
    'REFUTED'
    """
    named = {"gap": gap}
    return all_nonnegative(
        named, domain, scope=scope, strict=tuple(named) if strict else (), grade=grade, timeout=timeout
    )


def all_nonnegative(
    gaps: Mapping[str, Expression],
    domain: Domain | Region,
    *,
    scope: str,
    strict: Sequence[str] = (),
    grade: Grade = Grade.PROVED,
    timeout: float = 20.0,
) -> Evidence:
    """Decide whether every gap is >= 0 (> 0 if named in ``strict``) on the whole domain.

    Parameters
    ----------
    gaps : name -> expression in the variables of the domain, by name; the larger side minus the smaller
    domain : a domain of the certificate engine, or a :class:`.smtlib.Region`, which can have conditions
    scope, grade : of a CONFIRMED verdict; PROVED_SLICE where the expressions fix a parameter
    timeout : seconds for all questions together

    Returns
    -------
    Evidence
        CONFIRMED by two solvers, REFUTED by an exact value <= 0 at a point that one of them found, else UNDECIDED.
    """
    region = region_of(domain)
    asked = questions(gaps, region, strict=strict)
    answers = ask(text(asked), timeout)
    doubts: list[str] = []
    for i, question in enumerate(asked):
        given = {name: answers[name][i] for name in SOLVERS}
        for point in _models(given.values(), region):
            value = _value(gaps[question.gap], point)
            if value is None:
                doubts.insert(0, f"at {shown(point)} {question.gap} divides by 0")
            elif value < 0 or (value == 0 and question.gap in strict):
                detail = f"at {shown(point)} {question.gap} is {value}"
                return Evidence(verdict=Verdict.REFUTED, grade=grade, scope=scope, detail=detail)
        if any(answer.says != "unsat" for answer in given.values()):
            said = ", ".join(f"{name} says {answer}" for name, answer in given.items())
            doubts.append(f"is there a point with {question.about}? {said}; no exact value confirms it")
    if not doubts and (red := red_canaries()):
        doubts.append("a solver errs where the answer is known: " + "; ".join(red))
    if doubts:
        return Evidence(verdict=Verdict.UNDECIDED, grade=grade, scope=scope, detail=doubts[0])
    detail = f"{' and '.join(SOLVERS)} say unsat; questions: {len(asked)}"
    return Evidence(verdict=Verdict.CONFIRMED, grade=grade, scope=scope, detail=detail)


def text(asked: Sequence[Question]) -> str:
    """Return one SMT-LIB text with all scripts: what the solvers read, and what is kept."""
    return RESET.join(question.script + "\n" for question in asked)


def _models(answers: Iterable["Answer"], region: Region) -> Iterator[Point]:
    """Return the rational points of the region that models give."""
    for answer in answers:
        if answer.says == "sat":
            yield from filter(region.contains, answer.points(region.names))


def _value(gap: Expression, point: Point) -> Fraction | None:
    """Return the exact value, None where it divides by 0."""
    try:
        return exact(gap(**point))
    except ZeroDivisionError:
        return None


# --------------------------------------------------------------------------------------------- asking solvers


@dataclass(frozen=True)
class Answer:
    """What a solver says to one script: sat, unsat, unknown, timeout or error; a model's values by variable."""

    says: str
    model: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.says} ({self.reason})" if self.reason else self.says

    def points(self, names: Sequence[str]) -> list[Point]:
        """Return the model as rational points: one, or some near it where values are irrational."""
        axes = [self.model.get(name, (Fraction(0),)) for name in names]
        return [dict(zip(names, x, strict=True)) for x in itertools.islice(itertools.product(*axes), _MOST_POINTS)]


def number(constant: str) -> Fraction:
    """Return the value of an SMT-LIB constant.

    >>> number("(- (/ 1.0 3.0))"), number("(/ (- 1) 2)"), number("0.25")
    (Fraction(-1, 3), Fraction(-1, 2), Fraction(1, 4))
    """
    tokens = constant.replace("(", " ( ").replace(")", " ) ").split()

    def read() -> Fraction:
        token = tokens.pop(0)
        if token != "(":
            return Fraction(token)
        operator, value = tokens.pop(0), read()
        if operator not in ("/", "-"):
            raise ValueError(f"no SMT-LIB constant: {constant}")
        value = value / read() if operator == "/" else -value
        tokens.pop(0)
        return value

    return read()


@functools.cache
def ask(scripts: str, timeout: float) -> dict[str, tuple[Answer, ...]]:
    """Return both solvers' answers to each of some scripts; a solver that takes longer is killed."""
    with tempfile.TemporaryDirectory() as folder:
        question = Path(folder) / "question.smt2"
        question.write_text(scripts, encoding="utf-8")
        outputs = {name: Path(folder) / f"{name}.json" for name in SOLVERS}
        ends = _run(question, outputs, timeout)
        lines = {name: output.read_text(encoding="utf-8").splitlines() for name, output in outputs.items()}
    count = scripts.count(RESET) + 1
    return {
        name: tuple(_read(lines[name][i]) if i < len(lines[name]) else ends[name] for i in range(count))
        for name in SOLVERS
    }


def _run(question: Path, outputs: Mapping[str, Path], timeout: float) -> dict[str, Answer]:
    """Run both solvers; return for each what a missing answer means."""
    children: dict[str, subprocess.Popen[bytes]] = {}
    deadline = time.monotonic() + timeout
    try:
        for name, output in outputs.items():
            command = [sys.executable, "-P", str(_SOLVE), name, str(question), str(timeout + 5)]
            with output.open("wb") as target:
                children[name] = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.DEVNULL
                )
        hurried = False
        while (ended := [name for name in SOLVERS if children[name].poll() is not None]) != list(SOLVERS):
            if not hurried and any(b'"sat"' in outputs[name].read_bytes() for name in ended):
                hurried, deadline = True, min(deadline, time.monotonic() + _GRACE)
            if time.monotonic() > deadline:
                break
            time.sleep(0.005)
        return {
            name: Answer("timeout")
            if child.poll() is None
            else Answer("error", reason=f"exit status {child.returncode}")
            for name, child in children.items()
        }
    finally:
        for child in children.values():
            child.kill()
            child.wait()


def _read(line: str) -> Answer:
    """Read one line of the child; what cannot be read is an error, and says nothing."""
    try:
        found = json.loads(line)
        model = {name: tuple(map(number, values)) for name, values in found.get("model", {}).items()}
    except (ValueError, IndexError, ZeroDivisionError) as error:
        return Answer("error", reason=f"unreadable: {error}")
    near = {
        name: (*values, sum(values, Fraction(0)) / len(values)) for name, values in model.items() if len(values) > 1
    }
    return Answer(found["answer"], model | near, found.get("reason", ""))


# -------------------------------------------------------------------------------------------------- canaries


@dataclass(frozen=True)
class Canary:
    """A script whose answer is known; a model must ``satisfy`` it in exact rationals (nearly, if irrational)."""

    name: str
    script: str
    says: str
    satisfies: Callable[[Point], bool] = lambda point: True


def _x(point: Point) -> Fraction:
    return point.get("x", Fraction(-1))


def _script(names: str, *assertions: str) -> str:
    declared = [f"(declare-const {name} Real)" for name in names]
    return "\n".join(["(set-logic QF_NRA)", *declared, *(f"(assert {x})" for x in assertions), "(check-sat)"])


def canaries() -> list[Canary]:
    """Return formulas of both kinds, written by hand and as questions about gaps, among them a division by 0."""
    circle = "(= (+ (* x x) (* y y)) 1.0)"
    plane, half = Region(free=("x", "y")), Region(nonnegative=("x",))
    inverse = questions({"gap": lambda x: 1 / x}, half)[1].script
    below = questions({"gap": lambda x: x * x / (1 + x) - x / 2}, half)[0].script
    square = questions({"gap": lambda x, y: (x + y) ** 2 - 4 * x * y}, plane)[0].script
    cubes = questions({"gap": lambda x, y: x**3 + y**3 - x * y * (x + y)}, Region(positive=("x", "y")))[0].script
    return [
        Canary("√2 is real", _script("x", "(> x 0.0)", "(= (* x x) 2.0)"), "sat", lambda p: abs(_x(p) ** 2 - 2) < 1),
        Canary("√−1 is not", _script("x", "(= (* x x) (- 1.0))"), "unsat"),
        Canary("x + y > 7/5 meets the circle", _script("xy", circle, "(> (* 5.0 (+ x y)) 7.0)"), "sat"),
        Canary("x + y > 3/2 does not", _script("xy", circle, "(> (* 2.0 (+ x y)) 3.0)"), "unsat"),
        Canary("1/x divides by 0 at x = 0", inverse, "sat", lambda p: _x(p) == 0),
        Canary("x²/(1 + x) < x/2 for some x", below, "sat", lambda p: 0 < _x(p) < 1),
        Canary("(x + y)² < 4xy for no x, y", square, "unsat"),
        Canary("x³ + y³ < xy(x + y) for no x, y > 0", cubes, "unsat"),
    ]


@functools.cache
def red_canaries() -> tuple[str, ...]:
    """Return what a solver answers wrongly among the :func:`canaries`, asked once in a process."""
    known = canaries()
    answers = ask(RESET.join(canary.script + "\n" for canary in known), _CANARY_SECONDS)
    red = []
    for i, canary in enumerate(known):
        for name in SOLVERS:
            answer = answers[name][i]
            points = answer.points(tuple(answer.model)) if answer.says == "sat" else []
            if answer.says != canary.says or (points and not any(map(canary.satisfies, points))):
                red.append(f"{canary.name}: {name} says {answer}")
    return tuple(red)


def shown(point: Mapping[str, Fraction]) -> str:
    """Write a point as ``x = 1, y = 1/2``."""
    return ", ".join(f"{name} = {value}" for name, value in point.items())
