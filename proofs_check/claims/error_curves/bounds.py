"""The paper's bounds on the error: Theorem 3.3 and Corollary 3.5 where it holds (theory section 7)."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_certificate, by_samples, by_words
from proofs_check.claims.error_curves.solvers import contraction_bound, one_step_terms
from proofs_check.claims.lemmas import contraction, gamma, powers_keep_order
from proofs_check.engines.certificate import Domain, Expression
from proofs_check.model import Claim, Kind, Known, Origin, Source, Tier
from proofs_check.strategies import counts, spectra
from theorycalc import reference
from theorycalc.error_curves import bounds, one_step
from theorycalc.fields import EXACT
from theorycalc.model import Setup
from theorycalc.moments import pairings
from theorycalc.moments.words import WordSum, letter, scalar

#: The spectrum seen from one eigenvalue: λ_min = e, λ = e + u, d = 1 + x, tr Λ = d e + u + v, n = 1 + w, 1/m = p.
SPECTRUM = Domain(positive=("e",), nonnegative=("u", "v", "w", "x", "p"))


@st.composite
def matched_setups(draw: DrawFn, max_d: int = 6) -> Setup:
    """Draw a matched problem with a spectrum; m is finite or not."""
    return Setup(draw(spectra(max_d)), n=draw(counts()), m=draw(st.one_of(st.none(), counts())))


def hardness_of(setup: Setup) -> Fraction:
    """Hard(Λ), written out."""
    values = setup.Lambda.entries.tolist()
    return Fraction(sum(values) / min(values))


def is_isotropic(setup: Setup) -> bool:
    """Whether Λ = λ I."""
    return len(set(setup.Lambda.entries.tolist())) == 1


def per_example(setup: Setup) -> Fraction:
    """1/m, which is 0 for m = ∞."""
    return Fraction(0) if setup.m is None else Fraction(1, setup.m)


def _trace(e: Any, u: Any, v: Any, x: Any) -> Any:
    """Return tr Λ: d − 1 eigenvalues of at least e beside e + u."""
    return (1 + x) * e + u + v


# ------------------------------------------------------------------------------------------------ BND-01

Bound = Callable[[Any, Any, Any, Any], Any]  # (d, Hard, n, 1/m)
Term = Callable[[Any, Any, Any, Any], Any]  # (λ, 1/γ, tr Λ, 1/m): numbers, or commuting words


def one_step_term(lam: Any, a: Any, trace: Any, per_m: Any) -> Any:
    """(1 − λ/γ)² + (1/m)(λ² + λ tr Λ)/γ² with a = 1/γ: the share of one eigenvalue in E_1."""
    return (1 - a * lam) * (1 - a * lam) + per_m * (a * a * lam * lam + a * a * lam * trace)


def one_step_is_a_sum(name: str, part: str) -> Any:
    """Return the check that E_1 is the sum over eigenvalues of :func:`one_step_term`."""
    A, Lambda, S = (letter(symbol, symmetric=True) for symbol in ("A", "Lambda", "S"))

    def sides(term: Term) -> list[tuple[WordSum, WordSum]]:
        R = 1 - A * S
        mean = pairings.expected_word((R * R.T).trace(), sample="S", covariance="Lambda", count="m")
        claimed = term(Lambda, A, Lambda.trace(), scalar("m", -1)).trace()
        return [(mean.commute(("A", "Lambda")), claimed.commute(("A", "Lambda")))]

    def of(a: Any) -> Any:
        return 1 - a

    return by_words(
        name,
        part=part,
        formula=lambda: one_step_term,
        controls={
            "λ² forgotten": lambda: lambda lam, a, t, p: of(a * lam) * of(a * lam) + p * (a * a * lam * t),
            "λ tr Λ forgotten": lambda: lambda lam, a, t, p: of(a * lam) * of(a * lam) + p * (a * a * lam * lam),
            "factor 2 on the trace": lambda: lambda lam, a, t, p: one_step_term(lam, a, 2 * t, p),
            "one factor 1/γ": lambda: (
                lambda lam, a, t, p: of(a * lam) * of(a * lam) + p * (a * lam * lam + a * lam * t)
            ),
        },
        sides=sides,
        scope="every d, m, Λ and A = Γ⁻¹ that commute; eigenvalue by eigenvalue in the shared basis",
    )


def _theorem(d: Any, hard: Any, n: Any, per_m: Any) -> Any:
    return d * ((1 + hard) / n) ** 2 + d * per_m * (1 + hard)


def _tighter(d: Any, hard: Any, n: Any, per_m: Any) -> Any:
    return d * ((1 + hard) / (n + 1 + hard)) ** 2 + d * per_m * (1 + hard)


def _room(bound: Bound) -> Expression:
    """Return (bound)/d minus the share of one eigenvalue."""

    def gap(e: Any, u: Any, v: Any, w: Any, x: Any, p: Any) -> Any:
        d, t, n = 1 + x, _trace(e, u, v, x), 1 + w
        return bound(d, t / e, n, p) / d - one_step_term(e + u, 1 / gamma(e + u, t, n), t, p)

    return gap


def _attained_gaps(bound: Bound) -> dict[str, Expression]:
    room = _room(bound)

    def below_the_theorem(e: Any, u: Any, v: Any, w: Any, x: Any, p: Any) -> Any:
        given = (1 + x, _trace(e, u, v, x) / e, 1 + w, p)
        return _theorem(*given) - bound(*given)

    return {
        "bound": room,
        "never above Theorem 3.3": below_the_theorem,
        "m = ∞, λ > λ_min": lambda e, u, v, w, x, p: room(e, u, v, w, x, 0 * p) / u,
    }


_BOUNDS_WRONG: Mapping[str, Bound] = {
    "(1 + Hard)/n²": lambda d, hard, n, p: d * (1 + hard) * (1 / n**2 + p),
    "Hard for 1 + Hard": lambda d, hard, n, p: d * hard * (hard / n**2 + p),
    "no 1/m term": lambda d, hard, n, p: d * ((1 + hard) / n) ** 2,
    "1 + d for 1 + Hard": lambda d, hard, n, p: d * (1 + d) * ((1 + d) / n**2 + p),
    "without the factor d": lambda d, hard, n, p: (1 + hard) * ((1 + hard) / n**2 + p),
}
_TIGHTER_WRONG: Mapping[str, Bound] = {
    "n + 2 + Hard": lambda d, hard, n, p: d * ((1 + hard) / (n + 2 + hard)) ** 2 + d * p * (1 + hard),
    "n + Hard": lambda d, hard, n, p: d * ((1 + hard) / (n + hard)) ** 2 + d * p * (1 + hard),
    "square forgotten": lambda d, hard, n, p: d * (1 + hard) / (n + 1 + hard) + d * p * (1 + hard),
    "Theorem 3.3 itself, which is not attained": _theorem,
}


def _at_setups(formulas: Mapping[str, Bound]) -> dict[str, Callable[[Setup], Any]]:
    def at(bound: Bound) -> Callable[[Setup], Any]:
        return lambda setup: bound(setup.d, hardness_of(setup), Fraction(setup.n), per_example(setup))

    return {name: at(bound) for name, bound in formulas.items()}


def _bounds_one_step(formula: Callable[[Setup], Any], setup: Setup) -> bool:
    return bool(formula(setup) >= one_step.one_step_error(setup, field=EXACT))


def _tight_first_term(formula: Callable[[Setup], Any], setup: Setup) -> bool:
    """Whether it bounds E_1, is never above Theorem 3.3, and at m = ∞ is attained exactly for Λ = λ I."""
    error, limit = (one_step.one_step_error(item, field=EXACT) for item in (setup, setup.replace(m=None)))
    attained = formula(setup.replace(m=None)) == limit
    return bool(
        error <= formula(setup) <= bounds.one_step_bound(setup, field=EXACT) and attained == is_isotropic(setup)
    )


_PER_EIGENVALUE = "every λ ≥ λ_min > 0, n ≥ 1, 1/m ≥ 0, d ≥ 1, tr Λ ≥ λ + (d − 1) λ_min; E_1 is a sum of d such terms"
_DRAWN = "spectra with d ≤ 6, n ≤ 10⁶, m ≤ 10⁶ or ∞"

_ONE_STEP = Claim(
    id="BND-01",
    kind=Kind.UPPER,
    title="Theorem 3.3: a bound on the error after one step",
    statement=r"E_1 \le d\Big(\frac{1+H}{n+1+H}\Big)^2 + \frac dm(1+H) \le \frac{d}{n^2}(1+H)^2 + \frac dm(1+H),"
    r" \qquad H = \mathrm{Hard}(\Lambda); \quad \text{at } m = \infty \text{ the first is attained iff }"
    r" \Lambda = \lambda I",
    source=Source(
        "arXiv:2510.03605", "Theorem 3.3", Known.SECONDARY, note="theory section 7; the tighter first term is ours"
    ),
    origin=Origin.CITED,
    assumes=("Σ = Λ", "w* ~ N(0, I), w₀ = 0, no label noise"),
    uses=("ERR-01",),
    needs=("z3", "cvc5"),
    checks=(
        by_certificate(
            "Theorem 3.3 eigenvalue by eigenvalue",
            part="as stated",
            formula=_theorem,
            controls=_BOUNDS_WRONG,
            gaps=lambda bound: {"bound": _room(bound)},
            domain=SPECTRUM,
            scope=_PER_EIGENVALUE,
        ),
        one_step_terms("as stated"),
        one_step_is_a_sum("E_1 is a sum over eigenvalues, by word algebra", "as stated"),
        by_samples(
            "Theorem 3.3 as stated",
            part="as stated",
            formula=lambda setup: bounds.one_step_bound(setup, field=EXACT),
            controls=_at_setups(_BOUNDS_WRONG),
            over=matched_setups(),
            holds=_bounds_one_step,
            scope=_DRAWN,
            instances=200,
        ),
        by_certificate(
            "the tighter first term eigenvalue by eigenvalue: equality at λ = λ_min only",
            part="tightened",
            formula=_tighter,
            controls=_TIGHTER_WRONG,
            gaps=_attained_gaps,
            strict=("m = ∞, λ > λ_min",),
            equal=lambda bound: {
                "m = ∞, λ = λ_min": (
                    lambda e, u, v, w, x, p: _room(bound)(e, 0 * u, v, w, x, 0 * p),
                    lambda **_: Fraction(0),
                )
            },
            domain=SPECTRUM,
            scope=_PER_EIGENVALUE,
        ),
        by_samples(
            "the tighter first term, attained at m = ∞ exactly for Λ = λ I",
            part="tightened",
            formula=lambda setup: bounds.one_step_bound(setup, tightened=True, field=EXACT),
            controls=_at_setups(_TIGHTER_WRONG),
            over=matched_setups(),
            holds=_tight_first_term,
            scope=_DRAWN,
            instances=200,
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ BND-02

_STEPS = 5
Law = Callable[[Any, Any, Any, int], Any]  # (d, Hard, n, k)
Curve = Callable[[Setup, int], list[Any]]


def law(d: Any, hard: Any, n: Any, k: int) -> Any:
    """d (1 + n/(1 + Hard))^{−2k}."""
    return d / (1 + n / (1 + hard)) ** (2 * k)


LAWS_WRONG: Mapping[str, Law] = {
    "n/Hard": lambda d, hard, n, k: d / (1 + n / hard) ** (2 * k),
    "n/(1 + d)": lambda d, hard, n, k: d / (1 + n / (1 + d)) ** (2 * k),
    "(n + 1)/(1 + Hard)": lambda d, hard, n, k: d / (1 + (n + 1) / (1 + hard)) ** (2 * k),
    "exponent −k": lambda d, hard, n, k: d / (1 + n / (1 + hard)) ** k,
    "n/(2 + Hard), which is not attained": lambda d, hard, n, k: d / (1 + n / (2 + hard)) ** (2 * k),
    "one step too many": lambda d, hard, n, k: law(d, hard, n, k + 1),
}


def law_of(setup: Setup, k: int) -> list[Any]:
    """The law of Corollary 3.5 after 0 … k steps, as computed."""
    return list(bounds.long_chain_bound(setup, k, field=EXACT))


def law_curve(formula: Law) -> Curve:
    """A candidate law after 0 … k steps of a problem."""
    return lambda setup, k: [formula(setup.d, hardness_of(setup), Fraction(setup.n), i) for i in range(k + 1)]


def law_curves(names: tuple[str, ...] = tuple(LAWS_WRONG)) -> dict[str, Curve]:
    """Wrong laws of problems, by name."""
    return {name: law_curve(LAWS_WRONG[name]) for name in names}


def _law_room(formula: Law, k: int) -> Expression:
    """Return law/d − (1 − λ/γ)^{2k}."""

    def gap(e: Any, u: Any, v: Any, w: Any, x: Any = 0, **_: Any) -> Any:
        d, t, n = 1 + x, _trace(e, u, v, x), 1 + w
        return formula(d, t / e, n, k) / d - contraction(e + u, t, n) ** (2 * k)

    return gap


def _law_gaps(*powers: int) -> Callable[[Law], dict[str, Expression]]:
    def per_u(room: Expression) -> Expression:
        return lambda **at: room(**at) / at["u"]

    return lambda formula: {f"k = {k}": per_u(_law_room(formula, k)) for k in powers}


def _law_equalities(*powers: int) -> Callable[[Law], dict[str, tuple[Expression, Expression]]]:
    """Prior risk at k = 0 for every λ, and equality at λ = λ_min for every k."""

    def at_least(room: Expression) -> Expression:
        return lambda **at: room(**at | {"u": 0 * at["u"]})

    def zero(**_: Any) -> Fraction:
        return Fraction(0)

    return lambda formula: {
        "k = 0": (_law_room(formula, 0), zero),
        **{f"k = {k}": (at_least(_law_room(formula, k)), zero) for k in powers},
    }


def _bounds_population(formula: Curve, setup: Setup) -> bool:
    """Whether d (…)^{−2k} ≥ the population error, with equality exactly for k = 0 or Λ = λ I."""
    limit = reference.expected_error(setup.replace(m=None), _STEPS).values
    values, isotropic = formula(setup, _STEPS), is_isotropic(setup)
    return all(
        bound >= error and (bound == error) == (k == 0 or isotropic)
        for k, (bound, error) in enumerate(zip(values, limit, strict=True))
    )


_POPULATION = Claim(
    id="BND-02",
    kind=Kind.TIGHT,
    title="Corollary 3.5 on the population rung",
    statement=r"\lim_{m\to\infty} E_k \le d\left(1 + \frac{n}{1 + \mathrm{Hard}(\Lambda)}\right)^{-2k}"
    r" \text{ for every } n, k \text{ (no } o(1)\text{)}, \text{ with equality iff } k = 0 \text{ or } \Lambda ="
    r" \lambda I",
    source=Source("arXiv:2510.03605", "Corollary 3.5", Known.SECONDARY, note="stated up to 1 + o(1); theory section 7"),
    origin=Origin.CITED,
    assumes=("Σ = Λ", "w* ~ N(0, I), w₀ = 0", "m → ∞ at fixed d and k"),
    uses=("HRD-02",),
    needs=("z3", "cvc5"),
    checks=(
        by_certificate(
            "eigenvalue by eigenvalue at k = 0 … 4: equality at λ = λ_min only",
            formula=law,
            controls=LAWS_WRONG,
            gaps=_law_gaps(1, 2, 3, 4),
            strict=tuple(f"k = {k}" for k in range(1, 5)),
            equal=_law_equalities(1, 2, 3, 4),
            domain=SPECTRUM,
            scope="every λ ≥ λ_min > 0, n ≥ 1, d ≥ 1, tr Λ ≥ λ + (d − 1) λ_min; E_k is a sum of d such terms;"
            " every k as powers of the case k = 1",
        ),
        contraction_bound(),
        powers_keep_order(),
        by_certificate(
            "eigenvalue by eigenvalue at k = 8 and 16, expanded",
            tier=Tier.FULL,
            formula=law,
            controls={name: LAWS_WRONG[name] for name in ("n/Hard", "(n + 1)/(1 + Hard)", "exponent −k")},
            gaps=_law_gaps(8, 16),
            strict=("k = 8", "k = 16"),
            equal=_law_equalities(8, 16),
            domain=Domain(positive=("e",), nonnegative=("u", "v", "w")),
            scope="every λ ≥ λ_min > 0, n ≥ 1, tr Λ ≥ λ; k = 8 and 16",
        ),
        by_samples(
            "long_chain_bound against the reference at m = ∞",
            formula=law_of,
            controls=law_curves(),
            over=matched_setups(4),
            holds=_bounds_population,
            scope=f"spectra with d ≤ 4, n ≤ 10⁶, k ≤ {_STEPS}",
            instances=100,
        ),
    ),
)

CLAIMS = (_ONE_STEP, _POPULATION)
