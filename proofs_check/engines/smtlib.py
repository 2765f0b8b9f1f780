"""Inequalities of rational functions written as SMT-LIB questions over the reals (QF_NRA), without any division.

A gap is factored.  Its sign is that of the product of its odd factors, and that no divisor vanishes is a question of
its own: x/0 is a free value in SMT, and every divisor on the way to the gap counts, also one that cancels later.
"""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.engines.certificate import Domain, Expression, Ratio, Symbolic

Point = dict[str, Fraction]
#: A polynomial with integer coefficients: (powers of the variables, coefficient), leading powers first.
Terms = tuple[tuple[tuple[int, ...], int], ...]

_VALUES = tuple(Fraction(x) for x in ("1/1000", "1/7", "1/3", "1/2", "1", "2", "13/3", "10", "1000"))
_TRIES, _ENOUGH = 2000, 60  # points that are drawn, and that are looked at


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where an inequality must hold: signs of variables, and conditions that are polynomials in them.

    Parameters
    ----------
    positive, nonnegative, free : names of the variables that are > 0, >= 0, of any sign
    at_least_zero, above_zero : conditions, expressions that are >= 0, or > 0, on the region
    inside : a point of the region, needed only where none is found by trying

    Examples
    --------
    >>> triangle = Region(nonnegative=("x", "y"), at_least_zero=(lambda x, y: 1 - x - y,))
    >>> triangle.contains({"x": Fraction(1, 2), "y": Fraction(1, 2)}), triangle.contains({"x": 1, "y": 1})
    (True, False)
    """

    positive: tuple[str, ...] = ()
    nonnegative: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    at_least_zero: tuple[Expression, ...] = ()
    above_zero: tuple[Expression, ...] = ()
    inside: Mapping[str, Fraction] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All variables."""
        return self.positive + self.nonnegative + self.free

    def contains(self, point: Mapping[str, Any]) -> bool:
        """Whether an exact point lies in the region."""
        return (
            all(point[name] > 0 for name in self.positive)
            and all(point[name] >= 0 for name in self.nonnegative)
            and all(condition(**point) >= 0 for condition in self.at_least_zero)
            and all(condition(**point) > 0 for condition in self.above_zero)
        )

    def points(self) -> list[Point]:
        """Return some rational points, the same in every run; ValueError if none is found."""
        rng = random.Random(20251003)
        zero, below = (Fraction(0),), tuple(-x for x in _VALUES)
        axes = dict.fromkeys(self.positive, _VALUES)
        axes |= dict.fromkeys(self.nonnegative, _VALUES + zero)
        axes |= dict.fromkeys(self.free, _VALUES + zero + below)
        drawn = ({name: rng.choice(axis) for name, axis in axes.items()} for _ in range(_TRIES))
        given = [dict(self.inside)] if self.inside is not None else []
        found = list(itertools.islice(filter(self.contains, itertools.chain(given, drawn)), _ENOUGH))
        if not found:
            raise ValueError("no point of the region was found: give one as inside=, or nothing would be stated")
        return [{name: point[name] for name in self.names} for point in found]


def region_of(domain: Domain | Region) -> Region:
    """Return a domain of the certificate engine as a region."""
    if isinstance(domain, Region):
        return domain
    return Region(positive=domain.positive, nonnegative=domain.nonnegative)


@dataclass(frozen=True)
class Question:
    """A script that should be answered unsat: there is no point of the region with what ``about`` says of a gap."""

    gap: str
    about: str
    script: str


