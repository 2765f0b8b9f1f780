"""Covariance matrices: how users state them, the named families, and files that hold them.

A covariance is kept exactly as given.  Integers, fractions and "p/q" strings stay exact rationals; a float is the
dyadic rational that it is, in every field.  A (d,) spectrum means a diagonal matrix in the basis of the problem.
"""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc._checks import MAX_MATRIX, MAX_SPECTRUM, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array, Field

_SYMMETRY_TOLERANCE = 1e-12  # relative; float files written with 13 digits or more pass
_REMEDY = "pass a (d,) spectrum or a symmetric positive definite (d, d) matrix"


@dataclass(frozen=True, eq=False)
class Covariance:
    """A validated covariance: a (d,) spectrum or a symmetric (d, d) matrix, exact or float64.

    Built by :func:`as_covariance` and the families below.  ``entries`` is read-only; its dtype is float64, or
    object with ``fractions.Fraction`` items when every number was given exactly.
    """

    entries: Array
    label: str = ""

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
            return np.vectorize(str, otypes=[object])(self.entries).tolist()  # type: ignore[no-any-return]
        return self.entries.tolist()  # type: ignore[no-any-return]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        matrix = self.entries.astype(np.float64)
        return (np.diag(matrix) if self.is_diagonal else matrix).astype(dtype or np.float64)

    def __repr__(self) -> str:
        kind = "spectrum" if self.is_diagonal else "matrix"
        name = f"{self.label!r}, " if self.label else ""
        return f"Covariance({name}d={self.d}, {kind}, {'exact' if self.is_exact else 'float64'})"


def read_numbers(name: str, value: Any) -> Array:
    """Return ``value`` as an array of float64, or of Fractions if any entry is exact (a float is then exact too)."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        if value.dtype.kind == "f":
            if value.dtype.itemsize > 8:
                raise refuse(name, value.dtype, "wider than float64", "round it to float64 or pass strings")
            bad = np.flatnonzero(~np.isfinite(value))
            if bad.size:
                raise refuse(name, value.reshape(-1)[bad[0]], "not finite", "remove NaN and inf from the data")
            return value.astype(np.float64)
        return np.asarray(np.vectorize(lambda item: Fraction(int(item)), otypes=[object])(value))
    if hasattr(value, "tolist") and not isinstance(value, np.ndarray):  # a SymPy matrix, or an array of another library
        value = value.tolist()
    try:
        source = np.array(value, dtype=object)
    except ValueError:
        raise refuse(name, value, "ragged nested lists", _REMEDY) from None
    if source.size and any(isinstance(item, list | tuple) for item in source.reshape(-1)[:1]):
        raise refuse(name, value, "ragged nested lists", _REMEDY)
    items = [number(f"{name}{[int(i) for i in index]}", source[index]) for index in np.ndindex(*source.shape)]
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
    Covariance(d=2, spectrum, exact)
    """
    if isinstance(value, Covariance):
        if not semidefinite:
            _require_definite(value.entries, name, semidefinite=False)
        return value
    shape = getattr(value, "shape", None)
    _check_size(name, shape if isinstance(shape, tuple) else _list_shape(value))
    entries = read_numbers(name, value)
    if entries.ndim == 2 and entries.shape[0] == entries.shape[1]:
        entries = _symmetric(entries, name)
    elif entries.ndim != 1:
        raise refuse(name, entries.shape, "not a vector and not a square matrix", _REMEDY)
    if entries.ndim == 2 and np.count_nonzero(entries - np.diag(np.diagonal(entries))) == 0:
        entries = np.diagonal(entries).copy()
    _require_definite(entries, name, semidefinite=semidefinite)
    entries.setflags(write=False)
    return Covariance(entries=entries, label=label)


def _list_shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    if value and isinstance(value[0], Sequence) and not isinstance(value[0], str):
        return (len(value), len(value[0]))
    return (len(value),)


