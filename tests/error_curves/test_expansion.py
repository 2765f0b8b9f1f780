"""The rung "expansion": its limits, its rate, its fields, its refusals, and the bound on rare prompts."""

import numpy as np
import pytest

from theorycalc.error_curves import expected_error
from theorycalc.error_curves.rare_prompts import rare_prompts_bound
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.model import Setup
from theorycalc.results import Metric, Rung
from theorycalc.spectra import power_law


def whitened(setup, field=F64):
    problem = whitened_setup(setup, Metric.ESTIMATION, field)
    assert problem is not None
    return problem


FULL = Setup([[2, 1], [1, 3]], Sigma=[[1, 0], [0, 2]], noise_var=1, n=4, m=400)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "setup",
    [Setup(power_law(20, "1/2"), n=20), Setup([1, 2, 3], Sigma=[2, 1, 1], w_0=[1, 1, 1], noise_var=1, n=9), FULL],
    ids=["matched", "shifted", "not commuting"],
)
def test_what_is_left_out_shrinks_as_the_next_power_of_m(setup, order):
    gaps = []
    for m in (2_000, 4_000) if order == 3 else (20_000, 40_000):  # where float64 has digits left of the gap
        given = setup.replace(m=m)
        series = expected_error(given, 7, rung="expansion", order=order).values
        gaps.append((expected_error(given, 7).values - series)[7])
    assert gaps[0] / gaps[1] == pytest.approx(2.0 ** (order + 1), rel=0.1)


def test_complete_series_is_the_exact_rung_and_says_nothing_is_left_out():
    setup = Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7)
    found = expected_error(setup, 3, rung="expansion", order=5, field=EXACT)
    assert list(found.values) == list(expected_error(setup, 3, field=EXACT).values)
    assert list(found.lower) == list(found.upper) == list(found.values)
    assert found.rung is Rung.EXPANSION
    short = expected_error(setup, 3, rung="expansion", order=3, field=EXACT)
    assert short.upper[2] == short.values[2]
    assert short.upper[3] > short.values[3]


@pytest.mark.parametrize("setup", [Setup([1, 2, 2], Sigma=[2, 1, 1], noise_var="1/2", n=9, m=300), FULL])
def test_fields_agree(setup):
    exact = expected_error(setup, 5, rung="expansion", field=EXACT)
    scale = 1e-6 if setup.is_diagonal else 2.0  # without commuting, shares of directions depend on the basis
    for field in (F64, MP(30), BALL(150)):
        found = expected_error(setup, 5, rung="expansion", field=field)
        for k, value in enumerate(exact.values):
            assert as_fraction(found.values[k]) == pytest.approx(value, rel=1e-12)
            assert as_fraction(found.lower[k]) <= value <= as_fraction(found.upper[k])
            left_out, reference = found.upper[k] - as_fraction(found.values[k]), exact.upper[k] - value
            assert float(left_out) == pytest.approx(float(reference), rel=scale, abs=1e-12)
    assert all(value in ball for value, ball in zip(exact.values, found.values, strict=True))


def test_the_estimate_covers_the_error_where_it_is_small():
    rng = np.random.default_rng(11)
    judged = 0
    for _ in range(8):
        d = int(rng.integers(1, 7))
        Lambda = np.exp(rng.uniform(-1.5, 1.5, d))
        Sigma = None if rng.random() < 0.5 else Lambda * np.exp(rng.uniform(-1, 1, d))
        setup = Setup(Lambda, Sigma=Sigma, n=int(np.exp(rng.uniform(0, 5))), m=10)
        for m in (10, 100, 1_000, 10_000):
            exact = expected_error(setup.replace(m=m), 8)
            for order in (1, 2):
                found = expected_error(setup.replace(m=m), 8, rung="expansion", order=order)
                left_out = found.upper - found.values
                error = np.abs(exact.values - found.values)
                settled = left_out <= 0.1 * np.abs(found.values)
                assert np.all(error[settled] <= 2 * left_out[settled] + 1e-12 * exact.values[settled])
                judged += int(settled.sum())
    assert judged > 200


def test_notes_name_the_step_from_which_on_it_is_no_guide():
    setup = Setup(power_law(20, 1), n=200, m=2_000)
    curve = expected_error(setup, 12, rung="expansion")
    (note,) = [note for note in curve.notes if note.startswith("from k = ")]
    first = int(note.split()[3])
    left_out = curve.upper - curve.values
    assert left_out[first] > 0.1 * curve.values[first]
    assert np.all(left_out[:first] <= 0.1 * curve.values[:first])
    assert "not settled" in note
    assert "not a bound" in curve.notes[0]
    assert not any("from k" in note for note in expected_error(setup.replace(m=10**7), 12, rung="expansion").notes)


