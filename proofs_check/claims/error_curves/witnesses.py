"""The exact rung against the expectation over prompts by quadrature: a witness without pairings and recursions."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from proofs_check.checks import by_samples
from proofs_check.engines.quadrature import expectation, factored, rule
from proofs_check.model import Check
from proofs_check.strategies import counts, covariances, positives, rationals
from theorycalc.error_curves import curves
from theorycalc.fields import EXACT, Array
from theorycalc.model import Setup

Curve = Callable[[Setup, str, int], list[Fraction]]  # (setup, metric, k) -> E_0 … E_k
#: (d, m, k): the expectation has d·m variables of degree 4k, and (4k + 1)^(d m) points.
SHAPES = ((1, 1, 9), (1, 2, 4), (1, 3, 3), (2, 1, 6), (2, 2, 3), (3, 1, 2))


def _scaled(matrix: Any) -> tuple[Array, int]:
    """Return an integer matrix and the denominator that it is divided by."""
    rows = np.array(matrix, dtype=object)
    common = math.lcm(*(Fraction(x).denominator for x in rows.reshape(-1)))
    return np.vectorize(lambda x: int(Fraction(x) * common), otypes=[object])(rows), common


def _fractions(matrix: Array) -> Array:
    return np.asarray(np.vectorize(EXACT.public, otypes=[object])(matrix))


def _gamma_inverse(setup: Setup) -> Array:
    """Return E[S²]⁻¹ E[S] for n samples: E[S²] = (1 − 1/n) Λ² + (1/n) E[x xᵀ x xᵀ], x ~ N(0, Λ), by quadrature."""
    Lambda, per_n = _fractions(setup.Lambda.dense(EXACT)), Fraction(1, setup.n)
    L, variances = factored(Lambda)

    def fourth(points: Array) -> Array:
        x = np.matmul(points, L.T)  # (points, d)
        return np.asarray((x * x).sum(axis=1)[:, None, None] * (x[:, :, None] * x[:, None, :]))

    square = (1 - per_n) * (Lambda @ Lambda) + per_n * expectation(fourth, [rule(4, item) for item in variances])
    return _fractions(EXACT.inverse(EXACT.array(square)) @ EXACT.array(Lambda))


def by_quadrature(setup: Setup, metric: str, k: int) -> list[Fraction]:
    """Return E_0 … E_k from the definition, E tr(P D Q Dᵀ) + σ² E tr(P N Nᵀ), by quadrature over X = L Z.

    D and N are the responses of w_i − w* to the first error (D_0 = I) and to the labels' noise (N_0 = 0, (d, m)):
    D ← D − A S D,  N ← N − A (S N − X/m).
    """
    d, m = setup.d, setup.m
    assert m is not None
    Sigma, prior = _fractions(setup.Sigma.dense(EXACT)), _fractions(setup.prior_second_moment(EXACT))
    A, a = _scaled(_gamma_inverse(setup))
    Q, q = _scaled(np.diag(prior) if prior.ndim == 1 else prior)
    P, p = _scaled(Sigma if metric == "prediction" else np.eye(d, dtype=int))
    factor, variances = factored(Sigma)
    L, ell = _scaled(factor)
    noise, unit = Fraction(setup.noise_var), a * m * ell * ell  # D_i unit^i and N_i unit^i are integers

    def errors(points: Array) -> Array:
        X = np.matmul(L, points.reshape(-1, d, m))  # ell times the prompt
        step = np.matmul(A, np.matmul(X, X.swapaxes(1, 2)))  # unit times A S
        push = np.matmul(A, X) * ell  # unit times A X / m
        D = np.broadcast_to(np.eye(d, dtype=int).astype(object), (len(X), d, d))
        N = np.zeros(X.shape, dtype=object)
        found = []
        for i in range(k + 1):
            if i:
                D = unit * D - np.matmul(step, D)
                N = unit * N - np.matmul(step, N) + push * unit ** (i - 1)
            start = (np.matmul(P, D) * np.matmul(D, Q.T)).sum(axis=(1, 2)) * noise.denominator
            found.append(start + (np.matmul(P, N) * N).sum(axis=(1, 2)) * (q * noise.numerator))
        return np.stack(found, axis=1)  # (points, k + 1)

    means = expectation(errors, [rule(4 * k, variance) for variance in variances for _ in range(m)])
    return [mean / (p * q * noise.denominator * unit ** (2 * i)) for i, mean in enumerate(means)]


def _exact_curve(setup: Setup, metric: str, k: int) -> list[Fraction]:
    return list(curves.expected_error(setup, k, rung="exact", metric=metric, field=EXACT).values)


def _changed(change: Callable[[Setup], Setup]) -> Curve:
    return lambda setup, metric, k: _exact_curve(change(setup), metric, k)


def _m(setup: Setup) -> int:
    assert setup.m is not None
    return setup.m


def _fresh_prompts(setup: Setup, metric: str, k: int) -> list[Fraction]:
    """The quotients of one step repeated: E_i = E_0 (E_1/E_0)^i, as if every step saw a new prompt."""
    zero, one = _exact_curve(setup, metric, 1)
    return [zero * (one / zero) ** i for i in range(k + 1)]


_WRONG: dict[str, Curve] = {
    "population value": _changed(lambda setup: setup.replace(m=None)),
    "m + 1 for m": _changed(lambda setup: setup.replace(m=_m(setup) + 1)),
    "n + 1 for n": _changed(lambda setup: setup.replace(n=setup.n + 1)),
    "Σ = Λ": _changed(lambda setup: setup.replace(Sigma=None)),
    "one step too few": lambda setup, metric, k: [
        *_exact_curve(setup, metric, 0),
        *_exact_curve(setup, metric, k - 1),
    ],
    "always P = I": lambda setup, metric, k: _exact_curve(setup, "estimation", k),
}


@st.composite
def _problems(draw: DrawFn) -> tuple[Setup, str, int]:
    """Draw a problem of one of the shapes: Λ and Σ commuting or not, any Ω, w₀ and σ², either metric."""
    d, m, k = draw(st.sampled_from(SHAPES))
    kind: Any = st.one_of(st.lists(positives(), min_size=d, max_size=d), covariances(d))
    setup = Setup(
        draw(kind),
        n=draw(counts(100)),
        Sigma=draw(st.one_of(st.none(), kind)),
        m=m,
        Omega=draw(st.one_of(st.none(), kind)),
        w_0=draw(st.one_of(st.none(), st.lists(rationals(), min_size=d, max_size=d))),
        noise_var=draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(3)])),
    )
    return setup, draw(st.sampled_from(["estimation", "prediction"])), k


def _equals_quadrature(formula: Curve, instance: tuple[Setup, str, int]) -> bool:
    return formula(*instance) == by_quadrature(*instance)


QUADRATURE_WITNESS: Check = by_samples(
    "expected_error(rung exact) against the mean over prompts by quadrature",
    part="definition",
    formula=_exact_curve,
    controls=_WRONG
    | {
        "a fresh prompt at every step": _fresh_prompts,
        "start ignored": _changed(lambda setup: setup.replace(w_0=None)),
        "prior ignored": _changed(lambda setup: setup.replace(Omega=None)),
        "noise ignored": _changed(lambda setup: setup.replace(noise_var=0)),
    },
    over=_problems(),
    holds=_equals_quadrature,
    scope="(d, m, k) = " + ", ".join(map(str, SHAPES)) + "; n ≤ 100, commuting or not, both metrics, any Ω, w₀, σ²",
    instances=40,
)

# ------------------------------------------------------------------------------------------------ values in print


class Printed(NamedTuple):
    """A value that the theory prints: E_k of a problem in a metric."""

    metric: str
    k: int
    value: Fraction


_NON_COMMUTING = Setup([[1, "1/3"], ["1/3", "1/2"]], n=5, Sigma=[[4, 2], [2, 2]], m=2)
_PRINTED = (
    Printed("estimation", 1, Fraction(289722, 14161)),
    Printed("estimation", 2, Fraction(444401625842, 200533921)),
    Printed("estimation", 3, Fraction(1817819899721256362, 2839760855281)),
    Printed("prediction", 1, Fraction(1165446, 14161)),
)

PRINTED_VALUES: Check = by_samples(
    "printed values of a non-commuting problem, by quadrature and by expected_error(rung exact)",
    part="definition",
    formula=_exact_curve,
    controls=_WRONG,
    over=st.sampled_from(_PRINTED),
    holds=lambda formula, printed: (
        formula(_NON_COMMUTING, printed.metric, printed.k)[-1]
        == printed.value
        == by_quadrature(_NON_COMMUTING, printed.metric, printed.k)[-1]
    ),
    scope="Λ = [[1, 1/3], [1/3, 1/2]], Σ = [[4, 2], [2, 2]], n = 5, m = 2: E_1, E_2, E_3, and E_1 of prediction",
    instances=10,
)
