"""Inequalities and identities of rational functions on whole unbounded domains, by the signs of coefficients.

Ordered quantities are written as sums of new variables that are >= 0 (λ_min = e, λ = e + u, tr Λ = λ + v, n = 1 + w).
When, denominators cleared, every coefficient of the expanded polynomial is >= 0, the inequality holds everywhere on
the domain: the coefficients are the certificate.  A negative coefficient proves nothing; then exact values at
rational points of the domain are looked at, and only a negative value refutes.  An expression is judged in lowest
terms: where a divisor that cancels vanishes, nothing is said.
"""

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import flint

from proofs_check.evidence import Evidence, Grade, Verdict

#: Named values -> an expression in +, −, ·, /, integer powers; runs on Ratio and on Fraction alike.
Expression = Callable[..., Any]
_VALUES = tuple(Fraction(x) for x in ("0", "1/1000", "1/7", "1/2", "1", "2", "13/3", "10", "1000", "1000000"))
_MOST_POINTS = 4000


def exact(value: Any) -> Fraction:
    """Return an exact number as a Fraction; a float is refused, as 0.1 is not 1/10."""
    if isinstance(value, float):
        raise TypeError(f"{value} is a float: write an exact number")
    return Fraction(value)


class Symbolic:
    """What stands for all values of a variable at once: a formula may compute with it, but not branch on it."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise TypeError("a formula may not branch on its variables: == here would compare names, not values")

    def __bool__(self) -> bool:
        raise TypeError("a formula may not branch on its variables")

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(
            "a formula may use +, −, ·, / and integer powers of its variables, and no comparison, abs or root: "
            "write Fraction(2)/(n + 2) for a quotient"
        )

    __lt__ = __le__ = __gt__ = __ge__ = __abs__ = __float__ = __int__ = __floor__ = __ceil__ = __round__ = _refuse


class Ratio(Symbolic):
    """A rational function: numerator and denominator, both polynomials with rational coefficients."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Any, denominator: Any) -> None:
        self.numerator, self.denominator = numerator, denominator

    def _lift(self, other: Any) -> "Ratio":
        if isinstance(other, Ratio):
            return other
        value = exact(other)
        one = self.denominator.context().constant(1)
        return Ratio(one * flint.fmpq(value.numerator, value.denominator), one)

    def _reduced(self) -> "Ratio":
        common = self.numerator.gcd(self.denominator) if self.numerator != 0 else self.denominator
        return Ratio(self.numerator / common, self.denominator / common)

    def __add__(self, other: Any) -> "Ratio":
        x, y = self, self._lift(other)
        return Ratio(
            x.numerator * y.denominator + y.numerator * x.denominator, x.denominator * y.denominator
        )._reduced()

    def __mul__(self, other: Any) -> "Ratio":
        y = self._lift(other)
        return Ratio(self.numerator * y.numerator, self.denominator * y.denominator)._reduced()

    def __truediv__(self, other: Any) -> "Ratio":
        y = self._lift(other)
        if y.numerator == 0:
            raise ZeroDivisionError("the expression divides by a polynomial that is identically 0")
        return Ratio(self.numerator * y.denominator, self.denominator * y.numerator)._reduced()

    def __neg__(self) -> "Ratio":
        return Ratio(-self.numerator, self.denominator)

    def __sub__(self, other: Any) -> "Ratio":
        return self + -self._lift(other)

    def __rsub__(self, other: Any) -> "Ratio":
        return self._lift(other) - self

    def __rtruediv__(self, other: Any) -> "Ratio":
        return self._lift(other) / self

    def __pow__(self, power: int) -> "Ratio":
        if not isinstance(power, int):
            self._refuse()
        if power < 0:
            return 1 / self**-power
        return Ratio(self.numerator**power, self.denominator**power)

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True)
class Domain:
    """Independent variables: those in ``positive`` are > 0, those in ``nonnegative`` are >= 0; no upper limits.

    >>> Domain(positive=("e",), nonnegative=("u",)).names
    ('e', 'u')
    """

    positive: tuple[str, ...] = ()
    nonnegative: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for names in (self.positive, self.nonnegative):
            if not isinstance(names, tuple):
                raise ValueError(f"{names!r}: pass a tuple of names, such as ('x',)")

    @property
    def names(self) -> tuple[str, ...]:
        """All variables."""
        return self.positive + self.nonnegative

    def generators(self) -> dict[str, Ratio]:
        """Return the variables as rational functions."""
        if not self.names or not all(name.isascii() and name.isidentifier() for name in self.names):
            raise ValueError(f"variables {self.names}: name at least one, in ASCII letters")
        context = flint.fmpq_mpoly_ctx.get(self.names, "degrevlex")
        return {name: Ratio(x, context.constant(1)) for name, x in zip(self.names, context.gens(), strict=True)}

    def points(self) -> list[dict[str, Fraction]]:
        """Return rational points of the domain, ends included, the same in every run."""
        axes = [[x for x in _VALUES if x > 0 or name in self.nonnegative] for name in self.names]
        total = 1
        for axis in axes:
            total *= len(axis)
        if total <= _MOST_POINTS:
            chosen = list(itertools.product(*axes))
        else:
            rng = random.Random(20251003)
            chosen = [tuple(rng.choice(axis) for axis in axes) for _ in range(_MOST_POINTS)]
        return [dict(zip(self.names, values, strict=True)) for values in chosen]


