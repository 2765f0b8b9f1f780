"""The exact rung against brute force, quoted values, the k = 1 closed form, and itself in four fields."""

import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import EXACT_RUNG, FEW_OPERATIONS, QUOTED_NINE_DECIMALS, QUOTED_SIX_DIGITS
from theorycalc.error_curves import enclosing, expected_error, one_step_error
from theorycalc.error_curves import exact as exact_module
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.model import Setup
from theorycalc.moments.centred import chain_moments, diagonal_space
from theorycalc.moments.wishart import WishartChains
from theorycalc.spectra import isotropic, power_law

PROBLEMS = json.loads((Path(__file__).parents[1] / "vectors" / "exact_errors.json").read_text())["problems"]
NON_COMMUTING = Setup([[1, "1/3"], ["1/3", "1/2"]], Sigma=[[4, 2], [2, 2]], n=5, m=2)


@pytest.fixture(params=PROBLEMS, ids=lambda problem: problem["name"])
def problem(request):
    entry = request.param
    expected = [Fraction(value) for value in entry["values"]]
    return Setup(**entry["setup"]), entry["metric"], expected


def test_at_least_ten_problems_and_non_commuting_ones():
    assert len(PROBLEMS) >= 10
    full = [entry for entry in PROBLEMS if not Setup(**entry["setup"]).is_diagonal and entry["setup"]["Sigma"]]
    assert len(full) >= 3


def test_exact_equals_brute_force(problem):
    setup, metric, expected = problem
    curve = expected_error(setup, len(expected) - 1, metric=metric, field=EXACT)
    assert list(curve.values) == expected
    assert list(curve.lower) == list(curve.upper) == expected


def test_balls_hold_brute_force_and_are_narrow(problem):
    setup, metric, expected = problem
    curve = expected_error(setup, len(expected) - 1, metric=metric, field=BALL(160))
    for ball, value in zip(curve.values, expected, strict=True):
        assert value in ball
        assert ball.rad <= value / 10**30


def test_float64_holds_brute_force_inside_its_estimate(problem):
    setup, metric, expected = problem
    curve = expected_error(setup, len(expected) - 1, metric=metric)
    for k, value in enumerate(expected):
        assert curve.lower[k] <= value <= curve.upper[k]
        assert curve.upper[k] - curve.lower[k] <= 3e-9 * value
        assert curve.values[k] == pytest.approx(float(value), rel=1e-11)


def test_multiprecision_keeps_its_digits(problem):
    setup, metric, expected = problem
    curve = expected_error(setup, len(expected) - 1, metric=metric, field=MP(40))
    for k, value in enumerate(expected):
        assert abs(as_fraction(curve.values[k]) - value) <= value / 10**39
        assert as_fraction(curve.lower[k]) <= value <= as_fraction(curve.upper[k])


def test_quoted_values():
    """Two examples of theory section 5."""
    curve = expected_error(Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7), 6)
    quoted = [1.271132695, 0.802940760, 0.597621732, 0.513343031]
    assert curve.values[1:5] == pytest.approx(quoted, abs=QUOTED_NINE_DECIMALS)
    exact = expected_error(NON_COMMUTING, 3, field=EXACT).values
    assert [str(value) for value in exact[1:]] == [
        "289722/14161",
        "444401625842/200533921",
        "1817819899721256362/2839760855281",
    ]
    assert str(expected_error(NON_COMMUTING, 1, metric="prediction", field=EXACT).values[1]) == "1165446/14161"


def test_fifth_step_of_the_quoted_example_by_three_routes():
    """The working notes print E_5 = 0.657325269; two exact algorithms say 0.6573252717 (docs/corrections.md)."""
    setup = Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7)
    centred = expected_error(setup, 6, field=EXACT).values
    A = [1 / (Fraction(11, 10) * x + Fraction(6, 10)) for x in (1, 2, 3)]
    one = EXACT.array(np.eye(3, dtype=int))
    chains = WishartChains(one * EXACT.array(A), one * EXACT.array([1, 1, 2]), one, EXACT.number(Fraction(1, 7)), EXACT)
    assert [as_fraction(chains.error(one, k)) for k in range(7)] == list(centred)
    assert str(centred[5]) == "2760588117642677393618731487311667432173/4199729169925051528965503073359103311616"
    assert expected_error(setup, 6).values[5:] == pytest.approx([0.6573252716894, 1.8589739477394], rel=1e-12)


