"""The shape of the iso-error frontier: n against k at one error (theory section 8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.lemmas import powers_lie_above_tangents
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives, spectra
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.thinking import context

Formula = Callable[..., Any]
_MATCHED = ("Σ = Λ", "w* ~ N(0, I), w₀ = 0, no label noise")
_LONG = (*_MATCHED, "m → ∞ at fixed d and k")


def _exact(setup: Setup, k: int) -> Fraction:
    return Fraction(curves.expected_error(setup, k, rung="exact", field=EXACT).values[k])


# ------------------------------------------------------------------------------------------------ TRD-04

Lengths = Callable[[list[Fraction], int, Fraction], int]  # (spectrum, k, ε) -> the smallest n
_MOST = 4


def _on_long_prompts(spectrum: list[Fraction], k: int, error: Fraction) -> int:
    return int(context.smallest_context(Setup(spectrum, n=1), k, error))


def _on_matched_lengths(spectrum: list[Fraction], k: int, error: Fraction) -> int:
    return int(context.smallest_context(Setup(spectrum, n=1), k, error, rung="exact", tie_m=True))


@dataclass(frozen=True)
class Target:
    """A matched spectrum and a target error below d."""

    spectrum: list[Fraction]
    share: Fraction

    @property
    def error(self) -> Fraction:
        """The target."""
        return len(self.spectrum) * self.share / 50


def _lengths(lengths: Lengths, target: Target) -> list[int]:
    return [lengths(target.spectrum, k, target.error) for k in range(1, _MOST + 1)]


def _is_convex(lengths: Lengths, target: Target) -> bool:
    """What integers show of it: the real crossing lies in (n − 1, n]."""
    n = _lengths(lengths, target)
    return all(2 * (now - 1) < before + after for before, now, after in zip(n, n[1:], n[2:], strict=False) if now > 1)


def _falls(lengths: Lengths, target: Target) -> bool:
    n = _lengths(lengths, target)
    products = all(k * (n[k - 1] - 1) < (k - 1) * n[k - 2] or n[k - 1] == 1 for k in range(2, _MOST + 1))
    return products and n == sorted(n, reverse=True)


def _second_derivative(k: Any, a: Any, b: Any, r: Any) -> Any:
    """E_kk + 2 n′ E_kn + n′² E_nn per e^{−2ka}, at n′ = −r/k: a = log(1 + n/x), b = ∂a/∂n = 1/(n + x), ∂b/∂n = −b²."""
    slope = -r / k
    return 4 * a * a + 2 * slope * (4 * k * a * b - 2 * b) + slope * slope * (4 * k * k * b * b + 2 * k * b * b)


_SQUARES_WRONG: Mapping[str, Formula] = {
    "the square alone": lambda k, a, b, r: 4 * (a - r * b) * (a - r * b),
    "of a sum": lambda k, a, b, r: 4 * (a + r * b) * (a + r * b) + 4 * r * b / k + 2 * r * r * b * b / k,
    "the last term twice": lambda k, a, b, r: 4 * (a - r * b) * (a - r * b) + 4 * r * b / k + 4 * r * r * b * b / k,
    "without 1/k": lambda k, a, b, r: 4 * (a - r * b) * (a - r * b) + 4 * r * b + 2 * r * r * b * b,
}


def _rest(formula: Formula) -> dict[str, Expression]:
    """What is left beside the square is positive."""
    return {"positive": lambda k, a, b, r: formula(k, a, b, r) - 4 * (a - r * b) * (a - r * b)}


def _bernoulli(k: Any, y: Any) -> Any:
    """(1 + y/k)(1 + (k + 1)(q − 1)) with q = (1 + y/(k + 1))/(1 + y/k): a lower bound of q^{k+1} (1 + y/k)."""
    q = (1 + y / (k + 1)) / (1 + y / k)
    return (1 + y / k) * (1 + (k + 1) * (q - 1))


_FRONTIER = Claim(
    id="TRD-04",
    kind=Kind.UPPER,
    title="On long test prompts the frontier is convex, and k steps need less than 1/k of the context of one",
    statement=r"\lim_{m\to\infty} E_k = \varepsilon \text{ defines } n(k, \varepsilon),\ \varepsilon < d, \text{ for"
    r" real } k > 0: \text{ it is convex in } k, \text{ and } (k+1)\, n(k+1, \varepsilon) \le k\, n(k, \varepsilon)"
    r" \text{ for } k \ge 1, \text{ so } n(k, \varepsilon) \le \tfrac1k\, n(1, \varepsilon)",
    source=Source("theory", "section 8", note="shape of the frontier: found here"),
    origin=Origin.OURS,
    assumes=(
        *_LONG,
        "E = Σ e^{−2ka}, a = log(1 + n/x), x = 1 + tr Λ/λ; n″ = −(E_kk + 2n′E_kn + n′²E_nn)/E_n, E_n < 0",
        "n′ = −r/k with one r > 0 for all directions",
        "E_{k+1} at ν/(k + 1) is at most E_k at ν/k for every ν, and E falls in n (TRD-01)",
    ),
    uses=("TRD-01",),
    checks=(
        by_certificate(
            "the second derivative along the frontier is a sum of squares",
            part="convex",
            formula=lambda k, a, b, r: 4 * (a - r * b) * (a - r * b) + 4 * r * b / k + 2 * r * r * b * b / k,
            controls=_SQUARES_WRONG,
            gaps=_rest,
            strict=("positive",),
            equal=lambda squares: {"E_kk + 2 n′ E_kn + n′² E_nn": (_second_derivative, squares)},
            domain=Domain(positive=("k", "a", "b", "r")),
            scope="every real k, a, b, r > 0; a sum over directions with e^{−2ka} > 0",
        ),
        by_certificate(
            "(1 + y/(k + 1))^{k+1} ≥ (1 + y/k)^k: Bernoulli's bound is exactly 1",
            part="k n falls",
            formula=_bernoulli,
            controls={
                "k for k + 1 in the exponent": lambda k, y: (
                    (1 + y / k) * (1 + k * ((1 + y / (k + 1)) / (1 + y / k) - 1))
                ),
                "k + 2 for k + 1 in the exponent": lambda k, y: (
                    (1 + y / k) * (1 + (k + 2) * ((1 + y / (k + 1)) / (1 + y / k) - 1))
                ),
                "without the first factor": lambda k, y: 1 + (k + 1) * ((1 + y / (k + 1)) / (1 + y / k) - 1),
            },
            gaps=lambda bound: {},
            equal=lambda bound: {"one": (bound, lambda k, y: 1 + 0 * k)},
            domain=Domain(positive=("k",), nonnegative=("y",)),
            scope="every k > 0 and y = ν/x ≥ 0",
        ),
        powers_lie_above_tangents("k n falls"),
        by_samples(
            "the smallest integers of smallest_context, second differences",
            part="convex",
            formula=_on_long_prompts,
            controls={
                "steps in pairs": lambda spectrum, k, error: _on_long_prompts(spectrum, max(k - k % 2, 1), error),
                "a plateau at k = 3": lambda spectrum, k, error: _on_long_prompts(spectrum, 2 if k == 3 else k, error),
            },
            over=st.builds(Target, spectra(3), positives(high=4)),
            holds=_is_convex,
            scope=f"spectra with d ≤ 3, k ≤ {_MOST}; integers leave room for rounding up",
            instances=8,
        ),
        by_samples(
            "the smallest integers of smallest_context, times k",
            part="k n falls",
            formula=_on_long_prompts,
            controls={
                "m = n on the exact rung": _on_matched_lengths,
                "half the steps": lambda spectrum, k, error: _on_long_prompts(spectrum, (k + 1) // 2, error),
            },
            over=st.builds(Target, spectra(3), positives(high=4)),
            holds=_falls,
            scope=f"spectra with d ≤ 3, k ≤ {_MOST}; integers leave room for rounding up",
            instances=8,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ TRD-05


def _share(x: Any, n: Any, m: Any) -> Any:
    """(x/(n + x))² + (x/m)(n/(n + x))²: a direction's part of E_1, x = 1 + tr Λ/λ."""
    return (x / (n + x)) ** 2 + x / m * (n / (n + x)) ** 2


