"""Boxes and balls: what is proved, what a point refutes, and that too wide is UNDECIDED and never a number."""

from fractions import Fraction

import pytest

from proofs_check.checks import by_boxes
from proofs_check.engines.ball import (
    Contact,
    Interval,
    below,
    encloses,
    larger,
    lifted,
    positive_on_boxes,
    smaller,
)
from proofs_check.evidence import Grade, Verdict
from proofs_check.runner import run_check
from theorycalc.error_curves.curves import expected_error
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.model import Setup

UNIT = {"x": (0, 1)}


def interval(low, high):
    return Interval(Fraction(low), Fraction(high))


# ------------------------------------------------------------------ intervals


def test_even_powers_are_tight():
    x = interval(-1, 2)
    assert str(x**2) == str(interval(0, 4))
    assert str(x**3) == str(interval(-1, 8))
    assert str(x**0) == str(interval(1, 1))
    assert str(interval(-3, -2) ** 4) == str(interval(16, 81))
    assert str(interval(2, 3) ** -2) == str(interval("1/9", "1/4"))
    assert str(lifted(Ball(Fraction(0), Fraction(1))) ** 2) == str(interval(0, 1))  # (0 ± 1)²


def test_arithmetic_encloses_every_value():
    x, y = interval(-1, 2), interval("1/2", 3)
    for a in (-1, Fraction(1, 3), 2):
        for b in (Fraction(1, 2), 1, 3):
            assert a + b in x + y
            assert a - b in x - y
            assert a * b in x * y
            assert Fraction(a) / b in x / y
            assert 1 / Fraction(b) in 1 / y
            assert min(a, b) in smaller(x, y)
            assert max(a, b) in larger(x, y)
            assert 3 - a in 3 - x
    assert str(x / y) == str(interval(-2, 4))
    assert str(smaller(x, y)) == str(interval(-1, 2))
    assert str(larger(x, 1)) == str(interval(1, 2))
    assert larger(1, 2) == 2


def test_division_by_zero_and_inexact_numbers_are_refused():
    for wide in (interval(-1, 1), interval(0, 1), interval(-1, 0)):
        with pytest.raises(ZeroDivisionError, match="contains zero"):
            1 / wide
        with pytest.raises(ZeroDivisionError):
            wide**-1
    with pytest.raises(TypeError, match="is a float"):
        interval(0, 1) + 0.5
    with pytest.raises(ValueError, match="empty"):
        interval(1, 0)


# ------------------------------------------------------------------ boxes


def decide(gap, boxes=None, **named):
    return positive_on_boxes(gap, boxes or UNIT, scope="here", **named)


def test_a_gap_is_proved_by_cutting():
    found = decide(lambda x: x**2 - x + Fraction(26, 100), strict=True)
    assert (found.verdict, found.grade) == (Verdict.CONFIRMED, Grade.ENCLOSED)
    assert found.scope.startswith("here; x in [0, 1]; ")
    assert int(found.scope.split()[-2]) > 5
    two = decide(lambda x, y: x**2 + y**2 - x * y + 1, {"x": (-1, 1), "y": ("-1/2", 2)}, strict=True)
    assert two.verdict is Verdict.CONFIRMED
    assert "y in [-1/2, 2]" in two.scope


@pytest.mark.parametrize(
    ("gap", "strict", "detail"),
    [
        (lambda x: x - Fraction(1, 3), False, "at x = 0 the gap is -1/3"),
        (lambda x: x**2 - x + Fraction(6, 100), False, "at x = 1/2 the gap is -19/100"),
        (lambda x: (2 * x - 1) ** 2, True, "at x = 1/2 the gap is 0"),
        (lambda x: (8 * x - 3) ** 2 - Fraction(1, 1000), False, "at x = 3/8 the gap is -1/1000"),
        (lambda x: 1 / x - 3, False, "at x = 1 the gap is -2"),
    ],
)
def test_an_exact_point_refutes(gap, strict, detail):
    found = decide(gap, strict=strict)
    assert (found.verdict, found.detail) == (Verdict.REFUTED, detail)


def test_too_wide_is_undecided():
    pole = decide(lambda x: 1 / x)
    assert pole.verdict is Verdict.UNDECIDED
    assert pole.detail.startswith("too wide on x in [0, 1/")
    assert decide(lambda x: 1 / x, {"x": ("1/1000000", 1)}).verdict is Verdict.CONFIRMED
    assert decide(lambda x: (3 * x - 1) ** 2 + x - x).verdict is Verdict.UNDECIDED  # touches zero at 1/3
    assert decide(lambda x: x**2 - x + Fraction(26, 100), most=3).verdict is Verdict.UNDECIDED
    assert decide(lambda x: x / (x - x)).verdict is Verdict.UNDECIDED


