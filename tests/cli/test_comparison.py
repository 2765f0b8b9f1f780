"""What ``compare`` says must follow from the numbers: the sentences are checked against curves made for the purpose."""

import dataclasses

import numpy as np
import pytest

import theorycalc as tc
from theorycalc.cli import findings as words
from theorycalc.cli.comparison import compare
from theorycalc.cli.text import number, spans, times
from theorycalc.results import NOT_A_BOUND, Rung

#: Theory section 4, matched λ_i = i^(−1/2), d = 50, n = 50: (m, k) -> population, exact, proportional as printed there.
TABLE = {
    (100, 2): (4.8713, 12.9631, 12.8473),
    (100, 10): (0.0017649, 2.00786, 1.91733),
    (500, 10): (0.0017649, 0.0422664, 0.0402534),
    (5000, 10): (0.0017649, 0.00298356, 0.00294889),
}


def setup_of(m: int | None = 12) -> tc.Setup:
    return tc.Setup([1, 1, 1], n=6, m=m)


def curve_of(values, rung=Rung.EXACT, *, m=12, **changes):
    """Return a curve with these values and no uncertainty."""
    array = np.array(values, dtype=float)
    base = tc.expected_error(setup_of(m), 1)
    return dataclasses.replace(
        base, rung=rung, values=array, lower=changes.pop("lower", array), upper=changes.pop("upper", array), **changes
    )


def estimate_of(values, stderr, *, heavy=(), median=None):
    values, stderr = np.array(values, dtype=float), np.array(stderr, dtype=float)
    base = tc.montecarlo.expected_error(setup_of(), len(values) - 1, prompts=10, seed=0)
    return dataclasses.replace(
        base,
        values=values,
        stderr=stderr,
        lower=values - stderr,
        upper=values + stderr,
        median=values if median is None else np.array(median, dtype=float),
        heavy_tail=np.isin(np.arange(len(values)), heavy),
    )


def say(curves, estimate=None, one_step=None, m=12):
    steps = len(next(iter(curves.values())).values) - 1
    return words.findings(setup_of(m), steps, curves=curves, estimate=estimate, one_step=one_step)


def about(found, subject):
    return next(finding for finding in found if finding.about == subject)


@pytest.mark.parametrize("m", [100, 500, 5000])
def test_the_table_of_theory_section_4_comes_out(m):
    comparison = compare(tc.Setup(tc.power_law(50, "0.5"), n=50, m=m), 10, prompts=0)
    for k in (2, 10):
        if (m, k) in TABLE:
            rungs = (Rung.POPULATION, Rung.EXACT, Rung.PROPORTIONAL)
            found = [comparison.curves[rung].values[k] for rung in rungs]
            assert found == pytest.approx(TABLE[m, k], rel=2e-5)
    off = about(comparison.findings, "population against the mean")
    assert off.disagrees
    assert off.numbers["k"] == 10
    ratio = TABLE[m, 10][1] / TABLE[m, 10][0]
    assert off.numbers["ratio"] == pytest.approx(ratio, rel=1e-4)


def test_the_sentence_about_the_population_law():
    comparison = compare(tc.Setup(tc.power_law(50, "0.5"), n=50, m=100), 10, prompts=0)
    assert about(comparison.findings, "population against the mean").text == (
        "At k = 10 the population law (0.00176493) is 1138 times smaller than the exact mean (2.00786): at m = 100 it "
        "does not describe this prompt length. They differ by more than 10 % at k = 1–10."
    )


def test_identical_curves_give_no_disagreement():
    values = [3.0, 2.0, 1.5]
    curves = {rung: curve_of(values, rung) for rung in (Rung.EXACT, Rung.POPULATION, Rung.PROPORTIONAL)}
    curves[Rung.BOUND] = curve_of(values, Rung.BOUND, regimes=("a: b", "a: b", f"a: {NOT_A_BOUND}"))
    found = say(curves, estimate_of(values, [0, 0.1, 0.1]), one_step=2.0)
    assert not [finding for finding in found if finding.disagrees]
    assert len(found) == 6


@pytest.mark.parametrize(
    ("factor", "side"),
    [(0.5, "2 times smaller"), (2.5, "2.5 times larger"), (1.2, "20 % larger"), (0.8, "20 % smaller")],
)
def test_size_and_side_of_a_disagreement(factor, side):
    curves = {Rung.EXACT: curve_of([3, 2, 1]), Rung.POPULATION: curve_of([3, 2, factor], Rung.POPULATION)}
    finding = about(say(curves), "population against the mean")
    assert finding.disagrees
    assert f"is {side} than the exact mean (1.00000)" in finding.text
    assert finding.text.endswith("at k = 2.")
    useless = max(factor, 1 / factor) >= words.USELESS
    assert ("does not describe" in finding.text) == useless
    assert ("approximation" in finding.text) == (not useless)


