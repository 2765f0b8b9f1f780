"""The typical error: non-commuting problems, chains beyond the recursion, numbers beyond float64, refusals."""

import csv
import io
import json
import math
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import LONG_RECURSION
from theorycalc.error_curves import proportional
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.model import Setup
from theorycalc.rmt import long_chains
from theorycalc.rmt.contours import RULES
from theorycalc.spectra import isotropic, power_law

unchecked: Any = tc.typical_error

RUNGS = ("exact", "proportional")
TURNED = Setup(
    [[2, 1], [1, 3]],
    Sigma=[[1, "-1/2"], ["-1/2", 2]],
    Omega=[[2, 1], [1, 1]],
    w_0=[1, -1],
    noise_var="1/3",
    n=4,
    m=5,
)


def product(*matrices):
    result = matrices[0]
    for matrix in matrices[1:]:
        columns = list(zip(*matrix, strict=True))
        result = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in result]
    return result


def plus(first, second, factor=Fraction(1)):
    return [[a + factor * b for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)]


def trace(matrix):
    return sum(matrix[i][i] for i in range(len(matrix)))


def by_words(setup, steps, metric):
    """The recursion of section 6 in the original coordinates, on 2 × 2 matrices of rationals: no root, no basis.

    With K = AΣ: r_j = r_{j−1} − K(…), M_{0,b} = Q r_bᵀ, M_{a,b} = M_{a−1,b} − K(… − Σ du r_{b−1−s} A), t = tr r/m and
    u_s = tr(Q A⁻¹ r_s)/m.
    """
    covariances = setup.Lambda, setup.Sigma, setup.Omega
    Lambda, Sigma, Omega = ([[Fraction(x) for x in row] for row in item.entries.tolist()] for item in covariances)
    m, n = setup.m, setup.n
    one = [[Fraction(i == j) for j in range(2)] for i in range(2)]
    Gamma = plus([[x * (1 + Fraction(1, n)) for x in row] for row in Lambda], one, trace(Lambda) / n)
    det = Gamma[0][0] * Gamma[1][1] - Gamma[0][1] * Gamma[1][0]
    A = [[Gamma[1][1] / det, -Gamma[0][1] / det], [-Gamma[1][0] / det, Gamma[0][0] / det]]
    w = [Fraction(x) for x in setup.w_0]
    Q = plus(Omega, [[x * y for y in w] for x in w])
    P = Sigma if metric == "prediction" else one
    K, QG = product(A, Sigma), product(Q, Gamma)
    r, t = [one], [Fraction(2, m)]
    for j in range(1, 2 * steps + 1):
        inner = r[j - 1]
        for s in range(j - 1):
            inner = plus(inner, r[j - 2 - s], t[s + 1] - t[s])
        r.append(plus(r[j - 1], product(K, inner), Fraction(-1)))
        t.append(trace(r[j]) / m)
    u = [trace(product(QG, x)) / m for x in r]
    M = {(0, b): product(Q, list(map(list, zip(*r[b], strict=True)))) for b in range(steps + 1)}
    for a in range(1, steps + 1):
        for b in range(steps + 1):
            inner = M[a - 1, b]
            for s in range(a - 1):
                inner = plus(inner, M[a - 2 - s, b], t[s + 1] - t[s])
            for s in range(b):
                inner = plus(inner, product(r[b - 1 - s], A), u[a + s] - u[a + s - 1])
            M[a, b] = plus(M[a - 1, b], product(K, inner), Fraction(-1))
    power = [trace(product(P, r[j], A)) for j in range(2 * steps + 1)]
    noise = Fraction(setup.noise_var) / m
    spread = [noise * sum(power[j] - power[j + k] for j in range(k)) for k in range(steps + 1)]
    return [trace(product(P, M[k, k])) + spread[k] for k in range(steps + 1)]


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_non_commuting_problems_against_the_recursion_on_matrices(metric):
    expected = [float(x) for x in by_words(TURNED, 6, metric)]
    curve = tc.expected_error(TURNED, 6, rung="proportional", metric=metric)
    assert curve.values == pytest.approx(expected, rel=LONG_RECURSION)
    assert all(curve.lower[k] <= expected[k] * (1 + 1e-13) for k in range(7))
    found = tc.typical_error(TURNED, range(7), metric=metric)
    assert found.values == pytest.approx(expected, rel=LONG_RECURSION)
    assert found.metric == metric


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
def test_non_commuting_limit_by_rate(metric):
    """Blocks repeated r times at fixed d/m, d/n: the gap to the exact mean halves as r doubles."""
    gaps = []
    for r in (4, 8, 16):
        Lambda, Sigma, Omega = (
            np.kron(np.eye(r), x) for x in ([[2, 1], [1, 3]], [[1, -0.5], [-0.5, 2]], [[1, 0.4], [0.4, 2]])
        )
        setup = Setup(Lambda, Sigma=Sigma, Omega=Omega, noise_var=0.3, n=3 * r, m=4 * r)
        mean, limit = (tc.expected_error(setup, 3, rung=name, metric=metric).values[3] for name in RUNGS)
        gaps.append(mean / limit - 1)
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.1)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.05)


