"""The smallest safe m: closed form for C = cI, both sides of it, bounds for all spectra and where they are attained."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.thinking.safe import worst_threshold


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.fractions("1/20", 5, max_denominator=20), min_size=1, max_size=6),
    st.integers(1, 60),
    st.sampled_from([None, Fraction(1, 3), Fraction(1)]),
)
def test_it_is_the_smallest(Lambda, n, shift):
    setup = tc.Setup(Lambda, n=n, Sigma=None if shift is None else [shift * x for x in reversed(Lambda)])
    found = tc.safe_context(setup)
    if found.m is None:
        assert tc.phase(setup.replace(m=10**14)).phase == "overthinking" or found.threshold == math.inf
        return
    assert found.m == max(1, math.ceil(found.threshold - 1e-9 * found.threshold))
    assert tc.phase(setup.replace(m=found.m)).phase != "overthinking"
    if found.m > 1:
        assert tc.phase(setup.replace(m=found.m - 1)).phase == "overthinking"
    if shift is None:
        assert found.in_dimension_d is not None
        assert found.for_all_spectra is not None
        assert found.threshold <= found.in_dimension_d * (1 + 1e-12) <= float(found.for_all_spectra) * (1 + 2e-12)
        assert found.m <= n
        assert found.threshold < (3 + 2 * math.sqrt(2)) * len(Lambda)


@pytest.mark.parametrize(("d", "n"), [(1, 1), (2, 3), (7, 5), (50, 50), (3, 10**6)])
def test_one_eigenvalue(d, n):
    """λ₊ = c (1 + √(d/m))² ≤ 2 iff m ≥ d/(√(2/c) − 1)², c = n/(n + 1 + d)."""
    found = tc.safe_context(tc.Setup([1] * d, n=n))
    assert found.threshold == pytest.approx(d / (math.sqrt(2 * (n + 1 + d) / n) - 1) ** 2, rel=1e-11)


def test_an_integer_threshold_is_decided_exactly():
    """d = 2, n = 3: C = I/2 and λ₊ = 2 exactly at m = 2."""
    assert tc.safe_context(tc.Setup([1, 1], n=3)).m == 2
    assert tc.phase(tc.Setup([1, 1], n=3, m=2)).critical == ("λ₋ = 0 exactly (d = m)", "λ₊ = 2 exactly")


def test_the_bound_for_all_spectra_is_attained():
    """(tr Λ)²/tr Λ² = (n + 1)(n + 2)/n needs m = n (n + 1)/(n + 2): n = 2, r = 6, m = 3/2, in three spectra."""
    for Lambda in ([1] * 6, [1, 1, 1, 1, 1, 1, 0.0], [4] + [1] * 8):
        lam = np.array([x for x in Lambda if x])
        ratio = lam.sum() ** 2 / (lam**2).sum()
        found = tc.safe_context(tc.Setup(lam, n=2))
        assert (found.threshold == pytest.approx(1.5, rel=1e-12)) == (ratio == 6)
        assert found.threshold <= 1.5 * (1 + 1e-12)
    assert tc.safe_context(tc.Setup([4] + [1] * 8, n=2)).for_all_spectra == Fraction(3, 2)


def test_the_worst_spectrum_of_a_dimension():
    """No spectrum drawn at random needs more than the worst of its dimension; it falls off at d = n + 3 + 2/n."""
    rng = np.random.default_rng(6)
    for d, n in ((3, 4), (6, 2), (12, 5), (5, 40)):
        limit = worst_threshold(d, n)
        drawn = [tc.safe_context(tc.Setup(rng.dirichlet(np.full(d, a)) + 1e-9, n=n)).threshold for a in (0.2, 1, 5, 50)]
        assert max(drawn) <= limit * (1 + 1e-9)
    assert worst_threshold(6, 2) == pytest.approx(worst_threshold(7, 2)) == pytest.approx(1.5)
    assert worst_threshold(5, 2) < 1.5


def test_no_length_is_enough():
    found = tc.safe_context(tc.Setup([1, 1], n=3, Sigma=[1, 4]))
    assert (found.m, found.threshold) == (None, math.inf)
    assert found.to_dict()["threshold"] is None
    assert "even for m = ∞" in found.words


def test_full_matrices():
    U = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    lam = np.array([1.0, 0.5, 0.2])
    plain, rotated = tc.safe_context(tc.Setup(lam, n=9)), tc.safe_context(tc.Setup(U * lam @ U.T, n=9))
    assert rotated.m == plain.m
    assert rotated.threshold == pytest.approx(plain.threshold, rel=1e-10)
    with pytest.raises(NotCertified, match="integer to rounding"):
        tc.safe_context(tc.Setup([[1, 1e-14], [1e-14, 1]], n=3))  # m* = 2, but for rounding


def test_refusals():
    with pytest.raises(OutsideRegime, match="examples: more than"):
        tc.safe_context(tc.Setup([1, 1], n=3, Sigma=[1, Fraction(4) - Fraction(1, 10**9)]))
    assert repr(tc.safe_context(tc.Setup([1], n=1))).startswith("SafeContext(m=1, a typical prompt")
