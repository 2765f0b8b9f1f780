"""What panel (a) of the poster cannot be: proofs in numbers, no sampling.

The published points are in ``examples/data/poster_panel_a.csv``; `reproduction.md` beside this file has the arguments.
Matched skills throughout, m = n.  Run ``python docs/poster_exclusions.py``: a table for each argument, 3 s.
"""

import csv
import math
from fractions import Fraction
from pathlib import Path

from theorycalc.moments.isotropic import isotropic_trace_moment
from theorycalc.rmt.largest_eigenvalue import largest_eigenvalue

FILE = Path(__file__).resolve().parents[1] / "examples" / "data" / "poster_panel_a.csv"
STEPS = (1, 2, 4, 8, 16, 32)
#: The largest factor by which a true value may differ from what was read off the picture.
READING = Fraction(105, 100)


def published() -> dict[int, dict[int, Fraction]]:
    """Return n -> k -> the error that was read off, exactly as it is written in the file."""
    points: dict[int, dict[int, Fraction]] = {}
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines):
        points.setdefault(int(row["n"]), {})[int(row["k"])] = Fraction(row["error"])
    return points


def population_gap() -> Fraction:
    """Return the factor by which the points miss what m → ∞ implies for every Λ; more than 1 excludes it.

    The error is Σᵢ pᵢ (1 + n/hᵢ)^{−2k} with hᵢ = 1 + tr Λ/λᵢ and weights pᵢ >= 0 that do not depend on n.  By Bernoulli
    (1 + 10/h)³ >= 1 + 30/h, so E(n = 30, k = 8) >= E(n = 10, k = 24) >= E(n = 10, k = 32).
    """
    points = published()
    return points[10][32] / READING / (points[30][8] * READING)


def one_step_dimensions(n: int) -> list[int]:
    """Return every d for which the mean after one step, E₁/d = (d + 1)/(n + d + 1) for Λ = λI, fits the point.

    At k = 1 no tail is heavy: this is what any sample of many prompts shows.
    """
    point = published()[n][1]
    return [d for d in range(1, 200) if point / READING <= Fraction(d + 1, n + d + 1) <= point * READING]


def largest_dimension() -> int:
    """Return the largest d that is possible if the error is divided by E₀ = d and w* is averaged, whatever Λ.

    S has rank at most m, so d − m eigenvalues of R stay 1: ‖Rᵏ‖_F² >= Σ|eigenvalues|^{2k} >= d − m for every prompt.
    """
    ceiling = published()[10][32] * READING
    return max(d for d in range(1, 200) if Fraction(d - 10, d) <= ceiling)


def mean_at_least(d: int, n: int, steps: int) -> float:
    """Return a lower bound of the true mean E_k/d at m = n that holds for every matched Λ in dimension d.

    ‖Rᵏ‖_F² >= tr(I − N)^{2k} >= (N₁₁ − 1)₊^{2k} with N = Γ^{-1/2} S Γ^{-1/2}, as its largest eigenvalue is >= N₁₁.  In
    the eigenbasis of Λ, N₁₁ = c χ²_m/m, c = λ₁/γ₁ = n/(n + 1 + tr Λ/λ₁) >= n/(n + 1 + d).  For even m = 2a, b = 2c/m,

        E (c χ²_m/m − 1)₊^{2k} = b^{2k} e^{−1/b} Σ_j C(a − 1, j) b^{j+1−a} (2k + j)!/(a − 1)!.

    The logarithm of the sum is taken of an exact rational.
    """
    if n % 2:
        raise ValueError(f"n = {n}: the closed form is for even m")
    a, b = n // 2, Fraction(2, n + 1 + d)
    total = sum(math.comb(a - 1, j) * b ** (j + 1 - a) * math.factorial(2 * steps + j) for j in range(a))
    exact = b ** (2 * steps) * total / math.factorial(a - 1) / d
    return math.exp(math.log(exact.numerator) - math.log(exact.denominator) - 1 / float(b))


def isotropic_means(d: int, n: int, steps: int) -> list[Fraction]:
    """Return the true means E_k/d, k = 0 … steps, for Λ = λI and m = n, as exact rationals.

    R = I − cW/m with c = n/(n + 1 + d), so E_k = E tr R^{2k} = Σ_j C(2k, j) (−c/m)^j E tr W^j.
    """
    moments = [Fraction(d), *(isotropic_trace_moment(d, n, r) for r in range(1, 2 * steps + 1))]
    x = Fraction(-1, n + 1 + d)
    sums = (sum(math.comb(2 * k, j) * x**j * moments[j] for j in range(2 * k + 1)) for k in range(steps + 1))
    return [Fraction(value) / d for value in sums]


def directions_needed() -> Fraction:
    """Return the least N·d of an average over N prompts with w* averaged, if Λ = λI.

    Such an error is an average of r^{2k} over N·d numbers r = 1 − cλ.  It is at least r_max^{2k}/(N·d), and at k = 32
    it is at most r_max^{32} times that at k = 16; so N·d >= (E₃₂/E₁₆)²/E₃₂ at n = 30.
    """
    points = published()[30]
    ratio = points[32] / READING / (points[16] * READING)
    return ratio**2 / (points[32] * READING)


def calm_probability(d: int, prompts: int) -> float:
    """Return an upper bound of the probability that N prompts at n = 10 allow the point at k = 32, if Λ = λI.

    One eigenvalue cλ of a prompt contributes (cλ − 1)⁶⁴/(N·d), so λ_max <= (1 + (1.05 E₃₂ N d)^{1/64})/c in all N.
    """
    n = 10
    room = float(published()[n][32] * READING) * prompts * d
    at = (1 + room ** (1 / 64)) * (n + 1 + d)  # c/m = 1/(n + 1 + d)
    return float(largest_eigenvalue(at, d=d, m=n).at_most) ** prompts


def main() -> None:
    """Print every argument with its numbers."""
    print(f"population law, any matched Λ: the points miss its inequality by a factor {float(population_gap()):.3g}")
    fits = {n: one_step_dimensions(n) for n in (10, 30)}
    print(f"true mean at k = 1, Λ = λI: n = 10 fits d in {fits[10]}, n = 30 fits d in {fits[30]}")
    top = largest_dimension()
    print(f"error/d with tasks averaged, any Λ and any average over prompts: d <= {top}")
    print("true mean at k = 32 (published 0.020 and 8.0e-5): at least, for every matched Λ")
    for d in range(1, top + 1):
        print(f"  d = {d:2d}: n = 10  {mean_at_least(d, 10, 32):.2g}   n = 30  {mean_at_least(d, 30, 32):.2g}")
    print("exact means E_k/d for Λ = λI")
    for n in (10, 30):
        values = isotropic_means(7, n, STEPS[-1])
        print(f"  d = 7, n = {n}: " + "  ".join(f"k={k} {float(values[k]):.4g}" for k in STEPS))
    needed = directions_needed()
    print(f"average over N prompts, tasks averaged, Λ = λI: N·d >= {float(needed):.0f}; such N and its probability")
    for d in range(1, top + 1):
        prompts = math.ceil(needed / d)
        print(
            f"  d = {d:2d}: N >= {prompts:3d}, of which every prompt must be calm: {calm_probability(d, prompts):.2g}"
        )


if __name__ == "__main__":
    main()