def nonnegative(
    gap: Expression, domain: Domain, *, scope: str, strict: bool = False, grade: Grade = Grade.PROVED
) -> Evidence:
    """Decide whether ``gap`` >= 0 (> 0 if ``strict``) on the whole domain.

    Parameters
    ----------
    gap : expression in the variables of the domain, by name; the larger side minus the smaller
    domain : where it must hold
    strict : ask for > 0: some term of the numerator, and of the denominator, must have positive variables alone
    scope, grade : of a CONFIRMED verdict; PROVED_SLICE where the expression fixes a parameter

    Returns
    -------
    Evidence
        CONFIRMED by coefficients, REFUTED by an exact negative value (or zero, if strict), else UNDECIDED.

    Examples
    --------
    (x + y)² >= 4xy is not seen with x and y free; with y = x + u it is u² >= 0.

    >>> nonnegative(lambda x, u: (x + x + u) ** 2 - 4 * x * (x + u), Domain(("x",), ("u",)), scope="").verdict.value
    'CONFIRMED'
    >>> nonnegative(lambda x: x**2 - 1, Domain(("x",)), scope="").detail
    'at x = 1/1000 the gap is -999999/1000000'
    """
    variables = domain.generators()
    value = next(iter(variables.values()))._lift(0) + gap(**variables)
    if _all_nonnegative(value, domain, strict=strict):
        return Evidence(verdict=Verdict.CONFIRMED, grade=grade, scope=scope)
    for point in domain.points():
        try:
            found = exact(gap(**point))
        except ZeroDivisionError:
            continue
        if found < 0 or (strict and found == 0):
            detail = f"at {_shown(point)} the gap is {found}"
            return Evidence(verdict=Verdict.REFUTED, grade=grade, scope=scope, detail=detail)
    detail = "some coefficients are negative, but no negative value was found: shift the variables differently"
    return Evidence(verdict=Verdict.UNDECIDED, grade=grade, scope=scope, detail=detail)


def identical(
    left: Expression, right: Expression, domain: Domain, *, scope: str, grade: Grade = Grade.PROVED
) -> Evidence:
    """Decide whether two rational functions are one.

    >>> identical(lambda x: (x * x - 1) / (x - 1), lambda x: x + 1, Domain(("x",)), scope="").verdict.value
    'CONFIRMED'
    """
    variables = domain.generators()
    lift = next(iter(variables.values()))._lift
    if (lift(0) + left(**variables) - right(**variables)).numerator == 0:
        return Evidence(verdict=Verdict.CONFIRMED, grade=grade, scope=scope)
    for point in domain.points():
        try:
            difference = exact(left(**point)) - exact(right(**point))
        except ZeroDivisionError:
            continue
        if difference:
            detail = f"at {_shown(point)} the sides differ by {difference}"
            return Evidence(verdict=Verdict.REFUTED, grade=grade, scope=scope, detail=detail)
    return Evidence(verdict=Verdict.UNDECIDED, grade=grade, scope=scope, detail="no differing values were found")


def _all_nonnegative(value: Ratio, domain: Domain, *, strict: bool) -> bool:
    numerator, denominator = value.numerator, value.denominator
    if any(x < 0 for x in denominator.coeffs()):
        numerator, denominator = -numerator, -denominator
    if any(x < 0 for x in denominator.coeffs()) or any(x < 0 for x in numerator.coeffs()):
        return False
    firm = len(domain.positive)  # the positive variables come first
    sides = (numerator, denominator) if strict else (denominator,)
    return all(any(not any(powers[firm:]) for powers in side.monoms()) for side in sides)


def _shown(point: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())
