"""Gaps and masses: roots of the numerator of ψ′, closed forms, enclosures, samples, and refusals."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP
from theorycalc.rmt.edges import spectral_edges
from theorycalc.rmt.support import spectral_support

#: spectral_support in float64 promises about 13 digits.
EDGE = 1e-13


SPECTRA: dict[str, tuple[list[Any], list[int]]] = {
    "one": ([Fraction(1, 3)], [7]),
    "two apart": ([1, 10], [2, 2]),
    "two beside": ([1, Fraction(3, 2)], [3, 2]),
    "three": ([1, 10, 100], [4, 3, 2]),
    "a spike": ([1, 30], [40, 1]),
    "power law": ([Fraction(1, i) for i in range(1, 6)], [1] * 5),
}


def by_roots(c, counts, m):
    """All edges away from a hard edge, ascending: ψ at the real zeros of ψ′, where they bound a set with ψ′ > 0."""
    x = sp.Symbol("x")
    rational = [sp.Rational(v.numerator, v.denominator) for v in map(Fraction, c)]
    slope = 1 - sum(sp.Rational(n, m) * v**2 / (x - v) ** 2 for n, v in zip(counts, rational, strict=True))
    value = x + sum(sp.Rational(n, m) * x * v / (x - v) for n, v in zip(counts, rational, strict=True))
    roots = sp.Poly(sp.fraction(sp.together(slope))[0], x).real_roots(multiple=True)
    return sorted(float(value.subs(x, root).evalf(30)) for root in roots if root != 0)


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("m", [3, 9, 40, 400])
def test_every_edge_is_a_root(name, m):
    c, counts = SPECTRA[name]
    found = spectral_support(c, m, multiplicity=counts, field=BALL(100))
    edges = [edge for pair in found.intervals for edge in pair][int(found.d == m) :]
    expected = by_roots(c, counts, m)
    assert len(edges) == len(expected)
    for edge, root in zip(edges, expected, strict=True):
        assert edge.rad <= abs(edge.mid) * Fraction(1, 2**80)
        assert float(edge.mid) == pytest.approx(root, rel=4 * EDGE)


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("m", [1, 5, 9, 41, 10**6])
def test_fields_agree(name, m):
    c, counts = SPECTRA[name]
    balls, floats, digits = (spectral_support(c, m, multiplicity=counts, field=f) for f in (BALL(120), F64, MP(30)))
    assert list(balls.count) == list(floats.count) == list(digits.count)
    for part in ("lower", "upper", "lower_alpha", "upper_alpha"):
        for ball, value, mp in zip(*(getattr(found, part) for found in (balls, floats, digits)), strict=True):
            tolerance = EDGE if "alpha" not in part else 1e-7  # ψ is stationary in α: half of the digits suffice
            assert abs(Fraction(float(value)) - ball.mid) <= tolerance * abs(ball.mid)
            assert abs(float(mp) - float(ball.mid)) <= 2e-16 * abs(float(ball.mid))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.fractions("1/20", 20, max_denominator=20), min_size=1, max_size=6, unique=True),
    st.lists(st.integers(1, 30), min_size=6, max_size=6),
    st.integers(1, 400),
)
def test_laws_of_the_support(c, counts, m):
    counts = counts[: len(c)]
    found = spectral_support(c, m, multiplicity=counts)
    edges = spectral_edges(c, m, multiplicity=counts)
    assert found.lower[0] == pytest.approx(edges.lower, rel=EDGE)
    assert found.upper[-1] == pytest.approx(edges.upper, rel=EDGE)
    assert int(found.count.sum()) == min(found.d, m)
    assert sum(found.mass) + found.atom_at_zero == 1
    assert np.all(np.diff(np.stack([found.lower, found.upper], axis=1).ravel()) > 0)
    scaled = spectral_support([3 * x for x in c], m, multiplicity=counts)
    assert list(scaled.count) == list(found.count)
    np.testing.assert_allclose(scaled.lower, 3 * found.lower, rtol=2 * EDGE)


def test_where_a_gap_opens():
    """With equal weights ω at 1 and 8 the gap is open iff (ω^{1/3} + (64 ω)^{1/3})³ = 125 ω < 49."""
    counts = [49, 49]
    assert len(spectral_support([1, 8], 126, multiplicity=counts, field=BALL(64)).gaps) == 1
    assert not spectral_support([1, 8], 124, multiplicity=counts, field=BALL(64)).gaps
    with pytest.raises(NotCertified, match="whether there is a gap between 1"):
        spectral_support([1, 8], 125, multiplicity=counts, field=BALL(64))
    low, high = spectral_support([1, 8], 126, multiplicity=counts).gaps[0]
    tight = spectral_support([1, 8], 126, multiplicity=counts, field=BALL(64)).gaps[0]
    assert low == pytest.approx(float(tight[0]), rel=EDGE)
    assert high == pytest.approx(float(tight[1]), rel=EDGE)
    big = 10**12  # and as near to that as float64 lets it be told
    close = spectral_support([1, 8], 125 * big + 1, multiplicity=[49 * big] * 2, field=BALL(200))
    assert len(close.gaps) == 1
    assert float(close.gaps[0][1].mid - close.gaps[0][0].mid) < 1e-15


def test_exact_separation_in_a_sample():
    """Every interval of the support holds exactly as many eigenvalues of one large sample as ``count`` says."""
    c, counts, m = np.array([0.02, 0.3, 4.0]), [90, 120, 60], 900
    found = spectral_support(c, m, multiplicity=counts)
    X = np.random.default_rng(3).standard_normal((270, m)) * np.sqrt(np.repeat(c, counts))[:, None]
    values = np.linalg.eigvalsh(X @ X.T / m)
    middles = [(low + high) / 2 for low, high in found.gaps]
    assert list(np.histogram(values, [0, *middles, np.inf])[0]) == list(found.count) == counts


def test_short_prompts_keep_their_gaps():
    """d > m: the zeros are beside the count, and the separation is by what C has above the gap."""
    c, counts, m = np.array([0.01, 5.0]), [400, 20], 100
    found = spectral_support(c, m, multiplicity=counts)
    X = np.random.default_rng(4).standard_normal((420, m)) * np.sqrt(np.repeat(c, counts))[:, None]
    values = np.linalg.eigvalsh(X.T @ X / m)
    (low, high) = found.gaps[0]
    assert list(found.count) == [80, 20] == [int((values < (low + high) / 2).sum()), int((values > low).sum())]
    assert found.atom_at_zero == Fraction(320, 420)


def test_repeated_and_indistinguishable_eigenvalues():
    listed, counted = spectral_support([3, 1, 1, 3, 3], 70), spectral_support([1, 3], 70, multiplicity=[2, 3])
    np.testing.assert_array_equal(listed.lower, counted.lower)
    near = spectral_support([1, 1 + Fraction(1, 10**30), 5], 50)  # one number in float64
    assert list(near.count) == [2, 1]
    near = spectral_support([1, 1 + Fraction(1, 10**30), 5], 50, field=BALL(64))
    assert list(near.count) == [2, 1]


def test_many_eigenvalues_with_many_gaps():
    c = [Fraction(1, i) for i in range(1, 41)]
    for m in (20, 40, 3000):
        floats, balls = (spectral_support(c, m, field=field) for field in (F64, BALL(64)))
        assert list(floats.count) == list(balls.count)
        assert len(floats.gaps) >= int(m == 3000)


@pytest.mark.parametrize("exponent", [13, 30, 70, 140])
def test_wide_spectra_have_their_gaps(exponent):
    """The gap lies many decades below the largest eigenvalue; one weight is 1, so that ψ′ is barely above 0 there."""
    c = [Fraction(1, 10**exponent), 2 * Fraction(1, 10**exponent), Fraction(1, 3)]
    for counts, m, expected in (([3, 3, 2], 400, [3, 3, 2]), ([3, 3, 2], 9, [6, 2])):
        balls, floats = (spectral_support(c, m, multiplicity=counts, field=field) for field in (BALL(64), F64))
        assert list(balls.count) == list(floats.count) == expected
        for one, other in zip(balls.lower, floats.lower, strict=True):
            assert float(other) == pytest.approx(float(one), rel=EDGE)
    assert len(spectral_support([c[0], c[2]], 1, multiplicity=[1, 1]).lower) == 1  # ω = 1: ψ′ < 0, if barely


def test_forms():
    found = spectral_support([1, 10], 100, multiplicity=[2, 2], field=MP(40))
    assert found.columns()["mass"] == ["1/2", "1/2"]
    assert len(found.to_dict()["lower"][0]) > 40
    assert repr(found).startswith("SpectralSupport([0.718393, 1.27705] ∪ [7.39421, 13.0503], d=4, m=100")
    assert not found.lower.flags.writeable
    enclosed = spectral_support([1], 4, field=BALL(64))
    assert set(enclosed.to_dict()["upper"][0]) == {"mid", "rad", "enclosure"}
    assert enclosed.columns()["upper"][0].startswith("[2.25")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: spectral_support([1], 2, field=EXACT), OutsideRegime, "algebraic"),
        (lambda: spectral_support([], 2), InvalidSetup, "not a sequence"),
        (lambda: spectral_support([1, -1], 2), InvalidSetup, "not positive"),
        (lambda: spectral_support([1], 0), InvalidSetup, "m = 0"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
