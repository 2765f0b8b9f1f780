"""The limiting density: the closed form, masses and moments by its quadrature, a histogram, refusals."""

from fractions import Fraction

import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import F64
from theorycalc.rmt.density import spectral_density
from theorycalc.rmt.recursion import limit_chains

LAWS = {
    "long prompts": ([0.3, 0.6], [20, 30], 100),
    "d = m": ([0.3, 0.6], [20, 30], 50),
    "short prompts": ([0.3, 0.6], [20, 30], 10),
    "gaps": ([0.01, 0.2, 1.5], [20, 30, 10], 400),
    "short prompts with a gap": ([0.005, 1.5], [90, 10], 50),
}


@pytest.mark.parametrize(("d", "m"), [(1, 4), (1, 1), (4, 1)])
def test_the_closed_form(d, m):
    found = spectral_density([1], m, multiplicity=[d], points=50)
    low, high, x = found.support.lower[0], found.support.upper[0], found.x
    expected = np.sqrt((high - x) * (x - low)) / (2 * np.pi * x * d / m)
    np.testing.assert_allclose(found.density, expected, rtol=1e-9)  # √ of a difference at the edges


@pytest.mark.parametrize("name", LAWS)
def test_masses_and_moments(name):
    c, counts, m = LAWS[name]
    d, one = sum(counts), np.ones(len(c))
    found = spectral_density(c, m, multiplicity=counts, points=200)
    for i, mass in enumerate(found.support.mass):
        assert found.weight[found.interval == i].sum() == pytest.approx(float(mass), rel=FEW_OPERATIONS)
    trace = limit_chains(np.array(c), one, one, np.array(counts), float(m), 4, F64).power_trace / d
    for k in range(9):
        value = found.weight @ (1 - found.x) ** k + float(found.support.atom_at_zero)
        assert value == pytest.approx(trace[k], rel=FEW_OPERATIONS)
    assert np.all(found.density > 0)
    for i in range(len(found.support.lower)):
        inside = found.x[found.interval == i]
        assert np.all(np.diff(inside) > 0)
        assert found.support.lower[i] <= inside[0] < inside[-1] <= found.support.upper[i]


def test_a_histogram():
    c, counts, m = LAWS["gaps"]
    scale = 5
    found = spectral_density(c, scale * m, multiplicity=[scale * n for n in counts], points=400)
    d = scale * sum(counts)
    X = (
        np.random.default_rng(2).standard_normal((d, scale * m))
        * np.sqrt(np.repeat(c, np.array(counts) * scale))[:, None]
    )
    values = np.linalg.eigvalsh(X @ X.T / (scale * m))
    distribution = np.cumsum(found.weight)
    steps = np.searchsorted(values, found.x) / d
    assert np.max(np.abs(distribution - steps)) < 4 / d + np.max(found.weight)  # eigenvalues are rigid: O(log d/d)


def test_refusals():
    with pytest.raises(InvalidSetup, match="points = 0"):
        spectral_density([1], 4, points=0)
    with pytest.raises(OutsideRegime, match="use fewer points"):
        spectral_density([Fraction(4) ** i for i in range(48)], 10**9, points=100_000)
