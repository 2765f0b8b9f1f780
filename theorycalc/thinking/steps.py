"""The smallest number of thinking steps that reaches a target error at a given training length (theory section 8)."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theorycalc._checks import choice
from theorycalc.error_curves.curves import METRICS, RUNGS, expected_error
from theorycalc.error_curves.exact_fields import MOST_STEPS as MOST_EXACT
from theorycalc.error_curves.exact_fields import require_affordable
from theorycalc.error_curves.population import ignored_m
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Field, as_fraction, require_field
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.model import Setup, as_setup
from theorycalc.results import ErrorCurve, Frozen, Metric, Rung, plain
from theorycalc.thinking import closed_forms
from theorycalc.thinking.answer_text import finite, optional, short, step_word
from theorycalc.thinking.context import positive_error
from theorycalc.thinking.convex_floor import convex_floor
from theorycalc.thinking.family import family_of
from theorycalc.thinking.lengths import Question, decided, exact_seconds
from theorycalc.thinking.step_counts import MOST_STEPS, steps_on_long_prompts

_MOST_CURVE = 20_000
_QUICK = 30.0  # seconds of one curve of rung exact that are spent without being asked for
_STAGES = {
    Rung.EXACT: (4, 8, 12, 16, 18),
    Rung.PROPORTIONAL: (8, 32, 128, 400),
}
_OTHER_STAGES = (8, 32, 128, 512, 2_048, 8_192, _MOST_CURVE)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SmallestSteps(Frozen):
    """The smallest k with E_k <= error at the setup's n; ``k`` is None if there is none, or none was found."""

    setup: Setup
    error: Fraction | float
    rung: Rung
    metric: Metric
    field_name: str
    k: int | None
    value: Any = None  # E_k, in [lower, upper]
    lower: Any = None
    upper: Any = None
    before: Any = None  # E_{k−1}, above the target
    closed_form: float | None = None  # Corollary 3.5 solved for k
    closed_form_k: int | None = None  # the least integer k for which its law is <= error
    floor: float | None = None  # when k is None: the least E_k of all k examined …
    k_star: int | None = None  # … at this k (None: as k → ∞)
    floor_bound: float | None = None  # proved for every k; equal to ``floor`` where that is the least of all
    examined: int  # every k up to here was compared with the target
    proved: bool  # whether no larger k can reach the target (k is None), or no smaller one does
    uncertainty: str
    notes: tuple[str, ...] = ()

    @property
    def reachable(self) -> bool:
        """Whether some k reaches the target."""
        return self.k is not None

    def __int__(self) -> int:
        if self.k is None:
            raise OutsideRegime(self.verdict)
        return self.k

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        goal = f"an error of {short(self.error)} on rung {self.rung}"
        if self.k is not None:
            fewer = "" if self.k == 0 else f"; {step_word(self.k - 1)} do{'es' if self.k == 2 else ''} not"
            return f"{step_word(self.k)} reach{'es' if self.k == 1 else ''} {goal}{fewer}."
        place = "as k → ∞" if self.k_star is None else f"at k = {self.k_star:,}"
        if not self.proved:
            return (
                f"No number of steps up to {self.examined:,} reaches {goal} (least error {short(self.floor)} {place})."
            )
        if self.floor_bound == self.floor:
            return f"No number of steps reaches {goal}: the least error is {short(self.floor)} ({place})."
        best = f"the least error up to k = {self.examined:,} is {short(self.floor)} ({place})"
        return f"No number of steps reaches {goal}: {best}, and it stays above {short(self.floor_bound)} for every k."

    def __repr__(self) -> str:
        found = "unreachable" if self.k is None else f"k={self.k}"
        return f"SmallestSteps({found}, error={short(self.error)}, rung={self.rung}, {self.setup!r})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "k": self.k,
            "error": plain(self.error),
            "value": optional(self.value),
            "lower": optional(self.lower),
            "upper": optional(self.upper),
            "before": optional(self.before),
            "closed_form": finite(self.closed_form),
            "closed_form_k": self.closed_form_k,
            "floor": finite(self.floor),
            "k_star": self.k_star,
            "floor_bound": finite(self.floor_bound),
            "examined": self.examined,
            "proved": self.proved,
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
            "verdict": self.verdict,
            "setup": self.setup.to_dict(),
        }


