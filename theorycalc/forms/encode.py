"""A value as JSON that loses nothing: every number keeps its kind and all of its digits.

JSON has null, booleans, text, integers and finite floats; every other value is an object with one tag:

=========================================  ===================================================================
``{"float": "nan" | "inf" | "-inf"}``      a float that JSON does not have (inside an array just the text)
``{"int": "…"}``                           an integer beyond 64 bits
``{"fraction": "p/q"}``                    an exact rational
``{"mpf": ["mantissa", exponent]}``        mantissa · 2^exponent, all bits of an mpmath number; or its name, "+inf"
``{"ball": ["p/q", "p/q"]}``               midpoint and radius, exactly
``{"complex": [re, im]}``                  two floats
``{"array": dtype, "shape", "values"}``    values in C order; items of dtype object are values of their own
``{"enum": ["Rung", "exact"]}``            a word of a fixed list
``{"field": "BALL(200)"}``                 a number field
``{"function": "derive_gamma"}``           a function of theorycalc, by a key of ``types.FUNCTIONS``
``{"dict": [[key, value], …]}``            a mapping; a JSON list is a tuple
``{"type": "…", "fields": {…}}``           a result, by a key of ``types.RESULTS``
``{"ref": i}``                             entry i of "shared": a setup, mixture or covariance, stored once
=========================================  ===================================================================
"""

import dataclasses
import json
import math
import sys
from enum import Enum
from fractions import Fraction
from typing import Any, Final

import numpy as np

from theorycalc._checks import refuse
from theorycalc.fields import EXACT, F64, Array, Ball, as_public, digits, is_ball, is_multiprecision
from theorycalc.forms.types import FUNCTIONS, HOLD_FUNCTIONS, REMADE, function_of, key_of
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import Covariance

#: Version of the format.  A reader refuses what is newer than this.
SCHEMA: Final = 1

#: dtypes of arrays of plain JSON values, by kind; complex128 holds pairs, object values of any kind.
DTYPES: Final = ("float64", "int64", "int32", "int16", "int8", "uint8", "bool", "complex128", "object")

_REMEDY = "store what a function of theorycalc returned"


