// The skills one by one: σ/γ against 1 and 2 (theory section 9), and what each adds to the error on long prompts.

import { CRITICAL, short } from "./phase";
import { checked, checkedSteps, gammaAt } from "./problem";
import type { Fate, Problem } from "./types";

export interface Directions {
  readonly sigma: Float64Array;
  readonly gamma: Float64Array;
  /** σ/γ, and 1 − σ/γ, by which a step on a long prompt multiplies the error in this direction. */
  readonly ratio: Float64Array;
  readonly factor: Float64Array;
  /** converging: 0 < σ/γ ≤ 1;  oscillating: 1 < σ/γ < 2, the error changes sign in each step and shrinks;  critical: 2. */
  readonly fate: readonly Fate[];
  /** The part of E_0 in this direction; 0 where the prior puts no error. */
  readonly weight: Float64Array;
  readonly counts: Readonly<Record<Fate, number>>;
  readonly sentence: string;
}

export function directions(problem: Problem): Directions {
  const given = checked(problem);
  const { gamma, ratio, factor } = gammaAt(given, given.n);
  const fate = Array.from(ratio, fateOf);
  const weight = given.prior.map((q, i) => (given.metric === "prediction" ? q * given.sigma[i] : q));
  const counts = { converging: 0, oscillating: 0, critical: 0, overthinking: 0 };
  for (const name of fate) counts[name]++;
  return { sigma: given.sigma, gamma, ratio, factor, fate, weight, counts, sentence: sentence(counts, ratio) };
}

function fateOf(ratio: number): Fate {
  if (Math.abs(ratio - 2) <= 2 * CRITICAL) return "critical";
  if (ratio > 2) return "overthinking";
  return ratio > 1 ? "oscillating" : "converging";
}

function sentence(counts: Readonly<Record<Fate, number>>, ratio: Float64Array): string {
  const all = ratio.length;
  const skills = (count: number): string => (count === 1 ? "1 skill" : `${count} skills`);
  const parts: string[] = [];
  const verb = (count: number, plural: string): string => `${skills(count)} ${count === 1 ? singular(plural) : plural}`;
  if (counts.converging) parts.push(verb(counts.converging, "converge steadily"));
  if (counts.oscillating) parts.push(verb(counts.oscillating, "oscillate and converge"));
  if (counts.critical) parts.push(verb(counts.critical, "keep their error for ever (σ = 2γ)"));
  if (counts.overthinking) {
    const top = ratio.reduce((a, b) => Math.max(a, b));
    parts.push(`${verb(counts.overthinking, "overthink")} (largest σ/γ = ${short(top)} > 2)`);
  }
  return `On long prompts, of ${skills(all)}: ${parts.join(", ")}.`;
}

function singular(words: string): string {
  return words
    .replace("converge", "converges")
    .replace("oscillate ", "oscillates ")
    .replace("keep their", "keeps its")
    .replace("overthink", "overthinks");
}

/** The part of each direction in the long-prompt error after k steps; sums to 1, or all 0 where there is no error. */
export function shares(found: Directions, k: number): Float64Array {
  checkedSteps(k, 1e9);
  const logs = found.weight.map((w, i) => (k === 0 ? Math.log(w) : Math.log(w) + 2 * k * Math.log(Math.abs(found.factor[i]))));
  const top = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  if (top === -Infinity) return new Float64Array(logs.length);
  const parts = logs.map((log) => Math.exp(log - top));
  const sum = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / sum);
}

/** What direction i adds to the long-prompt error after 0 … steps steps, row k of the result; 0 or Infinity beyond float64. */
export function contributions(found: Directions, steps: number): Float64Array[] {
  const count = checkedSteps(steps, 10_000);
  const rows: Float64Array[] = [found.weight.slice()];
  for (let k = 1; k <= count; k++) rows.push(rows[k - 1].map((value, i) => (value === 0 ? 0 : value * found.factor[i] ** 2)));
  return rows;
}
