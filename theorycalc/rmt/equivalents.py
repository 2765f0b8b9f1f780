"""Deterministic equivalents of one and of two resolvents of N = Wishart_m(C)/m, d, m → ∞ (theory section 6).

With ωᵢ = (multiplicity of cᵢ)/m and G(z) = (z − N)⁻¹, everything is a rational function of the companion point α,
the reciprocal of the companion Stieltjes transform:

    z = ψ(α) = α θ,   θ = 1 + Σ ωᵢ cᵢ/(α − cᵢ),   G(z) ≈ diag(gᵢ),   gᵢ = 1/(z − cᵢ θ) = 1/(θ (α − cᵢ))
    E tr[P G(z₁) Q G(z₂)] ≈ Σᵢⱼ Pᵢⱼ Qᵢⱼ gᵢ(z₁) gⱼ(z₂) + κ Σᵢ Pᵢᵢ cᵢ gᵢ(z₁) gᵢ(z₂)
    κ = Σᵢ ωᵢ Qᵢᵢ cᵢ aᵢ(z₁) aᵢ(z₂) / (1 − Σᵢ ωᵢ cᵢ² aᵢ(z₁) aᵢ(z₂)),   aᵢ = 1/(α − cᵢ)

Which α belongs to z is certified: ψ is one-to-one where Σ ωᵢ cᵢ²/|α − cᵢ|² < 1, as (ψ(α) − ψ(β))/(α − β) is the
denominator of κ, which then is not 0 (Cauchy and Schwarz); and that region is what ψ maps onto the complement of the
support (Silverstein and Choi).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, refuse
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.fields import F64, Array
from theorycalc.results import Frozen
from theorycalc.rmt.edges import COUNT_REMEDY, checked_spectrum, spectral_edges

_CELLS = 2**21  # numbers in a block of (points, eigenvalues)
_FAR = 3.0  # in the strip of w: |z − middle| is then about ten half-widths of the support
_STRIDE = 1.8  # factor by which points approach the support at a time
_LEAST_STRIDE = 1.001
_NEWTON = 14
_CLOSE = 1e-8  # relative step after which Newton's method has converged
_RESIDUAL = 1e-11  # of ψ(α) − z, relative
_BALANCED = 2.0  # d/m up to which 1 − d/m + … cancels less than 1 − …


@dataclass(frozen=True)
class Law:
    """The law of N: eigenvalues of C, their weights multiplicity/m, and the ends of its support away from 0."""

    c: Array  # (q,)
    multiplicity: Array  # (q,) as float64
    m: float
    missing: float  # 1 − d/m
    lower: float
    upper: float

    @property
    def weight(self) -> Array:
        """multiplicity/m."""
        return np.asarray(self.multiplicity / self.m)

    @property
    def middle(self) -> float:
        """Midpoint of the support."""
        return self.lower + self.half

    @property
    def half(self) -> float:
        """Half the width of the support."""
        return (self.upper - self.lower) / 2

    @property
    def balanced(self) -> bool:
        """Whether sums are best written around 1 − d/m instead of 1."""
        return 1 - self.missing < _BALANCED

    def theta(self, alpha: Array) -> tuple[Array, Array, Array]:
        """Return θ, ψ′ and Σ ωᵢ cᵢ²/|α − cᵢ|² at some α, (p,)."""
        omega, c = self.weight, self.c
        theta, slope, size = (np.empty(alpha.shape, dtype=kind) for kind in (complex, complex, float))
        rows = max(1, _CELLS // c.size)
        for start in range(0, alpha.size, rows):
            part = slice(start, start + rows)
            at = alpha[part]
            a = 1 / (at[:, None] - c)
            theta[part] = self.missing + at * (a @ omega) if self.balanced else 1 + a @ (omega * c)
            scaled = a * c
            slope[part] = 1 - (scaled * scaled) @ omega
            size[part] = (scaled.real**2 + scaled.imag**2) @ omega
        return theta, slope, size


def law_of(c: Array, multiplicity: Array, m: int) -> Law:
    """Return the law for float64 eigenvalues and integer multiplicities."""
    counts = [int(x) for x in multiplicity]
    edges = spectral_edges([float(x) for x in c], m, multiplicity=counts)
    return Law(
        c=np.asarray(c, dtype=float),
        multiplicity=np.asarray(counts, dtype=float),
        m=float(m),
        missing=(m - sum(counts)) / m,
        lower=edges.lower,
        upper=edges.upper,
    )


@dataclass(frozen=True)
class Points:
    """Points z off the support as the two-point formula uses them: α, and the common factor 1/θ of all gᵢ."""

    alpha: Array  # (p,)
    scale: Array  # (p,)

    def conjugate(self) -> "Points":
        """The complex conjugate points."""
        return Points(np.conj(self.alpha), np.conj(self.scale))


@dataclass(frozen=True, kw_only=True, eq=False)
class Resolvents(Frozen):
    """G(z) ≈ diag(gᵢ(z)) at some points z off the support."""

    spectrum: Array  # (q,) eigenvalues of C
    multiplicity: Array  # (q,)
    d: int
    m: int
    z: Array  # (p,) complex
    alpha: Array  # (p,) companion points: ψ(α) = z
    theta: Array  # (p,) z/α
    residual: Array  # (p,) |ψ(α) − z|/|z|
    uncertainty: str

    @property
    def g(self) -> Array:
        """The diagonal of the equivalent of (z − N)⁻¹, (p, q)."""
        return np.asarray(1 / (self.theta[:, None] * (self.alpha[:, None] - self.spectrum)))

    @property
    def companion(self) -> Array:
        """The companion transform (1/m) tr (z − XᵀX/m)⁻¹ = 1/α of the m × m matrix, (p,)."""
        return np.asarray(1 / self.alpha)

    def __repr__(self) -> str:
        return f"Resolvents({self.z.size} points, d={self.d}, m={self.m}, residual<={np.max(self.residual):.0e})"

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for name in ("z", "alpha", "theta"):
            values = getattr(self, name)
            table |= {f"re_{name}": values.real, f"im_{name}": values.imag}
        return table | {"residual": self.residual}


def resolvent_equivalent(spectrum: Any, m: int, z: Any, *, multiplicity: Any = None) -> Resolvents:
    """Return the deterministic equivalent diag(gᵢ(z)) of (z − N)⁻¹, N = Wishart_m(C)/m.

        gᵢ(z) = 1/(z − cᵢ θ),   θ = 1/(1 − (1/m) Σᵢ cᵢ gᵢ(z)),   z = α θ

    Parameters
    ----------
    spectrum : (q,) positive eigenvalues of C
    m : number of samples
    z : one or more complex numbers, off the interval that holds the support, and not 0 if d > m
    multiplicity : (q,) how often each eigenvalue occurs; default once

    Returns
    -------
    Resolvents
        ``.g`` (p, q), ``.alpha`` ``.theta`` ``.companion`` ``.residual`` (p,).

    Raises
    ------
    InvalidSetup
        if z lies on the support or between its ends, or the spectrum is not one of positive numbers.
    NotConverged
        if no α with ψ(α) = z could be certified.

    Assumes: the limit d, m → ∞; the diagonal of G at finite d scatters around gᵢ by O(m^{−1/2}), its mean is off by
    O(1/m).  In a gap of the support z must be given an imaginary part.
    Cost: O(p q) per Newton step, some 50 steps.  Claims: RMT-12, RMT-13.
    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995); theory section 6.

    Examples
    --------
    C = 1, d = m: θ = α/(α − 1), so ψ(3) = 9/2, and g = 1/α = 1/3.

    >>> point = resolvent_equivalent([1], 1, 4.5)
    >>> print(*point.alpha.real.round(12), *point.g[0].real.round(12))
    3.0 0.333333333333
    """
    values, counts = checked_spectrum(spectrum, multiplicity)
    size = integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=COUNT_REMEDY)
    points = _complex(z)
    law = law_of(F64.array(values), np.array(counts, dtype=object), size)
    inside = (points.imag == 0) & (points.real >= law.lower) & (points.real <= law.upper)
    if np.any(inside):
        worst = complex(points[np.argmax(inside)])
        raise refuse("z", worst, "between the ends of the support", "move it off the real axis")
    if law.missing < 0 and np.any(points == 0):
        raise refuse("z", 0, "an eigenvalue of N, as d > m", "use another point")
    alpha, residual = companion_points(law, points)
    return Resolvents(
        spectrum=law.c,
        multiplicity=np.array(counts, dtype=object),
        d=sum(counts),
        m=size,
        z=points,
        alpha=alpha,
        theta=law.theta(alpha)[0],
        residual=residual,
        uncertainty="float64; the branch of α is certified, the residual of ψ(α) = z is reported",
    )


def _complex(z: Any) -> Array:
    try:
        points = np.atleast_1d(np.asarray(z, dtype=complex))
    except (TypeError, ValueError):
        raise refuse("z", z, "not a complex number", "pass one or a sequence of them") from None
    if points.ndim != 1 or not points.size or not np.all(np.isfinite(points)):
        raise refuse("z", z, "not a sequence of finite complex numbers", "pass shape (p,)")
    return points


def two_point_equivalent(first: Resolvents, second: Resolvents, *, P: Any, Q: Any) -> Array:
    """Return the limit of E tr[P G(z₁) Q G(z₂)] for every pair of points.

        Σᵢⱼ Pᵢⱼ Qᵢⱼ gᵢ(z₁) gⱼ(z₂) + κ Σᵢ Pᵢᵢ cᵢ gᵢ(z₁) gᵢ(z₂)
        κ = (1/m) Σ Qᵢᵢ cᵢ aᵢ(z₁) aᵢ(z₂) / (1 − (1/m) Σ cᵢ² aᵢ(z₁) aᵢ(z₂)),   aᵢ = 1/(α − cᵢ)

    Parameters
    ----------
    first, second : points z₁ (p₁,) and z₂ (p₂,) of one law
    P, Q : symmetric, in the eigenbasis of C: (q,) diagonals, or (d, d) with every eigenvalue listed once

    Returns
    -------
    (p₁, p₂) complex array

    Raises
    ------
    InvalidSetup
        if the points belong to different laws, or P and Q do not fit them.

    Assumes: the limit d, m → ∞ with P, Q bounded; relative corrections are O(1/m).
    Cost: O(p₁ p₂ q), with full matrices O(p₁ q² + p₁ p₂ q).  Claims: RMT-12.
    Source: the kernel is that of Bai and Silverstein, Ann. Probab. 32 (2004); here it is the generating function of the
    recursion of theory section 6.

    Examples
    --------
    C = 1, d = m, z₁ = z₂ = 9/2, α = 3: κ = (1/4)/(1 − 1/4) = 1/3, so tr G² ≈ (1/3)² (1 + 1/3) = 4/27.

    >>> point = resolvent_equivalent([1], 1, 4.5)
    >>> print((27 * two_point_equivalent(point, point, P=[1], Q=[1]).real).round(10))
    [[4.]]
    """
    same = first.m == second.m and np.array_equal(first.spectrum, second.spectrum)
    if not (same and np.array_equal(first.multiplicity, second.multiplicity)):
        raise InvalidSetup("first, second: points of different laws; compute both from one spectrum and m")
    left, right = (_weights(name, value, first) for name, value in (("P", P), ("Q", Q)))
    if left.ndim != right.ndim:
        left, right = (np.diag(x) if x.ndim == 1 else x for x in (left, right))
    law = law_of(first.spectrum, first.multiplicity, first.m)
    points = (Points(x.alpha, 1 / x.theta) for x in (first, second))
    return two_points(law, *points, P=left, Q=right)


def _weights(name: str, value: Any, points: Resolvents) -> Array:
    weights, q = F64.array(value), points.spectrum.size
    if weights.shape == (q,):
        return weights
    if weights.shape != (q, q) or q != points.d:
        raise refuse(
            name, weights.shape, f"does not fit {q} eigenvalues", f"pass shape ({q},), or (d, d) if each is listed"
        )
    if not np.allclose(weights, weights.T, rtol=1e-12, atol=0):
        raise refuse(name, weights.shape, "not symmetric", "pass a symmetric matrix")
    return weights


def two_points(law: Law, first: Points, second: Points, *, P: Array, Q: Array) -> Array:
    """Return the two-point equivalent at (p₁, p₂) pairs; P and Q are both (q,) or both (d, d)."""
    c, omega, count = law.c, law.weight, law.multiplicity
    on_P, on_Q = (np.diagonal(x) if x.ndim == 2 else x for x in (P, Q))
    shape = first.alpha.size, second.alpha.size
    chain, crossed, closed, near, far = (np.zeros(shape, dtype=complex) for _ in range(5))
    if P.ndim == 2:
        chain = _inverse(first, c) @ (P * Q) @ _inverse(second, c).T
    block = max(1, _CELLS // max(shape))
    for start in range(0, c.size, block):
        part = slice(start, start + block)
        a, b = _inverse(first, c[part]), _inverse(second, c[part]).T
        w, x = omega[part], c[part]
        if P.ndim == 1:
            chain += (a * (count * P * Q)[part]) @ b
        crossed += (a * (w * on_Q[part] * x)) @ b
        closed += (a * (count * on_P * c)[part]) @ b
        if law.balanced:
            near += (a * w) @ b
            far += (a * (w * x)) @ b
        else:
            far += (a * (w * x * x)) @ b
    if law.balanced:  # 1 − c²ab = αβ ab − (α + β) c ab in every term
        alpha, beta = first.alpha[:, None], second.alpha
        denominator = law.missing + alpha * beta * near - (alpha + beta) * far
    else:
        denominator = 1 - far
    return np.asarray(np.multiply.outer(first.scale, second.scale) * (chain + crossed / denominator * closed))


def one_point(law: Law, points: Points, *, P: Array) -> Array:
    """Return Σᵢ Pᵢᵢ gᵢ(z), the limit of tr[P G(z)], at every point."""
    weight = law.multiplicity * (np.diagonal(P) if P.ndim == 2 else P)
    total, block = np.zeros(points.alpha.size, dtype=complex), max(1, _CELLS // points.alpha.size)
    for start in range(0, law.c.size, block):
        part = slice(start, start + block)
        total += _inverse(points, law.c[part]) @ weight[part]
    return np.asarray(points.scale * total)


def _inverse(points: Points, c: Array) -> Array:
    return np.asarray(1 / (points.alpha[:, None] - c))


# ------------------------------------------------------------------------------------------------ z → α


def companion_points(law: Law, z: Array) -> tuple[Array, Array]:
    """Return α with ψ(α) = z and Σ ωᵢ cᵢ²/|α − cᵢ|² < 1, and the relative residuals |ψ(α) − z|/|z|.

    With z = middle + half·cosh w the complement of [lower, upper] is Re w > 0, where α is analytic.  Points start at
    Re w = 3, where Newton's method needs no help, and come in by a factor at a time, each from its predecessor.
    """
    right = z.real >= law.middle
    edge, sign = np.where(right, law.upper, law.lower), np.where(right, 1.0, -1.0)
    target = 2 * np.arcsinh(np.sqrt(sign * (z - edge) / (2 * law.half)))  # from the nearer edge: no cancellation
    depth, height = target.real, target.imag
    if np.any(depth <= 0):
        raise NotConverged("a point is too close to the support for float64; move it away")

    def at(reach: Array, chosen: Array) -> Array:
        moved = edge[chosen] + sign[chosen] * 2 * law.half * np.sinh((reach + 1j * height[chosen]) / 2) ** 2
        return np.asarray(np.where(reach == depth[chosen], z[chosen], moved))

    every = np.arange(z.size)
    now = np.maximum(depth, _FAR)
    start = at(now, every)
    total = law.weight * law.c
    guess = start - total.sum() - _moment(start, law.c, total * law.c)
    alpha, slope, good = _newton(law, guess, start)
    if not np.all(good):
        raise _lost(z[np.argmin(good)])
    stride = np.full(z.size, _STRIDE)
    while True:
        moving = np.flatnonzero(now > depth)
        if not moving.size:
            break
        following = np.maximum(now[moving] / stride[moving], depth[moving])
        here, there = at(now[moving], moving), at(following, moving)
        found, rise, good = _newton(law, alpha[moving] + (there - here) / slope[moving], there)
        arrived = moving[good]
        alpha[arrived], slope[arrived], now[arrived] = found[good], rise[good], following[good]
        stride[moving[~good]] = np.sqrt(stride[moving[~good]])
        if np.any(stride < _LEAST_STRIDE):
            raise _lost(z[np.argmin(stride)])
    return _certified(law, alpha, z)


def _lost(z: complex) -> NotConverged:
    return NotConverged(f"z = {complex(z):.17g}: its companion point was not found; move z away from the support")


def _certified(law: Law, alpha: Array, z: Array) -> tuple[Array, Array]:
    """Return α after a last step of Newton's method, with its relative residuals, if it is the right one."""
    theta, slope, _ = law.theta(alpha)
    alpha = alpha - (alpha * theta - z) / slope
    theta, _, size = law.theta(alpha)
    residual = np.abs(alpha * theta - z) / np.where(z == 0, 1.0, np.abs(z))
    good = (size < 1) & (residual <= _RESIDUAL)
    if not np.all(good):
        raise _lost(z[np.argmin(good)])
    return alpha, np.asarray(residual)


def _moment(at: Array, c: Array, weight: Array) -> Array:
    """Σ weightᵢ/(at − cᵢ)."""
    result, rows = np.empty(at.shape, dtype=complex), max(1, _CELLS // c.size)
    for start in range(0, at.size, rows):
        part = slice(start, start + rows)
        result[part] = (1 / (at[part][:, None] - c)) @ weight
    return result


def _newton(law: Law, alpha: Array, z: Array) -> tuple[Array, Array, Array]:
    """Return α after Newton's method for ψ(α) = z, ψ′ there, and where it converged in the right region."""
    tiny = 1e-30 * float(np.min(law.c))
    good, size = np.zeros(z.shape, dtype=bool), np.full(z.shape, np.inf)
    with np.errstate(all="ignore"):  # what is not finite has not converged
        for _ in range(_NEWTON):
            theta, slope, size = law.theta(alpha)
            change = (alpha * theta - z) / slope
            alpha = alpha - change
            good = (np.abs(change) <= _CLOSE * np.abs(alpha)) | (np.abs(change) <= tiny)
            if np.all(good):
                break
    return alpha, slope, np.asarray(good & (size < 1))
