"""The chain of thought on one prompt (theory section 2)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check import layer
from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma import attention
from proofs_check.evidence import Grade
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Prompt, prompts
from theorycalc import reference
from theorycalc.cot import closed_form, recursion
from theorycalc.fields import EXACT, Array
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar

_ONE = scalar("c", 0)
Instance = tuple[Prompt, int]
_OVER = st.tuples(prompts(), st.integers(0, 3))


def _literal(prompt: Prompt, k: int) -> Array:
    """Return w_0 … w_k of the attention layer, its Γ⁻¹ from the reference, with c = 2."""
    setup, d = prompt.setup, prompt.setup.d
    V, W = (np.full((2 * d + 2, 2 * d + 2), Fraction(0), dtype=object) for _ in range(2))
    V[d + 1 : 2 * d + 1, :d] = reference.gamma_matrix(setup).Gamma_inv / -2
    for i in range(d):
        W[i, d + 1 + i] = Fraction(2)
    W[d, 2 * d + 1] = Fraction(-2)
    return layer.chain(prompt.X, prompt.y, setup.w_0, V, W, k)


def _recursion(prompt: Prompt, k: int) -> Array:
    return recursion.iterate_cot(prompt.X, prompt.y, prompt.setup, k, field=EXACT).w


def _iterated(inverse: Callable[[Setup], Array], size: Callable[[Prompt], int]) -> Callable[[Prompt, int], Array]:
    """Return the recursion with another matrix for Γ⁻¹, or another number for m."""

    def formula(prompt: Prompt, k: int) -> Array:
        X, y = np.array(prompt.X, dtype=object), np.array(prompt.y, dtype=object)
        A, w = inverse(prompt.setup), [np.array(prompt.setup.w_0, dtype=object)]
        for _ in range(k):
            w.append(w[-1] - A @ (X @ (X.T @ w[-1] - y)) / size(prompt))
        return np.array(w, dtype=object)

    return formula


def _gamma_inverse(setup: Setup) -> Array:
    return reference.gamma_matrix(setup).Gamma_inv


def _lambda_inverse(setup: Setup) -> Array:
    return np.asarray(np.vectorize(EXACT.public, otypes=[object])(EXACT.inverse(setup.Lambda.dense(EXACT))))


_WRONG_CHAINS: dict[str, Callable[[Prompt, int], Array]] = {
    "Newton: Λ⁻¹ for Γ⁻¹": _iterated(_lambda_inverse, lambda prompt: prompt.m),
    "divided by n, not m": _iterated(_gamma_inverse, lambda prompt: prompt.setup.n),
    "divided by m + 1": _iterated(_gamma_inverse, lambda prompt: prompt.m + 1),
    "wrong sign": _iterated(lambda setup: -_gamma_inverse(setup), lambda prompt: prompt.m),
    "started at 0": lambda prompt, k: _recursion(Prompt(prompt.setup.replace(w_0=None), prompt.X, prompt.w_star), k),
}

_A, _DATA = letter("A", symmetric=True), letter("S", symmetric=True)
_B, _W, _SQUARE = letter("b"), letter("w"), scalar("y_square")


def _step_words() -> WordSum:
    """w − A (S w − b), b = X y/m."""
    return _W - _A * (_DATA * _W - _B)


_READOUT = Claim(
    id="COT-01",
    kind=Kind.IDENTITY,
    title="The recursion is what the attention layer computes",
    statement=r"w_{i+1} = w_i - \Gamma^{-1}\tfrac1m X\,(X^{\mathsf T} w_i - y) \text{ is what the trained layer reads"
    r" out when } w_0, \dots, w_i \text{ have been appended to the prompt}",
    source=Source("arXiv:2510.03605", "section 3", Known.SECONDARY, note="theory section 2"),
    origin=Origin.DERIVED,
    assumes=("the layer holds the blocks of GAM-03",),
    uses=("GAM-01", "GAM-03"),
    checks=(
        by_words(
            "the layer multiplied out in blocks, with any number of appended columns",
            formula=_step_words,
            controls={
                "Newton on the identity: A left out": lambda: _W - (_DATA * _W - _B),
                "wrong sign": lambda: _W + _A * (_DATA * _W - _B),
                "labels left out": lambda: _W - _A * _DATA * _W,
                "labels added": lambda: _W - _A * (_DATA * _W + _B),
                "A after S": lambda: _W - _DATA * _A * _W + _A * _B,
            },
            sides=lambda claimed: [(attention.readout(attention._blocks(), _B, _SQUARE), claimed)],
            scope="every d, m, k, symmetric A, wᵢ and any labels y, Xy/m = b; by induction: the step holds for all"
            " appended columns",
        ),
        by_samples(
            "iterate_cot against the literal layer with appended columns",
            formula=_recursion,
            controls=_WRONG_CHAINS,
            over=_OVER,
            holds=lambda formula, instance: bool((formula(*instance) == _literal(*instance)).all()),
            scope="d ≤ 3, m ≤ 4, n ≤ 100, k ≤ 3, any start, labels Xᵀw*",
            instances=40,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ COT-02

_STEPS_BY_WORDS = 6
_W0, _TASK = letter("w_0"), letter("w_star")
_POWER, _SUM = letter("R_k"), letter("G_k")  # stand for Rᵏ and Σ_{i<k} Rⁱ
_R = _ONE - _A * _DATA
Closed = Callable[[int], WordSum]


def _power(base: WordSum, k: int) -> WordSum:
    result = _ONE
    for _ in range(k):
        result = result * base
    return result


def _closed_words(k: int) -> WordSum:
    """Rᵏ w₀ + Σ_{i<k} Rⁱ A b, b = X y/m."""
    R = _ONE - _A * _DATA
    return _power(R, k) * _W0 + sum((_power(R, i) for i in range(k)), WordSum({})) * _A * _B


def _closed_sides(closed: Closed) -> list[tuple[WordSum, WordSum]]:
    w, pairs = _W0, [(_W0, closed(0))]
    for k in range(1, _STEPS_BY_WORDS + 1):
        w = w - _A * (_DATA * w - _B)
        pairs.append((w, closed(k)))
    return pairs


def _from_task(k: int) -> WordSum:
    """w* + Rᵏ (w₀ − w*)."""
    return _TASK + _power(_ONE - _A * _DATA, k) * (_W0 - _TASK)


def _task_sides(closed: Closed) -> list[tuple[WordSum, WordSum]]:
    """The labels' form at b = S w* is the claimed form."""
    return [(_closed_words(k).substitute("b", _DATA * _TASK), closed(k)) for k in range(_STEPS_BY_WORDS + 1)]


