"""The order in which skills are learned, the best step size, and stopping early as a ridge (theory section 3)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples
from proofs_check.claims.gamma.descent import training_moments, training_steps
from proofs_check.claims.lemmas import gamma
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, rationals, spectra
from theorycalc.fields import EXACT
from theorycalc.gamma import descent, rates
from theorycalc.model import Setup
from theorycalc.thinking import training

_Crossing = Callable[[Any, Any], Any]  # of the speeds p < q of two directions


def _crossing(p: Any, q: Any) -> Any:
    return 2 / (p + q)


def _order(crossing: _Crossing) -> Mapping[str, Expression]:
    """(1 − ηp)² − (1 − ηq)² below and above the crossing; p = λγ, q that of the larger eigenvalue."""

    def speeds(e: Any, u: Any, v: Any, w: Any) -> tuple[Any, Any]:
        trace, n = 2 * e + u + v, 1 + w
        return e * gamma(e, trace, n), (e + u) * gamma(e + u, trace, n)

    def lag(eta: Callable[[Any], Any], e: Any, u: Any, v: Any, w: Any) -> Any:
        p, q = speeds(e, u, v, w)
        at = eta(crossing(p, q))
        return (1 - at * p) ** 2 - (1 - at * q) ** 2

    return {
        "λγ grows with λ": lambda x, y, e, u, v, w: speeds(e, u, v, w)[1] - speeds(e, u, v, w)[0],
        "below: the weaker is later": lambda x, y, e, u, v, w: lag(lambda top: top * x / (x + y), e, u, v, w),
        "above: the stronger is later": lambda x, y, e, u, v, w: -lag(lambda top: top * (1 + x), e, u, v, w),
    }


def _best(step: _Crossing) -> Mapping[str, Expression]:
    """The largest of |1 − ηp|, |1 − ηq| is larger for every other η than at the claimed step, where it is κ's."""

    def rest(p: Any, u: Any) -> Any:
        return u / (2 * p + u)  # (q − p)/(q + p)

    return {
        "a smaller step is slower in p": lambda x, p, u: (1 - step(p, p + u) / (1 + x) * p) - rest(p, u),
        "a larger step is slower in q": lambda x, p, u: step(p, p + u) * (1 + x) * (p + u) - 1 - rest(p, u),
    }


class _Share(NamedTuple):
    """Bounds of the share 1 − (1 − s)ᵗ that is learned after t steps, s = η c² λγ."""

    low: Callable[[Any, Any], Any]
    high: Callable[[Any, Any], Any]


def _share(
    low: Callable[[Any, Any], Any] = lambda s, t: s * t / (1 + s * t),
    high: Callable[[Any, Any], Any] = lambda s, t: s * t,
) -> _Share:
    return _Share(low, high)


def _induction(claimed: _Share) -> Mapping[str, Expression]:
    """The share y becomes y + s (1 − y), which grows with y as s <= 1."""

    def after(y: Any, s: Any) -> Any:
        return y + s * (1 - y)

    def of(x: Any, y: Any) -> Any:
        return x / (x + y)

    return {
        "low at 0": lambda x, y, t: -claimed.low(of(x, y), 0 * t),
        "high at 0": lambda x, y, t: claimed.high(of(x, y), 0 * t),
        "low from t to t + 1": lambda x, y, t: after(claimed.low(of(x, y), t), of(x, y)) - claimed.low(of(x, y), t + 1),
        "high from t to t + 1": lambda x, y, t: (
            claimed.high(of(x, y), t + 1) - after(claimed.high(of(x, y), t), of(x, y))
        ),
    }


@st.composite
def _runs(draw: DrawFn) -> tuple[Setup, Fraction, Fraction]:
    """Draw a spectrum with n, c, and the step size as a share of the largest one."""
    share = st.sampled_from([Fraction(x) for x in ("1/50", "1/5", "1/2", "3/4", "19/20")])
    return Setup(draw(spectra(4)), n=draw(counts(100))), draw(rationals().filter(bool)), draw(share)


