"""How likely a prompt is to overthink: P(λ_max(Γ^{-1/2}SΓ^{-1/2}) > 2) at finite d and m (theory section 9).

N = Γ^{-1/2}SΓ^{-1/2} is Wishart_m(C)/m with the eigenvalues cᵢ of Γ⁻¹Σ, so only they matter.

* C = cI: the law of the largest eigenvalue of W_d(m, I) is known, and P = P(λ_max(W) > 2m/c).
* m = 1: N has rank one, λ_max = Σ cᵢzᵢ²: a mixture of χ² laws with positive weights (Ruben).
* otherwise bounds.  From below: any j directions with c ≥ c_j alone, P ≥ P(λ_max(W_j(m)) > 2m/c_j).  From above:
  c ≤ c_max everywhere; moments, E tr Nᵖ/2ᵖ; and √λ_max ≤ √c_max + √(tr C/m) + t but for e^{−mt²/2c_max}.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Ball,
    Field,
    as_fraction,
    ball_exp,
    ball_gamma,
    is_ball,
    require_field,
)
from theorycalc.model import Setup, as_setup
from theorycalc.moments.wishart import wishart_trace_moments
from theorycalc.results import Frozen, plain
from theorycalc.rmt.largest_eigenvalue import largest_eigenvalue, rounded_probability
from theorycalc.thinking.directions import Spectra, exact_gamma, exact_matrices, require_pooled
from theorycalc.thinking.pencil import enclosed_eigenvalues, inertia

_MOST_TERMS = 4_000
_MOST_WIDTH = 250  # min(d, m) up to which the law of the largest eigenvalue is summed
_BOUND_WIDTH = 120  # the same for bounds, of which there are several
_CHOICES = 12  # numbers of directions tried in the lower bound
_MOST_ORDER = 16
_BITS = 128
_FLOOR_BITS = 1_100  # probabilities are resolved to 2^−1100, below what float64 holds
_GUARD_BITS = 40  # what thousands of sums may lose
_LEAST_EXPONENT = 20_000  # bounds stop at e^−20000: an exact rational of 10¹² bits is no answer


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OverthinkingProbability(Frozen):
    """P(λ_max(Γ^{-1/2}SΓ^{-1/2}) > 2), exactly where a law is known, else between proved bounds.

    ``value`` is None where only bounds are known; ``lower`` ≤ P ≤ ``upper`` always, as exact rationals.  ``method``
    names the law, or the bounds that decided.
    """

    setup: Setup
    value: Any
    lower: Fraction
    upper: Fraction
    method: str
    field_name: str
    uncertainty: str

    @property
    def is_exact(self) -> bool:
        """Whether the law is known, so that ``value`` is enclosed to the field's digits."""
        return self.value is not None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; bounds rounded outward to float64."""
        return {
            "value": None if self.value is None else plain(self.value),
            "lower": max(0.0, math.nextafter(_float(self.lower), -math.inf)) if self.lower else 0.0,
            "upper": min(1.0, math.nextafter(_float(self.upper), math.inf)) if self.upper else 0.0,
            "method": self.method,
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def __repr__(self) -> str:
        if self.value is not None:
            return f"OverthinkingProbability({_float(as_fraction(self.value)):.6g}, {self.method})"
        return f"OverthinkingProbability({_float(self.lower):.3g} … {_float(self.upper):.3g}, {self.method})"


def overthinking_probability(setup: Setup, *, field: Field = F64) -> OverthinkingProbability:
    """Return the probability that thinking longer hurts on one prompt: P(λ_max(Γ^{-1/2}SΓ^{-1/2}) > 2).

    The error of a prompt grows without bound iff its λ_max exceeds 2.  Such prompts, however rare, carry the mean:
    their error grows like (λ_max − 1)^{2k}, so the mean over prompts diverges for every finite m.

    Parameters
    ----------
    setup : the problem; Λ, n, Σ and m matter
    field : F64 (default) and MP(dps) round an enclosure, BALL(bits) returns it

    Returns
    -------
    OverthinkingProbability
        Exact for Σ = cΓ (so for isotropic Λ and Σ), for d = 1, for m = 1 with spectra, and for m = ∞; else ``.lower``
        and ``.upper``, proved, for any Λ and Σ.  Between them, simulate: ``montecarlo.overthinking_probability``.

    Raises
    ------
    OutsideRegime
        for EXACT, as the probability is transcendental, and for mixtures that are not pooled.
    NotCertified
        where no enclosure is found.

    Cost: seconds up to min(d, m) of a few hundred.  Claims: OVT-06, OVT-07.
    Source: Chiani, J. Multivariate Anal. 129 (2014); Ruben, Ann. Math. Statist. 33 (1962), for m = 1; Davidson and
    Szarek, Handbook of the Geometry of Banach Spaces (2001), Theorem II.13, for the concentration.

    Examples
    --------
    d = 1, λ = σ = 1, n = 2: γ = 2, and P = P(χ²_m/m > 4); with m = 2 that is e^{−4}.

    >>> found = overthinking_probability(Setup([1], n=2, m=2))
    >>> bool(abs(found.value - math.exp(-4)) < 1e-16), found.method
    (True, 'law of the largest eigenvalue')
    """
    require_pooled(as_setup(setup))
    chosen = require_field(field)
    if chosen is EXACT:
        raise OutsideRegime("EXACT: the probability is transcendental: use field=BALL(bits) for a proved enclosure")
    if setup.m is None:
        return _long_prompts(setup, chosen)
    ratios = _ratios(setup)
    if ratios.common is not None and min(setup.d, setup.m) <= _MOST_WIDTH and max(setup.d, setup.m) <= 10**6:
        found = largest_eigenvalue(2 * setup.m / ratios.common, d=setup.d, m=setup.m, field=chosen)
        return _exact(setup, chosen, found.beyond_ball, "law of the largest eigenvalue")
    if setup.m == 1 and ratios.exact is not None:
        ball = weighted_chi_square_tail(ratios.exact, Fraction(2), chosen)
        if ball is not None:
            return _exact(setup, chosen, ball, "mixture of χ² laws, m = 1")
    return _bounded(setup, chosen, ratios)


@dataclass(frozen=True)
class _Ratios:
    """The eigenvalues of Γ⁻¹Σ, descending: lower and upper ends, exact ones where they are rational, c where C = cI."""

    low: list[Fraction]
    high: list[Fraction]
    exact: list[Fraction] | None
    common: Fraction | None


def _ratios(setup: Setup) -> _Ratios:
    if setup.is_diagonal:
        spectra = Spectra(setup)
        n, trace = setup.n, spectra.trace
        pairs = zip(spectra.sigma, spectra.lam, strict=True)
        values = sorted((n * s / ((n + 1) * x + trace) for s, x in pairs), reverse=True)
        return _Ratios(values, values, values, values[0] if values[0] == values[-1] else None)
    Lambda, Sigma, _ = exact_matrices(setup)
    Gamma = exact_gamma(Lambda, setup.n)
    c = Fraction(np.trace(Sigma)) / Fraction(np.trace(Gamma))
    common = c if not np.any(Sigma - c * Gamma != 0) else None
    balls = enclosed_eigenvalues(Sigma, Gamma)[0][::-1]
    return _Ratios([max(Fraction(0), b.lower) for b in balls], [b.upper for b in balls], None, common)


def _long_prompts(setup: Setup, field: Field) -> OverthinkingProbability:
    """m = ∞: S = Σ, so the answer is yes or no."""
    if setup.is_diagonal:
        spectra = Spectra(setup)
        above = any(spectra.excess_sign(i) > 0 for i in range(setup.d))
    else:
        _, Sigma, Gamma = exact_matrices(setup)
        above = inertia(2 * Gamma - Sigma).negative > 0
    return _exact(setup, field, Ball(Fraction(int(above)), Fraction(0)), "m = ∞: S = Σ")


def _exact(setup: Setup, field: Field, ball: Ball, method: str) -> OverthinkingProbability:
    return OverthinkingProbability(
        setup=setup,
        value=rounded_probability(ball, field),
        lower=ball.lower,
        upper=ball.upper,
        method=method,
        field_name=field.name,
        uncertainty="rigorous enclosure" if is_ball(field) else "rounded midpoint of a rigorous enclosure",
    )


# ------------------------------------------------------------------------------------------------ one example


def weighted_chi_square_tail(weights: list[Fraction], x: Fraction, field: Field) -> Ball | None:
    """Return an enclosure of P(Σ cᵢzᵢ² > x), zᵢ independent standard normals, cᵢ > 0; None if the series is too slow.

    With β = c_min it is Σ_j a_j P(χ²_{d+2j} > x/β), a_0 = Π (β/cᵢ)^{1/2}, 2j a_j = Σ_{r<j} g_{j−r} a_r,
    g_r = Σᵢ (1 − β/cᵢ)ʳ: all a_j ≥ 0 of sum 1, so that what is left out lies between 0 and 1 − Σ a_j.

    >>> ball = weighted_chi_square_tail([Fraction(1)] * 2, Fraction(3), BALL(64))  # e^{−3/2}
    >>> abs(float(ball.mid) - math.exp(-1.5)) < 1e-15
    True
    """
    bits = int(getattr(field, "bits", 64)) if is_ball(field) else 64 + int(getattr(field, "dps", 0) * 3.4)
    slowest = 1 - min(weights) / max(weights)
    if slowest and math.log(2) * bits > -math.log(float(slowest)) * _MOST_TERMS / 2:
        return None
    for working in (2 * bits + 64, 2 * bits + 64 + _FLOOR_BITS):
        ball = _chi_square_series(weights, x, bits, working)
        if ball.rad <= max(ball.mid / 2**bits, Fraction(1, 2**_FLOOR_BITS)):
            return ball
    return None


def _chi_square_series(weights: list[Fraction], x: Fraction, bits: int, working: int) -> Ball:
    """Sum the series until what is left out is below 2^−bits of the sum, or below what ``working`` bits resolve."""
    beta, d, work = min(weights), len(weights), BALL(working)
    resolved = min(_FLOOR_BITS + 1, working - _GUARD_BITS)
    with work.working():
        half = work.number(Fraction(1, 2))
        enough, least = work.number(Fraction(1, 2 ** (bits + 8))), work.number(Fraction(1, 2**resolved))
        shares = [work.number(1 - beta / c) for c in weights]
        first = work.number(1)
        for c in weights:
            first = first * work.sqrt(work.array([beta / c]))[0]
        point = work.number(x / beta / 2)
        shape = work.number(Fraction(d, 2))
        # P(χ²_{d+2j} > 2y) = Q(d/2 + j, y), Q(a + 1, y) = Q(a, y) + yᵃ e^{−y}/Γ(a + 1)
        tail = work.number(1) - ball_gamma(shape, point)
        term = point**shape * ball_exp(-point) / ball_gamma(shape + 1)
        powers, g, a = list(shares), list[Any](), [first]
        total, mass = first * tail, first
        for j in range(1, _MOST_TERMS + 1):
            rest = work.number(1) - mass
            if rest < enough * total or rest < least:
                break
            g.append(sum(powers[1:], powers[0]))
            powers = [p * s for p, s in zip(powers, shares, strict=True)]
            a.append(np.dot(np.array(g[::-1], dtype=object), np.array(a, dtype=object)) * half / work.number(j))
            tail = tail + term
            term = term * point / (shape + work.number(j))
            total, mass = total + a[-1] * tail, mass + a[-1]
        left_out = max(Fraction(0), work.public(work.number(1) - mass).upper)
        ends = work.public(total)
    low, high = max(Fraction(0), ends.lower), min(Fraction(1), ends.upper + left_out)
    return Ball((low + high) / 2, (high - low) / 2)


# ------------------------------------------------------------------------------------------------ bounds


def _bounded(setup: Setup, field: Field, ratios: _Ratios) -> OverthinkingProbability:
    m, d = setup.m, setup.d
    assert m is not None
    lowers = [(Fraction(0), "0")]
    uppers = [(Fraction(1), "1"), (_concentration(ratios, m), "concentration")]
    for j in _some(d):
        c = ratios.low[j - 1]
        if c > 0 and min(j, m) <= _BOUND_WIDTH and max(j, m) <= 10**6:
            lowers.append((_tail(2 * m / c, j, m).lower, f"the {j} largest σ/γ alone"))
    if min(d, m) <= _BOUND_WIDTH and max(d, m) <= 10**6:
        uppers.append((_tail(2 * m / ratios.high[0], d, m).upper, "every σ/γ as large as the largest"))
    uppers.append(_moments(ratios, m))
    low, below = max(lowers)
    high, above = min(uppers)
    if low > high:
        raise NotCertified(f"bounds of the probability cross, {float(low):.3g} > {float(high):.3g}: please report this")
    return OverthinkingProbability(
        setup=setup,
        value=None,
        lower=low,
        upper=high,
        method=f"bounds: below by {below}, above by {above}",
        field_name=field.name,
        uncertainty="proved bounds",
    )


def _some(d: int) -> list[int]:
    """Return numbers of directions to try: all small ones, then a geometric grid."""
    grid = {round(d ** (i / (_CHOICES - 1))) for i in range(_CHOICES)}
    return sorted({j for j in (1, 2, 3, *grid) if 1 <= j <= d})


def _tail(x: Fraction, d: int, m: int) -> Ball:
    return largest_eigenvalue(x, d=d, m=m, field=BALL(_BITS)).beyond_ball


def _concentration(ratios: _Ratios, m: int) -> Fraction:
    """√λ_max is √(c_max/m)-Lipschitz in the normals, of mean ≤ √c_max + √(tr C/m): P ≤ exp(−m t²/(2 c_max))."""
    top, trace = ratios.high[0], sum(ratios.high, Fraction(0))
    field = BALL(_BITS)
    with field.working():
        roots = field.sqrt(field.array([Fraction(2), top, trace / m]))
        t = roots[0] - roots[1] - roots[2]
        if not t > 0:
            return Fraction(1)
        exponent = min(field.public(t**2 * field.number(Fraction(m) / (2 * top))).lower, Fraction(_LEAST_EXPONENT))
        bound: Fraction = field.public(ball_exp(-field.number(exponent))).upper
        return min(Fraction(1), bound)


def _moments(ratios: _Ratios, m: int) -> tuple[Fraction, str]:
    """Return the least of E tr Nᵖ/2ᵖ: λ_max > 2 makes tr Nᵖ exceed 2ᵖ, since N ⪰ 0."""
    best = (Fraction(1), "1")
    spectrum = [c for c in ratios.high if c > 0]
    for order in (_MOST_ORDER, _MOST_ORDER // 2):
        try:
            moments = wishart_trace_moments(spectrum, m, order, field=BALL(_BITS))
        except OutsideRegime:
            continue
        bounds = [(moment.upper / Fraction(2 * m) ** p, p) for p, moment in enumerate(moments, 1)]
        bound, p = min(bounds)
        return min(best, (bound, f"E tr N^{p}/2^{p}"))
    return best


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
