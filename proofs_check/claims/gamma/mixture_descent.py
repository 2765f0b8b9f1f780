"""Training on mixtures: where gradient descent goes, and the one task that leaves the same map (theory section 10)."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.claims.gamma.mixture import mixed
from proofs_check.claims.gamma.mixture_optimum import (
    M1,
    M2,
    M2_INV,
    C,
    V,
    moments_of_prompts,
    prompt_loss,
    without_inverses,
)
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, mixtures
from theorycalc import montecarlo, reference
from theorycalc.fields import EXACT, Array
from theorycalc.gamma import equivalent, mixture
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments.words import WordSum, letter, scalar

_ONE, ETA = scalar("n", 0), scalar("eta")
_ROUNDING = 1e-9  # of a few dozen float64 steps on numbers of order one

# ------------------------------------------------------------------------------------------------ MIX-07


def _same_map(formula: Callable[[Setup], Setup], setup: Setup) -> bool:
    """Whether one task leaves the A* of the reference, as Γ⁻¹ from its definition."""
    one = formula(setup)
    return one.mixture is None and bool(
        (reference.gamma_matrix(one).Gamma_inv == reference.gamma_matrix(setup).Gamma_inv).all()
    )


@st.composite
def _commuting(draw: DrawFn) -> Setup:
    """Draw mixtures of spectra, or of polynomials of one full matrix."""
    sampling = draw(st.sampled_from(["per_prompt", "per_example"]))
    tasks = draw(mixtures(sampling=sampling, spectra_only=True))
    if draw(st.booleans()):
        base = np.array([[2, Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 2)]], dtype=object)
        firsts = [Fraction(task.entries[0]) for task in tasks.covariances]
        tasks = TaskMixture([x * base + base @ base for x in firsts], tasks.weights, sampling)
    return Setup(tasks, n=draw(counts(100)))


def _other_length(setup: Setup) -> Setup:
    one = equivalent.equivalent_task(setup)
    return one.replace(n=one.n + 1)


#: Γ = A*⁻¹, r = 1/(n' + 1 + d), n = n'.
GAMMA, R_, N_ = letter("Gamma", symmetric=True), scalar("r"), scalar("n")


def _task() -> WordSum:
    """(n' + 1) Λ' / n'."""
    return GAMMA - R_ * GAMMA.trace()


def _task_sides(task: WordSum) -> list[tuple[WordSum, WordSum]]:
    """(1 + 1/n') Λ' + tr(Λ')/n' I = Γ, times n' + 1: the rest of it is 1 − r (n' + 1 + d) = 0 times tr Γ."""
    rest = 1 - R_ * (N_ + 1 + scalar("d"))
    return [((N_ + 1) * task + task.trace(), (N_ + 1) * GAMMA + rest * GAMMA.trace())]


_EQUIVALENT = Claim(
    id="MIX-07",
    kind=Kind.IDENTITY,
    title="One task in place of a mixture",
    statement=r"A_* = A_*^{\mathsf T} \succ 0,\ \ \Lambda' = \tfrac{n'}{n'+1}\Big(A_*^{-1}"
    r" - \tfrac{\operatorname{tr}A_*^{-1}}{n'+1+d}I\Big) \Longrightarrow \left(1 + \tfrac1{n'}\right)\Lambda'"
    r" + \tfrac{\operatorname{tr}\Lambda'}{n'}I = A_*^{-1}; \quad \Lambda' \succ 0 \iff"
    r" (n'+1+d)\,\lambda_{\min}(A_*^{-1}) > \operatorname{tr}A_*^{-1}",
    source=Source("theory", "section 10"),
    origin=Origin.DERIVED,
    assumes=(
        "r = 1/(n' + 1 + d), so that r (n' + 1 + d) = 1",
        "Λ' has the eigenvectors of A*⁻¹ and the eigenvalues n'/(n' + 1) (γ − r tr A*⁻¹)",
        "for spectra, and for tasks that commute, E[S] and E[S²] commute and A* is symmetric",
    ),
    uses=("MIX-05", "GAM-01"),
    checks=(
        by_words(
            "Γ of the task by word algebra",
            formula=_task,
            controls={
                "nothing subtracted": lambda: GAMMA,
                "twice as much": lambda: GAMMA - 2 * R_ * GAMMA.trace(),
                "added": lambda: GAMMA + R_ * GAMMA.trace(),
                "half of it": lambda: Fraction(1, 2) * _task(),
            },
            sides=_task_sides,
            scope="every d, n' and symmetric A*⁻¹",
        ),
        by_samples(
            "equivalent_task against the reference's map of the mixture",
            formula=equivalent.equivalent_task,
            controls={
                "Λ̄ itself": lambda setup: Setup(setup.Lambda, n=setup.n),
                "n' + 1 for n'": _other_length,
                "another sampling model": lambda setup: equivalent.equivalent_task(_resampled(setup)),
            },
            over=_commuting(),
            holds=_same_map,
            scope="d ≤ 3, at most 3 tasks, n ≤ 100, spectra, and full matrices that commute",
            instances=25,
        ),
    ),
)


def _resampled(setup: Setup) -> Setup:
    tasks = setup.mixture
    assert tasks is not None
    other = "per_prompt" if tasks.sampling == "per_example" else "per_example"
    return setup.replace(Lambda=TaskMixture(tasks.covariances, tasks.weights, other))


# ------------------------------------------------------------------------------------------------ MIX-08


def _contraction() -> WordSum:
    return _ONE - ETA * C * C * M2


def _descent_sides(contraction: WordSum) -> list[tuple[WordSum, WordSum]]:
    """V − η∇L(V) − V* = (V − V*) (I − ηc² E[S²]) with V* = −A*/c."""
    end = -scalar("c", -1) * M1 * M2_INV
    step = V - ETA * prompt_loss(V).gradient("V")
    return [(without_inverses(step - end), without_inverses((V - end) * contraction))]


class _Run(NamedTuple):
    """A training run of the layer: t steps of a fraction of the largest that converges."""

    setup: Setup
    t: int
    share: Fraction


@st.composite
def _runs(draw: DrawFn) -> _Run:
    share = draw(st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]))
    return _Run(draw(mixed()), draw(st.integers(1, 12)), share)


