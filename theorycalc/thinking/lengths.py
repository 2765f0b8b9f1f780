"""How a rung is searched for the smallest training length: what is known of E_k(n) on intervals of n, and at one n."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.error_curves.exact_fields import MOST_STEPS as MOST_EXACT
from theorycalc.error_curves.exact_fields import require_affordable
from theorycalc.error_curves.whitening import distinct_directions
from theorycalc.exceptions import NotCertified, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, Array, Field, as_fraction
from theorycalc.model import Setup
from theorycalc.moments.plan import widest_layer
from theorycalc.results import ErrorCurve, Metric, Rung
from theorycalc.thinking.closed_forms import Law
from theorycalc.thinking.enclosure import Enclosure
from theorycalc.thinking.family import Family, family_of
from theorycalc.thinking.long_prompts import LongPrompts, decider
from theorycalc.thinking.rung_at_length import RungAtLength
from theorycalc.thinking.search import LONGEST, Least, first_reaching, least_error

_FINER = (BALL(192), BALL(768), EXACT)
_DENSE = 10**9
_MOST_OPEN = 2_000  # integers that the enclosures of one search may leave open
_TINY_TARGET = 1e-11  # below it float64 enclosures may have no digits left
_ROOT_STEPS, _ROOT_PRECISION = 60, 1e-14
_SECONDS_PER_STATE, _CURVE_RUNS, _PANEL_RUNS = 6e-8, 3, 130  # measured
_SECONDS_LIMIT, _BALL_SECONDS = 900.0, 1.0  # of all panels; of one curve in balls, above which float64 makes the panels


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every training length: one rung and one metric of a problem; ``tied`` sets m = n."""

    setup: Setup
    rung: Rung
    metric: Metric
    field: Field
    tied: bool = False
    order: int | None = None  # of rung "expansion"

    def at(self, n: int) -> Setup:
        """Return the problem at one training length."""
        return self.setup.replace(n=n, m=n) if self.tied else self.setup.replace(n=n)

    def curve(self, n: int, k: int, field: Field | None = None) -> ErrorCurve:
        """Return E_0 … E_k at one training length."""
        chosen = field or self.field
        return expected_error(self.at(n), k, rung=self.rung, metric=self.metric, field=chosen, order=self.order)


class Solver(Protocol):
    """What the search needs of a rung."""

    @property
    def how(self) -> str:
        """Why no smaller n is missed, and what decides between neighbours."""

    @property
    def blocks(self) -> Sequence[tuple[int, int]]:
        """Intervals of n in which it is searched, from the left."""

    def lower(self, a: int, b: int | None, k: int, *, enough: float) -> float:
        """Bound E_k from below for all a <= n <= b (None: ∞); a bound above ``enough`` may be loose."""

    def meets(self, n: int, k: int, error: Fraction) -> bool:
        """Whether E_k <= error at n, certified."""

    def value(self, n: float | None, k: int) -> float:
        """Return E_k at a real n (None: ∞) in float64; NaN where it is not known."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The smallest n, or why there is none; ``real`` is where E_k(n) crosses the target just before it."""

    n: int | None
    real: float
    least: Least | None  # when no n was found


def search(solver: Solver, k: int, error: Fraction, *, floor: bool = True) -> Found:
    """Return the smallest n with E_k(n) <= error, for a solver that bounds E_k on intervals.

    ``floor``: if there is none, find the least error over all n.
    """
    target = _above(error)

    def lower(a: int, b: int) -> float:
        return solver.lower(a, b, k, enough=target)

    n = first_reaching(lower, lambda n: solver.meets(n, k, error), target, blocks=solver.blocks)
    if n is None:
        return Found(n=None, real=math.inf, least=least(solver, k) if floor else None)
    return Found(n=n, real=crossing(solver, k, error, n), least=None)


def least(solver: Solver, k: int, *, relative: float = 1e-5) -> Least:
    """Return the least E_k over all training lengths."""
    return least_error(
        lambda a, b: solver.lower(a, b, k, enough=math.inf),
        lambda n: solver.value(n, k),
        blocks=solver.blocks,
        relative=relative,
    )


