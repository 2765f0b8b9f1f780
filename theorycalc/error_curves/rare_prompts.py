"""What prompts with λ_max(N) > 2, N = Γ^{-1/2} S Γ^{-1/2}, can add to the mean: no truncated series in 1/m sees it."""

import math

import numpy as np

from theorycalc.error_curves.whitening import Whitened
from theorycalc.fields import Array
from theorycalc.model import Setup

_POINTS, _WIDTHS = 2_001, 30.0
_LARGEST = 1e300


def rare_prompts_bound(setup: Setup, problem: Whitened, steps: int, *, only_last: bool = False) -> Array:
    """Return for k = 0 … steps an upper bound of E [tr(P̃RᵏQ̃Rᵏ) + label noise; λ_max(N) > 2], capped at 1e300.

    Where λ = λ_max(N) > 2 the error of a prompt is at most p_max (tr Q̃ + 2k²σ²d/m)(λ − 1)^{2k}.  By the inequalities
    of Chevet and of Gaussian concentration P(√λ ≥ s₀ + √c_max t) ≤ e^{−mt²/2}, s₀ = √c_max + √(tr C/m); integrating
    by parts, E[(λ − 1)^{2k}; λ > 2] ≤ P(2) + ∫₂^∞ 2k(x − 1)^{2k−1} P(x) dx, the integral by quadrature.
    ``only_last`` leaves all but the last one 0.

    Source: Gordon 1985; Boucheron, Lugosi, Massart, Concentration inequalities, theorem 5.6.
    """
    m = setup.m
    assert m is not None
    C, weight = np.abs(problem.C), problem.multiplicity
    top = max(float(np.max(C)), 1 / _LARGEST)  # the bound rises in c_max, and C may underflow
    center = math.sqrt(top) + math.sqrt(float(C @ weight) / m)
    if problem.is_vector:
        largest, total = float(np.max(np.abs(problem.P))), float(np.abs(problem.Q) @ weight)
    else:
        largest, total = float(np.linalg.norm(problem.P, 2)), float(np.trace(problem.Q))
    bounds = np.zeros(steps + 1)
    for k in [steps] if only_last else range(steps + 1):
        scale = largest * (total + 2 * k * k * float(setup.noise_var) * setup.d / m)
        size = math.log(scale) + _log_moment(k, m / (2 * top), center) if scale > 0 else -math.inf
        bounds[k] = min(math.exp(min(size, 700.0)), _LARGEST)
    return bounds


def _log_moment(k: int, rate: float, center: float) -> float:
    """Log of P(2) + ∫ 2k (x − 1)^{2k−1} P(x) dx, P(x) = exp(−rate (√x − center)²) beyond center², else 1; x = u²."""
    two = math.sqrt(2.0)
    head = -rate * max(two - center, 0.0) ** 2
    if k == 0:
        return head
    low = max(two, center)
    if center > two:  # every prompt may be there: the integral up to center² is exact
        head = 2 * k * math.log(center * center - 1)
    # the integrand is log-concave beyond its peak, where 2(2k − 1)u/(u² − 1) + 1/u = 2 rate (u − center)
    width = 1 / math.sqrt(2 * rate)
    peak = low
    for _ in range(200):
        peak = max(low, center + (2 * (2 * k - 1) * peak / (peak * peak - 1) + 1 / peak) / (2 * rate))
    u = np.linspace(low, max(peak, low) + _WIDTHS * width, _POINTS)
    values = math.log(4 * k) + (2 * k - 1) * np.log(u * u - 1) + np.log(u) - rate * (u - center) ** 2
    largest = float(np.max(values))
    tail = largest + math.log(float(np.trapezoid(np.exp(values - largest), u)) + 1e-300)
    return float(np.logaddexp(head, tail))
