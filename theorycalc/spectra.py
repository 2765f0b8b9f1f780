"""Covariance matrices: how users state them, the named families, and files that hold them.

A covariance is kept exactly as given.  Integers, fractions and "p/q" strings stay exact rationals; a float is the
dyadic rational that it is, in every field.  A (d,) spectrum means a diagonal matrix in the basis of the problem.
"""

import csv
import json
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc._checks import MAX_MATRIX, MAX_SPECTRUM, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import F64, Array, Field, digits, is_definite

_SYMMETRY_TOLERANCE = 1e-12  # relative; float files written with 13 digits or more pass
_MAX_EXACT_MATRIX = 2_000  # rows of a full matrix whose entries are Python objects of about 100 bytes
_MAX_EXACT_DECISION = 300  # rows of a matrix so nearly singular that only exact arithmetic tells
_MOST_SHOWN, _LONGEST_SHOWN = 4, 160  # rows and characters of a covariance in a repr
_MAX_NUMBERS = 10**9
_MAX_TEXT, _MAX_BYTES = 2**27, 2**30  # of a file
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
    _check_size(name, shape)
    if len(shape) == 2 and max(shape) > _MAX_EXACT_MATRIX and not _is_float_array(value):
        limit = f"larger than {_MAX_EXACT_MATRIX:,} × {_MAX_EXACT_MATRIX:,} in exact numbers"
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


def _check_size(name: str, shape: tuple[int, ...]) -> None:
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


def _dimension(d: Any) -> int:
    return integer("d", d, minimum=1, maximum=MAX_SPECTRUM, remedy="pass the feature dimension, an integer >= 1")


def _positive(name: str, value: Any) -> Fraction | float:
    result = number(name, value)
    if result <= 0:
        raise refuse(name, value, "not positive", "every eigenvalue must be > 0")
    return result


def isotropic(d: int, scale: Any = 1) -> Covariance:
    """Return scale · I_d.

    >>> isotropic(3).to_list()
    ['1', '1', '1']
    """
    size = _dimension(d)
    return as_covariance([_positive("scale", scale)] * size, label=f"iso:{size}{_last(scale)}")


def _last(value: Any) -> str:
    """The last word of a family, left out where it is 1."""
    return "" if str(value) == "1" else f":{value}"


def power_law(d: int, alpha: Any, scale: Any = 1) -> Covariance:
    """Return the spectrum λ_i = scale · i^(−alpha), i = 1 … d: exact for integer alpha, else rounded to float64 once.

    >>> power_law(3, 1).to_list()
    ['1', '1/2', '1/3']
    """
    size, exponent, factor = _dimension(d), number("alpha", alpha), _positive("scale", scale)
    if isinstance(exponent, Fraction) and exponent.denominator == 1 and abs(exponent) <= 64:
        values: list[Any] = [factor * Fraction(i) ** int(-exponent) for i in range(1, size + 1)]
    else:
        if factor >= 2**1023:
            raise refuse("scale", scale, "beyond the float64 range", "use a smaller scale, or an integer alpha")
        first = float(factor)
        with np.errstate(over="ignore", under="ignore"):
            values = (first * np.arange(1, size + 1, dtype=float) ** -_clipped(exponent)).tolist()
        if not all(0 < value < math.inf for value in (values[0], values[-1])):
            raise refuse(
                "alpha", alpha, f"scale · i^(-alpha) leaves the float64 range at d = {size}", "use a smaller alpha"
            )
    return as_covariance(values, label=f"power:{size}:{alpha}{_last(scale)}")


def _clipped(exponent: Fraction | float) -> float:
    return float(max(-2000, min(2000, exponent)))  # beyond, 2^exponent is no float64


def spiked(d: int, spikes: Sequence[Any], bulk: Any = 1) -> Covariance:
    """Return a spectrum of d − len(spikes) eigenvalues ``bulk`` after the given ``spikes``.

    >>> spiked(4, [10, 5]).to_list()
    ['10', '5', '1', '1']
    """
    size = _dimension(d)
    if isinstance(spikes, str | bytes) or not hasattr(spikes, "__len__"):
        raise refuse("spikes", spikes, "not a sequence", "pass a list of eigenvalues")
    if len(spikes) > size:
        raise refuse("spikes", spikes, f"more spikes than d = {size}", "use fewer spikes or a larger d")
    values = [_positive(f"spikes[{i}]", spike) for i, spike in enumerate(spikes)]
    return as_covariance(
        values + [_positive("bulk", bulk)] * (size - len(spikes)),
        label=f"spiked:{size}:{','.join(str(spike) for spike in spikes)}{_last(bulk)}",
    )


