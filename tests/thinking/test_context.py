"""The smallest training length: against all n by brute force, hand values, and the closed form."""

import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from theorycalc.error_curves import expected_error
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, MP
from theorycalc.model import Setup
from theorycalc.spectra import power_law
from theorycalc.thinking import context

smallest_context: Any = context.smallest_context  # its answers hold None where there is no number
MOST = 25
VALUES = st.builds(Fraction, st.integers(1, 9), st.integers(1, 9))


def brute(setup, k, error, *, rung, tied=False, most=MOST):
    for n in range(1, most + 1):
        at = setup.replace(n=n, m=n) if tied else setup.replace(n=n)
        if expected_error(at, k, rung=rung, field=EXACT).values[k] <= error:
            return n
    return None


@st.composite
def problems(draw, matched=None):
    d = draw(st.integers(1, 3))
    spectrum = st.lists(VALUES, min_size=d, max_size=d)
    same = draw(st.booleans()) if matched is None else matched
    return Setup(draw(spectrum), n=1, Sigma=None if same else draw(spectrum), m=draw(st.integers(1, 30)))


@settings(max_examples=25, deadline=None)
@given(problems(), st.integers(1, 3), VALUES, st.sampled_from(["population", "exact"]))
def test_every_n_by_brute_force(setup, k, error, rung):
    found, wanted = smallest_context(setup, k, error, rung=rung), brute(setup, k, error, rung=rung)
    if wanted is None:
        assert found.n is None or found.n > MOST
    else:
        assert found.n == wanted
    if found.n is None:
        assert found.floor_bound <= found.floor * (1 + 1e-12)
        tried = [expected_error(setup.replace(n=n), k, rung=rung).values[k] for n in (1, 2, 5, 20, 100, 10**6)]
        assert found.floor_bound <= min(tried) * (1 + 1e-9)
    elif found.n > 1:
        assert found.value <= float(error) * (1 + 1e-12)
        assert found.before > float(error) * (1 - 1e-12)
        assert found.n - 1 <= found.n_real <= found.n


@settings(max_examples=8, deadline=None)
@given(problems(matched=True), st.integers(1, 3), VALUES)
def test_test_prompts_as_long_as_training_prompts(setup, k, error):
    found, wanted = (
        smallest_context(setup, k, error, rung="exact", tie_m=True),
        brute(setup, k, error, rung="exact", tied=True),
    )
    assert found.n == wanted if wanted is not None else found.n is None or found.n > MOST


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_the_closed_form_is_sharp_for_isotropic_skills(k):
    found = smallest_context(Setup([3] * 4, n=1), k, "1/100")
    assert found.n == found.closed_form_n == math.ceil(found.closed_form)
    assert found.n_real == pytest.approx(max(1.0, found.closed_form), rel=1e-12)


@settings(max_examples=12, deadline=None)
@given(problems(matched=True), st.integers(1, 40), VALUES)
def test_the_closed_form_suffices_and_more_steps_need_no_more(setup, k, error):
    found = smallest_context(setup, k, error)
    assert found.n <= found.closed_form_n
    assert smallest_context(setup, k + 1, error).n <= found.n


def test_ties_are_decided_exactly():
    # Λ = 1, n = 3: E_1 = (2/(3 + 2))² = 4/25
    assert smallest_context(Setup([1], n=1), 1, "4/25").n == 3
    assert smallest_context(Setup([1], n=1), 1, Fraction(4, 25) - Fraction(1, 10**40)).n == 4
    # d = m = n = 1, one step: 2/3
    for field in (F64, EXACT, BALL(128), MP(20)):
        assert smallest_context(Setup([1], n=1, m=1), 1, "2/3", rung="exact", field=field).n == 1


def test_the_set_of_good_lengths_need_not_be_an_interval():
    # two skills far apart, a long and a short one: the error falls, rises and falls again as n grows
    setup = Setup([1, "1/1000"], n=1, m=4000)
    errors = [expected_error(setup.replace(n=n), 1).values[1] for n in (1, 100, 3000, 10**6)]
    assert errors[1] < errors[0]
    found = smallest_context(setup, 1, Fraction(errors[1]), rung="exact")
    assert found.n <= 100
    assert found.everywhere


def test_a_mismatched_problem_is_best_at_a_middle_length():
    # Λ = (1, 1/10), Σ = I: for large n the weak skill overthinks (OVT-02)
    setup = Setup([1, "1/10"], n=1, Sigma=[1, 1])
    errors = [expected_error(setup.replace(n=n), 4, rung="population", field=EXACT).values[4] for n in range(1, 50)]
    best = min(range(49), key=errors.__getitem__)
    assert smallest_context(setup, 4, errors[best]).n == best + 1
    missed = smallest_context(setup, 4, errors[best] * Fraction(99, 100))
    assert (missed.n, missed.floor_n, missed.reachable) == (None, best + 1, False)
    assert missed.floor == pytest.approx(float(errors[best]), rel=1e-12)
    assert "the least error over all n is" in missed.verdict
    with pytest.raises(OutsideRegime, match="No training length"):
        int(missed)


