"""The optimal mixture: hand values, fields against each other, brute force, ties, and what a certificate must catch."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, MP, as_fraction
from theorycalc.selection.nnls import solve_rational
from theorycalc.selection.solve import solve_selection

positive = st.fractions(min_value="1/5", max_value=4, max_denominator=5)
GAP = 1e-12  # float64 gaps on tasks of order one


@st.composite
def programs(draw, max_tasks=5, max_d=3):
    d = draw(st.integers(1, max_d))
    tasks = draw(st.lists(st.lists(positive, min_size=d, max_size=d), min_size=1, max_size=max_tasks))
    return draw(st.lists(positive, min_size=d, max_size=d)), tasks


def brute_force(Sigma, tasks):
    """Least value over all supports: the stationary point of each, where it is a mixture (exact, by definition)."""
    u = [[1 - Fraction(x) / s for x, s in zip(task, Sigma, strict=True)] for task in tasks]
    best = None
    for size in range(1, len(tasks) + 1):
        for support in itertools.combinations(range(len(tasks)), size):
            rows = [[sum(a * b for a, b in zip(u[i], u[j], strict=True)) + 1 for j in support] for i in support]
            try:
                y = EXACT.inverse(EXACT.array(rows)) @ EXACT.array([1] * size)
            except ZeroDivisionError:
                continue
            total = sum(y, EXACT.number(0))
            if total <= 0 or min(y) < 0:
                continue
            pi = [as_fraction(value / total) for value in y]
            x = [sum(p * u[i][a] for p, i in zip(pi, support, strict=True)) for a in range(len(Sigma))]
            value = sum(entry**2 for entry in x)
            best = value if best is None else min(best, value)
    return best


@settings(max_examples=60, deadline=None)
@given(programs())
def test_the_rational_optimum_is_the_least_of_all_supports(case):
    Sigma, tasks = case
    found = solve_selection(Sigma, tasks, field=EXACT)
    assert found.value == brute_force(Sigma, tasks)
    assert sum(found.weights) == 1
    assert min(found.weights) >= 0
    assert found.value == found.program.value(found.weights)
    assert found.duality_gap() == found.program.duality_gap(found.weights) == 0
    assert found.is_optimal(0)
    slopes = found.program.gradient(found.weights)
    assert list(slopes) == [found.multiplier + cost for cost in found.reduced_costs]
    assert all(cost == 0 for cost, weight in zip(found.reduced_costs, found.weights, strict=True) if weight > 0)


@settings(max_examples=60, deadline=None)
@given(programs(max_tasks=6))
def test_float64_agrees_with_rationals(case):
    exact, rounded = solve_selection(*case, field=EXACT), solve_selection(*case)
    scale = max(1.0, *(float((1 - Fraction(x) / s) ** 2) for t in case[1] for x, s in zip(t, case[0], strict=True)))
    assert rounded.duality_gap() <= GAP * scale
    assert abs(rounded.value - float(exact.value)) <= GAP * scale
    assert rounded.weights.sum() == pytest.approx(1, abs=1e-14)
    assert not rounded.is_optimal(0) or rounded.duality_gap() == 0
    if rounded.is_unique and exact.is_unique:
        x = sum(w * np.array([float(a) for a in t]) for w, t in zip(rounded.weights, case[1], strict=True))
        y = sum(float(w) * np.array([float(a) for a in t]) for w, t in zip(exact.weights, case[1], strict=True))
        assert np.abs(x - y).max() <= 1e-6 * scale


@settings(max_examples=60, deadline=None)
@given(programs(max_tasks=6, max_d=2))
def test_uniqueness_and_the_shortest_of_several(case):
    """A second optimum exists iff it is claimed, and no other point of the optimal set is shorter."""
    found = solve_selection(*case, field=EXACT)
    pi = found.weights
    length = sum(w * w for w in pi)
    scaled = [[Fraction(x) / s for x, s in zip(task, case[0], strict=True)] for task in case[1]]
    others = []  # mixtures of at most d + 1 tasks of the face with the same mean: vertices of the optimal set
    mean = [sum(w * r[a] for w, r in zip(pi, scaled, strict=True)) for a in range(len(case[0]))]
    for size in range(1, len(mean) + 2):
        for support in itertools.combinations(range(len(pi)), size):
            rows = np.array([[*scaled[ell], Fraction(1)] for ell in support], dtype=object)
            gram = EXACT.array(rows @ rows.T)
            try:
                y = EXACT.inverse(gram) @ EXACT.array(rows @ np.array([*mean, Fraction(1)], dtype=object))
            except ZeroDivisionError:
                continue
            y = np.array([as_fraction(value) for value in y], dtype=object)
            if min(y) >= 0 and all(y @ rows == np.array([*mean, Fraction(1)], dtype=object)):
                full = [Fraction(0)] * len(pi)
                for ell, value in zip(support, y, strict=True):
                    full[ell] = value
                others.append(full)
    assert found.is_unique == (len({tuple(point) for point in others}) == 1)
    for point in others:  # least norm: the angle at the shortest point is not acute
        assert sum(p * (q - p) for p, q in zip(pi, point, strict=True)) >= 0, length


def test_ties_are_shared_and_said():
    for field in (EXACT, MP(20)):
        if field is EXACT:
            found = solve_selection([1, 1], [[2, 1], [1, 2], [2, 1]], field=field)
            assert found.weights.tolist() == [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]
            assert (found.is_unique, found.face_dimension, found.face) == (False, 1, (0, 1, 2))
        else:
            with pytest.raises(NotCertified, match=r"cannot prove one optimal mixture: .*field=EXACT"):
                solve_selection([1, 1], [[2, 1], [1, 2], [2, 1]], field=field)
    rounded = solve_selection([1, 1], [[2, 1], [1, 2], [2, 1]])
    np.testing.assert_allclose(rounded.weights, [0.25, 0.5, 0.25], atol=1e-12)
    assert not rounded.is_unique


def test_a_dependent_form_may_have_one_optimum():
    """H is singular (three tasks, d = 1), but two vertices are the only way to 1 within the simplex."""
    found = solve_selection([1], [["1/2"], ["3/4"], ["1/4"]], field=EXACT)
    assert found.weights.tolist() == [Fraction(1, 2) * 0, 1, 0]
    assert found.is_unique
    assert found.value == Fraction(1, 16)
    assert solve_selection([1], [["1/2"], ["3/4"], ["1/4"]]).is_unique


@settings(max_examples=30, deadline=None)
@given(programs(max_tasks=5), st.sampled_from([BALL(60), BALL(200), MP(25)]))
def test_enclosures_hold_the_rational_optimum(case, field):
    exact = solve_selection(*case, field=EXACT)
    try:
        found = solve_selection(*case, field=field)
    except NotCertified:
        slack = [cost for cost, weight in zip(exact.reduced_costs, exact.weights, strict=True) if weight == 0]
        assert not exact.is_unique or 0 in slack  # refused only where strict complementarity fails
        return
    assert exact.is_unique
    for ball, truth in zip([*found.weights, found.value], [*exact.weights, exact.value], strict=True):
        if field.name == "MP(25)":
            assert abs(as_fraction(ball) - truth) <= Fraction(1, 10**24) * max(1, abs(truth))
        else:
            assert truth in ball
            assert ball.rad <= Fraction(1, 2**50) * max(1, abs(truth))


def test_matrices_that_do_not_commute():
    """The optimum is invariant under one rational rotation of everything."""
    U = np.array([["3/5", "-4/5"], ["4/5", "3/5"]], dtype=object)
    U = np.vectorize(Fraction, otypes=[object])(U)
    Sigma = np.array([[2, 1], [1, 2]], dtype=object)
    tasks = [np.array(t, dtype=object) for t in ([[1, 0], [0, 3]], [[3, 1], [1, 1]], [[1, -1], [-1, 4]])]
    plain = solve_selection(Sigma, tasks, field=EXACT)
    turned = solve_selection(U @ Sigma @ U.T, [U @ task @ U.T for task in tasks], field=EXACT)
    # Σ⁻¹Λ turns with U, and the Frobenius norm does not see it
    assert turned.weights.tolist() == plain.weights.tolist()
    assert turned.value == plain.value
    assert solve_selection(Sigma, tasks).value == pytest.approx(float(plain.value), rel=1e-12)


def test_one_task_many_tasks_and_refusals():
    only = solve_selection([1, 1], [[2, 1]], field=EXACT)
    assert (only.weights.tolist(), only.value, only.is_unique) == ([1], 1, True)
    assert only.explain()[0].coverage == np.inf
    with pytest.raises(InvalidSetup, match="covariances = \\[\\]: no task"):
        solve_selection([1, 1], [])
    with pytest.raises(InvalidSetup, match="Sigma has d = 2"):
        solve_selection([1, 1], [[1, 2, 3]])
    with pytest.raises(OutsideRegime, match="401 tasks: EXACT takes at most 400"):
        solve_selection([1], [[1 + ell] for ell in range(401)], field=EXACT)
    with pytest.raises(InvalidSetup, match="eps = -1"):
        only.is_optimal(-1)


def test_near_duplicates_keep_their_gap():
    """Tasks that differ by 1e-9: weights are uncertain, the value is not."""
    rng = np.random.default_rng(3)
    tasks = rng.gamma(1, 1, size=(30, 8)) + 0.1
    twins = np.vstack([tasks, tasks * (1 + 1e-9 * rng.standard_normal(tasks.shape))])
    found, plain = solve_selection(np.ones(8), list(twins)), solve_selection(np.ones(8), list(tasks))
    assert found.duality_gap() < 1e-10
    assert abs(found.value - plain.value) < 1e-7


def test_explanations_follow_their_definitions():
    tasks = [[1, 4], [4, 1], [1, 1]]
    found = solve_selection([2, 2], tasks)
    parts = found.explain()
    for ell, part in enumerate(parts):
        ratio = np.array(tasks[ell]) / 2
        assert part.relevance == pytest.approx(ratio.sum() / np.linalg.norm(ratio) / np.sqrt(2))
        assert part.alone == pytest.approx(((1 - ratio) ** 2).sum())
        rest = [task for other, task in enumerate(tasks) if other != ell]
        assert part.coverage == pytest.approx(solve_selection([2, 2], rest).value - found.value, abs=1e-12)
        assert part.hardness == pytest.approx(sum(tasks[ell]) / min(tasks[ell]))
        assert part.min_eigenvalue == 1
    np.testing.assert_allclose(found.residual(), [0, 0], atol=1e-12)
    short = solve_selection([2, 2], [[1, 1], [1, 2]])
    np.testing.assert_allclose(short.residual(), [1 / 2, 0], atol=1e-12)


def test_tables_and_json():
    found = solve_selection([1, 1], [[2, 1], [1, 2], [3, 3]], field=EXACT)
    assert found.to_dict()["weights"] == ["1/2", "1/2", "0"]
    assert found.to_csv().splitlines()[:2] == ["task,name,weights,reduced_costs", "0,task 0,1/2,0"]
    assert "unique" in repr(found)
    ball = solve_selection([1, 1], [[2, 1], [1, 2], [3, 3]], field=BALL(60))
    assert ball.to_dict()["weights"][2]["mid"] == 0
    assert found.support == (0, 1)


def test_rational_least_squares_ends_from_a_wrong_start():
    """A start that is no answer is mended: minimise (x₁ − 1)² + (x₂ + 1)²."""
    one, zero = EXACT.number(1), EXACT.number(0)
    x, passive = solve_rational(np.array([[one, zero], [zero, one]]), np.array([one, -one], dtype=object), start=[1])
    assert [as_fraction(value) for value in x] == [1, 0]
    assert passive == [0]
