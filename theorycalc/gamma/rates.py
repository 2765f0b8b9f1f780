"""How fast gradient descent learns each direction: factors 1 − η c² λγ, the best step size, and times in closed form.

λγ grows with λ, so that for small steps weak skills are learned last.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, number, refuse
from theorycalc.exceptions import NotCertified, NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, Array, Ball, Field, as_fraction, require_field
from theorycalc.gamma.closed_form import gamma_pair, public_array
from theorycalc.gamma.descent import checked_scale, checked_step
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, plain

_MOST_BITS, _MOST_EXACT_BITS = 4096, 10**6


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DescentRates(Frozen):
    """What one step of gradient descent does to V_t − V*, direction by direction, λ descending.

    In the direction of ``eigenvalues[i]`` = λ the distance to V* is multiplied by ``factors[i]`` = 1 − η c² λγ.
    """

    setup: Setup
    step_size: Any
    c: Any
    eigenvalues: Array  # (d,) λ, descending
    factors: Array  # (d,)
    field_name: str

    @property
    def rate(self) -> Any:
        """max |1 − η c² λγ|, by which the distance to V* shrinks in every step in the end."""
        if not any(isinstance(factor, Ball) for factor in self.factors):
            return max(abs(factor) for factor in self.factors)
        lower, upper = (max(ends) for ends in zip(*map(_sizes, self.factors), strict=True))
        return Ball((lower + upper) / 2, (upper - lower) / 2)

    @property
    def slowest(self) -> int:
        """The direction that is learned last."""
        sizes = [abs(as_fraction(factor)) for factor in self.factors]
        return max(range(len(sizes)), key=lambda i: (sizes[i], i))

    @property
    def converges(self) -> bool:
        """Whether V_t → V* from every start: every factor below 1 in size.

        Raises
        ------
        NotCertified
            over BALL, when an enclosure does not say on which side of 1 it lies.
        """
        lower, upper = (max(ends) for ends in zip(*map(_sizes, self.factors), strict=True))
        if lower < 1 <= upper:
            raise NotCertified("the largest factor cannot be told from 1: use more bits, or field=EXACT")
        return bool(upper < 1)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "eigenvalues": [plain(value) for value in self.eigenvalues],
            "factors": [plain(value) for value in self.factors],
            "rate": plain(self.rate),
            "converges": self.converges,
            "step_size": plain(self.step_size),
            "c": plain(self.c),
            "field": self.field_name,
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        return {"eigenvalue": self.eigenvalues, "factor": self.factors}


def _sizes(factor: Any) -> tuple[Fraction, Fraction]:
    """Return the least and the largest |x| of the numbers x that a public number stands for."""
    if isinstance(factor, Ball):
        return max(abs(factor.mid) - factor.rad, Fraction(0)), abs(factor.mid) + factor.rad
    return abs(as_fraction(factor)), abs(as_fraction(factor))


def descent_rates(setup: Setup, step_size: Any, *, c: Any = 1, field: Field = F64) -> DescentRates:
    """Return the factors 1 − η c² λγ of all directions, γ = (1 + 1/n) λ + tr Λ/n.

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    step_size : η > 0
    c : scale of W₁₃ = c I and W₂₄ = −c, not 0
    field : F64, MP(dps), BALL(bits) or EXACT for a spectrum; F64 for a matrix

    Returns
    -------
    DescentRates

    Raises
    ------
    InvalidSetup
        if η or c is not a finite number, η <= 0 or c = 0.
    OutsideRegime
        for a matrix with another field than F64, and for mixtures sampled per prompt or per example.

    Assumes: only V₃₁ is trained.  Cost: O(d), O(d³) for a matrix.  Claims: GAM-05, GAM-09.  Source: theory section 3.

    Examples
    --------
    Λ = diag(2, 1), n = 1: γ = 7 and 5, λγ = 14 and 5.

    >>> from theorycalc.fields import EXACT
    >>> print(*descent_rates(Setup([1, 2], n=1), "1/20", field=EXACT).factors)
    3/10 3/4
    """
    field = require_field(field)
    eta, scale = checked_step(step_size), checked_scale(c)
    with field.working(), np.errstate(over="ignore", invalid="ignore"):
        lam, products = _products(setup, scale, field)
        factors = field.number(1) - products * field.number(eta)
        if field is F64 and not np.all(np.isfinite(factors)):
            raise NotConverged(
                "a factor leaves the float64 range: rescale Lambda, c or step_size, or use field=MP(dps)"
            )
        return DescentRates(
            setup=setup,
            step_size=eta,
            c=scale,
            eigenvalues=public_array(lam, field),
            factors=public_array(factors, field),
            field_name=field.name,
        )


def optimal_step(setup: Setup, *, c: Any = 1, field: Field = F64) -> Any:
    """Return η* = 2/(c² (λγ_max + λγ_min)), which makes the slowest direction as fast as it can be.

    With κ = λγ_max/λγ_min the distance to V* then shrinks by (κ − 1)/(κ + 1) in every step, in both extreme directions.

    Parameters and exceptions are those of :func:`theorycalc.largest_step`.

    Returns
    -------
    number of the field

    Cost: O(d), O(d³) for a matrix.  Claims: GAM-09.  Source: theory section 3.

    Examples
    --------
    Λ = diag(2, 1), n = 1: λγ = 14 and 5.

    >>> from theorycalc.fields import EXACT
    >>> print(optimal_step(Setup([1, 2], n=1), field=EXACT))
    2/19
    """
    field, scale = require_field(field), checked_scale(c)
    with field.working(), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        _, products = _products(setup, scale, field)
        step = field.number(2) / (products[0] + products[-1])
        if field is F64 and not 0 < step < math.inf:
            raise NotConverged("the step size leaves the float64 range: rescale Lambda or c, or use field=MP(dps)")
        return field.public(step)


def training_times(setup: Setup, step_size: Any, *, tolerance: Any, c: Any = 1) -> Array:
    """Return for each direction, λ descending, the smallest t with |1 − η c² λγ|ᵗ <= tolerance, (d,) integers.

    That is t = ⌈ln tolerance / ln |1 − η c² λγ|⌉: from then on the distance of that direction to V* is at most
    ``tolerance`` times what it was, whatever V_0.  The largest of them is the time by which V_t is that near to V*.

    Parameters
    ----------
    setup : the training distribution; only Λ (or a "pooled" mixture) and n matter
    step_size : η > 0
    tolerance : in (0, 1)
    c : scale of W₁₃ = c I and W₂₄ = −c, not 0

    Returns
    -------
    (d,) array of integers; for a spectrum each is certified: t does it and t − 1 does not

    Raises
    ------
    OutsideRegime
        where a direction does not converge, or takes more than 10¹⁵ steps; as :func:`theorycalc.largest_step` besides.
    NotCertified
        for a matrix Λ, when its float64 eigenvalues leave open which of two integers it is.

    Cost: O(d), O(d³) for a matrix.  Claims: GAM-09.  Source: theory section 3.

    Examples
    --------
    Λ = diag(2, 1), n = 1, η = 1/20: factors 3/10 and 3/4; (3/4)¹⁶ = 0.01002…

    >>> training_times(Setup([1, 2], n=1), "1/20", tolerance="1/100").tolist()
    [4, 17]
    """
    goal = number("tolerance", tolerance)
    if not 0 < goal < 1:
        raise refuse("tolerance", tolerance, "not between 0 and 1", "pass the share of the distance that may remain")
    if as_setup(setup).Lambda.is_diagonal:
        rates = descent_rates(setup, step_size, c=c, field=EXACT)
        memory: dict[Fraction, int] = {}
        for factor in rates.factors:
            if abs(factor) not in memory:
                memory[abs(factor)] = _certified_time(abs(factor), Fraction(goal))
        return np.array([memory[abs(factor)] for factor in rates.factors])
    rates = descent_rates(setup, step_size, c=c)
    share = 1 - rates.factors
    spread = 4 * setup.d * 2.0**-53 * share * (rates.eigenvalues[0] / rates.eigenvalues)
    return np.array(
        [_float_time(factor, error, float(goal)) for factor, error in zip(rates.factors, spread, strict=True)]
    )


def _products(setup: Setup, scale: Any, field: Field) -> tuple[Array, Array]:
    """Return λ and c² λγ, descending."""
    Lambda = as_setup(setup).Lambda
    if not Lambda.is_diagonal:
        if field is not F64:
            raise OutsideRegime(
                f"{field.name}: eigenvalues of a matrix Λ are not rational: use field=F64, or its spectrum"
            )
        lam = np.linalg.eigvalsh(Lambda.array(F64))[::-1]
        if not lam[-1] > 0:
            raise NotConverged("Lambda is singular to float64 precision: use a spectrum, or regularise it")
        gamma = (1 + 1 / setup.n) * lam + lam.sum() / setup.n
        gamma_pair(setup, F64)  # refuses what has no Γ
    else:
        order = sorted(range(setup.d), key=lambda i: Lambda.entries[i], reverse=True)
        lam, gamma = Lambda.array(field)[order], gamma_pair(setup, field)[0][order]
    factor = field.number(scale)
    return lam, lam * gamma * factor * factor


def _certified_time(factor: Fraction, goal: Fraction) -> int:
    """Return the smallest t with factorᵗ <= goal, decided in balls, or in rationals where that is a tie."""
    if factor == 0:
        return 1
    if factor >= 1:
        raise OutsideRegime(
            f"a direction has |1 − η c² λγ| = {float(factor):.6g} and never converges: use a step_size "
            "below largest_step(setup)"
        )
    guess = math.log(goal) / _log(factor)
    if guess > MAX_COUNT:
        raise OutsideRegime(f"a direction takes about {guess:.1e} steps: use a larger step_size or tolerance")
    t = max(1, math.ceil(guess * (1 - 1e-12)) - 1)
    while not _reached(factor, t, goal):
        t += 1
    while t > 1 and _reached(factor, t - 1, goal):
        t -= 1
    return t


def _log(factor: Fraction) -> float:
    """ln of a rational in (0, 1), also one next to 1 or below the float64 range."""
    if factor > Fraction(1, 2):
        return math.log1p(-float(1 - factor))
    return math.log(factor.numerator) - math.log(factor.denominator)


def _reached(factor: Fraction, t: int, goal: Fraction) -> bool:
    bits = 128
    while bits <= _MOST_BITS:
        field = BALL(bits)
        with field.working():
            power = field.public(field.number(factor) ** t)
        if power.upper <= goal:
            return True
        if power.lower > goal:
            return False
        bits *= 4
    if t * max(factor.numerator.bit_length(), factor.denominator.bit_length()) <= _MOST_EXACT_BITS:
        return factor**t <= goal
    raise NotCertified(f"t = {t:,}: whether the tolerance is reached cannot be told in {_MOST_BITS} bits")


def _float_time(factor: float, error: float, goal: float) -> int:
    low, high = max(abs(factor) - error, 0.0), abs(factor) + error
    if high >= 1:
        raise OutsideRegime(
            f"a direction has |1 − η c² λγ| = {abs(factor):.6g} and never converges, or not to float64 "
            "precision: use a step_size below largest_step(setup)"
        )
    ends = [1 if size == 0 else max(1, math.ceil(math.log(goal) / math.log(size))) for size in (low, high)]
    if ends[0] != ends[1]:
        raise NotCertified(
            f"a direction takes {ends[0]:,} to {ends[1]:,} steps: float64 eigenvalues do not tell which; "
            "pass the spectrum of Lambda"
        )
    return ends[0]
