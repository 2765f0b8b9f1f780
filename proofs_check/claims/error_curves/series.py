"""The series of the exact error in 1/m: its first coefficient in closed form, and the recursion for all of them."""

import functools
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.checks import by_certificate, by_samples, by_witness, by_words
from proofs_check.claims.error_curves.degree import in_slice
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.evidence import Grade
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import setups
from theorycalc import reference
from theorycalc.error_curves import expansion
from theorycalc.fields import EXACT, as_fraction
from theorycalc.model import Setup
from theorycalc.moments import pairings, wishart
from theorycalc.moments.expansion import chain_series, diagonal_series
from theorycalc.moments.words import WordSum, letter, scalar
from theorycalc.results import Metric

# ------------------------------------------------------------------------------------------------ ERR-11

_C, _Q, _N, _P = (letter(name, symmetric=True) for name in ("C", "Q", "N", "P"))
Insertion = Callable[[WordSum], WordSum]  # X -> E DXD over ε


def _insertion(X: WordSum) -> WordSum:
    """C Xᵀ C + tr(CX) C."""
    return _C * X.T * _C + (_C * X).trace() * _C


_WRONG_INSERTIONS: Mapping[str, Insertion] = {
    "first term twice": lambda X: 2 * _C * X.T * _C + (_C * X).trace() * _C,
    "trace term twice": lambda X: _C * X.T * _C + 2 * (_C * X).trace() * _C,
    "trace term forgotten": lambda X: _C * X.T * _C,
    "complex Gaussians": lambda X: (_C * X).trace() * _C,
    "tr X for tr CX": lambda X: _C * X.T * _C + X.trace() * _C,
}


def _later(formula: Insertion) -> Callable[[], Insertion]:
    return lambda: formula


def _perturbed(insert: Insertion, k: int) -> WordSum:
    """tr P of Rᵏ Q Rᵏ with two of its factors R = I − C replaced by D: twice on one side, and one on each side."""
    R = [scalar("m", 0)]
    for _ in range(k):
        R.append(R[-1] * (1 - _C))
    total = WordSum({})
    for i in range(k):
        for j in range(i + 1, k):
            total = total + 2 * (_P * R[i] * insert(R[j - i - 1]) * R[k - 1 - j] * _Q * R[k]).trace()
        for j in range(k):
            total = total + (_P * R[i] * insert(R[k - 1 - i] * _Q * R[j]) * R[k - 1 - j]).trace()
    return total


def _first_words(k: int) -> WordSum:
    """The coefficient of 1/m of E tr P (I − N)ᵏ Q (I − N)ᵏ, from all pairings."""
    power = scalar("m", 0)
    for _ in range(k):
        power = power * (1 - _N)
    mean = pairings.expected_word((_P * power * _Q * power).trace(), sample="N", covariance="C", count="m")
    return WordSum(
        {
            key._replace(scalars=tuple(item for item in key.scalars if item[0] != "m")): value
            for key, value in mean.terms.items()
            if ("m", -1) in key.scalars
        }
    )


Divided = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]


def _divided(x: Any, y: Any, X: Any, Y: Any, k: Any) -> tuple[Any, Any]:
    """tᵏ[x, y] and tᵏ[x, x, y] for X = xᵏ, Y = yᵏ."""
    first = (X - Y) / (x - y)
    return first, (k * X / x - first) / (x - y)


def _recurrences(formula: Divided) -> dict[str, tuple[Expression, Expression]]:
    """What the code runs: f ↦ x f + yᵏ, g ↦ x g + f; and the start at k = 1."""
    return {
        "first": (
            lambda x, y, X, Y, k: formula(x, y, x * X, y * Y, k + 1)[0],
            lambda x, y, X, Y, k: x * formula(x, y, X, Y, k)[0] + Y,
        ),
        "second": (
            lambda x, y, X, Y, k: formula(x, y, x * X, y * Y, k + 1)[1],
            lambda x, y, X, Y, k: x * formula(x, y, X, Y, k)[1] + formula(x, y, X, Y, k)[0],
        ),
        "start of the first": (lambda x, y, X, Y, k: formula(x, y, x, y, 1)[0], lambda x, y, X, Y, k: 1 + 0 * x),
        "start of the second": (lambda x, y, X, Y, k: formula(x, y, x, y, 1)[1], lambda x, y, X, Y, k: 0 * x),
    }


