// The parts of the phase and task views that need no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { correctedSelection, phase, safeThinking, selectionObjective, solveSelection } from "../src/engine/index";
import type { PhaseName, Problem } from "../src/engine/index";
import { eigenvalues } from "../src/shell/spectra";
import { decadesOf, lengths, phasesSentence, roomiest } from "../src/views/phases";
import { mixture, selectionSentence, withoutLast } from "../src/views/selection";
import { decimals, FIRST_TASKS, readTasks, readWeights, taskSpectrum, taskWord } from "../src/views/selection_state";

const said = (problem: Problem): string => phasesSentence(problem, phase(problem), safeThinking(problem));

test("the map's lengths are evenly apart and its decades hold the problem", () => {
  const grid = lengths(3);
  assert.equal(grid[0], 1);
  assert.ok(Math.abs(grid[grid.length - 1] / 1000 - 1) < 1e-12);
  assert.deepEqual(decadesOf({ lambda: new Array(50).fill(1), n: 50, m: 200 }), { n: 3, m: 3 });
  assert.deepEqual(decadesOf({ lambda: [1], n: 20_000, m: Infinity }), { n: 5, m: 2 });
});

test("the sentence of the map, phase by phase", () => {
  const lambda = [1, 1];
  assert.match(said({ lambda, n: 6, m: 8 }), /keeps improving.*λ₊ = 1\.5, below 2; at this n it would overthink below m = 4\.$/);
  assert.match(said({ lambda, n: 6, m: 1 }), /overthinks.*past 2.*from m = 4 on\.$/);
  assert.match(said({ lambda, n: 1, m: 1 }), /saturates at an error of 1, as 1 example does not show 2 skills/);
  assert.match(said({ lambda, n: 2, m: 2 }), /slowly.*1\/√k/);
  assert.match(said({ lambda, n: 2, m: 2, noiseVar: 1 }), /overthinks.*√k/);
  assert.match(said({ lambda, n: 6, m: 8, noiseVar: 1 }), /saturates.*label noise stays/);
  assert.match(said({ lambda, n: 6, m: Infinity }), /^On endless test prompts.*every skill converges/);
  assert.match(said({ lambda, sigma: [9, 1], n: 6, m: Infinity }), /diverges.*no test prompt is long enough/);
  assert.match(said({ lambda, sigma: [9, 1], n: 6, m: 50 }), /at this n it would on every prompt/);
  const all = [{ lambda, n: 6, m: 8 }, { lambda, n: 6, m: 1 }, { lambda, n: 6, m: Infinity }];
  for (const problem of all) assert.ok(!/NaN|undefined|Infinity/.test(said(problem)));
});

test("a region's name goes where there is most room, and nowhere without", () => {
  const wide = Array.from({ length: 20 }, () => Array.from({ length: 30 }, (_, i): PhaseName => (i < 20 ? "overthinking" : "saturating")));
  const found = roomiest(wide);
  const over = found.find(({ name }) => name === "overthinking")!;
  assert.ok(over.i >= 8 && over.i <= 11 && over.j >= 8 && over.j <= 11);
  assert.equal(found.length, 2);
  assert.deepEqual(roomiest([["exponential", "overthinking"]]), []);
});

test("tasks in words without their dimension", () => {
  assert.deepEqual([...eigenvalues(taskSpectrum("power:1", 3, "Task 1"))], [1, 1 / 2, 1 / 3]);
  assert.deepEqual([...eigenvalues(taskSpectrum("iso:2", 2, "Task 1"))], [2, 2]);
  assert.deepEqual([...eigenvalues(taskSpectrum("spiked:5,5:0.5", 3, "Task 1"))], [5, 5, 0.5]);
  assert.deepEqual([...eigenvalues(taskSpectrum("3, 2, 1", 3, "Task 1"))], [3, 2, 1]);
  assert.equal(taskWord("power:1.2:3", 50, "Task 1"), "power:50:1.2:3");
  assert.throws(() => taskSpectrum("3, 2", 3, "Task 2"), /^Error: Task 2 is “3, 2”: it has 2 eigenvalues, and there are 3 skills/);
  assert.throws(() => taskSpectrum("power", 3, "Task 2"), /Task 2/);
  for (const word of FIRST_TASKS) assert.equal(eigenvalues(taskSpectrum(word, 7, "Task")).length, 7);
});

test("what a link holds of tasks and weights is taken only if it is whole", () => {
  assert.deepEqual(readTasks(undefined), FIRST_TASKS);
  assert.deepEqual(readTasks("iso; power:1"), ["iso", "power:1"]);
  assert.deepEqual(readTasks("iso;"), ["iso", ""]);
  assert.deepEqual(readTasks("iso"), FIRST_TASKS);
  assert.equal(readTasks("iso;iso;iso;iso;iso;iso;iso;iso").length, 6);
  assert.deepEqual([...readWeights("0.5,0.25,0.25", 3)], [0.5, 0.25, 0.25]);
  for (const bad of [undefined, "", "1,1,1", "0.5,0.5", "2,-1,0", "a,b,c"]) {
    assert.deepEqual([...readWeights(bad, 3)], [1 / 3, 1 / 3, 1 / 3], bad);
  }
});

test("weights in decimals sum to 1 exactly; what is left without the last task", () => {
  assert.deepEqual(decimals([1 / 3, 1 / 3, 1 / 3], 3), ["0.334", "0.333", "0.333"]);
  assert.deepEqual(decimals([1, 0]), ["1", "0"]);
  assert.deepEqual(decimals([0.25, 0.75]), ["0.25", "0.75"]);
  assert.deepEqual(withoutLast([0.25, 0.25, 0.5]), [0.5, 0.5]);
  assert.deepEqual(withoutLast([0, 0, 1]), [0.5, 0.5]);
});

test("the sentence of a mixture", () => {
  assert.equal(mixture([0.62, 0, 0.38]), "62\u00a0% of task 1 and 38\u00a0% of task 3");
  const problem = { sigma: [1, 1], tasks: [[2, 1], [1, 2]] };
  const best = solveSelection(problem);
  const corrected = correctedSelection(problem, 4);
  const at = (weights: number[], yourErrors: number[], bestErrors: number[]): string =>
    selectionSentence(
      {
        weights: Float64Array.from(weights),
        yours: selectionObjective(problem, weights),
        best,
        corrected: { ...corrected, weights: Float64Array.of(0.25, 0.75) },
        yourErrors: Float64Array.from(yourErrors),
        bestErrors: Float64Array.from(bestErrors),
        correctedErrors: Float64Array.of(2, 0.125),
      },
      1,
    );
  assert.match(
    at([0.5, 0.5], [2, 0.5], [2, 0.5]),
    /^This mixture, 50\u00a0% of task 1 and 50\u00a0% of task 2, makes the objective least, 0\.5; after 1 step .* leaves an error of 0\.5, and the one corrected .*, an error of 0\.125\.$/,
  );
  assert.match(at([1, 0], [2, 1], [2, 0.5]), /objective of 1, against 0\.5 at the optimum.*yours leaves an error of 1, the optimum an error of 0\.5, and/);
  assert.match(at([0.25, 0.75], [2, 1], [2, 0.5]), /^This mixture, corrected for the length of training, has an objective of .*, the optimum an error of 0\.5\.$/);
  assert.match(at([1, 0], [2], [2, 0.5]), /yours leaves an error beyond/);
});
