"""Existence by exhibiting: a witness is checked in exact arithmetic, and one is a proof."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from proofs_check.evidence import Evidence, Grade, Verdict

Witness = TypeVar("Witness")


def exists(witness: Witness, satisfies: Callable[[Witness], bool], *, scope: str) -> Evidence:
    """Decide whether this witness proves the existence of what satisfies an exact predicate.

    Returns
    -------
    Evidence
        CONFIRMED with grade PROVED, or REFUTED: this witness is none (others may be).

    Examples
    --------
    >>> exists(4, lambda x: x * x == 16, scope="integers").grade.value
    'PROVED'
    """
    good = satisfies(witness)
    if not isinstance(good, bool | np.bool_):
        raise TypeError(f"the predicate returned {type(good).__name__}, not a bool: does it end in return?")
    verdict = Verdict.CONFIRMED if good else Verdict.REFUTED
    return Evidence(verdict=verdict, grade=Grade.PROVED, scope=scope, detail="" if good else f"no witness: {witness}")
