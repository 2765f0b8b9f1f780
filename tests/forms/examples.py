"""Examples of every type that a stored file may hold: over the four fields, with mixtures, and with their odd values.

``EXAMPLES`` maps the key of a type to functions that make one.  A type without an example fails a test.
"""

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import theorycalc as tc
from theorycalc import montecarlo, rmt
from theorycalc.rmt.edge_grid import edge_grid
from theorycalc.selection.answer import TaskExplanation
from theorycalc.thinking.minimum import Minimum

FIELDS = (tc.F64, tc.MP(40), tc.BALL(120), tc.EXACT)
SMALL = tc.Setup([1, "1/2"], n=4, m=6)
GAP = tc.Setup([1, "1/10"], n=4, Sigma=[1, 1], m=30)
FLOATS = tc.Setup([1.5, 0.3], n=4, m=6, Omega=[2.0, 0.0], w_0=[0.5, -1.0], noise_var=0.25)
DENSE = tc.Setup([["1", "1/3"], ["1/3", "1/2"]], Sigma=[[4, 2], [2, 2]], n=5, m=2)
TASKS = tc.TaskMixture([[3, 1], [1, 2]], ["1/4", "3/4"])
MIXED = tc.Setup(TASKS, n=6, Sigma=[1, 1], m=20)
PER_PROMPT = tc.Setup(tc.TaskMixture([[3.0, 1.0], [1.0, 2.0]], [0.5, 0.5], sampling="per_prompt"), n=6, m=20)
X, Y = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, 1.0]]), np.array([1.0, 0.0, 2.0])
PROMPT = SMALL.replace(m=3)
SPECTRUM = [1, "1/2", "1/10"]


def over_fields(make: Callable[[tc.Field], Any], fields: tuple[tc.Field, ...] = FIELDS) -> list[Callable[[], Any]]:
    return [functools.partial(make, field) for field in fields]


def each(*made: Callable[[], Any]) -> list[Callable[[], Any]]:
    return list(made)


def selection(field: tc.Field) -> Any:
    return tc.solve_selection([1, 2], {"a": [1, 3], "b": [2, 1]}, field=field)


def overthought(setup: tc.Setup) -> Any:
    return tc.overthinking(setup, steps=4)


def training_run() -> Any:
    return montecarlo.train_layer(SMALL, epochs=4, step_size="1/64", optimizer="adam", batch=8, seed=3)


def with_cure() -> Any:
    verdict = overthought(GAP)
    assert verdict.cure.needed  # a cached property, not a field: computed anew after loading
    return verdict