Coefficients = Callable[[Setup, Metric, int, int], list[Fraction]]


def _series(setup: Setup, metric: Metric, k: int, order: int) -> list[Fraction]:
    """The code's coefficients of orders 0 … ``order`` at step k."""
    found = expansion.series_terms(setup, k, metric, EXACT, order).coefficients
    return [as_fraction(row[k]) for row in found]


def _interpolated(setup: Setup, metric: Metric, k: int) -> list[Fraction]:
    """Coefficients of the polynomial of degree 2k − 1 in 1/m through the reference at m = 1 … 2k."""
    points = [Fraction(1, m) for m in range(1, 2 * k + 1)]
    table = [reference.expected_error(setup.replace(m=1 / x), k, metric=metric).values[k] for x in points]
    total, basis = [Fraction(0)] * (2 * k), [Fraction(1)] + [Fraction(0)] * (2 * k - 1)
    for j, point in enumerate(points):
        total = [t + table[0] * b for t, b in zip(total, basis, strict=True)]
        table = [(table[i + 1] - table[i]) / (points[i + 1 + j] - points[i]) for i in range(len(table) - 1)]
        basis = [(basis[i - 1] if i else 0) - point * basis[i] for i in range(2 * k)]
    return total


def _first(change: Callable[[list[Fraction], Setup], Fraction]) -> Coefficients:
    return lambda setup, metric, k, order: [
        change(_series(setup, metric, k, 1), setup) if o == 1 else x
        for o, x in enumerate(_series(setup, metric, k, order))
    ]


def _is_interpolated(formula: Coefficients, case: tuple[Setup, Metric], orders: int, k: int = 2) -> bool:
    setup, metric = case
    return formula(setup, metric, k, orders)[: orders + 1] == _interpolated(setup, metric, k)[: orders + 1]


_PROBLEMS = st.tuples(setups(max_d=2, max_m=1), st.sampled_from(list(Metric)))

