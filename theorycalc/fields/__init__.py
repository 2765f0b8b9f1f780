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
This package is the only one that imports python-flint; there is a module for each arithmetic.
"""

from theorycalc.fields.balls import (
    BALL,
    ball_determinant,
    ball_erfc,
    ball_exp,
    ball_gamma,
    ball_product,
    ball_scalar,
    integer_power,
)
from theorycalc.fields.choice import as_public, as_scalars, is_ball, is_multiprecision, require_field
from theorycalc.fields.exact import (
    EXACT,
    independent_rows,
    is_definite,
    negative_eigenvalues,
    rational_product,
    rational_solution,
    reduced_rows,
)
from theorycalc.fields.float64 import F64
from theorycalc.fields.multiprecision import MP
from theorycalc.fields.numbers import Array, Ball, BeyondFloat64, as_fraction, digits, read_digits
from theorycalc.fields.polynomials import polynomial_coefficients, polynomial_gcd, polynomial_variable
from theorycalc.fields.protocol import Field

__all__ = [
    "Array",
    "BALL",
    "Ball",
    "BeyondFloat64",
    "EXACT",
    "F64",
    "Field",
    "MP",
    "as_fraction",
    "as_public",
    "as_scalars",
    "ball_determinant",
    "ball_erfc",
    "ball_exp",
    "ball_gamma",
    "ball_product",
    "ball_scalar",
    "digits",
    "independent_rows",
    "integer_power",
    "is_ball",
    "is_definite",
    "is_multiprecision",
    "negative_eigenvalues",
    "polynomial_coefficients",
    "polynomial_gcd",
    "polynomial_variable",
    "rational_product",
    "rational_solution",
    "read_digits",
    "reduced_rows",
    "require_field",
]
