"""The exact rung of problems without a preferred direction, at any k: C = c I and P̃ or Q̃ a multiple of I.

Then E tr[P̃RᵏQ̃Rᵏ] = tr(P̃Q̃) E tr R^{2k}/d, since the law of N is invariant under rotations, and the traces of R = I − aW,
W ~ Wishart(I, m), a = c/m, obey a recurrence of fixed order in the power (theory section 5).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.error_curves.enclosing import Values
from theorycalc.error_curves.whitening import whitened_setup
from theorycalc.exceptions import NotConverged, OutsideRegime
from theorycalc.fields import BALL, EXACT, Array, Field, as_fraction, is_ball, is_multiprecision
from theorycalc.model import Setup
from theorycalc.moments.isotropic import isotropic_power_traces
from theorycalc.results import Metric

#: Up to this many steps the plan of the recursion is small, and what it gives does not rest on the recurrence.
MOST_PLANNED_STEPS = 12
_SECONDS_LIMIT = 900.0
_MEMORY_LIMIT = 2**30
_BIT, _GCD_BIT, _FIXED = 2e-10, 3e-11, 3e-5  # measured seconds per step and bit; per squared bit; per step
_MOST_DIRECTIONS = 500  # beyond, Σ and Γ are not compared entry by entry in exact arithmetic
_NOTE = "no direction is preferred (Σ ∝ Γ): by the recurrence of isotropic Wishart moments in the power"


@dataclass(frozen=True)
class Isotropic:
    """E_k = weight · E tr (I − aW)^{2k}, plus noise · Σ_{j<k} E [tr (I − aW)^j − tr (I − aW)^{j+k}]."""

    scale: Fraction  # a
    weight: Fraction  # tr(P̃Q̃)/d
    noise: Fraction  # (σ²/m) tr(P̃)/d


def isotropic_problem(setup: Setup, metric: Metric) -> Isotropic | None:
    """Return the problem in these terms, exactly; None if a direction is preferred.

    Decided in exact arithmetic: for Λ ∝ I and Σ ∝ I given as spectra, and for exact spectra of up to 500 entries.
    """
    if setup.m is None or not setup.is_diagonal:
        return None
    constant = len(set(setup.Lambda.entries)) == 1 and len(set(setup.Sigma.entries)) == 1
    comparable = setup.Lambda.is_exact and setup.Sigma.is_exact and setup.d <= _MOST_DIRECTIONS
    if not constant and not comparable:
        return None
    problem = whitened_setup(setup, metric, EXACT)
    assert problem is not None
    same = [len({as_fraction(x) for x in part}) == 1 for part in (problem.C, problem.P, problem.Q)]
    if not (same[0] and (same[1] or same[2])):
        return None
    count = EXACT.array(problem.multiplicity)
    d, m = EXACT.number(setup.d), EXACT.number(setup.m)
    spread = (problem.P * count).sum() / d
    return Isotropic(
        scale=as_fraction(problem.C[0] / m),
        weight=as_fraction((problem.P * problem.Q * count).sum() / d),
        noise=as_fraction(EXACT.number(setup.noise_var) * spread / m),
    )


def isotropic_curve(setup: Setup, problem: Isotropic, steps: int, field: Field) -> Values:
    """Return E_0 … E_k over ``field``: exact integers until the last division, which F64 and MP round from balls.

    Raises
    ------
    OutsideRegime
        when the integers would take more than 15 minutes.
    NotConverged
        when an error exceeds the float64 range.
    """
    _require_affordable(setup, problem, steps, field)
    assert setup.m is not None
    traces = isotropic_power_traces(setup.d, setup.m, problem.scale, 2 * steps)
    if field is EXACT or is_ball(field):
        with field.working():
            values = _values(problem, traces, steps, field)
        kind = "exact rational numbers" if field is EXACT else f"rigorous enclosures ({field.name})"
        return Values(values, None, kind, (_NOTE,))
    dps = int(getattr(field, "dps", 17))
    balls = BALL(int(dps * 3.33) + 64 + 2 * steps.bit_length())
    with balls.working():
        enclosures = [balls.public(ball) for ball in _values(problem, traces, steps, balls)]
    if is_multiprecision(field):
        goal = as_fraction(f"1e-{dps}")
        errors = np.array([goal * abs(ball.mid) + 2 * ball.rad for ball in enclosures], dtype=object)
        text = f"{dps} digits, rounded from rigorous enclosures"
        return Values(field.array([ball.mid for ball in enclosures]), errors, text, (_NOTE,))
    try:
        rounded = np.array([float(ball.mid) for ball in enclosures])
    except OverflowError:
        raise NotConverged("the error exceeds the float64 range; use field=BALL(bits), MP(dps) or EXACT") from None
    gaps = [ball.rad + abs(as_fraction(value) - ball.mid) for ball, value in zip(enclosures, rounded, strict=True)]
    errors = np.array([float(np.nextafter(float(gap), np.inf)) if gap else 0.0 for gap in gaps])
    return Values(rounded, errors, f"rounded to float64 from rigorous enclosures ({balls.name})", (_NOTE,))


def _values(problem: Isotropic, traces: list[int], steps: int, field: Field) -> Array:
    weight, base = field.number(problem.weight), problem.scale.denominator
    power, found, running = 1, [], []
    zero = weight - weight
    total = zero  # Σ_{i<j} E tr R^i
    for j, trace in enumerate(traces):
        if j % 2 == 0 or problem.noise:
            value = _ratio(trace, power, field)
            if problem.noise:
                running.append(total)
                total = total + value
            if j % 2 == 0:
                found.append(weight * value)
        power *= base
    if problem.noise:
        noise = field.number(problem.noise)
        found = [value + noise * (2 * running[k] - running[2 * k]) for k, value in enumerate(found)]
    assert len(found) == steps + 1
    result = np.empty(len(found), dtype=object)
    result[:] = found
    return result


def _ratio(numerator: int, denominator: int, field: Field) -> Any:
    return field.number(numerator) / field.number(denominator)


def _require_affordable(setup: Setup, problem: Isotropic, steps: int, field: Field) -> None:
    assert setup.m is not None
    # bits of t_j = q^j E tr R^j, at most about (q + 4p (d + m + j))^j
    size = problem.scale.denominator + 4 * problem.scale.numerator * (setup.d + setup.m + 2 * steps)
    bits = 2.0 * steps * size.bit_length()
    width = 1 + size.bit_length() / 30
    seconds = 2 * steps * (_FIXED + _BIT * bits * width)
    if field is EXACT:
        seconds += steps * _GCD_BIT * bits * bits / 30
    memory = 2 * steps * bits / 16  # bytes: all integers are kept, at half the length on average
    if memory > _MEMORY_LIMIT:
        raise OutsideRegime(
            f"steps = {steps}: integers of about {bits:.0e} bits need {memory / 2**30:.0f} GiB; use fewer steps, or "
            "numbers of fewer digits in Lambda and Sigma"
        )
    if seconds > _SECONDS_LIMIT:
        raise OutsideRegime(
            f"steps = {steps}: integers of about {bits:.0e} bits take {seconds / 60:.0f} minutes in {field.name}; use "
            "fewer steps, or numbers of fewer digits in Lambda and Sigma"
        )
