"""``theorycalc validity``: from which prompt length on a simple law describes the mean error."""

import contextlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import offer
from theorycalc.cli.output import Answer, Output, working_on

if TYPE_CHECKING:
    from theorycalc.thinking.validity import ValidityTable

_QUESTION = "The question"


def validity(
    train: opt.Train,
    n: opt.TrainingExamples,
    test: opt.Test = None,
    steps: opt.Steps = 8,
    factor: Annotated[
        str, typer.Option("--factor", metavar="NUMBER", help="The ratio still accepted.", rich_help_panel=_QUESTION)
    ] = "2",
    law: Annotated[
        str,
        typer.Option(
            "--law",
            metavar="LAW",
            help="population (m → ∞), or corollary (3.5, an upper bound).",
            rich_help_panel=_QUESTION,
            autocompletion=offer({"population": "m → ∞", "corollary": "3.5, an upper bound"}),
        ),
    ] = "population",
    metric: opt.Metric = "estimation",
    field: opt.FieldName = "f64",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """How long must a test prompt be for a simple law to hold after 1 … k steps? The least m for each k.

    The exact mean decides m and m − 1; whether every larger m does as well is proved or said to be open.

    Examples:

    [bold]theorycalc validity --train power:50:0.5 -n 50 -k 8 --factor 2[/]

    [bold]theorycalc validity --train iso:20 -n 20 -k 40 --factor 1.1 --plot validity.png[/]

    [bold]theorycalc validity --train power:50:0.5 -n 50 -k 6 --law corollary --csv[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    setup = opt.problem(train, n, test=test, prior=prior, start=start, noise=noise)
    from theorycalc.thinking.validity import validity_table

    with working_on(f"prompt lengths for {steps} steps"):
        found = validity_table(setup, steps, factor, law=law, metric=metric, field=opt.parse_field(field))
    writer.write(
        Answer(table=lambda: _table(found), data=found.to_dict, csv=found.to_csv, plot=found.plot, notes=found.notes)
    )


def _table(found: "ValidityTable") -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.cli.text import number
    from theorycalc.exceptions import OutsideRegime
    from theorycalc.plotting import describe

    rows = []
    for row in found.rows:
        estimate = row.method == "expansion"
        known = "estimate, series in 1/m" if estimate else "exact, and every larger m" if row.proved_beyond else "exact"
        before = "" if row.ratio_before is None else number(row.ratio_before)
        least = "" if row.necessary is None else f"{row.necessary:,.0f}"
        ratio = "" if estimate else number(row.ratio)
        rows.append([str(row.steps), f"{'≈ ' * estimate}{row.m:,}", ratio, before, least, known])
    columns = ["k", "m", "E_k/law at m", "at m − 1", "m at least (proved)", "how known"]
    parts: list[Any] = [plain_text(describe(found.setup)), grid(columns, rows, left=1)]
    with contextlib.suppress(OutsideRegime):
        parts.append(plain_text(f"\nm grows like k^{found.growth():.2f} over the upper half of these steps."))
    if any(row.method == "exact" and not row.proved_beyond for row in found.rows):
        parts.append(plain_text("Where it says exact alone, larger m are not proved."))
    return parts
