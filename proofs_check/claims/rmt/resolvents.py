"""Two resolvents at once: the closed form, long chains as contour integrals of it, and which root is meant."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_simulation
from proofs_check.claims.rmt.laws import PopulationLaw, laws
from proofs_check.engines import statistical
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.evidence import Evidence
from proofs_check.model import Claim, Kind, Origin, Source
from theorycalc.error_curves import curves, typical
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.rmt import equivalents

_CLOSE = 1e-9  # relative: float64 against rationals

# ------------------------------------------------------------------------------------------------ RMT-12, the formula

Kappa = Callable[..., Any]  # (a, b, c, s) -> a term of κ: a = 1/(α − c), b = 1/(β − c), s = Σ ω c² a b


def _kappa(a: Any, b: Any, c: Any, s: Any) -> Any:
    return c * a * b / (1 - s)


_WRONG_KAPPAS: dict[str, Kappa] = {
    "c² for c": lambda a, b, c, s: c * c * a * b / (1 - s),
    "1 + s for 1 − s": lambda a, b, c, s: c * a * b / (1 + s),
    "no denominator": lambda a, b, c, s: c * a * b,
    "a² for ab": lambda a, b, c, s: c * a * a / (1 - s),
}


def _identities(kappa: Kappa) -> dict[str, tuple[Expression, Expression]]:
    """From the generating functions of RMT-11 in y, z to resolvents at x = 1 − 1/y, and to companion points.

    As y V(y) = −Σ ω Q (x g − 1), the crossing y z (y V − z W)/(y − z) is −Σ ω Q (x g(x) − x′ g(x′))/(x − x′), where
    x g = α/(α − c) and x − x′ = (α − β)(1 − s) because ψ(α) = α + Σ ω α c/(α − c).
    """
    return {
        "−y ρ(y) is the resolvent 1/(x − cθ), θ = 1 − yD": (
            lambda y, c, D, **_: -y / (1 - y + c * y * (1 - y * D)),
            lambda y, c, D, **_: 1 / ((1 - 1 / y) - c * (1 - y * D)),
        ),
        "the crossing is a divided difference in x": (
            lambda y, z, V, W, **_: y * z * (y * V - z * W) / (y - z),
            lambda y, z, V, W, **_: (y * V - z * W) / ((1 - 1 / y) - (1 - 1 / z)),
        ),
        "x g = α/(α − c) for x = αθ": (
            lambda p, t, c, **_: p * t / (p * t - c * t),
            lambda p, c, **_: p / (p - c),
        ),
        "a term of ψ(α) − ψ(β)": (
            lambda p, q, c, **_: p * c / (p - c) - q * c / (q - c),
            lambda p, q, c, **_: -(p - q) * c * c / ((p - c) * (q - c)),
        ),
        "a term of κ": (
            lambda p, q, c, s, **_: -(p / (p - c) - q / (q - c)) / ((p - q) * (1 - s)),
            lambda p, q, c, s, **_: kappa(1 / (p - c), 1 / (q - c), c, s),
        ),
    }


# ------------------------------------------------------------------------------------------------ RMT-12, its series


@dataclass(frozen=True)
class _Two:
    """C diagonal, P and Q full and symmetric, and two small y: points x = 1 − 1/y far from the spectrum."""

    C: tuple[Fraction, ...]
    P: tuple[tuple[Fraction, ...], ...]
    Q: tuple[tuple[Fraction, ...], ...]
    m: int
    y: tuple[Fraction, Fraction]


_ORDER = 7
_SMALL = st.sampled_from([Fraction(1, 90), Fraction(-1, 70), Fraction(1, 130)])


@st.composite
def _twos(draw: DrawFn) -> _Two:
    C = (draw(st.fractions("1/4", 1, max_denominator=6)), draw(st.fractions("1/4", 1, max_denominator=6)))
    x = [draw(st.fractions("1/2", 2, max_denominator=5)) for _ in range(6)]
    P, Q = (((x[i], x[i + 1] / 2), (x[i + 1] / 2, x[i + 2])) for i in (0, 3))
    return _Two(C, P, Q, draw(st.integers(1, 6)), (draw(_SMALL), draw(_SMALL)))


def _series(two: _Two) -> Fraction:
    """y y′ Σ yᵃ y′ᵇ tr(P M_{a,b}) for a, b <= 7: the rest is below 1e-13 of it."""
    d, m, C = range(2), two.m, two.C
    r, t = [[Fraction(1)] * 2], [Fraction(2, m)]
    for j in range(1, 2 * _ORDER + 1):
        inner = [r[j - 1][i] - sum((t[s] - t[s + 1]) * r[j - 2 - s][i] for s in range(j - 1)) for i in d]
        r.append([r[j - 1][i] - C[i] * inner[i] for i in d])
        t.append(sum(r[j], Fraction(0)) / m)
    u = [sum((two.Q[i][i] * x[i] for i in d), Fraction(0)) / m for x in r]
    total = Fraction(0)
    for i in d:
        for j in d:
            M = {(0, b): two.Q[i][j] * r[b][j] for b in range(_ORDER + 1)}
            for a in range(1, _ORDER + 1):
                for b in range(_ORDER + 1):
                    inner_entry = M[a - 1, b] - sum((t[s] - t[s + 1]) * M[a - 2 - s, b] for s in range(a - 1))
                    if i == j:
                        inner_entry -= sum((u[a + s - 1] - u[a + s]) * r[b - 1 - s][i] for s in range(b))
                    M[a, b] = M[a - 1, b] - C[i] * inner_entry
            total += two.P[j][i] * sum((two.y[0] ** a * two.y[1] ** b * x for (a, b), x in M.items()), Fraction(0))
    return two.y[0] * two.y[1] * total


Value = Callable[[_Two], complex]


def _points(two: _Two) -> list[equivalents.Resolvents]:
    return [equivalents.resolvent_equivalent(list(two.C), two.m, float(1 - 1 / y)) for y in two.y]


def _code_value(two: _Two) -> complex:
    return complex(equivalents.two_point_equivalent(*_points(two), P=two.P, Q=two.Q)[0, 0])


def _plain(kappa: Kappa, *, off: int = 1, twice: bool = False) -> Value:
    """The formula written out at the code's points."""

    def value(two: _Two) -> complex:
        first, second = _points(two)
        c, omega = np.array(two.C, dtype=float), np.full(2, 1 / two.m)
        P, Q = (np.array(x, dtype=float) for x in (two.P, two.Q))
        P = P * np.where(np.eye(2) > 0, 1, off)
        a, b = (1 / (x.alpha[0] - c) for x in (first, second))
        s = (omega * c**2 * a * b).sum()
        g, h = first.g[0], second.g[0]
        crossed = sum(omega[i] * (P if twice else Q)[i, i] * kappa(a[i], b[i], c[i], s) for i in range(2))
        return complex(g @ (P * Q) @ h + crossed * (np.diagonal(P) * c * g * h).sum())

    return value


