"""A covariance as given: a spectrum or a matrix, exact or float64, validated once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_MATRIX, MAX_SPECTRUM, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import F64, Array, Field, digits, is_definite

_SYMMETRY_TOLERANCE = 1e-12  # relative; float files written with 13 digits or more pass
MAX_EXACT_MATRIX = 2_000  # rows of a full matrix whose entries are Python objects of about 100 bytes
_MAX_EXACT_DECISION = 300  # rows of a matrix so nearly singular that only exact arithmetic tells
_MOST_SHOWN, _LONGEST_SHOWN = 4, 160  # rows and characters of a covariance in a repr
_MAX_NUMBERS = 10**9
_REMEDY = "pass a (d,) spectrum or a symmetric positive definite (d, d) matrix"


@dataclass(frozen=True, eq=False)
class Covariance:
    """A validated covariance: a (d,) spectrum or a symmetric (d, d) matrix, exact or float64.

    Built by :func:`as_covariance` and the families below.  ``entries`` is read-only; its dtype is float64, or
    object with ``fractions.Fraction`` items when some number was given exactly.  ``definite`` records what has been
    checked: None nothing, False positive semidefinite, True positive definite.
    """

    entries: Array
    label: str = ""
    definite: bool | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled or copied covariance, its entries read-only again."""
        vars(self).update(state)
        freeze(state)

    @property
    def d(self) -> int:
        """Dimension d."""
        return int(self.entries.shape[0])

    @property
    def is_diagonal(self) -> bool:
        """Whether only the (d,) diagonal is stored."""
        return self.entries.ndim == 1

    @property
    def is_exact(self) -> bool:
        """Whether all entries are Fractions."""
        return self.entries.dtype == object

    def array(self, field: Field) -> Array:
        """Return the (d,) or (d, d) entries as scalars of ``field``."""
        return field.array(self.entries)

    def dense(self, field: Field) -> Array:
        """Return the (d, d) matrix over ``field``."""
        values = self.array(field)
        if not self.is_diagonal:
            return values
        matrix = field.array(np.zeros((self.d, self.d), dtype=int))
        np.fill_diagonal(matrix, values)
        return matrix

    def same_as(self, other: "Covariance") -> bool:
        """Whether both hold equal numbers in equal shape."""
        return self is other or (
            self.entries.shape == other.entries.shape and bool(np.all(self.entries == other.entries))
        )

    def to_list(self) -> list[Any]:
        """Return entries as nested lists; exact ones as "p/q" strings."""
        if self.is_exact:
            return np.vectorize(digits, otypes=[object])(self.entries).tolist()  # type: ignore[no-any-return]
        return self.entries.tolist()  # type: ignore[no-any-return]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        matrix = F64.array(self.entries)
        return (np.diag(matrix) if self.is_diagonal else matrix).astype(dtype or np.float64)

    def __repr__(self) -> str:
        kind = "spectrum" if self.is_diagonal else "matrix"
        name = f"{self.label!r}, " if self.label else ""
        entries = self.short_entries()
        size = f"d={self.d}, {kind}" if entries is None else entries
        return f"Covariance({name}{size}, {'exact' if self.is_exact else 'float64'})"

    def short_entries(self) -> str | None:
        """Return the entries as Python would read them; None if they are many, or have a name."""
        if self.label or self.d > _MOST_SHOWN:
            return None

        def plain(value: Any) -> Any:
            if isinstance(value, list):
                return [plain(item) for item in value]
            return int(value) if isinstance(value, str) and "/" not in value else value

        text = str(plain(self.to_list()))
        return text if len(text) <= _LONGEST_SHOWN else None


def freeze(values: Mapping[Any, Any]) -> None:
    """Make the arrays of a mapping, and of the mappings in it, read-only."""
    for value in values.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        elif isinstance(value, dict):
            freeze(value)


