// The edges of the spectrum of N = Wishart_m(C)/m in the limit d/m → φ: extreme values of
//   ψ(α) = α + (1/m) Σ α cᵢ/(α − cᵢ)
// over α > c_max (upper edge), 0 < α < c_min (lower edge, d < m) or α < 0 (where the part away from 0 begins, d > m).
// At a critical point ψ = (α²/m) Σ cᵢ/(α − cᵢ)², a sum of positive terms: no digits cancel near 0.

import { checked, whitened, type Whitened } from "./problem";
import { EngineError } from "./errors";
import type { Edges, Problem } from "./types";

/** Edges and atom of the limiting spectrum of N for a problem with finite m; for m = ∞ those of C itself. */
export function spectralEdges(problem: Problem): Edges {
  return edgesOf(whitened(checked(problem)));
}

export function edgesOf({ C, count, d, m }: Pick<Whitened, "C" | "count" | "d" | "m">): Edges {
  const top = C.reduce((a, b) => Math.max(a, b));
  const bottom = C.reduce((a, b) => Math.min(a, b));
  if (!(bottom > 0) || !Number.isFinite(top)) {
    throw new EngineError("range", "sigma", "σ/γ leaves the float64 range: rescale the spectra");
  }
  if (m === Infinity) return { lower: bottom, upper: top, atom: 0 };
  return {
    lower: d === m ? 0 : valueAt(C, count, m, d < m ? lowerPoint(C, count, m, d, bottom) : negativePoint(C, count, m, d, top)),
    upper: valueAt(C, count, m, upperPoint(C, count, m, d, top)),
    atom: Math.max(0, 1 - m / d),
  };
}

/** α and the differences α − cᵢ, each without cancellation. */
interface Point {
  readonly alpha: number;
  readonly apart: Float64Array;
}

function valueAt(C: Float64Array, count: Float64Array, m: number, { alpha, apart }: Point): number {
  let sum = 0;
  for (let i = 0; i < C.length; i++) sum += (count[i] * C[i]) / (apart[i] / alpha) ** 2;
  return sum / m;
}

/** Σ (count/m) (cᵢ/(α − cᵢ))² falls from ∞ to 0 as α = top + δ goes up: where it is 1. */
function upperPoint(C: Float64Array, count: Float64Array, m: number, d: number, top: number): Point {
  const gaps = C.map((c) => top - c);
  const excess = (delta: number): number => {
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count[i] * (C[i] / (gaps[i] + delta)) ** 2;
    return sum - m;
  };
  // α − c ≥ δ gives δ ≤ top √(d/m); keeping one eigenvalue at the top gives δ ≥ top √(1/m)
  const delta = root(excess, (top * Math.sqrt(1 / m)) / 1.0001, top * Math.sqrt(d / m) * 1.0001);
  return { alpha: top + delta, apart: gaps.map((gap) => gap + delta) };
}

/** 0 < α < c_min: Σ count [(c/(c − α))² − 1] = Σ count α (2c − α)/(c − α)² rises from 0 to ∞; where it is m − d. */
function lowerPoint(C: Float64Array, count: Float64Array, m: number, d: number, bottom: number): Point {
  const missing = (alpha: number, gap: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count[i] * (alpha / gap(i)) * ((2 * C[i] - alpha) / gap(i));
    return m - d - sum;
  };
  // near 0 the well-scaled unknown is α/c_min, near c_min it is 1 − α/c_min
  if (missing(bottom / 2, (i) => C[i] - bottom / 2) < 0) {
    const falling = (share: number): number => missing(bottom * share, (i) => C[i] - bottom * share);
    const alpha = bottom * root(falling, Math.min(0.25, (m - d) / (16 * d)), 0.5);
    return { alpha, apart: C.map((c) => alpha - c) };
  }
  const gap = (rest: number) => (i: number) => C[i] - bottom + bottom * rest;
  const rest = root((x) => -missing(bottom * (1 - x), gap(x)), 0.5 / Math.sqrt(m + 1), 0.5);
  return { alpha: bottom * (1 - rest), apart: C.map((_, i) => -gap(rest)(i)) };
}

/** α = −β < 0: Σ count [1 − (c/(c + β))²] = Σ count β (2c + β)/(c + β)² = d − m. */
function negativePoint(C: Float64Array, count: Float64Array, m: number, d: number, top: number): Point {
  const excess = (beta: number): number => {
    let sum = 0;
    for (let i = 0; i < C.length; i++) {
      const gap = C[i] + beta;
      sum += count[i] * (beta / gap) * ((2 * C[i] + beta) / gap);
    }
    return d - m - sum;
  };
  const bottom = C.reduce((a, b) => Math.min(a, b));
  // 1 − (c/(c + β))² ≤ 2β/c; and Σ count (c/(c + β))² ≤ d (top/β)² = m at β = top √(d/m)
  const beta = root(excess, (bottom * (d - m)) / (4 * d), top * Math.sqrt(d / m) * 1.0001);
  return { alpha: -beta, apart: C.map((c) => -(c + beta)) };
}

/** Where a falling function of x > 0 is 0, between two ends of opposite signs; bisection in log x, then in x. */
export function root(falling: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 200 && b / a > 1 + 2 ** -52; i++) {
    const middle = b / a > 2 ? Math.sqrt(a) * Math.sqrt(b) : a + (b - a) / 2;
    if (middle <= a || middle >= b) break;
    if (falling(middle) > 0) a = middle;
    else b = middle;
  }
  return a + (b - a) / 2;
}
