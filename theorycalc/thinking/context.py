"""The smallest training length that reaches a target error in a given number of steps (theory section 8)."""

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import choice, number, refuse
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.curves import METRICS, RUNGS
from theorycalc.error_curves.population import ignored_m
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import F64, Field, as_fraction, require_field
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric, Rung, plain
from theorycalc.thinking import closed_forms
from theorycalc.thinking.answer_text import finite, optional, short, step_word
from theorycalc.thinking.family import family_of
from theorycalc.thinking.lengths import (
    ByDirection,
    ByNeighbours,
    ByPanels,
    Found,
    Question,
    Solver,
    crossing,
    decided,
    search,
)
from theorycalc.thinking.search import LONGEST, Least

_MOST_CURVE = 20_000  # steps of an error curve
_LOCAL = "n reaches the target and n − 1 does not; smaller n were not examined"
_ANALYTIC = (Rung.POPULATION, Rung.EXACT, Rung.PROPORTIONAL)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SmallestContext(Frozen):
    """The smallest n with E_k(n) <= error, and what proves that it is the smallest; ``n`` is None if there is none.

    ``value`` is E_k at n, in [``lower``, ``upper``]; ``before`` is E_k at n − 1 (None for n = 1).
    """

    setup: Setup
    steps: int
    error: Fraction | float
    rung: Rung
    metric: Metric
    field_name: str
    tied: bool  # m = n
    n: int | None
    n_real: float  # where E_k crosses the target in (n − 1, n]; 1 if n = 1 suffices, ∞ if unreachable, NaN if unknown
    value: Any = None
    lower: Any = None
    upper: Any = None
    before: Any = None
    closed_form: float | None = None  # Corollary 3.5 solved for n
    closed_form_n: int | None = None  # the least integer n for which the law of Corollary 3.5 is <= error
    floor: float | None = None  # when n is None: the least E_k over all n …
    floor_n: int | None = None  # … attained here (None: as n → ∞) …
    floor_bound: float | None = None  # … and proved not to be smaller than this
    everywhere: bool  # whether every smaller n is excluded, or n − 1 only
    uncertainty: str
    notes: tuple[str, ...] = ()

    @property
    def reachable(self) -> bool:
        """Whether some n reaches the target."""
        return self.n is not None

    def __int__(self) -> int:
        if self.n is None:
            raise OutsideRegime(self.verdict)
        return self.n

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        goal = f"an error of {short(self.error)} after {step_word(self.steps)}"
        if self.n is not None:
            alone = "" if self.n == 1 else f"; n = {self.n - 1:,} does not"
            examples = "1 example" if self.n == 1 else f"{self.n:,} examples"
            return (
                f"{examples} per training prompt reach{'es' if self.n == 1 else ''} {goal} on rung {self.rung}{alone}."
            )
        if self.floor is None:
            return f"No training length up to {LONGEST:.0e} was found to reach {goal} on rung {self.rung}."
        place = "as n → ∞" if self.floor_n is None else f"at n = {self.floor_n:,}"
        if self.floor_bound is None or as_fraction(self.floor_bound) <= as_fraction(self.error):
            tried = f"No n up to {LONGEST:.0e} reaches {goal} on rung {self.rung}"
            return f"{tried}; the error falls to {short(self.floor)} {place}."
        least = f"the least error over all n is {float(self.floor or 0.0):.4g} ({place})"
        return f"No training length reaches {goal} on rung {self.rung}: {least}."

    def __repr__(self) -> str:
        found = "unreachable" if self.n is None else f"n={self.n}"
        return (
            f"SmallestContext({found}, steps={self.steps}, error={short(self.error)}, rung={self.rung}, {self.setup!r})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "n": self.n,
            "n_real": finite(self.n_real),
            "steps": self.steps,
            "error": plain(self.error),
            "value": optional(self.value),
            "lower": optional(self.lower),
            "upper": optional(self.upper),
            "before": optional(self.before),
            "closed_form": finite(self.closed_form),
            "closed_form_n": self.closed_form_n,
            "floor": finite(self.floor),
            "floor_n": self.floor_n,
            "floor_bound": finite(self.floor_bound),
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "m_equals_n": self.tied,
            "everywhere": self.everywhere,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "verdict": self.verdict,
            "setup": self.setup.to_dict(),
        }


