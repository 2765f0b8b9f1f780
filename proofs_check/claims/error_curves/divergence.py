"""The mean error diverges with the steps, for every finite m (theory section 5)."""

from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.lemmas import powers_keep_order
from proofs_check.engines.certificate import Domain
from proofs_check.engines.symbolic import Instance, generic_instance
from proofs_check.model import Check, Claim, Kind, Origin, Source
from proofs_check.strategies import positives, rationals, setups
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar

ONE = scalar("c", 0)
S, T = letter("S", symmetric=True), letter("T", symmetric=True)
M, H, H_INV = letter("M"), letter("H", symmetric=True), letter("H_inv", symmetric=True)

# ------------------------------------------------------------------------------------------------ symmetric part


def _excess(*, half: int = 2, turned: int = -1) -> WordSum:
    """½ ‖M − Mᵀ‖_F²."""
    skew = M + turned * M.T
    return (skew * skew.T).trace() * Fraction(1, half)


def square_is_below_norm(part: str) -> Check:
    """Return the check of ‖M‖_F² − tr M² = ½‖M − Mᵀ‖_F², so tr M² <= ‖M‖_F² with equality iff M = Mᵀ."""
    return by_words(
        "‖M‖_F² − tr M² is half a squared norm",
        part=part,
        formula=_excess,
        controls={
            "‖M − Mᵀ‖_F² without ½": lambda: _excess(half=1),
            "¼": lambda: _excess(half=4),
            "M + Mᵀ": lambda: _excess(turned=1),
        },
        sides=lambda claimed: [((M * M.T).trace() - (M * M).trace(), claimed)],
        scope="every d and every square M; M = Rᵏ for every k",
    )


Similar = Callable[[WordSum], WordSum]


def cancelled(expression: WordSum) -> WordSum:
    """Return the expression with H H⁻¹ = I."""
    (h,), (h_inv,) = (next(iter(x.terms)).word for x in (H, H_INV))
    while True:
        shorter = expression.replace_product((h, h_inv), ONE).replace_product((h_inv, h), ONE)
        if shorter == expression:
            return shorter
        expression = shorter


def _similar_sides(similar: Similar) -> list[tuple[WordSum, WordSum]]:
    """Rᵏ = similar(T) for T = (I − H S H)ᵏ: base, step, and the trace of its square; A = H²."""
    step = (ONE - H * H * S) * similar(T)
    after = similar((ONE - H * S * H) * T)
    return [
        (cancelled(similar(ONE)), ONE),
        (cancelled(step), cancelled(after)),
        (cancelled((similar(T) * similar(T)).trace()), (T * T).trace()),
    ]


def inverse_pair() -> Instance:
    """Return exact values with H_inv = H⁻¹."""
    values = generic_instance(H, S, T)
    return Instance({**values.matrices, "H_inv": EXACT.inverse(values.matrices["H"])}, values.scalars)


def powers_are_similar(part: str) -> Check:
    """Return the check of Rᵏ = A^{1/2} (I − A^{1/2} S A^{1/2})ᵏ A^{−1/2} and of the trace of its square."""
    return by_words(
        "Rᵏ is similar to a symmetric power, by induction over k",
        part=part,
        formula=lambda: lambda power: H * power * H_INV,
        controls={
            "A^{−1/2} first": lambda: lambda power: H_INV * power * H,
            "A^{1/2} on both sides": lambda: lambda power: H * power * H,
            "not similar": lambda: lambda power: power,
        },
        sides=_similar_sides,
        scope="every d, k and symmetric A = H², S",
        instance=inverse_pair,
    )


# ------------------------------------------------------------------------------------------------ one direction


def line(c: Fraction, m: int, k: int) -> Fraction:
    """Return F_k(c, m) = E(1 − c χ²_m/m)^{2k}, from E (χ²_m)^j = Π_{i<j} (m + 2i).

    >>> line(Fraction(1), 1, 1)  # E(1 − χ²)² = 1 − 2 + 3
    Fraction(2, 1)
    """
    total, moment = Fraction(0), Fraction(1)
    for j in range(2 * k + 1):
        total += comb(2 * k, j) * (-c) ** j * moment
        moment *= Fraction(m + 2 * j, m)
    return total


