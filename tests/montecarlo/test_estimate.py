import numpy as np
import pytest

from tests.tolerances import Z_LIMIT
from theorycalc.exceptions import InvalidSetup, NotConverged, OutsideRegime
from theorycalc.model import Setup
from theorycalc.montecarlo import expected_error, shards
from theorycalc.montecarlo.problem import as_problem
from theorycalc.results import Metric, Rung

#: A comparison counts only if the standard error is at most this part of the number.
POWER_FLOOR = 0.01
EXAMPLE = Setup([1, 2, 3], n=10, Sigma=[1, 1, 2], m=7)
EXAMPLE_ERRORS = (1.271132695, 0.802940760, 0.597621732)  # theory section 5
NONCOMMUTING = Setup([[1, "1/3"], ["1/3", "1/2"]], n=5, Sigma=[[4, 2], [2, 2]], m=2)
OVERTHINKER = Setup([1, "1/4"], n=2, m=2)  # exact E_4 = 18.534


def one_step(setup):
    """Rung 2 of section 4, for general P and Q, with label noise: E_1 by the definition of E[S B S]."""
    Lambda, Sigma, d, m = np.asarray(setup.Lambda), np.asarray(setup.Sigma), setup.d, setup.m
    A = np.linalg.inv((1 + 1 / setup.n) * Lambda + np.trace(Lambda) / setup.n * np.eye(d))
    Q = np.eye(d) if setup.Omega is None else np.asarray(setup.Omega)
    if setup.w_0 is not None:
        Q = Q + np.outer(np.array(setup.w_0, dtype=float), np.array(setup.w_0, dtype=float))
    SQS = Sigma @ Q @ Sigma + (Sigma @ Q @ Sigma + np.trace(Sigma @ Q) * Sigma) / m
    second = Q - A @ Sigma @ Q - Q @ Sigma @ A + A @ SQS @ A
    return second + float(setup.noise_var) / m * A @ Sigma @ A


def agrees(estimate, k, expected):
    assert estimate.stderr[k] < POWER_FLOOR * expected
    assert abs(estimate.values[k] - expected) <= Z_LIMIT * estimate.stderr[k]


@pytest.mark.parametrize("average_tasks", [True, False])
@pytest.mark.parametrize("metric", ["estimation", "prediction"])
@pytest.mark.parametrize(
    "setup",
    [
        Setup(np.arange(1, 21) ** -0.5, n=20, m=40),
        EXAMPLE,
        EXAMPLE.replace(noise_var=3),
        EXAMPLE.replace(Omega=[0, 1, 4], w_0=[2, 0, 1]),
        NONCOMMUTING.replace(noise_var="1/2", m=10),
        NONCOMMUTING.replace(m=10, Omega=[[1, 1], [1, 1]], w_0=[1, 2]),
    ],
)
def test_one_step_closed_form(setup, metric, average_tasks):
    estimate = expected_error(setup, 1, prompts=100_000, seed=1, metric=metric, average_tasks=average_tasks)
    P = np.eye(setup.d) if metric == "estimation" else np.asarray(setup.Sigma)
    agrees(estimate, 1, np.trace(P @ one_step(setup)))


def test_one_step_of_the_paper_is_rung_two():
    """‖I − AΣ‖_F² + (1/m)[tr(AΣ²A) + tr(AΣA) tr Σ], so that the helper above is itself checked."""
    A, Sigma = np.diag(1 / (1.1 * np.array([1, 2, 3]) + 0.6)), np.diag([1.0, 1, 2])
    rung_two = np.sum((np.eye(3) - A @ Sigma) ** 2)
    rung_two += (np.trace(A @ Sigma @ Sigma @ A) + np.trace(A @ Sigma @ A) * 4) / 7
    assert np.isclose(np.trace(one_step(EXAMPLE)), rung_two, rtol=1e-13)
    assert np.isclose(rung_two, EXAMPLE_ERRORS[0], rtol=1e-9)


def test_example_of_section_five():
    estimate = expected_error(EXAMPLE, 3, prompts=300_000, seed=2)
    for k, exact in enumerate(EXAMPLE_ERRORS, start=1):
        agrees(estimate, k, exact)
    assert estimate.values[0] == 3.0


