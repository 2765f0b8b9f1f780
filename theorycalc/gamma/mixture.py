"""What training on several tasks leaves in the weights: E[S], E[S²] and A* = E[S] (E[S²])⁻¹.

The loss ½ E‖I + c V S‖_F² has its minimum at V* = −A*/c for every law of S; the three sampling models differ in E[S²].
"""

import math
from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT, F64, MP, Array, Field, is_multiprecision, require_field
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, public_matrix, refuse_large
from theorycalc.model import Setup, TaskMixture, as_setup

_MOST_ROUNDING = 1e-6  # relative error at which a float64 answer is refused
_GUARD, _MOST_GUARD = 15, 64  # MP: digits added at first, and the largest multiple of that precision


def mixture_moments(setup: Setup, *, field: Field = F64) -> tuple[Array, Array]:
    """Return E[S] = Λ̄ = Σ_ℓ π_ℓ Λ_ℓ and E[S²] over the training prompts.

    - one task, or "pooled": E[S²] = (1 + 1/n) Λ̄² + (tr Λ̄/n) Λ̄ = Λ̄ Γ;
    - "per_prompt": E[S²] = Σ_ℓ π_ℓ [(1 + 1/n) Λ_ℓ² + (tr Λ_ℓ/n) Λ_ℓ];
    - "per_example": E[S²] = (1 − 1/n) Λ̄² + (1/n) Σ_ℓ π_ℓ [2 Λ_ℓ² + tr(Λ_ℓ) Λ_ℓ].

    Parameters
    ----------
    setup : the training distribution; only Λ or the mixture, and n matter
    field : F64, MP(dps), BALL(bits) or EXACT

    Returns
    -------
    two (d, d) arrays of numbers of the field, symmetric positive definite; they need not commute

    Raises
    ------
    InvalidSetup
        when spectra are too long for a (d, d) answer.
    OutsideRegime
        for EXACT squares of more than about 2 minutes.
    NotConverged
        when an entry of E[S²], or its diagonal by underflow, leaves the float64 range.

    Over every field Λ̄ of "pooled" tasks is ``setup.Lambda``, which is rounded to float64 if a task or weight is a
    float; the other sampling models use the numbers as given.
    Cost: O(T d + d²) for spectra, O(T d³) for matrices.  Claims: MIX-01, MIX-02, MIX-03.  Source: theory section 10.

    Examples
    --------
    Tasks 1 and 3 with probability ½, d = 1, n = 1: E[S²] is 3 · 2² when pooled, else 3 · (1 + 9)/2.

    >>> from theorycalc.fields import EXACT
    >>> from theorycalc.model import TaskMixture
    >>> tasks = [[1], [3]], ["1/2", "1/2"]
    >>> for sampling in ("pooled", "per_prompt", "per_example"):
    ...     print(mixture_moments(Setup(TaskMixture(*tasks, sampling), n=1), field=EXACT)[1][0, 0])
    12
    15
    15
    """
    field = require_field(field)
    refuse_large(as_setup(setup).d, field)
    with field.working():
        first, second = moment_pair(setup, field)
        return public_matrix(first, field), public_matrix(second, field)


def optimal_map(setup: Setup, *, field: Field = F64) -> Array:
    """Return A* = E[S] (E[S²])⁻¹, what the trained layer applies: V* = −A*/c.

    Parameters and exceptions are those of :func:`mixture_moments`.

    Returns
    -------
    (d, d) array of numbers of the field: Γ⁻¹ for one task and for "pooled" mixtures; not symmetric in general for
    "per_prompt" and "per_example", as E[S] and E[S²] need not commute.  A*⁻¹ is then no covariance.

    Raises
    ------
    OutsideRegime
        for EXACT squares or inverses of more than about 2 minutes.
    NotConverged
        when matrices are too nearly singular for F64 or MP, or an entry leaves the float64 range.

    Errors of entries are relative to the largest entry.  In F64 they are about 2⁻⁵³ times the condition number of the
    tasks, not its square, as A* is the least-squares solution of BA*ᵀ = C with BᵀB = E[S²], BᵀC = E[S]; where the
    estimate of the error exceeds 1e-6 there is no answer.  MP adds digits until the condition number leaves all asked.
    Cost: O(T d³) for matrices.  Claims: MIX-05.  Source: theory section 10.

    Examples
    --------
    The tasks of :func:`mixture_moments`, n = 1, per prompt: 2/15.

    >>> from theorycalc.fields import EXACT
    >>> from theorycalc.model import TaskMixture
    >>> print(optimal_map(Setup(TaskMixture([[1], [3]], ["1/2", "1/2"], "per_prompt"), n=1), field=EXACT)[0, 0])
    2/15
    """
    field = require_field(field)
    refuse_large(as_setup(setup).d, field)
    return _map(setup, field, limit=False)


