"""The float64 optimum: against EXACT and against other solvers, on ties, duplicates, many tasks and odd scales."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FEW_OPERATIONS, POLISHED_GAP
from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT
from theorycalc.selection.nearest_point import measured, nearest_point
from theorycalc.selection.solve import solve_selection


def lognormal(rng, *shape):
    return np.exp(rng.standard_normal(shape))


def matrices(rng, count, d):
    B = rng.standard_normal((count, d, 2 * d))
    return B @ B.transpose(0, 2, 1) / (2 * d)


small = st.integers(1, 4)


@st.composite
def tied(draw):
    """Programs with few different numbers: duplicates, dependent tasks, targets that mixtures reach."""
    d, T = draw(st.integers(1, 5)), draw(st.integers(1, 10))
    tasks = [[Fraction(draw(small), draw(st.sampled_from([1, 2]))) for _ in range(d)] for _ in range(T)]
    if draw(st.booleans()):
        share = [draw(st.integers(0, 2)) for _ in range(T)]
        share = share if any(share) else [1] * T
        return [sum(Fraction(s, sum(share)) * t[i] for s, t in zip(share, tasks, strict=True)) for i in range(d)], tasks
    return [Fraction(draw(small), draw(st.sampled_from([1, 2]))) for _ in range(d)], tasks


@settings(max_examples=60, deadline=None)
@given(tied())
def test_ties_are_judged_as_exact_numbers_judge_them(case):
    """The same face, the same dimension, the same shortest mixture."""
    exact, rounded = solve_selection(*case, field=EXACT), solve_selection(*case)
    np.testing.assert_allclose(rounded.weights, [float(w) for w in exact.weights], atol=1e-9)
    assert rounded.face == exact.face
    assert rounded.face_dimension == exact.face_dimension
    assert abs(rounded.value - float(exact.value)) <= rounded.duality_gap() + FEW_OPERATIONS * rounded.value
    assert rounded.duality_gap() <= POLISHED_GAP


@settings(max_examples=60, deadline=None)
@given(tied())
def test_the_dimension_of_the_optimal_set_is_that_of_its_vertices(case):
    """By brute force: the vertices are the mixtures of independent tasks of the face with the same mean."""
    import itertools

    found = solve_selection(*case, field=EXACT)
    rows = [[Fraction(x) / s for x, s in zip(task, case[0], strict=True)] + [Fraction(1)] for task in case[1]]
    mean = [sum(w * r[a] for w, r in zip(found.weights, rows, strict=True)) for a in range(len(rows[0]))]
    vertices = set()
    for size in range(1, len(mean) + 1):
        for chosen in itertools.combinations(found.face, size):
            part = EXACT.array([rows[ell] for ell in chosen])
            try:
                y = EXACT.inverse(part @ part.T) @ (part @ EXACT.array(mean))
            except ZeroDivisionError:
                continue
            if min(y) >= 0 and all(y @ part == EXACT.array(mean)):
                full = [Fraction(0)] * len(rows)
                for ell, value in zip(chosen, y, strict=True):
                    full[ell] = Fraction(int(value.p), int(value.q))
                vertices.add(tuple(full))
    first, *others = sorted(vertices)
    spread = np.array([[float(a - b) for a, b in zip(v, first, strict=True)] for v in others] or [[0.0]])
    assert found.face_dimension == np.linalg.matrix_rank(spread, tol=1e-9)


@pytest.mark.parametrize(("T", "d", "reached"), [(50, 50, False), (50, 50, True), (5000, 50, False), (5000, 50, True)])
def test_many_spectra(T, d, reached):
    rng = np.random.default_rng(T)
    tasks = lognormal(rng, T, d)
    Sigma = rng.dirichlet(np.ones(T)) @ tasks if reached else 3 * lognormal(rng, d)
    found = solve_selection(Sigma, list(tasks))
    assert found.duality_gap() <= POLISHED_GAP * max(1, found.value)
    assert found.is_optimal(POLISHED_GAP * max(1, found.value))
    assert found.notes == ()
    assert (found.value < 1e-20) == reached
    assert found.face_dimension == (max(0, T - d - 1) if reached else 0)
    if reached:  # the shortest of many mixtures spreads over nearly all of them
        assert len(found.support) > T * 0.9
        assert found.weights @ found.weights < 3 / T


def test_many_matrices():
    rng = np.random.default_rng(0)
    tasks, Sigma = matrices(rng, 120, 30), matrices(rng, 1, 30)[0]
    found = solve_selection(Sigma, list(tasks))
    assert found.duality_gap() <= POLISHED_GAP * max(1, found.value)
    assert found.program.duality_gap(found.weights) <= found.duality_gap()
    Sigma = np.tensordot(rng.dirichlet(np.ones(120)), tasks, axes=1)
    assert solve_selection(Sigma, list(tasks)).value < 1e-20


@pytest.mark.full
@pytest.mark.parametrize(("T", "d", "full"), [(10_000, 50, False), (500, 200, True)])
def test_the_largest_programs_of_the_issue(T, d, full):
    rng = np.random.default_rng(1)
    tasks = matrices(rng, T, d) if full else lognormal(rng, T, d)
    found = solve_selection(matrices(rng, 1, d)[0] if full else 3 * lognormal(rng, d), list(tasks))
    assert found.duality_gap() <= POLISHED_GAP * max(1, found.value)


def piqp_value(R, one):
    """The value that PIQP finds, at its tightest."""
    import piqp

    T, U = len(R), one - R
    solver = piqp.DenseSolver()
    solver.settings.eps_abs, solver.settings.eps_rel = 1e-11, 1e-11
    solver.setup(U @ U.T, np.zeros(T), np.ones((1, T)), np.ones(1), None, None, None, np.zeros(T), None)
    solver.solve()
    pi = np.maximum(np.asarray(solver.result.x), 0)
    x = (pi / pi.sum()) @ U
    return float(x @ x)


def clarabel_value(R, one):
    import clarabel
    from scipy import sparse

    T, U = len(R), one - R
    options = clarabel.DefaultSettings()
    options.verbose = False
    options.tol_gap_abs = options.tol_gap_rel = options.tol_feas = 1e-12
    A = sparse.csc_matrix(np.vstack([np.ones((1, T)), -np.eye(T)]))
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(T)]
    P = sparse.csc_matrix(np.triu(2 * U @ U.T))
    found = clarabel.DefaultSolver(P, np.zeros(T), A, np.append(1.0, np.zeros(T)), cones, options).solve()
    pi = np.maximum(np.array(found.x), 0)
    x = (pi / pi.sum()) @ U
    return float(x @ x)


def slsqp_value(R, one):
    from scipy.optimize import minimize as untyped

    minimize: Any = untyped

    U, T = one - R, len(R)
    G = U @ U.T
    found = minimize(
        lambda w: w @ G @ w,
        np.full(T, 1 / T),
        jac=lambda w: 2 * G @ w,
        bounds=[(0, 1)] * T,
        constraints=[{"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(T)}],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return float(found.fun)


@pytest.mark.parametrize("other", [piqp_value, clarabel_value, slsqp_value])
@pytest.mark.parametrize(("T", "d"), [(3, 5), (20, 4), (40, 30)])
def test_second_opinions(other, T, d):
    """Other solvers find the same minimum, and never a lower one."""
    rng = np.random.default_rng(T * d)
    R, one = 2 * lognormal(rng, T, d), np.ones(d)
    point = nearest_point(R, one)
    value, theirs = float(point.x @ point.x), other(R, one)
    assert theirs >= value - point.gap - 1e-12 * value
    assert theirs <= value + 1e-6 * max(1, value)


def test_tasks_of_very_different_size():
    """Tasks over 16 decades: the value is of order one, and keeps its digits beside rows of 1e8."""
    rng = np.random.default_rng(4)
    tasks = [row * 10.0 ** rng.integers(-8, 8) for row in lognormal(rng, 20, 10)]
    exact, found = solve_selection([1] * 10, tasks, field=EXACT), solve_selection([1] * 10, tasks)
    assert found.value == pytest.approx(float(exact.value), rel=1e-10)
    assert found.support == exact.support
    np.testing.assert_allclose(found.weights, [float(w) for w in exact.weights], rtol=1e-6, atol=1e-15)
    assert len(found.notes) == (found.duality_gap() > POLISHED_GAP * max(1, found.value))


@pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e6, 1e120])
def test_scale(scale):
    """Scaling target and tasks changes nothing; tasks far from the target in size are still told apart."""
    rng = np.random.default_rng(7)
    tasks = lognormal(rng, 6, 3)
    plain, scaled = solve_selection([1, 1, 1], tasks), solve_selection([scale] * 3, scale * tasks)
    assert scaled.value == pytest.approx(plain.value, rel=1e-12)
    far, exact = solve_selection([1, 1, 1], scale * tasks), solve_selection([1, 1, 1], scale * tasks, field=EXACT)
    assert far.value == pytest.approx(float(exact.value), rel=1e-12)
    np.testing.assert_allclose(far.weights, [float(w) for w in exact.weights], atol=1e-9)


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9, 1e-12, 0])
def test_near_duplicates(distance):
    """Twins move the value by their distance at most; exact twins share."""
    rng = np.random.default_rng(3)
    tasks = lognormal(rng, 30, 8)
    twins = tasks * (1 + distance * rng.standard_normal(tasks.shape))
    plain = solve_selection([2] * 8, list(tasks))
    found = solve_selection([2] * 8, [*tasks, *twins])
    assert found.duality_gap() <= POLISHED_GAP * max(1, found.value)
    assert plain.value - 50 * distance <= found.value <= plain.value + found.duality_gap()
    if not distance:
        np.testing.assert_allclose(found.weights[:30], found.weights[30:], atol=1e-12)
        assert found.face_dimension == len(plain.support)


def test_the_gap_counts_its_rounding():
    """Slacks in float64 lie within their bounds of those in rationals."""
    rng = np.random.default_rng(8)
    for T, D in ((1, 3), (5, 40), (30, 200)):
        R, one = lognormal(rng, T, D) * 10.0 ** rng.integers(-3, 3, (T, 1)), np.ones(D)
        point = measured(R, one, rng.dirichlet(np.ones(T)))
        pi = EXACT.array(point.weights)
        pi = pi / pi.sum()
        rows = EXACT.array(R)
        mean = pi @ rows
        x = EXACT.array([1] * D) - mean
        truth = (mean - rows) @ x
        for slack, error, value in zip(point.slack, point.error, truth, strict=True):
            assert abs(Fraction(slack) - Fraction(int(value.p), int(value.q))) <= Fraction(error)


def test_out_of_range():
    with pytest.raises(NotConverged, match="float64 range"):
        nearest_point(np.full((2, 2), 1e200), np.ones(2))