def _check_size(name: str, shape: tuple[int, ...]) -> None:
    if shape and shape[0] == 0:
        raise refuse(name, shape, "empty", _REMEDY)
    if len(shape) == 1 and shape[0] > MAX_SPECTRUM:
        raise refuse(name, shape, f"more than {MAX_SPECTRUM:,} eigenvalues", "use a smaller d")
    if len(shape) == 2 and max(shape) > MAX_MATRIX:
        raise refuse(name, shape, f"larger than {MAX_MATRIX:,} × {MAX_MATRIX:,}", "pass its spectrum, or a smaller d")


def _symmetric(entries: Array, name: str) -> Array:
    gap = np.abs(entries - entries.T)
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape)
    limit = 0 if entries.dtype == object else _SYMMETRY_TOLERANCE * float(np.max(np.abs(entries)))
    if gap[worst] > limit:
        i, j = (int(index) for index in worst)
        pair = (f"[{i},{j}]={entries[i, j]}", f"[{j},{i}]={entries[j, i]}")
        raise refuse(name, " vs ".join(pair), "not symmetric", f"symmetrise it: ({name} + {name}.T)/2")
    return entries if entries.dtype == object else (entries + entries.T) / 2


def _require_definite(entries: Array, name: str, *, semidefinite: bool) -> None:
    kind = "positive semidefinite" if semidefinite else "positive definite"
    remedy = f"every eigenvalue must be {'>= 0' if semidefinite else '> 0'}: remove or regularise null directions"
    if entries.ndim == 1:
        smallest = min(entries.tolist())
        if smallest < 0 or (smallest == 0 and not semidefinite):
            raise refuse(name, str(smallest), f"an eigenvalue of a matrix that must be {kind}", remedy)
    elif entries.dtype == object:
        if not _exactly_definite(entries, semidefinite):
            raise refuse(name, f"{entries.shape} matrix", f"not {kind}", remedy)
    else:
        spectrum = np.linalg.eigvalsh(entries)
        floor = spectrum.size * np.finfo(float).eps * max(abs(spectrum[0]), abs(spectrum[-1]))
        if (spectrum[0] < -floor) if semidefinite else (spectrum[0] <= floor):
            raise refuse(name, float(spectrum[0]), f"the smallest eigenvalue of a matrix that must be {kind}", remedy)


def _exactly_definite(entries: Array, semidefinite: bool) -> bool:
    """Sylvester's criterion by exact symmetric elimination."""
    work = entries.copy()
    for k in range(work.shape[0]):
        pivot, column = work[k, k], work[k + 1 :, k]
        if pivot < 0 or (pivot == 0 and (not semidefinite or np.any(column != 0))):
            return False
        if pivot > 0:
            work[k + 1 :, k + 1 :] = work[k + 1 :, k + 1 :] - np.outer(column, column) / pivot
    return True


def _dimension(d: Any) -> int:
    return integer("d", d, minimum=1, maximum=MAX_SPECTRUM, remedy="pass the feature dimension, an integer >= 1")


def isotropic(d: int, scale: Any = 1) -> Covariance:
    """Return scale · I_d.

    >>> isotropic(3).to_list()
    ['1', '1', '1']
    """
    size = _dimension(d)
    return as_covariance([number("scale", scale)] * size, name="scale", label=f"iso:{size}")


def power_law(d: int, alpha: Any, scale: Any = 1) -> Covariance:
    """Return the spectrum λ_i = scale · i^(−alpha), i = 1 … d: exact for integer alpha, else rounded to float64 once.

    >>> power_law(3, 1).to_list()
    ['1', '1/2', '1/3']
    """
    size, exponent, factor = _dimension(d), number("alpha", alpha), number("scale", scale)
    if isinstance(exponent, Fraction) and exponent.denominator == 1 and abs(exponent) <= 64:
        values: list[Any] = [factor * Fraction(i) ** int(-exponent) for i in range(1, size + 1)]
    else:
        with np.errstate(over="ignore", under="ignore"):
            values = (float(factor) * np.arange(1, size + 1, dtype=float) ** -float(exponent)).tolist()
        if not all(0 < value < float("inf") for value in (values[0], values[-1])):
            raise refuse("alpha", alpha, f"i^(-alpha) leaves the float64 range at d = {size}", "use a smaller alpha")
    return as_covariance(values, name="scale", label=f"power:{size}:{alpha}")