def _is_series(value: Value, two: _Two) -> bool:
    expected = float(_series(two))
    return bool(abs(value(two) - expected) <= _CLOSE * abs(expected))


# ------------------------------------------------------------------------------------------------ RMT-12, long chains

Chain = Callable[[Setup, list[int], str], tuple[Any, Any]]


def _typical(setup: Setup, steps: list[int], metric: str) -> tuple[Any, Any]:
    found = typical.typical_error(setup, steps, metric=metric)
    return found.values, found.relative_error


@st.composite
def _problems(draw: DrawFn) -> tuple[Setup, list[int], str]:
    d = draw(st.integers(1, 4))
    spectra = [draw(st.lists(st.fractions("1/5", 5, max_denominator=5), min_size=d, max_size=d)) for _ in range(3)]
    m = draw(st.sampled_from([1, d, d + 1, 3 * d, 50]))
    setup = Setup(
        spectra[0],
        n=draw(st.integers(1, 12)),
        m=m,
        Sigma=draw(st.sampled_from([None, spectra[1]])),
        Omega=spectra[2],
        noise_var=draw(st.sampled_from([0, Fraction(1, 3)])),
    )
    return setup, [0, 1, draw(st.integers(2, 9)), 12], draw(st.sampled_from(["estimation", "prediction"]))


def _encloses(chain: Chain, problem: tuple[Setup, list[int], str]) -> bool:
    """Whether every value is within its error, at most 1e-9, of the recursion in rationals."""
    setup, steps, metric = problem
    exact = curves.expected_error(setup, 12, rung="proportional", metric=metric, field=EXACT).values
    values, errors = chain(*problem)
    return all(
        abs(Fraction(float(value)) - exact[k]) <= Fraction(float(error)) * exact[k] and error <= _CLOSE
        for k, value, error in zip(steps, values, errors, strict=True)
    )


# ------------------------------------------------------------------------------------------------ RMT-12, simulation

_D, _M, _BATCH, _HEIGHT = 24, 36, 200, 2.0
_COLUMNS = np.linspace(0.4, 1.6, _D)
_BAND = np.eye(_D) + 0.9 * np.eye(_D, k=1) + 0.9 * np.eye(_D, k=-1)


def _sampled(batch: int) -> Any:
    """Re tr[P G(z) Q G(z̄)]/d at z = 1 + 2i, P = Q a band: at most ‖P‖²/4 in size."""
    rng = np.random.default_rng([12, batch])
    X = np.sqrt(_COLUMNS)[:, None] * rng.standard_normal((_BATCH, _D, _M))
    G = np.linalg.inv((1 + 1j * _HEIGHT) * np.eye(_D) - X @ X.transpose(0, 2, 1) / _M)
    return np.einsum("ij,bjk,kl,bli->b", _BAND, G, _BAND, np.conj(G), optimize=True).real / _D


