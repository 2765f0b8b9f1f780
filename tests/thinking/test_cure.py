"""Cures: exact, minimal against a linear program and against every projector, proved for matrices; training length."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, as_fraction
from theorycalc.thinking.cure import water_level
from theorycalc.thinking.directions import exact_gamma, exact_matrices
from theorycalc.thinking.pencil import inertia, rationals

along: Any = tc.cure_along
rebalance: Any = tc.rebalancing
length: Any = tc.longest_safe_training

#: HiGHS stops at feasibility and optimality tolerances of 1e-7.
LINEAR_PROGRAM = 1e-6
#: a cure of matrices is rounded up to float64 numbers from enclosures of about 1e-13.
MATRIX_CURE = 1e-9

positive = st.fractions(Fraction(1, 50), 50, max_denominator=60)


@st.composite
def spectra(draw):
    pairs = draw(st.lists(st.tuples(positive, positive), min_size=1, max_size=6))
    lam, sigma = zip(*pairs, strict=True)
    return tc.Setup(list(lam), n=draw(st.integers(1, 200)), Sigma=list(sigma))


def matrices(seed, d, n):
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, d, d + 2))
    return tc.Setup(A @ A.T / d, n=n, Sigma=B @ B.T / d)


@settings(max_examples=30, deadline=None)
@given(spectra())
def test_the_cure_works_and_is_the_linear_program_s_optimum(setup):
    cure = tc.overthinking_cure(setup)
    verdict = tc.overthinking(setup, steps=0)
    assert cure.needed == bool(len(verdict.responsible))
    assert sum(cure.added) == cure.total
    assert all(x >= 0 for x in cure.added)
    cured = tc.overthinking(cure.cured(), steps=0)
    assert not len(cured.responsible)
    if cure.needed:
        assert cured.threshold == 2
    # min Σ aᵢ subject to (n + 1) aᵢ + Σ aⱼ ≥ u_i − tr Λ
    n, d = setup.n, setup.d
    lam, sigma = (np.array([float(x) for x in c.entries]) for c in (setup.Lambda, setup.Sigma))
    demand = n * sigma / 2 - (n + 1) * lam - lam.sum()
    program = linprog(np.ones(d), A_ub=-((n + 1) * np.eye(d) + 1), b_ub=-demand, method="highs")
    assert program.fun == pytest.approx(float(cure.total), rel=LINEAR_PROGRAM, abs=LINEAR_PROGRAM)


@settings(max_examples=30, deadline=None)
@given(spectra(), st.fractions(Fraction(1, 1000), Fraction(1, 3), max_denominator=1000), st.randoms())
def test_nothing_smaller_cures(setup, less, random):
    """Any addition of smaller trace, however it is spread, leaves some skill beyond 2γ: tried near the optimum."""
    cure = tc.overthinking_cure(setup)
    if not cure.needed:
        return
    budget = cure.total * (1 - less)
    shares = [Fraction(random.randint(0, 20)) + 20 * x / cure.total for x in cure.added]
    added = [budget * x / sum(shares) for x in shares]
    changed = setup.replace(Lambda=[x + a for x, a in zip(setup.Lambda.entries, added, strict=True)])
    assert len(tc.overthinking(changed, steps=0).responsible)


def test_one_skill_alone_is_the_closed_form():
    setup = tc.Setup([1, "1/10", 3], n=9, Sigma=["1/2", 4, 1])
    need = (Fraction(9) * 4 / 2 - 4) / 11 - Fraction(1, 10)  # (nσ/2 − t₋)/(n + 2) − λ
    assert tc.overthinking_cure(setup).total == need
    assert along(setup, [0, 1, 0], field=EXACT) == need
    assert along(setup, [1, 0, 0], field=EXACT) == 11 * need  # only the trace helps
    assert along(setup, [0, 1, 0]) == pytest.approx(float(need), rel=FEW_OPERATIONS)


@settings(max_examples=30, deadline=None)
@given(spectra(), st.lists(st.fractions(0, 5, max_denominator=5), min_size=6, max_size=6))
def test_along_a_direction_the_threshold_is_met_exactly(setup, mass):
    M = mass[: setup.d]
    if not any(M):
        with pytest.raises(InvalidSetup, match="zero"):
            along(setup, M)
        return
    s = along(setup, M, field=EXACT)
    moved = setup.replace(Lambda=[x + s * y for x, y in zip(setup.Lambda.entries, M, strict=True)])
    after = tc.overthinking(moved, steps=0)
    assert after.threshold == 2 if s > 0 else after.threshold <= 2


@settings(max_examples=30, deadline=None)
@given(spectra())
def test_rebalancing(setup):
    found = rebalance(setup)
    trace = sum(setup.Lambda.entries)
    n, floor = setup.n, [max(Fraction(0), (setup.n * s / 2 - trace) / (setup.n + 1)) for s in setup.Sigma.entries]
    assert found.possible == (sum(floor) < trace or (sum(floor) == trace and min(floor) > 0))
    assert (found.smallest_trace <= trace) == (sum(floor) <= trace)
    if found.possible:
        assert sum(found.Lambda) == trace
        assert min(found.Lambda) > 0
        assert not len(tc.overthinking(setup.replace(Lambda=list(found.Lambda)), steps=0).responsible)
        pairs = list(zip(found.Lambda, setup.Lambda.entries, strict=True))
        assert sum(max(Fraction(0), new - old) for new, old in pairs) == found.moved == found.least
    # at the smallest trace the floors use it up
    t = found.smallest_trace
    assert sum(max(Fraction(0), (n * s / 2 - t) / (n + 1)) for s in setup.Sigma.entries) == t


@settings(max_examples=30, deadline=None)
@given(st.lists(st.fractions(-5, 9, max_denominator=7), min_size=1, max_size=7), st.integers(1, 50))
def test_water_level_is_where_both_sides_meet(excess, n):
    level = water_level(excess, n)
    assert sum(max(Fraction(0), x - level) for x in excess) == (n + 1) * level


@settings(max_examples=30, deadline=None)
@given(spectra())
def test_training_length(setup):
    found = length(setup)
    if found.longest is None:
        assert all(s <= 2 * x for s, x in zip(setup.Sigma.entries, setup.Lambda.entries, strict=True))
        assert tc.overthinking(setup.replace(n=10**15), steps=0).threshold <= 2
        return
    assert found.critical == min(found.by_direction)
    if found.longest >= 1:
        assert tc.overthinking(setup.replace(n=found.longest), steps=0).threshold <= 2
    assert tc.overthinking(setup.replace(n=found.longest + 1), steps=0).threshold > 2


# ------------------------------------------------------------------------------------------------ matrices


@pytest.mark.parametrize(("seed", "d", "n"), [(0, 2, 5), (1, 3, 40), (2, 6, 25), (3, 12, 100)])
def test_matrix_cures_are_proved_and_minimal(seed, d, n):
    setup = matrices(seed, d, n)
    cure = tc.overthinking_cure(setup)
    assert cure.needed
    assert not tc.overthinking(cure.cured(), steps=0).overthinks
    assert cure.least <= cure.total <= cure.least * (1 + MATRIX_CURE)
    # weak duality against random projectors: n tr ΠG/(n + 1 + rank) never exceeds the total
    G = np.asarray(setup.Sigma) / 2 - np.asarray(exact_gamma(rationals(setup.Lambda.entries), n), dtype=float)
    rng = np.random.default_rng(seed)
    for j in range(1, d + 1):
        for _ in range(20):
            U = np.linalg.qr(rng.standard_normal((d, j)))[0]
            assert n * np.trace(U.T @ G @ U) / (n + 1 + j) <= cure.total * (1 + FEW_OPERATIONS)
        top = np.sort(np.linalg.eigvalsh(G))[::-1][:j].sum()
        assert n * top / (n + 1 + j) <= cure.total * (1 + FEW_OPERATIONS)
    # 1 % less of the same does not cure
    less = setup.replace(Lambda=np.asarray(setup.Lambda) + 0.99 * cure.added)
    assert tc.overthinking(less, steps=0).overthinks


def test_turned_spectra_have_the_same_cure():
    plain = tc.Setup([1, "1/10"], n=4, Sigma=[1, 1])
    U = np.array([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]], dtype=object)
    turned = plain.replace(Lambda=U @ np.diag(plain.Lambda.entries) @ U.T, Sigma=np.diag([Fraction(1)] * 2) * 1)
    cure = tc.overthinking_cure(turned)
    assert cure.total == pytest.approx(1 / 15, rel=MATRIX_CURE)
    v = U[:, 1]
    assert along(turned, np.outer(v, v)) == pytest.approx(1 / 15, rel=FEW_OPERATIONS)
    assert Fraction(1, 15) in along(turned, np.outer(v, v), field=BALL(100))
    longest = length(turned)
    assert longest.longest == 3
    assert longest.critical == pytest.approx(3, rel=FEW_OPERATIONS)
    balanced = rebalance(turned)
    assert balanced.possible
    assert balanced.least == pytest.approx(2 / 25, rel=MATRIX_CURE)
    assert balanced.moved >= balanced.least
    assert not tc.overthinking(turned.replace(Lambda=balanced.Lambda), steps=0).threshold > 2 + MATRIX_CURE


@pytest.mark.parametrize("seed", range(4))
def test_along_the_offending_eigenvector(seed):
    setup = matrices(seed, 4, 30)
    verdict = tc.overthinking(setup, steps=0)
    v: Any = verdict.directions[0].vector
    s = along(setup, np.outer(v, v))
    assert s >= tc.overthinking_cure(setup).least
    for share, grows in ((1 + 1e-9, False), (0.99, True)):
        changed = setup.replace(Lambda=np.asarray(setup.Lambda) + share * s * np.outer(v, v))
        assert tc.overthinking(changed, steps=0).overthinks is grows
    assert along(tc.overthinking_cure(setup).cured(), np.eye(4)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_matrix_training_length_is_proved_on_both_sides(seed):
    setup = matrices(seed, 5, 7)
    found = length(setup)
    Lambda, Sigma, _ = exact_matrices(setup)
    assert found.longest is not None
    for n, count in ((found.longest, 0), (found.longest + 1, 1)):
        if n >= 1:
            assert min(1, inertia(2 * exact_gamma(Lambda, n) - Sigma).negative) == count
    assert length(setup.replace(Sigma=np.asarray(setup.Lambda) * 1.9)).longest is None
    hopeless = length(setup.replace(Sigma=np.asarray(setup.Lambda) * 1e6))
    assert hopeless.longest == 0


def test_impossible_rebalancing_of_matrices():
    setup = matrices(1, 3, 20)
    big = setup.replace(Sigma=np.asarray(setup.Sigma) * 100)
    found = rebalance(big)
    assert not found.possible
    assert found.moved is None
    assert found.smallest_trace > np.trace(np.asarray(setup.Lambda))
    enough = big.replace(
        Lambda=np.asarray(big.Lambda) * (found.smallest_trace * 1.001 / np.trace(np.asarray(big.Lambda)))
    )
    assert rebalance(enough).possible


def test_floats_are_the_rationals_they_are():
    """0.1 is a little more than 1/10: σ = 2γ for the one is σ < 2γ for the other."""
    exact = tc.overthinking(tc.Setup(["1/10"], n=1, Sigma=["3/5"]), steps=0)
    assert exact.threshold == 2
    assert [str(x) for x in exact.directions.fates] == ["critical"]
    above = tc.Setup([0.1], n=1, Sigma=[0.6])
    gamma = 3 * as_fraction(0.1)
    fate = "converging" if as_fraction(0.6) < 2 * gamma else "overthinking"
    assert tc.overthinking(above, steps=0).directions[0].fate == fate
    assert not tc.overthinking_cure(exact.setup).needed
    assert repr(tc.overthinking_cure(exact.setup)) == "Cure(not needed)"
    assert tc.overthinking_cure(exact.setup).cured() is exact.setup


def test_refusals():
    setup = matrices(0, 2, 5)
    mixture = tc.Setup(tc.TaskMixture([[1, 2], [2, 1]], ["1/2", "1/2"], "per_prompt"), n=4, Sigma=[9, 9])
    for question in (tc.overthinking_cure, tc.rebalancing, tc.longest_safe_training, tc.overthinking):
        with pytest.raises(OutsideRegime, match="algebraic"):
            question(setup, field=EXACT)
        with pytest.raises(OutsideRegime, match="pooled"):
            question(mixture)
    with pytest.raises(InvalidSetup, match="direction = 'd = 3'"):
        along(setup, [1, 1, 1])
    with pytest.raises(InvalidSetup, match="not positive semidefinite"):
        along(setup, [[1, 2], [2, 1]])
    with pytest.raises(InvalidSetup, match="not a number field"):
        along(setup, [1, 1], field="F64")
    assert along(setup, [1, 1], field=F64) > 0
    assert math.isinf(length(tc.Setup([1.0, 1.0], n=1, Sigma=[1.0, 9.0])).by_direction[0])


@pytest.mark.parametrize("share", [Fraction(1, 10**16), Fraction(1, 10**20), Fraction(1, 10**100)])
@pytest.mark.parametrize("Sigma", [[[2, 1], [1, "500000001/1000000000"]], [[1, "1/2"], ["1/2", 1]], [[2, 1], [1, 3]]])
def test_a_training_task_far_below_its_cure_is_cured(share, Sigma):
    setup = tc.Setup([[2 * share, share], [share, 2 * share]], n=4, Sigma=Sigma)
    cure = tc.overthinking_cure(setup)
    assert cure.needed
    cured = cure.cured()
    assert not tc.overthinking(cured, steps=0).overthinks
    assert float(cure.total / cure.least) == pytest.approx(1, abs=MATRIX_CURE)
