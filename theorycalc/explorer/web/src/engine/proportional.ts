// Rung 4, the limit d, m → ∞ at fixed d/m, by generating functions of the recursion of theory section 6.
//
// With R(x) = Σ xʲ r_j and g(x) = 1 − x Σ xˢ (t_s − t_{s+1}), t_s = tr(r_s)/m, the first recursion says
//   R(x) = 1/(1 − x + x C g(x)).
// Summed in the same way, the second is solved by products of the first:
//   M(x, y) = R(x) R(y) [Q̃ + C x y Σ_{p,s} xᵖ yˢ υ_{p+s}],   υ_s = u_s − u_{s+1},  u_s = tr(Q̃ r_s)/m.
// The coefficient of xᵏyᵏ gives the error from the r_j alone, without any M_{a,b}:
//   E_k = Σᵢ P̃ᵢQ̃ᵢ r_{k,i}² + Σ_{j,l<k} υ_{2k−2−j−l} G_{jl},   G_{jl} = Σᵢ P̃ᵢ Cᵢ r_{j,i} r_{l,i},
// so the cost is O(k² d) for the r_j and G, and O(k³) scalar additions.
// Label noise adds (σ²/m) Σ_{j<k} tr[P̃ (r_j − r_{k+j})] (section 12).

import { noise, responseTo } from "./exact";
import type { Raw } from "./population";
import type { Whitened } from "./problem";

const JITTER = 2 ** -40;

export function proportionalValues(problem: Whitened, steps: number, estimate = true): Raw {
  const values = curve(problem, steps, 0);
  if (!estimate) return { values, relativeError: new Float64Array(steps + 1) };
  return { values, relativeError: responseTo(curve(problem, steps, JITTER), values, problem.C.length) };
}

function curve(problem: Whitened, steps: number, jitter: number): Float64Array {
  const { C, P, Q, count, m, noiseVar } = problem;
  const width = C.length;
  const length = Math.max(1, 2 * steps);
  const r = powers(problem, length, jitter);
  const trace = (of: (i: number) => number, j: number): number => {
    let sum = 0;
    for (let i = 0, at = j * width; i < width; i++, at++) sum += of(i) * r[at];
    return sum;
  };
  const u = Float64Array.from({ length }, (_, s) => trace((i) => count[i] * Q[i], s) / m);
  const power = noiseVar > 0 ? Float64Array.from({ length }, (_, j) => trace((i) => count[i] * P[i], j)) : u;

  const weight = C.map((c, i) => count[i] * P[i] * c);
  const own = C.map((_, i) => count[i] * P[i] * Q[i]);
  // diagonal[s] = Σ_{j + l = s, j and l < k} G_{jl}, kept up to date as k grows
  const diagonal = new Float64Array(length);
  return Float64Array.from({ length: steps + 1 }, (_, k) => {
    if (k > 0) {
      const last = (k - 1) * width;
      for (let j = 0; j < k; j++) {
        let G = 0;
        for (let i = 0, at = j * width; i < width; i++, at++) G += weight[i] * r[at] * r[last + i];
        diagonal[j + k - 1] += j === k - 1 ? G : 2 * G;
      }
    }
    let sum = 0;
    for (let i = 0, at = k * width; i < width && k > 0; i++, at++) sum += own[i] * r[at] * r[at];
    if (k === 0) for (const part of own) sum += part;
    for (let s = 0; s <= 2 * k - 2; s++) sum += diagonal[s] * (u[2 * k - 2 - s] - u[2 * k - 1 - s]);
    let added = 0;
    for (let j = 0; noiseVar > 0 && j < k; j++) added += power[j] - power[k + j];
    return sum + (noiseVar / m) * added;
  });
}

/** r_0 … r_{length − 1}, row by row: r_j = (1 − C) r_{j−1} + C Σ_{s=0}^{j−2} (t_s − t_{s+1}) r_{j−2−s}. */
function powers(problem: Whitened, length: number, jitter: number): Float64Array {
  const { C, count, factor, m } = problem;
  const width = C.length;
  const r = new Float64Array(length * width);
  const difference = new Float64Array(length);
  const random = noise(length);
  const sum = new Float64Array(width);
  let before = 0;
  for (let j = 0; j < length; j++) {
    const at = j * width;
    if (j === 0) r.fill(1, 0, width);
    else {
      sum.fill(0);
      for (let s = 0; s <= j - 2; s++) {
        const tau = difference[s];
        const from = (j - 2 - s) * width;
        for (let i = 0; i < width; i++) sum[i] += tau * r[from + i];
      }
      for (let i = 0; i < width; i++) r[at + i] = factor[i] * r[at - width + i] + C[i] * sum[i];
    }
    if (jitter > 0) for (let i = 0; i < width; i++) r[at + i] *= 1 + jitter * random();
    let trace = 0;
    for (let i = 0; i < width; i++) trace += count[i] * r[at + i];
    if (j > 0) difference[j - 1] = (before - trace) / m;
    before = trace;
  }
  return r;
}
