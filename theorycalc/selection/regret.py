"""What the surrogate costs: the error of thinking at the selected mixture, beside the best one and simple baselines."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import F64, Array
from theorycalc.model import SAMPLING_MODELS, Setup, TaskMixture, as_setup
from theorycalc.results import Frozen, Metric, Rung
from theorycalc.selection.corrected import corrected_selection
from theorycalc.selection.objective import TrueObjective
from theorycalc.selection.solve import solve_selection
from theorycalc.selection.true_optimum import OptimalMixture, optimal_mixture, true_objective

BASELINES = ("selected", "corrected", "optimal", "uniform", "single", "similar")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Mixed(Frozen):
    """A mixture by name, its probabilities and its E_k; inf where E_k leaves the float64 range."""

    name: str
    weights: Array  # (T,)
    error: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SurrogateRegret(Frozen):
    """E_k of the mixture that the published surrogate selects, against the best found and baselines.

    ``regret`` = E_k(selected)/E_k(best) >= 1.  ``mixtures`` holds "selected" (the minimiser of ‖I − Σ⁻¹Λ̄‖_F²),
    "corrected" (of ‖I − Σ⁻¹Γ‖_F²), "optimal" (of E_k), "uniform", "single" (the best single task) and "similar"
    (proportional to the cosine of Λ_ℓ and Σ).  ``optimum`` says how good the best is known to be.
    """

    setup: Setup
    steps: int
    rung: Rung
    metric: Metric
    mixtures: tuple[Mixed, ...]
    optimum: OptimalMixture
    surrogate_value: float
    uncertainty: str

    def error(self, name: str) -> float:
        """Return E_k of one of the mixtures."""
        for mixed in self.mixtures:
            if mixed.name == name:
                return mixed.error
        raise refuse("name", name, "unknown", "choose one of " + ", ".join(BASELINES))

    @property
    def regret(self) -> float:
        """E_k(selected)/E_k(best found); 1 where both vanish."""
        return _quotient(self.error("selected"), self.error("optimal"))

    @property
    def gain(self) -> float:
        """E_k(uniform)/E_k(selected): above 1 where selection helps thinking."""
        return _quotient(self.error("uniform"), self.error("selected"))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "regret": _finite(self.regret),
            "gain": _finite(self.gain),
            "steps": self.steps,
            "rung": str(self.rung),
            "metric": str(self.metric),
            "surrogate_value": self.surrogate_value,
            "mixtures": {
                mixed.name: {"weights": mixed.weights.tolist(), "error": _finite(mixed.error)}
                for mixed in self.mixtures
            },
            "optimum": self.optimum.to_dict(),
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        return {
            "mixture": [mixed.name for mixed in self.mixtures],
            "error": [mixed.error for mixed in self.mixtures],
            "relative": [_quotient(mixed.error, self.error("optimal")) for mixed in self.mixtures],
        }

    def __repr__(self) -> str:
        errors = ", ".join(f"{mixed.name}={mixed.error:.4g}" for mixed in self.mixtures)
        return f"SurrogateRegret(regret={self.regret:.4g}, E_{self.steps}: {errors}, rung={self.rung})"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RegretTable(Frozen):
    """Regrets over regimes: one :class:`SurrogateRegret` for each n, m, k and sampling model."""

    rows: tuple[SurrogateRegret, ...]
    absent: tuple[str, ...]  # regimes without a value, and why
    uncertainty: str

    def _table(self) -> dict[str, Any]:
        table: dict[str, list[Any]] = {
            "sampling": [row.setup.mixture.sampling for row in self.rows if row.setup.mixture],
            "n": [row.setup.n for row in self.rows],
            "m": ["inf" if row.setup.m is None else row.setup.m for row in self.rows],
            "steps": [row.steps for row in self.rows],
            "rung": [str(row.rung) for row in self.rows],
            "regret": [row.regret for row in self.rows],
        }
        table |= {name: [row.error(name) for row in self.rows] for name in BASELINES}
        return table | {"lower_bound": [row.optimum.lower_bound for row in self.rows]}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "absent": list(self.absent),
            "uncertainty": self.uncertainty,
        }

    def __repr__(self) -> str:
        worst = max((row.regret for row in self.rows), default=1.0)
        return f"RegretTable({len(self.rows)} regimes, largest regret {worst:.4g})"


def surrogate_regret(
    setup: Setup,
    steps: int,
    *,
    rung: str = "population",
    metric: str = "estimation",
    starts: int = 8,
    seed: int = 0,
) -> SurrogateRegret:
    """Return what training on the selected mixture costs in E_k, beside the best mixture and baselines.

    Parameters and exceptions are those of :func:`theorycalc.optimal_mixture`.

    Returns
    -------
    SurrogateRegret
        ``.regret`` = E_k(selected)/E_k(best), ``.gain`` = E_k(uniform)/E_k(selected), ``.mixtures``, ``.optimum``

    The surrogate is blind to n, m, k and the sampling model; E_k is not.  Training leaves Γ = (1 + 1/n) Λ̄ + (tr Λ̄/n) I,
    which is larger than Λ̄: the surrogate asks for stronger features than the best mixture has.  The regret has no bound
    in general, and infinity where the best mixture leaves no error at all.
    Claims: SEL-05, SEL-07.  Source: theory section 10.

    Examples
    --------
    Tasks 1 and 4 for the target 2, n = 4, one step on a long prompt: the selected mixture has Λ̄ = 2, γ = 3 and
    E_1 = (1 − 2/3)² = 1/9; the best has γ = 2 and E_1 = 0.

    >>> tasks = TaskMixture([[1], [4]], ["1/2", "1/2"])
    >>> found = surrogate_regret(Setup(tasks, n=4, Sigma=[2]), 1)
    >>> round(found.error("selected"), 12), found.error("optimal") < 1e-20
    (0.111111111111, True)
    """
    objective = true_objective(setup, steps, rung=rung, metric=metric)
    chosen = solve_selection(objective.setup.Sigma, objective.mixture.covariances)
    optimum = optimal_mixture(setup, steps, rung=rung, metric=metric, starts=starts, seed=seed)
    T = objective.count
    single = np.zeros(T)
    single[min(range(T), key=objective.value_of_task)] = 1.0
    named = {
        "selected": chosen.weights,
        "corrected": corrected_selection(objective.setup).weights,
        "optimal": optimum.weights,
        "uniform": np.full(T, 1 / T),
        "single": single,
        "similar": similarity(objective),
    }
    return SurrogateRegret(
        setup=objective.setup,
        steps=objective.steps,
        rung=objective.rung,
        metric=objective.metric,
        mixtures=tuple(
            Mixed(
                name=name,
                weights=np.array(weights, dtype=float),
                error=optimum.value if name == "optimal" else objective.value_or_infinity(weights),
            )
            for name, weights in named.items()
        ),
        optimum=optimum,
        surrogate_value=float(chosen.value),
        uncertainty=f"float64; the best mixture: {optimum.uncertainty}",
    )


def regret_table(
    setup: Setup,
    *,
    steps: Sequence[int] = (1, 5, 20),
    n: Sequence[int] | None = None,
    m: Sequence[int | None] | None = None,
    sampling: Sequence[str] = SAMPLING_MODELS,
    rung: str = "population",
    metric: str = "estimation",
    starts: int = 8,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> RegretTable:
    """Return :func:`surrogate_regret` over regimes: every sampling model, n, m and k.

    Parameters
    ----------
    setup : as for surrogate_regret; the default of n and m
    steps, n, m, sampling : the regimes; m = None is ∞
    rung : where m is finite; at m = ∞ it is "population"
    progress : called with (regimes done, all regimes)

    Regimes outside of what the rung can do are listed in ``.absent`` with the reason.
    """
    mixture = as_setup(setup).mixture
    if mixture is None:
        raise refuse("setup", setup, "its Lambda is no TaskMixture", "pass Setup(TaskMixture(tasks, weights), …)")
    regimes = [
        (model, size, prompt, k)
        for model in _listed("sampling", sampling)
        for size in _listed("n", [setup.n] if n is None else n)
        for prompt in _listed("m", [setup.m] if m is None else m)
        for k in _listed("steps", steps)
    ]
    rows, absent = [], []
    for done, (model, size, prompt, k) in enumerate(regimes):
        tasks = TaskMixture(mixture.covariances, mixture.weights, model)
        here = setup.replace(Lambda=tasks, Sigma=setup.Sigma, n=size, m=prompt)
        chosen = "population" if here.m is None else rung
        try:
            rows.append(surrogate_regret(here, k, rung=chosen, metric=metric, starts=starts, seed=seed))
        except OutsideRegime as error:
            absent.append(f"{model}, n = {size}, m = {'∞' if here.m is None else here.m}, k = {k}: {error}")
        if progress is not None:
            progress(done + 1, len(regimes))
    return RegretTable(rows=tuple(rows), absent=tuple(absent), uncertainty="float64; see the optimum of each row")


def similarity(objective: TrueObjective) -> Array:
    """Return probabilities proportional to the cosine of Λ_ℓ and Σ, ⟨Λ_ℓ, Σ⟩_F/(‖Λ_ℓ‖ ‖Σ‖)."""
    Sigma = objective.setup.Sigma
    cosines = []
    for task in objective.mixture.covariances:
        diagonal = task.is_diagonal and Sigma.is_diagonal
        left, right = (c.array(F64) if diagonal else c.dense(F64) for c in (task, Sigma))
        left, right = left / np.linalg.norm(left), right / np.linalg.norm(right)
        cosines.append(float(np.sum(left * right)))
    weights = np.array(cosines)
    return np.asarray(weights / weights.sum())


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise refuse(name, values, "not a sequence", "pass a list of values")
    return list(values)


def _quotient(above: float, below: float) -> float:
    if below > 0:
        return above / below
    return 1.0 if above == 0 else math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _csv(table: dict[str, list[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return stream.getvalue()