def to_json(value: Any) -> str:
    """Return ``value`` as JSON that :func:`theorycalc.from_json` reads back to an equal value, to the last bit.

    Parameters
    ----------
    value : any result of theorycalc, a Setup, TaskMixture or Covariance, a public number, an array, or a tuple of them

    Returns
    -------
    str
        one JSON object: "theorycalc" (the version that wrote it), "schema", "type", "shared" and "value"

    Raises
    ------
    InvalidSetup
        for what is no value of theorycalc.

    A derivation rule of your own (a callable in ``GammaResult.derivation``) is not stored.

    Examples
    --------
    >>> from theorycalc.fields import EXACT
    >>> print(to_json(EXACT.public(EXACT.number("1/3"))).replace(str(version()), "…"))
    {
    "theorycalc": "…",
    "schema": 1,
    "type": "Fraction",
    "shared": [],
    "value": {"fraction": "1/3"}
    }
    """
    writer = _Writer()
    node = writer.node("value", value)
    shared = ",\n".join(map(_text, writer.shared))
    lines = [
        f'"theorycalc": {_text(version())}',
        f'"schema": {SCHEMA}',
        f'"type": {_text(key_of(type(value)) or type(value).__name__)}',
        f'"shared": [{shared}]',
        f'"value": {_text(node)}',
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def version() -> str:
    """Return the version of theorycalc, which its façade holds."""
    return str(sys.modules[__name__.partition(".")[0]].__version__)


def _text(node: Any) -> str:
    return json.dumps(node, ensure_ascii=False, allow_nan=False)


class _Writer:
    """Turns values into JSON nodes; what is shared goes into ``shared`` once, after what it refers to."""

    def __init__(self) -> None:
        self.shared: list[Any] = []
        self._places: dict[int, int] = {}
        self._texts: dict[str, int] = {}
        self._kept: list[Any] = []  # an id is that of a living object

    def node(self, name: str, value: Any) -> Any:
        """Return the node of a value; ``name`` says which in an error message."""
        if isinstance(value, Enum):
            return {"enum": [self._key(name, value), value.value]}
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | str):
            return str(value) if isinstance(value, str) else value
        if isinstance(value, Setup | TaskMixture | Covariance):
            return {"ref": self._place(name, value)}
        for kind, written in _NUMBERS.items():
            if isinstance(value, kind):
                return written(value)
        if isinstance(value, np.ndarray):
            return self._array(name, value)
        if isinstance(value, tuple):
            return [self.node(f"{name}[{i}]", item) for i, item in enumerate(value)]
        if isinstance(value, dict):
            return {"dict": [[self.node(name, key), self.node(f"{name}[{key}]", item)] for key, item in value.items()]}
        return self._other(name, value)

    def _other(self, name: str, value: Any) -> Any:
        value = as_public(value)
        if isinstance(value, Fraction | Ball):  # it was a scalar of a field
            return _NUMBERS[type(value)](value)
        if hasattr(value, "_mpf_"):
            return {"mpf": _mpf(value)}
        if value is F64 or value is EXACT or is_ball(value) or is_multiprecision(value):
            return {"field": value.name}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._record(name, value)
        for key in FUNCTIONS:
            if function_of(key) is value:
                return {"function": key}
        raise refuse(name, value, f"a {type(value).__name__}, which has no stored form", _REMEDY)

    def _record(self, name: str, value: Any) -> Any:
        key = self._key(name, value)
        if key in REMADE:
            if value != function_of(REMADE[key])():
                raise refuse(name, value, f"not what {REMADE[key]}() returns", "store the arguments that made it")
            return {"type": key, "fields": {}}
        parts = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        for part in HOLD_FUNCTIONS:
            if callable(parts.get(part)) and all(function_of(known) is not parts[part] for known in FUNCTIONS):
                parts[part] = None  # a rule of one's own
        return {"type": key, "fields": {part: self.node(f"{name}.{part}", item) for part, item in parts.items()}}

    @staticmethod
    def _key(name: str, value: Any) -> str:
        key = key_of(type(value))
        if key is None:
            raise refuse(name, value, f"a {type(value).__name__}, which has no stored form", _REMEDY)
        return key

    def _array(self, name: str, values: Array) -> Any:
        dtype = values.dtype.name
        if dtype not in DTYPES:
            raise refuse(name, values.dtype, "an array of this dtype has no stored form", _REMEDY)
        flat: list[Any] = values.reshape(-1).tolist()
        if dtype == "float64":
            flat = [_float(item) for item in flat]
        elif dtype == "complex128":
            flat = [[_float(item.real), _float(item.imag)] for item in flat]
        elif dtype == "object":
            flat = [self.node(f"{name}[{i}]", item) for i, item in enumerate(flat)]
        return {"array": dtype, "shape": list(values.shape), "values": flat}

    def _place(self, name: str, value: Any) -> int:
        """Return the index among the shared; equal ones have one, so that equal values have equal texts."""
        if id(value) not in self._places:
            item = {"type": type(value).__name__, "fields": self._stated(name, value)}
            place = self._texts.setdefault(_text(item), len(self.shared))
            if place == len(self.shared):
                self.shared.append(item)
            self._kept.append(value)
            self._places[id(value)] = place
        return self._places[id(value)]

    def _stated(self, name: str, value: Setup | TaskMixture | Covariance) -> dict[str, Any]:
        """The arguments that state the problem again."""
        if isinstance(value, Covariance):
            parts: dict[str, Any] = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        elif isinstance(value, TaskMixture):
            parts = {"covariances": value.covariances, "weights": value.weights, "sampling": value.sampling}
        else:
            parts = {"Lambda": value.mixture or value.Lambda, "n": value.n}
            parts |= {"Sigma": None if value.matched else value.Sigma, "m": value.m}
            parts |= {"Omega": value.Omega, "w_0": value.w_0, "noise_var": value.noise_var}
        return {part: self.node(f"{name}.{part}", item) for part, item in parts.items()}


def _float(value: float) -> float | str:
    """A float inside an array: JSON's number, or its name."""
    return value if math.isfinite(value) else str(value)


def _mpf(value: Any) -> Any:
    sign, mantissa, exponent, _ = value._mpf_
    if not mantissa and exponent:  # mpmath's inf, −inf and NaN
        return str(value)
    whole = -int(mantissa) if sign else int(mantissa)
    return [digits(Fraction(whole)), int(exponent)]


_NUMBERS: Final[dict[type, Any]] = {
    int: lambda value: value if abs(value) < 2**63 else {"int": digits(Fraction(value))},
    float: lambda value: value if math.isfinite(value) else {"float": str(value)},
    complex: lambda value: {"complex": [_float(value.real), _float(value.imag)]},
    Fraction: lambda value: {"fraction": digits(value)},
    Ball: lambda value: {"ball": [digits(value.mid), digits(value.rad)]},
}
