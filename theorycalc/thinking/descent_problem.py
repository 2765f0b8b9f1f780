"""Training time as a family of test problems: A_t = −c V_t over any field, with loss and distance."""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from theorycalc._checks import refuse
from theorycalc.error_curves.trained import Dense, Diagonal, Problem
from theorycalc.error_curves.whitening import diagonal_prior, distinct_directions
from theorycalc.exceptions import NotConverged
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction
from theorycalc.gamma import rational_cost
from theorycalc.gamma.closed_form import gamma_pair, public_array
from theorycalc.gamma.descent import Descended, checked_scale, checked_step, descended
from theorycalc.gamma.loss import minimum_scalar
from theorycalc.model import Setup
from theorycalc.moments.plan import widest_layer
from theorycalc.results import Rung
from theorycalc.spectra import read_numbers

_MOST_EXACT_ROWS = 40  # of a start V_0 whose commutation with Λ is checked


class Measures(NamedTuple):
    """A_t, and the public numbers L(V_t), L(V_t) − L* and ‖V_t − V*‖_F/‖V*‖_F."""

    A: Array
    loss: Any
    excess: Any
    distance: Any


class DescentProblem:
    """V_t from V_0 with steps η, posed as test problems with A_t = −c V_t in place of Γ⁻¹.

    Parameters are those of :func:`theorycalc.gamma.descent.descent_weights`; they are checked when a time is asked for.
    """

    def __init__(self, setup: Setup, step_size: Any, *, V_0: Any, c: Any) -> None:
        self.setup, self.step_size, self.c = setup, checked_step(step_size), checked_scale(c)
        self.V_0 = None if V_0 is None else _start(V_0, setup)
        self._last: tuple[int, Field, Descended] | None = None
        self._grouped: list[list[int]] | None = None
        self.commuting = self._commutes()
        # a matched matrix Λ is diagonal in its own basis, and there the float64 recursions are cheaper
        self._basis = None
        if self.V_0 is None and setup.matched and not setup.Lambda.is_diagonal:
            self._basis = np.linalg.eigh(setup.Lambda.array(F64))
            if not self._basis[0][0] > 0:
                raise NotConverged("Lambda is singular to float64 precision; use a spectrum, or regularise it")

    def _commutes(self) -> bool:
        """Whether V_0, hence V_t, is symmetric and commutes with Λ."""
        V_0, Lambda = self.V_0, self.setup.Lambda
        if V_0 is None or (V_0.ndim == 1 and (Lambda.is_diagonal or len({as_fraction(v) for v in V_0}) == 1)):
            return True
        if self.setup.d > _MOST_EXACT_ROWS:
            return False
        start = np.vectorize(as_fraction, otypes=[object])(np.diag(V_0) if V_0.ndim == 1 else V_0)
        matrix = np.vectorize(as_fraction, otypes=[object])(Lambda.dense(EXACT))
        return bool((start == start.T).all() and (start @ matrix == matrix @ start).all())

    def descended(self, t: int, field: Field) -> Descended:
        """Return V_t over the field, inside its working context; the last answer is kept."""
        if self._last is None or self._last[0] != t or self._last[1] != field:
            self._last = t, field, descended(self.setup, t, self.step_size, V_0=self.V_0, c=self.c, field=field)
        return self._last[2]

    def at(self, t: int, field: Field) -> Problem:
        """Return the problem with A_t over the field, inside its working context."""
        setup = self.setup
        if field is F64 and self._basis is not None:
            return self._matched(t, *self._basis)
        found, c = self.descended(t, field), field.number(self.c)
        A = -(found.V * c)
        if A.ndim == 1 and setup.is_diagonal:
            return Diagonal(
                A=A,
                error=None if found.error is None else found.error * abs(c),
                Sigma=setup.Sigma.array(field),
                Q=diagonal_prior(setup, field),
                groups=self._groups(),
            )
        size = None if found.error is None else float(np.linalg.norm(np.atleast_1d(found.error))) * abs(c)
        A = field.array(np.eye(setup.d, dtype=int)) * A if A.ndim == 1 else A
        if self.commuting and field is F64:
            A = (A + A.T) / 2
        return Dense(A=A, error=size, symmetric=self.commuting)

    def _matched(self, t: int, lam: Array, basis: Array) -> Diagonal:
        """Return the problem of a full Λ = Σ and V_0 = 0 in Λ's eigenbasis."""
        setup = self.setup
        spectrum = Setup(lam, n=setup.n)
        found, c = descended(spectrum, t, self.step_size, V_0=None, c=self.c, field=F64), F64.number(self.c)
        relative = setup.d * lam[-1] / lam  # of an eigenvalue, in units of 2⁻⁵³
        A = -(found.V * c)
        Q = setup.prior_second_moment(F64)
        rotated = Q if Q.ndim == 1 and np.all(Q[0] == Q) else np.einsum("ai,ab,bi->i", basis, _full(Q), basis)
        return Diagonal(
            A=A,
            error=found.error * abs(c) + 2.0**-53 * relative * np.abs(A),
            Sigma=lam,
            Q=rotated,
            groups=[[i] for i in range(setup.d)],
            basis_error=relative,
        )

    def _groups(self) -> list[list[int]]:
        """Return the directions that are the same in every respect, V_0 included; found once."""
        if self._grouped is None:
            self._grouped = self._split(list(distinct_directions(self.setup).values()))
        return self._grouped

    def _split(self, groups: list[list[int]]) -> list[list[int]]:
        if self.V_0 is None:
            return groups
        split: list[list[int]] = []
        for members in groups:
            by_start: dict[Any, list[int]] = {}
            for i in members:
                by_start.setdefault(as_fraction(self.V_0[i]), []).append(i)
            split += by_start.values()
        return split

    def measures(self, t: int, field: Field) -> Measures:
        """Return A_t, loss and distance; outside the field's working context."""
        with field.working(), np.errstate(over="ignore", invalid="ignore"):
            found, c = self.descended(t, field), field.number(self.c)
            Lambda, (Gamma, Gamma_inv) = self.setup.Lambda.array(field), gamma_pair(self.setup, field)
            gap, half = found.gap * c, field.number(2)
            if Lambda.ndim == 1:  # ½ tr(D ΛΓ Dᵀ) with D = c (V_t − V*)
                excess = (gap * gap * (Lambda * Gamma)).sum() / half
            else:
                excess = (gap * (gap @ (Lambda @ Gamma))).sum() / half
            square, size = (gap * gap).sum(), (Gamma_inv * Gamma_inv).sum()
            loss = minimum_scalar(self.setup, field) + excess
            public = [field.public(value) for value in (loss, excess)]
            if field is EXACT:  # no square roots there: rounded to float64
                distance: Any = _root(as_fraction(field.public(square / size)))
            else:
                distance = field.public(field.sqrt(np.array([square / size]))[0])
            if field is F64 and not np.all(np.isfinite([*public, distance])):
                raise NotConverged(f"epochs = {t}: the loss leaves the float64 range; use a smaller step_size")
            A = public_array(-(found.V * c), field)
            return Measures(A=A, loss=public[0], excess=public[1], distance=distance)

    def require_affordable(self, t: int, steps: int, rung: Rung, field: Field) -> None:
        """Raise OutsideRegime for minutes of EXACT arithmetic: the digits of A_t grow like t, those of E_k like t k."""
        if field is not EXACT:
            return
        with field.working():
            length = 2.0 * max(steps, 1) * rational_cost.bits(self.descended(t, field).V)
        width = float(self.setup.d if self.setup.is_diagonal else self.setup.d**3)
        count = 4.0 * width * steps if rung is Rung.POPULATION else 60.0 * widest_layer(min(steps, 60)) * width
        rational_cost.refuse_slow(
            rational_cost.operations(count, length / 2),
            f"epochs = {t}, steps = {steps}: the error over EXACT at d = {self.setup.d}",
            "use fewer epochs or steps, or field=BALL(bits)",
        )


def _root(square: Fraction) -> float:
    """Return √x to float64, also of numbers whose own float64 is 0 or infinite."""
    if square == 0:
        return 0.0
    shift = (square.numerator.bit_length() - square.denominator.bit_length()) // 2
    try:
        return float(np.ldexp(np.sqrt(float(square / Fraction(4) ** shift)), shift))
    except OverflowError:
        return float("inf")


def _full(Q: Array) -> Array:
    return np.diag(Q) if Q.ndim == 1 else Q


def _start(value: Any, setup: Setup) -> Array:
    """Return V_0 as (d,) where it is diagonal and Λ is too, else (d, d)."""
    d, entries = setup.d, read_numbers("V0", value)
    if entries.shape not in ((d, d), (d,)):
        remedy = f"pass shape ({d}, {d}), or ({d},) for a diagonal matrix"
        raise refuse("V0", entries.shape, f"not a matrix for d = {d}", remedy)
    if entries.ndim == 2:
        diagonal = np.diagonal(entries)
        if not np.any(entries[~np.eye(d, dtype=bool)] != 0) and setup.Lambda.is_diagonal:
            return diagonal.copy()
    return entries


__all__ = ["DescentProblem", "Measures"]
