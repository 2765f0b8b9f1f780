"""The exact expected error against hand values, chi-square moments, listed pairings and the theory."""

import math
import time
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

from tests.tolerances import LONG_RECURSION
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.model import Setup, TaskMixture
from theorycalc.reference import expected_error, gamma_matrix, gaussian_moment
from theorycalc.reference._rational import add, identity, multiply, rational_matrix, trace, transpose
from theorycalc.reference.expected_error import monomial_count
from theorycalc.results import ErrorCurve, Rung

LAMBDA = rational_matrix([["1", "1/3"], ["1/3", "1/2"]])
SIGMA = rational_matrix([["4", "2"], ["2", "2"]])
OMEGA = rational_matrix([["2", "1/2"], ["1/2", "1"]])
START = [Fraction(1), Fraction(-1, 2)]
NON_COMMUTING = Setup(LAMBDA, Sigma=SIGMA, n=5, m=2)
# per prompt, tasks that do not commute: A = E[S] (E[S²])⁻¹ is not symmetric
MIXED = NON_COMMUTING.replace(Lambda=TaskMixture([LAMBDA, [1, 4]], ["1/3", "2/3"], "per_prompt"))
TRAINED = pytest.mark.parametrize("problem", [NON_COMMUTING, MIXED], ids=["one task", "mixture"])


def test_the_non_commuting_example_of_section_5():
    values = expected_error(NON_COMMUTING, 3).values.tolist()
    assert values[0] == 2
    assert values[1] == Fraction(289722, 14161)
    assert values[2] == Fraction(444401625842, 200533921)
    assert values[3] == Fraction(1817819899721256362, 2839760855281)
    assert expected_error(NON_COMMUTING, 1, metric="prediction").values[1] == Fraction(1165446, 14161)


def test_the_commuting_examples_of_sections_5_and_11():
    curve = expected_error(Setup([1, 2, 3], Sigma=[1, 1, 2], n=10, m=7), 2).values
    assert [round(float(value), 9) for value in curve] == [3, 1.271132695, 0.802940760]
    heavy = expected_error(Setup([1, "1/4"], n=2, m=2), 4).values[4]
    assert round(float(heavy), 3) == 18.534


@pytest.mark.parametrize("m", [1, 2, 5])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_one_dimension_is_a_finite_sum_of_chi_square_moments(m, metric):
    """S = σ χ²_m / m: E (1 − a S)^{2k} = Σ_p C(2k, p) (−aσ/m)^p Π_{i<p} (m + 2i), a = 1/((1 + 2/n) λ)."""
    lam, sigma, n, steps = Fraction(2, 3), Fraction(5, 4), 3, 4
    prior = Fraction(7) + Fraction(1, 4)  # Ω + w₀²
    setup = Setup([lam], Sigma=[sigma], n=n, m=m, Omega=[7], w_0=["1/2"])
    a = 1 / ((1 + Fraction(2, n)) * lam)

    def moment(p):
        return math.prod(m + 2 * i for i in range(p))

    weight = sigma if metric == "prediction" else 1
    expected = [
        weight * prior * sum(math.comb(2 * k, p) * (-a * sigma / m) ** p * moment(p) for p in range(2 * k + 1))
        for k in range(steps + 1)
    ]
    assert expected_error(setup, steps, metric=metric).values.tolist() == expected


def test_one_dimension_with_noise_by_chi_square_moments():
    """The noise adds σ² a² E[ S (Σ_{i<k} Rⁱ)² ] / m with Σ_{i<k} (1 − aS)ⁱ = (1 − (1 − aS)^k)/(aS)."""
    m, noise, k = 3, Fraction(2, 5), 3
    a = gamma_matrix(Setup(["1/2"], n=2)).Gamma_inv[0, 0]
    s = sp.Symbol("s")
    rate = sp.Rational(a.numerator, a.denominator)
    polynomial = sp.Poly(sp.expand(s * sum((1 - rate * s) ** i for i in range(k)) ** 2), s)
    expected = Fraction(0)
    for (power,), coefficient in polynomial.terms():
        chi = Fraction(math.prod(m + 2 * i for i in range(power)), m**power)  # E S^power, Σ = 1
        expected += Fraction(int(coefficient.p), int(coefficient.q)) * chi
    quiet = expected_error(Setup(["1/2"], Sigma=[1], n=2, m=m), k).values[k]
    noisy = expected_error(Setup(["1/2"], Sigma=[1], n=2, m=m, noise_var=noise), k).values[k]
    assert noisy - quiet == noise * a**2 * expected / m


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_zero_steps_are_the_prior_risk(metric):
    setup = Setup(LAMBDA, Sigma=SIGMA, n=5, m=10**9, Omega=OMEGA, w_0=START, noise_var=1)
    Q = add(OMEGA, [[a * b for b in START] for a in START])
    P = SIGMA if metric == "prediction" else identity(2)
    assert expected_error(setup, 0, metric=metric).values.tolist() == [trace(multiply(P, Q))]


