"""Reading back what :mod:`theorycalc.forms.encode` wrote: checked at every step, and nothing in it is ever executed."""

import dataclasses
import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np

from theorycalc._checks import refuse, shown
from theorycalc.exceptions import InvalidSetup, TheoryError
from theorycalc.fields import BALL, EXACT, F64, MP, Ball, Field, read_digits
from theorycalc.forms.encode import DTYPES, SCHEMA, version
from theorycalc.forms.types import ENUMS, FUNCTIONS, REMADE, RESULTS, class_of, function_of
from theorycalc.forms.valid import check_record, is_kind
from theorycalc.model import Setup, TaskMixture
from theorycalc.spectra import Covariance, as_covariance

_REMEDY = "the file is damaged: write it again with to_json or save"
_INTEGER, _RATIONAL = re.compile(r"-?\d+"), re.compile(r"-?\d+(/\d+)?")
_FIELD = re.compile(r"(MP|BALL)\((\d{1,9})\)")
_LARGEST_EXPONENT = 10**9  # of an mpf, in bits
_NAMES = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_DISPLAYED = {"uncertainty", "setup", "values", "field"}  # some keys of to_dict


def from_json(text: str | bytes) -> Any:
    """Return the value that :func:`theorycalc.to_json` stored, equal to the last bit.

    Parameters
    ----------
    text : what to_json returned

    Raises
    ------
    InvalidSetup
        for text that is damaged, was written by a newer theorycalc, or holds an unknown type.

    Nothing in the text is executed: types come from a fixed list, numbers, shapes and types of fields are checked, and
    setups are stated again by their arguments.

    Examples
    --------
    >>> from theorycalc.fields import EXACT
    >>> from theorycalc.forms.encode import to_json
    >>> from_json(to_json(EXACT.public(EXACT.number("1/3"))))
    Fraction(1, 3)
    """
    if not isinstance(text, str | bytes):
        raise refuse("text", text, "not text", "pass what to_json returned; load reads a file")
    try:
        return _Reader(_document(text)).value()
    except TheoryError:
        raise
    except RecursionError:
        raise refuse("text", text, "nested too deeply", _REMEDY) from None


