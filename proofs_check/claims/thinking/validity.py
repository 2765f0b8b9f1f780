"""How long a test prompt must be for a simple law of the error to hold (theory section 7)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness
from proofs_check.claims.error_curves.bounds import hardness_of
from proofs_check.claims.lemmas import contraction, gamma, powers_lie_above_tangents
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, positives, spectra
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT
from theorycalc.model import Setup

_PAPER = ("w* ~ N(0, I), w₀ = 0, no label noise",)
_STEPS = 4


def _exact(setup: Setup, k: int, rung: str = "exact") -> list[Any]:
    return list(curves.expected_error(setup, k, rung=rung, field=EXACT).values)


# ------------------------------------------------------------------------------------------------ BND-08


@st.composite
def _without_direction(draw: DrawFn) -> Setup:
    """Λ ∝ I, with any diagonal Σ and Ω = I, or with Σ ∝ I and any Ω."""
    d = draw(st.integers(1, 3))
    free = st.lists(positives(high=4), min_size=d, max_size=d)
    same = draw(st.booleans())
    return Setup(
        [draw(positives())] * d,
        n=draw(counts(100)),
        Sigma=[draw(positives(high=4))] * d if same else draw(free),
        m=draw(st.integers(1, 30)),
        Omega=draw(free) if same else None,
    )


def _next_is_at_most(factor: Callable[[Any], Any], setup: Setup) -> bool:
    """Whether E_k at m + 1 is at most the factor times E_k at m, k = 1 … 4."""
    assert setup.m is not None
    here, there = _exact(setup, _STEPS)[1:], _exact(setup.replace(m=setup.m + 1), _STEPS)[1:]
    return all(y <= factor(setup.m) * x for x, y in zip(here, there, strict=True))


_FALLS = Claim(
    id="BND-08",
    kind=Kind.UPPER,
    title="Where no direction is preferred, every further test example helps, at every number of steps",
    statement=r"\text{if } \tilde P, \tilde Q \propto I, \text{ or } C \propto I \text{ and one of } \tilde P,"
    r" \tilde Q \propto I, \text{ then } E_k \propto \mathbb{E}\operatorname{tr}(I - N)^{2k} \text{ does not rise}"
    r" \text{ with } m, \text{ at any } k; \text{ so } E_k \text{ is within a factor of its limit from the first } m"
    r" \text{ on that is}",
    source=Source("this project", note="the mean of m + 1 is the mean of its m + 1 means of m; Jensen"),
    origin=Origin.OURS,
    assumes=(
        "no label noise",
        "tr (I − N)^{2k} is a convex function of N: Klein's inequality, from the tangents of y ↦ yᵏ at squares",
        "each S without one of its m + 1 examples has the law of S at m",
    ),
    uses=("ERR-02", "ERR-10"),
    checks=(
        by_certificate(
            "the mean over m + 1 examples is the mean of the means without one of them: weight of an example",
            formula=lambda m: m / ((m + 1) * m),
            controls={
                "1/m": lambda m: 1 / m,
                "all m + 1 hold it": lambda m: (m + 1) / ((m + 1) * m),
                "means not divided by m": lambda m: m / (m + 1),
            },
            gaps=lambda weight: {},
            equal=lambda weight: {"weight": (lambda m: 1 / (1 + m), weight)},
            domain=Domain(positive=("m",)),
            scope="every m, d and Σ; every k by tangents",
        ),
        powers_lie_above_tangents(),
        by_samples(
            "the exact rung at m and m + 1",
            formula=lambda m: 1,
            controls={
                "by a share 1/(m + 1)": lambda m: 1 - Fraction(1, m + 1),
                "by one per cent": lambda m: Fraction(99, 100),
                "by a share 1/m²": lambda m: 1 - Fraction(1, (m + 1) ** 2),
            },
            over=_without_direction(),
            holds=_next_is_at_most,
            scope=f"d ≤ 3, m ≤ 30, n ≤ 100, k ≤ {_STEPS}",
            instances=15,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-09


class Gain(NamedTuple):
    """E_k/law ≥ 1 + gain(k, ρ, m) from m = start(k, ρ) on, and the growth per step of the linear bound."""

    gain: Callable[[Any, Any, Any], Any]
    start: Callable[[Any, Any], Any]
    linear: Callable[[Any, Any, Any], Any]


_GAIN = Gain(
    gain=lambda k, rho, m: k * (2 * k - 1) * rho * rho / m,
    start=lambda k, rho: Fraction(16, 3) * (k - 1) * rho,
    linear=lambda d, rho, m: 1 + (d + 1) * rho * rho / m,
)
_WRONG_GAINS: Mapping[str, Gain] = {
    "twice the gain": _GAIN._replace(gain=lambda k, rho, m: 2 * _GAIN.gain(k, rho, m)),
    "half the start": _GAIN._replace(start=lambda k, rho: Fraction(8, 3) * (k - 1) * rho),
    "2k for 2k − 1, ρ for ρ²": _GAIN._replace(gain=lambda k, rho, m: 2 * k * k * rho / m),
}
_WRONG_LINEAR: Mapping[str, Gain] = {
    "d + 2 for d + 1": _GAIN._replace(linear=lambda d, rho, m: 1 + (d + 2) * rho * rho / m),
    "ρ for ρ²": _GAIN._replace(linear=lambda d, rho, m: 1 + (d + 1) * rho / m),
    "1/m forgotten": _GAIN._replace(linear=lambda d, rho, m: 1 + (d + 1) * rho * rho),
}

Moments = Callable[[Any], tuple[Any, Any, Any]]


def _chi_square(p: Any) -> dict[str, Any]:
    """E δ, E δ², E δ³ of δ = χ²_m/m − 1, p = 1/m, from E(χ²_m/m)^j = Π_{i<j}(1 + 2ip)."""
    first, second, third = 1 + 0 * p, 1 + 2 * p, (1 + 2 * p) * (1 + 4 * p)
    return {"mean": first - 1, "square": second - 2 * first + 1, "cube": third - 3 * second + 3 * first - 1}


def _moments_equal(moments: Moments) -> dict[str, tuple[Expression, Expression]]:
    names = ("mean", "square", "cube")
    return {
        name: (lambda p, name=name: _chi_square(p)[name], lambda p, i=i: moments(p)[i] + 0 * p)
        for i, name in enumerate(names)
    }


def _cubic(k: Any, u: Any) -> Any:
    """The Taylor polynomial of (1 − u)^{2k} to order 3."""
    return 1 - 2 * k * u + k * (2 * k - 1) * u * u - k * (2 * k - 1) * (2 * k - 2) * u**3 / Fraction(3)


def _curvature(cubic: Callable[[Any, Any], Any]) -> dict[str, tuple[Expression, Expression]]:
    """Its second difference quotient, at any step h: 2k(2k − 1)(1 − (2k − 2)u), a multiple of the tangent at 0."""
    return {
        "value": (lambda k, u, h: cubic(k, 0 * u), lambda k, u, h: 1 + 0 * u),
        "slope": (lambda k, u, h: (cubic(k, h) - cubic(k, -h)) / (2 * h) - 0 * u, lambda k, u, h: _slope(k, h) + 0 * u),
        "curvature": (
            lambda k, u, h: (cubic(k, u + h) - 2 * cubic(k, u) + cubic(k, u - h)) / (h * h),
            lambda k, u, h: 2 * k * (2 * k - 1) * (1 - (2 * k - 2) * u),
        ),
    }


def _slope(k: Any, h: Any) -> Any:
    return -2 * k - k * (2 * k - 1) * (2 * k - 2) * h * h / Fraction(3)


def _gain_gaps(stated: Gain) -> dict[str, Expression]:
    """k = 1 + j; at m = start + s the cubic has the gain; below, it has it at start + 1 in every direction."""

    def from_start(j: Any, rho: Any, s: Any, u: Any) -> Any:
        k = 1 + j
        m = stated.start(k, rho) + s
        pairs, triples = k * (2 * k - 1), k * (2 * k - 1) * (2 * k - 2) / Fraction(3)
        return pairs * rho**2 * 2 / m - triples * rho**3 * 8 / (m * m) - stated.gain(k, rho, m)

    def other_directions(j: Any, rho: Any, s: Any, u: Any) -> Any:
        k, larger = 1 + j, rho + u
        return stated.gain(k, larger, stated.start(k, larger) + 1) - stated.gain(k, rho, stated.start(k, rho) + 1)

    return {"from the start": from_start, "other directions": other_directions}


def _spectrum_gaps(stated: Gain) -> dict[str, Expression]:
    """λ_min = e, λ = e + u, d = 1 + x, tr Λ = d e + u + v, n = 1 + w: ρ_λ ≥ ρ, and the share of λ in BND-06."""

    def at(e: Any, u: Any, v: Any, w: Any, x: Any) -> tuple[Any, Any, Any, Any, Any]:
        d, t, n = 1 + x, (1 + x) * e + u + v, 1 + w
        return d, (e + u) / gamma(e + u, t, n), contraction(e + u, t, n), e / gamma(e, t, n), n / (1 + t / e)

    def ratio(e: Any, u: Any, v: Any, w: Any, x: Any, p: Any) -> Any:
        _, c, r, _, rho = at(e, u, v, w, x)
        return c / r - rho

    def share(e: Any, u: Any, v: Any, w: Any, x: Any, p: Any) -> Any:
        d, c, r, least, rho = at(e, u, v, w, x)
        return p * (c * c + c * d * least) / (r * r) + 1 - stated.linear(d, rho, 1 / p)

    return {"c/r is least at λ_min": ratio, "linear": share}


def _is_above(given: Callable[[], Gain], setup: Setup) -> bool:
    assert setup.m is not None
    stated = given()
    rho = Fraction(setup.n) / (1 + hardness_of(setup))
    law, found = _exact(setup, _STEPS, "population"), _exact(setup, _STEPS)
    m = Fraction(setup.m)
    for k in range(1, _STEPS + 1):
        gain = stated.gain(k, rho, max(m, stated.start(k, rho) + 1))
        if found[k] < law[k] * max(1 + gain, stated.linear(setup.d, rho, m) ** k):
            return False
    return True


@st.composite
def _finite(draw: DrawFn) -> Setup:
    return Setup(draw(spectra(3)), n=draw(counts(10**3)), m=draw(counts(10**4)))


_QUADRATIC = Claim(
    id="BND-09",
    kind=Kind.LOWER,
    title="For the population law to hold, m must grow like k²",
    statement=r"\frac{E_k}{\mathrm{law}_k} \ge 1 + \frac{k(2k-1)\rho^2}{\max\big(m,\ \tfrac{16}3(k-1)\rho + 1\big)},"
    r" \qquad \frac{E_k}{\mathrm{law}_k} \ge \Big(1 + \frac{(d+1)\rho^2}m\Big)^k, \quad \rho ="
    r" \frac{n}{1+\mathrm{Hard}},\ \mathrm{law}_k = \lim_{m\to\infty}E_k: \text{ within a factor } f \text{ only if}"
    r"\ m \ge \frac{k(2k-1)\rho^2}{f-1} \text{ once } f - 1 < \frac{k(2k-1)\rho^2}{\frac{16}3(k-1)\rho+1};"
    r" \text{ likewise for Corollary 3.5 with } fd \text{ in place of } f",
    source=Source("this project", note="each diagonal entry of I − N is 1 − cχ²_m/m; Taylor to order 3, and BND-06"),
    origin=Origin.OURS,
    assumes=(
        "Σ = Λ",
        *_PAPER,
        "E_k ≥ E tr H^{2k} ≥ Σᵢ E(H_ii)^{2k} (BND-06; Jensen for the spectral measure of H at eᵢ), H_ii = 1 − cᵢχ²_m/m",
        "(1 − u)^{2k} − its cubic has value and slope 0 at 0 and curvature 2k(2k − 1)((1 − u)^{2k−2} − tangent) ≥ 0",
        "E(1 − cχ²_m/m)^{2k} does not rise with m (BND-08 at d = 1)",
    ),
    uses=("BND-06", "BND-08", "HRD-01"),
    checks=(
        by_certificate(
            "moments of χ²_m/m − 1",
            part="quadratic",
            formula=lambda p: (0, 2 * p, 8 * p * p),
            controls={
                "variance 1/m": lambda p: (0, p, 8 * p * p),
                "third moment 4/m²": lambda p: (0, 2 * p, 4 * p * p),
                "no third moment": lambda p: (0, 2 * p, 0),
            },
            gaps=lambda moments: {},
            equal=_moments_equal,
            domain=Domain(nonnegative=("p",)),
            scope="every m, k, d and Λ",
        ),
        by_certificate(
            "the cubic and its curvature",
            part="quadratic",
            formula=_cubic,
            controls={
                "k² for k(2k − 1)": lambda k, u: _cubic(k, u) - k * (k - 1) * u * u,
                "cube halved": lambda k, u: _cubic(k, u) + k * (2 * k - 1) * (2 * k - 2) * u**3 / Fraction(6),
                "slope −k": lambda k, u: _cubic(k, u) + k * u,
            },
            gaps=lambda cubic: {},
            equal=_curvature,
            domain=Domain(positive=("k", "h"), nonnegative=("u",)),
            scope="every k and u",
        ),
        powers_lie_above_tangents("quadratic"),
        by_certificate(
            "the gain from its start on, and the other directions below it",
            part="quadratic",
            formula=_GAIN,
            controls=_WRONG_GAINS,
            gaps=_gain_gaps,
            domain=Domain(positive=("rho", "s"), nonnegative=("j", "u")),
            scope="every k ≥ 1, ρ > 0 and m",
        ),
        by_certificate(
            "ρ is the least c/(1 − c), and the share of every direction in BND-06",
            part="linear",
            formula=_GAIN,
            controls=_WRONG_LINEAR,
            gaps=_spectrum_gaps,
            domain=Domain(positive=("e", "p"), nonnegative=("u", "v", "w", "x")),
            scope="every λ ≥ λ_min > 0, d ≥ 1, n ≥ 1, 1/m > 0, tr Λ ≥ λ + (d − 1) λ_min; every k as powers",
        ),
        by_samples(
            "the exact rung",
            part="quadratic",
            formula=lambda: _GAIN,
            controls={
                "eight times the gain": lambda: _GAIN._replace(gain=lambda k, rho, m: 8 * _GAIN.gain(k, rho, m)),
                "k⁴": lambda: _GAIN._replace(gain=lambda k, rho, m: k**4 * rho * rho / m),
            },
            over=_finite(),
            holds=_is_above,
            scope=f"spectra with d ≤ 3, n ≤ 10³, m ≤ 10⁴, k ≤ {_STEPS}",
            instances=20,
        ),
        by_samples(
            "the exact rung against the linear bound",
            part="linear",
            formula=lambda: _GAIN,
            controls={name: lambda wrong=wrong: wrong for name, wrong in _WRONG_LINEAR.items()},
            over=_finite(),
            holds=_is_above,
            scope=f"spectra with d ≤ 3, n ≤ 10³, m ≤ 10⁴, k ≤ {_STEPS}",
            instances=20,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-10


class Prompts(NamedTuple):
    """A problem, a number of steps, and two lengths of the test prompt."""

    setup: Setup
    k: int
    shorter: int
    longer: int


_HARMED = Prompts(Setup([1000, 1], n=1000, Sigma=[4000, "1/2"], Omega=[0, 1]), 3, 50, 800)


def _longer_is_worse(case: Prompts) -> bool:
    """E at the shorter < E at the longer < the limit m → ∞, by at least 1 % and 0.1 %."""
    short, long = (_exact(case.setup.replace(m=m), case.k)[case.k] for m in (case.shorter, case.longer))
    limit = _exact(case.setup, case.k, "population")[case.k]
    return bool(short * Fraction(101, 100) < long and long * Fraction(1001, 1000) < limit)


_HARM = Claim(
    id="BND-10",
    kind=Kind.EXISTENCE,
    title="In general a longer test prompt can harm, and a finite one be better than the limit",
    statement=r"\Lambda = \mathrm{diag}(1000, 1),\ \Sigma = \mathrm{diag}(4000, \tfrac12),\ n = 1000,\ \Omega ="
    r" \mathrm{diag}(0, 1): \quad E_3(m{=}50) < E_3(m{=}800) < \lim_{m\to\infty}E_3",
    source=Source("this project", note="a direction that overthinks turns the sign of the first coefficient in 1/m"),
    origin=Origin.OURS,
    uses=("ERR-02",),
    checks=(
        by_witness(
            "the exact rung at two lengths, and its limit",
            formula=_HARMED,
            controls={
                "two steps": _HARMED._replace(k=2),
                "prior I": _HARMED._replace(setup=_HARMED.setup.replace(Omega=None)),
                "matched skills": _HARMED._replace(setup=_HARMED.setup.replace(Sigma=None)),
                "from m = 5": _HARMED._replace(shorter=5),
            },
            satisfies=_longer_is_worse,
            scope="one rational problem with d = 2",
        ),
    ),
)

CLAIMS = (_FALLS, _QUADRATIC, _HARM)
