"""``theorycalc tradeoff``: how much training context thinking saves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import rungs
from theorycalc.cli.output import Answer, Output, working_on

if TYPE_CHECKING:
    from theorycalc.thinking.cheapest import Cheapest
    from theorycalc.thinking.frontier import Frontier
    from theorycalc.thinking.steps import SmallestSteps

_QUESTION, _PRICES = "The question", "The prices"
_WIDE = 3  # targets up to which the table shows the closed form too
_MOST_STEPS = {"exact": 8}  # of the default list of k
_DEFAULT_STEPS = 32


def tradeoff(
    train: opt.Train,
    error: Annotated[
        str,
        typer.Option("--error", "-e", metavar="LIST", help="Target errors, such as 1,1/10.", rich_help_panel=_QUESTION),
    ],
    steps: Annotated[
        str | None,
        typer.Option(
            "--steps",
            "-k",
            metavar="K|LIST",
            help="CoT steps: 32 for 1, 2, 4, … 32; 1-8 for all; or a list 1,3,5.",
            rich_help_panel=_QUESTION,
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="INTEGER",
            help="Say as well how many steps reach the targets with n examples.",
            rich_help_panel=_QUESTION,
        ),
    ] = None,
    test: opt.Test = None,
    m: opt.TestExamples = "inf",
    tie_m: Annotated[
        bool,
        typer.Option("--tie-m", help="Test prompts as long as training ones, m = n.", rich_help_panel=_QUESTION),
    ] = False,
    rung: Annotated[
        str,
        typer.Option(
            "--rung",
            metavar="RUNG",
            help="population, exact, proportional, expansion or bound; default population, with -m or --tie-m exact.",
            rich_help_panel=_QUESTION,
            autocompletion=rungs("population", "exact", "proportional", "expansion", "bound"),
        ),
    ] = "",
    metric: opt.Metric = "estimation",
    field: opt.FieldName = "f64",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    local: Annotated[
        bool,
        typer.Option("--local", help="Compare n with n − 1 only: quick for many steps.", rich_help_panel=_QUESTION),
    ] = False,
    price_context: Annotated[
        str | None,
        typer.Option("--price-context", metavar="NUMBER", help="Of a token of context.", rich_help_panel=_PRICES),
    ] = None,
    price_step: Annotated[
        str | None,
        typer.Option("--price-step", metavar="NUMBER", help="Of a step of thinking.", rich_help_panel=_PRICES),
    ] = None,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """How much shorter may training prompts be if the model thinks longer? The least n for each error and k.

    Every n is certified: it reaches the target and no smaller one does. With prices, the cheapest pair of n and k.
    The rung is population unless -m or --tie-m is given, which make it exact; in Python say rung="exact" yourself.

    Examples:

    [bold]theorycalc tradeoff --train power:50:0.5 --error 1,1/10 -k 32[/]

    [bold]theorycalc tradeoff --train power:50:0.5 --error 1/2 -k 1-10 -m 500 --plot frontier.png[/]

    [bold]theorycalc tradeoff --train power:50:0.5 --error 1/10 --price-context 1 --price-step 5[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    from theorycalc.exceptions import InvalidSetup

    if (price_context is None) != (price_step is None):
        raise InvalidSetup("--price-context, --price-step: one without the other; pass both")
    setup = opt.problem(train, 1 if n is None else n, test=test, m=m, prior=prior, start=start, noise=noise)
    opt.refuse_auto(rung, "population, exact, proportional, expansion or bound")
    chosen = rung or ("exact" if setup.m is not None or tie_m else "population")
    targets = [part.strip() for part in error.split(",")]
    ks = _steps(steps, chosen)
    from theorycalc.thinking.cheapest import cheapest
    from theorycalc.thinking.frontier import frontier
    from theorycalc.thinking.steps import smallest_steps

    numbers = opt.parse_field(field)
    options: dict[str, Any] = {"rung": chosen, "metric": metric, "field": numbers}
    with working_on(f"{len(targets)} × {len(ks)} training lengths"):
        found = frontier(setup, targets, ks, tie_m=tie_m, everywhere=not local, **options)
        pairs: list[Cheapest] = []
        if price_step is not None:
            prices: dict[str, Any] = {"price_context": price_context, "price_step": price_step}
            pairs = [cheapest(setup, target, tie_m=tie_m, **prices, **options) for target in targets]
        if n is not None and tie_m:
            setup = setup.replace(m=n)
        counts = [] if n is None else [smallest_steps(setup, e, **options) for e in targets]
    writer.write(_answer(found, pairs, counts))


def _steps(text: str | None, rung: str) -> list[int]:
    """Return the list of k: powers of two up to K, a range, or a list.

    >>> _steps("12", "exact"), _steps("2-4", "exact"), _steps("5,1", "exact"), _steps(None, "exact")
    ([1, 2, 4, 8, 12], [2, 3, 4], [1, 5], [1, 2, 4, 8])
    """
    from theorycalc._checks import refuse

    if text is None:
        text = str(_MOST_STEPS.get(rung, _DEFAULT_STEPS))
    words = "pass the largest k, a range such as 1-8, or a list such as 1,2,4"
    try:
        if "," in text:
            found = sorted(int(part) for part in text.split(","))
        elif "-" in text.strip()[1:]:
            first, last = (int(part) for part in text.split("-"))
            found = list(range(first, last + 1))
        else:
            most = int(text)
            found = [2**i for i in range(most.bit_length())] if most > 0 else []
            found += [most] if found and found[-1] != most else []
    except ValueError:
        raise refuse("-k", text, "not a number of steps", words) from None
    if not found or found[0] < 1 or len(set(found)) < len(found):
        raise refuse("-k", text, "not different numbers of steps >= 1", words)
    return found


def _answer(found: "Frontier", pairs: Sequence["Cheapest"], counts: Sequence["SmallestSteps"]) -> Answer:
    def data() -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if pairs:
            extra["cheapest"] = [pair.to_dict() for pair in pairs]
        if counts:
            extra["smallest_steps"] = [count.to_dict() for count in counts]
        return found.to_dict() | extra

    return Answer(
        table=lambda: _table(found, pairs, counts), data=data, csv=found.to_csv, plot=found.plot, notes=found.notes
    )


def _table(found: "Frontier", pairs: Sequence["Cheapest"], counts: Sequence["SmallestSteps"]) -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.plotting.frontier import statement
    from theorycalc.thinking.answer_text import short

    wide = len(found.errors) <= _WIDE and any(n is not None for n in found.closed_form_n.reshape(-1))
    columns = ["k"]
    for error in found.errors:
        columns += [f"n for {short(error)}", "Cor. 3.5"] if wide else [f"n for {short(error)}"]
    rows = []
    for column, k in enumerate(found.steps.tolist()):
        cells = [f"{k:,}"]
        for row in range(len(found.errors)):
            cells.append(_count(found.n[row, column], found.n_real[row, column]))
            cells += [_count(found.closed_form_n[row, column], 0.0)] if wide else []
        rows.append(cells)
    words = [*found.verdicts, *(pair.verdict for pair in pairs), *(_at_n(count) for count in counts)]
    parts = [plain_text(statement(found)), grid(columns, rows), plain_text("")]
    parts += [plain_text(f"· {sentence}") for sentence in words]
    return [*parts, plain_text(f"\n{found.rung}, {found.metric} error, {found.field_name}: {found.uncertainty}.")]


def _at_n(count: "SmallestSteps") -> str:
    return f"With n = {count.setup.n:,}: {count.verdict}"


def _count(n: int | None, real: float) -> str:
    """An integer; — where no n reaches the target."""
    return f"{n:,}" if n is not None else "—" if real != 0.0 else ""