EXAMPLES: dict[str, list[Callable[[], Any]]] = {
    "AttentionWeights": over_fields(lambda field: tc.attention_weights(SMALL, c="1/3", field=field)),
    "Cheapest": each(
        lambda: tc.cheapest(SMALL, "1/10", price_context=1, price_step="1/2"),
        lambda: tc.cheapest(SMALL.replace(m=None), 0.1, price_context=1.5, price_step=1, field=tc.EXACT),
    ),
    "ContractionFactors": over_fields(lambda field: tc.contraction_factors(GAP, field=field)),
    "CotEstimate": over_fields(lambda field: tc.cot_closed_form(X, Y, PROMPT, 3, field=field), (tc.F64,)),
    "Cure": each(
        lambda: tc.overthinking_cure(GAP, field=tc.EXACT),
        lambda: tc.overthinking_cure(GAP, field=tc.F64),
        lambda: tc.overthinking_cure(tc.Setup([1, 1], n=4, Sigma=[[5, 1], [1, 4]])),
        lambda: tc.overthinking_cure(SMALL),
    ),
    "Derivation": each(tc.derive_gamma),
    "DescentRates": over_fields(lambda field: tc.descent_rates(SMALL, "1/8", field=field)),
    "Direction": each(lambda: overthought(GAP).directions[0], lambda: overthought(DENSE).directions[0]),
    "Directions": each(lambda: overthought(GAP).directions, lambda: overthought(DENSE).directions),
    "EdgeGrid": each(lambda: edge_grid(np.array([[0.5, 0.2], [0.9, 0.1]]), np.array([4.0, 7.0]))),
    "EdgeTerm": over_fields(lambda field: tc.phase(SMALL, field=field).terms[0], FIELDS[:3]),
    "EffectiveRanks": over_fields(lambda field: tc.effective_ranks([1, "1/2"], field=field)),
    "ErrorCurve": [
        *over_fields(lambda field: tc.expected_error(SMALL, 3, field=field)),
        *over_fields(lambda field: tc.expected_error(DENSE, 2, metric="prediction", field=field)),
        *over_fields(lambda field: tc.expected_error(SMALL, 3, rung="bound", field=field)),
        *over_fields(lambda field: tc.expected_error(MIXED, 2, field=field), (tc.F64, tc.EXACT)),
        *each(
            lambda: tc.expected_error(FLOATS, 3),
            lambda: tc.expected_error(PER_PROMPT, 3, rung="population"),
            lambda: tc.expected_error(tc.Setup(tc.power_law(3, "1/2"), n=4, m=6), 2, rung="expansion"),
            lambda: tc.expected_error(tc.Setup([1], n=2, m=3, Omega=[10**400]), 1, field=tc.EXACT),
            lambda: tc.expected_error(tc.Setup([1], n=2, m=3, Omega=[10**400]), 1, field=tc.MP(20)),
        ),
    ],
    "Estimate": each(
        lambda: montecarlo.expected_error(SMALL, 2, prompts=50, seed=1),
        lambda: montecarlo.expected_error(PER_PROMPT, 2, prompts=20, seed=2, metric="prediction"),
    ),
    "Frontier": each(
        lambda: tc.frontier(SMALL.replace(m=None), ["1/2", 0.25, "1/10"], [1, 2, 3]),
        lambda: tc.frontier(SMALL, "1/2", [1, 2], rung="exact"),
    ),
    "GammaResult": [
        *over_fields(lambda field: tc.gamma_matrix(DENSE, field)),
        *each(lambda: tc.gamma_matrix(PER_PROMPT), lambda: tc.reference.gamma_matrix(SMALL)),
    ],
    "LargestEigenvalue": over_fields(lambda field: tc.largest_eigenvalue(5, d=2, m=3, field=field), FIELDS[:3]),
    "MeanMinimum": each(lambda: overthought(GAP).mean),
    "Minimum": each(lambda: overthought(GAP).minimum, lambda: Minimum(2, float("inf"))),
    "Mixed": each(lambda: tc.surrogate_regret(MIXED, 2, starts=3).mixtures[0]),
    "OneSkillPoint": over_fields(lambda field: tc.one_skill_point(SMALL, field=field)),
    "OptimalMixture": each(lambda: tc.optimal_mixture(MIXED, 2, starts=3)),
    "Overthinking": each(
        with_cure, lambda: overthought(DENSE), lambda: overthought(GAP.replace(m=None)), lambda: overthought(SMALL)
    ),
    "OverthinkingProbability": each(
        lambda: tc.overthinking_probability(tc.Setup([1, 1], n=2, m=3)),
        lambda: tc.overthinking_probability(tc.Setup([1, 1], n=2, m=3), field=tc.BALL(80)),
        lambda: tc.overthinking_probability(SMALL),
    ),
    "Phase": [
        *over_fields(lambda field: tc.phase(SMALL, field=field), FIELDS[:3]),
        *each(lambda: tc.phase(GAP.replace(m=None)), lambda: tc.phase(tc.Setup([1, 1, 1], n=3, m=2))),
    ],
    "PhaseDiagram": each(lambda: tc.phase_diagram(SMALL, cells=4)),
    "Rebalancing": each(
        lambda: tc.rebalancing(GAP),
        lambda: tc.rebalancing(GAP.replace(Sigma=[100, 100])),
        lambda: tc.rebalancing(tc.Setup([1.0, 1.0], n=4, Sigma=[[2.5, 1.0], [1.0, 1.4]])),
    ),
    "RegretTable": each(
        lambda: tc.regret_table(MIXED, steps=(2,), n=(4,), m=(None, 9), sampling=("pooled", "per_prompt"), starts=3)
    ),
    "Resolvents": each(lambda: rmt.resolvent_equivalent(SPECTRUM, 5, [2 + 1j, -1])),
    "RungMap": each(lambda: tc.rung_map(SMALL, 2, m_values=[5, 50])),
    "SafeContext": each(lambda: tc.safe_context(SMALL), lambda: tc.safe_context(GAP.replace(Sigma=[100, 100]))),
    "Selection": [
        *over_fields(selection),
        *each(
            lambda: tc.solve_selection([[2, 1], [1, 2]], [[[1, 0], [0, 3]], [[2, 1], [1, 1]]], field=tc.EXACT),
            lambda: tc.solve_selection([1, 1], [[1, 1], [2, 2], [1, 1]], field=tc.EXACT),
            lambda: tc.corrected_selection(MIXED),
        ),
    ],
    "SelectionIntervals": each(
        lambda: tc.bootstrap_selection(
            np.random.default_rng(0).normal(size=(40, 2)),
            {"a": np.random.default_rng(1).normal(size=(40, 2)), "b": tc.isotropic(2, 2)},
            replicates=5,
        )
    ),
    "SelectionProgram": [
        *over_fields(lambda field: tc.selection_program([1, 2], {"a": [1, 3], "b": [2, 1]}, field=field)),
        *over_fields(
            lambda field: tc.selection_program([[2, 1], [1, 2]], [[[1, 0], [0, 3]], [[2, 1], [1, 1]]], field=field)
        ),
    ],
    "SmallestContext": each(
        lambda: tc.smallest_context(SMALL.replace(m=None), 2, "1/10"),
        lambda: tc.smallest_context(SMALL, 2, 1e-9, rung="exact"),
        lambda: tc.smallest_context(SMALL, 2, "1/2", rung="exact", field=tc.EXACT),
    ),
    "SmallestSteps": each(
        lambda: tc.smallest_steps(SMALL, "1/10"),
        lambda: tc.smallest_steps(SMALL, 1e-9, rung="exact", most=6),
        lambda: tc.smallest_steps(SMALL, "1/2", field=tc.EXACT),
    ),
    "SpectralDensity": each(lambda: rmt.spectral_density(SPECTRUM, 5, points=10)),
    "SpectralEdges": [
        *over_fields(lambda field: rmt.spectral_edges(SPECTRUM, 5, field=field), FIELDS[:3]),
        *each(lambda: tc.phase(GAP.replace(m=None)).edges),
    ],
    "SpectralOutliers": over_fields(
        lambda field: rmt.spectral_outliers([1, 1, 1, 1], ["1/9", 9], m=5, field=field), FIELDS[:3]
    ),
    "SpectralSupport": over_fields(lambda field: rmt.spectral_support(SPECTRUM, 5, field=field), FIELDS[:3]),
    "SurrogateRegret": each(lambda: tc.surrogate_regret(MIXED, 2, starts=3)),
    "TaskExplanation": each(
        lambda: selection(tc.EXACT).explain()[0],
        lambda: TaskExplanation(
            task=0,
            name="<only> “one”\n",
            weight=1.0,
            relevance=0.5,
            alone=2.0,
            coverage=float("inf"),
            hardness=3.0,
            min_eigenvalue=1e-300,
            reduced_cost=-0.0,
        ),
    ),
    "TrainingChoice": each(
        lambda: tc.TrainingChoice(steps=1, epochs=2, cost=Fraction(7, 3)),
        lambda: tc.TrainingChoice(steps=1, epochs=2, cost=0.1),
    ),
    "TrainingCurve": [
        *over_fields(lambda field: tc.training_curve(SMALL, 3, "1/8", steps=2, field=field)),
        *each(lambda: tc.training_curve(FLOATS, [0, 5], 0.1, steps=2, rung="exact")),
    ],
    "TrainingFrontier": each(
        lambda: tc.training_frontier(SMALL, "1/2", steps=3, step_size="1/8"),
        lambda: tc.training_frontier(SMALL, 1e-9, steps=2, step_size=0.125, rung="exact", max_epochs=5),
    ),
    "TrainingLength": each(
        lambda: tc.longest_safe_training(GAP),
        lambda: tc.longest_safe_training(SMALL),
        lambda: tc.longest_safe_training(DENSE, field=tc.F64),
    ),
    "Trajectory": [
        *over_fields(lambda field: tc.iterate_cot(X, Y, PROMPT, 2, field=field)),
        *each(
            lambda: montecarlo.iterate_cot(X, Y, PROMPT, 2),
            lambda: tc.reference.iterate_cot([[1, 2, 1]], [1, 0, 2], tc.Setup([1], n=2), 2),
        ),
    ],
    "TransientGrowth": each(
        lambda: tc.transient_growth(DENSE), lambda: tc.transient_growth(GAP), lambda: tc.transient_growth(SMALL)
    ),
    "TypicalError": each(
        lambda: tc.typical_error(SMALL, [0, 5, 2000]), lambda: tc.typical_error(tc.Setup([1, 1, 1], n=3, m=2), [1, 40])
    ),
    "TypicalMinimum": each(lambda: overthought(GAP).typical, lambda: overthought(DENSE.replace(m=30)).typical),
    "Validity": each(
        lambda: tc.validity(SMALL, 2, 2),
        lambda: tc.validity(SMALL, 2, 1.5, law="corollary"),
        lambda: tc.validity(SMALL, 40, 2),
    ),
    "ValidityTable": each(lambda: tc.validity_table(SMALL, 2, "3/2")),
    "montecarlo.AttentionWeights": each(lambda: montecarlo.attention_weights(SMALL)),
    "montecarlo.LayerGradient": each(
        lambda: montecarlo.sampled_gradient(
            montecarlo.embed(X[None], Y[None]), np.array([[1.0, 2.0]]), montecarlo.attention_weights(SMALL)
        )
    ),
    "montecarlo.LearnedErrors": each(lambda: montecarlo.learned_errors(training_run(), 2, prompts=10, seed=0, times=2)),
    "montecarlo.ProbabilityEstimate": each(lambda: montecarlo.overthinking_probability(SMALL, prompts=30, seed=0)),
    "montecarlo.Prompts": each(lambda: montecarlo.draw_prompts(SMALL, 3, seed=0)),
    "montecarlo.Training": each(lambda: training_run().how),
    "montecarlo.TrainingRun": each(training_run),
}
