"""What training on several tasks leaves in the weights: E[S], E[S²] and A* = E[S] (E[S²])⁻¹.

The loss ½ E‖I + c V S‖_F² has its minimum at V* = −A*/c for every law of S; the three sampling models differ in E[S²].
"""

from typing import Any

import numpy as np

from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT, F64, Array, Field, require_field
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, public_matrix, refuse_large
from theorycalc.model import Setup, TaskMixture, as_setup


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
        when an entry leaves the float64 range.

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
    with field.working():
        if _distinct_tasks(setup) is None:
            return public_matrix(gamma_pair(setup, field)[1], field)
        return public_matrix(_quotient(*moment_pair(setup, field), field), field)


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
    with field.working():
        mixture = _distinct_tasks(setup)
        first = _mean(setup, mixture, field)
        if mixture is None or mixture.sampling == "per_example":
            one = field.array(np.ones(setup.d, dtype=int) if first.ndim == 1 else np.eye(setup.d, dtype=int))
            return public_matrix(_quotient(one, first, field), field)
        tasks = _tasks(mixture, field)
        _refuse_slow_products([Lambda for _, Lambda in tasks], field)
        with np.errstate(over="ignore", invalid="ignore"):
            second = _finite(sum(weight * _square(Lambda) for weight, Lambda in tasks), field)
        return public_matrix(_quotient(first, second, field), field)


def moment_pair(setup: Setup, field: Field) -> tuple[Array, Array]:
    """Return (E[S], E[S²]) as scalars of ``field``: (d,) if all tasks are spectra, else (d, d).

    Must run inside ``field.working()``; for formulas that go on computing with the scalars.
    """
    mixture, n = _distinct_tasks(setup), field.number(setup.n)
    one, two = field.number(1), field.number(2)
    first = _mean(setup, mixture, field)
    tasks = [] if mixture is None else _tasks(mixture, field)
    _refuse_slow_products([first, *(Lambda for _, Lambda in tasks)], field)
    with np.errstate(over="ignore", invalid="ignore"):
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


def _quotient(first: Array, second: Array, field: Field) -> Array:
    """Return first · second⁻¹ for symmetric positive definite arguments."""
    if first.ndim == 1:
        return first / second
    if field is F64:
        return np.asarray(np.linalg.solve(second, first).T)
    if field is EXACT:
        rational_cost.refuse_slow(
            rational_cost.inverse(second),
            f"field = EXACT: the inverse of a {len(second)} × {len(second)} matrix of moments",
            "use a smaller d, entries of fewer digits, spectra, or field=BALL(bits)",
        )
    return np.asarray(first @ field.inverse(second))


def _finite(values: Any, field: Field) -> Array:
    if field.dtype is np.float64 and not np.isfinite(values).all():
        raise NotConverged("E[S²] leaves the float64 range: rescale the tasks, or use field=MP(dps) or EXACT")
    return np.asarray(values)