def spiked(d: int, spikes: Sequence[Any], bulk: Any = 1) -> Covariance:
    """Return a spectrum of d − len(spikes) eigenvalues ``bulk`` after the given ``spikes``.

    >>> spiked(4, [10, 5]).to_list()
    ['10', '5', '1', '1']
    """
    size = _dimension(d)
    if len(spikes) > size:
        raise refuse("spikes", spikes, f"more spikes than d = {size}", "use fewer spikes or a larger d")
    values = [number("spikes", spike) for spike in spikes] + [number("bulk", bulk)] * (size - len(spikes))
    return as_covariance(values, name="spikes", label=f"spiked:{size}")


def load_covariance(path: str | Path, *, name: str = "path") -> Covariance:
    """Read a covariance from .npy, .npz (its only array), .csv or .json ("p/q" strings stay exact).

    A single row or column of a .csv is a spectrum.

    Raises
    ------
    InvalidSetup
        missing or unreadable file, unknown suffix, several arrays, or an invalid covariance.
    """
    file = Path(path)
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise refuse(name, str(path), "unknown file type", "use one of " + ", ".join(_READERS))
    if not file.is_file():
        raise refuse(name, str(path), "no such file", "check the path")
    try:
        values = reader(file)
    except InvalidSetup:
        raise
    except (OSError, ValueError, EOFError, UnicodeError, RecursionError, KeyError, SyntaxError) as error:
        reason = " ".join(str(error).split())[:100]
        raise refuse(name, str(path), f"not a readable {file.suffix} file ({reason})", "write it again") from None
    return as_covariance(values, name=f"{name} {file.name}", label=file.name)


def _read_npy(file: Path) -> Any:
    mapped = np.load(file, mmap_mode="r", allow_pickle=False)
    _check_size(str(file), mapped.shape)
    return np.array(mapped)


def _read_npz(file: Path) -> Any:
    with np.load(file, allow_pickle=False) as archive:
        names = list(archive.files)
        if len(names) != 1:
            raise refuse("path", str(file), f"holds {len(names)} arrays", "save exactly one array in the .npz")
        return archive[names[0]]


def _read_csv(file: Path) -> Any:
    with file.open(newline="", encoding="utf-8-sig") as stream:
        rows = [[cell.strip() for cell in row if cell.strip()] for row in csv.reader(stream)]
    rows = [row for row in rows if row]
    if len(rows) == 1:
        return rows[0]
    return [row[0] for row in rows] if all(len(row) == 1 for row in rows) else rows


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


_READERS: dict[str, Callable[[Path], Any]] = {
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
    family, _, rest = text.partition(":")
    parts = rest.split(":") if rest else []
    if family == "iso" and 1 <= len(parts) <= 2:
        return isotropic(*_words(name, text, parts))
    if family == "power" and 2 <= len(parts) <= 3:
        return power_law(*_words(name, text, parts))
    if family == "spiked" and 2 <= len(parts) <= 3:
        return spiked(_words(name, text, parts[:1])[0], parts[1].split(","), *parts[2:])
    if family == "diag" and len(parts) == 1:
        return as_covariance([cell for cell in parts[0].split(",") if cell], name=name, label=text)
    if Path(text).suffix.lower() in _READERS:
        return load_covariance(text, name=name)
    raise InvalidSetup(f"{name} = {shown(text)}: not a covariance; {_SPECS}")


def _words(name: str, text: str, parts: list[str]) -> list[Any]:
    """Return [d, further numbers…] of a family, d as an int."""
    try:
        return [int(parts[0]), *parts[1:]]
    except ValueError:
        raise refuse(name, text, f"d = {parts[0]!r} is not an integer", _SPECS) from None
