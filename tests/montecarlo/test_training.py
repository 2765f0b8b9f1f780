"""Training the real layer: where it goes, what it leaves alone, and runs that stop and go on."""

from typing import Any

import numpy as np
import pytest

from tests.tolerances import FEW_OPERATIONS, LONG_RECURSION, Z_LIMIT
from theorycalc import montecarlo
from theorycalc.error_curves.curves import expected_error
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.descent import descent_weights, largest_step
from theorycalc.gamma.loss import minimal_loss, population_loss
from theorycalc.model import Setup, TaskMixture
from theorycalc.montecarlo import continue_training, learned_error, learned_errors, train_layer
from theorycalc.montecarlo.training import trained_entries

SETUP = Setup([1, "1/2"], n=10, m=40)
MATRIX = Setup([[2, "1/3"], ["1/3", "1/2"]], n=3, m=6)


def read(weights, d):
    return weights.V[d + 1 : 2 * d + 1, :d]


@pytest.mark.parametrize("setup", [SETUP, MATRIX, Setup(TaskMixture([[1, 2], [3, 1]], ["1/4", "3/4"]), n=4)])
@pytest.mark.parametrize("c", [1, -3])
def test_gradient_descent_follows_the_closed_form(setup, c):
    eta = largest_step(setup, c=c) * 0.4
    run = train_layer(setup, epochs=40, step_size=eta, c=c)
    optimum = -gamma_matrix(setup).Gamma_inv / c
    for epoch, loss, distance in zip(run.epochs.tolist(), run.loss, run.distance, strict=True):
        V = descent_weights(setup, epoch, eta, c=c)
        assert read(run.weights_at(epoch), setup.d) == pytest.approx(V, rel=LONG_RECURSION, abs=LONG_RECURSION)
        assert loss == pytest.approx(population_loss(setup, V, c=c), rel=LONG_RECURSION)
        gap = np.linalg.norm(V - optimum) / np.linalg.norm(optimum)
        assert distance == pytest.approx(gap, rel=1e-8, abs=FEW_OPERATIONS)
    assert run.minimal_loss == pytest.approx(minimal_loss(setup), rel=FEW_OPERATIONS)
    assert run.excess == pytest.approx(run.loss - run.minimal_loss, abs=FEW_OPERATIONS)
    assert not run.stray.any()
    assert run.thinking_gap == 0


def test_a_step_beyond_the_bound_diverges():
    with pytest.raises(NotConverged, match=r"leaves the float64 range at epoch .*smaller step_size"):
        train_layer(SETUP, epochs=10**5, step_size=largest_step(SETUP) * 1.1)


def test_no_other_block_moves():
    """From the paper's start all of V and W may move, but only V₃₁ and W₂₄ do: GAM-06 on the real layer."""
    everything = train_layer(SETUP, epochs=50, step_size=0.1, trained="all")
    joint = train_layer(SETUP, epochs=50, step_size=0.1, trained="V31+W24")
    for moved, same in zip(everything.weights, joint.weights, strict=True):
        assert np.allclose(moved, same, rtol=FEW_OPERATIONS, atol=0)
    frozen = train_layer(SETUP, epochs=50, step_size=0.1)
    assert frozen.weights.W[2, -1] == -1 > joint.weights.W[2, -1]


def test_joint_training_ends_where_the_conserved_quantity_says():
    """V₃₁ = −Γ⁻¹/b, W₂₄ = −b with b⁴ − c² b² = ‖Γ⁻¹‖², up to the step size: the gap halves as η does."""
    square = float(np.sum(gamma_matrix(SETUP).Gamma_inv ** 2))
    limit = ((1 + (1 + 4 * square) ** 0.5) / 2) ** 0.5
    gaps = []
    for halvings in range(3):
        run = train_layer(SETUP, epochs=500 * 2**halvings, step_size=0.05 / 2**halvings, trained="V31+W24")
        b = -run.weights.W[2, -1]
        assert run.distance[-1] < 1e-9
        assert read(run.weights, 2) * b == pytest.approx(-gamma_matrix(SETUP).Gamma_inv, abs=1e-8)
        gaps.append(limit - b)
    assert 0 < gaps[0] < 0.01
    assert 1.9 < gaps[0] / gaps[1] < 2.1
    assert 1.9 < gaps[1] / gaps[2] < 2.1


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("trained", ["V31", "V31+W24"])
def test_sampled_gradients_come_near_the_optimum(optimizer, trained):
    eta = 0.3 if optimizer == "sgd" else 0.05
    run = train_layer(SETUP, epochs=1500, step_size=eta, optimizer=optimizer, trained=trained, decay=100, batch=64)
    assert run.distance[-1] < 0.03
    assert run.excess[-1] < 2e-3
    assert train_layer(SETUP, epochs=0, step_size=eta).distance.tolist() == [1.0]


