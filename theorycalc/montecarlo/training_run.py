"""What a training run leaves: its course at recorded epochs, and the final weights."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from theorycalc._checks import refuse
from theorycalc.fields import Array
from theorycalc.model import Setup
from theorycalc.montecarlo.attention import AttentionWeights
from theorycalc.montecarlo.layer_gradient import BLOCKS, TrainingMoments, population_gradient, read_blocks
from theorycalc.results import Frozen

#: Recorded epochs per decade; all of the first ten.
_PER_DECADE = 20


@dataclass(frozen=True, kw_only=True, repr=False)
class Training(Frozen):
    """How a layer is trained: everything that, with the setup, determines a run."""

    optimizer: str
    trained: str
    start: str
    step_size: float
    batch: int
    seed: int
    c: float
    scale: float
    decay: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Position:
    """Where a run stands: weights, the optimizer's averages (0 or 4 matrices), and steps done."""

    weights: AttentionWeights
    state: Array
    done: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TrainingRun(Frozen):
    """The course of a training run, and the weights it ends with.

    ``loss`` is the population loss ½ E‖w₁ − w*‖² in closed form, whatever gradient was followed; ``minimal_loss`` that
    of V* = −Γ⁻¹/c.  The part of w₁ that is odd in w* is M S w* with M = W₂₄ V₃₁ + V₃₂ W₁₄ᵀ; ``distance`` is
    ‖M − Γ⁻¹‖_F/‖Γ⁻¹‖_F and ``stray`` what the rest of w₁ adds to the loss.  What gets no gradient stays as it began.
    """

    setup: Setup
    how: Training
    epochs: Array  # (T,) recorded training times, from 0 to the last
    loss: Array  # (T,)
    minimal_loss: float
    distance: Array  # (T,)
    stray: Array  # (T,)
    norms: Array  # (T, 6) Frobenius norms of V31, V32, V34, W14, W24, W44: ``block_names``
    weights: AttentionWeights  # at the end
    state: Array = field(repr=False)  # the optimizer's averages at the end
    readers: Array = field(repr=False)  # (T, d, 2d + 2) rows of V that are read
    scores: Array = field(repr=False)  # (T, 2d + 2) the column of W that is used when ŵ₀ = 0
    asked: int  # epochs that were asked for

    @property
    def done(self) -> int:
        """Steps of the optimizer done."""
        return int(self.epochs[-1])

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the run early."""
        return self.done < self.asked

    @property
    def block_names(self) -> tuple[str, ...]:
        """Names of the columns of ``norms``."""
        return BLOCKS

    @property
    def position(self) -> Position:
        """Where the run stands, to go on from."""
        return Position(weights=self.weights, state=self.state, done=self.done)

    @property
    def excess(self) -> Array:
        """loss − minimal_loss, (T,): from distance and stray, so that it keeps its digits."""
        return np.asarray(self._gap)

    _gap: Array = field(repr=False)  # (T,)

    @property
    def A(self) -> Array:
        """M = W₂₄ V₃₁ + V₃₂ W₁₄ᵀ at the end, (d, d): what the layer applies in place of Γ⁻¹."""
        return read_blocks(self.weights).product

    @property
    def thinking_gap(self) -> float:
        """‖W₁₃ + W₂₄ I‖_F/(|W₂₄| √d) at the end: 0 if a step of thought is a Newton step, whatever the loss says."""
        d, W = self.setup.d, self.weights.W
        scale = float(W[d, -1])
        gap = float(np.linalg.norm(W[:d, d + 1 : 2 * d + 1] + scale * np.eye(d)))
        return gap / (abs(scale) * math.sqrt(d)) if scale else math.inf

    @property
    def uncertainty(self) -> str:
        """What is known of the numbers."""
        if self.how.optimizer == "gd":
            return "one deterministic run in float64; loss in closed form at every recorded epoch"
        return f"one run on prompts of seed {self.how.seed}; loss in closed form at every recorded epoch"

    def weights_at(self, epoch: int) -> AttentionWeights:
        """Return V and W at a recorded epoch."""
        place = np.flatnonzero(self.epochs == epoch)
        if place.size == 0:
            raise refuse("epoch", epoch, "not recorded", "pick one of run.epochs")
        d = self.setup.d
        V, W = (block.copy() for block in self.weights)
        V[d + 1 : 2 * d + 1], W[:, -1] = self.readers[place[0]], self.scores[place[0]]
        return AttentionWeights(V=V, W=W)

    def __repr__(self) -> str:
        how = f"{self.how.optimizer}, {self.how.trained}, start={self.how.start}"
        end = f"loss {self.loss[-1]:.6g} (least {self.minimal_loss:.6g}), distance {self.distance[-1]:.3g}"
        return f"TrainingRun({how}, {self.done:,} epochs: {end}, {self.setup!r})"

    def to_dict(self) -> dict[str, Any]:
        """Return the course as JSON-ready values; the weights are in ``weights``, not here."""
        columns = {name: list(values) for name, values in self.columns().items()}
        return columns | {
            "minimal_loss": self.minimal_loss,
            "thinking_gap": self.thinking_gap if math.isfinite(self.thinking_gap) else None,
            "how": asdict(self.how),
            "interrupted": self.interrupted,
            "uncertainty": self.uncertainty,
            "setup": self.setup.to_dict(),
        }

    def _table(self) -> dict[str, Any]:
        table = {name: getattr(self, name) for name in ("epochs", "loss", "excess", "distance", "stray")}
        return table | {name: self.norms[:, i] for i, name in enumerate(BLOCKS)}

    def plot(self, path: Any = None) -> Any:
        """Draw loss and distance over training time (needs the ``plot`` extra); return the figure or write it."""
        import importlib

        return importlib.import_module("theorycalc.plotting").plot_training(run=self, path=path)


class Recorder:
    """Keeps what is read of the weights at the epochs 0 … 10 and about twenty in every decade after."""

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.readers: list[Array] = []
        self.scores: list[Array] = []

    @classmethod
    def of(cls, run: TrainingRun) -> "Recorder":
        """Return a recorder that holds a run's epochs, but for a last one that is recorded only as the last."""
        recorder = cls()
        kept = [i for i, epoch in enumerate(run.epochs.tolist()) if is_recorded(epoch)]
        recorder.epochs = run.epochs[kept].tolist()
        recorder.readers, recorder.scores = list(run.readers[kept]), list(run.scores[kept])
        return recorder

    def keep(self, position: Position, *, always: bool = False) -> None:
        """Record the position if its epoch is one to record and is not yet recorded."""
        if (always or is_recorded(position.done)) and position.done not in self.epochs[-1:]:
            V, W = position.weights
            d = V.shape[0] // 2 - 1
            self.readers.append(V[d + 1 : 2 * d + 1].copy())
            self.scores.append(W[:, -1].copy())
            self.epochs.append(position.done)

    def finished(
        self,
        setup: Setup,
        how: Training,
        position: Position,
        *,
        moments: TrainingMoments,
        target: Array,
        asked: int,
    ) -> TrainingRun:
        """Return the run, with loss, distance and blocks worked out at the recorded epochs."""
        self.keep(position, always=True)
        A = np.diag(target) if target.ndim == 1 else target
        d, lengths = setup.d, []
        rows = np.empty((len(self.epochs), 4 + len(BLOCKS)))
        V, W = (block.copy() for block in position.weights)
        for i, (reader, score) in enumerate(zip(self.readers, self.scores, strict=True)):
            V[d + 1 : 2 * d + 1], W[:, -1] = reader, score
            weights = AttentionWeights(V=V, W=W)
            at = read_blocks(weights)
            gap = at.product - A
            # ½ E‖(I − M S) w*‖² = L* + ½ tr[(M − A) E S² (M − A)ᵀ] at A = Γ⁻¹; the rest of w₁ adds its own square
            odd = float(np.vdot(gap, gap @ moments.square)) / 2
            lengths = [float(np.linalg.norm(getattr(at, name))) for name in BLOCKS]
            loss, stray = population_gradient(moments, weights).loss, _stray(at, moments)
            rows[i] = [loss, odd + stray, float(np.linalg.norm(gap) / np.linalg.norm(A)), stray, *lengths]
        return TrainingRun(
            setup=setup,
            how=how,
            epochs=np.array(self.epochs),
            loss=rows[:, 0],
            minimal_loss=(d - float(np.vdot(A, moments.Lambda))) / 2,
            distance=rows[:, 2],
            stray=rows[:, 3],
            norms=rows[:, 4:],
            weights=position.weights,
            state=position.state,
            readers=np.array(self.readers),
            scores=np.array(self.scores),
            asked=asked,
            _gap=rows[:, 1],
        )


