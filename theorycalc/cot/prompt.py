"""Reading a prompt (X, y), and what the accuracy of a chain of thought on it depends on."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.exceptions import NotConverged
from theorycalc.fields import F64, Array, Field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup, as_setup
from theorycalc.spectra import read_numbers

_EIGENVALUES_UP_TO = 1_500  # rows; larger Gram matrices get their largest eigenvalue only


@dataclass(frozen=True, kw_only=True, eq=False)
class Prompt:
    """Features X (d, m), one column per example, and labels y (m,) or None, exact or float64."""

    X: Array
    y: Array | None

    @property
    def m(self) -> int:
        """Number of in-context examples."""
        return int(self.X.shape[1])


def read_prompt(X: Any, y: Any, setup: Setup) -> Prompt:
    """Validate a prompt against its setup.

    Raises
    ------
    InvalidSetup
        X not (d, m) with m >= 1, y not (m,), an entry not finite, or m different from a finite ``setup.m``.
    """
    as_setup(setup)
    features = read_numbers("X", X)
    if features.ndim != 2 or 0 in features.shape:
        raise refuse("X", features.shape, "not a (d, m) matrix", "pass one column per example")
    d, m = features.shape
    if d != setup.d:
        hint = "transpose X: examples are columns" if m == setup.d else "use one dimension for both"
        raise refuse("X", features.shape, f"{d} rows, but the setup has d = {setup.d}", hint)
    if setup.m is not None and setup.m != m:
        problem = f"{m} examples, but the setup has m = {setup.m}"
        raise refuse("X", features.shape, problem, f"use setup.replace(m={m}), or m=None for any prompt")
    labels = None
    if y is not None:
        labels = read_numbers("y", y)
        if labels.shape != (m,):
            raise refuse("y", labels.shape, f"not a vector of m = {m} labels", f"pass shape ({m},)")
    return Prompt(X=features, y=labels)


def start(setup: Setup, field: Field) -> Array:
    """Return w_0 (d,), the first token of the chain of thought."""
    return field.array(np.zeros(setup.d, dtype=int) if setup.w_0 is None else setup.w_0)


def apply(A: Array, v: Array) -> Array:
    """Return A v for a (d,) spectrum or a (d, d) matrix A."""
    return np.asarray(A * v if A.ndim == 1 else A @ v)


@dataclass(frozen=True, kw_only=True)
class Conditioning:
    """Float64 sizes that govern rounding: of Γ, X, y and N = Γ^(−1/2) S Γ^(−1/2), which is similar to A S."""

    gamma_min: float
    gamma_max: float
    inverse_error: float  # ‖δA‖/‖A‖ in units of the roundoff
    frobenius: float  # ‖X‖_F/√m
    whitened: float  # ‖Γ^(−1/2) |X|‖_F/√m, or a bound
    labels: float  # ‖y‖/√m
    lam_min: float  # smallest eigenvalue of N
    lam_max: float  # largest eigenvalue of N
    sums: float  # growth of rounding in sums of m and of d terms, in units of the roundoff

    @property
    def growth(self) -> float:
        """max |1 − λ(N)|, the factor by which an error grows per step in the norm ‖Γ^(1/2) ·‖."""
        return max(abs(1 - self.lam_min), abs(1 - self.lam_max))


def conditioning(prompt: Prompt, setup: Setup) -> Conditioning | None:
    """Return the sizes that govern rounding, or None if they leave the float64 range.

    Cost: O(d m min(d, m)), once per prompt.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            X = F64.array(prompt.X) / math.sqrt(prompt.m)
            y = np.zeros(1) if prompt.y is None else F64.array(prompt.y) / math.sqrt(prompt.m)
            Gamma, _ = gamma_pair(setup, F64)
            if Gamma.ndim == 1:
                low, high, inverse_error = float(Gamma.min()), float(Gamma.max()), 4.0
                whitened: Array = X / np.sqrt(Gamma)[:, None]
            else:
                spectrum = np.linalg.eigvalsh(Gamma)
                low, high = float(spectrum[0]), float(spectrum[-1])
                inverse_error = 4 + high / low
                whitened = np.linalg.solve(np.linalg.cholesky(Gamma), X)
            lam_min, lam_max = _gram_edges(whitened)
            norms = float(np.linalg.norm(X)), float(np.linalg.norm(y))
    except (OverflowError, NotConverged, np.linalg.LinAlgError):
        return None
    if not all(map(math.isfinite, (*norms, lam_max))):
        return None
    return Conditioning(
        gamma_min=low,
        gamma_max=high,
        inverse_error=inverse_error,
        frobenius=norms[0],
        whitened=float(np.linalg.norm(whitened)) if Gamma.ndim == 1 else norms[0] / math.sqrt(low),
        labels=norms[1],
        lam_min=lam_min,
        lam_max=lam_max,
        sums=2 * (math.sqrt(prompt.m) + math.sqrt(setup.d)) + 8,
    )


def _gram_edges(Y: Array) -> tuple[float, float]:
    """Return the extreme eigenvalues of Y Yᵀ (0 as the smallest where it was not computed)."""
    d, m = Y.shape
    gram = Y @ Y.T if d <= m else Y.T @ Y
    if not np.isfinite(gram).all():
        return 0.0, math.inf
    if len(gram) <= _EIGENVALUES_UP_TO:
        lam = np.linalg.eigvalsh(gram)
        return (max(float(lam[0]), 0.0) if d <= m else 0.0), float(lam[-1])
    from scipy.sparse.linalg import eigsh

    first = np.ones(len(gram)) + np.arange(len(gram)) / len(gram)
    top = eigsh(gram, k=1, which="LA", tol=1e-6, v0=first, return_eigenvectors=False)
    return 0.0, float(top[0])
