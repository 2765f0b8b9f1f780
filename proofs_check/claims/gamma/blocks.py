"""Which blocks of V and W training moves (theory section 3): V₃₁ and W₂₄ alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma.minimiser import GAMMA, GAMMA_INV, C, V
from proofs_check.claims.moments.second_order import LAMBDA, S
from proofs_check.engines.quadrature import expectation, factored, rule
from proofs_check.engines.symbolic import Instance, generic_instance
from proofs_check.model import Claim, Kind, Origin, Source, Tier
from proofs_check.strategies import Matrix, positives, rationals, squares
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import derive, loss
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import Letter, WordSum, letter, scalar

_ONE, _ZERO, _PER_N = scalar("c", 0), WordSum({}), scalar("n", -1)
_TASK, _START, _MEAN = letter("w_star"), letter("w_0"), letter("mu")
_HALF = Fraction(1, 2)

#: Blocks "V11" … "W44": the block rows and columns have sizes d, 1, d, 1.
BLOCKS = frozenset(f"{name}{a}{b}" for name, a, b in product("VW", range(1, 5), range(1, 5)))
PATTERN = frozenset({"V31", "W13", "W24"})  # not zero where training starts
READ = frozenset({"V31", "V32", "V34", "W14", "W24", "W44"})  # all that the prediction depends on when ŵ₀ = 0
TRAINED = frozenset({"V31", "W24"})

# ------------------------------------------------------------------------- every d and n, by words


@dataclass(frozen=True)
class Untouched:
    """Blocks that are claimed to get no gradient, and the model for which it is claimed."""

    blocks: frozenset[str]
    start: bool = False  # ŵ₀ = 0 in the last column, else any ŵ₀
    centred: bool = True  # w* and −w* equally likely, else w* − μ and μ − w*
    row: int = 3  # the block row of the last column that is read out


@lru_cache
def readout(start: bool, row: int = 3) -> WordSum:
    """Return what one step reads out, with a letter for every block of V and W.

    It is a block row of e + V (E Eᵀ/n) W e with e = (0, 0, w_0, 1), w_0 = 0 unless ``start``: the data columns
    (x, ⟨x, w*⟩, 0, 0) give the upper left of E Eᵀ/n, the last column its lower right.
    """
    first = _START if start else _ZERO
    last = (_ZERO, _ZERO, first, _ONE)
    G = (
        (S, S * _TASK, _ZERO, _ZERO),
        (_TASK.T * S, _TASK.T * S * _TASK, _ZERO, _ZERO),
        (_ZERO, _ZERO, _PER_N * first * first.T, _PER_N * first),
        (_ZERO, _ZERO, _PER_N * first.T, _PER_N),
    )
    scores = [sum((letter(f"W{a + 1}{b + 1}") * last[b] for b in range(4)), _ZERO) for a in range(4)]
    mixed = [sum((G[a][b] * scores[b] for b in range(4)), _ZERO) for a in range(4)]
    return last[row - 1] + sum((letter(f"V{row}{b + 1}") * mixed[b] for b in range(4)), _ZERO)


@lru_cache
def loss_of_prompt(start: bool, row: int = 3) -> WordSum:
    """Return ½ ‖w_1 − w*‖² for one prompt, with a letter for every block of V and W."""
    residual = readout(start, row) - _TASK
    return _HALF * (residual * residual.T).trace()


def at_pattern(expression: WordSum) -> WordSum:
    """Set all blocks to zero but V₃₁, W₁₃ and W₂₄, which stay arbitrary."""
    zero = BLOCKS - PATTERN
    return WordSum(
        {
            key: value
            for key, value in expression.terms.items()
            if not any(item.name in zero for word in (key.word, *key.traces) for item in word)
        }
    )


def _mean_over_sign(expression: WordSum, centred: bool) -> WordSum:
    """Return the mean over u and −u of an expression in w* = u, or w* = μ + u."""
    centre = _ZERO if centred else _MEAN
    return _HALF * sum((expression.substitute("w_star", centre + sign * _TASK) for sign in (1, -1)), _ZERO)


def _vanishing_at_pattern(claimed: Untouched) -> list[tuple[WordSum, WordSum]]:
    one_prompt = loss_of_prompt(claimed.start, claimed.row)
    gradients = [at_pattern(one_prompt.gradient(name)) for name in sorted(claimed.blocks)]
    return [(_mean_over_sign(gradient, claimed.centred), _ZERO) for gradient in gradients]


def _vanishing_everywhere(claimed: Untouched) -> list[tuple[WordSum, WordSum]]:
    one_prompt = loss_of_prompt(claimed.start, claimed.row)
    return [(one_prompt.gradient(name), _ZERO) for name in sorted(claimed.blocks)]


def _with(name: str) -> Callable[[], Untouched]:
    return lambda: Untouched((BLOCKS - READ) | {name})


def _shaped_instance() -> Instance:
    """Return values of every letter, d = 3: vectors in the first column and numbers in the first entry, else zero."""
    sizes = {"S_n": (3, 3), "w_star": (3, 1), "w_0": (3, 1), "mu": (3, 1)}
    sizes |= {name: (3 if name[1] in "13" else 1, 3 if name[2] in "13" else 1) for name in BLOCKS}
    letters = [letter(name, symmetric=name == "S_n") for name in sizes]
    at = generic_instance(sum(letters, _PER_N))
    matrices = {}
    for name, (rows, columns) in sizes.items():
        mask = np.outer(np.arange(3) < rows, np.arange(3) < columns).astype(int)
        matrices[name] = at.matrices[name] * EXACT.array(mask)
    return Instance(matrices, at.scalars)


def _mean(expression: WordSum) -> WordSum:
    """Return the mean at V₃₁ = V, W₂₄ = −c over w* with E w*w*ᵀ = I, then over the data."""
    even = _mean_over_sign(at_pattern(expression), True).substitute("V31", V).substitute("W24", -C)
    return pairings.expected_word(even.replace_product((Letter("w_star"), Letter("w_star", transposed=True)), _ONE))


def _in_lambda(expression: WordSum) -> WordSum:
    return expression.substitute("Gamma", derive.derive_gamma().Gamma)


def _value_gradient() -> WordSum:
    return C * (_ONE + C * V * GAMMA) * LAMBDA


def _score_gradient() -> WordSum:
    """−tr(Vᵀ ∂L/∂V₃₁)/c, which vanishes at V = 0 and at V = −Γ⁻¹/c."""
    return -scalar("c", -1) * (V.T * _value_gradient()).trace()


def _gradient_sides(claimed: tuple[WordSum, WordSum]) -> list[tuple[WordSum, WordSum]]:
    one_prompt = loss_of_prompt(False)
    means = (_mean(one_prompt.gradient("V31")), _mean(one_prompt.gradient("W24").trace()))
    at_optimum = claimed[1].substitute("V", -scalar("c", -1) * GAMMA_INV)
    for names in (("Gamma", "Gamma_inv"), ("Gamma_inv", "Gamma")):
        at_optimum = at_optimum.replace_product(tuple(Letter(name, symmetric=True) for name in names), _ONE)
    return [*((mean, _in_lambda(value)) for mean, value in zip(means, claimed, strict=True)), (at_optimum, _ZERO)]


# ------------------------------------------------------------------------- the literal layer, by quadrature

Problem = tuple[Setup, Matrix, Fraction]  # Λ and n, V₃₁ = V, and c
Gradients = Callable[[Setup, Matrix, Fraction], tuple[Array, Array]]
#: (d, n): the loss has d·n + d variables of degree 4, and 5^(d n + d) points.
SHAPES = ((1, 1), (1, 2), (1, 3), (2, 1))


def _closed(setup: Setup, weights: Matrix, c: Fraction) -> tuple[Array, Array]:
    """Return ∂L/∂V and ∂L/∂W, (2d + 2, 2d + 2): ``loss_gradient`` in V₃₁, −tr(Vᵀ ∂L/∂V₃₁)/c in W₂₄, else zero."""
    d = setup.d
    value, score = (np.full((2 * d + 2, 2 * d + 2), Fraction(0), dtype=object) for _ in range(2))
    learned = loss.loss_gradient(setup, weights, c=c, field=EXACT)
    value[d + 1 : 2 * d + 1, :d] = learned
    score[d, 2 * d + 1] = -(np.array(weights, dtype=object) * learned).sum() / c
    return value, score


@dataclass(frozen=True)
class Reading:
    """How the literal layer is embedded and read."""

    start: int = 0  # every entry of ŵ₀
    mean: int = 0  # every entry of E w*
    column: int = -1  # whose prediction is read
    extra: int = 0  # ρ = n + extra


def _by_differences(setup: Setup, weights: Matrix, c: Fraction, how: Reading) -> tuple[Array, Array]:
    """Return ∂L/∂V and ∂L/∂W, entry by entry, from the literal layer: E + V E (Eᵀ W E)/ρ, with E by quadrature.

    The prediction is linear in each single entry, so L is quadratic and central differences are exact.
    """
    d, n = setup.d, setup.n
    rows, read, rho = 2 * d + 2, slice(d + 1, 2 * d + 1), n + how.extra
    factor, variances = factored(np.vectorize(EXACT.public, otypes=[object])(setup.Lambda.dense(EXACT)))
    if any(x.denominator > 1 for x in factor.reshape(-1)):
        raise ValueError("Λ must be L D Lᵀ with integer L")
    L = np.vectorize(int, otypes=[object])(factor)
    whole = math.lcm(c.denominator, *(x.denominator for row in weights for x in row))  # times V and W: integers
    value, score = (np.zeros((rows, rows), dtype=object) for _ in range(2))
    value[read, :d] = [[int(x * whole) for x in row] for row in weights]
    score[np.arange(d), np.arange(d + 1, rows - 1)], score[d, rows - 1] = int(c * whole), -int(c * whole)
    unit = whole * whole * rho

    def differences(points: Array) -> Array:
        X = np.matmul(L, points[:, : d * n].reshape(-1, d, n))
        task = points[:, d * n :] + how.mean  # (points, d)
        E = np.zeros((len(points), rows, n + 1), dtype=object)
        E[:, :d, :n], E[:, d, :n] = X, (task[:, :, None] * X).sum(axis=1)
        E[:, read, n], E[:, rows - 1, n] = how.start, 1
        column = E[:, :, how.column]
        G = np.matmul(E, E.swapaxes(1, 2))

        def mixed(W: Array) -> Array:
            return np.asarray(np.matmul(G, np.matmul(column, W.T)[:, :, None])[:, :, 0])

        def residual(V: Array, mixture: Array) -> Array:
            return np.asarray(unit * (column[:, read] - task) + np.matmul(mixture, V[read].T))

        def apart(up: Array, down: Array) -> Array:
            return np.asarray(((up + down) * (up - down)).sum(axis=1))

        here, steps = mixed(score), np.zeros((rows * rows, rows, rows), dtype=object)
        for step, index in zip(steps, np.ndindex(rows, rows), strict=True):
            step[index] = whole
        by_value = [apart(residual(value + step, here), residual(value - step, here)) for step in steps]
        by_score = [apart(*(residual(value, mixed(score + sign * step)) for sign in (1, -1))) for step in steps]
        return np.stack(by_value + by_score, axis=1)

    degree = 4 if how.column == -1 else 6
    rules = [rule(degree, item) for item in variances for _ in range(n)] + [rule(degree)] * d
    both = expectation(differences, rules).reshape(2, rows, rows) / (4 * unit * unit)  # (½ up² − ½ down²)/2
    return both[0], both[1]


def _read_otherwise(how: Reading) -> Gradients:
    return lambda setup, weights, c: _by_differences(setup, weights, c, how)


def _changed(change: Callable[[Array, Array, int], tuple[Array, Array]]) -> Gradients:
    return lambda setup, weights, c: change(*_closed(setup, weights, c), setup.d)


def _transposed(value: Array, score: Array, d: int) -> tuple[Array, Array]:
    value[d + 1 : 2 * d + 1, :d] = value[d + 1 : 2 * d + 1, :d].T.copy()
    return value, score


@st.composite
def _problems(draw: DrawFn, shapes: tuple[tuple[int, int], ...]) -> Problem:
    """Draw Λ = L D Lᵀ with integer L, n, V and c ≠ 0."""
    d, n = draw(st.sampled_from(shapes))
    L = np.eye(d, dtype=int).astype(object)
    for i, j in zip(*np.tril_indices(d, -1), strict=True):
        L[i, j] = draw(st.integers(-2, 2))
    D = np.array(draw(st.lists(positives(high=4, denominator=3), min_size=d, max_size=d)), dtype=object)
    return Setup(((L * D) @ L.T).tolist(), n=n), draw(squares(d)), draw(rationals().filter(bool))


def _equals_layer(formula: Gradients, problem: Problem) -> bool:
    found, layer = formula(*problem), _by_differences(*problem, Reading())
    return all(bool((ours == theirs).all()) for ours, theirs in zip(found, layer, strict=True))


_WRONG_GRADIENTS: dict[str, Gradients] = {
    "ŵ₀ = 1": _read_otherwise(Reading(start=1)),
    "w* of mean 1": _read_otherwise(Reading(mean=1)),
    "ρ = n + 1": _read_otherwise(Reading(extra=1)),
    "n + 1 for n": lambda setup, weights, c: _closed(setup.replace(n=setup.n + 1), weights, c),
    "W₂₄ not moved": _changed(lambda value, score, d: (value, 0 * score)),
    "transposed gradient": _changed(_transposed),
    "gradient of W₂₄ in W₄₂": _changed(lambda value, score, d: (value, score.T)),
}

_BLOCKS = Claim(
    id="GAM-06",
    kind=Kind.IDENTITY,
    title="Training moves V₃₁ and W₂₄ alone; W₁₃ gets no gradient at all",
    statement=r"L(V, W) = \tfrac12\,\mathbb{E}\lVert w_1 - w_*\rVert^2,\ w_0 = 0:\quad \nabla_{W_{13}} L = 0"
    r" \text{ for all } V, W; \text{ where all blocks but } V_{31}, W_{13}, W_{24} \text{ are } 0,"
    r" \text{ all blocks but } V_{31}, W_{24} \text{ have gradient } 0; \text{ at } V_{31} = V, W_{24} = -c:\ "
    r"\nabla_{V_{31}} L = c\,(I + cV\Gamma)\Lambda, \quad \nabla_{W_{24}} L = -\tfrac1c \operatorname{tr}"
    r"(V^{\mathsf T} \nabla_{V_{31}} L), \text{ which is } 0 \text{ at } V = -\Gamma^{-1}/c",
    source=Source(
        "theory", "section 3", note="which blocks are trained is not stated in arXiv:2510.03605, Theorem 3.1"
    ),
    origin=Origin.DERIVED,
    assumes=(
        "ŵ₀ = 0 in the last column of every training prompt, labels without noise, ρ = n",
        "w* independent of the data, with w* and −w* equally likely; for the values also E w*w*ᵀ = I, x ~ N(0, Λ)",
        "the mean of L over prompts may be differentiated under the mean: L is a polynomial with finite moments",
    ),
    uses=("MOM-01", "GAM-02"),
    checks=(
        by_words(
            "where only V₃₁, W₁₃, W₂₄ are not zero: the mean of each gradient over w* and −w*",
            part="other blocks",
            formula=lambda: Untouched(BLOCKS - TRAINED),
            controls={
                "V₃₁ as well": lambda: Untouched((BLOCKS - TRAINED) | {"V31"}),
                "W₂₄ as well": lambda: Untouched((BLOCKS - TRAINED) | {"W24"}),
                "ŵ₀ ≠ 0": lambda: Untouched(BLOCKS - TRAINED, start=True),
                "ŵ₀ ≠ 0, W₁₃ alone": lambda: Untouched(frozenset({"W13"}), start=True),
                "w* with a mean": lambda: Untouched(BLOCKS - TRAINED, centred=False),
                "the first block row read out": lambda: Untouched(BLOCKS - TRAINED, row=1),
            },
            sides=_vanishing_at_pattern,
            scope="every d, n, prompt, w* (averaged with −w*), V₃₁, W₁₃ and W₂₄",
            instance=_shaped_instance,
        ),
        by_words(
            "for all V and W: the gradient of ½ ‖w_1 − w*‖² on one prompt",
            part="blocks never read",
            formula=lambda: Untouched(BLOCKS - READ),
            controls={
                **{f"{name} as well": _with(name) for name in sorted(READ)},
                "ŵ₀ ≠ 0": lambda: Untouched(BLOCKS - READ, start=True),
                "ŵ₀ ≠ 0, W₁₃ alone": lambda: Untouched(frozenset({"W13"}), start=True),
                "the first block row read out": lambda: Untouched(BLOCKS - READ, row=1),
            },
            sides=_vanishing_everywhere,
            scope="every d, n, prompt, w*, V and W: W₁₃ and the other 25 blocks outside V₃₁, V₃₂, V₃₄, W₁₄, W₂₄, W₄₄",
            instance=_shaped_instance,
        ),
        by_words(
            "the gradients in V₃₁ and W₂₄ by word algebra",
            part="values",
            formula=lambda: (_value_gradient(), _score_gradient()),
            controls={
                "sign in W₂₄": lambda: (_value_gradient(), -_score_gradient()),
                "not divided by c": lambda: (_value_gradient(), C * _score_gradient()),
                "V for its transpose": lambda: (
                    _value_gradient(),
                    -scalar("c", -1) * (V * _value_gradient()).trace(),
                ),
                "no gradient in W₂₄": lambda: (_value_gradient(), _ZERO),
                "Γ left of V": lambda: (C * (_ONE + C * GAMMA * V) * LAMBDA, _score_gradient()),
                "½ forgotten": lambda: (2 * _value_gradient(), 2 * _score_gradient()),
            },
            sides=_gradient_sides,
            scope="every d, n, c ≠ 0, V and symmetric Λ",
        ),
        by_samples(
            "loss_gradient in V₃₁ and zeros elsewhere, against differences of the literal layer by quadrature",
            part="other blocks",
            formula=_closed,
            controls=_WRONG_GRADIENTS | {"the first column read out": _read_otherwise(Reading(column=0))},
            over=_problems(SHAPES),
            holds=_equals_layer,
            scope="every entry of V and W; (d, n) = " + ", ".join(map(str, SHAPES)) + ", any V and c ≠ 0",
            instances=16,
        ),
        by_samples(
            "loss_gradient in V₃₁ and zeros elsewhere, against differences of the literal layer, d = n = 2",
            part="other blocks",
            tier=Tier.FULL,
            formula=_closed,
            controls=_WRONG_GRADIENTS,
            over=_problems(((2, 2),)),
            holds=_equals_layer,
            scope="every entry of V and W; (d, n) = (2, 2), any V and c ≠ 0",
            instances=3,
        ),
    ),
)

CLAIMS = (_BLOCKS,)
