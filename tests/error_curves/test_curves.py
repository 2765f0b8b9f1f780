"""The entry point, the population and proportional rungs, and the bounds."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION, QUOTED_SIX_DIGITS
from theorycalc.error_curves import expected_error, long_chain_bound, one_step_bound, one_step_error
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.model import Setup, TaskMixture
from theorycalc.results import Rung
from theorycalc.spectra import isotropic, power_law

SPECTRA = st.lists(st.fractions(min_value=Fraction(1, 9), max_value=5, max_denominator=9), min_size=1, max_size=5)


@given(SPECTRA, st.integers(1, 50), st.integers(0, 6))
def test_population_matched_closed_form(spectrum, n, k):
    """Matched: Σᵢ (1 + nλᵢ/(λᵢ + tr Λ))^{−2k}, written independently of Γ."""
    total = sum(spectrum)
    expected = sum((1 + n * x / (x + total)) ** (-2 * k) for x in spectrum)
    setup = Setup(spectrum, n=n)
    assert expected_error(setup, k, rung="population", field=EXACT).values[k] == expected
    curve = expected_error(setup, k, rung="population")
    assert curve.lower[k] <= expected <= curve.upper[k]
    assert curve.upper[k] - curve.lower[k] <= 1e-10 * curve.values[k] + 1e-300


def test_population_non_commuting_is_the_power_of_a_matrix():
    setup = Setup([[2, 1], [1, 3]], Sigma=[[1, 0], [0, 2]], Omega=[[2, 1], [1, 1]], w_0=[1, -1], n=4)
    Gamma = np.array([[2, 1], [1, 3]]) * 1.25 + np.eye(2) * 5 / 4
    R = np.eye(2) - np.linalg.inv(Gamma) @ np.diag([1.0, 2.0])
    Q = np.array([[2.0, 1], [1, 1]]) + np.outer([1, -1], [1, -1])
    for metric, P in (("estimation", np.eye(2)), ("prediction", np.diag([1.0, 2.0]))):
        curve = expected_error(setup, 5, rung="population", metric=metric)
        exact = expected_error(setup, 5, rung="population", metric=metric, field=EXACT)
        for k in range(6):
            power = np.linalg.matrix_power(R, k)
            assert curve.values[k] == pytest.approx(np.trace(P @ power @ Q @ power.T), rel=FEW_OPERATIONS)
            assert curve.lower[k] <= exact.values[k] <= curve.upper[k]


@pytest.mark.parametrize(("m", "value"), [(100, 1.91733), (500, 0.0402534), (5000, 0.00294889)])
def test_proportional_table_of_section_4(m, value):
    curve = expected_error(Setup(power_law(50, 0.5), n=50, m=m), 10, rung="proportional")
    assert curve.values[10] == pytest.approx(value, rel=QUOTED_SIX_DIGITS)
    assert curve.rung is Rung.PROPORTIONAL


def test_proportional_is_the_limit_in_d_by_rate():
    """Repeating every direction r times at fixed d/m: the gap per direction shrinks as 1/r."""
    gaps = []
    for r in (8, 16, 32):
        setup = Setup(np.repeat([1.0, 2.0, 0.5], r), n=9 * r, m=12 * r)
        exact, limit = (expected_error(setup, 4, rung=rung).values[4] / r for rung in ("exact", "proportional"))
        gaps.append(exact - limit)
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.1)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.05)
    assert abs(gaps[2]) > 1e-6


def test_proportional_fields_agree_and_noise_too():
    setup = Setup([1, 2, "1/2"], Sigma=[1, 1, 2], Omega=[1, 2, 3], w_0=[1, 0, 1], noise_var="1/3", n=8, m=6)
    exact = expected_error(setup, 8, rung="proportional", field=EXACT).values
    curve = expected_error(setup, 8, rung="proportional")
    balls = expected_error(setup, 8, rung="proportional", field=BALL(200)).values
    digits = expected_error(setup, 8, rung="proportional", field=MP(40)).values
    for k, value in enumerate(exact):
        assert curve.lower[k] <= value <= curve.upper[k]
        assert curve.values[k] == pytest.approx(float(value), rel=LONG_RECURSION)
        assert value in balls[k]
        assert abs(as_fraction(digits[k]) - value) <= value / 10**35


def test_proportional_one_step_keeps_what_survives():
    """k = 1: ‖I − AΣ‖² + (1/m) tr(AΣA) tr Σ; the term tr(AΣ²A)/m of the exact value drops out."""
    setup = Setup([1, 2], n=4, m=3, noise_var="1/2")
    gamma = [Fraction(5, 4) * x + Fraction(3, 4) for x in (1, 2)]
    shrink = sum((1 - x / g) ** 2 for x, g in zip((1, 2), gamma, strict=True))
    spread = sum(x / g**2 for x, g in zip((1, 2), gamma, strict=True))
    value = expected_error(setup, 1, rung="proportional", field=EXACT).values[1]
    assert value == shrink + spread * (3 + Fraction(1, 2)) / 3
    assert value < one_step_error(setup, field=EXACT)


def test_proportional_needs_float64_for_full_matrices():
    setup = Setup([[2, 1], [1, 3]], Sigma=[1, 2], n=4, m=5)
    with pytest.raises(OutsideRegime, match="needs spectra"):
        expected_error(setup, 2, rung="proportional", field=EXACT)


def test_commuting_full_matrices_take_the_vector_path():
    U, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    flat = Setup([4.0, 3.0, 3.0, 1.0], Sigma=[1.0, 2.0, 5.0, 1.0], Omega=[1.0, 2.0, 3.0, 4.0], n=9, m=8)
    turned = Setup(
        *[(U * np.array([4.0, 3.0, 3.0, 1.0])) @ U.T],
        Sigma=(U * np.array([1.0, 2.0, 5.0, 1.0])) @ U.T,
        Omega=(U * np.array([1.0, 2.0, 3.0, 4.0])) @ U.T,
        n=9,
        m=8,
    )
    for rung in ("population", "exact", "proportional"):
        for metric in ("estimation", "prediction"):
            expected = expected_error(flat, 5, rung=rung, metric=metric).values
            assert expected_error(turned, 5, rung=rung, metric=metric).values == pytest.approx(expected, rel=1e-11)


@settings(max_examples=40)
@given(SPECTRA, st.integers(1, 40), st.integers(1, 40))
def test_bounds_bound(spectrum, n, m):
    setup = Setup(spectrum, n=n, m=m)
    paper = one_step_bound(setup, field=EXACT)
    tight = one_step_bound(setup, tightened=True, field=EXACT)
    assert one_step_error(setup, field=EXACT) <= tight <= paper
    law = long_chain_bound(setup, 4, field=EXACT)
    population = expected_error(setup, 4, rung="population", field=EXACT).values
    assert all(error <= bound for error, bound in zip(population, law, strict=True))
    if len(set(spectrum)) == 1:
        assert list(law) == list(population)


def test_the_law_is_not_a_bound_at_finite_m():
    """The counterexample of theory section 4: at m = 100, k = 10 the exact error is 250 times the law."""
    setup = Setup(power_law(50, 0.5), n=50, m=100)
    assert expected_error(setup, 10).values[10] > 250 * long_chain_bound(setup, 10)[10]
    curve = expected_error(setup, 3, rung="bound")
    assert "theorem at every m" in curve.regimes[1]
    assert "not a bound at this m" in curve.regimes[2]
    assert [curve.is_theorem(k) for k in range(4)] == [True, True, False, False]
    assert curve.values[1] == pytest.approx(one_step_bound(setup))
    assert all(
        "theorem at m = ∞" in regime for regime in expected_error(setup.replace(m=None), 3, rung="bound").regimes
    )


@pytest.mark.parametrize(
    ("setup", "metric", "word"),
    [
        (Setup([1, 2], Sigma=[2, 1], n=3, m=4), "estimation", "Σ = Λ"),
        (Setup([1, 2], Omega=[2, 1], n=3, m=4), "estimation", "w\\*"),
        (Setup([1, 2], noise_var=1, n=3, m=4), "estimation", "noise"),
        (Setup([1, 2], n=3, m=4), "prediction", "estimation"),
    ],
)
def test_bounds_refuse_what_they_do_not_cover(setup, metric, word):
    with pytest.raises(OutsideRegime, match=word):
        expected_error(setup, 2, rung="bound", metric=metric)


def test_mixtures():
    tasks = [[1, 3], [3, 1]]
    pooled = Setup(TaskMixture(tasks, ["1/2", "1/2"]), n=5, m=4)
    assert list(expected_error(pooled, 3, field=EXACT).values) == list(
        expected_error(Setup([2, 2], n=5, m=4), 3, field=EXACT).values
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"steps": -1}, "steps = -1"),
        ({"steps": 2.5}, "steps = 2.5"),
        ({"steps": True}, "steps = True"),
        ({"steps": 10**9}, "steps = 1000000000"),
        ({"rung": "exactly"}, "rung = 'exactly'"),
        ({"metric": "mse"}, "metric = 'mse'"),
        ({"field": float}, "field"),
    ],
)
def test_bad_input_is_named(arguments, word):
    with pytest.raises(InvalidSetup, match=word):
        expected_error(Setup([1, 2], n=3, m=4), **{"steps": 2, **arguments})


def test_overflow_is_said_on_every_rung():
    setup = Setup([1e-3, 1], Sigma=[1, 1], n=10**6, m=5)
    for rung in ("population", "proportional"):
        with pytest.raises(NotConverged, match="float64"):
            expected_error(setup, 120, rung=rung)
    for rung in ("exact", "proportional"):
        with pytest.raises(NotConverged, match="float64"):
            expected_error(setup.replace(m=None), 120, rung=rung)
    values = expected_error(setup, 120, rung="population", field=MP(20)).values
    assert values[120] > 10**308


@pytest.mark.parametrize("rung", ["population", "exact", "proportional", "expansion"])
def test_products_beyond_the_float64_range(rung):
    """Λ⁻¹Σ overflows or underflows: a refusal without a warning, or the error of a chain that does not move."""
    shapes = ([1, 2], [1, 1]), ([[2, 0.5], [0.5, 1]], [[1, 0.3], [0.3, 2]])
    for Lambda, Sigma in (map(np.array, shape) for shape in shapes):
        with pytest.raises(NotConverged, match="float64"):
            expected_error(Setup(Lambda * 1e-200, Sigma=Sigma * 1e200, n=1, m=9), 2, rung=rung)
    still = expected_error(Setup([1e200], Sigma=[1e-200], n=1, m=9), 2, rung=rung)
    assert still.values.tolist() == [1, 1, 1]


def test_long_population_chain_of_balls_stays_narrow():
    ball = expected_error(Setup(isotropic(3), n=4), 2000, rung="population", field=BALL(256)).values[2000]
    assert ball.rad < ball.mid / 10**60
    assert F64.number("1/2") == 0.5
