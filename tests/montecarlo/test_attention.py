import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION
from theorycalc.exceptions import InvalidSetup, NotConverged
from theorycalc.model import Setup, TaskMixture
from theorycalc.montecarlo import attention_weights, chain_of_thought, draw_prompts, embed, iterate_cot, lsa

FULL = [[4, 2], [2, 2]]


def gamma(setup):
    Lambda = np.asarray(setup.Lambda)
    return (1 + 1 / setup.n) * Lambda + np.trace(Lambda) / setup.n * np.eye(setup.d)


def weight_recursion(X, y, Gamma, w, steps):
    """w_{i+1} = w_i + Γ⁻¹ (1/m) X (y − Xᵀ w_i), written down a second time, one prompt at a time."""
    path = [np.asarray(w, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] + np.linalg.solve(Gamma, X @ (y - X.T @ path[-1])) / X.shape[1])
    return np.array(path)


def test_blocks_of_v_and_w():
    setup, d = Setup(FULL, n=3), 2
    V, W = attention_weights(setup, c=-2.5)
    assert V.shape == W.shape == (6, 6)
    assert np.allclose(V[3:5, 0:2] @ gamma(setup), np.eye(d) / 2.5, atol=FEW_OPERATIONS)
    assert np.array_equal(W[0:2, 3:5], -2.5 * np.eye(d))
    assert W[2, 5] == 2.5
    V[3:5, 0:2] = W[0:2, 3:5] = W[2, 5] = 0
    assert not V.any()
    assert not W.any()


def test_embedding_has_the_rows_of_the_paper():
    X, y = np.arange(6.0).reshape(2, 3), np.array([7.0, 8.0, 9.0])
    E = embed(X, y, np.array([4.0, 5.0]))
    assert np.array_equal(E[:, 1], [1, 4, 8, 0, 0, 0])
    assert np.array_equal(E[:, 3], [0, 0, 0, 4, 5, 1])
    assert not embed(X, y)[3:5].any()


@pytest.mark.parametrize(("D", "T"), [(4, 9), (9, 4), (3, 3)])
def test_layer_is_its_formula(D, T):
    rng = np.random.default_rng(D)
    E, V, W = rng.standard_normal((2, D, T)), rng.standard_normal((D, D)), rng.standard_normal((D, D))
    for one, out in zip(E, lsa(E, V, W, 2.5), strict=True):
        assert np.allclose(out, one + V @ one @ (one.T @ W @ one) / 2.5, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("Lambda", "Sigma", "m", "c", "steps", "noise_var", "w_0"),
    [
        ([1], [2], 1, 1.0, 3, 0, None),
        ([1, "1/2", "1/3"], None, 5, 1.0, 6, 0, [1, -2, 3]),
        (FULL, [[1, 0], [0, 3]], 4, -0.3, 5, 0, None),
        ([3, 2, 1, 1, 1], [1, 1, 1, 1, 4], 20, 17.0, 8, 2, None),
        (FULL, None, 2, 1e-3, 4, "1/4", [0, 5]),
        (np.arange(1, 31) ** -0.5, None, 60, 1.0, 4, 0, None),
    ],
)
def test_layer_with_appended_columns_is_the_weight_recursion(Lambda, Sigma, m, c, steps, noise_var, w_0):
    setup = Setup(Lambda, n=4, Sigma=Sigma, m=m, noise_var=noise_var, w_0=w_0)
    drawn = draw_prompts(setup, 3, seed=m)
    start = np.zeros(setup.d) if w_0 is None else np.array(w_0, dtype=float)
    layer = chain_of_thought(drawn.X, drawn.y, attention_weights(setup, c=c), w_0=start, steps=steps)
    assert layer.shape == (3, steps + 1, setup.d)
    for X, y, path in zip(drawn.X, drawn.y, layer, strict=True):
        expected = weight_recursion(X, y, gamma(setup), start, steps)
        assert np.allclose(path, expected, rtol=LONG_RECURSION, atol=LONG_RECURSION * np.abs(expected).max())
        if c == 1.0:
            assert np.allclose(iterate_cot(X, y, setup, steps).w, path, rtol=LONG_RECURSION)