def questions(gaps: Mapping[str, Expression], domain: Domain | Region, *, strict: Sequence[str] = ()) -> list[Question]:
    """Return what to ask of gaps that must be >= 0 (> 0 if named in ``strict``): is one negative, is a divisor 0.

    A divisor that has one sign at all of :meth:`Region.points` must keep it; then it is left out of the product.
    ValueError without gaps, for a name in ``strict`` that is none of theirs, or where the region shows no point.

    Examples
    --------
    >>> found = questions({"gap": lambda x, y: x / y - 1}, Domain(("x", "y")))
    >>> [question.about for question in found]
    ['gap < 0', 'a divisor of gap that is 0 or has the wrong sign']
    >>> print(found[0].script)
    ; unsat: no point with gap < 0
    (set-logic QF_NRA)
    (declare-const x Real)
    (declare-const y Real)
    (assert (> x 0.0))
    (assert (> y 0.0))
    (assert (< (+ x (* (- 1.0) y)) 0.0))
    (check-sat)
    """
    if not gaps or set(strict) - set(gaps):
        raise ValueError(f"nothing to ask: gaps {list(gaps)}, of which strict {list(strict)}")
    region = region_of(domain)
    points, given = region.points(), _given(region)

    def question(name: str, about: str, claim: str) -> Question:
        lines = [f"; unsat: no point with {about}", "(set-logic QF_NRA)", *given, f"(assert {claim})", "(check-sat)"]
        return Question(name, about, "\n".join(lines))

    found = []
    for name, gap in gaps.items():
        value, divisors = _traced(gap, region.names)
        below = sorted({terms for divisor in divisors for terms, _ in _factors(divisor)})
        signs = {terms: _common_sign(terms, points) for terms in below}
        comparison = "<=" if name in strict else "<"
        found.append(question(name, f"{name} {comparison} 0", _violation(value, signs, region.names, comparison)))
        if below:
            wrong = [f"({_NOT[signs[terms]]} {_polynomial(terms, region.names)} 0.0)" for terms in below]
            found.append(question(name, f"a divisor of {name} that is 0 or has the wrong sign", _joined("or", wrong)))
    return found


_NOT = {1: "<=", 0: "=", -1: ">="}  # a sign -> what must not be; 0: either sign, but no zero
_FLIPPED = {"<": ">", "<=": ">="}


def _given(region: Region) -> list[str]:
    """Declare the variables and assert that they lie in the region."""
    lines = [f"(declare-const {name} Real)" for name in region.names]
    lines += [f"(assert (> {name} 0.0))" for name in region.positive]
    lines += [f"(assert (>= {name} 0.0))" for name in region.nonnegative]
    for conditions, comparison in ((region.at_least_zero, ">="), (region.above_zero, ">")):
        for condition in conditions:
            value, divisors = _traced(condition, region.names)
            if any(not divisor.is_constant() for divisor in divisors):
                raise ValueError("a condition divides by a variable: multiply it out")
            terms = _primitive(value.numerator * value.denominator)
            lines.append(f"(assert ({comparison} {_polynomial(terms, region.names)} 0.0))")
    return lines


def _violation(value: Ratio, signs: Mapping[Terms, int], names: tuple[str, ...], comparison: str) -> str:
    """Write value < 0, or <= 0, where no divisor vanishes and those with a known sign have it."""
    if value.numerator == 0:
        return "true" if comparison == "<=" else "false"
    sign = _sign(value.numerator.leading_coefficient() * value.denominator.leading_coefficient())
    odd: list[str] = []
    even: list[str] = []
    for terms, power in _factors(value.numerator):
        (odd if power % 2 else even).append(_polynomial(terms, names))
    for terms, power in _factors(value.denominator):
        if power % 2 and signs[terms]:
            sign *= signs[terms]
        elif power % 2:
            odd.append(_polynomial(terms, names))
    product = f"({comparison if sign > 0 else _FLIPPED[comparison]} {_joined('*', odd or ['1.0'])} 0.0)"
    if comparison == "<=":
        return _joined("or", [product, *(f"(= {factor} 0.0)" for factor in even)])
    return _joined("and", [product, *(f"(not (= {factor} 0.0))" for factor in even)])


# ------------------------------------------------------------------------------------------------- polynomials


