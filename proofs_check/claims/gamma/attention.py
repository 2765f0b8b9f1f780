"""The trained layer: one attention step is one pseudo-Newton step (theory section 2)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check import layer
from proofs_check.checks import by_samples, by_words
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Prompt, prompts, rationals
from theorycalc import reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import attention
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar

C, _ONE = scalar("c"), scalar("c", 0)
Blocks = tuple[dict[tuple[int, int], WordSum], dict[tuple[int, int], WordSum]]
_A = letter("A", symmetric=True)


def _blocks() -> Blocks:
    """Return the non-zero blocks of V and W, numbered from 0: V₃₁ = −A/c, W₁₃ = c I, W₂₄ = −c."""
    return {(2, 0): -scalar("c", -1) * _A}, {(0, 2): C, (1, 3): -C}


def readout(blocks: Blocks, moment: WordSum, square: WordSum) -> WordSum:
    """Return row 3 of e + V (E Eᵀ/m) W e for the last column e = (0, 0, w, 1).

    The data columns (x, y, 0, 0) give the upper left of E Eᵀ/m, with ``moment`` = X y/m and ``square`` = yᵀ y/m; CoT
    columns (0, 0, wᵢ, 1), however many, give only its lower right: arbitrary letters U (d, d), u (d, 1) and s.
    """
    value_blocks, score_blocks = blocks
    data, w = letter("S", symmetric=True), letter("w")
    U, u, s, zero = letter("U", symmetric=True), letter("u"), scalar("s"), WordSum({})
    G = ((data, moment, zero, zero), (moment.T, square, zero, zero), (zero, zero, U, u), (zero, zero, u.T, s))
    last = (zero, zero, w, _ONE)
    scores = [sum((score_blocks.get((a, b), zero) * last[b] for b in range(4)), zero) for a in range(4)]
    mixed = [sum((G[a][b] * scores[b] for b in range(4)), zero) for a in range(4)]
    return w + sum((value_blocks.get((2, b), zero) * mixed[b] for b in range(4)), zero)


def _readout_sides(blocks: Blocks) -> list[tuple[WordSum, WordSum]]:
    """The readout for labels ⟨x, w*⟩, and the pseudo-Newton step."""
    data, w_star, w = letter("S", symmetric=True), letter("w_star"), letter("w")
    found = readout(blocks, data * w_star, w_star.T * data * w_star)
    return [(found, w - _A * data * (w - w_star))]


def _one_step(setup: Setup, c: Fraction) -> tuple[Array, Array]:
    weights = attention.attention_weights(setup, c=c, field=EXACT)
    return weights.V, weights.W


def _newton_step(prompt: Prompt) -> Array:
    """w₀ − Γ⁻¹ S (w₀ − w*), with Γ⁻¹ from the reference."""
    X, start = np.array(prompt.X, dtype=object), np.array(prompt.setup.w_0, dtype=object)
    A = reference.gamma_matrix(prompt.setup).Gamma_inv
    gap = start - np.array(prompt.w_star, dtype=object)
    return np.asarray(start - A @ (X @ (X.T @ gap)) / prompt.m)


def _step_holds(formula: Callable[..., Any], instance: tuple[Prompt, Fraction]) -> bool:
    prompt, c = instance
    value, score = formula(prompt.setup, c)
    thoughts = layer.chain(prompt.X, prompt.y, prompt.setup.w_0, value, score, 1)
    return bool((thoughts[1] == _newton_step(prompt)).all())


def _altered(change: Callable[[Array, Array, int, Fraction], tuple[Array, Array]]) -> Callable[..., Any]:
    def formula(setup: Setup, c: Fraction) -> tuple[Array, Array]:
        value, score = _one_step(setup, c)
        return change(value.copy(), score.copy(), setup.d, c)

    return formula


def _sign_of_w24(value: Array, score: Array, d: int, c: Fraction) -> tuple[Array, Array]:
    score[d, 2 * d + 1] = c
    return value, score


_LAYER = Claim(
    id="GAM-03",
    kind=Kind.IDENTITY,
    title="One attention step is one pseudo-Newton step",
    statement=r"V_{31} = -\Gamma^{-1}/c,\ W_{13} = cI,\ W_{24} = -c \ \Longrightarrow\ "
    r"w_{i+1} = w_i - \Gamma^{-1} S\,(w_i - w_*)",
    source=Source("arXiv:2510.03605", "section 3", Known.SECONDARY, note="theory section 2; derived anew"),
    origin=Origin.DERIVED,
    assumes=("all other blocks of V and W zero", "labels without noise", "ρ = m"),
    checks=(
        by_words(
            "the layer multiplied out in blocks",
            formula=_blocks,
            controls={
                "sign of W₂₄": lambda: (_blocks()[0], {(0, 2): C, (1, 3): C}),
                "V₃₁ = −cA": lambda: ({(2, 0): -C * _A}, _blocks()[1]),
                "transposed W": lambda: (_blocks()[0], {(2, 0): C, (3, 1): -C}),
                "no W₂₄": lambda: (_blocks()[0], {(0, 2): C}),
            },
            sides=_readout_sides,
            scope="every d, m, c ≠ 0, symmetric A, w, w* and number of CoT columns",
        ),
        by_samples(
            "attention_weights in the literal layer",
            formula=_one_step,
            controls={
                "sign of W₂₄": _altered(_sign_of_w24),
                "not divided by c": _altered(lambda value, score, d, c: (value * c, score)),
                "transposed W": _altered(lambda value, score, d, c: (value, score.T)),
                "n + 1 for n": lambda setup, c: _one_step(setup.replace(n=setup.n + 1), c),
            },
            over=st.tuples(prompts(), rationals().filter(bool)),
            holds=_step_holds,
            scope="d ≤ 3, m ≤ 4, n ≤ 100, c ≠ 0, any start",
            instances=30,
        ),
    ),
)

CLAIMS = (_LAYER,)
