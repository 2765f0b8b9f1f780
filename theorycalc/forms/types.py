"""Which types a stored file may hold, where they live, and the shapes of their arrays.

A file names its types by the keys below, and nothing else is ever imported: a name that is not here is refused.  Keys
outlive a class that moves or is renamed.  Shapes are read as "fields: shape": a letter is a length that must be the
same wherever the record uses it, ``d`` that of its setup; "a | b" allows both; "+1" adds one.
"""

import importlib
from typing import Any, Final

#: Key of a result -> module of the class, whose name is the last part of the key.
RESULTS: Final = {
    "AttentionWeights": "gamma.attention",
    "Cheapest": "thinking.cheapest",
    "ContractionFactors": "hardness",
    "CotEstimate": "cot.closed_form",
    "Cure": "thinking.cure",
    "Derivation": "gamma.derive",
    "DescentRates": "gamma.rates",
    "Direction": "thinking.directions",
    "Directions": "thinking.directions",
    "EdgeGrid": "rmt.edge_grid",
    "EdgeTerm": "thinking.phase_result",
    "EffectiveRanks": "hardness",
    "ErrorCurve": "results",
    "Estimate": "results",
    "Frontier": "thinking.frontier",
    "GammaResult": "results",
    "LargestEigenvalue": "rmt.largest_eigenvalue",
    "MeanMinimum": "thinking.mean",
    "Minimum": "thinking.minimum",
    "Mixed": "selection.regret",
    "OneSkillPoint": "gamma.dense",
    "OptimalMixture": "selection.true_optimum",
    "Overthinking": "thinking.overthinking",
    "OverthinkingProbability": "thinking.probability",
    "Phase": "thinking.phase_result",
    "PhaseDiagram": "thinking.phase_diagram",
    "Rebalancing": "thinking.rebalancing",
    "RegretTable": "selection.regret",
    "Resolvents": "rmt.equivalents",
    "RungMap": "thinking.rung_map",
    "SafeContext": "thinking.safe",
    "Selection": "selection.answer",
    "SelectionIntervals": "selection.bootstrap",
    "SelectionProgram": "selection.program",
    "SmallestContext": "thinking.context",
    "SmallestSteps": "thinking.steps",
    "SpectralDensity": "rmt.density",
    "SpectralEdges": "rmt.edges",
    "SpectralOutliers": "rmt.outliers",
    "SpectralSupport": "rmt.support",
    "SurrogateRegret": "selection.regret",
    "TaskExplanation": "selection.answer",
    "TrainingChoice": "thinking.training_frontier",
    "TrainingCurve": "thinking.training",
    "TrainingFrontier": "thinking.training_frontier",
    "TrainingLength": "thinking.training_length",
    "Trajectory": "results",
    "TransientGrowth": "thinking.transient",
    "TypicalError": "error_curves.typical",
    "TypicalMinimum": "thinking.mean",
    "Validity": "thinking.validity",
    "ValidityTable": "thinking.validity",
    "montecarlo.AttentionWeights": "montecarlo.attention",
    "montecarlo.LearnedErrors": "montecarlo.learned_along",
    "montecarlo.LayerGradient": "montecarlo.layer_gradient",
    "montecarlo.ProbabilityEstimate": "montecarlo.overthinking",
    "montecarlo.Prompts": "montecarlo.prompts",
    "montecarlo.Training": "montecarlo.training_run",
    "montecarlo.TrainingRun": "montecarlo.training_run",
}

#: Words that are not free text.
ENUMS: Final = {"Fate": "thinking.directions", "Metric": "results", "Rung": "results"}

#: Functions that a result may hold, to be called when asked.
FUNCTIONS: Final = {"derive_gamma": "gamma.derive"}

#: Fields that hold one of them, or None.
HOLD_FUNCTIONS: Final = ("derivation",)

#: Fields of type Any that are None where there is no number, and have no default.
MAY_BE_NONE: Final = (
    "OverthinkingProbability.value",
    "Phase.floor",
    "Rebalancing.least",
    "Rebalancing.moved",
    "TrainingLength.critical",
)

#: Results without numbers of their own: made anew by the function that made them.
REMADE: Final = {"Derivation": "derive_gamma"}

#: Key of a result -> shapes of its arrays, and lengths of tuples that belong to them.
SHAPES: Final = {
    "AttentionWeights": "V W: 2d+2 2d+2",
    "ContractionFactors": "factors: d",
    "CotEstimate": "w: d",
    "Cure": "added: d | d d",
    "DescentRates": "eigenvalues factors: d",
    "Direction": "vector: d",
    "Directions": "sigma gamma ratio code weight active: d; vectors: d d",
    "EdgeGrid": "lower upper: g",
    "ErrorCurve": "values lower upper regimes: k",
    "Estimate": "values lower upper regimes stderr median quantiles largest_share heavy_tail: k",
    "Frontier": "errors: t; steps floor floor_n: k; n n_real slope closed_form closed_form_n: t k",
    "GammaResult": "Gamma Gamma_inv: d d",
    "Mixed": "weights: t",
    "OptimalMixture": "weights: t",
    "Phase": "spectrum multiplicity: q",
    "PhaseDiagram": "x: p; y: q; code rate lower upper: q p",
    "Rebalancing": "Lambda: d | d d",
    "Resolvents": "spectrum multiplicity: q; z alpha theta residual: p",
    "RungMap": "m_values: p; code mean is_exact population expansion proportional: p k",
    "Selection": "weights reduced_costs: t",
    "SelectionIntervals": "lower upper mean frequency: t",
    "SelectionProgram": "covariances names b: t; ratios: t e | t e e",
    "SpectralDensity": "interval x density weight: p",
    "SpectralOutliers": "spikes detached position: s",
    "SpectralSupport": "lower upper count lower_alpha upper_alpha: p",
    "TrainingCurve": "epochs loss excess distance: t; A: t d | t d d; error lower upper: t k",
    "TrainingFrontier": "steps epochs limit: k",
    "TrainingLength": "by_direction: d",
    "Trajectory": "w: k d",
    "TypicalError": "steps values lower upper log10 sign relative_error: n;"
    "excess_log10 excess_sign excess_relative_error: n",
    "montecarlo.AttentionWeights": "V W: e e",
    "montecarlo.LayerGradient": "V W: e e",
    "montecarlo.LearnedErrors": "epochs: t; error stderr median heavy_tail: t k",
    "montecarlo.ProbabilityEstimate": "top_quantiles: 3",
    "montecarlo.Prompts": "X: b d m; y noise: b m; w_star: b d",
    "montecarlo.TrainingRun": "epochs loss distance stray _gap: t; norms: t 6; readers: t d 2d+2; scores: t 2d+2;"
    "state: s 2d+2 2d+2",
}


def class_of(key: str) -> type[Any]:
    """Return the class of a result or an enum by its key in the tables above, which holds it."""
    found: type[Any] = getattr(_module((RESULTS | ENUMS)[key]), key.rpartition(".")[2])
    return found


def function_of(key: str) -> Any:
    """Return the function of this key in ``FUNCTIONS``."""
    return getattr(_module(FUNCTIONS[key]), key)


def key_of(cls: type) -> str | None:
    """Return the key under which values of this very class are stored; None if they are not."""
    return _KEYS.get((cls.__module__, cls.__qualname__))


def _module(home: str) -> Any:
    return importlib.import_module(f"{__name__.partition('.')[0]}.{home}")


_KEYS = {(f"theorycalc.{home}", key.rpartition(".")[2]): key for key, home in (RESULTS | ENUMS).items()}