def crossing(solver: "Solver | ByNeighbours", k: int, error: Fraction, n: int) -> float:
    """Return the real training length in (n − 1, n] at which E_k = error, by false position; 1 if n = 1 suffices."""
    if n == 1:
        return 1.0
    low, high, target = float(n - 1), float(n), float(error)
    above, below = (solver.value(end, k) - target for end in (low, high))
    if math.isnan(above) or not above > 0 >= below:  # unknown between integers, or too close to tell
        return math.nan if math.isnan(above) else high if below > 0 else low
    side = 0
    for _ in range(_ROOT_STEPS):
        middle = high - below * (high - low) / (below - above)
        if not low < middle < high or high - low <= _ROOT_PRECISION * high:
            break
        gap = solver.value(middle, k) - target
        if gap > 0:
            low, above = middle, gap
            below, side = (below / 2 if side > 0 else below), 1
        else:
            high, below = middle, gap
            above, side = (above / 2 if side < 0 else above), -1
    return high


def _above(error: Fraction) -> float:
    """The target rounded up: intervals are discarded only if they are above it for certain."""
    try:
        value = float(error)
    except OverflowError:
        return math.inf
    return math.nextafter(value, math.inf) if as_fraction(value) < error else value


def decided(question: Question, n: int, k: int, error: Fraction) -> bool:
    """Return whether E_k <= error at n, from the rung's own uncertainty; in finer arithmetic where that is too wide.

    The limits of rung "expansion" are no rounding but what its series may leave out: its values decide.
    """
    if question.rung is Rung.EXPANSION:
        return as_fraction(question.curve(n, k).values[k]) <= error
    refusal = ""
    for finer in (question.field, *_FINER):
        try:
            curve = question.curve(n, k, finer)
        except (OutsideRegime, NotConverged) as limit:
            refusal = f" ({limit})"
            continue
        if as_fraction(curve.upper[k]) <= error:
            return True
        if as_fraction(curve.lower[k]) > error:
            return False
    raise NotCertified(
        f"E_{k} at n = {n:,} cannot be told from the target error{refusal}; change the target slightly, or pass exact "
        "spectra"
    )


def exact_seconds(setup: Setup, steps: int) -> float:
    """Predict the seconds of one error curve of rung exact in float64, with its rounding estimate, on one core."""
    if steps > MOST_EXACT:
        return math.inf
    width = len(distinct_directions(setup)) if setup.is_diagonal else setup.d**2
    return _CURVE_RUNS * widest_layer(steps) * (width + 20) * _SECONDS_PER_STATE


# ------------------------------------------------------------------------------------------ long prompts, by direction


