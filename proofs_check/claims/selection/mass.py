"""How much probability goes to hard tasks (theory section 10)."""

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
from proofs_check.strategies import Matrix, positives, rotations, with_spectrum
from theorycalc.fields import BALL, EXACT, F64, Ball
from theorycalc.moments.words import Letter, WordSum, letter, scalar
from theorycalc.selection import program

_NAMES = ("Pi", "Sigma", "Sigma_inv")
PI, SIGMA, W = (letter(name, symmetric=True) for name in _NAMES)
E, MEAN = letter("E"), letter("M", symmetric=True)
LAM, S, SIZE = scalar("lam"), scalar("s"), scalar("e")
_ONE = scalar("e", 0)
_BITS, _ROUNDING = 80, Fraction(1, 2**32)

# ------------------------------------------------------------------------------------------------ SEL-03


def _reduced(expression: WordSum) -> WordSum:
    """Use Π² = Π, ΠΣ⁻¹ = Σ⁻¹Π = Π/λ, ΠΣ = ΣΠ = λΠ and ΣΣ⁻¹ = I: Π = vvᵀ projects on Σ's minimal eigenvector."""
    pi, sigma, inverse = (Letter(name, symmetric=True) for name in _NAMES)
    rules = {
        (pi, inverse): scalar("lam", -1) * PI,
        (inverse, pi): scalar("lam", -1) * PI,
        (pi, sigma): LAM * PI,
        (sigma, pi): LAM * PI,
        (sigma, inverse): _ONE,
        (inverse, sigma): _ONE,
        (pi, pi): PI,
    }
    for _ in range(4):
        for pattern, value in rules.items():
            expression = expression.replace_product(pattern, value)
    return expression


def _projected() -> Instance:
    """Return values at which Π, Σ and Σ⁻¹ are so related: Σ has eigenvalues 2 and 7 in a rotated basis."""
    U = EXACT.array(np.array([["3/5", "-4/5"], ["4/5", "3/5"]]))
    Sigma = U @ EXACT.array(np.diag([2, 7])) @ U.T
    matrices = {
        "Pi": np.outer(U[:, 0], U[:, 0]),
        "Sigma": Sigma,
        "Sigma_inv": EXACT.inverse(Sigma),
        "E": EXACT.array(np.array([["1", "2"], ["-1/3", "1/2"]])),
        "M": EXACT.array(np.array([["3", "1/2"], ["1/2", "1"]])),
    }
    return Instance(matrices, {"lam": EXACT.number(2), "s": EXACT.number("1/3"), "e": EXACT.number("3/2")})


def _rayleigh() -> WordSum:
    """Return λ vᵀ(I − (I − Σ⁻¹Λ̄))v as a trace with Π = vvᵀ."""
    return LAM * (PI.trace() - (PI * (_ONE - W * MEAN)).trace())


def _norm_along(linear: WordSum) -> list[tuple[WordSum, WordSum]]:
    """‖E + sΠ‖_F² ≥ 0 in powers of s; with tr Π = 1 and s = −vᵀEv it says (vᵀEv)² ≤ ‖E‖_F²."""
    shifted = E + S * PI
    return [(_reduced((shifted * shifted.T).trace()), (E * E.T).trace() + linear + S * S * PI.trace())]


def _attaining(task: WordSum) -> list[tuple[WordSum, WordSum]]:
    """One task Λ: ‖I − Σ⁻¹Λ‖_F² = e² and vᵀΛv = (1 + e) λ, tr Π being 1."""
    gap = _ONE - W * task
    return [
        (_reduced((gap * gap.T).trace()), SIZE * SIZE * PI.trace()),
        (_reduced((PI * task).trace()), (1 + SIZE) * LAM * PI.trace()),
    ]


_Bound = Callable[[Any, Any, Any], Any]  # of e, λ_min(Σ) and τ


def _bound(e: Any, lam: Any, tau: Any) -> Any:
    return (1 + e) * lam / tau


