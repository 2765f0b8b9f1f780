"""What the edges leave of long chains: the recursion at hundreds of steps, extrapolated; closed forms; enclosures."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from theorycalc.fields import BALL, F64, ball_scalar
from theorycalc.rmt.asymptotics import Chain, hard_terms, soft_terms
from theorycalc.rmt.critical import enclosed_point, rounded_point
from theorycalc.rmt.null_space import inverse_trace, null_overlap, null_point
from theorycalc.rmt.recursion import limit_chains

C, P, Q, COUNT = np.array([0.3, 0.6]), np.array([1.0, 3.0]), np.array([2.0, 0.5]), np.array([20, 30])

#: name -> (C, P̃, Q̃, m, σ²/m, the power of 1/k of the leading term)
CASES = {
    "soft": (C, P, Q, 100, 0.0, 1.5),
    "soft, with noise": (2.4 * C, P, Q, 300, 0.01, 1.5),
    "soft, upper edge": (2.4 * C, P, Q, 300, 0.0, 1.5),
    "both edges at one rate": (np.array([0.8, 0.8]), P, Q, 200, 0.0, 1.5),
    "hard": (C / 2, P, Q, 50, 0.0, 0.5),
    "hard, with noise": (C / 2, P, Q, 50, 0.02, -0.5),
    "null space": (0.375 * C, P, Q, 10, 0.0, 1.5),
    "null space, P̃ = I": (0.375 * C, np.ones(2), Q, 10, 0.0, 1.5),
    "null space, with noise": (0.375 * C, P, Q, 10, 0.1, 1.5),
    "overthinking": (2 * C, P, Q, 60, 0.0, 1.5),
}
_STEPS = 480


def parts(c, p, q, m, noise):
    """Return (floor, terms) in float64."""
    d = int(COUNT.sum())
    u = null_point(c, COUNT, m, F64) if d > m else None
    floor = 0.0 if u is None else float(null_overlap(c, p, q, COUNT, u=u, field=F64))
    if noise and d != m:
        floor += noise * float(inverse_trace(c, p, COUNT, m, u=u, field=F64))
    crossing = len(set(p)) > 1 and len(set(q)) > 1
    chain = Chain(c, p, q, COUNT, m, noise, u, crossing, F64)
    values, counts = list(c), [int(n) for n in COUNT]
    low, high = (rounded_point(values, counts, m, at_top=top).alpha for top in (False, True))
    return floor, (hard_terms(chain) if d == m else soft_terms(chain, low)) + soft_terms(chain, high)


def curve(c, p, q, m, noise, steps):
    """E_0 … E_k by the recursion."""
    chains = limit_chains(c, p, q, COUNT, float(m), steps, F64)
    trace = chains.power_trace
    return np.array([e + noise * (trace[:k] - trace[k : 2 * k]).sum() for k, e in enumerate(chains.error)])


@pytest.mark.parametrize("name", CASES)
def test_the_recursion_has_this_form(name):
    """E_k − floor divided by the terms tends to 1: extrapolated in 1/k, at hard edges in 1/√k."""
    c, p, q, m, noise, power = CASES[name]
    floor, terms = parts(c, p, q, m, noise)
    lead = max(terms, key=lambda term: (abs(term.base), -term.exponent))
    assert float(lead.exponent) == power
    steps = _STEPS
    low = np.log(1e-8 * floor) if floor else -600.0
    while not low < np.log(abs(lead.coefficient)) + steps * np.log(abs(lead.base)) - power * np.log(steps) < 230:
        steps -= 10  # the floor swallows the digits of what is left, or float64 ends
    values = curve(c, p, q, m, noise, steps) - floor
    ks = np.array([steps // 8, steps // 4, steps // 2, steps])
    ratios = [values[k] / sum(t.coefficient * t.base**k * k ** -float(t.exponent) for t in terms) for k in ks]
    x = 1 / np.sqrt(ks) if "hard" in name else 1 / ks
    assert np.polyfit(x, ratios, 3)[-1] == pytest.approx(1, abs=0.01)
    assert abs(ratios[3] - 1) < abs(ratios[2] - 1) < abs(ratios[1] - 1)


def test_the_power_of_k_by_richardson():
    """The logarithmic slope of E_k ρ^{−2k}, extrapolated three times, is −3/2 at soft edges and −1/2 at a hard one."""
    for name, rho in (("soft", None), ("hard", 1.0)):
        c, p, q, m, noise, power = CASES[name]
        _, terms = parts(c, p, q, m, noise)
        base = rho or max(term.base for term in terms)
        values = curve(c, p, q, m, noise, 640)
        logs = {k: np.log(values[k]) - k * np.log(base) for k in (40, 80, 160, 320, 640)}
        slopes = [(logs[2 * k] - logs[k]) / np.log(2) for k in (40, 80, 160, 320)]
        order = 0.5 if name == "hard" else 1.0
        for j in range(3):
            factor = 2 ** (order * (j + 1))
            slopes = [(factor * b - a) / (factor - 1) for a, b in pairwise(slopes)]
        assert -slopes[0] == pytest.approx(power, abs=2e-3)


def test_one_eigenvalue_in_closed_form():
    """C = I/2, φ = 1/4: α = 3/4 and 1/4, ψ″ = ±8, ψ = 9/8 and 1/8, D(I) = 8 d: coefficients d ρ³/(…)."""
    chain = Chain(np.array([0.5]), np.ones(1), np.ones(1), np.array([3]), 12, 0.0, None, False, F64)
    for alpha, edge in ((0.75, 1.125), (0.25, 0.125)):
        (term,) = soft_terms(chain, alpha)
        assert term.coefficient == pytest.approx(
            24 / (2 * np.sqrt(np.pi) * edge) * 0.5 * (abs(1 - edge) / 2) ** 1.5, rel=1e-13
        )
        assert term.base == pytest.approx((1 - edge) ** 2)


@pytest.mark.parametrize("name", CASES)
def test_enclosures(name):
    c, p, q, m, noise, _ = CASES[name]
    floats = parts(c, p, q, m, noise)
    fine, d = BALL(160), int(COUNT.sum())
    with fine.working():
        arrays = [fine.array(x) for x in (c, p, q)]
        u = null_point(arrays[0], COUNT, m, fine) if d > m else None
        crossing = len(set(p)) > 1 and len(set(q)) > 1
        chain = Chain(arrays[0], arrays[1], arrays[2], COUNT, m, fine.number(noise), u, crossing, fine)
        values, counts = [Fraction(x) for x in c], [int(n) for n in COUNT]
        low, high = (enclosed_point(values, counts, m, fine, at_top=top).alpha for top in (False, True))
        terms = hard_terms(chain) if d == m else soft_terms(chain, ball_scalar(low))
        balls = [
            (fine.public(t.coefficient), fine.public(t.base)) for t in terms + soft_terms(chain, ball_scalar(high))
        ]
    assert len(balls) == len(floats[1])
    for term, (coefficient, base) in zip(floats[1], balls, strict=True):
        assert coefficient.rad < abs(coefficient.mid) / 2**60
        assert float(coefficient.mid) == pytest.approx(float(term.coefficient), rel=1e-6)
        assert float(base.mid) == pytest.approx(float(term.base), rel=1e-12, abs=1e-13)
