"""What a formula may ask of its number field, and what the four have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from theorycalc.fields.numbers import Array


class Field(Protocol):
    """What a formula may ask of its number field; arrays are numpy arrays of the field's scalars."""

    @property
    def name(self) -> str:
        """Display name, such as ``BALL(200)``."""

    @property
    def dtype(self) -> Any:
        """dtype of the field's arrays: float64 or object."""

    def number(self, value: Any) -> Any:
        """Return the scalar for an int, Fraction, float, "p/q" string or mpf (floats are taken as they are)."""

    def array(self, values: Any) -> Array:
        """Return an array of scalars of the same shape."""

    def sqrt(self, values: Array) -> Array:
        """Return elementwise square roots; EXACT raises OutsideRegime."""

    def inverse(self, matrix: Array) -> Array:
        """Return the inverse of a (d, d) matrix."""

    def public(self, value: Any) -> Any:
        """Return the public number for a scalar."""

    def working(self) -> Any:
        """Return the context inside which this field's arithmetic must run."""


@contextmanager
def nothing() -> Iterator[None]:
    """Do nothing: the working context of a field without global precision."""
    yield


class ShownByName:
    """Fields print as they are written: F64, BALL(200)."""

    def __repr__(self) -> str:
        return str(vars(self).get("name") or type(self).name.fget(self))  # type: ignore[attr-defined]
