"""Whether the fields of a stored record have the kinds and the shapes that its class declares."""

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.fields import Ball
from theorycalc.forms.types import HOLD_FUNCTIONS, MAY_BE_NONE, SHAPES

_REMEDY = "the file is damaged: write it again with to_json or save"
_FIELD_NAME = re.compile(r"F64|EXACT|MP\(\d{1,9}\)|BALL\(\d{1,9}\)")


def check_record(key: str, cls: type, parts: dict[str, Any], path: str) -> None:
    """Refuse a record whose fields are not what its class declares."""
    kinds = _kinds(cls)
    for name, value in parts.items():
        if not is_kind(value, kinds[name]) and not (value is None and f"{key}.{name}" in MAY_BE_NONE):
            raise refuse(f"{path}.{name}", value, f"not a value of {key}.{name}", _REMEDY)
    name = parts.get("field_name", "F64")
    if not _FIELD_NAME.fullmatch(name):
        raise refuse(f"{path}.field_name", name, "not a number field", _REMEDY)
    wrong = misshapen(key, parts)
    if wrong is not None:
        raise refuse(f"{path}.{wrong}", np.shape(parts[wrong]), f"not the shape of {key}.{wrong}", _REMEDY)


def is_kind(value: Any, kind: Any) -> bool:
    """Whether a value is of an annotated type; a field of type Any holds a public number."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return _is_number(value)
    if origin in (typing.Union, types.UnionType):
        return any(is_kind(value, option) for option in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(is_kind(item, arguments[0]) for item in value)
    if origin is dict:
        items = value.items() if isinstance(value, dict) else [(None, None)]
        return all(is_kind(key, arguments[0]) and is_kind(item, arguments[1]) for key, item in items)
    if origin is np.ndarray or kind is np.ndarray:
        return isinstance(value, np.ndarray) and (value.dtype != object or all(map(_is_item, value.reshape(-1))))
    if kind is float:
        return type(value) in (float, int)
    if kind in (int, bool, str, Fraction):
        return type(value) is kind
    if kind is type(None):
        return value is None
    if origin is Callable or kind is Callable:
        return callable(value)
    if getattr(kind, "_is_protocol", False):  # Field
        return hasattr(value, "working") and hasattr(value, "number")
    return isinstance(value, kind)


def misshapen(key: str, parts: dict[str, Any]) -> str | None:
    """Return the name of an array whose shape disagrees with ``SHAPES``, or None."""
    setup = parts.get("setup")
    lengths: dict[str, int] = {} if setup is None else {"d": setup.d}
    for names, options in _shapes(key):
        for name in names:
            for shape in _found_shapes(parts.get(name)):
                fitting = (found for option in options if (found := _fitted(shape, option, lengths)) is not None)
                new = next(fitting, None)
                if new is None:
                    return name
                lengths = new
    return None


def _found_shapes(value: Any) -> list[tuple[int, ...]]:
    """The shapes of an array or of all of a mapping; the length of a tuple that is not empty."""
    if isinstance(value, dict):
        return [np.shape(item) for item in value.values()]
    if isinstance(value, tuple):
        return [(len(value),)] if value else []
    return [] if value is None else [np.shape(value)]


def _fitted(shape: tuple[int, ...], option: list[str], lengths: dict[str, int]) -> dict[str, int] | None:
    """Return the lengths of the letters with which the shape is that of the option."""
    if len(shape) != len(option):
        return None
    found = dict(lengths)
    for size, term in zip(shape, option, strict=True):
        if term.isdigit():
            wanted: int | None = int(term)
        else:
            match = re.fullmatch(r"(\d*)([A-Za-z])(?:\+(\d+))?", term)
            assert match is not None, term
            factor, letter, more = int(match[1] or 1), match[2], int(match[3] or 0)
            wanted = factor * found.setdefault(letter, (size - more) // factor) + more
        if size != wanted:
            return None
    return found


@functools.lru_cache(maxsize=256)
def _shapes(key: str) -> list[tuple[list[str], list[list[str]]]]:
    """Parse the entry of ``SHAPES``."""
    found = []
    for part in filter(None, SHAPES.get(key, "").split(";")):
        names, _, options = part.partition(":")
        found.append((names.split(), [option.split() for option in options.split("|")]))
    return found


@functools.lru_cache(maxsize=256)
def _kinds(cls: type) -> dict[str, Any]:
    kinds: dict[str, Any] = typing.get_type_hints(cls)
    for item in dataclasses.fields(cls):
        if item.default is None:
            kinds[item.name] = (Callable if item.name in HOLD_FUNCTIONS else kinds[item.name]) | None
    return kinds


def _is_number(value: Any) -> bool:
    return type(value) in (int, float, Fraction, Ball) or hasattr(value, "_mpf_")


def _is_item(value: Any) -> bool:
    return value is None or _is_number(value)