def optimal_map_limit(setup: Setup, *, field: Field = F64) -> Array:
    """Return lim A* for n → ∞: Λ̄⁻¹ for "pooled" and "per_example", Λ̄ (Σ_ℓ π_ℓ Λ_ℓ²)⁻¹ for "per_prompt".

    The two are equal only if all tasks of positive probability are: Σ_ℓ π_ℓ Λ_ℓ² = Λ̄² + Σ_ℓ π_ℓ (Λ_ℓ − Λ̄)².
    Parameters, returns, exceptions and cost are those of :func:`optimal_map`; n is not used.

    Claims: MIX-04.  Source: theory section 10.

    Examples
    --------
    Tasks 1 and 3 with probability ½: 1/2 when pooled, 2/5 per prompt.

    >>> from theorycalc.fields import EXACT
    >>> from theorycalc.model import TaskMixture
    >>> print(optimal_map_limit(Setup(TaskMixture([[1], [3]], ["1/2", "1/2"], "per_prompt"), n=1), field=EXACT)[0, 0])
    2/5
    """
    field = require_field(field)
    refuse_large(as_setup(setup).d, field)
    return _map(setup, field, limit=True)


def moment_pair(setup: Setup, field: Field) -> tuple[Array, Array]:
    """Return (E[S], E[S²]) as scalars of ``field``: (d,) if all tasks are spectra, else (d, d).

    Must run inside ``field.working()``; for formulas that go on computing with the scalars.
    """
    mixture, n = _distinct_tasks(setup), field.number(setup.n)
    one, two = field.number(1), field.number(2)
    first = _mean(setup, mixture, field)
    tasks = [] if mixture is None else _tasks(mixture, field)
    _refuse_slow_products([first, *(Lambda for _, Lambda in tasks)], field)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if mixture is None:
            second = _square(first) * (one + one / n) + first * (_trace(first) / n)
        elif mixture.sampling == "per_prompt":
            second = sum(
                weight * (_square(Lambda) * (one + one / n) + Lambda * (_trace(Lambda) / n)) for weight, Lambda in tasks
            )
        else:
            same = sum(weight * (_square(Lambda) * two + Lambda * _trace(Lambda)) for weight, Lambda in tasks)
            second = _square(first) * (one - one / n) + same / n
    return first, _finite(second, field)


def _distinct_tasks(setup: Setup) -> TaskMixture | None:
    """Return the mixture unless its prompts are those of the one task Λ̄."""
    mixture = as_setup(setup).mixture
    return None if mixture is None or mixture.sampling == "pooled" else mixture


def _tasks(mixture: TaskMixture, field: Field) -> list[tuple[Any, Array]]:
    """Return (π_ℓ, Λ_ℓ) over ``field``: all (d,), or all (d, d)."""
    diagonal = all(task.is_diagonal for task in mixture.covariances)
    return [
        (field.number(weight), task.array(field) if diagonal else task.dense(field))
        for weight, task in zip(mixture.weights, mixture.covariances, strict=True)
    ]


def _mean(setup: Setup, mixture: TaskMixture | None, field: Field) -> Array:
    if mixture is None:
        return setup.Lambda.array(field)
    return np.asarray(sum(weight * Lambda for weight, Lambda in _tasks(mixture, field)))


def _square(values: Array) -> Array:
    return values * values if values.ndim == 1 else values @ values


def _trace(values: Array) -> Any:
    return values.sum() if values.ndim == 1 else np.trace(values)


def _refuse_slow_products(matrices: list[Array], field: Field) -> None:
    """Refuse squares of EXACT matrices that would take more than about 2 minutes."""
    if field is not EXACT or matrices[0].ndim == 1:
        return
    d = len(matrices[0])
    rational_cost.refuse_slow(
        sum(rational_cost.operations(d**3, 2 * rational_cost.bits(matrix) + 32) for matrix in matrices),
        f"field = EXACT: the squares of {len(matrices)} matrices of {d} rows",
        "use a smaller d, spectra, or field=BALL(bits)",
    )


