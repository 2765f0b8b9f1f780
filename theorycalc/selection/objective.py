"""The true objective of task selection: the error E_k(π) after k steps of thinking, and its slopes.

E_k depends on π through the map A(π) that training leaves in the weights (theory section 10):

- "pooled": A = Γ⁻¹ with Γ = Σ π_ℓ Γ_ℓ, Γ_ℓ = (1 + 1/n) Λ_ℓ + (tr Λ_ℓ/n) I, linear in probabilities;
- "per_prompt": A = Λ̄ B⁻¹ with B = Σ π_ℓ [(1 + 1/n) Λ_ℓ² + (tr Λ_ℓ/n) Λ_ℓ], linear too;
- "per_example": A = Λ̄ B⁻¹ with B = (1 − 1/n) Λ̄² + (1/n) Σ π_ℓ [2 Λ_ℓ² + tr(Λ_ℓ) Λ_ℓ].

On the population rung, and after one step at any m, E_k and its slopes are closed forms in A.  On the other rungs E_k
is that of :func:`theorycalc.expected_error`, and slopes are differences of second order within the simplex.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import F64, Array
from theorycalc.model import Setup, TaskMixture
from theorycalc.results import Metric, Rung

_STEP = 1e-4  # of differences; their error is about _STEP² and 1e-13/_STEP
_FORWARD = np.array([-3.0, 4.0, -1.0]) / 2.0


@dataclass(frozen=True, eq=False)
class TrueObjective:
    """E_k(π) for one target, set of tasks, n, m, k, sampling model, rung and metric, in float64."""

    setup: Setup
    steps: int
    rung: Rung
    metric: Metric

    @property
    def mixture(self) -> TaskMixture:
        """The tasks; their weights play no role."""
        assert self.setup.mixture is not None
        return self.setup.mixture

    @property
    def count(self) -> int:
        """Number of tasks T."""
        return len(self.mixture.covariances)

    @property
    def is_closed_form(self) -> bool:
        """Whether values and slopes are closed forms in A."""
        exact = self.rung is Rung.EXACT and self.steps <= 1
        return self.rung is Rung.POPULATION or self.setup.m is None or exact

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether all matrices are diagonal."""
        diagonal = all(task.is_diagonal for task in self.mixture.covariances) and self.setup.Sigma.is_diagonal
        return diagonal and self.setup.prior_second_moment(F64).ndim == 1

    @cached_property
    def tasks(self) -> Array:
        """Λ_ℓ as (T, d), or (T, d, d)."""
        return np.array([self._as_array(task) for task in self.mixture.covariances])

    @cached_property
    def Sigma(self) -> Array:
        """Σ as (d,), or (d, d)."""
        return self._as_array(self.setup.Sigma)

    @cached_property
    def Q(self) -> Array:
        """E (w₀ − w*)(w₀ − w*)ᵀ as (d,), or (d, d)."""
        Q = self.setup.prior_second_moment(F64)
        return Q if self.is_diagonal or Q.ndim == 2 else np.diag(Q)

    @cached_property
    def P(self) -> Array:
        """I or Σ."""
        one = np.ones(self.setup.d) if self.is_diagonal else np.eye(self.setup.d)
        return self.Sigma if self.metric is Metric.PREDICTION else one

    def _as_array(self, covariance: Any) -> Array:
        return np.asarray(covariance.array(F64) if self.is_diagonal else covariance.dense(F64))

    @cached_property
    def parts(self) -> Array:
        """The part of A⁻¹ or B that is linear in π, for each task: Γ_ℓ if pooled."""
        n, tasks = float(self.setup.n), self.tasks
        one = np.ones(self.setup.d) if self.is_diagonal else np.eye(self.setup.d)
        traces = tasks.sum(axis=1) if self.is_diagonal else np.trace(tasks, axis1=1, axis2=2)
        traces = traces.reshape(-1, *[1] * (tasks.ndim - 1))
        square = tasks * tasks if self.is_diagonal else tasks @ tasks
        if self.mixture.sampling == "pooled":
            return np.asarray((1 + 1 / n) * tasks + traces / n * one)
        if self.mixture.sampling == "per_prompt":
            return np.asarray((1 + 1 / n) * square + traces / n * tasks)
        return np.asarray((2 * square + traces * tasks) / n)

    @cached_property
    def scale(self) -> float:
        """E_0 = tr PQ."""
        return float(np.sum(self.P * self.Q)) if self.P.ndim == self.Q.ndim else float(np.trace(self.P @ self.Q))

    # ---------------------------------------------------------------------------------------------- the map A(π)

    def _map(self, pi: Array) -> tuple[Array, Array]:
        """Return A and what its slopes need: A itself (pooled), else B."""
        return self._trained(np.tensordot(pi, self.parts, axes=1), lambda: np.tensordot(pi, self.tasks, axes=1))

    def _trained(self, B: Array, mean: Callable[[], Array]) -> tuple[Array, Array]:
        """The same from the linear part of B, and Λ̄."""
        if self.mixture.sampling == "pooled":
            A = 1 / B if self.is_diagonal else np.linalg.inv(B)
            return A, A
        Lambda = mean()
        if self.mixture.sampling == "per_example":
            B = B + (1 - 1 / self.setup.n) * (Lambda * Lambda if self.is_diagonal else Lambda @ Lambda)
        return (Lambda / B if self.is_diagonal else np.linalg.solve(B, Lambda).T), B

    def _pulled_back(self, pi: Array, A: Array, B: Array, by_A: Array) -> Array:
        """Return dE/dπ_ℓ = ⟨dE/dA, dA/dπ_ℓ⟩, (T,)."""
        if self.mixture.sampling == "pooled":  # dA = −A dΓ A
            weight = A * by_A * A if self.is_diagonal else A @ by_A @ A
            return -self._against(self.parts, weight)
        # dA = (dΛ̄ − A dB) B⁻¹
        right = by_A / B if self.is_diagonal else np.linalg.solve(B, by_A.T).T
        left = A * right if self.is_diagonal else A.T @ right
        slopes = self._against(self.tasks, right) - self._against(self.parts, left)
        if self.mixture.sampling == "per_example":
            mean = np.tensordot(pi, self.tasks, axes=1)
            both = 2 * mean * left if self.is_diagonal else mean @ left + left @ mean
            slopes = slopes - (1 - 1 / self.setup.n) * self._against(self.tasks, both)
        return np.asarray(slopes)

    def _against(self, matrices: Array, weight: Array) -> Array:
        return np.asarray(matrices.reshape(len(matrices), -1) @ weight.reshape(-1))

    # ------------------------------------------------------------------------------------------------ E_k and dE_k

    def value(self, pi: Array) -> float:
        """Return E_k(π)."""
        if self.is_closed_form:
            return self.value_and_slopes(pi)[0]
        return self._by_rung(pi)

    def value_or_infinity(self, pi: Array) -> float:
        """Return E_k(π); inf where it leaves the float64 range."""
        try:
            return self.value(np.asarray(pi, dtype=float))
        except NotConverged:
            return math.inf

    def value_of_task(self, ell: int) -> float:
        """Return E_k of one task alone, in time that does not depend on T; inf beyond the float64 range."""
        if not self.is_closed_form:
            pi = np.zeros(self.count)
            pi[ell] = 1.0
            return self.value_or_infinity(pi)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            A, _ = self._trained(self.parts[ell], lambda: np.asarray(self.tasks[ell]))
            value, _ = self._diagonal(A) if self.is_diagonal else self._dense(A)
        return value if math.isfinite(value) else math.inf

    def value_and_slopes(self, pi: Array) -> tuple[float, Array]:
        """Return E_k(π), and slopes (T,) up to a constant: only their differences matter on the simplex."""
        if not self.is_closed_form:
            return self._by_differences(pi)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            A, B = self._map(pi)
            value, by_A = self._diagonal(A) if self.is_diagonal else self._dense(A)
            slopes = self._pulled_back(pi, A, B, by_A)
        if not (np.isfinite(value) and np.isfinite(slopes).all()):
            raise NotConverged(f"E_{self.steps} or its slopes leave the float64 range; use fewer steps")
        return value, slopes

    def _diagonal(self, a: Array) -> tuple[float, Array]:
        p, q, s, k = self.P, self.Q, self.Sigma, self.steps
        r = 1 - a * s
        value = float(np.sum(p * q * r ** (2 * k)))
        by_a = -2 * k * p * q * s * r ** (2 * k - 1) if k else np.zeros_like(a)
        spread = self._spread(k)
        if spread:
            c = s * s * q + s * (float(q @ s) + float(self.setup.noise_var))
            value += spread * float(np.sum(p * a * a * c))
            by_a = by_a + 2 * spread * p * a * c
        return value, np.asarray(by_a)

    def _dense(self, A: Array) -> tuple[float, Array]:
        P, Q, Sigma, k = self.P, self.Q, self.Sigma, self.steps
        R = np.eye(len(A)) - A @ Sigma
        powers = [np.eye(len(A))]
        for _ in range(k):
            powers.append(powers[-1] @ R)
        X = P @ powers[k] @ Q  # dE = 2 tr(Xᵀ d(Rᵏ))
        value = float(np.sum((powers[k] @ Q) * (P @ powers[k])))
        Z = np.zeros_like(A)
        for j in range(k):
            Z = R.T @ Z + X @ powers[j].T
        by_A = -2 * Z @ Sigma
        spread = self._spread(k)
        if spread:
            C = Sigma @ Q @ Sigma + Sigma * (float(np.trace(Q @ Sigma)) + float(self.setup.noise_var))
            value += spread * float(np.sum((P @ A) * (A @ C)))
            by_A = by_A + 2 * spread * P @ A @ C
        return value, np.asarray(by_A)

    def _spread(self, k: int) -> float:
        """1/m, where it matters for the closed form of one step."""
        finite = self.setup.m is not None and self.rung is Rung.EXACT and k == 1
        return 1.0 / float(self.setup.m or 1) if finite else 0.0

    def at(self, pi: Array) -> Setup:
        """Return the problem at a mixture: the same target, other weights."""
        mixture = TaskMixture(self.mixture.covariances, _rounded(pi), self.mixture.sampling)
        return self.setup.replace(Lambda=mixture, Sigma=self.setup.Sigma)

    def _by_rung(self, pi: Array) -> float:
        if self.mixture.sampling == "pooled":  # Λ̄ in float64, not as a sum of rationals
            setup = self.setup.replace(Lambda=np.tensordot(pi, self.tasks, axes=1), Sigma=self.setup.Sigma)
            curve = expected_error(setup, self.steps, rung=str(self.rung), metric=str(self.metric))
        else:
            curve = expected_error(self.at(pi), self.steps, rung=str(self.rung), metric=str(self.metric))
        return float(curve.values[self.steps])

    def _by_differences(self, pi: Array) -> tuple[float, Array]:
        """Slopes along e_ℓ − π, which do not leave the simplex: those of E less a constant."""
        value, slopes = self._by_rung(pi), np.empty(self.count)
        for ell in range(self.count):
            towards = -pi
            towards[ell] += 1.0
            along = [value, *(self._by_rung(pi + j * _STEP * towards) for j in range(1, len(_FORWARD)))]
            slopes[ell] = float(_FORWARD @ along) / _STEP
        return value, slopes


def _rounded(pi: Array) -> list[float]:
    """Probabilities whose sum is 1 as closely as TaskMixture asks."""
    weights = np.maximum(pi, 0.0)
    return [float(weight) for weight in weights / weights.sum()]


def require_rung(objective: TrueObjective) -> None:
    """Refuse what has no expected error on this rung, before anything is minimised."""
    if objective.is_closed_form:
        return
    try:
        objective.value(np.full(objective.count, 1 / objective.count))
    except OutsideRegime as error:
        raise OutsideRegime(f'{error} (or minimise on rung="population", or with steps = 1)') from None
