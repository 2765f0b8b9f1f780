// A map of λ₊ over training and test prompt lengths at the problem's spectra, and where it is 2.

import { safeThreshold } from "./phase";
import { checked, whitened, type Whitened } from "./problem";
import type { Problem } from "./types";

export interface PhaseDiagram {
  readonly n: readonly number[];
  readonly m: readonly number[];
  /** λ₊ at n[j], m[i] in row j, to a relative 1e-6 or better. */
  readonly upper: readonly Float64Array[];
  /** For each n the m below which a typical prompt overthinks; Infinity where every prompt does. */
  readonly boundary: Float64Array;
}

/** The map in slices, one training length each; lengths may be any positive numbers.  The problem's own n and m do not matter. */
export function* phaseDiagram(problem: Problem, n: readonly number[], m: readonly number[]): Generator<number, PhaseDiagram> {
  const given = checked({ ...problem, n: 1, m: 1 });
  const upper: Float64Array[] = [];
  const boundary = new Float64Array(n.length);
  for (const [j, length] of n.entries()) {
    const white = whitened(given, length);
    boundary[j] = safeThreshold(white);
    upper.push(Float64Array.from(m, (examples) => upperEdge(white, examples)));
    yield (j + 1) / n.length;
  }
  return { n, m, upper, boundary };
}

const CLOSE = 1e-4; // relative error of α − c_max; ψ is flat there, so λ₊ is good to its square

/** min ψ over α > c_max, by some fifteen halvings. */
function upperEdge({ C, count, d }: Whitened, m: number): number {
  const top = C.reduce((a, b) => Math.max(a, b));
  let low = top / Math.sqrt(m) / 1.001;
  let high = top * Math.sqrt(d / m) * 1.001;
  while (high > low * (1 + CLOSE)) {
    const delta = high > 2 * low ? Math.sqrt(low * high) : (low + high) / 2;
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count[i] * (C[i] / (top - C[i] + delta)) ** 2;
    if (sum > m) low = delta;
    else high = delta;
  }
  const alpha = top + low;
  let sum = 0;
  for (let i = 0; i < C.length; i++) sum += (count[i] * C[i]) / (top - C[i] + low);
  return alpha * (1 + sum / m);
}
