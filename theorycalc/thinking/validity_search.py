"""The search for the smallest prompt length at which a law describes the mean error, on the exact rung or by series."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from theorycalc.error_curves.bounds import long_chain_bound
from theorycalc.error_curves.curves import expected_error
from theorycalc.error_curves.exact_fields import require_affordable
from theorycalc.error_curves.expansion import series_terms
from theorycalc.error_curves.isotropic import MOST_PLANNED_STEPS, isotropic_problem
from theorycalc.error_curves.rare_prompts import rare_prompts_bound
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import NotCertified, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, Array, Field, as_fraction
from theorycalc.hardness import task_hardness
from theorycalc.model import Setup
from theorycalc.moments.plan import widest_layer
from theorycalc.results import ErrorCurve, Metric

LONGEST = 10**15
_MOST_WORK = 6e6  # states of the widest layer × numbers in each: about 2 s of float64 for a curve
_ISOTROPIC_STEPS = 5_000
_BITS = 256
_TINY = 1e-250  # laws below are computed in balls, and rare prompts not counted in estimates
_SERIES_SECONDS, _TIE_SECONDS = 5.0, 30.0
_LAW_ROUNDING = 2.0**-48  # of Corollary 3.5 in float64, relative, for each step


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which law, of which error, within which factor."""

    setup: Setup  # m = ∞
    steps: int
    factor: Fraction | float
    law: str
    metric: Metric
    field: Field

    @property
    def limit(self) -> Fraction:
        """The factor, exactly."""
        return as_fraction(self.factor)

    def in_range(self) -> "Question":
        """Return the question in a field that can hold its law: balls for F64 where float64 would underflow."""
        low = np.asarray(self.population.values, dtype=object)[-1] if self.field is F64 else 1
        return replace(self, field=BALL(_BITS)) if low < _TINY and self.setup.is_diagonal else self

    @functools.cached_property
    def population(self) -> ErrorCurve:
        """The law m → ∞ for every k."""
        return expected_error(self.setup, self.steps, rung="population", metric=str(self.metric), field=self.field)

    def law_at(self, k: int) -> tuple[Fraction, Fraction]:
        """Return an interval that holds the law at k."""
        if self.law == "population":
            low, high = as_fraction(self.population.lower[k]), as_fraction(self.population.upper[k])
        else:
            value = as_fraction(self._corollary[k])
            slack = getattr(self._corollary[k], "rad", 0)
            if self.field.name == "F64" or self.field.name.startswith("MP"):
                unit = _LAW_ROUNDING if self.field is F64 else 10.0 ** -int(getattr(self.field, "dps"))  # noqa: B009
                slack = value * Fraction(unit) * (k + 4)
            low, high = value - slack, value + slack
        if low <= 0:
            raise OutsideRegime(
                f"the law is 0 at k = {k}, as far as {self.field.name} can tell: no factor describes it"
            )
        return low, high

    @functools.cached_property
    def _corollary(self) -> Array:
        return long_chain_bound(self.setup, self.steps, field=self.field)

    def necessary(self, k: int) -> float | None:
        """Return a proved lower bound of m, None where none is known: BND-09, with ρ = n/(1 + Hard)."""
        setup = self.setup
        if (
            not (setup.matched and setup.standard_prior and self.metric is Metric.ESTIMATION)
            or setup.mixture is not None
        ):
            return None
        rho = setup.n / (1 + float(task_hardness(setup.Lambda)))
        allowed = float(self.limit) * (setup.d if self.law == "corollary" else 1)
        if allowed == 1:
            return None
        linear = (setup.d + 1) * rho * rho / math.expm1(math.log(allowed) / k)
        gain = k * (2 * k - 1) * rho * rho
        quadratic = gain / (allowed - 1) if (allowed - 1) * (16 / 3 * (k - 1) * rho + 1) < gain else 0.0
        return max(linear, quadratic, 1.0)


@dataclass(frozen=True)
class Found:
    """A length, the ratios there and before, and how they are known."""

    m: int
    ratio: float
    ratio_before: float | None
    method: str
    uncertainty: str
    notes: tuple[str, ...] = ()


