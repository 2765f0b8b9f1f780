"""The law of the largest Wishart eigenvalue: hand values, quadrature, exchange, symmetry, simulation, refusals."""

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS, Z_LIMIT
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.rmt.largest_eigenvalue import _trace_bound, largest_eigenvalue, regularised_gamma

unchecked: Any = largest_eigenvalue

#: adaptive quadrature in 20 digits, of integrands with a kink on the diagonal.
QUADRATURE = 1e-12


def inside(value, ball, slack=0.0):
    exact = as_fraction(value)
    return ball.lower - Fraction(slack) <= exact <= ball.upper + Fraction(slack)


@pytest.mark.parametrize("m", [1, 2, 3, 10, 400])
@pytest.mark.parametrize("share", ["1/10", 1, 3])
def test_one_dimension_is_chi_square(m, share):
    x = Fraction(share) * m
    found = largest_eigenvalue(x, d=1, m=m, field=BALL(100))
    with mpmath.workdps(30):
        tail = mpmath.gammainc(mpmath.mpf(m) / 2, mpmath.mpf(x.numerator) / x.denominator / 2, regularized=True)
    assert abs(as_fraction(tail) - found.beyond.mid) <= Fraction(1, 10**25) * found.beyond.mid + found.beyond.rad


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4_000), st.fractions(Fraction(1, 50), 4, max_denominator=50))
def test_incomplete_gamma(twice, share):
    a = Fraction(twice, 2)
    x = share * a
    with BALL(200).working():
        ball = BALL(200).public(regularised_gamma(a, x, BALL(200)))
    with mpmath.workdps(40):
        at, point = (mpmath.mpf(y.numerator) / y.denominator for y in (a, x))
        below = mpmath.gammainc(at, 0, point, regularized=True)
    assert abs(as_fraction(below) - ball.mid) <= ball.rad + Fraction(1, 10**33)
    assert ball.rad <= Fraction(1, 2**170)


@pytest.mark.parametrize("m", [6_000, 100_001])
def test_many_examples(m):
    """d = 1: chi-square with thousands of degrees of freedom, near the mean and far out."""
    for share in (Fraction(1), 1 + Fraction(3, 100)):
        with mpmath.workdps(30):
            x = mpmath.mpf(m) * share.numerator / share.denominator
            tail = mpmath.gammainc(mpmath.mpf(m) / 2, x / 2, regularized=True)
        found = largest_eigenvalue(share * m, d=1, m=m)
        assert found.beyond == pytest.approx(float(tail), rel=FEW_OPERATIONS)


def test_two_dimensions_by_hand():
    """m = 3: the density e^{−(u+v)/2}(u − v)/4 on v < u has no root, and integrates to 1 − e^{−x} − x e^{−x/2}."""
    for x in (1, 2, 5, 20):
        found = largest_eigenvalue(x, d=2, m=3, field=BALL(80))
        value = 1 - mpmath.exp(-x) - x * mpmath.exp(-mpmath.mpf(x) / 2)
        assert abs(float(found.at_most) - float(value)) <= FEW_OPERATIONS
        assert float(found.at_most) + float(found.beyond) == pytest.approx(1, abs=1e-15)


def quadrature(d, m, x):
    """P(λ_max ≤ x) from the joint density of the eigenvalues, ∝ Π λ^{(m−d−1)/2} e^{−λ/2} Π|λᵢ − λⱼ|, d = 2 or 3."""
    with mpmath.workdps(20):
        half = mpmath.mpf(1) / 2
        power = (m - d - 1) * half
        constant = mpmath.pi ** (d * d * half) / 2 ** (d * m * half)
        for i in range(1, d + 1):
            constant /= mpmath.pi ** ((i - 1) * half) * mpmath.gamma((m - i + 1) * half)
            constant /= mpmath.pi ** ((i - 1) * half) * mpmath.gamma((d - i + 1) * half)

        def density(*values):
            result = constant
            for i, u in enumerate(values):
                result *= u**power * mpmath.exp(-u / 2)
                for v in values[:i]:
                    result *= abs(u - v)
            return result

        def inner(u):
            if d == 2:
                return mpmath.quad(lambda v: density(u, v), [0, u])
            return mpmath.quad(lambda v: mpmath.quad(lambda w: density(u, v, w), [0, v]), [0, u])

        return mpmath.quad(inner, [0, x])