def test_a_typical_prompt_is_what_the_limit_says():
    """One large prompt, non-commuting, d = 300: within a few per cent for k up to 30; a wrong limit is far away."""
    rng = np.random.default_rng(5)
    r, steps = 150, 30
    Lambda, Sigma = (np.kron(np.eye(r), x) for x in ([[2, 1], [1, 3]], [[1, -0.5], [-0.5, 2]]))
    setup = Setup(Lambda, Sigma=Sigma, n=2 * r, m=3 * r)
    A = np.asarray(tc.gamma_matrix(setup).Gamma_inv, dtype=float)
    X = np.linalg.cholesky(Sigma) @ rng.normal(size=(2 * r, 3 * r))
    R, power, seen = np.eye(2 * r) - A @ X @ X.T / (3 * r), np.eye(2 * r), []
    for _ in range(steps + 1):
        seen.append(np.sum(power * power))
        power = R @ power
    found = tc.typical_error(setup, range(steps + 1)).values
    assert found == pytest.approx(np.array(seen), rel=0.06)
    apart = tc.typical_error(setup.replace(Sigma=np.diag(np.diagonal(Sigma))), steps).values[0]
    assert abs(apart / found[-1] - 1) > 0.2


@settings(max_examples=15)
@given(st.lists(st.floats(0.2, 4), min_size=1, max_size=5), st.integers(1, 30), st.integers(1, 30), st.integers(0, 2))
def test_agrees_with_the_curve(spectrum, n, m, noise):
    setup = Setup(spectrum, n=n, m=m, noise_var=noise)
    found = tc.typical_error(setup, [25, 0, 7, 25])
    curve = tc.expected_error(setup, 25, rung="proportional")
    assert found.values == pytest.approx(curve.values[[25, 0, 7, 25]], rel=LONG_RECURSION)
    assert np.all((found.lower <= found.values) & (found.values <= found.upper))
    assert found.log10 == pytest.approx(np.log10(found.values), abs=1e-9)


def test_curves_go_beyond_the_recursion(monkeypatch):
    """The same curve on both sides of the switch, and 4,000 steps that the recursion could not hold."""
    setup = Setup(power_law(20, 0.5), n=20, m=20, noise_var="1/10")
    short = tc.expected_error(setup, 60, rung="proportional")
    assert "random rounding" in short.uncertainty
    monkeypatch.setattr(proportional, "_LONG", 0.0)
    long = tc.expected_error(setup, 60, rung="proportional")
    assert "contour" in long.uncertainty
    assert long.values == pytest.approx(short.values, rel=LONG_RECURSION)
    monkeypatch.undo()
    curve = tc.expected_error(setup, 4_000, rung="proportional")
    selected = tc.typical_error(setup, [100, 4_000])
    assert curve.values[[100, 4_000]] == pytest.approx(selected.values, rel=LONG_RECURSION)
    assert curve.notes == short.notes


def test_long_curves_say_where_they_leave_float64():
    fading = tc.expected_error(Setup(isotropic(3), n=5, m=40), 3_000, rung="proportional")
    assert fading.values[-1] == 0
    assert 0 < fading.upper[-1] < 1e-300
    assert any("below the float64 range" in note for note in fading.notes)
    growing = Setup(isotropic(3), n=500, m=1)
    with pytest.raises(NotConverged, match="typical_error"):
        tc.expected_error(growing, 3_000, rung="proportional")
    with pytest.raises(OutsideRegime, match="field=F64"):
        tc.expected_error(Setup(isotropic(3), n=5, m=40), 3_000, rung="proportional", field=tc.BALL(64))


