// lim E_k of the proportional limit where the spectrum of N ends below 2: what no number of steps recovers.
//
// d > m: r_j → π with πᵢ = 1/(1 + cᵢ g), g the root of Σ cᵢg/(1 + cᵢg) = m, and expanding R(x) at x = 1 once more,
//   Σ_p (u_p − u_∞) = g Σ Q̃Cπ²/Σ Cπ²   so   E_∞ = Σ P̃Q̃π² + g (Σ P̃Cπ²)(Σ Q̃Cπ²)/(Σ Cπ²) + σ² g Σ P̃Cπ²/Σ Cπ².
// d < m: the signal is learned, and label noise leaves σ² Σ (P̃/C)/(m − d), that of least squares.

import { root } from "./edges";
import type { Whitened } from "./problem";

export function floorOf({ C, P, Q, count, d, m, noiseVar }: Whitened): number {
  if (m === Infinity) throw new Error("floorOf is for finite m");
  if (d <= m) {
    if (noiseVar === 0) return 0;
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += (count[i] * P[i]) / C[i];
    return (noiseVar * sum) / (m - d);
  }
  const g = nullSpaceScale(C, count, m);
  let own = 0;
  let onP = 0;
  let onQ = 0;
  let all = 0;
  for (let i = 0; i < C.length; i++) {
    const share = 1 / (1 + C[i] * g);
    const weight = count[i] * share * share;
    own += weight * P[i] * Q[i];
    onP += weight * P[i] * C[i];
    onQ += weight * Q[i] * C[i];
    all += weight * C[i];
  }
  return own + (g * onP * (onQ + noiseVar)) / all;
}

/** g > 0 with Σ cᵢg/(1 + cᵢg) = m < d. */
function nullSpaceScale(C: Float64Array, count: Float64Array, m: number): number {
  const top = C.reduce((a, b) => Math.max(a, b));
  const bottom = C.reduce((a, b) => Math.min(a, b));
  const d = count.reduce((a, b) => a + b);
  const falling = (g: number): number => {
    let sum = 0;
    for (let i = 0; i < C.length; i++) sum += count[i] * ((C[i] * g) / (1 + C[i] * g));
    return m - sum;
  };
  const isotropic = m / (d - m); // the root for C = I
  return root(falling, isotropic / top / 1.0001, (isotropic / bottom) * 1.0001);
}
