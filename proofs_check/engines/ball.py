"""Enclosures: inequalities on boxes by exact rational intervals, and rigorous balls compared with what they enclose.

A box is cut until interval arithmetic gives every piece the right sign.  Intervals have rational ends and lose nothing
to rounding; they are wide where a variable occurs twice, so that a piece may be undecided until it is small, and where
the gap touches zero it stays undecided at every size: a factor with that zero is divided out first (``contact``).  Only
an exact value at a point refutes.  Too wide is UNDECIDED, for boxes and for balls.
"""

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.engines import certificate
from proofs_check.evidence import Evidence, Grade, Verdict
from theorycalc.fields import Ball

#: Named values -> an expression in +, −, ·, /, integer powers, smaller, larger; runs on Interval and on Fraction alike.
Expression = Callable[..., Any]
Box = dict[str, tuple[Fraction, Fraction]]
MOST_BOXES = 4096
_MOST_CORNERS = 256


class Undefined(ZeroDivisionError):
    """Division by an interval that contains zero."""


@dataclass(frozen=True, eq=False)
class Interval(certificate.Symbolic):
    """All numbers from ``low`` to ``high``, both rational.

    Write x**2, not x·x: an even power knows that its factors are one number.

    >>> x = Interval(Fraction(-1), Fraction(2))
    >>> print(x**2, x * x, x - x)
    [0, 4] [-2, 4] [-3, 3]
    """

    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", certificate.exact(self.low))
        object.__setattr__(self, "high", certificate.exact(self.high))
        if self.low > self.high:
            raise ValueError(f"an interval from {self.low} to {self.high} is empty")

    def __add__(self, other: Any) -> "Interval":
        y = lifted(other)
        return Interval(self.low + y.low, self.high + y.high)

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Any) -> "Interval":
        return self + -lifted(other)

    def __rsub__(self, other: Any) -> "Interval":
        return lifted(other) - self

    def __mul__(self, other: Any) -> "Interval":
        y = lifted(other)
        ends = [a * b for a in (self.low, self.high) for b in (y.low, y.high)]
        return Interval(min(ends), max(ends))

    def __truediv__(self, other: Any) -> "Interval":
        y = lifted(other)
        if y.low <= 0 <= y.high:
            raise Undefined(f"division by {y}, which contains zero")
        return self * Interval(1 / y.high, 1 / y.low)

    def __rtruediv__(self, other: Any) -> "Interval":
        return lifted(other) / self

    def __pow__(self, power: int) -> "Interval":
        if not isinstance(power, int):
            raise TypeError(f"power {power}: intervals know integer powers only")
        if power < 0:
            return 1 / self**-power
        ends = sorted((self.low**power, self.high**power))
        if power % 2 == 0 and power and self.low < 0 < self.high:
            ends[0] = Fraction(0)
        return Interval(*ends)

    __radd__, __rmul__ = __add__, __mul__

    def __contains__(self, value: Fraction | int) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low}, {self.high}]"


def lifted(value: Any) -> Interval:
    """Return an exact number, a Ball or a pair (low, high) as an interval; floats are refused."""
    if isinstance(value, Interval):
        return value
    if isinstance(value, Ball):
        return Interval(value.lower, value.upper)
    if isinstance(value, tuple):
        return Interval(*(certificate.exact(end) for end in value))
    return Interval(certificate.exact(value), certificate.exact(value))


def smaller(x: Any, y: Any) -> Any:
    """Return the minimum of two intervals or numbers.

    >>> print(smaller(Interval(Fraction(0), Fraction(3)), 2), smaller(1, 2))
    [0, 2] 1
    """
    if not isinstance(x, Interval) and not isinstance(y, Interval):
        return min(x, y)
    a, b = lifted(x), lifted(y)
    return Interval(min(a.low, b.low), min(a.high, b.high))


def larger(x: Any, y: Any) -> Any:
    """Return the maximum of two intervals or numbers."""
    return -smaller(-x, -y)


@dataclass(frozen=True)
class Contact:
    """A factor with the zeros of a gap: gap = factor · rest, factor >= 0 on the box."""

    factor: Expression
    rest: Expression


