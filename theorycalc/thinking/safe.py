"""How long a test prompt must be so that a typical one never overthinks, for the spectrum at hand (section 6).

λ₊ = min_{α > c_max} ψ(α) is at most 2 iff some α in (c_max, 2) has α + (1/m) Σ αcᵢ/(α − cᵢ) ≤ 2, that is, iff

    m ≥ m* = min_{c_max < α < 2} F(α),   F(α) = (1/(2 − α)) Σᵢ αcᵢ/(α − cᵢ).

F is log-convex, being a product and sum of such, so one bisection finds its minimum.  For matched skills F at
α = n/(n + 1) is n (n + 1)/(n + 2), whatever the spectrum, and F < Σ α/((α − 1)(2 − α)), which at α = √2 is (3 + 2√2) d.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import Array
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric
from theorycalc.rmt.threshold import upper_edge_side
from theorycalc.thinking.phases import Spectrum, exact_spectrum, matrix_spectrum

_ROUNDING = 1e-9  # relative error that a float64 threshold is trusted to keep below
_HALVINGS = 200


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SafeContext(Frozen):
    """The smallest m with λ₊ ≤ 2, and what holds for every spectrum."""

    setup: Setup
    m: int | None  # the smallest number of test examples; None: no number is enough
    threshold: float  # the real m* of which m is the ceiling; inf if none is enough
    for_all_spectra: Fraction | None  # matched: n (n + 1)/(n + 2), enough for every spectrum
    in_dimension_d: float | None  # matched: the least that is enough for every spectrum of this d
    words: str
    uncertainty: str

    def __repr__(self) -> str:
        return f"SafeContext(m={self.m}, {self.words})"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "m": self.m,
            "threshold": self.threshold if math.isfinite(self.threshold) else None,
            "for_all_spectra": None if self.for_all_spectra is None else str(self.for_all_spectra),
            "in_dimension_d": self.in_dimension_d,
            "words": self.words,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }


def safe_context(setup: Setup) -> SafeContext:
    """Return the smallest m at which a typical prompt never overthinks: the least m with λ₊ ≤ 2.

        m* = min_{c_max < α < 2} (1/(2 − α)) Σᵢ αcᵢ/(α − cᵢ),   m = ⌈m*⌉

    Parameters
    ----------
    setup : the problem; its own m is ignored

    Returns
    -------
    SafeContext
        ``.m`` is proved for spectra: λ₊ ≤ 2 at m and λ₊ > 2 at m − 1.

    Raises
    ------
    OutsideRegime
        if m* exceeds 10¹⁵.
    NotCertified
        if λ₊ cannot be told from 2 at the m in question.

    Assumes: the limit d, m → ∞ at the setup's spectrum, where the spectrum of a typical prompt ends at λ₊; no label
    noise (with it the error also grows for d = m, see :func:`phase`).
    Cost: O(d) for each of some hundred evaluations.  Claims: SAF-04, SAF-05, SAF-06.  Source: this project.

    Examples
    --------
    C = cI: λ₊ = c (1 + √(d/m))² ≤ 2 iff m ≥ d/(√(2/c) − 1)².  Λ = I, d = 2, n = 3 has c = 1/2 and m* = 2.

    >>> found = safe_context(Setup([1, 1], n=3))
    >>> found.m, round(found.threshold, 12), str(found.for_all_spectra)
    (2, 2.0, '12/5')
    """
    as_setup(setup)
    metric = Metric.ESTIMATION
    spectrum = exact_spectrum(setup, metric) if setup.is_diagonal else matrix_spectrum(setup, metric)
    universal = Fraction(setup.n * (setup.n + 1), setup.n + 2) if setup.matched else None
    worst = worst_threshold(setup.d, setup.n) if setup.matched else None
    largest = max(spectrum.values)
    if largest >= 2 if not spectrum.error else largest > 2 * (1 - 4 * spectrum.error - _ROUNDING):
        if spectrum.error and largest < 2 * (1 + 4 * spectrum.error + _ROUNDING):
            raise NotCertified("the largest c is 2 to rounding: state Λ and Σ as spectra to decide it")
        return SafeContext(
            setup=setup,
            m=None,
            threshold=math.inf,
            for_all_spectra=universal,
            in_dimension_d=worst,
            words=f"no test prompt is long enough: even for m = ∞ a skill has c = {float(largest):.6g} ≥ 2",
            uncertainty="proved" if not spectrum.error else "float64 eigenvalues",
        )
    threshold = _threshold(spectrum)
    if threshold > MAX_COUNT:
        raise OutsideRegime(f"m* = {threshold:.3g} examples: more than {MAX_COUNT:.0e}, the most accepted")
    m = _smallest(spectrum, threshold)
    return SafeContext(
        setup=setup,
        m=m,
        threshold=threshold,
        for_all_spectra=universal,
        in_dimension_d=worst,
        words=f"a typical prompt of m ≥ {m} examples never overthinks; a shorter one does (m* = {threshold:.6g})",
        uncertainty="m proved; threshold float64, about 1e-12 relative"
        if not spectrum.error
        else "float64 eigenvalues",
    )


def worst_threshold(d: int, n: int) -> float:
    """Return the largest m* among all matched spectra of dimension d, at training length n.

    n (n + 1)/(n + 2) if d ≥ n + 3 + 2/n, where every Λ with (tr Λ)²/tr Λ² = (n + 1)(n + 2)/n attains it; else that of
    Λ = λI, d/(√(2 (n + 1 + d)/n) − 1)².

    Claims: SAF-05.
    """
    if d * n >= (n + 1) * (n + 2):
        return n * (n + 1) / (n + 2)
    return float(d / (math.sqrt(2 * (n + 1 + d) / n) - 1) ** 2)


def _threshold(spectrum: Spectrum) -> float:
    c = np.array([float(value) for value in spectrum.values])
    count = np.array(spectrum.counts, dtype=float)
    top = float(c[-1])

    def at(u: float) -> tuple[float, Array]:
        """α = top + (2 − top)·s with s/(1 − s) = eᵘ, and α − c."""
        share = 1 / (1 + math.exp(-u))
        step = (2 - top) * share
        return top + step, (top - c) + step

    low, high = -80.0, 80.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        alpha, apart = at(middle)
        rest = (2 - top) / (1 + math.exp(middle))  # 2 − α
        falling = (count * (c / apart) ** 2).sum() * rest > (count * alpha * c / apart).sum()
        low, high = (middle, high) if falling else (low, middle)
        if high - low < 1e-12:
            break
    alpha, apart = at(low)
    return float((count * alpha * c / apart).sum()) * (1 + math.exp(low)) / (2 - top)


def _smallest(spectrum: Spectrum, threshold: float) -> int:
    nearest = round(threshold)
    slack = threshold * max(_ROUNDING, 8 * spectrum.error)
    if abs(threshold - nearest) > slack:
        return max(1, math.ceil(threshold))
    if spectrum.error:
        raise NotCertified(f"m* = {threshold:.9g} is an integer to rounding: state Λ and Σ as spectra to decide it")
    for m in range(max(1, math.floor(threshold - slack)), math.ceil(threshold + slack) + 2):
        side = upper_edge_side(spectrum.values, spectrum.counts, m, bound=Fraction(2)).sign
        if side is None:
            raise NotCertified(f"λ₊ at m = {m} is 2 as far as an enclosure of 1024 bits can tell")
        if side <= 0:
            return m
    raise NotCertified(f"m* = {threshold:.9g}: its neighbourhood could not be decided")