def _mass_gap(bound: _Bound) -> dict[str, Callable[..., Any]]:
    """Return bound − mass, where mass = 1/(1 + q) ≤ 1 and, with u, r, a ≥ 0:

    vᵀΛ̄v = (1 + e)λ/(1 + u) (at most (1 + e)λ), mass · mean of vᵀΛ_ℓv over the tasks counted = vᵀΛ̄v/(1 + r) (others
    add at least 0, and more if there are any: then q and r are positive), and that mean is τ(1 + a) (at least τ).
    """

    def gap(e: Any, lam: Any, u: Any, q: Any, r: Any, a: Any) -> Any:
        tau = (1 + e) * lam / (1 + u) / (1 + r) * (1 + q) / (1 + a)
        return bound(e, lam, tau) - 1 / (1 + q)

    return {
        "bound − mass": lambda e, lam, u, q, r, a, s: gap(e, lam, u, q, r, a),
        "bound − mass < 1": lambda e, lam, u, q, r, a, s: gap(e, lam, u, s, r + s, a),
    }


class Hard(NamedTuple):
    """A target, tasks with known λ_min, probabilities and a threshold."""

    Sigma: Any
    lam: Fraction
    tasks: list[Matrix]
    least: list[Fraction]
    pi: list[Fraction]
    tau: Fraction

    @property
    def mass(self) -> Fraction:
        """Probability of the tasks with λ_min >= τ."""
        counted = (weight for weight, least in zip(self.pi, self.least, strict=True) if least >= self.tau)
        return sum(counted, Fraction(0))

    @property
    def squared(self) -> Fraction:
        """e² = ‖I − Σ⁻¹Λ̄‖_F²."""
        return residual_square(self.Sigma, self.tasks, self.pi)


def residual_square(Sigma: Any, tasks: list[Matrix], pi: list[Fraction]) -> Fraction:
    """Return ‖I − Σ⁻¹Λ̄‖_F² by its definition."""
    target = np.array(Sigma, dtype=object)
    target = np.diag(target) if target.ndim == 1 else target
    inverse = np.vectorize(EXACT.public, otypes=[object])(EXACT.inverse(EXACT.array(target)))
    mean = sum(weight * np.array(task, dtype=object) for weight, task in zip(pi, tasks, strict=True))
    residual = np.eye(len(target), dtype=int) - inverse @ mean
    return Fraction((residual * residual).sum())


@st.composite
def _hard(draw: DrawFn, *, diagonal_target: bool = False) -> Hard:
    """Draw rotated matrices with rational spectra; one time in three the single task that attains the bound."""
    d = draw(st.integers(1, 3))
    spectrum = sorted(draw(st.lists(positives(high=4, denominator=4), min_size=d, max_size=d)))
    U = np.eye(d, dtype=int) if diagonal_target else np.array(draw(rotations(d)), dtype=object)
    Sigma: Any = spectrum if diagonal_target else (U @ np.diag(np.array(spectrum, dtype=object)) @ U.T).tolist()
    if draw(st.integers(0, 2)) == 2:
        top = max(spectrum[1] if d > 1 else 2 * spectrum[0], spectrum[0])
        values = [[top, *spectrum[1:]]]
        tasks = [(U @ np.diag(np.array(values[0], dtype=object)) @ U.T).tolist()]
    else:
        values = [draw(st.lists(positives(), min_size=d, max_size=d)) for _ in range(draw(st.integers(1, 3)))]
        tasks = [draw(with_spectrum(value)) for value in values]
    parts = [draw(st.integers(1, 5)) for _ in tasks]
    least = [min(value) for value in values]
    weights = [Fraction(part, sum(parts)) for part in parts]
    return Hard(Sigma, spectrum[0], tasks, least, weights, draw(st.sampled_from(least)))


def _obeys(allowed: Callable[[Fraction, Fraction], bool], case: Hard) -> bool:
    """Whether mass · τ/λ_min(Σ) − 1, which must be at most e, is allowed beside e²."""
    return allowed(case.mass * case.tau / case.lam - 1, case.squared)


def _encloses(formula: Callable[[Hard], Ball], case: Hard) -> bool:
    """Whether a narrow ball holds (1 + e) λ_min(Σ)/τ, judged by e², and bounds the mass."""
    ball = formula(case)
    low, high = (end * case.tau / case.lam - 1 for end in (ball.lower, ball.upper))
    narrow = ball.rad <= ball.upper * _ROUNDING
    return narrow and case.mass <= ball.upper and max(low, Fraction(0)) ** 2 <= case.squared <= high**2