def _claimed(change: Callable[[Any], Any] = lambda P: P) -> float:
    points = [equivalents.resolvent_equivalent(_COLUMNS, _M, 1 + x * 1j) for x in (_HEIGHT, -_HEIGHT)]
    found = equivalents.two_point_equivalent(*points, P=change(_BAND), Q=_BAND)
    return float(found[0, 0].real) / _D


def _consistent(value: Callable[[], float]) -> Evidence:
    bound = float(np.linalg.norm(_BAND, 2)) ** 2 / _HEIGHT**2
    scope = f"d = {_D}, m = {_M}, tr[P G(z) Q G(z̄)]/d at z = 1 + 2i, P = Q tridiagonal"
    return statistical.bounded_mean(_sampled, value(), low=-bound, high=bound, effect=0.06, scope=scope)


_TWO_POINT = Claim(
    id="RMT-12",
    kind=Kind.IDENTITY,
    title="The two-point deterministic equivalent, and chains of any length as its contour integral",
    statement=r"\lim \mathbb E \operatorname{tr}[P\,(z_1 - N)^{-1} Q\,(z_2 - N)^{-1}] = \sum_{ij} P_{ij} Q_{ij}\,"
    r" g_i(z_1) g_j(z_2) + \kappa \sum_i P_{ii} c_i\, g_i(z_1) g_i(z_2), \ g_i = \frac{1}{\theta(\alpha - c_i)}, \ z ="
    r" \alpha\theta = \psi(\alpha), \ \kappa = \frac{\frac1m \sum Q_{ii} c_i a_i b_i}{1 - \frac1m \sum c_i^2 a_i b_i},"
    r" \ a_i = \frac1{\alpha_1 - c_i}, b_i = \frac1{\alpha_2 - c_i}; \ E_k = \oint\!\oint (1-z_1)^k (1-z_2)^k\,"
    r" T(z_1, z_2) \frac{dz_1 dz_2}{(2\pi i)^2}",
    source=Source("theory", "section 6", note="which asks for it; the kernel is that of Bai and Silverstein (2004)"),
    origin=Origin.OURS,
    assumes=(
        "the limit of RMT-10; two power series at infinity with equal coefficients are one function off the spectrum",
        "C diagonal, in whose eigenbasis P and Q are written",
    ),
    uses=("RMT-10", "RMT-11"),
    checks=(
        by_certificate(
            "from generating functions to companion points",
            formula=_kappa,
            controls=_WRONG_KAPPAS,
            gaps=lambda kappa: {},
            equal=_identities,
            domain=Domain(("y", "z", "c", "D", "V", "W", "p", "q", "t", "s")),
            scope="every z₁, z₂, C, d/m, P, Q, term by term",
        ),
        by_samples(
            "two_point_equivalent is the series of the recursion",
            formula=_code_value,
            controls={name: _plain(kappa) for name, kappa in _WRONG_KAPPAS.items()}
            | {
                "off-diagonal entries dropped": _plain(_kappa, off=0),
                "κ from P instead of Q": _plain(_kappa, twice=True),
            },
            over=_twos(),
            holds=_is_series,
            scope="two directions, m ≤ 6, full P and Q; the series to order 7, float64 to 1e-9",
            instances=8,
        ),
        by_samples(
            "typical_error is the recursion, within its stated error",
            formula=_typical,
            controls={
                "m + 1 for m": lambda setup, steps, metric: _typical(setup.replace(m=setup.m + 1), steps, metric),
                "one step too many": lambda setup, steps, metric: _typical(setup, [k + 1 for k in steps], metric),
                "population value": lambda setup, steps, metric: _typical(setup.replace(m=None), steps, metric),
            },
            over=_problems(),
            holds=_encloses,
            scope="d ≤ 4, m = 1, d, d + 1, 3d, 50, any spectra, noise, both metrics, k ≤ 12",
            instances=15,
        ),
        by_simulation(
            "sampled matrices",
            formula=_claimed,
            controls={
                "off-diagonal entries dropped": lambda: _claimed(lambda P: np.diag(np.diagonal(P))),
                "half": lambda: _claimed() / 2,
            },
            decide=_consistent,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ RMT-13

Squares = Callable[..., Any]  # (u, v, x, y) with a = u + iv, b = x + iy -> |a|² + |b|² − 2 Re(ab)


def _squares(u: Any, v: Any, x: Any, y: Any) -> Any:
    return (u - x) ** 2 + (v + y) ** 2


def _difference(squares: Squares) -> dict[str, tuple[Expression, Expression]]:
    """A term of (ψ(α) − ψ(β))/(α − β) = 1 − Σ ω c² ab, and what its real part leaves beside ½(h(α) + h(β))."""
    return {
        "a term of ψ": (
            lambda p, q, c, **_: (p * c / (p - c) - q * c / (q - c)) / (p - q),
            lambda p, q, c, **_: -c * c / ((p - c) * (q - c)),
        ),
        "squares": (
            lambda u, v, x, y, **_: (u * u + v * v) + (x * x + y * y) - 2 * (u * x - v * y),
            lambda u, v, x, y, **_: squares(u, v, x, y),
        ),
    }


Root = Callable[[PopulationLaw, complex], complex]


def _code_root(law: PopulationLaw, z: complex) -> complex:
    found = equivalents.resolvent_equivalent(list(law.c), law.m, z, multiplicity=law.multiplicity)
    return complex(found.alpha[0])


def _roots(law: PopulationLaw, z: complex) -> list[complex]:
    """All α with ψ(α) = z: roots of a polynomial of degree q + 1."""
    c, omega = [float(x) for x in law.c], [float(x) for x in law.weight]
    whole = np.poly(c)
    left = np.polymul([1.0, -z], whole)
    for i, (x, w) in enumerate(zip(c, omega, strict=True)):
        left = np.polyadd(left, w * x * np.polymul([1.0, 0.0], np.poly(c[:i] + c[i + 1 :])))
    return [complex(root) for root in np.roots(left)]


def _size(law: PopulationLaw, alpha: complex) -> float:
    return float(sum(w * c * c / abs(alpha - float(c)) ** 2 for c, w in zip(law.c, law.weight, strict=True)))


@st.composite
def _off_the_axis(draw: DrawFn) -> tuple[PopulationLaw, complex]:
    z = complex(draw(st.integers(-8, 24)) / 4, draw(st.integers(1, 8)) / 4 * draw(st.sampled_from([-1, 1])))
    return draw(laws()), z


def _only_one(root: Root, instance: tuple[PopulationLaw, complex]) -> bool:
    """Whether exactly one solution has h < 1, and the candidate is that one."""
    law, z = instance
    inside = [alpha for alpha in _roots(law, z) if _size(law, alpha) < 1]
    return len(inside) == 1 and abs(root(law, z) - inside[0]) <= 1e-6 * abs(inside[0])


_BRANCH = Claim(
    id="RMT-13",
    kind=Kind.IDENTITY,
    title="Which root is the companion point: ψ is one-to-one where h < 1",
    statement=r"h(\alpha) = \tfrac1m \sum_i \frac{c_i^2}{|\alpha - c_i|^2}: \quad \operatorname{Re}"
    r" \frac{\psi(\alpha) - \psi(\beta)}{\alpha - \beta} = 1 - \tfrac12 (h(\alpha) + h(\beta)) + \tfrac1{2m} \sum_i"
    r" c_i^2 \Big| \frac1{\alpha - c_i} - \frac1{\bar\beta - c_i} \Big|^2 > 0 \text{ if } h(\alpha), h(\beta) < 1;"
    r" \text{ so at most one } \alpha \text{ with } \psi(\alpha) = z \text{ has } h(\alpha) < 1",
    source=Source("this project", note="existence and the image of h < 1: Silverstein and Choi (1995)"),
    origin=Origin.OURS,
    assumes=("cᵢ > 0; α and β no eigenvalues of C",),
    uses=("RMT-02",),
    checks=(
        by_certificate(
            "the divided difference of ψ, and squares",
            formula=_squares,
            controls={
                "b for its conjugate": lambda u, v, x, y: (u - x) ** 2 + (v - y) ** 2,
                "the sum for the difference": lambda u, v, x, y: (u + x) ** 2 + (v + y) ** 2,
            },
            gaps=lambda squares: {},
            equal=_difference,
            domain=Domain(("p", "q", "c", "u", "v", "x", "y")),
            scope="every C, d/m, α, β, term by term",
        ),
        by_samples(
            "resolvent_equivalent finds the one root with h < 1",
            formula=_code_root,
            controls={
                "α = z": lambda law, z: z,
                "the conjugate": lambda law, z: _code_root(law, z).conjugate(),
                "the root farthest from z": lambda law, z: max(_roots(law, z), key=lambda alpha: abs(alpha - z)),
                "m + 1 for m": lambda law, z: _code_root(PopulationLaw(law.c, law.multiplicity, law.m + 1), z),
            },
            over=_off_the_axis(),
            holds=_only_one,
            scope="up to three eigenvalues in [1/4, 3], d/m from 1/4 to 36, |Im z| ≥ 1/4; float64 to 1e-6",
            instances=40,
        ),
    ),
)

CLAIMS = (_TWO_POINT, _BRANCH)