def load_covariance(path: str | Path, *, name: str = "path") -> Covariance:
    """Read a covariance from .npy, .npz (its only array), .csv or .json ("p/q" strings stay exact).

    A single row or column of a .csv is a spectrum.

    Raises
    ------
    InvalidSetup
        missing or unreadable file, unknown suffix, several arrays, or an invalid covariance.
    """
    if not isinstance(path, str | Path):
        raise refuse(name, path, "not a path", "pass the name of a file")
    file = Path(path)
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise refuse(name, str(path), "unknown file type", "use one of " + ", ".join(_READERS))
    try:
        if not file.is_file():
            raise refuse(name, str(path), "no such file", "check the path")
        limit = _MAX_TEXT if reader in (_read_csv, _read_json) else _MAX_BYTES
        if file.stat().st_size > limit:
            raise refuse(
                name, str(path), f"larger than {limit // 2**20:,} MiB", "use a smaller d, or a float .npy file"
            )
        values = reader(file, f"{name} {file.name}")
    except InvalidSetup:
        raise
    except _BROKEN as error:
        reason = " ".join(str(error).split())[:100]
        raise refuse(name, str(path), f"not a readable {file.suffix} file ({reason})", "write it again") from None
    return as_covariance(values, name=f"{name} {file.name}", label=file.name)


_BROKEN = (
    OSError,
    ValueError,  # also UnicodeError and json.JSONDecodeError
    EOFError,
    KeyError,
    RuntimeError,  # also RecursionError, encrypted archives
    SyntaxError,
    OverflowError,
    MemoryError,
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
)


def _read_npy(file: Path, name: str) -> Any:
    with file.open("rb") as stream:
        _check_header(stream, name)
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)


def _read_npz(file: Path, name: str) -> Any:
    with zipfile.ZipFile(file) as archive:
        members = archive.namelist()
        if len(members) != 1:
            raise refuse(name, f"{len(members)} arrays", "not one array", "save exactly one array in the .npz")
        with archive.open(members[0]) as stream:
            _check_header(stream, name)
        with archive.open(members[0]) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)


def _check_header(stream: Any, name: str) -> None:
    """Refuse a size that the header of an array claims, before memory is taken for it."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"version {version} of the format")
    _check_size(name, shape)
    if math.prod(shape) * dtype.itemsize > _MAX_BYTES:
        raise refuse(name, shape, f"entries of {dtype.itemsize} bytes each", "save numbers as float64")


def _read_csv(file: Path, name: str) -> Any:
    rows, cells = [], 0
    with file.open(newline="", encoding="utf-8-sig") as stream:
        for row in csv.reader(_short_lines(stream, name)):
            stripped = [cell.strip() for cell in row]
            while stripped and not stripped[-1]:  # a comma that ends the line
                stripped.pop()
            if stripped:
                rows.append(stripped)
                cells += len(stripped)
            if cells > max(MAX_SPECTRUM, _MAX_EXACT_MATRIX**2):
                raise refuse(name, f"over {cells:,} numbers", "too large", "use a smaller d, or a float .npy file")
    if len(rows) == 1:
        return rows[0]
    return [row[0] for row in rows] if all(len(row) == 1 for row in rows) else rows


def _short_lines(stream: Any, name: str) -> Iterator[str]:
    for line in stream:
        if line.count(",") >= MAX_SPECTRUM:
            raise refuse(name, f"over {MAX_SPECTRUM:,} numbers in a line", "too large", "use a smaller d")
        yield line


def _read_json(file: Path, name: str) -> Any:
    values = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(values, list):
        raise refuse(name, values, "not a list", "write a list of numbers, or a list of rows")
    return values


_READERS: dict[str, Callable[[Path, str], Any]] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".csv": _read_csv,
    ".json": _read_json,
}

_SPECS = "use iso:D, power:D:ALPHA[:SCALE], spiked:D:SPIKE,SPIKE…[:BULK], diag:L1,L2,… or a .npy/.npz/.csv/.json file"


def parse_covariance(text: str, *, name: str = "Lambda") -> Covariance:
    """Read a covariance from a command-line word: a family such as ``power:50:1/2``, ``diag:1,1/2``, or a file.

    >>> parse_covariance("diag:1,1/2,1/3").to_list()
    ['1', '1/2', '1/3']
    """
    if not isinstance(text, str):
        raise refuse(name, text, "not text", _SPECS)
    family, _, rest = text.partition(":")
    parts = rest.split(":") if rest else []
    try:
        if family == "iso" and 1 <= len(parts) <= 2:
            return isotropic(*_words(parts))
        if family == "power" and 2 <= len(parts) <= 3:
            return power_law(*_words(parts))
        if family == "spiked" and 2 <= len(parts) <= 3:
            return spiked(_words(parts[:1])[0], parts[1].split(","), *parts[2:])
        if family == "diag" and len(parts) == 1:
            return as_covariance(parts[0].split(","), name="diag", label=text)
    except InvalidSetup as error:
        raise InvalidSetup(f"{name} = {shown(text)}: {error}") from None
    if Path(text).suffix.lower() in _READERS:
        return load_covariance(text, name=name)
    raise InvalidSetup(f"{name} = {shown(text)}: not a covariance; {_SPECS}")


def _words(parts: list[str]) -> list[Any]:
    """Return [d, further numbers…] of a family, d as an int."""
    try:
        return [int(parts[0]), *parts[1:]]
    except ValueError:
        raise refuse("d", parts[0], "not an integer", "pass the feature dimension, an integer >= 1") from None
