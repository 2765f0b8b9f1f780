"""Number fields: float64, arbitrary precision, rigorous balls and exact rationals run the same formula.

A field turns numbers into its own scalars (:meth:`Field.array`), hands out the few operations that are not
plain arithmetic (square root, matrix inverse) and turns scalars back into public numbers (:meth:`Field.public`):

============  =====================  ===============  ==========================
field         scalars inside         public numbers   what a result is
============  =====================  ===============  ==========================
``F64``       numpy float64          ``float``        rounded, with an error estimate
``MP(dps)``   mpmath, own context    ``mpmath.mpf``   rounded, with an error estimate
``BALL(b)``   python-flint ``arb``   ``Ball``         a proved enclosure
``EXACT``     python-flint ``fmpq``  ``Fraction``     exact
============  =====================  ===============  ==========================

Precision is local.  mpmath numbers belong to a context of their own; ball precision is process state of
python-flint, so ball arithmetic runs inside :meth:`Field.working`, which sets it under a lock and restores it.
This module is the only one that imports python-flint.
"""

import itertools
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Protocol

import flint
import numpy as np
from numpy.typing import NDArray

from theorycalc._checks import integer, shown
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime

Array = NDArray[Any]
_BALL_LOCK = threading.RLock()
_MOST_CONTEXTS = 64
_MAX_BITS = 1_000_000


class BeyondFloat64(NotConverged, OverflowError):
    """A number of the problem does not fit F64."""


@dataclass(frozen=True, repr=False)
class Ball:
    """A rigorous enclosure: the true value lies in [mid − rad, mid + rad].

    >>> third = BALL(64).public(BALL(64).number("1/3"))
    >>> Fraction(1, 3) in third, third.rad < Fraction(1, 10**18)
    (True, True)
    """

    mid: Fraction
    rad: Fraction

    @property
    def lower(self) -> Fraction:
        """mid − rad, exactly."""
        return self.mid - self.rad

    @property
    def upper(self) -> Fraction:
        """mid + rad, exactly."""
        return self.mid + self.rad

    def __contains__(self, value: Fraction | int | float) -> bool:
        return self.lower <= as_fraction(value) <= self.upper

    def __float__(self) -> float:
        return float(self.mid)

    def __repr__(self) -> str:
        return f"Ball({self})"

    def __str__(self) -> str:
        bits = 64
        if self.rad and self.mid:
            ratio = abs(self.mid) / self.rad
            bits += ratio.numerator.bit_length() - ratio.denominator.bit_length()
        with BALL(min(max(64, bits), _MAX_BITS)).working():
            ball = flint.arb(_fmpq(self.mid), flint.arb(_fmpq(self.rad)).upper())
            return str(ball.str(max(3, int(bits * math.log10(2)) - 15)))


class Field(Protocol):
    """What a formula may ask of its number field; arrays are numpy arrays of the field's scalars."""

    @property
    def name(self) -> str:
        """Display name, such as ``BALL(200)``."""

    @property
    def dtype(self) -> Any:
        """dtype of the field's arrays: float64 or object."""

    def number(self, value: Any) -> Any:
        """Return the scalar for an int, Fraction, float, "p/q" string or mpf (floats are taken as they are)."""

    def array(self, values: Any) -> Array:
        """Return an array of scalars of the same shape."""

    def sqrt(self, values: Array) -> Array:
        """Return elementwise square roots; EXACT raises OutsideRegime."""

    def inverse(self, matrix: Array) -> Array:
        """Return the inverse of a (d, d) matrix."""

    def public(self, value: Any) -> Any:
        """Return the public number for a scalar."""

    def working(self) -> Any:
        """Return the context inside which this field's arithmetic must run."""


def as_fraction(value: Any) -> Fraction:
    """Return any finite real number of the four fields exactly (the midpoint, for a ball)."""
    if isinstance(value, Ball):
        return value.mid
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, flint.fmpq):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, flint.fmpz):
        return Fraction(int(value))
    mpf = getattr(value, "_mpf_", None)
    if mpf is not None:
        sign, man, exp, _ = mpf
        if not man and exp:
            raise NotConverged("a multiprecision number is not finite")
        magnitude = Fraction(int(man)) * Fraction(2) ** int(exp)
        return -magnitude if sign else magnitude
    return Fraction(value)


def digits(value: Fraction) -> str:
    """Return "p/q" or "p", also where Python refuses to print so many digits."""
    return str(_fmpq(value))


