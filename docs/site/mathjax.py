"""MathJax as one file of the site, so that formulas need no network: installed by npm, copied, never committed."""

import shutil
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

FOLDER = Path(__file__).resolve().parents[1]  # where package.json and its lock are
_BUNDLE = FOLDER / "node_modules" / "mathjax" / "es5" / "tex-svg-full.js"


def setup(app: Sphinx) -> None:
    """Copy MathJax when the HTML is done."""
    app.connect("builder-inited", lambda app: _installed() if app.builder.format == "html" else None)
    app.connect("build-finished", _copy)


def _installed() -> Path:
    """Return MathJax's file; install the version of package-lock.json first where another or none is there."""
    record = FOLDER / "node_modules" / ".package-lock.json"
    if (
        _BUNDLE.exists()
        and record.exists()
        and record.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime
    ):
        return _BUNDLE
    npm = shutil.which("npm")
    if npm is None:
        raise ExtensionError("MathJax is not installed and there is no npm: install Node.js, then build again")
    run = subprocess.run([npm, "ci", "--no-progress"], cwd=FOLDER, capture_output=True, text=True, check=False)
    if run.returncode or not _BUNDLE.exists():
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise ExtensionError(f"npm ci in docs/ did not install MathJax: {last}")
    return _BUNDLE


def _copy(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        shutil.copyfile(_installed(), Path(app.outdir) / "_static" / app.config.mathjax_path)
