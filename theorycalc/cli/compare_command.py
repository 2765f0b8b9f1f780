"""``theorycalc compare`` and ``theorycalc run``: all rungs and the simulation side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.curve_commands import INTERRUPTED
from theorycalc.cli.output import Answer, Output, progress_bar

if TYPE_CHECKING:
    from theorycalc.cli.comparison import Comparison


def compare(
    ctx: typer.Context,
    train: opt.Train,
    n: opt.TrainingExamples,
    test: opt.Test = None,
    m: opt.TestExamples = "inf",
    steps: opt.Steps = 10,
    metric: opt.Metric = "estimation",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    prompts: opt.PromptsOrNone = 20_000,
    seed: opt.Seed = 0,
    workers: opt.Workers = 1,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """All rungs and the simulation side by side, and in words where they disagree.

    Examples:

    [bold]theorycalc compare --train power:50:0.5 -n 50 -m 100 -k 10 --plot compare.png[/]

    [bold]theorycalc compare --train power:20:1 --test iso:20 -n 20 -m 200 -k 8 --prompts 0[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    setup = opt.problem(train, n, test=test, m=m, prior=prior, start=start, noise=noise)
    from theorycalc.cli import comparison

    assumed = None if opt.given(ctx, {"m": "-m"}) else "-m"
    with progress_bar(prompts if setup.m is not None else 0) as progress:
        found = comparison.compare(
            setup,
            steps,
            metric=metric,
            prompts=prompts,
            seed=seed,
            workers=workers,
            progress=progress,
            assumed=assumed,
        )
    writer.write(_answer(found))
    _exit_if_interrupted(found)


def run(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO.toml", help="The scenario; see examples/scenario.toml.")
    ],
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """Compare as a scenario file says, and write the files that it names.

    A scenario states \\[setup], \\[question], \\[simulation] and \\[outputs]; its paths are relative to it.

    Example:

    [bold]theorycalc run examples/scenario.toml[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    from theorycalc.cli import comparison
    from theorycalc.cli.scenario import read_scenario

    plan = read_scenario(scenario)
    for path in plan.outputs.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    files = [
        Output(as_json=form == "json", as_csv=form == "csv", plot=path if form == "plot" else None, file=path)
        for form, path in plan.outputs.items()
    ]
    with progress_bar(plan.simulation["prompts"] if plan.setup.m is not None else 0) as progress:
        found = comparison.compare(
            plan.setup,
            plan.steps,
            metric=plan.metric,
            rungs=plan.rungs,
            progress=progress,
            assumed=None if plan.m_given else "setup.m",
            **plan.simulation,
        )
    answer = _answer(found, title=plan.title)
    for form, file in zip(plan.outputs, files, strict=True):
        _write_file(form, file, answer)
    writer.write(answer)
    _exit_if_interrupted(found)


def _write_file(form: str, file: Output, answer: Answer) -> None:
    """Write one file of a scenario, and say so."""
    import json
    import sys

    from theorycalc.cli.output import write_text

    assert file.file is not None
    if form == "plot":
        answer.plot(file.file)
    else:
        write_text(file.file, answer.csv() if form == "csv" else json.dumps(answer.data(), ensure_ascii=False) + "\n")
    print(f"note: {form} in {file.file}", file=sys.stderr)


def _answer(found: "Comparison", title: str | None = None) -> Answer:
    from theorycalc.cli.tables import comparison_table

    return Answer(
        table=lambda: comparison_table(found),
        data=found.to_dict,
        csv=found.to_csv,
        plot=_drawing(found, title),
        notes=[f"{curve.rung}: {note}" for curve in found.all_curves for note in curve.notes if _matters(note)],
    )


def _matters(note: str) -> bool:
    """Whether a curve's note says more than the table and the findings do."""
    return "recomputed" in note or "recomputing" in note or "interrupted" in note


def _drawing(found: "Comparison", title: str | None) -> Callable[[Path], object]:
    def draw(path: Path) -> object:
        from theorycalc.exceptions import OutsideRegime
        from theorycalc.plotting import plot_curves

        if not found.all_curves:
            raise OutsideRegime("--plot: no rung applies, so there is nothing to draw")
        return plot_curves(found.all_curves, path=path, title=title)

    return draw


def _exit_if_interrupted(found: "Comparison") -> None:
    if found.estimate is not None and found.estimate.interrupted:
        raise typer.Exit(INTERRUPTED)
