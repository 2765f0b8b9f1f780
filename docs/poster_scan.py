"""Which (dimension, spectrum, statistic, normalisation) reproduces panel (a) of the poster?  A scan by simulation.

Every hypothesis gives two curves, n = m = 10 and n = m = 30, and is scored by its *misfit*: the largest factor between
the curve and the twelve points of ``examples/data/poster_panel_a.csv``, so that 1.05 would be agreement within what was
read off.  ``free`` is the misfit after the best common factor (for an unknown normalisation).  Three tables:

1. curves of many prompts: λ_i = i^{−α}, error metric, statistic, squared error or its root, start of the count of k;
2. variations for Λ = λI: other features, another division ρ, a step that is not Γ⁻¹;
3. averages over a batch of prompts with drawn tasks: the probability of lying within a factor of all points.

Run ``python docs/poster_scan.py [--quick]``: three minutes of one core (quick: twenty seconds, noisier); deterministic.
What it found is in `reproduction.md` beside this file.
"""

import argparse
import csv
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import theorycalc as tc
from theorycalc.fields import Array

FILE = Path(__file__).resolve().parents[1] / "examples" / "data" / "poster_panel_a.csv"
STEPS = (1, 2, 4, 8, 16, 32)
LENGTHS = (10, 30)
SHIFTS = (-1, 0, 1)  # the error plotted at k is that after k + shift steps
LAST = STEPS[-1] + max(SHIFTS)
EXPONENTS = (0.0, 0.5, 1.0, 1.5, 2.0)
DIMENSIONS = (*range(1, 13), 14, 16, 20, 32)
BATCHES: Mapping[str, Sequence[int]] = {
    "all prompts": (1, 2, 4, 8, 16, 32, 64, 128),
    "converging prompts": (16, 64, 256, 1024),
}
WITHIN = 1.5  # the factor of table 3
SEED = 7


def published() -> Array:
    """Return the twelve points, (2, 6): rows n = 10, 30."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = {(int(row["n"]), int(row["k"])): float(row["error"]) for row in csv.DictReader(lines)}
    return np.array([[found[n, k] for k in STEPS] for n in LENGTHS])


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulated:
    """Errors of prompts over E₀, (prompts, LAST + 1): averaged over tasks, and for one drawn task each."""

    averaged: Array
    drawn: Array
    converges: Array  # (prompts,): whether the chain of thought of this prompt converges


def simulate(
    lam: Array,
    n: int,
    *,
    prompts: int,
    seed: int,
    metric: str = "estimation",
    features: str = "gaussian",
    rule: str = "m",
    step: float = 1.0,
) -> Simulated:
    """Return the errors of drawn prompts with m = n and Σ = Λ = diag(lam).

    N = Γ^{-1/2} S Γ^{-1/2} = U diag(ν) Uᵀ gives Rᵏ = Γ^{-1/2} U diag(p_k) Uᵀ Γ^{1/2}, p_k = Π_{i<k} (1 − step·ν m/ρ_i).

    Parameters
    ----------
    metric : "estimation" (P = I) or "prediction" (P = Λ)
    features : "gaussian", "sphere" (‖x‖² = d before Λ^{1/2}), "uniform", "signs"; all of unit variance
    rule : ρ_i, what the layer divides by: "m", "m+1", or "columns" (m + 1 + i, so that it grows with the chain)
    """
    d = len(lam)
    setup = tc.Setup(lam, n=n, m=n)
    gamma = np.diag(tc.gamma_matrix(setup).Gamma)
    X = _features(setup, prompts, seed, features)
    root = np.sqrt(gamma)
    nu, U = np.linalg.eigh(np.matmul(X, X.transpose(0, 2, 1)) / n / np.outer(root, root))
    left, right = U / root[:, np.newaxis], U * root[:, np.newaxis]  # Γ^{-1/2} U and Γ^{1/2} U
    weight = np.ones(d) if metric == "estimation" else lam
    P = np.matmul(left.transpose(0, 2, 1), weight[:, np.newaxis] * left)
    pair = P * np.matmul(right.transpose(0, 2, 1), right)
    w_star = np.random.default_rng([seed, 1]).standard_normal((prompts, d))
    start = np.einsum("bij,bi->bj", right, w_star)
    averaged, drawn = np.empty((prompts, LAST + 1)), np.empty((prompts, LAST + 1))
    p = np.ones_like(nu)
    for k in range(LAST + 1):
        averaged[:, k] = np.einsum("bi,bij,bj->b", p, pair, p)
        drawn[:, k] = np.einsum("bi,bij,bj->b", p * start, P, p * start)
        p = p * (1 - step * nu * n / {"m": n, "m+1": n + 1, "columns": n + 1 + k}[rule])
    total = weight.sum()
    if rule == "columns":  # the factors change with i: call a chain calm if its error ends below its start
        calm = averaged[:, LAST] < averaged[:, 0]
    else:
        calm = step * nu[:, -1] * n / {"m": n, "m+1": n + 1}[rule] < 2
    return Simulated(averaged=averaged / total, drawn=drawn / total, converges=calm)


def _features(setup: tc.Setup, prompts: int, seed: int, kind: str) -> Array:
    """Return X (prompts, d, m) with covariance Λ."""
    X = tc.montecarlo.draw_prompts(setup, prompts, seed=seed).X
    if kind == "gaussian":
        return X
    d, m, generator = setup.d, X.shape[2], np.random.default_rng([seed, 2])
    if kind == "sphere":
        flat = generator.standard_normal((prompts, d, m))
        flat *= np.sqrt(d) / np.linalg.norm(flat, axis=1, keepdims=True)
    elif kind == "uniform":
        flat = generator.uniform(-np.sqrt(3), np.sqrt(3), (prompts, d, m))
    else:
        flat = generator.choice([-1.0, 1.0], (prompts, d, m))
    return np.asarray(flat * np.sqrt(setup.Lambda.array(tc.F64))[:, np.newaxis])


def _log_mean(values: Array) -> Array:
    return np.asarray(np.exp(np.mean(np.log(np.maximum(values, 1e-300)), axis=0)))


#: What may have been plotted: a statistic of the squared errors of many prompts, (LAST + 1,).
STATISTICS: Mapping[str, Callable[[Simulated], Array]] = {
    "mean": lambda s: s.averaged.mean(axis=0),
    "mean of converging prompts": lambda s: s.averaged[s.converges].mean(axis=0),
    "mean without the worst 5 %": lambda s: np.sort(s.averaged, axis=0)[: int(0.95 * len(s.averaged))].mean(axis=0),
    "geometric mean": lambda s: _log_mean(s.averaged),
    "median": lambda s: np.median(s.averaged, axis=0),
    "median, drawn tasks": lambda s: np.median(s.drawn, axis=0),
    "median of error/|w*|²": lambda s: np.median(s.drawn / s.drawn[:, :1], axis=0),
    "75 % quantile": lambda s: np.quantile(s.averaged, 0.75, axis=0),
    "90 % quantile": lambda s: np.quantile(s.averaged, 0.9, axis=0),
    "90 % quantile, drawn tasks": lambda s: np.quantile(s.drawn, 0.9, axis=0),
}


def misfits(curves: Sequence[Array], points: Array) -> tuple[float, float]:
    """Return the misfit and the free misfit of two curves of six values."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.stack([np.asarray(curve, dtype=float) for curve in curves]) / points)
    if not np.all(np.isfinite(logs)):
        return float("inf"), float("inf")
    return float(np.exp(np.abs(logs).max())), float(np.exp((logs.max() - logs.min()) / 2))