def test_a_dense_random_start_reaches_the_readout_but_not_the_thinking():
    run = train_layer(SETUP, epochs=3000, step_size=0.1, trained="all", start="random", scale=0.01, seed=0)
    assert run.distance[-1] < 1e-8
    assert run.excess[-1] < 1e-8
    assert run.thinking_gap > 0.9
    errors = learned_error(SETUP, 3, weights=run.weights, prompts=500, seed=1)
    newton = learned_error(SETUP, 3, weights=montecarlo.attention_weights(SETUP), prompts=500, seed=1)
    assert errors.values[1] == pytest.approx(newton.values[1], rel=1e-6)  # the same prompts, the same first step
    assert errors.values[3] > 10 * errors.values[1] > 100 * newton.values[3]


def near_rank_one(setup, seed):
    """Weights near V₃₂ W₁₄ᵀ = e₁e₁ᵀ/γ₁ with V₃₁ = 0 and W₂₄ = 0: the strongest skill, through the labels' row."""
    rng = np.random.default_rng(seed)
    V, W = rng.standard_normal((2, 6, 6)) * 0.02
    V[3, 2], W[0, -1], W[-1, -1] = 1 / float(gamma_matrix(setup).Gamma[0, 0]), 1, 0.3
    return montecarlo.AttentionWeights(V=V, W=W)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_minimum_that_knows_one_skill(seed):
    """λ = (1, 1/20), n = 10: GAM-12's minimum at ½ λ₂/γ₂ above the least loss; at λ = (1, 1/2) it is a saddle."""
    setup = Setup([1, "1/20"], n=10)
    run = train_layer(setup, epochs=2500, step_size=0.3, trained="all", weights=near_rank_one(setup, seed))
    assert run.how.start == "given"
    assert run.excess[-1] == pytest.approx((0.05 / (1.1 * 0.05 + 0.105)) / 2, rel=2e-3)
    assert np.linalg.svd(run.A, compute_uv=False)[1] < 1e-2 * np.linalg.norm(run.A)
    assert run.norms[-1, run.block_names.index("W24")] < 0.01
    saddle = train_layer(SETUP, epochs=2500, step_size=0.3, trained="all", weights=near_rank_one(SETUP, seed))
    assert saddle.excess[-1] < 1e-3


@pytest.mark.full
def test_random_starts_find_either_minimum():
    setup = Setup([1, "1/20"], n=10)
    ends = [
        train_layer(setup, epochs=6000, step_size=0.1, trained="all", start="random", seed=seed) for seed in range(12)
    ]
    stuck = [run.excess[-1] > 0.1 for run in ends]
    assert 0 < sum(stuck) < len(ends)
    assert all(run.excess[-1] < 1e-3 or run.excess[-1] == pytest.approx(0.15625, rel=1e-2) for run in ends)


def test_a_run_is_its_seed_and_goes_on_where_it_stopped():
    arguments: dict[str, Any] = {
        "step_size": 0.02,
        "optimizer": "adam",
        "trained": "all",
        "start": "random",
        "batch": 16,
        "seed": 7,
    }
    whole = train_layer(SETUP, epochs=60, **arguments)
    again = train_layer(SETUP, epochs=60, **arguments)
    resumed = continue_training(train_layer(SETUP, epochs=23, **arguments), 60)
    for other in (again, resumed):
        assert (other.weights.V == whole.weights.V).all()
        assert (other.weights.W == whole.weights.W).all()
    assert (resumed.loss == whole.loss).all()
    assert (resumed.epochs == whole.epochs).all()
    assert (train_layer(SETUP, epochs=60, **(arguments | {"seed": 8})).weights.V != whole.weights.V).any()


def test_an_interrupt_returns_what_there_is():
    def stop(done, total):
        if done == 30:
            raise KeyboardInterrupt

    run = train_layer(SETUP, epochs=100, step_size=0.1, progress=stop)
    assert run.interrupted
    assert run.done == 30
    whole = train_layer(SETUP, epochs=100, step_size=0.1)
    assert (continue_training(run, 100).weights.V == whole.weights.V).all()
    assert not continue_training(run, 100).interrupted


