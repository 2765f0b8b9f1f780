"""The exact test error when A is not symmetric: moments of words in A and its transpose (theory sections 5 and 10)."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples, by_words
from proofs_check.engines import stein
from proofs_check.engines.symbolic import Instance
from proofs_check.model import Claim, Kind, Origin, Source
from proofs_check.strategies import counts, mixtures
from theorycalc import reference
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT, Array
from theorycalc.gamma.mixture import map_scalars
from theorycalc.model import Setup
from theorycalc.moments import mixed_chains, pairings
from theorycalc.moments.words import WordSum, letter, scalar

Word = tuple[int, ...]
Kappa = tuple[Word, ...]
Term = tuple[Kappa, Word, int | Fraction]
#: (κ, w) -> the terms of order 1/m of X(κ; w), with counts.
Rule = Callable[[Kappa, Word], Iterable[Term]]

A, Q = letter("A"), letter("Q", symmetric=True)
SIGMA, S = letter("Sigma", symmetric=True), letter("S", symmetric=True)
_LETTERS = (A, A.T, Q)
#: Two of every kind: long chains, traces beside them, the prior in the chain, in a trace, and at an end.
STATES: tuple[tuple[Kappa, Word], ...] = (
    ((), (0, 2, 1)),
    ((), (0, 0, 2, 1)),
    ((), (1, 0, 2)),
    ((), (2, 1, 1, 0)),
    (((0, 1),), (0, 2)),
    (((0,),), (0, 1, 2)),
    (((0, 0, 1),), (1,)),
    (((0, 1, 2),), (0,)),
    (((0, 2),), (1, 0)),
    (((0,), (0, 1)), (2,)),
)


def _chain(word: Word) -> WordSum:
    """ℓ₀ S ℓ₁ S … S ℓ_r."""
    result = _LETTERS[word[0]]
    for item in word[1:]:
        result = result * S * _LETTERS[item]
    return result


def _state(kappa: Kappa, word: Word) -> WordSum:
    """T_κ ℓ₀ S … S ℓ_r before the mean."""
    chain = _chain(word)
    for cycle in kappa:
        chain = (_chain(cycle) * S).trace() * chain
    return chain


def _mean(expression: WordSum) -> WordSum:
    return pairings.expected_word(expression, sample="S", covariance="Sigma", count="m")


def _sides(rule: Rule) -> list[tuple[WordSum, WordSum]]:
    """E T_κ S ℓ₁ S … S ℓ_r by listing pairings, against the rule applied once and then Stein's lemma."""
    pairs = []
    for kappa, word in STATES:
        terms = _state(kappa, word)
        for rest, chain, count in rule(kappa, word):
            terms = terms + scalar("m", -1) * count * _state(rest, chain)
        start = S * _chain(word)
        for cycle in kappa:
            start = (_chain(cycle) * S).trace() * start
        pairs.append((_mean(start), SIGMA * stein.mean(terms)))
    return pairs


def _altered(
    change: Callable[[Kappa, Word, Kappa, Word, int], Term | None],
) -> Callable[[], Rule]:
    """Return the rule with every term changed, or left out."""

    def rule(kappa: Kappa, word: Word) -> Iterator[Term]:
        for rest, chain, count in mixed_chains.noise_terms(kappa, word):
            term = change(kappa, word, rest, chain, count)
            if term is not None:
                yield term

    return lambda: rule


def _untransposed(kappa: Kappa, word: Word, rest: Kappa, chain: Word, count: int) -> Term:
    """Reverse the stretch that was passed without transposing its letters, as for a symmetric A."""
    if rest != kappa or len(chain) != len(word):
        return rest, chain, count
    j = next(j for j in range(1, len(word)) if mixed_chains.reversed_word(word[:j]) + word[j:] == chain)
    return rest, word[:j][::-1] + word[j:], count


def _instance() -> Instance:
    rows = {
        "A": [["1/2", "1/3"], ["-1", "2/5"]],
        "Q": [["1", "1/2"], ["1/2", "3"]],
        "Sigma": [["2", "1"], ["1", "1"]],
    }
    return Instance({name: EXACT.array(np.array(value)) for name, value in rows.items()}, {"m": EXACT.number(3)})


@st.composite
def _problems(draw: DrawFn) -> tuple[Setup, str]:
    """Draw mixtures of at most two full or diagonal tasks, drawn per prompt or per example, and a metric."""
    sampling = draw(st.sampled_from(["per_prompt", "per_example"]))
    tasks = draw(mixtures(max_d=2, max_tasks=2, sampling=sampling))
    d = tasks.covariances[0].d
    start = draw(st.one_of(st.none(), st.just(list(range(1, d + 1)))))
    noise = draw(st.sampled_from([Fraction(0), Fraction(1, 2)]))
    Sigma = draw(st.sampled_from([None, [[4, 2], [2, 2]] if d == 2 else [3]]))
    setup = Setup(tasks, n=draw(counts(50)), m=draw(st.integers(1, 2)), Sigma=Sigma, w_0=start, noise_var=noise)
    return setup, draw(st.sampled_from(["estimation", "prediction"]))


def _curve(setup: Setup, metric: str) -> list[Fraction]:
    return list(curves.expected_error(setup, 2, metric=metric, field=EXACT).values)


