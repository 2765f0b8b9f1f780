"""Symmetric pencils (F, G), G ≻ 0: how many x solve det(F − xG) = 0 on either side of a number, and where they lie.

By Sylvester's law xG − F has as many negative eigenvalues as the pencil has eigenvalues above x.  They are counted in
rational arithmetic, so that a question such as "is Σ ⪯ 2Γ?" has an exact answer.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified, NotConverged, OutsideRegime
from theorycalc.fields import (
    BALL,
    F64,
    Array,
    Ball,
    BeyondFloat64,
    Field,
    as_fraction,
    ball_product,
    negative_eigenvalues,
)

_MOST_EXACT = 150  # rows up to which a characteristic polynomial is the fastest certificate
_MOST_ROWS = 400
_BALL_BITS = (96, 384)
_MOST_ITERATIONS = 60
_RESIDUAL_BITS = 160
_UNIT = 2.0**-53


@dataclass(frozen=True)
class Inertia:
    """How many eigenvalues of a symmetric matrix are negative, 0 and positive."""

    negative: int
    zero: int
    positive: int


def rationals(values: Any) -> Array:
    """Return an array of numbers exactly, as Fractions."""
    source = np.asarray(values, dtype=object)
    result = np.empty(source.shape, dtype=object)
    result.reshape(-1)[:] = [as_fraction(x) for x in source.reshape(-1)]
    return result


def inertia(matrix: Array) -> Inertia:
    """Return the inertia of a symmetric (d, d) matrix of Fractions, exactly.

    Raises
    ------
    OutsideRegime
        for more than 400 rows.
    NotCertified
        for more than 150 rows if balls cannot tell the sign of a pivot.

    Cost: O(d³) operations, on rationals up to 150 rows and on balls beyond: 0.02 s at d = 50, 0.3 s at d = 100.

    >>> inertia(rationals([[0, 2], [2, 3]]))
    Inertia(negative=1, zero=0, positive=1)
    """
    rows = len(matrix)
    require_rows(rows)
    if rows > _MOST_EXACT:
        return _by_elimination(matrix)
    negative, zero = negative_eigenvalues(matrix)
    return Inertia(negative, zero, rows - negative - zero)


def require_rows(rows: int) -> None:
    """Refuse a matrix for which exact decisions would take minutes."""
    if rows > _MOST_ROWS:
        raise OutsideRegime(
            f"d = {rows}: exact decisions on full matrices stop at d = {_MOST_ROWS}; pass spectra, or a smaller d"
        )


def _by_elimination(matrix: Array) -> Inertia:
    """Count the signs of the pivots (Sylvester), in balls that are certain of each."""
    for bits in _BALL_BITS:
        field = BALL(bits)
        with field.working():
            work, signs = field.array(matrix), []
            for k in range(len(work)):
                pivot, column = work[k, k], work[k + 1 :, k]
                if not (pivot > 0 or pivot < 0):
                    break
                signs.append(bool(pivot > 0))
                work[k + 1 :, k + 1 :] = work[k + 1 :, k + 1 :] - np.outer(column / pivot, column)
            if len(signs) == len(work):
                return Inertia(signs.count(False), 0, signs.count(True))
    raise NotCertified(
        f"d = {len(matrix)}: {_BALL_BITS[-1]} bits do not tell the sign of a pivot; perturb the problem, or use d <= "
        f"{_MOST_EXACT}"
    )


def above(F: Array, G: Array, x: Fraction) -> int:
    """Return how many eigenvalues of the pencil (F, G) exceed x."""
    return inertia(x * G - F).negative


@dataclass(frozen=True)
class Congruence:
    """XᵀGX = I + E and XᵀFX = D + H with float64 X, D diagonal and ascending, ‖E‖ and ‖H‖ bounded."""

    X: Array  # (d, d)
    D: list[Fraction]
    E: Fraction
    H: Fraction

    def eigenvalues(self) -> list[Ball]:
        """Return enclosures of the eigenvalues of (F, G), ascending.

        The i-th is that of D + H, which Weyl puts within ‖H‖ of D_ii, divided by a number within ‖E‖ of 1 (Ostrowski).
        """
        balls = []
        for value in self.D:
            low, high = value - self.H, value + self.H
            low = low / (1 + self.E if low > 0 else 1 - self.E)
            high = high / (1 - self.E if high > 0 else 1 + self.E)
            balls.append(Ball((low + high) / 2, (high - low) / 2))
        return balls

    @property
    def perturbation(self) -> Fraction:
        """Return a bound of ‖X⁻¹G⁻¹FX − D‖."""
        largest = max(abs(value) for value in self.D)
        return (self.E * largest + self.H) / (1 - self.E)


def congruence(F: Array, G: Array) -> Congruence:
    """Return nearly orthonormal eigenvectors of (F, G), with proved bounds of what they miss.

    Raises
    ------
    NotCertified
        if float64 eigenvectors are too poor for any enclosure.

    Cost: O(d³).
    """
    X = _eigenvectors(F, G)
    field = BALL(_RESIDUAL_BITS)
    with field.working():
        return _congruence(field.array(F), field.array(G), X, field)


def enclosed_eigenvalues(F: Array, G: Array) -> tuple[list[Ball], Array]:
    """Return enclosures of all eigenvalues of (F, G), ascending, and float64 eigenvectors X, (d, d), XᵀGX ≈ I.

    Raises
    ------
    NotCertified
        if float64 eigenvectors are too poor for any enclosure.

    Cost: O(d³).  Source: Horn and Johnson, Matrix Analysis, 2nd ed., Theorems 4.3.1 and 4.5.9.

    >>> found, _ = enclosed_eigenvalues(rationals([[2, 0], [0, 9]]), rationals([[1, 0], [0, 3]]))
    >>> 2 in found[0], 3 in found[1], found[1].rad < Fraction(1, 10**14)
    (True, True, True)
    """
    found = congruence(F, G)
    return found.eigenvalues(), found.X


def enclosed_symmetric(F: Array, field: Field) -> list[Ball]:
    """Return enclosures of all eigenvalues, ascending, of a symmetric matrix of balls; inside ``field.working()``."""
    middle = np.array([[float(x) for x in row] for row in F])
    unit = float(np.max(np.abs(middle))) or 1.0
    X = np.linalg.eigh((middle + middle.T) / (2 * unit))[1]
    return _congruence(F, field.array(np.eye(len(F), dtype=int)), X, field).eigenvalues()


def _congruence(F: Array, G: Array, X: Array, field: Field) -> Congruence:
    basis = field.array(X)
    left, right = (ball_product(ball_product(basis.T.copy(), matrix), basis) for matrix in (F, G))
    diagonal = np.diag_indices(len(X))
    middle = [field.public(x).mid for x in left[diagonal]]
    left[diagonal] = left[diagonal] - field.array(middle)
    right[diagonal] = right[diagonal] - field.number(1)
    H, E = (_norm_bound(matrix, field) for matrix in (left, right))
    if 2 * E >= 1:
        raise NotCertified("float64 eigenvectors are too poor to enclose the eigenvalues of Γ⁻¹Σ: rescale the problem")
    order = sorted(range(len(middle)), key=middle.__getitem__)
    return Congruence(X[:, order], [middle[i] for i in order], E, H)


def _eigenvectors(F: Array, G: Array) -> Array:
    """Return float64 X with XᵀGX ≈ I and XᵀFX nearly diagonal, scaled so that nothing overflows."""
    from scipy.linalg import LinAlgError, eigh

    try:
        units = [max(abs(x) for x in matrix.reshape(-1)) for matrix in (F, G)]
        scales = [Fraction(2) ** (unit.numerator.bit_length() - unit.denominator.bit_length()) for unit in units]
        f, g = (F64.array(matrix / scale) for matrix, scale in zip((F, G), scales, strict=True))
        _, X = eigh((f + f.T) / 2, (g + g.T) / 2)
        root = np.sqrt(float(scales[1]))
    except (LinAlgError, OverflowError, BeyondFloat64):
        raise NotCertified("Γ is singular to float64 precision: rescale or regularise the problem") from None
    found: Array = np.asarray(X) / root
    if not np.all(np.isfinite(found)):
        raise NotCertified("eigenvectors of Γ⁻¹Σ leave the float64 range: rescale the problem")
    return np.asarray(found)


def _norm_bound(matrix: Array, field: Field) -> Fraction:
    """Return an upper bound of the spectral norm of a symmetric matrix of balls: its largest absolute row sum."""
    return Fraction(max(field.public(np.abs(row).sum()).upper for row in matrix))


def largest_eigenvalue_of(F: Array, G: Array, *, bits: int = 64) -> Ball:
    """Return an enclosure of the largest eigenvalue of (F, G), of a radius of 2^−bits relative to its size.

    A Rayleigh quotient iteration proposes it; two exact counts prove it.

    Raises
    ------
    NotCertified
        if the proposal is not confirmed.

    Cost: a few O(d³) operations on numbers of a few times ``bits`` bits.

    >>> 7 in largest_eigenvalue_of(rationals([[7, 0], [0, 2]]), rationals([[1, 0], [0, 1]]), bits=200)
    True
    """
    balls, X = enclosed_eigenvalues(F, G)
    top = balls[-1]
    unit = max(abs(top.lower), abs(top.upper))
    reach = unit / 2 ** (bits + 2)
    if top.rad <= 4 * reach:
        return top
    field = BALL(4 * bits + 64)
    with field.working():
        first, second, v = field.array(F), field.array(G), field.array(X[:, -1:])
        for _ in range(_MOST_ITERATIONS):
            weight = ball_product(second, v)
            quotient = field.public((v * ball_product(first, v)).sum() / (v * weight).sum()).mid
            value = round(quotient / reach * 2**8) * reach / 2**8
            if above(F, G, value + reach) == 0 and above(F, G, value - reach) > 0:
                return Ball(value, reach)
            try:
                v = ball_product(field.inverse(first - field.number(value) * second), weight)
            except NotConverged:  # an eigenvalue to the last digit, and yet not the largest
                break
            v = field.array([[field.public(x).mid] for x in v[:, 0]])
            v = v / max(abs(x) for x in v[:, 0])
            v = field.array([[field.public(x).mid] for x in v[:, 0]])
    return _bisected(F, G, top, 4 * reach)


def _bisected(F: Array, G: Array, start: Ball, width: Fraction) -> Ball:
    """Halve an enclosure of the largest eigenvalue by exact counts, down to ``width``."""
    low, high = start.lower, start.upper
    while high - low > width:
        middle = (low + high) / 2
        low, high = (middle, high) if above(F, G, middle) else (low, middle)
    return Ball((low + high) / 2, (high - low) / 2)


def proved_below(H: Array, x: float, *, terms: int = 1) -> bool:
    """Whether every eigenvalue of a symmetric float64 matrix is proved to be below x: xI − H ≻ 0.

    A Cholesky factorisation succeeds with more subtracted from the diagonal than it can have rounded; ``terms`` is how
    many products each entry of H was summed from, in float64.  Source: Rump, BIT 46 (2006), Theorem 2.3.

    >>> H = np.array([[2.0, 1.0], [1.0, 2.0]])  # 1 and 3
    >>> proved_below(H, 3.0000001), proved_below(H, 3.0)
    (True, False)
    """
    d = len(H)
    matrix = np.diag(np.full(d, x)) - H
    matrix[np.diag_indices(d)] -= 4 * (d + terms + 2) * _UNIT * d * (abs(x) + float(np.max(np.abs(H))))
    try:
        np.linalg.cholesky((matrix + matrix.T) / 2)
    except np.linalg.LinAlgError:
        return False
    return True
