"""Moments of isotropic Wishart matrices by recurrence: against zonal polynomials, binomial sums and hand values."""

from fractions import Fraction
from math import comb, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycalc import reference
from theorycalc.moments.isotropic import isotropic_power_traces, isotropic_trace_moment, isotropic_trace_moments

SIZES = st.integers(1, 12)


@given(SIZES, SIZES)
def test_recurrence_is_the_zonal_formula(d, m):
    assert isotropic_trace_moments(d, m, 14)[1:] == [isotropic_trace_moment(d, m, r) for r in range(1, 15)]


@pytest.mark.parametrize(("d", "m", "r"), [(50, 50, 60), (3, 1000, 45), (40, 2, 50)])
def test_recurrence_at_high_order(d, m, r):
    assert isotropic_trace_moments(d, m, r)[r] == isotropic_trace_moment(d, m, r)


def test_recurrence_is_the_pairings():
    for d, m in ((1, 1), (2, 3), (3, 2)):
        assert isotropic_trace_moments(d, m, 5)[1:] == list(reference.wishart_trace_moments([1] * d, m, 5))


def test_one_dimension_is_the_chi_square():
    assert isotropic_trace_moments(1, 7, 20) == [prod(7 + 2 * i for i in range(r)) for r in range(21)]


@given(SIZES, SIZES)
def test_nonzero_eigenvalues_do_not_know_rows_from_columns(d, m):
    assert isotropic_trace_moments(d, m, 12)[1:] == isotropic_trace_moments(m, d, 12)[1:]


@given(SIZES, SIZES, st.fractions(-3, 3, max_denominator=20))
def test_centred_recurrence_is_the_binomial_sum(d, m, a):
    moments = isotropic_trace_moments(d, m, 11)
    want = [sum(comb(j, r) * (-a) ** r * moments[r] for r in range(j + 1)) for j in range(12)]
    traces = isotropic_power_traces(d, m, a, 11)
    assert [Fraction(t, a.denominator**j) for j, t in enumerate(traces)] == want


def test_short_lists():
    assert isotropic_trace_moments(3, 3, 0) == [3]
    assert isotropic_power_traces(3, 4, Fraction(1, 2), 0) == [3]
    assert isotropic_power_traces(3, 4, Fraction(1, 2), 1) == [3, -6]  # 2 · (3 − 12/2)
