"""Public strategies draw what they promise, exactly."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check import strategies
from theorycalc.model import SAMPLING_MODELS

FEW = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def matrix(rows):
    return np.array(rows, dtype=object)


def leading_minors(rows):
    """Exact determinants of the leading blocks, by elimination."""
    work, minors, product = matrix(rows).copy(), [], Fraction(1)
    for i in range(len(work)):
        product *= work[i, i]
        minors.append(product)
        for j in range(i + 1, len(work)):
            work[j] = work[j] - work[i] * (work[j, i] / work[i, i])
    return minors


@FEW
@given(st.integers(1, 4).flatmap(strategies.rotations))
def test_rotations_are_orthogonal(rows):
    U = matrix(rows)
    assert (np.eye(len(U), dtype=int) == U @ U.T).all()


@FEW
@given(strategies.with_spectrum([3, "1/2", 2]))
def test_chosen_spectra(rows):
    A, one = matrix(rows), np.eye(3, dtype=int)
    assert (A == A.T).all()
    assert not ((A - 3 * one) @ (A - Fraction(1, 2) * one) @ (A - 2 * one)).any()
    assert np.trace(A) == Fraction(11, 2)


@FEW
@given(strategies.commuting_pairs(3))
def test_commuting_pairs(pair):
    A, B = map(matrix, pair)
    assert (A @ B == B @ A).all()
    assert min(leading_minors(A) + leading_minors(B)) > 0


@FEW
@given(strategies.non_commuting_pairs(2))
def test_non_commuting_pairs(pair):
    A, B = map(matrix, pair)
    assert (A @ B != B @ A).any()
    assert min(leading_minors(A) + leading_minors(B)) > 0


def test_one_row_always_commutes():
    with pytest.raises(ValueError, match="d = 1: matrices of one row commute"):
        strategies.non_commuting_pairs(1)


@FEW
@given(strategies.mixtures())
def test_mixtures(mixture):
    assert sum(mixture.weights) == 1
    assert mixture.sampling in SAMPLING_MODELS
    assert len({task.d for task in mixture.covariances}) == 1
