"""The phase for m = ∞, where every direction is multiplied by its own 1 − c at every step."""

from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.error_curves.whitening import Whitened, distinct_directions, whitened_setup
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import EXACT, F64, Field, as_fraction, is_ball
from theorycalc.model import Setup
from theorycalc.results import Metric, Rung
from theorycalc.rmt.edges import SpectralEdges
from theorycalc.thinking.phase_result import EdgeTerm, Phase
from theorycalc.thinking.phase_words import population_sentence

_CLEAR = 1e-9
_SOURCE = "largest |1 − c|"


def population_phase(setup: Setup, metric: Metric, field: Field) -> Phase:
    """Return the phase of tr[P̃ (I − C)ᵏ Q̃ (I − C)ᵏ]: by the largest |1 − cᵢ| of the directions that carry error.

    A direction with cᵢ = 2 keeps its error for ever, so the phase is then saturating; there is no power of k.
    Claims: OVT-01, OVT-04.
    """
    exact = setup.is_diagonal
    problem = whitened_setup(setup, metric, EXACT if exact else F64)
    assert problem is not None
    C = [as_fraction(c) for c in problem.C]
    weight = _weights(problem)
    groups = list(distinct_directions(setup).values()) if exact else [[i] for i in range(setup.d)]
    carrying = [i for i, w in enumerate(weight) if w > 0]
    if not carrying:
        raise OutsideRegime("Omega = 0 and w_0 = 0: the first token is the task, so there is no error to think about")
    slack = 0 if exact else as_fraction(4 * float(np.max(problem.input_error)) * 2.0**-53 + _CLEAR)
    rho = max(abs(1 - C[i]) for i in carrying)
    leading = [i for i in carrying if rho - abs(1 - C[i]) <= slack]
    largest = max(C[i] for i in carrying)
    if slack and abs(largest - 2) <= slack:
        raise NotCertified(f"the largest c is 2 to within {float(slack):.0e}: state Λ and Σ as spectra to decide it")
    fixed = [i for i in carrying if C[i] == 2]
    floor = sum((weight[i] for i in fixed), Fraction(0))
    kind = "overthinking" if largest > 2 else "saturating" if fixed else "exponential"
    decaying = [i for i in carrying if C[i] != 2] if kind == "saturating" else carrying
    rate_of_rest = max((abs(1 - C[i]) for i in decaying), default=Fraction(0))
    slowest = leading if kind != "saturating" else [i for i in decaying if abs(1 - C[i]) == rate_of_rest]
    coefficient = sum((weight[i] for i in slowest), Fraction(0))

    def public(value: Fraction) -> Any:
        if field is EXACT:
            return value
        if is_ball(field):
            with field.working():
                return field.public(field.number(value))
        return field.public(field.number(value))

    term = EdgeTerm(
        source=_SOURCE,
        coefficient=public(coefficient),
        base=public(rate_of_rest**2),
        exponent=Fraction(0),
        error=0.0 if exact else float(coefficient) * float(slack),
    )
    order = sorted(range(len(C)), key=C.__getitem__)
    spectrum = np.empty(len(C), dtype=object)
    spectrum[:] = [C[i] for i in order]
    directions = tuple(sorted(j for i in leading for j in groups[i])) if exact else ()
    words = "exact, rounded to the field" if exact else "float64 eigenvalues"
    edges = SpectralEdges(
        d=setup.d,
        m=None,
        lower=public(min(C)),
        upper=public(max(C)),
        atom_at_zero=Fraction(0),
        field_name=field.name,
        uncertainty=words,
    )
    limit = None if kind == "overthinking" else public(floor)
    return Phase(
        setup=setup,
        metric=metric,
        rung=Rung.POPULATION,
        phase=kind,
        edges=edges,
        rate=public(rho**2),
        floor=limit,
        floor_error=0.0,
        terms=(term,),
        critical=("c = 2 exactly",) * bool(fixed),
        directions=directions,
        spectrum=spectrum,
        multiplicity=np.array([int(problem.multiplicity[i]) for i in order]),
        words=population_sentence(kind, directions=directions, d=setup.d, rate=rho**2, floor=limit),
        field_name=field.name,
        uncertainty=words,
        number_field=field,
    )


def _weights(problem: Whitened) -> list[Fraction]:
    """P̃ᵢᵢQ̃ᵢᵢ times multiplicity."""
    P, Q = (x if x.ndim == 1 else np.diagonal(x) for x in (problem.P, problem.Q))
    return [
        as_fraction(p) * as_fraction(q) * int(count) for p, q, count in zip(P, Q, problem.multiplicity, strict=True)
    ]
