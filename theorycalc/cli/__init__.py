"""The command line: ``theorycalc`` and ``python -m theorycalc``."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; the version is told before anything is imported."""
    if sys.argv[1:] == ["--version"]:
        from theorycalc import __version__

        print(f"theorycalc {__version__}")
        return
    from theorycalc.cli.app import app

    app(prog_name="theorycalc")
