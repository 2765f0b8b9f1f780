"""The best number of steps on long prompts, k* = argmin E_k over all k ≥ 0, certified (theory section 9).

Spectra: E_k = Σ wᵢ rᵢᵏ with rᵢ = (1 − σᵢ/γᵢ)² is convex in k, so k* is the first k at which E_k − E_{k+1} ≤ 0: found in
logarithms, proved by balls, however large k is.

Matrices: E_k need not be convex.  With P ⪰ pΓ it is at least p G_k, where G_k = tr Γ Rᵏ Q (Rᵏ)ᵀ = Σ q̃ᵢᵢ(1 − cᵢ)^{2k} is
convex.  Once G_k rises and p G_k exceeds the smallest error met, no later step can be better.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT
from theorycalc.exceptions import NotCertified
from theorycalc.fields import BALL, Array, Ball, Field, as_fraction, ball_product
from theorycalc.gamma.closed_form import gamma_pair
from theorycalc.model import Setup
from theorycalc.results import Frozen, Metric
from theorycalc.thinking.directions import (
    Directions,
    Spectra,
    exact_matrices,
    exact_second_moment,
    exact_weights,
    log_of,
    objects,
)
from theorycalc.thinking.pencil import enclosed_eigenvalues

_BITS = (96, 320, 1280, 5120)
_EXACT_TIE_BITS = 4_000_000  # size of the numbers up to which a tie is decided in rationals
_MOST_WORK = 2e8  # d³ times steps, in balls
_MOST_STEPS = 600
_SMALLEST_LOG = -700.0
_BLUR = 16  # bits that the enclosure of an error must keep


@dataclass(frozen=True, repr=False)
class Minimum(Frozen):
    """Where the error is smallest over all k >= 0: k* is in [lower, upper]; infinity: every step helps."""

    lower: int | float
    upper: int | float

    @property
    def is_certain(self) -> bool:
        """Whether k* is known."""
        return self.lower == self.upper


def best_steps(setup: Setup, directions: Directions, metric: Metric) -> Minimum:
    """Return k* on the population rung.  Ties go to the smaller k."""
    if setup.is_diagonal:
        return _of_spectra(setup, directions, metric)
    return _of_matrices(setup, directions, metric)


# ------------------------------------------------------------------------------------------------ spectra


@dataclass(frozen=True)
class _Sum:
    """E_k = Σ wᵢ rᵢᵏ by distinct direction: wᵢ, σᵢ and λᵢ exactly."""

    weight: list[Fraction]
    sigma: list[Fraction]
    lam: list[Fraction]
    trace_of: Spectra
    logs: Array  # (q, 3): log w, log r, log|1 − r|

    def sign(self, k: int) -> int:
        """Return the sign of E_k − E_{k+1} = Σ wᵢ rᵢᵏ (1 − rᵢ), proved."""
        for bits in _BITS:
            working = bits + 2 * k.bit_length()
            if len(self.weight) * working > 2e9:
                break
            field = BALL(working)
            with field.working():
                n, one = field.number(self.trace_of.n), field.number(1)
                trace = field.array(self.trace_of.lam).sum()
                lam, sigma = field.array(objects(self.lam)), field.array(objects(self.sigma))
                c = sigma / (lam * (one + one / n) + trace / n)
                powers = ((1 - c) ** 2) ** k
                total = (field.array(objects(self.weight)) * powers * (c * (2 - c))).sum()
                if total > 0 or total < 0:
                    return 1 if total > 0 else -1
        return self._exact_sign(k)

    def _exact_sign(self, k: int) -> int:
        trace = self.trace_of.trace
        n = Fraction(self.trace_of.n)
        total = Fraction(0)
        size = max(x.denominator.bit_length() for x in [*self.lam, *self.sigma, trace]) + n.numerator.bit_length()
        if len(self.weight) * (k + 1) * 4 * size > _EXACT_TIE_BITS:
            raise NotCertified(
                f"whether step {k + 1:,} still helps cannot be told: E_{k} and E_{k + 1} agree too closely"
            )
        for w, sigma, lam in zip(self.weight, self.sigma, self.lam, strict=True):
            c = sigma / (lam * (1 + 1 / n) + trace / n)
            total += w * (1 - c) ** (2 * k) * c * (2 - c)
        return (total > 0) - (total < 0)


def _of_spectra(setup: Setup, directions: Directions, metric: Metric) -> Minimum:
    spectra = Spectra(setup)
    weights = exact_weights(setup, metric)
    active = [i for i in range(setup.d) if weights[i] > 0]
    grows = any(directions.code[i] == 2 for i in active)
    if not grows:
        return _without_growth(spectra, directions, active)
    groups: dict[tuple[Fraction, Fraction], list[Any]] = {}
    for i in active:
        if directions.code[i] != 1:  # a critical direction adds a constant
            entry = groups.setdefault((spectra.sigma[i], spectra.lam[i]), [Fraction(0), i])
            entry[0] += weights[i]
    members = list(groups.values())
    total = _Sum(
        weight=[w for w, _ in members],
        sigma=[spectra.sigma[i] for _, i in members],
        lam=[spectra.lam[i] for _, i in members],
        trace_of=spectra,
        logs=_logs(members, directions),
    )
    return _first_nonpositive(total.sign, _guess(total.logs))


def _without_growth(spectra: Spectra, directions: Directions, active: list[int]) -> Minimum:
    """E_k falls for ever, unless every converging direction is finished after one step (σ = γ)."""
    converging = [i for i in active if directions.code[i] == 0]
    if not converging:
        return Minimum(0, 0)
    n = spectra.n
    # σ = γ iff n σ − (n + 1) λ = tr Λ
    if all(spectra.sign_against_trace(n * spectra.sigma[i] - (n + 1) * spectra.lam[i]) == 0 for i in converging):
        return Minimum(1, 1)
    return Minimum(math.inf, math.inf)


def _logs(members: list[Any], directions: Directions) -> Array:
    """Return log w, log r and log|1 − r| of each group in float64, and its sign of 1 − r as a fourth column."""
    rows = []
    for weight, i in members:
        c = as_fraction(directions.ratio[i])
        excess = max(log_of(c) + log_of(abs(2 - c)), _SMALLEST_LOG)  # c may have been rounded to 2
        rows.append([log_of(weight), 2 * log_of(abs(1 - c)), excess, 1.0 if directions.code[i] == 0 else -1.0])
    return np.array(rows)


def _guess(logs: Array) -> int:
    """Return about where Σ wᵢ rᵢᵏ (1 − rᵢ) changes sign: its two halves have equal logarithms."""
    from scipy.special import logsumexp

    falling, rising = logs[logs[:, 3] > 0], logs[logs[:, 3] < 0]
    falling = falling[np.isfinite(falling[:, 1])]  # r = 0 is gone after one step
    if not len(falling):
        return 0

    def balance(k: float) -> float:
        down, up = (part[:, 0] + part[:, 2] + k * part[:, 1] for part in (falling, rising))
        return float(logsumexp(down) - logsumexp(up))

    low, high = 0.0, 1.0
    while balance(high) > 0 and high < MAX_COUNT:
        low, high = high, 2 * high
    while high - low > max(0.25, 1e-12 * high):
        middle = (low + high) / 2
        low, high = (middle, high) if balance(middle) > 0 else (low, middle)
    return max(0, math.ceil(low))


def _first_nonpositive(sign: Callable[[int], int], guess: int) -> Minimum:
    """Return the first k >= 0 with sign(k) <= 0, for a sign that never goes up again; searched outward from a guess."""
    reach = 1
    low, high = guess - 1, guess  # sign(low) > 0 >= sign(high) is sought; sign(−1) counts as positive
    while high <= MAX_COUNT and sign(high) > 0:
        low, high, reach = high, high + reach, 2 * reach
    if high > MAX_COUNT:
        return Minimum(low + 1, math.inf)
    reach = 1
    while low >= 0 and sign(low) <= 0:
        low, high, reach = low - reach, low, 2 * reach
    low = max(low, -1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sign(middle) > 0 else (low, middle)
    return Minimum(high, high)


# ------------------------------------------------------------------------------------------------ matrices


class Chain:
    """E_k and G_k of a problem with full matrices, step by step, in balls."""

    def __init__(self, setup: Setup, metric: Metric, field: Field) -> None:
        _, Sigma, Gamma = exact_matrices(setup)
        self.field, self.k = field, 0
        A = gamma_pair(setup, field)[1]
        one = field.array(np.eye(setup.d, dtype=int))
        A = one * A if A.ndim == 1 else A
        self._R = one - ball_product(A, field.array(Sigma))
        self._Gamma, self._P = field.array(Gamma), field.array(Sigma) if metric is Metric.PREDICTION else one
        self._state = field.array(exact_second_moment(setup))

    def errors(self) -> tuple[Ball, Ball]:
        """Return enclosures of E_k and G_k."""
        error, weighted = (self.field.public((weight * self._state).sum()) for weight in (self._P, self._Gamma))
        return error, weighted

    def step(self) -> None:
        """Take one step."""
        self._state = ball_product(ball_product(self._R, self._state), self._R.T.copy())
        self.k += 1


def smallest_weight(setup: Setup, metric: Metric) -> Fraction:
    """Return a p > 0 with P ⪰ pΓ: the smallest eigenvalue of (P, Γ), from below."""
    _, Sigma, Gamma = exact_matrices(setup)
    P = Sigma if metric is Metric.PREDICTION else np.vectorize(Fraction, otypes=[object])(np.eye(setup.d, dtype=int))
    low = enclosed_eigenvalues(P, Gamma)[0][0].lower
    if low <= 0:
        raise NotCertified("the smallest eigenvalue of Γ⁻¹P cannot be told from 0: rescale the problem")
    return low


def _of_matrices(setup: Setup, directions: Directions, metric: Metric) -> Minimum:
    grows = bool(np.any(directions.active & (directions.code == 2)))
    if not grows:
        if np.any(directions.active & (directions.code == 1)):
            return Minimum(0, math.inf)  # E_k tends to a limit > 0, from above or from below
        return _matrix_without_growth(setup)
    share = smallest_weight(setup, metric)
    most = int(min(_MOST_STEPS, _MOST_WORK / setup.d**3))
    for bits in _BITS[1:]:
        found, blurred = _searched(setup, metric, share, most, BALL(bits))
        if found.is_certain or not blurred:
            break
    return found


def _searched(setup: Setup, metric: Metric, share: Fraction, most: int, field: Field) -> tuple[Minimum, bool]:
    """Step until no later step can be better; return the steps that may be best, and whether more bits might help."""
    with field.working():
        chain = Chain(setup, metric, field)
        errors: list[Ball] = []
        best, before, last, blurred = Fraction(0), None, math.inf, False
        while chain.k <= most and not blurred:
            error, weighted = chain.errors()
            errors.append(error)
            best = min(best, error.upper) if before is not None else error.upper
            if before is not None and weighted.lower >= before.upper and share * weighted.lower > best:
                last = chain.k
                break
            blurred = error.rad * 2**_BLUR > error.mid
            before = weighted
            chain.step()
    rivals = [k for k, ball in enumerate(errors) if ball.lower <= best]
    return Minimum(rivals[0], rivals[-1] if last < math.inf else math.inf), blurred or last < math.inf


def _matrix_without_growth(setup: Setup) -> Minimum:
    """All directions converge: E_k → 0 and is never 0, unless one step solves all there is to learn, (Γ − Σ)Q = 0."""
    _, Sigma, Gamma = exact_matrices(setup)
    Q = exact_second_moment(setup)
    if np.any((Gamma - Sigma) @ Q != 0):
        return Minimum(math.inf, math.inf)
    start = int(np.any(Q != 0))
    return Minimum(start, start)
