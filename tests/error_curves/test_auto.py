"""The rung that chooses itself: what it chooses, why, and that it would rather refuse."""

import numpy as np
import pytest

from theorycalc.error_curves import auto, expected_error
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.spectra import isotropic, power_law


def test_long_prompts_are_the_population():
    found = expected_error(Setup([1, 2], n=3), 5, rung="auto")
    assert found.rung == "population"
    assert "m = ∞" in found.notes[0]
    np.testing.assert_array_equal(found.values, expected_error(Setup([1, 2], n=3), 5, rung="population").values)


def test_what_takes_seconds_is_exact():
    setup = Setup([1, 2], n=3, m=4)
    found = expected_error(setup, 3, rung="auto", field=EXACT)
    assert found.rung == "exact"
    assert list(found.values) == list(expected_error(setup, 3, field=EXACT).values)


def test_isotropic_chains_stay_exact_at_a_hundred_steps():
    assert expected_error(Setup(isotropic(3), n=4, m=10_000), 100, rung="auto").rung == "exact"


def test_long_chains_on_long_prompts_are_a_series():
    setup = Setup(power_law(10, 0.5), n=10, m=10**6)
    found = expected_error(setup, 60, rung="auto")
    assert found.rung == "expansion"
    assert np.max(auto.relative_width(found)) <= auto.TOLERANCE
    known = expected_error(setup, 10)  # the choice is right where the exact rung can tell
    assert np.all(np.abs(found.values[:11] - known.values) <= (found.upper - found.lower)[:11])


def test_many_directions_are_the_limit(monkeypatch):
    """Without time for more than a few exact steps, and no series, the limit is held against the exact rung."""
    setup = Setup(power_law(200, 0.2), n=200, m=4_000)
    monkeypatch.setattr(auto, "_SECONDS", 0.05)
    monkeypatch.setattr(auto, "_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(auto, "_ORDERS", ())
    found = expected_error(setup, 12, rung="auto")
    assert found.rung == "proportional"
    exact = expected_error(setup, 12)
    assert np.all((found.lower <= exact.values) & (exact.values <= found.upper))
    assert np.max(np.abs(found.values / exact.values - 1)) <= auto.TOLERANCE


def test_rare_prompts_are_no_mean():
    """λ_max(N) > 2 is likely here: no rung but the exact one gives the mean, and that would take hours."""
    with pytest.raises(OutsideRegime, match=r"no rung gives the mean of 40 steps at m = 5 within a tenth: exact: .*"):
        expected_error(Setup([1, 2], n=4, m=5), 40, rung="auto")


def test_an_order_is_not_for_auto():
    with pytest.raises(InvalidSetup, match='order = 2: rung "auto" chooses its own'):
        expected_error(Setup([1], n=1, m=9), 1, rung="auto", order=2)


def test_width_of_a_value_that_is_not_positive_is_infinite():
    curve = expected_error(Setup([1], n=1), 2, rung="population", field=EXACT)
    assert list(auto.relative_width(curve)) == [0, 0, 0]