def test_unreachable_targets_say_what_is_reachable():
    missed = smallest_context(Setup(power_law(10, 0.5), n=1, m=15), 4, "1/100", rung="exact")
    tried = [expected_error(Setup(power_law(10, 0.5), n=n, m=15), 4).values[4] for n in range(1, 40)]
    assert missed.floor == pytest.approx(min(tried), rel=1e-9)
    assert missed.floor_n == 1 + tried.index(min(tried))
    assert missed.floor * (1 - 1e-4) <= missed.floor_bound <= missed.floor


def test_many_steps_and_small_targets():
    setup = Setup(power_law(50, 1), n=1)
    for k, error in ((10**6, "1e-3000"), (32, "1e-30"), (1, "1e-20")):
        found = smallest_context(setup, k, error)
        assert found.n <= found.closed_form_n
    assert smallest_context(Setup([1], n=1), 1, "1e-40").verdict.startswith("No n up to 1e+15 reaches")


def test_without_thinking_nothing_depends_on_n():
    assert smallest_context(Setup([1, 2], n=1), 0, 2).n == 1
    missed = smallest_context(Setup([1, 2], n=1), 0, "3/2")
    assert (missed.n, missed.floor) == (None, 2.0)


def test_the_bound_and_its_floor():
    setup = Setup([1, 1], n=1, m=10)  # Theorem 3.3: 2·9/n² + 2·3/10
    found = smallest_context(setup, 1, 1, rung="bound")
    assert found.n == math.ceil(math.sqrt(18 / 0.4))
    assert found.n_real == pytest.approx(math.sqrt(45))
    missed = smallest_context(setup, 1, "1/2", rung="bound")
    assert missed.floor == pytest.approx(0.6)
    assert missed.floor_n is None
    assert "no bound at this m" in smallest_context(setup, 2, 1, rung="bound").notes[0]


def test_mixtures_that_are_not_pooled_get_a_local_answer():
    tasks = tc.TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"], "per_prompt")
    setup = Setup(tasks, n=1, m=20)
    for rung in ("population", "exact"):
        found = smallest_context(setup, 2, "1/2", rung=rung)
        errors = [expected_error(setup.replace(n=n), 2, rung=rung).values[2] for n in range(1, 12)]
        assert (found.n, found.everywhere, found.closed_form) == (brute_first(errors, 0.5), False, None)


def brute_first(errors, target):
    return next(n for n, value in enumerate(errors, 1) if value <= target)


def test_a_local_answer_says_so():
    local = smallest_context(Setup(power_law(5, 1), n=1, m=50), 3, "1/2", rung="exact", everywhere=False)
    assert not local.everywhere
    assert "not examined" in local.uncertainty
    assert local.n == smallest_context(Setup(power_law(5, 1), n=1, m=50), 3, "1/2", rung="exact").n


def test_answers_are_plain_data():
    for rung in ("population", "exact"):
        found = smallest_context(Setup([1, "1/2"], n=1, m=5), 2, "9/10", rung=rung)
        text = json.dumps(found.to_dict(), allow_nan=False)
        assert json.loads(text)["n"] == found.n == int(found)
    assert "SmallestContext(n=" in repr(found)
    assert tc.smallest_context is smallest_context


@pytest.mark.parametrize("error", [0, -1, "zero", math.nan, None])
def test_targets_must_be_positive_numbers(error):
    with pytest.raises(InvalidSetup, match="error"):
        smallest_context(Setup([1], n=1), 1, error)


def test_questions_that_make_no_sense():
    with pytest.raises(OutsideRegime, match="tie_m"):
        smallest_context(Setup([1], n=1), 1, 1, tie_m=True)
    with pytest.raises(InvalidSetup, match="rung"):
        smallest_context(Setup([1], n=1), 1, 1, rung="best")
    with pytest.raises(OutsideRegime, match="everywhere=False"):
        smallest_context(Setup(power_law(50, 1), n=1, m=9), 30, 1, rung="exact")


def test_a_finite_m_that_plays_no_part_is_said():
    setup = Setup([1, "1/2"], n=5, m=40)
    note = "m = 40 is ignored"
    assert note in smallest_context(setup, 2, "1/10").notes[0]
    assert smallest_context(setup, 2, "1/10", rung="exact").notes == ()
    assert smallest_context(setup.replace(m=None), 2, "1/10").notes == ()


def test_a_target_beyond_the_float64_range_is_refused():
    setup = Setup([1, 2], n=5, m=10)
    for rung in ("population", "exact"):
        with pytest.raises(InvalidSetup, match="beyond the float64 range"):
            smallest_context(setup, 2, 10**400, rung=rung)
