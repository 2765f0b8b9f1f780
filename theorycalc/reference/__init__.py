"""The reference leg: slow, obvious code that follows the definitions and judges the other two.

Its numbers are exact rationals.  It shares with the formulas only the statement of a problem and the shape of
an answer.
"""

from theorycalc.reference.cot import iterate_cot
from theorycalc.reference.expected_error import expected_error
from theorycalc.reference.gamma import gamma_matrix
from theorycalc.reference.pairings import gaussian_moment, pairings, second_moment, wishart_trace_moments

__all__ = [
    "expected_error",
    "gamma_matrix",
    "gaussian_moment",
    "iterate_cot",
    "pairings",
    "second_moment",
    "wishart_trace_moments",
]
