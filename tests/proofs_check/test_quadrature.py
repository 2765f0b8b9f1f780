"""Quadrature is exact up to its degree, wrong beyond it, and refuses what it cannot afford or what is not exact."""

from fractions import Fraction
from math import prod

import numpy as np
import pytest

from proofs_check.claims.error_curves.witnesses import PRINTED_VALUES, QUADRATURE_WITNESS, by_quadrature
from proofs_check.engines.quadrature import TooManyPoints, expectation, factored, rule
from proofs_check.runner import run_check
from theorycalc import reference
from theorycalc.model import Setup

VARIANCES = [Fraction(0), Fraction(1), Fraction(2), Fraction(1, 3), Fraction(17, 5)]


def double_factorial(p):
    return prod(range(1, 2 * p, 2))


def raised(power):
    return lambda z: z[:, 0] ** power


@pytest.mark.parametrize("variance", VARIANCES, ids=str)
@pytest.mark.parametrize("degree", [0, 1, 2, 5, 8, 16, 25])
def test_moments_are_right_up_to_the_degree(degree, variance):
    found = rule(degree, variance)
    assert degree <= found.degree
    assert all(isinstance(weight, Fraction) for weight in found.weights)
    for power in range(found.degree + 1):
        expected = 0 if power % 2 else variance ** (power // 2) * double_factorial(power // 2)
        assert expectation(raised(power), [found]) == expected


def test_weights_may_be_negative_and_the_next_moment_is_wrong():
    assert min(rule(4).weights) > 0 > min(rule(12).weights)
    assert expectation(lambda z: z[:, 0] ** 14, [rule(12)]) != double_factorial(7)


def test_products_of_rules_and_values_of_any_shape():
    rules = [rule(4, 2), rule(2, Fraction(1, 3)), rule(6)]
    x_y_z = expectation(lambda z: z[:, 0] ** 4 * z[:, 1] ** 2 * z[:, 2] ** 6, rules)
    assert x_y_z == 12 * Fraction(1, 3) * 15
    second = expectation(lambda z: z[:, :, None] * z[:, None, :], rules)
    assert (second == np.diag([2, Fraction(1, 3), 1])).all()
    assert isinstance(second[0, 1], Fraction)
    assert expectation(lambda z: [Fraction(1, 3)] * len(z), rules) == Fraction(1, 3)


def test_too_many_points_are_refused_before_any_work():
    def never(z):
        raise AssertionError("evaluated")

    with pytest.raises(TooManyPoints, match=r"7 variables of degrees 13, .* need 62,748,517 points, the limit is"):
        expectation(never, [rule(12)] * 7)
    with pytest.raises(TooManyPoints, match="the limit is 4"):
        expectation(never, [rule(4)], most=4)


def test_floats_are_refused():
    with pytest.raises(TypeError, match="the values are floats"):
        expectation(lambda z: z[:, 0].astype(float), [rule(2)])
    with pytest.raises(TypeError, match="the values are floats"):
        expectation(lambda z: [1, 0.5, Fraction(1)], [rule(2)])


def test_bad_rules_are_refused():
    with pytest.raises(ValueError, match="must be >= 0"):
        rule(-1)
    with pytest.raises(ValueError, match="must be >= 0"):
        rule(2, -1)


def test_covariances_are_factored_in_rationals():
    matrix = np.array([[4, 2, 0], [2, 2, Fraction(1, 3)], [0, Fraction(1, 3), 5]], dtype=object)
    L, D = factored(matrix)
    assert ((L * np.array(D)) @ L.T == matrix).all()
    assert (np.triu(L, 1) == 0).all()
    assert factored([[1, 1], [1, 1]])[1] == [1, 0]
    for bad in ([[1, 2], [2, 1]], [[0, 1], [1, 0]], [[1, 0], [1, 1]]):
        with pytest.raises(ValueError, match="positive semidefinite"):
            factored(bad)


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_errors_by_quadrature_are_the_reference(metric):
    setup = Setup([[2, 1], [1, 3]], n=4, Sigma=[[1, "1/2"], ["1/2", 1]], m=2, w_0=[1, 0], noise_var="1/2")
    assert by_quadrature(setup, metric, 2) == list(reference.expected_error(setup, 2, metric=metric).values)


@pytest.mark.parametrize("check", [QUADRATURE_WITNESS, PRINTED_VALUES], ids=lambda check: check.name)
def test_witnesses_confirm_the_exact_rung_and_refute_every_control(check):
    assert len(check.controls) >= 5
    assert run_check(check).settled
