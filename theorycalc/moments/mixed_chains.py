"""Moments of chains that mix A and Aᵀ: what theory section 5 becomes when A is not symmetric.

Let m S be Wishart_m(Σ).  A chain ℓ₀ S ℓ₁ S … S ℓ_r has letters ℓ ∈ {A, Aᵀ, Q}; a cycle (c₁ … c_L) stands for the factor
tr(c₁ S c₂ S … c_L S).  Reversed, a chain is transposed: w̃ = (ℓ_rᵀ … ℓ₀ᵀ).  For a multiset κ of cycles, with T_κ the
product of their traces and ε = 1/m, let B(κ; w) = E T_κ ℓ₀ S … S ℓ_r and X(κ; w) = E T_κ S ℓ₁ S … S ℓ_r, where
w = (ℓ₁ … ℓ_r) in X.  Integrating the first S by parts meets every other S twice, once from either side:

    X(κ; w) = Σ { B(κ; w) + ε Σ_{0<j<r} [ B(κ; w̃_{≤j} w_{>j}) + B(κ ∪ {w_{≤j}}; w_{>j}) ]
                  + ε Σ_{c ∈ κ} Σ_{turns v of c} [ B(κ∖c; v w) + B(κ∖c; ṽ w) ] }

    B(κ; ℓ₀ w) = ℓ₀ X(κ; w),   B(κ; ℓ₀) = ℓ₀ E T_κ,   E T_{κ ∪ c} = tr X(κ; c),   B(κ; w̃) = B(κ; w)ᵀ.

The degree, the number of S, falls by one in every step.  For a symmetric A the letters A and Aᵀ are one, and cycles are
told apart by their length alone: the states of section 5.  Which states a number of steps needs depends on it alone.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array, Field

Word = tuple[int, ...]
Kappa = tuple[Word, ...]  # cycles in normal form, sorted
State = tuple[Kappa, Word]
A, A_T, Q = 0, 1, 2
_TRANSPOSED = (A_T, A, Q)
#: Beyond it the states take minutes to list and gigabytes to hold: they grow fourfold with every step.
MOST_MIXED_STEPS = 8
_TERMS = (0, 3, 52, 383, 2_229, 11_504, 53_607, 233_699, 949_208)
_WIDEST = (1, 1, 7, 27, 108, 415, 1_361, 4_894, 15_957)


def reversed_word(word: Word) -> Word:
    """Return the letters of the transposed chain.

    >>> reversed_word((A, A, Q))  # (A S A S Q)ᵀ = Q S Aᵀ S Aᵀ
    (2, 1, 1)
    """
    return tuple(_TRANSPOSED[letter] for letter in reversed(word))


@functools.lru_cache(maxsize=1 << 16)
def cycle_normal_form(word: Word) -> Word:
    """Return the smallest of all turns of a cycle and of its reverse: they have one trace.

    >>> cycle_normal_form((A_T, A_T)), cycle_normal_form((A_T, A))
    ((0, 0), (0, 1))
    """
    return min(one[i:] + one[:i] for one in (word, reversed_word(word)) for i in range(len(word)))


@functools.lru_cache(maxsize=1 << 16)
def _turns(cycle: Word) -> tuple[tuple[Word, int], ...]:
    """Return the ways to cut a cycle open, from either side, and how often each occurs."""
    counts: dict[Word, int] = {}
    for i in range(len(cycle)):
        turn = cycle[i:] + cycle[:i]
        for way in (turn, reversed_word(turn)):
            counts[way] = counts.get(way, 0) + 1
    return tuple(counts.items())


def _with(kappa: Kappa, cycle: Word) -> Kappa:
    return tuple(sorted((*kappa, cycle_normal_form(cycle))))


def noise_terms(kappa: Kappa, word: Word) -> Iterator[tuple[Kappa, Word, int]]:
    """Yield the terms of order ε of X(κ; word)."""
    for j in range(1, len(word)):
        yield kappa, reversed_word(word[:j]) + word[j:], 1
        yield _with(kappa, word[:j]), word[j:], 1
    for i, cycle in enumerate(kappa):
        rest = kappa[:i] + kappa[i + 1 :]
        for turn, count in _turns(cycle):
            yield rest, turn + word, count


@dataclass(frozen=True, eq=False)
class _Layer:
    """All states of one degree: X from the B of the degree below, then B from X."""

    lead: Array  # (x,) ± (1 + index) of B(κ; w) below; negative: transposed
    noise: tuple[tuple[tuple[int, int], ...], ...]  # (x,) of ((± (1 + index), count), …)
    letter: Array  # (b,) ℓ₀ of each B
    source: Array  # (b,) index of its X
    closed: Array  # (b,) whether the chain is ℓ₀ alone, and X enters by its trace
    sparse: Any  # (plain, transposed): the noise as CSR matrices, (x, b below)


@dataclass(frozen=True, eq=False)
class Plan:
    """The states for some number of steps, degree by degree, and where the results are."""

    first: Array  # (b,) letters of the states of degree 0
    layers: tuple[_Layer, ...]
    sandwich: dict[tuple[int, int], tuple[int, int]]  # (a, b) -> degree, ± (1 + index) of (AS)^a Q (SAᵀ)^b
    spread: dict[tuple[int, int], tuple[int, int]]  # (a, b) -> the same of (AS)^a A S Aᵀ (SAᵀ)^b


@functools.lru_cache(maxsize=4)
def mixed_plan(steps: int, noisy: bool) -> Plan:
    """Return the states that E tr[P Rᵏ Q (Rᵏ)ᵀ], k <= steps, needs; with label noise also those of its drive.

    Raises
    ------
    OutsideRegime
        for more than 8 steps.

    Cost: 0.1 s for 5 steps, 15 s for 8; remembered.
    """
    require_listed(steps)
    found: list[dict[State, int]] = [{} for _ in range(2 * steps + 1)]

    def place(kappa: Kappa, word: Word) -> int:
        """Return ± (1 + index) of B(κ; word) among those of its degree."""
        other = reversed_word(word)
        states = found[sum(map(len, kappa)) + len(word) - 1]
        index = 1 + states.setdefault((kappa, min(word, other)), len(states))
        return index if word <= other else -index

    pairs = [(a, b) for a in range(steps + 1) for b in range(a + 1)]
    sandwich = {(a, b): (a + b, place((), (A,) * a + (Q,) + (A_T,) * b)) for a, b in pairs}
    drives = [(a, b) for a, b in pairs if noisy and a < steps]
    spread = {(a, b): (a + b + 1, place((), (A,) * (a + 1) + (A_T,) * (b + 1))) for a, b in drives}
    layers = []
    for degree in range(2 * steps, 0, -1):
        inner: dict[State, int] = {}
        letter, source, closed = [], [], []
        for kappa, word in found[degree]:
            one = len(word) == 1
            longest = max(range(len(kappa)), key=lambda i: len(kappa[i])) if one else 0
            key = (kappa[:longest] + kappa[longest + 1 :], kappa[longest]) if one else (kappa, word[1:])
            letter.append(word[0])
            source.append(inner.setdefault(key, len(inner)))
            closed.append(one)
        lead = np.array([place(*state) for state in inner], dtype=np.int64)
        noise = []
        for kappa, word in inner:
            terms: dict[int, int] = {}
            for rest, chain, count in noise_terms(kappa, word):
                at = place(rest, chain)
                terms[at] = terms.get(at, 0) + count
            noise.append(tuple(terms.items()))
        layers.append((lead, tuple(noise), letter, source, closed, len(found[degree - 1])))
    built = [
        _Layer(lead, noise, np.array(letter), np.array(source), np.array(closed), _sparse(noise, below))
        for lead, noise, letter, source, closed, below in reversed(layers)
    ]
    first = np.array([word[0] for _, word in found[0]], dtype=np.int64)
    return Plan(first, tuple(built), sandwich, spread)


def _sparse(noise: Sequence[Sequence[tuple[int, int]]], below: int) -> tuple[Any, Any]:
    from scipy.sparse import csr_array

    parts = []
    for sign in (1, -1):
        entries = [
            (row, sign * at - 1, count) for row, terms in enumerate(noise) for at, count in terms if sign * at > 0
        ]
        rows, columns, counts = zip(*entries, strict=True) if entries else ((), (), ())
        parts.append(csr_array((np.array(counts, dtype=float), (rows, columns)), shape=(len(noise), below)))
    return parts[0], parts[1]


def require_listed(steps: int) -> None:
    """Refuse more steps than the states can be listed for."""
    if steps > MOST_MIXED_STEPS:
        raise OutsideRegime(
            f"steps = {steps}: A is not symmetric, and the exact rung lists words in A and Aᵀ, four times as many with "
            f'every step: at most {MOST_MIXED_STEPS}; use fewer steps, rung="population", or simulate'
        )


def mixed_operations(steps: int, d: int) -> float:
    """Return about how many products of two numbers a run takes."""
    require_listed(steps)
    return float(_TERMS[steps] + 1) * d**2 + 3.0 * (_WIDEST[steps] + 1) * steps * d**3


def mixed_bytes(steps: int, d: int) -> float:
    """Return about how much memory a float64 run takes."""
    require_listed(steps)
    return 8.0 * 6 * (_WIDEST[steps] + 1) * d**2 + 100.0 * _TERMS[steps]


class MixedChains:
    """The moments of theory section 5 for any A, over any field.

    Parameters
    ----------
    A, Sigma, Q : (d, d) arrays of scalars of the field; Σ and Q symmetric, A any
    steps : largest number of CoT steps, at most 8
    epsilon : 1/m
    noisy : whether the drive of label noise is wanted
    jitter, seed : float64 only: relative random changes of every state, for estimates of rounding

    Claims: MIX-06.

    Examples
    --------
    d = m = 1, A = 1/3, σ = 1: E_1 = 1 − 2/3 + 3/9 and E_2 = 20/27.

    >>> from theorycalc.fields import EXACT
    >>> one, third = EXACT.array([[1]]), EXACT.array([["1/3"]])
    >>> chains = MixedChains(third, one, one, steps=2, epsilon=EXACT.number(1), field=EXACT)
    >>> print(*chains.errors(one))
    1 2/3 20/27
    """

    def __init__(
        self,
        A: Array,
        Sigma: Array,
        Q: Array,
        *,
        steps: int,
        epsilon: Any,
        field: Field,
        noisy: bool = False,
        jitter: float = 0.0,
        seed: int = 0,
    ) -> None:
        plan = mixed_plan(steps, noisy)
        self.steps, self.field = steps, field
        letters = np.stack([A, A.T, Q])
        run: Any = _float_layers if field is F64 else _object_layers
        wanted: dict[int, set[int]] = {}
        for degree, at in (*plan.sandwich.values(), *plan.spread.values()):
            wanted.setdefault(degree, set()).add(abs(at) - 1)
        kept: dict[tuple[int, int], Array] = {}
        rng = np.random.default_rng([seed, 6]) if jitter else None
        for degree, values in enumerate(run(plan, letters, Sigma, epsilon, jitter, rng)):
            for index in wanted.get(degree, ()):
                kept[degree, index] = np.array(values[index])

        def read(places: dict[tuple[int, int], tuple[int, int]]) -> dict[tuple[int, int], Array]:
            found = {}
            for (a, b), (degree, at) in places.items():
                value = kept[degree, abs(at) - 1]
                found[a, b] = value if at > 0 else value.T
                found[b, a] = found[a, b].T
            return found

        #: (a, b) -> E (AS)^a Q (SAᵀ)^b, and E (AS)^a A S Aᵀ (SAᵀ)^b
        self.sandwich, self.spread = read(plan.sandwich), read(plan.spread)

    def errors(self, P: Array, noise: Any = None) -> Array:
        """Return E tr[P Rᵏ Q (Rᵏ)ᵀ], k = 0 … steps, R = I − AS, plus ``noise`` times the drive of label noise.

        ``noise`` is σ²/m: Σ_{i,j<k} Rⁱ A S Aᵀ (Rʲ)ᵀ = Σ_{p,q<k} (−1)^{p+q} C(k, p+1) C(k, q+1) (AS)^p A S Aᵀ (SAᵀ)^q.
        """
        chains = {key: (P * value).sum() for key, value in self.sandwich.items()}  # tr(P M), P symmetric
        drives = {key: (P * value).sum() for key, value in self.spread.items()}
        values = []
        for k in range(self.steps + 1):
            total = chains[0, 0]
            for (a, b), chain in chains.items():
                if a <= k and b <= k and a + b > 0:
                    total = total + chain * ((-1) ** (a + b) * comb(k, a) * comb(k, b))
            if noise is not None:
                for (a, b), drive in drives.items():
                    if a < k and b < k:
                        total = total + drive * noise * ((-1) ** (a + b) * comb(k, a + 1) * comb(k, b + 1))
            values.append(total)
        return np.array(values, dtype=self.field.dtype)


def _float_layers(
    plan: Plan, letters: Array, Sigma: Array, epsilon: float, jitter: float, rng: np.random.Generator | None
) -> Iterator[Array]:
    """Yield the values (b, d, d) of all B of degree 0, 1, …"""
    d = len(Sigma)
    values = letters[plan.first]
    yield values
    for layer in plan.layers:
        flipped = np.ascontiguousarray(values.transpose(0, 2, 1))
        plain, turned = layer.sparse
        noise = plain @ values.reshape(-1, d * d) + turned @ flipped.reshape(-1, d * d)
        at = np.abs(layer.lead) - 1
        lead = np.where(layer.lead[:, None, None] > 0, values[at], flipped[at])
        X = np.matmul(Sigma, lead + epsilon * noise.reshape(-1, d, d))
        if rng is not None:
            X *= 1 + jitter * rng.uniform(-1, 1, X.shape)
        chosen = letters[layer.letter]
        traces = np.trace(X, axis1=1, axis2=2)[layer.source]
        values = np.where(
            layer.closed[:, None, None], chosen * traces[:, None, None], np.matmul(chosen, X[layer.source])
        )
        yield values


def _object_layers(
    plan: Plan, letters: Array, Sigma: Array, epsilon: Any, jitter: float, rng: np.random.Generator | None
) -> Iterator[list[Array]]:
    values = [letters[letter] for letter in plan.first]
    yield values
    for layer in plan.layers:
        inner = []
        for lead, terms in zip(layer.lead, layer.noise, strict=True):
            total = None
            for at, count in terms:
                value = values[abs(at) - 1] if at > 0 else values[abs(at) - 1].T
                value = value * count if count > 1 else value
                total = value if total is None else total + value
            start = values[lead - 1] if lead > 0 else values[-lead - 1].T
            inner.append(Sigma @ (start if total is None else start + total * epsilon))
        values = [
            letters[letter] * np.trace(inner[source]) if closed else letters[letter] @ inner[source]
            for letter, source, closed in zip(layer.letter, layer.source, layer.closed, strict=True)
        ]
        yield values


__all__ = ["MOST_MIXED_STEPS", "MixedChains", "mixed_bytes", "mixed_operations", "mixed_plan", "require_listed"]