def read_digits(text: str) -> Fraction:
    """Return the number that :func:`digits` wrote, also where Python refuses to read so many digits.

    >>> read_digits("-1/3")
    Fraction(-1, 3)
    """
    top, _, bottom = text.partition("/")
    return Fraction(int(flint.fmpz(top)), int(flint.fmpz(bottom or "1")))


def as_public(value: Any) -> Any:
    """Return the public number that a scalar of any field is, without rounding; everything else as it is."""
    if isinstance(value, flint.arb):
        return Ball(_dyadic(value.mid().man_exp()), _dyadic(value.rad().man_exp()))
    if isinstance(value, flint.fmpq):
        return as_fraction(value)
    if hasattr(value, "_mpf_"):
        import mpmath

        return mpmath.mp.make_mpf(value._mpf_)
    return value


def as_scalars(values: Array, field: "Field") -> Array:
    """Return the scalars of ``field`` whose public numbers these are, without rounding; scalars stay as they are.

    >>> third = BALL(64).array(["1/3"])
    >>> again = as_scalars(np.array([as_public(third[0])], dtype=object), BALL(64))
    >>> again[0].rad() == third[0].rad(), again[0].mid() == third[0].mid()
    (True, True)
    """
    if field is F64:
        return values
    if isinstance(field, _Balls):
        return _object_array(values, lambda value: _exact_ball(value) if isinstance(value, Ball) else value)
    if isinstance(field, _Multiprecision):
        context = _mp_context(field.dps)
        return _object_array(
            values, lambda value: value if type(value) is context.mpf else context.make_mpf(value._mpf_)
        )
    return _object_array(values, lambda value: _fmpq(value) if isinstance(value, Fraction) else value)


def _exact_ball(ball: Ball) -> flint.arb:
    """The arb with this midpoint and radius; python-flint rounds radii of 30 bits up, unless half a unit is missing."""
    mid, rad = (_mantissa_exponent(part) for part in (ball.mid, ball.rad))
    shift = 30 - rad[0].bit_length()
    radius = (2 * (rad[0] << shift) - 1, rad[1] - shift - 1) if rad[0] and shift >= 0 else rad
    found = flint.arb(mid, radius)
    if _dyadic(found.rad().man_exp()) != ball.rad or _dyadic(found.mid().man_exp()) != ball.mid:
        raise InvalidSetup(f"ball = {shown(str(ball))}: no ball of python-flint: its radius has more than 30 bits")
    return found


def _mantissa_exponent(value: Fraction) -> tuple[int, int]:
    if value.denominator & (value.denominator - 1):
        raise InvalidSetup(f"ball = {shown(value)}: no dyadic number; pass midpoint and radius with denominator 2^k")
    zeros = (value.numerator & -value.numerator).bit_length() - 1 if value else 0
    return value.numerator >> zeros, zeros - value.denominator.bit_length() + 1


def is_definite(matrix: Array, *, semidefinite: bool) -> bool:
    """Whether a symmetric (d, d) matrix of rationals is positive (semi)definite, exactly.

    All roots of its characteristic polynomial are real, so they are positive iff its coefficients alternate in sign.
    """
    coefficients = flint.fmpq_mat([[_fmpq(x) for x in row] for row in matrix]).charpoly().coeffs()
    signs = [c if (len(coefficients) - 1 - j) % 2 == 0 else -c for j, c in enumerate(coefficients)]
    return all(s >= 0 for s in signs) if semidefinite else all(s > 0 for s in signs)


def reduced_rows(matrix: Array) -> tuple[Array, list[int]]:
    """Return the nonzero rows of the reduced row echelon form of a matrix of EXACT scalars, and their pivot columns.

    >>> echelon, pivots = reduced_rows(EXACT.array([[1, 2, 3], [2, 4, 7]]))
    >>> print(*echelon[0], pivots)
    1 2 0 [0, 2]
    """
    form, rank = flint.fmpq_mat(np.asarray(matrix).tolist()).rref()
    table = np.array(form.table(), dtype=object).reshape(np.shape(matrix))[: int(rank)]
    return table, [next(j for j, value in enumerate(row) if value != 0) for row in table]


def rational_product(left: Array, right: Array) -> Array:
    """Return the product of two matrices of EXACT scalars: over common denominators, not entry by entry.

    >>> print(*rational_product(EXACT.array([["1/2", 1]]), EXACT.array([[2], ["1/3"]]))[0])
    4/3
    """
    product = flint.fmpq_mat(left.tolist()) * flint.fmpq_mat(right.tolist())
    return np.array(product.table(), dtype=object).reshape(left.shape[0], right.shape[1])


