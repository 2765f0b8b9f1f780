"""What tests do with the page: wait for it, take its numbers, run what it says elsewhere."""

import contextlib
import csv
import io
import shlex
from pathlib import Path

from typer.testing import CliRunner

CALM = "#view:not([aria-busy='true'])"  # a selector: the page's policy forbids the eval that polls a function


def settled(page) -> None:
    """Wait for the next frame, in which changes are shown, and for work in slices."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_selector(CALM)


def downloaded(page) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.click("#csv")
    return list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))


def ran(page) -> tuple[str, str]:
    """What the page's command line and Python print."""
    page.evaluate("document.querySelector('#elsewhere').open = true")
    from theorycalc.cli.app import app

    command, python = page.inner_text("#command"), page.inner_text("#python")
    words = shlex.split(command)
    assert words[0] == "theorycalc"
    result = CliRunner().invoke(app, [*words[1:], "--json"])
    assert result.exit_code == 0, result.output
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(python, "snippet", "exec"), {})
    return result.stdout, printed.getvalue()
