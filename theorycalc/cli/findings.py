"""Where the rungs and the simulation disagree, in words.

Every sentence follows from numbers and from the thresholds named here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.cli.text import number, spans, times
from theorycalc.exceptions import NotCertified
from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.results import ErrorCurve, Estimate, Rung

#: Two curves disagree at a step where their ratio exceeds this: 10 %.
DISAGREEMENT = 1.1
#: From this ratio on, a curve is said not to describe the other at all.
USELESS = 2.0
#: The mean has left the typical prompt where it exceeds it by this factor.
ATYPICAL = 1.5
#: Simulation and exact mean disagree beyond this many standard errors: one false alarm in a million steps.
MOST_STANDARD_ERRORS = 4.9
#: Relative rounding allowed between two ways to compute one float64 number.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence, what it is about, the numbers behind it, and whether it reports a disagreement."""

    about: str
    disagrees: bool
    text: str
    numbers: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"about": self.about, "disagrees": self.disagrees, "text": self.text, "numbers": self.numbers}


def findings(
    setup: Setup,
    steps: int,
    *,
    curves: Mapping[Rung, ErrorCurve],
    estimate: Estimate | None,
    one_step: float | None,
    assumed: str | None = None,
) -> tuple[Finding, ...]:
    """Return the sentences for one problem, the gravest comparison first.

    The mean that the limits are measured against is the exact rung; without it, the simulated mean at the steps where
    its samples are not heavy-tailed.  ``assumed`` is the option without which m = ∞ was taken.
    """
    exact = curves.get(Rung.EXACT)
    mean, reliable, name = None, np.ones(steps + 1, dtype=bool), "the exact mean"
    if exact is not None:
        mean = exact.values
    elif estimate is not None:
        mean, reliable, name = estimate.values, ~estimate.heavy_tail, "the simulated mean"
    found: list[Finding | None] = []
    if setup.m is None:
        found.append(_infinite(assumed))
    nothing = _nothing_to_compare(steps, [*curves.values(), *([] if estimate is None else [estimate])])
    if nothing is not None:
        return tuple(finding for finding in [*found, nothing] if finding is not None)
    if mean is not None and setup.m is not None:
        reference = _Reference(mean, reliable, name, setup.m)
        found += [
            _limit(reference, curves.get(Rung.POPULATION), "the population law"),
            _limit(reference, curves.get(Rung.PROPORTIONAL), "the proportional limit"),
            _limit(reference, curves.get(Rung.EXPANSION), "the series in 1/m"),
            _beyond_bound(reference, curves.get(Rung.BOUND)),
            _typical(reference, curves.get(Rung.PROPORTIONAL), estimate),
        ]
    if exact is not None and estimate is not None:
        found += _simulated(exact, estimate)
    if exact is not None:
        found += [_one_step(exact, one_step), _minimum(exact)]
    return tuple(finding for finding in found if finding is not None)


def _infinite(assumed: str | None) -> Finding:
    """Say what m = ∞ means, and that nobody asked for it."""
    if assumed is None:
        text = "At m = ∞ the population law is exact, and so is the proportional limit; a simulation needs a finite m."
    else:
        text = (
            f"m = ∞ was assumed, as {assumed} was not given: there the population law is exact, and so is the "
            f"proportional limit. A simulation needs a finite m, and the rungs differ only there: pass {assumed}."
        )
    return Finding(about="m = ∞", disagrees=False, text=text, numbers={})


def _nothing_to_compare(steps: int, curves: Sequence[ErrorCurve]) -> Finding | None:
    """Say that all curves vanish, or that there is only the error before the first step."""
    if not curves:
        return None
    if all(not np.any(curve.upper) for curve in curves):
        text = "Every curve is 0 at every step: there is nothing to compare, and no step is better than k* = 0."
        return Finding(about="zero", disagrees=False, text=text, numbers={"k_star": 0, "minimum": 0.0})
    start = np.array([float(curve.values[0]) for curve in curves])
    if steps or np.ptp(start) > ROUNDING * np.max(np.abs(start)):
        return None
    text = f"k = 0 is the error before the first step ({number(start[0])}), the same on every rung: ask for more steps."
    return Finding(about="k = 0", disagrees=False, text=text, numbers={"prior_error": float(start[0])})


