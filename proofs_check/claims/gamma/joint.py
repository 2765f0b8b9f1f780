"""What becomes of the chain of thought if W₂₄ is trained along with V₃₁ (theory section 3)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check import layer
from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma.blocks import at_pattern, loss_of_prompt, readout
from proofs_check.claims.moments.second_order import S
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import Prompt, prompts, rationals
from theorycalc import reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import attention
from theorycalc.moments.words import WordSum, letter, scalar

_ONE, _C, _PER_C, _B, _PER_B = scalar("c", 0), scalar("c"), scalar("c", -1), scalar("b"), scalar("b", -1)
_A, _TASK, _START, _GAP = letter("A", symmetric=True), letter("w_star"), letter("w_0"), letter("z")
_RATIO = _C * _PER_B  # ρ = c/b
Derived = Callable[[], WordSum]


def _step() -> WordSum:
    """What the layer reads out with V₃₁ = −A/b, W₁₃ = c I and W₂₄ = −b."""
    word = at_pattern(readout(True))
    return word.substitute("V31", -_PER_B * _A).substitute("W13", _C).substitute("W24", -_B)


def _claimed_step() -> WordSum:
    return _START - _A * S * (_RATIO * _START - _TASK)


def _around(centre: WordSum, factor: WordSum) -> list[tuple[WordSum, WordSum]]:
    """The claimed step takes centre + z to centre + factor · z."""
    return [(_claimed_step().substitute("w_0", centre + _GAP), centre + factor * _GAP)]


def _slope(name: str) -> WordSum:
    """tr(Bᵀ ∂L/∂B) for a block B where training starts, on one prompt."""
    return at_pattern((letter(name).T * loss_of_prompt(False).gradient(name)).trace())


Chain = Callable[[Prompt, Fraction, Fraction, int], Array]


def _layer_chain(prompt: Prompt, c: Fraction, b: Fraction, k: int) -> Array:
    """Return w_k of the literal layer with ``attention_weights`` for W₂₄ = −b, but W₁₃ = c I."""
    d, weights = prompt.setup.d, attention.attention_weights(prompt.setup, c=b, field=EXACT)
    score = weights.W.copy()
    score[np.arange(d), np.arange(d + 1, 2 * d + 1)] = c
    return np.asarray(layer.chain(prompt.X, prompt.y, prompt.setup.w_0, weights.V, score, k)[-1])


def _claimed_chain(prompt: Prompt, c: Fraction, b: Fraction, k: int) -> Array:
    """Return (b/c) w* + (I − (c/b) A S)ᵏ (w_0 − (b/c) w*), with Γ⁻¹ = A from the reference."""
    return _powers(prompt, b / c, c / b, k)


def _powers(prompt: Prompt, fixed: Fraction, ratio: Fraction, k: int) -> Array:
    X, A = np.array(prompt.X, dtype=object), reference.gamma_matrix(prompt.setup).Gamma_inv
    centre = fixed * np.array(prompt.w_star, dtype=object)
    gap = np.array(prompt.setup.w_0, dtype=object) - centre
    for _ in range(k):
        gap = gap - ratio * (A @ (X @ (X.T @ gap))) / prompt.m
    return np.asarray(centre + gap)


def _chains_agree(formula: Chain, instance: Any) -> bool:
    return bool((formula(*instance) == _layer_chain(*instance)).all())


_JOINT = Claim(
    id="GAM-07",
    kind=Kind.IDENTITY,
    title="If W₂₄ is trained too, the chain of thought is centred on a multiple of w*",
    statement=r"V_{31} = -\Gamma^{-1}/b,\ W_{13} = cI,\ W_{24} = -b:\quad w_k = \tfrac bc w_* + \big(I - \tfrac cb"
    r" \Gamma^{-1} S\big)^k \big(w_0 - \tfrac bc w_*\big); \quad w_1 \text{ from } w_0 = 0 \text{ does not depend on }"
    r" b, c; \quad \text{gradient flow in } V_{31}, W_{24} \text{ keeps } \lVert V_{31}\rVert_F^2 - W_{24}^2"
    r" \text{ constant while } W_{13} \text{ stays}",
    source=Source(
        "theory",
        "section 3",
        note="found here: a minimum reached from V₃₁ = 0, W₂₄ = −c has b² = c² + ‖Γ⁻¹‖_F²/b² > c², so b ≠ c",
    ),
    origin=Origin.OURS,
    assumes=(
        "b, c ≠ 0, all other blocks zero, labels without noise",
        "along dV₃₁/dt = −∂L/∂V₃₁, dW₂₄/dt = −∂L/∂W₂₄ half the rate of W₂₄² − ‖V₃₁‖² is tr(Bᵀ ∂L/∂B), V₃₁'s less W₂₄'s",
        "W₁₃ gets no gradient (GAM-06)",
    ),
    uses=("GAM-01", "GAM-06"),
    checks=(
        by_words(
            "the layer multiplied out in blocks",
            part="step",
            formula=_claimed_step,
            controls={
                "b = c: a pseudo-Newton step": lambda: _START - _A * S * (_START - _TASK),
                "b/c for c/b": lambda: _START - _A * S * (_PER_C * _B * _START - _TASK),
                "c/b on w* as well": lambda: _START - _RATIO * _A * S * (_START - _TASK),
                "V₃₁ not divided by b": lambda: _START - _A * S * (_C * _START - _B * _TASK),
            },
            sides=lambda claimed: [(_step(), claimed)],
            scope="every d, m, symmetric A, S, w_0, w*, b and c ≠ 0",
        ),
        by_words(
            "one step around (b/c) w*, and so k steps",
            part="chain",
            formula=lambda: (_PER_C * _B * _TASK, _ONE - _RATIO * _A * S),
            controls={
                "around w*": lambda: (_TASK, _ONE - _RATIO * _A * S),
                "around (c/b) w*": lambda: (_RATIO * _TASK, _ONE - _RATIO * _A * S),
                "factor I − AS": lambda: (_PER_C * _B * _TASK, _ONE - _A * S),
                "SA for AS": lambda: (_PER_C * _B * _TASK, _ONE - _RATIO * S * _A),
            },
            sides=lambda claimed: _around(*claimed),
            scope="every d, m, symmetric A, S, w*, b and c ≠ 0; from any point, hence for every k",
        ),
        by_words(
            "the first step from 0",
            part="first step",
            formula=lambda: _A * S * _TASK,
            controls={
                "c/b": lambda: _RATIO * _A * S * _TASK,
                "b/c": lambda: _PER_C * _B * _A * S * _TASK,
                "sign": lambda: -_A * S * _TASK,
            },
            sides=lambda claimed: [(_step().substitute("w_0", WordSum({})), claimed)],
            scope="every d, m, symmetric A, S, w*, b and c ≠ 0",
        ),
        by_words(
            "tr(V₃₁ᵀ ∂L/∂V₃₁) = W₂₄ ∂L/∂W₂₄ on every prompt",
            part="conserved",
            formula=lambda: _slope("W24"),
            controls={
                "‖V₃₁‖² + W₂₄²": lambda: -_slope("W24"),
                "‖V₃₁‖² − W₂₄²/2": lambda: Fraction(1, 2) * _slope("W24"),
                "‖V₃₁‖² − 2 W₂₄²": lambda: 2 * _slope("W24"),
                "W₁₃ for W₂₄": lambda: _slope("W13"),
            },
            sides=lambda claimed: [(_slope("V31"), claimed)],
            scope="every d, n, prompt, V₃₁, W₁₃ and W₂₄",
        ),
        by_samples(
            "attention_weights with another W₁₃ in the literal layer",
            part="chain",
            formula=_claimed_chain,
            controls={
                "to w*": lambda prompt, c, b, k: _powers(prompt, Fraction(1), c / b, k),
                "to (c/b) w*": lambda prompt, c, b, k: _powers(prompt, c / b, b / c, k),
                "factor I − AS": lambda prompt, c, b, k: _powers(prompt, b / c, Fraction(1), k),
                "one step too few": lambda prompt, c, b, k: _claimed_chain(prompt, c, b, k - 1),
            },
            over=st.tuples(prompts(max_m=3), rationals().filter(bool), rationals().filter(bool), st.integers(1, 3)),
            holds=_chains_agree,
            scope="d ≤ 3, m ≤ 3, n ≤ 100, k ≤ 3, any start, b and c ≠ 0",
            instances=30,
        ),
    ),
)

CLAIMS = (_JOINT,)