def test_noncommuting_example_of_section_five():
    """At m = 2 the tail is heavy from k = 1 on; at k = 1 the fourth moment exists and z may be used."""
    agrees(expected_error(NONCOMMUTING, 1, prompts=300_000, seed=3), 1, 289722 / 14161)
    agrees(expected_error(NONCOMMUTING, 1, prompts=300_000, seed=3, metric="prediction"), 1, 1165446 / 14161)


def test_zero_steps_give_the_prior_risk():
    setup = EXAMPLE.replace(Omega=[[2, 1, 0], [1, 2, 0], [0, 0, 0]], w_0=[1, 1, 1], noise_var=5)
    assert np.isclose(expected_error(setup, 0, prompts=3, seed=0).values[0], 4 + 3)
    assert np.isclose(expected_error(setup, 0, prompts=3, seed=0, metric="prediction").values[0], 4 + 4)
    assert not expected_error(setup, 2, prompts=200, seed=0).heavy_tail[0]


def test_averaging_over_tasks_changes_the_variance_only():
    setup = Setup(np.arange(1, 11) ** -1.0, n=10, m=20, noise_var="1/2", w_0=[1] * 10)
    averaged = expected_error(setup, 4, prompts=40_000, seed=5)
    drawn = expected_error(setup, 4, prompts=40_000, seed=5, average_tasks=False)
    z = (averaged.values - drawn.values) / np.hypot(averaged.stderr, drawn.stderr)
    assert np.all(np.abs(z) <= Z_LIMIT)
    assert np.all(drawn.stderr < POWER_FLOOR * drawn.values)
    assert np.all(averaged.stderr < drawn.stderr)


