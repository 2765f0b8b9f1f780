import assert from "node:assert/strict";
import { test } from "node:test";

import {
  correctedSelection,
  expectedError,
  pooledProblem,
  pooledSpectrum,
  projectToSimplex,
  selectionObjective,
  solveSelection,
  withWeight,
} from "../src/engine/index";
import { allClose, close, random } from "./help";

test("Σ = 2 from tasks 1 and 4: the residual 1 − π₁/2 − 2π₂ vanishes at (2/3, 1/3)", () => {
  const { weights, value, isUnique } = solveSelection({ sigma: [2], tasks: [[1], [4]] });
  allClose(weights, [2 / 3, 1 / 3], 1e-14);
  assert.ok(value < 1e-30 && isUnique);
});

test("Σ = I from diag(2, 1) and diag(1, 2): residual −½ I, gap 0, by symmetry", () => {
  const problem = { sigma: [1, 1], tasks: [[2, 1], [1, 2]] };
  const { weights, value, gap, support } = solveSelection(problem);
  allClose(weights, [0.5, 0.5], 1e-14);
  close(value, 0.5, 1e-14);
  assert.ok(gap < 1e-14);
  assert.deepEqual(support, [0, 1]);
  const { slopes } = selectionObjective(problem, [0.5, 0.5]);
  allClose(slopes, [3, 3], 1e-14);
});

test("random programs: certified, and no point of a fine grid is better", () => {
  const next = random(11);
  for (let round = 0; round < 60; round++) {
    const d = 1 + Math.floor(6 * next());
    const sigma = Array.from({ length: d }, () => 0.2 + next());
    const tasks = Array.from({ length: 3 }, () => Array.from({ length: d }, () => 0.1 + 2 * next()));
    const found = solveSelection({ sigma, tasks });
    assert.ok(found.gap <= 1e-12 * Math.max(1, found.value), `gap ${found.gap}`);
    close(found.weights.reduce((a, b) => a + b), 1, 1e-14);
    for (let i = 0; i <= 20; i++) {
      for (let j = 0; i + j <= 20; j++) {
        const at = selectionObjective({ sigma, tasks }, [i / 20, j / 20, (20 - i - j) / 20]);
        assert.ok(at.value >= found.value * (1 - 1e-12) - 1e-15);
        assert.ok(at.value - found.value <= at.gap + 1e-12);
      }
    }
  }
});

test("twelve tasks: certified", () => {
  const next = random(2);
  for (let round = 0; round < 20; round++) {
    const tasks = Array.from({ length: 12 }, () => Array.from({ length: 40 }, () => 10 ** (2 * next() - 1)));
    const { gap, value } = solveSelection({ sigma: new Array<number>(40).fill(1), tasks });
    assert.ok(gap <= 1e-11 * Math.max(1, value), `gap ${gap} of ${value}`);
  }
});

test("many tasks in few dimensions, where tasks must leave again: certified", () => {
  const next = random(4);
  for (let round = 0; round < 300; round++) {
    const d = 2 + (round % 4);
    const tasks = Array.from({ length: 12 }, () => Array.from({ length: d }, () => 10 ** (4 * next() - 2)));
    const { gap, value } = solveSelection({ sigma: Array.from({ length: d }, () => 0.05 + 4 * next()), tasks });
    assert.ok(gap <= 1e-9 * Math.max(1, value), `round ${round}: gap ${gap} of ${value}`);
  }
});

test("ties: not unique, and the smallest weights are returned", () => {
  const same = solveSelection({ sigma: [1, 1], tasks: [[1, 2], [1, 2], [5, 5]] });
  assert.equal(same.isUnique, false);
  allClose(same.weights, [0.5, 0.5, 0], 1e-12);
  // (1,2), (2,1) and their middle: the middle alone, or half of each; smallest is (1/3, 1/3, 1/3)
  const middle = solveSelection({ sigma: [1, 1], tasks: [[1, 2], [2, 1], [1.5, 1.5]] });
  assert.equal(middle.isUnique, false);
  allClose(middle.weights, [1 / 3, 1 / 3, 1 / 3], 1e-12);
  assert.match(middle.sentence, /other weights do as well/);
  // dependent points, but one optimum: 1 and 3 around 2 in one dimension, with the target beyond
  const corner = solveSelection({ sigma: [5], tasks: [[1], [2], [3]] });
  assert.equal(corner.isUnique, true);
  allClose(corner.weights, [0, 0, 1], 1e-15);
});

