"""The exact chain of thought on one prompt, against the matrix form and by hand."""

from fractions import Fraction

import numpy as np
import pytest

from theorycalc.exceptions import InvalidSetup
from theorycalc.model import Setup, TaskMixture
from theorycalc.reference import gamma_matrix, iterate_cot

LAMBDA = [["1", "1/3"], ["1/3", "1/2"]]
X = [[1, "-1/2", 2], ["1/3", 1, 0]]
TRUTH = [Fraction(2), Fraction(-1, 3)]


def exact(rows):
    return np.array([[Fraction(value) for value in row] for row in rows], dtype=object)


@pytest.mark.parametrize("start", [None, ["1/2", "3"]])
@pytest.mark.parametrize("trained", [LAMBDA, TaskMixture([LAMBDA, [1, 4]], ["1/3", "2/3"], "per_prompt")])
def test_it_is_the_power_of_one_minus_a_s(start, trained):
    """w_k − w* = (I − A S)^k (w_0 − w*) on noiseless labels; the mixture's A is not symmetric."""
    setup = Setup(trained, n=5, w_0=start)
    x, truth = exact(X), np.array(TRUTH, dtype=object)
    w = iterate_cot(X, x.T @ truth, setup, 4).w
    R = exact([[1, 0], [0, 1]]) - gamma_matrix(setup).Gamma_inv @ (x @ x.T) / 3
    gap = (np.array([Fraction(0)] * 2) if start is None else np.array([Fraction(v) for v in start])) - truth
    for k in range(5):
        assert (w[k] - truth == gap).all()
        gap = R @ gap
    assert w.shape == (5, 2)
    assert all(isinstance(value, Fraction) for value in w.reshape(-1))


def test_zero_steps_return_the_start():
    result = iterate_cot([[1.0]], [2.0], Setup([1], n=1, w_0=["1/7"]), 0)
    assert result.w.tolist() == [[Fraction(1, 7)]]
    assert (result.field_name, result.uncertainty) == ("EXACT", "exact")


def test_one_step_by_hand():
    """d = 2, Λ = I, n = 2: Γ = (1 + 1/2 + 1) I, so w_1 = (2/5) (1/m) Σ_j y_j x_j."""
    w = iterate_cot([[1, 0], [0, 2]], [3, 5], Setup([1, 1], n=2), 1).w[1]
    assert w.tolist() == [Fraction(2, 5) * Fraction(3, 2), Fraction(2, 5) * Fraction(10, 2)]


def test_a_setup_for_another_prompt_length_is_refused():
    with pytest.raises(InvalidSetup, match=r"3 examples but setup\.m = 4"):
        iterate_cot(X, [1, 2, 3], Setup(LAMBDA, n=5, m=4), 1)
    assert iterate_cot(X, [1, 2, 3], Setup(LAMBDA, n=5, m=3), 1).w.shape == (2, 2)


@pytest.mark.parametrize(
    ("x", "y", "steps", "name"),
    [
        ([[1, 2]], [1, 2], 1, "X"),
        ([1, 2], [1], 1, "X"),
        ([[1, 2], [3, 4]], [1], 1, "y"),
        ([[1, float("nan")], [3, 4]], [1, 2], 1, "X"),
        ([[1, 2], [3, 4]], [1, 2], -1, "steps"),
    ],
)
def test_bad_prompts_are_named(x, y, steps, name):
    with pytest.raises(InvalidSetup, match=name):
        iterate_cot(x, y, Setup([1, 1], n=2), steps)