def smallest_steps(
    setup: Setup,
    error: Any,
    *,
    rung: str = "population",
    metric: str = "estimation",
    field: Field = F64,
    most: int | None = None,
) -> SmallestSteps:
    """Return the smallest k >= 0 with E_k <= error at the setup's n and m, on one rung of the ladder.

    Rung population with commuting Λ and Σ: E_k is convex in k, so k is found by halving, in time O(d log k), and an
    unreachable target comes with the minimum k*.  Other rungs are scanned k by k: at finite m the mean error diverges
    in the end, so more steps need not help.  The scan stops with a proof when the lower bound w T_k,
    T_k = E tr (I − Γ⁻¹S)^{2k}, is above the target and rises, for T_k is convex in k: no larger k can do it.

    Parameters
    ----------
    setup : the problem
    error : the target ε > 0
    rung : as in :func:`theorycalc.expected_error`; default "population", the limit m → ∞ even if the setup has an m (a
        note says so), while the command ``tradeoff`` takes "exact" there
    metric : "estimation" or "prediction"
    field : arithmetic in which k and k − 1 are decided; finer ones are tried where it leaves them open
    most : largest k to examine; default as many as are quick, up to 10^15 on rung population

    Returns
    -------
    SmallestSteps
        ``.k`` (None if there is none), ``.value`` and ``.before``, ``.floor`` with ``.k_star``, ``.proved``,
        ``.examined``, ``.closed_form`` = log(d/ε)/(2 log(1 + n/(1 + Hard))), ``.verdict``.

    Raises
    ------
    InvalidSetup, OutsideRegime
        as :func:`theorycalc.expected_error`; for an error <= 0.
    NotCertified
        when even exact arithmetic cannot afford to tell E_k from the target.

    Cost: population O(d log k); others that of the error curve up to the answer.
    Claims: TRD-01, TRD-03, TRD-08, OVT-01, ERR-05.  Source: theory section 8; Corollary 3.5 of arXiv:2510.03605.

    Examples
    --------
    Λ = I_2, n = 3: E_k = 2/4^k on long prompts.

    >>> smallest_steps(Setup([1, 1], n=3), "1/1000").verdict
    '6 steps reach an error of 1/1000 on rung population; 5 steps do not.'
    >>> smallest_steps(Setup([1], n=1, m=1), "1/2", rung="exact").verdict
    'No number of steps reaches an error of 1/2 on rung exact: the least error is 0.666667 (at k = 1).'
    """
    problem, kind = as_setup(setup), Rung(choice("rung", rung, RUNGS))
    measure, target = Metric(choice("metric", metric, METRICS)), positive_error(error)
    if problem.m is None and kind in (Rung.EXACT, Rung.PROPORTIONAL):
        kind = Rung.POPULATION
    question = Question(setup=problem, rung=kind, metric=measure, field=require_field(field))
    goal = as_fraction(target)
    if kind is Rung.POPULATION and most is None and not is_mixed(problem) and family_of(problem, measure).commuting:
        found = _on_long_prompts(question, goal)
    elif kind is Rung.BOUND and most is None:
        found = _on_law(question, goal)
    else:
        found = _scanned(question, goal, most)
    found["notes"] = (*ignored_m(problem, kind), *found.get("notes", ()))
    law: dict[str, Any] = {}
    if closed_forms.applies(problem, measure):
        found_law = closed_forms.Law(problem)
        law = {
            "closed_form": found_law.steps(problem.n, goal),
            "closed_form_k": found_law.least_steps(problem.n, goal),
        }
    return SmallestSteps(
        setup=problem, error=target, rung=kind, metric=measure, field_name=question.field.name, **law, **found
    )


def _on_long_prompts(question: Question, error: Fraction) -> dict[str, Any]:
    found = steps_on_long_prompts(question.setup, question.metric, error)
    how = "E_k is convex in k (OVT-01); neighbours decided exactly"
    if found.k is not None:
        return {"k": found.k, "examined": found.k, "proved": True, "uncertainty": how} | _neighbours(question, found.k)
    proved = found.k_star is not None or found.floor is not None
    return {
        "k": None,
        "floor": found.floor,
        "k_star": found.k_star,
        "floor_bound": found.floor,
        "examined": MOST_STEPS,
        "proved": proved,
        "uncertainty": how,
    }


def _on_law(question: Question, error: Fraction) -> dict[str, Any]:
    """k = 0 and 1 by comparison; from then on the law of Corollary 3.5 falls."""
    start = question.setup
    first = next((k for k in (0, 1) if decided(question, start.n, k, error)), None)
    finite_m = start.m is not None
    notes = (
        ("Corollary 3.5 is no bound at this m: this k is what its law asks for, not a guarantee",) if finite_m else ()
    )
    how = "the law of Corollary 3.5 falls in k"
    k = first if first is not None else closed_forms.Law(start).least_steps(start.n, error)
    if k is None:
        raise NotConverged("the law of Corollary 3.5 cannot be told from the target error; change the target slightly")
    k = k if first is not None else max(k, 2)
    result = {"k": k, "examined": k, "proved": True, "uncertainty": how, "notes": notes if k > 1 else ()}
    return result | _neighbours(question, k)


