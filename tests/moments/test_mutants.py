"""Statements about moments and words that only a wrong chunk, sign or condition in their code would break."""

from fractions import Fraction

import numpy as np
import pytest

from theorycalc.error_curves import expected_error
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import centred
from theorycalc.moments.wishart import _ordered_partitions
from theorycalc.moments.words import WordSum, letter


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_the_recursion_does_not_depend_on_its_chunks(monkeypatch, chunk):
    setup = Setup([1, "1/2"], Sigma=[2, "1/3"], n=5, m=3, w_0=[1, -2])
    whole = expected_error(setup, 4, field=EXACT).values.tolist()
    monkeypatch.setattr(centred, "_CHUNK", chunk)
    assert expected_error(setup, 4, field=EXACT).values.tolist() == whole


def test_equal_words_are_equal_and_others_are_not():
    A, B = letter("A"), letter("B")
    assert A + B == B + A
    assert A != B
    assert A * B != B * A
    assert A.__eq__(1) is False


def test_a_number_minus_a_word():
    A = letter("A")
    value = np.array([[Fraction(3)]])
    assert (2 - A).evaluate({"A": value}, {}).tolist() == [[-1]]
    assert (A - 2).evaluate({"A": value}, {}).tolist() == [[1]]
    assert (2 - A).terms == (-(A - 2)).terms


def test_the_empty_sum_is_the_zero_matrix():
    assert WordSum({}).evaluate({"A": np.array([[1, 2], [3, 4]])}, {}).tolist() == [[0, 0], [0, 0]]


def test_partitions_are_descending_each_once_and_those_of_fewest_parts_first():
    five = [(5,), (4, 1), (3, 2), (3, 1, 1), (2, 2, 1), (2, 1, 1, 1), (1, 1, 1, 1, 1)]
    assert _ordered_partitions(5, 5) == five
    assert _ordered_partitions(5, 2) == five[:3]
    assert _ordered_partitions(0, 3) == [()]