def _is_definition(formula: Callable[[Setup, str], list[Fraction]], instance: tuple[Setup, str]) -> bool:
    setup, metric = instance
    return formula(setup, metric) == list(reference.expected_error(setup, 2, metric=metric).values)


def _of_map(change: Callable[[Array], Array]) -> Callable[[Setup, str], list[Fraction]]:
    """Return the curve with another map in place of A*."""

    def formula(setup: Setup, metric: str) -> list[Fraction]:
        A, _ = map_scalars(setup, EXACT)
        A = EXACT.array(np.eye(setup.d, dtype=int)) * A if A.ndim == 1 else A
        one, Sigma, Q = (
            EXACT.array(np.eye(setup.d, dtype=int)),
            setup.Sigma.dense(EXACT),
            setup.prior_second_moment(EXACT),
        )
        epsilon = EXACT.number(1) / EXACT.number(setup.m)
        chains = mixed_chains.MixedChains(
            change(A), Sigma, one * Q if Q.ndim == 1 else Q, steps=2, epsilon=epsilon, field=EXACT, noisy=True
        )
        P = Sigma if metric == "prediction" else one
        return [Fraction(EXACT.public(x)) for x in chains.errors(P, EXACT.number(setup.noise_var) * epsilon)]

    return formula


def _pooled(setup: Setup, metric: str) -> list[Fraction]:
    return _curve(Setup(setup.Lambda, n=setup.n, m=setup.m, Sigma=setup.Sigma, w_0=setup.w_0), metric)


_MIXED = Claim(
    id="MIX-06",
    kind=Kind.IDENTITY,
    title="The exact error of a map that is not symmetric",
    statement=r"\mathbb{E}\,T_\kappa S\ell_1 S\cdots S\ell_r = \Sigma\,\mathbb{E}\Big\{T_\kappa \ell_1 S\cdots S\ell_r"
    r" + \tfrac1m\sum_{0<j<r}\big[T_\kappa(\ell_1 S\cdots S\ell_j)^{\mathsf T}S\ell_{j+1}\cdots\ell_r"
    r" + T_\kappa\operatorname{tr}(\ell_1 S\cdots\ell_j S)\,\ell_{j+1}\cdots\ell_r\big]"
    r" + \tfrac1m\sum_{c\in\kappa}\sum_{\text{turns } v}T_{\kappa\setminus c}\,(v + v^{\mathsf T})S\ell_1\cdots\ell_r"
    r"\Big\},\ \ell_i\in\{A, A^{\mathsf T}, Q\};"
    r" \quad E_k(P) = \sum_{a,b\le k}(-1)^{a+b}\tbinom ka\tbinom kb\operatorname{tr}\mathbb{E}[P(AS)^a Q"
    r"(SA^{\mathsf T})^b]",
    source=Source("theory", "sections 5, 10 and 12"),
    origin=Origin.DERIVED,
    assumes=(
        "m S is Wishart_m(Σ); A is any matrix, Q symmetric; a turn is a cyclic word cut open at one of its S",
        "the sum over a, b is the binomial theorem for powers of I − AS, which commutes with AS",
        "label noise of variance σ² adds (σ²/m) Σ tr[P E Rⁱ A S Aᵀ (Rʲ)ᵀ] over i, j < k, words of the same kind",
    ),
    uses=("MIX-05", "ERR-03"),
    checks=(
        by_words(
            "one integration by parts against listed pairings, by word algebra",
            formula=lambda: mixed_chains.noise_terms,
            controls={
                "letters not transposed": _altered(_untransposed),
                "stretches not reversed": _altered(
                    lambda kappa, word, rest, chain, count: (
                        (rest, word, count) if rest == kappa and len(chain) == len(word) else (rest, chain, count)
                    )
                ),
                "no trace split off": _altered(
                    lambda kappa, word, rest, chain, count: None if len(rest) > len(kappa) else (rest, chain, count)
                ),
                "traces cut open from one side": _altered(
                    lambda kappa, word, rest, chain, count: (
                        (rest, chain, Fraction(count, 2)) if len(rest) < len(kappa) else (rest, chain, count)
                    )
                ),
                "stretches passed twice": _altered(
                    lambda kappa, word, rest, chain, count: (
                        (rest, chain, 2 * count) if rest == kappa else (rest, chain, count)
                    )
                ),
            },
            sides=_sides,
            scope="every d, m, A and symmetric Σ, Q; ten states of up to four S, which hold every kind of term",
            instance=_instance,
        ),
        by_samples(
            "expected_error of mixtures against the reference",
            formula=_curve,
            controls={
                "A* transposed": _of_map(lambda A: A.T),
                "A* symmetrised": _of_map(lambda A: (A + A.T) / 2),
                "Γ⁻¹ of Λ̄": _pooled,
                "m + 1 for m": lambda setup, metric: _curve(setup.replace(m=(setup.m or 0) + 1), metric),
                "always P = I": lambda setup, metric: _curve(setup, "estimation"),
                "noise ignored": lambda setup, metric: _curve(setup.replace(noise_var=0), metric),
            },
            over=_problems(),
            holds=_is_definition,
            scope="d ≤ 2, m ≤ 2, k ≤ 2, at most 2 tasks, per prompt and per example, spectra and full matrices, noise",
            instances=25,
        ),
    ),
)

CLAIMS = (_MIXED,)
