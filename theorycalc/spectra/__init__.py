"""Covariance matrices: how users state them, the named families, and files that hold them.

A covariance is kept exactly as given.  Integers, fractions and "p/q" strings stay exact rationals; a float is the
dyadic rational that it is, in every field.  A (d,) spectrum means a diagonal matrix in the basis of the problem.
"""

from theorycalc.spectra.covariance import Covariance, as_covariance, read_numbers
from theorycalc.spectra.families import isotropic, parse_covariance, power_law, spiked
from theorycalc.spectra.files import load_covariance
from theorycalc.spectra.samples import covariance_from_samples

__all__ = [
    "Covariance",
    "as_covariance",
    "covariance_from_samples",
    "isotropic",
    "load_covariance",
    "parse_covariance",
    "power_law",
    "read_numbers",
    "spiked",
]
