// A problem checked, and the same problem in Γ-whitened coordinates: N = Γ^{-1/2} S Γ^{-1/2} is Wishart_m(C)/m with
// C = Γ⁻¹Σ, and E_k(P) = E tr[P̃ Rᵏ Q̃ Rᵏ] with R = I − N, P̃ = Γ⁻¹P, Q̃ = ΓQ.  Equal directions are grouped.

import { EngineError, refused } from "./errors";
import type { GammaSpectrum, Metric, Problem } from "./types";

export const MOST_DIMENSIONS = 5000;
export const MOST_EXAMPLES = 1e15;
const LARGEST = 1e100;

export interface Checked {
  readonly d: number;
  readonly lambda: Float64Array;
  readonly sigma: Float64Array;
  readonly prior: Float64Array;
  readonly matched: boolean;
  readonly n: number;
  readonly m: number;
  readonly noiseVar: number;
  readonly metric: Metric;
}

/** The problem with every default filled in, or an EngineError that names the argument. */
export function checked(problem: Problem): Checked {
  const lambda = spectrum("lambda", problem.lambda);
  const d = lambda.length;
  const sigma = problem.sigma === undefined ? lambda : spectrum("sigma", problem.sigma, d);
  const prior = problem.prior === undefined ? new Float64Array(d).fill(1) : spectrum("prior", problem.prior, d, true);
  const noiseVar = problem.noiseVar ?? 0;
  if (!(noiseVar >= 0 && noiseVar <= LARGEST)) {
    throw refused("noiseVar", noiseVar, "not a variance", "use a number from 0 to 1e100");
  }
  const metric = problem.metric ?? "estimation";
  if (metric !== "estimation" && metric !== "prediction") {
    throw refused("metric", metric, "unknown", 'use "estimation" or "prediction"');
  }
  return {
    d,
    lambda,
    sigma,
    prior,
    matched: sigma === lambda || sigma.every((value, i) => value === lambda[i]),
    n: examples("n", problem.n),
    m: examples("m", problem.m),
    noiseVar,
    metric,
  };
}

export function spectrum(name: string, values: ArrayLike<number>, d?: number, zeroAllowed = false): Float64Array {
  if (values === null || typeof values !== "object" || !Number.isInteger(values.length) || values.length < 1) {
    throw refused(name, values, "no eigenvalues", "give at least one positive number");
  }
  if (values.length > MOST_DIMENSIONS) {
    throw refused(name, `${values.length} eigenvalues`, "too many for this page", `use at most ${MOST_DIMENSIONS}`);
  }
  if (d !== undefined && values.length !== d) {
    throw refused(name, `${values.length} eigenvalues`, `lambda has ${d}`, "use one dimension for all");
  }
  const found = Float64Array.from(values);
  const bad = found.findIndex((x) => !((zeroAllowed && x === 0) || (x >= 1 / LARGEST && x <= LARGEST)));
  if (bad >= 0) {
    const range = zeroAllowed ? "0 or a number" : "a positive number";
    throw refused(`${name}[${bad}]`, found[bad], "outside the range", `use ${range} from 1e-100 to 1e100`);
  }
  return found;
}

function examples(name: string, value: number): number {
  if (value === Infinity || (Number.isInteger(value) && value >= 1 && value <= MOST_EXAMPLES)) return value;
  throw refused(name, value, "not a number of examples", "use an integer from 1 to 1e15, or Infinity");
}

export function checkedSteps(steps: number, most: number): number {
  if (Number.isInteger(steps) && steps >= 0 && steps <= most) return steps;
  throw refused("steps", steps, "not a number of steps shown here", `use an integer from 0 to ${most}`);
}

/** γ, c = σ/γ and 1 − c of a checked problem at any real training length n > 0. */
export function gammaAt(problem: Checked, n: number): GammaSpectrum {
  const { d, lambda, sigma } = problem;
  const over = 1 / n;
  let trace = 0;
  for (const value of lambda) trace += value;
  const gamma = new Float64Array(d);
  const ratio = new Float64Array(d);
  const factor = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    const ridge = (lambda[i] + trace) * over; // γ − λ
    gamma[i] = lambda[i] + ridge;
    ratio[i] = sigma[i] / gamma[i];
    factor[i] = (lambda[i] - sigma[i] + ridge) / gamma[i]; // nothing cancels where σ = λ
  }
  return { gamma, ratio, factor };
}

export interface Whitened {
  readonly d: number;
  readonly m: number;
  readonly noiseVar: number;
  readonly metric: Metric;
  /** Of each group: cᵢ, 1 − cᵢ, P̃ᵢ, Q̃ᵢ, and how many directions it has. */
  readonly C: Float64Array;
  readonly factor: Float64Array;
  readonly P: Float64Array;
  readonly Q: Float64Array;
  readonly count: Float64Array;
  /** Relative rounding error that 1 − cᵢ has from the start. */
  readonly factorError: Float64Array;
}

export function whitened(problem: Checked, n = problem.n): Whitened {
  const { lambda, sigma, prior, metric, matched } = problem;
  const { gamma, ratio, factor } = gammaAt(problem, n);
  const groups = new Map<string, number>();
  const first: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < problem.d; i++) {
    const key = matched ? `${lambda[i]};${prior[i]}` : `${lambda[i]};${prior[i]};${sigma[i]}`;
    const seen = groups.get(key);
    if (seen === undefined) {
      groups.set(key, first.length);
      first.push(i);
      counts.push(1);
    } else {
      counts[seen]++;
    }
  }
  const pick = (of: (i: number) => number): Float64Array => Float64Array.from(first, of);
  const found: Whitened = {
    d: problem.d,
    m: problem.m,
    noiseVar: problem.noiseVar,
    metric,
    C: pick((i) => ratio[i]),
    factor: pick((i) => factor[i]),
    P: pick((i) => (metric === "prediction" ? ratio[i] : 1 / gamma[i])),
    Q: pick((i) => gamma[i] * prior[i]),
    count: Float64Array.from(counts),
    factorError: pick((i) => (lambda[i] === sigma[i] ? 6 : 4 + (4 * (gamma[i] + sigma[i])) / Math.abs(factor[i] * gamma[i])) * UNIT),
  };
  if ([found.C, found.P, found.Q].some((part) => part.some((x) => !Number.isFinite(x)))) {
    throw new EngineError("range", "lambda", "λ, σ or the prior leaves the float64 range in products: rescale them");
  }
  return found;
}

export const UNIT = 2 ** -53;
