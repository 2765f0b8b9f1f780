"""The 1/m series: against the exact polynomial, against perturbation theory, against hand values."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import LONG_RECURSION
from theorycalc import reference
from theorycalc.error_curves import expected_error
from theorycalc.error_curves.expansion import series_terms
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.fields import BALL, EXACT, F64, as_fraction
from theorycalc.model import Setup
from theorycalc.moments.expansion import _Series, chain_series, diagonal_series, full_series
from theorycalc.moments.first_order import first_order
from theorycalc.results import Metric

PLAIN = Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7)
RICH = Setup([1, 2, "1/2"], Sigma=[1, 1, 2], Omega=[1, 2, 3], w_0=[1, 0, 1], noise_var="1/3", n=8, m=6)
FULL = Setup([[1, "1/3"], ["1/3", "1/2"]], Sigma=[[4, 2], [2, 2]], w_0=[1, 2], noise_var=2, n=5, m=2)


def coefficients(setup, steps, order, metric=Metric.ESTIMATION):
    rows = series_terms(setup, steps, metric, EXACT, order).coefficients
    return [[as_fraction(x) for x in row] for row in rows]


def interpolated(setup, k, metric=Metric.ESTIMATION):
    """Coefficients of the polynomial E_k(1/m) of degree 2k − 1 through its values at m = 1 … 2k."""
    points = [Fraction(1, m) for m in range(1, 2 * k + 1)]
    exact = reference.expected_error if k < 3 else partial(expected_error, field=EXACT)
    values = [exact(setup.replace(m=m), k, metric=metric).values[k] for m in range(1, 2 * k + 1)]
    total, basis = [Fraction(0)] * (2 * k), [Fraction(1)] + [Fraction(0)] * (2 * k - 1)
    table = list(values)
    for j in range(2 * k):  # Newton's divided differences
        total = [t + table[j] * b for t, b in zip(total, basis, strict=True)]
        table = table[: j + 1] + [
            (table[i] - table[i - 1]) / (points[i] - points[i - j - 1]) for i in range(j + 1, 2 * k)
        ]
        basis = [(basis[i - 1] if i else 0) - points[j] * basis[i] for i in range(2 * k)]
    return total


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("setup", [PLAIN, RICH, FULL], ids=["plain", "rich", "full"])
def test_all_orders_are_the_exact_polynomial(setup, metric):
    for k in (1, 2, 3):
        found = coefficients(setup, 3, 2 * k - 1, metric)
        assert [row[k] for row in found] == interpolated(setup, k, metric)


def test_order_seven_at_four_steps_has_sets_of_three_traces():
    found = coefficients(PLAIN, 4, 99)
    assert len(found) == 8
    assert [row[4] for row in found] == interpolated(PLAIN, 4)


def test_hand_value_in_one_dimension():
    """C = c = 1/2, d = 1, w = χ²/m: E (1 − cw)⁴ with E w = 1, E w² = 1 + 2ε, E w³ = 1 + 6ε + 8ε², E w⁴ = … + 48ε³."""
    space = diagonal_series(*(EXACT.array(x) for x in (["1/2"], [1], [1])))
    series = chain_series(space, 2, 3)
    got = [as_fraction(states[2][0]) for states in series.sandwich]
    c = Fraction(1, 2)
    moments = {1: [1], 2: [1, 2], 3: [1, 6, 8], 4: [1, 12, 44, 48]}
    weights = {1: -4 * c, 2: 6 * c**2, 3: -4 * c**3, 4: c**4}
    want = [Fraction(1), Fraction(0), Fraction(0), Fraction(0)]
    for power, row in moments.items():
        for o, value in enumerate(row):
            want[o] += weights[power] * value
    assert got == want


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.fractions(Fraction(1, 9), 5, max_denominator=9), min_size=1, max_size=4),
    st.lists(st.fractions(Fraction(1, 9), 5, max_denominator=9), min_size=4, max_size=4),
    st.integers(1, 40),
    st.integers(0, 7),
)
def test_first_order_is_perturbation_theory(Lambda, Sigma, n, steps):
    """Two derivations: the recursion, and two insertions of D = N − C."""
    setup = Setup(Lambda, Sigma=Sigma[: len(Lambda)], noise_var="1/2", n=n, m=3)
    problem = whitened_setup(setup, Metric.ESTIMATION, EXACT)
    assert problem is not None
    multiplicity = EXACT.array(problem.multiplicity)
    closed = first_order(problem.C, problem.P, problem.Q, multiplicity, steps)
    series = chain_series(diagonal_series(problem.C, problem.Q, multiplicity), steps, 2)
    weight = problem.P * multiplicity
    assert list(series.sandwich[0] @ weight) == list(closed.population)
    assert list(series.sandwich[1] @ weight) == list(closed.coefficient)


def test_first_order_of_full_states():
    rng = np.random.default_rng(3)
    C, half = rng.uniform(0.1, 1.5, 4), rng.normal(size=(2, 4, 4))
    P, Q = half[0] @ half[0].T, half[1] @ half[1].T
    closed = first_order(C, P, Q, np.ones(4), 9)
    space = full_series(C, Q)
    series = chain_series(space, 9, 2)
    for states, want in zip(series.sandwich, (closed.population, closed.coefficient), strict=False):
        assert space.functional(states, P.T) == pytest.approx(want, rel=LONG_RECURSION, abs=1e-12)


def test_full_states_with_diagonal_matrices_are_diagonal_states():
    C, Q = np.array([0.9, 0.4, 0.2]), np.array([1.0, 2.0, 3.0])
    flat = chain_series(diagonal_series(C, Q, np.ones(3)), 5, 4)
    full = chain_series(full_series(C, np.diag(Q)), 5, 4)
    for a, b in zip(flat.sandwich + flat.power, full.sandwich + full.power, strict=True):
        assert np.einsum("kii->ki", b) == pytest.approx(a, rel=LONG_RECURSION, abs=1e-13)


@pytest.mark.parametrize("full", [False, True])
def test_leading_splittings_in_closed_form_are_the_sums_they_stand_for(full):
    C = EXACT.array(["9/10", "2/5", "1/3"])
    if full:
        space = full_series(*(np.vectorize(float)(x) for x in (C, EXACT.array([[1, 2, 0], [2, 5, 1], [0, 1, 3]]))))
        close = lambda a, b: np.allclose(a, b, rtol=1e-12, atol=1e-13)  # noqa: E731
    else:
        space = diagonal_series(C, EXACT.array([1, 2, 3]), EXACT.array([1, 2, 1]))
        close = lambda a, b: bool((a == b).all())  # noqa: E731
    top = 7
    series = _Series(space, top, jitter=0.0, seed=0)
    chains = series._split_sum((), lambda S: series.B(S, 1), series._blank(top + 1))
    assert close(chains, series._leading_split_chains())
    sandwiches = series._split_sum((), lambda S: series.M(S, 1), series._blank(top + 1, top + 1))
    closed = series._leading_split_sandwiches()
    for n in range(top + 1):
        assert close(sandwiches[n, : top + 1 - n], closed[n, : top + 1 - n])


@pytest.mark.parametrize("order", [2, 3, 4])
def test_sandwiches_are_symmetric_in_their_two_lengths(order):
    """M(b, a) = M(a, b)ᵀ, which the recursion does not use beyond b = 0."""
    rng = np.random.default_rng(1)
    half = rng.normal(size=(3, 3))
    series = _Series(full_series(rng.uniform(0.2, 1.2, 3), half @ half.T), 8, jitter=0.0, seed=0)
    for S, o in (((), order), ((1,), order - 1), ((2,), order - 1)):
        M, n = series.M(S, o), 8 - sum(S)
        for a in range(n + 1):
            for b in range(n + 1 - a):
                assert M[a, b] == pytest.approx(M[b, a].T, rel=1e-10, abs=1e-11)


def test_float64_is_the_exact_series():
    setup = Setup([1, 2, 3, 5], Sigma=[2, 2, 1, 1], n=6, m=5)
    exact = coefficients(setup, 8, 3)
    found = series_terms(setup, 8, Metric.ESTIMATION, F64, 3).coefficients
    for a, b in zip(exact, found, strict=True):
        assert [float(x) for x in a] == pytest.approx(list(b), rel=LONG_RECURSION)


def test_long_convolutions_agree_with_short_ones():
    """Above 64 terms float64 uses one matrix product; balls never do."""
    setup = Setup([3, 2, 1], n=4, m=50)
    found = series_terms(setup, 40, Metric.ESTIMATION, F64, 2).coefficients
    field = BALL(128)
    with field.working():
        balls = series_terms(setup, 40, Metric.ESTIMATION, field, 2).coefficients
        want = [[float(field.public(x).mid) for x in row] for row in balls]
    for a, b in zip(want, found, strict=True):
        assert list(b) == pytest.approx(a, rel=LONG_RECURSION)


def test_order_zero_and_no_steps():
    assert coefficients(PLAIN, 0, 2)[0] == [3]
    assert all(row == [0] for row in coefficients(PLAIN, 0, 2)[1:])
    population = reference.expected_error(PLAIN.replace(m=None), 3).values
    assert coefficients(PLAIN, 3, 0) == [list(population)]
