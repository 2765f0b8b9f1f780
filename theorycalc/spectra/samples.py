"""Covariances estimated from samples, in one or two passes over rows that need not fit in memory."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc._checks import choice, refuse
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import Array
from theorycalc.spectra.covariance import Covariance, as_covariance, check_size

METHODS = ("empirical", "ledoit-wolf", "oas")
_CHUNK = 2**21  # numbers read at a time: 16 MiB of float64
_ROWS = "pass an (N, d) array with a sample in each row"
_MOST_GROUP_NUMBERS = 2**26  # of all moment matrices of groups: 512 MiB
_FEWEST_GROUPS = 30

Progress = Callable[[int, int], object]


def covariance_from_samples(
    X: Any,
    *,
    method: str = "empirical",
    assume_centered: bool = False,
    name: str = "X",
    progress: Progress | None = None,
) -> Covariance:
    """Return the covariance of samples: S = (1/N) Σ (x_i − x̄)(x_i − x̄)ᵀ, or S shrunk towards μI, μ = tr S/d.

    - "empirical": S;
    - "ledoit-wolf": (1 − ρ) S + ρ μ I with ρ = min(1, β/δ), δ = ‖S − μI‖_F², β = (1/N²) Σ ‖x_i x_iᵀ − S‖_F²;
    - "oas": the same with ρ = min(1, (tr S²/d² + μ²)/((N + 1)(tr S²/d² − μ²/d))), the oracle's approximation for
      normal samples.

    Parameters
    ----------
    X : (N, d) numbers, one sample in each row, N >= 2: an array, memory-mapped or not, or the path of a .npy or .csv
        file
    method : "empirical", "ledoit-wolf" or "oas"
    assume_centered : take x̄ = 0, as the model does, instead of the mean of the samples
    name : the argument's name in error messages
    progress : called with (rows done, rows in all passes) as rows are read

    Returns
    -------
    Covariance
        float64, positive definite

    Raises
    ------
    InvalidSetup
        for no matrix, NaN or inf, or a singular S ("empirical" with N <= d, or a constant feature).

    Files are read in pieces of 16 MiB: once, and a second time for "ledoit-wolf".
    Cost: O(N d²), memory O(d²).
    Source: Ledoit and Wolf, J. Multivariate Anal. 88 (2004); Chen, Wiesel, Eldar and Hero, IEEE Trans. Signal Process.
    58 (2010), in the form of scikit-learn, whose numbers these are.

    Examples
    --------
    Two samples on each axis at ±1: S = ½ I.

    >>> covariance_from_samples([[1, 0], [-1, 0], [0, 1], [0, -1]]).to_list()
    [0.5, 0.5]
    """
    kind = choice("method", method, METHODS)
    rows = Samples.of(X, name=name)
    moments = gathered(rows, assume_centered=assume_centered, fourth=kind == "ledoit-wolf", progress=progress)
    return moments.covariance(kind, name=name)


@dataclass(frozen=True)
class Samples:
    """Rows of numbers that are read in pieces, as often as needed."""

    count: int
    d: int
    pieces: Callable[[], Iterator[Array]]  # of (rows, d) float64
    label: str = ""

    @classmethod
    def of(cls, X: Any, *, name: str = "X") -> "Samples":
        """Return samples given as an array, or as the path of a .npy or .csv file."""
        if isinstance(X, Samples):
            return X
        if isinstance(X, str | Path):
            return _of_file(Path(X), name)
        if isinstance(X, np.ma.MaskedArray):
            raise refuse(name, X, "a masked array", "fill or drop its masked entries")
        try:
            array = X if isinstance(X, np.ndarray) else np.asarray(X, dtype=float)
        except (TypeError, ValueError):
            raise refuse(name, X, "not a matrix of numbers", _ROWS) from None
        return _of_array(array, name)


def _of_array(array: Array, name: str, label: str = "") -> Samples:
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        problem = f"dtype {array.dtype}" if array.ndim == 2 else "not a matrix"
        raise refuse(name, array.shape, problem, _ROWS)
    count, d = array.shape
    if count < 2 or d < 1:
        raise refuse(name, array.shape, "fewer than 2 samples" if d else "no feature", _ROWS)
    check_size(name, (d, d))
    step = max(1, _CHUNK // d)

    def pieces() -> Iterator[Array]:
        for first in range(0, count, step):
            yield _finite(np.array(array[first : first + step], dtype=np.float64), name, first)

    return Samples(count=count, d=d, pieces=pieces, label=label)


def _finite(rows: Array, name: str, first: int) -> Array:
    if not np.isfinite(rows).all():
        i, j = (int(index) for index in np.argwhere(~np.isfinite(rows))[0])
        raise refuse(f"{name}[{first + i},{j}]", rows[i, j], "not finite", "remove NaN and inf from the data")
    return rows


def _of_file(path: Path, name: str) -> Samples:
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".csv"):
        raise refuse(name, str(path), "unknown file type for samples", "use a .npy or .csv file of one sample per row")
    try:
        if not path.is_file():
            raise refuse(name, str(path), "no such file", "check the path")
        if suffix == ".npy":
            return _of_array(np.load(path, mmap_mode="r", allow_pickle=False), f"{name} {path.name}", path.name)
        return _of_csv(path, f"{name} {path.name}")
    except InvalidSetup:
        raise
    except (OSError, ValueError, EOFError, csv.Error) as error:
        reason = " ".join(str(error).split())[:100]
        raise refuse(name, str(path), f"not a readable {suffix} file ({reason})", "write it again") from None


def _of_csv(path: Path, name: str) -> Samples:
    """A first line that holds no number is a header."""
    header = False
    count = d = 0
    with path.open(newline="", encoding="utf-8-sig") as stream:
        for row in csv.reader(stream):
            if not row:
                continue
            if not count and not header and not any(map(_is_number, row)):
                header = True
                continue
            d = d or len(row)
            count += 1
            if len(row) != d:
                raise refuse(name, f"row {count}", f"{len(row)} numbers, not {d}", _ROWS)
    if count < 2:
        raise refuse(name, (count, d), "fewer than 2 samples", _ROWS)
    check_size(name, (d, d))
    step = max(1, _CHUNK // d)

    def pieces() -> Iterator[Array]:
        first, rows = 0, []
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = (row for row in csv.reader(stream) if row)
            if header:
                next(lines)
            for row in lines:
                rows.append(row)
                if len(rows) == step:
                    yield _numbers(rows, name, first)
                    first, rows = first + step, []
        if rows:
            yield _numbers(rows, name, first)

    return Samples(count=count, d=d, pieces=pieces, label=path.name)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(rows: list[list[str]], name: str, first: int) -> Array:
    try:
        values = np.array(rows, dtype=np.float64)
    except ValueError:
        i, j = next((i, j) for i, row in enumerate(rows) for j, cell in enumerate(row) if not _is_number(cell))
        raise refuse(f"{name}[{first + i},{j}]", rows[i][j], "not a number", _ROWS) from None
    return _finite(values, name, first)


@dataclass(frozen=True)
class Moments:
    """Sums over samples about a point c: N, Σ (x − c), Σ (x − c)(x − c)ᵀ, and Σ ‖x − x̄‖⁴.

    With a first axis of groups where samples were dealt to groups.
    """

    count: Array  # () or (groups,)
    first: Array  # (d,) or (groups, d)
    second: Array  # (d, d) or (groups, d, d)
    fourth: Array  # () or (groups,); 0 unless it was asked for
    centred: bool  # about the mean

    def resampled(self, counts: Array) -> "Moments":
        """Return the moments of the samples in which group g is there ``counts[g]`` times."""
        return Moments(
            count=np.asarray(counts @ self.count),
            first=counts @ self.first,
            second=np.tensordot(counts, self.second, axes=1),
            fourth=np.asarray(counts @ self.fourth),
            centred=self.centred,
        )

    def matrix(self, method: str = "empirical") -> Array:
        """Return the estimate, (d, d), which may be singular."""
        S = self._plain()
        rho = _shrinkage(S, float(self.count), float(self.fourth), method)
        if rho > 0:
            mu = float(np.trace(S)) / len(S)
            S = (1 - rho) * S
            S[np.diag_indices(len(S))] += rho * mu
        return S

    def _plain(self) -> Array:
        """S, (d, d)."""
        S = self.second / self.count
        if self.centred:
            shift = self.first / self.count
            S = S - np.outer(shift, shift)
        return np.asarray((S + S.T) / 2)

    def covariance(self, method: str, *, name: str) -> Covariance:
        """Return the estimate, or refuse a singular one."""
        with np.errstate(over="ignore", invalid="ignore"):
            S = self.matrix(method)
        d, N = len(S), int(self.count)
        if not np.isfinite(S).all():
            raise refuse(name, (N, d), "squares leave the float64 range", "rescale the samples")
        try:
            return as_covariance(S, name=name, label=f"{method} of {N:,} samples")
        except InvalidSetup as error:
            spectrum = np.linalg.eigvalsh(S)
            if not (np.isfinite(spectrum).all() and spectrum[0] <= d * 2.0**-40 * max(spectrum[-1], 0.0)):
                raise
            problem = "its covariance is singular"
            zero = [str(j) for j in np.flatnonzero(np.diagonal(S) <= 0)]
            if zero:
                listed = ", ".join(zero[:5]) + " …" * (len(zero) > 5)
                problem += f", as {len(zero)} of its features are constant (column {listed})"
            elif d >= N:
                problem += ", as it has no more samples than features"
            remedy = 'use method="ledoit-wolf" or "oas", more samples, or drop dependent features'
            raise refuse(name, (N, d), problem, remedy) from error


def _shrinkage(S: Array, N: float, fourth: float, method: str) -> float:
    d = len(S)
    mu = float(np.trace(S)) / d
    square = float(np.sum(S * S))
    if method == "empirical" or d == 1:
        return 0.0
    if method == "oas":
        numerator, denominator = square / d**2 + mu * mu, (N + 1) * (square / d**2 - mu * mu / d)
        return 1.0 if denominator <= 0 else min(1.0, numerator / denominator)
    delta = square - d * mu * mu
    beta = min((fourth / N - square) / N, delta)
    return 0.0 if beta <= 0 else beta / delta


def gathered(
    rows: Samples,
    *,
    assume_centered: bool = False,
    fourth: bool = False,
    groups: int = 0,
    progress: Progress | None = None,
) -> Moments:
    """Read samples and return their moments; with ``groups`` those of rows i ≡ g, for each remainder g."""
    passes = 2 if fourth and not assume_centered else 1
    total, done, start = passes * rows.count, 0, 0
    shape: tuple[int, ...] = (groups,) if groups else ()
    count, first = np.zeros(shape), np.zeros((*shape, rows.d))
    second, quartic = np.zeros((*shape, rows.d, rows.d)), np.zeros(shape)
    centre = np.zeros(rows.d)
    with np.errstate(over="ignore", invalid="ignore"):
        for piece in rows.pieces():
            if not start and not assume_centered:
                centre = piece.mean(axis=0)
            for place, part in _dealt(piece - centre, start, groups):
                count[place] += len(part)
                first[place] += part.sum(axis=0)
                second[place] += part.T @ part
                if fourth and assume_centered:
                    quartic[place] += _quartic(part)
            start += len(piece)
            done += len(piece)
            _tell(progress, done, total)
        if passes == 2:
            mean, start = centre + first.reshape(-1, rows.d).sum(axis=0) / rows.count, 0
            for piece in rows.pieces():
                for place, part in _dealt(piece - mean, start, groups):
                    quartic[place] += _quartic(part)
                start += len(piece)
                done += len(piece)
                _tell(progress, done, total)
    return Moments(count=count, first=first, second=second, fourth=quartic, centred=not assume_centered)


def _dealt(piece: Array, start: int, groups: int) -> Iterator[tuple[Any, Array]]:
    """The rows of each group, of a piece whose first row has number ``start``."""
    if not groups:
        yield (), piece
        return
    for g in range(groups):
        yield g, piece[(g - start) % groups :: groups]


def group_count(rows: Samples, *, most: int, name: str) -> int:
    """Return into how many groups samples are dealt: every row its own if that fits in memory, else ``most``.

    Raises
    ------
    InvalidSetup
        when fewer than 30 moment matrices fit in 512 MiB.
    """
    groups = min(rows.count, most, _MOST_GROUP_NUMBERS // rows.d**2)
    if groups < min(rows.count, _FEWEST_GROUPS):
        raise refuse(
            name, (rows.count, rows.d), f"too large for a bootstrap of {_FEWEST_GROUPS} groups", "use a smaller d"
        )
    return groups


def _quartic(rows: Array) -> float:
    squares = np.einsum("ij,ij->i", rows, rows)
    return float(squares @ squares)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
