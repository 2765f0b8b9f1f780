"""The exact error as a polynomial in 1/m (theory section 5)."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from proofs_check.checks import by_certificate, by_samples, by_witness, by_words
from proofs_check.claims.error_curves import word_recursions as recursions
from proofs_check.claims.error_curves.word_recursions import ONE, PER_M, A, S, State, power
from proofs_check.engines.certificate import Domain
from proofs_check.evidence import Evidence, Grade
from proofs_check.model import Check, Claim, Kind, Origin, Source, Tier
from proofs_check.strategies import setups
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import WordSum, letter, scalar

Degree = Callable[[int], int]
P = letter("P", symmetric=True)


def degree(k: Any) -> Any:
    """2k − 1, the degree in 1/m of the error after k >= 1 steps."""
    return 2 * k - 1


_TOO_LOW: dict[str, Degree] = {
    "2k − 2": lambda k: 2 * k - 2,
    "k": lambda k: k if k > 1 else 0,
    "k + 1": lambda k: k + 1 if k > 2 else k - 1,
}


def _power_of_m(scalars: tuple[tuple[str, int], ...]) -> int:
    return dict(scalars).get("m", 0)


def _within(expression: WordSum, most: int) -> WordSum:
    """Return the terms with m⁰, m⁻¹, …, m^−most."""
    return WordSum({key: value for key, value in expression.terms.items() if -most <= _power_of_m(key.scalars) <= 0})


def _error(k: int) -> WordSum:
    """E_k in words, with the noise term (σ²/m) E tr[P Σ_{j<k} (R^j − R^{j+k}) A]."""
    at, R, sums = recursions.solved(recursions.n_form), ONE - A * S, WordSum({})
    for j in range(k):
        sums = sums + power(R, j) - power(R, j + k)
    mean = WordSum({})
    for key, value in sums.terms.items():  # (AS)^r: words of even length 2r
        mean = mean + value * (at(State("B", (), len(key.word) // 2)) if key.word else ONE)
    noise = scalar("noise_var") * PER_M * (P * mean * A).trace()
    return recursions.n_form_error(recursions.n_form, P, k) + noise


def _by_words(k: int, tier: Tier) -> Check:
    return by_words(
        f"the powers of 1/m in words, k ≤ {k}",
        part="degree",
        tier=tier,
        formula=lambda: degree,
        controls={name: lambda low=low: low for name, low in _TOO_LOW.items()},  # type: ignore[misc]
        sides=lambda most: [(error, _within(error, most(i))) for i in range(1, k + 1) for error in [_error(i)]],
        scope=f"k ≤ {k}; every d and symmetric A, Σ, P, Q, every σ²",
        grade=Grade.PROVED_SLICE,
    )


def _meetings(most: Callable[[int], int]) -> bool:
    """Whether p copies of S bring at most ``most(p)`` factors 1/m, and that many, over all pairings, p <= 5."""
    for p in range(1, 6):
        lost = [p - pairings.free_samples(pairing) for pairing in pairings.pairings(2 * p)]
        if min(lost) < 0 or max(lost) != most(p):
            return False
    return True


def _induction(most: Callable[[Any], Any]) -> dict[str, Callable[..., Any]]:
    """A single copy brings no 1/m, each further copy at most one; E_k has 2k copies, its noise 1/m and 2k − 1."""
    return {
        "one copy": lambda w: 0 * w + most(1),
        "a further copy": lambda w: most(2 + w) - (1 + most(1 + w)),
        "the error": lambda w: degree(1 + w) - most(2 * (1 + w)),
        "the noise": lambda w: degree(1 + w) - (1 + most(2 * (1 + w) - 1)),
    }


def in_slice(check: Check) -> Check:
    """Return a check of finitely many cases, whose grade is PROVED_SLICE."""

    def predicate(candidate: Any, minimal: bool) -> Evidence:
        return replace(check.predicate(candidate, minimal), grade=Grade.PROVED_SLICE)

    return replace(check, predicate=predicate)


def _differences(setup: Setup, metric: str, k: int) -> list[Fraction]:
    """Return the divided differences of E_k as a function of 1/m, orders 0 … 2k + 1, at m = 1 … 2k + 2."""
    nodes = [Fraction(1, m) for m in range(1, 2 * k + 3)]
    found = []
    values = [
        Fraction(curves.expected_error(setup.replace(m=1 / x), k, metric=metric, field=EXACT).values[k]) for x in nodes
    ]
    for order in range(len(nodes)):
        found.append(values[0])
        values = [(values[i + 1] - values[i]) / (nodes[i + 1 + order] - nodes[i]) for i in range(len(values) - 1)]
    return found


def _has_degree(claimed: Degree, instance: tuple[Setup, str, int]) -> bool:
    setup, metric, k = instance
    found = _differences(setup, metric, k)
    return not any(found[claimed(k) + 1 :]) and found[claimed(k)] != 0


def _line(k: int) -> list[Fraction]:
    """Return the coefficients in 1/m of E(1 − c χ²_m/m)^{2k} at c = 1, from E (χ²_m)^j = Π_{i<j} (m + 2i)."""
    total = [Fraction(0)] * (2 * k + 1)
    moment = [Fraction(1)]  # Π_{i<j} (1 + 2i/m), by powers of 1/m
    binomial = 1
    for j in range(2 * k + 1):
        for i, value in enumerate(moment):
            total[i] += (-1) ** j * binomial * value
        moment = [x + 2 * j * y for x, y in zip([*moment, Fraction(0)], [Fraction(0), *moment], strict=True)]
        binomial = binomial * (2 * k - j) // (j + 1)
    return total


_DEGREE = Claim(
    id="ERR-04",
    kind=Kind.TIGHT,
    title="The exact error is a polynomial in 1/m of degree 2k − 1",
    statement=r"E_k(P) = \sum_{r=0}^{2k-1} e_r\, m^{-r} \text{ for } k \ge 1, \text{ with } e_r \text{ independent of }"
    r" m, \text{ also with label noise; } e_{2k-1} \ne 0 \text{ at } d = 1,\ k \le 8",
    source=Source("theory", "section 5", note="with label noise: this project"),
    origin=Origin.DERIVED,
    assumes=(
        "X has independent columns N(0, Σ)",
        "at d = 1 the leading coefficient is c^{2k} times that at c = 1, and label noise adds a nonnegative one",
    ),
    uses=("ERR-02",),
    checks=(
        _by_words(2, Tier.FAST),
        _by_words(3, Tier.FULL),
        by_certificate(
            "induction over the copies of S",
            part="degree",
            formula=lambda p: p - 1,
            controls={
                "p": lambda p: p,
                "p − 2": lambda p: p - 2,
                "p/2": lambda p: p * Fraction(1, 2),
            },
            gaps=_induction,
            domain=Domain(nonnegative=("w",)),
            scope="every d and k: by ERR-02 a mean of p copies of S is one of p − 1 copies, once without and else with"
            " one factor 1/m, which a single copy never brings",
        ),
        in_slice(
            by_witness(
                "free samples of all pairings",
                part="degree",
                formula=lambda p: p - 1,
                controls={"p": lambda p: p, "p − 2": lambda p: max(p - 2, 0), "⌊p/2⌋": lambda p: p // 2},
                satisfies=_meetings,
                scope="p ≤ 5 copies of S",
            )
        ),
        by_witness(
            "the leading coefficient at d = 1 and c = 1 is 2^{2k−1} (2k − 1)!",
            part="sharp",
            formula=lambda k: (degree(k), 2 ** (2 * k - 1) * math.factorial(2 * k - 1)),
            controls={
                "at 2k": lambda k: (2 * k, 2 ** (2 * k - 1) * math.factorial(2 * k - 1)),
                "(2k)!": lambda k: (degree(k), 2 ** (2 * k - 1) * math.factorial(2 * k)),
                "complex Gaussians: no 2": lambda k: (degree(k), math.factorial(2 * k - 1)),
            },
            satisfies=lambda top: all(
                _line(k)[top(k)[0]] == top(k)[1] and not any(_line(k)[top(k)[0] + 1 :]) for k in range(1, 9)
            ),
            scope="d = 1, k ≤ 8",
        ),
        by_samples(
            "divided differences of expected_error(rung exact) in 1/m",
            part="degree",
            formula=degree,
            controls=_TOO_LOW | {"2k": lambda k: 2 * k},
            over=st.tuples(setups(max_d=2, max_m=1), st.sampled_from(["estimation", "prediction"]), st.integers(1, 3)),
            holds=_has_degree,
            scope="d ≤ 2, m = 1 … 2k + 2, n ≤ 100, k ≤ 3, commuting or not, both metrics, any Ω, w₀, σ²: orders above"
            " 2k − 1 vanish and 2k − 1 does not",
            instances=20,
        ),
    ),
)

CLAIMS = (_DEGREE,)