def read_numbers(name: str, value: Any) -> Array:
    """Return ``value`` as an array of float64, or of Fractions if any entry is exact (a float is then exact too)."""
    if isinstance(value, np.ma.MaskedArray):
        raise refuse(name, value, "a masked array", "fill or drop its masked entries")
    if getattr(value, "size", 0) > _MAX_NUMBERS if isinstance(value, np.ndarray) else False:
        raise refuse(name, value.shape, f"more than {_MAX_NUMBERS:,} numbers", "use a smaller problem")
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        if value.dtype.kind == "f":
            if value.dtype.itemsize > 8:
                raise refuse(name, value.dtype, "wider than float64", "round it to float64 or pass strings")
            bad = np.flatnonzero(~np.isfinite(value))
            if bad.size:
                place = np.unravel_index(bad[0], value.shape)
                raise refuse(_entry(name, place), value[place], "not finite", "remove NaN and inf from the data")
            return np.array(value, dtype=np.float64)
        return np.asarray(np.vectorize(lambda item: Fraction(int(item)), otypes=[object])(value))
    if hasattr(value, "tolist") and not isinstance(value, np.ndarray):  # a SymPy matrix, or an array of another library
        value = value.tolist()
    try:
        source = np.array(value, dtype=object)
    except ValueError:
        raise refuse(name, value, "ragged nested lists", _REMEDY) from None
    if source.size and any(isinstance(item, list | tuple) for item in source.reshape(-1)[:1]):
        raise refuse(name, value, "ragged nested lists", _REMEDY)
    items = [number(_entry(name, index), source[index]) for index in np.ndindex(*source.shape)]
    if any(isinstance(item, Fraction) for item in items):
        result = np.empty(source.shape, dtype=object)
        result.reshape(-1)[:] = [Fraction(item) for item in items]
        return result
    return np.array(items, dtype=float).reshape(source.shape)


def as_covariance(value: Any, *, name: str = "Lambda", semidefinite: bool = False, label: str = "") -> Covariance:
    """Validate a covariance given as array, nested list, SymPy matrix, spectrum or :class:`Covariance`.

    Parameters
    ----------
    value : (d,) spectrum or (d, d) matrix of int, float, Fraction, "p/q" strings or SymPy numbers
    name : the argument's name in error messages
    semidefinite : accept zero eigenvalues (priors may have them; feature covariances may not)

    Raises
    ------
    InvalidSetup
        not square, not symmetric beyond 1e-12 relative, not positive definite, NaN or inf, empty, too large.

    Examples
    --------
    >>> as_covariance([1, "1/2"])
    Covariance([1, '1/2'], exact)
    """
    if isinstance(value, Covariance):
        if value.definite is None or value.entries.flags.writeable:  # not made here: check all of it
            return as_covariance(value.entries, name=name, semidefinite=semidefinite, label=label or value.label)
        if not semidefinite and not value.definite:
            _require_definite(value.entries, name, semidefinite=False)
            return replace(value, definite=True)
        return value
    shape = getattr(value, "shape", None)
    shape = shape if isinstance(shape, tuple) else _list_shape(value)
    check_size(name, shape)
    if len(shape) == 2 and max(shape) > MAX_EXACT_MATRIX and not _is_float_array(value):
        limit = f"larger than {MAX_EXACT_MATRIX:,} × {MAX_EXACT_MATRIX:,} in exact numbers"
        raise refuse(name, shape, limit, "pass a float64 array")
    entries = read_numbers(name, value)
    if entries.ndim == 2 and entries.shape[0] == entries.shape[1]:
        entries = _symmetric(entries, name)
    elif entries.ndim != 1:
        raise refuse(name, entries.shape, "not a vector and not a square matrix", _REMEDY)
    if entries.ndim == 2 and np.count_nonzero(entries) == np.count_nonzero(np.diagonal(entries)):
        entries = np.diagonal(entries).copy()
    _require_definite(entries, name, semidefinite=semidefinite)
    entries.setflags(write=False)
    return Covariance(entries=entries, label=label, definite=not semidefinite)