def _stray(at: Any, moments: TrainingMoments) -> float:
    """½ E‖V₃₁ S W₁₄ + W₂₄ V₃₂ w*ᵀ S w* + V₃₄ W₄₄/n‖²: the part of w₁ that is even in w*."""
    V, v, a, b, tau = at.V31, at.V32, at.W14, at.W24, at.V34 * at.W44 / moments.n
    mean = V @ (moments.Lambda @ a)
    squares = np.vdot(V, V @ moments.sandwich(np.outer(a, a))) + b * b * (v @ v) * moments.quartic + tau @ tau
    crossed = b * (v @ (V @ (moments.traced @ a))) + tau @ mean + b * np.trace(moments.Lambda) * (tau @ v)
    return max(0.0, float(squares + 2 * crossed) / 2)


def is_recorded(epoch: int) -> bool:
    """Whether an epoch is recorded: 0 … 10, and ⌈10^{j/20}⌉ for whole j, whatever the length of the run.

    >>> [epoch for epoch in range(40) if is_recorded(epoch)]
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 18, 20, 23, 26, 29, 32, 36]
    """
    if epoch <= 10:
        return True
    j = math.floor(_PER_DECADE * math.log10(epoch) + 1e-9)
    return any(math.ceil(10 ** (i / _PER_DECADE) - 1e-9) == epoch for i in (j - 1, j, j + 1))


__all__ = ["Position", "Recorder", "Training", "TrainingRun", "is_recorded"]
