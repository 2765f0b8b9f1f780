"""The claims, in folders that mirror those of ``theorycalc``."""

from proofs_check.claims import hardness, simulation, typical
from proofs_check.claims.cot import recursion
from proofs_check.claims.error_curves import (
    bounds,
    degree,
    divergence,
    exact,
    finite_prompts,
    governed,
    isotropic,
    mixed_words,
    regime,
    shape,
)
from proofs_check.claims.gamma import (
    attention,
    blocks,
    descent,
    joint,
    minimiser,
    mixture,
    mixture_descent,
    mixture_optimum,
)
from proofs_check.claims.moments import second_order
from proofs_check.claims.rmt import (
    edges,
    floors,
    non_commuting,
    null_space,
    phases,
    prefactors,
    proportional,
    resolvents,
    safe,
    safe_sharp,
    support,
)
from proofs_check.claims.selection import mass, objective, program, surrogate
from proofs_check.claims.thinking import first_step, overthinking, skill_gap, tradeoff, transient
from proofs_check.model import Claim

#: In the order of the theory.
GROUPS: tuple[tuple[Claim, ...], ...] = (
    second_order.CLAIMS,
    minimiser.CLAIMS,
    descent.CLAIMS,
    attention.CLAIMS,
    blocks.CLAIMS,
    joint.CLAIMS,
    recursion.CLAIMS,
    hardness.CLAIMS,
    exact.CLAIMS,
    degree.CLAIMS,
    divergence.CLAIMS,
    shape.CLAIMS,
    isotropic.CLAIMS,
    governed.CLAIMS,
    bounds.CLAIMS,
    regime.CLAIMS,
    finite_prompts.CLAIMS,
    proportional.CLAIMS,
    edges.CLAIMS,
    phases.CLAIMS,
    floors.CLAIMS,
    support.CLAIMS,
    null_space.CLAIMS,
    non_commuting.CLAIMS,
    resolvents.CLAIMS,
    prefactors.CLAIMS,
    safe.CLAIMS,
    safe_sharp.CLAIMS,
    tradeoff.CLAIMS,
    overthinking.CLAIMS,
    skill_gap.CLAIMS,
    transient.CLAIMS,
    first_step.CLAIMS,
    mixture.CLAIMS,
    mixture_optimum.CLAIMS,
    mixed_words.CLAIMS,
    mixture_descent.CLAIMS,
    program.CLAIMS,
    mass.CLAIMS,
    surrogate.CLAIMS,
    objective.CLAIMS,
    simulation.CLAIMS,
    typical.CLAIMS,
)
