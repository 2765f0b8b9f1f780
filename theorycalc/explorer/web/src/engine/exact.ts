// Rung 3, the exact mean at finite m: the compiled recursion of theory section 5, and label noise by section 12,
//   E_k = tr[P̃ M(∅; k, k)] + (σ²/m) Σ_{j<k} tr[P̃ (B(∅; j) − B(∅; k + j))].

import { Kind, planFor, type Plan } from "./plan";
import type { Raw } from "./population";
import type { Whitened } from "./problem";

/** Relative size of the deliberate rounding that measures how the result responds to rounding. */
const JITTER = 2 ** -40;
const UNIT_PER_JITTER = 2 ** -53 / JITTER;
const SAFETY = 8; // the response to one set of random roundings, for the worst

/** E_0 … E_steps; with `estimate` also their relative rounding error, at twice the cost. */
export function exactValues(problem: Whitened, steps: number, estimate = true): Raw {
  const plan = planFor(steps);
  const values = curve(plan, problem, states(plan, problem, 0));
  if (!estimate) return { values, relativeError: new Float64Array(steps + 1) };
  const shaken = curve(plan, problem, states(plan, problem, JITTER));
  return { values, relativeError: responseTo(shaken, values, problem.C.length) };
}

/** The relative rounding error that the response to random roundings of size JITTER suggests. */
export function responseTo(shaken: Float64Array, values: Float64Array, width: number): Float64Array {
  const least = (16 + width / 2) * 2 ** -53; // the final sum alone
  let worst = 0; // of this and all shorter chains: one response may be small by chance
  return values.map((_, k) => {
    const response = values[k] === 0 ? 0 : Math.abs(shaken[k] / values[k] - 1) * UNIT_PER_JITTER;
    worst = Math.max(worst, Number.isFinite(response) ? response : 1);
    return SAFETY * worst + least;
  });
}

function curve(plan: Plan, problem: Whitened, X: Float64Array): Float64Array {
  const { P, count, m, noiseVar } = problem;
  const width = P.length;
  const weight = P.map((p, i) => p * count[i]);
  const traceP = (row: number): number => {
    let sum = 0;
    for (let i = 0, at = row * width; i < width; i++, at++) sum += weight[i] * X[at];
    return sum;
  };
  const power = noiseVar > 0 ? Array.from(plan.power, traceP) : [];
  return Float64Array.from(plan.sandwich, (row, k) => {
    let noise = 0;
    for (let j = 0; noiseVar > 0 && j < k; j++) noise += power[j] - power[k + j];
    return traceP(row) + (noiseVar / m) * noise;
  });
}

/** All states, row by row. */
function states(plan: Plan, problem: Whitened, jitter: number): Float64Array {
  const { C, Q, count, d, factor, m } = problem;
  const { kind, source, start, left, right, weight, byDimension } = plan;
  const width = C.length;
  const X = new Float64Array(plan.rows * width);
  const W = new Float64Array(width);
  const stepC = C.map((c) => c / m);
  const random = noise(plan.rows);
  for (let row = 0; row < plan.rows; row++) {
    const at = row * width;
    const from = source[row] * width;
    switch (kind[row]) {
      case Kind.One:
        X.fill(1, at, at + width);
        break;
      case Kind.TimesQ:
        for (let i = 0; i < width; i++) X[at + i] = Q[i] * X[from + i];
        break;
      case Kind.TraceB: {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += count[i] * X[from + i];
        X.fill(sum, at, at + width);
        break;
      }
      case Kind.TraceQB: {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += count[i] * Q[i] * X[from + i];
        X.fill(sum, at, at + width);
        break;
      }
      default: {
        W.fill(0);
        for (let t = start[row]; t < start[row + 1]; t++) {
          const w = weight[t];
          const l = left[t] * width;
          const r = right[t] * width;
          if (byDimension[t]) for (let i = 0; i < width; i++) W[i] += w * (d * X[l + i] - X[r + i]);
          else for (let i = 0; i < width; i++) W[i] += w * (X[l + i] - X[r + i]);
        }
        for (let i = 0; i < width; i++) X[at + i] = factor[i] * X[from + i] + stepC[i] * W[i];
      }
    }
    if (jitter > 0) {
      for (let i = 0; i < width; i++) X[at + i] *= 1 + jitter * random();
    }
  }
  return X;
}

/** Reproducible numbers in [−1, 1) (xorshift, 32 bits). */
export function noise(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}
