"""Phases: closed forms, criticality in rationals, the recursion, full matrices by simulation, m = ∞, refusals."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION, Z_LIMIT
from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP, Ball, as_fraction

unchecked: Any = tc.phase


def multiple(c: Any, d: int, m: int, **more: Any) -> tc.Setup:
    """A problem with C = cI: Λ = I, n = d + 1, γ = 2 + 1/(d+1)·…, Σ = cΓ."""
    n = d + 1
    gamma = 1 + Fraction(1 + d, n)
    return tc.Setup([1] * d, n=n, m=m, Sigma=[Fraction(c) * gamma] * d, **more)


@pytest.mark.parametrize(
    ("c", "d", "m", "kind", "critical"),
    [
        ("1/2", 4, 16, "exponential", 0),
        ("8/9", 4, 16, "polynomial", 1),  # λ₊ = 2
        ("9/10", 4, 16, "overthinking", 0),
        ("1/3", 4, 4, "polynomial", 1),  # λ₋ = 0
        ("1/2", 4, 4, "polynomial", 2),  # both
        ("51/100", 4, 4, "overthinking", 1),
        ("1/9", 4, 1, "saturating", 0),
        ("2/9", 4, 1, "saturating", 1),
        ("1/4", 4, 1, "overthinking", 0),
    ],
)
def test_one_eigenvalue(c, d, m, kind, critical):
    """λ± = c (1 ± √φ)²; critical cases are told exactly, in every field."""
    for field in (F64, BALL(80), MP(25)):
        found = tc.phase(multiple(c, d, m), field=field)
        assert (found.phase, len(found.critical)) == (kind, critical)
        low, high = (float(Fraction(c)) * (1 + sign * math.sqrt(d / m)) ** 2 for sign in (-1, 1))
        assert float(found.edges.lower) == pytest.approx(low, abs=1e-14)
        assert float(found.edges.upper) == pytest.approx(high, rel=FEW_OPERATIONS)
        assert float(found.rate) == pytest.approx(max(abs(1 - low), abs(1 - high)) ** 2, rel=FEW_OPERATIONS)
        if kind == "polynomial":
            assert as_fraction(found.rate) == 1
            assert found.prefactor_exponent == (Fraction(1, 2) if d == m else Fraction(3, 2))
            assert as_fraction(found.excess_rate) == 1
        if kind == "saturating":  # Γ = γI: the floor is d − m
            assert float(found.floor) == pytest.approx(d - m, rel=FEW_OPERATIONS)
        assert (found.floor is None) == (kind == "overthinking")
        assert found.words.startswith(kind)


def test_criticality_is_not_a_tolerance():
    """A spectrum 10⁻⁹⁰ away from λ₊ = 2 has another phase."""
    off = Fraction(1, 10**90)
    kinds = [tc.phase(multiple(Fraction(8, 9) + x, 4, 16)).phase for x in (-off, 0, off)]
    assert kinds == ["exponential", "polynomial", "overthinking"]


def test_criticality_of_several_eigenvalues():
    """ψ′(α) = 0 and ψ(α) = 2 in rationals: c = αt/(1 + t), t = 1, 2, Σωt² = 1 at m = 9, scaled to λ₊ = 2."""
    c = [Fraction(1, 2), Fraction(2, 3), Fraction(2, 3)]
    edge = 1 + Fraction(1, 9) * (1 + 2 * 2)  # α = 1: ψ = 1 + Σ ω t
    setup = tc.Setup([1, 1, 1], n=4, m=9, Sigma=[2 * x / edge * 2 for x in c])  # Γ = 2
    found = tc.phase(setup)
    assert (found.phase, found.critical) == ("polynomial", ("λ₊ = 2 exactly",))
    assert found.prefactor_exponent == Fraction(3, 2)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.fractions("1/8", 2, max_denominator=8), min_size=2, max_size=4),
    st.integers(1, 20),
    st.integers(1, 12),
    st.fractions("1/4", 2, max_denominator=4),
    st.sampled_from(["estimation", "prediction"]),
    st.sampled_from([0, Fraction(1, 5)]),
)
def test_fields_agree(Lambda, n, m, scale, metric, noise):
    Sigma = [scale * x for x in reversed(Lambda)]
    setup = tc.Setup(Lambda, n=n, m=m, Sigma=Sigma, Omega=list(Lambda), noise_var=noise)
    floats, balls = tc.phase(setup, metric=metric), tc.phase(setup, metric=metric, field=BALL(100))
    assert floats.phase == balls.phase
    assert floats.critical == balls.critical
    assert float(floats.rate) == pytest.approx(float(balls.rate), rel=1e-12)
    if balls.floor is not None:
        assert abs(as_fraction(floats.floor) - balls.floor.mid) <= as_fraction(floats.floor_error) + balls.floor.rad
        assert float(floats.floor) == pytest.approx(float(balls.floor), rel=1e-14)
    assert len(floats.terms) == len(balls.terms)
    for one, other in zip(floats.terms, balls.terms, strict=True):
        assert (one.source, one.exponent) == (other.source, other.exponent)
        assert (
            abs(as_fraction(one.coefficient) - other.coefficient.mid) <= as_fraction(one.error) + other.coefficient.rad
        )


@pytest.mark.parametrize(
    ("setup", "metric"),
    [
        (tc.Setup(tc.power_law(12, 1), n=20, m=40), "estimation"),
        (tc.Setup(tc.power_law(12, 1), n=20, m=6), "estimation"),
        (tc.Setup(tc.power_law(12, 1), n=5, m=6, noise_var="1/2"), "prediction"),
        (tc.Setup(tc.power_law(12, 1), n=4, m=6, Omega=tc.power_law(12, 2)), "prediction"),
        (tc.Setup(tc.power_law(12, 1), n=5, m=40, noise_var="1/2", w_0=[1] * 12), "estimation"),
        (tc.Setup(tc.power_law(12, 1), n=20, m=40, Sigma=["1/2"] * 12), "estimation"),
        (tc.Setup(tc.power_law(12, 1), n=6, m=12), "estimation"),
        (tc.Setup(tc.power_law(12, 1), n=6, m=12, noise_var="1/2"), "estimation"),
    ],
)
def test_the_rung_proportional_has_this_form(setup, metric):
    """expected_error(rung proportional) tends to ``asymptotic_error``: k = 25 … 200, by 1/2 or 1/√2 per doubling."""
    found = tc.phase(setup, metric=metric)
    steps = 200
    values = tc.expected_error(setup, steps, rung="proportional", metric=metric).values
    ks = [steps // 8, steps // 4, steps // 2, steps]
    floor = found.floor or 0.0
    off = [abs(values[k] - found.asymptotic_error(k)) / abs(found.asymptotic_error(k) - floor) for k in ks]
    digits = LONG_RECURSION * abs(floor) / abs(found.asymptotic_error(ks[-1]) - floor)
    assert off[-1] < 0.35 + digits
    assert off[-1] < 0.8 * off[-2] + digits or off[-1] < 0.02


def test_terms_that_vanish_are_left_out():
    """P̃ᵢ, Q̃ᵢ with tr P̃Q̃ = tr P̃ tr Q̃/d and C = cI: the null space and the edge do not mix (RMT-05)."""
    gamma = [1, 1, 2, 2]  # of Λ = (1, 1, 3, 3)/4·…: Γ = (1 + 1/n)Λ + tr Λ/n
    n = 8
    total = Fraction(sum(gamma)) / (1 + Fraction(5, n))
    Lambda = [(g - total / n) / (1 + Fraction(1, n)) for g in gamma]
    setup = tc.Setup(Lambda, n=n, m=1, Sigma=[Fraction(g, 8) for g in gamma], Omega=[1, 2, Fraction(1, 2), 1])
    found = tc.phase(setup)
    assert all(term.base > 0 for term in found.terms)
    assert [note.split(":")[0] for note in found.notes] == ["lower edge", "upper edge"]
    assert found.excess_rate == pytest.approx(found.rate, rel=1e-12)
    mixed = tc.phase(setup.replace(Omega=[1, 2, 1, 1]))
    assert mixed.excess_rate == pytest.approx(math.sqrt(mixed.rate), rel=1e-12)


# ------------------------------------------------------------------------------------------------ full matrices


def rotation(d: int, seed: int) -> np.ndarray[Any, Any]:
    return np.asarray(np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0])


def test_a_rotated_problem_is_the_same():
    lam, sigma = np.array([2.0, 1.0, 0.5, 0.25]), np.array([0.5, 1.0, 0.75, 0.3])
    U = rotation(4, 1)
    for m in (2, 4, 30):
        plain = tc.phase(tc.Setup(lam, n=7, m=m, Sigma=sigma, noise_var="1/8"))
        rotated = tc.phase(tc.Setup(U * lam @ U.T, n=7, m=m, Sigma=U * sigma @ U.T, noise_var="1/8"))
        assert rotated.phase == plain.phase
        assert rotated.rate == pytest.approx(plain.rate, rel=1e-12)
        assert (rotated.floor is None) == (plain.floor is None)
        if plain.floor is not None:
            assert rotated.floor == pytest.approx(plain.floor, rel=1e-12)
            assert abs(rotated.floor - plain.floor) <= rotated.floor_error + plain.floor_error
        for one, other in zip(rotated.terms, plain.terms, strict=True):
            assert one.coefficient == pytest.approx(other.coefficient, rel=1e-9)
            assert abs(one.coefficient - other.coefficient) <= one.error + other.error


def test_covariances_that_do_not_commute():
    """Floor and edges against single prompts at d = 120: the error after the chain has settled."""
    d, m, n = 120, 60, 100
    rng = np.random.default_rng(8)
    lam, U = np.linspace(0.2, 1.5, d), rotation(d, 9)
    Sigma = U * np.linspace(0.1, 0.7, d) @ U.T
    setup = tc.Setup(np.diag(lam), n=n, m=m, Sigma=Sigma)
    found = tc.phase(setup)
    assert found.phase == "saturating"
    Gamma = np.diag((1 + 1 / n) * lam + lam.sum() / n)
    root, floors, tops = np.linalg.cholesky(Sigma), [], []
    for _ in range(30):
        X = root @ rng.standard_normal((d, m))
        A = np.linalg.inv(Gamma)
        R = np.eye(d) - A @ X @ X.T / m
        power = np.linalg.matrix_power(R, 4096)
        floors.append(float((power**2).sum()))
        tops.append(float(np.max(np.linalg.eigvals(A @ X @ X.T / m).real)))
    assert found.floor is not None
    error = np.std(floors, ddof=1) / math.sqrt(len(floors))
    assert abs(np.mean(floors) - found.floor) <= Z_LIMIT * error + 3 / d * found.floor
    assert np.mean(tops) == pytest.approx(found.edges.upper, rel=4 * d ** (-2 / 3))
    assert abs(found.floor - (d - m)) > 0.02 * found.floor  # not the null space's dimension


@pytest.mark.parametrize(
    ("m", "scale", "noise", "kind"),
    [
        (24, 2.5, 0.0, "overthinking"),
        (6, 0.5, 0.0, "polynomial"),
        (2, 0.28, 0.0, "saturating"),
        (2, 0.28, 0.3, "saturating"),
        (24, 0.6, 0.0, "exponential"),
    ],
)
def test_the_recursion_of_full_matrices_has_this_form(m, scale, noise, kind):
    """Λ, Σ and Ω in three different bases: rung "proportional" tends to ``asymptotic_error``."""
    d = 6
    U, V = rotation(d, 3), rotation(d, 4)
    Sigma, Omega = U * np.linspace(0.4, 1.2, d) * scale @ U.T, V * np.linspace(0.2, 2, d) @ V.T
    setup = tc.Setup(
        np.diag(np.linspace(0.3, 1.5, d)),
        n=12,
        m=m,
        Sigma=(Sigma + Sigma.T) / 2,
        Omega=(Omega + Omega.T) / 2,
        noise_var=noise,
    )
    found = tc.phase(setup)
    assert found.phase == kind
    values, floor = tc.expected_error(setup, 120, rung="proportional").values, found.floor or 0.0
    off = [abs((values[k] - floor) / (found.asymptotic_error(k) - floor) - 1) for k in (30, 60, 120)]
    assert off[2] < 0.25
    assert off[2] < 0.8 * off[1] < 0.64 * off[0]


def test_matrices_that_may_be_critical_are_refused():
    U = rotation(3, 2)
    Sigma = U * np.full(3, 8 / 9 * 2) @ U.T
    setup = tc.Setup(np.eye(3), n=4, m=12, Sigma=(Sigma + Sigma.T) / 2)  # Γ = 2 I, d/m = 1/4
    with pytest.raises(NotCertified, match="state Λ and Σ as spectra"):
        tc.phase(setup)


# ------------------------------------------------------------------------------------------------ m = ∞


@pytest.mark.parametrize(
    ("sigma", "kind", "rate", "floor", "directions"),
    [
        ([1, 2, "5/2"], "exponential", Fraction(1, 4), 0, (0,)),
        ([2, 2, 2], "exponential", Fraction(0), 0, (0, 1, 2)),
        ([1, 2, 4], "saturating", Fraction(1), 1, (2,)),
        ([1, 5, 5], "overthinking", Fraction(9, 4), None, (1, 2)),
    ],
)
def test_population(sigma, kind, rate, floor, directions):
    """Λ = I, n = d + 1 = 4: Γ = 2 I, 1 − c = 1 − σ/2."""
    for field in (EXACT, F64, BALL(64), MP(20)):
        found = tc.phase(tc.Setup([1, 1, 1], n=4, Sigma=sigma), field=field)
        assert (found.phase, found.directions) == (kind, directions)
        assert as_fraction(found.rate) == rate
        assert (None if found.floor is None else as_fraction(found.floor)) == floor
        assert found.prefactor_exponent == 0
        assert found.support is None
    values = tc.expected_error(tc.Setup([1, 1, 1], n=4, Sigma=sigma), 40, rung="population").values
    assert values[40] == pytest.approx(found.asymptotic_error(40), rel=1e-9, abs=1e-12)


def test_population_directions_without_error_do_not_count():
    found = tc.phase(tc.Setup([1, 1], n=3, Sigma=[1, 9], Omega=[1, 0]), field=EXACT)
    assert (found.phase, found.directions, found.rate) == ("exponential", (0,), Fraction(1, 4))


def test_long_prompts_tend_to_the_population():
    """|rate − rate of m = ∞| falls like m^{−1/2}: the edges are c (1 ± √φ)² beside c_min and c_max."""
    setup = tc.Setup([1, "1/2", "1/3"], n=10)
    limit = float(tc.phase(setup).rate)
    gaps = [abs(float(tc.phase(setup.replace(m=10**e)).rate) - limit) for e in (4, 6, 8)]
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.1)
    assert gaps[2] / gaps[1] == pytest.approx(0.1, rel=0.02)


# ------------------------------------------------------------------------------ large, forms, refusals


def test_large_spectra_stay_in_float64():
    d = 3_000
    lam = np.arange(1, d + 1) ** -0.5
    found = tc.phase(tc.Setup(lam, n=200, m=500, noise_var=0.1))
    assert "random changes" in found.uncertainty
    assert found.floor_error < 1e-9 * found.floor
    assert all(0 < term.error < 1e-6 * abs(term.coefficient) for term in found.terms)


@pytest.mark.parametrize(
    "setup",
    [
        tc.Setup(tc.power_law(6, 1), n=6, m=9, noise_var="1/3"),
        tc.Setup(tc.power_law(6, 1), n=2, m=3),
        tc.Setup(tc.power_law(6, 1), n=4, m=6),
    ],
)
def test_every_number_has_the_digits_that_were_asked_for(setup):
    found, digits = tc.phase(setup, field=BALL(600)), tc.phase(setup, field=MP(150))
    terms = [term.coefficient for term in found.terms] + [term.base for term in found.terms]
    for ball in (found.edges.upper, found.rate, found.excess_rate, *terms):
        assert ball.rad <= abs(ball.mid) / 2**580
    if found.floor:
        assert found.floor.rad <= found.floor.mid / 2**580
        assert abs(as_fraction(digits.floor) - found.floor.mid) <= found.floor.mid / 10**148
    assert abs(as_fraction(digits.rate) - found.rate.mid) <= found.rate.mid / 10**148


def test_forms():
    found = tc.phase(tc.Setup(tc.power_law(6, 1), n=2, m=3), field=BALL(64))
    data = found.to_dict()
    assert data["phase"] == found.phase == "saturating"
    assert data["floor"]["mid"] == pytest.approx(float(found.floor))
    assert data["support"]["count"] == [3]
    header, row = found.to_csv().splitlines()
    assert header.startswith("phase,lower_edge,upper_edge,atom_at_zero,rate,floor,excess_rate,prefactor_exponent")
    assert row.startswith("saturating,[")
    assert isinstance(found.excess_rate, Ball)
    assert isinstance(found.prefactor, Ball)
    assert repr(found) == f"Phase('saturating', {found.words})"
    over = tc.phase(tc.Setup(tc.power_law(6, 1), n=60, m=3))
    assert over.to_dict()["floor"] is None
    assert ",," in over.to_csv()
    with pytest.raises(OutsideRegime, match="float64 range"):
        over.asymptotic_error(10_000)
    with pytest.raises(OutsideRegime, match="at least one step"):
        over.asymptotic_error(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tc.phase(tc.Setup([1], n=2, m=1), field=EXACT), OutsideRegime, "algebraic"),
        (lambda: tc.phase(tc.Setup([[2, 1], [1, 2]], n=2, m=1), field=BALL(64)), OutsideRegime, "diagonalise"),
        (lambda: tc.phase(tc.Setup([1], n=2, m=1), metric="x"), InvalidSetup, "metric = 'x': unknown"),
        (lambda: unchecked([1]), InvalidSetup, "not a Setup"),
        (lambda: unchecked(tc.Setup([1], n=2, m=1), field=3), InvalidSetup, "not a number field"),
        (lambda: tc.phase(tc.Setup([1, 2], n=2, m=1, Omega=[0, 0])), OutsideRegime, "no error to think about"),
        (lambda: tc.phase(tc.Setup([1, 2], n=2, Omega=[0, 0])), OutsideRegime, "no error to think about"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
