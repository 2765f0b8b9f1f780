"""``theorycalc explore``: the theory as a page to look at."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import METRICS, covariances, offer
from theorycalc.cli.output import require_writable
from theorycalc.exceptions import InvalidSetup

_PROBLEM, _PAGE = "The problem it opens with", "The page"


def explore(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The page to write, .html.", rich_help_panel=_PAGE),
    ] = Path("explorer.html"),
    open_it: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.", rich_help_panel=_PAGE)
    ] = False,
    train: Annotated[
        str | None,
        typer.Option(
            "--train",
            metavar="SPEC",
            help="Feature covariance Λ of training: a spectrum.",
            rich_help_panel=_PROBLEM,
            autocompletion=covariances,
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("-n", metavar="INTEGER", help="Examples per training prompt.", rich_help_panel=_PROBLEM),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test",
            metavar="SPEC",
            help="Feature covariance Σ at test time: a spectrum; Λ if absent.",
            rich_help_panel=_PROBLEM,
            autocompletion=covariances,
        ),
    ] = None,
    m: Annotated[
        str | None,
        typer.Option(
            "-m",
            metavar="INTEGER|inf",
            help="Examples of the test prompt.",
            rich_help_panel=_PROBLEM,
            autocompletion=offer({"inf": "the limit of long prompts"}),
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", "-k", metavar="INTEGER", help="Chain-of-thought steps.", rich_help_panel=_PROBLEM),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="METRIC",
            help="estimation: E‖w − w*‖²; prediction: error on a fresh query.",
            rich_help_panel=_PROBLEM,
            autocompletion=offer(METRICS),
        ),
    ] = None,
    noise: Annotated[
        str,
        typer.Option("--noise", metavar="NUMBER", help="Label noise σ², such as 1/10.", rich_help_panel=_PROBLEM),
    ] = "0",
) -> None:
    """Write the explorer: a page with a slider for every number, which needs no network.

    Error curves by rung, the trade-off between training and thinking, phases, the skills one by one, and the choice of
    training tasks, computed in the browser; the page checks itself against exact values when it is opened.

    Examples:

    [bold]theorycalc explore[/]

    [bold]theorycalc explore --train power:50:0.5 -n 50 -m 100 -k 10 -o lecture.html[/]
    """
    require_writable("-o", output)
    if output.suffix.lower() not in (".html", ".htm"):
        raise InvalidSetup(f"-o {output}: not a page; name a file that ends in .html")
    if train is None and (n is not None or test is not None or m is not None or noise != "0"):
        raise InvalidSetup("--train: missing; pass it with -n, --test, -m and --noise, or leave all of them out")
    if train is not None and n is None:
        raise InvalidSetup("-n: missing; pass the number of examples per training prompt")
    from theorycalc.explorer import write_explorer

    setup = None
    if train is not None and n is not None:
        setup = opt.problem(train, n, test=test, m=m or "inf", noise=noise)
    write_explorer(output, setup, steps=steps, metric=metric)
    print(f"note: page in {output}", file=sys.stderr)
    if open_it:
        import webbrowser

        if not webbrowser.open(output.resolve().as_uri()):
            print("note: no browser to open it with", file=sys.stderr)
