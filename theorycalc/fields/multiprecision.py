"""MP(dps): mpmath, each precision in a context of its own."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import integer
from theorycalc.fields.numbers import Array, as_fraction, object_array
from theorycalc.fields.protocol import Field, ShownByName, nothing

_MOST_CONTEXTS = 64


@dataclass(frozen=True, repr=False)
class Multiprecision(ShownByName):
    """The field of :func:`MP`."""

    dps: int
    dtype: Any = object

    @property
    def name(self) -> str:
        return f"MP({self.dps})"

    def number(self, value: Any) -> Any:
        from mpmath.libmp import from_rational

        context, fraction = mp_context(self.dps), as_fraction(value)
        return context.make_mpf(from_rational(fraction.numerator, fraction.denominator, context.prec, "n"))

    def array(self, values: Any) -> Array:
        return object_array(values, self.number)

    def sqrt(self, values: Array) -> Array:
        return object_array(values, mp_context(self.dps).sqrt)

    def inverse(self, matrix: Array) -> Array:
        context = mp_context(self.dps)
        inverse = context.inverse(context.matrix(matrix.tolist()))
        return np.array(inverse.tolist(), dtype=object)

    def public(self, value: Any) -> Any:
        import mpmath

        return mpmath.mp.make_mpf(self.number(value)._mpf_)  # keeps all digits: no rounding to mp.dps

    def working(self) -> Any:
        return nothing()


_MP_CONTEXTS = threading.local()  # mpmath changes a context's precision while it inverts a matrix: one per thread


def mp_context(dps: int) -> Any:
    """Return this thread's mpmath context of ``dps`` digits."""
    contexts: dict[int, Any] = vars(_MP_CONTEXTS).setdefault("by_dps", {})
    if dps not in contexts:
        import mpmath

        if len(contexts) >= _MOST_CONTEXTS:
            contexts.clear()
        contexts[dps] = mpmath.MPContext()
        contexts[dps].dps = dps
    return contexts[dps]


def MP(dps: int) -> Field:
    """Return the field of ``dps`` significant decimal digits (mpmath).

    >>> MP(30).public(MP(30).number("1/3")) - MP(30).number("1/3") == 0
    True
    """
    return Multiprecision(
        integer("dps", dps, minimum=5, maximum=100_000, remedy="pass decimal digits between 5 and 100,000")
    )
