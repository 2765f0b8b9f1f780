"""The statistical engine: budgets of false alarms and of false consent, power, any stopping time, heavy tails."""

import math
from fractions import Fraction

import numpy as np
import pytest

from proofs_check import bartlett
from proofs_check.engines import statistical
from proofs_check.evidence import Grade, Verdict
from theorycalc.model import Setup
from theorycalc.montecarlo.attention import attention_weights, chain_of_thought
from theorycalc.montecarlo.prompts import draw_prompts
from theorycalc.reference import expected_error

CONFIRMED, REFUTED, UNDECIDED = Verdict.CONFIRMED, Verdict.REFUTED, Verdict.UNDECIDED
SEEDS = 200
LOG_2 = math.log(2)
#: 200 tests at α = 1e-3 fail 0.2 times on average: three failures have a chance of 1e-3, if every bound is sharp.
FEW = 2


def batches(draw, size=1000, seed=0):
    """Batches of draw(generator, size)."""
    return lambda batch: draw(np.random.default_rng((seed, batch)), size)


def coin(generator, size):
    return (generator.random(size) < 0.3).astype(float)


def exponential(generator, size):
    return generator.exponential(size=size)


def lognormal(sigma):
    return lambda generator, size: generator.lognormal(sigma=sigma, size=size)


def cauchy(generator, size):
    return generator.standard_cauchy(size)


def coin_test(sampler, claimed=0.3, *, effect=0.04, **options):
    return statistical.bounded_mean(sampler, claimed, low=0, high=1, effect=effect, scope="coin", **options)


def exponential_test(sampler, claimed=1.0, *, effect=0.1, **options):
    return statistical.mean(sampler, claimed, variance=1.0, effect=effect, scope="exponential", **options)


def median_test(sampler, claimed=LOG_2, *, effect=0.05, **options):
    return statistical.quantile(sampler, claimed, level=0.5, effect=effect, scope="median", **options)


TESTS = [(coin_test, coin, 0.3, 0.04), (exponential_test, exponential, 1.0, 0.1)]


# ------------------------------------------------------------------ the two budgets


@pytest.mark.parametrize(("alpha", "most"), [(1e-3, FEW), (0.05, 20)])
@pytest.mark.parametrize("test", [coin_test, exponential_test, median_test])
def test_a_true_claim_is_seldom_refuted_though_every_twenty_draws_are_looked_at(test, alpha, most):
    draw = coin if test is coin_test else exponential
    found = [test(batches(draw, 20, seed), alpha=alpha, budget=1000).verdict for seed in range(SEEDS)]
    assert found.count(REFUTED) <= most


def test_a_z_test_looked_at_as_often_is_refuted_far_more_often_than_it_says():
    alarms = 0
    for seed in range(SEEDS):
        draws = np.concatenate([batches(coin, 20, seed)(batch) for batch in range(100)])
        count = np.arange(1, draws.size + 1)
        z = (np.cumsum(draws) / count - 0.3) / np.sqrt(0.21 / count)
        alarms += bool(np.any(np.abs(z[19::20]) > 2.576))  # "false alarm 1 %"
    assert alarms > 0.04 * SEEDS


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("test", "draw", "mean", "effect"), TESTS)
def test_a_claim_that_is_off_by_the_effect_is_seldom_consistent(test, draw, mean, effect, sign):
    found = [
        test(batches(draw, 200, seed), mean + sign * effect, effect=effect, alpha=1e-3, budget=4000).verdict
        for seed in range(SEEDS)
    ]
    assert found.count(CONFIRMED) <= FEW


@pytest.mark.parametrize("stake", [0.01, 0.3, 2.0, 50.0])
def test_the_factors_of_the_capital_have_mean_at_most_one(stake):
    u = stake * np.concatenate([-np.logspace(-6, 6, 400), np.logspace(-6, 6, 400)])
    assert np.all(statistical._catoni(u) <= np.log1p(u + u**2 / 2) + 1e-12)
    assert np.all(
        np.diff(statistical._catoni(np.sort(u))) > 0
    )  # so that capital won against a mean is won against less


# ------------------------------------------------------------------ power


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_mean_five_per_cent_off_is_refuted(factor):
    for draw, test in ((coin, coin_test), (exponential, exponential_test)):
        mean = 0.3 if draw is coin else 1.0
        right = test(batches(draw), mean, effect=0.03 * mean)
        wrong = test(batches(draw), factor * mean, effect=0.03 * mean)
        assert (right.verdict, wrong.verdict) == (CONFIRMED, REFUTED)
        assert right.grade is wrong.grade is Grade.STATISTICAL
        assert "e-value above 1e+06" in wrong.detail


def test_a_median_five_per_cent_of_the_prompts_off_is_refuted():
    assert median_test(batches(exponential)).verdict is CONFIRMED
    assert median_test(batches(exponential), 0.8).verdict is REFUTED
    ninth = statistical.quantile(batches(exponential), math.log(10), level=0.9, effect=0.02, scope="")
    assert ninth.verdict is CONFIRMED


def test_the_scope_tells_effect_draws_and_budget_in_two_digits():
    found = coin_test(batches(coin))
    assert found.scope == "coin; consistent: an offset of 0.04 (13 %) is excluded by 5,000 draws, α = 1e-06"
    assert found == coin_test(batches(coin))


