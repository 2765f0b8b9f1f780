"""``theorycalc gamma`` and ``theorycalc hardness``: what training leaves in the weights, and how hard a task is."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theorycalc.cli import options as opt
from theorycalc.cli.completion import FIELDS, offer
from theorycalc.cli.output import Answer, Output

if TYPE_CHECKING:
    from theorycalc.results import GammaResult


def gamma(
    train: opt.Train,
    n: opt.TrainingExamples,
    field: opt.FieldName = "f64",
    derivation: Annotated[
        bool,
        typer.Option("--derivation", help="Add the derivation of Γ, step by step.", rich_help_panel="The output"),
    ] = False,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """The matrix Γ = (1 + 1/n) Λ + (tr Λ / n) I that training leaves in the weights.

    A table lists the eigenvalues λ of Λ beside those of Γ; JSON and CSV hold the matrices.

    Examples:

    [bold]theorycalc gamma --train diag:1,1/2,1/3 -n 20 --field exact[/]

    [bold]theorycalc gamma --train covariance.npy -n 50 --json -o gamma.json[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    setup = opt.problem(train, n)
    from theorycalc.gamma.closed_form import gamma_matrix

    result = gamma_matrix(setup, opt.parse_field(field))
    steps = result.steps if derivation else ()
    writer.write(
        Answer(
            table=lambda: _gamma_table(result, steps),
            data=lambda: _gamma_data(result, steps),
            csv=lambda: _gamma_csv(result),
            plot=lambda path: _gamma_plot(result, path),
        )
    )


def hardness(
    train: opt.Train,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="INTEGER",
            help="Examples per training prompt; adds what one step does.",
            rich_help_panel="The problem",
        ),
    ] = None,
    test: opt.Test = None,
    field: Annotated[
        str | None,
        typer.Option(
            "--field",
            metavar="FIELD",
            help="f64, exact, mp:DIGITS or ball:BITS; exact if it can be.",
            rich_help_panel="The problem",
            autocompletion=offer(FIELDS),
        ),
    ] = None,
    as_json: opt.AsJson = False,
    as_csv: opt.AsCsv = False,
    plot: opt.Plot = None,
    output: opt.OutputFile = None,
) -> None:
    """How hard a task is: Hard(Λ) = tr Λ / λ_min ≥ d, and its companions.

    With -n also the factors by which one step multiplies the error on a long prompt, per direction.

    Examples:

    [bold]theorycalc hardness --train power:50:1[/]

    [bold]theorycalc hardness --train power:50:1 -n 20 --test iso:50 --plot factors.png[/]
    """
    writer = Output(as_json=as_json, as_csv=as_csv, plot=plot, file=output)
    from theorycalc.exceptions import InvalidSetup

    if n is None and test is not None:
        raise InvalidSetup("--test without -n: the factors of one step need -n too; add it, or drop --test")
    report = _HardnessReport(train, n, test, field)
    writer.write(
        Answer(
            table=report.table,
            data=report.data,
            csv=lambda: _csv(["quantity", "value"], report.items(plain=True)),
            plot=report.draw,
        )
    )


def _gamma_table(result: "GammaResult", steps: Sequence[Any]) -> list[Any]:
    from theorycalc.cli.tables import grid, plain_text, spectrum_rows
    from theorycalc.cli.text import number
    from theorycalc.plotting import describe

    header = plain_text(describe(result.setup).split(",  Σ")[0])
    table = grid(["i", "λ_i", "γ_i", "1/γ_i"], spectrum_rows(_spectra(result)))
    residual = number(result.residual())
    parts = [header, table, plain_text(f"\n{result.field_name}: max |Γ Γ⁻¹ − I| = {residual}.")]
    return parts + [plain_text(f"{i}. {step}") for i, step in enumerate(steps, 1)]


def _spectra(result: "GammaResult") -> list[Sequence[Any]]:
    """Return λ_i, γ_i and 1/γ_i: the diagonals of spectra as given, the eigenvalues of matrices in float64."""
    import numpy as np

    Lambda = result.setup.Lambda
    if Lambda.is_diagonal:
        return [list(Lambda.entries), list(result.Gamma.diagonal()), list(result.Gamma_inv.diagonal())]
    lam = np.linalg.eigvalsh(np.asarray(Lambda))[::-1]
    gam = np.linalg.eigvalsh(np.vectorize(float, otypes=[float])(result.Gamma))[::-1]
    return [lam.tolist(), gam.tolist(), (1 / gam).tolist()]


def _gamma_data(result: "GammaResult", steps: Sequence[Any]) -> dict[str, Any]:
    from theorycalc.results import plain

    data: dict[str, Any] = {
        name: [[plain(entry) for entry in row] for row in matrix]
        for name, matrix in (("Gamma", result.Gamma), ("Gamma_inv", result.Gamma_inv))
    }
    data |= {"residual": plain(result.residual()), "field": result.field_name}
    if steps:
        data["derivation"] = [{"title": s.title, "latex": s.latex(), "reason": s.reason} for s in steps]
    return data | {"setup": result.setup.to_dict()}


