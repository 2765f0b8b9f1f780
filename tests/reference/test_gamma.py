"""Γ from its definition, against the formula and the loss it minimises."""

from fractions import Fraction

import pytest

from theorycalc.exceptions import OutsideRegime
from theorycalc.model import Setup, TaskMixture
from theorycalc.reference import gamma_matrix, second_moment
from theorycalc.reference._rational import add, identity, inverse, multiply, rational_matrix, trace, transpose

LAMBDA = rational_matrix([["2", "1", "1/3"], ["1", "3", "1/2"], ["1/3", "1/2", "1"]])
OTHER = rational_matrix([["1", "0", "1/5"], ["0", "1/2", "0"], ["1/5", "0", "2"]])


def formula(Lambda, n):
    """Γ = (1 + 1/n) Λ + (tr Λ / n) I."""
    return add(add(Lambda, Lambda, Fraction(1, n)), identity(len(Lambda)), trace(Lambda) / n)


@pytest.mark.parametrize("n", [1, 2, 20, 10**15])
def test_definition_equals_formula(n):
    result = gamma_matrix(Setup(LAMBDA, n=n))
    assert result.Gamma.tolist() == formula(LAMBDA, n)
    assert multiply(result.Gamma.tolist(), result.Gamma_inv.tolist()) == identity(3)
    assert result.residual() == 0
    assert result.field_name == "EXACT"


def test_a_spectrum_and_floats_are_taken_exactly():
    result = gamma_matrix(Setup([0.5, 0.1], n=3))
    exact = [[Fraction(1, 2), Fraction(0)], [Fraction(0), Fraction(0.1)]]
    assert result.Gamma.tolist() == formula(exact, 3)


def test_it_is_the_minimum_of_the_population_loss():
    """2 L(A) = E‖I − A S‖² = d − 2 tr(A Λ) + tr(A E[S²] Aᵀ): changing A by D adds exactly tr(D E[S²] Dᵀ)."""
    n = 4
    square = second_moment(identity(3), LAMBDA, n)
    A = gamma_matrix(Setup(LAMBDA, n=n)).Gamma_inv.tolist()

    def loss(B):
        return 3 - 2 * trace(multiply(B, LAMBDA)) + trace(multiply(B, square, transpose(B)))

    assert loss(A) == 3 - trace(multiply(A, LAMBDA))  # minimal loss ½ tr(I − Γ⁻¹Λ)
    for i in range(3):
        for j in range(3):
            D = [[Fraction(int((a, b) == (i, j)), 10**6) for b in range(3)] for a in range(3)]
            gain = loss(add(A, D)) - loss(A)
            assert gain == trace(multiply(D, square, transpose(D))) > 0
    assert loss(inverse(LAMBDA)) > loss(A)  # negative control: Newton's matrix is not what is learned


@pytest.mark.parametrize("sampling", ["pooled", "per_prompt", "per_example"])
def test_mixtures_equal_the_formulas_of_section_10(sampling):
    n, weights = 5, [Fraction(1, 3), Fraction(2, 3)]
    tasks = [LAMBDA, OTHER]
    mean = add([[v / 3 for v in row] for row in LAMBDA], OTHER, weights[1])
    square = [[Fraction(0)] * 3 for _ in range(3)]
    for w, task in zip(weights, tasks, strict=True):
        doubled, spread = multiply(task, task), trace(task)
        if sampling == "per_prompt":
            one = add(add(doubled, doubled, Fraction(1, n)), task, spread / n)
        else:
            one = [[v / n for v in row] for row in add(add(doubled, doubled), task, spread)]
        square = add(square, one, w)
    if sampling == "per_example":
        square = add(square, multiply(mean, mean), 1 - Fraction(1, n))
    if sampling == "pooled":
        square = multiply(mean, formula(mean, n))
    result = gamma_matrix(Setup(TaskMixture(tasks, weights, sampling), n=n))
    assert result.Gamma_inv.tolist() == multiply(mean, inverse(square))


def test_one_task_is_a_mixture_of_one():
    single = gamma_matrix(Setup(LAMBDA, n=5)).Gamma.tolist()
    for sampling in ("pooled", "per_prompt", "per_example"):
        assert gamma_matrix(Setup(TaskMixture([LAMBDA], [1], sampling), n=5)).Gamma.tolist() == single


def test_large_d_is_refused():
    with pytest.raises(OutsideRegime, match="d = 65: the reference leg takes d <= 64"):
        gamma_matrix(Setup([1] * 65, n=2))