def first_length(question: Question, k: int) -> Found:
    """Return the smallest m at which the law holds after k steps, next to an m at which it does not."""
    low, high = question.law_at(k)
    if question.law == "corollary":
        room = question.limit * low / as_fraction(question.population.upper[k])
        if room <= 1:
            raise OutsideRegime(
                f"Corollary 3.5 times {float(question.limit):g} is not above the limit m → ∞ at k = {k}: no finite m "
                "is enough; use a larger factor"
            )
    guess = by_series(question, k)
    if not _is_affordable(question, k):
        return guess
    try:
        return _by_bisection(question, k, min(max(guess.m, 1), LONGEST), (low, high))
    except OutsideRegime:
        return guess


def _is_affordable(question: Question, k: int) -> bool:
    setup = question.setup
    if k > MOST_PLANNED_STEPS and isotropic_problem(setup.replace(m=1), question.metric) is not None:
        return k <= _ISOTROPIC_STEPS
    if k > 60:
        return False
    width = len(set(setup.Lambda.entries.tolist())) if setup.is_diagonal else setup.d**2
    work = widest_layer(k) * width * (1 if question.field is F64 else 60)
    return work <= _MOST_WORK


def _by_bisection(question: Question, k: int, guess: int, law: tuple[Fraction, Fraction]) -> Found:
    curves: dict[int, ErrorCurve] = {}

    def curve(m: int) -> ErrorCurve:
        if m not in curves:
            curves[m] = expected_error(
                question.setup.replace(m=m), k, rung="exact", metric=str(question.metric), field=question.field
            )
        return curves[m]

    def holds(m: int) -> bool:
        try:
            found = _decided(question, curve(m), k, law)
        except NotConverged:  # beyond the float64 range: far above the law
            if question.field is F64:
                return False
            raise
        return _exactly(question, m, k) if found is None else found

    good, bad = _bracket(holds, guess)
    while good - bad > 1:
        middle = (good + bad) // 2
        if holds(middle):
            good = middle
        else:
            bad = middle
    centre = (law[0] + law[1]) / 2

    def ratio(m: int) -> float:
        try:
            return float(as_fraction(curve(m).values[k]) / centre)
        except (NotConverged, OverflowError):
            return math.inf

    return Found(good, ratio(good), ratio(bad) if bad else None, "exact", curve(good).uncertainty)


def _decided(question: Question, curve: ErrorCurve, k: int, law: tuple[Fraction, Fraction]) -> bool | None:
    """Whether the law holds at step k of this curve; None where their uncertainty does not tell."""
    low, high = as_fraction(curve.lower[k]), as_fraction(curve.upper[k])
    ends = [(high <= question.limit * law[0], low > question.limit * law[1])]
    if question.law == "population":
        ends.append((low * question.limit >= law[1], high * question.limit < law[0]))
    if all(inside for inside, _ in ends):
        return True
    return False if any(outside for _, outside in ends) else None


def _exactly(question: Question, m: int, k: int) -> bool:
    """Decide a tie, or what rounding makes one, in rationals; NotCertified where these take long or do not exist."""
    exact = replace(question, field=EXACT, steps=k)
    try:
        require_affordable(question.setup.replace(m=m), k, EXACT, _TIE_SECONDS)
        curve = expected_error(question.setup.replace(m=m), k, metric=str(question.metric), field=EXACT)
        found = _decided(exact, curve, k, exact.law_at(k))
    except OutsideRegime:
        found = None
    if found is None:
        raise NotCertified(
            f"m = {m:,}: rounding in {question.field.name} cannot tell whether the law holds at k = {k}; use field="
            "BALL(bits) with more bits, or another factor"
        )
    return found


