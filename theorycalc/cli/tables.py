"""Answers as tables for people."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from theorycalc.cli.text import number
from theorycalc.cli.words import advice
from theorycalc.results import ErrorCurve, Estimate, Rung

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from theorycalc.cli.comparison import Comparison
    from theorycalc.error_curves import TypicalError

_MOST_ROWS, _HEAD, _TAIL = 120, 40, 10


def grid(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", left: int = 0) -> "Table":
    """Return a plain table; ``left`` columns from the right are left-aligned text."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
        header_style="bold",
    )
    for i, name in enumerate(columns):
        is_text = i >= len(columns) - left
        table.add_column(name, justify="left" if is_text else "right", overflow="fold")
    lines = list(rows)
    for i, line in enumerate(lines):
        if len(lines) > _MOST_ROWS and i == _HEAD:
            table.add_row(*["…"] * len(columns))
        if len(lines) <= _MOST_ROWS or i < _HEAD or i >= len(lines) - _TAIL:
            table.add_row(*line)
    return table


def pairs(items: Sequence[tuple[str, str]], *, title: str = "") -> "Table":
    """Return a two-column table of names and values."""
    return grid(["quantity", "value"], items, title=title, left=2)


def plain_text(text: str) -> "RenderableType":
    """Return a paragraph in which brackets are no markup."""
    from rich.text import Text

    return Text(text)


def curve_table(curve: ErrorCurve) -> list["RenderableType"]:
    """Return a curve with its uncertainty, and what is to be said about it."""
    from theorycalc.plotting import describe

    if isinstance(curve, Estimate):
        low, high = min(curve.quantiles), max(curve.quantiles)
        columns = ["k", "mean ± s.e.", "median", f"{100 * low:g} %", f"{100 * high:g} %", "largest share", "tail"]
        rows = [
            [
                str(k),
                mean_with_error(curve, k),
                number(curve.median[k]),
                number(curve.quantiles[low][k]),
                number(curve.quantiles[high][k]),
                f"{curve.largest_share[k]:.2g}",
                "heavy" if curve.heavy_tail[k] else "",
            ]
            for k in range(len(curve.values))
        ]
        left = 1
    else:
        columns, left = ["k", f"E_k, {curve.rung}"], 0
        widths = [_half_width(curve, k) for k in range(len(curve.values))]
        rows = [[str(k), number(value)] for k, value in enumerate(curve.values)]
        if curve.field_name == "F64" and any(widths):
            columns.append("±")
            rows = [[*row, f"{width:.0e}" if width else "0"] for row, width in zip(rows, widths, strict=True)]
        if curve.regimes:
            columns.append("where it is a theorem")
            rows = [[*row, regime] for row, regime in zip(rows, curve.regimes, strict=True)]
            left = 1
    parts: list[RenderableType] = [plain_text(describe(curve.setup)), grid(columns, rows, left=left)]
    return [*parts, plain_text(f"\n{curve.rung}, {curve.metric} error, {curve.field_name}: {curve.uncertainty}.")]


def typical_table(found: "TypicalError") -> list["RenderableType"]:
    """Return the typical error after selected steps: numbers of any size, and how far they are above their floor."""
    from theorycalc.plotting import describe

    columns = ["k", "E_k, typical", "log10 E_k", "relative ±"]
    excess = found.excess_decimals if found.floor else None
    if excess is not None:
        columns.append("E_k − floor")
    rows = []
    for i, k in enumerate(found.steps.tolist()):
        logarithm = f"{found.log10[i]:.6f}" if found.sign[i] else "−∞"
        rows.append([str(k), found.decimals[i], logarithm, f"{found.relative_error[i]:.0e}"])
        if excess is not None:
            rows[-1].append(excess[i])
    parts: list[RenderableType] = [plain_text(describe(found.setup)), grid(columns, rows)]
    if found.floor:
        parts.append(plain_text(f"\nfloor, k → ∞: {number(found.floor)}"))
    return [*parts, plain_text(f"\n{found.rung}, {found.metric} error, {found.field_name}: {found.uncertainty}.")]


def _half_width(curve: ErrorCurve, k: int) -> float:
    return float(curve.upper[k] - curve.lower[k]) / 2 if curve.field_name == "F64" else 0.0


def mean_with_error(estimate: Estimate, k: int) -> str:
    """Return ``2.00960 ± 0.0014``."""
    error = float(estimate.stderr[k])
    return f"{number(estimate.values[k])} ± {error:.2g}"


def comparison_table(comparison: "Comparison") -> list["RenderableType"]:
    """Return all rungs side by side, why the absent ones are absent, and the findings."""
    from rich.padding import Padding

    from theorycalc.plotting import describe

    asked = [rung for rung in Rung if rung in comparison.curves or rung in comparison.absent]
    order = [Rung.POPULATION, Rung.EXACT, Rung.PROPORTIONAL, Rung.EXPANSION, Rung.BOUND]
    shown = [rung for rung in order if rung in asked]
    estimate = comparison.estimate
    columns = ["k", *map(str, shown), "simulated ± s.e.", "median"]
    rows = []
    hollow = False
    for k in range(comparison.steps + 1):
        row = [str(k)]
        for rung in shown:
            curve = comparison.curves.get(rung)
            text = "—" if curve is None else number(curve.values[k])
            if rung is Rung.BOUND and curve is not None:
                open_ = not comparison.bound_is_theorem(k)
                hollow, text = hollow or open_, text + ("†" if open_ else " ")
            row.append(text)
        heavy = estimate is not None and bool(estimate.heavy_tail[k])
        row.append("—" if estimate is None else mean_with_error(estimate, k) + ("‡" if heavy else " "))
        row.append("—" if estimate is None else number(estimate.median[k]))
        rows.append(row)
    parts: list[RenderableType] = [plain_text(describe(comparison.setup)), grid(columns, rows)]
    legend = []
    if hollow:
        legend.append("† not a theorem at this m: the law of Corollary 3.5 bounds the population error")
    if estimate is not None and estimate.heavy_tail.any():
        legend.append("‡ heavy-tailed samples: neither mean nor standard error is to be trusted")
    legend += [f"— {rung}: {advice(reason)}" for rung, reason in comparison.absent.items()]
    parts.append(plain_text("\n" + "\n".join(legend) if legend else ""))
    for finding in comparison.findings:
        mark = "[bold yellow]![/]" if finding.disagrees else "[green]·[/]"
        parts.append(_bullet(mark, finding.text))
    return [*parts, Padding("", 0)] if not comparison.findings else parts


def _bullet(mark: str, text: str) -> "Table":
    from rich.table import Table

    line = Table.grid(padding=(0, 1))
    line.add_column(width=1)
    line.add_column(max_width=98)
    line.add_row(mark, plain_text(text))
    return line


def spectrum_rows(columns: Sequence[Any]) -> list[list[str]]:
    """Return rows i, values… for sequences of numbers."""
    return [[str(i), *map(number, values)] for i, values in enumerate(zip(*columns, strict=True), 1)]
