"""The skills of a problem, one by one: σᵢ/γᵢ against 2, decided exactly (theory section 9).

Spectra: direction i is an axis.  Matrices: the eigenvectors of Γ⁻¹Σ, which are orthogonal in the inner product of Γ.
With uᵢ = nσᵢ/2 − (n + 1)λᵢ the criterion σᵢ > 2γᵢ reads uᵢ > tr Λ, where only tr Λ has many digits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Array,
    Ball,
    Field,
    as_fraction,
    independent_rows,
    is_ball,
    is_definite,
    is_multiprecision,
)
from theorycalc.gamma.closed_form import gamma_pair, public_array
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric
from theorycalc.thinking.pencil import (
    Inertia,
    enclosed_eigenvalues,
    inertia,
    largest_eigenvalue_of,
    rationals,
    require_rows,
)

_TRACE_BITS = 192
_MOST_EXACT = 2_000  # spectra up to this length answer in rationals by default
_MOST_KRYLOV = 80


class Fate(StrEnum):
    """What becomes of the error in a direction as k → ∞, on long prompts."""

    CONVERGING = "converging"  # σ < 2γ
    CRITICAL = "critical"  # σ = 2γ: it changes sign in every step and keeps its size
    OVERTHINKING = "overthinking"  # σ > 2γ


_FATES = (Fate.CONVERGING, Fate.CRITICAL, Fate.OVERTHINKING)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Direction(Frozen):
    """One skill: one step on a long prompt multiplies its error by ``factor`` = 1 − σ/γ."""

    index: int
    sigma: Any
    gamma: Any
    ratio: Any  # σ/γ
    fate: Fate
    weight: Any  # its part of E_0
    vector: Array | None  # (d,) unit vector; None for an axis

    @property
    def factor(self) -> Any:
        """1 − σ/γ; of a ball, its enclosure."""
        if isinstance(self.ratio, Ball):
            return Ball(1 - self.ratio.mid, self.ratio.rad)
        return 1 - self.ratio


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Directions(Frozen):
    """All skills: axes in the given order for spectra, eigenvectors of Γ⁻¹Σ by descending σ/γ for matrices.

    ``fates`` are decided exactly.  ``weight[i]`` is the part of direction i in E_0 for spectra; for matrices
    (xᵀPx)(yᵀQy) with right and left eigenvectors x, y = Γx, yᵀx = 1, of which E_k has more than the sum.  ``active``
    says whether the prior and the start put any error there.
    """

    setup: Setup
    sigma: Array  # (d,)
    gamma: Array  # (d,)
    ratio: Array  # (d,)
    code: Array  # (d,) integers: 0 converging, 1 critical, 2 overthinking
    weight: Array  # (d,)
    active: Array  # (d,) bool
    vectors: Array | None  # (d, d) unit vectors as columns
    field_name: str
    uncertainty: str

    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, index: int) -> Direction:
        i = range(len(self))[index]
        vector = None if self.vectors is None else self.vectors[:, i]
        named = {name: getattr(self, name)[i] for name in ("sigma", "gamma", "ratio", "weight")}
        return Direction(index=i, fate=_FATES[self.code[i]], vector=vector, **named)

    def __iter__(self) -> Iterator[Direction]:
        return (self[i] for i in range(len(self)))

    @property
    def fates(self) -> list[Fate]:
        """The fate of every direction."""
        return [_FATES[code] for code in self.code]

    def which(self, fate: Fate) -> Array:
        """Return the indices of the directions of a fate, those with the largest σ/γ first."""
        found = np.flatnonzero(self.code == _FATES.index(fate))
        return np.array(sorted(found, key=lambda i: -as_fraction(self.ratio[i])), dtype=int)

    def shares(self, k: int) -> Array:
        """Return the part of each direction in the long-prompt error after k steps, (d,), in float64.

        For matrices of the sum of ``weight`` (1 − σ/γ)^{2k}, which leaves out how directions interfere.
        """
        logs = np.array([log_of(as_fraction(w)) for w in self.weight])
        if k:
            logs = logs + 2 * k * np.array([log_of(abs(1 - as_fraction(x))) for x in self.ratio])
        top = np.max(logs)
        parts = np.exp(logs - top) if math.isfinite(top) else np.zeros(len(self))
        return np.asarray(parts / (parts.sum() or 1.0))

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"direction": range(1, len(self) + 1)}
        table |= {name: getattr(self, name) for name in ("sigma", "gamma", "ratio", "weight")}
        return table | {"fate": self.fates}

    def __repr__(self) -> str:
        counts = [f"{int(np.sum(self.code == i))} {fate}" for i, fate in enumerate(_FATES) if np.any(self.code == i)]
        return f"Directions({', '.join(counts)})"


def require_pooled(setup: Setup) -> None:
    """Refuse a mixture that does not leave Γ = (1 + 1/n) Λ̄ + (tr Λ̄/n) I in the weights."""
    if as_setup(setup).mixture is not None and setup.mixture is not None and setup.mixture.sampling != "pooled":
        raise OutsideRegime(
            f'sampling = "{setup.mixture.sampling}": the criterion uses Γ = (1 + 1/n) Λ̄ + (tr Λ̄/n) I, which holds for '
            '"pooled" mixtures only'
        )


def natural_field(setup: Setup) -> Field:
    """Return EXACT for exact spectra that are not too long, else F64."""
    exact = setup.is_diagonal and setup.Lambda.is_exact and setup.Sigma.is_exact
    return EXACT if exact and setup.d <= _MOST_EXACT else F64


# ------------------------------------------------------------------------------------------------ exact parts


class Spectra:
    """Λ and Σ as exact spectra, with tr Λ enclosed at once and exact on demand."""

    def __init__(self, setup: Setup) -> None:
        self.n = setup.n
        self.lam = [as_fraction(x) for x in setup.Lambda.entries.tolist()]
        self.sigma = [as_fraction(x) for x in setup.Sigma.entries.tolist()]
        self.demand = [Fraction(self.n) * s / 2 - (self.n + 1) * x for s, x in zip(self.sigma, self.lam, strict=True)]
        field = BALL(_TRACE_BITS)
        with field.working():
            self._trace_ball = field.public(field.array(self.lam).sum())
        self._trace: Fraction | None = None

    @property
    def trace(self) -> Fraction:
        """tr Λ, exactly."""
        if self._trace is None:
            self._trace = tree_sum(self.lam)
        return self._trace

    def excess_sign(self, i: int) -> int:
        """Return the sign of σᵢ − 2γᵢ, which is that of uᵢ − tr Λ."""
        return self.sign_against_trace(self.demand[i])

    def sign_against_trace(self, value: Fraction) -> int:
        """Return the sign of a number less tr Λ."""
        if value > self._trace_ball.upper:
            return 1
        if value < self._trace_ball.lower:
            return -1
        return (value > self.trace) - (value < self.trace)


def tree_sum(values: list[Fraction]) -> Fraction:
    """Return an exact sum, added in pairs so that long fractions are met late.

    >>> tree_sum([Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)])
    Fraction(1, 1)
    """
    items = [EXACT.number(value) for value in values] or [EXACT.number(0)]
    while len(items) > 1:
        items = [sum(items[i + 1 : i + 2], items[i]) for i in range(0, len(items), 2)]
    return as_fraction(items[0])


def exact_matrices(setup: Setup) -> tuple[Array, Array, Array]:
    """Return Λ, Σ and Γ as (d, d) matrices of Fractions."""
    require_rows(setup.d)
    Lambda, Sigma = (_dense(rationals(covariance.entries)) for covariance in (setup.Lambda, setup.Sigma))
    return Lambda, Sigma, exact_gamma(Lambda, setup.n)


def exact_gamma(Lambda: Array, n: int) -> Array:
    """Return (1 + 1/n) Λ + (tr Λ/n) I for a (d, d) matrix of Fractions; any symmetric Λ."""
    Gamma = Lambda * (1 + Fraction(1, n))
    diagonal = np.diag_indices(len(Lambda))
    Gamma[diagonal] = Gamma[diagonal] + Fraction(np.trace(Lambda)) / n
    return np.asarray(Gamma)


def exact_second_moment(setup: Setup) -> Array:
    """Return Q = Ω + w₀w₀ᵀ as (d, d) Fractions."""
    return _dense(rationals(public_array(setup.prior_second_moment(EXACT), EXACT)))


def exact_weights(setup: Setup, metric: Metric) -> list[Fraction]:
    """Return pᵢ qᵢᵢ of spectra: what direction i adds to E_0."""
    prior = np.ones(setup.d, dtype=int) if setup.Omega is None else setup.Omega.entries
    q = [as_fraction(x) for x in (prior if prior.ndim == 1 else np.diagonal(prior)).tolist()]
    if setup.w_0 is not None:
        q = [x + as_fraction(w) ** 2 for x, w in zip(q, setup.w_0.tolist(), strict=True)]
    if metric is Metric.PREDICTION:
        q = [x * as_fraction(s) for x, s in zip(q, setup.Sigma.entries.tolist(), strict=True)]
    return q


def _dense(values: Array) -> Array:
    if values.ndim == 2:
        return values
    matrix = np.full((len(values), len(values)), Fraction(0), dtype=object)
    matrix[np.diag_indices(len(values))] = values
    return matrix


# ------------------------------------------------------------------------------------------------ both cases


def directions_of(setup: Setup, metric: Metric, field: Field) -> tuple[Directions, Any]:
    """Return the directions and the largest σ/γ among them, over ``field``.

    Raises
    ------
    OutsideRegime
        for EXACT on matrices, as their σ/γ are algebraic numbers; for mixtures that are not pooled; beyond size limits.
    NotCertified
        where no enclosure is found.
    """
    require_pooled(setup)
    return _axes(setup, metric, field) if setup.is_diagonal else _eigenvectors(setup, metric, field)


def _axes(setup: Setup, metric: Metric, field: Field) -> tuple[Directions, Any]:
    spectra = Spectra(setup)
    cache: dict[Fraction, int] = {}
    for i, demand in enumerate(spectra.demand):
        if demand not in cache:
            cache[demand] = spectra.excess_sign(i)
    code = np.array([1 + cache[demand] for demand in spectra.demand])
    weights = exact_weights(setup, metric)
    with field.working():
        Gamma, A = gamma_pair(setup, field)
        Sigma = setup.Sigma.array(field)
        sigma, gamma, ratio = (public_array(values, field) for values in (Sigma, Gamma, Sigma * A))
        weight = public_array(field.array(np.array(weights, dtype=object)), field)
    found = Directions(
        setup=setup,
        sigma=sigma,
        gamma=gamma,
        ratio=ratio,
        code=code,
        weight=weight,
        active=np.array([w > 0 for w in weights]),
        vectors=None,
        field_name=field.name,
        uncertainty="fates exact; " + _numbers_of(field),
    )
    top = max(range(len(found)), key=lambda i: (code[i], as_fraction(ratio[i])))
    return found, ratio[top]


def _numbers_of(field: Field) -> str:
    if field is EXACT:
        return "numbers exact"
    if is_ball(field):
        return f"numbers enclosed ({field.name})"
    return f"numbers rounded to {field.name}, a few units in the last place"


def _eigenvectors(setup: Setup, metric: Metric, field: Field) -> tuple[Directions, Any]:
    if field is EXACT:
        raise OutsideRegime("EXACT: σ/γ of matrices are algebraic numbers: use field=BALL(bits) for enclosures")
    _, Sigma, Gamma = exact_matrices(setup)
    count = inertia(2 * Gamma - Sigma)
    balls, X = enclosed_eigenvalues(Sigma, Gamma)
    balls, X = balls[::-1], np.ascontiguousarray(X[:, ::-1])
    d = setup.d
    code = np.array([2] * count.negative + [1] * count.zero + [0] * count.positive)
    Q, P = setup.prior_second_moment(F64), setup.Sigma.dense(F64) if metric is Metric.PREDICTION else np.eye(d)
    Q = np.diag(Q) if Q.ndim == 1 else Q
    left = F64.array(Gamma) @ X
    weight = np.einsum("ai,ab,bi->i", X, P, X) * np.einsum("ai,ab,bi->i", left, Q, left)
    lengths = np.linalg.norm(X, axis=0)
    gamma = np.einsum("ai,ab,bi->i", X, F64.array(Gamma), X) / lengths**2
    ratio = [_public(ball, field) for ball in balls]
    found = Directions(
        setup=setup,
        sigma=np.array([float(ball.mid) for ball in balls]) * gamma,
        gamma=gamma,
        ratio=np.array(ratio) if field is F64 else objects(ratio),
        code=code,
        weight=weight,
        active=_active(setup, Sigma, Gamma, code, count),
        vectors=X / lengths,
        field_name=field.name,
        uncertainty="fates exact; σ/γ enclosed, radius "
        f"{float(max(ball.rad for ball in balls)):.0e}; vectors, σ, γ and weights rounded to F64",
    )
    bits = int(getattr(field, "dps") * 3.33) + 8 if is_multiprecision(field) else getattr(field, "bits", 0)  # noqa: B009
    top = largest_eigenvalue_of(Sigma, Gamma, bits=int(bits)) if bits else balls[0]
    return found, _public(top, field)


def _active(setup: Setup, Sigma: Array, Gamma: Array, code: Array, count: Inertia) -> Array:
    """Return whether error is put into the directions of each fate at all, exactly; for a definite Q into all.

    Else the space that R generates from the range of Q is invariant, and its own inertia tells which fates occur in it.
    """
    Q = exact_second_moment(setup)
    if setup.Omega is None or is_definite(Q, semidefinite=False):
        return np.ones(setup.d, dtype=bool)
    inside = reachable_inertia(setup, Sigma, Gamma, Q)
    seen = np.array([inside.positive > 0, inside.zero > 0, inside.negative > 0])
    return np.asarray(seen[code])


def reachable_inertia(setup: Setup, Sigma: Array, Gamma: Array, Q: Array) -> Inertia:
    """Return the inertia of 2Γ − Σ on the space spanned by the ranges of Q, RQ, R²Q, …"""
    d = setup.d
    if d > _MOST_KRYLOV:
        raise OutsideRegime(
            f"d = {d}: a singular prior on full matrices is decided up to d = {_MOST_KRYLOV}; use a definite prior"
        )
    step = EXACT.array(Sigma) @ EXACT.inverse(EXACT.array(Gamma))  # transposed Γ⁻¹Σ
    rows = independent_rows(Q)
    while True:
        more = independent_rows(np.vstack([rows, rationals(public_array(EXACT.array(rows) @ step, EXACT))]))
        if len(more) == len(rows):
            break
        rows = more
    if not len(rows):
        return Inertia(0, 0, 0)
    return inertia(rows @ (2 * Gamma - Sigma) @ rows.T)


def _public(ball: Ball, field: Field) -> Any:
    if is_ball(field):
        return ball
    with field.working():
        return field.public(field.number(ball.mid))


def log_of(value: Fraction) -> float:
    """Return the logarithm of a number >= 0 of any size, −∞ for 0.

    >>> round(log_of(Fraction(1, 10**400)) / math.log(10), 9)
    -400.0
    """
    return math.log(value.numerator) - math.log(value.denominator) if value else -math.inf


def objects(items: list[Any]) -> Array:
    """Return a (q,) array of objects."""
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result
