"""What the selection objective promises of the test error, and what it leaves out (theory section 10)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_witness, by_words
from proofs_check.engines.certificate import Domain
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Known, Origin, Source
from proofs_check.strategies import counts, covariances, positives
from theorycalc import hardness, reference
from theorycalc.fields import EXACT, is_definite
from theorycalc.gamma import closed_form
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments.words import Letter, WordSum, letter, scalar
from theorycalc.selection import program

# ------------------------------------------------------------------------------------------------ SEL-04


class _Choice(NamedTuple):
    """A target, an easy and a hard task, and the optimal probabilities."""

    Sigma: list[Fraction]
    easy: list[Fraction]
    hard: list[Fraction]
    pi: list[Fraction]


def _choice(easy: str, hard: str, share: str) -> _Choice:
    """Take Σ = diag(1, 10), easy · I against hard · Σ, and the share of the first."""
    target = [Fraction(1), Fraction(10)]
    return _Choice(
        target,
        [Fraction(easy)] * 2,
        [Fraction(hard) * value for value in target],
        [Fraction(share), 1 - Fraction(share)],
    )


def _is_easy_heavy(choice: _Choice) -> bool:
    """Whether the optimum gives more than half to a task of the least possible hardness, against one as hard as Σ."""
    found = program.selection_program(choice.Sigma, [choice.easy, choice.hard], field=EXACT)
    easy, hard, target = (hardness.task_hardness(x, field=EXACT) for x in (choice.easy, choice.hard, choice.Sigma))
    unique = found.H[0, 0] * found.H[1, 1] > found.H[0, 1] ** 2
    return bool(
        found.duality_gap(choice.pi) == 0 and unique and choice.pi[0] > Fraction(1, 2) and easy == 2 and hard == target
    )


def _optimal_share(easy: str, hard: str) -> str:
    """Return the minimiser of ‖I − Σ⁻¹(x · easy + (1 − x) hard)‖² on the line through the two tasks."""
    choice = _choice(easy, hard, "1/2")
    first, second = (
        [value / target for value, target in zip(task, choice.Sigma, strict=True)]
        for task in (choice.easy, choice.hard)
    )
    step = [a - b for a, b in zip(first, second, strict=True)]
    return str(
        sum(((1 - b) * s for b, s in zip(second, step, strict=True)), Fraction(0))
        / sum((s * s for s in step), Fraction(0))
    )


_SCALE_FREE = Claim(
    id="SEL-04",
    kind=Kind.EXISTENCE,
    title="The selected tasks need not be hard in the sense of Hard",
    statement=r"\exists\ \Sigma, \Lambda_1, \Lambda_2:\ \text{the unique optimum has } \pi_1 > \tfrac12, \quad"
    r" \mathrm{Hard}(\Lambda_1) = d < \mathrm{Hard}(\Lambda_2) = \mathrm{Hard}(\Sigma)",
    source=Source("arXiv:2510.03605", "Proposition 4.3", Known.SECONDARY, note="its thresholds are not known to us"),
    origin=Origin.OURS,
    assumes=("hard means a large tr Λ/λ_min, which scaling does not change; in SEL-03 it means a small λ_min",),
    uses=("SEL-02",),
    checks=(
        by_witness(
            "a scaled-down isotropic task, in exact rationals",
            formula=_choice("1/100", "4", _optimal_share("1/100", "4")),
            controls={
                "hard task equal to Σ": _choice("1/100", "1", _optimal_share("1/100", "1")),
                "hard task not scaled up": _choice("1/100", "3/2", _optimal_share("1/100", "3/2")),
                "equal shares": _choice("1/100", "4", "1/2"),
                "shares exchanged": _choice("1/100", "4", str(1 - Fraction(_optimal_share("1/100", "4")))),
            },
            satisfies=_is_easy_heavy,
            scope="Σ = diag(1, 10), Λ₁ = I/100, Λ₂ = 4Σ: π₁ ≈ 0.75 goes to the isotropic task",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SEL-05

_STEPS = 3


class _Price(NamedTuple):
    """Two tasks and n, the surrogate's choice and a better one for the target Γ of the second task."""

    first: list[Fraction]
    second: list[Fraction]
    n: int
    chosen: int
    better: int


def _gamma_of(spectrum: list[Fraction], n: int) -> list[Fraction]:
    return [(1 + Fraction(1, n)) * value + sum(spectrum, Fraction(0)) / n for value in spectrum]


def _price(n: int, target_of: int = 1, **changes: Any) -> _Price:
    """Take Λ₂ = diag(1, 2) and Λ₁ = Σ = Γ(Λ₂) at ``target_of`` training examples."""
    second = [Fraction(1), Fraction(2)]
    return _Price(_gamma_of(second, target_of), second, n, 0, 1)._replace(**changes)


