"""What a step of thought is worth in steps of training (theory section 3)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, spectra
from theorycalc.fields import EXACT
from theorycalc.gamma import descent
from theorycalc.model import Setup
from theorycalc.thinking import training

_Bound = Callable[[Any, Any], Any]  # of s = σ/γ and h = gʲ, g = (1 − η c² λγ)ᵗ


def _chord(s: Any, h: Any) -> Any:
    """1 − σ A_{jt} = 1 − s + s gʲ."""
    return 1 - s + s * h


def _below_chord(bound: _Bound) -> Mapping[str, Expression]:
    """By induction over j: y = 1 − s + s g and yʲ <= bound(s, gʲ), for shares s, g and h = gʲ."""

    def of(x: Any, y: Any) -> Any:
        return x / (x + y)

    return {
        "j = 1": lambda a, b, x, y, p, q: bound(of(a, b), of(x, y)) - _chord(of(a, b), of(x, y)),
        "from j to j + 1": lambda a, b, x, y, p, q: (
            bound(of(a, b), of(x, y) * of(p, q)) - bound(of(a, b), of(p, q)) * _chord(of(a, b), of(x, y))
        ),
    }


def _above_chord(bound: _Bound) -> Mapping[str, Expression]:
    """The same for s = 1 + a >= 1, where y >= 0 is kept: yʲ >= bound(s, gʲ)."""

    def of(x: Any, y: Any) -> Any:
        return x / (x + y)

    return {
        "j = 1": lambda a, x, y, p, q: _chord(1 + a, of(x, y)) - bound(1 + a, of(x, y)),
        "from j to j + 1": lambda a, x, y, p, q: (
            bound(1 + a, of(p, q)) * _chord(1 + a, of(x, y)) - bound(1 + a, of(x, y) * of(p, q))
        ),
    }


@st.composite
def _trades(draw: DrawFn) -> tuple[Setup, Fraction, int, int, int]:
    """Draw matched skills, η up to half of the largest, t, j and k."""
    setup = Setup(draw(spectra(3)), n=draw(counts(10**4)))
    share = draw(st.sampled_from([Fraction(x) for x in ("1/100", "1/5", "1/2")]))
    numbers = draw(st.integers(1, 4)), draw(st.integers(2, 3)), draw(st.integers(1, 2))
    return setup, share, *numbers


def _worth(longer: Callable[[int, int], int]) -> Callable[[Setup, Fraction, int, int, int], bool]:
    """Whether E(t, jk) <= E(longer(j, t), k)."""

    def holds(setup: Setup, share: Fraction, t: int, j: int, k: int) -> bool:
        eta = share * descent.largest_step(setup, field=EXACT)
        times = sorted({t, longer(j, t)})
        curve = training.training_curve(setup, times, eta, steps=j * k, field=EXACT)
        return bool(curve.curve(t).values[j * k] <= curve.curve(longer(j, t)).values[k])

    return holds


_TRADE = Claim(
    id="GAM-10",
    kind=Kind.UPPER,
    title="Thinking is worth at least as much as training",
    statement=r"m = \infty,\ \sigma_i \le \gamma_i,\ 0 < \eta \le \tfrac{1}{c^2\lambda_{\max}(\Lambda\Gamma)},"
    r"\ V_0 = 0:\quad E(t, jk) \le E(jt, k) \text{ for all } t, j, k \ge 1; \qquad"
    r" \sigma_i \ge \gamma_i,\ \sigma_i A_{jt} \le 1"
    r" \Longrightarrow E(t, jk) \ge E(jt, k)",
    source=Source("theory", "section 3", note="convexity of xʲ between 1 and g: 1 − s + s g lies on their chord"),
    origin=Origin.OURS,
    assumes=(
        "population rung, Λ, Σ, P and Q diagonal in one basis; matched skills have σ = λ < γ",
        "E(t, k) = Σ pᵢ qᵢ (1 − σᵢ A_t)^{2k} with 1 − σ A_t = 1 − s + s g, s = σ/γ, g = (1 − η c² λγ)ᵗ in [0, 1)",
        "0 ≤ yʲ ≤ z gives y^{2jk} ≤ z^{2k}, direction by direction, and the other way round where z ≥ 0",
    ),
    uses=("GAM-08",),
    checks=(
        by_certificate(
            "below the chord for s ≤ 1, by induction over j",
            part="σ ≤ γ",
            formula=_chord,
            controls={
                "s gʲ": lambda s, h: s * h,
                "(1 − s)² + s gʲ": lambda s, h: (1 - s) ** 2 + s * h,
                "1 − s + s² gʲ": lambda s, h: 1 - s + s * s * h,
                "1 − 2s + 2s gʲ": lambda s, h: 1 - 2 * s + 2 * s * h,
            },
            gaps=_below_chord,
            domain=Domain(positive=("a", "x", "p"), nonnegative=("b", "y", "q")),
            scope="all shares 0 < s, g ≤ 1 and every j",
        ),
        by_certificate(
            "above the chord for s ≥ 1, by induction over j",
            part="σ ≥ γ",
            formula=_chord,
            controls={
                "1 − s + gʲ": lambda s, h: 1 - s + h * s * s,
                "gʲ": lambda s, h: h,
                "1": lambda s, h: 1 + 0 * s,
            },
            gaps=_above_chord,
            domain=Domain(positive=("x", "p"), nonnegative=("a", "y", "q")),
            scope="all s ≥ 1 and shares 0 < g ≤ 1, and every j while 1 − s + s g ≥ 0",
        ),
        by_samples(
            "training_curve at (t, jk) and (jt, k)",
            part="σ ≤ γ",
            formula=_worth(lambda j, t: j * t),
            controls={
                "(j + 1) t": _worth(lambda j, t: (j + 1) * t),
                "tʲ": _worth(lambda j, t: t**j + 2 * t),
                "j t + 1": _worth(lambda j, t: j * t + 1),
            },
            over=_trades(),
            holds=lambda formula, trade: formula(*trade),
            scope="matched spectra with d ≤ 3, n ≤ 10⁴, t ≤ 4, j ≤ 3, k ≤ 2, η up to half of the largest",
            instances=20,
        ),
    ),
)

CLAIMS = (_TRADE,)
