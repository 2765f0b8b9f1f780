"""The density of the limiting spectrum of N, along the curve on which ψ is real.

For every real a between the α of two neighbouring edges there is one b > 0 with Im ψ(a + ib) = 0:

    Σᵢ ωᵢ cᵢ²/((a − cᵢ)² + b²) = 1,   and then   λ = ψ(a + ib),   f(λ) = (b/πλ) (1/d) Σᵢ cᵢ/((a − cᵢ)² + b²)

λ rises with a.  The left side falls with b², and its reciprocal is concave in b², so Newton's method from below never
passes the solution: no iteration in the complex plane, and no starting values to guess.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import integer, number
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import Array
from theorycalc.results import Frozen
from theorycalc.rmt.edges import checked_spectrum
from theorycalc.rmt.support import SpectralSupport, merged, spectral_support

_STEPS = 100
_CELLS = 2**22
_MOST_POINTS = 100_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpectralDensity(Frozen):
    """The limiting density f with ∫ f = min(1, m/d), at points dense near the edges; an atom at 0 is beside it.

    The points are those of a quadrature rule: Σ weight·h(x) is ∫ h f to rounding, for smooth h and enough points.
    """

    support: SpectralSupport
    interval: Array  # (p,) the interval of the support that each point lies in
    x: Array  # (p,) ascending within [lower, upper] of each interval
    density: Array  # (p,)
    weight: Array  # (p,)

    def _table(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("interval", "x", "density", "weight")}


def spectral_density(spectrum: Any, m: int, *, multiplicity: Any = None, points: int = 400) -> SpectralDensity:
    """Return the density of the limiting spectrum of N = Wishart_m(C)/m, with a quadrature rule for it.

    Parameters
    ----------
    spectrum : (q,) positive eigenvalues of C; for a setup σᵢ/γᵢ
    m : number of examples in the test prompt
    multiplicity : (q,) how often each occurs, d in all; default once
    points : number of points in each interval of the support

    Raises
    ------
    InvalidSetup, OutsideRegime, BeyondFloat64
        as :func:`spectral_edges`.

    Cost: O(q) per point and interval.  Claims: RMT-02, RMT-07.  Source: Silverstein and Choi (1995), section 4.

    Examples
    --------
    C = I, d/m = 1/4 at the middle of the rule: f(x) = √((9/4 − x)(x − 1/4))/(2π x/4).

    >>> found = spectral_density([1], 4, points=3)
    >>> x = found.x[1]
    >>> bool(abs(found.density[1] - 2 * np.sqrt((9 / 4 - x) * (x - 1 / 4)) / (np.pi * x)) < 1e-13)
    True
    """
    values, counts = merged(*checked_spectrum(spectrum, multiplicity))
    size = integer("points", points, minimum=1, maximum=_MOST_POINTS, remedy="pass the number of points, such as 400")
    support = spectral_support(values, m, multiplicity=counts)
    unit = support.upper[-1]  # of all lengths, so that squares stay in range
    c = np.array([float(number("spectrum", value)) for value in values]) / unit
    count = np.array(counts, dtype=float)
    if len(support.lower) * size > 2**22:
        raise OutsideRegime(f"{len(support.lower):,} intervals of {size:,} points: use fewer points")
    # a = middle − half·cos θ makes the integrand smooth and even in θ, at soft and hard edges alike
    angle = np.pi * (np.arange(1, size + 1) - 0.5) / size
    parts = []
    for low, high in zip(support.lower_alpha / unit, support.upper_alpha / unit, strict=True):
        a = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
        parts.append((*_along(a, c, count / support.m), np.sin(angle) * (high - low) / 2))
    x, density, slope, spread = (np.concatenate([part[i] for part in parts]) for i in range(4))
    return SpectralDensity(
        support=support,
        interval=np.repeat(np.arange(len(parts)), size),
        x=unit * x,
        density=density / unit,
        weight=density * slope * spread * np.pi / size,
    )


def _along(a: Array, c: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Return (λ, f, dλ/da) at each a."""
    found: list[tuple[Array, ...]] = []
    block = max(1, _CELLS // len(c))
    for start in range(0, len(a), block):
        at = a[start : start + block, None]
        square = (at - c) ** 2
        y = np.maximum(0.0, np.max(weight * c**2 - square, axis=1))
        for _ in range(_STEPS):
            share = weight * c**2 / (square + y[:, None])
            total = share.sum(axis=1)
            step = (total - 1) * total / (share / (square + y[:, None])).sum(axis=1)
            y = np.maximum(y, y + step)
            if np.all(step <= 1e-15 * y):
                break
        alpha = at[:, 0] + 1j * np.sqrt(y)
        inverse = 1 / (alpha[:, None] - c)
        edge = (alpha * (1 + inverse @ (weight * c))).real
        slope = 1 - (inverse**2) @ (weight * c**2)  # ψ′, and dα/dλ = 1/ψ′ along the curve
        density = np.sqrt(y) / (np.pi * edge) * ((np.abs(inverse) ** 2) @ (weight * c)) / weight.sum()
        found.append((edge, density, 1 / (1 / slope).real))
    edge, density, slope = (np.concatenate(column) for column in zip(*found, strict=True))
    return edge, density, slope
