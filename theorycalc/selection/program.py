"""The quadratic program of task selection: minimise ‖I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ‖_F² over probabilities π.

The objective is d − 2 bᵀπ + πᵀHπ with b_ℓ = tr(Σ⁻¹Λ_ℓ) and the Gram matrix H_{ℓℓ'} = tr(Λ_ℓ Σ⁻² Λ_ℓ').  Values and
gradients are taken from the residual I − Σ⁻¹Λ̄ itself: near the optimum the three terms of the form cancel.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as _attribute
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from theorycalc._checks import number, refuse
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import (
    EXACT,
    F64,
    Array,
    Ball,
    Field,
    as_fraction,
    as_public,
    as_scalars,
    is_ball,
    is_multiprecision,
    rational_product,
    require_field,
)
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import public_array
from theorycalc.results import Frozen
from theorycalc.spectra import Covariance, as_covariance, read_numbers

_WEIGHT_TOLERANCE = 1e-12  # how far float weights may sum from 1
_LONGEST_DENOMINATOR = 10**6  # bits
_FASTER, _ENTRY = 8.0, 4e-5  # measured: products over common denominators, and seconds for each public entry
_MOST_ROUNDING = 1e-6  # relative error of Σ⁻¹ at which an answer in F64 or MP is refused


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SelectionProgram(Frozen):
    """The objective f(π) = ‖I − Σ⁻¹Λ̄‖_F², Λ̄ = Σ_ℓ π_ℓ Λ_ℓ, over one number field.

    ``H`` (T, T) and ``b`` (T,) are its quadratic form, f(π) = d − 2 bᵀπ + πᵀHπ; ``ratios`` are the scalars of Σ⁻¹Λ_ℓ.
    H is positive semidefinite, and singular if and only if the tasks are linearly dependent.  It is formed when it is
    first asked for: values, slopes and gaps come from the ratios, so that many tasks need no (T, T) matrix.
    """

    Sigma: Covariance
    covariances: tuple[Covariance, ...]
    b: Array = _attribute(repr=False)  # (T,)
    field: Field
    ratios: Array = _attribute(repr=False)  # (T, d) if all covariances are spectra, else (T, d, d)
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take the ratios as scalars of the field, or as public numbers: a stored program has these."""
        object.__setattr__(self, "ratios", as_scalars(self.ratios, self.field))
        super().__post_init__()

    def __getstate__(self) -> dict[str, Any]:
        """Scalars of balls and mpf of a private context cannot be pickled; the public numbers that they are, can."""
        ratios = np.vectorize(as_public, otypes=[object])(self.ratios) if self.ratios.size else self.ratios
        return vars(self) | {"ratios": self.ratios if self.field is F64 else ratios}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled or copied program."""
        super().__setstate__(state | {"ratios": as_scalars(state["ratios"], state["field"])})

    @property
    def d(self) -> int:
        """Feature dimension d."""
        return self.Sigma.d

    @cached_property
    def H(self) -> Array:
        """The Gram matrix tr(Λ_ℓ Σ⁻² Λ_ℓ'), (T, T), of public numbers; over EXACT refused beyond about 2 minutes."""
        flat = self.ratios.reshape(len(self.covariances), -1)
        with self.field.working(), np.errstate(over="ignore", invalid="ignore"):
            _refuse_slow_form(flat, self.field)
            product = rational_product(flat, flat.T) if self.field is EXACT else flat @ flat.T
            form = public_array(self._finite(product), self.field)
        form.setflags(write=False)
        return form

    def value(self, weights: Any) -> Any:
        """Return f(π) >= 0 for any (T,) weights.

        Where f(π) <= 1/4 for probabilities π, training on the pooled tasks rules overthinking out on long test prompts,
        for every n; a larger value does not, not even at the optimum.

        Cost: O(T d²).  Claims: SEL-01, SEL-06, SEL-07.
        """
        with self.field.working():
            residual = self._residual(self._weights(weights))
            with np.errstate(over="ignore"):
                return self.field.public(self._finite((residual * residual).sum()))

    def gradient(self, weights: Any) -> Array:
        """Return g = 2 (Hπ − b), (T,), for any (T,) weights.  Cost: O(T d²).  Claims: SEL-01."""
        with self.field.working():
            return public_array(self._slopes(self._weights(weights)), self.field)

    def duality_gap(self, weights: Any) -> Any:
        """Return πᵀg − min g >= 0 for probabilities π: f(π) exceeds the minimum by at most this; 0 iff optimal.

        Raises
        ------
        InvalidSetup
            if the weights are negative, or do not sum to 1: exactly if all are exact, else to 1e-12.

        Cost: O(T d²), and O(T²) over BALL.  Claims: SEL-02.
        """
        self._require_probabilities(weights)
        with self.field.working():
            pi = self._weights(weights)
            g = self._slopes(pi)
            slopes = g if is_ball(self.field) else [min(g)]  # of balls the least is not known
            gaps = [self.field.public((pi * (g - slope)).sum()) for slope in slopes]
        return _largest(gaps)

    def hard_mass_bound(self, weights: Any, threshold: Any) -> Any:
        """Return (1 + e) λ_min(Σ)/τ, e = ‖I − Σ⁻¹Λ̄‖_F: no more probability goes to tasks with λ_min(Λ_ℓ) >= τ.

        "Hard" in the sense of a small λ_min, which is absolute: at τ = 2 (1 + e) λ_min(Σ) the bound is ½.

        Parameters
        ----------
        weights : probabilities (T,)
        threshold : τ > 0

        Raises
        ------
        InvalidSetup
            if the weights are no probabilities, or τ is not positive.
        OutsideRegime
            over EXACT, as e is a square root, and for a full matrix Σ over other fields than F64.
        NotConverged
            when the bound or τ leaves the float64 range.

        F64 and MP round: where the bound is attained the result may lie below the mass by some units of rounding (for
        a full matrix Σ times its condition number).  BALL holds the bound.
        Cost: O(T d²), and O(d³) for a matrix Σ.  Claims: SEL-03.  Source: theory section 10.
        """
        self._require_probabilities(weights)
        tau = number("threshold", threshold)
        if tau <= 0:
            raise refuse("threshold", threshold, "not positive", "pass the λ_min from which on a task counts")
        squared = self.value(weights)
        ends = [max(end, Fraction(0)) for end in (squared.lower, squared.upper)] if is_ball(self.field) else [squared]
        with self.field.working():
            norms = self.field.sqrt(self.field.array(ends))
            threshold = self.field.number(tau)
            if self.field is F64 and threshold == 0:
                raise NotConverged(
                    "threshold leaves the float64 range: it rounds to 0; use field=MP(dps) or BALL(bits)"
                )
            bounds = (norms + self.field.number(1)) * (self._least() / threshold)
            return _spanning([self.field.public(self._finite(bound)) for bound in bounds])

    def _least(self) -> Any:
        """Return λ_min(Σ) as a scalar."""
        if self.Sigma.is_diagonal:
            return self.field.number(min(self.Sigma.entries.tolist()))
        if self.field is not F64:
            raise OutsideRegime(f"{self.field.name}: λ_min of a matrix Σ is not rational: use field=F64")
        return np.linalg.eigvalsh(self.Sigma.dense(F64))[0]

    def _weights(self, weights: Any) -> Array:
        return self.field.array(_read_weights(weights, len(self.covariances)))

    def _residual(self, pi: Array) -> Array:
        """I − Σ⁻¹Λ̄, (d,) or (d, d)."""
        shape = (self.d,) if self.ratios.ndim == 2 else (self.d, self.d)
        one = self.field.array(np.ones(shape, dtype=int) if len(shape) == 1 else np.eye(self.d, dtype=int))
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(one - sum(weight * ratio for weight, ratio in zip(pi, self.ratios, strict=True)))

    def _slopes(self, pi: Array) -> Array:
        """g_ℓ = −2 ⟨Σ⁻¹Λ_ℓ, I − Σ⁻¹Λ̄⟩_F."""
        residual, two = self._residual(pi), self.field.number(2)
        with np.errstate(over="ignore", invalid="ignore"):
            slopes = [-two * (ratio * residual).sum() for ratio in self.ratios]
        return np.asarray(self._finite(np.array(slopes, dtype=self.field.dtype)))

    def _require_probabilities(self, weights: Any) -> None:
        _read_weights(weights, len(self.covariances))
        listed = weights.tolist() if hasattr(weights, "tolist") else weights
        entries = [number(f"weights[{ell}]", weight) for ell, weight in enumerate(listed)]
        excess = abs(sum(map(as_fraction, entries), Fraction(-1)))
        exact = all(isinstance(entry, Fraction) for entry in entries)
        if min(entries) < 0 or excess > (0 if exact else _WEIGHT_TOLERANCE):
            raise refuse("weights", weights, "negative, or not of sum 1", "make them >= 0 with sum 1")

    def _finite(self, values: Any) -> Any:
        return _finite(values, self.field)

    def _table(self) -> dict[str, Any]:
        return {"task": range(len(self.covariances)), "name": self.names, "b": self.b}


def selection_program(Sigma: Any, covariances: Any, *, field: Field = F64) -> SelectionProgram:
    """Return the objective ‖I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ‖_F² = d − 2 bᵀπ + πᵀHπ of task selection.

    Parameters
    ----------
    Sigma : target covariance, positive definite (d, d) or (d,)
    covariances : Λ_1 … Λ_T, each positive definite (d, d) or (d,); they need not commute with Σ or each other.
        A dict gives the tasks names; else they are "task 0", "task 1", …
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    SelectionProgram
        ``.H``, ``.b``, ``.value(weights)``, ``.gradient(weights)``, ``.duality_gap(weights)``.

    Raises
    ------
    InvalidSetup
        if a covariance is not positive definite, there is none, or dimensions differ.
    OutsideRegime
        for an EXACT inverse or form of more than about 2 minutes.
    NotConverged
        when a number leaves the float64 range, or F64 or MP has too few digits for the condition number of Σ.

    In F64 the entries of Σ⁻¹Λ_ℓ are good to 2⁻⁵³ relative; for a full matrix Σ to 2⁻⁵³ κ(Σ) of the largest, and
    refused where that exceeds 1e-6.
    Cost: O(T d) for spectra, O(T d³) for matrices; of ``.H`` O(T² d) and O(T² d²).  Claims: SEL-01.
    Source: Javanmard et al., arXiv:2510.03605, section 4; theory section 10.

    Examples
    --------
    Σ = I of d = 2 from diag(2, 1) and diag(1, 2): with π = (½, ½) the residual is −½ I.

    >>> from theorycalc.fields import EXACT
    >>> program = selection_program([1, 1], [[2, 1], [1, 2]], field=EXACT)
    >>> print(*program.b, *program.H[0], program.value(["1/2", "1/2"]), program.duality_gap(["1/2", "1/2"]))
    3 3 5 4 1/2 0
    """
    field = require_field(field)
    target = as_covariance(Sigma, name="Sigma")
    if isinstance(covariances, str | bytes) or not hasattr(covariances, "__len__"):
        raise refuse("covariances", covariances, "not a sequence", "pass a list with one covariance for each task")
    named = {str(key): task for key, task in covariances.items()} if isinstance(covariances, Mapping) else None
    listed = list(covariances) if named is None else list(named.values())
    if len(listed) != len(covariances):
        raise refuse("covariances", list(covariances), "two tasks of one name", "give each task its own")
    places = [f"covariances[{ell}]" for ell in range(len(listed))] if named is None else list(named)
    tasks = tuple(as_covariance(task, name=place) for place, task in zip(places, listed, strict=True))
    if not tasks:
        raise refuse("covariances", covariances, "no task", "pass at least one covariance")
    if {task.d for task in tasks} != {target.d}:
        raise refuse("covariances", [task.d for task in tasks], f"Sigma has d = {target.d}", "use one dimension")
    with field.working(), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratios = _finite(_ratios(target, tasks, field), field)
        b = (ratios if ratios.ndim == 2 else np.diagonal(ratios, axis1=1, axis2=2)).sum(axis=1)
        traces = public_array(_finite(b, field), field)
    for values in (traces, ratios):
        values.setflags(write=False)
    names = tuple(named) if named is not None else tuple(f"task {ell}" for ell in range(len(tasks)))
    return SelectionProgram(Sigma=target, covariances=tasks, b=traces, field=field, ratios=ratios, names=names)


def _ratios(Sigma: Covariance, tasks: tuple[Covariance, ...], field: Field) -> Array:
    """Return Σ⁻¹Λ_ℓ, (T, d) or (T, d, d)."""
    if Sigma.is_diagonal and all(task.is_diagonal for task in tasks):
        return np.array([task.array(field) / Sigma.array(field) for task in tasks], dtype=field.dtype)
    dense = np.array([task.dense(field) for task in tasks], dtype=field.dtype)
    if Sigma.is_diagonal:
        return np.asarray(dense / Sigma.array(field)[:, None])
    matrix = Sigma.dense(field)
    if field is F64:
        spectrum = np.linalg.eigvalsh(matrix)
        if not spectrum[0] * _MOST_ROUNDING > spectrum[-1] * 2.0**-53:
            raise _too_singular(field)
        return np.asarray(np.linalg.solve(matrix, dense))
    if field is EXACT:
        products = rational_cost.operations(float(len(tasks)) * Sigma.d**3, float(Sigma.d) * rational_cost.bits(matrix))
        rational_cost.refuse_slow(
            rational_cost.inverse(matrix) + products,
            f"field = EXACT: the inverse of the {Sigma.d} × {Sigma.d} matrix Σ times {len(tasks)} tasks",
            "use a smaller d, entries of fewer digits, a spectrum, or field=BALL(bits)",
        )
    Sigma_inv = _inverse(matrix, field)
    if field is EXACT:
        return np.array([rational_product(Sigma_inv, task) for task in dense], dtype=object)
    return np.array([Sigma_inv @ task for task in dense], dtype=field.dtype)


def _inverse(matrix: Array, field: Field) -> Array:
    """Return Σ⁻¹; MP refuses when it has too few digits for it."""
    if not is_multiprecision(field):
        return field.inverse(matrix)
    try:
        inverse = field.inverse(matrix)
    except ZeroDivisionError:
        raise _too_singular(field) from None
    kappa, digits = _norm(matrix) * _norm(inverse), int(getattr(field, "dps"))  # noqa: B009
    if not kappa * field.number(f"1e-{digits}") <= _MOST_ROUNDING:
        raise _too_singular(field)
    return inverse


def _norm(matrix: Array) -> Any:
    return np.max(np.sum(np.abs(matrix), axis=1))


def _too_singular(field: Field) -> NotConverged:
    return NotConverged(
        f"Sigma: too nearly singular for {field.name}: use its spectrum, field=MP(dps), BALL(bits) or EXACT"
    )


def _refuse_slow_form(flat: Array, field: Field) -> None:
    """Refuse T² sums of products of EXACT numbers, whose common denominator grows, of more than about 2 minutes."""
    if field is not EXACT:
        return
    common = 1
    for value in flat.reshape(-1):
        common = math.lcm(common, as_fraction(value).denominator)
        if common.bit_length() > _LONGEST_DENOMINATOR:
            break
    length = 2.0 * (common.bit_length() + rational_cost.bits(flat))
    rational_cost.refuse_slow(
        rational_cost.operations(float(len(flat)) * flat.size, length) / _FASTER + _ENTRY * len(flat) ** 2,
        f"field = EXACT: the form of {len(flat)} tasks of {flat.shape[1]} numbers",
        "use fewer tasks, a smaller d, or field=BALL(bits)",
    )


def _read_weights(weights: Any, tasks: int) -> Array:
    entries = read_numbers("weights", weights)
    if entries.shape != (tasks,):
        raise refuse("weights", entries.shape, f"not a vector for {tasks} tasks", f"pass shape ({tasks},)")
    return entries


def _largest(values: list[Any]) -> Any:
    """Return the largest of some numbers; of balls, a ball that holds the largest."""
    if not isinstance(values[0], Ball):
        return max(values)
    low, high = (max(getattr(ball, end) for ball in values) for end in ("lower", "upper"))
    return Ball((low + high) / 2, (high - low) / 2)


def _spanning(values: list[Any]) -> Any:
    """Return the only number, or the ball that holds two."""
    if len(values) == 1:
        return values[0]
    low, high = min(ball.lower for ball in values), max(ball.upper for ball in values)
    return Ball((low + high) / 2, (high - low) / 2)


def _finite(values: Any, field: Field) -> Any:
    if field.dtype is np.float64 and not np.isfinite(values).all():
        raise NotConverged("the program leaves the float64 range: rescale it, or use field=MP(dps) or EXACT")
    return values
