"""The verdict: hand values, exact decisions, mean and typical told apart, words, forms, refusals."""

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, Ball, as_fraction

ask: Any = tc.overthinking  # fields that may be None are not None here
GAP = tc.Setup([1, "1/10"], n=4, Sigma=[1, 1])
THEORY = tc.Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=7)  # of theory section 5


def test_by_hand():
    verdict = ask(GAP)
    assert (verdict.threshold, verdict.overthinks, verdict.k_star) == (Fraction(5, 2), True, 0)
    weak = verdict.directions[1]
    assert (weak.sigma, weak.gamma, weak.ratio, weak.factor, weak.weight) == (
        1,
        Fraction(2, 5),
        Fraction(5, 2),
        Fraction(-3, 2),
        1,
    )
    assert [str(x) for x in verdict.directions.fates] == ["converging", "overthinking"]
    assert verdict.responsible.tolist() == [1]
    assert verdict.cure.total == Fraction(1, 15)
    assert verdict.training.longest == 3
    assert verdict.shape == "is smallest at the start, and grows without bound"
    critical = ask(GAP.replace(n=3))
    assert critical.threshold == 2
    assert not critical.overthinks
    assert critical.k_star == math.inf
    assert "critical directions" in critical.shape
    assert ask(GAP.replace(n=2)).shape == "falls in every step, to 0"


def test_the_u_shape():
    verdict = ask(tc.Setup([1] * 9 + ["1/8"], n=40, Sigma=[1] * 9 + ["3/4"]))
    values = tc.expected_error(verdict.setup, 30, rung="population", field=EXACT).values
    assert verdict.overthinks
    assert values[verdict.k_star] == min(values)
    assert verdict.shape == f"falls until k* = {verdict.k_star}, then rises without bound: a U"
    assert 0 < verdict.k_star < 30


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.fractions(Fraction(1, 20), 9, max_denominator=20), min_size=1, max_size=4),
    st.lists(st.fractions(Fraction(1, 20), 30, max_denominator=20), min_size=4, max_size=4),
    st.integers(1, 60),
    st.fractions(Fraction(1, 9), 9, max_denominator=9),
)
def test_scale_and_order_do_not_matter(lam, sigma, n, scale):
    base = tc.Setup(lam, n=n, Sigma=sigma[: len(lam)])
    other = tc.Setup([scale * x for x in lam[::-1]], n=n, Sigma=[scale * x for x in sigma[: len(lam)][::-1]])
    one, two = (ask(setup, steps=0) for setup in (base, other))
    assert (one.threshold, one.overthinks, one.k_star) == (two.threshold, two.overthinks, two.k_star)
    assert one.directions.fates == two.directions.fates[::-1]
    assert one.cure.total * scale == two.cure.total
    assert one.training.longest == two.training.longest
    floats = ask(base, steps=0, field=tc.F64)
    assert floats.threshold == pytest.approx(float(one.threshold), rel=FEW_OPERATIONS)
    assert (floats.overthinks, floats.k_star) == (one.overthinks, one.k_star)
    balls = ask(base, steps=0, field=BALL(80))
    assert one.threshold in balls.threshold


def test_matrices_are_enclosed():
    U = np.array([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]], dtype=object)
    turned = tc.Setup(U @ np.diag(GAP.Lambda.entries) @ U.T, n=4, Sigma=U @ np.diag([Fraction(1), Fraction(1)]) @ U.T)
    verdict = ask(turned, field=BALL(200))
    assert Fraction(5, 2) in verdict.threshold
    assert verdict.threshold.rad < Fraction(1, 2**190)
    assert [str(x) for x in verdict.directions.fates] == ["overthinking", "converging"]
    worst = verdict.directions[0]
    assert isinstance(worst.factor, Ball)
    assert Fraction(-3, 2) in worst.factor
    assert abs(worst.vector @ np.array([-0.8, 0.6])) == pytest.approx(1, rel=FEW_OPERATIONS)
    assert (worst.sigma, worst.gamma) == (pytest.approx(1), pytest.approx(0.4))
    assert worst.weight == pytest.approx(1)
    exactly = ask(turned.replace(n=3))
    assert [str(x) for x in exactly.directions.fates] == ["critical", "converging"]
    assert not exactly.overthinks


def test_mean_and_typical_are_told_apart():
    verdict = ask(THEORY)
    assert not verdict.overthinks
    assert verdict.k_star == math.inf
    assert verdict.mean_k_star == 4  # quoted in theory section 5
    assert verdict.mean.for_all_steps
    assert not verdict.typical.overthinks
    assert verdict.proportional_k_star == verdict.typical.examined
    short = ask(tc.Setup(tc.power_law(20, 1), n=50, m=20))
    assert not short.overthinks
    assert short.typical.overthinks
    assert short.proportional_k_star < short.typical.examined
    assert short.mean.for_all_steps


def test_the_range_of_the_mean_is_said():
    """At m = 10⁴ the mean turns far beyond what is examined."""
    verdict = ask(tc.Setup([1, 2], n=10, m=10**4), steps=4)
    assert verdict.mean_k_star == 4 == verdict.mean.examined
    assert not verdict.mean.for_all_steps
    assert any("last step examined, k = 4" in text for text in verdict.sentences)
    assert ask(THEORY, steps=0).mean is None