def rational_solution(matrix: Array, right: Array) -> Array:
    """Return x with matrix · x = right over EXACT scalars; ZeroDivisionError if the matrix is singular.

    >>> print(*rational_solution(EXACT.array([[2, 1], [1, 1]]), EXACT.array([1, "1/2"])))
    1/2 0
    """
    column = flint.fmpq_mat([[value] for value in right])
    found = flint.fmpq_mat(matrix.tolist()).solve(column)
    return np.array(found.table(), dtype=object).reshape(len(right))


def negative_eigenvalues(matrix: Array) -> tuple[int, int]:
    """Return how many eigenvalues of a symmetric (d, d) matrix of rationals are negative, and how many are 0, exactly.

    All roots of its characteristic polynomial are real, so Descartes' rule of signs counts them without error.

    >>> negative_eigenvalues(np.array([[0, 2], [2, 3]])), negative_eigenvalues(np.array([[1, 1], [1, 1]]))
    ((1, 0), (0, 1))
    """
    coefficients = flint.fmpq_mat([[_fmpq(x) for x in row] for row in matrix]).charpoly().coeffs()
    zeros = next(j for j, c in enumerate(coefficients) if c != 0)
    signs = [(c > 0) == (j % 2 == 0) for j, c in enumerate(coefficients) if c != 0]
    return sum(now != later for now, later in itertools.pairwise(signs)), zeros


def independent_rows(matrix: Array) -> Array:
    """Return rows of rationals that span the rows of a matrix of rationals and are independent: its echelon form.

    >>> independent_rows(np.array([[2, 4], [1, 2]])).tolist()
    [[Fraction(1, 1), Fraction(2, 1)]]
    """
    reduced, rank = flint.fmpq_mat([[_fmpq(x) for x in row] for row in matrix]).rref()
    rows = [[as_fraction(x) for x in row] for row in reduced.table()[:rank]]
    return _object_array(rows, as_fraction).reshape(rank, matrix.shape[1])


def ball_product(left: Array, right: Array) -> Array:
    """Return the product of two matrices of balls, as ``left @ right`` but faster; inside the working context.

    >>> with BALL(64).working():
    ...     print(float(ball_product(BALL(64).array([[1, 2]]), BALL(64).array([[3], [4]]))[0, 0]))
    11.0
    """
    return np.array((flint.arb_mat(left.tolist()) * flint.arb_mat(right.tolist())).tolist(), dtype=object)


def ball_determinant(matrix: Array) -> Any:
    """Return the determinant of a (d, d) matrix of balls, inside the working context.

    >>> with BALL(64).working():
    ...     print(float(ball_determinant(BALL(64).array([[1, 2], [3, 5]]))))
    -1.0
    """
    return flint.arb_mat(matrix.tolist()).det()


def integer_power(x: Any, exponent: int) -> Any:
    """Return xⁿ, n >= 0, by repeated squaring, for a scalar of any field.

    python-flint's ** has no answer (NaN) for a ball whose midpoint is exactly 0.

    >>> with BALL(64).working():
    ...     about_zero = BALL(64).number("1/10").union(BALL(64).number("-1/10"))
    ...     print(BALL(64).public(integer_power(about_zero, 2)).upper < Fraction(11, 1000))
    True
    """
    result = x * 0 + 1
    while exponent:
        if exponent & 1:
            result = result * x
        exponent >>= 1
        if exponent:
            x = x * x
    return result


def ball_exp(x: Any) -> Any:
    """Return eˣ for a scalar of BALL, inside its working context."""
    return x.exp()


def ball_erfc(x: Any) -> Any:
    """Return the complementary error function for a scalar of BALL, inside its working context."""
    return x.erfc()


def ball_gamma(a: Any, x: Any = None) -> Any:
    """Return Γ(a), or given x the regularised lower incomplete P(a, x), for scalars of BALL in its working context.

    >>> with BALL(64).working():
    ...     print(float(ball_gamma(BALL(64).number(5))), float(ball_gamma(BALL(64).number(1), BALL(64).number(0))))
    24.0 0.0
    """
    return a.gamma() if x is None else x.gamma_lower(a, regularized=1)


def ball_scalar(ball: Ball) -> Any:
    """Return the scalar of BALL that holds a public enclosure, inside its working context.

    >>> with BALL(64).working():
    ...     print(BALL(64).public(ball_scalar(Ball(Fraction(1), Fraction(1, 4)))).upper >= Fraction(5, 4))
    True
    """
    return flint.arb(_fmpq(ball.mid), flint.arb(_fmpq(ball.rad)).upper())


