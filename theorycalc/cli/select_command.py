"""``theorycalc select``: which tasks to train on."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import covariances, offer, rungs
from theorycalc.cli.output import Answer, Output, progress_bar, working_on

if TYPE_CHECKING:
    from theorycalc.selection.answer import Selection
    from theorycalc.selection.bootstrap import SelectionIntervals
    from theorycalc.selection.regret import SurrogateRegret
    from theorycalc.spectra import Covariance
    from theorycalc.spectra.samples import Samples

_TASKS, _SAMPLES, _THINKING = "The tasks", "Estimating covariances", "The error of thinking"


def select(
    ctx: typer.Context,
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="SPEC|FILE",
            help="The target Σ.",
            rich_help_panel=_TASKS,
            autocompletion=covariances,
        ),
    ] = "",
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task", metavar="NAME=SPEC|FILE", help="A task Λ to train on; repeat it.", rich_help_panel=_TASKS
        ),
    ] = None,
    samples: Annotated[
        bool,
        typer.Option(
            "--samples/--covariances",
            help="Files hold features, one sample per row; or covariances.",
            rich_help_panel=_SAMPLES,
        ),
    ] = False,
    estimator: Annotated[
        str,
        typer.Option(
            "--estimator",
            metavar="NAME",
            help="empirical, ledoit-wolf or oas.",
            rich_help_panel=_SAMPLES,
            autocompletion=offer({"empirical": "as it is", "ledoit-wolf": "shrunk", "oas": "shrunk, for normal data"}),
        ),
    ] = "empirical",
    centered: Annotated[
        bool,
        typer.Option("--centered", help="Take the features' mean as 0.", rich_help_panel=_SAMPLES),
    ] = False,
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap",
            metavar="INTEGER",
            help="Replicates for intervals of the probabilities; 0 for none.",
            rich_help_panel=_SAMPLES,
        ),
    ] = 200,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="INTEGER", help="The same seed gives the same intervals.", rich_help_panel=_SAMPLES
        ),
    ] = 0,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="LIST",
            help="A mixture of your own to compare, such as 1/2,1/2,0.",
            rich_help_panel=_TASKS,
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="INTEGER",
            help="Examples per training prompt; adds the error of thinking.",
            rich_help_panel=_THINKING,
        ),
    ] = None,
    m: Annotated[
        str, typer.Option("-m", metavar="INTEGER|inf", help="Examples of the test prompt.", rich_help_panel=_THINKING)
    ] = "inf",
    steps: Annotated[
        int, typer.Option("--steps", "-k", metavar="INTEGER", help="Steps of thought.", rich_help_panel=_THINKING)
    ] = 5,
    rung: Annotated[
        str,
        typer.Option(
            "--rung",
            metavar="RUNG",
            help="population, exact or proportional.",
            rich_help_panel=_THINKING,
            autocompletion=rungs("population", "exact", "proportional"),
        ),
    ] = "population",
    sampling: Annotated[
        str,
        typer.Option(
            "--sampling",
            metavar="MODEL",
            help="pooled, per_prompt or per_example.",
            rich_help_panel=_THINKING,
            autocompletion=offer(
                {
                    "pooled": "features of the mean covariance",
                    "per_prompt": "a task for every prompt",
                    "per_example": "a task for every example",
                }
            ),
        ),
    ] = "pooled",
    field: opt.FieldName = "f64",
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """The probabilities of training tasks whose mixture is nearest to the target: min ‖I − Σ⁻¹ Σ π_ℓ Λ_ℓ‖_F².

    Files are covariances (.npy, .npz, .csv, .json), or with --samples features (.npy, .csv), which are read in pieces.

    Examples:

    [bold]theorycalc select --target iso:20 --task easy=power:20:0.2 --task hard=power:20:1:5[/]

    [bold]theorycalc select --target diag:2 --task a=diag:1 --task b=diag:4 --field exact --json[/]

    [bold]theorycalc select --target iso:2 --task a=diag:1,1/4 --task b=diag:4,1 -n 50 -k 5[/]

    [bold]theorycalc select --samples --target maths.npy --task web=web.npy --task code=code.npy --plot mix.png[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    named = _named(task or [])
    chosen = opt.parse_field(field)
    opt.refuse_auto(rung, "population, exact or proportional")
    from theorycalc.exceptions import InvalidSetup

    if not target:
        raise InvalidSetup("--target: missing; name the covariance of the target, or a file")
    if not samples and (estimator != "empirical" or centered):
        raise InvalidSetup("--estimator and --centered: for features only; add --samples, or drop them")
    if bootstrap < 0:
        raise InvalidSetup(f"--bootstrap = {bootstrap}: negative; pass a number of replicates, or 0")
    if n is None:
        names = {"m": "-m", "steps": "-k", "rung": "--rung", "sampling": "--sampling"}
        opt.refuse_given(ctx, names, "for the error of thinking; add -n, or drop it")
    if not samples:
        names = {"bootstrap": "--bootstrap", "seed": "--seed"}
        opt.refuse_given(ctx, names, "for features; add --samples, or drop it")
    sources = {name: _source(word, f"--task {name}", samples) for name, word in named.items()}
    goal = _source(target, "--target", samples)
    for name, item in sources.items():
        if item.d != goal.d:
            raise InvalidSetup(
                f"--task {name}: d = {item.d}, but --target has d = {goal.d}; use the same features for both"
            )
    intervals: SelectionIntervals | None = None
    if samples and bootstrap and chosen.name == "F64":
        from theorycalc.selection.bootstrap import bootstrap_selection

        with progress_bar(1, "samples") as progress:
            intervals = bootstrap_selection(
                goal,
                sources,
                replicates=bootstrap,
                seed=seed,
                method=estimator,
                assume_centered=centered,
                progress=progress,
            )
        found = intervals.selection
    else:
        from theorycalc.selection.solve import solve_selection

        tasks = {name: _estimate(item, f"--task {name}", estimator, centered) for name, item in sources.items()}
        with working_on(f"selecting among {len(tasks):,} tasks over {chosen.name}"):
            found = solve_selection(_estimate(goal, "--target", estimator, centered), tasks, field=chosen)
    own = _own(found, weights)
    regret = None if n is None else _thinking(found, n, opt.count_or_infinity(m), steps, rung, sampling)
    writer.write(_answer(found, intervals, own, regret))


def _thinking(found: "Selection", n: int, m: int | None, steps: int, rung: str, sampling: str) -> "SurrogateRegret":
    """Return the error of thinking at the selected mixture, the best one and baselines."""
    from theorycalc.model import Setup, TaskMixture
    from theorycalc.selection.regret import surrogate_regret

    T = len(found.weights)
    tasks = TaskMixture(found.program.covariances, [Fraction(1, T)] * T, sampling)
    with working_on("minimising the error of thinking"):
        return surrogate_regret(Setup(tasks, n=n, m=m, Sigma=found.program.Sigma), steps, rung=rung)


def _named(words: Sequence[str]) -> dict[str, str]:
    """Return name -> word; a task without a name is called by its word."""
    from theorycalc.exceptions import InvalidSetup

    if not words:
        raise InvalidSetup("--task: no task; name at least one, such as --task web=web.npy")
    found: dict[str, str] = {}
    for word in words:
        name, mark, rest = word.partition("=")
        name, rest = (name.strip(), rest.strip()) if mark else (word.strip(), word.strip())
        if not name or not rest:
            raise InvalidSetup(f"--task {word}: no name or no covariance; write NAME=SPEC or NAME=FILE")
        if name in found:
            raise InvalidSetup(f"--task {name}: named twice; give each task its own name")
        found[name] = rest
    return found


def _source(word: str, option: str, samples: bool) -> "Covariance | Samples":
    """Return a covariance, or samples to estimate it from."""
    from theorycalc.exceptions import InvalidSetup
    from theorycalc.spectra import parse_covariance
    from theorycalc.spectra.samples import Samples

    if samples and Path(word).suffix.lower() in (".npy", ".csv"):
        return Samples.of(word, name=option)
    try:
        return parse_covariance(word, name=option)
    except InvalidSetup as error:
        if samples or "not a vector and not a square matrix" not in str(error):
            raise
        raise InvalidSetup(f"{str(error).split(';')[0]}; if its rows are samples of features, add --samples") from None


def _estimate(item: "Covariance | Samples", option: str, method: str, centered: bool) -> "Covariance":
    from theorycalc.spectra import Covariance, covariance_from_samples

    if isinstance(item, Covariance):
        return item
    with progress_bar(item.count, f"reading {item.label}") as progress:
        return covariance_from_samples(item, method=method, assume_centered=centered, name=option, progress=progress)


def _own(found: "Selection", weights: str | None) -> dict[str, Any] | None:
    """Return the value of a mixture of the user's, and what it lacks."""
    if weights is None:
        return None
    from theorycalc.exceptions import InvalidSetup
    from theorycalc.fields import as_fraction

    cells = [cell.strip() for cell in weights.split(",")]
    if len(cells) != len(found.weights):
        raise InvalidSetup(f"--weights: {len(cells)} numbers for {len(found.weights)} tasks; give one for each task")
    try:
        gap = found.program.duality_gap(cells)
    except InvalidSetup as error:
        raise InvalidSetup(f"--{error}") from None
    value = found.program.value(cells)
    return {"weights": cells, "value": value, "gap": gap, "excess": as_fraction(value) - as_fraction(found.value)}


def _answer(
    found: "Selection",
    intervals: "SelectionIntervals | None",
    own: dict[str, Any] | None,
    regret: "SurrogateRegret | None",
) -> Answer:
    parts: list[Any] = []

    def explained() -> list[Any]:
        if not parts:
            parts.extend(found.explain())
        return parts

    def data() -> dict[str, Any]:
        from theorycalc.results import plain

        result = found.to_dict() if intervals is None else intervals.to_dict()
        result["explanation"] = [
            {key: None if value == float("inf") else value for key, value in vars(part).items()} for part in explained()
        ]
        if own is not None:
            result["own"] = {
                "weights": own["weights"],
                "value": plain(own["value"]),
                "duality_gap": plain(own["gap"]),
                "excess": float(own["excess"]),
            }
        if regret is not None:
            result["thinking"] = regret.to_dict()
        return result

    notes = list(found.notes)
    if len(found.weights) == 1:
        notes.append("one task: nothing to select; the value says how far it is from the target")
    from theorycalc.cli.selection_tables import selection_table, thinking_table

    return Answer(
        table=lambda: [*selection_table(found, intervals, own, explained()), *thinking_table(regret)],
        data=data,
        csv=found.to_csv if intervals is None else intervals.to_csv,
        plot=found.plot if intervals is None else intervals.plot,
        notes=notes,
    )