def map_scalars(setup: Setup, field: Field) -> tuple[Array, float]:
    """Return A* as scalars of ``field``, (d,) or (d, d), and in F64 an estimate of its error relative to its size.

    Must run inside ``field.working()``; for formulas that go on computing with the scalars.
    """
    return _scalars(setup, field, limit=False)


def _map(setup: Setup, field: Field, *, limit: bool) -> Array:
    """Return A*, or its limit, as public numbers."""
    with field.working():
        return public_matrix(_scalars(setup, field, limit=limit)[0], field)


def _scalars(setup: Setup, field: Field, *, limit: bool) -> tuple[Array, float]:
    if is_multiprecision(field):
        return _with_guard_digits(setup, field, limit=limit), 0.0
    if field is F64:
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            return _in_float64(setup, limit=limit)
    if not limit and _distinct_tasks(setup) is None:
        return gamma_pair(setup, field)[1], 0.0
    return _quotient(*_pair(setup, field, limit=limit), field), 0.0


def _pair(setup: Setup, field: Field, *, limit: bool) -> tuple[Array, Array]:
    """Return two arrays whose quotient is A*, or its limit."""
    if not limit:
        return moment_pair(setup, field)
    mixture = _distinct_tasks(setup)
    first = _mean(setup, mixture, field)
    if mixture is None or mixture.sampling == "per_example":
        return field.array(np.ones(setup.d, dtype=int) if first.ndim == 1 else np.eye(setup.d, dtype=int)), first
    tasks = _tasks(mixture, field)
    _refuse_slow_products([Lambda for _, Lambda in tasks], field)
    return first, np.asarray(sum(weight * _square(Lambda) for weight, Lambda in tasks))


def _quotient(first: Array, second: Array, field: Field) -> Array:
    """Return first · second⁻¹ for symmetric positive definite arguments."""
    if first.ndim == 1:
        return first / second
    if field is EXACT:
        rational_cost.refuse_slow(
            rational_cost.inverse(second),
            f"field = EXACT: the inverse of a {len(second)} × {len(second)} matrix of moments",
            "use a smaller d, entries of fewer digits, spectra, or field=BALL(bits)",
        )
    return np.asarray(first @ field.inverse(second))


def _with_guard_digits(setup: Setup, field: Field, *, limit: bool) -> Array:
    """Return A*, or its limit, with digits added until ‖M‖‖M⁻¹‖ · ‖L‖‖M⁻¹‖/‖LM⁻¹‖ leaves those of ``field``."""
    asked = int(getattr(field, "dps"))  # noqa: B009
    digits = asked + _GUARD
    while digits <= min(_MOST_GUARD * (asked + _GUARD), 100_000):
        wide = MP(digits)
        first, second = _pair(setup, wide, limit=limit)
        if first.ndim == 1:
            return first / second
        try:
            inverse = wide.inverse(second)
        except ZeroDivisionError:
            pass
        else:
            values = np.asarray(first @ inverse)
            lost = _norm(second) * _norm(inverse) ** 2 * _norm(first) / _norm(values) * setup.d
            if lost <= 10 ** (digits - asked - 1):
                return values
        digits *= 2
    raise _too_singular(setup, field)


def _in_float64(setup: Setup, *, limit: bool) -> tuple[Array, float]:
    """Return A*, or its limit, and an estimate of its error, refusing what float64 cannot hold or resolve."""
    mixture = _distinct_tasks(setup)
    try:
        if mixture is None or (limit and mixture.sampling == "per_example"):
            matrix = _mean(setup, mixture, F64) if limit else None
            matrix, values = (matrix, _inverse(matrix)) if matrix is not None else gamma_pair(setup, F64)
            error = 0.0 if matrix.ndim == 1 else _norm(matrix) * _norm(values) * 2.0**-53
        else:
            tasks = _tasks(mixture, F64)
            n = math.inf if limit else float(setup.n)
            solve = _by_direction if tasks[0][1].ndim == 1 else _by_least_squares
            values, error = solve(tasks, mixture.sampling == "per_prompt", n)
    except np.linalg.LinAlgError:
        raise _too_singular(setup, F64) from None
    smallest = np.min(values) if values.ndim == 1 else np.max(np.abs(values))
    if not (np.isfinite(values).all() and smallest >= np.finfo(float).tiny):
        raise _out_of_range("A*")
    if not error <= _MOST_ROUNDING:
        raise _too_singular(setup, F64)
    return values, max(error, 8 * 2.0**-53)