def _eta(run: _Run) -> float:
    second = np.array(mixture.mixture_moments(run.setup)[1])
    return float(2 * run.share / Fraction(float(np.linalg.eigvalsh(second)[-1])))


def _closed(run: _Run) -> Array:
    """A_t = A* (I − (I − ηE[S²])ᵗ) from V_0 = 0, c = 1."""
    second, A = mixture.mixture_moments(run.setup)[1], mixture.optimal_map(run.setup)
    one = np.eye(run.setup.d)
    return np.asarray(A @ (one - np.linalg.matrix_power(one - _eta(run) * second, run.t)))


def _layer_follows(formula: Callable[[_Run], Array], run: _Run) -> bool:
    """Whether the layer, differentiated and moved, has the map of the formula after t steps."""
    learned = montecarlo.train_layer(run.setup, epochs=run.t, step_size=_eta(run)).A
    return bool(np.max(np.abs(learned - formula(run))) <= _ROUNDING * np.max(np.abs(learned)))


_DESCENT = Claim(
    id="MIX-08",
    kind=Kind.IDENTITY,
    title="Gradient descent on several tasks goes to A*",
    statement=r"V_{t+1} = V_t - \eta\nabla L(V_t) \ \Longrightarrow\ V_t - V_* = (V_0 - V_*)"
    r"\left(I - \eta c^2\,\mathbb{E}[S^2]\right)^t, \quad V_* = -A_*/c; \text{ it converges for every } V_0"
    r" \text{ iff } 0 < \eta < \frac{2}{c^2\lambda_{\max}(\mathbb{E}[S^2])}",
    source=Source("theory", "sections 3 and 10"),
    origin=Origin.DERIVED,
    assumes=(
        "ŵ₀ = 0, w* ~ N(0, I), W frozen as in GAM-01, c ≠ 0; any law of S with finite E[S²] ≻ 0",
        "E[S²] is symmetric: the powers of I − ηc²E[S²] tend to 0 iff its eigenvalues lie in (−1, 1)",
    ),
    uses=("MIX-05",),
    checks=(
        by_words(
            "one step by word algebra",
            formula=_contraction,
            controls={
                "(E S)² for E[S²]": lambda: _ONE - ETA * C * C * M1 * M1,
                "c for c²": lambda: _ONE - ETA * C * M2,
                "half the step": lambda: _ONE - Fraction(1, 2) * ETA * C * C * M2,
                "E[S] for E[S²]": lambda: _ONE - ETA * C * C * M1,
            },
            sides=_descent_sides,
            scope="every law of S with E[S²] ≻ 0, every d, V, η and c ≠ 0",
            instance=lambda: Instance(
                moments_of_prompts().matrices, {"c": EXACT.number(3), "eta": EXACT.number("1/7")}
            ),
        ),
        by_samples(
            "the layer itself, moved by its gradient over prompts of the mixture",
            formula=_closed,
            controls={
                "its limit": lambda run: mixture.optimal_map(run.setup),
                "the transposed map": lambda run: _closed(run).T,
                "Γ⁻¹ of Λ̄ as the limit": lambda run: _closed(
                    run._replace(setup=Setup(run.setup.Lambda, n=run.setup.n))
                ),
                "one step less": lambda run: _closed(run._replace(t=run.t - 1)),
            },
            over=_runs(),
            holds=_layer_follows,
            scope="d ≤ 3, at most 3 tasks, n ≤ 100, t ≤ 12, every sampling model; float64 to 1e-9",
            instances=25,
        ),
    ),
)

CLAIMS = (_EQUIVALENT, _DESCENT)
