"""The four number fields against exact rational arithmetic, and their manners: no global state changes."""

import copy
import json
import math
import pickle
import threading
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    MP,
    Ball,
    as_fraction,
    digits,
    is_ball,
    is_definite,
    is_multiprecision,
    require_field,
)
from theorycalc.results import plain

FIELDS = [F64, MP(30), BALL(100), EXACT]
FRACTIONS = st.fractions(min_value=-100, max_value=100, max_denominator=1000)


def horner(x, field):
    """(x² + 1/3)² / 7 − x: the same text in every field."""
    third = field.number("1/3")
    square = x * x + third
    return square * square / field.number(7) - x


def horner_exactly(x):
    return (x * x + Fraction(1, 3)) ** 2 / 7 - x


@given(FRACTIONS)
def test_one_formula_runs_on_all_four(x):
    truth = horner_exactly(x)
    size = (x * x + 1) ** 2 + abs(x)  # of the terms that may cancel
    for field in FIELDS:
        with field.working():
            value = field.public(horner(field.number(x), field))
        if field is EXACT:
            assert value == truth
        elif is_ball(field):
            assert truth in value
            assert value.rad <= size / 2**92
        else:
            unit = Fraction(1, 10**29) if is_multiprecision(field) else Fraction(1, 2**53)
            assert abs(as_fraction(value) - truth) <= 20 * unit * size


@st.composite
def computations(draw):
    """A random straight-line program over + − × ÷ and square roots of squares, as (exact value, ball)."""
    inputs = draw(st.lists(FRACTIONS, min_size=2, max_size=4))
    field = BALL(draw(st.sampled_from([24, 40, 64, 200])))
    exact, balls = list(inputs), [field.number(x) for x in inputs]
    with field.working():
        for _ in range(draw(st.integers(1, 8))):
            i, j = draw(st.integers(0, len(exact) - 1)), draw(st.integers(0, len(exact) - 1))
            operation = draw(st.sampled_from("+-*/r"))
            if operation == "/":
                if exact[j] == 0:
                    continue
                exact.append(exact[i] / exact[j])
                balls.append(balls[i] / balls[j])
            elif operation == "r":
                exact.append(abs(exact[i]))
                balls.append((balls[i] * balls[i]).sqrt())
            else:
                exact.append({"+": exact[i] + exact[j], "-": exact[i] - exact[j], "*": exact[i] * exact[j]}[operation])
                balls.append({"+": balls[i] + balls[j], "-": balls[i] - balls[j], "*": balls[i] * balls[j]}[operation])
    return exact, balls, field


@given(computations())
def test_balls_contain_the_exact_value(computation):
    exact, balls, field = computation
    for truth, ball in zip(exact, balls, strict=True):
        try:
            public = field.public(ball)
        except NotConverged:
            continue  # divided by a ball that holds zero: infinite, and said so
        assert truth in public
        assert public.lower <= truth <= public.upper
        low, high = printed(str(public))
        assert low <= public.lower
        assert public.upper <= high


def printed(text):
    """The interval that '[m +/- r]', '[+/- r]' or 'm' stands for, read in exact arithmetic."""
    if not text.startswith("["):
        return Fraction(text), Fraction(text)
    middle, _, radius = text[1:-1].partition("+/-")
    mid, rad = Fraction(middle.strip() or 0), Fraction(radius.strip())
    return mid - rad, mid + rad


@given(
    st.fractions(min_value=-(10**6), max_value=10**6) | st.floats(allow_nan=False, allow_infinity=False).map(Fraction),
    st.just(Fraction(0))
    | st.fractions(min_value=0, max_value=10)
    | st.integers(-300, 300).map(lambda e: Fraction(10) ** e),
)
def test_a_printed_ball_contains_the_ball(mid, rad):
    ball = Ball(mid, rad)
    low, high = printed(str(ball))
    assert low <= ball.lower <= ball.upper <= high
    useful = 12 * rad + abs(mid) / 10**3 if rad < abs(mid) / 100 else 3 * (abs(mid) + rad)  # arb prints certain digits
    assert high - low <= useful


def test_a_narrow_ball_is_printed_narrow():
    ball = BALL(400).public(BALL(400).number("1/3"))
    low, high = printed(str(ball))
    assert high - low < Fraction(1, 10**110)
    assert str(Ball(Fraction(1, 2), Fraction(0))) == "0.5000"


def test_ball_is_a_value():
    ball = Ball(Fraction(1, 2), Fraction(1, 4))
    assert float(ball) == 0.5
    assert 0.75 in ball
    quarter: Any = np.float32(0.25)
    assert quarter in ball
    assert mpmath.mpf("0.75") in ball
    assert Fraction(76, 100) not in ball
    assert pickle.loads(pickle.dumps(ball)) == ball
    with pytest.raises(AttributeError):
        ball.mid = Fraction(1)  # type: ignore[misc]