@pytest.mark.parametrize(("d", "m", "x"), [(2, 4, 1), (2, 5, 9), pytest.param(2, 2, 3, marks=pytest.mark.full)])
def test_quadrature_in_two_dimensions(d, m, x):
    ball = largest_eigenvalue(x, d=d, m=m, field=BALL(100)).at_most
    assert inside(quadrature(d, m, x), ball, QUADRATURE)


@pytest.mark.full
@pytest.mark.parametrize(("m", "x"), [(4, 6), (5, 12), (6, 20)])
def test_quadrature_in_three_dimensions(m, x):
    ball = largest_eigenvalue(x, d=3, m=m, field=BALL(100)).at_most
    assert inside(quadrature(3, m, x), ball, 1e-9)


def test_three_dimensions_from_a_finite_sum():
    """d = 3, m = 4: the powers are λ⁰, so that |Vandermonde| e^{−Σλ/2} integrates to exponentials times polynomials."""
    import sympy as sp

    u, v, w, x = sp.symbols("u v w x", positive=True)
    density = (u - v) * (u - w) * (v - w) * sp.exp(-(u + v + w) / 2)
    total = sp.integrate(sp.expand(sp.integrate(sp.expand(sp.integrate(sp.expand(density), (w, 0, v))), (v, 0, u))), u)
    below = sp.lambdify(x, total.subs(u, x) - total.subs(u, 0), "mpmath")
    whole = below(mpmath.mpf(400))
    for at in (2, 7, 25):
        with mpmath.workdps(40):
            share = below(mpmath.mpf(at)) / whole
        assert inside(share, largest_eigenvalue(at, d=3, m=4, field=BALL(100)).at_most, 1e-14)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(1, 12), st.fractions(Fraction(1, 4), 3, max_denominator=50))
def test_dimension_and_examples_exchange(d, m, share):
    """X Xᵀ and XᵀX share their largest eigenvalue."""
    x = share * m
    one, other = (largest_eigenvalue(x, d=a, m=b, field=BALL(64)) for a, b in ((d, m), (m, d)))
    assert one.beyond.lower <= other.beyond.upper
    assert other.beyond.lower <= one.beyond.upper


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(1, 8), st.fractions(Fraction(1, 2), 3, max_denominator=20))
def test_grows_with_dimension_and_falls_with_x(d, m, share):
    x = share * m
    beyond = largest_eigenvalue(x, d=d, m=m, field=BALL(64)).beyond
    assert largest_eigenvalue(x, d=d + 1, m=m, field=BALL(64)).beyond.upper >= beyond.lower
    assert largest_eigenvalue(x, d=d, m=m + 1, field=BALL(64)).beyond.upper >= beyond.lower
    assert largest_eigenvalue(x + 1, d=d, m=m, field=BALL(64)).beyond.lower <= beyond.upper


def test_one_example_is_chi_square_too():
    for d in (2, 7):
        found = largest_eigenvalue(5, d=d, m=1, field=BALL(80))
        assert inside(mpmath.gammainc(mpmath.mpf(d) / 2, mpmath.mpf(5) / 2, regularized=True), found.beyond, 1e-14)


@pytest.mark.parametrize(("d", "m", "x"), [(5, 9, 22), (12, 12, 38), (10, 4, 30)])
def test_simulation(d, m, x):
    draws = 4_000
    X = np.random.default_rng(d).standard_normal((draws, d, m))
    beyond = np.mean(np.linalg.norm(X, 2, axis=(1, 2)) ** 2 > x)
    p = float(largest_eigenvalue(x, d=d, m=m).beyond)
    assert 0.02 < p < 0.98
    assert abs(beyond - p) <= Z_LIMIT * math.sqrt(p * (1 - p) / draws)


