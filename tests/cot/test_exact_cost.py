"""Exact chains that would take hours are refused soon; those that stay short are not."""

import time
from fractions import Fraction

import numpy as np
import pytest

from theorycalc.cot.closed_form import cot_closed_form
from theorycalc.cot.prompt import Conditioning
from theorycalc.cot.recursion import _error_units, iterate_cot
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import BALL, EXACT
from theorycalc.model import Setup
from theorycalc.spectra import isotropic

SOON = 10.0  # seconds; the refusals themselves take well below one


@pytest.mark.parametrize(("run", "size"), [(iterate_cot, 1), (iterate_cot, 2), (cot_closed_form, 5)])
def test_a_million_steps_are_refused(run, size):
    features = np.arange(3 * size).reshape(size, 3) + 1
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match=r"^steps = 1000000, field = EXACT: .*fewer steps, field=BALL") as caught:
        run(features, [1, 2, 4], Setup([1] * size, n=3), 10**6, field=EXACT)
    assert time.perf_counter() - begin < SOON
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("run", [iterate_cot, cot_closed_form])
def test_many_operations_are_refused_before_the_first(run):
    features, setup = np.ones((300, 6_000)), Setup(isotropic(300), n=3)
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match="operations on fractions"):
        run(features, np.ones(6_000), setup, 900, field=EXACT)
    assert time.perf_counter() - begin < 2 * SOON


def test_short_numbers_may_go_on():
    """R = 0: the chain rests at w* after one step, and its numbers do not grow."""
    path = iterate_cot([[2]], [2], Setup([2], n=2), 20_000, field=EXACT)
    assert path.w[-1, 0] == 1
    assert cot_closed_form([[2]], [2], Setup([2], n=2), 10**6, field=EXACT).w[0] == 1
    steps = 500
    assert iterate_cot([[1]], [3], Setup([1], n=2), steps, field=EXACT).w[-1, 0] == 3 - 3 * Fraction(1, 2**steps)


def test_other_fields_are_not_refused():
    assert abs(float(cot_closed_form([[1, 2]], [1, 2], Setup([1], n=3), 10**6, field=BALL(200)).w[0]) - 1) < 1e-12


def test_the_stated_error_counts_the_rounding_of_the_inverse():
    """One step, all sizes 1 but the relative error 10³ of Γ⁻¹, so that ‖Γ^(1/2) δA g‖ = 10³ · 1/4 · 2 leads."""
    sizes = Conditioning(
        gamma_min=4.0,
        gamma_max=4.0,
        inverse_error=1e3,
        frobenius=1.0,
        whitened=0.0,
        labels=1.0,
        lam_min=1.0,
        lam_max=1.0,
        sums=0.0,
    )
    units = _error_units(sizes, np.array([[1.0], [0.0]]))
    tilt = 1e3 * 2 / 4 * min(1.0 * 2, 4.0 * 1)  # inverse_error √γ/γ · min(‖X‖ (‖X‖|w| + ‖y‖), γ |Δw|)
    assert units == pytest.approx((2 * (1 + 0) + tilt) / 2, rel=1e-12)
