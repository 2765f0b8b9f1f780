"""The iso-error frontier: which training length n and which number of steps k reach the same error (section 8)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import integer, refuse
from theorycalc.error_curves.population import ignored_m
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import F64, Array, Field, as_fraction
from theorycalc.model import Setup
from theorycalc.results import Frozen, Metric, Rung, plain
from theorycalc.thinking import closed_forms
from theorycalc.thinking.answer_text import finite, short, step_word
from theorycalc.thinking.context import asked, find_length, positive_error, solver_for
from theorycalc.thinking.lengths import ByDirection, ByNeighbours, Question, Solver, least

_MOST_STEPS = 1_000_000
_MOST_PAIRS = 100_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Frontier(Frozen):
    """The smallest n for every target error (rows) and number of steps (columns).

    ``n`` holds integers, None where no training length reaches the target; ``n_real`` where E_k(n) crosses the target
    just before it (1 where n = 1 suffices, ∞ where unreachable, NaN where not known); ``slope`` is dn/dk there.
    """

    setup: Setup
    rung: Rung
    metric: Metric
    field_name: str
    tied: bool  # m = n
    errors: tuple[Fraction | float, ...]
    steps: Array  # (K,)
    n: Array  # (T, K) objects
    n_real: Array  # (T, K)
    slope: Array  # (T, K): exact derivative on long prompts, differences elsewhere; NaN where n = 1 suffices
    closed_form: Array  # (T, K) Corollary 3.5 solved for n; NaN where it is about another problem
    closed_form_n: Array  # (T, K) the least integer n for which its law reaches the target, or None
    floor: Array  # (K,) the least E_k over all n; NaN where not known
    floor_n: Array  # (K,) where; None for n → ∞, or not known
    everywhere: bool  # whether every smaller n is excluded, or n − 1 only
    uncertainty: str
    notes: tuple[str, ...] = ()

    def lengths(self, error: Any) -> list[int | None]:
        """Return n for each of ``steps``, for one of the targets."""
        return list(self.n[self._row(error)])

    def best_steps(self, error: Any) -> int | None:
        """Return the k of ``steps`` that needs the least context (the first of several); None if there is none."""
        found = [(n, k) for n, k in zip(self.lengths(error), self.steps.tolist(), strict=True) if n is not None]
        return min(found)[1] if found else None

    def falls(self, error: Any) -> bool:
        """Whether more thinking never needs longer training prompts, nor loses the target, over ``steps``."""
        numbers = [math.inf if n is None else n for n in self.lengths(error)]
        return numbers == sorted(numbers, reverse=True)

    def _row(self, error: Any) -> int:
        wanted = as_fraction(positive_error(error))
        for row, target in enumerate(self.errors):
            if as_fraction(target) == wanted:
                return row
        raise refuse(
            "error", error, "not a target of this frontier", f"choose one of {[short(e) for e in self.errors]}"
        )

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What each target asks for, in sentences."""
        return tuple(_verdict(self, row) for row in range(len(self.errors)))

    def __repr__(self) -> str:
        targets = ", ".join(short(error) for error in self.errors[:4]) + ", …" * (len(self.errors) > 4)
        shown = [str(n) if n is not None else "–" for n in self.n[0][:8]] + ["…"] * (len(self.steps) > 8)
        parts = f"steps={_spans(self.steps)}, n=[{', '.join(shown)}], rung={self.rung}, {self.setup!r}"
        return f"Frontier(errors=[{targets}], {parts})"

    def _table(self) -> dict[str, Any]:
        """One row for each target and k."""
        size = self.n.size
        targets = np.repeat(np.arange(len(self.errors)), len(self.steps))
        return {
            "error": [self.errors[row] for row in targets],
            "steps": np.tile(self.steps, len(self.errors)),
            "n": self.n.reshape(size),
            "n_real": [finite(x) for x in self.n_real.reshape(size)],
            "slope": [finite(x) for x in self.slope.reshape(size)],
            "closed_form": [finite(x) for x in self.closed_form.reshape(size)],
            "closed_form_n": self.closed_form_n.reshape(size),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; None where there is no number."""
        return {
            "errors": [plain(error) for error in self.errors],
            "steps": self.steps.tolist(),
            "n": self.n.tolist(),
            "n_real": [[finite(x) for x in row] for row in self.n_real],
            "slope": [[finite(x) for x in row] for row in self.slope],
            "closed_form": [[finite(x) for x in row] for row in self.closed_form],
            "closed_form_n": self.closed_form_n.tolist(),
            "floor": [finite(x) for x in self.floor],
            "floor_n": self.floor_n.tolist(),
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "m_equals_n": self.tied,
            "everywhere": self.everywhere,
            "uncertainty": self.uncertainty,
            "verdicts": list(self.verdicts),
            "notes": list(self.notes),
            "setup": self.setup.to_dict(),
        }

    def plot(self, path: Any = None) -> Any:
        """Draw n against k (needs the ``plot`` extra); return the matplotlib figure, or write it to ``path``."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_frontier(self, path=path)


def frontier(
    setup: Setup,
    error: Any,
    steps: Any,
    *,
    rung: str = "population",
    metric: str = "estimation",
    field: Field = F64,
    tie_m: bool = False,
    everywhere: bool = True,
    order: int | None = None,
) -> Frontier:
    """Return the smallest n with E_k(n) <= error for k = 1 … steps, or for each k of a sequence; setup.n is ignored.

    On rung population with Σ = Λ the real frontier n(k) falls and is convex, and k n(k) falls too: k steps need less
    than 1/k of the context that one step needs.  On rung exact it ends where the mean
    error grows with more thinking, and with m = n it turns up again (TRD-07).

    Parameters
    ----------
    setup : the problem; n does not matter
    error : the target ε > 0, or a sequence of targets
    steps : the largest k >= 1, or a sequence of different ones
    rung, metric, field, tie_m, everywhere, order : as in :func:`theorycalc.smallest_context`

    Returns
    -------
    Frontier
        ``.n`` and ``.n_real`` (targets × steps), ``.slope`` = dn/dk, ``.closed_form`` from Corollary 3.5, ``.floor``
        = min_n E_k, ``.verdicts``, ``.to_csv()``, ``.plot()``.

    Raises
    ------
    InvalidSetup, OutsideRegime, NotCertified
        as :func:`theorycalc.smallest_context`.

    Cost: exact about 100 curves E_0 … E_k for all targets and steps together; population O(d log n) for each.
    Claims: TRD-01 to TRD-07.  Source: theory section 8; Corollary 3.5 of arXiv:2510.03605.

    Examples
    --------
    Λ = I_2, ε = 1/2: n = 3 (4^{1/2k} − 1), which is 3, 1.24, 0.78, …

    >>> found = frontier(Setup([1, 1], n=1), "1/2", 4)
    >>> found.lengths("1/2"), found.verdicts[0]
    ([3, 2, 1, 1], 'Error 1/2: 3 steps instead of 1 save 67 % of the training context (n = 1 instead of 3).')
    """
    question = asked(setup, rung=rung, metric=metric, field=field, tie_m=tie_m, order=order)
    ks, targets = _steps(steps), _errors(error)
    if len(ks) * len(targets) > _MOST_PAIRS:
        raise refuse("steps", len(ks), f"more than {_MOST_PAIRS:,} pairs of a target and a k", "ask for fewer")
    solver = solver_for(question, ks, targets, everywhere=everywhere)
    shape = len(targets), len(ks)
    n, n_real = np.empty(shape, dtype=object), np.full(shape, np.nan)
    for row, target in enumerate(targets):
        for column, k in enumerate(ks):
            found = find_length(solver, int(k), as_fraction(target), floor=False)
            n[row, column], n_real[row, column] = found.n, found.real
    floor, floor_n = _floors(solver, ks)
    return Frontier(
        setup=question.setup,
        rung=question.rung,
        metric=question.metric,
        field_name=question.field.name,
        tied=tie_m,
        errors=tuple(targets),
        steps=ks,
        n=n,
        n_real=n_real,
        slope=_slopes(solver, ks, n, n_real),
        floor=floor,
        floor_n=floor_n,
        everywhere=not isinstance(solver, ByNeighbours) or question.rung is Rung.BOUND,
        uncertainty=solver.how,
        **_laws(question, ks, targets),
    )


def _steps(steps: Any) -> Array:
    remedy = "pass the largest k, an integer >= 1, or a sequence of different k"
    if not isinstance(steps, Iterable) or isinstance(steps, str):
        return np.arange(1, integer("steps", steps, minimum=1, maximum=_MOST_PAIRS, remedy=remedy) + 1)
    found = [integer("steps", k, minimum=1, maximum=_MOST_STEPS, remedy=remedy) for k in steps]
    if not found or len(set(found)) < len(found):
        raise refuse("steps", found, "no k" if not found else "a k twice", remedy)
    return np.array(sorted(found))


def _errors(error: Any) -> list[Fraction | float]:
    if isinstance(error, Iterable) and not isinstance(error, str):
        targets = [positive_error(item) for item in error]
        if not targets:
            raise InvalidSetup("error = []: no target; pass a number > 0, or several")
        return targets
    return [positive_error(error)]


def _floors(solver: Solver | ByNeighbours, ks: Array) -> tuple[Array, Array]:
    """The least E_k over all n, for rungs with bounds on intervals."""
    floor, floor_n = np.full(len(ks), np.nan), np.empty(len(ks), dtype=object)
    if isinstance(solver, ByNeighbours):
        return floor, floor_n
    for column, k in enumerate(ks.tolist()):
        if isinstance(solver, ByDirection) and solver.question.setup.matched:
            floor[column] = 0.0
        else:
            found = least(solver, k, relative=1e-3)
            floor[column], floor_n[column] = found.value, found.n
    return floor, floor_n


def _slopes(solver: Solver | ByNeighbours, ks: Array, n: Array, n_real: Array) -> Array:
    """dn/dk: the implicit derivative on long prompts, differences over neighbouring k elsewhere."""
    slope = np.full(n_real.shape, np.nan)
    inside = np.isfinite(n_real) & (n_real > 1)
    if isinstance(solver, ByDirection):
        for row, column in zip(*np.nonzero(inside), strict=True):
            slope[row, column] = solver.prompts.slope(float(n_real[row, column]), float(ks[column]))
        return slope
    if len(ks) > 1:
        for row in range(len(n_real)):
            usable = np.flatnonzero(inside[row])
            for run in np.split(usable, np.flatnonzero(np.diff(usable) > 1) + 1):
                if run.size > 1:
                    slope[row, run] = np.gradient(n_real[row, run], ks[run].astype(float))
    return slope


def _laws(question: Question, ks: Array, targets: list[Fraction | float]) -> dict[str, Any]:
    shape = len(targets), len(ks)
    closed, closed_n = np.full(shape, np.nan), np.empty(shape, dtype=object)
    notes = ignored_m(question.setup, question.rung)
    if closed_forms.applies(question.setup, question.metric):
        law = closed_forms.Law(question.setup)
        for row, target in enumerate(targets):
            for column, k in enumerate(ks.tolist()):
                closed[row, column] = law.length(k, as_fraction(target))
                closed_n[row, column] = law.least_length(k, as_fraction(target))
        if question.rung is not Rung.POPULATION and (question.tied or question.setup.m is not None):
            notes = ("the closed form is that of long test prompts (Corollary 3.5): no bound at this m",)
    return {"closed_form": closed, "closed_form_n": closed_n, "notes": notes}


def _verdict(found: Frontier, row: int) -> str:
    error, lengths, ks = found.errors[row], list(found.n[row]), found.steps.tolist()
    head = f"Error {short(error)}: "
    reached = [i for i, n in enumerate(lengths) if n is not None]
    if not reached:
        low = np.nanmin(found.floor) if np.any(np.isfinite(found.floor)) else math.nan
        least = "" if math.isnan(low) else f"; the least error over all of them is {short(low)}"
        return f"{head}no training length reaches it with {_range(ks)}{least}."
    first, best = reached[0], min(reached, key=lambda i: (lengths[i], i))
    parts = []
    if first > 0:
        parts.append(f"with {_range(ks[:first])} no training length reaches it")
    if best > first:
        share = 100 * (1 - lengths[best] / lengths[first])
        saved = f"save {share:.{4 if share > 99 else 2}g} % of the training context"
        pair = f"n = {lengths[best]:,} instead of {lengths[first]:,}"
        parts.append(f"{ks[best]:,} steps instead of {ks[first]:,} {saved} ({pair})")
    else:
        parts.append(f"{step_word(ks[first])} need{'s' if ks[first] == 1 else ''} n = {lengths[first]:,}")
    parts += _beyond(lengths, ks, best)
    return head + "; ".join(parts) + "."


def _beyond(lengths: list[Any], ks: list[int], best: int) -> list[str]:
    """What more thinking than the best costs."""
    later = lengths[best + 1 :]
    lost = next((i for i, n in enumerate(later) if n is None), None)
    longer = [n for n in later[:lost] if n is not None and n > lengths[best]]
    parts = []
    if longer:
        parts.append(f"beyond k = {ks[best]:,} more thinking needs longer training prompts (up to {max(longer):,})")
    if lost is not None:
        parts.append(f"from k = {ks[best + 1 + lost]:,} on no training length reaches it")
    return parts


def _range(ks: list[int]) -> str:
    if len(ks) <= 2:
        return step_word(ks[0]) if len(ks) == 1 else f"{ks[0]:,} or {ks[1]:,} steps"
    if ks[-1] - ks[0] + 1 == len(ks):
        return f"{ks[0]:,} to {ks[-1]:,} steps"
    return f"{len(ks)} choices of k up to {ks[-1]:,}"


def _spans(ks: Array) -> str:
    return f"{ks[0]}…{ks[-1]}" if len(ks) > 1 else str(ks[0])
