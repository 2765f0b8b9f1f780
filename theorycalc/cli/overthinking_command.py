"""``theorycalc overthinking``: whether thinking longer hurts, whose fault it is, and what cures it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.curve_commands import INTERRUPTED
from theorycalc.cli.output import Answer, Output, progress_bar, working_on

if TYPE_CHECKING:
    from theorycalc.model import Setup
    from theorycalc.montecarlo import ProbabilityEstimate
    from theorycalc.results import Estimate
    from theorycalc.thinking.overthinking import Overthinking
    from theorycalc.thinking.probability import OverthinkingProbability
    from theorycalc.thinking.rebalancing import Rebalancing
    from theorycalc.thinking.transient import TransientGrowth

_MOST_SKILLS = 40
_SHORT = 5  # letters of a fraction in a table


def overthinking(
    train: opt.Train,
    n: opt.TrainingExamples,
    test: opt.Test = None,
    m: opt.TestExamples = "inf",
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            "-k",
            metavar="INTEGER",
            help="Steps of the exact mean that are examined; default what takes seconds, 12 at most.",
            rich_help_panel="The problem",
        ),
    ] = None,
    metric: opt.Metric = "estimation",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    prompts: opt.PromptsOrNone = 2_000,
    seed: opt.Seed = 0,
    workers: opt.Workers = 1,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """Does thinking longer hurt? Who is to blame, how long to think, what cures it, how many prompts it hits.

    A skill overthinks iff the test needs more than twice of it than Γ allows for: σ/γ > 2. CSV holds the skills.

    Examples:

    [bold]theorycalc overthinking --train power:10:1 --test iso:10 -n 6 -m 40 --plot overthinking.png[/]

    [bold]theorycalc overthinking --train diag:1,1/10 --test diag:1,1 -n 4[/]
    """
    from theorycalc.exceptions import InvalidSetup

    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    if prompts < 0 or prompts == 1:
        raise InvalidSetup(f"--prompts = {prompts}: too few; pass at least 2 prompts, or 0 for no simulation")
    setup = opt.problem(train, n, test=test, m=m, prior=prior, start=start, noise=noise)
    report = _report(setup, steps, metric, prompts=prompts, seed=seed, workers=workers)
    writer.write(
        Answer(
            table=lambda: _table(report),
            data=lambda: _data(report),
            csv=report.verdict.to_csv,
            plot=lambda path: _plot(report, path),
            notes=report.notes,
        )
    )
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Report:
    """Everything that is said about one problem."""

    verdict: "Overthinking"
    rebalancing: "Rebalancing"
    probability: "OverthinkingProbability"
    transient: "TransientGrowth | None"
    estimate: "Estimate | None"
    share: "ProbabilityEstimate | None"
    notes: list[str]

    @property
    def interrupted(self) -> bool:
        """Whether a simulation was stopped."""
        return any(part is not None and part.interrupted for part in (self.estimate, self.share))


def _report(setup: "Setup", steps: int | None, metric: str, *, prompts: int, seed: int, workers: int) -> _Report:
    from theorycalc import montecarlo
    from theorycalc.exceptions import NotCertified, NotConverged
    from theorycalc.thinking.overthinking import overthinking as verdict_of
    from theorycalc.thinking.probability import overthinking_probability
    from theorycalc.thinking.rebalancing import rebalancing
    from theorycalc.thinking.transient import transient_growth

    with working_on("the exact mean and the proportional limit"):
        verdict, notes = verdict_of(setup, steps=steps, metric=metric), list[str]()
    transient = None
    if not setup.is_diagonal and not verdict.overthinks:
        try:
            transient = transient_growth(setup)
        except NotCertified as refusal:
            notes.append(f"transient growth: {refusal}")
    estimate, share = None, None
    if setup.m is not None and prompts:
        last = verdict.mean.examined if verdict.mean is not None else (steps or 0)
        with progress_bar(prompts) as progress:
            share = montecarlo.overthinking_probability(
                setup, prompts=prompts, seed=seed, workers=workers, progress=progress
            )
        if last and not share.interrupted:
            try:
                with progress_bar(prompts) as progress:
                    estimate = montecarlo.expected_error(
                        setup, last, prompts=prompts, seed=seed, metric=metric, workers=workers, progress=progress
                    )
            except NotConverged as refusal:
                notes.append(f"simulated errors: {refusal}")
    return _Report(
        verdict=verdict,
        rebalancing=rebalancing(setup),
        probability=overthinking_probability(setup),
        transient=transient,
        estimate=estimate,
        share=share,
        notes=notes,
    )


# ------------------------------------------------------------------------------------------------ in words


def _lines(report: _Report) -> list[str]:
    lines = list(report.verdict.sentences)
    cure = report.verdict.cure
    if cure.needed:
        lines.append(_rebalanced(report.rebalancing))
    if report.transient is not None:
        lines.append(_transient(report.transient))
    if report.verdict.setup.m is not None:
        lines.append(_probability(report.probability, report.share))
    if report.estimate is not None:
        lines.append(_simulated(report.estimate))
    return lines


def _rebalanced(found: "Rebalancing") -> str:
    from theorycalc.fields import as_fraction
    from theorycalc.thinking.words import show

    if not found.possible:
        return (
            f"Spreading the same training variance otherwise cannot cure it: these skills need tr Λ ≥ "
            f"{show(found.smallest_trace)} in total."
        )
    total = sum(as_fraction(x) for x in found.setup.Lambda.entries.diagonal()) if not found.setup.is_diagonal else None
    if total is None:
        total = sum(as_fraction(x) for x in found.setup.Lambda.entries)
    share = 100 * float(as_fraction(found.moved) / total)
    least = "at least " if as_fraction(found.least) < as_fraction(found.moved) else ""
    return f"With tr Λ held fixed, moving {share:.3g} % of it cures it ({least}{show(found.least)} must move)."


def _transient(found: "TransientGrowth") -> str:
    from theorycalc.thinking.words import show

    if not found.grows:
        text = "Λ and Σ do not commute, but the mean error never exceeds its start"
    else:
        text = (
            f"Λ and Σ do not commute: the long-prompt error grows {show(found.peak)}-fold at k = {found.peak_step} "
            "before it decays"
        )
    if found.norm_step:
        text += f"; that of the worst task {show(found.norm_peak**2)}-fold at k = {found.norm_step}"
    return text + " (proved for all k)."


def _probability(found: "OverthinkingProbability", share: "ProbabilityEstimate | None") -> str:
    from theorycalc.thinking.words import show

    if found.value is not None:
        text = f"The probability that a prompt overthinks is {show(float(found.value))} ({found.method})"
    else:
        low, high = (show(float(x)) for x in (found.lower, found.upper))
        text = f"The probability that a prompt overthinks lies between {low} and {high} (proved)"
    if share is not None:
        text += (
            f"; {share.count:,} of {share.prompts:,} simulated prompts do, "
            f"{100 * share.confidence:g} % interval {share.lower:.3g} … {share.upper:.3g}"
        )
    return text + "."


def _simulated(estimate: "Estimate") -> str:
    last = len(estimate.values) - 1
    levels = [("the median prompt", estimate.median)]
    levels += [(f"the {100 * level:g} % quantile", estimate.quantiles[level]) for level in (0.95,)]
    parts = [f"{name} is best at k = {int(values.argmin())}" for name, values in levels]
    return f"Simulated, within k ≤ {last}: {', '.join(parts)}."


# ------------------------------------------------------------------------------------------------ forms


def _table(report: _Report) -> list[Any]:
    from theorycalc.cli.tables import _bullet, grid, plain_text
    from theorycalc.plotting import describe

    parts: list[Any] = [plain_text(describe(report.verdict.setup))]
    parts += [_bullet("[bold yellow]·[/]", text) for text in _lines(report)]
    parts += [plain_text(""), grid(*_skills(report.verdict))]
    curves = _curve_rows(report)
    if curves is not None:
        parts += [plain_text("\nThe error after k steps"), grid(*curves)]
    return [*parts, plain_text(f"\n{report.verdict.field_name}: {report.verdict.uncertainty}.")]


def _skills(verdict: "Overthinking") -> tuple[list[str], list[list[str]]]:
    """Return the table of skills: the worst ones if there are many."""
    from theorycalc.fields import as_fraction

    directions = verdict.directions
    k = verdict.k_star_range[0]
    share = directions.shares(int(min(k, 10**9)) if k != float("inf") else 0)
    axes = verdict.setup.is_diagonal
    critical = verdict.training.by_direction
    order = list(range(len(directions)))
    if len(order) > _MOST_SKILLS:
        order = sorted(order, key=lambda i: -as_fraction(directions.ratio[i]))[:_MOST_SKILLS]
    at = "E_0" if k in (0, float("inf")) else f"E_{k:,}"
    columns = ["i", "σ_i", "γ_i", "σ_i/γ_i", "1 − σ_i/γ_i", f"share of {at}"]
    columns += ["λ_i to add", "critical n"] if axes else []
    rows = []
    for i in order:
        one = directions[i]
        row = [str(i + 1), *map(_cell, (one.sigma, one.gamma, one.ratio, one.factor)), f"{share[i]:.3g}"]
        if axes and critical is not None:
            more = as_fraction(verdict.cure.added[i])
            row += [
                _cell(verdict.cure.added[i]) if more else "",
                "∞" if critical[i] == float("inf") else _cell(critical[i]),
            ]
        rows.append([*row, str(one.fate)])
    return [*columns, "long prompts"], rows


def _cell(value: Any) -> str:
    """Return a number with six digits; a fraction only if it is very short."""
    from theorycalc.fields import as_fraction
    from theorycalc.thinking.words import show

    exact = as_fraction(value)
    return show(value) if len(str(exact)) <= _SHORT else f"{float(exact):.6g}"


def _curve_rows(report: _Report) -> tuple[list[str], list[list[str]]] | None:
    from theorycalc.cli.text import number
    from theorycalc.error_curves import expected_error

    verdict = report.verdict
    if verdict.mean is None:
        return None
    last = verdict.mean.examined
    population = expected_error(verdict.setup, last, rung="population", metric=str(verdict.metric))
    columns: dict[str, Any] = {"population": population.values, "exact mean": verdict.mean.curve.values}
    if verdict.typical is not None and verdict.typical.curve is not None:
        columns["proportional"] = verdict.typical.curve.values
    if report.estimate is not None:
        columns |= {"median": report.estimate.median, "95 % of prompts": report.estimate.quantiles[0.95]}
    rows = [[str(k), *(number(float(values[k])) for values in columns.values())] for k in range(last + 1)]
    return ["k", *columns], rows


def _data(report: _Report) -> dict[str, Any]:
    def shown(part: Any) -> Any:
        return None if part is None else part.to_dict()

    return report.verdict.to_dict() | {
        "sentences": _lines(report),
        "rebalancing": shown(report.rebalancing),
        "transient": shown(report.transient),
        "probability": shown(report.probability),
        "simulated_probability": shown(report.share),
        "simulation": shown(report.estimate),
    }


def _plot(report: _Report, path: Any) -> None:
    from theorycalc.plotting import plot_overthinking

    plot_overthinking(report.verdict, estimate=report.estimate, path=path)