def _completed(x: Any, n: Any, m: Any) -> Any:
    """x/(m + x) + (x²/(m (m + x))) ((n − m)/(n + x))²."""
    return x / (m + x) + x * x / (m * (m + x)) * ((n - m) / (n + x)) ** 2


_COMPLETED_WRONG: Mapping[str, Formula] = {
    "least at n = m + x": lambda x, n, m: x / (m + x) + x * x / (m * (m + x)) * ((n - m - x) / (n + x)) ** 2,
    "1/(m + x) as the least": lambda x, n, m: 1 / (m + x) + x * x / (m * (m + x)) * ((n - m) / (n + x)) ** 2,
    "x/(m + x)² as the slope": lambda x, n, m: x / (m + x) + x * x / (m + x) ** 2 * ((n - m) / (n + x)) ** 2,
    "the limit m → ∞": lambda x, n, m: (x / (n + x)) ** 2,
}


def _monotone(formula: Formula) -> dict[str, Expression]:
    """It falls towards n = m from the left and rises from there; x = 1 + z."""

    def gap(x: Any, n: Any, m: Any) -> Any:
        return formula(x, n, m) - x / (m + x)

    return {
        "falls before n = m": lambda z, u, v, w: gap(1 + z, u, u + v + w) - gap(1 + z, u + v, u + v + w),
        "rises after n = m": lambda z, u, v, w: gap(1 + z, u + w + v, u) - gap(1 + z, u + w, u),
    }


