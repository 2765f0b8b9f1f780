"""The phase of a problem: whether thinking on improves, saturates or ruins what a typical prompt knows (section 6)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

import numpy as np

from theorycalc._checks import choice
from theorycalc.error_curves.exact import jittered
from theorycalc.error_curves.whitening import Whitened, whitened_setup
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import (
    BALL,
    EXACT,
    F64,
    Array,
    Ball,
    Field,
    as_fraction,
    ball_scalar,
    require_field,
)
from theorycalc.model import Setup, as_setup
from theorycalc.results import Metric, Rung
from theorycalc.rmt.asymptotics import Chain, Term, hard_terms, soft_terms
from theorycalc.rmt.critical import ball_bits, enclosed_point, rounded_point
from theorycalc.rmt.edges import SpectralEdges, balls_for, spectral_edges
from theorycalc.rmt.null_space import diagonal, inverse_trace, null_overlap, null_point
from theorycalc.rmt.support import merged
from theorycalc.rmt.threshold import upper_edge_side
from theorycalc.thinking.phase_result import EdgeTerm, Phase
from theorycalc.thinking.phase_words import sentence
from theorycalc.thinking.population_phase import population_phase

_METRICS = ("estimation", "prediction")
_MOST_BALLS = 1_000  # different directions for which float64 answers are rounded from enclosures
_BITS = (128, 512, 2_048)  # in turn, as far as they are needed
_CLEAR = 1e-9  # distance of a float64 edge from 2 beyond which it decides
_TIE = Fraction(1, 10**12)  # relative difference below which two rates count as one
_SHAKE, _SHAKES, _SAFETY = 2.0**-30, 4, 32.0
_UNIT = 2.0**-53
_SCALAR = 1e-11  # relative size below which a matrix computed in float64 is taken as a multiple of I


def phase(setup: Setup, *, metric: str = "estimation", field: Field = F64) -> Phase:
    """Return how the typical error E_k of a problem behaves as the number of steps k grows.

    ================  =====================================================================================
    phase             typical error
    ================  =====================================================================================
    "exponential"     falls to 0 like rateᵏ k^{−3/2}, rate < 1:  0 < λ₋ and λ₊ < 2
    "polynomial"      falls to 0 like k^{−1/2} (d = m, λ₋ = 0) or k^{−3/2} (λ₊ = 2 exactly)
    "saturating"      tends to a floor > 0: for d > m what the prompt does not show, and what label noise leaves
    "overthinking"    grows without bound: λ₊ > 2, or d = m with label noise, when it grows like k^{1/2}
    ================  =====================================================================================

    Parameters
    ----------
    setup : the problem; for m = ∞ the answer is that of the population law, with the directions that set the rate
    metric : "estimation" (P = I, the paper's) or "prediction" (P = Σ)
    field : F64 (default), MP(dps), BALL(bits); EXACT for m = ∞

    Returns
    -------
    Phase
        ``.phase`` ``.edges`` ``.support`` ``.rate`` ``.floor`` ``.prefactor_exponent`` ``.terms`` ``.words``.

    Raises
    ------
    OutsideRegime
        with field=EXACT at finite m, as edges are algebraic numbers; for full matrices in a field other than F64; for
        Ω = 0 and w₀ = 0 without label noise, where there is no error.
    NotCertified
        if λ₊ is so close to 2 that the phase cannot be told; the message says how close.

    Assumes: the limit d, m → ∞ at the setup's d/m, with its spectrum (rung "proportional"); Λ and Σ need not commute.
    In that limit single prompts can still differ from the typical one, and the mean over prompts diverges.
    Cost: O(d) per Newton step, O(d²) for full matrices beside their eigenvalues.
    Claims: RMT-02, RMT-03, RMT-08, RMT-09, SAF-01.
    Source: theory section 6; Silverstein and Choi, J. Multivariate Anal. 54 (1995).

    Examples
    --------
    Λ = I with n = m = 4 d: C = n/(n + 1 + d) I = 2/3 at d = 2, φ = 1/4, λ± = (2/3)(1 ± 1/2)² = 3/2 and 1/6.

    >>> found = phase(Setup([1, 1], n=6, m=8))
    >>> found.phase, found.floor, str(found.prefactor_exponent)
    ('exponential', 0.0, '3/2')
    """
    as_setup(setup)
    measure, chosen = Metric(choice("metric", metric, _METRICS)), require_field(field)
    if not setup.is_diagonal and chosen is not F64:
        raise OutsideRegime(f"the phase needs spectra in {chosen.name}: diagonalise Λ and Σ, or use field=F64")
    if setup.m is None:
        return population_phase(setup, measure, chosen)
    if chosen is EXACT:
        raise OutsideRegime("spectral edges are algebraic numbers: use field=BALL(bits) for a proved enclosure")
    return _finite(setup, measure, chosen, setup.m)


def _finite(setup: Setup, metric: Metric, field: Field, m: int) -> Phase:
    spectrum = exact_spectrum(setup, metric) if setup.is_diagonal else matrix_spectrum(setup, metric)
    edges = spectral_edges(list(spectrum.values), m, multiplicity=spectrum.counts, field=field)
    side = _side_of_two(spectrum, edges.upper, m)
    asymptotics = _asymptotics(setup, metric, field, edges, spectrum)
    noisy, short = setup.noise_var > 0, m < setup.d
    critical = ("λ₋ = 0 exactly (d = m)",) * (m == setup.d) + ("λ₊ = 2 exactly",) * (side == 0)
    if side > 0 or (m == setup.d and noisy):
        kind, floor = "overthinking", None
    elif short or noisy:
        kind, floor = "saturating", asymptotics.floor
    else:
        kind, floor = "polynomial" if critical else "exponential", asymptotics.floor
    terms = tuple(
        replace(term, base=_unit(field, -1 if as_fraction(term.base) < 0 else 1))
        if side == 0 and term.source == "upper edge"
        else term
        for term in asymptotics.terms
    )
    return Phase(
        setup=setup,
        metric=metric,
        rung=Rung.PROPORTIONAL,
        phase=kind,
        edges=edges,
        rate=_unit(field) if side == 0 else asymptotics.rate,
        floor=floor,
        floor_error=0.0 if floor is None else asymptotics.floor_error,
        terms=terms,
        critical=critical,
        directions=(),
        spectrum=_objects(spectrum.values),
        multiplicity=np.array(spectrum.counts),
        words=sentence(kind, setup, edges=edges, floor=floor, terms=terms, critical=critical),
        field_name=field.name,
        uncertainty=f"edges: {edges.uncertainty}; floor and terms: {asymptotics.words}",
        notes=tuple(asymptotics.notes),
        number_field=field,
    )


@dataclass(frozen=True)
class Spectrum:
    """The different eigenvalues of C, ascending, how often each occurs, and the relative error that they may have."""

    values: list[Any]
    counts: list[int]
    error: float


def exact_spectrum(setup: Setup, metric: Metric) -> Spectrum:
    """Return the rational eigenvalues of C = Γ⁻¹Σ of a problem of spectra."""
    problem = whitened_setup(setup, metric, EXACT)
    assert problem is not None
    return Spectrum(*merged([as_fraction(c) for c in problem.C], [int(x) for x in problem.multiplicity]), 0.0)


def matrix_spectrum(setup: Setup, metric: Metric) -> Spectrum:
    """Return the eigenvalues of C = Γ^{-1/2}ΣΓ^{-1/2} of a problem of full matrices, in float64."""
    problem = whitened_setup(setup, metric, F64)
    assert problem is not None
    return Spectrum(
        *merged([float(c) for c in problem.C], [int(x) for x in problem.multiplicity]),
        float(np.max(problem.input_error)) * _UNIT,
    )


def _side_of_two(spectrum: Spectrum, upper: Any, m: int) -> int:
    """Return the sign of λ₊ − 2, proved for spectra; of full matrices as far as their rounding lets it be told."""
    if isinstance(upper, float) and abs(upper - 2) > max(_CLEAR, 4 * spectrum.error):
        return 1 if upper > 2 else -1
    if spectrum.error:
        raise NotCertified(
            f"λ₊ = 2 to within {max(_CLEAR, 4 * spectrum.error):.0e}: critical as far as float64 matrices can tell; "
            "state Λ and Σ as spectra, where this is decided exactly"
        )
    side = upper_edge_side(spectrum.values, spectrum.counts, m, bound=Fraction(2))
    if side.sign is None:
        width = float(max(abs(side.edge.lower - 2), abs(side.edge.upper - 2)))
        raise NotCertified(f"λ₊ = 2 to within {width:.0e}: critical as far as an enclosure of 1024 bits can tell")
    return side.sign


def _unit(field: Field, sign: int = 1) -> Any:
    """±1 as a public number."""
    with field.working():
        return field.public(field.number(sign))


# ------------------------------------------------------------------------------------------------ floor and terms


@dataclass(frozen=True)
class _Asymptotics:
    rate: Any  # max(|1 − λ₋|, |1 − λ₊|)²
    floor: Any
    floor_error: float
    terms: list[EdgeTerm]
    words: str
    notes: list[str]


@dataclass(frozen=True)
class _Raw:
    """Floor and terms as scalars of the field that they were computed in."""

    floor: Any
    terms: list[tuple[str, Term]]


def _asymptotics(setup: Setup, metric: Metric, field: Field, edges: SpectralEdges, spectrum: Spectrum) -> _Asymptotics:
    m = edges.m
    assert m is not None
    if field is not F64:
        return _from_balls(setup, metric, field, m, spectrum, balls_for(field))
    if setup.is_diagonal and len(spectrum.values) <= _MOST_BALLS:
        for bits in _BITS[:-1]:
            try:
                return _from_balls(setup, metric, field, m, spectrum, BALL(bits))
            except NotCertified:
                continue
        return _from_balls(setup, metric, field, m, spectrum, BALL(_BITS[-1]))
    return _from_floats(setup, metric, m, edges)


def _from_balls(setup: Setup, metric: Metric, field: Field, m: int, spectrum: Spectrum, balls: Field) -> _Asymptotics:
    fine = BALL(2 * ball_bits(balls) + 64)  # α is known to half of the bits, its edge to all
    exact = whitened_setup(setup, metric, EXACT)
    assert exact is not None
    crossing = not (_all_equal(exact.P) or _all_equal(exact.Q))
    with fine.working():
        problem = whitened_setup(setup, metric, fine)
        assert problem is not None
        _require_error(setup, exact)

        points = [enclosed_point(spectrum.values, spectrum.counts, m, fine, at_top=top) for top in (False, True)]
        low, high = (abs(1 - ball_scalar(point.value)) for point in points)
        rate = fine.public((low if low.mid() > high.mid() else high) ** 2)

        def alpha(at_top: bool) -> Any:
            return ball_scalar(points[at_top].alpha)

        raw = _raw(setup, problem, m, crossing=crossing, alpha=alpha, field=fine)
        floor = fine.public(raw.floor)
        found = [(source, term, fine.public(term.coefficient), fine.public(term.base)) for source, term in raw.terms]
    notes, kept = [], []
    for source, term, coefficient, base in found:
        if coefficient.lower <= 0 <= coefficient.upper:
            notes.append(
                f"{source}: the term of base {float(base):.6g} has coefficient 0 to within {float(coefficient.rad):.0e}"
            )
        else:
            kept.append((source, term, coefficient, base))
    ball_kind = balls is field
    words = f"rigorous enclosures ({fine.name})" if ball_kind else f"rounded from rigorous enclosures ({fine.name})"

    def public(ball: Ball) -> Any:
        return ball if ball_kind else field.public(field.number(ball.mid))

    terms = [
        EdgeTerm(
            source=source,
            coefficient=public(coefficient),
            base=public(base),
            exponent=term.exponent,
            error=_distance(public(coefficient), coefficient),
        )
        for source, term, coefficient, base in kept
    ]
    return _Asymptotics(public(rate), public(floor), _distance(public(floor), floor), _ordered(terms), words, notes)


def _ordered(terms: list[EdgeTerm]) -> list[EdgeTerm]:
    """Return the slowest first; of bases that are equal to rounding, the one with the smaller power of 1/k."""

    def compare(one: EdgeTerm, other: EdgeTerm) -> int:
        first, second = (abs(as_fraction(term.base)) for term in (one, other))
        if abs(first - second) <= _TIE * max(first, second):
            return 1 if one.exponent > other.exponent else -1 if one.exponent < other.exponent else 0
        return 1 if first < second else -1

    return sorted(terms, key=cmp_to_key(compare))


def _distance(value: Any, ball: Ball) -> float:
    """How far a public number can be from what the ball encloses, rounded up; 0 for the ball itself."""
    gap = 0 if isinstance(value, Ball) else abs(as_fraction(value) - ball.mid) + ball.rad
    return math.nextafter(float(gap), math.inf) if gap else 0.0


def _from_floats(setup: Setup, metric: Metric, m: int, edges: SpectralEdges) -> _Asymptotics:
    """Return floor and terms in float64, with errors estimated by the response to random changes of C, P̃ and Q̃."""
    problem = whitened_setup(setup, metric, F64)
    assert problem is not None
    _require_error(setup, problem)
    crossing = not (_nearly_scalar(problem.P) or _nearly_scalar(problem.Q))

    def compute(given: Whitened) -> _Raw:
        values, counts = [float(c) for c in given.C], [int(x) for x in given.multiplicity]

        def alpha(at_top: bool) -> float:
            return float(rounded_point(values, counts, m, at_top=at_top).alpha)

        with np.errstate(all="ignore"):
            return _raw(setup, given, m, crossing=crossing, alpha=alpha, field=F64)

    base = compute(problem)
    nearby = [compute(_shaken(problem, np.random.default_rng([seed, 5]))) for seed in range(_SHAKES)]

    def error(part: Callable[[_Raw], float], size: float) -> float:
        response = max(abs(part(other) - part(base)) for other in nearby) / _SHAKE
        return float(_UNIT * (_SAFETY * response + 64 * abs(size)))

    notes, terms = [], []
    for i, (source, term) in enumerate(base.terms):
        off = error(lambda raw, i=i: float(raw.terms[i][1].coefficient), float(term.size))  # type: ignore[misc]
        if not abs(term.coefficient) > off:
            notes.append(f"{source}: the term of base {float(term.base):.6g} has coefficient 0 to within {off:.0e}")
            continue
        terms.append(
            EdgeTerm(
                source=source,
                coefficient=float(term.coefficient),
                base=float(term.base),
                exponent=term.exponent,
                error=off,
            )
        )
    floor = float(base.floor)
    off = error(lambda raw: float(raw.floor), floor)
    low, high = (abs(1 - edge) for edge in (edges.lower, edges.upper))
    words = "float64, errors estimated by random changes"
    return _Asymptotics(max(low, high) ** 2, floor, off, _ordered(terms), words, notes)


def _shaken(problem: Whitened, rng: np.random.Generator) -> Whitened:
    return jittered(problem, _SHAKE, rng)


def _raw(
    setup: Setup, problem: Whitened, m: int, *, crossing: bool, alpha: Callable[[bool], Any], field: Field
) -> _Raw:
    C, P, Q, count = problem.C, problem.P, problem.Q, problem.multiplicity
    noise = field.number(setup.noise_var) / field.number(m)
    u = null_point(C, count, m, field) if m < setup.d else None
    chain = Chain(C, P, Q, count, m, noise, u, crossing, field)
    floor = field.number(0) if u is None else null_overlap(C, P, Q, count, u=u, field=field)
    if setup.noise_var and m != setup.d:
        floor = floor + noise * inverse_trace(C, P, count, m, u=u, field=field)
    if m == setup.d:
        lower = [("hard edge at 0", term) for term in hard_terms(chain)]
    else:
        lower = [("lower edge", term) for term in soft_terms(chain, alpha(False))]
    return _Raw(floor, lower + [("upper edge", term) for term in soft_terms(chain, alpha(True))])


def _require_error(setup: Setup, problem: Whitened) -> None:
    if not setup.noise_var and not any(bool(x != 0) for x in np.asarray(problem.Q).reshape(-1)):
        raise OutsideRegime("Omega = 0 and w_0 = 0: the first token is the task, so there is no error to think about")


def _all_equal(values: Array) -> bool:
    return all(value == values[0] for value in values)


def _nearly_scalar(matrix: Array) -> bool:
    mean = np.mean(diagonal(matrix))
    rest = matrix - mean * (1.0 if matrix.ndim == 1 else np.eye(len(matrix)))
    return bool(np.max(np.abs(rest)) <= _SCALAR * abs(mean))


def _objects(items: list[Any]) -> Array:
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result