def _document(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # also JSONDecodeError, UnicodeDecodeError
        reason = " ".join(str(error).split())[:100]
        raise refuse("text", text, f"not JSON ({reason})", _REMEDY) from None
    if not isinstance(found, dict) or "schema" not in found or "theorycalc" not in found:
        if isinstance(found, dict) and len(_DISPLAYED & set(found)) > 1:
            problem = "what to_dict or --json shows, in which numbers are rounded for reading"
            raise refuse("text", text, problem, "store a result with its to_json() or save()")
        raise refuse("text", text, "not a stored result", "pass what to_json returned")
    schema, writer = found["schema"], found["theorycalc"]
    if type(schema) is not int or schema < 1:
        raise refuse("schema", schema, "not a number of a schema", _REMEDY)
    if schema > SCHEMA:
        reads = f"newer than {SCHEMA}, the newest that theorycalc {version()} reads"
        raise refuse("schema", schema, reads, f"install theorycalc {shown(writer)} or newer")
    if set(found) != {"theorycalc", "schema", "type", "shared", "value"}:
        raise refuse("keys", sorted(found), "not those of a stored result", _REMEDY)
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class _Reader:
    """Turns JSON nodes into values; ``path`` says where in the document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._shared: list[Any] = []

    def value(self) -> Any:
        """Return the stored value."""
        items = self._document["shared"]
        if not isinstance(items, list):
            raise refuse("shared", items, "not a list", _REMEDY)
        for i, item in enumerate(items):
            self._shared.append(self._stated(item, f"shared[{i}]"))
        return self.node(self._document["value"], "value")

    def node(self, node: Any, path: str) -> Any:
        """Return the value of one node."""
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if isinstance(node, list):
            return tuple(self.node(item, f"{path}[{i}]") for i, item in enumerate(node))
        tag = next(iter(node), None)
        allowed = {"type": {"type", "fields"}, "array": {"array", "shape", "values"}}.get(str(tag), {tag})
        reader = _TAGS.get(str(tag))
        if reader is None or set(node) != allowed:
            raise refuse(path, node, "unknown kind of value", _REMEDY)
        return reader(self, node, path)

    def _ref(self, node: Any, path: str) -> Any:
        place = node["ref"]
        if type(place) is not int or not 0 <= place < len(self._shared):
            raise refuse(path, place, "not a shared value before this one", _REMEDY)
        return self._shared[place]

    def _record(self, node: Any, path: str) -> Any:
        key = node["type"]
        if not isinstance(key, str) or key not in RESULTS:
            raise refuse(path, key, "unknown type", f"theorycalc {version()} has no such result: install a newer one")
        parts = self._parts(node, path)
        if key in REMADE:
            self._expect(parts, set(), set(), path)
            return function_of(REMADE[key])()
        cls = class_of(key)
        declared = dataclasses.fields(cls)
        optional = {
            item.name
            for item in declared
            if item.default is not dataclasses.MISSING or item.default_factory is not dataclasses.MISSING
        }
        self._expect(parts, {item.name for item in declared} - optional, optional, path)
        check_record(key, cls, parts, path)
        return cls(**parts)

    def _parts(self, node: Any, path: str) -> dict[str, Any]:
        if not isinstance(node, dict) or set(node) != {"type", "fields"} or not isinstance(node["fields"], dict):
            raise refuse(path, node, "not a type with its fields", _REMEDY)
        return {name: self.node(item, f"{path}.{name}") for name, item in node["fields"].items()}

    @staticmethod
    def _expect(parts: dict[str, Any], needed: set[str], optional: set[str], path: str) -> None:
        missing, unknown = sorted(needed - set(parts)), sorted(set(parts) - needed - optional)
        if missing:
            raise refuse(path, missing[0], "this field is missing", _REMEDY)
        if unknown:
            raise refuse(path, unknown[0], "unknown field", "install the theorycalc that wrote it, or a newer one")

    def _stated(self, node: Any, path: str) -> Any:
        """State a covariance, a mixture or a setup again, so that it is checked as any other."""
        parts = self._parts(node, path)
        kinds = _STATED.get(node["type"]) if isinstance(node["type"], str) else None
        if kinds is None:
            raise refuse(path, node["type"], "neither a Covariance nor a TaskMixture nor a Setup", _REMEDY)
        self._expect(parts, set(kinds), set(), path)
        for name, kind in kinds.items():
            if not is_kind(parts[name], kind):
                raise refuse(f"{path}.{name}", parts[name], "a value of another kind", _REMEDY)
        if node["type"] == "Covariance":
            return _covariance(parts, path)
        try:
            return TaskMixture(**parts) if node["type"] == "TaskMixture" else Setup(**parts)
        except InvalidSetup as error:
            raise InvalidSetup(f"{path}: {error}") from None

    def _array(self, node: Any, path: str) -> Any:
        dtype, shape, values = node["array"], node["shape"], node["values"]
        if dtype not in DTYPES:
            raise refuse(path, dtype, "unknown dtype", _REMEDY)
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise refuse(path, shape, "not a shape", _REMEDY)
        if not isinstance(values, list) or len(values) != math.prod(shape) or len(shape) > 32:
            raise refuse(path, shape, "not the number of values that follow", _REMEDY)
        if dtype == "object":
            result = np.empty(len(values), dtype=object)
            result[:] = [self.node(item, f"{path}[{i}]") for i, item in enumerate(values)]
            return result.reshape(shape)
        for i, item in enumerate(values):
            if not _ITEMS[dtype](item):
                raise refuse(f"{path}[{i}]", item, f"no {dtype}", _REMEDY)
        if dtype == "complex128":
            values = [complex(_float(item[0]), _float(item[1])) for item in values]
        elif dtype == "float64":
            values = [_float(item) for item in values]
        try:
            return np.array(values, dtype=dtype).reshape(shape)
        except OverflowError:
            raise refuse(path, dtype, "an integer does not fit", _REMEDY) from None

    def _dict(self, node: Any, path: str) -> Any:
        pairs = node["dict"]
        if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise refuse(path, pairs, "not a list of pairs", _REMEDY)
        keys = [self.node(key, path) for key, _ in pairs]
        if not all(isinstance(key, str | int | float) for key in keys):
            raise refuse(path, keys, "not keys of a mapping", _REMEDY)
        return {key: self.node(item, f"{path}[{key}]") for key, (_, item) in zip(keys, pairs, strict=True)}


def _covariance(parts: dict[str, Any], path: str) -> Covariance:
    entries, label, definite = parts["entries"], parts["label"], parts["definite"]
    if entries.dtype not in (np.float64, object) or not all(
        isinstance(item, Fraction) for item in entries.reshape(-1) if entries.dtype == object
    ):
        raise refuse(path, entries.dtype, "neither floats nor exact numbers", _REMEDY)
    if definite is None:  # checked by whoever uses it
        entries.setflags(write=False)
        return Covariance(entries=entries, label=label)
    return as_covariance(entries, name=path, semidefinite=not definite, label=label)


def _is_float(item: Any) -> bool:
    return type(item) in (float, int) or (isinstance(item, str) and item in _NAMES)


def _float(item: Any) -> float:
    return _NAMES[item] if isinstance(item, str) else float(item)


def _is_pair(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(_is_float(part) for part in item)


def _matched(pattern: re.Pattern[str], text: Any, path: str) -> Fraction:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise refuse(path, text, "not an exact number", _REMEDY)
    try:
        return read_digits(text)
    except ZeroDivisionError:
        raise refuse(path, text, "a denominator of 0", _REMEDY) from None


def _ball(node: Any, path: str) -> Ball:
    if not isinstance(node["ball"], list) or len(node["ball"]) != 2:
        raise refuse(path, node["ball"], "not a midpoint and a radius", _REMEDY)
    mid, rad = (_matched(_RATIONAL, part, path) for part in node["ball"])
    if rad < 0:
        raise refuse(path, node["ball"], "a negative radius", _REMEDY)
    return Ball(mid, rad)


def _mpf(node: Any, path: str) -> Any:
    import mpmath

    stored = node["mpf"]
    if stored in ("+inf", "-inf", "nan"):
        return mpmath.mpf(stored)
    if not isinstance(stored, list) or len(stored) != 2 or type(stored[1]) is not int:
        raise refuse(path, stored, "not a mantissa and an exponent", _REMEDY)
    if abs(stored[1]) > _LARGEST_EXPONENT:
        raise refuse(path, stored[1], f"an exponent beyond ±{_LARGEST_EXPONENT:,}", _REMEDY)
    return mpmath.mp.make_mpf(mpmath.libmp.from_man_exp(int(_matched(_INTEGER, stored[0], path)), stored[1]))


def _enum(node: Any, path: str) -> Any:
    pair = node["enum"]
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise refuse(path, pair, "not a word of a list", _REMEDY)
    if pair[0] not in ENUMS:
        raise refuse(path, pair[0], "unknown list of words", f"theorycalc {version()} has none: install a newer one")
    try:
        return class_of(pair[0])(pair[1])
    except ValueError:
        raise refuse(path, pair[1], f"no {pair[0]}", f"theorycalc {version()} has none: install a newer one") from None


def read_field(name: Any, path: str) -> Field:
    """Return the number field of this name."""
    if name in ("F64", "EXACT"):
        return F64 if name == "F64" else EXACT
    found = _FIELD.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise refuse(path, name, "not a number field", _REMEDY)
    return (MP if found[1] == "MP" else BALL)(int(found[2]))


def _function(node: Any, path: str) -> Any:
    if not isinstance(node["function"], str) or node["function"] not in FUNCTIONS:
        raise refuse(path, node["function"], "unknown function", _REMEDY)
    return function_of(node["function"])


def _named_float(node: Any, path: str) -> float:
    if not isinstance(node["float"], str) or node["float"] not in _NAMES:
        raise refuse(path, node["float"], "neither inf nor nan", _REMEDY)
    return _NAMES[node["float"]]


def _complex(node: Any, path: str) -> complex:
    if not _is_pair(node["complex"]):
        raise refuse(path, node["complex"], "not two floats", _REMEDY)
    real, imaginary = (_float(part) for part in node["complex"])
    return complex(real, imaginary)


_ITEMS: Final[dict[str, Callable[[Any], bool]]] = {
    "float64": _is_float,
    "complex128": _is_pair,
    "bool": lambda item: isinstance(item, bool),
    **{name: lambda item: type(item) is int for name in DTYPES if "int" in name},
}

_TAGS: Final[dict[str, Callable[[_Reader, Any, str], Any]]] = {
    "ref": _Reader._ref,
    "type": _Reader._record,
    "array": _Reader._array,
    "dict": _Reader._dict,
    "ball": lambda _, node, path: _ball(node, path),
    "complex": lambda _, node, path: _complex(node, path),
    "enum": lambda _, node, path: _enum(node, path),
    "field": lambda _, node, path: read_field(node["field"], path),
    "float": lambda _, node, path: _named_float(node, path),
    "fraction": lambda _, node, path: _matched(_RATIONAL, node["fraction"], path),
    "function": lambda _, node, path: _function(node, path),
    "int": lambda _, node, path: int(_matched(_INTEGER, node["int"], path)),
    "mpf": lambda _, node, path: _mpf(node, path),
}

_STATED: Final[dict[str, dict[str, Any]]] = {
    "Covariance": {"entries": np.ndarray, "label": str, "definite": bool | None},
    "TaskMixture": {"covariances": tuple[Covariance, ...], "weights": tuple[Fraction | float, ...], "sampling": str},
    "Setup": {
        "Lambda": Covariance | TaskMixture,
        "n": int,
        "Sigma": Covariance | None,
        "m": int | None,
        "Omega": Covariance | None,
        "w_0": np.ndarray | None,
        "noise_var": Fraction | float,
    },
}