def test_progress_ends_at_the_end():
    seen = []
    train_layer(SETUP, epochs=250, step_size=0.1, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (250, 250)
    assert 50 < len(seen) < 200


def test_learned_weights_think_like_the_trained_layer():
    run = train_layer(SETUP, epochs=200, step_size=largest_step(SETUP) / 2)
    learned = learned_error(SETUP, 4, weights=run.weights, prompts=300, seed=3)
    optimal = learned_error(SETUP, 4, weights=montecarlo.attention_weights(SETUP), prompts=300, seed=3)
    assert learned.values == pytest.approx(optimal.values, rel=1e-9)
    assert learned.layer_residual == 0


def test_learned_error_takes_every_part_of_the_question():
    setup = MATRIX.replace(m=400, Sigma=[[1, 0], [0, 2]], Omega=[[1, 1], [1, 1]], w_0=[1, 2], noise_var="1/10")
    weights = montecarlo.attention_weights(setup)
    for metric in ("estimation", "prediction"):
        estimate = learned_error(setup, 1, weights=weights, prompts=6000, seed=1, metric=metric)
        exact = expected_error(setup, 1, metric=metric).values
        assert not estimate.heavy_tail.any()
        assert np.all(np.abs(estimate.values - exact) < Z_LIMIT * estimate.stderr)
        assert np.all(estimate.stderr < 0.03 * exact)


def test_errors_along_a_run():
    run = train_layer(SETUP, epochs=30, step_size=0.1)
    along = learned_errors(run, 2, prompts=200, seed=1, times=4)
    assert along.error.shape == (4, 3)
    assert along.epochs[-1] == 30
    last = learned_error(SETUP, 2, weights=run.weights, prompts=200, seed=1)
    assert (along.error[-1] == last.values).all()
    assert along.to_dict()["epochs"] == along.epochs.tolist()
    assert learned_errors(run, 2, prompts=200, seed=1, times=1).epochs.tolist() == [30]


def test_a_run_as_text_and_numbers():
    run = train_layer(SETUP, epochs=12, step_size="1/10", trained="V31+W24")
    assert repr(run).startswith("TrainingRun(gd, V31+W24, start=paper, 12 epochs: loss ")
    data = run.to_dict()
    assert data["epochs"] == [*range(11), 12]
    assert data["how"]["step_size"] == 0.1
    lines = run.to_csv().splitlines()
    assert lines[0] == "epochs,loss,excess,distance,stray,V31,V32,V34,W14,W24,W44"
    assert len(lines) == 1 + len(run.epochs)
    assert not run.loss.flags.writeable
    assert "deterministic" in run.uncertainty
    assert "seed 0" in train_layer(SETUP, epochs=1, step_size=0.1, optimizer="sgd").uncertainty


def test_trained_entries():
    for trained, count in (("V31", (4, 0)), ("V31+W24", (4, 1)), ("all", (36, 36))):
        assert tuple(int(mask.sum()) for mask in trained_entries(2, trained)) == count
    run = train_layer(SETUP, epochs=0, step_size=1, start="random", trained="V31+W24", scale=2)
    assert (run.weights.W[:2, 3:5] == np.eye(2)).all()
    assert run.weights.W[2, -1] not in (0, -1)


def test_refusals():
    for arguments, message in (
        ({"epochs": -1}, "epochs = -1: smaller than 0"),
        ({"step_size": 0}, "step_size = 0: not positive"),
        ({"step_size": "1e-400"}, "step_size = .*not positive in float64"),
        ({"step_size": "1e400"}, "step_size = .*float64 range"),
        ({"optimizer": "lion"}, "optimizer = 'lion': unknown"),
        ({"trained": "W13"}, "trained = 'W13': unknown"),
        ({"start": "zero"}, "start = 'zero': unknown"),
        ({"batch": 0}, "batch = 0: smaller than 1"),
        ({"seed": -1}, "seed = -1"),
        ({"c": 0}, "c = 0: zero"),
        ({"scale": -1}, "scale = -1: not positive"),
        ({"decay": 0}, "decay = 0: smaller than 1"),
        ({"progress": 3}, "progress = 3: not callable"),
        ({"weights": 3}, "weights = 3: not V and W"),
        ({"weights": montecarlo.attention_weights(SETUP), "start": "random"}, "start = 'random': .*weights"),
    ):
        with pytest.raises(InvalidSetup, match=message):
            train_layer(SETUP, **({"epochs": 1, "step_size": 0.1} | arguments))
    with pytest.raises(InvalidSetup, match="training would take"):
        train_layer(Setup([1] * 4000, n=3), epochs=1, step_size=0.1)
    with pytest.raises(InvalidSetup, match="not a TrainingRun"):
        continue_training(3, 5)  # type: ignore[arg-type]
    run = train_layer(SETUP, epochs=5, step_size=0.1)
    with pytest.raises(InvalidSetup, match="epochs = 4: smaller than 5"):
        continue_training(run, 4)
    with pytest.raises(InvalidSetup, match="epoch = 17: not recorded"):
        run.weights_at(17)
    with pytest.raises(InvalidSetup, match=r"weights.V = \(2, 2\): no finite matrix"):
        learned_error(SETUP, 1, weights=(np.eye(2), np.eye(2)), prompts=2, seed=0)  # type: ignore[arg-type]
    with pytest.raises(InvalidSetup, match="not V and W"):
        learned_error(SETUP, 1, weights=3, prompts=2, seed=0)  # type: ignore[arg-type]
    with pytest.raises(OutsideRegime, match="m = ∞"):
        learned_error(SETUP.replace(m=None), 1, weights=run.weights, prompts=2, seed=0)
    wild = train_layer(SETUP, epochs=0, step_size=1, trained="all", start="random", scale=50)
    with pytest.raises(NotConverged, match=r"overflows float64 at step \d+: pass steps <="):
        learned_error(SETUP, 30, weights=wild.weights, prompts=5, seed=0)


def test_the_first_steps_are_exact():
    """d = 1, Λ = 2, n = 2, η = 1/16: the distance is halved, in binary without rounding."""
    run = train_layer(Setup([2], n=2), epochs=20, step_size="1/16")
    exact = [descent_weights(Setup([2], n=2), t, "1/16", field=EXACT)[0, 0] for t in run.epochs.tolist()]
    assert [run.weights_at(t).V[2, 0] for t in run.epochs.tolist()] == [float(value) for value in exact]