test("order and common scale of the tasks", () => {
  const tasks = [[1, 0.2, 0.1], [0.3, 1, 0.4], [0.5, 0.5, 2], [1, 1, 1]];
  const sigma = [1, 0.7, 0.6];
  const found = solveSelection({ sigma, tasks }).weights;
  allClose(Float64Array.from(solveSelection({ sigma, tasks: [...tasks].reverse() }).weights).reverse(), found, 1e-10);
  const scaled = { sigma: sigma.map((x) => 4 * x), tasks: tasks.map((task) => task.map((x) => 4 * x)) };
  allClose(solveSelection(scaled).weights, found, 0);
});

test("pooled tasks train like one task of the mean spectrum", () => {
  const problem = { sigma: [1, 1], tasks: [[2, 1], [1, 4]] };
  allClose(pooledSpectrum(problem, [0.25, 0.75]), [1.25, 3.25], 1e-15);
  const pooled = pooledProblem(problem, [0.25, 0.75], { n: 5, m: Infinity });
  const direct = expectedError({ problem: { lambda: [1.25, 3.25], sigma: [1, 1], n: 5, m: Infinity }, steps: 3, rung: "population" });
  allClose(expectedError({ problem: pooled, steps: 3, rung: "population" }).values, direct.values, 0);
});

test("an objective of at most 1/4 rules overthinking out (SEL-06)", () => {
  const at = selectionObjective({ sigma: [1, 1], tasks: [[0.75, 1.25], [1, 1]] }, [1, 0]);
  assert.equal(at.safe, true);
  close(at.value, 0.125, 1e-15);
  assert.equal(selectionObjective({ sigma: [1], tasks: [[1.6]] }, [1]).safe, false);
});

test("projection to the simplex: nearest point, and weights stay probabilities when one is dragged", () => {
  allClose(projectToSimplex([0.5, 0.5, 1.1]), [2 / 15, 2 / 15, 11 / 15], 1e-14);
  allClose(projectToSimplex([5, 0, 0]), [1, 0, 0], 0);
  allClose(projectToSimplex([0.2, 0.3, 0.5]), [0.2, 0.3, 0.5], 1e-15);
  allClose(projectToSimplex([NaN, 1, 1]), [0, 0.5, 0.5], 1e-15);
  allClose(withWeight([0.2, 0.3, 0.5], 0, 0.6), [0.6, 0.15, 0.25], 1e-14);
  allClose(withWeight([1, 0, 0], 0, 0.4), [0.4, 0.3, 0.3], 1e-14);
  allClose(withWeight([1], 0, 0.4), [1], 0);
});

test("bad selections are refused", () => {
  assert.throws(() => solveSelection({ sigma: [1], tasks: [] }), /tasks = 0/);
  assert.throws(() => solveSelection({ sigma: [1, 1], tasks: [[1]] }), /one dimension/);
  assert.throws(() => selectionObjective({ sigma: [1], tasks: [[1]] }, [0.5]), /probabilities/);
});

test("corrected for training: tasks 1 and 4 for the target 2, n = 4, solve it in one step at (8/9, 1/9)", () => {
  const problem = { sigma: [2], tasks: [[1], [4]] };
  const { weights, value } = correctedSelection(problem, 4);
  allClose(weights, [8 / 9, 1 / 9], 1e-14);
  assert.ok(value < 1e-28);
  const pooled = pooledProblem(problem, weights, { n: 4, m: Infinity });
  assert.ok(expectedError({ problem: pooled, steps: 1, rung: "population" }).values[1] < 1e-28);
});

test("its bound holds: E_k ≤ (e/(1 − e))^{2k} on endless prompts (SEL-09)", () => {
  const next = random(9);
  let tried = 0;
  for (let round = 0; round < 40; round++) {
    const sigma = Array.from({ length: 3 }, () => 0.5 + next());
    const tasks = Array.from({ length: 3 }, () => sigma.map((x) => x * (0.7 + 0.3 * next())));
    const problem = { sigma, tasks };
    const { weights, value } = correctedSelection(problem, 20);
    const e = Math.sqrt(value);
    if (e >= 1) continue;
    tried++;
    const pooled = pooledProblem(problem, weights, { n: 20, m: Infinity });
    const { values } = expectedError({ problem: pooled, steps: 4, rung: "population" });
    values.forEach((error, k) => k > 0 && assert.ok(error <= (e / (1 - e)) ** (2 * k) * (1 + 1e-12)));
  }
  assert.ok(tried > 20);
});
