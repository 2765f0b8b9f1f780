"""Costs, and the cheapest pair: against all pairs by brute force."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import power_law
from theorycalc.thinking import cheapest as module
from theorycalc.thinking.context import smallest_context
from theorycalc.thinking.cost import thinking_flops, training_tokens
from theorycalc.thinking.steps import smallest_steps

cheapest: Any = module.cheapest  # its answers hold None where there is no number
VALUES = st.builds(Fraction, st.integers(1, 9), st.integers(1, 9))


def brute(setup, error, context, step, most, **options):
    pairs = [(k, smallest_context(setup, k, error, **options).n) for k in range(1, most + 1)]
    return min((context * (n + 1) + step * k, k, n) for k, n in pairs if n is not None)


@settings(max_examples=12, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=3), VALUES, VALUES, VALUES)
def test_all_pairs_on_long_prompts(spectrum, share, context, step):
    setup, error = Setup(spectrum, n=1), len(spectrum) * share / 30
    found = cheapest(setup, error, price_context=context, price_step=step)
    assert found.proved
    assert (found.cost, found.k, found.n) == brute(setup, error, context, step, max(found.k + 3, 12))


@settings(max_examples=8, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=2), st.lists(VALUES, min_size=2, max_size=2), VALUES)
def test_all_pairs_with_a_skill_gap(spectrum, other, step):
    setup = Setup(spectrum, n=1, Sigma=other)
    found = cheapest(setup, "1/2", price_context=1, price_step=step, most_steps=10)
    if found.cost is None:
        assert not found.proved
        assert "no k up to 10" in found.verdict
    else:
        assert (found.cost, found.k, found.n) == brute(setup, "1/2", 1, step, found.examined)


def test_at_finite_m_larger_k_are_excluded_by_long_prompts():
    setup = Setup(power_law(4, 0.5), n=1, m=100)
    found = cheapest(setup, "1/10", price_context=1, price_step=4, rung="exact", most_steps=5)
    assert found.proved
    assert (found.cost, found.k, found.n) == brute(setup, "1/10", 1, 4, 5, rung="exact")
    open_ = cheapest(setup, "1/10", price_context=1, price_step="1/10", rung="exact", most_steps=3)
    assert not open_.proved
    assert "(of k up to 3)" in open_.verdict


def test_cheap_steps_and_cheap_context():
    setup = Setup(power_law(50, 1), n=1)
    thought = cheapest(setup, "1/10", price_context=1, price_step="1/1000000")
    assert thought.n == 1
    assert thought.k == smallest_steps(setup, "1/10").k  # at n = 1
    assert cheapest(setup, "1/10", price_context="1/1000000", price_step=1).k == 1
    assert isinstance(cheapest(setup, "1/10", price_context=0.5, price_step=1).cost, float)


def test_mixtures_that_are_not_pooled_are_scanned():
    setup = Setup(TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"], "per_prompt"), n=1)
    found = cheapest(setup, "1/4", price_context=1, price_step=1, most_steps=6)
    assert (found.cost, found.k, found.n) == brute(setup, "1/4", 1, 1, 6)


def test_words_and_data():
    found = cheapest(Setup([1, 1], n=1), "1/2", price_context=1, price_step="1/2")
    assert found.verdict == (
        "Cheapest for an error of 1/2 on rung population: n = 1 and 3 steps, at 7/2, 22 % less than with one step."
    )
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["cost"] == "7/2"
    assert repr(found).startswith("Cheapest(n=1, k=3, cost=7/2")


def test_counts_of_operations():
    assert training_tokens(20, prompts=1000) == 21_000
    d, m = 3, 4
    assert thinking_flops(d, m, 2) == 2 * (4 * d * m + 2 * d * d)
    assert thinking_flops(d, m, 2, method="gram") == 2 * d * d * m + 2 * d * m + 8 * d * d
    D = 2 * d + 2
    for k in range(4):
        layers = sum(4 * D * D * L + 4 * D * L * L for L in range(m + 1, m + 1 + k))
        assert thinking_flops(d, m, k, method="attention") == layers
        assert thinking_flops(d, m, k, method="gram") == (0 if k == 0 else 2 * d * d * m + 2 * d * m + 4 * k * d * d)


def test_refusals():
    for prices in ({"price_context": 0, "price_step": 1}, {"price_context": 1, "price_step": -1}):
        with pytest.raises(InvalidSetup, match="price_"):
            cheapest(Setup([1], n=1), 1, **prices)
    with pytest.raises(OutsideRegime, match="expansion"):
        cheapest(Setup([1], n=1, m=9), 1, price_context=1, price_step=1, rung="expansion")
    with pytest.raises(InvalidSetup, match="method"):
        thinking_flops(1, 1, 1, method="magic")
    with pytest.raises(InvalidSetup, match="prompts"):
        training_tokens(1, prompts=0)