def growing(c: Any, m: Any, k: int) -> Any:
    """Return t_k = (c/2m)^{2k} Π_{j<2k} (m + 2j)."""
    result = 1
    for j in range(2 * k):
        result = result * (c / (2 * m)) * (m + 2 * j)
    return result


def _ratio(c: Any, m: Any, k: Any) -> Any:
    """t_{k+1}/t_k, k any number."""
    return (c / (2 * m)) ** 2 * (m + 4 * k) * (m + 4 * k + 2)


def _averages(half: Fraction) -> dict[str, Callable[..., Any]]:
    """(a + b)/2 · (aᵖ + bᵖ)/2 <= (aᵖ⁺¹ + bᵖ⁺¹)/2, with b <= a = b + u and bᵖ = B <= aᵖ = B + s."""
    return {
        "step": lambda b, u, B, s: ((b + u) * (B + s) + b * B) / 2 - half * (2 * b + u) * (2 * B + s),
    }


class Direction(NamedTuple):
    """A problem with P = Q = I, a direction u and a number of steps."""

    setup: Setup
    u: list[Fraction]
    k: int


def _share(at: Direction, over: Callable[[Setup], Any]) -> Fraction:
    """uᵀ Σ u / uᵀ Γ u, or with another matrix for Γ."""
    u = np.array(at.u, dtype=object)
    Sigma = np.vectorize(EXACT.public, otypes=[object])(at.setup.Sigma.dense(EXACT))
    return Fraction(u @ Sigma @ u) / Fraction(u @ over(at.setup) @ u)


def _gamma(setup: Setup) -> Any:
    return reference.gamma_matrix(setup).Gamma


def _lambda(setup: Setup) -> Any:
    return np.vectorize(EXACT.public, otypes=[object])(setup.Lambda.dense(EXACT))


def _whole(setup: Setup) -> Fraction:
    Sigma = np.vectorize(EXACT.public, otypes=[object])(setup.Sigma.dense(EXACT))
    return Fraction(np.trace(reference.gamma_matrix(setup).Gamma_inv @ Sigma))


def _m(setup: Setup) -> int:
    assert setup.m is not None
    return setup.m


def _bound(at: Direction) -> Fraction:
    return line(_share(at, _gamma), _m(at.setup), at.k)


def _below_the_error(bound: Callable[[Direction], Fraction], at: Direction) -> bool:
    """Whether the bound holds; at d = 1 it is the error."""
    error = curves.expected_error(at.setup, at.k, field=EXACT).values[-1]
    return bound(at) == error if at.setup.d == 1 else bool(bound(at) <= error)


@st.composite
def _directions(draw: DrawFn) -> Direction:
    setup = draw(setups(max_d=3, max_m=4, paper=True))
    u = draw(st.lists(rationals(), min_size=setup.d, max_size=setup.d).filter(any))
    return Direction(setup, u, draw(st.integers(1, 3 if setup.d == 1 else 2)))