def _entry(name: str, index: Sequence[Any]) -> str:
    return f"{name}{[int(i) for i in index]}" if index else name


def _is_float_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _list_shape(value: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = ()
    while isinstance(value, Sequence) and not isinstance(value, str) and len(shape) < 4:
        shape += (len(value),)
        value = value[0] if value else None
    return shape


def check_size(name: str, shape: tuple[int, ...]) -> None:
    """Refuse what is no vector and no square matrix, or is too large."""
    if len(shape) > 2:
        raise refuse(name, shape, "not a vector and not a square matrix", _REMEDY)
    if shape and shape[0] == 0:
        raise refuse(name, shape, "empty", _REMEDY)
    if len(shape) == 1 and shape[0] > MAX_SPECTRUM:
        raise refuse(name, shape, f"more than {MAX_SPECTRUM:,} eigenvalues", "use a smaller d")
    if len(shape) == 2 and max(shape) > MAX_MATRIX:
        raise refuse(name, shape, f"larger than {MAX_MATRIX:,} × {MAX_MATRIX:,}", "pass its spectrum, or a smaller d")


def _symmetric(entries: Array, name: str) -> Array:
    """The matrix itself if it is symmetric, the mean with its transpose if it is so up to rounding."""
    rows, columns = np.nonzero(np.triu(entries != entries.T))
    if not rows.size:
        return entries
    upper, lower = entries[rows, columns] / 2, entries[columns, rows] / 2  # halves, since differences may overflow
    gap = np.abs(upper - lower)
    worst = int(np.argmax(gap))
    tolerance = Fraction(_SYMMETRY_TOLERANCE) if entries.dtype == object else _SYMMETRY_TOLERANCE
    if gap[worst] > tolerance * np.max(np.abs(entries)) / 2:
        i, j = int(rows[worst]), int(columns[worst])
        pair = f"[{i},{j}] = {shown(_plain(entries[i, j]), 22)}, [{j},{i}] = {shown(_plain(entries[j, i]), 22)}"
        raise InvalidSetup(f"{name}: {pair}: not symmetric; symmetrise it: (M + M.T)/2")
    mean = entries.copy()
    mean[rows, columns] = mean[columns, rows] = upper + lower
    return mean


def _plain(value: Any) -> Any:
    """A number as an error message shows it: fractions of few digits as they are, others as floats."""
    short = isinstance(value, Fraction) and value.denominator < 10**6 and abs(value) < 10**9
    return _Text(str(value)) if short else float(value)


class _Text(str):
    """A string that error messages show without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _require_definite(entries: Array, name: str, *, semidefinite: bool) -> None:
    kind = "positive semidefinite" if semidefinite else "positive definite"
    remedy = f"every eigenvalue must be {'>= 0' if semidefinite else '> 0'}: remove or regularise null directions"
    if entries.ndim == 1:
        place = int(np.argmin(entries))
        if entries[place] < 0 or (entries[place] == 0 and not semidefinite):
            raise refuse(_entry(name, [place]), _plain(entries[place]), f"an eigenvalue, so not {kind}", remedy)
        return
    scale = np.max(np.abs(entries))  # not 0: a matrix of zeros was stored as a spectrum
    spectrum = np.linalg.eigvalsh((entries / scale).astype(np.float64))
    smallest, exact = float(spectrum[0]), entries.dtype == object
    doubt = (16 if exact else 1) * spectrum.size * float(np.finfo(float).eps) * float(np.max(np.abs(spectrum)))
    if exact and abs(smallest) <= doubt:
        if entries.shape[0] > _MAX_EXACT_DECISION:
            raise refuse(name, entries.shape, f"too nearly singular to decide whether it is {kind}", remedy)
        if is_definite(entries, semidefinite=semidefinite):
            return
    elif smallest > doubt or (semidefinite and smallest >= -doubt):
        return
    value = f"matrix with smallest eigenvalue {smallest:.3g} times its largest entry"
    raise refuse(name, _Text(value), f"not {kind}", remedy)