def test_numbers_of_any_size():
    found = tc.typical_error(Setup(isotropic(3), n=500, m=1), [1, 10**4, 10**6])
    assert math.isfinite(found.values[0])
    assert np.all(np.isnan(found.values[1:]))
    assert np.all(np.isnan(found.upper[1:]))
    assert found.log10[2] == pytest.approx(100 * found.log10[1], rel=1e-3)
    assert found.decimals[2].endswith(f"e+{math.floor(found.log10[2])}")
    assert found.floor is None
    assert any("log10" in note for note in found.notes)
    tiny = tc.typical_error(Setup(isotropic(3), n=5), 10**6)
    # (1 − c)^{2k} with c = 5/9: 1 + 1/n + d/n = 9/5
    assert tiny.log10[0] == pytest.approx(math.log10(3) + 2e6 * math.log10(4 / 9), rel=1e-14)
    assert tiny.decimals[0].endswith(f"e{math.floor(tiny.log10[0])}")
    assert tiny.log[0] == pytest.approx(tiny.log10[0] * math.log(10), rel=1e-15)
    assert "m = ∞: population" in tiny.notes


def test_zero_is_zero():
    for m in (3, None):
        nothing = tc.typical_error(Setup([1, 2], n=2, m=m, Omega=[0, 0]), [0, 5])
        assert nothing.values.tolist() == nothing.upper.tolist() == [0, 0]
        assert nothing.sign.tolist() == [0, 0]
        assert nothing.decimals == ["0", "0"]
        assert json.loads(json.dumps(nothing.to_dict(), allow_nan=False))["log10"] == [None, None]


def test_the_floor_and_what_is_above_it():
    setup = Setup(isotropic(30), n=10, m=10)
    found = tc.typical_error(setup, [3, 2_000])
    assert found.floor == pytest.approx(20, rel=1e-12)
    assert found.excess_decimals is not None
    assert float(found.excess_decimals[0]) == pytest.approx(found.values[0] - 20, rel=1e-10)
    assert found.excess_log10 is not None
    assert found.excess_log10[1] < -25
    assert found.values[1] == pytest.approx(20, rel=1e-12)
    assert tc.typical_error(Setup(isotropic(3), n=3, m=3, noise_var=1), 5).excess_decimals is None


def test_data_in_every_form():
    found = tc.typical_error(Setup(power_law(6, 1), n=3, m=4, noise_var="1/5"), [1, 10**6])
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["steps"] == [1, 10**6]
    assert data["values"][0] == found.values[0]
    assert (data["rung"], data["metric"], data["field"]) == ("proportional", "estimation", "F64")
    assert Setup(**data["setup"]).m == 4
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["steps"] for row in rows] == ["1", "1000000"]
    assert float(rows[0]["values"]) == found.values[0]
    assert float(rows[1]["floor"]) == found.floor
    assert repr(found).startswith("TypicalError({1: ")
    assert pickle.loads(pickle.dumps(found)).values.tolist() == found.values.tolist()
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 1


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        (-1, "steps = -1"),
        (2.5, "steps = 2.5"),
        (10**6 + 1, "steps = 1000001"),
        ([], "neither a number"),
        ("10", "neither a number"),
        ([[1]], "neither a number"),
        ([[1], [1, 2]], "neither a number"),
        ([1, None], "steps = None"),
        ({1}, "neither a number"),
        (range(100_001), "100,001"),
    ],
)
def test_bad_steps_are_named(steps, word):
    with pytest.raises(InvalidSetup, match=word):
        unchecked(Setup([1, 2], n=2, m=3), steps)


def test_a_first_token_beyond_float64_is_refused_without_a_warning():
    with pytest.raises(NotConverged, match="too large or too small"):
        tc.typical_error(Setup([1, 2], n=3, m=1, w_0=[1e200, 0]), 5)


def test_other_bad_input_is_named(monkeypatch):
    with pytest.raises(InvalidSetup, match="metric = 'mse'"):
        tc.typical_error(Setup([1, 2], n=2, m=3), 1, metric="mse")
    with pytest.raises(InvalidSetup, match="not a Setup"):
        unchecked([1, 2], 1)
    monkeypatch.setattr(long_chains, "_SECONDS_LIMIT", 1e-3)
    with pytest.raises(OutsideRegime, match="different directions"):
        tc.typical_error(Setup([1, 2], n=2, m=3), 1)


