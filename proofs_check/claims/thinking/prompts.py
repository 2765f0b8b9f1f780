"""How likely a single prompt is to overthink (theory section 9)."""

import itertools
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.evidence import Grade
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import positives
from theorycalc.fields import BALL, Ball, Field, ball_exp
from theorycalc.model import Setup
from theorycalc.rmt import largest_eigenvalue
from theorycalc.thinking import probability

_FIELD = BALL(128)

# ------------------------------------------------------------------------------------------------ OVT-06

Tail = Callable[[int, Any, Any], Any]  # (m/2, y = m/c, e^{−y}) -> P(λ > 2)


def _tail(half: int, y: Any, E: Any) -> Any:
    """e^{−y} Σ_{j < m/2} yʲ/j!."""
    return E * sum((y**j * Fraction(1, math.factorial(j)) for j in range(1, half)), 1)


_WRONG_TAILS: Mapping[str, Tail] = {
    "one term more": lambda half, y, E: _tail(half + 1, y, E),
    "without factorials": lambda half, y, E: E * sum((y**j for j in range(1, half)), 1),
    "y/2": lambda half, y, E: _tail(half, y / 2, E),
    "e^{−y} alone, twice": lambda half, y, E: 2 * E,
}
_HALVES = range(1, 7)


def _derivative(tail: Tail, half: int) -> tuple[Expression, Expression]:
    """d/dy with dE/dy = −E, as the linear part in t of tail(y + t, E(1 − t)): against the density of χ²_m/2.

    The tail is E times a polynomial p of y: (E p)' = E (p' − p); p' is taken from values, as p has degree < half.
    """

    def slope(y: Any, E: Any) -> Any:
        points = [Fraction(i) for i in range(half + 3)]
        values = [Fraction(tail(half, x, Fraction(1))) for x in points]
        p, dp = _interpolated(points, values, y)
        return E * (dp - p)

    return slope, lambda y, E: -1 * E * y ** (half - 1) * Fraction(1, math.factorial(half - 1))


