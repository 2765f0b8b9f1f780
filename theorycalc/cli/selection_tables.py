"""The answer of ``theorycalc select`` for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theorycalc.selection.answer import Selection
    from theorycalc.selection.bootstrap import SelectionIntervals
    from theorycalc.selection.regret import SurrogateRegret

_MOST_ROWS = 40


def selection_table(
    found: "Selection", intervals: "SelectionIntervals | None", own: dict[str, Any] | None, parts: Sequence[Any]
) -> list[Any]:
    """Return the mixture, task by task, and what is known of it."""
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.cli.text import number
    from theorycalc.fields import as_fraction

    order = sorted(range(len(parts)), key=lambda ell: (-as_fraction(found.weights[ell]), ell))
    columns = ["task", "probability", "relevance", "adds", "hardness", "λ_min", "alone", "reduced cost"]
    if intervals is not None:
        columns.insert(2, f"{100 * intervals.level:g} % interval")
    rows = []
    for ell in order[:_MOST_ROWS]:
        part = parts[ell]
        row = [part.name, number(found.weights[ell])]
        if intervals is not None:
            row.append(f"{intervals.lower[ell]:.3f} … {intervals.upper[ell]:.3f}")
        adds = "all" if part.coverage == float("inf") else f"{part.coverage:.4g}"
        row += [f"{part.relevance:.4f}", adds, f"{part.hardness:.5g}", f"{part.min_eigenvalue:.4g}"]
        rows.append([*row, f"{part.alone:.5g}", "0" if part.weight > 0 else f"{part.reduced_cost:.4g}"])
    if order[_MOST_ROWS:]:
        rows.append([f"… {len(order) - _MOST_ROWS:,} more", *[""] * (len(columns) - 1)])
    rest = found.residual()
    tie = (
        "the only optimal mixture"
        if found.is_unique
        else (f"one of a {found.face_dimension}-dimensional set of optimal mixtures, the shortest")
    )
    lines = [
        f"\n‖I − Σ⁻¹ Σ π_ℓ Λ_ℓ‖² = {number(found.value)}, duality gap {number(found.duality_gap())}, {tie}.",
        _missed(rest, float(as_fraction(found.value))),
    ]
    if own is not None:
        lines.append(f"Your mixture: {number(own['value'])}, above the minimum by {float(own['excess']):.4g}.")
    if intervals is not None:
        lines.append(f"Intervals: {intervals.uncertainty}; {found.program.covariances[0].label}.")
    lines.append(f"{found.field_name}: {found.uncertainty}.")
    lines.append(
        "relevance: cosine of Σ⁻¹Λ and I; adds: what the value grows by without the task; alone: the value of it alone."
    )
    return [grid(columns, rows), plain_text("\n".join(line for line in lines if line))]


def thinking_table(regret: "SurrogateRegret | None") -> list[Any]:
    """Return E_k of the mixtures, and what is known of the best one."""
    from theorycalc.cli.tables import grid, plain_text
    from theorycalc.cli.text import number

    if regret is None:
        return []
    meaning = {
        "selected": "selected: nearest Λ̄ to the target",
        "corrected": "corrected: nearest Γ to the target",
        "optimal": "optimal for thinking",
        "uniform": "uniform",
        "single": "best single task",
        "similar": "proportional to similarity",
    }
    rows = [
        [f"{number(mixed.error)}", f"{error:.4g}", meaning[mixed.name]]
        for mixed, error in zip(regret.mixtures, regret.columns()["relative"], strict=True)
    ]
    optimum, setup = regret.optimum, regret.setup
    size = "m = ∞" if setup.m is None else f"m = {setup.m:,}"
    bound = (
        f"No mixture has less than {number(optimum.lower_bound)} ({optimum.bound_note})."
        if optimum.lower_bound is not None
        else f"The optimal one is the best that was found: {optimum.bound_note}."
    )
    header = f"\nE_{regret.steps} after {regret.steps} steps, n = {setup.n:,}, {size}, rung {regret.rung}:"
    return [plain_text(header), grid([f"E_{regret.steps}", "relative", "mixture"], rows, left=1), plain_text(bound)]


def _missed(rest: Any, value: float) -> str:
    """Say what the best mixture misses, if anything."""
    import numpy as np

    if value <= 1e-18:
        return "The mixture reaches the target."
    if rest.ndim == 1:
        place = int(np.argmax(np.abs(rest)))
        share = rest[place]
        side = "too little" if share > 0 else "too much"
        return (
            f"No mixture reaches the target; most is missed in direction {place + 1}: {100 * abs(share):.3g} % {side}."
        )
    sizes = np.linalg.svd(rest, compute_uv=False)
    share = sizes[0] ** 2 / value
    return f"No mixture reaches the target; one direction holds {100 * share:.3g} % of what is missed."
