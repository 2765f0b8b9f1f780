"""One task in place of a mixture: the same A*, exactly, and a refusal where no task has it."""

import numpy as np
import pytest
from hypothesis import given

from proofs_check.strategies import counts, mixtures
from tests.tolerances import FEW_OPERATIONS
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT
from theorycalc.gamma.closed_form import gamma_matrix
from theorycalc.gamma.equivalent import equivalent_task
from theorycalc.gamma.mixture import optimal_map
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture

FIRST, SECOND = [["2", "1/3"], ["1/3", "1/2"]], [["1", "-1/2"], ["-1/2", "3"]]
MIXED = ("per_prompt", "per_example")


def mixture(tasks, sampling, **arguments):
    return Setup(TaskMixture(tasks, ["1/3", "2/3"], sampling), n=4, **arguments)


@given(mixtures(spectra_only=True), counts(100))
def test_spectra_always_have_one(tasks, n):
    setup = Setup(tasks, n=n, m=3, Sigma=[2] * tasks.covariances[0].d, noise_var=1)
    one = equivalent_task(setup)
    assert one.mixture is None
    assert (gamma_matrix(one, EXACT).Gamma_inv == optimal_map(setup, field=EXACT)).all()
    assert (one.m, one.noise_var, one.Sigma.to_list()) == (3, 1, setup.Sigma.to_list())


@pytest.mark.parametrize("sampling", SAMPLING_MODELS)
@pytest.mark.parametrize(
    "tasks", [[FIRST, [["4", "2/3"], ["2/3", "1"]]], [FIRST, FIRST], [FIRST, [["3", "1/3"], ["1/3", "3/2"]]]]
)
def test_commuting_matrices_have_one(tasks, sampling):
    setup = mixture(tasks, sampling)
    assert (gamma_matrix(equivalent_task(setup), EXACT).Gamma_inv == optimal_map(setup, field=EXACT)).all()
    assert np.allclose(gamma_matrix(setup).Gamma_inv, optimal_map(setup), rtol=FEW_OPERATIONS)


@pytest.mark.parametrize("sampling", MIXED)
def test_matrices_that_do_not_commute_have_none(sampling):
    with pytest.raises(OutsideRegime, match="do not commute"):
        equivalent_task(mixture([FIRST, SECOND], sampling))


def test_a_task_without_weight_plays_no_role():
    setup = Setup(TaskMixture([FIRST, SECOND], [1, 0], "per_prompt"), n=4)
    one = equivalent_task(setup)
    assert (one.n, one.Lambda.to_list()) == (4, Setup(FIRST, n=4).Lambda.to_list())
    assert one.matched


def test_many_rows_of_full_matrices_are_refused_not_guessed():
    rng = np.random.default_rng(1)
    G = rng.normal(size=(40, 40))
    task = G @ G.T + np.eye(40)
    with pytest.raises(OutsideRegime, match="not known to commute"):
        equivalent_task(Setup(TaskMixture([task, 2 * task], [0.5, 0.5], "per_prompt"), n=4))
