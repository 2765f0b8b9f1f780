// What several test files share: comparison, reproducible problems, and the definition of the error taken literally.

import assert from "node:assert/strict";

import type { Problem } from "../src/engine/index";

export function close(found: number, expected: number, relative: number, what = ""): void {
  const difference = expected === 0 ? Math.abs(found) : Math.abs(found / expected - 1);
  assert.ok(difference <= relative, `${what} ${found} is not ${expected}: off by ${difference}`);
}

export function allClose(found: ArrayLike<number>, expected: ArrayLike<number>, relative: number, what = ""): void {
  assert.equal(found.length, expected.length, `${what} length`);
  for (let i = 0; i < found.length; i++) close(found[i], expected[i], relative, `${what}[${i}]`);
}

/** Numbers in [0, 1), the same on every run (a linear congruence modulo 2³²). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomProblem(seed: number, d: number): Problem {
  const next = random(seed + 1);
  for (let i = 0; i < 5; i++) next();
  const list = (low: number, high: number): number[] => Array.from({ length: d }, () => low + (high - low) * next());
  return {
    lambda: list(0.2, 3),
    sigma: next() < 0.3 ? undefined : list(0.2, 3),
    prior: next() < 0.5 ? undefined : list(0, 2),
    n: 1 + Math.floor(30 * next()),
    m: 1 + Math.floor(30 * next()),
    noiseVar: next() < 0.5 ? 0 : next(),
    metric: next() < 0.5 ? "estimation" : "prediction",
  };
}

/** Nodes and weights with Σ wᵢ f(xᵢ) = E f(x), x ~ N(0, 1), for polynomials f of degree up to 2·count − 1. */
export function gaussHermite(count: number): [number[], number[]] {
  const hermite = (x: number): [number, number] => {
    // orthonormal He_count and He_{count−1} at x
    let [p, q] = [1, 0];
    for (let j = 1; j <= count; j++) [p, q] = [(x * p - Math.sqrt(j - 1) * q) / Math.sqrt(j), p];
    return [p, q];
  };
  const nodes: number[] = [];
  const bound = 2 * Math.sqrt(count) + 1;
  const slices = 4000;
  for (let i = 0; i < slices; i++) {
    let [a, b] = [-bound + (2 * bound * i) / slices, -bound + (2 * bound * (i + 1)) / slices];
    if (hermite(a)[0] > 0 === hermite(b)[0] > 0) continue;
    const rising = hermite(b)[0] > 0;
    for (let step = 0; step < 80; step++) {
      const middle = (a + b) / 2;
      if (hermite(middle)[0] > 0 === rising) b = middle;
      else a = middle;
    }
    nodes.push((a + b) / 2);
  }
  assert.equal(nodes.length, count);
  return [nodes, nodes.map((x) => 1 / (count * hermite(x)[1] ** 2))];
}

type Matrix = number[][];
const product = (A: Matrix, B: Matrix): Matrix =>
  A.map((row) => B[0].map((_, j) => row.reduce((sum, a, l) => sum + a * B[l][j], 0)));
const transposed = (A: Matrix): Matrix => A[0].map((_, j) => A.map((row) => row[j]));

/**
 * E_k by its definition: the mean over prompts (d·m Gaussian numbers, by quadrature that is exact for the polynomial that
 * it is) of tr[P Rᵏ Q (Rᵏ)ᵀ] with R = I − Γ⁻¹S, plus what label noise does to w_k.  For tiny d, m and k.
 */
