// The point of smallest norm in the convex hull of a few points, by Wolfe's method (P. Wolfe, Mathematical Programming 11,
// 1976): keep points whose affine minimiser is inside their hull, add the point that lowers the norm most, drop what a
// step to the new affine minimiser leaves behind.

export interface Nearest {
  /** One weight for each point; ≥ 0 with sum 1. */
  readonly weights: Float64Array;
  readonly point: Float64Array;
}

const ENOUGH = 4 * 2 ** -52; // relative to the largest squared norm
const MOST_ROUNDS = 1000;

export function nearestPoint(points: readonly Float64Array[]): Nearest {
  const norms = points.map((p) => dot(p, p));
  const scale = Math.max(...norms);
  let corral = [norms.indexOf(Math.min(...norms))];
  let weights = [1];
  let x: Float64Array = points[corral[0]].slice();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const slopes = points.map((p) => dot(x, p));
    const next = slopes.indexOf(Math.min(...slopes));
    if (dot(x, x) - slopes[next] <= ENOUGH * scale || corral.includes(next)) break;
    const before = dot(x, x);
    const kept = { corral, weights, x };
    corral = [...corral, next];
    weights = [...weights, 0];
    for (;;) {
      const target = affineMinimiser(corral.map((ell) => points[ell]));
      if (target.every((alpha) => alpha > 0)) {
        weights = target;
        break;
      }
      // go from the old weights towards the target until the first of them is used up
      let step = 1;
      let leaves = -1;
      target.forEach((alpha, i) => {
        if (alpha > 0) return;
        const reach = weights[i] <= 0 ? 0 : weights[i] / (weights[i] - alpha);
        if (leaves < 0 || reach < step) [step, leaves] = [reach, i];
      });
      weights = weights.map((w, i) => w + step * (target[i] - w));
      const stays = weights.map((w, i) => i !== leaves && w > 0);
      corral = corral.filter((_, i) => stays[i]);
      weights = weights.filter((_, i) => stays[i]);
      const sum = weights.reduce((a, b) => a + b, 0);
      weights = weights.map((w) => w / sum);
    }
    x = combination(corral.map((ell) => points[ell]), weights);
    if (!(dot(x, x) < before)) {
      ({ corral, weights, x } = kept); // rounding has the last word
      break;
    }
  }
  const all = new Float64Array(points.length);
  corral.forEach((ell, i) => (all[ell] = weights[i]));
  return { weights: all, point: x };
}

/** Weights of sum 1 that minimise the norm of Σ αᵢ pᵢ, by Householder's QR of the differences to the last point. */
function affineMinimiser(points: readonly Float64Array[]): number[] {
  const base = points[points.length - 1];
  const differences = points.slice(0, -1).map((p) => p.map((value, i) => value - base[i]));
  const beta = leastSquares(
    differences,
    base.map((value) => -value),
  ).solution;
  return [...beta, 1 - beta.reduce((a, b) => a + b, 0)];
}

export interface LeastSquares {
  /** 0 for columns that depend on those before them. */
  readonly solution: number[];
  readonly rank: number;
}

/** min ‖Σ βⱼ columnⱼ − right‖, with columns of relative size below 1e-12 after elimination taken as dependent. */
export function leastSquares(columns: readonly Float64Array[], right: Float64Array): LeastSquares {
  const A = columns.map((column) => column.slice());
  const b = right.slice();
  const rows = b.length;
  const pivots: number[] = [];
  let at = 0;
  const sizes = columns.map((column) => Math.sqrt(dot(column, column)));
  for (let j = 0; j < A.length && at < rows; j++) {
    let norm = 0;
    for (let i = at; i < rows; i++) norm = Math.hypot(norm, A[j][i]);
    if (norm <= 1e-12 * sizes[j]) continue;
    const v = A[j].slice(at);
    v[0] += v[0] >= 0 ? norm : -norm;
    const length = dot(v, v);
    const reflect = (column: Float64Array): void => {
      let product = 0;
      for (let i = at; i < rows; i++) product += v[i - at] * column[i];
      const factor = (2 * product) / length;
      for (let i = at; i < rows; i++) column[i] -= factor * v[i - at];
    };
    for (let l = j; l < A.length; l++) reflect(A[l]);
    reflect(b);
    pivots.push(j);
    at++;
  }
  const solution = new Array<number>(A.length).fill(0);
  for (let r = pivots.length - 1; r >= 0; r--) {
    let sum = b[r];
    for (let l = r + 1; l < pivots.length; l++) sum -= A[pivots[l]][r] * solution[pivots[l]];
    solution[pivots[r]] = sum / A[pivots[r]][r];
  }
  return { solution, rank: pivots.length };
}

export function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

export function combination(points: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(points[0].length);
  points.forEach((p, ell) => p.forEach((value, i) => (sum[i] += weights[ell] * value)));
  return sum;
}
