// The one entry point to the error curves, as in Python: which rung, how far, and where the least error is.

import { exactValues } from "./exact";
import { oneStepError, oneStepValue } from "./one_step";
import { populationValues, type Raw } from "./population";
import { checked, checkedSteps, whitened, type Whitened } from "./problem";
import { refused } from "./errors";
import { proportionalValues } from "./proportional";
import type { ErrorCurve, Problem, Rung, Truncation } from "./types";

export const RUNGS: readonly Rung[] = ["population", "one-step", "exact", "proportional"];

/** The longest chain of each rung here.  Python goes further on each of them. */
export const MOST_STEPS: Readonly<Record<Rung, number>> = {
  population: 10_000,
  "one-step": 1,
  exact: 10,
  proportional: 500,
};

/** What a relative rounding error may be before the curve says so. */
const DOUBTFUL = 1e-9;

export interface ErrorQuestion {
  readonly problem: Problem;
  /** Largest number of steps, at most MOST_STEPS of the rung. */
  readonly steps: number;
  readonly rung: Rung;
  /** false leaves `relativeError` at 0 and halves the time of the exact and proportional rungs. */
  readonly estimateRounding?: boolean;
}

/** E_k(P) = E‖P^{1/2}(w_k − w*)‖² for k = 0 … steps on one rung. */
export function expectedError({ problem, steps, rung, estimateRounding = true }: ErrorQuestion): ErrorCurve {
  if (!RUNGS.includes(rung)) throw refused("rung", rung, "unknown", `use one of ${RUNGS.join(", ")}`);
  const given = checked(problem);
  const count = checkedSteps(steps, MOST_STEPS[rung]);
  const white = whitened(given);
  const notes: string[] = [];
  if (given.m === Infinity && rung !== "population") notes.push("m = ∞: every rung is the population law");
  if (given.m !== Infinity && rung === "population") {
    notes.push(`m = ${given.m} is ignored: this is the limit m → ∞ at fixed d and k`);
  }
  const raw = rawValues(white, count, rung, estimateRounding);
  return finished(raw, white, rung, notes);
}

function rawValues(white: Whitened, steps: number, rung: Rung, estimate: boolean): Raw {
  if (rung === "population" || white.m === Infinity) return populationValues(white, steps);
  if (rung === "exact") return exactValues(white, steps, estimate);
  if (rung === "proportional") return proportionalValues(white, steps, estimate);
  const start = populationValues(white, 0);
  if (steps === 0) return start;
  return {
    values: Float64Array.of(start.values[0], oneStepValue(white)),
    relativeError: Float64Array.of(start.relativeError[0], oneStepError(white)),
  };
}

function finished(raw: Raw, white: Whitened, rung: Rung, notes: string[]): ErrorCurve {
  const end = raw.values.findIndex((value) => !Number.isFinite(value) || value < 0);
  let truncated: Truncation | null = null;
  if (end >= 0) {
    const sentence = `E_${end} on rung ${rung} is beyond what float64 holds here: the curve ends before it.`;
    truncated = { step: end, sentence };
    notes.push(sentence);
  }
  const values = end < 0 ? raw.values : raw.values.slice(0, end);
  const relativeError = end < 0 ? raw.relativeError : raw.relativeError.slice(0, end);
  const nothing = values.length > 0 && values[0] === 0 && white.noiseVar === 0;
  const zero = nothing ? -1 : values.findIndex((value) => value === 0 || value < MIN_NORMAL);
  if (nothing) notes.push("The prior is 0: there is no error to think about.");
  else if (zero >= 0 && !learnedAtOnce(white)) {
    notes.push(`E_${zero} is below the float64 range: shown as ${values[zero]}.`);
  }
  const doubt = relativeError.findIndex((e) => !(e <= DOUBTFUL));
  if (doubt >= 0) {
    notes.push(`From E_${doubt} on float64 may lose digits: relative error up to ${relativeError[doubt].toExponential(0)}.`);
  }
  const kStar = argmin(values);
  return {
    rung,
    metric: white.metric,
    values,
    relativeError,
    kStar,
    kStarAtEnd: kStar === values.length - 1 && truncated === null && values.length > 1,
    truncated,
    notes,
  };
}

const MIN_NORMAL = 2.2250738585072014e-308;

function learnedAtOnce(white: Whitened): boolean {
  return white.factor.every((f) => f === 0);
}

export function argmin(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] < values[best]) best = k;
  return best;
}

export interface Disagreement {
  /** The first step at which the two rungs differ by more than the factor. */
  readonly step: number;
  /** The largest ratio of the two values over the steps that both have. */
  readonly worst: number;
  readonly worstStep: number;
  readonly sentence: string;
}

/** Where two curves differ by more than `factor`; null where they nowhere do. */
export function disagreement(one: ErrorCurve, other: ErrorCurve, factor = 2): Disagreement | null {
  let step = -1;
  let worst = 1;
  let worstStep = 0;
  const length = Math.min(one.values.length, other.values.length);
  for (let k = 0; k < length; k++) {
    const [a, b] = [one.values[k], other.values[k]];
    if (!(a > MIN_NORMAL && b > MIN_NORMAL)) continue;
    const ratio = Math.max(a / b, b / a);
    if (ratio > factor && step < 0) step = k;
    if (ratio > worst) [worst, worstStep] = [ratio, k];
  }
  if (step < 0) return null;
  const times = worst >= 1e5 ? worst.toExponential(0) : worst >= 10 ? worst.toFixed(0) : worst.toFixed(1);
  const sentence = `Rungs ${one.rung} and ${other.rung} differ by more than a factor ${factor} from step ${step} on; at step ${worstStep} by ${times}.`;
  return { step, worst, worstStep, sentence };
}
