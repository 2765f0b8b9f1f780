// At load the engine recomputes a table of values that the Python package computed in exact rationals (edges: in proved
// enclosures), with its own code.  A case that is malformed, missing or off fails; an empty table fails.

import { expectedError } from "./curves";
import { spectralEdges } from "./edges";
import { frontier } from "./frontier";
import { gammaSpectrum, taskHardness } from "./gamma";
import { phase } from "./phase";
import { selectionObjective, solveSelection } from "./selection";
import type { FrontierQuestion } from "./frontier";
import type { Metric, Problem, Rung } from "./types";

/** The same numbers in other operations: a few hundred float64 roundings at most.  Measured: below 1e-14. */
export const TOLERANCE = 1e-12;

/** A problem as the table writes it: null stands for ∞, for Σ = Λ and for a prior of 1. */
export interface TableProblem {
  readonly lambda: readonly number[];
  readonly sigma: readonly number[] | null;
  readonly prior: readonly number[] | null;
  readonly n: number;
  readonly m: number | null;
  readonly noise_var: number;
  readonly metric: Metric;
}

export interface TableCase {
  readonly name: string;
  readonly kind: string;
  readonly problem?: TableProblem;
  readonly rung?: Rung;
  readonly sigma?: readonly number[];
  readonly tasks?: readonly (readonly number[])[];
  readonly weights?: readonly number[];
  readonly error?: number;
  readonly steps?: readonly number[];
  /** What Python found, each the float64 nearest to the exact number. */
  readonly values: readonly number[];
}

export interface CheckTable {
  readonly format: number;
  readonly made_by: string;
  readonly cases: readonly TableCase[];
}

export interface SelfCheck {
  readonly ok: boolean;
  /** How many values were compared, and how many agree to the tolerance. */
  readonly total: number;
  readonly agreed: number;
  readonly cases: number;
  readonly worst: number;
  readonly worstCase: string;
  readonly tolerance: number;
  readonly failures: readonly string[];
  readonly sentence: string;
}

export function selfcheck(table: CheckTable | null | undefined, tolerance = TOLERANCE): SelfCheck {
  const failures: string[] = [];
  let total = 0;
  let agreed = 0;
  let worst = 0;
  let worstCase = "";
  const cases = table?.format === 1 && Array.isArray(table.cases) ? table.cases : [];
  if (cases.length === 0) failures.push("There is no table of values to check against.");
  for (const one of cases) {
    let found: ArrayLike<number> = [];
    try {
      found = recomputed(one);
    } catch (error) {
      failures.push(`${one?.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const expected: ArrayLike<unknown> = Array.isArray(one?.values) ? one.values : [];
    if (expected.length === 0) failures.push(`${one?.name}: no values to compare with.`);
    let off = 0;
    for (let i = 0; i < Math.max(found.length, expected.length); i++) {
      total++;
      const difference = relativeDifference(found[i], expected[i]);
      if (difference <= tolerance) agreed++;
      else off++;
      if (!(difference <= worst)) [worst, worstCase] = [difference, one.name];
    }
    if (off > 0) failures.push(`${one.name}: ${off} of ${Math.max(found.length, expected.length)} values differ.`);
  }
  const ok = failures.length === 0 && agreed === total && total > 0;
  const sentence = ok
    ? `${agreed} of ${total} values agree with the exact ones from Python (largest relative difference ${worst.toExponential(1)}).`
    : `Self-check failed: ${total - agreed} of ${total} values differ from Python's. Do not trust the numbers on this page.`;
  return { ok, total, agreed, cases: cases.length, worst, worstCase, tolerance, failures, sentence };
}

/** |found/expected − 1|; Infinity where one of them is missing or no finite number. */
function relativeDifference(found: unknown, expected: unknown): number {
  if (typeof found !== "number" || typeof expected !== "number") return Infinity;
  if (!Number.isFinite(found) || !Number.isFinite(expected)) return Infinity;
  if (expected === 0) return Math.abs(found);
  return Math.abs(found - expected) / Math.abs(expected);
}

function recomputed(one: TableCase): ArrayLike<number> {
  switch (one.kind) {
    case "gamma": {
      const { gamma, ratio, factor } = gammaSpectrum(problemOf(one));
      return [...gamma, ...ratio, ...factor, taskHardness(problemOf(one))];
    }
    case "curve": {
      const steps = one.values.length - 1;
      return expectedError({ problem: problemOf(one), steps, rung: present(one.rung, "rung") }).values;
    }
    case "edges": {
      const { lower, upper, atom } = spectralEdges(problemOf(one));
      return [lower, upper, atom];
    }
    case "floor": {
      const { floor, rate } = phase(problemOf(one));
      return [floor ?? NaN, rate];
    }
    case "frontier": {
      const rung = present(one.rung, "rung") as FrontierQuestion["rung"];
      const steps = present(one.steps, "steps");
      const { points } = frontier({ problem: problemOf(one), error: present(one.error, "error"), steps, rung });
      return points.map((point) => point.n ?? NaN);
    }
    case "selection": {
      const question = { sigma: present(one.sigma, "sigma"), tasks: present(one.tasks, "tasks") };
      const { weights, value } = solveSelection(question);
      return [...weights, value];
    }
    case "objective": {
      const question = { sigma: present(one.sigma, "sigma"), tasks: present(one.tasks, "tasks") };
      const { value, slopes } = selectionObjective(question, present(one.weights, "weights"));
      return [value, ...slopes];
    }
    default:
      throw new Error(`a case of unknown kind ${JSON.stringify(one.kind)}`);
  }
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

/** A problem of the table, as the engine takes it. */
export function problemOf(one: Pick<TableCase, "problem">): Problem {
  const given = present(one.problem, "problem");
  return {
    lambda: given.lambda,
    sigma: given.sigma ?? undefined,
    prior: given.prior ?? undefined,
    n: given.n,
    m: given.m ?? Infinity,
    noiseVar: given.noise_var,
    metric: given.metric,
  };
}
