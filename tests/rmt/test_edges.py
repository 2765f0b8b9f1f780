"""Spectral edges: hand values, fields against each other, eigenvalues of a sample, extreme spectra, refusals."""

import random
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, BeyondFloat64
from theorycalc.rmt.edges import psi, spectral_edges

unchecked: Any = spectral_edges

#: spectral_edges in float64 promises about 13 digits.
EDGE = 1e-13

SPECTRA: dict[str, list[Any]] = {
    "one": [Fraction(1, 3)],
    "two": [Fraction(1, 4), 2],
    "repeated": [1, 1, 1, 2],
    "power law": [Fraction(1, i) for i in range(1, 31)],
    "wide": [Fraction(10) ** -i for i in range(10)],
    "floats": [0.1, 0.7, 1.3],
}


@pytest.mark.parametrize("m", [1, 2, 3, 4, 10, 29, 30, 31, 10**6, 10**15])
@pytest.mark.parametrize("name", SPECTRA)
def test_fields_agree(name, m):
    c = SPECTRA[name]
    balls, floats, digits = (spectral_edges(c, m, field=field) for field in (BALL(120), F64, MP(30)))
    for ball, value, mp in zip(*((found.lower, found.upper) for found in (balls, floats, digits)), strict=True):
        assert ball.rad <= abs(ball.mid) * Fraction(1, 2**110)
        assert abs(Fraction(value) - ball.mid) <= EDGE * abs(ball.mid)
        assert abs(mp - float(ball.mid)) <= FEW_OPERATIONS * abs(float(ball.mid))
    assert balls.d == len(c)
    assert balls.atom_at_zero == max(0, 1 - Fraction(m, len(c)))
    assert balls.lower.mid < min(c) * (1 + EDGE) or m < len(c)
    assert balls.upper.mid > max(c)


@pytest.mark.parametrize(("d", "m", "lower", "upper"), [(1, 4, "1/4", "9/4"), (4, 1, 1, 9), (9, 4, "1/4", "25/4")])
def test_hand_values(d, m, lower, upper):
    for c in (1, Fraction(2, 7), 10**6):
        found = spectral_edges([c], m, multiplicity=[d], field=BALL(64))
        assert Fraction(lower) * c in found.lower
        assert Fraction(upper) * c in found.upper


def test_square_case_touches_zero():
    for field in (F64, BALL(64), MP(20)):
        assert float(spectral_edges([1, 2], 2, field=field).lower) == 0
    near = spectral_edges([1.0], 10**9, multiplicity=[10**9 - 1])  # (1 − √φ)² with 1 − √φ = 1e-9/(1 + √φ)
    assert near.lower == pytest.approx(2.5e-19, rel=1e-8)


def test_multiplicity_is_repetition():
    counted, listed = spectral_edges([1, 3], 7, multiplicity=[2, 3]), spectral_edges([1, 1, 3, 3, 3], 7)
    assert counted.lower == pytest.approx(listed.lower, rel=EDGE)
    assert counted.upper == pytest.approx(listed.upper, rel=EDGE)
    assert counted.d == listed.d == 5


def test_scaling():
    base, scaled = (spectral_edges([s * c for c in (1, 2, 5)], 4, field=BALL(80)) for s in (1, Fraction(3, 7)))
    assert abs(scaled.upper.mid - base.upper.mid * Fraction(3, 7)) <= scaled.upper.rad + base.upper.rad


