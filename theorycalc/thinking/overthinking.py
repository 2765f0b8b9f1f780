"""The verdict: does thinking longer hurt, in which skills, how long to think, what would cure it (theory section 9)."""

import contextlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from theorycalc._checks import choice
from theorycalc._checks import steps as checked_steps
from theorycalc.error_curves.exact_fields import require_affordable
from theorycalc.exceptions import NotCertified, OutsideRegime
from theorycalc.fields import BALL, EXACT, F64, Array, Field, require_field
from theorycalc.model import Setup, as_setup
from theorycalc.results import Frozen, Metric, Rung, plain, short
from theorycalc.thinking import words
from theorycalc.thinking.cure import Cure, overthinking_cure
from theorycalc.thinking.directions import Directions, Fate, directions_of, natural_field
from theorycalc.thinking.mean import MeanMinimum, TypicalMinimum, mean_minimum, typical_minimum
from theorycalc.thinking.minimum import Minimum, best_steps
from theorycalc.thinking.training_length import TrainingLength, longest_safe_training

_DEFAULT_STEPS = (12, 10, 8, 6, 4, 3, 2)
_SECONDS_OF_SPECTRA, _SECONDS_OF_MATRICES = 60.0, 5.0  # in balls; float64 takes a fraction, where it keeps its digits
_MOST_STEPS = 20_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Overthinking(Frozen):
    """What thinking longer does, told apart by kind of prompt.

    Attributes
    ----------
    threshold : λ_max(Γ^{-1/2}ΣΓ^{-1/2}), the largest σ/γ, to be held against 2
    overthinks : whether the long-prompt error grows without bound as k → ∞, decided exactly
    directions : every skill with σ/γ and its fate; ``responsible`` holds the indices of those that overthink
    mean, typical : the exact mean at the setup's m, and a typical large prompt; None for m = ∞
    """

    setup: Setup
    rung: Rung
    metric: Metric
    threshold: Any
    overthinks: bool
    directions: Directions
    minimum: Minimum
    mean: MeanMinimum | None
    typical: TypicalMinimum | None
    field_name: str
    uncertainty: str

    @property
    def k_star(self) -> int | float:
        """The best number of steps on long prompts, over all k >= 0: ``math.inf`` if every step helps.

        Raises
        ------
        NotCertified
            where it is known to an interval only (matrices); the message and ``k_star_range`` hold it.
        """
        if not self.minimum.is_certain:
            low, high = self.k_star_range
            raise NotCertified(f"k* is in {low} … {'∞' if math.isinf(high) else high}, and is not known more closely")
        return self.minimum.lower

    @property
    def k_star_range(self) -> tuple[int | float, int | float]:
        """Steps between which k* is proved to lie; both are k* where it is known."""
        return self.minimum.lower, self.minimum.upper

    @property
    def mean_k_star(self) -> int | None:
        """The best number of steps of the exact mean within the steps examined; None for m = ∞ or where too close."""
        return None if self.mean is None else self.mean.k_star

    @property
    def proportional_k_star(self) -> int | None:
        """The best number of steps of the proportional limit within the steps examined, where it applies."""
        return None if self.typical is None else self.typical.k_star

    @property
    def responsible(self) -> Array:
        """Indices of the directions with σ > 2γ, the worst first."""
        return self.directions.which(Fate.OVERTHINKING)

    @property
    def shape(self) -> str:
        """How the long-prompt error runs in k, in words."""
        return words.shape(self)

    @cached_property
    def cure(self) -> Cure:
        """The least addition to Λ after which nothing overthinks, by :func:`overthinking_cure`."""
        return overthinking_cure(self.setup, field=self._field)

    @cached_property
    def training(self) -> TrainingLength:
        """The largest n without overthinking, by :func:`longest_safe_training`."""
        return longest_safe_training(self.setup, field=self._field)

    @property
    def _field(self) -> Field:
        return EXACT if self.field_name == EXACT.name else F64

    @property
    def sentences(self) -> list[str]:
        """The verdict in words."""
        return words.verdict(self)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; exact numbers as "p/q" strings, an infinite k* as None."""
        low, high = self.k_star_range
        typical = self.typical
        return {
            "overthinks": self.overthinks,
            "threshold": plain(self.threshold),
            "critical_threshold": 2,
            "k_star": {"lower": None if math.isinf(low) else low, "upper": None if math.isinf(high) else high},
            "shape": self.shape,
            "directions": self.directions.columns(),
            "cure": self.cure.to_dict(),
            "training_length": self.training.to_dict(),
            "mean": None
            if self.mean is None
            else {
                "k_star": self.mean.k_star,
                "examined": self.mean.examined,
                "for_all_steps": self.mean.for_all_steps,
                "values": self.mean.curve.to_dict()["values"],
            },
            "typical": None
            if typical is None
            else {
                "upper_edge": plain(typical.upper_edge),
                "overthinks": typical.overthinks,
                "k_star": typical.k_star,
                "examined": typical.examined,
                "values": None if typical.curve is None else typical.curve.to_dict()["values"],
            },
            "sentences": self.sentences,
            "rung": str(self.rung),
            "metric": str(self.metric),
            "field": self.field_name,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        return self.directions._table()

    def plot(self, path: Any = None) -> Any:
        """Draw the curves, and σ/γ against 2 (needs the ``plot`` extra); return the figure, or write it to ``path``."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_overthinking(self, path=path)

    def __repr__(self) -> str:
        low, high = self.k_star_range
        best = low if low == high else f"{low}…{high}"
        return f"Overthinking({self.overthinks}, threshold={short(self.threshold)}, k_star={best}, {self.directions!r})"


