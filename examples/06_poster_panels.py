"""The poster's LSA panels: (a) matched skills, m = n; (b) trained on λ_i ∝ 1/i with tr Λ = d, tested on Σ = I.

d is not published.  At d = 7 the mean over prompts whose chain of thought converges comes near the points of (a); the
true mean explodes.  In (b) no direction has σ > 2γ: the law for m → ∞ falls, a typical prompt of m = n falls and rises.

    python examples/06_poster_panels.py [PICTURE]
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import theorycalc as tc

D, PROMPTS, STEPS, COLORS = 7, 4000, (1, 2, 4, 8, 16, 32), {10: "#0072B2", 20: "#009E73", 30: "#D55E00"}
FITS = {"converging, Λ = I": (0, "estimation"), "converging, λᵢ = i^(−3/2), prediction": (1.5, "prediction")}
LINES = dict(zip((*FITS, "median", "exact mean", "law for m → ∞"), ("-", "-.", "--", ":", "-."), strict=True))
FILE = Path(__file__).parent / "data" / "poster_panel_a.csv"


def converging_mean(setup: tc.Setup, metric: str) -> Any:
    """Return the mean of E_k/E_0 over the prompts with λ_max(N) < 2, N = Γ^{-1/2} S Γ^{-1/2}, for k = 0 … 32."""
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
    figure.savefig(path, dpi=180)


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the curves of both panels over E_0, and the factor by which each misses the published points."""
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


if __name__ == "__main__":
    print("within a factor of the twelve points:", main(sys.argv[1] if len(sys.argv) > 1 else None)["misfit"])