@pytest.mark.parametrize(
    ("m", "k", "value"),
    [(100, 2, 12.9631), (100, 10, 2.00786), (500, 10, 0.0422664), (5000, 10, 0.00298356)],
)
def test_table_of_section_4(m, k, value):
    curve = expected_error(Setup(power_law(50, 0.5), n=50, m=m), k)
    assert curve.values[k] == pytest.approx(value, rel=QUOTED_SIX_DIGITS)


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(*[st.fractions(min_value=Fraction(1, 8), max_value=4, max_denominator=8)] * 3), min_size=1, max_size=4
    ),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from(["estimation", "prediction"]),
)
def test_one_step_is_the_closed_form(directions, n, m, metric):
    Lambda, Sigma, Omega = zip(*directions, strict=True)
    setup = Setup(Lambda, Sigma=Sigma, Omega=Omega, w_0=Lambda, noise_var="1/3", n=n, m=m)
    curve = expected_error(setup, 1, metric=metric, field=EXACT)
    assert curve.values[1] == one_step_error(setup, metric=metric, field=EXACT)


def test_matrix_route_equals_vector_route():
    """The N-form on (d, d) matrices against the centred form on spectra: rotate by a rational orthogonal matrix."""
    U = np.array([[Fraction(3, 5), Fraction(4, 5)], [Fraction(-4, 5), Fraction(3, 5)]], dtype=object)

    def rotated(*spectrum):
        return (U * np.array([Fraction(x) for x in spectrum], dtype=object)) @ U.T

    flat = Setup([1, 2], Sigma=[3, "1/2"], Omega=[1, 5], noise_var="1/2", n=4, m=3)
    turned = Setup(rotated(1, 2), Sigma=rotated(3, "1/2"), Omega=rotated(1, 5), noise_var="1/2", n=4, m=3)
    assert not turned.is_diagonal
    for metric in ("estimation", "prediction"):
        vector = expected_error(flat, 5, metric=metric, field=EXACT)
        matrix = expected_error(turned, 5, metric=metric, field=EXACT)
        assert list(vector.values) == list(matrix.values)
        assert expected_error(turned, 5, metric=metric).values == pytest.approx(
            np.array([float(v) for v in vector.values]), rel=FEW_OPERATIONS * 100
        )


def test_no_steps_is_the_prior_risk():
    setup = Setup([1, 2], Omega=[3, 4], w_0=[1, 2], n=3, m=5, noise_var=7)
    assert expected_error(setup, 0, field=EXACT).values[0] == 3 + 4 + 1 + 4
    assert expected_error(setup, 0, metric="prediction", field=EXACT).values[0] == 1 * (3 + 1) + 2 * (4 + 4)


def test_population_is_the_limit_in_m_by_rate():
    """The gap to the population rung halves as m doubles, to the next order in 1/m."""
    setup = Setup([1, "1/2", "1/3"], n=7)
    limit = expected_error(setup, 4, rung="population", field=EXACT).values
    for k in (1, 4):
        gaps = [expected_error(setup.replace(m=m), 4, field=EXACT).values[k] - limit[k] for m in (10**6, 2 * 10**6)]
        assert gaps[0] / gaps[1] == pytest.approx(2, abs=1e-3)
        assert gaps[1] > 0


def test_infinite_m_is_population():
    setup = Setup([[2, 1], [1, 3]], Sigma=[[1, 0], [0, 2]], n=4)
    for field in (EXACT, F64):
        exact = expected_error(setup, 3, field=field)
        assert list(exact.values) == list(expected_error(setup, 3, rung="population", field=field).values)
        assert "m = ∞: population" in exact.notes


def test_error_is_a_polynomial_in_one_over_m_of_degree_at_most_2k_minus_1():
    """Differences of order 2k in ε = 1/m vanish (and those of order 2k − 1 do not)."""
    steps = 3
    C, Q = EXACT.array(["1/2", "3/4"]), EXACT.array([2, 1])
    space = diagonal_space(C, Q, np.array([1, 1]), EXACT)
    row = [chain_moments(space, steps, EXACT.number(e), 2).sandwich[steps].sum() for e in range(2 * steps + 1)]
    for _ in range(2 * steps - 1):
        row = [b - a for a, b in itertools.pairwise(row)]
    assert row[0] != 0
    assert row[1] - row[0] == 0