def test_too_few_draws_are_undecided_and_the_budget_is_kept():
    asked: list[int] = []

    def sampler(batch):
        asked.append(batch)
        return batches(coin)(batch)

    found = coin_test(sampler, budget=1500)
    assert found.verdict is UNDECIDED
    assert found.detail == "too little power: 1,500 draws do not exclude an offset of 0.04 (13 %)"
    assert asked == [0, 1]


# ------------------------------------------------------------------ heavy tails


@pytest.mark.parametrize("draw", [cauchy, lognormal(4)], ids=["Cauchy", "lognormal"])
def test_a_mean_without_a_bound_on_the_variance_is_undecided(draw):
    found = statistical.mean(batches(draw), 1.0, variance=None, effect=0.1, scope="")
    assert found.verdict is UNDECIDED
    assert found.detail.startswith("heavy tail")


@pytest.mark.parametrize("claimed", [0.0, 0.5, 100.0])
@pytest.mark.parametrize("draw", [cauchy, lognormal(4)], ids=["Cauchy", "lognormal"])
def test_a_false_promise_about_a_heavy_tail_is_seen(draw, claimed):
    found = statistical.mean(batches(draw, 20_000), claimed, variance=1.0, effect=0.02, scope="")
    assert found.verdict is UNDECIDED
    assert found.detail.startswith("heavy tail: sample kurtosis")


def test_the_true_variance_of_a_heavy_tail_leaves_no_power():
    mean, variance = math.exp(8), math.exp(32) - math.exp(16)
    for claimed in (mean, 2 * mean):
        found = statistical.mean(batches(lognormal(4), 20_000), claimed, variance=variance, effect=mean / 20, scope="")
        assert found.verdict is UNDECIDED


def test_the_median_of_a_heavy_tail_is_decided():
    for draw, median in ((cauchy, 0.0), (lognormal(4), 1.0)):
        assert median_test(batches(draw), median).verdict is CONFIRMED
        assert median_test(batches(draw), median + 2).verdict is REFUTED


TRAP = Setup([1, Fraction(1, 4)], n=2, m=2)


def trap(seed, k=4, size=50_000):
    """One batch of ‖w_k − w*‖² from the layer."""
    drawn = draw_prompts(TRAP, size, seed=seed)
    w = chain_of_thought(drawn.X, drawn.y, attention_weights(TRAP), steps=k)
    return np.sum(np.square(w[:, k] - drawn.w_star), axis=1)


def test_the_trap_a_z_test_refutes_a_true_mean():
    """Theory section 11: at d = m = n = 2, k = 4 the exact mean 18.534 is far above what samples show."""
    mean, variance = bartlett.error_moments(TRAP, 4)
    assert round(float(mean), 3) == 18.534
    draws = trap(9)
    z = (draws.mean() - float(mean)) / (draws.std() / draws.size**0.5)
    assert z < -5
    assert statistical.kurtosis(draws) > statistical.KURTOSIS_LIMIT
    for bound in (None, float(variance), float(draws.var())):  # unknown, exact, and what the z-test believes
        found = statistical.mean(trap, float(mean), variance=bound, effect=0.5, scope="", budget=100_000)
        assert found.verdict is UNDECIDED
        fooled = statistical.mean(lambda _: draws, float(mean), variance=bound, effect=0.5, scope="", budget=50_000)
        assert fooled.verdict is UNDECIDED


# ------------------------------------------------------------------ what cannot be asked


@pytest.mark.parametrize("batch", [np.array([0.5, 1.5]), np.array([np.nan]), np.array([]), np.zeros((2, 2))])
def test_bad_draws_are_errors_and_not_verdicts(batch):
    with pytest.raises(ValueError, match=r"outside|finite"):
        coin_test(lambda _: batch)


def test_bad_designs_are_errors():
    for options in ({"effect": 0.0}, {"effect": -1.0}):
        with pytest.raises(ValueError, match="effect"):
            coin_test(batches(coin), **options)
        with pytest.raises(ValueError, match="effect"):
            exponential_test(batches(exponential), **options)
    with pytest.raises(ValueError, match="variance"):
        statistical.mean(batches(exponential), 1.0, variance=math.inf, effect=0.1, scope="")


def test_a_claim_outside_the_range_is_refuted_and_one_at_its_end_is_tested():
    assert coin_test(batches(coin), 1.2).verdict is REFUTED
    assert coin_test(batches(coin), 0.0).verdict is REFUTED
    assert coin_test(lambda _: np.zeros(1000), 0.0).verdict is CONFIRMED
    assert coin_test(lambda _: np.zeros(1000), 1.0).verdict is REFUTED


# ------------------------------------------------------------------ Bartlett's moments


@pytest.mark.parametrize(("m", "k"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_bartlett_means_are_the_reference(m, k):
    setup = Setup([2, Fraction(1, 3)], n=3, Sigma=[1, Fraction(3, 2)], m=m)
    assert bartlett.error_moments(setup, k)[0] == expected_error(setup, k).values[k]


def test_bartlett_variance_is_that_of_draws():
    setup = Setup([1, Fraction(1, 4)], n=2, m=6)
    mean, variance = (float(x) for x in bartlett.error_moments(setup, 1))
    drawn = draw_prompts(setup, 100_000, seed=0)
    w = chain_of_thought(drawn.X, drawn.y, attention_weights(setup), steps=1)
    errors = np.sum(np.square(w[:, 1] - drawn.w_star), axis=1)
    assert abs(errors.mean() / mean - 1) < 0.03
    assert abs(errors.var() / variance - 1) < 0.1