def _factors(setup: Setup, eta: Fraction, c: Fraction) -> Any:
    return rates.descent_rates(setup, eta, c=c, field=EXACT).factors


def _times(setup: Setup, eta: Fraction, c: Fraction) -> Any:
    return rates.training_times(setup, eta, tolerance="1/100", c=c)


def _learning(
    factors: Callable[..., Any] = _factors, times: Callable[..., Any] = _times
) -> Callable[[Setup, Fraction, Fraction], tuple[Any, Any]]:
    """Return the factors of all directions, λ descending, and the times by which 1 % of the distance is left."""
    return lambda setup, eta, c: (factors(setup, eta, c), times(setup, eta, c))


def _learns(claimed: Callable[..., tuple[Any, Any]], instance: tuple[Setup, Fraction, Fraction]) -> bool:
    """Compare with explicit steps from V* + I: their distances after one step, and after the claimed times."""
    setup, c, share = instance
    eta = share * descent.largest_step(setup, c=c, field=EXACT)
    order = sorted(range(setup.d), key=lambda i: setup.Lambda.entries[i], reverse=True)
    lam = [Fraction(setup.Lambda.entries[i]) for i in order]
    trace, n = sum(lam), Fraction(setup.n)
    own = [1 - eta * c * c * x * gamma(x, trace, n) for x in lam]
    stepped = training_steps(
        np.diag(np.array([1 - 1 / (c * gamma(Fraction(x), trace, n)) for x in setup.Lambda.entries], dtype=object)),
        eta,
        c,
        training_moments(setup),
        1,
    )
    after = [stepped[i, i] + 1 / (c * gamma(x, trace, n)) for i, x in zip(order, lam, strict=True)]
    factors, lasts = claimed(setup, eta, c)
    times = [int(t) for t in lasts]
    lasting = all(abs(f) ** t <= Fraction(1, 100) < abs(f) ** (t - 1) for f, t in zip(own, times, strict=True) if t > 1)
    return list(factors) == own == after and lasting


def _ridge(extra: Callable[[Any, Any, Any], Any]) -> Callable[..., bool]:
    """Whether 1/A_t of training_curve lies between max(γ, extra) and γ + extra, extra = 1/(η c² λ t)."""

    def holds(setup: Setup, eta: Fraction, c: Fraction, t: int) -> bool:
        A = training.training_curve(setup, [t], eta, steps=0, c=c, field=EXACT).A[0]
        trace = sum(Fraction(x) for x in setup.Lambda.entries)
        for a, x in zip(A, setup.Lambda.entries, strict=True):
            lam = Fraction(x)
            bound, own = extra(eta * c * c, lam, t), gamma(lam, trace, Fraction(setup.n))
            if not max(own, bound) <= 1 / a <= own + bound:
                return False
        return True

    return holds


