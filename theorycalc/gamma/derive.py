"""Γ derived symbolically, for general d and n: layer → loss → Gaussian pairings → Γ → V* → minimal loss.

Nothing is typed in: every right-hand side is computed by the word algebra of ``moments.words`` from the side
before it, and every "therefore" is verified there as an identity of normal forms.
"""

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theorycalc import notation
from theorycalc.exceptions import NotCertified
from theorycalc.moments.pairings import (
    Contraction,
    WeightRule,
    contractions,
    expected_word,
    isserlis_weight,
)
from theorycalc.moments.words import Letter, WordSum, letter, scalar
from theorycalc.results import Frozen

_HALF = Fraction(1, 2)
_S_LETTER = Letter("S_n", symmetric=True)
_COMMUTING = ("Lambda", "Gamma", "Gamma_inv")
_INVERSES = ("Gamma", "Gamma_inv")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: a title, a SymPy equation and the reason for it in one sentence."""

    title: str
    equation: Any  # sympy.Eq
    reason: str

    def latex(self) -> str:
        """Return the equation as ``lhs &= rhs``."""
        return f"{notation.latex(self.equation.lhs)} &= {notation.latex(self.equation.rhs)}"

    def __str__(self) -> str:
        return f"{self.title}: {self.equation.lhs} = {self.equation.rhs}. {self.reason}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Derivation(Frozen):
    """The derivation of Γ, as steps to read and as expressions to compute with.

    ``Gamma``, ``second_moment`` = E[S_n²] and ``gradient`` are polynomials in Λ (and V) found by the
    pairings; ``V_star`` and ``minimal_loss`` are in Γ⁻¹ (letter ``Gamma_inv``).
    """

    steps: tuple[Step, ...]
    Gamma: WordSum
    second_moment: WordSum
    loss: WordSum
    gradient: WordSum
    V_star: WordSum
    minimal_loss: WordSum

    def __str__(self) -> str:
        lines = [
            f"{i:2}. {step.title}: {step.equation.lhs} = {step.equation.rhs}" for i, step in enumerate(self.steps, 1)
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Derivation({len(self.steps)} steps, Gamma = {self.Gamma})"

    def latex(self, *, document: bool = False) -> str:
        """Return a LaTeX fragment (needs amsmath and amssymb), or a whole document."""
        lines = []
        for i, step in enumerate(self.steps, 1):
            title, reason = (notation.tex_text(text) for text in (step.title, step.reason))
            lines += [
                rf"\paragraph{{{i}. {title}.}} {reason}",
                r"\begin{align}",
                step.latex(),
                r"\end{align}",
            ]
        body = "\n".join(lines) + "\n"
        if not document:
            return body
        head = "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\begin{document}\n"
        return head + body + "\\end{document}\n"


@functools.lru_cache(maxsize=8)
def derive_gamma(*, weight: WeightRule = isserlis_weight) -> Derivation:
    """Derive Γ = (1 + 1/n) Λ + (tr Λ / n) I from the population loss, for symbolic d, n and c ≠ 0.

    Parameters
    ----------
    weight : what a pairing of Gaussian slots counts for; only tests pass another rule than Isserlis', and
    then
        another Γ, V* and minimal loss come out

    Returns
    -------
    Derivation
        ``.steps`` with title, SymPy equation and reason; ``.Gamma`` as an expression; ``.latex()``.

    Raises
    ------
    NotCertified
        if a step does not follow (it cannot with Isserlis' rule).

    Assumes: ŵ₀ = 0, W₁₃ = c I and W₂₄ = −c frozen, all other blocks but V₃₁ zero; x ~ N(0, Λ); w* ~ N(0, I)
    independent of the prompt.
    Cost: milliseconds, after SymPy's import.  Claims: GAM-01.
    Source: Javanmard et al., arXiv:2510.03605, Theorem 3.1; theory sections 2 and 3.

    Examples
    --------
    >>> derivation = derive_gamma()
    >>> print(derivation.Gamma)
    Lambda + n^-1 Lambda + n^-1 tr(Lambda)
    >>> print(derivation.minimal_loss)
    -1/2 tr(Gamma_inv Lambda) + 1/2 d
    """
    layer, error = _layer_steps()
    loss_steps, loss_words = _loss_steps(error)
    moment_steps, second_moment = _moment_steps(weight)
    gamma_steps, Gamma = _gamma_steps(second_moment)
    optimum_steps, loss, V_star = _optimum_steps(loss_words, Gamma, weight)
    minimum_steps, minimal_loss = _minimum_steps(loss, second_moment, V_star)
    return Derivation(
        steps=(*layer, *loss_steps, *moment_steps, *gamma_steps, *optimum_steps, *minimum_steps),
        Gamma=Gamma,
        second_moment=second_moment,
        loss=loss.substitute("Gamma", Gamma),
        gradient=loss.gradient("V").substitute("Gamma", Gamma),
        V_star=V_star,
        minimal_loss=minimal_loss,
    )


def _equation(left: Any, right: Any) -> Any:
    import sympy as sp

    return sp.Eq(left, right, evaluate=False)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise NotCertified(f"the derivation of Γ breaks at: {what}")


def _normal(expression: WordSum) -> WordSum:
    """Use that Γ is a polynomial in Λ, so that Γ, Γ⁻¹ and Λ commute, and Γ Γ⁻¹ = I."""
    return expression.commute(_COMMUTING, _INVERSES)


def _layer_steps() -> tuple[list[Step], WordSum]:
    """Multiply out one attention layer in blocks (rows d, 1, d, 1) and return the error of its readout.

    With G = E Eᵀ/n of the prompt, f(E) adds V (G W e) to the last column e = (0, 0, w₀, 1).
    """
    S, V, w, w_0 = letter("S_n", symmetric=True), letter("V"), letter("w_star"), letter("w_0")
    c, zero, one, per_n = scalar("c"), WordSum({}), scalar("c", 0), scalar("n", -1)
    G = (  # E Eᵀ/n: data columns (x, xᵀw*, 0, 0) give the upper left, the last column the lower right
        (S, S * w, zero, zero),
        (w.T * S, w.T * S * w, zero, zero),
        (zero, zero, per_n * w_0 * w_0.T, per_n * w_0),
        (zero, zero, per_n * w_0.T, per_n),
    )
    W = {(0, 2): c, (1, 3): -c}
    last = (zero, zero, w_0, one)
    scores = [sum((W[a, b] * last[b] for b in range(4) if (a, b) in W), zero) for a in range(4)]  # W e
    mixed = [sum((G[a][b] * scores[b] for b in range(4)), zero) for a in range(4)]  # G W e
    readout = w_0 + V * mixed[0]  # V₃₁ is the only block of V
    _require(readout == w_0 + c * V * S * (w_0 - w), "the readout of the layer")
    error = readout.substitute("w_0", zero) - w
    symbols = notation.symbol
    return [
        Step(
            title="One attention step",
            equation=_equation(symbols("w_hat"), readout.to_sympy_matrix()),
            reason="Multiplying the layer out in blocks with only V₃₁ = V, W₁₃ = c I and W₂₄ = −c non-zero, "
            "the readout depends on the prompt through S_n alone.",
        ),
        Step(
            title="Error without chain of thought",
            equation=_equation(symbols("w_hat") - symbols("w_star"), error.to_sympy_matrix()),
            reason="Training starts every prompt at ŵ₀ = 0.",
        ),
    ], error


def _loss_steps(error: WordSum) -> tuple[list[Step], WordSum]:
    w = Letter("w_star")
    squared = _HALF * (error * error.T).trace()
    words = squared.replace_product((w, w.T), scalar("c", 0))
    _require(not any("w_star" in str(key) for key in words.terms), "the mean over the task weights")
    loss = notation.symbol("L")
    return [
        Step(
            title="Population loss",
            equation=_equation(loss, notation.expectation(squared.to_sympy_scalar())),
            reason="The loss is half the mean squared error of the readout, ½ E‖ŵ − w*‖², written as traces.",
        ),
        Step(
            title="Mean over tasks",
            equation=_equation(loss, notation.expectation(words.to_sympy_scalar())),
            reason="The task weights are independent of the prompt with E[w* w*ᵀ] = I.",
        ),
    ], words


def _moment_steps(weight: WeightRule) -> tuple[list[Step], WordSum]:
    S = letter("S_n", symmetric=True)
    first, second = S, S * S
    steps = [
        Step(
            title="First moment",
            equation=_equation(notation.expectation(first.to_sympy()), expected_word(first, weight=weight).to_sympy()),
            reason="The two Gaussian slots of S_n have one pairing.",
        )
    ]
    square = second.to_sympy()
    parts = contractions(second, weight=weight)
    for part in parts:
        label = "".join(f"({a + 1}{b + 1})" for a, b in part.pairing)
        steps.append(
            Step(
                title=f"Pairing {label} of the four slots of S_n S_n",
                equation=_equation(notation.expectation(square, label), part.value.to_sympy()),
                reason=_pairing_reason(part),
            )
        )
    total = expected_word(second, weight=weight)
    steps.append(
        Step(
            title="Second moment",
            equation=_equation(notation.expectation(square), total.to_sympy()),
            reason=f"By Isserlis' theorem the mean is the sum over all {len(parts)} pairings.",
        )
    )
    return steps, total


def _pairing_reason(part: Contraction) -> str:
    free = "two free sample indices" if part.components == 2 else "one free sample index"
    joins = "inside each factor" if part.components == 2 else "across the two factors"
    return f"Pairs {joins} leave {free} of the double sum; reading the index graph gives the words."


def _gamma_steps(second_moment: WordSum) -> tuple[list[Step], WordSum]:
    Lambda = letter("Lambda", symmetric=True)
    Gamma = second_moment.quotient("Lambda", side="left")
    _require(Lambda * Gamma == second_moment, "E[S²] = ΛΓ")
    _require(Gamma == second_moment.quotient("Lambda", side="right"), "E[S²] = ΓΛ")
    _require(Gamma * Lambda == Lambda * Gamma and Gamma == Gamma.T, "Γ is symmetric and commutes with Λ")
    _require(_is_positive(Gamma), "Γ is a positive combination of powers of Λ")
    return [
        Step(
            title="Γ read off",
            equation=_equation(notation.symbol("Gamma"), Gamma.to_sympy_matrix()),
            reason="Dividing the second moment by Λ, from the left or from the right, leaves one and the "
            "same polynomial in Λ, so that it is ΛΓ = ΓΛ; its coefficients are positive, so that Γ ≻ 0 is "
            "invertible.",
        )
    ], Gamma


def _is_positive(expression: WordSum) -> bool:
    """Whether every term is a positive number times powers and traces of Λ ≻ 0 alone."""
    return bool(expression) and all(
        value > 0 and all(item.name == "Lambda" for word in (key.word, *key.traces) for item in word)
        for key, value in expression.terms.items()
    )


def _optimum_steps(loss_words: WordSum, Gamma: WordSum, weight: WeightRule) -> tuple[list[Step], WordSum, WordSum]:
    Lambda, gamma = letter("Lambda", symmetric=True), letter("Gamma", symmetric=True)
    loss = loss_words.replace_product((_S_LETTER, _S_LETTER), Lambda * gamma)
    loss = loss.replace_product((_S_LETTER,), Lambda)
    _require(loss.substitute("Gamma", Gamma) == expected_word(loss_words, weight=weight), "the loss in terms of Γ")
    gradient = _normal(loss.gradient("V"))
    # gradient = (constant + V · slope) Λ; both are found by division and by splitting off V
    factor = gradient.quotient("Lambda", side="right")
    with_V = WordSum({key: value for key, value in factor.terms.items() if key.word[:1] == (Letter("V"),)})
    constant, slope = factor - with_V, with_V.quotient("V", side="left")
    scale = slope.quotient("Gamma", side="left")
    _require(scale == scalar("c", 2) and constant == scalar("c"), "the gradient is (c I + c² V Γ) Λ")
    V_star = -scalar("c", -2) * constant * letter("Gamma_inv", symmetric=True)
    _require(not _normal(gradient.substitute("V", V_star)), "the gradient vanishes at V*")
    symbols = notation.symbol
    return (
        [
            Step(
                title="Loss in closed form",
                equation=_equation(symbols("L"), loss.to_sympy_scalar()),
                reason="The two moments replace S_n and S_n S_n in the loss.",
            ),
            Step(
                title="Gradient",
                equation=_equation(symbols("L_gradient"), gradient.to_sympy_matrix()),
                reason="Formal differentiation at every occurrence of V, by ∂ tr(V M)/∂V = Mᵀ; Γ and Λ commute.",
            ),
            Step(
                title="Stationary point",
                equation=_equation(symbols("V_star"), V_star.to_sympy_matrix()),
                reason="Λ is invertible, so the gradient (c I + c² V Γ) Λ vanishes exactly where its first "
                "factor does.",
            ),
            Step(
                title="Check",
                equation=_equation(
                    symbols("L_gradient_star"), _normal(gradient.substitute("V", V_star)).to_sympy_matrix()
                ),
                reason="Substituting V* and using Γ Γ⁻¹ = I leaves the zero polynomial.",
            ),
        ],
        loss,
        V_star,
    )


def _minimum_steps(loss: WordSum, second_moment: WordSum, V_star: WordSum) -> tuple[list[Step], WordSum]:
    H, Lambda, Gamma = letter("H"), letter("Lambda", symmetric=True), letter("Gamma", symmetric=True)
    minimum = _normal(loss.substitute("V", V_star))
    excess = _normal(loss.substitute("V", V_star + H)) - minimum
    quadratic = _HALF * scalar("c", 2) * (H * Lambda * Gamma * H.T).trace()
    _require(excess == _normal(quadratic), "the excess loss is ½ c² tr(H ΛΓ Hᵀ)")
    _require(_is_positive(second_moment), "ΛΓ is a positive combination of powers of Λ")
    half_trace = _HALF * (scalar("d") - (letter("Gamma_inv", symmetric=True) * Lambda).trace())
    _require(minimum == half_trace, "the minimal loss is ½ tr(I − Γ⁻¹Λ)")
    symbols = notation.symbol
    return [
        Step(
            title="Excess loss",
            equation=_equation(symbols("L_excess"), quadratic.to_sympy_scalar()),
            reason="Substituting V = V* + H, all terms linear in H cancel: the Hessian is c² ΛΓ on every row of H.",
        ),
        Step(
            title="Uniqueness",
            equation=_equation(symbols("Lambda") * symbols("Gamma"), second_moment.to_sympy_matrix()),
            reason="ΛΓ is a combination of powers of Λ ≻ 0 with positive coefficients, hence ΛΓ ≻ 0, the "
            "excess is positive for every H ≠ 0, and V* is the only minimum.",
        ),
        Step(
            title="Minimal loss",
            equation=_equation(symbols("L_star"), minimum.to_sympy_scalar()),
            reason="Substituting V* into the loss leaves ½ tr(I − Γ⁻¹Λ).",
        ),
    ], minimum
