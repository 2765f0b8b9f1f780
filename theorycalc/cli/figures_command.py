"""``theorycalc figures``: every figure of the project, as pictures with their data."""

import csv
import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.output import Answer, Output, working_on
from theorycalc.exceptions import InvalidSetup

_INTERRUPTED = 130
_FIGURES = "The figures"


def _names(incomplete: str) -> list[tuple[str, str]]:
    """Offer the figures whose names begin so."""
    from theorycalc.figures import catalogue

    return [(recipe.name, recipe.title) for recipe in catalogue() if recipe.name.startswith(incomplete)]


def figures(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Figures to make; all if absent.", autocompletion=_names),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the files.", rich_help_panel=_FIGURES)
    ] = Path("figures"),
    formats: Annotated[
        str, typer.Option("--formats", metavar="LIST", help="Some of png,svg,pdf.", rich_help_panel=_FIGURES)
    ] = "png,svg,pdf",
    force: Annotated[
        bool, typer.Option("--force", help="Make figures again that are up to date.", rich_help_panel=_FIGURES)
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Show the figures and make none.", rich_help_panel=_FIGURES)
    ] = False,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    output: opt.OutputFile = None,
) -> None:
    """Make every figure of the project as PNG, SVG and PDF for a paper of two columns, each with its data as CSV.

    The same version gives the same bytes. Figures that are up to date are kept, so a run that was stopped goes on where
    it was. Beside each figure NAME.json holds its caption, claims, columns and digests; index.json lists all.

    Examples:

    [bold]theorycalc figures --list[/]

    [bold]theorycalc figures --out out[/]

    [bold]theorycalc figures ladder phases --out out --formats pdf[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=None, file=output)
    from theorycalc.figures import NOT_DRAWN, chosen
    from theorycalc.figures.writing import about

    wanted = chosen(names or None)
    if listed:
        rows = [[recipe.name, recipe.title, " ".join(recipe.claims)] for recipe in wanted]
        entries = [about(recipe) for recipe in wanted]
    else:
        found = _written([recipe.name for recipe in wanted], out, formats, force)
        states = {one.name: "made" if one.made else "up to date" for one in found}
        rows = [[recipe.name, recipe.title, states[recipe.name]] for recipe in wanted]
        files = {one.name: [path.as_posix() for path in one.files] for one in found}
        entries = [{**about(recipe), "state": states[recipe.name], "files": files[recipe.name]} for recipe in wanted]
    header = ["name", "figure", "claims" if listed else "state"]
    writer.write(
        Answer(
            table=lambda: _table(header, rows, list(NOT_DRAWN) if listed else [f"Files in {out}."]),
            data=lambda: {"figures": entries, "not_drawn": list(NOT_DRAWN)},
            csv=lambda: _csv(header, rows),
            plot=lambda path: None,
        )
    )


def _written(names: list[str], out: Path, formats: str, force: bool) -> Any:
    """Make the figures; say on stderr which one is being made."""
    from theorycalc.figures import FORMATS, write

    if out.exists() and not out.is_dir():
        raise InvalidSetup(f"--out {out}: not a folder; name one, or a new one")
    forms = [form.strip().lower() for form in formats.split(",") if form.strip()]
    if not forms or any(form not in FORMATS for form in forms):
        raise InvalidSetup(f"--formats = {formats!r}: unknown file type; use some of {','.join(FORMATS)}")
    reached = [0]
    terminal = sys.stderr.isatty()

    def say(name: str, done: int, total: int) -> None:
        reached[0] = done
        if not terminal:
            print(f"note: figure {done + 1} of {total}, {name}", file=sys.stderr)

    try:
        with working_on(f"figures in {out}"):
            return write(names, folder=out, formats=forms, force=force, progress=say)
    except KeyboardInterrupt:
        from theorycalc.cli.app import complain

        complain(f"interrupted: {reached[0]} of {len(names)} figures are complete in {out}; the same command goes on")
        raise typer.Exit(_INTERRUPTED) from None


def _table(header: list[str], rows: list[list[str]], words: list[str]) -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text

    return [grid(header, rows, left=3), *(plain_text(f"\n{text}") for text in words)]


def _csv(header: list[str], rows: list[list[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([header, *rows])
    return stream.getvalue()
