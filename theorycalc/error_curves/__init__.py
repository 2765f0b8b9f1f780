"""The test error and its ladder of fidelity (theory section 4)."""

from theorycalc.error_curves.bounds import long_chain_bound, one_step_bound
from theorycalc.error_curves.curves import METRICS, RUNGS, expected_error
from theorycalc.error_curves.one_step import one_step_error
from theorycalc.error_curves.typical import TypicalError, typical_error

__all__ = [
    "METRICS",
    "RUNGS",
    "TypicalError",
    "expected_error",
    "long_chain_bound",
    "one_step_bound",
    "one_step_error",
    "typical_error",
]
