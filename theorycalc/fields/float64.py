"""F64: numpy float64."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from theorycalc.fields.numbers import Array, BeyondFloat64, object_array
from theorycalc.fields.protocol import Field, ShownByName, nothing


@dataclass(frozen=True, repr=False)
class Float64(ShownByName):
    """The field ``F64``."""

    name: str = "F64"
    dtype: Any = np.float64

    def __reduce__(self) -> str:
        return "F64"  # one object per process: code asks ``field is F64``

    def number(self, value: Any) -> float:
        try:
            return float(Fraction(value)) if isinstance(value, str) else float(value)
        except OverflowError:
            raise BeyondFloat64("a number exceeds the float64 range; rescale, or use field=MP(dps) or EXACT") from None

    def array(self, values: Any) -> Array:
        source = np.asarray(values)
        if source.dtype == object or source.dtype.kind in "US":
            return object_array(source, self.number).astype(np.float64)
        return source.astype(np.float64)

    def sqrt(self, values: Array) -> Array:
        return np.asarray(np.sqrt(values))

    def inverse(self, matrix: Array) -> Array:
        return np.asarray(np.linalg.inv(matrix))

    def public(self, value: Any) -> float:
        return float(value)

    def working(self) -> Any:
        return nothing()


F64: Final[Field] = Float64()