@TRAINED
@pytest.mark.parametrize("m", [1, 3, 20])
def test_one_step_is_the_closed_form(m, problem):
    """‖I − AΣ‖² + (1/m)[tr(AΣ²Aᵀ) + tr(AΣAᵀ) tr Σ], theory section 4, rung 2."""
    A = gamma_matrix(problem).Gamma_inv.tolist()
    gap = add(identity(2), multiply(A, SIGMA), -1)
    spread = trace(multiply(A, SIGMA, SIGMA, transpose(A))) + trace(multiply(A, SIGMA, transpose(A))) * trace(SIGMA)
    expected = trace(multiply(gap, transpose(gap))) + spread / m
    assert expected_error(problem.replace(m=m), 1).values[1] == expected


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
@TRAINED
def test_noise_after_one_step_is_the_closed_form(metric, problem):
    """σ²/m · tr(P A Σ Aᵀ)."""
    noise, m = Fraction(3, 7), 4
    setup = problem.replace(m=m, Omega=OMEGA)
    A = gamma_matrix(setup).Gamma_inv.tolist()
    P = SIGMA if metric == "prediction" else identity(2)
    quiet = expected_error(setup, 1, metric=metric).values[1]
    noisy = expected_error(setup.replace(noise_var=noise), 1, metric=metric).values[1]
    assert noisy - quiet == noise / m * trace(multiply(P, A, SIGMA, transpose(A)))


def test_literal_listing_with_every_gaussian_written_out():
    """k = 1, d = m = 2: w_1 − w* expanded in X, w* and ξ as one Gaussian vector: gaussian_moment only."""
    noise, m, d = Fraction(1, 3), 2, 2
    A = gamma_matrix(NON_COMMUTING).Gamma_inv.tolist()
    # rows 0, 1: x;  2, 3: w* (example 9);  4: σξ
    joint = [[Fraction(0)] * 5 for _ in range(5)]
    for i, j in product(range(2), repeat=2):
        joint[i][j], joint[2 + i][2 + j] = SIGMA[i][j], OMEGA[i][j]
    joint[4][4] = noise

    def gap(
        a,
    ):  # terms (coefficient, entries) of w_1 − w* = w_0 − w* − A (1/m) Σ_j x_j (⟨w_0 − w*, x_j⟩ − σξ_j)
        terms = [(START[a], []), (Fraction(-1), [(2 + a, 9)])]
        for b, j in product(range(d), range(m)):
            for i in range(d):
                terms.append((-A[a][b] / m * START[i], [(b, j), (i, j)]))
                terms.append((A[a][b] / m, [(b, j), (i, j), (2 + i, 9)]))
            terms.append((A[a][b] / m, [(b, j), (4, j)]))
        return terms

    expected = sum(
        SIGMA[a][b] * left * right * gaussian_moment([*first, *second], joint)
        for a, b in product(range(d), repeat=2)
        for left, first in gap(a)
        for right, second in gap(b)
    )
    setup = NON_COMMUTING.replace(Omega=OMEGA, w_0=START, noise_var=noise)
    assert expected_error(setup, 1, metric="prediction").values[1] == expected


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_gauss_hermite_quadrature_over_prompts(metric):
    """d = m = 2, k = 2 with prior, start and noise: a tensor rule in floats, exact for this degree, 8 < 2·5."""
    noise, n, m, k = 0.4, 5, 2, 2
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    lam, sigma, omega, start = (np.array(v, dtype=float) for v in (LAMBDA, SIGMA, OMEGA, START))
    A = np.linalg.inv((1 + 1 / n) * lam + np.trace(lam) / n * np.eye(2))
    root = np.linalg.cholesky(sigma)
    Q, P = omega + np.outer(start, start), sigma if metric == "prediction" else np.eye(2)
    expected = 0.0
    for index in product(range(5), repeat=4):
        weight = np.prod(weights[list(index)] / weights.sum())
        X = root @ nodes[list(index)].reshape(2, m)
        R = np.eye(2) - A @ X @ X.T / m
        power = np.linalg.matrix_power(R, k)
        response = sum(np.linalg.matrix_power(R, i) for i in range(k)) @ A @ X / m  # (d, m), to σξ
        expected += weight * (np.trace(P @ power @ Q @ power.T) + noise * np.trace(P @ response @ response.T))
    setup = NON_COMMUTING.replace(Omega=OMEGA, w_0=START, noise_var="2/5")
    assert float(expected_error(setup, k, metric=metric).values[k]) == pytest.approx(expected, rel=LONG_RECURSION)


