"""The answers: intervals that mean something, numbers that survive JSON, CSV and pickling, arrays that stay."""

import csv
import dataclasses
import io
import json
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycalc.cot.recursion import iterate_cot
from theorycalc.error_curves import RUNGS, expected_error
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, EXACT, F64, MP, Ball, as_fraction
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.model import Setup
from theorycalc.montecarlo import expected_error as simulated_error
from theorycalc.results import ErrorCurve, GammaResult, Metric, Rung, plain
from theorycalc.spectra import power_law

SETUP = Setup([1, "1/2"], n=4, m=6)
FIELDS = [F64, MP(40), BALL(120), EXACT]
CURVES = [(rung, field) for rung in RUNGS for field in FIELDS]


def named(curve):
    return f"{curve[0]}-{curve[1].name}"


def made(values, slack=0, field_name="F64", **more):
    """A curve with the given values and the same uncertainty around each."""
    dtype = object if field_name != "F64" else float
    array = np.array(values, dtype=dtype)
    return ErrorCurve(
        setup=SETUP,
        rung=Rung.EXACT,
        metric=Metric.ESTIMATION,
        values=array,
        lower=np.array([v - slack for v in values], dtype=dtype),
        upper=np.array([v + slack for v in values], dtype=dtype),
        field_name=field_name,
        uncertainty="invented",
        **more,
    )


# --------------------------------------------------------------------------------------------------- argmin


def test_argmin():
    assert made([3.0, 1.0, 2.0]).argmin() == 1
    assert made([3.0, 1.0, 2.0], 0.4).argmin() == 1
    assert made([1.0]).argmin() == 0
    assert made([Fraction(3), Fraction(1), Fraction(1)], field_name="EXACT").argmin() == 1  # a tie without doubt


def test_argmin_of_a_tie_within_uncertainty_is_not_certified():
    with pytest.raises(NotCertified, match=r"steps \[1, 2\] cannot be told apart"):
        made([3.0, 1.0, 1.1], 0.2).argmin()
    with pytest.raises(NotCertified, match=r"steps \[0, 1, 2\]"):
        made([1.0, 1.0, 1.0], 1e-9).argmin()
    assert made([3.0, 1.0, 1.5], 0.25).argmin() == 1  # intervals that touch


def test_argmin_sees_what_floats_cannot():
    """Fractions, digits and balls that agree to 60 places are told apart, or the tie is said."""
    close = [Fraction(2), Fraction(1) + Fraction(1, 10**60), Fraction(1)]
    assert float(close[1]) == float(close[2])
    assert made(close, field_name="EXACT").argmin() == 2
    with mpmath.workdps(80):
        digits = [mpmath.mpf(x.numerator) / x.denominator for x in close]
    assert made(digits, field_name="MP(80)").argmin() == 2
    narrow = [Ball(x, Fraction(1, 10**70)) for x in close]
    wide = [Ball(x, Fraction(1, 10**50)) for x in close]
    for balls, certain in ((narrow, True), (wide, False)):
        curve = dataclasses.replace(
            made(close, field_name="BALL(300)"),
            values=np.array(balls, dtype=object),
            lower=np.array([ball.lower for ball in balls], dtype=object),
            upper=np.array([ball.upper for ball in balls], dtype=object),
        )
        if certain:
            assert curve.argmin() == 2
        else:
            with pytest.raises(NotCertified):
                curve.argmin()


@given(st.lists(st.floats(0, 10), min_size=1, max_size=6), st.floats(0, 5))
def test_argmin_is_right_or_refused(values, slack):
    curve = made(values, slack)
    try:
        best = curve.argmin()
    except NotCertified:
        return
    assert all(
        curve.upper[best] <= curve.lower[k] or values[best] <= values[k] for k in range(len(values)) if k != best
    )
    assert values[best] == min(values)


def test_argmin_of_real_curves():
    setup = Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7)
    assert {expected_error(setup, 6, field=field).argmin() for field in FIELDS} == {4}


