"""A small selection objective makes every step of thinking an improvement on long test prompts."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.selection.mass import residual_square
from proofs_check.engines.certificate import Domain
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, covariances, positives
from theorycalc.fields import EXACT, Array, is_definite
from theorycalc.gamma import closed_form
from theorycalc.model import Setup, TaskMixture
from theorycalc.moments.words import Letter, WordSum, letter, scalar
from theorycalc.selection import program

# ------------------------------------------------------------------------------------------------ SEL-06

E, PI, MU = letter("E"), letter("Pi", symmetric=True), scalar("mu")
M, M_INV, P = letter("M"), letter("M_inv"), letter("P", symmetric=True)
ROOT, ROOT_INV, GAMMA_INV = (letter(name, symmetric=True) for name in ("root", "root_inv", "Gamma_inv"))
SIGMA_INV, S, RIDGE, N = letter("Sigma_inv", symmetric=True), scalar("s"), scalar("ridge"), scalar("n", -1)
_ONE = scalar("s", 0)


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


def _norm_along(linear: WordSum) -> list[tuple[WordSum, WordSum]]:
    """‖E + sΠ‖_F² ≥ 0 in powers of s; with Π = vvᵀ, tr Π = 1 and s = −vᵀEv it says |vᵀEv| ≤ ‖E‖_F."""
    shifted, pi = E + S * PI, Letter("Pi", symmetric=True)
    total = (shifted * shifted.T).trace().replace_product((pi, pi), PI)
    return [(total, (E * E.T).trace() + linear + S * S * PI.trace())]


def _cancelled(expression: WordSum, *pairs: tuple[WordSum, WordSum]) -> WordSum:
    """Use that the letters of each pair are inverse."""
    for first, second in pairs:
        left, right = (next(iter(x.terms)).word for x in (first, second))
        for pattern in (left + right, right + left, _transpose(left + right), _transpose(right + left)):
            expression = expression.replace_product(pattern, _ONE)
    return expression


def _transpose(word: tuple[Letter, ...]) -> tuple[Letter, ...]:
    return tuple(item.T for item in reversed(word))


def _step_sides(excess: WordSum) -> list[tuple[WordSum, WordSum]]:
    """R = I − M⁻¹: RM = M − I, MᵀM − (RM)ᵀRM = the excess, and ΠM for M = Σ⁻¹Γ, Λ̄ = Σ(I − E), ridge = tr Λ̄/n."""
    image = _cancelled((_ONE - M_INV) * M, (M, M_INV))
    Sigma = ROOT * ROOT
    Gamma = (1 + N) * Sigma * (_ONE - E) + RIDGE * _ONE
    product = _cancelled(SIGMA_INV * Gamma, (SIGMA_INV * ROOT * ROOT, _ONE))
    along = (1 + N) * (PI.trace() - (PI * E).trace()) + RIDGE * (PI * SIGMA_INV).trace()
    return [(image, M - _ONE), (M.T * M - image.T * image, excess), ((PI * product).trace(), along)]


def _symmetric_sides(conjugate: WordSum) -> list[tuple[WordSum, WordSum]]:
    """Σ = root²: root R root⁻¹ = root⁻¹-free, symmetric, and tr(Σ R P Rᵀ) = tr(T (root P root) Tᵀ) for this T."""
    R = _ONE - GAMMA_INV * ROOT * ROOT
    T = _cancelled(ROOT * R * ROOT_INV, (ROOT, ROOT_INV))
    after = (ROOT * ROOT * R * P * R.T).trace()
    return [
        (T, conjugate),
        (conjugate, conjugate.T),
        (after, (conjugate * ROOT * P * ROOT * conjugate.T).trace()),
    ]


def _with_roots() -> Instance:
    """Return values at which letters that are inverse, or a root, are so related."""
    array = {name: EXACT.array(np.array(rows)) for name, rows in _ROWS.items()}
    array["Sigma_inv"] = EXACT.inverse(array["root"] @ array["root"])
    array |= {f"{name}_inv": EXACT.inverse(array[name]) for name in ("M", "root", "Gamma")}
    return Instance(array, {"s": EXACT.number("1/3"), "ridge": EXACT.number("1/5"), "n": EXACT.number(4)})


_ROWS = {
    "E": [["1", "2"], ["-1/3", "1/2"]],
    "M": [["2", "1"], ["1/3", "1"]],
    "Pi": [["9/25", "12/25"], ["12/25", "16/25"]],
    "root": [["2", "1/2"], ["1/2", "1"]],
    "Gamma": [["3", "1/3"], ["1/3", "1"]],
    "P": [["1", "1/4"], ["1/4", "2"]],
}

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
    """Up to the threshold on e the limit is below 2; above it, at Σ = I and Λ̄ = diag(1 − e, 1, …, 1), n long exceeds 2.

    The first eigenvalue of Γ⁻¹Σ is then n/((n + 1)(1 − e) + d − e), above 2 for n(2e − 1) > 2(1 − e) + 2(d − e).
    """

    def above(y: Any, h: Any, z: Any) -> Any:
        e, d = threshold + (1 - threshold) / (1 + y), 1 + z
        n = (2 * (1 - e) + 2 * (d - e)) / (2 * e - 1) + h
        return n / ((n + 1) * (1 - e) + d - e) - 2

    return {
        "2 − limit": lambda y, h, z: 2 - _limit(threshold / (1 + y), 1 + h),
        "eigenvalue − 2": above,
    }


def _along_gap(bound: _Limit) -> dict[str, Callable[..., Any]]:
    """Return vᵀMv − bound for vᵀEv = e − a and ridge b > 0, and bound − ½ for e = 1/(2 + 2y), n = 1 + w."""
    return {
        "vᵀMv − bound": lambda b, x, a, y, w: (1 + 1 / (1 + w)) * (1 - x + a) + b - bound(x, 1 + w),
        "bound − ½": lambda b, x, a, y, w: bound(1 / (2 + 2 * y), 1 + w) - Fraction(1, 2),
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


_Promise = Callable[[Fraction], bool]  # of e²


def _kept(promised: _Promise, trained: _Trained, holds: Callable[[Array, Array, Array], bool]) -> bool:
    """Whether Γ, Γ⁻¹ and Σ obey where the value of the objective, which is e² by its definition, promises it."""
    value = program.selection_program(trained.Sigma, trained.tasks, field=EXACT).value(trained.pi)
    if value != residual_square(trained.Sigma, trained.tasks, trained.pi):
        return False
    if not promised(value):
        return True
    result = closed_form.gamma_matrix(Setup(TaskMixture(trained.tasks, trained.pi), n=trained.n), field=EXACT)
    return holds(result.Gamma, result.Gamma_inv, np.array(trained.Sigma, dtype=object))


def _safe(promised: _Promise, trained: _Trained) -> bool:
    """Whether 2Γ − Σ ≻ 0, that is λ_max(Γ⁻¹Σ) < 2, where the objective promises it."""
    return _kept(promised, trained, lambda G, _, Sigma: is_definite(2 * G - Sigma, semidefinite=False))


def _contracts(promised: _Promise, trained: _Trained) -> bool:
    """Whether RᵀR ≺ I where the objective promises it."""

    def holds(_: Array, Gamma_inv: Array, Sigma: Array) -> bool:
        one = np.eye(len(Sigma), dtype=int)
        R = one - Gamma_inv @ Sigma
        return is_definite(one - R.T @ R, semidefinite=False)

    return _kept(promised, trained, holds)


_NO_OVERTHINKING = Claim(
    id="SEL-06",
    kind=Kind.TIGHT,
    title="A selection objective of at most 1/4 rules out overthinking",
    statement=r"e = \lVert I - \Sigma^{-1}\bar\Lambda\rVert_F < 1 \ \Longrightarrow\ \lambda_{\max}(\Gamma^{-1}\Sigma)"
    r" < \frac{n}{(n + 1)(1 - e)}, \quad\text{below } 2 \text{ for every } n \text{ if } e^2 \le \tfrac14;"
    r" \text{ no larger threshold will do, at any } d. \quad e^2 \le \tfrac14 \ \Longrightarrow\ \lVert R\rVert_2,"
    r" \lVert\Sigma^{1/2} R\,\Sigma^{-1/2}\rVert_2 < 1, \ R = I - \Gamma^{-1}\Sigma: \text{ from every start and"
    r" prior the population error of estimation, and of prediction, falls at every step until it is } 0",
    source=Source("this project", note="the criterion: theory section 9"),
    origin=Origin.OURS,
    assumes=(
        "pooled sampling: Γ = (1 + 1/n) Λ̄ + (tr Λ̄/n) I",
        "Σ⁻¹Λ̄ is similar to Σ^{-1/2}Λ̄Σ^{-1/2}: its eigenvalues 1 − μ are real, and vᵀΛ̄v ≥ (1 − max μ) vᵀΣv",
        "λ_max(Γ⁻¹Σ) is the largest vᵀΣv/vᵀΓv; above 2 the population error grows without bound as k grows",
        "no larger threshold: Σ = I, Λ̄ = diag(1 − e, 1, …, 1), whose residual diag(e, 0, …, 0) has norm e",
        "‖R‖₂ < 1: w = Mv runs over all vectors, so |w|² − |Rw|² = vᵀ(M + Mᵀ − I)v > 0 iff vᵀMv > ½|v|², M = Σ⁻¹Γ",
        "root R root⁻¹ = I − root Γ⁻¹ root, root = Σ^{1/2}, has the eigenvalues of R, 1 − those of Γ⁻¹Σ in (0, 2)",
        "tr(TXTᵀ) < tr X for ‖T‖₂ < 1, X ⪰ 0, X ≠ 0; with P = RᵏQ(Rᵏ)ᵀ, X is P or root P root for R or root R root⁻¹",
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
            domain=Domain(positive=("y", "h"), nonnegative=("z",)),
            scope="every e on either side of ½, n and d: above it Σ = I, Λ̄ = diag(1 − e, 1, …, 1)",
        ),
        by_words(
            "vᵀEv is at most the Frobenius norm, by word algebra",
            part="every step",
            formula=lambda: 2 * S * (PI * E).trace(),
            controls={
                "factor 2": lambda: S * (PI * E).trace(),
                "tr E": lambda: 2 * S * E.trace(),
                "no cross term": lambda: 0 * S,
            },
            sides=_norm_along,
            scope="every d, E and projection Π = vvᵀ",
            instance=_with_roots,
        ),
        by_words(
            "‖Mv‖² − ‖(M − I)v‖² and vᵀMv, by word algebra",
            part="every step",
            formula=lambda: M + M.T - _ONE,
            controls={
                "M + Mᵀ": lambda: M + M.T,
                "M + Mᵀ + I": lambda: M + M.T + _ONE,
                "M + Mᵀ − 2I": lambda: M + M.T - 2 * _ONE,
                "2M − I": lambda: 2 * M - _ONE,
            },
            sides=_step_sides,
            scope="every d, Σ ≻ 0, invertible M, and E with Λ̄ = Σ(I − E)",
            instance=_with_roots,
        ),
        by_certificate(
            "vᵀMv > ½ for unit vectors, by certificate",
            part="every step",
            formula=lambda e, n: (1 + 1 / n) * (1 - e),
            controls={
                "1 + e for 1 − e": lambda e, n: (1 + 1 / n) * (1 + e),
                "1 + 1/n − e": lambda e, n: 1 + 1 / n - e,
                "1 − e²": lambda e, n: (1 + 1 / n) * (1 - e * e),
                "1 − 2e": lambda e, n: (1 + 1 / n) * (1 - 2 * e),
                "1 − 1/n": lambda e, n: (1 - 1 / n) * (1 - e),
            },
            gaps=_along_gap,
            strict=("vᵀMv − bound", "bound − ½"),
            domain=Domain(positive=("b",), nonnegative=("x", "a", "y", "w")),
            scope="every n ≥ 1, ridge vᵀΣ⁻¹v tr Λ̄/n > 0, vᵀEv ≤ e, and e ≤ ½",
        ),
        by_words(
            "the step in the metric of prediction is symmetric, by word algebra",
            part="every step",
            formula=lambda: _ONE - ROOT * GAMMA_INV * ROOT,
            controls={
                "I − Γ⁻¹Σ": lambda: _ONE - GAMMA_INV * ROOT * ROOT,
                "I − ΣΓ⁻¹": lambda: _ONE - ROOT * ROOT * GAMMA_INV,
                "I + …": lambda: _ONE + ROOT * GAMMA_INV * ROOT,
            },
            sides=_symmetric_sides,
            scope="every d, Σ = root² ≻ 0, Γ ≻ 0 and symmetric P",
            instance=_with_roots,
        ),
        by_samples(
            "the objective of selection_program against the exact definiteness of I − RᵀR",
            part="every step",
            formula=lambda squared: squared <= Fraction(1, 4),
            controls={
                "e² ≤ ½": lambda squared: squared <= Fraction(1, 2),
                "e ≤ ¾": lambda squared: squared <= Fraction(9, 16),
                "e < 1": lambda squared: squared < 1,
            },
            over=_near_target(),
            holds=_contracts,
            scope="d ≤ 3, one or two tasks near multiples of Σ, n ≤ 1000, spectra and full matrices",
            instances=50,
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

CLAIMS = (_NO_OVERTHINKING,)
