"""Polynomials in noncommuting matrices and their traces, with exact coefficients: the algebra of the proofs.

A word is a product of (d, d) letters, each plain, transposed or symmetric; the empty word is I.  A monomial
is a product of scalar powers (n⁻¹, c², …), traces of words, and one open word; a :class:`WordSum` is a
rational combination of monomials.  A scalar s is the matrix s·I.  Two equal expressions have equal normal
forms, so equality is decided by ``==``: nothing is ever "simplified".  The dimension d stays symbolic: tr I
= d.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import Array


@dataclass(frozen=True, order=True)
class Letter:
    """A matrix variable, or its transpose."""

    name: str
    transposed: bool = False
    symmetric: bool = False

    @property
    def T(self) -> "Letter":
        """The transposed letter: itself if it is symmetric."""
        return self if self.symmetric else replace(self, transposed=not self.transposed)

    def __str__(self) -> str:
        return self.name + ("'" if self.transposed else "")


Word = tuple[Letter, ...]


class Monomial(NamedTuple):
    """Π scalars^power · Π tr(word) · word, in normal form."""

    scalars: tuple[tuple[str, int], ...]
    traces: tuple[Word, ...]
    word: Word


def transposed(word: Word) -> Word:
    """Return the word of the transposed product."""
    return tuple(letter.T for letter in reversed(word))


def rotations(word: Word) -> list[Word]:
    """Return the cyclic rotations of a word: the ways to write one trace."""
    return [word[i:] + word[:i] for i in range(len(word))]


def trace_normal_form(word: Word) -> Word:
    """Return the smallest rotation of the word and of its transpose, all of which have one trace."""
    return min(rotations(word) + rotations(transposed(word)), default=())


def monomial(scalars: Mapping[str, int], traces: Iterable[Word], word: Word = ()) -> Monomial:
    """Return a monomial in normal form; tr I becomes a factor d."""
    powers = dict(scalars)
    closed = []
    for trace in traces:
        if trace:
            closed.append(trace_normal_form(trace))
        else:
            powers["d"] = powers.get("d", 0) + 1
    return Monomial(
        tuple(sorted((name, power) for name, power in powers.items() if power)), tuple(sorted(closed)), word
    )


class WordSum:
    """An immutable rational combination of monomials, with + − · transpose and trace.

    Examples
    --------
    >>> B, Lambda = letter("B"), letter("Lambda", symmetric=True)
    >>> print((B * Lambda - Lambda * B).trace())
    0
    >>> print((B * Lambda).T + 2)
    2 + Lambda B'
    """

    __slots__ = ("terms",)
    terms: Mapping[Monomial, Fraction]

    def __init__(self, terms: Mapping[Monomial, Fraction]) -> None:
        self.terms = {key: terms[key] for key in sorted(terms) if terms[key]}

    @staticmethod
    def collect(parts: Iterable[tuple[Monomial, Fraction]]) -> "WordSum":
        """Return the sum of coefficient · monomial over ``parts``."""
        total: dict[Monomial, Fraction] = {}
        for key, coefficient in parts:
            total[key] = total.get(key, Fraction(0)) + coefficient
        return WordSum(total)

    def __add__(self, other: "WordSum | Fraction | int") -> "WordSum":
        return WordSum.collect([*self.terms.items(), *_lift(other).terms.items()])

    def __mul__(self, other: "WordSum | Fraction | int") -> "WordSum":
        return WordSum.collect(
            (_product(left, right), x * y) for left, x in self.terms.items() for right, y in _lift(other).terms.items()
        )

    def __radd__(self, other: "Fraction | int") -> "WordSum":
        return _lift(other) + self

    def __rmul__(self, other: "Fraction | int") -> "WordSum":
        return _lift(other) * self

    def __neg__(self) -> "WordSum":
        return self * -1

    def __sub__(self, other: "WordSum | Fraction | int") -> "WordSum":
        return self + -_lift(other)

    def __rsub__(self, other: "Fraction | int") -> "WordSum":
        return _lift(other) - self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordSum) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def T(self) -> "WordSum":
        """The transpose."""
        return WordSum.collect(
            (Monomial(key.scalars, key.traces, transposed(key.word)), value) for key, value in self.terms.items()
        )

    @property
    def is_scalar(self) -> bool:
        """Whether every open word is empty."""
        return not any(key.word for key in self.terms)

    def trace(self) -> "WordSum":
        """Return the trace; of a scalar s, which stands for s·I, it is s·d."""
        return WordSum.collect(
            (monomial(dict(key.scalars), (*key.traces, key.word)), value) for key, value in self.terms.items()
        )

    def map_words(self, image: Callable[[Word, bool], "WordSum"]) -> "WordSum":
        """Replace every word w by ``image(w, is_trace)``; a traced word by the trace of its image."""
        total = WordSum({})
        for key, value in self.terms.items():
            term = WordSum({monomial(dict(key.scalars), ()): value})
            for trace in key.traces:
                term = term * image(trace, True).trace()
            total = total + term * image(key.word, False)
        return total

    def substitute(self, name: str, value: "WordSum") -> "WordSum":
        """Replace the letter ``name`` by ``value`` and its transpose by the transpose of ``value``."""

        def image(word: Word, _: bool) -> WordSum:
            result = _lift(1)
            for item in word:
                factor = value.T if item.transposed else value
                result = result * (factor if item.name == name else _of_word((item,)))
            return result

        return self.map_words(image)

    def replace_product(self, pattern: Word, value: "WordSum") -> "WordSum":
        """Replace every occurrence of the product ``pattern`` by ``value``; in traces also across the cut."""

        def image(word: Word, is_trace: bool) -> WordSum:
            if is_trace:
                word = next((turn for turn in rotations(word) if turn[: len(pattern)] == pattern), word)
            for i in range(len(word) - len(pattern) + 1):
                if word[i : i + len(pattern)] == pattern:
                    rest = _of_word(word[i + len(pattern) :]).replace_product(pattern, value)
                    return _of_word(word[:i]) * value * rest
            return _of_word(word)

        return self.map_words(image)

    def commute(self, family: Iterable[str], inverses: tuple[str, str] | None = None) -> "WordSum":
        """Sort every run of letters of ``family``, which commute; ``inverses`` names two that cancel."""
        names = frozenset(family)

        def image(word: Word, is_trace: bool) -> WordSum:
            if is_trace:  # start after a letter outside the family, so that no run crosses the cut
                word = next((turn for turn in rotations(word) if turn[-1].name not in names), word)
            result: list[Letter] = []
            run: list[Letter] = []
            for item in (*word, None):
                if item is not None and item.name in names:
                    run.append(item)
                    continue
                result += _cancelled(sorted(run), inverses)
                run = []
                if item is not None:
                    result.append(item)
            return _of_word(tuple(result))

        return self.map_words(image)

    def gradient(self, name: str) -> "WordSum":
        """Return the matrix of partial derivatives of a scalar in the entries of the letter ``name``.

        From ∂ tr(V M)/∂V = Mᵀ and ∂ tr(Vᵀ M)/∂V = M, at every occurrence, by the product rule.

        Raises
        ------
        OutsideRegime
            if the expression is not a scalar, or the letter was declared symmetric.
        """
        if not self.is_scalar:
            raise OutsideRegime("a gradient is taken of a scalar: take the trace first")
        parts = []
        for key, value in self.terms.items():
            for j, trace in enumerate(key.traces):
                others = key.traces[:j] + key.traces[j + 1 :]
                for turn in rotations(trace):
                    if turn[0].name == name:
                        if turn[0].symmetric:
                            raise OutsideRegime(f"{name} is symmetric: its entries are not independent")
                        rest = turn[1:] if turn[0].transposed else transposed(turn[1:])
                        parts.append((Monomial(key.scalars, others, rest), value))
        return WordSum.collect(parts)

    def quotient(self, name: str, *, side: str) -> "WordSum":
        """Return Q with ``self`` = letter · Q (side "left") or Q · letter (side "right").

        Raises
        ------
        OutsideRegime
            if some word does not begin (or end) with the letter.
        """
        at, rest = (0, slice(1, None)) if side == "left" else (-1, slice(None, -1))
        for key in self.terms:
            if not key.word or key.word[at].name != name:
                raise OutsideRegime(f"{self}: not a {side} multiple of {name}")
        return WordSum.collect(
            (Monomial(key.scalars, key.traces, key.word[rest]), value) for key, value in self.terms.items()
        )

    def evaluate(self, matrices: Mapping[str, Array], scalars: Mapping[str, Any]) -> Array:
        """Return the (d, d) value at given (d, d) arrays, all of one field, and scalars (d is known from
        them).

        Scalars may be ints or numbers of the arrays' field; coefficients enter as integer · … / integer.
        """
        first = next(iter(matrices.values()))
        d = first.shape[0]
        zero = first[0, 0] - first[0, 0]
        identity = np.full((d, d), zero, dtype=first.dtype)
        np.fill_diagonal(identity, zero + 1)

        def product(word: Word) -> Array:
            result = identity
            for item in word:
                result = result @ (matrices[item.name].T if item.transposed else matrices[item.name])
            return result

        total = identity * zero
        for key, value in self.terms.items():
            factor = (zero + value.numerator) / value.denominator
            for name, power in key.scalars:
                base = zero + (d if name == "d" else scalars[name])
                factor = factor * base**power if power > 0 else factor / base**-power
            for trace in key.traces:
                factor = factor * np.trace(product(trace))
            total = total + product(key.word) * factor
        return np.asarray(total)

    def to_sympy(self) -> Any:
        """Return a SymPy scalar if :attr:`is_scalar`, else a matrix, in the symbols of ``notation``."""
        return self.to_sympy_scalar() if self.is_scalar else self.to_sympy_matrix()

    def to_sympy_scalar(self) -> Any:
        """Return a SymPy scalar; OutsideRegime if an open word is left."""
        import sympy as sp

        if not self.is_scalar:
            raise OutsideRegime("not a scalar: use to_sympy_matrix")
        return sp.Add(*(_sympy_factor(key, value) for key, value in self.terms.items()))

    def to_sympy_matrix(self) -> Any:
        """Return a SymPy matrix expression of shape (d, d), or (d, 1) when the words are vectors."""
        import sympy as sp

        from theorycalc.notation import symbol

        factors: dict[Word, Any] = {}
        for key, value in self.terms.items():
            factors[key.word] = factors.get(key.word, 0) + _sympy_factor(key, value)
        if not factors:
            return sp.ZeroMatrix(symbol("d"), symbol("d"))
        parts = [_sympy_product(factor, word) for word, factor in sorted(factors.items(), key=_longest_first)]
        return parts[0] if len(parts) == 1 else sp.MatAdd(*parts)

    def __str__(self) -> str:
        parts = []
        for key, value in self.terms.items():
            names = [name + (f"^{power}" if power != 1 else "") for name, power in key.scalars]
            names += [f"tr({' '.join(map(str, trace))})" for trace in key.traces]
            names += [str(item) for item in key.word]
            if not names or value != 1:
                names = [str(value), *names]
            parts.append(" ".join(names))
        return " + ".join(parts) or "0"

    def __repr__(self) -> str:
        return f"WordSum({self})"


def letter(name: str, *, symmetric: bool = False) -> WordSum:
    """Return a matrix variable as an expression."""
    return _of_word((Letter(name, symmetric=symmetric),))


def scalar(name: str, power: int = 1) -> WordSum:
    """Return a power, possibly negative, of a scalar variable as an expression."""
    return WordSum({monomial({name: power}, ()): Fraction(1)})


def _of_word(word: Word) -> WordSum:
    return WordSum({Monomial((), (), word): Fraction(1)})


def _lift(value: WordSum | Fraction | int) -> WordSum:
    if isinstance(value, float):
        raise TypeError(f"{value} is a float: words have exact coefficients")
    return value if isinstance(value, WordSum) else WordSum({Monomial((), (), ()): Fraction(value)})


def _product(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left.scalars)
    for name, power in right.scalars:
        powers[name] = powers.get(name, 0) + power
    scalars = tuple(sorted((name, power) for name, power in powers.items() if power))
    return Monomial(scalars, tuple(sorted(left.traces + right.traces)), left.word + right.word)


def _cancelled(run: list[Letter], inverses: tuple[str, str] | None) -> list[Letter]:
    if inverses is None:
        return run
    first, second = ([item for item in run if item.name == name] for name in inverses)
    shared = min(len(first), len(second))
    kept = {inverses[0]: len(first) - shared, inverses[1]: len(second) - shared}
    result = []
    for item in run:
        if item.name not in kept or kept[item.name] > 0:
            result.append(item)
            if item.name in kept:
                kept[item.name] -= 1
    return result


def _longest_first(item: tuple[Word, Any]) -> tuple[int, Word]:
    return (-len(item[0]), item[0])


def _displayed(trace: Word) -> Word:
    """Choose the rotation that reads best: tr(V M Vᵀ) rather than tr(Vᵀ V M)."""

    def awkwardness(word: Word) -> tuple[bool, bool, Word]:
        return (word[0].symmetric or word[0].transposed, not word[-1].transposed, word)

    return min(rotations(trace) + rotations(transposed(trace)), key=awkwardness)


def _sympy_product(factor: Any, word: Word) -> Any:
    import sympy as sp

    from theorycalc.notation import symbol

    letters = [symbol(item.name).T if item.transposed else symbol(item.name) for item in word]
    items = [factor] * (factor != 1) + (letters or [sp.Identity(symbol("d"))])
    return items[0] if len(items) == 1 else sp.MatMul(*items)


def _sympy_factor(key: Monomial, value: Fraction) -> Any:
    import sympy as sp

    from theorycalc.notation import symbol

    traces = [sp.Trace(_sympy_product(1, _displayed(trace))) for trace in key.traces]
    powers = [symbol(name) ** power for name, power in key.scalars]
    return sp.Mul(sp.Rational(value.numerator, value.denominator), *powers, *traces)