def test_tracy_widom_limit():
    """(λ_max − μ)/s tends to the real Tracy–Widom law, whose mean −1.2065 lies at probability 0.5197 or so."""
    gaps = []
    for d in (25, 100):
        center = (math.sqrt(d - 0.5) + math.sqrt(d - 0.5)) ** 2
        scale = (2 * math.sqrt(d - 0.5)) * (2 / math.sqrt(d - 0.5)) ** (1 / 3)
        # F₁(−1.2065335745820) = 0.5197, and F₁(0.9793160501) = 0.95 (Tracy and Widom; Bejan 2005)
        value = largest_eigenvalue(center + 0.9793160501 * scale, d=d, m=d).at_most
        gaps.append(abs(float(value) - 0.95))
    assert gaps[1] < 2e-3
    assert gaps[1] < gaps[0]


def test_far_tails_keep_their_digits():
    found = largest_eigenvalue(1_000, d=1, m=2)
    assert found.at_most == 1
    assert found.beyond == pytest.approx(math.exp(-500), rel=1e-12)
    assert largest_eigenvalue(10**6, d=3, m=5).beyond_ball.upper <= Fraction(1, 2**1_100)
    low = largest_eigenvalue(Fraction(1, 100), d=4, m=6)
    assert 0 < low.at_most < 1e-30
    assert low.beyond == 1


def test_fields_agree():
    balls, digits, floats = (largest_eigenvalue(30, d=6, m=10, field=field) for field in (BALL(150), MP(30), BALL(24)))
    assert abs(as_fraction(digits.beyond) - balls.beyond.mid) <= Fraction(1, 10**29)
    assert balls.beyond.rad < floats.beyond.rad
    assert floats.beyond.lower <= balls.beyond.mid <= floats.beyond.upper
    assert largest_eigenvalue(0, d=2, m=2).at_most == 0
    assert largest_eigenvalue(-1, d=2, m=2).beyond == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: unchecked("x", d=1, m=1), InvalidSetup, "x = 'x': not a number"),
        (lambda: unchecked(1, d=0, m=1), InvalidSetup, "d = 0: smaller than 1"),
        (lambda: unchecked(1, d=1, m=None), InvalidSetup, "m = None: not an integer"),
        (lambda: unchecked(1, d=2, m=2, field=EXACT), OutsideRegime, "transcendental"),
        (lambda: unchecked(1, d=500, m=500), OutsideRegime, "simulate"),
        (lambda: unchecked(1, d=2, m=10**7), OutsideRegime, "simulate"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(("p", "q"), [(1, 1), (1, 2), (2, 2), (2, 7), (5, 5), (6, 11)])
@pytest.mark.parametrize("x", [Fraction(1, 10**9), Fraction(1, 100), Fraction(1), Fraction(5)])
def test_the_bound_by_the_trace_is_a_bound(p, q, x):
    exact = largest_eigenvalue(x, d=p, m=q, field=BALL(100)).at_most
    assert _trace_bound(x, p, q) >= exact.lower
    if p == 1:  # the trace is the eigenvalue: no more than the factor 2 of its series is lost
        assert _trace_bound(x, p, q) in (1, pytest.approx(2 * float(exact.mid), rel=float(x) + 1e-9))


@pytest.mark.parametrize(("x", "d", "m"), [("1e-300", 250, 10**6), (1e-30, 100, 100), (1, 250, 250), (1e-30, 40, 41)])
def test_hopelessly_small_eigenvalues_are_enclosed_without_elimination(monkeypatch, x, d, m):
    monkeypatch.setattr("theorycalc.rmt.largest_eigenvalue._attempt", None)
    found = largest_eigenvalue(x, d=d, m=m)
    assert found.at_most == 0
    assert found.beyond == 1
    assert found.beyond_ball.rad <= Fraction(1, 2**1100)
