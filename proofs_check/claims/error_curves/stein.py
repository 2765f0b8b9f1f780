"""Proofs that the recursions of theory section 5 give the mean: Stein's lemma on words, pairings, and the two forms.

Two proofs of each recursion.  Generic: the leading S meets one other S' while everything between and after is a fresh
letter, so the exponents are arbitrary; by the product rule the sum over all S' is the recursion.  Counted: every state
up to a degree is expanded, integrated by parts once, and compared, sums and ranges included.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from proofs_check.checks import by_words
from proofs_check.claims.error_curves import word_recursions as recursions
from proofs_check.claims.error_curves.word_recursions import ONE, PER_M, SIGMA, A, C, N, Q, Recursion, S, State, power
from proofs_check.engines.stein import contracted, mean
from proofs_check.engines.symbolic import Instance, generic_instance
from proofs_check.evidence import Grade
from proofs_check.model import Check, Tier
from theorycalc.fields import EXACT
from theorycalc.moments import pairings
from theorycalc.moments.words import WordSum, letter

P = letter("P", symmetric=True)
Sides = list[tuple[WordSum, WordSum]]

# ------------------------------------------------------------------------------------------------ every degree

_F, _J, _Z, _T = (letter(name) for name in ("F", "J", "Z", "T"))
_V, _U = letter("V", symmetric=True), letter("U", symmetric=True)
Words = dict[str, WordSum]


def _n_meetings(*, split: int = 1, right: int = 1, cross: int = 1, joined: int = 2, two: int = 1) -> Words:
    """Return what the leading S leaves with one other S', without ε and K: the summands of the N-form.

    V = (AS)^j A, F = (AS)^{a−1}, J = (AS)^j, U = (AS)^{i−1} A; T and Z are what follows S'; Jᵀ S = (SA)^j S = S (AS)^j.
    """
    return {
        "same chain": _V * S * _T + split * (_V * S).trace() * _T,
        "other side of Q": right * _J * Q * _F.T * S * _Z + cross * (Q * _J.T * S * _F).trace() * _Z,
        "trace of κ": joined * _U * S * _T,
        "trace with Q": (two * _J * Q * _Z.T + _Z * Q * _J.T) * S * _F,
    }


def _n_sides(meetings: Words) -> Sides:
    rests = {
        "same chain": _V * S * _T,
        "other side of Q": _F * Q * _J.T * S * _Z,
        "trace of κ": (S * _U).trace() * _T,
        "trace with Q": (Q * _J.T * S * _Z).trace() * _F,
    }
    K = A * SIGMA
    return [(contracted(A * S * rest) - K * rest, PER_M * K * meetings[name]) for name, rest in rests.items()]


_V1, _F1, _J1 = (letter(name, symmetric=True) for name in ("V", "F", "J"))


def _centred_meetings(*, split: int = 1, right: int = 1, cross: int = 1, joined: int = 2, two: int = 1) -> Words:
    """Return what the leading N leaves with the N' of one other factor I − N', without −ε C.

    V = J = R^j, F = R^{a−1}, U = R^{i−1}; in differences of powers, R = I − N.
    """
    R = 1 - N
    traces = _V1.trace() - (_V1 * R).trace(), (Q * _J1 * _F1).trace() - (Q * _J1 * R * _F1).trace()
    return {
        "same chain": _V1 * _T - _V1 * R * _T + split * traces[0] * _T,
        "other side of Q": right * _J1 * Q * _F1 * (1 - R) * _Z + cross * traces[1] * _Z,
        "trace of κ": joined * _U * (1 - R) * _T,
        "trace with Q": (two * _J1 * Q * _Z.T + _Z * Q * _J1) * (1 - R) * _F1,
    }


def _centred_sides(meetings: Words) -> Sides:
    rests = {
        "same chain": _V1 * N * _T,
        "other side of Q": _F1 * Q * _J1 * N * _Z,
        "trace of κ": (N * _U).trace() * _T,
        "trace with Q": (Q * _J1 * N * _Z).trace() * _F1,
    }
    pairs = []
    for name, rest in rests.items():
        left = contracted(-1 * N * rest, sample="N", covariance="C") + C * rest
        pairs.append((left, -1 * PER_M * C * meetings[name]))
    return pairs


def _slips(meetings: Callable[..., Words]) -> dict[str, Callable[[], Words]]:
    return {
        "product of traces forgotten": partial(meetings, split=0),
        "transposed pairing across Q forgotten": partial(meetings, right=0),
        "trace across Q forgotten": partial(meetings, cross=0),
        "a trace joined one way only": partial(meetings, joined=1),
        "the trace with Q joined one way only": partial(meetings, two=0),
        "trace across Q twice": partial(meetings, cross=2),
    }


def _generic(
    name: str, part: str, meetings: Callable[..., Words], sides: Callable[[Words], Sides], scope: str
) -> Check:
    """A slice: it proves each kind of meeting, not that a state has as many of each as the recursion says."""
    return by_words(
        name, part=part, formula=meetings, controls=_slips(meetings), sides=sides, scope=scope, grade=Grade.PROVED_SLICE
    )


# ------------------------------------------------------------------------------------------------ state by state


@cache
def _n_state(state: State) -> WordSum:
    words = recursions.n_form_words(state)
    return contracted(words) if state.a else words


@cache
def _centred_state(state: State) -> WordSum:
    """Return the state with its first factor R = I − N split, and that N integrated by parts."""
    if state.a == 0:
        return recursions.centred_words(state)
    before = recursions.centred_words(state._replace(a=state.a - 1))
    return before - contracted(N * before, sample="N", covariance="C")


def _n_states(recursion: Recursion, degree: int) -> Sides:
    known = cache(recursions.n_form_words)
    return [(_n_state(state), recursion(state, known)) for state in recursions.states(degree, lowest=1)]


def _centred_states(recursion: Recursion, degree: int) -> Sides:
    known = cache(recursions.centred_words)
    return [(_centred_state(state), recursion(state, known)) for state in recursions.states(degree, lowest=0)]


def _altered(recursion: Recursion) -> dict[str, Callable[[], Recursion]]:
    slips: Mapping[str, dict[str, int]] = {
        "(a − 1)ε forgotten": {"own": 0},
        "product of traces forgotten": {"split": 0},
        "transposed pairing across Q forgotten": {"right": 0},
        "trace across Q forgotten": {"cross": 0},
        "i for 2i": {"joined": 1},
        "ε for 2ε in L": {"two": 1},
    }
    return {name: lambda slip=slip: partial(recursion, **slip) for name, slip in slips.items()}  # type: ignore[misc]


def _counted(part: str, recursion: Recursion, sides: Callable[..., Sides], degree: int, tier: Tier) -> Check:
    form = "N-form" if recursion is recursions.n_form else "centred form"
    letters = "A, Σ" if recursion is recursions.n_form else "C"
    return by_words(
        f"{form}, every state of degree ≤ {degree} integrated by parts",
        part=part,
        tier=tier,
        formula=lambda: recursion,
        controls=_altered(recursion),
        sides=lambda claimed: sides(claimed, degree),
        scope=f"states of degree ≤ {degree}; every d, m and symmetric {letters}, Q, commuting or not",
        grade=Grade.PROVED_SLICE,
    )


# ------------------------------------------------------------------------------------------------ the error itself


def _error_words(k: int) -> WordSum:
    R = ONE - A * S
    return (P * power(R, k) * Q * power(R.T, k)).trace()


def _listed_errors(recursion: Recursion, k: int) -> Sides:
    names: dict[str, Any] = {"sample": "S", "covariance": "Sigma", "count": "m"}
    return [
        (pairings.expected_word(_error_words(i), **names), recursions.n_form_error(recursion, P, i))
        for i in range(k + 1)
    ]


def _whole(name: str, sides: Callable[[Recursion, int], Sides], k: int, tier: Tier) -> Check:
    return by_words(
        f"E_k by the N-form against {name}, k ≤ {k}",
        part="definition",
        tier=tier,
        formula=lambda: recursions.n_form,
        controls=_altered(recursions.n_form),
        sides=lambda claimed: sides(claimed, k),
        scope=f"k ≤ {k}; every d, m and symmetric A, Σ, P, Q, commuting or not",
        grade=Grade.PROVED_SLICE,
    )


# ------------------------------------------------------------------------------------------------ noise

_POWER, _SUM = letter("R_k"), letter("G_k")  # Rᵏ and G = Σ_{i<k} Rⁱ


def _noise_words(*, late: int = 1, outside: bool = False) -> WordSum:
    """Σ_{j<k} (R^j − R^{j+k}) A = (G − Rᵏ G) A, as the code sums it."""
    total = _SUM - late * _POWER * _SUM
    return A * total if outside else total * A


def _noise_sides(claimed: WordSum) -> Sides:
    """Steps of inductions over k, from G = 0 and Rᵏ = I: R G = G R, G A S = I − Rᵏ, A Gᵀ = G A; then G A S A Gᵀ."""
    R, G = ONE - A * S, _SUM
    (g,), (a,), (s,) = (next(iter(x.terms)).word for x in (G, A, S))
    after = ONE + R * G
    mirrored = (A * after.T - after * A).replace_product((a, g.T), G * A)
    return [
        (R * after - after * R, R * (R * G - G * R)),
        ((after * A * S).replace_product((g, a, s), ONE - _POWER), ONE - R * _POWER),
        (mirrored, (G * R - R * G) * A),
        ((G * A * S * A * G.T).replace_product((a, g.T), G * A).replace_product((g, a, s), ONE - _POWER), claimed),
    ]


# ------------------------------------------------------------------------------------------------ two forms

_H, _H_INV, _T_K = letter("H", symmetric=True), letter("H_inv", symmetric=True), letter("T", symmetric=True)
Whitening = tuple[WordSum, WordSum, WordSum]


def _whitening() -> Whitening:
    """Return Rᵏ, P̃ and Q̃ with H = A^{1/2} and T = (I − N)ᵏ, N = H S H."""
    return _H * _T_K * _H_INV, _H * P * _H, _H_INV * Q * _H_INV


def _whitened_sides(whitening: Whitening) -> Sides:
    """Rᵏ = H T H⁻¹ by induction over k, the traces, and the covariance of N."""
    (h,), (h_inv,) = (next(iter(x.terms)).word for x in (_H, _H_INV))

    def cancelled(expression: WordSum) -> WordSum:
        return expression.replace_product((h, h_inv), ONE).replace_product((h_inv, h), ONE)

    chain, weight, prior = whitening
    return [
        (cancelled(chain.substitute("T", ONE)), ONE),
        (cancelled((ONE - _H * _H * S) * chain), cancelled(chain.substitute("T", (ONE - _H * S * _H) * _T_K))),
        (cancelled((P * chain * Q * chain.T).trace()), (weight * _T_K * prior * _T_K).trace()),
        (mean(_H * S * _H), _H * SIGMA * _H),
    ]


# ------------------------------------------------------------------------------------------------ for ERR-02


def _inverse_pair() -> Instance:
    """Return exact values with H_inv = H⁻¹."""
    values = generic_instance(_H, S, SIGMA, P, Q, _T_K)
    return Instance({**values.matrices, "H_inv": EXACT.inverse(values.matrices["H"])}, values.scalars)


_EVERY = "each kind of meeting in every degree, whole states to degree 4; every d, m, symmetric {}, Q, commuting or not"

DEFINITION: tuple[Check, ...] = (
    _generic("N-form by Stein's lemma, every degree", "definition", _n_meetings, _n_sides, _EVERY.format("A, Σ")),
    _counted("definition", recursions.n_form, _n_states, 5, Tier.FAST),
    _counted("definition", recursions.n_form, _n_states, 8, Tier.FULL),
    _whole("pairings", _listed_errors, 2, Tier.FAST),
    _whole("pairings", _listed_errors, 3, Tier.FULL),
)

NOISE: Check = by_words(
    "the sum over powers in place of the two sums, by induction over k",
    part="noise",
    formula=_noise_words,
    controls={
        "late powers forgotten": lambda: _noise_words(late=0),
        "late powers added": lambda: _noise_words(late=-1),
        "A before the sum": lambda: _noise_words(outside=True),
        "A left out": lambda: _SUM - _POWER * _SUM,
    },
    sides=_noise_sides,
    scope="every d, k and symmetric A, S",
)

TWO_FORMS: tuple[Check, ...] = (
    by_words(
        "whitening by A^{1/2}, by induction over k",
        part="two forms",
        formula=_whitening,
        controls={
            "Q̃ = H Q H": lambda: (*_whitening()[:2], _H * Q * _H),
            "P̃ = H⁻¹ P H⁻¹": lambda: (_whitening()[0], _H_INV * P * _H_INV, _whitening()[2]),
            "Rᵏ = H⁻¹ T H": lambda: (_H_INV * _T_K * _H, *_whitening()[1:]),
            "P̃ = P": lambda: (_whitening()[0], P, _whitening()[2]),
        },
        sides=_whitened_sides,
        scope="every d, k and symmetric A = H², Σ, P, Q, commuting or not",
        instance=_inverse_pair,
    ),
    _generic(
        "centred form by Stein's lemma, every degree",
        "two forms",
        _centred_meetings,
        _centred_sides,
        _EVERY.format("C"),
    ),
    _counted("two forms", recursions.centred, _centred_states, 4, Tier.FAST),
    _counted("two forms", recursions.centred, _centred_states, 6, Tier.FULL),
)
