"""The minimum that knows one skill: by hand, against the curvature of the loss, and its refusals."""

import numpy as np
import pytest

from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.dense import one_skill_point
from theorycalc.model import Setup, TaskMixture
from theorycalc.montecarlo import AttentionWeights
from theorycalc.montecarlo.layer_gradient import population_gradient, training_moments


def test_by_hand():
    """Λ = diag(2, 1), n = 1: γ = 7 and 5, tr ΛΓ = 19, q = 38 + 2, margin 2 · 40 − 49."""
    point = one_skill_point(Setup([1, 2], n=1), field=EXACT)
    assert (point.eigenvalue, point.margin, point.is_minimum) == (2, 31, True)
    assert point.excess * 10 == 1
    for field in (BALL(100), MP(30)):
        assert one_skill_point(Setup([1, 2], n=1), field=field).is_minimum
    assert one_skill_point(Setup([1, 2], n=1)).margin == 31


def curvature(setup, balance, u):
    """The least eigenvalue of the Hessian at V₃₂ = s e/γ, W₁₄ = e/s, W₄₄ = u, in what is read of the layer."""
    d, gammas = setup.d, np.diagonal(gamma_matrix(setup).Gamma)
    size = 2 * d + 2
    V, W = np.zeros((2, size, size))
    V[d + 1, d], W[0, -1], W[-1, -1] = balance / gammas[0], 1 / balance, u
    rows = [(0, i, j) for i in range(d + 1, 2 * d + 1) for j in (*range(d + 1), size - 1)]
    places = rows + [(1, i, size - 1) for i in (*range(d + 1), size - 1)]
    moments, h = training_moments(np.asarray(setup.Lambda), setup.n), 1e-5

    def slopes(move):
        blocks = [V.copy(), W.copy()]
        for (which, i, j), x in zip(places, move, strict=True):
            blocks[which][i, j] += x
        found = population_gradient(moments, AttentionWeights(V=blocks[0], W=blocks[1]))
        return np.array([(found.V, found.W)[which][i, j] for which, i, j in places]), found.loss

    here, loss = slopes(np.zeros(len(places)))
    H = np.array([(slopes(h * e)[0] - slopes(-h * e)[0]) / (2 * h) for e in np.eye(len(places))])
    return float(np.linalg.eigvalsh((H + H.T) / 2)[0]), float(np.max(np.abs(here))), loss


@pytest.mark.parametrize(
    ("lam", "n"),
    [([1, 0.5], 10), ([1, 0.17], 10), ([1, 0.18], 10), ([1, 0.1, 0.1], 5), ([1, 0.5, 0.25], 3), ([2, 1], 1)],
)
def test_its_sign_is_that_of_the_curvature(lam, n):
    setup = Setup(lam, n=n)
    point = one_skill_point(setup)
    for balance in (0.7, 1.5):
        least, slope, loss = curvature(setup, balance, 0.5)
        assert slope < 1e-12
        minimal = 0.5 * (setup.d - np.sum(np.diagonal(gamma_matrix(setup).Gamma_inv) * np.array(lam)))
        assert loss - minimal == pytest.approx(point.excess, rel=1e-9)
        assert (least > -1e-8) == point.is_minimum


def test_long_prompts_make_it_a_saddle():
    found = [one_skill_point(Setup([1, "1/20"], n=n), field=EXACT).is_minimum for n in (1, 10, 30, 100, 10**6)]
    assert found == sorted(found, reverse=True)
    assert found[0]
    assert not found[-1]


def test_refusals():
    with pytest.raises(OutsideRegime, match=r"d = 1: .*global minimum"):
        one_skill_point(Setup([1], n=3))
    with pytest.raises(OutsideRegime, match="not simple"):
        one_skill_point(Setup([1, 1], n=3))
    with pytest.raises(OutsideRegime, match="pass its spectrum"):
        one_skill_point(Setup([[2, 1], [1, 2]], n=3))
    with pytest.raises(OutsideRegime, match="per_prompt"):
        one_skill_point(Setup(TaskMixture([[1, 2]], [1], "per_prompt"), n=3))
    with pytest.raises(NotConverged, match="float64 range"):
        one_skill_point(Setup([1e200, 1e190], n=3))
