"""Mixtures of tasks: hand values, one task, rotations, fields, limits and refusals."""

import time
from fractions import Fraction

import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.mixture import mixture_moments, optimal_map, optimal_map_limit
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture
from theorycalc.spectra import isotropic

FIRST, SECOND = [["2", "1/3"], ["1/3", "1/2"]], [["1", "-1/2"], ["-1/2", "3"]]
WEIGHTS = ["1/3", "2/3"]


def fractions(rows):
    return np.vectorize(Fraction, otypes=[object])(np.array(rows))


def mixed(sampling, *, tasks=(FIRST, SECOND), weights=WEIGHTS, n=5):
    return Setup(TaskMixture(list(tasks), weights, sampling), n=n)


@pytest.mark.parametrize(("sampling", "square"), [("pooled", 6), ("per_prompt", Fraction(15, 2)), ("per_example", 5)])
def test_hand_values(sampling, square):
    """λ = 1 or 3 with probability ½, n = 4: (1 + 2/n) · 4, (1 + 2/n) · 5, and ¾ · 4 + ¼ · 3 · 5 = 27/4."""
    square = Fraction(27, 4) if sampling == "per_example" else square
    setup = mixed(sampling, tasks=([1], [3]), weights=["1/2", "1/2"], n=4)
    first, second = mixture_moments(setup, field=EXACT)
    assert (first[0, 0], second[0, 0]) == (2, square)
    assert optimal_map(setup, field=EXACT)[0, 0] == 2 / Fraction(square)


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("task", [FIRST, [2, "1/3"]])
def test_one_task_is_gamma(sampling, task):
    plain, setup = Setup(task, n=5), mixed(sampling, tasks=[task, task])
    result = gamma_matrix(plain, field=EXACT)
    first, second = mixture_moments(setup, field=EXACT)
    assert (second == first @ result.Gamma).all()
    assert (optimal_map(setup, field=EXACT) == result.Gamma_inv).all()
    assert (optimal_map(plain, field=EXACT) == result.Gamma_inv).all()
    assert (optimal_map_limit(setup, field=EXACT) @ first == np.eye(2, dtype=int)).all()


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
def test_definition_and_order_of_factors(sampling):
    setup = mixed(sampling)
    first, second = mixture_moments(setup, field=EXACT)
    A = optimal_map(setup, field=EXACT)
    assert (A @ second == first).all()
    assert (second == second.T).all()
    assert (A == A.T).all() == (sampling == "pooled")


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
def test_rotation_and_spectra(sampling):
    U = fractions([["3/5", "-4/5"], ["4/5", "3/5"]])
    spectra = mixed(sampling, tasks=([1, 2], [3, "1/2"]))
    dense = [U @ np.diag(fractions(task)) @ U.T for task in ([1, 2], [3, "1/2"])]
    for question in (optimal_map, optimal_map_limit):
        rotated = question(mixed(sampling, tasks=dense), field=EXACT)
        assert (rotated == U @ question(spectra, field=EXACT) @ U.T).all()
    for plain, rotated in zip(
        mixture_moments(spectra, field=EXACT),
        mixture_moments(mixed(sampling, tasks=dense), field=EXACT),
        strict=True,
    ):
        assert (rotated == U @ plain @ U.T).all()


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("tasks", [(FIRST, SECOND), ([1, 2], [3, "1/2"]), ([1, 2], SECOND)])
def test_fields_agree(sampling, tasks):
    setup = mixed(sampling, tasks=tasks)
    for question in (optimal_map, optimal_map_limit, lambda setup, field: mixture_moments(setup, field=field)[1]):
        truth = question(setup, field=EXACT)
        digits, balls = question(setup, field=MP(40)), question(setup, field=BALL(160))
        for value, digit, ball in zip(truth.flat, digits.flat, balls.flat, strict=True):
            assert value in ball
            assert ball.rad < Fraction(1, 10**30)
            assert float(digit) == pytest.approx(float(value), rel=FEW_OPERATIONS, abs=FEW_OPERATIONS)
    assert np.allclose(optimal_map(setup), optimal_map(setup, field=EXACT).astype(float), rtol=0, atol=1e-12)
    assert np.allclose(
        optimal_map_limit(setup), optimal_map_limit(setup, field=EXACT).astype(float), rtol=0, atol=1e-12
    )
    assert np.allclose(mixture_moments(setup)[1], mixture_moments(setup, field=EXACT)[1].astype(float), rtol=1e-13)


def test_limits_are_reached_at_rate_one_over_n():
    for sampling in SAMPLING_MODELS:
        limit = EXACT.inverse(EXACT.array(optimal_map_limit(mixed(sampling), field=EXACT)))
        gaps = [EXACT.inverse(EXACT.array(optimal_map(mixed(sampling, n=n), field=EXACT))) - limit for n in (10, 20)]
        assert (gaps[0] == 2 * gaps[1]).all()


def test_weights_of_zero_do_not_count():
    alone = optimal_map_limit(mixed("per_prompt", weights=[0, 1]), field=EXACT)
    assert (alone == optimal_map_limit(Setup(SECOND, n=1), field=EXACT)).all()


def test_refusals():
    with pytest.raises(InvalidSetup, match="5,000 rows"):
        optimal_map(Setup(isotropic(5_001), n=3))
    with pytest.raises(InvalidSetup, match="not a number field"):
        mixture_moments(mixed("pooled"), field="float")  # type: ignore[arg-type]
    with pytest.raises(InvalidSetup, match="not a Setup"):
        optimal_map_limit([1, 2])  # type: ignore[arg-type]
    for sampling in SAMPLING_MODELS:
        with pytest.raises(NotConverged, match="float64 range"):
            mixture_moments(mixed(sampling, tasks=([1e200, 1], [1, 1e200]), weights=[0.5, 0.5]))
    with pytest.raises(NotConverged, match="float64 range"):
        optimal_map_limit(mixed("per_prompt", tasks=([1e200, 1], [1, 1e200]), weights=[0.5, 0.5]))
    assert optimal_map_limit(mixed("pooled", tasks=([1e200, 1], [1e200, 1]), weights=[0.5, 0.5]))[0, 0] == 1e-200


def test_long_exact_sums_are_refused_at_once():
    B = np.random.default_rng(0).standard_normal((400, 400))
    setup = mixed("per_prompt", tasks=(B @ B.T / 400 + np.eye(400), np.eye(400)), weights=[0.5, 0.5])
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match=r"EXACT: the squares of 3 matrices of 400 rows.*BALL"):
        optimal_map(setup, field=EXACT)
    assert time.perf_counter() - begin < 20
