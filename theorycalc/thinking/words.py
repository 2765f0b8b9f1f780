"""The verdict on thinking longer, in plain sentences."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from theorycalc.fields import as_fraction
from theorycalc.results import short

if TYPE_CHECKING:
    from theorycalc.thinking.overthinking import Overthinking

_MOST_NAMED = 5


def shape(verdict: "Overthinking") -> str:
    """Return how the long-prompt error runs in k."""
    low, high = verdict.k_star_range
    certain = low == high
    active = verdict.directions.code[verdict.directions.active]
    if not len(active):
        return "is 0 from the start"
    if not verdict.overthinks:
        if not certain:
            return "stays bounded and tends to what the critical directions hold"
        if math.isinf(low):
            limit = " to what the critical directions hold" if np.any(active == 1) else " to 0"
            return f"falls in every step,{limit}" if verdict.setup.is_diagonal else f"tends{limit}"
        return "never changes" if low == 0 else "is done after one step, and stays"
    if not certain:
        end = "" if math.isinf(high) else f" and {high:,}"
        where = f"{'between' if end else 'from'} {low:,}{end}"
        return f"grows without bound in the end; it is smallest at some step {where}"
    if low == 0:
        return "is smallest at the start, and grows without bound"
    if verdict.setup.is_diagonal:
        return f"falls until k* = {low:,}, then rises without bound: a U"
    return f"is smallest at k* = {low:,}, and grows without bound"


def verdict(found: "Overthinking") -> list[str]:
    """Return the verdict in sentences: long prompts, skills, cure, training length, short prompts."""
    sentences = [_criterion(found), f"The long-prompt error {found.shape}."]
    if found.overthinks or found.cure.needed:
        sentences += [_blame(found), _cure(found)]
    sentences.append(_training(found))
    sentences += _short_prompts(found)
    return sentences


def _criterion(found: "Overthinking") -> str:
    size = show(found.threshold)
    head = f"the largest σ/γ is {size}, {_side(found)} 2"
    if found.overthinks:
        return f"On long prompts thinking longer hurts: {head}."
    if np.any(found.directions.code == 2):
        return f"On long prompts thinking longer does not hurt from this start: {head}, but no error is put there."
    if np.any(found.directions.code == 1):
        return f"On long prompts thinking longer does not make the error grow, just about: {head}."
    return f"On long prompts thinking longer does not hurt: {head}."


def _side(found: "Overthinking") -> str:
    return ("below", "exactly", "above")[int(found.directions.code.max())]


def _blame(found: "Overthinking") -> str:
    named = found.responsible
    d = len(found.directions)
    what = "direction" if found.setup.is_diagonal else "eigen-direction"
    listed = ", ".join(f"{i + 1} (σ/γ = {show(found.directions.ratio[i])})" for i in named[:_MOST_NAMED]) + (
        ", …" if len(named) > _MOST_NAMED else ""
    )
    plural = "s" if len(named) != 1 else ""
    verb = "is" if len(named) == 1 else "are"
    return (
        f"{len(named)} of {d} skills {verb} to blame, met with more than twice the variance that Γ allows for: "
        f"{what}{plural} {listed}."
    )


def _cure(found: "Overthinking") -> str:
    cure = found.cure
    where = ""
    if found.setup.is_diagonal:
        need = np.array([as_fraction(x) > 0 for x in cure.added])
        where = f" in {'direction' if need.sum() == 1 else f'{need.sum()} directions, direction'}"
        worst = max(range(len(need)), key=lambda i: as_fraction(cure.added[i]))
        where += f" {worst + 1}" + (" first" if need.sum() > 1 else "")
    return (
        f"Cure: {show(cure.total)} more training variance{where}, {percent(cure.relative)} of tr Λ; "
        "less cannot cure it, and a little more of it makes every skill converge."
    )


def _training(found: "Overthinking") -> str:
    longest, n = found.training.longest, found.setup.n
    if longest is None:
        return "No training length makes these skills overthink: Σ ⪯ 2Λ."
    if longest < 1:
        return "With these skills every training length overthinks; only a larger share of them in Λ helps."
    if n <= longest:
        return (
            f"Training prompts of up to n = {longest:,} examples are safe; longer ones (n = {longest + 1:,} on) shrink "
            "the ridge tr Λ/n so far that thinking longer hurts."
        )
    return (
        f"Shorter training prompts would do, too: up to n = {longest:,} the ridge tr Λ/n is large enough; this model "
        f"had n = {n:,}."
    )


def _short_prompts(found: "Overthinking") -> list[str]:
    m = found.setup.m
    if m is None:
        return []
    sentences = []
    if found.mean is not None:
        sentences.append(_mean(found))
    typical: Any = found.typical
    if typical is not None:
        side = "above" if typical.overthinks else "at or below"
        what = "overthinks" if typical.overthinks else "does not overthink"
        text = f"A typical large prompt {what}: the upper edge of its spectrum is {show(typical.upper_edge)}, {side} 2."
        if typical.k_star is not None:
            text += _within(" Its limit curve is smallest", typical.k_star, typical.examined)
        sentences.append(text)
    return sentences


def _mean(found: "Overthinking") -> str:
    mean, m = found.mean, found.setup.m
    assert mean is not None
    start = f"At m = {m:,} the mean over prompts"
    reason = "it diverges as k → ∞ for every finite m, because rare prompts with λ_max(Γ^{-1/2}SΓ^{-1/2}) > 2 carry it"
    if mean.k_star is None:
        return f"{start} is nearly equal at several steps of 0 … {mean.examined}; {reason}."
    if mean.for_all_steps:
        return f"{start} is smallest at k = {mean.k_star}, over all k ≥ 0 (proved); {reason}."
    return _within(f"{start} is smallest", mean.k_star, mean.examined)[:-1] + f"; {reason}."


def _within(start: str, k: int, examined: int) -> str:
    if k == examined:
        return f"{start} at the last step examined, k = {k}."
    return f"{start} at k = {k} of 0 … {examined}."


def percent(share: float) -> str:
    """Return a share as a percentage of three digits.

    >>> percent(0.06061), percent(1e-5)
    ('6.06 %', '0.001 %')
    """
    return f"{100 * share:.3g} %"


def show(value: Any) -> str:
    """Return a number with six digits, short fractions as they are.

    >>> from fractions import Fraction
    >>> show(Fraction(5, 2)), show(1.23456789)
    ('5/2', '1.23457')
    """
    exact = as_fraction(value)
    if not isinstance(value, float) and len(str(exact)) <= 9:
        return str(exact)
    return short(exact)