def _neighbours(question: Question, k: int) -> dict[str, Any]:
    if k > _MOST_CURVE:
        return {}
    curve = question.curve(question.setup.n, k)
    return _numbers(curve, k)


def _numbers(curve: ErrorCurve, k: int) -> dict[str, Any]:
    return {
        "value": curve.values[k],
        "lower": curve.lower[k],
        "upper": curve.upper[k],
        "before": None if k == 0 else curve.values[k - 1],
    }


def _scanned(question: Question, error: Fraction, most: int | None) -> dict[str, Any]:
    """Compare k = 0, 1, 2, … with the target until one reaches it, none can, or the rung is too expensive."""
    setup, kind = question.setup, question.rung
    limit = most if most is not None else {Rung.EXACT: MOST_EXACT}.get(kind, _MOST_CURVE)
    stages = [stage for stage in _STAGES.get(kind, _OTHER_STAGES) if stage < limit]
    if most is not None:
        stages.append(most)
    curve: ErrorCurve | None = None
    done, notes = -1, list[str]()
    for stage in stages:
        try:
            if most is None:
                _require_quick(question, stage)
            curve = expected_error(setup, stage, rung=kind, metric=question.metric, field=question.field)
        except (OutsideRegime, NotConverged) as refusal:
            if curve is None:
                raise
            notes.append(f"steps beyond {done} were not examined: {refusal}")
            break
        for k in range(done + 1, stage + 1):
            if as_fraction(curve.lower[k]) <= error and decided(question, setup.n, k, error):
                how = f"every smaller k was compared with the target on the rung ({curve.uncertainty})"
                return {"k": k, "examined": k, "proved": True, "uncertainty": how} | _numbers(curve, k)
        done = stage
        reason, bound = _no_more(question, curve, float(error))
        if reason:
            return _unreached(curve, done, reason, True, bound, notes)
    assert curve is not None
    how = f"k <= {done} were compared with the target on the rung; larger ones are not excluded"
    return _unreached(curve, done, how, False, -math.inf, notes)


def _require_quick(question: Question, steps: int) -> None:
    """Refuse a stage of the scan of rung exact that would take more than about half a minute."""
    if question.rung is not Rung.EXACT:
        return
    if question.field is not F64:
        require_affordable(question.setup, steps, question.field, _QUICK)
    elif exact_seconds(question.setup, steps) > _QUICK:
        raise OutsideRegime("rung exact takes long there; ask for more with most=…")


def _no_more(question: Question, curve: ErrorCurve, error: float) -> tuple[str, float]:
    """Return why no k beyond the curve can reach the target ('' if that is not known), and a bound for all of them."""
    setup, done = question.setup, len(curve.values) - 1
    if question.rung not in (Rung.EXACT, Rung.PROPORTIONAL, Rung.POPULATION) or is_mixed(setup):
        return "", -math.inf
    if _convex(question) and done and as_fraction(curve.lower[done]) >= as_fraction(curve.upper[done - 1]):
        return "the curve is convex in k after isotropic training and rises (ERR-08)", float(curve.lower[done])
    floor = convex_floor(setup, question.metric, question.rung, done)
    if floor.rank_gap > error:
        return (
            f"a prompt of m = {setup.m:,} < d examples never sees {setup.d - (setup.m or 0):,} directions",
            floor.rank_gap,
        )
    if floor.excludes(error):
        return "E_k >= w T_k, which is convex in k, above the target and rising (TRD-08)", float(floor.lower[-1])
    return "", -math.inf


def _convex(question: Question) -> bool:
    """Whether ERR-08 applies: Λ = λ I, P = I, no label noise."""
    setup = question.setup
    if question.metric is not Metric.ESTIMATION or setup.noise_var or not setup.Lambda.is_diagonal:
        return False
    return question.rung is Rung.EXACT and len(set(setup.Lambda.entries.tolist())) == 1


def _unreached(curve: ErrorCurve, done: int, how: str, proved: bool, bound: float, notes: list[str]) -> dict[str, Any]:
    values = [as_fraction(value) for value in curve.values]
    best = min(range(len(values)), key=values.__getitem__)
    least = float(values[best])
    return {
        "k": None,
        "floor": least,
        "k_star": best,
        "floor_bound": min(bound, least) if proved else None,
        "examined": done,
        "proved": proved,
        "uncertainty": how,
        "notes": tuple(notes),
    }