def test_a_lost_value_is_refused_and_not_shown(monkeypatch):
    """If the two quadratures shared no digit, no value would come out."""
    real = long_chains._quadrature

    def spoiled(given_problem, law, steps, rule):
        found = real(given_problem, law, steps, rule)
        factor = 1 if rule is RULES[0] else 3
        error = long_chains._Term(factor * found.error.value, found.error.rounding, found.error.scale)
        return long_chains._Quadrature(error, found.excess, found.floor, found.nodes)

    monkeypatch.setattr(long_chains, "_quadrature", spoiled)
    with pytest.raises(NotConverged, match="cancel"):
        tc.typical_error(Setup([1, 2], n=2, m=3), 1)


@pytest.mark.parametrize("m", [3, 7])
@pytest.mark.parametrize("noise", [0, "1/5"])
def test_floors_and_rates_are_those_of_the_phase(m, noise):
    """Two ways that share no contour: the floor and the rate of phase(), and the chain at a million steps."""
    setup = Setup([1, "1/2", "1/3", "1/4", "1/5"], n=3, m=m, noise_var=noise)
    found, phase = tc.typical_error(setup, [10**6, 999_000]), tc.phase(setup)
    assert found.floor == pytest.approx(phase.floor, rel=1e-12)
    assert found.excess_log10 is not None
    slope = (found.excess_log10[0] - found.excess_log10[1]) * math.log(10)
    decay = 1000 * math.log(phase.excess_rate) - phase.prefactor_exponent * math.log(1 / 0.999)
    assert slope == pytest.approx(decay, abs=1e-4)


def test_mixtures_that_one_task_stands_for():
    tasks = [[1, 3], [3, 1]]
    mixed = Setup(tc.TaskMixture(tasks, ["1/2", "1/2"], sampling="per_prompt"), n=5, m=4)
    expected = tc.expected_error(mixed, 6, rung="proportional").values
    found = tc.typical_error(mixed, [6, 0])
    assert found.values == pytest.approx(expected[[6, 0]], rel=LONG_RECURSION)
    assert found.setup is mixed
    turned = [[[2, 1], [1, 3]], [[1, 0], [0, 9]]]
    with pytest.raises(OutsideRegime, match="one task"):
        tc.typical_error(Setup(tc.TaskMixture(turned, ["1/2", "1/2"], sampling="per_prompt"), n=5, m=4), 3)


def test_limits_of_float64_and_of_a_curve():
    with pytest.raises(NotConverged, match="rescale"):
        tc.typical_error(Setup([1e-300], n=5, m=4), 3)
    with pytest.raises(InvalidSetup, match="typical_error"):
        tc.expected_error(Setup([1], n=5, m=4), 20_001, rung="proportional")
    critical = tc.typical_error(Setup([1, 1], n=2, m=1, Sigma=["5/2", "5/2"]), 10)  # c = 1, λ₊ = (1 + √2)² > 2
    assert critical.floor is None
    assert tc.typical_error(Setup([2], n=1, m=4, Sigma=["16/3"]), 10**6).floor == 0  # c = 8/9, λ₊ = 2


@pytest.mark.parametrize("m", [3, 4, 5, 9])
@pytest.mark.parametrize("exponent", [-990, -500, 500, 990])
def test_noise_of_any_size_scales_its_error(m, exponent):
    steps = [1, 7, 1000]
    setup = Setup([1, "1/2", 2, 3], n=9, m=m, Omega=[0] * 4)  # noise alone
    one = tc.typical_error(setup.replace(noise_var=1), steps)
    many = tc.typical_error(setup.replace(noise_var=Fraction(2) ** exponent), steps)
    assert np.allclose(many.log10 - one.log10, exponent * math.log10(2), rtol=0, atol=1e-9)
    assert np.allclose(many.relative_error, one.relative_error, rtol=0.5)
    assert (many.floor is None) == (one.floor is None)
    if one.floor is not None:
        assert many.floor == pytest.approx(math.ldexp(one.floor, exponent), rel=1e-13)


def test_noise_beyond_float64_is_refused():
    for m in (3, 8):
        with pytest.raises(NotConverged, match=r"noise_var = 1e\+308: the error exceeds the float64 range"):
            tc.typical_error(Setup([1, 2, 3, 4], n=5, m=m, noise_var=1e308), [3, 1000])