export function errorByDefinition(problem: Problem, k: number): number {
  const lambda = Array.from(problem.lambda);
  const d = lambda.length;
  const sigma = problem.sigma === undefined ? lambda : Array.from(problem.sigma);
  const prior = problem.prior === undefined ? lambda.map(() => 1) : Array.from(problem.prior);
  const { n, m, noiseVar = 0, metric = "estimation" } = problem;
  const trace = lambda.reduce((a, b) => a + b);
  const A = lambda.map((value) => 1 / (value * (1 + 1 / n) + trace / n));
  const [nodes, weights] = gaussHermite(2 * k + 1);
  const count = d * m;
  const at = new Array<number>(count).fill(0);
  let total = 0;
  for (;;) {
    let weight = 1;
    for (const index of at) weight *= weights[index];
    const X = lambda.map((_, i) => Array.from({ length: m }, (_, j) => Math.sqrt(sigma[i]) * nodes[at[i * m + j]]));
    const S = product(X, transposed(X)).map((row) => row.map((value) => value / m));
    const R = S.map((row, i) => row.map((value, j) => Number(i === j) - A[i] * value));
    let power: Matrix = R.map((_, i) => R.map((_, j) => Number(i === j)));
    // w_k = w* + Rᵏ(w₀ − w*) + Σ_{i<k} Rⁱ Γ⁻¹ (1/m) X ξ, the last part of covariance noise/m · G S Gᵀ, G = Σ Rⁱ Γ⁻¹
    let G: Matrix = R.map(() => R.map(() => 0));
    for (let step = 0; step < k; step++) {
      G = G.map((row, i) => row.map((value, j) => value + power[i][j] * A[j]));
      power = product(power, R);
    }
    const GS = product(G, S);
    let value = 0;
    for (let i = 0; i < d; i++) {
      const p = metric === "prediction" ? sigma[i] : 1;
      for (let j = 0; j < d; j++) {
        value += p * power[i][j] ** 2 * prior[j];
        value += ((p * noiseVar) / m) * GS[i][j] * G[i][j];
      }
    }
    total += weight * value;
    let digit = 0;
    while (digit < count && ++at[digit] === nodes.length) at[digit++] = 0;
    if (digit === count) return total;
  }
}

/** The proportional limit by the recursion of theory section 6 as it stands there, every M_{a,b} formed. */
export function limitByRecursion(problem: Problem, k: number): number {
  const lambda = Array.from(problem.lambda);
  const sigma = problem.sigma === undefined ? lambda : Array.from(problem.sigma);
  const prior = problem.prior === undefined ? lambda.map(() => 1) : Array.from(problem.prior);
  const { n, m, noiseVar = 0, metric = "estimation" } = problem;
  const trace = lambda.reduce((a, b) => a + b);
  const gamma = lambda.map((value) => value * (1 + 1 / n) + trace / n);
  const C = sigma.map((value, i) => value / gamma[i]);
  const Q = gamma.map((value, i) => value * prior[i]);
  const P = gamma.map((value, i) => (metric === "prediction" ? sigma[i] : 1) / value);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  const r: number[][] = [];
  const t: number[] = [];
  const u: number[] = [];
  for (let j = 0; j <= 2 * k; j++) {
    r.push(
      C.map((c, i) => {
        if (j === 0) return 1;
        let inner = r[j - 1][i];
        for (let s = 0; s <= j - 2; s++) inner -= (t[s] - t[s + 1]) * r[j - 2 - s][i];
        return r[j - 1][i] - c * inner;
      }),
    );
    t.push(sum(r[j]) / m);
    u.push(sum(r[j].map((value, i) => Q[i] * value)) / m);
  }
  const M: number[][][] = [];
  for (let a = 0; a <= k; a++) {
    M.push([]);
    for (let b = 0; b <= k; b++) {
      M[a].push(
        C.map((c, i) => {
          if (a === 0) return Q[i] * r[b][i];
          let inner = M[a - 1][b][i];
          for (let s = 0; s <= a - 2; s++) inner -= (t[s] - t[s + 1]) * M[a - 2 - s][b][i];
          for (let s = 0; s <= b - 1; s++) inner -= (u[a + s - 1] - u[a + s]) * r[b - 1 - s][i];
          return M[a - 1][b][i] - c * inner;
        }),
      );
    }
  }
  let value = sum(M[k][k].map((x, i) => P[i] * x));
  for (let j = 0; j < k; j++) value += (noiseVar / m) * sum(P.map((p, i) => p * (r[j][i] - r[k + j][i])));
  return value;
}
