"""The derivation: what it derives equals the closed form, and it depends on the Wick rule it is given."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycalc import notation
from theorycalc.exceptions import NotCertified
from theorycalc.fields import EXACT
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.derive import derive_gamma
from theorycalc.gamma.loss import loss_gradient, minimal_loss, population_loss
from theorycalc.model import Setup
from theorycalc.moments.pairings import free_samples, isserlis_weight

LAMBDA = [["2", "1/3", "0"], ["1/3", "1/2", "1/7"], ["0", "1/7", "1"]]
V = [["1", "-1/2", "2"], ["0", "1/3", "1"], ["5", "-1", "1/4"]]


def exact(rows):
    return EXACT.array(np.array(rows, dtype=object))


def values(expression, setup, c=1, **matrices):
    Gamma_inv = exact(gamma_matrix(setup, field=EXACT).Gamma_inv)
    known = {"Lambda": setup.Lambda.dense(EXACT), "Gamma_inv": Gamma_inv, **matrices}
    return expression.evaluate(known, {"n": setup.n, "c": EXACT.number(c)})


@given(st.integers(min_value=1, max_value=1000))
def test_derived_gamma_is_the_closed_form(n):
    setup = Setup(LAMBDA, n=n)
    assert (values(derive_gamma().Gamma, setup) == exact(gamma_matrix(setup, field=EXACT).Gamma)).all()


@settings(max_examples=20)
@given(st.integers(min_value=1, max_value=50), st.sampled_from(["1", "-2/3", "7"]))
def test_derived_loss_gradient_and_optimum_are_the_numeric_ones(n, c):
    setup, derivation = Setup(LAMBDA, n=n), derive_gamma()
    loss = values(derivation.loss, setup, c, V=exact(V))[0, 0]
    assert EXACT.public(loss) == population_loss(setup, V, c=c, field=EXACT)
    gradient = values(derivation.gradient, setup, c, V=exact(V))
    assert (gradient == exact(loss_gradient(setup, V, c=c, field=EXACT))).all()
    V_star = values(derivation.V_star, setup, c)
    assert (V_star == -exact(gamma_matrix(setup, field=EXACT).Gamma_inv) / EXACT.number(c)).all()
    assert not any(loss_gradient(setup, [[EXACT.public(x) for x in row] for row in V_star], c=c, field=EXACT).flat)
    assert EXACT.public(values(derivation.minimal_loss, setup, c)[0, 0]) == minimal_loss(setup, field=EXACT)


def test_the_sympy_gamma_is_the_closed_form():
    (step,) = [step for step in derive_gamma().steps if step.title == "Γ read off"]
    assert step.equation.lhs == notation.symbol("Gamma")
    Lambda = sp.ImmutableMatrix([[sp.Rational(x) for x in row] for row in LAMBDA])
    concrete = step.equation.rhs.subs({notation.symbol("n"): 5, notation.symbol("d"): 3})
    value = sp.ImmutableMatrix(concrete.subs(sp.MatrixSymbol("Lambda", 3, 3), Lambda).doit())
    by_field = gamma_matrix(Setup(LAMBDA, n=5), field=EXACT).Gamma
    assert [Fraction(int(x.p), int(x.q)) for x in value] == list(by_field.flat)


def test_steps_are_equations_with_reasons():
    derivation = derive_gamma()
    titles = [step.title for step in derivation.steps]
    assert titles[0] == "One attention step"
    assert titles[-1] == "Minimal loss"
    assert sum(title.startswith("Pairing") for title in titles) == 3
    for step in derivation.steps:
        assert isinstance(step.equation, sp.Equality)
        assert step.reason.endswith(".")
        assert step.title in str(step)
    assert notation.symbol("d") in derivation.steps[-1].equation.free_symbols  # d is symbolic
    with pytest.raises(dataclasses.FrozenInstanceError):
        derivation.steps = ()  # type: ignore[misc]
    assert derive_gamma() is derivation


def test_latex_is_balanced_and_ascii():
    text = derive_gamma().latex(document=True)
    assert text.isascii()
    assert text.count(r"\begin{align}") == text.count(r"\end{align}") == len(derive_gamma().steps)
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert text.replace(r"\$", "").count("$") % 2 == 0
    assert text.startswith(r"\documentclass")
    assert r"\Gamma &= " in derive_gamma().latex()


def doubled(pairing):
    """2/n instead of 1/n for the pairings across factors."""
    return Fraction(1 + (free_samples(pairing) < len(pairing))), isserlis_weight(pairing)[1]


def no_samples(pairing):
    """Every pairing counts 1: n is forgotten."""
    return Fraction(1), 0


def negative(pairing):
    """Pairings across factors enter with a minus sign."""
    crossing = free_samples(pairing) < len(pairing)
    return Fraction(-1 if crossing else 1), isserlis_weight(pairing)[1]


@pytest.mark.parametrize("rule", [doubled, no_samples])
def test_control_another_wick_rule_derives_another_gamma(rule):
    setup, wrong = Setup(LAMBDA, n=5), derive_gamma(weight=rule)
    truth = exact(gamma_matrix(setup, field=EXACT).Gamma)
    assert (values(derive_gamma().Gamma, setup) == truth).all()
    assert not (values(wrong.Gamma, setup) == truth).all()
    assert wrong.second_moment != derive_gamma().second_moment
    assert wrong.loss != derive_gamma().loss
    assert wrong.gradient != derive_gamma().gradient


def test_control_doubled_rule_doubles_the_ridge():
    Lambda = Setup(LAMBDA, n=5).Lambda.dense(EXACT)
    expected = Lambda * EXACT.number("7/5") + exact(np.eye(3, dtype=int)) * (np.trace(Lambda) * EXACT.number("2/5"))
    assert (values(derive_gamma(weight=doubled).Gamma, Setup(LAMBDA, n=5)) == expected).all()


def test_control_a_rule_without_positivity_breaks_the_uniqueness_argument():
    with pytest.raises(NotCertified, match="positive combination"):
        derive_gamma(weight=negative)
