"""Fast path against the attention layer, on prompts of the run itself."""

from dataclasses import dataclass

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence

from theorycalc.exceptions import NotCertified
from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.montecarlo.attention import attention_weights, chain_of_thought
from theorycalc.montecarlo.problem import Problem
from theorycalc.montecarlo.prompts import labels
from theorycalc.montecarlo.recursion import ErrorMap

#: Prompts of the first shard that go through the literal layer in every run.
CHECKED_PROMPTS = 2
#: Allowed gap, in roundings: eps (1 + √m/16) of every step's operands (a sum of m products loses about √m roundings),
#: carried on to step k by the measured growth of R.  The largest gap met was 0.94 of one, in 1,200 problems with
#: d = 1 … 200, m = 1 … 30,000, k <= 200, diverging chains and full covariances included.
ROUNDOFFS = 32.0
#: Multiplications that the check may spend in the literal layer; a longer chain is checked on its first steps.
CHECK_WORK = 4e9
_PROBES = 4  # random vectors that measure the growth ‖Rʲ‖_F


@dataclass(frozen=True, kw_only=True)
class LayerCheck:
    """Outcome: the largest ‖w_k(layer) − w_k(fast)‖ / (‖w_k‖ + ‖w*‖), over how many prompts and steps.

    ``roundoffs`` is the largest gap in units of what rounding explains; ``ROUNDOFFS`` of them are allowed.
    """

    residual: float
    roundoffs: float
    prompts: int
    steps: int


def checked_steps(problem: Problem) -> int:
    """Return how many steps the check can follow within its budget: at least one, if there is one."""
    D, work, k = 2 * problem.d + 2, 0.0, 0
    while k < problem.steps:
        T = problem.m + 1 + k
        work += CHECKED_PROMPTS * (2.0 * D * D * T + 2.0 * min(D * D * T, D * T * T))
        if k > 0 and work > CHECK_WORK:
            break
        k += 1
    return k


def check_layer(setup: Setup, problem: Problem, X: Array, *, seed: int) -> LayerCheck:
    """Send the prompts ``X`` (b, d, m), with tasks and noise of their own, through the layer and the fast path.

    What is compared is made of the very states D_k, N_k (averaged) or e_k (sampled) whose norms are the errors
    reported: with w* = Ω^{1/2} g, w_k = w* + D_k (−g, 1) + N_k-part.

    Raises
    ------
    NotCertified
        when they differ by more than rounding can explain.

    Cost: at most ``CHECK_WORK`` multiplications in the layer, or one step.
    """
    steps, b = checked_steps(problem), X.shape[0]
    generator = Generator(SFC64(SeedSequence(seed, spawn_key=(0, 2))))
    g = generator.standard_normal((b, problem.tasks.shape[-1]))
    w_star = g * problem.tasks if problem.tasks.ndim == 1 else g @ problem.tasks.T
    noise = generator.standard_normal((b, problem.m)) * problem.sigma
    y = labels(X, w_star, noise)
    with np.errstate(over="ignore", invalid="ignore"):
        layer = chain_of_thought(X, y, attention_weights(setup), w_0=problem.w_0, steps=steps)  # (b, k+1, d)
        R = ErrorMap(problem, b)
        R.load(X)
        fast = w_star[:, np.newaxis, :] + _errors(R, g, w_star, noise, steps)
        rounding = _rounding(R, X, y, layer, w_star, generator)  # (b, k+1)
        gap = np.linalg.norm(layer - fast, axis=2)
        size = np.linalg.norm(layer, axis=2) + np.linalg.norm(w_star, axis=1)[:, np.newaxis]
    finite = np.isfinite(gap) & np.isfinite(size) & np.isfinite(rounding)
    finite = np.logical_and.accumulate(finite, axis=1)  # beyond an overflow there is nothing to compare
    relative = np.divide(gap, size, out=np.zeros_like(gap), where=finite & (size > 0))
    units = np.divide(gap, rounding, out=np.zeros_like(gap), where=finite & (rounding > 0))
    worst = np.unravel_index(int(np.argmax(units)), units.shape)
    if units[worst] > ROUNDOFFS:
        raise NotCertified(
            f"the attention layer and the weight recursion differ by {gap[worst]:.3g} at step {int(worst[1])}, "
            f"where rounding explains {ROUNDOFFS * rounding[worst]:.3g}: the simulation is wrong"
        )
    return LayerCheck(residual=float(np.max(relative)), roundoffs=float(units[worst]), prompts=b, steps=steps)


def _errors(R: ErrorMap, g: Array, w_star: Array, noise: Array, steps: int) -> Array:
    """Return e_k = w_k − w* (b, k+1, d) by the fast path."""
    problem = R.problem
    errors = np.empty((g.shape[0], steps + 1, problem.d))
    if not problem.average_tasks:
        e_0 = -w_star if problem.w_0 is None else problem.w_0 - w_star
        for k, e in enumerate(R.sampled(e_0[..., np.newaxis], noise if problem.sigma else None)):
            if k > steps:
                break
            errors[:, k] = e[..., 0]
        return errors
    coefficients = -g if problem.w_0 is None else np.column_stack([-g, np.ones(g.shape[0])])
    for k, (D, N) in enumerate(R.averaged()):
        if k > steps:
            break
        e = np.matmul(D, coefficients[..., np.newaxis])
        errors[:, k] = (e if N is None else e + R.noise_response(N, noise))[..., 0]
    return errors


def _rounding(R: ErrorMap, X: Array, y: Array, w: Array, w_star: Array, generator: Generator) -> Array:
    """Return eps (1 + √m/16) Σ_{i<=k} ‖R^{k−i}‖ a_i, (b, k+1), with a_i the size of the operands that step i rounds.

    a_i = (‖w_i‖ + ‖w*‖)(1 + ‖A X‖_F ‖X‖_F / m) + ‖A X‖_F ‖y‖ / m; norms of powers are measured on probes.
    """
    b, count, d = w.shape
    A = R.problem.A
    scaled = np.matmul(A, X) if A.ndim == 2 else A[:, np.newaxis] * X
    frobenius = np.sqrt(np.sum(np.square(X), axis=(1, 2)))[:, np.newaxis]
    push = np.sqrt(np.sum(np.square(scaled), axis=(1, 2)))[:, np.newaxis] / R.problem.m
    norms = np.linalg.norm(w, axis=2) + np.linalg.norm(w_star, axis=1)[:, np.newaxis]
    operands = norms * (1.0 + push * frobenius) + push * np.linalg.norm(y, axis=1)[:, np.newaxis]
    probe = generator.standard_normal((b, d, _PROBES))
    growth = np.empty((b, count))
    for k in range(count):
        growth[:, k] = np.sqrt(np.sum(np.square(probe), axis=(1, 2)) / _PROBES)
        probe = R.apply(probe)
    growth = np.maximum(growth, 1.0)
    total = np.zeros((b, count))
    for i in range(count):
        total[:, i:] += growth[:, : count - i] * operands[:, i : i + 1]
    return np.asarray(total * np.finfo(float).eps * (1 + R.problem.m**0.5 / 16))
