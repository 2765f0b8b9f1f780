"""Γ in closed form: hand values, another route, and the laws it must obey."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.mixture import optimal_map
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import isotropic, power_law

FLOAT = 1e-13  # relative: a handful of roundings, and an inverse of condition number below 100

positive = st.fractions(min_value=Fraction(1, 50), max_value=50, max_denominator=60)
counts = st.integers(min_value=1, max_value=10**6)
small = st.fractions(min_value=-3, max_value=3, max_denominator=7)


@st.composite
def spectra(draw, max_d=4):
    return draw(st.lists(positive, min_size=1, max_size=max_d))


@st.composite
def exact_matrices(draw, d=3):
    """B Bᵀ + I with rational B: positive definite, symmetric and exact."""
    B = np.array(draw(st.lists(small, min_size=d * d, max_size=d * d)), dtype=object).reshape(d, d)
    return B @ B.T + np.eye(d, dtype=int)


def cayley(skew):
    """(I − K)(I + K)⁻¹ for the skew K of three rationals: an exact rotation."""
    a, b, c = skew
    K = EXACT.array(np.array([[0, a, b], [-a, 0, c], [-b, -c, 0]], dtype=object))
    identity = EXACT.array(np.eye(3, dtype=int))
    return (identity - K) @ EXACT.inverse(identity + K)


def gamma(Lambda, n):
    return gamma_matrix(Setup(Lambda, n=n), field=EXACT).Gamma


def fractions(matrix):
    return np.vectorize(EXACT.public, otypes=[object])(matrix)


def test_one_dimension():
    result = gamma_matrix(Setup(["3/2"], n=4), field=EXACT)
    assert result.Gamma.tolist() == [[Fraction(9, 4)]]  # (1 + 2/4)·3/2
    assert result.Gamma_inv.tolist() == [[Fraction(4, 9)]]
    assert result.residual() == 0


@given(exact_matrices(), counts)
def test_definition_entry_by_entry(Lambda, n):
    trace = sum(Lambda[i, i] for i in range(3))
    expected = [
        [Lambda[i, j] * (1 + Fraction(1, n)) + (trace / n if i == j else 0) for j in range(3)] for i in range(3)
    ]
    result = gamma_matrix(Setup(Lambda, n=n), field=EXACT)
    assert result.Gamma.tolist() == expected
    assert (result.Gamma @ result.Gamma_inv == np.eye(3, dtype=int)).all()
    assert result.residual() == 0


@settings(max_examples=40)
@given(exact_matrices(), counts, st.tuples(small, small, small))
def test_rotation_law(Lambda, n, skew):
    U = fractions(cayley(skew))
    assert (np.eye(3, dtype=int) == U @ U.T).all()
    assert (gamma(U @ Lambda @ U.T, n) == U @ gamma(Lambda, n) @ U.T).all()


@given(spectra(), counts, positive)
def test_scaling_law(spectrum, n, factor):
    scaled = [factor * value for value in spectrum]
    assert (gamma(scaled, n) == factor * gamma(spectrum, n)).all()


@given(spectra(), counts)
def test_limit_by_rate(spectrum, n):
    """Γ − Λ is exactly halved when n doubles, so Γ → Λ at rate 1/n."""
    limit = np.diag(np.array(spectrum, dtype=object))
    assert (gamma(spectrum, n) - limit == 2 * (gamma(spectrum, 2 * n) - limit)).all()


@given(spectra(), counts)
def test_spectrum_equals_its_matrix(spectrum, n):
    dense = np.diag(np.array(spectrum, dtype=object))
    dense_setup = Setup(spectrum, n=n)
    assert (gamma(dense, n) == gamma_matrix(dense_setup, field=EXACT).Gamma).all()


@settings(max_examples=25)
@given(exact_matrices(), counts)
def test_fields_agree(Lambda, n):
    setup = Setup(Lambda, n=n)
    exact = gamma_matrix(setup, field=EXACT)
    rounded = gamma_matrix(setup)
    for name in ("Gamma", "Gamma_inv"):
        truth = getattr(exact, name)
        scale = float(max(abs(truth.reshape(-1))))
        assert np.allclose(getattr(rounded, name), truth.astype(float), rtol=0, atol=FLOAT * scale * 100)
        digits = getattr(gamma_matrix(setup, field=MP(40)), name)
        balls = getattr(gamma_matrix(setup, field=BALL(160)), name)
        for value, digit, ball in zip(truth.reshape(-1), digits.reshape(-1), balls.reshape(-1), strict=True):
            assert value in ball
            assert ball.rad <= Fraction(scale) / 10**35
            assert abs(Fraction(str(digit)) - value) <= Fraction(scale) / 10**14  # str shows mp.dps digits
    assert gamma_matrix(setup, field=BALL(160)).residual() < Fraction(1, 10**30)


def test_pooled_mixture_is_its_mean():
    mixture = TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"])
    assert (gamma(mixture, 5) == gamma([2, 2], 5)).all()


@pytest.mark.parametrize("sampling", ["per_prompt", "per_example"])
def test_mixture_of_spectra_has_a_gamma_and_others_have_none(sampling):
    setup = Setup(TaskMixture([[1, 3], [3, 1]], ["1/3", "2/3"], sampling), n=5)
    found = gamma_matrix(setup, EXACT)
    assert (found.Gamma_inv == optimal_map(setup, field=EXACT)).all()
    assert found.residual() == 0
    assert found.steps == ()
    with pytest.raises(OutsideRegime, match="optimal_map"):
        gamma_matrix(Setup(TaskMixture([[[2, 1], [1, 1]], [1, 3]], ["1/2", "1/2"], sampling), n=5))


def test_result_carries_its_problem_and_its_derivation():
    setup = Setup([1, 2], n=3)
    result = gamma_matrix(setup, field=F64)
    assert result.setup is setup
    assert result.field_name == "F64"
    assert any("Γ" in step.title for step in result.steps)


def test_refusals():
    with pytest.raises(InvalidSetup, match="5,000 rows"):
        gamma_matrix(Setup(isotropic(5_001), n=3))
    with pytest.raises(InvalidSetup, match="2,000 rows over EXACT"):
        gamma_matrix(Setup(power_law(2_001, 1), n=3), field=EXACT)
    with pytest.raises(NotConverged, match="float64 range"):
        gamma_matrix(Setup([1.7e308, 1.0], n=1))
    with pytest.raises(InvalidSetup, match="not a number field"):
        gamma_matrix(Setup([1], n=1), field="float")  # type: ignore[arg-type]