# ----------------------------------------------------------------------------------------------- JSON, CSV


@pytest.mark.parametrize("case", CURVES, ids=named)
def test_json(case):
    rung, field = case
    curve = expected_error(SETUP, 3, rung=rung, field=field)
    data = json.loads(json.dumps(curve.to_dict(), allow_nan=False))
    assert data["steps"] == [0, 1, 2, 3]
    assert (data["rung"], data["metric"], data["field"]) == (rung, "estimation", field.name)
    assert Setup(**data["setup"]).to_dict() == SETUP.to_dict()
    assert data["uncertainty"] == curve.uncertainty
    assert data["notes"] == list(curve.notes)
    assert ("regimes" in data) == (rung == "bound")
    for name in ("values", "lower", "upper"):
        for entry, value in zip(data[name], getattr(curve, name), strict=True):
            assert read(entry, field) == as_fraction(value)


def read(entry, field):
    """The number that a JSON entry stands for, exactly."""
    if isinstance(entry, dict):
        middle = Fraction(entry["mid"])
        assert abs(middle - Fraction(entry["enclosure"].strip("[]").partition("+/-")[0])) <= abs(middle) / 10**15
        return middle if entry["rad"] == 0 else pytest.approx(float(middle), abs=entry["rad"])
    if isinstance(entry, str) and field.name.startswith("MP"):
        with mpmath.workdps(40):
            return as_fraction(mpmath.mpf(entry))
    return Fraction(float(entry)) if field is F64 else Fraction(entry)


@pytest.mark.parametrize("case", CURVES, ids=named)
def test_csv(case):
    rung, field = case
    curve = expected_error(SETUP, 3, rung=rung, field=field)
    rows = list(csv.DictReader(io.StringIO(curve.to_csv())))
    assert [int(row["steps"]) for row in rows] == [0, 1, 2, 3]
    assert list(rows[0]) == ["steps", "values", "lower", "upper", *(["regime"] if rung == "bound" else [])]
    for k, row in enumerate(rows):
        for name in ("values", "lower", "upper"):
            value, text = getattr(curve, name)[k], row[name]
            if isinstance(value, Ball):
                middle, _, radius = text.strip("[]").partition("+/-")
                assert Fraction(middle.strip()) - Fraction(radius.strip() or 0) <= value.lower
                assert value.upper <= Fraction(middle.strip()) + Fraction(radius.strip() or 0)
            else:
                assert read(text, field) == as_fraction(value)


def test_results_of_thousands_of_digits_can_be_written():
    """Python prints no integer beyond 4,300 digits; a result may have more."""
    curve = expected_error(Setup(power_law(50, 0.5), n=50, m=100), 3, field=EXACT)
    assert curve.values[3].denominator.bit_length() > 15_000
    assert len(json.dumps(curve.to_dict())) > 10_000
    assert len(curve.to_csv()) > 10_000
    assert len(repr(curve)) < 400


@given(st.fractions() | st.floats(allow_nan=False, allow_infinity=False) | st.fractions().map(MP(25).number))
def test_plain_numbers_are_json_and_lose_nothing(value):
    entry = json.loads(json.dumps(plain(value, dps=25), allow_nan=False))
    if isinstance(value, float | Fraction):
        assert Fraction(entry) == Fraction(value)
    else:
        with mpmath.workdps(25):
            assert as_fraction(mpmath.mpf(entry)) == as_fraction(value)


# ---------------------------------------------------------------------------------------- pickles, immutability


@pytest.mark.parametrize("case", CURVES, ids=named)
def test_curves_survive_pickling(case):
    rung, field = case
    curve = expected_error(SETUP, 3, rung=rung, field=field)
    twin = pickle.loads(pickle.dumps(curve))
    assert twin.to_dict() == curve.to_dict()
    assert [as_fraction(v) for v in twin.values] == [as_fraction(v) for v in curve.values]
    assert type(twin.values[0]) is type(curve.values[0])


