"""Probability that a prompt overthinks: closed forms, laws against simulation, bounds that hold, intervals."""

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS, Z_LIMIT
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.thinking.probability import weighted_chi_square_tail

ask: Any = tc.overthinking_probability
draw: Any = tc.montecarlo.overthinking_probability


@pytest.mark.parametrize("lam", [1, "2/3"])
@pytest.mark.parametrize(("sigma", "n", "m"), [(1, 2, 2), (2, 5, 3), ("1/3", 1, 9)])
def test_one_dimension_is_chi_square(lam, sigma, n, m):
    found = tc.overthinking_probability(tc.Setup([lam], n=n, Sigma=[sigma], m=m), field=BALL(120))
    c = Fraction(sigma) / (Fraction(lam) * (1 + Fraction(2, n)))
    y = m / c
    with mpmath.workdps(40):
        tail = mpmath.gammainc(mpmath.mpf(m) / 2, mpmath.mpf(y.numerator) / y.denominator, regularized=True)
    assert abs(as_fraction(tail) - found.value.mid) <= found.value.rad + Fraction(1, 10**35)
    assert found.is_exact


def test_sigma_proportional_to_gamma():
    """C = cI although nothing is isotropic: Σ = Γ/2, as spectra and as matrices."""
    lam, n, m = [3, 1, "1/2"], 7, 5
    gamma = [x.diagonal()[i] for i, x in enumerate([tc.gamma_matrix(tc.Setup(lam, n=n), field=EXACT).Gamma] * 3)]
    plain = tc.overthinking_probability(tc.Setup(lam, n=n, Sigma=[x / 2 for x in gamma], m=m))
    law = tc.largest_eigenvalue(4 * m, d=3, m=m)
    assert plain.value == law.beyond
    Lambda = [[3, 1], [1, 2]]
    Gamma = tc.gamma_matrix(tc.Setup(Lambda, n=n), field=EXACT).Gamma
    turned = tc.overthinking_probability(tc.Setup(Lambda, n=n, Sigma=Gamma / 2, m=m))
    assert turned.value == tc.largest_eigenvalue(4 * m, d=2, m=m).beyond


@settings(max_examples=20, deadline=None)
@given(st.lists(st.fractions(Fraction(1, 5), 5, max_denominator=9), min_size=1, max_size=4), st.integers(1, 6))
def test_weighted_chi_square_against_imhof(weights, size):
    """Imhof's integral for P(Σ cᵢ zᵢ² > x), by quadrature of another kind: half, plus an oscillating integral."""
    x = Fraction(size)
    ball = weighted_chi_square_tail(weights, x, BALL(60))
    assert ball is not None
    doubled = weighted_chi_square_tail(sorted(weights + weights), x, BALL(60))  # an even number: a closed form
    assert doubled is not None
    values = sorted(set(weights))
    if len(values) == len(weights):  # Σ over two degrees of freedom each: hypoexponential
        total = Fraction(0)
        closed = 0.0
        for c in values:
            factor = math.prod((float(c / (c - o)) for o in values if o != c), start=1.0)
            closed += factor * math.exp(-float(x / (2 * c)))
            total += c
        spread = max([1.0, *(abs(float(c / (c - o))) for c in values for o in values if o != c)]) ** len(values)
        assert float(doubled) == pytest.approx(closed, abs=1e-12 * spread)
    draws = np.random.default_rng(0).standard_normal((20_000, len(weights))) ** 2 @ np.array(
        [float(c) for c in weights]
    )
    p = float(ball)
    assert abs(np.mean(draws > float(x)) - p) <= Z_LIMIT * math.sqrt(max(p * (1 - p), 1e-3) / 20_000)


def test_one_example_in_every_field():
    setup = tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=1)
    ball = tc.overthinking_probability(setup, field=BALL(200)).value
    assert ball.rad < Fraction(1, 10**40)
    assert abs(as_fraction(tc.overthinking_probability(setup, field=MP(30)).value) - ball.mid) < Fraction(1, 10**29)
    assert tc.overthinking_probability(setup).value == pytest.approx(float(ball), rel=FEW_OPERATIONS)
    equal = tc.overthinking_probability(tc.Setup([2, 2], n=3, m=1))  # both laws apply: c = 1/2, χ²₂ > 4
    assert equal.value == pytest.approx(math.exp(-2), rel=FEW_OPERATIONS)