def _from_code(case: Hard) -> Ball:
    found = program.selection_program(case.Sigma, case.tasks, field=BALL(_BITS)).hard_mass_bound(case.pi, case.tau)
    assert isinstance(found, Ball)
    return found


def _rounded(case: Hard) -> Ball:
    """Return the bound of float64, as a ball for its rounding errors."""
    found = program.selection_program(case.Sigma, case.tasks, field=F64).hard_mass_bound(case.pi, case.tau)
    return Ball(Fraction(found), Fraction(found) * _ROUNDING)


def _scaled(factor: Callable[[Hard], Fraction]) -> Callable[[Hard], Ball]:
    def formula(case: Hard) -> Ball:
        ball = _from_code(case)
        return Ball(ball.mid * factor(case), ball.rad * abs(factor(case)))

    return formula


_MASS = Claim(
    id="SEL-03",
    kind=Kind.TIGHT,
    title="Tasks with a large smallest eigenvalue get little probability",
    statement=r"\sum_{\ell:\ \lambda_{\min}(\Lambda_\ell) \ge \tau} \pi_\ell \le \frac{(1 + e)\,\lambda_{\min}(\Sigma)}"
    r"{\tau}, \quad e = \lVert I - \Sigma^{-1}\bar\Lambda\rVert_F, \quad \tau > 0; \quad\text{less than } \tfrac12"
    r" \text{ at } \tau = 2(1 + e)\lambda_{\min}(\Sigma). \text{ Equality occurs for every } d \text{ and } e \ge 0,"
    r" \text{ with mass } 1 \text{ and } \tau = (1 + e)\lambda_{\min}(\Sigma), \text{ never with mass in } (0, 1)",
    source=Source("arXiv:2510.03605", "Proposition 4.3", Known.SECONDARY, note="this version: theory section 10"),
    origin=Origin.OURS,
    assumes=(
        "v is a unit eigenvector of Σ for λ = λ_min(Σ), Π = vvᵀ, tr Π = 1, vᵀBv = tr(ΠB)",
        "vᵀΛ_ℓv ≥ λ_min(Λ_ℓ) > 0, so the mean of vᵀΛ_ℓv over the tasks counted is at least τ",
        "tasks that are not counted add more than 0 to vᵀΛ̄v where their mass, 1 − mass, is positive",
        "for equality: d = 1, or the other eigenvalues of Σ are at least (1 + e) λ: then λ_min(Σ + eλΠ) = (1 + e) λ",
    ),
    uses=("SEL-01",),
    checks=(
        by_words(
            "vᵀΛ̄v = λ (1 − vᵀ(I − Σ⁻¹Λ̄)v), by word algebra",
            part="mass",
            formula=_rayleigh,
            controls={
                "λ forgotten": lambda: PI.trace() - (PI * (_ONE - W * MEAN)).trace(),
                "sign of the residual": lambda: LAM * (PI.trace() + (PI * (_ONE - W * MEAN)).trace()),
                "Σ for Σ⁻¹": lambda: LAM * (PI.trace() - (PI * (_ONE - SIGMA * MEAN)).trace()),
            },
            sides=lambda claimed: [((PI * MEAN).trace(), _reduced(claimed))],
            scope="every d, Σ ≻ 0 and symmetric Λ̄",
            instance=_projected,
        ),
        by_words(
            "vᵀEv is at most the Frobenius norm, by word algebra",
            part="norm",
            formula=lambda: 2 * S * (PI * E).trace(),
            controls={
                "factor 2": lambda: S * (PI * E).trace(),
                "tr E": lambda: 2 * S * E.trace(),
                "no cross term": lambda: 0 * S,
            },
            sides=_norm_along,
            scope="every d, E and projection Π",
            instance=_projected,
        ),
        by_certificate(
            "from vᵀΛ̄v to the mass, by certificate",
            part="mass",
            formula=_bound,
            controls={
                "e for 1 + e": lambda e, lam, tau: e * lam / tau,
                "1 + e²": lambda e, lam, tau: (1 + e * e) * lam / tau,
                "no e": lambda e, lam, tau: lam / tau,
                "half of it": lambda e, lam, tau: _bound(e, lam, tau) / 2,
                "τ/λ": lambda e, lam, tau: (1 + e) * tau / lam,
            },
            gaps=_mass_gap,
            strict=("bound − mass < 1",),
            domain=Domain(positive=("lam", "s"), nonnegative=("e", "u", "q", "r", "a")),
            scope="every number of tasks, λ_min(Σ) > 0, e ≥ 0, τ > 0 and 0 < mass ≤ 1",
        ),
        by_certificate(
            "the threshold at which the bound is ½, by certificate",
            part="half",
            formula=lambda e, lam: 2 * (1 + e) * lam,
            controls={
                "(1 + e) λ": lambda e, lam: (1 + e) * lam,
                "2 e λ": lambda e, lam: 2 * e * lam,
                "2 λ": lambda e, lam: 2 * lam,
                "(2 + e) λ": lambda e, lam: (2 + e) * lam,
            },
            gaps=lambda tau: {"½ − bound": lambda e, lam: Fraction(1, 2) - _bound(e, lam, tau(e, lam)) + lam * 0},
            equal=lambda tau: {
                "bound = ½": (lambda e, lam: _bound(e, lam, tau(e, lam)), lambda e, lam: Fraction(1, 2) + lam * 0)
            },
            domain=Domain(positive=("lam",), nonnegative=("e",)),
            scope="every λ_min(Σ) > 0 and e ≥ 0; a mass of ½ is one below 1, for which the bound is strict",
        ),
        by_words(
            "the task Σ + eλΠ attains the bound with mass 1, by word algebra",
            part="sharp",
            formula=lambda: SIGMA + SIZE * LAM * PI,
            controls={
                "λ forgotten": lambda: SIGMA + SIZE * PI,
                "minus": lambda: SIGMA - SIZE * LAM * PI,
                "e forgotten": lambda: SIGMA + LAM * PI,
                "(1 + e) Σ": lambda: (1 + SIZE) * SIGMA,
            },
            sides=_attaining,
            scope="every d, Σ ≻ 0 and e ≥ 0: norm e, vᵀΛv = (1 + e) λ = τ, bound 1",
            instance=_projected,
        ),
        by_samples(
            "the bound on matrices with rational spectra",
            part="mass",
            formula=lambda excess, squared: excess <= 0 or excess**2 <= squared,
            controls={
                "e² for e": lambda excess, squared: excess <= squared,
                "e for 1 + e": lambda excess, squared: (excess + 1) ** 2 <= squared,
                "half of it": lambda excess, squared: 2 * excess + 1 <= 0 or (2 * excess + 1) ** 2 <= squared,
                "e/2": lambda excess, squared: excess <= 0 or 4 * excess**2 <= squared,
            },
            over=_hard(),
            holds=_obeys,
            scope="d ≤ 3, at most 3 tasks, rotated matrices, cases of equality included",
            instances=40,
        ),
        by_samples(
            "hard_mass_bound in balls, judged by e²",
            part="mass",
            formula=_from_code,
            controls={
                "half of it": _scaled(lambda case: Fraction(1, 2)),
                "τ² for τ": _scaled(lambda case: 1 / case.tau),
                "λ forgotten": _scaled(lambda case: 1 / case.lam),
                "one task too many": lambda case: _from_code(
                    case._replace(tasks=[*case.tasks, case.tasks[0]], pi=[*(p / 2 for p in case.pi), Fraction(1, 2)])
                ),
            },
            over=_hard(diagonal_target=True),
            holds=_encloses,
            scope=f"Σ a spectrum, d ≤ 3, at most 3 rotated tasks, {_BITS} bits",
            instances=30,
        ),
        by_samples(
            "hard_mass_bound in float64 for full matrices Σ, judged by e²",
            part="mass",
            formula=_rounded,
            controls={
                "1 part in a million more": lambda case: Ball(
                    _rounded(case).mid * (1 + Fraction(1, 10**6)), _rounded(case).rad
                ),
                "mean eigenvalue of Σ for λ_min": lambda case: Ball(
                    _rounded(case).mid * Fraction(np.trace(case.Sigma)) / len(case.Sigma) / case.lam, _rounded(case).rad
                ),
                "τ² for τ": lambda case: Ball(_rounded(case).mid / case.tau, _rounded(case).rad),
            },
            over=_hard(),
            holds=_encloses,
            scope="Σ and at most 3 tasks rotated, d ≤ 3, relative error below 2⁻³²",
            instances=30,
        ),
    ),
)

CLAIMS = (_MASS,)
