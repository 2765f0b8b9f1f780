"""The table of exact values that the explorer's own engine checks itself against when the page is opened.

The page computes with a second implementation of the theory.  Here the Python package states what it must find: every
rung, Γ, edges, floors, a frontier and selections, in rational arithmetic, each number then rounded once to float64.
Edges, floors and rates are algebraic numbers: those are midpoints of enclosures far narrower than float64.  All inputs
are binary fractions, so that both sides are asked the same.

The table is committed as ``checks.json``: a page is written without seconds of arithmetic, node's tests need no Python,
and a test makes the table anew and compares it letter by letter.  ``python -m theorycalc.explorer.checks`` writes it.
"""

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theorycalc.error_curves.curves import expected_error
from theorycalc.error_curves.one_step import one_step_error
from theorycalc.fields import BALL, EXACT, as_fraction
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.hardness import task_hardness
from theorycalc.model import Setup
from theorycalc.selection.program import selection_program
from theorycalc.selection.solve import solve_selection
from theorycalc.thinking.context import smallest_context
from theorycalc.thinking.phases import phase

FORMAT = 1
PATH = Path(__file__).with_name("checks.json")

_NARROW = 2.0**-70  # relative width of an enclosure whose midpoint rounds as the number itself does
_BITS = 256


def check_table() -> str:
    """Return the table as JSON text, one case a line.

    Cost: about two seconds.

    Examples
    --------
    >>> first = json.loads(PATH.read_text(encoding="utf-8"))["cases"][0]
    >>> first["name"], first["problem"]["lambda"], first["values"]
    ('Γ, d = 1', [1.0], [3.0, 0.3333333333333333, 0.6666666666666666, 1.0])
    """
    cases = [*_gammas(), *_curves(), *_edges(), *_floors(), *_frontiers(), *_selections()]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    made_by = "theorycalc, field EXACT; edges, floors and rates by enclosures"
    return f'{{"format": {FORMAT}, "made_by": "{made_by}", "cases": [\n{lines}\n]}}\n'


def _problem(
    lam: Sequence[float],
    n: int,
    m: int | None = None,
    *,
    sigma: Sequence[float] | None = None,
    prior: Sequence[float] | None = None,
    noise_var: float = 0.0,
    metric: str = "estimation",
) -> dict[str, Any]:
    def listed(values: Sequence[float] | None) -> list[float] | None:
        return None if values is None else [float(value) for value in values]

    return {
        "lambda": listed(lam),
        "sigma": listed(sigma),
        "prior": listed(prior),
        "n": n,
        "m": m,
        "noise_var": noise_var,
        "metric": metric,
    }


def _setup(problem: dict[str, Any]) -> Setup:
    """The same problem as a Setup, every number exactly the binary fraction that the page reads."""

    def exact(values: list[float] | None) -> list[Fraction] | None:
        return None if values is None else [Fraction(value) for value in values]

    return Setup(
        exact(problem["lambda"]),
        n=problem["n"],
        Sigma=exact(problem["sigma"]),
        m=problem["m"],
        Omega=exact(problem["prior"]),
        noise_var=Fraction(problem["noise_var"]),
    )


def _floats(values: Any) -> list[float]:
    """Each exact number as the nearest float64; a ball by its midpoint, if it is narrow enough for that."""
    found = []
    for value in values:
        if hasattr(value, "mid"):
            if value.rad > _NARROW * abs(value.mid):
                raise AssertionError(f"an enclosure of the table is too wide: {value}")
            value = value.mid
        found.append(float(as_fraction(value)))
    return found


_HALVES = [0.5**i for i in range(6)]
_EIGHTHS = [i / 8 for i in range(12, 0, -1)]

#: (name, problem): what the curves are asked of.
_PROBLEMS: list[tuple[str, dict[str, Any]]] = [
    ("d = n = m = 1", _problem([1], 1, 1)),
    ("skills shifted, theory section 5", _problem([1, 2, 3], 10, 7, sigma=[1, 1, 2])),
    ("halving spectrum, longer test prompt", _problem(_HALVES, 20, 40)),
    ("repeated skills, prediction", _problem([4, 4, 1, 1, 1, 0.25], 8, 16, metric="prediction")),
    (
        "fewer examples than skills, label noise",
        _problem([1.5, 1, 0.5, 0.25], 12, 3, sigma=[1, 1, 1, 0.5], noise_var=0.125),
    ),
    ("prior not uniform, label noise", _problem(_HALVES, 30, 64, prior=[1, 0, 2, 1, 0.5, 4], noise_var=0.25)),
    ("a skill that overthinks", _problem([1, 0.125], 4, 50, sigma=[1, 1], metric="prediction")),
    ("twelve skills", _problem(_EIGHTHS, 16, 32, sigma=list(reversed(_EIGHTHS)))),
]

_STEPS = {"population": 30, "exact": 8, "proportional": 16}
_FEWER = {  # exact steps, where rationals grow long
    "halving spectrum, longer test prompt": 6,
    "fewer examples than skills, label noise": 6,
    "prior not uniform, label noise": 5,
    "twelve skills": 4,
}


