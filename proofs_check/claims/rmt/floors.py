"""Where the typical error ends on short prompts: C = cI, Γ of any shape (theory section 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from theorycalc.error_curves import curves
from theorycalc.fields import BALL, EXACT, Ball
from theorycalc.model import Setup
from theorycalc.rmt import edges, recursion

_OURS = Source("this project", note="it corrects a floor d − m that we had stated for every problem with C = cI")
_LIMIT = ("the proportional limit of commuting problems without label noise", "C = cI: every σᵢ = c γᵢ")


@dataclass(frozen=True)
class Proportionate:
    """A problem with Σ = c Γ, so that C = cI, and weights ω of the directions of w*."""

    Lambda: tuple[Fraction | int, ...]
    n: int
    m: int
    c: Fraction
    omega: tuple[Fraction | int, ...] | None = None

    @property
    def d(self) -> int:
        """Number of directions."""
        return len(self.Lambda)

    @property
    def Gamma(self) -> list[Fraction]:
        """The eigenvalues of Γ, written out."""
        total = Fraction(sum(self.Lambda))
        return [(1 + Fraction(1, self.n)) * lam + total / self.n for lam in self.Lambda]

    @property
    def setup(self) -> Setup:
        """The problem."""
        sigma, omega = [self.c * g for g in self.Gamma], None if self.omega is None else list(self.omega)
        return Setup(list(self.Lambda), n=self.n, m=self.m, Sigma=sigma, Omega=omega)

    @property
    def edges(self) -> tuple[Ball, Ball]:
        """λ₋ and λ₊."""
        found = edges.spectral_edges([self.c], self.m, multiplicity=[self.d], field=BALL(80))
        return found.lower, found.upper

    def powers(self, count: int) -> list[Fraction]:
        """r_0 … r_count: the limits of tr (I − N)ʲ/d."""
        one, weight = EXACT.array([1]), np.array([self.d])
        C = EXACT.array([self.c])
        chains = recursion.limit_chains(C, one, one, weight, EXACT.number(self.m), count, EXACT)
        return [Fraction(EXACT.public(x)) / self.d for x in chains.power_trace[: count + 1]]

    def curve(self, steps: int) -> list[Fraction]:
        """E_0 … E_steps, as computed."""
        return list(curves.expected_error(self.setup, steps, rung="proportional", field=EXACT).values)


# ------------------------------------------------------------------------------------------------ RMT-05: the curve

Chain = Callable[[Any, Any, Any, Any, Any], Any]  # (Q̃ᵢ, tr Q̃/d, r_a, r_b, r_{a+b}) -> (M_{a,b})ᵢ


def _free(Q: Any, q: Any, first: Any, second: Any, both: Any) -> Any:
    return Q * first * second + q * (both - first * second)


_WRONG_CHAINS: dict[str, Chain] = {
    "as if P̃ Q̃ = 1: Q̃ᵢ r_{a+b}": lambda Q, q, first, second, both: Q * both,
    "the mean of Q̃ for all": lambda Q, q, first, second, both: q * both,
    "r_{a+b} for the difference": lambda Q, q, first, second, both: Q * first * second + q * both,
    "no spread": lambda Q, q, first, second, both: Q * first * second,
    "r_a for r_a r_b": lambda Q, q, first, second, both: Q * first + q * (both - first),
}


def _generating(chain: Chain) -> dict[str, tuple[Expression, Expression]]:
    """The recursion's generating functions in y and z; D = Σ (t_s − t_{s+1}) yˢ and F, the same in z, are free.

    ρ(y) = Σ r_j yʲ, and Σ r_{a+b} yᵃ zᵇ = (y ρ(y) − z ρ(z))/(y − z); as u_s = (tr Q̃/d) t_s, the last sum of the
    recursion is c (tr Q̃/d) y z ρ(z) (y D − z F)/(y − z).  The claimed chains are linear in r_a, r_b, r_{a+b}.
    """

    def rho(y: Any, D: Any, c: Any) -> Any:
        return 1 / (1 - y + c * y * (1 - y * D))

    def claimed(y: Any, z: Any, D: Any, F: Any, c: Any, Q: Any, q: Any) -> Any:
        first, second = rho(y, D, c), rho(z, F, c)
        return chain(Q, q, first, second, (y * first - z * second) / (y - z))

    def stepped(y: Any, z: Any, D: Any, F: Any, c: Any, Q: Any, q: Any) -> Any:
        M = claimed(y, z, D, F, c, Q, q)
        crossing = q * y * z * rho(z, F, c) * (y * D - z * F) / (y - z)
        return Q * rho(z, F, c) + y * M - c * (y * M - y * y * D * M - crossing)

    return {
        "r": (
            lambda y, D, c, **_: rho(y, D, c),
            lambda y, D, c, **_: 1 + y * rho(y, D, c) - c * (y - y * y * D) * rho(y, D, c),
        ),
        "M": (claimed, stepped),
    }


def _curve(chain: Chain) -> Callable[[Proportionate, int], list[Fraction]]:
    """Σᵢ P̃ᵢ (M_{k,k})ᵢ with the claimed chains."""

    def curve(problem: Proportionate, steps: int) -> list[Fraction]:
        Gamma, r = problem.Gamma, problem.powers(2 * steps)
        Q = [g * w for g, w in zip(Gamma, problem.omega or [1] * problem.d, strict=True)]
        mean = sum(Q, Fraction(0)) / problem.d
        return [
            sum((chain(x, mean, r[k], r[k], r[2 * k]) / g for x, g in zip(Q, Gamma, strict=True)), Fraction(0))
            for k in range(steps + 1)
        ]

    return curve


_COUNT = st.integers(1, 6)
_EIGENVALUE = st.fractions("1/8", 4, max_denominator=8)


@st.composite
def _problems(draw: DrawFn) -> Proportionate:
    d = draw(st.integers(1, 4))
    values = st.lists(_EIGENVALUE, min_size=d, max_size=d).map(tuple)
    return Proportionate(draw(values), draw(_COUNT), draw(_COUNT), draw(st.fractions("1/8", 1)), draw(values))


# ------------------------------------------------------------------------------------------------ RMT-05: the floor

Floor = Callable[[Any, Any], Any]  # (p, κ) -> floor/d


def _floor(p: Any, kappa: Any) -> Any:
    return p * p + kappa * p * (1 - p)


_WRONG_FLOORS: dict[str, Floor] = {
    "d − m": lambda p, kappa: p + 0 * kappa,
    "κ (d − m)": lambda p, kappa: kappa * p,
    "p² forgotten": lambda p, kappa: kappa * p * (1 - p),
    "κ on the wrong term": lambda p, kappa: kappa * p * p + p * (1 - p),
    "0": lambda p, kappa: 0 * p,
}


def _limit(floor: Floor) -> dict[str, tuple[Expression, Expression]]:
    """r_k² + κ (r_2k − r_k²) where r_k and r_2k are p, written p = g/(g + h)."""
    return {
        "limit": (
            lambda g, h, s, **_: floor(g / (g + h), 1 + s),
            lambda g, h, s, **_: _free(1, 1 + s, g / (g + h), g / (g + h), g / (g + h)),
        )
    }


def _floor_gaps(floor: Floor) -> dict[str, Expression]:
    """κ = 1 + s with s ≥ 0: d² (κ − 1) is the sum over i < j of γᵢ/γⱼ + γⱼ/γᵢ − 2, here γᵢ = g + u, γⱼ = g."""

    def above(g: Any, h: Any, s: Any, **_: Any) -> Any:
        p = g / (g + h)
        return (floor(p, 1 + s) - p) / s

    return {"more than d − m": above, "κ > 1": lambda g, u, **_: ((g + u) / g + g / (g + u) - 2) / (u * u)}


@st.composite
def _short_prompts(draw: DrawFn) -> Proportionate:
    """Draw Γ of any shape with 4 m ≤ d ≤ 9 m and c = 1/(1 + d/m), where |1 − λ₋| = |1 − λ₊| is least."""
    m, blocks = draw(st.integers(1, 2)), draw(st.integers(4, 9))
    Lambda = tuple(draw(st.lists(_EIGENVALUE, min_size=m * blocks, max_size=m * blocks)))
    return Proportionate(Lambda, draw(st.integers(1, 60)), m, Fraction(1, 1 + blocks))


_STEPS = 12


def _is_floor(floor: Floor, problem: Proportionate) -> bool:
    """Whether |E_k/d − floor| ≤ κ q ρ^2k + (κ − 1)(2 p q ρᵏ + q² ρ^2k), k ≤ 12, q = 1 − p: as |r_j − p| ≤ q ρʲ."""
    d, p = problem.d, 1 - Fraction(problem.m, problem.d)
    kappa = sum((1 / g for g in problem.Gamma), Fraction(0)) * sum(problem.Gamma) / d**2
    lower, upper = problem.edges
    rho = max(abs(1 - lower.lower), abs(1 - upper.upper))
    for k, value in enumerate(problem.curve(_STEPS)):
        far, near = (1 - p) * rho**k, (1 - p) * rho ** (2 * k)
        allowed = kappa * near + (kappa - 1) * (2 * p * far + far**2)
        if abs(value / d - floor(p, kappa)) > allowed:
            return False
    return bool(upper.upper < 2)


_FREE = Claim(
    id="RMT-05",
    kind=Kind.IDENTITY,
    title="The typical error and its floor for C = cI and Γ of any shape",
    statement=r"C = cI:\ E_k = \operatorname{tr}(\tilde P \tilde Q)\, r_k^2 + \frac{\operatorname{tr}\tilde P \,"
    r" \operatorname{tr}\tilde Q}{d}\,(r_{2k} - r_k^2); \quad d > m, \ \lambda_+ < 2, \ P = Q = I:\ E_k \to d\,\big(p^2"
    r" + \kappa\, p\,(1 - p)\big) \ge d - m, \quad p = 1 - \frac md, \ \kappa = \frac{\operatorname{tr}\Gamma}{d}"
    r" \, \frac{\operatorname{tr}\Gamma^{-1}}{d}, \text{ with equality iff } \Gamma = \gamma I",
    source=_OURS,
    origin=Origin.OURS,
    assumes=(
        *_LIMIT,
        "r_j = ∫ (1 − x)ʲ dμ, μ the law of RMT-02: for d > m mass p = 1 − m/d at 0, the rest on [λ₋, λ₊], λ₋ > 0",
        "hence |r_j − p| ≤ (1 − p) max |1 − λ±|ʲ",
        "a power series in y and z is determined by the linear equation that its recursion gives",
    ),
    uses=("RMT-01", "RMT-02"),
    checks=(
        by_certificate(
            "the claimed chains solve the recursion, by generating functions",
            part="curve",
            formula=_free,
            controls=_WRONG_CHAINS,
            gaps=lambda chain: {},
            equal=_generating,
            domain=Domain(("y", "z", "D", "F", "c", "Q", "q")),
            scope="every a, b ≥ 0, so every k; every c, d/m and diagonal Q̃; the trace with P̃ is linear",
        ),
        by_samples(
            "the closed form against expected_error(rung proportional)",
            part="curve",
            formula=_curve(_free),
            controls={name: _curve(chain) for name, chain in _WRONG_CHAINS.items()},
            over=_problems(),
            holds=lambda curve, problem: bool(curve(problem, 6) == problem.curve(6)),
            scope="d ≤ 4, m, n ≤ 6, c in [1/8, 1], k ≤ 6, any spectra Λ, Ω",
            instances=30,
        ),
        by_certificate(
            "the limit of the closed form, and when it is d − m",
            part="floor",
            formula=_floor,
            controls=_WRONG_FLOORS,
            gaps=_floor_gaps,
            strict=("more than d − m", "κ > 1"),
            equal=_limit,
            domain=Domain(("g", "h", "s", "u")),
            scope="every p in (0, 1) and κ > 1; κ − 1 pair by pair of eigenvalues of Γ, 0 for an equal pair",
        ),
        by_samples(
            "the floor of expected_error(rung proportional)",
            part="floor",
            formula=_floor,
            controls=_WRONG_FLOORS,
            over=_short_prompts(),
            holds=_is_floor,
            scope=f"4 ≤ d/m ≤ 9, d ≤ 18, n ≤ 60, k ≤ {_STEPS}: the distance falls as max |1 − λ±|ᵏ",
            instances=20,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ RMT-04


@dataclass(frozen=True)
class Turn:
    """A problem with λ₊ < 2 whose curve is claimed to be lower at ``first`` than ``later``, and to end at ``floor``."""

    problem: Proportionate
    first: int
    later: int
    floor: Fraction


def _turns(found: Turn) -> bool:
    """Whether d > m, λ₊ < 2, E_0 > E_first < E_later < floor within 1 %, and d − m < floor as RMT-05 has it."""
    problem = found.problem
    d, m, Gamma = problem.d, problem.m, problem.Gamma
    values = problem.curve(max(found.first, found.later))
    p, kappa = 1 - Fraction(m, d), sum((1 / g for g in Gamma), Fraction(0)) * sum(Gamma) / d**2
    settled = 0 < found.floor - values[found.later] < found.floor / 100
    falls_then_rises = values[0] > values[found.first] < values[found.later]
    right = d > m and problem.edges[1].upper < 2 and d - m < found.floor == d * _floor(p, kappa)
    return bool(settled and falls_then_rises and right)


_TENTH, _QUARTER = Fraction(1, 10), Fraction(1, 4)
_PROBLEM = Proportionate((_TENTH, 1, _TENTH, 1), 50, 2, _QUARTER)
_FLOOR = Fraction(521369, 155344)

_TURN = Claim(
    id="RMT-04",
    kind=Kind.EXISTENCE,
    title="The floor is not d − m for a mismatched problem, and the typical error can rise towards it",
    statement=r"\Lambda = \operatorname{diag}(\tfrac1{10}, 1, \tfrac1{10}, 1), \ n = 50, \ m = 2, \ \Sigma = \tfrac14"
    r" \Gamma:\ C = \tfrac14 I, \ \lambda_+ < 2, \ d - m = 2, \text{ but } E_0 > E_4 < E_{40} < \tfrac{521369}{155344}"
    r" = \lim_{k \to \infty} E_k",
    source=_OURS,
    origin=Origin.OURS,
    assumes=_LIMIT,
    uses=("RMT-05",),
    checks=(
        by_witness(
            "Λ = diag(1/10, 1, 1/10, 1), n = 50, m = 2, Σ = Γ/4, k = 4 and 40",
            formula=Turn(_PROBLEM, 4, 40, _FLOOR),
            controls={
                "matched shape: Λ = I": Turn(Proportionate((1, 1, 1, 1), 50, 2, _QUARTER), 4, 40, Fraction(2)),
                "the floor d − m": Turn(_PROBLEM, 4, 40, Fraction(2)),
                "before the turn": Turn(_PROBLEM, 1, 4, _FLOOR),
                "Σ = Γ, where λ₊ > 2": Turn(Proportionate(_PROBLEM.Lambda, 50, 2, Fraction(1)), 4, 40, _FLOOR),
                "m = 3": Turn(Proportionate(_PROBLEM.Lambda, 50, 3, _QUARTER), 4, 40, _FLOOR),
            },
            satisfies=_turns,
            scope="one exact instance, by expected_error(rung proportional)",
        ),
    ),
)

CLAIMS = (_FREE, _TURN)
