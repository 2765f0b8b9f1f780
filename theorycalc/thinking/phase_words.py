"""Phases in a sentence."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from theorycalc.fields import as_fraction
from theorycalc.model import Setup
from theorycalc.rmt.edges import SpectralEdges

if TYPE_CHECKING:
    from theorycalc.thinking.phase_result import EdgeTerm


def sentence(
    kind: str,
    setup: Setup,
    *,
    edges: SpectralEdges,
    floor: Any,
    terms: tuple["EdgeTerm", ...],
    critical: tuple[str, ...],
) -> str:
    """Return one sentence on a problem with finite m."""
    assert setup.m is not None
    lower, upper = number(edges.lower), number(edges.upper)
    law = _law(terms[0]) if terms else ""
    if kind == "overthinking" and as_fraction(edges.upper) > 2:
        return f"overthinking: the spectrum reaches λ₊ = {upper} > 2, so a typical error grows like {law}"
    if kind == "overthinking":
        return f"overthinking: d = m and label noise, which thinking on amplifies: the typical error grows like {law}"
    if kind == "exponential":
        side = "λ₋ = " + lower if terms[0].source == "lower edge" else "λ₊ = " + upper
        return f"exponential: a typical error falls to 0 like {law}, set by the edge {side} of [{lower}, {upper}]"
    if kind == "polynomial":
        return f"polynomial: a typical error falls to 0 only like {law}, as {' and '.join(critical)}"
    causes = []
    if setup.m < setup.d:
        causes.append(f"{setup.d - setup.m} of {setup.d} dimensions are not seen in a prompt of m = {setup.m}")
    if setup.noise_var:
        causes.append("label noise stays")
    touching = f", with {' and '.join(critical)}" if critical else ""
    return (
        f"saturating: a typical error tends to {number(floor)} as {' and '.join(causes)}; its distance from there falls"
        f" like {law}{touching}"
    )


def population_sentence(kind: str, *, directions: tuple[int, ...], d: int, rate: Any, floor: Any) -> str:
    """Return one sentence on a problem with m = ∞."""
    count = f"{len(directions)} of {d} directions" if directions else "the slowest direction"
    size = number(rate)
    if kind == "overthinking":
        return f"overthinking: one step multiplies the error in {count} by {size} > 1"
    if kind == "saturating":
        return f"saturating: the error tends to {number(floor)}, as {count} keep their error for ever (c = 2)"
    return f"exponential: one step multiplies the error by {size} in the end, in {count}"


def _law(term: "EdgeTerm") -> str:
    base, exponent = abs(as_fraction(term.base)), term.exponent
    power = {Fraction(3, 2): "k^(−3/2)", Fraction(1, 2): "k^(−1/2)", Fraction(-1, 2): "k^(1/2)"}[exponent]
    return power if base == 1 else f"{number(base)}ᵏ {power}"


def number(value: Any) -> str:
    """Return six significant digits.

    >>> number(Fraction(2, 3)), number(0)
    ('0.666667', '0')
    """
    return f"{float(as_fraction(value)):.6g}"