def smallest_context(
    setup: Setup,
    steps: int,
    error: Any,
    *,
    rung: str = "population",
    metric: str = "estimation",
    field: Field = F64,
    tie_m: bool = False,
    everywhere: bool = True,
    order: int | None = None,
) -> SmallestContext:
    """Return the smallest n >= 1 with E_k(n) <= error, k = ``steps``, on one rung of the ladder; setup.n is ignored.

    On rung population with Σ = Λ the error falls in n, so the answer is the one n that reaches the target while n − 1
    does not; Corollary 3.5 gives n <= (1 + Hard)((d/ε)^{1/(2k)} − 1), rounded up.  Elsewhere E_k(n) need not fall in n
    (OVT-02, OVT-05): then all smaller n are excluded by bounds on whole intervals of n, and an unreachable target comes
    with the least error over all n.

    Parameters
    ----------
    setup : the problem; n does not matter
    steps : CoT steps k >= 0
    error : the target ε > 0
    rung : as in :func:`theorycalc.expected_error`; default "population", the limit m → ∞ even if the setup has an m (a
        note says so), while the command ``tradeoff`` takes "exact" there
    metric : "estimation" or "prediction"
    field : arithmetic in which n and n − 1 are decided; finer ones are tried where it leaves them open
    tie_m : let the test prompt be as long as the training prompts, m = n (the paper's experiments); then setup.m is
        ignored.  For rungs exact, proportional and bound
    everywhere : False asks for a local answer, which is quick on rung exact for many steps: n reaches the target and
        n − 1 does not, with no word about smaller n; so is every answer of rung "expansion", whose values decide, and
        every answer for a mixture that is not pooled
    order : of rung "expansion"

    Returns
    -------
    SmallestContext
        ``.n`` (None if no n <= 10^15 reaches the target), ``.value`` and ``.before``, ``.n_real``, ``.closed_form``,
        ``.floor``, ``.verdict``.

    Raises
    ------
    InvalidSetup, OutsideRegime
        as :func:`theorycalc.expected_error`; for an error <= 0.
    NotCertified
        when even exact arithmetic cannot afford to tell E_k at some n from the target.

    Cost: population O(d log n); exact about 100 curves E_0 … E_k, whatever n is.
    Claims: TRD-01, TRD-02, TRD-03, TRD-05, TRD-06, TRD-09, OVT-02, OVT-05, BND-06.
    Source: theory section 8; Corollary 3.5 of arXiv:2510.03605.

    Examples
    --------
    Λ = I_2: Hard = 2, and E_1 = 2 (3/(n + 3))² <= 1/2 from n = 3 on; two steps need (3/(n + 3))⁴ <= 1/4, n >= 1.24.

    >>> setup = Setup([1, 1], n=1)
    >>> smallest_context(setup, 1, "1/2").n, smallest_context(setup, 2, "1/2").n
    (3, 2)
    >>> hopeless = smallest_context(Setup([1], n=1, m=1), 2, "2/3", rung="exact")  # E_2 >= 20/27 whatever n (TRD-02)
    >>> print(hopeless.n, hopeless.floor_n, round(hopeless.floor, 6))
    None 1 0.740741
    """
    question, k = asked(setup, rung=rung, metric=metric, field=field, tie_m=tie_m, order=order), checked_steps(steps)
    target = positive_error(error)
    if k == 0:
        return _without_thinking(question, target)
    solver = solver_for(question, np.array([k]), [target], everywhere=everywhere)
    found = find_length(solver, k, as_fraction(target))
    certain = not isinstance(solver, ByNeighbours) or question.rung is Rung.BOUND
    numbers = _law(question, k, as_fraction(target))
    if found.n is not None:
        numbers |= _neighbours(question, k, as_fraction(target), found.n)
    return _answer(question, k, target, found, solver.how, certain, numbers)


def asked(
    setup: Setup, *, rung: str, metric: str, field: Field, tie_m: bool = False, order: int | None = None
) -> Question:
    """Return the checked question about every training length."""
    kind, measure = Rung(choice("rung", rung, RUNGS)), Metric(choice("metric", metric, METRICS))
    problem = as_setup(setup)
    if tie_m and kind is Rung.POPULATION:
        raise OutsideRegime('tie_m = True: rung "population" is the limit m → ∞; use rung "exact" or "proportional"')
    if not tie_m and problem.m is None and kind in _ANALYTIC:
        kind = Rung.POPULATION if kind is not Rung.POPULATION else kind
    chosen = require_field(field)
    return Question(setup=problem, rung=kind, metric=measure, field=chosen, tied=tie_m, order=order)


