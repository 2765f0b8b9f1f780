"""The tail that no sample shows: how much of the mean belongs to prompts rarer than the sample is long.

A prompt whose N = Γ^{-1/2} S Γ^{-1/2} has top eigenvalue μ > 2 contributes about w (μ − 1)^{2k} at step k, with
w = (xᵀPx)(yᵀQy)/(yᵀx)² from the right and left eigenvectors x, y = Γx of Γ⁻¹S.  Such prompts may be too rare to be
drawn and still carry the mean (theory section 5), and the errors that were drawn then look perfectly tame.  The top
eigenvalue itself is seen in every prompt, and its upper tail decays like a power times an exponential.  So μ is
measured on some prompts, a shifted gamma law with the same mean, variance and skewness is put in place of its
distribution (Chiani 2014 does this for the Tracy–Widom law), and w (μ − 1)^{2k} is integrated beyond the sample.

This is a warning light, not an estimate: no value is ever corrected by it.
"""

import math

import numpy as np

from theorycalc.fields import Array
from theorycalc.montecarlo.problem import Problem
from theorycalc.montecarlo.recursion import ErrorMap

#: Most prompts whose top eigenvalue is measured, seconds that this may take, and power iterations spent on each.
MEASURED_PROMPTS = 2048
MEASURE_SECONDS = 0.25
_ITERATIONS = 24
#: Fewest measured prompts from which a tail is extrapolated.
_FEWEST = 50
#: Skewness below which the gamma law is taken as if it had this one (it tends to the normal law).
_LEAST_SKEWNESS = 0.1
_GRID = 4000


def measured_prompts(problem: Problem) -> int:
    """Return how many prompts to measure: fewer when the problem is large; none for k = 0, where nothing is rare."""
    products = problem.d * problem.d if problem.formed else 2 * problem.d * problem.m
    seconds = _ITERATIONS * (2e-7 + 6 * products / 4e10)
    return min(MEASURED_PROMPTS, int(MEASURE_SECONDS / seconds)) if problem.steps else 0


def top_eigenvalues(R: ErrorMap) -> Array:
    """Return the top eigenvalue μ of Γ⁻¹S and its weight w for every loaded prompt, (b, 2).

    By power iteration and a Rayleigh quotient in the Γ inner product, so μ is a lower bound, close where it matters.
    Where A is not symmetric the inner product is the usual one, and μ and w are rougher.

    Cost: as much as ``_ITERATIONS`` steps of the recursion on one vector.
    """
    problem, b = R.problem, R.prompts
    x = np.random.default_rng(0).standard_normal((b, problem.d, 1))
    for _ in range(_ITERATIONS):
        x = x - R.apply(x)  # Γ⁻¹ S x
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = problem.Gamma @ x if problem.Gamma.ndim == 2 else problem.Gamma[:, np.newaxis] * x
    overlap = np.sum(x * y, axis=(1, 2))
    mu = np.sum(y * (x - R.apply(x)), axis=(1, 2)) / overlap
    start = problem.start
    spread = np.square(start[:, np.newaxis] * y if start.ndim == 1 else start.T @ y).sum(axis=(1, 2))
    return np.column_stack([mu, R.squares(x) * spread / overlap**2])


def unseen_mean(measured: Array, prompts: int, steps: int) -> Array:
    """Return, for k = 0 … steps, the part of E_k expected from prompts rarer than one in ``prompts``.

    Parameters
    ----------
    measured : (b, 2) from :func:`top_eigenvalues`
    prompts : length of the sample
    steps : k

    Returns
    -------
    (steps + 1,) array; zero where too little was measured

    Cost: O(steps) on a grid of fixed size.
    """
    unseen = np.zeros(steps + 1)
    if len(measured) < _FEWEST or not np.all(np.isfinite(measured)):
        return unseen
    mu, w = measured[:, 0], measured[:, 1]
    mean, deviation = float(mu.mean()), float(mu.std())
    if deviation <= 1e-9 * abs(mean):
        return unseen
    skewness = max(_LEAST_SKEWNESS, float(np.mean(((mu - mean) / deviation) ** 3)))
    shape, rate = 4 / skewness**2, 2 / (skewness * deviation)
    origin = mean - shape / rate
    weight = float(np.mean(w[mu >= np.quantile(mu, 0.9)]))
    if weight <= 0:  # a first token that is the task already: no prompt moves it
        return unseen
    # log of the density of g = μ − origin on a grid that reaches past the peak of (μ − 1)^{2k} times it
    far = (shape + 2 * steps + 12 * math.sqrt(shape + 2 * steps) + 40) / rate + max(0.0, 1 - origin)
    g = np.linspace(far / _GRID, far, _GRID)
    log_density = shape * math.log(rate) + (shape - 1) * np.log(g) - rate * g - math.lgamma(shape)
    width = far / _GRID
    beyond = np.cumsum(np.exp(log_density[::-1]))[::-1] * width < 1 / prompts
    growing = beyond & (g + origin > 2)
    if not np.any(growing):
        return unseen
    log_growth = 2 * np.log(g[growing] + origin - 1)
    for k in range(1, steps + 1):
        exponents = log_density[growing] + k * log_growth
        top = float(np.max(exponents))
        total = top + math.log(float(np.exp(exponents - top).sum())) + math.log(width) + math.log(weight)
        unseen[k] = math.exp(min(total, 709.0))
    return unseen