def _is_priced(price: _Price) -> bool:
    """Whether the surrogate is 0 at its choice, and the true error positive there but 0 at the other, every k."""
    Sigma, tasks = price.first, [price.first, price.second]
    found = program.selection_program(Sigma, tasks, field=EXACT)
    weights = [[Fraction(int(ell == at)) for ell in range(2)] for at in (price.chosen, price.better)]
    errors = [
        reference.expected_error(Setup(TaskMixture(tasks, pi), n=price.n, Sigma=Sigma), _STEPS).values[1:]
        for pi in weights
    ]
    unique = found.H[0, 0] * found.H[1, 1] > found.H[0, 1] ** 2
    optimal = found.value(weights[0]) == 0 == found.duality_gap(weights[0]) and found.duality_gap(weights[1]) > 0
    return bool(unique and optimal and min(errors[0]) > 0 and max(errors[1]) == 0)


_SURROGATE = Claim(
    id="SEL-05",
    kind=Kind.EXISTENCE,
    title="The selection objective is a surrogate, and its price has no bound",
    statement=r"\exists\ \Sigma, \Lambda_1, \Lambda_2, n:\ \text{the unique optimum } \pi = (1, 0) \text{ has objective"
    r" } 0 \text{ and } \lim_{m\to\infty} E_k(\pi) > 0, \text{ but } \lim_{m\to\infty} E_k(0, 1) = 0",
    source=Source("this project", note="theory section 10 calls the objective a surrogate"),
    origin=Origin.OURS,
    assumes=("pooled sampling, w* ~ N(0, I), w₀ = 0", "k ≥ 1; computed for k ≤ 3"),
    uses=("SEL-02", "MIX-01"),
    checks=(
        by_witness(
            "a task whose Γ is the target, in exact rationals",
            formula=_price(1),
            controls={
                "n = 2": _price(2),
                "choices exchanged": _price(1, chosen=1, better=0),
                "Σ of n = 2": _price(1, target_of=2),
                "two equal tasks": _price(1, second=_price(1).first),
            },
            satisfies=_is_priced,
            scope="n = 1, Σ = Λ₁ = diag(5, 7), Λ₂ = diag(1, 2), Γ(Λ₂) = Σ: one step on Λ₂'s weights leaves no error",
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SEL-06

E, PI, MU = letter("E"), letter("Pi", symmetric=True), scalar("mu")


def _eigenvalue_sides(power: WordSum) -> list[tuple[WordSum, WordSum]]:
    """‖E‖_F² = ‖E − μΠ‖_F² + μ² tr Π, where EΠ = μΠ and Π² = Π: Π = uuᵀ for a unit eigenvector u."""
    pi, e = Letter("Pi", symmetric=True), Letter("E")
    rest = E - MU * PI
    total = (rest * rest.T).trace() + power * PI.trace()
    for pattern, value in (((pi, pi), PI), ((e, pi), MU * PI), ((pi, e.T), MU * PI)):
        total = total.replace_product(pattern, value)
    return [(total, (E * E.T).trace())]


def _with_eigenvector() -> Instance:
    """Return a matrix that is not symmetric with an eigenvector (3, 4)/5 for the eigenvalue 2."""
    u = EXACT.array(np.array(["3/5", "4/5"]))
    other = EXACT.array(np.array(["1", "0"]))
    dual = EXACT.inverse(np.array([u, other], dtype=object).T)
    matrix = np.outer(u, dual[0]) * EXACT.number(2) + np.outer(other, dual[1]) * EXACT.number("1/3")
    return Instance({"E": matrix, "Pi": np.outer(u, u)}, {"mu": EXACT.number(2)})


_Limit = Callable[[Any, Any], Any]  # of e and n


def _limit(e: Any, n: Any) -> Any:
    return n / ((n + 1) * (1 - e))


def _eigenvalue_gap(limit: _Limit) -> dict[str, Callable[..., Any]]:
    """Return limit − vᵀΣv/vᵀΓv for vᵀΛ̄v = (1 − e) vᵀΣv + a, vᵀΓv = (1 + 1/n) vᵀΛ̄v + b, e = x/(1 + x) < 1."""

    def gap(s: Any, b: Any, x: Any, a: Any, w: Any) -> Any:
        e, n = x / (1 + x), 1 + w
        return limit(e, n) - s / ((1 + 1 / n) * ((1 - e) * s + a) + b)

    return {"limit − eigenvalue": gap}


def _thresholds(threshold: Fraction) -> dict[str, Callable[..., Any]]:
    """Up to the threshold on e the limit is below 2; above it, at d = 1 and Λ̄ < Σ, long prompts exceed 2.

    At d = 1 the eigenvalue is n/((n + 2)(1 − e)), above 2 for n > 4(1 − e)/(2e − 1).
    """

    def above(y: Any, h: Any) -> Any:
        e = threshold + (1 - threshold) / (1 + y)
        n = 4 * (1 - e) / (2 * e - 1) + h
        return n / ((n + 2) * (1 - e)) - 2

    return {
        "2 − limit": lambda y, h: 2 - _limit(threshold / (1 + y), 1 + h),
        "eigenvalue − 2": above,
    }


class _Trained(NamedTuple):
    """A target, tasks with probabilities, and n."""

    Sigma: Any
    tasks: list[Any]
    pi: list[Fraction]
    n: int


@st.composite
def _near_target(draw: DrawFn) -> _Trained:
    """Draw a target and tasks that are multiples of it, most of them perturbed."""
    d = draw(st.integers(1, 3))
    spectrum = st.lists(positives(high=4, denominator=4), min_size=d, max_size=d).map(_diagonal)
    Sigma = np.array(draw(st.one_of(spectrum, covariances(d))), dtype=object)
    tasks, parts = [], []
    for _ in range(draw(st.integers(1, 2))):
        scale = draw(st.sampled_from([Fraction(x) for x in ("1/6", "1/3", "1/2", "2/3", "1", "5/4")]))
        change = np.array(draw(covariances(d)), dtype=object) * draw(st.sampled_from([0, Fraction(1, 20)]))
        tasks.append((scale * Sigma + change).tolist())
        parts.append(draw(st.integers(1, 3)))
    return _Trained(Sigma.tolist(), tasks, [Fraction(part, sum(parts)) for part in parts], draw(counts(1000)))


def _diagonal(spectrum: list[Fraction]) -> list[list[Fraction]]:
    return [[value if i == j else Fraction(0) for j in range(len(spectrum))] for i, value in enumerate(spectrum)]


def _safe(promised: Callable[[Fraction], bool], trained: _Trained) -> bool:
    """Whether 2Γ − Σ ≻ 0, that is λ_max(Γ⁻¹Σ) < 2, where the value of the objective promises it."""
    if not promised(program.selection_program(trained.Sigma, trained.tasks, field=EXACT).value(trained.pi)):
        return True
    Gamma = closed_form.gamma_matrix(Setup(TaskMixture(trained.tasks, trained.pi), n=trained.n), field=EXACT).Gamma
    return is_definite(2 * Gamma - np.array(trained.Sigma, dtype=object), semidefinite=False)


_NO_OVERTHINKING = Claim(
    id="SEL-06",
    kind=Kind.TIGHT,
    title="A selection objective of at most 1/4 rules out overthinking",
    statement=r"e = \lVert I - \Sigma^{-1}\bar\Lambda\rVert_F < 1 \ \Longrightarrow\ \lambda_{\max}(\Gamma^{-1}\Sigma)"
    r" < \frac{n}{(n + 1)(1 - e)}, \quad\text{below } 2 \text{ for every } n \text{ if } e^2 \le \tfrac14;"
    r" \quad \text{no larger threshold will do}",
    source=Source("this project", note="the criterion: theory section 9"),
    origin=Origin.OURS,
    assumes=(
        "pooled sampling: Γ = (1 + 1/n) Λ̄ + (tr Λ̄/n) I",
        "Σ⁻¹Λ̄ is similar to Σ^{-1/2}Λ̄Σ^{-1/2}: its eigenvalues 1 − μ are real, and vᵀΛ̄v ≥ (1 − max μ) vᵀΣv",
        "λ_max(Γ⁻¹Σ) is the largest vᵀΣv/vᵀΓv; above 2 the population error grows without bound as k grows",
    ),
    uses=("SEL-01", "MIX-01"),
    checks=(
        by_words(
            "an eigenvalue is at most the Frobenius norm, by word algebra",
            part="eigenvalue",
            formula=lambda: MU * MU,
            controls={
                "μ": lambda: 1 * MU,
                "2 μ²": lambda: 2 * MU * MU,
                "−μ²": lambda: -MU * MU,
            },
            sides=_eigenvalue_sides,
            scope="every d, E with a real eigenvalue μ, its unit eigenvector u and Π = uuᵀ, tr Π = 1",
            instance=_with_eigenvector,
        ),
        by_certificate(
            "from vᵀΛ̄v to the eigenvalues of Γ⁻¹Σ, by certificate",
            part="limit",
            formula=_limit,
            controls={
                "1 + e for 1 − e": lambda e, n: n / ((n + 1) * (1 + e)),
                "1 − e² for 1 − e": lambda e, n: n / ((n + 1) * (1 - e * e)),
                "(n − 1)/n": lambda e, n: (n - 1) / (n * (1 - e)),
                "n/(n + 2)": lambda e, n: n / ((n + 2) * (1 - e)),
            },
            gaps=_eigenvalue_gap,
            strict=("limit − eigenvalue",),
            domain=Domain(positive=("s", "b"), nonnegative=("x", "a", "w")),
            scope="every n ≥ 1, 0 ≤ e < 1, vᵀΣv > 0 and ridge > 0",
        ),
        by_certificate(
            "the threshold ½ on e, by certificate",
            part="threshold",
            formula=Fraction(1, 2),
            controls={"9/10": Fraction(9, 10), "3/4": Fraction(3, 4), "1/4": Fraction(1, 4), "1/3": Fraction(1, 3)},
            gaps=_thresholds,
            strict=("2 − limit", "eigenvalue − 2"),
            domain=Domain(positive=("y", "h")),
            scope="every e on either side of ½ and n: above it d = 1, Λ̄ = (1 − e) Σ",
        ),
        by_samples(
            "the objective of selection_program against the exact definiteness of 2Γ − Σ",
            part="threshold",
            formula=lambda squared: squared <= Fraction(1, 4),
            controls={
                "e² ≤ ½": lambda squared: squared <= Fraction(1, 2),
                "e ≤ ¾": lambda squared: squared <= Fraction(9, 16),
                "e < 1": lambda squared: squared < 1,
            },
            over=_near_target(),
            holds=_safe,
            scope="d ≤ 3, one or two tasks near multiples of Σ, n ≤ 1000, spectra and full matrices",
            instances=50,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ SEL-07


class _Overthinker(NamedTuple):
    """A target I, two tasks, n, the optimal share of the second task, and another share."""

    first: list[Fraction]
    second: list[Fraction]
    n: int
    optimal: Fraction
    other: Fraction


def _overthinker(first: str = "1/5", optimal: str = "14/149", other: str = "1/5", n: int = 1000) -> _Overthinker:
    return _Overthinker(
        [Fraction(first), Fraction(1)], [Fraction(3), Fraction(5)], n, Fraction(optimal), Fraction(other)
    )


def _overthinks(case: _Overthinker) -> bool:
    """Whether the unique optimum has a contraction factor below −1 and the other share has none."""
    Sigma, tasks = [1, 1], [case.first, case.second]
    found = program.selection_program(Sigma, tasks, field=EXACT)
    radii = [
        hardness.contraction_factors(
            Setup(TaskMixture(tasks, [1 - share, share]), n=case.n, Sigma=Sigma), field=EXACT
        ).spectral_radius
        for share in (case.optimal, case.other)
    ]
    unique = found.H[0, 0] * found.H[1, 1] > found.H[0, 1] ** 2
    return bool(unique and found.duality_gap([1 - case.optimal, case.optimal]) == 0 and radii[0] > 1 > radii[1])


_DIVERGES = Claim(
    id="SEL-07",
    kind=Kind.EXISTENCE,
    title="The selected tasks may make thinking diverge",
    statement=r"\exists\ \Sigma, \Lambda_1, \Lambda_2, n:\ \text{at the unique optimum } \pi \quad \lim_{k\to\infty}"
    r"\lim_{m\to\infty} E_k(\pi) = \infty, \quad\text{but at another } \rho \text{ the limit is } 0",
    source=Source("this project", note="theory section 10 calls the objective a surrogate"),
    origin=Origin.OURS,
    assumes=(
        "pooled sampling, w* ~ N(0, I), w₀ = 0",
        "the population error is the sum of the contraction factors to the power 2k (HRD-02)",
    ),
    uses=("SEL-02", "HRD-02", "MIX-01"),
    checks=(
        by_witness(
            "two tasks for the isotropic target, in exact rationals",
            formula=_overthinker(),
            controls={
                "n = 10": _overthinker(n=10),
                "shares exchanged": _overthinker(optimal="1/5", other="14/149"),
                "a share of ½": _overthinker(optimal="1/2"),
                "another share that diverges": _overthinker(other="1/20"),
                "Λ₁ = diag(1/2, 1)": _overthinker(first="1/2", optimal="5/89"),
            },
            satisfies=_overthinks,
            scope="Σ = I, Λ₁ = diag(1/5, 1), Λ₂ = diag(3, 5), n = 1000: π₂ = 14/149 diverges, 1/5 converges",
        ),
    ),
)

CLAIMS = (_SCALE_FREE, _SURROGATE, _NO_OVERTHINKING, _DIVERGES)
