"""Argument checks: what is accepted exactly, what is refused, and that every refusal is one useful line."""

import math
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theorycalc import _checks
from theorycalc._checks import choice, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import BALL, EXACT

REMEDY = "pass an integer >= 1"


def count(value, maximum=10**6):
    return integer("n", value, minimum=1, maximum=maximum, remedy=REMEDY)


@pytest.mark.parametrize(
    "value", [3, 3.0, np.int8(3), np.uint64(3), np.float32(3), Fraction(3), sp.Integer(3), sp.Float(3), mpmath.mpf(3)]
)
def test_integers_of_every_library(value):
    assert count(value) == 3
    assert type(count(value)) is int


@pytest.mark.parametrize(
    "value",
    [
        *[
            True,
            np.True_,
            "3",
            b"3",
            None,
            [3],
            np.array(3),
            np.array([3]),
            3 + 0j,
            Decimal(3),
            sp.Symbol("n"),
            object(),
        ],
        *[3.5, math.nan, math.inf, -math.inf, np.float64("nan"), Fraction(7, 2), sp.Rational(7, 2), mpmath.inf],
        *[3 + Fraction(1, 10**30), Fraction(10**400 + 1, 2)],  # integers after rounding to float64
        *[0, -1, 0.0, -(10**5000), 10**6 + 1, 10**400, 10**5000, 1e300, Fraction(10**400)],
    ],
    ids=lambda value: shown(value, 20),
)
def test_no_integers(value):
    with pytest.raises(InvalidSetup) as refusal:
        count(value)
    line = str(refusal.value)
    assert line.startswith("n = ")
    assert "\n" not in line
    assert line.endswith(f"; {REMEDY}")
    assert len(line) < 160


def test_steps():
    assert _checks.steps(0) == 0
    assert _checks.steps(np.int64(7)) == 7
    for bad in (-1, 1.5, None, 10**9):
        with pytest.raises(InvalidSetup, match=r"^steps = .*; pass the number of CoT steps k, an integer >= 0$"):
            _checks.steps(bad)


def test_choice():
    assert choice("metric", "a", ("a", "b")) == "a"
    for bad in ("c", None, ["a"], 1):
        with pytest.raises(InvalidSetup, match=r"^metric = .*; choose one of a, b$"):
            choice("metric", bad, ("a", "b"))


with mpmath.workdps(60):
    TENTH_OF_60_DIGITS = mpmath.mpf("0.1")


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        *[(3, Fraction(3)), (np.int64(3), Fraction(3)), (10**400, Fraction(10**400)), (Fraction(1, 3), Fraction(1, 3))],
        *[("1/3", Fraction(1, 3)), (" 1 / 3 ", Fraction(1, 3)), ("-2/6", Fraction(-1, 3)), ("0.1", Fraction(1, 10))],
        *[
            ("1e-3", Fraction(1, 1000)),
            ("1E400", Fraction(10**400)),
            ("1_000", Fraction(1000)),
            ("\t.5\n", Fraction(1, 2)),
        ],
        *[(np.str_("0.1"), Fraction(1, 10)), (Decimal("0.1"), Fraction(1, 10)), (Decimal("1e400"), Fraction(10**400))],
        *[(sp.Rational(1, 3), Fraction(1, 3)), (sp.Integer(3), Fraction(3)), (sp.Rational(-1, 2), Fraction(-1, 2))],
        *[(EXACT.number("1/3"), Fraction(1, 3)), (mpmath.mpf("0.1"), Fraction(0.1)), (mpmath.mpf(0), Fraction(0))],
        *[(mpmath.mpf(-3) / 4, Fraction(-3, 4)), (sp.Float("0.5"), Fraction(1, 2))],
    ],
    ids=lambda value: shown(value, 20),
)
def test_exact_numbers_stay_exact(value, exact):
    result = number("x", value)
    assert isinstance(result, Fraction)
    assert result == exact


def test_long_floats_keep_their_digits():
    for value in (TENTH_OF_60_DIGITS, sp.Float("0.1", 60)):
        assert abs(Fraction(number("x", value)) - Fraction(1, 10)) < Fraction(1, 10**59)


@pytest.mark.parametrize("value", [0.1, np.float64(0.1), np.float32(0.1), np.float16(0.1), sp.sqrt(2)])
def test_floats_stay_floats(value):
    result = number("x", value)
    assert type(result) is float
    assert result == float(value)


@pytest.mark.parametrize(
    "value",
    [
        *[
            True,
            np.False_,
            None,
            b"1",
            [1],
            (1,),
            np.array(1.0),
            np.array([1.0]),
            object(),
            {},
            "",
            " ",
            "x",
            "1/0",
            "1/2/3",
        ],
        *[
            "1e",
            "1.2.3",
            "0x10",
            "1/2.5",
            "²",
            "1\x002",
            "1e10000000000",
            "1e1_000_000_000",
            "-1E-99999999",
            "1" * 6000,
        ],
        *[
            math.nan,
            math.inf,
            -math.inf,
            np.float32("inf"),
            "nan",
            "-inf",
            "Infinity",
            Decimal("NaN"),
            Decimal("Infinity"),
        ],
        *[Decimal("1e1000000000"), mpmath.inf, mpmath.nan, mpmath.mpf("1e1000000000"), sp.oo, sp.nan, sp.zoo, sp.I],
        *[1j, 1 + 0j, np.complex64(1), mpmath.mpc(1, 1), sp.Symbol("x"), sp.Symbol("x") / 2],
        *[np.longdouble(1) / 3, BALL(64).number("1/3"), BALL(64).public(BALL(64).number("1/3"))],
    ],
    ids=lambda value: shown(value, 20),
)
def test_no_numbers(value):
    with pytest.raises(InvalidSetup) as refusal:
        number("x", value)
    line = str(refusal.value)
    assert line.startswith("x = ")
    assert "\n" not in line
    assert "; " in line
    assert len(line) < 200


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (math.nan, "not finite"),
        ("inf", "not finite"),
        (1j, "complex"),
        (sp.Symbol("x"), "symbolic"),
        ("x", "not a number"),
    ],
)
def test_the_problem_is_named(value, problem):
    with pytest.raises(InvalidSetup, match=f": {problem}; "):
        number("x", value)


@given(st.fractions())
def test_fractions_survive_the_way_through_text(value):
    assert number("x", str(value)) == value
    assert number("x", f" {value.numerator} / {value.denominator} ") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive_every_way(value):
    assert number("x", value) == value
    assert number("x", repr(value)) == Fraction(repr(value))
    assert number("x", mpmath.mpf(value)) == value
    assert number("x", Decimal(value)) == Fraction(value)


@given(st.text())
def test_any_text_is_a_number_or_one_line(text):
    try:
        line = str(number("x", text))
    except InvalidSetup as refusal:
        line = str(refusal)
    assert len(line.splitlines()) == 1


@given(st.recursive(st.none() | st.text() | st.integers() | st.binary(), st.lists))
def test_shown_is_one_short_line(value):
    assert len(shown(value).splitlines()) <= 1
    assert len(shown(value)) <= 60


def test_shown_of_what_python_refuses_to_print():
    assert shown(10**5000) == "int of thousands of digits"
    assert shown([Fraction(1, 10**5000)]) == "list of thousands of digits"
    assert shown(np.float64(0.5)) == "0.5"


def test_a_refusal_is_one_line_even_if_a_name_is_not():
    assert str(refuse("a\nb", 1, "bad", "do better")) == "a b = 1: bad; do better"