def _induction(closed: Callable[[WordSum, WordSum], WordSum], b: WordSum) -> list[tuple[WordSum, WordSum]]:
    """Base k = 0, and the step from k to k + 1 with Rᵏ⁺¹ = R Rᵏ and Σ_{i≤k} Rⁱ = I + R Σ_{i<k} Rⁱ."""
    w = closed(_POWER, _SUM)
    return [(closed(_ONE, WordSum({})), _W0), (w - _A * (_DATA * w - b), closed(_R * _POWER, _ONE + _R * _SUM))]


def _transposed(k: int) -> WordSum:
    R = _ONE - _DATA * _A
    return _power(R, k) * _W0 + sum((_power(R, i) for i in range(k)), WordSum({})) * _A * _B


def _closed_code(prompt: Prompt, k: int) -> tuple[Any, Any]:
    """Return w_k from the labels and from w*."""
    from_labels = closed_form.cot_closed_form(prompt.X, prompt.y, prompt.setup, k, field=EXACT).w
    from_task = closed_form.cot_closed_form(prompt.X, None, prompt.setup, k, w_star=prompt.w_star, field=EXACT).w
    return from_labels, from_task


_GEOMETRIC = Claim(
    id="COT-02",
    kind=Kind.IDENTITY,
    title="The recursion in closed form",
    statement=r"w_k = R^k w_0 + \Big(\sum_{i<k} R^i\Big)\Gamma^{-1}\tfrac1m X y = w_* + R^k (w_0 - w_*)"
    r" \ \text{ if } y = X^{\mathsf T} w_*, \qquad R = I - \Gamma^{-1} S",
    source=Source("theory", "section 2"),
    origin=Origin.DERIVED,
    assumes=("the second form: labels without noise",),
    uses=("COT-01",),
    checks=(
        by_words(
            "induction over k, from labels",
            part="from labels",
            formula=lambda: lambda P, G: P * _W0 + G * _A * _B,
            controls={
                "sum up to k": lambda: lambda P, G: P * _W0 + (G + P) * _A * _B,
                "A outside the sum": lambda: lambda P, G: P * _W0 + _A * G * _B,
                "A left out": lambda: lambda P, G: P * _W0 + G * _B,
                "start also in the sum": lambda: lambda P, G: P * _W0 + G * _A * (_B + _W0),
            },
            sides=lambda closed: _induction(closed, _B),
            scope="every d, m, k, symmetric A and S, w₀ and y",
        ),
        by_words(
            "induction over k, from w*",
            part="from w*",
            formula=lambda: lambda P, G: _TASK + P * (_W0 - _TASK),
            controls={
                "w* not added back": lambda: lambda P, G: P * (_W0 - _TASK),
                "w₀ + w*": lambda: lambda P, G: _TASK + P * (_W0 + _TASK),
                "one power too many": lambda: lambda P, G: _TASK + _R * P * (_W0 - _TASK),
                "w₀ − w* swapped": lambda: lambda P, G: _W0 + P * (_TASK - _W0),
            },
            sides=lambda closed: _induction(closed, _DATA * _TASK),
            scope="every d, m, k, symmetric A and S, w₀ and w*",
        ),
        by_words(
            "the iterated map by word algebra",
            part="from labels",
            formula=lambda: _closed_words,
            controls={
                "sum up to k": lambda: lambda k: _closed_words(k) + _power(_ONE - _A * _DATA, k) * _A * _B,
                "SA for AS": lambda: _transposed,
                "one power too few": lambda: lambda k: _closed_words(max(k - 1, 0)),
                "A outside the sum": lambda: (
                    lambda k: (
                        _power(_ONE - _A * _DATA, k) * _W0
                        + _A * sum((_power(_ONE - _A * _DATA, i) for i in range(k)), WordSum({})) * _B
                    )
                ),
            },
            sides=_closed_sides,
            scope=f"k ≤ {_STEPS_BY_WORDS}; every d, m, symmetric A and S, w₀ and y",
            grade=Grade.PROVED_SLICE,
        ),
        by_words(
            "labels Xᵀw* by word algebra",
            part="from w*",
            formula=lambda: _from_task,
            controls={
                "w* not added back": lambda: lambda k: _from_task(k) - _TASK,
                "w₀ + w*": lambda: lambda k: _TASK + _power(_ONE - _A * _DATA, k) * (_W0 + _TASK),
                "SA for AS": lambda: lambda k: _TASK + _power(_ONE - _DATA * _A, k) * (_W0 - _TASK),
            },
            sides=_task_sides,
            scope=f"k ≤ {_STEPS_BY_WORDS}; every d, m, symmetric A and S, w₀ and w*",
            grade=Grade.PROVED_SLICE,
        ),
        by_samples(
            "cot_closed_form against the literal layer",
            part="from labels",
            formula=_closed_code,
            controls={
                "one step too few": lambda prompt, k: _closed_code(prompt, max(k - 1, 0)),
                "n + 1 for n": lambda prompt, k: _closed_code(
                    Prompt(prompt.setup.replace(n=prompt.setup.n + 1), prompt.X, prompt.w_star), k
                ),
                "w* left out": lambda prompt, k: (
                    _closed_code(prompt, k)[0],
                    _closed_code(prompt, k)[1] - np.array(prompt.w_star, dtype=object),
                ),
            },
            over=_OVER,
            holds=lambda formula, instance: all(bool((w == _literal(*instance)[-1]).all()) for w in formula(*instance)),
            scope="d ≤ 3, m ≤ 4, n ≤ 100, k ≤ 3, any start, from labels and from w*",
            instances=40,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ COT-03

_PUSH, _START, _WEIGHT = letter("u"), letter("e_0"), letter("P", symmetric=True)
_X, _XI, _NOISE = letter("X"), letter("xi"), scalar("sigma")
Noisy = Callable[[WordSum, WordSum], WordSum]  # (Rᵏ, Σ_{i<k} Rⁱ) -> w_k − w*


def _noisy_error(P: WordSum, G: WordSum) -> WordSum:
    """Rᵏ (w₀ − w*) + (Σ_{i<k} Rⁱ) A u, u = (σ/m) X ξ."""
    return P * (_W0 - _TASK) + G * _A * _PUSH


def _noisy_sides(error: Noisy) -> list[tuple[WordSum, WordSum]]:
    return _induction(lambda P, G: _TASK + error(P, G), _DATA * _TASK + _PUSH)


def _mean_over_noise(square: WordSum) -> WordSum:
    """E over ξ: odd terms vanish, ξ ξᵀ becomes I, and X Xᵀ = m S."""
    xi, X = next(iter(_XI.terms)).word[0], next(iter(_X.terms)).word[0]
    even = WordSum(
        {
            key: value
            for key, value in square.terms.items()
            if sum(item.name == "xi" for word in (key.word, *key.traces) for item in word) % 2 == 0
        }
    )
    return even.replace_product((xi, xi.T), _ONE).replace_product((X, X.T), scalar("m") * _DATA)


def _mean_square(*, per: int = -1, noise: int = 2, inner: WordSum = _A * _DATA * _A) -> WordSum:
    """tr[P Rᵏ e₀ e₀ᵀ Rᵏᵀ] + (σ²/m) tr[P G A S A Gᵀ]."""
    return (_WEIGHT * _POWER * _START * _START.T * _POWER.T).trace() + scalar("sigma", noise) * scalar("m", per) * (
        _WEIGHT * _SUM * inner * _SUM.T
    ).trace()


def _mean_sides(claimed: WordSum) -> list[tuple[WordSum, WordSum]]:
    error = _POWER * _START + _SUM * _A * _PUSH
    square = (_WEIGHT * error * error.T).trace().substitute("u", _NOISE * scalar("m", -1) * _X * _XI)
    return [(_mean_over_noise(square), claimed)]


def _noise_term(prompt: Prompt, k: int) -> Fraction:
    """(1/m) tr[G A S A Gᵀ], G = Σ_{i<k} Rⁱ: the mean square of what unit noise adds."""
    X, A = np.array(prompt.X, dtype=object), _gamma_inverse(prompt.setup)
    S, total, power = X @ X.T / prompt.m, np.zeros(A.shape, dtype=int), np.eye(len(A), dtype=int)
    for _ in range(k):
        total, power = total + power, power - A @ (S @ power)
    return Fraction(np.trace(total @ A @ S @ A @ total.T)) / prompt.m


def _responses(prompt: Prompt, k: int) -> Fraction:
    """Σ_j ‖w_k(y + e_j) − w_k(y)‖²: w_k is affine in the labels, so it is the mean square for E ξ ξᵀ = I."""
    y = np.array(prompt.y, dtype=object)

    def last(labels: Array) -> Array:
        return np.array(recursion.iterate_cot(prompt.X, labels, prompt.setup, k, field=EXACT).w[-1])

    zero = last(y)
    moved = [last(y + np.array([int(i == j) for i in range(prompt.m)])) - zero for j in range(prompt.m)]
    return sum((Fraction(x @ x) for x in moved), Fraction(0))


_NOISY = Claim(
    id="COT-03",
    kind=Kind.IDENTITY,
    title="What label noise adds on one prompt",
    statement=r"w_k - w_* = R^k (w_0 - w_*) + \Big(\sum_{i<k} R^i\Big) A\,\tfrac{\sigma}{m} X\xi, \qquad"
    r" \mathbb{E}_\xi \lVert P^{1/2}(w_k - w_*)\rVert^2 = \lVert P^{1/2} R^k (w_0 - w_*)\rVert^2 + \tfrac{\sigma^2}{m}"
    r" \operatorname{tr}\Big[P \big(\textstyle\sum_{i<k} R^i\big) A S A \big(\sum_{i<k} R^i\big)^{\mathsf T}\Big]",
    source=Source("theory", "section 12"),
    origin=Origin.DERIVED,
    assumes=("y = Xᵀ w* + σξ", "E ξ = 0 and E ξ ξᵀ = I, as for ξ ~ N(0, I); ξ independent of X, w₀ and w*"),
    uses=("COT-02",),
    checks=(
        by_words(
            "induction over k with noisy labels",
            part="the error",
            formula=lambda: _noisy_error,
            controls={
                "noise enters once": lambda: lambda P, G: P * (_W0 - _TASK) + _A * _PUSH,
                "noise contracted like the error": lambda: lambda P, G: P * (_W0 - _TASK + _A * _PUSH),
                "wrong sign": lambda: lambda P, G: P * (_W0 - _TASK) - G * _A * _PUSH,
                "A left out": lambda: lambda P, G: P * (_W0 - _TASK) + G * _PUSH,
            },
            sides=_noisy_sides,
            scope="every d, m, k, symmetric A and S, w₀, w* and ξ",
        ),
        by_words(
            "the mean over the noise by word algebra",
            part="the mean square",
            formula=_mean_square,
            controls={
                "σ²/m²": lambda: _mean_square(per=-2),
                "σ for σ²": lambda: _mean_square(noise=1),
                "A S for A S A": lambda: _mean_square(inner=_A * _DATA),
                "A² for A S A": lambda: _mean_square(inner=_A * _A),
                "error term left out": lambda: (
                    _mean_square() - (_WEIGHT * _POWER * _START * _START.T * _POWER.T).trace()
                ),
            },
            sides=_mean_sides,
            scope="every d, m, k, symmetric A, S and P, w₀ − w* and σ; Rᵏ and Σ_{i<k} Rⁱ are any matrices",
        ),
        by_samples(
            "iterate_cot on moved labels",
            part="the mean square",
            formula=_noise_term,
            controls={
                "sum up to k": lambda prompt, k: _noise_term(prompt, k + 1),
                "one term too few": lambda prompt, k: _noise_term(prompt, max(k - 1, 0)),
                "n + 1 for n": lambda prompt, k: _noise_term(
                    Prompt(prompt.setup.replace(n=prompt.setup.n + 1), prompt.X, prompt.w_star), k
                ),
                "not divided by m": lambda prompt, k: prompt.m * _noise_term(prompt, k),
            },
            over=_OVER,
            holds=lambda formula, instance: formula(*instance) == _responses(*instance),
            scope="d ≤ 3, m ≤ 4, n ≤ 100, k ≤ 3, any start, P = I",
            instances=40,
        ),
    ),
)

CLAIMS = (_READOUT, _GEOMETRIC, _NOISY)
