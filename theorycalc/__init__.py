"""theorycalc: an analytic theory calculator for test-time scaling."""

__version__ = "0.1.0"