@dataclass(frozen=True)
class _Reference:
    """The mean error that others are compared with, and at which steps it may serve."""

    values: Array
    reliable: Array
    name: str
    m: int

    def ratios(self, other: Array) -> Array:
        """Return values/other; 1 where both vanish or the mean is not reliable, inf where only ``other`` vanishes."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.where(other == self.values, 1.0, self.values / other)
        return np.where(self.reliable, ratio, 1.0)


#: What is said of a limit that is off by a factor of ``USELESS`` or more.
_VERDICTS = {
    Rung.POPULATION: "it does not describe this prompt length",
    Rung.PROPORTIONAL: "it is no guide to the mean at this size",
    Rung.EXPANSION: "it has not settled at this order",
}


def _limit(reference: _Reference, curve: ErrorCurve | None, name: str) -> Finding | None:
    """Compare a limit with the mean: at its worst step, and at which steps they differ."""
    if curve is None:
        return None
    ratio = reference.ratios(curve.values)
    size = _spread(ratio)
    k = int(np.argmax(size))
    limit, mean = float(curve.values[k]), float(reference.values[k])
    numbers: dict[str, Any] = {"k": k, "limit": limit, "mean": mean}
    about = f"{curve.rung} against the mean"
    if size[k] <= DISAGREEMENT:
        near = "equals" if size[k] <= 1 + ROUNDING else f"is within {_percent(size[k])} of"
        text = f"{_cap(name)} {near} {reference.name} at every step{_of(reference)}."
        return Finding(about=about, disagrees=False, text=text, numbers=numbers | {"ratio": float(ratio[k])})
    if np.isfinite(size[k]):
        numbers["ratio"] = float(ratio[k])
        size_in_words = times(size[k], "smaller" if ratio[k] > 1 else "larger")
        text = f"At k = {k} {name} ({number(limit)}) is {size_in_words} than {reference.name} ({number(mean)})"
    else:
        text = f"At k = {k} {name} is {number(limit)} while {reference.name} is {number(mean)}"
    verdict = _VERDICTS[curve.rung] if size[k] >= USELESS else "it is an approximation"
    differ = f"They differ by more than {_percent(DISAGREEMENT)} at k = {spans(np.flatnonzero(size > DISAGREEMENT))}."
    return Finding(
        about=about, disagrees=True, text=f"{text}: at m = {reference.m:,} {verdict}. {differ}", numbers=numbers
    )


def _beyond_bound(reference: _Reference, curve: ErrorCurve | None) -> Finding | None:
    """Say where the mean exceeds the paper's bounds; where they are theorems, that would be a contradiction."""
    if curve is None:
        return None
    theorem = np.array([curve.is_theorem(int(k)) for k in curve.steps])
    beyond = reference.reliable & (reference.values > curve.values * (1 + ROUNDING))
    exact = reference.name == "the exact mean"
    for broken in np.flatnonzero(beyond & theorem):
        if exact:
            name = curve.regimes[broken].split(":")[0]
            text = f"At k = {broken} {reference.name} exceeds {name}, which is a theorem here: please report this."
            return Finding(about="bound", disagrees=True, text=text, numbers={"k": int(broken)})
    rows = np.flatnonzero(beyond & ~theorem)
    if not rows.size:
        return None
    worst = int(rows[np.argmax(reference.ratios(curve.values)[rows])])
    text = (
        f"{_cap(reference.name)} exceeds the law of Corollary 3.5 at k = {spans(rows)} "
        f"(at k = {worst}: {number(reference.values[worst])} against {number(curve.values[worst])}): "
        "that law is a theorem at m = ∞ only."
    )
    numbers = {"k": worst, "mean": float(reference.values[worst]), "bound": float(curve.values[worst])}
    return Finding(about="bound", disagrees=True, text=text, numbers=numbers)


