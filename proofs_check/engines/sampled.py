"""Exact predicates on instances that Hypothesis draws: they can refute for certain, and confirm only what was drawn.

The seed is fixed and no database of examples is kept, so that a run can be repeated.  What is drawn may still
change with the version of Hypothesis and with the modules that are loaded; reports therefore show how many
instances were drawn, and an instance only where it refutes.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy

from proofs_check.evidence import Evidence, Grade, Verdict

Drawn = TypeVar("Drawn")
_SEED = 20251003
_LONGEST_DETAIL = 400


class _CounterexampleFound(Exception):
    """Raised inside Hypothesis to stop at a failing instance."""


def for_all(
    over: SearchStrategy[Drawn], holds: Callable[[Drawn], bool], *, scope: str, instances: int, minimal: bool = True
) -> Evidence:
    """Decide whether ``holds`` on drawn instances.

    Parameters
    ----------
    over : what is drawn
    holds : exact predicate; an exception is passed on
    scope : the ranges that are drawn from
    instances : how many are drawn (fewer only if there are fewer)
    minimal : shrink a counterexample; without it the first one is reported

    Returns
    -------
    Evidence
        grade SAMPLED; the scope ends with the number of instances that were checked.

    Examples
    --------
    >>> from hypothesis import strategies as st
    >>> for_all(st.integers(0, 9), lambda x: x < 7, scope="0 … 9", instances=50).detail
    'fails at 7'
    """
    checked = 0
    failing: list[Drawn] = []

    @seed(_SEED)
    @settings(
        max_examples=instances,
        phases=(Phase.generate, Phase.shrink) if minimal else (Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(over)
    def look(instance: Drawn) -> None:
        nonlocal checked
        try:
            good = holds(instance)
        except Exception as error:
            error.add_note(f"at {_shown(instance).removeprefix('fails at ')}")
            raise
        if not isinstance(good, bool | np.bool_):
            raise TypeError(f"the predicate returned {type(good).__name__}, not a bool: does it end in return?")
        checked += 1
        if not good:
            failing[:] = [instance]
            raise _CounterexampleFound

    try:
        look()
    except _CounterexampleFound:
        return Evidence(verdict=Verdict.REFUTED, grade=Grade.SAMPLED, scope=scope, detail=_shown(failing[0]))
    except Unsatisfiable:
        checked = 0
    if not checked:
        return Evidence(verdict=Verdict.UNDECIDED, grade=Grade.SAMPLED, scope=scope, detail="nothing was drawn")
    return Evidence(verdict=Verdict.CONFIRMED, grade=Grade.SAMPLED, scope=f"{scope}; {checked} exact instances")


def _shown(instance: object) -> str:
    text = " ".join(str(instance).split())
    return "fails at " + (text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…")
