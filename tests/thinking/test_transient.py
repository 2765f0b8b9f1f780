"""Transient growth: hand values, bounds, peaks against brute force, the numerical radius, refusals."""

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT
from theorycalc.thinking.numerical_range import numerical_radius

ask: Any = tc.transient_growth
INSTANCE = tc.Setup([31, 1], n=32, Sigma=[[33, 4], [4, 2]])  # of OVT-04


def drawn(d, n, seed, top=1.9):
    """A problem that does not commute, scaled to λ_max(Γ⁻¹Σ) = top."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.standard_normal((d, d)))[0]
    lam = 1 / np.arange(1, d + 1) ** 2
    Sigma = (U * rng.uniform(0.05, 1, d)) @ U.T
    setup = tc.Setup(lam, n=n, Sigma=(Sigma + Sigma.T) / 2)
    scale = top / float(tc.overthinking(setup, steps=0).threshold)
    return setup.replace(Sigma=np.asarray(setup.Sigma) * scale)


def error_map(setup):
    return np.eye(setup.d) - np.linalg.solve(np.asarray(tc.gamma_matrix(setup).Gamma), np.asarray(setup.Sigma))


def test_by_hand():
    """γ = (32 + 31/32·… ) exactly: Γ = (33/32)Λ + I; E_1/E_0 = ‖R‖_F²/2 from the exact rung's own rationals."""
    found = tc.transient_growth(INSTANCE, field=BALL(100))
    first = tc.expected_error(INSTANCE, 1, rung="population", field=EXACT).values[1] / 2
    assert first in found.first_step
    assert (found.peak_step, found.norm_step) == (1, 1)
    assert first in found.peak
    gamma = [Fraction(33, 32) * 31 + 1, Fraction(33, 32) + 1]
    assert max(gamma) / min(gamma) in found.condition
    assert found.grows
    assert found.peak.rad < Fraction(1, 10**9)


@pytest.mark.parametrize(("d", "n", "seed"), [(2, 20, 0), (3, 100, 1), (6, 50, 2), (12, 1000, 3)])
def test_peaks_against_brute_force(d, n, seed):
    setup = drawn(d, n, seed)
    found = tc.transient_growth(setup, field=BALL(64))
    R, power = error_map(setup), np.eye(d)
    squares, norms = [], []
    for _ in range(400):
        squares.append(np.sum(power**2) / d)
        norms.append(np.linalg.norm(power, 2))
        power = power @ R
    for values, peak, step in ((squares, found.peak, found.peak_step), (norms, found.norm_peak, found.norm_step)):
        assert int(np.argmax(values)) == step
        assert float(peak) == pytest.approx(max(values), rel=LONG_RECURSION)
        assert peak.rad < Fraction(1, 10**9)
    kappa, rate = float(found.condition), float(found.rate)
    assert found.norm_peak.upper <= math.sqrt(kappa) * (1 + FEW_OPERATIONS)
    assert kappa <= n + 2
    assert all(norm <= math.sqrt(kappa) * rate**k * (1 + LONG_RECURSION) for k, norm in enumerate(norms[:60]))
    radius = float(found.numerical_radius.upper)
    assert all(norm <= 2 * radius**k * (1 + LONG_RECURSION) for k, norm in enumerate(norms[:60]))


@pytest.mark.parametrize("seed", range(3))
def test_the_numerical_radius_against_a_grid(seed):
    R = error_map(drawn(4, 200, seed))
    found = numerical_radius(R)
    grid = [np.exp(1j * t) * R for t in np.linspace(0, np.pi, 2001)]
    best = max(np.linalg.eigvalsh((M + M.conj().T) / 2)[-1] for M in grid)
    assert float(found.lower) <= best * (1 + 1e-6)
    assert best <= float(found.upper) * (1 + FEW_OPERATIONS)
    assert found.rad < found.mid / 10**5


