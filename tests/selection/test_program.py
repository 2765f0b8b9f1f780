"""The selection program: hand values, the definition, fields, near-optimal digits, ties and refusals."""

import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP
from theorycalc.selection.program import selection_program

SIGMA = [["2", "1/3"], ["1/3", "1/2"]]
TASKS = [[["1", "-1/2"], ["-1/2", "3"]], [2, "1/5"], [["3", "1"], ["1", "1/2"]]]
WEIGHTS = ["1/2", "1/3", "1/6"]

rationals = st.fractions(min_value=-3, max_value=3, max_denominator=5)


def dense(rows):
    matrix = np.vectorize(Fraction, otypes=[object])(np.array(rows, dtype=object))
    return np.diag(matrix) if matrix.ndim == 1 else matrix


def exact(*arguments):
    return selection_program(*arguments, field=EXACT)


def test_hand_values():
    """Σ = 2, tasks 1 and 4, d = 1: f = (1 − π₁/2 − 2π₂)², zero at π = (2/3, 1/3)."""
    program = exact([2], [[1], [4]])
    assert program.d == 1
    assert program.b.tolist() == [Fraction(1, 2), 2]
    assert program.H.tolist() == [[Fraction(1, 4), 1], [1, 4]]
    assert program.value([1, 0]) == Fraction(1, 4)
    assert program.gradient([1, 0]).tolist() == [Fraction(-1, 2), -2]
    assert program.duality_gap([1, 0]) == Fraction(3, 2)
    assert program.value(["2/3", "1/3"]) == program.duality_gap(["2/3", "1/3"]) == 0


@settings(max_examples=40)
@given(st.lists(rationals, min_size=3, max_size=3))
def test_form_value_and_gradient_agree(weights):
    program, pi = exact(SIGMA, TASKS), np.array(weights, dtype=object)
    H, b = program.H, program.b
    assert program.value(weights) == 2 - 2 * b @ pi + pi @ H @ pi
    assert program.gradient(weights).tolist() == (2 * (H @ pi - b)).tolist()
    assert (H == H.T).all()
    assert pi @ H @ pi >= 0


def test_spectra_equal_their_matrices():
    spectra, matrices = [[1, 2], [3, "1/2"]], [np.diag(dense(task).diagonal()) for task in ([1, 2], [3, "1/2"])]
    U = dense([["3/5", "-4/5"], ["4/5", "3/5"]])
    plain = exact([2, "1/3"], spectra)
    rotated = exact(U @ dense([2, "1/3"]) @ U.T, [U @ matrix @ U.T for matrix in matrices])
    mixed = exact([2, "1/3"], [[1, 2], [["3", "1/7"], ["1/7", "1/2"]]])
    assert plain.H.tolist() == rotated.H.tolist()
    assert plain.b.tolist() == rotated.b.tolist()
    assert mixed.b.tolist() == plain.b.tolist()
    assert mixed.H[0].tolist() == plain.H[0].tolist()
    assert mixed.H[1, 1] > plain.H[1, 1]


@pytest.mark.parametrize(
    ("Sigma", "tasks"), [(SIGMA, TASKS), ([2, "1/3"], TASKS), ([2, "1/3"], [[1, 2], [3, 1], [1, 1]])]
)
def test_fields_agree(Sigma, tasks):
    truth = exact(Sigma, tasks)
    wanted = [truth.value(WEIGHTS), *truth.gradient(WEIGHTS), truth.duality_gap(WEIGHTS), *truth.H.flat, *truth.b]
    for field in (MP(40), BALL(160)):
        program = selection_program(Sigma, tasks, field=field)
        found = [program.value(WEIGHTS), *program.gradient(WEIGHTS), program.duality_gap(WEIGHTS)]
        for value, number in zip(wanted, [*found, *program.H.flat, *program.b], strict=True):
            assert float(number) == pytest.approx(float(value), rel=FEW_OPERATIONS)
            assert field.name == "MP(40)" or (value in number and number.rad < Fraction(1, 10**35))
    program = selection_program(Sigma, tasks)
    found = [program.value(WEIGHTS), *program.gradient(WEIGHTS), program.duality_gap(WEIGHTS)]
    assert found == pytest.approx([float(x) for x in wanted[: len(found)]], rel=1e-11)
    assert np.allclose(program.H, truth.H.astype(float), rtol=1e-11, atol=1e-12)