@dataclass(frozen=True, kw_only=True)
class Score:
    """One hypothesis and how far it is from the points."""

    label: str
    statistic: str
    misfit: float
    free: float


def scored(label: str, curves: Mapping[str, Sequence[Array]], points: Array) -> Iterator[Score]:
    """Yield the scores of named pairs of curves (LAST + 1,), with every shift, squared errors and their roots."""
    for (name, pair), shift, power in itertools.product(curves.items(), SHIFTS, (1.0, 0.5)):
        at = [k + shift for k in STEPS]
        misfit, free = misfits([curve[at] ** power for curve in pair], points)
        extra = f"{f', k{shift:+d}' if shift else ''}{', root' if power == 0.5 else ''}"
        yield Score(label=label, statistic=name + extra, misfit=misfit, free=free)


def limiting_curves(lam: Array, metric: str) -> dict[str, list[Array]]:
    """Return the population law and the proportional limit over E₀."""
    curves: dict[str, list[Array]] = {"population law": [], "proportional limit": []}
    for n in LENGTHS:
        setup = tc.Setup(lam, n=n, m=n)
        for name, rung in (("population law", "population"), ("proportional limit", "proportional")):
            curve = tc.expected_error(setup, LAST, rung=rung, metric=metric)
            curves[name].append(np.asarray(curve.values / curve.values[0], dtype=float))
    return curves


def many_prompts(points: Array, prompts: int, dimensions: Sequence[int]) -> Iterator[Score]:
    """Yield the scores of table 1."""
    for alpha, d in itertools.product(EXPONENTS, dimensions):
        progress(f"table 1: alpha = {alpha}, d = {d}")
        lam = np.arange(1.0, d + 1) ** -alpha
        for metric in ("estimation", "prediction") if alpha else ("estimation",):
            samples = [simulate(lam, n, prompts=prompts, seed=SEED + n, metric=metric) for n in LENGTHS]
            curves = {name: [statistic(s) for s in samples] for name, statistic in STATISTICS.items()}
            yield from scored(f"alpha = {alpha}, d = {d}, {metric}", {**curves, **limiting_curves(lam, metric)}, points)


