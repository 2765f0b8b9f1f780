"""Covariances from files: .npy, .npz, .csv and .json."""

import csv
import json
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc._checks import MAX_SPECTRUM, refuse
from theorycalc.exceptions import InvalidSetup
from theorycalc.spectra.covariance import MAX_EXACT_MATRIX, Covariance, as_covariance, check_size

_MAX_TEXT, _MAX_BYTES = 2**27, 2**30  # of a file


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
    check_size(name, shape)
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
            if cells > max(MAX_SPECTRUM, MAX_EXACT_MATRIX**2):
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

SUFFIXES = tuple(_READERS)
