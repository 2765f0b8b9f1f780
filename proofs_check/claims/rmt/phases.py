"""How the typical error behaves as the chain of thought grows (theory section 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.rmt.laws import PopulationLaw, laws
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from theorycalc.error_curves import curves
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar
from theorycalc.rmt import edges, recursion

# ------------------------------------------------------------------------------------------------ RMT-03: the sandwich

_R = letter("R", symmetric=True)  # (I − N)ᵏ
_F, _G, _H = letter("F"), letter("G"), letter("H")
_P_END, _Q_END = scalar("p"), scalar("q")
Chain = Callable[[WordSum, WordSum], WordSum]  # (P̃ or p, Q̃ or q) -> tr(P̃ Rᵏ Q̃ Rᵏ)


def _chain(P: WordSum, Q: WordSum) -> WordSum:
    return (P * _R * Q * _R).trace()


def _slack(chain: Chain) -> list[tuple[WordSum, WordSum]]:
    """Each step from P̃ = p ∓ G Gᵀ to p, and from Q̃ = q ∓ F Fᵀ to q, changes the trace by a square; Q̃ = H Hᵀ."""
    first = (_G.T * _R * _H * _H.T * _R * _G).trace()  # ‖Gᵀ R H‖²
    second = _P_END * (_F.T * _R * _R * _F).trace()  # p ‖R F‖²
    pairs = []
    for sign in (1, -1):
        P, Q = _P_END - sign * _G * _G.T, _Q_END - sign * _F * _F.T
        pairs.append((chain(_P_END, _H * _H.T) - chain(P, _H * _H.T), sign * first))
        pairs.append((_P_END * _Q_END * (_R * _R).trace() - chain(_P_END, Q), sign * second))
    return pairs


Weights = Callable[[Setup], tuple[Fraction, Fraction]]


def _spectra(setup: Setup) -> tuple[list[Fraction], list[Fraction], list[Fraction]]:
    """C, P̃ and Q̃ of a problem of spectra, Γ written out."""
    lam = [Fraction(x) for x in setup.Lambda.entries]
    Gamma = [x * (1 + Fraction(1, setup.n)) + sum(lam, Fraction(0)) / setup.n for x in lam]
    omega = [Fraction(1)] * setup.d if setup.Omega is None else [Fraction(x) for x in setup.Omega.entries]
    C = [Fraction(x) / g for x, g in zip(setup.Sigma.entries, Gamma, strict=True)]
    return C, [Fraction(1) / g for g in Gamma], [g * x for g, x in zip(Gamma, omega, strict=True)]


def _extremes(setup: Setup) -> tuple[Fraction, Fraction]:
    _, P, Q = _spectra(setup)
    return min(P) * min(Q), max(P) * max(Q)


def _products(setup: Setup) -> tuple[Fraction, Fraction]:
    _, P, Q = _spectra(setup)
    both = [x * y for x, y in zip(P, Q, strict=True)]
    return min(both), max(both)


def _powers(c: Any, multiplicity: Any, m: Any, count: int) -> list[Fraction]:
    """D_k = Σᵢ (r_{2k})ᵢ for k = 0 … count: the limit of tr (I − N)^{2k}."""
    one = EXACT.array([1] * len(c))
    chains = recursion.limit_chains(EXACT.array(c), one, one, np.array(multiplicity), EXACT.number(m), count, EXACT)
    return [EXACT.public(x) for x in chains.power_trace[::2]]


def _sandwiched(weights: Weights, setup: Setup) -> bool:
    low, high = weights(setup)
    C, _, _ = _spectra(setup)
    values = curves.expected_error(setup, 6, rung="proportional", field=EXACT).values
    return all(
        low * power <= value <= high * power
        for value, power in zip(values, _powers(C, [1] * setup.d, setup.m, 6), strict=True)
    )


@st.composite
def _problems(draw: DrawFn) -> Setup:
    d = draw(st.integers(1, 4))
    values = st.lists(st.fractions("1/4", 4, max_denominator=4), min_size=d, max_size=d)
    return Setup(
        draw(values), n=draw(st.integers(1, 8)), m=draw(st.integers(1, 8)), Sigma=draw(values), Omega=draw(values)
    )


# ------------------------------------------------------------------------------------------------ growth

_LONG = 16
Radius = Callable[[PopulationLaw], Ball]


def _edges(law: PopulationLaw) -> tuple[Ball, Ball]:
    found = edges.spectral_edges(law.c, law.m, multiplicity=law.multiplicity, field=BALL(80))
    return found.lower, found.upper


def _from_one(edge: Ball) -> Ball:
    return Ball(abs(1 - edge.mid), edge.rad)


def _radius(law: PopulationLaw) -> Ball:
    """ρ = max |1 − x| over the spectrum: its two edges, and 0 where d > m."""
    found = [_from_one(edge) for edge in _edges(law)] + [Ball(Fraction(law.d > law.m), Fraction(0))]
    return max(found, key=lambda ball: ball.mid)


@st.composite
def _scaled_laws(draw: DrawFn) -> PopulationLaw:
    """Draw laws of RMT-02, every other one scaled down, so that a floor stands out."""
    law, scale = draw(laws(max_count=4)), draw(st.sampled_from([Fraction(1), Fraction(1, 8)]))
    return PopulationLaw(tuple(scale * c for c in law.c), law.multiplicity, law.m)


def _population_radius(law: PopulationLaw) -> Ball:
    return Ball(max(abs(1 - c) for c in law.c), Fraction(0))


def _grows(radius: Radius, law: PopulationLaw) -> bool:
    """Whether D_{k+1}/D_k rises, never above ρ², and D_K is at least ρ^{2K} times a power of K: of K^{−3/2}, K = 16."""
    rho, powers = radius(law), _powers(law.c, law.multiplicity, law.m, _LONG)
    ratios = [second / first for first, second in pairwise(powers)]
    rising = all(first <= second for first, second in pairwise(ratios))
    reached = powers[_LONG] >= min(law.d, law.m) * rho.lower ** (2 * _LONG) / (50 * 64)
    return rising and ratios[-1] <= rho.upper**2 and reached


def _convexities(square: Callable[[Any], Any]) -> dict[str, Expression]:
    """Why D_{k+1}/D_k rises, and why it stays below ρ²; ``square`` is x -> x².

    For the masses p aᵏ and q bᵏ of two points a = b + t of (1 − x)², A = a^{k−1}, B = b^{k−1}: D_{k+1} D_{k−1} ≥ D_k².
    For λ₋ = low, x = λ₋ + u, λ₊ = x + v: (1 − x)² is below the chord between the edges.
    """

    def schwarz(b: Any, t: Any, A: Any, B: Any, p: Any, q: Any, **_: Any) -> Any:
        a = b + t
        return (p * A * a**2 + q * B * b**2) * (p * A + q * B) - square(p * A * a + q * B * b)

    def chord(low: Any, u: Any, v: Any, **_: Any) -> Any:
        ends = v * square(1 - low) + u * square(1 - low - u - v)
        return ends - (u + v) * square(1 - low - u)

    return {"Cauchy and Schwarz": schwarz, "chord": chord}


def _phases(square: Callable[[Any], Any]) -> dict[str, Expression]:
    """(1 − x)² < 1 for 0 < x < 2, written x = 2u/(u + v); > 1 for x = 2 + u."""
    return {
        "improving": lambda u, v: 1 - square(2 * u / (u + v)),
        "overthinking": lambda u, v: square(2 + u) - 1,
    }


# ------------------------------------------------------------------------------------------------ the floor

Share = Callable[[Any, Any], Any]  # (d, m)


def _floor_gaps(floor: Share) -> dict[str, Expression]:
    """floor ≤ D_k ≤ floor + m ρ^2k, d = m + g: mass d − m at x = 0, where (1 − x)^2k = 1; mass m with mean Y ≤ ρ^2k."""

    def D(m: Any, g: Any, Y: Any) -> Any:
        return g + m * Y

    return {
        "above": lambda m, g, Y, s: D(m, g, Y) - floor(m + g, m),
        "within": lambda m, g, Y, s: floor(m + g, m) + m * (Y + s) - D(m, g, Y),
    }


_WRONG_FLOORS: dict[str, Share] = {
    "d": lambda d, m: d,
    "0": lambda d, m: 0 * d,
    "d − m + 1": lambda d, m: d - m + 1,
    "d − m − 1": lambda d, m: d - m - 1,
    "the share 1 − m/d": lambda d, m: 1 - m / d,
    "m": lambda d, m: m,
}


@dataclass(frozen=True)
class _Isotropic:
    """Λ = Σ = λ I with d > m: C = c I, c = n/(n + 1 + d), and P̃ Q̃ = I."""

    d: int
    m: int
    n: int

    @property
    def setup(self) -> Setup:
        """The problem at λ = 1."""
        return Setup([1] * self.d, n=self.n, m=self.m)


@st.composite
def _short_prompts(draw: DrawFn) -> _Isotropic:
    m = draw(st.integers(1, 6))
    return _Isotropic(m + draw(st.integers(1, 12)), m, draw(st.integers(1, 30)))


def _is_floor(floor: Share, problem: _Isotropic) -> bool:
    """Whether 0 ≤ E_k − floor ≤ m ρ^{2k}, ρ = max |1 − λ±|, for every k ≤ 12: so E_k → floor if λ₊ < 2."""
    setup = problem.setup
    law = PopulationLaw((Fraction(problem.n, problem.n + 1 + problem.d),), (problem.d,), problem.m)
    rho = max(_from_one(edge).upper for edge in _edges(law))
    values = curves.expected_error(setup, 12, rung="proportional", field=EXACT).values
    least = floor(Fraction(problem.d), Fraction(problem.m))
    return all(0 <= value - least <= problem.m * rho ** (2 * k) for k, value in enumerate(values))


_PHASES = Claim(
    id="RMT-03",
    kind=Kind.LIMIT,
    title="Phases of the typical error: improving, saturating, overthinking",
    statement=r"\text{Let } \rho = \max |1 - x| \text{ over } x \in \{\lambda_-, \lambda_+\}, \text{ and } x = 0 \text{"
    r" if } d > m, \text{ and } D_k/d \text{ the mean of } (1 - x)^{2k} \text{ under the law of } N. \text{ Then }"
    r" p_{\min} q_{\min} D_k \le E_k \le"
    r" p_{\max} q_{\max} D_k, \ D_{k+1}/D_k \text{ rises to } \rho^2, \text{ so } \lim_{k \to \infty} E_k^{1/(2k)} ="
    r" \rho: \ E_k \to 0 \text{ exponentially iff } d < m \text{ and } \lambda_+ < 2; \ E_k \to \infty \text{ if }"
    r" \lambda_+ > 2; \text{ for } d > m: \ E_k \ge p_{\min} q_{\min} (d - m), \text{ and if } \Sigma = \Lambda ="
    r" \lambda I, \ P = Q = I, \ \lambda_+ < 2 \text{ it falls to } d - m:\ 0 \le E_k - (d - m) \le m \max|1 -"
    r" \lambda_\pm|^{2k}",
    source=Source(
        "theory",
        "section 6",
        note="the rate is stated there with power-law prefactors from the edges; other floors: RMT-04 and RMT-05",
    ),
    origin=Origin.DERIVED,
    assumes=(
        "the proportional limit of commuting problems without label noise; p, q the extreme eigenvalues of P̃, Q̃ > 0",
        "the trace inequality holds for every prompt, so it holds in the limit",
        "the law of N is that of RMT-02, whose support holds λ₋ and λ₊: the L^{2k} norm of 1 − x tends to ρ",
        "N has rank min(d, m): for d > m the law has mass 1 − m/d at 0, and mass m/d on [λ₋, λ₊]",
        "Λ = λ I: Γ = γ I, so P̃ = 1/γ, Q̃ = γ, and E_k = D_k by the sandwich",
    ),
    uses=("RMT-01", "RMT-02"),
    checks=(
        by_words(
            "the trace inequalities by squares",
            part="sandwich",
            formula=lambda: _chain,
            controls={
                "Q̃ forgotten": lambda: lambda P, Q: (P * _R * _R).trace(),
                "P̃ Q̃ taken together": lambda: lambda P, Q: (P * Q * _R * _R).trace(),
                "a product of traces": lambda: lambda P, Q: (P * _R).trace() * (Q * _R).trace(),
            },
            sides=_slack,
            scope="every d, k, symmetric Rᵏ = R, P̃ = p ∓ G Gᵀ, Q̃ = q ∓ F Fᵀ = H Hᵀ; squares are ≥ 0",
        ),
        by_samples(
            "the sandwich of expected_error(rung proportional)",
            part="sandwich",
            formula=_extremes,
            controls={
                "extremes of the products p_i q_i": _products,
                "p left out": lambda setup: (min(_spectra(setup)[2]), max(_spectra(setup)[2])),
                "q left out": lambda setup: (min(_spectra(setup)[1]), max(_spectra(setup)[1])),
                "upper and lower exchanged": lambda setup: (_extremes(setup)[1], _extremes(setup)[0]),
            },
            over=_problems(),
            holds=_sandwiched,
            scope="d ≤ 4, m, n ≤ 8, k ≤ 6, any spectra Λ, Σ, Ω",
            instances=40,
        ),
        by_certificate(
            "the ratios rise, and stay below ρ²",
            part="growth",
            formula=lambda x: x**2,
            controls={"2x²": lambda x: 2 * x**2, "|x|³ for x²": lambda x: x**3, "x (x + 1)": lambda x: x * (x + 1)},
            gaps=_convexities,
            domain=Domain(("b", "A", "B", "p", "q", "low"), ("t", "u", "v")),
            scope="every k and law, pair by pair of points; D_{k+1} ≤ ρ² D_k follows, as every point of the law lies on"
            " [λ₋, λ₊] or, for d > m, at 0",
        ),
        by_samples(
            "the ratios D_{k+1}/D_k of limit_chains and the edges of spectral_edges",
            part="growth",
            formula=_radius,
            controls={
                "lower edge alone": lambda law: _from_one(_edges(law)[0]),
                "upper edge alone": lambda law: _from_one(_edges(law)[1]),
                "the null space forgotten": lambda law: max(map(_from_one, _edges(law)), key=lambda ball: ball.mid),
                "population: max |1 − c_i|": _population_radius,
                "λ₊ for |1 − λ₊|": lambda law: _edges(law)[1],
                "edges for d, not m": lambda law: _radius(PopulationLaw(law.c, law.multiplicity, law.d)),
            },
            over=_scaled_laws(),
            holds=_grows,
            scope=f"up to three eigenvalues in [1/32, 3], d ≤ 12, k ≤ {_LONG} = K; D_K ≥ min(d, m) ρ^2K/(50 K^(3/2))",
            instances=25,
        ),
        by_certificate(
            "(1 − x)² against 1",
            part="phases",
            formula=lambda x: (1 - x) ** 2,
            controls={
                "x²": lambda x: x**2,
                "1 − x": lambda x: 1 - x,
                "(1 − x/2)²": lambda x: (1 - x / 2) ** 2,
                "threshold 1": lambda x: (1 - 2 * x) ** 2,
            },
            gaps=_phases,
            strict=("improving", "overthinking"),
            domain=Domain(("u", "v")),
            scope="0 < x < 2 and x > 2",
        ),
        by_certificate(
            "the null mass, and what else D_k holds",
            part="floor",
            formula=lambda d, m: d - m,
            controls=_WRONG_FLOORS,
            gaps=_floor_gaps,
            domain=Domain(("m", "g"), ("Y", "s")),
            scope="every d = m + g > m and k: (1 − x)² ≤ max (1 − λ±)² on [λ₋, λ₊] by the chord of part growth",
        ),
        by_samples(
            "the floor d − m of expected_error(rung proportional)",
            part="floor",
            formula=lambda d, m: d - m,
            controls=_WRONG_FLOORS,
            over=_short_prompts(),
            holds=_is_floor,
            scope="Λ = Σ = λ I, m ≤ 6, d ≤ 18, n ≤ 30, k ≤ 12: 0 ≤ E_k − floor ≤ m max |1 − λ±|^2k",
            instances=30,
        ),
    ),
)

CLAIMS = (_PHASES,)
