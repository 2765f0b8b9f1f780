import assert from "node:assert/strict";
import { test } from "node:test";

import { closedFormContext, expectedError, frontier, frontierSearch, taskHardness } from "../src/engine/index";
import type { Problem } from "../src/engine/index";
import { randomProblem } from "./help";

const errorAt = (problem: Problem, n: number, k: number, rung: "population" | "exact" | "proportional"): number =>
  expectedError({ problem: { ...problem, n }, steps: k, rung }).values[k];

/** The least n ≤ most that reaches the target, by trying every one. */
function byTrying(problem: Problem, error: number, k: number, most: number): number | null {
  for (let n = 1; n <= most; n++) if (errorAt(problem, n, k, "population") <= error) return n;
  return null;
}

test("isotropic skills, long prompts: the closed form rounded up", () => {
  const problem = { lambda: [1, 1, 1], n: 1, m: Infinity };
  const steps = [1, 2, 3, 5, 10];
  const { points } = frontier({ problem, error: 0.0311, steps, rung: "population" });
  points.forEach((point, i) => {
    assert.equal(point.n, Math.ceil(closedFormContext(taskHardness(problem), 3, 0.0311, steps[i])));
    assert.ok(point.everywhere && point.value <= 0.0311);
  });
  assert.ok(points.every((point, i) => i === 0 || point.n! <= points[i - 1].n!)); // TRD-01
});

test("the population rung finds the least n there is, shifted skills included", () => {
  for (let seed = 0; seed < 30; seed++) {
    const problem = { ...randomProblem(seed, 3), m: Infinity };
    const start = errorAt(problem, 1, 2, "population");
    const error = start * (0.2 + 0.7 * ((seed * 7) % 10) * 0.1);
    const { points } = frontier({ problem, error, steps: [1, 2, 4], rung: "population" });
    for (const { steps, n, everywhere } of points) {
      assert.ok(everywhere);
      const tried = byTrying(problem, error, steps, 300);
      if (tried !== null) assert.equal(n, tried, JSON.stringify({ problem, error, steps }));
      else assert.ok(n === null || n > 300);
    }
  }
});

test("a target that no training length reaches is told apart from one that is far", () => {
  const shifted = { lambda: [1], sigma: [3], n: 1, m: Infinity }; // |1 − σ/γ| ≥ 0 at γ = 3, then up to 2
  assert.equal(frontier({ problem: shifted, error: 1e-20, steps: [1], rung: "population" }).points[0].n, 1);
  const two = { lambda: [1, 1], sigma: [1, 2.5], n: 1, m: Infinity };
  const [point] = frontier({ problem: two, error: 1e-3, steps: [1], rung: "population" }).points;
  assert.deepEqual([point.n, point.everywhere], [null, true]);
  const far = frontier({ problem: { lambda: [1], n: 1, m: Infinity }, error: 1e-18, steps: [1], rung: "population" });
  assert.ok(Math.abs(far.points[0].n! / 2e9 - 1) < 1e-8);
});

test("no steps: the prior risk, whatever n", () => {
  const problem = { lambda: [1, 2], n: 1, m: Infinity };
  const at = (error: number): number | null => frontier({ problem, error, steps: [0], rung: "population" }).points[0].n;
  assert.equal(at(2), 1);
  assert.equal(at(1.9), null);
});

test("exact rung: what is found reaches the target and one less does not", () => {
  for (const rung of ["exact", "proportional"] as const) {
    const problem = { lambda: [1, 0.5, 0.25, 0.25], n: 1, m: 60 };
    const found = frontier({ problem, error: 0.5, steps: [1, 2, 3, 4, 8], rung });
    let reached = 0;
    for (const { steps, n, value, everywhere } of found.points) {
      assert.equal(everywhere, n === 1); // a grid excludes nothing
      if (n === null) continue;
      reached++;
      assert.ok(errorAt(problem, n, steps, rung) <= 0.5 && value <= 0.5);
      if (n > 1) assert.ok(errorAt(problem, n - 1, steps, rung) > 0.5, `${rung}: k=${steps}, n=${n}`);
    }
    assert.ok(reached >= 4);
    assert.match(found.searched, /not excluded/);
  }
});

test("TRD-06: E_2 dips below 39/50 near n = 150, is above 1 at n = 1000 and below again: the first dip is found", () => {
  const problem = { lambda: [1, 0.001], n: 1, m: 64 };
  assert.ok(errorAt(problem, 1000, 2, "exact") > 1);
  const [point] = frontier({ problem, error: 0.78, steps: [2], rung: "exact" }).points;
  assert.ok(point.n! <= 150);
});

test("TRD-05: one step is best at n = m, and a dip there that the grid steps over is found", () => {
  const problem = { lambda: [1, 0.5], n: 1, m: 1237 };
  const least = errorAt(problem, 1237, 1, "exact");
  const [point] = frontier({ problem, error: least * (1 + 1e-12), steps: [1], rung: "exact" }).points;
  assert.ok(point.n! > 1230 && point.n! <= 1237 && point.value <= least * (1 + 1e-12));
  assert.equal(frontier({ problem, error: least * (1 - 1e-9), steps: [1], rung: "exact" }).points[0].n, null);
});

test("TRD-02: d = m = 1 reaches 2/3 in one step at n = 1 and in more steps never", () => {
  const problem = { lambda: [1], n: 1, m: 1 };
  const { points, sentence } = frontier({ problem, error: 2 / 3 + 1e-12, steps: [1, 2, 4], rung: "exact" });
  assert.deepEqual(points.map((point) => point.n), [1, null, null]);
  assert.match(sentence, /no length was found/);
});

test("m = n: test prompts as long as training prompts", () => {
  const problem = { lambda: [1, 0.5], n: 1, m: Infinity };
  const tied = frontier({ problem, error: 0.25, steps: [1, 2], rung: "exact", tieM: true });
  for (const { steps, n } of tied.points) {
    assert.ok(errorAt({ ...problem, m: n! }, n!, steps, "exact") <= 0.25);
    assert.ok(errorAt({ ...problem, m: n! - 1 }, n! - 1, steps, "exact") > 0.25);
  }
});

test("in slices it gives the same answer, with pauses in between", () => {
  const question = { problem: { lambda: [1, 0.5], n: 1, m: 20 }, error: 0.8, steps: [1, 2, 3], rung: "exact" as const };
  const search = frontierSearch(question);
  let pauses = 0;
  for (let step = search.next(); ; step = search.next()) {
    if (step.done) {
      assert.deepEqual(step.value, frontier(question));
      break;
    }
    assert.ok(step.value >= 0 && step.value <= 1);
    pauses++;
  }
  assert.ok(pauses > 20);
});

test("on endless test prompts every rung is the population law, at that law's lengths", () => {
  const question = { problem: { lambda: [1, 0.5], n: 1, m: Infinity }, error: 0.01, steps: [2, 12, 600] };
  const law = frontier({ ...question, rung: "population" }).points;
  for (const rung of ["exact", "proportional"] as const) assert.deepEqual(frontier({ ...question, rung }).points, law);
});

test("bad questions are refused", () => {
  const problem = { lambda: [1], n: 1, m: 5 };
  assert.throws(() => frontier({ problem, error: 0, steps: [1], rung: "exact" }), /error = 0/);
  assert.throws(() => frontier({ problem, error: 1, steps: [], rung: "exact" }), /at least one k/);
  assert.throws(() => frontier({ problem, error: 1, steps: [99], rung: "exact" }), /steps = 99/);
});
