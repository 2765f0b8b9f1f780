"""The closed form equals the recursion: exactly in EXACT, within what is stated elsewhere."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.cot.closed_form import cot_closed_form
from theorycalc.cot.recursion import iterate_cot
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.model import Setup
from theorycalc.spectra import isotropic

rationals = st.fractions(min_value=-4, max_value=4, max_denominator=9)
LAMBDA = [["2", "1/3", "0"], ["1/3", "1/2", "1/7"], ["0", "1/7", "1"]]


@st.composite
def problems(draw):
    m = draw(st.integers(min_value=1, max_value=5))
    features = np.array(draw(st.lists(rationals, min_size=3 * m, max_size=3 * m)), dtype=object).reshape(3, m)
    w_star = np.array(draw(st.lists(rationals, min_size=3, max_size=3)), dtype=object)
    start = draw(st.one_of(st.none(), st.lists(rationals, min_size=3, max_size=3)))
    Lambda = draw(st.sampled_from([LAMBDA, [1, "1/2", "1/3"]]))
    return features, w_star, Setup(Lambda, n=draw(st.integers(min_value=1, max_value=30)), w_0=start)


def stated_error(result):
    found = re.search(r"at most (\S+)", result.uncertainty)
    assert found is not None
    return Fraction(found[1])


@settings(max_examples=40)
@given(problems(), st.integers(min_value=0, max_value=13), st.lists(rationals, min_size=5, max_size=5))
def test_equals_the_recursion(problem, k, noise):
    features, w_star, setup = problem
    labels = features.T @ w_star
    path = iterate_cot(features, labels, setup, k, field=EXACT).w
    by_labels = cot_closed_form(features, labels, setup, k, field=EXACT)
    by_weights = cot_closed_form(features, None, setup, k, w_star=w_star, field=EXACT)
    assert (by_labels.w == path[k]).all()
    assert (by_weights.w == path[k]).all()
    assert by_labels.k == k
    noisy = labels + np.array(noise[: len(labels)], dtype=object)
    path = iterate_cot(features, noisy, setup, k, field=EXACT).w
    assert (cot_closed_form(features, noisy, setup, k, field=EXACT).w == path[k]).all()


@settings(max_examples=40)
@given(problems(), st.integers(min_value=0, max_value=13))
def test_fields_agree_within_what_they_state(problem, k):
    features, w_star, setup = problem
    truth = cot_closed_form(features, None, setup, k, w_star=w_star, field=EXACT).w
    for arguments in ({"y": features.T @ w_star}, {"y": None, "w_star": w_star}):
        rounded = cot_closed_form(features, setup=setup, steps=k, **arguments)
        gap = max(abs(as_fraction(a) - b) for a, b in zip(rounded.w, truth, strict=True))
        assert gap <= stated_error(rounded)
        digits = cot_closed_form(features, setup=setup, steps=k, field=MP(40), **arguments)
        gap = max(abs(as_fraction(a) - b) for a, b in zip(digits.w, truth, strict=True))
        assert gap <= stated_error(digits) <= stated_error(rounded) / 10**20
        balls = cot_closed_form(features, setup=setup, steps=k, field=BALL(300), **arguments)
        assert all(
            value in ball and ball.rad <= stated_error(rounded) / 10**20
            for ball, value in zip(balls.w, truth, strict=True)
        )


@pytest.mark.parametrize(("d", "m"), [(30, 90), (30, 12)])
@pytest.mark.parametrize("matrix", [False, True])
def test_float_forms_agree_on_a_real_prompt(d, m, matrix):
    rng = np.random.default_rng(11)
    features, w_star = rng.standard_normal((d, m)), rng.standard_normal(d)
    Lambda = np.eye(d) + 0.5 if matrix else isotropic(d)
    setup = Setup(Lambda, n=60, m=m, w_0=rng.standard_normal(d))
    labels = features.T @ w_star
    path = iterate_cot(features, labels, setup, 200)
    for result in (
        cot_closed_form(features, labels, setup, 200),
        cot_closed_form(features, None, setup, 200, w_star=w_star),
    ):
        gap = np.abs(result.w - path.w[200]).max()
        assert gap <= stated_error(result) + stated_error(path)
        assert stated_error(result) < max(1e-10, 1e6 * gap)


def test_a_million_steps_reach_least_squares():
    """m > d without noise: w_k → w*; the null space of S (m < d) keeps the start."""
    rng = np.random.default_rng(3)
    setup = Setup(isotropic(4), n=20)
    features, w_star = rng.standard_normal((4, 40)), rng.standard_normal(4)
    late = cot_closed_form(features, features.T @ w_star, setup, 10**6)
    assert np.allclose(late.w, w_star, rtol=0, atol=1e-12)
    orthogonal = Setup([1, 1], n=20, w_0=[0, 7])
    kept = cot_closed_form([[1.0], [0.0]], [2.0], orthogonal, 10**6)
    assert np.allclose(kept.w, [2, 7], rtol=0, atol=1e-12)


def test_one_dimension_divergent():
    """Λ = 1, n = 2: Γ = 2; x = 3: S = 9, R = −7/2: w_k = w* (1 − (−7/2)^k)."""
    setup = Setup([1], n=2)
    assert cot_closed_form([[3]], [3], setup, 3, field=EXACT).w.tolist() == [1 + Fraction(7, 2) ** 3]
    assert cot_closed_form([[3]], [3], setup, 3).w[0] == pytest.approx(1 + 3.5**3, rel=1e-14)
    with pytest.raises(NotConverged, match="step 1000"):
        cot_closed_form([[3]], [3], setup, 1000)
    wide = cot_closed_form([[3, 1], [1, 5]], [3, 1], Setup([["1", "1/3"], ["1/3", "1"]], n=2), 1000, field=BALL(24))
    assert "2^" in wide.uncertainty
    with pytest.raises(NotConverged, match=r"step 1000000: .*more bits"):
        cot_closed_form([[10**9]], [3], setup, 10**6, field=BALL(24))


def test_refusals():
    setup = Setup([1, 2], n=3)
    features = [[1, 2], [3, 4]]
    with pytest.raises(InvalidSetup, match="exactly one"):
        cot_closed_form(features, [1, 2], setup, 1, w_star=[1, 2])
    with pytest.raises(InvalidSetup, match="exactly one"):
        cot_closed_form(features, None, setup, 1)
    with pytest.raises(InvalidSetup, match="w_star"):
        cot_closed_form(features, None, setup, 1, w_star=[1, 2, 3])
    with pytest.raises(InvalidSetup, match="rows over EXACT"):
        cot_closed_form(np.ones((3000, 1)), [1.0], Setup(isotropic(3000), n=3), 1, field=EXACT)
