"""Growth before decay: how far the error can rise on long prompts although every skill converges (theory section 9).

R = I − Γ⁻¹Σ is similar to the symmetric I − C, so with every σ < 2γ its powers tend to 0.  But it is symmetric only in
the inner product of Γ, and in the usual one its powers can grow first: ‖Rᵏ‖ ≤ √κ ρᵏ and
‖Rᵏ‖_F² ≤ ½(κ + 1/κ) tr(I − C)^{2k}, κ = γ_max/γ_min ≤ n + 2.

The peak over all k is found in float64 with error bounds that do not grow with k, as errors contract in the inner
product of Γ too; once ‖Rᵏ‖ ≤ 1, no later step can exceed what was met before.  Then the peak is enclosed.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, F64, Array, Ball, Field, as_fraction, ball_product, is_ball, require_field
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, plain
from theorycalc.thinking.cure import identity, refuse_exact
from theorycalc.thinking.directions import exact_matrices, require_pooled
from theorycalc.thinking.numerical_range import numerical_radius
from theorycalc.thinking.pencil import (
    Congruence,
    congruence,
    enclosed_eigenvalues,
    enclosed_symmetric,
    inertia,
    proved_below,
)

_MOST_STEPS = 5_000
_MOST_RIVALS = 50
_MOST_WORK = 2e9  # d³ times steps
_BITS, _BITS_PER_STEP = 160, 4
_UNIT = 2.0**-53
_SMALLEST, _LARGEST = Fraction(1, 10**300), 10**300  # of a square whose root float64 takes
_CHECKED = 1e-8  # relative, above what a float64 singular value of a d × d matrix may be off
_SLACK = 1e-10  # relative, above what norms and products of float64 numbers round for d ≤ 400


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TransientGrowth(Frozen):
    """How far powers of R = I − Γ⁻¹Σ grow before they decay.

    Attributes
    ----------
    peak, peak_step : max over all k ≥ 0 of ‖Rᵏ‖_F²/d = E_k/E_0 under w* ~ N(0, I), and where; infinite if it overthinks
    norm_peak, norm_step : the same for the spectral norm ‖Rᵏ‖: √E_k/√E_0 for the worst task
    first_step : ‖R‖_F²/d = E_1/E_0
    rate : ρ = max |1 − σ/γ|, what a step multiplies errors by in the end
    numerical_radius : w(R), with ‖Rᵏ‖ ≤ 2w(R)ᵏ
    condition : κ = γ_max/γ_min, with ‖Rᵏ‖ ≤ √κ ρᵏ and ‖Rᵏ‖_F² ≤ ½(κ + 1/κ) tr(I − C)^{2k}
    """

    setup: Setup
    overthinks: bool
    peak: Any
    peak_step: int | float
    norm_peak: Any
    norm_step: int | float
    first_step: Any
    rate: Any
    numerical_radius: Any
    condition: Any
    examined: int
    field_name: str
    uncertainty: str

    @property
    def grows(self) -> bool:
        """Whether the mean error is at some step larger than at the start."""
        return self.peak_step > 0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; infinity as None."""
        result: dict[str, Any] = {"overthinks": self.overthinks, "grows": self.grows}
        for name in ("peak", "norm_peak", "first_step", "rate", "numerical_radius", "condition"):
            value = getattr(self, name)
            result[name] = None if isinstance(value, float) and math.isinf(value) else plain(value)
        for name in ("peak_step", "norm_step"):
            value = getattr(self, name)
            result[name] = None if math.isinf(value) else value
        return result | {
            "examined": self.examined,
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def __repr__(self) -> str:
        if self.overthinks:
            return "TransientGrowth(grows without bound)"
        parts = f"peak={float(as_fraction(self.peak)):.6g} at k={self.peak_step}"
        return f"TransientGrowth({parts}, norm_peak={float(as_fraction(self.norm_peak)):.6g} at k={self.norm_step})"


def transient_growth(setup: Setup, *, field: Field = F64) -> TransientGrowth:
    """Return how far the long-prompt error rises before it decays, over all k ≥ 0: proved by balls.

    Parameters
    ----------
    setup : Λ, n and Σ matter
    field : F64 and MP(dps) round midpoints of enclosures, BALL(bits) returns the enclosures

    Returns
    -------
    TransientGrowth
        ``.peak`` ``.peak_step`` ``.norm_peak`` ``.norm_step`` ``.first_step`` ``.numerical_radius`` ``.condition``;
        with commuting Λ and Σ there is no growth: both peaks are 1, at k = 0.

    Raises
    ------
    OutsideRegime
        for EXACT, as norms are algebraic; for more than 400 rows; for mixtures that are not pooled.
    NotCertified
        where a direction is critical, or so nearly that the peak over all k is not settled within 5,000 steps.

    Cost: O(d³) per step, until the bound falls below the peak.  Claims: OVT-04, OVT-11.
    Source: theory section 9; Trefethen and Embree, Spectra and Pseudospectra, chapter 14.

    Examples
    --------
    The instance of OVT-04: Λ = diag(31, 1), n = 32, Σ = [[33, 4], [4, 2]] converges, and yet E_1 > E_0.

    >>> found = transient_growth(Setup([31, 1], n=32, Sigma=[[33, 4], [4, 2]]))
    >>> found.overthinks, found.peak_step, round(found.peak, 6)
    (False, 1, 1.946414)
    """
    require_pooled(as_setup(setup))
    chosen = require_field(field)
    refuse_exact(chosen)
    _, Sigma, Gamma = exact_matrices(setup)
    count = inertia(2 * Gamma - Sigma)
    gammas = enclosed_eigenvalues(Gamma, identity(setup.d))[0]
    modes = congruence(Sigma, Gamma)
    kappa = _quotient(gammas[-1], gammas[0])
    rate = _largest_factor(modes.eigenvalues())
    work = BALL(_BITS)
    with work.working():
        R = _error_map(setup, Sigma, work)
        first = work.public(_square(R, work))
        approximate, missed = rounded_matrix(R, work)
    radius = numerical_radius(approximate, missed)
    if count.negative:
        peaks: Any = (math.inf, math.inf, math.inf, math.inf, 0)
    elif setup.is_diagonal:
        one = Ball(Fraction(1), Fraction(0))
        peaks = (one, 0, one, 0, 0)
    elif count.zero:
        raise NotCertified("a direction has σ = 2γ exactly: the largest error is approached, or not, as k → ∞")
    else:
        peaks = _peaks(setup, Sigma, Gamma, modes, rate.upper, kappa.upper)
    public = [_public(x, chosen) for x in (peaks[0], peaks[2], first, rate, radius, kappa)]
    return TransientGrowth(
        setup=setup,
        overthinks=count.negative > 0,
        peak=public[0],
        peak_step=peaks[1],
        norm_peak=public[1],
        norm_step=peaks[3],
        first_step=public[2],
        rate=public[3],
        numerical_radius=public[4],
        condition=public[5],
        examined=peaks[4],
        field_name=chosen.name,
        uncertainty="rigorous enclosures" if is_ball(chosen) else "rounded midpoints of rigorous enclosures",
    )


def _error_map(setup: Setup, Sigma: Array, field: Field) -> Array:
    """Return R over balls."""
    A = gamma_pair(setup, field)[1]
    one = field.array(np.eye(setup.d, dtype=int))
    return np.asarray(one - ball_product(one * A if A.ndim == 1 else A, field.array(Sigma)))


def rounded_matrix(M: Array, field: Field) -> tuple[Array, float]:
    """Return a matrix of balls in float64, and a bound of the Frobenius norm of what that misses."""
    try:
        rounded = np.array([[float(x) for x in row] for row in M])
    except OverflowError:
        rounded = np.array([[math.inf]])
    if not np.all(np.isfinite(rounded)):
        raise NotCertified("Γ⁻¹Σ exceeds the float64 range: rescale Λ or Σ")
    gap = M - field.array(rounded)
    square = field.public((gap * gap).sum()).upper
    root = math.sqrt(square) if _SMALLEST < square < _LARGEST else float(root_above(square))
    return rounded, math.nextafter(root, math.inf)


def _square(M: Array, field: Field) -> Any:
    """‖M‖_F²/d."""
    return (M * M).sum() / field.number(len(M))


def _peaks(
    setup: Setup, Sigma: Array, Gamma: Array, modes: Congruence, rate: Fraction, kappa: Fraction
) -> tuple[Ball, int, Ball, int, int]:
    """Return both peaks over all k ≥ 0 with their steps, and how many steps it took to be sure."""
    if rate >= 1:
        raise NotCertified(
            "a direction is so near to σ = 2γ that float64 eigenvectors do not tell: rescale, or change n"
        )
    root = math.nextafter(float(root_above(kappa)), math.inf)
    powers, tail = _Powers(setup, Sigma, math.nextafter(float(rate), 2), root), Tail(modes, Gamma, rate, root)
    most = int(min(_MOST_STEPS, _MOST_WORK / setup.d**3))
    squares, norms = _Candidates(), _Candidates()
    while True:
        squares.meet(powers.k, *powers.square())
        low, high = powers.norm()
        norms.meet(powers.k, low, high)
        if powers.k and (high <= 1 or tail.below(powers.k, norms.best, math.sqrt(squares.best))):
            break
        if max(len(squares.rivals), len(norms.rivals)) > _MOST_RIVALS:
            raise NotCertified("the error hardly changes from step to step: float64 does not tell where it peaks")
        if powers.k >= most:
            raise NotCertified(
                f"within {most:,} steps E_k/E_0 is largest at k = {squares.step}, {squares.best:.6g}, but later steps "
                "are not excluded: some σ/γ is too near 0 or 2; ask for the error curve instead"
            )
        powers.step()
    last = max([*squares.rivals, *norms.rivals])
    field = BALL(_BITS + _BITS_PER_STEP * last)
    with field.working():
        R = _error_map(setup, Sigma, field)
        found: dict[int, tuple[Ball, Ball]] = {}
        power = field.array(np.eye(setup.d, dtype=int))
        for k in range(last + 1):
            if k in squares.rivals or k in norms.rivals:
                gram = enclosed_symmetric(ball_product(power.T.copy(), power), field)[-1]
                found[k] = field.public(_square(power, field)), _root_ball(gram)
            power = ball_product(power, R)
    top = _largest({k: found[k][0] for k in squares.rivals}, "E_k/E_0")
    return *top, *_largest({k: found[k][1] for k in norms.rivals}, "‖Rᵏ‖"), powers.k


class _Candidates:
    """The steps that may hold the largest of some values known to intervals."""

    def __init__(self) -> None:
        self.best, self.step, self._highs = 0.0, 0, dict[int, float]()

    def meet(self, k: int, low: float, high: float) -> None:
        """Take the value of step k."""
        if high >= self.best:
            self._highs[k] = high
        if low > self.best:
            self.best, self.step = low, k
            self._highs = {j: value for j, value in self._highs.items() if value >= low}

    @property
    def rivals(self) -> list[int]:
        """The steps that may hold the largest value."""
        return list(self._highs)


class _Powers:
    """Rᵏ in float64 with a bound of its error: e_{k+1} ≤ ρ e_k + (what this step rounds), in the norm of Γ.

    ‖X‖ and ‖Γ^{1/2}XΓ^{−1/2}‖ differ by a factor of √κ at most.
    """

    def __init__(self, setup: Setup, Sigma: Array, rate: float, root: float) -> None:
        field = BALL(_BITS)
        with field.working():
            self._R, self._input = rounded_matrix(_error_map(setup, Sigma, field), field)
        self._M, self._error, self._rate, self._root = np.eye(setup.d), 0.0, rate, root
        self._d, self.k = setup.d, 0

    def step(self) -> None:
        """Multiply by R."""
        size = float(np.linalg.norm(self._M)) * (1 + _SLACK)
        rounding = (self._d + 2) * _UNIT * float(np.linalg.norm(self._R)) + self._input
        self._M = self._M @ self._R
        self._error = (self._rate * self._error + self._root * rounding * size) * (1 + _SLACK)
        self.k += 1

    def square(self) -> tuple[float, float]:
        """Return bounds of ‖Rᵏ‖_F²/d."""
        size, off = float(np.linalg.norm(self._M)), math.sqrt(self._d) * self._root * self._error
        return (max(0.0, size - off) ** 2 / self._d * (1 - _SLACK), (size + off) ** 2 / self._d * (1 + _SLACK))

    def norm(self) -> tuple[float, float]:
        """Return bounds of ‖Rᵏ‖; the upper one is proved by a Cholesky factorisation of x²I − MᵀM."""
        size, off = float(np.linalg.norm(self._M, 2)), self._root * self._error
        high = float(np.linalg.norm(self._M)) * (1 + _SLACK)
        gram = self._M.T @ self._M
        for slack in (_SLACK, 1e-6, 1e-3):
            if proved_below(gram, (size * (1 + slack)) ** 2, terms=self._d):
                high = min(high, size * (1 + slack))
                break
        return max(0.0, size * (1 - _SLACK) - off), high + off


class Tail:
    """Bounds of every ‖Rʲ‖ and ‖Rʲ‖_F/√d, j ≥ k, from the slowest directions apart.

    X⁻¹RX = I − D + small, so ‖Rʲ − X(I − D)ʲX⁻¹‖ ≤ √κ g/(e(1 − ρ − g)) for every j.  The s slowest directions
    contribute at most b_s ρ₁ʲ, b_s = ‖X_s T‖‖T⁻¹(X⁻¹)_s‖ with any diagonal T, the others √κ ρ_{s+1}ʲ.
    """

    def __init__(self, modes: Congruence, Gamma: Array, rate: Fraction, root: float) -> None:
        factors = np.array([abs(float(1 - c)) for c in modes.D])
        order = np.argsort(-factors)
        self._factors, self._d, loose = factors[order], len(factors), float(modes.perturbation)
        stretch = float(1 + modes.E) / float(1 - modes.E) * (1 + _SLACK)
        self._root = root * stretch
        room = float(1 - rate) - 2 * loose
        self._missed = math.inf if room <= 0 else self._root * loose / (math.e * room) * (1 + _SLACK)
        self._near = min(1.0, float(rate) + loose)
        X = modes.X[:, order]
        left = X.T @ F64.array(Gamma)
        scale = np.sqrt(np.linalg.norm(left, axis=1) / np.linalg.norm(X, axis=0))
        self._sizes = {}
        for s in sorted({*range(1, min(self._d, 8) + 1), *(self._d * j // 16 for j in range(1, 17))} - {0}):
            first = np.linalg.norm(X[:, :s] * scale[:s], 2)
            second = np.linalg.norm(left[:s] / scale[:s, np.newaxis], 2)
            missed = float(modes.E) * np.linalg.norm(left, 2) / np.min(scale[:s])  # X⁻¹ = (I + E)⁻¹XᵀΓ
            self._sizes[s] = float(first * (second + missed)) * stretch * (1 + _CHECKED)

    def below(self, k: int, norm: float, square_root: float) -> bool:
        """Whether every later ‖Rʲ‖ is below ``norm`` and every later ‖Rʲ‖_F/√d below ``square_root``."""
        return self._least(k, spread=False) < norm and self._least(k, spread=True) < square_root

    def _least(self, k: int, *, spread: bool) -> float:
        best = self._root * self._near**k * (1 + _SLACK * (k + 1))
        for s, size in self._sizes.items():
            rest = self._root * (self._factors[s] + 1e-12) ** k if s < self._d else 0.0
            share = math.sqrt(s / self._d) if spread else 1.0
            best = min(best, (share * size * self._near**k + rest) * (1 + _SLACK * (k + 1)) + self._missed)
        return best


def _largest(values: dict[int, Ball], name: str) -> tuple[Ball, int]:
    best = max(values, key=lambda k: values[k].mid)
    rivals = [k for k, x in values.items() if k != best and x.upper > values[best].lower]
    if rivals:
        raise NotCertified(f"{name} is too nearly the same at steps {sorted([best, *rivals])} to say where it peaks")
    return values[best], best


def _largest_factor(ratios: list[Ball]) -> Ball:
    """Return max |1 − c|."""
    ends = [sorted((abs(1 - ball.lower), abs(1 - ball.upper))) for ball in ratios]
    low = max(Fraction(0) if 1 in ball else end[0] for ball, end in zip(ratios, ends, strict=True))
    high = max(end[1] for end in ends)
    return Ball((low + high) / 2, (high - low) / 2)


def _quotient(numerator: Ball, denominator: Ball) -> Ball:
    if denominator.lower <= 0:
        raise NotCertified("the smallest eigenvalue of Γ cannot be told from 0: rescale the problem")
    low, high = numerator.lower / denominator.upper, numerator.upper / denominator.lower
    return Ball((low + high) / 2, (high - low) / 2)


def root_above(value: Fraction) -> Fraction:
    """Return a rational at or just above the square root."""
    scale = 2**200
    return Fraction(math.isqrt(value.numerator * scale * scale // value.denominator + 1) + 1, scale)


def _root_ball(value: Ball) -> Ball:
    scale = 2**200
    floor = max(Fraction(0), value.lower)
    low = Fraction(math.isqrt(floor.numerator * scale * scale // floor.denominator), scale)
    high = root_above(max(Fraction(0), value.upper))
    return Ball((low + high) / 2, (high - low) / 2)


def _public(value: Any, field: Field) -> Any:
    if isinstance(value, float) or is_ball(field):
        return value
    with field.working():
        return field.public(field.number(value.mid))
