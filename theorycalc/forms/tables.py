"""Tables: columns of public numbers as JSON-ready cells, as CSV text, and as data frames of pandas or polars."""

import csv
import dataclasses
import io
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np

from theorycalc._checks import choice
from theorycalc.fields import Ball, as_fraction
from theorycalc.forms.numbers import plain, precision
from theorycalc.model import Setup
from theorycalc.spectra import Covariance

LIBRARIES = ("pandas", "polars")


def cells(table: Mapping[str, Sequence[Any]], *, field_name: str = "F64") -> dict[str, list[Any]]:
    """Return the columns with every cell JSON-ready: numbers, words, booleans, None; exact numbers as text."""
    dps = precision(field_name)
    return {name: [cell(value, dps=dps) for value in values] for name, values in table.items()}


def cell(value: Any, *, dps: int = 15) -> Any:
    """Return one cell: exact numbers and mpf as digits, balls as the text of an enclosure."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value) if isinstance(value, Ball) else plain(value, dps=dps)


def one_row(record: Any) -> dict[str, Any]:
    """Return a table of one row: the single numbers and words of a record, its notes and uncertainty left out."""
    row = {}
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if item.name not in ("uncertainty", "words", "bound_note", "beyond") and _is_single(value):
            row[item.name] = [value]
    return row


def displayed(record: Any) -> dict[str, Any]:
    """Return the fields of a record as JSON-ready values, ``field_name`` as "field"; functions are left out."""
    dps = precision(getattr(record, "field_name", "F64"))
    values = {item.name: getattr(record, item.name) for item in dataclasses.fields(record)}
    return {
        "field" if name == "field_name" else name: _displayed(value, dps)
        for name, value in values.items()
        if not callable(value) and not name.startswith("_")
    }


def _displayed(value: Any, dps: int) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_displayed(item, dps) for item in value]
    if isinstance(value, dict):
        return {str(key): _displayed(item, dps) for key, item in value.items()}
    if isinstance(value, Covariance):
        return value.to_list()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, complex):
        return [_displayed(part, dps) for part in (value.real, value.imag)]
    if isinstance(value, Ball) or hasattr(value, "_mpf_"):
        return plain(value, dps=dps)
    if not isinstance(value, Fraction | np.generic | str | int | float | None):
        return str(value)  # a number field
    found = cell(value, dps=dps)
    return None if isinstance(found, float) and not math.isfinite(found) else found


def csv_text(columns: Mapping[str, list[Any]]) -> str:
    """Return columns as CSV text with a header line."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return stream.getvalue()


def data_frame(
    table: Mapping[str, Sequence[Any]], library: str | None = None, *, floats: bool = False, field_name: str = "F64"
) -> Any:
    """Return columns as a data frame: float64, Int64, boolean, or objects (pandas) and text (polars)."""
    name, module = _library(library)
    dps = precision(field_name)
    columns = {key: _Column(list(values), floats=floats) for key, values in table.items()}
    if name == "pandas":
        return module.DataFrame({key: column.for_pandas(module) for key, column in columns.items()})
    return module.DataFrame([column.for_polars(module, key, dps) for key, column in columns.items()])


def _library(library: str | None) -> tuple[str, Any]:
    if library is not None:
        choice("library", library, LIBRARIES)
    for name in LIBRARIES if library is None else (library,):
        try:
            return name, import_module(name)
        except ModuleNotFoundError:
            continue
    wanted = "pandas or polars" if library is None else library
    raise ImportError(f"data frames need {wanted}: install it with pip install {library or LIBRARIES[0]}")


class _Column:
    """Values of one column, and what they have in common: "float", "int", "bool", or nothing."""

    def __init__(self, values: list[Any], *, floats: bool) -> None:
        values = [value.item() if isinstance(value, np.generic) else value for value in values]
        values = [str(value) if isinstance(value, Enum) else value for value in values]
        if floats:
            values = [_rounded(value) if _is_exact(value) else value for value in values]
        self.values = values
        kinds = {type(value) for value in values if value is not None}
        if kinds == {bool}:
            self.kind = "bool"
        elif kinds == {int} and all(abs(value) < 2**63 for value in values if value is not None):
            self.kind = "int"
        elif float in kinds and kinds <= {int, float}:
            self.kind = "float"
        else:
            self.kind = "none" if not kinds else "object"

    def for_pandas(self, pandas: Any) -> Any:
        if self.kind == "float":
            return pandas.Series([_as_float(value) for value in self.values], dtype="float64")
        dtype = {"int": "Int64", "bool": "boolean"}.get(self.kind, "object")
        return pandas.Series(self.values, dtype=dtype)

    def for_polars(self, polars: Any, name: str, dps: int) -> Any:
        if self.kind == "float":
            return polars.Series(name, [_as_float(value) for value in self.values], dtype=polars.Float64)
        if self.kind != "object":
            dtype = {"int": polars.Int64, "bool": polars.Boolean, "none": polars.Null}[self.kind]
            return polars.Series(name, self.values, dtype=dtype)
        texts = [None if value is None else str(cell(value, dps=dps)) for value in self.values]
        return polars.Series(name, texts, dtype=polars.String)


def _is_single(value: Any) -> bool:
    if isinstance(value, Setup):
        return False
    return value is None or isinstance(value, bool | int | float | str | np.generic) or _is_exact(value)


def _is_exact(value: Any) -> bool:
    """Whether it is a number that is no int or float: an exact one, an mpf or a ball."""
    return isinstance(value, Fraction | Ball) or hasattr(value, "_mpf_")


def _rounded(value: Any) -> float:
    """The nearest float64; ±∞ beyond the range."""
    if hasattr(value, "_mpf_"):
        return float(value)
    exact = as_fraction(value)
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _as_float(value: Any) -> float:
    return math.nan if value is None else _rounded(Fraction(value)) if isinstance(value, int) else float(value)