@pytest.mark.parametrize("share", ["1/100", "1/1000", "1e-15", "1e-300"])
def test_one_example_and_rare(share):
    """The value has its digits however rare the event; below 2^−1100 the enclosure says so."""
    e = Fraction(share)
    setup = tc.Setup([1, 2], n=3, Sigma=[e, 17 * e / 10], m=1)
    found = tc.overthinking_probability(setup)
    first, second = 3 * e / 7, 3 * e * Fraction(17, 10) / 11
    with mpmath.workdps(30):
        # the two-dimensional Gaussian in polar coordinates: P is the mean of exp(−1/(c₁cos²t + c₂sin²t)) over t, to
        # which the trapezoidal rule converges geometrically
        angles = [mpmath.pi * j / 500 for j in range(500)]
        expected = (
            mpmath.fsum(mpmath.exp(-1 / (first * mpmath.cos(t) ** 2 + second * mpmath.sin(t) ** 2)) for t in angles)
            / 500
        )
    assert found.value == pytest.approx(float(expected), rel=FEW_OPERATIONS, abs=0)
    assert found.upper - found.lower <= max(found.lower / 10**15, Fraction(1, 2**1_099))


def test_bounds_of_a_very_long_prompt_stay_small_numbers():
    found = tc.overthinking_probability(tc.Setup([1, 2, 3], n=2, m=10**12))
    assert found.lower == 0 < found.upper < Fraction(1, 10**8_000)
    assert found.upper.denominator.bit_length() < 10**5


SETUPS = {
    "spectra": tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=7),
    "rare": tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=60),
    "matrices": tc.Setup([[1, "1/3"], ["1/3", "1/2"]], n=5, Sigma=[[4, 2], [2, 2]], m=2),
    "power law": tc.Setup(tc.power_law(20, 1), n=50, m=40),
    "certain": tc.Setup(tc.power_law(20, 1), n=50, Sigma=[1] * 20, m=200),
    "d > m": tc.Setup(tc.power_law(8, "1/2"), n=10, m=3),
}


@pytest.mark.parametrize("name", SETUPS)
def test_bounds_hold_the_simulated_probability(name):
    setup = SETUPS[name]
    found = tc.overthinking_probability(setup)
    assert found.value is None
    estimate = tc.montecarlo.overthinking_probability(setup, prompts=4_000, seed=1, confidence=1 - 1e-6)
    assert 0 <= found.lower <= found.upper <= 1
    assert estimate.lower <= found.upper
    assert found.lower <= estimate.upper
    assert found.upper < 0.1 or name != "rare"
    assert found.lower > 0.99 or name != "certain"


@pytest.mark.parametrize("d", [1, 2, 5])
def test_simulation_of_the_known_law(d):
    setup = tc.Setup([1] * d, n=9, m=5)
    p = float(tc.overthinking_probability(setup).value)
    estimate = tc.montecarlo.overthinking_probability(setup, prompts=20_000, seed=3)
    assert abs(estimate.value - p) <= Z_LIMIT * math.sqrt(p * (1 - p) / 20_000)
    assert estimate.count > 100


def test_the_probability_rises_with_training_length_and_falls_with_the_prompt():
    values = [float(tc.overthinking_probability(tc.Setup([1, 1], n=n, m=4)).value) for n in (1, 5, 50)]
    assert values == sorted(values)
    falling = [float(tc.overthinking_probability(tc.Setup([1, 1], n=5, m=m)).value) for m in (2, 8, 32, 128)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] > 0


def test_long_prompts_are_certain():
    assert tc.overthinking_probability(tc.Setup([1, "1/10"], n=4, Sigma=[1, 1])).value == 1
    assert tc.overthinking_probability(tc.Setup([1, "1/10"], n=3, Sigma=[1, 1])).value == 0  # critical, not beyond
    assert tc.overthinking_probability(tc.Setup([[2, 1], [1, 2]], n=2, Sigma=[[11, 3], [3, 11]])).value == 1