def test_digits_survive_at_the_optimum():
    """d − 2 bᵀπ + πᵀHπ would leave rounding of size 1e-13 here."""
    program = selection_program([1.0] * 100, [[1 + 1e-9] * 100, [1 - 1e-9] * 100])
    assert program.value([1, 0]) == pytest.approx(1e-16, rel=1e-6)
    assert program.value([0.5, 0.5]) < 1e-28
    assert program.duality_gap([1, 0]) == pytest.approx(4e-16, rel=1e-6)


def test_the_gap_bounds_the_loss_and_tells_an_optimum():
    program = exact([1, 1], [[2, 1], [1, 2], [3, 3]])
    assert program.duality_gap(["1/2", "1/2", 0]) == 0
    for weights in ([1, 0, 0], [0, 0, 1], ["1/3", "1/3", "1/3"]):
        assert 0 < program.value(weights) - Fraction(1, 2) <= program.duality_gap(weights)


def test_equal_tasks_leave_the_form_singular_and_every_share_optimal():
    program = exact(SIGMA, [TASKS[0], TASKS[0]])
    assert program.H[0, 0] * program.H[1, 1] == program.H[0, 1] ** 2
    assert {program.duality_gap([share, 1 - share]) for share in (Fraction(0), Fraction(1, 3), Fraction(1))} == {0}


def test_hard_mass_bound():
    """Σ = diag(1, 10), tasks I and Σ, π = (½, ½): residual diag(0, 9/20), so the bound at τ = 2 is (1 + 9/20)/2."""
    arguments = [1, 10], [[1, 1], [1, 10]]
    weights = ["1/2", "1/2"]
    assert selection_program(*arguments).hard_mass_bound(weights, 2) == pytest.approx(29 / 40, rel=FEW_OPERATIONS)
    assert float(selection_program(*arguments, field=MP(30)).hard_mass_bound(weights, 2)) == pytest.approx(29 / 40)
    ball = selection_program(*arguments, field=BALL(100)).hard_mass_bound(weights, 2)
    assert Fraction(29, 40) in ball
    assert ball.rad < Fraction(1, 10**25)
    matched = selection_program([1, 10], [[1, 10]], field=BALL(100)).hard_mass_bound([1], 2)
    assert Fraction(1, 2) in matched  # e = 0: the square root of a ball around 0
    U = dense([["3/5", "-4/5"], ["4/5", "3/5"]])
    rotated = selection_program(U @ dense([1, 10]) @ U.T, [dense([1, 1]), U @ dense([1, 10]) @ U.T])
    assert rotated.hard_mass_bound(weights, 2) == pytest.approx(29 / 40, rel=FEW_OPERATIONS)
    with pytest.raises(OutsideRegime, match="square root"):
        exact(*arguments).hard_mass_bound(weights, 2)
    with pytest.raises(OutsideRegime, match="not rational"):
        selection_program(SIGMA, TASKS, field=BALL(80)).hard_mass_bound(WEIGHTS, 1)
    with pytest.raises(InvalidSetup, match="threshold = 0: not positive"):
        selection_program(*arguments).hard_mass_bound(weights, 0)


def test_the_program_owns_its_numbers():
    program = exact([2], [[1], [4]])
    for values in (program.H, program.b):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0
    with pytest.raises(AttributeError):
        program.H = None
    assert "ratios" not in repr(program)


def test_float_weights_need_a_sum_of_one_to_rounding_only():
    program = selection_program([1, 2], [[1, 1]] * 10)
    assert math.isclose(program.duality_gap([0.1] * 10), 0, abs_tol=1e-14)
    with pytest.raises(InvalidSetup, match="sum 1"):
        program.duality_gap([0.1] * 9 + [0.2])


