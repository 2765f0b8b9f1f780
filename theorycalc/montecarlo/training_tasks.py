"""The training prompts of any sampling model: their features, the means over them, and where training ends.

S = (1/n) Σ xᵢxᵢᵀ.  Per prompt all n features of a prompt are N(0, Λ_ℓ) for one task ℓ; per example every feature draws
a task of its own, so that two of them are independent with E xxᵀ = Λ̄.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.montecarlo.prompts import draw_features, rounded


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingMoments:
    """Means over training prompts that the loss needs, from the pairings of four Gaussian factors."""

    n: int
    weights: tuple[float, ...]
    tasks: tuple[Array, ...]  # (d, d) each
    per_example: bool

    @cached_property
    def Lambda(self) -> Array:
        """E S = Λ̄."""
        return np.asarray(sum(weight * L for weight, L in zip(self.weights, self.tasks, strict=True)))

    @cached_property
    def square(self) -> Array:
        """E S²."""
        return self.sandwich(np.eye(len(self.tasks[0])))

    @cached_property
    def traced(self) -> Array:
        """E S tr S: (tr Λ · Λ + 2 Λ²/n) for one task."""
        bar, shared = self.Lambda, 0.0
        for weight, L in zip(self.weights, self.tasks, strict=True):
            one = np.trace(L) * L
            shared = shared + weight * ((one + 2 * L @ L) / self.n if self.per_example else one + 2 * L @ L / self.n)
        return np.asarray(shared + (1 - 1 / self.n) * np.trace(bar) * bar if self.per_example else shared)

    @cached_property
    def quartic(self) -> float:
        """E (w*ᵀ S w*)² = E (tr S)² + 2 E tr S²."""
        return float(np.trace(self.traced) + 2 * np.trace(self.square))

    def sandwich(self, B: Array) -> Array:
        """E S B S: Λ B Λ + (Λ Bᵀ Λ + tr(Λ B) Λ)/n for one task."""
        total = np.zeros_like(B)
        for weight, L in zip(self.weights, self.tasks, strict=True):
            crossed = (L @ B.T @ L + np.vdot(L, B) * L) / self.n
            total = total + weight * (L @ B @ L * (1 / self.n if self.per_example else 1) + crossed)
        bar = self.Lambda
        return np.asarray(total + (1 - 1 / self.n) * (bar @ B @ bar) if self.per_example else total)


def training_moments(Lambda: Array, n: int) -> TrainingMoments:
    """Return the moments of one task for a covariance (d,) or (d, d) and n examples.

    >>> moments = training_moments(np.array([2.0]), 2)  # λ = 2: E S² = λ² (1 + 2/n)
    >>> float(moments.square[0, 0]), float(moments.traced[0, 0]), moments.quartic
    (8.0, 8.0, 24.0)
    """
    return TrainingMoments(n=n, weights=(1.0,), tasks=(_matrix(Lambda),), per_example=False)


def moments_of(setup: Setup) -> TrainingMoments:
    """Return the moments over the training prompts of ``setup``.

    >>> from theorycalc.model import TaskMixture
    >>> tasks = [[1], [3]], ["1/2", "1/2"]  # n = 1: 3 · (1 + 9)/2 in both
    >>> for sampling in ("pooled", "per_prompt", "per_example"):
    ...     print(moments_of(Setup(TaskMixture(*tasks, sampling), n=1)).square[0, 0])
    12.0
    15.0
    15.0
    """
    tasks = _tasks(setup)
    return TrainingMoments(
        n=setup.n,
        weights=tuple(weight for weight, _ in tasks),
        tasks=tuple(_matrix(Lambda) for _, Lambda in tasks),
        per_example=setup.mixture is not None and setup.mixture.sampling == "per_example",
    )


def _tasks(setup: Setup) -> list[tuple[float, Array]]:
    """Return (π_ℓ, Λ_ℓ) as they are drawn: Λ̄ alone for "pooled" tasks; all (d,), or all (d, d)."""
    mixture = setup.mixture
    if mixture is None or mixture.sampling == "pooled":
        return [(1.0, rounded(setup.Lambda, "Lambda"))]
    rows = [rounded(task, f"covariances[{ell}]") for ell, task in enumerate(mixture.covariances)]
    if any(row.ndim == 2 for row in rows):
        rows = [_matrix(row) for row in rows]
    return [(float(weight), row) for weight, row in zip(mixture.weights, rows, strict=True) if weight > 0]


def _matrix(values: Array) -> Array:
    return np.diag(values) if values.ndim == 1 else values


def trained_inverse(setup: Setup) -> Array:
    """Return A = E[S] (E[S²])⁻¹ in float64, the zero of the gradient of ½ E‖I − A S‖_F².

    It is (d,) for spectra, else (d, d).  For one task, or "pooled" ones, it is Γ⁻¹, Γ = (1 + 1/n) Λ + (tr Λ / n) I; for
    others it need not be symmetric.

    Cost: O(d) or O(d³).  Source: theory sections 1 and 10.

    >>> trained_inverse(Setup([1, 2], n=3))  # Γ = diag(7/3, 11/3)
    array([0.42857143, 0.27272727])
    """
    n = float(setup.n)
    if setup.mixture is None or setup.mixture.sampling == "pooled":
        Lambda = rounded(setup.Lambda, "Lambda")
        if Lambda.ndim == 1:
            A = 1.0 / ((1.0 + 1.0 / n) * Lambda + Lambda.sum() / n)
        else:
            A = np.linalg.inv((1.0 + 1.0 / n) * Lambda + np.trace(Lambda) / n * np.eye(setup.d))
            A = (A + A.T) / 2
    else:
        moments = moments_of(setup)
        try:
            A = np.linalg.solve(moments.square, moments.Lambda).T
        except np.linalg.LinAlgError:
            raise NotConverged("the tasks are too nearly singular for float64: regularise them") from None
        A = np.diagonal(A).copy() if all(task.is_diagonal for task in setup.mixture.covariances) else A
    if not np.all(np.isfinite(A)):
        raise InvalidSetup("Lambda: its Γ⁻¹ does not fit float64; rescale the problem")
    return np.asarray(A)


def symmetric_inverse(setup: Setup) -> Array:
    """Return :func:`trained_inverse`, or raise OutsideRegime where it is not symmetric."""
    A = trained_inverse(setup)
    if A.ndim == 2 and np.linalg.norm(A - A.T) > 1e-10 * np.linalg.norm(A):
        raise OutsideRegime(
            "the tasks do not commute, so that A* is not symmetric, and AS need not have real eigenvalues; use "
            'spectra, or sampling="pooled"'
        )
    return A


class TrainingFeatures:
    """Draws the features of training prompts, for any sampling model.

    Raises
    ------
    NotConverged
        when a task has no Cholesky factor in float64.
    """

    def __init__(self, setup: Setup) -> None:
        tasks = _tasks(setup)
        self.weights = np.array([weight for weight, _ in tasks])
        self.weights /= self.weights.sum()
        self.per_example = setup.mixture is not None and setup.mixture.sampling == "per_example"
        try:
            roots = [np.sqrt(L) if L.ndim == 1 else np.linalg.cholesky(L) for _, L in tasks]
        except np.linalg.LinAlgError:
            raise NotConverged("Lambda is singular to float64 precision: no Cholesky factor; regularise it") from None
        self.roots = np.array(roots)  # (T, d) or (T, d, d)

    def draw(self, generator: Generator, out: Array) -> Array:
        """Fill ``out`` (batch, d, n) with the features of as many prompts; return it."""
        batch, _, n = out.shape
        if len(self.roots) == 1:
            return draw_features(generator, self.roots[0], out)
        drawn = generator.choice(len(self.roots), size=(batch, n) if self.per_example else batch, p=self.weights)
        generator.standard_normal(out=out)
        if self.roots.ndim == 2:
            out *= self.roots[drawn].swapaxes(1, 2) if self.per_example else self.roots[drawn][:, :, np.newaxis]
            return out
        columns = out.swapaxes(1, 2)  # (batch, n, d)
        for ell, root in enumerate(self.roots):
            if self.per_example:
                columns[drawn == ell] = columns[drawn == ell] @ root.T
            else:
                out[drawn == ell] = np.matmul(root, out[drawn == ell])
        return out


__all__ = [
    "TrainingFeatures",
    "TrainingMoments",
    "moments_of",
    "symmetric_inverse",
    "trained_inverse",
    "training_moments",
]
