"""Build the site: ``python -m docs.build [--quick] [FOLDER]``, by default into ``out/docs``; warnings are errors.

The first build draws the figures of the gallery, which takes a minute or two; with ``--quick`` those that are missing
are left out.
Formulas are drawn by MathJax, which ``npm`` installs from the lock file of this folder when it is not there yet.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the site; return the exit status of Sphinx."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description="Build the site of the documents.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "out" / "docs", help="default out/docs")
    parser.add_argument("--quick", action="store_true", help="draw no figures")
    chosen = parser.parse_args(arguments)

    from sphinx.cmd.build import build_main

    options = ["-b", "html", "-W", "--keep-going", "-q", "-j", "auto", "-c", str(ROOT / "docs")]
    options += ["-D", "draw_figures=0"] * chosen.quick
    status = build_main([*options, str(ROOT), str(chosen.folder)])
    if status == 0:
        print(chosen.folder / "index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
