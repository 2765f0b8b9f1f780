"""One and two resolvents: hand values, the recursion as a power series, a sample, the certificate, refusals."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.rmt import resolvent_equivalent, two_point_equivalent
from theorycalc.rmt.equivalents import companion_points, law_of

two_point: Any = two_point_equivalent
LAWS = st.tuples(
    st.lists(st.tuples(st.floats(1e-3, 1e3), st.integers(1, 30)), min_size=1, max_size=6),
    st.integers(1, 200),
)


def parted(law):
    pairs, m = law
    return [c for c, _ in pairs], [count for _, count in pairs], m


def test_hand_values():
    """C = 1, d = m: θ = α/(α − 1), g = 1/α; C = 1, d/m = 1/4 at α = 2: θ = 5/4, z = 5/2, g = 4/5."""
    point = resolvent_equivalent([1], 1, 4.5)
    assert point.g[0, 0] == pytest.approx(1 / 3, rel=FEW_OPERATIONS)
    assert point.companion[0] == pytest.approx(1 / 3, rel=FEW_OPERATIONS)
    point = resolvent_equivalent([1], 4, [2.5, 2.5 + 1j])
    assert point.theta[0] == pytest.approx(1.25, rel=FEW_OPERATIONS)
    assert point.g[0, 0] == pytest.approx(0.8, rel=FEW_OPERATIONS)
    assert (point.d, point.m, point.z.shape) == (1, 4, (2,))
    assert "2 points" in repr(point)


def test_short_and_long_prompts_at_zero():
    """d < m: E N⁻¹ = C⁻¹ m/(m − d) in the limit, so g(0) = −1/(c (1 − d/m))."""
    point = resolvent_equivalent([1, 4], 8, 0.0)
    assert point.g[0].real == pytest.approx([-4 / 3, -1 / 3], rel=FEW_OPERATIONS)
    with pytest.raises(InvalidSetup, match="an eigenvalue of N"):
        resolvent_equivalent([1, 4], 1, 0.0)


@settings(max_examples=40)
@given(LAWS, st.floats(-3, 3), st.floats(1e-6, 2))
def test_every_point_off_the_support_is_certified(law, side, height):
    """g = 1/(z − cθ) with θ = 1/(1 − Σ ω c g), an independent form of the equation; Im g < 0 < Im z."""
    spectrum, counts, m = parted(law)
    hull = law_of(np.array(spectrum), np.array(counts), m)
    z = hull.middle + hull.half * (side + 1j * height)
    point = resolvent_equivalent(spectrum, m, z, multiplicity=counts)
    g = point.g[0]
    theta = 1 / (1 - (np.array(counts) * np.array(spectrum) * g).sum() / m)
    worst = 1 / height
    assert g == pytest.approx(1 / (z - np.array(spectrum) * theta), rel=LONG_RECURSION * worst)
    assert np.all(g.imag < 0)
    assert point.residual[0] <= 1e-11
    conjugate = resolvent_equivalent(spectrum, m, np.conj(z), multiplicity=counts)
    assert conjugate.g[0] == pytest.approx(np.conj(g), rel=LONG_RECURSION)


@pytest.mark.parametrize("m", [1, 3, 4, 9])
def test_mass_is_what_the_contour_counts(m):
    """∮ tr G dz/(2πi) = min(d, m) around the support alone, by the trapezoidal rule on a circle."""
    hull = law_of(np.array([1.0, 1.2]), np.array([2, 2]), m)
    turn = np.exp(2j * np.pi * (np.arange(4000) + 0.5) / 4000)
    center, radius = hull.middle, hull.half + (hull.lower / 2 if hull.lower else 0.3)
    z = center + radius * turn
    point = resolvent_equivalent([1.0, 1.2], m, z, multiplicity=[2, 2])
    assert (point.g.sum(axis=1) * 2 * radius * turn).mean() == pytest.approx(min(4, m), rel=1e-8)


def series(C, P, Q, m, y, order):
    """Σ y₁ᵃ y₂ᵇ tr(P M_{a,b}) by the recursion of section 6 on full matrices of rationals."""
    d, one = len(C), Fraction(1)
    r: Any = [[one] * d]
    M: Any
    t = [Fraction(d, m)]
    for j in range(1, 2 * order + 1):
        step = [
            r[j - 1][i] - sum(((t[s] - t[s + 1]) * r[j - 2 - s][i] for s in range(j - 1)), Fraction(0))
            for i in range(d)
        ]
        r.append([r[j - 1][i] - C[i] * step[i] for i in range(d)])
        t.append(sum(r[j]) / m)
    u = [sum(Q[i][i] * power[i] for i in range(d)) / m for power in r]
    M = {(0, b): [[Q[i][j] * r[b][j] for j in range(d)] for i in range(d)] for b in range(order + 1)}
    for a in range(1, order + 1):
        for b in range(order + 1):
            inner: Any = [row[:] for row in M[a - 1, b]]
            for s in range(a - 1):
                for i in range(d):
                    for j in range(d):
                        inner[i][j] -= (t[s] - t[s + 1]) * M[a - 2 - s, b][i][j]
            for s in range(b):
                for i in range(d):
                    inner[i][i] -= (u[a + s - 1] - u[a + s]) * r[b - 1 - s][i]
            M[a, b] = [[M[a - 1, b][i][j] - C[i] * inner[i][j] for j in range(d)] for i in range(d)]
    return sum(
        y[0] ** a * y[1] ** b * sum(P[j][i] * matrix[i][j] for i in range(d) for j in range(d))
        for (a, b), matrix in M.items()
    )


@pytest.mark.parametrize("m", [1, 2, 5])
def test_two_point_equivalent_is_the_generating_function_of_the_recursion(m):
    """G(z) = −y Σ yᵃ Rᵃ at z = 1 − 1/y; the series is cut at 7 with y = 1/60."""
    C = [Fraction(1, 2), Fraction(1, 3)]
    P = [[Fraction(2), Fraction(1, 3)], [Fraction(1, 3), Fraction(1)]]
    Q = [[Fraction(1), Fraction(-1, 2)], [Fraction(-1, 2), Fraction(3)]]
    y = Fraction(1, 60), Fraction(-1, 70)
    expected = float(y[0] * y[1] * series(C, P, Q, m, y, 7))
    points = [resolvent_equivalent([float(c) for c in C], m, float(1 - 1 / x)) for x in y]
    matrices = {name: np.array(x, dtype=float) for name, x in (("P", P), ("Q", Q))}
    assert two_point(*points, **matrices)[0, 0].real == pytest.approx(expected, rel=1e-11)


def test_same_point_is_a_derivative_and_order_does_not_matter():
    """P = Q = I: tr G² = −d tr G/dz; E tr[P G₁ Q G₂] is symmetric in (z₁, z₂)."""
    spectrum, counts, m, z, step = [1.0, 0.4, 2.0], [3, 1, 2], 4, 1.3 + 0.7j, 1e-5
    ones = [1, 1, 1]
    at, beside, before = (resolvent_equivalent(spectrum, m, z + x, multiplicity=counts) for x in (0, step, -step))
    slope = ((beside.g - before.g) @ counts)[0] / (2 * step)
    assert two_point(at, at, P=ones, Q=ones)[0, 0] == pytest.approx(-slope, rel=1e-8)
    P, Q = [1, 2, 3], [2, 1, 5]
    far = resolvent_equivalent(spectrum, m, [-1.0, 9 - 1j], multiplicity=counts)
    assert two_point(at, far, P=P, Q=Q)[0] == pytest.approx(two_point(far, at, P=P, Q=Q)[:, 0], rel=FEW_OPERATIONS)
    diagonal = two_point(*[resolvent_equivalent([1, 2], 3, 9.0)] * 2, P=[1, 2], Q=[3, 1])
    full = two_point(*[resolvent_equivalent([1, 2], 3, 9.0)] * 2, P=np.diag([1, 2]), Q=[3, 1])
    assert full == pytest.approx(diagonal, rel=FEW_OPERATIONS)


@pytest.mark.parametrize("m", [60, 150, 400])
def test_sampled_matrices(m):
    """Full P and Q with a large common off-diagonal part: the mean of draws, within its error and a bias of O(1/d)."""
    rng = np.random.default_rng(7)
    d, draws = 120, 30
    c = np.linspace(0.3, 1.5, d)
    P, Q = (np.eye(d) + 0.8 * np.eye(d, k=1) + 0.8 * np.eye(d, k=-1) for _ in range(2))
    z = 0.6 + 0.8j, -0.5 + 0.3j
    values = []
    for _ in range(draws):
        X = np.sqrt(c)[:, None] * rng.normal(size=(d, m))
        first, second = (np.linalg.inv(x * np.eye(d) - X @ X.T / m) for x in z)
        values.append(np.trace(P @ first @ Q @ second))
    points = [resolvent_equivalent(c, m, x) for x in z]
    expected = two_point_equivalent(*points, P=P, Q=Q)[0, 0]
    error = np.std(values) / np.sqrt(draws)
    assert abs(np.mean(values) - expected) < 4.9 * error + 3 / d * abs(expected)
    off = np.diag(np.diagonal(P)), np.diag(np.diagonal(Q))
    assert abs(two_point_equivalent(*points, P=off[0], Q=off[1])[0, 0] - expected) > 0.2 * abs(expected)


def test_narrow_and_wide_supports():
    """Points as close as 1e-6 of a width to the ends, for a support of relative width 1e-6 and one of ratio 1e9."""
    for c, counts, m in (([1.0], [1], 10**12), ([1e-6, 1.0, 1e3], [4, 4, 4], 13), ([1.0, 2.0], [10, 10], 20)):
        hull = law_of(np.array(c), np.array(counts), m)
        z = np.array([hull.upper + 1e-6 * hull.half, hull.middle + 1e-6j * hull.half, hull.lower + 1e-7j * hull.half])
        alpha, residual = companion_points(hull, z)
        assert np.max(residual) <= 1e-12
        assert np.all(hull.theta(alpha)[2] < 1)


@pytest.mark.parametrize(
    ("spectrum", "z", "word"),
    [
        ([1], 1.0, "between the ends"),
        ([1], [1j, 0.0], "between the ends"),
        ([1], "x", "not a complex number"),
        ([1], [], "not a sequence"),
        ([1], [[1j]], "not a sequence"),
        ([1], float("nan"), "finite"),
        ([0], 1j, "not positive"),
    ],
)
def test_bad_points_are_refused(spectrum, z, word):
    with pytest.raises(InvalidSetup, match=word):
        resolvent_equivalent(spectrum, 1, z)


def test_bad_weights_are_refused():
    point, other = resolvent_equivalent([1, 2], 3, 9.0), resolvent_equivalent([1, 2], 4, 9.0)
    with pytest.raises(InvalidSetup, match="different laws"):
        two_point(point, other, P=[1, 1], Q=[1, 1])
    with pytest.raises(InvalidSetup, match="does not fit 2"):
        two_point(point, point, P=[1], Q=[1, 1])
    with pytest.raises(InvalidSetup, match="not symmetric"):
        two_point(point, point, P=[[1, 2], [0, 1]], Q=[1, 1])
    repeated = resolvent_equivalent([1, 2], 3, 9.0, multiplicity=[2, 1])
    with pytest.raises(InvalidSetup, match="if each is listed"):
        two_point(repeated, repeated, P=np.eye(2), Q=np.eye(2))
    with pytest.raises(OutsideRegime, match="wide"):
        resolvent_equivalent([Fraction(1, 10**200), 1], 1, 1j)
