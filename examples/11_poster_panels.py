"""The poster's panels for the linear attention layer: reproduced, and doubted.

(a) Matched skills, m = n; (b) trained on λ_i ∝ 1/i with tr Λ = d, tested on Σ = I. d is not published. At d = 7 the
mean over prompts whose chain of thought converges comes near the points of (a); the true mean explodes. In (b) no
direction has σ > 2γ: the law for m → ∞ falls, a typical prompt of m = n falls and rises.

    python examples/11_poster_panels.py [PICTURE]
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from course import Exercise, Lesson, Slip

import theorycalc as tc

D, PROMPTS, STEPS, COLORS = 7, 4000, (1, 2, 4, 8, 16, 32), {10: "#0072B2", 20: "#009E73", 30: "#D55E00"}
FITS = {"converging, Λ = I": (0, "estimation"), "converging, λᵢ = i^(−3/2), prediction": (1.5, "prediction")}
LINES = dict(zip((*FITS, "median", "exact mean", "law for m → ∞"), ("-", "-.", "--", ":", "-."), strict=True))
FILE = Path(__file__).parent / "data" / "poster_panel_a.csv"


def solution() -> int:
    """Return the dimension whose exact mean at k = 1, over d, is nearest to the point at n = 10."""
    means = {d: tc.expected_error(tc.Setup([1] * d, n=10, m=10), 1, field=tc.EXACT).values[1] / d for d in range(1, 12)}
    return min(means, key=lambda d: abs(means[d] - Fraction(3, 8)))


LESSON = Lesson(
    number=11,
    title="The poster's panels: reproduce, and doubt",
    goal="Test a published figure against a theory: what it cannot be, what comes near, what cannot be known.",
    minutes=35,
    before=(5, 7, 8),
    claims=("ERR-01", "ERR-05", "OVT-01", "SAF-01"),
    exercise=Exercise(
        question="Panel (a) shows 0.375 at n = 10 and 0.21 at n = 30 after one step. If these were exact means over d "
        "with equal skills, (d + 1)/(n + d + 1), which d would the point at n = 10 want?",
        solution=solution,
        because="6/16 = 0.375; but n = 30 wants d = 7, 8/38 = 0.2105. No d fits both within 5 %: it is not this mean.",
        hint="Solve (d + 1)/(11 + d) = 3/8.",
        slips=(Slip(7, "That is what n = 30 wants. At n = 10 it gives 8/18 = 0.444."), Slip(6, "That is d + 1.")),
    ),
)


def converging_mean(setup: tc.Setup, metric: str) -> Any:
    """Return the mean of E_k/E₀ over the prompts with λ_max(N) < 2, N = Γ^{-1/2} S Γ^{-1/2}, for k = 0 … 32."""
    X, lam = tc.montecarlo.draw_prompts(setup, PROMPTS, seed=0).X, setup.Lambda.array(tc.F64)
    root = np.sqrt(np.diag(tc.gamma_matrix(setup).Gamma))
    nu, U = np.linalg.eigh(X @ X.transpose(0, 2, 1) / setup.n / np.outer(root, root))
    nu, U = nu[nu[:, -1] < 2], U[nu[:, -1] < 2]
    left, weight = U / root[:, None], lam if metric == "prediction" else np.ones(D)
    pair = (left.transpose(0, 2, 1) @ (weight[:, None] * left)) * (U.transpose(0, 2, 1) @ (root[:, None] ** 2 * U))
    curve = [np.einsum("bi,bij,bj", (1 - nu) ** k, pair, (1 - nu) ** k) for k in range(STEPS[-1] + 1)]
    return np.array(curve) / len(nu) / weight.sum()


def draw(answer: dict[str, Any], path: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 4.8), layout="constrained")
    for key, axes, low, high in zip("ab", figure.subplots(1, 2), (2e-5, 1e-4), (1.2, 60), strict=True):
        for n, rows in answer[key].items():
            axes.plot([], "s", color=COLORS[n], label=f"n = {n}")
            for name in LINES.keys() & rows:
                axes.plot(range(1, len(rows[name])), rows[name][1:], ls=LINES[name], color=COLORS[n], lw=1.4)
            if "published" in rows:
                axes.errorbar(STEPS, rows["published"], 0.05 * rows["published"], fmt="o", color=COLORS[n])
        for name in sorted(LINES.keys() & rows):
            axes.plot([], ls=LINES[name], color="#444444", label=name)
        axes.set(yscale="log", ylim=(low, high), xlabel=f"steps k  (d = {D}, m = n)", ylabel="error / error at k = 0")
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_title("(a) Σ = Λ; points: published, ± 5 %" if key == "a" else "(b) λᵢ ∝ 1/i, tr Λ = d, Σ = I")
        axes.legend(frameon=False, fontsize=8, loc="lower left" if key == "a" else "upper left")
    figure.suptitle("The poster's panels for the linear attention layer, computed anew", fontweight="bold")
    figure.savefig(path, dpi=180)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the curves of both panels over E₀, and the factor by which each misses the published points."""
    answer: dict[str, Any] = {"a": {}, "b": {}, "misfit": {}}
    _, *rows = [line.split(",") for line in FILE.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    skewed = tc.power_law(D, 1, D / sum(1 / i for i in range(1, D + 1)))
    for n in COLORS:
        setups = {"a": tc.Setup([1] * D, n=n, m=n), "b": tc.Setup(skewed, n=n, m=n, Sigma=[1] * D)}
        for key, setup in setups.items():
            sample = tc.montecarlo.expected_error(setup, 32 if key == "a" else 16, prompts=PROMPTS, seed=0)
            answer[key][n] = {"median": sample.median / D, "exact mean": tc.expected_error(setup, 12).values / D}
        answer["b"][n]["law for m → ∞"] = tc.expected_error(setups["b"], 16, rung="population").values / D
        for name, (alpha, metric) in FITS.items():
            answer["a"][n][name] = converging_mean(tc.Setup(tc.power_law(D, alpha), n=n, m=n), metric)
        answer["a"][n]["published"] = np.array([float(row[2]) for row in rows if int(row[0]) == n] or [np.nan] * 6)
    for name in (*FITS, "median"):
        ratios = [curves[name][list(STEPS)] / curves["published"] for n, curves in answer["a"].items() if n != 20]
        answer["misfit"][name] = float(np.exp(np.abs(np.log(ratios)).max()))
    if picture:
        draw(answer, picture)
    return answer


def show(numbers: dict[str, Any]) -> str:
    lines = ["(a) Each curve is within this factor of the twelve published points:"]
    lines += [f"  {name}: {factor:.3g}" for name, factor in numbers["misfit"].items()]
    lines.append("(b) The median prompt is best after this many steps (the law for m → ∞ falls all the way):")
    lines += [f"  n = m = {n}: {int(rows['median'].argmin())}" for n, rows in numbers["b"].items()]
    return "\n".join([*lines, "docs/reproduction.md says what is proved of these panels, and what is not."])


if __name__ == "__main__":
    LESSON.run(main, show)