def _interpolated(points: list[Fraction], values: list[Fraction], y: Any) -> tuple[Any, Any]:
    """Return the polynomial through the points, and its derivative, at y (Newton's form)."""
    table = list(values)
    for level in range(1, len(points)):
        for i in range(len(points) - 1, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / (points[i] - points[i - level])
    p, dp = table[-1] + 0 * y, 0 * y
    for x, coefficient in zip(reversed(points[:-1]), reversed(table[:-1]), strict=True):
        dp = dp * (y - x) + p
        p = p * (y - x) + coefficient
    return p, dp


def _sides(tail: Tail) -> dict[str, tuple[Expression, Expression]]:
    return {f"m = {2 * half}": _derivative(tail, half) for half in _HALVES}


def _is_tail(tail: Tail, instance: tuple[Setup, bool]) -> bool:
    """Whether the value of theorycalc overlaps the candidate, for one skill or for one example."""
    setup, _ = instance
    found = probability.overthinking_probability(setup, field=_FIELD).value
    lam, sigma, n = (Fraction(setup.Lambda.entries[0]), Fraction(setup.Sigma.entries[0]), setup.n)
    c = sigma / (lam * (1 + Fraction(1, n)) + setup.d * lam / n)
    assert setup.m is not None
    half = max(setup.d, setup.m) // 2
    with _FIELD.working():
        y = _FIELD.number(setup.m / c)
        expected = _FIELD.public(tail(half, _Scalar(y, _FIELD), _Scalar(ball_exp(-y), _FIELD)).value)
    return _meet(found, expected)


def _meet(first: Ball, second: Ball) -> bool:
    return first.lower <= second.upper and second.lower <= first.upper


@st.composite
def _single(draw: DrawFn) -> tuple[Setup, bool]:
    """Draw one skill with an even number of examples, or one example with an even number of equal skills."""
    size, one_skill = 2 * draw(st.integers(1, 8)), draw(st.booleans())
    d, m = (1, size) if one_skill else (size, 1)
    lam, sigma, n = draw(positives()), draw(positives()), draw(st.integers(1, 50))
    return Setup([lam] * d, n=n, Sigma=[sigma] * d, m=m), one_skill


_ONE = Claim(
    id="OVT-06",
    kind=Kind.IDENTITY,
    title="One skill, or one example: the probability that a prompt overthinks is a χ² tail, never 0",
    statement=r"d = 1 \text{ or } m = 1,\ \Sigma = c\,\Gamma: \quad P\big(\lambda_{\max}(\Gamma^{-1/2}S\,"
    r"\Gamma^{-1/2}) > 2\big) = P\big(\chi^2_h > \tfrac{2m}{c}\big), \ h = \max(d, m); \quad h \text{ even}: \ ="
    r" e^{-y}\sum_{j < h/2} \frac{y^j}{j!} > 0,\ y = \tfrac mc",
    source=Source("theory", "section 9", note="the law of a single eigenvalue"),
    origin=Origin.DERIVED,
    assumes=("h/2 ≤ 6 in the proof of the sum, any h in the code", "XXᵀ and XᵀX share their nonzero eigenvalues"),
    checks=(
        by_certificate(
            "the sum has the density of χ²/2 as derivative",
            formula=_tail,
            controls=_WRONG_TAILS,
            gaps=lambda tail: {},
            equal=_sides,
            domain=Domain(positive=("y", "E")),
            scope="h = 2, 4, …, 12, every y; both sides vanish as y → ∞",
            grade=Grade.PROVED_SLICE,
        ),
        by_samples(
            "overthinking_probability for one skill and for one example",
            formula=_tail,
            controls=_WRONG_TAILS,
            over=_single(),
            holds=_is_tail,
            scope="even h ≤ 16, enclosed",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ OVT-07

#: (p, q, P(a, X) and P(a, 2X) as functions of integer a) -> P(λ_max ≤ 2X)
Law = Callable[[int, int, Callable[[int], Any], Callable[[int], Any]], Any]
_SHAPES = ((1, 2), (1, 4), (2, 3), (2, 5), (3, 4), (3, 6), (4, 5))


def _law_with(*, twice: int = 2, half: Fraction = Fraction(1, 2), border: bool = True, shift: int = 0) -> Law:
    """The Pfaffian law for q − p odd, where every aᵢ is an integer; changes make it wrong."""

    def law(p: int, q: int, P: Callable[[int], Any], PP: Callable[[int], Any]) -> Any:
        a = [(q - p - 1) // 2 + i for i in range(1, p + 1)]
        size = p + p % 2
        A: list[list[Any]] = [[0] * size for _ in range(size)]
        for j in range(p):
            integral = half * P(a[j]) * P(a[j])
            for i in range(j + 1, p):
                s = a[i - 1] + a[j]
                weight = Fraction(math.factorial(s - 1), 2**s * math.factorial(a[i] - 1) * math.factorial(a[j] - 1))
                integral = integral - weight * PP(s)
                A[i][j] = twice * integral - P(a[i]) * P(a[j])
                A[j][i] = -1 * A[i][j]
            if p % 2:
                A[j][p] = P(a[j]) if border else 1
                A[p][j] = -1 * A[j][p]
        return _constant(p, q + shift, a) * _pfaffian(A, list(range(size)))

    return law


def _constant(p: int, q: int, a: list[int]) -> Fraction:
    """π^{p/2} Π Γ(aᵢ)/(Γ((q − i + 1)/2) Γ((p − i + 1)/2)): rational where q − p is odd."""
    value, roots = Fraction(1), p
    for i in range(1, p + 1):
        value *= math.factorial(a[i - 1] - 1)
        for twice in (q - i + 1, p - i + 1):
            part, root = _gamma_of_half(twice)
            value /= part
            roots -= root
    return value if roots == 0 else value * Fraction(22, 7)  # a wrong shape: no power of π may be left


def _gamma_of_half(twice: int) -> tuple[Fraction, int]:
    """Γ(t/2) as a rational times √π to the power 0 or 1."""
    if twice % 2 == 0:
        return Fraction(math.factorial(twice // 2 - 1)), 0
    value, t = Fraction(1), twice
    while t > 1:
        t -= 2
        value *= Fraction(t, 2)
    return value, 1


def _pfaffian(A: list[list[Any]], rows: list[int]) -> Any:
    if not rows:
        return 1
    first, *rest = rows
    total: Any = 0
    for position, other in enumerate(rest):
        left = [r for r in rest if r != other]
        total = total + (1 if position % 2 == 0 else -1) * A[first][other] * _pfaffian(A, left)
    return total


_LAW = _law_with()
_WRONG_LAWS: Mapping[str, Law] = {
    "I for 2I": _law_with(twice=1),
    "P² for P²/2": _law_with(half=Fraction(1)),
    "no last column for odd p": _law_with(border=False),
    "the constant of q + 2": _law_with(shift=2),
}


def _incomplete(a: int, X: Any, E: Any) -> Any:
    """P(a, X) = 1 − e^{−X} Σ_{j < a} Xʲ/j! with E = e^{−X}."""
    return 1 - E * sum((X**j * Fraction(1, math.factorial(j)) for j in range(1, a)), 1)


def _by_law(law: Law, p: int, q: int) -> Expression:
    return lambda X, E: law(p, q, lambda a: _incomplete(a, X, E), lambda a: _incomplete(a, 2 * X, E * E))


# Sums of xᵃ e^{−bx}, as {(a, b): coefficient}: the joint density is integrated over 0 < u_p < … < u_1 < X as it stands.
Terms = dict[tuple[int, int], Fraction]


def _integral(terms: Terms) -> Terms:
    """∫₀ˣ of a sum of uᵃe^{−bu}."""
    result: Terms = {}

    def add(a: int, b: int, value: Fraction) -> None:
        result[a, b] = result.get((a, b), Fraction(0)) + value

    for (a, b), value in terms.items():
        if b == 0:
            add(a + 1, 0, value / (a + 1))
            continue
        add(0, 0, value * math.factorial(a) / Fraction(b) ** (a + 1))
        for j in range(a + 1):
            add(j, b, -value * math.factorial(a) / math.factorial(j) / Fraction(b) ** (a + 1 - j))
    return result


def _ordered(powers: tuple[int, ...]) -> Terms:
    """∫ over 0 < u_p < … < u_1 < x of Π uᵢ^{powers[i]} e^{−uᵢ}, innermost (last) first."""
    inner: Terms = {(0, 0): Fraction(1)}
    for power in reversed(powers):
        inner = _integral({(a + power, b + 1): value for (a, b), value in inner.items()})
    return inner


def _by_density(p: int, q: int) -> Expression:
    """The joint density ∝ Π u^{(q−p−1)/2} e^{−u} Π_{i<j}(uᵢ − uⱼ), u = λ/2 descending: Vandermonde, term by term."""
    base = (q - p - 1) // 2
    total: Terms = {}
    for order in itertools.permutations(range(p)):
        sign = _parity(order)
        for key, value in _ordered(tuple(base + p - 1 - k for k in order)).items():
            total[key] = total.get(key, Fraction(0)) + sign * value
    whole = total.get((0, 0), Fraction(0))  # what is left as X → ∞
    return lambda X, E: sum(
        (X**a * E**b * (value / whole) for (a, b), value in total.items() if (a, b) != (0, 0)), 1 + 0 * X
    )


def _parity(order: tuple[int, ...]) -> int:
    inversions = sum(order[i] > order[j] for i, j in itertools.combinations(range(len(order)), 2))
    return -1 if inversions % 2 else 1


def _laws(law: Law) -> dict[str, tuple[Expression, Expression]]:
    return {f"p = {p}, q = {q}": (_by_law(law, p, q), _by_density(p, q)) for p, q in _SHAPES}


def _is_law(law: Law, instance: tuple[int, int, Fraction, bool]) -> bool:
    """Whether largest_eigenvalue, either way round, overlaps the candidate."""
    p, q, share, swap = instance
    x = share * q
    d, m = (q, p) if swap else (p, q)
    found = largest_eigenvalue.largest_eigenvalue(x, d=d, m=m, field=_FIELD).at_most
    with _FIELD.working():
        value = _FIELD.public(_enclosed(_by_law(law, p, q), x / 2, _FIELD))
    return _meet(found, value)


def _enclosed(expression: Expression, X: Fraction, field: Field) -> Any:
    point = field.number(X)
    value = expression(_Scalar(point, field), _Scalar(ball_exp(-point), field))
    return (_Scalar(field.number(1), field) * value).value


class _Scalar:
    """A ball that meets Fractions in formulas."""

    def __init__(self, value: Any, field: Field) -> None:
        self.value, self._field = value, field

    def _other(self, other: Any) -> Any:
        return other.value if isinstance(other, _Scalar) else self._field.number(other)

    def __add__(self, other: Any) -> "_Scalar":
        return _Scalar(self.value + self._other(other), self._field)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "_Scalar":
        return _Scalar(self.value - self._other(other), self._field)

    def __rsub__(self, other: Any) -> "_Scalar":
        return _Scalar(self._other(other) - self.value, self._field)

    def __mul__(self, other: Any) -> "_Scalar":
        return _Scalar(self.value * self._other(other), self._field)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "_Scalar":
        return _Scalar(self.value / self._other(other), self._field)

    def __pow__(self, power: int) -> "_Scalar":
        return _Scalar(self.value**power, self._field)


_LARGEST = Claim(
    id="OVT-07",
    kind=Kind.IDENTITY,
    title="The law of the largest eigenvalue of a real Wishart matrix is a Pfaffian; it decides isotropic prompts",
    statement=r"W = XX^{\mathsf T},\ X \in \mathbb R^{d\times m} \text{ standard normal},\ p = \min,\ q = \max:\quad"
    r" P(\lambda_{\max}(W) \le 2X) = \pi^{p/2}\prod_{i=1}^p"
    r" \frac{\Gamma(a_i)}{\Gamma(\frac{q-i+1}2)\Gamma(\frac{p-i+1}2)}"
    r" \operatorname{Pf}A, \ a_i = \tfrac{q-p-1}2 + i, \ A_{ij} \text{ from } P(a_i, X) \text{ and } P(a_i + a_j, 2X);"
    r" \quad \Sigma = c\,\Gamma: \text{ a prompt overthinks with probability } P(\lambda_{\max}(W) > 2m/c)",
    source=Source("Chiani, J. Multivariate Anal. 129 (2014)", "Theorem 1", Known.SECONDARY),
    origin=Origin.CITED,
    assumes=("q − p odd in the proof, where every a_i is an integer; any d and m in the code",),
    uses=("OVT-06",),
    checks=(
        by_certificate(
            "the Pfaffian is the integral of the joint density, as polynomials in X and e^{−X}",
            formula=_LAW,
            controls=_WRONG_LAWS,
            gaps=lambda law: {},
            equal=_laws,
            domain=Domain(positive=("X", "E")),
            scope="(p, q) = (1, 2), (1, 4), (2, 3), (2, 5), (3, 4), (3, 6), (4, 5), every x",
            grade=Grade.PROVED_SLICE,
        ),
        by_samples(
            "largest_eigenvalue, with d and m either way round",
            formula=_LAW,
            controls=_WRONG_LAWS,
            over=st.tuples(
                st.sampled_from(_SHAPES), st.fractions(Fraction(1, 4), 3, max_denominator=12), st.booleans()
            ).map(lambda drawn: (drawn[0][0], drawn[0][1], drawn[1], drawn[2])),
            holds=_is_law,
            scope="the same shapes, enclosed to 128 bits",
        ),
    ),
)

CLAIMS = (_ONE, _LARGEST)
