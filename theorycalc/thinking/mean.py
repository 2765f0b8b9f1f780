"""How long to think on short prompts: the best step of the mean over prompts, and of a typical large prompt.

The mean diverges as k → ∞ for every finite m, because prompts with λ_max(Γ^{-1/2}SΓ^{-1/2}) > 2 occur with positive
probability and their error grows without bound.  It need not be convex, but G_k = E tr (I − N)^{2k}Q̃ is, prompt by
prompt, and E_k ≥ p G_k where P ⪰ pΓ.  So once G_k rises and p G_k exceeds the smallest error met, no later step is
better.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.error_curves.exact_fields import chain_curve, require_affordable
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import NotCertified, TheoryError
from theorycalc.fields import BALL, F64, Array, as_fraction
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space
from theorycalc.moments.wishart import WishartChains
from theorycalc.results import ErrorCurve, Frozen, Metric
from theorycalc.rmt.edges import spectral_edges
from theorycalc.rmt.threshold import upper_edge_side
from theorycalc.thinking.directions import exact_second_moment
from theorycalc.thinking.minimum import smallest_weight

_BITS = 128
_SECONDS_LIMIT = 2.0  # predicted time of one enclosure of G
_DOUBT = 1e-11  # distance of a float64 edge from 2 at which its side is decided


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MeanMinimum(Frozen):
    """The smallest mean error over prompts among 0 … ``examined`` steps.

    ``k_star`` is None where the curve's uncertainty does not single a step out.  ``for_all_steps``: proved that no
    later step does better; else only the examined range is known.
    """

    curve: ErrorCurve
    k_star: int | None
    examined: int
    for_all_steps: bool

    def _table(self) -> dict[str, Any]:
        return self.curve._table()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TypicalMinimum(Frozen):
    """What a typical large prompt does: the upper spectral edge λ₊ against 2, and the best step of the limit curve."""

    upper_edge: Any
    overthinks: bool  # λ₊ > 2
    curve: ErrorCurve | None  # rung "proportional"; None where it does not apply
    k_star: int | None  # within the steps examined
    examined: int

    def _table(self) -> dict[str, Any]:
        return super()._table() if self.curve is None else self.curve._table()


def mean_minimum(setup: Setup, steps: int, metric: Metric) -> MeanMinimum | None:
    """Return where the exact mean is smallest within 0 … steps; None for m = ∞ or where it is too expensive."""
    if setup.m is None or steps < 1:
        return None
    try:
        curve = expected_error(setup, steps, rung="exact", metric=str(metric))
    except TheoryError:
        return None
    k_star = _argmin(curve)
    return MeanMinimum(
        curve=curve,
        k_star=k_star,
        examined=steps,
        for_all_steps=k_star is not None and k_star < steps and _never_better(setup, k_star, steps, metric, curve),
    )


def _argmin(curve: ErrorCurve) -> int | None:
    try:
        return curve.argmin()
    except NotCertified:
        return None


def _never_better(setup: Setup, k_star: int, steps: int, metric: Metric, curve: ErrorCurve) -> bool:
    """Whether at some step up to the last G rises and p G exceeds the smallest error: enclosures all the way."""
    if setup.noise_var:
        return False
    field = BALL(_BITS)
    best = min(as_fraction(x) for x in curve.upper)
    try:
        share = _share(setup, metric)
        for k in range(k_star + 1, steps + 1):
            require_affordable(setup, k, field, _SECONDS_LIMIT)
            with field.working():
                before, last = (field.public(x) for x in _weighted_curve(setup, k, metric, field)[-2:])
            if last.lower >= before.upper and share * last.lower > best:
                return True
    except TheoryError:
        return False
    return False


def _weighted_curve(setup: Setup, steps: int, metric: Metric, field: Any) -> Array:
    """Return G_0 … G_k = E tr Γ Rᵏ Q (Rᵏ)ᵀ over the field."""
    problem = whitened_setup(setup, metric, field)
    epsilon = field.number(1) / field.number(setup.m)
    if problem is not None:
        space = diagonal_space(problem.C, problem.Q, problem.multiplicity, field)
        moments = chain_moments(space, steps, epsilon, setup.d)
        ones = field.array(np.ones(len(problem.C), dtype=int))
        return chain_curve(moments, replace(problem, P=ones), setup, epsilon, field)
    Gamma, A = gamma_pair(setup, field)
    one = field.array(np.eye(setup.d, dtype=int))
    Gamma, A = (one * x if x.ndim == 1 else x for x in (Gamma, A))
    chains = WishartChains(A, setup.Sigma.dense(field), field.array(exact_second_moment(setup)), epsilon, field)
    return np.array([chains.error(Gamma, k) for k in range(steps + 1)], dtype=object)


def _share(setup: Setup, metric: Metric) -> Fraction:
    """Return p > 0 with P ⪰ pΓ, from below."""
    if not setup.is_diagonal:
        return smallest_weight(setup, metric)
    field = BALL(_BITS)
    with field.working():
        A = gamma_pair(setup, field)[1]
        values = A * setup.Sigma.array(field) if metric is Metric.PREDICTION else A
        return min(Fraction(field.public(x).lower) for x in values)


def typical_minimum(setup: Setup, ratios: Array, steps: int, metric: Metric) -> TypicalMinimum | None:
    """Return the upper edge of the limiting spectrum, and where the proportional curve is smallest; None for m = ∞.

    Parameters
    ----------
    ratios : (d,) the eigenvalues σ/γ of Γ⁻¹Σ
    """
    if setup.m is None:
        return None
    spectrum, counts = np.unique([as_fraction(x) for x in ratios], return_counts=True)
    try:
        edge: Any = spectral_edges(spectrum, setup.m, multiplicity=counts, field=F64).upper
    except TheoryError:  # beyond float64, or too wide a spectrum
        return None
    above = bool(edge > 2)
    if abs(edge - 2) <= _DOUBT:
        above = (upper_edge_side(list(spectrum), counts.tolist(), setup.m, bound=Fraction(2)).sign or 0) > 0
    try:
        curve = expected_error(setup, steps, rung="proportional", metric=str(metric)) if steps else None
    except TheoryError:
        curve = None
    return TypicalMinimum(
        upper_edge=edge,
        overthinks=above,
        curve=curve,
        k_star=None if curve is None else _argmin(curve),
        examined=steps,
    )