@given(st.fractions(min_value=-(10**9), max_value=10**9), st.integers(24, 300))
def test_json_of_a_ball_contains_it(value, bits):
    ball = BALL(bits).public(BALL(bits).number(value))
    entry = json.loads(json.dumps(plain(ball), allow_nan=False))
    assert Fraction(entry["mid"]) - Fraction(entry["rad"]) <= ball.lower
    assert ball.upper <= Fraction(entry["mid"]) + Fraction(entry["rad"])
    low, high = printed(entry["enclosure"])
    assert low <= ball.lower <= ball.upper <= high


def test_json_of_a_ball_beyond_float64():
    entry = plain(Ball(Fraction(10**400), Fraction(1)))
    assert entry["mid"] is None
    assert entry["rad"] is None
    low, high = printed(entry["enclosure"])
    assert low <= 10**400 <= high


# ------------------------------------------------------------------------------------------ public numbers


def test_public_numbers():
    for field, kind in zip(FIELDS, [float, mpmath.mpf, Ball, Fraction], strict=True):
        with field.working():
            value = field.public(field.number("1/2"))
        assert isinstance(value, kind)
        assert as_fraction(value) == Fraction(1, 2)
    assert type(EXACT.public(EXACT.number(3))) is Fraction
    assert type(F64.public(F64.number(np.float64(3)))) is float


@given(st.fractions(), st.integers(5, 120))
def test_multiprecision_is_correctly_rounded_and_keeps_its_digits(value, dps):
    field = MP(dps)
    number = field.number(value)
    public = field.public(number)
    assert as_fraction(public) == as_fraction(number)
    assert abs(as_fraction(public) - value) <= abs(value) * Fraction(1, 2) / 2 ** (mpmath.libmp.dps_to_prec(dps) - 1)
    assert as_fraction(field.number(public)) == as_fraction(public)
    with mpmath.workdps(dps):
        assert mpmath.mpf(plain(public, dps=dps)) == public  # its text holds every digit
    assert as_fraction(pickle.loads(pickle.dumps(public))) == as_fraction(public)


