"""Statements about error curves that only a wrong boundary, scale or chunk in their code would break."""

import numpy as np
import pytest

from tests.tolerances import LONG_RECURSION
from theorycalc.error_curves import expected_error, long_chain_bound, one_step_bound
from theorycalc.fields import EXACT
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