_FIRST = Claim(
    id="ERR-11",
    kind=Kind.IDENTITY,
    title="The first coefficient in 1/m of the exact error, in closed form at every k",
    statement=r"E_k = \operatorname{tr}\tilde P\bar R^k\tilde Q\bar R^k + \tfrac1m E_k^{(1)} + O(m^{-2}), \quad"
    r" E_k^{(1)} = \sum_{xy}\tilde P_{xy}\tilde Q_{xy}\big[\beta_x r_y^k + r_x^k\beta_y + c_xc_y\,t^k[r_x,r_y]^2\big]"
    r" + \sum_{xy}\tilde P_{xx}\tilde Q_{yy}\,c_xc_y\,t^k[r_x,r_y]^2 + \sigma^2\sum_x\tilde P_{xx}"
    r"\frac{(1-r_x^k)^2}{1-r_x}, \quad \beta_x = \tbinom k2 c_x^2r_x^{k-2} + c_x\sum_y c_y\,t^k[r_x,r_x,r_y],"
    r"\ r = 1 - c",
    source=Source("this project", note="second-order perturbation in N − C; t^k[…] are divided differences of tᵏ"),
    origin=Origin.OURS,
    assumes=(
        "three and more factors N − C have means of order m⁻² (cumulants)",
        "eigenbasis of C = Γ^{−1/2}ΣΓ^{−1/2}; sums over the places of the two factors are divided differences",
    ),
    uses=("MOM-01", "ERR-02"),
    checks=(
        by_words(
            "two insertions against all pairings, k ≤ 2",
            part="perturbation",
            formula=lambda: _insertion,
            controls={name: _later(wrong) for name, wrong in _WRONG_INSERTIONS.items()},
            sides=lambda insert: [(_first_words(k), _perturbed(insert, k)) for k in (1, 2)],
            scope="k ≤ 2; every d and symmetric C, P̃, Q̃",
            grade=Grade.PROVED_SLICE,
        ),
        by_certificate(
            "divided differences by the recurrences that run",
            part="closed form",
            formula=_divided,
            controls={
                "k − 1 for k": lambda x, y, X, Y, k: _divided(x, y, X, Y, k - 1),
                "[x, y, y]": lambda x, y, X, Y, k: (
                    _divided(x, y, X, Y, k)[0],
                    (_divided(x, y, X, Y, k)[0] - k * Y / y) / (x - y),
                ),
                "t^{k+1}": lambda x, y, X, Y, k: _divided(x, y, x * X, y * Y, k + 1),
            },
            gaps=lambda formula: {},
            equal=_recurrences,
            domain=Domain(positive=("x", "y", "X", "Y"), nonnegative=("k",)),
            scope="every k and r_x ≠ r_y; xᵏ and yᵏ as variables",
        ),
        by_samples(
            "the coefficient of the code against interpolation in 1/m",
            part="closed form",
            formula=_series,
            controls={
                "doubled": _first(lambda e, setup: 2 * e[1] + 1),
                "per direction: d E₀/k": _first(lambda e, setup: setup.d * e[0] / 2),
                "without label noise, plus 1": _first(lambda e, setup: e[1] - 1 - Fraction(setup.noise_var)),
            },
            over=_PROBLEMS,
            holds=lambda formula, case: _is_interpolated(formula, case, 1),
            scope="d ≤ 2, k = 2, commuting or not, both metrics, any Ω, w₀, σ²",
            instances=10,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ ERR-12


Numbers = tuple[Fraction, ...]
Table = list[list[Fraction]]


@functools.lru_cache(maxsize=128)
def _states(C: Numbers, Q: Numbers, k: int, order: int) -> Table:
    """Coefficients of (E RᵏQ̃Rᵏ)_xx by order, from the cumulant recursion."""
    ones = EXACT.array([1] * len(C))
    series = chain_series(diagonal_series(EXACT.array(C), EXACT.array(Q), ones), k, order)
    return [[as_fraction(x) for x in states[k]] for states in series.sandwich]


States = Callable[[Numbers, Numbers, int, int], Table]


def _chi_square(c: Fraction, k: int) -> list[Fraction]:
    """Coefficients of E(1 − cχ²_m/m)^{2k} from E(χ²_m/m)^j = Π_{i<j}(1 + 2i/m)."""
    total, moment, binomial = [Fraction(0)] * (2 * k + 1), [Fraction(1)], 1
    for j in range(2 * k + 1):
        for i, value in enumerate(moment):
            total[i] += binomial * (-c) ** j * value
        moment = [x + 2 * j * y for x, y in zip([*moment, Fraction(0)], [Fraction(0), *moment], strict=True)]
        binomial = binomial * (2 * k - j) // (j + 1)
    return total[: 2 * k]


@functools.lru_cache(maxsize=128)
def _n_form(C: Numbers, Q: Numbers, k: int) -> Table:
    """Coefficients of (E RᵏQ̃Rᵏ)_xx from the recursion of ERR-02 at 2k values of 1/m."""
    d, one = len(C), EXACT.array(np.eye(len(C), dtype=int))
    places, rows = list(range(1, 2 * k + 1)), []
    for m in places:
        chains = wishart.WishartChains(
            one, EXACT.array(np.diag(C)), EXACT.array(np.diag(Q)), EXACT.number(f"1/{m}"), EXACT
        )
        units = [EXACT.array(np.diag([int(i == x) for i in range(d)])) for x in range(d)]
        rows.append([as_fraction(chains.error(unit, k)) for unit in units])
    inverse = EXACT.inverse(EXACT.array([[Fraction(1, m) ** i for i in range(2 * k)] for m in places]))
    return [[as_fraction(x) for x in row] for row in inverse @ EXACT.array(rows)]


def _on_grids(formula: States) -> bool:
    """Coefficients are polynomials of degree <= 2k in each c and linear in Q̃: 2k + 1 values of each c decide."""
    one = (Fraction(1),)
    for k in (1, 2, 3):
        for i in range(2 * k + 1):
            c = Fraction(i - 1, 2)
            if [row[0] for row in formula((c,), one, k, 2 * k - 1)] != _chi_square(c, k):
                return False
    grid = [Fraction(i - 1, 2) for i in range(5)]
    units = [(Fraction(1), Fraction(0)), (Fraction(0), Fraction(1))]
    return all(formula((c, e), Q, 2, 3) == _n_form((c, e), Q, 2) for c in grid for e in grid for Q in units)


def _altered(change: Callable[[list[Fraction]], list[Fraction]]) -> States:
    def wrong(C: Numbers, Q: Numbers, k: int, order: int) -> Table:
        columns = [change(list(column)) for column in zip(*_states(C, Q, k, order), strict=True)]
        return [list(row) for row in zip(*columns, strict=True)]

    return wrong


def _exponential(e: list[Fraction]) -> list[Fraction]:
    """Second coefficient e₁²/(2 e₀), as if the error were e₀ exp(e₁/(m e₀))."""
    return [*e[:2], *(e[1] ** 2 / (2 * e[0]) if e[0] else Fraction(0) for _ in e[2:3]), *e[3:]]


_WRONG_SERIES: Mapping[str, Callable[[list[Fraction]], list[Fraction]]] = {
    "exponential series": _exponential,
    "signs alternate": lambda e: [(-1) ** o * x for o, x in enumerate(e)],
    "1/m + 1 for 1/m": lambda e: [x + (sum(e[o + 1 :], Fraction(0)) if o else 0) for o, x in enumerate(e)],
    "last order halved": lambda e: [*e[:-1], e[-1] / 2],
}


def _coefficients(change: Callable[[list[Fraction]], list[Fraction]]) -> Coefficients:
    return lambda setup, metric, k, order: change(_series(setup, metric, k, order))


_ALL = Claim(
    id="ERR-12",
    kind=Kind.IDENTITY,
    title="The series in 1/m by a recursion of joint cumulants",
    statement=r"\text{the coefficients of } m^{0}, \dots, m^{-p} \text{ of } E_k \text{ by the recursion of the }"
    r"\text{cumulants } \langle\operatorname{tr}R^{i},\, i\in S;\, X\rangle \text{ with } |S| \le p/2 \text{ are }"
    r"\text{those of the polynomial of ERR-04; for } p = 2k-1 \text{ they are all of it}",
    source=Source("this project", note="ERR-02 with the law tilted by exp Σ sᵢ tr Rⁱ, differentiated at s = 0"),
    origin=Origin.OURS,
    assumes=("X has independent columns N(0, Σ)",),
    uses=("ERR-02", "ERR-04"),
    checks=(
        in_slice(
            by_witness(
                "equal on grids, hence as polynomials in the eigenvalues of C",
                formula=_states,
                controls={name: _altered(change) for name, change in _WRONG_SERIES.items()},
                satisfies=_on_grids,
                scope="d = 1, k ≤ 3 and d = 2, k = 2; all orders, every C and Q̃",
            )
        ),
        by_samples(
            "the series of the code against interpolation in 1/m",
            formula=_series,
            controls={name: _coefficients(change) for name, change in _WRONG_SERIES.items()},
            over=_PROBLEMS,
            holds=lambda formula, case: _is_interpolated(formula, case, 3),
            scope="d ≤ 2, k = 2, all orders, commuting or not, both metrics, any Ω, w₀, σ²",
            instances=8,
        ),
    ),
)

CLAIMS = (_FIRST, _ALL)