def _typical(reference: _Reference, limit: ErrorCurve | None, estimate: Estimate | None) -> Finding | None:
    """Say from which step on the mean has left the typical prompt: the median, else the proportional limit."""
    if reference.name != "the exact mean":
        return None
    if estimate is not None:
        typical, name = estimate.median, "the median of the sampled prompts"
    elif limit is not None:
        typical, name = limit.values, "the proportional limit, a typical large prompt,"
    else:
        return None
    ratio = reference.ratios(typical)
    rows = np.flatnonzero(ratio > ATYPICAL)
    worst = int(np.argmax(ratio))
    numbers = {"k": worst, "mean": float(reference.values[worst]), "typical": float(typical[worst])}
    if not rows.size:
        text = f"The exact mean is typical: never more than {ATYPICAL:g} times {name.rstrip(',')}."
        return Finding(about="mean and typical prompt", disagrees=False, text=text, numbers=numbers)
    text = (
        f"The exact mean leaves the typical prompt at k = {spans(rows)}: at k = {worst} it is "
        f"{times(float(ratio[worst]), 'larger')} than {name} ({number(reference.values[worst])} against "
        f"{number(typical[worst])}). Rare prompts carry the mean."
    )
    return Finding(about="mean and typical prompt", disagrees=True, text=text, numbers=numbers)


def _simulated(exact: ErrorCurve, estimate: Estimate) -> list[Finding | None]:
    """Compare simulation and exact mean in standard errors, where a standard error means something."""
    heavy = np.asarray(estimate.heavy_tail, dtype=bool)
    gap = np.abs(estimate.values - exact.values)
    slack = (exact.upper - exact.lower) / 2 + ROUNDING * np.abs(exact.values)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(gap <= slack, 0.0, gap / estimate.stderr)
    light = np.flatnonzero(~heavy)
    found: list[Finding | None] = []
    wrong = light[z[light] > MOST_STANDARD_ERRORS]
    if wrong.size:
        k = int(wrong[np.argmax(z[wrong])])
        text = (
            f"Simulation and exact mean DISAGREE at k = {spans(wrong)}: at k = {k} by {z[k]:.1f} standard errors "
            f"({number(estimate.values[k])} ± {estimate.stderr[k]:.2g} against {number(exact.values[k])}). Either one "
            "of them is wrong or the tail is heavier than the sample shows: draw more prompts; report it if it stays."
        )
        found.append(_about_simulation(text, k, z, disagrees=True))
    elif light.size > 1:  # k = 0 alone says nothing
        k = int(light[np.argmax(z[light])])
        where = "at every step" if light.size == heavy.size else f"at k = {spans(light)}"
        text = (
            f"The simulation agrees with the exact mean {where}: no gap exceeds {max(z[k], 0.1):.1f} standard errors."
        )
        found.append(_about_simulation(text, k, z, disagrees=False))
    if np.any(heavy):
        rows = np.flatnonzero(heavy)
        k = int(rows[-1])
        side = "below" if estimate.values[k] < exact.values[k] else "above"
        share = abs(estimate.values[k] / exact.values[k] - 1) if exact.values[k] else 0.0
        text = (
            f"At k = {spans(rows)} the samples are heavy-tailed, so the standard error there is not to be trusted"
            f" (at k = {k} the sample mean is {100 * share:.3g} % {side} the exact mean): read the median."
        )
        numbers = {"k": rows.tolist()}
        found.append(Finding(about="heavy tail", disagrees=False, text=text, numbers=numbers))
    return found


def _about_simulation(text: str, k: int, z: Array, *, disagrees: bool) -> Finding:
    numbers = {"k": k, "standard_errors": float(z[k])}
    return Finding(about="simulation against the exact mean", disagrees=disagrees, text=text, numbers=numbers)


