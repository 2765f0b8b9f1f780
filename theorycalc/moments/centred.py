"""Evaluation of the centred recursion over any number field: E tr[P̃ Rᵏ Q̃ Rᵏ] and E Rʳ, R = I − N, N ~ W_m(C)/m."""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array, Field
from theorycalc.moments.layers import Layer
from theorycalc.moments.plan import compile_plan, widest_layer

_PLAN_BYTES_PER_ROW = 800  # of the widest layer, for all layers of the plan together
_CHUNK = 4096  # rows updated at a time: bounds the temporaries and keeps them in cache


@dataclass(frozen=True)
class ChainSpace:
    """How states are stored: every d×d state is a vector of ``width`` numbers on which C acts entrywise.

    ``width`` is the number of distinct diagonal directions when states are diagonal, d² when they are full.
    """

    C: Array  # (width,) multiplier of a left multiplication by C
    one: Array  # (width,) the identity
    Q: Array  # (width,) Q̃
    trace: Array  # (width,) tr X = X · trace
    trace_Q: Array  # (width,) tr(Q̃ X) = X · trace_Q
    transpose: Array | None  # (width,) permutation, None when states are diagonal


def diagonal_space(C: Array, Q: Array, multiplicity: Array, field: Field) -> ChainSpace:
    """States diagonal in the eigenbasis of C; (q,) distinct directions with integer multiplicities."""
    one = field.array(np.ones(C.size, dtype=int))
    weight = field.array(multiplicity)
    return ChainSpace(C=C, one=one, Q=Q, trace=weight, trace_Q=weight * Q, transpose=None)


def full_space(C: Array, Q: Array, field: Field) -> ChainSpace:
    """Full (d, d) states in the eigenbasis of C, C (d,), Q̃ (d, d)."""
    d = C.size
    one = field.array(np.eye(d, dtype=int).reshape(-1))
    return ChainSpace(
        C=np.repeat(C, d),
        one=one,
        Q=Q.reshape(-1),
        trace=one,
        trace_Q=Q.T.reshape(-1),
        transpose=np.arange(d * d).reshape(d, d).T.reshape(-1),
    )


@dataclass(frozen=True)
class ChainMoments:
    """sandwich[k] = E Rᵏ Q̃ Rᵏ, k = 0 … steps; power[r] = E Rʳ, r = 0 … 2·steps; each a vector of the space."""

    sandwich: Array  # (steps + 1, width)
    power: Array  # (2·steps + 1, width)


def chain_moments(
    space: ChainSpace, steps: int, epsilon: object, d: int, *, jitter: float = 0.0, seed: int = 0
) -> ChainMoments:
    """Run the recursion of theory section 5 (centred form) for ε = 1/m.

    Parameters
    ----------
    space : the storage of states
    steps : largest k
    epsilon : 1/m as a scalar of the field
    d : tr R⁰
    jitter : float64 only; multiply every state by 1 + jitter·u, u uniform in [−1, 1], to measure how the result
        responds to rounding

    Cost: time Σ (terms of the plan) × width; memory three layers × width.
    Source: theory section 5.
    """
    plan = compile_plan(steps)
    rng = np.random.default_rng(seed) if jitter else None
    width, dtype = space.C.size, space.C.dtype
    widest = max(layer.rows for layer in plan.layers)
    buffers = [np.empty(widest * width, dtype=dtype) for _ in range(3)]  # degrees D, D − 1, D − 2
    previous = before = buffers[0][:0].reshape(0, width)
    sandwich, power = [], []
    for degree, layer in enumerate(plan.layers):
        states = buffers[degree % 3][: layer.rows * width].reshape(layer.rows, width)
        _fill(states, layer, degree, space, (previous, before), epsilon, d)
        if rng is not None:
            states *= 1.0 + jitter * rng.uniform(-1.0, 1.0, size=(layer.rows, 1))
        _fill_sums(layer, states)
        power.append(states[layer.b_row].copy())
        if degree % 2 == 0:
            sandwich.append(states[layer.m_row].copy())
        before, previous = previous, states
    return ChainMoments(sandwich=np.array(sandwich), power=np.array(power))


def _fill(
    states: Array, layer: Layer, degree: int, space: ChainSpace, below: tuple[Array, Array], epsilon: object, d: int
) -> None:
    """Compute the states of one degree from those of the two degrees below."""
    y1, y2 = below
    states[0] = space.one - space.one
    scalars = np.ones(1, dtype=int)  # E T_κ for the κ of size D; an integer for D = 0 in every field
    if degree:
        for start in range(0, layer.updated.size, _CHUNK):
            stop = min(start + _CHUNK, layer.updated.size)
            change = layer.one.times(y1, start, stop)
            if degree >= 2:
                change += layer.two.times(y2, start, stop)
                change += y2[layer.split[start:stop]] * d
            change *= epsilon
            previous = y1[layer.previous[start:stop]]
            np.subtract(previous, change, out=change)
            change *= space.C
            np.subtract(previous, change, out=change)  # X = P − C∘(P − ε·W)
            states[layer.updated[start:stop]] = change
        scalars = states[layer.b_from] @ space.trace
    states[layer.b_into] = scalars[:, None] * space.one
    states[layer.m_into] = scalars[:, None] * space.Q
    states[layer.l_into] = (states[layer.l_from] @ space.trace_Q)[:, None] * space.one
    mirrored = states[layer.mirror_from]
    states[layer.mirror_into] = mirrored if space.transpose is None else mirrored[:, space.transpose]


def _fill_sums(layer: Layer, states: Array) -> None:
    """Fill the auxiliary rows CM, CP, V from the states of the layer."""
    for start in range(0, layer.sums.rows, _CHUNK):
        stop = min(start + _CHUNK, layer.sums.rows)
        states[layer.first_sum + start : layer.first_sum + stop] = layer.sums.times(states, start, stop)


def predicted_bytes(steps: int, width: int) -> int:
    """Return the memory that :func:`chain_moments` needs, from the size of the widest layer alone."""
    rows = widest_layer(steps)
    return rows * (3 * 8 * width + _PLAN_BYTES_PER_ROW)
