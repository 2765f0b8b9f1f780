"""The cheapest pair (n, k) that reaches a target error (theory section 8)."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theorycalc._checks import integer, number, refuse
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Field, as_fraction
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.model import Setup
from theorycalc.results import Frozen, Metric, Rung, plain
from theorycalc.thinking.answer_text import short, step_word
from theorycalc.thinking.context import asked, find_length, positive_error, solver_for
from theorycalc.thinking.family import family_of
from theorycalc.thinking.lengths import Question
from theorycalc.thinking.long_prompts import LongPrompts

_MOST_COUNT = 10**15
_MOST_STEPS = {Rung.EXACT: 12, Rung.PROPORTIONAL: 64}
_OTHER_STEPS = 256  # on long prompts with a skill gap, where n need not fall in k
_MOST_PAIRS = 20_000
_COUNT = "pass an integer >= 1"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cheapest(Frozen):
    """The pair (n, k) of least cost price_context · (n + 1) + price_step · k that reaches the target."""

    setup: Setup
    error: Fraction | float
    rung: Rung
    metric: Metric
    field_name: str
    tied: bool
    price_context: Fraction | float
    price_step: Fraction | float
    n: int | None
    k: int | None
    cost: Fraction | float | None
    one_step: Fraction | float | None  # the cost of the cheapest pair with k = 1, where it is reachable
    examined: int  # every k up to here was priced
    proved: bool  # whether no pair whatever is cheaper
    uncertainty: str

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        goal = f"an error of {short(self.error)} on rung {self.rung}"
        if self.n is None or self.k is None:
            limit = "no number of steps" if self.proved else f"no k up to {self.examined:,}"
            return f"With {limit} does any training length reach {goal}."
        known = "" if self.proved else f" (of k up to {self.examined:,})"
        text = f"Cheapest for {goal}{known}: n = {self.n:,} and {step_word(self.k)}, at {short(self.cost)}"
        if self.one_step is not None and self.k > 1:
            saved = 100 * (1 - float(as_fraction(self.cost) / as_fraction(self.one_step)))
            text += f", {saved:.{4 if saved > 99 else 2}g} % less than with one step"
        return text + "."

    def __repr__(self) -> str:
        return (
            f"Cheapest(n={self.n}, k={self.k}, cost={None if self.cost is None else short(self.cost)}, {self.setup!r})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "n": self.n,
            "k": self.k,
            "cost": None if self.cost is None else plain(self.cost),
            "one_step": None if self.one_step is None else plain(self.one_step),
            "error": plain(self.error),
            "price_context": plain(self.price_context),
            "price_step": plain(self.price_step),
            "examined": self.examined,
            "proved": self.proved,
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "m_equals_n": self.tied,
            "uncertainty": self.uncertainty,
            "verdict": self.verdict,
            "setup": self.setup.to_dict(),
        }


def cheapest(
    setup: Setup,
    error: Any,
    *,
    price_context: Any,
    price_step: Any,
    rung: str = "population",
    metric: str = "estimation",
    field: Field = F64,
    tie_m: bool = False,
    most_steps: int | None = None,
) -> Cheapest:
    """Return the pair (n, k) with E_k(n) <= error of least cost price_context (n + 1) + price_step k.

    ``setup.n`` is ignored.  The search is finite: a pair with k steps costs at least 2 price_context + price_step k, so
    no k beyond the best cost found can win.  Of equal costs the fewest steps count.

    Parameters
    ----------
    setup : the problem; n does not matter
    error : the target ε > 0
    price_context : > 0, of one token of training context: the number of training prompts, times the price of a token
    price_step : > 0, of one step of thinking, for instance :func:`thinking_flops` of one step times the test prompts
    rung, metric, field, tie_m : as in :func:`theorycalc.smallest_context`
    most_steps : largest k to price; default 12 on rung exact, 64 on rung proportional, 256 with a skill gap, else as
        many as can matter

    Returns
    -------
    Cheapest
        ``.n``, ``.k``, ``.cost``, ``.one_step``, ``.verdict``; ``.proved`` says whether no pair whatever is cheaper: on
        rungs exact and proportional larger k are excluded by the population error, which they exceed (BND-06).

    Raises
    ------
    InvalidSetup, OutsideRegime, NotCertified
        as :func:`theorycalc.smallest_context`; for prices <= 0.

    Cost: one :func:`theorycalc.smallest_context` for every k that could still win.
    Claims: TRD-01, BND-06.  Source: theory section 8.

    Examples
    --------
    Λ = I_2, ε = 1/2: n = 3, 2, 1, 1, … for k = 1, 2, 3, 4; a step at the price of half a token is worth it up to k = 3.

    >>> found = cheapest(Setup([1, 1], n=1), "1/2", price_context=1, price_step="1/2")
    >>> found.n, found.k, str(found.cost), found.proved
    (1, 3, '7/2', True)
    """
    question = asked(setup, rung=rung, metric=metric, field=field, tie_m=tie_m)
    if question.rung is Rung.EXPANSION:
        raise OutsideRegime('rung "expansion" is known at neighbouring n only; use rung="exact" or "population"')
    target = positive_error(error)
    context, step = _price("price_context", price_context), _price("price_step", price_step)
    one_task = not is_mixed(question.setup)
    falls = one_task and question.setup.matched and question.rung in (Rung.POPULATION, Rung.BOUND)
    limit = _MOST_COUNT if falls else _MOST_STEPS.get(question.rung, _OTHER_STEPS)
    if most_steps is not None:
        limit = integer("most_steps", most_steps, minimum=1, maximum=_MOST_COUNT, remedy=_COUNT)
    solver = solver_for(question, range(1, 2 if falls else limit + 1), [target], everywhere=True)
    known: dict[int, int | None] = {}

    def length(k: int) -> int | None:
        if k not in known:
            known[k] = find_length(solver, k, as_fraction(target), floor=False).n
        return known[k]

    prices = Prices(as_fraction(context), as_fraction(step))
    best = prices.halved(length, limit) if falls else prices.scanned(length, limit)
    proved = best.proved or (best.k is not None and _excluded(question, as_fraction(target), prices, best))
    first = length(1)
    return Cheapest(
        setup=question.setup,
        error=target,
        rung=question.rung,
        metric=question.metric,
        field_name=question.field.name,
        tied=tie_m,
        price_context=context,
        price_step=step,
        n=best.n,
        k=best.k,
        cost=_as_given(best.cost, context, step),
        one_step=None if first is None else _as_given(prices.of(first, 1), context, step),
        examined=best.examined,
        proved=proved,
        uncertainty=solver.how,
    )


def _price(name: str, value: Any) -> Fraction | float:
    price = number(name, value)
    if price <= 0:
        raise refuse(name, value, "not positive", "pass a price > 0")
    return price


def _as_given(cost: Fraction | None, *prices: Fraction | float) -> Fraction | float | None:
    """A cost in exact numbers if the prices were."""
    exact = all(isinstance(price, Fraction) for price in prices)
    return cost if cost is None or exact else float(cost)


@dataclass(frozen=True)
class Best:
    """The best pair found, the largest k that was looked at, and whether no larger k can be cheaper by its price."""

    n: int | None
    k: int | None
    cost: Fraction | None
    examined: int
    proved: bool


@dataclass(frozen=True)
class Prices:
    """context · (n + 1) + step · k."""

    context: Fraction
    step: Fraction

    def of(self, n: int, k: int) -> Fraction:
        """Return the cost of a pair."""
        return self.context * (n + 1) + self.step * k

    def scanned(self, length: Callable[[int], int | None], limit: int) -> Best:
        """Try k = 1, 2, … until a step more costs more than the best pair with the shortest training prompts."""
        best: tuple[Fraction, int, int] | None = None
        for k in range(1, limit + 1):
            if best is not None and self.of(1, k) >= best[0]:
                return Best(best[2], best[1], best[0], k - 1, True)
            n = length(k)
            if n is not None and (best is None or self.of(n, k) < best[0]):
                best = self.of(n, k), k, n
        if best is None:
            return Best(None, None, None, limit, False)
        return Best(best[2], best[1], best[0], limit, self.of(1, limit + 1) >= best[0])

    def halved(self, length: Callable[[int], int | None], limit: int) -> Best:
        """The same where n falls in k (TRD-01): over a < k <= b a pair costs at least that of n(b) with a + 1 steps."""
        best: tuple[Fraction, int, int] | None = None

        def tried(k: int) -> int:
            nonlocal best
            n = length(k)
            if n is not None:
                best = min(best or (self.of(n, k), k, n), (self.of(n, k), k, n))
            return n if n is not None else _MOST_COUNT

        end = 1
        while tried(end) > 1 and end < limit and (best is None or self.of(1, end + 1) < best[0]):
            end = min(2 * end, limit)
        assert best is not None
        heap = [(self.of(tried(end), 1), 0, end)]
        while heap and heap[0][0] <= best[0] and len(heap) < _MOST_PAIRS:
            bound, a, b = heapq.heappop(heap)
            if b - a == 1 or (bound == best[0] and a + 1 >= best[1]):
                continue
            middle = (a + b) // 2
            heapq.heappush(heap, (self.of(tried(middle), a + 1), a, middle))
            heapq.heappush(heap, (self.of(tried(b), middle + 1), middle, b))
        done = tried(end) == 1 or self.of(1, end + 1) >= best[0]
        return Best(best[2], best[1], best[0], end, done and not (heap and heap[0][0] < best[0]))


def _excluded(question: Question, error: Fraction, prices: Prices, best: Best) -> bool:
    """Whether no larger k can be cheaper: the rung needs at least the n of long prompts (BND-06: P = Q = I)."""
    setup = question.setup
    standard = setup.matched and setup.Omega is None and setup.w_0 is None and not is_mixed(setup)
    if not standard or question.metric is not Metric.ESTIMATION or question.rung not in _MOST_STEPS:
        return False
    assert best.cost is not None
    last = math.ceil((best.cost - 2 * prices.context) / prices.step)
    if last - best.examined > _MOST_PAIRS:
        return False
    prompts = LongPrompts(family_of(setup, question.metric))
    for k in range(best.examined + 1, last + 1):
        room = math.ceil((best.cost - prices.step * k) / prices.context) - 2  # the largest n that is cheaper
        if room >= 1 and as_fraction(prompts.interval(1.0 / room, k)[0]) <= error:
            return False
    return True