def _gammas() -> Iterator[dict[str, Any]]:
    for name, problem in [("d = 1", _problem([1], 1)), *_PROBLEMS[1:3]]:
        setup = _setup(problem)
        found = gamma_matrix(setup, field=EXACT)
        gamma = [as_fraction(x) for x in np.diagonal(found.Gamma)]
        sigma = [as_fraction(x) for x in setup.Sigma.entries.tolist()]
        ratio = [s / g for s, g in zip(sigma, gamma, strict=True)]
        values = [*gamma, *ratio, *(1 - x for x in ratio), task_hardness(setup.Lambda, field=EXACT)]
        yield {"name": f"Γ, {name}", "kind": "gamma", "problem": problem, "values": _floats(values)}


def _curves() -> Iterator[dict[str, Any]]:
    for name, problem in _PROBLEMS:
        setup, metric = _setup(problem), problem["metric"]
        for rung, steps in _STEPS.items():
            count = _FEWER.get(name, steps) if rung == "exact" else steps
            values = expected_error(setup, count, rung=rung, metric=metric, field=EXACT).values
            yield _curve(f"{rung}, {name}", problem, rung, values)
        start = expected_error(setup, 0, metric=metric, field=EXACT).values[0]
        yield _curve(
            f"one step, {name}", problem, "one-step", [start, one_step_error(setup, metric=metric, field=EXACT)]
        )


def _curve(name: str, problem: dict[str, Any], rung: str, values: Any) -> dict[str, Any]:
    return {"name": name, "kind": "curve", "rung": rung, "problem": problem, "values": _floats(values)}


def _edges() -> Iterator[dict[str, Any]]:
    spectrum = [4, 2, 1, 0.5, 0.5]
    for name, problem in [
        ("m > d", _problem(spectrum, 10, 20)),
        ("m just above d", _problem(spectrum, 10, 6)),
        ("m = d", _problem(spectrum, 10, 5)),
        ("m < d", _problem(spectrum, 10, 2)),
        ("m = ∞", _problem(spectrum, 10)),
        ("far apart", _problem([1024, 1, 2.0**-20], 1000, 100, sigma=[1024, 2, 2.0**-20])),
    ]:
        found = phase(_setup(problem), field=BALL(_BITS)).edges
        values = _floats([found.lower, found.upper, found.atom_at_zero])
        yield {"name": f"edges, {name}", "kind": "edges", "problem": problem, "values": values}


def _floors() -> Iterator[dict[str, Any]]:
    for name, problem in [
        ("null space", _problem([1, 0.5, 0.25, 0.125], 2, 2)),
        (
            "null space, prior and label noise",
            _problem([1, 0.5, 0.25, 0.125], 2, 2, prior=[1, 2, 0, 1], noise_var=0.5, metric="prediction"),
        ),
        ("label noise", _problem([2, 1], 4, 9, noise_var=0.75)),
    ]:
        found = phase(_setup(problem), metric=problem["metric"], field=BALL(_BITS))
        values = _floats([found.floor, found.rate])
        yield {"name": f"floor, {name}", "kind": "floor", "problem": problem, "values": values}


def _frontiers() -> Iterator[dict[str, Any]]:
    steps = [1, 2, 3, 5, 8]
    for name, problem, error in [
        ("matched", _problem(_HALVES, 1), 0.125),
        ("a harder target", _problem([3, 2, 1], 1), 2.0**-20),
        ("shifted skills", _problem([1, 1, 0.5], 1, sigma=[0.75, 1, 0.5]), 0.25),
    ]:
        setup = _setup(problem)
        found = [smallest_context(setup, k, Fraction(error), rung="population", field=EXACT) for k in steps]
        yield {
            "name": f"frontier, {name}",
            "kind": "frontier",
            "problem": problem,
            "rung": "population",
            "error": error,
            "steps": steps,
            "values": [float(int(one)) for one in found],
        }


#: (name, Σ, Λ_1 … Λ_T, weights to evaluate the objective at)
_SELECTIONS: list[tuple[str, list[float], list[list[float]], list[float]]] = [
    ("two tasks", [1, 1], [[2, 1], [1, 4]], [0.25, 0.75]),
    ("four tasks", [1, 0.5, 0.25], [[1, 1, 1], [1, 0.25, 0.125], [0.25, 0.5, 1], [2, 1, 0.5]], [0.25] * 4),
    ("ties", [1, 1], [[1, 2], [2, 1], [1.5, 1.5], [4, 4]], [0.5, 0.125, 0.25, 0.125]),
    ("six tasks", _HALVES, [[2.0 ** (-abs(i - j)) for i in range(6)] for j in range(6)], [0.5, 0.5, 0, 0, 0, 0]),
]


def _selections() -> Iterator[dict[str, Any]]:
    for name, sigma, tasks, weights in _SELECTIONS:
        target, spectra = [Fraction(x) for x in sigma], [[Fraction(x) for x in task] for task in tasks]
        question = {"sigma": [float(x) for x in sigma], "tasks": [[float(x) for x in task] for task in tasks]}
        found = solve_selection(target, spectra, field=EXACT)
        values = _floats([*found.weights, found.value])
        yield {"name": f"selection, {name}", "kind": "selection", **question, "values": values}
        program, given = selection_program(target, spectra, field=EXACT), [Fraction(x) for x in weights]
        values = _floats([program.value(given), *program.gradient(given)])
        yield {"name": f"objective, {name}", "kind": "objective", **question, "weights": weights, "values": values}


if __name__ == "__main__":
    PATH.write_text(check_table(), encoding="utf-8")