def _bracket(holds: Callable[[int], bool], guess: int) -> tuple[int, int]:
    """Return (m at which the law holds, a smaller one at which it does not, or 0), from a guess outward."""
    step = max(1, guess // 64)
    if holds(guess):
        good = guess
        while good > 1:
            lower = max(1, good - step)
            if not holds(lower):
                return good, lower
            good, step = lower, step * 4
        return good, 0
    bad = guess
    while bad < LONGEST:
        upper = min(bad + step, LONGEST)
        if holds(upper):
            return upper, bad
        bad, step = upper, step * 4
    raise OutsideRegime(f"no m up to {LONGEST:.0e} is enough")


def by_series(question: Question, k: int) -> Found:
    """Solve log(E_k/law) = ± log f with the logarithm of the series to the highest order that takes seconds."""
    setup, ratio = question.setup, 1.0
    if question.law == "corollary":
        ratio = float(as_fraction(question.population.values[k]) / question.law_at(k)[0])
    relative = _relative_terms(setup.replace(m=1), k, question.metric)
    above = float(question.limit) / ratio
    goal = above if relative[0] >= 0 else 1 / (float(question.limit) * ratio)
    complete = 2 * k - 1 <= len(relative)  # the series is the polynomial
    coefficients = [*relative, 0.0, 0.0][:3] if complete else _logarithm(relative)
    epsilon = _smallest_root(coefficients, goal - 1 if complete else math.log(goal))
    m = min(max(1, math.ceil(1 / epsilon - 1e-9)), LONGEST) if epsilon > 0 else 1
    if not complete:
        m = min(_until_rare(question, k, m), LONGEST)
    note = f"series in 1/m to order {len(relative)}, in logarithms; prompts with λ_max(N) > 2 counted by their bound"
    return Found(m, math.nan, None, "expansion", "an estimate: the terms left out are not bounded", (note,))


def _relative_terms(setup: Setup, k: int, metric: Metric) -> list[float]:
    """E_k^(o)/E_k^(0) for o = 1, 2, … to the highest order that takes seconds; in balls beyond the float64 range."""
    for field in (F64, BALL(128)):
        for order in (3, 2, 1):
            try:
                with field.working(), np.errstate(all="ignore"):
                    terms = series_terms(setup, k, metric, field, order, limit=_SERIES_SECONDS)
                    found = [field.public(row[k] / terms.coefficients[0][k]) for row in terms.coefficients[1:]]
            except OutsideRegime:
                continue
            if all(math.isfinite(float(x)) for x in found):
                return [float(x) for x in found]
            break
    raise OutsideRegime(
        f"steps = {k}: the series in 1/m is beyond the float64 range, and long in balls; use fewer steps"
    )


def _logarithm(x: list[float]) -> list[float]:
    """Coefficients of ε, ε², ε³ of log(1 + x₁ε + x₂ε² + x₃ε³)."""
    x = [*x, 0.0, 0.0][:3] if len(x) < 3 else x[:3]
    return [x[0], x[1] - x[0] ** 2 / 2, x[2] - x[0] * x[1] + x[0] ** 3 / 3]


def _smallest_root(c: list[float], target: float) -> float:
    """The smallest ε > 0 with c₁ε + c₂ε² + c₃ε³ = target; that of the first term alone if there is none near."""
    if c[0] == 0:
        return 0.0
    first = target / c[0]
    scaled = [c[0] * first, c[1] * first**2, c[2] * first**3]
    grid = np.linspace(0, 4, 4001)
    values = ((scaled[2] * grid + scaled[1]) * grid + scaled[0]) * grid - target
    crossed = np.flatnonzero(np.sign(values[1:]) != np.sign(values[0]))
    return first * (float(grid[crossed[0] + 1]) if crossed.size else 1.0)


def _until_rare(question: Question, k: int, m: int) -> int:
    """The smallest m, to a thousandth, from which on rare prompts cannot break the law by themselves."""
    problem = whitened_setup(question.setup, question.metric, F64)
    if problem is None:
        return m
    law = float(question.law_at(k)[1])
    allowed = (float(question.limit) - 1) * law or law

    def common(length: int) -> bool:
        return bool(rare_prompts_bound(question.setup.replace(m=length), problem, k, only_last=True)[k] > allowed)

    if law <= _TINY or not common(m):
        return m
    low, high = m, 2 * m
    while common(high) and high < LONGEST:
        low, high = high, min(2 * high, LONGEST)
    while high - low > max(1, low // 1000):
        middle = (low + high) // 2
        low, high = (middle, high) if common(middle) else (low, middle)
    return high
