"""Random designs of diverse, relevant and hard tasks, after the poster's; what is selected in each.

The poster of arXiv:2510.03605 selects among tasks of four types (α, B), α the decay of the spectrum and B the number of
active skills; how tasks and target are made is not stated there.  Here a design is drawn as follows.

- There are d = 100 skills, the axes.  A task of type (α, B) has B active skills, drawn without replacement in random
  order; the j-th has eigenvalue s j^{−α}, an inactive one s ε, with ε in {0.001, 0.01, 0.1}: no skill is quite absent.
- The scale s is drawn once for a design: "peak", the largest eigenvalue is 1; "trace", all tasks have tr Λ = d.
- The target has decay α₀ in {0, 0.2, 0.5, 0.8}, B₀ in {20, 50, 100} active skills in random order, floor ε, scale s; or
  it is "mixed", the mean of eight other tasks, two of each type.
- There are 25 tasks of each type, or 100 of each: T = 100 or 400.

Every choice is drawn uniformly from its list, from one seed for each design.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc.selection.answer import Selection
from theorycalc.selection.solve import solve_selection

TYPES = ((0.2, 20), (0.8, 20), (0.2, 100), (0.8, 100))
D = 100
DECAYS, FLOORS, SCALES, COUNTS = (0.0, 0.2, 0.5, 0.8), (0.001, 0.01, 0.1), ("peak", "trace"), (25, 100)
TARGETS = ("20", "50", "100", "mixed")


@dataclass(frozen=True)
class Design:
    """What was drawn, the tasks in the order of TYPES, and the optimal mixture."""

    seed: int
    decay: float  # of the target, where it is not mixed
    target: str  # number of its active skills, or mixed
    floor: float
    scale: str
    count: int  # tasks of each type
    spectra: Any  # (4 count, d)
    selection: Selection

    @property
    def shares(self) -> tuple[float, ...]:
        """Probability of each type."""
        return tuple(float(part.sum()) for part in np.split(np.asarray(self.selection.weights, dtype=float), 4))

    @property
    def hardness(self) -> Any:
        """Hard(Λ_ℓ) = tr Λ_ℓ/λ_min(Λ_ℓ), (T,)."""
        return self.spectra.sum(axis=1) / self.spectra.min(axis=1)

    def row(self) -> dict[str, Any]:
        """Return one line of the table."""
        weights = np.asarray(self.selection.weights, dtype=float)
        _, steep, flat_wide, steep_wide = self.shares
        e = float(np.sqrt(self.selection.value))
        lam = float(np.min(np.asarray(self.selection.program.Sigma.entries, dtype=float)))
        smallest = self.spectra.min(axis=1)
        # the mass of tasks with λ_min >= τ relative to its bound (1 + e) λ_min(Σ)/τ, at its largest over τ
        sharp = max(float(weights[smallest >= tau].sum() * tau) for tau in np.unique(smallest)) / ((1 + e) * lam)
        return {
            "seed": self.seed,
            "decay": self.decay,
            "target": self.target,
            "floor": self.floor,
            "scale": self.scale,
            "T": len(weights),
            "value": float(self.selection.value),
            "gap": float(self.selection.gap),
            **{f"share {alpha}, {B}": share for (alpha, B), share in zip(TYPES, self.shares, strict=True)},
            "diverse": flat_wide + steep_wide,
            "steep": steep + steep_wide,
            "rank correlation": _rank_correlation(weights, self.hardness),
            "mass over bound": sharp,
        }


def design(seed: int) -> Design:
    """Draw a design and select."""
    rng = np.random.default_rng([2510, 3605, seed])
    decay, target, floor = float(rng.choice(DECAYS)), str(rng.choice(TARGETS)), float(rng.choice(FLOORS))
    scale, count = str(rng.choice(SCALES)), int(rng.choice(COUNTS))
    if target == "mixed":
        Sigma = np.mean([spectrum(rng, alpha, B, floor, scale) for alpha, B in TYPES for _ in range(2)], axis=0)
    else:
        Sigma = spectrum(rng, decay, int(target), floor, scale)
    tasks = np.array([spectrum(rng, alpha, B, floor, scale) for alpha, B in TYPES for _ in range(count)])
    return Design(seed, decay, target, floor, scale, count, tasks, solve_selection(Sigma, list(tasks)))


def spectrum(rng: np.random.Generator, alpha: float, B: int, floor: float, scale: str) -> Any:
    """Draw the spectrum of a task, (d,)."""
    values = np.full(D, floor)
    values[rng.permutation(D)[:B]] = np.arange(1, B + 1.0) ** -alpha
    values = np.maximum(values, floor)
    return values * (D / values.sum() if scale == "trace" else 1.0)


def _rank_correlation(weights: Any, hardness: Any) -> float:
    """Spearman's, with mean ranks for ties."""
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(weights), rankdata(np.round(hardness, 9)))[0, 1])
