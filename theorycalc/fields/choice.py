"""Which of the four a field is, and the way between its scalars and public numbers without rounding."""

from fractions import Fraction
from typing import Any

import flint

from theorycalc._checks import shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields.balls import Balls, exact_ball
from theorycalc.fields.exact import Exact
from theorycalc.fields.float64 import F64, Float64
from theorycalc.fields.multiprecision import Multiprecision, mp_context
from theorycalc.fields.numbers import Array, Ball, as_fraction, dyadic, fmpq, object_array
from theorycalc.fields.protocol import Field


def require_field(field: Any) -> Field:
    """Return ``field`` if it is one of the four, else raise InvalidSetup."""
    if isinstance(field, Float64 | Exact | Balls | Multiprecision):
        return field
    raise InvalidSetup(f"field = {shown(field)}: not a number field; pass F64, EXACT, MP(dps) or BALL(bits)")


def is_ball(field: Field) -> bool:
    """Whether the field's numbers are rigorous enclosures."""
    return isinstance(field, Balls)


def is_multiprecision(field: Field) -> bool:
    """Whether the field is MP(dps)."""
    return isinstance(field, Multiprecision)


def as_public(value: Any) -> Any:
    """Return the public number that a scalar of any field is, without rounding; everything else as it is."""
    if isinstance(value, flint.arb):
        return Ball(dyadic(value.mid().man_exp()), dyadic(value.rad().man_exp()))
    if isinstance(value, flint.fmpq):
        return as_fraction(value)
    if hasattr(value, "_mpf_"):
        import mpmath

        return mpmath.mp.make_mpf(value._mpf_)
    return value


def as_scalars(values: Array, field: Field) -> Array:
    """Return the scalars of ``field`` whose public numbers these are, without rounding; scalars stay as they are.

    >>> import numpy as np
    >>> from theorycalc.fields import BALL
    >>> third = BALL(64).array(["1/3"])
    >>> again = as_scalars(np.array([as_public(third[0])], dtype=object), BALL(64))
    >>> again[0].rad() == third[0].rad(), again[0].mid() == third[0].mid()
    (True, True)
    """
    if field is F64:
        return values
    if isinstance(field, Balls):
        return object_array(values, lambda value: exact_ball(value) if isinstance(value, Ball) else value)
    if isinstance(field, Multiprecision):
        context = mp_context(field.dps)
        return object_array(
            values, lambda value: value if type(value) is context.mpf else context.make_mpf(value._mpf_)
        )
    return object_array(values, lambda value: fmpq(value) if isinstance(value, Fraction) else value)
