"""Rung "expansion": the 1/m series of the mean error at fixed d, to a requested order, at any k (theory section 5)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import integer
from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.error_curves.exact import JITTER, jittered, rounding_estimate
from theorycalc.error_curves.exact_fields import denominator_bits
from theorycalc.error_curves.population import population_curve
from theorycalc.error_curves.rare_prompts import rare_prompts_bound
from theorycalc.error_curves.whitening import Whitened, whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction, is_ball, is_multiprecision
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.moments.expansion import chain_series, diagonal_series, full_series, matrix_series
from theorycalc.moments.first_order import first_order
from theorycalc.moments.plan import partition_counts
from theorycalc.results import Metric

DEFAULT_ORDER = 2
#: Where the estimate of what is left out exceeds this share of the value, the series is said to be no guide.
UNSETTLED = 0.1
_MOST_ORDER = 99
_SAMPLES = 2
_MEMORY_LIMIT = 4 * 2**30
_SECONDS_LIMIT = {"F64": 900.0, "other": 900.0}
_FALLBACK_SECONDS = 120.0
# measured seconds per multiplication, and per array operation
_FLOAT_OPERATION, _BALL_OPERATION, _MP_OPERATION, _EXACT_OPERATION, _EXACT_BIT = 3e-9, 5e-7, 3e-6, 1e-6, 2.7e-9
_CALL = 3e-5


@dataclass(frozen=True)
class Terms:
    """Coefficients of (1/m)^o by order and step, and the size of the last ones without the signs of directions."""

    coefficients: Array  # (order + 1, steps + 1)
    sizes: Array  # (steps + 1,)


def expansion_curve(setup: Setup, steps: int, metric: Metric, field: Field, order: int) -> Values:
    """Return E_0 … E_k to ``order`` in 1/m, with the estimate of what is left out as errors.

    The estimate is the last term (the next one if order = 0) with the absolute values of the directions' shares, or the
    largest share of the value that was left out at fewer steps if that is more, as the last term may pass through zero;
    plus a bound on what prompts with λ_max(N) > 2 carry.  Where 2k − 1 <= order the series is complete: nothing.
    """
    order = checked_order(order)
    if setup.m is None:
        found = population_curve(setup, steps, metric, field)
        return Values(found.values, found.errors, found.uncertainty, (*found.notes, "m = ∞: population"))
    sizes: list[Fraction] = []

    def compute(other: Field, limit: float = _FALLBACK_SECONDS) -> Array:
        terms = series_terms(setup, steps, metric, other, max(order, 1), limit=limit)
        sizes[:] = [_magnitude(other.public(size)) for size in terms.sizes]
        return _summed(terms.coefficients[: order + 1], setup, other)

    if field is F64:
        found, float_sizes = _float64(setup, steps, metric, order, compute)
        sizes = sizes or [_magnitude(float(size)) for size in float_sizes]
    elif is_multiprecision(field):
        found = certified_digits(field, steps, lambda other: compute(other, _SECONDS_LIMIT["other"]))
    else:
        with field.working():
            values = compute(field, _SECONDS_LIMIT["other"])
        found = Values(values, None, "exact rational numbers" if field is EXACT else f"enclosed ({field.name})")
    return _with_truncation(setup, steps, metric, field, order, found, sizes)


def checked_order(order: Any) -> int:
    """Return the order of a series, an integer from 0 to 99."""
    return integer("order", order, minimum=0, maximum=_MOST_ORDER, remedy="pass the highest power of 1/m, 0 to 99")


def series_terms(
    setup: Setup,
    steps: int,
    metric: Metric,
    field: Field,
    order: int,
    *,
    limit: float = _SECONDS_LIMIT["other"],
    problem: Whitened | None = None,
    jitter: float = 0.0,
    seed: int = 0,
) -> Terms:
    """Return the coefficients of order 0 … ``order`` over ``field``, inside its working context; m is not used.

    Orders above 2·steps − 1 are zero and are left out.
    """
    order = min(order, max(2 * steps - 1, 1))
    if problem is None:
        problem = _whitened(setup, metric, field)
    require_affordable_series(setup, problem, steps, order, field, limit)
    variance = field.number(setup.noise_var)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        if problem is None:
            return _matrix_terms(setup, steps, metric, field, order)
        multiplicity = field.array(problem.multiplicity)
        if order <= 1:
            first = first_order(problem.C, problem.P, problem.Q, multiplicity, steps, jitter=jitter, seed=seed)
            coefficient = first.coefficient + first.noise * variance
            rows = [first.population, coefficient][: order + 1]
            return Terms(np.array(rows), np.abs(rows[-1]))
        if problem.is_vector:
            space, weight = diagonal_series(problem.C, problem.Q, multiplicity), problem.P * multiplicity
        else:
            space, weight = full_series(problem.C, problem.Q), problem.P.T
        series = chain_series(space, steps, order, jitter=jitter, seed=seed)
        return _traced(series.sandwich, series.power, (weight, weight), steps, variance)


def _matrix_terms(setup: Setup, steps: int, metric: Metric, field: Field, order: int) -> Terms:
    """Full matrices over any field: nothing is whitened."""
    Gamma, A = gamma_pair(setup, field)
    one, Sigma = field.array(np.eye(setup.d, dtype=int)), setup.Sigma.dense(field)
    if A.ndim == 1:
        Gamma, A = one * Gamma, one * A
    Q = setup.prior_second_moment(field)
    Q = one * Q if Q.ndim == 1 else Q
    P = Sigma if metric is Metric.PREDICTION else one
    series = chain_series(matrix_series(A, Gamma, Sigma, Q, one), steps, order)
    weights = (P, P @ A)  # tr(P M), tr(P B A) with symmetric P and A
    return _traced(series.sandwich, series.power, weights, steps, field.number(setup.noise_var))


def _traced(
    sandwich: list[Array], power: list[Array], weights: tuple[Array, Array], steps: int, variance: Any
) -> Terms:
    """tr[P̃ M_{k,k}] of every order, plus σ² Σ_{j<k} tr[P̃ (E Rʲ − E R^{j+k})] of the order below."""
    rows = []
    for order, states in enumerate(sandwich):
        shares = (states * weights[0]).reshape(steps + 1, -1)
        row, size = shares.sum(axis=1), np.abs(shares).sum(axis=1)
        if variance and order:
            below = power[order - 1].reshape(2 * steps + 1, -1) @ weights[1].reshape(-1)
            noise = [(below[:k] - below[k : 2 * k]).sum() if k else below[0] - below[0] for k in range(steps + 1)]
            row = row + np.array(noise, dtype=row.dtype) * variance
            size = size + np.abs(np.array(noise, dtype=row.dtype)) * variance
        rows.append(row)
    return Terms(np.array(rows), size)


def _whitened(setup: Setup, metric: Metric, field: Field) -> Whitened | None:
    problem = whitened_setup(setup, metric, field)
    if field is F64 and problem is not None and not (problem.is_vector and problem.commuting):
        problem = whitened_setup(setup, metric, F64, commuting=False)
    return problem


def _summed(coefficients: Array, setup: Setup, field: Field) -> Array:
    epsilon = field.number(1) / field.number(setup.m)
    total = coefficients[-1]
    for row in coefficients[-2::-1]:
        total = total * epsilon + row
    return np.asarray(total)


def _float64(setup: Setup, steps: int, metric: Metric, order: int, compute: Any) -> tuple[Values, Array]:
    problem = _whitened(setup, metric, F64)
    assert problem is not None

    def run(jitter: float, seed: int) -> Terms:
        moved = jittered(problem, jitter, np.random.default_rng([seed, 5])) if jitter else problem
        return series_terms(
            setup,
            steps,
            metric,
            F64,
            max(order, 1),
            limit=_SECONDS_LIMIT["F64"],
            problem=moved,
            jitter=jitter,
            seed=seed,
        )

    terms = run(0.0, 0)
    values = _summed(terms.coefficients[: order + 1], setup, F64)
    with np.errstate(all="ignore"):
        shifts = [
            np.abs(_summed(run(JITTER, seed).coefficients[: order + 1], setup, F64) - values)
            for seed in range(1, _SAMPLES + 1)
        ]
        relative = rounding_estimate(values, np.max(shifts, axis=0)) + problem.lost(values)
    text = "float64 rounding, relative {worst} at most by estimate"
    return certified_float64(values, relative, text, compute), terms.sizes


def _with_truncation(
    setup: Setup, steps: int, metric: Metric, field: Field, order: int, found: Values, sizes: list[Fraction]
) -> Values:
    """Add what the series leaves out to the errors, and say from which step on it is no guide."""
    assert setup.m is not None
    problem = _whitened(setup, metric, F64)
    assert problem is not None
    rare = rare_prompts_bound(setup, problem, steps)
    size = [entry / setup.m ** max(order, 1) for entry in sizes]
    complete = [2 * k - 1 <= order for k in range(steps + 1)]
    middle = [as_fraction(field.public(value)) for value in found.values]
    if order == 0:  # the estimate is the first term left out: leave room for the second
        size = [term + (term * term / abs(value) if value else 0) for term, value in zip(size, middle, strict=True)]
    share, left_out = Fraction(0), []
    for done, value, term, tail in zip(complete, middle, size, rare, strict=True):
        gap = Fraction(0) if done else max(term, share * abs(value)) + Fraction(float(tail))
        share = max(share, gap / abs(value)) if value else share
        left_out.append(gap)
    bad = [k for k, (gap, value) in enumerate(zip(left_out, middle, strict=True)) if gap > UNSETTLED * abs(value)]
    notes = [f"series to order {order} in 1/m; its limits are an estimate of what that leaves out, not a bound"]
    if bad:
        unsettled = size[bad[0]] > Fraction(float(rare[bad[0]]))
        rare_reason = "the mean may belong to rare prompts, λ_max(N) > 2, that no series in 1/m sees"
        reason = "the last term has not settled" if unsettled else rare_reason
        notes.append(f"from k = {bad[0]} on that exceeds a tenth of the value: at m = {setup.m:,} {reason}")
    errors = [_rounding(found, k) + gap for k, gap in enumerate(left_out)]
    text = f"estimate of the terms left out: the last one, and a bound on rare prompts; arithmetic: {found.uncertainty}"
    if field is F64:
        return Values(found.values, np.array([_upward(e) for e in errors]), text, (*notes, *found.notes))
    array = np.empty(len(errors), dtype=object)
    array[:] = errors
    return Values(found.values, array, text, (*notes, *found.notes))


def _magnitude(public: Any) -> Fraction:
    if isinstance(public, float) and not np.isfinite(public):
        return Fraction(10) ** 300
    return abs(as_fraction(public)) + getattr(public, "rad", 0)


def _rounding(found: Values, k: int) -> Fraction:
    return Fraction(0) if found.errors is None else as_fraction(found.errors[k])


def _upward(error: Fraction) -> float:
    return float(np.nextafter(float(min(error, Fraction(10) ** 300)), np.inf)) if error else 0.0


def require_affordable_series(
    setup: Setup, problem: Whitened | None, steps: int, order: int, field: Field, limit: float
) -> None:
    """Raise OutsideRegime if the series would take longer than ``limit`` seconds or too much memory, as measured."""
    n, width = 2 * steps, setup.d**2
    product = width
    if problem is not None:
        width = product = problem.C.size if problem.is_vector else setup.d**2
    else:
        product = setup.d**3
    remedy = 'use fewer steps, a lower order, or rung="proportional"'
    if order <= 1 and problem is not None:
        operations, memory, calls = 10.0 * steps * problem.C.size**2, 6.0 * problem.C.size**2, 20.0 * steps
    else:
        half = order // 2
        sets, squares = _number_of_sets(n, half if order >= 3 else 0)
        factor = float(2**order)
        operations = factor * squares * (n * width / 2 + product)
        calls, memory = factor * sets * n * 2, 12.0 * n * n * width
    number_size = 8.0
    seconds = operations * _FLOAT_OPERATION
    if field is not F64:
        number_size = 100.0
        unit = _BALL_OPERATION if is_ball(field) else _MP_OPERATION
        if field is EXACT:
            bits = 2.0 * steps * denominator_bits(setup)
            unit, number_size = _EXACT_OPERATION + _EXACT_BIT * bits, 100 + bits / 4
        seconds = operations * unit
    seconds += calls * _CALL
    if memory * number_size > _MEMORY_LIMIT:
        size = memory * number_size / 2**30
        raise OutsideRegime(f"steps = {steps}: order {order} of the series needs about {size:.0f} GiB; {remedy}")
    if seconds > limit:
        raise OutsideRegime(
            f"steps = {steps}: order {order} of the series takes about {seconds / 60:.0f} minutes in {field.name} "
            f"at d = {setup.d}; {remedy}"
        )


def _number_of_sets(n: int, parts: int) -> tuple[float, float]:
    """The number of sets of ``parts`` traces with sum <= n, and Σ (n − sum + 1)² over them."""
    if parts == 0:
        return 1.0, float((n + 1) ** 2)
    if parts == 1:
        return float(n), n**3 / 3.0
    if n > 200 or parts > 6:  # C(n, parts)/parts! and its integral, from below
        from math import factorial

        return n**parts / factorial(parts) ** 2, 2.0 * n ** (parts + 2) / (factorial(parts) * factorial(parts + 2))
    counts = partition_counts(n)
    exactly = [counts[s][parts] - counts[s][parts - 1] for s in range(n + 1)]
    return float(sum(exactly)), float(sum(c * (n - s + 1) ** 2 for s, c in enumerate(exactly)))