def test_what_is_too_wide_for_the_series_is_bounded():
    found = tc.overthinking_probability(tc.Setup([1, 1], n=2, Sigma=[1, "1/1000000"], m=1))
    assert found.value is None
    one = tc.overthinking_probability(tc.Setup([1, 1], n=2, Sigma=[1, "1/2"], m=1))
    assert one.value is not None


def test_forms():
    for setup in SETUPS.values():
        found = tc.overthinking_probability(setup)
        data = found.to_dict()
        assert Fraction(data["lower"]) <= found.lower
        assert Fraction(data["upper"]) >= found.upper
        assert repr(found).startswith("OverthinkingProbability(")


# ------------------------------------------------------------------------------------------------ simulation


def test_reproducible_and_independent_of_workers():
    setup = SETUPS["power law"]
    alone = draw(setup, prompts=12_000, seed=5)
    again = draw(setup, prompts=12_000, seed=5, workers=2)
    assert alone.to_dict() == again.to_dict()
    assert draw(setup, prompts=12_000, seed=6).largest != alone.largest
    prefix = draw(setup, prompts=100, seed=5)
    assert prefix.prompts == 100
    assert repr(prefix).endswith("of 100 prompts)")


@pytest.mark.parametrize("name", ["matrices", "d > m", "spectra"])
def test_drawn_by_definition(name):
    """The first prompt's top eigenvalue from Γ and S as they are written."""
    setup = SETUPS[name]
    X = tc.montecarlo.draw_prompts(setup, 50, seed=8).X
    S = X @ X.swapaxes(1, 2) / setup.m
    Gamma = np.asarray(tc.gamma_matrix(setup).Gamma)
    tops = np.array([np.max(np.linalg.eigvals(np.linalg.solve(Gamma, one)).real) for one in S])
    estimate = draw(setup, prompts=50, seed=8)
    assert estimate.count == int(np.sum(tops > 2))
    assert estimate.largest == pytest.approx(tops.max(), rel=1e-10)


@pytest.mark.parametrize(("count", "total"), [(0, 10), (3, 10), (10, 10), (1, 1000)])
def test_clopper_pearson_has_its_level(count, total):
    from scipy.stats import binom

    from theorycalc.montecarlo.overthinking import clopper_pearson

    low, high = clopper_pearson(count, total, 0.9)
    assert low == 0 if count == 0 else binom.sf(count - 1, total, low) == pytest.approx(0.05)
    assert high == 1 if count == total else binom.cdf(count, total, high) == pytest.approx(0.05)


def test_an_interrupt_returns_what_there_is():
    def stop(done, total):
        if done < total:
            raise KeyboardInterrupt

    found = draw(SETUPS["power law"], prompts=10**6, seed=0, progress=stop)
    assert found.interrupted
    assert 0 < found.prompts < 10**6
    assert draw(SETUPS["power law"], prompts=found.prompts, seed=0).value == found.value


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ask(SETUPS["rare"], field=EXACT), OutsideRegime, "transcendental"),
        (lambda: ask([1]), InvalidSetup, "setup"),
        (lambda: draw(tc.Setup([1], n=1), prompts=3, seed=0), OutsideRegime, "∞"),
        (lambda: draw(SETUPS["rare"], prompts=0, seed=0), InvalidSetup, "prompts = 0"),
        (lambda: draw(SETUPS["rare"], prompts=5, seed=-1), InvalidSetup, "seed = -1"),
        (lambda: draw(SETUPS["rare"], prompts=5, seed=0, confidence=1), InvalidSetup, "confidence = 1"),
        (lambda: draw(SETUPS["rare"], prompts=5, seed=0, workers=0), InvalidSetup, "workers = 0"),
        (lambda: draw(SETUPS["rare"], prompts=5, seed=0, progress=3), InvalidSetup, "progress = 3"),
        (lambda: draw(tc.Setup([1], n=1, m=10**12), prompts=5, seed=0), InvalidSetup, "memory"),
        (
            lambda: draw(
                tc.Setup([[1, 0.5], [0.5, 1]], n=1, Sigma=[["1", "1"], ["1", f"{10**30 + 1}/{10**30}"]], m=2),
                prompts=2,
                seed=0,
            ),
            NotConverged,
            "Cholesky",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