def test_result_is_complete():
    estimate = expected_error(EXAMPLE, 2, prompts=1000, seed=9, metric="prediction")
    assert (estimate.rung, estimate.metric, estimate.field_name) == (Rung.SIMULATION, Metric.PREDICTION, "F64")
    assert (estimate.prompts, estimate.seed, estimate.interrupted) == (1000, 9, False)
    assert np.array_equal(estimate.lower, estimate.values - estimate.stderr)
    assert np.array_equal(estimate.upper, estimate.values + estimate.stderr)
    assert 0 < estimate.layer_residual < 1e-12
    assert any("agree on 2 prompts" in note for note in estimate.notes)
    assert np.all(estimate.quantiles[0.05] <= estimate.median)
    assert np.all(estimate.median <= estimate.quantiles[0.95])
    assert estimate.to_dict()["layer_residual"] == estimate.layer_residual
    assert "q0.95" in estimate.to_csv().splitlines()[0]


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(shards, "SHARD_PROMPTS", 1)  # one batch each


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("average_tasks", [True, False])
def test_workers_do_not_change_a_bit(average_tasks):
    setup = Setup(np.arange(1, 21) ** -0.5, n=20, m=40, noise_var=1)
    problem = as_problem(setup, steps=3, metric=Metric.ESTIMATION, average_tasks=average_tasks)
    total = 3 * shards.batch_size(problem) + 100
    assert len(shards.shard_sizes(problem, total)) == 4
    calls = []
    alone, shared = (
        expected_error(
            setup,
            3,
            prompts=total,
            seed=4,
            workers=workers,
            average_tasks=average_tasks,
            progress=lambda done, of: calls.append((done, of)),
        )
        for workers in (1, 2)
    )
    for name in ("values", "stderr", "median", "largest_share", "heavy_tail"):
        assert np.array_equal(getattr(alone, name), getattr(shared, name))
    assert np.array_equal(alone.quantiles[0.95], shared.quantiles[0.95])
    assert alone.layer_residual == shared.layer_residual
    assert calls[: len(calls) // 2] == calls[len(calls) // 2 :]
    assert calls[-1] == (total, total)


def interrupt_after(count):
    seen = []

    def progress(done, total):
        seen.append(done)
        if len(seen) == count:
            raise KeyboardInterrupt

    return progress, seen


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_runs_return_what_is_finished(workers):
    setup = Setup(np.arange(1, 21) ** -0.5, n=20, m=40)
    progress, seen = interrupt_after(2)
    estimate = expected_error(setup, 2, prompts=5000, seed=4, workers=workers, progress=progress)
    assert estimate.interrupted
    assert estimate.prompts == seen[-1] < 5000
    assert estimate.notes[0] == f"interrupted after {seen[-1]:,} of 5,000 prompts"
    whole = expected_error(setup, 2, prompts=seen[-1], seed=4)
    assert not whole.interrupted
    assert np.array_equal(whole.values, estimate.values)
    assert np.array_equal(whole.stderr, estimate.stderr)


def test_interrupted_before_anything_is_finished(monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(shards, "run_shard", interrupted)
    with pytest.raises(KeyboardInterrupt):
        expected_error(EXAMPLE, 2, prompts=100, seed=0)


def test_interrupt_after_the_last_shard_is_no_loss():
    progress, _ = interrupt_after(1)
    estimate = expected_error(EXAMPLE, 1, prompts=100, seed=0, progress=progress)
    assert (estimate.prompts, estimate.interrupted) == (100, False)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("prompts", [1000, 100_000])
def test_heavy_tail_is_flagged_where_it_is(seed, prompts):
    estimate = expected_error(OVERTHINKER, 4, prompts=prompts, seed=seed)
    assert estimate.heavy_tail[2:].all()
    assert any("heavy tail at steps" in note for note in estimate.notes)
    light = expected_error(Setup(np.arange(1, 51) ** -0.5, n=50, m=100), 1, prompts=10_000 // 4, seed=seed)
    assert not light.heavy_tail.any()


def test_tails_that_no_sample_shows_are_flagged():
    """d = n = 10, m = 20: E_12 = 0.324, of which most samples of 20,000 see 0.28 with a tiny standard error."""
    setup = Setup(np.ones(10), n=10, m=20)
    estimates = [expected_error(setup, 12, prompts=20_000, seed=seed) for seed in range(4)]
    assert min((e.values[12] - 0.324) / e.stderr[12] for e in estimates) < -Z_LIMIT
    assert all(e.heavy_tail[12] for e in estimates)
    assert not any(e.heavy_tail[:4].any() for e in estimates)


def test_overflow_names_the_step():
    setup = Setup([1], n=1000, Sigma=[1000], m=2)
    with pytest.raises(NotConverged, match=r"overflows float64 at step \d+: pass steps <= \d+") as caught:
        expected_error(setup, 400, prompts=500, seed=0)
    last = int(str(caught.value).rsplit("<= ", 1)[1])
    assert np.all(np.isfinite(expected_error(setup, last, prompts=500, seed=0).stderr))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": -1}, "steps = -1"),
        ({"steps": 1.5}, "steps = 1.5"),
        ({"steps": True}, "steps"),
        ({"prompts": 1}, "prompts = 1"),
        ({"prompts": 0}, "prompts = 0"),
        ({"prompts": float("nan")}, "prompts"),
        ({"prompts": 10**12}, "prompts = 1000000000000"),
        ({"prompts": 1000, "steps": 10**6}, "exceed"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 1.5}, "seed = 1.5"),
        ({"metric": "loss"}, "metric = 'loss'"),
        ({"metric": None}, "metric"),
        ({"workers": 0}, "workers = 0"),
        ({"workers": 10**6}, "workers"),
        ({"average_tasks": "no"}, "average_tasks"),
        ({"progress": 3}, "progress"),
        ({"setup": [1, 2]}, "not a Setup"),
    ],
)
def test_bad_input_is_named_in_one_line(arguments, message):
    given = {"setup": EXAMPLE, "steps": 2, "prompts": 10, "seed": 0} | arguments
    setup, steps = given.pop("setup"), given.pop("steps")
    with pytest.raises(InvalidSetup, match=message) as caught:
        expected_error(setup, steps, **given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("d", "m"), [(20_000, 10), (10, 10**9), (4000, 100_000)])
def test_prompts_beyond_memory_are_refused_at_once(d, m):
    with pytest.raises(InvalidSetup, match="GiB"):
        expected_error(Setup(np.ones(d), n=5, m=m), 2, prompts=10, seed=0)


def test_outside_the_regime():
    with pytest.raises(OutsideRegime, match="m = ∞"):
        expected_error(Setup([1, 2], n=3), 2, prompts=10, seed=0)