def overthinking(
    setup: Setup, *, steps: int | None = None, metric: str = "estimation", field: Field | None = None
) -> Overthinking:
    """Return whether thinking longer hurts, which skills are to blame, how long to think, and what would cure it.

        long prompts: E_k grows without bound iff λ_max(Γ^{-1/2}ΣΓ^{-1/2}) > 2, that is iff some skill has σ > 2γ

    Parameters
    ----------
    setup : the problem; with finite m the exact mean and a typical prompt are looked at too
    steps : the exact mean and the proportional limit are examined on 0 … ``steps``; 0 skips both; default 12, or what
        takes seconds
    metric : "estimation" or "prediction"
    field : default EXACT for exact spectra (up to d = 2,000), else F64: how numbers are given, not how one decides

    Returns
    -------
    Overthinking
        ``.threshold`` ``.overthinks`` ``.k_star`` ``.directions`` ``.responsible`` ``.shape`` ``.cure`` ``.training``
        ``.mean_k_star`` ``.proportional_k_star`` ``.sentences``.  Whether a skill has σ > 2γ, = 2γ or < 2γ is decided
        in rationals, k* proved over all k ≥ 0; floats are the dyadic rationals that they are.

    Raises
    ------
    InvalidSetup
        for an unknown metric or an invalid number of steps.
    OutsideRegime
        for mixtures sampled per prompt or per example; EXACT on matrices, and matrices of more than 400 rows.
    NotCertified
        where float64 is too coarse to enclose the eigenvalues of Γ⁻¹Σ.

    Assumes: label noise and w₀ as in the setup; a direction without error in it (singular prior) cannot overthink.
    Cost: O(d log d) for spectra, O(d³) for matrices, plus the exact mean up to ``steps``.
    Claims: OVT-01 to OVT-05, OVT-08, OVT-09, OVT-10.  Source: theory section 9; arXiv:2510.03605.

    Examples
    --------
    Λ = (1, 1/10), Σ = I, n = 4: γ = (61/40, 2/5), σ/γ = (40/61, 5/2).  E_k = (21/61)^{2k} + (3/2)^{2k} never falls.

    >>> verdict = overthinking(Setup([1, "1/10"], n=4, Sigma=[1, 1]))
    >>> print(verdict.threshold, verdict.overthinks, verdict.k_star, verdict.responsible)
    5/2 True 0 [1]
    """
    as_setup(setup)
    count = _affordable_steps(setup) if steps is None else checked_steps(steps, maximum=_MOST_STEPS)
    measure = Metric(choice("metric", metric, [str(item) for item in Metric]))
    chosen = natural_field(setup) if field is None else require_field(field)
    directions, threshold = directions_of(setup, measure, chosen)
    return Overthinking(
        setup=setup,
        rung=Rung.POPULATION,
        metric=measure,
        threshold=threshold,
        overthinks=bool((directions.active & (directions.code == 2)).any()),
        directions=directions,
        minimum=best_steps(setup, directions, measure),
        mean=mean_minimum(setup, count, measure),
        typical=typical_minimum(setup, directions.ratio, count, measure),
        field_name=chosen.name,
        uncertainty=directions.uncertainty,
    )


def _affordable_steps(setup: Setup) -> int:
    """Return the largest default whose exact mean takes seconds."""
    limit = _SECONDS_OF_SPECTRA if setup.is_diagonal else _SECONDS_OF_MATRICES
    for count in _DEFAULT_STEPS[:-1]:
        with contextlib.suppress(OutsideRegime):
            require_affordable(setup, count, BALL(128), limit)
            return count
    return _DEFAULT_STEPS[-1]
