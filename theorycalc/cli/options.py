"""The options that commands share, and how their words become a problem."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli.completion import FIELDS, METRICS, covariances, offer

if TYPE_CHECKING:
    from theorycalc.fields import Field
    from theorycalc.model import Setup

_PROBLEM, _SAMPLING, _OUTPUT = "The problem", "The simulation", "The output"

Train = Annotated[
    str,
    typer.Option(
        "--train",
        metavar="SPEC",
        help="Feature covariance Λ of training.",
        rich_help_panel=_PROBLEM,
        autocompletion=covariances,
    ),
]
Test = Annotated[
    str | None,
    typer.Option(
        "--test",
        metavar="SPEC",
        help="Feature covariance Σ at test time; Λ if absent.",
        rich_help_panel=_PROBLEM,
        autocompletion=covariances,
    ),
]
TrainingExamples = Annotated[
    int, typer.Option("-n", metavar="INTEGER", help="Examples per training prompt.", rich_help_panel=_PROBLEM)
]
TestExamples = Annotated[
    str,
    typer.Option(
        "-m",
        metavar="INTEGER|inf",
        help="Examples of the test prompt.",
        rich_help_panel=_PROBLEM,
        autocompletion=offer({"inf": "the limit of long prompts"}),
    ),
]
DrawnExamples = Annotated[
    str, typer.Option("-m", metavar="INTEGER", help="Examples of the test prompt, finite.", rich_help_panel=_PROBLEM)
]
Steps = Annotated[
    int, typer.Option("--steps", "-k", metavar="INTEGER", help="Chain-of-thought steps.", rich_help_panel=_PROBLEM)
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="K,K,…",
        help="Selected steps up to 1000000, instead of 0 … k (rung proportional).",
        rich_help_panel=_PROBLEM,
    ),
]
Metric = Annotated[
    str,
    typer.Option(
        "--metric",
        metavar="METRIC",
        help="estimation: E‖w − w*‖²; prediction: error on a fresh query.",
        rich_help_panel=_PROBLEM,
        autocompletion=offer(METRICS),
    ),
]
Prior = Annotated[
    str | None,
    typer.Option(
        "--prior",
        metavar="SPEC",
        help="Covariance Ω of the task, w* ~ N(0, Ω); I if absent.",
        rich_help_panel=_PROBLEM,
        autocompletion=covariances,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="LIST|FILE", help="First token w₀, such as 1,0,1/2; 0 if absent.", rich_help_panel=_PROBLEM
    ),
]
Noise = Annotated[
    str, typer.Option("--noise", metavar="NUMBER", help="Label noise σ², such as 1/10.", rich_help_panel=_PROBLEM)
]
FieldName = Annotated[
    str,
    typer.Option(
        "--field",
        metavar="FIELD",
        help="Arithmetic: f64, exact, mp:DIGITS or ball:BITS.",
        rich_help_panel=_PROBLEM,
        autocompletion=offer(FIELDS),
    ),
]
Prompts = Annotated[
    int, typer.Option("--prompts", metavar="INTEGER", help="Prompts to draw.", rich_help_panel=_SAMPLING)
]
PromptsOrNone = Annotated[
    int,
    typer.Option(
        "--prompts", metavar="INTEGER", help="Prompts to draw; 0 skips the simulation.", rich_help_panel=_SAMPLING
    ),
]
Seed = Annotated[
    int,
    typer.Option("--seed", metavar="INTEGER", help="The same seed gives the same numbers.", rich_help_panel=_SAMPLING),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers", metavar="INTEGER", help="Processes; the numbers do not depend on it.", rich_help_panel=_SAMPLING
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, every digit.", rich_help_panel=_OUTPUT)]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, every digit.", rich_help_panel=_OUTPUT)]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Draw a picture: .png, .svg or .pdf.", rich_help_panel=_OUTPUT),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write to a file instead of stdout, which is -.", rich_help_panel=_OUTPUT
    ),
]


def refuse_given(ctx: typer.Context, names: Mapping[str, str], reason: str) -> None:
    """Refuse options that were typed and would be ignored; ``names`` maps parameters to their options.

    Raises
    ------
    InvalidSetup
        naming the first of them, and the reason.
    """
    from theorycalc.exceptions import InvalidSetup

    for option in given(ctx, names):
        raise InvalidSetup(f"{option}: {reason}")


def refuse_auto(rung: str, allowed: str) -> None:
    """Refuse --rung auto where the rung may not change on the way."""
    from theorycalc.exceptions import InvalidSetup

    if rung == "auto":
        raise InvalidSetup(f"--rung auto: for curve only, where one rung serves one problem; choose {allowed}")


def given(ctx: typer.Context, names: Mapping[str, str]) -> list[str]:
    """Return those of the options that were typed, and not left at their default."""
    sources = ((option, ctx.get_parameter_source(name)) for name, option in names.items())
    return [option for option, source in sources if source is not None and source.name == "COMMANDLINE"]


def problem(
    train: str,
    n: int,
    *,
    test: str | None = None,
    m: str = "inf",
    prior: str | None = None,
    start: str | None = None,
    noise: str = "0",
) -> "Setup":
    """Return the problem that the words of a command line state.

    Raises
    ------
    InvalidSetup
        naming the option or argument, its value and the remedy.

    >>> problem("power:3:1", 20, m="40")
    Setup(Lambda=Covariance('power:3:1', d=3, spectrum, exact), n=20, m=40)
    """
    from theorycalc.model import Setup
    from theorycalc.spectra import parse_covariance

    return Setup(
        parse_covariance(train, name="--train"),
        n=n,
        Sigma=None if test is None else parse_covariance(test, name="--test"),
        m=count_or_infinity(m),
        Omega=None if prior is None else parse_prior(prior),
        w_0=None if start is None else read_start(start),
        noise_var=noise,
    )


def count_or_infinity(text: str) -> int | None:
    """Return m; None for ∞.

    >>> count_or_infinity("100"), count_or_infinity("inf")
    (100, None)
    """
    from theorycalc._checks import refuse

    if text.strip().lower() in ("inf", "infinity", "∞"):
        return None
    try:
        return int(text)
    except ValueError:
        raise refuse("-m", text, "neither an integer nor inf", "pass the number of examples, or inf") from None


def parse_prior(text: str) -> Any:
    """Return Ω; a covariance that may be singular, unlike Λ and Σ."""
    from theorycalc.spectra import parse_covariance

    family, _, rest = text.partition(":")
    if family == "diag" and rest:  # may hold zeros
        return [cell.strip() for cell in rest.split(",")]
    return parse_covariance(text, name="--prior")


def read_start(text: str) -> Any:
    """Return w₀ from a comma-separated list, or from a .npy, .csv or .json file."""
    import json

    import numpy as np

    from theorycalc._checks import refuse

    path = Path(text)
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".csv", ".json"):
        return [cell.strip() for cell in text.split(",")]
    try:
        if suffix == ".npy":
            return np.load(path, allow_pickle=False)
        content = path.read_text(encoding="utf-8-sig")
        return json.loads(content) if suffix == ".json" else content.replace(",", " ").split()
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse("--start", text, f"not a readable file ({reason})", "check the path") from None


def parse_steps(text: str) -> list[int]:
    """Return the selected steps of a comma-separated list.

    >>> parse_steps("1000, 1000000")
    [1000, 1000000]
    """
    from theorycalc._checks import MAX_STEPS, integer, refuse

    remedy = "pass numbers of steps, such as 1000,1000000"
    try:
        steps = [int(cell) for cell in text.split(",")]
    except ValueError:
        raise refuse("--at", text, "not a list of integers", remedy) from None
    return [integer("--at", k, minimum=0, maximum=MAX_STEPS, remedy=remedy) for k in steps]


def parse_field(text: str) -> "Field":
    """Return the number field of a command-line word.

    >>> parse_field("mp:50").name, parse_field("ball:200").name, parse_field("exact").name
    ('MP(50)', 'BALL(200)', 'EXACT')
    """
    from theorycalc._checks import refuse
    from theorycalc.exceptions import InvalidSetup
    from theorycalc.fields import BALL, EXACT, F64, MP

    kind, _, size = text.strip().lower().partition(":")
    if not size and kind in ("f64", "exact"):
        return F64 if kind == "f64" else EXACT
    if kind in ("mp", "ball") and size.isdecimal():
        try:
            return MP(int(size)) if kind == "mp" else BALL(int(size))
        except InvalidSetup as error:  # about dps or bits
            raise InvalidSetup(f"--field = {text!r}: {error}") from None
    raise refuse("--field", text, "unknown", "use f64, exact, mp:DIGITS or ball:BITS")
