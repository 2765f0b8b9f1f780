"""Gaussian moments by listing perfect pairings, entry by entry (Isserlis 1918; Wick 1950).

X is (d, m) with independent columns x_j ~ N(0, Σ).  For an even number of its entries

    E[ Π_s X_{i_s, j_s} ] = Σ over perfect pairings, Π over the pairs {s, t} of  δ_{j_s j_t} Σ_{i_s i_t}.

:func:`gaussian_moment` is that sentence.  :class:`ColumnMoments` groups equal pairings and remembers, and is
trusted only because the tests hold it against the listing.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from theorycalc._checks import MAX_COUNT, integer
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.reference._rational import Matrix, matrix_of, multiply, rational_matrix, trace
from theorycalc.spectra import as_covariance

#: Listing stops at (2p − 1)!! = 135135 pairings of 2p = 14 entries.
MAX_FACTORS = 14
Pair = tuple[int, int]


def pairings(items: Sequence[int]) -> Iterator[list[Pair]]:
    """List the (2p − 1)!! perfect pairings of 2p items; none if their number is odd.

    >>> list(pairings([0, 1, 2, 3]))
    [[(0, 1), (2, 3)], [(0, 2), (1, 3)], [(0, 3), (1, 2)]]
    >>> list(pairings([])), list(pairings([0]))
    ([[]], [])
    """
    if not items:
        yield []
        return
    first = items[0]
    for position in range(1, len(items)):
        rest = [*items[1:position], *items[position + 1 :]]
        for others in pairings(rest):
            yield [(first, items[position]), *others]


def gaussian_moment(entries: Sequence[Pair], Sigma: Sequence[Sequence[Any]]) -> Fraction:
    """Return E[ Π_s X_{i_s, j_s} ] by listing pairings.

    Parameters
    ----------
    entries : sequence of (i, j), 0-based: row (feature) i and column (example) j of X; repetitions allowed
    Sigma : (d, d) covariance of a column: nested ints, Fractions, "p/q" strings

    Returns
    -------
    Fraction
        0 for an odd number of entries, 1 for none.

    Raises
    ------
    OutsideRegime
        for more than 14 entries (135135 pairings).

    Cost: (2p − 1)!! · p for 2p entries.
    Source: Isserlis, Biometrika 12 (1918) 134; theory section 3.

    Examples
    --------
    E x⁴ = 3 σ⁴ and, for two entries of one column, E x₁² x₂² = Σ₁₁ Σ₂₂ + 2 Σ₁₂²:

    >>> gaussian_moment([(0, 0)] * 4, [[2]])
    Fraction(12, 1)
    >>> gaussian_moment([(0, 0), (0, 0), (1, 0), (1, 0)], [[2, 1], [1, 3]])
    Fraction(8, 1)
    """
    if len(entries) > MAX_FACTORS:
        raise OutsideRegime(f"{len(entries)} Gaussian factors: pairings are listed for at most {MAX_FACTORS}")
    covariance = rational_matrix(Sigma)
    total = Fraction(0)
    for pairing in pairings(range(len(entries))):
        term = Fraction(1)
        for s, t in pairing:
            (i, j), (other_i, other_j) = entries[s], entries[t]
            term *= covariance[i][other_i] if j == other_j else 0
        total += term
    return total


class ColumnMoments:
    """E[ Π_i x_i^{e_i} ] for one column x ~ N(0, Σ), remembered by exponent.

    The first factor x_i is paired with each other factor: e_l − δ_{il} of them are equal to x_l, so

        E[ x^e ] = Σ_l (e_l − δ_{il}) Σ_{il} E[ x^{e − i − l} ],   i the first index with e_i > 0.

    Cost: at most one state per exponent below e.  Source: Isserlis' theorem, equal pairings counted together.

    Examples
    --------
    >>> ColumnMoments([[2, 1], [1, 3]])((2, 2)), ColumnMoments([[2]])((4,))
    (Fraction(8, 1), Fraction(12, 1))
    """

    def __init__(self, Sigma: Sequence[Sequence[Any]]) -> None:
        self.Sigma = rational_matrix(Sigma)
        self._known: dict[tuple[int, ...], Fraction] = {(0,) * len(self.Sigma): Fraction(1)}

    def __call__(self, exponents: tuple[int, ...]) -> Fraction:
        """Return the moment with these exponents, (d,)."""
        if len(exponents) != len(self.Sigma) or min(exponents) < 0:
            raise InvalidSetup(f"exponents = {exponents}: pass {len(self.Sigma)} integers >= 0, one per feature")
        if sum(exponents) % 2:
            return Fraction(0)
        if exponents not in self._known:
            self._known[exponents] = self._paired(exponents)
        return self._known[exponents]

    def _paired(self, exponents: tuple[int, ...]) -> Fraction:
        first = next(i for i, exponent in enumerate(exponents) if exponent)
        rest = list(exponents)
        rest[first] -= 1
        total = Fraction(0)
        for partner, count in enumerate(rest):
            if count:
                rest[partner] -= 1
                total += count * self.Sigma[first][partner] * self(tuple(rest))
                rest[partner] += 1
        return total


def second_moment(B: Sequence[Sequence[Any]], Sigma: Sequence[Sequence[Any]], n: int) -> Matrix:
    """Return E[S B S] for S = (1/n) Σ_j x_j x_jᵀ, entry by entry from pairings.

    (S B S)_{ae} = n⁻² Σ_{j,l} Σ_{b,c} x_{aj} x_{bj} B_{bc} x_{cl} x_{el}: the n terms with j = l are alike,
    and so are the n(n − 1) with j ≠ l.

    Parameters
    ----------
    B : (d, d), any rational matrix, symmetric or not
    Sigma : (d, d) covariance of a sample
    n : number of samples, >= 1

    Returns
    -------
    nested list of Fractions, (d, d)

    Cost: 6 d⁴ products.  Source: theory section 3 (E[SBS] = ΣBΣ + (1/n)(ΣBᵀΣ + tr(ΣB)Σ)).

    Examples
    --------
    One dimension: E S² = (1 + 2/n) σ⁴.

    >>> second_moment([[1]], [[3]], 4)
    [[Fraction(27, 2)]]
    """
    weights, covariance = rational_matrix(B), rational_matrix(Sigma)
    d = len(covariance)
    same, different = Fraction(n, n * n), Fraction(n * (n - 1), n * n)
    result = [[Fraction(0)] * d for _ in range(d)]
    for a, b, c, e in product(range(d), repeat=4):
        if weights[b][c]:
            one_sample = gaussian_moment([(a, 0), (b, 0), (c, 0), (e, 0)], covariance)
            two_samples = gaussian_moment([(a, 0), (b, 0), (c, 1), (e, 1)], covariance)
            result[a][e] += weights[b][c] * (same * one_sample + different * two_samples)
    return result


def wishart_trace_moments(Sigma: Any, m: int, order: int) -> tuple[Fraction, ...]:
    """Return E tr(Wʲ), j = 1 … order, for W = X Xᵀ (sum, not mean), by listing pairings.

    tr Wʲ = Σ_{i,s} Π_t X_{i_t s_t} X_{i_{t+1} s_t} has 2j factors.  In a pairing, the examples s_t that are
    joined become one free index, a factor m; the Σ_{i i'} close into cycles, a factor tr Σ^length each.

    Parameters
    ----------
    Sigma : (d,) or (d, d) covariance, anything :class:`theorycalc.model.Setup` accepts
    m : number of columns, >= 1
    order : largest power j, 1 … 7

    Returns
    -------
    tuple of ``order`` Fractions

    Raises
    ------
    InvalidSetup
        for an invalid Σ, m or order.
    OutsideRegime
        for order > 7.

    Cost: (2j − 1)!! pairings of 2j factors.  Source: Isserlis' theorem; theory section 3.

    Examples
    --------
    E χ²_m = m and E (χ²_m)² = m(m + 2):

    >>> [str(value) for value in wishart_trace_moments([1], 7, 2)]
    ['7', '63']
    """
    count = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy="pass an integer >= 1")
    powers = integer("order", order, minimum=1, maximum=MAX_COUNT, remedy="pass an integer >= 1")
    if 2 * powers > MAX_FACTORS:
        raise OutsideRegime(f"order = {powers}: pairings are listed up to order {MAX_FACTORS // 2}")
    covariance = matrix_of(as_covariance(Sigma, name="Sigma", semidefinite=True))
    traces, power = [Fraction(len(covariance))], covariance
    for _ in range(powers):
        traces.append(trace(power))
        power = multiply(power, covariance)
    return tuple(
        sum((_wishart_term(pairing, j, count, traces) for pairing in pairings(range(2 * j))), Fraction(0))
        for j in range(1, powers + 1)
    )


def _wishart_term(pairing: list[Pair], j: int, m: int, traces: list[Fraction]) -> Fraction:
    """Return the sum over all indices of one pairing of tr Wʲ.

    Factor 2t is X_{i_t s_t}, factor 2t + 1 is X_{i_{t+1} s_t}: factors 2t and 2t + 1 share an example, and
    2t + 1 and 2t + 2 (cyclically) share a feature.
    """
    partner = dict(pairing) | {t: s for s, t in pairing}
    examples = _cycle_lengths(partner, {2 * t: 2 * t + 1 for t in range(j)})
    features = _cycle_lengths(partner, {2 * t + 1: (2 * t + 2) % (2 * j) for t in range(j)})
    term = Fraction(m) ** len(examples)
    for length in features:
        term *= traces[length]
    return term


def _cycle_lengths(partner: dict[int, int], neighbour: dict[int, int]) -> list[int]:
    """Return, per cycle of alternating partner and neighbour moves, how many pairs it holds."""
    beside = neighbour | {t: s for s, t in neighbour.items()}
    unseen, lengths = set(partner), []
    while unseen:
        start = position = min(unseen)
        length = 0
        while True:
            unseen -= {position, partner[position]}
            position, length = beside[partner[position]], length + 1
            if position == start:
                break
        lengths.append(length)
    return lengths
