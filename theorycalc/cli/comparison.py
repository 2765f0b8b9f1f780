"""All rungs and the simulation side by side: collected here, put into words in :mod:`theorycalc.cli.findings`."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from theorycalc import montecarlo
from theorycalc.cli.findings import Finding, findings
from theorycalc.error_curves import expected_error, one_step_error
from theorycalc.exceptions import NotCertified, NotConverged, OutsideRegime
from theorycalc.model import Setup
from theorycalc.results import ErrorCurve, Estimate, Metric, Rung

#: The rungs that are compared unless others are named; "expansion" is one that may be.
COMPARED = ("population", "exact", "proportional", "bound")


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """The curves of one problem by rung, why the others are absent, and what follows in words."""

    setup: Setup
    steps: int
    metric: Metric
    curves: dict[Rung, ErrorCurve]
    absent: dict[Rung, str]  # rung -> why it does not apply
    estimate: Estimate | None
    one_step: float | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def all_curves(self) -> list[ErrorCurve]:
        """The curves of every rung that applies, the simulation last."""
        return [*self.curves.values(), *([] if self.estimate is None else [self.estimate])]

    def bound_is_theorem(self, k: int) -> bool:
        """Whether the bound at step k is a theorem at this m."""
        curve = self.curves.get(Rung.BOUND)
        return curve is not None and curve.is_theorem(k)

    def k_star(self) -> int | None:
        """Return the minimiser of the exact mean; None without it, or where rounding leaves a tie."""
        try:
            return self.curves[Rung.EXACT].argmin() if Rung.EXACT in self.curves else None
        except NotCertified:
            return None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; an absent rung carries its reason in place of numbers."""
        rungs: dict[str, Any] = {str(rung): _bare(curve) for rung, curve in self.curves.items()}
        rungs |= {str(rung): {"absent": reason} for rung, reason in self.absent.items() if rung is not Rung.SIMULATION}
        reason = self.absent.get(Rung.SIMULATION)
        return {
            "steps": list(range(self.steps + 1)),
            "metric": str(self.metric),
            "rungs": rungs,
            "simulation": _bare(self.estimate) if self.estimate is not None else {"absent": reason},
            "one_step_error": self.one_step,
            "k_star": self.k_star(),
            "findings": [finding.to_dict() for finding in self.findings],
            "setup": self.setup.to_dict(),
        }

    def to_csv(self) -> str:
        """Return one line for each step, at full precision; cells of an absent rung are empty."""
        estimate, bound = self.estimate, Rung.BOUND in self.curves
        columns: dict[str, Sequence[Any]] = {"k": range(self.steps + 1)}
        for rung in (Rung.POPULATION, Rung.EXACT, Rung.PROPORTIONAL, Rung.EXPANSION, Rung.BOUND):
            if rung in self.curves or rung in self.absent:
                columns[str(rung)] = self.curves[rung].values.tolist() if rung in self.curves else []
        columns["bound_is_theorem"] = [self.bound_is_theorem(k) for k in range(self.steps + 1)] if bound else []
        for name, attribute in (("simulated", "values"), ("stderr", ""), ("median", ""), ("heavy_tail", "")):
            columns[name] = [] if estimate is None else getattr(estimate, attribute or name).tolist()
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for k in range(self.steps + 1):
            writer.writerow([cells[k] if len(cells) else "" for cells in columns.values()])
        return stream.getvalue()


def _bare(curve: ErrorCurve) -> dict[str, Any]:
    return {key: value for key, value in curve.to_dict().items() if key not in ("setup", "steps", "metric")}


def compare(
    setup: Setup,
    steps: int,
    *,
    metric: str = "estimation",
    rungs: Sequence[str] = COMPARED,
    prompts: int = 20_000,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
    assumed: str | None = None,
) -> Comparison:
    """Compute every rung that applies, simulate, and say where the answers disagree.

    Parameters
    ----------
    setup, steps, metric : as in :func:`theorycalc.expected_error`
    rungs : which rungs to ask for
    prompts : simulated prompts; 0 skips the simulation
    seed, workers, progress : as in :func:`theorycalc.montecarlo.expected_error`
    assumed : the option without which m = ∞ was taken; None where it was asked for

    Returns
    -------
    Comparison
        A rung that does not apply is in ``.absent`` with its reason; ``.findings`` are the sentences.

    Raises
    ------
    InvalidSetup
        for invalid arguments.

    Examples
    --------
    >>> comparison = compare(Setup([1, 1], n=4, m=8), 2, prompts=0)
    >>> sorted(str(rung) for rung in comparison.curves), comparison.k_star()
    (['bound', 'exact', 'population', 'proportional'], 2)
    """
    curves: dict[Rung, ErrorCurve] = {}
    absent: dict[Rung, str] = {}
    for rung in rungs:
        try:
            curves[Rung(rung)] = expected_error(setup, steps, rung=rung, metric=metric)
        except (OutsideRegime, NotConverged) as refusal:
            absent[Rung(rung)] = str(refusal)
    estimate = None
    if prompts:
        try:
            estimate = montecarlo.expected_error(
                setup, steps, prompts=prompts, seed=seed, metric=metric, workers=workers, progress=progress
            )
        except (OutsideRegime, NotConverged) as refusal:
            reason = "m = ∞: a prompt that can be drawn is finite" if setup.m is None else str(refusal)
            absent[Rung.SIMULATION] = reason
    else:
        absent[Rung.SIMULATION] = "skipped: no prompts were asked for"
    one_step = float(one_step_error(setup, metric=metric)) if steps else None
    kind = Metric(metric)
    sentences = findings(setup, steps, curves=curves, estimate=estimate, one_step=one_step, assumed=assumed)
    return Comparison(
        setup=setup,
        steps=steps,
        metric=kind,
        curves=curves,
        absent=absent,
        estimate=estimate,
        one_step=one_step,
        findings=sentences,
    )
