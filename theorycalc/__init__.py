"""theorycalc: an analytic theory calculator for test-time scaling.

Given what a one-layer linear transformer was trained on (Λ, n) and what it is asked at test time (Σ, m), it computes
the test error after k chain-of-thought steps: exactly, in the limits, bounded and simulated.

>>> import theorycalc as tc
>>> curve = tc.expected_error(tc.Setup([1], n=1, m=1), 2, field=tc.EXACT)
>>> print(*curve.values)
1 2/3 20/27

This façade only says where each public name lives; nothing is imported before it is first used.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from theorycalc import montecarlo, reference
    from theorycalc.cot.closed_form import CotEstimate, cot_closed_form
    from theorycalc.cot.recursion import iterate_cot
    from theorycalc.error_curves.bounds import long_chain_bound, one_step_bound
    from theorycalc.error_curves.curves import expected_error
    from theorycalc.error_curves.one_step import one_step_error
    from theorycalc.error_curves.typical import TypicalError, typical_error
    from theorycalc.exceptions import InvalidSetup, NotCertified, NotConverged, OutsideRegime, TheoryError
    from theorycalc.fields import BALL, EXACT, F64, MP, Ball, Field
    from theorycalc.forms.decode import from_json
    from theorycalc.forms.encode import to_json
    from theorycalc.forms.files import load, save
    from theorycalc.gamma.attention import AttentionWeights, attention_weights
    from theorycalc.gamma.closed_form import gamma_matrix
    from theorycalc.gamma.dense import OneSkillPoint, one_skill_point
    from theorycalc.gamma.derive import Derivation, derive_gamma
    from theorycalc.gamma.descent import descent_weights, largest_step
    from theorycalc.gamma.equivalent import equivalent_task
    from theorycalc.gamma.joint import joint_limit, joint_step
    from theorycalc.gamma.loss import loss_gradient, minimal_loss, population_loss
    from theorycalc.gamma.mixture import mixture_moments, optimal_map, optimal_map_limit
    from theorycalc.gamma.rates import DescentRates, descent_rates, optimal_step, training_times
    from theorycalc.hardness import (
        ContractionFactors,
        EffectiveRanks,
        condition_number,
        contraction_factors,
        effective_ranks,
        task_hardness,
    )
    from theorycalc.model import Setup, TaskMixture
    from theorycalc.moments.wishart import wishart_trace_moments
    from theorycalc.results import ErrorCurve, Estimate, GammaResult, Metric, Rung, Trajectory
    from theorycalc.rmt.largest_eigenvalue import LargestEigenvalue, largest_eigenvalue
    from theorycalc.selection.answer import Selection, TaskExplanation
    from theorycalc.selection.bootstrap import SelectionIntervals, bootstrap_selection
    from theorycalc.selection.corrected import corrected_selection
    from theorycalc.selection.program import SelectionProgram, selection_program
    from theorycalc.selection.regret import RegretTable, SurrogateRegret, regret_table, surrogate_regret
    from theorycalc.selection.solve import solve_selection
    from theorycalc.selection.true_optimum import OptimalMixture, optimal_mixture
    from theorycalc.spectra import (
        Covariance,
        covariance_from_samples,
        isotropic,
        load_covariance,
        parse_covariance,
        power_law,
        spiked,
    )
    from theorycalc.thinking.cheapest import Cheapest, cheapest
    from theorycalc.thinking.context import SmallestContext, smallest_context
    from theorycalc.thinking.cost import thinking_flops, training_tokens
    from theorycalc.thinking.cure import Cure, cure_along, overthinking_cure
    from theorycalc.thinking.directions import Direction, Directions, Fate
    from theorycalc.thinking.frontier import Frontier, frontier
    from theorycalc.thinking.overthinking import Overthinking, overthinking
    from theorycalc.thinking.phase_diagram import PhaseDiagram, phase_diagram
    from theorycalc.thinking.phase_result import Phase
    from theorycalc.thinking.phases import phase
    from theorycalc.thinking.probability import OverthinkingProbability, overthinking_probability
    from theorycalc.thinking.rebalancing import Rebalancing, rebalancing
    from theorycalc.thinking.rung_map import RungMap, rung_map
    from theorycalc.thinking.safe import SafeContext, safe_context
    from theorycalc.thinking.steps import SmallestSteps, smallest_steps
    from theorycalc.thinking.training import TrainingCurve, training_curve
    from theorycalc.thinking.training_frontier import TrainingChoice, TrainingFrontier, training_frontier
    from theorycalc.thinking.training_length import TrainingLength, longest_safe_training
    from theorycalc.thinking.transient import TransientGrowth, transient_growth
    from theorycalc.thinking.validity import Validity, ValidityTable, validity, validity_table

__all__ = [
    # the statement of a problem
    "Setup",
    "TaskMixture",
    "Covariance",
    "isotropic",
    "power_law",
    "spiked",
    "load_covariance",
    "parse_covariance",
    "covariance_from_samples",
    # arithmetic
    "F64",
    "MP",
    "BALL",
    "EXACT",
    "Ball",
    "Field",
    # what training leaves in the weights
    "gamma_matrix",
    "mixture_moments",
    "optimal_map",
    "optimal_map_limit",
    "equivalent_task",
    "derive_gamma",
    "attention_weights",
    "population_loss",
    "loss_gradient",
    "minimal_loss",
    # how training gets there
    "training_curve",
    "training_frontier",
    "descent_weights",
    "descent_rates",
    "training_times",
    "largest_step",
    "optimal_step",
    "joint_limit",
    "joint_step",
    "one_skill_point",
    # how hard a task is
    "task_hardness",
    "condition_number",
    "effective_ranks",
    "contraction_factors",
    # thinking on one prompt
    "iterate_cot",
    "cot_closed_form",
    # the test error, and the moments behind it
    "expected_error",
    "typical_error",
    "rung_map",
    "one_step_error",
    "one_step_bound",
    "long_chain_bound",
    "wishart_trace_moments",
    # which tasks to train on
    "solve_selection",
    "selection_program",
    "bootstrap_selection",
    "corrected_selection",
    "optimal_mixture",
    "surrogate_regret",
    "regret_table",
    # when thinking longer hurts, who is to blame, and what cures it
    "overthinking",
    "overthinking_cure",
    "cure_along",
    "rebalancing",
    "longest_safe_training",
    "transient_growth",
    "overthinking_probability",
    "largest_eigenvalue",
    # the thinking budget
    "phase",
    "phase_diagram",
    "safe_context",
    # how much context thinking saves
    "smallest_context",
    "smallest_steps",
    "frontier",
    "validity",
    "validity_table",
    "cheapest",
    "training_tokens",
    "thinking_flops",
    # the other two legs: montecarlo.expected_error, reference.expected_error
    "montecarlo",
    "reference",
    # the shape of an answer
    "ErrorCurve",
    "Estimate",
    "TypicalError",
    "GammaResult",
    "Trajectory",
    "CotEstimate",
    "Phase",
    "PhaseDiagram",
    "RungMap",
    "SafeContext",
    "AttentionWeights",
    "TrainingCurve",
    "TrainingFrontier",
    "TrainingChoice",
    "DescentRates",
    "OneSkillPoint",
    "Derivation",
    "EffectiveRanks",
    "ContractionFactors",
    "Selection",
    "SelectionProgram",
    "SelectionIntervals",
    "TaskExplanation",
    "OptimalMixture",
    "SurrogateRegret",
    "RegretTable",
    "Overthinking",
    "Directions",
    "Direction",
    "Fate",
    "Cure",
    "Rebalancing",
    "TrainingLength",
    "TransientGrowth",
    "OverthinkingProbability",
    "LargestEigenvalue",
    "SmallestContext",
    "SmallestSteps",
    "Frontier",
    "Validity",
    "ValidityTable",
    "Cheapest",
    "Rung",
    "Metric",
    # keeping an answer
    "to_json",
    "from_json",
    "save",
    "load",
    # questions without an answer
    "TheoryError",
    "InvalidSetup",
    "OutsideRegime",
    "NotConverged",
    "NotCertified",
]

if not TYPE_CHECKING:  # so that a type checker refuses names that do not exist
    _NAMES_OF = {
        "cot.closed_form": ("CotEstimate", "cot_closed_form"),
        "cot.recursion": ("iterate_cot",),
        "error_curves.bounds": ("long_chain_bound", "one_step_bound"),
        "error_curves.curves": ("expected_error",),
        "error_curves.one_step": ("one_step_error",),
        "error_curves.typical": ("TypicalError", "typical_error"),
        "exceptions": ("InvalidSetup", "NotCertified", "NotConverged", "OutsideRegime", "TheoryError"),
        "fields": ("BALL", "EXACT", "F64", "MP", "Ball", "Field"),
        "forms.decode": ("from_json",),
        "forms.encode": ("to_json",),
        "forms.files": ("load", "save"),
        "gamma.attention": ("AttentionWeights", "attention_weights"),
        "gamma.closed_form": ("gamma_matrix",),
        "gamma.derive": ("Derivation", "derive_gamma"),
        "gamma.dense": ("OneSkillPoint", "one_skill_point"),
        "gamma.descent": ("descent_weights", "largest_step"),
        "gamma.equivalent": ("equivalent_task",),
        "gamma.joint": ("joint_limit", "joint_step"),
        "gamma.loss": ("loss_gradient", "minimal_loss", "population_loss"),
        "gamma.mixture": ("mixture_moments", "optimal_map", "optimal_map_limit"),
        "gamma.rates": ("DescentRates", "descent_rates", "optimal_step", "training_times"),
        "hardness": (
            "ContractionFactors",
            "EffectiveRanks",
            "condition_number",
            "contraction_factors",
            "effective_ranks",
            "task_hardness",
        ),
        "model": ("Setup", "TaskMixture"),
        "moments.wishart": ("wishart_trace_moments",),
        "results": ("ErrorCurve", "Estimate", "GammaResult", "Metric", "Rung", "Trajectory"),
        "selection.answer": ("Selection", "TaskExplanation"),
        "selection.bootstrap": ("SelectionIntervals", "bootstrap_selection"),
        "selection.corrected": ("corrected_selection",),
        "selection.program": ("SelectionProgram", "selection_program"),
        "selection.regret": ("RegretTable", "SurrogateRegret", "regret_table", "surrogate_regret"),
        "selection.solve": ("solve_selection",),
        "selection.true_optimum": ("OptimalMixture", "optimal_mixture"),
        "spectra": (
            "Covariance",
            "covariance_from_samples",
            "isotropic",
            "load_covariance",
            "parse_covariance",
            "power_law",
            "spiked",
        ),
        "rmt.largest_eigenvalue": ("LargestEigenvalue", "largest_eigenvalue"),
        "thinking.cure": ("Cure", "cure_along", "overthinking_cure"),
        "thinking.directions": ("Direction", "Directions", "Fate"),
        "thinking.overthinking": ("Overthinking", "overthinking"),
        "thinking.probability": ("OverthinkingProbability", "overthinking_probability"),
        "thinking.rebalancing": ("Rebalancing", "rebalancing"),
        "thinking.training_length": ("TrainingLength", "longest_safe_training"),
        "thinking.phase_diagram": ("PhaseDiagram", "phase_diagram"),
        "thinking.phase_result": ("Phase",),
        "thinking.phases": ("phase",),
        "thinking.rung_map": ("RungMap", "rung_map"),
        "thinking.safe": ("SafeContext", "safe_context"),
        "thinking.training": ("TrainingCurve", "training_curve"),
        "thinking.cheapest": ("Cheapest", "cheapest"),
        "thinking.cost": ("thinking_flops", "training_tokens"),
        "thinking.frontier": ("Frontier", "frontier"),
        "thinking.validity": ("Validity", "ValidityTable", "validity", "validity_table"),
        "thinking.context": ("SmallestContext", "smallest_context"),
        "thinking.steps": ("SmallestSteps", "smallest_steps"),
        "thinking.transient": ("TransientGrowth", "transient_growth"),
        "thinking.training_frontier": ("TrainingChoice", "TrainingFrontier", "training_frontier"),
    }
    _HOME = {name: module for module, names in _NAMES_OF.items() for name in names}

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for, and keep it."""
        import importlib

        if name in ("montecarlo", "reference"):
            return importlib.import_module(f"{__name__}.{name}")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """List the public names, imported or not."""
        return sorted({*globals(), *__all__})