def polynomial_gcd(first: list[Any], second: list[Any]) -> list[Fraction]:
    """Return the monic greatest common divisor of two polynomials, given by rational coefficients from degree 0 up.

    >>> print(*polynomial_gcd([-1, 0, 1], [1, 2, 1]))  # x² − 1 and (x + 1)²
    1 1
    """
    left, right = (flint.fmpq_poly([_fmpq(x) for x in coefficients]) for coefficients in (first, second))
    return [as_fraction(x) for x in left.gcd(right).coeffs()]


def polynomial_variable(field: "Field") -> Array:
    """Return x of the polynomials over BALL or EXACT as an array without axes, a scalar that recursions can run on.

    >>> x = polynomial_variable(EXACT)
    >>> print(x * x + x * 3)
    x^2 + 3*x
    """
    result = np.empty((), dtype=object)
    result[()] = flint.fmpq_poly([0, 1]) if field is EXACT else flint.arb_poly([0, 1])
    return result


def polynomial_coefficients(value: Any, count: int) -> list[Any]:
    """Return the coefficients of x⁰ … x^(count−1) of a polynomial or a scalar of BALL or EXACT."""
    found = list(value.coeffs()) if hasattr(value, "coeffs") else [value]
    zero = flint.arb(0) if any(isinstance(x, flint.arb) for x in found) else flint.fmpq(0)
    return found + [zero] * (count - len(found))


def _fmpq(value: Any) -> flint.fmpq:
    fraction = as_fraction(value)
    return flint.fmpq(fraction.numerator, fraction.denominator)


def _object_array(values: Any, convert: Any) -> Array:
    source = np.asarray(values, dtype=object)
    result = np.empty(source.shape, dtype=object)
    result.reshape(-1)[:] = [convert(item) for item in source.reshape(-1)]
    return result


@contextmanager
def _nothing() -> Iterator[None]:
    yield


class _ShownByName:
    """Fields print as they are written: F64, BALL(200)."""

    def __repr__(self) -> str:
        return str(vars(self).get("name") or type(self).name.fget(self))  # type: ignore[attr-defined]


@dataclass(frozen=True, repr=False)
class _Float64(_ShownByName):
    name: str = "F64"
    dtype: Any = np.float64

    def __reduce__(self) -> str:
        return "F64"  # one object per process: code asks ``field is F64``

    def number(self, value: Any) -> float:
        try:
            return float(Fraction(value)) if isinstance(value, str) else float(value)
        except OverflowError:
            raise BeyondFloat64("a number exceeds the float64 range; rescale, or use field=MP(dps) or EXACT") from None

    def array(self, values: Any) -> Array:
        source = np.asarray(values)
        if source.dtype == object or source.dtype.kind in "US":
            return _object_array(source, self.number).astype(np.float64)
        return source.astype(np.float64)

    def sqrt(self, values: Array) -> Array:
        return np.asarray(np.sqrt(values))

    def inverse(self, matrix: Array) -> Array:
        return np.asarray(np.linalg.inv(matrix))

    def public(self, value: Any) -> float:
        return float(value)

    def working(self) -> Any:
        return _nothing()


@dataclass(frozen=True, repr=False)
class _Exact(_ShownByName):
    name: str = "EXACT"
    dtype: Any = object

    def __reduce__(self) -> str:
        return "EXACT"  # one object per process: code asks ``field is EXACT``

    def number(self, value: Any) -> flint.fmpq:
        return _fmpq(value)

    def array(self, values: Any) -> Array:
        return _object_array(values, self.number)

    def sqrt(self, values: Array) -> Array:
        raise OutsideRegime("a square root leaves the rationals: use field=BALL(bits) for a rigorous enclosure")

    def inverse(self, matrix: Array) -> Array:
        return np.array(flint.fmpq_mat(matrix.tolist()).inv().table(), dtype=object)

    def public(self, value: Any) -> Fraction:
        return as_fraction(value)

    def working(self) -> Any:
        return _nothing()