def positive_on_boxes(
    gap: Expression,
    boxes: Mapping[str, tuple[Any, Any]],
    *,
    scope: str,
    strict: bool = False,
    contact: Contact | None = None,
    most: int = MOST_BOXES,
    smallest: Fraction = Fraction(1, 1024),
) -> Evidence:
    """Decide whether ``gap`` >= 0 (> 0 if ``strict``) on a box.

    Parameters
    ----------
    gap : expression in the variables of the box, by name; the larger side minus the smaller
    boxes : name -> (low, high), exact numbers
    scope : what the variables are; the box and the number of its pieces are added
    strict : ask for > 0; with ``contact``, for > 0 wherever the factor is not zero, which the scope then says
    contact : checked for identity with the gap; then the factor must be >= 0 and the rest >= 0 (> 0 if ``strict``)
    most : pieces after which the question is given up
    smallest : side, as a share of the box, below which a piece is not cut any more

    Returns
    -------
    Evidence
        CONFIRMED with grade ENCLOSED; REFUTED by an exact value at a corner or a midpoint; else UNDECIDED.

    Examples
    --------
    x(1 − x)² touches zero at both ends of [0, 1]; divided by it, x(1 − x)²(2 − x) is at least 1.

    >>> touching = lambda x: x * (1 - x) ** 2 * (2 - x)
    >>> split = Contact(lambda x: x * (1 - x) ** 2, lambda x: 2 - x)
    >>> positive_on_boxes(touching, {"x": (0, 1)}, scope="all x", contact=split, strict=True).scope
    'all x; away from the zeros of the contact factor; x in [0, 1]; 1 piece'
    >>> positive_on_boxes(lambda x: x**2 - x, {"x": (0, 1)}, scope="").detail
    'at x = 1/2 the gap is -1/4'
    """
    box = {name: (certificate.exact(low), certificate.exact(high)) for name, (low, high) in boxes.items()}

    def wrong(point: Mapping[str, Fraction]) -> str:
        """Say what is wrong with the gap at a point, if anything."""
        try:
            value = certificate.exact(gap(**point))
            zero = strict and value == 0 and (contact is None or certificate.exact(contact.factor(**point)) != 0)
        except ZeroDivisionError:
            return ""
        return f"at {_shown(point)} the gap is {value}" if value < 0 or zero else ""

    corners = itertools.islice(itertools.product(*box.values()), _MOST_CORNERS)
    for point in (*corners, _middle(box)):
        if detail := wrong(dict(zip(box, point, strict=True))):
            return Evidence(verdict=Verdict.REFUTED, grade=Grade.ENCLOSED, scope=scope, detail=detail)
    search, reason = _Search(most, smallest), ""
    if contact is not None:
        domain = certificate.Domain(positive=tuple(box))
        product = certificate.identical(
            gap, lambda **at: contact.factor(**at) * contact.rest(**at), domain, scope="factor · rest"
        )
        if product.verdict is not Verdict.CONFIRMED:
            reason = f"the gap is not factor · rest: {product.detail}"
        elif certificate.identical(
            contact.factor, lambda **at: 0 * next(iter(at.values())), domain, scope=""
        ).verdict is (Verdict.CONFIRMED):
            reason = "the factor is zero everywhere"
        elif doubt := search.decide(contact.factor, box, lambda point: "", strict=False).doubt:
            reason = f"the factor is not shown to be >= 0: {doubt}"
    found = search.decide(gap if contact is None or reason else contact.rest, box, wrong, strict=strict)
    if found.wrong:
        return Evidence(verdict=Verdict.REFUTED, grade=Grade.ENCLOSED, scope=scope, detail=found.wrong)
    if reason or found.doubt:
        return Evidence(verdict=Verdict.UNDECIDED, grade=Grade.ENCLOSED, scope=scope, detail=reason or found.doubt)
    pieces = f"{found.pieces} piece{'s' * (found.pieces > 1)}"
    zeros = ("away from the zeros of the contact factor",) if contact is not None and strict else ()
    parts = (scope, *zeros, *(f"{name} in [{low}, {high}]" for name, (low, high) in box.items()), pieces)
    return Evidence(verdict=Verdict.CONFIRMED, grade=Grade.ENCLOSED, scope="; ".join(part for part in parts if part))


@dataclass(frozen=True)
class _Found:
    """A wrong point, or a piece that stays undecided, or else the number of pieces."""

    wrong: str = ""
    doubt: str = ""
    pieces: int = 0


