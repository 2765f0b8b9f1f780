"""Which mutants are tried: stable names, what is left out and why, and a seeded stratified sample."""

import hashlib
import math
import random
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.mutation.operators import Mutation, mutations

FOLDERS = ("gamma", "cot", "moments", "rmt", "error_curves", "selection", "thinking")
FILES = ("hardness.py",)
#: (file, dotted function, what it is): no formula of the theory, so a change may well not matter.
LEFT_OUT = (
    ("theorycalc/gamma/rational_cost.py", "*", "cost of exact arithmetic"),
    ("theorycalc/error_curves/enclosing.py", "*", "certification of rounding by balls"),
    ("theorycalc/moments/prune.py", "*", "leaves out unused states: saves time only"),
    ("theorycalc/moments/plan.py", "widest_layer", "size of the work"),
    ("theorycalc/moments/centred.py", "predicted_bytes", "size of the work"),
    ("theorycalc/moments/layers.py", "Plan.terms", "size of the work"),
    ("theorycalc/moments/words.py", "*_displayed*", "order of printing"),
    ("theorycalc/moments/words.py", "_longest_first", "order of printing"),
    ("theorycalc/moments/words.py", "*sympy*", "display"),
    ("theorycalc/gamma/derive.py", "*latex*", "display"),
    ("theorycalc/cot/prompt.py", "Conditioning.*", "allowance for float64 rounding"),
    ("theorycalc/cot/prompt.py", "_gram_edges", "allowance for float64 rounding"),
    ("theorycalc/cot/*.py", "_error_units", "allowance for float64 rounding"),
    ("theorycalc/cot/*.py", "_uncertainty", "allowance for float64 rounding"),
    ("theorycalc/cot/recursion.py", "enclosure_sentence", "display"),
    ("theorycalc/error_curves/exact.py", "_float64", "allowance for float64 rounding"),
    ("theorycalc/error_curves/bounds.py", "_spectrum_ends", "allowance for float64 rounding"),
    ("theorycalc/error_curves/bounds.py", "bound_curve", "allowance for float64 rounding"),
    ("theorycalc/error_curves/proportional.py", "proportional_curve", "allowance for float64 rounding"),
    ("theorycalc/rmt/recursion.py", "limit_chains.shaken", "allowance for float64 rounding"),
)


@dataclass(frozen=True)
class Mutant:
    """A mutation of one file of a tree."""

    file: str
    digest: str  # of the file's text
    mutation: Mutation
    before: str
    after: str

    @property
    def name(self) -> str:
        """file:line:operator:index."""
        found = self.mutation
        return f"{self.file}:{found.line}:{found.operator.replace(' ', '-')}:{found.index}"

    @property
    def area(self) -> str:
        """The folder of theorycalc, or the module where there is no folder."""
        return self.file.split("/")[1].removesuffix(".py")


def reason_left_out(file: str, function: str) -> str | None:
    """Return why mutations of a function are not tried, or None if they are."""
    return next((why for path, name, why in LEFT_OUT if fnmatch(file, path) and fnmatch(function, name)), None)


def all_mutants(tree: Path) -> list[Mutant]:
    """Return every mutant of the formula modules under ``tree``, file by file."""
    package = tree / "theorycalc"
    paths = [path for folder in FOLDERS for path in sorted((package / folder).rglob("*.py"))]
    found = []
    for path in [*paths, *(package / name for name in FILES)]:
        file, source = path.relative_to(tree).as_posix(), path.read_text(encoding="utf-8")
        if reason_left_out(file, "") is not None:
            continue
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        for mutation in mutations(source):
            if reason_left_out(file, mutation.function) is None:
                found.append(Mutant(file, digest, mutation, *mutation.lines(source)))
    return found


def sample(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Return ``size`` mutants: files by the square root of their numbers, in each the operators in turn.

    A larger size keeps most of a smaller sample, so that results can be used again.  Same-line neighbours are not
    avoided: two wrong changes of one line are two questions.
    """
    by_file: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_file.setdefault(mutant.file, []).append(mutant)
    if size >= len(mutants):
        return mutants
    # The i-th mutant of a file stands at (i + 1/2)/√(number): the smallest positions are taken.
    placed = []
    for file, group in by_file.items():
        for i, mutant in enumerate(_in_turn(group, f"{seed}:{file}")):
            placed.append(((i + 0.5) / math.sqrt(len(group)), mutant))
    placed.sort(key=lambda pair: (pair[0], pair[1].name))
    chosen = {mutant.name for _, mutant in placed[:size]}
    return [mutant for mutant in mutants if mutant.name in chosen]


def _in_turn(group: list[Mutant], seed: str) -> list[Mutant]:
    """Order the mutants of one file: one of each operator, then a second of each, and so on."""
    order = random.Random(seed)
    by_operator: dict[str, list[Mutant]] = {}
    for mutant in group:
        by_operator.setdefault(mutant.mutation.operator, []).append(mutant)
    for members in by_operator.values():
        order.shuffle(members)
    operators = list(by_operator)
    order.shuffle(operators)
    rounds = max(map(len, by_operator.values()))
    return [by_operator[name][i] for i in range(rounds) for name in operators if i < len(by_operator[name])]
