"""Leg C, simulation: prompts that are drawn, embedded and sent through the attention layer (theory sections 2, 11).

It shares with the formulas only the statement of the problem and the shape of an answer; Γ⁻¹ is worked out here
again, from its definition.
"""

from theorycalc.montecarlo.attention import (
    AttentionWeights,
    attention_weights,
    chain_of_thought,
    embed,
    iterate_cot,
    lsa,
)
from theorycalc.montecarlo.estimate import expected_error
from theorycalc.montecarlo.layer_gradient import LayerGradient, sampled_gradient
from theorycalc.montecarlo.learned import learned_error
from theorycalc.montecarlo.learned_along import LearnedErrors, learned_errors
from theorycalc.montecarlo.overthinking import ProbabilityEstimate, overthinking_probability
from theorycalc.montecarlo.prompts import Prompts, draw_prompts
from theorycalc.montecarlo.spectra import prompt_spectra
from theorycalc.montecarlo.training import continue_training, train_layer
from theorycalc.montecarlo.training_run import TrainingRun

__all__ = [
    "expected_error",
    "overthinking_probability",
    "ProbabilityEstimate",
    "iterate_cot",
    "attention_weights",
    "AttentionWeights",
    "embed",
    "lsa",
    "chain_of_thought",
    "draw_prompts",
    "prompt_spectra",
    "Prompts",
    "train_layer",
    "continue_training",
    "learned_error",
    "learned_errors",
    "LearnedErrors",
    "TrainingRun",
    "sampled_gradient",
    "LayerGradient",
]
