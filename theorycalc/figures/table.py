"""The data of a figure: a table of named columns, written as CSV and read back to the same numbers."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array

#: A number, a word, or nothing: an empty cell, where a number is not known or not asked for.
Cell = int | float | str | None


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns; what a figure draws, and all of it.

    >>> table = Table.of([{"series": "exact", "k": 1, "value": 0.5}, {"series": "bound", "k": 1, "value": 2.0}])
    >>> table.where(series="exact")["value"].tolist()
    [0.5]
    >>> Table.from_csv(table.to_csv()) == table
    True
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> "Table":
        """Return the table of some rows; a column that a row does not have is empty there."""
        given = [dict(row) for row in rows]
        columns = tuple(dict.fromkeys(name for row in given for name in row))
        return cls(columns, tuple(tuple(_cell(row.get(name)) for name in columns) for row in given))

    @classmethod
    def from_csv(cls, text: str) -> "Table":
        """Return the table that :meth:`to_csv` wrote."""
        header, *rows = csv.reader(io.StringIO(text))
        return cls(tuple(header), tuple(tuple(_read(cell) for cell in row) for row in rows))

    def to_csv(self) -> str:
        """Return the table as CSV text: a header, then one line for each row, with every digit."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if cell is None else repr(cell) if isinstance(cell, float) else cell for cell in row]
                         for row in self.rows)  # fmt: skip
        return stream.getvalue()

    def where(self, **conditions: Cell) -> "Table":
        """Return the rows whose cells have these values."""
        places = {self.columns.index(name): value for name, value in conditions.items()}
        rows = tuple(row for row in self.rows if all(row[i] == value for i, value in places.items()))
        return Table(self.columns, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Array:
        """Return a column of numbers as float64, (rows,), with NaN for an empty cell."""
        i = self.columns.index(name)
        return np.array([np.nan if row[i] is None else row[i] for row in self.rows], dtype=float)

    def words(self, name: str) -> list[str]:
        """Return the different words of a column, in order."""
        i = self.columns.index(name)
        return list(dict.fromkeys(str(row[i]) for row in self.rows if row[i] is not None))

    def numbers(self, name: str) -> list[Any]:
        """Return the different numbers of a column, in order."""
        i = self.columns.index(name)
        return list(dict.fromkeys(row[i] for row in self.rows if row[i] is not None))


def _cell(value: Any) -> Cell:
    """Return a value as a cell; a float that is not finite as an empty one, except infinities."""
    if value is None or isinstance(value, str):
        if isinstance(value, str) and (value == "" or not isinstance(_read(value), str)):
            raise InvalidSetup(f"cell = {value!r}: a word that reads as a number; write it as one")
        return value
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)
    return None if np.isnan(number) else number


def _read(cell: str) -> Cell:
    if cell == "":
        return None
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell
