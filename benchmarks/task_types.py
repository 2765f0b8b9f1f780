"""Diverse, relevant, hard: which of four types of tasks are selected, over many random designs.

    python -m benchmarks.task_types [--quick] [--designs 240] [--plot FILE] [--csv FILE]

The poster of arXiv:2510.03605 selects among tasks of four types (α, B), α the decay of the spectrum and B the number of
active skills, and reports that harder and more diverse tasks get more probability.  How tasks and target are made is
not stated there.  Here a design is drawn as follows, and so are 240 of them.

- There are d = 100 skills, the axes.  A task of type (α, B) has B active skills, drawn without replacement in random
  order; the j-th has eigenvalue s j^{−α}, an inactive one s ε, with ε in {0.001, 0.01, 0.1}: no skill is quite absent.
- The scale s is drawn once for a design: "peak", the largest eigenvalue is 1; "trace", all tasks have tr Λ = d.
- The target has decay α₀ in {0, 0.2, 0.5, 0.8}, B₀ in {20, 50, 100} active skills in random order, floor ε, scale s; or
  it is "mixed", the mean of eight other tasks, two of each type.
- There are 25 tasks of each type, or 100 of each: T = 100 or 400.

Every choice is drawn uniformly from its list, from one seed for each design.
"""

import argparse
import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc.figures.task_designs import DECAYS, FLOORS, SCALES, TARGETS, TYPES, Design, design, spectrum

DESIGNS = 240


__all__ = ["SCALES", "TYPES", "design", "main", "spectrum"]


def summary(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what the designs say, in words and numbers."""
    found = [_line("all designs", rows)]
    for name, values in (("target", TARGETS), ("decay", DECAYS), ("scale", SCALES), ("floor", FLOORS)):
        chosen = [row for row in rows if name != "decay" or row["target"] != "mixed"]
        found += [_line(f"{_NAMES[name]} {value}", [row for row in chosen if row[name] == value]) for value in values]
    return found


_NAMES = {"target": "target skills B₀:", "decay": "target decay α₀ =", "scale": "scale", "floor": "floor ε ="}


def _line(name: str, rows: Sequence[dict[str, Any]]) -> tuple[str, str]:
    if not rows:
        return name, "| 0 |"
    count = len(rows)
    diverse = sum(row["diverse"] > 0.5 for row in rows) / count
    steep = sum(row["steep"] > 0.5 for row in rows) / count
    harder = sum(row["rank correlation"] > 0 for row in rows) / count
    most = sum(row["share 0.8, 100"] == max(row[f"share {alpha}, {B}"] for alpha, B in TYPES) for row in rows) / count
    shares = [np.mean([row[f"share {alpha}, {B}"] for row in rows]) for alpha, B in TYPES]
    cells = [
        str(count),
        f"{100 * diverse:.0f} %",
        f"{100 * steep:.0f} %",
        f"{100 * harder:.0f} %",
        f"{100 * most:.0f} %",
    ]
    return name, "| " + " | ".join([*cells, *(f"{share:.2f}" for share in shares)]) + " |"


HEADER = (
    "| designs | number | B = 100 gets more | α = 0.8 gets more | more with Hard | most to (0.8, 100) | "
    + " | ".join(f"({alpha}, {B})" for alpha, B in TYPES)
    + " |"
)


def draw(found: Design, path: Any) -> None:
    """Draw the panels of one design."""
    from theorycalc.plotting import plot_task_groups

    names = [f"α = {alpha}, B = {B}" for alpha, B in TYPES]
    plot_task_groups(
        found.selection,
        [names[ell // found.count] for ell in range(len(found.spectra))],
        path=path,
        title="Selected tasks by type, and by hardness",
    )


def main(
    designs: int = DESIGNS, plot: str | None = None, table: str | None = None, say: Callable[[str], object] = print
) -> list[dict[str, Any]]:
    """Run the designs, print the table, and return one row for each."""
    found = [design(seed) for seed in range(designs)]
    rows = [one.row() for one in found]
    say(HEADER)
    say("|---" * (HEADER.count("|") - 1) + "|")
    for name, cells in summary(rows):
        say(f"| {name} {cells}")
    against = [row for row in rows if row["diverse"] <= 0.5 and row["steep"] <= 0.5]
    seeds = ", ".join(str(row["seed"]) for row in against[:8])
    say(f"\nDesigns in which neither diverse nor steep tasks get more: {len(against)} (seeds {seeds}, …)")
    say(f"Largest duality gap relative to max(1, value): {max(row['gap'] / max(1, row['value']) for row in rows):.1e}")
    sharp = sorted(row["mass over bound"] for row in rows)
    middle, most = sharp[len(sharp) // 2], sharp[-1]
    say(f"Mass of tasks with λ_min ≥ τ over its bound, largest over τ: median {middle:.2f}, largest {most:.2f}")
    if table:
        stream = io.StringIO()
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        Path(table).write_text(stream.getvalue(), encoding="utf-8")
    if plot:
        draw(next((one for one in found if one.target == "mixed"), found[0]), plot)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", type=int, default=DESIGNS)
    parser.add_argument("--quick", action="store_true", help="24 designs: seconds")
    parser.add_argument("--plot", help="draw the first design whose target is mixed")
    parser.add_argument("--csv", help="write one line for each design")
    given = parser.parse_args()
    main(24 if given.quick else given.designs, plot=given.plot, table=given.csv)
