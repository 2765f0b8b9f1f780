"""The test error while the layer is still being trained: any A, such as A_t = −c V_t, in place of Γ⁻¹.

A diagonal problem needs no whitening: E_k is a polynomial in the entries of A, and the recursions of theory section 5
run on C = AΣ, P̃ = AP, Q̃ = A⁻¹Q, so they hold for negative entries too; only an entry 0 has no A⁻¹.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theorycalc.error_curves.enclosing import Values, certified_digits, certified_float64
from theorycalc.error_curves.exact import JITTER, float64_values, jittered, rounding_estimate
from theorycalc.error_curves.exact_fields import MOST_STEPS, chain_curve, require_affordable
from theorycalc.error_curves.population import UNIT, vector_values
from theorycalc.error_curves.whitening import Whitened, congruent
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array, Field, is_ball, is_multiprecision
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space
from theorycalc.moments.plan import widest_layer
from theorycalc.moments.wishart import WishartChains
from theorycalc.results import Metric, Rung
from theorycalc.rmt.recursion import limit_chains

_SECONDS_LIMIT, _FALLBACK_SECONDS = 300.0, 60.0
_DENSE_OPERATION = 2e-6  # measured seconds per product of two numbers in a dense recursion over MP or BALL
_JITTERS = 4
_MOST_BALL_OPERATIONS = 2e6  # of a population curve that float64 could not do


@dataclass(frozen=True, kw_only=True)
class Diagonal:
    """A problem whose A, Σ and P are diagonal in one basis: (d,) arrays of scalars of a field."""

    A: Array
    error: Any  # (d,) float64 rounding of A, absolute; None over other fields
    Sigma: Array
    Q: Array  # the diagonal of Ω + w₀w₀ᵀ
    groups: list[list[int]]  # directions that are the same in every respect
    basis_error: Any = 0.0  # relative float64 error of Σ, in units of 2⁻⁵³, that a change of basis made


@dataclass(frozen=True, kw_only=True)
class Dense:
    """A problem with a full A, (d, d)."""

    A: Array
    error: Any  # Frobenius norm of the float64 rounding of A; None over other fields
    symmetric: bool


Problem = Diagonal | Dense
Pose = Callable[[Field], Problem]  # the problem over a field, inside its working context


def trained_values(setup: Setup, steps: int, *, rung: Rung, metric: Metric, field: Field, pose: Pose) -> Values:
    """Return E_0 … E_k with A in place of Γ⁻¹ on the rungs population, exact (finite m) and proportional.

    Raises
    ------
    OutsideRegime
        where the rung does not hold for this A or cannot be computed; the message says why.

    Cost: as the rungs of :func:`theorycalc.expected_error`.  Claims: ERR-02, GAM-08.
    """
    if setup.m is None:
        rung = Rung.POPULATION
    solve = {Rung.POPULATION: _population, Rung.EXACT: _exact, Rung.PROPORTIONAL: _proportional}[rung]

    def compute(other: Field) -> Array:
        return solve(setup, steps, metric, other, pose(other))[0]

    if is_multiprecision(field):
        return certified_digits(field, steps, compute)
    with field.working(), np.errstate(all="ignore"):
        problem = pose(field)
        if field is not F64:
            kind = f"rigorous enclosures ({field.name})" if is_ball(field) else "exact rational numbers"
            return Values(solve(setup, steps, metric, field, problem)[0], None, kind)
        if rung is Rung.EXACT and _has_inverse(problem):
            return float64_values(setup, steps, _whitened(setup, metric, F64, problem), _limited(setup, steps, compute))
        if rung is Rung.EXACT:  # a singular or indefinite A has no whitening in float64
            values, relative = np.full(steps + 1, np.nan), np.full(steps + 1, np.inf)
            if not np.any(problem.A):
                return _idle(setup, steps, metric, problem)
        else:
            values, relative = solve(setup, steps, metric, F64, problem)
    text = "bounded float64 rounding, relative {worst} at most"
    if rung is Rung.PROPORTIONAL:
        text = "estimated float64 rounding, relative {worst} at most (response to random rounding)"
    found = certified_float64(values, relative, text, _limited(setup, steps, compute, rung))
    return replace(found, notes=()) if rung is Rung.EXACT else found


def _limited(
    setup: Setup, steps: int, compute: Callable[[Field], Array], rung: Rung = Rung.EXACT
) -> Callable[[Field], Array]:
    def limited(field: Field) -> Array:
        if rung is Rung.EXACT:
            require_affordable(setup, steps, field, _FALLBACK_SECONDS)
        elif float(setup.d if setup.is_diagonal else setup.d**3) * steps > _MOST_BALL_OPERATIONS:
            raise OutsideRegime(f"steps = {steps}: too long for balls at d = {setup.d}")
        return compute(field)

    return limited


def _idle(setup: Setup, steps: int, metric: Metric, problem: Problem) -> Values:
    """A = 0: the layer does not move, and every E_k is tr(PQ)."""
    if isinstance(problem, Diagonal):
        Q, P = problem.Q, problem.Sigma if metric is Metric.PREDICTION else np.ones(setup.d)
        value, size = float(np.sum(P * Q)), float(np.sum(np.abs(P * Q)))
    else:
        Q, P = _dense_prior(setup, F64), _dense_weight(setup, metric, F64)
        value, size = float(np.vdot(P, Q)), float(np.vdot(np.abs(P), np.abs(Q)))
    error = (setup.d + 20) * UNIT * size
    return Values(np.full(steps + 1, value), np.full(steps + 1, error), "bounded float64 rounding")


# ------------------------------------------------------------------------------------------------ population


def _population(setup: Setup, steps: int, metric: Metric, field: Field, problem: Problem) -> tuple[Array, Array]:
    if isinstance(problem, Dense):
        return _dense_population(setup, steps, metric, field, problem)
    d = problem.A.size
    one = field.array(np.ones(d, dtype=int))
    C, P = problem.A * problem.Sigma, problem.Sigma if metric is Metric.PREDICTION else one
    ones = np.ones(d, dtype=int)
    bare = Whitened(d=d, C=C, P=P, Q=problem.Q, multiplicity=ones, input_error=_input_error(problem, field))
    values, errors = vector_values(bare, steps, field)
    if errors is None:
        return values, np.zeros(steps + 1)
    return values, np.where(values != 0, errors / np.abs(values), np.where(errors > 0, np.inf, 0.0))


def _input_error(problem: Diagonal, field: Field) -> Array:
    """Relative rounding of AΣ in units of 2⁻⁵³."""
    if field is not F64:
        return np.zeros(problem.A.size)
    size = np.abs(problem.A)
    relative = np.where(size > 0, problem.error / np.where(size > 0, size, 1), 0) / UNIT
    return np.asarray(relative + problem.basis_error + 2)


def _dense_population(setup: Setup, steps: int, metric: Metric, field: Field, problem: Dense) -> tuple[Array, Array]:
    A, Sigma, one = problem.A, setup.Sigma.dense(field), field.array(np.eye(setup.d, dtype=int))
    P, state = _dense_weight(setup, metric, field), _dense_prior(setup, field)
    R, values = one - A @ Sigma, []
    start = state
    for _ in range(steps + 1):
        values.append((P * state).sum())
        state = R @ state @ R.T
    if field is not F64:
        return np.array(values, dtype=object), np.zeros(steps + 1)
    # ‖δR‖ from the rounding of A, of Σ and of the product; 2k factors, and a few roundings of each product
    sigma = float(np.linalg.norm(Sigma, 2))
    shift = problem.error * sigma + (setup.d + 4) * UNIT * (1 + float(np.linalg.norm(A)) * sigma)
    norm, k = float(np.linalg.norm(R, 2)) + shift, np.arange(steps + 1)
    size = float(np.linalg.norm(P) * np.linalg.norm(start))
    per_step = 2 * shift + 4 * setup.d**1.5 * UNIT * norm
    errors = size * (k * per_step * norm ** np.maximum(2 * k - 1, 0) + (setup.d + 4) * UNIT * norm ** (2 * k))
    found = np.array(values)
    return found, np.where(found != 0, errors / np.abs(found), np.where(errors > 0, np.inf, 0.0))


def _dense_prior(setup: Setup, field: Field) -> Array:
    Q = setup.prior_second_moment(field)
    return np.asarray(field.array(np.eye(setup.d, dtype=int)) * Q) if Q.ndim == 1 else Q


def _dense_weight(setup: Setup, metric: Metric, field: Field) -> Array:
    return setup.Sigma.dense(field) if metric is Metric.PREDICTION else field.array(np.eye(setup.d, dtype=int))


# ------------------------------------------------------------------------------------------------ finite m


def _has_inverse(problem: Problem) -> bool:
    """Whether float64 can whiten by A: no entry 0 of a diagonal one, a positive definite full one."""
    if isinstance(problem, Diagonal):
        return bool(np.all(problem.A != 0))
    _require_symmetric(problem)
    eigenvalues = np.linalg.eigvalsh(problem.A)
    return bool(eigenvalues[0] > 1e-12 * eigenvalues[-1])


def _require_symmetric(problem: Dense) -> None:
    if not problem.symmetric:
        raise OutsideRegime(
            'this V_0 does not commute with Λ, so A_t is not symmetric: the rung "exact" needs a symmetric one; use '
            'rung="population", or simulate'
        )


def _whitened(setup: Setup, metric: Metric, field: Field, problem: Problem) -> Whitened:
    if isinstance(problem, Dense):
        Gamma, Sigma, Q = np.linalg.inv(problem.A), setup.Sigma.dense(F64), _dense_prior(setup, F64)
        scales = [2.0 ** float(np.frexp(np.max(np.abs(matrix)))[1]) for matrix in (Gamma, Sigma)]
        Gamma = (Gamma + Gamma.T) / 2 / scales[0]
        return congruent(Gamma, Sigma / scales[1], Q, metric, gamma_scale=scales[0], sigma_scale=scales[1])
    first = [members[0] for members in problem.groups]
    A, Sigma, Q = problem.A[first], problem.Sigma[first], problem.Q[first]
    return Whitened(
        d=setup.d,
        C=A * Sigma,
        P=A * Sigma if metric is Metric.PREDICTION else A,
        Q=Q / A,
        multiplicity=np.array([len(members) for members in problem.groups]),
        input_error=_input_error(problem, field)[first],
    )


def _exact(setup: Setup, steps: int, metric: Metric, field: Field, problem: Problem) -> tuple[Array, Array]:
    """Over EXACT, BALL and MP; float64 goes through :func:`theorycalc.error_curves.exact.float64_values`."""
    require_affordable(setup, steps, field, _SECONDS_LIMIT)
    if isinstance(problem, Dense) or any(value == 0 for value in problem.A):
        return _chains(setup, steps, metric, field, problem), np.zeros(steps + 1)
    whitened = _whitened(setup, metric, field, problem)
    epsilon = field.number(1) / field.number(setup.m)
    space = diagonal_space(whitened.C, whitened.Q, whitened.multiplicity, field)
    moments = chain_moments(space, steps, epsilon, setup.d)
    return chain_curve(moments, whitened, setup, epsilon, field), np.zeros(steps + 1)


def _chains(setup: Setup, steps: int, metric: Metric, field: Field, problem: Problem) -> Array:
    """The recursion on full matrices, for any symmetric A."""
    one = field.array(np.eye(setup.d, dtype=int))
    if isinstance(problem, Dense):
        _require_symmetric(problem)
        A, Sigma, Q = problem.A, setup.Sigma.dense(field), _dense_prior(setup, field)
    else:
        A, Sigma, Q = one * problem.A, one * problem.Sigma, one * problem.Q
    seconds = _DENSE_OPERATION * 60.0 * widest_layer(min(steps, MOST_STEPS)) * setup.d**3
    if seconds > _SECONDS_LIMIT:
        raise OutsideRegime(
            f"steps = {steps}: A_t is singular or full, and about {seconds / 60:.0f} minutes of {field.name} "
            f"arithmetic at d = {setup.d} are over the limit of {_SECONDS_LIMIT / 60:.0f}; use fewer steps"
        )
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


def _proportional(setup: Setup, steps: int, metric: Metric, field: Field, problem: Problem) -> tuple[Array, Array]:
    if isinstance(problem, Dense):
        raise OutsideRegime('rung "proportional" holds for diagonal or matched problems; use rung="population"')
    if any(value == 0 for value in problem.A):
        if any(value != 0 for value in problem.A):
            raise OutsideRegime('rung "proportional": A_t is 0 in some directions only; ask for other training times')
        return _population(setup, steps, metric, field, problem)  # nothing moves
    whitened = _whitened(setup, metric, field, problem)

    def run(jitter: float = 0.0, seed: int = 0) -> Array:
        moved = jittered(whitened, jitter, np.random.default_rng([seed, 3])) if jitter else whitened
        limit = limit_chains(
            *(moved.C, moved.P, moved.Q, moved.multiplicity),
            field.number(setup.m),
            steps,
            field,
            jitter=jitter,
            seed=seed,
        )
        values = limit.error
        if setup.noise_var:
            variance, power = field.number(setup.noise_var) / field.number(setup.m), limit.power_trace
            for k in range(1, len(values)):
                values[k] = values[k] + variance * (power[:k] - power[k : 2 * k]).sum()
        return np.asarray(values)

    values = run()
    if field is not F64:
        return values, np.zeros(steps + 1)
    shifts = np.array([run(JITTER, seed) - values for seed in range(1, _JITTERS + 1)])
    return values, rounding_estimate(values, np.max(np.abs(shifts), axis=0)) + whitened.lost(values)


__all__ = ["Dense", "Diagonal", "Pose", "Problem", "trained_values"]