def positive_error(error: Any) -> Fraction | float:
    """Return the checked target error."""
    target = number("error", error)
    if target <= 0:
        raise refuse("error", error, "not positive", "pass a target error > 0")
    if target > sys.float_info.max:
        raise refuse("error", error, "beyond the float64 range", "pass a target error below 10^308")
    return target


def solver_for(question: Question, steps: Any, targets: Any, *, everywhere: bool) -> Solver | ByNeighbours:
    """Return how a question is searched: by direction, by Chebyshev panels, or by neighbours alone."""
    if is_mixed(question.setup):
        return ByNeighbours(question, how=_LOCAL)
    if question.rung is Rung.POPULATION and family_of(question.setup, question.metric).commuting:
        return ByDirection(question)
    if question.rung in _ANALYTIC and everywhere:
        return ByPanels(question, np.asarray(steps), float(min(targets)))
    if question.rung is Rung.BOUND:
        return ByNeighbours(question, how="the bound falls in n; neighbours decided by the rung")
    return ByNeighbours(question, how=_LOCAL)


def find_length(solver: Solver | ByNeighbours, k: int, target: Fraction, *, floor: bool = True) -> Found:
    """Return the smallest n; if there is none, the least error over all n too, unless ``floor`` is False."""
    if not isinstance(solver, ByNeighbours):
        return search(solver, k, target, floor=floor)
    n = solver.find(k, target)
    if n is None:
        limit = solver.value(None, k)
        return Found(n=None, real=math.inf, least=None if math.isnan(limit) else Least(limit, None, limit))
    return Found(n=n, real=crossing(solver, k, target, n), least=None)


def _answer(
    question: Question, k: int, target: Fraction | float, found: Found, how: str, certain: bool, numbers: dict[str, Any]
) -> SmallestContext:
    least: Least | None = found.least
    numbers["notes"] = (*ignored_m(question.setup, question.rung), *numbers.get("notes", ()))
    return SmallestContext(
        setup=question.setup,
        steps=k,
        error=target,
        rung=question.rung,
        metric=question.metric,
        field_name=question.field.name,
        tied=question.tied,
        n=found.n,
        n_real=found.real,
        floor=None if least is None else least.value,
        floor_n=None if least is None else least.n,
        floor_bound=None if least is None else least.bound,
        everywhere=certain,
        uncertainty=how,
        **numbers,
    )


def _law(question: Question, k: int, error: Fraction) -> dict[str, Any]:
    """Corollary 3.5 beside the answer, where it is about this problem."""
    if not closed_forms.applies(question.setup, question.metric):
        return {}
    law = closed_forms.Law(question.setup)
    numbers: dict[str, Any] = {"closed_form": law.length(k, error), "closed_form_n": law.least_length(k, error)}
    if question.rung is Rung.BOUND and k > 1 and (question.tied or question.setup.m is not None):
        numbers["notes"] = ("Corollary 3.5 is no bound at this m: this n is what its law asks for, not a guarantee",)
    return numbers


def _neighbours(question: Question, k: int, error: Fraction, n: int) -> dict[str, Any]:
    """Return E_k at n and n − 1 on the rung, which must be on the two sides of the target."""
    if k > _MOST_CURVE:
        return {}
    at = question.curve(n, k)
    before = question.curve(n - 1, k) if n > 1 else None
    if not decided(question, n, k, error) or (n > 1 and decided(question, n - 1, k, error)):
        raise NotCertified(f"E_{k} at n = {n:,} and n = {n - 1:,} contradict the enclosure; use everywhere=False")
    return {
        "value": at.values[k],
        "lower": at.lower[k],
        "upper": at.upper[k],
        "before": None if before is None else before.values[k],
    }


def _without_thinking(question: Question, target: Fraction | float) -> SmallestContext:
    """k = 0: the error is the prior risk, whatever n."""
    reached, risk = decided(question, 1, 0, as_fraction(target)), question.curve(1, 0)
    how = "without thinking the error is the prior risk, which does not depend on n"
    if not reached:
        least = Least(value=float(risk.values[0]), n=1, bound=float(risk.lower[0]))
        return _answer(question, 0, target, Found(n=None, real=math.inf, least=least), how, True, {})
    numbers = {"value": risk.values[0], "lower": risk.lower[0], "upper": risk.upper[0]}
    return _answer(question, 0, target, Found(n=1, real=1.0, least=None), how, True, numbers)
