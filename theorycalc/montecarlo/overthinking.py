"""How many prompts overthink: S is drawn, and the largest eigenvalue of Γ^{-1/2}SΓ^{-1/2} held against 2."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array
from theorycalc.model import Setup, as_setup
from theorycalc.montecarlo.prompts import MAX_BYTES, as_seed, draw_features, feature_factor, finite_m, streams
from theorycalc.montecarlo.shards import BATCH_BYTES, SHARD_PROMPTS, SHARD_SECONDS, in_order, one_blas_thread
from theorycalc.montecarlo.training_tasks import symmetric_inverse
from theorycalc.results import Frozen

MAX_PROMPTS = 2**27
MAX_WORKERS = 1024
_LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProbabilityEstimate(Frozen):
    """The share of drawn prompts that overthink, with an exact binomial interval.

    ``lower`` … ``upper`` holds the probability with at least the given confidence (Clopper and Pearson), also where no
    prompt overthinks, or all do.  ``top_quantiles`` are the 0.05, 0.5 and 0.95 quantiles of λ_max(Γ^{-1/2}SΓ^{-1/2}).
    """

    setup: Setup
    value: float
    lower: float
    upper: float
    confidence: float
    count: int
    prompts: int
    top_quantiles: Array  # (3,)
    largest: float
    seed: int
    interrupted: bool
    uncertainty: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        named = ("value", "lower", "upper", "confidence", "count", "prompts", "largest", "seed", "interrupted")
        result = {name: getattr(self, name) for name in named}
        result["top_quantiles"] = dict(zip(map(str, _LEVELS), self.top_quantiles.tolist(), strict=True))
        return result | {"uncertainty": self.uncertainty, "setup": self.setup.to_dict()}

    def __repr__(self) -> str:
        parts = f"{self.value:.6g}, {100 * self.confidence:g} % interval [{self.lower:.4g}, {self.upper:.4g}]"
        return f"ProbabilityEstimate({parts}, {self.count:,} of {self.prompts:,} prompts)"


def overthinking_probability(
    setup: Setup,
    *,
    prompts: int,
    seed: int,
    confidence: Any = 0.99,
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> ProbabilityEstimate:
    """Return the simulated probability that a prompt overthinks, P(λ_max(Γ^{-1/2}SΓ^{-1/2}) > 2), with an interval.

    Every prompt is drawn, x_j ~ N(0, Σ); the largest eigenvalue of LᵀSL, Γ⁻¹ = LLᵀ, is the square of the largest
    singular value of LᵀX/√m.

    Parameters
    ----------
    setup : the problem, with finite m
    prompts : number of prompts, >= 1
    seed : integer >= 0; the result is a function of the seed and the arguments above, to the bit, for any ``workers``
    confidence : of the interval, in (0, 1)
    workers : processes; more than one needs a script to start under ``if __name__ == "__main__":``
    progress : called as ``progress(done, total)`` after every shard

    Returns
    -------
    ProbabilityEstimate
        ``.value`` ``.lower`` ``.upper`` ``.count`` ``.top_quantiles``.  After Ctrl-C the finished shards are returned
        with ``interrupted=True``.

    Raises
    ------
    InvalidSetup
        for bad arguments and for a prompt that does not fit memory.
    OutsideRegime
        for m = ∞, and for mixtures of tasks that do not commute.
    NotConverged
        when a worker process dies, or Σ or Γ⁻¹ has no Cholesky factor in float64.

    Cost: per prompt 8 ns for each of the dm normals, and O(dm min(d, m)).
    Source: theory sections 9 and 11; Clopper and Pearson, Biometrika 26 (1934).

    Examples
    --------
    d = 1, λ = σ = 1, n = m = 2: P = e^{−4} = 0.0183….

    >>> found = overthinking_probability(Setup([1], n=2, m=2), prompts=20_000, seed=0)
    >>> found.lower < 0.0183 < found.upper
    True
    """
    m = finite_m(as_setup(setup))
    total = integer("prompts", prompts, minimum=1, maximum=MAX_COUNT, remedy="pass the number of prompts")
    root = as_seed(seed)
    processes = integer("workers", workers, minimum=1, maximum=MAX_WORKERS, remedy="pass the number of processes")
    level = float(number("confidence", confidence))
    if not 0 < level < 1:
        raise refuse("confidence", confidence, "not between 0 and 1", "pass a number such as 0.99")
    if total > MAX_PROMPTS:
        raise refuse("prompts", prompts, f"more than {MAX_PROMPTS:,}", "draw fewer")
    if progress is not None and not callable(progress):
        raise InvalidSetup(f"progress = {shown(progress)}: not callable; pass a function of (done, total), or None")
    if 16 * setup.d * m + 8 * setup.d**2 > MAX_BYTES:
        raise InvalidSetup(f"d = {setup.d:,}, m = {m:,}: one prompt would not fit memory; use smaller d or m")
    problem = _problem(setup, m)
    sizes = _shard_sizes(problem, total)
    tops, done, interrupted = np.empty(total), 0, False
    try:
        with contextlib.closing(in_order(run_shard, (problem, root), sizes, min(processes, len(sizes)))) as shards:
            for shard in shards:
                tops[done : done + len(shard)] = shard
                done += len(shard)
                if progress is not None:
                    progress(done, total)
    except KeyboardInterrupt:
        if not done:
            raise
        interrupted = done < total
    return _estimate(setup, tops[:done], level, root, interrupted)


@dataclass(frozen=True, kw_only=True, eq=False)
class TopProblem:
    """What a shard needs: a root of Σ and Lᵀ with Γ⁻¹ = LLᵀ; picklable."""

    d: int
    m: int
    features: Array  # (d,) or (d, d)
    whitening: Array  # Lᵀ, (d,) or (d, d)

    @property
    def batch(self) -> int:
        """Prompts that are drawn at once."""
        return max(1, min(4096, BATCH_BYTES // (16 * self.d * self.m)))


def _problem(setup: Setup, m: int) -> TopProblem:
    A = symmetric_inverse(setup)
    whitening = np.sqrt(A) if A.ndim == 1 else np.linalg.cholesky(A).T
    return TopProblem(d=setup.d, m=m, features=feature_factor(setup), whitening=np.ascontiguousarray(whitening))


def _shard_sizes(problem: TopProblem, prompts: int) -> list[int]:
    d, m = problem.d, problem.m
    seconds = 5e-6 + 1e-8 * d * m + 2e-10 * d * m * min(d, m) + 2e-9 * min(d, m) ** 3
    full = max(1, round(min(SHARD_SECONDS / seconds, SHARD_PROMPTS) / problem.batch)) * problem.batch
    count, rest = divmod(prompts, full)
    return [full] * count + ([rest] if rest else [])


def run_shard(problem: TopProblem, seed: int, index: int, count: int) -> Array:
    """Draw ``count`` prompts and return λ_max(Γ^{-1/2}SΓ^{-1/2}) of each, (count,)."""
    source, tops = streams(seed, index), np.empty(count)
    X = np.empty((min(count, problem.batch), problem.d, problem.m))
    with one_blas_thread():
        for begin in range(0, count, problem.batch):
            part = tops[begin : begin + problem.batch]
            drawn = draw_features(source.features, problem.features, X[: len(part)])
            if problem.whitening.ndim == 1:
                drawn *= problem.whitening[:, np.newaxis]
            else:
                drawn[...] = np.matmul(problem.whitening, drawn)
            other = drawn.swapaxes(1, 2)
            gram = np.matmul(drawn, other) if problem.d <= problem.m else np.matmul(other, drawn)
            part[...] = np.linalg.eigvalsh(gram)[:, -1] / problem.m
    return tops


def _estimate(setup: Setup, tops: Array, confidence: float, seed: int, interrupted: bool) -> ProbabilityEstimate:
    count, total = int(np.count_nonzero(tops > 2)), len(tops)
    lower, upper = clopper_pearson(count, total, confidence)
    return ProbabilityEstimate(
        setup=setup,
        value=count / total,
        lower=lower,
        upper=upper,
        confidence=confidence,
        count=count,
        prompts=total,
        top_quantiles=np.quantile(tops, _LEVELS),
        largest=float(tops.max()),
        seed=seed,
        interrupted=interrupted,
        uncertainty=f"exact binomial interval of {100 * confidence:g} % from {total:,} prompts",
    )


def clopper_pearson(count: int, total: int, confidence: float) -> tuple[float, float]:
    """Return the exact binomial interval: each tail beyond it has probability at most (1 − confidence)/2.

    >>> low, high = clopper_pearson(0, 100, 0.95)
    >>> low, round(1 - (1 - high) ** 100, 6)
    (0.0, 0.975)
    """
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    lower = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, tail))
    upper = 1.0 if count == total else float(betaincinv(count + 1, total - count, 1 - tail))
    return lower, upper