@pytest.mark.parametrize("m", [200, 400, 800])
def test_eigenvalues_of_a_sample_fill_the_interval(m):
    """At d = 400 extreme eigenvalues lie within a few λ₊ d^(−2/3) of the edges (Tracy–Widom)."""
    d = 400
    c = np.repeat([0.5, 1.0], d // 2)
    X = np.random.default_rng(7).standard_normal((d, m)) * np.sqrt(c)[:, None]
    values = np.linalg.eigvalsh(X @ X.T / m)[max(0, d - m) :]
    found = spectral_edges(c, m)
    scatter = 4 * found.upper * d ** (-2 / 3)
    assert values[-1] == pytest.approx(found.upper, abs=scatter)
    assert values[0] == pytest.approx(found.lower, abs=scatter)


def test_fast_at_large_d():
    c = 1 / np.arange(1, 10_001) ** 0.8
    for m in (100, 9_999, 10_000, 20_000):
        started = time.process_time()
        found = spectral_edges(c, m)
        assert time.process_time() - started < 1
        assert 0 <= found.lower < found.upper
        assert found.upper <= psi(found.upper, c, m=m)  # ψ ≥ λ₊ for every α > c_max


def test_psi_in_every_field():
    exact = psi("3/2", [1, "1/2"], m=3, multiplicity=[2, 1], field=EXACT)
    assert exact == Fraction(3, 2) + Fraction(2, 3) * 3 + Fraction(1, 3) * Fraction(3, 4)
    assert psi(1.5, [1, 0.5], m=3, multiplicity=[2, 1]) == pytest.approx(float(exact), rel=FEW_OPERATIONS)
    assert exact in psi("3/2", [1, "1/2"], m=3, multiplicity=[2, 1], field=BALL(64))
    assert psi(0, [1, 2], m=3, field=EXACT) == 0


def test_very_wide_spectra():
    wide = [1, Fraction(1, 10**20)]
    assert spectral_edges(wide, 10).upper == pytest.approx(
        float(spectral_edges(wide, 10, field=BALL(64)).upper), rel=EDGE
    )
    with pytest.raises(OutsideRegime, match="too wide a spectrum"):
        spectral_edges([1, Fraction(1, 10**200)], 10, field=BALL(64))
    with pytest.raises(OutsideRegime, match="too wide a spectrum"):
        spectral_edges([1, Fraction(1, 10**200)], 10)


HUGE = {
    "one eigenvalue, d ≫ m": ([Fraction(1, 3)], [10**12], 1),
    "two, d ≫ m": ([Fraction(7, 3), 90], [10**12, 10**9], 1),
    "three, d ≫ m": ([Fraction(1, 1000), 1, 400], [10**12, 1, 10**6], 10),
    "d = m + 1": ([1, 3], [10**9, 10**9 + 1], 2 * 10**9),
    "d = m − 1": ([1, 3], [10**9, 10**9 - 1], 2 * 10**9),
    "d = m + 1, at most": ([1, 3], [5 * 10**14, 5 * 10**14 + 1], 10**15),
    "d = m − 1, at most": ([1, 3], [5 * 10**14, 5 * 10**14 - 1], 10**15),
    "m + 1 large ones and as many small": ([1, 10**9], [9 * 10**5, 10**6 + 1], 10**6),
    "m large ones and one small": ([1, 10**12], [1, 10**9], 10**9),
    "m large ones and few small": ([1, 10**11], [1, 4], 4),
    "nearly m large ones": ([1, 10**9], [1, 10**9 - 1], 10**9),
}


@pytest.mark.parametrize("name", HUGE)
def test_float64_keeps_its_digits(name):
    c, counts, m = HUGE[name]
    balls, floats = (spectral_edges(c, m, multiplicity=counts, field=field) for field in (BALL(100), F64))
    for ball, value in ((balls.lower, floats.lower), (balls.upper, floats.upper)):
        assert ball.rad <= abs(ball.mid) * Fraction(1, 2**90)
        assert abs(Fraction(value) - ball.mid) <= EDGE * abs(ball.mid)


def test_float64_keeps_its_digits_for_drawn_spectra():
    rng = random.Random(1)
    for _ in range(150):
        q = rng.choice([1, 2, 3])
        c = [Fraction(rng.randint(1, 99), rng.randint(1, 99)) * Fraction(10) ** rng.randint(-3, 3) for _ in range(q)]
        counts = [rng.choice([1, 10**3, 10**6, 10**9, 10**12]) for _ in c]
        near = rng.choice([sum(counts), *counts])
        m = max(1, rng.choice([1, 2, 10, 10**6, near - 1, near, near + 1]))
        balls, floats = (spectral_edges(c, m, multiplicity=counts, field=field) for field in (BALL(100), F64))
        for ball, value in ((balls.lower, floats.lower), (balls.upper, floats.upper)):
            assert abs(Fraction(value) - ball.mid) <= EDGE * abs(ball.mid), (c, counts, m)


@pytest.mark.parametrize("exponent", [16, 20, 26, 40, 103, 149])
@pytest.mark.parametrize("counts", [[1, 4], [1, 1], [7, 2], [1, 3], [4, 1]])
def test_wide_spectra_are_enclosed(exponent, counts):
    c = [1, 10**exponent]
    rough, fine = (spectral_edges(c, 4, multiplicity=counts, field=BALL(bits)) for bits in (24, 200))
    value = spectral_edges(c, 4, multiplicity=counts)
    for wide, narrow, x in zip(*((e.lower, e.upper) for e in (rough, fine, value)), strict=True):
        assert narrow.rad <= abs(narrow.mid) * Fraction(1, 2**180)
        assert wide.lower <= narrow.lower <= narrow.upper <= wide.upper
        assert abs(Fraction(x) - narrow.mid) <= EDGE * abs(narrow.mid)


def test_beyond_float64():
    for c in ([1e308], [Fraction(10) ** 320], [1e308, 1e160]):
        with pytest.raises(BeyondFloat64, match="float64 range"):
            spectral_edges(c, 1)
        assert spectral_edges(c, 1, field=BALL(64)).upper.mid > max(c)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectral_edges([], 2), "spectrum = []: not a sequence of eigenvalues"),
        (lambda: spectral_edges([[1, 2], [3, 4]], 2), "not a sequence of eigenvalues"),
        (lambda: spectral_edges(3, 2), "not a sequence of eigenvalues"),
        (lambda: spectral_edges([1, 0], 2), "not positive"),
        (lambda: spectral_edges([1, float("nan")], 2), "not finite"),
        (lambda: spectral_edges(["x"], 2), "not a number"),
        (lambda: spectral_edges([1], 0), "m = 0: smaller than 1"),
        (lambda: unchecked([1], None), "m = None: not an integer"),
        (lambda: spectral_edges([1, 2], 2, multiplicity=[1]), "not one count per eigenvalue"),
        (lambda: spectral_edges([1], 2, multiplicity=[0]), "multiplicity = 0: smaller than 1"),
        (lambda: unchecked([1], 2, field="F64"), "not a number field"),
        (lambda: psi(1, [1, 2], m=2), "alpha = Fraction(1, 1): an eigenvalue of C"),
        (lambda: psi(0.1, ["1/10"], m=4), "alpha = 0.1: an eigenvalue of C"),
        (lambda: psi(Fraction(1, 3) + Fraction(1, 10**30), ["1/3"], m=4), "an eigenvalue of C"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(InvalidSetup) as caught:
        call()
    assert message in str(caught.value)


def test_exact_numbers_cannot_hold_an_edge():
    with pytest.raises(OutsideRegime, match="algebraic"):
        spectral_edges([1], 2, field=EXACT)
