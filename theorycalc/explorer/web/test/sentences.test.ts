// What the views of curves and skills say, and the words and numbers that the shell makes of settings.

import assert from "node:assert/strict";
import { test } from "node:test";

import { directions, expectedError } from "../src/engine/index";
import type { Problem, Rung } from "../src/engine/index";
import { readField } from "../src/shell/number_control";
import { problemOptions, pythonSetup } from "../src/shell/problem";
import { DEFAULTS } from "../src/shell/settings";
import { eigenvalues, tilted } from "../src/shell/spectra";
import { csv, spoken } from "../src/shell/words";
import { curvesSentence } from "../src/views/curves";
import { holders, skillsSentence } from "../src/views/skills";

const CLOSE = 1e-11; // words of spectra hold twelve digits

function said(problem: Problem, steps: number): { text: string; exact: Float64Array; law: Float64Array } {
  const of = (rung: Rung) => expectedError({ problem, steps, rung });
  const [exact, law] = [of("exact"), of("population")];
  return { text: curvesSentence([law, exact], problem.m), exact: exact.values, law: law.values };
}

test("the sentence of the curves compares with the law at the step that it names", () => {
  const falls = said({ lambda: [1, 0.5], n: 10, m: 1000 }, 2);
  assert.match(falls.text, /^Thinking helps at every step shown: in 2 steps/);
  assert.ok(falls.text.endsWith(`, where the population law promises ${spoken(falls.law[2])}, too little by a factor of ${spoken(falls.exact[2] / falls.law[2])}.`), falls.text);
  // theory section 5: least at k = 4
  const turns = said({ lambda: [1, 2, 3], sigma: [1, 1, 2], n: 10, m: 7 }, 6);
  assert.match(turns.text, /^Thinking helps up to k\* = 4: the exact mean error falls from 3 to 0\.513 there and is 1\.86 after 6 steps; at k\* the population law promises /);
  assert.ok(turns.text.endsWith(`${spoken(turns.law[4])}, too little by a factor of ${spoken(turns.exact[4] / turns.law[4])}.`), turns.text);
  const harms = said({ lambda: [1], n: 1000, m: 1 }, 2);
  assert.match(harms.text, /^Thinking does not help here: the exact mean error is 1 before the first step and \S+ after 2 steps, where /);
  assert.match(said({ lambda: [1, 0.5], n: 4, m: 1e7 }, 2).text, /, and the population law agrees within 5 %\.$/);
});

test("an error that leaves float64 is not said to stop falling", () => {
  const of = (lambda: number[], n: number): string => curvesSentence([expectedError({ problem: { lambda, n, m: 5 }, steps: 200, rung: "population" })], 5);
  assert.equal(of([1, 0.5], 100), "Thinking helps at every step shown: in 200 steps the error on endless prompts falls from 2 to less than float64 holds.");
  const once = { lambda: [1], sigma: [3], n: 1, m: 5 }; // γ = 3: learned in one step
  assert.match(curvesSentence([expectedError({ problem: once, steps: 4, rung: "population" })], 5), /^Thinking helps up to k\* = 1: .* falls from 1 to 0 there/);
});

test("the sentence of the skills: who holds the error", () => {
  assert.equal(holders([0.3, 0.2, 0.5]), 1);
  assert.equal(holders([0.25, 0.25, 0.25, 0.25]), 2);
  const equal = skillsSentence(directions({ lambda: [1, 1, 1, 1], n: 4, m: Infinity }), 3);
  assert.match(equal, /^On endless test prompts all 4 skills converge .*; after 3 steps half of the error is held by 2 of them\.$/);
  // γ = 3/2 + 1 = 5/2: σ/γ = 4/5 and 12/5, factors 1/5 and −7/5, shares 1 and 49 of 50 after one step
  const mixed = skillsSentence(directions({ lambda: [1, 1], sigma: [2, 6], n: 2, m: Infinity }), 1);
  assert.equal(mixed, "Of 2 skills, on endless test prompts, 1 converges and 1 overthinks (σ/γ up to 2.4, past 2); after 1 step the one that overthinks holds 98 % of the error.");
});

test("tilt 0 keeps the skills, 1 makes them equal, 2 turns them around, and the trace stays", () => {
  for (const train of [
    { family: "power", d: 4, alpha: 1.5, scale: 2 },
    { family: "spiked", d: 4, spikes: 1, height: 8, bulk: 0.5 },
    { family: "list", values: [4, 2, 1, 0.25] },
  ] as const) {
    const lambda = eigenvalues(train);
    const trace = lambda.reduce((a, b) => a + b);
    for (const tilt of [0, 0.5, 1, 2]) {
      const sigma = eigenvalues(tilted(train, tilt, 3));
      assert.ok(Math.abs(sigma.reduce((a, b) => a + b) / (3 * trace) - 1) < CLOSE);
      const ratio = (lambda[0] / lambda[3]) ** (1 - tilt);
      assert.ok(Math.abs(sigma[0] / sigma[3] / ratio - 1) < CLOSE);
    }
  }
});

test("the problem in other words, and the limits of a field", () => {
  const settings = { ...DEFAULTS, n: 7, m: 9, noise: 0.25 };
  assert.equal(problemOptions(settings), "--train power:50:0.5 -n 7 -m 9 --noise 0.25");
  assert.match(pythonSetup(settings), /tc\.Setup\(tc\.power_law\(50, 0\.5\), n=7, m=9, noise_var=0\.25\)/);
  assert.equal(readField("7", { limits: [1, 5], whole: true, grid: [1] }), "Out of range; give a number from 1 to 5.");
  assert.equal(csv(["m"], [[Infinity], [null], ['a "b"']]), 'm\ninf\n\n"a ""b"""\n');
});
