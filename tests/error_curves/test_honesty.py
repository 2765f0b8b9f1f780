"""Intervals hold the truth on hostile setups, and what is too large is refused at once."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.error_curves import exact as exact_rung
from theorycalc.error_curves import expected_error, long_chain_bound, one_step_error
from theorycalc.error_curves.exact_fields import field_values
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.model import Setup
from theorycalc.moments.wishart import wishart_trace_moments
from theorycalc.spectra import isotropic, power_law

HOSTILE = {
    "huge n": Setup([1, 2], n=10**15),
    "huge n and m": Setup([1, 2], n=10**15, m=10**15),
    "nearly commuting": Setup([[1, 5e-14], [5e-14, 1e-9]], Sigma=[1.0, 1e-9], n=10**15),
    "nearly commuting, finite m": Setup([[1, 1e-14], [1e-14, 1e-9]], Sigma=[1.0, 1e-9], n=10**15, m=10**15),
    "tiny prior": Setup([1e-100], n=10, m=10, Omega=[1e-300]),
    "no prior": Setup([1, 2], n=10, m=10, Omega=[0, 0]),
    "no error after one step": Setup([1], Sigma=["3/2"], n=4),
    "seventeen decades": Setup([1, 1e-17], n=7, m=5),
}


def held(curve, exact):
    return all(as_fraction(curve.lower[k]) <= value <= as_fraction(curve.upper[k]) for k, value in enumerate(exact))


@pytest.mark.parametrize("rung", ["population", "exact", "bound"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_setups_are_held_or_refused(name, rung):
    setup = HOSTILE[name]
    try:
        exact = expected_error(setup, 3, rung=rung, field=EXACT).values
    except OutsideRegime:
        assert rung == "bound"
        return
    assert held(expected_error(setup, 3, rung=rung), exact)
    digits = expected_error(setup, 3, rung=rung, field=MP(15))
    assert held(digits, exact)
    for value, truth in zip(digits.values, exact, strict=True):
        assert abs(as_fraction(value) - truth) <= abs(truth) / 10**14
    for ball, truth in zip(expected_error(setup, 3, rung=rung, field=BALL(100)).values, exact, strict=True):
        assert truth in ball


def test_proportional_digits_and_interval_at_huge_n():
    setup = HOSTILE["huge n and m"]
    exact = expected_error(setup, 3, rung="proportional", field=EXACT).values
    assert held(expected_error(setup, 3, rung="proportional"), exact)
    assert held(expected_error(setup, 3, rung="proportional", field=MP(15)), exact)


def test_underflow_is_never_certainty():
    curve = expected_error(Setup([1], n=10**6), 200, rung="population")
    assert 0 <= curve.lower[200] <= curve.upper[200]
    assert curve.upper[200] > 0
    assert expected_error(Setup([1e-100], n=10, m=10, Omega=[1e-300]), 0).upper[0] >= 1e-300


@st.composite
def matrices(draw):
    """Full positive definite float matrices with condition numbers up to about 10⁶."""
    d = draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    spectrum = 10.0 ** rng.uniform(-draw(st.integers(0, 6)), 0, d)
    U = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (U * spectrum) @ U.T


@settings(max_examples=40)
@given(st.data(), st.sampled_from(["estimation", "prediction"]), st.integers(1, 500), st.sampled_from([None, 1, 4, 50]))
def test_full_matrices_with_any_prior_are_held(data, metric, n, m):
    Lambda = data.draw(matrices())
    d = len(Lambda)
    Sigma = data.draw(st.one_of(st.none(), matrices().filter(lambda matrix: len(matrix) == d), st.just(np.eye(d))))
    Omega = data.draw(st.one_of(st.none(), matrices().filter(lambda matrix: len(matrix) == d)))
    setup = Setup(Lambda, Sigma=Sigma, Omega=Omega, n=n, m=m)
    for rung in ("population", "exact"):
        exact = expected_error(setup, 2, rung=rung, metric=metric, field=EXACT).values
        assert held(expected_error(setup, 2, rung=rung, metric=metric), exact)
        assert one_step_error(setup.replace(m=m), metric=metric, field=EXACT) == (
            exact[1] if rung == "exact" or m is None else one_step_error(setup, metric=metric, field=EXACT)
        )


def test_bound_of_an_ill_conditioned_matrix_is_a_bound():
    rng = np.random.default_rng(4)
    U = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    setup = Setup((U * np.array([1, 1, 1, 1e-9])) @ U.T, n=5, m=5)
    curve = expected_error(setup, 1, rung="bound")
    from theorycalc.hardness import task_hardness

    hard = 1 + task_hardness(setup.Lambda, field=BALL(200)).mid
    truth = 4 * hard**2 / 25 + 4 * hard / 5
    assert curve.lower[1] <= truth <= curve.upper[1]
    assert truth <= Fraction(curve.values[1])


def test_float_bounds_hold_exact_bounds():
    for n in (1, 7, 10**9):
        setup = Setup([1, "1/3", "1/7"], n=n)
        curve = expected_error(setup, 30, rung="bound")
        assert held(curve, expected_error(setup, 30, rung="bound", field=EXACT).values)
        assert np.all(curve.upper[1:] > curve.lower[1:])


def test_one_step_has_nothing_to_cancel():
    setup = Setup([1, 2], n=10**15)
    assert one_step_error(setup) == pytest.approx(float(one_step_error(setup, field=EXACT)), rel=1e-14)


def test_directions_with_different_priors_are_not_merged():
    merged = Setup([1, 1, 2], Omega=[1, 5, 2], w_0=[0, 1, 0], n=6, m=4)
    apart = Setup([[1, 0, 0], [0, 1, 0], [0, 0, 2]], Omega=[[1, 0, 0], [0, 5, 0], [0, 0, 2]], w_0=[0, 1, 0], n=6, m=4)
    assert one_step_error(merged, field=EXACT) == expected_error(merged, 1, field=EXACT).values[1]
    assert list(expected_error(merged, 3, field=EXACT).values) == list(expected_error(apart, 3, field=EXACT).values)
    assert expected_error(merged, 3, field=EXACT).values[0] == 1 + 6 + 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: expected_error(Setup([1, 2], n=3, m=4), 5000, field=EXACT),
        lambda: expected_error(Setup([1], n=3, m=4), 20_000, field=BALL(100)),
        lambda: expected_error(Setup(power_law(50, 0.5), n=3), 5000, rung="population", field=EXACT),
        lambda: expected_error(Setup(power_law(50, 0.5), n=3, m=5), 500, rung="proportional", field=EXACT),
        lambda: expected_error(Setup(range(1, 301), n=3, m=5, w_0=range(300)), 15, field=EXACT),
        lambda: wishart_trace_moments(range(1, 31), 7, 60),
        lambda: wishart_trace_moments(range(1, 31), 7, 60, field=F64),
        lambda: one_step_error(Setup(isotropic(60_000), n=3, m=5)),
    ],
)
def test_what_would_take_forever_is_refused_at_once(call):
    with pytest.raises(OutsideRegime):
        call()


@pytest.mark.parametrize("steps", ["abc", None, True, -1, 10**9])
def test_steps_of_the_law_are_checked(steps):
    with pytest.raises(InvalidSetup, match="steps"):
        long_chain_bound(Setup([1], n=2), steps)


def test_a_long_diagonal_problem_with_a_start_needs_no_matrix():
    setup = Setup(isotropic(100_000), n=10**5, m=10**5, w_0=np.ones(100_000))
    assert expected_error(setup, 2).values[0] == pytest.approx(200_000)


@pytest.mark.parametrize("scale", [1e-250, 1e-120, 1e120, 1e250])
@pytest.mark.parametrize("rung", ["population", "exact", "proportional"])
def test_extreme_scales_are_right_or_refused(scale, rung):
    setup = Setup([scale, 2 * scale], n=3, m=4, Omega=[1 / scale, 1])
    exact = expected_error(setup, 2, rung=rung, field=EXACT).values
    try:
        curve = expected_error(setup, 2, rung=rung)
    except NotConverged:
        return
    assert held(curve, exact)


@pytest.mark.parametrize(("steps", "bits"), [(4, [128, 256]), (7, [128, 512])])
def test_bits_that_would_fail_too_are_skipped(monkeypatch, steps, bits):
    tried = []

    def counted(setup, k, metric, field):
        tried.append(field.bits)
        return field_values(setup, k, metric, field)

    monkeypatch.setattr(exact_rung, "field_values", counted)
    curve = expected_error(Setup(power_law(5, 1), n=10**15, m=10**15), steps)
    assert tried == bits
    assert f"recomputed in BALL({bits[-1]})" in curve.notes[0]
    enclosed = expected_error(Setup(power_law(5, 1), n=10**15, m=10**15), steps, field=BALL(2000)).values
    assert all(low <= ball.mid <= high for low, ball, high in zip(curve.lower, enclosed, curve.upper, strict=True))