def _inverse(matrix: Array) -> Array:
    return 1 / matrix if matrix.ndim == 1 else F64.inverse(matrix)


def _by_direction(tasks: list[tuple[Any, Array]], per_prompt: bool, n: float) -> tuple[Array, float]:
    """Return A* of float64 spectra: numerator and denominator are divided by 2^e ≈ max λ, direction by direction."""
    exponents = np.frexp(np.max([Lambda for _, Lambda in tasks], axis=0))[1]
    scaled = [(weight, np.ldexp(Lambda, -exponents), Lambda) for weight, Lambda in tasks]
    first = sum(weight * share for weight, share, _ in scaled)
    traced = sum(weight * share * (Lambda.sum() / n) for weight, share, Lambda in scaled) if n < math.inf else 0.0
    same = sum(weight * share * Lambda for weight, share, Lambda in scaled)
    if per_prompt:
        second = same * (1 + 1 / n) + traced
    else:
        mean = sum(weight * Lambda for weight, Lambda in tasks)
        second = first * mean * (1 - 1 / n) + same * (2 / n) + traced
    if not (np.isfinite(second).all() and np.min(second) >= np.finfo(float).tiny):
        raise _out_of_range("E[S²]")
    return np.asarray(first / second), 0.0


def _by_least_squares(tasks: list[tuple[Any, Array]], per_prompt: bool, n: float) -> tuple[Array, float]:
    """Return A* of float64 matrices and an estimate of its error: E[S²] = BᵀB is not formed, which squares κ.

    The rows of B are multiples of the Λ_ℓ, on which C has s times the same multiples of I, and a Cholesky factor of
    Σ_ℓ π_ℓ tr(Λ_ℓ) Λ_ℓ/n, on which C is 0.
    """
    exponent = int(np.frexp(max(np.abs(Lambda).max() for _, Lambda in tasks))[1])
    tasks = [(weight, np.ldexp(Lambda, -exponent)) for weight, Lambda in tasks]
    if per_prompt:
        rows = [(math.sqrt(weight * (1 + 1 / n)), Lambda) for weight, Lambda in tasks]
    else:
        mean = np.asarray(sum(weight * Lambda for weight, Lambda in tasks))
        rows = [(math.sqrt(1 - 1 / n), mean), *((math.sqrt(2 * weight / n), Lambda) for weight, Lambda in tasks)]
    one, s = np.eye(len(tasks[0][1])), 1 / (1 + 1 / n)
    B, C = [root * Lambda for root, Lambda in rows], [s * root * one for root, _ in rows]
    traced = 0.0
    if n < math.inf:
        factor = np.linalg.cholesky(sum(weight * (np.trace(Lambda) / n) * Lambda for weight, Lambda in tasks))
        B, C, traced = [*B, factor.T], [*C, 0 * one], float(np.sum(factor**2))
    stacked, wanted = np.vstack(B), np.vstack(C)
    solution, _, rank, sizes = np.linalg.lstsq(stacked, wanted, rcond=None)
    if rank < len(one):
        raise np.linalg.LinAlgError
    kappa = sizes[0] / sizes[-1]
    rest = np.linalg.norm(wanted - stacked @ solution) / (sizes[0] * np.linalg.norm(solution))
    error = (kappa + kappa**2 * rest + traced / sizes[-1] ** 2) * 2.0**-53
    return np.ldexp(solution.T, -exponent), float(error)


def _norm(matrix: Array) -> Any:
    """Return the largest row sum of absolute values, of a matrix over F64 or MP."""
    return np.max(np.sum(np.abs(matrix), axis=1))


def _too_singular(setup: Setup, field: Field) -> NotConverged:
    remedy = "use field=MP(dps), BALL(bits) or EXACT"
    return NotConverged(f"the tasks of {setup.d} rows are too nearly singular for {field.name}: {remedy}")


def _out_of_range(name: str) -> NotConverged:
    return NotConverged(f"{name} leaves the float64 range: rescale the tasks, or use field=MP(dps) or EXACT")


def _finite(values: Any, field: Field) -> Array:
    """Refuse what overflows, and moments whose diagonal underflows."""
    if field.dtype is np.float64:
        diagonal = values if values.ndim == 1 else np.diagonal(values)
        if not (np.isfinite(values).all() and np.min(diagonal) >= np.finfo(float).tiny):
            raise _out_of_range("E[S²]")
    return np.asarray(values)
