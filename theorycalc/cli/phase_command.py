"""``theorycalc phase``: what becomes of a typical error as the chain of thought grows, and maps of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import offer
from theorycalc.cli.output import Answer, Output, working_on

if TYPE_CHECKING:
    from theorycalc.model import Setup
    from theorycalc.thinking.phase_diagram import PhaseDiagram
    from theorycalc.thinking.phase_result import Phase
    from theorycalc.thinking.safe import SafeContext

_MAP = "The map"
_MAPS = {
    "d/m,n/m": "lengths of the prompts",
    "d/m,shift": "test length and skill gap",
    "d/m,decay": "test length and power of the spectrum",
    "n/m,shift": "training length and skill gap",
    "n/m,decay": "training length and power of the spectrum",
    "decay,shift": "power of the spectrum and skill gap",
}
_LETTERS = "EPSO"
_COLUMNS, _ROWS = 60, 22


def phase(
    ctx: typer.Context,
    train: opt.Train,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="INTEGER",
            help="Examples per training prompt; not with n/m in a map.",
            rich_help_panel="The problem",
        ),
    ] = None,
    test: opt.Test = None,
    m: opt.TestExamples = "inf",
    metric: opt.Metric = "estimation",
    field: opt.FieldName = "f64",
    prior: opt.Prior = None,
    start: opt.Start = None,
    noise: opt.Noise = "0",
    diagram: Annotated[
        str | None,
        typer.Option(
            "--diagram",
            metavar="X,Y",
            help="Map the phases over two of d/m, n/m, decay, shift.",
            rich_help_panel=_MAP,
            autocompletion=offer(_MAPS),
        ),
    ] = None,
    cells: Annotated[
        int, typer.Option("--cells", metavar="INTEGER", help="Cells along each axis of the map.", rich_help_panel=_MAP)
    ] = 100,
    prompts: Annotated[
        int,
        typer.Option(
            "--prompts",
            metavar="INTEGER",
            help="Prompts whose eigenvalues are drawn into the picture.",
            rich_help_panel="The simulation",
        ),
    ] = 0,
    seed: opt.Seed = 0,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """Does thinking on improve, saturate or ruin what a typical prompt knows? With rate, floor and edges.

    Shift s stands for Σ = (1 − s) Λ + s Σ′, Σ′ given by --test, or isotropic.

    Examples:

    [bold]theorycalc phase --train power:50:0.5 -n 50 -m 100[/]

    [bold]theorycalc phase --train power:50:1 --test iso:50 -n 20 -m 40 --plot spectrum.png --prompts 50[/]

    [bold]theorycalc phase --train power:50:0.5 --diagram d/m,n/m --plot map.png[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    axes = None if diagram is None else _axes(diagram)
    from theorycalc.exceptions import InvalidSetup

    if n is None and (axes is None or "n/m" not in axes):
        raise InvalidSetup("-n: missing; pass the number of examples per training prompt")
    if axes is not None and "d/m" not in axes and opt.count_or_infinity(m) is None:
        raise InvalidSetup("-m: missing; pass the number of test examples, or take d/m as an axis of --diagram")
    if prompts < 0:
        raise InvalidSetup(f"--prompts = {prompts}: negative; pass a number of prompts, or 0")
    if prompts and (axes is not None or plot is None):
        raise InvalidSetup("--prompts: for the picture of one problem; add --plot FILE, and drop --diagram")
    _refuse_ignored(ctx, axes, prompts)
    setup = opt.problem(train, 1 if n is None else n, test=test, m=m, prior=prior, start=start, noise=noise)
    if axes is not None:
        from theorycalc.thinking.phase_diagram import phase_diagram

        with working_on(f"{cells} × {cells} phases"):
            found = phase_diagram(setup, x=axes[0], y=axes[1], cells=cells)
        taken = {name: option for axis, name, option in (("n/m", "n", "-n"), ("d/m", "m", "-m")) if axis in axes}
        writer.write(_map_answer(found, [f"{option} is set by an axis of the map" for option in opt.given(ctx, taken)]))
        return
    from theorycalc.thinking.phases import phase as phase_of

    writer.write(_answer(phase_of(setup, metric=metric, field=opt.parse_field(field)), prompts, seed))


def _refuse_ignored(ctx: typer.Context, axes: tuple[str, str] | None, prompts: int) -> None:
    if axes is None:
        opt.refuse_given(ctx, {"cells": "--cells"}, "for a map; add --diagram X,Y, or drop it")
    else:
        opt.refuse_given(ctx, {"metric": "--metric", "field": "--field"}, "not for a map, which is in float64; drop it")
    if not prompts:
        opt.refuse_given(ctx, {"seed": "--seed"}, "for drawn prompts; add --prompts, or drop it")


def _axes(text: str) -> tuple[str, str]:
    from theorycalc.exceptions import InvalidSetup
    from theorycalc.thinking.phase_diagram import AXES

    names = [part.strip() for part in text.split(",")]
    if len(names) != 2 or names[0] == names[1] or not set(names) <= set(AXES):
        raise InvalidSetup(
            f"--diagram = {text!r}: not two different axes; use two of {', '.join(AXES)}, such as d/m,n/m"
        )
    return names[0], names[1]


def _answer(found: "Phase", prompts: int, seed: int) -> Answer:
    safe = _safe(found.setup)

    def draw(path: Any) -> None:
        from theorycalc.plotting import plot_phase

        sample = None
        if prompts:
            from theorycalc.montecarlo import prompt_spectra

            sample = prompt_spectra(found.setup, prompts, seed=seed)
        plot_phase(found, sample=sample, path=path)

    return Answer(
        table=lambda: _table(found, safe),
        data=lambda: found.to_dict() | {"safe_context": None if safe is None else safe.to_dict()},
        csv=found.to_csv,
        plot=draw,
        notes=found.notes,
    )


def _safe(setup: "Setup") -> "SafeContext | None":
    """Return the smallest safe m, or None where it cannot be told."""
    from theorycalc.exceptions import TheoryError
    from theorycalc.thinking.safe import safe_context

    try:
        return safe_context(setup)
    except TheoryError:
        return None


def _table(found: "Phase", safe: "SafeContext | None") -> list[Any]:
    from theorycalc.cli.tables import grid, pairs, plain_text
    from theorycalc.cli.text import number
    from theorycalc.plotting import describe

    rows = [
        ("edges of the spectrum", f"{number(found.edges.lower)}, {number(found.edges.upper)}"),
        ("rate of what can be learned", f"{number(found.rate)} per step"),
        ("floor", "none" if found.floor is None else number(found.floor)),
        ("error − floor, per step in the end", number(found.excess_rate)),
        ("and a power of 1/k", str(found.prefactor_exponent)),
    ]
    if found.edges.atom_at_zero:
        rows.insert(1, ("share of the spectrum at 0", number(found.edges.atom_at_zero)))
    if found.directions:
        rows.append(("directions that set the rate", _named(found.directions)))
    if safe is not None:
        rows.append(("smallest m without overthinking", "none" if safe.m is None else f"{safe.m:,}"))
    parts = [plain_text(describe(found.setup)), plain_text(f"\n{found.words}.\n"), pairs(rows)]
    support = found.support
    if support is not None and len(support.lower) > 1:
        lines = [
            [number(low), number(high), f"{int(count):,}"]
            for low, high, count in zip(support.lower, support.upper, support.count, strict=True)
        ]
        parts += [
            plain_text("\nIntervals of the spectrum, and how many eigenvalues each holds"),
            grid(["from", "to", "count"], lines),
        ]
    return [*parts, plain_text(f"\n{found.field_name}: {found.uncertainty}.")]


def _named(directions: Sequence[int]) -> str:
    from theorycalc.cli.text import spans

    return spans([i + 1 for i in directions])


def _map_answer(found: "PhaseDiagram", notes: Sequence[str]) -> Answer:
    return Answer(table=lambda: _map_table(found), data=found.to_dict, csv=found.to_csv, plot=found.plot, notes=notes)


def _map_table(found: "PhaseDiagram") -> list[Any]:
    """Return the map in letters, and what each stands for."""
    from theorycalc.cli.tables import pairs, plain_text
    from theorycalc.plotting import map_statement
    from theorycalc.thinking.phase_result import PHASES

    across, down = (_thinned(len(part), most) for part, most in ((found.x, _COLUMNS), (found.y, _ROWS)))
    lines = [f"{found.y[j]:8.3g} " + "".join(_LETTERS[int(found.code[j, i])] for i in across) for j in reversed(down)]
    low, high = f"{found.x[across[0]]:.3g}", f"{found.x[across[-1]]:.3g}"
    lines.append(" " * 9 + low + found.x_name.center(len(across) - len(low) - len(high)) + high)
    rows = [(f"{_LETTERS[PHASES.index(name)]}  {name}", f"{100 * found.share(name):.3g} %") for name in found.phases]
    words = ["", f"{found.y_name} upwards, {found.x_name} to the right", "", *lines, ""]
    return [plain_text(map_statement(found)), plain_text("\n".join(words)), pairs(rows, title="share of the map")]


def _thinned(count: int, most: int) -> list[int]:
    return list(range(count)) if count <= most else [round(i * (count - 1) / (most - 1)) for i in range(most)]
