"""The learned blocks of the attention layer."""

from fractions import Fraction

import numpy as np
import pytest

from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import EXACT
from theorycalc.gamma.attention import attention_weights
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.model import Setup
from theorycalc.spectra import isotropic

LAMBDA = [["2", "1/3"], ["1/3", "1/2"]]


@pytest.mark.parametrize("c", [1, "-3/2"])
def test_blocks(c):
    setup = Setup(LAMBDA, n=5)
    weights = attention_weights(setup, c=c, field=EXACT)
    scale = Fraction(c)
    V, W = (np.full((6, 6), Fraction(0), dtype=object) for _ in range(2))
    V[3:5, 0:2] = -gamma_matrix(setup, field=EXACT).Gamma_inv / scale
    W[0, 3] = W[1, 4] = scale
    W[2, 5] = -scale
    assert (weights.V == V).all()
    assert (weights.W == W).all()
    assert (V[3:5, 0:2] == weights.V_31).all()
    assert weights.setup is setup
    assert weights.c == scale


def test_float_is_the_rounded_exact():
    exact = attention_weights(Setup(LAMBDA, n=5), field=EXACT)
    rounded = attention_weights(Setup(LAMBDA, n=5))
    assert rounded.V.dtype == np.float64
    assert np.allclose(rounded.V, exact.V.astype(float), rtol=1e-14, atol=0)
    assert (exact.W.astype(float) == rounded.W).all()


def test_refusals():
    setup = Setup([1, 2], n=3)
    for c, problem in ((0, "zero"), (float("inf"), "not finite"), ("x", "not a number")):
        with pytest.raises(InvalidSetup, match=problem):
            attention_weights(setup, c=c)
    with pytest.raises(InvalidSetup, match="rows"):
        attention_weights(Setup(isotropic(3_000), n=3))
