"""What the selection objective promises of the test error, and what it leaves out (theory section 10)."""

from fractions import Fraction
from typing import Any, NamedTuple

from proofs_check.checks import by_witness
from proofs_check.claims.selection import contraction
from proofs_check.model import Claim, Kind, Known, Origin, Source
from theorycalc import hardness, reference
from theorycalc.fields import EXACT
from theorycalc.model import Setup, TaskMixture
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
    """Whether the surrogate is 0 at its choice, and the true error positive there but 0 at the other, for every k ≥ 1:

    some contraction factor is not 0 there, but all are 0 at the other; the reference says so of the first steps.
    """
    Sigma, tasks = price.first, [price.first, price.second]
    found = program.selection_program(Sigma, tasks, field=EXACT)
    weights = [[Fraction(int(ell == at)) for ell in range(2)] for at in (price.chosen, price.better)]
    trained = [Setup(TaskMixture(tasks, pi), n=price.n, Sigma=Sigma) for pi in weights]
    errors = [reference.expected_error(setup, _STEPS).values[1:] for setup in trained]
    chosen, better = ([x != 0 for x in hardness.contraction_factors(setup, field=EXACT).factors] for setup in trained)
    unique = found.H[0, 0] * found.H[1, 1] > found.H[0, 1] ** 2
    optimal = found.value(weights[0]) == 0 == found.duality_gap(weights[0]) and found.duality_gap(weights[1]) > 0
    every_k = any(chosen) and not any(better)
    return bool(unique and optimal and every_k and min(errors[0]) > 0 and max(errors[1]) == 0)


_SURROGATE = Claim(
    id="SEL-05",
    kind=Kind.EXISTENCE,
    title="The selection objective is a surrogate, and its price has no bound",
    statement=r"\exists\ \Sigma, \Lambda_1, \Lambda_2, n:\ \text{the unique optimum } \pi = (1, 0) \text{ has objective"
    r" } 0 \text{ and } \lim_{m\to\infty} E_k(\pi) > 0, \text{ but } \lim_{m\to\infty} E_k(0, 1) = 0,"
    r" \text{ for every } k \ge 1",
    source=Source("this project", note="theory section 10 calls the objective a surrogate"),
    origin=Origin.OURS,
    assumes=(
        "pooled sampling, w* ~ N(0, I), w₀ = 0",
        "the population error is the sum of the contraction factors to the power 2k (HRD-02)",
        "hence for every k ≥ 1 it is positive if one factor is not 0, and 0 if all are",
    ),
    uses=("SEL-02", "HRD-02", "MIX-01"),
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

CLAIMS = (_SCALE_FREE, _SURROGATE, *contraction.CLAIMS, _DIVERGES)
