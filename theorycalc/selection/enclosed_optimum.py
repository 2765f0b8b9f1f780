"""The optimal mixture in balls: the support that float64 finds, proved to be that of the only optimum."""

from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified, NotConverged
from theorycalc.fields import BALL, Array, Ball, BeyondFloat64, Field, is_ball
from theorycalc.selection.float_optimum import rows, support
from theorycalc.selection.optimum import Optimum, deviations
from theorycalc.selection.program import SelectionProgram, selection_program

_GUARD_BITS = 64


def enclosed_optimum(program: SelectionProgram) -> Optimum:
    """Return the optimum over BALL, or over MP as rounded midpoints.

    The equations ⟨u_ℓ, x⟩ = ν' on the support, Σ π_ℓ = 1, are solved in balls.  If the solution is positive there and
    ⟨u_ℓ, x⟩ > ‖x‖² for certain elsewhere, then the exact solution, which lies in the balls, is the only optimum.
    """
    field = program.field
    bits = int(getattr(field, "bits" if is_ball(field) else "dps"))
    fine = BALL((bits if is_ball(field) else int(bits * 3.33)) + _GUARD_BITS)
    source = selection_program(program.Sigma, program.covariances, field=fine)
    with fine.working():
        U = deviations(source, fine)
        used = _guess(source, field)
        one, ones = fine.number(1), fine.array(np.ones(len(used), dtype=int))
        try:
            x = fine.inverse(U[used] @ U[used].T + one) @ ones
        except NotConverged:
            raise _undecided(field) from None
        if not all(value > 0 for value in x):
            raise _undecided(field)
        pi = x / x.sum()
        point = pi @ U[used]
        square = (point * point).sum()
        slack = U @ point - square
        if not all(slack[ell] > 0 for ell in range(len(U)) if ell not in used):
            raise _undecided(field)
        slack[used] = fine.number(0)  # proved
        traces = one * program.d - pi @ fine.array([_trace(source, ell, fine) for ell in used])
        weights = np.array([fine.number(0)] * len(U), dtype=object)
        weights[used] = pi
        numbers = [fine.public(value) for value in (square, (square - traces) * 2)]
        words = f"rigorous enclosures ({field.name}) of the only optimal mixture"
        return Optimum(
            weights=_public([fine.public(value) for value in weights], field),
            value=_public(numbers[:1], field)[0],
            multiplier=_public(numbers[1:], field)[0],
            reduced_costs=_public([fine.public(value * 2) for value in slack], field),
            gap=_public([Ball(Fraction(0), Fraction(0))], field)[0],
            face=tuple(used),
            dimension=0,
            uncertainty=words if is_ball(field) else f"rounded midpoints of {words}",
        )


def _guess(source: SelectionProgram, field: Field) -> list[int]:
    try:
        found = support(*rows(source))
    except BeyondFloat64:
        found = None
    if not found:
        raise NotCertified(f"{field.name}: float64 finds no mixture to start from; use field=EXACT")
    return found


def _trace(program: SelectionProgram, ell: int, fine: Field) -> Any:
    ratio = program.ratios[ell]
    return fine.number(0) + (ratio.sum() if ratio.ndim == 1 else np.trace(ratio))


def _public(balls: list[Ball], field: Field) -> Array:
    result = np.empty(len(balls), dtype=object)
    result[:] = balls if is_ball(field) else [field.public(field.number(ball.mid)) for ball in balls]
    return result


def _undecided(field: Field) -> NotCertified:
    return NotCertified(
        f"{field.name} cannot prove one optimal mixture: it is not unique, or nearly so; use more bits, or field=EXACT"
    )