_DIVERGES = Claim(
    id="ERR-05",
    kind=Kind.LOWER,
    title="For every finite m the mean error diverges as the steps go on",
    statement=r"E_k \ge F_k(c, m) = \mathbb{E}\left(1 - c\,\tfrac{\chi^2_m}{m}\right)^{2k} \ge 2\, t_k - 1, \quad"
    r" c = \frac{u^{\mathsf T}\Sigma u}{u^{\mathsf T}\Gamma u} \text{ for any } u \ne 0, \quad"
    r" t_k = \left(\tfrac{c}{2m}\right)^{2k} \prod_{j<2k} (m + 2j), \quad t_{k+1} \ge 4\, t_k \text{ for } k \ge m/c,"
    r" \text{ so } E_k \to \infty",
    source=Source("theory", "section 5", note="stated there; the bound and the proof: this project"),
    origin=Origin.DERIVED,
    assumes=(
        "P = Q = I without noise; for positive definite P, Q: E_k ≥ λ_min(P) λ_min(Q) F_k, and noise only adds",
        "Jensen: tr H²ᵏ ≥ vᵀH²ᵏv ≥ (vᵀHv)²ᵏ for H = I − A^{1/2} S A^{1/2}, ‖v‖ = 1, v ∝ Γ^{1/2} u",
        "vᵀ A^{1/2} S A^{1/2} v is c χ²_m/m, and E (χ²_m)^j = Π_{i<j} (m + 2i)",
    ),
    uses=("ERR-02",),
    checks=(
        square_is_below_norm("E ≥ F"),
        powers_are_similar("E ≥ F"),
        by_samples(
            "expected_error(rung exact) against F_k in any direction",
            part="E ≥ F",
            formula=_bound,
            controls={
                "Λ for Γ": lambda at: line(_share(at, _lambda), _m(at.setup), at.k),
                "m + 1 for m": lambda at: line(_share(at, _gamma), _m(at.setup) + 1, at.k),
                "one step more": lambda at: _bound(at._replace(k=at.k + 1)),
                "all of tr Γ⁻¹Σ in one direction": lambda at: line(_whole(at.setup), _m(at.setup), at.k),
                "power k for 2k": lambda at: line(_share(at, _gamma), _m(at.setup), at.k) ** 2,
            },
            over=_directions(),
            holds=_below_the_error,
            scope="d ≤ 3, m ≤ 4, n ≤ 100, k ≤ 3, commuting or not, any u; equality at d = 1",
            instances=40,
        ),
        powers_keep_order("F ≥ 2t − 1"),
        by_certificate(
            "((a + b)/2)ᵖ ≤ (aᵖ + bᵖ)/2 by induction over p",
            part="F ≥ 2t − 1",
            formula=Fraction(1, 4),
            controls={"without one ½": Fraction(1, 2), "1/3": Fraction(1, 3)},
            gaps=_averages,
            domain=Domain(nonnegative=("b", "u", "B", "s")),
            scope="all a, b ≥ 0 and every p, equal at p = 1; with a = |1 − x|, b = 1 and x ≤ a + b:"
            " (1 − x)²ᵏ ≥ 2^{1−2k} x²ᵏ − 1 for x ≥ 0",
        ),
        by_samples(
            "F_k against 2 t_k − 1",
            part="F ≥ 2t − 1",
            formula=lambda c, m, k: 2 * growing(c, m, k) - 1,
            controls={
                "2 t_k": lambda c, m, k: 2 * growing(c, m, k),
                "c/m for c/2m": lambda c, m, k: 2 * growing(2 * c, m, k) - 1,
                "m + 4j for m + 2j": lambda c, m, k: 2 * growing(2 * c, Fraction(m, 2), k) / 4**k - 1,
            },
            over=st.tuples(positives(), st.integers(1, 50), st.integers(0, 8)),
            holds=lambda formula, at: formula(*at) <= line(*at),
            scope="c ≤ 9, m ≤ 50, k ≤ 8",
            instances=100,
        ),
        by_certificate(
            "t_{k+1} ≥ 4 t_k from k = m/c on",
            part="growth",
            formula=lambda c, m: m / c,
            controls={
                "from m/(2c) on": lambda c, m: m / (2 * c),
                "from m/(2c) − 1 on": lambda c, m: m / (2 * c) - 1,
                "from m on": lambda c, m: m,
                "from 1/c on": lambda c, m: 1 / c,
            },
            gaps=lambda start: {"ratio": lambda c, m, w: _ratio(c, m, start(c, m) + w) - 4},
            domain=Domain(positive=("c", "m"), nonnegative=("w",)),
            scope="every c, m > 0 and k ≥ m/c",
        ),
        by_samples(
            "t_{k+1}/t_k",
            part="growth",
            formula=_ratio,
            controls={
                "m + 4k + 1": lambda c, m, k: (c / (2 * m)) ** 2 * (m + 4 * k) * (m + 4 * k + 1),
                "m + 2k": lambda c, m, k: (c / (2 * m)) ** 2 * (m + 2 * k) * (m + 2 * k + 2),
            },
            over=st.tuples(positives(), st.integers(1, 50), st.integers(0, 8)),
            holds=lambda ratio, at: growing(at[0], at[1], at[2] + 1) == ratio(*at) * growing(*at),
            scope="c ≤ 9, m ≤ 50, k ≤ 8",
            instances=30,
        ),
    ),
)

CLAIMS = (_DIVERGES,)