def test_a_jordan_block_is_a_disc():
    """The numerical range of the d × d nilpotent shift is a disc of radius cos(π/(d + 1))."""
    for d in (2, 3, 5):
        found = numerical_radius(np.eye(d, k=1))
        assert float(found.lower) <= math.cos(math.pi / (d + 1)) <= float(found.upper)
        assert found.rad < Fraction(1, 1000)


def test_commuting_problems_do_not_grow():
    plain = tc.transient_growth(tc.Setup([1, "1/10"], n=3, Sigma=[1, "9/10"]))
    assert (plain.peak, plain.peak_step, plain.norm_peak, plain.norm_step) == (1, 0, 1, 0)
    U = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = tc.Setup(U @ np.diag([1, 0.1]) @ U.T, n=3, Sigma=U @ np.diag([1, 0.9]) @ U.T)
    found = tc.transient_growth(turned)
    assert (found.peak, found.peak_step) == (1, 0)
    assert not found.grows
    radius = found.numerical_radius
    assert radius == pytest.approx(found.rate, rel=1e-6)  # R is symmetric


def test_overthinking_grows_without_bound():
    found = tc.transient_growth(INSTANCE.replace(Sigma=[[33, 4], [4, 5]]))
    assert found.overthinks
    assert math.isinf(found.peak)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["peak"] is None
    assert repr(found) == "TransientGrowth(grows without bound)"
    assert "peak=1.94641 at k=1" in repr(tc.transient_growth(INSTANCE))


def test_slow_directions_need_many_steps():
    found = tc.transient_growth(drawn(5, 300, 9, top=1.99))
    assert found.examined >= 1
    slow = tc.Setup([1, "1/100"], n=200, Sigma=[["1/10", "1/1000"], ["1/1000", "1/99999"]])
    assert tc.transient_growth(slow).peak_step == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ask(INSTANCE, field=EXACT), OutsideRegime, "algebraic"),
        (lambda: ask(tc.Setup(np.eye(401) + 0.1, n=2)), OutsideRegime, "stop at d = 400"),
        (lambda: ask(tc.Setup([[1, 0], [0, 1]], n=2, Sigma=[[5, 0], [0, 5]])), None, ""),
        (lambda: ask(tc.Setup([[2, 1], [1, 2]], n=2, Sigma=[[10, 3], [3, 10]])), NotCertified, "exactly"),
    ],
)
def test_refusals(call, error, message):
    if error is None:  # spectra at the threshold: symmetric, nothing grows
        assert call().peak == 1
        return
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize("scale", [150, 160, 200, 300])
def test_a_gap_of_any_size_is_a_number_or_one_line(scale):
    big = Fraction(10) ** scale
    for setup in (
        tc.Setup([[2, 1], [1, 2]], n=4, Sigma=[[big, 0], [0, big / 3]]),
        tc.Setup([[2 / big, 1 / big], [1 / big, 2 / big]], n=4, Sigma=[[1, 0], [0, "1/3"]]),
    ):
        found = ask(setup, field=BALL(200))
        assert found.overthinks
        modest = ask(setup.replace(Sigma=np.array([[big, 0], [0, big / 3]]) / big * 10**6), field=BALL(200))
        if setup.Sigma.entries[0] == big:  # R is −Γ⁻¹Σ but for the identity, so it scales with Σ
            ratio = found.first_step.mid / modest.first_step.mid / (big / 10**6) ** 2
            assert float(ratio) == pytest.approx(1, rel=1e-4)
        if scale > 154:
            with pytest.raises(tc.NotConverged, match="exceeds the float64 range"):
                ask(setup)


def test_numbers_beyond_float64_are_refused():
    with pytest.raises(NotCertified, match="exceeds the float64 range: rescale"):
        ask(tc.Setup([[2, 1], [1, 2]], n=4, Sigma=[[Fraction(10) ** 400, 0], [0, 1]]), field=BALL(200))