def _is_one_step(formula: Formula, setup: Setup) -> bool:
    """Whether the parts add up to E_1 of the exact rung, and n = m has the least of all."""
    assert setup.m is not None
    spectrum = [Fraction(lam) for lam in setup.Lambda.entries]
    x = [1 + sum(spectrum) / lam for lam in spectrum]
    n, m = Fraction(setup.n), Fraction(setup.m)
    least = sum(x_i / (m + x_i) for x_i in x)
    same = sum(formula(x_i, n, m) for x_i in x) == _exact(setup, 1)
    return bool(same and _exact(setup.replace(n=setup.m), 1) == least <= _exact(setup, 1))


_ONE_STEP = Claim(
    id="TRD-05",
    kind=Kind.TIGHT,
    title="For one step the best training prompts are as long as the test prompt, and no others",
    statement=r"\Sigma = \Lambda:\quad E_1 = \sum_i \frac{x_i}{m + x_i} + \sum_i \frac{x_i^2}{m(m+x_i)}"
    r"\Big(\frac{n - m}{n + x_i}\Big)^2, \quad x_i = 1 + \frac{\operatorname{tr}\Lambda}{\lambda_i}: \quad E_1 \text{"
    r" falls in } n \text{ up to } n = m \text{ and rises from there, so } \min_n E_1 = \sum_i \frac{x_i}{m + x_i}",
    source=Source("theory", "section 8", note="found here; Γ⁻¹ at n = m minimises E_1 over all matrices"),
    origin=Origin.OURS,
    assumes=_MATCHED,
    uses=("ERR-01",),
    checks=(
        by_certificate(
            "the part of a direction, with the square completed",
            formula=_completed,
            controls=_COMPLETED_WRONG,
            gaps=_monotone,
            strict=("falls before n = m", "rises after n = m"),
            equal=lambda formula: {
                "E_1 by direction": (
                    lambda z, u, v, w: _share(1 + z, u + w, v),
                    lambda z, u, v, w: formula(1 + z, u + w, v),
                )
            },
            domain=Domain(positive=("u", "v"), nonnegative=("z", "w")),
            scope="every λ > 0, tr Λ ≥ λ and real n, m > 0",
        ),
        by_samples(
            "the exact rung at k = 1",
            formula=_completed,
            controls=_COMPLETED_WRONG,
            over=st.builds(lambda lam, n, m: Setup(lam, n=n, m=m), spectra(3), counts(1000), counts(1000)),
            holds=_is_one_step,
            scope="spectra with d ≤ 3, n and m ≤ 1000",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ TRD-06


@dataclass(frozen=True)
class Lengths3:
    """A matched problem and three training lengths; the middle one is claimed to miss what both others reach."""

    spectrum: tuple[Fraction | int, ...]
    m: int
    k: int
    lengths: tuple[int, int, int]


def _misses_between(found: Lengths3) -> bool:
    short, middle, long = (_exact(Setup(list(found.spectrum), n=n, m=found.m), found.k) for n in found.lengths)
    ordered = list(found.lengths) == sorted(found.lengths)
    return ordered and middle > max(short, long)


_WEAK = (1, Fraction(1, 1000))

_GAPS = Claim(
    id="TRD-06",
    kind=Kind.EXISTENCE,
    title="At finite m the training lengths that reach a target need not be an interval",
    statement=r"\Sigma = \Lambda = \operatorname{diag}(1, \tfrac1{1000}),\ m = 64: \quad E_2 \le \tfrac{39}{50} \text{"
    r" at } n = 150 \text{ and at } n = 5000, \text{ but } E_2 > 1 \text{ at } n = 1000",
    source=Source("theory", "section 8", note="that E_k need not fall in n: found here"),
    origin=Origin.OURS,
    assumes=_MATCHED,
    uses=("ERR-02",),
    checks=(
        by_witness(
            "n = 150, 1000, 5000",
            formula=Lengths3(_WEAK, 64, 2, (150, 1000, 5000)),
            controls={
                "one step": Lengths3(_WEAK, 64, 1, (150, 1000, 5000)),
                "isotropic skills": Lengths3((1, 1), 64, 2, (150, 1000, 5000)),
                "a longer test prompt": Lengths3(_WEAK, 10_000, 2, (150, 1000, 5000)),
                "the middle moved": Lengths3(_WEAK, 64, 2, (100, 150, 5000)),
            },
            satisfies=_misses_between,
            scope="one exact instance, d = 2",
        ),
        by_witness(
            "39/50 and 1",
            formula=(Fraction(39, 50), Fraction(1)),
            controls={
                "38/50": (Fraction(38, 50), Fraction(1)),
                "21/20": (Fraction(39, 50), Fraction(21, 20)),
                "the other way round": (Fraction(1), Fraction(39, 50) * 2),
            },
            satisfies=lambda pair: _levels(*pair),
            scope="one exact instance, d = 2",
        ),
    ),
)


def _levels(low: Fraction, high: Fraction) -> bool:
    short, middle, long = (_exact(Setup(list(_WEAK), n=n, m=64), 2) for n in (150, 1000, 5000))
    return max(short, long) <= low and middle > high


CLAIMS = (_FRONTIER, _ONE_STEP, _GAPS)