def variations(points: Array, prompts: int, dimensions: Sequence[int]) -> Iterator[Score]:
    """Yield the scores of table 2."""
    kinds, rules, factors = ("gaussian", "sphere", "uniform", "signs"), ("m", "m+1", "columns"), (0.5, 0.8, 1.0, 1.2)
    for kind, d in itertools.product(kinds, [d for d in dimensions if d <= 12]):
        progress(f"table 2: {kind}, d = {d}")
        for rule, step in itertools.product(rules, factors):
            if (kind, rule, step) == ("gaussian", "m", 1.0):
                continue  # in table 1
            samples = [
                simulate(np.ones(d), n, prompts=prompts, seed=SEED + n, features=kind, rule=rule, step=step)
                for n in LENGTHS
            ]
            if not all(s.converges.any() for s in samples):
                continue
            curves = {name: [statistic(s) for s in samples] for name, statistic in STATISTICS.items()}
            yield from scored(f"{kind}, d = {d}, rho = {rule}, step {step}", curves, points)


def batch_probabilities(pools: Sequence[Array], sizes: Sequence[int], points: Array, *, trials: int) -> list[float]:
    """Return for each size the probability that averages over so many prompts lie within WITHIN of all points.

    ``pools`` are the errors of prompts, (prompts, LAST + 1), at n = 10 and 30; batches are drawn from them again.  The
    batches at n = 10 and 30 are independent, so the probability is a product.
    """
    probability = np.ones(len(sizes))
    generator = np.random.default_rng(SEED)
    for pool, row in zip(pools, points, strict=True):
        errors, total = pool[:, STEPS], np.zeros((trials, len(STEPS)))
        for size in range(1, sizes[-1] + 1):
            total += errors[generator.integers(0, len(errors), trials)]
            if size in sizes:
                worst = np.abs(np.log(total / size / row)).max(axis=1)
                probability[sizes.index(size)] *= np.mean(worst <= np.log(WITHIN))
    return [float(p) for p in probability]


def progress(text: str) -> None:
    """Show where the scan is, on one line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)


def show(title: str, scores: Sequence[Score]) -> None:
    """Print the best hypotheses, and the best of every statistic."""
    finite = [score for score in scores if np.isfinite(score.misfit)]
    agree = sum(score.misfit <= 1.05 for score in finite)
    loose = sum(score.free <= 1.05 for score in finite)
    print(f"\n{title}: {len(scores):,} hypotheses, {agree} within 5 %, {loose} within 5 % up to a factor")
    ranked = sorted(finite, key=lambda score: score.misfit)
    relative = sorted(finite, key=lambda score: score.free)
    for heading, chosen in (("best", ranked), ("best up to a factor", relative)):
        print(f"  {heading}:")
        for score in chosen[:8]:
            print(f"    {score.misfit:8.2f} {score.free:8.2f}  {score.label}: {score.statistic}")
    print("  best of every statistic:")
    for name in sorted({score.statistic.split(", k")[0].split(", root")[0] for score in finite}):
        mine = [score for score in ranked if score.statistic.split(", k")[0].split(", root")[0] == name]
        free = min(score.free for score in mine)
        print(f"    {mine[0].misfit:8.2f} {free:8.2f}  {name}: {mine[0].label} ({mine[0].statistic})")


def batches(points: Array, prompts: int, dimensions: Sequence[int], *, trials: int) -> None:
    """Print table 3: averages over all prompts of a batch, and over those whose chain of thought converges."""
    rows: list[tuple[float, str, str]] = []
    for alpha, d in itertools.product(EXPONENTS, [d for d in dimensions if 4 <= d <= 10]):
        progress(f"table 3: alpha = {alpha}, d = {d}")
        lam = np.arange(1.0, d + 1) ** -alpha
        for metric in ("estimation", "prediction") if alpha else ("estimation",):
            samples = [simulate(lam, n, prompts=prompts, seed=SEED + n, metric=metric) for n in LENGTHS]
            for kind, pools in (
                ("all prompts", [s.drawn for s in samples]),
                ("converging prompts", [s.drawn[s.converges] for s in samples]),
            ):
                found = batch_probabilities(pools, BATCHES[kind], points, trials=trials)
                text = f"   {alpha:5} {d:3d} {metric:12}" + "".join(f"{p:9.1e}" for p in found)
                rows.append((max(found), kind, text))
    for kind, sizes in BATCHES.items():
        print(f"\n3. batches, {kind}: probability of a factor {WITHIN} at all points, by the number of prompts")
        print("   alpha   d metric      " + "".join(f"{size:>9}" for size in sizes))
        for _, _, text in sorted([row for row in rows if row[1] == kind], reverse=True)[:15]:
            print(text)


def main(*, quick: bool = False) -> None:
    """Print the three tables."""
    points = published()
    prompts, trials = (500, 500) if quick else (4_000, 3_000)
    dimensions = [d for d in DIMENSIONS if d <= 10] if quick else DIMENSIONS
    show("1. many prompts", list(many_prompts(points, prompts, dimensions)))
    show("2. variations, Lambda = lambda I", list(variations(points, prompts // 4, dimensions)))
    batches(points, 3 * prompts, dimensions, trials=trials)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="about twenty seconds, noisier")
    main(quick=parser.parse_args().quick)
