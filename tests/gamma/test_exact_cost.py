"""Exact inverses that would take long are refused at once, and their residual is formed without fractions."""

import time
from fractions import Fraction

import numpy as np
import pytest

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import _exact_gaps, gamma_matrix
from theorycalc.gamma.loss import loss_gradient, minimal_loss
from theorycalc.model import Setup


def float_matrix(d):
    B = np.random.default_rng(0).standard_normal((d, d))
    return B @ B.T / d + np.eye(d)


@pytest.mark.parametrize("run", [gamma_matrix, minimal_loss])
def test_a_large_inverse_is_refused(run):
    setup = Setup(float_matrix(600), n=5)
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match=r"600 × 600 matrix Γ: about .* s of .*; use a smaller d.*BALL") as caught:
        run(setup, field=EXACT)
    assert time.perf_counter() - begin < 10
    assert "\n" not in str(caught.value)


def test_the_prediction_holds():
    """Within a factor of 10 either way, on a machine that may be busy: 0.4 s on an idle one."""
    matrix = EXACT.array(float_matrix(60))
    predicted = rational_cost.inverse(matrix)
    begin = time.perf_counter()
    EXACT.inverse(matrix)
    assert predicted / 10 < time.perf_counter() - begin < 10 * predicted


def test_a_matrix_of_80_rows_takes_seconds():
    begin = time.perf_counter()
    assert gamma_matrix(Setup(float_matrix(80), n=5), field=EXACT).residual() == 0
    assert time.perf_counter() - begin < 30  # 60 s and more where the residual is summed in fractions


def test_the_residual_sees_a_wrong_inverse():
    Gamma = EXACT.array(np.array([["1/2", "1/3"], ["1/3", "2"]], dtype=object))
    Gamma_inv = EXACT.inverse(Gamma)
    assert _exact_gaps(Gamma, Gamma_inv)[0] == 0
    Gamma_inv[1, 0] = Gamma_inv[1, 0] - EXACT.number("1/7")
    assert EXACT.public(_exact_gaps(Gamma, Gamma_inv)[0]) == Fraction(2, 7)


@pytest.mark.parametrize("Lambda", [[2], [[2]], [2, "1/3"]])
def test_gradient_with_a_scale(Lambda):
    """∂L/∂V = c Λ + c² V ΛΓ at V = 0 is c Λ: c counts once, whatever its size."""
    d = len(Lambda)
    gradient = loss_gradient(Setup(Lambda, n=2), np.zeros((d, d), dtype=int), c=3, field=EXACT)
    entries = [Fraction(Lambda[0] if not isinstance(Lambda[0], list) else 2), Fraction(1, 3)][:d]
    assert gradient.tolist() == np.diag(np.array([3 * x for x in entries], dtype=object)).tolist()
