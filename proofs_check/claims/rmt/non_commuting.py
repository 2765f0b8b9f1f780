"""The proportional limit when Λ and Σ do not commute: the same recursion on matrices, and its form in vectors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.rmt.proportional import REAL, WRONG, Slips, Words, chains, mean_words, split
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.engines.symbolic import Instance
from proofs_check.evidence import Grade
from proofs_check.model import Claim, Kind, Origin, Source, Tier
from proofs_check.strategies import covariances, non_commuting_pairs, positives, rationals
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT, Array, as_fraction
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar
from theorycalc.rmt import recursion

_STEPS = 2
_CLOSE = Fraction(1, 10**9)  # relative: float64 against rationals

# ------------------------------------------------------------------------------------------------ RMT-10, by words

_C, _P, _Q = (letter(name, symmetric=True) for name in ("C", "P", "Q"))
_PER_M, _ONE = scalar("m", -1), scalar("c", 0)


def _by_words(slips: Slips) -> Words:
    def limit(k: int) -> WordSum:
        found: WordSum = chains(_C, _P, _Q, _ONE, _PER_M, WordSum.trace, k, slips)
        return found

    return limit


def _as_if_commuting(k: int) -> WordSum:
    return _by_words(REAL)(k).commute(("C", "P", "Q"))


def _leading(first: int, last: int) -> Callable[[Words], list[tuple[WordSum, WordSum]]]:
    """The claimed limit is what grows like m in the mean over pairings; nothing grows faster."""

    def sides(limit: Words) -> list[tuple[WordSum, WordSum]]:
        pairs = []
        for k in range(first, last + 1):
            leading, faster, _ = split(mean_words(k))
            pairs += [(leading, limit(k)), (faster, WordSum({}))]
        return pairs

    return sides


def _instance() -> Instance:
    rows = {"C": [[2, 1], [1, 3]], "P": [[1, -1], [-1, 2]], "Q": [[3, 1], [1, 1]]}
    return Instance({name: EXACT.array(np.array(x, dtype=object)) for name, x in rows.items()}, {"m": 5})


# ------------------------------------------------------------------------------------------------ RMT-10, by samples

Curve = Callable[[Setup, int, str], list[Any]]


def _code(setup: Setup, k: int, metric: str) -> list[Any]:
    return list(curves.expected_error(setup, k, rung="proportional", metric=metric).values)


def _exact_entries(entries: Array) -> Array:
    return np.array([[as_fraction(x) for x in row] for row in np.asarray(entries, dtype=object)], dtype=object)


@dataclass(frozen=True)
class _Whole:
    """A matrix whose product is that of matrices, so that :func:`chains` runs on it as on words."""

    entries: Array

    def __mul__(self, other: Any) -> "_Whole":
        return _Whole(self.entries @ other.entries if isinstance(other, _Whole) else self.entries * other)

    def __sub__(self, other: "_Whole") -> "_Whole":
        return _Whole(self.entries - other.entries)

    def trace(self) -> Fraction:
        return sum(np.diagonal(self.entries), Fraction(0))


def _slow(slips: Slips, *, diagonal: bool = False, noise: Fraction = Fraction(1)) -> Curve:
    """Return the recursion without roots: conjugated by A^{1/2} the matrices C, P̃, Q̃ become AΣ, AP, QΓ."""

    def curve(setup: Setup, steps: int, metric: str) -> list[Any]:
        Lambda, Sigma = (_exact_entries(x.dense(EXACT)) for x in (setup.Lambda, setup.Sigma))
        one = _exact_entries(np.eye(setup.d, dtype=int))
        Q = one if setup.Omega is None else _exact_entries(setup.Omega.dense(EXACT))
        Gamma = Lambda * (1 + Fraction(1, setup.n)) + one * (np.trace(Lambda) / setup.n)
        A = _exact_entries(EXACT.inverse(EXACT.array(Gamma)))
        P = Sigma if metric == "prediction" else one
        if diagonal:
            Q = np.diag(np.diagonal(Q))
        per_m = Fraction(1, setup.m or 1)
        K, left, right, unit = _Whole(A @ Sigma), _Whole(A @ P), _Whole(Q @ Gamma), _Whole(one)
        values = [chains(K, left, right, unit, per_m, _Whole.trace, k, slips) for k in range(steps + 1)]
        power = [(left * x).trace() for x in _powers(K, unit, per_m, 2 * steps)]
        variance = Fraction(setup.noise_var) * per_m * noise
        return [x + variance * sum(power[j] - power[j + k] for j in range(k)) for k, x in enumerate(values)]

    return curve


def _powers(K: _Whole, unit: _Whole, per_m: Fraction, count: int) -> list[_Whole]:
    r, t = [unit], [unit.trace() * per_m]
    for j in range(1, count + 1):
        inner = r[j - 1]
        for s in range(j - 1):
            inner = inner - r[j - 2 - s] * (t[s] - t[s + 1])
        r.append(r[j - 1] - K * inner)
        t.append(r[j].trace() * per_m)
    return r


_WRONG_CURVES: dict[str, Curve] = {
    name: _slow(slips) for name, slips in WRONG.items() if name.startswith(("terms in u", "(j − 1)"))
} | {
    "the diagonal of Ω alone": _slow(REAL, diagonal=True),
    "noise twice": _slow(REAL, noise=Fraction(2)),
    "population value": lambda setup, k, metric: _code(setup.replace(m=None), k, metric),
}


@st.composite
def _turned(draw: DrawFn) -> tuple[Setup, int, str]:
    Lambda, Sigma = draw(non_commuting_pairs(2))
    Omega = draw(covariances(2))
    Omega[0][1] = Omega[1][0] = Omega[0][1] + min(Omega[0][0], Omega[1][1]) / 7  # seldom diagonal
    setup = Setup(
        Lambda,
        n=draw(st.integers(1, 20)),
        m=draw(st.integers(1, 20)),
        Sigma=Sigma,
        Omega=draw(st.sampled_from([None, _semidefinite(Omega)])),
        noise_var=draw(st.sampled_from([Fraction(0), Fraction(3)])),
    )
    return setup, draw(st.integers(2, 3)), draw(st.sampled_from(["estimation", "prediction"]))


def _semidefinite(Omega: Any) -> Any:
    """Return Ω if it is positive semidefinite for certain, by Gershgorin's circles, else None."""
    rows = [row[i] - sum(abs(x) for j, x in enumerate(row) if j != i) for i, row in enumerate(Omega)]
    return Omega if min(rows) >= 0 else None


