"""``theorycalc curve`` and ``theorycalc simulate``: one error curve."""

from typing import TYPE_CHECKING, Annotated

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import RUNGS, offer
from theorycalc.cli.output import Answer, Output, progress_bar
from theorycalc.exceptions import InvalidSetup

if TYPE_CHECKING:
    from theorycalc.error_curves import TypicalError
    from theorycalc.results import ErrorCurve

INTERRUPTED = 130


def curve(
    ctx: typer.Context,
    train: opt.Train,
    n: opt.TrainingExamples,
    test: opt.Test = None,
    m: opt.TestExamples = "inf",
    steps: opt.Steps = 10,
    at: opt.At = None,
    rung: Annotated[
        str,
        typer.Option(
            "--rung",
            metavar="RUNG",
            help="exact, population, proportional, expansion, bound or auto.",
            rich_help_panel="The problem",
            autocompletion=offer(RUNGS),
        ),
    ] = "exact",
    order: Annotated[
        int | None,
        typer.Option(
            "--order",
            metavar="INTEGER",
            help="Highest power of 1/m, for --rung expansion; 2 if absent.",
            rich_help_panel="The problem",
        ),
    ] = None,
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
    """The test error after 0 … k steps on one rung.

    Examples:

    [bold]theorycalc curve --train power:50:0.5 -n 50 -m 100 -k 10 --json[/]

    [bold]theorycalc curve --train diag:1,2,3 --test diag:1,1,2 -n 10 -m 7 -k 6 --field exact[/]

    [bold]theorycalc curve --train power:50:1 --test iso:50 -n 20 --rung population --plot curve.png[/]

    [bold]theorycalc curve --train power:50:0.5 -n 50 -m 100000 -k 100 --rung expansion --order 2[/]

    [bold]theorycalc curve --train power:50:0.5 -n 50 -m 100000 -k 60 --rung auto[/]

    [bold]theorycalc curve --train power:50:0.5 -n 50 -m 100 --rung proportional --at 1000,10000,1000000[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    setup = opt.problem(train, n, test=test, m=m, prior=prior, start=start, noise=noise)
    from theorycalc.error_curves import expected_error, typical_error

    if at is None:
        found = expected_error(setup, steps, rung=rung, metric=metric, field=opt.parse_field(field), order=order)
        writer.write(_answer(found))
        return
    if rung != "proportional" or field.strip().lower() != "f64":
        raise InvalidSetup("--at: selected steps are for --rung proportional in --field f64; add these, or use -k")
    selected = opt.parse_steps(at)
    opt.refuse_given(ctx, {"steps": "-k", "order": "--order"}, "not with --at, which lists the steps; drop one of them")
    writer.write(_selected(typical_error(setup, selected, metric=metric)))


def simulate(
    train: opt.Train,
    n: opt.TrainingExamples,
    m: opt.DrawnExamples,
    test: opt.Test = None,
    steps: opt.Steps = 10,
    metric: opt.Metric = "estimation",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    prompts: opt.Prompts = 20_000,
    seed: opt.Seed = 0,
    workers: opt.Workers = 1,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """Draw prompts, think on each of them with the attention layer, and average the error.

    Ctrl-C prints what there is so far, and exits with 130.

    Examples:

    [bold]theorycalc simulate --train power:50:0.5 -n 50 -m 100 -k 10[/]

    [bold]theorycalc simulate --train iso:20 -n 20 -m 20 --prompts 100000 --workers 2 --csv -o curve.csv[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    setup = opt.problem(train, n, test=test, m=m, prior=prior, start=start, noise=noise)
    from theorycalc.montecarlo import expected_error

    with progress_bar(prompts) as progress:
        estimate = expected_error(
            setup, steps, prompts=prompts, seed=seed, metric=metric, workers=workers, progress=progress
        )
    writer.write(_answer(estimate))
    if estimate.interrupted:
        raise typer.Exit(INTERRUPTED)


def _selected(found: "TypicalError") -> Answer:
    from theorycalc.cli.tables import typical_table

    return Answer(
        table=lambda: typical_table(found),
        data=found.to_dict,
        csv=found.to_csv,
        plot=found.plot,
        notes=found.notes,
    )


def _answer(found: "ErrorCurve") -> Answer:
    from theorycalc.cli.tables import curve_table

    return Answer(
        table=lambda: curve_table(found),
        data=found.to_dict,
        csv=found.to_csv,
        plot=found.plot,
        notes=found.notes,
    )
