"""Hardness and its companions: hand values, laws, and enclosures that close."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, as_fraction
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.hardness import condition_number, contraction_factors, effective_ranks, task_hardness
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import isotropic, power_law

FLOAT = 1e-12  # relative: eigenvalues of 3 × 3 matrices of condition number below 100

positive = st.fractions(min_value=Fraction(1, 50), max_value=50, max_denominator=60)
spectra = st.lists(positive, min_size=1, max_size=5)
U = np.array([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]])


def rotated(spectrum):
    return U @ np.diag(np.array([Fraction(x) for x in spectrum], dtype=object)) @ U.T


def test_hand_values():
    assert task_hardness([7]) == 1
    assert task_hardness([1, "1/2", "1/3"]) == Fraction(11, 2)
    assert isinstance(task_hardness([1, "1/2"]), Fraction)
    assert task_hardness(isotropic(50)) == 50
    assert task_hardness([1.0, 0.25]) == 5.0
    assert isinstance(task_hardness([1.0, 0.25]), float)
    assert task_hardness([[2, 1], [1, 2]]) == pytest.approx(4, rel=FLOAT)  # eigenvalues 1 and 3
    assert condition_number([[2, 1], [1, 2]]) == pytest.approx(3, rel=FLOAT)


@given(spectra, positive)
def test_laws(spectrum, factor):
    hardness, condition = task_hardness(spectrum), condition_number(spectrum)
    ranks = effective_ranks(spectrum)
    d = len(spectrum)
    assert hardness >= d
    assert (hardness == d) == (len(set(spectrum)) == 1)
    assert condition >= 1
    assert 1 <= ranks.intrinsic <= ranks.participation <= d
    assert hardness == ranks.intrinsic * condition
    scaled = [factor * value for value in spectrum]
    assert task_hardness(scaled) == hardness
    assert effective_ranks(scaled).participation == ranks.participation
    assert task_hardness(list(reversed(spectrum))) == hardness


@settings(max_examples=30)
@given(st.tuples(positive, positive), st.sampled_from([60, 130]))
def test_rotation_is_enclosed(spectrum, bits):
    """An exact rotation of a spectrum: the eigenvalues are known, and the ball must hold and be narrow."""
    matrix = rotated(spectrum)
    for quantity in (task_hardness, condition_number, lambda L, field: effective_ranks(L, field=field).intrinsic):
        truth = quantity(list(spectrum), field=EXACT)
        ball = quantity(matrix, field=BALL(bits))
        assert truth in (ball if hasattr(ball, "rad") else [ball])
        assert as_fraction(ball.rad) <= truth / 2 ** (bits - 3)
        assert quantity(matrix, field=F64) == pytest.approx(float(truth), rel=1e-10)
    digits = task_hardness(matrix, field=MP(30))
    assert abs(as_fraction(digits) - task_hardness(list(spectrum))) <= task_hardness(list(spectrum)) / 10**29
    ranks = effective_ranks(matrix, field=F64)
    assert ranks.participation == pytest.approx(float(effective_ranks(list(spectrum)).participation), rel=1e-14)


def test_ill_conditioned_matrices_are_enclosed():
    tiny = Fraction(1, 10**13)
    ball = task_hardness(rotated([1, tiny]), field=BALL(100))
    truth = (1 + tiny) / tiny
    assert truth in ball
    assert ball.rad < truth / 2**90
    hilbert = [[Fraction(1, i + j + 1) for j in range(12)] for i in range(12)]  # value: mpmath.eigsy, 60 digits
    ball = condition_number(hilbert, field=BALL(120))
    assert float(ball) == pytest.approx(17132289046970049.6, rel=1e-14)
    assert ball.rad < ball.mid / 2**100


def test_fields_of_spectra():
    assert Fraction(11, 2) in [as_fraction(task_hardness([1, "1/2", "1/3"], field=field)) for field in (EXACT, F64)]
    assert Fraction(11, 2) in task_hardness([1, "1/2", "1/3"], field=BALL(60))
    assert task_hardness([1.0, 0.5], field=EXACT) == 3
    assert task_hardness(power_law(3, 1)) == task_hardness(power_law(3, 1), field=EXACT)


def test_refusals():
    with pytest.raises(OutsideRegime, match="BALL"):
        task_hardness([[2, 1], [1, 2]], field=EXACT)
    with pytest.raises(InvalidSetup, match="not positive definite"):
        task_hardness([[1, 2], [2, 1]])
    with pytest.raises(InvalidSetup, match="eigenvalue"):
        task_hardness([1, 0])
    with pytest.raises(OutsideRegime, match="float64 range"):
        task_hardness([10**200, Fraction(1, 10**200)], field=F64)
    with pytest.raises(NotCertified, match="bits"):
        task_hardness(rotated([1, Fraction(1, 10**60)]), field=BALL(24))


# ------------------------------------------------------------------ contraction factors


@given(spectra, st.integers(min_value=1, max_value=100))
def test_matched_factors(spectrum, n):
    """1 − λ/γ = (λ + tr Λ)/((n + 1) λ + tr Λ)."""
    factors = contraction_factors(Setup(spectrum, n=n))
    total = sum(spectrum)
    assert factors.factors.tolist() == [(x + total) / ((n + 1) * x + total) for x in spectrum]
    assert 0 < factors.spectral_radius < 1


def test_unmatched_factors_can_diverge():
    """Λ = diag(1, 1), n = 1: Γ = 4 I; Σ = diag(1, 12): factors 3/4 and −2."""
    factors = contraction_factors(Setup([1, 1], n=1, Sigma=[1, 12]))
    assert factors.factors.tolist() == [Fraction(3, 4), -2]
    assert factors.spectral_radius == 2


@pytest.mark.parametrize("Sigma", [None, [["4", "2"], ["2", "2"]], [1, 3]])
def test_matrix_factors_are_eigenvalues(Sigma):
    setup = Setup([["1", "1/3"], ["1/3", "1/2"]], n=5, Sigma=Sigma)
    result = contraction_factors(setup)
    R = np.eye(2) - gamma_matrix(setup).Gamma_inv @ np.asarray(setup.Sigma)
    assert np.allclose(result.factors, np.sort(np.linalg.eigvals(R)), rtol=FLOAT, atol=0)
    assert result.spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(R)).max(), rel=FLOAT)


def test_matrix_sigma_with_spectrum_lambda_and_rotations():
    mixed = contraction_factors(Setup([1, 2], n=5, Sigma=[[4, 1], [1, 2]]))
    assert mixed.factors.shape == (2,)
    plain = contraction_factors(Setup([3, "1/2"], n=5, Sigma=[1, 2]), field=F64)
    turned = contraction_factors(Setup(rotated([3, "1/2"]), n=5, Sigma=rotated([1, 2])))
    assert np.allclose(turned.factors, np.sort(plain.factors), rtol=FLOAT, atol=0)


def test_long_prompts_keep_their_digits():
    exact = contraction_factors(Setup([1, "1/2"], n=10**12)).factors.astype(float)
    for Lambda in ([1.0, 0.5], rotated([1, "1/2"])):
        factors = contraction_factors(Setup(Lambda, n=10**12), field=F64).factors
        assert np.allclose(np.sort(factors), np.sort(exact), rtol=FLOAT, atol=0)


def test_factor_fields_and_refusals():
    ball = contraction_factors(Setup([5], n=8), field=BALL(80))
    assert Fraction(1, 5) in ball.factors[0]
    assert ball.spectral_radius >= Fraction(1, 5)
    assert float(contraction_factors(Setup([5], n=8), field=MP(30)).factors[0]) == 0.2
    with pytest.raises(OutsideRegime, match="F64 only"):
        contraction_factors(Setup([[2, 1], [1, 2]], n=3), field=EXACT)
    with pytest.raises(OutsideRegime, match="pooled"):
        contraction_factors(Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=3))