@given(st.fractions())
def test_exact_is_exact(value):
    assert EXACT.public(EXACT.number(value)) == value
    assert EXACT.public(EXACT.number(str(value))) == value
    assert digits(value) == str(value)
    assert Fraction(plain(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_the_dyadic_rational_it_is_in_every_field(value):
    for field in (F64, MP(20), BALL(60), EXACT):
        with field.working():
            public = field.public(field.number(value))
        assert as_fraction(public) == Fraction(value)
        if is_ball(field):
            assert public.rad == 0


def test_thousands_of_digits():
    value = Fraction(10**6000 + 1, 3)
    assert EXACT.public(EXACT.number(value)) == value
    assert len(digits(value)) == 6003
    assert len(plain(value)) == 6003


def test_numbers_beyond_float64_are_said():
    for convert in (F64.number, lambda x: F64.array([x])):
        with pytest.raises(NotConverged, match=r"exceeds the float64 range; "):
            convert(Fraction(10**400))
    assert F64.number(Fraction(1, 10**400)) == 0.0


def test_as_fraction_of_every_kind():
    for value in (1, 0.5, np.float32(0.5), np.int64(3), flint.fmpq(1, 3), flint.fmpz(3), "1/3", mpmath.mpf("-0.5")):
        assert as_fraction(value) == Fraction(str(value).replace("'", ""))
    for bad in (mpmath.inf, mpmath.nan, -mpmath.inf):
        with pytest.raises(NotConverged, match="not finite"):
            as_fraction(bad)


# ------------------------------------------------------------------------------------------------- arrays


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_arrays(field):
    values = field.array([["1/2", 2], [Fraction(3), 4.0]])
    assert values.shape == (2, 2)
    assert values.dtype == field.dtype
    assert field.array(np.zeros((0, 3))).shape == (0, 3)
    with field.working():
        product = values @ field.inverse(values)
        for i, j in np.ndindex(2, 2):
            assert float(abs(as_fraction(field.public(product[i, j])) - (i == j))) <= 1e-14


def test_square_roots():
    for field in FIELDS[:3]:
        with field.working():
            root = field.public(field.sqrt(field.array([2]))[0])
        if is_ball(field):
            assert root.lower**2 <= 2 <= root.upper**2
        else:
            assert abs(as_fraction(root) ** 2 - 2) <= Fraction(1, 10**15)
    with pytest.raises(OutsideRegime, match=r"rationals: use field=BALL"):
        EXACT.sqrt(EXACT.array([4]))


def test_balls_that_know_nothing_are_not_returned():
    field = BALL(64)
    with field.working():
        zero = field.number("1/3") - field.number("1/3")
        infinite = field.number(1) / zero
    with pytest.raises(NotConverged, match="more bits"):
        field.public(infinite)
    with pytest.raises(NotConverged, match="singular"):
        field.inverse(field.array([["1/3", "1/3"], ["1/3", "1/3"]]))


def test_a_ball_is_no_input():
    with pytest.raises(InvalidSetup, match=r"value = Ball.*; state"):
        BALL(64).number(Ball(Fraction(1), Fraction(1)))


@given(st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=1, max_size=3), st.integers(-2, 2))
def test_definiteness_is_decided_exactly(rows, shift):
    factor = np.array(rows, dtype=object)
    gram = factor.T @ factor + shift * np.eye(3, dtype=int).astype(object)
    determinants = [int(flint.fmpz_mat([list(map(int, r[:k])) for r in gram[:k]]).det()) for k in (1, 2, 3)]
    assert is_definite(gram, semidefinite=False) == all(x > 0 for x in determinants)  # Sylvester
    if shift == 0:
        assert is_definite(gram, semidefinite=True)
    assert is_definite(gram, semidefinite=False) <= is_definite(gram, semidefinite=True)


# ------------------------------------------------------------------------------------- precision is local


@pytest.fixture
def unchanged():
    """Global precision is the same after the test, whatever it was before."""
    before = flint.ctx.prec, mpmath.mp.prec, mpmath.iv.prec
    yield
    assert (flint.ctx.prec, mpmath.mp.prec, mpmath.iv.prec) == before


def use(field):
    with field.working():
        values = field.array(["1/3", 2])
        return field.public((field.inverse(field.array([[1, 2], [3, "1/7"]])) @ values).sum())


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_precision_is_restored_after_use(field):
    assert as_fraction(use(field)) == pytest.approx(float(as_fraction(use(EXACT))), rel=1e-12)


@pytest.mark.usefixtures("unchanged")
def test_precision_is_restored_after_exceptions():
    with pytest.raises(ZeroDivisionError), BALL(777).working():
        Fraction(flint.ctx.prec, 0)
    with pytest.raises(NotConverged):
        BALL(99).inverse(BALL(99).array([[0, 0], [0, 0]]))
    with pytest.raises(ValueError, match="Invalid literal"):
        BALL(99).array(["x"])


@pytest.mark.usefixtures("unchanged")
def test_precisions_nest():
    with BALL(50).working():
        with BALL(300).working():
            assert flint.ctx.prec == 300
        assert flint.ctx.prec == 50


@pytest.mark.usefixtures("unchanged")
def test_results_do_not_depend_on_the_caller_precision():
    expected = [use(field) for field in FIELDS]
    with mpmath.workdps(4), flint.ctx.workprec(30):
        assert [use(field) for field in FIELDS] == expected


@pytest.mark.usefixtures("unchanged")
def test_precision_is_local_to_threads():
    """Threads with different precision get what they would get alone."""
    fields = [BALL(40 + 30 * i) for i in range(4)] + [MP(20 + 20 * i) for i in range(4)]
    alone = [use(field) for field in fields]
    together: list[list] = [[] for _ in fields]

    def work(place):
        for _ in range(30):
            together[place].append(use(fields[place]))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(fields))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(value == alone[i] for i, values in enumerate(together) for value in values)
    assert all(len(values) == 30 for values in together)


# ------------------------------------------------------------------------------------- fields as arguments


def test_fields_are_values():
    assert MP(30) == MP(30) != MP(31)
    assert BALL(64) == BALL(64)
    assert [field.name for field in FIELDS] == ["F64", "MP(30)", "BALL(100)", "EXACT"]
    for field in FIELDS:
        assert require_field(field) is field
        assert pickle.loads(pickle.dumps(field)) == field
    for field in (F64, EXACT):  # asked for by identity
        assert pickle.loads(pickle.dumps(field)) is field
        assert copy.deepcopy(field) is field


@pytest.mark.parametrize("bad", [None, "F64", float, 64, MP, BALL], ids=["None", "text", "type", "int", "MP", "BALL"])
def test_what_is_no_field(bad):
    with pytest.raises(InvalidSetup, match=r"^field = .*; pass F64, EXACT, MP\(dps\) or BALL\(bits\)$"):
        require_field(bad)


@pytest.mark.parametrize("bad", [0, -5, 4, 10**9, 2.5, math.nan, None, "50", True])
def test_absurd_precision(bad):
    for make, name in ((MP, "dps"), (BALL, "bits")):
        with pytest.raises(InvalidSetup, match=rf"^{name} = .*; pass "):
            make(bad)


@given(FRACTIONS)
def test_float64_rounds_correctly(value):
    assume(value)
    assert F64.number(value) == value.numerator / value.denominator
    assert F64.array([value, str(value)]).tolist() == [float(value)] * 2
