"""A setup in Γ-whitened coordinates: N = Γ^{-1/2} S Γ^{-1/2} is Wishart_m(C)/m with C = Γ^{-1/2} Σ Γ^{-1/2}.

E_k(P) = E tr[P̃ Rᵏ Q̃ Rᵏ], R = I − N, P̃ = Γ^{-1/2} P Γ^{-1/2}, Q̃ = Γ^{1/2} Q Γ^{1/2}.  In the eigenbasis of C the law
of N does not change under sign flips of the axes, so if P̃ is diagonal there only the diagonal of Q̃ matters: then
every state of the recursions is a vector.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.fields import F64, Array, Field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.results import Metric

_SMALLEST = 1e-290  # states below this may have lost digits to underflow
_DIAGONAL = 1e-10  # relative size of off-diagonal entries that count as zero in a shared eigenbasis
_COMMUTING = 1e-13  # relative Frobenius norm of ΓΣ − ΣΓ below which two float matrices are taken to commute


@dataclass(frozen=True)
class Whitened:
    """C, P̃, Q̃ in the eigenbasis of C: (q,) distinct directions with multiplicities, or (d, d) for P̃ and Q̃."""

    d: int
    C: Array  # (q,)
    P: Array  # (q,) or (d, d)
    Q: Array  # (q,) or (d, d)
    multiplicity: Array  # (q,) integers, summing to d
    input_error: Array  # (q,) relative error of C that the change of basis may have made, in units of 2⁻⁵³
    commuting: bool = True  # False: full matrices that commute only to rounding, taken as commuting

    def lost(self, values: Array) -> Array:
        """Relative error that underflow of states may cause in float64 ``values``; inf beyond the range."""
        sizes = [np.abs(part[part != 0]) for part in (self.P, self.Q, self.C)]
        if any(size.size and (size.min() < _SMALLEST or size.max() > 1 / _SMALLEST) for size in sizes):
            return np.full(values.shape, np.inf)
        floor = self.d * float(np.max(np.abs(self.P))) * _SMALLEST
        return np.where(values != 0, floor / np.abs(np.where(values != 0, values, 1.0)), 0.0)

    @property
    def is_vector(self) -> bool:
        """Whether P̃ and Q̃ are diagonal."""
        return self.P.ndim == 1


def whitened_setup(setup: Setup, metric: Metric, field: Field, *, commuting: bool = True) -> Whitened | None:
    """Return the whitened problem over ``field``; None if it needs a basis change that ``field`` cannot make.

    Diagonal Λ and Σ need none.  Full matrices are rotated numerically, in F64 only; ``commuting=False`` keeps full
    P̃ and Q̃ unless Λ and Σ commute exactly and Q is diagonal with them.
    """
    with np.errstate(over="ignore", under="ignore"):  # the rungs refuse what leaves the float64 range
        if setup.is_diagonal:
            return _diagonal(setup, metric, field)
        if field is not F64:
            return None
        return _rotated(setup, metric, commuting)


def _diagonal(setup: Setup, metric: Metric, field: Field) -> Whitened:
    weights = diagonal_prior(setup, field)
    # group the directions that are the same in every respect, by their exact inputs
    keys = distinct_directions(setup)
    first = [members[0] for members in keys.values()]
    count = np.array([len(members) for members in keys.values()])
    Gamma, A = gamma_pair(setup, field)
    Gamma, A, Q = Gamma[first], A[first], weights[first]
    Sigma = setup.Sigma.array(field)[first]
    P = A * Sigma if metric is Metric.PREDICTION else A
    whitened_Q = Gamma * Q
    if field is F64:  # an underflow must not look like a zero prior
        whitened_Q = np.where((whitened_Q == 0) & (Q != 0), np.nextafter(0.0, 1.0), whitened_Q)
    return Whitened(d=setup.d, C=A * Sigma, P=P, Q=whitened_Q, multiplicity=count, input_error=np.full(len(first), 4.0))


def diagonal_prior(setup: Setup, field: Field) -> Array:
    """Return the diagonal of Q = Ω + w₀w₀ᵀ, (d,)."""
    weights = field.array(np.ones(setup.d, dtype=int) if setup.Omega is None else _diagonal_of(setup.Omega.entries))
    if setup.w_0 is None:
        return weights
    with np.errstate(over="ignore"):  # an infinite prior is refused by its callers
        return np.asarray(weights + field.array(setup.w_0) ** 2)


def distinct_directions(setup: Setup) -> dict[tuple[Any, ...], list[int]]:
    """Indices of the directions with equal (λ, σ, Ω_ii, w₀): what a diagonal problem computes once."""
    keys: dict[tuple[Any, ...], list[int]] = {}
    for i, key in enumerate(zip(setup.Lambda.entries, setup.Sigma.entries, _exact_prior(setup), strict=True)):
        keys.setdefault(key, []).append(i)
    return keys


def _exact_prior(setup: Setup) -> list[Any]:
    omega = [1] * setup.d if setup.Omega is None else _diagonal_of(setup.Omega.entries)
    start = [0] * setup.d if setup.w_0 is None else list(setup.w_0)
    return list(zip(omega, start, strict=True))


def _diagonal_of(entries: Array) -> list[Any]:
    return list(entries if entries.ndim == 1 else np.diagonal(entries))


def _rotated(setup: Setup, metric: Metric, commuting: bool) -> Whitened:
    Gamma, Sigma = _dense(gamma_pair(setup, F64)[0]), setup.Sigma.dense(F64)
    Q = _dense(setup.prior_second_moment(F64))
    # Γ and Σ of order one, so that norms neither overflow nor vanish; exact, as the scales are powers of two
    gamma_scale, sigma_scale = (2.0 ** np.frexp(np.max(np.abs(matrix)))[1] for matrix in (Gamma, Sigma))
    Gamma, Sigma = Gamma / gamma_scale, Sigma / sigma_scale
    ones = np.ones(setup.d, dtype=int)
    exactly = setup.matched or _is_scalar(Gamma) or _is_scalar(Sigma)
    shared = _shared_eigenvectors(Gamma, Sigma) if commuting or exactly else None
    if shared is not None and not commuting and not _is_scalar(Q):
        shared = None  # the error of the basis meets the off-diagonal of Q to first order
    if shared is not None:
        gamma, sigma, q = (np.einsum("ai,ab,bi->i", shared, matrix, shared) for matrix in (Gamma, Sigma, Q))
        error = 4 + setup.d * (np.max(gamma) / gamma + np.max(sigma) / sigma)
        C = sigma / gamma * (sigma_scale / gamma_scale)
        P = C if metric is Metric.PREDICTION else 1 / gamma / gamma_scale
        return Whitened(
            d=setup.d,
            C=C,
            P=P,
            Q=gamma * gamma_scale * q,
            multiplicity=ones,
            input_error=error,
            commuting=exactly and _is_scalar(Q),
        )
    return congruent(Gamma, Sigma, Q, metric, gamma_scale=gamma_scale, sigma_scale=sigma_scale)


def congruent(
    Gamma: Array, Sigma: Array, Q: Array, metric: Metric, *, gamma_scale: float = 1.0, sigma_scale: float = 1.0
) -> Whitened:
    """Return the problem of full float64 matrices, for any Γ ≻ 0 in place of A⁻¹, in the eigenbasis of C.

    Γ and Σ are given divided by the scales, so that their sizes are of order one.
    """
    d = len(Gamma)
    gamma, basis = np.linalg.eigh(Gamma)
    root, inverse_root = (basis * gamma**power @ basis.T for power in (0.5, -0.5))
    C, frame = np.linalg.eigh(inverse_root @ Sigma @ inverse_root)
    error = 4 + d * (gamma[-1] / gamma[0]) * C[-1] / C
    C = C * (sigma_scale / gamma_scale)
    estimation = frame.T @ (inverse_root @ inverse_root) @ frame / gamma_scale
    return Whitened(
        d=d,
        C=C,
        P=np.diag(C) if metric is Metric.PREDICTION else estimation,
        Q=frame.T @ root @ (gamma_scale * Q) @ root @ frame,
        multiplicity=np.ones(d, dtype=int),
        input_error=error,
    )


def _is_scalar(matrix: Array) -> bool:
    """Whether the matrix is exactly a multiple of the identity."""
    return bool(np.all(matrix == matrix[0, 0] * np.eye(matrix.shape[0])))


def _dense(values: Array) -> Array:
    return np.diag(values) if values.ndim == 1 else values


def _shared_eigenvectors(Gamma: Array, Sigma: Array) -> Array | None:
    """An orthogonal basis that diagonalises both, or None if there is none to rounding.

    Commuting to rounding is not commuting: callers that need more than a limit ask for ``commuting=False``.
    """
    scale = np.linalg.norm(Gamma) * np.linalg.norm(Sigma)
    if np.linalg.norm(Gamma @ Sigma - Sigma @ Gamma) > _COMMUTING * scale:
        return None
    golden = (np.sqrt(5) - 1) / 2  # any fixed combination separates shared eigenspaces unless they coincide in it
    basis = np.asarray(np.linalg.eigh(Gamma / np.linalg.norm(Gamma) + golden * Sigma / np.linalg.norm(Sigma))[1])
    for matrix in (Gamma, Sigma):
        rotated = basis.T @ matrix @ basis
        if np.linalg.norm(rotated - np.diag(np.diagonal(rotated))) > _DIAGONAL * np.linalg.norm(matrix):
            return None
    return basis
