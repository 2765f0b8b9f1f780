"""Long chains without a preferred direction: the recurrence against the plan, its fields and its limits."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.error_curves import exact, expected_error
from theorycalc.error_curves.isotropic import isotropic_problem
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.model import Setup
from theorycalc.results import Metric
from theorycalc.spectra import isotropic, power_law

RICH = {"Omega": [[2, 1, 0], [1, 3, 1], [0, 1, 1]], "w_0": [1, -1, 2], "noise_var": "1/3"}
PARALLEL = Setup([1, 2, 3], Sigma=["11/4", 4, "21/4"], w_0=[1, 2, 3], noise_var=2, n=4, m=5)  # Σ = Γ


def by_recurrence(curve):
    return any("recurrence" in note for note in curve.notes)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize(
    "setup",
    [
        Setup([1], n=3, m=2),
        Setup([2] * 4, n=5, m=3),
        Setup([1, 1, 1], Sigma=[3, 3, 3], n=4, m=6, **RICH),
        Setup([1, 1], n=50, m=40, noise_var=1),
    ],
    ids=["one", "short prompts", "rich", "noise"],
)
def test_it_is_the_plan(setup, metric, monkeypatch):
    monkeypatch.setattr(exact, "MOST_PLANNED_STEPS", 3)
    found = expected_error(setup, 5, metric=metric, field=EXACT)
    monkeypatch.setattr(exact, "MOST_PLANNED_STEPS", 99)
    planned = expected_error(setup, 5, metric=metric, field=EXACT)
    assert list(found.values) == list(planned.values)
    assert by_recurrence(found)
    assert not by_recurrence(planned)


def test_parallel_covariances_are_isotropic_for_the_prediction_error_only(monkeypatch):
    """Σ = Γ: C = I, and P̃ = C is a multiple of I; for the estimation error P̃ = Γ⁻¹ is not."""
    assert isotropic_problem(PARALLEL, Metric.ESTIMATION) is None
    monkeypatch.setattr(exact, "MOST_PLANNED_STEPS", 3)
    found = expected_error(PARALLEL, 5, metric="prediction", field=EXACT)
    monkeypatch.setattr(exact, "MOST_PLANNED_STEPS", 99)
    assert by_recurrence(found)
    assert list(found.values) == list(expected_error(PARALLEL, 5, metric="prediction", field=EXACT).values)


@pytest.mark.parametrize(
    "setup", [Setup([1, 2], n=4, m=5), Setup([1, 1], Sigma=[1, 2], n=4, m=5), Setup([[1, 0], [0, 1]], n=4, m=None)]
)
def test_other_problems_are_left_alone(setup):
    assert isotropic_problem(setup, Metric.ESTIMATION) is None


def test_fields_agree_at_forty_steps():
    setup = Setup([1, 1, 1], Sigma=[2, 2, 2], n=4, m=60, **RICH)
    truth = expected_error(setup, 40, field=EXACT).values
    for field, digits in ((F64, 15), (MP(40), 39), (BALL(120), 30)):
        curve = expected_error(setup, 40, field=field)
        assert by_recurrence(curve)
        for low, value, high, want in zip(curve.lower, curve.values, curve.upper, truth, strict=True):
            assert as_fraction(low) <= want <= as_fraction(high)
            assert abs(as_fraction(value) - want) <= want / 10**digits
            assert as_fraction(high) - as_fraction(low) <= want / 10 ** (digits - 1)


def test_balls_of_few_bits_stay_narrow_at_long_chains():
    """The integers are exact, so nothing cancels: one division is all that rounds."""
    setup = Setup(isotropic(20), n=20, m=30)
    ball = expected_error(setup, 300, field=BALL(64)).values[300]
    assert ball.rad < ball.mid / 2**58
    assert expected_error(setup, 300, field=EXACT).values[300] in ball


def test_the_curve_is_convex_and_above_its_lower_bound():
    """ERR-08 and BND-06: convex in k, and at least d ((1 − c)² + (c² + d c²)/m)ᵏ."""
    setup = Setup([1] * 3, n=5, m=200)
    values = expected_error(setup, 150, field=EXACT).values
    assert all(values[k - 1] + values[k + 1] >= 2 * values[k] for k in range(1, 150))
    c = 1 / (Fraction(6, 5) + Fraction(3, 5))
    growth = (1 - c) ** 2 + (c**2 + 3 * c**2) / 200
    assert all(value >= 3 * growth**k for k, value in enumerate(values))
    assert 0 < list(values).index(min(values)) < 150


def test_long_prompts_give_the_population_law_by_rate():
    gaps = []
    for m in (10**7, 2 * 10**7):
        setup = Setup([1] * 4, n=4, m=m)
        law = expected_error(setup, 100, rung="population", field=EXACT).values[100]
        gaps.append(float(expected_error(setup, 100, field=EXACT).values[100] / law - 1))
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.01)


@settings(max_examples=20)
@given(st.fractions("1/50", 50, max_denominator=60), st.integers(1, 30))
def test_a_common_scale_does_not_matter(scale, m):
    here, there = (Setup([factor] * 2, n=3, m=m) for factor in (Fraction(1), scale))
    assert list(expected_error(here, 14, field=EXACT).values) == list(expected_error(there, 14, field=EXACT).values)


def test_float_covariances_are_the_dyadic_numbers_that_they_are():
    setup = Setup([0.1, 0.1], Sigma=[0.3, 0.3], n=7, m=9)
    exactly = Setup([Fraction(0.1)] * 2, Sigma=[Fraction(0.3)] * 2, n=7, m=9)
    assert list(expected_error(setup, 20, field=EXACT).values) == list(expected_error(exactly, 20, field=EXACT).values)


def test_values_beyond_float64_are_said_and_below_it_are_zero():
    with pytest.raises(NotConverged, match="float64 range"):
        expected_error(Setup(isotropic(5), n=5, m=2), 400)
    curve = expected_error(Setup(isotropic(5), n=50, m=10**6), 400)
    assert curve.values[400] == 0
    assert 0 < curve.upper[400] < 1e-300
    assert np.all(curve.lower <= curve.values)


def test_integers_that_would_take_too_long_are_refused():
    with pytest.raises(OutsideRegime, match="steps = 20000: integers of about"):
        expected_error(Setup([Fraction(1, 3**200)] * 3, Sigma=[Fraction(1, 7**90)] * 3, n=7, m=9), 20_000, field=EXACT)
    with pytest.raises(OutsideRegime, match="steps = 2000"):
        expected_error(Setup(power_law(3, 1), n=7, m=9), 2_000)
