"""Gaussian integration by parts (Stein's lemma) on words and traces: one contraction at a time, no list of pairings.

S = (1/m) Σ_j x_j x_jᵀ with x_j ~ N(0, Σ) independent.  E[x g(x)] = Σ E[∇g(x)] with the left x_j of one copy of S
written out: x_j meets the right x_j of its own copy, or an x_j inside another copy S',
∂S'/∂x_j = (1/m)(e x_jᵀ + x_j eᵀ).  In u S v S' w and in u S v · tr(S' t), u, v, w, t any words,

    own      u S v          →  u Σ v
    inside   u S v S' w     →  (1/m) [ u Σ vᵀ S w + u Σ w tr(v S) ]
    in trace u S v tr(S' t) →  (1/m) [ u Σ tᵀ S v + u Σ t S v ].
"""

from fractions import Fraction

from theorycalc.moments.words import Letter, Monomial, Word, WordSum, monomial, transposed


def contracted(expression: WordSum, *, sample: str = "S", covariance: str = "Sigma", count: str = "m") -> WordSum:
    """Return an expression of the same mean in which one copy of S of every monomial is integrated by parts.

    The copy is the first of the open word, else the first of a trace.  Monomials without S are kept.

    Parameters
    ----------
    expression : polynomial in words and traces, letters other than ``sample`` being constant
    sample, covariance, count : names of S, Σ and m in it

    Examples
    --------
    >>> from theorycalc.moments.words import letter
    >>> S = letter("S", symmetric=True)
    >>> print(contracted(S * S))
    Sigma S + m^-1 Sigma S + m^-1 tr(S) Sigma
    """
    parts: list[tuple[Monomial, Fraction]] = []
    for key, value in expression.terms.items():
        parts += [(item, value) for item in _of_monomial(key, sample, Letter(covariance, symmetric=True), count)]
    return WordSum.collect(parts)


def mean(expression: WordSum, *, sample: str = "S", covariance: str = "Sigma", count: str = "m") -> WordSum:
    """Return E[expression], by contracting until no copy of S is left.

    >>> from theorycalc.moments.words import letter
    >>> S = letter("S", symmetric=True)
    >>> print(mean(S * S))
    Sigma Sigma + m^-1 Sigma Sigma + m^-1 tr(Sigma) Sigma
    """
    while any(item.name == sample for key in expression.terms for word in (key.word, *key.traces) for item in word):
        expression = contracted(expression, sample=sample, covariance=covariance, count=count)
    return expression


def _of_monomial(key: Monomial, sample: str, Sigma: Letter, count: str) -> list[Monomial]:
    if any(item.name == sample for item in key.word):
        return _first_of(key.word, key, key.traces, sample, Sigma, count)
    for i, trace in enumerate(key.traces):
        if any(item.name == sample for item in trace):
            opened = _first_of(trace, key, key.traces[:i] + key.traces[i + 1 :], sample, Sigma, count)
            return [monomial(dict(item.scalars), (*item.traces, item.word), key.word) for item in opened]
    return [key]


def _first_of(
    word: Word, key: Monomial, traces: tuple[Word, ...], sample: str, Sigma: Letter, count: str
) -> list[Monomial]:
    """Contract the left x of the first S of ``word`` with its own right x, and with every other copy."""
    at = next(i for i, item in enumerate(word) if item.name == sample)
    before, S, after = (*word[:at], Sigma), (word[at],), word[at + 1 :]
    powers = dict(key.scalars)
    per_m = powers | {count: powers.get(count, 0) - 1}
    found = [monomial(powers, traces, before + after)]
    for i, item in enumerate(after):
        if item.name == sample:
            v, w = after[:i], after[i + 1 :]
            found.append(monomial(per_m, traces, before + transposed(v) + S + w))
            found.append(monomial(per_m, (*traces, v + S), before + w))
    for j, trace in enumerate(traces):
        others = traces[:j] + traces[j + 1 :]
        for i, item in enumerate(trace):
            if item.name == sample:
                t = trace[i + 1 :] + trace[:i]
                found.append(monomial(per_m, others, before + transposed(t) + S + after))
                found.append(monomial(per_m, others, before + t + S + after))
    return found
