"""The smallest number of steps: against all k by brute force, minima and limits, and proofs that no more steps help."""

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from theorycalc.error_curves import expected_error
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.results import Metric, Rung
from theorycalc.spectra import power_law
from theorycalc.thinking import steps
from theorycalc.thinking.convex_floor import convex_floor

smallest_steps: Any = steps.smallest_steps  # its answers hold None where there is no number
VALUES = st.builds(Fraction, st.integers(1, 9), st.integers(1, 9))
LAMBDA, SIGMA = [[1, "1/3"], ["1/3", "1/2"]], [[4, 2], [2, 2]]


@st.composite
def problems(draw):
    d = draw(st.integers(1, 3))
    spectrum = st.lists(VALUES, min_size=d, max_size=d)
    Sigma = None if draw(st.booleans()) else draw(spectrum)
    return Setup(draw(spectrum), n=draw(st.integers(1, 40)), Sigma=Sigma, m=draw(st.integers(1, 12)))


@settings(max_examples=30, deadline=None)
@given(problems(), VALUES)
def test_every_k_by_brute_force_on_long_prompts(setup, error):
    found = smallest_steps(setup, error)
    errors = expected_error(setup, 30, rung="population", field=EXACT).values
    first = next((k for k, value in enumerate(errors) if value <= error), None)
    if first is not None:
        assert found.k == first
    elif found.k is not None:
        assert found.k > 30
    else:
        assert min(errors) >= Fraction(found.floor) * Fraction(1 - 1e-12)
        if found.k_star is not None and found.k_star <= 30:
            assert found.floor == pytest.approx(float(min(errors)), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(problems(), VALUES)
def test_every_k_by_brute_force_at_finite_m(setup, error):
    found = smallest_steps(setup, error, rung="exact", most=4)
    errors = expected_error(setup, 6, field=EXACT).values
    first = next((k for k, value in enumerate(errors[:5]) if value <= error), None)
    assert found.k == first
    if first is None:
        assert found.floor == pytest.approx(float(min(errors[: found.examined + 1])), rel=1e-9)
        if found.proved:  # the proof speaks of steps that were not examined
            assert min(errors) > error
            assert min(errors) >= found.floor_bound * (1 - 1e-12)
        else:
            assert found.examined == 4


@settings(max_examples=10, deadline=None)
@given(problems())
def test_the_convex_floor_is_below_the_curve_and_convex(setup):
    for rung, metric in (
        (Rung.EXACT, Metric.ESTIMATION),
        (Rung.EXACT, Metric.PREDICTION),
        (Rung.PROPORTIONAL, Metric.ESTIMATION),
    ):
        floor = convex_floor(setup, metric, rung, 6)
        values = expected_error(setup, 6, rung=str(rung), metric=str(metric)).values
        assert np.all(floor.lower <= values * (1 + 1e-12))
        second = np.diff(floor.upper, 2)
        assert np.all(second >= -1e-9 * floor.upper[1:-1])
        assert floor.rank_gap <= np.min(values) * (1 + 1e-12)


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_the_convex_floor_without_commutation(metric):
    setup = Setup(LAMBDA, n=5, Sigma=SIGMA, m=4, Omega=[[2, 1], [1, 1]] if metric == "prediction" else None)
    floor = convex_floor(setup, Metric(metric), Rung.EXACT, 4)
    assert np.all(floor.lower <= expected_error(setup, 4, metric=metric).values)
    assert np.all(floor.lower > 0)


def test_isotropic_skills_have_the_floor_as_their_curve():
    setup = Setup([2, 2, 2], n=4, m=5)
    floor = convex_floor(setup, Metric.ESTIMATION, Rung.EXACT, 6)
    assert np.allclose(floor.upper, expected_error(setup, 6).values, rtol=1e-11)


def test_no_number_of_steps_and_why():
    hopeless = smallest_steps(Setup([1], n=1, m=1), "1/2", rung="exact")
    assert (hopeless.k, hopeless.k_star, hopeless.proved) == (None, 1, True)
    assert hopeless.floor == hopeless.floor_bound == pytest.approx(2 / 3)
    rising = smallest_steps(Setup(power_law(10, 0.5), n=40, m=15), "1/100", rung="exact")
    assert rising.proved
    assert "convex in k" in rising.uncertainty
    blind = smallest_steps(Setup(power_law(10, 0.5), n=2, m=4), "1/100", rung="exact", most=3)
    assert blind.proved
    assert "6 directions" in blind.uncertainty
    assert "stays above 6 for every k" in blind.verdict
    with pytest.raises(OutsideRegime, match="No number of steps"):
        int(blind)


def test_steps_that_are_not_excluded_are_not_claimed():
    open_ = smallest_steps(Setup(power_law(10, 0.5), n=10, m=60), "1/10000", rung="exact", most=4)
    assert (open_.k, open_.proved, open_.examined, open_.floor_bound) == (None, False, 4, None)
    assert "up to 4" in open_.verdict
    errors = expected_error(open_.setup, 8).values
    assert errors[8] <= 0.1 < errors[7]
    assert smallest_steps(open_.setup, "1/10", rung="exact").k == 8


def test_a_critical_direction_stays_for_ever():
    # γ_2 = 2/10 + 11/10 = 13/10 and σ_2 = 26/10: the factor is −1
    setup = Setup([1, "1/10"], n=1, Sigma=["1/10", "26/10"])
    assert smallest_steps(setup, "10001/10000").k == 141
    limit = smallest_steps(setup, 1)
    assert (limit.k, limit.floor, limit.k_star, limit.proved) == (None, 1.0, None, True)
    assert "as k → ∞" in limit.verdict


def test_millions_of_steps():
    setup = Setup(power_law(50, 2), n=1)
    found = smallest_steps(setup, "1e-300")
    f = np.asarray(setup.Lambda).diagonal()
    f = 1 - f / (2 * f + f.sum())
    assert found.k == math.ceil(found.k - 0.5)
    errors = [float(np.sum(f ** (2.0 * k))) for k in (found.k - 1, found.k)]
    assert errors[1] <= 1e-300 < errors[0]
    assert 10**6 < found.k <= found.closed_form_k


@pytest.mark.parametrize("k", [1, 3, 9])
def test_the_closed_form_is_sharp_for_isotropic_skills(k):
    setup = Setup([5, 5], n=3)  # 2/4^k
    assert smallest_steps(setup, Fraction(2, 4**k)).k == smallest_steps(setup, Fraction(2, 4**k)).closed_form_k == k
    assert smallest_steps(setup, Fraction(2, 4**k), rung="bound").k == k


def test_the_bound_at_finite_m():
    setup = Setup([1, 1], n=30, m=1000)  # k = 1: 2·9/900 + 2·3/1000 = 0.026; the law at k = 2: 2/11⁴
    assert smallest_steps(setup, "26/1000", rung="bound").k == 1
    law = smallest_steps(setup, "25/1000", rung="bound")
    assert law.k == 2
    assert "not a guarantee" in law.notes[0]


def test_full_matrices_and_the_limit_of_long_prompts():
    setup = Setup(LAMBDA, n=1, Sigma=SIGMA)
    errors = expected_error(setup, 6, rung="population").values
    assert smallest_steps(setup, "1/10").k == next(k for k, value in enumerate(errors) if value <= 0.1)
    assert smallest_steps(setup.replace(n=5), "1/10").proved  # λ_max > 2: the floor rises
    assert smallest_steps(setup, "1/10", rung="exact").rung is Rung.POPULATION  # m = ∞


def test_mixtures_that_are_not_pooled_are_scanned():
    tasks = tc.TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"], "per_prompt")
    setup = Setup(tasks, n=5, m=20)
    for rung in ("population", "exact"):
        errors = expected_error(setup, 4, rung=rung).values
        found = smallest_steps(setup, "1/4", rung=rung)
        assert found.k == next(k for k, value in enumerate(errors) if value <= 0.25)
    assert not smallest_steps(setup, "1/10000", rung="exact", most=3).proved


def test_answers_are_plain_data():
    for found in (
        smallest_steps(Setup([1, "1/2"], n=5), "1/10"),
        smallest_steps(Setup([1], n=1, m=1), "1/2", rung="exact"),
    ):
        assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["k"] == found.k
        assert repr(found).startswith("SmallestSteps(")
    with pytest.raises(InvalidSetup, match="error"):
        smallest_steps(Setup([1], n=1), 0)
