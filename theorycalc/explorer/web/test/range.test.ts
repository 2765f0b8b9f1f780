// Problems of any size: what comes back is finite and in words, or a refusal in a sentence.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  correctedSelection,
  directions,
  EngineError,
  expectedError,
  frontier,
  gammaSpectrum,
  MOST_STEPS,
  overthinking,
  phase,
  RUNGS,
  safeThinking,
  shares,
  solveSelection,
  taskHardness,
} from "../src/engine/index";
import type { Problem } from "../src/engine/index";
import { random } from "./help";

/** Where ∞ is an answer: no prompt is long enough, no step is the best, every error seen is beyond float64. */
const ENDLESS = /^(safe\.threshold|over\.kStar|over\.least|frontier\.points\..*\.value)$/;

function examine(value: unknown, path: string): void {
  if (typeof value === "number") assert.ok(Number.isFinite(value) || (value === Infinity && ENDLESS.test(path)), `${path} = ${value}`);
  else if (typeof value === "string") assert.doesNotMatch(value, /NaN|undefined|Infinity/, path);
  else if (ArrayBuffer.isView(value)) for (const one of value as unknown as Iterable<number>) examine(one, `${path}.0`);
  else if (value !== null && typeof value === "object") for (const [key, part] of Object.entries(value)) examine(part, `${path}.${key}`);
}

test("no NaN, no infinity but where it is an answer, whatever the problem", () => {
  const next = random(12345);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
  let answers = 0;
  let refusals = 0;
  for (let round = 0; round < 500; round++) {
    const d = 1 + Math.floor(12 * next() * next());
    const wide = pick([0.5, 2, 10, 60, 99]);
    const list = (): number[] => Array.from({ length: d }, () => 10 ** (wide * (2 * next() - 1)));
    const count = (): number => pick([1, 2, 3, 10, 50, 1000, 1e6, 1e12, 1e15, Infinity]);
    const problem: Problem = {
      lambda: list(),
      sigma: next() < 0.5 ? list() : undefined,
      prior: next() < 0.3 ? list().map((x) => (next() < 0.3 ? 0 : x)) : undefined,
      n: count(),
      m: count(),
      noiseVar: pick([0, 0, 1, 1e-50, 1e50, 1e100]),
      metric: pick(["estimation", "prediction"] as const),
    };
    const error = 10 ** (6 * next() - 3);
    const [sigma, tasks] = [problem.lambda, [list(), list(), list()]];
    const calls: Record<string, () => unknown> = {
      gamma: () => gammaSpectrum(problem),
      hard: () => taskHardness(problem),
      phase: () => phase(problem),
      safe: () => safeThinking(problem),
      over: () => overthinking(problem),
      skills: () => [directions(problem), shares(directions(problem), 7)],
      frontier: () => frontier({ problem, error, steps: [1, 2, 7], rung: "population" }),
      selection: () => solveSelection({ sigma, tasks }),
      corrected: () => correctedSelection({ sigma, tasks }, problem.n),
    };
    for (const rung of RUNGS) {
      calls[rung] = () => expectedError({ problem, steps: Math.min(rung === "exact" ? 5 : 30, MOST_STEPS[rung]), rung });
    }
    for (const [name, call] of Object.entries(calls)) {
      try {
        examine(call(), name);
        answers++;
      } catch (problemFound) {
        if (!(problemFound instanceof EngineError)) throw problemFound;
        examine(problemFound.message, name);
        refusals++;
      }
    }
  }
  assert.ok(answers > 5000 && refusals > 50 && refusals < answers / 10, `${answers} answers, ${refusals} refusals`);
});
