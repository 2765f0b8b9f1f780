"""Statements about error curves that only a wrong boundary, scale or chunk in their code would break."""

import numpy as np
import pytest

from tests.tolerances import LONG_RECURSION
from theorycalc.error_curves import expected_error, long_chain_bound, one_step_bound
from theorycalc.fields import EXACT, F64
from theorycalc.model import Setup

SETUP = Setup([1, "1/2", 2], n=5, m=7)


@pytest.mark.parametrize("m", [7, None])
@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_the_bound_names_the_regime_of_each_of_its_values(m, steps):
    setup = SETUP.replace(m=m)
    curve = expected_error(setup, steps, rung="bound", field=EXACT)
    law = long_chain_bound(setup, steps, field=EXACT).tolist()
    assert len(curve.values) == len(curve.regimes) == len(law) == steps + 1
    if m is not None and steps >= 1:
        law[1] = one_step_bound(setup, field=EXACT)
    assert curve.values.tolist() == law


@pytest.mark.parametrize("rung", ["exact", "proportional"])
@pytest.mark.parametrize("power", [-520, 520])
def test_full_matrices_far_from_order_one(rung, power):
    """Γ⁻¹Σ has no scale; 2^±520 squared leaves the float64 range."""
    basis = np.array([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    Lambda, Sigma = (basis @ np.diag(spectrum) @ basis.T for spectrum in ([1.0, 0.5, 2.0], [1.5, 0.75, 1.0]))
    plain, scaled = (
        expected_error(Setup(Lambda * scale, Sigma=Sigma * scale, n=6, m=9), 3, rung=rung).values
        for scale in (1.0, 2.0**power)
    )
    assert scaled == pytest.approx(plain, rel=LONG_RECURSION)


@pytest.mark.parametrize("rung", ["population", "exact"])
@pytest.mark.parametrize("field", [EXACT, F64])
@pytest.mark.parametrize("large", [1, 10**12])
def test_a_spectrum_is_the_diagonal_matrix_beside_a_full_matrix(rung, field, large):
    Sigma = [[2, 1], [1, 3]]
    mixed, full = (
        expected_error(Setup(Lambda, Sigma=Sigma, Omega=Omega, n=4, m=6), 3, rung=rung, field=field)
        for Lambda, Omega in (([1, 2], [large, 3 * large]), ([[1, 0], [0, 2]], [[large, 0], [0, 3 * large]]))
    )
    exact = expected_error(Setup([1, 2], Sigma=Sigma, Omega=[large, 3 * large], n=4, m=6), 3, rung=rung, field=EXACT)
    for curve in (mixed, full):
        assert np.all(curve.lower <= exact.values)
        assert np.all(exact.values <= curve.upper)
    assert [float(x) for x in mixed.values] == pytest.approx([float(x) for x in full.values], rel=LONG_RECURSION)


def test_population_of_a_spectrum_beside_a_full_matrix_by_definition():
    curve = expected_error(Setup([1, 2], Sigma=[[2, 1], [1, 3]], n=4), 3, rung="population")
    R = np.eye(2) - np.diag([1 / 2.0, 1 / 3.25]) @ np.array([[2.0, 1.0], [1.0, 3.0]])  # Γ = 5/4 Λ + 3/4 I
    powers = [np.linalg.matrix_power(R, k) for k in range(4)]
    assert curve.values == pytest.approx([np.sum(power**2) for power in powers], rel=LONG_RECURSION)
