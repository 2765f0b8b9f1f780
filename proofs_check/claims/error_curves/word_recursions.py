"""The recursions of theory section 5 on words: what each says of a state, in terms of other states.

``at`` gives the value of the states: their words before the mean is taken, or their means by the recursion itself.
Numbers in a recursion can be altered by name, for controls.
"""

from collections.abc import Callable, Iterator
from math import comb
from typing import NamedTuple

from theorycalc.moments.words import WordSum, letter, scalar

A, Q, SIGMA, S = (letter(name, symmetric=True) for name in ("A", "Q", "Sigma", "S"))
C, N = letter("C", symmetric=True), letter("N", symmetric=True)
PER_M, ONE = scalar("m", -1), scalar("m", 0)
Partition = tuple[int, ...]


class State(NamedTuple):
    """A product of traces T_κ times a chain.

    With the powers Y^i of the N-form, Y = AS, or of the centred form, Y = R = I − N, T_κ = Π_{i∈κ} tr Y^i, and

        B: T_κ Y^a;   M: T_κ Y^a Q (Yᵀ)^b;   L: T_κ tr(Q A⁻¹ Y^b) Y^a A, in the centred form T_κ tr(Q Y^b) Y^a.
    """

    kind: str
    kappa: Partition
    a: int
    b: int = 0


At = Callable[[State], WordSum]
#: (state, values of states, altered numbers) -> what the recursion says of the state.
Recursion = Callable[..., WordSum]


def states(degree: int, *, lowest: int) -> Iterator[State]:
    """List the states of degree |κ| + a + b = 1 … ``degree``; the chain in the trace of L has b >= ``lowest``."""
    for size in range(degree + 1):
        for kappa in _partitions(size, size):
            for a in range(degree - size + 1):
                if size + a:
                    yield State("B", kappa, a)
                for b in range(degree - size - a + 1):
                    if size + a + b:
                        yield State("M", kappa, a, b)
                        if b >= lowest:
                            yield State("L", kappa, a, b)


def _partitions(total: int, largest: int) -> Iterator[Partition]:
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)


def _with(kappa: Partition, j: int) -> Partition:
    return tuple(sorted((*kappa, j), reverse=True))


def _without(kappa: Partition, position: int) -> Partition:
    return kappa[:position] + kappa[position + 1 :]


def power(base: WordSum, exponent: int) -> WordSum:
    """Return a power, I for exponent 0."""
    result = ONE
    for _ in range(exponent):
        result = result * base
    return result


def _literal(state: State, base: WordSum, in_trace: Callable[[int], WordSum], last: WordSum) -> WordSum:
    chain = power(base, state.a)
    if state.kind == "M":
        chain = chain * Q * power(base.T, state.b)
    if state.kind == "L":
        chain = in_trace(state.b).trace() * chain * last
    for i in state.kappa:
        chain = power(base, i).trace() * chain
    return chain


def n_form_words(state: State) -> WordSum:
    """Return a state of the N-form before the mean: words in A, S, Q; for L, b >= 1."""
    return _literal(state, A * S, lambda b: Q * S * power(A * S, b - 1), A)


def centred_words(state: State) -> WordSum:
    """Return a state of the centred form before the mean: words in N and Q."""
    return _literal(state, 1 - N, lambda b: Q * power(1 - N, b), ONE)


def n_form(
    state: State, at: At, *, own: int = 1, split: int = 1, right: int = 1, cross: int = 1, joined: int = 2, two: int = 2
) -> WordSum:
    """Return what the N-form says of a state; the numbers multiply (a − 1)ε and the five kinds of sums."""
    kind, kappa, a, b = state
    if a == 0:
        return _n_form_base(state, at)
    total = (1 + (a - 1) * own * PER_M) * at(State(kind, kappa, a - 1, b))
    for j in range(a - 1):
        total = total + split * PER_M * at(State(kind, _with(kappa, j + 1), a - 2 - j, b))
    for position, i in enumerate(kappa):
        total = total + joined * i * PER_M * at(State(kind, _without(kappa, position), i + a - 1, b))
    if kind == "M":
        for j in range(b):
            total = total + right * PER_M * at(State("M", kappa, j, a + b - 1 - j))
            total = total + cross * PER_M * at(State("L", kappa, b - 1 - j, a + j))
    if kind == "L":
        for j in range(b):
            total = total + two * PER_M * at(State("M", kappa, b - 1 - j, j + a))
    return A * SIGMA * total


def centred(
    state: State, at: At, *, own: int = 1, split: int = 1, right: int = 1, cross: int = 1, joined: int = 2, two: int = 2
) -> WordSum:
    """Return what the centred form says of a state; the numbers are those of :func:`n_form`."""
    kind, kappa, a, b = state
    if a == 0:
        return (Q * at(State("B", kappa, b))).trace() if kind == "L" else _base(state, at)
    before = at(State(kind, kappa, a - 1, b))
    total = before
    if a > 1:
        total = total - own * (a - 1) * PER_M * (at(State(kind, kappa, a - 2, b)) - before)
    for j in range(a - 1):
        pair = [at(State(kind, _with(kappa, i), a - 2 - j, b)) for i in (j, j + 1)]
        total = total - split * PER_M * (pair[0] - pair[1])
    for position, i in enumerate(kappa):
        if i:
            pair = [at(State(kind, _without(kappa, position), i + a - 2 + one, b)) for one in (0, 1)]
            total = total - joined * i * PER_M * (pair[0] - pair[1])
    for j in range(b if kind == "M" else 0):
        pair = [at(State("M", kappa, j, a + b - 2 - j + one)) for one in (0, 1)]
        total = total - right * PER_M * (pair[0] - pair[1])
        pair = [at(State("L", kappa, b - 1 - j, a - 1 + j + one)) for one in (0, 1)]
        total = total - cross * PER_M * (pair[0] - pair[1])
    for j in range(b if kind == "L" else 0):
        pair = [at(State("M", kappa, b - 1 - j, j + a - 1 + one)) for one in (0, 1)]
        total = total - two * PER_M * (pair[0] - pair[1])
    return before - C * total


def _n_form_base(state: State, at: At) -> WordSum:
    if state.kind == "L":
        return (Q * at(State("B", state.kappa, state.b)).quotient("A", side="left")).trace() * A
    return _base(state, at)


def _base(state: State, at: At) -> WordSum:
    kind, kappa, _, b = state
    if kind == "M":
        return at(State("M", kappa, b, 0)).T if b else Q * at(State("B", kappa, 0))
    return at(State("B", kappa[1:], kappa[0])).trace() if kappa else ONE


def solved(recursion: Recursion) -> At:
    """Return the means of the states that a recursion gives, each computed once."""
    known: dict[State, WordSum] = {}

    def at(state: State) -> WordSum:
        if state not in known:
            known[state] = recursion(state, at)
        return known[state]

    return at


def n_form_error(recursion: Recursion, P: WordSum, k: int) -> WordSum:
    """Return E_k = Σ (−1)^{i+j} C(k,i) C(k,j) tr[P M(∅; i, j)]."""
    at, total = solved(recursion), WordSum({})
    for i in range(k + 1):
        for j in range(k + 1):
            total = total + (-1) ** (i + j) * comb(k, i) * comb(k, j) * (P * at(State("M", (), i, j))).trace()
    return total


def centred_error(recursion: Recursion, P: WordSum, k: int) -> WordSum:
    """Return E_k = tr[P M(∅; k, k)], P and Q whitened."""
    return (P * solved(recursion)(State("M", (), k, k))).trace()