def test_float64_within_its_promise_of_balls():
    setup = Setup(power_law(50, 0.5), n=50, m=100)
    balls = expected_error(setup, 9, field=BALL(120)).values
    curve = expected_error(setup, 9)
    for k, ball in enumerate(balls):
        assert abs(curve.values[k] - float(ball.mid)) <= EXACT_RUNG * float(ball.mid)
        assert ball.rad < ball.mid / 10**20


@pytest.mark.full
def test_float64_within_its_promise_of_balls_at_fourteen_steps():
    setup = Setup(power_law(50, 0.5), n=50, m=100)
    balls = expected_error(setup, 14, field=BALL(160)).values
    curve = expected_error(setup, 14)
    for k, ball in enumerate(balls):
        assert (
            ball.lower - Fraction(1, 10**12) * ball.mid
            <= curve.values[k]
            <= ball.upper + Fraction(1, 10**12) * ball.mid
        )
        assert curve.lower[k] <= ball.upper
        assert ball.lower <= curve.upper[k]


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.floats(0.01, 10), st.floats(0.01, 10)), min_size=1, max_size=4),
    st.integers(1, 200),
    st.sampled_from([1, 2, 5, 30, 1000, 10**6]),
    st.integers(1, 7),
)
def test_error_estimate_is_honest(directions, n, m, steps):
    """The float64 estimate holds the enclosed value, over benign and hostile problems alike."""
    Lambda, Sigma = zip(*directions, strict=True)
    setup = Setup(list(Lambda), Sigma=list(Sigma), n=n, m=m)
    curve = expected_error(setup, steps)
    for k, ball in enumerate(expected_error(setup, steps, field=BALL(400)).values):
        assert curve.lower[k] <= ball.upper
        assert ball.lower <= curve.upper[k]


def test_fallback_recomputes_in_balls_and_says_so(monkeypatch):
    setup = Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7)
    plain = expected_error(setup, 6)
    monkeypatch.setattr(enclosing, "FALLBACK_RELATIVE_ERROR", 0.0)
    enclosed = expected_error(setup, 6)
    assert any("recomputed in BALL(" in note for note in enclosed.notes)
    assert not plain.notes
    assert enclosed.values == pytest.approx(plain.values, rel=EXACT_RUNG)
    width = (enclosed.upper - enclosed.lower) / enclosed.values
    assert np.all(width <= 1e-12)


def test_cancelling_problem_falls_back_by_itself():
    """Σ = γ exactly in every direction but one tiny: E_k is far below its terms and float64 cannot keep it."""
    n, m = 10**9, 10**9
    setup = Setup([1, 2, 3], n=n, m=m)
    curve = expected_error(setup, 6)
    ball = expected_error(setup, 6, field=BALL(600)).values[6]
    assert curve.lower[6] <= ball.upper
    assert ball.lower <= curve.upper[6]
    assert curve.values[6] == pytest.approx(float(ball.mid), rel=1e-9)


def test_absurd_sizes_are_refused_before_memory_is():
    with pytest.raises(OutsideRegime, match="GiB"):
        expected_error(Setup(power_law(2000, 0.5), n=50, m=100), 20)
    with pytest.raises(OutsideRegime, match="far more"):
        expected_error(Setup([1, 2], n=50, m=100), 5000)
    with pytest.raises(OutsideRegime, match="minutes of EXACT arithmetic"):
        expected_error(Setup(power_law(400, 1), n=50, m=100), 14, field=EXACT)
    with pytest.raises(OutsideRegime, match="minutes of BALL"):
        expected_error(Setup(np.eye(40) + np.ones((40, 40)), Sigma=range(1, 41), n=5, m=3), 12, field=BALL(100))


def test_fallback_that_balls_cannot_afford_keeps_float64_with_a_note(monkeypatch):
    setup = Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7)
    monkeypatch.setattr(enclosing, "FALLBACK_RELATIVE_ERROR", 0.0)
    monkeypatch.setattr(exact_module, "_FALLBACK_SECONDS", 0.0)
    curve = expected_error(setup, 6)
    assert any("too expensive" in note for note in curve.notes)
    assert np.all(curve.lower < curve.upper)


def test_overflow_is_said():
    with pytest.raises(NotConverged, match=r"float64"):
        expected_error(Setup([1, 2], Sigma=[1e20, 1], n=10, m=3), 9)


def test_isotropic_is_cheap_at_any_dimension():
    curve = expected_error(Setup(isotropic(100_000), n=10**5, m=10**5), 12)
    assert np.all(curve.upper - curve.lower <= 1e-9 * curve.values)
