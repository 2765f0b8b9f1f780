"""A setup in float64, with every root that the recursion needs, and the cheaper of its two ways."""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import F64, Array
from theorycalc.model import Setup
from theorycalc.montecarlo.prompts import feature_factor, finite_m, noise_scale, rounded, task_factor
from theorycalc.montecarlo.training_tasks import trained_inverse
from theorycalc.results import Metric

#: A matrix–vector product costs about this many times more per multiplication than a matrix–matrix product.
_VECTOR_PENALTY = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A setup in float64, with every root that the recursion needs; picklable, so that shards can be sent out."""

    d: int
    m: int
    steps: int
    average_tasks: bool
    Gamma: Array  # A⁻¹, (d,) or (d, d); I where A is not symmetric
    A: Array  # what training leaves: Γ⁻¹ for one task; (d,) or (d, d)
    features: Array  # a root of Σ, (d,) or (d, d)
    tasks: Array  # a root of Ω, (d,) or (d, r)
    w_0: Array | None  # (d,)
    sigma: float  # σ
    weight: Array | None  # P: None for I, (d,) for a spectrum, else Lᵀ (d, d) with P = L Lᵀ
    formed: bool  # whether R is formed

    @property
    def start(self) -> Array:
        """Q^{1/2} with Q = Ω + w₀w₀ᵀ: (d,) if diagonal, else the columns [Ω^{1/2} | w₀]."""
        if self.w_0 is None:
            return self.tasks
        root = np.diag(self.tasks) if self.tasks.ndim == 1 else self.tasks
        return np.column_stack([root, self.w_0])

    @property
    def width(self) -> int:
        """Columns of D_k."""
        return int(self.start.shape[-1]) if self.average_tasks else 1

    @property
    def noise_width(self) -> int:
        """Columns of N_k: d when R is formed (N_k, weighed by S), m when factored (N_k X); 0 without noise."""
        if self.sigma == 0 or not self.average_tasks:
            return 0
        return self.d if self.formed else self.m

    @property
    def floats(self) -> int:
        """Float64 numbers that one prompt of a batch occupies."""
        d, m = self.d, self.m
        widest = max(self.width, self.noise_width)
        operator = 2 * d * d if self.formed else m * widest + (d * m if self.A.ndim == 2 else 0)
        return d * m + operator + 2 * d * (self.width + self.noise_width) + d * widest

    @property
    def seconds(self) -> float:
        """A rough time per prompt on one core, for cutting the work into shards."""
        work = _work(self.d, self.m, self.steps, self.width + self.noise_width, formed=self.formed)
        return 2e-6 + 1e-8 * self.d * self.m + work / 4e10


def _inner_product(A: Array) -> Array:
    """Return A⁻¹, in whose inner product AS is symmetric; I where A is not symmetric and there is none."""
    if A.ndim == 1:
        return np.asarray(1.0 / A)
    return np.linalg.inv(A) if np.allclose(A, A.T, rtol=0, atol=1e-10 * np.max(np.abs(A))) else np.eye(len(A))


def _work(d: int, m: int, steps: int, width: int, *, formed: bool) -> float:
    penalty = _VECTOR_PENALTY if width == 1 else 1
    if formed:
        return 2.0 * d * d * m + 2.0 * penalty * steps * d * d * width
    return 4.0 * penalty * steps * d * m * width


def as_problem(setup: Setup, *, steps: int, metric: Metric, average_tasks: bool) -> Problem:
    """Return the setup in float64; R is formed where that is the cheaper way, and always for a full Γ."""
    m, d, features = finite_m(setup), setup.d, feature_factor(setup)
    A, tasks = trained_inverse(setup), task_factor(setup)
    weight = None
    if metric == Metric.PREDICTION:
        weight = rounded(setup.Sigma, "Sigma") if features.ndim == 1 else np.ascontiguousarray(features.T)
    w_0 = None if setup.w_0 is None or not np.any(setup.w_0) else F64.array(setup.w_0)
    width = tasks.shape[-1] + (w_0 is not None) if average_tasks else 1
    formed = _work(d, m, steps, width, formed=True) <= _work(d, m, steps, width, formed=False)
    return Problem(
        d=d,
        m=m,
        steps=steps,
        average_tasks=average_tasks,
        Gamma=_inner_product(A),
        A=A,
        features=features,
        tasks=tasks,
        w_0=w_0,
        sigma=noise_scale(setup),
        weight=weight,
        formed=formed or (A.ndim == 2 and not average_tasks),
    )
