"""One problem at every training length: Γ(t) = Λ + t (Λ + tr Λ I) with t = 1/n real, in one fixed eigenbasis.

The eigenvectors of Γ(t) are those of Λ, so n enters through the d numbers s_i = 1/(λ_i + t μ_i), μ_i = λ_i + tr Λ.  The
error of every rung is a polynomial in them, with t between 0 (n = ∞) and 1 (n = 1).
"""

from dataclasses import dataclass

import numpy as np

from theorycalc.error_curves.whitening import Whitened, distinct_directions, whitened_setup
from theorycalc.fields import F64, Array, Field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.results import Metric

_LONG = 10**12  # examples after which Γ = Λ to rounding


@dataclass(frozen=True)
class Family:
    """A problem without its n: spectra (q,) of distinct directions, or Σ, P, Q as (d, d) in the eigenbasis of Λ."""

    setup: Setup
    metric: Metric
    field: Field
    lam: Array  # (q,) eigenvalues of Λ
    mu: Array  # (q,) λ + tr Λ
    Sigma: Array  # (q,) or (d, d)
    P: Array  # (q,) or (d, d)
    Q: Array  # (q,) or (d, d)
    multiplicity: Array  # (q,) integers, summing to d
    input_error: Array  # (q,) relative error of the spectra, in units of 2⁻⁵³

    @property
    def commuting(self) -> bool:
        """Whether Λ and Σ share their eigenvectors, so that every direction stands for itself."""
        return self.Sigma.ndim == 1

    @property
    def weights(self) -> Array:
        """P_ii Q_ii times multiplicity (commuting): what a direction has of the error at k = 0."""
        return np.asarray(self.P * self.Q * self.field.array(self.multiplicity))

    def gamma(self, t: float) -> Array:
        """Eigenvalues of Γ at t = 1/n, (q,)."""
        return np.asarray(self.lam + self.mu * t)

    def problem(self, t: float) -> Whitened:
        """Return the whitened problem at t = 1/n; t is a scalar of the field."""
        return self.at(self.field.number(1) / self.gamma(t))

    def at(self, s: Array, *, sign: int = 1) -> Whitened:
        """Return the whitened problem for given eigenvalues s of Γ⁻¹; ``sign`` = −1 replaces N by −N, hence R by I + N.

        With real numbers; a matrix problem is rotated into the eigenbasis of C in float64.
        """
        if self.commuting:
            return Whitened(
                d=self.setup.d,
                C=self.Sigma * s * sign,
                P=self.P * s,
                Q=self.Q / s,
                multiplicity=self.multiplicity,
                input_error=self.input_error,
            )
        root = np.sqrt(s)
        C, frame = np.linalg.eigh(root[:, None] * self.Sigma * root)
        P, Q = root[:, None] * self.P * root, self.Q / np.outer(root, root)
        return Whitened(
            d=self.setup.d,
            C=np.maximum(C, 0.0) * sign,
            P=frame.T @ P @ frame,
            Q=frame.T @ Q @ frame,
            multiplicity=self.multiplicity,
            input_error=4 + self.setup.d * C[-1] / np.maximum(C, C[-1] * 2.0**-52),
        )


def family_of(setup: Setup, metric: Metric, field: Field = F64) -> Family:
    """Return the problem without its n; matrices are rotated in float64, whatever the field.

    Raises
    ------
    OutsideRegime
        for mixtures that are not sampled "pooled".
    """
    with field.working():
        gamma_pair(setup, field)  # refuses what has no Γ, and overflow
    if setup.is_diagonal:
        return _of_spectra(setup, metric, field)
    problem = whitened_setup(setup.replace(n=_LONG), metric, F64)
    assert problem is not None
    if problem.is_vector:
        return _of_shared_basis(setup, metric, problem)
    return _of_matrices(setup, metric)


def _of_spectra(setup: Setup, metric: Metric, field: Field) -> Family:
    with field.working():
        groups = list(distinct_directions(setup).values())
        first = [members[0] for members in groups]
        lam = setup.Lambda.array(field)
        sigma = setup.Sigma.array(field)[first]
        one = field.array(np.ones(len(first), dtype=int))
        return Family(
            setup=setup,
            metric=metric,
            field=field,
            lam=lam[first],
            mu=lam[first] + lam.sum(),
            Sigma=sigma,
            P=sigma if metric is Metric.PREDICTION else one,
            Q=_prior_diagonal(setup, field)[first],
            multiplicity=np.array([len(members) for members in groups]),
            input_error=np.full(len(first), 4.0),
        )


def _prior_diagonal(setup: Setup, field: Field) -> Array:
    """Return the diagonal of Q = Ω + w₀w₀ᵀ; when all directions are apart, the error sees nothing else of it."""
    prior = field.array(np.ones(setup.d, dtype=int)) if setup.Omega is None else setup.Omega.array(field)
    diagonal = prior if prior.ndim == 1 else np.diagonal(prior)
    return np.asarray(diagonal if setup.w_0 is None else diagonal + field.array(setup.w_0) ** 2)


def _of_shared_basis(setup: Setup, metric: Metric, problem: Whitened) -> Family:
    """Λ and Σ commute: read their spectra off the whitened problem of long training prompts."""
    trace = float(np.trace(np.asarray(setup.Lambda)))
    estimation = whitened_setup(setup.replace(n=_LONG), Metric.ESTIMATION, F64)
    assert estimation is not None
    gamma = 1 / estimation.P
    lam = (gamma - trace / _LONG) / (1 + 1 / _LONG)
    sigma = lam if setup.matched else problem.C * gamma
    return Family(
        setup=setup,
        metric=metric,
        field=F64,
        lam=lam,
        mu=lam + trace,
        Sigma=sigma,
        P=sigma if metric is Metric.PREDICTION else np.ones(setup.d),
        Q=estimation.Q / gamma,
        multiplicity=problem.multiplicity,
        input_error=problem.input_error,
    )


def _of_matrices(setup: Setup, metric: Metric) -> Family:
    lam, basis = np.linalg.eigh(np.asarray(setup.Lambda))
    Sigma = basis.T @ np.asarray(setup.Sigma) @ basis
    prior = setup.prior_second_moment(F64)
    Q = basis.T @ (np.diag(prior) if prior.ndim == 1 else prior) @ basis
    return Family(
        setup=setup,
        metric=metric,
        field=F64,
        lam=lam,
        mu=lam + lam.sum(),
        Sigma=Sigma,
        P=Sigma if metric is Metric.PREDICTION else np.eye(setup.d),
        Q=Q,
        multiplicity=np.ones(setup.d, dtype=int),
        input_error=np.full(setup.d, 4.0 + setup.d * lam[-1] / lam[0]),
    )