@dataclass(frozen=True, repr=False)
class _Balls(_ShownByName):
    bits: int
    dtype: Any = object

    @property
    def name(self) -> str:
        return f"BALL({self.bits})"

    def number(self, value: Any) -> flint.arb:
        if isinstance(value, flint.arb):
            return value
        if isinstance(value, Ball):
            raise InvalidSetup(
                f"value = {shown(value)}: a Ball is no input; state the problem in exact numbers or floats"
            )
        with self.working():
            return flint.arb(_fmpq(value))

    def array(self, values: Any) -> Array:
        with self.working():
            return _object_array(values, self.number)

    def sqrt(self, values: Array) -> Array:
        with self.working():
            return _object_array(values, lambda item: item.sqrt())

    def inverse(self, matrix: Array) -> Array:
        with self.working():
            try:
                return np.array(flint.arb_mat(matrix.tolist()).inv().tolist(), dtype=object)
            except ZeroDivisionError:
                raise NotConverged(
                    f"{self.name} cannot tell a matrix from a singular one: use BALL with more bits"
                ) from None

    def public(self, value: Any) -> Ball:
        with self.working():
            ball = flint.arb(value)
            if not ball.is_finite():
                raise NotConverged(f"{self.name}: the enclosure became infinite; use BALL with more bits")
            mid, rad = (_dyadic(part.man_exp()) for part in (ball.mid(), ball.rad()))
            return Ball(mid, rad)

    @contextmanager
    def working(self) -> Iterator[None]:
        with _BALL_LOCK, flint.ctx.workprec(self.bits):
            yield


def _dyadic(mantissa_exponent: Any) -> Fraction:
    mantissa, exponent = (int(part) for part in mantissa_exponent)
    return mantissa * Fraction(2) ** exponent


@dataclass(frozen=True, repr=False)
class _Multiprecision(_ShownByName):
    dps: int
    dtype: Any = object

    @property
    def name(self) -> str:
        return f"MP({self.dps})"

    def number(self, value: Any) -> Any:
        from mpmath.libmp import from_rational

        context, fraction = _mp_context(self.dps), as_fraction(value)
        return context.make_mpf(from_rational(fraction.numerator, fraction.denominator, context.prec, "n"))

    def array(self, values: Any) -> Array:
        return _object_array(values, self.number)

    def sqrt(self, values: Array) -> Array:
        return _object_array(values, _mp_context(self.dps).sqrt)

    def inverse(self, matrix: Array) -> Array:
        context = _mp_context(self.dps)
        inverse = context.inverse(context.matrix(matrix.tolist()))
        return np.array(inverse.tolist(), dtype=object)

    def public(self, value: Any) -> Any:
        import mpmath

        return mpmath.mp.make_mpf(self.number(value)._mpf_)  # keeps all digits: no rounding to mp.dps

    def working(self) -> Any:
        return _nothing()


_MP_CONTEXTS = threading.local()  # mpmath changes a context's precision while it inverts a matrix: one per thread


def _mp_context(dps: int) -> Any:
    contexts: dict[int, Any] = vars(_MP_CONTEXTS).setdefault("by_dps", {})
    if dps not in contexts:
        import mpmath

        if len(contexts) >= _MOST_CONTEXTS:
            contexts.clear()
        contexts[dps] = mpmath.MPContext()
        contexts[dps].dps = dps
    return contexts[dps]


F64: Final[Field] = _Float64()
EXACT: Final[Field] = _Exact()


def MP(dps: int) -> Field:
    """Return the field of ``dps`` significant decimal digits (mpmath).

    >>> MP(30).public(MP(30).number("1/3")) - MP(30).number("1/3") == 0
    True
    """
    return _Multiprecision(
        integer("dps", dps, minimum=5, maximum=100_000, remedy="pass decimal digits between 5 and 100,000")
    )


def BALL(bits: int) -> Field:
    """Return the field of real balls with ``bits`` bits of midpoint (python-flint's arb).

    >>> str(BALL(64).public(BALL(64).number("1/3")))[:13]
    '[0.3333333333'
    """
    return _Balls(integer("bits", bits, minimum=24, maximum=_MAX_BITS, remedy="pass bits between 24 and 1,000,000"))


def require_field(field: Any) -> Field:
    """Return ``field`` if it is one of the four, else raise InvalidSetup."""
    if isinstance(field, _Float64 | _Exact | _Balls | _Multiprecision):
        return field
    raise InvalidSetup(f"field = {shown(field)}: not a number field; pass F64, EXACT, MP(dps) or BALL(bits)")


def is_ball(field: Field) -> bool:
    """Whether the field's numbers are rigorous enclosures."""
    return isinstance(field, _Balls)


def is_multiprecision(field: Field) -> bool:
    """Whether the field is MP(dps)."""
    return isinstance(field, _Multiprecision)
