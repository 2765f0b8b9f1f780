"""The page: one file that holds the program, its style, plotly.js and the table that it checks itself against."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from theorycalc import __version__
from theorycalc._checks import choice, integer, refuse
from theorycalc.exceptions import InvalidSetup
from theorycalc.explorer.plotly_source import plotly_source, script_text
from theorycalc.fields import F64
from theorycalc.model import Setup, as_setup
from theorycalc.plotting import write_atomically
from theorycalc.spectra import Covariance

#: What the page's controls take; tests compare them with the page's own.
MOST_SKILLS, MOST_N, MOST_M, MOST_STEPS = 400, 1_000_000, 10_000_000, 200
_METRICS = ("estimation", "prediction")
_FOLDER = Path(__file__).parent
_FAMILY = re.compile(r"(iso|power|spiked):[^\s]+")
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def write_explorer(
    path: Any, setup: Setup | None = None, *, steps: int | None = None, metric: str | None = None
) -> Path:
    """Write the explorer: one HTML file that works from a file, without a network.

    The page computes in the reader's browser, with a second implementation of the rungs; when it is opened it compares
    itself with a table of exact values and says how that went.

    Parameters
    ----------
    path : the file; replaced atomically
    setup : the problem that it opens with: spectra of at most 400 skills, w* ~ N(0, I), w₀ = 0; its own if absent
    steps : CoT steps that it opens with, 1 … 200
    metric : "estimation" or "prediction"

    Returns
    -------
    Path
        the file that was written, about 5 MB.

    Raises
    ------
    InvalidSetup
        for a problem that the page cannot show.
    ImportError
        without the extra ``explore``.
    OSError
        if the file cannot be written.

    Assumes: a browser of the last five years.

    Cost: 0.1 seconds.

    Examples
    --------
    >>> import tempfile, theorycalc as tc
    >>> from theorycalc.explorer import write_explorer
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_explorer(f"{folder}/page.html", tc.Setup(tc.power_law(50, 1), n=20))
    ...     page.stat().st_size > 1_000_000
    True
    """
    target = Path(path)
    write_atomically(target, explorer_page(setup, steps=steps, metric=metric).encode())
    return target


def explorer_page(setup: Setup | None = None, *, steps: int | None = None, metric: str | None = None) -> str:
    """Return the page as text; parameters as for :func:`write_explorer`."""
    parts = {
        "version": __version__,
        "css": _text("page.css"),
        "checks": _block(json.dumps(json.loads(_text("checks.json")), ensure_ascii=False)),
        "initial": _block(initial_link(setup, steps=steps, metric=metric)),
        "bundle": script_text(_text("explorer.js")),
        "plotly": plotly_source(),
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], _text("page.html"))


def initial_link(setup: Setup | None, *, steps: int | None = None, metric: str | None = None) -> str:
    """Return the settings that the page opens with, in the form of its links.

    >>> from theorycalc.spectra import power_law
    >>> initial_link(Setup(power_law(50, 1), n=20, m=100), steps=8)
    'train=power:50:1&n=20&m=100&k=8'
    """
    words: dict[str, str] = {}
    if setup is not None:
        problem = _shown(as_setup(setup))
        words["train"] = _word("Lambda", problem.Lambda)
        if not problem.Sigma.same_as(problem.Lambda):
            words["test"] = _word("Sigma", problem.Sigma)
        words["n"] = str(problem.n)
        words["m"] = "inf" if problem.m is None else str(problem.m)
        if problem.noise_var:
            words["noise"] = repr(float(problem.noise_var))
    if steps is not None:
        remedy = f"pass the number of steps to show, 1 to {MOST_STEPS}"
        words["k"] = str(integer("steps", steps, minimum=1, maximum=MOST_STEPS, remedy=remedy))
    if metric is not None:
        words["metric"] = choice("metric", metric, _METRICS)
    return "&".join(f"{key}={quote(word, safe=':,/')}" for key, word in words.items())


def _shown(setup: Setup) -> Setup:
    """Return the problem if the page can show it."""
    if setup.mixture is not None or not setup.is_diagonal:
        raise InvalidSetup(
            "Lambda, Sigma: the explorer shows one spectrum for each; for matrices and mixtures use the other commands"
        )
    if setup.Omega is not None or setup.w_0 is not None:
        raise InvalidSetup("Omega, w_0: the explorer knows w* ~ N(0, I) and w_0 = 0 only; leave them out")
    if setup.d > MOST_SKILLS:
        raise refuse("Lambda", f"d = {setup.d}", f"more than {MOST_SKILLS} skills", "use a smaller d in the explorer")
    integer("n", setup.n, minimum=1, maximum=MOST_N, remedy=f"the explorer's slider goes to {MOST_N:,}")
    if setup.m is not None:
        integer("m", setup.m, minimum=1, maximum=MOST_M, remedy=f"use a smaller m, or inf, beyond {MOST_M:,}")
    if not setup.noise_var <= MOST_N:
        raise refuse("noise_var", setup.noise_var, f"larger than {MOST_N:,}", "rescale the problem")
    return setup


def _word(name: str, covariance: Covariance) -> str:
    """The spectrum in the page's words: its family, else its eigenvalues."""
    if _FAMILY.fullmatch(covariance.label):
        return covariance.label
    values = [float(value) for value in covariance.array(F64).tolist()]
    if not all(value > 0 for value in values):
        raise refuse(name, covariance, "an eigenvalue rounds to 0 in float64", "rescale the problem")
    return "diag:" + ",".join(repr(value) for value in values)


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _block(text: str) -> str:
    """Text for a data block, where ``<`` would begin a tag: JSON may write it otherwise, links do not hold it."""
    return text.replace("<", "\\u003c")