class _Traced(Symbolic):
    """A rational function with the numerators of all that was divided by on the way to it."""

    __slots__ = ("divisors", "value")

    def __init__(self, value: Ratio, divisors: list[Any]) -> None:
        self.value, self.divisors = value, divisors

    def _new(self, value: Ratio) -> "_Traced":
        return _Traced(value, self.divisors)

    def _quotient(self, above: Any, below: Any) -> "_Traced":
        above, below = self.value._lift(above), self.value._lift(below)
        self.divisors.append(below.numerator)
        return self._new(above / below)

    def __add__(self, other: Any) -> "_Traced":
        return self._new(self.value + _bare(other))

    def __mul__(self, other: Any) -> "_Traced":
        return self._new(self.value * _bare(other))

    def __neg__(self) -> "_Traced":
        return self._new(-self.value)

    def __pos__(self) -> "_Traced":
        return self

    def __sub__(self, other: Any) -> "_Traced":
        return self._new(self.value - _bare(other))

    def __rsub__(self, other: Any) -> "_Traced":
        return self._new(_bare(other) - self.value)

    def __truediv__(self, other: Any) -> "_Traced":
        return self._quotient(self.value, _bare(other))

    def __rtruediv__(self, other: Any) -> "_Traced":
        return self._quotient(other, self.value)

    def __pow__(self, power: int) -> "_Traced":
        return self._quotient(1, (self**-power).value) if power < 0 else self._new(self.value**power)

    __radd__, __rmul__ = __add__, __mul__


def _bare(other: Any) -> Any:
    return other.value if isinstance(other, _Traced) else other


def _traced(expression: Expression, names: tuple[str, ...]) -> tuple[Ratio, list[Any]]:
    """Return an expression as a rational function, and the numerators of its divisors."""
    divisors: list[Any] = []
    variables = {name: _Traced(value, divisors) for name, value in Domain(names).generators().items()}
    value = next(iter(variables.values())) * 0 + expression(**variables)
    return value.value, divisors


def _primitive(polynomial: Any) -> Terms:
    """Return the positive multiple whose coefficients are coprime integers."""
    terms = {powers: Fraction(int(x.p), int(x.q)) for powers, x in polynomial.to_dict().items()}
    below = math.lcm(*(x.denominator for x in terms.values()))
    common = math.gcd(*(int(x * below) for x in terms.values()))
    ordered = sorted(terms.items(), key=lambda term: (sum(term[0]), term[0]), reverse=True)
    return tuple((tuple(map(int, powers)), int(x * below) // common) for powers, x in ordered)


def _factors(polynomial: Any) -> list[tuple[Terms, int]]:
    """Return the distinct irreducible factors, each with leading coefficient > 0, and their powers."""
    found = polynomial.factor()[1]
    return sorted((_primitive(factor / factor.leading_coefficient()), int(power)) for factor, power in found)


def _sign(number: Any) -> int:
    return int(number > 0) - int(number < 0)


def _common_sign(terms: Terms, points: list[Point]) -> int:
    """Return the sign that a polynomial has at all points; 0 if there is more than one."""

    def value(point: Point) -> Fraction:
        monomials = (x * math.prod(map(pow, point.values(), powers), start=Fraction(1)) for powers, x in terms)
        return sum(monomials, Fraction(0))

    signs = {_sign(value(point)) for point in points}
    return signs.pop() if len(signs) == 1 else 0


def _polynomial(terms: Terms, names: Sequence[str]) -> str:
    """Write a polynomial as an SMT-LIB term."""
    written = []
    for powers, x in terms:
        factors = [name for name, power in zip(names, powers, strict=True) for _ in range(power)]
        if x != 1 or not factors:
            factors.insert(0, f"{x}.0" if x >= 0 else f"(- {-x}.0)")
        written.append(_joined("*", factors))
    return _joined("+", written or ["0.0"])


def _joined(operator: str, items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"({operator} {' '.join(items)})"
