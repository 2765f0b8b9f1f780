"""The command line: ``theorycalc`` and ``python -m theorycalc``."""

from theorycalc.cli.app import main

__all__ = ["main"]