@pytest.mark.parametrize("noise", [0, 1])
def test_mean_of_one_dimension(noise):
    """d = m = 1, n = 10: the mean rises from the first step on (OVT-05); noise leaves the later steps unproved."""
    verdict = ask(tc.Setup([1], n=10, m=1, noise_var=noise))
    assert verdict.mean_k_star == 0
    assert verdict.mean.for_all_steps is (noise == 0)


def test_mean_of_matrices_that_do_not_commute():
    setup = tc.Setup([[1, "1/3"], ["1/3", "1/2"]], n=5, Sigma=[["4/5", "2/5"], ["2/5", "2/5"]], m=6)
    verdict = ask(setup)
    values = tc.expected_error(setup, 6, field=EXACT).values
    assert verdict.mean_k_star == int(np.argmin([float(x) for x in values]))
    assert verdict.mean.for_all_steps
    assert not verdict.typical.overthinks
    assert verdict.typical.upper_edge > float(verdict.threshold)


def test_an_edge_at_two():
    """Λ = λI, d = n = m: λ₊ = 2 − 2/(2m + 1) (SAF-03); with Σ scaled so that λ₊ = 2 exactly it does not exceed 2."""
    d = 4
    setup = tc.Setup([1] * d, n=d, m=d, Sigma=[Fraction(9, 8)] * d)  # γ = 9/4, c = 1/2, λ₊ = 4c
    verdict = ask(setup, steps=2)
    assert verdict.typical.upper_edge == pytest.approx(2, rel=FEW_OPERATIONS)
    assert not verdict.typical.overthinks


def test_shares():
    directions = ask(GAP).directions
    assert directions.shares(0).tolist() == [0.5, 0.5]
    first = (Fraction(21, 61) ** 2, Fraction(9, 4))
    assert directions.shares(1)[1] == pytest.approx(float(first[1] / sum(first)), rel=FEW_OPERATIONS)
    assert directions.shares(10**6)[1] == 1
    solved = ask(tc.Setup([1, 1], n=2, Sigma=["5/2", "5/2"])).directions
    assert solved.shares(3).tolist() == [0, 0]


def test_a_direction_without_error():
    verdict = ask(GAP.replace(Omega=[1, 0]))
    assert not verdict.overthinks
    assert verdict.k_star == math.inf
    assert verdict.cure.needed
    assert "no error is put there" in verdict.sentences[0]
    assert ask(GAP.replace(Omega=[1, 0], w_0=[0, 1])).overthinks
    nothing = ask(GAP.replace(Omega=[0, 0]))
    assert (nothing.k_star, nothing.shape) == (0, "is 0 from the start")


def test_forms():
    for setup in (GAP, THEORY, tc.Setup([[2, "1/4"], ["1/4", "1/10"]], n=30, Sigma=[["1/2", 0], [0, 1]], m=9)):
        verdict = ask(setup, steps=4)
        data = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
        assert data["overthinks"] is verdict.overthinks
        assert ask(tc.Setup(**data["setup"]), steps=4).sentences == verdict.sentences
        header, *rows = verdict.to_csv().splitlines()
        assert header == "direction,sigma,gamma,ratio,weight,fate"
        assert len(rows) == setup.d
        assert repr(verdict).startswith(f"Overthinking({verdict.overthinks}, threshold=")
        assert all(text.endswith(".") for text in verdict.sentences)
    assert data["setup"]["m"] == 9


def test_many_directions():
    Sigma = np.full(5_000, 0.2)
    Sigma[-5:] = 0.5
    verdict = ask(tc.Setup(1 / np.arange(1, 5_001), n=50, Sigma=Sigma), steps=0)
    assert verdict.responsible.tolist() == [4999, 4998, 4997, 4996, 4995]
    assert verdict.overthinks
    assert verdict.k_star > 0
    assert as_fraction(verdict.threshold) > 2
    assert not ask(tc.overthinking_cure(verdict.setup).cured(), steps=0).threshold > 2 * (1 + FEW_OPERATIONS)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ask([1]), InvalidSetup, "setup = [1]"),
        (lambda: ask(GAP, steps=-1), InvalidSetup, "steps = -1"),
        (lambda: ask(GAP, metric="x"), InvalidSetup, "metric = 'x'"),
        (lambda: ask(GAP, field="F64"), InvalidSetup, "not a number field"),
        (lambda: ask(tc.Setup(np.eye(401) + 0.1, n=2)), OutsideRegime, "stop at d = 400"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


EXTREME = {
    "tiny and huge": tc.Setup([1, 1], n=10**12, Sigma=[Fraction(1, 10**150), 10**150], m=10**12),
    "huge ratio": tc.Setup(["1/3"], n=1, Sigma=[10**300], m=3),
    "beyond float64": tc.Setup([1, 1], n=2, Sigma=[Fraction(10) ** 400, 1]),
    "one step of a million": tc.Setup([1, 2], n=5, m=10**15),
}


@pytest.mark.parametrize("name", EXTREME)
def test_every_scale(name):
    setup = EXTREME[name]
    verdict = ask(setup, steps=2)
    assert verdict.overthinks == any(float(x) > 2 for x in map(as_log, verdict.directions.ratio))
    assert all(verdict.sentences)
    assert repr(verdict)
    assert json.dumps(verdict.to_dict(), allow_nan=False)
    probability = tc.overthinking_probability(setup)
    assert 0 <= probability.lower <= probability.upper <= 1


def as_log(ratio):
    """σ/γ, or 3 where it does not fit float64."""
    return 3 if ratio > 10**300 else ratio
