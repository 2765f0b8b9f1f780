// Rung 1, m → ∞ at fixed d and k: E_k = Σᵢ pᵢ qᵢ (1 − σᵢ/γᵢ)^{2k}.  Label noise averages out.

import { UNIT, type Whitened } from "./problem";

export interface Raw {
  readonly values: Float64Array;
  readonly relativeError: Float64Array;
}

export function populationValues(problem: Whitened, steps: number): Raw {
  const { P, Q, count, factor, factorError } = problem;
  const values = new Float64Array(steps + 1);
  const relativeError = new Float64Array(steps + 1);
  const term = P.map((p, i) => p * Q[i] * count[i]);
  const square = factor.map((f) => f * f);
  for (let k = 0; k <= steps; k++) {
    let sum = 0;
    let doubt = 0;
    for (let i = 0; i < term.length; i++) {
      sum += term[i];
      doubt += term[i] * (2 * k * (Number.isFinite(factorError[i]) ? factorError[i] : 1) + (3 * k + term.length + 8) * UNIT);
      term[i] *= square[i];
    }
    values[k] = sum;
    relativeError[k] = sum > 0 ? doubt / sum : 0;
  }
  return { values, relativeError };
}

/** E_k alone, at any k ≥ 0, for searches; Infinity beyond float64. */
export function populationAt(problem: Whitened, k: number): number {
  const { P, Q, count, factor } = problem;
  let sum = 0;
  for (let i = 0; i < P.length; i++) {
    const weight = P[i] * Q[i] * count[i];
    if (weight > 0) sum += weight * Math.pow(Math.abs(factor[i]), 2 * k); // 0 · ∞ is no number
  }
  return sum;
}
