"""The curve E_0 … E_k of a rung at any real training length, and a bound of it at complex lengths.

E_k is a polynomial in the eigenvalues s_i of Γ⁻¹ and in 1/m.  Its words E tr[P (AS)^i Q (SA)^j], apart from the sign
(−1)^{i+j}, have nonnegative coefficients by Wick's theorem when all matrices are diagonal.  So at complex s its modulus
is at most the same polynomial with I + N in place of I − N, at |s|.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.error_curves.exact import JITTER, jittered, rounding_estimate
from theorycalc.error_curves.whitening import Whitened
from theorycalc.fields import F64, Array, Field
from theorycalc.moments.centred import chain_moments, diagonal_space, full_space
from theorycalc.results import Rung
from theorycalc.rmt.recursion import limit_chains
from theorycalc.thinking.family import Family, family_of

_SLACK = 2.0  # on bounds of the modulus, for their rounding
_SAMPLES = 2  # runs with random rounding


@dataclass(frozen=True)
class RungAtLength:
    """E_0 … E_steps of rung population, exact or proportional as a function of t = 1/n."""

    family: Family
    rung: Rung
    steps: int
    tied: bool = False  # m = n

    def epsilon(self, t: Any) -> Any:
        """1/m at t."""
        field, m = self.family.field, self.family.setup.m
        return t if self.tied else field.number(0) if m is None else field.number(1) / field.number(m)

    def values(self, t: float) -> tuple[Array, Array]:
        """Return float64 values at t, and bounds (balls) or estimates of their errors, (steps + 1,) each."""
        field = self.family.field
        with field.working(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
            at = field.number(t)
            found = self._run(self.family.problem(at), self.epsilon(at), field)
            if field is F64:
                return found, np.zeros(found.shape)
            balls = [field.public(value) for value in found]
        mids = np.array([float(ball.mid) for ball in balls])
        return mids, np.array([np.nextafter(float(ball.rad), np.inf) for ball in balls]) + np.abs(mids) * 2.0**-52

    def rounding(self, t: float) -> Array:
        """Return estimates of the relative float64 errors of :meth:`values` at t: its response to random rounding."""
        if self.family.field is not F64:
            return np.zeros(self.steps + 1)
        with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
            problem, epsilon = self.family.problem(t), self.epsilon(t)
            values = self._run(problem, epsilon, F64)
            shifts = []
            for seed in range(1, 1 + _SAMPLES):
                moved = jittered(problem, JITTER, np.random.default_rng([seed, 4]))
                shifts.append(np.abs(self._run(moved, epsilon, F64, JITTER, seed) - values))
            return rounding_estimate(values, np.max(np.array(shifts), axis=0)) + problem.lost(values)

    def modulus(self, largest: Array, smallest: Array, epsilon: float) -> Array:
        """Return bounds of |E_0| … |E_steps| for complex eigenvalues of Γ⁻¹ with smallest <= |s_i| <= largest.

        ``epsilon`` bounds |1/m|.  Without commutation R^k = D^{1/2} (I − ΦN)^k D^{−1/2}, D = |diag s|, Φ a diagonal of
        phases, N = D^{1/2} S D^{1/2}, so |E_k| <= ‖D^{1/2} P D^{1/2}‖ tr(D⁻¹Q) E tr(I + N)^{2k}.
        """
        family = self._rounded
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            if family.commuting:
                values, noise = self._parts(family.at(largest, sign=-1), epsilon, F64)
                return _SLACK * (np.abs(values) + (0.0 if noise is None else np.abs(noise)))
            problem = family.at(largest, sign=-1)
            root = np.sqrt(largest)
            size = float(np.linalg.norm(root[:, None] * family.P * root, 2))
            one = np.ones(family.setup.d)
            powers = self._trace_powers(problem, one, epsilon)
            values = size * float(np.sum(np.diagonal(family.Q) / smallest)) * powers[::2]
            variance = float(family.setup.noise_var) * epsilon
            if variance:
                for k in range(1, self.steps + 1):
                    values[k] += variance * size * family.setup.d * (powers[k : 2 * k] - powers[:k]).sum()
            return _SLACK * values

    @functools.cached_property
    def _rounded(self) -> Family:
        return self.family if self.family.field is F64 else family_of(self.family.setup, self.family.metric)

    def _trace_powers(self, problem: Whitened, one: Array, epsilon: float) -> Array:
        """E tr (I + N)^r for r = 0 … 2·steps."""
        if self.rung is Rung.POPULATION:
            return np.array([float(np.sum((1 - problem.C) ** r)) for r in range(2 * self.steps + 1)])
        space = diagonal_space(problem.C, one, np.ones(one.size, dtype=int), F64)
        return np.asarray(chain_moments(space, self.steps, epsilon, one.size).power @ one)

    def _run(self, problem: Whitened, epsilon: Any, field: Field, jitter: float = 0.0, seed: int = 0) -> Array:
        values, noise = self._parts(problem, epsilon, field, jitter, seed)
        return values if noise is None else values + noise

    def _parts(
        self, problem: Whitened, epsilon: Any, field: Field, jitter: float = 0.0, seed: int = 0
    ) -> tuple[Array, Array | None]:
        """Return E_0 … E_steps without label noise, and what label noise adds (None: nothing)."""
        if self.rung is Rung.POPULATION or (problem.is_vector and epsilon == 0):
            return _long_prompts(problem, self.steps, field), None
        if self.rung is Rung.PROPORTIONAL:
            m = field.number(1) / epsilon
            limit = limit_chains(
                problem.C, problem.P, problem.Q, problem.multiplicity, m, self.steps, field, jitter=jitter, seed=seed
            )
            values, powers = limit.error, limit.power_trace
        else:
            if problem.is_vector:
                space = diagonal_space(problem.C, problem.Q, problem.multiplicity, field)
                weight = problem.P * field.array(problem.multiplicity)
            else:
                space, weight = full_space(problem.C, problem.Q, field), problem.P.T.reshape(-1)
            moments = chain_moments(space, self.steps, epsilon, problem.d, jitter=jitter, seed=seed)
            values, powers = moments.sandwich @ weight, moments.power @ weight
        if not self.family.setup.noise_var:
            return np.asarray(values), None
        variance = field.number(self.family.setup.noise_var) * epsilon
        sums = [(powers[:k] - powers[k : 2 * k]).sum() for k in range(self.steps + 1)]
        return np.asarray(values), variance * np.array(sums)


def _long_prompts(problem: Whitened, steps: int, field: Field) -> Array:
    """tr[P̃ H^k Q̃ H^k] with H = I − C diagonal."""
    h = field.number(1) - problem.C
    if problem.is_vector:
        pairs, squares = problem.P * problem.Q * field.array(problem.multiplicity), h * h
    else:
        pairs, squares = (problem.P * problem.Q.T).reshape(-1), np.multiply.outer(h, h).reshape(-1)
    values = []
    for _ in range(steps + 1):
        values.append(pairs.sum())
        pairs = pairs * squares
    return np.array(values)
