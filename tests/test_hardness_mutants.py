"""Statements about hardness that only a wrong condition or index in its code would break."""

from fractions import Fraction

import mpmath
import pytest

from theorycalc.fields import BALL, F64, MP, Ball
from theorycalc.hardness import condition_number, effective_ranks, task_hardness

MATRIX = [[2, 1, 0], [1, 2, 0], [0, 0, 8]]  # eigenvalues 1, 3 and 8


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (task_hardness, 12),
        (condition_number, 8),
        (lambda Lambda, field: effective_ranks(Lambda, field=field).intrinsic, Fraction(3, 2)),
    ],
)
def test_each_field_answers_in_its_own_numbers(formula, value):
    in_digits, ball, rounded = (formula(MATRIX, field=field) for field in (MP(30), BALL(80), F64))
    assert isinstance(in_digits, mpmath.mpf)
    assert abs(in_digits - mpmath.mpf(value.numerator) / value.denominator) < 1e-14
    assert isinstance(ball, Ball)
    assert value in ball
    assert isinstance(rounded, float)
    assert rounded == pytest.approx(float(value), rel=1e-14)
