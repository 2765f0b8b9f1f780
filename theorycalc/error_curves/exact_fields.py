"""The exact rung in EXACT, BALL and MP, and what it costs there."""

from math import lcm
from typing import Any

import numpy as np

from theorycalc.error_curves.whitening import Whitened, distinct_directions, whitened_setup
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, Array, Field, as_fraction, is_ball, is_multiprecision
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.moments.centred import ChainMoments, chain_moments, diagonal_space
from theorycalc.moments.plan import widest_layer
from theorycalc.moments.wishart import WishartChains
from theorycalc.results import Metric

_SECONDS_LIMIT = 900.0
#: Above this number of steps no field can afford the states of the recursion.
MOST_STEPS = 60
# measured seconds per scalar operation: a constant, and a part per bit of a rational
_BALL_OPERATION, _MP_OPERATION, _EXACT_OPERATION, _EXACT_BIT = 4e-7, 3e-6, 1e-6, 2.7e-9


def field_values(setup: Setup, steps: int, metric: Metric, field: Field) -> Array:
    """Values in EXACT, BALL or MP, inside the field's working context."""
    require_affordable(setup, steps, field, _SECONDS_LIMIT)
    problem = whitened_setup(setup, metric, field)
    if problem is None:
        return _matrix_values(setup, steps, metric, field)
    epsilon = field.number(1) / field.number(setup.m)
    space = diagonal_space(problem.C, problem.Q, problem.multiplicity, field)
    moments = chain_moments(space, steps, epsilon, setup.d)
    return chain_curve(moments, problem, setup, epsilon, field)


def chain_curve(moments: ChainMoments, problem: Whitened, setup: Setup, epsilon: Any, field: Field) -> Array:
    """tr[P̃ M_{k,k}] plus the label noise (σ²/m) Σ_{j<k} tr[P̃ (E Rʲ − E R^{j+k})]."""
    weight = problem.P * field.array(problem.multiplicity) if problem.is_vector else problem.P.T.reshape(-1)
    values = moments.sandwich @ weight
    if setup.noise_var:
        powers = moments.power @ weight
        variance = field.number(setup.noise_var) * epsilon
        for k in range(1, len(values)):
            values[k] = values[k] + variance * (powers[:k] - powers[k : 2 * k]).sum()
    return np.asarray(values)


def _matrix_values(setup: Setup, steps: int, metric: Metric, field: Field) -> Array:
    A, Sigma = gamma_pair(setup, field)[1], setup.Sigma.dense(field)
    one = field.array(np.eye(setup.d, dtype=int))
    A = one * A if A.ndim == 1 else A
    Q = setup.prior_second_moment(field)
    Q = one * Q if Q.ndim == 1 else Q
    P = Sigma if metric is Metric.PREDICTION else one
    epsilon = field.number(1) / field.number(setup.m)
    chains = WishartChains(A, Sigma, Q, epsilon, field)
    values = [chains.error(P, k) for k in range(steps + 1)]
    if setup.noise_var:
        variance = field.number(setup.noise_var) * epsilon
        powers = [(P @ chains.mean_power(r) * A.T).sum() for r in range(2 * steps)]  # tr(P E[Rʳ] A)
        for k in range(1, steps + 1):
            for j in range(k):
                values[k] = values[k] + variance * (powers[j] - powers[j + k])
    return np.array(values, dtype=object)


def require_affordable(setup: Setup, steps: int, field: Field, limit: float) -> None:
    """Raise OutsideRegime if the run would take longer than ``limit`` seconds, by a measured rule of thumb."""
    if steps > MOST_STEPS:
        raise OutsideRegime(
            f'steps = {steps}: the exact rung stops at {MOST_STEPS} steps; use fewer, or rung="proportional"'
        )
    if setup.is_diagonal:
        width: float = len(distinct_directions(setup))
    else:
        width = setup.d**2 * (1 + setup.d / 10)  # d² entries per term, one product per state
    operations = 60.0 * widest_layer(steps) * width
    if is_ball(field):
        seconds = operations * _BALL_OPERATION
    elif is_multiprecision(field):
        seconds = operations * _MP_OPERATION
    else:
        seconds = operations * (_EXACT_OPERATION + _EXACT_BIT * 2 * steps * denominator_bits(setup))
    if seconds > limit:
        raise OutsideRegime(
            f"steps = {steps}: about {seconds / 60:.0f} minutes of {field.name} arithmetic at d = {setup.d}, over the "
            f"limit of {limit / 60:.0f}; use fewer steps, field=BALL(bits), or field=F64"
        )


def denominator_bits(setup: Setup) -> int:
    """Bits of a common denominator of Γ⁻¹Σ: what a rational state grows by per degree."""
    if not setup.is_diagonal:
        size = 1 + max(as_fraction(x).denominator.bit_length() for x in setup.Lambda.entries.reshape(-1))
        return setup.d * size
    A = gamma_pair(setup, EXACT)[1]
    ratios = {as_fraction(x) for x in A * setup.Sigma.array(EXACT)}
    total = 1
    for ratio in ratios:
        total = lcm(total, ratio.denominator)
        if total.bit_length() > 10**6:
            break
    return total.bit_length()
