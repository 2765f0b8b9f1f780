"""The limit for any map: the term of order 0 of the exact error of repeated problems, and the older recursion."""

from fractions import Fraction

import numpy as np
import pytest

import theorycalc as tc
from tests.tolerances import LONG_RECURSION
from theorycalc.fields import EXACT, F64
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments.mixed_chains import MixedChains
from theorycalc.rmt.map_recursion import limit_map_errors

A, SIGMA = [["1/2", "1/3"], ["-1", "2/5"]], [[2, 1], [1, 1]]  # A is far from symmetric
Q, P = [[1, "1/2"], ["1/2", 3]], [[1, -1], [-1, 2]]
M = 3


def rows(values, field=EXACT):
    return field.array(np.array(values, dtype=object))


def blocks(values, times):
    """The matrix with ``times`` copies of a block on its diagonal."""
    d = len(values)
    result = np.full((d * times, d * times), Fraction(0), dtype=object)
    for i in range(times):
        result[i * d : (i + 1) * d, i * d : (i + 1) * d] = [[Fraction(x) for x in row] for row in values]
    return result


@pytest.mark.parametrize(("k", "noisy"), [(1, True), (2, True), (2, False)])
def test_it_is_the_limit_of_repeated_problems(k, noisy):
    """E_k of r copies at m r, divided by r, is a polynomial in 1/r of degree < 2k: its constant term, exactly."""
    points = range(1, 2 * k + 1)
    values = []
    for r in points:
        arrays = [EXACT.array(blocks(each, r)) for each in (A, SIGMA, Q)]
        chains = MixedChains(*arrays, steps=k, epsilon=EXACT.number(Fraction(1, M * r)), field=EXACT, noisy=noisy)
        drive = EXACT.number(Fraction(1, 7 * M)) if noisy else None  # σ² = r/7, so that it is of the same order
        values.append(Fraction(EXACT.public(chains.errors(EXACT.array(blocks(P, r)), drive)[k])) / r)
    # the polynomial through (1/r, value) at 0, by Lagrange
    limit = Fraction(0)
    for r, value in zip(points, values, strict=True):
        weight = Fraction(1)
        for s in points:
            if s != r:
                weight *= Fraction(r, r - s)
        limit += weight * value
    noise = EXACT.number(Fraction(1, 7 * M)) if noisy else None
    found = limit_map_errors(
        rows(A), rows(SIGMA), rows(Q), rows(P), m=EXACT.number(M), steps=k, field=EXACT, noise=noise
    )
    assert EXACT.public(found[k]) == limit


def test_symmetric_maps_agree_with_the_older_recursion():
    setup = Setup([3, 1, "1/2"], Sigma=[1, 2, "1/3"], n=5, m=7, noise_var="1/2", w_0=[1, 0, 2])
    A = tc.gamma_matrix(setup, EXACT).Gamma_inv
    Sigma, one = setup.Sigma.dense(EXACT), EXACT.array(np.eye(3, dtype=int))
    prior = EXACT.array(np.diag(np.diagonal(setup.prior_second_moment(EXACT))))
    noise = EXACT.number(Fraction(1, 14))
    found = limit_map_errors(EXACT.array(A), Sigma, prior, one, m=EXACT.number(7), steps=6, field=EXACT, noise=noise)
    expected = tc.expected_error(setup, 6, rung="proportional", field=EXACT).values
    assert [EXACT.public(value) for value in found] == list(expected)


def test_full_matrices_agree_with_the_contour_integrals():
    setup = Setup([[2, 1], [1, 3]], Sigma=[[1, 0], [0, 2]], n=5, m=7)
    found = limit_map_errors(
        *(tc.gamma_matrix(setup).Gamma_inv, setup.Sigma.dense(F64), np.eye(2), np.eye(2)), m=7.0, steps=6, field=F64
    )
    expected = tc.expected_error(setup, 6, rung="proportional").values
    assert np.max(np.abs(found / expected - 1)) < LONG_RECURSION


@pytest.mark.parametrize("sampling", ["per_prompt", "per_example"])
def test_mixtures_of_matrices_have_the_rung(sampling):
    tasks = [[["2", "1/3"], ["1/3", "1/2"]], [["1", "-1/2"], ["-1/2", "3"]]]
    setup = Setup(TaskMixture(tasks, ["1/3", "2/3"], sampling), n=4, m=9, noise_var="1/3", w_0=[1, 2])
    exact = tc.expected_error(setup, 10, rung="proportional", field=EXACT)
    double = tc.expected_error(setup, 10, rung="proportional", metric="estimation")
    assert all(low <= value <= high for low, value, high in zip(double.lower, exact.values, double.upper, strict=True))
    assert "limit d, m" in double.notes[0]
    gaps = []
    for times in (2, 4, 8):  # copies of the tasks, m and n in proportion
        wide = [blocks(task, times).astype(float) for task in tasks]
        many = Setup(TaskMixture(wide, [1 / 3, 2 / 3], sampling), n=4 * times, m=9 * times)
        mean, limit = (tc.expected_error(many, 3, rung=rung).values[3] / times for rung in ("exact", "proportional"))
        gaps.append(mean - limit)
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.35)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.2)
