"""Moments of isotropic Wishart matrices by recurrence in the power, and long chains from them (theory section 5)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import comb
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.error_curves.degree import in_slice
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import positives
from theorycalc import reference
from theorycalc.error_curves import isotropic as curve
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import isotropic
from theorycalc.results import Metric


class Recurrence(NamedTuple):
    """b_{r+2} = real_1 b_{r+1} + real_0 b_r + a_{r+2} + complex_1 a_{r+1} + complex_0 a_r, and for the complex moments
    (r + 3) a_{r+2} = own_1 a_{r+1} + own_0 a_r.
    """

    real_1: Any
    real_0: Any
    complex_1: Any
    complex_0: Any
    own_1: Any
    own_0: Any


Formula = Callable[[Any, Any, Any], Recurrence]


def recurrence(r: Any, s: Any, square: Any) -> Recurrence:
    """Return the coefficients at power r, s = d + m, ``square`` = (m − d)²."""
    return Recurrence(
        real_1=2 * (s - 1),
        real_0=(2 * r + 1) ** 2 - square,
        complex_1=1 - 2 * s,
        complex_0=square - (r + 1) ** 2,
        own_1=(2 * r + 3) * (s - 2),
        own_0=r * ((r + 1) ** 2 - square),
    )


_WRONG: Mapping[str, Formula] = {
    "s for s − 1": lambda r, s, q: recurrence(r, s, q)._replace(real_1=2 * s),
    "2r for 2r + 1": lambda r, s, q: recurrence(r, s, q)._replace(real_0=4 * r * r - q),
    "α²/4 for α²": lambda r, s, q: recurrence(r, s, q)._replace(real_0=(2 * r + 1) ** 2 - q / Fraction(4)),
    "2s for 2s − 1": lambda r, s, q: recurrence(r, s, q)._replace(complex_1=-2 * s),
    "r for r + 1": lambda r, s, q: recurrence(r, s, q)._replace(complex_0=q - r * r),
    "a at (d, m)": lambda r, s, q: recurrence(r, s, q)._replace(own_1=(2 * r + 3) * s),
    "r + 1 for r in a": lambda r, s, q: recurrence(r, s, q)._replace(own_0=(r + 1) * ((r + 1) ** 2 - q)),
}

# --------------------------------------------------------------------------- all powers, from the density

_HALF = Fraction(1, 2)
Sum = dict[tuple[Fraction, str], Any]  # (power of x, product) -> coefficient; products ff, fg, gg, fF, gF


class _Laguerre:
    """θ = x d/dx on products of f = φ_{d−1}, g = κ φ_{d−2} and F: with h = (s − 2 − x)/2 and κ² = (d − 1)(m − 1)

    θf = h f − g,   θg = κ² f − h g,   θF = −½ √x g.
    """

    def __init__(self, s: Any, alpha: Any) -> None:
        self.start = (s - 2) / Fraction(2)  # h at x = 0
        self.square = ((s - 2) ** 2 - alpha * alpha) / Fraction(4)  # κ²

    def theta(self, total: Sum) -> Sum:
        result: Sum = {}

        def add(power: Fraction, product: str, value: Any) -> None:
            key = power, "".join(sorted(product, key="fgF".index))
            result[key] = result.get(key, 0) + value

        for (power, product), value in total.items():
            add(power, product, value * power)
            for letter, other in ((product[0], product[1]), (product[1], product[0])):
                if letter == "F":
                    add(power + _HALF, "g" + other, -value / Fraction(2))
                else:
                    sign = 1 if letter == "f" else -1
                    add(power, product, sign * value * self.start)
                    add(power + 1, product, -sign * value / Fraction(2))
                    swapped = ("g" if letter == "f" else "f") + other
                    add(power, swapped, -value if letter == "f" else value * self.square)
        return result

    def densities(self) -> tuple[Sum, Sum]:
        """(ρ₁ of the real matrices, ρ₂ of the complex ones): xρ₂ = κ² f² + g² − 2h f g, ρ₁ = ρ₂ + f F/√x."""
        low, one = Fraction(-1), 1 + 0 * self.start
        complex_ = {(low, "ff"): self.square, (low, "gg"): one, (low, "fg"): -2 * self.start, (low + 1, "fg"): one}
        return {**complex_, (-_HALF, "fF"): one}, complex_

    def adjoint(self, polynomial: Callable[[int], Any], total: Sum) -> Sum:
        """q(−θ − 1) applied to the sum, q the cubic through its values at r = 0 … 3."""
        values = [polynomial(r) for r in range(4)]
        result: Sum = {}
        current, factor = total, Fraction(1)
        for i in range(4):  # Newton: Σ_i Δⁱq(0) r(r − 1)…(r − i + 1)/i!
            difference = sum((-1) ** (i - j) * comb(i, j) * values[j] for j in range(i + 1))
            result = _combined((1, result), (difference * factor, current))
            current = _combined((-1 - i, current), (-1, self.theta(current)))  # r − i becomes −θ − 1 − i
            factor = factor / (i + 1)
        return result


def _times_x(total: Sum, power: int) -> Sum:
    return {(exponent + power, product): value for (exponent, product), value in total.items()}


def _combined(*parts: tuple[Any, Sum]) -> Sum:
    result: Sum = {}
    for factor, part in parts:
        for key, value in part.items():
            result[key] = result.get(key, 0) + factor * value
    return result


def _complex_equation(formula: Formula, s: Any, alpha: Any) -> Sum:
    rules = _Laguerre(s, alpha)
    density = rules.densities()[1]

    def at(r: int) -> Recurrence:
        return formula(r + 0 * s, s, alpha * alpha)

    return _combined(
        (1, rules.adjoint(lambda r: r + 3 + 0 * s, _times_x(density, 2))),
        (-1, rules.adjoint(lambda r: at(r).own_1, _times_x(density, 1))),
        (-1, rules.adjoint(lambda r: at(r).own_0, density)),
    )


def _real_equation(formula: Formula, s: Any, alpha: Any) -> Sum:
    rules = _Laguerre(s, alpha)
    real, complex_ = rules.densities()

    def at(r: int) -> Recurrence:
        return formula(r + 0 * s, s, alpha * alpha)

    return _combined(
        (1, _times_x(real, 2)),
        (-1, rules.adjoint(lambda r: at(r).real_1, _times_x(real, 1))),
        (-1, rules.adjoint(lambda r: at(r).real_0, real)),
        (-1, _times_x(complex_, 2)),
        (-1, rules.adjoint(lambda r: at(r).complex_1, _times_x(complex_, 1))),
        (-1, rules.adjoint(lambda r: at(r).complex_0, complex_)),
    )


def _vanishing(formula: Formula) -> dict[str, tuple[Expression, Expression]]:
    """All coefficients at once: they multiply different powers of a variable t."""

    def weighted(equation: Callable[[Formula, Any, Any], Sum]) -> Expression:
        def side(s: Any, alpha: Any, t: Any) -> Any:
            total = equation(formula, s, alpha)
            return sum((total[key] * t**i for i, key in enumerate(sorted(total))), 0 * t)

        return side

    equations = {"complex": _complex_equation, "real": _real_equation}
    return {name: (weighted(equation), lambda s, alpha, t: 0 * t) for name, equation in equations.items()}


# ----------------------------------------------------------------------------------- the centred form

Coefficients = dict[int, Any]  # shift i -> coefficient of E tr y^{j+i}


def _on_y(j: Any, per_a: Any, operator: Callable[[Any, Any], Coefficients]) -> Coefficients:
    """An operator in x and θ = x d/dx on y^j, y = 1 − ax: θ y^p = p y^p − p y^{p−1} and x = (1 − y)/a."""

    def theta(total: Coefficients) -> Coefficients:
        result: Coefficients = {}
        for i, value in total.items():
            result[i] = result.get(i, 0) + (j + i) * value
            result[i - 1] = result.get(i - 1, 0) - (j + i) * value
        return result

    def times_x(total: Coefficients) -> Coefficients:
        result: Coefficients = {}
        for i, value in total.items():
            result[i] = result.get(i, 0) + value * per_a
            result[i + 1] = result.get(i + 1, 0) - value * per_a
        return result

    return operator(theta, times_x)


def _sum(*parts: tuple[Any, Coefficients]) -> Coefficients:
    result: Coefficients = {}
    for factor, part in parts:
        for i, value in part.items():
            result[i] = result.get(i, 0) + factor * value
    return result


def centred(j: Any, a: Any, s: Any, square: Any) -> dict[str, Coefficients]:
    """Coefficients of the two recurrences for u_j, t_j = E tr (I − aW)^j, times a², as the code has them."""
    c0, c1, c2 = (j + 1) ** 2 - square, -j * (2 * j + 1), j * (j - 1)
    own = {
        2: j + 3,
        1: -3 * (j + 2) + (s - 2) * a * (2 * j + 3),
        0: 3 * (j + 1) - (s - 2) * a * (4 * j + 3) - a * a * j * c0,
        -1: -j + (s - 2) * a * 2 * j - a * a * ((j - 1) * c1 - j * c0),
        -2: -a * a * ((j - 2) * c2 - (j - 1) * c1),
        -3: a * a * (j - 2) * c2,
    }
    left = {
        2: 1 + 0 * j,
        1: -2 + 2 * (s - 1) * a,
        0: 1 - 2 * (s - 1) * a - a * a * ((2 * j + 1) ** 2 - square),
        -1: a * a * 8 * j * j,
        -2: -a * a * 4 * j * (j - 1),
    }
    right = {
        2: 1 + 0 * j,
        1: -2 + (2 * s - 1) * a,
        0: 1 - (2 * s - 1) * a + a * a * (square - (j + 1) ** 2),
        -1: a * a * j * (2 * j + 1),
        -2: -a * a * j * (j - 1),
    }
    return {"complex": own, "real, left": left, "real, right": right}


def _operators(j: Any, a: Any, s: Any, square: Any) -> dict[str, Coefficients]:
    """The same from the recurrence of moments: (θ + 1)x² − …, x² − 2(s − 1)x + α² − (2θ + 1)², x² − …"""

    def own(theta: Any, x: Any) -> Coefficients:
        f: Coefficients = {0: 1 + 0 * j}
        xx, once = x(x(f)), x(f)
        inner = _sum((1, theta(f)), (1, f))
        inner = _sum((1, theta(inner)), (1, inner), (-square, f))
        return _sum((1, theta(xx)), (1, xx), (-2 * (s - 2), theta(once)), (-(s - 2), once), (-1, theta(inner)))

    def left(theta: Any, x: Any) -> Coefficients:
        f: Coefficients = {0: 1 + 0 * j}
        odd = _sum((2, theta(f)), (1, f))
        return _sum((1, x(x(f))), (-2 * (s - 1), x(f)), (square, f), (-2, theta(odd)), (-1, odd))

    def right(theta: Any, x: Any) -> Coefficients:
        f: Coefficients = {0: 1 + 0 * j}
        up = _sum((1, theta(f)), (1, f))
        return _sum((1, x(x(f))), (1 - 2 * s, x(f)), (square, f), (-1, theta(up)), (-1, up))

    pairs = (("complex", own), ("real, left", left), ("real, right", right))
    return {name: {i: a * a * v for i, v in _on_y(j, 1 / a, action).items()} for name, action in pairs}


Centred = Callable[[Any, Any, Any, Any], dict[str, Coefficients]]


def _same_coefficients(formula: Centred) -> dict[str, tuple[Expression, Expression]]:
    def side(source: Centred, name: str) -> Expression:
        return lambda j, a, s, q, t: sum((value * t ** (i + 3) for i, value in source(j, a, s, q)[name].items()), 0 * t)

    return {name: (side(formula, name), side(_operators, name)) for name in ("complex", "real, left", "real, right")}


def _changed(name: str, shift: int, change: Callable[[Any, Any, Any], Any]) -> Centred:
    def wrong(j: Any, a: Any, s: Any, q: Any) -> dict[str, Coefficients]:
        found = centred(j, a, s, q)
        found[name][shift] = found[name][shift] + change(j, a, s)
        return found

    return wrong


# --------------------------------------------------------------------------------------------- the code


def _moments(formula: Formula) -> Callable[[int, int, int], list[Fraction]]:
    def run(d: int, m: int, order: int) -> list[Fraction]:
        a, b = [Fraction(d - 1), Fraction((d - 1) * (m - 1))], [Fraction(d), Fraction(d * m)]
        for r in range(order - 1):
            c = formula(Fraction(r), Fraction(d + m), Fraction((m - d) ** 2))
            a.append((c.own_1 * a[r + 1] + c.own_0 * a[r]) / (r + 3))
            b.append(c.real_1 * b[r + 1] + c.real_0 * b[r] + a[r + 2] + c.complex_1 * a[r + 1] + c.complex_0 * a[r])
        return b

    return run


def _on_a_grid(formula: Formula) -> bool:
    """The recurrence at r is of degree r + 2 in d and in m: equal on a grid of r + 3 by r + 3, it is an identity."""
    top = 6
    run = _moments(formula)
    return all(
        run(d, m, top)[1:] == [isotropic.isotropic_trace_moment(d, m, r) for r in range(1, top + 1)]
        for d in range(1, top + 2)
        for m in range(1, top + 2)
    )


@st.composite
def _sizes(draw: DrawFn) -> tuple[int, int, Fraction]:
    return draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(positives())


def _code_runs_it(formula: Formula, problem: tuple[int, int, Fraction]) -> bool:
    """Both recurrences of the code against the candidate, the second through a binomial sum."""
    d, m, a = problem
    moments = _moments(formula)(d, m, 10)
    sums = [sum(comb(j, r) * (-a) ** r * moments[r] for r in range(j + 1)) for j in range(11)]
    traces = isotropic.isotropic_power_traces(d, m, a, 10)
    found = [Fraction(t, a.denominator**j) for j, t in enumerate(traces)]
    return moments == isotropic.isotropic_trace_moments(d, m, 10) and found == sums


@st.composite
def _isotropic_setups(draw: DrawFn) -> tuple[Setup, Metric]:
    d = draw(st.integers(1, 2))
    lam, sigma, noise = draw(positives(high=4)), draw(positives(high=4)), draw(st.sampled_from([0, "1/3"]))
    Omega = draw(st.sampled_from([None, [[2, 1], [1, 3]][:d] if d == 2 else [3]]))
    setup = Setup(
        [lam] * d,
        Sigma=[sigma] * d,
        n=draw(st.integers(1, 9)),
        m=draw(st.integers(1, 3)),
        Omega=Omega,
        w_0=draw(st.sampled_from([None, [1, 2][:d]])),
        noise_var=noise,
    )
    return setup, draw(st.sampled_from(list(Metric)))


def _error(weight: Callable[[curve.Isotropic], curve.Isotropic]) -> Callable[[Setup, Metric, int], list[Fraction]]:
    def values(setup: Setup, metric: Metric, k: int) -> list[Fraction]:
        problem = curve.isotropic_problem(setup, metric)
        assert problem is not None
        return [Fraction(x) for x in map(EXACT.public, curve.isotropic_curve(setup, weight(problem), k, EXACT).values)]

    return values


def _is_the_reference(formula: Callable[[Setup, Metric, int], list[Fraction]], case: tuple[Setup, Metric]) -> bool:
    setup, metric = case
    return formula(setup, metric, 2) == list(reference.expected_error(setup, 2, metric=metric).values)


def _scaled(**factors: Any) -> Callable[[curve.Isotropic], curve.Isotropic]:
    def change(problem: curve.Isotropic) -> curve.Isotropic:
        values = {
            name: getattr(problem, name) * Fraction(factors.get(name, 1)) for name in ("scale", "weight", "noise")
        }
        return curve.Isotropic(**values)

    return change


_DENSITIES = (
    "the densities, with Laguerre functions φ_n of parameter α = m − d ≥ 0 and κ² = (d − 1)(m − 1):"
    " κ (φ_{d−1} θφ_{d−2} − φ_{d−2} θφ_{d−1})/x of the complex eigenvalues, and φ_{d−1} F/√x more of the real ones,"
    " θF = −½ κ √x φ_{d−2}, θ = x d/dx (Adler, Forrester, Nagao, van Moerbeke 2000); boundary terms vanish"
)

_RECURRENCE = Claim(
    id="ERR-10",
    kind=Kind.IDENTITY,
    title="Isotropic moments, and the error of long isotropic chains, by recurrence in the power",
    statement=r"b_{r+2} = 2(s-1)\,b_{r+1} + \big((2r+1)^2 - \alpha^2\big) b_r + a_{r+2} - (2s-1)\,a_{r+1}"
    r" + \big(\alpha^2 - (r+1)^2\big) a_r, \qquad b_r = \mathbb{E}\operatorname{tr}(XX^{\mathsf T})^r,\ X \text{ real }"
    r" (d, m),\ s = d + m,\ \alpha = m - d, \text{ with } (r+3)\,a_{r+2} = (2r+3)(s-2)\,a_{r+1}"
    r" + r\big((r+1)^2-\alpha^2\big)a_r \text{ for the complex } (d-1, m-1) \text{ matrix; the same operators in }"
    r" y = 1 - ax \text{ give } \mathbb{E}\operatorname{tr}(I - aW)^j; \text{ and } E_k ="
    r" \tfrac1d\operatorname{tr}(\tilde P\tilde Q)\,\mathbb{E}\operatorname{tr}R^{2k} \text{ if } C = cI \text{ and }"
    r" \tilde P \text{ or } \tilde Q \propto I",
    source=Source(
        "theory",
        "section 5",
        note="recurrences of this kind: Ledoux 2009; Haagerup, Thorbjørnsen 2003 for a_r; this form found by fitting",
    ),
    origin=Origin.DERIVED,
    assumes=(
        _DENSITIES,
        "for m < d exchange d and m: the d − m more zeros change both sides alike",
        "E RᵏQ̃Rᵏ averaged over rotations is tr(Q̃) E tr R^{2k} I/d², if P̃ ∝ I",
    ),
    uses=("ERR-02", "MOM-02"),
    checks=(
        by_certificate(
            "the differential equations of both densities",
            part="moments",
            formula=recurrence,
            controls=_WRONG,
            gaps=lambda formula: {},
            equal=_vanishing,
            domain=Domain(positive=("s", "t"), nonnegative=("alpha",)),
            scope="every r, d and m, from the densities named under assumes",
        ),
        in_slice(
            by_witness(
                "equal on a grid, hence as polynomials in d and m",
                part="moments",
                formula=recurrence,
                controls=_WRONG,
                satisfies=_on_a_grid,
                scope="powers ≤ 6; every d and m, from zonal polynomials",
            )
        ),
        by_certificate(
            "the centred form is the same operators in y = 1 − ax",
            part="centred",
            formula=centred,
            controls={
                "4j² for 8j²": _changed("real, left", -1, lambda j, a, s: -4 * a * a * j * j),
                "2j − 1 for 2j + 1": _changed("real, right", -1, lambda j, a, s: -2 * a * a * j),
                "j + 2 for j + 3": _changed("complex", 2, lambda j, a, s: -1),
                "s for s − 2": _changed("complex", 1, lambda j, a, s: 2 * a * (2 * j + 3)),
                "u_{j−3} forgotten": _changed("complex", -3, lambda j, a, s: -a * a * (j - 2) * j * (j - 1)),
            },
            gaps=lambda formula: {},
            equal=_same_coefficients,
            domain=Domain(positive=("a", "s", "t"), nonnegative=("j", "q")),
            scope="every j, a ≠ 0, d and m",
        ),
        by_samples(
            "what the code runs",
            part="centred",
            formula=recurrence,
            controls=_WRONG,
            over=_sizes(),
            holds=_code_runs_it,
            scope="d, m ≤ 9, powers ≤ 10, any a",
            instances=25,
        ),
        by_samples(
            "the error of isotropic problems against pairings",
            part="moments",
            formula=_error(_scaled()),
            controls={
                "weight doubled": _error(_scaled(weight=2)),
                "noise forgotten": _error(_scaled(noise=0)),
                "c for c/m": _error(_scaled(scale="1/2")),
            },
            over=_isotropic_setups(),
            holds=_is_the_reference,
            scope="d ≤ 2, m ≤ 3, k ≤ 2, any Ω, w₀, σ², both metrics",
            instances=25,
        ),
    ),
)

CLAIMS = (_RECURRENCE,)