def _same(curve: Curve, instance: tuple[Setup, int, str]) -> bool:
    return all(
        abs(Fraction(float(value)) - exact) <= _CLOSE * abs(exact)
        for value, exact in zip(curve(*instance), _slow(REAL)(*instance), strict=True)
    )


@dataclass(frozen=True)
class _Blocks:
    """One 2 × 2 problem at every size: Γ, Σ, Ω are repeated, and m, n are in proportion; Λ solves a linear equation."""

    Gamma: Any
    Sigma: Any
    Omega: Any
    m: int
    n: int
    steps: int

    def at(self, size: int) -> Setup:
        """The setup with d = 2·size."""
        n, d = size * self.n, 2 * size
        Gamma, Sigma, Omega = (
            np.kron(np.eye(size, dtype=int).astype(object), _exact_entries(x))
            for x in (self.Gamma, self.Sigma, self.Omega)
        )
        total = np.trace(Gamma) / (1 + Fraction(1 + d, n))
        one = _exact_entries(np.eye(d, dtype=int))
        return Setup((Gamma - one * (total / n)) / (1 + Fraction(1, n)), n=n, m=size * self.m, Sigma=Sigma, Omega=Omega)


def _extrapolated(curve: Curve, family: _Blocks) -> bool:
    """Whether E_k/size, a polynomial of degree 2k − 1 in 1/size, is limit/size at 1/size = 0 to float64."""
    k, sizes = family.steps, range(1, 2 * family.steps + 1)
    constant = Fraction(0)
    for j in sizes:
        weight = Fraction(1)
        for i in sizes:
            if i != j:
                weight *= Fraction(j, j - i)
        exact = Fraction(curves.expected_error(family.at(j), k, rung="exact", field=EXACT).values[k])
        constant += weight * exact / j
    value = curve(family.at(1), k, "estimation")[k]
    return bool(abs(Fraction(value if isinstance(value, Fraction) else float(value)) - constant) <= _CLOSE * constant)


_CLOSE_MATRICES = st.tuples(st.fractions(2, 3, max_denominator=4), st.fractions(2, 3, max_denominator=4)).map(
    lambda pair: [[pair[0], Fraction(1, 2)], [Fraction(1, 2), pair[1]]]
)
_SKILLS = st.tuples(positives(), positives(), st.fractions("-1/2", "1/2", max_denominator=5)).map(
    lambda x: [[x[0] + 1, x[2]], [x[2], x[1] + 1]]
)
_FAMILIES = st.builds(
    _Blocks, _CLOSE_MATRICES, _SKILLS, _SKILLS, st.integers(1, 5), st.integers(4, 9), st.integers(1, _STEPS)
)

