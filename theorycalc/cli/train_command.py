"""``theorycalc train``: what training time does, in theory and on the real layer, and what thinking makes up for."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import offer, rungs
from theorycalc.cli.output import Answer, Output, progress_bar, working_on

if TYPE_CHECKING:
    from pathlib import Path

    from theorycalc.model import Setup
    from theorycalc.montecarlo import LearnedErrors, TrainingRun
    from theorycalc.thinking.training import TrainingCurve
    from theorycalc.thinking.training_frontier import TrainingFrontier

_TRAINING, _LAYER = "The training", "A layer trained beside it"
_INTERRUPTED = 130
_SHOWN_STEPS = (1, 2, 4, 8, 16, 32)
_NEWTON = 1e-3  # thinking gap below which a step of thought is called a Newton step
_NEAR = "1/100"  # tolerance of the time that a skill takes


def train(
    ctx: typer.Context,
    train: opt.Train,
    n: opt.TrainingExamples,
    test: opt.Test = None,
    m: opt.TestExamples = "inf",
    epochs: Annotated[
        int, typer.Option("--epochs", metavar="INTEGER", help="Steps of training.", rich_help_panel=_TRAINING)
    ] = 100,
    step_size: Annotated[
        str,
        typer.Option(
            "--step-size",
            metavar="NUMBER|half|optimal",
            help="η; half of the largest that converges, or the one with the best rate.",
            rich_help_panel=_TRAINING,
            autocompletion=offer({"half": "of the largest that converges", "optimal": "the best rate"}),
        ),
    ] = "half",
    steps: opt.Steps = 10,
    rung: Annotated[
        str,
        typer.Option(
            "--rung",
            metavar="RUNG",
            help="population, exact or proportional.",
            rich_help_panel="The problem",
            autocompletion=rungs("population", "exact", "proportional"),
        ),
    ] = "population",
    metric: opt.Metric = "estimation",
    field: opt.FieldName = "f64",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    error: Annotated[
        str | None,
        typer.Option(
            "--error",
            metavar="NUMBER",
            help="Instead: the fewest steps of training that reach this error with 1 … k steps of thought.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            "--optimizer",
            metavar="NAME",
            help="Train a real layer too: gd, sgd or adam.",
            rich_help_panel=_LAYER,
            autocompletion=offer({"gd": "exact gradients", "sgd": "sampled gradients", "adam": "sampled gradients"}),
        ),
    ] = None,
    trained: Annotated[
        str,
        typer.Option(
            "--trained",
            metavar="BLOCKS",
            help="V31, V31+W24 or all.",
            rich_help_panel=_LAYER,
            autocompletion=offer({"V31": "W is frozen", "V31+W24": "both blocks", "all": "every weight"}),
        ),
    ] = "V31",
    layer_start: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="paper|random",
            help="Where the layer starts.",
            rich_help_panel=_LAYER,
            autocompletion=offer({"paper": "initialisation (3.6)", "random": "with --scale"}),
        ),
    ] = "paper",
    scale: Annotated[
        str, typer.Option("--scale", metavar="NUMBER", help="Spread of a random start.", rich_help_panel=_LAYER)
    ] = "1/10",
    batch: Annotated[
        int,
        typer.Option("--batch", metavar="INTEGER", help="Prompts per step of sgd and adam.", rich_help_panel=_LAYER),
    ] = 256,
    decay: Annotated[
        int | None,
        typer.Option(
            "--decay",
            metavar="INTEGER",
            help="τ: steps η/(1 + t/τ); sampled gradients then converge.",
            rich_help_panel=_LAYER,
        ),
    ] = None,
    prompts: Annotated[
        int,
        typer.Option(
            "--prompts",
            metavar="INTEGER",
            help="Prompts on which the layer is tested; needs -m.",
            rich_help_panel=_LAYER,
        ),
    ] = 2000,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="INTEGER", help="The same seed gives the same numbers.", rich_help_panel=_LAYER),
    ] = 0,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """Loss, distance to the optimum and test error after t steps of training and k of thought.

    In closed form for gradient descent on the population loss; with --optimizer a real layer is trained beside it, and
    tested on drawn prompts if -m is finite. CSV then holds the layer's course, JSON everything. Ctrl-C stops the
    layer's training and shows what there is.

    Examples:

    [bold]theorycalc train --train power:20:1 -n 20 --epochs 1000 -k 8 --plot training.png[/]

    [bold]theorycalc train --train power:5:1 -n 20 -m 40 -k 4 --rung exact --optimizer sgd --decay 50[/]

    [bold]theorycalc train --train diag:1,1/2 -n 10 --optimizer gd --trained all --from random --step-size 0.1[/]

    [bold]theorycalc train --train power:50:0.5 -n 50 -k 32 --error 1[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    setup = opt.problem(train, n, test=test, m=m, prior=prior, start=start, noise=noise)
    number_field = opt.parse_field(field)
    opt.refuse_auto(rung, "population, exact or proportional")
    _refuse_ignored(ctx, error, optimizer)
    eta = _step_size(setup, step_size)
    if error is not None:
        writer.write(_frontier(setup, error, steps, eta, metric, rung, optimizer))
        return
    from theorycalc.thinking.training import training_curve

    with working_on(f"training time on the {rung} rung"):
        curve = training_curve(setup, epochs, eta, steps=steps, metric=metric, rung=rung, field=number_field)
    run = errors = None
    if optimizer is not None:
        from theorycalc.montecarlo import learned_errors, train_layer

        with progress_bar(epochs, "training") as progress:
            run = train_layer(
                setup,
                epochs=epochs,
                step_size=eta,
                optimizer=optimizer,
                trained=trained,
                start=layer_start,
                scale=scale,
                batch=batch,
                decay=decay,
                seed=seed,
                progress=progress,
            )
        if setup.m is not None:
            with progress_bar(1, "testing") as progress:
                errors = learned_errors(run, steps, prompts=prompts, seed=seed, metric=metric, progress=progress)
    writer.write(_answer(curve, run, errors))
    if run is not None and run.interrupted:
        raise typer.Exit(_INTERRUPTED)


def _refuse_ignored(ctx: typer.Context, error: str | None, optimizer: str | None) -> None:
    if error is not None:
        whole = {"epochs": "--epochs", "field": "--field"}
        opt.refuse_given(ctx, whole, "not with --error, which finds the training time; drop one of them")
    if optimizer is None:
        names = ("trained", "scale", "batch", "decay", "prompts", "seed")
        layer = {"layer_start": "--from"} | {name: f"--{name}" for name in names}
        opt.refuse_given(ctx, layer, "for a trained layer; add --optimizer, or drop it")


def _step_size(setup: "Setup", word: str) -> Any:
    """Return η: a number as typed, or from the bound, exact for a spectrum."""
    from theorycalc._checks import refuse
    from theorycalc.exceptions import InvalidSetup
    from theorycalc.fields import EXACT, F64
    from theorycalc.gamma.descent import checked_step, largest_step
    from theorycalc.gamma.rates import optimal_step

    field = EXACT if setup.Lambda.is_diagonal else F64
    if word == "half":
        return largest_step(setup, field=field) / 2
    if word == "optimal":
        return optimal_step(setup, field=field)
    try:
        return checked_step(word)
    except InvalidSetup:
        raise refuse("--step-size", word, "not a positive number", "pass η > 0, half or optimal") from None


def _frontier(
    setup: "Setup", error: str, steps: int, eta: Any, metric: str, rung: str, optimizer: str | None
) -> Answer:
    from theorycalc.exceptions import InvalidSetup
    from theorycalc.thinking.training_frontier import training_frontier

    if optimizer is not None:
        raise InvalidSetup("--error and --optimizer: one question at a time; drop one of them")
    with working_on("the fewest steps of training for every k"):
        found = training_frontier(setup, error, steps=steps, step_size=eta, metric=metric, rung=rung)
    return Answer(
        table=lambda: _frontier_table(found),
        data=found.to_dict,
        csv=found.to_csv,
        plot=found.plot,
    )


def _frontier_table(found: "TrainingFrontier") -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.cli.text import number
    from theorycalc.plotting import describe

    rows = []
    for k, t, limit in zip(found.steps, found.epochs, found.limit, strict=True):
        rows.append([str(k), f"{t:,}" if t >= 0 else "—", f"{t * k:,}" if t >= 0 else "—", number(float(limit))])
    statement = f"{describe(found.setup)},  η = {float(found.step_size):.6g}"
    text = f"\nThe fewest steps t of training with E_k ≤ {number(found.target)}, {found.rung}, {found.metric} error: "
    none = "\n— no training time reaches it." if found.searched is None else f"\n— none up to t = {found.searched:,}."
    text += found.uncertainty + "." + (none if not found.reachable.all() else "")
    return [plain_text(statement), grid(["k", "t", "t · k", "E_k at t = ∞"], rows), plain_text(text)]


def _answer(curve: "TrainingCurve", run: "TrainingRun | None", errors: "LearnedErrors | None") -> Answer:
    def data() -> dict[str, Any]:
        found = curve.to_dict()
        if run is not None:
            found["layer"] = run.to_dict()
        if errors is not None:
            found["simulated"] = errors.to_dict()
        return found

    def draw(path: "Path") -> object:
        from theorycalc.plotting import plot_training

        return plot_training(curve, run=run, errors=errors, path=path)

    return Answer(
        table=lambda: _table(curve, run, errors),
        data=data,
        csv=curve.to_csv if run is None else run.to_csv,
        plot=draw,
        notes=curve.notes,
    )


def _table(curve: "TrainingCurve", run: "TrainingRun | None", errors: "LearnedErrors | None") -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.cli.text import number
    from theorycalc.plotting import describe

    last = len(curve.steps) - 1
    shown = sorted({k for k in (*_SHOWN_STEPS, last) if 0 < k <= last})
    best = curve.best_steps
    rows = [
        [
            f"{t:,}",
            number(curve.excess[i]),
            number(curve.distance[i]),
            *(number(curve.error[i, k]) for k in shown),
            str(best[i]),
        ]
        for i, t in enumerate(curve.epochs.tolist())
    ]
    columns = ["t", "L − L*", "distance", *(f"E_{k}" for k in shown), "best k"]
    parts: list[Any] = [
        plain_text(f"{describe(curve.setup)},  η = {float(curve.step_size):.6g}"),
        grid(columns, rows),
        plain_text(f"\n{curve.rung}, {curve.metric} error, {curve.field_name}: {curve.uncertainty}."),
        plain_text("\n".join(_findings(curve))),
    ]
    if run is not None:
        parts += _layer_parts(run, errors, shown)
    return parts


def _findings(curve: "TrainingCurve") -> list[str]:
    from theorycalc.exceptions import TheoryError
    from theorycalc.gamma.descent import largest_step
    from theorycalc.gamma.rates import descent_rates, training_times

    rates = descent_rates(curve.setup, curve.step_size, c=curve.c)
    if not rates.converges:
        limit = float(largest_step(curve.setup, c=curve.c))
        said = [f"Training diverges: it converges for η below {limit:.6g} only."]
    else:
        said = [f"A step of training multiplies the distance to V* by {float(rates.rate):.6g} in the end"]
        try:
            times = training_times(curve.setup, curve.step_size, tolerance=_NEAR, c=curve.c)
            first, last = int(times.min()), int(times.max())
            slow = float(rates.eigenvalues[int(times.argmax())])
            said[0] += f"; to within 1 % it takes {last:,} steps (λ = {slow:.4g}), the fastest skill {first:,}."
        except TheoryError:  # not to be told in float64, or beyond all counting
            said[0] += "."
    early = {int(t) for t in curve.best_epochs[1:]} - {int(curve.epochs[-1])}
    last_k = len(curve.steps) - 1
    if last_k and int(curve.best_epochs[last_k]) < int(curve.epochs[-1]) and early:
        t = int(curve.best_epochs[last_k])
        place = curve.epochs.tolist().index(t)
        gain = float(curve.error[-1, last_k]) / float(curve.error[place, last_k])
        if gain > 1.01:
            said.append(
                f"Stopping early helps: of the times shown t = {t:,} has the smallest E_{last_k}, "
                f"{gain:.4g} times below that at t = {int(curve.epochs[-1]):,}."
            )
    return said


def _layer_parts(run: "TrainingRun", errors: "LearnedErrors | None", shown: list[int]) -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.cli.text import number

    how = run.how
    W_24 = float(run.weights.W[run.setup.d, -1])
    text = (
        f"\nThe layer, {how.optimizer} on {how.trained} from the {how.start} start, {run.done:,} steps: loss "
        f"{number(run.loss[-1])} (least {number(run.minimal_loss)}), distance {number(run.distance[-1])}."
    )
    if how.trained != "V31":
        newton = "a step of thought is a Newton step."
        unseen = "training does not see this, but thinking does (theory section 3)."
        text += f"\nW₁₃ differs from −W₂₄ I = {-W_24:.4g} I by {run.thinking_gap:.3g} of its size: "
        text += newton if run.thinking_gap < _NEWTON else unseen
    parts: list[Any] = [plain_text(text)]
    if errors is not None:
        rows = []
        for i, t in enumerate(errors.epochs.tolist()):
            cells = []
            for k in shown:
                mark = "‡" if errors.heavy_tail[i, k] else " "
                cells.append(f"{number(errors.error[i, k])} ± {float(errors.stderr[i, k]):.2g}{mark}")
            rows.append([f"{t:,}", *cells])
        title = f"simulated on {errors.prompts:,} prompts"
        parts.append(grid(["t", *(f"E_{k} ± s.e." for k in shown)], rows, title=title))
        if errors.heavy_tail[:, shown].any():
            parts.append(plain_text("‡ heavy-tailed samples: neither mean nor standard error is to be trusted"))
    return parts
