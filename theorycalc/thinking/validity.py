"""From which prompt length on a simple law describes the mean error (theory section 7)."""

import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import choice, integer, number, refuse
from theorycalc.error_curves.curves import METRICS
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array, Field, require_field
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric, plain
from theorycalc.thinking.answer_text import short
from theorycalc.thinking.validity_search import Found, Question, by_series, first_length
from theorycalc.thinking.validity_tail import Tail, Tails

#: The laws that may be judged: the limit m → ∞, and Corollary 3.5 as an upper bound.
LAWS = ("population", "corollary")
_MOST_STEPS = 20_000
_MOST_ROWS = 400
_NAMES = {"population": "the population law", "corollary": "the law of Corollary 3.5"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Validity(Frozen):
    """The smallest m from which on a law holds within a factor, and what proves it.

    ``ratio`` is E_k(m)/law at ``m``, ``ratio_before`` at m − 1 (None if m = 1); both NaN when ``method`` is
    "expansion", where m is an estimate.  ``beyond`` says why the law holds for every larger m, or that this is open.
    """

    setup: Setup  # its own m is ignored
    steps: int
    factor: Fraction | float
    law: str
    metric: Metric
    field_name: str
    m: int
    ratio: float
    ratio_before: float | None
    method: str  # "exact" or "expansion"
    proved_beyond: bool
    beyond: str
    necessary: float | None  # a proved lower bound of m (BND-09); None where none is known
    uncertainty: str
    notes: tuple[str, ...] = ()

    @property
    def is_certified(self) -> bool:
        """Whether the exact rung shows that m suffices and m − 1 does not, and every larger m is proved to."""
        return self.method == "exact" and self.proved_beyond

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        kind = "within" if self.law == "population" else "above by at most"
        goal = f"E_{self.steps} is {kind} a factor {short(self.factor)} of {_NAMES[self.law]}"
        if self.method == "expansion":
            return f"{goal} from about m = {self.m:,} on, by the series in 1/m: an estimate."
        before = "" if self.ratio_before is None else f" (ratio {self.ratio:.5g}; {self.ratio_before:.5g} at m − 1)"
        return f"{goal} at m = {self.m:,}{before}. {self.beyond}"

    def __int__(self) -> int:
        return self.m

    def __repr__(self) -> str:
        parts = f"m={self.m}, steps={self.steps}, factor={short(self.factor)}, law={self.law}, method={self.method}"
        return f"Validity({parts}, certified={self.is_certified}, {self.setup!r})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "m": self.m,
            "steps": self.steps,
            "factor": plain(self.factor),
            "law": self.law,
            "metric": str(self.metric),
            "field": self.field_name,
            "ratio": _finite(self.ratio),
            "ratio_before": None if self.ratio_before is None else _finite(self.ratio_before),
            "method": self.method,
            "certified": self.is_certified,
            "proved_beyond": self.proved_beyond,
            "beyond": self.beyond,
            "necessary": self.necessary,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ValidityTable(Frozen):
    """How the prompt length that a law needs grows with the number of steps: one :class:`Validity` for each k."""

    setup: Setup
    factor: Fraction | float
    law: str
    metric: Metric
    rows: tuple[Validity, ...]
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> Array:
        """The k of the rows."""
        return np.array([row.steps for row in self.rows])

    @property
    def m(self) -> Array:
        """The smallest m for each k, (K,) objects."""
        return np.array([row.m for row in self.rows], dtype=object)

    def growth(self) -> float:
        """Return the exponent b of m ∝ k^b, by least squares in logarithms over the upper half of the steps."""
        chosen = [row for row in self.rows if 2 * row.steps >= self.rows[-1].steps and row.m > 1]
        if len(chosen) < 2:
            raise OutsideRegime("growth: fewer than two numbers of steps that need m > 1; ask for more steps")
        k, m = [row.steps for row in chosen], [float(row.m) for row in chosen]
        return float(np.polyfit(np.log(k), np.log(m), 1)[0])

    def __repr__(self) -> str:
        shown = [str(row.m) for row in self.rows[:8]] + ["…"] * (len(self.rows) > 8)
        return f"ValidityTable(m=[{', '.join(shown)}], factor={short(self.factor)}, law={self.law}, {self.setup!r})"

    def _table(self) -> dict[str, Any]:
        names = ("steps", "m", "ratio", "ratio_before", "method", "certified", "necessary")
        cells = [row.to_dict() for row in self.rows]
        return {name: [cell[name] for cell in cells] for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "steps": self.steps.tolist(),
            "m": [row.m for row in self.rows],
            "factor": plain(self.factor),
            "law": self.law,
            "metric": str(self.metric),
            "notes": list(self.notes),
            "rows": [{k: v for k, v in row.to_dict().items() if k != "setup"} for row in self.rows],
            "setup": self.setup.to_dict(),
        }

    def plot(self, path: Any = None) -> Any:
        """Draw m over k (needs the ``plot`` extra); return the matplotlib figure, or write it to ``path``."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_validity(self, path=path)


def validity(
    setup: Setup, steps: int, factor: Any, *, law: str = "population", metric: str = "estimation", field: Field = F64
) -> Validity:
    """Return the smallest m from which on a law describes E_k within a factor f.

    For law "population" that is 1/f <= E_k(m)/E_k(∞) <= f; for "corollary" E_k(m) <= f d (1 + n/(1 + Hard))^{−2k}.
    The exact rung decides m and m − 1.  That every larger m does as well is proved where E_k is linear in 1/m (k = 1),
    where it falls with m as the mean of a convex function of S (BND-08), or by the signs of its polynomial in 1/m; else
    ``beyond`` says that it is open.  Where the exact rung is out of reach, the series in 1/m gives an estimate.

    Parameters
    ----------
    setup : the problem; its m is ignored
    steps : k >= 1
    factor : f > 1, or f >= 1 for "corollary"
    law : "population" or "corollary"; the latter for matched skills, w* ~ N(0, I), w₀ = 0 and no label noise
    metric : "estimation" or "prediction"
    field : F64 (whose limits of rounding are an estimate), MP(dps), BALL(bits) or EXACT

    Returns
    -------
    Validity
        ``.m``, ``.ratio`` at m and ``.ratio_before`` at m − 1, ``.is_certified``, ``.beyond``, ``.verdict``.

    Raises
    ------
    InvalidSetup
        for an invalid number of steps, factor, law or metric.
    OutsideRegime
        where the law is 0, or bounds another error, or holds at no finite m.
    NotCertified
        where rounding cannot tell on which side of the limit an error is; the message names the remedy.

    Cost: about 20 runs of the exact rung.  Claims: BND-07, BND-08, BND-09.  Source: theory section 7.

    Examples
    --------
    d = 1, Λ = 1, n = 2: A = 1/2, E_1 = 1/4 + (2/m)(1/4), so that the ratio is 1 + 2/m.

    >>> validity(Setup([1], n=2), 1, 2).m, validity(Setup([1], n=2), 1, "11/10").m
    (2, 20)
    """
    question = _asked(setup, steps, factor, law, metric, field)
    return _answered(question, question.steps, Tails(question, question.steps))


def validity_table(
    setup: Setup, steps: int, factor: Any, *, law: str = "population", metric: str = "estimation", field: Field = F64
) -> ValidityTable:
    """Return :func:`validity` for k = 1 … steps (at most 400): how m must grow with k.

    Parameters, raises and cost are those of :func:`validity`, for each k.

    Examples
    --------
    >>> table = validity_table(Setup([1, 1], n=3), 4, 2)
    >>> table.m.tolist()
    [3, 17, 47, 93]
    """
    question = _asked(setup, steps, factor, law, metric, field)
    if question.steps > _MOST_ROWS:
        raise refuse("steps", steps, f"more than {_MOST_ROWS} rows", "ask validity for single numbers of steps")
    tails = Tails(question, question.steps)
    rows = tuple(_answered(question, k, tails) for k in range(1, question.steps + 1))
    return ValidityTable(
        setup=question.setup,
        factor=question.factor,
        law=law,
        metric=question.metric,
        rows=rows,
        notes=_table_notes(question, rows),
    )


def _table_notes(question: Question, rows: tuple[Validity, ...]) -> tuple[str, ...]:
    """Say how estimates are made, and how good they are at the last step where the answer is known."""
    known = [row for row in rows if row.method == "exact"]
    notes = dict.fromkeys(note for row in rows for note in row.notes)
    if known and len(known) < len(rows):
        last = known[-1]
        guess = by_series(question, last.steps).m
        notes[f"at k = {last.steps} such an estimate is m = {guess:,}, the answer {last.m:,}"] = None
    return tuple(notes)


def _asked(setup: Setup, steps: int, factor: Any, law: str, metric: str, field: Field) -> Question:
    as_setup(setup)
    count = integer("steps", steps, minimum=1, maximum=_MOST_STEPS, remedy="pass the number of CoT steps k >= 1")
    value = number("factor", factor)
    which = choice("law", law, LAWS)
    if value < 1 or (value == 1 and which == "population"):
        raise refuse("factor", factor, "not above 1", "pass the ratio that is still accepted, such as 2")
    if value > sys.float_info.max:
        raise refuse("factor", factor, "beyond the float64 range", "pass the ratio that is still accepted, such as 2")
    measure = Metric(choice("metric", metric, METRICS))
    if which == "corollary" and measure is not Metric.ESTIMATION:
        raise OutsideRegime('law "corollary": the paper bounds the estimation error; use metric="estimation"')
    return Question(
        setup=setup.replace(m=None),
        steps=count,
        factor=value,
        law=which,
        metric=measure,
        field=require_field(field),
    ).in_range()


def _answered(question: Question, k: int, tails: Tails) -> Validity:
    found: Found = first_length(question, k)
    tail: Tail = tails.at(k, found)
    return Validity(
        setup=question.setup,
        steps=k,
        factor=question.factor,
        law=question.law,
        metric=question.metric,
        field_name=question.field.name,
        m=found.m,
        ratio=found.ratio,
        ratio_before=found.ratio_before,
        method=found.method,
        proved_beyond=tail.proved,
        beyond=tail.text,
        necessary=question.necessary(k),
        uncertainty=found.uncertainty,
        notes=found.notes,
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