_LIMIT = Claim(
    id="RMT-10",
    kind=Kind.LIMIT,
    title="The proportional limit of the error when Λ and Σ do not commute",
    statement=r"E_k = \operatorname{tr}[\tilde P M_{k,k}]\,(1 + O(1/d)) \text{ for symmetric } \tilde P, \tilde Q"
    r" \text{ that do not commute with } C, \ M_{0,b} = \tilde Q r_b, \text{ and the recursion of RMT-01 for the"
    r" matrices } r_j, M_{a,b}; \text{ label noise adds } \tfrac{\sigma^2}m \sum_{j<k} \operatorname{tr} \tilde P"
    r" (r_j - r_{j+k})",
    source=Source("theory", "section 6", note="which states it for commuting Λ and Σ, and asks for this"),
    origin=Origin.OURS,
    assumes=(
        "C, P̃, Q̃ stay bounded and the limit is not 0: a trace is then O(m), a term with one trace less O(1/d) of all",
        "fixed k",
    ),
    uses=("ERR-02", "GAM-01", "RMT-01"),
    checks=(
        by_words(
            "what grows like m in the mean over all pairings",
            formula=lambda: _by_words(REAL),
            controls={name: lambda slips=slips: _by_words(slips) for name, slips in WRONG.items()}
            | {"as if C, P̃, Q̃ commuted": lambda: _as_if_commuting},
            sides=_leading(1, _STEPS),
            scope=f"1 ≤ k ≤ {_STEPS}; every d, m and symmetric C, P̃, Q̃",
            grade=Grade.PROVED_SLICE,
            instance=_instance,
        ),
        by_words(
            "the same at the next k",
            formula=lambda: _by_words(REAL),
            controls={"as if C, P̃, Q̃ commuted": lambda: _as_if_commuting},
            sides=_leading(_STEPS + 1, _STEPS + 1),
            scope=f"k = {_STEPS + 1}; every d, m and symmetric C, P̃, Q̃",
            grade=Grade.PROVED_SLICE,
            instance=_instance,
            tier=Tier.FULL,
        ),
        by_samples(
            "expected_error(rung proportional) is this recursion",
            formula=_code,
            controls=_WRONG_CURVES,
            over=_turned(),
            holds=_same,
            scope="d = 2, m, n ≤ 20, k ≤ 3, Λ and Σ that do not commute, full Ω, noise, both metrics; float64 to 1e-9",
            instances=12,
        ),
        by_samples(
            "the exact mean extrapolated to 1/m = 0",
            formula=_code,
            controls={"the diagonal of Ω alone": _slow(REAL, diagonal=True)}
            | {name: _slow(WRONG[name]) for name in ("terms in u dropped", "trace terms dropped")},
            over=_FAMILIES,
            holds=_extrapolated,
            scope=f"blocks of two directions, 2/5 ≤ d/m ≤ 2, k ≤ {_STEPS}; E_k/d is a polynomial in 1/m there",
            instances=6,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ RMT-11

Pair = Callable[..., Any]  # (ρᵢ(y), ρⱼ(z), Q̃ᵢⱼ, cᵢ, crossing) -> generating function of (M_{a,b})ᵢⱼ


def _own(first: Any, second: Any, Q: Any, c: Any, crossing: Any) -> Any:
    """Off the diagonal the crossing terms are 0."""
    return first * second * (Q + c * crossing)


_WRONG_PAIRS: Mapping[str, Pair] = {
    "without the crossing terms": lambda first, second, Q, c, crossing: first * second * Q,
    "crossing terms without C": lambda first, second, Q, c, crossing: first * second * (Q + crossing),
    "ρ of the right index twice": lambda first, second, Q, c, crossing: second * second * (Q + c * crossing),
    "the product with Q̃ squared": lambda first, second, Q, c, crossing: first * second * (Q * Q + c * crossing),
}


def _equations(pair: Pair) -> dict[str, tuple[Expression, Expression]]:
    """The recursion in a as an equation of generating functions, for an entry on and for one off the diagonal.

    ρᵢ(y) = Σ (r_j)ᵢ yʲ = 1/(1 − y + cᵢ y (1 − y D(y))), D = Σ (t_s − t_{s+1}) yˢ; V and W are Σ (u_s − u_{s+1}) yˢ at y
    and z, and the last sum of the recursion is X ρᵢ(z), X = y z (y V − z W)/(y − z), on the diagonal and 0 off it.
    """

    def rho(y: Any, D: Any, c: Any) -> Any:
        return 1 / (1 - y + c * y * (1 - y * D))

    def sides(on: int) -> tuple[Expression, Expression]:
        def crossing(y: Any, z: Any, V: Any, W: Any) -> Any:
            return on * y * z * (y * V - z * W) / (y - z)

        def other(c: Any, e: Any) -> Any:
            return c if on else e

        def claimed(y: Any, z: Any, D: Any, F: Any, V: Any, W: Any, c: Any, e: Any, Q: Any) -> Any:
            return pair(rho(y, D, c), rho(z, F, other(c, e)), Q, c, crossing(y, z, V, W))

        def stepped(y: Any, z: Any, D: Any, F: Any, V: Any, W: Any, c: Any, e: Any, Q: Any) -> Any:
            M = claimed(y, z, D, F, V, W, c, e, Q)
            right = rho(z, F, other(c, e))
            return Q * right + y * M - c * (y * M - y * y * D * M - crossing(y, z, V, W) * right)

        return claimed, stepped

    return {"on the diagonal": sides(1), "off the diagonal": sides(0)}


@dataclass(frozen=True)
class _Diagonal:
    """C diagonal, P̃ and Q̃ full, in rationals."""

    C: tuple[Fraction, ...]
    P: Any
    Q: Any
    m: int
    steps: int


@st.composite
def _diagonals(draw: DrawFn) -> _Diagonal:
    d = draw(st.integers(2, 4))
    C = tuple(draw(st.lists(positives(), min_size=d, max_size=d)))
    P, Q = (_symmetric(draw, d) for _ in range(2))
    return _Diagonal(C, P, Q, draw(st.integers(1, 9)), draw(st.integers(1, 4)))


def _symmetric(draw: DrawFn, d: int) -> Array:
    rows = np.empty((d, d), dtype=object)
    for i in range(d):
        for j in range(i, d):
            rows[i, j] = rows[j, i] = draw(rationals()) + Fraction(1, 3 + i + j)
    return rows


Chain = Callable[[_Diagonal], list[Fraction]]


def _vectors(problem: _Diagonal) -> list[Fraction]:
    C, P, Q = (EXACT.array(np.array(x, dtype=object)) for x in (problem.C, problem.P, problem.Q))
    ones = np.ones(len(problem.C), dtype=int)
    found = recursion.limit_chains(C, P, Q, ones, EXACT.number(problem.m), problem.steps, EXACT)
    return [Fraction(EXACT.public(x)) for x in found.error]


def _matrices(problem: _Diagonal) -> list[Fraction]:
    C = _Whole(np.diag(np.array(problem.C, dtype=object)) + _exact_entries(np.zeros((len(problem.C),) * 2, dtype=int)))
    one = _Whole(_exact_entries(np.eye(len(problem.C), dtype=int)))
    P, Q, per_m = _Whole(problem.P), _Whole(problem.Q), Fraction(1, problem.m)
    return [chains(C, P, Q, one, per_m, _Whole.trace, k, REAL) for k in range(problem.steps + 1)]


def _diagonal_of(matrix: Array) -> Array:
    return np.diag(np.diagonal(matrix))


def _equal(chain: Chain, problem: _Diagonal) -> bool:
    return chain(problem) == _matrices(problem)


_VECTORS = Claim(
    id="RMT-11",
    kind=Kind.IDENTITY,
    title="The limit for full P̃ and Q̃ in vectors: the diagonal, and products r rᵀ beside it",
    statement=r"C \text{ diagonal} \implies (M_{a,b})_{ij} = (r_a)_i\, \tilde Q_{ij}\, (r_b)_j \ (i \ne j), \text{ the"
    r" diagonal of } M_{a,b} \text{ obeys the recursion of RMT-01 with the diagonal of } \tilde Q, \ \operatorname{tr}"
    r"[\tilde P M_{k,k}] = \sum_i \tilde P_{ii} (M_{k,k})_{ii} + \sum_{i \ne j} \tilde P_{ij} \tilde Q_{ij} (r_k)_i"
    r" (r_k)_j",
    source=Source("this project", note="sign flips of the axes of C do not change the law of N"),
    origin=Origin.OURS,
    assumes=("the recursion of RMT-10; a power series in y and z is determined by the linear equation that it gives",),
    uses=("RMT-10",),
    checks=(
        by_certificate(
            "both kinds of entries solve the recursion",
            formula=_own,
            controls=_WRONG_PAIRS,
            gaps=lambda pair: {},
            equal=_equations,
            domain=Domain(("y", "z", "D", "F", "V", "W", "c", "e", "Q")),
            scope="every a, b ≥ 0 and so every k; every C, d/m, Q̃, entry by entry",
        ),
        by_samples(
            "limit_chains on vectors is the recursion on matrices",
            formula=_vectors,
            controls={
                "off-diagonal entries dropped": lambda problem: _vectors(
                    replace(problem, P=_diagonal_of(problem.P), Q=_diagonal_of(problem.Q))
                ),
                "m + 1 for m": lambda problem: _vectors(replace(problem, m=problem.m + 1)),
                "C in reverse order": lambda problem: _vectors(replace(problem, C=problem.C[::-1])),
            },
            over=_diagonals(),
            holds=_equal,
            scope="d ≤ 4, m ≤ 9, k ≤ 4, any symmetric P̃ and Q̃, in rationals",
            instances=20,
        ),
    ),
)

CLAIMS = (_LIMIT, _VECTORS)
