"""Equality in the algebra of words and traces: for matrices of every size at once.

Two expressions are equal for all matrices if they have one normal form: that is a proof.  If the normal forms
differ, they are evaluated on rational matrices: only a difference in numbers refutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from proofs_check.evidence import Evidence, Grade, Verdict
from theorycalc.fields import EXACT, Array
from theorycalc.moments.words import Letter, WordSum


@dataclass(frozen=True)
class Instance:
    """Values at which two expressions are compared: (d, d) arrays of exact numbers by letter, numbers by scalar."""

    matrices: Mapping[str, Array]
    scalars: Mapping[str, Any]


def generic_instance(*expressions: WordSum, d: int = 3) -> Instance:
    """Return fixed rational values without special relations for all letters and scalars of the expressions.

    Symmetric letters become symmetric, diagonally dominant matrices.  Letters are taken to be independent: where
    they are related (an inverse, say), pass an instance that respects the relation.
    """
    letters = {item for expression in expressions for item in _letters(expression)}
    scalars = {name for expression in expressions for key in expression.terms for name, _ in key.scalars} - {"d"}
    symmetric = {item.name: item.symmetric for item in letters} or {"I": True}
    _require_one_kind(letters)
    matrices = {name: _entries(i, d, symmetric[name]) for i, name in enumerate(sorted(symmetric))}
    return Instance(matrices, {name: EXACT.number(d + 2 + 2 * i) for i, name in enumerate(sorted(scalars))})


def _letters(expression: WordSum) -> set[Letter]:
    return {item for key in expression.terms for word in (key.word, *key.traces) for item in word}


def _require_one_kind(letters: set[Letter]) -> None:
    """Refuse a letter that is symmetric in one place and plain in another: it would be two letters of one name."""
    plain = {item.name for item in letters if not item.symmetric}
    if both := sorted(plain & {item.name for item in letters if item.symmetric}):
        raise ValueError(f"the letter {both[0]} is symmetric in one place and plain in another")


def _entries(index: int, d: int, symmetric: bool) -> Array:
    """Return a (d, d) matrix of small rationals that depends on the index."""
    rows = np.array([[(7 * i + 3 * j + 5 * index + i * j) % 11 - 4 for j in range(d)] for i in range(d)], dtype=object)
    if symmetric:
        rows = rows + rows.T + np.diag([30 + 2 * i + index for i in range(d)])
    return np.asarray(EXACT.array(rows) / EXACT.number(2 + index))


def identity(
    left: WordSum, right: WordSum, *, scope: str, grade: Grade = Grade.PROVED, instance: Instance | None = None
) -> Evidence:
    """Decide whether left = right for all matrices of every size d.

    Parameters
    ----------
    left, right : expressions
    scope : what is quantified over
    grade : PROVED, or PROVED_SLICE when the expressions fix a parameter
    instance : where to look for a difference; default :func:`generic_instance`

    Returns
    -------
    Evidence
        CONFIRMED by equal normal forms, REFUTED by unequal values, else UNDECIDED.

    Examples
    --------
    >>> from theorycalc.moments.words import letter
    >>> A, B = letter("A"), letter("B")
    >>> identity((A * B).trace(), (B * A).trace(), scope="all A, B").verdict.value
    'CONFIRMED'
    >>> identity(A * B, B * A, scope="all A, B").verdict.value
    'REFUTED'
    """
    _require_one_kind(_letters(left) | _letters(right))
    difference = left - right
    if not difference:
        return Evidence(verdict=Verdict.CONFIRMED, grade=grade, scope=scope)
    at = instance or generic_instance(left, right)
    values = difference.evaluate(at.matrices, at.scalars)
    wrong = [(int(i), int(j)) for i, j in np.ndindex(*values.shape) if values[i, j] != 0]
    if wrong:
        i, j = wrong[0]
        detail = f"at rational {len(values)}×{len(values)} matrices entry ({i}, {j}) differs by {values[i, j]}"
        return Evidence(verdict=Verdict.REFUTED, grade=grade, scope=scope, detail=detail)
    detail = f"the normal forms differ by {difference}, but no difference in numbers was found"
    return Evidence(verdict=Verdict.UNDECIDED, grade=grade, scope=scope, detail=detail)