def _gamma_csv(result: "GammaResult") -> str:
    if result.setup.Lambda.is_diagonal:
        rows = zip(*([_cell(entry) for entry in column] for column in _spectra(result)), strict=True)
        return _csv(["i", "lambda", "gamma", "gamma_inv"], ([i, *row] for i, row in enumerate(rows, 1)))
    d = result.setup.d
    return _csv(
        ["row", "column", "gamma", "gamma_inv"],
        ([i + 1, j + 1, _cell(result.Gamma[i, j]), _cell(result.Gamma_inv[i, j])] for i in range(d) for j in range(d)),
    )


def _gamma_plot(result: "GammaResult", path: Any) -> None:
    from theorycalc.plotting import describe, plot_spectrum

    lam, gam, _ = _spectra(result)
    columns = {"$\\lambda_i$ of Λ": lam, "$\\gamma_i$ of Γ": gam}
    plot_spectrum(columns, describe(result.setup).split(",  Σ")[0], ylabel="eigenvalue", path=path)


class _HardnessReport:
    """Hard(Λ) and its companions, with the factors of one step if n is given."""

    def __init__(self, train: str, n: int | None, test: str | None, field: str | None) -> None:
        from theorycalc.hardness import condition_number, contraction_factors, effective_ranks, task_hardness
        from theorycalc.spectra import parse_covariance

        chosen = None if field is None else opt.parse_field(field)
        self.Lambda = parse_covariance(train, name="--train")
        ranks = effective_ranks(self.Lambda, field=chosen)
        self.field_name = ranks.field_name
        self.numbers: dict[str, Any] = {
            "hardness": task_hardness(self.Lambda, field=chosen),
            "condition_number": condition_number(self.Lambda, field=chosen),
            "intrinsic_rank": ranks.intrinsic,
            "participation_rank": ranks.participation,
        }
        self.setup = None if n is None else opt.problem(train, n, test=test)
        self.factors = None if self.setup is None else contraction_factors(self.setup, field=chosen)
        if self.factors is not None:
            self.numbers["spectral_radius"] = self.factors.spectral_radius

    def items(self, *, plain: bool = False) -> list[tuple[str, Any]]:
        """Return names and values."""
        from theorycalc.cli.text import number

        show = _cell if plain else number
        return [("d", str(self.Lambda.d)), *((name, show(value)) for name, value in self.numbers.items())]

    def table(self) -> list[Any]:
        """Return the numbers, and the factor of each direction."""
        from theorycalc.cli.tables import grid, pairs, plain_text, spectrum_rows
        from theorycalc.plotting import describe

        meaning = {
            "d": "dimension d",
            "hardness": "Hard(Λ) = tr Λ / λ_min",
            "condition_number": "λ_max / λ_min",
            "intrinsic_rank": "tr Λ / λ_max",
            "participation_rank": "(tr Λ)² / tr Λ²",
            "spectral_radius": "largest |factor| of one step",
        }
        parts: list[Any] = [pairs([(meaning[name], value) for name, value in self.items()])]
        if self.setup is not None and self.factors is not None:
            statement = describe(self.setup).split(",  m =")[0]
            parts += [
                plain_text(f"\nOn a long prompt one step multiplies the error by  ({statement})"),
                grid(["i", "1 − σ_i/γ_i"], spectrum_rows([self.factors.factors])),
            ]
        return parts

    def data(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        from theorycalc.results import plain

        data: dict[str, Any] = {"d": self.Lambda.d}
        data |= {name: plain(value) for name, value in self.numbers.items()}
        if self.factors is not None:
            data["contraction_factors"] = [plain(value) for value in self.factors.factors]
        return data | {"field": self.field_name, "Lambda": self.Lambda.to_list()}

    def draw(self, path: Any) -> None:
        """Draw the spectrum, and the factors of one step."""
        import numpy as np

        from theorycalc.plotting import describe, plot_spectrum

        spectrum = self.Lambda.entries if self.Lambda.is_diagonal else np.linalg.eigvalsh(np.asarray(self.Lambda))[::-1]
        columns: dict[str, Any] = {"$\\lambda_i$ of Λ": spectrum}
        if self.setup is None or self.factors is None:
            plot_spectrum(columns, f"Λ: {self.Lambda.label},  d = {self.Lambda.d}", ylabel="eigenvalue", path=path)
            return
        columns = {
            "|1 − $\\sigma_i/\\gamma_i$|: one step\nmultiplies the error\nby this factor": [
                abs(float(f)) for f in self.factors.factors
            ]
        }
        statement = describe(self.setup).split(",  m =")[0]
        plot_spectrum(
            columns,
            statement,
            ylabel="|1 − $\\sigma_i/\\gamma_i$|,  |factor| of one step on a long prompt",
            path=path,
            threshold=(1, "divergence threshold,\n|factor| = 1"),
        )


def _cell(value: Any) -> str:
    """Return a number for CSV, every digit."""
    from theorycalc.results import plain

    cell = plain(value)
    return str(cell["enclosure"] if isinstance(cell, dict) else cell)


def _csv(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()
