"""What the published surrogate costs, over regimes: sampling model, n, m and k.

    python -m benchmarks.regret_regimes [--quick]

Four tasks with lognormal spectra of d = 6, from a seed.  One target is a mixture of them, the other is out of reach.
Each line is E_k of a mixture: selected by ‖I − Σ⁻¹Λ̄‖², by the corrected surrogate, optimal, uniform, best single task,
proportional to similarity.  Finite m is the exact rung.
"""

import argparse
from collections.abc import Callable
from typing import Any

from theorycalc.figures.regret import problems
from theorycalc.selection.regret import BASELINES, RegretTable, regret_table


def lines(name: str, table: RegretTable) -> list[str]:
    """Return the table as Markdown."""
    columns = table.columns()
    found = []
    for i in range(len(table.rows)):
        cells = [name, columns["sampling"][i], columns["n"][i], columns["m"][i], columns["steps"][i]]
        bound = columns["lower_bound"][i]
        numbers = [columns["regret"][i], *(columns[key][i] for key in BASELINES)]
        shown = [f"{value:.3g}" for value in numbers] + ["—" if bound is None else f"{bound:.3g}"]
        found.append("| " + " | ".join(map(str, cells + shown)) + " |")
    return found


HEADER = "| target | sampling | n | m | k | regret | " + " | ".join(BASELINES) + " | proved lower bound |"


def main(quick: bool = False, say: Callable[[str], object] = print) -> dict[str, Any]:
    """Print the tables, and return the largest regret of each target."""
    worst = {}
    say(HEADER)
    say("|---" * (HEADER.count("|") - 1) + "|")
    for name, setup in problems().items():
        sizes = (20,) if quick else (20, 500)
        tables = [regret_table(setup, steps=(1, 5, 20), n=sizes, m=[None])]
        if not quick:
            tables.append(regret_table(setup, steps=(1, 4), n=[500], m=[30, 300], rung="exact"))
        for table in tables:
            for line in lines(name, table):
                say(line)
            for reason in table.absent:
                say(f"absent: {reason}")
        worst[name] = max(row.regret for table in tables for row in table.rows)
    return worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one n, long prompts only: seconds")
    main(parser.parse_args().quick)
