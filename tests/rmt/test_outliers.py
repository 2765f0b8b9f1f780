"""Spikes of C: hand values, the threshold in rationals, the short interval of the full law, samples, refusals."""

from fractions import Fraction

import numpy as np
import pytest

from theorycalc.exceptions import InvalidSetup, NotCertified
from theorycalc.fields import BALL, EXACT, F64, MP
from theorycalc.rmt.outliers import spectral_outliers
from theorycalc.rmt.support import spectral_support


def test_hand_values():
    """C = I, φ = 1/4: detached above 3/2 and below 1/2, at α + α/(4 (α − 1))."""
    spikes = [Fraction(3, 2), Fraction(8, 5), 3, Fraction(1, 2), Fraction(1, 4), 1]
    found = spectral_outliers([1], spikes, m=4, field=EXACT)
    assert list(found.detached) == [False, True, True, False, True, False]
    assert list(found.position) == [None, Fraction(34, 15), Fraction(27, 8), None, Fraction(1, 6), None]


@pytest.mark.parametrize("field", [F64, MP(30), BALL(90)])
def test_fields_agree(field):
    c, spikes, counts = [Fraction(1, 3), 2], [Fraction(1, 9), 1, 5, 40], [30, 20]
    exact, other = (spectral_outliers(c, spikes, m=200, multiplicity=counts, field=f) for f in (EXACT, field))
    assert list(exact.detached) == list(other.detached) == [True, True, True, True]
    for value, near in zip(exact.position, other.position, strict=True):
        if field is F64:
            assert near == float(value)
        elif field.name.startswith("BALL"):
            assert value in near
            assert near.rad < Fraction(1, 2**80)
        else:
            assert abs(float(near) - float(value)) <= 1e-15 * float(value)
    assert other.to_dict()["detached"] == [True] * 4


def test_no_spike_leaves_between_0_and_the_bulk_for_short_prompts():
    """φ > 1: ψ′ < 1 − φ < 0 on (0, c_min)."""
    found = spectral_outliers([1], [Fraction(1, 1000), Fraction(1, 2), 10], m=4, multiplicity=[5], field=EXACT)
    assert list(found.detached) == [False, False, True]


def test_the_threshold_is_decided_in_rationals():
    off = Fraction(1, 10**200)
    spikes = [Fraction(3, 2) + off, Fraction(3, 2), Fraction(3, 2) - off]
    assert list(spectral_outliers([1], spikes, m=4).detached) == [True, False, False]
    many = [Fraction(1, 1) - Fraction(i, 10**300) for i in range(401)]
    with pytest.raises(NotCertified, match=r"0 to 512 bits: it is at the threshold"):
        spectral_outliers(many, [Fraction(3, 2) - Fraction(1, 2 * 10**298)], m=4 * 401)


def test_the_interval_of_the_full_law_closes_in_on_it():
    """At weight ε = 1/m a spike is an interval ψ ± 2α √(ψ′ε) (1 + o(1)) of mass 1/d."""
    gaps = []
    for m in (10**4, 10**6, 10**8):
        place = spectral_outliers([1], [3], m=m, multiplicity=[m // 4]).position[0]
        full = spectral_support([1, 3], m, multiplicity=[m // 4, 1])
        assert list(full.count) == [m // 4, 1]
        half = 2 * 3 * np.sqrt((1 - 1 / 16) / m)
        gaps.append(max(abs(full.upper[-1] - place - half), abs(place - half - full.lower[-1])) / half)
    assert gaps[0] < 0.1
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.1)
    assert gaps[2] == pytest.approx(gaps[1] / 10, rel=0.1)


def test_an_outlier_of_a_sample():
    """One sample at d = 400: its largest eigenvalue scatters by about 2α √(ψ′/2m)."""
    d, m, spike = 400, 800, 4.0
    c = np.ones(d)
    c[0] = spike
    X = np.random.default_rng(5).standard_normal((d, m)) * np.sqrt(c)[:, None]
    values = np.linalg.eigvalsh(X @ X.T / m)
    found = spectral_outliers([1], [spike, 1.5], m=m, multiplicity=[d - 1])
    assert list(found.detached) == [True, False]
    scatter = spike * np.sqrt(2 / m)
    assert values[-1] == pytest.approx(found.position[0], abs=4.9 * scatter)
    assert values[-2] < spectral_support([1], m, multiplicity=[d - 1]).upper[-1] * 1.05


@pytest.mark.parametrize(
    ("spikes", "message"),
    [([], "not a sequence"), (3, "not a sequence"), ([0], "not positive"), (["a"], "not a number")],
)
def test_refusals(spikes, message):
    with pytest.raises(InvalidSetup, match=message):
        spectral_outliers([1], spikes, m=4)