def answers():
    X, y = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, 1.0]]), np.array([1.0, 0.0, 2.0])
    for field in FIELDS:
        yield expected_error(SETUP, 2, field=field), ("values", "lower", "upper")
        yield gamma_matrix(SETUP, field), ("Gamma", "Gamma_inv")
        yield iterate_cot(X, y, SETUP.replace(m=3), 2, field=field), ("w",)
    estimate = simulated_error(SETUP, 2, prompts=50, seed=1)
    yield estimate, ("values", "lower", "upper", "stderr", "median", "largest_share", "heavy_tail")


def test_results_are_frozen_with_their_arrays():
    for answer, names in answers():
        for name in names:
            array = getattr(answer, name)
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(answer, name, None)
        assert pickle.loads(pickle.dumps(answer)).setup.to_dict() == answer.setup.to_dict()


def test_values_lie_between_their_limits():
    for rung, field in CURVES:
        curve = expected_error(SETUP, 3, rung=rung, field=field)
        for low, value, high in zip(curve.lower, curve.values, curve.upper, strict=True):
            assert as_fraction(low) <= as_fraction(value) <= as_fraction(high)
        assert curve.uncertainty


def test_the_four_fields_agree_within_their_limits():
    for rung in RUNGS:
        truth = expected_error(SETUP, 4, rung=rung, field=EXACT).values
        for field in FIELDS:
            curve = expected_error(SETUP, 4, rung=rung, field=field)
            for low, value, high in zip(curve.lower, truth, curve.upper, strict=True):
                assert as_fraction(low) <= value <= as_fraction(high), (rung, field)


# ------------------------------------------------------------------------------------------------- the rest


def test_repr_is_one_line():
    text = repr(expected_error(SETUP, 3, field=BALL(80)))
    assert text.startswith("ErrorCurve([2, 0.722387, ")
    assert "rung=exact, metric=estimation, steps=0…3, field=BALL(80), Setup(Lambda=" in text
    assert len(text.splitlines()) == 1
    assert "rung=simulation" in repr(simulated_error(SETUP, 2, prompts=50, seed=1))
    for field in (EXACT, BALL(80), MP(20)):  # beyond float64
        assert "about 2^132" in repr(expected_error(Setup([1], n=2, m=3, Omega=[10**400]), 1, field=field))


def test_estimates_are_json_and_csv():
    estimate = simulated_error(SETUP, 2, prompts=50, seed=1)
    data = json.loads(json.dumps(estimate.to_dict(), allow_nan=False))
    assert data["stderr"] == estimate.stderr.tolist()
    assert data["prompts"] == 50
    assert data["rung"] == "simulation"
    rows = list(csv.DictReader(io.StringIO(estimate.to_csv())))
    assert [float(row["stderr"]) for row in rows] == estimate.stderr.tolist()
    assert [row["heavy_tail"] for row in rows] == [str(bool(flag)) for flag in estimate.heavy_tail]
    assert set(estimate.quantiles) == {float(name[1:]) for name in rows[0] if name.startswith("q")}


def test_gamma_derivation_comes_on_demand():
    result = gamma_matrix(SETUP)
    assert isinstance(result, GammaResult)
    assert len(result.steps) > 3
    assert gamma_matrix(SETUP, EXACT).residual() == 0
    assert float(result.residual()) < 1e-15
    bare = dataclasses.replace(result, derivation=None)
    assert bare.steps == ()


def test_rungs_and_metrics_are_words():
    assert [str(rung) for rung in Rung] == ["population", "exact", "proportional", "expansion", "bound", "simulation"]
    assert [f"{metric}" for metric in Metric] == ["estimation", "prediction"]
    assert json.dumps({"rung": Rung.EXACT}) == '{"rung": "exact"}'


def test_trajectory_counts_from_the_start():
    w = iterate_cot(np.eye(2), np.array([1.0, 2.0]), SETUP.replace(m=None), 3)
    assert w.steps.tolist() == [0, 1, 2, 3]
    assert w.w[0].tolist() == [0, 0]
