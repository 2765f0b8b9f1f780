// Rung 2, one step at any m, in closed form: with R̄ = I − A Σ,
// E_1 = tr[P R̄ Q R̄] + (1/m) [tr(P A²Σ²Q) + tr(P A²Σ) (tr(QΣ) + noise)].

import { UNIT, type Whitened } from "./problem";

export function oneStepValue(problem: Whitened): number {
  const { C, P, Q, count, factor, m, noiseVar } = problem;
  let bias = 0;
  let own = 0;
  let spread = 0;
  let signal = 0;
  for (let i = 0; i < C.length; i++) {
    bias += count[i] * P[i] * Q[i] * factor[i] * factor[i];
    own += count[i] * P[i] * Q[i] * C[i] * C[i];
    spread += count[i] * P[i] * C[i]; // P A²Σ, as P̃ = P A and C = A Σ
    signal += count[i] * Q[i] * C[i]; // Q Σ, as Q̃ = Γ Q
  }
  return bias + (own + spread * (signal + noiseVar)) / m;
}

/** Relative rounding error of the sum of positive terms; the bias has that of 1 − c twice. */
export function oneStepError(problem: Whitened): number {
  const { C, P, Q, count, factor, factorError } = problem;
  const value = oneStepValue(problem);
  let doubt = 0;
  for (let i = 0; i < C.length; i++) {
    const e = Number.isFinite(factorError[i]) ? factorError[i] : 1;
    doubt += 2 * count[i] * P[i] * Q[i] * factor[i] * factor[i] * e;
  }
  return value > 0 ? doubt / value + (2 * C.length + 20) * UNIT : 0;
}
