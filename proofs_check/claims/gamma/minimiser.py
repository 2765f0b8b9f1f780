"""Γ and the loss it minimises (theory section 3)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.claims.moments.second_order import LAMBDA, WRONG_GAMMA, S
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Matrix, rationals, squares, training_setups
from theorycalc import reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import closed_form, derive, loss
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import Letter, WordSum, letter, scalar

V, H = letter("V"), letter("H")
GAMMA, GAMMA_INV = letter("Gamma", symmetric=True), letter("Gamma_inv", symmetric=True)
C = scalar("c")
_HALF = Fraction(1, 2)
_ONE = scalar("c", 0)
_INVERSE_PAIRS = tuple(
    (Letter(a, symmetric=True), Letter(b, symmetric=True)) for a, b in (("Gamma", "Gamma_inv"), ("Gamma_inv", "Gamma"))
)


def _cancelled(expression: WordSum) -> WordSum:
    """Use Γ Γ⁻¹ = Γ⁻¹ Γ = I."""
    for pair in _INVERSE_PAIRS:
        expression = expression.replace_product(pair, _ONE)
    return expression


def _loss_of_samples(weights: WordSum) -> WordSum:
    """Return ½ ‖I + c V S‖_F², whose mean over prompts is L(V)."""
    residual = _ONE + C * weights * S
    return _HALF * (residual * residual.T).trace()


def _mean_loss(weights: WordSum) -> WordSum:
    return pairings.expected_word(_loss_of_samples(weights))


# ------------------------------------------------------------------------------------------------ GAM-01


def _stationary(Gamma: WordSum) -> list[tuple[WordSum, WordSum]]:
    """Γ ∇L(V) = 0 at V = −Γ⁻¹/c: for invertible Γ the same as ∇L(V) = 0."""
    gradient = _mean_loss(V).gradient("V").substitute("V", -scalar("c", -1) * GAMMA_INV)
    return [(_cancelled(GAMMA * gradient).substitute("Gamma", Gamma), WordSum({}))]


def _excess(Gamma: WordSum) -> list[tuple[WordSum, WordSum]]:
    """L(V + H) − L(V) − tr(∇L(V)ᵀ H) = ½ c² tr(H ΛΓ Hᵀ), with ΛΓ a positive combination of powers of Λ."""
    change = _mean_loss(V + H) - _mean_loss(V) - (_mean_loss(V).gradient("V").T * H).trace()
    quadratic = _HALF * scalar("c", 2) * (H * LAMBDA * Gamma * H.T).trace()
    return [(change, quadratic), (_positive_part(LAMBDA * Gamma), LAMBDA * Gamma)]


def _positive_part(expression: WordSum) -> WordSum:
    """Keep the terms that are positive definite for Λ ≻ 0: coefficient > 0, letters Λ alone, word not empty."""
    return WordSum(
        {
            key: value
            for key, value in expression.terms.items()
            if value > 0
            and key.word
            and all(name == "n" for name, _ in key.scalars)
            and all(item.name == "Lambda" for word in (key.word, *key.traces) for item in word)
        }
    )


def _closed(setup: Setup) -> Array:
    return closed_form.gamma_matrix(setup, field=EXACT).Gamma


def _variant(own: Callable[[int], Fraction], ridge: Callable[[Setup], Fraction]) -> Callable[[Setup], Array]:
    """Return the formula own(n) Λ + ridge(setup) · tr Λ · I."""

    def formula(setup: Setup) -> Array:
        rows = np.vectorize(EXACT.public, otypes=[object])(setup.Lambda.dense(EXACT))
        return np.asarray(own(setup.n) * rows + ridge(setup) * np.trace(rows) * np.eye(setup.d, dtype=int))

    return formula


_MINIMISER = Claim(
    id="GAM-01",
    kind=Kind.IDENTITY,
    title="Γ minimises the population loss",
    statement=r"L(V) = \tfrac12\,\mathbb{E}\lVert I + c V S \rVert_F^2 \text{ has the unique minimiser }"
    r" V_* = -\Gamma^{-1}/c, \quad \Gamma = \left(1 + \tfrac1n\right)\Lambda + \tfrac{\operatorname{tr}\Lambda}{n} I",
    source=Source("arXiv:2510.03605", "Theorem 3.1", Known.SECONDARY, note="theory section 3; derived anew"),
    origin=Origin.DERIVED,
    assumes=("ŵ₀ = 0, w* ~ N(0, I)", "W₁₃ = c I, W₂₄ = −c with c ≠ 0, all blocks but V₃₁ zero", "Λ ≻ 0"),
    uses=("MOM-01",),
    checks=(
        by_words(
            "the gradient vanishes at −Γ⁻¹/c, by word algebra",
            part="stationary",
            formula=lambda: derive.derive_gamma().Gamma,
            controls=WRONG_GAMMA,
            sides=_stationary,
            scope="every d, n, c and symmetric Λ with Γ invertible",
        ),
        by_words(
            "the excess loss is ½ c² tr(H ΛΓ Hᵀ) with ΛΓ ≻ 0, by word algebra",
            part="unique",
            formula=lambda: derive.derive_gamma().Gamma,
            controls=WRONG_GAMMA,
            sides=_excess,
            scope="every d, n, c ≠ 0 and Λ ≻ 0",
        ),
        by_samples(
            "gamma_matrix against E[S]⁻¹E[S²] by listed pairings",
            part="stationary",
            formula=_closed,
            controls={
                "factor 2 on tr Λ": _variant(lambda n: 1 + Fraction(1, n), lambda s: Fraction(2, s.n)),
                "1/(n + 1) for 1/n": _variant(lambda n: 1 + Fraction(1, n + 1), lambda s: Fraction(1, s.n + 1)),
                "Λ/n forgotten": _variant(lambda n: Fraction(1), lambda s: Fraction(1, s.n)),
                "1 − 1/n": _variant(lambda n: 1 - Fraction(1, n), lambda s: Fraction(1, s.n)),
                "tr Λ/(n d)": _variant(lambda n: 1 + Fraction(1, n), lambda s: Fraction(1, s.n * s.d)),
                "no ridge": _variant(lambda n: 1 + Fraction(1, n), lambda s: Fraction(0)),
            },
            over=training_setups(4),
            holds=lambda formula, setup: bool((formula(setup) == reference.gamma_matrix(setup).Gamma).all()),
            scope="d ≤ 4, n ≤ 10⁴, spectra and full Λ",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ GAM-02


def _second_in_gamma(expression: WordSum) -> WordSum:
    """Replace E[S²] by ΛΓ and E[S] by Λ (MOM-01)."""
    square, single = (Letter("S_n", symmetric=True),) * 2, (Letter("S_n", symmetric=True),)
    return expression.replace_product(square, LAMBDA * GAMMA).replace_product(single, LAMBDA)


def _loss_words() -> WordSum:
    quadratic = _HALF * scalar("c", 2) * (V * LAMBDA * GAMMA * V.T).trace()
    return _HALF * scalar("d") + C * (V * LAMBDA).trace() + quadratic


def _as_polynomial(expression: WordSum) -> WordSum:
    return expression.substitute("Gamma", derive.derive_gamma().Gamma)


def _related() -> Instance:
    """Return values at which Γ and Γ⁻¹ are what Λ and n make them."""
    Lambda = EXACT.array(np.array([["2", "1/3"], ["1/3", "1/2"]]))
    n = EXACT.number(5)
    Gamma = Lambda + Lambda / n + EXACT.array(np.eye(2, dtype=int)) * (np.trace(Lambda) / n)
    matrices = {"Lambda": Lambda, "Gamma": Gamma, "Gamma_inv": EXACT.inverse(Gamma)}
    return Instance(matrices, {"n": n, "c": EXACT.number(3)})


def _minimum_words() -> WordSum:
    return _HALF * (scalar("d") - (GAMMA_INV * LAMBDA).trace())


def _minimum_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    at_optimum = _loss_of_samples(V).substitute("V", -scalar("c", -1) * GAMMA_INV)
    return [(_cancelled(_second_in_gamma(at_optimum)), claimed)]


@st.composite
def _losses(draw: DrawFn) -> tuple[Setup, Matrix, Fraction]:
    setup = draw(training_setups(3, 100))
    return setup, draw(squares(setup.d)), draw(rationals().filter(bool))


def _reference_loss(setup: Setup, weights: Any, c: Fraction) -> Fraction:
    """½ (d + 2c tr(VΛ) + c² tr(V E[S²] Vᵀ)), E[S²] from listed pairings."""
    Lambda = np.vectorize(EXACT.public, otypes=[object])(setup.Lambda.dense(EXACT))
    identity = [[Fraction(int(i == j)) for j in range(setup.d)] for i in range(setup.d)]
    square = np.array(reference.second_moment(identity, Lambda.tolist(), setup.n), dtype=object)
    rows = np.array(weights, dtype=object)
    return Fraction(setup.d + 2 * c * np.trace(rows @ Lambda) + c * c * np.trace(rows @ square @ rows.T)) / 2


def _reference_gradient(setup: Setup, weights: Matrix, c: Fraction) -> Array:
    """Central differences, which are exact for a quadratic."""
    rows = np.array(weights, dtype=object)
    result = np.empty(rows.shape, dtype=object)
    for index in np.ndindex(*rows.shape):
        step = np.zeros(rows.shape, dtype=object)
        step[index] = 1
        up, down = (_reference_loss(setup, rows + sign * step, c) for sign in (1, -1))
        result[index] = (up - down) / 2
    return result


def _loss_triple(setup: Setup, weights: Matrix, c: Fraction) -> tuple[Any, Array, Any]:
    value = loss.population_loss(setup, weights, c=c, field=EXACT)
    return value, loss.loss_gradient(setup, weights, c=c, field=EXACT), loss.minimal_loss(setup, field=EXACT)


def _triple_holds(formula: Callable[..., Any], instance: tuple[Setup, Matrix, Fraction]) -> bool:
    setup, _, c = instance
    value, gradient, minimum = formula(*instance)
    optimum = -reference.gamma_matrix(setup).Gamma_inv / c
    return bool(
        value == _reference_loss(*instance)
        and (gradient == _reference_gradient(*instance)).all()
        and minimum == _reference_loss(setup, optimum, c)
    )


def _changed(change: Callable[..., tuple[Any, Any, Any]]) -> Callable[..., tuple[Any, Any, Any]]:
    return lambda setup, weights, c: change(setup, c, *_loss_triple(setup, weights, c))


_LOSS = Claim(
    id="GAM-02",
    kind=Kind.IDENTITY,
    title="The population loss, its gradient and its minimum",
    statement=r"L(V) = \tfrac d2 + c\operatorname{tr}(V\Lambda) + \tfrac{c^2}{2}\operatorname{tr}(V\Lambda\Gamma"
    r" V^{\mathsf T}), \quad \nabla L(V) = c\,(I + cV\Gamma)\Lambda, \quad"
    r" \min L = \tfrac12\operatorname{tr}(I - \Gamma^{-1}\Lambda)",
    source=Source("theory", "section 3"),
    origin=Origin.DERIVED,
    assumes=("as GAM-01",),
    uses=("MOM-01", "GAM-01"),
    checks=(
        by_words(
            "the loss by word algebra",
            part="loss",
            formula=_loss_words,
            controls={
                "½ forgotten in the quadratic term": lambda: (
                    _loss_words() + _HALF * scalar("c", 2) * (V * LAMBDA * GAMMA * V.T).trace()
                ),
                "V between Λ and Γ transposed away": lambda: (
                    _loss_words()
                    + _HALF * scalar("c", 2) * ((V * LAMBDA * GAMMA * V) - (V * LAMBDA * GAMMA * V.T)).trace()
                ),
                "sign of the linear term": lambda: _loss_words() - 2 * C * (V * LAMBDA).trace(),
            },
            sides=lambda claimed: [(_mean_loss(V), _as_polynomial(claimed))],
            scope="every d, n, c, V and symmetric Λ",
        ),
        by_words(
            "the gradient by word algebra",
            part="gradient",
            formula=lambda: C * (_ONE + C * V * GAMMA) * LAMBDA,
            controls={
                "transposed V": lambda: C * (_ONE + C * V.T * GAMMA) * LAMBDA,
                "Γ left of V": lambda: C * (_ONE + C * GAMMA * V) * LAMBDA,
                "c for c² on V": lambda: C * (_ONE + V * GAMMA) * LAMBDA,
            },
            sides=lambda claimed: [(_mean_loss(V).gradient("V"), _as_polynomial(claimed))],
            scope="every d, n, c, V and symmetric Λ",
        ),
        by_words(
            "the minimum by word algebra",
            part="minimum",
            formula=_minimum_words,
            controls={
                "½ forgotten": lambda: 2 * _minimum_words(),
                "Γ⁻¹ without Λ": lambda: _HALF * (scalar("d") - GAMMA_INV.trace()),
                "Γ⁻²Λ²": lambda: _HALF * (scalar("d") - (GAMMA_INV * GAMMA_INV * LAMBDA * LAMBDA).trace()),
            },
            sides=_minimum_sides,
            scope="every d, n and Λ ≻ 0",
            instance=_related,
        ),
        by_samples(
            "population_loss, loss_gradient, minimal_loss against listed pairings",
            part="loss",
            formula=_loss_triple,
            controls={
                "twice the loss": _changed(lambda setup, c, value, gradient, minimum: (2 * value, gradient, minimum)),
                "gradient without c": _changed(
                    lambda setup, c, value, gradient, minimum: (value, gradient / c, minimum)
                ),
                "transposed gradient": _changed(
                    lambda setup, c, value, gradient, minimum: (value, gradient.T, minimum)
                ),
                "minimum tr I − tr Γ⁻¹Λ": _changed(
                    lambda setup, c, value, gradient, minimum: (value, gradient, 2 * minimum)
                ),
            },
            over=_losses(),
            holds=_triple_holds,
            scope="d ≤ 3, n ≤ 100, any V, c ≠ 0",
            instances=25,
        ),
    ),
)

CLAIMS = (_MINIMISER, _LOSS)