@dataclass
class ByDirection:
    """Rung population with commuting Λ and Σ."""

    question: Question
    how: str = ""
    _tests: dict[tuple[int, Fraction], Callable[[int], bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.blocks = [(1, LONGEST)]
        self.prompts = LongPrompts(family_of(self.question.setup, self.question.metric))
        falls = "E_k falls in n for matched skills (TRD-01)" if self.question.setup.matched else ""
        self.how = (falls or "every n: bounds on intervals, direction by direction") + "; neighbours decided exactly"

    def lower(self, a: int, b: int | None, k: int, *, enough: float) -> float:
        return self.prompts.lower(1.0 / a, 0.0 if b is None else 1.0 / b, k)

    def meets(self, n: int, k: int, error: Fraction) -> bool:
        if (k, error) not in self._tests:
            self._tests[k, error] = decider(self.prompts, k, error)
        return self._tests[k, error](n)

    def value(self, n: float | None, k: int) -> float:
        low, high = self.prompts.interval(0.0 if n is None else 1.0 / n, k)
        return (low + high) / 2


# ----------------------------------------------------------------------------------------------- by Chebyshev panels


@dataclass
class ByPanels:
    """Rungs exact and proportional, and population without commutation: enclosures by interpolation in n."""

    question: Question
    asked: Array
    scale: float
    how: str = ""

    def __post_init__(self) -> None:
        question, steps = self.question, int(np.max(self.asked))
        if question.rung is Rung.EXACT:
            seconds = exact_seconds(question.setup, steps) * _PANEL_RUNS / _CURVE_RUNS
            if seconds > _SECONDS_LIMIT:
                raise OutsideRegime(
                    f"steps = {steps}: about {seconds / 60:.0f} minutes to exclude every smaller n on rung exact at "
                    f"d = {question.setup.d}; use fewer steps, or everywhere=False (--local)"
                )
        fine = question.field is not F64 or self.scale < _TINY_TARGET
        exactly = fine and question.setup.is_diagonal and _balls_are_quick(question, steps)
        family = family_of(question.setup, question.metric, BALL(192) if exactly else F64)
        self.enclosure = Enclosure(
            RungAtLength(family, question.rung, steps, tied=question.tied), self.asked, self.scale
        )
        self.blocks = _blocks()
        self._open = 0
        self._floor = _first_step_floor(family_of(question.setup, question.metric), question)
        rounding = "balls" if exactly else "float64 rounding estimated"
        self.how = f"every n: Chebyshev enclosures with a proved remainder ({rounding}); neighbours decided by the rung"

    def lower(self, a: int, b: int | None, k: int, *, enough: float) -> float:
        bound = 0.0 if self.enclosure.knows(a, b) else self._floor(a, b, k)
        return bound if bound > enough else max(bound, float(self.enclosure.lower(a, b)[k]))

    def meets(self, n: int, k: int, error: Fraction) -> bool:
        low, high = (float(side[k]) for side in self.enclosure.interval(n))
        if as_fraction(high) <= error:
            return True
        if as_fraction(low) > error:
            return False
        self._open += 1
        if self._open > _MOST_OPEN:
            raise NotConverged(
                f"error = {float(error):.3g}: too small for the enclosures to tell neighbouring n apart; use "
                "everywhere=False (--local), or field=BALL(bits)"
            )
        return decided(self.question, n, k, error)

    def value(self, n: float | None, k: int) -> float:
        low, high = (float(side[k]) for side in self.enclosure.interval(n))
        return max((low + high) / 2, 0.0)


def _blocks() -> list[tuple[int, int]]:
    """Intervals of n that grow by a tenth, and beyond 10^9 by a factor of a thousand."""
    found, start = [], 1
    while start <= LONGEST:
        end = start + start // 10 if start < _DENSE else 1_000 * start
        found.append((start, min(end, LONGEST)))
        start = found[-1][1] + 1
    return found


def _balls_are_quick(question: Question, steps: int) -> bool:
    try:
        require_affordable(question.setup, steps, BALL(192), _BALL_SECONDS)
    except OutsideRegime:
        return False
    return True


def _first_step_floor(family: Family, question: Question) -> Callable[[int, int | None, int], float]:
    """E_k >= w Σ_i ((1 − c_i)² + (c_i² + c_i tr C)/m)^k, w = min_i P_ii Q_ii (BND-06), over intervals of n.

    The proportional limit has no c_i²/m.  Without commutation 0.
    """
    if not family.commuting:
        return lambda a, b, k: 0.0
    share = float(np.min(family.P * family.Q))
    multiplicity = family.multiplicity.astype(float)
    own = 0.0 if question.rung is Rung.PROPORTIONAL else 1.0
    m = question.setup.m

    def floor(a: int, b: int | None, k: int) -> float:
        low, high = (family.Sigma / family.gamma(t) for t in (1.0 / a, 0.0 if b is None else 1.0 / b))
        epsilon = (0.0 if b is None else 1.0 / b) if question.tied else 0.0 if m is None else 1.0 / m
        trace = float(low @ multiplicity)
        c = np.clip((1 - epsilon * trace / 2) / (1 + own * epsilon), low, high)
        z = (1 - c) ** 2 + epsilon * (own * c * c + c * trace)
        with np.errstate(over="ignore", under="ignore"):
            return share * float(z**k @ multiplicity) * (1 - 1e-9) * (1 - 1e-14) ** k

    return floor


# --------------------------------------------------------------------------------------------- rungs that fall in n


@dataclass
class ByNeighbours:
    """Any rung, through its error curves alone: a search by doubling and halving, as if E_k fell in n."""

    question: Question
    how: str = ""

    def __post_init__(self) -> None:
        self._law = Law(self.question.setup)

    def meets(self, n: int, k: int, error: Fraction) -> bool:
        return decided(self.question, n, k, error)

    def value(self, n: float | None, k: int) -> float:
        """Return the bound at a real n; NaN on rungs that are known at integers only."""
        if self.question.rung is not Rung.BOUND:
            return math.nan
        setup, length = self.question.setup, math.inf if n is None else n
        m = length if self.question.tied else math.inf if setup.m is None else setup.m
        return self._law.bound(k, length, m)

    def find(self, k: int, error: Fraction, *, most: int = LONGEST) -> int | None:
        """Return an n that meets the target, unlike n − 1; None if no power of two does."""
        high = 1
        while not self.meets(high, k, error):
            if high == most:
                return None
            high = min(2 * high, most)
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.meets(middle, k, error) else (middle, high)
        return high