@TRAINED
def test_the_infinite_prompt_is_the_population_limit_and_the_gap_halves_as_m_doubles(problem):
    limit = expected_error(problem.replace(m=None, noise_var=1), 2)
    A = gamma_matrix(problem).Gamma_inv.tolist()
    R = add(identity(2), multiply(A, SIGMA), -1)
    power = multiply(R, R)
    assert limit.values[2] == trace(multiply(power, transpose(power)))
    assert limit.notes == ("m = ∞: S = Σ",)
    gaps = [expected_error(problem.replace(m=m, noise_var=1), 1).values[1] - limit.values[1] for m in (4, 8)]
    assert gaps[0] == 2 * gaps[1] > 0


def test_scaling_all_covariances_changes_only_the_prediction_metric():
    scaled = Setup([[3 * v for v in row] for row in LAMBDA], Sigma=[[3 * v for v in row] for row in SIGMA], n=5, m=2)
    assert expected_error(scaled, 2).values.tolist() == expected_error(NON_COMMUTING, 2).values.tolist()
    left, right = (expected_error(s, 2, metric="prediction").values.tolist() for s in (scaled, NON_COMMUTING))
    assert left == [3 * value for value in right]


def test_rotating_the_problem_changes_nothing():
    """E_k(UΛUᵀ, UΣUᵀ, UΩUᵀ, Uw₀) = E_k for the rational rotation U; turning all but Σ is no symmetry."""
    U = rational_matrix([["3/5", "-4/5"], ["4/5", "3/5"]])

    def turned(M):
        return multiply(U, M, transpose(U))

    setup = NON_COMMUTING.replace(Omega=OMEGA, w_0=START, noise_var="1/2")
    start = [sum((U[i][j] * START[j] for j in range(2)), Fraction(0)) for i in range(2)]
    rotated = setup.replace(Lambda=turned(LAMBDA), Sigma=turned(SIGMA), Omega=turned(OMEGA), w_0=start)
    for metric in ("estimation", "prediction"):
        expected = expected_error(setup, 2, metric=metric).values.tolist()
        assert expected_error(rotated, 2, metric=metric).values.tolist() == expected
    broken = rotated.replace(Sigma=SIGMA)
    assert expected_error(broken, 2).values[1] != expected_error(setup, 2).values[1]


def test_the_answer_states_what_it_is():
    curve = expected_error(NON_COMMUTING, 1)
    assert isinstance(curve, ErrorCurve)
    assert curve.rung is Rung.EXACT
    assert (curve.field_name, curve.uncertainty, str(curve.metric)) == ("EXACT", "exact", "estimation")
    assert curve.lower.tolist() == curve.values.tolist() == curve.upper.tolist()
    assert all(isinstance(value, Fraction) for value in curve.values)
    assert curve.to_dict()["values"][1] == "289722/14161"


def test_monomials_are_counted_as_they_occur():
    """Brute force over all exponents of a (2, 2) matrix with even degree in each column."""
    for half in range(4):
        exponents = product(range(2 * half + 1), repeat=4)
        count = sum(1 for a, b, c, e in exponents if not (a + b) % 2 and not (c + e) % 2 and a + b + c + e <= 2 * half)
        assert monomial_count(2, 2, half) == count


@pytest.mark.parametrize(
    ("setup", "steps", "limit"),
    [
        (Setup([1] * 3, n=2, m=6), 3, "products of terms"),
        (Setup([1] * 3, n=2, m=10**15), 1, "products of terms"),
        (Setup([1] * 40, n=2, m=1), 1, "products of terms"),
        (Setup([1], n=2, m=12), 6, "products of terms"),
        (Setup([1] * 65, n=2), 1, "d <= 64"),
        (Setup([1], n=2, m=1), 64, "at most 63 steps"),
    ],
)
def test_large_problems_are_refused_before_any_work(setup, steps, limit):
    started = time.perf_counter()
    with pytest.raises(OutsideRegime, match=limit):
        expected_error(setup, steps)
    assert time.perf_counter() - started < 1


def test_invalid_arguments_are_named():
    with pytest.raises(InvalidSetup, match="steps"):
        expected_error(NON_COMMUTING, -1)
    with pytest.raises(InvalidSetup, match="metric"):
        expected_error(NON_COMMUTING, 1, metric="training")
