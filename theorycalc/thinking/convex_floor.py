"""A lower bound of the error that is convex in the number of steps: once it rises, no more steps can help (section 8).

E_k >= w T_k with T_k = E tr H^{2k}, H = I − Γ^{-1/2} S Γ^{-1/2}, and T_k is convex in k (curves of even powers are).
For commuting Λ, Σ: E_k = E Σ_ij P̃_i Q̃_j (H^k)_ij², and (P̃_i Q̃_j + P̃_j Q̃_i)/2 >= √(w_i w_j) >= w = min_i w_i with
w_i = P̃_i Q̃_i = P_ii Q_ii.  For P = Q = I without commutation w = 1 (BND-06), else w = λ_min(P̃) λ_min(Q̃).
"""

from dataclasses import dataclass

import numpy as np

from theorycalc.error_curves.exact import JITTER, jittered, rounding_estimate
from theorycalc.error_curves.whitening import Whitened
from theorycalc.fields import F64, Array
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space
from theorycalc.results import Metric, Rung
from theorycalc.rmt.recursion import limit_chains
from theorycalc.thinking.family import family_of

_SAMPLES = 2


@dataclass(frozen=True)
class ConvexFloor:
    """w T_k for k = 0 … steps in float64, with bounds from below and above that hold its rounding (estimated)."""

    lower: Array  # (steps + 1,)
    upper: Array  # (steps + 1,)
    rank_gap: float  # w (d − m): directions that a prompt of m < d examples does not see, at every k

    def excludes(self, error: float) -> bool:
        """Whether no number of steps >= the last one can reach ``error``."""
        rising = self.lower.size > 1 and self.lower[-1] >= self.upper[-2]
        return bool((rising and self.lower[-1] > error) or self.rank_gap > error)


def convex_floor(setup: Setup, metric: Metric, rung: Rung, steps: int) -> ConvexFloor:
    """Return w T_k for k = 0 … steps on rung exact, proportional or population."""
    family = family_of(setup, metric)
    problem = family.problem(1.0 / setup.n)
    if family.commuting:
        share = float(np.min(family.P * family.Q))
    elif setup.standard_prior and metric is Metric.ESTIMATION:
        share = 1.0
    else:
        share = float(np.linalg.eigvalsh(problem.P)[0] * np.linalg.eigvalsh(problem.Q)[0]) * (1 - 1e-9)
    share = max(share, 0.0)
    with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
        traces, relative = _traces(problem, setup, rung, steps)
    gap = setup.d - setup.m if setup.m is not None and rung is not Rung.POPULATION else 0
    safe = np.isfinite(traces) & np.isfinite(relative)
    lower = np.where(safe, share * traces * (1 - relative), 0.0)
    upper = np.where(safe, share * traces * (1 + relative), np.inf)
    return ConvexFloor(lower=lower, upper=upper, rank_gap=share * max(gap, 0) * (1 - 1e-12))


def _traces(problem: Whitened, setup: Setup, rung: Rung, steps: int) -> tuple[Array, Array]:
    def run(at: Whitened, jitter: float = 0.0, seed: int = 0) -> Array:
        one, multiplicity = np.ones(at.C.size), at.multiplicity
        if rung is Rung.POPULATION or setup.m is None:
            return np.array([float(multiplicity @ (1 - at.C) ** (2 * k)) for k in range(steps + 1)])
        if rung is Rung.PROPORTIONAL:
            m = float(setup.m)
            return limit_chains(at.C, one, one, multiplicity, m, steps, F64, jitter=jitter, seed=seed).power_trace[::2]
        space = diagonal_space(at.C, one, multiplicity, F64)
        moments = chain_moments(space, steps, 1.0 / setup.m, setup.d, jitter=jitter, seed=seed)
        return np.asarray(moments.power[::2] @ multiplicity)

    values = run(problem)
    shifts = []
    for seed in range(1, 1 + _SAMPLES):
        moved = _moved(problem, np.random.default_rng([seed, 5]))
        shifts.append(np.abs(run(moved, JITTER, seed) - values))
    return values, rounding_estimate(values, np.max(np.array(shifts), axis=0))


def _moved(problem: Whitened, rng: np.random.Generator) -> Whitened:
    """Jitter C alone: P̃ and Q̃ play no part, and may be matrices."""
    one = np.ones(problem.C.size)
    bare = Whitened(
        d=problem.d,
        C=problem.C,
        P=one,
        Q=one,
        multiplicity=problem.multiplicity,
        input_error=problem.input_error,
    )
    return jittered(bare, JITTER, rng)