def test_the_appended_columns_are_there_and_are_inert():
    """The layer on the extended prompt updates the last column as if the earlier CoT columns were absent."""
    setup = Setup([1, 2], n=4, m=3)
    drawn, (V, W) = draw_prompts(setup, 1, seed=0), attention_weights(setup)
    w = chain_of_thought(drawn.X, drawn.y, attention_weights(setup), steps=2)[0]
    short = embed(drawn.X[0], drawn.y[0], w[1])
    long = np.insert(short, 3, embed(drawn.X[0], drawn.y[0], w[0])[:, -1], axis=1)
    assert long.shape == (6, 5)
    assert np.allclose(lsa(long, V, W, 3)[3:5, -1], w[2], rtol=FEW_OPERATIONS)
    assert np.allclose(lsa(short, V, W, 3)[3:5, -1], w[2], rtol=FEW_OPERATIONS)


def test_pooled_mixture_uses_the_mean_and_others_their_own_optimum():
    V, _ = attention_weights(Setup(TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"]), n=5))
    assert np.array_equal(V, attention_weights(Setup([2, 2], n=5)).V)
    # per prompt, n = 5: λ = 1 or 3, E S = 2, E S² = 6/5 · 5 + 4/5 · 2
    V = attention_weights(Setup(TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"], "per_prompt"), n=5)).V
    assert V[3:5, :2] == pytest.approx(np.diag([-2 / 7.6] * 2), rel=1e-14)


@pytest.mark.parametrize("c", [0, float("nan"), "x", 1e-320])
def test_bad_scale_is_named(c):
    with pytest.raises(InvalidSetup, match="c = "):
        attention_weights(Setup([1], n=1), c=c)


def test_huge_layers_are_refused():
    with pytest.raises(InvalidSetup, match="GiB"):
        attention_weights(Setup(np.ones(100_000), n=1))
    with pytest.raises(InvalidSetup, match="GiB"):
        iterate_cot(np.ones((1000, 1)), np.ones(1), Setup(np.ones(1000), n=1), 10**6)


@pytest.mark.parametrize(
    ("X", "y", "steps", "message"),
    [
        (np.ones((3, 4)), np.ones(4), 1, "X = "),
        (np.ones(4), np.ones(4), 1, "X = "),
        (np.ones((2, 0)), np.ones(0), 1, "X = "),
        (np.ones((2, 4)), np.ones(3), 1, "y = "),
        (np.full((2, 4), np.nan), np.ones(4), 1, "NaN"),
        ([["a", 1], [1, 1]], [1, 1], 1, "X = "),
        ([[1, 2], [1]], [1, 1], 1, "X = "),
        (np.ones((2, 4)), np.ones(4), -1, "steps = -1"),
    ],
)
def test_bad_prompts_are_named(X, y, steps, message):
    with pytest.raises(InvalidSetup, match=message):
        iterate_cot(X, y, Setup([1, 1], n=1), steps)


def test_prompt_length_must_fit_a_finite_m():
    with pytest.raises(InvalidSetup, match=r"setup\.m = 3"):
        iterate_cot(np.ones((2, 4)), np.ones(4), Setup([1, 1], n=1, m=3), 1)


def test_start_and_exact_input():
    path = iterate_cot([["1/2", 1]], ["1/2", 1], Setup([1], n=1, w_0=[1]), 3)  # w* = 1: nothing to correct
    assert np.array_equal(path.w, np.ones((4, 1)))
    assert path.field_name == "F64"


def test_overflow_names_the_step():
    with pytest.raises(NotConverged, match=r"step \d+: pass steps <= \d+"):
        iterate_cot([[1e60]], [1.0], Setup([1], n=1), 10)
