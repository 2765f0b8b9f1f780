"""Build the site: ``python -m docs.build [FOLDER]``, by default into ``out/docs``; warnings are errors.

Formulas are drawn by MathJax, which ``npm`` installs from the lock file of this folder when it is not there yet.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(folder: Path) -> int:
    """Build the site into ``folder``; return the exit status of Sphinx."""
    from sphinx.cmd.build import build_main

    status = build_main(
        ["-b", "html", "-W", "--keep-going", "-q", "-j", "auto", "-c", str(ROOT / "docs"), str(ROOT), str(folder)]
    )
    if status == 0:
        print(f"{folder / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "docs"))