def test_a_gap_below_the_threshold_is_no_disagreement():
    inside, outside = 1.99 / words.DISAGREEMENT * 1.01, 2 / words.DISAGREEMENT / 1.01
    for value, disagrees in ((inside, False), (outside, True)):
        curves = {Rung.EXACT: curve_of([3, 2]), Rung.POPULATION: curve_of([3, value], Rung.POPULATION)}
        assert about(say(curves), "population against the mean").disagrees is disagrees


def test_a_vanishing_limit_is_said_without_a_ratio():
    curves = {Rung.EXACT: curve_of([3, 2]), Rung.POPULATION: curve_of([3, 0], Rung.POPULATION)}
    finding = about(say(curves), "population against the mean")
    assert "is 0 while the exact mean is 2.00000" in finding.text
    assert "ratio" not in finding.numbers


def test_simulation_within_and_beyond_its_standard_errors():
    exact = {Rung.EXACT: curve_of([3, 2, 1])}
    fine = about(say(exact, estimate_of([3, 2.1, 1.1], [0, 0.1, 0.1])), "simulation against the exact mean")
    assert not fine.disagrees
    assert "at every step: no gap exceeds 1.0 standard errors" in fine.text
    wrong = about(say(exact, estimate_of([3, 2.1, 1.6], [0, 0.1, 0.1])), "simulation against the exact mean")
    assert wrong.disagrees
    assert "DISAGREE at k = 2: at k = 2 by 6.0 standard errors" in wrong.text


def test_no_disagreement_is_declared_from_a_heavy_tail():
    exact = {Rung.EXACT: curve_of([3, 2, 1, 5])}
    found = say(exact, estimate_of([3, 2.1, 1.1, 0.5], [0, 0.1, 0.1, 0.01], heavy=[3]))
    agreement = about(found, "simulation against the exact mean")
    assert not agreement.disagrees
    assert "at k = 0–2" in agreement.text
    tail = about(found, "heavy tail")
    assert "At k = 3 the samples are heavy-tailed" in tail.text
    assert "90 % below" in tail.text


def test_mean_leaves_the_median_then_the_proportional_limit():
    exact = curve_of([3, 2, 8])
    median = estimate_of([3, 2, 8], [0, 1, 1], median=[3, 2, 2])
    finding = about(say({Rung.EXACT: exact}, median), "mean and typical prompt")
    assert "at k = 2 it is 4 times larger than the median" in finding.text
    limit = curve_of([3, 2, 2], Rung.PROPORTIONAL)
    finding = about(say({Rung.EXACT: exact, Rung.PROPORTIONAL: limit}), "mean and typical prompt")
    assert "proportional" in finding.text


def test_mean_beyond_a_law_and_beyond_a_theorem():
    regimes = ("prior: equality", "Theorem 3.3: a theorem", f"Corollary 3.5: {NOT_A_BOUND}")
    law = curve_of([3, 9, 0.5], Rung.BOUND, regimes=regimes)
    finding = about(say({Rung.EXACT: curve_of([3, 2, 1]), Rung.BOUND: law}), "bound")
    assert "at k = 2" in finding.text
    assert "m = ∞ only" in finding.text
    broken = curve_of([3, 1, 0.5], Rung.BOUND, regimes=regimes)
    finding = about(say({Rung.EXACT: curve_of([3, 2, 1]), Rung.BOUND: broken}), "bound")
    assert "exceeds Theorem 3.3" in finding.text
    assert "report" in finding.text


def test_one_step_check_passes_and_fails():
    exact = {Rung.EXACT: curve_of([3, 2, 1])}
    assert not about(say(exact, one_step=2 * (1 + 1e-15)), "one step").disagrees
    failed = about(say(exact, one_step=2.001), "one step")
    assert failed.disagrees
    assert "FAILED" in failed.text


def k_star(values, **changes):
    return about(say({Rung.EXACT: curve_of(values, **changes)}), "k*").text


