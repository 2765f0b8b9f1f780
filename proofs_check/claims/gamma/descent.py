"""Gradient descent on the population loss (theory section 3)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.engines.certificate import Domain
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import Matrix, counts, positives, rationals, spectra, squares, training_setups
from theorycalc import reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import descent
from theorycalc.model import Setup
from theorycalc.moments.words import WordSum, letter, scalar

LAMBDA = letter("Lambda", symmetric=True)
GAMMA, GAMMA_INV = letter("Gamma", symmetric=True), letter("Gamma_inv", symmetric=True)
V_0, P = letter("V_0"), letter("P")
C, ETA, _ONE = scalar("c"), scalar("eta"), scalar("c", 0)
V_STAR = -scalar("c", -1) * GAMMA_INV

# ------------------------------------------------------------------------------------------------ GAM-04


class _Dynamics(NamedTuple):
    """V_t as a function of P = Bᵗ, and B."""

    at: Callable[[WordSum], WordSum]
    B: WordSum


def _dynamics(
    at: Callable[[WordSum], WordSum] = lambda power: V_STAR + (V_0 - V_STAR) * power,
    B: WordSum = _ONE - ETA * C * C * LAMBDA * GAMMA,
) -> _Dynamics:
    return _Dynamics(at, B)


def _induction(claimed: _Dynamics) -> list[tuple[WordSum, WordSum]]:
    """Return the base V(I) = V_0 and the step V(P) − η ∇L(V(P)) = V(P B), with Λ, Γ and Γ⁻¹ commuting."""
    V_t = claimed.at(P)
    gradient = C * (_ONE + C * V_t * GAMMA) * LAMBDA
    step = V_t - ETA * gradient - claimed.at(P * claimed.B)
    family = ("Gamma", "Gamma_inv", "Lambda")
    return [
        (claimed.at(_ONE), V_0),
        (step.commute(family, ("Gamma", "Gamma_inv")), WordSum({})),
    ]


def _trained() -> Instance:
    """Return values at which Γ, Γ⁻¹ and P = B² are what Λ, n, c and η make them."""
    Lambda, n, c, eta = EXACT.array(np.array([["2", "1/3"], ["1/3", "1/2"]])), EXACT.number(5), 3, EXACT.number("1/90")
    one = EXACT.array(np.eye(2, dtype=int))
    Gamma = Lambda + Lambda / n + one * (np.trace(Lambda) / n)
    B = one - Lambda @ Gamma * (eta * c * c)
    start = EXACT.array(np.array([["1", "2"], ["-1/3", "1/2"]]))
    matrices = {"Lambda": Lambda, "Gamma": Gamma, "Gamma_inv": EXACT.inverse(Gamma), "V_0": start, "P": B @ B}
    return Instance(matrices, {"c": EXACT.number(c), "eta": eta})


class _Run(NamedTuple):
    """A training run of t steps."""

    setup: Setup
    t: int
    eta: Fraction
    V_0: Any
    c: Fraction


@st.composite
def _runs(draw: DrawFn) -> _Run:
    setup = draw(training_setups(3, 100))
    start: Any = st.lists(rationals(), min_size=setup.d, max_size=setup.d)
    V_0 = draw(st.one_of(st.none(), start, squares(setup.d), squares(setup.d)))
    return _Run(setup, draw(st.integers(0, 5)), draw(positives(high=2)), V_0, draw(rationals().filter(bool)))


def _descend(run: _Run) -> Array:
    return descent.descent_weights(run.setup, run.t, run.eta, V_0=run.V_0, c=run.c, field=EXACT)


def training_moments(setup: Setup) -> tuple[Array, Array]:
    """Return E[S] = Λ and E[S²] from listed pairings."""
    rows: Matrix = np.vectorize(EXACT.public, otypes=[object])(setup.Lambda.dense(EXACT)).tolist()
    identity = [[Fraction(int(i == j)) for j in range(setup.d)] for i in range(setup.d)]
    second = reference.second_moment(identity, rows, setup.n)
    return np.array(rows, dtype=object), np.array(second, dtype=object)


def training_steps(V: Array, eta: Fraction, c: Fraction, moments: tuple[Array, Array], t: int) -> Array:
    """Take t steps V ← V − η (c E[S] + c² V E[S²])."""
    for _ in range(t):
        V = V - eta * (c * moments[0] + c * c * (V @ moments[1]))
    return V


def _follows(formula: Callable[[_Run], Array], run: _Run) -> bool:
    start = np.zeros((run.setup.d,) * 2, dtype=int) if run.V_0 is None else np.array(run.V_0, dtype=object)
    start = start if start.ndim == 2 else np.diag(start)
    return bool((formula(run) == training_steps(start, run.eta, run.c, training_moments(run.setup), run.t)).all())


_DYNAMICS = Claim(
    id="GAM-04",
    kind=Kind.IDENTITY,
    title="Gradient descent on the population loss is linear",
    statement=r"V_{t+1} = V_t - \eta\,\nabla L(V_t) \ \Longrightarrow\ V_t - V_* = (V_0 - V_*)"
    r"\left(I - \eta c^2 \Lambda\Gamma\right)^t \text{ for every } t \ge 0",
    source=Source("theory", "section 3", note="arXiv:2510.03605, Theorem 3.1, treats descent from its start (3.6)"),
    origin=Origin.DERIVED,
    assumes=("as GAM-02: only V₃₁ is trained",),
    uses=("MOM-01", "GAM-02"),
    checks=(
        by_words(
            "induction over t by word algebra, P standing for the t-th power",
            formula=_dynamics,
            controls={
                "c for c²": lambda: _dynamics(B=_ONE - ETA * C * LAMBDA * GAMMA),
                "plus for minus": lambda: _dynamics(B=_ONE + ETA * C * C * LAMBDA * GAMMA),
                "Λ² for ΛΓ": lambda: _dynamics(B=_ONE - ETA * C * C * LAMBDA * LAMBDA),
                "gradient of E‖·‖² without the ½": lambda: _dynamics(B=_ONE - 2 * ETA * C * C * LAMBDA * GAMMA),
                "power on the left": lambda: _dynamics(at=lambda power: V_STAR + power * (V_0 - V_STAR)),
                "V* with the wrong sign": lambda: _dynamics(at=lambda power: -V_STAR + (V_0 + V_STAR) * power),
                "V* without 1/c": lambda: _dynamics(at=lambda power: -GAMMA_INV + (V_0 + GAMMA_INV) * power),
            },
            sides=_induction,
            scope="every t, d, n, η, c ≠ 0, V_0 and Λ ≻ 0",
            instance=_trained,
        ),
        by_samples(
            "descent_weights against single steps with E[S²] by listed pairings",
            formula=_descend,
            controls={
                "t + 1 steps": lambda run: _descend(run._replace(t=run.t + 1)),
                "n + 1 for n": lambda run: _descend(run._replace(setup=run.setup.replace(n=run.setup.n + 1))),
                "c for c² in the power": lambda run: _descend(run._replace(eta=abs(run.eta / run.c))),
                "twice the gradient": lambda run: _descend(run._replace(eta=2 * run.eta)),
                "from 0 whatever V_0 is": lambda run: _descend(run._replace(V_0=None)),
                "power on the left": lambda run: (
                    _descend(run._replace(V_0=None if run.V_0 is None else np.array(run.V_0, dtype=object).T)).T
                ),
            },
            over=_runs(),
            holds=_follows,
            scope="d ≤ 3, t ≤ 5, n ≤ 100, spectra and full Λ, any V_0, η ≤ 2, c ≠ 0",
            instances=30,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ GAM-05

_Limit = Callable[[Any, Any, Any, Any], Any]  # of c, λ, tr Λ and n
_Interval = Callable[[Any, Any, Any, Any], tuple[Any, Any]]


def _gamma(lam: Any, trace: Any, n: Any) -> Any:
    return lam + lam / n + trace / n


def _limit(c: Any, lam: Any, trace: Any, n: Any) -> Any:
    return 2 / (c * c * lam * _gamma(lam, trace, n))


def _up_to(limit: _Limit) -> _Interval:
    """Return the step sizes from 0 to a limit."""
    return lambda c, lam, trace, n: (0 * lam, limit(c, lam, trace, n))


def _everywhere(interval: _Interval) -> dict[str, Callable[..., Any]]:
    """Return 1 ∓ (1 − ηp) for η between the ends, a share x/(x + y) from the lower, and (1 − ηp)² − 1 outside."""

    def product(eta: Callable[[Any, Any], Any], c: Any, lam: Any, v: Any, w: Any) -> Any:
        trace, n = lam + v, 1 + w
        return eta(*interval(c, lam, trace, n)) * c * c * lam * _gamma(lam, trace, n)

    def inside(x: Any, y: Any) -> Callable[[Any, Any], Any]:
        return lambda low, high: low + x / (x + y) * (high - low)

    return {
        "inside: 1 − (1 − ηp) > 0": lambda x, y, c, lam, u, v, w: product(inside(x, y), c, lam, v, w),
        "inside: 1 + (1 − ηp) > 0": lambda x, y, c, lam, u, v, w: 2 - product(inside(x, y), c, lam, v, w),
        "at and above: (1 − ηp)² ≥ 1": lambda x, y, c, lam, u, v, w: (
            (1 - product(lambda _, high: (1 + u) * high, c, lam, v, w)) ** 2 - 1
        ),
        "at and below: (1 − ηp)² ≥ 1": lambda x, y, c, lam, u, v, w: (
            (1 - product(lambda low, _: low - u, c, lam, v, w)) ** 2 - 1
        ),
    }


def _smallest_limit(chosen: Callable[[_Limit, Any, Any, Any, Any, Any], Any]) -> dict[str, Callable[..., Any]]:
    """Return how far the chosen limit stays below those of two eigenvalues λ and λ + u."""

    def gap(at: int) -> Callable[..., Any]:
        def expression(c: Any, lam: Any, u: Any, v: Any, w: Any) -> Any:
            trace, n = 2 * lam + u + v, 1 + w
            own = _limit(c, (lam, lam + u)[at], trace, n)
            return own - chosen(_limit, c, lam, lam + u, trace, n)

        return expression

    return {"of the smaller eigenvalue": gap(0), "of the larger eigenvalue": gap(1)}


@st.composite
def _spectral_runs(draw: DrawFn) -> tuple[Setup, Fraction, Fraction]:
    """Draw a spectrum with n, c, and the step size as a share of the largest one."""
    share = st.sampled_from([Fraction(x) for x in ("-1", "-1/100", "0", "1/100", "1/2", "99/100", "1", "101/100", "3")])
    return Setup(draw(spectra(4)), n=draw(counts(100))), draw(rationals().filter(bool)), draw(share)


def _decides(formula: Callable[[Setup, Fraction], Fraction], instance: tuple[Setup, Fraction, Fraction]) -> bool:
    """Whether three explicit steps contract every direction if and only if 0 < η < the formula."""
    setup, c, share = instance
    eta, moments = share * formula(setup, c), training_moments(setup)
    optimum = -reference.gamma_matrix(setup).Gamma_inv / c
    ends = training_steps(optimum + np.eye(setup.d, dtype=int), eta, c, moments, 3) - optimum
    sizes = [abs(value) for value in ends.diagonal()]
    return bool((ends == np.diag(ends.diagonal())).all() and (max(sizes) < 1) == (0 < share < 1))


def _step_variant(formula: Callable[[list[Fraction], Fraction, int, Fraction], Fraction]) -> Callable[..., Fraction]:
    return lambda setup, c: formula(setup.Lambda.entries.tolist(), sum(setup.Lambda.entries.tolist()), setup.n, c)


_STEP = Claim(
    id="GAM-05",
    kind=Kind.TIGHT,
    title="The sharp step size of gradient descent",
    statement=r"V_t \to V_* \text{ from every } V_0 \text{ if and only if }"
    r" 0 < \eta < \frac{2}{c^2\,\lambda_{\max}(\Lambda\Gamma)}, \quad"
    r" \lambda_{\max}(\Lambda\Gamma) = \lambda\left(\left(1 + \tfrac1n\right)\lambda + \tfrac{\operatorname{tr}"
    r"\Lambda}{n}\right) \text{ at } \lambda = \lambda_{\max}(\Lambda)",
    source=Source(
        "arXiv:2510.03605", "Theorem 3.1", Known.SECONDARY, note="a constant step; the bound: theory section 3"
    ),
    origin=Origin.DERIVED,
    assumes=(
        "as GAM-04",
        "in Λ's eigenbasis a step multiplies column i of V_t − V* by 1 − ηp, p = c²λᵢγᵢ (GAM-04)",
        "hence V_t → V* from every start iff |1 − ηp| < 1 for all i",
    ),
    uses=("GAM-04",),
    checks=(
        by_certificate(
            "|1 − ηp| < 1 for 0 < η < 2/p and ≥ 1 elsewhere, by certificate",
            part="one eigenvalue",
            formula=_up_to(_limit),
            controls={
                "1/p": _up_to(lambda c, lam, trace, n: _limit(c, lam, trace, n) / 2),
                "4/p": _up_to(lambda c, lam, trace, n: 2 * _limit(c, lam, trace, n)),
                "c for c²": _up_to(lambda c, lam, trace, n: c * _limit(c, lam, trace, n)),
                "2/(c²λ²)": _up_to(lambda c, lam, trace, n: 2 / (c * c * lam * lam)),
                "2/(c²γ²)": _up_to(lambda c, lam, trace, n: 2 / (c * _gamma(lam, trace, n)) ** 2),
                "n + 1 for n": _up_to(lambda c, lam, trace, n: _limit(c, lam, trace, n + 1)),
                "|η| < 2/p": lambda c, lam, trace, n: (-_limit(c, lam, trace, n), _limit(c, lam, trace, n)),
                "from 1/(2p) on": lambda c, lam, trace, n: (_limit(c, lam, trace, n) / 4, _limit(c, lam, trace, n)),
            },
            gaps=_everywhere,
            strict=("inside: 1 − (1 − ηp) > 0", "inside: 1 + (1 − ηp) > 0"),
            domain=Domain(positive=("x", "y", "c", "lam"), nonnegative=("u", "v", "w")),
            scope="every n ≥ 1, c > 0 (only c² matters), λ > 0, tr Λ ≥ λ and real η",
        ),
        by_certificate(
            "the largest eigenvalue of Λ decides, by certificate",
            part="all eigenvalues",
            formula=lambda limit, c, small, large, trace, n: limit(c, large, trace, n),
            controls={
                "λ_min": lambda limit, c, small, large, trace, n: limit(c, small, trace, n),
                "mean eigenvalue": lambda limit, c, small, large, trace, n: limit(c, (small + large) / 2, trace, n),
                "λ_max with γ of λ_min": lambda limit, c, small, large, trace, n: (
                    2 / (c * c * large * _gamma(small, trace, n))
                ),
            },
            gaps=_smallest_limit,
            domain=Domain(positive=("c", "lam"), nonnegative=("u", "v", "w")),
            scope="every n ≥ 1, c > 0 and pair of eigenvalues λ ≤ λ + u, hence every d",
        ),
        by_samples(
            "largest_step against three explicit steps along every direction",
            part="all eigenvalues",
            formula=lambda setup, c: descent.largest_step(setup, c=c, field=EXACT),
            controls={
                "λ_min for λ_max": _step_variant(lambda lam, trace, n, c: Fraction(_limit(c, min(lam), trace, n))),
                "first eigenvalue": _step_variant(lambda lam, trace, n, c: Fraction(_limit(c, lam[0], trace, n))),
                "1/(c²λγ)": _step_variant(lambda lam, trace, n, c: Fraction(_limit(c, max(lam), trace, n)) / 2),
                "2/(c²λ²)": _step_variant(lambda lam, trace, n, c: 2 / (c * max(lam)) ** 2),
                "c for c²": _step_variant(lambda lam, trace, n, c: abs(c) * Fraction(_limit(c, max(lam), trace, n))),
            },
            over=_spectral_runs(),
            holds=_decides,
            scope="spectra with d ≤ 4, n ≤ 100, c ≠ 0, η from −1 to 3 times the bound, 0 included",
            instances=40,
        ),
    ),
)

CLAIMS = (_DYNAMICS, _STEP)
