"""The answer of task selection: the mixture, its certificate, and what each task contributes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycalc._checks import number, refuse
from theorycalc.fields import F64, Array, as_fraction
from theorycalc.hardness import task_hardness
from theorycalc.results import Frozen, plain
from theorycalc.selection.program import SelectionProgram


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TaskExplanation(Frozen):
    """What one task has to do with the target, and with the optimal mixture.

    ``relevance`` is the cosine of Σ⁻¹Λ_ℓ and I in (0, 1]: 1 iff Λ_ℓ is a multiple of Σ.  ``alone`` is the objective
    with this task only.  ``coverage`` is by how much the optimum grows when the task is left out, infinite for an only
    task.
    ``hardness`` is tr Λ_ℓ/λ_min(Λ_ℓ) >= d, ``min_eigenvalue`` λ_min(Λ_ℓ).
    """

    task: int
    name: str
    weight: float
    relevance: float
    alone: float
    coverage: float
    hardness: float
    min_eigenvalue: float
    reduced_cost: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Selection(Frozen):
    """Probabilities that minimise ‖I − Σ⁻¹ Σ_ℓ π_ℓ Λ_ℓ‖_F², and why they do.

    ``value`` is the squared norm.  π is optimal iff every reduced cost g_ℓ − ν is >= 0, and 0 where π_ℓ > 0.  ``face``
    lists the tasks of reduced cost 0, which some optimal mixture uses or may use; the optimal mixtures form a polytope
    of dimension ``face_dimension``, of which ``weights`` is the point of least norm.
    """

    program: SelectionProgram
    weights: Array  # (T,)
    value: Any
    multiplier: Any
    reduced_costs: Array  # (T,)
    gap: Any
    face: tuple[int, ...]
    face_dimension: int
    field_name: str
    uncertainty: str
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return self.program.names

    @property
    def support(self) -> tuple[int, ...]:
        """The tasks with π_ℓ > 0."""
        return tuple(ell for ell, weight in enumerate(self.weights) if as_fraction(weight) > 0)

    @property
    def is_unique(self) -> bool:
        """Whether this is the only optimal mixture."""
        return self.face_dimension == 0

    def duality_gap(self) -> Any:
        """Return πᵀg − min g >= 0: the value exceeds the minimum by at most this."""
        return self.gap

    def is_optimal(self, eps: Any = 0) -> bool:
        """Whether the value is proved to be within ``eps`` >= 0 of the minimum (in F64 to rounding)."""
        allowed = number("eps", eps)
        if allowed < 0:
            raise refuse("eps", eps, "negative", "pass the accepted distance from the minimum, >= 0")
        return bool(as_fraction(self.gap) <= as_fraction(allowed))

    def residual(self) -> Array:
        """Return I − Σ⁻¹Λ̄ in float64, (d,) for spectra, else (d, d): what the mixture misses, by direction.

        Positive in directions that the mixture holds too little of, negative where it holds too much.
        """
        ratios = _floats(self.program.ratios)
        one = np.ones(self.program.d) if ratios.ndim == 2 else np.eye(self.program.d)
        return np.asarray(one - np.tensordot(_floats(self.weights), ratios, axes=1))

    def explain(self) -> tuple[TaskExplanation, ...]:
        """Return what each task contributes, in float64; costs one more optimum for each task in use."""
        from theorycalc.selection.float_optimum import value_without

        weights, traces = _floats(self.weights), _floats(self.program.b)
        without = value_without(self.program, self.support)
        ratios = _floats(self.program.ratios)
        one = np.ones(self.program.d) if ratios.ndim == 2 else np.eye(self.program.d)
        found = []
        for ell, covariance in enumerate(self.program.covariances):
            size = float(np.linalg.norm(ratios[ell]))
            smallest = _smallest(covariance)
            found.append(
                TaskExplanation(
                    task=ell,
                    name=self.names[ell],
                    weight=float(weights[ell]),
                    relevance=float(traces[ell] / (size * np.sqrt(self.program.d))),
                    alone=float(np.sum((one - ratios[ell]) ** 2)),
                    coverage=max(0.0, without[ell] - float(as_fraction(self.value))) if ell in without else 0.0,
                    hardness=float(task_hardness(covariance, field=F64)),
                    min_eigenvalue=smallest,
                    reduced_cost=float(as_fraction(self.reduced_costs[ell])),
                )
            )
        return tuple(found)

    def plot(self, path: Any = None, title: str | None = None) -> Any:
        """Draw the probabilities, sorted and coloured by hardness (needs the ``plot`` extra); return the figure."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_selection(self, path=path, title=title)

    def __repr__(self) -> str:
        top = sorted(self.support, key=lambda ell: -as_fraction(self.weights[ell]))
        shown = ", ".join(f"{self.names[ell]}: {float(as_fraction(self.weights[ell])):.4g}" for ell in top[:4])
        more = ", …" if len(top) > 4 else ""
        unique = "unique" if self.is_unique else f"one of a {self.face_dimension}-dimensional set"
        return (
            f"Selection({shown}{more}; value={float(as_fraction(self.value)):.6g}, "
            f"gap={float(as_fraction(self.gap)):.1e}, {unique}, T={len(self.weights)}, d={self.program.d}, "
            f"field={self.field_name})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; EXACT numbers as "p/q" strings, balls as {mid, rad, enclosure}."""
        dps = int(self.field_name[3:-1]) if self.field_name.startswith("MP(") else 15
        return {
            "names": list(self.names),
            "weights": [plain(value, dps=dps) for value in self.weights],
            "value": plain(self.value, dps=dps),
            "duality_gap": plain(self.gap, dps=dps),
            "multiplier": plain(self.multiplier, dps=dps),
            "reduced_costs": [plain(value, dps=dps) for value in self.reduced_costs],
            "support": list(self.support),
            "face": list(self.face),
            "face_dimension": self.face_dimension,
            "is_unique": self.is_unique,
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "notes": list(self.notes),
        }

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"task": range(len(self.weights)), "name": self.names}
        return table | {"weights": self.weights, "reduced_costs": self.reduced_costs}


def _floats(values: Array) -> Array:
    if values.dtype != object:
        return np.asarray(values, dtype=float)
    return F64.array(np.vectorize(_fraction, otypes=[object])(values))


def _fraction(value: Any) -> Any:
    if hasattr(value, "mid") and callable(value.mid):  # a ball that is still a scalar
        return float(value.mid())
    return as_fraction(value)


def _smallest(covariance: Any) -> float:
    if covariance.is_diagonal:
        return float(min(covariance.array(F64)))
    return float(np.linalg.eigvalsh(covariance.dense(F64))[0])