@dataclass(frozen=True)
class _Search:
    """Cuts pieces of a box in halves, larger ones first."""

    most: int
    smallest: Fraction

    def decide(
        self, proved: Expression, box: Box, wrong: Callable[[Mapping[str, Fraction]], str], *, strict: bool
    ) -> _Found:
        """Show that an expression is >= 0 (> 0 if ``strict``) on every piece; look for wrong points between."""
        waiting, pieces = deque([box]), 1
        while waiting:
            piece = waiting.popleft()
            try:
                low = lifted(proved(**{name: Interval(*ends) for name, ends in piece.items()})).low
            except Undefined:
                low = Fraction(-1)
            if low > 0 or (low == 0 and not strict):
                continue
            if detail := wrong(dict(zip(piece, _middle(piece), strict=True))):
                return _Found(wrong=detail)
            shares = {name: (b - a) / ((box[name][1] - box[name][0]) or 1) for name, (a, b) in piece.items()}
            name = max(shares, key=lambda key: shares[key])
            pieces += 1
            if shares[name] <= self.smallest or pieces > self.most:
                where = ", ".join(f"{key} in [{a}, {b}]" for key, (a, b) in piece.items())
                return _Found(doubt=f"too wide on {where}, after {pieces - 1} pieces")
            low, high = piece[name]
            middle = (low + high) / 2
            waiting += [piece | {name: (low, middle)}, piece | {name: (middle, high)}]
        return _Found(pieces=pieces)


def _middle(box: Box) -> tuple[Fraction, ...]:
    return tuple((low + high) / 2 for low, high in box.values())


def _shown(point: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())


def encloses(value: Any, expected: Any, *, most_radius: Any, scope: str) -> Evidence:
    """Decide whether an enclosure holds what is expected, and is narrow.

    Parameters
    ----------
    value : Ball, Interval or (low, high)
    expected : the exact number, which must lie inside, or another enclosure of one number, which must overlap
    most_radius : of ``value``, and of ``expected``: an exact number; a wider enclosure says nothing
    scope : what was enclosed

    Returns
    -------
    Evidence
        grade ENCLOSED: REFUTED if they are disjoint, UNDECIDED if one is too wide, else CONFIRMED.

    Examples
    --------
    >>> third = Ball(Fraction(333, 1000), Fraction(1, 1000))
    >>> encloses(third, Fraction(1, 3), most_radius=Fraction(1, 500), scope="").verdict.value
    'CONFIRMED'
    >>> encloses(third, Fraction(1, 3), most_radius=Fraction(1, 5000), scope="").verdict.value
    'UNDECIDED'
    """
    sides, limit = (lifted(value), lifted(expected)), certificate.exact(most_radius)
    radius = max((side.high - side.low) / 2 for side in sides)
    if sides[0].high < sides[1].low or sides[1].high < sides[0].low:
        verdict, detail = Verdict.REFUTED, f"{_decimal(sides[0])} and {_decimal(sides[1])} are disjoint"
    elif radius > limit:
        verdict, detail = Verdict.UNDECIDED, f"too wide: radius {float(radius):.3g}, allowed {float(limit):.3g}"
    else:
        verdict, detail = Verdict.CONFIRMED, ""
    return Evidence(verdict=verdict, grade=Grade.ENCLOSED, scope=scope, detail=detail)


def below(left: Any, right: Any, *, scope: str) -> Evidence:
    """Decide whether left < right for two numbers that are given by enclosures or exactly.

    >>> third = Ball(Fraction(333, 1000), Fraction(1, 1000))
    >>> [below(third, x, scope="").verdict.value for x in (Fraction(1, 2), Fraction(1, 4), Fraction(1, 3))]
    ['CONFIRMED', 'REFUTED', 'UNDECIDED']
    """
    x, y = lifted(left), lifted(right)
    verdict = Verdict.CONFIRMED if x.high < y.low else Verdict.REFUTED if x.low >= y.high else Verdict.UNDECIDED
    detail = "" if verdict is Verdict.CONFIRMED else f"{_decimal(x)} against {_decimal(y)}"
    return Evidence(verdict=verdict, grade=Grade.ENCLOSED, scope=scope, detail=detail)


def _decimal(interval: Interval) -> str:
    try:
        return f"[{float(interval.low):.17g}, {float(interval.high):.17g}]"
    except OverflowError:
        return str(interval)
