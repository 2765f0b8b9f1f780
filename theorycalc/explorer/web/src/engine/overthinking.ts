// Does thinking longer hurt, and where is the best number of steps: of the population law, where it is one search over a
// convex function of k, and of the other rungs as far as their curves go.

import { expectedError, MOST_STEPS } from "./curves";
import { short } from "./phase";
import { populationAt } from "./population";
import { checked, whitened } from "./problem";
import type { ErrorCurve, Problem } from "./types";

export interface Overthinking {
  /** The largest σ/γ of a direction with error in it: above 2 the population law diverges. */
  readonly threshold: number;
  readonly overthinks: boolean;
  /** The first step with the least population error; Infinity if it falls for ever. */
  readonly kStar: number;
  /** The least population error; its limit where kStar is Infinity. */
  readonly least: number;
  readonly sentence: string;
}

/** The verdict of the population law, as `tc.overthinking` in Python. */
export function overthinking(problem: Problem): Overthinking {
  const white = whitened(checked(problem));
  let threshold = 0;
  let floor = 0;
  let anyFalls = false;
  for (let i = 0; i < white.C.length; i++) {
    if (!(white.Q[i] > 0)) continue;
    threshold = Math.max(threshold, white.C[i]);
    const size = Math.abs(white.factor[i]);
    if (size === 1) floor += white.P[i] * white.Q[i] * white.count[i];
    if (size < 1 && size > 0) anyFalls = true;
  }
  const overthinks = threshold > 2;
  if (!overthinks) {
    // every factor is at most 1 in size: E_k never rises; it stops falling after one step at most if none is inside (0, 1)
    const kStar = anyFalls ? Infinity : populationAt(white, 1) < populationAt(white, 0) ? 1 : 0;
    const least = anyFalls ? floor : populationAt(white, kStar);
    const sentence = "On long prompts no skill overthinks (largest σ/γ = " + short(threshold) + " ≤ 2): more steps never hurt.";
    return { threshold, overthinks, kStar, least, sentence };
  }
  const kStar = bestStep((k) => populationAt(white, k + 1) - populationAt(white, k));
  const least = populationAt(white, kStar);
  const steps = kStar === 1 ? "1 step" : `${kStar.toLocaleString("en")} steps`;
  const sentence =
    `On long prompts thinking longer hurts (largest σ/γ = ${short(threshold)} > 2): ` +
    (kStar === 0 ? "the first step already does." : `the error is least after ${steps}, at ${short(least)}, and then grows without bound.`);
  return { threshold, overthinks, kStar, least, sentence };
}

/** The least k with E_{k+1} ≥ E_k for a convex sequence that rises in the end. */
function bestStep(slope: (k: number) => number): number {
  const rises = (k: number): boolean => {
    const s = slope(k);
    return s >= 0 || Number.isNaN(s); // ∞ − ∞: both beyond float64, long after the turn
  };
  if (rises(0)) return 0;
  let high = 1;
  while (!rises(high)) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (rises(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The error curves of the rungs that are asked about together, as far as each goes. */
export function ladder(problem: Problem, steps: number, estimateRounding = true): ErrorCurve[] {
  const rungs = ["population", "exact", "proportional"] as const;
  return rungs.map((rung) => expectedError({ problem, steps: Math.min(steps, MOST_STEPS[rung]), rung, estimateRounding }));
}
