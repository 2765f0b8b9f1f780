"""Moments of sample covariances by listing all pairings (Isserlis' theorem), for symbolic d and n.

S = (1/n) Σ_i x_i x_iᵀ with x_i ~ N(0, Λ) independent.  A word with p copies of S has 2p Gaussian slots; its
mean is the sum over all (2p − 1)!! pairings of them.  Paired slots must carry one sample, which joins the
copies of S into components, and E x_i x_iᵀ = Λ replaces the pair: a pairing contributes n^(components − p)
times the words and traces that are left when the index graph is read off.  Source: Isserlis 1918; theory
section 3.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from theorycalc.exceptions import OutsideRegime
from theorycalc.moments.words import Letter, Monomial, Word, WordSum, monomial, transposed

Pairing = tuple[tuple[int, int], ...]
#: Pairing -> (coefficient, power of 1/n): what a pairing of the slots counts for.
WeightRule = Callable[[Pairing], tuple[Fraction, int]]
MAX_COPIES = 6  # (2·6 − 1)!! = 10,395 pairings


@dataclass(frozen=True)
class Contraction:
    """One pairing of one monomial and what it contributes to the mean.

    Copy a of S owns the slots 2a (left) and 2a + 1 (right); ``components`` counts the free sample indices.
    """

    pairing: Pairing
    components: int
    value: WordSum


def pairings(slots: int) -> Iterator[Pairing]:
    """List the (slots − 1)!! perfect matchings of 0 … slots − 1.

    >>> list(pairings(4))
    [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    """
    yield from _matchings(tuple(range(slots)))


def _matchings(slots: tuple[int, ...]) -> Iterator[Pairing]:
    if not slots:
        yield ()
        return
    first, rest = slots[0], slots[1:]
    for i, partner in enumerate(rest):
        for others in _matchings(rest[:i] + rest[i + 1 :]):
            yield ((first, partner), *others)


def free_samples(pairing: Pairing) -> int:
    """Count the sample indices that a pairing leaves free: components of the copies of S.

    >>> free_samples(((0, 1), (2, 3))), free_samples(((0, 2), (1, 3)))
    (2, 1)
    """
    parent = list(range(len(pairing)))
    for left, right in pairing:
        a, b = left // 2, right // 2
        while parent[a] != a:
            a = parent[a]
        while parent[b] != b:
            b = parent[b]
        parent[a] = b
    return sum(parent[a] == a for a in range(len(parent)))


def isserlis_weight(pairing: Pairing) -> tuple[Fraction, int]:
    """Return (1, p − components): every pairing counts once, and its free samples are summed over 1 … n."""
    return Fraction(1), len(pairing) - free_samples(pairing)


class _Piece(NamedTuple):
    """A stretch of letters between two slots; None stands for an end of the open word."""

    start: int | None
    end: int | None
    word: Word


def contractions(
    expression: WordSum,
    *,
    sample: str = "S_n",
    covariance: str = "Lambda",
    count: str = "n",
    weight: WeightRule = isserlis_weight,
) -> tuple[Contraction, ...]:
    """Return the contribution of every pairing to E[expression], monomial by monomial.

    Parameters
    ----------
    expression : polynomial in words and traces; ``sample`` may appear in both, at most 6 times per monomial
    sample, covariance, count : names of S, Λ and n in it
    weight : what a pairing counts for; a wrong rule here must break every consequence (tests rely on it)

    Returns
    -------
    tuple of Contraction
        (2p − 1)!! of them for a monomial with p copies of S.

    Raises
    ------
    OutsideRegime
        for more than 6 copies of S: use the recursions of ``moments.wishart``.

    Assumes: the columns are independent N(0, Λ); other letters are constant.
    Cost: O((2p − 1)!!) words of length O(p).  Source: Isserlis' theorem; theory section 3.

    Examples
    --------
    >>> from theorycalc.moments.words import letter
    >>> S = letter("S_n", symmetric=True)
    >>> [str(part.value) for part in contractions(S * S)]
    ['Lambda Lambda', 'n^-1 Lambda Lambda', 'n^-1 tr(Lambda) Lambda']
    """
    Lambda = Letter(covariance, symmetric=True)
    result: list[Contraction] = []
    for key, coefficient in expression.terms.items():
        pieces, closed, copies = _cut(key, sample)
        if copies > MAX_COPIES:
            raise OutsideRegime(f"{copies} copies of {sample}: at most {MAX_COPIES} by listing pairings")
        for pairing in pairings(2 * copies):
            factor, power = weight(pairing)
            word, traces = _contract(pieces, pairing, Lambda)
            scalars = dict(key.scalars)
            scalars[count] = scalars.get(count, 0) - power
            value = WordSum({monomial(scalars, (*closed, *traces), word): coefficient * factor})
            result.append(Contraction(pairing, free_samples(pairing), value))
    return tuple(result)


def expected_word(
    expression: WordSum,
    *,
    sample: str = "S_n",
    covariance: str = "Lambda",
    count: str = "n",
    weight: WeightRule = isserlis_weight,
) -> WordSum:
    """Return E[expression] over S = (1/n) Σ x_i x_iᵀ, x_i ~ N(0, Λ), exactly, for symbolic d and n.

    Parameters, raises, assumptions and cost are those of :func:`contractions`, whose sum this is.

    Returns
    -------
    WordSum
        without the letter ``sample``.

    Claims: GAM-01.  Source: theory section 3.

    Examples
    --------
    E[S B S] = Λ B Λ + (1/n)(Λ Bᵀ Λ + tr(Λ B) Λ); at d = 1 it is (1 + 2/n) λ² b.

    >>> from theorycalc.moments.words import letter
    >>> S, B = letter("S_n", symmetric=True), letter("B")
    >>> print(expected_word(S * B * S))
    Lambda B Lambda + n^-1 Lambda B' Lambda + n^-1 tr(B Lambda) Lambda
    """
    parts = contractions(expression, sample=sample, covariance=covariance, count=count, weight=weight)
    return WordSum.collect(item for part in parts for item in part.value.terms.items())


def _cut(key: Monomial, sample: str) -> tuple[list[_Piece], list[Word], int]:
    """Cut a monomial at its copies of S; return the pieces, traces without S, and the copies."""
    pieces: list[_Piece] = []
    closed: list[Word] = []
    copies = 0
    for cycle in key.traces:
        at = [i for i, item in enumerate(cycle) if item.name == sample]
        if not at:
            closed.append(cycle)
            continue
        turn = cycle[at[0] + 1 :] + cycle[: at[0] + 1]  # ends with S
        first = copies + len(at) - 1
        start = 2 * first + 1
        for stretch in _stretches(turn, sample)[:-1]:
            pieces.append(_Piece(start, 2 * copies, stretch))
            start = 2 * copies + 1
            copies += 1
    open_start: int | None = None
    stretches = _stretches(key.word, sample)
    for stretch in stretches[:-1]:
        pieces.append(_Piece(open_start, 2 * copies, stretch))
        open_start = 2 * copies + 1
        copies += 1
    pieces.append(_Piece(open_start, None, stretches[-1]))
    return pieces, closed, copies


def _stretches(word: Word, sample: str) -> list[Word]:
    """Split a word at the letter S."""
    result: list[Word] = []
    current: list[Letter] = []
    for item in word:
        if item.name == sample:
            result.append(tuple(current))
            current = []
        else:
            current.append(item)
    return [*result, tuple(current)]


def _contract(pieces: list[_Piece], pairing: Pairing, Lambda: Letter) -> tuple[Word, list[Word]]:
    """Follow the index graph: the open word from its left end, then every closed loop as a trace."""
    partner = {a: b for pair in pairing for a, b in (pair, pair[::-1])}
    leaving: dict[int | None, tuple[int, Word, int | None]] = {}  # slot -> (piece, word read from it, slot at its end)
    for i, piece in enumerate(pieces):
        leaving[piece.start] = (i, piece.word, piece.end)
        if piece.end is not None:
            leaving[piece.end] = (i, transposed(piece.word), piece.start)
    unread = set(range(len(pieces)))

    def read(slot: int | None) -> Word:
        letters: list[Letter] = []
        while True:
            i, word, end = leaving[slot]
            if i not in unread:
                return tuple(letters)  # the loop is closed
            unread.remove(i)
            letters += word
            if end is None:
                return tuple(letters)
            letters.append(Lambda)
            slot = partner[end]

    word = read(None)
    traces = []
    while unread:
        traces.append(read(pieces[min(unread)].start))
    return word, traces
