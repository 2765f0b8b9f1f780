"""Real prompts: features x_j ~ N(0, Σ), task weights w* ~ N(0, Ω), labels y_j = ⟨w*, x_j⟩ + σ ξ_j."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence

from theorycalc._checks import MAX_COUNT, integer, refuse
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen
from theorycalc.spectra import Covariance

#: The most bytes that drawn prompts, or one prompt with its embedding and layer, may take.
MAX_BYTES = 4 * 2**30


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Prompts(Frozen):
    """A batch of prompts with the answers that their labels hide.

    Shapes: ``X`` (batch, d, m), examples are columns; ``y`` (batch, m); ``w_star`` (batch, d); ``noise`` (batch, m)
    is σ ξ, so that y = Xᵀ w* + noise.
    """

    setup: Setup
    X: Array
    y: Array
    w_star: Array
    noise: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Streams:
    """The random streams of one shard: features, tasks and label noise never share a draw.

    So the prompts of a shard do not depend on whether tasks are drawn, nor on how the shard is cut into batches.
    """

    features: Generator
    tasks: Generator
    noise: Generator


def streams(seed: int, shard: int) -> Streams:
    """Return the three streams of a shard: ``SeedSequence(seed, spawn_key=(shard,))`` and its two children.

    The bit generator is SFC64, the fastest in NumPy at drawing normals (7.6 ns each, against 9.6 for PCG64).
    """
    root = SeedSequence(seed, spawn_key=(shard,))
    tasks, noise = root.spawn(2)
    return Streams(features=Generator(SFC64(root)), tasks=Generator(SFC64(tasks)), noise=Generator(SFC64(noise)))


def finite_m(setup: Setup) -> int:
    """Return m, or raise OutsideRegime when it is infinite."""
    if setup.m is None:
        raise OutsideRegime(
            'setup.m = ∞: a prompt that can be drawn is finite; pass m=…, or use rung="population" for m → ∞'
        )
    return setup.m


def as_seed(seed: Any) -> int:
    """Return ``seed`` as a non-negative int below 2¹²⁸."""
    return integer("seed", seed, minimum=0, maximum=2**128 - 1, remedy="pass an integer >= 0")


def rounded(covariance: Covariance, name: str) -> Array:
    """Return the (d,) or (d, d) entries in float64, refusing what float64 cannot hold."""
    try:
        entries = covariance.array(F64)
    except OverflowError:
        entries = np.array([np.inf])
    if not np.all(np.isfinite(entries)):
        raise InvalidSetup(f"{name}: an entry does not fit float64; rescale the problem")
    return entries


def noise_scale(setup: Setup) -> float:
    """Return σ, refusing a variance that float64 cannot hold."""
    try:
        return math.sqrt(setup.noise_var)
    except OverflowError:
        raise refuse("noise_var", setup.noise_var, "does not fit float64", "rescale the problem") from None


def feature_factor(setup: Setup) -> Array:
    """Return a root of Σ: (d,) elementwise for a spectrum, else the lower Cholesky factor (d, d).

    Raises
    ------
    NotConverged
        when Σ is so ill-conditioned that its float64 Cholesky factor does not exist.

    Cost: O(d) or O(d³).

    >>> feature_factor(Setup([4, 9], n=1, m=1))
    array([2., 3.])
    """
    Sigma = rounded(setup.Sigma, "Sigma")
    if Sigma.ndim == 1:
        return np.asarray(np.sqrt(Sigma))
    try:
        return np.linalg.cholesky(Sigma)
    except np.linalg.LinAlgError:
        raise NotConverged("Sigma is singular to float64 precision: no Cholesky factor; regularise it") from None


def task_factor(setup: Setup) -> Array:
    """Return F with F Fᵀ = Ω: (d,) for a diagonal prior, else (d, r) with r = rank Ω (Ω may be singular).

    Cost: O(d) or O(d³).

    >>> task_factor(Setup([1, 1], n=1, m=1, Omega=[[1, 1], [1, 1]])).shape  # rank one
    (2, 1)
    """
    if setup.Omega is None:
        return np.ones(setup.d)
    Omega = rounded(setup.Omega, "Omega")
    if Omega.ndim == 1:
        return np.asarray(np.sqrt(Omega))
    values, vectors = np.linalg.eigh(Omega)
    kept = values > Omega.shape[0] * np.finfo(float).eps * abs(values[-1])
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def draw_features(generator: Generator, factor: Array, out: Array) -> Array:
    """Fill ``out`` (batch, d, m) with columns x_j ~ N(0, F Fᵀ) for the ``factor`` F (d,) or (d, d); return it."""
    generator.standard_normal(out=out)
    if factor.ndim == 1:
        np.multiply(out, factor[:, np.newaxis], out=out)
    else:
        out[...] = np.matmul(factor, out)
    return out


def draw_tasks(generator: Generator, factor: Array, count: int) -> Array:
    """Return w* (count, d) ~ N(0, F Fᵀ) for the ``factor`` F (d,) or (d, r)."""
    normals = generator.standard_normal((count, factor.shape[-1]))
    return np.asarray(normals * factor if factor.ndim == 1 else normals @ factor.T)


def draw_prompts(setup: Setup, prompts: int, *, seed: int) -> Prompts:
    """Return prompts drawn from the test distribution of ``setup``.

    Parameters
    ----------
    setup : the problem, with finite m
    prompts : how many, >= 1
    seed : integer >= 0

    Returns
    -------
    Prompts
        ``X`` (prompts, d, m), ``y`` (prompts, m), ``w_star`` (prompts, d), ``noise`` (prompts, m).

    Raises
    ------
    InvalidSetup
        for a bad count or seed, and for more than 4 GiB of numbers.
    OutsideRegime
        for m = ∞.

    Cost: about 8 ns per number; a full covariance adds one (d, d) × (d, m) product per prompt.
    Source: theory section 2.

    Examples
    --------
    >>> drawn = draw_prompts(Setup([1, 2], n=5, m=3), 4, seed=0)
    >>> drawn.X.shape, drawn.y.shape, bool(np.allclose(drawn.y[0], drawn.w_star[0] @ drawn.X[0]))
    ((4, 2, 3), (4, 3), True)
    """
    m = finite_m(as_setup(setup))
    count = integer("prompts", prompts, minimum=1, maximum=MAX_COUNT, remedy="pass an integer >= 1")
    size = 8 * count * (setup.d * m + setup.d + 2 * m)
    if size > MAX_BYTES:
        raise refuse("prompts", prompts, f"{size / 2**30:.1f} GiB of numbers", "draw fewer prompts at a time")
    source = streams(as_seed(seed), 0)
    sigma = noise_scale(setup)
    X = draw_features(source.features, feature_factor(setup), np.empty((count, setup.d, m)))
    w_star = draw_tasks(source.tasks, task_factor(setup), count)
    noise = source.noise.standard_normal((count, m)) * sigma
    return Prompts(setup=setup, X=X, y=labels(X, w_star, noise), w_star=w_star, noise=noise)


def labels(X: Array, w_star: Array, noise: Array) -> Array:
    """Return y = Xᵀ w* + noise, shape (batch, m)."""
    return np.asarray(np.matmul(w_star[:, np.newaxis, :], X)[:, 0, :] + noise)
