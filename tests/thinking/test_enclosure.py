"""Enclosures over intervals of n: they hold the rung, they are narrow, and their bound at complex n is one."""

import numpy as np
import pytest

from theorycalc.error_curves import expected_error
from theorycalc.fields import BALL, F64
from theorycalc.model import Setup
from theorycalc.results import Metric, Rung
from theorycalc.spectra import power_law
from theorycalc.thinking.enclosure import Enclosure
from theorycalc.thinking.family import family_of
from theorycalc.thinking.rung_at_length import RungAtLength

LAMBDA, SIGMA = [[1, "1/3"], ["1/3", "1/2"]], [[4, 2], [2, 2]]
PROBLEMS = {
    "matched": (Setup(power_law(6, 1), n=1, m=12), Rung.EXACT, Metric.ESTIMATION, False),
    "isotropic": (Setup([1, 1, 1], n=1, m=5), Rung.EXACT, Metric.ESTIMATION, False),
    "m = n": (Setup(power_law(6, 1), n=1), Rung.EXACT, Metric.ESTIMATION, True),
    "mismatched, prediction": (Setup([1, "1/9"], n=1, Sigma=[1, 2], m=9), Rung.EXACT, Metric.PREDICTION, False),
    "noise and prior": (
        Setup([1, "1/2"], n=1, m=9, Omega=[1, 3], w_0=[1, 2], noise_var="1/3"),
        Rung.EXACT,
        Metric.ESTIMATION,
        False,
    ),
    "proportional": (Setup(power_law(6, 1), n=1, m=12), Rung.PROPORTIONAL, Metric.ESTIMATION, False),
    "proportional, m = n": (Setup(power_law(6, 1), n=1), Rung.PROPORTIONAL, Metric.ESTIMATION, True),
    "not commuting": (Setup(LAMBDA, n=1, Sigma=SIGMA, m=9, noise_var=1), Rung.EXACT, Metric.ESTIMATION, False),
    "not commuting, long prompts": (Setup(LAMBDA, n=1, Sigma=SIGMA), Rung.POPULATION, Metric.PREDICTION, False),
    "a rotated spectrum": (Setup([[2, 1], [1, 2]], n=1, m=9), Rung.EXACT, Metric.ESTIMATION, False),
}
STEPS = 4


def enclosed(setup, rung, metric, tied, field=F64):
    return Enclosure(
        RungAtLength(family_of(setup, metric, field), rung, STEPS, tied=tied), np.arange(1, STEPS + 1), 1e-3
    )


def curve(setup, rung, metric, tied, n):
    at = setup.replace(n=n, m=n) if tied else setup.replace(n=n)
    return expected_error(at, STEPS, rung=rung, metric=metric).values


@pytest.mark.parametrize("name", PROBLEMS)
def test_intervals_hold_the_rung_and_are_narrow(name):
    setup, rung, metric, tied = PROBLEMS[name]
    enclosure = enclosed(setup, rung, metric, tied)
    for n in (1, 3, 20, 1000, 10**7):
        low, high = enclosure.interval(n)
        values = curve(setup, rung, metric, tied, n)
        assert np.all((low <= values) & (values <= high))
        assert np.all(high - low <= 1e-4 * np.maximum(values, 1e-3))


@pytest.mark.parametrize("name", PROBLEMS)
def test_lower_bounds_hold_on_whole_intervals(name):
    setup, rung, metric, tied = PROBLEMS[name]
    enclosure = enclosed(setup, rung, metric, tied)
    for a, b in ((1, 40), (5, 9), (17, 17), (30, 300)):
        least = np.min([curve(setup, rung, metric, tied, n) for n in {a, (a + b) // 2, b}], axis=0)
        bound = enclosure.lower(a, b)
        assert np.all(bound <= least * (1 + 1e-12))
        if a == b:
            assert np.all(bound >= least - 1e-3 * np.maximum(least, 1e-3))
    everything = enclosure.lower(10, None)
    assert np.all(everything <= np.minimum(enclosure.lower(10, 10**6), enclosure.lower(10**6, None)) * 1.001 + 1e-6)


@pytest.mark.parametrize("name", ["matched", "mismatched, prediction", "noise and prior", "proportional"])
def test_the_modulus_bounds_complex_eigenvalues(name):
    setup, rung, metric, _ = PROBLEMS[name]
    family = family_of(setup, metric)
    curve_at = RungAtLength(family, rung, 3)
    rng = np.random.default_rng(0)
    for _ in range(20):
        size = 1 / family.gamma(rng.uniform())
        s = size * np.exp(1j * rng.uniform(-np.pi, np.pi, size.size))
        bound = curve_at.modulus(size, size, curve_at.epsilon(0.5))
        assert np.all(np.abs(at_complex(curve_at, s)) <= bound)
    aligned = at_complex(curve_at, -size + 0j)  # all words of one sign: the bound is reached, up to its factor 2
    assert np.all(np.abs(aligned) >= bound / 2 * (1 - 1e-12))


def at_complex(rung, s):
    """E_0 … E_3 at complex eigenvalues of Γ⁻¹, by the recursion itself."""
    return rung._run(rung.family.at(s), rung.epsilon(0.5), _Complex())


class _Complex:
    """float64's twin with complex scalars, for this test alone."""

    dtype = np.complex128

    def array(self, values):
        return np.asarray(values, dtype=np.complex128)

    def number(self, value):
        return complex(value)


def test_balls_and_float64_make_the_same_panels():
    setup, rung, metric, tied = PROBLEMS["matched"]
    rough, rigorous = (enclosed(setup, rung, metric, tied, field) for field in (F64, BALL(192)))
    for n in (1, 5, 60, 4000):
        (low, high), (below, above) = rough.interval(n), rigorous.interval(n)
        assert np.all(np.maximum(low, below) <= np.minimum(high, above))
        assert np.all(above - below <= 1.01 * (high - low))


def test_matrices_and_spectra_agree():
    matrix, _, metric, _ = PROBLEMS["a rotated spectrum"]
    family, spectrum = family_of(matrix, metric), family_of(Setup([3, 1], n=1, m=9), metric)
    assert np.allclose(np.sort(family.lam), [1, 3], rtol=1e-13)
    for n in (1, 7, 1000):
        one, other = (enclosed(at.setup, Rung.EXACT, metric, False).interval(n)[0] for at in (family, spectrum))
        assert np.allclose(one, other, rtol=1e-6)
