"""What the lessons share: the card of a lesson, the claims it rests on with their grades, and exercises that reply.

``python examples/NN_name.py [PICTURE] [--answer A | --solution]`` runs a lesson, answers its exercise, or gives it
up.
"""

import argparse
import ast
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from theorycalc import TheoryError

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.argv[0]).name
NEEDS = {"09_": ("sklearn", "data"), "12_": ("hypothesis", "proofs")}  # a library beyond the package, and its extra
for start, (library, extra) in NEEDS.items():
    if PROGRAM.startswith(start) and find_spec(library) is None:
        raise SystemExit(f"{PROGRAM} needs {library}: pip install 'theorycalc[{extra}]'")


@dataclass(frozen=True)
class Slip:
    """A wrong answer that people give, and what to say to it."""

    answer: Fraction | int | str
    reply: str


@dataclass(frozen=True)
class Reply:
    """What a learner is told; ``right`` says whether the answer was."""

    right: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A question with one exact number as its answer, which ``solution`` works out."""

    question: str
    solution: Callable[[], Fraction | int]
    because: str
    hint: str
    slips: tuple[Slip, ...]

    def check(self, answer: Any) -> Reply:
        """Judge an answer: a number, or its text such as 3/8 or 0.375."""
        try:
            given = Fraction(str(answer).strip().replace(" ", "").replace("−", "-"))
        except (ValueError, ZeroDivisionError):
            return Reply(False, f"{str(answer)!r} is not a number. Write a fraction such as 3/8, or 0.375.")
        wanted = Fraction(self.solution())
        if given == wanted:
            return Reply(True, f"Right: {wanted}. {self.because}")
        for slip in self.slips:
            if given == Fraction(slip.answer):
                return Reply(False, f"Not {given}. {slip.reply}")
        if abs(given - wanted) <= abs(wanted) / 100:
            return Reply(False, f"Close to {given}, but the answer is exact: write it as a fraction.")
        return Reply(False, f"{given} is too {'large' if given > wanted else 'small'}. Hint: {self.hint}")

    def give_up(self) -> str:
        """Return the answer and the reason for it."""
        return f"{Fraction(self.solution())}. {self.because}"


@cache
def ledger() -> dict[str, dict[str, Any]]:
    """Return the claims of ledger.json by id."""
    claims = json.loads((HERE.parent / "ledger.json").read_text(encoding="utf-8"))["claims"]
    return {claim["id"]: claim for claim in claims}


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """The card of a lesson: its goal in one sentence, what to know before, and the claims of the ledger it uses."""

    number: int
    title: str
    goal: str
    minutes: int
    before: tuple[int, ...] = ()
    claims: tuple[str, ...]
    exercise: Exercise

    def card(self) -> str:
        """Return the card as Markdown."""
        numbers = " and ".join(", ".join(map(str, self.before)).rsplit(", ", 1))
        needed = (
            f"lesson{'s' * (len(self.before) > 1)} {numbers}" if numbers else "linear algebra and Gaussian variables"
        )
        lines = [f"# Lesson {self.number}. {self.title}", "", f"**Goal.** {self.goal}", ""]
        lines += [f"**Before.** You need {needed}. **Time.** {self.minutes} minutes.", ""]
        lines += ["**Claims of the ledger used here**", ""]
        lines += [f"- {name} ({ledger()[name]['grade']}): {ledger()[name]['title']}" for name in self.claims]
        return "\n".join(lines)

    def respond(self, answer: str) -> Any:
        """Return the reply to an answer as an output of a notebook, with the solution folded below."""
        import marimo as mo

        reply = self.exercise.check(answer) if answer else Reply(False, "Write your answer above and press Enter.")
        told = mo.callout(
            mo.md(reply.text.replace("*", r"\*")), kind="success" if reply.right else "warn" if answer else "neutral"
        )
        return mo.vstack([told, mo.accordion({"Solution": self.exercise.give_up().replace("*", r"\*")})])

    def is_run(self) -> bool:
        """Say whether this lesson's file was started as a program, and not opened, imported or tested."""
        return Path(sys.argv[0]).name.startswith(f"{self.number:02}_")

    def run(self, main: Callable[[str | None], Any], show: Callable[[Any], str], *, draws: bool = True) -> None:
        """Be the command line of the lesson: what main returns is shown, unless the exercise is answered."""
        name = Path(sys.argv[0]).name
        parser = argparse.ArgumentParser(description=f"Lesson {self.number}. {self.title}")
        if draws:
            parser.add_argument("picture", nargs="?", help="write a picture to this .png, .svg or .pdf file")
        parser.add_argument("--answer", help="answer the exercise, as in --answer 3/8")
        parser.add_argument("--solution", action="store_true", help="show the solution of the exercise")
        given = parser.parse_args()
        if given.answer is not None:
            reply = self.exercise.check(given.answer)
            print(reply.text)
            raise SystemExit(0 if reply.right else 1)
        if given.solution:
            print(self.exercise.give_up())
            return
        try:
            numbers = main(given.picture if draws else None)
        except ModuleNotFoundError as error:
            raise SystemExit(f"{name}: {error}; install the extras: pip install 'theorycalc[all]'") from None
        except (TheoryError, ImportError, OSError) as error:  # such as a picture that cannot be written
            raise SystemExit(f"{name}: {error}") from None
        program = ast.parse(Path(sys.argv[0]).read_text(encoding="utf-8"))
        paragraphs = (ast.get_docstring(program) or "").split("\n\n")
        text = "\n\n".join(part for part in paragraphs[1:] if not part.startswith("    "))
        card = self.card().replace("# ", "").replace("**", "")
        ask = f"Exercise. {self.exercise.question}"
        print(f"{card}\n\n{text}\n\n{show(numbers)}\n\n{ask}\nAnswer with: python examples/{name} --answer NUMBER")
