"""The one entry point: the expected test error on any rung, over any field."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from theorycalc._checks import choice, refuse
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.auto import AUTO, auto_curve
from theorycalc.error_curves.bounds import bound_curve
from theorycalc.error_curves.enclosing import Values, widened
from theorycalc.error_curves.exact import exact_values
from theorycalc.error_curves.expansion import DEFAULT_ORDER, expansion_curve
from theorycalc.error_curves.mixtures import mixture_values, stand_in
from theorycalc.error_curves.population import ignored_m, population_curve
from theorycalc.error_curves.proportional import proportional_curve
from theorycalc.exceptions import NotConverged
from theorycalc.fields import F64, Array, Field, as_fraction, is_ball, require_field
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.model import Setup, as_setup
from theorycalc.results import ErrorCurve, Metric, Rung

RUNGS = ("population", "exact", "proportional", "expansion", "bound")
METRICS = ("estimation", "prediction")
_MAX_STEPS = 20_000
_LIMIT_NOTE = "value of the limit d, m → ∞; its distance from the mean at this d is not bounded here (rung exact is)"


def expected_error(
    setup: Setup,
    steps: int,
    *,
    rung: str = "exact",
    metric: str = "estimation",
    field: Field = F64,
    order: int | None = None,
) -> ErrorCurve:
    """Return E_k(P) = E‖P^{1/2} (w_k − w*)‖² for k = 0 … steps on one rung of the ladder.

    =================  =======================================================================================
    rung               value
    =================  =======================================================================================
    "population"       m → ∞ at fixed d, k: tr[P (I − AΣ)ᵏ Q (I − ΣA)ᵏ], the law behind the paper's asymptotics
    "exact"            the mean over prompts at the setup's d, m, k, by Wishart integration by parts
    "proportional"     the limit d, m → ∞, d/m fixed: a typical prompt at large d
    "expansion"        the 1/m series of "exact" at fixed d to power ``order``, at any k; needs m well above k²
    "bound"            Theorem 3.3 and Corollary 3.5 with the regime of each value in ``.regimes``
    "auto"             the first of these (not "bound") that can be trusted here; ``.rung`` and ``.notes`` say which
    =================  =======================================================================================

    Parameters
    ----------
    setup : the problem; d is ``setup.d``, m = ∞ makes "exact" and "proportional" equal "population".  Tasks may be one,
        or a mixture of any sampling model: then A* of :func:`theorycalc.optimal_map` takes the place of A = Γ⁻¹
    steps : largest number of CoT steps k >= 0
    metric : "estimation" (P = I, the paper's) or "prediction" (P = Σ, squared error on a fresh query)
    field : F64 (default), MP(dps), BALL(bits) or EXACT
    order : highest power of 1/m, 0 to 99, for rung "expansion" only; default 2.  From 2k − 1 on it is "exact"

    Returns
    -------
    ErrorCurve
        ``.values`` (steps + 1,) with ``.lower`` and ``.upper``.  "exact" in F64 estimates its own rounding error
        and recomputes in balls, saying so in ``.notes``, where float64 would lose more than 1e−9 relative.
        The limits of "expansion" are an estimate of what the series leaves out, and ``.notes`` names the steps from
        which on it is no guide.

    Raises
    ------
    InvalidSetup
        for an unknown rung or metric, an invalid number of steps or order, or an order with another rung.
    OutsideRegime
        when the rung does not hold for the setup, or is too large to compute; the message names the remedy.
    NotConverged
        when numbers leave the float64 range.

    Cost: population O(k d); exact grows like exp(c√k) in k, linearly in d (d² if Λ, Σ do not commute) and not with
    m; proportional O(k³ d) for short chains, O(k) for long ones in F64; expansion O(k d²) to order 1, O(k³ d) at order
    2, O(k⁴ d) at order 3.
    Claims: ERR-01, ERR-02, ERR-04, ERR-05, BND-06, RMT-01, RMT-10.
    Source: theory sections 4 to 7 and 12; arXiv:2510.03605.

    Examples
    --------
    d = 1, Λ = 1, n = m = 1: A = 1/3, S is chi-square with one degree of freedom, E_1 = 1 − 2/3 + 3/9,
    E_2 = 1 − 4/3 + 2 − 20/9 + 35/27 (moments 1, 3, 15, 105).

    >>> from theorycalc.fields import EXACT
    >>> print(*expected_error(Setup([1], n=1, m=1), 2, field=EXACT).values)
    1 2/3 20/27
    """
    as_setup(setup)
    count = checked_steps(steps)
    if count > _MAX_STEPS:
        remedy = "use fewer, or typical_error (--at) for selected steps of the proportional limit"
        raise refuse("steps", count, f"longer than the longest curve, {_MAX_STEPS:,} steps", remedy)
    chosen = choice("rung", rung, (*RUNGS, AUTO))
    measure = Metric(choice("metric", metric, METRICS))
    number_field = require_field(field)
    if chosen == AUTO:
        return _auto(setup, count, measure, number_field, order)
    kind = Rung(chosen)
    if kind is not Rung.EXPANSION and order is not None:
        raise refuse("order", order, f'rung "{kind}" has no order', 'leave it out, or use rung="expansion"')
    if is_mixed(setup) and kind is not Rung.BOUND:
        return _mixture(setup, count, kind, measure, number_field, order)
    if kind is Rung.EXPANSION:
        return _expansion(setup, count, measure, number_field, DEFAULT_ORDER if order is None else order)
    return _CURVES[kind](setup, count, measure, number_field)


def _auto(setup: Setup, steps: int, metric: Metric, field: Field, order: int | None) -> ErrorCurve:
    if order is not None:
        raise refuse("order", order, 'rung "auto" chooses its own', 'leave it out, or use rung="expansion"')

    task = stand_in(setup, field) if is_mixed(setup) else None
    if task is not None:
        return replace(_auto(task, steps, metric, field, None), setup=setup)

    def compute(rung: str, count: int, chosen_order: int | None) -> ErrorCurve:
        return expected_error(setup, count, rung=rung, metric=str(metric), field=field, order=chosen_order)

    return auto_curve(setup, steps, metric, field, compute)


def _mixture(setup: Setup, steps: int, rung: Rung, metric: Metric, field: Field, order: int | None) -> ErrorCurve:
    """Tasks drawn per prompt or per example."""
    task = stand_in(setup, field)
    if task is None:
        found = mixture_values(setup, steps, rung, metric, field)
        notes: tuple[str, ...] = ()
        if setup.m is not None and rung is Rung.POPULATION:
            notes = (f"m = {setup.m:,} is ignored: this is the limit m → ∞ at fixed d and k",)
        elif setup.m is not None and rung is Rung.PROPORTIONAL:
            notes = (_LIMIT_NOTE,)
        return _finished(setup, rung, metric, field, found, notes)
    curve = expected_error(task, steps, rung=str(rung), metric=str(metric), field=field, order=order)
    return replace(curve, setup=setup)


def _population(setup: Setup, steps: int, metric: Metric, field: Field) -> ErrorCurve:
    found = population_curve(setup, steps, metric, field)
    return _finished(setup, Rung.POPULATION, metric, field, found, ignored_m(setup, Rung.POPULATION))


def _exact(setup: Setup, steps: int, metric: Metric, field: Field) -> ErrorCurve:
    return _finished(setup, Rung.EXACT, metric, field, exact_values(setup, steps, metric, field), ())


def _proportional(setup: Setup, steps: int, metric: Metric, field: Field) -> ErrorCurve:
    found = proportional_curve(setup, steps, metric, field)
    return _finished(setup, Rung.PROPORTIONAL, metric, field, found, () if setup.m is None else (_LIMIT_NOTE,))


def _expansion(setup: Setup, steps: int, metric: Metric, field: Field, order: int) -> ErrorCurve:
    return _finished(setup, Rung.EXPANSION, metric, field, expansion_curve(setup, steps, metric, field, order), ())


def _bound(setup: Setup, steps: int, metric: Metric, field: Field) -> ErrorCurve:
    found, regimes = bound_curve(setup, steps, metric, field)
    note = "an upper bound where ``regimes`` says theorem; lower and upper enclose the bound, not the error"
    return _finished(setup, Rung.BOUND, metric, field, found, (note,), regimes=regimes)


_CURVES: dict[Rung, Callable[[Setup, int, Metric, Field], ErrorCurve]] = {
    Rung.POPULATION: _population,
    Rung.EXACT: _exact,
    Rung.PROPORTIONAL: _proportional,
    Rung.BOUND: _bound,
}


def _finished(
    setup: Setup,
    rung: Rung,
    metric: Metric,
    field: Field,
    found: Values,
    notes: tuple[str, ...],
    *,
    regimes: tuple[str, ...] = (),
) -> ErrorCurve:
    if field is F64:
        public = np.asarray(found.values, dtype=float)
        errors = np.zeros(public.shape) if found.errors is None else np.asarray(found.errors, dtype=float)
        lower, upper = widened(public, errors)
        lower = np.minimum(lower, public)  # a truncated series may be negative
        if not (np.all(np.isfinite(public)) and np.all(np.isfinite(upper))):
            step = int(np.argmin(np.isfinite(public) & np.isfinite(upper)))
            raise NotConverged(f"E_{step} on rung {rung} exceeds the float64 range; use fewer steps or field=MP(dps)")
    else:
        public = _objects([field.public(value) for value in found.values])
        lower, upper = _limits(public, found.errors, field)
    for array in (public, lower, upper):
        array.setflags(write=False)
    return ErrorCurve(
        setup=setup,
        rung=rung,
        metric=metric,
        values=public,
        lower=lower,
        upper=upper,
        field_name=field.name,
        uncertainty=found.uncertainty,
        notes=(*notes, *found.notes),
        regimes=regimes,
    )


def _limits(public: Array, errors: Array | None, field: Field) -> tuple[Array, Array]:
    if is_ball(field):
        slack = [0] * len(public) if errors is None else [as_fraction(error) for error in errors]
        pairs = list(zip(public, slack, strict=True))
        return _objects([ball.lower - gap for ball, gap in pairs]), _objects([ball.upper + gap for ball, gap in pairs])
    if errors is None:
        return public.copy(), public.copy()
    pairs = list(zip(public, errors, strict=True))
    lower = [field.public(as_fraction(value) - as_fraction(error)) for value, error in pairs]
    return _objects(lower), _objects([field.public(as_fraction(v) + as_fraction(e)) for v, e in pairs])


def _objects(items: list[Any]) -> Array:
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result