def test_a_contact_point_is_divided_out():
    """x(1 − x)²(2 − x) = 2x − 5x² + 4x³ − x⁴ touches zero at both ends of [0, 1]."""

    def gap(x):
        return 2 * x - 5 * x**2 + 4 * x**3 - x**4

    split = Contact(lambda x: x * (1 - x) ** 2, lambda x: 2 - x)
    assert decide(gap).verdict is Verdict.UNDECIDED
    assert decide(gap, contact=split, strict=True).verdict is Verdict.CONFIRMED
    wrong_split = Contact(lambda x: x * (1 - x) ** 2, lambda x: 3 - x)
    assert decide(gap, contact=wrong_split).verdict is Verdict.UNDECIDED
    assert "not factor · rest" in decide(gap, contact=wrong_split).detail
    negative = Contact(lambda x: x * (x - 1), lambda x: (x - 1) * (2 - x))
    assert "not shown to be >= 0" in decide(gap, contact=negative).detail


def test_a_contact_does_not_hide_a_wrong_gap():
    def gap(x):
        return x * (x - Fraction(1, 5)) ** 2 * (5 * x - 1)

    split = Contact(lambda x: x, lambda x: (x - Fraction(1, 5)) ** 2 * (5 * x - 1))
    assert decide(gap, contact=split).verdict is Verdict.REFUTED
    assert decide(lambda x: x * (3 * x - 1), contact=split).verdict is Verdict.REFUTED
    zero = Contact(lambda x: x, lambda x: (2 * x - 1) ** 2)
    assert decide(lambda x: x * (2 * x - 1) ** 2, contact=zero, strict=True).verdict is Verdict.REFUTED


def test_a_check_by_boxes_refutes_its_controls():
    """(1 − x)² ≥ 1 − 2x, with equality at 0: the gap is x² · 1."""
    check = by_boxes(
        "square",
        formula=2,
        controls={"1": 1, "3/2": Fraction(3, 2)},
        gaps=lambda slope: {"gap": lambda x: (1 - x) ** 2 - (1 - slope * x)},
        boxes=UNIT,
        contacts=lambda slope: {"gap": Contact(lambda x: x, lambda x: x + slope - 2)},
        scope="all x",
    )
    result = run_check(check)
    assert result.settled
    assert result.evidence.grade is Grade.ENCLOSED


# ------------------------------------------------------------------ balls


def test_an_enclosure_must_contain_and_be_narrow():
    third = BALL(64).public(BALL(64).number("1/3"))
    tight = Fraction(1, 10**15)
    assert encloses(third, Fraction(1, 3), most_radius=tight, scope="").verdict is Verdict.CONFIRMED
    assert encloses(third, Fraction(1, 3) + tight, most_radius=tight, scope="").verdict is Verdict.REFUTED
    wide = Ball(Fraction(1, 3), Fraction(1, 10))
    assert encloses(wide, Fraction(1, 3), most_radius=tight, scope="").verdict is Verdict.UNDECIDED
    assert encloses(wide, third, most_radius=tight, scope="").verdict is Verdict.UNDECIDED
    assert encloses(third, wide, most_radius=Fraction(1, 2), scope="").verdict is Verdict.CONFIRMED
    assert encloses(wide, (1, 2), most_radius=1, scope="").verdict is Verdict.REFUTED


def test_order_is_decided_by_enclosures_or_not_at_all():
    field = BALL(80)
    root = field.public(field.sqrt(field.array([2]))[0])
    assert below(root, Fraction(99, 70), scope="").verdict is Verdict.CONFIRMED
    assert below(Fraction(99, 70), root, scope="").verdict is Verdict.REFUTED
    assert below(root, root, scope="").verdict is Verdict.UNDECIDED
    assert below(1, 1, scope="").verdict is Verdict.REFUTED


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_balls_of_the_exact_rung_enclose_its_rationals(metric):
    setup = Setup([[1, "1/3"], ["1/3", "1/2"]], n=5, Sigma=[[4, 2], [2, 2]], m=2, noise_var="1/7")
    balls, exact = (expected_error(setup, 4, metric=metric, field=field).values for field in (BALL(200), EXACT))
    for ball, value in zip(balls, exact, strict=True):
        found = encloses(ball, value, most_radius=value / 10**30, scope="")
        assert found.verdict is Verdict.CONFIRMED
        assert (
            encloses(ball, value * Fraction(10**25 + 1, 10**25), most_radius=value, scope="").verdict is Verdict.REFUTED
        )
