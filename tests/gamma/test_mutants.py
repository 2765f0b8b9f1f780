"""Statements about Γ that only a wrong sign, index or word in the derivation would break."""

from fractions import Fraction

import pytest

from theorycalc.fields import Ball
from theorycalc.gamma import closed_form
from theorycalc.gamma.derive import _is_positive, derive_gamma
from theorycalc.moments.words import letter, scalar

#: Title of each step, and its equation as it reads by hand (theory section 3).
DERIVATION = {
    "One attention step": "Eq(w_hat, (-c)*V*S_n*w_star + c*V*S_n*w_0 + w_0)",
    "Error without chain of thought": "Eq(w_hat - w_star, (-c)*V*S_n*w_star - w_star)",
    "Population loss": "Eq(L, E[c**2*Trace(V*S_n*w_star*w_star.T*S_n*V.T)/2 + c*Trace(V*S_n*w_star*w_star.T)"
    " + Trace(w_star*w_star.T)/2])",
    "Mean over tasks": "Eq(L, E[c**2*Trace(V*S_n*S_n*V.T)/2 + c*Trace(V*S_n) + d/2])",
    "First moment": "Eq(E[S_n], Lambda)",
    "Pairing (12)(34) of the four slots of S_n S_n": "Eq(E(12)(34)[S_n*S_n], Lambda*Lambda)",
    "Pairing (13)(24) of the four slots of S_n S_n": "Eq(E(13)(24)[S_n*S_n], 1/n*Lambda*Lambda)",
    "Pairing (14)(23) of the four slots of S_n S_n": "Eq(E(14)(23)[S_n*S_n], (Trace(Lambda)/n)*Lambda)",
    "Second moment": "Eq(E[S_n*S_n], (Trace(Lambda)/n)*Lambda + (1 + 1/n)*Lambda*Lambda)",
    "Γ read off": "Eq(Gamma, (Trace(Lambda)/n)*I + (1 + 1/n)*Lambda)",
    "Loss in closed form": "Eq(L, c**2*Trace(V*Gamma*Lambda*V.T)/2 + c*Trace(V*Lambda) + d/2)",
    "Gradient": "Eq(L_gradient, c**2*V*Gamma*Lambda + c*Lambda)",
    "Stationary point": "Eq(V_star, (-1/c)*Gamma**(-1))",
    "Check": "Eq(L_gradient_star, 0)",
    "Excess loss": "Eq(L_excess, c**2*Trace(H*Gamma*Lambda*H.T)/2)",
    "Uniqueness": "Eq(Lambda*Gamma, (Trace(Lambda)/n)*Lambda + (1 + 1/n)*Lambda*Lambda)",
    "Minimal loss": "Eq(L_star, d/2 - Trace(Gamma**(-1)*Lambda)/2)",
}


@pytest.fixture(scope="module")
def steps():
    return {step.title: step for step in derive_gamma().steps}


def test_every_equation_of_the_derivation(steps):
    assert {title: str(step.equation) for title, step in steps.items()} == DERIVATION


@pytest.mark.parametrize(
    ("pairing", "words"),
    [
        ("(12)(34)", "Pairs inside each factor leave two free sample indices"),
        ("(13)(24)", "Pairs across the two factors leave one free sample index"),
        ("(14)(23)", "Pairs across the two factors leave one free sample index"),
    ],
)
def test_what_is_said_of_a_pairing_is_what_it_is(steps, pairing, words):
    assert steps[f"Pairing {pairing} of the four slots of S_n S_n"].reason.startswith(words)


@pytest.mark.parametrize(
    ("expression", "positive"),
    [
        (lambda Lambda, B: Lambda * Lambda + scalar("n", -1) * Lambda.trace() * Lambda, True),
        (lambda Lambda, B: Lambda - Lambda * Lambda, False),
        (lambda Lambda, B: Lambda * B, False),
        (lambda Lambda, B: (Lambda * B).trace() * Lambda, False),
        (lambda Lambda, B: Lambda - Lambda, False),
    ],
)
def test_positive_means_positive_powers_and_traces_of_Lambda_alone(expression, positive):
    Lambda, B = letter("Lambda", symmetric=True), letter("B", symmetric=True)
    assert _is_positive(expression(Lambda, B)) is positive


def test_the_magnitude_of_a_ball_is_its_farthest_point():
    assert closed_form._magnitude(Ball(Fraction(-1, 4), Fraction(1, 2))) == Fraction(3, 4)
    assert closed_form._magnitude(Fraction(-2)) == 2