def test_rare_prompts_are_seen_where_the_last_term_is_small():
    """d = 1, c close to 1: every power of 1/m is small, and the mean is astronomic."""
    setup = Setup([1], n=10**9, m=20)
    exact, curve = expected_error(setup, 10), expected_error(setup, 10, rung="expansion", order=3)
    assert exact.values[10] > 100 * curve.values[10]
    assert curve.upper[10] > exact.values[10]
    assert any("rare prompts" in note for note in curve.notes)


def test_the_bound_on_rare_prompts_bounds_a_chi_square():
    """d = 1: E[(1 − cχ²/m)^{2k}; cχ²/m > 2] by quadrature."""
    from scipy.integrate import quad
    from scipy.stats import chi2

    for c, m in ((0.5, 10), (0.9, 30), (0.3, 4)):
        setup = Setup([1], Sigma=[c * 1.5], n=4, m=m)
        problem = whitened(setup)
        assert problem.P[0] * problem.Q[0] == pytest.approx(1)
        bounds = rare_prompts_bound(setup, problem, 8)
        for k in range(9):

            def error(x, k=k, c=problem.C[0], m=m):
                return (1 - c * x / m) ** (2 * k) * chi2.pdf(x, m)

            mass = quad(error, 2 * m / problem.C[0], np.inf)[0]
            assert mass <= bounds[k] < 1e8 * mass  # in one dimension √(tr C/m) is too much


def test_the_bound_on_rare_prompts_bounds_sampled_matrices():
    setup = Setup([1.0, 2.0, 0.5], Sigma=[4.0, 2.0, 3.0], noise_var=1, n=5, m=6)
    problem = whitened(setup)
    bounds = rare_prompts_bound(setup, problem, 4)
    X = np.random.default_rng(0).normal(size=(20_000, 3, 6)) * np.sqrt(problem.C)[None, :, None]
    values, vectors = np.linalg.eigh(X @ X.transpose(0, 2, 1) / 6)
    rare = values[:, -1] > 2
    assert rare.mean() > 0.05
    for k in range(5):
        R = np.einsum("nij,nj,nkj->nik", vectors, (1 - values) ** k, vectors)
        error = np.einsum("i,nij,j,nij->n", problem.P, R, problem.Q, R)
        assert np.mean(error * rare) <= bounds[k]


def test_infinite_m_is_the_population():
    setup = Setup([1, 2], n=5)
    found = expected_error(setup, 4, rung="expansion")
    assert list(found.values) == list(expected_error(setup, 4, rung="population").values)
    assert "m = ∞" in found.notes[-1]


def test_a_negative_sum_keeps_its_limits_in_order():
    """Where the series has not settled it may be negative, which an error is not."""
    setup = Setup([1, 1], Sigma=[3, 3], n=50, m=1)
    curve = expected_error(setup, 8, rung="expansion", order=2)
    assert np.all(curve.lower <= curve.values)
    assert np.all(curve.values <= curve.upper)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"order": 2}, 'order = 2: rung "exact" has no order'),
        ({"order": -1, "rung": "expansion"}, "order = -1"),
        ({"order": 1.5, "rung": "expansion"}, "order = 1.5"),
        ({"order": 100, "rung": "expansion"}, "order = 100"),
    ],
)
def test_bad_orders_are_named(arguments, word):
    with pytest.raises(InvalidSetup, match=word):
        expected_error(Setup([1, 2], n=3, m=4), 2, **arguments)


@pytest.mark.parametrize(
    ("steps", "order", "field"), [(2_000, 2, F64), (100, 6, F64), (300, 2, EXACT), (200, 3, BALL(200))]
)
def test_what_would_take_too_long_is_refused(steps, order, field):
    with pytest.raises(OutsideRegime, match=f"steps = {steps}: order {order}"):
        expected_error(Setup(power_law(50, 1), n=5, m=10**6), steps, rung="expansion", order=order, field=field)


def test_long_chains_to_first_order_are_cheap():
    setup = Setup([1, 2, 3], n=2, m=10**9)
    curve = expected_error(setup, 800, rung="expansion", order=1)
    population = expected_error(setup, 800, rung="population")
    assert curve.values[800] == pytest.approx(population.values[800], rel=0.05)
    assert curve.values[800] > population.values[800]