_ORDER = Claim(
    id="GAM-09",
    kind=Kind.TIGHT,
    title="Weak skills are learned last, and stopping early is a ridge",
    statement=r"\text{Of two directions with } p = c^2\lambda\gamma < q \text{ the weaker is slower iff } \eta <"
    r" \tfrac{2}{p+q};\ \eta_* = \tfrac{2}{p_{\min}+p_{\max}} \text{ is best, with rate }"
    r" \tfrac{\kappa-1}{\kappa+1},\ \kappa = \tfrac{p_{\max}}{p_{\min}};\ \text{for } 0 < \eta c^2\lambda\gamma \le 1,"
    r"\ V_0 = 0:\ \max\!\big(\gamma, \tfrac{1}{\eta c^2\lambda t}\big) \le \gamma_t \le \gamma +"
    r" \tfrac{1}{\eta c^2 \lambda t},\ \gamma_t = 1/A_t",
    source=Source("theory", "section 3"),
    origin=Origin.OURS,
    assumes=(
        "as GAM-04: the distance of a direction to V* is multiplied by 1 − ηp in every step",
        "A_t = (1 − (1 − ηp)ᵗ)/γ from V_0 = 0 (GAM-08), so that γ_t/γ is 1 over the share learned",
    ),
    uses=("GAM-04", "GAM-05", "GAM-08"),
    checks=(
        by_certificate(
            "of two directions, below and above the crossing",
            part="order",
            formula=_crossing,
            controls={
                "1/(p + q)": lambda p, q: 1 / (p + q),
                "2/q": lambda p, q: 2 / q,
                "1/p": lambda p, q: 1 / p,
                "1/q": lambda p, q: 1 / q,
            },
            gaps=_order,
            domain=Domain(positive=("x", "y", "e"), nonnegative=("u", "v", "w")),
            scope="every n ≥ 1 and pair of eigenvalues λ ≤ λ + u with tr Λ at least their sum; c² is in η",
        ),
        by_certificate(
            "no other step is as good in both",
            part="best step",
            formula=_crossing,
            controls={
                "1/(p + q)": lambda p, q: 1 / (p + q),
                "1/q": lambda p, q: 1 / q,
                "4/(p + 3q)": lambda p, q: 4 / (p + 3 * q),
            },
            gaps=_best,
            domain=Domain(positive=("p",), nonnegative=("x", "u")),
            scope="all speeds p ≤ p + u of the slowest and the fastest direction, and every other step size",
        ),
        by_certificate(
            "the share learned, by induction over t",
            part="ridge",
            formula=_share(),
            controls={
                "low st/(1 + st/2)": _share(low=lambda s, t: s * t / (1 + s * t / 2)),
                "low st/(1 + t)": _share(low=lambda s, t: 2 * s * t / (1 + s * t)),
                "high st/(1 + st/2)": _share(high=lambda s, t: s * t / (1 + s * t / 2)),
                "high st(1 − s)": _share(high=lambda s, t: s * t * (1 - s)),
                "high s²t": _share(high=lambda s, t: s * s * t),
            },
            gaps=_induction,
            domain=Domain(positive=("x",), nonnegative=("y", "t")),
            scope="every 0 < s = η c² λγ ≤ 1 and t ≥ 0",
        ),
        by_samples(
            "descent_rates and training_times against explicit steps",
            part="order",
            formula=_learning(),
            controls={
                "n + 1 for n": _learning(lambda setup, *rest: _factors(setup.replace(n=setup.n + 1), *rest)),
                "c for c²": _learning(lambda setup, eta, c: _factors(setup, abs(eta / c), c)),
                "a step too late": _learning(times=lambda *run: _times(*run) + 1),
                "a step too early": _learning(times=lambda *run: _times(*run) - 1),
            },
            over=_runs(),
            holds=_learns,
            scope="spectra with d ≤ 4, n ≤ 100, c ≠ 0, η from 1/50 to 19/20 of the largest",
            instances=20,
        ),
        by_samples(
            "1/A_t of training_curve between its bounds",
            part="ridge",
            formula=_ridge(lambda eta, lam, t: 1 / (eta * lam * t)),
            controls={
                "1/(2 η c² λ t)": _ridge(lambda eta, lam, t: 1 / (2 * eta * lam * t)),
                "1/(η c² t)": _ridge(lambda eta, lam, t: 1 / (eta * t)),
                "1/(η c² λ (t + 1))": _ridge(lambda eta, lam, t: 1 / (eta * lam * (t + 1))),
            },
            over=st.tuples(_runs(), st.integers(1, 12)),
            holds=lambda formula, drawn: formula(
                drawn[0][0],
                min(drawn[0][2], Fraction(1, 2)) * descent.largest_step(drawn[0][0], c=drawn[0][1], field=EXACT),
                drawn[0][1],
                drawn[1],
            ),
            scope="spectra with d ≤ 4, n ≤ 100, t ≤ 12, c ≠ 0, η up to half of the largest",
            instances=20,
        ),
    ),
)

CLAIMS = (_ORDER,)