def test_refusals():
    with pytest.raises(InvalidSetup, match="no task"):
        selection_program([1], [])
    with pytest.raises(InvalidSetup, match="not a sequence"):
        selection_program([1], 3)
    with pytest.raises(InvalidSetup, match=r"covariances\[1\]"):
        selection_program([1, 1], [[1, 1], [1, -1]])
    with pytest.raises(InvalidSetup, match=r"covariances = \[1, 2\]: Sigma has d = 2; use one dimension"):
        selection_program([1, 1], [[1], [1, 1]])
    program = selection_program([1, 1], [[1, 1], [2, 2]])
    with pytest.raises(InvalidSetup, match=r"weights = \(1,\): not a vector for 2 tasks"):
        program.value([1])
    for weights in ([2, -1], ["1/2", "1/3"]):
        with pytest.raises(InvalidSetup, match="negative, or not of sum 1"):
            program.duality_gap(weights)
        with pytest.raises(InvalidSetup, match="negative, or not of sum 1"):
            program.hard_mass_bound(weights, 1)
    with pytest.raises(NotConverged, match="float64 range"):
        selection_program([1e-200], [[1e200]])
    with pytest.raises(NotConverged, match="float64 range"):
        program.value([1e200, 1e200])
    with pytest.raises(InvalidSetup, match="not a number field"):
        selection_program([1], [[1]], field="F64")  # type: ignore[arg-type]
    B = np.random.default_rng(0).standard_normal((600, 600))
    with pytest.raises(OutsideRegime, match="600 × 600 matrix Σ"):
        exact(B @ B.T / 600 + np.eye(600), [np.eye(600)])


def test_each_weight_may_be_exact_or_a_float():
    program = selection_program([1, 2], [[1, 1], [2, 2]])
    for weights in (["1/3", 2 / 3], [Fraction(1, 10), 0.9], np.array([0.5, 0.5]), (1, 0.0)):
        assert program.duality_gap(weights) >= 0
        assert program.hard_mass_bound(weights, 1) > 0
    with pytest.raises(InvalidSetup, match="sum 1"):
        program.duality_gap(["1/3", Fraction(2, 3) + Fraction(1, 10**13)])
    with pytest.raises(InvalidSetup, match="sum 1"):
        program.duality_gap(["1/3", 0.6667])


def test_a_threshold_that_rounds_to_zero_is_refused():
    program = selection_program([1, 10], [[1, 1], [4, 40]])
    with pytest.raises(NotConverged, match="float64 range"):
        program.hard_mass_bound([0.5, 0.5], "1e-400")


def test_nearly_singular_targets_are_refused():
    U, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    for kappa, fits in ((1e8, True), (1e12, False), (1e15, False)):
        Sigma = U @ np.diag([1, 0.5, 1 / kappa]) @ U.T
        Sigma = (Sigma + Sigma.T) / 2
        if fits:
            program = selection_program(Sigma, [Sigma, 2 * Sigma])
            assert program.value([0.5, 0.5]) == pytest.approx(0.75, rel=1e-6)
            assert program.hard_mass_bound([1, 0], 1 / kappa) == pytest.approx(1, rel=1e-6)
        else:
            with pytest.raises(NotConverged, match=r"Sigma: too nearly singular for F64: use .*EXACT"):
                selection_program(Sigma, [Sigma, 2 * Sigma])
    near = [["1", "1"], ["1", str(1 + Fraction("1e-30"))]]
    for field in (MP(15), MP(30)):
        with pytest.raises(NotConverged, match=r"Sigma: too nearly singular for MP"):
            selection_program(near, [near], field=field)
    assert float(selection_program(near, [near], field=MP(60)).value([1])) < 1e-15


def test_long_exact_programs_are_refused_at_once():
    tasks = [[Fraction(1 + (3 * i + j) % 7, 5) for j in range(50)] for i in range(2_000)]
    begin = time.perf_counter()
    with pytest.raises(OutsideRegime, match=r"field = EXACT: the form of 2000 tasks of 50 numbers: .*limit"):
        exact([1] * 50, tasks).H  # noqa: B018
    assert time.perf_counter() - begin < 20
