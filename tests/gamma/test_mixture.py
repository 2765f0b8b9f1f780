"""Mixtures of tasks: hand values, one task, rotations, fields, limits and refusals."""

import time
from fractions import Fraction

import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
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
    assert optimal_map_limit(mixed("pooled", tasks=([1e200, 1], [1e200, 1]), weights=[0.5, 0.5]))[0, 0] == 1e-200


def test_long_exact_sums_are_refused_at_once():
    B = np.random.default_rng(0).standard_normal((400, 400))
    setup = mixed("per_prompt", tasks=(B @ B.T / 400 + np.eye(400), np.eye(400)), weights=[0.5, 0.5])
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match=r"EXACT: the squares of 3 matrices of 400 rows.*BALL"):
        optimal_map(setup, field=EXACT)
    assert time.perf_counter() - begin < 20


def nearly_singular(kappa):
    """Two multiples of a rotated diag(1, 3/10, 1/κ): E[S²] of long prompts has condition number κ²."""
    U, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    task = U @ np.diag([1, 0.3, 1 / kappa]) @ U.T
    task = (task + task.T) / 2
    return task, 2 * task


def distance(values, exact):
    """The largest error of an entry, beside the largest entry."""
    wanted = exact.astype(float)
    return np.abs(np.vectorize(float)(values) - wanted).max() / np.abs(wanted).max()


@pytest.mark.parametrize("sampling", ["per_prompt", "per_example"])
@pytest.mark.parametrize("kappa", [1e6, 1e8])
@pytest.mark.parametrize("n", [1, 10, 10**9])
def test_the_condition_number_is_not_squared(sampling, kappa, n):
    setup = mixed(sampling, tasks=nearly_singular(kappa), weights=[0.25, 0.75], n=n)
    for question in (optimal_map, optimal_map_limit):
        assert distance(question(setup), question(setup, field=EXACT)) < 1e-7


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
def test_nearly_singular_tasks_are_refused(sampling):
    setup = mixed(sampling, tasks=nearly_singular(1e13), weights=[0.5, 0.5], n=10**14)
    for question in (optimal_map, optimal_map_limit):
        with pytest.raises(
            NotConverged, match=r"too nearly singular for F64: use field=MP\(dps\), BALL\(bits\) or EXACT"
        ):
            question(setup)
    pair = ["1", "1"], ["1", "1.00000000000000000000000000001"]  # floats cannot tell it from a singular one
    for tasks in ((pair, pair), (pair, [["2", "2"], ["2", "2.00000000000000000000000000003"]])):
        with pytest.raises(NotConverged, match="too nearly singular"):
            optimal_map_limit(mixed(sampling, tasks=tasks))


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("gap", ["1e-14", "1e-29"])
def test_multiprecision_keeps_its_digits(sampling, gap):
    near = ["1", "1"], ["1", str(1 + Fraction(gap))]
    setup = mixed(sampling, tasks=(near, [["2", "2"], ["2", str(2 + 3 * Fraction(gap))]]), n=10**15)
    for question in (optimal_map, optimal_map_limit):
        truth = question(setup, field=EXACT)
        for value, digits in zip(truth.flat, question(setup, field=MP(15)).flat, strict=True):
            assert abs(as_fraction(digits) - value) <= Fraction(1, 10**14) * max(abs(x) for x in truth.flat)


def test_multiprecision_gives_up_in_one_line():
    near = [["1", "1"], ["1", str(1 + Fraction("1e-2000"))]]
    with pytest.raises(NotConverged, match=r"too nearly singular for MP\(5\): use .* EXACT"):
        optimal_map_limit(mixed("per_prompt", tasks=(near, near)), field=MP(5))


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize("scale", [1e-160, 1e-170, 1e-300, 1e170])
def test_scale_costs_no_digits(sampling, scale):
    matrix = np.array([[2, 1], [1, 2]]) * scale
    for tasks in (([scale, 3 * scale], [2 * scale, scale]), (matrix, 2 * matrix + np.diag([scale, 0]))):
        setup = mixed(sampling, tasks=tasks, weights=[0.25, 0.75])
        for question in (optimal_map, optimal_map_limit):
            values, truth = question(setup), question(setup, field=EXACT)
            assert (abs(values - truth.astype(float)) <= FEW_OPERATIONS * np.abs(truth.astype(float)).max()).all()


def test_spectra_may_span_the_range_of_floats():
    """Direction by direction: A* = 1 and 1e170 of equal tasks diag(1, 1e-170)."""
    setup = mixed("per_prompt", tasks=([1, 1e-170], [1, 1e-170]), weights=[0.5, 0.5])
    assert optimal_map_limit(setup).diagonal() == pytest.approx([1, 1e170], rel=FEW_OPERATIONS)
    far = mixed("per_prompt", tasks=([1e200, 1], [1, 1e200]), weights=[0.5, 0.5])
    assert optimal_map_limit(far).diagonal() == pytest.approx([1e-200, 1e-200], rel=FEW_OPERATIONS)


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
def test_what_underflows_is_refused(sampling):
    for tasks in (([1e-170], [2e-170]), (1e-170 * np.array([[2, 1], [1, 2]]), 1e-170 * np.array([[3, 1], [1, 2]]))):
        with pytest.raises(NotConverged, match="float64 range"):
            mixture_moments(mixed(sampling, tasks=tasks, weights=[0.5, 0.5]))
    with pytest.raises(NotConverged, match="float64 range"):
        optimal_map_limit(mixed(sampling, tasks=([1e-310], [2e-310]), weights=[0.5, 0.5]))