def _one_step(exact: ErrorCurve, one_step: float | None) -> Finding | None:
    """Check the exact rung at k = 1 against its closed form, another formula."""
    if one_step is None:
        return None
    gap = abs(one_step - float(exact.values[1])) / abs(one_step) if one_step else abs(float(exact.values[1]))
    numbers = {"closed_form": one_step, "exact": float(exact.values[1]), "relative_gap": gap}
    agrees = gap <= ROUNDING
    text = f"Check at k = 1: the closed form ({number(one_step)}) agrees with the exact mean to {max(gap, 1e-16):.0e}."
    if not agrees:
        text = (
            f"Check at k = 1 FAILED: the closed form is {number(one_step)} and the exact rung "
            f"{number(exact.values[1])}: please report this."
        )
    return Finding(about="one step", disagrees=not agrees, text=text, numbers=numbers)


def _minimum(exact: ErrorCurve) -> Finding | None:
    """Say at which of the computed steps the exact mean is smallest, and whether it falls and rises just once."""
    last = len(exact.values) - 1
    if last < 1:
        return None
    runs = _runs(exact.lower, exact.upper)
    try:
        best = exact.argmin()
    except NotCertified as refusal:
        return Finding(about="k*", disagrees=False, text=f"k*: {refusal}.{_shape(runs)}", numbers={"runs": runs})
    least, end = float(exact.values[best]), float(exact.values[last])
    numbers = {"k_star": best, "minimum": least, "last": end, "runs": runs}
    if best == last:
        text = f"k*: the exact mean is smallest at the last step computed, k = {last}: ask for more steps to find k*."
        return Finding(about="k*", disagrees=False, text=text + _shape(runs), numbers=numbers)
    text = (
        f"k* = {best} within the first {last} steps: the exact mean is smallest there ({number(least)}); at k = {last} "
    )
    with np.errstate(over="ignore"):
        rise = np.float64(end) / least if least else np.inf
    if end == least:
        text += "it is the same."
    elif np.isfinite(rise):
        text += f"it is {times(float(rise), 'larger')} ({number(end)})."
    else:
        text += f"it is {number(end)}."
    return Finding(about="k*", disagrees=False, text=text + _shape(runs), numbers=numbers)


def _runs(lower: Array, upper: Array) -> list[str]:
    """Return how a curve runs, "falls" and "rises" in turn, as far as its uncertainty shows.

    >>> _runs(np.array([3, 1, 1.4, 2]), np.array([3, 1.5, 1.6, 2])), _runs(*2 * [np.array([1, 2, 3, 2])])
    (['falls', 'rises'], ['rises', 'falls'])
    """
    runs: list[str] = []
    least, most = np.inf, -np.inf  # smallest upper end and largest lower end since the last turn
    for low, high in zip(lower, upper, strict=True):
        now = runs[-1] if runs else ""
        turn = "rises" if now != "rises" and low > least else "falls" if now != "falls" and high < most else ""
        if turn:
            runs.append(turn)
            least, most = high, low
        least, most = min(least, high), max(most, low)
    return runs


def _shape(runs: list[str]) -> str:
    """Return what is to be said of a curve that does not just fall and then rise."""
    if len(runs) < 2 or runs == ["falls", "rises"]:
        return ""
    if len(runs) > 3:
        return " The curve falls and rises more than once."
    return f" The curve {', then '.join(runs)}."


def _spread(ratio: Array) -> Array:
    """Return max(r, 1/r)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(ratio, 1 / ratio))


def _percent(factor: float) -> str:
    return f"{100 * (factor - 1):.2g} %"


def _of(reference: _Reference) -> str:
    return "" if bool(np.all(reference.reliable)) else " at which the simulation can be trusted"


def _cap(text: str) -> str:
    return text[0].upper() + text[1:]