def test_k_star_inside_at_the_end_and_undecided():
    assert k_star([3, 2, 4]) == (
        "k* = 1 within the first 2 steps: the exact mean is smallest there (2.00000); "
        "at k = 2 it is 2 times larger (4.00000)."
    )
    assert k_star([3, 2, 1]) == (
        "k*: the exact mean is smallest at the last step computed, k = 2: ask for more steps to find k*."
    )
    tie = k_star([3, 2, 2], lower=np.array([3, 1.9, 1.9]), upper=np.array([3, 2.1, 2.1]))
    assert "cannot be told apart" in tie
    assert "k* = 1 within the first 2 steps" in k_star([3, 0, 2])
    assert k_star([3, 0, 2]).endswith("at k = 2 it is 2.00000.")
    assert k_star([3, 0, 0]).endswith("smallest there (0); at k = 2 it is the same.")


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([3, 2, 1], ""),
        ([1, 2, 3], ""),
        ([3, 1, 2, 4], ""),
        ([1, 2, 3, 0.5], "The curve rises, then falls."),
        ([1, 2, 3, 0.5, 1], "The curve rises, then falls, then rises."),
        ([3, 1, 2, 1.5], "The curve falls, then rises, then falls."),
        ([3, 1, 2, 1.5, 4, 5], "The curve falls and rises more than once."),
    ],
)
def test_a_curve_that_zigzags_is_said_to_do_so(values, shape):
    text = k_star(values)
    assert text.endswith(shape)
    assert ("The curve" in text) == bool(shape)


def test_a_zigzag_within_the_uncertainty_is_none():
    values = np.array([3, 1.0, 1.01, 0.99, 2])
    assert "The curve" in k_star(values)
    assert "The curve" not in k_star(values, lower=values - 0.1, upper=values + 0.1)


def test_no_claim_beyond_the_steps_computed_and_label_noise_zigzags():
    setup = tc.Setup([1], n=1000, Sigma=["3/2"], m=100, Omega=["1/100"], noise_var=1)
    text = about(compare(setup, 8, prompts=0).findings, "k*").text
    assert text.startswith("k* = 2 within the first 8 steps")
    assert text.endswith("The curve falls and rises more than once.")
    short = compare(tc.Setup([1, 1], n=4, m=8), 2, prompts=0)
    assert "every finite m" not in " ".join(finding.text for finding in short.findings)


@pytest.mark.parametrize("prompts", [0, 100])
def test_curves_of_zeros_are_said_to_be_zero(prompts):
    comparison = compare(tc.Setup([1, 1, 1], n=10, m=5, Omega=[0, 0, 0]), 4, prompts=prompts)
    (only,) = comparison.findings
    assert only.text.startswith("Every curve is 0 at every step")
    assert comparison.k_star() == 0


@pytest.mark.parametrize("prompts", [0, 100])
def test_no_steps_are_not_compared(prompts):
    (only,) = compare(tc.Setup([1, 1, 1], n=10, m=5), 0, prompts=prompts).findings
    assert only.text.startswith("k = 0 is the error before the first step (3.00000)")
    assert not only.disagrees


def test_a_limit_that_equals_the_mean_is_not_said_to_be_within_nothing():
    curves = {Rung.EXACT: curve_of([3, 2]), Rung.POPULATION: curve_of([3, 2 * (1 + 1e-14)], Rung.POPULATION)}
    text = about(say(curves), "population against the mean").text
    assert text == "The population law equals the exact mean at every step."


def test_m_that_was_not_given_is_said_to_be_infinite():
    setup = tc.Setup([1, 2], n=5)
    assumed = about(compare(setup, 3, assumed="-m").findings, "m = ∞").text
    assert "m = ∞ was assumed, as -m was not given" in assumed
    assert "simulation needs a finite m" in assumed
    assert assumed.endswith("pass -m.")
    stated = about(compare(setup, 3).findings, "m = ∞").text
    assert "assumed" not in stated
    assert "simulation needs a finite m" in stated


def test_at_infinity_nothing_disagrees():
    comparison = compare(tc.Setup([1, 2], n=5), 3, prompts=100)
    assert not [finding for finding in comparison.findings if finding.disagrees]
    assert "∞" in comparison.absent[Rung.SIMULATION]


def test_an_absent_exact_rung_is_replaced_by_the_simulated_mean():
    comparison = compare(tc.Setup([1, 2, 3], n=6, m=9), 70, prompts=200)
    assert "fewer steps" in comparison.absent[Rung.EXACT]
    finding = about(comparison.findings, "population against the mean")
    assert "the simulated mean" in finding.text
    assert comparison.k_star() is None


def test_matrices_that_do_not_commute_have_every_rung_but_the_bound():
    setup = tc.Setup([[1, "1/3"], ["1/3", "1/2"]], n=5, Sigma=[[4, 2], [2, 2]], m=2)
    comparison = compare(setup, 3, prompts=100)
    assert "Σ = Λ" in comparison.absent[Rung.BOUND]
    assert comparison.curves[Rung.PROPORTIONAL].values[1] > 0
    assert comparison.curves[Rung.EXACT].values[1] == pytest.approx(289722 / 14161, rel=1e-12)


def test_text():
    assert number(2.00785548) == "2.00786"
    assert number(1234567.0) == "1.23457e+06"
    assert number(100000.0) == "100000"
    assert number(float(3)) == "3.00000"
    assert spans([]) == ""
    assert times(1137.64, "smaller") == "1138 times smaller"
