"""Users state and check theorems of their own: true ones pass, false ones return the smallest counterexample."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import proofs_check
import theorycalc as tc
from proofs_check import (
    ClaimFailed,
    Domain,
    InvalidClaim,
    Source,
    Verdict,
    authoring,
    check,
    check_claim,
    claim,
    strategies,
)
from proofs_check.engines import certificate

STATED: dict[str, Any] = {"kind": "upper", "title": "toy", "statement": "s", "source": Source("here"), "origin": "ours"}


def stated(formula=lambda x: x * x, **changes):
    return claim("OWN-01", **STATED | changes)(formula)


def test_the_decorated_formula_still_computes():
    square = stated()
    assert square(3) == 9
    assert isinstance(square, authoring.Statement)


def test_a_true_theorem_with_proof_and_samples_is_settled():
    double = stated(lambda x: 2 * x)

    @check(double, over=st.integers(0, 50), controls={"x/2": lambda x: Fraction(x, 2)})
    def is_no_smaller(formula, x):
        return formula(x) >= x

    @check(double, controls={"x/2": lambda x: x / 2})
    def for_every_x(formula):
        return certificate.nonnegative(lambda x: formula(x) - x, Domain(("x",)), scope="every x > 0")

    found = check_claim(double, settled=True)
    assert found.settled
    assert [item.name for item in found.checks] == ["is no smaller", "for every x"]


def test_a_false_conjecture_returns_its_smallest_counterexample():
    guess = stated(origin="conjecture")

    @check(guess, over=st.integers(0, 10**6), controls={"x − 1": lambda x: x - 1})
    def stays_below(formula, x):
        return formula(x) <= 1000 or x < 0

    with pytest.raises(ClaimFailed, match=r"OWN-01 toy: REFUTED\n(.*\n)*stays below: REFUTED: fails at 32"):
        check_claim(guess)


def test_a_control_that_survives_fails_the_claim():
    weak = stated(lambda x: x)

    @check(weak, over=st.integers(0, 9), controls={"x + 1": lambda x: x + 1})
    def anything_goes(formula, x):
        return formula(x) >= 0

    with pytest.raises(ClaimFailed, match=r"control 'x \+ 1' was CONFIRMED \(.*\), must be REFUTED"):
        check_claim(weak)


def test_samples_pass_but_do_not_settle():
    sampled = stated(lambda x: x)

    @check(sampled, over=st.integers(0, 9), controls={"−x": lambda x: -x})
    def is_x(formula, x):
        return formula(x) == x

    assert not check_claim(sampled).settled
    with pytest.raises(ClaimFailed, match="NOT PROVED"):
        check_claim(sampled, settled=True)


def test_a_witness_is_a_proof_of_existence():
    found = claim("OWN-02", **STATED | {"kind": "existence"})(Fraction(3, 2))

    @check(found, controls={"2": Fraction(2)})
    def is_no_integer(value):
        return value.denominator > 1

    assert check_claim(found, settled=True).grade is not None


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (lambda: stated(kind="lemma"), "kind = 'lemma': use one of identity, upper"),
        (lambda: stated(origin="guess"), "origin = 'guess': use one of cited"),
        (lambda: check(stated(), controls={})(lambda formula: True), "has no control"),
        (lambda: check(stated(), controls={"c": 1}, tier="slow")(lambda formula: True), "tier = 'slow': use one of"),
        (lambda: check_claim(stated()), "OWN-01 has no check"),
        (lambda: check_claim(claim("own", **STATED)(1)), "three capitals"),
    ],
)
def test_refusals(wrong, problem):
    with pytest.raises(InvalidClaim, match=problem):
        wrong()


def test_a_theorem_about_the_calculator():
    @claim("OWN-03", **STATED | {"kind": "identity"})
    def at_rest(setup):
        return setup.d

    @check(at_rest, over=strategies.training_setups(3), controls={"d + 1": lambda setup: setup.d + 1}, instances=20)
    def prior_risk(formula, setup):
        return tc.expected_error(setup, 0, field=tc.EXACT).values[0] == formula(setup)

    assert check_claim(at_rest).checks[0].evidence.scope.endswith("20 exact instances")


def test_every_public_name_is_there():
    for name in proofs_check.__all__:
        assert getattr(proofs_check, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lemma'"):
        proofs_check.lemma  # noqa: B018


def test_the_guide_says_what_runs():
    guide = (Path(__file__).resolve().parents[2] / "docs" / "your_own_theorem.md").read_text(encoding="utf-8")
    first, second, third = (block.split("```")[0] for block in guide.split("```python\n")[1:])
    names: dict[str, Any] = {}
    exec(first + second, names)
    names["test_prior_risk"]()
    assert check_claim(names["hardness"]).passed
    for statement in third.split("\n# "):
        *before, last = statement.strip().splitlines()
        lines = [line for line in before if not line.startswith(("#", "every", "the same", "matrices"))]
        exec("\n".join(lines), names)
        if last.startswith(("certificate.", "smt.", "symbolic.")):
            assert eval(last, names).verdict is Verdict.CONFIRMED, last
        else:
            exec(last, names)
    for name in re.findall(r"`(\w+)\((?:d|max_d|high|low|\[|\))", guide):
        assert hasattr(strategies, name), name
